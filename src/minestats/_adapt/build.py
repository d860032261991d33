"""A register into the tables: the rows that are its content, each field read, each figure checked."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pandas as pd

from minestats._adapt import expect, rows
from minestats._adapt import tables as tables_of
from minestats._adapt import vocabulary as v
from minestats._adapt.findings import Findings, rows_of
from minestats._adapt.hxl import check_doubles, default_fields
from minestats._adapt.mapping import Field, RegisterMapping
from minestats._adapt.reading import Register, check_columns, read_register
from minestats._adapt.timing import Timing
from minestats._adapt.work import Work
from minestats.errors import ParameterError


@dataclass
class Conversion:
    """What became of a register: its tables, its findings, and what is recorded of the way."""

    mapping: RegisterMapping
    tables: dict[str, pd.DataFrame]
    findings: Findings
    report: dict = field(default_factory=dict)


def convert_register(path: Path, mapping: RegisterMapping) -> Conversion:
    """Return the tables of a register; see `minestats.adapt.convert`."""
    if not path.is_file():
        raise ParameterError(f"`path` '{path}' is no file; give the register's file.")
    findings = Findings(path.name, mapping.accept)
    wanted = _wanted(mapping)
    register = read_register(path, mapping.source, wanted, findings)
    mapping = _with_defaults(mapping, register, findings)
    wanted = _wanted(mapping)
    check_columns(register, wanted, findings)
    findings.stop()
    read = len(register)
    used = {register.find(name) for name in wanted}
    rows.personal_columns(register, mapping, used, findings)
    findings.stop()
    if mapping.date:
        _check_date_column(register, mapping, used, findings)
    dropped: dict[str, int] = {}
    work = Work(register, mapping, findings)
    keep = rows.take_totals(work, dropped)
    rows.look_for_totals(work)
    findings.stop()
    work = Work(register.take(keep) if not keep.all() else register, mapping, findings)
    keep = rows.filtered(work, dropped)
    case_ids = _case_ids(work)
    if not keep.all():
        work = Work(work.register.take(keep), mapping, findings)
    if "id" not in mapping.fields:
        rows.repeated(work)
    own, keep = rows.ids(work, dropped)
    if not keep.all():
        work, own = Work(work.register.take(keep), mapping, findings), own[keep]
    work.case_ids = case_ids
    build = {name: getattr(tables_of, name) for name in v.ROW_OF}
    tables, people_written = build[mapping.table](work, own, dropped, path)
    findings.stop()
    written = people_written if people_written is not None else len(tables[mapping.table])
    total = written + sum(dropped.values())
    if total != read:
        findings.error("conservation", f"{read:,} rows read, {written:,} written and {total - written:,} dropped")
    frame = tables[mapping.table]
    results = expect.results(mapping.table, frame, mapping.expect)
    for result in results:
        if not result["met"]:
            findings.error("expect", result["said"], value=str(result["here"]))
    findings.finish()
    for reason, count in dropped.items():
        findings.repair("dropped", f"{rows_of(count)} left out: {reason}", rows=count)
    unused = [h for i, h in enumerate(register.headers) if i not in used and i not in register.personal]
    if unused:
        findings.warn("not used", f"columns not used: {', '.join(unused)}")
    tables["sources"] = _sources(mapping)
    report = _report(register, mapping, read, written, dropped, unused, findings, results, frame)
    return Conversion(
        mapping, {name: tables[name] for name in (mapping.table, "sources", "districts")}, findings, report
    )


def _case_ids(work: Work) -> set[str]:
    """The ids of all cases, where a table of their people is linked."""
    if not work.mapping.persons or "id" not in work.fields or not work.fields["id"].column:
        return set()
    column, known, _ = work.column(work.fields["id"].column)
    return {" ".join(text.split()) for text, fine in zip(column.texts, known, strict=True) if fine}


def _wanted(mapping: RegisterMapping) -> list[str]:
    names = []
    for one in mapping.fields.values():
        names += one.columns + ([one.within] if one.within else [])
    names += [entry["column"] for entry in mapping.filters]
    names += [mapping.date[key] for key in Timing.COLUMNS if key in mapping.date]
    if "totals" in mapping.rows:
        names.append(mapping.rows["totals"]["column"])
    return list(dict.fromkeys(names))


def _with_defaults(mapping: RegisterMapping, register: Register, findings: Findings) -> RegisterMapping:
    """The mapping, with what the HXL tags say where it leaves fields or dates open."""
    if mapping.source.get("format") != "hxl":
        if not mapping.date and mapping.table != "estimates":
            raise ParameterError("mapping: [date] is missing: column, or year (month, day), or start and end")
        return mapping

    def same(one: int, other: int) -> bool:
        first, second = register.columns[one], register.columns[other]
        return bool((first.spread(first.texts) == second.spread(second.texts)).all())

    for sentence in check_doubles(register.tags, register.headers, same):
        findings.error("tags", sentence, "delete one, or tell them apart by an attribute")
    findings.stop()
    fields, date = default_fields(register.tags)
    if not mapping.fields:
        if mapping.table != "incidents" or mapping.row != "incident":
            raise ParameterError("mapping: [fields] is missing; tags stand for fields only where a row is an incident")
        mapping.fields = {
            name: Field(name, sum=given["sum"]) if isinstance(given, dict) else Field(name, given)
            for name, given in fields.items()
        }
    if not any(key in mapping.date for key in ("column", "year", "start")):
        if not date:
            findings.error(
                "date", "no tag '#date+occurred', '#date+start' or '#date'", "set [date] column, or start and end"
            )
            findings.stop()
        mapping.date = {**mapping.date, **date}
    return mapping


def _check_date_column(register: Register, mapping: RegisterMapping, used: set[int], findings: Findings) -> None:
    """Refuse a date column that is empty while another column holds dates."""
    work = Work(register, mapping, Findings(findings.table))
    name = next(mapping.date[key] for key in ("column", "year", "start") if key in mapping.date)
    column, known, header = work.column(name)
    if known.any() or not len(column):
        return
    for i, other in enumerate(register.columns):
        if i in used or i in register.personal:
            continue
        texts = [text for text in other.texts if text.strip()]
        dated = sum(bool(Timing.LOOKS.match(text.strip())) for text in texts[:2000])
        if texts and dated >= 0.8 * len(texts[:2000]):
            findings.error(
                "empty date",
                f"column '{header}' is empty in all {rows_of(len(column))}; column '{register.headers[i]}' holds dates",
                "correct [date]",
                column=header,
                rows=len(column),
            )
            return


def _sources(mapping: RegisterMapping) -> pd.DataFrame:
    register = mapping.register
    note = f"licence: {register['licence']}" if register.get("licence") else None
    published = register.get("published")
    row = {
        "source_id": register["id"],
        "publisher": register["publisher"],
        "published": pd.Timestamp(published) if published else pd.NaT,
        "language": register.get("language"),
        "url": register.get("url"),
        "note": note,
    }
    frame = pd.DataFrame({name: [value] for name, value in row.items()})
    return frame.astype({name: "datetime64[us]" if name == "published" else "string" for name in row})


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
