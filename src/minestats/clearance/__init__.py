"""Cleared land and mines found, out of bulletins that overlap, round, copy and contradict each other."""

from __future__ import annotations

from minestats.clearance.contradictions import clearance_conflicts
from minestats.clearance.forecast import completion_forecast, constant_pace, remaining_at
from minestats.clearance.monthly import (
    area_per_mine,
    by_year,
    counter_residuals,
    finds_dispersion,
    monthly_clearance,
    running_totals,
)
from minestats.clearance.release import hazards_left, land_release
from minestats.clearance.statements import district_statements, ledger, overlaps

__all__ = [
    "area_per_mine",
    "by_year",
    "clearance_conflicts",
    "completion_forecast",
    "constant_pace",
    "counter_residuals",
    "district_statements",
    "finds_dispersion",
    "hazards_left",
    "land_release",
    "ledger",
    "monthly_clearance",
    "overlaps",
    "remaining_at",
    "running_totals",
]
