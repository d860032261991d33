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
# # Casualty rates
#
# How often do mines and explosive remnants of war explode, how many people do they kill and injure, and who are they? Each rate stands with its
# interval and its denominator; each share with the part that is not known.

# %%
import pandas as pd

import minestats as ms
from minestats import clearance, plot, words
from minestats.exposure import person_years, population_figures
from minestats.rates import design_effect, dispersion
from minestats.render import report_info
from minestats.scope import scope
from minestats.suppress import publishable, withheld

# %% tags=["parameters"]
data: str = ""  # folder of the data package; empty: the data that come with minestats
district: str = "all"  # district to report on [choices: all, districts.district]
since: str = ""  # first day counted; empty: the start that the data name [date; optional]
until: str = ""  # last day counted; empty: as far as the data go [date; optional]
as_of: str = ""  # state of knowledge, later publications are left out; empty: all [date; optional]
level: float = 0.95  # confidence level of the intervals [range: 0.5 to 0.999]
suppress: int = 0  # people by age, sex, settlement: counts below it are withheld; 0: none [range: 0 to 1000]

# %%
here = scope(ms.load(data or None), district=district, since=since, until=until, as_of=as_of)
cite = words.Citations(here.data)
report_info(title=f"Casualty rates, {here.place}", period=here.period, as_of=here.as_of)
words.say(here.lead)
words.say(
    "A *casualty* is a person killed or injured. Incidents and their casualties are those listed one by one; official totals, which know more casualties, stand apart."
)

# %%
window = {"since": here.since, "until": here.until}
incidents = here.incidents
events = here.events  # "casualties" where the register lists people
sizes = pd.DataFrame(columns=["date", "casualties"]) if here.people else ms.casualty_sizes(incidents)
phi = max(1.0, dispersion(sizes["casualties"])) if len(sizes) else 1.0
years = ms.incidence(incidents, interval="year", count=events, **window)
years = years[years["days"] > 0]
rows = []
for _, y in years.iterrows() if not here.people else ():
    hurt = sizes.loc[sizes["date"].between(y["period_start"], y["period_end"]), "casualties"]
    of_a_year = y["days"] / 365.25
    rows.append(
        {
            "year": f"{y['period_start']:%Y}",
            "days": y["days"],
            "incidents": y["incidents"],
            "incident_rate": ms.rate(int(y["incidents"]), of_a_year, level=level),
            "casualties": hurt.sum(),
            "casualty_rate": ms.casualty_rate(hurt, of_a_year, level=level),
        }
    )
whole = [r for r in rows if r["days"] >= 365]
official = here.national and here.totals["victims"].notna().sum() >= 2
steps = ms.interval_rates(here.totals, value="victims", dispersion=phi, level=level) if official else pd.DataFrame()
killed_known, injured_known = incidents["killed"].sum(), incidents["injured"].sum()
fatality = (
    ms.case_fatality(int(killed_known), int(injured_known), level=level) if killed_known + injured_known else None
)

# %% [markdown]
# ## At a glance

# %%
tiles = []
full = years[years["days"] >= 365].tail(2)
if here.people and len(full) == 2:
    tiles.append(
        (
            f"Casualties listed in {full['period_start'].iloc[1]:%Y}",
            words.number(full["count"].iloc[1]),
            f"{words.number(full['count'].iloc[0])} in {full['period_start'].iloc[0]:%Y}: {words.change(full['count'].iloc[1], full['count'].iloc[0])}",
        )
    )
if whole:
    new = whole[-1]
    tiles.append(
        (
            f"Incidents listed in {new['year']}",
            words.interval(new["incident_rate"]),
            f"a year, with the {level:.0%} interval of a constant rate"
            + (f"; {whole[-2]['incidents']} in {whole[-2]['year']}" if len(whole) > 1 else ""),
        )
    )
    tiles.append(
        (
            f"Casualties listed in {new['year']}",
            words.interval(new["casualty_rate"]),
            "a year; several people hurt by one blast are allowed for"
            + (f"; {whole[-2]['casualties']} in {whole[-2]['year']}" if len(whole) > 1 else ""),
        )
    )
if fatality is not None:
    tiles.append(
        (
            "Killed among the casualties listed",
            words.interval(fatality, percent=True),
            f"{words.number(killed_known)} of {words.number(killed_known + injured_known)} people told of; deaths are told of more often than injuries",
        )
    )
