"""The file `datapackage.json`: what the tables of a folder are, in Frictionless Table Schema.

It names the country, the words that belong to it, and for each table the file, its size and hash, and every
column with title, description, unit, limits, words and keys. It is written from `minestats.data.schema`, so nobody
keeps two descriptions in step; only the part that belongs to the country is written by hand.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from minestats.data.schema import COUNT, DATE, NUMBER, SETTINGS, TABLES, Column, Table
from minestats.errors import DataError, Problem
from minestats.files import Lock, write

FILE = "datapackage.json"
TYPES = {COUNT: "integer", NUMBER: "number", DATE: "date"}


def read_package(folder: Path) -> dict:
    """Return the parsed `datapackage.json` of a folder.

    Raises
    ------
    DataError
        The file is missing or no JSON object.
    """
    path = folder / FILE
    if not path.is_file():
        raise DataError(f"no {FILE} in '{folder}'. Give a folder that has one, or make one: minestats new {folder}")
    try:
        package = json.loads(path.read_text(encoding="utf-8"))
    except (UnicodeDecodeError, json.JSONDecodeError) as error:
        place = getattr(error, "lineno", None)
        problem = Problem(FILE, place, "", "", f"not JSON: {error}", "correct the file", code="package-json")
        raise DataError(f"{FILE} in '{folder}' cannot be read", [problem]) from error
    if not isinstance(package, dict) or not isinstance(package.get("resources"), list):
        raise DataError(
            f"{FILE} in '{folder}' has no list 'resources'; make a new one: minestats new DIR [package-resources]"
        )
    return package


def settings(package: Mapping) -> dict[str, Any]:
    """Return what the package says of its country, with the defaults for what it does not say."""
    given = package.get("minestats") or {}
    unknown = sorted(set(given) - set(SETTINGS))
    if unknown:
        raise _wrong(None, "minestats", unknown[0], "no such setting", f"use one of {sorted(SETTINGS)}")
    for number, rule in enumerate(given.get("reading") or [], 1):
        if not isinstance(rule, dict) or set(rule) != {"stated", "period_types", "since", "operator"}:
            raise _wrong(number, "reading", rule, "each has stated, period_types, since and operator")
    present = given.get("people_present") or {}
    if present and (not isinstance(present, dict) or set(present) != {"metric", "districts"}):
        raise _wrong(None, "people_present", present, "it has metric and districts")
    return {**SETTINGS, **given}


def _wrong(number: int | None, key: str, value: object, rule: str, remedy: str = "correct it") -> DataError:
    problem = Problem(FILE, number, key, str(value), rule, remedy, code="package-setting")
    return DataError(f"{FILE}: wrong setting", [problem])


def operator_read(settings: Mapping, row: Mapping) -> str:
    """Return whose work a statement of clearance is read to count; empty where the package says nothing of it.

    A rule of the setting `reading` holds for statements of the whole country whose stated operator and period type it
    lists, from its day on; a share of a total, which the note calls one, is its operator's own.

    Parameters
    ----------
    settings : mapping
        As `Dataset.settings`.
    row : mapping
        A row of `clearance` as text: operator_stated, period_type, period_end (ISO), district, note; empty for unknown.

    Examples
    --------
    >>> rule = {"stated": ["agency"], "period_types": ["month"], "since": "2022-06-01", "operator": "all"}
    >>> row = {"operator_stated": "agency", "period_type": "month", "period_end": "2022-06-30"}
    >>> operator_read({"reading": [rule]}, row), operator_read({"reading": [rule]}, {**row, "district": "North"})
    ('all', '')
    """
    if row.get("district") or str(row.get("note") or "").startswith("share "):
        return ""
    for rule in settings.get("reading") or []:
        if (
            row.get("operator_stated") in rule["stated"]
            and row.get("period_type") in rule["period_types"]
            and str(row.get("period_end") or "")[:10] >= rule["since"]
        ):
            return str(rule["operator"])
    return ""


def words_of(package: Mapping) -> dict[str, dict[str, tuple[str, ...]]]:
    """Return for each table the words that the package lists for its open columns."""
    found: dict[str, dict[str, tuple[str, ...]]] = {}
    for resource in package["resources"]:
        table = TABLES.get(resource.get("name", ""))
        if table is None:
            continue
        opened = {column.name for column in table.columns if column.open}
        for entry in (resource.get("schema") or {}).get("fields", []):
            enum = (entry.get("constraints") or {}).get("enum")
            if entry.get("name") in opened and enum:
                found.setdefault(table.name, {})[entry["name"]] = tuple(enum)
    return found


def file_facts(path: Path) -> dict[str, object]:
    """Return bytes and hash of a file, as `datapackage.json` records them."""
    with path.open("rb") as file:
        return {"bytes": path.stat().st_size, "hash": "sha256:" + hashlib.file_digest(file, "sha256").hexdigest()}


def resource(table: Table, path: Path, words: Mapping[str, tuple[str, ...]], header: list[str]) -> dict:
    """Return the description of one table's file: only the columns that it has."""
    columns = [column for column in table.columns if column.name in header]
    keys = [
        {
            "fields": [column.name],
            "reference": {"resource": column.refers.split(".")[0], "fields": [column.refers.split(".")[1]]},
        }
        for column in columns
        if column.refers and not column.many
    ]
    schema: dict[str, object] = {
        "fields": [_field(column, words) for column in columns],
        "missingValues": [""],
        "primaryKey": [table.key],
    }
    if keys:
        schema["foreignKeys"] = keys
    kind = path.suffix.lstrip(".")
    return {
        "name": table.name,
        "path": path.name,
        "title": table.title,
        "description": table.description,
        "format": kind,
        "mediatype": "text/csv" if kind == "csv" else "application/vnd.apache.parquet",
        "encoding": "utf-8",
        **file_facts(path),
        "schema": schema,
    }


