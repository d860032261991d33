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
# # Demining progress
#
# How much land do the bulletins report as cleared, how many mines were found on it, how well do the statements agree, and how long
# would the rest take at this pace?

# %%
import pandas as pd

import minestats as ms
from minestats import clearance, plot, words
from minestats.render import report_info
from minestats.scope import scope

# %% tags=["parameters", "no-small-counts"]
data: str = ""  # folder of the data package; empty: the data that come with minestats
district: str = "all"  # district to report on [choices: all, districts.district]
since: str = ""  # first day counted; empty: the start that the data name [date; optional]
until: str = ""  # last day counted; empty: as far as the data go [date; optional]
as_of: str = ""  # state of knowledge, later publications are left out; empty: all [date; optional]
level: float = 0.95  # confidence level of the intervals [range: 0.5 to 0.999]

# %%
columns = ["date", "date_precision", "district", "side", "row_is", "source_id"]
tables = ms.load(data or None, columns={"incidents": columns})  # of a Parquet file nothing else is read
here = scope(tables, district=district, since=since, until=until, as_of=as_of)
cite = words.Citations(here.data)
report_info(title=f"Demining progress, {here.place}", period=here.period, as_of=here.as_of)
words.say(here.lead)
words.say(
    "Hectares are *area reported*: bulletins do not say which part was cancelled by survey, reduced, or searched and cleared. Figures are "
    "those of the bulletins; where they overlap or disagree, the choice is shown."
)

# %%
operator = str(here.data.settings["main_operator"])
own = str(here.data.settings["own_operator"])
statements = here.clearance
present = set(statements["operator"]) if here.national else set()
monthly = counter = residuals = pd.DataFrame()
if operator in present:
    monthly = clearance.monthly_clearance(statements, operator=operator)
    monthly = monthly[monthly["month"].between(here.since.replace(day=1), here.until)].reset_index(drop=True)
    counter = clearance.running_totals(statements, operator=operator)
    residuals = clearance.counter_residuals(statements, operator=operator)
known = monthly[monthly["area_ha"].notna()] if len(monthly) else monthly
yearly = clearance.by_year(monthly) if len(known) else pd.DataFrame()
if len(yearly):
    pieces = (
        monthly.assign(year=monthly["month"].dt.year)
        .groupby("year")[["anti_personnel", "anti_tank", "uxo"]]
        .sum(min_count=1)
    )
    yearly = yearly.merge(pieces, on="year", how="left")
    yearly["months_known"] = yearly[["months_reported", "months_weeks", "months_difference", "months_allocated"]].sum(
        axis=1
    )
whole = yearly[yearly["months_known"] == 12] if len(yearly) else yearly
used = counter[counter["used"] & counter["area_ha"].notna()] if len(counter) else counter

# %% [markdown]
# ## At a glance

# %%
tiles = []
if len(used):
    top = used.iloc[-1]
    tiles.append(
        (
            "Reported as cleared, running total",
            f"{words.number(top['area_ha'])} ha",
            f"{words.period(top['start'], top['as_of'])}; {here.operator(operator)}",
        )
    )
if len(whole) >= 1:
    new = whole.iloc[-1]
    old = whole.iloc[-2] if len(whole) >= 2 else None
    per_mine = (
        ms.area_per_mine(new["sum_ha"], round(new["anti_personnel"]), round(new["anti_tank"]))
        if pd.notna(new["anti_personnel"] + new["anti_tank"])
        else None
    )
    tiles.append(
        (
            f"Reported as cleared in {new['year']:.0f}",
            f"{words.number(new['sum_ha'], 0)} ha",
            f"{words.number(old['sum_ha'], 0)} ha in {old['year']:.0f}: {words.change(new['sum_ha'], old['sum_ha'])}"
            if old is not None
            else "no earlier whole year",
        )
    )
    tiles.append(
        (
            f"Mines found in {new['year']:.0f}",
            words.number(new["anti_personnel"] + new["anti_tank"], 0),
            f"{words.number(new['anti_personnel'], 0)} anti-personnel, {words.number(new['anti_tank'], 0)} anti-tank"
            + (
                f"; {words.change(new['anti_personnel'] + new['anti_tank'], old['anti_personnel'] + old['anti_tank'])} than in {old['year']:.0f}"
                if old is not None
                else ""
            ),
        )
    )
    if per_mine is not None:
        tiles.append(
            (
                f"Area for each mine found in {new['year']:.0f}",
                f"{words.number(per_mine.value, 0)} m2",
                f"interval {words.number(per_mine.low, 0)} to {words.number(per_mine.high, 0)} (finds cluster: the least uncertainty)",
            )
        )
