"""Incidents: counts per period and group, sizes, completeness, conflicts."""

from __future__ import annotations

import datetime as dt
import os
import time
from itertools import combinations
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pandas.testing import assert_frame_equal

from minestats.data import Dataset
from minestats.errors import DataError, MinestatsWarning, ParameterError
from minestats.incidents import (
    casualty_sizes,
    completeness,
    completeness_direction,
    confirm_zeros,
    conflicts,
    crossings,
    incidence,
    present_share,
    shares,
    stretch_completeness,
)
from minestats.periods import INTERVALS, grid, period_end, period_start
from minestats.rates import casualty_rate, design_effect, dispersion
from minestats.totals import with_victims

# most tests count made-up incidents without saying which days they cover
pytestmark = pytest.mark.filterwarnings("ignore:.*not given. counted from")
GOLDEN = pd.read_csv(Path(__file__).parent / "golden" / "incidents.csv")
NATIONAL = {"scope": "national", "since": "2020-11-10", "authority": "anama"}


def four() -> pd.DataFrame:
    """The four made-up incidents of the golden cases, in the types of `load()`."""
    table = pd.DataFrame(
        {
            "incident_id": pd.array(list("abcd"), dtype="string"),
            "date": pd.to_datetime(["2023-01-05", "2023-01-20", "2023-03-01", "2023-01-01"]).astype("datetime64[us]"),
            "date_precision": pd.array(["day", "day", "month", "year"], dtype="string"),
            "district": pd.array(["Aghdam", None, "Aghdam", "Fuzuli"], dtype="string"),
            "killed": pd.array([1, None, 0, 2], dtype="Int64"),
            "injured": pd.array([2, 1, 3, None], dtype="Int64"),
        }
    )
    return table


def as_read(table: pd.DataFrame) -> pd.DataFrame:
    """The same as a plain `read_csv` without types gives it: text dates, float counts, empty text."""
    other = pd.DataFrame(index=table.index)
    for name in table:
        if name in ("killed", "injured"):
            other[name] = table[name].astype("Float64").to_numpy(dtype=float, na_value=np.nan)
        elif name == "date":
            other[name] = table[name].dt.strftime("%Y-%m-%d").astype(object).fillna("")
        else:
            other[name] = table[name].astype(object).fillna("")
    return other


# --- the calendar ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("interval", INTERVALS)
def test_calendar_agrees_with_pandas_periods(interval):
    """Starts and ends of the calendar periods are those of pandas."""
    days = np.arange(np.datetime64("1969-12-25"), np.datetime64("1972-03-05"))
    freq = {"day": "D", "week": "W-SUN", "month": "M", "quarter": "Q-DEC", "year": "Y-DEC"}[interval]

    expected = pd.DatetimeIndex(days).to_period(freq)

    assert (period_start(days, interval) == expected.start_time.to_numpy().astype("datetime64[D]")).all()
    assert (period_end(days, interval) == expected.end_time.to_numpy().astype("datetime64[D]")).all()


def test_grid_of_one_day_is_one_period():
    """A window of one day has one period, whole."""
    day = np.datetime64("2024-02-29")

    starts, ends = grid(day, day, "quarter")

    assert (starts.tolist(), ends.tolist()) == ([dt.date(2024, 1, 1)], [dt.date(2024, 3, 31)])


# --- incidence: the golden cases ------------------------------------------------------------------------------------


@pytest.mark.parametrize("read", [lambda t: t, as_read], ids=["typed", "read_csv"])
@pytest.mark.parametrize("call", GOLDEN["call"].unique())
def test_golden_counts(call, read):
    """The counts of four incidents are those made by hand (origins in golden/incidents.csv)."""
    arguments = eval(f"dict({call})")
    expected = GOLDEN[GOLDEN["call"] == call]

    table = incidence(read(four()), since="2023-01-01", until="2023-03-31", **arguments)

    assert len(table) == 4
    for _, case in expected.iterrows():
        assert table[case["column"]][case["row"]] == case["expected"], case["origin"]


def test_golden_groups():
    """By district and year: the missing district is the group "", and all add to four (by hand)."""
    table = incidence(four(), interval="year", by="district", until="2023-12-31")

    assert table["district"].tolist() == ["", "Aghdam", "Fuzuli"]
    assert table["incidents"].tolist() == [1, 2, 1]
    assert table["period_start"].tolist() == [pd.Timestamp("2023-01-01")] * 3


def test_columns_and_types():
    """The result has the documented columns and types, and a plain index."""
    table = incidence(four(), interval="month", by=["district", "date_precision"])

    assert table.dtypes.astype(str).to_dict() == {
        "period_start": "datetime64[us]",
        "period_end": "datetime64[us]",
        "district": "string",
        "date_precision": "string",
        "incidents": "Int64",
        "count": "Int64",
        "unknown": "Int64",
        "days": "Int64",
    }
    assert table.index.equals(pd.RangeIndex(len(table)))


# --- incidence: edges ---------------------------------------------------------------------------------------------


def test_window_taken_from_the_incidents_is_whole_periods_and_warns():
    """Never from first to last incident: one incident in five years is not one a day."""
    with pytest.warns(MinestatsWarning, match="counted from 2023-01-01 to 2023-03-31"):
        table = incidence(pd.DataFrame({"date": ["2023-01-20", "2023-03-02"]}), interval="month")

    assert table["days"].tolist() == [31, 28, 31]
    with pytest.warns(MinestatsWarning, match="not given"):
        assert incidence(pd.DataFrame({"date": ["2021-05-17"]}), interval="year")["days"].tolist() == [365]


@pytest.mark.filterwarnings("error")
def test_rows_of_the_data_know_their_window(data):
    """A district with one incident has all the days that the data cover, from the start that they name on."""
    one = data.incidents[data.incidents["district"] == data.incidents["district"].value_counts().index[-1]]

    table = incidence(one, interval="year")

    assert table["period_start"].iloc[0] == pd.Timestamp(data.settings["start"])
    assert table["days"].sum() == (data.as_of - pd.Timestamp(data.settings["start"])).days + 1


def test_a_window_given_goes_before_that_of_the_data(data):
    """`since` and `until` win over the days that the data cover."""
    table = incidence(data.incidents, interval="year", since="2023-01-01", until="2023-12-31")
    assert table["days"].tolist()[0] == 365


