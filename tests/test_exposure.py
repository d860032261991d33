"""People at risk: one figure a day, person-years under straight lines, refusals far from any figure."""

from __future__ import annotations

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from minestats.errors import DataError, ParameterError
from minestats.exposure import person_years, population_figures

LINE = pd.DataFrame({"as_of": ["2022-01-01", "2023-01-01"], "value": [1000.0, 2000.0]})


def test_constant_population_is_people_times_years():
    """1000 people for 365.25 days... by hand: 1461 days are 4 years, so 4000 person-years."""
    figures = pd.DataFrame({"as_of": ["2020-01-01", "2023-12-31"], "value": [1000, 1000]})
    assert person_years(figures, since="2020-01-01", until="2023-12-31") == pytest.approx(4000)


def test_straight_line_between_figures():
    """Half way between 1000 and 2000 stand 1500 people: one day is 1500 / 365.25."""
    assert person_years(LINE, since="2022-07-02", until="2022-07-02") == pytest.approx(1498.63 / 365.25, rel=1e-3)


@settings(derandomize=True, deadline=None, max_examples=30)
@given(st.integers(0, 300), st.integers(0, 60))
def test_periods_add(first, more):
    """The person-years of two neighbouring periods add to those of both."""
    start = pd.Timestamp("2022-01-01") + pd.Timedelta(days=first)
    cut, end = start + pd.Timedelta(days=more), start + pd.Timedelta(days=2 * more + 1)
    whole = person_years(LINE, since=start, until=end)
    parts = person_years(LINE, since=start, until=cut) + person_years(LINE, since=cut + pd.Timedelta(days=1), until=end)
    assert whole == pytest.approx(parts)


def test_row_order_does_not_matter():
    """Figures may come in any order."""
    assert person_years(LINE.iloc[::-1], since="2022-03-01", until="2022-05-01") == person_years(
        LINE, since="2022-03-01", until="2022-05-01"
    )


@pytest.mark.parametrize(
    ("since", "until", "message"),
    [
        ("2021-01-01", "2022-02-01", "the first figure is of 2022-01-01, more than 183 days after 2021-01-01"),
        ("2022-06-01", "2023-12-31", "the last figure is of 2023-01-01, more than 183 days before 2023-12-31"),
    ],
)
def test_far_from_any_figure_is_refused(since, until, message):
    """No exposure is guessed far beyond the figures."""
    with pytest.raises(DataError, match=message):
        person_years(LINE, since=since, until=until)


def test_no_figure_and_reversed_dates_are_refused():
    """Without figures there is no rate; dates must be in order."""
    with pytest.raises(DataError, match="no figure"):
        person_years(LINE.head(0), since="2022-01-01", until="2022-02-01")
    with pytest.raises(ParameterError, match="lies before `since`"):
        person_years(LINE, since="2022-02-01", until="2022-01-01")


def test_one_figure_a_day_by_rule():
    """Parts and undated rows are left out; unrounded beats rounded, then more sources, then the larger."""
    rows = pd.DataFrame(
        [
            ("p", 10, "2022-01-01", None, None, "about", "a"),
            ("p", 9, "2022-01-01", None, None, None, "b"),
            ("p", 8, "2022-01-01", "Aghdam", None, None, "b"),
            ("p", 7, None, None, None, None, "b"),
            ("p", 5, "2022-02-01", None, None, None, "a"),
            ("p", 4, "2022-02-01", None, None, None, "a"),
            ("p", 4, "2022-02-01", None, None, None, "b"),
            ("p", 6, "2022-03-01", None, "a town", None, "b"),
            ("q", 6, "2022-03-01", None, None, None, "b"),
        ],
        columns=["metric", "value", "as_of", "district", "place", "rounded", "source_id"],
    )
    found = population_figures(rows, "p")
    assert found["value"].tolist() == [9, 4]
    assert found["sources"].tolist() == [1, 2]
