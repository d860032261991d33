"""A column as a mapping reads it: its distinct cells, which of them say something, where they stand.

Whatever is found of some cells is said in one way: the finding counts the rows, names the first and quotes its cell.
A sentence is a pattern with {header}, {row}, {word}, {rows} ("12 rows") and {values} ("12 values").
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from minestats.registers.coded import Coded
from minestats.registers.findings import Findings, rows_of


@dataclass(frozen=True)
class Cells:
    """A column, its header, the rows of the spreadsheet, and which distinct cells say something in some row."""

    column: Coded
    known: np.ndarray
    header: str
    rows: np.ndarray
    findings: Findings

    @property
    def texts(self) -> np.ndarray:
        """The distinct cells as text."""
        return self.column.texts

    @property
    def count(self) -> np.ndarray:
        """How many rows hold each distinct cell."""
        return self.column.count

    def rows_with(self, codes) -> int:
        """Return how many rows hold one of some distinct cells."""
        return int(self.count[np.asarray(codes)].sum())

    def first(self, codes) -> tuple[int, str]:
        """Return the spreadsheet row of the first cell that is one of some distinct cells, and the cell."""
        mask = np.zeros(len(self.texts), dtype=bool)
        mask[np.asarray(codes)] = True
        place = int(np.argmax(mask[self.column.codes]))
        return int(self.rows[place]), str(self.texts[self.column.codes[place]])

    def refuse(self, codes, code: str, said: str, remedy: str = "", *, joiner: str = "", value=None, **more) -> bool:
        """Add an error of some distinct cells, or a warning where the mapping accepts it; return whether an error."""
        given = self._filled(codes, said, remedy, value, more)
        return self.findings.error(code, **given, joiner=joiner)

    def warn(self, codes, code: str, said: str, remedy: str = "", **more) -> None:
        """Add a warning of some distinct cells."""
        self.findings.warn(code, **self._filled(codes, said, remedy, None, more))

    def repair(self, codes, code: str, said: str, **more) -> None:
        """Add a repair of some distinct cells."""
        given = self._filled(codes, said, "", None, more)
        self.findings.repair(code, **{key: value for key, value in given.items() if key != "remedy"})

    def _filled(self, codes, said: str, remedy: str, value, more: dict) -> dict:
        row, word = self.first(codes)
        count = self.rows_with(codes)
        facts = {"header": self.header, "row": row, "word": word, "rows": rows_of(count)}
        facts |= {"values": shown_values(count), "field": "", **more}
        return {
            "said": said.format(**facts),
            "remedy": remedy.format(**facts),
            "row": row,
            "column": self.header,
            "value": facts["word"] if value is None else value,
            "rows": count,
        }


def shown_values(count: int) -> str:
    """Return "1 value" or "12 values".

    Examples
    --------
    >>> shown_values(1), shown_values(1200)
    ('1 value', '1,200 values')
    """
    return f"{count:,} value" + ("" if count == 1 else "s")