def test_time_that_no_register_covers_has_no_nought():
    """2022 is covered by nobody: its count is missing, not 0, and it has no days for a rate."""
    covered = pd.DataFrame(
        {"covered_from": ["2021-01-01", "2023-07-01"], "covered_until": ["2021-12-31", "2023-12-31"]}
    )
    dates = pd.DataFrame({"date": ["2021-04-01", "2021-09-01"], "killed": [1, 0]})

    table = incidence(dates, interval="year", count="killed", since="2021-01-01", until="2023-12-31", covered=covered)

    assert table["days"].tolist() == [365, 0, 184]
    assert table["incidents"].tolist() == [2, pd.NA, 0]
    assert table["count"].tolist() == [1, pd.NA, 0]


def test_incidents_of_a_register_know_the_days_that_it_covers():
    """Rows of a register of 2021 say nothing of 2022, also where nobody passes the span; a page covers all days."""
    rows = four().iloc[:1].assign(date=pd.Timestamp("2021-05-01"), source_id="r")
    spans = {"covered_from": pd.Timestamp("2021-01-01"), "covered_until": pd.Timestamp("2021-12-31")}
    sources = pd.DataFrame({"source_id": ["r"], "published": [pd.NaT]})
    window = {"since": "2021-01-01", "until": "2022-12-31"}

    known, page = (Dataset({"incidents": rows, "sources": sources.assign(**more)}).incidents for more in (spans, {}))

    assert incidence(known, interval="year", **window)["incidents"].tolist() == [1, pd.NA]
    assert incidence(known[known["killed"] > 5], interval="year", **window)["days"].tolist() == [365, 0]
    assert incidence(page, interval="year", **window)["incidents"].tolist() == [1, 0]
    assert "covered" not in rows.attrs


def test_people_of_unknown_outcome_are_casualties():
    """Three accidents, six people, four of unknown outcome: six casualties, and the share killed is withheld."""
    table = pd.DataFrame(
        {
            "date": ["2021-01-01"] * 3,
            "killed": [1, None, None],
            "injured": [1, None, None],
            "outcome_unknown": [0, 1, 3],
        }
    )

    assert incidence(table, interval="year", count="casualties")["count"].sum() == 6
    assert casualty_sizes(table)["casualties"].tolist() == [2, 1, 3]
    killed = shares(table).set_index("share").loc["killed"]
    assert (killed["part"], killed["n"], killed["unknown"]) == (1, 2, 4)
    assert np.isnan(killed["value"])
    assert killed["method"].startswith("withheld: 2 known and 4 unknown")


def test_no_rate_where_nobody_says_how_many_were_hurt():
    """A register without casualties has unknown casualties: the rate 0.00 (0.00 to 3.69) of it would be a lie."""
    table = pd.DataFrame({"date": ["2021-01-01"] * 3, "killed": [None] * 3, "injured": [None] * 3})

    assert incidence(table, interval="year", count="casualties")["count"].tolist() == [pd.NA]
    with pytest.raises(DataError, match="all 3 incidents are of unknown size"):
        casualty_rate(casualty_sizes(table), 1)


def test_days_outside_the_window_do_not_count():
    """The first and the last day of the window count, the days either side do not."""
    dates = pd.DataFrame({"date": ["2023-01-09", "2023-01-10", "2023-01-20", "2023-01-21"]})

    table = incidence(dates, interval="day", since="2023-01-10", until="2023-01-20")

    assert table["incidents"].sum() == 2
    assert table["incidents"].iloc[[0, -1]].tolist() == [1, 1]
    assert len(table) == 11


def test_weeks_run_from_monday_to_sunday():
    """A Sunday and the Monday after it are in two weeks."""
    table = incidence(pd.DataFrame({"date": ["2023-01-01", "2023-01-02"]}), interval="week")

    assert table["period_end"].tolist() == [pd.Timestamp("2023-01-01"), pd.Timestamp("2023-01-08")]
    assert table["incidents"].tolist() == [1, 1]


def test_unknown_is_not_zero():
    """A cell whose incidents all leave the count unstated is missing; one without incidents is 0."""
    table = pd.DataFrame({"date": ["2023-01-05", "2023-03-05"], "killed": [None, 1]})

    months = incidence(table, interval="month", count="killed")

    assert months["count"].isna().tolist() == [True, False, False]
    assert months["count"].iloc[1:].tolist() == [0, 1]
    assert months["unknown"].tolist() == [1, 0, 0]


def test_casualties_need_one_of_the_two_columns_only():
    """A list of deaths only gives its deaths as casualties: a minimum."""
    table = pd.DataFrame({"date": ["2023-01-05", "2023-01-06"], "killed": [2, None]})

    assert incidence(table, interval="year", count="casualties")[["count", "unknown"]].iloc[0].tolist() == [2, 1]


@pytest.mark.parametrize(
    ("since", "until", "march", "nowhere"),
    [
        ("2023-03-31", "2023-04-30", 1, 1),
        ("2023-02-01", "2023-03-01", 1, 1),
        ("2023-04-01", "2023-04-30", 0, 1),
        ("2023-01-01", "2023-02-28", 0, 1),
        ("2022-01-01", "2022-12-31", 0, 0),
        ("2024-01-01", "2024-01-31", 0, 0),
    ],
)
def test_vague_incidents_belong_where_their_period_overlaps(since, until, march, nowhere):
    """An incident of March 2023 is in a window that touches March, one of the year 2023 in one that touches 2023."""
    table = incidence(four()[2:], interval="month", since=since, until=until)

    placed = table[table["period_start"].notna()]
    assert placed["incidents"].sum() == march
    assert table[table["period_start"].isna()]["incidents"].sum() == nowhere


def test_a_month_lies_in_its_quarter_but_a_year_does_not():
    """Whether a vague incident has a period depends on the interval."""
    table = incidence(four()[2:], interval="quarter", since="2023-01-01", until="2023-06-30")

    assert table["incidents"].tolist() == [1, 0, 1]
    assert table["period_start"].isna().tolist() == [False, False, True]


def test_undated_incidents_are_not_lost():
    """An incident without a date is in the last row, since it cannot be shown to lie outside the window."""
    table = pd.DataFrame({"date": ["2023-01-05", None], "date_precision": ["day", None]})

    assert incidence(table, interval="year")["incidents"].tolist() == [1, 1]
    assert incidence(table, interval="year")["days"].tolist() == [365, 0]


