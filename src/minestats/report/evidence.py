"""What the reports rest on, where statements contradict each other, and all places beside each other on one page."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd

from minestats.clearance import clearance_conflicts, overlaps
from minestats.estimate import to_frame
from minestats.incidents import conflicts, incidence
from minestats.rates import UNSTABLE_BELOW, rate, rate_ratio
from minestats.rates.small_cells import WITHHELD
from minestats.report.progress import statements, work
from minestats.report.reporting import Report, Tile, kind, once, part
from minestats.say import day, interval, listing, many, number, sentence
from minestats.totals import check_totals

COLUMNS = (
    *("incident_id", "date", "date_precision", "date_basis", "district", "settlement", "killed", "injured", "device"),
    *("civilians_killed", "civilians_injured", "military_killed", "military_injured", "women", "children", "side"),
    *("row_is", "source_id", "note"),
)
"""What the report on the sources reads of the incidents."""

TOO_FEW = "too few to compare"
NO_YEARS = "There are no two whole years to compare."


@once
def pages(r: Report) -> pd.DataFrame:
    """Pages of publishers that the report's rows come from."""
    return r.data.sources_of(pd.concat([_ids(rows) for rows in (r.clearance, totals(r), reports(r), r.incidents)]))


def _ids(rows: pd.DataFrame) -> pd.DataFrame:
    return rows[["source_id"]].dropna()


def totals(r: Report) -> pd.DataFrame:
    """Official totals of casualties; they are the country's."""
    return r.totals if r.national else r.totals.head(0)


@once
def reports(r: Report) -> pd.DataFrame:
    """Reports of the incidents of the place and period."""
    told = r.data.incident_reports
    ids = r.incidents["incident_id"]  # which may be millions, and are not looked up in
    return told[told["incident_id"].isin(ids[ids.isin(told["incident_id"])])]


def inferred(r: Report) -> pd.DataFrame:
    """How many dates are inferred, not printed."""
    clearance = {"statements of clearance": statements(r), "pieces of work": work(r)}
    rows = {r.events: r.incidents, **clearance, "totals": totals(r)}
    of = {name: ((table["date_basis"] == "inferred").sum(), len(table)) for name, table in rows.items() if len(table)}
    return part(r, "inferred", [{"of": name, "inferred": n, "rows": every} for name, (n, every) in of.items()])


def by_year(r: Report) -> pd.DataFrame:
    """Pages by the year of their publication, the newest first."""
    made = pages(r)
    rows = made.assign(published=made["published"].dt.strftime("%Y").fillna("not shown")).groupby("published")
    counted = rows.agg(pages=("source_id", "size"), **{f"{c}s": (c, "nunique") for c in ("publisher", "language")})
    counted = counted.rename(columns={"pages": f"{kind(made)}s"}).replace({"publishers": 0, "languages": 0}, pd.NA)
    per = reports(r).groupby("incident_id").size().reset_index(drop=True)
    per = per.reindex(range(len(r.incidents)), fill_value=0)  # the others have none
    given = {} if per.any() else {"says": ""}
    return part(
        r,
        "pages_by_year",
        counted.reset_index()[::-1],
        per=per,
        once=(per == 1).sum(),
        none=(per == 0).sum(),
        every=r.count(len(per)),
        middle=per.median(),
        most=per.max(),
        kind=kind(made),
        **given,
    )


def publishers(r: Report) -> pd.DataFrame:
    """The publishers with most pages."""
    made = pages(r)
    counts, what = made["publisher"].fillna("publisher not named").value_counts().head(12), f"{kind(made)}s"
    return part(r, "publishers", counts.rename_axis("publisher").reset_index(name=what), what=what)


def coverage(r: Report) -> pd.DataFrame:
    """Statements of clearance, for a line of time."""
    what = "piece of work" if len(work(r)) and not len(statements(r)) else "statement of clearance"
    return part(
        r, "coverage", r.clearance.copy(deep=False), what=many(len(r.clearance), what, what.replace(" of", "s of"))
    )


