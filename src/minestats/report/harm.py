"""Harm: how often mines hurt people, how many of those who live and work there, who they are, doing what, and where."""

from __future__ import annotations

from typing import Any

import pandas as pd

from minestats.clearance import by_year as area_by_year
from minestats.clearance import monthly_clearance
from minestats.errors import DataError
from minestats.estimate import to_frame
from minestats.incidents import casualty_sizes, incidence, shares
from minestats.incidents import crossings as held_of
from minestats.rates import (
    casualty_rate,
    compare_places,
    proportion,
    rate_table,
)
from minestats.rates.casualties import CROSSINGS
from minestats.rates.small_cells import withheld
from minestats.report.labels import DEVICES, SHARES
from minestats.report.reporting import LIMITS, Report, Tile, newer, part, words
from minestats.report.tallies import pairs, wrong
from minestats.say import day, interval, listing, many, number, p_value, period, sentence
from minestats.totals import official_shares

COLUMNS = [
    *("date_precision", "district", "settlement", "killed", "injured", *CROSSINGS, "children", "outcome_unknown"),
    *("age_group", "sex", "device", "activity", "side", "row_is", "source_id"),
]
"""The columns of the incidents that these reports read."""
NAMED = {"victims": "casualties", "killed": "killed", "injured": "injured"}
HURT = [f"casualty_{name}" for name in LIMITS]
YEAR = 365.25


def yearly(r: Report) -> pd.DataFrame:
    """Incidents and casualties listed in each year, as rates with intervals."""
    rows, sizes, swing, silent = pd.DataFrame(), pd.DataFrame(), 1.0, 0
    if len(r.incidents) and not r.people:
        sizes, swing = casualty_sizes(r.incidents), r.swings
        silent = int(r.incidents[["killed", "injured"]].isna().all(axis=1).sum())
        rows = incidence(r.incidents, interval="year", count="casualties", **r.window)
        rows = rows[rows["days"] > 0].rename(columns={"count": "casualties"}).reset_index(drop=True)
        cut = [f" ({n} days)" if n < 365 else "" for n in rows["days"]]
        rows.insert(0, "year", rows["period_start"].dt.strftime("%Y") + cut)
        made = rate_table(rows["incidents"], rows["days"] / YEAR, dispersion=swing, level=r.level)
        given: Any = {"dispersion": r.phi, "incident_dispersion": swing, "level": r.level}
        hurt = [
            casualty_rate(sizes.loc[sizes["date"].between(start, end), "casualties"], days / YEAR, **given)
            for start, end, days in zip(rows["period_start"], rows["period_end"], rows["days"], strict=True)
        ]
        hit = to_frame(hurt)[LIMITS].where(rows["casualties"].notna()).add_prefix("casualty_")
        columns = ["year", "days", "incidents", *LIMITS, "casualties", *hit.columns, "unknown"]
        rows = rows.join(made[LIMITS]).join(hit)[columns]
    known = {"sizes": number(len(sizes)), "silent": number(silent), "swing": swing}
    return part(r, "rates_by_year", rows, **known, cited=r.cite(r.incidents), empty=wrong(r))


def _of_people_present(rates: pd.DataFrame) -> pd.DataFrame:
    """The rates that have a range for what is unknown of the people; those of inhabitants have none."""
    return rates.reindex(columns=[*rates.columns.union(["range_low"])]).dropna(subset="range_low")


def _whole(years: pd.DataFrame) -> pd.DataFrame:
    return years[years["days"] >= 365] if len(years) else years


def changes(r: Report) -> pd.DataFrame:
    """Each whole year of the list beside the year before, and the ratios that would have been found."""
    rows = pairs(r).dropna(subset="value")
    rows.insert(0, "years", rows["year"] + " to " + rows["before"])
    rows.insert(1, "incidents", [f"{x} and {y}" for x, y in zip(rows["new"], rows["old"], strict=True)])
    apart = listing(rows.loc[(rows["low"] > 1) | (rows["high"] < 1), "years"])
    shown = rows.drop(columns=["year", "before", "new", "old"])
    return part(r, "changes", shown, apart=apart, **{"empty": wrong(r)} if r.people else {})


