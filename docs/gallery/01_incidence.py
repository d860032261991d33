# Incidents a year, and what is unknown of them
import minestats as ms
from minestats import plot

data = ms.load()
killed = ms.incidence(
    data.incidents, interval="year", count="killed", since="2020-11-10", until=data.incidents["date"].max()
)
ax = plot.incidence(killed, unit="people killed", title="People killed, as listed", source="list of incidents")