if len(steps):
    people = population_figures(here.data.estimates, "population_country")
    try:
        exposure = person_years(people, since=steps["start"].min() + pd.Timedelta(days=1), until=steps["end"].max())
        national = ms.rate(int(steps["count"].sum()), exposure, per=100_000, dispersion=phi, level=level)
        tiles.append(
            (
                "Casualties a year per 100,000 people",
                words.interval(national),
                f"official totals, {words.period(steps['start'].min(), steps['end'].max())}, whole population",
            )
        )
    except ms.DataError:  # no population figure near the period: no rate
        national = None
civilian = incidents[["civilians_killed", "civilians_injured"]].sum().sum()
military = incidents[["military_killed", "military_injured"]].sum().sum()
if civilian + military:
    split = (
        incidents[["civilians_killed", "civilians_injured"]].sum(axis=1),
        incidents[["military_killed", "military_injured"]].sum(axis=1),
    )
    both = (split[0] + split[1]) > 0
    effect = design_effect(split[0][both], (split[0] + split[1])[both]) if both.sum() > 1 else 1.0
    share = ms.proportion(int(civilian), int(civilian + military), design_effect=effect, level=level)
    tiles.append(
        (
            "Civilians among those of known status",
            words.interval(share, percent=True),
            f"{words.number(civilian)} of {words.number(civilian + military)} casualties listed",
        )
    )
words.glance(
    tiles[:5] or [(f"{words.sentence(events)} listed", words.number(len(incidents)), f"{here.place}, {here.period}")]
)

# %% [markdown]
# ## How often do explosions happen, and how many people do they hurt?

# %%
table = pd.DataFrame(
    [
        {
            "year": r["year"],
            "days": r["days"],
            "incidents": r["incidents"],
            "value": r["incident_rate"].value,
            "low": r["incident_rate"].low,
            "high": r["incident_rate"].high,
            "casualties": r["casualties"],
            "casualty_value": r["casualty_rate"].value,
            "casualty_low": r["casualty_rate"].low,
            "casualty_high": r["casualty_rate"].high,
        }
        for r in rows
    ]
)
if here.people and len(incidents):
    ax = plot.incidence(
        years,
        unit=events,
        title=f"{words.number(len(incidents))} casualties listed {here.in_place}, {here.period}",
        source=f"n = {len(incidents)} people, killed and injured; the register does not say who was hurt together",
    )
    plot.show(ax)
elif len(incidents):
    shown = table[table["days"] >= 365] if (table["days"] >= 365).any() else table
    ax = plot.rates(
        shown.rename(columns={"year": "label"})[["label", "value", "low", "high"]],
        label="label",
        unit="incidents a year",
        title=f"{words.many(len(incidents), 'incident')} listed {here.in_place}, {here.period}",
        source=f"n = {shown['incidents'].sum()} incidents in the years shown; exact {level:.0%} intervals",
    )
    plot.show(ax)
else:
    words.say(
        f"None of the {events} {here.in_place} is listed in this period; no rate is given. That is what the list holds, not a finding of none."
    )

# %%
if here.people and len(incidents):
    outcome = [ms.incidence(incidents, interval="year", count=c, **window) for c in ("killed", "injured")]
    outcome = [t[t["days"] > 0] for t in outcome]
    words.table(
        pd.DataFrame(
            {
                "year": years["period_start"].dt.strftime("%Y"),
                "days": years["days"],
                "casualties": years["count"],
                "killed": outcome[0]["count"],
                "injured": outcome[1]["count"],
                "outcome_unknown": outcome[0]["unknown"],
            }
        ),
        f"Casualties a year {here.in_place}, as the register lists them (persons)",
        heads={"days": "days counted"},
    )
    words.say(
        "No interval stands beside a year's casualties: it would need to know how many people each blast hurt. "
        f"Compare years with that in mind. {cite(incidents)}"
    )
elif len(incidents):
    words.table(
        table,
        f"Incidents and casualties a year {here.in_place}, as listed, with {level:.0%} intervals",
        heads={
            "days": "days counted",
            "value": "incidents a year",
            "low": "low",
            "high": "high",
            "casualties": "casualties listed",
            "casualty_value": "casualties a year",
            "casualty_low": "low ",
            "casualty_high": "high ",
        },
        decimals={"value": 1, "low": 1, "high": 1, "casualty_value": 1, "casualty_low": 1, "casualty_high": 1},
    )
    silent = incidents[["killed", "injured"]].isna().all(axis=1).sum()
    words.say(
        f"{words.number(len(sizes))} of {len(incidents)} incidents have known casualties, {words.number(silent)} state none of them; the rest hurt nobody or say only part. Casualties per incident: dispersion {phi:.2f} "
        f"(sum of squares over sum; 1 would mean one person per blast). Casualties are a minimum: where only one of killed and injured is stated, the other adds nothing. In a year without a known casualty the interval is one for incidents. {cite(incidents)}"
    )