def test_last_row_only_where_a_group_needs_it():
    """Groups without vague incidents have no row of missing dates."""
    table = incidence(four(), interval="month", by="district")

    assert table[table["period_start"].isna()]["district"].tolist() == ["Fuzuli"]
    assert table["district"].tolist() == [""] * 3 + ["Aghdam"] * 3 + ["Fuzuli"] * 4


def test_group_without_incident_in_the_window_counts_zero():
    """A district of the table has its row also where the window holds none of its incidents."""
    table = incidence(four(), interval="year", by="district", since="2025-01-01", until="2025-12-31")

    assert table["district"].tolist() == ["", "Aghdam", "Fuzuli"]
    assert table["incidents"].tolist() == [0, 0, 0]


def test_empty_text_and_missing_key_are_one_group():
    """An empty district and a missing one are the same group."""
    table = pd.DataFrame({"date": ["2023-01-05"] * 3, "district": ["", None, "Lachin"]})

    result = incidence(table, interval="year", by="district")

    assert result["district"].tolist() == ["", "Lachin"]
    assert result["incidents"].tolist() == [2, 1]


def test_groups_by_numbers_keep_their_type():
    """A column of numbers groups by its numbers."""
    table = pd.DataFrame({"date": ["2023-01-05"] * 3, "zone": [7, 3, 7]})

    result = incidence(table, interval="year", by="zone")

    assert result["zone"].tolist() == [3, 7]
    assert result["incidents"].tolist() == [1, 2]


def test_many_groups_of_two_columns():
    """Where two columns have more combinations than there are rows, only those of the table have rows."""
    n = 1200
    table = pd.DataFrame(
        {"date": ["2023-01-05"] * n, "a": [f"a{i}" for i in range(n)], "b": [f"b{i}" for i in range(n)]}
    )

    result = incidence(table, interval="year", by=["a", "b"])

    assert len(result) == n
    assert (result["a"].str[1:] == result["b"].str[1:]).all()


def test_empty_table_of_a_given_window_counts_zero():
    """An empty list says that nothing happened in the window; without a window it says nothing."""
    nothing = four()[:0]

    table = incidence(nothing, interval="month", since="2023-01-01", until="2023-02-28", count="killed")

    assert table["count"].tolist() == [0, 0]
    assert len(incidence(nothing, interval="month", since="2023-01-01", until="2023-02-28", by="district")) == 0
    with pytest.raises(DataError, match="no incident has a date; give `since` and `until`"):
        incidence(nothing, interval="month")


def test_undated_table_needs_both_ends():
    """With one end given and no date there is no window."""
    with pytest.raises(DataError, match="give `since` and `until`"):
        incidence(pd.DataFrame({"date": [None, ""]}), interval="month", since="2023-01-01")


@pytest.mark.parametrize("unit", ["s", "ms", "us", "ns"])
def test_times_of_day_and_units_make_no_difference(unit):
    """A time of day is dropped, whatever the resolution of the column, also before 1970."""
    stamps = pd.to_datetime(["1969-12-31 23:59", "1970-01-01 00:00", None]).astype(f"datetime64[{unit}]")

    table = incidence(pd.DataFrame({"date": stamps}), interval="day")

    assert table["incidents"].tolist() == [1, 1, 1]
    assert table["period_start"].iloc[0] == pd.Timestamp("1969-12-31")


def test_whole_floats_are_counts():
    """12.0 is a count."""
    assert (
        incidence(pd.DataFrame({"date": ["2023-01-05"], "killed": [12.0]}), interval="day", count="killed")["count"][0]
        == 12
    )


# --- incidence: refusals ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"interval": "fortnight"}, "`interval` must be one of 'day', 'week', 'month', 'quarter', 'year', not 'fortnight'"),
        ({"interval": "year", "count": "deaths"}, "`count` must be one of 'incidents', 'casualties', 'killed'"),
        ({"interval": "year", "count": "women"}, "`count`: the table has no column 'women'"),
        ({"interval": "year", "by": "distrct"}, "`by` must be one of .* did you mean 'district'"),
        ({"interval": "year", "by": ["district", "district"]}, "`by` names a column twice"),
        ({"interval": "year", "by": "count"}, "`by` cannot be 'count'"),
        ({"interval": "year", "by": 5}, "`by` must be the name of a column or a list of names, not 5"),
        ({"interval": "year", "by": [5]}, "`by` must be one of .*not 5"),
        ({"interval": "year", "since": "2023-02-01", "until": "2023-01-31"}, r"`until` \(2023-01-31\) must not be before `since` \(2023-02-01\)"),
        ({"interval": "year", "since": "01.02.2023"}, "`since` must be a date"),
        ({"interval": "year", "until": pd.Timestamp("2023-01-01", tz="Asia/Baku")}, "`until` must be a date"),
    ],
)  # fmt: skip
def test_wrong_calls(arguments, message):
    """A wrong call names the argument and what is allowed."""
    with pytest.raises(ParameterError, match=message):
        incidence(four(), **arguments)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"date": pd.to_datetime(["2023-01-05"] * 4).tz_localize("Asia/Baku")}, "'date' has a time zone"),
        ({"date": ["2023-02-30"] * 4}, "4 values of 'date' are no calendar date"),
        ({"killed": pd.array([1, 1, 1, -1], dtype="Int64")}, r"row 5 \(d\), column 'killed': '-1': a whole number"),
        ({"killed": [1, 1.5, 1, 1]}, r"row 3 \(b\), column 'killed': '1.5': a whole number"),
        ({"killed": ["1", "x", "1", "1"]}, "'x': a whole number"),
        ({"date_precision": ["day", "week", "", None]}, r"1 unknown precision\n .*row 3 \(b\).*'week': one of 'day', 'month', 'year'"),
        ({"date_precision": ["days", "week", "", None]}, "2 unknown precisions"),
    ],
)  # fmt: skip
def test_wrong_data(change, message):
    """Wrong data name the row, the value and the rule."""
    with pytest.raises(DataError, match=message):
        incidence(four().assign(**change), interval="year", count="killed", since="2023-01-01", until="2023-12-31")