def _field(column: Column, words: Mapping[str, tuple[str, ...]]) -> dict:
    allowed = words.get(column.name) or column.words
    keys = {table.key for table in TABLES.values()}
    constraints = {
        "required": column.required or None,
        "unique": (column.name in keys and not column.refers) or None,
        "enum": list(allowed) if allowed and not column.many else None,
        "minimum": int(column.low) if column.low is not None and column.kind == COUNT else column.low,
        "maximum": column.high,
    }
    entry = {
        "name": column.name,
        "type": TYPES.get(column.kind, "string"),
        "title": column.title,
        "description": column.description,
        "format": "default" if column.kind == DATE else None,
        "unit": column.unit or None,
        "constraints": {rule: value for rule, value in constraints.items() if value is not None} or None,
    }
    return {name: value for name, value in entry.items() if value is not None}


def refresh_package(folder: str | Path) -> Path:
    """Write sizes, hashes and columns of the folder's tables into its `datapackage.json`; return its path.

    What the package says of itself, and its words for open columns, stay as they are. A table file that is there
    and not listed is added; a listed table whose file is gone is taken out.

    Raises
    ------
    DataError
        There is no readable `datapackage.json`.
    """
    folder = Path(folder)
    with Lock(folder, wait=60, keep=False):  # what it says of the tables must be true of all of them at one time
        package = read_package(folder)
        words = words_of(package)
        resources = []
        for table in TABLES.values():
            for path in (folder / f"{table.name}.csv", folder / f"{table.name}.parquet"):
                if path.is_file():
                    resources.append(resource(table, path, words.get(table.name, {}), _header(path)))
                    break
        others = [r for r in package["resources"] if r.get("name") not in TABLES]
        for other in others:
            if isinstance(other.get("path"), str) and (folder / other["path"]).is_file():
                other.update(file_facts(folder / other["path"]))
        package["resources"] = resources + others
        path = folder / FILE
        write(path, (json.dumps(package, ensure_ascii=False, indent=2) + "\n").encode())
    return path


def _header(path: Path) -> list[str]:
    if path.suffix == ".parquet":
        import pyarrow.parquet

        return list(pyarrow.parquet.read_schema(path).names)
    import csv

    with path.open(encoding="utf-8-sig", newline="") as file:
        return next(csv.reader(file), [])
