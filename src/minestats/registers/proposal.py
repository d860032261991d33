"""A mapping proposed from the file itself: what its headers and words likely are, and what only a person can say.

A header says what a column is called, not what it means. So nothing is decided in silence: each line that is proposed
names its reason, each word of the register stands with its count, and what is left open is marked with "?". Settings
are those that the reading itself asks for: each is taken up until it asks for no more.
"""

from __future__ import annotations

import csv
import json
import re
import tomllib
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from minestats.data.exports import is_tag_row
from minestats.errors import DataError, fold
from minestats.registers import vocabulary as v
from minestats.registers.cells import Cells, Coded, from_values
from minestats.registers.date_reader import Reader, Unreadable, languages_of
from minestats.registers.dates import month_numbers, parse_dates
from minestats.registers.findings import Findings
from minestats.registers.formats import sheets_of
from minestats.registers.mapping_kinds import KEYS
from minestats.registers.numeric import DIGITS, SPACES, parse_numbers
from minestats.registers.opening import default_fields, format_of, read_all, read_register
from minestats.registers.register import LOOK, Register
from minestats.registers.rows import TOTAL
from minestats.registers.vocabulary import key_of, look_like_names, looks_personal, private_cells
from minestats.registers.work import clean
from minestats.say import slug

MOST = 40  # words of a column that are listed
BESIDE_YEAR = r"([^\W\d_](?:\D*[^\W\d_])?)"  # from the first letter to the last
DATES = ("start", "end", "column", "year", "month", "day")
NUMERIC = {"year", "people", "value", *v.COUNTS, *v.AREAS, "age", "latitude", "longitude"}
FIGURE = re.compile(rf"[-+~<>(]?[\d.,'’{SPACES}]+\+?\)?\W{{0,2}}(\[\w{{1,3}}\]| \([\d.,]+\))?")
"""A figure, also with the mark of a footnote, or with the same in another unit."""


@dataclass
class Likely:
    """The likely column of each field and part of a date, why, and what a row likely is."""

    columns: dict[str, int] = field(default_factory=dict)
    why: dict[str, str] = field(default_factory=dict)
    sums: dict[str, list[int]] = field(default_factory=dict)  # parts that make up a field, perhaps
    wide: list[int] = field(default_factory=list)  # a column for each year or month
    crossed: bool = False  # a column for each year and outcome
    table: str = ""
    row: str = ""
    reason: str = ""
    answers: bool = False  # killed and injured are 0 or 1, one of them in each row

    @property
    def dates(self) -> dict[str, int]:
        """The columns of parts of a date."""
        return {name: i for name, i in self.columns.items() if name in DATES}

    @property
    def fields(self) -> dict[str, int]:
        """The columns of fields, but those that a date is made of."""
        return {name: i for name, i in self.columns.items() if name not in DATES}


def likely(register: Register) -> Likely:
    """Return what the columns of a register likely are, and what a row likely is."""
    told = Likely(wide=wide_columns(register.headers))
    told.crossed = any(_of_people(register.headers[i]) for i in told.wide)
    found, when = default_fields(register.tags) if register.tags else ({}, {})
    for name, tag in {**found, **when}.items():
        if isinstance(tag, str) and (i := register.find(tag)) is not None:
            told.columns[name], told.why[name] = i, f"its tag is {tag}"
    _by_headers(register, told)
    _dates(register, told)
    _kind(register, told)
    return told


def _by_headers(register: Register, told: Likely) -> None:
    keys = [key_of(header) for header in register.headers]
    closed = {*told.columns.values(), *told.wide}
    empty = [column.blank[column.count > 0].all() for column in register.columns]
    left = [i for i, h in enumerate(register.headers) if not looks_personal(h) and not empty[i] and i not in closed]
    for whole in (True, False):
        for name, words in v.called()["called"].items():
            if name in told.columns or (name in DATES and register.tags):
                continue
            for word in words.split():
                code = whole or name == "sex"
                fits = [i for i in left if _says(word, keys[i], whole)]
                fits = [i for i in fits if could_be(name, register.columns[i], coded=code)]
                if not whole:
                    if len(fits) > 1 and name in v.PEOPLE:
                        told.sums.setdefault(name, fits)
                    fits = [i for i in fits if not any(_says(part, keys[i]) for part in v.called()["part"].split())]
                if len(fits) == 1 or (fits and whole):
                    told.columns[name] = fits[0]
                    left.remove(fits[0])
                    told.why[name] = "its header says so" if whole else f"? its header holds '{word.rstrip('*')}'"
                    break


