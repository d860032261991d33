"""Rates, ratios, shares and standardized rates: golden numbers, laws, refusals, and what the intervals really cover."""

import csv
import json
import math
import pickle
import warnings
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

import minestats.rates as rates
import minestats.trend as trend
from minestats.errors import DataError, MinestatsError, MinestatsWarning, ParameterError
from minestats.rates import (
    case_fatality,
    casualty_rate,
    compare_places,
    design_effect,
    detectable_ratio,
    dispersion,
    predict_count,
    proportion,
    rate,
    rate_ratio,
    rate_table,
    standardized_rate,
    times,
)
from minestats.rates.limits import compound_limits, poisson_limits, share_limits

laws = settings(max_examples=60, derandomize=True, deadline=None)

GOLDEN = list(csv.DictReader((Path(__file__).parent / "golden" / "rates.csv").read_text("utf-8").splitlines()))

counts = st.one_of(st.integers(0, 40), st.sampled_from([0, 1, 2, 15, 16, 1000, 10_000_000]))
exposures = st.one_of(st.floats(0.1, 100), st.sampled_from([1e-9, 1e-3, 1e6, 1e12]))
levels = st.sampled_from([0.5, 0.8, 0.95, 0.99, 0.999])
sizes = st.lists(st.one_of(st.integers(0, 10), st.sampled_from([100, 10_000_000])), max_size=30)
rate_methods = st.sampled_from(["exact", "midp", "jeffreys"])
share_methods = st.sampled_from(["wilson", "exact", "jeffreys"])


def close(x, rel=1e-9):
    """An expected number, to 9 digits of itself; infinity is itself."""
    return pytest.approx(x, rel=rel, abs=0 if x else 1e-300)


@pytest.mark.parametrize("case", GOLDEN, ids=lambda c: f"{c['function']}-{c['arguments'][:30]}-{c['options']}")
def test_golden(case):
    """Every number of the golden table is met within its printed tolerance."""
    function = getattr(rates, case["function"], None) or getattr(trend, case["function"])
    tolerance = float(case["tolerance"])
    bound = {"rel": tolerance, "abs": 0} if case["kind"] == "relative" else {"rel": 0, "abs": tolerance}

    result = function(*json.loads(case["arguments"]), **json.loads(case["options"]))

    for name in ("value", "low", "high", "p_value"):
        if case[name] != "":
            assert getattr(result, name) == pytest.approx(float(case[name]), **bound), name


def test_golden_names_every_origin():
    """No golden row is without a basis and a source."""
    assert {case["basis"] for case in GOLDEN} <= {"published", "literature", "hand", "formula"}
    assert all(len(case["source"]) > 10 for case in GOLDEN)


class TestRate:
    """`rate`: limits of a Poisson rate."""

    def test_text(self):
        """Twelve in 3.5 print with three digits of the width."""
        # by hand: 12 / 3.5 = 3.4286, Garwood's limits of 12 are 6.2006 and 20.9616
        assert str(rate(12, 3.5)) == "3.43 (1.77 to 5.99)"

    def test_fields(self):
        """The result says what it rests on."""
        result = rate(12, 3.5, unit="per month", dispersion=2.5, level=0.9)

        assert (result.n, result.unit, result.level, result.p_value) == (12, "per month", 0.9, None)
        assert result.method == "exact Poisson (Garwood), dispersion 2.5"
        assert rate(1, 1, method="midp").method == "mid-p Poisson"
        assert rate(1, 1, method="jeffreys").method == "Jeffreys"
        assert type(result.n) is int
        assert type(result.low) is type(result.high) is type(result.value) is float

    @laws
    @given(
        x=st.one_of(st.integers(0, 200), st.just(10_000_000)), level=levels, phi=st.sampled_from([1.0, 1.5, 2.87, 40])
    )
    def test_exact_limits_solve_their_tail_equations(self, x, level, phi):
        """The exact limits leave half of the rest in each tail, of scipy's own distributions."""
        tail = (1 - level) / 2
        result = rate(x, 1, level=level, dispersion=phi)

        assert stats.gamma.sf(result.high / phi, x / phi + 1) == pytest.approx(tail, rel=1e-7)
        if x:
            assert stats.gamma.cdf(result.low / phi, x / phi) == pytest.approx(tail, rel=1e-7)
        if phi == 1:
            assert stats.poisson.cdf(x, result.high) == pytest.approx(tail, rel=1e-7)
            assert stats.poisson.sf(x - 1, result.low) == pytest.approx(tail if x else 1.0, rel=1e-7)

    @laws
    @given(x=counts, level=levels)
    def test_midp_solves_its_equation_inside_exact(self, x, level):
        """Mid-p limits solve P(X < x) + P(X = x) / 2 and lie within the exact ones."""
        tail = (1 - level) / 2
        exact, midp = rate(x, 1, level=level), rate(x, 1, level=level, method="midp")

        assert exact.low <= midp.low <= midp.high < exact.high
        assert stats.poisson.cdf(x, midp.high) - stats.poisson.pmf(x, midp.high) / 2 == pytest.approx(tail, rel=1e-6)
        if x:
            assert exact.low < midp.low
            half = stats.poisson.sf(x, midp.low) + stats.poisson.pmf(x, midp.low) / 2
            assert half == pytest.approx(tail, rel=1e-6)

    def test_jeffreys_is_a_gamma_quantile(self):
        """Jeffreys' limits are quantiles of gamma(x + 1/2), and 0 below for none."""
        result = rate(3, 2, method="jeffreys", level=0.9)

        assert result.low == close(stats.gamma.ppf(0.05, 3.5) / 2)
        assert result.high == close(stats.gamma.ppf(0.95, 3.5) / 2)
        assert rate(0, 1, method="jeffreys").low == 0
        assert rate(0, 1, method="jeffreys").high == close(stats.gamma.ppf(0.975, 0.5))

    @laws
    @given(x=counts, t=exposures, per=st.sampled_from([1.0, 365.25, 100_000.0]), method=rate_methods, level=levels)
    def test_order_of_limits(self, x, t, per, method, level):
        """The value lies within its limits; only no event gives a lower limit of 0."""
        result = rate(x, t, per=per, method=method, level=level)

        assert 0 <= result.low <= result.value <= result.high < math.inf
        assert (result.low == 0) == (x == 0)
        assert result.value == close(x / t * per)

    @laws
    @given(x=counts, t=st.floats(0.1, 100), c=st.sampled_from([1e-6, 0.5, 7.0, 1e9]), method=rate_methods)
    def test_exposure_scales_the_rate(self, x, t, c, method):
        """c times the exposure is a c-th of the rate and of both limits."""
        one, many = rate(x, t, method=method), rate(x, t * c, method=method)

        for name in ("value", "low", "high"):
            assert getattr(many, name) * c == close(getattr(one, name))

    @laws
    @given(x=counts, phi=st.floats(1, 20))
    def test_dispersion_widens(self, x, phi):
        """A larger dispersion never narrows the interval."""
        plain, wide = rate(x, 1), rate(x, 1, dispersion=phi)

        assert wide.low <= plain.low * (1 + 1e-12)
        assert wide.high >= plain.high * (1 - 1e-12)
        assert wide.value == plain.value

    def test_a_higher_level_is_wider(self):
        """99 percent is wider than 95, and 95 the default."""
        assert rate(12, 1, level=0.99).low < rate(12, 1).low
        assert rate(12, 1, level=0.99).high > rate(12, 1).high
        assert rate(12, 1) == rate(12, 1, level=0.95)

    @pytest.mark.parametrize("count", [12.0, np.int64(12), np.float64(12), 12])
    def test_whole_numbers_of_any_type(self, count):
        """12.0 is a whole number, and numpy's numbers are numbers."""
        assert rate(count, 3.5) == rate(12, 3.5)

    @pytest.mark.parametrize(
        ("kwargs", "message"),
        [
            ({"count": -1}, r"`count` must be a whole number, 0 or more, not -1\."),
            ({"count": 12.5}, r"`count` must be a whole number, 0 or more, not 12\.5"),
            ({"count": None}, r"`count` .* it is missing: unknown is not zero"),
            ({"count": math.nan}, r"`count` .* missing"),
            ({"count": pd.NA}, r"`count` .* missing"),
            ({"count": pd.NaT}, r"`count` .* missing"),
            ({"count": math.inf}, r"`count` must be a whole number"),
            ({"count": "12"}, r"`count` must be a whole number, 0 or more, not '12'"),
            ({"count": True}, r"`count` must be a whole number, 0 or more, not True"),
            ({"count": np.True_}, r"`count` must be a whole number"),
            ({"count": [12]}, r"`count` must be a whole number"),
            ({"exposure": 0}, r"`exposure` must be a finite number, above 0, not 0"),
            ({"exposure": -3}, r"`exposure` must be"),
            ({"exposure": None}, r"`exposure` must be a finite number, above 0; it is missing"),
            ({"exposure": math.inf}, r"`exposure` must be"),
            ({"per": 0}, r"`per` must be a finite number, above 0"),
            ({"dispersion": 0.9}, r"`dispersion` must be a finite number, 1 or more, not 0\.9"),
            ({"dispersion": 2, "method": "midp"}, r"`dispersion` = 2 needs `method` 'exact', not 'midp'"),
            ({"dispersion": 2, "method": "jeffreys"}, r"`dispersion` = 2 needs `method` 'exact'"),
            ({"method": "byar"}, r"`method` must be one of 'exact', 'midp', 'jeffreys', not 'byar'"),
            ({"method": None}, r"`method` must be one of"),
            ({"level": 95}, r"`level` must be a finite number between 0\.5 and 0\.999, not 95"),
            ({"level": 0.4999}, r"`level` must be"),
            ({"level": 0.9991}, r"`level` must be"),
            ({"unit": None}, r"`unit` must be text, not None"),
        ],
    )
    def test_refusals(self, kwargs, message):
        """A wrong argument is named with its value and with what is allowed."""
        with pytest.raises(ParameterError, match=message):
            rate(**{"count": 12, "exposure": 3.5} | kwargs)

    def test_levels_at_the_edge(self):
        """The ends of the allowed levels are allowed."""
        assert rate(1, 1, level=0.5).low > rate(1, 1, level=0.999).low > 0

    def test_options_are_keyword_only(self):
        """Only count and exposure are positional."""
        with pytest.raises(TypeError):
            rate(12, 3.5, 1.0)


