"""A report knows what it is about: level, suppression and what to say of nothing hold without a cell remembering them."""

from __future__ import annotations

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

import minestats as ms
from minestats import plot
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
