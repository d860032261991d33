"""How many people lived with the danger, and for how long: the denominator of a rate per population.

Offices publish how many people live in a country, or live and work in a region, on irregular days. Between two such
days the number is taken to change evenly; the area under that line is the exposure in person-years. Nothing is guessed
far beyond the figures: a rate whose exposure is not known is refused.

The figures of the people present are exact on a few days, and "more than 40,000" or "about 30,000" on others. A round
figure says something where no exact one does, and where it lies above the line; elsewhere it only repeats. Between two
figures nobody knows how the number grew, so beside the straight line stand the two steps that enclose it.

The time that registers cover is an exposure too: outside of it nothing is known, and nothing known is not none.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import pandas as pd

from minestats.columns import DAYS_PER_YEAR, check_order, counts, dates, days, need, needed_date, refused, texts
from minestats.errors import DataError, ParameterError, by_name, check_choice
from minestats.estimate import LEVEL, Estimate
from minestats.periods import DAY, INTERVALS, grid
from minestats.rates.comparison import times
from minestats.rates.formulas import rate

NEAR_DAYS = 14
BACKWARDS_DAYS = 31


def population_figures(
    estimates: pd.DataFrame, metric: str, *, district: str = "", sex: str = "", age_group: str = ""
) -> pd.DataFrame:
    """Return one figure a day of a population metric, for the whole country or a district, or those of a sex or age.

    Rows of another district, sex or age group, or of a place, are left out, as are rows without an as-of date. Rows of
    one source, day, sex and age group are years of age, and are added. Where statements of one day differ, an
    unrounded figure wins, then the one with most sources, then the larger.

    Parameters
    ----------
    estimates : DataFrame
        The table `estimates`: metric, value (persons), as_of, and where given district, place, sex, age_group,
        rounded, source_id.
    metric : str
        The metric wanted, such as "population_country" or "returnees".
    district, sex, age_group : str, optional
        Whose figures are wanted; empty: the whole country, both sexes, all ages.

    Returns
    -------
    DataFrame
        `as_of` (datetime64), `value` (float, persons), `sources` (int), in order of time; empty where there are none.

    Examples
    --------
    >>> from minestats import load
    >>> population_figures(load().estimates, "population_country").head(2)
           as_of      value  sources
    0 2019-01-01  9981500.0        1
    1 2019-10-01  9951409.0        1
    """
    rows = _of_the_whole(estimates, metric, district=district, sex=sex, age_group=age_group)
    rows["rounded"] = rows["rounded"] != ""
    if sex or age_group:
        rows = rows.groupby(["as_of", "source"], as_index=False).agg(rounded=("rounded", "max"), value=("value", "sum"))
    grouped = rows.groupby(["as_of", "value"], as_index=False).agg(
        rounded=("rounded", "min"), sources=("source", "nunique")
    )
    best = grouped.sort_values(["as_of", "rounded", "sources", "value"], ascending=[True, True, False, False])
    return best.drop_duplicates("as_of").drop(columns="rounded").reset_index(drop=True)[["as_of", "value", "sources"]]


def person_years(figures: pd.DataFrame, *, since: object, until: object, reach_days: int = 183) -> float:
    """Return the person-years lived between two days, from irregular population figures.

    Parameters
    ----------
    figures : DataFrame
        `as_of` and `value` (persons), one figure a day, as `population_figures` returns them.
    since, until : date or ISO text
        First and last day, both counted.
    reach_days : int
        How many days beyond the first and last figure the nearest one still holds.

    Returns
    -------
    float
        Person-years: the sum over the days of the number of people, divided by 365.25.

    Raises
    ------
    ParameterError
        `until` lies before `since`.
    DataError
        There is no figure, or a day lies more than `reach_days` before the first or after the last.

    Notes
    -----
    Straight lines between figures; the first and last figure hold for up to `reach_days` beyond. A figure says who is
    registered, not who is exposed: soldiers, workers and visitors are often not in it.

    Examples
    --------
    >>> two = pd.DataFrame({"as_of": ["2023-01-01", "2024-01-01"], "value": [1000, 3000]})
    >>> round(person_years(two, since="2023-01-01", until="2023-12-31"))
    1996
    >>> person_years(two, since="2010-01-01", until="2010-12-31")
    Traceback (most recent call last):
    minestats.errors.DataError: population: the first figure is of 2023-01-01, more than 183 days after 2010-01-01...
    """
    first, last = needed_date(since, "since"), needed_date(until, "until")
    check_order(first, last)
    day, value = _knots(figures, "population")
    lived = np.arange(first.to_datetime64(), last.to_datetime64() + DAY, dtype="datetime64[D]").astype("int64")
    late, early = day[0] - lived[0] > reach_days, lived[-1] - day[-1] > reach_days
    if late or early:
        which, at, edge = ("first", day[0], f"after {first:%F}") if late else ("last", day[-1], f"before {last:%F}")
        raise DataError(
            f"population: the {which} figure is of {np.datetime64(int(at), 'D')}, more than {reach_days} days {edge}; "
            "give a figure nearer to the period, or a shorter period."
        )
    return float(np.interp(lived, day, value).sum() / DAYS_PER_YEAR)


class PersonYears(NamedTuple):
    """Person-years by the straight line, and by the steps below and above it."""

    value: float
    low: float
    high: float


def people_present(estimates: pd.DataFrame, metric: str) -> pd.DataFrame:
    """Return the figures that the line of people present goes through, and those it does not, with the reason.

    Parameters
    ----------
    estimates : DataFrame
        The table `estimates`: metric, value (persons), as_of, and where given district, place, rounded, source_id.
    metric : str
        The metric wanted.

    Returns
    -------
    DataFrame
        One row a day and figure of the whole, in order: `as_of` (datetime64), `value` (float, persons), `rounded`
        (text: "", "more_than", "nearly", "about"), `sources` (int), `used` (bool), `reason` (text).

    Raises
    ------
    DataError
        A column is missing, or a figure is none.

    Notes
    -----
    Exact figures are knots, one a day: the one of most sources, then the larger. Between the first and the last exact
    figure "more than v" is a knot where the line lies below v (the one that is furthest above it first); "nearly" and
    "about" are not. Outside, more than 14 days away, rounded figures are knots. Rows of a district or a place are parts
    and left out, as are rows without a day.

    Examples
    --------
    >>> figures = pd.DataFrame({
    ...     "metric": "people", "as_of": ["2023-01-01", "2023-04-11", "2023-07-20", "2024-01-01"],
    ...     "value": [1000, 1900, 1000, 2000], "rounded": ["", "more_than", "nearly", ""]})
    >>> people_present(figures, "people")[["as_of", "value", "used", "reason"]]
           as_of   value   used                                     reason
    0 2023-01-01  1000.0   True
    1 2023-04-11  1900.0   True                         above the line: at least
    2 2023-07-20  1000.0  False  rounded, between exact figures
    3 2024-01-01  2000.0   True
    """
    rows = _of_the_whole(estimates, metric)
    made = rows.groupby(["as_of", "value", "rounded"], as_index=False).agg(sources=("source", "nunique"))
    made = made.sort_values(["as_of", "rounded", "sources", "value"], ascending=[True, True, False, False])
    made = made.reset_index(drop=True)
    day = made["as_of"].to_numpy().astype("datetime64[D]").astype("int64")
    value = made["value"].to_numpy()
    exact = (made["rounded"] == "").to_numpy()
    used = exact & ~made["as_of"].where(exact).duplicated().to_numpy()
    reason = np.where(exact & ~used, "another figure of the day", np.where(exact, "", "rounded, between exact figures"))
    if used.any():
        first, last = day[used].min(), day[used].max()
        inside = (day >= first) & (day <= last)
        floor = inside & (made["rounded"] == "more_than").to_numpy()
        while True:  # a knot lifts the line for those that are left
            above = np.where(floor & ~used, value - np.interp(day, day[used], value[used]), -1.0)
            best = int(np.argmax(above))
            if above[best] <= 0:
                break
            used[best], reason[best] = True, "above the line: at least"
        far = ~exact & ((first - day > NEAR_DAYS) | (day - last > NEAR_DAYS))
        reason[~exact & ~inside & ~far] = "rounded, near an exact figure"
    else:
        far = ~exact
    later = far & ~made["as_of"].where(far).duplicated().to_numpy()
    reason[far] = np.where(later[far], "rounded, no exact figure near", "another figure of the day")
    made["used"], made["reason"] = used | later, pd.array(reason, dtype="string")
    return made


@by_name
def person_years_bounds(knots: pd.DataFrame, *, since: object, until: object) -> PersonYears:
    """Return the person-years lived after one day and up to another, with the least and the most that they can be.

    Parameters
    ----------
    knots : DataFrame
        As `people_present` returns them; without a column `used` all rows are knots.
    since, until : date or ISO text
        The day before the first one counted (the day of the earlier total), and the last day counted.

    Returns
    -------
    PersonYears
        `value` by straight lines between the knots; `low` and `high` with each day at the lower and at the higher of
        the knots before and after it.

    Raises
    ------
    ParameterError
        `until` is not after `since`.
    DataError
        There is no knot, a day lies more than 31 days before the first, or after the last.

    Notes
    -----
    Sums over the days since < d <= until, over 365.25. Up to 31 days before the first knot its figure holds. After the
    last nothing is known: a number of people that grows is not made flat.

    Examples
    --------
    >>> knots = pd.DataFrame({"as_of": ["2023-01-01", "2024-01-01"], "value": [1000, 2000]})
    >>> [round(years) for years in person_years_bounds(knots, since="2023-01-01", until="2024-01-01")]
    [1500, 1002, 1999]
    """
    first, last = needed_date(since, "since"), needed_date(until, "until")
    if last <= first:
        raise ParameterError(f"`until` ({until}) must be a day after `since` ({since}).")
    day, value = _knots(knots)
    lived = np.arange(first.to_datetime64() + DAY, last.to_datetime64() + DAY, dtype="datetime64[D]").astype("int64")
    if day[0] - lived[0] > BACKWARDS_DAYS or lived[-1] > day[-1]:
        raise DataError(
            f"people present: known from {np.datetime64(int(day[0]), 'D')} to {np.datetime64(int(day[-1]), 'D')}, not "
            f"from {first:%Y-%m-%d} to {last:%Y-%m-%d}; give a period within, or at most {BACKWARDS_DAYS} days before."
        )
    before = value[np.maximum(np.searchsorted(day, lived, side="right") - 1, 0)]
    after = value[np.searchsorted(day, lived, side="left")]
    low, high = np.minimum(before, after), np.maximum(before, after)
    return PersonYears(*(float(n.sum() / DAYS_PER_YEAR) for n in (np.interp(lived, day, value), low, high)))


def _knots(knots: pd.DataFrame, name: str = "people present") -> tuple[np.ndarray, np.ndarray]:
    """Days (as numbers) and people of the knots, in order of time."""
    need(knots, ["as_of", "value"], name)
    rows = knots[knots["used"].to_numpy(dtype=bool)] if "used" in knots else knots
    if not len(rows):
        raise DataError(f"{name}: no figure; a rate per {name} needs one.")
    day = days(rows, "as_of", name=name, required=True).astype("int64")
    value = counts(rows, "value", name=name, whole=False)
    order = np.argsort(day, kind="stable")
    return day[order], value[order]


def known_days(knots: pd.DataFrame) -> tuple[np.datetime64, np.datetime64]:
    """Return the first and the last day between which `person_years_bounds` knows the people present.

    Examples
    --------
    >>> knots = pd.DataFrame({"as_of": ["2023-02-01", "2024-01-01"], "value": [1000, 2000]})
    >>> [str(day) for day in known_days(knots)]
    ['2022-12-31', '2024-01-01']
    """
    day, _ = _knots(knots)
    return np.datetime64(int(day[0]) - BACKWARDS_DAYS - 1, "D"), np.datetime64(int(day[-1]), "D")


@by_name
def rate_per_people(
    count: int,
    knots: pd.DataFrame,
    *,
    since: object,
    until: object,
    per: float = 100_000,
    dispersion: float = 1.0,
    share: Estimate | None = None,
    level: float = LEVEL,
) -> pd.DataFrame:
    """Estimate casualties for each 100,000 people present a year, with what is unknown of the people as well.

    Parameters
    ----------
    count : int
        Casualties between the two days: the later official total minus the earlier.
    knots : DataFrame
        As `people_present` returns them.
    since, until : date or ISO text
        The days of the two totals.
    per : float, default 100_000
        People that the rate is stated for.
    dispersion : float
        Variance over mean of the casualties, 1 or more.
    share : Estimate, optional
        Part of the casualties that the people counted in `knots` are: the rate is multiplied by it.
    level : float
        Level of the interval, 0.5 to 0.999.

    Returns
    -------
    DataFrame
        One row: `since`, `until` (datetime64), `count` (Int64), `person_years`, `person_years_low`,
        `person_years_high` (float), `value`, `low`, `high` (float, per `per` person-years), `n` (Int64), `unit`,
        `method` (text), `range_low`, `range_high` (the limits with the most and the fewest people).

    Raises
    ------
    DataError, ParameterError
        As for `person_years_bounds`, `rate` and `times`.

    Examples
    --------
    >>> knots = pd.DataFrame({"as_of": ["2023-01-01", "2024-01-01"], "value": [1000, 2000]})
    >>> row = rate_per_people(3, knots, since="2023-01-01", until="2024-01-01").iloc[0]
    >>> [round(row[name]) for name in ("value", "low", "high", "range_low", "range_high")]
    [200, 41, 584, 31, 875]
    """
    years = person_years_bounds(knots, since=since, until=until)
    words = f"per {per:,.0f} people present, a year"
    found = [
        rate(count, exposure, per=per, dispersion=dispersion, level=level, unit=words)
        for exposure in (years.value, years.high, years.low)
    ]
    if share is not None:
        found = [times(one, share) for one in found]
    made, least, most = found
    numbers = dict(zip(("person_years", "person_years_low", "person_years_high"), years, strict=True))
    numbers |= {"value": made.value, "low": made.low, "high": made.high}
    row = {"since": needed_date(since, "since"), "until": needed_date(until, "until"), "count": made.n, **numbers}
    row |= {"n": made.n, "unit": words, "method": made.method, "range_low": least.low, "range_high": most.high}
    return pd.DataFrame([row]).astype({"count": "Int64", "n": "Int64", "unit": "string", "method": "string"})


@by_name
def covered_days(sources: pd.DataFrame, *, since: object, until: object, interval: str = "year") -> pd.DataFrame:
    """Count the days of each period that at least one register covers.

    Parameters
    ----------
    sources : DataFrame
        One row a register: `covered_from`, `covered_until` (dates, both days covered). A row without both covers
        nothing: it is a page, no register.
    since, until : date or ISO text
        First and last day of the window, both inside.
    interval : {"day", "week", "month", "quarter", "year"}
        Calendar period.

    Returns
    -------
    DataFrame
        One row a period of the window: `period_start`, `period_end` (datetime64[us], cut to the window), `days`
        (Int64), `covered` (Int64, days covered).

    Raises
    ------
    ParameterError
        An unknown interval, or `until` before `since`.
    DataError
        A column is missing, a date is none, only one of both is given, a register ends before it begins, or no row is
        a register: then nothing is known of what is covered, which is not nothing.

    Examples
    --------
    >>> registers = pd.DataFrame({"covered_from": ["2021-01-01", None], "covered_until": ["2021-12-31", None]})
    >>> covered_days(registers, since="2021-07-01", until="2022-12-31")[["days", "covered"]].values.tolist()
    [[184, 184], [365, 0]]
    """
    check_choice("interval", interval, INTERVALS)
    first, last = needed_date(since, "since"), needed_date(until, "until")
    check_order(first, last)
    start, end = first.to_datetime64().astype("datetime64[D]"), last.to_datetime64().astype("datetime64[D]")
    starts, ends = grid(start, end, interval)
    starts, ends = np.maximum(starts, start), np.minimum(ends, end)
    edges = np.append((starts - start).astype("int64"), int((end - start).astype("int64")) + 1)
    covered = np.add.reduceat(_covered(sources, start, end), edges[:-1])
    return pd.DataFrame(
        {
            "period_start": starts.astype("datetime64[us]"),
            "period_end": ends.astype("datetime64[us]"),
            "days": pd.array(np.diff(edges), dtype="Int64"),
            "covered": pd.array(covered, dtype="Int64"),
        }
    )


def _covered(sources: pd.DataFrame, start: np.datetime64, end: np.datetime64) -> np.ndarray:
    """One number for each day of the window: 1 where a register covers it."""
    need(sources, ["covered_from", "covered_until"], "sources")
    begin, stop = (days(sources, name, name="sources") for name in ("covered_from", "covered_until"))
    wrong = (np.isnat(begin) != np.isnat(stop)) | (stop < begin)
    if wrong.any():
        rule = "both covered_from and covered_until, in this order, or neither"
        what = "{n} span{s} of a register cannot be used"
        raise refused(what, sources, wrong, "covered_until", rule, "correct the dates", name="sources")
    if np.isnat(begin).all():
        raise DataError("sources: no register says which days it covers (covered_from, covered_until).")
    window, covered = np.arange(start, end + DAY), np.zeros(int((end - start).astype(int)) + 1, dtype="int64")
    for a, b in zip(begin, stop, strict=True):
        covered |= (window >= a) & (window <= b)
    return covered


def _of_the_whole(estimates: pd.DataFrame, metric: str, **of: str) -> pd.DataFrame:
    """The dated figures of a metric of the district, sex and age group, or of all: `as_of, value, rounded, source`."""
    need(estimates, ["metric", "value", "as_of"], "estimates")
    rows = pd.DataFrame(
        {
            "as_of": dates(estimates, "as_of", name="estimates"),
            "value": counts(estimates, "value", name="estimates", whole=False),
            "rounded": texts(estimates, "rounded").to_numpy(),
            "source": texts(estimates, "source_id").to_numpy(),
        }
    )
    wanted = (rows["as_of"].notna() & rows["value"].notna()).to_numpy() & (texts(estimates, "metric") == metric)
    for name in ("district", "place", "sex", "age_group"):
        wanted &= texts(estimates, name) == of.get(name, "")
    return rows[wanted.to_numpy()]
