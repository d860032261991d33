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
# # Sources and contradictions
#
# What do the reports rest on, where do the statements contradict each other, and what is missing? Every contradiction stands here with both figures and
# the pages that print them.

# %%
import minestats as ms
from minestats import plot
from minestats.report import evidence

# %% tags=["parameters", "no-small-counts"]
data: str = ""  # folder of the data package; empty: the data that come with minestats
district: str = "all"  # district to report on [choices: all, districts.district]
since: str = ""  # first day counted; empty: the start that the data name [date; optional]
until: str = ""  # last day counted; empty: as far as the data go [date; optional]
as_of: str = ""  # state of knowledge, later publications are left out; empty: all [date; optional]

# %%
tables = ms.load(data or None, columns={"incidents": [*evidence.COLUMNS]})  # of a Parquet file nothing else is read
r = ms.Report(tables, district=district, since=since, until=until, as_of=as_of)

told, bulletins, doubtful = evidence.told_differently(r), evidence.contradictions(r), evidence.doubtful(r)
r.open("Sources and contradictions", evidence.answer(r, told, bulletins))

# %% [markdown]
# ## At a glance

# %%
r.glance(evidence.tiles(r, told, bulletins, doubtful))

# %% [markdown]
# ## How dense is the coverage?
#
# Each statement stands in the month in which its period ends. An empty month is one of which nothing is stated, not one without work. Sources can copy
# each other: a number of pages is no number of witnesses.

# %%
r.figure(plot.sources, evidence.coverage(r), date="period_end")

# %%
years = evidence.by_year(r)
r.table(years)
r.table(evidence.publishers(r))
r.say(years)

# %% [markdown]
# ## Where do reports of one incident differ?
#
# A silent source contradicts nobody: only different known figures count. Which figure is used, and why, stands in its row; nothing is averaged.

# %%
r.table(told, heads={"chosen": "used", "values": "printed"})

# %% [markdown]
# ## Where do bulletins contradict each other?
#
# *value*: different figures; *swap*: anti-personnel and anti-tank mines exchanged; *decimal*: a factor of 10, 100 or 1,000; *sum*: the items do not add;
# *parts*: shorter periods exceed the longer; *span*: a longer period is less than its months; *fall*: a running total falls; *copy*: the same three
# counts in two periods.

# %%
r.table(bulletins, heads={"column": "figure", "chosen": "used", "message": "what"})
r.say(bulletins)

# %% [markdown]
# ## Which official totals are doubtful?
#
# Running totals are compared with earlier ones of the same scope and start. A total that falls was corrected, or one of the two is wrong.

# %%
r.table(doubtful, heads={"column": "figure", "message": "what"}, decimals={"stated": 0, "expected": 0})
r.say(doubtful)

# %% [markdown]
# ## What has been corrected?

# %%
r.table(evidence.corrected(r), heads={"row_id": "row", "expect": "printed", "value": "read as", "reason": "because"})

# %% [markdown]
# ## Which dates are inferred?
#
# A date that no page prints follows from the day of publication, or from the statements around it.

# %%
r.table(evidence.inferred(r))

# %% [markdown]
# ## Limits and sources

# %%
r.close(evidence.used(r), intervals=False)
