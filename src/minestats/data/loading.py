"""The data of one country: found, read and checked.

`load()` finds a folder with `datapackage.json`, reads its tables with their types (a missing number stays missing),
applies the reviewed corrections of `corrections.yml`, and refuses a folder in which anything is wrong, naming
everything that is. The result is a `Dataset`. No other module reads the tables.
"""

from __future__ import annotations

import csv
import hashlib
import io
import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from minestats.data.corrections import corrected
from minestats.data.dataset import Dataset
from minestats.data.package import FILE, file_facts, operator_read, read_package, settings, words_of
from minestats.data.parquet import ALL, Wanted, at_places, read_parquet, wanted
from minestats.data.schema import TABLES, Table
from minestats.data.typed import _header, _typed, _whole, check_references, checked, empty, problems_frame
from minestats.errors import DataError, ParameterError, Problem, listed
from minestats.files import bundle_dir

# tables already read and checked, by the content of their folder: a checked folder is not checked again
_CACHE: dict[str, tuple[dict, dict[str, pd.DataFrame], pd.DataFrame, list[Problem]]] = {}


def load(
    path: str | Path | None = None,
    *,
    strict: bool = True,
    tables: Iterable[str] | None = None,
    columns: Mapping[str, Sequence[str]] | None = None,
    since: object = None,
    until: object = None,
) -> Dataset:
    """Read and check a data package, and refuse it where anything in it is wrong.

    Parameters
    ----------
    path : str or Path, optional
        Folder with `datapackage.json`. Without it (or empty), the folder that the variable `MINESTATS_DATA` names;
        without that, the data that come with minestats.
    strict : bool
        False returns the data even where they have errors; they then stand in `problems`.
    tables : iterable of str, optional
        The tables to read; the others are empty. All without it.
    columns : mapping of str to list of str, optional
        For a table, the columns to read; it then has no others but its key and its dates. All columns of tables that
        are not named.
    since, until : date or ISO text, optional
        Rows of `incidents`, `incident_reports` and `clearance` that lie outside these days are not read. Rows without
        a date are, and so are rows of the whole year of `since`, as a date known to the year is the first of January.

    Returns
    -------
    Dataset
        Counts are Int64, areas Float64, dates datetime64[us], text string; a missing cell is NA, never 0.

    Raises
    ------
    DataError
        No data are found (the places tried are named), or a file breaks a rule. All problems are listed, each with
        file, row, column, value, rule and remedy; `error.problems` holds them.

    Notes
    -----
    `corrections.yml` lists reviewed corrections: table, row_id, column, the value expected to stand there, the new one,
    the reason and the source. One that matches nothing, or whose `expect` no longer holds, is an error; one that
    concerns what is not read is left aside.

    A table may be a CSV or a Parquet file. Of a Parquet file only the columns and the rows that are wanted are
    read, a column at a time: for tables of millions of rows. A CSV file is always read whole.
    What is not read of a Parquet file is not checked.

    Examples
    --------
    >>> data = load()
    >>> int(data.clearance["area_ha"].isna().sum()) > 0
    True
    >>> part = load(tables=["incidents"], columns={"incidents": ["killed"]}, since="2024-01-01", until="2024-03-31")
    >>> part.incidents.columns.tolist(), part.incidents["date"].min()
    (['incident_id', 'date', 'killed'], Timestamp('2024-01-21 00:00:00'))
    >>> load("no-such-folder")
    Traceback (most recent call last):
    minestats.errors.DataError: no data found: looked in 'no-such-folder' (argument). Give a folder with
    datapackage.json, or make one: minestats new no-such-folder [data-missing]
    """
    folder = _find(path)
    part = wanted(tables, columns, since, until)
    package, read, corrections, problems = _cached(folder, part)
    errors = [problem for problem in problems if problem.severity == "error"]
    if strict and errors:
        many = "s" if len(errors) > 1 else ""
        raise DataError(f"{len(errors)} problem{many} in '{folder}'", errors)
    copies = {name: table.copy(deep=False) for name, table in read.items()}
    return Dataset(copies, package, problems_frame(problems), corrections.copy(), folder)


def _cached(folder: Path, part: Wanted) -> tuple[dict, dict[str, pd.DataFrame], pd.DataFrame, list[Problem]]:
    """The part of a folder, out of the whole where that is known already or has to be read anyway."""
    whole = _content_key(folder)
    if part == ALL or whole in _CACHE or not any(folder.glob("*.parquet")):
        if whole not in _CACHE:
            _CACHE[whole] = _read(folder)
        if part == ALL:
            return _CACHE[whole]
        package, tables, corrections, problems = _CACHE[whole]
        return package, {name: part.of(tables[name], TABLES[name])[0] for name in tables}, corrections, problems
    return _read(folder, part)


