"""Trends: golden numbers, laws, refusals, and agreement with independent implementations."""

import itertools
import math
import warnings
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from scipy import stats
from scipy.special import gammaln

from minestats import trend
from minestats.errors import DataError, MinestatsWarning, ParameterError
from minestats.incidents import incidence
from minestats.trend import (
    annual_change,
    change_date,
    change_point,
    change_point_posterior,
    dispersion_test,
    mann_kendall,
    percent_change,
    predictive_limit,
    sen_slope,
    smooth,
)

laws = settings(max_examples=60, derandomize=True, deadline=None)

# Dobson 1990, table: deaths from AIDS in Australia, by quarter
AIDS = [0, 1, 2, 3, 1, 4, 9, 18, 23, 31, 20, 25, 37, 45]

count_lists = st.lists(st.one_of(st.integers(0, 30), st.sampled_from([0, 1, 10_000_000])), min_size=4, max_size=12)
value_lists = st.lists(st.integers(-30, 30), min_size=4, max_size=14)


def close(x, rel=1e-8):
    """An expected number, to 8 digits of itself."""
    return pytest.approx(x, rel=rel, abs=1e-12)


def with_trend(x):
    """Whether events lie in two periods at least."""
    return np.count_nonzero(x) >= 2


class TestAnnualChange:
    """`annual_change`: percent a year."""

    @laws
    @given(x=st.lists(st.integers(0, 40), min_size=4, max_size=12).filter(with_trend), seed=st.integers(0, 9))
    def test_against_a_general_fit(self, x, seed):
        """Slope, standard error and dispersion agree with the general linear model of statsmodels."""
        import statsmodels.api as sm

        rng = np.random.default_rng(seed)
        e, t = rng.uniform(0.5, 3, len(x)), np.sort(rng.uniform(0, 5, len(x)))
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                model = sm.GLM(x, sm.add_constant(t), family=sm.families.Poisson(), offset=np.log(e))
                fit = model.fit(maxiter=200, tol=1e-13)
        except ValueError:
            assume(False)
        assume(fit.converged and abs(fit.params[1]) < 20)
        pearson = fit.pearson_chi2 / (len(x) - 2)
        b, s = fit.params[1], fit.bse[1]

        poisson, quasi = annual_change(x, e, t, family="poisson"), annual_change(x, e, t)

        for result, reach in (
            (poisson, stats.norm.ppf(0.975) * s),
            (quasi, stats.t.ppf(0.975, len(x) - 2) * s * math.sqrt(max(1, pearson))),
        ):
            assert result.value == close(100 * math.expm1(b), 1e-5)
            assert result.low == close(100 * math.expm1(b - reach), 1e-5)
            assert result.high == close(100 * math.expm1(b + reach), 1e-5)
        assert f"dispersion {pearson:.2f}," in quasi.method or abs(pearson * 100 % 1 - 0.5) < 1e-3
        assert poisson.p_value == pytest.approx(2 * stats.norm.sf(abs(b / s)), rel=1e-4, abs=1e-9)
        scaled = abs(b / s) / math.sqrt(max(1, pearson))
        assert quasi.p_value == pytest.approx(2 * stats.t.sf(scaled, len(x) - 2), rel=1e-4, abs=1e-9)

    def test_fields(self):
        """The caption states family, dispersion and periods, and calls few periods few."""
        result = annual_change(AIDS, 1, range(14), level=0.9)

        assert result.method == "quasi-Poisson log-linear, dispersion 2.40, 14 periods"
        assert (result.n, result.unit, result.level) == (14, "percent per year", 0.9)
        assert "(few" not in annual_change([1, 2, 3, 4] * 2, 1, range(8)).method
        assert annual_change([1, 2, 3, 4, 1, 2, 3], 1, range(7)).method.endswith("7 periods (few periods)")
        assert annual_change(AIDS, 1, range(14), family="poisson").method.startswith("Poisson log-linear")

    def test_low_dispersion_does_not_shorten(self):
        """A dispersion below 1 leaves the standard error as it is: t in place of the normal only widens."""
        x = [100, 100, 100, 101]
        quasi, poisson = annual_change(x, 1, range(4)), annual_change(x, 1, range(4), family="poisson")

        assert quasi.low < poisson.low
        assert quasi.high > poisson.high
        ratio = math.log1p(quasi.high / 100) - math.log1p(quasi.value / 100)
        ratio /= math.log1p(poisson.high / 100) - math.log1p(poisson.value / 100)
        assert ratio == close(stats.t.ppf(0.975, 2) / stats.norm.ppf(0.975))

    @laws
    @given(
        x=count_lists.filter(with_trend),
        family=st.sampled_from(["poisson", "quasipoisson"]),
        c=st.sampled_from([1e-6, 3.0, 1e9]),
    )
    def test_laws(self, x, family, c):
        """Row order and the unit of exposure do not matter; time reversed inverts the change."""
        t, e = np.arange(len(x)) * 0.5, 1.0 + np.arange(len(x)) % 3
        options = {"family": family}
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", MinestatsWarning)
            result = annual_change(x, e, t, **options)
            order = np.random.default_rng(1).permutation(len(x))
            shuffled = annual_change(np.array(x)[order], e[order], t[order] + 2000, **options)
            scaled = annual_change(x, e * c, t, **options)
            back = annual_change(x, e, -t, **options)

        assert result.low <= result.value <= result.high
        for other in (shuffled, scaled):
            for name in ("value", "low", "high"):
                assert getattr(other, name) == close(getattr(result, name), 1e-6)
            assert other.p_value == pytest.approx(result.p_value, rel=1e-4, abs=1e-12)
        for one, other in ((result.value, back.value), (result.low, back.high), (result.high, back.low)):
            if math.isfinite(one) and math.isfinite(other):
                # the logs add to 0; near -100 percent the digits of 1 + g are lost
                assert (
                    1 + one / 100 == pytest.approx(1 / (1 + other / 100) if other > -100 else math.inf, rel=1e-4)
                    or min(one, other) < -99.99
                )

    def test_dates_periods_and_numbers_are_one_time(self):
        """Dates, ISO text, periods and their numbers in years give one result."""
        months = pd.date_range("2023-01-01", periods=14, freq="MS")
        numbers = (months - months[0]).days / 365.25
        expected = annual_change(AIDS, 1, numbers)

        for time in (
            months,
            pd.Series(months),
            pd.PeriodIndex(months, freq="M"),
            list(pd.PeriodIndex(months, freq="M")),
            months.strftime("%Y-%m-%d"),
            list(months.date),
            pd.Series(months.strftime("%Y-%m-%d"), dtype="string"),
            [str(number) for number in numbers],
        ):
            assert annual_change(AIDS, 1, time).value == close(expected.value, 1e-7)

    def test_columns_are_matched_by_label(self):
        """Labelled columns in another order are matched, not taken as they stand."""
        x = pd.Series(AIDS)
        t = pd.Series(np.arange(14.0))

        assert annual_change(x, 1, t.iloc[::-1]) == annual_change(AIDS, 1, np.arange(14.0))

    @pytest.mark.parametrize(
        ("arguments", "error", "message"),
        [
            (([1, 2, 3], 1, [0, 1, 2]), DataError, r"`counts` has 3 periods; a trend needs at least 4"),
            (([0, 0, 5, 0], 1, range(4)), DataError, r"events at one time only"),
            (([0, 0, 0, 0], 1, range(4)), DataError, r"events at one time only"),
            (([0, 0, 5, 6], 1, [0, 1, 2, 2]), DataError, r"events at one time only"),
            (([1, 2, 3, 4], 1, [1, 1, 1, 1]), DataError, r"all 4 values of `time` are equal"),
            (([1, 2, 3, 4.5], 1, range(4)), DataError, r"counts\[3\]: '4.5': a whole number"),
            (([1, 2, 3, -4], 1, range(4)), DataError, r"counts\[3\]: '-4'"),
            (([1, 2, 3, None], 1, range(4)), DataError, r"counts\[3\]: .* never missing; leave the row out"),
            (([1, 2, 3, math.inf], 1, range(4)), DataError, r"counts\[3\]: 'inf'"),
            (([1, 2, 3, 4], [1, 1, 1], range(4)), DataError, r"`counts` has 4 values and `exposure` has 3"),
            (([1, 2, 3, 4], 1, range(5)), DataError, r"`counts` has 4 values and `time` has 5"),
            (([1, 2, 3, 4], [1, 1, 1, 0], range(4)), DataError, r"exposure\[3\]: '0': a finite number, above 0"),
            (([1, 2, 3, 4], 1, [0, 1, 2, None]), DataError, r"time\[3\]: a finite number, never missing"),
            (([1, 2, 3, 4], 1, [0, 1, 2, math.inf]), DataError, r"time\[3\]: 'inf'"),
            (([1, 2, 3, 4], 1, ["2023-01-01"] * 3 + [""]), DataError, r"`time`.*, row 5"),
            (([1, 2, 3, 4], 1, ["2023-01-01"] * 3 + ["2023-02-30"]), DataError, r"2023-02-30"),
            (([1, 2, 3, 4], 1, pd.date_range("2023", periods=4, tz="UTC")), DataError, r"time zone"),
            (([1, 2, 3, 4], None, range(4)), ParameterError, r"`exposure` must be .* missing"),
            (([1, 2, 3, 4], 0, range(4)), ParameterError, r"`exposure` must be a finite number, above 0"),
            (([1, 2, 3, 4], 1, None), ParameterError, r"`time` must be a list"),
            ((4, 1, range(4)), ParameterError, r"`counts` must be a list"),
            ((AIDS, 1, [True, False] * 7), ParameterError, r"`time` must hold numbers, not bool"),
        ],
    )
    def test_refusals(self, arguments, error, message):
        """Too few periods, no trend to see, and wrong values are refused by name."""
        with pytest.raises(error, match=f"(?s){message}"):
            annual_change(*arguments)

    def test_options(self):
        """Family and level are checked."""
        with pytest.raises(ParameterError, match=r"`family` must be one of 'quasipoisson', 'poisson'"):
            annual_change(AIDS, 1, range(14), family="negbin")
        with pytest.raises(ParameterError, match="`level`"):
            annual_change(AIDS, 1, range(14), level=1)

    def test_exposure_in_another_unit_warns(self):
        """One year in days among years in years is pointed out, in the caller's file."""
        with pytest.warns(MinestatsWarning, match=r"exposure of row 3 is 365, the median of all rows 1") as caught:
            annual_change([20, 21, 22, 23], [1, 1, 1, 365], range(4))
        assert Path(caught[0].filename).name == "test_trend.py"

    def test_extreme_counts_and_exposures(self):
        """Ten million events, and exposures of a billionth or a trillion, fit as any other."""
        # by hand: each period doubles
        x = [1_250_000, 2_500_000, 5_000_000, 10_000_000]
        for exposure in (1e-9, 1.0, 1e12):
            assert annual_change(x, exposure, range(4)).value == close(100.0)
        assert annual_change(x, [1e300] * 4, range(4)).value == close(100.0)
        # a thousand years of silence: the fit expects less there than any number holds, and nothing is divided by it
        assert math.isfinite(annual_change([0, 10, 1000, 100_000], 1, [0, 1000, 1001, 1002]).value)
        # 1 then nothing then ten million: the fit is steep, its limits finite in order
        steep = annual_change([1, 0, 0, 10_000_000], 1, range(4))
        assert steep.low <= steep.value <= steep.high

    def test_interior_events_only(self):
        """Events in the middle, none at either end: a finite change with an interval."""
        result = annual_change([0, 4, 4, 0], 1, range(4))

        assert result.value == pytest.approx(0, abs=1e-9)
        assert result.p_value == pytest.approx(1, abs=1e-9)

    def test_an_interval_beyond_all_numbers_is_infinite(self):
        """Months given as years of a thousandth: the upper limit is infinite, not an error."""
        result = annual_change([1, 2, 1, 3], 1, np.arange(4) / 1000)

        assert result.high == math.inf
        assert result.low >= -100

    def test_percent_change_is_checked(self):
        """The shared part refuses an unknown family and says what it counts."""
        with pytest.raises(ParameterError, match="`family`"):
            percent_change(0, 1, 1, 5, family="x")
        assert percent_change(0, 1, 9, 5, of="intervals").method.endswith(
            "dispersion 3.00, 5 intervals (few intervals)"
        )


