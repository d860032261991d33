"""The four tables that a register can become, each from its fields."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd

from minestats.data.schema import DTYPES, TABLES
from minestats.errors import ParameterError, fold
from minestats.registers import expect as checks
from minestats.registers import gazette as places
from minestats.registers import persons as people
from minestats.registers import rows
from minestats.registers import vocabulary as v
from minestats.registers.coded import strings
from minestats.registers.coordinates import areas, coordinates, set_places
from minestats.registers.findings import Findings
from minestats.registers.opening import read_register
from minestats.registers.questions import look_for_counts, look_for_running_totals, look_for_work
from minestats.registers.register import check_columns
from minestats.registers.shape import made_columns
from minestats.registers.timing import Timing
from minestats.registers.work import Work, clean


def incidents(work: Work, own: np.ndarray, dropped: dict, path: Path):
    mapping, findings = work.mapping, work.findings
    timing = Timing(work).single()
    names, row_district, table = places.districts(work)
    table = set_places(table, row_district, coordinates(work))
    data: dict[str, object] = {
        "incident_id": _ids(work, own),
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
            data.update(persons.stated("status", "sex", "age_group"))
    else:
        figures = {
            name: values
            for name in (*v.PEOPLE, "outcome_unknown", *v.BOUNDS)
            if (values := work.numbers(name)) is not None
        }
        broken = checks.identities(figures, work.rows, findings)
        _outcome_unknown(work, figures)
        look_for_running_totals(work, figures, timing)
        look_for_counts(work, figures, timing, row_district)
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
    cells = work.cells(work.fields["incident"].column)
    texts = np.array([clean(text) for text in cells.texts], dtype=object)
    keys = cells.column.spread(np.where(cells.known, texts, ""))
    alone = keys == ""
    work.say("no-incident", alone, column=cells.header)
    if alone.any():
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
    result["incident_id"] = _ids(work, np.where(lone, "", unique.astype(object)), first)
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
        facts = {"row": members[0], "last": members[-1], "key": keys[g], "rows": len(wrong)}
        work.findings.say("incident-differs", incidents=len(wrong), column=name, **facts)


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
    own_file = ("format", "header_row", "header_rows", "sheet", "sheets", "files", "fill_down")
    source = {key: value for key, value in work.mapping.source.items() if key not in own_file} | persons["source"]
    own_findings = Findings(file.name, findings.accepted, findings.items, findings.used)
    register = read_register(file, source, wanted, own_findings, sheet=persons.get("sheet", ""))
    check_columns(register, wanted, own_findings)
    findings.stop()
    rows.personal_columns(register, work.mapping, {register.find(name) for name in wanted}, own_findings)
    findings.stop()
    register = made_columns(register, list(fields.values()), own_findings)
    written = work.mapping.raw["persons"].get("values", {})
    people_work = Work(register, work.mapping, own_findings, fields, persons["values"], written, "[persons.values.")
    people_work.unknown = {fold(word) for word in source.get("unknown", [])} | {""}
    rows.ids(people_work, {})  # a person that stands in two cases would count twice
    counted = people.People(people_work)
    cells = people_work.cells(persons["key"])
    column, known, header = cells.column, cells.known, cells.header
    place = {key: i for i, key in enumerate(own) if key}
    keys = [clean(text) for text in column.texts]
    group = np.array([place.get(key, -1) if fine else -1 for key, fine in zip(keys, known, strict=True)] or [0])
    group = group[column.codes].astype(np.int64)
    outside = group < 0
    left_out = outside & np.array([key in work.case_ids for key in keys], dtype=bool)[column.codes]
    people_work.say("people-with-case", left_out, column=header)
    people_work.say("people-without-case", outside & ~left_out, column=header)
    size = work.size
    given = np.bincount(group[~outside], minlength=size)
    without = given == 0
    work.say("case-without-people", without, file=file.name)
    if "victims" in figures:
        stated = figures["victims"]
        wrong = ~np.isnan(stated) & (stated != given) & ~without
        work.say("people-not-victims", wrong, given=given, stated=stated)
    for name, series in people.by_group(counted, group, size).items():
        before = data.get(name)
        data[name] = series if before is None else series.where(~without, pd.Series(before))


def clearance(work: Work, own: np.ndarray, dropped: dict, path: Path):
    if work.mapping.row == "work" and "status" in work.fields:
        work, own = _done(work, own, dropped)
    polygons = areas(work)
    made = {} if polygons is None or "area" in work.fields else {"area": polygons}
    names = (*v.ITEMS, "destroyed", *v.AREAS)
    work, own, figures = _with_figures(work, own, dropped, names, "no figure", made)
    timing = Timing(work).period(required=True)
    names, row_district, table = places.districts(work)
    table = set_places(table, row_district, coordinates(work))
    for name in v.AREAS:
        if name in figures and name in work.fields:
            square = _square(work, name)
            same = np.array_equal(square, 10_000)
            figures[name] = figures[name] if same else np.round(figures[name] * square / 10_000, 8)
    broken = checks.identities(figures, work.rows, work.findings)
    site = work.series("site")
    data = {
        "statement_id": _ids(work, own),
        "period_start": timing.start,
        "period_end": timing.end,
        "period_type": _word_series(work, "period_type"),
        "start_precision": timing.precision,
        "date_basis": "stated",
        "district": strings(names, row_district),
        **{name: _word_series(work, name) for name in ("operator", "operator_stated", "authority", "method")},
        "row_is": "work" if work.mapping.row == "work" else None,
        "site": work.series("settlement") if site is None else site,
        "districts_listed": work.series("districts_listed"),
        "source_id": work.mapping.id,
        "note": _doubtful(work.series("note"), broken, work.size),
        **{name: _counts(values) for name, values in figures.items() if name in v.ITEMS},
        "items_destroyed": _counts(figures["destroyed"]) if "destroyed" in figures else None,
    }
    if data["period_type"] is None:
        data["period_type"] = timing.kinds()
    for name in v.AREAS:
        if name in figures:
            data["area_ha" if name.startswith("area") else f"area_{name}_ha"] = _floats(figures[name])
    data["rounded"] = _rounded(work, list(figures))
    if data["districts_listed"] is not None:
        table = _listed_districts(data["districts_listed"], table)
    if work.mapping.row == "work" and "operator" not in work.fields:
        data["operator"] = v.UNSTATED["operator"]  # whoever did it: work is added up over all operators
    else:
        data["operator"] = _required(work, data["operator"], "operator")
    if not work.mapping.asked:
        look_for_work(work, data)
    if work.mapping.row == "work":
        until = work.mapping.register.get("complete_until")
        checks.coverage(timing.end.to_numpy(), timing.parts.precision, until, work.findings)
    return {"clearance": _frame("clearance", data), "districts": table}, None


def _square(work: Work, name: str) -> float | np.ndarray:
    """The square metres of the unit of an area: one of all rows, or of each."""
    spec = work.fields[name]
    if not spec.unit_column:
        return v.AREA_M2.get(spec.unit, spec.dunum_m2)
    cells = work.cells(spec.unit_column)
    words, places_of = work.translate("area unit", cells)
    if not spec.dunum_m2 and "dunum" in words:
        work.findings.say("unit-dunum", header=cells.header, field=name)
    metres = np.array([v.AREA_M2.get(word, spec.dunum_m2) for word in words] + [np.nan], dtype=float)[places_of]
    none = ~cells.column.spread(cells.known) & ~np.isnan(work.numbers(name))
    work.say("unit-missing", none, column=cells.header)
    return metres


def _done(work: Work, own: np.ndarray, dropped: dict) -> tuple[Work, np.ndarray]:
    """The work that is done; what is planned or under way has cleared nothing yet."""
    words, places_of = work.words("status")
    said = np.append(words, "unknown")[places_of]
    keep = said == "done"
    for word in ("ongoing", "planned", "unknown"):
        if gone := int((said == word).sum()):
            dropped[f"status {word}: only work that is done counts"] = gone
    return Work(work.register.take(keep), work.mapping, work.findings), own[keep]


def victim_totals(work: Work, own: np.ndarray, dropped: dict, path: Path):
    names = (*v.PEOPLE, "journalists_killed", "outcome_unknown")
    figures = {name: values for name in names if (values := work.numbers(name)) is not None}
    timing = Timing(work).period()
    broken = checks.identities(figures, work.rows, work.findings)
    _outcome_unknown(work, figures)
    span = _word_series(work, "span")
    data = {
        "total_id": _ids(work, own),
        "since": timing.since,
        "since_precision": timing.since_precision,
        "as_of": timing.end,
        "as_of_precision": timing.precision,
        "scope": _required(work, _word_series(work, "scope"), "scope"),
        "span": timing.spans() if span is None else span,
        "authority": _authority(work),
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
        "estimate_id": _ids(work, own),
        **{name: _required(work, _word_series(work, name), name) for name in ("metric", "unit")},
        **{name: _floats(values) for name, values in figures.items()},
        "district": strings(names, row_district),
        "place": work.series("place"),
        **people.People(work).stated("sex", "age_group"),
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


def hazardous_areas(work: Work, own: np.ndarray, dropped: dict, path: Path):
    polygons, figures = areas(work), {}
    for name in ("area", "area_ha"):
        if (values := work.numbers(name)) is not None:
            figures["area_ha"] = np.round(values * _square(work, name) / 10_000, 8)
    if not figures and polygons is not None:
        figures["area_ha"] = polygons
    names, row_district, table = places.districts(work)
    table = set_places(table, row_district, coordinates(work))
    status, places_of = work.words("status")
    said = np.append(status, "unknown")[places_of]
    dates = {}
    if work.mapping.date:
        timing = Timing(work).period()
        both = "start" in work.mapping.date
        dates = {"reported": timing.start if both else None, "status_date": timing.closed if both else timing.end}
        closed = both & timing.closed.notna().to_numpy() & (said == "open")
        work.say("hazard-open-and-ended", closed)
    data = {
        "hazard_id": _ids(work, own),
        "hazard_type": _word_series(work, "hazard_type"),
        "status": pd.Series(said, dtype="string"),
        **dates,
        **{name: _floats(values) for name, values in figures.items()},
        "district": strings(names, row_district),
        "settlement": places.settlements(work),
        "source_id": work.mapping.id,
        "note": work.series("note"),
    }
    return {"hazardous_areas": _frame("hazardous_areas", data), "districts": table}, None


def _outcome_unknown(work: Work, figures: dict[str, np.ndarray]) -> None:
    """Victims beyond the killed and injured are people of whom nobody says whether they died."""
    if "outcome_unknown" in figures or not {"victims", "killed", "injured"} <= set(figures):
        return
    rest = figures["victims"] - figures["killed"] - figures["injured"]
    with np.errstate(invalid="ignore"):
        more = rest > 0
    if more.any():
        work.say("outcome-unknown", more, people=int(np.nansum(rest[more])), rest=rest)
        figures["outcome_unknown"] = np.where(rest >= 0, rest, np.nan)


def _with_figures(work: Work, own: np.ndarray, dropped: dict, names, reason: str, made: dict | None = None):
    """The figures of the rows, without the rows that state none, which are counted."""
    figures = {name: values for name in names if (values := work.numbers(name)) is not None} | (made or {})
    none = np.ones(work.size, dtype=bool)
    for values in figures.values():
        none &= np.isnan(values)
    if work.findings.errors or not none.any():
        return work, own, figures
    dropped[reason] = int(none.sum())
    work.say("no-figure", none, reason=reason)
    keep = ~none
    smaller = Work(work.register.take(keep), work.mapping, work.findings)
    smaller.rounded = {name: values[keep] for name, values in work.rounded.items()}
    return smaller, own[keep], {name: values[keep] for name, values in figures.items()}


def _ids(work: Work, own: np.ndarray, places=slice(None)) -> pd.Series:
    """Ids that begin with the register's: with its own id of the row, else with the number of the row."""
    tail = pd.Series(work.rows[places]).astype("string") + pd.Series(work.register.suffix[places], dtype="string")
    has = own != ""
    if has.any():
        tail = pd.Series(own, dtype="string").where(has, "row " + tail)
    return f"{work.mapping.id}:" + tail


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
    instead = v.UNSTATED.get(name)
    if instead is None:
        work.say("value-required", missing, column=name)
        return series
    work.say("value-not-stated", missing, column=name, instead=instead)
    return series.fillna(instead)


def _authority(work: Work) -> pd.Series:
    """Who states the totals: where no column says it, the register itself, by its id."""
    series = _word_series(work, "authority")
    if series is None:
        series = pd.Series(pd.array([None] * work.size, dtype="string"))
    work.say("authority-own", series.isna().to_numpy(dtype=bool), id=work.mapping.id)
    return series.fillna(work.mapping.id)


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
