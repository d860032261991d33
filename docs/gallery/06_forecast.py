# How long the rest would take, as a fan of scenarios
import minestats as ms
from minestats import plot

monthly = ms.monthly_clearance(ms.load().with_sources("clearance"), operator="all")
past = monthly["area_ha"].dropna().tail(36)
done = ms.completion_forecast(past, 40_000, n=400, seed=1)
ax = plot.forecast(done, title="If the months to come were like the past", source="n = 36 months")
