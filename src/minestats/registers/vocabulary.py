"""The fields that a mapping may fill, for each table and kind of row, and the words that a field may hold."""

from __future__ import annotations

import re
import tomllib
from functools import cache
from pathlib import Path

from minestats.data.schema import TABLES
from minestats.errors import fold

ROW_OF = {
    "incidents": ("victim", "incident"),
    "clearance": ("statement", "work"),
    "victim_totals": ("statement",),
    "estimates": ("statement",),
    "hazardous_areas": ("area",),
}

# words of a field: a tuple is closed, None is any word (the register's own)
WORDS: dict[str, tuple[str, ...]] = {
    "hazard_type": ("suspected", "confirmed", "unknown"),
    "outcome": ("killed", "injured", "unknown"),
    "status": ("civilian", "military", "deminer", "unknown"),
    "sex": ("male", "female", "unknown"),
    "age_group": ("adult", "child", "unknown"),
    "device": TABLES["incidents"].column("device").words,
    "period_type": TABLES["clearance"].column("period_type").words,
    "rounded": TABLES["incidents"].column("rounded").words,
    "precision": ("day", "month", "year"),
}

# words of a field that mean something else in a table
WORDS_OF = {
    ("clearance", "status"): ("done", "ongoing", "planned"),
    ("hazardous_areas", "status"): ("open", "closed", "unknown"),
    **dict.fromkeys(
        (("clearance", "area unit"), ("hazardous_areas", "area unit")), ("m2", "ha", "km2", "acre", "dunum")
    ),
}


def words_of(table: str, field: str) -> tuple[str, ...]:
    """Return the words that a field of a table may hold; empty where any may stand.

    Examples
    --------
    >>> words_of("clearance", "status"), words_of("incidents", "note")
    (('done', 'ongoing', 'planned'), ())
    """
    return WORDS_OF.get((table, field)) or WORDS.get(field, ())


STAR = ("device", "activity")

PLACE = ("district", "district_code", "settlement", "latitude", "longitude", "geometry")
PERSON = ("outcome", "status", "sex", "age", "age_group")
PEOPLE = (
    "killed",
    "injured",
    "victims",
    "civilians",
    "military",
    "civilians_killed",
    "civilians_injured",
    "military_killed",
    "military_injured",
    "women",
    "children",
)
BOUNDS = ("killed_low", "killed_high", "injured_low", "injured_high")
ITEMS = ("anti_personnel", "anti_tank", "mines_total", "uxo", "items_total")

FIELDS: dict[tuple[str, str], tuple[str, ...]] = {
    ("incidents", "victim"): ("id", "incident", *PERSON, *PLACE, "device", "activity", "side", "note"),
    ("incidents", "incident"): (
        "id",
        *PEOPLE,
        "outcome_unknown",
        *BOUNDS,
        *PLACE,
        "device",
        "activity",
        "side",
        "note",
    ),
    ("clearance", "statement"): (
        "id",
        "period_type",
        "operator",
        "operator_stated",
        *PLACE,
        "districts_listed",
        *ITEMS,
        "area",
        "area_ha",
        "rounded",
        "authority",
        "note",
    ),
    ("clearance", "work"): (
        "id",
        "operator",
        *PLACE,
        "site",
        "status",
        "method",
        *ITEMS,
        "destroyed",
        "area",
        "area_ha",
        "cleared",
        "reduced",
        "cancelled",
        "rounded",
        "authority",
        "note",
    ),
    ("victim_totals", "statement"): (
        "id",
        *PEOPLE,
        "journalists_killed",
        "outcome_unknown",
        "scope",
        "span",
        "authority",
        "rounded",
        "note",
    ),
    ("hazardous_areas", "area"): ("id", "hazard_type", "status", "area", "area_ha", *PLACE, "note"),
    ("estimates", "statement"): (
        "id",
        "metric",
        "value",
        "value_high",
        "of_total",
        "unit",
        *PLACE,
        "place",
        "sex",
        "age",
        "age_group",
        "rounded",
        "authority",
        "note",
    ),
}

