"""The documented door to the people at risk; it lives in `minestats.rates`."""

from __future__ import annotations

from minestats.rates.population import person_years, population_figures

__all__ = ["person_years", "population_figures"]
