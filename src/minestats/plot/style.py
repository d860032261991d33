"""The look of every figure: colours, measured text, axes of dates and numbers, numbers and dates in words.

Figures are read at phone width, in print and by colour-blind people. So colours come with hatches or markers,
text is measured before it is placed, and ticks are few. Theme, context and palette are seaborn's. The global
settings of matplotlib are never changed: everything is drawn within `style()`.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import lru_cache
from pkgutil import resolve_name
from types import ModuleType
from typing import Any

import matplotlib as mpl
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import RendererAgg
from matplotlib.font_manager import FontProperties
from matplotlib.ticker import FixedLocator, FuncFormatter, MaxNLocator, NullLocator

from minestats.errors import DataError, ParameterError, listed
from minestats.say import day


class _Later(ModuleType):
    """A part of a library that is imported when it is called."""

    def __getattr__(self, name: str) -> _Later:
        if name.startswith("__"):
            raise AttributeError(name)
        return _Later(f"{self.__name__}.{name}")

    def __call__(self, *args: Any, **given: Any) -> Any:
        return resolve_name(self.__name__)(*args, **given)


def _seaborn() -> Any:
    """Import seaborn, and what it needs for densities, clusters and sliders alone when one is drawn.

    Nine tenths of the time of its import are these (0.8 s), and none of our figures has one.
    """
    later = {name: _Later(name) for name in ("scipy.stats", "scipy.cluster", "ipywidgets") if name not in sys.modules}
    sys.modules.update(later)
    try:
        import seaborn
    finally:
        for name in later:
            del sys.modules[name]
    return seaborn


sns = _seaborn()
BLUE, ORANGE, GREEN, VERMILION, PURPLE, BROWN, _, _, _, SKY = sns.color_palette("colorblind").as_hex()
COLOURS = (BLUE, VERMILION, GREEN, ORANGE, PURPLE, SKY, BROWN)
HATCHES = ("", "///", "..", "\\\\\\", "xx", "--", "")
MARKERS = ("o", "s", "^", "D", "<", "P", ">")
LINES = ("-", "--", "-.", ":", (0, (5, 1)), (0, (1, 1)), (0, (3, 1, 1, 1)))
INK, SOFT, UNKNOWN, BAND, EDGE = "#1f2933", "#4b5563", "#8a8f96", "#d9dce0", "#9aa3ad"
DPI = 110
"""Dots an inch of our figures; text is measured at the same, because hinting makes it wider or narrower."""

_SHEET = {  # what neither the theme nor the context of seaborn sets
    "figure.dpi": DPI,
    "figure.max_open_warning": 100,
    "figure.autolayout": False,
    "figure.constrained_layout.use": False,
    "savefig.dpi": "figure",
    "savefig.facecolor": "auto",
    "savefig.bbox": "standard",
    "savefig.transparent": False,
    "svg.hashsalt": "minestats",
    "text.usetex": False,
    "text.parse_math": False,
    "axes.grid.axis": "y",
    "axes.unicode_minus": True,
    "xtick.labelcolor": SOFT,
    "ytick.labelcolor": SOFT,
    "hatch.linewidth": 0.7,
    "path.simplify": True,
}


@lru_cache(maxsize=1)
def _settings() -> Any:
    colours = {"text.color": INK, "axes.labelcolor": SOFT, "axes.edgecolor": EDGE, "xtick.color": EDGE}
    lines = {"grid.color": "#e1e5ea", "ytick.color": EDGE, "xtick.bottom": True, "font.family": ["DejaVu Sans"]}
    text = {"axes.labelsize": 10, "xtick.labelsize": 10, "ytick.labelsize": 10, "ytick.major.size": 0}
    thin = {"axes.linewidth": 0.8, "grid.linewidth": 0.8, "xtick.major.size": 4, "lines.markersize": 5}
    theme = sns.axes_style("whitegrid", rc={**colours, **lines})
    return {**theme, **sns.plotting_context("notebook", font_scale=0.875, rc={**text, **thin}), **_SHEET}


@contextmanager
def style() -> Iterator[None]:
    """Give a context within which matplotlib draws in the style of minestats; the settings come back after it.

    Examples
    --------
    >>> before = mpl.rcParams["font.size"]
    >>> with style():
    ...     mpl.rcParams["font.size"]
    10.5
    >>> mpl.rcParams["font.size"] == before
    True
    """
    interactive = mpl.rcParams["interactive"]
    try:
        with mpl.rc_context(_settings()):
            try:
                yield
            finally:
                interactive = mpl.rcParams["interactive"]
    finally:
        # The first figure of a notebook starts the back-end, which turns this on: it must outlive the context.
        mpl.rcParams["interactive"] = interactive


def dress(ax: Axes) -> None:
    """Give axes that were made elsewhere the look of our own."""
    ax.set_facecolor("white")
    ax.spines[:].set(color=EDGE, linewidth=0.8)
    ax.set_axisbelow(True)
    ax.grid(False)
    ax.grid(True, axis="y", color=mpl.rcParams["grid.color"], linewidth=0.8)
    ax.tick_params(axis="x", bottom=True, length=4)
    ax.tick_params(axis="y", length=0)
    ax.tick_params(color=EDGE, labelcolor=SOFT, labelsize=10)
    for axis in (ax.xaxis, ax.yaxis):
        axis.label.set(color=SOFT, size=10)


Palette = str | Sequence[Any] | Mapping[str, Any] | None


def colours(palette: Palette, names: Sequence[str], default: Sequence[str] = COLOURS) -> list[str]:
    """Return a colour for each name: of a palette as seaborn knows it, or by a mapping.

    Examples
    --------
    >>> colours(None, ["a", "b"]), colours({"a": "red", "b": "#00ff00"}, ["b", "a"])
    (['#0173b2', '#d55e00'], ['#00ff00', '#ff0000'])
    >>> colours("rainbows", ["a"])
    Traceback (most recent call last):
    minestats.errors.ParameterError: `palette`: 'rainbows' is not a valid palette name
    """
    if palette is None:
        return [default[i % len(default)] for i in range(len(names))]
    if isinstance(palette, Mapping):
        if missing := [name for name in names if name not in palette]:
            raise ParameterError(f"`palette` has no colour for {listed(missing)}.")
        palette = [palette[name] for name in names]
    try:
        return [str(colour) for colour in sns.color_palette(palette, len(names)).as_hex()]  # type: ignore[arg-type]
    except (ValueError, TypeError) as error:
        raise ParameterError(f"`palette`: {error}") from error


def line(ax: Axes, x: Any, y: Any, gid: str, *, units: Any = None, **look: Any) -> list:
    """Draw a line, or marks without one, by seaborn, and return its parts.

    Each of the `units` is a part; without them each stretch of known values, since seaborn joins the neighbours of a
    missing one.
    """
    before, y = len(ax.lines), np.asarray(y, dtype=float)
    units = np.isnan(y).cumsum() if units is None else units
    sns.lineplot(
        x=np.asarray(x), y=y, units=units, estimator=None, errorbar=None, sort=False, legend=False, ax=ax, **look
    )
    drawn = list(ax.lines[before:])
    for part in drawn:
        part.set_gid(gid)
    return drawn


def words_at(ax: Axes, text: str, at: tuple[Any, Any], shift: Any = (0, 0), **look: Any) -> None:
    """Write a text as it stands, some points away from a place of the axes."""
    ax.annotate(text, at, shift, textcoords="offset points", parse_math=False, **look)


@lru_cache(maxsize=1)
def _ruler() -> RendererAgg:
    return RendererAgg(1, 1, DPI)


@lru_cache(maxsize=4096)
def width(text: str, size: float, weight: str = "normal") -> float:
    """Return the width of one line of text in inches."""
    font = FontProperties(family="DejaVu Sans", size=size, weight=weight)
    return _ruler().get_text_width_height_descent(text, font, ismath=False)[0] / DPI if text else 0.0


def wrap(text: str, room: float, size: float, weight: str = "normal") -> list[str]:
    """Break a text into lines that are at most `room` inches wide; a longer word is cut into pieces."""
    lines: list[str] = []
    for paragraph in str(text).split("\n"):
        line = ""
        for word in paragraph.split():
            while width(word, size, weight) > room and len(word) > 1:
                fits = next((n for n in range(len(word) - 1, 1, -1) if width(word[:n], size, weight) <= room), 1)
                lines += [part for part in (line, word[:fits]) if part]
                line, word = "", word[fits:]
            longer = f"{line} {word}" if line else word
            if line and width(longer, size, weight) > room:
                lines.append(line)
                line = word
            else:
                line = longer
        if line:
            lines.append(line)
    return lines


def shorten(text: str, room: float, size: float) -> str:
    """Return the text, cut with an ellipsis where it is wider than `room` inches.

    Examples
    --------
    >>> shorten("Aghdam", 2, 10), shorten("A very long name of a very small place", 1.2, 10)
    ('Aghdam', 'A very long na…')
    """
    # a name of ten thousand letters is not measured from its end
    most = 16
    while most < len(text) and width(text[:most], size) <= room:
        most *= 2
    if most >= len(text) and width(text, size) <= room:
        return text
    keep = next((n for n in range(min(most, len(text) - 1), 0, -1) if width(text[:n].rstrip() + "…", size) <= room), 0)
    return text[:keep].rstrip() + "…"


def series_name(scope: str, since: pd.Timestamp) -> str:
    """Return what a series of totals is called: its scope and its start of counting.

    Examples
    --------
    >>> series_name("national", pd.Timestamp("2020-11-10")), series_name("", pd.NaT)
    ('National since 10 November 2020', '')
    """
    words = scope.replace("_", " ").title() if scope.replace("_", "").isalpha() and scope.islower() else scope
    return f"{words} {'' if pd.isna(since) else f'since {day(since)}'}".strip()


def as_days(dates: pd.Series | np.ndarray) -> np.ndarray:
    """Return dates as matplotlib's numbers (days since 1970), NaN for missing."""
    values = np.asarray(dates, dtype="datetime64[D]")
    days = values.astype("int64").astype(float)
    days[np.isnat(values)] = np.nan
    return days