class TestDispersionTest:
    """`dispersion_test`: more spread than chance."""

    @laws
    @given(x=count_lists.filter(any), c=st.sampled_from([1e-6, 1.0, 1e9]))
    def test_is_the_chi_squared_test(self, x, c):
        """It agrees with scipy's chi-squared test of equal rates; order and unit do not matter."""
        e = 1.0 + np.arange(len(x)) % 3
        expected = stats.chisquare(x, sum(x) * e / e.sum(), sum_check=False)

        with warnings.catch_warnings():
            warnings.simplefilter("ignore", MinestatsWarning)
            result = dispersion_test(x, e * c)
            back = dispersion_test(x[::-1], e[::-1])

        assert result.value == close(expected.statistic / (len(x) - 1))
        assert result.p_value == pytest.approx(expected.pvalue, rel=1e-7, abs=1e-12)
        assert back.value == close(result.value)
        assert math.isnan(result.low)
        assert math.isnan(result.high)
        assert result.n == len(x)

    def test_words(self):
        """The caption names the distribution; exposure None is equal exposure."""
        assert dispersion_test([1, 2, 3, 4]).method == "dispersion test, chi-squared with 3 df, n periods"
        assert dispersion_test([1, 2, 3, 4]) == dispersion_test([1, 2, 3, 4], 7.0)

    @pytest.mark.parametrize(
        ("arguments", "message"),
        [
            (([1, 2, 3],), "`counts` has 3 periods; a trend needs at least 4"),
            (([0, 0, 0, 0],), "no event in any period: a dispersion needs events"),
            (([1, 2, 3, 0.5],), r"counts\[3\]"),
            (([1, 2, 3, None],), r"counts\[3\]"),
            (([1, 2, 3, 4], [1, 2, 3]), "`counts` has 4 values and `exposure` has 3"),
            (([1, 2, 3, 4], [1, 2, 3, None]), r"exposure\[3\]"),
        ],
    )
    def test_refusals(self, arguments, message):
        """Too few periods, no event, and wrong counts are refused."""
        with pytest.raises(DataError, match=message):
            dispersion_test(*arguments)

    def test_wrong_unit_warns_in_the_callers_file(self):
        """An exposure in another unit is pointed out where the call stands."""
        with pytest.warns(MinestatsWarning, match="row 3") as caught:
            dispersion_test([20, 21, 22, 23], [1, 1, 1, 365])
        assert Path(caught[0].filename).name == "test_trend.py"


