"""A register's cells as they are written, with the row where a spreadsheet shows each, whatever the format.

Nothing is interpreted here. What makes a file unreadable (its encoding, its shape, a header that is not where it
is looked for) is refused with the line to add to the mapping; blank rows and a byte order mark are left out
and counted.
"""

from __future__ import annotations

import csv
import hashlib
import io
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from minestats._adapt.coded import Coded
from minestats._adapt.findings import Findings, rows_of
from minestats.errors import DataError, ParameterError, fold, listed, nearest

SUFFIXES = {
    ".csv": "csv",
    ".txt": "csv",
    ".tsv": "csv",
    ".xlsx": "excel",
    ".xlsm": "excel",
    ".parquet": "parquet",
    ".geojson": "geojson",
    ".json": "geojson",
}
OLD = (".xls", ".ods", ".xlsb", ".mdb", ".accdb", ".shp", ".zip")
LOOK = 25  # rows in which a header or a tag row is looked for
HEAD = 1 << 20  # bytes in which the header stands
CELL_LIMIT = 1_000_000


@dataclass
class Register:
    """A register as read: headers, columns, and the spreadsheet row of each row.

    `typed` says that numbers and dates come from the format itself; `tags` holds the HXL tag of a column; `geometry`
    the GeoJSON geometry of each row; `header_row` where the header stood.
    """

    name: str
    headers: list[str]
    columns: list[Coded]
    rows: np.ndarray
    typed: bool = False
    tags: dict[int, str] = field(default_factory=dict)
    geometry: list | None = None
    header_row: int = 1
    sha256: str = ""
    personal: set[int] = field(default_factory=set)

    def __len__(self) -> int:
        return len(self.rows)

    def take(self, keep: np.ndarray) -> Register:
        """Return the register with some of its rows only."""
        geometry = self.geometry
        if geometry is not None:
            geometry = [geometry[i] for i in np.flatnonzero(keep)]
        return Register(
            self.name,
            self.headers,
            [column.take(keep) for column in self.columns],
            self.rows[keep],
            self.typed,
            self.tags,
            geometry,
            self.header_row,
            self.sha256,
            self.personal,
        )

    def find(self, name: str) -> int | None:
        """Return the number of a column by its header or HXL tag; None where there is none or more than one."""
        found = self.matches(name)
        return found[0] if len(found) == 1 else None

    def matches(self, name: str) -> list[int]:
        """Return the numbers of all columns of that header or tag."""
        if name.startswith("#") and self.tags:
            from minestats._adapt.hxl import matching

            return matching(name, self.tags)
        exact = [i for i, header in enumerate(self.headers) if header == name]
        key = fold(name)
        return exact if len(exact) == 1 else [i for i, header in enumerate(self.headers) if fold(header) == key]


def format_of(path: Path, source: dict) -> str:
    """Return the format of a file: what the mapping says, else what the suffix says.

    Raises
    ------
    ParameterError
        The suffix tells no format that can be read.

    Examples
    --------
    >>> format_of(Path("register.XLSX"), {})
    'excel'
    """
    if source.get("format"):
        return source["format"]
    suffix = path.suffix.lower()
    if suffix in OLD:
        raise ParameterError(f"'{path.name}': {suffix} files cannot be read; save it as .xlsx, .csv or .geojson.")
    if suffix not in SUFFIXES:
        raise ParameterError(
            f"'{path.name}': the suffix tells no format; set [source] format to one of 'csv', 'excel', 'parquet', "
            "'geojson', 'hxl'."
        )
    return SUFFIXES[suffix]


def read_register(path: Path, source: dict, wanted: list[str], findings: Findings, *, sheet: str = "") -> Register:
    """Return the cells of a register; `wanted` are the columns that the mapping names.

    Raises
    ------
    DataError
        The file cannot be read as the mapping says.
    """
    kind = format_of(path, source)
    sheet = sheet or source.get("sheet", "")
    if kind == "hxl":
        kind = "excel" if path.suffix.lower() in (".xlsx", ".xlsm") else "csv"
        source = {**source, "format": "hxl"}
    try:
        if kind == "csv":
            register = _read_csv(path, source, wanted, findings)
        else:
            from minestats._adapt import formats

            register = getattr(formats, f"read_{kind}")(path, source, wanted, findings, sheet)
    except (OSError, MemoryError, RecursionError) as error:
        raise DataError(f"{path.name} cannot be read: {error}") from error
    findings.stop()
    if not register.sha256:
        register.sha256 = hashlib.sha256(path.read_bytes()).hexdigest()
    return _without_blank_rows(register, findings)


