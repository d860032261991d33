"""The mapping of a register: one TOML file, checked whole before the register is opened.

On the left stand the fields of minestats, on the right the columns of the register. A key, field or word that does
not exist is refused with the nearest one that does, all of them in one error, so that a mapping is corrected in
one go.
"""

from __future__ import annotations

import os
import re
import tomllib
from collections.abc import Mapping as AnyMapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from minestats.errors import ParameterError, fold, listed
from minestats.registers import mapping_kinds as k
from minestats.registers import vocabulary as v
from minestats.registers.date_reader import YEARS, languages
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


DATE_COLUMNS = ("column", "year", "month", "day", "start", "end", "precision")
SERIALS = ("excel", "epoch_s", "epoch_ms")
CRS = ("EPSG:4326", "OGC:CRS84", "WGS84")


def _degrees(faults: Faults, where: str, value: object) -> object:
    if str(value).upper().replace(" ", "") in CRS:
        return value
    remedy = f"coordinates must be degrees of {listed(CRS)}; convert them first"
    return faults.add(f"{where} '{value}' cannot be read: {remedy}")


def _where_date(faults: Faults, where: str, value: object) -> object:
    """A column's name, or where a part of a date comes from."""
    if isinstance(value, str):
        return value
    if not isinstance(value, AnyMapping):
        return faults.add(f"{where} must name a column, or be such as {{ value = 2017 }}, not {value!r}")
    one = field_of(faults, where, where.rpartition(" ")[2], value)
    if one and one.value is not None:
        one.value = str(one.value)
    return one


def _formats(faults: Faults, where: str, value: object) -> list[str] | None:
    for form in (forms := k.words(faults, where, value)) or ():
        bad = [sign for sign in re.findall(r"%(.)", form) if sign not in "YymdbBHMSfzZ%jpI"]
        if form not in SERIALS and (bad or not re.search("%[Yy]", form)):
            allowed = f"such as '%d/%m/%Y', '%d-%b-%y' or one of {listed(SERIALS)}"
            faults.add(f"{where} '{form}' is not known; {allowed}")
    return forms


def _languages(faults: Faults, where: str, value: object) -> list[str] | None:
    found = k.words(faults, where, value)
    for word in found or ():
        faults.choice(f"{where}: word", word, languages())
    return found


def _chosen(faults: Faults, where: str, value: object) -> object:
    """The words by which an expectation chooses rows."""
    if not isinstance(value, AnyMapping):
        return faults.add(f"{where} must be a table such as {{ status = 'military' }}, not {value!r}")
    for name, word in value.items():
        if faults.choice(f"{where}: field", name, v.WHERE):
            (k.one_of(*v.WORDS[name]) if name in v.WORDS else k.NAMED["text"])(faults, f"{where} {name}", word)
    return value


def _rule(faults: Faults, where: str, value: object) -> str | None:
    rule = v.ALSO_CALLED.get(str(value), value)
    return rule if faults.choice(where, rule, v.ACCEPTABLE) else None


SPECIAL: dict[str, k.Kind] = {"degrees": _degrees, "where date": _where_date, "formats": _formats}
SPECIAL |= {"languages": _languages, "chosen": _chosen, "rule": _rule}
# the keys of each part
KINDS = {name: k.kinds_of(part, SPECIAL) for name, part in k.KEYS.items() if name != "field"}
KINDS["expect"] |= dict.fromkeys(v.QUANTITIES, k.NAMED["number"])
TOP = (*KINDS, "table", "row", "fields", "values", "only")


def read_part(faults: Faults, name: str, raw: dict) -> dict:
    """Return a part of a mapping, read and checked."""
    needed = k.needed(k.KEYS[name]) if name in raw or name == "register" else []
    part = faults.read(f"[{name}]", raw.get(name, {}), KINDS[name], needed)
    if name in CHECKS:
        CHECKS[name](faults, part)
    return part


def read_list(faults: Faults, name: str, raw: dict) -> list[dict]:
    """Return the tables of a part that is a list."""
    entries = raw.get(name, [])
    if not isinstance(entries, list):
        return faults.add(f"[[{name}]] must be a list of tables: write it with two brackets") or []
    return [faults.read(f"[[{name}]]", entry, KINDS[name], k.needed(k.KEYS[name])) for entry in entries]


def _check_register(faults: Faults, register: dict) -> None:
    first, last = register.get("covered_from"), register.get("covered_until")
    if (first is None) != (last is None):
        faults.add("[register] covered_from and covered_until belong together; give both")
    elif first is not None and first > last:
        faults.add(f"[register] covered_until {last} lies before covered_from {first}")


