"""What stands around the data: title, keys, unit, caption, margins, and the words where there is nothing to draw.

The margins of a figure are set in inches from measured text, so that it is laid out and drawn once. Axes that
the caller brings keep their place: then only the texts around the data are written. A figure of ours knows how to
be drawn again, at the width of a phone.
"""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import wraps
from inspect import Parameter, signature
from io import BytesIO
from numbers import Real
from pathlib import Path
from typing import Any, NamedTuple

import matplotlib.pyplot as plt
import pandas as pd
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Rectangle
from matplotlib.transforms import ScaledTranslation, Transform
from PIL import Image
from PIL.PngImagePlugin import PngInfo

from minestats import files
from minestats.errors import ParameterError, by_name
from minestats.plot.style import DPI, SOFT, dress, shorten, sns, style, width, wrap
from minestats.say import sentence

_MARGIN = 0.12
_ROW, _SWATCH = 0.21, 0.29
_SHADES = 96
WIDE, NARROW = 7.2, 3.3
"""Inches of a figure on a desk and on a phone, where a page shows 110 of its dots as an inch: text keeps its size."""


@dataclass(frozen=True)
class Drawn:
    """What a drawing says of itself; `left`, `right` and `below` are margins in inches."""

    alt: str
    notes: Sequence[str] = ()
    legend: Sequence[Artist] = ()
    left: float | None = None
    right: float = 0.2
    below: float = 0.3
    after: Callable[[], None] | None = None
    """What can be drawn only when the axes have their place."""


class Drawing(NamedTuple):
    """What is to be drawn on axes, or the words for that there is nothing, and the height of a figure of some width."""

    draw: Callable[[Axes], Drawn | str]
    tall: Callable[[float], float] = lambda _: 3.6


_AROUND = {"ax": Axes, "title": str, "source": str, "height": float, "aspect": float}
"""What every figure takes, beside what it draws."""


def drawn(function: Callable[..., Drawing]) -> Callable[..., Axes]:
    """Make a function that plans a figure one that draws it, on `ax` or a figure of its own, with what stands around.

    The figure knows its table, and takes from it what the table says of its figure: title, caption, unit, label.
    """
    own = signature(function)
    first = [p for p in own.parameters.values() if p.kind is not Parameter.KEYWORD_ONLY]
    around = [Parameter(n, Parameter.KEYWORD_ONLY, default=None, annotation=k | None) for n, k in _AROUND.items()]
    options = [p for p in own.parameters.values() if p.kind is Parameter.KEYWORD_ONLY]
    names = {p.name for p in (*options, *around)}

    @wraps(function)
    def draw(*args: Any, **given: Any) -> Axes:
        shown = [table for table in (*args, given.get("values")) if isinstance(table, pd.DataFrame)]
        said = {name: value for table in shown for name, value in table.attrs.get("figure", {}).items()}
        nothing = next((table.attrs["empty"] for table in shown if table.empty and table.attrs.get("empty")), "")
        given = given if nothing else {name: value for name, value in said.items() if name in names} | given
        stands = {name: given.pop(name, None) for name in _AROUND}
        ax = paint(Drawing(lambda _: str(nothing)) if nothing else function(*args, **given), **stands)
        figure: Any = ax.figure.figure
        figure.drawn_from = [*tables(ax), *shown]
        return ax

    made: Any = draw
    made.__signature__ = own.replace(parameters=[*first, around[0], *options, *around[1:]], return_annotation=Axes)
    return by_name(draw)


def tables(ax: Axes) -> list[Any]:
    """Return the tables that were drawn on the figure of the axes."""
    return list(getattr(_figure(ax), "drawn_from", []))


def paint(
    plan: Drawing, *, ax: Axes | None, title: str | None, source: str | None, height: float | None, aspect: float | None
) -> Axes:
    """Draw on `ax` or on a figure of our own, and write what stands around it."""
    for name, value in (("height", height), ("aspect", aspect)):
        if value is None:
            continue
        if ax is not None:
            raise ParameterError(f"`{name}` is that of a new figure: give it without `ax`.")
        if isinstance(value, bool) or not isinstance(value, Real) or not 0 < value < 100:
            raise ParameterError(f"`{name}` must be a number above 0 and below 100, not {value!r}.")
    if not isinstance(ax, Axes | None):
        raise ParameterError(f"`ax` must be a matplotlib Axes or None, not {type(ax).__name__}.")

    def on(ax: Axes, own: bool, fixed: bool) -> Axes:
        sns.despine(ax=ax, left=True)
        names = [axis.label for axis in (ax.xaxis, ax.yaxis) if not axis.label.get_text()]
        for name in names:  # where there is none, seaborn lays out all ticks to see whether it is visible
            name.set_text(" ")
        drawn = plan.draw(ax)
        for name in names:
            name.set_text(name.get_text().strip(" "))
        if isinstance(drawn, str):
            drawn = _nothing(ax, drawn)
        return _finish(ax, drawn, own=own, fixed=fixed, title=title, source=source)

    def again() -> Figure:
        figure = ReportFigure(figsize=(NARROW, plan.tall(NARROW)), dpi=2 * DPI)
        on(figure.add_subplot(), True, False)
        return figure

    with style():
        if ax is not None:
            dress(ax)
            return on(ax, False, True)
        wide = WIDE if aspect is None else (height or plan.tall(WIDE)) * aspect
        size: Any = {"figsize": (wide, height or plan.tall(wide)), "FigureClass": ReportFigure}
        figure: Any = plt.figure(**size)
        figure.again = again if height is None and aspect is None else None
        try:
            return on(figure.add_subplot(), True, height is not None)
        except Exception:
            plt.close(figure)
            raise


