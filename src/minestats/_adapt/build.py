"""A register into the tables: the rows that are its content, each field read, each figure checked."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pandas as pd

from minestats._adapt import checks, expect, people, places, rows
from minestats._adapt import vocabulary as v
from minestats._adapt.coded import strings
from minestats._adapt.findings import Findings, rows_of
from minestats._adapt.hxl import check_doubles, default_fields
from minestats._adapt.mapping import Field, RegisterMapping
from minestats._adapt.reading import Register, check_columns, read_register
from minestats._adapt.timing import PRECISIONS, Timing
from minestats._adapt.work import Work
from minestats.errors import ParameterError
from minestats.schema import DTYPES, TABLES


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
    if not keep.all():
        work = Work(work.register.take(keep), mapping, findings)
    if "id" not in mapping.fields:
        rows.repeated(work)
    own, keep = rows.ids(work, dropped)
    if not keep.all():
        work, own = Work(work.register.take(keep), mapping, findings), own[keep]
    build = {"incidents": _incidents, "clearance": _clearance, "victim_totals": _totals, "estimates": _estimates}
    tables, people_written = build[mapping.table](work, own, dropped, path)
    findings.stop()
    written = people_written if people_written is not None else len(tables[mapping.table])
    total = written + sum(dropped.values())
    persons_read = work.__dict__.get("persons_read")
    expected = persons_read if persons_read is not None else read
    if total != expected and not findings.errors:
        findings.error("conservation", f"{expected:,} rows read, {written:,} written and {total - written:,} dropped")
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


# ---------------------------------------------------------------- tables


def _incidents(work: Work, own: np.ndarray, dropped: dict, path: Path):
    mapping, findings = work.mapping, work.findings
    timing = Timing(work).single()
    names, row_district, table = places.districts(work)
    table = places.set_places(table, row_district, places.coordinates(work))
    data: dict[str, object] = {
        "incident_id": _ids(mapping.id, own, work.rows),
        **timing.incident_columns(),
        "district": strings(names, row_district),
        "settlement": places.settlements(work),
        **{name: _word_series(work, name) for name in ("device", "activity", "side")},
        "row_is": "victim" if mapping.row == "victim" else "incident",
        "source_id": mapping.id,
        "note": work.series("note"),
    }
    written = None
    if mapping.row == "victim":
        persons = people.People(work)
        if "incident" in mapping.fields:
            written = work.size
            data = _grouped(work, data, persons, row_district, timing)
        else:
            data.update(people.by_person(persons))
            for name in ("status", "sex", "age_group"):
                if name in mapping.fields or (name == "age_group" and "age" in mapping.fields):
                    data[name] = persons.text(name)
    else:
        figures = {name: values for name in (*v.PEOPLE, *v.BOUNDS) if (values := work.numbers(name)) is not None}
        broken = checks.identities(figures, work.rows, findings)
        data.update({name: _counts(values) for name, values in figures.items() if name not in v.BOUNDS})
        data["note"] = _doubtful(data["note"], broken, work.size)
        if any(field in work.rounded for field in figures):
            data["rounded"] = _rounded(work, list(figures))
        if mapping.persons:
            _with_persons(work, data, own, figures, path)
    checks.coverage(
        data["date"].to_numpy() if isinstance(data["date"], pd.Series) else data["date"],
        timing.parts.precision,
        mapping.register.get("complete_until"),
        findings,
    )
    return {"incidents": _frame("incidents", data), "districts": table}, written


def _grouped(work: Work, data: dict, persons: people.People, row_district: np.ndarray, timing) -> dict:
    """One row for each explosion, from its people."""
    column, known, header = work.column(work.fields["incident"].column)
    texts = np.array([" ".join(text.split()) for text in column.texts], dtype=object)
    keys = np.where(known, texts, "")[column.codes]
    alone = keys == ""
    if alone.any():
        work.findings.warn(
            "incident",
            f"column '{header}': {rows_of(int(alone.sum()))} name no incident; each is kept as one of its own "
            f"(first: row {work.rows[np.argmax(alone)]})",
            column=header,
            rows=int(alone.sum()),
        )
        keys = np.where(alone, np.char.add("row ", work.rows.astype(str)).astype(object), keys)
    group, unique = pd.factorize(keys)
    first = np.full(len(unique), -1, dtype=np.int64)
    first[group[::-1]] = np.arange(work.size)[::-1]
    _check_same(work, group, len(unique), "date", timing.parts.dates(), np.isnat(timing.parts.dates()), unique)
    _check_same(work, group, len(unique), "district", row_district, row_district < 0, unique)
    result = {}
    for name, values in data.items():
        if isinstance(values, str) or values is None:
            result[name] = values
            continue
        series = pd.Series(values)
        # the first row of the incident that says it, not the first row
        result[name] = series.groupby(group, sort=False).first().reindex(range(len(unique))).reset_index(drop=True)
    lone = np.zeros(len(unique), dtype=bool)
    lone[group[alone]] = True
    result["incident_id"] = _ids(work.mapping.id, np.where(lone, "", unique.astype(object)), work.rows[first])
    parts = timing.parts
    chosen = pd.Series(np.where(parts.precision < 3, np.arange(work.size), np.nan)).groupby(group).first()
    place = np.where(chosen.isna(), first, chosen.fillna(0)).astype(int)
    for name in ("date", "date_precision", "date_basis"):
        result[name] = pd.Series(data[name]).iloc[place].reset_index(drop=True)
    result.update(people.by_group(persons, group, len(unique)))
    result["row_is"] = "incident"
    return result


def _check_same(work, group, size, name, values, unknown, keys) -> None:
    frame = pd.DataFrame({"g": group, "x": values})[~unknown]
    spread = frame.groupby("g")["x"].nunique()
    wrong = spread[spread > 1]
    if len(wrong):
        g = int(wrong.index[0])
        members = work.rows[group == g]
        work.findings.error(
            "incident differs",
            f"{len(wrong):,} incidents whose people have different values of {name} (first: '{keys[g]}', rows "
            f"{members[0]} to {members[-1]})",
            "Correct [fields] incident. Else [[accept]] rule = 'incident differs'; the first is then taken",
            row=members[0],
            column=name,
            rows=len(wrong),
        )


def _with_persons(work: Work, data: dict, own: np.ndarray, figures: dict, path: Path) -> None:
    """Take the counts of the incidents from the people of the linked table."""
    persons, findings = work.mapping.persons, work.findings
    if "id" not in work.fields:
        raise ParameterError("mapping: [persons] needs [fields] id, the case's id")
    file = path
    if "file" in persons:
        options = [path.parent / persons["file"]]
        if work.mapping.folder is not None:
            options.append(work.mapping.folder / persons["file"])
        file = next((option for option in options if option.is_file()), None)
        if file is None:
            raise ParameterError(f"mapping: [persons] file '{persons['file']}' is not beside the register.")
    fields = persons["fields"]
    wanted = [persons["key"], *(name for one in fields.values() for name in one.columns)]
    source = {key: value for key, value in work.mapping.source.items() if key not in ("format", "header_row", "sheet")}
    own_findings = Findings(file.name, findings.accepted, findings.items, findings.used)
    register = read_register(file, source, wanted, own_findings, sheet=persons.get("sheet", ""))
    check_columns(register, wanted, own_findings)
    findings.stop()
    rows.personal_columns(register, work.mapping, {register.find(name) for name in wanted}, own_findings)
    findings.stop()
    written = work.mapping.raw["persons"].get("values", {})
    people_work = Work(register, work.mapping, own_findings, fields, persons["values"], written)
    counted = people.People(people_work)
    column, known, header = people_work.column(persons["key"])
    place = {key: i for i, key in enumerate(own) if key}
    keys = [" ".join(text.split()) for text in column.texts]
    group = np.array([place.get(key, -1) if fine else -1 for key, fine in zip(keys, known, strict=True)] or [0])
    group = group[column.codes].astype(np.int64)
    orphans = group < 0
    if orphans.any():
        i = int(np.argmax(orphans))
        own_findings.error(
            "orphans",
            f"column '{header}': {rows_of(int(orphans.sum()))} of people whose case is not among the cases kept "
            f"(first: row {register.rows[i]})",
            "correct the key, or [[accept]] rule = 'orphans'",
            row=register.rows[i],
            column=header,
            rows=int(orphans.sum()),
        )
    size = work.size
    given = np.bincount(group[~orphans], minlength=size)
    without = given == 0
    if without.any():
        i = int(np.argmax(without))
        findings.warn(
            "people",
            f"{rows_of(int(without.sum()))} are cases without people in '{file.name}'; their counts are left as the "
            f"case states them (first: row {work.rows[i]})",
            rows=int(without.sum()),
        )
    if "victims" in figures:
        stated = figures["victims"]
        wrong = ~np.isnan(stated) & (stated != given) & ~without
        if wrong.any():
            i = int(np.argmax(wrong))
            findings.error(
                "people != victims",
                f"{rows_of(int(wrong.sum()))}: people != victims (first: row {work.rows[i]}, {given[i]} != "
                f"{stated[i]:g}).",
                "Correct the tables, or [[accept]] rule = 'people != victims'",
                row=work.rows[i],
                rows=int(wrong.sum()),
            )
    for name, series in people.by_group(counted, group, size).items():
        before = data.get(name)
        data[name] = series if before is None else series.where(~without, pd.Series(before))


def _clearance(work: Work, own: np.ndarray, dropped: dict, path: Path):
    work, own, figures = _with_figures(work, own, dropped, (*v.ITEMS, "area", "area_ha"), "no figure")
    timing = Timing(work).period(required=True)
    names, row_district, table = places.districts(work)
    table = places.set_places(table, row_district, places.coordinates(work))
    broken = checks.identities(figures, work.rows, work.findings)
    data = {
        "statement_id": _ids(work.mapping.id, own, work.rows),
        "period_start": timing.start,
        "period_end": timing.end,
        "period_type": _word_series(work, "period_type"),
        "start_precision": timing.precision,
        "date_basis": "stated",
        "district": strings(names, row_district),
        **{name: _word_series(work, name) for name in ("operator", "operator_stated", "authority")},
        "districts_listed": work.series("districts_listed"),
        "source_id": work.mapping.id,
        "note": _doubtful(work.series("note"), broken, work.size),
        **{name: _counts(values) for name, values in figures.items() if name in v.ITEMS},
    }
    if data["period_type"] is None:
        data["period_type"] = timing.kinds()
    for name in ("area", "area_ha"):
        if name in figures:
            spec = work.fields[name]
            square = spec.dunum_m2 or v.AREA_M2[spec.unit]
            values = figures[name] if square == 10_000 else np.round(figures[name] * square / 10_000, 8)
            data["area_ha"] = _floats(values)
    data["rounded"] = _rounded(work, list(figures))
    if data["districts_listed"] is not None:
        table = _listed_districts(data["districts_listed"], table)
    data["operator"] = _required(work, data["operator"], "operator")
    return {"clearance": _frame("clearance", data), "districts": table}, None


def _totals(work: Work, own: np.ndarray, dropped: dict, path: Path):
    figures = {n: values for n in (*v.PEOPLE, "journalists_killed") if (values := work.numbers(n)) is not None}
    timing = Timing(work).period()
    broken = checks.identities(figures, work.rows, work.findings)
    span = _word_series(work, "span")
    data = {
        "total_id": _ids(work.mapping.id, own, work.rows),
        "since": timing.since,
        "since_precision": timing.since_precision,
        "as_of": timing.end,
        "as_of_precision": timing.precision,
        "scope": _required(work, _word_series(work, "scope"), "scope"),
        "span": timing.spans() if span is None else span,
        "authority": _required(work, _word_series(work, "authority"), "authority"),
        "rounded": _rounded(work, list(figures)),
        "date_basis": timing.basis,
        "source_id": work.mapping.id,
        "note": _doubtful(work.series("note"), broken, work.size),
        **{name: _counts(values) for name, values in figures.items()},
    }
    return {"victim_totals": _frame("victim_totals", data), "districts": places.districts(work)[2]}, None


def _estimates(work: Work, own: np.ndarray, dropped: dict, path: Path):
    work, own, figures = _with_figures(work, own, dropped, ("value",), "no value")
    for name in ("value_high", "of_total"):
        if name in work.fields:
            figures[name] = work.numbers(name)
    broken = checks.identities(figures, work.rows, work.findings)
    timing = Timing(work).period() if work.mapping.date else None
    names, row_district, table = places.districts(work)
    table = places.set_places(table, row_district, places.coordinates(work))
    data = {
        "estimate_id": _ids(work.mapping.id, own, work.rows),
        **{name: _required(work, _word_series(work, name), name) for name in ("metric", "unit")},
        **{name: _floats(values) for name, values in figures.items()},
        "district": strings(names, row_district),
        "place": work.series("place"),
        "authority": _word_series(work, "authority"),
        "rounded": _rounded(work, list(figures)),
        "source_id": work.mapping.id,
        "note": _doubtful(work.series("note"), broken, work.size),
    }
    if timing is not None:
        data |= {
            "since": timing.since,
            "as_of": timing.end,
            "as_of_precision": timing.precision,
            "date_basis": timing.basis,
        }
    return {"estimates": _frame("estimates", data), "districts": table}, None


# ---------------------------------------------------------------- parts of tables


def _with_figures(work: Work, own: np.ndarray, dropped: dict, names, reason: str):
    """The figures of the rows, without the rows that state none, which are counted."""
    figures = {name: values for name in names if (values := work.numbers(name)) is not None}
    none = np.ones(work.size, dtype=bool)
    for values in figures.values():
        none &= np.isnan(values)
    if work.findings.errors or not none.any():
        return work, own, figures
    dropped[reason] = int(none.sum())
    work.findings.warn(
        reason,
        f"{rows_of(int(none.sum()))} left out: they state {reason} (first: row {work.rows[np.argmax(none)]})",
        rows=int(none.sum()),
    )
    keep = ~none
    smaller = Work(work.register.take(keep), work.mapping, work.findings)
    smaller.rounded = {name: values[keep] for name, values in work.rounded.items()}
    return smaller, own[keep], {name: values[keep] for name, values in figures.items()}


def _ids(register: str, own: np.ndarray, numbers: np.ndarray) -> pd.Series:
    """Ids that begin with the register's: with its own id of the row, else with the number of the row."""
    tail = pd.Series(numbers).astype("string")
    has = own != ""
    if has.any():
        tail = pd.Series(own, dtype="string").where(has, "row " + tail)
    return f"{register}:" + tail