def _check_source(faults: Faults, source: dict) -> None:
    if source.get("thousands") and source.get("thousands") == source.get("decimal", "."):
        faults.add(f"[source] thousands and decimal are both {source['thousands']!r}; set the other one, too")


def _check_date(faults: Faults, date: dict) -> None:
    ways = [key for key in ("column", "year", "start") if key in date]
    if date and len(ways) != 1:
        faults.add("[date] needs one of column, year (month, day) or start (end)" + (f", not {ways}" if ways else ""))
    for key, whole in (("month", "year"), ("day", "month"), ("end", "start")):
        if key in date and whole not in date:
            faults.add(f"[date] {key} is given without {whole}")
    century = date.get("century")
    if century in (13, 14, 18, 19, 20, 24, 25):
        date["century"] = century = century * 100
    first, last = YEARS[date["calendar"]] if "calendar" in date else (1800, 2050)
    if century is not None and not k.is_whole(century, first, last):
        meant = "the first year that '00' to '99' can mean, such as 2000 or 1950"
        faults.add(f"[date] century is {meant}, not {century!r}")


CHECKS = {"register": _check_register, "source": _check_source, "date": _check_date}


def check_persons(faults: Faults, persons: dict, table: str, row: str) -> dict:
    if (table, row) != ("incidents", "incident"):
        faults.add("[persons] belongs to table = 'incidents' with row = 'incident'")
    if "file" not in persons and "sheet" not in persons:
        faults.add("[persons] needs file, or sheet of the same workbook")
    persons["source"] = {key: value for key, value in persons.items() if key in KINDS["source"]}
    _check_source(faults, persons["source"])
    persons["fields"] = check_fields(faults, persons.get("fields", {}), ("id", *v.PERSON), "[persons.fields]")
    persons["values"] = check_values(faults, persons.get("values", {}), v.PERSON, "[persons.values.")
    if "outcome" not in persons["fields"]:
        faults.add("[persons.fields] outcome is missing")
    return persons


def check_expect(faults: Faults, entry: dict) -> dict:
    if "year" in entry and ("since" in entry or "until" in entry):
        faults.add("[[expect]] takes year, or since and until, not both")
    if not any(name in entry for name in v.QUANTITIES):
        faults.add(f"[[expect]] states no figure; any of {listed(v.QUANTITIES)}")
    if entry.get("tolerance") and not entry.get("reason", "").strip():
        faults.add("[[expect]] tolerance needs a reason")
    return entry


def check_accept(faults: Faults, entries: list[dict]) -> dict[str, dict]:
    result: dict[str, dict] = {}
    for entry in entries:
        rule = entry.get("rule", "")
        if "at_most" not in entry:
            faults.add(f"[[accept]] rule = '{rule}' needs at_most, the number of rows known to be so")
        if rule in result:
            faults.add(f"[[accept]] rule = '{rule}' stands twice")
        result[rule] = {"reason": entry.get("reason", ""), "at_most": entry.get("at_most", 0)}
    return result


@dataclass
class RegisterMapping:
    """A checked mapping; the parts are those of the file."""

    table: str
    row: str
    register: dict
    source: dict
    date: dict
    fields: dict[str, Field]
    values: dict[str, dict[str, str]]
    rows: dict
    persons: dict
    personal: dict
    filters: list[dict]
    expect: list[dict]
    accept: dict[str, dict]
    raw: dict
    only: dict[str, list[str]] = field(default_factory=dict)
    wide: dict = field(default_factory=dict)
    people: str = ""
    geometry: dict = field(default_factory=dict)
    asked: bool = True
    text: str = ""
    folder: Path | None = None

    @property
    def columns(self) -> list[str]:
        """The register's columns that the mapping names for a field, a date or a filter, each once."""
        names = [name for one in self.fields.values() for name in [*one.columns, one.within] if name]
        names += [entry["column"] for entry in self.filters]
        for key in DATE_COLUMNS:
            if isinstance(where := self.date.get(key), Field):
                names += where.columns
            elif where:
                names.append(where)
        made = (self.wide.get("to"), self.wide.get("values"))
        names = [name for name in names if name not in made] + [*self.only, *self.source.get("fill_down", [])]
        if self.people and self.people not in made:
            names.append(self.people)
        if "totals" in self.rows:
            names.append(self.rows["totals"]["column"])
        return list(dict.fromkeys(names))

    @property
    def id(self) -> str:
        """Id of the register, with which every id made begins."""
        return self.register["id"]


