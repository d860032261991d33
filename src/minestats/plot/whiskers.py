"""Rates with their intervals: segments over the stretches between totals, or dots and whiskers by name.

A rate between two totals belongs to the whole stretch between them, so it is a horizontal segment from its start
to its end, and its interval is the band around it. Rates of groups are dots on lines. An interval is never left
out: where it goes beyond the axes, a triangle says so.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from matplotlib.patches import Patch
from matplotlib.ticker import FixedLocator, FuncFormatter, NullFormatter, NullLocator

from minestats.columns import counts, dates, need, texts
from minestats.errors import ParameterError
from minestats.plot.frame import Drawing, Drawn, drawn, room, slim
from minestats.plot.style import (
    INK,
    SOFT,
    UNKNOWN,
    Palette,
    as_days,
    as_numbers,
    colours,
    date_axis,
    line,
    number_axis,
    series_name,
    shorten,
    width,
    words_at,
    wrap,
)
from minestats.say import day, many, rounded

_SPANS = {1.0: "a day", 7.0: "a week", 365.25 / 12: "a month", 365.25: "a year", 365.0: "a year"}

THICK, THIN = 3.2, 1.4


@drawn
def rates(
    table: pd.DataFrame,
    *,
    label: str | None = None,
    unit: str = "events",
    reference: float | None = None,
    log: bool = False,
    palette: Palette = None,
) -> Drawing:
    """Draw rates with their intervals, over time or by name.

    Without `label` each row is a stretch of time and its rate a segment over it, with the interval as a band;
    a thin segment rests on a date that was inferred. With `label` each row is a dot with a whisker, its figures
    beside it; a hollow dot rests on fewer than 16 events; a row without a value says so in grey.

    Parameters
    ----------
    table : pandas.DataFrame
        Output of `interval_rates`: `start`, `end`, `rate` (or `value`), `low`, `high` and optionally `days`, `count`,
        `scope`, `since`, `inferred`. Or, with `label`, that column, `value`, `low`, `high`, and optionally `unstable`.
    ax : matplotlib.axes.Axes, optional
        Axes to draw in; a new figure without it.
    label : str, optional
        Column with the names of the rows, drawn in the order of the table from the top.
    unit : str
        For stretches of time what is counted, such as "casualties" ("a year" follows from the table); with
        `label` the unit of the value, such as "incidents a year".
    reference : float, optional
        A value to compare with, drawn as a line: 1 for ratios.
    log : bool
        With `label`: a logarithmic axis, for ratios.
    title : str, optional
        The finding, in words.
    source : str, optional
        Caption: source, number of cases, dispersion.
    palette : str, list or dict, optional
        Colours as seaborn takes them: the name of a palette, a list, or colours by series (by name: the first colour).
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
        A column is missing, or has what is no number or date.
    ParameterError
        `log` without `label`.

    Examples
    --------
    >>> from minestats import plot
    >>> table = pd.DataFrame({"start": ["2022-10-26"], "end": ["2022-12-13"], "days": [49], "count": [2],
    ...                       "rate": [14.908], "low": [1.805], "high": [53.853]})
    >>> print(plot.alt_text(plot.rates(table, unit="casualties")))
    Rates of casualties a year over 1 interval, 26 October 2022 to 13 December 2022; 14.9 (1.8 to 53.9).
    >>> ratios = pd.DataFrame({"year": ["2024", "2025"], "value": [0.8, None], "low": [0.4, None],
    ...                        "high": [1.6, None]})
    >>> print(plot.alt_text(plot.rates(ratios, label="year", unit="rate ratio", reference=1, log=True)))
    Dots with intervals, rate ratio: 2024 0.8 (0.4 to 1.6); 2025 not known. A line marks 1.
    """
    if label is not None:
        return _by_name(table, label, unit, reference, log, palette)
    if log:
        raise ParameterError("`log` needs `label`: rates over time are drawn from 0.")
    return _over_time(table, unit, reference, palette)


def _over_time(table: pd.DataFrame, unit: str, reference: float | None, palette: Palette) -> Drawing:
    table = need(table, ["start", "end", "low", "high"], "intervals")
    table = table if "rate" in table.columns else table.rename(columns={"value": "rate"})
    need(table, ["rate"], "intervals")
    frame = pd.DataFrame(
        {
            "start": dates(table, "start", name="intervals", required=True),
            "end": dates(table, "end", name="intervals", required=True),
            **{column: as_numbers(table, column, "intervals") for column in ("rate", "low", "high")},
            "days": counts(table, "days", name="intervals"),
            "count": counts(table, "count", name="intervals", whole=False),
            "inferred": texts(table, "inferred").str.lower().isin(["true", "1", "1.0"]),
            "series": [series_name(*pair) for pair in zip(texts(table, "scope"), _since(table), strict=True)],
        }
    ).sort_values("start", kind="stable", ignore_index=True)
    names = list(dict.fromkeys(frame["series"]))
    shades = dict(zip(names, colours(palette, names), strict=True))

    def draw(ax: Axes) -> Drawn | str:
        if frame.empty or frame["rate"].isna().all():
            return f"no data: no interval with a rate of {unit}."
        what = f"{unit} {_per(frame)}".strip()
        tallest = frame["rate"].replace(np.inf, np.nan).max()
        highest = frame["high"].replace(np.inf, np.nan).max()
        top = highest * 1.06 if highest <= 4 * tallest else tallest * 3
        top = top if top > 0 else max(highest, 1.0)
        right = as_days(frame["end"]) + 1
        left = right - np.where(frame["days"] > 0, frame["days"], right - 1 - as_days(frame["start"]))
        rate, low, high = (frame[column].to_numpy() for column in ("rate", "low", "high"))
        known = ~np.isnan(rate)
        hues = [shades[name] for name in frame["series"]]
        thick = np.where(frame["inferred"], THIN, THICK)
        beyond = known & (high > top)
        segments = {"units": np.repeat(np.flatnonzero(known), 2), "solid_capstyle": "butt", "color": INK}
        ends = np.column_stack([left, right])[known].ravel()
        for part, i in zip(
            line(ax, ends, np.repeat(rate[known], 2), "rate", **segments), np.flatnonzero(known), strict=True
        ):
            part.set(color=hues[i], linewidth=thick[i])
        for i in np.flatnonzero(~known):
            ax.axvspan(left[i], right[i], color=UNKNOWN, alpha=0.3, lw=0, gid="missing")
        for i in np.flatnonzero(known & ~np.isnan(low)):
            # seaborn draws bands of its own estimates only
            look = {"color": hues[i], "alpha": 0.2, "lw": 0, "gid": "band"}
            ax.fill_between([left[i], right[i]], low[i], min(high[i], top * 2), **look)
        for i in np.flatnonzero(beyond):
            ax.plot((left[i] + right[i]) / 2, top * 0.98, "^", color=hues[i], ms=5, gid="beyond", clip_on=False)
        if len(frame) <= 8:
            wide = (right - left) * room(ax) / max((frame["end"].max() - frame["start"].min()).days, 1)
            words = [f"{x:,.{0 if tallest >= 100 else 1}f}" for x in rate]
            for i in np.flatnonzero(known & (wide > [width(text, 9.5) for text in words])):
                middle = (left[i] + right[i]) / 2
                words_at(ax, words[i], (middle, rate[i]), (0, 3), ha="center", va="bottom", size=9.5, color=INK)
        shown = [(colour, name if len(names) > 1 else "rate") for name, colour in shades.items()]
        handles: list[Artist] = [Line2D([], [], color=colour, lw=THICK, label=name) for colour, name in shown]
        handles.append(Patch(color=hues[0] if len(names) == 1 else SOFT, alpha=0.2, lw=0, label="its interval"))
        if frame["inferred"].any():
            handles.append(Line2D([], [], color=SOFT, lw=THIN, label="thin: an end date is inferred"))
        if reference is not None:
            ax.axhline(reference, color=INK, lw=1, ls=":", gid="reference")
        date_axis(ax, frame["start"].min(), frame["end"].max(), room=room(ax))
        number_axis(ax.yaxis)
        ax.set_ylim(0, top)
        ax.set_ylabel(what, parse_math=False)
        cut = many(int(beyond.sum()), "interval")
        note = f"Upper limits beyond the axis in {cut} (triangles), at most {rounded(highest)}"
        return Drawn(_told(frame, what), notes=[note] if beyond.any() else [], legend=handles)

    return Drawing(draw)


def _since(table: pd.DataFrame) -> pd.Series:
    if "since" not in table.columns:
        return pd.Series(pd.NaT, index=table.index)
    return dates(table, "since", name="intervals")


def _per(frame: pd.DataFrame) -> str:
    """The unit of time of the rates, read from count, days and rate."""
    rows = frame[(frame["count"] > 0) & (frame["days"] > 0) & (frame["rate"] > 0)]
    if rows.empty:
        return "a year" if frame["days"].isna().all() or (frame["rate"] == 0).all() else ""
    days = float((rows["rate"] * rows["days"] / rows["count"]).median())
    near = min(_SPANS, key=lambda span: abs(span - days))
    return _SPANS[near] if abs(near / days - 1) < 1e-3 else f"in {rounded(days)} days"


def _told(frame: pd.DataFrame, what: str) -> str:
    known = frame[frame["rate"].notna()].reset_index(drop=True)
    span = f"{day(frame['start'].min())} to {day(frame['end'].max())}"
    alt = f"Rates of {what} over {many(len(frame), 'interval')}, {span}"

    def of(i: int) -> str:
        return _interval(known["rate"][i], known["low"][i], known["high"][i])

    if len(known) == 1:
        return f"{alt}; {of(0)}"
    best, least = int(known["rate"].idxmax()), int(known["rate"].idxmin())
    for name, i in (("highest", best), ("lowest", least), ("last", len(known) - 1)):
        alt += f"; {name} {of(i)} from {day(known['start'][i])} to {day(known['end'][i])}"
    if frame["inferred"].any():
        alt += f"; {many(int(frame['inferred'].sum()), 'interval')} with an inferred end date"
    return alt


def _interval(value: float, low: float, high: float) -> str:
    """Value and limits with the decimals of the widest of them."""
    if np.isnan(value):
        return "not known"
    if np.isnan(low) and np.isnan(high):
        return rounded(value)
    finite = [abs(x) for x in (value, low, high) if np.isfinite(x)]
    size = max(finite, default=0.0)
    decimals = 0 if size >= 100 or size == 0 else int(np.clip(2 - np.floor(np.log10(size)), 0, 6))

    def text(x: float) -> str:
        return f"{x:,.{decimals}f}" if np.isfinite(x) else rounded(x)

    if all(float(x).is_integer() for x in finite):
        decimals = 0
    digits = [text(x) for x in (value, low, high)]
    if all("." in d for d in digits if d[0].isdigit()):
        while all(d.endswith("0") for d in digits if d[0].isdigit()) and decimals > 0:
            decimals -= 1
            digits = [text(x) for x in (value, low, high)]
    lowest = digits[1]
    if np.isfinite(low) and low >= 1e-4 and float(lowest.replace(",", "")) == 0:
        lowest = f"{low:.2g}" if low >= 0.01 else f"{low:.1g}"  # a lower limit above 0 must not read as 0
    return f"{digits[0]} ({lowest} to {digits[2]})"


def _by_name(
    table: pd.DataFrame, label: str, unit: str, reference: float | None, log: bool, palette: Palette
) -> Drawing:
    need(table, [label, "value", "low", "high"], "rates")
    values, low, high = (as_numbers(table, column, "rates") for column in ("value", "low", "high"))
    names = texts(table, label).map(lambda name: name or "not stated").tolist()
    hollow = texts(table, "unstable").str.lower().isin(["true", "1", "1.0"]).to_numpy()
    [colour] = colours(palette, [unit])
    n, known = len(names), ~np.isnan(values)

    def draw(ax: Axes) -> Drawn | str:
        if not known.any():
            return f"no data: no known value ({unit})."
        written = [_interval(*row) for row in zip(values, low, high, strict=True)]
        beside = [text if here else "" for text, here in zip(written, known, strict=True)]
        labels = [shorten(name, min(2.2, room(ax) / 2), 10) for name in names]
        if slim(ax):  # no room beside the dots: the figures stand under the names
            labels = [f"{name}\n{text}".rstrip() for name, text in zip(labels, beside, strict=True)]
            beside = [""]
        first, last = _limits(values, low, high, reference, log)
        ax.set_ylim(n - 0.5, -0.5)
        ax.set_yticks(range(n), labels)
        for tick in ax.get_yticklabels():
            tick.set_parse_math(False)
        ax.tick_params(axis="y", pad=8)
        ax.grid(True, axis="x")
        ax.grid(False, axis="y")
        rows = np.flatnonzero(known)
        ends = [np.where(np.isnan(limit), values, limit)[known] for limit in (low, high)]
        whiskers = np.column_stack([np.maximum(ends[0], first), np.minimum(ends[1], last)]).ravel()
        look = {"color": colour, "lw": 2, "solid_capstyle": "butt"}
        line(ax, whiskers, np.repeat(rows, 2), "interval", units=np.repeat(rows, 2), **look)
        mark = {"ls": "", "color": colour, "mec": colour}
        inside = known & (values >= first) & (values <= last)
        at: dict[str, Any] = {"units": np.flatnonzero(inside), "marker": "o", "ms": 6.5, "mew": 1.6, **mark}
        for dot, i in zip(line(ax, values[inside], at["units"], "value", **at), at["units"], strict=True):
            dot.set_markerfacecolor("white" if hollow[i] else colour)
        for x, over, arrow in ((last, ends[1] > last, ">"), (first, ends[0] < first, "<")):
            for row in rows[over]:
                ax.plot(x, row, arrow, color=colour, ms=6, clip_on=False, gid="beyond")
        for i in np.flatnonzero(~known):
            look = {"color": UNKNOWN, "style": "italic", "gid": "missing"}
            words_at(ax, "not known", (0.01, i), xycoords=("axes fraction", "data"), va="center", **look)
        for i, text in enumerate(beside):
            look = {"va": "center", "size": 9.5, "annotation_clip": False}
            words_at(ax, text, (1, i), (8, 0), xycoords=("axes fraction", "data"), **look)
        if log:
            ax.set_xscale("log")
        ax.set_xlim(first, last)
        if reference is not None:
            ax.axvline(reference, color=INK, lw=1, ls=":", gid="reference")
        if log:
            _log_ticks(ax, first, last, room(ax))
        else:
            number_axis(ax.xaxis, bins=3 if slim(ax) else 5)
        ax.set_xlabel(unit if not slim(ax) else "\n".join(wrap(unit, 2.0, 10)), parse_math=False)
        told = "; ".join(f"{name} {text}" for name, text in zip(names, written, strict=True))
        notes = ["Hollow: fewer than 16 events, unstable"] if (hollow & known).any() else []
        marked = f". A line marks {rounded(reference)}" if reference is not None else ""
        return Drawn(
            f"Dots with intervals, {unit}: {told}{marked}",
            notes=notes,
            right=0.3 + max(width(text, 9.5) for text in beside),
            below=0.5 + 0.17 * ax.get_xlabel().count("\n"),
        )

    return Drawing(draw, lambda wide: max(1.25 + (0.3 if wide > 4.5 else 0.42) * n, 2.0))


def _limits(values, low, high, reference, log) -> tuple[float, float]:
    """Limits of the axis: all values, and the intervals unless a few of them would hide the rest."""
    known = [x for x in [*values, *([] if reference is None else [reference])] if np.isfinite(x) and (x > 0 or not log)]
    ends = [x for x in [*low, *high] if np.isfinite(x) and (x > 0 or not log)]
    known = known or ends or [1.0]
    if log:
        first, last = min(known + ends), max(known + ends)
        return max(first, min(known) / 30) / 1.25, min(last, max(known) * 30) * 1.25
    size = max(abs(x) for x in known) or max((abs(x) for x in ends), default=1.0) or 1.0
    first = max(min([0.0, *known, *ends]), -4 * size)
    last = min(max([0.0, *known, *ends]), 4 * size)
    pad = (last - first or 1.0) * 0.05
    return (first - pad if first < 0 else 0.0), last + pad


def _log_ticks(ax: Axes, first: float, last: float, room: float) -> None:
    steps = [m * 10.0**e for e in range(-6, 7) for m in ((1, 2, 5) if last / first < 32 * room else (1,))]
    ticks = [x for x in steps if first <= x <= last] or [first, last]
    ax.xaxis.set_major_locator(FixedLocator(ticks))
    ax.xaxis.set_major_formatter(FuncFormatter(lambda x, _: f"{x:g}"))
    ax.xaxis.set_minor_locator(NullLocator())
    ax.xaxis.set_minor_formatter(NullFormatter())
