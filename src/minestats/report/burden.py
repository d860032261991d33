"""Burden: how many people are hurt for each 100,000 of those who live or work there."""

from __future__ import annotations

from contextlib import suppress
from itertools import product
from typing import Any, NamedTuple

import pandas as pd

from minestats.data.schema import TABLES
from minestats.errors import DataError
from minestats.incidents import incidence, present_share
from minestats.rates import people_present, rate, rate_per_people, standardized_rate
from minestats.rates.population import person_years, population_figures
from minestats.report.labels import SECTIONS
from minestats.report.reporting import LIMITS, Report, part, words
from minestats.report.tallies import wrong
from minestats.say import day, many, number, period
from minestats.totals import interval_rates, present_stretch, series, with_victims


def _no_people(r: Report) -> str:
    return "No rate per population: the data hold no number of people for this time." if r.official else r.no_totals


def present(r: Report) -> pd.DataFrame:
    """The published figures of the people present, those the line goes through and those it does not, and why."""
    metric = r.data.settings["people_present"].get("metric") if r.official else None
    rows = people_present(r.data.estimates, metric) if metric else pd.DataFrame(columns=["as_of", "value"])
    title = str(r.data.settings["metrics"].get(metric, {}).get("title", metric)).lower()
    return part(r, "present", rows[rows["as_of"] <= r.until], title_=title, empty=_no_people(r))


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
    made, totals, says, cited = [], with_victims(r.totals), "", {}
    given: Any = {"dispersion": r.phi, "level": r.level}
    try:
        since, until, count = present_stretch(totals, present(r))
        near = r.incidents[(r.incidents["date"] > since) & (r.incidents["date"] <= until)]
        civil = present_share(near, r.data.settings["people_present"]["districts"], level=r.level)
        for who, share in (("people present", None), ("people present, not in military service", civil)):
            row = rate_per_people(count, present(r), since=since, until=until, share=share, **given)
            made.append(row.iloc[0].to_dict() | {"who": who})
        ends = r.totals["victims"].notna() & r.totals["as_of"].isin([since, until])
        cited["official totals"] = r.cite(r.totals[ends])
        cited["people present"] = r.cite(_figures(r, r.data.settings["people_present"]["metric"], since, until))
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
            cited[who] = r.cite(_figures(r, metric, since, until))
    if made and "range_low" in made[0]:
        row = made[0]
        years, least, most = (number(row[f"person_years{end}"], 0) for end in ("", "_low", "_high"))
        says = (
            f"{many(row['count'], 'casualty', 'casualties')} from {day(row['since'])} to {day(row['until'])} in "
            f"{years} person-years ({least} to {most}) are **{words(row)} a year for each 100,000 people "
            f"present**; {number(row['range_low'], 0)} to {number(row['range_high'], 0)} with what is unknown of them."
        )
    told = "; ".join(f"{what} {pages}" for what, pages in cited.items() if pages)
    says = f"{says} {told and f'Rests on: {told}.'}".strip()
    columns = ["who", "since", "until", "count", "person_years", "person_years_low", "person_years_high", *LIMITS]
    shown = pd.DataFrame(made, columns=[*columns, "range_low", "range_high"])
    return part(r, "per_people", shown, says=says, empty=_no_people(r))


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
    told = "" if r.people else f", with {r.percent} intervals (dispersion {r.phi:.2f})"
    shown = rows.drop(columns=LIMITS[1:]) if r.people else rows
    return part(r, "listed_per_people", shown, told=told, cited=r.cite(r.incidents))


def _for_each(r: Report, years: pd.DataFrame, district: str, one: bool) -> list[dict[str, object]]:
    """The rate of the years of one place for which its inhabitants are known; none where there is no such year."""
    years = years[years["count"].notna()]
    lived = _lived(r, years, district=district)
    if lived.empty:
        return []
    known = years.loc[lived.index]
    since, until, count = known["period_start"].min(), known["period_end"].max(), int(known["count"].sum())
    found = rate(count, lived.sum(), per=100_000, dispersion=r.phi, level=r.level)
    name = f"{district or r.place}, {since:%Y}" if one else district
    row = {"who": name, "start": since, "end": until, "count": count, "unknown": int(known["unknown"].sum())}
    return [row | {"person_years": lived.sum(), "value": found.value, "low": found.low, "high": found.high}]


