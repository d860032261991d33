# ---
# jupyter:
#   jupytext:
#     formats: ipynb,py:percent
#     text_representation:
#       extension: .py
#       format_name: percent
#   kernelspec:
#     display_name: Python 3 (ipykernel)
#     language: python
#     name: python3
# ---

# %% [markdown]
# # Trend of mine incidents and casualties
#
# Are explosions becoming rarer, and are fewer people hurt? This report counts the incidents that are known one by one,
# sets them beside the official running totals, and says how sure the change is.

# %%
import pandas as pd

import minestats as ms
from minestats import plot, words
from minestats.rates import dispersion
from minestats.render import report_info
from minestats.scope import scope
from minestats.suppress import WITHHELD, publishable
from minestats.trend import change_point_posterior

# %% tags=["parameters"]
data: str = ""  # folder of the data package; empty: the data that come with minestats
district: str = "all"  # district to report on [choices: all, districts.district]
since: str = ""  # first day counted; empty: the start that the data name [date; optional]
until: str = ""  # last day counted; empty: as far as the data go [date; optional]
as_of: str = ""  # state of knowledge, later publications are left out; empty: all [date; optional]
level: float = 0.95  # confidence level of the intervals [range: 0.5 to 0.999]
suppress: int = 0  # people by age, sex, settlement: counts below it are withheld; 0: none [range: 0 to 1000]

# %%
columns = [
    "date",
    "date_precision",
    "district",
    "killed",
    "injured",
    "device",
    "activity",
    "side",
    "row_is",
    "source_id",
]
tables = ms.load(data or None, columns={"incidents": columns})  # of a Parquet file nothing else is read
here = scope(tables, district=district, since=since, until=until, as_of=as_of)
cite = words.Citations(here.data)
report_info(title=f"Trend of mine incidents and casualties, {here.place}", period=here.period, as_of=here.as_of)
words.say(here.lead)

# %%
window = {"since": here.since, "until": here.until}
incidents = here.incidents
events = here.events  # "casualties" where the register lists people
sizes = pd.DataFrame(columns=["casualties"]) if here.people else ms.casualty_sizes(incidents)
phi = max(1.0, dispersion(sizes["casualties"])) if len(sizes) else 1.0
years = ms.incidence(incidents, interval="year", count=events, **window)
full = years[years["days"] >= 365].tail(2)
official = here.national and here.totals["victims"].notna().sum() >= 2
steps = (
    ms.interval_rates(here.totals, value="victims", dispersion=phi, level=level)
    if official
    else pd.DataFrame(columns=["count"])
)

# %% [markdown]
# ## At a glance

# %%
hurt = incidents["killed"].sum(min_count=1), incidents["injured"].sum(min_count=1)
tiles = [
    (
        f"{words.sentence(events)} listed",
        words.number(len(incidents)),
        f"{here.period}; {words.number(hurt[0])} killed and {words.number(hurt[1])} injured as far as is known",
    )
]
if len(full) == 2:
    old, new = full.iloc[0], full.iloc[1]
    tiles.append(
        (
            f"{words.sentence(events)} listed in {new['period_start']:%Y}",
            words.number(new["count"]),
            f"{words.number(old['count'])} in {old['period_start']:%Y}: {words.change(new['count'], old['count'])}",
        )
    )
    if not here.people and new["count"] + old["count"] > 0:
        ratio = ms.rate_ratio(int(new["count"]), int(new["days"]), int(old["count"]), int(old["days"]), level=level)
        tiles.append(
            ("Rate ratio of these years", words.interval(ratio), f"1 is no change; {words.p_value(ratio.p_value)}")
        )
if len(steps):
    last = steps.iloc[-1]
    resolved = ms.resolve_totals(here.totals)
    total = resolved[resolved["used"] & resolved["victims"].notna()].iloc[-1]
    tiles.append(
        (
            "Casualties, official running total",
            words.number(total["victims"]),
            f"killed and injured, {words.period(total['since'], total['as_of'])}, "
            f"according to {here.authority(total['authority'])}",
        )
    )
    change = ms.trend_from_totals(here.totals, level=level)
    tiles.append(
        (
            "Annual change of official casualties",
            f"{words.interval(change)} %",
            f"a year, {words.period(steps['start'].min(), steps['end'].max())}; below 0 is a fall",
        )
    )
