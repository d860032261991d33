"""A map of figures by district: circles on longitude and latitude, a scale bar, no boundary but the user's own.

Boundaries are claims. None is drawn unless the caller supplies a GeoJSON file or object; names stand as the
data spell them. The area of a circle is proportional to its figure; what is not known is a grey ring, a zero a
small cross.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection
from matplotlib.lines import Line2D

from minestats.columns import need, texts
from minestats.errors import DataError, ParameterError, listed
from minestats.plot.frame import Drawing, Drawn, drawn, room
from minestats.plot.style import INK, SOFT, UNKNOWN, Palette, as_numbers, colours, width, words_at
from minestats.say import many, rounded

KM_PER_DEGREE = 111.195
LARGEST = 30.0
"""Diameter of the largest circle in points."""

FAR = 6.0
"""From this distance in points on, a line ties a label to its place."""


@drawn
def map(
    districts: pd.DataFrame,
    values: pd.DataFrame | pd.Series | Mapping[str, float],
    *,
    boundaries: str | Path | Mapping | None = None,
    value: str = "value",
    unit: str = "incidents",
    palette: Palette = None,
) -> Drawing:
    """Draw figures of districts as circles at their place, each with its name and figure.

    Parameters
    ----------
    districts : pandas.DataFrame
        `district`, `latitude`, `longitude` (degrees), as in the data. Districts without a place are told in a
        note.
    values : pandas.Series, mapping or pandas.DataFrame
        Figures by district: a series or mapping with names as its index, or columns `district` and `value`.
        Missing is not known. A district that has no entry is a grey dot with its name.
    ax : matplotlib.axes.Axes, optional
        Axes to draw in; a new figure without it.
    boundaries : str, pathlib.Path or mapping, optional
        GeoJSON of lines or polygons (longitude, latitude), drawn as thin lines. None is drawn without it.
    value : str
        Column of the figures, where `values` is a table.
    unit : str
        What the figures count, with their unit.
    title : str, optional
        The finding, in words.
    source : str, optional
        Caption.
    palette : str or list, optional
        Colours as seaborn takes them: the name of a palette, a list: the circles have its first.
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
        A column is missing, a coordinate is not on earth, a figure is negative, a name appears twice, or the
        GeoJSON has no geometry.
    ParameterError
        `values` or `boundaries` is of another type.

    Notes
    -----
    Equirectangular: a degree of longitude is shortened by the cosine of the middle latitude, good for an area of
    a few hundred kilometres. The scale bar holds at that latitude.

    Examples
    --------
    >>> from minestats import plot
    >>> districts = pd.DataFrame({"district": ["Aghdam", "Fuzuli"], "latitude": [39.99, 39.60],
    ...                           "longitude": [46.93, 47.15]})
    >>> print(plot.alt_text(plot.map(districts, {"Aghdam": 31, "Fuzuli": None}, unit="incidents")))
    Map of incidents in 2 districts: Aghdam 31, Fuzuli not known.
    """
    need(districts, ["district", "latitude", "longitude"], "districts")
    figures, placeless = _figures(values, value)
    places = pd.DataFrame(
        {
            "name": texts(districts, "district"),
            "lat": as_numbers(districts, "latitude", "districts"),
            "lon": as_numbers(districts, "longitude", "districts"),
        }
    )
    _check_places(places)
    lost = places["lat"].isna() | places["lon"].isna()
    lines = list(_lines(boundaries))
    notes = []
    for name in [*places.loc[lost, "name"], *sorted(set(figures.index) - set(places["name"]))]:
        if name in figures.index:
            placeless.append(f"{name} ({rounded(figures[name])})")
    if placeless:
        notes.append(f"Not on the map: {', '.join(placeless[:8])}" + (", and more" if len(placeless) > 8 else ""))
    places = places[~lost].reset_index(drop=True)
    places["value"] = places["name"].map(figures).astype(float)
    places["listed"] = places["name"].isin(figures.index)
    places = places.sort_values("value", ascending=False, kind="stable", na_position="last", ignore_index=True)
    biggest = places["value"].max()
    blank = places.empty or not places["listed"].any()
    frame = None if blank else _frame(places, lines)
    [colour] = colours(palette, [unit])

    def draw(ax: Axes) -> Drawn | str:
        if frame is None:
            return f"no data: no district with a place and a figure of {unit}."
        if lines:
            thin = LineCollection(lines, colors=UNKNOWN, linewidths=0.8, gid="boundary", zorder=0.5)
            ax.add_collection(thin, autolim=False)
        largest = LARGEST * min(1.0, 0.2 + room(ax) / 7)
        scale = largest / np.sqrt(biggest) if biggest > 0 else 0.0
        places["size"] = np.where(places["value"] > 0, np.maximum(np.sqrt(places["value"].fillna(0)) * scale, 3), 5)
        for place in places.itertuples():
            kind, look = _look(place, colour)
            ax.plot(place.lon, place.lat, ls="", gid=f"{kind} {place.name}", **look)
        legend = []
        if (places["value"] == 0).any():
            legend.append(Line2D([], [], ls="", marker="x", ms=5, color=colour, mew=1.4, label="0"))
        if (places["listed"] & places["value"].isna()).any():
            legend.append(Line2D([], [], ls="", marker="o", ms=5, mfc="white", mec=UNKNOWN, mew=1.4, label="not known"))
        if (~places["listed"]).any():
            legend.append(Line2D([], [], ls="", marker="o", ms=3, color=UNKNOWN, label="no figure"))
        told = ", ".join(f"{p.name} {rounded(p.value)}" for p in places[places["listed"]].itertuples(index=False))
        ax.set(xticks=[], yticks=[])
        ax.grid(False)
        ax.spines[:].set_visible(False)
        ax.set_ylabel(f"circles: {unit}", parse_math=False)

        def place_labels() -> None:
            _limits(ax, frame)
            _labels(ax, places, [_scale_bar(ax), *_sizes(ax, biggest, scale)])

        return Drawn(
            f"Map of {unit} in {many(int(places['listed'].sum()), 'district')}: {told}",
            notes=notes,
            left=0.12,
            right=0.12,
            below=0.02,
            legend=legend,
            after=place_labels,
        )

    def tall(wide: float) -> float:
        return float(np.clip(0.9 + (wide - 0.3) * frame.ratio, 3.6 + max(0.0, 6 - wide) / 3, 6.2)) if frame else 3.6

    return Drawing(draw, tall)


def _figures(values, value: str) -> tuple[pd.Series, list[str]]:
    """Figures by name, and those that have no name in words."""
    if isinstance(values, pd.DataFrame):
        need(values, ["district", value], "values")
        table = pd.DataFrame({"district": texts(values, "district"), "value": as_numbers(values, value, "values")})
    elif isinstance(values, pd.Series | Mapping):
        series = values if isinstance(values, pd.Series) else pd.Series(dict(values), dtype=object)
        raw = pd.DataFrame({"district": series.index.to_series().to_numpy(), "value": series.to_numpy()})
        table = pd.DataFrame({"district": texts(raw, "district"), "value": as_numbers(raw, "value", "values")})
    else:
        raise ParameterError(f"`values` must be a Series, a mapping or a DataFrame, not {type(values).__name__}.")
    bad = table[(table["value"] < 0) | np.isinf(table["value"])]
    if len(bad):
        raise DataError(
            f"values: {bad['district'].iloc[0] or 'a row without district'} has {bad['value'].iloc[0]:g}; "
            "the area of a circle needs a finite figure, 0 or more, or empty for unknown."
        )
    twice = table.loc[(table["district"] != "") & table["district"].duplicated(), "district"]
    if len(twice):
        raise DataError(f"values: {listed(dict.fromkeys(twice))} more than once; give one figure a district.")
    unnamed = table.loc[table["district"] == "", "value"]
    words = [f"{rounded(x)} without a district" for x in unnamed]
    named = table[table["district"] != ""]
    return named.set_index("district")["value"], words


def _check_places(places: pd.DataFrame) -> None:
    twice = places.loc[places["name"].duplicated(), "name"]
    if len(twice):
        raise DataError(f"districts: {listed(dict.fromkeys(twice))} more than once; one row a district.")
    wrong = places[(places["lat"].abs() > 90) | (places["lon"].abs() > 180)]
    if len(wrong):
        row = wrong.iloc[0]
        raise DataError(
            f"districts: {row['name']} has latitude {row['lat']:g}, longitude {row['lon']:g}; "
            "latitude is -90 to 90, longitude -180 to 180 degrees."
        )


def _lines(boundaries: str | Path | Mapping | None) -> Iterator[np.ndarray]:
    """All lines of a GeoJSON object or file, as arrays of longitude and latitude."""
    if boundaries is None:
        return
    if isinstance(boundaries, str | Path):
        try:
            boundaries = json.loads(Path(boundaries).read_text(encoding="utf-8"))
        except (OSError, ValueError) as error:
            raise DataError(f"`boundaries`: '{boundaries}' is no readable GeoJSON file: {error}") from error
    if not isinstance(boundaries, Mapping):
        raise ParameterError(f"`boundaries` must be GeoJSON (a file or a mapping), not {type(boundaries).__name__}.")
    found = False
    stack = [boundaries]
    while stack:
        item = stack.pop()
        if not isinstance(item, Mapping):
            continue
        stack += [*(item.get("features") or []), *(item.get("geometries") or [])]
        if isinstance(item.get("geometry"), Mapping):
            stack.append(item["geometry"])
        depth = {"LineString": 1, "MultiLineString": 2, "Polygon": 2, "MultiPolygon": 3}.get(str(item.get("type")), 0)
        if depth:
            found = True
            yield from _rings(item.get("coordinates"), depth)
    if not found:
        raise DataError("`boundaries`: the GeoJSON has no line and no polygon.")


def _rings(coordinates, depth: int) -> Iterator[np.ndarray]:
    try:
        if depth > 1:
            for part in coordinates:
                yield from _rings(part, depth - 1)
            return
        ring = np.array([point[:2] for point in coordinates], dtype=float).reshape(-1, 2)
    except (TypeError, ValueError, KeyError) as error:
        raise DataError("`boundaries`: coordinates must be lists of longitude and latitude.") from error
    if len(ring) and (np.abs(ring) <= (180.0, 90.0)).all():
        yield ring
    elif len(ring):
        raise DataError("`boundaries`: coordinates must be longitude and latitude in degrees.")


class _Frame(NamedTuple):
    """The stretch of the earth to show: degrees, and how high it is for its width on paper."""

    west: float
    east: float
    south: float
    north: float
    shrink: float

    @property
    def ratio(self) -> float:
        return (self.north - self.south) / ((self.east - self.west) * self.shrink)


def _frame(places: pd.DataFrame, lines: list[np.ndarray]) -> _Frame:
    everything = np.vstack([places[["lon", "lat"]].to_numpy(dtype=float), *lines])
    (west, south), (east, north) = everything.min(axis=0), everything.max(axis=0)
    shrink = max(float(np.cos(np.radians((south + north) / 2))), 0.02)
    pad = max((east - west) * shrink, north - south, 0.2) * 0.12
    return _Frame(west - pad / shrink, east + pad / shrink, south - pad, north + pad, shrink)


def _limits(ax: Axes, frame: _Frame) -> None:
    """Set limits that fill the axes at the right aspect, so that nothing moves when the figure is drawn."""
    box = ax.get_window_extent()
    ratio = box.height / box.width
    wide, high = frame.east - frame.west, frame.north - frame.south
    if frame.ratio > ratio:
        wide = high / ratio / frame.shrink
    else:
        high = wide * frame.shrink * ratio
    x, y = (frame.east + frame.west) / 2, (frame.north + frame.south) / 2
    ax.set_xlim(x - wide / 2, x + wide / 2)
    ax.set_ylim(y - high / 2, y + high / 2)
    ax.set_aspect(1 / frame.shrink, adjustable="box")


def _look(place: Any, colour: str) -> tuple[str, dict[str, Any]]:
    if not place.listed:
        return "no figure", {"marker": "o", "ms": 3, "color": UNKNOWN}
    if np.isnan(place.value):
        return "unknown", {"marker": "o", "ms": 5, "mfc": "white", "mec": UNKNOWN, "mew": 1.4}
    if place.value == 0:
        return "zero", {"marker": "x", "ms": 5, "color": colour, "mew": 1.4}
    return "value", {"marker": "o", "ms": place.size, "mfc": colour, "mec": "white", "mew": 0.8, "alpha": 0.8}


def _round_sizes(biggest: float) -> list[float]:
    """Two or three round figures for the legend of sizes."""
    power = 10.0 ** np.floor(np.log10(biggest))
    top = next(step for step in (5, 2, 1) if step * power <= biggest) * power
    sizes = [top, top / 5] if top / 5 >= 1 or biggest < 1 else [top]
    return sizes[::-1]


def _sizes(ax: Axes, biggest: float, scale: float) -> list[tuple]:
    """Draw circles of round figures at the lower right, and return the boxes (points) that they take."""
    if not biggest > 0:
        return []
    edge = _box(ax)
    x, boxes = edge[2] - 6, []
    for n in _round_sizes(biggest)[::-1]:
        size, text = max(np.sqrt(n) * scale, 3), rounded(n)
        wide = max(size, width(text, 9) * 72) + 8
        look = {"marker": "o", "ms": size, "mfc": "none", "mec": SOFT, "mew": 1.0, "ls": ""}
        centre = ((x - wide / 2 - edge[0]) / (edge[2] - edge[0]), (16 + size / 2) / (edge[3] - edge[1]))
        ax.plot(*centre, transform=ax.transAxes, gid=f"size {text}", clip_on=False, **look)
        ax.text(centre[0], 2 / (edge[3] - edge[1]), text, transform=ax.transAxes, ha="center", size=9, color=SOFT)
        boxes.append((x - wide, edge[1], x, edge[1] + 20 + size))
        x -= wide
    return boxes


def _box(ax: Axes) -> tuple[float, float, float, float]:
    """The axes in points."""
    dots = 72 / ax.figure.figure.dpi
    frame = ax.get_window_extent()
    return frame.x0 * dots, frame.y0 * dots, frame.x1 * dots, frame.y1 * dots


def _scale_bar(ax: Axes) -> tuple[float, float, float, float]:
    """Draw a round number of kilometres at the lower left, and return the box (points) that it takes."""
    (west, east), (south, north) = ax.get_xlim(), ax.get_ylim()
    degree = KM_PER_DEGREE * np.cos(np.radians((south + north) / 2))
    room = (east - west) * degree / 4
    power = 10.0 ** np.floor(np.log10(room))
    km = next(step for step in (5, 2, 1) if step * power <= room) * power
    x, y = west + (east - west) * 0.01, south + (north - south) * 0.015
    ax.plot([x, x + km / degree], [y, y], color=INK, lw=2, solid_capstyle="butt", gid="scale")
    look = {"ha": "center", "va": "bottom", "size": 9, "color": SOFT, "gid": "scale words"}
    words_at(ax, f"{km:,.10g} km", (x + km / degree / 2, y), (0, 3), **look)
    edge = _box(ax)
    long = km / degree / (east - west) * (edge[2] - edge[0])
    return edge[0], edge[1], edge[0] + long + 10, edge[1] + 22


def _labels(ax: Axes, places: pd.DataFrame, kept: list[tuple]) -> None:
    """Write name and figure beside each circle, at the first of twelve places that is free."""
    dots = 72 / ax.figure.figure.dpi
    centres = ax.transData.transform(places[["lon", "lat"]].to_numpy(dtype=float)) * dots
    radii = places["size"].to_numpy() / 2 + 1
    taken = [(x - r, y - r, x + r, y + r) for (x, y), r in zip(centres, radii, strict=True)]
    taken += kept
    edge = _box(ax)
    size, high = 9.0, 10.5
    written: list[tuple] = []
    for i, place in enumerate(places.itertuples(index=False)):
        text = place.name if not place.listed or np.isnan(place.value) else f"{place.name} {rounded(place.value)}"
        wide = width(text, size) * 72
        x, y = centres[i]
        best: tuple = ()
        cost = np.inf
        for far in (1.0, 8.0, 16.0, 26.0, 40.0):
            if cost <= far * 2:  # nothing further away can cost less
                break
            for side, (dx, dy) in enumerate(((1, 0), (-1, 0), (0, 1), (0, -1), (1, 1), (1, -1), (-1, 1), (-1, -1))):
                gap = radii[i] + far if dx == 0 or dy == 0 else (radii[i] + far) * 0.75
                left = x + dx * gap - (0 if dx > 0 else wide if dx < 0 else wide / 2)
                low = y + dy * gap - (0 if dy > 0 else high if dy < 0 else high / 2)
                box = (left, low, left + wide, low + high)
                hits = sum(_overlap(box, other) for k, other in enumerate(taken) if k != i)
                outside = wide * high - _overlap(box, edge)
                crossed = _crossed((x, y), box, written, radii[i])
                total = hits * 3 + outside * 10 + crossed * 150 + far * 2 + side
                if total < cost:
                    best, cost = box, total
        taken.append(best)
        written.append(best)
        at = ((best[0] - x), (best[1] - y))
        look = {"size": size, "color": INK if place.listed and not np.isnan(place.value) else SOFT}
        here = (place.lon, place.lat)
        words_at(ax, text, here, at, va="bottom", annotation_clip=False, gid=f"label {place.name}", **look)
        end = _nearest(best, (x, y))
        if np.hypot(end[0] - x, end[1] - y) > radii[i] + FAR:
            arrow = {"arrowstyle": "-", "color": UNKNOWN, "lw": 0.6, "shrinkA": 0, "shrinkB": radii[i]}
            words_at(ax, "", here, (end[0] - x, end[1] - y), arrowprops=arrow)


def _nearest(box: tuple, point: tuple[float, float]) -> tuple[float, float]:
    return min(max(point[0], box[0]), box[2]), min(max(point[1], box[1]), box[3])


def _crossed(point: tuple[float, float], box: tuple, others: list[tuple], radius: float) -> int:
    """Count the labels that the line from a place to its label would run through."""
    end = _nearest(box, point)
    if not others or np.hypot(end[0] - point[0], end[1] - point[1]) <= radius + FAR:
        return 0
    steps = np.linspace(0.1, 1.0, 10)
    x, y = point[0] + steps * (end[0] - point[0]), point[1] + steps * (end[1] - point[1])
    left, low, right, high = np.array(others).T[:, :, None]
    return int(((x > left) & (x < right) & (y > low) & (y < high)).any(axis=1).sum())


def _overlap(a: tuple, b: tuple) -> float:
    wide = min(a[2], b[2]) - max(a[0], b[0])
    high = min(a[3], b[3]) - max(a[1], b[1])
    return wide * high if wide > 0 and high > 0 else 0.0