flagged = int(known["conflict"].sum()) if len(known) else 0
if len(known):
    tiles.append(
        (
            "Months in which statements disagree",
            words.number(flagged),
            f"of {len(known)} months with a figure, {here.period}",
        )
    )
if not here.national:
    tiles.append(("Statements limited to this district", words.number(len(statements)), here.period))
    years_here = statements[(statements["period_type"] == "year") & statements["area_ha"].notna()].sort_values(
        "period_end", kind="stable"
    )
    for place in range(len(years_here) - 1, max(-1, len(years_here) - 3), -1):
        row = years_here.iloc[[place]]
        tiles.append(
            (
                f"Reported as cleared in {row['period_end'].iloc[0]:%Y}",
                f"{words.number(row['area_ha'].iloc[0])} ha",
                f"by {here.operator(row['operator'].iloc[0])} {cite(row)}",
            )
        )
    sums = statements[(statements["period_type"] == "cumulative") & statements["area_ha"].notna()].sort_values(
        "period_end", kind="stable"
    )
    if len(sums):
        row = sums.tail(1)
        tiles.append(
            (
                "Latest running total of the district",
                f"{words.number(row['area_ha'].iloc[0])} ha",
                f"{words.period(row['period_start'].iloc[0], row['period_end'].iloc[0])}; operator: {here.operator(row['operator'].iloc[0])} {cite(row)}",
            )
        )
words.glance(tiles or [("Clearance statements", "none", f"{here.place}, {here.period}")])

# %% [markdown]
# ## How much is reported as cleared each month?

# %%
if len(known):
    best = known.loc[known["area_ha"].idxmax()]
    methods = known["method"].value_counts()
    latest = whole.iloc[-1] if len(whole) else None
    ax = plot.clearance(
        monthly,
        title=(
            f"{latest['year']:.0f}: {words.number(latest['sum_ha'], 0)} ha"
            + (
                f", {words.change(latest['sum_ha'], whole.iloc[-2]['sum_ha'])} than {whole.iloc[-2]['year']:.0f}"
                if len(whole) > 1
                else ""
            )
            if latest is not None
            else f"{words.many(len(known), 'month')} with a figure"
        ),
        source=words.sentence(
            f"{here.operator(operator)}; {words.listing(f'{n} months {m}' for m, n in methods.items())}"
        ),
    )
    plot.show(ax)
elif here.national:
    words.say("The data hold no statement that gives a month in this period.")
else:
    words.say(
        f"No monthly series can be made for {here.place}: bulletins are of the whole country. What statements say of the district alone stands below."
    )

