"""Rates: how many events for how much time, people or ground, and how far chance alone could have moved them."""

from __future__ import annotations

from minestats.rates.casualties import case_fatality, casualty_rate, design_effect, dispersion, proportion
from minestats.rates.comparison import compare_places, detectable_ratio, predict_count, times
from minestats.rates.formulas import UNSTABLE_BELOW, rate, rate_ratio, rate_table, standardized_rate
from minestats.rates.population import covered_days, people_present, person_years_bounds, rate_per_people

__all__ = [
    "UNSTABLE_BELOW",
    "case_fatality",
    "casualty_rate",
    "compare_places",
    "covered_days",
    "design_effect",
    "detectable_ratio",
    "dispersion",
    "people_present",
    "person_years_bounds",
    "predict_count",
    "proportion",
    "rate",
    "rate_per_people",
    "rate_ratio",
    "rate_table",
    "standardized_rate",
    "times",
]