class TestCasualtyRate:
    """`casualty_rate` and `dispersion`: people hurt together."""

    @laws
    @given(n=st.sampled_from([0, 1, 2, 15, 300]), t=exposures, level=levels)
    def test_ones_are_incidents(self, n, t, level):
        """With one person hurt in each incident it is the rate of incidents."""
        one, plain = casualty_rate([1] * n, t, level=level), rate(n, t, level=level)

        for name in ("value", "low", "high"):
            assert getattr(one, name) == close(getattr(plain, name))
        assert one.n == plain.n == n

    @laws
    @given(k=sizes, t=exposures, level=levels)
    def test_order_of_limits(self, k, t, level):
        """The value is the sum over exposure and lies within its limits."""
        result = casualty_rate(k, t, level=level)

        assert result.value == close(sum(k) / t)
        assert 0 <= result.low <= result.value <= result.high < math.inf
        assert result.n == sum(size > 0 for size in k)

    @laws
    @given(k=sizes.filter(any), extra=st.integers(0, 5), seed=st.integers(0, 99))
    def test_order_and_empty_incidents_do_not_matter(self, k, extra, seed):
        """Rows in another order, and incidents without a casualty, change nothing."""
        shuffled = np.random.default_rng(seed).permutation(k + [0] * extra)

        assert casualty_rate(shuffled, 2).high == close(casualty_rate(k, 2).high)
        assert casualty_rate(shuffled, 2).low == close(casualty_rate(k, 2).low)
        assert dispersion(shuffled) == close(dispersion(k))

    def test_limits_are_gamma_quantiles(self):
        """The limits are gamma quantiles of the moments, the upper with the largest blast once more."""
        k = np.array([1, 1, 4, 2])
        y, v, w = 8, 22, 4
        result = casualty_rate(k, 2, per=10, level=0.9)

        assert result.low == close(stats.gamma.ppf(0.05, y**2 / v, scale=v / y) * 5)
        assert result.high == close(stats.gamma.ppf(0.95, (y + w) ** 2 / (v + w**2), scale=(v + w**2) / (y + w)) * 5)

    def test_prints_phi(self):
        """The caption says phi and that n counts incidents."""
        # by hand: (20 + 6 * 4 + 64) / 40 = 2.7
        result = casualty_rate([1] * 20 + [2] * 6 + [8], 1, unit="per year")

        assert result.method == "compound Poisson (Fay-Feuer), phi = 2.70, n incidents"
        assert (result.n, result.unit, result.level) == (27, "per year", 0.95)
        assert casualty_rate([1], 1).unit == rate(1, 1).unit == ""
        assert dispersion([1] * 20 + [2] * 6 + [8]) == 2.7

    @pytest.mark.parametrize("empty", [[], [0, 0], np.array([]), pd.Series([], dtype="Int64")])
    def test_no_incident(self, empty):
        """Without an incident the upper limit is Garwood's, and the caption says of what."""
        result = casualty_rate(empty, 1)

        # 3.689 = -log(0.025), upper limit of 0
        assert (result.value, result.low, result.n) == (0, 0, 0)
        assert result.high == close(-math.log(0.025))
        assert "no incident: the upper limit is of incidents, not of casualties" in result.method

    def test_takes_the_table_of_sizes(self):
        """The table of casualty sizes, its column, and a text column are all one."""
        table = pd.DataFrame({"incident_id": ["a", "b"], "casualties": pd.array([3, 1], dtype="Int64")})

        assert casualty_rate(table, 1) == casualty_rate([3, 1], 1) == casualty_rate(table["casualties"], 1)
        assert casualty_rate(pd.Series(["3", "1"]), 1) == casualty_rate([3, 1], 1)
        assert dispersion(table) == 2.5

    @pytest.mark.parametrize(
        ("given_sizes", "error", "message"),
        [
            ([1, None], DataError, r"(?s)1 value cannot be used.*sizes\[1\]: a whole number, 0 or more, never missing"),
            ([1, math.nan], DataError, r"never missing; leave the row out or give its figure"),
            ([1, -2], DataError, r"sizes\[1\]: '-2': a whole number"),
            ([1, 2.5, -1], DataError, r"2 values cannot be used"),
            ([1, math.inf], DataError, r"'inf'"),
            ([1, "two"], DataError, r"'two'"),
            ([1, True], DataError, r"'True'"),
            (5, ParameterError, r"`sizes` must be a list, an array or a column of numbers, not int\.$"),
            ("12", ParameterError, r"not str"),
            ({1: 2}, ParameterError, r"not dict"),
            (np.ones((2, 2)), ParameterError, r"not ndarray"),
            ([True, False], ParameterError, r"`sizes` must hold numbers, not bool"),
            (pd.to_datetime(["2023-01-01"]), ParameterError, r"`sizes` must hold numbers, not datetime64"),
            (
                pd.DataFrame({"killed": [1]}),
                DataError,
                r"^sizes: column 'casualties' is missing; the table has 'killed'",
            ),
        ],
    )
    def test_refusals(self, given_sizes, error, message):
        """A size that is no count is named with its place."""
        with pytest.raises(error, match=message):
            casualty_rate(given_sizes, 1)

    def test_named_by_label(self):
        """A value of a labelled column is named by its label."""
        with pytest.raises(DataError, match=r"sizes\[inc-7\]: '-1'"):
            casualty_rate(pd.Series([1, -1], index=["inc-6", "inc-7"]), 1)

    def test_no_dispersion_without_casualties(self):
        """The dispersion of nothing is refused."""
        with pytest.raises(DataError, match="no dispersion without casualties"):
            dispersion([0, 0])

    def test_other_refusals(self):
        """Exposure, unit and level are checked as for a rate."""
        with pytest.raises(ParameterError, match="`exposure`"):
            casualty_rate([1], 0)
        with pytest.raises(ParameterError, match="`per`"):
            casualty_rate([1], 1, per=0)
        with pytest.raises(ParameterError, match="`level`"):
            casualty_rate([1], 1, level=1)
        with pytest.raises(ParameterError, match="`unit`"):
            casualty_rate([1], 1, unit=5)

    def test_interpolated_months_are_refused(self):
        """A table that says it is interpolated gives no rate."""
        table = pd.DataFrame({"casualties": [1, 2], "interpolated": [False, True]})
        marked = pd.Series([1, 2])
        marked.attrs["interpolated"] = True

        with pytest.raises(DataError, match="interpolated months never enter"):
            casualty_rate(table, 1)
        with pytest.raises(DataError, match=r"^`sizes`: interpolated months never enter"):
            casualty_rate(marked, 1)
        for word in ("True", "true"):
            with pytest.raises(DataError, match=r"^`sizes`: interpolated months never enter"):
                casualty_rate(table.assign(interpolated=word), 1)
        assert casualty_rate(table.assign(interpolated=False), 1).value == 3


