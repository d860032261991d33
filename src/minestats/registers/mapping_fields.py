"""The fields of a mapping: where each comes from and how it is read, and the words that its values translate."""

from __future__ import annotations

import re
from collections.abc import Mapping as AnyMapping
from dataclasses import dataclass, field

from minestats.errors import did_you_mean, fold, listed
from minestats.registers import vocabulary as v

WAYS = ("column", "value", "sum", "first", "columns")
SPEC_KEYS = (*WAYS, "unit", "digits", "within", "dunum_m2", "blank", "split", "pattern", "unknown")


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


class Faults:
    """Everything that is wrong with a mapping."""

    def __init__(self) -> None:
        self.said: list[str] = []
        self.table = ""

    def add(self, text: str) -> None:
        self.said.append(text)

    def choice(self, where: str, word: object, allowed) -> bool:
        """Note a word that is not allowed, with the nearest that is."""
        if isinstance(word, str) and word in allowed:
            return True
        hint = did_you_mean(str(word), allowed, otherwise=f"allowed: {listed(allowed, 60)}")
        self.add(f"{where} '{word}' is not known; {hint}")
        return False

    def keys(self, where: str, table: object, allowed) -> dict:
        """Return the table if it is one, noting the keys that do not exist."""
        if not isinstance(table, AnyMapping):
            self.add(f"{where} must be a table, not {table!r}")
            return {}
        for key in table:
            self.choice(f"{where}: key", key, allowed)
        return dict(table)


def check_words(faults, where, value) -> list[str]:
    if isinstance(value, str):
        value = [value]
    if not isinstance(value, list) or not all(isinstance(item, str | int) for item in value):
        faults.add(f"{where} must be a list of words, not {value!r}")
        return []
    return [str(item) for item in value]


def check_fields(faults, fields, allowed, source, where, *, hxl=False) -> dict[str, Field]:
    if not isinstance(fields, AnyMapping):
        faults.add(f"{where} must be a table")
        return {}
    if not fields and not hxl:
        faults.add(f"{where} is empty; fields are {listed(allowed, 60)}")
    result = {}
    for name, given in fields.items():
        if not faults.choice(f"{where}: field", name, allowed):
            continue
        if isinstance(given, str):
            given = {"column": given}
        if not isinstance(given, AnyMapping):
            faults.add(f"{where} {name} must be a column's name or a table such as {{ column = 'x' }}, not {given!r}")
            continue
        one = spec(faults, where, name, given)
        if one is None:
            continue
        if "value" in given:
            one.value = _constant(faults, where, name, given["value"])
        if one.sum and name not in (*v.COUNTS, *v.NUMBERS):
            faults.add(f"{where} {name}: sum is for counts and numbers")
        if one.blank is not None and name not in (*v.COUNTS, *v.NUMBERS):
            faults.add(f"{where} {name}: blank is for counts and numbers")
        if one.split and name not in ("device", "activity", "status", "method"):
            faults.add(f"{where} {name}: split is for device, activity, status and method")
        if "within" in given and name not in ("district", "settlement"):
            faults.add(f"{where} {name}: within is for district and settlement")
        _unit(faults, where, one, given, source)
        result[name] = one
    return result