# %% [markdown]
# ## Is one year different from another?

# %%
pairs = [
    (whole[i], whole[i - 1]) for i in range(1, len(whole)) if whole[i]["incidents"] + whole[i - 1]["incidents"] > 0
]
ratios = [
    (n, o, ms.rate_ratio(int(n["incidents"]), int(n["days"]), int(o["incidents"]), int(o["days"]), level=level))
    for n, o in pairs
]
if ratios:
    finite = pd.DataFrame(
        [
            {"label": f"{n['year']} to {o['year']}", "value": e.value, "low": e.low, "high": e.high}
            for n, o, e in ratios
            if e.value not in (0.0, float("inf"))
        ]
    )
    clear = [f"{n['year']}" for n, o, e in ratios if not e.low <= 1 <= e.high]
    if len(finite):
        ax = plot.rates(
            finite,
            label="label",
            unit="ratio of incidents a day",
            reference=1,
            log=True,
            title="Years whose incidents differ from the year before beyond chance: " + words.listing(clear),
            source="Exact conditional intervals of listed incidents; 1 is no change",
        )
        plot.show(ax)
    words.table(
        pd.DataFrame(
            [
                {
                    "years": f"{n['year']} to {o['year']}",
                    "incidents": f"{n['incidents']} and {o['incidents']}",
                    "ratio": e.value,
                    "low": e.low,
                    "high": e.high,
                    "p": e.p_value,
                }
                for n, o, e in ratios
            ]
        ),
        f"Rate ratios of listed incidents {here.in_place}, each year to the year before",
        decimals={"ratio": 2, "low": 2, "high": 2, "p": 3},
    )
    words.say(
        "Incidents are compared, not casualties, because people hurt by one blast are not independent. Several comparisons are made: one in twenty would differ by chance alone. The list is not equally complete in every year."
    )
elif here.people:
    words.say(
        "No ratio: people hurt by one blast are not independent, so ratios of casualties have no honest interval."
    )
else:
    words.say("There are no two whole years with incidents to compare.")

# %% [markdown]
# ## Who are the casualties, according to official totals?

# %%
crossings = ["civilians_killed", "civilians_injured", "military_killed", "military_injured"]
splits = (
    here.totals[here.totals[crossings].notna().all(axis=1) & here.totals["as_of"].notna()].sort_values(
        "as_of", kind="stable"
    )
    if here.national
    else here.totals.head(0)
)
known_days = {pd.Timestamp(d) for d in here.data.settings["compare_totals"]}
if len(splits):
    last = splits.iloc[-1]
    civilians, soldiers = (
        last["civilians_killed"] + last["civilians_injured"],
        last["military_killed"] + last["military_injured"],
    )
    for _, row in splits[splits["as_of"].isin(known_days) | (splits.index == last.name)].iterrows():
        both_sides = (
            row["civilians_killed"] + row["civilians_injured"],
            row["military_killed"] + row["military_injured"],
        )
        words.say(
            f"By {words.day(row['as_of'])}, according to {here.authority(row['authority'])}, {words.number(row['victims'])} casualties since {words.day(row['since'])}: **{words.number(both_sides[0])} civilians** ({words.number(row['civilians_killed'])} killed, "
            f"{words.number(row['civilians_injured'])} injured) and **{words.number(both_sides[1])} military** ({words.number(row['military_killed'])} killed, {words.number(row['military_injured'])} injured). {cite(splits.loc[[row.name]])} "
            + (
                "The parts add to the total."
                if sum(both_sides) == row["victims"]
                else f"The parts add to {words.number(sum(both_sides))}."
            )
        )
    words.say("Deminers are civilians in some statements and a group of their own in others.")
    same = ["as_of", "victims", "civilians", "military", *crossings, "authority"]
    groups = [(g, g.iloc[0]) for _, g in splits.groupby(same, dropna=False, sort=True)]
    words.table(
        pd.DataFrame(
            [
                {**{c: r[c] for c in same[:-1]}, "by": here.authority(r["authority"]), "pages": cite(g)}
                for g, r in groups
            ]
        ).astype(dict.fromkeys(same[1:-1], "Int64")),
        f"Official totals that state civilians and military, killed and injured, {here.in_place} (persons, as stated)",
        heads={"as_of": "as of", "by": "according to"},
    )
