"""Districts: one spelling for each, its other spellings, its code and its place; and what coordinates betray.

Spellings are joined by the official code where the register has one, and otherwise where they differ in case and
accents only. One name in several places of a higher order is not one district: the mapping must say within which
column it is to be read.
"""

from __future__ import annotations

import re
from functools import partial

import numpy as np
import pandas as pd

from minestats.errors import ParameterError, extra, fold
from minestats.registers import vocabulary as v
from minestats.registers.cells import shown_values, strings
from minestats.registers.findings import rows_of, verb
from minestats.registers.work import Work, clean

# headers of columns that a district may lie within, and the word for several of them
HIGHER = {header: word for word, headers in v.called()["higher"].items() for header in headers.split()}
# these say as often what became of a case, or lie within a district themselves: asked about, never decided
DOUBTFUL = ("state", "region")


def districts(work: Work) -> tuple[np.ndarray, np.ndarray, pd.DataFrame]:
    """Return the districts' names, for each row the place of its district (-1 unknown), and the table of districts."""
    named = work.texts("district") if "district" in work.fields else work.codes("district_code")
    codes = work.codes("district_code")
    parent, *above = _parent(work, "district")
    told, known, place_of = _ways(named, above, codes)
    parent = _check_ambiguous(work, told, parent)
    if len(codes[0]):
        of_key = told[told["code"] != ""].drop_duplicates("key").set_index("key")["code"]
        told["group"] = told["code"].where(told["code"] != "", told["key"].map(of_key)).fillna("name " + told["key"])
    else:
        told["group"] = told["key"] + (" within " + told["above"] if parent else "")
    spelled = told.groupby(["group", "text"], as_index=False)["count"].sum()
    best = spelled.sort_values(["count", "text"], ascending=[False, True]).drop_duplicates("group")
    best = best.set_index("group")["text"]
    first = told.drop_duplicates("group").set_index("group")
    names, code = best.reindex(first.index), told.groupby("group")["code"].max().reindex(first.index)
    apart = first["parent"].where(first["parent"] != "", first["code"])
    shared = names.map(fold).duplicated(keep=False) & (apart != "")
    names = names.where(~shared, names + " (" + apart + ")")
    apart = code.where(code != "", names.index)
    names = names.where(~names.duplicated(keep=False), names + " (" + apart + ")")
    changed = told[told["text"] != told["group"].map(best)]
    if len(changed):
        count, one = int(changed["count"].sum()), changed.iloc[0]
        facts = {"values": shown_values(count), "value": one["text"], "best": best[one["group"]], "rows": count}
        work.findings.say("place-spelling", column="district", **facts)
    order = sorted(names.index, key=lambda group: (fold(names[group]), group))
    result = np.full(work.size, -1, dtype=np.int32)
    result[known] = pd.Index(order).get_indexer(told["group"])[place_of]
    # a spelling that several districts share names none of them
    spelled["key"] = spelled["text"].map(fold)
    owners = spelled.groupby("key")["group"].nunique()
    others = spelled[(spelled["key"].map(owners) == 1) & (spelled["text"] != spelled["group"].map(names))]
    aliases = others["text"].str.replace(";", ",").groupby(others["group"]).agg(lambda texts: ";".join(sorted(texts)))
    made = {"district": names.str.replace(";", ","), "aliases": aliases, "code": code.replace("", None)}
    table = pd.DataFrame(made).reindex(order).reset_index(drop=True).astype("string")
    nowhere = pd.Series(pd.NA, index=table.index, dtype="Float64")
    table = table.assign(latitude=nowhere, longitude=nowhere)[["district", "aliases", "latitude", "longitude", "code"]]
    table = table if table["code"].notna().any() else table.drop(columns="code")
    return table["district"].to_numpy(dtype=object), result, table


def settlements(work: Work) -> pd.Series | None:
    """Return the settlements, told apart by the column they lie within where a name occurs in several.

    Beside a district a settlement needs no more; without one, a name of several places must say within what.
    """
    if "settlement" not in work.fields:
        return None
    texts, places = work.texts("settlement")
    spec = work.fields["settlement"]
    beside = "district" in work.fields and work.fields["district"].column
    if not spec.column or (beside and spec.within in ("", work.fields["district"].column)):
        return strings(texts, places)
    parent, *above = _parent(work, "settlement")
    if not parent:
        return strings(texts, places)
    told, known, place_of = _ways((texts, places), above)
    if not _check_ambiguous(work, told, parent, "settlement"):
        return strings(texts, places)
    several = (told.groupby("key")["above"].transform("nunique") > 1) & (told["parent"] != "")
    names = told["text"].where(~several, told["text"] + " (" + told["parent"] + ")")
    codes = np.full(work.size, -1, dtype=np.int32)
    codes[known] = place_of
    return strings(names, codes)