def _find(path: str | Path | None) -> Path:
    if path is not None and not isinstance(path, (str, os.PathLike)):
        raise ParameterError(f"`path` must be a folder's name, not {type(path).__name__}.")
    given = str(path) if path is not None and str(path) else ""
    variable = os.environ.get("MINESTATS_DATA", "")
    if given:
        folder, said = Path(given), f"'{given}' (argument)"
    elif variable:
        folder, said = Path(variable), f"'{variable}' (variable MINESTATS_DATA)"
    else:
        folder, said = bundle_dir("data"), "the data that come with minestats"
    if folder.is_file() or folder.suffix in (".csv", ".parquet", ".xlsx", ".json"):
        raise DataError(
            f"{said} is no folder: give the folder that holds it and {FILE}; minestats convert makes one. [data-file]"
        )
    if not (folder / FILE).is_file():
        raise DataError(
            f"no data found: looked in {said}. Give a folder with {FILE}, or make one: minestats new {given or 'DIR'}"
            " [data-missing]"
        )
    return folder


def _content_key(folder: Path) -> str:
    digest = hashlib.sha256()
    for file in sorted(folder.iterdir()):
        digest.update(file.name.encode() + b"\0")
        if file.is_file() and file.suffix in (".csv", ".parquet", ".json", ".yml"):
            with file.open("rb") as content:
                digest.update(hashlib.file_digest(content, "sha256").digest())
    return digest.hexdigest()


def _read(folder: Path, part: Wanted = ALL) -> tuple[dict, dict[str, pd.DataFrame], pd.DataFrame, list[Problem]]:
    package = read_package(folder)
    said, words = settings(package), words_of(package)
    named = {r.get("name"): r for r in package["resources"] if isinstance(r, dict)}
    tables, problems, places = {}, [], {}
    for name, table in TABLES.items():
        file = folder / str(named.get(name, {}).get("path", f"{name}.csv"))
        tables[name] = empty(table)
        if (part.tables is not None and name not in part.tables) or (name not in named and not file.exists()):
            continue
        if file.resolve().parent != folder.resolve():
            where = (FILE, None, "path", str(named[name]["path"]))
            problems.append(Problem(*where, "must be a file of this folder", "correct it", code="file-outside"))
            continue
        frame, found, read = read_table(file, table, words.get(name, {}), part)
        tables[name], kept = part.of(frame, table)
        places[name] = kept if read is None else read if kept is None else read[kept]
        if found and (read_rows := places[name]) is not None:
            rows = {int(place) + 2 for place in read_rows}
            found = [problem for problem in found if problem.row is None or problem.row in rows]
        problems += found
        if file.is_file() and named.get(name, {}).get("hash") not in (None, file_facts(file)["hash"]):
            rule, remedy = (
                f"the file differs from its hash in {FILE}",
                "if the change is meant: minestats check --refresh",
            )
            problems.append(Problem(file.name, None, "", "", rule, remedy, severity="warning", code="file-hash"))
    problems = [_with_word_of_others(problem, tables) for problem in problems]
    # a table that could not be read would make every reference to it wrong
    unread = {Path(p.table).stem for p in problems if p.severity == "error" and p.row is None}
    # nor is what was not asked for there to be referred to
    unread |= {name for name in TABLES if part.tables is not None and name not in part.tables}
    unread |= {name for name, table in TABLES.items() if part.cuts(table)}
    corrections, corrected_cells = corrected(folder, tables)
    if part != ALL:  # some concern what was not read
        corrected_cells = [p for p in corrected_cells if p.severity != "error" or p.column not in ("row_id", "column")]
    later = check_references(tables, TABLES, unread) + _unit_problems(tables["estimates"], said["metrics"])
    for p in [*later, *_reading_problems(tables["clearance"], said), *corrected_cells]:
        problems += at_places([p], places.get(Path(p.table).stem))
    return package, tables, corrections, problems


def _with_word_of_others(problem: Problem, tables: Mapping[str, pd.DataFrame]) -> Problem:
    """The problem of a word that reports use and incidents do not, with the word that incidents have for it."""
    incidents, reports, column = tables["incidents"], tables["incident_reports"], problem.column
    if Path(problem.table).stem != "incidents" or problem.code != "cell-word":
        return problem
    if column not in reports or not {"incident_id", column} <= set(incidents.columns):
        return problem
    about = incidents["incident_id"].isin(reports.loc[reports[column] == problem.value, "incident_id"])
    words = incidents.loc[about & (incidents[column] != problem.value), column].dropna().mode()
    if words.empty:
        return problem
    return replace(problem, remedy=f"did you mean '{words.iloc[0]}', as other incidents that reports call so?")