elif here.national:
    words.say("No official total of this period states civilians and military, killed and injured.")
else:
    words.say(f"Official totals are of the whole country; none is published for {here.place}.")

# %%
shares = []
if len(splits):
    n_split = int(civilians + soldiers)
    shares.append(
        (
            "Civilians (official)",
            ms.proportion(int(civilians), n_split, design_effect=max(1.0, phi), level=level),
            n_split,
        )
    )
    shares.append(
        (
            "Killed, of civilians (official)",
            ms.case_fatality(int(last["civilians_killed"]), int(last["civilians_injured"]), level=level),
            int(civilians),
        )
    )
    shares.append(
        (
            "Killed, of military (official)",
            ms.case_fatality(int(last["military_killed"]), int(last["military_injured"]), level=level),
            int(soldiers),
        )
    )
if official:
    outcome = here.totals[
        here.totals[["killed", "injured"]].notna().all(axis=1)
        & here.totals["rounded"].isna()
        & here.totals["as_of"].notna()
    ].sort_values("as_of", kind="stable")
    if len(outcome):
        end = outcome.iloc[-1]
        shares.append(
            (
                "Killed (official)",
                ms.case_fatality(int(end["killed"]), int(end["injured"]), level=level),
                int(end["killed"] + end["injured"]),
            )
        )
        cite(outcome.tail(1))
if civilian + military:
    shares.append(("Civilians (listed)", share, int(civilian + military)))
if fatality is not None:
    shares.append(("Killed (listed)", fatality, int(killed_known + injured_known)))
if shares:
    ax = plot.rates(
        pd.DataFrame(
            [{"label": name, "value": 100 * e.value, "low": 100 * e.low, "high": 100 * e.high} for name, e, _ in shares]
        ),
        label="label",
        unit="percent of casualties of known status or outcome",
        title=words.listing(
            f"{name.lower()}: {100 * e.value:.0f} %" for name, e, _ in shares[:1] + shares[-1:]
        ).capitalize(),
        source=f"Wilson {level:.0%} intervals; unknown status and outcome left out",
    )
    plot.show(ax)
    words.table(
        pd.DataFrame(
            [
                {
                    "share": name,
                    "percent": 100 * e.value,
                    "low": 100 * e.low,
                    "high": 100 * e.high,
                    "of": n,
                    "method": e.method,
                }
                for name, e, n in shares
            ]
        ),
        f"Shares of casualties {here.in_place}, with {level:.0%} intervals",
        heads={"of": "of casualties"},
        decimals={"percent": 1, "low": 1, "high": 1},
    )

# %%
told = incidents[incidents["children"].notna()]
if here.people:  # the convention of the field: children among civilian casualties of known age
    told = told[told[["civilians_killed", "civilians_injured"]].sum(axis=1) > 0]
all_told = told[["killed", "injured"]].sum().sum()
every = civilian if here.people else killed_known + injured_known
of_whom = "civilian casualties of known age" if here.people else "casualties of incidents that state children"
small = withheld(told["children"].sum(), all_told - told["children"].sum(), below=suppress)
if small:
    words.say(f"Children: the number is withheld, because it or that of the others is below {suppress}.")
elif all_told and 2 * all_told >= every:
    young = ms.proportion(
        int(told["children"].sum()), int(all_told), unknown=int(max(0, every - all_told)), level=level
    )
    words.say(
        f"Children: {words.number(told['children'].sum())} of {words.number(all_told)} {of_whom}, **{words.interval(young, percent=True)}** ({young.method})."
    )
else:
    words.say(
        f"Children: {words.number(len(told))} of {words.number(len(incidents))} rows of the list say how many were hurt ({words.number(told['children'].sum())} in all). "
        "With fewer than half of the casualties of known age no share is given."
    )
if here.people and shares:
    words.say(
        "The intervals of these shares take people as independent, because the register does not say who was hurt together: they are too narrow."
    )
if here.national:
    outside = here.data.estimates[
        (here.data.estimates["metric"] == "blasts_outside_mapped_areas")
        & here.data.estimates["as_of"].between(here.since, here.until)
    ]
    for (value, unit, authority), group in outside.groupby(["value", "unit", "authority"]):
        words.say(
            f"Blasts outside areas that are mined according to the maps: {words.number(value)} {unit}, according to {here.authority(authority)} ({words.listing(sorted(set(group['as_of'].dt.strftime('%Y-%m-%d'))))}). {cite(group)} The number of blasts that this rests on is not stated, so no interval can be given."
        )

