# Rates between irregular totals, with their intervals
import minestats as ms
from minestats import plot
from minestats.scope import scope

national = scope(ms.load()).totals
ax = plot.rates(ms.interval_rates(national, min_days=180), unit="casualties", title="Casualties a year, by stretch")
