"""What a list of incidents knows: shares with the unknown beside them, and the list beside the official totals.

A report that says "two killed" says nothing of the injured, and a row without injured is not a row of none. So shares
are taken of rows that state all of it, and the rest is counted. Official totals know more than the list: they say how
much of it is missing, whether that changes, and sometimes that nobody else can have died.
"""

from __future__ import annotations

from collections.abc import Collection

import numpy as np
import pandas as pd

from minestats.columns import DAYS_PER_YEAR, check_level, check_number, framed, need, texts
from minestats.errors import DataError, by_name, check_choice
from minestats.estimate import LEVEL, Estimate
from minestats.incidents.counting import COUNTS, incidence, lists_people, people, possible_days
from minestats.rates.casualties import (
    CROSSINGS,
    FEW_INCIDENTS,
    SHARES,
    design_effect,
    dispersion,
    proportion,
    share_row,
    share_table,
)
from minestats.rates.limits import share_limits
from minestats.totals.intervals import interval_rates
from minestats.totals.running import all_series, one_series, prepare
from minestats.totals.stretches import ABOUT_A_YEAR
from minestats.trend.change import annual_change


@by_name
def shares(incidents: pd.DataFrame, *, level: float = LEVEL) -> pd.DataFrame:
    """Estimate shares of the casualties of a list, with what is unknown beside them.

    Where a report tells of a death and is silent on the injured, the injured are unknown: such a row says nothing of
    the share that died. Counting it as "nobody injured" makes mines deadlier than they are.

    Parameters
    ----------
    incidents : DataFrame
        One row an incident (or a person, where `row_is` says so), filtered by side and period: `killed`, `injured`, and
        where given the crossings (`civilians_killed`, ..), `children`, `outcome_unknown`.
    level : float
        Level of the intervals, 0.5 to 0.999.

    Returns
    -------
    DataFrame
        One row a share: `share` ("killed", "civilians", "killed_of_civilians", "killed_of_military", "children"),
        `value`, `low`, `high` (float; NaN where withheld), `n` (Int64, casualties whose state is known), `unit`,
        `method` (text), `part` (Int64, those of `n` that have the property), `unknown` (Int64, casualties of unknown
        state), `bound_low`, `bound_high` (float: the share were none or all of the unknown so), `design_effect`
        (float), `incidents` (Int64, rows used), `left_out` (Int64, rows with casualties that are not used).

    Raises
    ------
    DataError
        A count is negative or fractional.
    ParameterError
        Neither `killed` nor `injured` is a column.

    Notes
    -----
    "killed" and ``killed_of_..`` use rows that state both numbers. "civilians" uses the known statuses of every row;
    the other casualties of the row are unknown. "children" is of civilian casualties, as the Landmine Monitor counts,
    in rows that state the children. Withheld where fewer than half are known. Intervals are Wilson's with the design
    effect of whole incidents; below 40 incidents it is at least the dispersion of their sizes, because the incident
    that would show the clustering may be missing. Where rows are people it is not known who was hurt together:
    intervals are then too narrow, and `method` says so.

    Examples
    --------
    >>> incidents = pd.DataFrame({"killed": [1, 0, 2, None], "injured": [2, 3, None, 1]})
    >>> shares(incidents)[["share", "part", "n", "left_out"]].head(1)
        share  part  n  left_out
    0  killed     1  6         2
    """
    level = check_level(level)
    whole = people(incidents, "casualties")
    outcome = _column(incidents, "outcome_unknown")
    found = []
    for name, (yes, no) in SHARES.items():
        k, rest = _sum(incidents, yes), _sum(incidents, no)
        if name == "civilians":
            known = [np.nansum([_column(incidents, c) for c in columns], axis=0) for columns in (yes, no)]
            unknown = np.maximum(np.nan_to_num(whole) - known[0] - known[1], 0.0)
            used, k, size = known[0] + known[1] > 0, known[0], known[0] + known[1]
        else:
            used, size = ~np.isnan(k + rest) & (k + rest > 0), k + rest
            unknown = np.nan_to_num(outcome) if name == "killed" else np.zeros(len(k))
        silent = ~used & ((np.nan_to_num(k) + np.nan_to_num(rest) > 0) | (unknown > 0))
        found.append(_row(name, incidents, k, size, used, unknown, silent, level))
    children, civilians = _column(incidents, "children"), _sum(incidents, CROSSINGS[:2])
    used = ~np.isnan(children) & ~np.isnan(civilians) & (children <= civilians) & (civilians > 0)
    missing = ~used & (np.nan_to_num(civilians) > 0)
    found.append(
        _row("children", incidents, children, civilians, used, np.where(missing, civilians, 0.0), missing, level)
    )
    return share_table(found)


