"""Trends: does a series rise or fall, when did it change, and could chance alone have done it."""

from __future__ import annotations

from minestats.trend.breaks import change_date, change_point, change_point_posterior, predictive_limit
from minestats.trend.change import annual_change, dispersion_test, mann_kendall, percent_change, sen_slope, smooth

__all__ = [
    "annual_change",
    "change_date",
    "change_point",
    "change_point_posterior",
    "dispersion_test",
    "mann_kendall",
    "percent_change",
    "predictive_limit",
    "sen_slope",
    "smooth",
]