def room(ax: Axes) -> float:
    """Return about how many inches there are between the left and the right end of the axes."""
    figure = ax.figure.figure
    return figure.get_size_inches()[0] - 1.0 if isinstance(figure, ReportFigure) else ax.bbox.width / figure.dpi


def slim(ax: Axes) -> bool:
    """Whether the axes are too narrow for words beside the data."""
    return room(ax) < 3


def _finish(ax: Axes, drawn: Drawn, *, own: bool, fixed: bool, title: str | None, source: str | None) -> Axes:
    """Write title, legend and caption, set the margins of an own figure, and attach the description.

    The left margin is measured from the tick labels where it is not given; `below` is the room for what stands under
    the axis.
    """
    title, left, below = (title or "").strip(), drawn.left, drawn.below
    figure = ax.figure.figure
    wide, high = figure.get_size_inches()
    across = wide - 2 * _MARGIN if own else max(ax.bbox.width / figure.dpi, 1.0)
    heads = wrap(title, across, 11.5, "bold")
    notes = [note if note.endswith(".") else f"{note}." for note in drawn.notes if note]
    caption = f"{source}" if not source or source.endswith((".", "?", "!")) else f"{source}."
    feet = wrap(" ".join([*([caption] if source else []), *notes]), across, 8.5)
    if own and left is None:
        ticks = [label.get_text() for label in ax.get_yticklabels()] if ax.yaxis.get_visible() else []
        tick: Any = ax.yaxis.get_major_ticks(1)[0]
        gap = tick.get_pad() / 72 + 0.05
        lines = [part for text in ticks for part in text.split("\n")]
        left = _MARGIN + gap + max([width(text, 10) for text in lines] + [0.0])
    offset = _MARGIN - (left or 0.0) if own else 0.0
    units = wrap(ax.get_ylabel(), across + offset - _MARGIN if own else across, 10)
    ax.yaxis.label.set_text("\n".join(units))
    unit = 0.05 + 0.17 * len(units)
    rows = _legend(ax, drawn.legend, across, offset=offset, above=unit)
    above = unit + _ROW * rows
    if units:
        ax.yaxis.set_label_coords(0.0, 1.0)
        ax.yaxis.label.set(rotation=0, ha="left", va="bottom")
    words: dict[str, Any] = {"linespacing": 1.3, "parse_math": False}
    if heads:
        look = {"va": "bottom", "size": 11.5, "weight": "bold", "gid": "title", **words}
        ax.text(offset, above + 0.05, "\n".join(heads), transform=_inches(ax, top=True), **look)
    if feet:
        look = {"va": "top", "size": 8.5, "color": SOFT, "gid": "caption", **words}
        ax.text(offset, -below - 0.06, "\n".join(feet), transform=_inches(ax, top=False), **look)
    if own:
        foot = below + (0.06 + 0.16 * len(feet) if feet else 0.0) + _MARGIN
        top = 0.23 * len(heads) + above + (0.05 if heads else 0.0) + _MARGIN
        if not fixed:
            high += 0.23 * max(len(heads) - 1, 0) + 0.16 * max(len(feet) - 2, 0) + _ROW * max(rows - 1, 0)
            high = max(high, foot + top + 0.4)  # a figure of one bar is low
            figure.set_size_inches(wide, high)
        if foot + top > high - 0.2:
            needs = f"{foot + top + 0.2:.2f}"
            raise ParameterError(f"`height` {high:.3g} leaves no room beside the texts; give more than {needs}.")
        figure.subplots_adjust(
            left=(left or 0.0) / wide, right=1 - drawn.right / wide, bottom=foot / high, top=1 - top / high
        )
    start = f"{title} " if title.endswith((".", "?", "!")) else f"{title}. " if title else ""
    describe(ax, " ".join([f"{start}{drawn.alt if drawn.alt.endswith('.') else drawn.alt + '.'}", *notes]))
    if drawn.after:
        drawn.after()
    return ax


