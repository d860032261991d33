"""Small cells: which counts of a table are withheld before it is published, so that nobody is recognised by them.

In a small place a count of one or two people is a person: who knows the village knows who is meant by "killed: 1,
children". Statistical offices therefore withhold small counts. To withhold these alone is not enough: a reader who
has the total subtracts the others. So further cells are withheld beside them, until no withheld count follows from
the totals and the counts that are shown.
"""

from __future__ import annotations

import heapq
from collections import Counter, defaultdict
from collections.abc import Sequence

import numpy as np
import pandas as pd

from minestats.columns import check_number, counts, need, refused, texts
from minestats.errors import DataError, ParameterError, listed

NAME = "table"
MARK = "suppressed"
WITHHELD = "withheld"
ROW, COLUMN = 0, 1


def suppress(table: pd.DataFrame, *, below: int, count: str, by: str | Sequence[str] | None = None) -> pd.DataFrame:
    """Withhold small counts of a table, and as many others as keep them from being recomputed.

    Counts from 1 to `below` - 1 become missing. Then further counts do, the smallest that serve, so that none of the
    withheld ones is the difference between a total and what is shown. What is left may be published together with
    the totals of each value of `by`, and the total of the table.

    Parameters
    ----------
    table : pandas.DataFrame
        One row a cell: a count and what it is the count of.
    below : int
        The smallest count that may be shown, 2 or more; 3, 5 and 10 are usual. The rule of the authority that holds
        the data decides.
    count : str
        Column of the counts: whole numbers, 0 or more. A missing count stays missing and protects no other.
    by : str or sequence of str, optional
        One or two columns whose totals are published too. Missing is a value of its own. With two columns, each
        pair of values has at most one row, as in a table of districts by years. Without it the only total is that of
        the whole table.

    Returns
    -------
    pandas.DataFrame
        A copy with the same rows in the same order; the column `count` is Int64, missing where withheld, and the
        column `suppressed` (bool) tells which counts were.

    Raises
    ------
    ParameterError
        `below` is no whole number of 2 or more, or `by` names more than two columns, one twice, or `count`.
    DataError
        A column is missing or stands there already, a count is none, a pair of `by` has two rows, or a small count
        cannot be protected because too few cells stand beside it.

    Notes
    -----
    A count of 0 stays: it is about nobody, and an area without casualties is what a reader needs to know. Where
    zeros would tell something of all people in a group, this rule is not enough [1]_. A 0 is withheld only where
    nothing else can protect its neighbour.

    Take the values of the first column of `by` and those of the second as points, and each withheld cell as a line
    between two of them. A withheld cell can be computed from row and column totals exactly where its line is a bridge,
    that is, lies on no closed round of such lines [2]_. Hence each small cell is closed into a round: of all ways to
    do so, the one with the fewest zeros, then the smallest sum withheld, then the fewest cells. It follows that no
    total has exactly one withheld cell, which is the common rule and alone does not suffice with two columns. With
    one column, or none, a second cell of the same total is withheld, the smallest that is not 0.

    A total of a single cell is that cell: where the cell is withheld, its total must be too. Such totals count as
    not published; what they leave over of the grand total is treated as one total.

    Not covered: limits (withheld counts of a total sum to a known number, so none exceeds it, and one who knows this
    rule may guess more), other tables of the same people, totals by columns that are not in `by`, and a person who
    is one of the cells. For these use specialised software, or publish coarser groups [1]_.

    References
    ----------
    .. [1] Hundepool A, Domingo-Ferrer J, Franconi L, Giessing S, Nordholt ES, Spicer K, de Wolf PP. Statistical
       Disclosure Control. Wiley, 2012, chapter 4.
    .. [2] Gusfield D. A graph theoretic approach to statistical data security. SIAM Journal on Computing 17(3),
       1988, 552-571.

    Examples
    --------
    >>> table = pd.DataFrame({"district": ["Aghdam", "Fuzuli", "Lachin", "Shusha"], "killed": [9, 1, 4, 0]})
    >>> suppress(table, below=3, count="killed")
      district  killed  suppressed
    0   Aghdam       9       False
    1   Fuzuli    <NA>        True
    2   Lachin    <NA>        True
    3   Shusha       0       False

    Two years, with totals of both: three more cells close the round.

    >>> table = pd.DataFrame({"district": ["Aghdam", "Aghdam", "Fuzuli", "Fuzuli", "Lachin", "Lachin"],
    ...                       "year": [2024, 2025] * 3, "killed": [1, 8, 7, 6, 30, 40]})
    >>> suppress(table, below=3, count="killed", by=["district", "year"])["suppressed"].tolist()
    [True, True, True, True, False, False]

    An unknown count protects nothing, and is not marked:

    >>> suppress(pd.DataFrame({"killed": [None, 1, 5]}), below=3, count="killed")["suppressed"].tolist()
    [False, True, True]
    """
    least = int(check_number("below", below, least=2, whole=True))
    keys = _keys(by, count)
    need(table, [count, *keys], NAME)
    if MARK in table.columns:
        raise DataError(f"{NAME}: column '{MARK}' stands there already; drop it, or start from the full counts.")
    if not table.columns.is_unique:
        raise DataError(f"{NAME}: a column stands there twice; rename one.")
    values = counts(table, count, name=NAME)
    cells = _Cells(table, values, keys)
    small = np.flatnonzero((values >= 1) & (values < least))
    hidden = np.zeros(len(table), dtype=bool)
    hidden[small] = True
    unsafe = []
    for cell in sorted(small.tolist(), key=cells.rank.__getitem__):
        round_ = cells.way_round(cell, hidden)
        if round_ is None:
            unsafe.append(cell)
        else:
            hidden[round_] = True
    # the one known cell of a table is its own total
    if unsafe and np.count_nonzero(~np.isnan(values)) > 1:
        rule = "no other cells keep this count from being computed from the totals"
        remedy = "complete the table with rows of 0, join groups, or name fewer columns in `by`"
        told = table.assign(**{count: pd.array(values, dtype="Float64").astype("Int64")})
        wrong = np.isin(np.arange(len(table)), unsafe)
        error = refused("{n} small count{s} cannot be protected", told, wrong, count, rule, remedy, name=NAME)
        raise Unprotected(error.message, error.problems)
    result = table.copy()
    result[count] = pd.array([pd.NA if h or v != v else int(v) for h, v in zip(hidden, values, strict=True)], "Int64")
    result[MARK] = hidden
    return result


