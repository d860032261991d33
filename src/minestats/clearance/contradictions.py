"""Where statements of clearance contradict each other, in a form that a person can act on.

A contradiction is shown, never smoothed: what was chosen, what was rejected, and which statements to look at. Some
have a likely cause (two counts exchanged, a decimal point lost), and then the kind says so.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator
from dataclasses import replace
from itertools import pairwise, product
from typing import NamedTuple

import numpy as np
import pandas as pd

from minestats.clearance.reconcile import Months, joined, same_start
from minestats.clearance.statements import MEASURES, Choice, Group, Statements, chosen, date_of, iso, shown
from minestats.columns import framed

KINDS = ("value", "swap", "decimal", "sum", "parts", "span", "fall", "copy")
MINES = ("anti_personnel", "anti_tank")
COUNTS = (*MINES, "uxo")
SAID = {
    "swap": "anti-personnel and anti-tank mines exchanged between sources",
    "decimal": "{} with a decimal point misplaced in one source",
    "value": "{} differs between sources",
}
ABOVE = 1.02  # parts that exceed their whole by more than this factor contradict it


class Conflict(NamedTuple):
    """One contradiction."""

    kind: str
    operator: str
    district: str
    start: np.datetime64
    end: np.datetime64
    column: str
    chosen: float
    rejected: str
    statement_ids: str
    message: str


def clearance_conflicts(statements: pd.DataFrame) -> pd.DataFrame:
    """List where statements of clearance contradict each other, what was chosen and what was rejected.

    Each row names the statements to look at. Nothing is decided here that `monthly_clearance` does not do; a
    correction belongs in the data, with its reason.

    Parameters
    ----------
    statements : pandas.DataFrame
        Statements of clearance, as for `ledger`.

    Returns
    -------
    pandas.DataFrame
        `kind` (str), `operator`, `district` (str, empty for the whole country), `start`, `end` (datetime64, the period
        concerned; in a fall the two as-of dates), `column` (str), `chosen` (float, NaN where nothing is chosen),
        `rejected` (str, figures separated by ";"), `statement_ids` (str, separated by ";"), `message` (str).

    Raises
    ------
    DataError
        A statement is impossible (see `ledger`).

    Notes
    -----
    The kinds; `swap` and `decimal` stand in place of `value`:

    - *value*: unrounded figures for one period that differ by more than rounding; `chosen` by the order of
      `monthly_clearance`: most sources, then decimals, then the latest publication.
    - *swap*: anti-personnel and anti-tank mines exchanged between sources; a row for each of the two columns.
    - *decimal*: figures whose ratio is within 0.5 % of 10, 100 or 1000.
    - *sum*: `items_total` is not the sum of the three counts, none of the four being rounded; `chosen` is the sum.
    - *parts*: the figures of shorter periods within a longer one that do not overlap, the longest first, exceed its
      figure by more than 2 %; `chosen` is the figure of the longer one, `rejected` the sum.
    - *span*: a longer statement or a difference of running totals is less than the known months within it, so that
      nothing is left for the unknown ones; `chosen` is the sum of the months.
    - *fall*: a running total is lower than an earlier one whose start is the same within 31 days; `chosen` is the
      later.
    - *copy*: two periods of one operator and district have the same three counts, all above 0.

    Examples
    --------
    >>> statements = pd.DataFrame({
    ...     "statement_id": ["s1", "s2", "s3"], "operator": "all", "area_ha": [524.6, 5246, 400],
    ...     "publisher": ["A", "B", "C"], "period_type": "week",
    ...     "period_start": ["2023-09-04", "2023-09-04", "2023-09-11"],
    ...     "period_end": ["2023-09-10", "2023-09-10", "2023-09-17"]})
    >>> clearance_conflicts(statements)[["kind", "start", "column", "chosen", "rejected", "statement_ids"]]
          kind      start   column  chosen rejected statement_ids
    0  decimal 2023-09-04  area_ha   524.6     5246         s1;s2
    >>> len(clearance_conflicts(statements.tail(1)))
    0
    """
    read = Statements(statements)
    found = [*_values(read), *_sums(read), *_parts(read), *_spans(read), *_falls(read), *_copies(read)]
    kind = KINDS.index
    found.sort(key=lambda c: (c.operator, c.district, c.start, c.end, kind(c.kind), c.column, c.message))
    types = dict.fromkeys(Conflict._fields, "str") | {"chosen": "float64"}
    return framed(dict.fromkeys(found), types | dict.fromkeys(["start", "end"], "datetime64[us]"))


def _values(read: Statements) -> Iterator[Conflict]:
    """Figures of one period that differ by more than rounding."""
    for group in read.groups:
        swapped = _swapped(read, group)
        for measure in MEASURES:
            choice = read.choice(group, measure)
            if choice is None or not choice.conflict:
                continue
            solid = [f for f in read.figures(group.rows, measure) if not f.rounded]
            rest = set(choice.rejected) & {figure.value for figure in solid}
            special = {
                "swap": {value for value in rest if (measure, value) in swapped},
                "decimal": {value for value in rest if _is_decimal(choice.value, value)},
            }
            special["decimal"] -= special["swap"]
            special["value"] = rest - special["swap"] - special["decimal"]
            for kind, values in special.items():
                if values:
                    ids = [figure.statement for figure in solid if figure.value in {*values, choice.value}]
                    other = joined(values)
                    said = f"{SAID[kind].format(measure)}: {shown(choice.value)} chosen"
                    said += f" ({_why(read, group, measure, choice)}), {other.replace(';', ', ')} rejected"
                    yield _conflict(kind, group, measure, choice.value, other, ids, said)


def _swapped(read: Statements, group: Group) -> set[tuple[str, float]]:
    """The mine counts of a group that another statement of it has the other way round."""
    pairs = {(read.values[MINES[0]][i], read.values[MINES[1]][i]) for i in group.rows}
    both = {(a, b) for a, b in pairs if a != b and (b, a) in pairs}
    return {(MINES[0], a) for a, _ in both} | {(MINES[1], b) for _, b in both}


def _is_decimal(a: float, b: float) -> bool:
    if min(a, b) <= 0:
        return False
    ratio = max(a, b) / min(a, b)
    return any(abs(ratio / step - 1) <= 0.005 for step in (10, 100, 1000))


def _why(read: Statements, group: Group, measure: str, choice: Choice) -> str:
    """Sources behind the chosen figure."""
    rejected = set(choice.rejected)
    some = {f.source for f in read.figures(group.rows, measure) if f.value not in rejected}
    return f"sources: {len(some)} of {choice.n_sources}"


def _sums(read: Statements) -> Iterator[Conflict]:
    """Items in total that are not the sum of the three counts."""
    for group in read.groups:
        for i in group.rows:
            parts = [read.values[measure][i] for measure in COUNTS]
            stated = read.items[i]
            if np.isnan([stated, *parts]).any() or stated == sum(parts):
                continue
            if not any(read.rounded(i, column) for column in (*COUNTS, "items_total")):
                said = f"items_total is {shown(stated)}, the three counts add to {shown(sum(parts))}"
                yield _conflict("sum", group, "items_total", sum(parts), shown(stated), [read.ids[i]], said)


def _parts(read: Statements) -> Iterator[Conflict]:
    """Shorter periods that together exceed the longer one around them."""
    for groups in read.by_place(cumulative=False):
        for measure in MEASURES:
            known = [(group, choice) for group in groups if (choice := read.choice(group, measure)) is not None]
            starts = [group.start for group, _ in known]
            for whole, choice in known:
                near = known[bisect_left(starts, whole.start) : bisect_right(starts, whole.end)]
                inside = [(group, part) for group, part in near if group.end <= whole.end and group is not whole]
                taken: list[tuple[Group, Choice]] = []
                for group, part in sorted(inside, key=lambda pair: (-pair[0].days, pair[0].start)):
                    if all(group.end < other.start or group.start > other.end for other, _ in taken):
                        taken.append((group, part))
                total = sum(part.value for _, part in taken)
                if taken and total > ABOVE * choice.value:
                    ids = [*choice.statements, *(s for _, part in taken for s in part.statements)]
                    added, many = shown(round(total, 6)), "s" if len(taken) > 1 else ""
                    said = f"{measure} of {len(taken)} shorter period{many} within is {added}, more than the "
                    said += f"{shown(choice.value)} of the whole{' (a round figure)' if choice.rounded else ''}"
                    yield _conflict("parts", whole, measure, choice.value, added, ids, said)


def _spans(read: Statements) -> Iterator[Conflict]:
    """Spans that are less than the months known in them."""
    for operator in sorted({g.operator for g in read.groups if g.district == ""} - {"", "unknown"}):
        months = Months(read, operator)
        months.cells  # noqa: B018  made here, it tells which spans are not used
        for measure, span, known in months.unused:
            what = "a difference of running totals" if span.method == "counter" else "a statement"
            given = shown(round(span.value, 6))
            said = f"{measure}: {what} gives {given}, the months known in it already {shown(round(known, 6))}; "
            said += "nothing is left for the others"
            where = Group(operator, "", span.first, span.last, cumulative=False, rows=())
            yield _conflict("span", where, measure, known, given, span.choice.statements, said)


def _falls(read: Statements) -> Iterator[Conflict]:
    """Running totals of one start that are lower than an earlier one."""
    for groups in read.by_place(cumulative=True):
        for cluster, measure in product(same_start(groups), MEASURES):
            standing: list[tuple[int, Choice]] = []
            for day in sorted({group.end for group in cluster}):
                rows = [i for group in cluster if group.end == day for i in group.rows]
                figures = [figure for figure in read.figures(rows, measure) if not figure.rounded]
                if not figures:
                    continue
                choice, over = chosen(figures), []
                while standing and standing[-1][1].value > choice.value:
                    over.append(standing.pop())
                standing.append((day, choice))
                if not over:
                    continue
                higher = joined(other.value for _, other in over)
                ids = [*choice.statements, *(s for _, other in over for s in other.statements)]
                said = f"{measure} falls to {shown(choice.value)} on {iso(day)} from {higher.replace(';', ', ')}; "
                where = replace(cluster[0], start=over[-1][0], end=day)
                yield _conflict("fall", where, measure, choice.value, higher, ids, said + "the later total is taken")


def _copies(read: Statements) -> Iterator[Conflict]:
    """Two periods with the same three counts."""
    for groups in read.by_place(cumulative=False):
        seen: dict[tuple[float, ...], dict[Group, list[str]]] = {}
        for group in groups:
            for i in group.rows:
                counts = tuple(float(read.values[measure][i]) for measure in COUNTS)
                if all(count > 0 for count in counts):
                    seen.setdefault(counts, {}).setdefault(group, []).append(read.ids[i])
        for counts, where in seen.items():
            periods = sorted(where, key=lambda g: (g.start, g.end))
            for group, other in pairwise(periods):
                said = ";".join(shown(count) for count in counts)
                ids = [*where[group], *where[other]]
                words = f"the three counts {said.replace(';', ', ')} stand again for {iso(other.start)} to "
                words += f"{iso(other.end)}: one of the two is probably a copy"
                yield _conflict("copy", group, ";".join(COUNTS), np.nan, said, ids, words)


def _conflict(
    kind: str, group: Group, column: str, chosen: float, rejected: str, ids: Iterable[str], message: str
) -> Conflict:
    period, statements = (date_of(group.start), date_of(group.end)), ";".join(sorted(set(ids)))
    return Conflict(kind, group.operator, group.district, *period, column, chosen, rejected, statements, message)
