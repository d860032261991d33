"""The reports on sources and on all places: what they say is what the tables say."""

from __future__ import annotations

import pandas as pd
import pytest

import minestats as ms
from minestats.plot.style import _date_ticks
from minestats.rates.small_cells import WITHHELD
from minestats.report import evidence
from minestats.report.reporting import Report


@pytest.fixture(scope="module")
def data():
    return ms.load()


@pytest.fixture(scope="module")
def r(data):
    return Report(data, until="2026-03-13", as_of="2026-03-13")


@pytest.fixture(scope="module")
def empty():
    nothing = ms.load()
    nothing.tables |= {name: rows.head(0) for name, rows in nothing.tables.items()}
    return Report(nothing, since="2020-11-10", until="2026-03-13")


@pytest.fixture(scope="module")
def people(data):
    """The same list, read as one whose rows are people."""
    made = ms.load()
    made.tables["incidents"] = made.incidents.assign(row_is="victim")
    return Report(made, suppress=5, until="2026-03-13")


def test_each_place_holds_what_is_counted_for_it(r):
    """A row's two counts are the rows of the list with that place and year, and the places add up to the country."""
    places, country = evidence.places(r), evidence.country(r)
    for column, year in (("incidents", 2025), ("incidents_before", 2024)):
        of = r.incidents[r.incidents["date"].dt.year == year]
        assert places.set_index("district")[column].to_dict() == {
            name: int((of["district"] == name).sum()) for name in places["district"]
        }
        assert country[column].item() == len(of)
    assert set(r.data.districts["district"]) <= set(places["district"])


def test_too_few_are_not_compared(r):
    """A ratio stands where both years together have eight or more; below, words."""
    places = evidence.places(r)
    few = places["incidents"] + places["incidents_before"] < 8
    assert few.any()
    assert not few.all()
    assert (places.loc[few, "ratio"] == evidence.TOO_FEW).all()
    assert places.loc[~few, "ratio"].str.match(r"\d+\.\d\d \(\d").all()


def test_level_moves_the_ratio_and_the_picture(data, r):
    narrow = Report(data, until="2026-03-13", as_of="2026-03-13", level=0.5)
    assert evidence.country(narrow)["ratio"].item() != evidence.country(r)["ratio"].item()
    wide, small = (evidence.compared(x, evidence.places(x)) for x in (r, narrow))
    assert (small["high"] < wide["high"]).all()


def test_the_headline_is_the_rows(r):
    country, places = evidence.country(r), evidence.places(r)
    said = evidence.headline(r, country, places)
    assert f"In 2025 {country['incidents'].item()} incidents" in said
    assert country["ratio"].item() in said
    assert f"{places['district'].iloc[0]} ({places['incidents'].iloc[0]})" in said


def test_an_exact_area_goes_before_a_rounded_one(r):
    """More than 249,000 ha is no figure to compare by, where an exact total is known."""
    exact = r.clearance[r.clearance["rounded"].isna()]["area_ha"].max()
    assert evidence.country(r)["area_ha"].item() == exact < r.clearance["area_ha"].max()


def test_small_counts_of_people_are_withheld(people):
    """In a register of people a place's small count, its picture and its name in the headline are withheld."""
    places = evidence.places(people)
    shown = people.protected(places).set_index("district")
    small = places["casualties"].between(1, 4)
    assert small.any()
    assert (shown.loc[places.loc[small, "district"], "casualties"] == WITHHELD).all()
    said = evidence.headline(people, evidence.country(people), places)
    assert not [name for name in places.loc[small, "district"] if name in said]
    assert "ratio" not in places  # who was hurt together is not known


def test_nothing_is_said_of_no_rows(empty):
    """Without rows each section has its words, and no tile claims a figure."""
    told, bulletins, wrong = (f(empty) for f in (evidence.told_differently, evidence.contradictions, evidence.doubtful))
    for rows in (told, bulletins, wrong, evidence.by_year(empty), evidence.coverage(empty)):
        assert rows.empty
        assert rows.attrs["empty"]
    assert "No published page" in evidence.answer(empty, told, bulletins)
    assert evidence.tiles(empty, told, bulletins, wrong) == []
    country, places = evidence.country(empty), evidence.places(empty)
    assert evidence.headline(empty, country, places) == empty.no_incidents
    assert evidence.board(empty, country, places) == []  # nobody lists: none listed would read as none


def test_without_two_whole_years_nothing_is_compared(data):
    short = Report(data, since="2025-02-01", until="2026-03-13")
    assert len(evidence.two_years(short)) < 2
    country, places = evidence.country(short), evidence.places(short)
    assert evidence.board(short, country, places) == []
    assert evidence.headline(short, country, places) == evidence.NO_YEARS
    assert evidence.compared(short, places).empty


def test_contradictions_are_counted_from_their_table(r):
    told, bulletins = evidence.told_differently(r), evidence.contradictions(r)
    reports = evidence.reports(r)
    differ = reports.groupby("incident_id")["killed"].nunique()
    counted = told[told["figure"] == "killed"]
    assert len(counted) == (differ > 1).sum()
    said = evidence.answer(r, told, bulletins)
    assert f"{ms.conflicts(reports)['incident_id'].nunique()} of {len(r.incidents)} incidents" in said
    assert f"{len(bulletins)} figures" in said
    assert evidence.doubtful(r)["as_of"].dropna().is_monotonic_decreasing


@pytest.mark.parametrize("days", [3, 44, 200, 730, 899, 5000])
def test_a_narrow_axis_of_time_has_ticks(days):
    """However narrow a figure is, its axis of time has a step."""
    first = pd.Timestamp("2024-01-01")
    for room in (0.2, 0.8, 3.0):
        assert _date_ticks(first, first + pd.Timedelta(days=days), days, room)
