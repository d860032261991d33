"""From people to counts: who was killed or injured, civilian or military, woman or child.

A person is one row. Unknown is never zero: a person of unknown outcome is neither killed nor injured, and is counted
apart; a woman is an adult female, so unknown age or sex leaves `women` empty, unknown age `children`.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from minestats.registers import vocabulary as v
from minestats.registers.work import Work

UNKNOWN = -1
ADULT_AGE, MOST_AGE = 18, 130
COUNTED = (
    "killed",
    "injured",
    "civilians_killed",
    "civilians_injured",
    "military_killed",
    "military_injured",
    "women",
    "children",
    "outcome_unknown",
)


class People:
    """For each person the place of its word in the vocabulary of a field, -1 for unknown."""

    def __init__(self, work: Work) -> None:
        self.size, self.fields = work.size, work.fields
        self.outcome = _places(work, "outcome")
        self.status = _places(work, "status")
        self.sex = _places(work, "sex")
        self.age_group = _age(work)

    def stated(self, *fields: str) -> dict[str, pd.Series]:
        """Return the fields that are mapped as text, missing where unknown."""
        made = {}
        for field in fields:
            if field in self.fields or (field == "age_group" and "age" in self.fields):
                places = getattr(self, field)
                words = pd.array([*v.WORDS[field][:-1], None], dtype="string")
                made[field] = pd.Series(words.take(np.where(places < 0, len(words) - 1, places)))
        return made

    def counts(self) -> dict[str, tuple[np.ndarray, np.ndarray]]:
        """Return each count of `COUNTED` for each person: 0 or 1, and whether it is unknown."""
        killed, injured = self.outcome == 0, self.outcome == 1
        no_outcome = self.outcome < 0
        no_status = self.status < 0
        result = {"killed": (killed, no_outcome), "injured": (injured, no_outcome)}
        for place, group in ((0, "civilians"), (1, "military")):
            member = self.status == place
            for name, happened in (("killed", killed), ("injured", injured)):
                # whoever is known not to belong to the group counts 0, whatever the outcome
                result[f"{group}_{name}"] = (member & happened, no_status | (member & no_outcome))
        adult, child = self.age_group == 0, self.age_group == 1
        result["women"] = (adult & (self.sex == 1), (self.age_group < 0) | (self.sex < 0))
        result["children"] = (child, self.age_group < 0)
        result["outcome_unknown"] = (no_outcome, np.zeros(self.size, dtype=bool))
        return result


def _places(work: Work, field: str) -> np.ndarray:
    found = work.words(field)
    if found is None:
        return np.full(work.size, UNKNOWN, dtype=np.int8)
    words, codes = found
    vocabulary = v.WORDS[field][:-1]  # the last is "unknown"
    places = np.array(
        [vocabulary.index(word) if word in vocabulary else UNKNOWN for word in words] + [UNKNOWN], np.int8
    )
    return places[codes]


def _age(work: Work) -> np.ndarray:
    years = work.numbers("age")
    if years is None:
        return _places(work, "age_group")
    with np.errstate(invalid="ignore"):
        old = years > MOST_AGE
    work.say("age-impossible", old, column=work.fields["age"].column, age=years)
    with np.errstate(invalid="ignore"):
        return np.where(np.isnan(years), UNKNOWN, np.where(years < ADULT_AGE, 1, 0)).astype(np.int8)


def integers(values: np.ndarray, unknown: np.ndarray) -> pd.Series:
    """Return counts as Int64 from numbers and where they are unknown."""
    return pd.Series(pd.arrays.IntegerArray(values.astype(np.int64), unknown.copy()))


def by_person(people: People) -> dict[str, pd.Series]:
    """Return the counts of each person."""
    return {name: integers(values, unknown) for name, (values, unknown) in people.counts().items()}


def by_group(people: People, group: np.ndarray, size: int) -> dict[str, pd.Series]:
    """Return the counts of each group of people, summed over what is known; empty where nothing is.

    `group` gives for each person the number of its group, or -1.
    """
    inside = group >= 0
    result = {}
    for name, (values, unknown) in people.counts().items():
        known = inside & ~unknown
        total = np.bincount(group[known], weights=values[known].astype(float), minlength=size)
        answered = np.bincount(group[known], minlength=size)
        result[name] = integers(np.round(total), answered == 0)
    return result
