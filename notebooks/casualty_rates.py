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
# How many people do mines and explosive remnants of war hurt, for how many who live and work there, and who are they? Each rate stands with its
# interval and its denominator; each share with the part that is not known.

# %%
import minestats as ms
from minestats import plot
from minestats.report import burden, harm

# %% tags=["parameters"]
data: str = ""  # folder of the data package; empty: the data that come with minestats
district: str = "all"  # district to report on [choices: all, districts.district]
since: str = ""  # first day counted; empty: the start that the data name [date; optional]
until: str = ""  # last day counted; empty: as far as the data go [date; optional]
as_of: str = ""  # state of knowledge, later publications are left out; empty: all [date; optional]
level: float = 0.95  # confidence level of the intervals [range: 0.5 to 0.999]
suppress: int = 0  # people by age, sex, settlement: counts below it are withheld; 0: none [range: 0 to 1000]

# %%
tables = ms.load(data or None, columns={"incidents": harm.COLUMNS})  # of a Parquet file nothing else is read
r = ms.Report(tables, district=district, since=since, until=until, as_of=as_of, level=level, suppress=suppress)

people, shares, years = burden.per_people(r), harm.who(r), harm.yearly(r)
r.open("Casualty rates", harm.answer(r, people, shares, years))

# %% [markdown]
# ## At a glance

# %%
r.glance(harm.tiles(r, people, shares, years))

# %% [markdown]
# A *casualty* is a person killed or injured. Incidents and their casualties are those listed one by one; official totals stand apart.
#
# ## How many casualties for the people present?
#
# The official totals of casualties are set beside the people who live and work where the mines are, over the longest time for which both are known. The
# number of people is a line between published figures; the range says how many casualties per 100,000 there are if each day had as many people as the figure
# before, or the one after. The share of those not in military service is taken from the list; where that prefers civilians, their rate is an upper figure.
#
# The denominators answer different questions and must not be compared. A rate per inhabitant is the burden on the country. One per returnee sets all
# casualties, also soldiers, deminers and workers who are no returnees, beside the people who have moved back.

# %%
r.table(people)
r.say(people)

# %% [markdown]
# The published figures of the people present: which of them the line goes through, and why not through the others.

# %%
r.table(burden.present(r), heads={"value": "people"}, decimals={"value": 0})

# %% [markdown]
# ## How often do explosions happen, and how many people do they hurt?
#
# Incidents come in bunches and one blast can hurt several people: the intervals allow for both. Casualties are a minimum: where only one of killed and
# injured is stated, the other adds nothing, and *unknown* counts the incidents that state neither. An interval says how well the rate of that time is known,
# not what the next year brings; below 8 incidents a rate can double by chance.

# %%
r.figure(plot.rates, years)
r.table(years)
r.say(years)

# %% [markdown]
# Is one year different from another? Incidents are compared, not casualties, because people hurt by one blast are not independent. The last two columns say
# which ratios would probably have been found: a difference smaller than these is not ruled out, and where the first of them is blank, no fall is. A list may
# not be equally complete in every year: a ratio is one of what was listed.

# %%
pairs = harm.changes(r)
r.table(pairs, heads={"value": "ratio"}, decimals={"value": 2, "low": 2, "high": 2})
r.say(pairs)

# %% [markdown]
# ## Who are the casualties?
#
# An official share counts all casualties; a share of the list counts those who are listed, and a list may hold deaths more often than injuries, or civilians
# more often than soldiers. Beside each share of those known stands what it would be if none, or all, of the unknown were so. The design effect says by how much people hurt
# together widen the interval. Children are a share of civilian casualties of known age, given where at least half are known.

# %%
r.figure(plot.rates, shares)
r.table(shares, heads={"value": "percent"})
r.say(shares)

# %% [markdown]
# How much of each group the list holds. Deminers may be counted as civilians in one official statement and as a group of their own in another.

# %%
held = harm.crossings(r)
r.table(held)
r.say(held)

# %%
official = harm.statements(r)
r.table(official)
r.say(official, harm.outside_maps(r))

# %% [markdown]
# ## What were they doing?
#
# What people were doing when a mine exploded, as far as the list states it. Where they work and what they do there can change from year to year, and the
# danger with it. Counts of the list, in full; activities that are not stated are a group of their own.

# %%
doing = harm.activity(r)
r.figure(plot.incidence, doing)
r.table(harm.across(r, doing))
r.say(doing)

# %% [markdown]
# ## How many incidents while demining, for each 1,000 hectares?
#
# Only incidents that hurt people who were demining, beside the official area of whole years. Of five incidents, one more or less moves the ratio by a fifth.

# %%
r.table(harm.demining(r), heads={"value": "for each 1,000 ha"}, decimals={"value": 3, "low": 3, "high": 3})

# %% [markdown]
# ## Do places differ?
#
# One test asks whether places differ at all. Then each place with at least 8 incidents is compared with all the others, with intervals that allow for the
# number of comparisons. A ratio is not a risk: neither people nor land are in it.

# %%
where = harm.places(r)
r.figure(plot.rates, where.head(12))
r.table(where)
r.say(where)

# %%
listed = harm.listed(r)
r.table(listed)
r.say(listed)

# %% [markdown]
# ## What if?
#
# The figures of the first screen, had one chosen otherwise: fewer or more people present, the list in place of the official totals, none or all of the
# unknown.

# %%
r.table(harm.what_if(r, people, shares), heads={"value": "value"})

# %% [markdown]
# ## Methods, limits and sources
#
# Incidents a year and rates from totals: exact Poisson intervals (Garwood), scaled by the dispersion of incidents from quarter to quarter or of casualties
# per incident. Casualties a year: compound Poisson (Fay and Feuer). Ratios: exact conditional intervals, scaled likewise; places adjusted by Holm. Shares:
# Wilson intervals widened by the design effect of whole incidents. People present: straight lines between published figures.

# %%
r.close(r.count(len(r.incidents)), r.spread)