class TestMannKendall:
    """`mann_kendall`: order alone."""

    @laws
    @given(x=value_lists)
    def test_laws(self, x):
        """Reversed, S changes sign; a monotone transform leaves it; p is the same."""
        result = mann_kendall(x)
        back, bent = mann_kendall(x[::-1]), mann_kendall([v**3 + 2 * v + 5 for v in x])

        assert back.value == -result.value
        assert back.p_value == close(result.p_value)
        assert (bent.value, bent.p_value) == (result.value, result.p_value)
        assert result.value == sum(np.sign(b - a) for a, b in itertools.combinations(x, 2))
        assert 0 < result.p_value <= 1

    @laws
    @given(x=st.permutations(range(6)))
    def test_exact_p_counts_permutations(self, x):
        """Without ties p is the share of all orders that are as extreme."""

        def s(order):
            return sum(np.sign(b - a) for a, b in itertools.combinations(order, 2))

        if not hasattr(type(self), "all_s"):
            type(self).all_s = np.array([abs(s(order)) for order in itertools.permutations(range(6))])
        result = mann_kendall(x)

        assert result.p_value == close((self.all_s >= abs(result.value)).mean())
        assert result.method == "Mann-Kendall S, exact"

    def test_normal_approximation_by_hand(self):
        """With ties z has the continuity correction and the variance less the ties."""
        # by hand: S = 5 for 1 2 2 3, var = (4*3*13 - 2*1*9) / 18 = 23/3, z = 4 / sqrt(23/3)
        result = mann_kendall([1, 2, 2, 3])

        assert result.value == 5
        assert result.p_value == close(2 * stats.norm.sf(4 / math.sqrt(23 / 3)))
        assert result.method == "Mann-Kendall S, normal approximation"

    def test_ten_is_exact_eleven_is_not(self):
        """The exact distribution serves up to ten values."""
        assert mann_kendall(range(10)).method == "Mann-Kendall S, exact"
        assert mann_kendall(range(10)).p_value == close(2 / math.factorial(10))
        eleven = mann_kendall(range(11))
        # by hand: S = 55, var = 11 * 10 * 27 / 18 = 165
        assert eleven.method == "Mann-Kendall S, normal approximation"
        assert eleven.p_value == close(2 * stats.norm.sf(54 / math.sqrt(165)))

    def test_maxau(self):
        """The sediment series of 45 years falls: S and z as the formula gives them."""
        # S = -394 counted apart; var = 45 * 44 * 95 / 18 less one pair of ties; z = -393 / sqrt(var)
        x = [37, 31, 26, 28, 32, 37, 27, 29, 35, 28, 25, 16, 28, 20, 19, 19, 24, 28, 17, 19]
        s = sum(np.sign(b - a) for a, b in itertools.combinations(x, 2))
        ties = [n for n in np.unique(x, return_counts=True)[1] if n > 1]
        variance = (20 * 19 * 45 - sum(n * (n - 1) * (2 * n + 5) for n in ties)) / 18
        result = mann_kendall(x)

        assert result.value == s < 0
        assert result.p_value == close(2 * stats.norm.sf((-s - 1) / math.sqrt(variance)))

    def test_no_direction(self):
        """All equal, or as many ups as downs: p is 1."""
        assert (mann_kendall([3, 3, 3, 3]).value, mann_kendall([3, 3, 3, 3]).p_value) == (0, 1)
        assert (mann_kendall([2, 4, 1, 3]).value, mann_kendall([2, 4, 1, 3]).p_value) == (0, 1)
        assert mann_kendall([1, 2, 2, 1]).p_value == 1

    def test_missing_is_left_out_and_said(self):
        """A missing value leaves the pairs with it out, and its number is printed."""
        result = mann_kendall([1, None, 2, 3, math.nan, 5])

        assert result.value == mann_kendall([1, 2, 3, 5]).value
        assert (result.n, result.method) == (4, "Mann-Kendall S, exact, 2 missing left out")

    def test_dated_values_are_put_in_order(self):
        """A column with dates or periods as index is read in their order."""
        dates = pd.to_datetime(["2023-03-01", "2023-01-01", "2023-04-01", "2023-02-01"])
        for index in (dates, pd.PeriodIndex(dates, freq="M")):
            assert mann_kendall(pd.Series([3, 1, 4, 2], index=index)).value == 6
        assert mann_kendall(pd.Series([3, 1, 4, 2], index=[3, 1, 4, 2])).value == mann_kendall([3, 1, 4, 2]).value

    def test_refusals(self):
        """Fewer than four known values, infinity, and no series are refused."""
        with pytest.raises(DataError, match="`x` has 3 known values; a trend needs at least 4"):
            mann_kendall([1, 2, 3, None])
        with pytest.raises(DataError, match=r"x\[3\]: 'inf'"):
            mann_kendall([1, 2, 3, math.inf])
        with pytest.raises(DataError, match=r"x\[0\]: 'up'"):
            mann_kendall(["up", 1, 2, 3])
        with pytest.raises(ParameterError, match="`x` must be a list"):
            mann_kendall(5)


