"""A register's file into its cells: delimited text, workbooks, Parquet files and GeoJSON.

Of delimited text the encoding and the shape are found or refused; nothing is interpreted.
"""

from __future__ import annotations

import csv
import hashlib
import io
import json
import re
import warnings
import zipfile
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pandas as pd

from minestats.errors import DataError, ParameterError, did_you_mean, extra, fold, listed
from minestats.registers.cells import Cells, Coded, as_text, from_values
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
        raise DataError(
            f"{path.name} is no Excel workbook (.xlsx): {error}; save it again, or as CSV [unreadable]"
        ) from error
    total = sum(part.file_size for part in parts)
    worst = max((part.file_size / max(part.compress_size, 1) for part in parts if part.file_size > 1 << 20), default=0)
    if total > UNPACKED_LIMIT or worst > RATIO_LIMIT:
        raise DataError(
            f"{path.name} unpacks to {total:,} bytes ({worst:.0f} times its size); that is refused. "
            "Save it as CSV [register-unpacks]"
        )


@dataclass
class Sheet:
    """The cells of a sheet, and what a person sees otherwise than they are stored.

    `merged` holds first and last row and column of each merged range, counted from 0; `hidden` rows; `unsolved` the
    cells with a formula whose result was never stored, with the formula.
    """

    rows: list[list]
    merged: list[tuple[int, int, int, int]] = field(default_factory=list)
    hidden: list[int] = field(default_factory=list)
    unsolved: list[tuple[str, str]] = field(default_factory=list)


# what makes a sheet look otherwise than its cells are stored; only then is it worth the slow way to read it
PECULIAR = re.compile(rb"<mergeCell |<f[ >/]|<row [^>]*hidden=\"(1|true)\"")


def _peculiar(path: Path) -> bool:
    with zipfile.ZipFile(path) as archive:
        for part in archive.namelist():
            if not part.startswith("xl/worksheets/") or not part.endswith(".xml"):
                continue
            with archive.open(part) as file:
                tail = b""
                while piece := file.read(1 << 20):
                    if PECULIAR.search(tail + piece):
                        return True
                    tail = piece[-400:]
    return False


def sheets_of(path: Path) -> dict[str, Sheet]:
    """Return every sheet of a workbook; sheets without content have no rows."""
    check_archive(path)
    openpyxl = extra("openpyxl", "reading Excel", "excel")
    if not openpyxl.DEFUSEDXML:  # without it, entities that multiply would be written out
        raise ParameterError("reading Excel needs defusedxml: pip install 'minestats[excel]'. [extra]")
    try:
        peculiar = _peculiar(path)
        # a file of our own: openpyxl leaves a damaged one open
        with warnings.catch_warnings(), path.open("rb") as file:
            warnings.simplefilter("ignore", UserWarning)  # styles and extensions that do not concern cells
            book = openpyxl.load_workbook(file, read_only=not peculiar, data_only=True)
            formulas = openpyxl.load_workbook(path, data_only=False) if peculiar else None
            result = {}
            for sheet in book.worksheets:
                if not peculiar:
                    sheet.reset_dimensions()
                one = Sheet([list(row) for row in sheet.iter_rows(values_only=True)])
                while one.rows and not any(_filled(cell) for cell in one.rows[-1]):
                    one.rows.pop()
                if formulas is not None:
                    _see(one, sheet, formulas[sheet.title])
                result[sheet.title] = one
            book.close()
    except Exception as error:  # openpyxl raises whatever its parts raise on a damaged workbook
        first: BaseException = error
        while first.__context__ is not None:
            first = first.__context__  # what openpyxl wraps names the file's whole path
        said = " ".join(str(first).split())[:200]
        if type(first).__name__ == "EntitiesForbidden":
            said = "its XML defines entities, which can multiply; save it again with a spreadsheet program"
        raise DataError(
            f"{path.name} cannot be read as a workbook: {type(first).__name__}: {said}; open it in a spreadsheet "
            "program and save it again, or as CSV [unreadable]"
        ) from error
    return result


def _see(one: Sheet, values, formulas) -> None:
    """Note what is merged, hidden or not calculated, and fill merged cells as they look."""
    for merged in values.merged_cells.ranges:
        area = (merged.min_row - 1, merged.max_row - 1, merged.min_col - 1, merged.max_col - 1)
        one.merged.append(area)
        for row in one.rows[area[0] : area[1] + 1]:
            for column in range(area[2], min(area[3] + 1, len(row))):
                row[column] = one.rows[area[0]][area[2]]
    one.hidden = sorted(number - 1 for number, how in values.row_dimensions.items() if how.hidden)
    for row in formulas.iter_rows():
        for cell in row:
            if cell.data_type == "f" and values[cell.coordinate].value is None:
                text = getattr(cell.value, "text", cell.value)
                one.unsolved.append((cell.coordinate, str(text)))


