"""What a conversion found: errors that refuse the register, warnings, and repairs with their count.

Nothing is silent: whatever is not carried exactly as written becomes a finding. Errors are collected, so that one
run names them all. A known error of a register can be accepted in its mapping; it is then a warning, as
long as there are no more of them than the mapping allows.
"""

from __future__ import annotations

import tomllib
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

import numpy as np
import pandas as pd

from minestats.data.typed import problems_frame
from minestats.errors import DataError, Problem, coded


@cache
def messages() -> dict[str, dict]:
    """Return what is said of each code: the words, the remedy, the severity, the rule that a mapping may accept.

    Examples
    --------
    >>> messages()["date-order"]["accept"]
    'end before start'
    """
    return tomllib.loads((Path(__file__).parent / "messages.toml").read_text(encoding="utf-8"))


@dataclass(frozen=True)
class Finding(Problem):
    """One problem of a register: the rule says it in full, `rows` counts the rows concerned."""

    rows: int = 1

    def __str__(self) -> str:
        return f"{self.table}: {coded(self.said, self.code)}"

    @property
    def said(self) -> str:
        """The sentence and the remedy, as one line."""
        if not self.remedy:
            return self.rule
        plain = " " if self.rule.endswith((".", "?", ":")) else "; "
        joiner = plain if self.severity != "error" else messages()[self.code].get("joiner", plain)
        return f"{self.rule}{joiner}{self.remedy}"


@dataclass
class Findings:
    """The findings of one conversion, in the order in which they were made."""

    table: str
    accepted: dict = field(default_factory=dict)
    items: list[Finding] = field(default_factory=list)
    used: set = field(default_factory=set)

    def say(self, code: str, *, row=None, column="", value: object = "", rows=1, **facts) -> bool:
        """Add what `messages` says of a code, with the facts filled in; return whether it is an error that stands."""
        entry = messages()[code]
        facts = {"header": column, **facts, "row": row, "value": value, "rows": rows_of(rows)}
        said, remedy, rule = (entry.get(key, "").format(**facts) for key in ("said", "remedy", "accept"))
        severity, allowed = entry.get("severity", "error"), self.accepted.get(rule)
        if allowed is not None:
            self.used.add(rule)
            remedy = f"[[accept]] allows {allowed['at_most']:,}, here are {rows:,}"
            if rows <= allowed["at_most"]:
                severity, remedy = "warning", f"accepted: {allowed['reason']}"
        row = None if row is None else int(row)
        self.items.append(Finding(self.table, row, column, str(value), said, remedy, "", severity, code, int(rows)))
        return severity == "error"

    def halt(self, code: str, **facts) -> None:
        """Say what is wrong, and go no further."""
        self.say(code, **facts)
        self.stop()

    def say_of(self, code: str, mask: np.ndarray, numbers: np.ndarray, **facts) -> bool:
        """Add what `messages` says of the rows of a mask, if there are any; of a fact for each row, that of the first.

        `numbers` are the rows of the spreadsheet.
        """
        if not mask.any():
            return False
        i = int(mask.argmax())
        facts = {name: _of_row(fact, i) for name, fact in facts.items()}
        return self.say(code, row=numbers[i], rows=int(mask.sum()), **facts)

    @property
    def errors(self) -> list[Finding]:
        """The errors alone."""
        return [item for item in self.items if item.severity == "error"]

    def stop(self) -> None:
        """Raise one `DataError` of all errors, if there are any."""
        # what explains the others comes first: 20 unlisted words follow from one column that moved
        errors = sorted(self.errors, key=lambda item: not messages()[item.code].get("cause"))
        if errors:
            many = "s" if len(errors) > 1 else ""
            raise DataError(f"{self.table}: {len(errors)} error{many}; nothing was converted", list(errors))

    def finish(self) -> None:
        """Warn of what the mapping accepts without need, then `stop`."""
        for rule in self.accepted:
            if rule not in self.used:
                self.say("accept-unused", rule=rule)
        self.stop()

    def frame(self) -> pd.DataFrame:
        """Return the findings as a table, errors first, then warnings and repairs."""
        order = {"error": 0, "warning": 1, "repair": 2}
        return problems_frame(sorted(self.items, key=lambda item: order[item.severity]))


def _of_row(fact, i: int):
    if not isinstance(fact, np.ndarray):
        return fact
    return str(fact[i])[:10] if fact.dtype.kind == "M" else fact[i]


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
