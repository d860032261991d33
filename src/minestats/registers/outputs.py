"""The four tables that a register can become, each from its fields."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd

from minestats.data.schema import DTYPES, TABLES
from minestats.errors import ParameterError
from minestats.registers import expect as checks
from minestats.registers import gazette as places
from minestats.registers import persons as people
from minestats.registers import rows
from minestats.registers import vocabulary as v
from minestats.registers.coded import strings
from minestats.registers.coordinates import coordinates, set_places
from minestats.registers.findings import Findings, rows_of
from minestats.registers.opening import read_register
from minestats.registers.register import check_columns
from minestats.registers.timing import Timing
from minestats.registers.work import Work


def incidents(work: Work, own: np.ndarray, dropped: dict, path: Path):
    mapping, findings = work.mapping, work.findings
    timing = Timing(work).single()
    names, row_district, table = places.districts(work)
    table = set_places(table, row_district, coordinates(work))
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
    people_work = Work(register, work.mapping, own_findings, fields, persons["values"], written, "[persons.values.")
    counted = people.People(people_work)
    column, known, header = people_work.column(persons["key"])
    place = {key: i for i, key in enumerate(own) if key}
    keys = [" ".join(text.split()) for text in column.texts]
    group = np.array([place.get(key, -1) if fine else -1 for key, fine in zip(keys, known, strict=True)] or [0])
    group = group[column.codes].astype(np.int64)
    outside = group < 0
    left_out = outside & np.array([key in work.case_ids for key in keys], dtype=bool)[column.codes]
    if left_out.any():
        count = int(left_out.sum())
        findings.repair("dropped", f"{rows_of(count)} of people left out with their case", column=header, rows=count)
    orphans = outside & ~left_out
    if orphans.any():
        i = int(np.argmax(orphans))
        own_findings.error(
            "orphans",
            f"column '{header}': {rows_of(int(orphans.sum()))} of people whose case is not among the cases "
            f"(first: row {register.rows[i]})",
            "correct the key, or [[accept]] rule = 'orphans'",
            row=register.rows[i],
            column=header,
            rows=int(orphans.sum()),
        )
    size = work.size
    given = np.bincount(group[~outside], minlength=size)
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


def clearance(work: Work, own: np.ndarray, dropped: dict, path: Path):
    work, own, figures = _with_figures(work, own, dropped, (*v.ITEMS, "area", "area_ha"), "no figure")
    timing = Timing(work).period(required=True)
    names, row_district, table = places.districts(work)
    table = set_places(table, row_district, coordinates(work))
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


def victim_totals(work: Work, own: np.ndarray, dropped: dict, path: Path):
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


def estimates(work: Work, own: np.ndarray, dropped: dict, path: Path):
    work, own, figures = _with_figures(work, own, dropped, ("value",), "no value")
    for name in ("value_high", "of_total"):
        if name in work.fields:
            figures[name] = work.numbers(name)
    broken = checks.identities(figures, work.rows, work.findings)
    timing = Timing(work).period() if work.mapping.date else None
    names, row_district, table = places.districts(work)
    table = set_places(table, row_district, coordinates(work))
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
