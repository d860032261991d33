"""A figure as a picture with its description: PNG bytes that repeat exactly, and words for those who cannot see it.

A notebook's output keeps the picture, the description as `alt` in the display metadata (from where an HTML page
takes it) and the same description as plain text, which has no object address and can so be compared between runs.
"""

from __future__ import annotations

from base64 import b64encode
from io import BytesIO

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from PIL import Image

from minestats._style import style
from minestats.errors import ParameterError

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