def test_no_table():
    """What is no table, or has no dates, is refused."""
    with pytest.raises(ParameterError, match="`incidents` must be a pandas DataFrame, not list"):
        incidence([1], interval="year")
    with pytest.raises(DataError, match="column 'date' is missing"):
        incidence(pd.DataFrame({"day": []}), interval="year")
    with pytest.raises(ParameterError, match="'casualties' needs the column 'killed' or 'injured'"):
        incidence(pd.DataFrame({"date": ["2023-01-05"]}), interval="year", count="casualties")


def test_register_of_people_has_no_incidents():
    """Rows that are people are no explosions: counted by outcome, never as incidents, and without sizes."""
    people = four().assign(row_is="victim")

    assert incidence(people, interval="year", count="killed")["count"].sum() == 3
    assert incidence(people, interval="year", count="killed")["incidents"].isna().all()
    with pytest.raises(ParameterError, match="lists people, not explosions; count 'killed' or 'injured'"):
        incidence(people, interval="year")
    with pytest.raises(DataError, match="rows are people"):
        casualty_sizes(people)


# --- incidence: laws ----------------------------------------------------------------------------------------------

ROWS = st.lists(
    st.tuples(
        st.one_of(st.none(), st.dates(dt.date(2022, 11, 1), dt.date(2023, 2, 28))),
        st.sampled_from(["day", "month", "year", ""]),
        st.sampled_from(["Aghdam", "Lachin", None]),
        st.one_of(st.none(), st.integers(0, 4)),
        st.one_of(st.none(), st.integers(0, 4)),
    ),
    max_size=12,
)
LAW = settings(max_examples=25, derandomize=True, deadline=None)


def made(rows) -> pd.DataFrame:
    """A made-up table of incidents."""
    return pd.DataFrame(
        {
            "date": pd.Series([row[0] for row in rows], dtype=object),
            "date_precision": pd.Series([row[1] for row in rows], dtype="string"),
            "district": pd.Series([row[2] for row in rows], dtype="string"),
            "killed": pd.array([row[3] for row in rows], dtype="Int64"),
            "injured": pd.array([row[4] for row in rows], dtype="Int64"),
        }
    )


def reach(row) -> tuple[dt.date, dt.date]:
    """First and last day on which an incident may have happened, worked out anew."""
    day, precision = row[0], row[1]
    if precision == "month":
        start = day.replace(day=1)
        return start, (start + dt.timedelta(days=31)).replace(day=1) - dt.timedelta(days=1)
    if precision == "year":
        return day.replace(month=1, day=1), day.replace(month=12, day=31)
    return day, day


@LAW
@given(rows=ROWS, interval=st.sampled_from(INTERVALS), count=st.sampled_from(["incidents", "casualties", "killed"]))
def test_law_counts_equal_a_slow_count(rows, interval, count):
    """Each cell equals a count made row by row, and the rows of a group add to all its incidents of the window."""
    since, until = dt.date(2022, 11, 20), dt.date(2023, 1, 25)
    table = incidence(made(rows), interval=interval, count=count, by="district", since=since, until=until)
    freq = {"day": "D", "week": "W-SUN", "month": "M", "quarter": "Q-DEC", "year": "Y-DEC"}[interval]

    def known(row):
        if count == "incidents":
            return 1
        if count == "killed":
            return row[3]
        return None if row[3] is None and row[4] is None else (row[3] or 0) + (row[4] or 0)

    cells: dict = {}
    for row in rows:
        key = None
        if row[0] is not None:
            start, end = reach(row)
            if end < since or start > until:
                continue
            one = pd.Period(start, freq) == pd.Period(end, freq)
            key = max(pd.Period(start, freq).start_time.date(), since) if one else None
        cells.setdefault((row[2] or "", key), []).append(known(row))

    found = {
        (row.district, None if pd.isna(row.period_start) else row.period_start.date()): row
        for row in table.itertuples()
    }
    assert set(cells) <= set(found)
    for key, row in found.items():
        values = cells.get(key, [])
        stated = [value for value in values if value is not None]
        assert (row.incidents, row.unknown) == (len(values), len(values) - len(stated))
        assert pd.isna(row.count) if values and not stated else row.count == sum(stated)


@LAW
@given(rows=ROWS, seed=st.integers(0, 99))
def test_law_row_order_and_labels_make_no_difference(rows, seed):
    """Shuffled rows give the same table, and the input stays as it was."""
    table = made(rows)
    table.index = [f"r{i}" for i in range(len(table))]
    kept = table.copy(deep=True)
    arguments = {
        "interval": "month",
        "count": "casualties",
        "by": "district",
        "since": "2022-11-01",
        "until": "2023-02-28",
    }

    assert_frame_equal(incidence(table, **arguments), incidence(table.sample(frac=1, random_state=seed), **arguments))
    assert_frame_equal(table, kept)


@LAW
@given(rows=ROWS)
def test_law_types_make_no_difference(rows):
    """A table read without types gives what the typed one gives."""
    typed = made(rows)
    arguments = {
        "interval": "quarter",
        "count": "casualties",
        "by": "district",
        "since": "2022-11-01",
        "until": "2023-02-28",
    }
    plain = typed.assign(date=pd.to_datetime(typed["date"]))

    assert_frame_equal(incidence(plain, **arguments), incidence(as_read(plain), **arguments))


@pytest.mark.parametrize("zone", ["Pacific/Auckland", "America/Anchorage"])
def test_law_time_zone_of_the_process_makes_no_difference(zone, monkeypatch):
    """Dates stay dates wherever the computer stands."""
    before = os.environ.get("TZ")
    expected = incidence(as_read(four()), interval="day", by="district")
    monkeypatch.setenv("TZ", zone)
    time.tzset()
    try:
        assert_frame_equal(incidence(as_read(four()), interval="day", by="district"), expected)
    finally:
        monkeypatch.undo()
        time.tzset()
    assert os.environ.get("TZ") == before


def test_real_list_counts_every_incident(data):
    """The bundled list: every incident is in one row, whatever the interval and group."""
    for interval in INTERVALS:
        table = incidence(data.incidents, interval=interval, by="side")
        assert table["incidents"].sum() == len(data.incidents)


# --- casualty_sizes -----------------------------------------------------------------------------------------------


