"""A series with the line fitted to it, and the fan of scenarios into the future.

Both lines come from elsewhere (`smooth`, `annual_change`, `change_point`, `completion_forecast`); nothing is
fitted here. A forecast is a scenario: its fan shows what 80 of 100 runs of the past, shuffled, would give.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from minestats.columns import as_date, counts, dates, need
from minestats.errors import DataError, ParameterError
from minestats.estimate import Estimate
from minestats.plot.bars import Layer, bands, bars, interval, key, period_name, period_words, undated_words
from minestats.plot.frame import Drawing, Drawn, drawn, room
from minestats.plot.style import (
    BAND,
    COLOURS,
    INK,
    LINES,
    UNKNOWN,
    VERMILION,
    Palette,
    as_days,
    as_numbers,
    colours,
    date_axis,
    line,
    number_axis,
    words_at,
    wrap,
)
from minestats.say import many, month

PALE = "#6a9fc5"


@drawn
def trend(
    table: pd.DataFrame,
    *,
    fitted: pd.DataFrame | pd.Series | None = None,
    change: Estimate | None = None,
    provisional: int = 0,
    unit: str = "count",
    palette: Palette = None,
) -> Drawing:
    """Draw counts per period, the line fitted to them, and the point where the rate changed.

    Parameters
    ----------
    table : pandas.DataFrame
        Output of `incidence` for one group: `period_start`, `period_end`, `count`, optionally `unknown`.
    ax : matplotlib.axes.Axes, optional
        Axes to draw in; a new figure without it.
    fitted : pandas.Series or pandas.DataFrame, optional
        One value for each row of the table, with its index (as `smooth` gives): a series, or columns `value`
        and, where there is an interval, `low` and `high`. Missing values leave a gap.
    change : Estimate, optional
        Result of `change_point` on the dated rows: `value` periods are before the change.
    provisional : int
        So many last periods are hatched: reports may still come in.
    unit : str
        What is counted, such as "incidents".
    title : str, optional
        The finding, in words.
    source : str, optional
        Caption: source, n, method.
    palette : str, list or dict, optional
        Colours as seaborn takes them: the name of a palette, a list, or colours by "bars" and "fitted".
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
        A column is missing, or a period appears twice.
    ParameterError
        `fitted` does not match the rows, `change` is not within them, or `provisional` is negative.

    Examples
    --------
    >>> from minestats import plot
    >>> table = pd.DataFrame({"period_start": ["2021-01-01", "2022-01-01"], "period_end": ["2021-12-31", "2022-12-31"],
    ...                       "count": [30, 12]})
    >>> print(plot.alt_text(plot.trend(table, unit="incidents", change=Estimate(1, 1, 1))))
    Bar chart of incidents a year, 2021 to 2022; 42 in all; highest 30, in 2021; the rate changes after 2021.
    """
    need(table, ["period_start", "period_end", "count"], "table")
    if isinstance(provisional, bool) or not isinstance(provisional, int) or provisional < 0:
        raise ParameterError(f"`provisional` must be a whole number of periods, 0 or more, not {provisional!r}.")
    lines = _fitted(table, fitted)
    frame = pd.DataFrame(
        {
            "start": dates(table, "period_start", name="table"),
            "end": dates(table, "period_end", name="table"),
            "count": counts(table, "count", name="table", whole=False),
            "unknown": np.nan_to_num(counts(table, "unknown", name="table")),
            "incidents": counts(table, "incidents", name="table"),
        }
    )
    frame = frame.reset_index(drop=True).join(lines)
    out = frame["start"].isna() | frame["end"].isna()
    undated, frame = frame[out], frame[~out].sort_values("start", kind="stable", ignore_index=True)
    if frame["start"].duplicated().any():
        twice = frame.loc[frame["start"].duplicated(), "start"].iloc[0]
        raise DataError(f"table: the period from {twice:%Y-%m-%d} appears more than once; select one group.")
    if change is not None and not 1 <= change.value <= max(len(frame) - 1, 1):
        raise ParameterError(f"`change` says {change.value:g} periods before it, but there are {len(frame)}.")
    pale, bold = colours(palette, ["bars", "fitted"], (PALE, VERMILION))

    def draw(ax: Axes) -> Drawn | str:
        if frame.empty:
            return f"no data: no period to draw {unit} of."
        left, wide = as_days(frame["start"]), (frame["end"] - frame["start"]).dt.days.to_numpy() + 1.0
        each = interval(wide)
        heights, unknown = frame["count"].to_numpy(), frame["unknown"].to_numpy()
        late = np.arange(len(frame)) >= len(frame) - provisional
        layers: list[Layer] = []
        handles: list[Artist] = []
        for chosen, hatch, gid, words in ((~late, "", "count", unit), (late, "///", "provisional", "provisional")):
            if chosen.any():
                layers.append(Layer(gid, np.where(chosen, heights, np.nan), pale, hatch))
                handles.append(key(words, pale, hatch))
        if unknown.any():
            layers.append(Layer("unknown", np.where(unknown > 0, unknown, np.nan), UNKNOWN, "xxx"))
            handles.append(key(f"count unknown ({many(int(unknown.sum()), 'incident')})", UNKNOWN, "xxx"))
        bars(ax, left, wide, layers)
        blank = np.isnan(heights) & (unknown == 0)
        bands(ax, left[blank], wide[blank])
        if blank.any():
            handles.append(key(f"not known ({many(int(blank.sum()), each)})", BAND, "xx"))
        top = float(np.nanmax(np.nan_to_num(heights) + unknown, initial=1.0))
        alt = period_words(frame, f"Bar chart of {unit} a {each}", each, int(unknown.sum()), int(blank.sum()))
        if "value" in frame:
            middle = left + wide / 2
            line(ax, middle, frame["value"], "fitted", color=bold, lw=2.2)
            handles.append(Line2D([], [], color=bold, lw=2.2, label="fitted"))
            top = max(top, frame["value"].max())
            if "low" in frame:
                ax.fill_between(middle, frame["low"], frame["high"], color=bold, alpha=0.2, lw=0, gid="band")
                handles.append(Patch(color=bold, alpha=0.2, lw=0, label="its interval"))
            ends = frame["value"].dropna()
            if len(ends) > 1:
                alt += f"; the fitted line goes from {ends.iloc[0]:.3g} to {ends.iloc[-1]:.3g}"
        ax.set_ylim(0, top * (1.2 if change is not None else 1.06))
        if change is not None:
            alt += f"; {_change(ax, frame, change, left, wide, each)}"
        date_axis(ax, frame["start"].iloc[0], frame["end"].iloc[-1] + pd.Timedelta(days=1), room=room(ax))
        number_axis(ax.yaxis, whole=True)
        ax.set_ylabel(f"{unit} a {each}", parse_math=False)
        if provisional:
            last = f"{many(provisional, each)} are" if provisional > 1 else f"{each} is"
            alt += f"; the last {last} provisional"
        notes = [undated_words(undated, each)] if len(undated) else []
        return Drawn(alt, notes=notes, legend=handles if len(handles) > 1 else [])

    return Drawing(draw)


def _fitted(table: pd.DataFrame, fitted: pd.DataFrame | pd.Series | None) -> pd.DataFrame:
    """The fitted line as columns, in the order of the rows."""
    if fitted is None:
        return pd.DataFrame(index=range(len(table)))
    columns = ["value"]
    if isinstance(fitted, pd.DataFrame):
        need(fitted, columns, "fitted")
        columns += ["low", "high"] if {"low", "high"} <= set(fitted.columns) else []
    else:
        fitted = (fitted if isinstance(fitted, pd.Series) else pd.Series(list(fitted))).rename("value").to_frame()
    values = pd.DataFrame({c: as_numbers(fitted, c, "fitted") for c in columns}, index=fitted.index)
    same_labels = fitted.index.is_unique and table.index.is_unique and fitted.index.isin(table.index).all()
    if same_labels and not fitted.index.equals(table.index):
        values = values.reindex(table.index)
    if len(values) != len(table):
        raise ParameterError(
            f"`fitted` must have one value for each of the {len(table)} rows of the table, not {len(fitted)}."
        )
    return values.set_axis(range(len(table)))


def _change(ax: Axes, frame: pd.DataFrame, change: Estimate, left, wide, each: str) -> str:
    """Draw the change between two periods, and return it in words."""

    def end(k: float) -> float:
        i = int(np.clip(round(k), 1, len(frame))) - 1
        return left[i] + wide[i]

    def name(k: float) -> str:
        i = int(np.clip(round(k), 1, len(frame))) - 1
        return period_name(frame["start"][i], frame["end"][i], each)

    at = end(change.value)
    words = f"the rate changes after {name(change.value)}"
    label = f"change after {name(change.value)}"
    if not (np.isnan(change.low) or np.isnan(change.high)) and change.high > change.low:
        ax.axvspan(end(change.low), end(change.high), color=INK, alpha=0.1, lw=0, zorder=0.4, gid="change interval")
        words += f" (interval: {name(change.low)} to {name(change.high)})"
        label += f"\n({name(change.low)} to {name(change.high)})"
    ax.axvline(at, color=INK, lw=1.2, ls="--", gid="change")
    early = at < left[0] + 0.5 * (left[-1] + wide[-1] - left[0])
    label = "\n".join(wrap(label, room(ax) * 0.48, 9))
    look = {"ha": "left" if early else "right", "va": "top", "size": 9, "linespacing": 1.2}
    ground = {"facecolor": "white", "alpha": 0.8, "lw": 0, "pad": 1}
    words_at(ax, label, (at, 1), (5 if early else -5, -1), xycoords=("data", "axes fraction"), bbox=ground, **look)
    return words


@drawn
def forecast(
    table: pd.DataFrame | Mapping[str, pd.DataFrame],
    *,
    start: object = None,
    unit: str = "hectares left to clear",
    palette: Palette = None,
) -> Drawing:
    """Draw what is left in the months to come: the median run, and the band of 80 runs in 100.

    Parameters
    ----------
    table : pandas.DataFrame or mapping of str to pandas.DataFrame
        Output of `completion_forecast`: `month` (1, 2, ..), `done` (share of runs finished), `p10`, `p50`,
        `p90` (left, in `unit`). Several scenarios by name, at most seven.
    ax : matplotlib.axes.Axes, optional
        Axes to draw in; a new figure without it.
    start : date or str, optional
        First day of the first month of the forecast; without it the axis counts years from now.
    unit : str
        What is left, with its unit.
    title : str, optional
        The finding, in words.
    source : str, optional
        Caption: source, months of the baseline, assumptions.
    palette : str, list or dict, optional
        Colours as seaborn takes them: the name of a palette, a list, or colours by scenario.
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
        A column is missing or has what is no number.
    ParameterError
        More than seven scenarios, or `start` is no date.

    Examples
    --------
    >>> from minestats import plot
    >>> table = pd.DataFrame({"month": [1, 2], "done": [0.0, 1.0], "p10": [40.0, 0], "p50": [50.0, 0],
    ...                       "p90": [60.0, 0]})
    >>> print(plot.alt_text(plot.forecast(table, start="2026-04-01")))
    Fan chart of hectares left to clear from April 2026; half of the runs are done by May 2026 (10 of 100 by May 2026,
    90 of 100 by May 2026).
    """
    scenarios = dict(table) if isinstance(table, Mapping) and not isinstance(table, pd.DataFrame) else {"": table}
    if len(scenarios) > len(COLOURS):
        raise ParameterError(f"at most {len(COLOURS)} scenarios can be drawn, not {len(scenarios)}.")
    first = as_date(start, "start")
    columns = ("month", "done", "p10", "p50", "p90")
    frames = {}
    for name, rows in scenarios.items():
        need(rows, columns, f"forecast {name}".strip())
        values = pd.DataFrame({c: as_numbers(rows, c, "forecast") for c in columns})
        frames[str(name)] = values.sort_values("month", kind="stable", ignore_index=True)
    frames = {name: rows for name, rows in frames.items() if rows["p50"].notna().any()}
    shades = colours(palette, list(frames))

    def draw(ax: Axes) -> Drawn | str:
        if not frames:
            return f"no data: no forecast of {unit}."
        handles: list[Artist] = []
        parts: list[str] = []
        longest = max(rows["month"].max() for rows in frames.values())
        for (name, rows), colour, dashes in zip(frames.items(), shades, LINES, strict=False):
            x = _when(rows["month"], first)
            ax.fill_between(x, rows["p10"], rows["p90"], color=colour, alpha=0.2, lw=0, gid="band")
            going = rows["p50"].where(rows["p50"].shift(fill_value=1) > 0)
            line(ax, x, going, "median", color=colour, ls=dashes, lw=2)
            half = _done(rows, 0.5)
            dot: dict[str, Any] = {"color": colour, "ls": "", "marker": "o", "ms": 6, "mec": colour}
            if half is not None:
                ax.plot(_when(pd.Series([half]), first), [0], clip_on=False, zorder=5, gid="half done", **dot)
            if len(frames) > 1:
                words = f"{name}: half done {_label(half, first)}" if half is not None else f"{name}: not half done"
                handles.append(Line2D([], [], color=colour, ls=dashes, lw=2, label=words))
            else:
                handles.append(Line2D([], [], color=colour, lw=2, label="median run"))
                handles.append(Patch(color=colour, alpha=0.2, lw=0, label="80 of 100 runs"))
                if half is not None:
                    handles.append(Line2D([], [], label=f"half of the runs done {_label(half, first)}", **dot))
            parts.append((f"{name}: " if name else "") + _finished(rows, first))
        if first is not None:
            date_axis(ax, first, first + pd.DateOffset(months=int(longest)), room=room(ax))
        else:
            ax.set_xlim(0, longest / 12 * 1.02)
            number_axis(ax.xaxis, bins=7)
            ax.set_xlabel("years from now")
        number_axis(ax.yaxis)
        ax.set_ylim(0, max(rows["p90"].max() for rows in frames.values()) * 1.05 or 1)
        ax.set_ylabel(unit, parse_math=False)
        beginning = f" from {month(first)}" if first is not None else ""
        return Drawn(
            f"Fan chart of {unit}{beginning}; {'; '.join(parts)}",
            notes=["Bands: 80 of 100 runs"] if len(frames) > 1 else [],
            below=0.3 if first is not None else 0.5,
            legend=handles,
        )

    return Drawing(draw)


def _when(months: pd.Series, first: pd.Timestamp | None) -> np.ndarray:
    """Position of the end of each month of the forecast: a date, or years."""
    if first is None:
        return months.to_numpy() / 12
    return as_days(pd.Series([first + pd.DateOffset(months=int(m)) for m in months]))


def _done(rows: pd.DataFrame, share: float) -> int | None:
    months = rows.loc[rows["done"] >= share, "month"]
    return int(months.iloc[0]) if len(months) else None


def _label(months: int, first: pd.Timestamp | None) -> str:
    if first is None:
        return f"after {many(months, 'month')}" if months < 24 else f"after {months / 12:.1f} years"
    return f"by {month(first + pd.DateOffset(months=months - 1))}"


def _finished(rows: pd.DataFrame, first: pd.Timestamp | None) -> str:
    ten, half, ninety = (_done(rows, share) for share in (0.1, 0.5, 0.9))
    horizon = f"within {many(int(rows['month'].max()), 'month')}"
    if ten is None or half is None:
        return f"fewer than half of the runs are done {horizon} ({rows['done'].iloc[-1]:.0%})"
    late = _label(ninety, first) if ninety is not None else f"not {horizon}"
    return f"half of the runs are done {_label(half, first)} (10 of 100 {_label(ten, first)}, 90 of 100 {late})"
