"""Districts, settlements, authorities and operators: names out of closed lists, or after a word that says "village".

A capital letter does not make a place: people bear the names of towns. A district counts only as the table of
districts spells it and where the words around read as a place; a settlement only beside "village", "settlement",
"town" or "city", and not where it tells whence somebody comes.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache, lru_cache

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
    listed: bool = True


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
        if not self.names:
            return self._open(text, lexicon)
        found = []
        context = _context(lexicon)
        for match in _WORD.finditer(text):
            word, (start, end) = match.group(), match.span()
            if word[0].islower() or (name := self.exact(word)) is None:
                continue
            left, right = text[:start], text[end:]
            cue, office = context["cue"].match(right), context["office"].match(right)
            listed = bool(found) and not _WORD.search(text, found[-1].end, start)
            if not cue:
                lead = listed or context["lead"].search(left)
                following = _WORD.search(right)
                if following and right[:1] == " " and right[1:2].isupper() and not word.endswith("'s"):
                    second = self.exact(following.group()) or office or context["second"].match(right)
                    if lexicon.surname.search(following.group()) or not (left and second):
                        continue
                if not lead or not (left or word.endswith("'s") or context["blast"].match(right)):
                    continue
            born = context["born"].search(left) or context["home"].match(right)
            found.append(Place(start, end, name, not (office or born)))
        return found

    def _open(self, text: str, lexicon: Lexicon) -> list[Place]:
        """The names beside "district", "province" and the like, where no table says which there are."""
        found = []
        for kind in ("unit", "unit_of"):
            for match in _context(lexicon)[kind].finditer(text):
                name, start = _trimmed(match, lexicon, self, kind == "unit")
                if name:
                    office = _context(lexicon)["office"].match(text[match.end() :])
                    found.append(Place(start, start + len(name), name, not office, listed=False))
        return sorted(found, key=lambda place: place.start)


@cache
def _context(lexicon: Lexicon) -> dict[str, re.Pattern]:
    """The patterns of names of places, and of what stands before and after a name that is a place, or is none."""
    listed = {name: words for name, words in lexicon.data["places"].items() if isinstance(words, list)}
    words = {name: "|".join(map(re.escape, each)) for name, each in listed.items()}
    lands = "|".join(re.escape(name.title()) for name in countries())
    units = "|".join((*listed["open"], *(unit.capitalize() for unit in listed["open"] if unit != "region")))
    name = r"[^\W\d_a-z][^\W\d_]+(?:(?: |-| [ae][a-z]-)[^\W\d_a-z][^\W\d_]+){0,2}"
    before = rf"(?<![\w'])(?:{words['before']}|{words['after']})"
    patterns = {
        "cue": rf"(?i: (?:{words['after']})(?![\w']))",
        "office": rf"(?i:(?: (?:{words['after']}))? (?:{words['office']})(?![\w']))",
        "lead": rf"(?i:(?:^|[,(:\"'-]|'s|-occupied|-liberated|{before})\s*$)",
        "leads": rf"(?i:(?:^|'s|[,:-]|district|region|{before})[\"'()]*\s*$)",
        "second": rf"(?i: [\w'-]+ (?:{words['cue']})(?!\w))",
        "blast": rf"(?i:\W*(?:$|[^\w\s]| (?:{words['blast']})(?!\w)))",
        "born": rf"(?i:(?<!\w)(?:{words['person']}) (?:of|in)(?:\W+[\w'-]+){{0,2}}\W*$)",
        "from": rf"(?i:(?<!\w)(?:{words['person']}),? (?:of|in|from|at)"
                r"(?: the| [\w'-]+(?: (?:district|region)(?:'s)?)?)?(?: \w+'s)? ?$"
                r"|(?<!away )(?<!far )(?<!km )(?<!meters )(?<!kilometers )from(?: the| \w+'s)? ?$)",
        "home": rf"(?i:(?:,? (?:{words['after']}))?,? (?:{words['person']})(?!\w))",
        "place_of": rf"(?<![\w-])(?i:{words['cue_of']}) "
                    rf"({_CAPITAL}(?: (?:(?:al|de|del|do|e|el|i|la|ul)[ -])?{_CAPITAL})?)",
        "place": rf"(?<![\w'-])({_CAPITAL}(?:(?:, | ){_CAPITAL}){{0,2}}) (?i:{words['cue']})(?![\w-])(?!'s)",
        # "K. province of Afghanistan" is K., "the Turkish province of D." is D.
        "unit": rf"(?<![\w'-])({name}),? (?:{units})(?![\w-]| of (?!(?:the )?(?:{lands}))[^\W\d_a-z])",
        "unit_of": rf"(?<![\w-])(?:{units}) of (?!(?:{lands})\b)({name})",
    }  # fmt: skip
    return {name: re.compile(pattern) for name, pattern in patterns.items()}


def settlements(text: str, low: str, lexicon: Lexicon, gazetteer: Gazetteer) -> list[Place]:
    """Return the settlements a sentence names after a cue; where somebody comes from is not where it happened."""
    words = lexicon.data.get("places", {"cue": ()})
    found: list[Place] = []
    for kind in ("place_of", "place") if any(cue in low for cue in words["cue"]) else ():
        context = _context(lexicon)
        for match in context[kind].finditer(text):
            name, start = _trimmed(match, lexicon, gazetteer, kind == "place")
            end = start + len(name)
            if not name or name.split()[-1].casefold() in words["after"]:
                continue
            behind = re.match(r"[ ]?('s )?([\w']+)", text[end:])
            if kind == "place_of" and behind and behind.group(2).casefold() in words["after"] and gazetteer.exact(name):
                continue
            if kind == "place" and start == match.start(1) and not context["leads"].search(text[:start]):
                continue
            home = context["from"].search(text[max(0, match.start() - 40) : start]) or context["home"].match(
                text[match.end() :]
            )
            if not any(place.start < end and start < place.end for place in found):
                found.append(Place(start, end, name, not home))
    return sorted(found, key=lambda place: place.start)


def _trimmed(match: re.Match, lexicon: Lexicon, gazetteer: Gazetteer, leading: bool) -> tuple[str, int]:
    """Take off what stands before the name (an article, a district, a nation) and refuse what looks like a person."""
    words, surname = lexicon.data["places"], lexicon.surname
    name, start = match.group(1), match.start(1)
    parts = name.replace(",", " ").split()
    while len(parts) > 1 and leading:
        first = parts[0].casefold()
        drop = first in words["before"] or first.endswith("'s") or first in ("after", "on")
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
    found = [(i, j, Place(tokens[i].start, tokens[j - 1].end, name))
             for i, j, name in phrases(tokens, lexicon.tables["operators"])]  # fmt: skip
    speech = lexicon.tables["speech"]
    doers = [
        place for i, j, place in found
        if not (i and tokens[i - 1].norm in speech)
        and not (tokens[j:] and tokens[j].norm in speech and [t.norm for t in tokens[j + 1 :]] in ([], ["."]))
    ]  # fmt: skip
    return doers or [place for _, _, place in found]
