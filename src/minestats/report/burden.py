"""Burden: how many people are hurt for each 100,000 of those who live or work there."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

import pandas as pd

from minestats.errors import DataError
from minestats.incidents import incidence, present_share
from minestats.rates import people_present, rate, rate_per_people
from minestats.rates.population import person_years, population_figures
from minestats.report.reporting import LIMITS, Report, section, words
from minestats.say import day, many, number
from minestats.totals import interval_rates, present_stretch, series, with_victims


def _no_people(r: Report) -> str:
    return "No rate per population: the data hold no number of people for this time." if r.official else r.no_totals


def present(r: Report) -> pd.DataFrame:
    """The published figures of the people present, those the line goes through and those it does not, and why."""
    metric = r.data.settings["people_present"].get("metric") if r.official else None
    rows = people_present(r.data.estimates, metric) if metric else pd.DataFrame(columns=["as_of", "value"])
    title = str(r.data.settings["metrics"].get(metric, {}).get("title", metric)).lower()
    return section(rows[rows["as_of"] <= r.until], f"Published figures: {title} (persons)", empty=_no_people(r))


def _figures(r: Report, metric: str, since: pd.Timestamp, until: pd.Timestamp) -> pd.DataFrame:
    rows = r.data.estimates
    return rows[rows["metric"].eq(metric) & rows["district"].isna() & rows["as_of"].between(since, until)]


def per_people(r: Report) -> pd.DataFrame:
    """Official casualties a year for each 100,000 people present, inhabitants and returnees, with both ranges.

    Where there are no official totals, the casualties of the list stand in their place.
    """
    if not r.official:
        rows = listed_per_people(r)
        rows.attrs["empty"] = f"{r.no_totals} {rows.attrs['empty']}"
        return rows
    made, totals, says, cited = [], with_victims(r.totals), "", ""
    given: Any = {"dispersion": r.phi, "level": r.level}
    try:
        since, until, count = present_stretch(totals, present(r))
        near = r.incidents[(r.incidents["date"] > since) & (r.incidents["date"] <= until)]
        part = present_share(near, r.data.settings["people_present"]["districts"], level=r.level)
        for who, share in (("people present", None), ("people present, not in military service", part)):
            row = rate_per_people(count, present(r), since=since, until=until, share=share, **given)
            made.append(row.iloc[0].to_dict() | {"who": who})
        ends = r.cite(r.totals[r.totals["victims"].notna() & r.totals["as_of"].isin([since, until])])
        cited = f"{ends} {r.cite(_figures(r, r.data.settings['people_present']['metric'], since, until))}"
    except DataError:  # no figure of people, fewer than two totals, or too few casualties of known place
        pass
    try:
        single = len(series(totals)) > 1  # totals of single years: each is a stretch of its own
        steps = interval_rates(totals, from_start=single, **given)
    except DataError:  # no total with a day
        steps = pd.DataFrame()
    for metric, who in (("population_country", "inhabitants of the country"), ("returnees", "returnees")):
        figures, reach = population_figures(r.data.estimates, metric), pd.Timedelta(days=183)
        first, last = figures["as_of"].min() - reach, figures["as_of"].max() + reach
        used = (
            steps[(steps["start"] >= first) & (steps["end"] <= last)] if len(steps) and len(figures) else steps.head(0)
        )
        if len(used):
            since, until, count = used["start"].min(), used["end"].max(), int(used["count"].sum())
            days = zip(used["start"] + pd.Timedelta(days=1), used["end"], strict=True)
            lived = sum(person_years(figures, since=first, until=last) for first, last in days)
            one = rate(count, lived, per=100_000, **given)
            row = {"since": since, "until": until, "count": count, "person_years": lived}
            made.append(row | {"who": who, "value": one.value, "low": one.low, "high": one.high})
            cited += f" {r.cite(_figures(r, metric, since, until))}"
    if made and "range_low" in made[0]:
        row = made[0]
        years, least, most = (number(row[f"person_years{end}"], 0) for end in ("", "_low", "_high"))
        says = (
            f"{many(row['count'], 'casualty', 'casualties')} from {day(row['since'])} to {day(row['until'])} in "
            f"{years} person-years ({least} to {most}) are **{words(row)} a year for each 100,000 people "
            f"present**; {number(row['range_low'], 0)} to {number(row['range_high'], 0)} with what is unknown of them."
        )
    says = f"{says} {cited}".strip()
    columns = ["who", "since", "until", "count", "person_years", "person_years_low", "person_years_high", *LIMITS]
    return section(
        pd.DataFrame(made, columns=[*columns, "range_low", "range_high"]),
        f"Official casualties a year for each 100,000 people, with {r.percent} intervals (dispersion {r.phi:.2f})",
        says=says,
        empty=_no_people(r),
    )


def listed_per_people(r: Report) -> pd.DataFrame:
    """Casualties of the list a year for each 100,000 inhabitants, by year and by district, where both are known."""
    made: list[dict[str, object]] = []
    if len(r.incidents):
        given: Any = {"interval": "year", "count": "casualties", **r.window}
        whole = incidence(r.incidents, **given)
        made += [row for _, year in whole.iterrows() for row in _for_each(r, year.to_frame().T, r.district, True)]
        if r.national and r.suppress < 2:  # else counts of the places could be worked out of their rates
            for name, years in incidence(r.incidents, by="district", **given).groupby("district"):
                made += _for_each(r, years, str(name), False) if name else []
    rows = pd.DataFrame(made, columns=["who", "start", "end", "count", "unknown", "person_years", *LIMITS])
    told = f", with {r.percent} intervals (dispersion {r.phi:.2f})"
    return section(
        rows.drop(columns=LIMITS[1:]) if r.people else rows,
        f"Casualties listed a year for each 100,000 inhabitants {r.in_place}{'' if r.people else told}",
        says="People whom the list does not hold, and rows that state no number of people (*unknown*), are in no rate. "
        f"{r.cite(r.incidents)}",
        empty="No rate per population: the data hold no number of inhabitants for the years of this list.",
    )


def _for_each(r: Report, years: pd.DataFrame, district: str, one: bool) -> list[dict[str, object]]:
    """The rate of the years of one place for which its inhabitants are known; none where there is no such year."""
    metric = "population_district" if district else "population_country"
    rows = r.data.estimates
    middle = rows["since"] + (rows["as_of"] - rows["since"]) / 2  # a figure of a year is one of its middle
    figures = population_figures(rows.assign(as_of=middle.fillna(rows["as_of"])), metric, district=district)
    lived, used = [], []
    for i, year in years[years["days"].gt(0) & years["count"].notna()].iterrows():
        first, last = year["period_start"], year["period_end"]
        with suppress(DataError):  # no figure of these years
            part = year["days"] / ((last - first).days + 1)  # of the year, the register may cover some months
            lived.append(part * person_years(figures, since=first, until=last))
            used.append(i)
    if not used:
        return []
    known = years.loc[used]
    since, until, count = known["period_start"].min(), known["period_end"].max(), int(known["count"].sum())
    found = rate(count, sum(lived), per=100_000, dispersion=r.phi, level=r.level)
    name = f"{district or r.place}, {since:%Y}" if one else district
    row = {"who": name, "start": since, "end": until, "count": count, "unknown": int(known["unknown"].sum())}
    return [row | {"person_years": sum(lived), "value": found.value, "low": found.low, "high": found.high}]
