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
# # Summary
#
# Where were people hurt last year, is that more or less than the year before, and when was the last time? One row for each place.

# %%
import minestats as ms
from minestats import plot
from minestats.report import evidence

# %% tags=["parameters"]
data: str = ""  # folder of the data package; empty: the data that come with minestats
since: str = ""  # first day counted; empty: the start that the data name [date; optional]
until: str = ""  # last day counted; empty: as far as the data go [date; optional]
as_of: str = ""  # state of knowledge, later publications are left out; empty: all [date; optional]
level: float = 0.95  # confidence level of the intervals [range: 0.5 to 0.999]
suppress: int = 0  # people by age, sex, settlement: counts below it are withheld; 0: none [range: 0 to 1000]

# %%
tables = ms.load(data or None, columns={"incidents": [*evidence.COLUMNS]})  # of a Parquet file nothing else is read
r = ms.Report(tables, since=since, until=until, as_of=as_of, level=level, suppress=suppress)

country, places = evidence.country(r), evidence.places(r)
r.open("Summary", evidence.headline(r, country, places))

# %% [markdown]
# ## At a glance

# %%
r.glance(evidence.board(r, country, places))

# %% [markdown]
# ## Where, and has it changed?
#
# The ratio says how many times as many incidents the last whole year has as the year before; where its interval holds 1, chance can explain the change.
# Below 8 incidents in both years together no ratio is given, since such a number can double by chance, and of a list of people none. A list is seldom
# complete: a place without any is not safe.

# %%
r.table(places, heads={"district": "place"}, fold=False)
r.say(places)

# %%
r.figure(plot.rates(evidence.compared(r, places)))

# %% [markdown]
# ## Methods, limits and sources
#
# Counts are of the list, by the day, month or year that is known. The ratio compares two counts with exact limits, widened by the dispersion of the
# country's quarters, since incidents come in clusters.
#
# Land is the largest area that one statement gives as cleared, and the day until which it counts: statements overlap and are not added. Of a register of
# work it is the sum.
#
# The figure shows incidents a year over both years, with what chance leaves open. Where the intervals of two places overlap, which has more is not certain.
# It is no danger for one person: how many people live and work in a place is not in it.

# %%
r.cite(r.incidents)
r.close()