def test_sizes_by_hand():
    """The sizes of the four incidents are 3, 1, 3 and 2 (by hand), in the order of the table."""
    sizes = casualty_sizes(four())

    assert sizes["casualties"].tolist() == [3, 1, 3, 2]
    assert sizes["incident_id"].tolist() == list("abcd")
    assert sizes.dtypes.astype(str).tolist() == ["string", "datetime64[us]", "Int64"]
    assert sizes.attrs["unknown"] == 0


def test_sizes_leave_out_nobody_and_nothing_known():
    """Incidents that hurt nobody, or say nothing, have no size; the latter are counted."""
    table = pd.DataFrame(
        {"date": ["2023-01-05", None, "2023-01-07"], "killed": [0, None, None], "injured": [0, None, 1]}
    )

    sizes = casualty_sizes(table)

    assert sizes["incident_id"].tolist() == ["2"]
    assert sizes.attrs["unknown"] == 1
    assert len(casualty_sizes(table[:0])) == 0


def test_sizes_need_an_outcome():
    """Without a column of killed or injured there are no sizes; one of them is enough."""
    with pytest.raises(DataError, match="columns 'killed', 'injured' are missing"):
        casualty_sizes(pd.DataFrame({"date": ["2023-01-05"]}))
    assert casualty_sizes(pd.DataFrame({"date": ["2023-01-05"], "injured": [2]}))["casualties"].tolist() == [2]


@LAW
@given(rows=ROWS)
def test_law_sizes_add_to_the_casualties(rows):
    """The sizes add to the casualties that incidence counts."""
    table = made(rows).assign(date=dt.date(2023, 1, 5), date_precision="day")
    kept = table.copy(deep=True)

    total = incidence(table, interval="year", count="casualties", since="2023-01-01", until="2023-12-31")["count"].sum()

    assert casualty_sizes(table)["casualties"].sum() == total
    assert_frame_equal(table, kept)


# --- completeness -------------------------------------------------------------------------------------------------


def totals(dates, victims, **more) -> pd.DataFrame:
    """Made-up running totals of one series."""
    return pd.DataFrame({**NATIONAL, "as_of": dates, "victims": victims} | more)


def listed(**by_date) -> pd.DataFrame:
    """Made-up incidents with so many injured."""
    return pd.DataFrame({"date": [k[1:].replace("_", "-") for k in by_date], "injured": list(by_date.values())})


def test_completeness_by_hand():
    """15 of 20 listed in 2023 and 12 of 10 in 2024 are 0.75 and 1.2 (by hand)."""
    official = totals(["2022-12-31", "2023-12-31", "2024-12-31"], [100, 120, 130])

    table = completeness(listed(_2023_05_01=15, _2024_01_01=7, _2024_12_31=5), official)

    assert table["completeness"].tolist() == [0.75, 1.2]
    assert table["listed"].tolist() == [15, 12]
    assert table["official"].tolist() == [20, 10]
    assert table["days"].tolist() == [365, 366]
    assert table["interpolated"].tolist() == [False, False]
    assert table.attrs["interpolated"] is False
    assert list(table) == ["period_start", "period_end", "days", "listed", "official", "completeness", "interpolated"]


def test_completeness_is_cut_to_the_totals():
    """Incidents on the day of the first total and after the last do not count; the cut year is said to be so."""
    official = totals(["2022-12-30", "2023-06-30"], [100, 100 + 182])

    table = completeness(listed(_2022_12_30=9, _2022_12_31=1, _2023_06_30=4, _2023_07_01=9), official)

    assert table["listed"].tolist() == [1, 4]
    assert table["official"].tolist() == pytest.approx([1, 181])
    assert table["period_start"].tolist() == [pd.Timestamp("2022-12-31"), pd.Timestamp("2023-01-01")]
    assert table["period_end"].tolist() == [pd.Timestamp("2022-12-31"), pd.Timestamp("2023-06-30")]
    assert table["interpolated"].tolist() == [True, True]


def test_completeness_without_increment_is_nan():
    """Where the official total did not rise there is no share, also where the list has casualties."""
    table = completeness(listed(_2023_05_01=3), totals(["2022-12-31", "2023-12-31"], [100, 100]))

    assert table["completeness"].isna().all()
    assert table["listed"].tolist() == [3]


def test_completeness_keeps_what_lies_in_no_period():
    """Vague incidents stand in a last row without dates and without an official figure."""
    vague = pd.DataFrame({"date": ["2023-01-01", None], "date_precision": ["year", None], "killed": [2, 1]})

    table = completeness(vague, totals(["2022-12-31", "2023-12-31"], [100, 110]), interval="month")

    assert len(table) == 13
    assert table["listed"].tolist() == [0] * 12 + [3]
    assert table["days"].iloc[-1] == 0
    assert table["official"].isna().tolist() == [False] * 12 + [True]
    assert table["completeness"].iloc[:12].tolist() == [0] * 12
    assert table["interpolated"].dtype == bool


def test_completeness_of_unstated_casualties_is_unknown():
    """Where the list has incidents but no figure, the share is unknown, not 0."""
    table = completeness(
        pd.DataFrame({"date": ["2023-05-01"], "killed": [None], "injured": [None]}),
        totals(["2022-12-31", "2023-12-31"], [100, 110]),
    )

    assert table["listed"].isna().all()
    assert table["completeness"].isna().all()


def test_completeness_of_another_count():
    """Deaths are compared with deaths."""
    official = totals(["2022-12-31", "2023-12-31"], [100, 110], killed=[10, 14])

    table = completeness(pd.DataFrame({"date": ["2023-05-01"], "killed": [3]}), official, value="killed")

    assert table["completeness"].tolist() == [0.75]
    with pytest.raises(ParameterError, match="`value` must be one of 'victims', 'killed'"):
        completeness(listed(_2023_05_01=3), official, value="civilians")


def test_completeness_needs_one_series():
    """Two series, or one total, are refused, with what was found."""
    one = totals(["2022-12-31", "2023-12-31"], [100, 110])
    other = one.assign(scope="nagorno_karabakh")

    with pytest.raises(
        DataError, match=r"exactly one series of 'victims'.*\n  scope 'nagorno_karabakh' since 2020-11-10"
    ):
        completeness(listed(_2023_05_01=3), pd.concat([one, other]))
    with pytest.raises(DataError, match="two totals or more"):
        completeness(listed(_2023_05_01=3), one[:1])
    with pytest.raises(ParameterError, match="`interval` must be"):
        completeness(listed(_2023_05_01=3), one, interval="decade")


