"""The mapping of a register: one TOML file, checked whole before the register is opened.

On the left stand the fields of minestats, on the right the columns of the register. A key, field or word that does
not exist is refused with the nearest one that does, all of them in one error, so that a mapping is corrected in
one go.
"""

from __future__ import annotations

import os
import tomllib
from collections.abc import Mapping as AnyMapping
from dataclasses import dataclass, field
from pathlib import Path

from minestats.errors import ParameterError, listed
from minestats.registers import mapping_kinds as k
from minestats.registers import vocabulary as v
from minestats.registers.mapping_fields import Field, check_fields, check_values
from minestats.registers.mapping_kinds import Faults
from minestats.registers.mapping_parts import (
    DATE_COLUMNS,
    TOP,
    check_accept,
    check_expect,
    check_persons,
    read_list,
    read_part,
)


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
