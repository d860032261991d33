"""The documented door to how figures read: words live in `minestats.say`, what notebooks show in `minestats.report`."""

from __future__ import annotations

from minestats.report.display import DEVICES, Citations, glance, say, table
from minestats.say import UNKNOWN, change, day, interval, listing, many, number, p_value, period, sentence

__all__ = [
    "Citations",
    "DEVICES",
    "UNKNOWN",
    "change",
    "day",
    "glance",
    "interval",
    "listing",
    "many",
    "number",
    "p_value",
    "period",
    "say",
    "sentence",
    "table",
]