def _row(
    name: str,
    incidents: pd.DataFrame,
    k: np.ndarray,
    size: np.ndarray,
    used: np.ndarray,
    unknown: np.ndarray,
    silent: np.ndarray,
    level: float,
) -> dict[str, object]:
    """One row of `shares`, out of what each incident says."""
    part, known, together = k[used], size[used], lists_people(incidents)
    effect = _effect(part, known, incidents)
    row = share_row(name, int(part.sum()), int(known.sum()), unknown=int(unknown.sum()), effect=effect, level=level)
    words = str(row["method"])
    if silent.any():
        words += f"; {int(silent.sum())} rows that state only a part are not used"
    if together:
        words += "; who was hurt together is not known: too narrow"
    return row | {"method": words, "incidents": int(used.sum()), "left_out": int(silent.sum())}


def _effect(part: np.ndarray, known: np.ndarray, incidents: pd.DataFrame) -> float:
    """The design effect of whole incidents, of few at least the dispersion of their sizes; 1 where rows are people."""
    if lists_people(incidents) or not known.size:
        return 1.0
    effect = design_effect(part, known) if known.size > 1 else 1.0
    return max(effect, dispersion(known)) if known.size < FEW_INCIDENTS else effect


def _column(incidents: pd.DataFrame, name: str) -> np.ndarray:
    return people(incidents, name) if name in incidents.columns else np.full(len(incidents), np.nan)


def _sum(incidents: pd.DataFrame, names: tuple[str, ...]) -> np.ndarray:
    """A sum is unknown where a part of it is."""
    return np.sum([_column(incidents, name) for name in names], axis=0)


def present_share(incidents: pd.DataFrame, districts: Collection[str], *, level: float = LEVEL) -> Estimate:
    """Estimate which part of the listed casualties were hurt in these districts and not in military service.

    Those who live and work in mined land are counted, soldiers are not: a rate per people present is theirs only after
    the casualties elsewhere and those in service are taken off.

    Parameters
    ----------
    incidents : DataFrame
        As in `incidence`, filtered by side and period: `district`, `activity`, `killed`, `injured`, and where given the
        crossings (`military_killed`, ..).
    districts : collection of text
        The districts that the people are counted in.
    level : float
        Level of the interval, 0.5 to 0.999.

    Returns
    -------
    Estimate
        The share of casualties, for `rate_per_people(..., share=)`; `n` is the number of casualties of known place and
        service. An upper figure: the list prefers civilians.

    Raises
    ------
    DataError
        A column is missing, or fewer than half of the casualties are known.

    Notes
    -----
    In service are casualties of an incident whose activity is `military_service`, and those of no known activity that
    the list calls military. Others of a known activity, deminers among them, are not. Without a district an incident is
    of unknown place; without activity and status of unknown service. Wilson with the design effect of whole incidents,
    below 40 incidents at least the dispersion of their sizes.

    Examples
    --------
    >>> incidents = pd.DataFrame({
    ...     "district": ["North", "North", "South", "North"], "activity": ["herding", "military_service", "travel", ""],
    ...     "killed": [0, 1, 0, 0], "injured": [3, 1, 1, 1], "civilians_injured": [3, 0, 1, None]})
    >>> share = present_share(incidents, ["North"])
    >>> share.value, share.n
    (0.5, 6)
    >>> share.method
    'Wilson, design effect 3.5, n known; 1 unknown: between 0.4286 and 0.5714'
    """
    level = check_level(level)
    need(incidents, ["district", "activity"], "incidents")
    size = np.nan_to_num(people(incidents, "casualties"))
    place, activity = texts(incidents, "district").to_numpy(), texts(incidents, "activity").to_numpy()
    soldiers, others = (
        np.nansum([_column(incidents, c) for c in columns], axis=0) for columns in (CROSSINGS[2:], CROSSINGS[:2])
    )
    silent = activity == ""
    away = (place != "") & ~np.isin(place, list(districts))
    serving = np.where(silent, np.minimum(soldiers, size), np.where(activity == "military_service", size, 0.0))
    civil = np.where(silent, np.minimum(others, size - serving), size - serving)
    yes = np.where(away | (place == ""), 0.0, civil)
    known = np.where(away, size, np.where(place == "", serving, serving + civil))
    used = known > 0
    effect = _effect(yes[used], known[used], incidents)
    unknown = int((size - known).sum())
    return proportion(int(yes.sum()), int(known.sum()), unknown=unknown, design_effect=effect, level=level)


