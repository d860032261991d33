"""A register as read: its headers, its columns, the row where a spreadsheet shows each; and the shape of its mapping.

Some registers say one thing in several columns (a year each, an answer each, a second date where the first is empty),
one thing for several rows (a cell merged downwards, a row for five people), or many things that are not wanted (all
countries). Each is a new register: rows repeated, joined or left out with a count, and columns made of others.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from minestats.errors import did_you_mean, fold, listed
from minestats.registers import vocabulary as v
from minestats.registers.cells import Cells, Coded, from_values
from minestats.registers.date_reader import starts_a_date
from minestats.registers.findings import Findings, rows_of
from minestats.registers.mapping import DATE_COLUMNS, Field, RegisterMapping
from minestats.registers.numeric import WHOLE, parse_numbers, rounded_as
from minestats.say import iso_day

LOOK = 25  # rows in which a header or a tag row is looked for


@dataclass
class Register:
    """A register as read: headers, columns, and the spreadsheet row of each row.

    `suffix` tells rows apart that come from one row of the file, or from one row of several. `typed` says that
    numbers and dates come from the format itself; `tags` holds the HXL tag of a column; `geometry` the GeoJSON
    geometry of each row; `header_row` where the header stood.
    """

    name: str
    headers: list[str]
    columns: list[Coded]
    rows: np.ndarray
    typed: bool = False
    tags: dict[int, str] = field(default_factory=dict)
    geometry: list | None = None
    header_row: int = 1
    sha256: str = ""
    personal: set[int] = field(default_factory=set)
    suffix: np.ndarray = field(default_factory=lambda: np.empty(0, dtype=object))

    merged: dict[int, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if not len(self.suffix):
            self.suffix = np.full(len(self.rows), "", dtype=object)

    def __len__(self) -> int:
        return len(self.rows)

    def take(self, keep: np.ndarray) -> Register:
        """Return the register with some of its rows only."""
        geometry = self.geometry
        if geometry is not None:
            geometry = [geometry[i] for i in np.flatnonzero(keep)]
        columns = [column.take(keep) for column in self.columns]
        rows, suffix = self.rows[keep], self.suffix[keep]
        return replace(self, columns=columns, rows=rows, geometry=geometry, suffix=suffix)

    def find(self, name: str) -> int | None:
        """Return the number of a column by its header or HXL tag; None where there is none or more than one."""
        found = self.matches(name)
        return found[0] if len(found) == 1 else None

    def at(self, name: str) -> int:
        """Return the number of a column that `check_columns` has found."""
        return self.matches(name)[0]

    def matches(self, name: str) -> list[int]:
        """Return the numbers of all columns of that header or tag."""
        if name.startswith("#") and self.tags:
            from minestats.data.exports import matching

            return matching(name, self.tags)
        exact = [i for i, header in enumerate(self.headers) if header == name]
        key = fold(name)
        return exact if len(exact) == 1 else [i for i, header in enumerate(self.headers) if fold(header) == key]


def header_place(
    preview: list[list[str]], source: dict, wanted: list[str], findings: Findings
) -> tuple[int, dict[int, str]]:
    """Return the row of the header (0 is the first) among the first rows, and the tags of a tag row after it."""
    from minestats.data.exports import is_tag_row

    tag_rows = [i for i, row in enumerate(preview[: LOOK + 1]) if is_tag_row(row)]
    if source.get("format") == "hxl" and not tag_rows:
        for i, row in enumerate(preview[: LOOK + 1]):  # a row of tags but for a cell or two
            bad = [cell for cell in row if cell.strip() and not is_tag_row([cell])]
            if 0 < len(bad) < sum(is_tag_row([cell]) for cell in row):
                findings.halt("no-tag", row=i + 1, value=bad[0])
        findings.halt("no-tag-row", most=LOOK)
    if source.get("header_row"):
        place = source["header_row"] - 1
        if place >= len(preview):
            findings.halt("no-header-row", number=place + 1)
    elif source.get("format") == "hxl" or (tag_rows and any(name.startswith("#") for name in wanted)):
        place = tag_rows[0] - 1
        if place < 0 or not any(cell.strip() for cell in preview[place]):
            place = tag_rows[0]
    else:
        place = next((i for i, row in enumerate(preview) if any(cell.strip() for cell in row)), 0)
        keys = {fold(name) for name in wanted if not name.startswith("#")}
        score = [len(keys & {fold(cell) for cell in row}) for row in preview]
        best = int(np.argmax(score))
        enough = score[best] > score[place] and score[best] >= max(1, len(keys) // 2)
        if enough and source.get("header_rows", 1) == 1:
            findings.halt("header-elsewhere", place=place + 1, row=best + 1)
    if (many := source.get("header_rows", 1)) > 1:
        preview[place + many - 1] = _joined(preview[place : place + many])
        place += many - 1
    tags: dict[int, str] = {}
    if tag_rows and tag_rows[0] in (place, place + 1):
        tags = {i: cell.strip() for i, cell in enumerate(preview[tag_rows[0]]) if cell.strip()}
    return place, tags


def _joined(rows: list[list[str]]) -> list[str]:
    """Several header rows as one: "Killed" over "Male" and "Female" is "Killed Male" and "Killed Female"."""
    names = [""] * max(map(len, rows))
    for n, row in enumerate(rows):
        above = ""
        for i in range(len(names)):
            cell = " ".join(row[i].split()) if i < len(row) else ""
            below = any(i < len(other) and other[i].strip() for other in rows[n + 1 :])
            above = cell or (above if below else "")  # a heading stands over the empty cells to its right
            if above and not names[i].endswith(above):
                names[i] = f"{names[i]} {above}".strip()
    return names


def headers_from(row: list[str], tags: dict[int, str]) -> list[str]:
    """Return the headers of a row; a blank one takes its tag or its number."""
    return [" ".join(str(cell).split()) or tags.get(i) or f"column {i + 1}" for i, cell in enumerate(row)]


def check_columns(register: Register, wanted: list[str], findings: Findings) -> None:
    """Note each mapped column that the register lacks, with the nearest that it has, or has twice."""
    for name in dict.fromkeys(wanted):
        found = register.matches(name)
        if len(found) == 1:
            continue
        if len(found) > 1:
            findings.say("column-twice", column=name, many=len(found), places=listed([_letter(i) for i in found]))
            continue
        names = list(register.tags.values()) if name.startswith("#") else register.headers
        guess = next((h for h in names if len(h) >= 8 and fold(name).startswith(fold(h))), None)
        hint = did_you_mean(guess or name, names, otherwise=f"the file has {listed(names, 40)}")
        findings.say("no-such-column", column=name, hint=hint)


def _letter(i: int) -> str:
    text = ""
    i += 1
    while i:
        i, rest = divmod(i - 1, 26)
        text = chr(65 + rest) + text
    return f"column {text}"


def fill_down(register: Register, names: list[str], findings: Findings) -> Register:
    """Return the register with the empty cells of some columns filled from the row above, as a person reads them."""
    columns = list(register.columns)
    filled_cells = np.sum([column.spread(~column.blank) for column in columns], axis=0)
    dated = [column.spread(np.array([starts_a_date(t) for t in column.texts], dtype=bool)) for column in columns]
    lines = (filled_cells == 1) & ~np.any(dated, axis=0)  # a footnote takes no place from above
    for name in names:
        i = register.at(name)
        empty = columns[i].spread(columns[i].blank)
        above = np.maximum.accumulate(np.where(empty, -1, np.arange(len(register))))
        filled = empty & (above >= 0) & ~lines
        if filled.any():
            columns[i] = columns[i].take(np.where(filled, above, np.arange(len(register))))
            findings.say("filled-down", column=register.headers[i], rows=int(filled.sum()))
    return replace(register, columns=columns)


def only(register: Register, wanted: dict[str, list[str]], dropped: dict[str, int], findings: Findings) -> Register:
    """Return the rows that hold one of the words of each column; the others are counted."""
    keep = np.ones(len(register), dtype=bool)
    for name, words in wanted.items():
        i = register.at(name)
        column, keys = register.columns[i], {fold(word) for word in words}
        here = keep & column.spread(np.array([fold(text) in keys for text in column.texts], dtype=bool))
        if not here.any():
            findings.say("only-nothing", column=name, words=words)
            continue
        if gone := int(keep.sum() - here.sum()):
            dropped[f"[only] {name} = {', '.join(words)}"] = gone
        keep = here
    return register.take(keep)


def wide_columns(wide: dict, register: Register) -> list[str]:
    """Return the columns of a wide table: those that are listed, or all of a range such as "2016..2019"."""
    names = []
    for name in wide.get("columns", []):
        first, dots, last = name.partition("..")
        if dots and first.isdecimal() and last.isdecimal():
            names += [str(number) for number in range(int(first), int(last) + 1)]
        elif dots and register.find(first) is not None and register.find(last) is not None:
            names += register.headers[register.at(first) : register.at(last) + 1]
        else:
            names.append(name)
    return names


def long(register: Register, wide: dict, findings: Findings) -> Register:
    """Return a table with a column for each year (or month, or group) as one with a row for each."""
    names = wide_columns(wide, register)
    check_columns(register, names, findings)
    findings.stop()
    places = [register.at(name) for name in names]
    size, many = len(register), len(names)
    order = np.repeat(np.arange(size), many)
    cells = [register.columns[i].spread(register.columns[i].words) for i in places]
    values = from_values([cells[j][i] for i in range(size) for j in range(many)])
    labels = Coded(np.tile(np.arange(many, dtype=np.int32), size), names, textual=True)
    kept = [i for i in range(len(register.headers)) if i not in places]
    findings.say("wide-read", lines=rows_of(size), many=many, rows=size * many)
    longer = register.take(order)
    return replace(
        longer,
        headers=[*(register.headers[i] for i in kept), wide["to"], wide["values"]],
        columns=[*(longer.columns[i] for i in kept), labels, values],
        tags={kept.index(i): tag for i, tag in register.tags.items() if i in kept},
        personal={kept.index(i) for i in register.personal if i in kept},
        suffix=longer.suffix + np.array([f"/{name}" for name in names], dtype=object)[labels.codes],
    )


def each_person(register: Register, name: str, mapping: RegisterMapping, findings: Findings) -> Register:
    """Return a row for each person of rows that say how many people they are of."""
    i = register.at(name)
    column = register.columns[i]
    cells = Cells(column, ~column.blank & (column.count > 0), register.headers[i], register.rows, findings)
    told = {"thousands": mapping.source.get("thousands", ""), "nought": mapping.source.get("nought", ())}
    numbers, _ = parse_numbers(cells, typed=register.typed, whole=True, **told)
    counts = column.spread(numbers)
    findings.say_of("people-unsaid", np.isnan(counts), register.rows, column=cells.header)
    findings.stop()
    times = counts.astype(int)
    nth = np.concatenate([np.arange(1, n + 1) for n in times]) if times.sum() else np.empty(0, int)
    repeated = register.take(np.repeat(np.arange(len(register)), times))
    of_several = np.repeat(times > 1, times)
    suffix = repeated.suffix + np.where(of_several, np.char.add(".", nth.astype(str)).astype(object), "")
    if none := int((times == 0).sum()):
        findings.say("people-none", rows=none)
    people = int(times.sum())
    findings.say("people-read", lines=rows_of(len(register)), people=people, rows=people)
    return replace(repeated, suffix=suffix)


def made_columns(
    register: Register, specs: list[Field], findings: Findings, *, calendar: str = "", nought: Sequence[str] = ()
) -> Register:
    """Return the register with a column for each field or part of a date that no single column of its says."""
    headers, columns = list(register.headers), list(register.columns)

    def add(one: Field, column: Coded) -> None:
        header = f"{' / '.join(one.columns) or one.value} ({one.name})"
        while header in headers:
            header += "'"
        headers.append(header)
        columns.append(column)
        one.column, one.first, one.answers, one.pattern, one.unknown, one.value = header, [], {}, "", [], None

    for one in specs:
        if one.made:
            add(one, _made(register, one, findings, {fold(word) for word in nought}))
        elif one.name in DATE_COLUMNS and one.value is not None:
            day = None if calendar else iso_day(str(one.value))  # [date] formats are of the cells
            add(one, Coded(np.zeros(len(register), dtype=np.int32), [day or str(one.value)]))
    return replace(register, headers=headers, columns=columns)


def _made(register: Register, one: Field, findings: Findings, nought: set[str]) -> Coded:
    parts = [register.columns[register.at(name)] for name in one.columns]
    if one.answers:
        return _answers(register, one, parts, findings)
    column = parts[0]
    if len(parts) > 1:
        empty = [part.spread(part.blank) for part in parts]
        values = parts[-1].spread(parts[-1].words)
        for part, blank in zip(parts[-2::-1], empty[-2::-1], strict=True):
            values = np.where(blank, values, part.spread(part.words))
        used = int((empty[0] & ~empty[-1]).sum())
        if used:
            findings.say("fallback-used", field=one.name, first=one.columns[0], last=one.columns[-1], rows=used)
        column = from_values(list(values))
    if one.unknown:
        unknown = {fold(word) for word in one.unknown}
        column = _changed(column, lambda text: "" if fold(text) in unknown else None)
    if one.pattern:
        compiled = re.compile(one.pattern, re.IGNORECASE)
        told = np.array([bool(compiled.search(text)) or fold(text) in nought for text in column.texts], dtype=bool)
        silent = int((column.count * (~told & ~column.blank)).sum())
        if silent:
            findings.say("pattern-nothing", field=one.name, name=one.columns[0], rows=silent)
        several = [len(fits := compiled.findall(text)) > 1 and not _adds_up(one, fits) for text in column.texts]
        cells = Cells(column, ~column.blank, one.columns[0], register.rows, findings)
        if one.name in (*v.COUNTS, *v.NUMBERS):
            held = np.flatnonzero(column.count).tolist()
            cut = {code: figure for code in held if (figure := _cut(compiled, column.texts[code]))}
            cells.say("pattern-cuts", list(cut), part=next(iter(cut.values()), ""))
        how = ", or add = true" if one.name in (*v.COUNTS, *v.NUMBERS) and not one.add else ""
        cells.say("pattern-several", np.flatnonzero(np.array(several, dtype=bool) & (column.count > 0)), how=how)
        findings.stop()
        column = _changed(column, lambda t: None if fold(t) in nought else _fitting(one, compiled, t))
    return column


def _adds_up(one: Field, fits: list[str]) -> bool:
    """Whether what fits a pattern more than once in a cell is one figure: to be added up, or the same word again."""
    if one.add:
        return all(re.fullmatch(r"\d+(\.\d+)?", fit) for fit in fits)
    return one.name not in (*v.COUNTS, *v.NUMBERS) and len(set(fits)) == 1


def _fitting(one: Field, pattern: re.Pattern, text: str) -> str:
    """What fits a pattern, with the sign of what the words beside a figure call it: "more than 20" is 20+."""
    matches = list(pattern.finditer(text))
    fits = [match[1] or "" for match in matches]
    said = f"{sum(map(float, fits)):.10g}" if one.add and len(fits) > 1 else "".join(fits[:1])
    if one.name not in (*v.COUNTS, *v.NUMBERS) or not said:
        return said
    notes = (rounded_as(text[: match.start(1)], text[match.end(1) :]) for match in matches)
    return {"about": f"~{said}", "more_than": f"{said}+", "nearly": f"<{said}"}.get(next(filter(None, notes), ""), said)


def _cut(pattern: re.Pattern, text: str) -> str:
    """The figure of which a pattern takes a part only, as "(\\d+) killed" does of "1,200 killed" and "10-15 killed"."""
    for match in pattern.finditer(text):
        for whole in WHOLE.finditer(text):
            left = whole.start() < match.start() < whole.end() and match[0][:1].isdigit()
            right = whole.start() < match.end() < whole.end() and match[0][-1:].isdigit()
            if left or right:
                return whole[0]
    return ""


def _changed(column: Coded, change: Callable[[str], str | None]) -> Coded:
    words = [
        word if (new := change(text)) is None else new for word, text in zip(column.words, column.texts, strict=True)
    ]
    return Coded(column.codes, words)


def _answers(register: Register, one: Field, parts: list[Coded], findings: Findings) -> Coded:
    """The word of the column that says yes; several, joined by " + ", are a word of their own for [values]."""
    said = []
    yes_of, no_of = ({fold(word) for word in v.called()["yes"][key].split()} for key in ("yes", "no"))
    for name, column in zip(one.columns, parts, strict=True):
        keys = [fold(text) for text in column.texts]
        odd = [code for code, key in enumerate(keys) if key not in yes_of | no_of | {""} and column.count[code]]
        Cells(column, column.count > 0, name, register.rows, findings).say("yes-or-no", odd)
        said.append(column.spread(np.array([key in yes_of for key in keys], dtype=bool)))
    findings.stop()
    place = np.zeros(len(register), dtype=np.int64)
    for i, yes in enumerate(said):
        place += yes.astype(np.int64) << i
    seen, codes = np.unique(place, return_inverse=True)
    words = list(one.answers.values())
    texts = []
    for value in seen:
        told = list(dict.fromkeys(words[i] for i in range(len(words)) if value >> i & 1))
        texts.append(" + ".join(told))
    return Coded(codes.astype(np.int32), texts, textual=True)


def shaped(register: Register, mapping: RegisterMapping, dropped: dict[str, int], findings: Findings) -> Register:
    """Return the register in the shape that the mapping speaks of; rows left out are counted in `dropped`."""
    if names := mapping.source.get("fill_down"):
        register = fill_down(register, names, findings)
    if mapping.only:
        register = only(register, mapping.only, dropped, findings)
        findings.stop()
    if mapping.wide:
        register = long(register, mapping.wide, findings)
    if mapping.people:
        register = each_person(register, mapping.people, mapping, findings)
    dates = {key: one for key in DATE_COLUMNS if isinstance(one := mapping.date.get(key), Field)}
    said = {"calendar": mapping.date.get("calendar", ""), "nought": mapping.source.get("nought", ())}
    register = made_columns(register, [*dates.values(), *mapping.fields.values()], findings, **said)
    mapping.date |= {key: one.column for key, one in dates.items()}
    return register