def _word_series(work: Work, name: str) -> pd.Series | None:
    found = work.words(name)
    return None if found is None else strings(*found)


def _required(work: Work, series: pd.Series | None, name: str) -> pd.Series:
    """A column that may not be empty: with the word for what is not stated, said once; an error where there is none."""
    if series is None:
        series = pd.Series(pd.array([None] * work.size, dtype="string"))
    missing = series.isna().to_numpy(dtype=bool)
    if not missing.any() or work.findings.errors:
        return series
    count, i = int(missing.sum()), int(np.argmax(missing))
    instead = v.UNSTATED.get(name)
    if instead is None:
        work.findings.error(
            "required",
            f"{name} is not known in {rows_of(count)} (first: row {work.rows[i]})",
            f"[values.{name}], or a constant: {name} = {{ value = ... }}",
            row=work.rows[i],
            column=name,
            rows=count,
        )
        return series
    work.findings.warn(
        "not stated",
        f"{name} is not stated in {rows_of(count)}; taken as '{instead}'",
        f"or map it: {name} = {{ value = ... }}",
        column=name,
        rows=count,
    )
    return series.fillna(instead)


def _counts(values: np.ndarray) -> pd.Series:
    unknown = np.isnan(values)
    return people.integers(np.where(unknown, 0, values), unknown)


