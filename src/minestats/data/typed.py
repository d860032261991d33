"""One file into one typed table, and everything that is wrong with it.

A file is read as text first, so that each wrong cell can be named as it is printed, in the row where a spreadsheet
shows it. Then each column takes its type and is checked against `minestats.data.schema`. Rules that join columns
(a period that ends before it starts, parts above their whole) and tables (an unknown source) follow.
Nothing is repaired and no row is left out here: a cell that cannot be read is a problem.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Collection, Iterable, Iterator

import numpy as np
import pandas as pd

from minestats.data.schema import COUNT, DATE, NUMBER, TEXT, Column, Table
from minestats.errors import Problem, did_you_mean, listed, nearest
from minestats.say import iso_day

FIRST, LAST = dt.date(1900, 1, 1), dt.date(2100, 12, 31)
KIND_WORDS = {
    COUNT: "a whole number, 0 or more",
    NUMBER: "a number with a decimal point",
    DATE: "a real date, YYYY-MM-DD",
}
# a cell that a spreadsheet or terminal would not show as it is
# the characters beyond ASCII stand as themselves: pyarrow does not know their escapes
CONTROL = "[\\x00-\\x08\\x0b\\x0c\\x0e-\\x1f\\x7f\u202a-\u202e\u2066-\u2069]"


def checked(
    frame: pd.DataFrame, table: Table, name: str, words: dict, known: set, *, only: set[str] | None = None
) -> list[Problem]:
    """Return what is wrong with the cells of a typed table but those known: keys, words, limits, rules of a row.

    `only` are the columns that can break a rule of their own; None for all.
    """
    problems = []
    for column in table.columns:
        if column.name not in (frame if only is None else only):
            continue
        for wrong, rule, remedy, code in _cell_rules(frame[column.name], column, words, column.name == table.key):
            wrong = wrong.fillna(False).to_numpy(dtype=bool)
            found = _cell_problems(frame[column.name], wrong, column, name, frame[table.key], rule, remedy, code)
            problems += [problem for problem in found if (problem.row, problem.column) not in known]
    return sorted(problems, key=lambda p: (p.row or 0, p.column)) + _row_rules(frame, table, name)


def empty(table: Table) -> pd.DataFrame:
    """Return the table without rows, with its types."""
    return pd.DataFrame({column.name: pd.Series(dtype=column.dtype) for column in table.columns})


def check_references(
    tables: dict[str, pd.DataFrame], schemas: dict[str, Table], unread: Collection[str] = ()
) -> list[Problem]:
    """Return the cells that name a row which is not there (an unknown source, district or incident).

    References to the tables `unread` are not looked at.
    """
    problems: list[Problem] = []
    for name, table in schemas.items():
        frame = tables[name]
        for column in table.columns:
            if not column.refers or frame.empty:
                continue
            target, key = column.refers.split(".")
            if target in unread or column.name not in frame or key not in tables[target]:
                continue  # columns that were not read
            known = set(tables[target][key].dropna())
            cells = frame[column.name].dropna()
            if not column.many:  # a cell in many repeats what another says
                cells = cells[~cells.isin(known)]
            for i, cell in cells.items():
                for word in [w for w in (cell.split(";") if column.many else [cell]) if w not in known][:1]:
                    hint = did_you_mean(word, known, otherwise=f"add it to {target}.csv, or correct it")
                    where = (f"{name}.csv", i + 2, column.name, word, f"must stand in {column.refers}", hint)
                    problems.append(Problem(*where, _text(frame[table.key].iloc[i]), code="reference-unknown"))
    return problems


def _header(name: str, header: list[str], table: Table) -> list[Problem]:
    problems = []
    names = set(table.names)
    for column in table.columns:
        if column.name not in header and not column.optional:
            guess = nearest(column.name, [h for h in header if h not in names])
            hint = f"rename '{guess}' to '{column.name}'" if guess else "add it, empty where nothing is known"
            problems.append(Problem(name, None, column.name, "", "the column is missing", hint, code="column-missing"))
    for i, word in enumerate(header):
        if word not in names:
            otherwise = f"delete it, or use one of {listed(table.names, 40)}"
            hint = did_you_mean(word, names - set(header), otherwise=otherwise)
            problems.append(Problem(name, None, word, "", "no such column in this table", hint, code="column-unknown"))
        elif word in header[:i]:
            said = ("the column stands twice", "delete one")
            problems.append(Problem(name, None, word, "", *said, code="column-repeated"))
    return problems


def as_text(values: pd.Series) -> pd.Series:
    """Return a column as its CSV file shows it: dates as ISO, whole numbers without a point, missing empty."""
    if pd.api.types.is_datetime64_any_dtype(values):
        text = values.dt.strftime("%Y-%m-%d")
    elif pd.api.types.is_float_dtype(values):
        text = values.astype("Float64").map(lambda x: np.format_float_positional(x, trim="-"), na_action="ignore")
    else:
        text = values
    return text.astype("string").fillna("")


def _typed(cells: pd.Series, column: Column, name: str, ids: pd.Series | None) -> tuple[pd.Series, list[Problem]]:
    cells = cells.reset_index(drop=True)
    blank = (cells == "").to_numpy(dtype=bool)
    if column.kind == TEXT:
        values = cells.astype("string").mask(blank, pd.NA)
        wrong = values.str.contains(CONTROL, regex=True).fillna(False).to_numpy(dtype=bool)
        rule, remedy, code = "no control or direction characters", "delete them", "cell-control"
        edge = (cells.str.strip() != cells).to_numpy(dtype=bool) & ~wrong
        said = ("no blanks at the edges", "delete the blanks", "cell-blanks")
        problems = _cell_problems(cells, edge, column, name, ids, *said)
    elif column.kind == DATE:
        days = [day if (day := iso_day(cell)) and FIRST <= day <= LAST else None for cell in cells]
        values = pd.Series(np.array(days, "datetime64[us]"))
        wrong = values.isna().to_numpy() & ~blank
        rule, remedy, problems = f"{KIND_WORDS[DATE]}, {FIRST.year} to {LAST.year}", "correct the date", []
        code = "cell-date"
    else:
        pattern = r"\d+" if column.kind == COUNT else r"-?\d+(\.\d+)?"
        if column.kind == NUMBER and column.low is not None and column.low >= 0:
            pattern = r"\d+(\.\d+)?"
        wrong = ~cells.str.fullmatch(pattern).to_numpy(dtype=bool) & ~blank
        limit = 18 if column.kind == COUNT else 300
        wrong |= cells.str.len().to_numpy() > limit
        numbers = pd.to_numeric(cells.mask(wrong | blank, None), errors="coerce")
        values = numbers.astype(column.dtype)
        rule = KIND_WORDS[column.kind] + (", 0 or more" if column.kind == NUMBER and column.low == 0 else "")
        remedy, problems, code = "correct it, or leave the cell empty for unknown", [], "cell-number"
    return values, problems + _cell_problems(cells, wrong, column, name, ids, rule, remedy, code)


def _cell_problems(cells, wrong, column, name, ids, rule, remedy, code) -> list[Problem]:
    problems = []
    for i in map(int, np.flatnonzero(wrong)):
        cell, key = _text(cells.iloc[i]), "" if ids is None else _text(ids.iloc[i])
        told = remedy if isinstance(remedy, str) else remedy(cell)
        problems.append(Problem(name, i + 2, column.name, cell, rule, told, key, code=code))
    return problems


def _allowed(column: Column, words: dict) -> tuple[str, ...]:
    return tuple(words.get(column.name) or ()) or column.words


def _cell_rules(
    cells: pd.Series, column: Column, words: dict, key: bool
) -> Iterator[tuple[pd.Series, str, str | Callable[[str], str], str]]:
    """Yield, for each rule of a column, the cells that break it, the rule, the remedy for a cell, and its code."""
    if column.required:
        yield cells.isna(), "must not be empty", "fill it in", "cell-empty"
    if key:
        doubled = cells.duplicated(keep=False) & cells.notna()
        yield doubled, "must be unique in this column", "give each row an id of its own", "key-repeated"
    allowed = _allowed(column, words)
    if allowed and not column.many:
        more = " (or add the word to datapackage.json)" if column.open else ""
        rule = f"must be one of {listed(allowed, 40)}"
        unknown = cells.notna() & ~cells.isin(allowed)
        yield unknown, rule, lambda cell: did_you_mean(cell, allowed, otherwise="correct it") + more, "cell-word"
    if column.low is not None:
        yield cells < column.low, f"must be {column.low:g} or more", "correct it", "cell-low"
    if column.high is not None:
        yield cells > column.high, f"must be {column.high:g} or less", "correct it", "cell-high"


# ---------------------------------------------------------------- rules that join columns of one row


def _exceed(t: pd.DataFrame, whole: str, *parts: str) -> pd.Series:
    # an unknown part adds nothing, an unknown whole is above any part
    return sum(t[part].fillna(0) for part in parts) > t[whole]


def _parts(row: pd.Series, whole: str, *parts: str) -> str:
    known = " + ".join(f"{part} {row[part]}" for part in parts if pd.notna(row[part]))
    return f"the parts ({known}) exceed {whole}"


# of each kind of rule in tables.toml, given its columns, of which the first is named: which rows break it, what it says
# of a row, the remedy, the code
RULES: dict[str, tuple[Callable[..., pd.Series], Callable[..., str], str, str]] = {
    "order": (
        lambda t, last, first: t[last] < t[first],
        lambda row, _, first: f"the period ends before it starts ({row[first]:%Y-%m-%d})",
        "exchange or correct {1} and {0}",
        "row-order",
    ),
    "figures": (
        lambda t, _, *figures: t[list(figures)].isna().all(axis=1),
        lambda *_: "the row states no figure",
        "give at least one count or area",
        "row-no-figure",
    ),
    "parts": (
        _exceed,
        _parts,
        "correct {0} or its parts, or begin the note with 'doubtful:' where it is printed so",
        "row-parts",
    ),
    "bounds": (
        lambda t, high, low: t[high] < t[low],
        lambda row, _, low: f"lies below {low} ({row[low]:g})",
        "exchange or correct them",
        "row-bounds",
    ),
    "percent": (
        lambda t, value, unit: (t[unit] == "percent") & (t[value] > 100),
        lambda *_: "a percentage above 100",
        "correct the value or its unit",
        "row-percent",
    ),
}


def _row_rules(frame: pd.DataFrame, table: Table, name: str) -> list[Problem]:
    problems = []
    for kind, groups in table.rules.items():
        broken, said, remedy, code = RULES[kind]
        for columns in groups:
            if not set(columns) <= set(frame.columns):
                continue  # columns that were not read
            for i in np.flatnonzero(broken(frame, *columns).fillna(False).to_numpy(dtype=bool)):
                row = frame.iloc[i]
                # a figure that is printed so but doubted stays, in the open
                severity = "warning" if _text(row.get("note")).startswith("doubtful:") else "error"
                where = (name, int(i) + 2, columns[0], _text(row[columns[0]]), said(row, *columns))
                problems.append(Problem(*where, remedy.format(*columns), _text(row[table.key]), severity, code))
    return problems


def _whole(name: str, rule: str, remedy: str, code: str) -> Problem:
    return Problem(name, None, "", "", rule, remedy, code=code)


def _text(value: object) -> str:
    if value is None or value is pd.NaT or value is pd.NA:
        return ""
    return f"{value:%Y-%m-%d}" if isinstance(value, dt.datetime) else str(value)


def problems_frame(problems: Iterable[Problem]) -> pd.DataFrame:
    """Return problems as a table: table, row, row_id, column, value, severity, rule, remedy, code."""
    rows = [(p.table, p.row, p.row_id, p.column, p.value, p.severity, p.rule, p.remedy, p.code) for p in problems]
    columns = ["table", "row", "row_id", "column", "value", "severity", "rule", "remedy", "code"]
    return pd.DataFrame(rows, columns=columns).astype({c: "Int64" if c == "row" else "string" for c in columns})
