"""Who was killed or injured, how many, and of which group: read from the dependency parse of one sentence.

Each word that says what happened ("killed", "sustained injuries", "lost his leg") asks the parse for its people: its
subject, its object, the noun it stands beside. The number and the group of that noun make a mention. A number right
before the word ("44 killed, 99 injured") needs no parse. Nothing is added up: "two civilians and a soldier were
injured" is two mentions, and no total.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from itertools import islice
from typing import Any

from minestats.articles.groups import HAPPENED, SUBJECT, PeopleGroup, Phrases
from minestats.articles.lexicon import Lexicon, Token

_MOST = 40  # words that say what happened, of one sentence; more are no prose
KILLED, INJURED, VICTIMS = "killed", "injured", "victims"
_OUTCOME = {"K": KILLED, "I": INJURED, "W": VICTIMS, "k": KILLED, "i": INJURED, "D": KILLED, "J": INJURED}


@dataclass
class Sense:
    """What a sentence says about people: figures, pronouns, and all the phrases for people."""

    mentions: list[PeopleGroup] = field(default_factory=list)
    groups: list[PeopleGroup] = field(default_factory=list)
    happened: bool = False
    denied: bool = False
    pronouns: list[tuple[str, int, int, bool]] = field(default_factory=list)

    def within(self, start: int, end: int) -> Sense:
        """What a part of the sentence says."""
        return replace(
            self,
            mentions=[m for m in self.mentions if start <= m.start < end],
            groups=[g for g in self.groups if start <= g.start < end],
            pronouns=[p for p in self.pronouns if start <= p[1] < end],
        )


def worth(tags: list[Token]) -> bool:
    """Whether the classes of the words promise a figure of people."""
    codes = {tag.code for tag in tags}
    partly = {"N", "H", "B"} <= codes or {"N", "U", "B"} <= codes  # "203 of them are civilians"
    said = HAPPENED | {"J", "D", "number", "no", "nobody"}
    return partly or not codes.isdisjoint(said) or any("victims" in tag.attrs for tag in tags)


def read(tags: list[Token], doc: Any, offset: int, lexicon: Lexicon) -> Sense:
    """Return the mentions of casualties in a sentence: its classed words, its parse, and where it begins."""
    return _Reader(tags, doc, offset, lexicon.agencies).run()


class _Reader(Phrases):
    def run(self) -> Sense:
        """Let each word that says what happened look for its people, from left to right."""
        readers = {
            **dict.fromkeys("KIW", self._happened), **dict.fromkeys("ki", self._active), "S": self._suffered,
            "Y": self._lost, **dict.fromkeys("JD", self._noun), "number": self._counter,
            "no": self._nothing, "nobody": self._nothing,
        }  # fmt: skip
        begin = self._denied()
        self.sense = Sense(denied=begin > 0)
        self.sense.happened = any(self.codes[i] in HAPPENED for i in self.order if i >= begin)
        self.find(begin)
        self._predicates()
        self._among()
        told = [i for i in self.order if i >= begin and self.codes[i] in readers]
        for i in told[:_MOST]:
            if i not in self.taken:
                readers[self.codes[i]](i)
        self._rest(begin)
        self.sense.groups = [group for _, group in sorted(self.groups.items())]
        self.sense.mentions.sort(key=lambda m: (m.start, m.end))
        return self.sense

    def _denied(self) -> int:
        """Where the words begin that count: after a denial only what follows "but", "saying" and the like."""
        for i in self.order:  # "allegedly killed" is a doubt, "killed by a mine allegedly laid by rebels" none
            doubted = not HAPPENED.isdisjoint(self.codes[i : i + 3])
            if self.codes[i] == "deny" and (doubted or not self.tags[i].norm.endswith("ly")):
                return next((k for k in self.order if k > i and self.codes[k] == "but"), len(self.codes))
        return 0

    def _around(self, i: int, *deps: str) -> list[Any]:
        """The words that hang on a phrase, of these relations."""
        first, last = self.span[i]
        return [c for k in range(first, last + 1) for c in self.doc[k].children
                if not first <= c.i <= last and (not deps or c.dep_ in deps)]  # fmt: skip

    def _hypothetical(self, i: int) -> bool:
        """Whether the word tells what may happen, or what did not."""
        verbs, word = [self.doc[i]], self.doc[i]
        while word.dep_ == "conj" and len(verbs) < 6:
            word = word.head
            verbs.append(word)
        helpers = [c for verb in verbs for c in verb.children if c.dep_ in ("aux", "auxpass", "neg", "mark")]
        above = (self.at(w) for w in islice(self.doc[i].ancestors, 8))
        return "may" in self.codes[max(0, i - 4) : i] or "may" in above or any(
            c.tag_ == "MD" or self.codes[c.i] in ("may", "not") or c.dep_ == "neg" for c in helpers
        )  # fmt: skip

    def _by_others(self, i: int) -> bool:
        """Whether people or a party did it, no mine: "killed by the rebels", "gunmen killed two"."""
        agents = [w for c in self._around(i, "agent") for w in c.children]
        for word in agents or (self._around(i, "nsubj") if self._around(i, "dobj") else []):
            party = (
                word.tag_ in ("NNP", "NNPS")
                or self.at(word) == "P"
                or (agents and word.tag_ == "NNS")
                or word.text.isupper()
            )
            if party and "things" not in {self.at(w) for w in islice(word.subtree, 20)}:
                return True
        return False

    # -- forms -----------------------------------------------------------------------------------------------------

    def _happened(self, i: int) -> None:
        """As in "two were killed", "a mine injured two", "three stepped on a mine"."""
        outcome, word = _OUTCOME[self.codes[i]], self.doc[i]
        spoken_of = self.code(i - 1) == "t" and word.dep_ not in ("ROOT", "conj", "acl", "relcl")  # "the injured"
        if spoken_of or self._hypothetical(i) or self._by_others(i):
            return
        objects = [c for c in self._around(i, "dobj") if self.person(c)]
        for w in self._following(i, 1):
            if any(x.text == "(" for x in self.doc[w.i + 1 : w.i + 2]):
                objects = [w]  # "injured 30 (9 children and 4 women)"
        second = self._second(i) if outcome != VICTIMS and not objects else None
        if second is not None:
            self.taken.add(second)
            outcome, objects = VICTIMS, [c for c in self._around(second, "dobj") if self.person(c)]
        passive = bool(self._around(i, "auxpass", "nsubjpass"))
        if not (passive or objects) and word.tag_ in ("VBD", "VBN") and self.code(i - 1) != "N":
            objects = self._following(i, 2 if self.code(i + 1) == "~" else 1)
        self._assign(self._subjects(i) if passive or not objects else objects, outcome, i)

    def _second(self, i: int) -> int | None:
        """The other outcome of the same people: "killed, disabled or injured", "died or were hurt"."""
        linked = self._around(i, "conj")
        for word in linked:
            linked += [c for c in word.children if c.dep_ == "conj" and c.i < i + 7]
            k = self.place[word.i]
            if self.codes[k] in ("K", "I") and self.codes[k] != self.codes[i] and k < i + 7:
                either = any(w.lower_ == "or" for w in self.doc[i:k])
                apart = self._around(k, *SUBJECT) or (self._around(k, "auxpass", "advmod") and not either)
                return None if apart or self.code(k - 1) in ("N", "P", "O") else k
        return None

    def _subjects(self, i: int) -> list[Any]:
        """Whom a word of outcome is said of, by its number, the parse, or the nearest phrase before it."""
        first, word = self.span[i][0], self.doc[i]
        p = first - 1
        while p >= 0 and (self.at(self.doc[p]) in ("B", "~") or self.doc[p].tag_ == "RB"):
            p -= 1
        if p in self.groups and (self.code(p) in ("N", "O") or (p == first - 1 and word.dep_ in ("advcl", "dep"))):
            head = self.doc[p]  # "44 killed", "leaving four people killed"
            while self.code(p) == "P" and head.dep_ == "conj" and head.head.i in self.groups:
                head = head.head
            return [head]
        for _ in range(6):
            k = self.place[word.i]
            subjects = self._around(k, *SUBJECT) if k in self.span else [c for c in word.children if c.dep_ in SUBJECT]
            if subjects and subjects[-1].lower_ not in ("who", "which", "that"):
                return (word.i != self.doc[i].i and self._nearer(word.i, first)) or subjects[-1:]
            if word.dep_ in ("acl", "relcl") or (word.dep_ in ("amod", "nummod") and self.person(word.head)):
                return [word.head]
            small = ("nummod", "npadvmod", "dep", "advmod")  # "left two dead"
            if self.codes[k] in ("K", "I") and (
                n := [c for c in word.children if c.i in self.groups and c.dep_ in small]
            ):
                return n
            if word.dep_ not in ("conj", "xcomp", "ccomp", "advcl", "oprd", "acomp", "attr", "prep", "pcomp"):
                break
            word = word.head
            objects = [c for c in word.children if c.dep_ in ("dobj", "nsubj") and self.person(c) and c.i < i]
            if objects and word.dep_ != "acl" and self.at(word) not in ("K", "I"):
                return objects[-1:]
        near = [k for k, group in self.groups.items() if k < first and not group.outcome and not group.part]
        return [self.doc[k] for k in near[-1:] if {"K", "I", "S", "k", "i"}.isdisjoint(self.codes[k + 1 : first])]

    def _nearer(self, after: int, before: int) -> list[Any]:
        """People between a verb and the one linked to it, whom the parse missed: "A died and B suffered injuries"."""
        loose = (*SUBJECT, "conj", "dep", "npadvmod", "appos")
        found = [k for k, group in self.groups.items() if after < k < before and self.doc[k].dep_ in loose
                 and group.count and not (group.outcome or group.part)]  # fmt: skip
        return [self.doc[k] for k in found[-1:]]

    def _following(self, i: int, most: int) -> list[Any]:
        """The people right behind a word, where the parse has them hang on something else."""
        after = self.span[i][1] + 1
        return [self.doc[k] for k in sorted(self.groups) if after <= k <= after + most and not self.groups[k].outcome
                and {"K", "I", "A", "p", "o"}.isdisjoint(self.codes[after:k])][:1]  # fmt: skip

    def _active(self, i: int) -> None:
        """As in "killing two soldiers", "claimed two lives", "the killing of a boy"."""
        if self._hypothetical(i):
            return
        outcome = _OUTCOME[self.codes[i]]
        below = [w for c in self._around(i, "prep") if c.lower_ == "of" for w in c.children]
        objects = [c for c in (*self._around(i, "dobj", "pobj", "ccomp"), *below) if self.person(c)]
        second = next((c for c in self._around(i, "conj") if self.codes[c.i] in ("k", "i", "K", "I")), None)
        if not objects and second is not None and second.i - i <= 3:
            self.taken.add(second.i)
            outcome, objects = VICTIMS, [c for c in self._around(second.i, "dobj", "pobj") if self.person(c)]
        self._assign(objects or self._following(i, 4), outcome)

    def _suffered(self, i: int) -> None:
        """As in "sustained various injuries", "97 citizens have suffered from mines"."""
        word = self.doc[i].head if self.doc[i].dep_ == "amod" else self.doc[i]  # "three sustained injuries", misread
        below = [w for w in islice(word.subtree, 80) if w.i > i]
        hurt = [w.i for w in below if self.at(w) in ("J", "I")]
        if self._hypothetical(i) or "no" in self.codes[i : hurt[0] if hurt else i]:
            return
        self.taken.update(hurt[:1])
        mines = self.tags[i].norm.startswith("suffer") and any(w.lower_ in ("mines", "landmines") for w in below)
        if hurt or mines:
            self._assign(self._subjects(i), INJURED if hurt else VICTIMS)

    def _lost(self, i: int) -> None:
        """As in "part of his leg had to be amputated"."""
        if all(m.outcome == VICTIMS for m in self.sense.mentions):
            self.sense.pronouns.append((INJURED, self.tags[i].start, self.tags[i].end, False))

    def _noun(self, i: int) -> None:
        """As in "the death of a soldier", "injuries to three workers", "two deaths"."""
        outcome, tag, word = _OUTCOME[self.codes[i]], self.tags[i], self.doc[i]
        if self._hypothetical(i):
            return
        linked = [c for c in self._around(i, "conj") if self.codes[c.i] in ("J", "D") and c.i - i <= 4]
        linked = [c for c in linked if self.codes[c.i] != self.codes[i] and self._counted(c.i) is None]
        linked = [c for c in linked if not any(x.lower_ == "to" for x in c.children) or not self._around(i, "prep")]
        if linked:
            outcome = VICTIMS
        hanging = [c for c in (*self._around(i, "prep"), *(x for c in linked for x in c.children))
                   if c.lower_ in ("of", "to")]  # fmt: skip
        people = [w for c in hanging for w in c.children if w.dep_ == "pobj"]
        people += self._around(i, "pobj") if tag.norm.endswith(" of") else []
        if people := [w for w in people if self.person(w) and self.at(w) != "H"]:
            self.taken.update(c.i for c in linked)
            self._assign(people, outcome)
        elif (number := self._counted(i)) is not None and word.tag_ == "NNS":
            self.groups.pop(number, None)
            n = self.tags[number]
            self._say(PeopleGroup(outcome, n.value, start=n.start, end=tag.end, rounded=n.rounded))
        elif word.dep_ == "pobj" and word.head.lower_ in ("with", "in") and word.head.head.pos_ == "VERB":
            left = [c for c in word.head.head.children if c.dep_ in ("dobj", "nsubjpass") and self.person(c)]
            self._assign(left, outcome)  # "left his sister with severe injuries"

    def _counted(self, i: int) -> int | None:
        """The number of a noun such as "deaths"; that of "three sustained injuries" is of people."""
        numbers = (c.i for c in self.doc[i].lefts if self.codes[c.i] == "N")
        return next((k for k in numbers if {"S", "K", "I"}.isdisjoint(self.codes[k:i])), None)

    def _counter(self, i: int) -> None:
        """As in "the number of mine victims since the war reached 278"."""
        codes, tags = self.codes, self.tags
        ahead = [k for k in self.order if i < k < i + 45]
        stop = next((k for k in ahead if codes[k] in ("reach", "N") or tags[k].norm in ("was", "is")), len(codes))
        near = [k for k in ahead if k < min(i + 10, stop) and codes[k] in ("P", "K", "I", "D", "C")]
        if not near and "toll" not in tags[i].norm:
            return
        if any(codes[k] == "K" and self._by_others(k) for k in near):
            return
        labels = [a for k in near for a in tags[k].attrs if a in ("civilian", "military")]
        kinds = {codes[k].replace("D", "K") for k in near} & {"K", "I"} or {"K"} & {
            "K" * (tags[i].norm == "death toll")
        }
        outcome, reached = _OUTCOME[min(kinds)] if len(kinds) == 1 else VICTIMS, False
        for k in ahead:
            if codes[k] in ("number", "than"):
                return  # "the number of victims compared with 2022 ... from 240 to 75"
            reached = reached or codes[k] in ("reach", "B") or tags[k].norm in (":", "-")
            if codes[k] == "N" and reached:
                if not any(w.text in ("%", "percent") for w in self.doc[k + 1 : k + 2]):
                    for group in self.groups.values():
                        if group.start <= tags[k].start < group.end:
                            group.outcome = outcome
                    said = PeopleGroup(outcome, tags[k].value, start=tags[i].start, end=tags[k].end)
                    self._say(replace(said, group=next(iter(labels), ""), rounded=tags[k].rounded))
                return

    def _nothing(self, i: int) -> None:
        """As in "No casualties", "no one was injured": a stated zero."""
        codes, tags = self.codes, self.tags
        if "may" in codes[:i]:
            return  # "we hope that nobody is hurt"
        found: dict[str, int] = {}
        for k in (k for k in self.order if i < k <= self.span[i][1] + 7):
            code, norm = codes[k], tags[k].norm
            counted = code == "C" or norm in ("casualties", "victims")
            if codes[i] == "nobody" and (counted or self.code(self.span[k][0] - 1) == "t"):
                continue  # "none of the victims was over twelve": there are victims
            if counted or norm in ("hurt", "harmed"):
                found |= {KILLED: found.get(KILLED, k), INJURED: found.get(INJURED, k)}
            elif code in ("K", "I", "D") or (code == "J" and codes[i] == "no"):
                found.setdefault(_OUTCOME[code], k)
        for outcome, k in found.items():
            self.taken.add(k)
            self._say(PeopleGroup(outcome, 0, start=tags[i].start, end=tags[k].end, zero=True))

    def _predicates(self) -> None:
        """As in "35 of the 45 killed were civilians": a group of those counted before."""
        for i, group in list(self.groups.items()):
            verb = self.doc[i].head
            if "victims" in group.attrs and self.doc[i].dep_ == "attr" and group.count is None:
                self._assign([c for c in verb.children if c.dep_ in SUBJECT and self.person(c)], VICTIMS)
            if self.codes[i] != "N" or self.doc[i].dep_ not in SUBJECT or self.codes[verb.i] != "B":
                continue
            named = [self.groups[self.place[c.i]] for c in verb.children
                     if c.dep_ == "attr" and self.place[c.i] in self.groups]  # fmt: skip
            if not named or not (named[0].group in ("civilian", "military") or named[0].attrs):
                continue
            below = [w.i for w in self.doc[i].subtree if w.i > i and self.codes[w.i] in ("K", "I")]
            self.taken.update(below)
            group.outcome = _OUTCOME[self.codes[below[0]]] if below else "antecedent"
            group.group, group.attrs, group.part = named[0].group, named[0].attrs, True
            named[0].outcome = "counted"
            self._say(group)

    def _among(self) -> None:
        """As in "a girl and nine women were among the dead": parts of those told elsewhere."""
        for k in self.order:
            ahead = next((n for n in range(k + 1, k + 4) if self.code(n) in ("K", "I")), k)
            if self.codes[k] == "U" and self.tags[k].norm.startswith("among") and self.code(ahead - 1) == "t":
                self.taken.add(ahead)
                clause = {w.i for w in self.doc[ahead].sent} - {ahead}
                for i, group in self.groups.items():
                    if i in clause and not group.outcome:
                        group.part, group.outcome = True, _OUTCOME[self.codes[ahead]]
                        self._say(group)

    # -- mentions --------------------------------------------------------------------------------------------------

    def _assign(self, words: list[Any], outcome: str, verb: int = -1) -> None:
        """Say that something happened to some people, and to those listed with them on the same side of the verb."""
        found, named = list[PeopleGroup](), None
        for word in (w for each in words for head in self.of(each) or [each] for w in self.listed(head)):
            k = self.place[word.i]
            if words[0].i < verb < word.i:
                continue
            if k in self.groups and self._divided(k):
                outcome = VICTIMS
            if self.codes[k] == "H":
                if outcome != VICTIMS:
                    many = word.lower_ in ("they", "them", "whom")
                    self.sense.pronouns.append((outcome, self.tags[k].start, self.tags[k].end, many))
                continue
            if k not in self.groups and self.unlisted(word):
                end = self.offset + word.idx + len(word.text)
                if named is not None:  # "A. B. and C. D. were injured": two are said to be
                    named.count, named.end = named.count + 1, end
                    continue
                self.groups[k] = PeopleGroup("", 1, start=self.offset + self.doc[word.left_edge.i].idx, end=end)
                named = self.groups[k] if word.text[0].isupper() else None
            if k in self.groups and not self.groups[k].zero:
                found.append(self.groups[k])
        while found and (missed := self._linked_before(found[0])):
            found.insert(0, missed)
        counts = [group.count or 0 for group in found]
        if len(found) > 2 and counts[0] == sum(counts[1:]):  # "three members of a family - a man, his wife and a child"
            for group in found[1:]:
                group.part = True
            found[0].chain, counts = False, counts[:1]
        for group in found:
            group.chain = group.chain or len(counts) > 1
            if group.outcome == INJURED and outcome == KILLED:  # "was injured and later died"
                self.sense.mentions = [m for m in self.sense.mentions if m is not group]
            elif group.outcome == outcome or group.outcome not in ("", VICTIMS):
                continue
            group = replace(group) if group.outcome == VICTIMS else group
            group.outcome = outcome
            self._say(group)

    def _linked_before(self, group: PeopleGroup) -> PeopleGroup | None:
        """The phrase that only "and" parts from the one behind it, where the parse has torn them apart."""
        text, offset = self.doc[0].doc.text, self.offset
        return next((g for g in self.groups.values() if g.count and not (g.outcome or g.part) and g.end < group.start
                     and text[g.end - offset : group.start - offset].strip() in ("and", "&")), None)  # fmt: skip

    def _say(self, group: PeopleGroup) -> None:
        if group.count is not None and group.count == int(group.count):
            group.count = int(group.count)
            self.sense.mentions.append(group)

    def _divided(self, i: int) -> bool:
        """Whether brackets divide a group into killed and injured: "170 civilians (50 killed, 120 injured)"."""
        after = self.span[i][1] + 1 if i in self.span else i + 1
        inner = self.codes[after + 1 : after + 4]
        return "N" in inner and ("K" in inner or "I" in inner) and self.doc[after].text == "("

    def _rest(self, begin: int) -> None:
        """Parts ("including two children") share the outcome of their whole; counted victims are victims."""
        for i, group in sorted(self.groups.items()):
            if i < begin or group.outcome:
                continue
            opened = max((k for k in range(max(0, i - 9), i) if self.doc[k].text in "()"), default=-1)
            group.part = group.part or (group.count is not None and opened >= 0 and self.doc[opened].text == "(")
            if group.part:
                told = [m for m in self.sense.mentions if not m.part]
                for whole in [m for m in told if m.start < group.start][-1:] or told[:1]:
                    group.outcome = whole.outcome
                    self._say(group)
            elif self._divided(i) or ("victims" in group.attrs and not group.zero and (group.count or 0) > 1):
                group.outcome = VICTIMS
                self._say(group)
        for i in self.order:
            if self.codes[i] == "than":  # "31 casualties, down from 32"
                end = self.tags[i].end
                self.sense.mentions = [m for m in self.sense.mentions if not end <= m.start <= end + 25]
