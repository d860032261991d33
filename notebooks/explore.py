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

# %% [markdown] tags=["interactive"]
# # Explore
#
# Choose a district, a period and a measure, look, and take the numbers along. Everything here uses the same functions as the reports. Run all cells
# first: *Run > Run All Cells*.

# %%
import ipywidgets
import pandas as pd

import minestats as ms
from minestats import plot, words
from minestats.render import report_info
from minestats.scope import scope

# %% tags=["parameters"]
data: str = ""  # folder of the data package; empty: the data that come with minestats
district: str = "all"  # district to begin with [choices: all, districts.district]
since: str = ""  # first day counted; empty: the start that the data name [date; optional]
until: str = ""  # last day counted; empty: as far as the data go [date; optional]
as_of: str = ""  # state of knowledge, later publications are left out; empty: all [date; optional]
level: float = 0.95  # confidence level of the intervals [range: 0.5 to 0.999]

# %%
dataset = ms.load(data or None)
here = scope(dataset, district=district, since=since, until=until, as_of=as_of)
report_info(title=f"Explore, {here.place}", period=here.period, as_of=here.as_of)
words.say(here.lead)
words.table(
    pd.DataFrame({"table": list(dataset.tables), "rows": [len(t) for t in dataset.tables.values()]}),
    f"Tables of the data package {dataset.name}",
)

# %% [markdown]
# ## Look
#
# First the figure for the parameters; below it, a figure that follows your choice. A measure that the data do not hold for a place says so.


# %%
def incidents_of(here, count):
    table = ms.incidence(here.incidents, interval="quarter", count=count, since=here.since, until=here.until)
    return plot.incidence(table, unit=count, title=f"{count.capitalize()} a quarter, {here.place}, {here.period}")


def cleared_of(here, measure):
    usable = here.national and (here.clearance["operator"] == here.data.settings["main_operator"]).any()
    rows = (
        ms.monthly_clearance(here.clearance, operator=here.data.settings["main_operator"])
        if usable
        else pd.DataFrame(columns=["month", "method", measure, "low", "high"])
    )
    return plot.clearance(rows, measure=measure, title=f"{here.place}, {here.period}")


def totals_of(here):
    rows = (
        ms.resolve_totals(here.totals)
        if here.national and here.totals["victims"].notna().any()
        else here.totals.head(0)
    )
    return plot.cumulative(rows, title=f"Official running total of casualties, {here.place}")


measures = {} if here.people else {"incidents": lambda here: incidents_of(here, "incidents")}
measures |= {
    "killed": lambda here: incidents_of(here, "killed"),
    "injured": lambda here: incidents_of(here, "injured"),
    "hectares cleared": lambda here: cleared_of(here, "area_ha"),
    "anti-personnel mines found": lambda here: cleared_of(here, "anti_personnel"),
    "official casualties": totals_of,
}


# %%
def look(district, since, until, measure):
    plot.show(measures[measure](scope(dataset, district=district, since=since, until=until, as_of=as_of)))


look(district, here.since, here.until, next(iter(measures)))

# %%
choices = {
    "district": ipywidgets.Dropdown(
        options=["all", *dataset.districts["district"]], value=district, description="place"
    ),
    "since": ipywidgets.DatePicker(value=here.since.date(), description="from"),
    "until": ipywidgets.DatePicker(value=here.until.date(), description="to"),
    "measure": ipywidgets.Dropdown(options=list(measures), description="measure"),
}
chosen = ipywidgets.Output()


def follow(_):
    chosen.clear_output(wait=True)
    with chosen:
        look(**{name: choice.value for name, choice in choices.items()})


for choice in choices.values():
    choice.observe(follow, names="value")
ipywidgets.VBox([*choices.values(), chosen])

# %% [markdown]
# ## Ask a question
#
# Each function takes a table and gives a table or an estimate with its interval. `help(ms.rate)` explains.

# %%
count = len(here.incidents)
years = ((here.until - here.since).days + 1) / 365.25
estimate = ms.rate(count, years, level=level)  # incidents are independent; people hurt by one blast are not
if here.people:
    words.say(
        f"{words.number(count)} casualties listed {here.in_place} in {years:.2f} years. The register lists people: no interval without the incidents."
    )
else:
    words.say(
        f"{words.many(count, 'incident')} listed {here.in_place} in {years:.2f} years: {words.interval(estimate)} a year ({estimate.method})."
    )

# %% [markdown]
# ## Load your own table
#
# A folder with `datapackage.json` and the tables is read with `ms.load("my-data")`; `minestats new my-data` makes one to start from, `minestats convert` fills it from
# a register. A table of your own works as well, if it has the columns that a function names:

# %%
mine = pd.DataFrame(
    {"incident_id": ["a", "b"], "date": ["2024-01-05", "2024-03-09"], "killed": [0, 1], "injured": [2, None]}
)
words.table(
    ms.incidence(mine, interval="quarter", count="casualties", since="2024-01-01", until="2024-03-31"),
    "Casualties of two incidents made up for this example",
    heads={"period_start": "from", "period_end": "to"},
)

# %% [markdown]
# ## Export a table
#
# `dataset.to_csv("incidents", "incidents.csv")` and `dataset.to_excel("tables.xlsx")` write tables that a spreadsheet opens without running anything: a cell that begins like
# a formula is written as text.

# %%
words.table(
    here.incidents[["date", "district", "settlement", "killed", "injured", "device"]].tail(5),
    f"The last five incidents listed {here.in_place}",
)
