"""A map of figures by district: circles on longitude and latitude, a scale bar, no boundary but the user's own.

Boundaries are claims. None is drawn unless the caller supplies a GeoJSON file or object; names stand as the
data spell them. The area of a circle is proportional to its figure; what is not known is a grey ring, a zero a
small cross.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection
from matplotlib.lines import Line2D

from minestats._columns import need, texts
from minestats._frame import axes, finish, nothing
from minestats._style import BLUE, INK, SOFT, UNKNOWN, as_numbers, many, number, style, width
from minestats.errors import DataError, ParameterError, listed

KM_PER_DEGREE = 111.195
LARGEST = 30.0


def map(
    districts: pd.DataFrame,
    values: pd.DataFrame | pd.Series | Mapping[str, float],
    *,
    ax: Axes | None = None,
    boundaries: str | Path | Mapping | None = None,
    value: str = "value",
    unit: str = "incidents",
    title: str | None = None,
    source: str | None = None,
) -> Axes:
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
    nowhere = places[places["lat"].isna() | places["lon"].isna()]
    lines = list(_lines(boundaries))
    notes = []
    for name in [*nowhere["name"], *sorted(set(figures.index) - set(places["name"]))]:
        if name in figures.index:
            placeless.append(f"{name} {number(figures[name])}")
    if placeless:
        notes.append(f"Not on the map: {', '.join(placeless[:8])}" + (", and more" if len(placeless) > 8 else ""))
    places = places.drop(nowhere.index)
    places["value"] = places["name"].map(figures).astype(float)
    places["listed"] = places["name"].isin(figures.index)
    with style():
        own, ax = ax is None, axes(ax, height=5.6)
        if places.empty or not places["listed"].any():
            words = f"no data: no district with a place and a figure of {unit}."
            return nothing(ax, words, own=own, title=title, source=source)
        _ground(ax, places, lines)
        biggest = places["value"].max()
        scale = LARGEST / np.sqrt(biggest) if biggest > 0 else 0.0
        places = places.sort_values("value", ascending=False, kind="stable", na_position="last", ignore_index=True)
        places["size"] = np.where(places["value"] > 0, np.maximum(np.sqrt(places["value"].fillna(0)) * scale, 3), 5)
        for place in places.itertuples():
            kind, look = _look(place)
            ax.plot(place.lon, place.lat, ls="", gid=f"{kind} {place.name}", **look)
        legend = [_size_key(n, scale) for n in _round_sizes(biggest)] if biggest > 0 else []
        if (places["value"] == 0).any():
            legend.append(Line2D([], [], ls="", marker="x", ms=5, color=BLUE, mew=1.4, label="0"))
        if (places["listed"] & places["value"].isna()).any():
            legend.append(Line2D([], [], ls="", marker="o", ms=5, mfc="white", mec=UNKNOWN, mew=1.4, label="not known"))
        if (~places["listed"]).any():
            legend.append(Line2D([], [], ls="", marker="o", ms=3, color=UNKNOWN, label="no figure"))
        told = ", ".join(f"{p.name} {number(p.value)}" for p in places[places["listed"]].itertuples(index=False))
        ax.set_ylabel(unit, parse_math=False)
        finish(
            ax,
            own=own,
            title=title,
            source=source,
            notes=notes,
            alt=f"Map of {unit} in {many(int(places['listed'].sum()), 'district')}: {told}",
            left=0.12,
            right=0.12,
            below=0.02,
            legend=legend,
        )
        _fill(ax)
        _scale_bar(ax)
        _labels(ax, places)
        return ax


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
    words = [f"without a district {number(x)}" for x in unnamed]
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
        depth = {"LineString": 1, "MultiLineString": 2, "Polygon": 2, "MultiPolygon": 3}.get(item.get("type"), 0)
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


def _ground(ax: Axes, places: pd.DataFrame, lines: list[np.ndarray]) -> None:
    """Set limits around places and lines, the aspect of the middle latitude, and draw the lines."""
    everything = np.vstack([places[["lon", "lat"]].to_numpy(dtype=float), *lines])
    (west, south), (east, north) = everything.min(axis=0), everything.max(axis=0)
    middle = np.cos(np.radians((south + north) / 2))
    pad = max((east - west) * middle, north - south, 0.1) * 0.13
    ax.set_xlim(west - pad / middle, east + pad / middle)
    ax.set_ylim(south - pad, north + pad)
    ax.set_aspect(1 / middle, adjustable="datalim")
    ax.set_xticks([])
    ax.set_yticks([])
    ax.grid(False)
    ax.spines[["bottom", "left", "right", "top"]].set_visible(False)
    if lines:
        ax.add_collection(LineCollection(lines, colors=UNKNOWN, linewidths=0.8, gid="boundary", zorder=0.5))


def _fill(ax: Axes) -> None:
    """Apply the aspect now, so that labels are placed where they will be drawn."""
    ax.apply_aspect()


def _look(place) -> tuple[str, dict[str, object]]:
    if not place.listed:
        return "no figure", {"marker": "o", "ms": 3, "color": UNKNOWN}
    if np.isnan(place.value):
        return "unknown", {"marker": "o", "ms": 5, "mfc": "white", "mec": UNKNOWN, "mew": 1.4}
    if place.value == 0:
        return "zero", {"marker": "x", "ms": 5, "color": BLUE, "mew": 1.4}
    return "value", {"marker": "o", "ms": place.size, "mfc": BLUE, "mec": "white", "mew": 0.8, "alpha": 0.8}


def _round_sizes(biggest: float) -> list[float]:
    """Two or three round figures for the legend of sizes."""
    power = 10.0 ** np.floor(np.log10(biggest))
    top = next(step for step in (5, 2, 1) if step * power <= biggest) * power
    sizes = [top, top / 5] if top / 5 >= 1 or biggest < 1 else [top]
    return sizes[::-1]


def _size_key(n: float, scale: float) -> Line2D:
    size = max(np.sqrt(n) * scale, 3)
    return Line2D([], [], ls="", marker="o", ms=size, mfc=BLUE, mec="white", alpha=0.8, label=number(n))


def _scale_bar(ax: Axes) -> None:
    """Draw a round number of kilometres at the lower left."""
    (west, east), (south, north) = ax.get_xlim(), ax.get_ylim()
    degree = KM_PER_DEGREE * np.cos(np.radians((south + north) / 2))
    room = (east - west) * degree / 4
    power = 10.0 ** np.floor(np.log10(room))
    km = next(step for step in (5, 2, 1) if step * power <= room) * power
    x, y = west + (east - west) * 0.01, south + (north - south) * 0.02
    ax.plot([x, x + km / degree], [y, y], color=INK, lw=2, solid_capstyle="butt", gid="scale")
    ax.annotate(
        f"{km:,.10g} km",
        (x + km / degree / 2, y),
        (0, 3),
        textcoords="offset points",
        ha="center",
        va="bottom",
        size=9,
        color=SOFT,
        gid="scale words",
    )


def _labels(ax: Axes, places: pd.DataFrame) -> None:
    """Write name and figure beside each circle, at the first of twelve places that is free."""
    figure = ax.figure.figure
    dots = 72 / figure.dpi
    frame = ax.get_window_extent()
    centres = ax.transData.transform(places[["lon", "lat"]].to_numpy(dtype=float)) * dots
    radii = places["size"].to_numpy() / 2 + 1
    taken = [(x - r, y - r, x + r, y + r) for (x, y), r in zip(centres, radii, strict=True)]
    edge = (frame.x0 * dots, frame.y0 * dots, frame.x1 * dots, frame.y1 * dots)
    taken.append((edge[0], edge[1], edge[0] + 130, edge[1] + 24))
    size, high = 9.0, 10.5
    for i, place in enumerate(places.itertuples(index=False)):
        text = place.name if not place.listed or np.isnan(place.value) else f"{place.name} {number(place.value)}"
        wide = width(text, size) * 72
        x, y = centres[i]
        best, cost = None, np.inf
        for far in (1.0, 8.0, 16.0, 26.0):
            for side, (dx, dy) in enumerate(((1, 0), (-1, 0), (0, 1), (0, -1), (1, 1), (1, -1), (-1, 1), (-1, -1))):
                gap = radii[i] + far if dx == 0 or dy == 0 else (radii[i] + far) * 0.75
                left = x + dx * gap - (0 if dx > 0 else wide if dx < 0 else wide / 2)
                low = y + dy * gap - (0 if dy > 0 else high if dy < 0 else high / 2)
                box = (left, low, left + wide, low + high)
                hits = sum(_overlap(box, other) for k, other in enumerate(taken) if k != i)
                outside = wide * high - _overlap(box, edge)
                total = hits * 3 + outside * 10 + far * 2 + side
                if total < cost:
                    best, cost = box, total
        taken.append(best)
        at = ((best[0] - x), (best[1] - y))
        ax.annotate(
            text,
            (place.lon, place.lat),
            at,
            textcoords="offset points",
            ha="left",
            va="bottom",
            size=size,
            color=INK if place.listed and not np.isnan(place.value) else SOFT,
            parse_math=False,
            annotation_clip=False,
            gid=f"label {place.name}",
        )
        nearest = (min(max(x, best[0]), best[2]), min(max(y, best[1]), best[3]))
        if np.hypot(nearest[0] - x, nearest[1] - y) > radii[i] + 6:
            ax.annotate(
                "",
                (place.lon, place.lat),
                (nearest[0] - x, nearest[1] - y),
                textcoords="offset points",
                arrowprops={"arrowstyle": "-", "color": UNKNOWN, "lw": 0.6, "shrinkA": 0, "shrinkB": radii[i]},
            )


def _overlap(a: tuple, b: tuple) -> float:
    wide = min(a[2], b[2]) - max(a[0], b[0])
    high = min(a[3], b[3]) - max(a[1], b[1])
    return wide * high if wide > 0 and high > 0 else 0.0
