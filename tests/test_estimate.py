"""Estimate: what it prints, when two are equal, and how many become a table."""

import copy
import math
import pickle

import numpy as np
import pandas as pd
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from minestats.errors import ParameterError
from minestats.estimate import Estimate, to_frame

FULL = Estimate(3.43, 1.77, 5.99, 0.9, 12, "exact <Poisson>", "per year", 0.034)


class TestText:
    """`str` and the HTML form."""

    @pytest.mark.parametrize(
        ("value", "low", "high", "expected"),
        [
            (3.428571, 1.771593, 5.989024, "3.43 (1.77 to 5.99)"),  # three digits of a width of 4.2
            (0.470394, 0.415016, 0.526524, "0.470 (0.415 to 0.527)"),
            (0.1875, 0.1476, 0.2352, "0.1875 (0.1476 to 0.2352)"),
            (59.314, 33.344, 97.515, "59.3 (33.3 to 97.5)"),
            (200.0, 149.6, 250.4, "200 (150 to 250)"),
            (14319.55, 14176.84, 14464.05, "14,320 (14,177 to 14,464)"),
            (1234567.0, 1000000.0, 2000000.0, "1,234,567 (1,000,000 to 2,000,000)"),
            (0.0, 0.0, 3.689, "0.00 (0.00 to 3.69)"),
            (math.inf, 0.916, math.inf, "inf (0.916 to inf)"),
            (5.0, -math.inf, 8.0, "5.00 (-inf to 8.00)"),
            (-25.0148, -49.1, -8.2, "-25.0 (-49.1 to -8.2)"),
            (-0.001, -0.5, 0.5, "0.00 (-0.50 to 0.50)"),
            (7.0, 7.0, 7.0, "7.00 (7.00 to 7.00)"),
            (0.0, 0.0, 0.0, "0 (0 to 0)"),
            (math.inf, math.inf, math.inf, "inf (inf to inf)"),
            (2e-8, 1e-8, 3e-8, "0.0000000200 (0.0000000100 to 0.0000000300)"),
            (5.0, math.nan, 8.0, "5.00 (unknown to 8.00)"),
            (0.5, 0.5, 101.0, "0.5 (0.5 to 101)"),
            (0.42, 0.0, 512.0, "0.42 (0 to 512)"),
            (0.3, -1000.0, 0.4, "0 (-1,000 to 0)"),
        ],
    )
    def test_three_digits_of_the_width(self, value, low, high, expected):
        """Decimals follow the width of the interval: three of its digits, never fewer than the whole number."""
        assert str(Estimate(value, low, high)) == expected

    def test_no_interval(self):
        """A test prints its p value in the place of an interval; a bare value is bare."""
        assert str(Estimate(10.0, p_value=0.0166667)) == "10 (p = 0.017)"
        assert str(Estimate(2.5)) == "2.5"
        assert str(Estimate(-394.0, p_value=1.2e-7)) == "-394 (p < 0.001)"

    def test_html(self):
        """The HTML form adds unit, method, level, n and p, and escapes what is not ours."""
        assert FULL._repr_html_() == (
            "<strong>3.43 (1.77 to 5.99)</strong> per year<br>"
            "<small>exact &lt;Poisson&gt;; 90 % interval; n = 12; p = 0.034</small>"
        )
        assert Estimate(2.5)._repr_html_() == "<strong>2.5</strong>"
        assert Estimate(10.0, n=5, p_value=0.5)._repr_html_() == "<strong>10 (p = 0.5)</strong><br><small>n = 5</small>"
        assert "&lt;b&gt;" in Estimate(1.0, unit="<b>")._repr_html_()

    @settings(max_examples=100, derandomize=True, deadline=None)
    @given(st.lists(st.floats(-1e9, 1e9) | st.floats(0, 1), min_size=3, max_size=3))
    @example([0.5, 0.5, 101.0])
    def test_text_keeps_the_order(self, numbers):
        """However printed, the limits are not in the wrong order."""
        low, value, high = sorted(numbers)
        text = str(Estimate(value, low, high)).replace(",", "")
        shown = [float(word) for word in text.replace("(", "").replace(")", "").replace(" to ", " ").split()]

        assert shown[1] <= shown[0] <= shown[2]