def statements(r: Report) -> pd.DataFrame:
    """Official totals that tell civilians from military, killed from injured, the newest first."""
    names = list(CROSSINGS)
    rows = r.totals[r.totals[names].notna().all(axis=1) & r.totals["as_of"].notna() & r.national]
    told = {pd.Timestamp(d) for d in r.data.settings["compare_totals"]} | {rows["as_of"].max()}
    same = ["as_of", "victims", "civilians", "military", *names, "authority"]
    made, says = [], []
    for _, group in rows.sort_values("as_of", kind="stable").groupby(same, dropna=False):
        row = group.iloc[0]
        made.append(row[same].to_dict() | {"authority": r.authority(row["authority"]), "pages": r.cite(group)})
        a, b, c, d = (row[name] for name in names)
        adds = "the total" if group["victims"].eq(a + b + c + d).all() else number(a + b + c + d)
        says += [] if row["as_of"] not in told else [
            f"By {day(row['as_of'])}, according to {made[-1]['authority']}, {number(row['victims'])} casualties since "
            f"{day(row['since'])}: **{number(a + b)} civilians** ({number(a)} killed, {number(b)} injured) and "
            f"**{number(c + d)} military** ({number(c)} killed, {number(d)} injured). The parts add to {adds}. "
            f"{made[-1]['pages']}"
        ]  # fmt: skip
    given = {} if r.national else {"empty": r.no_totals}
    return part(r, "statements", pd.DataFrame(made[::-1]).dropna(axis=1, how="all"), says="\n\n".join(says), **given)


def who(r: Report, *, people: bool = False) -> pd.DataFrame:
    """Shares of casualties, official and listed, with unknown and design effect; `people`: of a register only."""
    if people and not r.people:
        return part(r, "shares", pd.DataFrame(columns=["label"]), empty=wrong(r, people))
    found, says, cited = [], [], ""
    if r.national and len(r.totals):
        found.append(official_shares(r.totals, dispersion=r.phi, level=r.level).assign(by="official"))
        cited = r.cite(r.totals[r.totals["total_id"].isin(found[0]["total_id"])])
    if len(r.incidents):
        found.append(shares(r.incidents, level=r.level).assign(by="listed", as_of=r.until))
    rows = pd.concat([table for table in found if len(table)] or [pd.DataFrame(columns=["share", "by", "value"])])
    rows = rows.assign(label=rows["share"].map(SHARES) + " (" + rows["by"] + ")").reset_index(drop=True)
    told = r.incidents[r.incidents["children"].notna()]
    young, hurt = int(told["children"].sum()), int(told[["killed", "injured"]].sum().sum())
    small = withheld(young, hurt - young, below=r.suppress)
    if small:
        says.append(f"Children: the number is withheld, because it or that of the others is below {r.suppress}.")
    elif len(told):
        says.append(
            f"Children: {number(young)} of {many(hurt, 'casualty', 'casualties')}, where they are stated "
            f"({many(len(told), 'row')})."
        )
    for i, row in rows.iterrows():
        if row["share"] == "children" and (small or withheld(row["part"], row["n"] - row["part"], below=r.suppress)):
            rows = rows.drop(index=i)
    if dim := list(rows.loc[rows["value"].isna(), "label"]):
        says.append(f"No share, since the state of too few is known: {'; '.join(dim)}.")
    if r.people:
        says.append("The register does not say who was hurt together: the intervals are too narrow.")
    percent = [*LIMITS, "bound_low", "bound_high"]
    columns = ["label", "as_of", *LIMITS, "part", "n", "unknown", *percent[3:], "left_out", "design_effect"]
    rows = rows[rows["value"].notna()].reindex(columns=columns)
    rows[percent], rows["left_out"] = 100 * rows[percent], rows["left_out"].fillna(0)
    first = "; ".join(f"{row['label']} {row['value']:.0f} %" for _, row in rows.head(2).iterrows())
    given = {} if len(r.incidents) else {"empty": r.no_incidents}
    widened = "" if r.people else ", widened by the design effect"
    said = " ".join([*says, cited and f"Official shares: {cited}"])
    return part(r, "shares", rows, first=first, widened=widened, says=said, **given)


