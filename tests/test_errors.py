"""Errors name value, place, what is allowed and the remedy, and survive a trip between processes."""

from __future__ import annotations

import pickle
import re

import pandas as pd
import pytest

import minestats as ms
from minestats.errors import DataError, MinestatsError, ParameterError, Problem, check_choice, fold, listed, nearest

PROBLEM = Problem("incidents.csv", 4, "killed", "-1", "0 or more", "correct it", "inc-7")


def test_one_root():
    """All errors are MinestatsError and ValueError, so either can be caught."""
    assert issubclass(ParameterError, MinestatsError)
    assert issubclass(DataError, MinestatsError)
    assert issubclass(MinestatsError, ValueError)


def test_data_error_lists_everything_up_to_twenty():
    """Twenty problems are printed, the rest is counted, all are attributes."""
    error = DataError("25 problems", [PROBLEM] * 25)
    assert str(error).count("inc-7") == 20
    assert str(error).endswith("... and 5 more")
    assert len(error.problems) == 25


def test_data_error_can_be_pickled():
    """A worker process can hand it on whole."""
    copy = pickle.loads(pickle.dumps(DataError("1 problem", [PROBLEM])))
    assert copy.problems == [PROBLEM]
    assert str(copy) == str(DataError("1 problem", [PROBLEM]))


def test_problem_without_row_speaks_of_the_file():
    """A problem of a whole file has no row."""
    assert str(Problem("a.csv", None, "", "", "the file is empty", "fill it")) == "a.csv: the file is empty; fill it"


@pytest.mark.parametrize(
    ("word", "expected"), [("agdam", "Ağdam"), ("XOCALI", "Xocalı"), ("Kəlbəcər", "Kalbajar"), ("qqq", None)]
)
def test_nearest_ignores_case_and_accents(word, expected):
    """The nearest name is found whatever the case and accents; nothing is guessed from afar."""
    assert nearest(word, ["Ağdam", "Xocalı", "Kalbajar"]) == expected


def test_fold_and_listed():
    """Names compare without case, accents and doubled blanks; lists are quoted and cut."""
    assert fold("  Füzuli   city ") == "fuzuli city"
    assert listed(["a", "b", "c"], most=1) == "'a' and 2 more"


def test_check_choice_refuses_other_types():
    """A number is no word, and gets no guess."""
    with pytest.raises(ParameterError, match=r"`interval` must be one of 'day', not 3\.$"):
        check_choice("interval", 3, ["day"])


@pytest.mark.parametrize(
    ("call", "said"),
    [
        (lambda table: ms.incidence(table, "month"), "incidence: give 'month' by its name: interval='month'."),
        (lambda table: ms.incidence(table, interval="M"), "did you mean 'month'?"),
        (lambda table: ms.incidence(table, interval="YE"), "did you mean 'year'?"),
        (lambda table: ms.incidence(table, interval="month", by="distrct"), "did you mean 'district'?"),
        (
            lambda table: ms.incidence(table.rename(columns={"date": "dates"}), interval="month"),
            "'dates' is the nearest",
        ),
        (lambda table: ms.plot.incidence(table, "month"), "incidence: give 'month' by its name"),
        (lambda table: ms.monthly_clearance(table, 3), "monthly_clearance: give 3 by its name"),
    ],
)
def test_a_common_slip_gets_the_nearest_right_word(call, said):
    """A choice given by its place, a letter as pandas uses it, a misspelt word or column."""
    with pytest.raises(MinestatsError, match=re.escape(said)):
        call(pd.DataFrame({"date": ["2024-01-01"], "killed": [1], "district": ["Ash"]}))
