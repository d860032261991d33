"""What the columns of a register likely are, by their headers and cells; nothing here is more than likely."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

import numpy as np

from minestats.registers import vocabulary as v
from minestats.registers.cells import Coded
from minestats.registers.date_reader import languages_of
from minestats.registers.dates import Timing
from minestats.registers.numeric import DIGITS, SPACES
from minestats.registers.register import Register
from minestats.registers.tagged import default_fields
from minestats.registers.vocabulary import looks_personal

DATES = ("start", "end", "column", "year", "month", "day")
NUMERIC = {"year", "people", "value", *v.COUNTS, *v.AREAS, "age", "latitude", "longitude"} - {"id"}
FIGURE = re.compile(rf"[-+~<>(]?[\d.,'’{SPACES}]+\+?\)?\W{{0,2}}(\[\w{{1,3}}\]| \([\d.,]+\))?")
"""A figure, also with the mark of a footnote, or with the same in another unit."""


@dataclass
class Likely:
    """The likely column of each field and part of a date, why, and what a row likely is."""

    fields: dict[str, int] = field(default_factory=dict)
    dates: dict[str, int] = field(default_factory=dict)
    why: dict[str, str] = field(default_factory=dict)
    sums: dict[str, list[int]] = field(default_factory=dict)  # parts that make up a field, perhaps
    wide: list[int] = field(default_factory=list)  # a column for each year or month
    table: str = "?"
    row: str = "?"
    reason: str = "nothing in the file tells what a row is"
    answers: bool = False  # killed and injured are 0 or 1, one of them in each row


def likely(register: Register) -> Likely:
    """Return what the columns of a register likely are, and what a row likely is."""
    told = Likely()
    if register.tags:
        found, when = default_fields(register.tags)
        for name, tag in {**found, **when}.items():
            if isinstance(tag, str) and (i := register.find(tag)) is not None:
                (told.dates if name in when else told.fields)[name] = i
                told.why[name] = f"its tag is {tag}"
    _by_headers(register, told)
    _dates(register, told)
    _kind(register, told)
    return told


def _by_headers(register: Register, told: Likely) -> None:
    keys = [v.key_of(header) for header in register.headers]
    parts = [v.key_of(word) + "*" * word.endswith("*") for word in v.called()["part"].split()]
    told.wide = wide_columns(register.headers)
    taken = {*told.fields.values(), *told.dates.values(), *told.wide}
    empty = [bool(column.blank[column.count > 0].all()) for column in register.columns]
    open_to = [i for i, h in enumerate(register.headers) if not looks_personal(h) and not empty[i] and i not in taken]
    for whole in (True, False):
        for name, listed in v.called()["called"].items():
            if name in told.fields or name in told.dates or (name in DATES and register.tags):
                continue
            for word in (v.key_of(word) + "*" * word.endswith("*") for word in listed.split()):
                fits = [i for i in open_to if i not in taken and _says(word, keys[i], whole=whole)]
                fits = [i for i in fits if could_be(name, register.columns[i])]
                if not whole and len(fits) > 1 and name in v.PEOPLE and name not in told.sums:
                    told.sums[name] = fits
                if not whole:
                    fits = [i for i in fits if not any(_says(part, keys[i]) for part in parts)]
                if len(fits) == 1 or (fits and whole):
                    (told.dates if name in DATES else told.fields)[name] = fits[0]
                    taken.add(fits[0])
                    told.why[name] = "its header says so" if whole else f"? its header holds '{word.rstrip('*')}'"
                    break


def _says(word: str, key: str, *, whole: bool = False) -> bool:
    if word.endswith("*"):
        return not whole and any(part.startswith(word[:-1]) for part in key.split("_"))
    if whole or word == key:
        return word == key
    return len(word) > 2 and f"_{word}_" in f"_{key}_"


def _dates(register: Register, told: Likely) -> None:
    dates = told.dates
    if "column" in dates:
        wanted: tuple[str, ...] = ("column",)
    elif "start" in dates and "end" in dates:
        wanted = ("start", "end")
    elif "year" in dates:
        wanted = ("year", "month", "day")
    elif one := ({"start", "end"} & set(dates)):
        told.why["column"] = "? its header says the " + next(iter(one))
        dates["column"], wanted = dates[next(iter(one))], ("column",)
    else:
        taken = {*told.fields.values(), *told.wide}
        dated = [i for i, c in enumerate(register.columns) if i not in taken and share(c, Timing.LOOKS.match) > 0.8]
        dates = {"column": dated[0]} if len(dated) == 1 else {}
        wanted, told.why["column"] = ("column",), "? its cells look like dates"
    told.dates = {name: dates[name] for name in wanted if name in dates}
    told.fields = {name: i for name, i in told.fields.items() if i not in told.dates.values()}


def wide_columns(headers: list[str]) -> list[int]:
    """Return the columns that are a year or a month each, headed alike.

    Examples
    --------
    >>> wide_columns(["District", "2019", "2020", "Total"]), wide_columns(["Year", "Jan", "Feb", "Mar", "Sum"])
    ([1, 2], [1, 2, 3])
    >>> wide_columns(["End 2012", "End 2013"]), wide_columns(["Dead 2012", "Hurt 2012", "Dead 2013", "Hurt 2013"])
    ([0, 1], [])
    """
    alike: dict[str, list[int]] = {}
    for i, header in enumerate(headers):
        if re.fullmatch(r"\D*(1[34]|19|20|25)\d\d\D*", header):
            alike.setdefault(re.sub(r"\d", "", header).strip(), []).append(i)
    years = [places for places in alike.values() if len(places) > 1]
    if years:
        return years[0] if len(years) == 1 else []
    named = [i for i, header in enumerate(headers) if header.strip()[:1].isalpha() and languages_of(header)]
    shared = [set(languages_of(headers[i])) for i in named]
    return named if len(named) > 2 and set.intersection(*shared) else []


def share(column: Coded, test) -> float:
    """Return the share of the distinct cells that pass a test."""
    texts = [text.strip() for text in column.texts[:2000] if text.strip()]
    return sum(bool(test(text)) for text in texts) / len(texts) if texts else 0.0


def could_be(name: str, column: Coded) -> bool:
    """Return whether the cells are numbers where a field is one, and words where it holds words."""
    numeric = share(column, lambda text: FIGURE.fullmatch(text.translate(DIGITS)))
    if name == "people":
        return numeric > 0.5 and not _serial(column)
    if name in NUMERIC:
        return numeric > 0.5
    return numeric < 0.5 if name in v.WORDS or name in ("district", "settlement", "operator", "unit") else True


def _serial(column: Coded) -> bool:
    """Whether the numbers rise from row to row, as those that count the rows do."""
    numbers = _whole(column)
    return bool((np.diff(numbers) > 0).all()) if len(numbers) else False


def _whole(column: Coded) -> np.ndarray:
    """The whole numbers of a column, -1 where a cell is none."""
    texts = [text.strip().translate(DIGITS) for text in column.texts]
    numbers = np.array([int(text) if text.isdecimal() and len(text) < 10 else -1 for text in texts] or [-1])
    return numbers[column.codes]


def _kind(register: Register, told: Likely) -> None:
    fields, dates = told.fields, told.dates
    columns = [register.columns[fields[name]] for name in ("killed", "injured", "victims") if name in fields]
    figures = [_whole(column) for column in columns]
    if "value" in fields and not columns:
        told.table, told.row, told.reason = "estimates", "statement", "one row seems to be a figure of population"
        return
    person = any(name in fields for name in ("sex", "age", "age_group"))
    if "killed" in fields and "injured" in fields and len(register):
        killed, injured = figures[:2]
        told.answers = person and bool(
            (np.isin(killed, (-1, 0, 1)) & np.isin(injured, (-1, 0, 1))).all()
            and (np.maximum(killed, 0) + np.maximum(injured, 0) <= 1).all()
        )
    if "outcome" in fields or told.answers or (person and not columns):
        told.table, told.row, told.reason = "incidents", "victim", "one row seems to be a person"
        return
    if columns or told.sums or (told.wide and not any(name in fields for name in (*v.AREAS, *v.ITEMS))):
        years = register.columns[dates["year"]] if set(dates) == {"year"} else None
        if years is not None and (years.count[years.count > 0] == 1).all():
            told.table, told.row, told.reason = "victim_totals", "statement", "one row seems to be the total of a year"
        elif any(
            word in v.key_of(register.headers[fields[n]]) for n in fields for word in ("cumul", "acumul", "to_date")
        ):
            told.table, told.row, told.reason = "victim_totals", "statement", "figures seem to be running totals"
        elif {v.key_of(header) for header in register.headers} & set(v.called()["several"]["incidents"].split()):
            told.table, told.row, told.reason = "victim_totals", "statement", "figures seem to be of several incidents"
        elif (columns or told.sums) and not told.wide:
            told.table, told.row = "incidents", "incident"
            told.reason = "one row seems to be an explosion with its people; totals are victim_totals"
        return
    words = {v.key_of(word) for column in register.columns for word in column.texts[:40]}
    keys = [v.key_of(header) for header in register.headers]
    words |= {*keys, *"_".join(keys).split("_")}
    hazards = {"sha", "cha", "hazard_id", "hazard_type", "suspected", "confirmed", "suspected_hazardous_area"}
    if words & hazards and not any(name in fields for name in ("cleared", "reduced", "cancelled", *v.ITEMS)):
        told.table, told.row, told.reason = "hazardous_areas", "area", "one row seems to be a hazardous area"
        if "id" not in fields and "site" in fields:
            fields["id"], told.why["id"] = fields.pop("site"), told.why["site"]
        return
    if any(name in fields for name in (*v.AREAS, *v.ITEMS)):
        told.table, told.row = "clearance", "work"
        told.reason = "areas or finds: work to be added up, published statements, or hazardous_areas that are left?"
