"""The parts of a mapping, each checked: what is wrong is noted with what is allowed."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Mapping as AnyMapping
from dataclasses import dataclass, field

from minestats.errors import did_you_mean, fold, listed
from minestats.registers import vocabulary as v
from minestats.registers.date_reader import LANGUAGES
from minestats.say import iso_day

KEYS = {
    "": (
        *("table", "row", "register", "source", "date", "fields", "values", "rows", "persons"),
        *("personal", "keep", "drop", "expect", "accept"),
    ),
    "register": (
        *("id", "publisher", "published", "language", "url", "licence", "complete_until", "title", "country"),
        *("in_country", "place", "places"),
    ),
    "source": (
        *("format", "encoding", "delimiter", "decimal", "thousands", "sheet", "header_row", "unknown", "crs"),
        "dunum_m2",
    ),
    "date": (
        *("column", "formats", "languages", "year", "month", "day", "start", "end", "precision", "zero"),
        *("timezone", "century"),
    ),
    "rows": ("totals", "duplicate_id"),
    "persons": ("file", "sheet", "key", "fields", "values"),
    "personal": ("drop", "not_personal", "reviewed"),
    "keep": ("column", "values", "reason"),
    "drop": ("column", "values", "reason"),
    "expect": ("year", "since", "until", "where", *v.QUANTITIES, "tolerance", "reason", "source"),
    "accept": ("rule", "reason", "at_most"),
}
SPEC_KEYS = ("column", "value", "sum", "unit", "digits", "within", "dunum_m2")
FORMATS = ("csv", "excel", "parquet", "geojson", "hxl")
SERIALS = ("excel", "epoch_s", "epoch_ms")
CRS = ("EPSG:4326", "OGC:CRS84", "WGS84")


@dataclass
class Field:
    """Where one field comes from: a column, a constant or a sum of columns, and how to read it."""

    name: str
    column: str = ""
    value: object = None
    sum: list[str] = field(default_factory=list)
    unit: str = ""
    digits: int = 0
    within: str = ""
    dunum_m2: float = 0.0

    @property
    def columns(self) -> list[str]:
        """The register's columns that the field is read from."""
        return self.sum or ([self.column] if self.column else [])


class Faults:
    """Everything that is wrong with a mapping."""

    def __init__(self) -> None:
        self.said: list[str] = []

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


def check_tables(faults, raw, name) -> list[dict]:
    entries = raw.get(name, [])
    if not isinstance(entries, list):
        faults.add(f"[[{name}]] must be a list of tables: write it with two brackets")
        return []
    return [faults.keys(f"[[{name}]]", entry, KEYS[name]) for entry in entries]


def check_register(faults, register) -> dict:
    register = dict(register or {})
    for key in ("id", "publisher"):
        if not isinstance(register.get(key), str) or not register[key].strip():
            faults.add(f"[register] {key} is missing; it is text")
    name = register.get("id", "x")
    if isinstance(name, str) and name.strip() and not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,63}", name):
        faults.add(f"[register] id '{name}' may hold letters, digits, '-', '_' and '.' only")
    if "published" in register:
        register["published"] = _day(faults, "[register] published", register["published"])
    until = register.get("complete_until")
    if until is not None:
        if isinstance(until, dt.date):
            register["complete_until"] = until = until.isoformat()
        if not isinstance(until, str) or not re.fullmatch(r"\d{4}(-(0[1-9]|1[0-2])(-\d\d)?)?", until):
            faults.add(f"[register] complete_until must be a month ('2017-06') or a day, not {until!r}")
    for key in ("language", "url", "licence", "title", "country", "in_country", "place", "places"):
        if key in register and not isinstance(register[key], str):
            faults.add(f"[register] {key} must be text, not {register[key]!r}")
    return register