class TestRateRatio:
    """`rate_ratio`: two rates compared."""

    @laws
    @given(
        x1=counts, x0=counts, t1=st.floats(0.1, 10), t0=st.floats(0.1, 10), method=st.sampled_from(["exact", "midp"])
    )
    def test_swapping_groups_inverts(self, x1, x0, t1, t0, method):
        """The other way round the ratio and its limits are inverted, the p value is the same."""
        if x1 == x0 == 0:
            return
        ratio, turned = (rate_ratio(*a, method=method) for a in ((x1, t1, x0, t0), (x0, t0, x1, t1)))

        for one, other in ((ratio.value, turned.value), (ratio.low, turned.high), (ratio.high, turned.low)):
            assert one == close(1 / other if other else math.inf)
        assert ratio.p_value == pytest.approx(turned.p_value, rel=1e-6, abs=1e-300)
        assert 0 <= ratio.low <= ratio.value <= ratio.high
        assert 0 <= ratio.p_value <= 1

    @laws
    @given(
        x1=st.integers(0, 60),
        x0=st.integers(0, 60),
        t=st.floats(0.05, 20),
        level=levels,
        method=st.sampled_from(["exact", "midp"]),
    )
    def test_p_value_agrees_with_the_interval(self, x1, x0, t, level, method):
        """p is below 1 - level exactly when the interval leaves out 1."""
        if x1 == x0 == 0:
            return
        ratio = rate_ratio(x1, t, x0, 1, level=level, method=method)

        if abs(ratio.p_value - (1 - level)) > 1e-9:
            assert (ratio.p_value < 1 - level) == (not ratio.low <= 1 <= ratio.high)

    @laws
    @given(x1=st.integers(0, 60), x0=st.integers(1, 60), t1=st.floats(0.1, 10), t0=st.floats(0.1, 10))
    def test_limits_solve_the_binomial_tails(self, x1, x0, t1, t0):
        """At each limit scipy's binomial has 2.5 percent beyond the count; the p value is its central one."""
        n = x1 + x0
        exact, midp = rate_ratio(x1, t1, x0, t0), rate_ratio(x1, t1, x0, t0, method="midp")

        def p(ratio):
            return ratio * t1 / (ratio * t1 + t0)

        assert stats.binom.cdf(x1, n, p(exact.high)) == pytest.approx(0.025, rel=1e-7)
        at_high, at_low = p(midp.high), p(midp.low)
        half = stats.binom.cdf(x1, n, at_high) - stats.binom.pmf(x1, n, at_high) / 2
        assert half == pytest.approx(0.025, rel=1e-7)
        if x1:
            assert stats.binom.sf(x1 - 1, n, p(exact.low)) == pytest.approx(0.025, rel=1e-7)
            half = stats.binom.sf(x1, n, at_low) + stats.binom.pmf(x1, n, at_low) / 2
            assert half == pytest.approx(0.025, rel=1e-7)
        assert exact.low <= midp.low <= midp.high <= exact.high
        lower, upper = stats.binom.cdf(x1, n, p(1)), stats.binom.sf(x1 - 1, n, p(1))
        assert exact.p_value == pytest.approx(min(1, 2 * min(lower, upper)), rel=1e-9)
        half = stats.binom.pmf(x1, n, p(1)) / 2
        assert midp.p_value == pytest.approx(min(1, 2 * min(lower - half, upper - half)), rel=1e-6)

    @laws
    @given(x1=counts, x0=counts, c=st.sampled_from([1e-6, 3.0, 1e9]), method=st.sampled_from(["exact", "midp"]))
    def test_both_exposures_scale(self, x1, x0, c, method):
        """The unit of the exposures does not matter as long as it is one."""
        if x1 == x0 == 0:
            return
        one, many = rate_ratio(x1, 2, x0, 3, method=method), rate_ratio(x1, 2 * c, x0, 3 * c, method=method)

        for name in ("value", "low", "high"):
            assert getattr(many, name) == close(getattr(one, name))

    def test_no_events_in_one_group(self):
        """Without events in the first group the ratio is 0, without in the second infinite."""
        none1, none0 = rate_ratio(0, 1, 5, 1), rate_ratio(5, 1, 0, 1)

        assert (none1.value, none1.low) == (0, 0)
        assert (none0.value, none0.high) == (math.inf, math.inf)
        assert none0.low == close(1 / none1.high)
        assert rate_ratio(0, 1, 5, 1, method="midp").high == close(0.05 ** (-1 / 5) - 1)
        assert str(none0) == "inf (0.916 to inf)"

    def test_fields(self):
        """n is the sum of the counts; the caption names the method."""
        ratio = rate_ratio(2, 1, 3, 1, level=0.9)

        assert (ratio.n, ratio.unit, ratio.level, ratio.method) == (5, "ratio", 0.9, "exact conditional, central")
        assert rate_ratio(2, 1, 3, 1, method="midp").method == "mid-p conditional"
        assert rate_ratio(3, 1, 3, 1).p_value == 1

    def test_both_zero(self):
        """Without any event there is no ratio."""
        with pytest.raises(DataError, match="no rate ratio without events: both counts are 0"):
            rate_ratio(0, 1, 0, 1)

    @pytest.mark.parametrize("place", range(4))
    @pytest.mark.parametrize("wrong", [-1, None, math.nan, "3", math.inf, "edge"])
    def test_refusals(self, place, wrong):
        """Every argument is checked and named: counts are whole, exposures above 0."""
        arguments = [2, 10.0, 3, 10.0]
        arguments[place] = wrong if wrong != "edge" else (2.5, 0)[place % 2]
        with pytest.raises(ParameterError, match=f"`{('count1', 'exposure1', 'count0', 'exposure0')[place]}`"):
            rate_ratio(*arguments)

    def test_unknown_method(self):
        """Score and Wald limits are not offered."""
        with pytest.raises(ParameterError, match=r"`method` must be one of 'exact', 'midp'"):
            rate_ratio(1, 1, 1, 1, method="score")

    @pytest.mark.parametrize(
        "arguments",
        [(30, 1, 35, 365), (30, 365, 35, 1), (30, 1, 35, 100), (30, 100, 35, 1), (5, 1, 13, 100), (13, 100, 5, 1)],
    )
    def test_units_that_do_not_match_warn(self, arguments):
        """Days beside years, with counts as if they were one unit, warn."""
        with pytest.warns(MinestatsWarning, match=r"`exposure1` is .* and `exposure0` is .* in one unit") as caught:
            rate_ratio(*arguments)
        assert Path(caught[0].filename).name == "test_rates.py"

    @pytest.mark.parametrize(
        "arguments",
        [
            (1, 1, 365, 365),
            (0, 1, 3, 365),
            (30, 1, 35, 99),
            (30, 99, 35, 1),
            (30, 365, 1, 1),
            (1, 1, 30, 365),
            (2, 365, 1, 1),
            (1, 1, 2, 365),
        ],
    )
    def test_large_and_small_groups_do_not_warn(self, arguments):
        """A large district beside a small one is no error of units."""
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            rate_ratio(*arguments)