REQUIRED = {
    ("incidents", "victim"): ("outcome",),
    ("hazardous_areas", "area"): ("status",),
    ("estimates", "statement"): ("metric", "value", "unit"),
}
# what a required column holds where the register does not say
UNSTATED = {"operator": "unknown", "scope": "national"}

COUNTS = (*PEOPLE, *BOUNDS, *ITEMS, "journalists_killed", "outcome_unknown", "destroyed")
NUMBERS = (
    "area",
    "area_ha",
    "cleared",
    "reduced",
    "cancelled",
    "value",
    "value_high",
    "of_total",
    "age",
    "latitude",
    "longitude",
)
AREAS = ("area", "area_ha", "cleared", "reduced", "cancelled")
AREA_M2 = {"m2": 1.0, "ha": 10_000.0, "km2": 1_000_000.0, "acre": 4046.8564224, "dunum": None}

QUANTITIES = (
    *("rows", "incidents", "victims", "killed", "injured", "civilians", "military", "area_ha", "items_total"),
    *("area_cleared_ha", "area_reduced_ha", "area_cancelled_ha", "anti_personnel", "anti_tank", "uxo"),
)
WHERE = ("outcome", "status", "sex", "age_group", "district", "settlement", "device", "activity", "operator")

# errors of content that a mapping may accept, by the words that the message prints
ACCEPTABLE = (
    "killed > victims",
    "injured > victims",
    "killed + injured > victims",
    "killed + injured + outcome_unknown != victims",
    "civilians + military > victims",
    "civilians > victims",
    "military > victims",
    "women > victims",
    "children > victims",
    "women + children > victims",
    "civilians_killed > killed",
    "military_killed > killed",
    "civilians_killed + military_killed > killed",
    "civilians_injured > injured",
    "military_injured > injured",
    "civilians_injured + military_injured > injured",
    "journalists_killed > killed",
    "killed_low > killed",
    "killed > killed_high",
    "injured_low > injured",
    "injured > injured_high",
    "anti_personnel + anti_tank != mines_total",
    "mines_total + uxo != items_total",
    "cleared + reduced + cancelled != area",
    "value > value_high",
    "people != victims",
    "end before start",
    "date after publication",
    "no date",
    "coordinates",
    "incident differs",
    "total row",
    "looks like a total",
    "no record",
    "running total",
    "counts",
    "row length",
    "encoding",
    "orphans",
)
# as event data call the bounds of their estimates
ALSO_CALLED = {
    "low > best": "killed_low > killed",
    "best > high": "killed > killed_high",
    "killed + injured != victims": "killed + injured > victims",
}


@cache
def called() -> dict:
    """Return the words by which headers call a field, and those of yes and no, in several languages.

    Examples
    --------
    >>> called()["called"]["injured"].split()[:2]
    ['injured', 'wounded']
    """
    return tomllib.loads((Path(__file__).parent / "called.toml").read_text(encoding="utf-8"))


def key_of(header: str) -> str:
    """Return a header as it is compared: without case, accents, articles and signs.

    Examples
    --------
    >>> key_of("Área desminada (m²)"), key_of("المحافظة") == key_of("محافظة")
    ('area_desminada_m2', True)
    """
    words = re.sub(r"\W+", "_", fold(header)).strip("_").split("_")
    return "_".join(word[2:] if word.startswith("ال") and len(word) > 4 else word for word in words)


def unit_in(header: str) -> str:
    """Return the unit of area that a header names.

    Examples
    --------
    >>> unit_in("Площа, км2"), unit_in("Area (acres)"), unit_in("Area cleared dunam"), unit_in("Area")
    ('km2', 'acre', 'dunum', '')
    """
    key = f"_{key_of(header)}_"
    return next(
        (unit for unit, names in called()["units"].items() if any(f"_{key_of(n)}_" in key for n in names.split())), ""
    )