def _ways(names, parents, codes=((), -1)) -> tuple[pd.DataFrame, np.ndarray, np.ndarray]:
    """The ways in which rows name a place, which rows name one, and for each of these the number of its way.

    Names, codes and larger places are distinct texts, each with the place of its text for each row.
    """
    rows = pd.DataFrame({"text": names[1], "code": codes[1], "parent": parents[1]})
    known = names[1] >= 0
    alike = rows[known].groupby(["text", "code", "parent"], sort=False)
    told = alike.size().rename("count").reset_index()
    for column, texts in (("text", names[0]), ("code", codes[0]), ("parent", parents[0])):
        told[column] = pd.Series([texts[i] if i >= 0 else "" for i in told[column]], dtype=object)
    told["key"], told["above"] = told["text"].map(fold), told["parent"].map(fold)
    return told, known, alike.ngroup().to_numpy()


def _parent(work: Work, field: str) -> tuple[str, np.ndarray, np.ndarray]:
    """The column that a field lies within: the mapped one, or one whose header says that it may be."""
    spec = work.fields.get(field)  # None: codes stand for names
    name = spec.within if spec else None
    if spec and name == "" and spec.column:
        others = [header for header in work.register.headers if header not in work.mapping.columns]
        higher = (header for header in others if fold(header) in HIGHER and work.register.find(header) is not None)
        name = next(higher, "")
    if not name:
        return "", np.empty(0, dtype=object), np.full(work.size, -1, dtype=np.int32)
    cells = work.cells(name)
    texts = np.array([clean(text) for text in cells.texts], dtype=object)
    places = np.where(cells.known, np.arange(len(cells.known)), -1).astype(np.int32)
    return cells.header, texts, cells.column.spread(places)


def _check_ambiguous(work: Work, told: pd.DataFrame, parent: str, field: str = "district") -> str:
    """Refuse names that occur in several places of a higher order, or have several codes; return what tells apart."""
    if field not in work.fields or work.fields[field].within:
        return parent
    place = "above" if parent else "code"
    several = told[told[place] != ""].groupby("key", sort=False)[place].nunique()
    several = several[several > 1]
    if several.empty:
        return parent
    more = f" ({len(several) - 1:,} more names too)" if len(several) > 1 else ""
    name = told.loc[told["key"] == several.index[0], "text"].iloc[0]
    count = int(told.loc[told["key"].isin(several.index), "count"].sum())
    facts = {"column": work.fields[field].column, "value": name, "rows": count, "many": several.iloc[0], "more": more}
    if not parent:
        work.findings.say("place-several-codes", **facts)
        return parent
    doubtful = fold(parent) in DOUBTFUL
    code = "place-perhaps-ambiguous" if doubtful else "place-ambiguous"
    work.findings.say(code, parent=parent, places=HIGHER[fold(parent)], field=field, **facts)
    return "" if doubtful else parent


EARTH = 6_371_007.2  # metres, radius of the sphere of equal area
POINT = re.compile(r"\s*POINT\s*Z?\s*\(\s*([-+0-9.eE]+)\s+([-+0-9.eE]+)(\s+[-+0-9.eE]+)?\s*\)\s*", re.IGNORECASE)
# what a geometry raises that cannot be read
BROKEN = (ValueError, TypeError, KeyError, AttributeError, IndexError)
SHARED = 20  # events on one point from which it is said to be a town's centre