class TestProportion:
    """`proportion`, `case_fatality`, `design_effect`: shares."""

    @laws
    @given(
        n=st.one_of(st.integers(1, 60), st.just(10_000_000)),
        part=st.floats(0, 1),
        method=share_methods,
        d=st.sampled_from([1.0, 1.7, 2.5, 100.0]),
        level=levels,
    )
    def test_order_and_mirror(self, n, part, method, d, level):
        """The value lies within its limits, and n - k is the mirror image."""
        k = round(n * part)
        share = proportion(k, n, method=method, design_effect=d, level=level)
        mirror = proportion(n - k, n, method=method, design_effect=d, level=level)

        assert 0 <= share.low <= share.value <= share.high <= 1
        assert share.low == pytest.approx(1 - mirror.high, rel=1e-9, abs=1e-12)
        assert share.high == pytest.approx(1 - mirror.low, rel=1e-9, abs=1e-12)
        assert share.low == 0 or k > 0
        assert share.high == 1 or k < n
        if d == 1:
            assert (share.low > 0, share.high < 1) == (k > 0, k < n)

    @laws
    @given(k=st.integers(0, 40), rest=st.integers(0, 40), d=st.floats(1, 10), level=levels)
    def test_design_effect_widens_wilson(self, k, rest, d, level):
        """A larger design effect never narrows; 1 is plain."""
        n = max(k + rest, 1)
        plain, wide = proportion(k, n, level=level), proportion(k, n, design_effect=d, level=level)

        assert wide.low <= plain.low + 1e-12
        assert wide.high >= plain.high - 1e-12
        assert proportion(k, n, design_effect=1.0, level=level) == plain

    @laws
    @given(k=st.integers(0, 40), rest=st.integers(0, 40), level=levels)
    def test_limits_against_scipy(self, k, rest, level):
        """Wilson and exact agree with scipy, Jeffreys with its beta quantiles."""
        n = max(k + rest, 1)
        test = stats.binomtest(k, n)

        for method, name in (("wilson", "wilson"), ("exact", "exact")):
            interval = test.proportion_ci(level, method=name)
            share = proportion(k, n, method=method, level=level)
            assert share.low == pytest.approx(interval.low, rel=1e-9, abs=1e-12)
            assert share.high == pytest.approx(interval.high, rel=1e-9, abs=1e-12)
        share = proportion(k, n, method="jeffreys", level=level)
        tail = (1 - level) / 2
        assert share.low == pytest.approx(stats.beta.ppf(tail, k + 0.5, n - k + 0.5) if k else 0, rel=1e-9)
        assert share.high == pytest.approx(stats.beta.ppf(1 - tail, k + 0.5, n - k + 0.5) if k < n else 1, rel=1e-9)

    @laws
    @given(k=st.integers(1, 30), rest=st.integers(1, 30), d=st.floats(1, 9))
    def test_design_effect_divides_both(self, k, rest, d):
        """A design effect d is the interval of k / d of n / d, for every method."""
        n = k + rest
        exact = proportion(k, n, method="exact", design_effect=d)
        jeffreys = proportion(k, n, method="jeffreys", design_effect=d)
        a, b = k / d, n / d

        assert exact.low == close(stats.beta.ppf(0.025, a, b - a + 1), 1e-7)
        assert exact.high == close(stats.beta.ppf(0.975, a + 1, b - a), 1e-7)
        assert jeffreys.low == close(min(stats.beta.ppf(0.025, a + 0.5, b - a + 0.5), k / n), 1e-7)
        assert jeffreys.high == close(max(stats.beta.ppf(0.975, a + 0.5, b - a + 0.5), k / n), 1e-7)

    def test_unknown_is_shown(self):
        """The unknown widen nothing; their bounds are printed."""
        share = proportion(10, 20, unknown=5)

        # by hand: 10 / 25 and 15 / 25
        assert share.method == "Wilson, design effect 1, n known; 5 unknown: between 0.4000 and 0.6000"
        assert (share.low, share.high) == (proportion(10, 20).low, proportion(10, 20).high)
        assert (share.n, share.unit, share.level) == (20, "share", 0.95)
        assert "unknown" not in proportion(10, 20).method

    def test_withheld(self):
        """Fewer than half known: withheld; exactly half: given."""
        with pytest.raises(DataError, match=r"share withheld: 10 are known and 11 unknown, fewer than half are known"):
            proportion(3, 10, unknown=11)
        assert proportion(3, 10, unknown=10).value == 0.3

    def test_share_of_nothing(self):
        """0 of 0 is no share."""
        with pytest.raises(DataError, match="no share of nothing: `n`, those of known status, is 0"):
            proportion(0, 0)
        with pytest.raises(DataError, match="no share of nothing"):
            case_fatality(0, 0, unknown=3)

    @pytest.mark.parametrize(
        ("kwargs", "message"),
        [
            ({"k": 21}, r"`k` must be at most `n` = 20, not 21"),
            ({"k": -1}, r"`k` must be a whole number, 0 or more"),
            ({"k": None}, r"`k` .* missing"),
            ({"n": 20.5}, r"`n` must be a whole number"),
            ({"unknown": -1}, r"`unknown` must be a whole number"),
            ({"unknown": None}, r"`unknown` .* missing"),
            ({"design_effect": 0.5}, r"`design_effect` must be a finite number, 1 or more"),
            ({"method": "wald"}, r"`method` must be one of 'wilson', 'exact', 'jeffreys'"),
            ({"level": 0.3}, r"`level`"),
        ],
    )
    def test_refusals(self, kwargs, message):
        """A wrong argument is named with what is allowed."""
        with pytest.raises(ParameterError, match=message):
            proportion(**{"k": 10, "n": 20} | kwargs)

    def test_case_fatality_is_a_proportion(self):
        """Killed of killed and injured, the unknown left out and printed, every option passed on."""
        options = {"unknown": 7, "method": "exact", "design_effect": 2.0, "level": 0.9}

        assert case_fatality(57, 247, **options) == proportion(57, 304, **options)
        assert case_fatality(57, 247) == proportion(57, 304)
        for wrong in ((None, 1), (-1, 1), (0.5, 0.5)):
            with pytest.raises(ParameterError, match=r"^`killed`"):
                case_fatality(*wrong)
        for wrong in ((1, None), (1, -1), (1, 0.5)):
            with pytest.raises(ParameterError, match=r"^`injured`"):
                case_fatality(*wrong)

    def test_design_effect_by_hand(self):
        """Four incidents of two, all or none affected: 8/3."""
        # p = 1/2, sum (a - pk)^2 = 4, 4/3 * 4 / 64 = 1/12; p(1-p)/8 = 1/32; ratio 32/12
        assert design_effect([2, 0, 2, 0], [2, 2, 2, 2]) == close(32 / 12)

    @laws
    @given(data=st.lists(st.tuples(st.integers(0, 6), st.integers(0, 6)), min_size=2, max_size=20))
    def test_design_effect_against_the_formula(self, data):
        """It is the formula of its Notes, at least 1, whatever order and empty incidents."""
        a, k = np.array([min(pair) for pair in data]), np.array([max(pair) for pair in data])
        m, total = (k > 0).sum(), k.sum()
        if m < 2:
            with pytest.raises(DataError, match="at least 2 incidents with casualties"):
                design_effect(a, k)
            return
        p = a.sum() / total
        expected = 1.0
        if 0 < p < 1:
            expected = max(1, m / (m - 1) * ((a - p * k) ** 2).sum() / total**2 / (p * (1 - p) / total))

        assert design_effect(a, k) == close(expected)
        assert design_effect(a[::-1], k[::-1]) == close(expected)

    def test_design_effect_matches_labels(self):
        """Labelled columns are matched by label."""
        affected = pd.Series([2, 0, 0], index=["a", "b", "c"])
        size = pd.Series([4, 1, 2], index=["c", "b", "a"])

        assert design_effect(affected, size) == design_effect([2, 0, 0], [2, 1, 4])

    @pytest.mark.parametrize(
        ("affected", "size", "message"),
        [
            ([1, 3], [1, 2], r"`affected` exceeds `sizes` at place 1: 3 of 2"),
            ([1], [1, 2], r"`affected` has 1 values and `sizes` has 2: they must be as many"),
            ([1, None], [1, 2], r"affected\[1\]"),
            ([1, 0], [1, -2], r"sizes\[1\]"),
            ([1, 0.5], [1, 2], r"affected\[1\]: '0.5'"),
            ([1, 0], [1, 2.5], r"sizes\[1\]: '2.5'"),
            ([1, 0], [1, 0], r"at least 2 incidents with casualties, not 1"),
        ],
    )
    def test_design_effect_refusals(self, affected, size, message):
        """Parts above the whole, lengths, missing sizes and single incidents are refused."""
        with pytest.raises(DataError, match=message):
            design_effect(affected, size)