def _says(word: str, key: str, whole: bool = False) -> bool:
    """Whether a header is called so; without `whole`, whether a word of it is: "muert*" begins one."""
    start = key_of(word)
    if whole or start == key:
        return start == key and not word.endswith("*")
    return (
        any(part.startswith(start) for part in key.split("_"))
        if word.endswith("*")
        else (len(start) > 2 and f"_{start}_" in f"_{key}_")
    )


def _dates(register: Register, told: Likely) -> None:
    """Leave one way to tell the date: a column, a start and an end, a year with its parts, what looks like dates."""
    dates = told.dates
    ways = [("column",), ("start", "end"), ("year", "month", "day")]
    wanted = next((way for way in ways if way[0] in dates and (way[0] != "start" or "end" in dates)), ())
    if not wanted and (one := next(iter(dates), "")) in ("start", "end"):
        told.why["column"] = f"? its header says the {one}"
        dates = {"column": dates[one]}
    elif not wanted:
        taken = {*told.fields.values(), *told.wide}
        dated = [i for i, c in enumerate(register.columns) if i not in taken and share(c, _dates_a_row) > 0.8]
        dates, told.why["column"] = {"column": dated[0]} if len(dated) == 1 else {}, "? its cells look like dates"
    dates = {name: i for name, i in dates.items() if name in (wanted or ("column",))}
    told.columns = dates | {name: i for name, i in told.fields.items() if i not in dates.values()}


def _dates_a_row(text: str) -> bool:
    """Whether a cell reads as a date, or would with a setting; a bare number does not."""
    try:
        return bool(TOTAL.fullmatch(fold(text)) or (not text.isdecimal() and Reader({}).read(text)))
    except Unreadable as error:
        return error.code in ("date-two-ways", "date-two-digits") or (
            error.code == "date-no-month" and bool(languages_of(error.word))
        )


def wide_columns(headers: list[str]) -> list[int]:
    """Return the columns that are a year or a month each, headed alike.

    Examples
    --------
    >>> wide_columns(["District", "2019", "2020", "Total"]), wide_columns(["Year", "Jan", "Feb", "Mar", "Sum"])
    ([1, 2], [1, 2, 3])
    >>> wide_columns(["End 2012", "End 2013"]), wide_columns(["Dead 2012", "Injured 2012", "Dead 2013", "Injured 2013"])
    ([0, 1], [0, 1, 2, 3])
    """
    alike: dict[str, list[int]] = {}
    for i, header in enumerate(headers):
        if re.fullmatch(r"\D*(1[34]|19|20|25)\d\d\D*", header):
            alike.setdefault(re.sub(r"\d", "", header).strip(), []).append(i)
    years = [places for places in alike.values() if len(places) > 1]
    if len({len(places) for places in years}) == 1 and (len(years) == 1 or all(map(_of_people, alike))):
        return sorted(i for places in years for i in places)  # a column for each year, or for each year and outcome
    named = [i for i, header in enumerate(headers) if header.strip()[:1].isalpha() and languages_of(header)]
    months = len(named) > 2 and set.intersection(*(set(languages_of(headers[i])) for i in named))
    return named if months and not years else []


def _of_people(label: str) -> bool:
    """Whether what a header says beside its year is an outcome."""
    words = [word for name in ("killed", "injured") for word in v.called()["called"][name].split()]
    return any(_says(word, key_of(label)) for word in words)