def coordinates(work: Work) -> np.ndarray | None:
    """Return checked longitudes and latitudes of the rows, NaN where unknown; None where there are none."""
    if "latitude" in work.fields:
        points = np.array([work.numbers(name) for name in ("longitude", "latitude")], dtype=float).T
    elif (told := _points(work)) is not None:
        points = told
    else:
        return None
    if crs := work.mapping.geometry.get("crs"):
        points = _degrees(crs, points)
    unknown = np.isnan(points)
    half = unknown.any(axis=1) & ~unknown.all(axis=1)
    for code, mask in {"coordinates-nought": (points == 0).all(axis=1), "coordinates-half": half}.items():
        work.say(code, mask)
        points[mask] = np.nan
    for check in (_check_metres, _check_outside):
        points[check(work, points, dict(zip(("longitude", "latitude"), points.T.copy(), strict=True)))] = np.nan
    place, places = pd.factorize(points[~np.isnan(points).any(axis=1)].round(6) @ (1, 1j))
    many = np.bincount(place)
    if many.max(initial=0) >= SHARED:
        shared, most = many[many >= SHARED], places[np.argmax(many)]
        said = f"{len(shared):,} {verb(len(shared), 'point stands', 'points stand')}"
        facts = {
            "latitude": most.imag,
            "longitude": most.real,
            "most": rows_of(int(many.max())),
            "rows": int(shared.sum()),
        }
        work.findings.say("coordinates-shared", points=said, least=SHARED, **facts)
    return points


def _degrees(crs, points: np.ndarray) -> np.ndarray:
    """Longitudes and latitudes of WGS 84 from coordinates of another system."""
    pyproj = extra("pyproj", "[geometry] crs", "geo")
    try:
        transformer = pyproj.Transformer.from_crs(crs, "EPSG:4326", always_xy=True)
    except pyproj.exceptions.CRSError as error:
        raise ParameterError(f"mapping: [geometry] crs {crs!r} is not known; such as 'EPSG:32638'.") from error
    degrees = np.column_stack(transformer.transform(*points.T, errcheck=False))
    return np.where(np.isfinite(degrees[:, :1]), degrees, np.nan)


def areas(work: Work) -> np.ndarray | None:
    """Return the area of each row's polygon in hectares, on the ellipsoid, where the mapping asks for it."""
    if not work.mapping.geometry.get("area"):
        return None
    pyproj, shapely = (extra(name, "[geometry] area", "geo") for name in ("pyproj", "shapely"))
    items, codes = _geometries(work)
    crs, ellipsoid = work.mapping.geometry.get("crs"), pyproj.Geod(ellps="WGS84")
    result = np.full(len(items), np.nan)
    for i, item in enumerate(items):
        try:
            shape = _shape(item) if item else None
        except BROKEN:
            continue  # `coordinates` says which cannot be read
        if _has_area(shape):
            shape = shapely.transform(shape, partial(_degrees, crs)) if crs else shape
            result[i] = abs(ellipsoid.geometry_area_perimeter(shapely.make_valid(shape))[0]) / 10_000
    result = result[codes]
    work.findings.say("area-of-polygons", sum=np.nansum(result), rows=int((~np.isnan(result)).sum()))
    return np.round(result, 4)


def _check_metres(work: Work, points: np.ndarray, facts: dict) -> np.ndarray:
    """Rows whose coordinates are no degrees."""
    bad = (np.abs(points) > (180, 90)).any(axis=1)
    swapped = bad & (np.abs(points) <= (90, 180)).all(axis=1)
    work.say("coordinates-exchanged", swapped, **facts)
    work.say("coordinates-no-degrees", bad & ~swapped, **facts)
    return bad


def _check_outside(work: Work, points: np.ndarray, facts: dict) -> np.ndarray:
    """Rows far from the rest that would lie among it with a sign changed or the two exchanged."""
    known = ~np.isnan(points).any(axis=1)
    strange = np.zeros(len(points), dtype=bool)
    if known.sum() < 5:
        return strange
    low, middle, high = np.quantile(points[known], [0.25, 0.5, 0.75], axis=0)

    def inside(moved: np.ndarray) -> np.ndarray:
        return (np.abs(moved - middle) <= 5 * (high - low) + 2).all(axis=1)

    outside = known & ~inside(points)
    moves = {"longitude": points * (-1, 1), "latitude": points * (1, -1), "both": -points, "": points[:, ::-1]}
    for name, moved in moves.items():
        mask = outside & inside(moved) & ~strange
        if not mask.any():
            continue
        more = f" ({rows_of(int(mask.sum()))})" if mask.sum() > 1 else ""
        axis = 0 if name == "longitude" else 1
        told = {"value": np.char.mod("%g", points[:, axis]), "other": moved[:, axis], "more": more}
        told |= {"part": "latitude" if axis else "longitude", "column": "" if name == "both" else name}
        work.say("coordinates-outside" if name else "coordinates-exchanged-inside", mask, **facts, **told)
        strange |= mask
    return strange


