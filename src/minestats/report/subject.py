"""What one report is about: the data as known on a day, one place, one period.

A report on a country and one on a district differ only in which rows they use. That choice is made here, once, so
that all reports make it alike: incidents of the side that the official totals count, totals of the main scope,
bulletins of the place, all within the period. What is left out is counted, and can be said.
"""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from minestats.columns import as_date
from minestats.data.dataset import Dataset
from minestats.errors import ParameterError, did_you_mean
from minestats.incidents import confirm_zeros
from minestats.periods import last_day
from minestats.say import day, listing, many, month, period

ALL = "all"
NO_DAY = pd.Timestamp("1970-01-01")  # first and last day where the data have no date


@dataclass
class Scope:
    """The rows of one report.

    Attributes
    ----------
    data : Dataset
        The data as known on the report's as-of date.
    district : str
        The district; empty for the whole country.
    place : str
        Name of the place for titles.
    in_place : str
        The same in a sentence: "in Azerbaijan", "in Aghdam".
    since, until : Timestamp
        First and last day counted.
    as_of : Timestamp
        The latest day that the data speak of.
    incidents : DataFrame
        Incidents of the place, of the side that the official totals count, whose date can lie in the period.
    undated : int
        Incidents of the place and side without any date: they are in no period.
    other_sides : int
        Incidents of the place and period in which another side was hit; they are not counted.
    totals : DataFrame
        Running totals of the country within the period, with publisher and date of publication.
    clearance : DataFrame
        Statements that end in the period, of the place, with publisher and date of publication.
    """

    data: Dataset
    district: str
    place: str
    in_place: str
    since: pd.Timestamp
    until: pd.Timestamp
    as_of: pd.Timestamp
    incidents: pd.DataFrame
    undated: int
    other_sides: int
    totals: pd.DataFrame
    clearance: pd.DataFrame

    @property
    def national(self) -> bool:
        """True for the whole country."""
        return self.district == ""

    @property
    def dated(self) -> bool:
        """Whether the period is one: data without any date have none."""
        return self.until > NO_DAY

    @property
    def people(self) -> bool:
        """True where the list's rows are people, not explosions: how many were hurt together is not known."""
        return bool((self.incidents["row_is"] == "victim").any())

    @property
    def events(self) -> str:
        """What a row of the list is: "incidents", or "casualties" where rows are people."""
        return "casualties" if self.people else "incidents"

    def count(self, rows: int) -> str:
        """How many rows of the list, in words: "3 incidents", "1 casualty"."""
        return many(rows, "casualty" if self.people else "incident", self.events)

    @property
    def provisional(self) -> int:
        """How many of the last months are provisional: none of a register that says until when it is complete."""
        return 0 if self.data.settings["complete_until"] or self.until < self.as_of else 2

    @property
    def period(self) -> str:
        """The period in words."""
        return period(self.since, self.until) if self.dated else "no dates"

    def authority(self, words: object) -> str:
        """Return the name of an authority, or of several joined by ";", as the data package gives it."""
        names = self.data.settings["authorities"]
        said = [] if words is None or pd.isna(words) else str(words).split(";")
        return listing(names.get(word, word.replace("_", " ")) for word in said) if said else "an authority not named"

    def operator(self, word: str) -> str:
        """Return the name of an operator, as the data package gives it."""
        return str(self.data.settings["operators"].get(word, word.replace("_", " ")))

    @property
    def limits(self) -> list[str]:
        """What the data package says of the limits of its data, and what this report leaves out."""
        said = [str(note) for note in self.data.settings["notes"]]
        if self.people:
            said.append(
                "The register lists people, not explosions: how many were hurt by one blast is not known, so counts "
                "of a year stand without an interval, and no rate of incidents can be given."
            )
            if several := int((self.incidents["row_is"] != "victim").sum()):
                said.append(f"{many(several, 'row')} of the list are incidents, the others people: counts mix both.")
        if self.data.settings["complete_until"]:
            later, until = int((self.data.incidents["date"] > self.until).sum()), self.data.settings["complete_until"]
            said.append(
                f"The register is complete until {month(until)}; later months are unknown, "
                "not zero" + (f" ({many(later, 'later row')} not counted)." if later else ".")
            )
        if self.undated:
            said.append(f"{self.count(self.undated)} {self.in_place} without any date: in no count of a period.")
        if self.other_sides:
            said.append(
                f"{self.count(self.other_sides)} of the period and another side: in the tables, not counted here."
            )
        return said

    @property
    def lead(self) -> str:
        """The sentence under the title: place, period, as-of date."""
        if not self.dated:
            return f"**{self.place}.** The data hold no dates."
        reason = self.data.settings["start_reason"]
        start = as_date(self.data.settings["start"] or None, "start")
        why = f" Counted from {day(self.since)}, {reason}." if reason and start == self.since else ""
        return f"**{self.place}, {self.period}.** Data as of {day(self.as_of)}.{why}"