def check_source(faults, source) -> dict:
    if "format" in source:
        faults.choice("[source] format: word", source["format"], FORMATS)
    for key in ("encoding", "delimiter", "decimal", "thousands", "sheet", "crs"):
        if key in source and not isinstance(source[key], str):
            faults.add(f"[source] {key} must be text, not {source[key]!r}")
            source[key] = ""
    if source.get("encoding"):
        try:
            "".encode(source["encoding"])
        except LookupError:
            faults.add(f"[source] encoding '{source['encoding']}' is not known; such as 'utf-8', 'cp1252', 'utf-16'")
    for key, allowed in (("decimal", (".", ",")), ("thousands", (",", ".", " ", "'", "’", "\u00a0", "\u202f", "_"))):
        if key in source and source[key] not in allowed:
            faults.add(f"[source] {key} must be one of {listed(allowed)}, not {source[key]!r}")
    if source.get("thousands") and source.get("thousands") == source.get("decimal", "."):
        faults.add(f"[source] thousands and decimal are both {source['thousands']!r}; set the other one, too")
    if "delimiter" in source and len(source["delimiter"]) != 1:
        faults.add(f"[source] delimiter must be one character, not {source['delimiter']!r}")
    row = source.get("header_row")
    if row is not None and (not isinstance(row, int) or isinstance(row, bool) or row < 1):
        faults.add(f"[source] header_row must be a row number, 1 or more, not {row!r}")
    if "unknown" in source:
        source["unknown"] = check_words(faults, "[source] unknown", source["unknown"])
    if source.get("crs") and source["crs"].upper().replace(" ", "") not in CRS:
        faults.add(
            f"[source] crs '{source['crs']}' cannot be read: coordinates must be degrees of {listed(CRS)}; "
            "convert them first"
        )
    return source


def check_date(faults, date) -> dict:
    for key in ("column", "year", "month", "day", "start", "end", "precision"):
        if key in date and not isinstance(date[key], str):
            faults.add(f"[date] {key} must name a column, not {date[key]!r}")
    ways = [key for key in ("column", "year", "start") if key in date]
    if date and len(ways) != 1:
        faults.add("[date] needs one of column, year (month, day) or start (end)" + (f", not {ways}" if ways else ""))
    for key, whole in (("month", "year"), ("day", "month"), ("end", "start")):
        if key in date and whole not in date:
            faults.add(f"[date] {key} is given without {whole}")
    if "formats" in date:
        date["formats"] = check_words(faults, "[date] formats", date["formats"])
        for item in date["formats"]:
            if item in SERIALS:
                continue
            bad = [x for x in re.findall(r"%(.)", item) if x not in "YymdbBHMSfzZ%jpI"]
            if "%" not in item or bad or not re.search("%[Yy]", item):
                faults.add(
                    f"[date] formats '{item}' is not known; such as '%d/%m/%Y', '%d-%b-%y' or one of {listed(SERIALS)}"
                )
    if "languages" in date:
        date["languages"] = check_words(faults, "[date] languages", date["languages"])
        for word in date["languages"]:
            faults.choice("[date] languages: word", word, LANGUAGES)
    if "zero" in date and date["zero"] != "unknown":
        faults.add(f"[date] zero can only be 'unknown', not {date['zero']!r}")
    if "timezone" in date:
        import zoneinfo

        try:
            zoneinfo.ZoneInfo(date["timezone"])
        except (KeyError, ValueError, TypeError, OSError):
            faults.add(f"[date] timezone {date['timezone']!r} is not known; such as 'America/Bogota'")
    if date.get("century") in (18, 19, 20):
        date["century"] *= 100
    century = date.get("century")
    if century is not None and (
        not isinstance(century, int) or isinstance(century, bool) or not 1800 <= century <= 2050
    ):
        faults.add(
            f"[date] century is the first year that '00' to '99' can mean, such as 2000 or 1950, not {century!r}"
        )
    return date


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
        spec = faults.keys(f"{where} {name}", given, SPEC_KEYS)
        ways = [key for key in ("column", "value", "sum") if key in spec]
        if len(ways) != 1:
            faults.add(f"{where} {name} needs one of column, value, sum" + (f", not {listed(ways)}" if ways else ""))
            continue
        one = Field(name)
        for key, kind in (("column", str), ("unit", str), ("within", str), ("digits", int)):
            if key in spec:
                if not isinstance(spec[key], kind) or isinstance(spec[key], bool):
                    faults.add(f"{where} {name}: {key} must be {'text' if kind is str else 'a number'}")
                    continue
                setattr(one, key, spec[key])
        if "sum" in spec:
            one.sum = check_words(faults, f"{where} {name}: sum", spec["sum"])
            if name not in (*v.COUNTS, *v.NUMBERS):
                faults.add(f"{where} {name}: sum is for counts and numbers")
        if "value" in spec:
            one.value = _constant(faults, where, name, spec["value"])
        if "digits" in spec and not 1 <= one.digits <= 20:
            faults.add(f"{where} {name}: digits must be 1 to 20, not {spec['digits']!r}")
        if "within" in spec and name not in ("district", "settlement"):
            faults.add(f"{where} {name}: within is for district and settlement")
        _unit(faults, where, one, spec, source)
        result[name] = one
    return result


