"""The parts of a mapping: the keys of each, what they must be, and which of them go together."""

from __future__ import annotations

import re
from collections.abc import Mapping as AnyMapping

from minestats.errors import listed
from minestats.registers import mapping_kinds as k
from minestats.registers import vocabulary as v
from minestats.registers.date_reader import YEARS, languages
from minestats.registers.mapping_fields import check_fields, check_values, field_of
from minestats.registers.mapping_kinds import Faults

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
