"""demining_progress: how much land is reported as cleared, what was found on it, and how long the rest would take.

Published statements overlap and are never added up; the pieces of work of a register are. Where there is a register
alone, its sums are read as the statements of one more operator, "register of work".
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from minestats import clearance
from minestats.clearance.forecast import completion_outlook
from minestats.clearance.release import work_statements
from minestats.errors import DataError
from minestats.report.reporting import LIMITS, Report, Tile, newer, part
from minestats.say import change, day, listing, many, number, period, sentence

REGISTER = "register_of_work"
PIECES = ["anti_personnel", "anti_tank", "uxo"]
PARTS = ["works", "cleared_ha", "reduced_ha", "cancelled_ha", "released_ha"]
FINDS, PAST = 36, 48  # months that tell how finds cluster, and how long the rest takes
NONE = pd.DataFrame(columns=["month", "area_ha", "method", "as_of", "used", "residual_ha", "whole", *LIMITS])
NOTHING = "The data hold no statement of clearance and no register of work of this place and period."
ALONE = "No monthly series can be made for {}: what is stated of it alone stands below."


def work(r: Report) -> pd.DataFrame:
    """Return the pieces of work of a register, of the place and period, up to the day that it is complete until."""
    rows = r.clearance[(r.clearance["row_is"] == "work").fillna(False)]
    until = complete(r)
    return rows if until is None else rows[rows["period_end"] <= until]


def complete(r: Report) -> pd.Timestamp | None:
    """Return the last day that all registers of work cover; None where one does not say."""
    sources = r.data.sources.reindex(columns=["source_id", "covered_until"]).set_index("source_id")["covered_until"]
    rows = r.clearance[(r.clearance["row_is"] == "work").fillna(False)]
    days = sources.reindex(rows["source_id"].unique())
    return None if days.isna().any() or days.empty else min(days.min(), r.until)


def statements(r: Report) -> pd.DataFrame:
    """Return what was published on clearance, of the place and period."""
    return r.clearance[(r.clearance["row_is"] != "work").fillna(True)]


def operator(r: Report) -> str:
    """Return whose months are told: the operator that the country counts by, else the register of work."""
    main = str(r.data.settings["main_operator"])
    told = r.national and bool((statements(r)["operator"] == main).any())
    return main if told or work(r).empty else REGISTER


def word(r: Report) -> str:
    """Return what the area is: published figures seldom say what was done to the land, a register does."""
    if operator(r) != REGISTER:
        return "Reported as cleared"
    return "Released" if released(r)["released_ha"].notna().any() else "Cleared"


def ledger(r: Report) -> pd.DataFrame:
    """Return the statements of the country; where there is a register of work alone, its sums as statements."""
    if operator(r) == REGISTER:
        return work_statements(work(r), operator=REGISTER, until=complete(r))
    return statements(r) if r.national else statements(r).iloc[:0]


def monthly(r: Report) -> pd.DataFrame:
    """Area and finds of each month, and how each was obtained.

    Examples
    --------
    >>> import minestats as ms
    >>> months = monthly(ms.Report(ms.load(), until="2024-12-31"))
    >>> months.loc[months["month"] == "2023-02-01", ["area_ha", "low", "high", "method"]].round(0)
        area_ha    low    high     method
    13    456.0  456.0  3987.0  allocated
    """
    rows, why = NONE, NOTHING
    try:
        rows = clearance.monthly_clearance(ledger(r), operator=operator(r))
        rows = rows[rows["month"].between(r.since.replace(day=1), r.until)].reset_index(drop=True)
    except DataError as error:
        if len(r.clearance):
            why = f"No monthly series can be made: {error}" if r.national else ALONE.format(r.place)
    known = rows[rows["area_ha"].notna()]
    told = listing(f"{many(n, 'month')} {how}" for how, n in known["method"].value_counts().items())
    source = sentence(f"{r.operator(operator(r))}; {told}")
    return part(r, "months", rows if len(known) else NONE.copy(), empty=why, source=source)


def yearly(r: Report, months: pd.DataFrame) -> pd.DataFrame:
    """Area and finds of each year, how its months were obtained, and where it is whole the area for each mine."""
    if months.empty:
        return part(r, "years", NONE.copy(), who="", empty=months.attrs["empty"])
    finds = months.groupby(months["month"].dt.year.rename("year"))[PIECES].agg(lambda some: some.sum(skipna=False))
    made = clearance.by_year(months).merge(finds.reset_index(), on="year")
    made["whole"] = made.filter(like="months_").drop(columns="months_missing").sum(axis=1) == 12
    made["mines"] = made["anti_personnel"] + made["anti_tank"]
    made[LIMITS] = np.nan
    for i, year in made[made["whole"] & (made["sum_ha"] + made["mines"] > 0)].iterrows():
        mines, up_to = year[PIECES[:2]].round(), months[months["month"].dt.year <= year["year"]]
        try:
            phi = clearance.finds_dispersion(up_to.tail(FINDS))
            found = clearance.area_per_mine(year["sum_ha"], *mines, dispersion=phi, level=r.level)
            made.loc[i, LIMITS] = [found.value, found.low, found.high]
        except DataError:  # too few months state both: how finds cluster is unknown, and so is the interval
            made.loc[i, "value"] = clearance.area_per_mine(year["sum_ha"], *mines).value
    return part(r, "years", made.astype({"year": str}), who=r.operator(operator(r)))


def mines(r: Report, years: pd.DataFrame) -> pd.DataFrame:
    """Area for each mine found; a change is told only where the intervals of two years leave each other out."""
    rows, title, says = years[years["value"].notna()], "", ""
    for _, new in rows.tail(1).iterrows():
        title = f"{new['year']}: {number(new['value'], 0)} m2 for each mine found"
    for _, old in rows.iloc[-2:-1].iterrows():
        says = f"From {old['year']} to {new['year']} chance can explain the difference: the intervals overlap."
        if new["low"] > old["high"] or new["high"] < old["low"]:
            says = f"More than chance explains: {number(new['value'], 0)} m2 after {number(old['value'], 0)}."
    return part(r, "mines", rows, says=says, title=title)


def running(r: Report, who: str) -> pd.DataFrame:
    """Running totals as printed, and why some are not used; of a register the sum of its months.

    Examples
    --------
    >>> import minestats as ms
    >>> running(ms.Report(ms.load(), until="2025-12-31"), "all").attrs["figure"]["title"]
    '237,821.5 ha by 10 November 2025; more than 248,000 by 26 December 2025'
    """
    rows, title, told = NONE.copy(), "", ledger(r)
    told = told[(told["operator"] == who) & (told["period_type"] == "cumulative")]
    if len(told):
        rows = clearance.running_totals(told, operator=who).dropna(subset="area_ha_published").reset_index(drop=True)
        rows["pages"] = r.cite.each(told, "period_end", rows["as_of"])
    used = rows[rows["used"].astype(bool) & rows["area_ha"].notna()]
    for _, top in used.tail(1).iterrows():
        title = f"{number(top['area_ha'])} ha by {day(top['as_of'])}"
        title += newer(told, "period_end", {"area_ha": ""})
    kind = "sums of months" if who == REGISTER else "dated, unrounded totals"
    return part(r, "running", rows if len(used) else used, who=r.operator(who), used=len(used), kind=kind, title=title)


def agreement(r: Report) -> pd.DataFrame:
    """What the running total rose beside what the months add up to, stretch by stretch."""
    who, rows, says, gap = operator(r), NONE.copy(), "", ""
    if who != REGISTER and (ledger(r)["operator"] == who).any():
        rows = clearance.counter_residuals(ledger(r), operator=who)
    both = rows[rows["residual_ha"].notna()]
    if len(both):
        rise, months, most = both["increment_ha"].sum(), both["months_ha"].sum(), both["residual_ha"].abs().max()
        says = f"From {day(both['start'].min())} to {day(both['end'].max())} the total rose by {number(rise, 1)} ha, "
        says += f"the months give {number(months, 1)} ha; the two are {number(most, 0)} ha apart at most."
        gap = f"{abs(100 * (months / rise - 1)):.1f} %"
    return part(r, "agreement", rows if len(both) else both, says=says, gap=gap)


def released(r: Report, by: str = "") -> pd.DataFrame:
    """Land that the work of a register cleared, reduced and cancelled, by year, or by district, operator or method."""
    rows, key = work(r), by or "year"
    if rows.empty or (by and rows[by].isna().all()):
        return part(r, "released", rows.iloc[:0], key=key)
    made = clearance.land_release(rows, interval="year", by=by or None, until=complete(r))
    lacking, made["year"] = int(made["released_unknown"].sum()), made["period_start"].dt.strftime("%Y")
    made = made.fillna({"year": "more than one"}).groupby(key)[PARTS].agg(lambda some: some.sum(skipna=False))
    made = made.dropna(axis=1, how="all").reset_index().assign(**{key: [*map(r.operator, made.index)]})
    says, until = [], complete(r)
    if lacking:
        says += [f"{lacking} of {len(rows)} pieces of work do not state the area released: sums with them are unknown."]
    if until is not None and until < r.until:
        later = int((r.clearance["period_end"] > until).sum())
        says += [f"The register is complete until {day(until)}; what was done later is unknown, not zero"]
        says[-1] += f" ({many(later, 'later piece')} of work not counted)." if later else "."
    return part(r, "released", made, key=key, says=" ".join(says))


def used(r: Report, months: pd.DataFrame) -> list[str]:
    """What the report rests on: statements, pieces of work, and how many months have a figure."""
    rows = {("statement", "statements"): statements(r), ("piece of work", "pieces of work"): work(r)}
    said = [many(len(some), *words) for words, some in rows.items() if len(some)]
    return said + [f"{months['area_ha'].notna().sum()} of {many(len(months), 'month')} with a figure"] * bool(
        len(months)
    )


def hazards(r: Report) -> pd.DataFrame:
    """What is left of hazardous areas, by district, in the state of the register that the data hold."""
    rows = r.data.hazardous_areas if r.national else r.data.hazardous_areas.query("district == @r.district")
    return part(r, "hazards", clearance.hazards_left(rows, by="district") if len(rows) else NONE.copy())


def rest(r: Report, months: pd.DataFrame, totals: pd.DataFrame) -> pd.DataFrame:
    """Years until the rest is reported as cleared: at the mean pace of the last years, then where the pace changes."""
    area, made, title = r.data.estimates, [NONE], ""
    here = area["district"].isna() if r.national else (area["district"] == r.district).fillna(False)
    area = area[(area["metric"] == "contaminated_area") & here & area["value"].notna()].sort_values("value")
    past = months.set_index(pd.DatetimeIndex(months["month"]))["area_ha"].astype(float)
    used = totals[totals["used"].astype(bool) & totals["area_ha"].notna()]
    for on, done in used[["as_of", "area_ha"]].tail(1).itertuples(index=False):
        area = area[area["value"] > done]
        for _, said in area.groupby((area["value"] > 1.01 * area["value"].shift()).cumsum()):  # within 1 %: one
            whole, who = said["value"].min(), listing(sorted({*map(r.authority, said["authority"])}))
            rows = completion_outlook(past, whole - done, as_of=on, level=r.level, seed=2020, n=4000)
            rows["scenario"] = [f"{number(whole, 0)} ha, {basis}" for basis in rows["basis"]]
            made.append(rows.assign(authority=who, pages=r.cite(said)))
    rows = pd.concat([some for some in made if len(some)] or made, ignore_index=True)
    if len(rows):
        steady, span = rows.loc[rows["low"].isna(), "value"], (rows["low"].min(), rows["high"].max())
        title = (
            f"The rest: {number(steady.min(), 0)} to {number(steady.max(), 0)} years at the pace of the last years, "
        )
        title += f"{number(span[0], 0)} to {number(span[1], 0)} if it changes ({r.percent} of 4,000 runs)"
    shared = int((months["method"] == "allocated").sum())
    given = {} if shared else {"says": ""}
    return part(r, "rest", rows, title=title, shared=shared, every=len(months), **given)


def glance(r: Report, years: pd.DataFrame, totals: pd.DataFrame) -> list[Tile]:
    """Tiles: area of the last whole year and in all, mines and area for each; of a district what is stated of it."""
    tiles, whole = [], years[years["whole"].astype(bool)].iloc[-2:]
    for _, new in whole.tail(1).iterrows():
        old = whole.iloc[0]
        before = [f"{change(new[c], old[c])} ({old['year']}: {number(old[c], 0)})" for c in ("sum_ha", "mines")]
        area, found = before if len(whole) > 1 else ["no earlier whole year"] * 2
        limits = f"{number(new['low'], 0)} to {number(new['high'], 0)} ({r.percent})"
        tiles.append((f"{word(r)} in {new['year']}", f"{number(new['sum_ha'], 0)} ha", area))
        if pd.notna(new["mines"]):
            tiles.append((f"Mines found in {new['year']}", number(new["mines"], 0), found))
        if pd.notna(new["value"]):
            tiles.append(("Area for each of them", f"{number(new['value'], 0)} m2", limits if new["low"] > 0 else ""))
    if len(totals):
        total, _, later = str(totals.attrs["figure"]["title"]).partition("; ")
        area, _, when = total.partition(" by ")
        tiles.insert(1, (f"{word(r)} in all by {when}", area, later or r.operator(operator(r))))
    said = statements(r)[statements(r)["area_ha"].notna() & (not r.national)].sort_values("period_end", kind="stable")
    for _, row in said.groupby("period_type").tail(1).iterrows():
        when = period(row["period_start"], row["period_end"])
        who = f"operator: {r.operator(row['operator'])} {r.cite(said.loc[[row.name]])}"
        tiles.append((f"Stated as cleared, {when}", f"{number(row['area_ha'])} ha", who))
    left = hazards(r)
    if len(left) and (area := left["open_ha"].sum(skipna=False)) >= 0:
        told = f"of {many(int(left['open'].sum()), 'hazardous area')} in the register"
        tiles.append(("Left open", f"{number(area, 0)} ha", told))
    return tiles or [("Statements of clearance", number(len(r.clearance)), r.period)]


def answer(r: Report, tiles: list[Tile], agree: pd.DataFrame) -> str:
    """The sentence that answers the title: the first tiles, and how far months and running totals are apart.

    Examples
    --------
    >>> import minestats as ms
    >>> answer(ms.Report(ms.load()), [("Reported as cleared in 2024", "62,024 ha", "17 % more than in 2023")], NONE)
    '62,024 ha reported as cleared in 2024, 17 % more than in 2023.'
    """
    said = [f"{value} {label[:1].lower()}{label[1:]}, {note}" for label, value, note in tiles[:2]]
    gap = agree.attrs.get("figure", {}).get("gap")
    said += [f"months and running totals differ by {gap}"] if gap else []
    return f"{'; '.join(said)}." if len(r.clearance) or len(hazards(r)) else NOTHING
