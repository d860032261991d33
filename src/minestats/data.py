"""The data of one country: found, read and checked.

`load()` finds a folder with `datapackage.json`, reads its tables with their types (a missing number stays missing),
applies the reviewed corrections of `corrections.yml`, and refuses a folder in which anything is wrong, naming
everything that is. The result is a `Dataset`. No other module reads the tables.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Mapping
from pathlib import Path

import pandas as pd

from minestats._bundle import bundle_dir
from minestats._corrections import corrected
from minestats._dataset import Dataset
from minestats._package import FILE, file_facts, read_package, refresh_package, settings, words_of
from minestats._reading import check_references, empty, problems_frame, read_table
from minestats.errors import DataError, ParameterError, Problem, listed
from minestats.schema import TABLES

__all__ = ["Dataset", "load", "refresh_package"]

# tables already read and checked, by the content of their folder: a checked folder is not checked again
_CACHE: dict[str, tuple[dict, dict[str, pd.DataFrame], pd.DataFrame, list[Problem]]] = {}


def load(path: str | Path | None = None, *, strict: bool = True) -> Dataset:
    """Read and check a data package, and refuse it where anything in it is wrong.

    Parameters
    ----------
    path : str or Path, optional
        Folder with `datapackage.json`. Without it (or empty), the folder that the variable `MINESTATS_DATA` names;
        without that, the data that come with minestats.
    strict : bool
        False returns the data even where they have errors; they then stand in `problems`.

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
    the reason and the source. One that matches nothing, or whose `expect` no longer holds, is an error.

    Examples
    --------
    >>> data = load()
    >>> int(data.clearance["area_ha"].isna().sum()) > 0
    True
    >>> load("no-such-folder")
    Traceback (most recent call last):
    minestats.errors.DataError: no data found: looked in 'no-such-folder' (argument). Give a folder with
    datapackage.json, or make one: minestats new no-such-folder
    """
    folder = _find(path)
    key = _content_key(folder)
    if key not in _CACHE:
        _CACHE[key] = _read(folder)
    package, tables, corrections, problems = _CACHE[key]
    errors = [problem for problem in problems if problem.severity == "error"]
    if strict and errors:
        many = "s" if len(errors) > 1 else ""
        raise DataError(f"{len(errors)} problem{many} in '{folder}'", errors)
    copies = {name: table.copy(deep=False) for name, table in tables.items()}
    return Dataset(copies, package, problems_frame(problems), corrections.copy(), folder)


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
    if not (folder / FILE).is_file():
        raise DataError(
            f"no data found: looked in {said}. Give a folder with {FILE}, or make one: minestats new {given or 'DIR'}"
        )
    return folder


def _content_key(folder: Path) -> str:
    digest = hashlib.sha256()
    for file in sorted(folder.iterdir()):
        digest.update(file.name.encode() + b"\0")
        if file.is_file() and file.suffix in (".csv", ".parquet", ".json", ".yml"):
            digest.update(hashlib.sha256(file.read_bytes()).digest())
    return digest.hexdigest()


def _read(folder: Path) -> tuple[dict, dict[str, pd.DataFrame], pd.DataFrame, list[Problem]]:
    package = read_package(folder)
    settings(package)
    words = words_of(package)
    named = {r.get("name"): r for r in package["resources"] if isinstance(r, dict)}
    tables, problems = {}, []
    for name, table in TABLES.items():
        file = folder / str(named[name].get("path", f"{name}.csv")) if name in named else folder / f"{name}.csv"
        if name not in named and not file.exists():
            tables[name] = empty(table)
            continue
        if file.resolve().parent != folder.resolve():
            problems.append(
                Problem(FILE, None, "path", str(named[name]["path"]), "must be a file of this folder", "correct it")
            )
            tables[name] = empty(table)
            continue
        tables[name], found = read_table(file, table, words.get(name, {}))
        problems += found
        if file.is_file() and named.get(name, {}).get("hash") not in (None, file_facts(file)["hash"]):
            problems.append(
                Problem(
                    file.name,
                    None,
                    "",
                    "",
                    f"the file differs from its hash in {FILE}",
                    "if the change is meant: minestats check --refresh",
                    severity="warning",
                )
            )
    # a table that could not be read would make every reference to it wrong
    unread = {p.table for p in problems if p.severity == "error" and p.row is None}
    problems += [
        p
        for p in check_references(tables, TABLES)
        if f"{TABLES[p.table[:-4]].column(p.column).refers.split('.')[0]}.csv" not in unread
    ]
    problems += _unit_problems(tables["estimates"], settings(package)["metrics"])
    corrections, found = corrected(folder, tables)
    return package, tables, corrections, problems + found


def _unit_problems(estimates: pd.DataFrame, metrics: Mapping) -> list[Problem]:
    problems = []
    for row, (key, metric, unit) in enumerate(
        zip(estimates["estimate_id"], estimates["metric"], estimates["unit"], strict=True), start=2
    ):
        allowed = metrics.get(metric, {}).get("unit") if isinstance(metric, str) else None
        allowed = [allowed] if isinstance(allowed, str) else allowed
        if allowed and unit not in allowed:
            problems.append(
                Problem(
                    "estimates.csv",
                    row,
                    "unit",
                    str(unit),
                    f"the unit of {metric} is {listed(allowed)}",
                    "correct it",
                    str(key),
                )
            )
    return problems