# %%
if len(yearly):
    words.table(
        yearly[
            [
                "year",
                "official_ha",
                "sum_ha",
                "residual_ha",
                "months_reported",
                "months_weeks",
                "months_difference",
                "months_allocated",
                "months_missing",
            ]
        ].assign(year=yearly["year"].astype(str)),
        f"Area reported as cleared {here.in_place} by year ({here.operator(operator)}): official total of the year, sum of the monthly series, months by method",
        heads={
            "official_ha": "official total (ha)",
            "sum_ha": "sum of months (ha)",
            "residual_ha": "difference (ha)",
            "months_reported": "months reported",
            "months_weeks": "from weeks",
            "months_difference": "from running totals",
            "months_allocated": "shared out",
            "months_missing": "missing",
        },
        decimals={"official_ha": 2, "sum_ha": 2, "residual_ha": 2},
    )
    words.say(
        "*Reported*: a bulletin states the month. *From weeks*: weekly bulletins cover each day. *From running totals*: difference of two. *Shared out*: what a longer "
        "period leaves after its known months, split by days; such a month has a known sum with its neighbours and no height of its own, so the difference to the year's total is "
        f"0 by construction. A missing month is unknown, not 0. {cite(statements[statements['operator'] == operator])}"
    )

# %% [markdown]
# ## How much in all?

# %%
if len(used):
    ax = plot.cumulative(
        counter,
        value="area_ha",
        title=f"Running total of {here.operator(operator)}: {words.number(top['area_ha'])} ha by {words.day(top['as_of'])}",
        source=f"n = {len(used)} dated, unrounded totals since {words.day(top['start'])}",
    )
    plot.show(ax)
else:
    words.say(
        f"Running totals are of the whole country; those of {here.place} alone stand in its statements below."
        if not here.national
        else "No dated, unrounded running total in this period."
    )


# %%
def totals_table(table, who):
    rows = table[table["area_ha_published"].notna() | table["anti_personnel_published"].notna()].sort_values("as_of")
    said = [
        statements[
            (statements["operator"] == who)
            & (statements["period_type"] == "cumulative")
            & (statements["period_end"] == d)
        ]
        for d in rows["as_of"]
    ]
    shown = rows[
        ["as_of", "start", "area_ha_published", "anti_personnel_published", "anti_tank_published", "reason"]
    ].assign(pages=[cite(x) for x in said])
    words.table(shown, f"Running totals of clearance {here.in_place}: {here.operator(who)}", heads={"start": "since", "area_ha_published": "area (ha)", "anti_personnel_published": "anti-personnel", "anti_tank_published": "anti-tank", "reason": "not used, because"}, decimals={"area_ha_published": 2})  # fmt: skip


if len(counter):
    totals_table(counter, operator)
if own in present:
    totals_table(clearance.running_totals(statements, operator=own), own)
    words.say(f"Two running totals exist and are never mixed: {here.operator(own)} and {here.operator(operator)}.")

# %% [markdown]
# ## Does the sum of the months agree with the running total?

# %%
checked = residuals[residuals["residual_ha"].notna()] if len(residuals) else residuals
if len(checked):
    rise, months_sum = checked["increment_ha"].sum(), checked["months_ha"].sum()
    words.table(
        residuals,
        f"Rise of the running total ({here.operator(operator)}) beside the monthly series, stretch by stretch (ha)",
        heads={
            "start": "after",
            "end": "to",
            "increment_ha": "rise of the total (ha)",
            "months_ha": "sum of months (ha)",
            "residual_ha": "difference (ha)",
        },
        decimals={"increment_ha": 1, "months_ha": 1, "residual_ha": 1},
    )
    words.say(
        f"Where both are known, from {words.day(checked['start'].min())} to {words.day(checked['end'].max())}, the running total rose by {words.number(rise, 1)} ha and the months give "
        f"{words.number(months_sum, 1)} ha ({100 * (months_sum / rise - 1):+.1f} %). The largest single difference is {words.number(checked['residual_ha'].abs().max(), 0)} ha: bulletins and totals "
        "are not closed on the same days, months are split by days where a total falls inside them, and late reports enter the total before any month."
    )
else:
    words.say("Nothing to compare: this needs a monthly series and a running total of the same place.")

# %% [markdown]
# ## How many mines are found, and on how much land?