def share(column: Coded, test) -> float:
    """Return the share of the distinct cells that pass a test."""
    texts = [text.strip() for text in column.texts[:2000] if text.strip()]
    return sum(bool(test(text)) for text in texts) / len(texts) if texts else 0.0


def could_be(name: str, column: Coded, *, coded: bool = False) -> bool:
    """Return whether the cells are numbers where a field is one, and words (or codes) where it holds words."""
    numeric = share(column, lambda text: FIGURE.fullmatch(text.translate(DIGITS)))
    if coded and name in ("sex", "outcome") and len(column.texts) <= 12:
        return True
    if name in NUMERIC:  # numbers that rise from row to row count the rows, not people
        return numeric > 0.5 and not (name == "people" and (np.diff(_whole(column)) > 0).all())
    return numeric < 0.5 or name not in (*v.WORDS, "district", "settlement", "operator", "unit")


def _whole(column: Coded) -> np.ndarray:
    """The whole numbers of a column, -1 where a cell is none."""
    texts = [text.strip().translate(DIGITS) for text in column.texts]
    return np.array([int(text) if text.isdecimal() and len(text) < 10 else -1 for text in texts] or [-1])[column.codes]


def _kind(register: Register, told: Likely) -> None:
    """What a row likely is: the first kind whose sign is there."""
    fields, keys = told.fields, [key_of(header) for header in register.headers]
    people = [name for name in ("killed", "injured", "victims") if name in fields]
    figures = {name: _whole(register.columns[fields[name]]) for name in people}
    person = not fields.keys().isdisjoint(("sex", "age", "age_group"))
    ground = not fields.keys().isdisjoint((*v.AREAS, *v.ITEMS))
    if person and len(register) and {"killed", "injured"} <= figures.keys():
        killed, injured = (np.maximum(figures[name], 0) for name in ("killed", "injured"))
        told.answers = bool((killed + injured <= 1).all())
    counted = bool(figures or told.sums)
    totals = counted or (bool(told.wide) and not ground)
    year = register.columns[told.dates["year"]] if set(told.dates) == {"year"} else None
    several, hazards = (set(v.called()["signs"][name].split()) for name in ("incidents", "hazards"))
    words = {*keys, *"_".join(keys).split("_"), *(key_of(w) for column in register.columns for w in column.texts[:40])}
    done = not fields.keys().isdisjoint(("cleared", "reduced", "cancelled", *v.ITEMS))
    fits = {
        "taught": not set("_".join(keys).split("_")).isdisjoint(v.called()["signs"]["taught"].split()),
        "outcomes": told.crossed,
        "population": "value" in fields and not figures,
        "person": ("outcome" in fields and not ground) or told.answers or (person and not figures and not ground),
        "yearly": totals and year is not None and (year.count[year.count > 0] == 1).all(),
        "running": totals and any(w in keys[i] for i in fields.values() for w in ("cumul", "acumul", "to_date")),
        "several": totals and not several.isdisjoint(keys),
        "explosion": counted and not told.wide,
        "open": totals,
        "hazard": not words.isdisjoint(hazards) and not done,
        "ground": ground,
        "open ": True,
    }
    kind = next(name.strip() for name, fit in fits.items() if fit)
    told.table, told.row, told.reason = v.called()["kinds"][kind]
    if kind == "taught":
        told.columns, told.sums = {name: i for name, i in told.columns.items() if name not in v.PEOPLE}, {}
    if kind == "ground" and "outcome" in fields:  # what became of a task, not of a person
        told.columns["status"], told.why["status"] = told.columns.pop("outcome"), told.why["outcome"]
    if told.table == "hazardous_areas" and "id" not in fields and "site" in fields:
        told.columns["id"], told.why["id"] = told.columns.pop("site"), told.why["site"]


