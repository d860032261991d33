"""Registers with HXL tags: the fields that the tags tell, and the table that `read_hxl` returns."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pandas as pd

from minestats.data.exports import parse_tag
from minestats.errors import DataError, ParameterError, listed
from minestats.registers import vocabulary as v
from minestats.registers.cells import Cells
from minestats.registers.dates import parse_dates
from minestats.registers.findings import Findings
from minestats.registers.numeric import parse_numbers
from minestats.registers.opening import format_of, read_register
from minestats.registers.register import Register


def default_fields(tags: dict[int, str]) -> tuple[dict[str, object], dict[str, str]]:
    """Return the fields and the dates that the tags of an incident register stand for, as a mapping writes them."""
    parsed = {parse_tag(text): text for text in tags.values()}

    def found(option: str) -> object:
        parts = [parsed.get(parse_tag(part)) for part in re.split("[&|]", option)]
        told = [part for part in parts if part]
        if not told or ("&" in option and len(told) < len(parts)):
            return None
        return {"sum": told} if len(parts) > 1 else told[0]

    fields: dict[str, object] = {}
    for name, options in v.called()["tags"].items():
        known = [one for option in options.split() if (one := found(option)) not in (None, fields.get("district"))]
        if known:
            fields[name] = known[0]
    if parse_tag(str(fields.get("district", "#adm2")))[0] != "#adm1":
        fields.pop("district_code", None)
    if ("latitude" in fields) != ("longitude" in fields):
        fields.pop("latitude" if "latitude" in fields else "longitude")
    date: dict[str, str] = {name: str(fields.pop(name)) for name in ("column", "start", "end") if name in fields}
    if "column" in date:
        date = {"column": date["column"]}
    elif "start" not in date:
        date = {"column": str(plain)} if (plain := found("#date")) else {}
    return fields, date


def check_doubles(register: Register, findings: Findings) -> None:
    """Refuse each tag that stands on two columns with different values."""
    places: dict[tuple, list[int]] = {}
    for i, text in register.tags.items():
        places.setdefault(parse_tag(text), []).append(i)
    for first, *more in places.values():
        cells = [column.spread(column.texts) for column in (register.columns[i] for i in (first, *more))]
        others = [i for i, other in zip(more, cells[1:], strict=True) if not (cells[0] == other).all()]
        if others:
            names = listed([register.headers[i] for i in (first, *others)])
            findings.say("tag-twice", tag=register.tags[first], names=names)


def read_tagged(path: Path) -> pd.DataFrame:
    """Return the table of an HXL file; see `minestats.adapt.read_hxl`."""
    kind = format_of(path, {})
    if kind not in ("csv", "excel"):
        raise ParameterError(f"'{path.name}': HXL is read from .csv and .xlsx files. [format]")
    findings = Findings(path.name)
    register = read_register(path, {"format": "hxl"}, [], findings)
    headers = _unique(register.headers)
    check_doubles(register, findings)
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
            parts = parse_dates(Cells(column, known, header, register.rows, findings), {})
            data[header] = pd.Series(parts.first)
        elif name in ("#affected", "#value") or "num" in attributes or (name == "#geo" and attributes & {"lat", "lon"}):
            signed = name != "#affected"
            cells = Cells(column, known, header, register.rows, findings)
            values, _ = parse_numbers(cells, typed=register.typed, signed=signed)
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
        raise DataError(f"a column cannot be read: {error} [unreadable]") from error
