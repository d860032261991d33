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
_ACTIVE = frozenset(["killed", "injured", "wounded", "maimed", "hurt"])
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
    for i, code in enumerate(codes):
        if code == "H" and codes[i + 1] in ("P", "") and "P" in codes[i + 1 : i + 3]:
            codes[i] = "t"  # "a girl and her brother"
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
        self.lower = -1

    def run(self) -> None:
        """Let each word that says what happened look for its people, from left to right."""
        readers = {
            **dict.fromkeys("KIW", self._happened), **dict.fromkeys("ki", self._active), "S": self._suffered,
            "Y": self._lost, **dict.fromkeys("JD", self._noun), "U": self._among, "number": self._counter,
            "no": self._nothing, "nobody": self._nothing,
        }  # fmt: skip
        self._predicates()
        i = 0
        while i < len(self.codes):
            reader = readers.get(self.codes[i]) if self.allowed[i] else None
            i += (reader(i) if reader else None) or 1
        for group in self.groups:
            if self.allowed[group.first] and not group.outcome:
                if group.part:
                    self._part(group)
                elif "victims" in group.attrs and not group.zero and group.number is not None:
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

    def _back(self, i: int, *skipped: str) -> int:
        """The word before, adverbs and words of some classes aside."""
        p = i - 1
        while self.tags[p].norm.endswith("ly") or self.codes[p] in skipped:
            p -= 1
        return p

    def _say(self, outcome: str, count: int, label: str, first: int, last: int, **more: Any) -> None:
        start, end = self.tags[first].start, self.tags[last].end
        self.sense.mentions.append(Mention(outcome, count, label, frozenset(), start, end, **more))

    def _refer(self, outcome: str, first: int, last: int, many: bool) -> None:
        self.sense.pronouns.append((outcome, self.tags[first].start, self.tags[last].end, many))

    def _happened(self, i: int) -> int:
        """Read one word of outcome; return how many words it took."""
        codes, tags = self.codes, self.tags
        outcome = _OUTCOME[codes[i]]
        if any(g.first <= i <= g.last for g in self.groups):
            return 1
        if codes[i - 1] == "t" and codes[i + 1] not in ("B", "N") and outcome != VICTIMS:
            return 1
        used, step = True, 1
        if "may" not in codes[max(0, i - 4) : i]:
            second = self._second(i) if outcome != VICTIMS else None
            p = self._back(i, "not")
            passive = codes[p] == "B" and tags[p].norm not in ("has", "have", "had")
            active = not passive and outcome != VICTIMS and not _ACTIVE.isdisjoint(tags[i].norm.split())
            if second is not None:
                used = (not passive and self._object(second, VICTIMS)) or self._subject_of(i, VICTIMS)
                step = second - i + 1 if used else 1
            elif not (active and not self._adjacent(i) and self._object(i, outcome)):
                used = self._subject_of(i, outcome)
        if used:
            self.lower = i + step - 1
        return step

    def _second(self, i: int) -> int | None:
        """As in "killed, disabled and injured", "lost their lives or sustained injuries": the other outcome."""
        codes = self.codes
        for k in range(i + 2, min(i + 6, len(codes))):
            between = [codes[n] or self.tags[n].norm for n in range(i + 1, k) if codes[n] != "B"]
            if "A" in between and all(word in ("A", ",") or word[:1].islower() for word in between):
                if codes[k] in ("K", "I") and codes[k] != codes[i]:
                    return k
                if codes[k : k + 2] == ["S", "J"]:
                    return k + 1
        return None

    def _adjacent(self, i: int) -> bool:
        p = self._back(i)
        return any(g.last == p and (g.number is not None or g.bare or self.codes[p] == "P") for g in self.groups)

    def _active(self, i: int) -> None:
        """As in "killing two soldiers", "killing and injuring five", "killing him"."""
        outcome, other = (KILLED, "i") if self.codes[i] == "k" else (INJURED, "k")
        both = self.codes[i + 1 : i + 3] == ["A", other]
        if not self._object(i + 2 * both, VICTIMS if both else outcome) and self.codes[i + 1] == "H":
            self._refer(outcome, i, i + 1, self.tags[i + 1].norm == "them")

    def _suffered(self, i: int) -> int:
        """As in "sustained various injuries", "97 citizens have suffered from mines"."""
        codes, tags = self.codes, self.tags
        reach = next((k for k in range(i + 1, min(i + 8, len(codes))) if codes[k] in ("J", "I")), None)
        if (
            reach is None
            and tags[i].norm.startswith("suffer")
            and (codes[i + 1] in ("p", "A") or tags[i + 1].norm in ",.")
        ):
            reach = i
        if reach is None or "no" in codes[i:reach]:
            return 1
        causes = {"explosions", "mines", "landmines", "incidents", "blasts"}
        many = reach == i and not causes.isdisjoint(tag.norm for tag in tags[i + 1 : i + 7])
        self._subject_of(i, VICTIMS if many else INJURED)
        return reach - i + 1

    def _lost(self, i: int) -> None:
        """As in "part of his leg had to be amputated"."""
        if all(m.outcome == VICTIMS for m in self.sense.mentions):
            self._refer(INJURED, i, i, False)

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
        codes = self.codes
        outcome = next((_OUTCOME[c] for c in codes[i + 1 : i + 4] if c in ("K", "I")), "")
        if outcome and self.tags[i].norm == "among" and codes[i - 1] == "B":
            for group in self.groups:
                if not group.outcome and set(codes[group.last + 1 : i]) <= {"B", "A", "", "P", "a", "N"}:
                    self._emit(group, outcome, part=True)

    def _noun(self, i: int) -> None:
        """As in "the death of a soldier", "injuries to three workers", "two deaths"."""
        codes, tags = self.codes, self.tags
        outcome = INJURED if codes[i] == "J" else KILLED
        if codes[i + 1 : i + 3] in (["A", "J"], ["A", "D"]):  # "the death and injury of three people"
            i, outcome = i + 2, VICTIMS
            codes[i] = ""
        if codes[i + 1] == "o" or tags[i].norm.endswith(" of") or tags[i + 1].norm == "to":
            self._object(i if tags[i].norm.endswith(" of") else i + 1, outcome)
        elif tags[i].norm in ("deaths", "death", "fatalities", "injuries"):
            n = i - 1
            while n > max(0, i - 4) and (codes[n] == "P" or (codes[n] == "" and tags[n].norm[:1].isalpha())):
                n -= 1  # "500 mine-related deaths"
            if codes[n] == "N" and tags[n].value == int(tags[n].value):
                self._say(outcome, int(tags[n].value), "", n, i, rounded=tags[n].rounded)

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
                self._say(outcome, int(value), label, i, k, rounded=tags[k].rounded)
                self.subject = [group] if group is not None else []
                return

    def _nothing(self, i: int) -> None:
        """As in "No casualties", "no one was injured": a stated zero."""
        codes, tags = self.codes, self.tags
        if "may" in codes[:i]:
            return  # "we hope that nobody is hurt"
        found: dict[str, int] = {}
        for k in range(i + 1, min(i + 7, len(codes))):
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
            self._say(outcome, 0, "", i, k, zero=True)

    # -- whose ---------------------------------------------------------------------------------------------

    def _subject_of(self, i: int, outcome: str) -> bool:
        codes, tags, lower = self.codes, self.tags, self.lower
        p = self._back(i, "B", "~")
        if codes[p] == "O" and codes[p - 1] == "B":
            p = self._back(p, "B", "~")
        if codes[p] == "not":
            return False
        if tags[p].norm == ")":
            p = next((k - 1 for k in range(p, max(-1, p - 30), -1) if tags[k].norm == "("), p)
        direct = next((g for g in self.groups if g.last == p), None)
        if direct is None and codes[p] == "N":
            direct = next((g for g in self.groups if g.number == p), None)
        if direct is not None and direct.zero:
            return False
        if direct is not None and not direct.part and (direct.count is not None or direct.bare):
            return self._take(direct, outcome)
        if codes[p] == "H":
            if outcome != VICTIMS:
                self._refer(outcome, p, i, tags[p].norm == "they")
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
            return self._take(group, outcome)
        if lower >= 0 and self.subject and "P" not in codes[lower + 1 : i]:
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

    def _take(self, group: PeopleGroup, outcome: str) -> bool:
        chain = [group]
        first, linked = group.first, False
        lower = -1 if group.first <= self.lower else self.lower
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
        start, told = self._start(group), [m for m in self.sense.mentions if not m.part]
        closest = [m for m in told if m.start < start][-1:] or [m for m in told if m.start > start][:1]
        parent = self.groups[group.parent].outcome if group.parent is not None else ""
        if outcome := group.hint or parent or next((m.outcome for m in closest), ""):
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