def told_differently(r: Report) -> pd.DataFrame:
    """Figures that reports of one incident print differently, the newest incident first."""
    rows = conflicts(reports(r), incidents=r.incidents)
    rows = rows.merge(r.incidents[["incident_id", "date", "district"]], on="incident_id", how="left")
    rows = rows.sort_values("date", ascending=False, kind="stable", ignore_index=True)
    told = reports(r)
    shown = rows.assign(
        figure=rows["field"],
        pages=[
            r.cite(told[(told["incident_id"] == i) & told[f].notna()])
            for i, f in zip(rows["incident_id"], rows["field"], strict=True)
        ],
    )[["date", "district", "figure", "values", "chosen", "note", "pages"]]
    return part(r, "told_differently", shown, incidents=rows["incident_id"].nunique())


def contradictions(r: Report) -> pd.DataFrame:
    """Figures of one period that bulletins print differently, the newest first."""
    made = statements(r)
    rows = clearance_conflicts(made).sort_values("start", ascending=False, kind="stable")
    cited = r.cite.each(made, "statement_id", [ids.split(";") for ids in rows["statement_ids"]])
    shown = rows.assign(
        operator=[r.operator(o) for o in rows["operator"]],
        chosen=["" if pd.isna(figure) else number(figure) for figure in rows["chosen"]],
        pages=cited,
    )
    columns = ["start", "end", "kind", "operator", "column", "chosen", "rejected", "message", "pages"]
    pairs = overlaps(made)["relation"].value_counts()
    given = {name: pairs.get(name, 0) for name in ("contains", "straddles")}
    return part(r, "contradictions", shown[columns], pairs=many(pairs.sum(), "pair"), **given)


def doubtful(r: Report) -> pd.DataFrame:
    """What the checks find in the official totals, the newest first."""
    of = totals(r)
    rows = check_totals(of)
    shown = rows.assign(
        as_of=of.set_index("total_id")["as_of"].reindex(rows["total_id"]).to_numpy(),
        pages=r.cite.each(of, "total_id", zip(rows["total_id"], rows["other_id"], strict=True)),
    )
    columns = ["as_of", "rule", "column", "stated", "expected", "message", "pages"]
    shown = shown.sort_values("as_of", ascending=False, kind="stable").rename(columns={"value": "stated"})
    given = {} if len(of) else {"empty": r.no_totals}
    return part(r, "doubtful", shown[columns], falls=(rows["rule"] == "fall").sum(), **given)


def corrected(r: Report) -> pd.DataFrame:
    """Reviewed corrections, applied when the data are read."""
    rows, known = r.data.corrections, r.data.sources
    shown = rows.assign(pages=r.cite.each(known, "source_id", rows["source"]))
    return part(r, "corrected", shown[["table", "row_id", "column", "expect", "value", "reason", "pages"]])


def tiles(r: Report, told: pd.DataFrame, bulletins: pd.DataFrame, wrong: pd.DataFrame) -> list[Tile]:
    """Return the figures at a glance."""
    used, dates, falls = pages(r), inferred(r), (wrong["rule"] == "fall").sum()
    parts = [f"{n} of {of} {what}" for what, n, of in dates.itertuples(index=False)]
    made = [
        (f"{sentence(kind(used))}s used", len(used), f"of {many(used['publisher'].nunique(), 'publisher')}", used),
        (f"{sentence(r.events)} told of differently", _incidents(told), f"of {r.count(len(r.incidents))}", reports(r)),
        (
            "Contradictions between bulletins",
            len(bulletins),
            f"in {many(len(statements(r)), 'statement')}",
            statements(r),
        ),
        ("Figures of running totals that fall", falls, f"in {many(len(totals(r)), 'total')}", totals(r)),
        ("Dates that are inferred", dates["inferred"].sum() if parts else 0, "; ".join(parts), dates),
    ]
    return [(label, number(figure), note) for label, figure, note, of in made if len(of)]  # of nothing, nothing is said


