# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# # Sample report
#
# Made for tests: every number here is invented. Where the page speaks of *hectares*, it means none of this world.

# %% tags=["parameters"]
data: str = ""  # folder of the data package; empty: the bundled one
district: str = "all"  # district to report on [choices: all, districts.district]
since: str = "2020-11-10"  # first day counted [date]
until: str = ""  # last day counted; empty: as far as the data go [date; optional]
level: float = 0.95  # confidence level [range: 0.5 to 0.999]
runs: int = 3  # how many rows [range: 1 to 1000]
detail: bool = False  # whether to show the long table
years: list[int] = []  # years to show; none: all

# %%
import matplotlib.pyplot as plt
import pandas as pd
from IPython.display import HTML, Markdown, display

rows = pd.DataFrame(
    {"month": [f"2022-{m:02d}" for m in range(1, runs + 1)], "hectares": [1234.5 * m for m in range(1, runs + 1)]}
).set_index("month")
display(
    {"application/vnd.minestats.report+json": {"title": "Sample report", "as_of": "2022-10-06", "period": "2022"}},
    raw=True,
)

# %% [markdown]
# ## At a glance

# %%
HTML(
    '<dl class="glance">'
    + "".join(
        f'<div class="glance-item"><dt class="glance-label">{label}</dt><dd class="glance-value">{value}</dd>'
        f'<dd class="glance-note">{note}</dd></div>'
        for label, value, note in [
            ("Hectares cleared", "54,841", "as of 2022-10-06"),
            ("Anti-personnel mines", "25,751", "found"),
            ("Anti-tank mines", "12,547", "found"),
            ("Casualties a year", "86.2 (70.1 to 104)", "95 percent interval"),
            ("Area per mine", "1,432 m2", "anti-personnel and anti-tank"),
        ]
    )
    + "</dl>"
)

# %% [markdown]
# ## Hectares by month
#
# The figure shows the months as *published*. See [the source](https://example.org/bulletin?page=1&lang=en).

# %%
fig, ax = plt.subplots(figsize=(8, 4))
ax.bar(rows.index, rows["hectares"])
ax.set_ylabel("hectares");

# %%
rows

# %% [markdown]
# ### A wide table

# %%
pd.DataFrame([[m * c for c in range(1, 19)] for m in range(1, 6)], columns=[f"column {c}" for c in range(1, 19)])

# %% [markdown]
# ## Words

# %%
print(f"District: {district}, since {since}, level {level}, years {years}")
display(Markdown("<p class='note'>A note on what is *not* counted.</p>\n\n> A claim belongs to its authority."))

# %% [markdown]
# ## Methods
#
# Exact intervals. One | two
# --- | ---
# a | 1
# b | 2
#
# ## Limits of the data
#
# <p class="warning">Two bulletins differ.</p>
#
# ## Sources

# %%
HTML('<ol class="sources"><li id="source-1"><a href="https://example.org/very/long/address/'
     + "of-a-bulletin-" * 8 + '">A bulletin</a>, 2022-10-06</li><li>Another</li></ol>')
