"""The fields that a mapping may fill, for each table and kind of row, and the words that a field may hold."""

from __future__ import annotations

import re
import tomllib
from functools import cache
from pathlib import Path

from minestats.data.schema import TABLES
from minestats.errors import fold
from minestats.registers.findings import messages

HERE = Path(__file__).parent
_DATA = tomllib.loads((HERE / "fields.toml").read_text(encoding="utf-8"))


def _words(text: str) -> tuple[str, ...]:
    """The words of a text, with those of a set in place of its name."""
    parts = [_words(_DATA["sets"][word[1:]]) if word.startswith("@") else (word,) for word in text.split()]
    return tuple(word for part in parts for word in part)


def _by_row(part: dict[str, dict[str, str]]) -> dict[tuple[str, str], tuple[str, ...]]:
    return {(table, row): _words(text) for table, rows in part.items() for row, text in rows.items()}


ROW_OF = {table: _words(text) for table, text in _DATA["rows"].items()}
FIELDS, REQUIRED, WORDS_OF = (_by_row(_DATA[part]) for part in ("fields", "required", "words_of"))
PERSON, PEOPLE, BOUNDS, ITEMS, AREAS, COUNTS, NUMBERS, STAR, QUANTITIES, WHERE = (
    _words(f"@{name}")
    for name in ("person", "people", "bounds", "items", "areas", "counts", "numbers", "star", "quantities", "where")
)
WORDS = {name: _words(text) for name, text in _DATA["words"].items()}
WORDS["period_type"] = TABLES["clearance"].column("period_type").words
WORDS |= {name: TABLES["incidents"].column(name).words for name in ("device", "rounded")}
AREA_M2: dict[str, float] = _DATA["area_m2"]
UNSTATED: dict[str, str] = _DATA["unstated"]
RULES, ALSO_CALLED = _DATA["rules"]["contradictions"], _DATA["rules"]["also_called"]
# errors of content that a mapping may accept, by the words that the message prints
ACCEPTABLE = (*RULES, *sorted({entry["accept"] for entry in messages().values() if "accept" in entry} - {"{rule}"}))


def words_of(table: str, field: str) -> tuple[str, ...]:
    """Return the words that a field of a table may hold; empty where any may stand.

    Examples
    --------
    >>> words_of("clearance", "status"), words_of("incidents", "note")
    (('done', 'ongoing', 'planned'), ())
    """
    return WORDS_OF.get((table, field)) or WORDS.get(field, ())


@cache
def called() -> dict:
    """Return the words by which headers call a field, and those of yes and no, in several languages.

    Examples
    --------
    >>> {"injured", "wounded"} <= set(called()["called"]["injured"].split())
    True
    """
    return tomllib.loads((HERE / "called.toml").read_text(encoding="utf-8"))


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