def _filled(cell) -> bool:
    return cell is not None and str(cell).strip() != ""


def read_excel(path: Path, source: dict, wanted: list[str], findings: Findings, sheet: str) -> Register:
    """Return one sheet of a workbook."""
    sheets = sheets_of(path)
    filled = [name for name, one in sheets.items() if one.rows]
    if sheet:
        found = [name for name in sheets if fold(name) == fold(sheet)]
        if not found:
            hint = did_you_mean(sheet, sheets, otherwise=f"the workbook has {listed(sheets)}")
            findings.halt("no-such-sheet", sheet=sheet, hint=hint)
        name = found[0]
    elif len(filled) > 1:
        many = "two" if len(filled) == 2 else len(filled)
        findings.halt("several-sheets", many=many, names=listed(filled))
    else:
        name = filled[0] if filled else ""
    if not name or not sheets[name].rows:
        findings.halt("file-empty", what="workbook holds no data")
    empty = len(sheets) - len(filled)
    if empty:
        findings.say("empty-sheets", sheets=f"{empty} empty sheet{'s' if empty > 1 else ''}", rows=empty)
    one = sheets[name]
    if one.unsolved:
        cell, formula = one.unsolved[0]
        findings.say(
            "formula-unsolved", value=cell, formula=formula[:40], cells=len(one.unsolved), rows=len(one.unsolved)
        )
    rows = one.rows
    width = max(len(row) for row in rows)
    while width and not any(len(row) >= width and _filled(row[width - 1]) for row in rows):
        width -= 1
    rows = [(row + [None] * width)[:width] for row in rows]
    preview = [
        ["" if cell is None else as_text(cell) for cell in row]
        for row in rows[: max(LOOK, source.get("header_row", 0)) + 1]
    ]
    place, tags = header_place(preview, source, wanted, findings)
    headers = headers_from(preview[place], tags)
    skipped = place + (1 if not tags or all(preview[place][i].strip() == tag for i, tag in tags.items()) else 2)
    hidden = [i for i in one.hidden if skipped <= i < len(rows) and any(_filled(cell) for cell in rows[i])]
    if hidden and "hidden" not in source:
        findings.say("hidden-rows", row=hidden[0] + 1, rows=len(hidden))
    elif hidden:
        fate = "kept" if source["hidden"] == "keep" else "left out"
        findings.say("hidden-rows-settled", fate=fate, rows=len(hidden))
    gone = set(hidden) if source.get("hidden") == "drop" else set()
    places = [i for i in range(skipped, len(rows)) if i not in gone]
    columns = [from_values([rows[i][j] for i in places]) for j in range(width)]
    numbers = np.array(places, dtype=np.int64) + 1
    # one figure for several rows: each would take it whole
    merged = {column: first + 1 for first, last, column, _ in one.merged if last > first and first >= skipped}
    for column, row in merged.items():
        findings.say("merged-cells", column=headers[column], row=row)
    return Register(path.name, headers, columns, numbers, True, tags, None, place + 1, merged=merged)


def read_parquet(path: Path, source: dict, wanted: list[str], findings: Findings, sheet: str) -> Register:
    """Return a Parquet file; row 2 is its first row."""
    extra("pyarrow", "reading Parquet", "parquet")
    try:
        frame = pd.read_parquet(path)
    except Exception as error:  # pyarrow has no one error for a damaged file
        raise DataError(
            f"{path.name} cannot be read as Parquet: {type(error).__name__}: {error} [unreadable]"
        ) from error
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
        raise DataError(f"{path.name} is no JSON in UTF-8: {error} [unreadable]") from error
    if isinstance(data, dict) and data.get("type") == "Feature":
        data = {"features": [data]}
    features = data.get("features") if isinstance(data, dict) else _records(data)
    if features is None and isinstance(data, dict):
        # what an API wraps its records in: { "count": 3, "results": [...] }
        features = next((found for value in data.values() if (found := _records(value))), None)
    if not isinstance(features, list) or not all(isinstance(item, dict) for item in features):
        raise DataError(f"{path.name} is no GeoJSON: it has no list of 'features', and no list of records [unreadable]")
    crs = data.get("crs") if isinstance(data, dict) and not source.get("crs") else None
    if crs is not None:
        name = str((crs.get("properties") or {}).get("name", "")) if isinstance(crs, dict) else str(crs)
        if not any(word in name.upper() for word in ("CRS84", "4326")):
            findings.halt("not-degrees", name=name)
    # Esri calls them attributes; nested ones are told by their path
    told = [item.get("properties", item.get("attributes")) for item in features]
    properties = [_flat(one) if isinstance(one, dict) else {} for one in told]
    names: dict[str, None] = {}
    for item in properties:
        names.update(dict.fromkeys(item))
    if any("id" in item for item in features) and "id" not in names:
        names["id"] = None
        properties = [{**item, "id": feature.get("id")} for item, feature in zip(properties, features, strict=True)]
    columns = [from_values([item.get(name) for item in properties]) for name in names]
    geometry = [_esri(item.get("geometry")) if isinstance(item.get("geometry"), dict) else None for item in features]
    rows = np.arange(2, len(features) + 2, dtype=np.int64)
    headers = [str(name) for name in names]
    if not headers:
        headers, columns = ["feature"], [from_values(list(range(len(features))))]
    return Register(path.name, headers, columns, rows, True, {}, geometry)