def _inches(ax: Axes, *, top: bool) -> Transform:
    """Coordinates in inches from the upper or lower left corner of the axes."""
    corner: Any = ax.transAxes
    return ax.figure.dpi_scale_trans + ScaledTranslation(0, int(top), corner)


def _legend(ax: Axes, handles: Sequence[Artist], room: float, *, offset: float, above: float) -> int:
    """Draw the keys in as many rows as they need above the axes, and return the number of rows.

    Every key is a swatch and a text at a measured place; the legend of matplotlib, which lays out boxes within
    boxes, takes longer to draw than all the data.
    """
    rows: list[list[tuple[Artist | None, str, float]]] = []
    used = room
    for handle in handles:
        free = room - _SWATCH - 0.16
        first, *rest = wrap(str(handle.get_label()), free, 9.5) or [""]
        needs = _SWATCH + 0.16 + width(first, 9.5)
        if used + needs > room + 0.1:
            rows.append([])
            used = 0.0
        rows[-1].append((handle, first, used))
        used += needs
        if rest:  # a long key goes on in a row of its own
            rows.append([(None, shorten(" ".join(rest), free, 9.5), 0.0)])
            used = room
    inches = _inches(ax, top=True)
    for i, row in enumerate(reversed(rows)):
        y = above + _ROW * i + 0.09
        for swatch, label, x in row:
            if swatch is not None:
                _swatch(ax, swatch, offset + x, y, inches)
            words: dict[str, Any] = {"va": "center_baseline", "size": 9.5, "parse_math": False, "gid": "key"}
            ax.text(offset + x + _SWATCH, y, label, transform=inches, **words)
    return len(rows)


def _swatch(ax: Axes, handle: Artist, x: float, y: float, inches: Transform) -> None:
    """Draw a patch as a small rectangle, a line as a short one, a marker as itself."""
    wide = _SWATCH - 0.07
    drawn: Line2D | Rectangle
    if isinstance(handle, Line2D):
        marker_only = handle.get_linestyle() in ("None", "none", "", " ")
        drawn = Line2D([x + wide / 2] if marker_only else [x, x + wide / 2, x + wide], [y] * (1 if marker_only else 3))
        drawn.update_from(handle)
        drawn.set_markevery(None if marker_only else [1])
    else:
        drawn = Rectangle((x, y - 0.05), wide, 0.1)
        drawn.update_from(handle)
    drawn.set(transform=inches, clip_on=False, gid="swatch", label="")
    ax.add_artist(drawn)
    drawn.set_clip_path(None)


def _nothing(ax: Axes, words: str) -> Drawn:
    """Say in the middle of the axes that there is nothing to draw, instead of a blank or an error."""
    ax.set_axis_off()
    text = "\n".join(wrap(words, min(5.5, room(ax) + 0.5), 11))
    look: dict[str, Any] = {"ha": "center", "va": "center", "size": 11, "color": SOFT, "parse_math": False}
    ax.text(0.5, 0.5, text, transform=ax.transAxes, **look)
    return Drawn(sentence(words), left=_MARGIN, below=0.0)


class ReportFigure(Figure):
    """A figure that a notebook displays with its description, also without a call of `show`."""

    again: Callable[[], Figure] | None = None
    """Draws the same table again, narrow."""

    def _repr_mimebundle_(self, include: object = None, exclude: object = None) -> tuple[dict, dict]:
        data, metadata = bundle(self)
        # A notebook may draw the picture itself, in another size: only the description is sure to fit.
        return data, {"image/png": {"alt": metadata["image/png"]["alt"]}}


def describe(ax: Axes, text: str) -> None:
    """Attach a description to the axes."""
    ax._minestats_alt = text  # type: ignore[attr-defined]


def alt_text(ax: Axes) -> str:
    """Return the description of what the axes show, for people who cannot see the figure.

    It is made from the data that were drawn: kind of figure, unit, period, highest value, what is missing.

    Parameters
    ----------
    ax : matplotlib.axes.Axes
        Axes drawn by a function of `minestats.plot`, or other ones.

    Returns
    -------
    str
        The description; empty for axes that minestats did not draw.

    Examples
    --------
    >>> alt_text(Figure().add_subplot())
    ''
    """
    return getattr(ax, "_minestats_alt", "")


def png(ax: Axes) -> bytes:
    """Return the figure of the axes as a PNG picture.

    The same figure gives the same bytes: no date, no version of the program, no layout that depends on the
    drawing. The margins are those of the figure; nothing is cut to a bounding box.

    Parameters
    ----------
    ax : matplotlib.axes.Axes
        Axes of the figure.

    Returns
    -------
    bytes
        A PNG file of 110 dots an inch for the figures of minestats (792 pixels wide).

    Examples
    --------
    >>> png(Figure().add_subplot())[:4]
    b'\\x89PNG'
    """
    return _png(_figure(ax))