def publishable(table: pd.DataFrame, *, below: int, count: str, by: str | Sequence[str] | None = None) -> pd.DataFrame:
    """The table as a report shows it: small counts and those that protect them read "withheld", and stand last.

    Parameters
    ----------
    table, count, by
        As for `suppress`.
    below : int
        The smallest count that may be shown; with 0 or 1 the table stays as it is.

    Returns
    -------
    pandas.DataFrame
        The columns of `table`; `count` is object, whole numbers, missing, or the word "withheld". Where cells hold
        too little to protect each other, every count but 0 is withheld. Rows with a withheld count follow the others,
        ordered by their `by`: their order would tell which is larger.

    Raises
    ------
    ParameterError, DataError
        As `suppress`, but for counts that cannot be protected.

    Examples
    --------
    >>> table = pd.DataFrame({"settlement": ["A", "C", "B"], "killed": [9, 4, 1]})
    >>> publishable(table, below=3, count="killed", by="settlement")
      settlement    killed
    0          A         9
    1          B  withheld
    2          C  withheld
    """
    if below < 2:
        return table
    try:
        made = suppress(table, below=below, count=count, by=by)
    except Unprotected:
        made = table.copy()
        made[MARK] = table[count].fillna(0).to_numpy(dtype=float) > 0
    hidden = made.pop(MARK).to_numpy(dtype=bool)
    made[count] = made[count].astype(object).mask(hidden, WITHHELD)
    order = made[_keys(by, count)][hidden].sort_values(_keys(by, count)).index if by is not None else made.index[hidden]
    return pd.concat([made[~hidden], made.loc[order]]).reset_index(drop=True)


