"""Districts, settlements, authorities and operators: names out of closed lists, or after a word that says "village".

A capital letter does not make a place: people bear the names of towns. A district counts only as the table of
districts spells it and where the words around read as a place; a settlement only beside "village", "settlement",
"town" or "city", and not where it tells whence somebody comes.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

import pandas as pd

from minestats.articles.lexicon import Lexicon, Token, countries
from minestats.errors import fold

_WORD = re.compile(r"[^\W\d_](?:[\w'-]{0,40}\w)?")
_CAPITAL = r"[^\W\d_a-z][^\W\d_]{1,30}(?:-[^\W\d_]{1,20})?(?:'s)?"


@dataclass(frozen=True, slots=True)
class Place:
    """A district or a settlement with its span in the sentence."""

    start: int
    end: int
    name: str
    firm: bool = True


class Gazetteer:
    """The spellings of the districts of a table."""

    def __init__(self, districts: pd.DataFrame):
        self.names: dict[str, str] = {}
        for name, aliases in zip(districts["district"], districts.get("aliases", districts["district"]), strict=True):
            spellings = [str(name), *(str(aliases).split(";") if not pd.isna(aliases) else [])]
            for spelling in spellings:
                if spelling.strip():
                    self.names.setdefault(fold(spelling), str(name))
        self.stems: dict[str, list[tuple[str, str]]] = {}
        for spelling, name in self.names.items():
            stem = spelling[:-1] if spelling[-1] in "аеиоуыьяёэй" else spelling
            if len(stem) >= 4:
                self.stems.setdefault(stem[:3], []).append((stem, name))
        self.exact = lru_cache(maxsize=20_000)(self._exact)
        self.inflected = lru_cache(maxsize=20_000)(self._inflected)

    def any(self, text: str) -> bool:
        """Whether a text has the name of a district."""
        words = (match.group() for match in _WORD.finditer(text))
        return any(self.exact(word) or self.inflected(word) for word in words if not word[0].islower())

    def _exact(self, word: str) -> str | None:
        plain = word[:-2] if word.endswith("'s") else word.rstrip("'")
        return self.names.get(fold(plain))

    def _inflected(self, word: str) -> str | None:
        folded = fold(word)
        if folded in self.names:
            return self.names[folded]
        for stem, name in self.stems.get(folded[:3], ()):
            if folded.startswith(stem) and len(folded) - len(stem) <= 7:
                return name
        return None

    def districts(self, text: str, lexicon: Lexicon) -> list[Place]:
        """Return the districts a sentence names, in order."""
        if "places" not in lexicon.data:
            found = []
            for match in _WORD.finditer(text):
                if not match.group()[0].islower() and (name := self.inflected(match.group())):
                    found.append(Place(match.start(), match.end(), name))
            return found
        words = lexicon.data["places"]
        if not self.names:
            return self._open(text, lexicon)
        found = []
        matches = list(_WORD.finditer(text))
        for i, match in enumerate(matches):
            word = match.group()
            if word[0].islower() or (name := self.exact(word)) is None:
                continue
            before = matches[i - 1].group() if i else ""
            between = text[matches[i - 1].end() : match.start()].strip() if i else text[: match.start()].strip()
            following = matches[i + 1].group() if i + 1 < len(matches) else ""
            gap = text[match.end() : matches[i + 1].start()].strip() if following else text[match.end() :].strip()
            cue = not gap and following.casefold() in words["after"]
            office = not gap and (
                following.casefold() in words["office"]
                or (cue and i + 2 < len(matches) and matches[i + 2].group().casefold() in words["office"])
            )
            listed = bool(found) and found[-1].end == (matches[i - 1].end() if i else -1)
            lead = (not before and not between) or between in (",", "-", "(", ":", '"', "'") or (
                before.casefold() in words["before"]
                or before.casefold().endswith(("-occupied", "-liberated"))
                or before.casefold() in words["after"] or listed
                or (before.endswith("'s") and not between)
            )  # fmt: skip
            if not cue:
                if not gap and following and not following[0].islower() and not word.endswith("'s"):
                    place_follows = self.exact(following) or following.casefold() in words["office"] or (
                        i + 2 < len(matches) and matches[i + 2].group().casefold() in words["cue"]
                    )  # fmt: skip
                    if lexicon.surname.search(following) or not (lead and before and place_follows):
                        continue
                if not lead:
                    continue
                if not before and not (word.endswith("'s") or gap or following.casefold() in words["blast"]):
                    continue
                if (
                    before
                    and not before[0].islower()
                    and before.casefold() not in words["before"] + words["after"]
                    and not (listed or between or before.endswith("'s"))
                ):
                    continue
            ahead = " ".join(m.group().casefold() for m in matches[max(0, i - 4) : i])
            born = any(f"{person} of" in ahead or f"{person} in" in ahead for person in words["person"])
            after_words = [m.group().casefold() for m in matches[i + 1 : i + 3]]
            born = born or (not gap and any(word in words["person"] for word in after_words[: 1 + cue]))
            found.append(Place(match.start(), match.end(), name, not (office or born)))
        return found

    def _open(self, text: str, lexicon: Lexicon) -> list[Place]:
        """The names beside "district", "province" and the like, where no table says which there are."""
        words, found = lexicon.data["places"], []
        beside, of = _open_patterns(tuple(words["open"]))
        for pattern in (beside, of):
            for match in pattern.finditer(text):
                name, start = _trimmed(match, lexicon, self, pattern is beside)
                after = text[match.end() :].split(maxsplit=1)[:1]
                if name:
                    office = bool(after) and after[0].casefold() in words["office"]
                    found.append(Place(start, start + len(name), name, not office))
        return sorted(found, key=lambda place: place.start)


@lru_cache(maxsize=8)
def _open_patterns(cues: tuple[str, ...]) -> tuple[re.Pattern, re.Pattern]:
    name = r"[^\W\d_a-z][^\W\d_]+(?:(?: |-| [ae][a-z]-)[^\W\d_a-z][^\W\d_]+){0,2}"
    lands = "|".join(
        re.escape(name.title()) for name in countries()
    )  # "K. province of Afghanistan", "Turkish province of D."
    cue = "|".join((*cues, *(cue.capitalize() for cue in cues if cue != "region")))
    return (re.compile(rf"(?<![\w'-])({name}),? (?:{cue})(?![\w-]| of (?!(?:the )?(?:{lands}))[^\W\d_a-z])"),
            re.compile(rf"(?<![\w-])(?:{cue}) of (?!(?:{lands})\b)({name})"))  # fmt: skip


@lru_cache(maxsize=8)
def _settlement_patterns(cues: tuple[str, ...], cues_of: tuple[str, ...]) -> tuple[re.Pattern, re.Pattern]:
    of = "|".join(map(re.escape, cues_of))
    cue = "|".join(map(re.escape, cues))
    return (
        re.compile(rf"(?<![\w-])(?i:{of}) ((?:{_CAPITAL})(?: (?:(?:al|de|del|do|e|el|i|la|ul)[ -])?{_CAPITAL})?)"),
        re.compile(rf"(?<![\w'-])((?:{_CAPITAL})(?:(?:, | ){_CAPITAL}){{0,2}}) (?i:{cue})(?![\w-])(?!'s)"),
    )


def settlements(text: str, low: str, lexicon: Lexicon, gazetteer: Gazetteer) -> list[Place]:
    """Return the settlements a sentence names after a cue; where somebody comes from is not where it happened."""
    words = lexicon.data.get("places")
    if words is None:
        return []
    if not any(cue in low for cue in words["cue"]):
        return []
    of, plain = _settlement_patterns(tuple(words["cue"]), tuple(words["cue_of"]))
    found: list = []
    for pattern in (of, plain):
        for match in pattern.finditer(text):
            name, start = _trimmed(match, lexicon, gazetteer, pattern is plain)
            if not name or name.split()[-1].casefold() in words["after"]:
                continue
            behind = re.match(r"[ ]?('s )?([\w']+)", text[start + len(name) :])
            if pattern is of and behind and behind.group(2).casefold() in words["after"] and gazetteer.exact(name):
                continue
            before = text[max(0, match.start() - 40) : start].casefold()
            after = text[match.end() : match.end() + 14].casefold()
            home = (
                re.search(
                    rf"\b(?:{'|'.join(words['person'])}),? (?:of|in|from|at)"
                    r"(?: the| [\w'-]+(?: (?:district|region)(?:'s)?)?)?(?: \w+'s)? ?$",
                    before,
                )
                or re.search(r"(?<!away )(?<!far )(?<!km )(?<!meters )(?<!kilometers )from(?: the| \w+'s)? ?$", before)
                or re.match(rf"(?:,? )(?:{'|'.join(words['person'])})", after)
            )
            if pattern is plain:
                previous = re.search(r"([^\s]+)\s*$", text[: match.start(1)])
                if start == match.start(1) and previous and not _leads(previous.group(1), words):
                    continue
            if any(place.start < start + len(name) and start < place.end for place in found):
                continue
            found.append(Place(start, start + len(name), name, not home))
    return sorted(found, key=lambda place: place.start)


def _leads(word: str, words: dict) -> bool:
    plain = word.casefold().strip("\"'()")
    return (
        plain in words["before"]
        or plain in words["after"]
        or plain.endswith(("'s", ",", ":", "-", "district", "region"))
    )


def _trimmed(match: re.Match, lexicon: Lexicon, gazetteer: Gazetteer, leading: bool) -> tuple[str, int]:
    """Take off what stands before the name (an article, a district, a nation) and refuse what looks like a person."""
    words, surname = lexicon.data["places"], lexicon.surname
    name, start = match.group(1), match.start(1)
    parts = name.replace(",", " ").split()
    while len(parts) > 1 and leading:
        first = parts[0].casefold()
        drop = first in words["before"] or first.endswith("'s") or first in ("the", "armenian", "after", "on")
        drop = drop or (gazetteer.exact(parts[0]) is not None) or "," in name[: len(parts[0]) + 1]
        if not drop:
            break
        start += name.index(parts[1], len(parts[0])) if parts[1] in name[len(parts[0]) :] else 0
        name = name[name.index(parts[1], len(parts[0])) :]
        parts = name.replace(",", " ").split()
    if not leading and len(parts) > 1 and gazetteer.exact(parts[1]) and parts[0].casefold() not in words["direction"]:
        name = name[: len(parts[0])]
        parts = parts[:1]
    if not leading and name.endswith("'s"):
        name = name[:-2]
    single = parts[-1].casefold()
    if not parts or "," in name or single in words["not_settlement"] or single.endswith("'s"):
        return "", start
    if len(parts) > 1 and any(surname.search(part) for part in parts):
        return "", start
    return name, start


def phrases(tokens: list[Token], table: dict) -> list[tuple[int, int, str]]:
    """Return (first token, token after the last, value) of each phrase of a table that the tokens hold."""
    found, i, count = [], 0, len(tokens)
    while i < count:
        norm = tokens[i].norm
        step = 1
        for words, value, _ in table.get(norm) or table.get(norm.removesuffix("'s")) or ():
            length = len(words)
            said = tuple(token.norm for token in tokens[i : i + length])
            inside = len(said) == length and said[1:-1] == words[1:-1]
            if inside and (length == 1 or said[-1] in (words[-1], words[-1] + "'s")):
                found.append((i, i + length, value))
                step = length
                break
        i += step
    return found


def speaker(tokens: list[Token], lexicon: Lexicon) -> Place | None:
    """Return the first authority of a sentence that the words around let speak."""
    hits = phrases(tokens, lexicon.tables["authorities"])
    verbs = [i for i, _, _ in phrases(tokens, lexicon.tables["speech"])] if hits else []
    for first, after, name in hits:
        near = after < len(tokens) and tokens[after].norm == ":"
        if name != "ignored" and (near or any(after <= v <= after + 14 or first - 14 <= v < first for v in verbs)):
            return Place(tokens[first].start, tokens[after - 1].end, name)
    return None


def operators(tokens: list[Token], lexicon: Lexicon) -> list[Place]:
    """Return whose work a sentence names; who only tells it ("..., the agency said.") counts where nobody else is."""
    found = [(j, Place(tokens[i].start, tokens[j - 1].end, name))
             for i, j, name in phrases(tokens, lexicon.tables["operators"])]  # fmt: skip
    speech = lexicon.tables["speech"]
    tells = [
        j
        for j, _ in found
        if [t.norm for t in tokens[j + 1 :]] in ([], ["."]) and tokens[j:] and tokens[j].norm in speech
    ]
    return [place for j, place in found if j not in tells] or [place for _, place in found]