def _unit(faults, where, one: Field, spec: dict, source: dict) -> None:
    name = one.name
    if name == "area_ha" and not one.unit:
        one.unit = "ha"
    if name not in ("area", "area_ha"):
        if "unit" in spec or "dunum_m2" in spec:
            faults.add(f"{where} {name}: unit is for area")
        return
    if not one.unit:
        faults.add(f"{where} {name}: the unit is not stated; unit = one of {listed(v.AREA_M2)}")
        return
    if not faults.choice(f"{where} {name}: unit", one.unit, tuple(v.AREA_M2)):
        return
    if one.unit == "dunum":
        size = spec.get("dunum_m2", source.get("dunum_m2"))
        if not isinstance(size, int | float) or isinstance(size, bool) or not 500 <= size <= 5000:
            faults.add(f"{where} {name}: a dunum needs dunum_m2 (1000 in most places, 2500 in Iraq), not {size!r}")
        else:
            one.dunum_m2 = float(size)


def _constant(faults, where, name, value):
    if name in v.WORDS:
        faults.choice(f"{where} {name}: value", value, v.WORDS[name])
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
            if name in v.WORDS:
                faults.choice(f"{where}{name}] '{word}': target", target, v.WORDS[name])
            elif not isinstance(target, str):
                faults.add(f"{where}{name}] '{word}': the target must be text, not {target!r}")
                continue
            result[name][word if word == "*" else key] = target
    return result


def check_persons(faults, persons, table, row, source) -> dict | None:
    if persons is None:
        return None
    if table != "incidents" or row != "incident":
        faults.add("[persons] belongs to table = 'incidents' with row = 'incident'")
    for key in ("key",):
        if not isinstance(persons.get(key), str):
            faults.add(f"[persons] {key} is missing: the column of the person table that holds the case's id")
    if "file" not in persons and "sheet" not in persons:
        faults.add("[persons] needs file, or sheet of the same workbook")
    for key in ("file", "sheet"):
        if key in persons and not isinstance(persons[key], str):
            faults.add(f"[persons] {key} must be text, not {persons[key]!r}")
    persons["fields"] = check_fields(faults, persons.get("fields", {}), v.PERSON, source, "[persons.fields]")
    persons["values"] = check_values(faults, persons.get("values", {}), v.PERSON, "[persons.values.")
    if "outcome" not in persons["fields"]:
        faults.add("[persons.fields] outcome is missing")
    return persons


def check_rows(faults, rows) -> dict:
    if "duplicate_id" in rows:
        faults.choice("[rows] duplicate_id: word", rows["duplicate_id"], ("error", "first"))
    if "totals" in rows:
        totals = faults.keys("[rows] totals", rows["totals"], ("column", "values"))
        if not isinstance(totals.get("column"), str):
            faults.add("[rows] totals needs a column")
        totals["values"] = check_words(faults, "[rows] totals: values", totals.get("values"))
        rows["totals"] = totals
    return rows