class TestStandardizedRate:
    """`standardized_rate`: rates weighted by a standard population."""

    @laws
    @given(x=counts, n=exposures, s=st.sampled_from([1.0, 3.0, 1e9]), level=levels)
    def test_one_stratum_is_a_rate(self, x, n, s, level):
        """One stratum of any weight is the rate itself."""
        one, plain = standardized_rate([x], [n], [s], per=10, level=level), rate(x, n, per=10, level=level)

        for name in ("value", "low", "high"):
            assert getattr(one, name) == close(getattr(plain, name))

    @laws
    @given(
        rows=st.lists(st.tuples(counts, exposures, st.sampled_from([0.0, 1.0, 2.5, 1e6])), min_size=1, max_size=8),
        seed=st.integers(0, 9),
    )
    def test_order_scale_and_limits(self, rows, seed):
        """Row order and the unit of the standard do not matter; the value lies within its limits."""
        x, n, s = (np.array(column, dtype=float) for column in zip(*rows, strict=True))
        if not s.any():
            return
        order = np.random.default_rng(seed).permutation(len(x))
        result = standardized_rate(x, n, s)
        other = standardized_rate(x[order], n[order], s[order] * 7)

        assert 0 <= result.low <= result.value <= result.high < math.inf
        for name in ("value", "low", "high"):
            assert getattr(other, name) == close(getattr(result, name))
        assert result.n == x.sum()

    @laws
    @given(n=st.lists(st.integers(1, 10**6), min_size=1, max_size=6), k=st.integers(0, 9), seed=st.integers(1, 10**6))
    def test_one_rate_in_all_strata_is_the_rate(self, n, k, seed):
        """Where all strata have one rate, no standard population changes it."""
        standard = np.random.default_rng(seed).integers(1, 10**6, len(n))
        assert standardized_rate([k * one for one in n], n, standard, per=1).value == close(k)

    def test_formula(self):
        """Value and limits are those of the weights, for scipy's gamma."""
        x, n, s = np.array([5, 20]), np.array([1000, 10_000]), np.array([3, 7])
        w = s / 10 / n
        y, v = (w * x).sum(), (w**2 * x).sum()
        result = standardized_rate(x, n, s, per=1000, level=0.9, unit="per 1000")

        assert result.value == close(1000 * y)
        assert result.low == close(1000 * stats.gamma.ppf(0.05, y**2 / v, scale=v / y))
        y, v = y + w.max(), v + w.max() ** 2
        assert result.high == close(1000 * stats.gamma.ppf(0.95, y**2 / v, scale=v / y))
        assert (result.unit, result.level) == ("per 1000", 0.9)
        assert result.method == "directly standardized, 2 strata, gamma limits (Fay-Feuer)"
        assert "1 stratum," in standardized_rate([1], [1], [1]).method
        assert standardized_rate([1], [1], [1]).unit == ""

    def test_default_is_per_100_000(self):
        """Without `per` it is per 100 000."""
        assert standardized_rate([1], [100_000], [1]).value == close(1.0)

    def test_labels_are_matched(self):
        """Strata are matched by label, whatever their order."""
        x = pd.Series([5, 20], index=["child", "adult"])
        n = pd.Series([10_000, 1000], index=["adult", "child"])
        s = pd.Series([7, 3], index=["adult", "child"])

        assert standardized_rate(x, n, s) == standardized_rate([5, 20], [1000, 10_000], [3, 7])

    @pytest.mark.parametrize(
        ("arguments", "message"),
        [
            (([1, 2], [1, 2], [1]), r"`counts` has 2 values and `standard` has 1"),
            (([1, 2], [1], [1, 2]), r"`counts` has 2 values and `population` has 1"),
            (([1, 2], [1, 0], [1, 1]), r"population\[1\]: '0': a finite number, above 0"),
            (([1, 2], [1, None], [1, 1]), r"population\[1\]"),
            (([1, 2], [1, 1], [1, -1]), r"standard\[1\]: '-1'"),
            (([1, 2], [1, 1], [0, 0]), r"`standard` is 0 in every stratum"),
            (([1, None], [1, 1], [1, 1]), r"counts\[1\]"),
            (([1, 0.5], [1, 1], [1, 1]), r"counts\[1\]: '0.5'"),
            (([], [], []), r"no stratum"),
        ],
    )
    def test_refusals(self, arguments, message):
        """Lengths, populations, standards and counts are checked and named."""
        with pytest.raises(DataError, match=message):
            standardized_rate(*arguments)

    def test_other_labels(self):
        """Columns whose labels differ are not matched by chance."""
        with pytest.raises(DataError, match="`counts` and `population` have different row labels"):
            standardized_rate(pd.Series([1, 2]), pd.Series([1, 2], index=[1, 2]), [1, 1])
        with pytest.raises(DataError, match="different row labels"):
            standardized_rate(pd.Series([1, 2], index=["a", "a"]), pd.Series([1, 2], index=["a", "b"]), [1, 1])

    def test_arguments(self):
        """`per`, `level` and `unit` are checked."""
        for name, wrong in (("per", 0), ("level", 2), ("unit", None)):
            with pytest.raises(ParameterError, match=f"`{name}`"):
                standardized_rate([1], [1], [1], **{name: wrong})


