"""Phrases for people in a parsed sentence: "four employees of a company", "one of the three soldiers", "two others".

A phrase has a number (or none), a group (military, civilian, deminer) and a place among the words. Whether anything
happened to the people it names is another question (`hurt`).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Any

from minestats.articles.lexicon import Token

SUBJECT = ("nsubj", "nsubjpass")
HAPPENED = frozenset("KIWSYki")
"""The classes of words that say that something happened to people."""
_BARE = (*SUBJECT, "dobj", "conj", "npadvmod", "ROOT", "appos", "attr", "dep", "pobj")
_NONE = Token("", "", 0, 0)
_GROUPS = {"neutral", "military", "civilian", "deminer", "scaled"}


@dataclass
class PeopleGroup:
    """A phrase for people: how many, of what group, where it stands; a figure once something happened to them."""

    outcome: str
    count: Any  # int; None where no number is said
    group: str = ""
    attrs: frozenset = frozenset()
    start: int = 0
    end: int = 0
    part: bool = False
    definite: bool = False
    whole: int | None = None
    rounded: str = ""
    zero: bool = False
    chain: bool = False
    of: bool = False  # "out of 304 people"


class Phrases:
    """A parsed sentence with the classes of its words and its phrases for people."""

    def __init__(self, tags: list[Token], doc: Any, offset: int, agencies: frozenset[str]):
        self.doc, self.offset, self.agencies = list(doc), offset, agencies
        self.tags: list[Token] = [_NONE] * len(doc)  # of each word that carries a class
        self.span: dict[int, tuple[int, int]] = {}  # first and last word of a phrase with a class
        self.place: list[int] = list(range(len(doc)))  # the word that carries the class of the phrase a word is in
        self.groups: dict[int, PeopleGroup] = {}
        self.taken: set[int] = set()
        position = 0
        for tag in tags:
            first = position
            while position < len(doc) and offset + self.doc[position].idx < tag.end:
                position += 1
            if first < position:
                root = doc[first:position].root.i if tag.value is None else position - 1
                self.place[first:position] = [root] * (position - first)
                self.tags[root], self.span[root] = tag, (first, position - 1)
        self.codes = [tag.code for tag in self.tags]
        self.order = sorted(self.span)

    def at(self, word: Any) -> str:
        """The class of a word, or of the phrase it is in."""
        return self.codes[self.place[word.i]]

    def code(self, i: int) -> str:
        """The class at a place; none before the first word and behind the last."""
        return self.codes[i] if 0 <= i < len(self.codes) else ""

    def find(self, begin: int) -> None:
        """Make a group of each noun for people, and of each number that stands for some."""
        for i in self.order:
            code, word = self.codes[i], self.doc[i]
            if i < begin or code not in ("P", "N", "O", "a"):
                continue
            if code == "P":
                within = word.dep_ in ("compound", "nmod") and self.at(self.doc[self.span[i][1]].head) == "P"
                if not within and word.dep_ != "amod":  # "soldier" of "soldier brothers": the noun behind carries it
                    self._noun_for_people(i)
                    if word.dep_ == "compound" and word.head.text[0].isupper() and not self.at(word.head):
                        self.groups[word.head.i] = self.groups.pop(i)  # "Soldier A. B."
            elif i not in self.taken and (
                self._stands_for_people(i) if code == "N"
                else word.dep_ not in ("det", "amod", "nummod") and self.tags[i].norm not in ("a", "an")
                and (code == "a" or self.code(i - 1) in ("t", "a"))
            ):  # fmt: skip
                self._number(i)

    def _noun_for_people(self, i: int) -> None:
        first = self.span[i][0]
        beside = [self.tags[self.place[c.i]] for c in self.doc[i].children
                  if self.at(c) == "P" and c.dep_ in ("compound", "amod", "nmod")]  # fmt: skip
        named = sorted([self.tags[i], *beside], key=lambda tag: (tag.attrs[0] == "neutral", -tag.start))
        attrs = frozenset(a for tag in named for a in tag.attrs) - _GROUPS
        label = named[0].attrs[0].replace("neutral", "")
        made = PeopleGroup("", None, label, attrs, self.offset + self.doc[first].idx, self.tags[i].end)
        if label == "civilian" and "journalist" not in attrs and self._demining(i):
            made.group = "deminer"
        self._count(made, i)
        self._few(made, i)
        self._keep(i, made)

    def _keep(self, i: int, made: PeopleGroup) -> None:
        if made.count is None or made.count == int(made.count):
            first = self.span[i][0] if i in self.span else i
            made.part = made.part or self._included(i, first)
            behind = (k for k in range(max(0, first - 4), first) if self.codes[k] == "o")
            made.of = any(self.tags[k].end <= made.start <= self.tags[k].end + 2 for k in behind)
            self.groups[i] = made

    def _count(self, made: PeopleGroup, i: int) -> None:
        """Find the number or the article of a noun for people."""
        first, last = self.span[i]
        reach = self._reach(i, first, "victims" in made.attrs)
        code = self.code(reach)
        if code in ("N", "a", "t", "no", "nobody"):
            made.start = self.offset + self.doc[self.span[reach][0]].idx
        near = range(reach if reach >= 0 else max(0, first - 3), first)
        ages = [self.tags[k].norm[:2].rstrip("-") for k in near if self.codes[k] == "date"]
        if any(age.isdigit() and int(age) < 18 for age in ages):
            made.attrs |= {"child"}
        if code == "N":
            self.taken.add(reach)
            self.groups.pop(reach, None)
            made.count, made.rounded = self.tags[reach].value, self.tags[reach].rounded
            if self.code(self.span[reach][0] - 1) in ("t", "rest"):
                made.start = self.offset + self.doc[self.span[reach][0] - 1].idx
        elif code in ("no", "nobody"):
            made.zero = True
        else:
            made.definite = code == "t"
            plural = self.doc[last].tag_ in ("NNS", "NNPS") or "mass" in made.attrs or code == "Q"
            made.count = 1 if code == "a" or not plural else None
        dash = any(w.text in "-:" for w in self.doc[last + 1 : last + 2])
        if dash and self.code(last + 2) == "N" and made.count in (None, 1):  # "civilians - 50"
            made.count, made.part, made.end = self.tags[last + 2].value, True, self.tags[last + 2].end
            self.taken.add(last + 2)

    def _reach(self, i: int, first: int, counted: bool) -> int:
        """Where the number or the article stands: in the parse, or before the adjectives; -1 where there is none."""
        for child in self.doc[i].lefts:
            if self.codes[child.i] == "N" and self.doc[child.i + 1].text != "(":
                return child.i
        for p in range(first - 1, max(-1, first - (13 if counted else 7)), -1):
            k, word = self.place[p], self.doc[p]
            code = self.codes[k]
            if code in ("N", "a", "t", "no", "nobody", "Q"):
                return k
            listed = counted and (code in ("A", "things") or word.text in "()/")
            hurt = code in ("K", "I") and self.code(self.span[k][0] - 1) in ("N", "a", "t", "O", "rest")
            plain = code == "" and (word.text[0].isalnum() or word.text in "-'s") and word.pos_ not in ("VERB", "AUX")
            if not (listed or hurt or plain or code in ("O", "rest", "poss", "model", "~", "date", "P")):
                return -1
        return -1

    def _few(self, made: PeopleGroup, i: int) -> None:
        """As in "one of the three soldiers", "none of the five farmers"."""
        head = self.doc[i].head
        if self.doc[i].dep_ != "pobj" or head.lower_ != "of":
            return
        few, code = self.groups.get(head.head.i), self.codes[head.head.i]
        if few is not None and few.count is not None and code in ("N", "a", "nobody"):
            few.whole, few.group, few.attrs, few.end = made.count or 0, made.group, few.attrs | made.attrs, made.end
            made.outcome = "counted"
        elif code == "nobody":
            made.zero, made.count = True, None

    def _number(self, i: int) -> None:
        """A number without a noun on the list: "one was killed", "three others", "14 Norlanders"."""
        tag, word, numeral = self.tags[i], self.doc[i], self.codes[i] == "N"
        first = self.span[i][0]
        made = PeopleGroup("", tag.value if numeral else 1, "", frozenset(), tag.start, tag.end, rounded=tag.rounded)
        other = not numeral
        if numeral and self.code(i + 1) == "O":
            i, other, made.end = i + 1, True, self.tags[i + 1].end
        elif numeral and word.dep_ == "nummod" and word.head.i > i and not self.codes[word.head.i]:
            i, other, made.end = word.head.i, True, self.offset + word.head.idx + len(word.head.text)
        if not other or self.code(first - 1) == "rest":  # "two soldiers were killed and three injured"
            before = [g for k, g in sorted(self.groups.items()) if k < i and not g.part]
            for known in [g for g in before if g.count is not None][-1:] or before[-1:]:
                made.group = known.group
        self._keep(i, made)

    def _stands_for_people(self, i: int) -> bool:
        """Whether a number is a subject, an object or a list by itself: "one was killed", "killing 12"."""
        word, tag = self.doc[i], self.tags[i]
        if tag.value != int(tag.value) or ("scaled" in tag.attrs and tag.value >= 100_000):
            return False
        if self.code(i - 1) in ("K", "I") and self.code(i - 2) == "t":
            return False  # an age: "the injured 34"
        if any(self.at(w) in ("things", "beasts") for c in word.children if c.lower_ == "of" for w in c.children):
            return False  # "seven of his goats"
        happens = next((code for code in self.codes[i + 1 : i + 3] if code != "O"), "") in ("K", "I", "S")
        if word.dep_ == "nummod" and word.head.i > i:
            noun, code = word.head, self.at(word.head)
            if code in ("K", "I", "O") or (happens and code != "P") or self.doc[i + 1].text == "(":
                return True  # "two dead", "three others", "and injured 30 (9 children)"
            people = noun.tag_ in ("NNS", "NNPS") or noun.text[0].isupper()
            return code == "" and people and self._hurt_here(noun)
        if happens or (self.doc[i + 1 : i + 2] and self.doc[i + 1].text in ("%", "percent")):
            return happens
        if word.dep_ == "pobj" and self.codes[word.head.i] != "~":
            return word.head.lower_ in ("of", "to") and self.at(word.head.head) in ("N", "a", "D", "J")
        return word.dep_ in _BARE or self.code(i + 1) in ("O", "B")

    def _hurt_here(self, noun: Any) -> bool:
        """Whether a noun on no list is somebody to whom something happened: "14 Norlanders were killed"."""
        for _ in range(6):
            if noun.dep_ == "pobj" and noun.head.lower_ == "of":
                noun = noun.head.head
            elif noun.dep_ == "conj":
                noun = noun.head
        codes = {self.at(noun.head), *(self.codes[c.i] for c in noun.rights if c.dep_ in ("acl", "relcl"))}
        return (noun.dep_ in (*SUBJECT, "dobj") and not HAPPENED.isdisjoint(codes)) or not codes.isdisjoint("ki")

    def _included(self, i: int, first: int) -> bool:
        """Whether a phrase is a part of the one before it: "including two children"."""
        word = self.doc[i]
        for k in range(first - 1, max(-1, first - 8), -1):
            if self.codes[k] == "U" and self.tags[k].norm == "among":
                return False  # "five who were among two dozen troops"
            if self.codes[k] == "U":
                within = any(c.i == k for c in islice(word.ancestors, 3))
                return within or word.dep_ not in SUBJECT or self.at(word.head) not in ("K", "I", "S", "B")
            if self.codes[k] in ("K", "I", "k", "i", "S", "B") or self.doc[k].text in ".;":
                return False
            if self.codes[k] == "P" and k in self.groups and not self.groups[k].part:
                return False
        head = self.groups.get(word.head.i)
        return word.dep_ in ("conj", "appos") and head is not None and head.part

    def _demining(self, i: int) -> bool:
        """Whether the employees are those of a mine action agency."""
        return any(w.lower_ in self.agencies and i - 6 < w.i < i + 11 for w in self.doc[i].subtree)

    def unlisted(self, word: Any) -> bool:
        """Whether a noun on no list may be somebody: a name of two words, a noun that is no thing and no beast."""
        if not word.text[0].isalpha() or self.at(word) in ("things", "beasts", "date", "N"):
            return False
        if word.text[0].isupper() and word.tag_ != "NNPS":
            named = any(c.text[0].isupper() and c.dep_ != "conj" and abs(c.i - word.i) <= 4 for c in word.children)
            return named and not any(c.dep_ == "det" for c in word.children)
        if word.pos_ not in ("NOUN", "PROPN") or self.at(word):
            return False
        return any(self.codes[c.i] in ("N", "a") or c.lower_ in ("a", "an") for c in word.lefts)

    def of(self, word: Any) -> list[Any]:
        """The people of "a total of 137 civilians", "a group of shepherds"."""
        if self.at(word) or word.tag_ != "NN":
            return []
        return [w for c in word.children if c.lower_ == "of" for w in c.children if self.place[w.i] in self.groups]

    def person(self, word: Any) -> bool:
        """Whether a word stands for people."""
        known = self.place[word.i] in self.groups or self.at(word) in ("P", "H", "nobody")
        return known or self.unlisted(word) or bool(self.of(word))

    def listed(self, word: Any) -> Iterator[Any]:
        """A noun and those listed with it: "three soldiers, a civilian and a journalist"."""
        queue = [word]
        while queue:
            each = queue.pop(0)
            yield each
            for c in each.children:
                group = self.groups.get(self.place[c.i])
                if c.i < each.i or c.dep_ not in ("conj", "appos") or not self.person(c):
                    continue
                told = group is not None and (group.part or group.zero)
                own = self.at(c) == "N" and (self.code(c.i + 1) in ("K", "I") or self.doc[c.i + 1].lower_ == "with")
                beside = c.dep_ == "appos" and not (group and any(x.dep_ in ("conj", "cc") for x in c.children))
                if not (told or own or beside):
                    queue.append(c)