def _records(value) -> list | None:
    """Records of an API as features: a list of objects without geometry."""
    if not isinstance(value, list) or not value or not all(isinstance(item, dict) for item in value):
        return None
    return [{"properties": item} for item in value]


def _flat(item: dict, before: str = "") -> dict:
    result: dict = {}
    for name, value in item.items():
        if isinstance(value, dict):
            result |= _flat(value, f"{before}{name}/")
        else:
            result[f"{before}{name}"] = value
    return result


def _esri(item: dict) -> dict:
    """A geometry as GeoJSON has it; Esri writes x and y, or rings."""
    if "x" in item and "y" in item:
        return {"type": "Point", "coordinates": [item["x"], item["y"]]}
    if "rings" in item:
        return {"type": "Polygon", "coordinates": item["rings"]}
    return item


BOM = b"\xef\xbb\xbf"
HEAD = 1 << 20  # bytes in which the header stands
CELL_LIMIT = 1_000_000


def read_csv(path: Path, source: dict, wanted: list[str], findings: Findings) -> Register:
    data = path.read_bytes()
    digest = hashlib.sha256(data).hexdigest()
    data = _as_utf8(data, source, findings)
    delimiter = source.get("delimiter") or ("\t" if path.suffix.lower() == ".tsv" else ",")
    _check_utf8(data[: data.rfind(b"\n", 0, HEAD) + 1] or data[:HEAD], findings)
    preview, lines = _preview(data, delimiter, max(LOOK, source.get("header_row", 0)) + 1)
    if not preview:
        findings.halt("file-empty", what="file is empty")
    place, tags = header_place(preview, source, wanted, findings)
    _check_delimiter(preview, place, delimiter, findings)
    headers = headers_from(preview[place], tags)
    skipped = place + (2 if tags and not _same_row(tags, preview[place]) else 1)
    columns = fast(data, lines[skipped - 1], len(headers), delimiter)
    if columns is None:
        _check_utf8(data, findings)
        columns = exact(data, skipped, len(headers), delimiter, findings)
    rows = np.arange(skipped + 1, skipped + 1 + len(columns[0]), dtype=np.int64)
    _check_letters(columns, headers, rows, findings)
    return Register(path.name, headers, columns, rows, False, tags, None, place + 1, digest)


def _same_row(tags: dict[int, str], row: list[str]) -> bool:
    return all(row[i].strip() == tag for i, tag in tags.items() if i < len(row))


def _as_utf8(data: bytes, source: dict, findings: Findings) -> bytes:
    encoding = source.get("encoding", "")
    utf8 = encoding.lower().replace("_", "-") in ("", "utf-8", "utf8", "utf-8-sig")
    if utf8 and data[:2] in (b"\xff\xfe", b"\xfe\xff"):
        findings.halt("utf-16")
    if not utf8:
        if not encoding.lower().startswith("u") and not data[:100_000].isascii() and _broken(data) is None:
            findings.halt("wrong-encoding", told=f"UTF-8, not {encoding}", how="set encoding = 'utf-8'")
        try:
            data = data.decode(encoding).encode("utf-8")
        except (UnicodeDecodeError, UnicodeEncodeError) as error:
            findings.halt("wrong-encoding", told=f"not {encoding}: {error.reason}", how="correct encoding")
    if data.startswith(BOM):
        findings.say("byte-order-mark")
    if b"\0" in data:
        findings.halt("nul-byte", line=data.count(b"\n", 0, data.index(b"\0")) + 1)
    return data


def _check_letters(columns: list[Coded], headers: list[str], rows: np.ndarray, findings: Findings) -> None:
    """Refuse letters that were lost, or read in a wrong encoding before: they cannot be told any more."""
    signs = (
        (re.compile("\ufffd"), "the sign for a lost letter"),
        (re.compile("[ÃÂ][\u0080-\u00bf]"), "'Ã' or 'Â' before a sign, as letters read in a wrong encoding look,"),
        (re.compile("[À-ÿ]{5}"), "a row of accented letters alone, as Cyrillic or Greek read as western looks,"),
    )
    for column, header in zip(columns, headers, strict=True):
        for found, text in () if column.is_ascii() else signs:
            codes = [code for code, word in enumerate(column.texts) if not word.isascii() and found.search(word)]
            Cells(column, column.count > 0, header, rows, findings).say("lost-letters", codes, sign=text, value="")


