"""What speaks of persons: headers, cells, columns of names. None of it is read unless a person has looked at it."""

from __future__ import annotations

import re

import numpy as np

from minestats.errors import fold
from minestats.registers import vocabulary as v
from minestats.registers.coded import Coded


def _words(name: str) -> frozenset[str]:
    return frozenset(fold(word) for word in v.called()["personal"][name].split())


# a name is a person's only beside (or without) a word of OF_PERSON; a header of ALONE and nothing else holds the person
ALWAYS, NAME, OF_PERSON, FREE, ALONE = map(_words, ("always", "name", "of_person", "free", "alone"))
PAIRS = [pair.split("_") for pair in v.called()["personal"]["pairs"].split()]
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
