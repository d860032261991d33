"""What the data rest on: how many statements there are of each kind and month, and where there are none.

A month without any statement is not a month without events, so it is a grey band. The shade of a square tells
the number of statements; the number is not interpolated and never hidden by a neighbour.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.colors import BoundaryNorm, ListedColormap
from matplotlib.patches import Patch

from minestats.columns import counts, dates, need, texts
from minestats.errors import DataError, listed
from minestats.plot.bars import bands, key
from minestats.plot.frame import Drawing, Drawn, drawn, room
from minestats.plot.style import BAND, Palette, as_days, colours, date_axis, shorten, sns
from minestats.say import many, month, sentence

DATES = ("month", "published", "as_of", "period_end", "reported_date", "date")
KINDS = ("type", "period_type", "span", "language", "publisher")
SHADES = ("#b5d4e9", "#6aaed6", "#2a7ab9", "#0b4a85")
MOST_ROWS = 12


@drawn
def sources(
    table: pd.DataFrame,
    *,
    date: str | None = None,
    by: str | None = None,
    unit: str = "statements",
    palette: Palette = None,
) -> Drawing:
    """Draw a timeline of coverage: how many statements of each kind fall in each month.

    Parameters
    ----------
    table : pandas.DataFrame
        One row a statement, or already counted: a month, a kind and the column `statements`.
    ax : matplotlib.axes.Axes, optional
        Axes to draw in; a new figure without it.
    date : str, optional
        Column of the date; without it the first of `month`, `published`, `as_of`, `period_end`,
        `reported_date`, `date` that the table has. Rows without a date are told in a note.
    by : str, optional
        Column of the kind; without it the first of `type`, `period_type`, `span`, `language`, `publisher` that
        the table has, else all are one. The eleven most frequent kinds have a row each, the rest one together.
    unit : str
        What a row is.
    title : str, optional
        The finding, in words.
    source : str, optional
        Caption.
    palette : str or list, optional
        Colours as seaborn takes them: the name of a palette, a list, its first four from few to many.
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
        A column is missing, or a date is none.

    Examples
    --------
    >>> from minestats import plot
    >>> table = pd.DataFrame({"published": ["2024-01-05", "2024-01-20", "2024-03-01"],
    ...                       "type": ["week", "week", "month"]})
    >>> print(plot.alt_text(plot.sources(table)))
    Timeline of statements by type, January 2024 to March 2024; 3 in all: 2 week, 1 month; 1 month without any.
    """
    need(table, [*([date] if date else []), *([by] if by else [])], "table")
    date = date or next((column for column in DATES if column in table.columns), None)
    if date is None:
        raise DataError(f"table: no column of dates; give `date`, or one of {listed(DATES)}.")
    by = by or next((column for column in KINDS if column in table.columns and column != date), "")
    number_of = counts(table, "statements", name="table") if "statements" in table.columns else np.ones(len(table))
    frame = pd.DataFrame({"date": dates(table, date, name="table"), "n": np.nan_to_num(number_of)})
    kinds = texts(table, by) if by else pd.Series(unit, index=table.index)
    frame["kind"] = kinds.map(lambda kind: kind.replace("_", " ") or "not stated").to_numpy()
    undated = int(frame.loc[frame["date"].isna(), "n"].sum())
    frame = frame[frame["date"].notna() & (frame["n"] > 0)].copy()
    notes = [f"{sentence(many(undated, 'statement'))} without a date not drawn"] if undated else []
    sums = frame.groupby("kind")["n"].sum().sort_values(ascending=False, kind="stable")
    if len(sums) > MOST_ROWS:
        rest = f"other ({len(sums) - MOST_ROWS + 1})"
        frame["kind"] = frame["kind"].where(frame["kind"].isin(sums.index[: MOST_ROWS - 1]), rest)
        sums = pd.concat([sums.iloc[: MOST_ROWS - 1], pd.Series({rest: sums.iloc[MOST_ROWS - 1 :].sum()})])
    shades = colours(palette, [str(i) for i in range(len(SHADES))], SHADES)

    def draw(ax: Axes) -> Drawn | str:
        if frame.empty:
            return f"no data: no dated {unit}."
        months = pd.period_range(frame["date"].min(), frame["date"].max(), freq="M")
        left = as_days(months.to_timestamp().to_series())
        wide = np.array([m.days_in_month for m in months], dtype=float)
        inside = frame["date"].dt.to_period("M")
        covered = months.isin(inside)
        most = int(frame.groupby(["kind", inside])["n"].sum().max())
        steps = _steps(most)
        bands(ax, left[~covered], wide[~covered])
        rows = np.arange(len(sums))
        sns.histplot(
            x=(left + wide / 2)[months.get_indexer(inside)],
            y=sums.index.get_indexer(frame["kind"]),
            weights=frame["n"].to_numpy(),
            bins=(_edges(left + 0.06 * wide, left + 0.94 * wide), _edges(rows - 0.38, rows + 0.38)),
            ax=ax,
        )
        squares = ax.collections[-1]
        squares.set(gid="squares", cmap=ListedColormap(shades[: len(steps) + 1]))
        squares.set_norm(BoundaryNorm([0.5, *(step + 0.5 for step in steps), most + 0.5], len(steps) + 1))
        ax.set_ylim(len(sums) - 0.5, -0.5)
        ax.set_yticks(range(len(sums)), [shorten(kind, min(2.0, room(ax) / 2.2), 10) for kind in sums.index])
        for tick in ax.get_yticklabels():
            tick.set_parse_math(False)
        ax.grid(False)
        end = months[-1].to_timestamp() + pd.DateOffset(months=1)
        date_axis(ax, months[0].to_timestamp(), end, room=room(ax) * 0.83)
        handles = [
            Patch(color=shade, lw=0, label=f"{a}" if a == b else f"{a} to {b}")
            for shade, a, b in zip(shades, [1, *(step + 1 for step in steps)], [*steps, most], strict=False)
        ]
        none = int((~covered).sum())
        if none:
            handles.append(key(f"none at all ({many(none, 'month')})", BAND, "xx"))
        ax.set_ylabel(f"{unit} a month", parse_math=False)
        told = ", ".join(f"{int(n):,} {kind}" for kind, n in sums.items())
        words = by.replace("_", " ") if by else "month"
        return Drawn(
            f"Timeline of {unit} by {words}, {month(months[0].to_timestamp())} to "
            f"{month(months[-1].to_timestamp())}; {int(sums.sum()):,} in all: {told}"
            + (f"; {many(none, 'month')} without any" if none else ""),
            notes=notes,
            legend=handles,
        )

    tall = 1.45 + 0.27 * len(sums) if len(sums) else 3.6
    return Drawing(draw, lambda _: tall)


def _edges(low: np.ndarray, high: np.ndarray) -> np.ndarray:
    """Edges of bins: squares with a gap between them."""
    return np.column_stack([low, high]).ravel()


def _steps(most: int) -> list[int]:
    """Upper ends of the shades below the last one."""
    if most <= 4:
        return list(range(1, most))
    return [1, 4, 9] if most > 9 else [1, 2, 4]