def crossings(incidents: pd.DataFrame, totals: pd.DataFrame) -> pd.DataFrame:
    """Say how much the list holds of the civilians and the soldiers, the killed and the injured, of official totals.

    Newspapers tell of a killed civilian more often than of an injured soldier. A share over the list is then one over
    those who were told of.

    Parameters
    ----------
    incidents : DataFrame
        As in `incidence`, of the side that the totals count.
    totals : DataFrame
        As in `resolve_totals`, filtered to one scope and start.

    Returns
    -------
    DataFrame
        One row a crossing, none where no usable total states all four: `crossing`, `as_of` (datetime64[us]), `listed`
        (Int64, persons of incidents up to that day), `unknown` (Int64, incidents that do not state it), `official`
        (Int64), `completeness` (float, NaN where `official` is 0).

    Raises
    ------
    DataError
        A column is missing; a date, or a count, is none.

    Examples
    --------
    >>> totals = pd.DataFrame({
    ...     "total_id": "a", "since": "2020-11-10", "as_of": ["2023-06-16"], "authority": "anama",
    ...     "civilians_killed": [40], "civilians_injured": [103], "military_killed": [17], "military_injured": [144]})
    >>> incidents = pd.DataFrame({"date": ["2023-01-05"], "civilians_killed": [10], "military_injured": [None]})
    >>> crossings(incidents, totals)[["crossing", "listed", "unknown", "official", "completeness"]]
                crossing  listed  unknown  official  completeness
    0   civilians_killed      10        0        40          0.25
    1  civilians_injured    <NA>        1       103           NaN
    2    military_killed    <NA>        1        17           NaN
    3   military_injured    <NA>        1       144           NaN
    """
    need(incidents, ["date"], "incidents")
    rows = prepare(totals)
    types = {
        "crossing": "string",
        "as_of": "datetime64[us]",
        "listed": "Int64",
        "unknown": "Int64",
        "official": "Int64",
    }
    figures, whole = rows.stating(*CROSSINGS)
    found = []
    if whole:
        best = max(whole, key=lambda i: (rows.as_of[i], rows.ids[i]))
        start, end = possible_days(incidents)
        inside = (end >= rows.since[best].astype("int64")) & (start <= rows.as_of[best].astype("int64"))
        for name, official in zip(CROSSINGS, figures[best], strict=True):
            stated = _column(incidents, name)[inside]
            listed = np.nansum(stated) if (~np.isnan(stated)).any() else pd.NA  # a NaN beside whole numbers is missing
            share = listed / official if official and listed is not pd.NA else np.nan
            found.append((name, rows.as_of[best], listed, int(np.isnan(stated).sum()), official, share))
    return framed(found, types | {"completeness": "float64"})