class TestSenSlope:
    """`sen_slope`: the median of all slopes."""

    @laws
    @given(x=value_lists, a=st.integers(-5, 5), b=st.integers(-4, 4))
    def test_laws(self, x, a, b):
        """Reversed, the slope changes sign; a + bx gives b times the slope; it lies within its limits."""
        result = sen_slope(x)

        assert sen_slope(x[::-1]).value == close(-result.value)
        assert sen_slope([a + b * v for v in x]).value == close(b * result.value)
        assert result.low <= result.value <= result.high
        assert sen_slope(x, np.arange(len(x)) * 2.0).value == close(result.value / 2)

    @laws
    @given(x=value_lists, seed=st.integers(0, 9))
    def test_is_the_median_and_order_does_not_matter(self, x, seed):
        """The value is the median of the slopes between different times, whatever the row order."""
        rng = np.random.default_rng(seed)
        t = rng.integers(0, 8, len(x)).astype(float)
        assume(np.ptp(t) > 0)
        slopes = [
            (y2 - y1) / (t2 - t1)
            for (y1, t1), (y2, t2) in itertools.combinations(zip(x, t, strict=True), 2)
            if t1 != t2
        ]
        order = rng.permutation(len(x))

        result, shuffled = sen_slope(x, t), sen_slope(np.array(x)[order], t[order])

        assert result.value == close(np.median(slopes))
        assert min(slopes) <= result.low <= result.value <= result.high <= max(slopes)
        assert shuffled == result

    def test_limits_by_hand(self):
        """Five values: the ranks of Sen's limits leave out the outermost slopes."""
        # var = 5 * 4 * 15 / 18 = 50/3, C = 1.96 * 4.0825 = 8.0015, N = 10: ranks 1 and 9 (+1) of the sorted slopes
        x = [0, 1, 4, 9, 16]
        slopes = sorted((b - a) / (j - i) for (i, a), (j, b) in itertools.combinations(enumerate(x), 2))
        result = sen_slope(x)

        assert (result.low, result.high) == (slopes[0], slopes[9])
        assert sen_slope(x, level=0.5).low > result.low
        assert sen_slope(x, level=0.5).high < result.high

    def test_fields(self):
        """The unit is per year with times, per period without; missing values are counted."""
        result = sen_slope([1, None, 2, 4, 8], [0, 1, 2, 3, 4], level=0.9)

        assert (result.n, result.unit, result.level, result.p_value) == (4, "per year", 0.9, None)
        assert result.method == "Theil-Sen slope, limits of Sen, 1 missing left out"
        assert sen_slope([1, 2, 4, 8]).unit == "per period"
        assert sen_slope([1, 2, 4, 8]).method == "Theil-Sen slope, limits of Sen"

    def test_missing_keeps_its_place(self):
        """A missing value without times is a step of time all the same."""
        assert sen_slope([0, None, 2, 3, 4]).value == 1

    def test_time(self):
        """Dates are years; an index of dates only orders."""
        dates = pd.to_datetime(["2020-01-01", "2021-01-01", "2022-01-01", "2023-01-01"])
        x = pd.Series([4.0, 3.0, 2.0, 1.0], index=dates[::-1])

        assert sen_slope([1, 2, 3, 4], dates).value == pytest.approx(1.0, rel=2e-3)
        assert sen_slope(x).value == 1

    def test_ties_that_leave_no_variance(self):
        """Where both times and values are tied throughout the limits are the extreme slopes."""
        result = sen_slope([1, 1, 1, 1, 2], [0, 0, 0, 0, 1])

        assert (result.value, result.low, result.high) == (1, 1, 1)
        # by hand: one later time, 4 years on: slopes (3 - 1) / 4 four times and (3 - 0) / 4 once
        result = sen_slope([1, 1, 1, 1, 3, 0], [0, 0, 0, 0, 4, 0])
        assert (result.value, result.low, result.high) == (0.5, 0.5, 0.75)

    def test_refusals(self):
        """Too few values, equal or missing times, and unequal lengths are refused."""
        with pytest.raises(DataError, match="`x` has 3 known values"):
            sen_slope([1, 2, 3, None])
        with pytest.raises(DataError, match="all 4 values of `t` are equal"):
            sen_slope([1, 2, 3, 4], [7, 7, 7, 7])
        with pytest.raises(DataError, match=r"t\[3\]"):
            sen_slope([1, 2, 3, 4], [1, 2, 3, None])
        with pytest.raises(DataError, match="`x` has 4 values and `t` has 3"):
            sen_slope([1, 2, 3, 4], [1, 2, 3])
        with pytest.raises(DataError, match=r"  x\[3\]: 'up'"):
            sen_slope([1, 2, 3, "up"])
        with pytest.raises(ParameterError, match="`level`"):
            sen_slope([1, 2, 3, 4], level=0)
        with pytest.raises(ParameterError, match="`t` must be a list"):
            sen_slope([1, 2, 3, 4], "abcd")