class TestEquality:
    """`==`, hash, and what is not defined."""

    def test_nan_fields_are_equal(self):
        """Two results with no interval are equal, although NaN is not equal to itself."""
        assert Estimate(10.0, p_value=0.5) == Estimate(10.0, p_value=0.5)
        assert Estimate(10.0, float("nan"), np.nan) == Estimate(10.0)
        assert hash(Estimate(10.0)) == hash(Estimate(10.0, float("nan"), np.float64("nan")))
        assert hash(Estimate(10.0)) != hash(Estimate(11.0))
        assert len({FULL, copy.copy(FULL), Estimate(1.0)}) == 2

    @pytest.mark.parametrize(
        "change",
        [
            {"value": 3.44},
            {"low": 1.0},
            {"low": math.nan},
            {"high": 7.0},
            {"level": 0.95},
            {"n": 13},
            {"n": None},
            {"method": "midp"},
            {"unit": "per month"},
            {"p_value": None},
        ],
    )
    def test_each_field_counts(self, change):
        """A difference in any field is a difference."""
        assert Estimate(**(FULL.to_dict() | change)) != FULL

    def test_other_types(self):
        """An estimate is not a number."""
        assert Estimate(1.0) != 1.0
        assert (Estimate(1.0) == "1") is False

    @pytest.mark.parametrize(
        "compare", [lambda a, b: a < b, lambda a, b: a <= b, lambda a, b: a > b, lambda a, b: a >= b]
    )
    def test_no_order(self, compare):
        """Which is larger is a question for a test, not for a comparison."""
        with pytest.raises(TypeError, match="not ordered: ask rate_ratio"):
            compare(Estimate(1.0), Estimate(2.0))

    def test_unchangeable_and_copied(self):
        """It cannot be changed; copies and pickles are equal to it."""
        with pytest.raises(AttributeError):
            FULL.value = 4.0
        assert pickle.loads(pickle.dumps(FULL)) == copy.deepcopy(FULL) == FULL


class TestToFrame:
    """`to_frame`: estimates as rows."""

    columns = ["value", "low", "high", "level", "n", "method", "unit", "p_value"]
    kinds = ["float64", "float64", "float64", "float64", "Int64", "string", "string", "float64"]

    def test_columns(self):
        """Every field is a column of its documented type; what is unknown is missing."""
        table = to_frame([FULL, Estimate(10.0)])

        assert list(table.columns) == self.columns
        assert [str(kind) for kind in table.dtypes] == self.kinds
        assert table.iloc[0].tolist() == list(FULL.to_dict().values())
        assert table.loc[1, ["low", "high", "n", "p_value"]].isna().all()
        assert list(table.index) == [0, 1]

    def test_no_rounding(self):
        """Numbers are those of the estimate to the last digit, infinity included."""
        table = to_frame([Estimate(1 / 3, 0.1, math.inf)])

        assert table["value"].iloc[0] == 1 / 3
        assert table["high"].iloc[0] == math.inf

    def test_names(self):
        """Names label the rows: given, or the keys of a mapping."""
        named = to_frame([FULL, FULL], names=["2023", "2024"])
        mapped = to_frame({"2023": FULL, "2024": FULL})

        assert list(named.index) == ["2023", "2024"]
        assert named.index.name == "name"
        pd.testing.assert_frame_equal(named, mapped)
        assert list(to_frame({"a": FULL}, names=["b"]).index) == ["b"]
        assert list(to_frame((e for e in [FULL]), names=(n for n in [5])).index) == [5]

    @pytest.mark.parametrize("empty", [[], {}, iter(())])
    def test_none(self, empty):
        """No estimate gives a table of the same columns and types without rows."""
        table = to_frame(empty)

        assert len(table) == 0
        assert list(table.columns) == self.columns
        assert [str(kind) for kind in table.dtypes] == self.kinds

    @pytest.mark.parametrize(
        ("estimates", "names", "message"),
        [
            (FULL, None, r"`estimates` must be a list of Estimate, not Estimate; write \[estimate\]"),
            (3.5, None, r"`estimates` must be a list of Estimate, not float"),
            ([FULL, 3.5], None, r"`estimates` must hold Estimate only; number 1 is float"),
            ([FULL], ["a", "b"], r"`names` must be as many as the 1 estimates, not 2"),
        ],
    )
    def test_refusals(self, estimates, names, message):
        """What is no list of estimates is refused, and so are names that do not match."""
        with pytest.raises(ParameterError, match=message):
            to_frame(estimates, names=names)


def test_an_estimate_is_no_single_number():
    with pytest.raises(TypeError, match=r"\.value is the estimate"):
        float(Estimate(1.0, 0.5, 2.0))
