"""HXL, the hashtags of humanitarian data: a row of tags under the header says what each column is.

A tag is a name and a set of attributes (`#affected+killed+f`): order, case and spaces do not matter. See the HXL
standard 1.1 (https://hxlstandard.org).
"""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pandas as pd

from minestats.errors import DataError, ParameterError, listed

TAG = re.compile(r"^#\s*[A-Za-z][A-Za-z0-9_]*(\s*\+\s*[A-Za-z][A-Za-z0-9_]*)*$")

# tag of each column of the tables; `to_hxl` writes them, `read_hxl` reads them
TAGS: dict[str, dict[str, str]] = {
    "clearance": {
        "statement_id": "#meta+id",
        "period_start": "#date+start",
        "period_end": "#date+end",
        "period_type": "#meta+period_type",
        "operator": "#org+operator",
        "operator_stated": "#org+operator+stated",
        "district": "#adm1+name",
        "districts_listed": "#adm1+name+list",
        "anti_personnel": "#indicator+anti_personnel+num",
        "anti_tank": "#indicator+anti_tank+num",
        "mines_total": "#indicator+mines+num",
        "uxo": "#indicator+uxo+num",
        "items_total": "#indicator+items+num",
        "area_ha": "#indicator+area+ha+num",
    },
    "victim_totals": {
        "total_id": "#meta+id",
        "since": "#date+start",
        "as_of": "#date+end",
        "victims": "#affected",
        "killed": "#affected+killed",
        "injured": "#affected+injured",
        "civilians": "#affected+civilians",
        "military": "#affected+military",
        "civilians_killed": "#affected+killed+civilians",
        "civilians_injured": "#affected+injured+civilians",
        "military_killed": "#affected+killed+military",
        "military_injured": "#affected+injured+military",
        "women": "#affected+f+adults",
        "children": "#affected+children",
        "journalists_killed": "#affected+killed+journalists",
        "scope": "#meta+scope",
        "span": "#meta+span",
    },
    "incidents": {
        "incident_id": "#event+id",
        "date": "#date+occurred",
        "date_precision": "#meta+date_precision",
        "district": "#adm1+name",
        "settlement": "#loc+name",
        "killed": "#affected+killed",
        "injured": "#affected+injured",
        "victims": "#affected",
        "civilians_killed": "#affected+killed+civilians",
        "civilians_injured": "#affected+injured+civilians",
        "military_killed": "#affected+killed+military",
        "military_injured": "#affected+injured+military",
        "women": "#affected+f+adults",
        "children": "#affected+children",
        "device": "#event+type",
        "activity": "#activity",
        "side": "#group+side",
        "outcome_unknown": "#affected+outcome_unknown",
    },
    "incident_reports": {
        "report_id": "#meta+id",
        "incident_id": "#event+id",
        "reported_date": "#date+reported",
        "date_precision": "#meta+date_precision",
        "district": "#adm1+name",
        "settlement": "#loc+name",
        "killed": "#affected+killed",
        "injured": "#affected+injured",
        "civilians_killed": "#affected+killed+civilians",
        "civilians_injured": "#affected+injured+civilians",
        "military_killed": "#affected+killed+military",
        "military_injured": "#affected+injured+military",
        "women": "#affected+f+adults",
        "children": "#affected+children",
        "device": "#event+type",
        "activity": "#activity",
    },
    "estimates": {
        "estimate_id": "#meta+id",
        "metric": "#indicator+name",
        "value": "#indicator+value+num",
        "value_high": "#indicator+value+max+num",
        "of_total": "#indicator+total+num",
        "unit": "#indicator+unit",
        "district": "#adm1+name",
        "place": "#loc+name",
        "since": "#date+start",
        "as_of": "#date+end",
    },
    "sources": {
        "source_id": "#meta+source+id",
        "publisher": "#org+publisher+name",
        "published": "#date+published",
        "language": "#meta+language",
        "url": "#meta+url",
        "origin": "#org+origin+name",
    },
    "districts": {
        "district": "#adm1+name",
        "aliases": "#adm1+name+alt",
        "latitude": "#geo+lat",
        "longitude": "#geo+lon",
        "code": "#adm1+code",
    },
}
COMMON = {"source_id": "#meta+source+id", "note": "#description", "authority": "#org+authority", "row_is": "#meta+row"}


