"""What is wrong with running totals, as a table: nothing here is repaired."""

from __future__ import annotations

import numpy as np
import pandas as pd

from minestats._totals import daily, prepare, present, stating

RULES = ("unusable", "same-date", "fall", "parts", "above")
_SUMS = (
    ("victims", ("killed", "injured")),
    ("victims", ("civilians", "military")),
    ("killed", ("civilians_killed", "military_killed")),
    ("injured", ("civilians_injured", "military_injured")),
    ("civilians", ("civilians_killed", "civilians_injured")),
    ("military", ("military_killed", "military_injured")),
)
_CROSSINGS = ("civilians_killed", "civilians_injured", "military_killed", "military_injured")
_WHOLES = {
    "killed": ("victims",),
    "injured": ("victims",),
    "civilians": ("victims",),
    "military": ("victims",),
    "civilians_killed": ("killed", "civilians"),
    "civilians_injured": ("injured", "civilians"),
    "military_killed": ("killed", "military"),
    "military_injured": ("injured", "military"),
    "women": ("victims",),
    "children": ("victims",),
    "journalists_killed": ("killed",),
}


def check_totals(totals: pd.DataFrame) -> pd.DataFrame:
    """List what is wrong with running totals: rows that cannot be used, contradictions, falls, parts that do not add.

    The figures are left as they are: `resolve_totals` decides between them, a reviewed correction changes one.

    Parameters
    ----------
    totals : DataFrame
        As in `resolve_totals`.

    Returns
    -------
    DataFrame
        One row a finding, in the order of scope, since, as_of, total_id; empty where all is well:

        - `rule` : text. "unusable": the row enters no series. "same-date": another value of that series and day has
          more sources (or as many, and is larger). "fall": lower than an earlier total of its series. "parts": killed
          and injured, civilians and military, or the four crossings do not add to the stated whole. "above": a part
          exceeds its whole.
        - `total_id`, `other_id` : text, the row, and the row that it is compared with ("" where none is);
        - `column` : text, the figure concerned (of a whole, for "parts"; for "unusable", the first column to blame);
        - `value` : Int64, the figure of the row, persons; missing for "unusable";
        - `expected` : Int64, the value of the day, the least possible, the sum of the parts, the most possible;
        - `message` : text, one sentence.

    Raises
    ------
    DataError
        A column is missing; a date, or a count, is none; a total ends before it starts.

    Notes
    -----
    Series and usable rows are those of `resolve_totals`. "fall" compares the value of each day, so that an outvoted
    misprint makes no later total fall. "parts" and "above" look at every row, but skip "parts" where the row is
    rounded. Nothing is derived: a sum is checked where all of it is stated.

    Examples
    --------
    >>> totals = pd.DataFrame({
    ...     "total_id": ["a", "b"], "scope": "national", "since": "2020-11-10", "authority": "anama",
    ...     "as_of": ["2022-10-25", "2022-12-13"], "victims": [266, 262], "killed": [45, 45], "injured": [221, 218]})
    >>> for message in check_totals(totals)["message"]:
    ...     print(message)
    injured falls from 221 (a, 2022-10-25) to 218
    victims falls from 266 (a, 2022-10-25) to 262
    victims is 262, but killed + injured are 263

    One total without fault gives no row:

    >>> len(check_totals(totals[:1]))
    0
    """
    clean = prepare(totals)
    columns = present(totals)
    found = [_unusable_rows(clean)]
    for column in columns:
        days = daily(clean, column)
        found += [_same_date(clean, days, column), _falling(clean, days, column)]
    found += [_sums(clean, columns), _exceeding(clean, columns)]
    names = ["row", "rule", "total_id", "other_id", "column", "value", "expected", "message"]
    table = pd.DataFrame([finding for part in found for finding in part], columns=names)
    order = clean.sort_values(["scope", "since", "as_of", "id"], kind="stable", na_position="last").index
    place = pd.Series(np.arange(len(order)), index=order)
    table["row"] = table["row"].map(place)
    table["rank"] = table["rule"].map({rule: i for i, rule in enumerate(RULES)})
    table = table.sort_values(["row", "rank", "column", "message"], kind="stable")
    table = table.drop(columns=["row", "rank"]).drop_duplicates(ignore_index=True)
    numbers = table[["value", "expected"]].astype("Float64")
    whole = (numbers.dropna() % 1 == 0).to_numpy().all()
    return table.assign(**{name: numbers[name].astype("Int64" if whole else "Float64") for name in numbers}).astype(
        dict.fromkeys(["rule", "total_id", "other_id", "column", "message"], "string")
    )


def _unusable_rows(clean: pd.DataFrame) -> list[tuple]:
    return [
        (i, "unusable", row["id"], "", row["unusable"].split(" ")[0], pd.NA, pd.NA, f"not used: {row['unusable']}")
        for i, row in clean[clean["unusable"] != ""].iterrows()
    ]


def _same_date(clean: pd.DataFrame, days: pd.DataFrame, column: str) -> list[tuple]:
    found = []
    rows = stating(clean, days, column)
    for i, row in rows[rows[column] != rows["total"]].iterrows():
        best = row["stated_by"]
        message = (
            f"{column} is {row[column]:g}, but {row['total']:g} on that day "
            f"({best}; {row['sources']} of {row['sources_of_day']} sources)"
        )
        found.append((i, "same-date", row["id"], best, column, row[column], row["total"], message))
    return found


def _falling(clean: pd.DataFrame, days: pd.DataFrame, column: str) -> list[tuple]:
    found = []
    rows = stating(clean, days, column)
    for i, row in rows[(rows[column] == rows["total"]) & (rows["total"] < rows["highest"])].iterrows():
        message = (
            f"{column} falls from {row['highest']:g} ({row['highest_by']}, {row['highest_on'].date()}) to "
            f"{row[column]:g}"
        )
        found.append((i, "fall", row["id"], row["highest_by"], column, row[column], row["highest"], message))
    return found


def _sums(clean: pd.DataFrame, columns: list[str]) -> list[tuple]:
    found = []
    exact = clean[~clean["rounded"]]
    for whole, parts in [*_SUMS, ("victims", _CROSSINGS)]:
        if not {whole, *parts} <= set(columns):
            continue
        rows = exact[exact[[whole, *parts]].notna().all(axis=1)]
        if parts == _CROSSINGS:  # already told by the halves where these are stated
            for _, half in _SUMS[:2]:
                if set(half) <= set(columns):
                    rows = rows[~rows[list(half)].notna().all(axis=1)]
        total = rows[list(parts)].sum(axis=1)
        for i in rows.index[rows[whole] != total]:
            message = f"{whole} is {rows.loc[i, whole]:g}, but {' + '.join(parts)} are {total[i]:g}"
            found.append((i, "parts", rows.loc[i, "id"], "", whole, rows.loc[i, whole], total[i], message))
    return found


def _exceeding(clean: pd.DataFrame, columns: list[str]) -> list[tuple]:
    found = []
    for part in columns:
        for i, row in clean[clean[part].notna()].iterrows() if part in _WHOLES else ():
            wholes = [whole for whole in _WHOLES[part] if whole in columns and row[whole] == row[whole]]
            if not wholes and "victims" in columns:
                wholes = ["victims"]
            for whole in wholes:
                if row[part] > row[whole]:
                    message = f"{part} is {row[part]:g}, above {whole} {row[whole]:g}"
                    found.append((i, "above", row["id"], "", part, row[part], row[whole], message))
    return found
