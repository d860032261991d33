"""Columns out of an analyst's own tables: text, dates and counts with the missing kept, errors that name the row."""

from __future__ import annotations

import datetime as dt

import numpy as np
import pandas as pd
import pytest

from minestats.columns import as_date, counts, dates, need, row_ids, texts
from minestats.errors import DataError, ParameterError

DAY = np.datetime64("2022-12-14", "s")


@pytest.mark.parametrize(
    "value",
    [
        "2022-12-14",
        " 2022-12-14 ",
        dt.date(2022, 12, 14),
        dt.datetime(2022, 12, 14, 23, 59),
        pd.Timestamp("2022-12-14 12:00"),
        np.datetime64("2022-12-14"),
        pd.Period("2022-12-14", freq="D"),
    ],
)
def test_dates_of_all_kinds_are_calendar_dates(value):
    """A date, a time of day, text or a period give the same day."""
    table = pd.DataFrame({"date": pd.Series([value], dtype=object)})
    assert dates(table, "date", name="t").to_numpy()[0] == DAY
    assert as_date(value, "since") == pd.Timestamp("2022-12-14")


@pytest.mark.parametrize("value", [None, pd.NaT, pd.NA, float("nan"), "", "  ", np.datetime64("NaT", "D")])
def test_missing_dates_stay_missing(value):
    """Whatever stands for missing is NaT; where a date is required it is an error."""
    table = pd.DataFrame({"date": pd.Series([value], dtype=object)})
    assert dates(table, "date", name="t").isna().all()
    with pytest.raises(DataError, match="never empty"):
        dates(table, "date", name="t", required=True)


@pytest.mark.parametrize(
    "value",
    ["2022-02-30", "14.12.2022", "2022-12", "20221214", 20221214, True, dt.datetime(2022, 12, 14, tzinfo=dt.UTC)],
)
def test_what_is_no_date_is_refused(value):
    """Impossible, ambiguous, shortened and aware dates are errors that name row and value."""
    table = pd.DataFrame({"incident_id": ["a"], "date": pd.Series([value], dtype=object)})
    with pytest.raises(DataError, match=r"incidents, row 2 \(a\), column 'date'") as caught:
        dates(table, "date", name="incidents")
    assert caught.value.problems[0].row_id == "a"
    with pytest.raises(ParameterError, match="`since` must be a date"):
        as_date(value, "since")


def test_aware_column_is_refused():
    """A column with a time zone is refused: time zones never enter."""
    table = pd.DataFrame({"date": pd.to_datetime(["2022-12-14"]).tz_localize("Asia/Baku")})
    with pytest.raises(DataError, match="has a time zone"):
        dates(table, "date", name="t")


def test_typed_dates_lose_their_time_of_day():
    """A typed column is cut to days, whatever the process's time zone."""
    table = pd.DataFrame({"date": pd.to_datetime(["2022-12-14 23:59"])})
    assert dates(table, "date", name="t").to_numpy()[0] == DAY


@pytest.mark.parametrize(
    "values",
    [[1, None, 3], pd.array([1, None, 3], dtype="Int64"), ["1", "", "3"], [1.0, float("nan"), 3.0], ["1", None, " 3"]],
)
def test_counts_keep_the_missing(values):
    """Integers, floats and text give the same floats; missing is NaN, never 0."""
    found = counts(pd.DataFrame({"killed": values}), "killed", name="t")
    np.testing.assert_array_equal(found, [1.0, np.nan, 3.0])


def test_absent_column_is_all_missing():
    """A table without the column knows nothing of it."""
    assert np.isnan(counts(pd.DataFrame({"a": [1, 2]}), "killed", name="t")).all()
    assert texts(pd.DataFrame({"a": [1, 2]}), "district").tolist() == ["", ""]


@pytest.mark.parametrize("value", [-1, 1.5, "x", float("inf"), "-2", "nan nan"])
def test_what_is_no_count_is_refused(value):
    """Negative, fractional, infinite and unreadable counts are errors with row and value."""
    table = pd.DataFrame({"incident_id": ["a", "b"], "killed": pd.Series([1, value], dtype=object)})
    with pytest.raises(DataError, match=r"incidents, row 3 \(b\), column 'killed'.*a whole number, 0 or more"):
        counts(table, "killed", name="incidents")


def test_fractions_are_allowed_where_they_mean_something():
    """Hectares may be fractional, and not negative."""
    assert counts(pd.DataFrame({"ha": [1.5]}), "ha", name="t", whole=False).tolist() == [1.5]
    with pytest.raises(DataError, match="a finite number, 0 or more"):
        counts(pd.DataFrame({"ha": [-1.5]}), "ha", name="t", whole=False)


def test_need_names_what_is_missing():
    """A table that is none, and a missing column, are told apart."""
    with pytest.raises(ParameterError, match="`incidents` must be a pandas DataFrame, not list"):
        need([], ["a"], "incidents")
    with pytest.raises(DataError, match="columns 'b', 'c' are missing; the table has 'a'"):
        need(pd.DataFrame({"a": []}), ["b", "c"], "incidents")


def test_row_ids_fall_back_to_the_index():
    """Without a key the row's label names it."""
    assert row_ids(pd.DataFrame({"a": [1]}, index=[7]), "id").tolist() == ["7"]


def test_inputs_are_not_changed():
    """Reading a column changes nothing."""
    table = pd.DataFrame({"date": ["2022-12-14", ""], "killed": ["1", ""], "district": ["a", None]})
    before = table.copy(deep=True)
    dates(table, "date", name="t")
    counts(table, "killed", name="t")
    texts(table, "district")
    pd.testing.assert_frame_equal(table, before)
