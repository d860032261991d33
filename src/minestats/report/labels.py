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
    "anti_personnel": "anti-personnel mines",
    "anti_personnel_published": "anti-personnel mines",
    "anti_tank": "anti-tank mines",
    "anti_tank_published": "anti-tank mines",
    "area_ha": "area (ha)",
    "area_ha_published": "area (ha)",
    "as_of": "as of",
    "authority": "according to",
    "bound_high": "if all unknown (%)",
    "bound_low": "if no unknown (%)",
    "casualty_high": "high (casualties)",
    "casualty_low": "low (casualties)",
    "casualty_value": "casualties a year",
    "cancelled_ha": "cancelled (ha)",
    "cleared_ha": "cleared (ha)",
    "days": "days counted",
    "done": "done in",
    "end": "to",
    "n": "of",
    "part": "known so",
    "label": "share",
    "left_out": "rows left out",
    "official_ha": "cleared (ha, official total)",
    "ha_a_month": "ha a month",
    "increment_ha": "rise of the total (ha)",
    "left_ha": "left (ha)",
    "months_allocated": "shared out",
    "months_difference": "from running totals",
    "months_ha": "sum of months (ha)",
    "months_missing": "missing",
    "months_weeks": "from weeks",
    "open_ha": "open (ha)",
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
    "reason": "not used, because",
    "reduced_ha": "reduced (ha)",
    "released_ha": "released (ha)",
    "residual_ha": "difference (ha)",
    "start": "from",
    "sum_ha": "sum of months (ha)",
    "uxo": "unexploded ordnance",
    "value": "a year",
}
"""Headings; a column that is not here is headed by its own name, with blanks for underscores."""

DECIMALS = {
    "anti_personnel": 0,
    "anti_tank": 0,
    "area_ha": 1,
    "area_ha_published": 2,
    "bound_high": 0,
    "bound_low": 0,
    "casualty_high": 1,
    "casualty_low": 1,
    "casualty_value": 1,
    "completeness": 2,
    "design_effect": 2,
    "found_above": 1,
    "found_below": 1,
    "ha_a_month": 0,
    "high": 1,
    "left_ha": 0,
    "low": 1,
    "official_ha": 2,
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
    "sum_ha": 2,
    "uxo": 0,
    "value": 1,
}

PEOPLE = ("casualties", "killed", "injured", "victims", "people", "persons", "outcome_unknown")
"""Columns that count people."""

GROUPS = ("age", "age_group", "sex", "gender", "settlement", "village", "town")
"""Columns by which a small count of people can be a person whom a reader knows."""

COUNTS_OF_GROUPS = ("children", "boys", "girls", "women", "men", "adults")
"""Columns that count people of one age or sex."""