class TestRateTable:
    """`rate_table`: many rates at once."""

    @laws
    @given(
        rows=st.lists(st.tuples(st.one_of(st.none(), counts), st.floats(0.5, 40)), min_size=1, max_size=12),
        method=rate_methods,
        level=levels,
    )
    def test_rows_are_rates(self, rows, method, level):
        """Each row is what `rate` gives for it; a missing count has no rate."""
        phi = 1.5 if method == "exact" else 1.0
        options = {"per": 12, "method": method, "level": level, "dispersion": phi}
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", MinestatsWarning)
            table = rate_table([x for x, _ in rows], [t for _, t in rows], **options)

        assert list(table.columns) == ["count", "exposure", "value", "low", "high", "unstable"]
        for (x, t), row in zip(rows, table.itertuples(), strict=True):
            if x is None:
                assert row.count is pd.NA or pd.isna(row[1])
                assert all(math.isnan(v) for v in (row.value, row.low, row.high))
                assert row.unstable
                continue
            single = rate(x, t, **options)
            assert row[1] == x
            assert row.exposure == t
            for name in ("value", "low", "high"):
                assert getattr(row, name) == close(getattr(single, name), 1e-12)
            assert row.unstable == (x < 8)

    def test_types_and_index(self):
        """Columns are typed as documented; the index is that of the counts; nothing given is changed."""
        given_counts = pd.Series([7, 8, None], index=["Aghdam", "Fuzuli", "Lachin"], dtype="Int64")
        given_exposures = pd.Series([2.0, 3.5, 1.0], index=["Fuzuli", "Aghdam", "Lachin"])
        before = given_counts.copy(), given_exposures.copy()

        table = rate_table(given_counts, given_exposures)

        assert list(table.index) == ["Aghdam", "Fuzuli", "Lachin"]
        assert [str(kind) for kind in table.dtypes] == ["Int64", "float64", "float64", "float64", "float64", "bool"]
        assert table["exposure"].tolist() == [3.5, 2.0, 1.0]
        assert table["unstable"].tolist() == [True, False, True]
        assert table["count"].isna().tolist() == [False, False, True]
        assert table.attrs == {"method": "exact Poisson (Garwood), dispersion 1", "level": 0.95}
        pd.testing.assert_series_equal(given_counts, before[0])
        pd.testing.assert_series_equal(given_exposures, before[1])

    def test_golden_rows(self):
        """Counts 12, 3, 0 have Garwood's upper limits over their exposures."""
        # Garwood 1936 upper limits: 20.9616 / 3.5, 8.7673, 3.6889 / 2
        table = rate_table([12, 3, 0], [3.5, 1, 2])

        assert table["high"].tolist() == pytest.approx([5.9890, 8.7673, 1.8444], abs=5e-5)
        assert table["low"].iloc[2] == 0
        assert table["unstable"].tolist() == [False, True, True]

    def test_writing_into_the_table_leaves_the_input(self):
        """A change of the result does not reach the exposures given."""
        given_counts, given_exposures = np.array([1.0, 2.0]), np.array([1.0, 2.0])
        table = rate_table(given_counts, given_exposures)
        table.loc[0, "exposure"] = 99.0
        table.loc[0, "count"] = 99

        assert given_exposures.tolist() == [1.0, 2.0]
        assert given_counts.tolist() == [1.0, 2.0]

    def test_one_exposure_for_all(self):
        """A single exposure holds for every row."""
        assert rate_table([1, 2], 4).equals(rate_table([1, 2], [4, 4]))

    def test_columns_from_a_file(self):
        """Text columns with empty cells are counts with missing ones."""
        table = rate_table(pd.Series(["12", ""], dtype="string"), pd.Series(["3.5", "1"], dtype=object))

        assert table["value"].iloc[0] == close(12 / 3.5)
        assert pd.isna(table["count"].iloc[1])

    def test_no_rows(self):
        """An empty column gives an empty table with the same columns."""
        table = rate_table([], [])

        assert len(table) == 0
        assert list(table.columns) == ["count", "exposure", "value", "low", "high", "unstable"]

    @pytest.mark.parametrize(
        ("arguments", "error", "message"),
        [
            (([1, -1], [1, 1]), DataError, r"counts\[1\]: '-1': a whole number, 0 or more, or missing; correct"),
            (([1, 0.5], [1, 1]), DataError, r"counts\[1\]: '0.5'"),
            (([1, math.inf], [1, 1]), DataError, r"counts\[1\]: 'inf'"),
            (([1, 2], [1, 0]), DataError, r"exposures\[1\]: '0': a finite number, above 0, never missing"),
            (([1, 2], [1, None]), DataError, r"exposures\[1\]: a finite number, above 0, never missing; leave the row"),
            (([1, 2], [1]), DataError, r"`counts` has 2 values and `exposures` has 1"),
            (([1, 2], 0), ParameterError, r"`exposures` must be a finite number, above 0, not 0"),
            (([1, 2], None), ParameterError, r"`exposures` .* missing"),
            ((3, 1), ParameterError, r"`counts` must be a list, an array or a column of numbers, not int"),
            ((None, 1), ParameterError, r"`counts` must be a list"),
            ((pd.DataFrame({"count": [1]}), 1), ParameterError, r"not DataFrame; choose one column"),
        ],
    )
    def test_refusals(self, arguments, error, message):
        """Values that are no counts or no exposures are named; a rate without exposure is refused."""
        with pytest.raises(error, match=message):
            rate_table(*arguments)

    def test_options_are_checked(self):
        """The options are those of `rate`."""
        with pytest.raises(ParameterError, match="needs `method` 'exact'"):
            rate_table([1], 1, dispersion=2, method="midp")
        with pytest.raises(ParameterError, match="`per`"):
            rate_table([1], 1, per=0)
        with pytest.raises(ParameterError, match="`level`"):
            rate_table([1], 1, level=0)

    def test_interpolated_is_refused(self):
        """Interpolated counts give no rates."""
        months = pd.DataFrame({"count": [1.0, 2.0], "days": [30, 31], "interpolated": [True, True]})
        with pytest.raises(DataError, match="interpolated months never enter a test, a trend or a rate"):
            rate_table(months, 1)
        months.attrs["interpolated"] = True
        with pytest.raises(DataError, match="interpolated months never enter"):
            rate_table(months["count"], months["days"])

    def test_a_row_in_another_unit_warns(self):
        """One district in days among districts in years is pointed out by its label."""
        given_counts = pd.Series([30, 25, 40], index=["a", "b", "c"])
        with pytest.warns(MinestatsWarning, match=r"the exposure of row b is 730, the median of all rows 2") as caught:
            rate_table(given_counts, [2, 730, 2])
        assert Path(caught[0].filename).name == "test_rates.py"
        with pytest.warns(MinestatsWarning, match=r"row c is 2, the median of all rows 730"):
            rate_table(given_counts, [730, 730, 2])

    @pytest.mark.parametrize(
        ("count", "exposure", "warns"),
        [
            # the other two rows: 70 events in 4, 17.5 each; ten-fold are 1.75 and 175
            (25, 200, True),  # exactly a hundred times the median
            (25, 0.02, True),  # exactly a hundredth
            (300, 200, True),  # upper limit 335.9 / 200 = 1.68
            (330, 200, False),  # upper limit 367.6 / 200 = 1.84
            (8, 0.019, True),  # lower limit 3.454 / 0.019 = 182
            (5, 0.02, False),  # lower limit 1.623 / 0.02 = 81
        ],
    )
    def test_where_the_warning_begins(self, count, exposure, warns):
        """A hundredfold exposure warns when the whole interval is ten-fold away the other way."""
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            rate_table([30, count, 40], [2, exposure, 2])

        assert bool(caught) == warns

    @pytest.mark.parametrize(
        ("given_counts", "given_exposures"),
        [
            ([6000, 25, 40], [1500, 2, 2]),  # 750 times the exposure, and the events to go with it
            ([None, 25, 40], [1500, 2, 2]),  # nothing known of the odd row
            ([None, 25], [1, 1000]),  # no other row to compare with
            ([0, 25, 40], [0.01, 2, 2]),  # no event in a tiny exposure says nothing
            ([30, 25, 40], [2, 199, 2]),  # not quite 100-fold
            ([30, None, None], [1500, 2, 2]),  # nothing known of all others
            ([1000] + [0] * 31, [2] * 31 + [0.01]),  # a high rate where the exposure is as usual
        ],
    )
    def test_rows_of_other_sizes_do_not_warn(self, given_counts, given_exposures):
        """A large row beside small ones is no error of units."""
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            rate_table(given_counts, given_exposures)


