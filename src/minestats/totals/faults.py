"""What is wrong with running totals, as a table: nothing here is repaired."""

from __future__ import annotations

import numpy as np
import pandas as pd

from minestats.columns import framed
from minestats.rates.casualties import CROSSINGS
from minestats.totals.running import WHOLES, Day, Rows, daily, falls, prepare

_FIGURES = {"value": "Float64", "expected": "Float64", "message": "string"}
RULES = ("unusable", "same-date", "fall", "parts", "above")
_SUMS = (
    ("victims", ("killed", "injured")),
    ("victims", ("civilians", "military")),
    ("killed", ("civilians_killed", "military_killed")),
    ("injured", ("civilians_injured", "military_injured")),
    ("civilians", ("civilians_killed", "civilians_injured")),
    ("military", ("military_killed", "military_injured")),
)
_WHOLES = {part: tuple(whole for whole, parts in _SUMS if part in parts) for part in (*WHOLES[1:], *CROSSINGS)}
_WHOLES |= {"women": ("victims",), "children": ("victims",), "journalists_killed": ("killed",)}


def check_totals(totals: pd.DataFrame) -> pd.DataFrame:
    """List what is wrong with running totals: rows that cannot be used, contradictions, falls, parts that do not add.

    The figures are left as they are: `resolve_totals` decides between them, a reviewed correction changes one.

    Parameters
    ----------
    totals : DataFrame
        As in `resolve_totals`.

    Returns
    -------
    DataFrame
        One row a finding, in the order of scope, since, as_of, total_id; empty where all is well:

        - `rule` : text. "unusable": the row enters no series. "same-date": another value of that series and day has
          more sources (or as many, and is larger). "fall": lower than an earlier total of its series. "parts": killed
          and injured, civilians and military, or the four crossings do not add to the stated whole. "above": a part
          exceeds its whole.
        - `total_id`, `other_id` : text, the row, and the row that it is compared with ("" where none is);
        - `column` : text, the figure concerned (of a whole, for "parts"; for "unusable", the first column to blame);
        - `value` : Int64, the figure of the row, persons; missing for "unusable";
        - `expected` : Int64, the value of the day, the least possible, the sum of the parts, the most possible;
        - `message` : text, one sentence.

    Raises
    ------
    DataError
        A column is missing; a date, or a count, is none; a total ends before it starts.

    Notes
    -----
    Series and usable rows are those of `resolve_totals`. "fall" compares the value of each day, so that an outvoted
    misprint makes no later total fall. "parts" and "above" look at every row, but skip "parts" where the row is
    rounded. Nothing is derived: a sum is checked where all of it is stated.

    Examples
    --------
    >>> totals = pd.DataFrame({
    ...     "total_id": ["a", "b"], "scope": "national", "since": "2020-11-10", "authority": "anama",
    ...     "as_of": ["2022-10-25", "2022-12-13"], "victims": [266, 262], "killed": [45, 45], "injured": [221, 218]})
    >>> for message in check_totals(totals)["message"]:
    ...     print(message)
    injured falls from 221 (a, 2022-10-25) to 218
    victims falls from 266 (a, 2022-10-25) to 262
    victims is 262, but killed + injured are 263

    One total without fault gives no row:

    >>> len(check_totals(totals[:1]))
    0
    """
    rows = prepare(totals)
    found = _unusable_rows(rows)
    for column in rows.figures:
        days = daily(rows, column)
        found += _same_date(rows, days, column)
        found += _falling(rows, days, column)
    found += _sums(rows)
    found += _exceeding(rows)
    place = {i: n for n, i in enumerate(rows.in_order())}
    found.sort(key=lambda one: (place[one[0]], RULES.index(one[1]), one[3], one[6]))
    found = list(dict.fromkeys((rule, rows.ids[i], *rest) for i, rule, *rest in found))  # a copied row is told once
    table = framed(found, dict.fromkeys(["rule", "total_id", "other_id", "column"], "string") | _FIGURES)
    # whole numbers, unless a fitted series has made some fractional
    whole = {name: "Int64" for name in ("value", "expected") if (table[name].dropna() % 1 == 0).all()}
    return table.astype(whole)


def _unusable_rows(rows: Rows) -> list[tuple]:
    return [
        (i, "unusable", "", why.split(" ")[0], pd.NA, pd.NA, f"not used: {why}")
        for i, why in enumerate(rows.unusable)
        if why
    ]


def _same_date(rows: Rows, days: list[Day], column: str) -> list[tuple]:
    found = []
    for day in days:
        for i in sorted(set(day.rows) - set(day.stating)):
            figure = rows.figures[column][i]
            message = (
                f"{column} is {figure:g}, but {day.total:g} on that day ({day.stated_by}; {day.sources} of "
                f"{day.sources_of_day} sources)"
            )
            found.append((i, "same-date", day.stated_by, column, figure, day.total, message))
    return found


def _falling(rows: Rows, days: list[Day], column: str) -> list[tuple]:
    found = []
    for day, highest in falls(days):
        message = f"{column} falls from {highest.total:g} ({highest.stated_by}, {highest.as_of}) to {day.total:g}"
        found += [(i, "fall", highest.stated_by, column, day.total, highest.total, message) for i in day.stating]
    return found


def _sums(rows: Rows) -> list[tuple]:
    found = []
    for whole, parts in [*_SUMS, ("victims", CROSSINGS)]:
        if not {whole, *parts} <= set(rows.figures):
            continue
        total = np.sum([rows.figures[part] for part in parts], axis=0)
        differs = ~rows.rounded & ~np.isnan(total) & ~np.isnan(rows.figures[whole]) & (rows.figures[whole] != total)
        for i in np.flatnonzero(differs).tolist():
            if parts == CROSSINGS and any(_stated(rows, half, i) for _, half in _SUMS[:2]):
                continue  # the halves are compared with the whole, and the crossings with the halves
            figure = rows.figures[whole][i]
            message = f"{whole} is {figure:g}, but {' + '.join(parts)} are {total[i]:g}"
            found.append((i, "parts", "", whole, figure, total[i], message))
    return found


def _exceeding(rows: Rows) -> list[tuple]:
    found = []
    for part, usual in _WHOLES.items():
        for i in range(len(rows.ids)) if part in rows.figures else ():
            figure = rows.figures[part][i]
            for whole in [name for name in usual if _stated(rows, (name,), i)] or ["victims"]:
                if _stated(rows, (whole,), i) and figure > rows.figures[whole][i]:
                    most = rows.figures[whole][i]
                    message = f"{part} is {figure:g}, above {whole} {most:g}"
                    found.append((i, "above", "", part, figure, most, message))
    return found


def _stated(rows: Rows, columns: tuple[str, ...], i: int) -> bool:
    return all(column in rows.figures and not np.isnan(rows.figures[column][i]) for column in columns)
