"""Rates: how many events for how much time, people or ground, and how far chance alone could have moved them."""

from __future__ import annotations

from minestats.rates.casualties import case_fatality, casualty_rate, design_effect, dispersion, proportion
from minestats.rates.formulas import UNSTABLE_BELOW, rate, rate_ratio, rate_table, standardized_rate

__all__ = [
    "UNSTABLE_BELOW",
    "case_fatality",
    "casualty_rate",
    "design_effect",
    "dispersion",
    "proportion",
    "rate",
    "rate_ratio",
    "rate_table",
    "standardized_rate",
]