def header_place(
    preview: list[list[str]], source: dict, wanted: list[str], name: str, findings: Findings
) -> tuple[int, dict[int, str]]:
    """Return the row of the header (0 is the first) among the first rows, and the tags of a tag row after it."""
    from minestats._adapt.hxl import is_tag_row

    tag_rows = [i for i, row in enumerate(preview) if is_tag_row(row)]
    if source.get("format") == "hxl" and not tag_rows:
        findings.error("hxl", f"no row of HXL tags within the first {LOOK} rows", "set [source] format = 'csv'")
        findings.stop()
    if source.get("header_row"):
        place = source["header_row"] - 1
        if place >= len(preview):
            findings.error("header", f"the file has no row {place + 1}", "correct [source] header_row", joiner="; ")
            findings.stop()
    elif source.get("format") == "hxl" or (tag_rows and any(name.startswith("#") for name in wanted)):
        place = tag_rows[0] - 1
        if place < 0 or not any(cell.strip() for cell in preview[place]):
            place = tag_rows[0]
    else:
        place = 0
        keys = {fold(name) for name in wanted if not name.startswith("#")}
        score = [len(keys & {fold(cell) for cell in row}) for row in preview]
        best = int(np.argmax(score)) if score else 0
        if keys and score and score[best] > score[0] and score[best] >= max(1, len(keys) // 2):
            findings.error(
                "header",
                f"row 1 does not hold the mapped columns, row {best + 1} does; lines stand above the header",
                f"set header_row = {best + 1}",
                row=best + 1,
            )
            findings.stop()
    tags: dict[int, str] = {}
    if tag_rows and tag_rows[0] in (place, place + 1):
        tags = {i: cell.strip() for i, cell in enumerate(preview[tag_rows[0]]) if cell.strip()}
    return place, tags


def headers_from(row: list[str], tags: dict[int, str]) -> list[str]:
    """Return the headers of a row, each once: a blank one takes its tag or its number, a repeated one a number."""
    names: list[str] = []
    for i, cell in enumerate(row):
        name = " ".join(str(cell).split()) or tags.get(i) or f"column {i + 1}"
        names.append(name)
    return names


def check_columns(register: Register, wanted: list[str], findings: Findings) -> None:
    """Note each mapped column that the register lacks, with the nearest that it has, or has twice."""
    for name in dict.fromkeys(wanted):
        found = register.matches(name)
        if len(found) == 1:
            continue
        if len(found) > 1:
            places = listed([_letter(i) for i in found])
            findings.error(
                "columns",
                f"column '{name}' stands {len(found)} times, in {places}, but for case, accents or spaces",
                "rename or delete the others",
                column=name,
            )
            continue
        names = list(register.tags.values()) if name.startswith("#") else register.headers
        guess = nearest(name, names) or next((h for h in names if len(h) >= 8 and fold(name).startswith(fold(h))), None)
        hint = f"did you mean '{guess}'?" if guess else f"the file has {listed(names, 40)}"
        findings.error("columns", f"column '{name}' is not in the file", hint, column=name)


def _letter(i: int) -> str:
    text = ""
    i += 1
    while i:
        i, rest = divmod(i - 1, 26)
        text = chr(65 + rest) + text
    return f"column {text}"


def _without_blank_rows(register: Register, findings: Findings) -> Register:
    blank = np.ones(len(register), dtype=bool)
    for column in register.columns:
        empty = np.array([isinstance(word, str) and not word.strip() for word in column.words], dtype=bool)
        if not empty.any():
            return register
        blank &= empty[column.codes]
        if not blank.any():
            return register
    if register.geometry is not None:
        blank &= np.array([item is None for item in register.geometry], dtype=bool)
    if not blank.any():
        return register
    count = int(blank.sum())
    first = int(register.rows[np.argmax(blank)])
    findings.repair("blank rows", f"{rows_of(count)} without any content left out (first: row {first})", rows=count)
    return register.take(~blank)


# ---------------------------------------------------------------- CSV


def _read_csv(path: Path, source: dict, wanted: list[str], findings: Findings) -> Register:
    data = path.read_bytes()
    digest = hashlib.sha256(data).hexdigest()
    data = _as_utf8(data, source, findings)
    findings.stop()
    delimiter = source.get("delimiter") or ("\t" if path.suffix.lower() == ".tsv" else ",")
    _check_utf8(data[: data.rfind(b"\n", 0, HEAD) + 1] or data[:HEAD], findings)
    findings.stop()
    preview, lines = _preview(data, delimiter)
    if not preview:
        findings.error("empty", "the file is empty")
        findings.stop()
    place, tags = header_place(preview, source, wanted, path.name, findings)
    _check_delimiter(preview, place, delimiter, findings)
    findings.stop()
    headers = headers_from(preview[place], tags)
    skipped = place + (2 if tags and not _same_row(tags, preview[place]) else 1)
    columns = _fast(data, lines[skipped - 1], len(headers), delimiter)
    if columns is None:
        _check_utf8(data, findings)
        findings.stop()
        columns = _exact(data, skipped, len(headers), delimiter, findings)
    rows = np.arange(skipped + 1, skipped + 1 + len(columns[0]), dtype=np.int64)
    return Register(path.name, headers, columns, rows, False, tags, None, place + 1, digest)


def _same_row(tags: dict[int, str], row: list[str]) -> bool:
    return all(row[i].strip() == tag for i, tag in tags.items() if i < len(row))


def _as_utf8(data: bytes, source: dict, findings: Findings) -> bytes:
    encoding = source.get("encoding", "")
    utf8 = encoding.lower().replace("_", "-") in ("", "utf-8", "utf8", "utf-8-sig")
    if utf8 and data[:2] in (b"\xff\xfe", b"\xfe\xff"):
        findings.error("encoding of file", "the file begins like UTF-16", "set encoding = 'utf-16'", joiner="; ")
        return data
    if not utf8:
        strict_utf8 = False
        if any(byte > 127 for byte in data[:100_000]):
            try:
                data.decode("utf-8")
                strict_utf8 = True
            except UnicodeDecodeError:
                strict_utf8 = False
        if strict_utf8 and not encoding.lower().startswith(("utf", "u")):
            findings.error("encoding of file", f"the file is UTF-8, not {encoding}", "set encoding = 'utf-8'")
            return data
        try:
            data = data.decode(encoding).encode("utf-8")
        except (UnicodeDecodeError, UnicodeEncodeError) as error:
            findings.error("encoding of file", f"the file is not {encoding}: {error.reason}", "correct encoding")
            return data
    if data.startswith(b"\xef\xbb\xbf"):
        data = data[3:]
        findings.repair("byte order mark", "a byte order mark was left out")
    if b"\0" in data:
        line = data.count(b"\n", 0, data.index(b"\0")) + 1
        findings.error(
            "encoding of file", f"line {line} holds a NUL byte: this is no text file, or UTF-16", "set encoding"
        )
        return data
    for sign, text in (
        (b"\xef\xbf\xbd", "the sign for a lost letter"),
        (b"\xc3\x83\xc2", "'Ã' before a sign, as letters read in a wrong encoding look,"),
        (b"\xc3\x82\xc2", "'Â' before a sign, as letters read in a wrong encoding look,"),
    ):
        count = data.count(sign)
        if count:
            line = data.count(b"\n", 0, data.find(sign)) + 1
            findings.error(
                "encoding",
                f"{text} stands {f'{count:,} times' if count > 1 else 'once'} (first: line {line})",
                "set the encoding that the file was written in, or [[accept]] rule = 'encoding'",
                row=line,
                rows=count,
            )
    return data


def _check_utf8(data: bytes, findings: Findings) -> None:
    """Name the first byte that is not UTF-8."""
    try:
        for start in range(0, len(data), 1 << 22):
            end = min(start + (1 << 22), len(data))
            while end < len(data) and data[end] & 0xC0 == 0x80:
                end += 1
            if start:
                while start < end and data[start] & 0xC0 == 0x80:
                    start += 1
            data[start:end].decode("utf-8")
    except UnicodeDecodeError as error:
        place = start + error.start
        line = data.count(b"\n", 0, place) + 1
        findings.error(
            "encoding of file",
            f"line {line} holds the byte 0x{data[place]:02x}, so the file is not UTF-8",
            "set encoding, such as 'cp1252' (western), 'cp1251' (Cyrillic) or 'cp1256' (Arabic)",
            row=line,
        )


def _preview(data: bytes, delimiter: str) -> tuple[list[list[str]], list[int]]:
    """The first records, and the line on which each ends."""
    head = data[:HEAD].decode("utf-8", "ignore")
    reader = csv.reader(io.StringIO(head, newline=""), delimiter=delimiter)
    rows, lines = [], []
    csv.field_size_limit(CELL_LIMIT)
    try:
        for row in reader:
            rows.append(row)
            lines.append(reader.line_num)
            if len(rows) >= LOOK + 1:
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
            findings.error(
                "delimiter",
                f"the header has {joined.count(other)} {shown} and {len(preview[place]) - 1} '{delimiter}'",
                f"set delimiter = {shown}" + (" (and decimal = ',' if numbers are written so)" if other == ";" else ""),
                row=place + 1,
            )
            return


def _fast(data: bytes, skip_lines: int, width: int, delimiter: str) -> list[Coded] | None:
    """The columns by pyarrow, where it is installed and the file has no odd row; None otherwise."""
    try:
        import pyarrow as pa
        import pyarrow.csv as pc
    except ImportError:
        return None
    names = [f"c{i}" for i in range(width)]
    try:
        table = pc.read_csv(
            pa.BufferReader(data),
            read_options=pc.ReadOptions(column_names=names, skip_rows=skip_lines, block_size=1 << 22),
            parse_options=pc.ParseOptions(delimiter=delimiter, newlines_in_values=True, ignore_empty_lines=False),
            convert_options=pc.ConvertOptions(
                column_types=dict.fromkeys(names, pa.dictionary(pa.int32(), pa.string())), strings_can_be_null=False
            ),
        )
    except (pa.ArrowInvalid, pa.ArrowException, ValueError):
        return None
    if _odd_quotes(data):
        return None
    columns = []
    table = table.unify_dictionaries()
    for name in names:
        chunks = table[name].chunks
        codes = np.concatenate([chunk.indices.to_numpy() for chunk in chunks] or [np.empty(0, np.int32)])
        columns.append(Coded(codes, chunks[-1].dictionary if chunks else np.empty(0, dtype=object)))
        table = table.drop_columns([name])
    return columns


def _odd_quotes(data: bytes) -> bool:
    return data.count(b'"') % 2 == 1


def _exact(data: bytes, skipped: int, width: int, delimiter: str, findings: Findings) -> list[Coded]:
    """The columns row by row, naming each row that has another number of cells than the header."""
    text = io.TextIOWrapper(io.BytesIO(data), encoding="utf-8", newline="")
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
        findings.error(
            "quotes", f"after row {number}: {error}", "close the quote, or correct delimiter", row=number, joiner="; "
        )
    finally:
        csv.field_size_limit(limit)
    if odd:
        row, cells = odd[0]
        findings.error(
            "row length",
            f"{rows_of(len(odd))} with another number of cells than the header's {width} (first: row {row}, {cells})",
            "quote cells that hold the delimiter; take out lines below the table",
            row=row,
            rows=len(odd),
        )
        if any(cells > width for _, cells in odd):
            # a longer row has content that no column could carry
            wide = next(row for row, cells in odd if cells > width)
            findings.error("row too long", f"row {wide} has cells beyond the last column", "quote them", row=wide)
    return [Coded(np.array(code, dtype=np.int32), list(known)) for code, known in zip(codes, seen, strict=True)]
