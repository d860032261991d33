"""Land released by pieces of work: searched to a depth, reduced by technical survey, cancelled by non-technical survey.

A bulletin prints one area and does not say what was done to it. A register of work does: land that was searched is
cleared, land that a survey showed to be free is reduced or cancelled, and all of it together is released. The three
must add to the whole. A piece of work that does not state one of them leaves the sum unknown. What is left to be
done are the hazardous areas that are open.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from minestats.clearance.statements import KEY, MEASURES, NAME, decimals, shown
from minestats.columns import as_date, counts, dates, days, need, numbers, row_ids, texts
from minestats.errors import DataError, ParameterError, Problem, by_name, check_choice
from minestats.periods import INTERVALS, grid, period_start

PARTS = {"cleared": "area_cleared_ha", "reduced": "area_reduced_ha", "cancelled": "area_cancelled_ha"}
_NOWHERE = -1


@by_name
def land_release(
    work: pd.DataFrame, *, interval: str, by: str | Sequence[str] | None = None, until: object = None
) -> pd.DataFrame:
    """Add up the land that pieces of work cleared, reduced and cancelled, in each period and group.

    Cleared, reduced and cancelled land are different things: the first was searched to a depth, the others were found
    to hold nothing. Released land is all three.

    Parameters
    ----------
    work : pandas.DataFrame
        One piece of work a row: `period_start`, `period_end` (dates, both days inside), and any of `area_cleared_ha`,
        `area_reduced_ha`, `area_cancelled_ha`, `area_ha` (all released; hectares). Where there is a column `row_is`,
        rows that are not "work" are left out: statements are of work that others report, and would count it twice.
    interval : {"day", "week", "month", "quarter", "year"}
        Calendar period.
    by : str or list of str, optional
        Columns to group by, such as "district" or "operator". A missing key is the group "".
    until : date or ISO text, optional
        Last day of which the register is complete: up to it a period without work is 0, later work is left out.

    Returns
    -------
    pandas.DataFrame
        One row for each period from the first to the last (or to `until`) and each group: `period_start`, `period_end`
        (datetime64[us], whole periods), the columns of `by`, `works` (Int64), `cleared_ha`, `reduced_ha`,
        `cancelled_ha`, `released_ha` (float, hectares; NaN where a piece of work of the cell does not state it),
        `cleared_unknown`, `reduced_unknown`, `cancelled_unknown`, `released_unknown` (Int64, pieces of work that do
        not). Work that does not lie within one period stands in a last row of its group, with missing dates.

    Raises
    ------
    ParameterError
        An unknown interval or column.
    DataError
        No row is work; a date is missing or reversed; an area is negative; the three parts do not add to `area_ha`.

    Notes
    -----
    released = cleared + reduced + cancelled (IMAS 07.11). A piece of work that states all three and the whole is
    checked: they may differ by what four rounded figures can, two units of the last digit; known parts never exceed the
    whole by more. The released area is the stated whole, else the sum of the three; with an unknown part it is unknown.

    Examples
    --------
    >>> work = pd.DataFrame({
    ...     "period_start": ["2024-01-03", "2024-01-10"], "period_end": ["2024-01-20", "2024-01-31"],
    ...     "area_cleared_ha": [10.0, 5.0], "area_reduced_ha": [2.0, None], "area_cancelled_ha": [8.0, 0.0]})
    >>> land_release(work, interval="month")[["works", "cleared_ha", "reduced_ha", "released_ha", "reduced_unknown"]]
       works  cleared_ha  reduced_ha  released_ha  reduced_unknown
    0      2        15.0         NaN          NaN                1
    """
    check_choice("interval", interval, INTERVALS)
    need(work, ["period_start", "period_end"], NAME)
    if "row_is" in work.columns:
        work = work[(texts(work, "row_is") == "work").to_numpy()]
    complete = as_date(until, "until")
    if complete is not None:
        work = work[(dates(work, "period_end", name=NAME, required=True) <= complete).to_numpy()]
    if not len(work):
        raise DataError(f"{NAME}: no row is a piece of work (`row_is` = 'work'); statements are for monthly_clearance.")
    keys = [] if by is None else [by] if isinstance(by, str) else list(by)
    for key in keys:
        check_choice("by", key, [str(column) for column in work.columns])
    if len(set(keys)) < len(keys):
        raise ParameterError(f"`by` names a column twice: {keys}.")
    areas = _areas(work)
    start, end = _days(work)
    first, last = period_start(start, interval), period_start(end, interval)
    closed = end.max() if complete is None else complete.to_datetime64().astype("datetime64[D]")
    starts, ends = grid(first.min(), closed, interval)
    cells = pd.DataFrame({"cell": np.where(first == last, np.searchsorted(starts, first), _NOWHERE), "works": 1})
    for key in keys:
        cells[key] = work[key].astype(object).where(work[key].notna(), "").to_numpy()
    for name, area in areas.items():
        cells[f"{name}_ha"], cells[f"{name}_unknown"] = np.nan_to_num(area), np.isnan(area).astype(int)
    sums = cells.groupby([*keys, "cell"], sort=True).sum()
    groups = cells[keys].drop_duplicates().sort_values(keys) if keys else pd.DataFrame(index=[0])
    grids = groups.merge(pd.DataFrame({"cell": np.arange(len(starts))}), how="cross")
    beyond = cells.loc[cells["cell"] == _NOWHERE, [*keys, "cell"]].drop_duplicates()
    made = pd.concat([grids, beyond], ignore_index=True).merge(sums, how="left", on=[*keys, "cell"])
    made = made.fillna(dict.fromkeys(sums.columns, 0))  # within the time of the register a period without work is 0
    made["order"] = made["cell"].where(made["cell"] != _NOWHERE, len(starts))
    made = made.sort_values([*keys, "order"], kind="stable").reset_index(drop=True)
    at, inside = made["cell"].to_numpy(), (made["cell"] != _NOWHERE).to_numpy()
    for name, edge in (("period_end", ends), ("period_start", starts)):
        day = edge.astype("datetime64[us]")[np.where(inside, at, 0)]
        made.insert(0, name, np.where(inside, day, np.datetime64("NaT", "us")))
    for name in areas:
        made[f"{name}_ha"] = made[f"{name}_ha"].where(made[f"{name}_unknown"] == 0)
    whole = ["works", *(f"{name}_unknown" for name in areas)]
    columns = ["period_start", "period_end", *keys, "works", *(f"{name}_ha" for name in areas), *whole[1:]]
    return made[columns].astype(dict.fromkeys(whole, "Int64"))


def work_statements(work: pd.DataFrame, *, operator: str, until: object = None) -> pd.DataFrame:
    """Put the months of a register of work, and what it holds up to the end of each, as statements of one operator.

    So the register gives a monthly series and running totals as published statements do (`monthly_clearance`), but out
    of sums: never mix them with statements of the same work.

    Parameters
    ----------
    work : pandas.DataFrame
        As for `land_release`, with any of `anti_personnel`, `anti_tank`, `uxo` (pieces).
    operator : str
        Name of the register in the column `operator`.
    until : date or ISO text, optional
        As for `land_release`; a month that it cuts is left out.

    Returns
    -------
    pandas.DataFrame
        Two rows a month, of `period_type` "month" and "cumulative". The area is that released; where no month knows it,
        that cleared. A sum with an unknown part is unknown. No row where work lasts longer than a month.

    Examples
    --------
    >>> work = pd.DataFrame({"period_start": ["2024-01-03", "2024-03-10"], "area_ha": [10.0, 5.0], "anti_tank": [2, 0]})
    >>> made = work_statements(work.assign(period_end=work["period_start"]), operator="register")
    >>> made.loc[made["period_type"] == "cumulative", ["period_end", "area_ha", "anti_tank"]]
      period_end  area_ha  anti_tank
    3 2024-01-31     10.0        2.0
    4 2024-02-29     10.0        2.0
    5 2024-03-31     15.0        2.0
    """
    made = land_release(work, interval="month", until=until).set_index("period_start")
    if until is not None:
        made = made[made["period_end"] <= as_date(until, "until")]
    pieces = work.reindex(columns=list(MEASURES[1:])).astype(float)
    month = period_start(_days(work)[1], "month").astype("datetime64[us]")
    found = pieces.groupby(month).agg(lambda some: some.sum(skipna=False)).reindex(made.index)
    made[found.columns] = np.where((made["works"] == 0).to_numpy()[:, None], 0.0, found)
    made["area_ha"] = made["released_ha" if made["released_ha"].notna().any() else "cleared_ha"]
    made = made[["period_end", *MEASURES]].iloc[: 0 if made.index.hasnans else None].reset_index()
    held = made.assign(period_start=made["period_start"].min(), period_type="cumulative")
    held[list(MEASURES)] = made[list(MEASURES)].cumsum(skipna=False)
    both = pd.concat([made.assign(period_type="month"), held], ignore_index=True)
    return both.assign(operator=operator, statement_id=both.index.astype(str))


@by_name
def hazards_left(areas: pd.DataFrame, *, by: str | None = None) -> pd.DataFrame:
    """Add up the hazardous areas that are open and closed, by type and group.

    Parameters
    ----------
    areas : pandas.DataFrame
        One area a row: `status` ("open", "closed", "unknown"), `area_ha` (hectares), and optionally `hazard_type`
        ("suspected", "confirmed").
    by : str, optional
        Column to group by, such as "district". A missing key is the group "".

    Returns
    -------
    pandas.DataFrame
        One row for each group, in the order of its name: the column of `by`, `open`, `closed`, `status_unknown` (Int64,
        areas), `open_ha`, `suspected_open_ha`, `confirmed_open_ha`, `closed_ha` (float, hectares; NaN where an area of
        the sum does not state its size), `size_unknown` (Int64, open areas that do not). Without `hazard_type` the
        columns of the two types are NaN.

    Raises
    ------
    DataError
        No rows, or an area below nought.

    Examples
    --------
    >>> areas = pd.DataFrame({"status": ["open", "open", "closed"], "area_ha": [2.0, None, 1.5]})
    >>> hazards_left(areas)[["open", "closed", "open_ha", "closed_ha", "size_unknown"]].to_dict("records")
    [{'open': 2, 'closed': 1, 'open_ha': nan, 'closed_ha': 1.5, 'size_unknown': 1}]
    """
    need(areas, ["status", "area_ha", *([by] if by else [])], "areas")
    if not len(areas):
        raise DataError("areas: no rows; a register of hazardous areas gives them.")
    size = pd.Series(numbers(areas["area_ha"], "areas['area_ha']", missing=True))
    status = texts(areas, "status").reset_index(drop=True)
    kind = texts(areas, "hazard_type").reset_index(drop=True)
    group = texts(areas, by or "")
    rows = []
    for name, found in size.groupby(group.to_numpy()):
        here, opened = status[found.index], status[found.index] == "open"
        typed = kind[found.index][opened].isin(["suspected", "confirmed"]).all()
        row = {by: name} if by else {}
        row |= {"open": int(opened.sum()), "closed": int((here == "closed").sum())}
        row["status_unknown"] = len(found) - row["open"] - row["closed"]
        row["open_ha"] = found[opened].sum(skipna=False)
        for word in ("suspected", "confirmed"):
            part = found[opened & (kind[found.index] == word)]
            row[f"{word}_open_ha"] = part.sum(skipna=False) if typed else float("nan")
        row["closed_ha"] = found[here == "closed"].sum(skipna=False)
        row["size_unknown"] = int(found[opened].isna().sum())
        rows.append(row)
    table = pd.DataFrame(rows)
    return table.astype(dict.fromkeys(("open", "closed", "status_unknown", "size_unknown"), "Int64"))


def _areas(work: pd.DataFrame) -> dict[str, np.ndarray]:
    """The areas of each piece of work, NaN where unknown; parts that do not add to the whole are refused."""
    areas = {name: counts(work, column, name=NAME, whole=False) for name, column in PARTS.items()}
    total, known = np.sum(list(areas.values()), axis=0), np.nansum(list(areas.values()), axis=0)
    stated = counts(work, "area_ha", name=NAME, whole=False)
    figures = np.column_stack([*areas.values(), stated])
    wrong = []
    for i in np.flatnonzero(~np.isnan(stated)).tolist():
        # a register prints all its figures alike, but 0 and 10 show none of the decimals of 9.75: the finest one tells
        unit = 10.0 ** -max(decimals(value) for value in figures[i][~np.isnan(figures[i])])
        over = known[i] - stated[i]
        if over > 2 * unit + 1e-9 or (not np.isnan(total[i]) and over < -2 * unit - 1e-9):
            wrong.append((i, f"{shown(stated[i])}, but the parts add to {shown(round(known[i], 6))}"))
    if wrong:
        ids = row_ids(work, KEY)
        rule = "cleared + reduced + cancelled, as far as they are rounded"
        raise DataError(
            f"{NAME}: {len(wrong)} piece{'s' if len(wrong) > 1 else ''} of work whose parts do not add to the whole",
            [Problem(NAME, None, "area_ha", said, rule, "correct the areas", ids.iloc[i]) for i, said in wrong],
        )
    return areas | {"released": np.where(np.isnan(stated), total, stated)}


def _days(work: pd.DataFrame) -> tuple[np.ndarray, np.ndarray]:
    start, end = (days(work, name, name=NAME, required=True) for name in ("period_start", "period_end"))
    wrong = np.flatnonzero(end < start)
    if wrong.size:
        ids = row_ids(work, KEY)
        rule, remedy = "not before period_start", "correct or exchange the dates"
        problems = [Problem(NAME, None, "period_end", str(end[i]), rule, remedy, ids.iloc[i]) for i in wrong]
        raise DataError(
            f"{NAME}: {wrong.size} piece{'s' if wrong.size > 1 else ''} of work that end too early", problems
        )
    return start, end
