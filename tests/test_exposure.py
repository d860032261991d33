"""People at risk: one figure a day, person-years under straight lines, refusals far from any figure."""

from __future__ import annotations

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from minestats.errors import DataError, ParameterError
from minestats.exposure import person_years, population_figures
from minestats.incidents import present_share
from minestats.rates import covered_days, people_present, person_years_bounds, proportion, rate_per_people

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
    with pytest.raises(ParameterError, match="must not be before `since`"):
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


def present(*rows):
    """Figures of people present: day after 1 January 2023, value, rounded."""
    days = [str((pd.Timestamp("2023-01-01") + pd.Timedelta(days=day)).date()) for day, _, _ in rows]
    return pd.DataFrame(
        {"metric": "people", "as_of": days, "value": [v for _, v, _ in rows], "rounded": [r for _, _, r in rows]}
    )


def knots(*rows):
    """Days and values that the line goes through."""
    found = people_present(present(*rows), "people")
    days = (found["as_of"] - pd.Timestamp("2023-01-01")).dt.days
    return list(zip(days[found["used"]], found.loc[found["used"], "value"], strict=True))


def test_rounded_figures_between_exact_ones():
    """The golden case of the methods page, point 17: "more than" is a knot above the line, "nearly" never is."""
    exact = [(0, 1000, ""), (365, 2000, "")]
    assert knots(*exact, (100, 1900, "more_than")) == [(0, 1000), (100, 1900), (365, 2000)]
    assert knots(*exact, (300, 1200, "more_than")) == [(0, 1000), (365, 2000)]
    assert knots(*exact, (200, 1000, "nearly"), (210, 5000, "about")) == [(0, 1000), (365, 2000)]
    # once the line is lifted by 1,900, "more than 1,500" a little later says nothing new
    assert knots(*exact, (100, 1900, "more_than"), (120, 1500, "more_than")) == [(0, 1000), (100, 1900), (365, 2000)]


def test_rounded_figures_outside_the_exact_ones():
    """More than 14 days away a rounded figure is a knot, and the row says so; nearer it only repeats the exact one."""
    rows = [(0, 800, "about"), (90, 990, "nearly"), (100, 1000, ""), (200, 1500, ""), (230, 1700, "more_than")]
    found = people_present(present(*rows), "people")
    assert knots(*rows) == [(0, 800), (100, 1000), (200, 1500), (230, 1700)]
    assert found["reason"].tolist()[:2] == ["rounded, no exact figure near", "rounded, near an exact figure"]


def test_one_knot_a_day_and_no_parts():
    """Of two exact figures of a day the one of more sources counts; a district is a part."""
    table = pd.concat([present((0, 1000, ""), (0, 1000, ""), (0, 1100, ""), (50, 7, ""))]).assign(
        source_id=["a", "b", "c", "d"], district=["", "", "", "Aghdam"]
    )
    found = people_present(table, "people")
    assert found.loc[found["used"], "value"].tolist() == [1000]


@settings(derandomize=True, deadline=None, max_examples=60)
@given(
    st.lists(st.tuples(st.integers(1, 200), st.integers(0, 5000)), min_size=2, max_size=8, unique_by=lambda p: p[0]),
    st.integers(0, 100),
    st.integers(1, 99),
)
def test_law_person_years_lie_between_their_bounds(points, first, length):
    """Low <= line <= high, whatever the figures do; two neighbouring stretches add."""
    day = pd.Timestamp("2023-01-01")
    table = pd.DataFrame(
        {"as_of": [day + pd.Timedelta(days=10 * d) for d, _ in points], "value": [v for _, v in points]}
    )
    inside = table["as_of"].min(), table["as_of"].max()
    since = inside[0] + pd.Timedelta(days=first % (inside[1] - inside[0]).days)
    until = min(since + pd.Timedelta(days=length), inside[1])
    years = person_years_bounds(table, since=since, until=until)
    assert years.low <= years.value * (1 + 1e-9)
    assert years.value <= years.high * (1 + 1e-9) + 1e-12
    middle = since + (until - since) // 2
    if since < middle.normalize() < until:
        parts = [
            person_years_bounds(table, since=a, until=b)
            for a, b in ((since, middle.normalize()), (middle.normalize(), until))
        ]
        for i in range(3):
            assert parts[0][i] + parts[1][i] == pytest.approx(years[i])


def test_nothing_is_held_flat_beyond_the_figures():
    """At most 31 days before the first figure, and none after the last: the older way held a figure for half a year."""
    table = pd.DataFrame({"as_of": ["2023-01-01", "2024-01-01"], "value": [1000, 2000]})
    assert person_years_bounds(table, since="2022-12-01", until="2023-06-01").value > 0
    with pytest.raises(DataError, match="known from 2023-01-01 to 2024-01-01"):
        person_years_bounds(table, since="2022-11-01", until="2023-06-01")
    with pytest.raises(DataError, match="give a period within"):
        person_years_bounds(table, since="2023-06-01", until="2024-01-02")
    with pytest.raises(ParameterError, match="`until`"):
        person_years_bounds(table, since="2023-06-01", until="2023-06-01")


