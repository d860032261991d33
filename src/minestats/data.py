"""The data of one country: found, read, checked and held together.

`load()` finds a folder with `datapackage.json`, reads its tables with their types (a missing number stays missing),
applies the reviewed corrections of `corrections.yml`, and refuses a folder in which anything is wrong, naming
everything that is. The result is a `Dataset`: the tables, what the checks found, and what each row rests on. No
other module reads the tables.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Mapping
from html import escape
from pathlib import Path

import pandas as pd

from minestats._bundle import bundle_dir
from minestats._columns import as_date
from minestats._corrections import CORRECTION_COLUMNS, corrected
from minestats._package import FILE, file_facts, read_package, refresh_package, settings, words_of
from minestats._reading import check_references, empty, problems_frame, read_table
from minestats.errors import DataError, ParameterError, Problem, listed, nearest
from minestats.schema import TABLES

__all__ = ["Dataset", "load", "refresh_package"]

# tables already read and checked, by the content of their folder: a checked folder is not checked again
_CACHE: dict[str, tuple[dict, dict[str, pd.DataFrame], pd.DataFrame, list[Problem]]] = {}


class Dataset:
    """The tables of one country's data package, and what is known about them.

    Parameters
    ----------
    tables : mapping of str to DataFrame
        The tables of `minestats.schema.TABLES`, typed; one that is left out is empty.
    package : mapping
        The content of `datapackage.json`.
    problems : DataFrame
        What the checks found; see `check`.
    corrections : DataFrame
        Corrections that were applied: table, row_id, column, expect, value, reason, source.
    path : Path or None
        Folder that the data came from.

    Attributes
    ----------
    clearance, victim_totals, incidents, incident_reports, estimates, sources, districts : DataFrame
        The tables. Counts are Int64, areas Float64, dates datetime64[us], text string; missing is NA.
    settings : dict
        What the package says of its country: names, the first day counted, words.

    Examples
    --------
    >>> data = load()
    >>> data
    <Dataset azerbaijan-landmines: 448 clearance, 345 victim_totals, 158 incidents, 559 incident_reports, 288 ...
    >>> data.incidents["killed"].dtype
    Int64Dtype()
    """

    def __init__(
        self,
        tables: Mapping[str, pd.DataFrame],
        package: Mapping | None = None,
        problems: pd.DataFrame | None = None,
        corrections: pd.DataFrame | None = None,
        path: Path | None = None,
    ) -> None:
        unknown = set(tables) - set(TABLES)
        if unknown:
            raise ParameterError(f"no such table: {listed(sorted(unknown))}; tables are {listed(TABLES)}.")
        self.tables = {name: tables[name] if name in tables else empty(table) for name, table in TABLES.items()}
        self.package = dict(package or {"name": "unnamed", "resources": []})
        self.settings = settings(self.package)
        self.problems = problems_frame([]) if problems is None else problems
        self.corrections = pd.DataFrame(columns=CORRECTION_COLUMNS) if corrections is None else corrections
        self.path = path

    def __getattr__(self, name: str) -> pd.DataFrame:
        if name in TABLES:
            return self.__dict__["tables"][name]
        hint = nearest(name, TABLES)
        raise AttributeError(f"Dataset has no '{name}'" + (f"; did you mean '{hint}'?" if hint else ""))

    def __repr__(self) -> str:
        sizes = ", ".join(f"{len(table)} {name}" for name, table in self.tables.items() if len(table))
        return f"<Dataset {self.name}: {sizes or 'no rows'}>"

    def _repr_html_(self) -> str:
        rows = "".join(
            f"<tr><th scope='row'>{name}</th><td>{len(table):,}</td><td>{escape(TABLES[name].description)}</td></tr>"
            for name, table in self.tables.items()
        )
        return (
            f"<table><caption>{escape(self.title)}</caption><thead><tr><th scope='col'>table</th>"
            f"<th scope='col'>rows</th><th scope='col'>one row is</th></tr></thead><tbody>{rows}</tbody></table>"
        )

    @property
    def name(self) -> str:
        """Name of the package, from `datapackage.json`."""
        return str(self.package.get("name", "unnamed"))

    @property
    def title(self) -> str:
        """Title of the package, from `datapackage.json`."""
        return str(self.package.get("title") or self.name)

    @property
    def as_of(self) -> pd.Timestamp | None:
        """The latest day that the data speak of: last incident, period, total or publication; None without dates."""
        columns = [
            ("incidents", "date"),
            ("clearance", "period_end"),
            ("victim_totals", "as_of"),
            ("sources", "published"),
        ]
        days = [self.tables[table][column].max() for table, column in columns]
        days = [day for day in days if pd.notna(day)]
        return max(days) if days else None

    def check(self) -> pd.DataFrame:
        """Return what the checks of the tables found, the gravest first.

        Returns
        -------
        DataFrame
            One row a problem: table, row (as in a spreadsheet, the header is 1; Int64, missing for a whole file),
            row_id, column, value, severity (error, warning, repair), rule, remedy.

        Examples
        --------
        >>> load().check()["severity"].unique().tolist()
        ['warning', 'repair']
        """
        order = self.problems["severity"].map({"error": 0, "warning": 1, "repair": 2})
        return self.problems.iloc[order.argsort(kind="stable")].reset_index(drop=True)

    def sources_of(self, table_or_rows: str | pd.DataFrame) -> pd.DataFrame:
        """Return the pages that a table, or some of its rows, rest on.

        Incidents rest on the pages of their reports.

        Parameters
        ----------
        table_or_rows : str or DataFrame
            Name of a table, or rows with a column `source_id` or `incident_id`.

        Returns
        -------
        DataFrame
            Rows of `sources` in the order of first use, with `number` (1, 2, ...) and `rows` (how many rows rest
            on the page).

        Raises
        ------
        ParameterError
            The table is not known, or the rows have neither column.

        Examples
        --------
        >>> data = load()
        >>> data.sources_of(data.clearance.head(1))[["number", "source_id", "rows"]]
           number         source_id  rows
        0       1  azernews-166525     1
        """
        if isinstance(table_or_rows, str):
            if table_or_rows not in TABLES:
                hint = nearest(table_or_rows, TABLES)
                raise ParameterError(
                    f"no such table: '{table_or_rows}'; tables are {listed(TABLES)}"
                    + (f"; did you mean '{hint}'?" if hint else ".")
                )
            rows = self.tables[table_or_rows]
        else:
            rows = table_or_rows
        ids = rows["source_id"].dropna() if "source_id" in rows else pd.Series(dtype="string")
        if "incident_id" in rows and "report_id" not in rows:
            reports = self.incident_reports
            ids = pd.concat([ids, reports.loc[reports["incident_id"].isin(rows["incident_id"].dropna()), "source_id"]])
        elif "source_id" not in rows:
            raise ParameterError("the rows have neither 'source_id' nor 'incident_id'; pass rows of a table.")
        used = ids.value_counts(sort=False)
        result = self.sources.set_index("source_id").reindex(used.index).rename_axis("source_id").reset_index()
        result.insert(0, "number", range(1, len(result) + 1))
        result["rows"] = used.to_numpy()
        return result

    def with_sources(self, name: str) -> pd.DataFrame:
        """Return a table with `publisher` and `published` of each row's source beside it.

        The ledger of clearance and the choice between totals count publishers and prefer later publications.

        Examples
        --------
        >>> "publisher" in load().with_sources("clearance")
        True
        """
        pages = self.sources[["source_id", "publisher", "published"]]
        return self.tables[name].merge(pages, on="source_id", how="left", validate="many_to_one")

    def known_on(self, day: object) -> Dataset:
        """Return the data as they were known on a day: rows published later are left out.

        A row whose page shows no date of publication counts as published on the last day that it speaks of.

        Parameters
        ----------
        day : date or ISO text, or None
            Last day of publication. None or "" returns the data unchanged.

        Raises
        ------
        ParameterError
            `day` is no date.

        Examples
        --------
        >>> len(load().known_on("2022-12-31").victim_totals) < len(load().victim_totals)
        True
        """
        if day is None or day == "":
            return self
        last = as_date(day, "as_of")
        own = {
            "clearance": "period_end",
            "victim_totals": "as_of",
            "incident_reports": "reported_date",
            "estimates": "as_of",
        }
        published = self.sources.set_index("source_id")["published"]
        tables = dict(self.tables)
        for name, column in own.items():
            table = tables[name]
            known = pd.to_datetime(table["source_id"].map(published)).fillna(table[column])
            tables[name] = table[known.isna() | (known <= last)]
        table = tables["incidents"]
        told = self.incident_reports["incident_id"].dropna()
        still = tables["incident_reports"]["incident_id"].dropna()
        tables["incidents"] = table[
            (table["date"].isna() | (table["date"] <= last))
            & (~table["incident_id"].isin(told) | table["incident_id"].isin(still))
        ]
        sources = self.sources
        tables["sources"] = sources[sources["published"].isna() | (sources["published"] <= last)]
        return Dataset(tables, self.package, self.problems, self.corrections, self.path)


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
