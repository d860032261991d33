"""A report knows what it is about: level, suppression and what to say of nothing hold without a cell remembering them."""

from __future__ import annotations

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import minestats as ms
from minestats import plot
from minestats.data import Dataset
from minestats.rates.small_cells import WITHHELD
from minestats.report.reporting import Report, section


@pytest.fixture(scope="module")
def data():
    return ms.load()


@pytest.fixture(scope="module")
def report(data):
    return Report(data)


@pytest.mark.parametrize(
    "wrong",
    [{"level": 0}, {"level": 95}, {"suppress": -1}, {"suppress": 2.5}, {"district": "Agdm"}, {"until": "31/12"}],
)
def test_parameters_are_refused(data, wrong):
    """What a report cannot use it refuses, by name."""
    with pytest.raises(ms.ParameterError, match=next(iter(wrong))):
        Report(data, **wrong)


def test_nothing_is_said_once(data, capsys):
    """A figure, a table and a sentence of no rows say so together, once."""
    nothing = section(
        pd.DataFrame({"label": [], "value": [], "low": [], "high": []}),
        "Rates",
        empty="No rate is known.",
        label="label",
    )
    r = Report(data)
    r.figure(plot.rates(nothing))
    r.table(nothing)
    r.say(nothing)
    assert capsys.readouterr().out == "No rate is known.\n"


@settings(deadline=None)
@given(counts=st.lists(st.integers(0, 30), min_size=3, max_size=12), below=st.integers(2, 10))
def test_no_small_count_by_settlement_is_shown(report, counts, below):
    """No table, whoever made it, shows a count of people by settlement, age or sex below the limit."""
    report.suppress = below
    rows = pd.DataFrame({"settlement": [f"v{i}" for i in range(len(counts))], "casualties": counts})
    try:
        shown = report.protected(rows)["casualties"]
    except ms.DataError:  # too few cells stand beside it: refused, not shown
        return
    assert all(value == WITHHELD or value == 0 or value >= below for value in shown)


@pytest.mark.parametrize(
    "columns", [{"sex": ["f", "m", "m"], "killed": [1, 6, 9]}, {"year": ["a", "b", "c"], "children": [1, 6, 9]}]
)
def test_a_figure_of_small_counts_gives_way(data, columns, capsys):
    """A bar can be read off: a figure of counts to be withheld is not shown, one without suppression is."""
    rows = pd.DataFrame(columns)
    counted = rows.columns[1]
    rates = rows.assign(label=rows.iloc[:, 0], value=rows[counted], low=0, high=20)
    Report(data, suppress=5).figure(plot.rates, rates, label="label")
    assert "withheld" in capsys.readouterr().out
    assert (Report(data, suppress=5).protected(rows)[counted] == WITHHELD).any()


def test_an_analysts_table_is_protected_as_it_is_shown(data, capsys):
    """`table` withholds, and leaves alone what counts no people of a group."""
    r = Report(data, suppress=5)
    r.table(pd.DataFrame({"settlement": ["a", "b", "c"], "killed": [1, 7, 9]}), "By settlement")
    r.table(pd.DataFrame({"district": ["a", "b", "c"], "incidents": [1, 7, 9]}), "By district")
    said = capsys.readouterr().out.split("By district")
    assert [WITHHELD in part for part in said] == [True, False]


def test_the_dispersion_of_a_district_is_the_countrys(data):
    """Sizes of a few incidents say too little of how casualties cluster (METHODS.md, point 12)."""
    assert Report(data, district="Lachin").phi == Report(data).phi > 1


def test_data_without_a_date_have_no_period(capsys):
    """A folder to start from says that it holds no dates, and names no day that nobody gave."""
    r = Report(Dataset({}))
    r.open("Trend")
    r.glance()
    out = capsys.readouterr().out
    assert "The data hold no dates" in out
    assert "no list" in out
    assert "1970" not in out


def test_what_does_not_apply_is_blank(data, capsys):
    """A limit that a row has not is no unknown figure; a missing count is one."""
    Report(data).table(pd.DataFrame({"year": ["2024", "2025"], "killed": [4, None], "low": [None, 1.5]}), "Killed")
    lines = capsys.readouterr().out.splitlines()
    assert lines[2].split() == ["2024", "4"]
    assert lines[3].split() == ["2025", "unknown", "1.5"]


def test_a_register_is_known_from_its_first_to_its_last_day(data):
    """The period begins with the first day that the register covers, and the state of the data is its last."""
    table = data.sources.assign(covered_from=pd.Timestamp("1980-01-01"))
    package = {**data.package, "minestats": {**data.package["minestats"], "start": "", "complete_until": "2030-12"}}
    r = Report(Dataset({**data.tables, "sources": table}, package))
    assert (r.since, r.as_of) == (pd.Timestamp("1980-01-01"), pd.Timestamp("2030-12-31"))
    assert r.provisional == 0


def test_data_without_any_date_give_a_report_that_says_so():
    """No report fails for it, and none says that nothing is listed."""
    listed = ms.load().incidents.head(1).copy()
    listed["date"] = pd.NaT
    r = Report(Dataset({"incidents": listed}))
    assert r.no_incidents == "No row of the list has a date: nothing can be counted in any period (1 row)."
    assert r.lead.endswith("The data hold no dates.")
