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

# what the words of the column `share` mean
SHARES = {
    "killed": "killed",
    "civilians": "civilians",
    "killed_of_civilians": "killed, of civilians",
    "killed_of_military": "killed, of military",
    "children": "children, of civilians",
}

HEADS = {
    "as_of": "as of",
    "authority": "according to",
    "bound_high": "if all unknown (%)",
    "bound_low": "if no unknown (%)",
    "casualty_high": "high (casualties)",
    "casualty_low": "low (casualties)",
    "casualty_value": "casualties a year",
    "days": "days counted",
    "end": "to",
    "n": "of",
    "part": "known so",
    "label": "share",
    "left_out": "rows left out",
    "official_ha": "cleared (ha, official total)",
    "p_adjusted": "p (adjusted)",
    "period_end": "to",
    "period_start": "from",
    "person_years": "person-years",
    "person_years_high": "at most",
    "person_years_low": "at least",
    "range_high": "high, fewest people",
    "range_low": "low, most people",
    "ratio_high": "high (ratio)",
    "ratio_is": "ratio to all others",
    "ratio_low": "low (ratio)",
    "ratio_p_adjusted": "p (adjusted)",
    "since": "after",
    "start": "from",
    "value": "a year",
}
"""Headings; a column that is not here is headed by its own name, with blanks for underscores."""

DECIMALS = {
    "area_ha": 1,
    "bound_high": 0,
    "bound_low": 0,
    "casualty_high": 1,
    "casualty_low": 1,
    "casualty_value": 1,
    "completeness": 2,
    "design_effect": 2,
    "found_above": 1,
    "found_below": 1,
    "high": 1,
    "low": 1,
    "p_adjusted": 3,
    "p_value": 3,
    "person_years": 0,
    "person_years_high": 0,
    "person_years_low": 0,
    "range_high": 1,
    "range_low": 1,
    "ratio": 2,
    "ratio_high": 1,
    "ratio_is": 1,
    "ratio_low": 1,
    "ratio_p_adjusted": 3,
    "value": 1,
}

PEOPLE = ("casualties", "killed", "injured", "victims", "people", "persons", "outcome_unknown")
"""Columns that count people."""

GROUPS = ("age", "age_group", "sex", "gender", "settlement", "village", "town")
"""Columns by which a small count of people can be a person whom a reader knows."""

COUNTS_OF_GROUPS = ("children", "boys", "girls", "women", "men", "adults")
"""Columns that count people of one age or sex."""
