"""A register's cells as they are written, with the row where a spreadsheet shows each, whatever the format.

Nothing is interpreted here. What makes a file unreadable (its encoding, its shape, a header that is not where it
is looked for) is refused with the line to add to the mapping; blank rows and a byte order mark are left out
and counted.
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import replace
from pathlib import Path

import numpy as np

from minestats.errors import DataError, ParameterError
from minestats.registers.cells import Coded, from_values
from minestats.registers.findings import Findings
from minestats.registers.register import Register

SUFFIXES = {
    ".csv": "csv",
    ".txt": "csv",
    ".tsv": "csv",
    ".ssv": "csv",
    ".hxl": "hxl",
    ".xlsx": "excel",
    ".xlsm": "excel",
    ".parquet": "parquet",
    ".geojson": "geojson",
    ".json": "geojson",
}
OLD = (".xls", ".ods", ".xlsb", ".mdb", ".accdb", ".shp", ".zip", ".gpkg", ".kml", ".kmz", ".gz", ".geojsonl")


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
        raise ParameterError(
            f"'{path.name}': {suffix} files cannot be read; save it as .xlsx, .csv or .geojson. [format]"
        )
    if suffix not in SUFFIXES:
        raise ParameterError(
            f"'{path.name}': the suffix tells no format; set [source] format to one of 'csv', 'excel', 'parquet', "
            "'geojson', 'hxl'. [format]"
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
            from minestats.registers.formats import read_csv

            register = read_csv(path, source, wanted, findings)
        else:
            from minestats.registers import formats

            register = getattr(formats, f"read_{kind}")(path, source, wanted, findings, sheet)
    except (OSError, MemoryError, RecursionError) as error:
        raise DataError(f"{path.name} cannot be read: {error} [unreadable]") from error
    findings.stop()
    if not register.sha256:
        register.sha256 = hashlib.sha256(path.read_bytes()).hexdigest()
    return _without_blank_rows(register, findings)


def read_all(path: Path, source: dict, wanted: list[str], findings: Findings) -> Register:
    """Return one register from all the files or sheets that the mapping names, else from the file itself.

    The names of file and sheet are columns, "(file)" and "(sheet)": a year often stands nowhere else.
    """
    if files := source.get("files"):
        folder = path if path.is_dir() else path.parent
        found = sorted({file for pattern in files for one in _each(pattern) for file in folder.glob(one)})
        if not found:
            raise ParameterError(f"mapping: [source] files {files} match no file in '{folder.name}'.")
        parts = [(file.stem, read_register(file, source, wanted, findings)) for file in found]
        return _together(parts, "(file)", findings)
    if sheets := source.get("sheets"):
        from minestats.registers.formats import sheets_of

        names = [name for name, one in sheets_of(path).items() if one.rows] if sheets == ["*"] else sheets
        parts = [(name, read_register(path, source, wanted, findings, sheet=name)) for name in names]
        return _together(parts, "(sheet)", findings)
    return read_register(path, source, wanted, findings)


def _each(pattern: str) -> list[str]:
    """The patterns of a range: "2004..2005/*.json" is two."""
    match = re.search(r"(\d+)\.\.(\d+)", pattern)
    if not match:
        return [pattern]
    numbers = range(int(match[1]), int(match[2]) + 1)
    return [pattern[: match.start()] + str(number) + pattern[match.end() :] for number in numbers]


def _together(parts: list[tuple[str, Register]], name: str, findings: Findings) -> Register:
    headers = list(dict.fromkeys(header for _, one in parts for header in one.headers))
    columns = []
    for header in headers:
        codes: list[np.ndarray] = []
        words: list = []
        for label, one in parts:
            i = one.find(header)
            if i is None:
                findings.say("column-in-some", kind=name[1:-1], label=label, column=header, rows=len(one))
            column = Coded(np.zeros(len(one), dtype=np.int32), [""]) if i is None else one.columns[i]
            codes.append(column.codes + len(words))
            words += list(column.words)
        distinct = from_values(words)
        columns.append(Coded(distinct.codes[np.concatenate(codes)], distinct.words))
    sizes = [len(one) for _, one in parts]
    labels = [label for label, _ in parts]
    which = np.repeat(np.arange(len(parts), dtype=np.int32), sizes)
    geometry = None
    if any(one.geometry is not None for _, one in parts):
        geometry = [item for _, one in parts for item in (one.geometry or [None] * len(one))]
    findings.say("files-joined", many=len(parts), kind=name[1:-1], rows=sum(sizes))
    return replace(
        parts[0][1],
        headers=[*headers, name],
        columns=[*columns, Coded(which, labels, textual=True)],
        rows=np.concatenate([one.rows for _, one in parts]),
        geometry=geometry,
        sha256=hashlib.sha256("".join(one.sha256 for _, one in parts).encode()).hexdigest(),
        suffix=np.array([f"/{label}" for label in labels], dtype=object)[which],
        merged={},
    )


def _without_blank_rows(register: Register, findings: Findings) -> Register:
    blank = np.ones(len(register), dtype=bool)
    for column in register.columns:
        blank &= column.spread(column.blank)
        if not blank.any():
            return register
    findings.say_of("blank-rows", blank, register.rows)
    return register.take(~blank)