def _floats(values: np.ndarray) -> pd.Series:
    unknown = np.isnan(values)
    return pd.Series(pd.arrays.FloatingArray(np.where(unknown, 0.0, values), unknown))


def _rounded(work: Work, names: list[str]) -> pd.Series | None:
    said = np.full(work.size, "", dtype=object)
    mapped = work.words("rounded") if "rounded" in work.fields else None
    if mapped is not None:
        words, codes = mapped
        said = np.append(words, "")[codes]
    for name in names:
        if name in work.rounded:
            said = np.where(said == "", work.rounded[name], said)
    return pd.Series(said, dtype="string").mask(pd.Series(said == "")) if (said != "").any() else None


def _doubtful(note: pd.Series | None, broken: np.ndarray, size: int) -> pd.Series | None:
    """Notes that call a contradiction of the register by its name, so that it stays visible."""
    marked = broken != ""
    if not marked.any():
        return note
    before = pd.Series([""] * size, dtype="string") if note is None else note.fillna("")
    text = "doubtful: " + pd.Series(broken, dtype="string") + (". " + before).where(before != "", "")
    return text.where(pd.Series(marked), before).replace("", pd.NA)


def _listed_districts(listed: pd.Series, table: pd.DataFrame) -> pd.DataFrame:
    names = {name.strip() for cell in listed.dropna() for name in cell.split(";") if name.strip()}
    more = sorted(names - set(table["district"]))
    extra = pd.DataFrame({"district": pd.array(more, dtype="string")})
    return pd.concat([table, extra], ignore_index=True).sort_values("district", ignore_index=True)


def _frame(name: str, data: dict) -> pd.DataFrame:
    """The table in the order and with the types of its description; optional columns only where they say something."""
    table = TABLES[name]
    size = len(data[table.key])
    index = pd.RangeIndex(size)
    columns = {}
    for column in table.columns:
        values = data.get(column.name)
        if values is None:
            if not column.optional:
                columns[column.name] = pd.Series(index=index, dtype=column.dtype)
            continue
        if isinstance(values, str):
            values = strings([values], np.zeros(size, dtype=np.int8))
        series = pd.Series(values) if not isinstance(values, pd.Series) else values
        series.index = index
        columns[column.name] = series if str(series.dtype) == column.dtype else series.astype(DTYPES[column.kind])
    return pd.DataFrame(columns, copy=False)


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


__all__ = ["PRECISIONS", "Conversion", "convert_register"]