class TestChangePoint:
    """`change_point` and its posterior: one step."""

    @laws
    @given(x=st.lists(st.integers(0, 20), min_size=6, max_size=14).filter(any), c=st.sampled_from([1e-6, 1.0, 1e9]))
    def test_place_and_posterior_against_loops(self, x, c):
        """k maximizes the likelihood ratio, and the posterior is the product of two gamma integrals, term by term."""
        n, e = len(x), 1.0 + np.arange(len(x)) % 3

        def loglik(events, exposure):
            return events * math.log(events / exposure) if events else 0.0

        def integral(events, exposure):
            return gammaln(events + 1) - (events + 1) * math.log(exposure + 1)

        places = range(3, n - 2)
        lr = [
            2 * (loglik(sum(x[:k]), e[:k].sum()) + loglik(sum(x[k:]), e[k:].sum()) - loglik(sum(x), e.sum()))
            for k in places
        ]
        unit = e * sum(x) / e.sum()  # the prior mean is the observed rate
        logs = np.array([integral(sum(x[:k]), unit[:k].sum()) + integral(sum(x[k:]), unit[k:].sum()) for k in places])
        weight = np.exp(logs - logs.max())
        weight /= weight.sum()

        table = change_point_posterior(x, e * c)
        result = change_point(x, e * c, n_boot=20, seed=1)

        assert list(table.columns) == ["k", "last", "probability", "likelihood_ratio"]
        assert table["k"].tolist() == list(places)
        assert table["last"].tolist() == [k - 1 for k in places]
        assert table["probability"].to_numpy() == pytest.approx(weight, rel=1e-8)
        assert table["likelihood_ratio"].to_numpy() == pytest.approx(lr, rel=1e-8, abs=1e-9)
        assert lr[list(places).index(result.value)] == pytest.approx(max(lr), rel=1e-9, abs=1e-9)
        cumulative = weight.cumsum()
        low = next(k for k, p in zip(places, cumulative, strict=True) if p >= 0.025 - 1e-12)
        high = next(k for k, p in zip(places, cumulative, strict=True) if p >= 0.975 - 1e-12)
        assert (result.low, result.high) == (min(low, result.value), max(high, result.value))

    def test_p_value_is_a_rank_among_simulations(self):
        """p is (1 + simulated ratios as large) / (n_boot + 1), of multinomial series of the same total."""
        e = np.array([1.0, 2, 1, 1, 2, 1, 1, 2])

        def best(counts):
            return change_point_posterior(counts, e)["likelihood_ratio"].max()

        for seed, x in enumerate(np.random.default_rng(4).poisson(4 * e, size=(6, 8))):
            simulated = np.random.default_rng(seed).multinomial(x.sum(), e / e.sum(), size=99)
            as_large = sum(best(row) >= best(x) - 1e-9 for row in simulated)

            assert change_point(x, e, n_boot=99, seed=seed).p_value == (1 + as_large) / 100

    def test_two_thousand_simulations(self):
        """By default 2000 series are simulated: the least p value is 1 / 2001."""
        assert change_point([2] * 6 + [100] * 6, seed=1).p_value == 1 / 2001

    def test_same_seed_same_result(self):
        """A number and a generator of that number give one p value, another seed another."""
        x = [3, 5, 2, 6, 4, 7, 3, 8]
        first = change_point(x, seed=1)

        assert first == change_point(x, seed=1) == change_point(x, seed=np.random.default_rng(1))
        assert first == change_point(x, seed=np.int64(1))
        assert len({change_point(x, seed=seed).p_value for seed in range(5)}) > 1

    def test_p_value_is_uniform_without_a_change(self):
        """Series of one rate give p below 0.05 about 5 times in 100; a step of five times always."""
        rng = np.random.default_rng(11)
        same = [change_point(rng.poisson(5, 20), n_boot=199, seed=i).p_value for i in range(300)]
        step = [
            change_point(np.r_[rng.poisson(2, 10), rng.poisson(10, 10)], n_boot=199, seed=i).p_value for i in range(20)
        ]

        assert 0.02 <= np.mean(np.array(same) <= 0.05) <= 0.08
        assert max(step) <= 0.02

    def test_fields(self):
        """The caption gives k, n and both rates."""
        result = change_point([2] * 6 + [10] * 6, [2.0] * 12, seed=1, n_boot=50, level=0.9)

        assert result.method == (
            "one change of a Poisson rate, after 6 of 12 periods (probability 0.98; of 3 to 9), "
            "from 1 to 5 per unit of exposure, dispersion 1"
        )
        assert (result.n, result.unit, result.level) == (12, "periods", 0.9)
        assert "from 2 to 10 a period" in change_point([2] * 6 + [10] * 6, seed=1, n_boot=5).method

    def test_first_maximum(self):
        """Of two equally good places it is the first."""
        assert change_point([1, 1, 5, 5, 1, 1], seed=1, min_segment=2, n_boot=5).value == 2

    def test_interval_is_widened_to_the_place_found(self):
        """Where the posterior is flat and the likelihood highest at an end, the interval reaches it."""
        x = [3, 3, 3, 4, 3, 3, 3, 4, 3, 3] * 6
        x[0:2] = [6, 6]
        result = change_point(x, seed=1, n_boot=5, min_segment=2, level=0.5)
        posterior = change_point_posterior(x, min_segment=2)

        assert result.value == 2
        assert posterior["probability"].iloc[0] < 0.25
        assert result.low == 2
        assert result.low <= result.value <= result.high

    def test_min_segment(self):
        """No regime is shorter than allowed."""
        x = [9, 9, 1, 1, 1, 1, 1, 1]

        assert change_point(x, seed=1, min_segment=2, n_boot=5).value == 2
        assert change_point(x, seed=1, min_segment=4, n_boot=5).value == 4
        assert change_point_posterior(x, min_segment=4)["probability"].tolist() == [1]

    def test_level_and_constant_series(self):
        """A wider level reaches further; a constant series has no change."""
        x = [3, 4, 5, 3, 6, 5, 7, 6, 8, 7, 9, 6]
        narrow, wide = (change_point(x, seed=1, n_boot=5, level=level) for level in (0.5, 0.999))

        assert wide.low < narrow.low <= narrow.high < wide.high
        assert change_point([4] * 10, seed=1, n_boot=99).p_value == 1

    def test_reversed_in_time(self):
        """Reversed, the first regime is what was the second."""
        x = [2, 1, 3, 2, 9, 11, 8]

        assert change_point(x, seed=1, n_boot=5).value == 4
        assert change_point(x[::-1], seed=1, n_boot=5).value == 3

    def test_dated_counts_are_put_in_order(self):
        """Counts with dates as index are read in their order, exposure along with them."""
        months = pd.period_range("2023-01", periods=8, freq="M")
        x, e = pd.Series([1, 1, 2, 1, 9, 8, 9, 9], index=months), pd.Series(np.arange(1.0, 9.0), index=months)
        order = [5, 2, 7, 0, 3, 6, 1, 4]
        table = change_point_posterior(x.iloc[order], e)

        assert change_point(x.iloc[order], e, seed=1) == change_point(x.tolist(), e.tolist(), seed=1)
        assert table["last"].tolist() == list(months[2:5])
        assert table["probability"].tolist() == change_point_posterior(x.tolist(), e.tolist())["probability"].tolist()

    def test_ten_million_events(self):
        """Huge counts neither overflow nor lose the step; the interval holds it."""
        result = change_point([10_000_000] * 4 + [10_100_000] * 4, seed=1, n_boot=200)

        assert result.value == 4
        assert result.low <= 4 <= result.high
        assert result.p_value < 0.01

    @pytest.mark.parametrize(
        ("arguments", "options", "error", "message"),
        [
            (([1, 2, 3],), {}, DataError, "`counts` has 3 periods; a trend needs at least 4"),
            (([1, 2, 3, 4, 5],), {}, DataError, "has 5 periods; two regimes of at least 3 need 6"),
            (([0] * 6,), {}, DataError, "no event in any period: a change needs events"),
            (([1, 2, 3, 4, 5, 0.5],), {}, DataError, r"counts\[5\]: '0.5'"),
            (([1, 2, 3, 4, 5, None],), {}, DataError, r"counts\[5\]"),
            (([1] * 6, [1] * 5), {}, DataError, "`counts` has 6 values and `exposure` has 5"),
            (([1] * 6, [1] * 5 + [0]), {}, DataError, r"exposure\[5\]"),
            (([1] * 6,), {"min_segment": 1}, ParameterError, "`min_segment` must be a whole number, 2 or more, not 1"),
            (([1] * 6,), {"min_segment": 2.5}, ParameterError, "`min_segment`"),
            (([1] * 6,), {"n_boot": 0}, ParameterError, "`n_boot` must be a whole number, 1 or more, not 0"),
            (([1] * 6,), {"seed": None}, ParameterError, "`seed` must be a whole number, 0 or more, or a numpy Gen"),
            (([1] * 6,), {"seed": 1.5}, ParameterError, "`seed`"),
            (([1] * 6,), {"seed": -1}, ParameterError, "`seed`"),
            (([1] * 6,), {"seed": True}, ParameterError, "`seed`"),
            (([1] * 6,), {"level": 0.2}, ParameterError, "`level`"),
        ],
    )
    def test_refusals(self, arguments, options, error, message):
        """Short series, no event, wrong counts and wrong options are refused."""
        with pytest.raises(error, match=message):
            change_point(*arguments, **{"seed": 1} | options)

    def test_seed_has_no_default(self):
        """Chance without a seed is not offered."""
        with pytest.raises(TypeError, match="seed"):
            change_point([1, 2, 3, 4, 5, 6])

    def test_wrong_unit_warns_in_the_callers_file(self):
        """An exposure in another unit is pointed out where the call stands."""
        with pytest.warns(MinestatsWarning, match="row 5") as caught:
            change_point([20] * 6, [1, 1, 1, 1, 1, 365], seed=1, n_boot=5)
        assert Path(caught[0].filename).name == "test_trend.py"


