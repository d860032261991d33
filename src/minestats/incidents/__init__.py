"""Incidents: one explosion, a day, a place, and the people it killed or injured."""

from __future__ import annotations

from minestats.incidents.counting import casualty_sizes, completeness, conflicts, incidence
from minestats.incidents.known import (
    completeness_direction,
    confirm_zeros,
    crossings,
    present_share,
    shares,
    stretch_completeness,
)

__all__ = [
    "casualty_sizes",
    "completeness",
    "completeness_direction",
    "confirm_zeros",
    "conflicts",
    "crossings",
    "incidence",
    "present_share",
    "shares",
    "stretch_completeness",
]
