"""One Parquet file into one typed table, a row group at a time: only the columns and rows that are wanted.

A Parquet file has types, so nothing needs to be read as text and back. Each row group is checked as a whole by
pyarrow; only cells that fail, and columns of another type than the table's, go the way of text, which names each.
Columns without any value share one small piece of memory. Ten million incidents fit into a few gigabytes so.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import reduce
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from minestats.columns import as_date
from minestats.data.schema import COUNT, DATE, NUMBER, TABLES, TEXT, Column, Table
from minestats.data.typed import CONTROL, FIRST, LAST, _allowed, _as_text, _header, _typed, _whole, checked, empty
from minestats.errors import ParameterError, Problem, check_choice

# the first and the last day that a row speaks of; a table that is not named is read whole
SPANS = {
    "incidents": ("date", "date"),
    "incident_reports": ("reported_date", "reported_date"),
    "clearance": ("period_start", "period_end"),
}
# read whatever is chosen: the day up to which the data speak
KEPT = {"incidents": "date", "clearance": "period_end", "victim_totals": "as_of", "sources": "published"}
_MOST = 10**18  # a count of more digits is no count
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
        kept = {*self.columns[table.name], table.key, KEPT.get(table.name), *SPANS.get(table.name, ())}
        return [name for name in table.names if name in kept]

    def cuts(self, table: Table) -> bool:
        """Whether rows of the table may lie outside the days."""
        return table.name in SPANS and not (self.since is None and self.until is None)

    @property
    def first(self) -> pd.Timestamp | None:
        """The first day of the year of `since`: a row known to the year only bears that day."""
        return None if self.since is None else self.since.replace(month=1, day=1)

    def inside(self, frame: pd.DataFrame, table: Table) -> np.ndarray:
        """Which rows can lie within the days; those without a date can."""
        low, high = (frame[name] for name in SPANS[table.name])
        kept = np.ones(len(frame), dtype=bool)
        if self.first is not None:
            kept &= ~(high < self.first).to_numpy(dtype=bool)
        if self.until is not None:
            kept &= ~(low > self.until).to_numpy(dtype=bool)
        return kept

    def of(self, frame: pd.DataFrame, table: Table) -> tuple[pd.DataFrame, np.ndarray | None]:
        """The wanted part of a table that was read whole, and the places of its rows; None where all are kept."""
        if self.tables is not None and table.name not in self.tables:
            return empty(table), None
        if table.name in self.columns:
            frame = frame[self.names(table)]
        if not self.cuts(table):
            return frame, None
        kept = self.inside(frame, table)
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
    if first is not None and last is not None and last < first:
        raise ParameterError(f"`until` ({last:%Y-%m-%d}) must not be before `since` ({first:%Y-%m-%d}).")
    chosen = {name: tuple(names) for name, names in (columns or {}).items()}
    return Wanted(None if tables is None else frozenset(tables), chosen, first, last)


def missing(length: int, column: Column) -> pd.Series:
    """Return a column without any value. Text costs next to nothing: all pieces are one."""
    if column.kind == TEXT:
        dtype = pd.StringDtype()
        if dtype.storage == "pyarrow":
            import pyarrow as pa

            return pd.Series(dtype.__from_arrow__(pa.chunked_array(_nulls(length), pa.large_string())))
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
    import pyarrow.parquet as pq

    try:
        with pq.ParquetFile(path) as file:
            index = (file.schema_arrow.pandas_metadata or {}).get("index_columns", [])
            header = [name for name in file.schema_arrow.names if name not in index]
            problems = _header(path.name, header, table)
            if table.key not in header or len(set(header)) < len(header):
                return empty(table), problems, None
            names = wanted.names(table)
            pieces, rows = _pieces(file, table, [name for name in names if name in header], wanted)
    except (pa.ArrowException, OSError) as error:
        said = " ".join(str(error).split())[:200]
        return empty(table), [_whole(path.name, f"not a Parquet file: {said}", "write it again", "file-parquet")], None
    keys = pieces[table.key]
    length = sum(map(len, keys))
    places = rows if rows is None or len(rows) == length else None

    def ids(at: np.ndarray) -> pd.Series:
        return pd.Series(pa.chunked_array(keys).take(pa.array(at)).to_pandas(), dtype=object)

    typed, doubtful = {}, set()
    for name in names:
        column = table.column(name)
        if name not in pieces:
            typed[name] = missing(length, column)
            continue
        clean, found = _typed_pieces(pieces.pop(name), column, path.name, ids)
        problems += found
        if isinstance(clean, pd.Series) or not _plain(clean, column, table, words):
            doubtful.add(name)
        typed[name] = clean if isinstance(clean, pd.Series) else _series(clean, column)
    pa.default_memory_pool().release_unused()
    frame = pd.DataFrame({name: typed.pop(name) for name in names}, copy=False)
    if wanted.cuts(table) and rows is None:
        kept = wanted.inside(frame, table)
        frame, places = frame[kept].reset_index(drop=True), np.flatnonzero(kept)
        new = {int(old): i for i, old in enumerate(places)}
        whole = [p for p in problems if p.row is None]
        problems = whole + [replace(p, row=new[p.row - 2] + 2) for p in problems if p.row and p.row - 2 in new]
    if not any(problem.severity == "error" and problem.row is None for problem in problems):
        known = {(p.row, p.column) for p in problems}
        problems += checked(frame, table, path.name, words, known, only=doubtful)
    return frame, at_places(problems, places), places


def at_places(problems: list[Problem], places: np.ndarray | None) -> list[Problem]:
    """Return problems with the row of the file in place of that of the table."""
    if places is None:
        return problems
    return [p if p.row is None else replace(p, row=int(places[p.row - 2]) + 2) for p in problems]


def _pieces(file, table: Table, names: list[str], wanted: Wanted) -> tuple[dict[str, list], np.ndarray | None]:
    """The wanted columns of the wanted rows as arrow arrays, and the places of the rows; None where not looked at."""
    import pyarrow as pa

    types = [file.schema_arrow.field(name).type for name in names if name in SPANS.get(table.name, ())]
    cut = wanted.cuts(table) and types and all(_is_day(kind) for kind in types)
    pieces: dict[str, list] = {name: [] for name in names}
    rows, start = [], 0
    for number in range(file.num_row_groups):
        size = file.metadata.row_group(number).num_rows
        kept = np.arange(size)
        if cut:
            low, high = SPANS[table.name]
            days = file.read_row_group(number, columns=list({low, high}))
            kept = np.flatnonzero(wanted.inside(days.to_pandas(date_as_object=False), table))
        rows.append(start + kept)
        start += size
        if len(kept) == 0:
            continue
        group = file.read_row_group(number, columns=names)
        if len(kept) < size:
            group = group.take(pa.array(kept))
        for name in names:
            pieces[name] += [_lean(piece) for piece in group.column(name).chunks]
    for name, found in pieces.items():
        if not found:
            found.append(pa.array([], type=file.schema_arrow.field(name).type))
    return pieces, np.concatenate(rows) if cut and rows else None


def _is_day(kind) -> bool:
    import pyarrow as pa

    return pa.types.is_date(kind) or (pa.types.is_timestamp(kind) and kind.tz is None)


def _is_text(kind) -> bool:
    import pyarrow as pa

    if pa.types.is_dictionary(kind):
        kind = kind.value_type
    return pa.types.is_string(kind) or pa.types.is_large_string(kind)


def _lean(piece):
    """An array without any value as one of nulls, which takes no memory."""
    import pyarrow as pa

    return pa.nulls(len(piece)) if piece.null_count == len(piece) else piece


def _nulls(length: int) -> list:
    """Text arrays without any value of that length together, all of them parts of one."""
    import pyarrow as pa

    one = pa.nulls(min(length, _PIECE), pa.large_string())
    whole, rest = divmod(length, _PIECE)
    return [one] * whole + ([one[:rest]] if rest else [])


def _typed_pieces(
    pieces: list, column: Column, name: str, ids: Callable[[np.ndarray], pd.Series]
) -> tuple[list | pd.Series, list[Problem]]:
    """The column in the arrow type of its kind, cells that are wrong being missing (text: kept), and the problems."""
    import pyarrow as pa

    kinds = {COUNT: _numbers, NUMBER: _numbers, DATE: _days, TEXT: _texts}
    suits = {
        COUNT: lambda t: pa.types.is_integer(t) or pa.types.is_floating(t),
        NUMBER: lambda t: pa.types.is_integer(t) or pa.types.is_floating(t),
        DATE: _is_day,
        TEXT: _is_text,
    }
    if not all(pa.types.is_null(piece.type) or suits[column.kind](piece.type) for piece in pieces):
        cells = pd.concat([piece.to_pandas() for piece in pieces], ignore_index=True)
        return _typed(_as_text(cells), column, name, ids(np.arange(len(cells))))
    clean, problems, start = [], [], 0
    for piece in pieces:
        if pa.types.is_null(piece.type):
            clean.append(piece)
        else:
            values, bad = kinds[column.kind](piece, column)
            clean.append(values)
            if bad is not None:
                at = np.flatnonzero(bad.fill_null(False).to_numpy(zero_copy_only=False))
                cells = _as_text(piece.take(pa.array(at)).to_pandas())
                _, found = _typed(cells, column, name, ids(start + at))
                problems += [replace(p, row=start + int(at[p.row - 2]) + 2) for p in found if p.row]
        start += len(piece)
    return clean, problems


def _numbers(piece, column: Column):
    import pyarrow as pa
    import pyarrow.compute as pc

    wanted = pa.int64() if column.kind == COUNT else pa.float64()
    floating = pa.types.is_floating(piece.type)
    if floating:
        piece = piece.cast(pa.float64())
        nan = pc.is_nan(piece)
        if pc.any(nan).as_py():
            piece = pc.if_else(nan, pa.scalar(None, piece.type), piece)
    ends = pc.min_max(piece).as_py()
    low = 0 if column.kind == COUNT or (column.low is not None and column.low >= 0) else None
    high = float("inf") if column.kind == NUMBER else float(_MOST) if floating else _MOST
    if ends["min"] is None:
        return pa.nulls(len(piece)), None
    broken = []
    if ends["max"] >= high:
        broken.append(pc.greater_equal(piece, pa.scalar(high, piece.type)))
    if low is not None and ends["min"] < low:
        broken.append(pc.less(piece, pa.scalar(low, piece.type)))
    if ends["min"] == -float("inf"):
        broken.append(pc.equal(piece, pa.scalar(-float("inf"), piece.type)))
    if floating and column.kind == COUNT:
        parts = pc.not_equal(pc.floor(piece), piece)
        broken += [parts] if pc.any(parts).as_py() else []
    bad = reduce(pc.or_, broken) if broken else None
    if bad is not None:
        piece = pc.if_else(bad, pa.scalar(None, piece.type), piece)
    return piece.cast(wanted, safe=column.kind == COUNT), bad


def _days(piece, column: Column):
    import pyarrow as pa
    import pyarrow.compute as pc

    days = piece.cast(pa.date32(), safe=False)
    ends = pc.min_max(days).as_py()
    bad = None
    if ends["min"] is not None and (ends["min"] < FIRST or ends["max"] > LAST):
        bad = pc.or_(pc.less(days, pa.scalar(FIRST)), pc.greater(days, pa.scalar(LAST)))
        days = pc.if_else(bad, pa.scalar(None, days.type), days)
    return days, bad


def _texts(piece, column: Column):
    import pyarrow as pa
    import pyarrow.compute as pc

    piece = piece.cast(pa.large_string())
    blank = pc.equal(piece, "")
    if pc.any(blank).as_py():
        piece = pc.if_else(blank, pa.scalar(None, piece.type), piece)
    words = pc.unique(piece)
    edge = pc.not_equal(pc.utf8_trim_whitespace(words), words)
    if not pc.any(pc.or_(edge, pc.match_substring_regex(words, CONTROL))).as_py():
        return piece, None
    edge = pc.not_equal(pc.utf8_trim_whitespace(piece), piece)
    return piece, pc.or_(edge, pc.match_substring_regex(piece, CONTROL))


def _plain(pieces: list, column: Column, table: Table, words: dict) -> bool:
    """Whether a column keeps the rules of its own: no gap where none may be, allowed words, limits, one key a row."""
    import pyarrow as pa
    import pyarrow.compute as pc

    filled = [piece for piece in pieces if not pa.types.is_null(piece.type)]
    gaps = sum(len(piece) for piece in pieces) - sum(len(piece) - piece.null_count for piece in filled)
    if column.required and gaps:
        return False
    if not filled:
        return True
    values = pa.chunked_array(filled)
    if column.name == table.key:
        filled = [piece for piece in filled if len(piece)]
        rising = all(pc.all(pc.less(piece[:-1], piece[1:])).as_py() is not False for piece in filled)
        rising &= all(one[-1].as_py() < other[0].as_py() for one, other in pairwise(filled))
        # ids that rise are counted without a table of them all
        return rising or pc.count_distinct(values, mode="only_valid").as_py() == len(values)
    allowed = _allowed(column, words)
    if allowed and not column.many:
        return set(pc.unique(values).to_pylist()) - {None} <= set(allowed)
    if column.low is None and column.high is None:
        return True
    ends: dict[str, Any] = pc.min_max(values).as_py()
    if ends["min"] is None:
        return True
    return (column.low is None or ends["min"] >= column.low) and (column.high is None or ends["max"] <= column.high)


def _series(pieces: list, column: Column) -> pd.Series:
    """The arrow arrays, which are given up, as a column of the table's type."""
    import pyarrow as pa

    length = sum(map(len, pieces))
    if all(pa.types.is_null(piece.type) for piece in pieces):
        return missing(length, column)
    if column.kind == TEXT:
        parts = []
        for piece in pieces:
            parts += _nulls(len(piece)) if pa.types.is_null(piece.type) else [piece]
        if pd.StringDtype().storage == "pyarrow":
            return pd.Series(pd.StringDtype().__from_arrow__(pa.chunked_array(parts, pa.large_string())))
        return pd.Series(pa.chunked_array(parts, pa.large_string()).to_pandas(), dtype=column.dtype)
    kind, blank = {COUNT: ("int64", 0), NUMBER: ("float64", 0), DATE: ("int64", np.iinfo("int64").min)}[column.kind]
    values, gaps, start = np.full(length, blank, dtype=kind), np.zeros(length, dtype=bool), 0
    while pieces:
        piece = pieces.pop(0)
        here = slice(start, start + len(piece))
        start += len(piece)
        if pa.types.is_null(piece.type):
            gaps[here] = True
            continue
        gaps[here] = piece.is_null().to_numpy(zero_copy_only=False)
        if column.kind == DATE:
            piece = piece.cast(pa.timestamp("us")).cast(pa.int64())
        values[here] = piece.fill_null(blank).to_numpy(zero_copy_only=False)
    if column.kind == DATE:
        return pd.Series(values.view("datetime64[us]"))
    return pd.Series((pd.arrays.IntegerArray if column.kind == COUNT else pd.arrays.FloatingArray)(values, gaps))
