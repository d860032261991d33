"""What stands around the data: title, keys, unit, caption, margins, and the words where there is nothing to draw.

The margins of a figure are set in inches from measured text, so that it is laid out and drawn once. Axes that
the caller brings keep their place: then only the texts around the data are written.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from matplotlib.axes import Axes
from matplotlib.legend import Legend
from matplotlib.transforms import ScaledTranslation

from minestats._picture import ReportFigure, describe
from minestats._style import SOFT, sentence, shorten, width, wrap
from minestats.errors import ParameterError

_MARGIN = 0.12


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
    rows = _legend(ax, legend, room, offset=(left - _MARGIN) if own else 0.0, above=unit)
    head = 0.23 * len(heads)
    above = unit + 0.21 * rows
    if ax.get_ylabel():
        ax.yaxis.set_label_coords(0.0, 1.0)
        ax.yaxis.label.set(rotation=0, ha="left", va="bottom")
    offset = -(left - _MARGIN) * 72 if own else 0.0
    place = {"xycoords": "axes fraction", "textcoords": "offset points", "annotation_clip": False, "parse_math": False}
    if heads:
        ax.annotate(
            "\n".join(heads),
            (0, 1),
            (offset, 72 * (above + 0.05)),
            va="bottom",
            size=11.5,
            weight="bold",
            linespacing=1.25,
            gid="title",
            **place,
        )
    if feet:
        ax.annotate(
            "\n".join(feet),
            (0, 0),
            (offset, -72 * (below + 0.06)),
            va="top",
            size=8.5,
            color=SOFT,
            linespacing=1.3,
            gid="caption",
            **place,
        )
    if own:
        foot = below + (0.06 + 0.16 * len(feet) if feet else 0.0) + _MARGIN
        top = head + above + (0.05 if heads else 0.0) + _MARGIN
        extra = 0.23 * max(len(heads) - 1, 0) + 0.16 * max(len(feet) - 2, 0) + 0.21 * max(rows - 1, 0)
        figure.set_size_inches(wide, high + extra)
        high += extra
        figure.subplots_adjust(left=left / wide, right=1 - right / wide, bottom=foot / high, top=1 - top / high)
    start = f"{title} " if title and title.endswith((".", "?", "!")) else f"{title}. " if title else ""
    said = "".join(f" {note if note.endswith('.') else note + '.'}" for note in notes)
    describe(ax, f"{start}{alt if alt.endswith('.') else alt + '.'}{said}")
    return ax


def _legend(ax: Axes, handles: Sequence, room: float, *, offset: float, above: float) -> int:
    """Draw the keys in as many rows as they need above the axes, and return the number of rows."""
    if not handles:
        return 0
    for handle in handles:
        label = handle.get_label()
        handle.set_label(shorten(label, room - 0.52, 9.5))
    rows: list[list] = [[]]
    used = 0.0
    for handle in handles:
        needs = width(handle.get_label(), 9.5) + 0.52
        if rows[-1] and used + needs > room:
            rows.append([])
            used = 0.0
        rows[-1].append(handle)
        used += needs
    for i, row in enumerate(reversed(rows)):
        move = ScaledTranslation(-offset, above + 0.21 * i, ax.figure.dpi_scale_trans)
        drawn = Legend(
            ax,
            row,
            [handle.get_label() for handle in row],
            loc="lower left",
            bbox_to_anchor=(0, 1),
            bbox_transform=ax.transAxes + move,
            ncols=len(row),
            borderaxespad=0,
            borderpad=0,
            handlelength=1.5,
            handletextpad=0.45,
            columnspacing=1.1,
            fontsize=9.5,
        )
        for text in drawn.get_texts():
            text.set_parse_math(False)
        drawn.set_in_layout(False)
        ax.add_artist(drawn)
    return len(rows)


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
