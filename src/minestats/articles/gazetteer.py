"""Districts, settlements, authorities and operators: names out of closed lists, or after a word that says "village".

A capital letter does not make a place: people bear the names of towns. A district counts only as the table of
districts spells it and where the words around read as a place; a settlement only beside "village", "settlement",
"town" or "city", and not where it tells whence somebody comes.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache

import pandas as pd

from minestats.articles.lexicon import Lexicon, Token, countries
from minestats.errors import fold

_WORD = re.compile(r"[^\W\d_](?:[\w'-]{0,40}\w)?")
_PART = re.compile(r"(?:[ae][a-z]-)?[^\W\d_a-z][^\W\d_]{1,30}(?:-[^\W\d_]{1,20})?(?:'s)?")


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
            for spelling in (str(name), *(str(aliases).split(";") if not pd.isna(aliases) else [])):
                if spelling.strip():
                    self.names.setdefault(fold(spelling), str(name))
        self.stems = [(re.sub("[аеиоуыьяёэй]$", "", spelling), name) for spelling, name in self.names.items()]

    def any(self, text: str) -> bool:
        """Whether a text has the name of a district."""
        return any(self.inflected(match.group()) for match in _WORD.finditer(text) if not match.group()[0].islower())

    def exact(self, word: str) -> str | None:
        """The district that a word names, also with 's behind."""
        return self.names.get(fold(word[:-2] if word.endswith("'s") else word.rstrip("'")))

    def inflected(self, word: str) -> str | None:
        """The district that a word names, also with the endings of other languages."""
        folded = fold(word)
        ended = (
            (name, len(folded) - len(stem)) for stem, name in self.stems if len(stem) > 3 and folded.startswith(stem)
        )
        return self.exact(word) or next((name for name, more in ended if more <= 7), None)

    def districts(self, text: str, lexicon: Lexicon) -> list[Place]:
        """Return the districts a sentence names, in order."""
        words = [match for match in _WORD.finditer(text) if not match.group()[0].islower()]
        if "places" not in lexicon.data:
            return [Place(*m.span(), name) for m in words if (name := self.inflected(m.group()))]
        context = _context(lexicon)
        if not self.names:  # no table says which there are: the names beside "district", "province" and the like
            return [
                Place(start, end, text[start:end], not context["office"].match(text, after), listed=False)
                for start, end, _, after in _beside(text, lexicon, self, "unit")
            ]
        found: list[Place] = []
        for match in words:
            (start, end), word = match.span(), match.group()
            name = self.exact(word)
            if name is None:
                continue
            office = context["office"].match(text, end)
            if not context["cue_after"].match(text, end):
                following = (
                    _WORD.match(text, end + 1) if text[end : end + 1] == " " and not word.endswith("'s") else None
                )
                if following and following.group()[0].isupper():
                    second = self.exact(following.group()) or office or context["second"].match(text, end)
                    if lexicon.surname.search(following.group()) or not (start and second):
                        continue  # a person's name
                listed = found and not _WORD.search(text, found[-1].end, start)
                if not (listed or context["lead"].search(text, 0, start)):
                    continue
            born = context["born"].search(text, max(0, start - 80), start) or context["home"].match(text, end)
            found.append(Place(start, end, name, not (office or born)))
        return found