def tag_of(table: str, column: str) -> str:
    """Return the HXL tag of a column of a table.

    Examples
    --------
    >>> tag_of("incidents", "killed"), tag_of("incidents", "killed_basis")
    ('#affected+killed', '#meta+killed_basis')
    """
    return TAGS.get(table, {}).get(column) or COMMON.get(column) or f"#meta+{column}"


def parse_tag(text: str) -> tuple[str, frozenset[str]]:
    """Return the name of a tag and the set of its attributes.

    Examples
    --------
    >>> parse_tag(" #Affected + F +killed") == parse_tag("#affected+killed+f")
    True
    """
    name, *attributes = [part.strip().lower() for part in text.strip().lstrip("#").split("+")]
    return f"#{name}", frozenset(attributes)


def is_tag_row(cells: list[str]) -> bool:
    """Return whether a row is a row of HXL tags: some cells filled, and each filled one a tag.

    Examples
    --------
    >>> is_tag_row(["#date +start", "", "#affected+killed"]), is_tag_row(["#1", "x"]), is_tag_row(["", ""])
    (True, False, False)
    """
    filled = [cell.strip() for cell in cells if cell.strip()]
    return bool(filled) and all(TAG.match(cell) for cell in filled)


def matching(tag: str, tags: dict[int, str]) -> list[int]:
    """Return the columns of a tag: those of exactly its attributes, else those that have more."""
    name, attributes = parse_tag(tag)
    parsed = {i: parse_tag(text) for i, text in tags.items()}
    exact = [i for i, other in parsed.items() if other == (name, attributes)]
    return exact or [i for i, (other, more) in parsed.items() if other == name and attributes < more]


def default_fields(tags: dict[int, str]) -> tuple[dict[str, object], dict[str, str]]:
    """Return the fields and the dates that the tags of an incident register stand for, as a mapping writes them."""
    parsed = {parse_tag(text): text for text in tags.values()}

    def first(*options: str) -> str:
        return next((parsed[parse_tag(option)] for option in options if parse_tag(option) in parsed), "")

    date: dict[str, str] = {}
    occurred, start, plain = first("#date+occurred"), first("#date+start"), first("#date")
    if occurred:
        date["column"] = occurred
    elif start:
        date["start"] = start
        end = first("#date+end")
        if end:
            date["end"] = end
    elif plain:
        date["column"] = plain
    fields: dict[str, object] = {}
    adm1, adm2, loc = (
        first("#adm1+name", "#adm1"),
        first("#adm2+name", "#adm2"),
        first("#loc+name", "#loc"),
    )
    places = [place for place in (adm1, adm2, loc) if place]
    if places:
        fields["district"] = places[0]
    if len(places) > 1:
        fields["settlement"] = loc or adm2
    code = first("#adm1+code") if adm1 else ""
    if code:
        fields["district_code"] = code
    for name in ("killed", "injured"):
        whole = first(f"#affected+{name}")
        parts = [first(f"#affected+{name}+{sex}") for sex in ("f", "m")]
        if whole:
            fields[name] = whole
        elif all(parts):
            fields[name] = {"sum": parts}
        for group in ("civilians", "military"):
            found = first(f"#affected+{name}+{group}")
            if found:
                fields[f"{group}_{name}"] = found
    for name, options in (("women", (("f", "adults"), ("f",))), ("children", (("children",),))):
        for attributes in options:
            joined = "+".join(attributes)
            whole = first(f"#affected+{joined}")
            parts = [first(f"#affected+{harm}+{joined}") for harm in ("killed", "injured")]
            if whole or any(parts):
                fields[name] = whole or {"sum": [part for part in parts if part]}
                break
    for group in ("civilians", "military"):
        found = first(f"#affected+{group}")
        if found:
            fields[group] = found
    for name, options in (("device", ("#event+type", "#cause")), ("activity", ("#activity",)), ("id", ("#event+id",))):
        found = first(*options)
        if found:
            fields[name] = found
    latitude, longitude = first("#geo+lat"), first("#geo+lon")
    if latitude and longitude:
        fields["latitude"], fields["longitude"] = latitude, longitude
    return fields, date