# %% [markdown]
# ## How many casualties per population?

# %%
rates = []
for metric, who in (
    ("population_country", "per 100,000 people of the country"),
    ("returnees", "per 100,000 returnees"),
):
    figures = population_figures(here.data.estimates, metric) if len(steps) else steps
    if not len(figures):
        continue
    inside = steps[
        (steps["start"] >= figures["as_of"].min() - pd.Timedelta(days=183))
        & (steps["end"] <= figures["as_of"].max() + pd.Timedelta(days=183))
    ]
    if len(inside):
        first_day, last_day = inside["start"].min() + pd.Timedelta(days=1), inside["end"].max()
        lived = person_years(figures, since=first_day, until=last_day)
        rates.append(
            {
                "who": who,
                "from": first_day,
                "to": last_day,
                "casualties": inside["count"].sum(),
                "person_years": lived,
                "estimate": ms.rate(int(inside["count"].sum()), lived, per=100_000, dispersion=phi, level=level),
            }
        )
        cite(
            here.data.estimates[
                (here.data.estimates["metric"] == metric)
                & here.data.estimates["district"].isna()
                & here.data.estimates["as_of"].between(first_day, last_day)
            ]
        )
if rates:
    words.table(
        pd.DataFrame(
            [
                {
                    **{k: v for k, v in r.items() if k != "estimate"},
                    "rate": r["estimate"].value,
                    "low": r["estimate"].low,
                    "high": r["estimate"].high,
                }
                for r in rates
            ]
        ),
        f"Official casualties a year per population {here.in_place}, with {level:.0%} intervals (dispersion {phi:.2f})",
        heads={"who": "rate", "person_years": "person-years", "rate": "a year"},
        decimals={"person_years": 0, "rate": 2, "low": 2, "high": 2},
    )
    words.say(
        "The two denominators answer different questions and must not be compared: the first is the burden on the country; the second sets casualties, among them soldiers, deminers and workers who are no returnees, beside the people who have moved back, and says how few those are rather than what a returnee risks."
    )
elif here.national:
    words.say("No rate per population: official totals or population figures are missing for this period.")
else:
    words.say(f"No rate per population: the data hold no official totals and no population at risk of {here.place}.")

# %% [markdown]
# ## How many incidents for each 1,000 hectares cleared?

# %%
operator = str(here.data.settings["main_operator"])
done = pd.DataFrame()
if here.national and operator in set(here.clearance["operator"]):
    cleared = clearance.by_year(clearance.monthly_clearance(here.clearance, operator=operator))
    done = (
        cleared[cleared["official_ha"].notna()]
        .assign(year=lambda t: t["year"].astype(str))
        .merge(table[["year", "incidents", "days"]], on="year")
    )
    done = done[done["days"] >= 365]
if len(done):
    each = [
        ms.rate(int(n), ha / 1000, level=level) for n, ha in zip(done["incidents"], done["official_ha"], strict=True)
    ]
    words.table(
        pd.DataFrame(
            {
                "year": done["year"],
                "incidents": done["incidents"],
                "ha": done["official_ha"],
                "rate": [e.value for e in each],
                "low": [e.low for e in each],
                "high": [e.high for e in each],
            }
        ),
        f"Incidents listed for each 1,000 ha reported as cleared {here.in_place}",
        heads={"ha": "cleared (ha, official total)", "rate": "for each 1,000 ha"},
        decimals={"ha": 1, "rate": 2, "low": 2, "high": 2},
    )
    words.say("A ratio of two numbers, not a risk of clearing: most people hurt were not clearing mines.")
else:
    words.say(
        "No such ratio: there is no official total of the area cleared in a whole year for this place and period."
    )

# %% [markdown]
# ## Do places differ?

# %%
if here.people and here.national and len(incidents):
    by_place = incidents["district"].fillna("place not known").value_counts().rename_axis(here.data.settings["place"])
    words.table(
        publishable(
            by_place.reset_index(name="casualties"),
            below=suppress,
            count="casualties",
            by=here.data.settings["place"],
        ),
        f"Casualties listed by {here.data.settings['place']}, {here.period} (persons)",
    )