@cache
def _context(lexicon: Lexicon) -> dict[str, re.Pattern]:
    """The patterns of what stands before and after a name that is a place, or is none."""
    listed = {name: words for name, words in lexicon.data["places"].items() if isinstance(words, list)}
    words = {name: "|".join(map(re.escape, each)) for name, each in listed.items()}
    lands = "|".join(re.escape(name.title()) for name in countries())
    days = "|".join(name for group in lexicon.data["weekdays"]["names"] for name in group.split("|"))
    units = "|".join((*listed["open"], *(unit.capitalize() for unit in listed["open"] if unit != "region")))
    before = rf"(?<![\w'])(?:{words['before']}|{words['after']})"
    patterns = {
        "cue_after": rf"(?i: (?:{words['after']})(?![\w']))",
        "office": rf"(?i:(?: (?:{words['after']}))? (?:{words['office']})(?![\w']))",
        "lead": rf"(?i:(?:^|[,(:\"'-]|'s|-occupied|-liberated|{before})[\"'()]*\s*$)",
        "second": rf"(?i: [\w'-]+ (?:{words['cue']})(?!\w))",
        "born": rf"(?i:(?<!\w)(?:{words['person']}) (?:of|in)(?:\W+[\w'-]+){{0,2}}\W*$)",
        "from": rf"(?i:(?<!\w)(?:{words['person']}),? (?:of|in|from|at)"
                r"(?: the| [\w'-]+(?: (?:district|region)(?:'s)?)?)?(?: \w+'s)? ?$"
                r"|(?<!away )(?<!far )(?<!km )(?<!meters )(?<!kilometers )from(?: the| \w+'s)? ?$)",
        "home": rf"(?i:(?:,? (?:{words['after']}))?,? (?:{words['person']})(?!\w))",
        "cue": rf"(?i: (?:{words['cue']})(?![\w-])(?!'s))",
        "cue_of": rf"(?i:(?<![\w-])(?:{words['cue_of']}) $)",
        "name": rf"(?<![\w'-]){_PART.pattern}(?:(?: |-| (?:al|de|del|do|e|el|i|la|ul)[ -]| [ae][a-z]-)"
                rf"(?!(?:{units}|(?i:{words['cue']}|{days}))\b){_PART.pattern}){{0,4}}",
        # "K. province of Afghanistan" is K., "the Turkish province of D." is D.
        "unit": rf",? (?:{units})(?![\w-]| of (?!(?:the )?(?:{lands}))[^\W\d_a-z])",
        "unit_of": rf"(?<![\w-])(?:{units}) of $",
    }  # fmt: skip
    return {name: re.compile(pattern) for name, pattern in patterns.items()}


def settlements(text: str, lexicon: Lexicon, gazetteer: Gazetteer) -> list[Place]:
    """Return the settlements a sentence names after a cue; where somebody comes from is not where it happened."""
    if "places" not in lexicon.data:
        return []
    context = _context(lexicon)
    return [
        Place(start, end, text[start:end], not (
            context["from"].search(text, max(0, before - 40), before) or context["home"].match(text, after)))
        for start, end, before, after in _beside(text, lexicon, gazetteer, "cue")
    ]  # fmt: skip


def _beside(text: str, lexicon: Lexicon, gazetteer: Gazetteer, kind: str) -> Iterator[tuple[int, int, int, int]]:
    """The names in "X village" and "village of X" (or "district"): spans without and with that word, no persons."""
    context, words = _context(lexicon), lexicon.data["places"]
    for match in context["name"].finditer(text):
        of = context[f"{kind}_of"].search(text, max(0, match.start() - 40), match.start())
        cue = None if of else context[kind].match(text, match.end())
        if not of and not cue:
            continue
        parts = list(_PART.finditer(text, *match.span()))
        if of:
            parts = parts[: 1 if len(parts) > 1 and gazetteer.exact(parts[1].group()) else 2]
        while cue and len(parts) > 1 and (
            parts[0].group().casefold() in (*words["before"], "after", "on") or parts[0].group().endswith("'s")
            or gazetteer.exact(parts[0].group()) or parts[0].group().endswith(tuple(words["nations"]))
        ):  # fmt: skip
            del parts[0]
        start, end = parts[0].start(), parts[-1].end()
        if of and text.endswith("'s", start, end):
            end -= 2
        last = text[parts[-1].start() : end].casefold()
        if last in (*words["not_settlement"], *words["after"], *countries()) or last.endswith("'s"):
            continue
        if len(parts) > 1 and any(lexicon.surname.search(part.group()) for part in parts):
            continue
        if kind == "cue" and cue and start == match.start() and not context["lead"].search(text, 0, start):
            continue
        if kind == "cue" and of and context["cue_after"].match(text, end) and gazetteer.exact(text[start:end]):
            continue  # "the city of L. district"
        yield start, end, of.start() if of else start, cue.end() if cue else end


def phrases(tokens: list[Token], table: dict) -> list[tuple[int, int, str]]:
    """Return (first token, token after the last, value) of each phrase of a table in a sentence, also with 's."""
    plain = [token.norm.removesuffix("'s") for token in tokens]
    found: list[tuple[int, int, str]] = []
    for i, token in enumerate(tokens):
        for words, value, _ in table.get(token.norm) or table.get(plain[i]) or ():
            after = i + len(words)
            if plain[i:after] == [word.removesuffix("'s") for word in words] and (not found or i >= found[-1][1]):
                found.append((i, after, value))
                break
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
