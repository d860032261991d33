"""How many people lived with the danger, and for how long: the denominator of a rate per population.

Offices publish how many people live in a country, or have returned to a region, on irregular days. Between two such
days the number is taken to change evenly; the area under that line is the exposure in person-years. Nothing is guessed
far beyond the figures: a rate whose exposure is not known is refused.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from minestats.columns import DAYS_PER_YEAR, as_date, counts, dates, need, texts
from minestats.errors import DataError, ParameterError


def population_figures(estimates: pd.DataFrame, metric: str) -> pd.DataFrame:
    """Return one figure a day of a population metric, for the whole country.

    Rows of a district or a place are parts and left out, as are rows without an as-of date. Where statements of one
    day differ, an unrounded figure wins, then the one with most sources, then the larger.

    Parameters
    ----------
    estimates : DataFrame
        The table `estimates`: metric, value (persons), as_of, and where given district, place, rounded, source_id.
    metric : str
        The metric wanted, such as "population_country" or "returnees".

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
    need(estimates, ["metric", "value", "as_of"], "estimates")
    rows = pd.DataFrame(
        {
            "as_of": dates(estimates, "as_of", name="estimates", key="estimate_id"),
            "value": counts(estimates, "value", name="estimates", key="estimate_id", whole=False),
            "rounded": texts(estimates, "rounded") != "",
            "source": texts(estimates, "source_id"),
            "part": (texts(estimates, "district") != "") | (texts(estimates, "place") != ""),
            "metric": texts(estimates, "metric"),
        }
    )
    rows = rows[(rows["metric"] == metric) & ~rows["part"] & rows["as_of"].notna() & rows["value"].notna()]
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
    need(figures, ["as_of", "value"], "population")
    first, last = as_date(since, "since"), as_date(until, "until")
    if last < first:
        raise ParameterError(f"`until` ({last:%Y-%m-%d}) lies before `since` ({first:%Y-%m-%d}).")
    if not len(figures):
        raise DataError("population: no figure; a rate per population needs one.")
    day = dates(figures, "as_of", name="population", required=True).to_numpy().astype("datetime64[D]").astype(int)
    value = counts(figures, "value", name="population", whole=False)
    order = np.argsort(day, kind="stable")
    day, value = day[order], value[order]
    start, end = (np.datetime64(d, "D").astype(int) for d in (first, last))
    if day[0] - start > reach_days or end - day[-1] > reach_days:
        which, at, edge = (
            ("first", day[0], f"after {first:%Y-%m-%d}")
            if day[0] - start > reach_days
            else ("last", day[-1], f"before {last:%Y-%m-%d}")
        )
        raise DataError(
            f"population: the {which} figure is of {np.datetime64(int(at), 'D')}, more than {reach_days} days {edge}; "
            "give a figure nearer to the period, or a shorter period."
        )
    return float(np.interp(np.arange(start, end + 1), day, value).sum() / DAYS_PER_YEAR)