def _reading_problems(clearance: pd.DataFrame, said: Mapping) -> list[Problem]:
    """Statements that stand under another operator than the package says they are read as: two series would mix."""
    needed = ["operator", "operator_stated", "period_type", "period_end", "district", "note"]
    rules = said.get("reading") or []
    if not rules or not set(needed) <= set(clearance.columns):
        return []
    stated = clearance["operator_stated"].isin([word for rule in rules for word in rule["stated"]])
    rows = clearance.loc[stated, ["statement_id", *needed]].astype("string").fillna("")
    problems = []
    for place, row in zip(rows.index, rows.to_dict("records"), strict=True):
        read, other = operator_read(said, row), {rule["operator"] for rule in rules} - {row["operator_stated"]}
        if read and row["operator"] != read:
            rule = f"stated as '{row['operator_stated']}', it is read as '{read}' by the setting reading of {FILE}"
            remedy = f"write {read}, or begin the note with 'share' where it is a share of a total"
        elif not read and not row["district"] and row["operator"] in other:
            rule = f"stated as '{row['operator_stated']}', no setting reading of {FILE} reads it as another's"
            remedy = f"write {row['operator_stated']}, or complete the setting reading"
        else:
            continue
        where = ("clearance.csv", int(place) + 2, "operator", row["operator"])
        problems.append(Problem(*where, rule, remedy, row["statement_id"], "warning", "operator-reading"))
    return problems


def _unit_problems(estimates: pd.DataFrame, metrics: Any) -> list[Problem]:
    problems: list[Problem] = []
    if not {"metric", "unit"} <= set(estimates.columns):
        return problems
    for row, (key, metric, unit) in enumerate(estimates[["estimate_id", "metric", "unit"]].itertuples(index=False), 2):
        allowed = metrics.get(metric, {}).get("unit") if isinstance(metric, str) else None
        allowed = [allowed] if isinstance(allowed, str) else allowed
        if allowed and unit not in allowed:
            where = ("estimates.csv", row, "unit", str(unit), f"the unit of {metric} is {listed(allowed)}")
            problems.append(Problem(*where, "correct it", str(key), code="metric-unit"))
    return problems


def read_table(
    path: Path, table: Table, words: dict[str, tuple[str, ...]], part: Wanted = ALL
) -> tuple[pd.DataFrame, list[Problem], np.ndarray | None]:
    """Return the typed table of a CSV or Parquet file, its problems, and the places of its rows; None for all rows.

    `words` are the vocabularies that the data package gives for its open columns. A file that cannot be
    read at all gives an empty table and the problem. Only of a Parquet file can a part be read.
    """
    name = path.name
    if path.is_dir():
        said = ("this is a folder, a file is wanted", "put the table there as a CSV file", "file-folder")
        return empty(table), [_whole(name, *said)], None
    if not path.is_file():
        said = ("the file is missing", "restore it, or take it out of datapackage.json", "file-missing")
        return empty(table), [_whole(name, *said)], None
    if path.suffix == ".parquet":
        return read_parquet(path, table, words, part)
    rows, problems = _rows(path)
    if not rows:
        return empty(table), problems, None
    header = rows.pop(0)
    problems += _header(name, header, table)
    raw = pd.DataFrame(rows, columns=range(len(header)), dtype=object)
    ids = raw[header.index(table.key)] if table.key in header else None
    typed = {}
    for column in table.columns:
        typed[column.name] = pd.Series(index=raw.index, dtype=column.dtype)
        if column.name in header:
            typed[column.name], found = _typed(raw[header.index(column.name)], column, name, ids)
            problems += found
    frame = pd.DataFrame(typed)
    if not any(problem.severity == "error" and problem.row is None for problem in problems):
        problems += checked(frame, table, name, words, {(p.row, p.column) for p in problems})
    return frame, problems, None


def _rows(path: Path) -> tuple[list[list[str]], list[Problem]]:
    """The rows of a CSV file, each as long as its header, which is the first; none where it cannot be read."""
    data, name = path.read_bytes(), path.name
    if not data.strip():
        return [], [_whole(name, "the file is empty", "write at least the header line", "file-blank")]
    try:
        rows = list(csv.reader(io.StringIO(data.decode("utf-8-sig"), newline=""), strict=True))
    except UnicodeDecodeError as error:
        where = (name, data[: error.start].count(b"\n") + 1, "", f"byte 0x{data[error.start]:02x}")
        remedy = "save it as CSV UTF-8, or use `minestats convert`"
        return [], [Problem(*where, "the file must be UTF-8", remedy, code="file-encoding")]
    except csv.Error as error:
        return [], [_whole(name, f"not a CSV file: {error}", "check the quotes", "file-quotes")]
    width, problems = len(rows[0]), []
    for number, row in enumerate(rows[1:], start=2):
        if len(row) != width:
            rule, remedy = (
                f"{len(row)} cells where the header has {width}",
                "quote cells that hold commas; delete empty lines",
            )
            problems.append(Problem(name, number, "", ",".join(row)[:60], rule, remedy, code="row-cells"))
    return [(row + [""] * width)[:width] for row in rows], problems
