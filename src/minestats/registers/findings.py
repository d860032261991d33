"""What a conversion found: errors that refuse the register, warnings, and repairs with their count.

Nothing is silent: whatever is not carried exactly as written becomes a finding. Errors are collected, so that one
run names them all. A known error of a register can be accepted in its mapping; it is then a warning, as
long as there are no more of them than the mapping allows.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import pandas as pd

from minestats.data.typed import problems_frame
from minestats.errors import DataError, Problem

CAUSES = ("headers moved", "columns", "header", "encoding", "row length", "running total")


@dataclass(frozen=True)
class Finding(Problem):
    """One problem of a register: the rule says it in full, `rows` counts the rows concerned."""

    code: str = ""
    rows: int = 1
    joiner: str = ""

    def __str__(self) -> str:
        return f"{self.table}: {self.said}"

    @property
    def said(self) -> str:
        """The sentence and the remedy, as one line."""
        if not self.remedy:
            return self.rule
        joiner = self.joiner or (" " if self.rule.endswith((".", "?", ":")) else "; ")
        return f"{self.rule}{joiner}{self.remedy}"


@dataclass
class Findings:
    """The findings of one conversion, in the order in which they were made."""

    table: str
    accepted: dict = field(default_factory=dict)
    items: list[Finding] = field(default_factory=list)
    used: set = field(default_factory=set)

    def error(self, code, said, remedy="", *, row=None, column="", value="", rows=1, joiner=""):
        """Add an error, or a warning where the mapping accepts that many of it."""
        severity = "error"
        allowed = self.accepted.get(code)
        if allowed is not None:
            self.used.add(code)
            if rows <= allowed["at_most"]:
                severity, remedy, joiner = "warning", f"accepted: {allowed['reason']}", ""
            else:
                remedy = f"[[accept]] allows {allowed['at_most']:,}, here are {rows:,}"
        self._add(severity, code, said, remedy, row, column, value, rows, joiner)
        return severity == "error"

    def refuse(self, mask, numbers, code, said, remedy="", *, column="", value="", **more) -> bool:
        """Add an error of the rows of a mask, if there are any; `said` may hold {rows} and {row}, the first of them."""
        if not mask.any():
            return False
        return self.error(
            code, **self._of(mask, numbers, said, remedy, {"header": column, **more}), column=column, value=value
        )

    def note(self, mask, numbers, code, said, remedy="", *, column="", **more) -> None:
        """Add a warning of the rows of a mask, if there are any, as `refuse` does."""
        if mask.any():
            self.warn(code, **self._of(mask, numbers, said, remedy, {"header": column, **more}), column=column)

    @staticmethod
    def _of(mask, numbers, said, remedy, more) -> dict:
        count, row = int(mask.sum()), int(numbers[int(mask.argmax())])
        facts = {"rows": rows_of(count), "row": row, **more}
        return {"said": said.format(**facts), "remedy": remedy.format(**facts), "row": row, "rows": count}

    def warn(self, code, said, remedy="", *, row=None, column="", value="", rows=1):
        """Add a warning: the register is carried as it is."""
        self._add("warning", code, said, remedy, row, column, value, rows, "")

    def repair(self, code, said, *, row=None, column="", value="", rows=1):
        """Add a repair: something was changed on the way, `rows` times."""
        self._add("repair", code, said, "", row, column, value, rows, "")

    def _add(self, severity, code, said, remedy, row, column, value, rows, joiner):
        row = None if row is None else int(row)
        self.items.append(
            Finding(self.table, row, column, str(value), said, remedy, "", severity, code, int(rows), joiner)
        )

    @property
    def errors(self) -> list[Finding]:
        """The errors alone."""
        return [item for item in self.items if item.severity == "error"]

    def stop(self) -> None:
        """Raise one `DataError` of all errors, if there are any."""
        # what explains the others comes first: 20 unlisted words follow from one column that moved
        errors = sorted(self.errors, key=lambda item: item.code not in CAUSES)
        if errors:
            many = "s" if len(errors) > 1 else ""
            raise DataError(f"{self.table}: {len(errors)} error{many}; nothing was converted", list(errors))

    def finish(self) -> None:
        """Warn of what the mapping accepts without need, then `stop`."""
        for code in self.accepted:
            if code not in self.used:
                self.warn("accept", f"[[accept]] rule = '{code}' met nothing", "take it out")
        self.stop()

    def frame(self) -> pd.DataFrame:
        """Return the findings as a table, errors first, then warnings and repairs."""
        order = {"error": 0, "warning": 1, "repair": 2}
        return problems_frame(sorted(self.items, key=lambda item: order[item.severity]))


def shown(number: float) -> str:
    """Return a number with separators for thousands, a fraction as it is.

    Examples
    --------
    >>> shown(11498), shown(12.5)
    ('11,498', '12.5')
    """
    return f"{int(number):,}" if float(number).is_integer() else f"{number:g}"


def verb(count: int, one: str, more: str) -> str:
    """Return the form of a verb for one or for several.

    Examples
    --------
    >>> verb(1, "repeats", "repeat"), verb(2, "repeats", "repeat")
    ('repeats', 'repeat')
    """
    return one if count == 1 else more


def rows_of(count: int) -> str:
    """Return "1 row" or "12 rows".

    Examples
    --------
    >>> rows_of(1), rows_of(1200)
    ('1 row', '1,200 rows')
    """
    return f"{count:,} row" + ("" if count == 1 else "s")