@by_name
def confirm_zeros(incidents: pd.DataFrame, totals: pd.DataFrame, *, max_days: float = 366) -> pd.DataFrame:
    """Fill in the noughts that official totals confirm, and say of each number what it rests on.

    The total of the killed was 70 in April and 71 in December, and one incident between them states one death: then
    nobody died in any of the others, though no report of theirs says so.

    Parameters
    ----------
    incidents : DataFrame
        As in `incidence`, of the side that the totals count: `date`, `killed`, `injured`.
    totals : DataFrame
        As in `resolve_totals`, of one scope and start.
    max_days : float, default 366
        Longest time between the two totals that confirm. The longer, the likelier two errors cancel each other.

    Returns
    -------
    DataFrame
        The table as given, with noughts (Int64) where they are confirmed, and `killed_basis`, `injured_basis` (text):
        "stated", "official_totals", or "" where the number stays unknown.

    Raises
    ------
    DataError
        A column is missing; a date, or a count, is none; the rows are people.

    Notes
    -----
    For each two totals of a column at most `max_days` apart: where their rise equals what the incidents after the first
    and up to the second state, every other incident of those days has 0. The rise counts all people, listed or not, so
    equality leaves none for them. An incident whose day is not known lies between two totals only where all days that
    it can have do; if it lies there after all, it leaves the others even less room. Of a nought that the table calls
    `official_totals` already it is found out anew. A stated number is never changed.

    Examples
    --------
    >>> totals = pd.DataFrame({
    ...     "since": "2020-11-10", "as_of": ["2025-04-04", "2025-12-26"], "authority": "anama", "killed": [70, 71]})
    >>> incidents = pd.DataFrame({
    ...     "date": ["2025-05-01", "2025-06-01", "2026-02-01"], "killed": [1, None, None], "injured": [None, 2, 1]})
    >>> confirm_zeros(incidents, totals)[["date", "killed", "killed_basis"]]
             date  killed     killed_basis
    0  2025-05-01       1           stated
    1  2025-06-01       0  official_totals
    2  2026-02-01    <NA>
    """
    need(incidents, ["date"], "incidents")
    if lists_people(incidents):
        raise DataError("incidents: the rows are people, not explosions; a nought of an incident has no row.")
    longest = check_number("max_days", max_days, above=True)
    start, end = possible_days(incidents)
    result = incidents.copy()
    for column in ("killed", "injured"):
        stated = _column(incidents, column)
        basis = f"{column}_basis"
        found_before = (texts(incidents, basis) == "official_totals").to_numpy()
        stated = np.where(found_before & (stated == 0), np.nan, stated)
        confirmed = np.zeros(len(stated), dtype=bool)
        if column in totals.columns and len(totals):
            confirmed = _confirmed(stated, start, end, totals, column, longest)
        said = np.where(np.isnan(stated), confirmed.astype("int8"), np.int8(2))
        stated[confirmed] = 0
        result[column] = pd.array(stated, dtype="Float64").astype("Int64")
        result[basis] = pd.array(["", "official_totals", "stated"], dtype="string").take(said)
    return result


def _confirmed(
    stated: np.ndarray, start: np.ndarray, end: np.ndarray, totals: pd.DataFrame, column: str, longest: float
) -> np.ndarray:
    """Which incidents of unknown number lie between two totals whose rise the others explain."""
    confirmed = np.zeros(len(stated), dtype=bool)
    try:
        found = all_series(totals, column)
    except DataError as error:
        if "no usable total" not in str(error):
            raise
        return confirmed
    for one in found:
        day = one.as_of.astype("int64")
        # each incident stands in the cell of the narrowest pair of totals that it lies between: one look at each row
        first = np.searchsorted(day, start, side="left") - 1
        last = np.searchsorted(day, end, side="left")
        unknown, between = np.isnan(stated), (first >= 0) & (last < len(day))
        people = np.zeros((len(day), len(day)))
        np.add.at(people, (first[between & ~unknown], last[between & ~unknown]), stated[between & ~unknown])
        # all cells within a pair of totals: those of later first and earlier last days
        people = people[::-1].cumsum(axis=0)[::-1].cumsum(axis=1)
        rise = one.total[None, :] - one.total[:, None]
        explained = np.triu((people == rise) & (day[None, :] - day[:, None] <= longest), 1)
        within = np.logical_or.accumulate(np.logical_or.accumulate(explained)[:, ::-1], axis=1)[:, ::-1]
        rows = np.flatnonzero(between & unknown)
        confirmed[rows] |= within[first[rows], last[rows]]
    return confirmed