def as_numbers(table: pd.DataFrame, column: str, name: str) -> np.ndarray:
    """Return a column as floats, NaN for missing or empty; unlike a count it may be negative or without limit.

    Examples
    --------
    >>> as_numbers(pd.DataFrame({"low": ["1.5", "", None]}), "low", "intervals")
    array([1.5, nan, nan])
    >>> as_numbers(pd.DataFrame({"low": ["n/a"]}), "low", "intervals")
    Traceback (most recent call last):
    minestats.errors.DataError: intervals: column 'low' has 'n/a'; only numbers, or empty for unknown, can be drawn.
    """
    values = table[column].astype(object)
    blank = values.isna() | (values.astype(str).str.strip() == "")
    numeric = pd.to_numeric(values.where(~blank, np.nan), errors="coerce").astype(float)
    bad = numeric.isna() & ~blank
    if bad.any():
        found = str(values[bad].iloc[0])
        raise DataError(f"{name}: column '{column}' has {found!r}; only numbers, or empty for unknown, can be drawn.")
    return numeric.to_numpy()


def date_axis(ax: Axes, first: pd.Timestamp, last: pd.Timestamp, *, room: float) -> None:
    """Set limits and ticks of a time axis: years, quarters, months or days, as many as the width holds."""
    days = max((last - first).days, 1)
    pad = max(days * 0.012, 0.6)
    low, high = as_days(np.array([first, last], dtype="datetime64[D]"))
    ax.set_xlim(low - pad, high + pad)
    ticks, labels = _date_ticks(first, last, days, room)
    ax.xaxis.set_major_locator(FixedLocator(list(as_days(pd.Series(ticks)))))
    ax.xaxis.set_major_formatter(FuncFormatter(lambda _, i: labels[i] if i is not None and i < len(labels) else ""))
    ax.xaxis.set_minor_locator(NullLocator())


