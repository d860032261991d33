"""What the list holds of each year and of each group, and whether a year differs from the one before: once for all."""

from __future__ import annotations

from itertools import pairwise

import pandas as pd

from minestats.incidents import incidence
from minestats.rates import detectable_ratio, rate_ratio
from minestats.report.labels import DEVICES
from minestats.report.reporting import Report, once, part
from minestats.say import p_value


def wrong(r: Report, people: bool = False) -> str:
    """Why a section has no rows: nothing is listed, or the rows are of the other kind."""
    if not len(r.incidents) or r.people == people:
        return r.no_incidents
    rows, other = ("people, not incidents", "victims") if r.people else ("incidents, not people", "casualty_rates")
    return f"The rows of this list are {rows}: `{other}` is the report to read."


def by_year(r: Report, *, people: bool = False) -> pd.DataFrame:
    """What the list holds of each year, and the rows that do not state it; `people`: of a register of people only."""
    rows = pd.DataFrame()
    if len(r.incidents) and r.people >= people:
        names = dict.fromkeys((r.events, "casualties", "killed", "injured"))
        made = {c: incidence(r.incidents, interval="year", count=c, **r.window) for c in names}
        rows = made[r.events].assign(
            year=made[r.events]["period_start"].dt.strftime("%Y").fillna("not known"),
            **{c: made[c]["count"] for c in names},
            **{f"{c}_unknown": made[c]["unknown"] for c in ("casualties", "killed", "injured")},
        )
        rows = rows[(rows["days"] > 0) | rows["period_start"].isna()].reset_index(drop=True)
    cited = r.cite(r.incidents) if len(rows) else ""
    return part(r, "years_of_list", rows, cited=cited, **{"empty": wrong(r, people)} if people else {})


@once
def pairs(r: Report) -> pd.DataFrame:
    """Each whole year of the list beside the year before, and the ratios that would be found; of people counts alone.

    Examples
    --------
    >>> import minestats as ms
    >>> pairs(ms.Report(ms.load(), until="2025-12-31"))[["year", "before", "new", "old"]].tail(1)
       year before  new  old
    3  2025   2024   23   24
    """
    years, made = incidence(r.incidents, interval="year", count=r.events, **r.window), []
    years = years[(years["days"] >= 365) & bool(len(r.data.incidents))]
    for (_, old), (_, new) in pairwise(years.iterrows()):
        x, t, y, u = (int(one[name]) for one in (new, old) for name in ("count", "days"))
        row = {"year": f"{new['period_start']:%Y}", "before": f"{old['period_start']:%Y}", "new": x, "old": y}
        if x + y and not r.people:
            one = rate_ratio(x, t, y, u, dispersion=r.swings, level=r.level)
            row |= {"value": one.value, "low": one.low, "high": one.high, "p": p_value(one.p_value)}
        if y and not r.people:
            found = detectable_ratio(y, u, t, dispersion=r.swings, level=r.level)
            row |= {"found_below": found[0] or None, "found_above": found[1]}  # below 0.0: even none would not show
        made.append(row)
    columns = ["year", "before", "new", "old", "value", "low", "high", "p", "found_below", "found_above"]
    return pd.DataFrame(made, columns=columns)


def groups(r: Report, column: str, *, people: bool = False) -> pd.DataFrame:
    """How many of the list in each group of a column; of people by outcome too, where nothing has to be withheld."""
    head = str(r.data.settings["place"]) if column == "district" else column
    rows = pd.DataFrame(columns=[head, r.events])
    if len(r.incidents) and r.people >= people:
        names = r.incidents[column].fillna("not stated").replace(DEVICES).str.replace("_", " ")
        rows = names.value_counts().rename_axis(head).reset_index(name=r.events)
        if r.people and r.suppress < 2:  # of counts that add up to one that is shown, none can be withheld alone
            hurt = r.incidents[["killed", "injured"]].assign(unknown=r.incidents["killed"].isna().astype("Int64"))
            rows = rows.join(hurt.groupby(names).sum(min_count=1), on=head)
        rows = rows.sort_values([r.events, head], ascending=[False, True], kind="stable", ignore_index=True)
    return part(r, "groups", rows, head=head.replace("_", " "), **{"empty": wrong(r, people)} if people else {})
