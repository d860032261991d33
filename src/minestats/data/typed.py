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

from minestats.data.schema import COUNT, DATE, NUMBER, TABLES, TEXT, Column, Table
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
    names = [column.name for column in table.columns if column.name in (frame if only is None else only)]
    return _validated(frame, table, name, words, known, names) + _row_rules(frame, table, name)


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
            if column.many:
                cells = frame[column.name].dropna()
                unknown = {i: [word for word in cell.split(";") if word not in known] for i, cell in cells.items()}
                bad = {i: words[0] for i, words in unknown.items() if words}
            else:
                used = frame[column.name].dropna().unique()
                wrong = [word for word in used if word not in known]
                bad = frame.loc[frame[column.name].isin(wrong), column.name].to_dict() if wrong else {}
            for i, word in bad.items():
                hint = did_you_mean(word, known, otherwise=f"add it to {target}.csv, or correct it")
                problems.append(
                    Problem(
                        f"{name}.csv",
                        i + 2,
                        column.name,
                        word,
                        f"must stand in {column.refers}",
                        hint,
                        _text(frame[table.key].iloc[i]),
                        code="reference-unknown",
                    )
                )
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
            problems.append(
                Problem(name, None, word, "", "the column stands twice", "delete one", code="column-repeated")
            )
    return problems


def _as_text(values: pd.Series) -> pd.Series:
    if pd.api.types.is_datetime64_any_dtype(values):
        values = values.dt.strftime("%Y-%m-%d")
    elif pd.api.types.is_float_dtype(values) and (values.dropna() % 1 == 0).all():
        values = values.astype("Int64")
    return values.astype(object).where(values.notna(), "").map(str)


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
        day = [_day(cell) for cell in cells]
        wrong = np.array([d is None for d in day], dtype=bool) & ~blank
        values = pd.Series(
            np.array([np.datetime64(d) if d else np.datetime64("NaT", "D") for d in day], "datetime64[us]")
        )
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
    return [
        Problem(
            name, i + 2, column.name, cells.iloc[i], rule, remedy, "" if ids is None else str(ids.iloc[i]), code=code
        )
        for i in map(int, np.flatnonzero(wrong))
    ]


def _day(text: str) -> dt.date | None:
    day = iso_day(text)
    return day if day and FIRST <= day <= LAST else None


def _validated(
    frame: pd.DataFrame, table: Table, name: str, words: dict, known: set, names: list[str]
) -> list[Problem]:
    """Return the cells of the columns named that are missing, doubled keys, no allowed word, or beyond a limit."""
    problems = []
    for column in map(table.column, names):
        cells = frame[column.name]
        for wrong, rule, remedy, code in _cell_rules(cells, column, words, column.name == table.key):
            for i in np.flatnonzero(wrong.fillna(False).to_numpy(dtype=bool)):
                if (int(i) + 2, column.name) not in known:
                    cell = _text(cells.iloc[i])
                    key = _text(frame[table.key].iloc[i])
                    problems.append(Problem(name, int(i) + 2, column.name, cell, rule, remedy(cell), key, code=code))
    return sorted(problems, key=lambda p: (p.row or 0, p.column))


def _allowed(column: Column, words: dict) -> tuple[str, ...]:
    return tuple(words.get(column.name) or ()) or column.words


def _cell_rules(
    cells: pd.Series, column: Column, words: dict, key: bool
) -> Iterator[tuple[pd.Series, str, Callable[[str], str], str]]:
    """Yield, for each rule of a column, the cells that break it, the rule, the remedy for a cell, and its code."""
    if column.required:
        yield cells.isna(), "must not be empty", lambda _: "fill it in", "cell-empty"
    if key:
        doubled = cells.duplicated(keep=False) & cells.notna()
        yield doubled, "must be unique in this column", lambda _: "give each row an id of its own", "key-repeated"
    allowed = _allowed(column, words)
    if allowed and not column.many:
        more = " (or add the word to datapackage.json)" if column.open else ""
        rule = f"must be one of {listed(allowed, 40)}"
        unknown = cells.notna() & ~cells.isin(allowed)
        yield unknown, rule, lambda cell: did_you_mean(cell, allowed, otherwise="correct it") + more, "cell-word"
    if column.low is not None:
        yield cells < column.low, f"must be {column.low:g} or more", lambda _: "correct it", "cell-low"
    if column.high is not None:
        yield cells > column.high, f"must be {column.high:g} or less", lambda _: "correct it", "cell-high"