def crossings(r: Report) -> pd.DataFrame:
    """How much the list holds of the civilians and soldiers, killed and injured, of the newest official total."""
    usable = r.national and not r.people and len(r.totals)
    rows = held_of(r.incidents, r.totals) if usable else pd.DataFrame({"crossing": []}, dtype="string")
    rows["crossing"] = rows["crossing"].str.replace("_", " ")
    held = [f"{100 * row['completeness']:.0f} % of the {row['crossing']}" for _, row in rows.iterrows()]
    return part(r, "held", rows, held=listing(held), **{} if r.national else {"empty": r.no_totals})


def activity(r: Report) -> pd.DataFrame:
    """What people were doing, year by year."""
    rows, says = pd.DataFrame(), ""
    if len(r.incidents):
        names = r.incidents["activity"].fillna("not stated").str.replace("_", " ")
        table = r.incidents.assign(activity=names)
        rows = incidence(table, interval="year", count=r.events, by="activity", **r.window)
        whole = _whole(rows).pivot_table(index="activity", columns="period_start", values="count", aggfunc="sum")
        if whole.shape[1] >= 4:
            (a, b), (y, z) = whole.columns[:2], whole.columns[-2:]
            old, new = whole[[a, b]].sum(axis=1), whole[[y, z]].sum(axis=1)
            apart = (new - old).abs().sort_values(ascending=False, kind="stable")
            moved = [f"{name} {number(old[name])} and {number(new[name])}" for name in apart[apart > 0].index[:3]]
            then = f"{sentence(r.events)} of {a:%Y} and {b:%Y}, and of {y:%Y} and {z:%Y}"
            says = f"{then}, where they differ most: {listing(moved)}." if moved else f"{then} do not differ."
    return part(r, "activity", rows, says=says)


def across(r: Report, rows: pd.DataFrame) -> pd.DataFrame:
    """The years of a table of activities side by side, the largest group first."""
    if rows.empty:
        return rows
    made = rows.assign(year=rows["period_start"].dt.strftime("%Y").fillna("no year"))
    made = made.pivot_table(index="activity", columns="year", values="count", aggfunc="sum")
    made = made.assign(all=made.sum(axis=1)).sort_values("all", ascending=False, kind="stable")
    return part(r, "activity", made.reset_index().rename_axis(columns=None), says="")


def demining(r: Report) -> pd.DataFrame:
    """Incidents that hurt people while demining for each 1,000 ha reported as cleared, year by year."""
    operator, rows = r.data.settings["main_operator"], pd.DataFrame()
    if r.national and not r.people and operator in set(r.clearance["operator"]):
        hurt = r.incidents[r.incidents["activity"].eq("demining").fillna(False)]
        rows = _whole(incidence(hurt, interval="year", **r.window))
        rows = rows.assign(year=rows["period_start"].dt.strftime("%Y"))[["year", "incidents"]]
        try:
            area = area_by_year(monthly_clearance(r.clearance, operator=operator)).dropna(subset="official_ha")
        except DataError:  # no statement that gives a month
            area = pd.DataFrame(columns=["year", "official_ha"])
        rows = rows.merge(area.assign(year=area["year"].astype(str))[["year", "official_ha"]], on="year")
        rows = rows.join(rate_table(rows["incidents"], rows["official_ha"] / 1000, level=r.level)[LIMITS])
    return part(r, "demining", rows)


