"""The tables of one country, held together: what they are, what the checks found, what each row rests on.

A `Dataset` is what `load()` returns. It gives its tables by name, the pages that rows rest on, the data as they were
known on a day, and the tables in forms that other programs read. It changes nothing.
"""

from __future__ import annotations

from collections.abc import Mapping
from html import escape
from pathlib import Path

import numpy as np
import pandas as pd

from minestats.columns import as_date
from minestats.data.corrections import CORRECTION_COLUMNS
from minestats.data.package import settings
from minestats.data.schema import LAST_DAYS, TABLES
from minestats.data.typed import empty, problems_frame
from minestats.errors import ParameterError, check_choice, did_you_mean, listed
from minestats.periods import last_day, period_end


class Dataset:
    """The tables of one country's data package, and what is known about them.

    Parameters
    ----------
    tables : mapping of str to DataFrame
        The tables of `minestats.data.schema.TABLES`, typed; one that is left out is empty.
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
    >>> from minestats import load
    >>> data = load()
    >>> data
    <Dataset azerbaijan-landmines: ... clearance, ... victim_totals, ... incidents, ... incident_reports, ...>
    >>> data.incidents["killed"].dtype, data["incidents"] is data.incidents
    (Int64Dtype(), True)
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
        # travels with the rows, so that a count without a window knows its window, and which days nobody covers
        self.tables["incidents"] = self.tables["incidents"].copy(deep=False)
        self.tables["incidents"].attrs.update(self._known_days())

    def _known_days(self) -> dict[str, object]:
        """The days from the start of the data to their end, and the spans of the registers that list incidents."""
        found: dict[str, object] = {}
        start, month = str(self.settings["start"]), str(self.settings["complete_until"])
        last = last_day(month) if month else self.as_of
        if start and last is not None:
            found["window"] = (start, f"{last:%Y-%m-%d}")
        sources, span = self.tables["sources"], ["covered_from", "covered_until"]
        if set(span) <= set(sources.columns):  # only some columns may have been read
            lists = [self.tables[name].get("source_id") for name in ("incidents", "incident_reports")]
            named = {source for column in lists if column is not None for source in column.dropna().unique()}
            registers = sources[sources[span].notna().all(axis=1) & sources["source_id"].isin(named)]
            if len(registers):
                days = [registers[name].dt.strftime("%Y-%m-%d") for name in span]
                found["covered"] = tuple(zip(*days, strict=True))
        return found

    def __getattr__(self, name: str) -> pd.DataFrame:
        if name in TABLES:
            return self.__dict__["tables"][name]
        raise AttributeError(f"Dataset has no '{name}'{did_you_mean(name, TABLES, before='; ')}")

    def __getitem__(self, name: str) -> pd.DataFrame:
        return self.tables[check_choice("table", name, TABLES)]

    def __dir__(self) -> list[str]:
        return sorted({*super().__dir__(), *TABLES})

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
        days = [self.tables[table][column].max() for table, column in LAST_DAYS.items()]
        listed, published = self.tables["incidents"], days[-1]
        for precision in ("month", "year") if "date_precision" in listed else ():
            last = listed.loc[listed["date_precision"].eq(precision).fillna(False), "date"].max()
            if pd.notna(last):  # known to the month: it may have been on its last day, but not after it was published
                last = pd.Timestamp(period_end(np.array([last], "datetime64[D]"), precision)[0]).as_unit("us")
                days.append(min(last, published) if pd.notna(published) else last)
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
        >>> from minestats import load
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
        >>> from minestats import load
        >>> data = load()
        >>> data.sources_of(data.clearance.head(1))[["number", "source_id", "rows"]]
           number         source_id  rows
        0       1  azernews-166525     1
        """
        if isinstance(table_or_rows, str):
            if table_or_rows not in TABLES:
                hint = did_you_mean(table_or_rows, TABLES, before="; ", otherwise=".")
                raise ParameterError(f"no such table: '{table_or_rows}'; tables are {listed(TABLES)}{hint}")
            rows = self.tables[table_or_rows]
        else:
            rows = table_or_rows
        ids = rows["source_id"].dropna() if "source_id" in rows else pd.Series(dtype="string")
        if "incident_id" in rows and "report_id" not in rows:
            reports = self.incident_reports
            # of the two, the incidents may be millions
            told = rows["incident_id"][rows["incident_id"].isin(reports["incident_id"].dropna().unique())]
            ids = pd.concat([ids, reports.loc[reports["incident_id"].isin(told), "source_id"]])
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
        >>> from minestats import load
        >>> "publisher" in load().with_sources("clearance")
        True
        """
        pages = self.sources[["source_id", "publisher", "published"]]
        return self.tables[name].merge(pages, on="source_id", how="left", validate="many_to_one")

    def to_csv(self, name: str, path: str | Path) -> Path:
        """Write a table as CSV for a spreadsheet; text that looks like a formula stays text.

        Parameters
        ----------
        name : str
            Name of the table.
        path : str or Path
            The file. UTF-8 with a byte order mark, so that spreadsheets read all letters; missing is empty.

        Returns
        -------
        Path
            The file written.

        Raises
        ------
        ParameterError
            The table is not known.

        Examples
        --------
        >>> from minestats import load
        >>> import tempfile
        >>> file = load().to_csv("districts", Path(tempfile.mkdtemp()) / "districts.csv")
        >>> len(pd.read_csv(file))
        22
        """
        from minestats.data.exports import write_spreadsheet_csv

        return write_spreadsheet_csv(self.tables[check_choice("name", name, TABLES)], path)

    def to_excel(self, path: str | Path) -> Path:
        """Write all tables that have rows as the sheets of one workbook; nothing in it is calculated.

        Parameters
        ----------
        path : str or Path
            The file, .xlsx. Needs the extra `minestats[excel]`.

        Returns
        -------
        Path
            The file written.

        Raises
        ------
        ParameterError
            openpyxl is not installed, or a table has more rows than a sheet.

        Examples
        --------
        >>> from minestats import load
        >>> import tempfile
        >>> file = load().to_excel(Path(tempfile.mkdtemp()) / "tables.xlsx")
        >>> len(pd.read_excel(file, sheet_name="districts"))
        22
        """
        from minestats.data.exports import write_excel

        return write_excel({name: table for name, table in self.tables.items() if len(table)}, path)

    def to_parquet(self, folder: str | Path) -> Path:
        """Write each table that has rows as `<table>.parquet` in a folder, with its types.

        Parameters
        ----------
        folder : str or Path
            The folder; made where it is missing. Needs the extra `minestats[parquet]`.

        Returns
        -------
        Path
            The folder.

        Examples
        --------
        >>> from minestats import load
        >>> import tempfile
        >>> folder = load().to_parquet(tempfile.mkdtemp())
        >>> len(pd.read_parquet(folder / "districts.parquet"))
        22
        """
        folder = Path(folder)
        folder.mkdir(parents=True, exist_ok=True)
        for name, table in self.tables.items():
            if len(table):
                table.to_parquet(folder / f"{name}.parquet", index=False)
        return folder

    def to_hxl(self, name: str, path: str | Path) -> Path:
        """Write a table as CSV with a row of HXL tags under its header, for tools that read these tags.

        Parameters
        ----------
        name : str
            Name of the table.
        path : str or Path
            The file.

        Returns
        -------
        Path
            The file written.

        Raises
        ------
        ParameterError
            The table is not known.

        References
        ----------
        .. [1] HXL Working Group. Humanitarian Exchange Language 1.1. https://hxlstandard.org

        Examples
        --------
        >>> from minestats import load
        >>> import tempfile
        >>> file = load().to_hxl("incidents", Path(tempfile.mkdtemp()) / "incidents.csv")
        >>> file.read_text(encoding="utf-8").splitlines()[1].split(",")[:2]
        ['#event+id', '#date+occurred']
        """
        from minestats.data.exports import write_hxl

        return write_hxl(name, self.tables[check_choice("name", name, TABLES)], path)

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
        >>> from minestats import load
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
        published = self.sources.set_index("source_id")["published"].to_dict()  # an empty column of dates maps nothing
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
