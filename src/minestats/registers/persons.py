"""From people to counts: who was killed or injured, civilian or military, woman or child.

A person is one row. Unknown is never zero: a person of unknown outcome is neither killed nor injured, and is counted
apart; a woman is an adult female, so unknown age or sex leaves `women` empty, unknown age `children`.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd

from minestats.errors import ParameterError
from minestats.registers import rows
from minestats.registers import vocabulary as v
from minestats.registers.findings import Findings
from minestats.registers.opening import read_register
from minestats.registers.register import check_columns
from minestats.registers.shape import made_columns
from minestats.registers.work import Work, clean

UNKNOWN = -1
ADULT_AGE, MOST_AGE = 18, 130


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
        """Return each count for each person: 0 or 1, and whether it is unknown."""
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
    words, codes = work.words(field)
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
    return pd.Series(pd.arrays.IntegerArray(np.where(unknown, 0, values).astype(np.int64), unknown.copy()))


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


def of_cases(work: Work, own: np.ndarray, figures: dict, path: Path) -> dict[str, pd.Series]:
    """Return the counts of the incidents from the people of the linked table, where a case has people."""
    persons, findings = work.mapping.persons, work.findings
    if "id" not in work.fields:
        raise ParameterError("mapping: [persons] needs [fields] id, the case's id")
    beside = [folder / persons.get("file", path.name) for folder in (path.parent, work.mapping.folder) if folder]
    file = next((option for option in beside if option.is_file()), None)
    if file is None:
        raise ParameterError(f"mapping: [persons] file '{persons['file']}' is not beside the register.")
    fields = persons["fields"]
    wanted = [persons["key"], *(name for one in fields.values() for name in one.columns)]
    own_file = ("format", "header_row", "header_rows", "sheet", "sheets", "files", "fill_down")
    source = {key: value for key, value in work.mapping.source.items() if key not in own_file} | persons["source"]
    own_findings = Findings(file.name, findings.accepted, findings.items, findings.used)
    register = read_register(file, source, wanted, own_findings, sheet=persons.get("sheet", ""))
    check_columns(register, wanted, own_findings)
    findings.stop()
    rows.personal_columns(register, work.mapping, {register.at(name) for name in wanted}, own_findings)
    findings.stop()
    register = made_columns(register, list(fields.values()), own_findings)
    # a mapping of its own: its fields and words, and how its file is written
    told = {"fields": fields, "values": persons["values"], "source": source, "raw": work.mapping.raw["persons"]}
    people_work = Work(register, replace(work.mapping, **told), own_findings, "[persons.values.")
    rows.ids(people_work, {})  # a person that stands in two cases would count twice
    counted = People(people_work)
    cells = people_work.cells(persons["key"])
    column, known, header = cells.column, cells.known, cells.header
    place = {key: i for i, key in enumerate(own) if key}
    keys = [clean(text) for text in column.texts]
    group = np.array([place.get(key, -1) if fine else -1 for key, fine in zip(keys, known, strict=True)] or [0])
    group = group[column.codes].astype(np.int64)
    outside = group < 0
    left_out = outside & np.array([key in work.case_ids for key in keys], dtype=bool)[column.codes]
    people_work.say("people-with-case", left_out, column=header)
    people_work.say("people-without-case", outside & ~left_out, column=header)
    size = work.size
    given = np.bincount(group[~outside], minlength=size)
    without = given == 0
    work.say("case-without-people", without, file=file.name)
    if "victims" in figures:
        whole = figures["victims"]
        work.say("people-not-victims", ~np.isnan(whole) & (whole != given) & ~without, given=given, stated=whole)
    stated = {name: integers(values, np.isnan(values)) for name, values in figures.items()}
    counts = by_group(counted, group, size).items()
    return {name: made.where(~without, stated[name]) if name in stated else made for name, made in counts}