def propose(path: Path) -> str:
    """Return the text of a mapping for a register, as far as the file tells it; lines with "?" are for a person.

    Raises
    ------
    DataError
        The file cannot be read.
    """
    register, source = _read(path)
    told, headers = likely(register), register.headers
    used = {*told.columns.values(), *told.wide}
    fields, table, row = told.fields, told.table, told.row
    signs = {fold(word.replace("_", " ")) for word in v.called()["unknown"]["unknown"].split()}
    unknown = sorted({t.strip() for c in register.columns for t in c.texts if t.strip() and fold(t) in signs})
    asked = _asked(register, told, unknown)
    rows = v.ROW_OF.get(table) or dict.fromkeys(word for words in v.ROW_OF.values() for word in words)
    lines = [
        f"# A mapping proposed from '{path.name}' ({len(register):,} rows): check each line; '?' marks what is open.",
        "# Every key is explained in docs/own_data.md.",
        "",
        f'table = "{table}"  # ? {told.reason}' + ("" if table in v.ROW_OF else f": one of {', '.join(v.ROW_OF)}"),
        f'row = "{row}"  # ? one of {", ".join(rows)}',
        "",
        "[register]",
        f'id = "{slug(path.stem)[:60] or "register"}"',
        'publisher = "?"  # ? who publishes the register',
        '# complete_until = "2023-12"  # ? the last complete month; later ones are unknown, not 0',
        "# covered_from, covered_until  # ? the span that the register covers",
        "",
        "[source]",
        *source,
        *_siblings(path),
        *(line for key, line in asked.items() if key in KEYS["source"]),
        *([_line("unknown", ["", *unknown], "? taken as not known")] if unknown else []),
        *_filled_down(register),
        *_totals(register),
    ]
    if told.wide:
        made = "year" if re.search(r"\d", headers[told.wide[0]]) else "month"
        lines += ["", f"[wide]  # ? a column for each {made}: each cell becomes a row"]
        lines += [_line("columns", [headers[i] for i in told.wide]), f'to = "{made}"', 'values = "number"']
        lines += ["", "[people]  # ? a row stands for several people", 'count = "number"'] if told.crossed else []
        lines += ["# number is a field, or the count of [people], where a row says of what outcome they are"]
    if (people := fields.pop("people", None)) is not None and row == "victim":
        lines += ["", "[people]  # ? a row stands for several people", _line("count", headers[people])]
    lines += ["", "[date]", *_dated(register, told), *(line for key, line in asked.items() if key in KEYS["date"])]
    lines += ["", "[fields]", *_fields(register, told, fields)]
    lines += ["", "# Columns not used, with what they hold:"]
    lines += [f"# {_about(register, i)}" for i in range(len(headers)) if i not in used]
    if told.crossed:
        said = from_values([word for i in told.wide for word in re.findall(BESIDE_YEAR, headers[i])])
        lines += ["", *_values("outcome", said, v.words_of(table, "outcome"), unknown)]
    for name, i in fields.items():
        if name in v.FIELDS.get((table, row), fields) and (words := v.words_of(table, name)):
            lines += ["", *_values(name, register.columns[i], words, unknown)]
    lines += ["", "# [[expect]]  # ? a total that somebody published: the proof that the file is read rightly"]
    return "\n".join([*lines, "# year = 2020", ""])


def _line(key: str, value: object, why: str = "", *, open: bool = False) -> str:
    """A line of the mapping with its reason; one that a person has to settle is a comment."""
    return f"{'# ' if open else ''}{key} = {_toml(value)}" + (f"  # {clean(why)}" if why else "")


def _toml(value: object) -> str:
    if isinstance(value, dict):
        return "{ " + ", ".join(f"{key} = {_toml(one)}" for key, one in value.items()) + " }"
    if isinstance(value, list):
        return f"[{', '.join(map(_toml, value))}]"
    if isinstance(value, int):
        return str(value)
    return json.dumps(str(value), ensure_ascii=False).replace("\x7f", "\\u007f")


