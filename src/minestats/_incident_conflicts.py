"""Where the sources of one incident contradict each other, as a table that a person can act on."""

from __future__ import annotations

import pandas as pd

from minestats._columns import counts, dates, need, row_ids, texts
from minestats._incidents import COUNTS

_WORDS = ("district", "settlement")
_KINDS_OF_MINE = {"anti_personnel", "anti_tank"}


def conflicts(incident_reports: pd.DataFrame, *, incidents: pd.DataFrame | None = None) -> pd.DataFrame:
    """List where the reports of one incident state different known values.

    Each row is a question for a person: which of the values is right, and who says so. A source that is silent
    contradicts nobody.

    Parameters
    ----------
    incident_reports : DataFrame
        One row a report: `incident_id` (missing: the report is left out, as it is of no known incident), and any of
        `reported_date`, `date_precision`, `district`, `settlement`, `device`, the count columns, `publisher`,
        `source_id`.
    incidents : DataFrame, optional
        The incidents made from the reports: adds what was chosen.

    Returns
    -------
    DataFrame
        One row an incident and field, sorted by both; empty where all agree:

        - `incident_id`, `field` : text;
        - `values` : text, the different values in order, ";" between;
        - `low`, `high` : Int64, least and greatest of a count (persons); missing for other fields;
        - `n_sources` : Int64, different sources that state the field;
        - `sources` : text, who states each value, in the order of `values`: ";" between values, "," within one;
        - with `incidents` also `chosen` (text, the value that stands there) and `note` (text, its note).

    Raises
    ------
    DataError
        `incident_id` is missing; a date, or a count, is none.

    Notes
    -----
    A source is a `publisher`, where the table has one, else a `source_id`. One source that changed its figure is a
    conflict too. Dates are compared where a report gives the day. "mine" says that the kind of mine is not told, and
    contradicts neither "anti_personnel" nor "anti_tank". `activity` is free text, and is not compared. Many pages copy
    one agency: the more sources are not the more witnesses.

    Examples
    --------
    >>> reports = pd.DataFrame({
    ...     "incident_id": ["a", "a", "a", "b"], "killed": [1, 1, None, 0], "injured": [2, 3, 3, 1],
    ...     "source_id": ["x-1", "y-7", "z-2", "x-3"]})
    >>> conflicts(reports)
      incident_id    field values  low  high  n_sources      sources
    0           a  injured    2;3    2     3          3  x-1;y-7,z-2

    >>> len(conflicts(reports[3:]))
    0
    """
    need(incident_reports, ["incident_id"], "incident_reports")
    named = _stated(incident_reports, "incident_reports", "report_id", "reported_date")
    source = texts(incident_reports, "source_id").str.strip()
    source = source.where(source != "", row_ids(incident_reports, "report_id"))
    publisher = texts(incident_reports, "publisher").str.strip()
    publisher = publisher.where(publisher != "", source)
    named["source"], named["publisher"] = (who.to_numpy()[named["row"]] for who in (source, publisher))
    named = named[named["incident_id"] != ""]

    rows = []
    for (incident, field), part in named.groupby(["incident_id", "field"]):
        distinct = set(part["value"])
        if field == "device" and distinct & _KINDS_OF_MINE:
            distinct -= {"mine"}
        if len(distinct) < 2:
            continue
        part = part[part["value"].isin(distinct)]
        number = field in COUNTS
        values = sorted(distinct, key=int) if number else sorted(distinct)
        told = [",".join(sorted(set(part.loc[part["value"] == value, "source"]))) for value in values]
        rows.append(
            {
                "incident_id": incident,
                "field": field,
                "values": ";".join(values),
                "low": int(values[0]) if number else pd.NA,
                "high": int(values[-1]) if number else pd.NA,
                "n_sources": part["publisher"].nunique(),
                "sources": ";".join(told),
            }
        )
    names = ["incident_id", "field", "values", "low", "high", "n_sources", "sources"]
    result = pd.DataFrame(rows, columns=names)
    if incidents is not None:
        need(incidents, ["incident_id"], "incidents")
        chosen = _stated(incidents, "incidents", "incident_id", "date").drop_duplicates(["incident_id", "field"])
        chosen["field"] = chosen["field"].replace("date", "reported_date")
        chosen = chosen.rename(columns={"value": "chosen"})[["incident_id", "field", "chosen"]]
        notes = pd.DataFrame({"incident_id": texts(incidents, "incident_id"), "note": texts(incidents, "note")})
        result = result.merge(chosen, how="left", on=["incident_id", "field"])
        result = result.merge(notes.drop_duplicates("incident_id"), how="left", on="incident_id")
        result[["chosen", "note"]] = result[["chosen", "note"]].fillna("")
    whole = ["low", "high", "n_sources"]
    return result.astype({name: "Int64" if name in whole else "string" for name in result.columns})


def _stated(table: pd.DataFrame, name: str, key: str, date: str) -> pd.DataFrame:
    """Every known value of every field as text: columns `row, incident_id, field, value`."""
    columns: dict[str, pd.Series] = {}
    if date in table.columns:
        day = dates(table, date, name=name, key=key)
        exact = texts(table, "date_precision").isin(["", "day"]) & day.notna()
        columns[date] = day.dt.strftime("%Y-%m-%d").where(exact, "")
    for word in _WORDS:
        columns[word] = texts(table, word).str.strip()
    device = texts(table, "device").str.strip()
    columns["device"] = device.where(device != "unknown", "")
    for count in COUNTS:
        columns[count] = pd.Series([f"{x:.0f}" if x == x else "" for x in counts(table, count, name=name, key=key)])
    ids = texts(table, "incident_id").str.strip().to_numpy()
    parts = []
    for field, values in columns.items():
        values = values.to_numpy(dtype=object)
        known = (values != "").nonzero()[0]
        parts.append(pd.DataFrame({"row": known, "incident_id": ids[known], "field": field, "value": values[known]}))
    return pd.concat(parts, ignore_index=True)