def _incidents(told: pd.DataFrame) -> int:
    """How many incidents the figures are of: a place has several on one day, so their number goes along."""
    return int(told.attrs["figure"]["incidents"])


def answer(r: Report, told: pd.DataFrame, bulletins: pd.DataFrame) -> str:
    """Answer in one sentence what the reports rest on, and how often it contradicts itself."""
    used = pages(r)
    if used.empty:
        return "No published page stands behind these data: they come from a register, or there are none."
    said = [f"{_incidents(told)} of {r.count(len(r.incidents))}"] if len(reports(r)) else []
    said += [f"{many(len(bulletins), 'figure')} of bulletins"] if len(statements(r)) else []
    rest = f"The reports rest on {many(len(used), kind(used))} of {many(used['publisher'].nunique(), 'publisher')}"
    return (
        f"{rest}; {listing(said)} are told of differently."
        if said
        else f"{rest}; no reports of incidents and no bulletins are among them."
    )


def used(r: Report) -> str:
    """Return how many rows the report rests on."""
    named = {"report": reports(r), "statement": statements(r), "running total": totals(r)}
    said = [many(len(rows), word) for word, rows in named.items() if len(rows)]
    said += [r.count(len(r.incidents))] if len(r.incidents) else []
    said += [many(len(work(r)), "piece of work", "pieces of work")] if len(work(r)) else []
    return listing(said) if said else ""


def country(r: Report) -> pd.DataFrame:
    """The last two whole years of the country in one row: how they compare, the last day, the area stated."""
    return _rows(r, {r.place: r.incidents}, {r.place: r.clearance})


def places(r: Report) -> pd.DataFrame:
    """The same of each district, one row each, the one with most first."""
    names = pd.concat([r.data.districts["district"], r.incidents["district"]]).dropna().unique()
    listed, cleared = ({name: t[t["district"] == name] for name in names} for t in (r.incidents, r.clearance))
    return _rows(r, listed, cleared)


