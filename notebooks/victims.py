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
# # Victims
#
# Who are the people that a register lists as hurt by mines and explosive remnants of war: when, of what age and sex, by what, doing what, and where? For a
# register whose rows are people. What it does not know of them is shown beside what it knows.

# %%
import minestats as ms
from minestats import plot
from minestats.report import burden, harm, tallies

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

years, shares, rates = tallies.by_year(r, people=True), harm.who(r, people=True), burden.listed_per_people(r)
r.open("Victims", harm.answer_of_people(r, shares))

# %% [markdown]
# ## At a glance

# %%
r.glance(harm.tiles(r, burden.per_people(r), shares, years) if len(years) else [])

# %% [markdown]
# ## How many people in each year?
#
# People are counted, not explosions: how many were hurt by one blast is not known, so no rate of incidents is given and no interval stands beside a year.
# A person whose outcome is not known is a casualty, and neither killed nor injured.

# %%
r.figure(plot.incidence, years)
r.table(years.filter(["year", "days", "casualties", "killed", "injured", "killed_unknown"]))
r.say(years)

# %% [markdown]
# ## Who died, who are civilians, who are children?
#
# Shares of those whose state is known; beside each, what it would be if none, or all, of the unknown were so. The intervals take people as independent and
# are too narrow.

# %%
r.figure(plot.rates, shares)
r.table(shares, heads={"value": "percent"})
r.say(shares)

# %% [markdown]
# ## Of what age and sex?
#
# As the register states them; "not stated" is a group of its own.

# %%
for column in ("age_group", "sex"):
    r.table(tallies.groups(r, column, people=True))

# %% [markdown]
# ## By what, and doing what?
#
# The device is what the register says exploded; the activity what the person was doing.

# %%
for column in ("device", "activity"):
    r.table(tallies.groups(r, column, people=True))

# %% [markdown]
# ## Where?
#
# Where most people were hurt is not where the risk is highest: how many live and work there is not in these counts.

# %%
r.table(tallies.groups(r, "district" if r.national else "settlement", people=True))

# %% [markdown]
# ## How many of those who live there?
#
# People listed for each 100,000 inhabitants, by year and place, where the data hold figures of population
# (`population_country`, `population_district`). Who lives there need not be who is exposed.

# %%
r.table(rates)
r.say(rates)

# %% [markdown]
# By sex and age, and places as if each had the sexes and ages of the country (direct standardization), where the population is told apart likewise
# (`sex`, `age_group`).

# %%
for rows in (burden.by_group(r), burden.standardized(r)):
    r.table(rows, heads={"bound_high": "if all unknown"}, decimals=dict.fromkeys(("value", "crude", "bound_high"), 2))
    r.say(rows)

# %% [markdown]
# ## Limits and sources

# %%
r.close(r.count(len(r.incidents)))
