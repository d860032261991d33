"""What stands around the data: title, keys, unit, caption, margins, and the words where there is nothing to draw.

The margins of a figure are set in inches from measured text, so that it is laid out and drawn once. Axes that
the caller brings keep their place: then only the texts around the data are written.
"""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Iterable, Sequence
from io import BytesIO

from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Rectangle
from matplotlib.transforms import ScaledTranslation, Transform
from PIL import Image

from minestats.errors import ParameterError
from minestats.plot.style import SOFT, shorten, style, width, wrap
from minestats.say import sentence

_MARGIN = 0.12
_ROW, _SWATCH = 0.21, 0.29


def axes(ax: Axes | None, *, height: float = 3.6, size: float = 7.2) -> Axes:
    """Return `ax`, or the axes of a new figure (made known to pyplot, so that a notebook shows it)."""
    if ax is None:
        import matplotlib.pyplot as plt

        return plt.figure(figsize=(size, height), FigureClass=ReportFigure).add_subplot()
    if not isinstance(ax, Axes):
        raise ParameterError(f"`ax` must be a matplotlib Axes or None, not {type(ax).__name__}.")
    return ax


def finish(
    ax: Axes,
    *,
    own: bool,
    title: str | None,
    source: str | None,
    notes: Iterable[str] = (),
    alt: str,
    left: float | None = None,
    right: float = 0.2,
    below: float = 0.3,
    legend: Sequence = (),
) -> Axes:
    """Write title, legend and caption, set the margins of an own figure, and attach the description.

    `own` says whether the figure is ours: only then are its margins (in inches) and its height set. `left` is
    measured from the tick labels where it is not given; `below` is the room for what stands under the axis.
    """
    title = (title or "").strip()
    figure = ax.figure.figure
    wide, high = figure.get_size_inches()
    room = wide - 2 * _MARGIN if own else max(ax.bbox.width / figure.dpi, 1.0)
    heads = wrap(title, room, 11.5, "bold")
    notes = [note for note in notes if note]
    caption = " ".join(
        part if part.endswith((".", "?", "!")) else f"{part}." for part in [source or "", *notes] if part
    )
    feet = wrap(caption, room, 8.5)
    if own and left is None:
        ticks = [label.get_text() for label in ax.get_yticklabels()] if ax.yaxis.get_visible() else []
        gap = ax.yaxis.get_major_ticks(1)[0].get_pad() / 72 + 0.05
        left = _MARGIN + gap + max([width(text, 10) for text in ticks] + [0.0])
    units = wrap(ax.get_ylabel(), room - ((left or 0) - _MARGIN if own else 0), 10)
    ax.yaxis.label.set_text("\n".join(units))
    unit = 0.05 + 0.17 * len(units)
    rows = _legend(ax, legend, room, offset=_MARGIN - left if own else 0.0, above=unit)
    head = 0.23 * len(heads)
    above = unit + _ROW * rows
    if ax.get_ylabel():
        ax.yaxis.set_label_coords(0.0, 1.0)
        ax.yaxis.label.set(rotation=0, ha="left", va="bottom")
    offset = _MARGIN - left if own else 0.0
    inches = _inches(ax, top=True)
    if heads:
        ax.text(
            offset,
            above + 0.05,
            "\n".join(heads),
            transform=inches,
            va="bottom",
            size=11.5,
            weight="bold",
            linespacing=1.25,
            parse_math=False,
            gid="title",
        )
    if feet:
        ax.text(
            offset,
            -below - 0.06,
            "\n".join(feet),
            transform=_inches(ax, top=False),
            va="top",
            size=8.5,
            color=SOFT,
            linespacing=1.3,
            parse_math=False,
            gid="caption",
        )
    if own:
        foot = below + (0.06 + 0.16 * len(feet) if feet else 0.0) + _MARGIN
        top = head + above + (0.05 if heads else 0.0) + _MARGIN
        extra = 0.23 * max(len(heads) - 1, 0) + 0.16 * max(len(feet) - 2, 0) + _ROW * max(rows - 1, 0)
        figure.set_size_inches(wide, high + extra)
        high += extra
        figure.subplots_adjust(left=left / wide, right=1 - right / wide, bottom=foot / high, top=1 - top / high)
    start = f"{title} " if title and title.endswith((".", "?", "!")) else f"{title}. " if title else ""
    said = "".join(f" {note if note.endswith('.') else note + '.'}" for note in notes)
    describe(ax, f"{start}{alt if alt.endswith('.') else alt + '.'}{said}")
    return ax