if not here.national:
    country = scope(here.data, since=f"{here.since:%Y-%m-%d}", until=f"{here.until:%Y-%m-%d}")
    part = ms.proportion(len(incidents), len(country.incidents), level=level) if len(country.incidents) else None
    tiles += (
        [
            (
                f"Share of the country's {events}",
                words.interval(part, percent=True),
                f"{len(incidents)} of {len(country.incidents)} listed",
            )
        ]
        if part
        else []
    )
    recent = incidents["date"].max()
    tiles.append(
        (
            f"Last of the {events} listed",
            words.day(recent),
            f"{words.number((here.until - recent).days)} days before the end of the period"
            if pd.notna(recent)
            else "none in this period",
        )
    )
words.glance(tiles)

# %% [markdown]
# ## How many incidents are known, and when did they happen?

# %%
monthly = ms.incidence(
    incidents, interval="month" if (here.until - here.since).days < 3700 else "quarter", count=events, **window
)
dated = monthly[monthly["days"] > 0]
provisional = 2 if here.until == here.as_of else 0
if len(incidents):
    ax = plot.trend(
        dated,
        provisional=provisional,
        unit=events,
        title=f"{here.place}: {words.number(len(incidents))} {events} known one by one",
        source=f"n = {len(incidents)} {events}, compiled from {words.many(len(here.data.sources_of(incidents)), 'page')}",
    )
    plot.show(ax)
else:
    words.say(
        f"None of the {events} {here.in_place} is known in this period. That is what the list holds, not a finding of none."
    )

# %%
killed = ms.incidence(incidents, interval="year", count="killed", **window)
injured = ms.incidence(incidents, interval="year", count="injured", **window)
by_year = pd.DataFrame(
    {
        "year": years["period_start"].dt.strftime("%Y").fillna("year not known"),
        "days": years["days"],
        events: years["count"],
        "killed": killed["count"],
        "killed_unknown": killed["unknown"],
        "injured": injured["count"],
        "injured_unknown": injured["unknown"],
    }
)
words.table(
    by_year,
    f"{words.sentence(events)} listed {here.in_place}, by year",
    heads={
        "days": "days counted",
        "killed": "killed (persons)",
        "killed_unknown": "rows with killed unknown",
        "injured": "injured (persons)",
        "injured_unknown": "rows with injured unknown",
    },
)
words.say(
    "Casualties are sums of what is known: an incident whose number is unknown adds nothing, and is counted beside it. "
    f"The last {provisional} months are provisional: reports of them still come in. {cite(incidents)}"
    if provisional
    else f"Casualties are sums of what is known; unknown numbers are counted beside them. {cite(incidents)}"
)

# %% [markdown]
# ## Has the number of incidents changed?

# %%
quarters = ms.incidence(incidents, interval="quarter", count=events, **window)
quarters = quarters[quarters["days"] >= 80]
enough = len(quarters) >= 6 and (quarters["count"] > 0).sum() >= 2
if enough:
    trend = ms.annual_change(quarters["count"], quarters["days"], quarters["period_start"], level=level)
    spread = ms.dispersion_test(quarters["count"], quarters["days"])
    kendall = ms.mann_kendall(quarters["count"] / quarters["days"])
    direction = "includes 0, no change" if trend.low < 0 < trend.high else "does not include 0, no change"
    words.say(
        f"Over {len(quarters)} whole quarters the listed {events} changed by **{words.interval(trend)} % a year** "
        f"({trend.method}; {words.p_value(trend.p_value)}); the interval {direction}. Counts of a quarter vary with a dispersion of "
        f"{spread.value:.2f} (1 is chance alone; {words.p_value(spread.p_value)}). A test of order alone (Mann-Kendall, S = {kendall.value:.0f}) "
        f"gives {words.p_value(kendall.p_value)}. "
        + (
            "A single straight trend describes these counts badly: read the figure instead. "
            if spread.value > 10
            else ""
        )
        + "The list is not complete, and its completeness changes from year to year: "
        "this describes the list, not the danger."
    )
else:
    words.say(
        f"Too few whole quarters with {events} for a trend: {len(quarters)} quarters, "
        f"{(quarters['count'] > 0).sum()} of them with any. No trend is estimated below six quarters, "
        "two of them with any."
    )

# %%
if here.people:
    words.say(
        "No change point is sought: people hurt by one blast are not independent, and its test would find changes that are none."
    )
if enough and not here.people:
    change = ms.change_point(quarters["count"], quarters["days"], seed=20201110, level=level)
    posterior = change_point_posterior(quarters["count"], quarters["days"])
    when = quarters["period_end"].iloc[int(change.value) - 1]
    ax = plot.trend(
        quarters,
        change=change,
        unit=events,
        title=f"If the rate changed once, it was most likely after {when:%B %Y}; "
        + ("chance explains it as well" if change.p_value > 0.05 else "chance alone hardly explains it"),
        source=f"n = {quarters['count'].sum()} incidents in {len(quarters)} quarters; one change assumed, {words.p_value(change.p_value)}",
    )
    plot.show(ax)

