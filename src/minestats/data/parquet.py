"""One Parquet file into one typed table, of which only the columns and rows that are wanted are read.

A Parquet file has types, so nothing needs to be read as text and back: pyarrow filters the rows, casts each column to
the table's type, and finds its limits and words. A column that it cannot cast, or in which it finds what may not be,
goes the way of text, which names each cell. Columns are read one after the other, and those without any value share one
small piece of memory: ten million incidents fit into a few gigabytes so.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from minestats.columns import as_date, check_order
from minestats.data.schema import COUNT, DATE, LAST_DAYS, NUMBER, TABLES, TEXT, Column, Table
from minestats.data.typed import CONTROL, FIRST, LAST, _allowed, _header, _typed, _whole, as_text, checked, empty
from minestats.errors import ParameterError, Problem, check_choice

# the first and the last day that a row speaks of; a table that is not named is read whole
SPANS = {
    "incidents": ("date", "date"),
    "incident_reports": ("reported_date", "reported_date"),
    "clearance": ("period_start", "period_end"),
}
# what a cell of each kind may be; a count of more digits is no count
LIMITS: dict[str, tuple[Any, Any]] = {COUNT: (0, 10**18 - 1), NUMBER: (-1e300, 1e300), DATE: (FIRST, LAST)}
_PIECE = 1 << 16  # rows of the shared piece of missing cells


@dataclass(frozen=True)
class Wanted:
    """Which part of the tables is read: the tables, columns of a table, days; None and no entry for all."""

    tables: frozenset[str] | None = None
    columns: Mapping[str, Sequence[str]] = field(default_factory=dict)
    since: pd.Timestamp | None = None
    until: pd.Timestamp | None = None

    def names(self, table: Table) -> list[str]:
        """The columns to read: those wanted, the key, and those that hold the days."""
        if table.name not in self.columns:
            return table.names
        kept = {*self.columns[table.name], table.key, LAST_DAYS.get(table.name), *SPANS.get(table.name, ())}
        return [name for name in table.names if name in kept]

    def cuts(self, table: Table) -> bool:
        """Whether rows of the table may lie outside the days."""
        return table.name in SPANS and not (self.since is None and self.until is None)

    def rows(self, table: Table):
        """As an expression of pyarrow, which rows can lie within the days; those without a date can."""
        import pyarrow.compute as pc

        low, high = map(pc.field, SPANS[table.name])
        kept = pc.scalar(True)
        if self.since is not None:
            kept &= high.is_null() | (high >= self.since.date())
        if self.until is not None:
            kept &= low.is_null() | (low <= self.until.date())
        return kept

    def of(self, frame: pd.DataFrame, table: Table) -> tuple[pd.DataFrame, np.ndarray | None]:
        """The wanted part of a table that was read whole, and the places of its rows; None where all are kept."""
        if self.tables is not None and table.name not in self.tables:
            return empty(table), None
        if table.name in self.columns:
            frame = frame[self.names(table)]
        if not self.cuts(table):
            return frame, None
        low, high = (frame[name] for name in SPANS[table.name])
        kept = ~((high < (self.since or pd.NaT)) | (low > (self.until or pd.NaT))).to_numpy(dtype=bool)
        return frame[kept].reset_index(drop=True), np.flatnonzero(kept)


ALL = Wanted()


def wanted(tables: Any, columns: Any, since: object, until: object) -> Wanted:
    """Return the part that the arguments of `load` name, each checked."""
    if tables is not None:
        tables = [tables] if isinstance(tables, str) else list(tables)
        for name in tables:
            check_choice("tables", name, TABLES)
    if columns is not None and not isinstance(columns, Mapping):
        raise ParameterError(
            f"`columns` must name columns by table, such as {{'incidents': ['date']}}, not {columns!r}."
        )
    for name, chosen in (columns or {}).items():
        check_choice("columns", name, TABLES)
        if isinstance(chosen, str):
            raise ParameterError(f"`columns`: give a list for '{name}', not the text {chosen!r}.")
        for column in chosen:
            check_choice("columns", column, TABLES[name].names)
    first, last = as_date(since or None, "since"), as_date(until or None, "until")
    check_order(first, last)
    if first is not None:  # a row known to the year only bears the first day of it
        first = first.replace(month=1, day=1)
    chosen = {name: tuple(names) for name, names in (columns or {}).items()}
    return Wanted(None if tables is None else frozenset(tables), chosen, first, last)


def missing(length: int, column: Column) -> pd.Series:
    """Return a column without any value. Text costs next to nothing: all pieces are one."""
    if column.kind == TEXT:
        dtype = pd.StringDtype()
        if dtype.storage == "pyarrow":
            import pyarrow as pa

            one = pa.nulls(min(length, _PIECE), pa.large_string())
            pieces = [one] * (length // _PIECE) + [one[: length % _PIECE]]
            return pd.Series(dtype.__from_arrow__(pa.chunked_array(pieces, pa.large_string())))
    if column.kind in (COUNT, NUMBER):
        # untouched zeros take no memory
        zeros = np.zeros(length, dtype="int64" if column.kind == COUNT else "float64")
        array = pd.arrays.IntegerArray if column.kind == COUNT else pd.arrays.FloatingArray
        return pd.Series(array(zeros, np.ones(length, dtype=bool)))
    return pd.Series(index=range(length), dtype=column.dtype)


def read_parquet(
    path: Path, table: Table, words: dict[str, tuple[str, ...]], wanted: Wanted = ALL
) -> tuple[pd.DataFrame, list[Problem], np.ndarray | None]:
    """Return the typed table, its problems, and the place in the file of each row; None where all are read."""
    import pyarrow as pa
    import pyarrow.dataset as ds

    typed: dict[str, pd.Series] = {}
    doubtful, places = set(), None
    try:
        file = ds.dataset(path, format="parquet")
        index = (file.schema.pandas_metadata or {}).get("index_columns", [])
        header = [name for name in file.schema.names if name not in index]
        problems = _header(path.name, header, table)
        if table.key not in header or len(set(header)) < len(header):
            return empty(table), problems, None
        kept = None
        days = SPANS.get(table.name, ())
        if wanted.cuts(table) and all(name in header and _suits(file.schema.field(name).type, DATE) for name in days):
            kept = wanted.rows(table)
            places = np.flatnonzero(file.to_table({"kept": kept})["kept"])
        for column in map(table.column, wanted.names(table)):
            if column.name not in header:
                typed[column.name] = missing(len(next(iter(typed.values()))), column)
                continue
            cells = file.to_table([column.name], filter=kept)[column.name]
            clean = _clean(cells, column)
            if clean is None:
                ids = as_text(file.to_table([table.key], filter=kept)[table.key].to_pandas())
                typed[column.name], found = _typed(as_text(cells.to_pandas()), column, path.name, ids)
                problems += found
            elif clean.null_count == len(clean):
                typed[column.name] = missing(len(clean), column)
            else:
                typed[column.name] = clean.to_pandas(types_mapper=_pandas_types().get)
            if clean is None or not _plain(clean, column, table, words):
                doubtful.add(column.name)
    except (pa.ArrowException, OSError) as error:
        said = " ".join(str(error).split())[:200]
        return empty(table), [_whole(path.name, f"not a Parquet file: {said}", "write it again", "file-parquet")], None
    pa.default_memory_pool().release_unused()
    frame = pd.DataFrame(typed, copy=False)
    if not any(problem.severity == "error" and problem.row is None for problem in problems):
        known = {(p.row, p.column) for p in problems}
        problems += checked(frame, table, path.name, words, known, only=doubtful)
    return frame, at_places(problems, places), places


def at_places(problems: list[Problem], places: np.ndarray | None) -> list[Problem]:
    """Return problems with the row of the file in place of that of the table."""
    if places is None:
        return problems
    return [p if p.row is None else replace(p, row=int(places[p.row - 2]) + 2) for p in problems]


def _pandas_types() -> dict:
    import pyarrow as pa

    return {pa.large_string(): pd.StringDtype(), pa.int64(): pd.Int64Dtype(), pa.float64(): pd.Float64Dtype()}


def _suits(arrow, kind: str) -> bool:
    """Whether a column of that arrow type can hold the kind."""
    from pyarrow import types

    if types.is_dictionary(arrow):
        arrow = arrow.value_type
    if kind == DATE:
        return types.is_date(arrow) or (types.is_timestamp(arrow) and arrow.tz is None)
    if kind == TEXT:
        return types.is_string(arrow) or types.is_large_string(arrow)
    return types.is_integer(arrow) or types.is_floating(arrow)


def _clean(cells, column: Column):
    """The column in the arrow type of its kind; None where a cell may be wrong, or it is of another type."""
    import pyarrow as pa
    import pyarrow.compute as pc

    if cells.null_count == len(cells):
        return cells
    if not _suits(cells.type, column.kind):
        return None
    if column.kind == TEXT:
        cells = cells.cast(pa.large_string())
        cells = pc.if_else(pc.equal(cells, ""), pa.scalar(None, cells.type), cells)
        for piece in map(pc.unique, cells.chunks):
            edge = pc.not_equal(pc.utf8_trim_whitespace(piece), piece)
            if pc.any(pc.or_(edge, pc.match_substring_regex(piece, CONTROL))).as_py():
                return None
        return cells
    if pa.types.is_floating(cells.type):
        cells = pc.if_else(pc.is_nan(cells), pa.scalar(None, cells.type), cells)
    try:
        cells = cells.cast(
            {COUNT: pa.int64(), NUMBER: pa.float64(), DATE: pa.date32()}[column.kind], safe=column.kind == COUNT
        )
    except pa.ArrowInvalid:  # a part of a person
        return None
    low, high = LIMITS[column.kind]
    if column.kind == NUMBER and column.low == 0:
        low = 0
    ends: dict[str, Any] = pc.min_max(cells).as_py()
    if ends["min"] is not None and not low <= ends["min"] <= ends["max"] <= high:
        return None
    return cells.cast(pa.timestamp("us")) if column.kind == DATE else cells


def _plain(values, column: Column, table: Table, words: dict) -> bool:
    """Whether a column keeps the rules of its own: no gap where none may be, allowed words, limits, one key a row."""
    import pyarrow.compute as pc

    if column.required and values.null_count:
        return False
    if values.null_count == len(values):
        return True
    if column.name == table.key:
        # ids that rise are counted without a table of them all
        rising = pc.all(pc.less(values[:-1], values[1:])).as_py() is not False
        return rising or pc.count_distinct(values, mode="only_valid").as_py() == len(values)
    allowed = _allowed(column, words)
    if allowed and not column.many:
        return set(pc.unique(values).to_pylist()) - {None} <= set(allowed)
    if column.low is None and column.high is None:
        return True
    ends: dict[str, Any] = pc.min_max(values).as_py()
    return (column.low is None or ends["min"] >= column.low) and (column.high is None or ends["max"] <= column.high)