class TestSmooth:
    """`smooth`: a curve for the eye."""

    # documented example of R's lowess: the series and, below, values of R's output
    series = [
        -0.76741118, 0.69245631, 2.39950921, 2.53647578, 2.32918222, 5.6595567, 6.66367639, 4.95611415, 8.8123281, 10.45977518,
        11.21428038, 12.29296866, 12.78028477, 12.7597147, 13.78278698, 15.24549405, 16.25987014, 16.09290966, 16.54311784, 18.68219495,
    ]  # fmt: skip

    def test_against_r(self):
        """The curve is R's."""
        # R, lowess(0:19, series): first, fifth and last value
        curve = smooth(self.series, range(20))

        assert curve.iloc[[0, 4, 19]].tolist() == pytest.approx([-0.626034455, 4.156063616, 18.045920172], abs=1e-6)

    def test_order_index_and_missing(self):
        """The curve has the order and index of y; missing stays missing and moves nothing."""
        labels = [f"m{i}" for i in range(20)]
        order = np.random.default_rng(2).permutation(20)
        y = pd.Series(self.series, index=labels).iloc[order]
        t = pd.Series(np.arange(20.0), index=labels)
        curve = smooth(y, t)
        gappy = smooth([*self.series, None], range(21))

        assert list(curve.index) == list(y.index)
        assert curve.name == "smooth"
        assert curve[labels].tolist() == pytest.approx(smooth(self.series, range(20)).tolist(), rel=1e-9)
        assert math.isnan(gappy.iloc[20])
        assert gappy.iloc[:20].tolist() == smooth(self.series, range(20)).tolist()

    def test_a_line_stays_a_line(self):
        """Values on a line are their own curve, negative ones too, by dates as by numbers."""
        dates = pd.date_range("2023-01-01", periods=12, freq="7D")
        line = np.arange(12) * -2.0

        assert smooth(line, dates).tolist() == pytest.approx(line.tolist(), abs=1e-9)

    @laws
    @given(
        points=st.lists(st.tuples(st.integers(0, 9), st.integers(0, 5)), min_size=4, max_size=25),
        frac=st.floats(0.05, 1),
    )
    def test_never_unknown_where_known(self, points, frac):
        """Equal times and small shares give numbers all the same, without a warning."""
        y, t = zip(*points, strict=True)
        assume(len(set(t)) > 1)

        assert np.isfinite(smooth(y, t, frac=frac)).all()

    def test_unit_of_time(self):
        """Times in another unit give the same curve: every point has its own line, however close."""
        expected = smooth(self.series, range(20)).tolist()

        assert smooth(self.series, np.arange(20) / 1000).tolist() == pytest.approx(expected, rel=1e-9)

    def test_frac(self):
        """A larger share is smoother."""
        rough = smooth(self.series, range(20), frac=0.3)
        even = smooth(self.series, range(20), frac=1)

        assert np.abs(np.diff(rough, 2)).sum() > np.abs(np.diff(even, 2)).sum()

    def test_refusals(self):
        """Too few values or times, lengths, and a wrong share are refused."""
        with pytest.raises(DataError, match="`y` has 3 known values"):
            smooth([1, 2, 3, None], range(4))
        with pytest.raises(DataError, match="all values of `t` are equal"):
            smooth([1, 2, 3, 4], [1, 1, 1, 1])
        with pytest.raises(DataError, match="`y` has 4 values and `t` has 3"):
            smooth([1, 2, 3, 4], [1, 2, 3])
        with pytest.raises(DataError, match=r"  y\[3\]: 'up'"):
            smooth([1, 2, 3, "up"], range(4))
        with pytest.raises(DataError, match=r"  t\[3\]: "):
            smooth([1, 2, 3, 4], [0, 1, 2, None])
        for wrong in (0, 1.1, None):
            with pytest.raises(ParameterError, match=r"`frac` must be a finite number between 0 and 1"):
                smooth([1, 2, 3, 4], range(4), frac=wrong)


