"""Running totals of victims as ministries print them: checked, chosen between, and turned into rates."""

from __future__ import annotations

from minestats.totals.faults import check_totals
from minestats.totals.intervals import (
    interval_rates,
    resolve_totals,
    series,
    to_months,
    total_at,
    trend_from_totals,
)
from minestats.totals.stretches import official_shares, present_stretch, trend_variants, with_victims, yearly_stretches

__all__ = [
    "check_totals",
    "interval_rates",
    "official_shares",
    "present_stretch",
    "resolve_totals",
    "series",
    "to_months",
    "total_at",
    "trend_from_totals",
    "trend_variants",
    "with_victims",
    "yearly_stretches",
]
