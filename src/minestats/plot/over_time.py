"""Bars over time: what was counted in each period, and how each month's clearance was obtained.

A bar covers the days that its period covers, so a period cut at the edge of the window is a narrower bar. What
is not known is grey: a stack above the bar where incidents have no stated count, a band over the whole height
where nothing is known. It is never a bar of height 0.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.lines import Line2D

from minestats.columns import counts, dates, need, texts
from minestats.errors import DataError, check_choice, listed
from minestats.plot.bars import Layer, bands, bars, cases, interval, key, period_words, undated_words
from minestats.plot.frame import Drawing, Drawn, drawn, room
from minestats.plot.style import (
    BAND,
    BLUE,
    GREEN,
    HATCHES,
    ORANGE,
    SKY,
    UNKNOWN,
    VERMILION,
    Palette,
    as_days,
    colours,
    date_axis,
    number_axis,
)
from minestats.say import many, month, rounded, sentence

MEASURES = {
    "area_ha": ("hectares cleared", "ha"),
    "anti_personnel": ("anti-personnel mines found", "mines"),
    "anti_tank": ("anti-tank mines found", "mines"),
    "uxo": ("unexploded ordnance found", "pieces"),
}
METHODS = {
    "reported": (BLUE, ""),
    "weeks": (SKY, "////"),
    "difference": (GREEN, "\\\\\\\\"),
    "allocated": (ORANGE, "...."),
    "missing": (BAND, "xx"),
}
WORDS = {
    "weeks": "added up from weeks",
    "difference": "from running totals",
    "allocated": "shared out of a longer period",
}
MOST_GROUPS = 6


@drawn
def incidence(
    table: pd.DataFrame,
    *,
    by: str | None = None,
    unit: str = "count",
    palette: Palette = None,
) -> Drawing:
    """Draw counts per period as bars.

    A bar is what is known of a period; incidents whose count is unknown stand above it in grey, one unit each,
    as a reminder and not as a measure. Incidents that fit no single period are told in a note.

    Parameters
    ----------
    table : pandas.DataFrame
        Output of `incidence`: `period_start`, `period_end` (dates, both days included; missing where incidents
        fit no single period) and `count`; optionally `unknown` and `incidents` (numbers of incidents). Rows of
        one period are stacked.
    ax : matplotlib.axes.Axes, optional
        Axes to draw in; a new figure without it.
    by : str, optional
        Column whose values become stacked colours. The six largest are shown, the rest together as "other".
    unit : str
        What is counted, such as "incidents" or "people killed": the table does not say.
    title : str, optional
        The finding, in words.
    source : str, optional
        Caption: source and number of cases.
    palette : str, list or dict, optional
        Colours as seaborn takes them: the name of a palette, a list, or colours by the values of `by`.
    height : float, optional
        Height of a new figure in inches.
    aspect : float, optional
        Its width as a multiple of its height.

    Returns
    -------
    matplotlib.axes.Axes
        The axes; `alt_text` gives their description.

    Raises
    ------
    DataError
        A column is missing, a date is none, or a count is negative.

    Examples
    --------
    >>> from minestats import plot
    >>> table = pd.DataFrame({"period_start": ["2023-01-01", "2023-02-01", None],
    ...                       "period_end": ["2023-01-31", "2023-02-28", None],
    ...                       "count": [2, 0, 1], "incidents": [2, 0, 1]})
    >>> print(plot.alt_text(plot.incidence(table, unit="incidents")))
    Bar chart of incidents a month, January 2023 to February 2023; 2 in all; highest 2, in January 2023; 1 month
    with none. 1 incident fits no single month and is not drawn.
    >>> print(plot.alt_text(plot.incidence(table.iloc[:0], unit="incidents")))
    No data: no period to draw incidents of.
    """
    need(table, ["period_start", "period_end", "count", *([by] if by else [])], "incidence")
    start, end = (dates(table, column, name="incidence") for column in ("period_start", "period_end"))
    frame = pd.DataFrame(
        {
            "start": start,
            "end": end,
            "count": counts(table, "count", name="incidence", whole=False),
            "unknown": np.nan_to_num(counts(table, "unknown", name="incidence")),
            "incidents": counts(table, "incidents", name="incidence"),
            "group": texts(table, by) if by else "",
        }
    )
    out = frame["start"].isna() | frame["end"].isna()
    undated, frame = frame[out], frame[~out].sort_values("start", kind="stable")

    def draw(ax: Axes) -> Drawn | str:
        if frame.empty:
            rest = f" ({undated_words(undated, 'period')})" if len(undated) else ""
            return f"no data: no period to draw {unit} of{rest}."
        grouped = frame.groupby(["start", "end"], sort=True)
        periods = grouped.agg(count=("count", lambda x: x.sum(min_count=1)), unknown=("unknown", "sum")).reset_index()
        left, wide = as_days(periods["start"]), (periods["end"] - periods["start"]).dt.days.to_numpy() + 1.0
        each, unknown = interval(wide), periods["unknown"].to_numpy()
        groups = _groups(frame, periods) if by else [("count", periods["count"].to_numpy(dtype=float))]
        palettes = colours(palette, [name for name, _ in groups])
        layers = [
            Layer(name, heights, colour, hatch if by else "")
            for (name, heights), colour, hatch in zip(groups, palettes, HATCHES, strict=False)
        ]
        handles = [key(layer.gid, layer.colour, layer.hatch) for layer in layers if by]
        if unknown.any():
            layers.append(Layer("unknown", unknown, UNKNOWN, "xxxx"))
            handles.append(key(f"count unknown ({many(int(unknown.sum()), 'incident')})", UNKNOWN, "xxxx"))
        blank = periods["count"].isna().to_numpy() & (unknown == 0)
        bars(ax, left[~blank], wide[~blank], [layer._replace(heights=layer.heights[~blank]) for layer in layers])
        bands(ax, left[blank], wide[blank])
        if blank.any():
            handles.append(key(f"not known ({many(int(blank.sum()), each)})", BAND, "xx"))
        date_axis(ax, periods["start"].iloc[0], periods["end"].iloc[-1] + pd.Timedelta(days=1), room=room(ax))
        number_axis(ax.yaxis, whole=True)
        ax.set_ylim(0, max(np.max(periods["count"].fillna(0) + unknown) * 1.06, 1))
        ax.set_ylabel(f"{unit} a {each}", parse_math=False)
        note = f"{sentence(undated_words(undated, each))} and {'is' if cases(undated) == 1 else 'are'} not drawn"
        return Drawn(
            period_words(periods, f"Bar chart of {unit} a {each}", each, int(unknown.sum()), int(blank.sum())),
            notes=[note] if len(undated) else [],
            legend=handles,
        )

    few = frame["start"].nunique() < 8 and not by  # wide bars need no height, and a page of paper holds more
    return Drawing(draw, lambda _: 2.6 if few else 3.6)


@drawn
def clearance(
    monthly: pd.DataFrame,
    *,
    measure: str = "area_ha",
    palette: Palette = None,
) -> Drawing:
    """Draw a monthly series of clearance, each bar in the colour and hatch of how it was obtained.

    Months that a bulletin gives (`reported`), that weeks add up to (`weeks`), or that a running total leaves
    (`difference`) are figures of a month. `allocated` months share the rest of a longer period by days: their
    sum is known, their height is not. Thin lines show the range of the statements; a triangle at the top says
    that the range goes beyond the axes. Months without a figure are grey bands.

    Parameters
    ----------
    monthly : pandas.DataFrame
        Output of `monthly_clearance`: `month` (first day), the measure, `method` (or `<measure>_method` for
        the counts); optionally `low`, `high` and `conflict`, which belong to `area_ha`.
    ax : matplotlib.axes.Axes, optional
        Axes to draw in; a new figure without it.
    measure : {"area_ha", "anti_personnel", "anti_tank", "uxo"}
        Column to draw: hectares, or pieces found.
    title : str, optional
        The finding, in words.
    source : str, optional
        Caption: source and number of statements.
    palette : str, list or dict, optional
        Colours as seaborn takes them: the name of a palette, a list, or colours by method.
    height : float, optional
        Height of a new figure in inches.
    aspect : float, optional
        Its width as a multiple of its height.

    Returns
    -------
    matplotlib.axes.Axes
        The axes; `alt_text` gives their description.

    Raises
    ------
    ParameterError
        `measure` is not one of the four.
    DataError
        A column is missing, a month appears twice, or a method is not one of the five.

    Examples
    --------
    >>> from minestats import plot
    >>> monthly = pd.DataFrame({"month": ["2024-01-01", "2024-02-01"], "area_ha": [100.5, None],
    ...                         "method": ["reported", "missing"]})
    >>> print(plot.alt_text(plot.clearance(monthly)))
    Bar chart of hectares cleared a month, January 2024 to February 2024; highest 100 ha in January 2024 (reported);
    1 month reported, 1 missing.
    """
    check_choice("measure", measure, MEASURES)
    by = "method" if measure == "area_ha" else f"{measure}_method"
    need(monthly, ["month", measure, by], "monthly")
    words, unit = MEASURES[measure]
    frame = pd.DataFrame(
        {
            "start": dates(monthly, "month", name="monthly", required=True),
            "count": counts(monthly, measure, name="monthly", whole=False),
            "method": texts(monthly, by, default="missing"),
            "low": counts(monthly, "low", name="monthly", whole=False),
            "high": counts(monthly, "high", name="monthly", whole=False),
            "conflict": texts(monthly, "conflict").str.lower().isin(["true", "1", "1.0"]),
        }
    ).sort_values("start", kind="stable", ignore_index=True)
    _check_months(frame)
    frame.loc[frame["count"].isna(), "method"] = "missing"
    frame["end"] = frame["start"] + pd.offsets.MonthEnd(0)
    shades = colours(palette, list(METHODS)[:-1], [colour for colour, _ in METHODS.values()])
    drawn = {name: (shade, METHODS[name][1]) for name, shade in zip(METHODS, shades, strict=False)}

    def draw(ax: Axes) -> Drawn | str:
        if frame.empty or (frame["method"] == "missing").all():
            spell = f" from {month(frame['start'].iloc[0])} to {month(frame['start'].iloc[-1])}" if len(frame) else ""
            return f"no data: no month of {words} is known{spell}."
        left, wide = as_days(frame["start"]), (frame["end"] - frame["start"]).dt.days.to_numpy() + 1.0
        heights = frame["count"].to_numpy()
        layers: list[Layer] = []
        handles: list[Artist] = []
        told: list[str] = []
        for method, n in frame["method"].value_counts().reindex(list(METHODS)).dropna().astype(int).items():
            colour, hatch = drawn.get(method, METHODS[method])
            layers.append(Layer(method, np.where(frame["method"] == method, heights, np.nan), colour, hatch))
            handles.append(key(f"{method} ({n})", colour, hatch))
            told.append(f"{n if told else many(n, 'month')} {WORDS.get(method, method)}")
        bars(ax, left, wide, [layer for layer in layers if layer.gid != "missing"])
        blank = (frame["method"] == "missing").to_numpy()
        bands(ax, left[blank], wide[blank])
        firm = frame["method"].isin(["reported", "weeks", "difference"]).to_numpy() & (measure == "area_ha")
        top = max(np.nanmax(heights), np.nanmax(np.where(firm, frame["high"], np.nan), initial=0)) * 1.12
        top = top if top > 0 else 1.0
        if measure == "area_ha":
            if _ranges(ax, frame, left + wide / 2, top):
                handles.append(Line2D([], [], color=UNKNOWN, lw=0.9, marker="|", ms=5, label="range"))
            at = frame["conflict"].to_numpy() & ~np.isnan(heights)
            if at.any():
                ends = np.fmax(heights, np.where(firm, frame["high"], np.nan))[at]
                mark: dict[str, Any] = {
                    "marker": "D",
                    "ms": 4.5,
                    "mfc": "white",
                    "mec": VERMILION,
                    "mew": 1.3,
                    "ls": "",
                }
                ax.plot((left + wide / 2)[at], np.minimum(ends + top * 0.035, top), gid="conflict", **mark)
                handles.append(Line2D([], [], label=f"statements differ ({at.sum()})", **mark))
                told.append(f"statements differ in {many(int(at.sum()), 'month')}")
        date_axis(ax, frame["start"].iloc[0], frame["end"].iloc[-1] + pd.Timedelta(days=1), room=room(ax))
        number_axis(ax.yaxis, whole=measure != "area_ha")
        ax.set_ylim(0, top)
        ax.set_ylabel(f"{words} a month", parse_math=False)
        best = int(np.nanargmax(heights))
        alt = (
            f"Bar chart of {words} a month, {month(frame['start'].iloc[0])} to {month(frame['start'].iloc[-1])}; "
            f"highest {rounded(heights[best], unit)} in {month(frame['start'][best])} ({frame['method'][best]}); "
            f"{', '.join(told)}"
        )
        return Drawn(alt, legend=handles)

    return Drawing(draw)


def _groups(frame: pd.DataFrame, periods: pd.DataFrame) -> list[tuple[str, np.ndarray]]:
    """Heights of each stacked group, the largest first and the many small ones together."""
    sums = frame.groupby("group", sort=True)["count"].sum().sort_values(ascending=False, kind="stable")
    shown = list(sums.index[: MOST_GROUPS if len(sums) > MOST_GROUPS else len(sums)])
    rest = [name for name in sums.index if name not in shown]
    keys = pd.MultiIndex.from_frame(periods[["start", "end"]])

    def heights(chosen: list[str]) -> np.ndarray:
        rows = frame[frame["group"].isin(chosen)]
        return rows.groupby(["start", "end"])["count"].sum(min_count=1).reindex(keys).to_numpy()

    result = [(name, heights([name])) for name in shown]
    if rest:
        result.append((f"other ({len(rest)})", heights(rest)))
    return [(name or "not stated", values) for name, values in result]


def _check_months(frame: pd.DataFrame) -> None:
    wrong = sorted(set(frame["method"]) - set(METHODS))
    if wrong:
        raise DataError(f"monthly: method {listed(wrong)} is not one of {listed(METHODS)}.")
    twice = frame.loc[frame["start"].duplicated(), "start"]
    if len(twice):
        raise DataError(
            f"monthly: {month(twice.iloc[0])} appears more than once; one series at a time can be drawn: "
            "select one operator."
        )


def _ranges(ax: Axes, frame: pd.DataFrame, middle: np.ndarray, top: float) -> bool:
    """Draw low to high where they differ; a triangle where the high is above the axes."""
    low, high = frame["low"].to_numpy(), frame["high"].to_numpy()
    wide = (high > low) & ~np.isnan(frame["count"].to_numpy())
    if not wide.any():
        return False
    ax.vlines(middle[wide], low[wide], np.minimum(high[wide], top), color=UNKNOWN, lw=0.9, gid="range")
    beyond = wide & (high > top)
    if beyond.any():
        ax.plot(middle[beyond], np.full(beyond.sum(), top * 0.985), "^", color=UNKNOWN, ms=3, gid="beyond")
    return True