def _rows(r: Report, listed: Mapping[str, pd.DataFrame], cleared: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
    years, phi, before = two_years(r), r.swings, f"{r.events}_before"
    columns = ["district", r.events, before, "ratio", "last", "area_ha", "area_until"]
    rows = []
    for name, table in listed.items() if len(years) == 2 or not len(r.data.incidents) else ():
        counts = incidence(table, interval="year", count=r.events, **r.window).set_index("period_start")["count"]
        old, new = (int(n) for n in counts.reindex(years["period_start"]).fillna(0)) if len(years) == 2 else (0, 0)
        area = _area(cleared[name])
        rows.append([name, new, old, _ratio(r, old, new, years, phi), table["date"].max(), *area])
    shown = pd.DataFrame(rows, columns=columns).astype({"area_ha": "Float64", "area_until": "datetime64[us]"})
    shown = shown.sort_values([r.events, before, "district"], ascending=[False, False, True], ignore_index=True)
    if not len(r.data.incidents):  # nobody lists any: how many there were is unknown
        return part(r, "area_by_place", shown.drop(columns=columns[1:5]).dropna(subset="area_ha"))
    land = "" if r.clearance.empty else "; area stated as cleared"
    shown = shown if land else shown.drop(columns=columns[5:])
    enough = shown[shown[r.events] + shown[before] >= UNSTABLE_BELOW]
    given: dict[str, Any] = {"years": _years(years), "land": land, "enough": len(enough), "empty": NO_YEARS}
    if r.people:  # who was hurt together is not known
        shown, given["says"] = shown.drop(columns="ratio"), ""
    return part(r, "by_place", shown, every=many(len(shown), "place"), **given)


@once
def two_years(r: Report) -> pd.DataFrame:
    """The last two whole years of the list."""
    years = incidence(r.incidents, interval="year", count=r.events, **r.window)
    return years[years["days"] >= 365].tail(2)


def _years(years: pd.DataFrame) -> str:
    return " and ".join(f"{start:%Y}" for start in years["period_start"][::-1]) or "whole years"


def _ratio(r: Report, old: int, new: int, years: pd.DataFrame, phi: float) -> str:
    if old + new < UNSTABLE_BELOW or r.people:
        return TOO_FEW
    before, after = years["days"].astype(int)
    return interval(rate_ratio(new, after, old, before, dispersion=phi, level=r.level))


def _area(rows: pd.DataFrame) -> tuple[object, object]:
    """The largest area that one statement gives, an exact one where there is any, or the sum of a register of work."""
    told = rows[rows["area_ha"].notna()]
    work = told[told["row_is"] == "work"]
    if len(work):
        return work["area_ha"].sum(), work["period_end"].max()
    last = told.assign(exact=told["rounded"].isna()).sort_values(["exact", "area_ha"]).tail(1)
    return last["area_ha"].max(), last["period_end"].max()


def compared(r: Report, table: pd.DataFrame) -> pd.DataFrame:
    """Events a year of each place over the last two whole years, with intervals, for a picture."""
    if r.people or r.events not in table:
        return part(r, "compared", **{} if r.people else {"empty": r.no_incidents})
    years, phi = two_years(r), r.swings
    time = years["days"].sum() / 365.25 or 1.0
    counts = [int(n) for n in table[r.events] + table[f"{r.events}_before"]]
    made = to_frame(rate(n, time, dispersion=phi, level=r.level) for n in counts)
    shown = made[["value", "low", "high"]].assign(district=table["district"], **{r.events: counts})
    shown = shown[shown[r.events] > 0].sort_values(r.events, ascending=False, kind="stable", ignore_index=True)
    nothing = f"No {r.events} are listed in these years." if len(r.data.incidents) else r.no_incidents
    return part(r, "compared", shown, years=_years(years), every=sum(counts), empty=nothing)


def headline(r: Report, country: pd.DataFrame, places: pd.DataFrame) -> str:
    """Say in one sentence how many are listed, whether that is a change, and where most are."""
    if r.incidents.empty or country.empty:
        return r.no_incidents if r.incidents.empty else NO_YEARS
    row, year = country.iloc[0], f"{two_years(r)['period_start'].iloc[-1]:%Y}"
    shown = r.protected(places)
    hidden = set(shown.loc[shown[r.events] == WITHHELD, "district"])
    counts = zip(places["district"], places[r.events], strict=True)
    most = [f"{place} ({n})" for place, n in counts if n and place not in hidden]
    than = f", {row['ratio']} times as many" if row.get("ratio", TOO_FEW) != TOO_FEW else ""
    where = f"; most in {listing(most[:3])}" if most else ""
    now, old = row[[r.events, f"{r.events}_before"]]
    are = f"{r.count(now)} {'is' if now == 1 else 'are'}"
    return f"In {year} {are} listed {r.in_place}, after {old} the year before{than}{where}."


def board(r: Report, country: pd.DataFrame, places: pd.DataFrame) -> list[Tile]:
    """Return the figures at a glance of the summary."""
    if country.empty:
        return []
    row, made = country.iloc[0], []
    if r.events in row:
        year, none = f"{two_years(r)['period_start'].iloc[-1]:%Y}", number((places[r.events] == 0).sum())
        last = day(row["last"]) if pd.notna(row["last"]) else "none"
        before = f"{row[f'{r.events}_before']} in the year before"
        made.append((f"{sentence(r.events)} listed in {year}", number(row[r.events]), before))
        if "ratio" in row:
            made.append(("Ratio of the two years", row["ratio"], f"{r.percent} interval; 1 is no change"))
        made.append((f"Places without any in {year}", none, f"of {many(len(places), 'place')}"))
        made.append((f"Last of the {r.events} listed", last, r.in_place))
    if pd.notna(row.get("area_ha")):
        made.append(("Stated as cleared", f"{number(row['area_ha'])} ha", f"by {day(row['area_until'])}"))
    return made
