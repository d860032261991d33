"""The parts of a mapping, each checked: what is wrong is noted with what is allowed."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Mapping as AnyMapping

import pandas as pd

from minestats.errors import listed
from minestats.registers import vocabulary as v
from minestats.registers.date_reader import YEARS, languages
from minestats.registers.mapping_fields import check_fields, check_values, check_words, spec
from minestats.say import iso_day

KEYS = {
    "": (
        *("table", "row", "register", "source", "date", "fields", "values", "rows", "persons"),
        *("personal", "keep", "drop", "expect", "accept", "only", "wide", "people", "geometry"),
    ),
    "register": (
        *("id", "publisher", "published", "language", "url", "licence", "complete_until", "title", "country"),
        *("in_country", "place", "places", "covered_from", "covered_until", "complete"),
    ),
    "source": (
        *("format", "encoding", "delimiter", "decimal", "thousands", "sheet", "header_row", "unknown", "crs"),
        *("dunum_m2", "sheets", "files", "header_rows", "fill_down", "hidden"),
    ),
    "date": (
        *("column", "formats", "languages", "year", "month", "day", "start", "end", "precision", "zero"),
        *("timezone", "century", "calendar"),
    ),
    "wide": ("columns", "to", "values"),
    "people": ("count",),
    "geometry": ("crs", "area"),
    "rows": ("totals", "duplicate_id", "lines"),
    "persons": (
        *("file", "sheet", "key", "fields", "values"),
        *("encoding", "delimiter", "decimal", "thousands", "header_row", "header_rows", "unknown"),
    ),
    "personal": ("drop", "not_personal", "reviewed"),
    "keep": ("column", "values", "reason"),
    "drop": ("column", "values", "reason"),
    "expect": ("year", "since", "until", "where", *v.QUANTITIES, "tolerance", "reason", "source"),
    "accept": ("rule", "reason", "at_most"),
}
DATE_COLUMNS = ("column", "year", "month", "day", "start", "end", "precision")
FORMATS = ("csv", "excel", "parquet", "geojson", "hxl")
SERIALS = ("excel", "epoch_s", "epoch_ms")
CRS = ("EPSG:4326", "OGC:CRS84", "WGS84")


def check_tables(faults, raw, name) -> list[dict]:
    entries = raw.get(name, [])
    if not isinstance(entries, list):
        faults.add(f"[[{name}]] must be a list of tables: write it with two brackets")
        return []
    return [faults.keys(f"[[{name}]]", entry, KEYS[name]) for entry in entries]


def check_register(faults, register) -> dict:
    register = dict(register or {})
    for key in ("id", "publisher"):
        if not isinstance(register.get(key), str) or register[key].strip() in ("", "?"):
            faults.add(f"[register] {key} is missing; it is text")
    name = register.get("id", "x")
    if isinstance(name, str) and name.strip() and not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,63}", name):
        faults.add(f"[register] id '{name}' may hold letters, digits, '-', '_' and '.' only")
    if "published" in register:
        register["published"] = _day(faults, "[register] published", register["published"])
    until = register.get("complete_until")
    if until is not None:
        if isinstance(until, dt.date | int):
            register["complete_until"] = until = str(until)
        if not isinstance(until, str) or not re.fullmatch(r"\d{4}(-(0[1-9]|1[0-2])(-\d\d)?)?", until):
            faults.add(f"[register] complete_until must be a year, a month ('2017-06') or a day, not {until!r}")
    for key in ("covered_from", "covered_until"):
        if key in register:
            register[key] = _edge(faults, f"[register] {key}", register[key], last=key == "covered_until")
    first, last = register.get("covered_from"), register.get("covered_until")
    if (first is None) != (last is None):
        faults.add("[register] covered_from and covered_until belong together; give both")
    elif first is not None and first > last:
        faults.add(f"[register] covered_until {last} lies before covered_from {first}")
    if not isinstance(register.get("complete", False), bool):
        faults.add(f"[register] complete must be true or false, not {register['complete']!r}")
    for key in ("language", "url", "licence", "title", "country", "in_country", "place", "places"):
        if key in register and not isinstance(register[key], str):
            faults.add(f"[register] {key} must be text, not {register[key]!r}")
    return register


def _edge(faults, where: str, value, *, last: bool) -> dt.date | None:
    """The first or last day of a year, a month or a day."""
    text = value.isoformat() if isinstance(value, dt.date) else str(value)
    try:
        period = pd.Period(text, {4: "Y", 7: "M", 10: "D"}[len(text)])
    except (KeyError, ValueError):
        faults.add(f"{where} must be a year, a month ('2017-06') or a day, not {value!r}")
        return None
    return (period.end_time if last else period.start_time).date()


def check_only(faults, only) -> dict[str, list[str]]:
    return {str(column): check_words(faults, f"[only] {column}", words) for column, words in only.items()}


def check_wide(faults, wide) -> dict:
    for key in ("to", "values"):
        if not isinstance(wide.get(key), str) or not wide[key].strip():
            faults.add(f"[wide] {key} is missing: the name of a column that is made, for [fields] and [date]")
    wide["columns"] = check_words(faults, "[wide] columns", wide.get("columns"))
    return wide


def check_geometry(faults, geometry) -> dict:
    if "crs" in geometry and not isinstance(geometry["crs"], str | int):
        faults.add(f"[geometry] crs must be such as 'EPSG:32638', not {geometry['crs']!r}")
    if not isinstance(geometry.get("area", False), bool):
        faults.add(f"[geometry] area must be true or false, not {geometry['area']!r}")
    return geometry


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
    for key in ("files", "sheets", "fill_down"):
        if key in source:
            source[key] = check_words(faults, f"[source] {key}", source[key])
    if "hidden" in source:
        faults.choice("[source] hidden: word", source["hidden"], ("keep", "drop"))
    if source.get("header_rows", 1) not in (1, 2, 3):
        faults.add(f"[source] header_rows must be 1, 2 or 3, not {source['header_rows']!r}")
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
    for key in DATE_COLUMNS:
        if isinstance(given := date.get(key), AnyMapping):
            date[key] = spec(faults, "[date]", key, given) or ""
            if date[key] and "value" in given:
                date[key].value = str(given["value"])
        elif key in date and not isinstance(date[key], str):
            faults.add(f"[date] {key} must name a column, or be such as {{ value = 2017 }}, not {date[key]!r}")
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
            faults.choice("[date] languages: word", word, languages())
    if "zero" in date and date["zero"] != "unknown":
        faults.add(f"[date] zero can only be 'unknown', not {date['zero']!r}")
    if "timezone" in date:
        import zoneinfo

        try:
            zoneinfo.ZoneInfo(date["timezone"])
        except (KeyError, ValueError, TypeError, OSError):
            faults.add(f"[date] timezone {date['timezone']!r} is not known; such as 'America/Bogota'")
    if date.get("century") in (13, 14, 18, 19, 20, 24, 25):
        date["century"] *= 100
    if "calendar" in date:
        faults.choice("[date] calendar: word", date["calendar"], [name for name in YEARS if name])
    century = date.get("century")
    first, last = (1800, 2050) if not date.get("calendar") else YEARS.get(date["calendar"], (0, 3000))
    if century is not None and (
        not isinstance(century, int) or isinstance(century, bool) or not first <= century <= last
    ):
        faults.add(
            f"[date] century is the first year that '00' to '99' can mean, such as 2000 or 1950, not {century!r}"
        )
    return date


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
    persons["source"] = check_source(faults, {k: value for k, value in persons.items() if k in KEYS["source"]})
    for key in ("file", "sheet"):
        if key in persons and not isinstance(persons[key], str):
            faults.add(f"[persons] {key} must be text, not {persons[key]!r}")
    persons["fields"] = check_fields(faults, persons.get("fields", {}), ("id", *v.PERSON), source, "[persons.fields]")
    persons["values"] = check_values(faults, persons.get("values", {}), v.PERSON, "[persons.values.")
    if "outcome" not in persons["fields"]:
        faults.add("[persons.fields] outcome is missing")
    return persons


def check_rows(faults, rows) -> dict:
    if "duplicate_id" in rows:
        faults.choice("[rows] duplicate_id: word", rows["duplicate_id"], ("error", "first"))
    if "lines" in rows:
        faults.choice("[rows] lines: word", rows["lines"], ("drop",))
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
            value = entry[key] = str(entry[key]) if isinstance(entry[key], int) else entry[key]
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


def _day(faults, where, value) -> dt.date | None:
    if isinstance(value, dt.datetime):
        return value.date()
    if isinstance(value, dt.date):
        return value
    day = iso_day(value) if isinstance(value, str) else None
    if day is None:
        faults.add(f"{where} must be a date (YYYY-MM-DD), not {value!r}")
    return day
