"""The four tables that a register can become, each from its fields."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from minestats.data.schema import COUNT, DTYPES, NUMBER, TABLES
from minestats.errors import ParameterError
from minestats.registers import expect as checks
from minestats.registers import gazette as places
from minestats.registers import rows
from minestats.registers import vocabulary as v
from minestats.registers.cells import strings
from minestats.registers.dates import Timing
from minestats.registers.findings import Findings
from minestats.registers.gazette import areas, coordinates, set_places
from minestats.registers.opening import read_register
from minestats.registers.register import check_columns, made_columns
from minestats.registers.work import Work, clean


class Draft:
    """A table in the making: what its description names and the mapping fills, the figures, the districts."""

    def __init__(self, table: str, work: Work, own: np.ndarray, figures: dict[str, np.ndarray]) -> None:
        self.table, self.work, self.figures = table, work, figures
        names, self.district, districts = places.districts(work)
        self.districts = set_places(districts, self.district, coordinates(work))
        broken = checks.identities(figures, work.rows, work.findings)
        self.data: dict[str, Any] = {
            TABLES[table].key: _ids(work, own),
            "district": strings(names, self.district),
            "settlement": places.settlements(work),
            "source_id": work.mapping.id,
            "note": _doubtful(work.series("note"), broken, work.size),
            "rounded": _rounded(work, figures),
        }
        for column in TABLES[table].columns:
            name = column.name
            if name in work.fields and name not in (*self.data, *figures, *v.PERSON):
                words = column.open or column.words or name == "unit"
                self.data[name] = strings(*work.words(name)) if words else work.series(name)

    def require(self, name: str, code: str, instead: str | None = None) -> None:
        """Fill what a column does not state, and say so; an error where nothing stands instead of it."""
        series = self.data.get(name)
        if series is None:
            series = pd.Series(pd.array([None] * self.work.size, dtype="string"))
        missing = series.isna().to_numpy(dtype=bool)
        if missing.any() and not self.work.findings.errors:
            self.work.say(code, missing, column=name, instead=instead)
            series = series.fillna(instead) if instead else series
        self.data[name] = series

    def tables(self, **columns) -> dict[str, pd.DataFrame]:
        """Return the table and its districts; `columns` are those that the mapping does not fill by itself."""
        self.data |= {name: values for name, values in columns.items() if values is not None}
        return {self.table: frame(self.table, self.figures | self.data), "districts": self.districts}


def _figures(work: Work, names) -> dict[str, np.ndarray]:
    return {name: values for name in names if (values := work.numbers(name)) is not None}


def incidents(work: Work, own: np.ndarray, dropped: dict, path: Path):
    mapping, findings = work.mapping, work.findings
    timing = Timing(work).single()
    draft = Draft("incidents", work, own, _figures(work, (*v.PEOPLE, "outcome_unknown", *v.BOUNDS)))
    draft.data |= {**timing.incident_columns(), "row_is": mapping.row}
    written = None
    if mapping.row == "victim":
        persons = People(work)
        if "incident" in mapping.fields:
            written = work.size
            draft.data = _grouped(work, draft.data, persons, draft.district, timing)
        else:
            draft.data |= by_person(persons) | persons.stated("status", "sex", "age_group")
    else:
        _outcome_unknown(work, draft.figures)
        look_for_running_totals(work, draft.figures, timing)
        look_for_counts(work, draft.figures, timing, draft.district)
        if mapping.persons:
            draft.data |= of_cases(work, own, draft.figures, path)
    until = mapping.register.get("complete_until")
    checks.coverage(draft.data["date"].to_numpy(), timing.parts.precision, until, findings)
    return draft.tables(), written


def _grouped(work: Work, data: dict, persons: People, row_district: np.ndarray, timing) -> dict:
    """One row for each explosion, from its people."""
    cells = work.cells(work.fields["incident"].column)
    texts = np.array([clean(text) for text in cells.texts], dtype=object)
    keys = cells.column.spread(np.where(cells.known, texts, ""))
    alone = keys == ""
    work.say("no-incident", alone, column=cells.header)
    if alone.any():
        keys = np.where(alone, np.char.add("row ", work.rows.astype(str)).astype(object), keys)
    group, unique = pd.factorize(keys)
    _check_same(work, group, unique, "date", pd.Series(timing.parts.first))
    _check_same(work, group, unique, "district", pd.Series(row_district).where(row_district >= 0))
    # the first row of the incident that says it, not the first row
    result = {
        name: values.groupby(group, sort=False).first().reset_index(drop=True)
        for name, values in data.items()
        if isinstance(values, pd.Series)
    }
    first = np.unique(group, return_index=True)[1]
    lone = np.isin(np.arange(len(unique)), group[alone])
    result["incident_id"] = _ids(work, np.where(lone, "", unique.astype(object)), first)
    return data | result | by_group(persons, group, len(unique)) | {"row_is": "incident"}


def _check_same(work: Work, group: np.ndarray, keys: np.ndarray, name: str, values: pd.Series) -> None:
    """Refuse incidents whose people have several values of what an incident has one of."""
    different = values.groupby(group).nunique()
    several = np.flatnonzero(different > 1)
    if len(several):
        members = work.rows[group == several[0]]
        facts = {"row": members[0], "last": members[-1], "key": keys[several[0]], "rows": len(several)}
        work.findings.say("incident-differs", incidents=len(several), column=name, **facts)


def clearance(work: Work, own: np.ndarray, dropped: dict, path: Path):
    if work.mapping.row == "work" and "status" in work.fields:
        work, own = _done(work, own, dropped)
    polygons = areas(work)
    made = {} if polygons is None or "area" in work.fields else {"area": polygons}
    names = (*v.ITEMS, "destroyed", *v.AREAS)
    work, own, figures = _with_figures(work, own, dropped, names, "no figure", made)
    timing = Timing(work).period(required=True)
    for name in v.AREAS:
        if name in figures and name in work.fields:
            figures[name] = _hectares(work, name, figures[name])
    draft = Draft("clearance", work, own, figures)
    called = {"area": "area_ha", "destroyed": "items_destroyed"}
    called |= {name: f"area_{name}_ha" for name in ("cleared", "reduced", "cancelled")}
    draft.figures = {called.get(name, name): values for name, values in figures.items()}
    kinds = timing.kinds()
    if work.mapping.row == "statement" and "period_type" not in work.fields and timing.from_one_day():
        kinds[:] = "cumulative"
        work.findings.say("date-running", rows=work.size)
    draft.data = {"period_type": kinds, "site": draft.data["settlement"], "date_basis": "stated"} | draft.data
    draft.data |= {"period_start": timing.start, "period_end": timing.end, "start_precision": timing.precision}
    if "districts_listed" in draft.data:
        draft.districts = _listed_districts(draft.data["districts_listed"], draft.districts)
    if work.mapping.row == "work":
        draft.data["row_is"] = "work"
        draft.data.setdefault("operator", v.UNSTATED["operator"])  # work is added up, whoever did it
        until = work.mapping.register.get("complete_until")
        checks.coverage(timing.end.to_numpy(), timing.parts.precision, until, work.findings)
    if not isinstance(draft.data.get("operator"), str):
        draft.require("operator", "value-not-stated", v.UNSTATED["operator"])
    if not work.mapping.asked:
        look_for_work(work, draft.data)
    return draft.tables(), None


def _hectares(work: Work, name: str, values: np.ndarray) -> np.ndarray:
    """An area in hectares: the unit is one of all rows, or of each."""
    spec = work.fields[name]
    metres: Any = v.AREA_M2.get(spec.unit, spec.dunum_m2)
    if spec.unit_column:
        cells = work.cells(spec.unit_column)
        words, places_of = work.translate("area unit", cells)
        if not spec.dunum_m2 and "dunum" in words:
            work.findings.say("unit-dunum", header=cells.header, field=name)
        metres = np.array([v.AREA_M2.get(word, spec.dunum_m2) for word in words] + [np.nan])[places_of]
        work.say("unit-missing", ~cells.column.spread(cells.known) & ~np.isnan(values), column=cells.header)
    return values if np.array_equal(metres, 10_000) else np.round(values * metres / 10_000, 8)


def _done(work: Work, own: np.ndarray, dropped: dict) -> tuple[Work, np.ndarray]:
    """The work that is done; what is planned or under way has cleared nothing yet."""
    words, places_of = work.words("status")
    said = np.append(words, "unknown")[places_of]
    keep = said == "done"
    for word in ("ongoing", "planned", "unknown"):
        if gone := int((said == word).sum()):
            dropped[f"status {word}: only work that is done counts"] = gone
    return work.take(keep), own[keep]


def victim_totals(work: Work, own: np.ndarray, dropped: dict, path: Path):
    timing = Timing(work).period()
    draft = Draft("victim_totals", work, own, _figures(work, (*v.PEOPLE, "journalists_killed", "outcome_unknown")))
    _outcome_unknown(work, draft.figures)
    draft.require("scope", "value-not-stated", v.UNSTATED["scope"])
    draft.require("authority", "authority-own", work.mapping.id)  # who states the totals: the register itself
    draft.data = {"span": timing.spans()} | draft.data
    return draft.tables(since_precision=timing.since_precision, **timing.total_columns()), None


def estimates(work: Work, own: np.ndarray, dropped: dict, path: Path):
    work, own, figures = _with_figures(work, own, dropped, ("value",), "no value")
    timing = Timing(work).period() if work.mapping.date else None
    if timing is None:
        work.findings.say("date-none-of-figures")
    draft = Draft("estimates", work, own, figures | _figures(work, ("value_high", "of_total")))
    for name in ("metric", "unit"):
        draft.require(name, "value-required")
    draft.data |= People(work).stated("sex", "age_group")
    return draft.tables(**(timing.total_columns() if timing is not None else {})), None


def hazardous_areas(work: Work, own: np.ndarray, dropped: dict, path: Path):
    polygons, figures = areas(work), {}
    for name in ("area", "area_ha"):
        if (values := work.numbers(name)) is not None:
            figures["area_ha"] = _hectares(work, name, values)
    if not figures and polygons is not None:
        figures["area_ha"] = polygons
    draft = Draft("hazardous_areas", work, own, figures)
    status, places_of = work.words("status")
    said = np.append(status, "unknown")[places_of]
    dates = {}
    if work.mapping.date:
        timing = Timing(work).period()
        both = "start" in work.mapping.date
        dates = {"reported": timing.start if both else None, "status_date": timing.closed if both else timing.end}
        work.say("hazard-open-and-ended", both & timing.closed.notna().to_numpy() & (said == "open"))
    return draft.tables(status=pd.Series(said, dtype="string"), **dates), None


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
    figures = _figures(work, names) | (made or {})
    none = np.ones(work.size, dtype=bool)
    for values in figures.values():
        none &= np.isnan(values)
    if work.findings.errors or not none.any():
        return work, own, figures
    dropped[reason] = int(none.sum())
    work.say("no-figure", none, reason=reason)
    keep = ~none
    return work.take(keep), own[keep], {name: values[keep] for name, values in figures.items()}


def _ids(work: Work, own: np.ndarray, places=slice(None)) -> pd.Series:
    """Ids that begin with the register's: with its own id of the row, else with the number of the row."""
    tail = pd.Series(work.rows[places]).astype("string") + pd.Series(work.register.suffix[places], dtype="string")
    has = own != ""
    if has.any():
        tail = pd.Series(own, dtype="string").where(has, "row " + tail)
    return f"{work.mapping.id}:" + tail