# %%
if enough and not here.people:
    ends = quarters["period_end"].reset_index(drop=True)
    low, high = ends.iloc[int(change.low) - 1], ends.iloc[int(change.high) - 1]
    top = posterior.nlargest(3, "probability")
    words.say(
        f"If there was one change, it lies with {level:.0%} probability between {low:%B %Y} and {high:%B %Y}; the most likely quarters "
        "end in "
        + words.listing(
            f"{ends.iloc[int(k) - 1]:%B %Y} ({p:.0%})" for k, p in zip(top["k"], top["probability"], strict=True)
        )
        + f". A wide range means that the list does not tell. Before and after it the list "
        f"holds {words.number(quarters['count'].iloc[: int(change.value)].mean(), 1)} and {words.number(quarters['count'].iloc[int(change.value) :].mean(), 1)} incidents a quarter; "
        f"test of no change against one: {words.p_value(change.p_value)}."
    )

# %% [markdown]
# ## What do the official totals say?

# %%
if official:
    usable = resolved[resolved["used"] & resolved["victims"].notna()]
    ax = plot.cumulative(
        resolved,
        value="victims",
        title=f"{words.number(total['victims'])} casualties by {words.day(total['as_of'])}, according to official totals",
        source=f"n = {len(usable)} dated, unrounded totals of named authorities since {words.day(total['since'])}",
    )
    plot.show(ax)
elif here.national:
    words.say("The data hold no two official totals of casualties in this period.")
else:
    words.say(f"Official totals are of the whole country; none is published for {here.place}.")

# %%
lowered = pd.DataFrame(columns=["as_of"])
if official:
    published = usable.drop_duplicates(["as_of", "victims_published"])
    lowered = published[(published["victims"] < published["victims_published"]).fillna(False)]
    words.table(
        pd.DataFrame(
            {
                "as_of": published["as_of"],
                "victims_published": published["victims_published"],
                "victims": published["victims"],
                "authority": [here.authority(a) for a in published["authority"]],
                "date_basis": published["date_basis"],
                "reason": published["reason"].str.findall(r"(?:^|; )victims ([^;]*)").str.join("; "),
                "pages": [cite(usable[usable["as_of"] == d]) for d in published["as_of"]],
            }
        ),
        f"Official running totals of casualties {here.in_place} since {words.day(total['since'])}, as published and as used",
        heads={
            "as_of": "as of",
            "victims_published": "published (persons)",
            "victims": "used (persons)",
            "date_basis": "date",
            "reason": "why another figure is used",
        },
    )

# %% [markdown]
# ## How many casualties a year between the totals?

# %%
if len(steps):
    ax = plot.rates(
        steps,
        unit="casualties",
        title=f"{words.number(steps['count'].sum())} casualties in {words.number(steps['days'].sum())} days: "
        f"{words.number(steps['count'].sum() / steps['days'].sum() * 365.25, 0)} a year on average",
        source=f"n = {len(steps)} stretches of 14 days or more; intervals allow for several people hurt by one blast "
        f"(dispersion {phi:.2f})",
    )
    plot.show(ax)
else:
    words.say(f"No rate: there are no two usable official totals {here.in_place} in this period.")

# %%
if len(steps):
    words.table(
        pd.DataFrame(
            {
                "from": steps["start"] + pd.Timedelta(days=1),
                "to": steps["end"],
                "days": steps["days"],
                "count": steps["count"],
                "rate": steps["rate"],
                "low": steps["low"],
                "high": steps["high"],
                "merged": steps["merged"],
                "authority": [here.authority(a) for a in steps["authority_end"]],
                "inferred": steps["inferred"],
            }
        ),
        f"Casualties a year between official totals {here.in_place}, with {level:.0%} intervals",
        heads={
            "count": "casualties",
            "rate": "a year",
            "merged": "totals skipped",
            "authority": "authority at the end",
            "inferred": "a date is inferred",
        },
        decimals={"rate": 1, "low": 1, "high": 1},
    )

# %%
pair = here.data.settings["compare_totals"]
both = [here.totals[(here.totals["as_of"] == pd.Timestamp(d)) & here.totals["victims"].notna()] for d in pair]
if official and len(both) == 2 and all(len(rows) for rows in both):
    first, second = (rows.sort_values("total_id").iloc[-1] for rows in both)
    days = (second["as_of"] - first["as_of"]).days
    between = ms.rate(int(second["victims"] - first["victims"]), days / 365.25, dispersion=phi, level=level)
    plain = ms.rate(int(second["victims"] - first["victims"]), days / 365.25, level=level)
    words.say(
        f"Two totals as published: {words.number(first['victims'])} by {words.day(first['as_of'])} "
        f"(according to {here.authority(first['authority'])}) {cite(pd.DataFrame([first]))} and {words.number(second['victims'])} by "
        f"{words.day(second['as_of'])} (according to {here.authority(second['authority'])}) {cite(pd.DataFrame([second]))}. Between them lie "
        f"{words.many(second['victims'] - first['victims'], 'casualty', 'casualties')} in {days} days: **{words.interval(between)} a year** with a "
        f"dispersion of {phi:.2f}; {words.interval(plain)} if every casualty were an event of its own."
    )