def flagged():
    """Made-up months marked as interpolated: by a column, and by an attribute that columns inherit."""
    by_column = pd.DataFrame({"count": [4, 3, 2, 1, 2, 3], "interpolated": True})
    by_attribute = pd.DataFrame({"count": [4, 3, 2, 1, 2, 3]})
    by_attribute.attrs["interpolated"] = True
    return [by_column, by_attribute, by_attribute["count"]]


@pytest.mark.parametrize("months", flagged(), ids=["column", "attribute", "series"])
@pytest.mark.parametrize(
    "call",
    [
        lambda x: annual_change(x, 1, range(6)),
        lambda x: dispersion_test(x),
        lambda x: mann_kendall(x),
        lambda x: sen_slope(x),
        lambda x: change_point(x, seed=1),
        lambda x: change_point_posterior(x),
        lambda x: smooth(x, range(6)),
    ],
)
def test_interpolated_months_never_enter(call, months):
    """Made-up months are no evidence: every method refuses them."""
    with pytest.raises(DataError, match="interpolated months never enter a test"):
        call(months)


def test_an_unmarked_table_is_asked_for_a_column():
    """A whole table is not a series."""
    table = pd.DataFrame({"count": [1, 2, 3, 4], "interpolated": False})

    with pytest.raises(ParameterError, match="not DataFrame; choose one column"):
        mann_kendall(table)
    assert mann_kendall(table["count"]).value == 6


def test_inputs_are_not_modified():
    """What is passed in is afterwards what it was."""
    x, e, t = np.array([1.0, 2, 4, 3, 5, 9]), np.array([1.0, 1, 2, 1, 1, 1]), np.arange(6.0)
    before = x.copy(), e.copy(), t.copy()
    annual_change(x, e, t)
    dispersion_test(x, e)
    mann_kendall(x)
    sen_slope(x, t)
    change_point(x, e, seed=1, n_boot=5)
    change_point_posterior(x, e)
    smooth(x, t)

    for now, then in zip((x, e, t), before, strict=True):
        assert now.tolist() == then.tolist()


