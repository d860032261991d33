"""Tables for other programs: CSV with HXL tags, and workbooks that run nothing.

A text that begins like a formula is a text: in a workbook the cell says so, in a CSV file, which a spreadsheet
would calculate, it takes an apostrophe before it.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pandas as pd

from minestats.data.hxl import tag_of
from minestats.errors import ParameterError

FORMULA = ("=", "+", "-", "@", "\t", "\r")
EXCEL_ROWS = 1_048_576


def cells(table: pd.DataFrame) -> pd.DataFrame:
    """Return a table as the text of its CSV file: dates as ISO, whole numbers without a point, missing empty.

    Examples
    --------
    >>> cells(pd.DataFrame({"x": pd.array([1.5, None, 2.0], dtype="Float64")}))["x"].tolist()
    ['1.5', '', '2']
    """
    result = {}
    for name in table.columns:
        values = table[name]
        if pd.api.types.is_datetime64_any_dtype(values.dtype):
            text = values.dt.strftime("%Y-%m-%d")
        elif pd.api.types.is_float_dtype(values.dtype):
            numbers = values.astype("Float64").to_numpy(dtype=float, na_value=float("nan"))
            text = pd.Series(
                [
                    "" if x != x else str(int(x)) if x.is_integer() and abs(x) < 1e15 else repr(x)
                    for x in numbers.tolist()
                ],
                index=values.index,
                dtype="string",
            )
        else:
            text = values.astype("string")
        result[name] = text.astype("string").fillna("")
    return pd.DataFrame(result, index=table.index, columns=table.columns)


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


def write_csv(table: pd.DataFrame, path: Path) -> None:
    """Write a table as a CSV file of the data package: UTF-8, LF, empty for missing."""
    cells(table).to_csv(path, index=False, lineterminator="\n", encoding="utf-8")


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
    try:
        import openpyxl
        from openpyxl.cell import WriteOnlyCell
    except ImportError as error:
        raise ParameterError("writing Excel needs openpyxl: pip install 'minestats[excel]'.") from error
    path = Path(path)
    book = openpyxl.Workbook(write_only=True)
    for name, table in tables.items():
        if len(table) >= EXCEL_ROWS:
            raise ParameterError(f"'{name}' has {len(table):,} rows, a sheet holds {EXCEL_ROWS - 1:,}; write CSV.")
        sheet = book.create_sheet(name[:31])
        sheet.freeze_panes = "A2"
        sheet.append(list(table.columns))
        columns = [_values(table[column]) for column in table.columns]
        for row in zip(*columns, strict=True):
            made = []
            for value in row:
                if isinstance(value, str) and value.startswith(FORMULA):
                    cell = WriteOnlyCell(sheet, value=value)
                    cell.data_type = "s"
                    cell.quotePrefix = True
                    made.append(cell)
                else:
                    made.append(value)
            sheet.append(made)
    book.save(path)
    return path


def _values(series: pd.Series) -> list:
    import re

    from minestats.data.typed import CONTROL

    if pd.api.types.is_datetime64_any_dtype(series.dtype):
        return [None if pd.isna(value) else value.date() for value in series]
    values = series.astype(object).where(series.notna(), None).tolist()
    return [re.sub(CONTROL, "", value) if isinstance(value, str) else value for value in values]
