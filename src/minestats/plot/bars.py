"""Periods drawn as bars: what figures of counts over time share.

A bar covers the days of its period; its hatch, its grey part for what is unknown, and the words for its period
are the same in every figure.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.patches import Patch

from minestats.errors import DataError
from minestats.plot.style import BAND, UNKNOWN, sns
from minestats.say import day, many, month, rounded

MANY = 400
"""More bars than this have no hatch: nobody could see it."""


class Layer(NamedTuple):
    """One colour of a stack: its name in the figure, a height for each period (missing: no bar), its look."""

    gid: str
    heights: np.ndarray
    colour: str
    hatch: str


def key(label: str, colour: str, hatch: str) -> Patch:
    """Return the entry of a legend."""
    return Patch(facecolor=colour, edgecolor="white" if colour != BAND else UNKNOWN, hatch=hatch, lw=0, label=label)


def bars(ax: Axes, left: np.ndarray, wide: np.ndarray, layers: Sequence[Layer]) -> None:
    """Draw stacked bars over the days of their periods, the first layer at the bottom.

    They are a histogram of seaborn whose bins are the bars and the gaps between them, outlined as one polygon for each
    layer: as single bars they take seven times as long.
    """
    heights = np.array([layer.heights for layer in layers], dtype=float)
    known = ~np.isnan(heights).all(axis=0)
    if not known.any():
        return
    left, wide, heights = left[known], wide[known], np.nan_to_num(heights[:, known])
    edges = np.column_stack([left + 0.06 * wide, left + 0.94 * wide]).ravel()
    if (np.diff(edges) <= 0).any():
        first = pd.Timestamp(0) + pd.Timedelta(days=float(left[int(np.argmax(np.diff(edges) <= 0)) // 2]))
        raise DataError(f"the period from {first:%Y-%m-%d} overlaps the next one; select periods that do not.")
    names = [str(i) for i in range(len(layers))]
    look: dict[str, Any] = {
        "bins": list(edges),
        "multiple": "stack",
        "element": "step",
        "alpha": 1,
        "linewidth": 0,
        "legend": False,
    }
    before = len(ax.collections)
    sns.histplot(
        x=np.tile(left + wide / 2, len(layers)),
        weights=heights.ravel(),
        hue=np.repeat(names, len(left)),
        hue_order=names[::-1],  # seaborn stacks the last one first
        palette={name: layer.colour for name, layer in zip(names, layers, strict=True)},
        ax=ax,
        **look,
    )
    for drawn, layer in zip(ax.collections[before:], layers, strict=True):
        drawn.set(gid=layer.gid, edgecolor="white", hatch=layer.hatch if len(left) <= MANY else "")


def bands(ax: Axes, left: np.ndarray, wide: np.ndarray) -> None:
    """Draw grey bands over the whole height where nothing is known; neighbours are one band."""
    start = 0
    for i in range(len(left)):
        if i + 1 < len(left) and left[i + 1] <= left[i] + wide[i]:
            continue
        look: dict[str, Any] = {
            "facecolor": BAND,
            "edgecolor": UNKNOWN,
            "hatch": "xx",
            "lw": 0,
            "alpha": 0.6,
            "zorder": 0.5,
        }
        ax.axvspan(left[start], left[i] + wide[i], gid="missing", **look)
        start = i + 1


def interval(days: np.ndarray) -> str:
    """Return what a period is called, from the longest one; "period" where even that is cut.

    Examples
    --------
    >>> interval(np.array([3, 30, 31, 12])), interval(np.array([12]))
    ('month', 'period')
    """
    names = {1: "day", 7: "week", **dict.fromkeys(range(28, 32), "month"), **dict.fromkeys((90, 91, 92), "quarter")}
    return {**names, 365: "year", 366: "year"}.get(int(days.max()), "period")


def cases(undated: pd.DataFrame) -> int:
    """Return the incidents of rows that have no period."""
    return int(np.nansum(undated["incidents"])) or len(undated)


def undated_words(undated: pd.DataFrame, each: str) -> str:
    """Say how many incidents have no period.

    Examples
    --------
    >>> undated_words(pd.DataFrame({"incidents": [2.0, 1.0]}), "month")
    '3 incidents fit no single month'
    """
    n = cases(undated)
    return f"{many(n, 'incident')} {'fits' if n == 1 else 'fit'} no single {each}"


def period_name(start: pd.Timestamp, end: pd.Timestamp, each: str) -> str:
    """Return the name of a period: 2024, May 2024, or its days."""
    if each == "year":
        return str(start.year)
    if each == "month":
        return month(start)
    if each == "quarter":
        return f"quarter {start.quarter} of {start.year}"
    return day(start) if each == "day" else f"{day(start)} to {day(end)}"


def period_words(periods: pd.DataFrame, what: str, each: str, unknown: int, blank: int) -> str:
    """Describe bars: span, total, highest, how many are 0 and how many unknown."""
    heights = periods["count"].to_numpy(dtype=float)
    first, last = periods.iloc[0], periods.iloc[-1]
    if each in ("month", "quarter", "year"):
        span = f"{period_name(first['start'], first['end'], each)} to {period_name(last['start'], last['end'], each)}"
    else:
        span = f"{day(first['start'])} to {day(last['end'])}"
    parts = [f"{what}, {span}"]
    if np.isfinite(heights).any():
        best = int(np.nanargmax(heights))
        parts.append(f"{rounded(np.nansum(heights))} in all")
        if heights[best] > 0:
            name = period_name(periods["start"][best], periods["end"][best], each)
            where = {"day": "on", "week": "from", "period": "from"}.get(each, "in")
            first = "first " if (heights == heights[best]).sum() > 1 else ""
            parts.append(f"highest {rounded(heights[best])}, {first}{where} {name}")
        none = int((heights == 0).sum())
        parts += [f"{many(none, each)} with none"] if none else []
    parts += [f"{many(unknown, 'incident')} with unknown count, in grey"] if unknown else []
    parts += [f"{many(blank, each)} not known, in grey"] if blank else []
    return "; ".join(parts)