def _lived(r: Report, years: pd.DataFrame, **of: str) -> pd.Series:
    """Person-years of the covered days of each year in which the inhabitants, or those of a sex and age, are known."""
    rows, lived = r.data.estimates, {}
    middle = rows["since"] + (rows["as_of"] - rows["since"]) / 2  # a figure of a year is one of its middle
    rows = rows.assign(as_of=middle.fillna(rows["as_of"]))
    metrics = ["population_district"] if of["district"] else ["population_country", "population_district"]
    found = [population_figures(rows, metric, **of) for metric in metrics]  # one table may hold both
    figures = next((some for some in found if len(some)), found[0])
    for i, year in years[years["days"] > 0].iterrows():
        first, last = year["period_start"], year["period_end"]
        with suppress(DataError):  # no figure of these years
            covered = year["days"] / ((last - first).days + 1)  # of the year, the register may cover some months
            lived[i] = covered * person_years(figures, since=first, until=last)
    for groups in GROUPS if len(of) == 1 and not lived else ():  # all of them together are the inhabitants
        parts = [_lived(r, years, **of, **group) for group in groups]
        if all(map(len, parts)):
            return sum(parts[1:], parts[0]).dropna()
    return pd.Series(lived, dtype="float64")


SEXES, AGES = (TABLES["incidents"].column(name).words for name in ("sex", "age_group"))
SPLITS = ({"sex": SEXES, "age_group": AGES}, {"age_group": AGES}, {"sex": SEXES})
"""How a population may be told apart, the finest first."""
GROUPS = [[dict(zip(split, words, strict=True)) for words in product(*split.values())] for split in SPLITS]


class _Split(NamedTuple):
    """Groups of people whose number is known, their person-years, and the casualties of the years in which it is."""

    groups: list[dict[str, str]]
    lived: list[float]
    years: pd.DataFrame
    cells: pd.DataFrame


def _split(r: Report) -> _Split:
    """Both sides by sex and age; no group where one of them does not tell, or small counts would be seen."""
    nothing = _Split([], [], *2 * [pd.DataFrame(columns=["district", "period_start", "period_end"])])
    if not r.people or not len(r.incidents):
        return nothing
    given: Any = {"interval": "year", "count": "casualties", **r.window}
    years, cells = incidence(r.incidents, **given), incidence(r.incidents, by=["district", *SPLITS[0]], **given)
    for groups in GROUPS:
        lived = [_lived(r, years, district=r.district, **group) for group in groups]
        used = [i for i in lived[0].index if all(i in one.index for one in lived)]
        if used:
            known = cells["period_start"].isin(years.loc[used, "period_start"])
            counted = cells.groupby([known, *SPLITS[0]])["count"].sum()
            if counted.between(1, r.suppress - 1).any():
                return nothing
            return _Split(groups, [one[used].sum() for one in lived], years.loc[used], cells[known])
    return nothing


def _people_of(cells: pd.DataFrame, group: dict[str, str]) -> tuple[int, int]:
    """How many people belong to the group, and how many more may, as their sex or age is not known."""
    same, maybe = pd.Series(True, index=cells.index), pd.Series(True, index=cells.index)
    for name, word in group.items():
        same &= cells[name].eq(word)
        maybe &= cells[name].isin([word, ""])
    return int(cells.loc[same, "count"].sum()), int(cells.loc[maybe & ~same, "count"].sum())


def by_group(r: Report) -> pd.DataFrame:
    """People of a register a year for each 100,000 inhabitants of their sex and age; unknown ones are a bound."""
    split, made = _split(r), []
    for group, lived in zip(split.groups, split.lived, strict=True):
        count, unknown = _people_of(split.cells, group)
        row = {"who": ", ".join(group.values()), "count": count, "unknown": unknown, "person_years": lived}
        made.append(row | {"value": 100_000 * count / lived, "bound_high": 100_000 * (count + unknown) / lived})
    when = period(split.years["period_start"].min(), split.years["period_end"].max()) if made else r.period
    return part(r, "by_group", made, when=when, **{} if r.people else {"empty": wrong(r, True)})


def standardized(r: Report) -> pd.DataFrame:
    """Districts as if each had the sexes and ages of the country: rates directly standardized, by sex and age."""
    split, made = _split(r), []
    for name, cells in split.cells.groupby("district") if r.national and r.suppress < 2 else ():
        lived = [_lived(r, split.years, district=str(name), **group) for group in split.groups] if name else []
        if not lived or min(map(len, lived)) < len(split.years):
            continue
        people, years = [_people_of(cells, group)[0] for group in split.groups], [one.sum() for one in lived]
        every = int(cells["count"].sum())
        value = standardized_rate(people, years, split.lived).value
        most = 100_000 * max(s / n for s, n in zip(split.lived, years, strict=True)) / sum(split.lived)
        row = {"who": name, "count": every, "unknown": every - sum(people), "person_years": sum(years)}
        row |= {"crude": 100_000 * every / sum(years), "value": value}
        made.append(row | {"bound_high": value + (every - sum(people)) * most})
    given = {"empty": SECTIONS["by_group"]["empty"] if r.people else wrong(r, True)} if r.national else {}
    return part(r, "standardized", made, place=r.data.settings["place"], **given)