def check_filter(faults, kind, entry) -> dict:
    where = f"[[{kind}]]"
    for key in ("column", "reason"):
        if not isinstance(entry.get(key), str) or not entry[key].strip():
            faults.add(f"{where} {key} is missing; it is text")
    words = check_words(faults, f"{where} values", entry.get("values"))
    return {"kind": kind, "column": entry.get("column", ""), "values": words, "reason": entry.get("reason", "")}


def check_expect(faults, entry, table) -> dict:
    entry = dict(entry)
    if "year" in entry and (not isinstance(entry["year"], int) or not 1900 <= entry["year"] <= 2100):
        faults.add(f"[[expect]] year must be a year, not {entry['year']!r}")
    if "year" in entry and ("since" in entry or "until" in entry):
        faults.add("[[expect]] takes year, or since and until, not both")
    for key in ("since", "until"):
        if key in entry:
            value = entry[key]
            if isinstance(value, str) and re.fullmatch(r"\d{4}(-\d\d)?", value):
                continue
            entry[key] = _day(faults, f"[[expect]] {key}", value)
    named = [name for name in v.QUANTITIES if name in entry]
    if not named:
        faults.add(f"[[expect]] states no figure; any of {listed(v.QUANTITIES)}")
    for name in named:
        if not isinstance(entry[name], int | float) or isinstance(entry[name], bool) or entry[name] < 0:
            faults.add(f"[[expect]] {name} must be a number, 0 or more, not {entry[name]!r}")
    where = entry.get("where", {})
    if not isinstance(where, AnyMapping):
        faults.add("[[expect]] where must be a table such as { status = 'military' }")
    else:
        for name, word in where.items():
            if faults.choice("[[expect]] where: field", name, v.WHERE):
                if name in v.WORDS:
                    faults.choice(f"[[expect]] where {name}: word", word, v.WORDS[name])
                elif not isinstance(word, str):
                    faults.add(f"[[expect]] where {name} must be text, not {word!r}")
    tolerance = entry.get("tolerance", 0)
    if not isinstance(tolerance, int | float) or isinstance(tolerance, bool) or tolerance < 0:
        faults.add(f"[[expect]] tolerance must be a number, 0 or more, not {tolerance!r}")
    elif tolerance and not str(entry.get("reason", "")).strip():
        faults.add("[[expect]] tolerance needs a reason")
    return entry


def check_accept(faults, entries) -> dict[str, dict]:
    result = {}
    for entry in entries:
        rule = v.ALSO_CALLED.get(entry.get("rule"), entry.get("rule"))
        if not faults.choice("[[accept]] rule", rule, v.ACCEPTABLE):
            continue
        if not str(entry.get("reason", "")).strip():
            faults.add(f"[[accept]] rule = '{rule}' needs a reason")
        most = entry.get("at_most")
        if not isinstance(most, int) or isinstance(most, bool) or most < 0:
            faults.add(f"[[accept]] rule = '{rule}' needs at_most, the number of rows known to be so, not {most!r}")
            continue
        if rule in result:
            faults.add(f"[[accept]] rule = '{rule}' stands twice")
        result[rule] = {"reason": str(entry.get("reason", "")), "at_most": most}
    return result


def check_words(faults, where, value) -> list[str]:
    if isinstance(value, str):
        value = [value]
    if not isinstance(value, list) or not all(isinstance(item, str | int) for item in value):
        faults.add(f"{where} must be a list of words, not {value!r}")
        return []
    return [str(item) for item in value]


def _day(faults, where, value) -> dt.date | None:
    if isinstance(value, dt.datetime):
        return value.date()
    if isinstance(value, dt.date):
        return value
    day = iso_day(value) if isinstance(value, str) else None
    if day is None:
        faults.add(f"{where} must be a date (YYYY-MM-DD), not {value!r}")
    return day
