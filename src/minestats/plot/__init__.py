"""Figures: a table and `ax` in, `ax` out, with a description for those who cannot see it.

A figure draws what it is given and computes no statistics: rates, intervals and fitted lines come from the
other modules. All figures share one look (white ground, colours that colour-blind readers tell apart, hatches or
markers beside colours), carry their units, show the unknown in grey and never as zero, and say in words when
there is nothing to draw. `title` takes the finding, `source` the caption, `palette`, `height` and `aspect` what they
take in seaborn, which draws the figures; `show` displays a figure in a notebook with its description, `alt_text`
returns the description, `png` the picture, `save` writes a file.
"""

from minestats.plot.coverage import sources
from minestats.plot.fans import forecast, trend
from minestats.plot.frame import alt_text, png, save, show
from minestats.plot.maps import map
from minestats.plot.over_time import clearance, incidence
from minestats.plot.running_totals import cumulative
from minestats.plot.whiskers import rates

__all__ = [
    "alt_text",
    "clearance",
    "cumulative",
    "forecast",
    "incidence",
    "map",
    "png",
    "rates",
    "save",
    "show",
    "sources",
    "trend",
]