elif here.national and len(incidents):
    spread = incidents.assign(district=incidents["district"].fillna("district not known"))
    spread_years = ((here.until - here.since).days + 1) / 365.25
    counts = (
        spread["district"]
        .value_counts()
        .rename_axis("district")
        .reset_index(name="incidents")
        .sort_values(["incidents", "district"], ascending=[False, True], kind="stable")
    )
    made = ms.rate_table(counts["incidents"], pd.Series(spread_years, index=counts.index), level=level)
    where = pd.DataFrame(
        {"label": counts["district"], "value": made["value"], "low": made["low"], "high": made["high"]}
    )
    ax = plot.rates(
        where.head(12),
        label="label",
        unit="incidents a year",
        title=f"{counts['district'].iloc[0]}: {counts['incidents'].iloc[0]} of {len(incidents)} listed incidents",
        source=f"{here.period}; exact {level:.0%} intervals; not per inhabitant: who lives and works where is not known",
    )
    plot.show(ax)
    known = counts[counts["district"] != "district not known"]
    ratios = [
        ms.rate_ratio(
            int(n), spread_years, int(known["incidents"].sum() - n), spread_years * (len(known) - 1), level=level
        )
        if len(known) > 1
        else None
        for n in known["incidents"]
    ]
    words.table(
        where.assign(
            incidents=counts["incidents"],
            unstable=made["unstable"],
            ratio=pd.Series([words.interval(r) if r else "" for r in ratios], index=known.index),
        )[["label", "incidents", "value", "low", "high", "unstable", "ratio"]],
        f"Listed incidents a year by {here.data.settings['place']}, {here.period}, and their ratio to the mean of the other places",
        heads={"label": "place", "value": "a year", "unstable": "fewer than 16: unstable", "ratio": "ratio (interval)"},
        decimals={"value": 2, "low": 2, "high": 2},
    )
    words.say(
        "A ratio says how many times as many incidents are listed as in the mean of the other places that have any. It is not a risk: neither people nor land are in it."
    )
elif len(incidents):
    country = scope(here.data, since=f"{here.since:%Y-%m-%d}", until=f"{here.until:%Y-%m-%d}")
    rest = len(country.incidents) - len(incidents)
    words.say(
        f"{here.place}: {words.number(len(incidents))} {events} listed of {words.number(len(country.incidents))} in the whole country: "
        f"{words.interval(ms.proportion(len(incidents), len(country.incidents), level=level), percent=True)}; {words.number(rest)} elsewhere."
    )
if len(incidents) and not here.national and not here.people and suppress > 1:
    villages = incidents.assign(settlement=incidents["settlement"].fillna("not stated"))
    cells = villages.groupby("settlement")[["killed", "injured"]].sum(min_count=1).reset_index()
    cells = cells.melt("settlement", var_name="outcome", value_name="people")
    cells = publishable(cells, below=suppress, count="people", by=["settlement", "outcome"]).set_index("settlement")
    words.table(
        pd.DataFrame({c: cells.loc[cells["outcome"] == c, "people"] for c in ("killed", "injured")})
        .rename_axis("settlement")
        .reset_index(),
        f"Casualties listed {here.in_place} by settlement (persons); counts below {suppress}, and those that would give them away, are withheld",
    )
elif len(incidents) and not here.national and not here.people:
    words.table(
        incidents.assign(
            device=incidents["device"].replace(words.DEVICES),
            activity=incidents["activity"].str.replace("_", " "),
            pages=[cite(incidents.loc[[i]], 3) for i in incidents.index],
        )[["date", "date_precision", "settlement", "killed", "injured", "device", "activity", "pages"]],
        f"Incidents listed {here.in_place}",
        heads={"date_precision": "precision"},
    )

# %% [markdown]
# ## Methods
#
# Incidents a year: exact Poisson intervals (Garwood). Casualties a year: a compound Poisson interval from the sizes of the incidents (Fay and Feuer), because several people
# hurt by one blast are not independent; plain Poisson intervals on casualties are too narrow. Rates from official totals are scaled by the dispersion of the listed incidents. Ratios: exact
# conditional intervals. Shares: Wilson intervals with the known denominator; for shares over casualties the design effect of whole incidents widens them.

# %%
words.say(
    f"Used here: level {level:g}; {words.number(len(incidents))} {events}"
    + (f", {len(sizes)} with known casualties, dispersion {phi:.2f}; " if len(sizes) else "; ")
    + f"{words.many(len(steps), 'stretch', 'stretches')} between official totals."
)

# %% [markdown]
# ## Limits of the data

# %%
words.say("\n".join(f"- {line}" for line in here.limits) or "The data package states no limits.")

# %% [markdown]
# ## Sources

# %%
cite.show()
