"""Reviewed corrections: judgement kept apart from the facts, and in the open.

The tables keep each figure as it is printed. Where a figure is plainly wrong and another page gives the right one,
`corrections.yml` says so: table, row, column, the value that must stand there (`expect`), the new one, why, and
where it is printed. A correction that matches nothing, or whose `expect` no longer holds, is an error: the data have
moved on, and someone must look.
"""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Any

import pandas as pd

from minestats.data.schema import TABLES
from minestats.errors import Problem, listed

CORRECTIONS = "corrections.yml"
CORRECTION_COLUMNS = ["table", "row_id", "column", "expect", "value", "reason", "source"]


def corrected(folder: Path, tables: dict[str, pd.DataFrame]) -> tuple[pd.DataFrame, list[Problem]]:
    """Apply the corrections to the tables (in place); return them and what is wrong with them."""
    path = folder / CORRECTIONS
    if not path.is_file():
        return pd.DataFrame(columns=CORRECTION_COLUMNS), []
    import yaml

    try:
        entries = yaml.safe_load(path.read_text(encoding="utf-8")) or []
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        return pd.DataFrame(columns=CORRECTION_COLUMNS), [
            Problem(CORRECTIONS, None, "", "", f"not YAML: {error}", "correct it", code="correction-yaml")
        ]
    if not isinstance(entries, list):
        entries = [entries]
    applied, problems = [], []
    for number, entry in enumerate(entries, start=1):
        problem = _apply(entry, number, tables)
        problems.append(problem)
        if problem.severity != "error":
            applied.append([str(entry[column]) for column in CORRECTION_COLUMNS])
    return pd.DataFrame(applied, columns=CORRECTION_COLUMNS, dtype="string"), problems


def _apply(entry: Any, number: int, tables: dict[str, pd.DataFrame]) -> Problem:
    def wrong(column: str, rule: str, remedy: str) -> Problem:
        value = "" if column in ("", "reason") else str(entry[column])
        return Problem(CORRECTIONS, number, column, value, rule, remedy, code="correction-wrong")

    if not isinstance(entry, dict) or set(entry) != set(CORRECTION_COLUMNS):
        return wrong("", f"a correction has exactly {listed(CORRECTION_COLUMNS)}", "complete it")
    if entry["table"] not in TABLES:
        return wrong("table", f"must be one of {listed(TABLES)}", "correct it")
    table, frame, name, key = TABLES[entry["table"]], tables[entry["table"]], entry["column"], entry["row_id"]
    if name not in table.names or name == table.key:
        return wrong("column", "must be a column of the table, not its key", "correct it")
    if not str(entry["reason"] or "").strip() or not str(entry["source"] or "").strip():
        return wrong("reason", "a reason and a source are needed", "say why, and where it is printed")
    if name not in frame.columns:
        return wrong("column", f"{table.name} was read without it", "read the whole table")
    rows = frame.index[frame[table.key] == key]
    if len(rows) != 1:
        return wrong("row_id", f"matches {len(rows)} rows of {table.name}", "take it out, or correct the id")
    kind = table.column(name).kind
    here, expected, value = (_plain(x, kind) for x in (frame.loc[rows[0], name], entry["expect"], entry["value"]))
    if here != expected:
        return wrong("expect", f"{key} now has {here!r}", "review the correction")
    frame.loc[rows[0], name] = pd.NA if value is None else pd.Timestamp(value) if kind == "date" else value
    said = f"corrected to {'empty' if value is None else value}: {entry['reason']}"
    where = (f"{table.name}.csv", int(rows[0]) + 2, name, "" if here is None else str(here))
    return Problem(*where, said, f"see {CORRECTIONS} ({entry['source']})", key, "repair", "corrected")


def _plain(value: Any, kind: str) -> Any:
    """One form of a value for comparing: None, int, float, ISO text or text."""
    if value is None or value is pd.NA or value is pd.NaT or value == "":
        return None
    if kind == "date":
        return value.isoformat() if type(value) is dt.date else f"{pd.Timestamp(value):%Y-%m-%d}"
    return int(value) if kind == "count" else float(value) if kind == "number" else str(value)