def test_public_names():
    """Each public function has a documented example."""
    for name in trend.__all__:
        assert ">>>" in getattr(trend, name).__doc__, name


class TestOverdispersedCounts:
    """A change point of counts that vary more than chance alone."""

    def test_dispersion_divides_the_ratio(self):
        """By hand: within (2, 6, 4) and (10, 14, 12) X^2 = 2 + 8 / 12, over 6 - 2 is below 1; scaled tenfold it is not."""
        x = np.array([2, 6, 4, 10, 14, 12])
        assert "dispersion 1" in change_point(x, seed=1, n_boot=5, dispersion="within").method
        # (20, 60, 40) and (100, 140, 120): X^2 = 800 / 40 + 800 / 120 = 26.67, over 4 = 6.67
        assert "dispersion 6.67" in change_point(10 * x, seed=1, n_boot=5, dispersion="within").method

    @laws
    @given(x=st.lists(st.integers(0, 30), min_size=6, max_size=16), phi=st.floats(1, 5), more=st.floats(1, 4))
    def test_more_dispersion_never_sharpens(self, x, phi, more):
        """More dispersion: the same place, a p value and a best probability no more certain."""
        if not sum(x):
            return
        one, other = (change_point(x, seed=3, n_boot=99, dispersion=d) for d in (phi, phi * more))
        assert other.value == one.value
        assert other.p_value >= one.p_value
        assert one.low <= one.value <= one.high

    def test_false_alarms_of_overdispersed_counts(self):
        """Variance over mean 3 and no change: p < 0.05 in about 43 of 100 series without the dispersion, in about 10 with it."""
        rng = np.random.default_rng(5)
        x = rng.negative_binomial(7 / 2, 1 / 3, size=(150, 20))
        alarms = {
            d: np.mean([change_point(row, seed=1, n_boot=99, dispersion=d).p_value < 0.05 for row in x])
            for d in (1, "within")
        }
        assert alarms[1] > 0.19
        assert alarms["within"] <= 0.15

    def test_the_unit_of_exposure_makes_no_difference(self):
        """The prior mean is the observed rate: days, months or years, the places keep their probabilities."""
        x = [30, 28, 35, 31, 12, 10, 14, 9]
        parts = [change_point_posterior(x, [e] * 8)["probability"].tolist() for e in (1, 30.4, 1 / 12)]
        assert parts[1] == pytest.approx(parts[0])
        assert parts[2] == pytest.approx(parts[0])

    def test_the_prior_does_not_draw_to_the_ends(self):
        """With 300 events a period the place is where the step is, with all of the probability."""
        places = change_point_posterior([300] * 6 + [360] * 6)
        assert places.loc[places["probability"].idxmax(), "k"] == 6
        assert places["probability"].iloc[[0, -1]].max() < 0.01

    def test_a_date_is_named_only_where_it_is_known(self):
        """A clear step has a date; a step of any place, or of chance, has none."""
        index = pd.period_range("2023-01", periods=12, freq="M")
        assert change_date(pd.Series([2] * 6 + [10] * 6, index=index), seed=1) == pd.Period("2023-06", freq="M")
        assert change_date([5, 7, 6, 5, 8, 6, 5, 7, 6, 5, 6, 7], seed=1) is None
        drift = [2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13]
        assert change_point(drift, seed=1).p_value < 0.05
        assert change_date(drift, seed=1) is None

    def test_refusals(self):
        """Another word, or a dispersion below 1."""
        for wrong in ("between", 0.5):
            with pytest.raises(ParameterError, match="dispersion"):
                change_point([1, 2, 3, 4, 5, 6], seed=1, dispersion=wrong)


class TestPredictiveLimit:
    """The alarm for the last month."""

    def test_only_the_last_periods_count(self):
        """What lies further back than 36 months does not move the limit."""
        recent = [2, 1, 3, 2, 0, 4] * 6
        assert predictive_limit([50] * 20 + recent) == predictive_limit(recent)
        assert predictive_limit(recent).value == 2

    def test_in_time_order(self):
        """A Series with dates is put in their order before its last periods are taken."""
        index = pd.period_range("2020-01", periods=8, freq="M")
        x = pd.Series([9, 9, 9, 9, 1, 2, 1, 2], index=index)
        assert predictive_limit(x.sample(frac=1, random_state=1), periods=4).value == 1.5

    @laws
    @given(x=st.lists(st.integers(0, 12), min_size=4, max_size=40).filter(any))
    def test_next_counts_lie_between_the_limits(self, x):
        """The limits are whole numbers about the mean, and wider than those of the mean itself."""
        limit = predictive_limit(x)
        assert limit.low == int(limit.low)
        assert limit.high == int(limit.high)
        assert 0 <= limit.low <= limit.value <= limit.high

    def test_false_alarms_are_rare(self):
        """Of months of one overdispersed pace about one in forty exceeds the limit; Poisson's limit raises more alarms."""
        rng = np.random.default_rng(7)
        x = rng.negative_binomial(2.1 / 0.8, 1 / 1.8, size=(800, 37))
        above = np.mean([row[-1] > predictive_limit(row[:-1]).high for row in x])
        plain = np.mean(x[:, -1] > stats.poisson.ppf(0.975, x[:, :-1].mean(axis=1)))
        assert above <= 0.04
        assert plain > above


def test_alarm_of_the_real_list(data):
    """The figures of docs/methods.md: 2.1 incidents a month in the three years to February 2026, seven are unusual."""
    here = data.known_on("2026-03-31").incidents
    own = here[here["side"] == "azerbaijan"]
    months = incidence(own, interval="month", since="2023-03-01", until="2026-02-28")

    limit = predictive_limit(months.loc[months["days"] > 0, "count"])

    assert round(limit.value, 1) == 2.1
    assert limit.high + 1 == 7
