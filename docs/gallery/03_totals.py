# Official running totals, and those that later ones lowered
import minestats as ms
from minestats import plot
from minestats.scope import scope

national = scope(ms.load()).totals
ax = plot.cumulative(ms.resolve_totals(national), unit="casualties", title="Official totals of casualties")