def _date_ticks(first: pd.Timestamp, last: pd.Timestamp, days: int, room: float) -> tuple[list, list[str]]:
    most = max(int(room / 0.75), 2)
    if days > 900:
        years = next(step for step in (1, 2, 5, 10, 20, 50, 100, 1000) if days / 365.25 / step <= max(room / 0.6, 2))
        ticks = [pd.Timestamp(y, 1, 1) for y in range(first.year, last.year + 1) if y % years == 0]
        ticks = [tick for tick in ticks if first - pd.Timedelta(days=20) <= tick <= last]
        return ticks, [str(tick.year) for tick in ticks]
    if days > 45:
        step = next((step for step in (1, 2, 3, 6) if days / 30.4 / step <= most), 12)  # a narrow figure may hold few
        start = pd.Period(first, "M")
        months = [start + i for i in range(int(days / 28) + 3)]
        ticks = [m.to_timestamp() for m in months if (m.month - 1) % step == 0]
        ticks = [tick for tick in ticks if first - pd.Timedelta(days=5) <= tick <= last]
        return ticks, [f"{t:%b}\n{t.year}" if i == 0 or t.month == 1 else f"{t:%b}" for i, t in enumerate(ticks)]
    step = next((step for step in (1, 2, 7, 14) if days / step <= most), 28)
    ticks = list(pd.date_range(first, last, freq=f"{step}D"))
    return ticks, [f"{t.day} {t:%b}" + (f"\n{t.year}" if i == 0 else "") for i, t in enumerate(ticks)]


def number_axis(axis, *, whole: bool = False, bins: int = 5) -> None:
    """Set few ticks with thousands separated, whole where counts are drawn."""
    axis.set_major_locator(MaxNLocator(bins, integer=whole, steps=[1, 2, 2.5, 5, 10]))
    axis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:,.10g}".replace("-", "−")))
