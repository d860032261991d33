"""Casualties a year since the first day of counting, out of all that official totals say.

A running total is 0 on the day from which it counts, whether anybody prints that or not. Some statements give the
killed and the injured, or civilians and military apart, and not their sum; the sum is then computed here, in the open,
with its basis in a column. Over stretches of about a year the number of casualties is large enough to say something.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from minestats.columns import check_level, check_number, counts, framed, need
from minestats.errors import DataError, by_name
from minestats.estimate import LEVEL
from minestats.rates.casualties import CROSSINGS, SHARES, share_row, share_table
from minestats.rates.population import known_days
from minestats.totals.intervals import MIN_DAYS, interval_rates, trend_of_series
from minestats.totals.running import one_series, prepare, walk

ABOUT_A_YEAR = 340
"""Days: official dates wander, so a stretch of a year may end some weeks before the year is over."""

_PARTS = {"killed + injured": ("killed", "injured"), "four crossings": CROSSINGS}


def with_victims(totals: pd.DataFrame) -> pd.DataFrame:
    """Fill in the victims of totals that state only their parts, and say so.

    "20 killed and 85 injured" is a total of 105 victims, though nobody printed the sum.

    Parameters
    ----------
    totals : DataFrame
        As in `resolve_totals`.

    Returns
    -------
    DataFrame
        The table as given, with `victims` (Int64) filled where it was missing and all parts are stated, and
        `victims_basis` (text): "stated", "killed + injured", "four crossings" (civilians and military, killed and
        injured), or "" where the victims stay unknown.

    Raises
    ------
    DataError
        A count is negative or fractional.

    Notes
    -----
    A sum with an unknown part is unknown. A stated figure is never replaced. Rounded statements stay rounded: they are
    not used by `resolve_totals`, whatever is filled in.

    Examples
    --------
    >>> totals = pd.DataFrame({"victims": [None, None, 7], "killed": [20, 3, 1], "injured": [85, None, 5]})
    >>> with_victims(totals)[["victims", "victims_basis"]]
       victims     victims_basis
    0      105  killed + injured
    1     <NA>
    2        7            stated
    """
    need(totals, [], "victim_totals")
    victims = counts(totals, "victims", name="victim_totals")
    basis = np.where(np.isnan(victims), "", "stated").astype(object)
    for name, parts in _PARTS.items():
        whole = sum(counts(totals, part, name="victim_totals") for part in parts)
        filled = np.isnan(victims) & ~np.isnan(whole)
        victims, basis = np.where(filled, whole, victims), np.where(filled, name, basis)
    return totals.assign(
        victims=pd.array(victims, dtype="Float64").astype("Int64"), victims_basis=pd.array(basis, dtype="string")
    )


@by_name
def yearly_stretches(
    totals: pd.DataFrame,
    *,
    value: str = "victims",
    min_days: float = ABOUT_A_YEAR,
    dispersion: float = 1.0,
    level: float = LEVEL,
) -> pd.DataFrame:
    """Estimate casualties a year over stretches of about a year between official totals, from the first day.

    The question a report is asked: are it fewer than a year ago, and than at the beginning? A list of incidents answers
    it badly, because its completeness changes; the official totals answer it.

    Parameters
    ----------
    totals : DataFrame
        As in `resolve_totals`; `with_victims(totals)` adds the statements that give only the parts.
    value : str
        Count column, default "victims".
    min_days : float, default 340
        Shortest stretch in days; from the first day on a stretch ends with the first total that is as many days later.
    dispersion : float
        Variance over mean of the counts, 1 or more: that of the incident list for casualties.
    level : float
        Level of the intervals, 0.5 to 0.999.

    Returns
    -------
    DataFrame
        One row a stretch: `scope`, `since`, `start`, `end`, `days`, `count` as in `interval_rates`; `value`, `low`,
        `high` (float, a year), `n` (Int64, persons), `unit`, `method` (text), `dispersion`, `merged`,
        `authority_start` ("" for the first day), `authority_end`, `inferred`.

    Raises
    ------
    ParameterError
        An unknown column; an argument out of range.
    DataError
        No usable total; a date, or a count, is none.

    Notes
    -----
    `interval_rates` with the total 0 on `since`. A rest shorter than `min_days` extends the last stretch. An interval
    is of the rate of its stretch: it is no prediction of the next one.

    Examples
    --------
    >>> totals = pd.DataFrame({
    ...     "scope": "national", "since": "2020-11-10", "authority": "anama",
    ...     "as_of": ["2021-11-10", "2022-03-01", "2022-11-10"], "victims": [150, 170, 230]})
    >>> yearly_stretches(totals)[["start", "end", "count", "days"]]
           start        end  count  days
    0 2020-11-10 2021-11-10    150   365
    1 2021-11-10 2022-11-10     80   365
    """
    made = interval_rates(
        totals, value=value, min_days=min_days, dispersion=dispersion, level=level, from_start=True
    ).rename(columns={"rate": "value"})
    words = f"exact Poisson (Garwood), dispersion {dispersion:.3g}; stretches of {min_days:g} days or more"
    place = made.columns.get_loc("dispersion")
    for name, text in (("method", words), ("unit", "per year")):
        made.insert(place, name, pd.array([text] * len(made), dtype="string"))
    made.insert(place, "n", made["count"])
    return made


def present_stretch(
    totals: pd.DataFrame, knots: pd.DataFrame, *, value: str = "victims"
) -> tuple[pd.Timestamp, pd.Timestamp, int]:
    """Return the longest stretch between two totals over which the number of people present is known.

    A rate needs both its parts of the same days. The longest such time has most casualties, and nobody chose it.

    Parameters
    ----------
    totals : DataFrame
        As in `resolve_totals`, of exactly one series.
    knots : DataFrame
        As `people_present` returns them.
    value : str
        Count column, default "victims".

    Returns
    -------
    tuple of Timestamp, Timestamp and int
        The days of the two totals, and the people counted after the first and up to the second: `since`, `until` and
        `count` of `rate_per_people`.

    Raises
    ------
    DataError
        Not exactly one series, no knot, or fewer than two totals within the days that are known.

    Examples
    --------
    >>> totals = pd.DataFrame({
    ...     "since": "2020-11-10", "authority": "anama", "as_of": ["2022-12-31", "2023-06-30", "2024-03-01"],
    ...     "victims": [270, 290, 310]})
    >>> knots = pd.DataFrame({"as_of": ["2023-01-01", "2024-01-01"], "value": [1000, 2000]})
    >>> since, until, count = present_stretch(totals, knots)
    >>> print(since.date(), until.date(), count)
    2022-12-31 2023-06-30 20
    """
    one = one_series(totals, value)
    first, last = known_days(knots)
    inside = np.flatnonzero((one.as_of >= first) & (one.as_of <= last))
    if len(inside) < 2:
        raise DataError(
            f"victim_totals: {len(inside)} totals from {first} to {last}, when the number of people is known; "
            "a rate needs two."
        )
    i, j = inside[0], inside[-1]
    return pd.Timestamp(one.as_of[i]), pd.Timestamp(one.as_of[j]), int(one.total[j] - one.total[i])


@by_name
def trend_variants(
    totals: pd.DataFrame, *, value: str = "victims", from_start: bool = True, level: float = LEVEL
) -> pd.DataFrame:
    """Show how much the annual change depends on choices that could have been made otherwise.

    What if the shortest interval were longer, falls of the totals resolved in another way, or the stretch with most
    casualties left out? Where these rows tell different stories, none of them should be told alone.

    Parameters
    ----------
    totals : DataFrame
        As in `resolve_totals`, of exactly one series.
    value : str
        Count column, default "victims".
    from_start : bool
        Begin with the total 0 on `since`.
    level : float
        Level of the intervals, 0.5 to 0.999.

    Returns
    -------
    DataFrame
        One row a variant: `variant` (text), `policy`, `min_days`, `without` (text, the stretch left out, "" for none),
        `value`, `low`, `high` (percent a year; NaN where the variant leaves too few intervals), `n` (Int64,
        intervals), `unit`, `method` (text).

    Raises
    ------
    DataError
        Not exactly one series; no usable total.

    Notes
    -----
    The largest stretch is the one with the highest rate among those with more than an average count; its casualties
    and its days leave together.

    Examples
    --------
    >>> totals = pd.DataFrame({
    ...     "scope": "national", "since": "2020-11-10", "authority": "anama",
    ...     "as_of": pd.Timestamp("2021-11-10") + pd.to_timedelta([0, 365, 730, 1095, 1460, 1825], unit="D"),
    ...     "victims": [160, 240, 280, 300, 310, 315]})
    >>> trend_variants(totals)[["variant", "n"]].head(2)
                                            variant  n
    0                  intervals of 14 days or more  6
    1  intervals of 14 days or more, without the l...  5
    """
    level = check_level(level)
    rows = []
    for policy in ("later-wins", "isotonic"):
        one = one_series(totals, value, policy=policy, from_start=from_start)
        for min_days in (*MIN_DAYS, 180) if policy == "later-wins" else MIN_DAYS[:1]:
            opened, closed = walk(one, min_days)
            count, days = one.total[closed] - one.total[opened], (one.as_of[closed] - one.as_of[opened]).astype(float)
            largest = int(np.argmax(np.where(count >= count.mean(), count / days, -1.0)))
            words = f"intervals of {min_days:g} days or more" if policy == "later-wins" else f"totals by {policy} fit"
            for left_out in (None, largest):
                without = "" if left_out is None else f"{one.as_of[opened[largest]]} to {one.as_of[closed[largest]]}"
                try:
                    found = trend_of_series(one, min_days, level=level, without=left_out)
                except DataError as error:
                    limits, method = (np.nan,) * 3, str(error)
                else:
                    limits, method = (found.value, found.low, found.high), found.method
                name = words + (", without the largest" if without else "")
                n = len(opened) - bool(without)
                rows.append((name, policy, float(min_days), without, *limits, n, "percent per year", method))
    text = dict.fromkeys(["variant", "policy", "without", "unit", "method"], "string")
    names = ["variant", "policy", "min_days", "without", "value", "low", "high", "n", "unit", "method"]
    return framed(rows, dict.fromkeys(names, "float64") | text | {"n": "Int64"})


@by_name
def official_shares(totals: pd.DataFrame, *, dispersion: float = 1.0, level: float = LEVEL) -> pd.DataFrame:
    """Estimate shares of the casualties from the newest official totals that state both parts.

    An authority that counts all casualties knows better than a list of incidents which part of them died, or were
    civilians: the list holds deaths more often than injuries, and civilians more often than soldiers.

    Parameters
    ----------
    totals : DataFrame
        As in `resolve_totals`; filter it to one scope and start first.
        Totals of single years or months (`span`) are added up.
    dispersion : float
        Design effect of people hurt together, 1 or more: the dispersion of the incident list.
    level : float
        Level of the intervals, 0.5 to 0.999.

    Returns
    -------
    DataFrame
        One row a share that a usable total states, columns as in `shares` and `as_of` (datetime64[us]), `total_id`,
        `authority` (text): "killed" (of casualties), "civilians" (of casualties), "killed_of_civilians",
        "killed_of_military".

    Raises
    ------
    DataError
        A column is missing; a date, or a count, is none.

    Notes
    -----
    Usable rows are those of `resolve_totals`. On the newest day with all parts of a share the figures of most sources
    count, a tie going to the larger. No part is computed from a whole: victims beyond the parts are `unknown`, and
    the share is withheld where they are more than those known.

    Examples
    --------
    >>> totals = pd.DataFrame({
    ...     "total_id": "a", "since": "2020-11-10", "as_of": ["2023-06-16"], "authority": "anama",
    ...     "killed": [57], "injured": [247]})
    >>> official_shares(totals, dispersion=2.5)[["share", "value", "part", "n"]]
        share   value  part    n
    0  killed  0.1875    57  304
    """
    effect = check_number("dispersion", dispersion, least=1.0)
    rows = prepare(totals)
    found = []
    for name, (yes, no) in SHARES.items():
        figures, usable = rows.stating(*yes, *no)
        if not usable:
            continue
        last = newest = max(rows.as_of[i] for i in usable)
        taken: list[int] = []
        while usable and (not taken or rows.bounded[taken[-1]]):
            here = [i for i in usable if rows.as_of[i] == newest]
            votes: dict[tuple, set[str]] = {}
            for i in here:
                votes.setdefault(tuple(figures[i]), set()).add(rows.source[i])
            best = max(votes, key=lambda parts: (len(votes[parts]), sum(parts)))
            taken.append(min((i for i in here if tuple(figures[i]) == best), key=rows.ids.__getitem__))
            # single years are added up, as far as they lie before one another
            usable = [i for i in usable if rows.bounded[i] and rows.as_of[i] < rows.since[taken[-1]]]
            newest = max((rows.as_of[i] for i in usable), default=newest)
        k, n, unknown = int(figures[taken, : len(yes)].sum()), int(figures[taken].sum()), 0
        if name in ("killed", "civilians") and "victims" in rows.figures:  # of whom the total says that they were hurt
            rest = rows.figures["victims"][taken] - figures[taken].sum(axis=1)
            unknown = int(np.nansum(np.maximum(rest, 0)))
        row_of = share_row(name, k, n, unknown=unknown, effect=effect, level=level)
        found.append(row_of | {"as_of": last, "total_id": rows.ids[taken[0]], "authority": rows.authority[taken[0]]})
    made = share_table(found, ["as_of", "total_id", "authority"])
    return made.astype({"as_of": "datetime64[us]", "total_id": "string", "authority": "string"})