def show(ax: Axes) -> None:
    """Display the figure in a notebook, with its description, and close it.

    The output has the picture as `image/png`, its `alt`, `width` and `height` (pixels) in the display metadata,
    and the description as `text/plain`. A figure of our own is drawn a second time for the width of a phone: `narrow`
    in the metadata has its `png` (base64), `width` and `height`. The figure is closed, so that it is not shown again.

    Parameters
    ----------
    ax : matplotlib.axes.Axes
        Axes of the figure. Axes that share a figure are shown together.

    Raises
    ------
    ParameterError
        `ax` is no matplotlib Axes.

    Examples
    --------
    >>> show("figure")
    Traceback (most recent call last):
    minestats.errors.ParameterError: `ax` must be a matplotlib Axes, not str.
    """
    figure = _figure(ax)
    from IPython.display import publish_display_data

    data, metadata = bundle(figure)
    if again := getattr(figure, "again", None):
        with style():
            picture = _png(again())
        wide, high = (round(size / 2) for size in _size(picture))
        metadata["image/png"]["narrow"] = {"png": b64encode(picture).decode("ascii"), "width": wide, "height": high}
    publish_display_data(data, metadata)
    plt.close(figure)


def bundle(figure: Figure) -> tuple[dict[str, str], dict[str, dict[str, Any]]]:
    """Return data and metadata of a notebook output: picture, description, size."""
    picture = _png(figure)
    text = _description(figure)
    wide, high = _size(picture)
    data = {"image/png": b64encode(picture).decode("ascii"), "text/plain": text}
    return data, {"image/png": {"alt": text, "width": wide, "height": high}}


def save(ax: Axes, path: str | Path) -> None:
    """Save the figure of the axes as a file, with its description inside.

    The same figure gives the same bytes, and the file is written whole or not at all.

    Parameters
    ----------
    ax : matplotlib.axes.Axes
        Axes of the figure.
    path : str or pathlib.Path
        File to write; its ending says what it becomes: `.png`, `.svg` or `.pdf`.

    Raises
    ------
    ParameterError
        `ax` is no matplotlib Axes, or the ending is another.

    Examples
    --------
    >>> save(Figure().add_subplot(), "figure.jpg")
    Traceback (most recent call last):
    minestats.errors.ParameterError: `path` must end in '.png', '.svg' or '.pdf', not 'figure.jpg'.
    """
    figure, path = _figure(ax), Path(path)
    text = _description(figure)
    about: dict[str, dict[str, Any]] = {
        ".svg": {"Description": text, "Date": None},
        ".pdf": {"Subject": text, "CreationDate": None},
    }
    ending = path.suffix.lower()
    if ending == ".png":
        files.write(path, _png(figure, text))
    elif ending in about:
        buffer = BytesIO()
        with style():
            figure.savefig(buffer, format=ending[1:], metadata=about[ending])
        files.write(path, buffer.getvalue())
    else:
        raise ParameterError(f"`path` must end in '.png', '.svg' or '.pdf', not '{path.name}'.")


def _description(figure: Figure) -> str:
    return " ".join(filter(None, (alt_text(ax) for ax in figure.axes))) or "Figure without description."


def _size(picture: bytes) -> tuple[int, int]:
    """Width and height of a PNG picture in pixels."""
    return int.from_bytes(picture[16:20], "big"), int.from_bytes(picture[20:24], "big")


def _figure(ax: Axes) -> Figure:
    if not isinstance(ax, Axes):
        raise ParameterError(f"`ax` must be a matplotlib Axes, not {type(ax).__name__}.")
    return ax.figure.figure


def _png(figure: Figure, text: str = "") -> bytes:
    buffer, about, kept = BytesIO(), PngInfo(), figure.canvas
    canvas = FigureCanvasAgg(figure)
    try:
        with style():
            canvas.draw()
    finally:
        figure.set_canvas(kept)
    wide, high = canvas.get_width_height()
    # Flat colours need no more than a palette: a quarter of the bytes, and the ground stays exactly white.
    image = Image.frombuffer("RGBA", (wide, high), canvas.buffer_rgba(), "raw", "RGBA", 0, 1).convert("RGB")
    small = image.quantize(_SHADES, method=Image.Quantize.FASTOCTREE, dither=Image.Dither.NONE)
    palette = small.getpalette() or []
    triples = [palette[i : i + 3] for i in range(0, len(palette), 3)]
    small.putpalette([x for rgb in triples for x in ([255] * 3 if min(rgb) >= 252 else rgb)])
    if text:
        about.add_itxt("Description", text)
    small.save(buffer, "png", pnginfo=about)
    return buffer.getvalue()
