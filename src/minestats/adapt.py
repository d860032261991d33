"""A foreign register becomes the tables of minestats, by a mapping file that says what each column is.

Registers of mine victims differ in language, shape and dirt: one row is a person here and an explosion there, months
are numbers or names, a year is written "2,006", killed is "Muerto". The analyst writes one TOML file that names
the columns and lists the words; nothing is guessed, and nothing happens in silence: every row, column and word is
carried, repaired with a count, or refused with the reason and the line that would settle it.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

import pandas as pd

from minestats.errors import ParameterError

__all__ = ["convert", "read_hxl"]


def convert(path: str | os.PathLike, mapping: str | os.PathLike | Mapping) -> dict[str, pd.DataFrame]:
    """Convert a register to the tables, by its mapping.

    The register is read as it is written: no row falls out unless the mapping says why, a word that the mapping
    does not list stops the work, and totals that were published (`[[expect]]`) must be met.

    Parameters
    ----------
    path : str or Path
        The register: .csv, .tsv, .xlsx, .parquet, .geojson, or HXL (`[source] format = "hxl"`).
    mapping : str, Path or dict
        The mapping file (TOML), or the same as a dict. `minestats new DIR` writes one that explains every key; the
        folder `mappings` holds some that work.

    Returns
    -------
    dict of str to DataFrame
        The table that the mapping names (`incidents`, `clearance`, `victim_totals` or `estimates`), typed as `load`
        gives it: counts Int64 (persons, items), areas Float64 (ha), dates datetime64[us], text string; unknown is
        missing. `sources`: one row, the register. `districts`: one row each, with aliases, code where there is one, and
        the median point of its rows in degrees. `problems`: table, row (as in a spreadsheet), row_id, column, value,
        severity ("warning" or "repair"), rule, remedy; its `attrs["conversion"]` holds the account: rows read, written,
        and dropped by reason; repairs, expectations, SHA-256 of the file.

    Raises
    ------
    ParameterError
        The mapping is wrong: an unknown key, field or word (the nearest allowed is named), or a missing one; the
        file does not exist. Said before the register is opened.
    DataError
        The register has errors. One exception names all of them; `error.problems` holds each.

    Notes
    -----
    A register of people gives rows that are people (`row_is` is "victim"; `killed` and `injured` are 0 or 1), unless
    `[fields] incident` joins those of one explosion. Such rows must not be counted as incidents.
    `women` are adult females; unknown age or sex leaves `women`, unknown age `children` empty. `date` is the first day
    of what is known, `date_precision` says what that is; a span takes the month or year that holds it.

    Examples
    --------
    >>> import tempfile, pathlib
    >>> folder = pathlib.Path(tempfile.mkdtemp())
    >>> file = folder / "register.csv"
    >>> _ = file.write_text("year,place,outcome\\n2015,Meta,dead\\n2015,Meta,hurt\\n2016,,hurt\\n")
    >>> mapping = {
    ...     "table": "incidents",
    ...     "row": "victim",
    ...     "register": {"id": "demo", "publisher": "an example", "complete_until": "2016-12"},
    ...     "date": {"year": "year"},
    ...     "fields": {"district": "place", "outcome": "outcome"},
    ...     "values": {"outcome": {"dead": "killed", "hurt": "injured"}},
    ... }
    >>> tables = convert(file, mapping)
    >>> tables["incidents"][["incident_id", "date_precision", "district", "killed", "injured"]]
      incident_id date_precision district  killed  injured
    0      demo:2           year     Meta       1        0
    1      demo:3           year     Meta       0        1
    2      demo:4           year     <NA>       0        1
    >>> mapping["values"]["outcome"].pop("hurt")
    'injured'
    >>> convert(file, mapping)
    Traceback (most recent call last):
    minestats.errors.DataError: register.csv: 1 error; nothing was converted
      register.csv: 'hurt' (2 rows) is not in [values.outcome]. Add: hurt = one of 'killed', 'injured', 'unknown'
    """
    from minestats._adapt.build import convert_register
    from minestats._adapt.mapping import read_mapping

    checked = read_mapping(mapping)
    conversion = convert_register(_path(path), checked)
    problems = conversion.findings.frame()
    problems.attrs["conversion"] = conversion.report
    return {**conversion.tables, "problems": problems}


def read_hxl(path: str | os.PathLike) -> pd.DataFrame:
    """Read a table with HXL tags, its columns typed by their tags.

    The tags say what a column is whatever its header: `#affected+killed` is a count, `#date+start` a date.

    Parameters
    ----------
    path : str or Path
        A .csv or .xlsx file with a row of tags within its first 25 rows; the row above it holds the headers.

    Returns
    -------
    DataFrame
        The headers as column names (a repeated one takes ".1"); `attrs["hxl"]` gives the tag of each tagged column.
        `#date` is datetime64[us] (the first day of a month or year); `#affected`, `#value`, `#geo+lat`, `#geo+lon` and
        whatever has `+num` are Int64 where whole and Float64 otherwise; `+code` stays text (string) as do all
        other tags. Columns without a tag are typed as `pandas.read_csv` would.

    Raises
    ------
    ParameterError
        The file is neither .csv nor .xlsx, or does not exist.
    DataError
        There is no tag row, a tag stands on two columns with different values, or a cell is no number or date.

    Notes
    -----
    A tag is a name and a set of attributes: order, case and spaces do not matter.

    References
    ----------
    .. [1] HXL standard 1.1, https://hxlstandard.org/standard/1-1final/

    Examples
    --------
    >>> import tempfile, pathlib
    >>> file = pathlib.Path(tempfile.mkdtemp()) / "events.csv"
    >>> _ = file.write_text("when,dead,id\\n#date+start,#Affected +killed,\\n2014-01-22,5,7\\n2014-02-01,,8\\n")
    >>> events = read_hxl(file)
    >>> events.dtypes.astype(str).tolist()
    ['datetime64[us]', 'Int64', 'int64']
    >>> events.attrs["hxl"]
    {'when': '#date+start', 'dead': '#Affected +killed'}
    """
    from minestats._adapt.hxl import read_tagged

    return read_tagged(_path(path))


def _path(path: str | os.PathLike) -> Path:
    if not isinstance(path, str | os.PathLike):
        raise ParameterError(f"`path` must be a file's name, not {type(path).__name__}.")
    result = Path(path)
    if not result.is_file():
        raise ParameterError(f"`path` '{result}' is no file.")
    return result