def _floats(values: np.ndarray) -> pd.Series:
    unknown = np.isnan(values)
    return pd.Series(pd.arrays.FloatingArray(np.where(unknown, 0.0, values), unknown))


def _rounded(work: Work, names: Iterable[str]) -> pd.Series | None:
    words, codes = work.words("rounded")
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


def frame(name: str, data: dict) -> pd.DataFrame:
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
        elif column.kind in (COUNT, NUMBER) and isinstance(values, np.ndarray):
            values = integers(values, np.isnan(values)) if column.kind == COUNT else _floats(values)
        series = pd.Series(values) if not isinstance(values, pd.Series) else values
        series.index = index
        columns[column.name] = series if str(series.dtype) == column.dtype else series.astype(DTYPES[column.kind])
    return pd.DataFrame(columns, copy=False)


def look_for_running_totals(work: Work, figures: dict[str, np.ndarray], timing: Timing) -> None:
    """Ask about a column of people that never falls over the days: a running total is no list of incidents."""
    dates = timing.parts.first
    for name, values in figures.items():
        if name not in work.fields:  # made of others
            continue
        known = ~np.isnan(dates) & ~np.isnan(values)
        order = np.argsort(dates[known], kind="stable")
        days, counts = dates[known][order], values[known][order]
        steps = np.diff(counts)
        if len(counts) < 3 or (np.diff(days) == np.timedelta64(0)).any() or (steps < 0).any() or not steps.any():
            continue
        # three rising figures are chance where they are small, not where each stands on the shoulders of the last
        if len(counts) < 8 and (counts[-1] < 20 or (steps > counts[:-1]).any()):
            continue
        facts = {"name": work.fields[name].columns[0], "least": counts[0], "most": counts[-1]}
        work.say("running-total", known, column=name, many=len(counts), **facts)
        return