def spec(faults, where: str, name: str, given) -> Field | None:
    """Where a field or a part of a date comes from; None where that is not said in one way."""
    told = faults.keys(f"{where} {name}", given, SPEC_KEYS)
    ways = [key for key in WAYS if key in told]
    if len(ways) != 1:
        faults.add(f"{where} {name} needs one of {', '.join(WAYS)}" + (f", not {listed(ways)}" if ways else ""))
        return None
    one = Field(name)
    kinds = {
        "column": str,
        "unit": str,
        "within": str,
        "split": str,
        "pattern": str,
        "digits": int,
        "blank": int | float,
    }
    if isinstance(told.get("unit"), AnyMapping) and isinstance(told["unit"].get("column"), str):
        one.unit_column = told.pop("unit")["column"]
    for key, kind in kinds.items():
        if key == "within" and told.get(key) is False:
            one.within = None
        elif key in told and (not isinstance(told[key], kind) or isinstance(told[key], bool)):
            faults.add(f"{where} {name}: {key} must be {'text' if kind is str else 'a number'}")
        elif key in told:
            setattr(one, key, told[key])
    for key in ("sum", "first", "unknown"):
        if key in told:
            setattr(one, key, check_words(faults, f"{where} {name}: {key}", told[key]))
    if "columns" in told:
        if isinstance(told["columns"], AnyMapping) and all(isinstance(word, str) for word in told["columns"].values()):
            one.answers = dict(told["columns"])
            for column, word in one.answers.items():
                if allowed := v.words_of(faults.table, name):
                    faults.choice(f"{where} {name}: columns: '{column}': word", word, allowed)
        else:
            faults.add(f"{where} {name}: columns must be a table: {{ 'column' = 'word' }}")
    if one.pattern:
        try:
            groups = re.compile(one.pattern).groups
        except re.error as error:
            groups = 0
            faults.add(f"{where} {name}: pattern '{one.pattern}' is no regular expression: {error}")
        if groups != 1:
            faults.add(f"{where} {name}: pattern needs one group in brackets, such as '(\\d+) killed'")
    if "digits" in told and not 1 <= one.digits <= 20:
        faults.add(f"{where} {name}: digits must be 1 to 20, not {told['digits']!r}")
    return one


def _unit(faults, where, one: Field, spec: dict, source: dict) -> None:
    name = one.name
    if name == "area_ha" and not one.unit:
        one.unit = "ha"
    if name not in v.AREAS:
        if "unit" in spec or "dunum_m2" in spec:
            faults.add(f"{where} {name}: unit is for area")
        return
    if not one.unit and not one.unit_column:
        units = listed(v.WORDS_OF["clearance", "area unit"])
        faults.add(f"{where} {name}: the unit is not stated; unit = one of {units}, or {{ column = '...' }}")
        return
    if not one.unit_column and not faults.choice(
        f"{where} {name}: unit", one.unit, v.WORDS_OF["clearance", "area unit"]
    ):
        return
    size = spec.get("dunum_m2", source.get("dunum_m2"))
    if one.unit == "dunum" or size is not None:
        if not isinstance(size, int | float) or isinstance(size, bool) or not 500 <= size <= 5000:
            faults.add(f"{where} {name}: a dunum needs dunum_m2 (1000 in most places, 2500 in Iraq), not {size!r}")
        else:
            one.dunum_m2 = float(size)


def _constant(faults, where, name, value):
    if allowed := v.words_of(faults.table, name):
        faults.choice(f"{where} {name}: value", value, allowed)
    elif name in (*v.COUNTS, *v.NUMBERS):
        if not isinstance(value, int | float) or isinstance(value, bool) or value < 0:
            faults.add(f"{where} {name}: value must be a number, 0 or more, not {value!r}")
        elif name in v.COUNTS and int(value) != value:
            faults.add(f"{where} {name}: value must be a whole number, not {value!r}")
    elif not isinstance(value, str) or not value.strip():
        faults.add(f"{where} {name}: value must be text, not {value!r}")
    return value


def check_values(faults, values, allowed, where) -> dict[str, dict[str, str]]:
    if not isinstance(values, AnyMapping):
        faults.add("[values] must hold tables: [values.FIELD]")
        return {}
    result = {}
    for name, words in values.items():
        if not faults.choice("[values]: field", name, allowed):
            continue
        if not isinstance(words, AnyMapping):
            faults.add(f"{where}{name}] must be a table: word = 'target'")
            continue
        if name in (*v.COUNTS, *v.NUMBERS, "id", "incident", "geometry", "district_code"):
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
