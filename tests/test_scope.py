"""Which rows a report is about: place, side, period, state of knowledge; and what it says is left out."""

from __future__ import annotations

import pandas as pd
import pytest

from minestats.data import Dataset
from minestats.errors import ParameterError
from minestats.incidents import incidence
from minestats.scope import scope


def test_country(data):
    """The country's report counts the side of the official totals and says how many others there are."""
    here = scope(data)
    assert here.national
    assert (here.incidents["side"] == "azerbaijan").all()
    dated = data.incidents[data.incidents["date"].notna()]
    assert len(here.incidents) + here.other_sides == len(dated)
    assert len(here.incidents) + here.other_sides + data.incidents["date"].isna().sum() == len(data.incidents)
    assert here.undated + (data.incidents["date"].isna() & (data.incidents["side"] != "azerbaijan")).sum() == 2
    assert set(here.totals["span"]) == {"post_war"}
    assert "publisher" in here.clearance


def test_district(data):
    """A district's report has its own incidents and statements only."""
    here = scope(data, district="Kalbajar")
    assert set(here.incidents["district"]) == {"Kalbajar"}
    assert set(here.clearance["district"]) == {"Kalbajar"}
    assert here.place == "Kalbajar district"
    assert here.in_place == "in Kalbajar"


def test_all_districts_and_unknown_ones_are_the_country(data):
    """The incidents of all districts, and those without one, add to the country's."""
    country = scope(data)
    parts = sum(len(scope(data, district=d).incidents) for d in data.districts["district"])
    assert parts + country.incidents["district"].isna().sum() == len(country.incidents)


def test_period(data):
    """Rows outside the period are left out; an incident known by its year belongs where the year overlaps."""
    here = scope(data, since="2022-01-01", until="2022-12-31")
    days = here.incidents[here.incidents["date_precision"] == "day"]["date"]
    assert days.between("2022-01-01", "2022-12-31").all()
    assert here.clearance["period_end"].between("2022-01-01", "2022-12-31").all()
    assert here.period == "2022"
    imprecise = data.incidents[(data.incidents["date_precision"] == "year") & (data.incidents["side"] == "azerbaijan")]
    for _, row in imprecise.iterrows():
        inside = scope(data, since=f"{row['date'].year}-06-01", until=f"{row['date'].year}-06-02")
        assert row["incident_id"] in set(inside.incidents["incident_id"])


def test_its_incidents_know_their_days(data):
    """A count without a window is one of the report's own days, a place with one incident in five years too."""
    here = scope(data, district="Tovuz", since="2021-01-01", until="2025-12-31")
    years = incidence(here.incidents, interval="year")
    assert years["period_start"].min() == pd.Timestamp("2021-01-01")
    assert (years["days"].sum(), years["incidents"].sum()) == (5 * 365 + 1, len(here.incidents))


def test_state_of_knowledge(data):
    """With an as-of date nothing published later is used, and the report ends there."""
    here = scope(data, as_of="2022-12-31")
    assert here.until <= pd.Timestamp("2022-12-31")
    assert here.as_of <= pd.Timestamp("2022-12-31")
    assert (here.totals["published"].dropna() <= pd.Timestamp("2022-12-31")).all()
    assert len(here.totals) < len(scope(data).totals)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"district": "Agdm"}, "district 'Agdm' is not known; did you mean 'Aghdam'"),
        ({"since": "2023-01-01", "until": "2022-01-01"}, "`until` .* lies before `since`"),
        ({"since": "1.1.2023"}, "`since` must be a date"),
    ],
)
def test_refused(data, arguments, message):
    """A wrong place or period is an error that says what is allowed."""
    with pytest.raises(ParameterError, match=message):
        scope(data, **arguments)


@pytest.mark.parametrize("as_of", ["", "2024-05-01"])
@pytest.mark.parametrize("year", ["", "2024"])
def test_empty_data_has_a_scope(as_of, year):
    """A package without rows has an empty report, not an error; of the period and day that are asked for."""
    here = scope(Dataset({}), since=year and f"{year}-01-01", until=year and f"{year}-12-31", as_of=as_of)
    assert len(here.incidents) == len(here.clearance) == len(here.totals) == 0
    assert here.period
    if year:
        assert here.period == year
        assert here.as_of == pd.Timestamp(as_of or "2024-12-31")


def test_a_country_without_sides_counts_all_incidents(data):
    """Where the package names no side, every incident counts."""
    package = {**data.package, "minestats": {"country": "Elsewhere"}}
    here = scope(Dataset({"incidents": data.incidents, "districts": data.districts}, package))
    assert here.other_sides == 0
    assert len(here.incidents) == data.incidents["date"].notna().sum()
    assert here.place == "Elsewhere"
    assert here.in_place == "in Elsewhere"


@pytest.mark.parametrize(
    ("precision", "published", "last"),
    [
        ("day", None, "2005-01-01"),
        ("month", None, "2005-01-31"),
        ("year", None, "2005-12-31"),
        ("year", "2005-06-15", "2005-06-15"),
    ],
)
def test_data_known_to_the_year_reach_to_its_end(precision, published, last):
    """An incident of 2005 may have been on any of its days: else a year is one day long, and its rate 365 times."""
    incidents = pd.DataFrame(
        {"incident_id": "a", "date": pd.to_datetime(["2004-01-01", "2005-01-01"]), "date_precision": precision}
    )
    sources = Dataset({}).sources
    if published:
        sources = pd.DataFrame({"source_id": ["x"], "published": pd.to_datetime([published])})
    data = Dataset({"incidents": incidents, "sources": sources})
    assert data.as_of == pd.Timestamp(last)