def _fields(register: Register, told: Likely, fields: dict[str, int]) -> list[str]:
    headers, lines, table = register.headers, [], told.table
    place: object
    needed = [*v.REQUIRED.get((table, told.row), ())]
    allowed = v.FIELDS.get((table, told.row)) or tuple(fields)
    unit = fields.pop("unit", None)
    if told.answers:
        answers = {_toml(headers[fields.pop(name)]): name for name in ("killed", "injured")}
        lines.append(_line("outcome", {"columns": answers}, "0 or 1 in each row"))
    if told.crossed:
        place = {"column": "year", "pattern": BESIDE_YEAR}
        lines.append(_line("outcome", place, "? what the header says beside the year"))
        needed = []
    for name, i in fields.items():
        place = headers[i]
        if name in v.AREAS:
            found = v.unit_in(headers[i])
            place = {"column": place, "unit": found or ("?" if unit is None else {"column": headers[unit]})}
            place |= {"dunum_m2": "?"} if found == "dunum" else {}
        more = "" if name in allowed else f"; no field where a row is one {told.row}"
        lines.append(_line(name, place, f"{'? ' if more else ''}{told.why[name]}{more}", open=bool(more)))
    if table == "estimates" and "value" in fields:
        metric = "population_district" if "district" in fields else "population_country"
        lines.append(_line("metric", {"value": metric}, "? what is counted"))
        lines.append(_line("unit", {"value": "persons"}, "? and in what"))
        needed = []
    for name, parts in told.sums.items():
        if name in allowed and name not in fields:
            some = {"sum": [headers[i] for i in parts]}
            lines.append(_line(name, some, "? blank = 0 where empty means nought", open=True))
    return lines + [f"# {name} = ?  # ? needed" for name in needed if name not in fields and not told.answers]


def _siblings(path: Path) -> list[str]:
    """Other files beside it with the same header: one register in several files, perhaps."""

    def first(file: Path) -> set[str]:
        with file.open(encoding="utf-8-sig", errors="replace") as lines:
            return set(re.split(r"[,;\t|]", lines.readline().strip()))

    if path.suffix.lower() not in (".csv", ".tsv", ".txt") or len(head := first(path)) < 2:
        return []
    same = [one.name for one in sorted(path.parent.glob(f"*{path.suffix}"))[:200] if len(first(one) & head) > 1]
    why = f"? {len(same) - 1} more beside it with columns of the same names"
    return [_line("files", same[:20], why, open=True)] if len(same) > 1 else []


def _written(path: Path) -> dict[str, object]:
    """How a table of text is written: where the header stands is the first line that is as wide as most."""
    head = path.read_bytes()[: 1 << 20]
    source: dict[str, object] = {"encoding": "utf-16"} if head[:2] in (b"\xff\xfe", b"\xfe\xff") else {}
    some = head.decode("utf-16" if source else "utf-8-sig", "ignore").splitlines()[:50] or [""]
    # cells in quotes may hold the sign: a record is as wide as a reader of CSV says
    tables = {sign: list(csv.reader(some, delimiter=sign)) for sign in (",", ";", "\t", "|")}
    widths = {sign: np.median([len(row) for row in rows]) for sign, rows in tables.items()}
    best = max(widths, key=lambda sign: (widths[sign], sign == ","))
    if best != ("\t" if path.suffix.lower() == ".tsv" else ",") and widths[best] > 1:
        source["delimiter"] = best
    place = next((i for i, row in enumerate(tables[best][:LOOK]) if len(row) >= int(widths[best]) > 1), 0)
    if any(map(is_tag_row, tables[best][:LOOK])):
        return source | {"format": "hxl"}
    return source | ({"header_row": place + 1} if place else {})


# what stops the reading of a workbook, the setting that goes on, and what a person must say of it
GOES_ON = {
    "hidden-rows": ("hidden", "keep", '? or "drop": the sheet hides rows'),
    "several-sheets": ("sheets", ["*"], "? all of them, or sheet = the one"),
}


