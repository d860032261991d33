"""Phrases for people: "four employees of a company", "one of the three soldiers", "two others", "civilians - 7".

A phrase has a number (or none), a group (military, civilian, deminer) and a place among the words. Whether anything
happened to the people it names is another question (`people`).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import takewhile
from typing import Any

from minestats.articles.lexicon import Token

_PLURAL = {"people", "men", "women", "children", "personnel", "military", "troops", "staff", "idps", "lives"}


HAPPENED = frozenset("KIWSYki")
"""The classes of words that say that something happened to people."""


@dataclass
class PeopleGroup:
    """A phrase for people: how many, of what group, and where it stands among the words."""

    first: int
    last: int
    count: int | None
    group: str = ""
    attrs: frozenset = frozenset()
    definite: bool = False
    bare: bool = False
    other: bool = False
    part: bool = False
    whole: int | None = None
    zero: bool = False
    has_parts: bool = False
    parent: int | None = None
    rounded: str = ""
    outcome: str = ""
    number: Any = None  # int; None where no number is said
    chain: bool = False
    hint: str = ""


def allowed(tags: list[Token], codes: list[str]) -> list[bool]:
    """Which words count: after a denial only what follows "but", "saying" and the like."""
    for i, tag in enumerate(tags):  # "allegedly killed" is a doubt, "killed by a mine allegedly laid by rebels" none
        if tag.code == "deny" and tag.norm.endswith("ly") and HAPPENED.isdisjoint(codes[i + 1 : i + 3]):
            codes[i] = ""
    if "deny" not in codes:
        return [True] * len(codes)
    denial = codes.index("deny")
    turn = next((i for i in range(denial + 1, len(codes)) if codes[i] == "but"), len(codes))
    return [i > turn for i in range(len(codes))]


def find(tags: list[Token], codes: list[str], agencies: frozenset[str]) -> list[PeopleGroup]:
    found: list[PeopleGroup] = []
    used: set[int] = set()
    i, count = 0, len(tags)
    while i < count:
        if tags[i].norm == "born" and "P" not in codes[max(0, i - 12) : i] and tags[i - 1].norm in (",", "("):
            found.append(PeopleGroup(i, i, 1))  # "a name, born in 1987, was injured"
            i += 1
        elif named := _named(tags, codes, i):
            found.append(named)
            i = named.last + 1
        elif codes[i] == "P":
            last = i
            while last + 1 < count and codes[last + 1] == "P":
                last += 1
            found.append(_phrase(tags, codes, i, last, used, agencies))
            i = last + 1
        else:
            i += 1
    for i, code in enumerate(codes):
        free = code in ("N", "a", "O") and i not in used and not any(g.first <= i <= g.last for g in found)
        if free and (bare := _bare(tags, codes, i)):
            found.append(bare)
    found.sort(key=lambda g: g.first)
    for position, group in enumerate(found):
        _relate(tags, codes, found, position, group)
    return found


def _named(tags, codes, start: int) -> PeopleGroup | None:
    """Persons who are only named: "A. B., 45, was injured", "A. B. and C. D. were killed"; each is one."""
    at, names, count = start, 0, len(tags)
    if "P" in codes[max(0, start - 12) : start]:
        return None  # "two soldiers, A. B. and C. D., were": counted by the noun
    while True:
        end = at
        while not codes[end] and tags[end].text[:1].isupper() and tags[end].norm.isalpha():
            end += 1
        if end - at < 2:
            return None
        names, at = names + 1, end
        while at < min(end + 9, count) and (
            codes[at] in ("date", "N", "p") or tags[at].norm in (",", "(", ")", "born")
        ):
            at += 1
        if at < count and codes[at] == "A":
            at += 1
        elif tags[at - 1].norm != "," or at >= count or codes[at]:
            break
    verb = next((k for k in range(at, count) if codes[k] != "B" and not tags[k].norm.endswith("ly")), count)
    hurt = codes[verb : verb + 1] in (["K"], ["I"]) and (verb > at or "died" in tags[verb].norm)
    hurt = hurt or codes[verb] == "W" or (codes[verb : verb + 1] == ["S"] and "J" in codes[verb : verb + 8])
    return PeopleGroup(start, at - 1, names, bare=True, number=start) if hurt else None


def _phrase(tags, codes, first: int, last: int, used: set[int], agencies: frozenset[str]) -> PeopleGroup:
    attrs = frozenset(a for k in range(first, last + 1) for a in tags[k].attrs)
    named = [tags[k].attrs[0] for k in range(last, first - 1, -1) if tags[k].attrs[0] != "neutral"]
    group = named[0] if named else ""
    head = tags[last].norm
    plural = head.endswith(("s", "men")) or head.split()[-1] in _PLURAL
    result = PeopleGroup(first, last, None, group, attrs - {"neutral", "military", "civilian", "deminer"})
    if group == "civilian" and "journalist" not in attrs and _demining(tags, first, last, agencies):
        result.group = "deminer"
    p = _reach(tags, codes, first, "victims" in result.attrs)
    passed = range(p + 1, first)
    result.other = any(codes[k] in ("O", "rest") for k in passed)
    ages = [re.match("[0-9]+", tags[k].norm) for k in passed if codes[k] == "date"]
    if any(age and int(age.group()) < 18 for age in ages):
        result.attrs |= {"child"}
    if codes[p] in ("N", "a", "t", "no", "nobody"):
        result.first = p
    if codes[p] in ("N", "a"):
        used.add(p)
    if codes[p] == "N":
        result.count, result.rounded, result.number = tags[p].value, tags[p].rounded, p
        back = p - 1
        while codes[back] == "~":
            back -= 1
        if codes[back] in ("t", "rest", "O"):
            result.first = back
            back -= 1
        if codes[back] == "o" and codes[back - 1] in ("N", "a") and tags[back - 1].value is not None:
            result.whole, result.count = result.count, tags[back - 1].value
            result.first, result.definite, result.number = back - 1, False, back - 1
    elif codes[p] == "a":
        result.count, result.other = 1, tags[p].norm not in ("a", "an")
    else:
        result.definite, result.zero = codes[p] == "t", codes[p] in ("no", "nobody")
    if codes[max(0, result.first - 2) : result.first] == ["nobody", "o"]:  # "none of the five farmers"
        result.count, result.zero = None, True
    if result.count is None and not result.zero and not plural:
        result.count = 1
    printed_after = tags[last + 1].norm in ("-", ":") and codes[last + 2] == "N"
    if printed_after and result.count in (None, 1):
        result.count, result.last, result.number, result.part = tags[last + 2].value, last + 2, last + 2, True
    return result


def _reach(tags, codes, first: int, counted: bool) -> int:
    """Back over the adjectives of a phrase ("71 mine and ordnance (UXO) casualties"), to its number or article."""
    p = first - 1
    while p >= 0 and first - p <= (12 if counted else 6):
        code, norm = codes[p], tags[p].norm
        outcome = code in ("I", "K") and codes[p - 1] in ("N", "a", "t", "rest", "O")
        word = (code == "" and norm[:1].isalpha()) or (code == "date" and "year" in norm)
        listed = counted and (code in ("A", "things") or norm in ("(", ")", "/"))
        if not (outcome or word or listed or code in ("O", "rest", "poss", "model", "~")):
            return p
        p -= 1
    return p


def _demining(tags, first: int, last: int, words: frozenset[str]) -> bool:
    """Whether the employees are those of a mine action agency."""
    back = range(first - 1, max(-1, first - 6), -1)
    around = [tags[k].norm for k in takewhile(lambda k: tags[k].norm[:1].isalnum(), back)]
    after = [tags[k].norm for k in range(last + 1, min(len(tags), last + 11))]
    if words & set(around):
        return True
    while after and tags[last + 1].text[:1].isupper() and after[0] not in ("of", "from", "at"):  # a name
        after, last = after[1:], last + 1
    return after[:1] in (["of"], ["from"], ["at"]) and bool(words & set(after))


def _bare(tags, codes, i: int) -> PeopleGroup | None:
    """A number that stands for people without a noun: "one was killed", "three others", "(44 killed, 99 injured)"."""
    code = codes[i]
    if code == "O":
        second = (
            codes[i - 1] == "t" and tags[i].norm == "other" and codes[i + 1 : i + 2] in (["B"], ["S"], ["K"], ["I"])
        )
        return PeopleGroup(i - 1, i, 1, "", frozenset(), bare=True, other=True, number=i) if second else None
    if (code == "a" and tags[i].norm in ("a", "an")) or (codes[i - 1] == "o" and codes[i - 2] == "P"):
        return None  # "a mother of four"
    last = i
    if code == "N" and codes[i + 1] == "O":
        last = i + 1
        known = next((codes[k] for k in range(i - 1, -1, -1) if codes[k] in ("P", "beasts")), "")
        if known == "beasts":
            return None  # "25 sheep and five others"
    unnamed = _unnamed(tags, codes, last + 1) if code == "N" else 0
    back = i - 1
    while codes[back] in ("~", "a"):
        back -= 1
    struck = codes[back] in ("k", "i", "K", "I") and codes[back - 1 : back] != ["t"]
    if unnamed:
        last = unnamed - 1
    following = codes[last + 1]
    word = tags[last + 1].norm
    ahead = codes[last + 2]
    told = not {"P", "N", "K", "I"}.isdisjoint(codes[last + 3 : last + 7])  # "one of the victims", no country
    good = following in ("B", "K", "I", "S", "W", "D", "i", "k") or word in ("(",) or (
        following == "o" and (ahead == "H" or (ahead == "t" and told))) or (
        following == "" and word.endswith("ly") and ahead in ("K", "I", "B", "S")) or (
        last > i and (following in ("", "A", "R", "p") or word in (",", "."))
    )  # fmt: skip
    good = good or bool(unnamed) or (struck and code == "N" and following in ("p", "date", "A", "U"))
    if following == "U" or (following == "A" and code == "N" and codes[i - 1] in ("k", "i")):
        good = True
    if word in (".", ",", "") and code == "N" and (
        codes[i - 1] in ("k", "i", "K", "I") or (codes[i - 1] == "o" and codes[i - 2] in ("J", "D"))
    ):  # fmt: skip
        good = True
    if not good:
        return None
    value = tags[i].value if code == "N" else 1 if code == "a" else None
    if value is None or value != int(value) or ("scaled" in tags[i].attrs and value >= 100_000):
        return None
    other = last > i or code == "a" or codes[i - 1] in ("rest", "O")
    first = i - 1 if codes[i - 1] in ("rest", "O", "t") else i
    whole = 0 if following == "o" else None  # "one of the victims": of how many is not said here
    return PeopleGroup(first, last, int(value), bare=True, other=other, whole=whole, rounded=tags[i].rounded, number=i)


def _unnamed(tags, codes, start: int) -> int:
    """Where a phrase of unlisted words ends that can only be people: "eight Exampleland pilgrims", no "25 sheep"."""
    end = start
    while end < min(start + 4, len(tags)) and codes[end] == "" and tags[end].norm[:1].isalpha():
        end += 1
    head = tags[end - 1] if end > start else None
    if head is None or any(codes[k] in ("things", "beasts") for k in range(start, min(end + 1, len(codes)))):
        return 0
    return end if head.norm.endswith(("s", "ese", "men", "folk")) or head.text[:1].isupper() else 0


def _relate(tags, codes, found: list[PeopleGroup], position: int, group: PeopleGroup) -> None:
    """Parts ("including", brackets) and inherited groups ("three soldiers ..., one of them")."""
    before = group.first - 1
    while codes[before] == "~":
        before -= 1
    after = group.last + 1
    verb = codes[after] in ("B", "K", "I", "S", "W") or tags[after].norm.endswith("ly")
    named = tags[before].norm in ("including", "include", "includes") and not group.bare
    if codes[before] == "U" and (named or not verb):
        group.part = True
    ahead = codes[max(0, before - 4) : before]
    if codes[before] == "B" and "U" in ahead and {"K", "I"} & set(ahead) and not verb:
        group.part = True  # "among the dead were three journalists"
        group.hint = "killed" if "K" in ahead else "injured"
    previous = found[position - 1] if position else None
    if previous is not None and previous.part:
        whole = next((g for g in reversed(found[:position]) if not g.part), None)
        open_list = whole is not None and tags[whole.last + 1].norm == ","
        linked = (codes[before] == "A" or tags[before].norm == ",") and before - previous.last <= 2
        within = group.count is None and before - previous.last <= 2 and codes[previous.last + 1] == "o"
        if (linked and (not verb or open_list)) or within:
            group.part = True
    bracket = next((k for k in range(before, max(-1, before - 12), -1) if tags[k].norm in ("(", ")")), None)
    opening = next((k for k in range(after, min(after + 12, len(tags))) if tags[k].norm in ("(", ")")), None)
    if bracket is not None and tags[bracket].norm == "(" and previous is not None and opening is not None:
        parent = next((k for k in range(position - 1, -1, -1) if found[k].last < bracket), None)
        group.parent = parent
        if parent is not None:
            found[parent].has_parts = True
            group.group = group.group or found[parent].group
        group.part = group.part or not verb
    elif (
        group.bare
        and previous is not None
        and (not group.other or "rest" in codes[group.first : group.last + 1] or codes[group.first] == "a")
    ):
        counted = [g for g in found[:position] if g.count is not None and not g.part]
        group.group = (counted[-1] if counted else previous).group
