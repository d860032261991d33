"""The tables of a data package, as `tables.toml` beside this module describes them.

They hold what is published about landmines in one country. A row is one statement, total, incident, report,
figure, page or district; it is never changed for a later figure, and an empty cell means that the source does
not say. `minestats.data` reads and checks by this description, and `datapackage.json` is written from it, so that the
description cannot differ from what is enforced.

Some vocabularies belong to a country, not to the package: which authorities speak, which scopes a total has, which
other figures are collected. Such a column is `open`: the words stand in the package's `datapackage.json`.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

TEXT, COUNT, NUMBER, DATE = "text", "count", "number", "date"

# the pandas type of each kind: missing stays missing in all of them
DTYPES = {TEXT: "string", COUNT: "Int64", NUMBER: "Float64", DATE: "datetime64[us]"}


@dataclass(frozen=True)
class Column:
    """One column of a table.

    Parameters
    ----------
    name : str
        Name in the file and in pandas.
    kind : str
        "text", "count" (whole number, 0 or more), "number" or "date".
    title, description : str
        What people call it, and what it says.
    unit : str
        Unit of a count or number, such as "persons" or "ha".
    required : bool
        An empty cell is an error.
    words : tuple of str
        The words allowed; empty where any text is.
    open : bool
        The words are those that the data package lists; `words` is only the default.
    low, high : float or None
        Limits of a number, both allowed.
    refers : str
        "table.column" that the cell must be found in.
    many : bool
        The cell holds several words, separated by ";".
    optional : bool
        The file may lack the column; it is then all missing.
    tag : str
        Its HXL tag; empty for `#meta+` and its name.

    Examples
    --------
    >>> Column("killed", "count", unit="persons").dtype
    'Int64'
    """

    name: str
    kind: str = TEXT
    title: str = ""
    description: str = ""
    unit: str = ""
    required: bool = False
    words: tuple[str, ...] = ()
    open: bool = False
    low: float | None = None
    high: float | None = None
    refers: str = ""
    many: bool = False
    optional: bool = False
    tag: str = ""

    @property
    def dtype(self) -> str:
        """The pandas type of the column."""
        return DTYPES[self.kind]


@dataclass(frozen=True)
class Table:
    """One table: its key, its columns, and what one row is.

    Parameters
    ----------
    name, title, description : str
        Name of the file without suffix; what it is; what one row is.
    key : str
        The column that is unique and never empty.
    columns : tuple of Column
        In the order of the file.
    rules : mapping of str to lists of column names
        What must hold between columns of one row, by the kind of rule.

    Examples
    --------
    >>> from minestats.data.schema import TABLES
    >>> TABLES["incidents"].key
    'incident_id'
    >>> TABLES["incidents"].column("killed").unit
    'persons'
    """

    name: str
    title: str
    description: str
    key: str
    columns: tuple[Column, ...] = field(repr=False)
    rules: Mapping[str, list[list[str]]] = field(default_factory=dict, repr=False)

    @property
    def names(self) -> list[str]:
        """The names of all columns."""
        return [column.name for column in self.columns]

    def column(self, name: str) -> Column:
        """Return the column of that name; KeyError where there is none."""
        return {column.name: column for column in self.columns}[name]


def _tables(said: dict) -> dict[str, Table]:
    def column(name: str, own: dict) -> Column:
        given = said["columns"].get(name, {}) | own
        words = given.pop("words", ())
        return Column(name, **given, words=tuple(said["words"][words] if isinstance(words, str) else words))

    return {
        name: Table(name, **{**table, "columns": tuple(column(*entry) for entry in table["columns"].items())})
        for name, table in said["tables"].items()
    }


_SAID = tomllib.loads(Path(__file__).with_name("tables.toml").read_text(encoding="utf-8"))
SETTINGS: dict[str, object] = _SAID["settings"]
TABLES = _tables(_SAID)
# the columns that say up to which day the data speak; they are read whatever is chosen
LAST_DAYS = {"incidents": "date", "clearance": "period_end", "victim_totals": "as_of", "sources": "published"}
