"""Registers that are no plain text: workbooks, Parquet files and GeoJSON."""

from __future__ import annotations

import json
import zipfile
from pathlib import Path

import numpy as np
import pandas as pd

from minestats.errors import DataError, ParameterError, did_you_mean, fold, listed
from minestats.registers.coded import Coded, as_text, from_values
from minestats.registers.findings import Findings
from minestats.registers.register import LOOK, Register, header_place, headers_from

UNPACKED_LIMIT = 1 << 30  # bytes of a workbook's parts together
RATIO_LIMIT = 500  # how many times its packed size a part may have


def check_archive(path: Path) -> None:
    """Refuse a workbook that is no archive, or one that would unpack to more than it is reasonable to hold.

    Raises
    ------
    DataError
        The file is no .xlsx file, or is too large unpacked.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            parts = archive.infolist()
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError) as error:
        raise DataError(f"{path.name} is no Excel workbook (.xlsx): {error}; save it again, or as CSV") from error
    total = sum(part.file_size for part in parts)
    worst = max((part.file_size / max(part.compress_size, 1) for part in parts if part.file_size > 1 << 20), default=0)
    if total > UNPACKED_LIMIT or worst > RATIO_LIMIT:
        raise DataError(
            f"{path.name} unpacks to {total:,} bytes ({worst:.0f} times its size); that is refused. Save it as CSV"
        )


def sheets_of(path: Path) -> dict[str, list[list]]:
    """Return the rows of every sheet of a workbook; sheets without content are empty lists."""
    check_archive(path)
    try:
        import openpyxl
    except ImportError as error:
        raise ParameterError("reading Excel needs openpyxl: pip install 'minestats[excel]'.") from error
    if not openpyxl.DEFUSEDXML:  # without it, entities that multiply would be written out
        raise ParameterError("reading Excel needs defusedxml: pip install 'minestats[excel]'.")
    import warnings

    try:
        # a file of our own: openpyxl leaves a damaged one open
        with warnings.catch_warnings(), path.open("rb") as file:
            warnings.simplefilter("ignore", UserWarning)  # styles and extensions that do not concern cells
            book = openpyxl.load_workbook(file, read_only=True, data_only=True)
            result = {}
            for sheet in book.worksheets:
                sheet.reset_dimensions()
                rows = [list(row) for row in sheet.iter_rows(values_only=True)]
                while rows and not any(_filled(cell) for cell in rows[-1]):
                    rows.pop()
                result[sheet.title] = rows
            book.close()
    except Exception as error:  # openpyxl raises whatever its parts raise on a damaged workbook
        first = error
        while first.__context__ is not None:
            first = first.__context__  # what openpyxl wraps names the file's whole path
        said = " ".join(str(first).split())[:200]
        if type(first).__name__ == "EntitiesForbidden":
            said = "its XML defines entities, which can multiply; save it again with a spreadsheet program"
        raise DataError(f"{path.name} cannot be read as a workbook: {type(first).__name__}: {said}") from error
    return result


def _filled(cell) -> bool:
    return cell is not None and str(cell).strip() != ""


def read_excel(path: Path, source: dict, wanted: list[str], findings: Findings, sheet: str) -> Register:
    """Return one sheet of a workbook."""
    sheets = sheets_of(path)
    filled = [name for name, rows in sheets.items() if rows]
    if sheet:
        found = [name for name in sheets if fold(name) == fold(sheet)]
        if not found:
            hint = did_you_mean(sheet, sheets, otherwise=f"the workbook has {listed(sheets)}")
            findings.error("sheet", f"no sheet '{sheet}'", hint)
            findings.stop()
        name = found[0]
    elif len(filled) > 1:
        findings.error(
            "sheet",
            f"two sheets hold data: {listed(filled)}"
            if len(filled) == 2
            else f"{len(filled)} sheets hold data: {listed(filled)}",
            "set sheet",
        )
        findings.stop()
    else:
        name = filled[0] if filled else ""
    if not name or not sheets[name]:
        findings.error("empty", "the workbook holds no data")
        findings.stop()
    empty = len(sheets) - len(filled)
    if empty:
        findings.repair("empty sheets", f"{empty} empty sheet{'s' if empty > 1 else ''} left out", rows=empty)
    rows = sheets[name]
    width = max(len(row) for row in rows)
    while width and not any(len(row) >= width and _filled(row[width - 1]) for row in rows):
        width -= 1
    rows = [(row + [None] * width)[:width] for row in rows]
    preview = [
        ["" if cell is None else as_text(cell) for cell in row]
        for row in rows[: max(LOOK, source.get("header_row", 0)) + 1]
    ]
    place, tags = header_place(preview, source, wanted, path.name, findings)
    headers = headers_from(preview[place], tags)
    skipped = place + (1 if not tags or all(preview[place][i].strip() == tag for i, tag in tags.items()) else 2)
    body = rows[skipped:]
    columns = [from_values([row[i] for row in body]) for i in range(width)]
    numbers = np.arange(skipped + 1, skipped + 1 + len(body), dtype=np.int64)
    return Register(path.name, headers, columns, numbers, True, tags, None, place + 1)


def read_parquet(path: Path, source: dict, wanted: list[str], findings: Findings, sheet: str) -> Register:
    """Return a Parquet file; row 2 is its first row."""
    try:
        import pyarrow  # noqa: F401
    except ImportError as error:
        raise ParameterError("reading Parquet needs pyarrow: pip install 'minestats[parquet]'.") from error
    try:
        frame = pd.read_parquet(path)
    except Exception as error:  # pyarrow has no one error for a damaged file
        raise DataError(f"{path.name} cannot be read as Parquet: {type(error).__name__}: {error}") from error
    if not isinstance(frame.index, pd.RangeIndex):
        frame = frame.reset_index()
    columns = []
    for i in range(frame.shape[1]):
        values = frame.iloc[:, i]
        try:
            codes, words = pd.factorize(values, use_na_sentinel=True)
        except TypeError:
            columns.append(from_values(values.tolist()))
            continue
        words = [w.to_pydatetime() if isinstance(w, pd.Timestamp) else w for w in list(words)]
        words = [w.item() if isinstance(w, np.generic) else w for w in words]
        words = [str(w) if isinstance(w, bool) else w for w in words]
        codes = np.where(codes < 0, len(words), codes).astype(np.int32)
        columns.append(Coded(codes, [*words, ""]))
    rows = np.arange(2, len(frame) + 2, dtype=np.int64)
    return Register(path.name, [str(name) for name in frame.columns], columns, rows, True)


def read_geojson(path: Path, source: dict, wanted: list[str], findings: Findings, sheet: str) -> Register:
    """Return the properties of the features of a GeoJSON file, with their geometry; row 2 is the first feature."""
    try:
        data = json.loads(path.read_text(encoding=source.get("encoding") or "utf-8-sig"))
    except (UnicodeDecodeError, json.JSONDecodeError) as error:
        raise DataError(f"{path.name} is no JSON in UTF-8: {error}") from error
    if isinstance(data, dict) and data.get("type") == "Feature":
        data = {"features": [data]}
    features = data.get("features") if isinstance(data, dict) else None
    if not isinstance(features, list) or not all(isinstance(item, dict) for item in features):
        raise DataError(f"{path.name} is no GeoJSON: it has no list of 'features'")
    crs = data.get("crs")
    if crs is not None:
        name = str((crs.get("properties") or {}).get("name", "")) if isinstance(crs, dict) else str(crs)
        if not any(word in name.upper() for word in ("CRS84", "4326")):
            findings.error(
                "crs", f"the coordinates are in '{name}', not in degrees of WGS 84", "convert the file first"
            )
            findings.stop()
    properties = [item.get("properties") if isinstance(item.get("properties"), dict) else {} for item in features]
    names: dict[str, None] = {}
    for item in properties:
        names.update(dict.fromkeys(item))
    if any("id" in item for item in features) and "id" not in names:
        names["id"] = None
        properties = [{**item, "id": feature.get("id")} for item, feature in zip(properties, features, strict=True)]
    columns = [from_values([item.get(name) for item in properties]) for name in names]
    geometry = [item.get("geometry") if isinstance(item.get("geometry"), dict) else None for item in features]
    rows = np.arange(2, len(features) + 2, dtype=np.int64)
    headers = [str(name) for name in names]
    if not headers:
        headers, columns = ["feature"], [from_values(list(range(len(features))))]
    return Register(path.name, headers, columns, rows, True, {}, geometry)