def look_for_counts(work: Work, figures: dict[str, np.ndarray], timing: Timing, district: np.ndarray) -> None:
    """Ask about rows that are one for each place and month or year: those are counts, not incidents."""
    people = [name for name in ("killed", "injured", "victims") if name in figures]
    known = (timing.parts.precision < 3) & (district >= 0)
    if work.size < 4 or not people or not known.all() or (timing.parts.precision == 0).any():
        return
    told = pd.DataFrame({"place": district, "date": timing.parts.first})
    places, dates = told["place"].nunique(), told["date"].nunique()
    if told.duplicated().any() or min(places, dates) < 2 or work.size < 0.6 * places * dates:
        return
    names = (
        [column for name in people for column in work.fields[name].columns]
        if set(people) <= set(work.fields)
        else people
    )
    work.say("counts-not-incidents", known, places=places, dates=dates, names=names)


def look_for_work(work: Work, data: dict) -> None:
    """Ask what a row is where several tell of one operator's period, and the mapping does not say."""
    told = pd.DataFrame({"start": data["period_start"], "end": data["period_end"], "operator": data["operator"]})
    again = told.duplicated(keep=False).to_numpy()
    if again.sum() <= len(told) / 2 or len(told) < 3:
        return
    work.say("work-or-statement", again)