def places(r: Report) -> pd.DataFrame:
    """Incidents a year by place, and the ratio of each with eight or more to all the others."""
    place, rows, says, first = str(r.data.settings["place"]), pd.DataFrame(), "", ""
    counts = r.incidents["district"].value_counts() if r.national and not r.people else pd.Series(dtype="int64")
    given: Any = {"dispersion": r.swings, "level": r.level}
    if len(counts):
        years = ((r.until - r.since).days + 1) / YEAR
        unknown = pd.Series({f"{place} not known": r.incidents["district"].isna().sum()})
        every = pd.concat([counts, unknown[unknown > 0]]).rename_axis(place)
        rows = pd.DataFrame({"incidents": every}).join(rate_table(every, years, **given)[LIMITS])
        first = f"{counts.index[0]}: {counts.iloc[0]} of {len(r.incidents)} listed incidents"
    if len(counts) > 1:
        made = compare_places(counts, years, **given)
        rows = rows.join(made[[*LIMITS, "p_adjusted"]].rename(columns={"value": "is"}).add_prefix("ratio_"))
        test, apart = made.attrs["heterogeneity"], made[made["p_adjusted"] < 1 - r.level]
        says = (
            f"One test for all: the dispersion between {number(len(counts))} {r.data.settings['places']} is "
            f"{test['value']:.1f} ({p_value(test['p_value'])}). Told apart from all the others, allowing for the "
            f"number of comparisons (Holm): {listing(f'{name} {words(row)}' for name, row in apart.iterrows())}."
        )
    shown = rows.reset_index() if len(rows) else rows
    return part(
        r,
        "places",
        shown,
        place=place,
        label=place,
        says=says,
        title=first,
        **{"empty": wrong(r)} if r.national else {},
    )


def listed(r: Report) -> pd.DataFrame:
    """The incidents of a district, the newest first; by settlement where small counts are withheld."""
    rows, whole = r.incidents, len(r.country.incidents)
    share = interval(proportion(len(rows), whole, level=r.level), percent=True) if whole else ""
    says = f"{number(len(rows))} of {number(whole)} incidents listed in the whole country: {share}."
    if r.people or r.national:
        rows = rows.head(0)
    elif r.suppress > 1:
        hurt = rows[["killed", "injured"]].sum(axis=1, min_count=1).groupby(rows["settlement"].fillna("not stated"))
        return part(r, "by_settlement", hurt.sum(min_count=1).rename("casualties").reset_index(), says=says)
    columns = ["date", "date_precision", "settlement", "killed", "injured", "device", "activity", "pages"]
    shown = rows.sort_values("date", ascending=False, kind="stable").assign(
        device=rows["device"].replace(DEVICES),
        activity=rows["activity"].str.replace("_", " "),
        pages=pd.Series({i: r.cite(rows.loc[[i]], 3) for i in rows.index}, dtype="object"),
    )
    alone = r.national and not r.people and len(r.incidents)
    return part(r, "incidents", shown[columns], says=says, **{} if alone else {"empty": wrong(r)})


def outside_maps(r: Report) -> str:
    """What authorities say of blasts outside the areas that maps show."""
    rows, said = r.data.estimates, []
    rows = rows[rows["metric"].eq("blasts_outside_mapped_areas") & rows["as_of"].between(r.since, r.until) & r.national]
    for (value, unit, authority), group in rows.groupby(["value", "unit", "authority"]):
        days = listing(sorted({f"{when:%Y-%m-%d}" for when in group["as_of"]}))
        said.append(f"{number(value)} {unit}, according to {r.authority(authority)} ({days}) {r.cite(group)}")
    words = "Blasts outside areas that are mined according to the maps:"
    return f"{words} {'; '.join(said)}. Of how many blasts is not stated." if said else ""


def what_if(r: Report, rates: pd.DataFrame, shares: pd.DataFrame) -> pd.DataFrame:
    """The figures at a glance, had one chosen otherwise."""
    made = []
    for _, row in _of_people_present(rates).iterrows():
        name = f"a year for each 100,000 {row['who']}"
        made.append((name, "people by the line", *row[LIMITS]))
        made.append((name, "most and fewest people", row["value"], row["range_low"], row["range_high"]))
    for _, row in shares[shares["label"].str.contains(r"^(?:killed|civilians) \(")].iterrows():
        made.append((f"{row['label']}, %", "those known", *row[LIMITS]))
        if row["unknown"]:
            made.append((f"{row['label']}, %", "none of the unknown", row["bound_low"], None, None))
            made.append((f"{row['label']}, %", "all of the unknown", row["bound_high"], None, None))
    return part(r, "what_if", pd.DataFrame(made, columns=["figure", "if", *LIMITS]))