def _inches(ax: Axes, *, top: bool) -> Transform:
    """Coordinates in inches from the upper or lower left corner of the axes."""
    return ax.figure.dpi_scale_trans + ScaledTranslation(0, int(top), ax.transAxes)


def _legend(ax: Axes, handles: Sequence[Artist], room: float, *, offset: float, above: float) -> int:
    """Draw the keys in as many rows as they need above the axes, and return the number of rows.

    Every key is a swatch and a text at a measured place; the legend of matplotlib, which lays out boxes within
    boxes, takes longer to draw than all the data.
    """
    rows: list[list[tuple[Artist, str, float]]] = []
    used = room
    for handle in handles:
        label = shorten(handle.get_label(), room - _SWATCH - 0.16, 9.5)
        needs = _SWATCH + 0.16 + width(label, 9.5)
        if used + needs > room + 0.1:
            rows.append([])
            used = 0.0
        rows[-1].append((handle, label, used))
        used += needs
    inches = _inches(ax, top=True)
    for i, row in enumerate(reversed(rows)):
        y = above + _ROW * i + 0.09
        for handle, label, x in row:
            _swatch(ax, handle, offset + x, y, inches)
            words = {"va": "center_baseline", "size": 9.5, "parse_math": False, "gid": "key"}
            ax.text(offset + x + _SWATCH, y, label, transform=inches, **words)
    return len(rows)


def _swatch(ax: Axes, handle: Artist, x: float, y: float, inches: Transform) -> None:
    """Draw a patch as a small rectangle, a line as a short one, a marker as itself."""
    wide = _SWATCH - 0.07
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


def nothing(ax: Axes, words: str, *, own: bool, title: str | None, source: str | None) -> Axes:
    """Say in the middle of the axes that there is nothing to draw, instead of a blank or an error."""
    ax.set_axis_off()
    ax.text(
        0.5,
        0.5,
        "\n".join(wrap(words, 5.5, 11)),
        transform=ax.transAxes,
        ha="center",
        va="center",
        size=11,
        color=SOFT,
        parse_math=False,
    )
    return finish(ax, own=own, title=title, source=source, alt=sentence(words), left=_MARGIN, below=0.0)


COLOURS = 96


class ReportFigure(Figure):
    """A figure that a notebook displays with its description, also without a call of `show`."""

    def _repr_mimebundle_(self, include=None, exclude=None):
        data, metadata = bundle(self)
        # A notebook may draw the picture itself, in another size: only the description is sure to fit.
        return data, {"image/png": {"alt": metadata["image/png"]["alt"]}}


def describe(ax: Axes, text: str) -> None:
    """Attach a description to the axes."""
    ax._minestats_alt = text


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
    and the description as `text/plain`. The figure is drawn once and is closed, so that it is not shown again.

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
    import matplotlib.pyplot as plt
    from IPython.display import publish_display_data

    data, metadata = bundle(figure)
    publish_display_data(data, metadata)
    plt.close(figure)


def bundle(figure: Figure) -> tuple[dict[str, str], dict[str, dict]]:
    """Return data and metadata of a notebook output: picture, description, size."""
    picture = _png(figure)
    text = " ".join(filter(None, (alt_text(ax) for ax in figure.axes))) or "Figure without description."
    wide, high = (int.from_bytes(picture[i : i + 4], "big") for i in (16, 20))
    data = {"image/png": b64encode(picture).decode("ascii"), "text/plain": text}
    return data, {"image/png": {"alt": text, "width": wide, "height": high}}


def _figure(ax: Axes) -> Figure:
    if not isinstance(ax, Axes):
        raise ParameterError(f"`ax` must be a matplotlib Axes, not {type(ax).__name__}.")
    return ax.figure.figure


def _png(figure: Figure) -> bytes:
    drawn, buffer = BytesIO(), BytesIO()
    with style():
        figure.savefig(drawn, format="png", dpi="figure", bbox_inches=None, pil_kwargs={"compress_level": 0})
    # Flat colours need no more than a palette: a quarter of the bytes, and the ground stays exactly white.
    with Image.open(drawn) as image:
        small = image.convert("RGB").quantize(COLOURS, method=Image.Quantize.FASTOCTREE, dither=Image.Dither.NONE)
    palette = small.getpalette()
    triples = [palette[i : i + 3] for i in range(0, len(palette), 3)]
    small.putpalette([x for rgb in triples for x in ([255] * 3 if min(rgb) >= 252 else rgb)])
    small.save(buffer, "png")
    return buffer.getvalue()
