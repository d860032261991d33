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
# How much land is reported as cleared, what was found on it, how well do the figures agree, and how long would the
# rest take? Hectares are *area reported*: where the source does not say which part was cancelled by survey, reduced, or
# searched and cleared, nobody can tell them apart afterwards.

# %%
import minestats as ms
from minestats import plot
from minestats.report import evidence, progress

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
r = ms.Report(tables, district=district, since=since, until=until, as_of=as_of, level=level)
told, who = progress.statements(r), progress.operator(r)
months, totals, agree = progress.monthly(r), progress.running(r, who), progress.agreement(r)
years = progress.yearly(r, months)
tiles = progress.glance(r, years, totals)
r.open("Demining progress", progress.answer(r, tiles, agree))

# %% [markdown]
# ## At a glance

# %%
r.glance(tiles)

# %% [markdown]
# ## How much land each month?
#
# Pieces of work of a register are added up. Of published figures each month takes the best one that speaks of it.
# *Reported*: of the month itself. *Weeks*: short periods that cover
# each of its days. *Difference*: of two running totals. *Allocated*: what a longer period leaves after its known months,
# split by days; such a month has a known sum with its neighbours and no height of its own. Thin lines are the range of
# what was stated. A missing month is unknown, not 0.

# %%
r.figure(plot.clearance, months, title="{}: {}, {}".format(*tiles[0]))

# %% [markdown]
# By year, beside the stated total of the year. Where a month was allocated out of the year, the difference between the
# two is 0 by construction.

# %%
how = ["months_reported", "months_weeks", "months_difference", "months_allocated", "months_missing"]
r.table(years.filter(["year", "official_ha", "sum_ha", "residual_ha", *how]).dropna(axis=1, how="all"))

# %%
if len(progress.work(r)):
    r.say("## What was done to the land?")
    for by in ("", "district", "operator", "method"):
        r.table(progress.released(r, by))
    r.say(progress.released(r))

# %% [markdown]
# ## How much in all?
#
# A running total counts from one day on. A later, lower one corrects those before; rounded ones are shown and not used.
# Totals of different operators are never mixed.

# %%
r.figure(plot.cumulative, totals, value="area_ha")

# %%
printed = ["area_ha_published", "anti_personnel_published", "anti_tank_published"]
own = {str(r.data.settings["own_operator"])} & set(told["operator"])
for name in {who: 0, **dict.fromkeys(own)}:
    r.table(progress.running(r, name).filter(["as_of", "start", *printed, "reason", "pages"]))

# %% [markdown]
# ## How many mines are found, and on how much land?
#
# Few square metres for each mine say that teams worked where mines were, many that land with few mines was released:
# terrain, survey and operators differ from year to year. Finds cluster in rows and fields, and the interval is as wide
# as the finds of the months scatter around their area.

# %%
density = progress.mines(r, years)
r.figure(plot.rates, density)
r.say(density)

# %%
finds = years.filter(["year", "sum_ha", "anti_personnel", "anti_tank", "uxo", "value", "low", "high"])
r.table(
    finds.dropna(axis=1, how="all"),
    "Area and items found, sums of the months",
    heads={"value": "m2 a mine"},
    decimals={"value": 0, "low": 0, "high": 0},
)

# %%
r.figure(plot.clearance, months, measure="anti_personnel", title="Anti-personnel mines found a month")

# %% [markdown]
# ## Who clears, and where?
#
# What is published of single operators, of a district, or of a year can repeat and overlap: it is never added up.

# %%
places = told[(told["period_type"] == "year") & told["district"].notna() & told["area_ha"].notna()]
places = places[places["period_end"] == places["period_end"].max()].sort_values("area_ha", ascending=False)
if r.national and len(places):
    caption = f"Area by district in {places['period_end'].iloc[0]:%Y}, as stated (ha) {r.cite(places)}"
    r.figure(plot.map(r.data.districts, places, value="area_ha", unit="ha", title=caption))
    r.table(places[["district", "area_ha", "anti_personnel", "anti_tank", "uxo"]].dropna(axis=1, how="all"), caption)

# %%
parts = told[told["area_ha"].notna()].sort_values("period_end")
if r.national:
    parts = parts[(parts["period_type"] == "year") & parts["district"].isna() & (parts["operator"] != who)]
parts = parts.assign(operator=parts["operator"].map(r.operator), pages=[r.cite(parts.loc[[i]]) for i in parts.index])
shown = ["period_start", "period_end", "operator", "area_ha", "anti_personnel", "anti_tank", "uxo", "rounded", "pages"]
r.table(
    parts[shown].dropna(axis=1, how="all"), f"Area as published {r.in_place}" + ", of a year by operator" * r.national
)

# %%
if len(told):
    r.say("## Where do the statements disagree?")
    r.table(agree)
    r.say(agree)
    r.table(evidence.contradictions(r), heads={"column": "figure", "chosen": "used", "message": "what"})

# %% [markdown]
# ## How long would the rest take?
#
# Official figures for the contaminated area can contradict each other, and each is a scenario of its own: read as the area
# before clearance began, less what the last exact running total and the months after it report. First the mean pace of
# the last one to four years, which holds no chance: where the windows differ, the pace has changed. Then years of the
# past are drawn at random while their level goes on changing; the interval says when that many of the runs are done.
# Which part still holds mines is not known, and survey can release land faster than search.

# %%
r.table(progress.hazards(r))

# %%
rest = progress.rest(r, months, totals)
r.figure(plot.rates, rest)

# %%
shown = rest.filter(["scenario", "ha_a_month", "value", "low", "high", "done", "left_ha", "authority", "pages"])
r.table(shown, heads={"value": "years"})
r.say(rest)

# %%
maps = r.data.estimates[r.data.estimates["metric"].str.contains("map")]
maps = maps[maps["as_of"].isna() | maps["as_of"].between(r.since, r.until)]
maps = maps[maps["district"].fillna("") == r.district] if not r.national else maps
if len(maps):
    r.say("## What is said of the minefield maps?")
    groups = maps.groupby(["metric", "value", "unit", "authority"])
    shown = groups.agg(last_said=("as_of", "max"), statements=("as_of", "size")).reset_index()
    shown = shown.assign(authority=shown["authority"].map(r.authority), pages=[r.cite(of, 3) for _, of in groups])
    shown["metric"] = [r.data.settings["metrics"].get(metric, {}).get("title", metric) for metric in shown["metric"]]
    heads = {"metric": "what", "value": "figure"}
    r.table(shown, f"Statements about minefield maps, {r.place}", heads=heads, decimals={"value": None})

# %% [markdown]
# ## Methods
#
# Statements stand in a ledger and are never added up: weeks lie within months within years. For each month the best
# statement that speaks of it is taken. Where sources disagree, the figure with an unrounded statement, most sources,
# most decimals and the latest publication is chosen, and the others are listed. Pieces of work of a register are added
# up; released land is what was cleared, reduced and cancelled together, and a sum with an unknown part is unknown.
# Square metres for each mine are the area over anti-personnel and anti-tank mines; the interval is that of the count,
# with the dispersion of the months' finds. The forecast draws years of past months until the remaining area is used up.
#
# ## Limits and sources

# %%
r.close(*progress.used(r, months))