def tiles(r: Report, rates: pd.DataFrame, shares: pd.DataFrame, years: pd.DataFrame) -> list[Tile]:
    """The figures at a glance: per people present, official shares with the list beside, the last whole year."""
    made = []
    for _, row in _of_people_present(rates.head(1)).iterrows():
        ends = f"{number(row['range_low'], 0)} to {number(row['range_high'], 0)} with what is unknown of the people"
        note = f"{ends}; official totals, {period(row['since'], row['until'])}"
        made.append(("Casualties a year per 100,000 people present", words(row), note))
    for name in ("killed", "civilians"):
        rows = shares[shares["label"].isin([f"{name} (official)", f"{name} (listed)"])]
        notes = []
        for _, row in rows.iterrows():
            known = f"{number(row['part'])} of {number(row['n'])}"
            if "official" in row["label"]:
                notes.append(f"official, {day(row['as_of'])}: {known}{newer(r.totals, 'as_of', NAMED)}")
            else:
                notes.append(f"listed: {known} known" + (f", {words(row, percent=True)}" if notes else ""))
        if notes:
            made.append((f"{sentence(name)}, of all casualties", words(rows.iloc[0], percent=True), "; ".join(notes)))
    for _, row in _whole(years).tail(1).iterrows():
        if r.people:
            parts = {"killed": "killed", "injured": "injured", "killed_unknown": "unknown"}
            note = ", ".join(f"{number(row[name])} {word}" for name, word in parts.items())
            made.append((f"Casualties listed in {row['year']}", number(row["casualties"]), note))
            continue
        note = f"{many(row['incidents'], 'incident')}; with the {r.percent} interval of a constant rate"
        made.append((f"Incidents a year, listed in {row['year']}", words(row), note))
        note = f"{many(row['casualties'], 'casualty', 'casualties')}; several people hurt by one blast are allowed for"
        made.append((f"Casualties a year, listed in {row['year']}", _hurt(row), note))
    return made


def _hurt(row: pd.Series) -> str:
    """Casualties a year of a row of years."""
    return words(row, HURT) if pd.notna(row["casualty_value"]) else "an unknown number of"


def _died(shares: pd.DataFrame, by: str, said: str) -> str:
    died = shares[shares["label"] == f"killed ({by})"]
    return "".join(said.format(words(row, percent=True)) for _, row in died.iterrows())


def answer(r: Report, rates: pd.DataFrame, shares: pd.DataFrame, years: pd.DataFrame) -> str:
    """How many people are hurt, in one sentence with its uncertainty."""
    if years.empty:
        return wrong(r)
    dead = _died(shares, "official", "; {} of all officially counted casualties died")
    for _, row in _of_people_present(rates.head(1)).iterrows():
        when = period(row["since"], row["until"])
        return f"Mines and explosive remnants hurt {words(row)} of each 100,000 people present a year, {when}{dead}."
    row = (_whole(years) if len(_whole(years)) else years).iloc[-1]
    hurt = many(row["casualties"], "casualty", "casualties")
    each = f"{r.count(row['incidents'])} and {hurt} are listed for {row['year']}"
    return f"{sentence(r.in_place)} {each}: {words(row)} incidents and {_hurt(row)} casualties a year{dead}."


def answer_of_people(r: Report, shares: pd.DataFrame) -> str:
    """How many people a register lists and how many of them died, in one sentence."""
    if not r.people:
        return wrong(r, people=True)
    dead = _died(shares, "listed", ", of whom {} died where the outcome is known")
    return f"{sentence(r.in_place)} {many(len(r.incidents), 'person is', 'people are')} listed as hurt{dead}."