def _broken(data: bytes) -> int | None:
    """Where the first byte stands that is not UTF-8."""
    try:
        data.decode("utf-8")
    except UnicodeDecodeError as error:
        return error.start
    return None


def _check_utf8(data: bytes, findings: Findings) -> None:
    if (place := _broken(data)) is not None:
        findings.halt("not-utf-8", row=data.count(b"\n", 0, place) + 1, byte=data[place])


def _preview(data: bytes, delimiter: str, most: int) -> tuple[list[list[str]], list[int]]:
    """The first records, and the line on which each ends."""
    head = data[:HEAD].decode("utf-8-sig", "ignore")
    reader = csv.reader(io.StringIO(head, newline=""), delimiter=delimiter)
    rows, lines = [], []
    csv.field_size_limit(CELL_LIMIT)
    try:
        for row in reader:
            rows.append(row)
            lines.append(reader.line_num)
            if len(rows) >= most:
                break
    except csv.Error:
        pass
    return rows, lines


def _check_delimiter(preview, place, delimiter, findings) -> None:
    if place >= len(preview):
        return
    joined = delimiter.join(preview[place])
    for other in (";", "\t", "|", ","):
        if other != delimiter and joined.count(other) > max(len(preview[place]) - 1, 0):
            shown = {"\t": "'\\t'"}.get(other, f"'{other}'")
            facts = {"many": joined.count(other), "few": len(preview[place]) - 1, "delimiter": delimiter}
            decimal = " (and decimal = ',' if numbers are written so)" if other == ";" else ""
            findings.halt("delimiter", other=shown, decimal=decimal, row=place + 1, **facts)


def fast(data: bytes, skip_lines: int, width: int, delimiter: str) -> list[Coded] | None:
    """The columns by pyarrow, where it is installed and the file has no odd row; None otherwise."""
    try:
        import pyarrow as pa
        import pyarrow.csv as pc
    except ImportError:
        return None
    names = [f"c{i}" for i in range(width)]
    try:
        table = pc.read_csv(
            pa.BufferReader(data.rstrip(b"\r\n")),
            read_options=pc.ReadOptions(column_names=names, skip_rows=skip_lines, block_size=1 << 22),
            parse_options=pc.ParseOptions(delimiter=delimiter, newlines_in_values=True, ignore_empty_lines=False),
            convert_options=pc.ConvertOptions(
                column_types=dict.fromkeys(names, pa.dictionary(pa.int32(), pa.string())), strings_can_be_null=False
            ),
        )
    except (pa.ArrowInvalid, pa.ArrowException, ValueError):
        return None
    if data.count(b'"') % 2 == 1:
        return None
    columns = []
    table = table.unify_dictionaries()
    for name in names:
        chunks = table[name].chunks
        codes = np.concatenate([chunk.indices.to_numpy() for chunk in chunks] or [np.empty(0, np.int32)])
        columns.append(Coded(codes, chunks[-1].dictionary if chunks else np.empty(0, dtype=object), textual=True))
        table = table.drop_columns([name])
    return columns


def exact(data: bytes, skipped: int, width: int, delimiter: str, findings: Findings) -> list[Coded]:
    """The columns row by row, naming each row that has another number of cells than the header."""
    text = io.TextIOWrapper(io.BytesIO(data), encoding="utf-8-sig", newline="")
    reader = csv.reader(text, delimiter=delimiter, strict=True)
    seen: list[dict] = [{} for _ in range(width)]
    codes: list[list[int]] = [[] for _ in range(width)]
    odd: list[tuple[int, int]] = []
    number = 0
    limit = csv.field_size_limit(CELL_LIMIT)
    try:
        for number, row in enumerate(reader, start=1):
            if number <= skipped:
                continue
            if len(row) != width:
                told = row[width:] if len(row) > width else row
                if any(cell.strip() for cell in told):
                    odd.append((number, len(row)))
                row = (row + [""] * width)[:width]
            for cell, known, code in zip(row, seen, codes, strict=True):
                code.append(known.setdefault(cell, len(known)))
    except csv.Error as error:
        findings.say("open-quote", row=number, error=error)
    finally:
        csv.field_size_limit(limit)
    if odd:
        findings.say("row-length", width=width, row=odd[0][0], cells=odd[0][1], rows=len(odd))
        if wide := [line for line, cells in odd if cells > width]:
            findings.say("row-too-long", row=wide[0])  # it has content that no column could carry
    return [
        Coded(np.array(code, dtype=np.int32), list(known), textual=True)
        for code, known in zip(codes, seen, strict=True)
    ]