# %%
if len(whole):
    ratios = [
        ms.area_per_mine(r["sum_ha"], round(r["anti_personnel"]), round(r["anti_tank"]))
        for _, r in whole.iterrows()
        if pd.notna(r["anti_personnel"] + r["anti_tank"])
    ]
    found = whole[(whole["anti_personnel"] + whole["anti_tank"]).notna()]
    density = pd.DataFrame(
        {
            "year": found["year"].astype(str).to_numpy(),
            "value": [e.value for e in ratios],
            "low": [e.low for e in ratios],
            "high": [e.high for e in ratios],
        }
    )
    ax = plot.rates(
        density,
        label="year",
        unit="m2 for each mine found",
        title=f"{density['year'].iloc[-1]}: {words.number(density['value'].iloc[-1], 0)} m2 for each mine found"
        + (
            f", {words.change(density['value'].iloc[-1], density['value'].iloc[-2])} than in {density['year'].iloc[-2]}"
            if len(density) > 1
            else ""
        ),
        source="Anti-personnel and anti-tank mines, unexploded ordnance not counted; interval of the count alone",
    )
    plot.show(ax)
else:
    words.say("No whole year has both a cleared area and a count of mines.")

# %%
if len(yearly):
    words.table(
        yearly[["year", "sum_ha", "anti_personnel", "anti_tank", "uxo"]]
        .assign(year=yearly["year"].astype(str))
        .merge(
            density.assign(m2=density["value"])[["year", "m2", "low", "high"]]
            if len(whole)
            else pd.DataFrame({"year": []}),
            on="year",
            how="left",
        ),
        f"Area reported as cleared and items found {here.in_place} ({here.operator(operator)}), sums of the monthly series",
        heads={
            "sum_ha": "area (ha)",
            "anti_personnel": "anti-personnel mines",
            "anti_tank": "anti-tank mines",
            "uxo": "unexploded ordnance",
            "m2": "m2 a mine",
        },
        decimals={"sum_ha": 1, "anti_personnel": 0, "anti_tank": 0, "uxo": 0, "m2": 0, "low": 0, "high": 0},
    )
    words.say(
        "A year with missing months holds the known months only. More square metres for each mine can mean that land with few mines is released: terrain, survey and operators differ from year to year."
    )

# %%
if len(known):
    ax = plot.clearance(
        monthly,
        measure="anti_personnel",
        title=f"Anti-personnel mines found a month: {words.number(known['anti_personnel'].sum(), 0)} in the months shown",
        source=words.sentence(here.operator(operator)),
    )
    plot.show(ax)

# %% [markdown]
# ## Who clears, and where?

# %%
others = (
    statements[
        ~statements["operator"].isin([operator, "unknown"])
        & (statements["period_type"] == "year")
        & statements["area_ha"].notna()
    ]
    if here.national
    else statements.head(0)
)
if len(others):
    words.table(
        others.assign(
            year=others["period_end"].dt.strftime("%Y"),
            who=[here.operator(o) for o in others["operator"]],
            pages=[cite(others.loc[[i]]) for i in others.index],
        )[["year", "who", "area_ha", "rounded", "pages"]].sort_values(
            ["year", "area_ha"], ascending=[True, False], kind="stable"
        ),
        "Area of a whole year by operator, as stated (ha); statements may repeat and overlap, so they are not added",
        heads={"who": "operator", "area_ha": "area (ha)"},
        decimals={"area_ha": 1},
    )
elif here.national:
    words.say("No statement gives the area of a whole year by operator.")

