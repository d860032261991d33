"""What `minestats check` says: what is wrong with the data, and where published figures contradict each other.

A problem breaks a rule of the tables and wants a correction. A conflict is no mistake of the tables: two sources, or
two days, say different things; both stay, and a method chooses. Both come as rows of one form, so that a person can go
through them in a spreadsheet.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

import pandas as pd

from minestats.data.typed import problems_frame
from minestats.errors import MinestatsError, Problem

if TYPE_CHECKING:
    from minestats.data.dataset import Dataset

COLUMNS = ["severity", "table", "row", "row_id", "column", "value", "rule", "remedy", "code"]
SEVERITIES = ("error", "warning", "repair", "conflict")
_HEADS = {
    "error": "Errors: to be corrected before reports can be trusted",
    "warning": "Warnings: allowed, but probably not meant",
    "repair": "Repairs: corrected on reading, by a reviewed correction",
    "conflict": "Conflicts: published figures that contradict each other",
}


def findings(data: Dataset, missed: Iterable[Problem] = ()) -> pd.DataFrame:
    """Return problems and conflicts of a data set, errors first.

    Parameters
    ----------
    data : Dataset
        Loaded with `strict=False`, so that it may have errors.
    missed : iterable of Problem
        What else is wrong with it: the published totals that a converted register no longer meets.

    Returns
    -------
    pandas.DataFrame
        severity ("error", "warning", "repair", "conflict"), table, row (line of the file; empty for a whole table or
        a conflict), row_id, column, value, rule, remedy, code; text, but for row (Int64).
    """
    problems = pd.concat([data.problems, problems_frame(missed)], ignore_index=True) if missed else data.problems
    broken = set(problems.loc[problems["severity"] == "error", "table"].astype(str))
    broken |= {name.removesuffix(".csv") for name in broken}
    found = pd.DataFrame(list(_conflicts(data, broken)), columns=COLUMNS)
    found = found.astype({name: "Int64" if name == "row" else "string" for name in COLUMNS})
    known = problems.reindex(columns=COLUMNS).astype({name: "Int64" if name == "row" else "string" for name in COLUMNS})
    both = pd.concat([known, found], ignore_index=True) if len(found) else known
    order = both["severity"].map({name: place for place, name in enumerate(SEVERITIES)})
    return both.iloc[order.argsort(kind="stable")].reset_index(drop=True)


def as_text(found: pd.DataFrame, *, most: int | None = 20) -> str:
    """Return the findings for reading: by severity and table, at most `most` lines of each, with the numbers last.

    Examples
    --------
    >>> row = ["error", "incidents.csv", 4, "inc-7", "killed", "-1", "0 or more", "correct it", "cell-low"]
    >>> print(as_text(pd.DataFrame([row], columns=COLUMNS)))
    Errors: to be corrected before reports can be trusted
      incidents.csv
        row 4 (inc-7), column 'killed': '-1': 0 or more; correct it [cell-low]
    1 error
    """
    lines: list[str] = []
    for severity, group in found.groupby("severity", sort=False):
        lines.append(_HEADS.get(str(severity), str(severity)))
        for table, rows in group.groupby("table", sort=False):
            lines.append(f"  {table}")
            shown = rows if most is None else rows.head(most)
            lines += [f"    {_line(row)}" for row in shown.to_dict("records")]
            if len(rows) > len(shown):
                lines.append(f"    ... and {len(rows) - len(shown)} more (--format csv lists all)")
    lines.append(totals(found))
    return "\n".join(lines)


def totals(found: pd.DataFrame) -> str:
    """Return how many there are of each severity, as words.

    Examples
    --------
    >>> totals(pd.DataFrame(columns=COLUMNS))
    'nothing found'
    """
    counts = found["severity"].value_counts()
    parts = [f"{counts[name]} {name}{'s' if counts[name] != 1 else ''}" for name in SEVERITIES if counts.get(name, 0)]
    return ", ".join(parts) or "nothing found"


def _line(row: dict[str, object]) -> str:
    kept = {name: "" if value is None or pd.isna(value) else value for name, value in row.items()}
    line = int(kept["row"]) if kept["row"] != "" else None  # type: ignore[call-overload]
    column, value, rule, remedy, row_id, code = (
        str(kept[n]) for n in ("column", "value", "rule", "remedy", "row_id", "code")
    )
    where = row_id if line is None else "row"
    text = str(Problem(where, line, column, value, rule, remedy, "" if line is None else row_id, code=code))
    return text.removeprefix("row, ").removeprefix(":").removeprefix(", ").strip()


def _conflicts(data: Dataset, broken: set[str]) -> Iterator[list[object]]:
    from minestats.clearance.contradictions import clearance_conflicts
    from minestats.incidents.counting import conflicts
    from minestats.totals.faults import check_totals

    for row in _rows(data, "victim_totals", check_totals, broken):
        if row["rule"] != "unusable":
            rows = "; ".join(filter(None, (_words(row["total_id"]), _words(row["other_id"]))))
            end = ('resolve_totals(policy="later-wins") says which is used', "conflict-totals")
            yield ["conflict", "victim_totals", None, rows, *_texts(row, "column", "value", "message"), *end]
    for row in _rows(data, "clearance", clearance_conflicts, broken):
        end = ("monthly_clearance and ledger say which is used", "conflict-clearance")
        yield ["conflict", "clearance", None, *_texts(row, "statement_ids", "column", "rejected", "message"), *end]
    for row in _rows(data, "incident_reports", conflicts, broken):
        said = f"{_words(row['n_sources'])} sources differ: {_words(row['sources'])}"
        end = ("incidents.csv holds the figure that counts", "conflict-reports")
        yield ["conflict", "incident_reports", None, *_texts(row, "incident_id", "field", "values"), said, *end]


def _rows(data: Dataset, name: str, function, broken: set[str]) -> Iterable[dict[str, object]]:
    table = getattr(data, name, None)
    if table is None or name in broken or not len(table):
        return []
    try:
        return function(table).to_dict("records")
    except MinestatsError:
        return []


def _texts(row: dict[str, object], *names: str) -> list[str]:
    return [_words(row.get(name)) for name in names]


def _words(value: object) -> str:
    return "" if value is None or pd.isna(value) else str(value)
