"""A register's cells as they are written, with the row where a spreadsheet shows each, whatever the format.

Nothing is interpreted here. What makes a file unreadable (its encoding, its shape, a header that is not where it
is looked for) is refused with the line to add to the mapping; blank rows and a byte order mark are left out
and counted.
"""

from __future__ import annotations

import hashlib
from pathlib import Path

import numpy as np

from minestats.errors import DataError, ParameterError
from minestats.registers.findings import Findings, rows_of
from minestats.registers.register import Register

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
            from minestats.registers.formats import read_csv

            register = read_csv(path, source, wanted, findings)
        else:
            from minestats.registers import formats

            register = getattr(formats, f"read_{kind}")(path, source, wanted, findings, sheet)
    except (OSError, MemoryError, RecursionError) as error:
        raise DataError(f"{path.name} cannot be read: {error}") from error
    findings.stop()
    if not register.sha256:
        register.sha256 = hashlib.sha256(path.read_bytes()).hexdigest()
    return _without_blank_rows(register, findings)


def _without_blank_rows(register: Register, findings: Findings) -> Register:
    blank = np.ones(len(register), dtype=bool)
    for column in register.columns:
        empty = column.blank
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