# %%
if here.national:
    by_place = here.data.clearance[
        (here.data.clearance["period_type"] == "year")
        & here.data.clearance["district"].notna()
        & here.data.clearance["area_ha"].notna()
        & here.data.clearance["period_end"].between(here.since, here.until)
    ]
    latest_year = by_place[by_place["period_end"] == by_place["period_end"].max()]
    places = (
        latest_year.groupby("district", as_index=False)["area_ha"]
        .max()
        .sort_values("area_ha", ascending=False, kind="stable")
    )
    if len(places):
        year_name = f"{latest_year['period_end'].max():%Y}"
        ax = plot.map(
            here.data.districts,
            places.set_index("district")["area_ha"],
            unit="ha reported as cleared",
            title=f"{year_name}: most land in {words.listing(places['district'].head(3))}",
            source=f"{words.many(len(places), 'district')} with a statement of their own for {year_name}; {cite(latest_year)}",
        )
        plot.show(ax)
        words.table(
            places,
            f"Area reported as cleared in {year_name} by district (ha), as stated",
            heads={"area_ha": "area (ha)"},
            decimals={"area_ha": 1},
        )

# %%
if not here.national:
    rows = clearance.district_statements(statements, here.district)
    rows = rows.assign(pages=[cite(rows.loc[[i]]) for i in rows.index])
    words.table(
        rows[
            [
                "period_start",
                "period_end",
                "period_type",
                "operator",
                "area_ha",
                "anti_personnel",
                "anti_tank",
                "uxo",
                "rounded",
                "pages",
            ]
        ],
        f"Statements limited to {here.place}",
        heads={
            "period_start": "from",
            "period_end": "to",
            "period_type": "kind",
            "area_ha": "area (ha)",
            "anti_personnel": "anti-personnel",
            "anti_tank": "anti-tank",
            "uxo": "unexploded ordnance",
        },
        decimals={"area_ha": 2},
        empty=f"No statement of this period is limited to {here.place}. That says nothing about work there: most bulletins are of the whole country.",
    )

# %% [markdown]
# ## Where do the statements disagree?

# %%
conflicts = ms.clearance_conflicts(statements) if len(statements) else pd.DataFrame()
if len(conflicts):
    said = [statements[statements["statement_id"].isin(ids.split(";"))] for ids in conflicts["statement_ids"]]
    words.table(
        conflicts.assign(
            operator=[here.operator(o) for o in conflicts["operator"]], pages=[cite(rows) for rows in said]
        )[["kind", "start", "end", "operator", "column", "chosen", "rejected", "message", "pages"]],
        f"Contradictions between statements of clearance, {here.place}",
        heads={"start": "from", "end": "to", "column": "figure", "message": "what"},
        decimals={"chosen": 2},
    )
else:
    words.say(
        "No two statements of this period contradict each other."
        if len(statements)
        else "There are no statements that could contradict each other."
    )

# %% [markdown]
# ## How long would the rest take?

# %%
estimates = here.data.estimates
area = (
    estimates[(estimates["metric"] == "contaminated_area") & estimates["district"].isna()]
    if here.national
    else estimates.head(0)
)
stretch = known.tail(36)
gap_free = len(stretch) >= 12 and (stretch["month"].diff().dropna().dt.days <= 31).all()
scenarios, reads = {}, []
areas = sorted(area["value"].unique()) if len(used) and gap_free else []
# figures within 1 % of each other are one scenario
for value in [v for k, v in enumerate(areas) if k == 0 or v > 1.01 * areas[k - 1]]:
    said = area[area["value"].between(value, 1.01 * value)]
    remaining = float(value) - float(top["area_ha"])
    if remaining <= 0:
        continue
    runs = ms.completion_forecast(stretch["area_ha"], remaining, n=4000, block=3, horizon_years=60, seed=2020)
    name = f"{words.number(value, 0)} ha in all"
    scenarios[name] = runs
    when = [
        f"{stretch['month'].iloc[-1] + pd.DateOffset(months=int(done.iloc[0])):%Y}"
        if len(done)
        else "not within 60 years"
        for done in (runs.loc[runs["done"] >= share, "month"] for share in (0.5, 0.9))
    ]
    reads.append(
        {
            "scenario": name,
            "said": words.listing(sorted({here.authority(a) for a in said["authority"]})),
            "remaining": remaining,
            "half": when[0],
            "late": when[1],
            "unfinished": runs.attrs["unfinished"],
            "pages": cite(said),
        }
    )

