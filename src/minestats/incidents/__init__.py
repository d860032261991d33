"""Incidents: one explosion, a day, a place, and the people it killed or injured."""

from __future__ import annotations

from minestats.incidents.counting import casualty_sizes, completeness, conflicts, incidence

__all__ = ["casualty_sizes", "completeness", "conflicts", "incidence"]