# ---------------------------------------------------------------- rules that join columns of one row

# the columns needed, the column named, which rows break it, what it says of a row, the remedy, the code
Rule = tuple[list[str], str, Callable[[pd.DataFrame], pd.Series], Callable[[pd.Series], str], str, str]


def _row_rules(frame: pd.DataFrame, table: Table, name: str) -> list[Problem]:
    problems = []
    for needed, column, broken, rule, remedy, code in _rules(table.name):
        if not set(needed) <= set(frame.columns):
            continue  # columns that were not read
        mask = np.asarray(broken(frame).fillna(False), dtype=bool)
        for i in np.flatnonzero(mask):
            row = frame.iloc[i]
            # a figure that is printed so but doubted stays, in the open
            severity = "warning" if _text(row.get("note")).startswith("doubtful:") else "error"
            where = (name, int(i) + 2, column, _text(row[column]))
            problems.append(Problem(*where, rule(row), remedy, _text(row[table.key]), severity, code))
    return problems


def _rules(table: str) -> list[Rule]:
    if table == "clearance":
        figures = [column.name for column in TABLES[table].columns if column.kind in (COUNT, NUMBER)]
        return [
            _order("period_start", "period_end"),
            (
                figures,
                "period_end",
                lambda t: t[figures].isna().all(axis=1),
                lambda r: "the row states no figure",
                "give at least one count or area",
                "row-no-figure",
            ),
            _parts("mines_total", ["anti_personnel", "anti_tank"]),
        ]
    if table in ("victim_totals", "incidents", "incident_reports"):
        rules = [
            _parts("killed", ["civilians_killed", "military_killed"]),
            _parts("injured", ["civilians_injured", "military_injured"]),
        ]
        if table == "victim_totals":
            rules += [
                _order("since", "as_of"),
                _parts("victims", ["killed", "injured"]),
                _parts("victims", ["civilians", "military"]),
                _parts("victims", ["women", "children"]),
                _parts("killed", ["journalists_killed"]),
            ]
        return rules
    if table == "hazardous_areas":
        return [_order("reported", "status_date")]
    if table == "estimates":
        return [
            _order("since", "as_of"),
            _above("value_high", "value"),
            _above("of_total", "value"),
            (
                ["unit", "value"],
                "value",
                lambda t: (t["unit"] == "percent") & (t["value"] > 100),
                lambda r: "a percentage above 100",
                "correct the value or its unit",
                "row-percent",
            ),
        ]
    return []


def _order(first: str, last: str) -> Rule:
    return (
        [first, last],
        last,
        lambda t: t[last] < t[first],
        lambda r: f"the period ends before it starts ({r[first]:%Y-%m-%d})",
        f"exchange or correct {first} and {last}",
        "row-order",
    )


def _parts(whole: str, parts: list[str]) -> Rule:
    def broken(t: pd.DataFrame) -> pd.Series:
        known = [part for part in parts if t[part].notna().any()]
        total = np.zeros(len(t) if known else 0)
        for part in known:
            total += t[part].to_numpy(dtype=float, na_value=0.0)
        # an unknown whole is above any part
        return pd.Series(total > t[whole].to_numpy(dtype=float, na_value=np.inf) if known else False, index=t.index)

    def rule(row: pd.Series) -> str:
        known = " + ".join(f"{part} {row[part]}" for part in parts if pd.notna(row[part]))
        return f"the parts ({known}) exceed {whole}"

    return (
        [whole, *parts],
        whole,
        broken,
        rule,
        f"correct {whole} or its parts, or begin the note with 'doubtful:' where it is printed so",
        "row-parts",
    )


def _above(high: str, low: str) -> Rule:
    return (
        [high, low],
        high,
        lambda t: t[high] < t[low],
        lambda r: f"lies below {low} ({r[low]:g})",
        "exchange or correct them",
        "row-bounds",
    )


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
