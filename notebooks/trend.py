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
# Are explosions becoming rarer, and are fewer people hurt? Official running totals say how many people are hurt a year;
# incidents known one by one say where, when and how. Both stand here with how sure they are.

# %%
import minestats as ms
from minestats import plot
from minestats.report import pace, tallies

# %% tags=["parameters"]
data: str = ""  # folder of the data package; empty: the data that come with minestats
district: str = "all"  # district to report on [choices: all, districts.district]
since: str = ""  # first day counted; empty: the start that the data name [date; optional]
until: str = ""  # last day counted; empty: as far as the data go [date; optional]
as_of: str = ""  # state of knowledge, later publications are left out; empty: all [date; optional]
level: float = 0.95  # confidence level of the intervals [range: 0.5 to 0.999]
suppress: int = 0  # people by age, sex, settlement: counts below it are withheld; 0: none [range: 0 to 1000]

# %%
tables = ms.load(data or None, columns={"incidents": [*pace.COLUMNS]})  # of a Parquet file nothing else is read
r = ms.Report(tables, district=district, since=since, until=until, as_of=as_of, level=level, suppress=suppress)
r.open("Trend of mine incidents and casualties", pace.answer(r))

# %% [markdown]
# ## At a glance

# %%
r.glance(pace.tiles(r))

# %% [markdown]
# ## How many people are hurt a year?
#
# An official running total says how many people mines have killed or injured since a day. The rise between two of them,
# about a year apart, is the number of people hurt in between; the first stretch begins on the first day, when the total
# was 0. Totals of single years are such stretches as they stand. A segment is the rate of its stretch, the band around
# it the interval.

# %%
years = pace.yearly(r)
r.figure(plot.rates(years))

# %%
r.table(years)
r.say(years)

# %% [markdown]
# ## How sure is the change?
#
# The change is estimated over all stretches at once, and again with choices that could have been made otherwise: the
# shortest interval between two totals, how falls of the total are resolved, and without the stretch with most people.

# %%
choices = pace.what_if(r)
r.table(choices)
r.say(choices)

# %% [markdown]
# ## What do the official totals say?
#
# Totals can overlap and contradict each other. A later, lower total corrects the earlier ones; totals that are rounded,
# undated or of no named authority are not used. The table names what was published and what is used.

# %%
r.figure(plot.cumulative(pace.curve(r), value="victims"))

# %%
published = pace.totals(r)
r.table(published)
r.say(published, pace.between(r))

# %% [markdown]
# Between neighbouring totals, two weeks apart or more, single blasts let the rate swing.

# %%
r.table(pace.fine(r))

# %% [markdown]
# ## How many incidents are known, and when did they happen?
#
# These are the incidents, or the people, that the data list one by one. A list describes what was recorded, not the
# danger. Months that are marked as provisional can still grow.

# %%
months = pace.monthly(r)
r.figure(plot.trend(months, provisional=r.provisional))

# %%
listed = tallies.by_year(r)
r.table(listed.filter(["year", "days", r.events, "killed", "injured", "killed_unknown", "injured_unknown"]))
r.say(listed, pace.last_month(r))

# %% [markdown]
# ## Has the number of listed incidents changed?
#
# A straight trend over whole quarters, a test of their order, and the question whether the rate changed once. An
# interval that includes 0 says that chance can explain the change, not that there is none.

# %%
r.say(pace.quarters(r))

# %% [markdown]
# ## How complete is the list?
#
# Where official totals rise by more than the list holds, incidents are missing from it. A list that becomes more
# complete hides a fall: fewer people are hurt, and more of them are listed.

# %%
complete = pace.completeness(r)
r.table(complete, heads={"value": "listed / official"}, decimals={"value": 2, "low": 2, "high": 2})
r.say(complete)

# %% [markdown]
# ## Where, with what, doing what?
#
# Counts of the list, not rates: how many people live, work and travel in a place is not in them.

# %%
r.figure(plot.map(r.data.districts, pace.on_map(r)))

# %%
for column in ("district" if r.national else "settlement", "device", "activity"):
    r.table(tallies.groups(r, column))

# %% [markdown]
# ## Methods
#
# Rates between totals are differences of the resolved running total per 365.25 days, with exact Poisson limits widened
# by the dispersion of casualties per incident (sum of squares over sum), because people hurt by one blast are not
# independent. The annual change is log-linear with the dispersion of its stretches; its interval is the widest over
# shortest intervals of 14, 30, 60 and 90 days. Incidents are counted by the day, month or year that is known. A falling
# rate is a description, not an effect of clearance: who lives and works where has changed as well.
#
# ## Limits and sources

# %%
r.close(r.spread)