def _read(path: Path) -> tuple[Register, list[str]]:
    """The register, and the lines of [source] with which it could be read."""
    source = _written(path) if format_of(path, {}) == "csv" else {}
    why: dict[str, str] = {}
    while True:
        try:
            register = read_all(path, source, [], Findings(path.name))
            one = register if "sheets" not in source else _first_sheet(path, source)
            header = _header(one, source).items()
            found: dict[str, tuple] = {key: (value, "? where the header stands") for key, value in header}
        except DataError as error:
            codes = {getattr(problem, "code", "") for problem in error.problems}
            if not codes or not codes <= GOES_ON.keys() or codes & why.keys():
                raise
            found = {GOES_ON[code][0]: GOES_ON[code][1:] for code in codes}
        if not found:
            return register, [_line(key, value, why.get(key, "")) for key, value in source.items()]
        source |= {key: value for key, (value, _) in found.items()}
        why |= {key: text for key, (_, text) in found.items()}


def _first_sheet(path: Path, source: dict) -> Register:
    """The first of several sheets that holds something: where its header stands, that of the others does."""
    name = next(name for name, sheet in sheets_of(path).items() if sheet.rows)
    return read_register(path, source, [], Findings(path.name), sheet=name)


def _header(register: Register, source: dict) -> dict[str, int]:
    """Where the header stands, if the row that was taken for it has no name for half of the columns, or for some."""
    names = register.headers  # a merged heading stands over each of its columns
    blank = [i for i, name in enumerate(names) if name in ("", f"column {i + 1}") or name in names[:i]]
    if not blank or len(names) < 2 or {"header_rows", "files"} & set(source) or register.tags:
        return {}
    if 2 * len(blank) >= len(names) and "header_row" not in source:
        full = np.sum([column.spread(~column.blank) for column in register.columns], axis=0)[:LOOK]
        wide = np.flatnonzero(full >= max(2, 0.7 * len(names)))
        return {"header_row": int(register.rows[wide[0]])} if len(wide) else {}
    words = [register.columns[i].texts[register.columns[i].codes[0]].strip() for i in blank] if len(register) else [""]
    return {"header_rows": 2} if all(word and not re.search(r"\d", word) for word in words) else {}


def _filled_down(register: Register) -> list[str]:
    """Columns that say a word once for several rows: it is never told again, and the first row has one."""
    names, total = [], np.zeros(len(register), dtype=bool)
    for column in register.columns:
        total |= column.spread(np.array([bool(TOTAL.fullmatch(fold(text))) for text in column.texts], dtype=bool))
    for header, column in zip(register.headers, register.take(~total).columns, strict=True):
        said, empty = column.count[(column.count > 0) & ~column.blank], column.spread(column.blank)
        if len(said) > 1 and (said == 1).all() and not empty[0] and 0.3 < empty.mean() < 0.95:
            names.append(header)
    return [_line("fill_down", names, "? where an empty cell means: as above", open=True)] if names else []


def _totals(register: Register) -> list[str]:
    """Rows that are labelled as totals."""
    for header, column in zip(register.headers, register.columns, strict=True):
        if words := [t.strip() for t in column.texts[column.count > 0] if TOTAL.fullmatch(fold(t))]:
            said = "? rows of totals are taken out and compared"
            return ["", "[rows]", _line("totals", {"column": header, "values": words}, said)]
    return []


SETTING = re.compile(r"\b(decimal|thousands|formats|languages|century|zero|calendar) = ('.*?'|\[.*?\]|\d+)")


def _asked(register: Register, told: Likely, unknown: list[str]) -> dict[str, str]:
    """The settings that the reading of figures and dates asks for, each taken up until it asks for no more."""
    settings: dict = {}
    lines: dict[str, str] = {}
    words = {fold(word) for word in unknown} | {""}
    columns = [(name, register.headers[i], register.columns[i]) for name, i in told.columns.items()]
    columns += [("people", register.headers[i], register.columns[i]) for i in told.wide]
    columns += [("wide", "", from_values([register.headers[i] for i in told.wide]))] if told.wide else []
    while True:
        findings = Findings("")
        for name, header, column in columns:
            numbers = register.rows if name != "wide" else np.arange(len(column))
            cells = Cells(column, column.known(words) & (column.count > 0), header, numbers, findings)
            if name in ("column", "start", "end"):
                parse_dates(cells, {key: value for key, value in settings.items() if key != "calendar"})
            elif name == "month" or (name == "wide" and column.texts[0].strip()[:1].isalpha()):
                month_numbers(cells, settings)
            elif name in NUMERIC:
                separators = {key: settings[key] for key in ("decimal", "thousands") if key in settings}
                signed = name in ("latitude", "longitude")
                parse_numbers(cells, typed=register.typed, signed=signed, whole=name in v.COUNTS, **separators)
        settled = [(found, one) for one in findings.errors if (found := SETTING.search(one.remedy))]
        asked = {found[1]: (found[2], one) for found, one in settled if found[1] not in lines}
        if not asked:
            return lines
        new = min(asked)  # a decimal sign before one of thousands
        text, one = asked[new]
        settings[new] = tomllib.loads(f"x = {text}")["x"]
        sure = "as other cells show" in one.remedy  # no cell reads another way
        lines[new] = f"{'' if sure else '# '}{new} = {text}  # {'' if sure else '? '}{clean(one.said)}"


