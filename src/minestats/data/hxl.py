"""HXL, the hashtags of humanitarian data: a row of tags under the header says what each column is.

A tag is a name and a set of attributes (`#affected+killed+f`): order, case and spaces do not matter. See the HXL
standard 1.1 (https://hxlstandard.org).
"""

from __future__ import annotations

import re

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