def check_doubles(tags: dict[int, str], headers: list[str], same) -> list[str]:
    """Return a sentence for each tag that stands on two columns with different values."""
    places: dict[tuple, list[int]] = {}
    for i, text in tags.items():
        places.setdefault(parse_tag(text), []).append(i)
    said = []
    for columns in places.values():
        others = [i for i in columns[1:] if not same(columns[0], i)]
        if others:
            names = listed([headers[i] for i in [columns[0], *others]])
            said.append(f"the tag '{tags[columns[0]]}' stands on columns with different values: {names}")
    return said


def read_tagged(path: Path) -> pd.DataFrame:
    """Return the table of an HXL file; see `minestats.adapt.read_hxl`."""
    from minestats._adapt.dates import parse_dates
    from minestats._adapt.findings import Findings
    from minestats._adapt.numeric import parse_numbers
    from minestats._adapt.reading import format_of, read_register

    kind = format_of(path, {})
    if kind not in ("csv", "excel"):
        raise ParameterError(f"'{path.name}': HXL is read from .csv and .xlsx files.")
    findings = Findings(path.name)
    register = read_register(path, {"format": "hxl"}, [], findings)
    headers = _unique(register.headers)

    def same(one: int, other: int) -> bool:
        first, second = register.columns[one], register.columns[other]
        return bool((first.spread(first.texts) == second.spread(second.texts)).all())

    for sentence in check_doubles(register.tags, headers, same):
        findings.error("tags", sentence, "delete one, or tell them apart by an attribute")
    data = {}
    for i, header in enumerate(headers):
        column, tag = register.columns[i], register.tags.get(i)
        if tag is None:
            data[header] = _untagged(column)
            continue
        name, attributes = parse_tag(tag)
        known = column.known(set())
        if "code" in attributes:
            data[header] = column.strings(known, _stripped(column.texts))
        elif name == "#date":
            parts = parse_dates(column, known, {"formats": [], "languages": ["en"]}, header, register.rows, findings)
            data[header] = pd.Series(parts.dates())
        elif name in ("#affected", "#value") or "num" in attributes or (name == "#geo" and attributes & {"lat", "lon"}):
            signed = name != "#affected"
            values = parse_numbers(
                column, known, header, register.rows, findings, typed=register.typed, signed=signed
            ).values
            numbers = pd.Series(column.spread(values), dtype="Float64").where(column.spread(known))
            whole = (numbers.dropna() % 1 == 0).all() and name != "#geo"
            data[header] = numbers.astype("Int64") if whole else numbers
        else:
            data[header] = column.strings(known, _stripped(column.texts))
    findings.stop()
    frame = pd.DataFrame(data, columns=headers)
    frame.attrs["hxl"] = {headers[i]: tag for i, tag in register.tags.items()}
    return frame


def _stripped(texts: np.ndarray) -> np.ndarray:
    return np.array([text.strip() for text in texts], dtype=object)


def _unique(headers: list[str]) -> list[str]:
    names: list[str] = []
    for header in headers:
        name, number = header, 1
        while name in names:
            name, number = f"{header}.{number}", number + 1
        names.append(name)
    return names


def _untagged(column) -> pd.Series:
    """The column as `pandas.read_csv` would type it."""
    import csv
    import io

    if not len(column):
        return pd.Series(dtype=object)
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n", quoting=csv.QUOTE_ALL)
    writer.writerow(["x"])
    writer.writerows([[word] for word in column.spread(column.texts)])
    text.seek(0)
    try:
        return pd.read_csv(text, skip_blank_lines=False)["x"]
    except (ValueError, pd.errors.ParserError) as error:
        raise DataError(f"a column cannot be read: {error}") from error