# %%
if scenarios:
    ax = plot.forecast(
        scenarios,
        start=stretch["month"].iloc[-1] + pd.DateOffset(months=1),
        title=f"At the pace of the last {len(stretch)} months the rest would last until about {words.listing(sorted({r['half'] for r in reads}), 'or')}",
        source=f"Scenario, not a prediction: months of {stretch['month'].iloc[0]:%B %Y} to {stretch['month'].iloc[-1]:%B %Y} drawn at random in blocks of 3",
    )
    plot.show(ax)
    words.table(
        pd.DataFrame(reads),
        "If months like those of the past repeated: year in which the remaining area would be reported as cleared",
        heads={
            "said": "area according to",
            "remaining": "remaining (ha)",
            "half": "half of the runs done by",
            "late": "nine in ten done by",
            "unfinished": "share not done after 60 years",
        },
        decimals={"remaining": 0, "unfinished": 2},
    )
    words.say(
        f"The baseline is {words.number(stretch['area_ha'].mean(), 0)} ha a month over {len(stretch)} months, of which {words.number((stretch['method'] == 'allocated').sum())} were shared out of longer periods (that makes the range too narrow). "
        "The official figures for the contaminated area contradict each other and each is a scenario of its own; they are read as the area before clearance began, and what has been reported as cleared since is taken off. Which part still "
        "holds mines is not known; survey can release land faster than search. The range shows how the months vary, not whether the pace will last."
    )
else:
    words.say(
        "No forecast: it needs a monthly series of at least 12 months without a gap, a running total, and an official figure for the contaminated area of this place."
    )

# %% [markdown]
# ## What is said of the minefield maps?

# %%
maps = estimates[
    estimates["metric"].isin(
        [
            "map_accuracy",
            "map_effectiveness",
            "minefield_maps_handed_over",
            "mines_on_maps",
            "blasts_outside_mapped_areas",
        ]
    )
]
maps = maps if here.national else maps[(maps["district"] == here.district).fillna(False)]
maps = maps[maps["as_of"].isna() | maps["as_of"].between(here.since, here.until)]
titles = here.data.settings["metrics"]
groups = maps.fillna({"rounded": ""}).groupby(["metric", "value", "unit", "authority"], sort=True)
words.table(
    pd.DataFrame(
        [
            {
                "what": titles.get(m, {}).get("title", m),
                "value": v,
                "unit": u,
                "according to": here.authority(a),
                "said on": words.listing(
                    sorted({f"{d:%Y-%m-%d}" if pd.notna(d) else "date not shown" for d in g["as_of"]})[:3]
                ),
                "statements": len(g),
                "pages": cite(g, 3),
            }
            for (m, v, u, a), g in groups
        ]
    ),
    f"Statements about minefield maps, {here.place}",
    empty="The data hold no such statement.",
)

# %% [markdown]
# ## Methods
#
# Statements stand in a ledger and are never added up: weeks lie within months within years. For each month the best statement that speaks of it is
# taken, in the order reported, weeks, difference of running totals, share of a longer period. Where sources disagree, the figure with an unrounded statement, most sources,
# most decimals and the latest publication is chosen, and the others are listed. Square metres for each mine are the area over anti-personnel and anti-tank mines;
# the interval is that of the count alone. The forecast draws blocks of consecutive past months at random until the remaining area is used up.

# %%
words.say(
    f"Used here: {words.many(len(statements), 'statement')} of {here.place}; series of {here.operator(operator)}; "
    + (
        f"{words.many(len(known), 'month')} with a figure, {words.number(len(monthly) - len(known))} missing."
        if len(monthly)
        else "no monthly series."
    )
)

# %% [markdown]
# ## Limits of the data

# %%
words.say("\n".join(f"- {line}" for line in here.limits) or "The data package states no limits.")

# %% [markdown]
# ## Sources

# %%
cite.show()