def scope(data: Dataset, *, district: str = ALL, since: str = "", until: str = "", as_of: str = "") -> Scope:
    """Choose the rows of one report.

    Parameters
    ----------
    data : Dataset
        A loaded data package.
    district : str
        A district of the data, or "all" for the whole country.
    since, until : str or date
        First and last day counted; empty: the start that the data package names, and the latest day that the data
        speak of.
    as_of : str or date
        State of knowledge: rows published later are left out; empty: all rows.

    Returns
    -------
    Scope
        The rows, and what was left out.

    Raises
    ------
    ParameterError
        The district is not in the data, a date is none, or `until` lies before `since`.
    DataError
        The data have no date at all and the period is not given.

    Examples
    --------
    >>> from minestats import load
    >>> here = scope(load(), district="Kalbajar", until="2023-12-31")
    >>> here.place, here.period
    ('Kalbajar district', '10 November 2020 to 31 December 2023')
    """
    known = data.known_on(as_of or None)
    names = known.districts["district"].tolist()
    if district != ALL and district not in names:
        hint = did_you_mean(district, names, before="; ", otherwise=".")
        raise ParameterError(f"district '{district}' is not known{hint}")
    here = "" if district == ALL else district
    state = as_date(as_of or None, "as_of")
    start = as_date(since or known.settings["start"] or None, "since")
    if start is None:
        dates = [
            known.incidents["date"].min(),
            known.victim_totals["since"].min(),
            known.clearance["period_start"].min(),
            known.sources["covered_from"].min() if "covered_from" in known.sources else None,
        ]
        start = min((d for d in dates if pd.notna(d)), default=None)
    complete = _complete_until(known)
    end = as_date(until or None, "until") or complete or known.as_of
    if start is None or end is None:
        start = end = start or end or NO_DAY
    if end < start:
        raise ParameterError(f"`until` ({end:%Y-%m-%d}) lies before `since` ({start:%Y-%m-%d}).")
    settings, latest = known.settings, max(filter(None, (complete, known.as_of)), default=end)
    incidents, undated, other = _incidents(known, here, start, end)
    country = str(settings["country"])
    where = str(settings["in_country"]) or (f"in {country}" if country else "in the data")
    return Scope(
        data=known,
        district=here,
        place=f"{here} {settings['place']}" if here else country or known.title,
        in_place=f"in {here}" if here else where,
        since=start,
        until=end,
        as_of=latest if state is None else min(latest, state),
        incidents=incidents,
        undated=undated,
        other_sides=other,
        totals=_totals(known, start, end),
        clearance=_clearance(known, here, start, end),
    )


def _complete_until(data: Dataset) -> pd.Timestamp | None:
    """The last day that the register covers, where the package says so."""
    text = str(data.settings["complete_until"])
    return last_day(text) if text else None


def _incidents(data: Dataset, district: str, start: pd.Timestamp, end: pd.Timestamp) -> tuple[pd.DataFrame, int, int]:
    table = data.incidents
    side = data.settings["main_side"]
    ours = (table["side"] == side).fillna(False) if side else pd.Series(True, index=table.index)
    table = _confirmed(data, table, ours)
    if district:
        here = (table["district"] == district).fillna(False)
        table, ours = table[here], ours[here]
    last = table["date"].copy()
    for word, end_of in {"month": pd.offsets.MonthEnd(0), "year": pd.offsets.YearEnd(0)}.items():
        vague = table["date_precision"].eq(word).fillna(False).to_numpy(dtype=bool)
        last[vague] = last[vague] + end_of
    inside = (last >= start) & (table["date"] <= end)
    # a table that is kept whole is not copied: it may have millions of rows
    kept = table.copy(deep=False) if (inside & ours).all() else table[inside & ours]
    kept.attrs["window"] = (f"{start:%Y-%m-%d}", f"{end:%Y-%m-%d}")  # a count without a window is one of this period
    return kept, int((table["date"].isna() & ours).sum()), int((inside & ~ours).sum())


def _confirmed(data: Dataset, table: pd.DataFrame, ours: pd.Series) -> pd.DataFrame:
    """The incidents with the noughts that the country's totals confirm; that of a district rest on all of them."""
    totals = _main_totals(data)
    if not len(totals) or not {"killed", "injured"} <= set(table.columns) or (table["row_is"] == "victim").any():
        return table
    counted = ["date", "date_precision", "killed", "injured", "killed_basis", "injured_basis"]
    made = confirm_zeros(table.loc[ours, [column for column in counted if column in table]], totals)
    table = table.copy(deep=False)
    for column in [column for column in counted[2:] if column in table]:
        table.loc[ours, column] = made[column]
    return table


def _main_totals(data: Dataset) -> pd.DataFrame:
    """The totals of the scope and span that the country counts by; where no span is named, of the one with most."""
    table, settings = data.with_sources("victim_totals"), data.settings
    table = table[(table["scope"] == settings["main_scope"]).fillna(False)]
    spans = table["span"].fillna("").astype("string")
    main = settings["main_span"] or next(iter(spans.mode()), "")
    return table[spans == main]


def _totals(data: Dataset, start: pd.Timestamp, end: pd.Timestamp) -> pd.DataFrame:
    table = _main_totals(data)
    return table[table["as_of"].isna() | table["as_of"].between(start, end)]


def _clearance(data: Dataset, district: str, start: pd.Timestamp, end: pd.Timestamp) -> pd.DataFrame:
    table = data.with_sources("clearance")
    rows = table["period_end"].between(start, end)
    if district:
        rows &= (table["district"] == district).fillna(False)
    return table[rows]
