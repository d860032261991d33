"""Trend: how many people are hurt and how many incidents are listed, year by year, and how sure a change is."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

import pandas as pd

from minestats.errors import DataError
from minestats.estimate import Estimate
from minestats.incidents import completeness_direction, incidence, stretch_completeness
from minestats.rates import rate
from minestats.report.reporting import Report, Tile, once, part, words
from minestats.report.tallies import groups, pairs
from minestats.say import change, day, interval, listing, many, number, p_value, period, sentence
from minestats.totals import (
    interval_rates,
    resolve_totals,
    series,
    trend_from_totals,
    trend_variants,
    with_victims,
    yearly_stretches,
)
from minestats.trend import annual_change, change_date, change_point, dispersion_test, mann_kendall, predictive_limit

COLUMNS = (
    *("date", "date_precision", "district", "settlement", "killed", "injured"),
    *("device", "activity", "side", "row_is", "source_id"),
)
"""What the report reads of the incidents."""

SEED = 1  # of the bootstrap of the change point
FEW = 8  # below it a number of events can double by chance


@once
def yearly(r: Report) -> pd.DataFrame:
    """Casualties a year by stretches of about a year between official totals, from the first day."""
    rows = pd.DataFrame()
    if r.official:
        with suppress(DataError):  # no total is exact, dated and of a named authority
            rows = yearly_stretches(_stated(r), dispersion=r.phi, level=r.level)
    return _stretches(r, "years_of_totals", rows)


def fine(r: Report) -> pd.DataFrame:
    """Casualties a year between neighbouring official totals; victims added up where only their parts are stated."""
    given: dict[str, Any] = {"value": "victims", "dispersion": r.phi, "level": r.level, "from_start": True}
    rows = interval_rates(with_victims(r.totals), **given) if len(yearly(r)) else pd.DataFrame()
    return _stretches(r, "stretches", rows)


def _stretches(r: Report, name: str, rows: pd.DataFrame) -> pd.DataFrame:
    if rows.empty:
        return part(r, name)
    later = rows["start"] > rows["since"]  # the total of its own day is not in a stretch; the first day counts
    shown = rows.rename(columns={"rate": "value"}).assign(
        start=rows["since"].where(~later, rows["start"] + pd.Timedelta(days=1)),
        authority=[r.authority(a) for a in rows["authority_end"]],
    )
    columns = ["start", "end", "days", "count", "value", "low", "high", "authority", "inferred"]
    first, last = shown.iloc[0], shown.iloc[-1]
    hurt, every = many(last["count"], "casualty", "casualties"), number(rows["count"].sum())
    return part(r, name, shown[columns], first=first, last=last, now=_each(last), hurt=hurt, every=every)


def _stated(r: Report) -> pd.DataFrame:
    """The official totals; victims are added up from their parts where none is stated."""
    return r.totals if r.totals["victims"].notna().any() else with_victims(r.totals)


def _running(r: Report) -> bool:
    """Whether the official totals run on from one day; those of single years or months do not."""
    return bool(len(yearly(r))) and len(series(_stated(r))) == 1


@once
def _change(r: Report) -> Estimate | None:
    """The annual change of the official casualties, where they are of four stretches or more without a gap."""
    with suppress(DataError):
        return trend_from_totals(with_victims(r.totals), from_start=True, level=r.level)
    return None


def _each(row: pd.Series) -> str:
    """A rate of a table with its interval: "33 (18 to 56)"."""
    return f"{number(row['value'], 0)} ({number(row['low'], 0)} to {number(row['high'], 0)})"


def between(r: Report) -> str:
    """Return the rate between the two totals that the data package names as worth comparing."""
    days = [pd.Timestamp(day) for day in r.data.settings["compare_totals"]]
    pair = [r.totals[(r.totals["as_of"] == day) & r.totals["victims"].notna()].tail(1) for day in days]
    if not r.official or len(pair) != 2 or any(rows.empty for rows in pair):
        return ""
    told = [
        f"{number(rows['victims'].iloc[0])} by {day(rows['as_of'].iloc[0])} (according to "
        f"{r.authority(rows['authority'].iloc[0])}) {r.cite(rows)}"
        for rows in pair
    ]
    rise, apart = int(pair[1]["victims"].iloc[0] - pair[0]["victims"].iloc[0]), (days[1] - days[0]).days
    wide, plain = (rate(rise, apart / 365.25, dispersion=phi, level=r.level) for phi in (r.phi, 1.0))
    return (
        f"Two totals as published: {listing(told)}. Between them lie {many(rise, 'casualty', 'casualties')} in {apart} "
        f"days: **{interval(wide)} a year** with a dispersion of {r.phi:.2f}; {interval(plain)} if every casualty were "
        "an event of its own."
    )


def what_if(r: Report) -> pd.DataFrame:
    """The annual change of the official casualties under choices that could have been made otherwise."""
    stated = len(yearly(r))
    main = _change(r) if stated else None
    if main is None:
        return part(r, "changes_of_totals", **{} if stated else {"empty": r.no_totals})
    rows = trend_variants(with_victims(r.totals), level=r.level)
    every = "every" if (rows["high"] < 0).all() or (rows["low"] > 0).all() else "not every"
    ends = (number(end, 0) for end in (rows["value"].min(), rows["value"].max()))
    given: dict[str, Any] = {"main": main, "p": p_value(main.p_value), "ends": " to ".join(ends), "every": every}
    return part(r, "changes_of_totals", rows[["variant", "policy", "value", "low", "high", "n"]], **given)


def curve(r: Report) -> pd.DataFrame:
    """The running total of casualties as resolved, for its figure."""
    if not _running(r):
        return part(r, "running_total", **{} if len(yearly(r)) else {"empty": r.no_totals})
    rows = resolve_totals(_stated(r))
    used = rows[rows["used"].eq(True) & rows["victims"].notna()]
    last = used.iloc[-1]
    return part(r, "running_total", rows, most=number(last["victims"]), when=day(last["as_of"]), used=len(used))


def totals(r: Report) -> pd.DataFrame:
    """The official totals of casualties, as published and as used, the newest first."""
    if not len(yearly(r)):
        return part(r, "official_totals")
    rows = resolve_totals(_stated(r))
    used = rows[rows["used"] & rows["victims"].notna()]
    once = used.drop_duplicates(["as_of", "victims_published"]).iloc[::-1]
    lowered = once[(once["victims"] < once["victims_published"]).fillna(False)]
    each = listing(
        f"{number(t['victims_published'])} to {number(t['victims'])} ({day(t['as_of'])})" for _, t in lowered.iterrows()
    )
    shown = once.assign(
        authority=[r.authority(a) for a in once["authority"]],
        reason=once["reason"].str.findall(r"(?:^|; )victims ([^;]*)").str.join("; "),
        pages=r.cite.each(used, "as_of", once["as_of"]),
    )
    columns = ["as_of", "victims_published", "victims", "authority", "date_basis", "reason", "pages"]
    return part(r, "official_totals", shown[["since"] * (not _running(r)) + columns], each=each)


def monthly(r: Report) -> pd.DataFrame:
    """What the list holds of each month, or of each quarter of a long time."""
    each = "month" if (r.until - r.since).days < 3700 else "quarter"
    rows = incidence(r.incidents, interval=each, count=r.events, **r.window)
    return part(r, "months_of_list", rows[rows["days"] > 0] if len(r.incidents) else rows.head(0))


def last_month(r: Report) -> str:
    """Whether the last whole month is unusual, by the months before it."""
    months = incidence(r.incidents, interval="month", count=r.events, **r.window)
    months = months[months["days"] >= 28]
    if r.people or len(months) < 13 or not months["count"].iloc[-37:-1].sum():
        return ""
    past, last = predictive_limit(months["count"].iloc[:-1], level=r.level), months.iloc[-1]
    return (
        f"In {last['period_start']:%B %Y} the list holds {many(last['count'], 'incident')}; {number(past.value, 1)} "
        f"are expected from the months before, and {past.high + 1:.0f} or more would be unusual ({r.percent} "
        f"prediction limit): {'unusual' if last['count'] > past.high else 'not unusual'}."
    )


def quarters(r: Report) -> pd.DataFrame:
    """Whole quarters of the list, with what their counts tell of a change; too few of them tell nothing."""
    rows = incidence(r.incidents, interval="quarter", count=r.events, **r.window)
    rows = rows[rows["days"] >= 80]
    counts, days, held = rows["count"], rows["days"], len(rows)
    hit = int((counts > 0).sum())
    if held < 6 or hit < 2:
        return part(
            r, "quarters", rows.head(0), held=held, hit=hit, **{} if len(r.incidents) else {"empty": r.no_incidents}
        )
    slope = annual_change(counts, days, rows["period_start"], level=r.level)
    spread, order = dispersion_test(counts, days), mann_kendall(counts / days)
    holds = "includes 0: chance can explain it" if slope.low < 0 < slope.high else "does not include 0"
    tests = {name: p_value(one.p_value) for name, one in (("p", slope), ("p_spread", spread), ("p_order", order))}
    given: dict[str, Any] = {"slope": slope, "spread": spread, "holds": holds, "once": _once(r, rows), **tests}
    return part(r, "quarters", rows, counted=counts.sum(), **given)


def _once(r: Report, rows: pd.DataFrame) -> str:
    """Whether the counts of quarters changed once, and when; a date only where the data tell it."""
    if r.people:
        return "No change point is sought: people hurt by one blast are not independent."
    counts, days = pd.Series(rows["count"].to_numpy(), pd.DatetimeIndex(rows["period_end"])), rows["days"].to_numpy()
    given: dict[str, Any] = {"dispersion": "within", "seed": SEED, "level": r.level}
    once, when = change_point(counts, days, **given), change_date(counts, days, **given)
    low, high = (counts.index[int(k) - 1] for k in (once.low, once.high))
    where = "the data do not tell when" if when is None else f"most likely after {day(when)}"
    return (
        f"If the rate changed once, then with {r.percent} probability between {low:%B %Y} and {high:%B %Y} "
        f"({p_value(once.p_value)}): {where}."
    )


def completeness(r: Report) -> pd.DataFrame:
    """How many of the official casualties the list holds, stretch by stretch."""
    rows, stated = pd.DataFrame(), len(yearly(r))
    if stated and not r.people and len(r.incidents):
        with suppress(DataError):  # totals of stretches with gaps between them
            rows = stretch_completeness(r.incidents, with_victims(r.totals), value="victims")
    if rows.empty:
        why = r.no_totals if not stated else "" if len(r.incidents) else r.no_incidents
        why = why or "Its rows are people, or the official totals are not of stretches that follow each other."
        return part(r, "completeness", why=why)
    first, last, drifts = 100 * rows["value"].iloc[0], 100 * rows["value"].iloc[-1], ""
    if len(rows) > 2:
        drift = completeness_direction(rows)
        to = "towards no change" if drift.value > 0 else "towards a fall"
        drifts = f" Its completeness changes by {interval(drift)} % a year, which biases the list's own trend {to}."
    columns = ["start", "end", "days", "listed", "unknown", "official", "value", "low", "high"]
    return part(r, "completeness", rows[columns], first=first, last=last, drifts=drifts)


def on_map(r: Report) -> pd.DataFrame:
    """The places of a country, for the map; counts that must be withheld are left out."""
    places = r.protected(groups(r, "district").iloc[:, :2]).set_axis(["district", "value"], axis=1)
    rows = places.assign(value=pd.to_numeric(places["value"], errors="coerce")).dropna()
    at, given = r.data.districts.dropna(subset=["latitude", "longitude"])["district"], {}
    if r.national:
        nowhere = "No map: where the places of the list lie is not stated."
        given["empty"] = nowhere if len(rows) else r.no_incidents
    if len(rows) < 4:
        given["title"] = ""
    drawn = rows["district"].isin(at).any() and r.national
    return part(r, "map", rows if drawn else rows.head(0), most=listing(rows["district"].head(3)), **given)


def answer(r: Report) -> str:
    """Answer the question of the title in one sentence, with its uncertainty."""
    rows, two, where = yearly(r), pairs(r), sentence(r.in_place)
    if len(rows):
        first, last = rows.iloc[0], rows.iloc[-1]
        now = f"{_each(last)} a year since {day(last['start'])}"
        if last["high"] < first["low"] or last["low"] > first["high"]:
            than = "Fewer" if last["high"] < first["low"] else "More"
            return f"{than} people are killed or injured than at first: {now}, {_each(first)} then, by official totals."
        slope = _change(r)
        told = "no change can be told."
        if slope and not slope.low <= 0 <= slope.high:  # over all stretches, where the first and the last are too few
            told = f"over all stretches a change of {interval(slope)} % a year."
        return f"By official totals {now} are killed or injured, {_each(first)} at first: {told}"
    if not len(r.incidents):
        return r.no_incidents
    if two.empty:
        return f"{where} {number(len(r.incidents))} {r.events} are listed; there are no two whole years to compare."
    last = two.iloc[-1]
    pair = f"{where} the list holds {r.count(last['new'])} of {last['year']} and {last['old'] or 'none'} of"
    pair += f" {last['before']}"
    if r.people:
        how = change(last["new"], last["old"])
        return f"{pair} ({how}); who was hurt together is not known, so there is no interval."
    if last["new"] + last["old"] < FEW:
        return f"{pair}: too few to tell a change."
    told = "chance can explain that" if last["low"] <= 1 <= last["high"] else "that is more than chance"
    return f"{pair}, {words(last)} times as many; {told}."


def tiles(r: Report) -> list[Tile]:
    """Return the figures at a glance."""
    made: list[Tile] = []
    if len(rows := yearly(r)):
        last, total = rows.iloc[-1], curve(r)
        of = f"official totals, {period(last['start'], last['end'])}"
        made.append(("Casualties a year, last stretch", _each(last), of))
        if main := _change(r):
            since = f"a year since {day(rows['start'].iloc[0])}; below 0 is a fall"
            made.append(("Change of official casualties", f"{interval(main)} %", since))
        if len(total):
            total = total[total["used"] & total["victims"].notna()].iloc[-1]
            by = f"by {day(total['as_of'])}, according to {r.authority(total['authority'])}"
            made.append(("Casualties, official running total", number(total["victims"]), by))
    if not len(r.data.incidents):
        return made  # nobody lists incidents: none listed would read as none
    killed, injured = (number(r.incidents[c].sum(min_count=1)) for c in ("killed", "injured"))
    hurt = f"{killed} killed and {injured} injured as far as is known"
    made.append((f"{sentence(r.events)} listed", number(len(r.incidents)), hurt))
    for _, two in pairs(r).tail(1).iterrows():
        note = f"{two['old']} in {two['before']}"
        if two["new"] + two["old"] >= FEW and pd.notna(two["found_above"]):
            least = "" if pd.isna(two["found_below"]) else f"below {two['found_below']:.1g} or "
            note += f"; a change would show {least}above {number(two['found_above'], 1)} times as many"
        made.append((f"{sentence(r.events)} listed in {two['year']}", number(two["new"]), note))
    if not r.national:
        last_day = r.incidents["date"].max()
        share = f"{number(len(r.incidents))} of {number(len(r.country.incidents))} in the whole country"
        made.append((f"Last of the {r.events} listed", day(last_day) if pd.notna(last_day) else "none", share))
    return made