UNKNOWN = -1
ADULT_AGE, MOST_AGE = 18, 130


class People:
    """For each person the place of its word in the vocabulary of a field, -1 for unknown."""

    def __init__(self, work: Work) -> None:
        self.size, self.fields = work.size, work.fields
        self.outcome = _places(work, "outcome")
        self.status = _places(work, "status")
        self.sex = _places(work, "sex")
        self.age_group = _age(work)

    def stated(self, *fields: str) -> dict[str, pd.Series]:
        """Return the fields that are mapped as text, missing where unknown."""
        made = {}
        for field in fields:
            if field in self.fields or (field == "age_group" and "age" in self.fields):
                places = getattr(self, field)
                words = pd.array([*v.WORDS[field][:-1], None], dtype="string")
                made[field] = pd.Series(words.take(np.where(places < 0, len(words) - 1, places)))
        return made

    def counts(self) -> dict[str, tuple[np.ndarray, np.ndarray]]:
        """Return each count for each person: 0 or 1, and whether it is unknown."""
        killed, injured = self.outcome == 0, self.outcome == 1
        no_outcome = self.outcome < 0
        no_status = self.status < 0
        result = {"killed": (killed, no_outcome), "injured": (injured, no_outcome)}
        for place, group in ((0, "civilians"), (1, "military")):
            member = self.status == place
            for name, happened in (("killed", killed), ("injured", injured)):
                # whoever is known not to belong to the group counts 0, whatever the outcome
                result[f"{group}_{name}"] = (member & happened, no_status | (member & no_outcome))
        adult, child = self.age_group == 0, self.age_group == 1
        result["women"] = (adult & (self.sex == 1), (self.age_group < 0) | (self.sex < 0))
        result["children"] = (child, self.age_group < 0)
        result["outcome_unknown"] = (no_outcome, np.zeros(self.size, dtype=bool))
        return result


