"""Who was killed or injured, how many, and of which group: read from one sentence.

Each word that says what happened ("killed", "sustained injuries", "lost his leg") looks for its people: the phrase
before it ("two soldiers were killed"), after it ("killing two soldiers"), or in brackets ("(44 killed, 99 injured)").
The number and the group of that phrase make a mention. Nothing is added up: "two civilians and a soldier were
injured" is two mentions, and no total.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any

from minestats.articles import groups
from minestats.articles.groups import PeopleGroup
from minestats.articles.lexicon import Lexicon, Token

END = Token("", "", 0, 0)  # three of them close a sentence, so that rules may look past both of its ends
KILLED, INJURED, VICTIMS = "killed", "injured", "victims"
_OUTCOME = {"K": KILLED, "I": INJURED, "W": VICTIMS}


@dataclass(frozen=True)
class Mention:
    """One figure: an outcome, a count, the group it counts, and the words that say so."""

    outcome: str
    count: Any  # int; None where no number is said
    group: str
    attrs: frozenset
    start: int
    end: int
    part: bool = False
    definite: bool = False
    whole: int | None = None
    rounded: str = ""
    zero: bool = False
    chain: bool = False


@dataclass
class Sense:
    """What a sentence says about people."""

    mentions: list[Mention] = field(default_factory=list)
    groups: list[PeopleGroup] = field(default_factory=list)
    happened: bool = False
    pronouns: list[tuple[str, int, int, bool]] = field(default_factory=list)
    tags: list[Token] = field(default_factory=list)


def read(tokens: list[Token], lexicon: Lexicon) -> Sense:
    """Return the mentions of casualties in a sentence."""
    tags = lexicon.tag(tokens, "casualties") + [END] * 3
    codes = [tag.code for tag in tags]
    sense = Sense(tags=tags)
    said = groups.HAPPENED | {"J", "D", "number", "no", "nobody"}
    partly = {"N", "H", "B"} <= set(codes) or {"N", "U", "B"} <= set(codes)  # "203 of them are civilians"
    if not partly and said.isdisjoint(codes) and not any("victims" in tag.attrs for tag in tags):
        return sense
    allowed = groups.allowed(tags, codes)
    sense.happened = any(code in groups.HAPPENED and fine for code, fine in zip(codes, allowed, strict=True))
    sense.groups = groups.find(tags, codes, lexicon.agencies)
    _Reader(tags, codes, sense, allowed).run()
    for tag in tags:
        if tag.code == "than":  # "31 casualties, down from 32"
            sense.mentions = [m for m in sense.mentions if not tag.end <= m.start <= tag.end + 25]
    return sense


class _Reader:
    def __init__(self, tags, codes, sense: Sense, allowed: list[bool]):
        self.tags, self.codes, self.sense, self.allowed = tags, codes, sense, allowed
        self.groups = sense.groups
        self.subject: list[PeopleGroup] = []

    def run(self) -> None:
        codes, tags = self.codes, self.tags
        lower = -1
        self._predicates()
        i, count = 0, len(codes)
        while i < count:
            code = codes[i]
            step = 1
            if self.allowed[i]:
                if code in ("K", "I", "W"):
                    step, used = self._happened(i, lower)
                    lower = i + step - 1 if used else lower
                elif code in ("k", "i"):
                    both = codes[i + 1 : i + 3] == ["A", "k" if code == "i" else "i"]
                    if self._object(i + 2 * both, VICTIMS if both else KILLED if code == "k" else INJURED):
                        pass
                    elif codes[i + 1 : i + 2] == ["H"]:
                        self.sense.pronouns.append((KILLED if code == "k" else INJURED, tags[i].start, tags[i + 1].end,
                                                    tags[i + 1].norm == "them"))  # fmt: skip
                elif code == "S":
                    reach = next((k for k in range(i + 1, min(i + 8, count)) if codes[k] in ("J", "I")), None)
                    if reach is None and tags[i].norm in ("suffered", "suffer", "suffering") and (
                        codes[i + 1] in ("p", "A") or tags[i + 1].norm in (",", ".")
                    ):  # fmt: skip
                        reach = i
                    if reach is not None and "no" not in codes[i:reach]:
                        many = reach == i and any(
                            tags[k].norm in ("explosions", "mines", "landmines", "incidents", "blasts")
                            for k in range(i + 1, min(i + 7, count))
                        )
                        self._subject_of(i, lower, VICTIMS if many else INJURED)
                        step = reach - i + 1
                elif code == "Y" and all(m.outcome == VICTIMS for m in self.sense.mentions):
                    self.sense.pronouns.append((INJURED, tags[i].start, tags[i].end, False))
                elif code in ("J", "D"):
                    self._noun(i, INJURED if code == "J" else KILLED)
                elif tags[i].norm == "among" and codes[i - 1 : i] == ["B"]:
                    self._among(i)
                elif code == "number":
                    self._counter(i)
                elif code in ("no", "nobody"):
                    self._nothing(i)
            i += step
        for group in self.groups:
            if self.allowed[group.first] and group.part and not group.outcome:
                self._part(group)
            elif (
                self.allowed[group.first]
                and not (group.outcome or group.zero)
                and "victims" in group.attrs
                and group.count is not None
                and group.number is not None
            ):
                self._emit(group, VICTIMS)
        self.sense.mentions.sort(key=lambda m: (m.start, m.end))

    def _predicates(self) -> None:
        """As in "35 of the 45 killed were civilians": a group of what was counted before."""
        codes, tags = self.codes, self.tags
        for group in self.groups:
            if not group.bare or group.count is None:
                continue
            k, outcome = (group.number or 0) + 1, ""
            if codes[k] == "o" or tags[k].norm in ("of them", "of these", "of those", "of whom"):
                k += 1
                while codes[k] in ("t", "N", "H", "P", "K", "I"):
                    outcome = _OUTCOME.get(codes[k], outcome)
                    k += 1
            while codes[k] == "B" or tags[k].norm.endswith("ly"):
                k += 1
            named = next((g for g in self.groups if g.first <= k <= g.last and g.first > group.first), None)
            if (
                named is None
                or (named.group not in ("civilian", "military") and not named.attrs)
                or codes[k - 1] != "B"
            ):
                continue
            whole = next((g for g in self.groups if group.number < (g.number or -1) <= k), None)
            if whole is not None:
                whole.outcome = outcome or whole.outcome
            group.group, group.attrs, group.part = named.group, named.attrs, True
            named.outcome = group.outcome = outcome or "antecedent"
            self._emit(group, outcome or "antecedent", part=True)

    # -- forms -----------------------------------------------------------------------------------------------

    def _happened(self, i: int, lower: int) -> tuple[int, bool]:
        """Read one word of outcome: how many words it took, and whether it had people of its own."""
        codes, tags = self.codes, self.tags
        outcome = _OUTCOME[codes[i]]
        before = codes[i - 1]
        after = codes[i + 1]
        inside = next((g for g in self.groups if g.first <= i <= g.last), None)
        if inside is not None:
            return 1, False
        if before == "t" and after not in ("B",) and outcome != VICTIMS and after != "N":
            return 1, False
        if self._modal(i):
            return 1, True
        two = None
        for k in range(i + 2, min(i + 6, len(codes))) if outcome != VICTIMS else ():
            between = [code or tags[n].norm for n, code in enumerate(codes[i + 1 : k], i + 1) if code != "B"]
            second = codes[k] in ("K", "I") and codes[k] != codes[i]
            plain = all(word in ("A", ",") or word[:1].islower() for word in between) and "A" in between
            if plain and (second or codes[k : k + 2] == ["S", "J"]):
                two = k + (not second)  # "killed, disabled and injured", "lost their lives or sustained injuries"
                break
        passive = self._passive(i)
        if (
            (
                not passive
                and outcome in (KILLED, INJURED)
                and two is None
                and not {"killed", "injured", "wounded", "maimed", "hurt"}.isdisjoint(tags[i].norm.split())
            )
            and not self._adjacent(i)
            and self._object(i, outcome)
        ):
            return 1, True
        if two is not None:
            done = (not passive and self._object(two, VICTIMS)) or self._subject_of(i, lower, VICTIMS)
            return (two - i + 1 if done else 1), done
        return 1, self._subject_of(i, lower, outcome)

    def _modal(self, i: int) -> bool:
        return any(self.codes[k] == "may" for k in range(max(0, i - 4), i))

    def _passive(self, i: int) -> bool:
        p = i - 1
        while self.tags[p].norm.endswith("ly") or self.codes[p] == "not":
            p -= 1
        return self.codes[p] == "B" and self.tags[p].norm not in ("has", "have", "had")

    def _adjacent(self, i: int) -> bool:
        p = i - 1
        while self.tags[p].norm.endswith("ly"):
            p -= 1
        return any(g.last == p and (g.number is not None or g.bare or self.codes[g.last] == "P") for g in self.groups)

    def _object(self, i: int, outcome: str) -> bool:
        """As in "killing two soldiers and a civilian": the people after the word."""
        while self.codes[i + 1] == "~":
            i += 1
        group = next((g for g in self.groups if i < g.first <= i + 2), None)
        if group is None or group.zero:
            return False
        if group.first == i + 2 and not (
            self.codes[i + 1] in ("~", "t", "rest", "a", "") or self.tags[i + 1].norm.endswith("ly")
        ):
            return False
        taken = [group]
        position = self.groups.index(group)
        for other in self.groups[position + 1 :]:
            gap = range(taken[-1].last + 1, other.first)
            words = [self.codes[k] or self.tags[k].norm for k in gap]
            after = self.codes[other.last + 1]
            if (
                len(words) <= 3
                and words
                and all(w in ("A", ",", "~") for w in words)
                and after not in ("B", "K", "I", "S")
            ):
                if other.part:
                    break
                taken.append(other)
            else:
                break
        for each in taken:
            each.chain = len(taken) > 1
            self._emit(each, outcome)
        self.subject = taken
        return True

    def _among(self, i: int) -> None:
        """As in "a girl and nine women were among the dead": parts of those told elsewhere."""
        outcome = next((_OUTCOME[c] for c in self.codes[i + 1 : i + 4] if c in ("K", "I")), "")
        for group in self.groups if outcome else ():
            if not group.outcome and set(self.codes[group.last + 1 : i]) <= {"B", "A", "", "P", "a", "N"}:
                self._emit(group, outcome, part=True)

    def _noun(self, i: int, outcome: str) -> None:
        """As in "the death of a soldier", "injuries to three workers", "two deaths"."""
        codes, tags = self.codes, self.tags
        if codes[i + 1 : i + 3] in (["A", "J"], ["A", "D"]):  # "the death and injury of three people"
            i, outcome = i + 2, VICTIMS
            codes[i] = ""
        if codes[i + 1] == "o" or tags[i].norm.endswith(" of") or tags[i + 1].norm == "to":
            self._object(i if tags[i].norm.endswith(" of") else i + 1, outcome)
        elif tags[i].norm in ("deaths", "death", "fatalities", "injuries"):
            n, label = i - 1, ""
            while n > max(0, i - 4) and (codes[n] == "P" or (codes[n] == "" and tags[n].norm[:1].isalpha())):
                n -= 1  # "500 mine-related deaths", "41 civilian deaths"
            if codes[n] == "N" and tags[n].value == int(tags[n].value):
                value, rounded = int(tags[n].value), tags[n].rounded
                self.sense.mentions.append(
                    Mention(outcome, value, label, frozenset(), tags[n].start, tags[i].end, rounded=rounded)
                )

    def _counter(self, i: int) -> None:
        """As in "the number of mine victims since the war reached 278"."""
        codes, tags = self.codes, self.tags
        stop = next(
            (k for k in range(i + 1, len(codes)) if codes[k] in ("reach", "N") or tags[k].norm in ("was", "is")),
            len(codes),
        )
        near = range(i + 1, min(i + 9, stop))
        people = [k for k in near if codes[k] in ("P", "K", "I", "D", "C") or tags[k].norm in ("wounded", "injured")]
        if not people and "toll" not in tags[i].norm:
            return
        label = next(
            (tags[k].attrs[0] for k in people if codes[k] == "P" and tags[k].attrs[0] in ("civilian", "military")), ""
        )
        outcome = KILLED if tags[i].norm == "death toll" else VICTIMS
        reached = False
        for k in range(i + 1, min(i + 45, len(codes))):
            if outcome == VICTIMS and not reached and codes[k] in ("K", "I", "D"):
                outcome = INJURED if codes[k] == "I" else KILLED
            if codes[k] in ("number", "than"):
                return  # "the number of victims compared with 2022 ... from 240 to 75"
            reached = reached or codes[k] in ("reach", "B") or tags[k].norm in (":", "-")
            if codes[k] == "N" and reached:
                value = tags[k].value
                if value != int(value) or tags[k + 1].norm in ("%", "percent"):
                    return
                group = next((g for g in self.groups if g.first <= k <= g.last and not g.outcome), None)
                if group is not None:
                    group.outcome = outcome
                self.sense.mentions.append(
                    Mention(
                        outcome, int(value), label, frozenset(), tags[i].start, tags[k].end, rounded=tags[k].rounded
                    )
                )
                self.subject = [group] if group is not None else []
                return

    def _nothing(self, i: int) -> None:
        """As in "No casualties", "no one was injured": a stated zero."""
        codes, tags = self.codes, self.tags
        if "may" in codes[:i]:
            return  # "we hope that nobody is hurt"
        start = tags[i].start
        span = range(i + 1, min(i + 7, len(codes)))
        found: dict[str, int] = {}
        for k in span:
            code, norm = codes[k], tags[k].norm
            counted = code == "C" or norm in ("casualties", "victims")
            if codes[i] == "nobody" and (counted or codes[k - 1] == "t"):
                continue  # "none of the victims was over twelve": there are victims
            if counted:
                found.setdefault(KILLED, k)
                found.setdefault(INJURED, k)
            elif code == "J" and codes[i] == "no":
                found.setdefault(INJURED, k)
            elif code in ("K", "I"):
                found.setdefault(_OUTCOME[code], k)
                if norm in ("hurt", "harmed"):
                    found.setdefault(KILLED, k)
        for outcome, k in found.items():
            self.sense.mentions.append(Mention(outcome, 0, "", frozenset(), start, tags[k].end, zero=True))

    # -- whose ---------------------------------------------------------------------------------------------

    def _subject_of(self, i: int, lower: int, outcome: str) -> bool:
        codes, tags = self.codes, self.tags
        p = i - 1
        while codes[p] in ("B", "~") or tags[p].norm.endswith("ly") or (codes[p] == "O" and codes[p - 1 : p] == ["B"]):
            p -= 1
        if codes[p] == "not":
            return False
        if tags[p].norm == ")":
            opening = next((k for k in range(p, max(-1, p - 30), -1) if tags[k].norm == "("), None)
            p = opening - 1 if opening is not None else p
        direct = next((g for g in self.groups if g.last == p), None)
        if direct is None and codes[p] == "N":
            direct = next((g for g in self.groups if g.number == p), None)
        if direct is not None and direct.zero:
            return False
        if direct is not None and not direct.part and (direct.count is not None or direct.bare):
            return self._take(direct, outcome, lower)
        if codes[p] == "H":
            if outcome != VICTIMS:
                self.sense.pronouns.append((outcome, tags[p].start, tags[i].end, tags[p].norm == "they"))
            return True
        partner = False
        for group in reversed(self.groups):
            if group.last >= i or group.first <= lower or group.zero:
                continue
            if group.part or group.count is None:
                partner = partner or (not group.part and codes[group.first - 1] == "A")
                continue
            lead = codes[group.first - 1]
            if (lead in ("p", "o") and group.number is None) or lead == "U":
                continue
            group.chain = partner
            return self._take(group, outcome, lower)
        if lower >= 0 and self.subject and not any(codes[k] in ("P",) for k in range(lower + 1, i)):
            for group in self.subject:
                if outcome == KILLED and group.outcome == INJURED:
                    self.sense.mentions = [
                        m for m in self.sense.mentions if not (m.outcome == INJURED and m.start == self._start(group))
                    ]
                    self._emit(group, outcome)
                elif group.outcome == VICTIMS and outcome != VICTIMS and not group.has_parts:
                    self._emit(group, outcome)
            return True
        return False

    def _take(self, group: PeopleGroup, outcome: str, lower: int) -> bool:
        chain = [group]
        first, linked = group.first, False
        lower = -1 if group.first <= lower else lower
        for other in reversed(self.groups):
            if other.last >= first or other.first <= lower or other.count is None or other.part or other.zero:
                continue
            if other.parent is not None and group.parent is None:
                continue
            gap = list(range(other.last + 1, first))
            if gap and self.tags[gap[0]].norm == "(":
                closing = next((k for k in gap if self.tags[k].norm == ")"), None)
                gap = [k for k in gap if closing is not None and k > closing]
            words = [self.codes[k] or ("," if self.tags[k].norm == "," else "x") for k in gap]
            if (
                not words
                or len(words) > 18
                or any(w in ("K", "I", "W", "S", "B", "R", "k", "i", "H", "U") for w in words)
            ):
                break
            last_words = [w for w in words if w not in ("~", "rest")]
            if not last_words or not (last_words[-1] == "A" or (linked and last_words == [","])):
                break
            chain.append(other)
            first, linked = other.first, True
        for each in chain if len(chain) > 1 else ():
            each.chain = True
        for each in reversed(chain):
            if not each.outcome or each.outcome == VICTIMS:
                self._emit(each, VICTIMS if each.has_parts and outcome == KILLED and self._split(each) else outcome)
        self.subject = chain
        return True

    def _split(self, group: PeopleGroup) -> bool:
        """Whether brackets divide the group into killed and injured: then the group itself is all of them."""
        position = self.groups.index(group)
        inner = [g for g in self.groups if g.parent == position]
        return any(g.outcome in (KILLED, INJURED) for g in inner)

    def _part(self, group: PeopleGroup) -> None:
        if group.hint:
            self._emit(group, group.hint, part=True)
            return
        outcome = ""
        if group.parent is not None and group.parent < len(self.groups):
            outcome = self.groups[group.parent].outcome
        if group.parent is not None or not outcome:
            before = [m for m in self.sense.mentions if m.start < self.tags[group.first].start and not m.part]
            after = [m for m in self.sense.mentions if m.start > self.tags[group.first].start and not m.part]
            closest = before[-1] if before else after[0] if after else None
            bracketed = group.parent is not None and outcome
            if not bracketed and closest is not None:
                outcome = closest.outcome
        if outcome:
            self._emit(group, outcome, part=True)

    def _start(self, group: PeopleGroup) -> int:
        return self.tags[group.first].start

    def _emit(self, group: PeopleGroup, outcome: str, part: bool = False) -> None:
        group.outcome = outcome
        if group.count is None:
            return
        implied = group.definite and group.number is None
        start, end = self._start(group), self.tags[group.last].end
        made = Mention(outcome, int(group.count), group.group, group.attrs, start, end, part or group.part, implied)
        self.sense.mentions.append(replace(made, whole=group.whole, rounded=group.rounded, chain=group.chain))