def _dated(register: Register, told: Likely) -> list[str]:
    """The lines of [date]: which columns it is made of."""
    dates, lines = told.dates, []
    if told.wide:
        first = register.headers[told.wide[0]].strip()
        years = bool(re.search(r"\d", first))
        year: object = "year" if first.isdecimal() else {"column": "year", "pattern": r"(\d{4})"}
        lines = [_line("year", year, "of [wide]") if years else 'month = "month"  # of [wide]']
        dates = {name: i for name, i in dates.items() if name == "year" and not years}
    if told.table == "victim_totals" and "column" in dates:
        why = "? the day from which running totals count; the date is then their end"
        lines.append(_line("start", {"value": "?"}, why, open=True))
    if not dates and not lines:
        of_all = "; or of all rows, year = { value = 2020 }" if told.table == "estimates" else ""
        return [f"# column = ?  # ? one of column; year (month, day); start (end){of_all}"]
    for name, i in dates.items():
        some = [text.strip() for text in register.columns[i].texts if text.strip()][:3]
        why = f"{told.why.get(name, '')}; such as {', '.join(map(_toml, some))}"
        lines.append(_line(name, register.headers[i], why))
    return lines


def _most(column: Coded) -> list[tuple[str, int, bool]]:
    """The cells of a column that say something, the most frequent first: text, rows, whether it looks private."""
    private, texts = private_cells(column), [text.strip() for text in column.texts]
    order = [code for code in np.argsort(-column.count, kind="stable") if column.count[code] and texts[code]]
    return [(texts[code], int(column.count[code]), bool(private[code])) for code in order]


def _values(name: str, column: Coded, allowed: tuple[str, ...], unknown: list[str]) -> list[str]:
    lines, words = [f"[values.{name}]  # {' | '.join(allowed)}"], _most(column)
    for word, rows, private in words[:MOST]:
        if not private and word not in unknown:
            known = f"{_toml(word)} = {_toml(fold(word))}" if fold(word) in allowed else f"# {_toml(word)} = ?"
            lines.append(f"{known}  # {rows:,} rows")
    if len(words) > MOST:
        lines.append(f"# ... and {len(words) - MOST:,} more words; is it the right column?")
    return lines


def _about(register: Register, i: int) -> str:
    header, words = _toml(register.headers[i]), _most(register.columns[i])
    if looks_personal(register.headers[i]):
        return f"{header}: looks personal; it is not read"
    private = any(one for *_, one in words)
    told = [match[1] for text, *_ in words[:200] if (match := re.search(r"\d+ ([^\W\d_]{3,})", text))]
    if len(told) > len(words[:200]) / 2 and not private:
        pattern = {"column": register.headers[i], "pattern": rf"([\d.,]*\d) {told[0]}"}
        return f"{header}: figures in words; such as {_toml(pattern)}"
    if len(words) > MOST or private or look_like_names(np.array([text for text, *_ in words])):
        return f"{header}: {len(words):,} different cells"
    return f"{header}: " + (", ".join(f"{_toml(text)} {rows:,}" for text, rows, _ in words[:5]) or "empty")