def _geometries(work: Work) -> tuple[list, np.ndarray]:
    """Each geometry, as WKT or GeoJSON (None where there is none), and for each row the place of its."""
    if "geometry" in work.fields:
        cells = work.cells(work.fields["geometry"].column)
        items = [text if known else None for text, known in zip(cells.texts, cells.known, strict=True)]
        return items, cells.column.codes
    return work.register.geometry or [None] * work.size, np.arange(work.size)


def _point(item: str | dict) -> tuple[float, float] | None:
    """Longitude and latitude of a point, None of another geometry."""
    if isinstance(item, dict):
        return (float(item["coordinates"][0]), float(item["coordinates"][1])) if item.get("type") == "Point" else None
    if match := POINT.fullmatch(item):
        return float(match[1]), float(match[2])
    if re.match(r"\s*(MULTI)?(POLYGON|LINESTRING|POINT)", item, re.IGNORECASE):
        return None
    raise ValueError("no WKT")


def _shape(item: str | dict):
    import shapely.geometry

    try:
        return shapely.from_wkt(item) if isinstance(item, str) else shapely.geometry.shape(item)
    except shapely.errors.ShapelyError as error:
        raise ValueError(str(error)) from error


def _points(work: Work) -> np.ndarray | None:
    if "geometry" not in work.fields and work.register.geometry is None:
        return None
    items, codes = _geometries(work)
    found, shapes, wrong = np.full((len(items), 2), np.nan), [], []
    for i, item in enumerate(items):
        try:
            if item and (point := _point(item)):
                found[i] = point
            elif item:
                shapes.append(i)
        except BROKEN:
            wrong.append(i)
    header = work.fields["geometry"].column if "geometry" in work.fields else ""
    work.say("no-geometry" if header else "point-broken", np.isin(codes, wrong), column=header)
    counts = np.bincount(codes, minlength=len(items))[shapes]
    for i, shape in zip(shapes, _shapes(work, [items[i] for i in shapes], counts), strict=True):
        if shape is not None and not shape.is_empty:
            found[i] = shape.centroid.x, shape.centroid.y
    return found[codes]


def _has_area(shape) -> bool:
    return shape is not None and not shape.is_empty and shape.geom_type in ("Polygon", "MultiPolygon")


def _shapes(work: Work, items: list, counts: np.ndarray) -> list:
    """Shapely geometries of WKT or GeoJSON; also says by how much areas overlap."""
    if not items:
        return []
    try:
        import shapely
    except ImportError:
        work.findings.say("areas-not-compared")
        return [None] * len(items)
    shapes = []
    for item in items:
        try:
            shapes.append(_shape(item))
        except BROKEN as error:
            work.findings.say("geometry-broken", error=error)
            shapes.append(None)
    areas = [
        (shapely.make_valid(shapely.transform(shape, _equal_area)), count)
        for shape, count in zip(shapes, counts, strict=True)
        if _has_area(shape)
    ]
    if areas:
        total = sum(shape.area * count for shape, count in areas) / 10_000
        union = shapely.union_all([shape for shape, _ in areas]).area / 10_000
        if total > union * 1.001:
            work.findings.say("areas-overlap", total=total, union=union)
    return shapes


def _equal_area(points: np.ndarray) -> np.ndarray:
    """Metres in Lambert's cylindrical projection, which keeps areas on the sphere."""
    flat = np.radians(points)
    return np.column_stack([EARTH * flat[:, 0], EARTH * np.sin(flat[:, 1])])


def set_places(table: pd.DataFrame, row_district: np.ndarray, points: np.ndarray | None) -> pd.DataFrame:
    """Return the districts with the median point of their rows."""
    if points is None or not len(table):
        return table
    known = (row_district >= 0) & ~np.isnan(points).any(axis=1)
    if not known.any():
        return table
    told = pd.DataFrame(points[known], columns=["longitude", "latitude"])
    middle = told.groupby(row_district[known]).median().reindex(range(len(table))).round(5).astype("Float64")
    return table.assign(latitude=middle["latitude"], longitude=middle["longitude"])
