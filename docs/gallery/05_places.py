# Rates by name, on a logarithmic axis
import minestats as ms
from minestats import plot

counts = {"North": (12, 4.0), "South": (3, 4.0), "Coast": (9, 2.5)}
table = ms.to_frame({name: ms.rate(n, years) for name, (n, years) in counts.items()}).reset_index()
ax = plot.rates(table, label="name", unit="incidents a year", log=True, title="Three made-up districts")
