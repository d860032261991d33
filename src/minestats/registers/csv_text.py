"""Delimited text: its encoding, its shape, and its cells.

A quick reader (pyarrow) takes files in which every row has as many cells as the header; whatever it does not take,
an exact one reads row by row and names what is odd.
"""

from __future__ import annotations

import csv
import hashlib
import io
import re
from pathlib import Path

import numpy as np

from minestats.registers.coded import Coded
from minestats.registers.findings import Findings, rows_of
from minestats.registers.numeric import first_of
from minestats.registers.register import LOOK, Register, header_place, headers_from

BOM = b"\xef\xbb\xbf"
HEAD = 1 << 20  # bytes in which the header stands
CELL_LIMIT = 1_000_000


def read_csv(path: Path, source: dict, wanted: list[str], findings: Findings) -> Register:
    data = path.read_bytes()
    digest = hashlib.sha256(data).hexdigest()
    data = _as_utf8(data, source, findings)
    findings.stop()
    delimiter = source.get("delimiter") or ("\t" if path.suffix.lower() == ".tsv" else ",")
    _check_utf8(data[: data.rfind(b"\n", 0, HEAD) + 1] or data[:HEAD], findings)
    findings.stop()
    preview, lines = _preview(data, delimiter, max(LOOK, source.get("header_row", 0)) + 1)
    if not preview:
        findings.error("empty", "the file is empty")
        findings.stop()
    place, tags = header_place(preview, source, wanted, path.name, findings)
    _check_delimiter(preview, place, delimiter, findings)
    findings.stop()
    headers = headers_from(preview[place], tags)
    skipped = place + (2 if tags and not _same_row(tags, preview[place]) else 1)
    columns = fast(data, lines[skipped - 1], len(headers), delimiter)
    if columns is None:
        _check_utf8(data, findings)
        findings.stop()
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
    if data.startswith(BOM):
        findings.repair("byte order mark", "a byte order mark was left out")
    if b"\0" in data:
        line = data.count(b"\n", 0, data.index(b"\0")) + 1
        findings.error(
            "encoding of file", f"line {line} holds a NUL byte: this is no text file, or UTF-16", "set encoding"
        )
        return data
    return data


def _check_letters(columns: list[Coded], headers: list[str], rows: np.ndarray, findings: Findings) -> None:
    """Refuse letters that were lost, or read in a wrong encoding before: they cannot be told any more."""
    signs = (
        ("\ufffd", "the sign for a lost letter"),
        ("Ã", "'Ã' before a sign, as letters read in a wrong encoding look,"),
        ("Â", "'Â' before a sign, as letters read in a wrong encoding look,"),
    )
    for column, header in zip(columns, headers, strict=True):
        present = [sign for sign, _ in signs if column.holds(sign)]
        for sign, text in signs:
            if sign not in present:
                continue
            found = re.compile(sign if sign == "\ufffd" else f"{sign}[\u0080-\u00bf]")
            codes = [code for code, word in enumerate(column.texts) if sign in word and found.search(word)]
            if not codes:
                continue
            at, _ = first_of(column, np.array(codes), rows)
            count = int(column.count[codes].sum())
            findings.error(
                "encoding",
                f"column '{header}': {text} stands in {rows_of(count)} (first: row {at})",
                "set the encoding that the file was written in, or [[accept]] rule = 'encoding'",
                row=at,
                column=header,
                rows=count,
            )


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
            findings.error(
                "delimiter",
                f"the header has {joined.count(other)} {shown} and {len(preview[place]) - 1} '{delimiter}'",
                f"set delimiter = {shown}" + (" (and decimal = ',' if numbers are written so)" if other == ";" else ""),
                row=place + 1,
            )
            return


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
            pa.BufferReader(pa.py_buffer(data).slice(0, _end(data))),
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
        columns.append(Coded(codes, chunks[-1].dictionary if chunks else np.empty(0, dtype=object), textual=True))
        table = table.drop_columns([name])
    return columns


def _end(data: bytes) -> int:
    """Where the last line that is not empty ends."""
    end = len(data)
    while end and data[end - 1] in b"\r\n":
        end -= 1
    return end


def _odd_quotes(data: bytes) -> bool:
    return data.count(b'"') % 2 == 1


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
    return [
        Coded(np.array(code, dtype=np.int32), list(known), textual=True)
        for code, known in zip(codes, seen, strict=True)
    ]
