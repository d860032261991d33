"""A register into the tables: the rows that are its content, each field read, each figure checked."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pandas as pd

from minestats.errors import ParameterError
from minestats.periods import last_day
from minestats.registers import expect, rows
from minestats.registers import outputs as tables_of
from minestats.registers import vocabulary as v
from minestats.registers.dates import Timing
from minestats.registers.findings import Findings
from minestats.registers.mapping import Field, RegisterMapping
from minestats.registers.opening import check_doubles, default_fields, read_all
from minestats.registers.register import Register, check_columns, shaped, wide_columns
from minestats.registers.work import Work, clean


@dataclass
class Conversion:
    """What became of a register: its tables, its findings, and what is recorded of the way."""

    mapping: RegisterMapping
    tables: dict[str, pd.DataFrame]
    findings: Findings
    report: dict = field(default_factory=dict)


def convert_register(path: Path, mapping: RegisterMapping) -> Conversion:
    """Return the tables of a register; see `minestats.adapt.convert`."""
    if not path.is_file() and not (path.is_dir() and mapping.source.get("files")):
        raise ParameterError(f"`path` '{path}' is no file; give the register's file. [register-missing]")
    findings = Findings(path.name, mapping.accept)
    register = read_all(path, mapping.source, mapping.columns, findings)
    mapping = _with_defaults(mapping, register, findings)
    check_columns(register, mapping.columns, findings)
    findings.stop()
    used = {register.at(name) for name in mapping.columns}
    rows.personal_columns(register, mapping, used, findings)
    findings.stop()
    dropped: dict[str, int] = {}
    counted = [one for name, one in mapping.fields.items() if name in (*v.COUNTS, *v.AREAS)]
    figures = {register.find(name) for one in counted for name in one.columns}
    for i, row in register.merged.items():
        if i in figures:
            findings.say("merged-figure", column=register.headers[i], row=row)
    apart = used | register.personal | {register.find(name) for name in wide_columns(mapping.wide, register)}
    unused = [header for i, header in enumerate(register.headers) if i not in apart]
    register = shaped(register, mapping, dropped, findings)
    findings.stop()
    read = len(register) + sum(dropped.values())
    used = {register.at(name) for name in mapping.columns}
    if mapping.date:
        _check_date_column(register, mapping, used, findings)
    work = Work(register, mapping, findings)
    keep = rows.take_totals(work, dropped)
    rows.look_for_totals(work)
    records = rows.look_for_lines(work)
    if (lines := int((keep & ~records).sum())) > 0:
        dropped["nothing but one cell"] = lines
    keep &= records
    findings.stop()
    work = work.take(keep)
    keep = rows.filtered(work, dropped)
    work.case_ids = _case_ids(work)
    work = work.take(keep)
    if "id" not in mapping.fields:
        rows.repeated(work)
    own, keep = rows.ids(work, dropped)
    work, own = work.take(keep), own[keep]
    build = {name: getattr(tables_of, name) for name in v.ROW_OF}
    tables, people_written = build[mapping.table](work, own, dropped, path)
    findings.stop()
    written = people_written if people_written is not None else len(tables[mapping.table])
    gone = sum(dropped.values())
    if written + gone != read:
        findings.say("rows-lost", read=read, written=written, gone=gone)
    frame = tables[mapping.table]
    results = expect.results(mapping.table, frame, mapping.expect)
    for result in results:
        if not result["met"]:
            findings.say("expect-missed", sentence=result["said"], value=str(result["here"]))
    findings.finish()
    for reason, count in dropped.items():
        findings.say("rows-left-out", reason=reason, rows=count)
    if unused:
        some = ", ".join(unused[:20]) + (f" and {len(unused) - 20:,} more" if len(unused) > 20 else "")
        findings.say("columns-not-used", some=some)
    tables["sources"] = _sources(mapping, frame)
    report = _report(register, mapping, read, written, dropped, unused, findings, results, frame)
    return Conversion(
        mapping, {name: tables[name] for name in (mapping.table, "sources", "districts")}, findings, report
    )


def _case_ids(work: Work) -> set[str]:
    """The ids of all cases, where a table of their people is linked."""
    if not work.mapping.persons or "id" not in work.fields or not work.fields["id"].column:
        return set()
    cells = work.cells(work.fields["id"].column)
    return {clean(text) for text in cells.texts[cells.known]}


def _with_defaults(mapping: RegisterMapping, register: Register, findings: Findings) -> RegisterMapping:
    """The mapping, with what the HXL tags say where it leaves fields or dates open."""
    if mapping.source.get("format") != "hxl":
        if not mapping.date and mapping.table not in ("estimates", "hazardous_areas"):
            raise ParameterError("mapping: [date] is missing: column, or year (month, day), or start and end")
        return mapping
    check_doubles(register, findings)
    findings.stop()
    fields, date = default_fields(register.tags)
    if not mapping.fields:
        if mapping.table != "incidents" or mapping.row != "incident":
            raise ParameterError("mapping: [fields] is missing; tags stand for fields only where a row is an incident")
        mapping.fields = {
            name: Field(name, sum=given["sum"]) if isinstance(given, dict) else Field(name, str(given))
            for name, given in fields.items()
        }
    if not any(key in mapping.date for key in ("column", "year", "start")):
        if not date:
            findings.halt("no-date-tag")
        mapping.date = {**mapping.date, **date}
    return mapping


def _check_date_column(register: Register, mapping: RegisterMapping, used: set[int], findings: Findings) -> None:
    """Refuse a date column that is empty while another column holds dates."""
    work = Work(register, mapping, Findings(findings.table))
    name = next(mapping.date[key] for key in ("column", "year", "start") if key in mapping.date)
    cells = work.cells(name)
    column, header = cells.column, cells.header
    if cells.known.any() or not len(column):
        return
    for i, other in enumerate(register.columns):
        if i in used or i in register.personal:
            continue
        texts = [text for text in other.texts if text.strip()]
        dated = sum(bool(Timing.LOOKS.match(text.strip())) for text in texts[:2000])
        if texts and dated >= 0.8 * len(texts[:2000]):
            findings.say("date-empty", column=header, other=register.headers[i], rows=len(column))
            return


def _sources(mapping: RegisterMapping, frame: pd.DataFrame) -> pd.DataFrame:
    register = dict(mapping.register)
    if mapping.row == "work" and register.get("complete_until"):
        register.setdefault("covered_from", frame["period_start"].min())
        register["covered_until"] = last_day(register["complete_until"])
    notes = [f"licence: {register['licence']}"] if register.get("licence") else []
    if register.get("complete"):
        notes.append("complete: the sum of its places is the country's")
    days = ("published", "covered_from", "covered_until")
    told = {key: pd.Series([register[key]], dtype="datetime64[us]") for key in days if register.get(key)}
    told["note"] = pd.Series(["; ".join(notes) or None], dtype="string")
    told |= {"source_id": pd.Series([register["id"]]), "publisher": register["publisher"]}
    return tables_of.frame("sources", told | {key: register.get(key) for key in ("language", "url")})


def _report(register, mapping, read, written, dropped, unused, findings, results, frame) -> dict:
    years = frame[expect.DATE_OF[mapping.table]].to_numpy().astype("datetime64[Y]")
    fine = ~np.isnat(years)
    place, unique = pd.factorize(years[fine].astype(np.int64) + 1970, sort=True)
    totals = {"rows": np.bincount(place, minlength=len(unique))}
    for name in ("killed", "injured", "victims", "area_ha", "items_total"):
        if name in frame:
            values = frame[name].to_numpy(dtype=float, na_value=0.0)[fine]
            totals[name] = np.bincount(place, weights=values, minlength=len(unique))
    return {
        "id": mapping.id,
        "table": mapping.table,
        "file": register.name,
        "sha256": register.sha256,
        "rows_read": read,
        "written": written,
        "table_rows": len(frame),
        "dropped": dropped,
        "columns_not_used": unused,
        "repairs": [{"said": item.said, "rows": item.rows} for item in findings.items if item.severity == "repair"],
        "warnings": [{"said": item.said, "rows": item.rows} for item in findings.items if item.severity == "warning"],
        "expectations": [
            {key: result[key] for key in ("label", "quantity", "published", "here", "tolerance", "source")}
            for result in results
        ],
        "years": {
            str(year): {name: round(float(values[i]), 6) for name, values in totals.items()}
            for i, year in enumerate(unique)
        },
    }


__all__ = ["convert", "read_hxl"]


def convert(path: str | os.PathLike, mapping: str | os.PathLike | Mapping) -> dict[str, pd.DataFrame]:
    """Convert a register to the tables, by its mapping.

    The register is read as it is written: no row falls out unless the mapping says why, a word that the mapping
    does not list stops the work, and totals that were published (`[[expect]]`) must be met.

    Parameters
    ----------
    path : str or Path
        The register: .csv, .tsv, .xlsx, .parquet, .geojson, or HXL (`[source] format = "hxl"`).
    mapping : str, Path or dict
        The mapping file (TOML), or the same as a dict. `minestats new DIR` writes one that explains every key; the
        folder `mappings` holds some that work.

    Returns
    -------
    dict of str to DataFrame
        The table that the mapping names (`incidents`, `clearance`, `victim_totals`, `estimates`, `hazardous_areas`),
        typed as `load` gives it: counts Int64 (persons, items), areas Float64 (ha), dates datetime64[us], text string;
        unknown is missing. `sources`: one row, the register. `districts`: one row each, with aliases, code where there
        is one, and the median point of its rows in degrees. `problems`: table, row (as in a spreadsheet), row_id,
        column, value,
        severity ("warning" or "repair"), rule, remedy; its `attrs["conversion"]` holds the account: rows read, written,
        and dropped by reason; repairs, expectations, SHA-256 of the file.

    Raises
    ------
    ParameterError
        The mapping is wrong: an unknown key, field or word (the nearest allowed is named), or a missing one; the
        file does not exist. Said before the register is opened.
    DataError
        The register has errors. One exception names all of them; `error.problems` holds each.

    Notes
    -----
    A register of people gives rows that are people (`row_is` is "victim"; `killed` and `injured` are 0 or 1), unless
    `[fields] incident` joins those of one explosion. Such rows must not be counted as incidents.
    `women` are adult females; unknown age or sex leaves `women`, unknown age `children` empty. `date` is the first day
    of what is known, `date_precision` says what that is; a span takes the month or year that holds it.

    Examples
    --------
    >>> import tempfile, pathlib
    >>> folder = pathlib.Path(tempfile.mkdtemp())
    >>> file = folder / "register.csv"
    >>> _ = file.write_text("year,place,outcome\\n2015,Meta,dead\\n2015,Meta,hurt\\n2016,,hurt\\n")
    >>> mapping = {
    ...     "table": "incidents",
    ...     "row": "victim",
    ...     "register": {"id": "demo", "publisher": "an example", "complete_until": "2016-12"},
    ...     "date": {"year": "year"},
    ...     "fields": {"district": "place", "outcome": "outcome"},
    ...     "values": {"outcome": {"dead": "killed", "hurt": "injured"}},
    ... }
    >>> tables = convert(file, mapping)
    >>> tables["incidents"][["incident_id", "date_precision", "district", "killed", "injured"]]
      incident_id date_precision district  killed  injured
    0      demo:2           year     Meta       1        0
    1      demo:3           year     Meta       0        1
    2      demo:4           year     <NA>       0        1
    >>> mapping["values"]["outcome"].pop("hurt")
    'injured'
    >>> convert(file, mapping)
    Traceback (most recent call last):
    minestats.errors.DataError: register.csv: 1 error; nothing was converted
      register.csv: 'hurt' (2 rows) is not in [values.outcome]. Add: hurt = one of 'killed', 'injured', 'unknown'
      [unknown-word]
    """
    from minestats.registers.build import convert_register
    from minestats.registers.mapping import read_mapping

    checked = read_mapping(mapping)
    conversion = convert_register(_path(path), checked)
    problems = conversion.findings.frame()
    problems.attrs["conversion"] = conversion.report
    return {**conversion.tables, "problems": problems}


def read_hxl(path: str | os.PathLike) -> pd.DataFrame:
    """Read a table with HXL tags, its columns typed by their tags.

    The tags say what a column is whatever its header: `#affected+killed` is a count, `#date+start` a date.

    Parameters
    ----------
    path : str or Path
        A .csv or .xlsx file with a row of tags within its first 25 rows; the row above it holds the headers.

    Returns
    -------
    DataFrame
        The headers as column names (a repeated one takes ".1"); `attrs["hxl"]` gives the tag of each tagged column.
        `#date` is datetime64[us] (the first day of a month or year); `#affected`, `#value`, `#geo+lat`, `#geo+lon` and
        whatever has `+num` are Int64 where whole and Float64 otherwise; `+code` stays text (string) as do all
        other tags. Columns without a tag are typed as `pandas.read_csv` would.

    Raises
    ------
    ParameterError
        The file is neither .csv nor .xlsx, or does not exist.
    DataError
        There is no tag row, a tag stands on two columns with different values, or a cell is no number or date.

    Notes
    -----
    A tag is a name and a set of attributes: order, case and spaces do not matter.

    References
    ----------
    .. [1] HXL standard 1.1, https://hxlstandard.org/standard/1-1final/

    Examples
    --------
    >>> import tempfile, pathlib
    >>> file = pathlib.Path(tempfile.mkdtemp()) / "events.csv"
    >>> _ = file.write_text("when,dead,id\\n#date+start,#Affected +killed,\\n2014-01-22,5,7\\n2014-02-01,,8\\n")
    >>> events = read_hxl(file)
    >>> events.dtypes.astype(str).tolist()
    ['datetime64[us]', 'Int64', 'int64']
    >>> events.attrs["hxl"]
    {'when': '#date+start', 'dead': '#Affected +killed'}
    """
    from minestats.registers.opening import read_tagged

    return read_tagged(_path(path))


def _path(path: str | os.PathLike) -> Path:
    if not isinstance(path, str | os.PathLike):
        raise ParameterError(f"`path` must be a file's name, not {type(path).__name__}. [register-missing]")
    result = Path(path)
    if not result.exists():
        raise ParameterError(f"`path` '{result}' is no file. [register-missing]")
    return result
