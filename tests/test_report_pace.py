"""The trend report's sections: what is published comes out, and each kind of data has its own words."""

from __future__ import annotations

import re

import pandas as pd
import pytest

import minestats as ms
from minestats.report import pace, tallies
from minestats.report.reporting import Report


@pytest.fixture(scope="module")
def r():
    return Report(ms.load(), until="2026-03-13", as_of="2026-03-13")


@pytest.fixture(scope="module")
def empty():
    nothing = ms.load()
    for name in ("incidents", "victim_totals"):
        nothing.tables[name] = nothing.tables[name].head(0)
    return Report(nothing, since="2020-11-10", until="2026-03-13")


def test_yearly_stretches_from_the_first_day(r):
    """METHODS.md, second edition, point 6: 142 (115 to 174), 82, 60, 34, 33 (18 to 56) a year."""
    rows = pace.yearly(r)
    assert rows["value"].round().tolist() == [142, 82, 60, 34, 33]
    assert rows.iloc[0][["low", "high"]].round().tolist() == [115, 174]
    assert rows.iloc[-1][["low", "high"]].round().tolist() == [18, 56]
    assert rows["start"].iloc[0] == pd.Timestamp("2020-11-10")  # the first day counts
    assert (rows["start"].iloc[1:].to_numpy() > rows["end"].iloc[:-1].to_numpy()).all()


def test_the_answer_is_the_tables(r):
    """The sentence at the top says the last and the first stretch of the table, and no more than they tell."""
    said = pace.answer(r)
    assert said.startswith("Fewer people")
    assert "33 (18 to 56)" in said
    assert "142 (115 to 174)" in said


def test_what_if_holds_the_main_figure(r):
    """The annual change lies among those of the other choices; its interval is the widest of four."""
    rows, main = pace.what_if(r), ms.trend_from_totals(ms.with_victims(r.totals), from_start=True)
    assert rows["value"].min() <= main.value <= rows["value"].max()
    assert f"{main.value:.1f}" in rows.attrs["says"]


def test_level_moves_every_interval(r):
    """A lower level gives narrower intervals in each section that has any."""
    other = Report(r.data, until="2026-03-13", level=0.5)
    for made in (pace.yearly, pace.fine, pace.what_if):
        wide, narrow = made(r), made(other)
        assert (narrow["high"] - narrow["low"]).sum() < (wide["high"] - wide["low"]).sum()
    assert pace.quarters(r).attrs["says"] != pace.quarters(other).attrs["says"]
    assert pace.last_month(r) != pace.last_month(other)


def test_a_district_says_where_totals_are(r):
    """Sections of official totals are empty for a district, and say why once."""
    here = Report(r.data, district="Lachin", until="2026-03-13")
    for made in (pace.yearly, pace.fine, pace.what_if, pace.curve, pace.totals):
        assert made(here).empty
        assert made(here).attrs["empty"] == here.no_totals
    assert "too few to tell a change" in pace.answer(here)
    assert pace.on_map(here).empty


def of_years(victims: dict[int, int]) -> Report:
    """A report on totals of single years, without any incident."""
    data = ms.load()
    rows = data.victim_totals.head(len(victims)).assign(
        since=[pd.Timestamp(year, 1, 1) for year in victims],
        as_of=[pd.Timestamp(year, 12, 31) for year in victims],
        victims=list(victims.values()),
        scope="national",
        span="year",
        rounded=pd.NA,
        authority="centre",
        as_of_precision=pd.NA,
    )
    data.tables |= {"victim_totals": rows, "incidents": data.incidents.head(0)}
    data.settings["main_span"] = ""
    return Report(data, since="2012-01-01", until="2020-12-31")


def test_totals_of_single_years_are_rates_as_they_stand():
    """Each year gives its count over its own days, 366 in a leap year; together they give a change, and no total."""
    r = of_years({year: 100 - 10 * n for n, year in enumerate(range(2012, 2018))})
    rows = pace.yearly(r)
    assert rows["count"].tolist() == [100, 90, 80, 70, 60, 50]
    assert rows["days"].tolist() == [366, 365, 365, 365, 366, 365]
    assert rows["start"].dt.strftime("%m-%d").tolist() == ["01-01"] * 6
    assert len(pace.what_if(r)) > 1
    assert "none runs on" in pace.curve(r).attrs["empty"]
    assert [label for label, *_ in pace.tiles(r)][:2] == [
        "Casualties a year, last stretch",
        "Change of official casualties",
    ]
    assert pace.totals(r)["victims_published"].tolist() == [50, 60, 70, 80, 90, 100]
    assert "than at first" in pace.answer(r)
    slow = of_years({year: 100 - 5 * n for n, year in enumerate(range(2012, 2020))})
    assert "over all stretches a change of -5.88 (" in pace.answer(slow)


def test_years_that_are_missing_are_bridged_by_no_rate():
    """A year without a total stays out: the others keep their rates, and no change over the gap is estimated."""
    r = of_years({2012: 100, 2013: 90, 2016: 30})
    assert pace.yearly(r)["count"].tolist() == [100, 90, 30]
    assert "without a gap" in pace.what_if(r).attrs["empty"]
    assert pace.completeness(r).empty
    assert len(pace.fine(r)) == 3


@pytest.mark.parametrize("district", ["Aghdam", "Tartar"])
def test_a_district_with_enough_is_compared(r, district):
    """Eight incidents in two years or more are compared, with an interval and what chance can do."""
    said = pace.answer(Report(r.data, district=district, until="2025-12-31"))
    assert re.search(r"\d\.\d\d \(\d+\.\d\d to \d+\.\d\d\) times|too few", said)


def test_nothing_known_is_no_finding_of_none(empty):
    """Without a row each section says that the list holds nothing; none fails, none says 0 incidents a year."""
    assert "not a finding of none" in pace.answer(empty)
    for made in (pace.monthly, tallies.by_year, pace.on_map):
        assert made(empty).empty
        assert "not a finding of none" in made(empty).attrs["empty"]
    assert pace.last_month(empty) == ""
    assert "not a finding" in pace.quarters(empty).attrs["empty"]
    assert pace.tiles(empty) == []


def test_people_get_no_interval(r):
    """Of a register of people no ratio and no change point is given: who was hurt together is not known."""
    people = ms.load()
    rows = people.tables["incidents"]
    people.tables["incidents"] = rows.assign(row_is="victim", killed=1, injured=0)
    people.tables["victim_totals"] = people.victim_totals.head(0)
    register = Report(people, until="2026-03-13")
    assert register.people
    assert "no interval" in pace.answer(register)
    assert "No change point" in pace.quarters(register).attrs["says"]
    assert pace.last_month(register) == ""


def test_counts_of_the_list_add_up(r):
    """By place, device and activity the counts are those of the list; nobody is lost."""
    for column in ("district", "device", "activity"):
        assert tallies.groups(r, column)["incidents"].sum() == len(r.incidents)
    assert tallies.by_year(r)["incidents"].sum() == len(r.incidents)
    assert tallies.by_year(r)["killed"].sum() == r.incidents["killed"].sum()


def test_completeness_names_its_bias(r):
    """A list that becomes more complete hides a fall (METHODS.md, point 7)."""
    rows = pace.completeness(r)
    assert rows["value"].is_monotonic_increasing
    assert "towards no change" in rows.attrs["says"]
