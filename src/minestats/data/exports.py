"""Tables for other programs: CSV with HXL tags, and workbooks that run nothing.

A text that begins like a formula is a text: in a workbook the cell says so, in a CSV file, which a spreadsheet
would calculate, it takes an apostrophe before it.

HXL, the hashtags of humanitarian data, says what a column is by a name and a set of attributes
(`#affected+killed+f`) whose order, case and spaces do not matter (HXL standard 1.1, https://hxlstandard.org).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from itertools import chain
from pathlib import Path

import pandas as pd

from minestats.data.schema import TABLES
from minestats.data.typed import CONTROL, as_text
from minestats.errors import ParameterError, extra

FORMULA = ("=", "+", "-", "@", "\t", "\r")
EXCEL_ROWS = 1_048_576


def cells(table: pd.DataFrame) -> pd.DataFrame:
    """Return a table as the text of its CSV file: dates as ISO, whole numbers without a point, missing empty.

    Examples
    --------
    >>> cells(pd.DataFrame({"x": pd.array([1.5, None, 2.0, 0.00001], dtype="Float64")}))["x"].tolist()
    ['1.5', '', '2', '0.00001']
    """
    return pd.DataFrame({name: as_text(table[name]) for name in table.columns}, table.index, table.columns)


def guarded(table: pd.DataFrame) -> pd.DataFrame:
    """Return the cells of a table with an apostrophe before each text that a spreadsheet would calculate.

    Examples
    --------
    >>> guarded(pd.DataFrame({"note": ["=1+1", "so"], "n": [-1, 2]}))["note"].tolist()
    ["'=1+1", 'so']
    """
    text = cells(table)
    for column in text.columns:
        if not (pd.api.types.is_numeric_dtype(table[column].dtype) or str(table[column].dtype).startswith("datetime")):
            risky = text[column].str.startswith(FORMULA)
            text[column] = text[column].mask(risky, "'" + text[column])
            # csv leaves a carriage return unquoted, and what follows it would begin a row, perhaps with a formula
            text[column] = text[column].str.replace(r"\r\n?", "\n", regex=True)
    return text


def write_spreadsheet_csv(table: pd.DataFrame, path: str | Path) -> Path:
    """Write a table as CSV for a spreadsheet: UTF-8 with a byte order mark, formulas kept as text.

    Examples
    --------
    >>> import tempfile
    >>> table = pd.DataFrame({"note": ["@x"], "killed": [2]})
    >>> write_spreadsheet_csv(table, Path(tempfile.mkdtemp()) / "x.csv").read_text("utf-8-sig").split()
    ['note,killed', "'@x,2"]
    """
    path = Path(path)
    guarded(table).to_csv(path, index=False, lineterminator="\n", encoding="utf-8-sig")
    return path


def write_hxl(name: str, table: pd.DataFrame, path: str | Path) -> Path:
    """Write a table as CSV with a row of HXL tags under the header.

    Parameters
    ----------
    name : str
        Name of the table ("incidents", "clearance", ...), which decides on the tags.
    table : DataFrame
        The table. Text that begins with =, +, -, @ takes an apostrophe before it.
    path : str or Path
        The file.

    Examples
    --------
    >>> import tempfile
    >>> table = pd.DataFrame({"incident_id": ["a"], "killed": [2]})
    >>> print(write_hxl("incidents", table, Path(tempfile.mkdtemp()) / "x.csv").read_text().strip())
    incident_id,killed
    #event+id,#affected+killed
    a,2
    """
    path = Path(path)
    text = guarded(table)
    tags = pd.DataFrame([[tag_of(name, column) for column in text.columns]], columns=text.columns, dtype="string")
    pd.concat([tags, text]).to_csv(path, index=False, lineterminator="\n", encoding="utf-8")
    return path


def write_excel(tables: Mapping[str, pd.DataFrame], path: str | Path) -> Path:
    """Write tables as the sheets of a workbook; text that looks like a formula stays text.

    Raises
    ------
    ParameterError
        openpyxl is not installed, or a table has more rows than a sheet.

    Examples
    --------
    >>> import tempfile
    >>> file = write_excel({"incidents": pd.DataFrame({"note": ["=1+1"]})}, Path(tempfile.mkdtemp()) / "x.xlsx")
    >>> pd.read_excel(file)["note"].tolist()
    ['=1+1']
    """
    extra("openpyxl", "writing Excel", "excel")
    with pd.ExcelWriter(path, engine="openpyxl", datetime_format="yyyy-mm-dd") as book:
        for name, table in tables.items():
            if len(table) >= EXCEL_ROWS:
                raise ParameterError(f"'{name}' has {len(table):,} rows, a sheet holds {EXCEL_ROWS - 1:,}; write CSV.")
            shown = table.replace(CONTROL, "", regex=True)
            shown.to_excel(book, sheet_name=name[:31], index=False, freeze_panes=(1, 0))
            for cell in chain.from_iterable(book.sheets[name[:31]].iter_rows()):
                if isinstance(cell.value, str) and cell.value.startswith(FORMULA):
                    cell.data_type, cell.quotePrefix = "s", True
    return Path(path)


TAG = re.compile(r"^#\s*[A-Za-z][A-Za-z0-9_]*(\s*\+\s*[A-Za-z][A-Za-z0-9_]*)*$")


def tag_of(table: str, column: str) -> str:
    """Return the HXL tag of a column of a table.

    Examples
    --------
    >>> tag_of("incidents", "killed"), tag_of("incidents", "killed_basis")
    ('#affected+killed', '#meta+killed_basis')
    """
    known = [one.tag for one in TABLES[table].columns if one.name == column] if table in TABLES else []
    return next(filter(None, known), f"#meta+{column}")


def parse_tag(text: str) -> tuple[str, frozenset[str]]:
    """Return the name of a tag and the set of its attributes.

    Examples
    --------
    >>> parse_tag(" #Affected + F +killed") == parse_tag("#affected+killed+f")
    True
    """
    name, *attributes = [part.strip().lower() for part in text.strip().lstrip("#").split("+")]
    return f"#{name}", frozenset(attributes)


def is_tag_row(cells: list[str]) -> bool:
    """Return whether a row is a row of HXL tags: some cells filled, and each filled one a tag.

    Examples
    --------
    >>> is_tag_row(["#date +start", "", "#affected+killed"]), is_tag_row(["#1", "x"]), is_tag_row(["", ""])
    (True, False, False)
    """
    filled = [cell.strip() for cell in cells if cell.strip()]
    return bool(filled) and all(TAG.match(cell) for cell in filled)


def matching(tag: str, tags: dict[int, str]) -> list[int]:
    """Return the columns of a tag: those of exactly its attributes, else those that have more."""
    name, attributes = parse_tag(tag)
    parsed = {i: parse_tag(text) for i, text in tags.items()}
    exact = [i for i, other in parsed.items() if other == (name, attributes)]
    return exact or [i for i, (other, more) in parsed.items() if other == name and attributes < more]