# --- conflicts ----------------------------------------------------------------------------------------------------


def reports(**columns) -> pd.DataFrame:
    """Made-up reports of one incident."""
    n = max(len(values) for values in columns.values())
    return pd.DataFrame({"incident_id": ["a"] * n, "source_id": [f"s{i}" for i in range(n)]} | columns)


def test_conflict_by_hand():
    """Two reports with 2 and 3 injured are one conflict, 2 to 3, of 2 sources (by hand)."""
    table = conflicts(reports(injured=[3, 2], killed=[1, None]))

    assert table.to_dict("records") == [
        {
            "incident_id": "a",
            "field": "injured",
            "values": "2;3",
            "low": 2,
            "high": 3,
            "n_sources": 2,
            "sources": "s1;s0",
        }
    ]
    assert table["low"].dtype == "Int64"


def test_silence_and_agreement_are_no_conflict():
    """Sources that say nothing, or the same, do not contradict each other."""
    assert len(conflicts(reports(injured=[2, None, 2.0], district=["Lachin", None, " Lachin"]))) == 0
    assert list(conflicts(reports(injured=[2])))[:3] == ["incident_id", "field", "values"]


def test_numbers_are_ordered_as_numbers():
    """10 comes after 9."""
    table = conflicts(reports(injured=[10, 9]))

    assert table[["values", "low", "high"]].iloc[0].tolist() == ["9;10", 9, 10]


def test_sources_of_one_value_stand_together():
    """The sources of each value are named in the order of the values, each once."""
    table = conflicts(reports(injured=[2, 3, 3, 3], source_id=["x", "z", "y", "z"]))

    assert table["sources"].tolist() == ["x;y,z"]
    assert table["n_sources"].tolist() == [3]


def test_publishers_are_the_sources_where_given():
    """Two pages of one publisher are one source; a report without any is its own."""
    table = conflicts(
        reports(injured=[2, 3, 4], publisher=["p", "p", ""], source_id=["x", "y", ""], report_id=["i", "j", "k"])
    )

    assert table["n_sources"].tolist() == [2]
    assert table["sources"].tolist() == ["x;y;k"]


def test_one_source_that_changed_its_figure_is_a_conflict():
    """A page that states two figures contradicts itself."""
    assert conflicts(reports(killed=[45, 48], source_id=["x", "x"]))["n_sources"].tolist() == [1]


def test_words_and_dates_conflict_too():
    """District, settlement and day are compared; a month does not contradict a day in it."""
    table = conflicts(
        reports(
            reported_date=["2026-03-12", "2026-03-13", "2026-03-01"],
            date_precision=["day", None, "month"],
            district=["Khojavand", "Fuzuli", None],
        )
    )

    assert table["field"].tolist() == ["district", "reported_date"]
    assert table["values"].tolist() == ["Fuzuli;Khojavand", "2026-03-12;2026-03-13"]
    assert table["low"].isna().all()


@pytest.mark.parametrize(
    ("devices", "values"),
    [
        (["mine", "anti_tank", "unknown"], []),
        (["mine", "uxo"], ["mine;uxo"]),
        (["mine", "anti_tank", "anti_personnel"], ["anti_personnel;anti_tank"]),
    ],
)
def test_a_mine_of_unknown_kind_contradicts_no_kind(devices, values):
    """ "mine" leaves the kind open, "unknown" says nothing; unexploded ordnance is no mine."""
    assert conflicts(reports(device=devices))["values"].tolist() == values


def test_reports_of_no_known_incident_are_left_out():
    """Reports that cannot be tied to an incident contradict nothing."""
    assert len(conflicts(reports(injured=[2, 3], incident_id=[None, ""]))) == 0


def test_chosen_value_and_note():
    """With the incidents, each conflict shows what was chosen and the note; nothing where the list says nothing."""
    made_from = pd.DataFrame(
        {
            "incident_id": ["a", "b"],
            "date": ["2023-01-05", None],
            "injured": [3, None],
            "note": ["majority", None],
        }
    )
    table = reports(injured=[2, 3, 3], reported_date=["2023-01-05", "2023-01-06", None])
    other = table.assign(incident_id="b")

    result = conflicts(pd.concat([table, other]), incidents=made_from)

    assert result["field"].tolist() == ["injured", "reported_date"] * 2
    assert result["chosen"].tolist() == ["3", "2023-01-05", "", ""]
    assert result["note"].tolist() == ["majority", "majority", "", ""]
    assert list(conflicts(table[:1], incidents=made_from)) == list(result)


def test_conflicts_refuse_wrong_tables():
    """Missing keys and wrong figures are named."""
    with pytest.raises(DataError, match="incident_reports: column 'incident_id' is missing"):
        conflicts(pd.DataFrame({"killed": [1]}))
    with pytest.raises(DataError, match="incidents: column 'incident_id' is missing"):
        conflicts(reports(killed=[1, 2]), incidents=pd.DataFrame({"killed": [1]}))
    with pytest.raises(DataError, match=r"row 3, column 'killed': '-2'"):
        conflicts(reports(killed=[1, -2]))


@LAW
@given(
    rows=st.lists(st.tuples(st.sampled_from("abc"), st.one_of(st.none(), st.integers(0, 3)), st.sampled_from("xyz")), max_size=10),
    seed=st.integers(0, 99),
)  # fmt: skip
def test_law_conflicts_do_not_depend_on_order_or_copies(rows, seed):
    """Order and copied rows change nothing; low and high are the ends; inputs stay."""
    table = pd.DataFrame(rows, columns=["incident_id", "killed", "source_id"]).astype({"killed": "Int64"})
    kept = table.copy(deep=True)

    result = conflicts(table)

    doubled = pd.concat([table, table]).sample(frac=1, random_state=seed)
    assert_frame_equal(conflicts(doubled), result)
    assert_frame_equal(table, kept)
    assert (result["low"] < result["high"]).all()
    stated = table.dropna().groupby("incident_id")["killed"].nunique()
    assert result["incident_id"].tolist() == stated.index[stated > 1].tolist()