class TestCoverage:
    """What the intervals cover when casualties come in clusters: made-up incidents, truth known."""

    runs = 2000
    size, chance = np.array([1, 2, 3, 8]), [0.72, 0.18, 0.06, 0.04]

    def simulate(self, mean, seed):
        """Number of incidents of each size, one row a run; sizes are drawn with fixed probabilities."""
        rng = np.random.default_rng(seed)
        return rng.poisson(mean * np.array(self.chance), size=(self.runs, 4))

    def covered(self, mean):
        """Shares of runs that hold the true casualty rate: casualty rate, Garwood on casualties."""
        found = self.simulate(mean, seed=20201110 + mean)
        y, v = found @ self.size, found @ self.size**2
        w = np.where(found > 0, self.size, 0).max(axis=1)
        truth = mean * (self.size * self.chance).sum()
        result = []
        for low, high in (compound_limits(y, v, np.where(w > 0, w, 1), level=0.95), poisson_limits(y, level=0.95)):
            result.append(((low <= truth) & (truth <= high)).mean())
        return result

    @pytest.mark.parametrize(("mean", "least"), [(5, 0.89), (15, 0.92), (30, 0.92), (60, 0.92)])
    def test_casualty_rate_covers(self, mean, least):
        """The casualty interval holds the truth at least 92 times in 100 (89 at five incidents)."""
        assert self.covered(mean)[0] >= least

    @pytest.mark.parametrize("mean", [15, 30, 60])
    def test_plain_poisson_does_not(self, mean):
        """Garwood's interval on casualties covers about 78 percent: the reason for the other."""
        assert 0.73 <= self.covered(mean)[1] <= 0.82

    def test_simulation_is_of_the_public_function(self):
        """The limits simulated are those that `casualty_rate` gives for the same incidents."""
        for row in self.simulate(15, seed=3)[:20]:
            k = np.repeat(self.size, row)
            result = casualty_rate(k, 1)
            low, high = compound_limits(k.sum(), (k**2).sum(), k.max(), level=0.95)
            assert (result.low, result.high) == pytest.approx((float(low), float(high)), rel=1e-12)

    def test_share_over_casualties(self):
        """Wilson on a civilian share covers about 76 percent where status goes by incident, 92 with a design effect."""
        rng, plain, adjusted = np.random.default_rng(40), 0, 0
        for _ in range(self.runs):
            k = rng.choice(self.size, size=max(rng.poisson(40), 2), p=self.chance)
            a = k * (rng.random(k.size) < 0.55)
            low, high = share_limits(a.sum(), k.sum(), method="wilson", level=0.95)
            plain += low <= 0.55 <= high
            effect = design_effect(a, k)
            low, high = share_limits(a.sum(), k.sum(), method="wilson", design_effect=effect, level=0.95)
            adjusted += low <= 0.55 <= high

        assert plain / self.runs == pytest.approx(0.76, abs=0.03)
        assert adjusted / self.runs == pytest.approx(0.92, abs=0.02)


def test_every_refusal_is_one_kind_of_error():
    """Whatever is wrong, the error is a MinestatsError and a ValueError, and survives a process boundary."""
    for call in (lambda: rate(-1, 1), lambda: rate_table([-1], 1), lambda: rate_ratio(0, 1, 0, 1)):
        with pytest.raises(MinestatsError) as caught:
            call()
        assert isinstance(caught.value, ValueError)
        assert str(pickle.loads(pickle.dumps(caught.value))) == str(caught.value)


def test_public_names():
    """Each public function has a documented example and returns what it says."""
    for name in rates.__all__:
        found = getattr(rates, name)
        if callable(found):
            assert ">>>" in found.__doc__, name


