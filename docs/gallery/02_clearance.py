# Hectares cleared each month, by how the figure was obtained
import minestats as ms
from minestats import plot

data = ms.load()
monthly = ms.monthly_clearance(data.with_sources("clearance"), operator="all")
ax = plot.clearance(monthly, title="Hectares cleared a month", source="published statements")