def test_real_conflicts_of_the_list_are_told(data):
    """The bundled reports: the two figures of 5 August 2025 (4 and 5 injured, data/README.md) are found."""
    table = conflicts(data.incident_reports, incidents=data.incidents)

    row = table[(table["incident_id"] == "inc-2025-08-05-kalbajar") & (table["field"] == "injured")].iloc[0]
    assert (row["low"], row["high"]) == (4, 5)
    assert (table["n_sources"] >= 1).all()


# --- shares of the list -------------------------------------------------------------------------------------------


def test_killed_share_of_rows_that_state_both():
    """By hand: of (1, 2), (0, 3), (2, ?), (?, 4) only the first two speak: 1 of 6; summing all would make 3 of 12."""
    table = pd.DataFrame({"killed": [1, 0, 2, None], "injured": [2, 3, None, 4]})

    killed = shares(table).set_index("share").loc["killed"]

    assert (killed["part"], killed["n"], killed["incidents"], killed["left_out"]) == (1, 6, 2, 2)
    assert "2 rows that state only a part are not used" in killed["method"]


def test_civilian_share_prints_the_unknown():
    """By hand: 3 civilians, 1 soldier, 2 people of unknown status: 3 of 4, between 3 and 5 of 6."""
    table = pd.DataFrame(
        {"killed": [1, 0, 1], "injured": [2, 2, None], "civilians_killed": [1, None, None],
         "civilians_injured": [2, None, None], "military_killed": [None, None, 1], "military_injured": [None] * 3}
    )  # fmt: skip

    civilians = shares(table).set_index("share").loc["civilians"]

    assert (civilians["part"], civilians["n"], civilians["unknown"]) == (3, 4, 2)
    assert civilians["value"] == 0.75
    assert civilians[["bound_low", "bound_high"]].tolist() == pytest.approx([3 / 6, 5 / 6])


def test_few_incidents_have_at_least_the_dispersion_of_their_sizes():
    """A list that mixes within every incident shows no clustering; below 40 incidents that is not believed."""
    few = pd.DataFrame({"killed": [1] * 10, "injured": [3] * 10})
    many = pd.DataFrame({"killed": [1] * 40, "injured": [3] * 40})

    assert design_effect(few["killed"], few["killed"] + few["injured"]) == 1
    assert shares(few)["design_effect"].iloc[0] == dispersion([4] * 10) == 4
    assert shares(many)["design_effect"].iloc[0] == 1


def test_share_of_those_not_in_service():
    """By hand: deminers count, soldiers do not, other places do not; what says neither is unknown, not a soldier."""
    table = pd.DataFrame(
        [
            ("A", "demining", 0, 1, None, 1),  # a deminer, whatever the status
            ("A", "military_service", 1, 3, None, None),
            ("A", None, 0, 2, 1, 1),  # one civilian, one soldier
            ("A", None, 0, 1, None, None),  # unknown
            ("B", None, 0, 2, None, None),  # elsewhere, whoever they were
            (None, "herding", 0, 5, 5, None),  # place unknown
            (None, "military_service", 0, 3, None, 3),  # no place needed
            ("A", "herding", None, None, None, None),  # nobody known to be hurt
        ],
        columns=["district", "activity", "killed", "injured", "civilians_injured", "military_injured"],
    )

    share = present_share(table, ["A"])

    assert share.value == pytest.approx(2 / 12)
    assert share.n == 12
    assert "6 unknown: between" in share.method
    # X of 6 incidents: at least the dispersion of their sizes, 1, 4, 2, 2, 3
    assert "design effect 2.83" in share.method


def test_children_are_of_civilians():
    """By hand: 1 child of 4 civilian casualties; a row that is silent on children leaves 2 unknown."""
    table = pd.DataFrame(
        {
            "killed": [1, 2],
            "injured": [3, 0],
            "civilians_killed": [1, 2],
            "civilians_injured": [3, 0],
            "children": [1, None],
        }
    )
    children = shares(table).set_index("share").loc["children"]
    assert (children["part"], children["n"], children["unknown"]) == (1, 4, 2)


def test_shares_of_people_say_that_they_are_too_narrow():
    """Where rows are people nobody knows who was hurt together."""
    table = pd.DataFrame({"row_is": ["victim"] * 3, "killed": [1, 0, 0], "injured": [0, 1, 1]})
    assert "too narrow" in shares(table)["method"].iloc[0]


LISTS = st.lists(
    st.tuples(st.integers(0, 3) | st.none(), st.integers(0, 5) | st.none(), st.integers(0, 2) | st.none()), max_size=12
)


@LAW
@given(LISTS)
def test_law_shares_lie_within_their_bounds(rows):
    """low <= value <= high and bound_low <= value <= bound_high; more unknown people never tighten the bounds."""
    columns = ["killed", "injured", "outcome_unknown"]
    table = pd.DataFrame(rows, columns=columns).astype("Int64")
    more = table.assign(outcome_unknown=table["outcome_unknown"].fillna(0) + 1)

    one, other = (shares(t).set_index("share").loc["killed"] for t in (table, more))

    if not np.isnan(one["value"]):
        assert one["low"] <= one["value"] <= one["high"]
        assert one["bound_low"] <= one["value"] <= one["bound_high"]
    if one["n"]:
        assert other["bound_low"] <= one["bound_low"] <= one["bound_high"] <= other["bound_high"]


# --- the list beside the totals -----------------------------------------------------------------------------------


def official(days, **columns):
    """Totals of one series on these days."""
    return pd.DataFrame({**NATIONAL, "total_id": [f"t{i}" for i in range(len(days))], "as_of": days, **columns})


def test_totals_confirm_noughts():
    """70 killed in April, 71 in December, one death stated between: the other incidents of those days have 0."""
    totals = official(["2025-04-04", "2025-12-26", "2026-03-13"], killed=[70, 71, 73])
    table = pd.DataFrame(
        {"date": ["2025-04-04", "2025-05-02", "2025-09-01", "2025-06-01", "2026-01-02"],
         "date_precision": ["day", "day", "month", "year", "day"],
         "killed": [None, None, 1, None, None], "injured": [1] * 5}
    )  # fmt: skip

    filled = confirm_zeros(table, totals)

    # the first lies before, the fourth anywhere in the year, the last in days of two deaths that no report states
    assert filled["killed"].tolist() == [pd.NA, 0, 1, pd.NA, pd.NA]
    assert filled["killed_basis"].tolist() == ["", "official_totals", "stated", "", ""]
    assert filled["injured_basis"].tolist() == ["stated"] * 5
    assert table["killed"].isna().sum() == 4


