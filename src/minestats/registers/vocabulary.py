"""The fields that a mapping may fill, for each table and kind of row, and the words that a field may hold."""

from __future__ import annotations

import re
import tomllib
from functools import cache
from pathlib import Path

import numpy as np

from minestats.data.schema import TABLES
from minestats.errors import fold
from minestats.registers.cells import Coded
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


def _of_persons(name: str) -> frozenset[str]:
    return frozenset(fold(word) for word in called()["personal"][name].split())


# a name is a person's only beside (or without) a word of OF_PERSON; a header of ALONE and nothing else holds the person
ALWAYS, NAME, OF_PERSON, FREE, ALONE = map(_of_persons, ("always", "name", "of_person", "free", "alone"))
PAIRS = [pair.split("_") for pair in called()["personal"]["pairs"].split()]
MAIL = re.compile(r"[^\s@,;]+@[^\s@,;]+\.[A-Za-z]{2,}")


PHONE = re.compile(r"(?<![\w.,-])(\+|00)?\(?\d{2,4}\)?([ .\-/]?\d{2,4}){2,5}(?![\w-])")


def looks_personal(header: str) -> bool:
    """Return whether a header speaks of a person, or of free text in which persons may be named.

    Examples
    --------
    >>> looks_personal("Ім'я"), looks_personal("Teléfono"), looks_personal("نام پدر"), looks_personal("adm1_name")
    (True, True, True, False)
    """
    spaced = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", str(header))
    # apostrophes and vowel signs are no letters to `\w`, and part of the word in Ukrainian or Thai
    spaced = fold(spaced.replace("’", "'").replace("ʼ", "'"))
    words = [word for word in re.split(r"[\s_.,;:/()\[\]#+-]+|\d+", spaced) if word]
    joined = "".join(words)
    if any(word in ALWAYS or word in FREE for word in words) or joined in ALWAYS:
        return True
    if any(one in words and other in words for one, other in PAIRS):
        return True
    if len(words) == 1 and words[0] in ALONE:
        return True
    if any(word in NAME for word in words):
        return len(words) == 1 or any(word in OF_PERSON for word in words) or sum(word in NAME for word in words) > 1
    return False


def look_like_names(texts: np.ndarray) -> bool:
    """Return whether most of some texts are two to four words without a digit, all different: names, not remarks.

    Examples
    --------
    >>> look_like_names(np.array(["Ana Ruiz Paz", "Li Wei", "Omar Said"])), look_like_names(np.array(["near the road"]))
    (True, False)
    """
    if len(texts) < 3:
        return False
    named = [
        2 <= len(text.split()) <= 4 and not re.search(r"[\d,;:()/]", text) and text.title() == text for text in texts
    ]
    return sum(named) >= 0.8 * len(texts)


def private_cells(column: Coded) -> np.ndarray:
    """Return which distinct cells hold something like an e-mail address or a telephone number."""
    result = np.zeros(len(column.texts), dtype=bool)
    for i, text in enumerate(column.texts):
        if "@" in text:
            result[i] = MAIL.search(text) is not None
        elif len(text) >= 8 and sum(map(str.isdigit, text)) >= 8:
            result[i] = any(sum(map(str.isdigit, match.group())) in range(8, 16) for match in PHONE.finditer(text))
    return result