def _places(work: Work, field: str) -> np.ndarray:
    words, codes = work.words(field)
    vocabulary = v.WORDS[field][:-1]  # the last is "unknown"
    places = np.array(
        [vocabulary.index(word) if word in vocabulary else UNKNOWN for word in words] + [UNKNOWN], np.int8
    )
    return places[codes]


def _age(work: Work) -> np.ndarray:
    years = work.numbers("age")
    if years is None:
        return _places(work, "age_group")
    with np.errstate(invalid="ignore"):
        old = years > MOST_AGE
    work.say("age-impossible", old, column=work.fields["age"].column, age=years)
    with np.errstate(invalid="ignore"):
        return np.where(np.isnan(years), UNKNOWN, np.where(years < ADULT_AGE, 1, 0)).astype(np.int8)


def integers(values: np.ndarray, unknown: np.ndarray) -> pd.Series:
    """Return counts as Int64 from numbers and where they are unknown."""
    return pd.Series(pd.arrays.IntegerArray(np.where(unknown, 0, values).astype(np.int64), unknown.copy()))


def by_person(people: People) -> dict[str, pd.Series]:
    """Return the counts of each person."""
    return {name: integers(values, unknown) for name, (values, unknown) in people.counts().items()}


def by_group(people: People, group: np.ndarray, size: int) -> dict[str, pd.Series]:
    """Return the counts of each group of people, summed over what is known; empty where nothing is.

    `group` gives for each person the number of its group, or -1.
    """
    inside = group >= 0
    result = {}
    for name, (values, unknown) in people.counts().items():
        known = inside & ~unknown
        total = np.bincount(group[known], weights=values[known].astype(float), minlength=size)
        answered = np.bincount(group[known], minlength=size)
        result[name] = integers(np.round(total), answered == 0)
    return result


def of_cases(work: Work, own: np.ndarray, figures: dict, path: Path) -> dict[str, pd.Series]:
    """Return the counts of the incidents from the people of the linked table, where a case has people."""
    persons, findings = work.mapping.persons, work.findings
    if "id" not in work.fields:
        raise ParameterError("mapping: [persons] needs [fields] id, the case's id")
    beside = [folder / persons.get("file", path.name) for folder in (path.parent, work.mapping.folder) if folder]
    file = next((option for option in beside if option.is_file()), None)
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
    rows.personal_columns(register, work.mapping, {register.at(name) for name in wanted}, own_findings)
    findings.stop()
    register = made_columns(register, list(fields.values()), own_findings)
    # a mapping of its own: its fields and words, and how its file is written
    told = {"fields": fields, "values": persons["values"], "source": source, "raw": work.mapping.raw["persons"]}
    people_work = Work(register, replace(work.mapping, **told), own_findings, "[persons.values.")
    rows.ids(people_work, {})  # a person that stands in two cases would count twice
    counted = People(people_work)
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
        whole = figures["victims"]
        work.say("people-not-victims", ~np.isnan(whole) & (whole != given) & ~without, given=given, stated=whole)
    stated = {name: integers(values, np.isnan(values)) for name, values in figures.items()}
    counts = by_group(counted, group, size).items()
    return {name: made.where(~without, stated[name]) if name in stated else made for name, made in counts}