def withheld(*counts: float, below: int) -> bool:
    """Whether one of counts that add up to a known total is too small to be shown.

    Examples
    --------
    >>> withheld(2, 40, below=3), withheld(0, 40, below=3), withheld(2, 40, below=0)
    (True, False, False)
    """
    return any(1 <= number < below for number in counts)


class Unprotected(DataError):
    """A small count that no other cells keep from being computed."""


class _Cells:
    """The known cells as lines between the totals that they belong to, in an order that rows do not change."""

    def __init__(self, table: pd.DataFrame, values: np.ndarray, keys: list[str]) -> None:
        self.values = values
        known = np.flatnonzero(~np.isnan(values)).tolist()
        words = [texts(table, key).tolist() for key in keys]
        rows = words[0] if keys else [""] * len(table)
        columns = words[1] if len(keys) == 2 else [""] * len(table)
        if len(keys) == 2:
            seen = Counter(zip(rows, columns, strict=True))
            doubled = [seen[pair] for pair in zip(rows, columns, strict=True)]
            if max(doubled, default=1) > 1:
                rules = [
                    f"'{keys[0]}' {row!r} and this value have {n} rows" for row, n in zip(rows, doubled, strict=True)
                ]
                what = f"each pair of {listed(keys)} may have one row"
                wrong = np.array(doubled) > 1
                raise refused(what, table, wrong, keys[1], rules, "add the counts up first", name=NAME)
        all_words = [texts(table, column).tolist() for column in sorted(table.columns, key=str)]
        order = sorted(known, key=lambda i: (values[i], rows[i], columns[i], [word[i] for word in all_words]))
        self.rank = {cell: place for place, cell in enumerate(order)}
        many = [Counter(side[i] for i in known) for side in (rows, columns)]
        # None: the totals of single cells, which are not published
        self.ends = {
            i: tuple(
                (side, word[i] if many[side][word[i]] > 1 else None) for side, word in ((ROW, rows), (COLUMN, columns))
            )
            for i in known
        }
        # the fewest zeros, then the smallest sum, then the fewest cells: one whole number, of any length
        most = len(known) + 1, int(values[known].sum()) + 1
        self.price = {i: ((values[i] == 0) * most[1] + int(values[i])) * most[0] + 1 for i in known}
        self.at = defaultdict(list)
        for cell in order:
            for end in self.ends[cell]:
                self.at[end].append(cell)

    def way_round(self, cell: int, hidden: np.ndarray) -> list[int] | None:
        """The cells of the cheapest way between the two totals of a cell but itself; None where there is none."""
        start, goal = self.ends[cell]
        best = {start: 0}
        came: dict[tuple, tuple[tuple, int]] = {}
        done = set()
        queue = [(0, 0, start)]
        pushed = 0
        while queue:
            cost, _, here = heapq.heappop(queue)
            if here in done:
                continue
            done.add(here)
            if here == goal:
                way = []
                while here != start:
                    here, through = came[here]
                    way.append(through)
                return way
            for other in self.at[here]:
                if other == cell:
                    continue
                there = self.ends[other][1] if self.ends[other][0] == here else self.ends[other][0]
                new = cost if hidden[other] else cost + self.price[other]
                if there not in best or new < best[there]:
                    best[there], came[there] = new, (here, other)
                    pushed += 1
                    heapq.heappush(queue, (new, pushed, there))
        return None


def _keys(by: str | Sequence[str] | None, count: str) -> list[str]:
    if not isinstance(count, str):
        raise ParameterError(f"`count` must be the name of a column, not {count!r}.")
    keys: list = [] if by is None else list(by) if isinstance(by, list | tuple) else [by]
    if not all(isinstance(key, str) for key in keys) or (by is not None and not 1 <= len(keys) <= 2):
        raise ParameterError(f"`by` must name one or two columns, or be None, not {by!r}.")
    if len(set(keys)) < len(keys) or count in keys:
        raise ParameterError(f"`by` must name columns other than the counts '{count}', each once, not {listed(keys)}.")
    return keys