def test_rate_per_people_present():
    """By hand: 15 casualties in 1,500 person-years are 1,000 per 100,000; the range has the limits over the steps."""
    table = pd.DataFrame({"as_of": ["2023-01-01", "2024-01-01"], "value": [1000, 2000]})
    row = rate_per_people(15, table, since="2023-01-01", until="2024-01-01", dispersion=2.5).iloc[0]
    part = rate_per_people(
        15, table, since="2023-01-01", until="2024-01-01", dispersion=2.5, share=proportion(30, 60)
    ).iloc[0]

    assert row["value"] == pytest.approx(1000, rel=0.01)
    assert row["range_low"] < row["low"] < row["value"] < row["high"] < row["range_high"]
    assert row["range_high"] == pytest.approx(row["high"] * row["person_years"] / row["person_years_low"])
    assert part["value"] == pytest.approx(row["value"] / 2)
    assert part["high"] / part["value"] > row["high"] / row["value"]


def test_rate_of_the_people_present_of_2025(data):
    """33 casualties in 46,974 (42,888 to 50,731) person-years: 70 (38 to 118), 36 to 129; not in service 46 (21 to 82).

    The figures of the methods page, second edition, point 17; its dispersion of sizes was that of an older list.
    """
    since, until = pd.Timestamp("2025-01-27"), pd.Timestamp("2025-12-26")
    known = data.known_on("2026-03-31")
    present = known.settings["people_present"]
    knots = people_present(known.estimates, present["metric"])
    hit = known.incidents[(known.incidents["side"] == "azerbaijan") & known.incidents["date"].between(since, until)]

    whole = rate_per_people(33, knots, since=since, until=until, dispersion=2.34).iloc[0]
    share = present_share(hit, present["districts"])
    part = rate_per_people(33, knots, since=since, until=until, dispersion=2.34, share=share).iloc[0]

    years = whole[["person_years", "person_years_low", "person_years_high"]].astype(float)
    assert years.round().tolist() == [46_974, 42_888, 50_731]
    limits = whole[["value", "low", "high", "range_low", "range_high"]].astype(float)
    assert limits.tolist() == pytest.approx([70, 38, 118, 36, 129], abs=0.7)
    assert part[["value", "low", "high"]].astype(float).round().tolist() == [46, 21, 82]


def registers(*spans):
    """Registers that cover these spans."""
    return pd.DataFrame(
        {
            "source_id": [f"r{i}" for i in range(len(spans))],
            "covered_from": [a for a, _ in spans],
            "covered_until": [b for _, b in spans],
        }
    )


def test_time_that_no_register_covers_is_not_covered():
    """2021 whole (by two registers that overlap), 2022 not at all, 2023 from July: 184 days; a page covers nothing."""
    table = registers(
        ("2021-01-01", "2021-08-31"), ("2021-06-01", "2021-12-31"), ("2023-07-01", "2024-06-30"), (None, None)
    )
    days = covered_days(table, since="2021-01-01", until="2023-12-31")
    assert days["covered"].tolist() == [365, 0, 184]
    assert days["days"].tolist() == [365, 365, 365]


@settings(derandomize=True, deadline=None, max_examples=60)
@given(
    st.lists(st.tuples(st.integers(0, 900), st.integers(0, 400)), min_size=2, max_size=6),
    st.sampled_from(["month", "quarter", "year", "week"]),
)
def test_law_covered_days(spans, interval):
    """Never more than there are, one more register never takes a day away, and the grid does not matter."""
    day = pd.Timestamp("2021-01-01")
    table = registers(
        *((str((day + pd.Timedelta(days=a)).date()), str((day + pd.Timedelta(days=a + n)).date())) for a, n in spans)
    )
    window = {"since": "2021-02-10", "until": "2022-11-20"}
    found, one = (
        covered_days(table, interval=interval, **window),
        covered_days(table.iloc[1:], interval=interval, **window),
    )
    assert (found["covered"] <= found["days"]).all()
    assert (found["covered"] >= one["covered"]).all()
    assert found["covered"].sum() == covered_days(table, interval="day", **window)["covered"].sum()


def test_a_register_without_an_end_is_refused():
    """One of both days is no span."""
    with pytest.raises(DataError, match="both covered_from and covered_until"):
        covered_days(registers(("2021-01-01", None)), since="2021-01-01", until="2021-12-31")


def test_pages_without_a_register_say_nothing_of_what_is_covered():
    """No span at all is refused: every year would otherwise be unknown."""
    with pytest.raises(DataError, match="no register says"):
        covered_days(registers((None, None)), since="2021-01-01", until="2021-12-31")