class TestDispersion:
    """Dispersion in ratios and in the rates of few incidents."""

    def test_ratio_is_the_binomial_one_of_counts_over_phi(self):
        """20 against 10 with dispersion 2 has the limits and the p value of 10 against 5 (by the formula)."""
        scaled, plain = rate_ratio(20, 1, 10, 1, dispersion=2), rate_ratio(10, 1, 5, 1)

        assert (scaled.low, scaled.high, scaled.p_value) == close_all((plain.low, plain.high, plain.p_value))
        assert scaled.value == 2
        assert scaled.method.endswith("dispersion 2")

    @laws
    @given(st.integers(0, 60), st.integers(0, 60), st.floats(1, 6), st.floats(1, 3), levels)
    def test_more_dispersion_never_narrows(self, x1, x0, phi, more, level):
        """A ratio's interval grows with the dispersion and keeps its value; p agrees with the interval."""
        if x1 + x0 == 0:
            return
        one = rate_ratio(x1, 2, x0, 3, dispersion=phi, level=level)
        other = rate_ratio(x1, 2, x0, 3, dispersion=phi * more, level=level)

        assert other.low <= one.low * (1 + 1e-9)
        assert other.high >= one.high * (1 - 1e-9)
        assert other.value == one.value
        assert (one.p_value < 1 - level) == (not one.low <= 1 <= one.high) or one.p_value == pytest.approx(1 - level)

    @laws
    @given(st.integers(1, 40), st.integers(1, 40), st.floats(1, 4))
    def test_swapped_groups_invert(self, x1, x0, phi):
        """The ratio of the swapped groups is the inverse, limits too."""
        one, other = rate_ratio(x1, 2, x0, 3, dispersion=phi), rate_ratio(x0, 3, x1, 2, dispersion=phi)
        assert (1 / other.high, 1 / other.low) == close_all((one.low, one.high))

    def test_refusals(self):
        """A dispersion below 1, or with mid-p, is refused."""
        with pytest.raises(ParameterError, match="dispersion"):
            rate_ratio(3, 1, 4, 1, dispersion=0.5)
        with pytest.raises(ParameterError, match="needs `method` 'exact'"):
            rate_ratio(3, 1, 4, 1, dispersion=2, method="midp")

    def test_few_incidents_take_the_dispersion_of_the_longer_list(self):
        """Three incidents of one person each know nothing of buses; forty know their own sizes."""
        few = casualty_rate([1, 1, 1], 1, dispersion=2.5)
        same = rate(3, 1, dispersion=2.5)
        many = casualty_rate([1] * 40, 1, dispersion=2.5)

        assert (few.low, few.high) == (same.low, same.high)
        assert (many.low, many.high) == close_all((casualty_rate([1] * 40, 1).low, casualty_rate([1] * 40, 1).high))
        assert few.n == 3

    def test_bunched_incidents_multiply(self):
        """Sizes of dispersion 2.5 in incidents of dispersion 1.6 are casualties of dispersion 4."""
        assert casualty_rate([1, 2], 1, dispersion=2.5, incident_dispersion=1.6).high == close(
            rate(3, 1, dispersion=4).high
        )
        plain, bunched = (casualty_rate([1, 2, 3] * 20, 1, incident_dispersion=d) for d in (1, 1.6))
        assert bunched.low < plain.low < plain.high < bunched.high

    @pytest.mark.slow
    def test_coverage_of_ratios_of_overdispersed_counts(self):
        """True ratio 1, mean 20, variance over mean 3: without the dispersion 95 percent intervals cover far less."""
        rng = np.random.default_rng(20201110)
        x = rng.negative_binomial(20 / 2, 1 / 3, size=(1500, 2))
        held = {
            phi: np.mean([one.low <= 1 <= one.high for a, b in x for one in [rate_ratio(a, 1, b, 1, dispersion=phi)]])
            for phi in (1, 3)
        }

        assert held[1] < 0.90
        assert held[3] >= 0.95


def close_all(numbers):
    """Expected numbers, each to 9 digits."""
    return tuple(close(x) for x in numbers)


class TestComparison:
    """Power, prediction, many places, products."""

    def test_detectable_ratio_has_its_power(self):
        """Simulated with the ratio that is said to be found four times in five, it is found four times in five."""
        rng = np.random.default_rng(1)
        below, above = detectable_ratio(25, 1, 1)
        for ratio in (below, above):
            x = rng.poisson([25 * ratio, 25], size=(3000, 2))
            found = np.mean([rate_ratio(a, 1, b, 1).p_value < 0.05 for a, b in x])
            assert found == pytest.approx(0.8, abs=0.03)

    @laws
    @given(st.integers(1, 200), st.floats(1, 4))
    def test_detectable_ratio_brackets_one(self, count, phi):
        """More events show smaller differences, dispersion hides them."""
        below, above = detectable_ratio(count, 1, 1)
        less_below, less_above = detectable_ratio(count, 1, 1, dispersion=phi)
        more_below, more_above = detectable_ratio(4 * count, 1, 1)

        assert 0 <= less_below <= below + 1e-3 < 1 < above - 1e-3 <= less_above
        assert below <= more_below + 1e-3
        assert more_above <= above + 1e-3

    def test_prediction_is_wider_than_the_rate(self):
        """12 in 3.5 months: the next month 0 to 8 (methods page, second edition, point 18), the rate 1.77 to 5.99."""
        ahead = predict_count(12, 3.5)
        assert (ahead.low, ahead.high) == (0, 8)
        assert predict_count(12, 3.5, dispersion=3).high > 8

    def test_prediction_covers(self):
        """Of next months of a Poisson process 95 percent or more lie inside; inside the rate's interval 72 percent do not."""
        rng = np.random.default_rng(2)
        past, ahead = rng.poisson(3.43 * 3.5, 4000), rng.poisson(3.43, 4000)
        limits = {x: predict_count(int(x), 3.5) for x in set(past)}
        held = np.mean([limits[x].low <= y <= limits[x].high for x, y in zip(past, ahead, strict=True)])
        assert 0.95 <= held <= 0.99

    def test_places_are_adjusted(self):
        """Holm by hand: p of 0.01 among three places is 0.03, the next 2p, never below the one before."""
        x = pd.Series([30, 12, 9], index=["A", "B", "C"])
        places = compare_places(x)
        p = places["p_value"].sort_values()

        by_hand = np.minimum(1, np.maximum.accumulate(p.to_numpy() * [3, 2, 1]))
        assert places.loc[p.index, "p_adjusted"].tolist() == pytest.approx(by_hand.tolist())
        assert places.loc["A", "value"] == close(30 / (21 / 2))
        # X^2 = (13^2 + 5^2 + 8^2) / 17 = 15.176, two degrees of freedom: p = exp(-15.176 / 2)
        assert places.attrs["heterogeneity"]["p_value"] == close(math.exp(-258 / 17 / 2))

    @laws
    @given(st.lists(st.integers(0, 60), min_size=2, max_size=12), st.floats(1, 4))
    def test_interval_and_adjusted_p_agree(self, x, phi):
        """A place is told apart exactly where its interval leaves out 1; below 8 events it has no ratio."""
        if sum(x) == 0:
            return
        places = compare_places(x, dispersion=phi)
        some = places[places["count"] >= 8]

        apart = (some["low"] > 1) | (some["high"] < 1)
        sure = (some["p_adjusted"] - 0.05).abs() > 1e-9
        assert (apart[sure] == (some["p_adjusted"] < 0.05)[sure]).all()
        assert (some["p_adjusted"] >= some["p_value"]).all()
        assert places.loc[places["count"] < 8, ["value", "low", "high", "p_value"]].isna().all(axis=None)

    def test_places_of_one_rate_are_seldom_told_apart(self):
        """Twenty places of one rate: one of the ratios leaves out 1 in less than 5 percent of the runs, unadjusted in most."""
        rng = np.random.default_rng(3)
        runs = [compare_places(x) for x in rng.poisson(9, size=(300, 20))]
        assert np.mean([(run["p_adjusted"] < 0.05).any() for run in runs]) <= 0.07
        assert np.mean([(run["p_value"] < 0.05).any() for run in runs]) > 0.3

    def test_product_of_a_rate_and_a_certain_share(self):
        """A share known for certain scales the rate and its limits; two uncertain parts are less certain than one."""
        whole, part = rate(33, 47), proportion(60, 100)
        made = times(whole, part)
        assert made.value == close(33 / 47 * 0.6)
        assert made.low < whole.low * 0.6
        assert made.high > whole.high * 0.6
        assert times(rate(0, 47), part).low == 0
        with pytest.raises(ParameterError, match="level"):
            times(whole, proportion(60, 100, level=0.9))