@by_name
def stretch_completeness(
    incidents: pd.DataFrame,
    totals: pd.DataFrame,
    *,
    value: str = "victims",
    min_days: float = ABOUT_A_YEAR,
    level: float = LEVEL,
) -> pd.DataFrame:
    """Compare the list with official totals over stretches between totals, where nothing has to be interpolated.

    Parameters
    ----------
    incidents : DataFrame
        As in `incidence`, of the side that the totals count.
    totals : DataFrame
        As in `resolve_totals`, of exactly one series.
    value : str
        Count column of the totals, default "victims", compared with the casualties of the list; any other is compared
        with the column of that name.
    min_days : float
        Shortest stretch, as in `yearly_stretches`.
    level : float
        Level of the intervals.

    Returns
    -------
    DataFrame
        One row a stretch from the first day of counting: `start`, `end` (the days counted are those after `start`),
        `days`, `listed` (Int64, persons; missing where no incident states it), `unknown` (Int64, incidents that do not
        state it), `official` (Int64), `value`, `low`, `high` (float, listed / official; NaN where unknown), `n` (Int64,
        `official`), `unit`, `method` (text).

    Raises
    ------
    DataError
        Not exactly one series; wrong dates or counts.

    Notes
    -----
    The interval is Wilson's of a share of the official count, and NaN where the list holds more than the total: then
    the two do not count the same. The list is a minimum: what a report does not state is not in it.

    Examples
    --------
    >>> totals = pd.DataFrame({
    ...     "scope": "national", "since": "2020-11-10", "authority": "anama",
    ...     "as_of": ["2021-11-10", "2022-11-10"], "injured": [40, 60]})
    >>> incidents = pd.DataFrame({"date": ["2021-04-01", "2022-05-01"], "injured": [10, 15]})
    >>> stretch_completeness(incidents, totals, value="injured")[["listed", "official", "value"]]
       listed  official  value
    0      10        40   0.25
    1      15        20   0.75
    """
    check_choice("value", value, ("victims", *COUNTS))
    one_series(totals, value, from_start=True)
    level = check_level(level)
    steps = interval_rates(totals, value=value, min_days=min_days, from_start=True)
    count = "casualties" if value == "victims" else value
    listed, unknown = [], []
    for start, end in zip(steps["start"], steps["end"], strict=True):
        days = {"since": start + pd.Timedelta(days=1), "until": end}
        cells = incidence(incidents, interval="year", count=count, **days)
        cells = cells[cells["days"] > 0]
        listed.append(cells["count"].sum(min_count=1))
        unknown.append(int(cells["unknown"].sum()))
    made = steps[["start", "end", "days"]].copy()
    made["listed"], made["unknown"] = pd.array(listed, dtype="Int64"), pd.array(unknown, dtype="Int64")
    made["official"] = steps["count"]
    k, n = made["listed"].to_numpy(dtype=float, na_value=np.nan), made["official"].to_numpy(dtype=float)
    fits = (n > 0) & (k <= n)
    made["value"] = np.divide(k, n, out=np.full(len(n), np.nan), where=n > 0)
    limits = share_limits(np.where(fits, k, 0.0), np.where(fits, n, 1.0), method="wilson", level=level)
    made["low"], made["high"] = (np.where(fits, limit, np.nan) for limit in limits)
    made = made.assign(n=made["official"], unit="share", method="listed over official, Wilson")
    return made.astype({"unit": "string", "method": "string"})


def completeness_direction(stretches: pd.DataFrame, *, level: float = LEVEL) -> Estimate:
    """Say whether a list grows more complete: by how many percent a year its part of the official count changes.

    A list that held a quarter of the injured at first and three quarters later shows a fall of casualties too small, or
    none: its trend is biased towards "no change".

    Parameters
    ----------
    stretches : DataFrame
        As `stretch_completeness` returns them.
    level : float
        Level of the interval.

    Returns
    -------
    Estimate
        Percent a year; above 0 the list grows more complete. `n` is the number of stretches.

    Raises
    ------
    DataError
        Fewer than four stretches with an official count above 0 and a known listed one.

    Notes
    -----
    `annual_change` of the listed counts with the official ones as exposure, at the middle of each stretch.

    Examples
    --------
    >>> day = pd.to_datetime(["2020-11-10", "2021-11-10", "2022-11-10", "2023-11-10", "2024-11-10"])
    >>> stretches = pd.DataFrame({
    ...     "start": day[:-1], "end": day[1:], "listed": [25, 30, 36, 43], "official": [100, 100, 100, 100]})
    >>> round(completeness_direction(stretches).value)
    20
    """
    need(stretches, ["start", "end", "listed", "official"], "stretches")
    known = stretches[stretches["listed"].notna() & (stretches["official"] > 0)]
    middle = known["start"] + (known["end"] - known["start"]) / 2
    years = (middle - middle.min()).dt.days / DAYS_PER_YEAR if len(known) else pd.Series(dtype=float)
    return annual_change(
        known["listed"].reset_index(drop=True),
        known["official"].astype(float).reset_index(drop=True),
        years.reset_index(drop=True),
        level=level,
    )