# %%
if official and len(steps):
    lowest = lowered.sort_values("as_of")
    listed = words.listing(
        f"{words.number(p)} to {words.number(v)} ({words.day(d)})"
        for p, v, d in zip(lowest["victims_published"], lowest["victims"], lowest["as_of"], strict=True)
    )
    words.say(
        f"Between the first and the last usable total the casualties changed by **{words.interval(ms.trend_from_totals(here.totals, level=level))} % "
        f"a year** ({ms.trend_from_totals(here.totals, level=level).method}). A later total that is lower corrects the earlier ones; "
        + (f"figures lowered so: {listed}." if len(lowest) else "none had to be lowered.")
    )

# %% [markdown]
# ## How complete is the list of incidents?

# %%
if official:
    complete = ms.completeness(incidents, here.totals, interval="year")
    words.table(
        complete.drop(columns=["interpolated"]),
        f"Casualties listed incident by incident {here.in_place}, beside the rise of the official total",
        heads={"period_start": "from", "period_end": "to", "completeness": "listed / official"},
        decimals={"official": 1, "completeness": 2},
    )
    words.say(
        "The official rise is apportioned by days where a year does not begin or end with a total: for display, in no test. "
        "Casualties whose number is unknown are missing from the listed ones."
    )
else:
    words.say("Without official totals of the same place the completeness of the list is not known.")

# %% [markdown]
# ## Where, with what, doing what?


# %%
def counted(column, other):
    names = incidents[column].fillna(other).replace(words.DEVICES).str.replace("_", " ")
    cells = ms.incidence(incidents.assign(**{column: names}), interval="year", count=events, by=column, **window)
    summed = cells.groupby(column)["count"].sum().sort_values(ascending=False, kind="stable")
    return summed.rename(events).rename_axis(column).reset_index()


if here.national and len(incidents):
    places = counted("district", "place not known").rename(columns={"district": here.data.settings["place"]})
    on_map = places
    if here.people and suppress > 1:
        places = publishable(places, below=suppress, count=events, by=places.columns[0])
        on_map = places[places[events].ne(WITHHELD)].astype({events: "int64"})
    ax = plot.map(
        here.data.districts,
        on_map.set_index(on_map.columns[0])[events],
        unit=events,
        title=f"Most {events} are listed in {words.listing(on_map.iloc[:3, 0])}",
        source=f"n = {len(incidents)} {events}, {here.period}; circles stand at the place's town",
    )
    plot.show(ax)

# %%
if here.national and len(incidents):
    words.table(places, f"{words.sentence(events)} listed by {here.data.settings['place']}, {here.period}")
if len(incidents):
    words.table(
        counted("device", "not stated"), f"{words.sentence(events)} listed {here.in_place} by device, {here.period}"
    )
    words.table(
        counted("activity", "not stated"), f"{words.sentence(events)} listed {here.in_place} by activity, {here.period}"
    )

# %% [markdown]
# ## Methods
#
# Incidents are counted by the day, month or year that is known; one that fits no single period stands in a row of its own. Rates
# between totals are differences of the running total, resolved so that a later, lower figure corrects the earlier ones, per 365.25 days. Their
# intervals are exact Poisson limits scaled by the dispersion of casualties per incident (sum of squares over sum): several people hurt by one
# blast are not independent. Trends are log-linear with the dispersion of the counts; the change point is the most likely one of a Poisson
# rate, with its exact posterior. A falling rate is a description, not an effect of clearance: who lives and works where has changed as well.

# %%
words.say(
    f"Used here: level {level:g}; "
    + (
        f"dispersion of casualties per incident {phi:.2f} (n = {len(sizes)} incidents with known casualties); "
        if len(sizes)
        else "no dispersion of casualties per incident is known; "
    )
    + f"{words.many(len(steps), 'stretch', 'stretches')} between totals."
)

# %% [markdown]
# ## Limits of the data

# %%
words.say("\n".join(f"- {line}" for line in here.limits) or "The data package states no limits.")

# %% [markdown]
# ## Sources

# %%
cite.show()
