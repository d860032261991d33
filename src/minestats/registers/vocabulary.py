"""The fields that a mapping may fill, for each table and kind of row, and the words that a field may hold."""

from __future__ import annotations

from minestats.data.schema import DEVICES, PERIODS, ROUNDED

ROW_OF = {
    "incidents": ("victim", "incident"),
    "clearance": ("statement",),
    "victim_totals": ("statement",),
    "estimates": ("statement",),
}

# words of a field: a tuple is closed, None is any word (the register's own)
WORDS: dict[str, tuple[str, ...]] = {
    "outcome": ("killed", "injured", "unknown"),
    "status": ("civilian", "military", "deminer", "unknown"),
    "sex": ("male", "female", "unknown"),
    "age_group": ("adult", "child", "unknown"),
    "device": DEVICES,
    "period_type": PERIODS,
    "rounded": ROUNDED,
    "precision": ("day", "month", "year"),
}

# fields whose words are translated by [values.FIELD] where given, and otherwise kept as written
OPEN_WORDS = ("activity", "side", "operator", "operator_stated", "scope", "span", "authority", "metric", "unit")
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
    ("incidents", "incident"): ("id", *PEOPLE, *BOUNDS, *PLACE, "device", "activity", "side", "note"),
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
    ("victim_totals", "statement"): (
        "id",
        *PEOPLE,
        "journalists_killed",
        "scope",
        "span",
        "authority",
        "rounded",
        "note",
    ),
    ("estimates", "statement"): (
        "id",
        "metric",
        "value",
        "value_high",
        "of_total",
        "unit",
        *PLACE,
        "place",
        "rounded",
        "authority",
        "note",
    ),
}

REQUIRED = {
    ("incidents", "victim"): ("outcome",),
    ("estimates", "statement"): ("metric", "value", "unit"),
}
# what a required column holds where the register does not say
UNSTATED = {"operator": "unknown", "authority": "unknown", "scope": "national"}

COUNTS = (*PEOPLE, *BOUNDS, *ITEMS, "journalists_killed")
NUMBERS = ("area", "area_ha", "value", "value_high", "of_total", "age", "latitude", "longitude")
AREA_M2 = {"m2": 1.0, "ha": 10_000.0, "km2": 1_000_000.0, "dunum": None}

QUANTITIES = ("rows", "incidents", "victims", "killed", "injured", "civilians", "military", "area_ha", "items_total")
WHERE = ("outcome", "status", "sex", "age_group", "district", "settlement", "device", "activity", "operator")

# errors of content that a mapping may accept, by the words that the message prints
ACCEPTABLE = (
    "killed > victims",
    "injured > victims",
    "killed + injured > victims",
    "killed + injured != victims",
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
    "value > value_high",
    "people != victims",
    "end before start",
    "date after publication",
    "no date",
    "coordinates",
    "incident differs",
    "total row",
    "looks like a total",
    "row length",
    "encoding",
    "orphans",
)
# as event data call the bounds of their estimates
ALSO_CALLED = {"low > best": "killed_low > killed", "best > high": "killed > killed_high"}
