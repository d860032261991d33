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
import pandas as pd

from minestats.data.exports import parse_tag
from minestats.errors import DataError, ParameterError, listed
from minestats.registers import vocabulary as v
from minestats.registers.cells import Cells, Coded, from_values
from minestats.registers.dates import parse_dates
from minestats.registers.findings import Findings
from minestats.registers.numeric import parse_numbers
from minestats.registers.register import Register


def default_fields(tags: dict[int, str]) -> tuple[dict[str, object], dict[str, str]]:
    """Return the fields and the dates that the tags of an incident register stand for, as a mapping writes them."""
    parsed = {parse_tag(text): text for text in tags.values()}

    def found(option: str) -> object:
        parts = [parsed.get(parse_tag(part)) for part in re.split("[&|]", option)]
        told = [part for part in parts if part]
        if not told or ("&" in option and len(told) < len(parts)):
            return None
        return {"sum": told} if len(parts) > 1 else told[0]

    fields: dict[str, object] = {}
    for name, options in v.called()["tags"].items():
        known = [one for option in options.split() if (one := found(option)) not in (None, fields.get("district"))]
        if known:
            fields[name] = known[0]
    if parse_tag(str(fields.get("district", "#adm2")))[0] != "#adm1":
        fields.pop("district_code", None)
    if ("latitude" in fields) != ("longitude" in fields):
        fields.pop("latitude" if "latitude" in fields else "longitude")
    date: dict[str, str] = {name: str(fields.pop(name)) for name in ("column", "start", "end") if name in fields}
    if "column" in date:
        date = {"column": date["column"]}
    elif "start" not in date:
        date = {"column": str(plain)} if (plain := found("#date")) else {}
    return fields, date


def check_doubles(register: Register, findings: Findings) -> None:
    """Refuse each tag that stands on two columns with different values."""
    places: dict[tuple, list[int]] = {}
    for i, text in register.tags.items():
        places.setdefault(parse_tag(text), []).append(i)
    for first, *more in places.values():
        cells = [column.spread(column.texts) for column in (register.columns[i] for i in (first, *more))]
        others = [i for i, other in zip(more, cells[1:], strict=True) if not (cells[0] == other).all()]
        if others:
            names = listed([register.headers[i] for i in (first, *others)])
            findings.say("tag-twice", tag=register.tags[first], names=names)


def read_tagged(path: Path) -> pd.DataFrame:
    """Return the table of an HXL file; see `minestats.adapt.read_hxl`."""
    kind = format_of(path, {})
    if kind not in ("csv", "excel"):
        raise ParameterError(f"'{path.name}': HXL is read from .csv and .xlsx files. [format]")
    findings = Findings(path.name)
    register = read_register(path, {"format": "hxl"}, [], findings)
    headers = _unique(register.headers)
    check_doubles(register, findings)
    data = {}
    for i, header in enumerate(headers):
        column, tag = register.columns[i], register.tags.get(i)
        if tag is None:
            data[header] = _untagged(column)
            continue
        name, attributes = parse_tag(tag)
        known = column.known(set())
        if "code" in attributes:
            data[header] = column.strings(known, _stripped(column.texts))
        elif name == "#date":
            parts = parse_dates(Cells(column, known, header, register.rows, findings), {})
            data[header] = pd.Series(parts.first)
        elif name in ("#affected", "#value") or "num" in attributes or (name == "#geo" and attributes & {"lat", "lon"}):
            signed = name != "#affected"
            cells = Cells(column, known, header, register.rows, findings)
            values, _ = parse_numbers(cells, typed=register.typed, signed=signed)
            numbers = pd.Series(column.spread(values), dtype="Float64").where(column.spread(known))
            whole = (numbers.dropna() % 1 == 0).all() and name != "#geo"
            data[header] = numbers.astype("Int64") if whole else numbers
        else:
            data[header] = column.strings(known, _stripped(column.texts))
    findings.stop()
    frame = pd.DataFrame(data, columns=headers)
    frame.attrs["hxl"] = {headers[i]: tag for i, tag in register.tags.items()}
    return frame


def _stripped(texts: np.ndarray) -> np.ndarray:
    return np.array([text.strip() for text in texts], dtype=object)


def _unique(headers: list[str]) -> list[str]:
    names: list[str] = []
    for header in headers:
        name, number = header, 1
        while name in names:
            name, number = f"{header}.{number}", number + 1
        names.append(name)
    return names


def _untagged(column) -> pd.Series:
    """The column as `pandas.read_csv` would type it."""
    import csv
    import io

    if not len(column):
        return pd.Series(dtype=object)
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n", quoting=csv.QUOTE_ALL)
    writer.writerow(["x"])
    writer.writerows([[word] for word in column.spread(column.texts)])
    text.seek(0)
    try:
        return pd.read_csv(text, skip_blank_lines=False)["x"]
    except (ValueError, pd.errors.ParserError) as error:
        raise DataError(f"a column cannot be read: {error} [unreadable]") from error


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
