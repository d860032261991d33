# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3 (ipykernel)
#     language: python
#     name: python3
# ---

# %% [markdown]
# # A sample report
#
# Made for tests; the figures mean nothing.

# %%
# fmt: off
# ruff: noqa
import matplotlib.pyplot as plt
import pandas as pd

from minestats.render import report_info

# %% tags=["parameters"]
district: str = "all"  # district to report on [choices: all, north, south, east]
level: float = 0.95  # confidence level [range: 0.5 to 0.999]

# %%
report_info(period=("2021-01-01", "2021-03-31"), as_of="2021-03-31")

# %%
found = pd.DataFrame({"month": ["2021-01", "2021-02", "2021-03"], "mines": [12, 0, 7]})
found

# %%
fig, ax = plt.subplots(figsize=(4, 2.5))
ax.bar(found["month"], found["mines"])
ax.set_title(f"Mines found, {district}");

# %%
print(f"{found['mines'].sum()} mines in {district}, level {level}")