def read_mapping(mapping: str | os.PathLike | AnyMapping) -> RegisterMapping:
    """Return a mapping read from a TOML file (or a dict of the same form) and checked.

    Raises
    ------
    ParameterError
        The file is missing or no TOML, or a key, field or word is wrong. All faults are named.

    Examples
    --------
    >>> read_mapping({"table": "incident", "register": {"id": "x", "publisher": "y"}})
    Traceback (most recent call last):
    minestats.errors.ParameterError: mapping: table: word 'incident' is not known; did you mean 'incidents'?
    [mapping-word]
    """
    text, folder, name = "", None, "mapping"
    if isinstance(mapping, AnyMapping):
        raw = dict(mapping)
    elif isinstance(mapping, str | os.PathLike):
        path = Path(mapping)
        name, folder = f"mapping '{path.name}'", path.parent
        if not path.is_file():
            raise ParameterError(
                f"`mapping` '{path}' is no file; give a TOML file (minestats new DIR writes one). [mapping]"
            )
        try:
            text = path.read_text(encoding="utf-8-sig")
            raw = tomllib.loads(text)
        except (UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
            raise ParameterError(f"{name} is no valid TOML in UTF-8: {error}. [mapping]") from error
    else:
        raise ParameterError(f"`mapping` must be a file name or a dict, not {type(mapping).__name__}. [mapping]")
    faults = Faults()
    result = _checked(raw, faults)
    if faults.said:
        joined = faults.said[0] if len(faults.said) == 1 else "\n  " + "\n  ".join(faults.said)
        raise ParameterError(f"{name}: {joined}")
    result.text, result.folder = text, folder
    return result


def _checked(raw: dict, faults: Faults) -> RegisterMapping:
    faults.read("top level", raw, dict.fromkeys(TOP, k.NAMED["any"]))
    table, row = raw.get("table", ""), raw.get("row")
    if table == "":
        faults.add(f"table is missing; one of {listed(v.ROW_OF)}")
    elif not faults.choice("table: word", table, v.ROW_OF):
        table = ""
    faults.table = table
    kinds = v.ROW_OF.get(table, ())
    if row is None and (table == "clearance" or len(kinds) == 1):
        row = kinds[0]
    if table and row is None:
        faults.add(f"row is missing: is one row a {' or an '.join(kinds)}?")
    elif table and not faults.choice(f"row: of table '{table}' word", row, kinds):
        row = None
    single = ("register", "source", "date", "rows", "personal", "wide", "people", "geometry")
    parts = {name: read_part(faults, name, raw) for name in single}
    lists = {name: read_list(faults, name, raw) for name in ("keep", "drop", "expect", "accept")}
    faults.source = parts["source"]
    persons = check_persons(faults, read_part(faults, "persons", raw), table, str(row)) if "persons" in raw else {}
    fields, values = _fields(raw, faults, table, row) if table and row else ({}, {})
    if "people" in raw and row != "victim":
        faults.add("[people] count names a column, and belongs to row = 'victim': a row stands for several people")
    expect = [check_expect(faults, entry) for entry in lists["expect"]]
    accept = check_accept(faults, lists["accept"])
    only = k.each(k.words)(faults, "[only]", raw.get("only") or {})
    return RegisterMapping(
        table=table,
        row=str(row),
        fields=fields,
        values=values,
        persons=persons,
        filters=[{"kind": kind, **entry} for kind in ("keep", "drop") for entry in lists[kind]],
        expect=expect,
        accept=accept,
        only=only,
        raw=raw,
        asked="row" in raw or table != "clearance",
        **parts | {"people": parts["people"].get("count", "")},
    )


def _fields(raw: dict, faults: Faults, table: str, row: str) -> tuple[dict[str, Field], dict[str, dict[str, str]]]:
    """The fields and the values of a mapping, and whether they go together."""
    allowed, hxl, persons = v.FIELDS[table, row], faults.source.get("format") == "hxl", raw.get("persons") is not None
    if persons:
        allowed = tuple(name for name in allowed if name not in v.PERSON)
    fields = check_fields(faults, raw.get("fields", {}), allowed, "[fields]")
    values = check_values(faults, raw.get("values", {}), (*allowed, "precision", "area unit"), "[values.")
    if not raw.get("fields") and not hxl:
        faults.add(f"[fields] is empty; fields are {listed(allowed, 60)}")
    elif not persons and (fields or not hxl):
        for name in v.REQUIRED.get((table, row), ()):
            if name not in fields:
                faults.add(f"[fields] {name} is missing: {name} = 'column', or {name} = {{ value = ... }}")
    for one, other in (("age", "age_group"), ("area", "area_ha"), ("geometry", "latitude"), ("geometry", "longitude")):
        if one in fields and other in fields:
            faults.add(f"[fields] gives {one} and {other}; give one")
    if ("latitude" in fields) != ("longitude" in fields):
        faults.add("[fields] latitude and longitude belong together; give both")
    return fields, values