def test_noughts_typed_in_are_found_out_anew():
    """A nought that the table calls official, but that the totals do not confirm, is unknown again."""
    table = pd.DataFrame({"date": ["2025-05-02", "2025-06-02"], "killed": [0, 0], "injured": [1, 1],
                          "killed_basis": ["official_totals", "stated"]})  # fmt: skip
    filled = confirm_zeros(table, official(["2025-04-04", "2025-12-26"], killed=[70, 72]))
    assert filled["killed"].tolist() == [pd.NA, 0]


def test_totals_of_the_real_list_settle_the_killed_of_2025(data):
    """Nearly all rows of 2025 that state no deaths are settled by the totals of 2025 and 2026 (all but one)."""
    here = data.known_on("2026-03-31")
    own = here.incidents[here.incidents["side"] == "azerbaijan"]
    since = here.victim_totals["since"].between("2020-11-01", "2020-11-30")
    totals = here.victim_totals[
        (here.victim_totals["scope"] == "national") & since & (here.victim_totals["span"] == "post_war")
    ]

    filled = confirm_zeros(own, totals)

    of_2025 = filled["date"].dt.year == 2025
    assert of_2025.sum() > 20
    assert filled.loc[of_2025, "killed"].isna().sum() <= 2
    stated = own["killed"].notna() & ~(own["killed_basis"] == "official_totals").fillna(False)
    assert (filled.loc[stated, "killed"] == own.loc[stated, "killed"]).all()


@LAW
@given(
    st.lists(st.tuples(st.integers(0, 99), st.integers(0, 2), st.booleans()), max_size=12),
    st.lists(st.integers(0, 100), min_size=2, max_size=6, unique=True),
    st.integers(0, 2),
)
def test_law_confirmed_noughts_are_true(incidents, days, unlisted):
    """Totals that count all deaths, of listed incidents stated or not and of others, never confirm a false nought."""
    day = pd.Timestamp("2023-01-01")
    table = pd.DataFrame(incidents, columns=["on", "truth", "told"])
    table["date"] = day + pd.to_timedelta(table["on"], unit="D")
    table["killed"] = table["truth"].astype("Int64").where(table["told"], pd.NA)
    table["injured"] = pd.array([1] * len(table), dtype="Int64")
    days = sorted(days)
    killed = [int(table.loc[table["on"] <= d, "truth"].sum()) + unlisted * (d > 50) for d in days]
    totals = official([str((day + pd.Timedelta(days=d)).date()) for d in days], killed=killed)

    filled = confirm_zeros(table, totals)

    known = filled["killed"].notna()
    assert (filled.loc[known, "killed"].astype(int) == table.loc[known, "truth"]).all()
    assert known[table["told"]].all()
    for (first, before), (last, after) in combinations(zip(days, killed, strict=True), 2):
        between = (table["on"] > first) & (table["on"] <= last)
        if table.loc[between & table["told"], "truth"].sum() == after - before:
            assert known[between].all()  # and every nought that two totals settle is found


def test_crossings_of_the_newest_whole_total():
    """By hand: 10 of 40 civilians killed are listed; an incident after the total's day is not counted."""
    totals = official(["2023-06-16", "2024-06-16"], civilians_killed=[40, None], civilians_injured=[103, 5],
                      military_killed=[17, 5], military_injured=[144, 5])  # fmt: skip
    table = pd.DataFrame(
        {"date": ["2023-01-05", "2023-07-01"], "civilians_killed": [10, 5], "military_injured": [None, 3]}
    )

    found = crossings(table, totals).set_index("crossing")

    assert found.loc["civilians_killed", ["listed", "official", "completeness"]].tolist() == [10, 40, 0.25]
    assert found.loc["military_injured", ["listed", "unknown"]].tolist() == [pd.NA, 1]
    assert crossings(table, totals.iloc[1:]).empty


def test_completeness_of_stretches_needs_no_interpolation():
    """By hand: 10 of 40 and 15 of 20 injured; the day of the first total belongs to the first stretch."""
    totals = official(["2021-11-10", "2022-11-10"], injured=[40, 60])
    table = pd.DataFrame({"date": ["2021-11-10", "2021-11-11"], "injured": [10, 15]})

    found = stretch_completeness(table, totals, value="injured")

    assert found["listed"].tolist() == [10, 15]
    assert found["value"].tolist() == [0.25, 0.75]
    assert (found["low"] < found["value"]).all()
    assert (found["value"] < found["high"]).all()


def test_direction_of_completeness():
    """A list that grows more complete by a fifth a year says so; three stretches say nothing."""
    day = pd.to_datetime(["2020-11-10", "2021-11-10", "2022-11-10", "2023-11-10", "2024-11-10"])
    made = pd.DataFrame({"start": day[:-1], "end": day[1:], "listed": [25, 30, 36, 43], "official": [100] * 4})
    assert completeness_direction(made).value == pytest.approx(20, abs=1)
    with pytest.raises(DataError, match="3 periods"):
        completeness_direction(made.head(3))


def test_what_the_real_list_holds_of_the_totals(data):
    """A quarter of the injured in 2021, three quarters in 2025; a sixth of the soldiers injured (methods, points 2, 7)."""
    known = data.known_on("2026-03-31")
    hit = known.incidents[known.incidents["side"] == "azerbaijan"]
    rows = known.victim_totals
    rows = with_victims(rows[(rows["scope"] == "national") & (rows["span"] == "post_war")])

    years = completeness(hit, rows, value="injured").dropna(subset=["period_start"])
    share = years.set_index(years["period_start"].dt.year)["completeness"]
    stretches = stretch_completeness(hit, rows, value="injured")
    crossing = crossings(hit, rows).set_index("crossing")["completeness"]

    assert share[[2021, 2025]].round(2).tolist() == [0.25, 0.77]
    assert stretches["value"].iloc[0] < 0.3 < 0.7 < stretches["value"].iloc[-1]
    assert completeness_direction(stretches).low > 0
    assert round(crossing["military_injured"], 2) == 0.17
    assert crossing["military_injured"] < crossing["civilians_injured"] < crossing["civilians_killed"]
