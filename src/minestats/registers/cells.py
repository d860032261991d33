"""A column as a mapping reads it: its distinct cells, which of them say something, where they stand.

Whatever is found of some cells is said in one way: the finding counts the rows, names the first and quotes its cell.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from minestats.registers.coded import Coded
from minestats.registers.findings import Findings


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

    def say(self, code: str, codes, **facts) -> bool:
        """Add what `messages` says of some distinct cells, if there are any; return whether an error that stands."""
        if not len(codes) or not (count := self.rows_with(codes)):
            return False
        row, word = self.first(codes)
        facts = {"value": word, **facts, "word": word, "values": shown_values(count)}
        return self.findings.say(code, row=row, column=self.header, rows=count, **facts)


def shown_values(count: int) -> str:
    """Return "1 value" or "12 values".

    Examples
    --------
    >>> shown_values(1), shown_values(1200)
    ('1 value', '1,200 values')
    """
    return f"{count:,} value" + ("" if count == 1 else "s")
