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
from pathlib import Path

from minestats.data.column import COUNT, DATE, DTYPES, NUMBER, TEXT, Column, Table

__all__ = ["COUNT", "DATE", "DTYPES", "NUMBER", "TABLES", "TEXT", "Column", "Table"]


def _tables() -> dict[str, Table]:
    said = tomllib.loads(Path(__file__).with_name("tables.toml").read_text(encoding="utf-8"))

    def column(name: str, own: dict) -> Column:
        given = said["columns"].get(name, {}) | own
        words = given.pop("words", ())
        return Column(name, **given, words=tuple(said["words"][words] if isinstance(words, str) else words))

    return {
        name: Table(name, **{**table, "columns": tuple(column(*entry) for entry in table["columns"].items())})
        for name, table in said["tables"].items()
    }


TABLES = _tables()
