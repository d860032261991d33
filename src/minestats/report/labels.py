"""How the columns of a report are headed, with their units, and how many decimals their figures have: once for all."""

from __future__ import annotations

# what the words of the column `device` mean
DEVICES = {
    "anti_personnel": "anti-personnel mine",
    "anti_tank": "anti-tank mine",
    "anti_vehicle": "anti-vehicle mine",
    "improvised_mine": "improvised mine",
    "cluster_submunition": "cluster submunition",
    "other_erw": "other explosive remnant of war",
    "uxo": "unexploded ordnance",
    "mine": "mine, kind not stated",
}

HEADS = {
    "as_of": "as of",
    "authority": "according to",
    "bound_high": "if all unknown (%)",
    "bound_low": "if no unknown (%)",
    "days": "days counted",
    "end": "to",
    "n": "n",
    "p_adjusted": "p (adjusted)",
    "period_end": "to",
    "period_start": "from",
    "person_years": "person-years",
    "start": "from",
    "value": "a year",
}
"""Headings; a column that is not here is headed by its own name, with blanks for underscores."""

DECIMALS = {
    "area_ha": 1,
    "bound_high": 0,
    "bound_low": 0,
    "completeness": 2,
    "high": 1,
    "low": 1,
    "p_adjusted": 3,
    "p_value": 3,
    "person_years": 0,
    "ratio": 2,
    "value": 1,
}

PEOPLE = ("casualties", "killed", "injured", "victims", "people", "persons", "outcome_unknown")
"""Columns that count people."""

GROUPS = ("age", "age_group", "sex", "gender", "settlement", "village", "town")
"""Columns by which a small count of people can be a person whom a reader knows."""

COUNTS_OF_GROUPS = ("children", "boys", "girls", "women", "men", "adults")
"""Columns that count people of one age or sex."""
