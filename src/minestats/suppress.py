"""The documented door to the suppression of small cells; it lives in `minestats.rates`."""

from __future__ import annotations

from minestats.rates.small_cells import WITHHELD, Unprotected, publishable, suppress, withheld

__all__ = ["WITHHELD", "Unprotected", "publishable", "suppress", "withheld"]
