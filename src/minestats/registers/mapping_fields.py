"""The fields of a mapping: where each comes from and how it is read, and the words that its values translate."""

from __future__ import annotations

import re
from collections.abc import Mapping as AnyMapping
from dataclasses import dataclass, field
from typing import Any

from minestats.errors import fold, listed
from minestats.registers import mapping_kinds as k
from minestats.registers import vocabulary as v
from minestats.registers.mapping_kinds import Faults


@dataclass
class Field:
    """Where one field comes from, and how to read it: one of column, value, sum, first, answers.

    `first` takes the first of several columns that says something, `answers` the word of the column that says yes;
    both, `pattern`, `unknown` and the constants of dates become a column of the register before it is read.
    """

    name: str
    column: str = ""
    value: object = None
    sum: list[str] = field(default_factory=list)
    first: list[str] = field(default_factory=list)
    answers: dict[str, str] = field(default_factory=dict)
    unit: str = ""
    unit_column: str = ""  # where the unit stands in a column of its own
    digits: int = 0
    within: str | None = ""  # None: `within = false`, no column lies above it
    dunum_m2: float = 0.0
    blank: float | None = None
    split: str = ""
    pattern: str = ""
    add: bool = False  # whatever fits the pattern in a cell is added up
    unknown: list[str] = field(default_factory=list)

    @property
    def columns(self) -> list[str]:
        """The register's columns that the field is read from."""
        own = self.sum or self.first or list(self.answers) or ([self.column] if self.column else [])
        return [*own, self.unit_column] if self.unit_column else own

    @property
    def made(self) -> bool:
        """Whether the field needs a column that the register does not have."""
        return bool(self.first or self.answers or self.pattern or self.unknown)


def _answers(faults: Faults, where: str, value: object) -> dict[str, str] | None:
    if isinstance(value, AnyMapping) and all(isinstance(word, str) for word in value.values()):
        return dict(value)
    return faults.add(f"{where} must be a table: {{ 'column' = 'word' }}, not {value!r}")


def _pattern(faults: Faults, where: str, value: object) -> str | None:
    try:
        if isinstance(value, str) and re.compile(value).groups == 1:
            return value
    except re.error as error:
        return faults.add(f"{where} '{value}' is no regular expression: {error}")
    return faults.add(f"{where} needs one group in brackets, such as '(\\d+) killed'")


def _unit_of(faults: Faults, where: str, value: object) -> object:
    if not isinstance(value, AnyMapping) or not isinstance(value.get("column"), str):
        faults.choice(where, value, UNITS)
    return value


UNITS = v.WORDS_OF["clearance", "area unit"]
WAYS = ("column", "value", "sum", "first", "columns")
KEYS = k.kinds_of(k.KEYS["field"], {"answers": _answers, "pattern": _pattern, "unit": _unit_of})
FIGURES = (*v.COUNTS, *v.NUMBERS)
# keys that some fields have only
ONLY = {
    "sum": FIGURES,
    "blank": FIGURES,
    "add": FIGURES,
    "split": ("device", "activity", "status", "method"),
    "within": ("district", "settlement"),
    "unit": v.AREAS,
    "dunum_m2": v.AREAS,
}


def field_of(faults: Faults, where: str, name: str, given: AnyMapping) -> Field | None:
    """Where a field or a part of a date comes from; None where that is not said in one way."""
    told = faults.read(where, given, KEYS)
    ways = [key for key in WAYS if key in told]
    if len(ways) != 1:
        return faults.add(f"{where} needs one of {', '.join(WAYS)}" + (f", not {listed(ways)}" if ways else ""))
    told["answers"] = told.pop("columns", {})
    if told.get("within") is False:
        told["within"] = None
    if isinstance(unit := told.get("unit"), dict):
        told |= {"unit": "", "unit_column": unit.get("column")}
    if allowed := v.words_of(faults.table, name):
        for column, word in told["answers"].items():
            faults.choice(f"{where}: columns: '{column}': word", word, allowed)
    return Field(name, **told)


def check_fields(faults: Faults, fields, allowed, where: str) -> dict[str, Field]:
    if not isinstance(fields, AnyMapping):
        return faults.add(f"{where} must be a table") or {}
    result = {}
    for name, given in fields.items():
        if not faults.choice(f"{where}: field", name, allowed):
            continue
        given, here = {"column": given} if isinstance(given, str) else given, f"{where} {name}"
        if not isinstance(given, AnyMapping):
            faults.add(f"{here} must be a column's name or a table such as {{ column = 'x' }}, not {given!r}")
        elif (one := field_of(faults, here, name, given)) is not None:
            for key, names in ONLY.items():
                if key in given and name not in names:
                    faults.add(f"{here}: {key} is for {listed(names, 4)}")
            if one.value is not None:
                _check_constant(faults, here, one)
            if name in v.AREAS:
                _check_unit(faults, here, one)
            result[name] = one
    return result


def _check_unit(faults: Faults, where: str, one: Field) -> None:
    if one.name == "area_ha" and not one.unit:
        one.unit = "ha"
    if not one.unit and not one.unit_column:
        faults.add(f"{where}: the unit is not stated; unit = one of {listed(UNITS)}, or {{ column = '...' }}")
    size: Any = one.dunum_m2 or faults.source.get("dunum_m2")
    if one.unit == "dunum" or size is not None:
        if k.is_number(size, 500, 5000):
            one.dunum_m2 = float(size)
        else:
            faults.add(f"{where}: a dunum needs dunum_m2 (1000 in most places, 2500 in Iraq), not {size!r}")


def _check_constant(faults: Faults, where: str, one: Field) -> None:
    if allowed := v.words_of(faults.table, one.name):
        faults.choice(f"{where}: value", one.value, allowed)
    else:
        kind = "count" if one.name in v.COUNTS else "number" if one.name in v.NUMBERS else "filled"
        k.NAMED[kind](faults, f"{where}: value", one.value)


def check_values(faults: Faults, values, allowed, where: str) -> dict[str, dict[str, str]]:
    if not isinstance(values, AnyMapping):
        return faults.add("[values] must hold tables: [values.FIELD]") or {}
    result: dict[str, dict[str, str]] = {}
    for name, words in values.items():
        if not faults.choice("[values]: field", name, allowed):
            continue
        if not isinstance(words, AnyMapping):
            faults.add(f"{where}{name}] must be a table: word = 'target'")
            continue
        if name in (*FIGURES, "id", "incident", "geometry", "district_code"):
            faults.add(f"{where}{name}]: the field holds no words")
            continue
        result[name] = {}
        seen: dict[str, str] = {}
        for word, target in words.items():
            key = fold(word)
            if key in seen and word != "*":
                faults.add(f"{where}{name}]: '{seen[key]}' and '{word}' are one word but for case, accents or spaces")
                continue
            seen[key] = word
            if word == "*" and name not in v.STAR:
                faults.add(f"{where}{name}]: '*' is allowed for {listed(v.STAR)} only; list the words")
                continue
            if allowed_words := v.words_of(faults.table, name):
                faults.choice(f"{where}{name}] '{word}': target", target, allowed_words)
            elif not isinstance(target, str):
                faults.add(f"{where}{name}] '{word}': the target must be text, not {target!r}")
                continue
            result[name][word if word == "*" else key] = target
    return result
