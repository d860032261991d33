"""Running totals as they rise, with the published figures that later statements lowered.

A total holds from its day until the next one is published, so the line is a staircase: what happened between
two totals is not known, and no slope is drawn there.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.lines import Line2D

from minestats.columns import counts, dates, is_rounded, need, texts
from minestats.plot.frame import Drawing, Drawn, drawn, room
from minestats.plot.style import (
    COLOURS,
    MARKERS,
    UNKNOWN,
    VERMILION,
    Palette,
    as_days,
    colours,
    date_axis,
    line,
    number_axis,
    series_name,
    words_at,
)
from minestats.say import day, many, rounded, sentence

MOST_SERIES = 6


@drawn
def cumulative(
    totals: pd.DataFrame,
    *,
    value: str = "victims",
    unit: str | None = None,
    palette: Palette = None,
) -> Drawing:
    """Draw running totals: a staircase, a point for each statement, and a mark where a later one is lower.

    Parameters
    ----------
    totals : pandas.DataFrame
        Output of `resolve_totals`, or running totals as published. One row a statement: `as_of` (or, in
        statements of clearance, `period_end`) and the value; optionally `scope` and `start` (as `resolve_totals`
        gives it) or `since` (one line for each pair), `<value>_published` (then the value is the resolved one),
        `used` (False: grey, outside the line) and `rounded` (grey too). A series as published gets a line only where
        each day has one value and no total falls.
    ax : matplotlib.axes.Axes, optional
        Axes to draw in; a new figure without it.
    value : str
        Column to draw. Rows where it is empty are told in a note.
    unit : str, optional
        What is counted, for the axis; the name of the column without it.
    title : str, optional
        The finding, in words.
    source : str, optional
        Caption: source and number of statements.
    palette : str, list or dict, optional
        Colours as seaborn takes them: the name of a palette, a list, or colours by series.
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
        A column is missing, a date is none, or a total is negative.

    Notes
    -----
    With more than six series the six with the most totals are drawn, and a note tells how many are not.

    Examples
    --------
    >>> from minestats import plot
    >>> totals = pd.DataFrame({"as_of": ["2022-12-13", "2022-12-15", "2022-12-16"], "victims": [268, 278, 276]})
    >>> print(plot.alt_text(plot.cumulative(totals, unit="casualties")))
    Running total of casualties, 13 December 2022 to 16 December 2022; 3 totals, from 268 to 276; 1 total is lower
    than an earlier one.
    """
    need(totals, [value], "totals")
    when = "period_end" if "period_end" in totals.columns and "as_of" not in totals.columns else "as_of"
    need(totals, [when], "totals")
    unit = unit or value.replace("_", " ")
    resolved = f"{value}_published" in totals.columns
    series, used = _series(totals)
    frame = pd.DataFrame(
        {
            "date": dates(totals, when, name="totals"),
            "value": counts(totals, value, name="totals", whole=False),
            "published": counts(totals, f"{value}_published" if resolved else value, name="totals", whole=False),
            "used": used,
            "series": series,
        }
    )
    stated = frame["published"].notna() | frame["value"].notna()
    dated = frame["date"].notna()
    notes = [
        f"{sentence(many(int((~stated).sum()), 'statement'))} without this figure" if (~stated).any() else "",
        f"{many(int((stated & ~dated).sum()), 'total')} without a date not drawn" if (stated & ~dated).any() else "",
    ]
    frame = frame[stated & dated].sort_values("date", kind="stable")
    sizes = frame.loc[frame["used"], "series"].value_counts().sort_index()
    names = list(sizes.sort_values(ascending=False, kind="stable").index)
    if len(names) > MOST_SERIES:
        notes.append(f"{many(len(names) - MOST_SERIES, 'more series', 'more series')} with fewer totals not drawn")
        frame = frame[frame["series"].isin(names[:MOST_SERIES]) | ~frame["used"]]
        names = names[:MOST_SERIES]
    # vermilion is the mark of lowered totals
    shades = colours(palette, names, [colour for colour in COLOURS if colour != VERMILION])

    def draw(ax: Axes) -> Drawn | str:
        if frame.empty:
            return f"no data: no dated total of {unit}."
        handles, told, lowered = [], [], 0
        for name, colour, marker in zip(names, shades, MARKERS, strict=False):
            rows = frame[frame["series"] == name]
            good = rows[rows["used"] & rows["value"].notna()]
            falls = _falls(rows, resolved)
            lowered += int(falls.sum())
            if resolved or _one_valued(good):
                steps = good.drop_duplicates("date", keep="last")
                line(ax, as_days(steps["date"]), steps["value"], "line", color=colour, drawstyle="steps-post", lw=1.6)
            _dots(ax, rows[rows["used"] & ~falls], marker, colour, "total")
            _dots(ax, rows[rows["used"] & falls], "v", VERMILION, "lowered")
            if good.empty:
                continue
            first, last = good.iloc[0], good.iloc[-1]
            if len(names) > 1:
                words = f"{name}: {rounded(last['value'])}"
                handles.append(Line2D([], [], color=colour, marker=marker, ms=4, label=words))
            else:
                end, look = (
                    (as_days(good["date"])[-1], last["value"]),
                    {"color": colour, "weight": "bold", "gid": "last"},
                )
                words_at(ax, rounded(last["value"]), end, (5, 0), va="center", annotation_clip=False, **look)
            what = f"{name}: " if len(names) > 1 else ""
            told.append(f"{what}{many(len(good), 'total')}, from {rounded(first['value'])} to {rounded(last['value'])}")
        if lowered:
            words = "published, lowered later" if resolved else "lower than an earlier total"
            handles.append(_mark("v", VERMILION, f"{words} ({lowered})"))
            if resolved:
                told.append(f"{many(lowered, 'published total was', 'published totals were')} lowered by a later one")
            else:
                told.append(f"{many(lowered, 'total is', 'totals are')} lower than an earlier one")
        unused = int((~frame["used"]).sum())
        _dots(ax, frame[~frame["used"]], "x", UNKNOWN, "unused")
        if unused:
            handles.append(_mark("x", UNKNOWN, f"not used ({unused})"))
            told.append(f"{many(unused, 'total')} not used, in grey")
        date_axis(ax, frame["date"].iloc[0], frame["date"].iloc[-1], room=room(ax))
        number_axis(ax.yaxis, whole=True)
        biggest, least = frame["published"].max(), frame["published"].min()
        if least < biggest / 2 or biggest == 0:
            ax.set_ylim(0, max(biggest * 1.06, 1))
        ax.set_ylabel(f"{unit}, running total", parse_math=False)
        span = f"{day(frame['date'].iloc[0])} to {day(frame['date'].iloc[-1])}"
        return Drawn(
            f"Running total of {unit}, {span}; {'; '.join(told)}",
            notes=notes,
            right=0.2 + 0.09 * len(rounded(float(biggest))),
            legend=handles,
        )

    return Drawing(draw)


def _series(totals: pd.DataFrame) -> tuple[pd.Series, pd.Series]:
    """One word for each scope and start of counting, and whether the row counts."""
    rounded = np.array([is_rounded(word) for word in texts(totals, "rounded")], dtype=bool)
    used = ~texts(totals, "used", default="true").str.lower().isin(["false", "0", "0.0"]) & ~rounded
    first = next((name for name in ("start", "since") if name in totals.columns), None)
    start = dates(totals, first, name="totals") if first else pd.Series(pd.NaT, index=totals.index)
    names = [series_name(*pair) for pair in zip(texts(totals, "scope"), start, strict=True)]
    return pd.Series(names, index=totals.index, dtype=object), used


def _falls(rows: pd.DataFrame, resolved: bool) -> pd.Series:
    if resolved:
        return rows["used"] & (rows["published"] > rows["value"])
    values = rows["published"].where(rows["used"])
    return (values < values.cummax().shift()).fillna(False)


def _one_valued(rows: pd.DataFrame) -> bool:
    values = rows["value"]
    return rows.drop_duplicates(["date", "value"])["date"].is_unique and values.is_monotonic_increasing


def _dots(ax: Axes, rows: pd.DataFrame, marker: str, colour: str, gid: str) -> None:
    if len(rows):
        look = {"units": np.zeros(len(rows)), "ls": "", **_marker(marker, colour)}
        line(ax, as_days(rows["date"]), rows["published"], gid, **look)


def _marker(marker: str, colour: str) -> dict[str, Any]:
    hollow = marker == "v"
    return {"marker": marker, "ms": 6 if hollow else 4, "mec": colour, "mfc": "white" if hollow else colour, "mew": 1.2}


def _mark(marker: str, colour: str, label: str) -> Line2D:
    return Line2D([], [], ls="", label=label, **_marker(marker, colour))
