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
# Choose a place, a period and a measure; look, ask, and take table and figure along. Run all cells first: *Run > Run All
# Cells*. From then on each choice redraws the cells below, and `chosen_table` is the table of what is chosen: work on with
# it in cells of your own. The functions are those of the reports.

# %%
import ipywidgets
import pandas as pd

import minestats as ms
from minestats import words
from minestats.report import exploring, tallies

# %% tags=["parameters"]
data: str = ""  # folder of the data package; empty: the data that come with minestats
district: str = "all"  # district to begin with [choices: all, districts.district]
since: str = ""  # first day counted; empty: the start that the data name [date; optional]
until: str = ""  # last day counted; empty: as far as the data go [date; optional]
as_of: str = ""  # state of knowledge, later publications are left out; empty: all [date; optional]
level: float = 0.95  # confidence level of the intervals [range: 0.5 to 0.999]
suppress: int = 0  # people by age, sex, settlement: counts below it are withheld; 0: none [range: 0 to 1000]

# %%
tables = ms.load(data or None)
r = ms.Report(tables, district=district, since=since, until=until, as_of=as_of, level=level, suppress=suppress)
r.open("Explore")
r.table(exploring.contents(r))

# %% [markdown]
# ## Choose
#
# The parameters are the first choice. A first day after the last one, or none, is said in red; nothing else is lost.

# %%
place = ipywidgets.Dropdown(options=["all", *tables.districts["district"]], value=district, description="place")
first = ipywidgets.DatePicker(value=r.since.date(), description="from")
last = ipywidgets.DatePicker(value=r.until.date(), description="to")
measure = ipywidgets.Dropdown(options=exploring.measures(r), description="measure")
live = exploring.Live(place, first, last, measure)
ipywidgets.VBox([place, first, last, measure])


# %% [markdown]
# ## Look
#
# A cell under `@live` is shown again after each choice, so put that line over a function of your own to let it follow
# too; it shows one thing. The first one chooses the rows, as a report would; after a wrong choice `chosen_table` stays the
# last good one. What the data do not hold of a place is said in words, and never drawn as zero.


# %%
@live
def look():
    global here, chosen_table
    here = exploring.choose(r, place=place.value, since=first.value, until=last.value)
    chosen_table = exploring.chosen(here, measure.value)
    here.figure(exploring.draw, chosen_table)


# %% [markdown]
# ## Ask a question
#
# How many are that a year, and how sure is it? The interval allows for incidents that come in bunches and for several
# people hurt by one blast. `help(ms.rate)` explains; `ms.rate_ratio` compares two places or years.


# %%
@live
def question():
    words.say(chosen_table.attrs["says"])


# %% [markdown]
# The numbers behind the figure, and where it happened (counts of the list: how many live and work there is not in them).


# %%
@live
def numbers():
    here.table(chosen_table)


# %%
@live
def where():
    here.table(tallies.groups(here, "district" if here.national else "settlement"))


# %% [markdown]
# ## Export
#
# The button writes the chosen table (CSV that a spreadsheet opens without running anything) and the figure (PNG) into
# the folder, and says where. `tables.to_csv("incidents", "incidents.csv")` and `tables.to_excel("tables.xlsx")` write
# whole tables.

# %%
folder = ipywidgets.Text(value="explored", description="folder")
button = ipywidgets.Button(description="Save table and figure", layout={"width": "max-content"})
ipywidgets.HBox([folder, button])


# %%
@live.on(button)
def save():
    print(*exploring.save(here, chosen_table, folder.value), sep="\n")


# %% [markdown]
# ## Load your own table
#
# A folder with `datapackage.json` and the tables is read with `ms.load("my-data")`; `minestats new my-data` makes one to
# start from, `minestats convert` fills it from a register. A table of your own works as well, if it has the columns that
# a function names:

# %%
mine = pd.DataFrame(
    {"incident_id": ["a", "b"], "date": ["2024-01-05", "2024-03-09"], "killed": [0, 1], "injured": [2, None]}
)
window = {"since": "2024-01-01", "until": "2024-03-31"}
r.table(ms.incidence(mine, interval="quarter", count="casualties", **window), "Casualties of two made-up incidents")
