"""A mapping proposed from the file itself: what its headers and words likely are, and what only a person can say.

A header says what a column is called, not what it means. So nothing is decided in silence: each line that is proposed
names its reason, each word of the register stands with its count, and what is left open is marked with "?".
"""

from __future__ import annotations

import csv
import json
import re
from pathlib import Path

import numpy as np

from minestats.data.exports import is_tag_row
from minestats.errors import DataError, fold
from minestats.registers import vocabulary as v
from minestats.registers.cells import Coded
from minestats.registers.date_reader import languages_of, order_of
from minestats.registers.findings import Findings
from minestats.registers.likely import Likely
from minestats.registers.likely import likely as guess
from minestats.registers.numeric import DIGITS, SPACES
from minestats.registers.opening import format_of, read_all
from minestats.registers.register import LOOK, Register
from minestats.registers.rows import TOTAL
from minestats.registers.vocabulary import look_like_names, looks_personal, private_cells
from minestats.say import slug

MOST = 40  # words of a column that are listed


def propose(path: Path) -> str:
    """Return the text of a mapping for a register, as far as the file tells it; lines with "?" are for a person.

    Raises
    ------
    DataError
        The file cannot be read.
    """
    source, told = _source(path)
    register = _read(path, source, told)
    likely = guess(register)
    fields, table, row, headers = likely.fields, likely.table, likely.row, register.headers
    unknown = _unknown(register)
    rows = v.ROW_OF.get(table) or dict.fromkeys(word for words in v.ROW_OF.values() for word in words)
    used = {*fields.values(), *likely.dates.values(), *likely.wide}
    lines = [
        f"# A mapping proposed from '{path.name}' ({len(register):,} rows): check each line; '?' marks what is open.",
        "# Every key is explained in docs/own_data.md.",
        "",
        f'table = "{table}"  # ? {likely.reason}' + ("" if table in v.ROW_OF else f": one of {', '.join(v.ROW_OF)}"),
        f'row = "{row}"  # ? one of {", ".join(rows)}',
        "",
        "[register]",
        f'id = "{slug(path.stem)[:60] or "register"}"',
        'publisher = "?"  # ? who publishes the register',
        '# complete_until = "2023-12"  # ? the last complete month; later ones are unknown, not 0',
        "# covered_from, covered_until  # ? the span that the register covers",
        "",
        "[source]",
        *told,
        *_siblings(path),
        *_separators(register, [*fields.values(), *likely.dates.values(), *likely.wide]),
        *([f"unknown = {_words(unknown)}  # ? taken as not known"] if unknown else []),
        *_filled_down(register),
        *_totals(register),
    ]
    if likely.wide:
        made = "year" if re.search(r"\d", headers[likely.wide[0]]) else "month"
        lines += ["", f"[wide]  # ? a column for each {made}: each cell becomes a row"]
        lines += [f"columns = {_words([headers[i] for i in likely.wide])}", f'to = "{made}"', 'values = "number"']
        lines += ["# number is a field, or the count of [people], where a row says of what outcome they are"]
    if (people := fields.pop("people", None)) is not None and row == "victim":
        lines += ["", "[people]  # ? a row stands for several people", f"count = {_text(headers[people])}"]
    lines += ["", "[date]", *_dates(register, likely), "", "[fields]"]
    allowed = v.FIELDS.get((table, row)) or tuple(fields)
    unit = fields.pop("unit", None)
    if likely.answers:
        killed, injured = (_text(headers[fields.pop(name)]) for name in ("killed", "injured"))
        lines += [f'outcome = {{ columns = {{ {killed} = "killed", {injured} = "injured" }} }}  # 0 or 1 in each row']
    for name, i in fields.items():
        if name in allowed:
            place = _place(name, headers[i], "" if unit is None else headers[unit])
            lines.append(f"{name} = {place}  # {likely.why[name]}")
        else:
            lines.append(f"# {name} = {_text(headers[i])}  # ? {likely.why[name]}; no field where a row is one {row}")
    if table == "estimates" and "value" in fields:
        metric = "population_district" if "district" in fields else "population_country"
        lines += [
            f'metric = {{ value = "{metric}" }}  # ? what is counted',
            'unit = { value = "persons" }  # ? and in what',
        ]
        fields |= {"metric": -1, "unit": -1}
    for name, parts in likely.sums.items():
        if name in allowed and name not in fields:
            names = _words([headers[i] for i in parts])
            lines.append(f"# {name} = {{ sum = {names} }}  # ? blank = 0 where empty means nought")
    lines += [
        f"# {name} = ?  # ? needed"
        for name in v.REQUIRED.get((table, row), ())
        if name not in fields and not likely.answers
    ]
    lines += ["", "# Columns not used, with what they hold:"]
    lines += [f"# {_about(register, i)}" for i in range(len(headers)) if i not in used]
    for name, i in fields.items():
        if i >= 0 and name in allowed and (words := v.words_of(table, name)):
            lines += ["", *_values(name, register.columns[i], words, unknown)]
    lines += [
        "",
        "# [[expect]]  # ? a total that somebody published: the proof that the file is read rightly",
        "# year = 2020",
    ]
    return "\n".join(lines) + "\n"


def _siblings(path: Path) -> list[str]:
    """Other files beside it with the same header: one register in several files, perhaps."""
    if path.suffix.lower() not in (".csv", ".tsv", ".txt"):
        return []

    def first(file: Path) -> set[str]:
        with file.open(encoding="utf-8-sig", errors="replace") as lines:
            return set(re.split(r"[,;\t|]", lines.readline().strip()))

    head = first(path)
    same = [one.name for one in sorted(path.parent.glob(f"*{path.suffix}"))[:200] if len(first(one) & head) > 1]
    others = [name for name in same if name != path.name]
    if not others or len(head) < 2:
        return []
    return [f"# files = {_words(same[:20])}  # ? {len(others)} more beside it with columns of the same names"]


def _source(path: Path) -> tuple[dict, list[str]]:
    """How the file is written: only what its bytes show."""
    kind = format_of(path, {})
    if kind != "csv":
        return {}, []
    head = path.read_bytes()[: 1 << 20]
    source: dict = {}
    if head[:2] in (b"\xff\xfe", b"\xfe\xff"):
        source["encoding"] = "utf-16"
    else:
        try:
            path.read_bytes().decode("utf-8")
        except UnicodeDecodeError:
            raise DataError(
                f"{path.name} is not UTF-8, and its encoding cannot be told from it; save it as UTF-8, or write the "
                "mapping by hand with [source] encoding = 'cp1252' (western), 'cp1251' (Cyrillic) or 'cp1256' (Arabic)"
            ) from None
    text = head.decode(source.get("encoding", "utf-8-sig"), "ignore")
    some = text.splitlines()[:50]
    # cells in quotes may hold the sign: a record is as wide as a reader of CSV says
    wide = {sign: [len(row) for row in csv.reader(some, delimiter=sign)] for sign in (",", ";", "\t", "|")}
    best = max(wide, key=lambda sign: (np.median(wide[sign]) if some else 0, sign == ","))
    if some and best != ("\t" if path.suffix.lower() == ".tsv" else ",") and np.median(wide[best]) > 1:
        source["delimiter"] = best
    # the header is the first line that is as wide as most
    width = int(np.median(wide[best])) if some else 0
    place = next((i for i, cells in enumerate(wide[best][:25]) if cells >= width > 1), 0)
    if any(is_tag_row(row) for row in list(csv.reader(some, delimiter=best))[:25]):
        source["format"] = "hxl"
    elif place:
        source["header_row"] = place + 1
    told = [f"{key} = {_text(value) if isinstance(value, str) else value}" for key, value in source.items()]
    return source, told


# what stops the reading of a workbook, the setting that goes on, and what a person must say of it
GOES_ON = {
    "hidden-rows": ("hidden", "keep", 'hidden = "keep"  # ? or "drop": the sheet hides rows'),
    "several-sheets": ("sheets", ["*"], 'sheets = ["*"]  # ? all of them, or sheet = the one'),
}


def _read(path: Path, source: dict, told: list[str]) -> Register:
    for _ in range(4):
        try:
            register = read_all(path, source, [], Findings(path.name))
        except DataError as error:
            codes = {getattr(problem, "code", "") for problem in error.problems}
            if not codes or not codes <= set(GOES_ON):
                raise
            for code in codes:
                key, value, line = GOES_ON[code]
                source[key] = value
                told.append(line)
            continue
        if not (found := _header(register, source)):
            return register
        source |= found
        told += [f"{key} = {value}  # ? where the header stands" for key, value in found.items()]
    return read_all(path, source, [], Findings(path.name))


def _header(register: Register, source: dict) -> dict[str, int]:
    """Where the header stands, if the row that was taken for it has no name for half of the columns, or for some."""
    names = register.headers  # a merged heading stands over each of its columns
    blank = [i for i, name in enumerate(names) if name in ("", f"column {i + 1}") or name in names[:i]]
    width = len(register.headers)
    if not blank or width < 2 or {"header_row", "header_rows", "files"} & set(source) or register.tags:
        return {}
    full = np.sum([column.spread(~column.blank) for column in register.columns], axis=0)[:LOOK]
    if 2 * len(blank) >= width:
        wide = np.flatnonzero(full >= max(2, 0.7 * width))
        return {"header_row": int(register.rows[wide[0]])} if len(wide) else {}
    words = [register.columns[i].texts[register.columns[i].codes[0]].strip() for i in blank] if len(register) else [""]
    return {"header_rows": 2} if all(word and not re.search(r"\d", word) for word in words) else {}


def _unknown(register: Register) -> list[str]:
    """Words of several columns that say that something is not known."""
    signs = {fold(word.replace("_", " ")) for word in v.called()["unknown"]["unknown"].split()}
    words = {text.strip() for c in register.columns for text in c.texts if fold(text) in signs and text.strip()}
    return ["", *sorted(words)] if words else []


def _filled_down(register: Register) -> list[str]:
    """Columns that say a word once for several rows: it is never told again, and the first row has one."""
    names, total = [], np.zeros(len(register), dtype=bool)
    for column in register.columns:
        total |= column.spread(np.array([bool(TOTAL.fullmatch(fold(text))) for text in column.texts], dtype=bool))
    for header, column in zip(register.headers, register.take(~total).columns, strict=True):
        if not len(column):
            continue
        said, empty = np.flatnonzero((column.count > 0) & ~column.blank), column.spread(column.blank)
        if len(said) > 1 and (column.count[said] == 1).all() and not empty[0] and 0.3 < empty.mean() < 0.95:
            names.append(header)
    return [f"# fill_down = {_words(names)}  # ? where an empty cell means: as above"] if names else []


def _totals(register: Register) -> list[str]:
    """Rows that are labelled as totals."""
    for header, column in zip(register.headers, register.columns, strict=True):
        words = [t.strip() for t, n in zip(column.texts, column.count, strict=True) if n and TOTAL.fullmatch(fold(t))]
        if words:
            said = "# ? rows of totals are taken out and compared"
            return ["", "[rows]", f"totals = {{ column = {_text(header)}, values = {_words(words)} }}  {said}"]
    return []


def _separators(register: Register, places: list[int]) -> list[str]:
    texts = [text.strip().translate(DIGITS) for i in places for text in register.columns[i].texts[:2000]]
    marks = {
        mark
        for text in texts
        if re.fullmatch(r"-?\d{1,3}(\D\d{3})+([.,]\d+)?", text)
        for mark in text
        if mark in f".,'’{SPACES}"
    }
    parts = any(re.fullmatch(r"-?[\d.]*\d,(\d{1,2}|\d{4,})", text) for text in texts)
    lines = []
    if parts:
        lines.append("# decimal = \",\"  # ? numbers like '1,5'")
        marks -= {","}
    for mark in sorted(marks, key=lambda mark: mark == "."):
        if mark in SPACES:
            lines.append("# thousands = \" \"  # ? numbers like '1 234'")
        elif mark == "," or mark != "." or parts:
            other = '; or decimal = ","' if mark == "," else ""
            lines.append(f"# thousands = {_text(mark)}  # ? numbers like '1{mark}234'{other}")
    return lines[:2]


def _dates(register: Register, likely: Likely) -> list[str]:
    dates, lines = likely.dates, []
    if likely.wide:
        first = register.headers[likely.wide[0]].strip()
        years = bool(re.search(r"\d", first))
        year = '"year"' if first.isdecimal() else '{ column = "year", pattern = "(\\\\d{4})" }'
        lines = [f"year = {year}  # of [wide]" if years else 'month = "month"  # of [wide]']
        dates = {} if years else {name: i for name, i in dates.items() if name == "year"}
    if likely.table == "victim_totals" and "column" in dates:
        start = '# start = { value = "?" }  # ? the day from which running totals count; the date is then their end'
        lines.append(start)
    if not dates and not lines:
        of_all = "; or of all rows, year = { value = 2020 }" if likely.table == "estimates" else ""
        return [f"# column = ?  # ? one of column; year (month, day); start (end){of_all}"]
    for name, i in dates.items():
        some = [text.strip() for text in register.columns[i].texts if text.strip()][:3]
        why = f"{likely.why.get(name, '')}; such as {', '.join(map(_text, some))}"
        lines.append(f"{name} = {_text(register.headers[i])}  # {why}")
    cells = [text.strip() for i in dates.values() for text in register.columns[i].texts[:2000] if text.strip()]
    cells += [register.headers[i].strip() for i in likely.wide]
    numbers = [text for text in cells if re.fullmatch(r"\d{1,2}[-/.]\d{1,2}[-/.]\d{2,4}", text)]
    if (form := order_of(numbers)) and len(numbers) == len(cells):
        lines.append(f"formats = [{_text(form)}]  # as some of its cells can be read in no other way")
    elif numbers:
        lines.append('# formats = ["%d/%m/%Y"]  # ? day or month first')
    names = list(dict.fromkeys(found[0] for text in cells if (found := re.findall(r"[^\W\d_]{3,}", text))))
    foreign = next((n for n in names[:20] if (told := languages_of(n)) and "en" not in told), "")
    if foreign and languages_of(foreign):
        first = languages_of(foreign)[0]
        lines.append(f"# languages = [{_text(first)}]  # ? '{foreign}' is a month there")
    if any(re.search(r"[-/ ]\d{2}$", text) and not re.search(r"\d{4}", text) for text in cells):
        lines.append("# century = 2000  # ? the first year that '00' to '99' can mean")
    return lines


def _values(name: str, column: Coded, allowed: tuple[str, ...], unknown: list[str]) -> list[str]:
    lines = [f"[values.{name}]  # {' | '.join(allowed)}"]
    order = [
        code for code in np.argsort(-column.count, kind="stable") if column.count[code] and column.texts[code].strip()
    ]
    private = private_cells(column)
    for code in order[:MOST]:
        word, rows = column.texts[code].strip(), f"{int(column.count[code]):,} rows"
        if private[code] or word in unknown:
            continue
        if fold(word) in allowed:
            lines.append(f"{_text(word)} = {_text(fold(word))}  # {rows}")
        else:
            lines.append(f"# {_text(word)} = ?  # {rows}")
    if len(order) > MOST:
        lines.append(f"# ... and {len(order) - MOST:,} more words; is it the right column?")
    return lines


def _about(register: Register, i: int) -> str:
    header, column = register.headers[i], register.columns[i]
    if looks_personal(header):
        return f"{_text(header)}: looks personal; it is not read"
    held = column.count > 0
    filled = held & ~column.blank
    told = [match[1] for text in column.texts[:200] if (match := re.search(r"\d+ ([^\W\d_]{3,})", text))]
    if len(told) > filled[:200].sum() / 2 and not private_cells(column).any():
        pattern = f"(\\\\d+) {told[0]}"
        return f'{_text(header)}: figures in words; such as {{ column = {_text(header)}, pattern = "{pattern}" }}'
    if filled.sum() > MOST or private_cells(column).any() or look_like_names(column.texts[filled]):
        return f"{_text(header)}: {int(filled.sum()):,} different cells"
    most = [code for code in np.argsort(-column.count, kind="stable") if filled[code]][:5]
    return f"{_text(header)}: " + (
        ", ".join(f"{_text(column.texts[c].strip())} {column.count[c]:,}" for c in most) or "empty"
    )


def _place(name: str, header: str, unit: str) -> str:
    if name not in v.AREAS:
        return _text(header)
    found = v.unit_in(header)
    told = f"{{ column = {_text(unit)} }}" if unit and not found else _text(found or "?")
    size = ', dunum_m2 = "?"' if found == "dunum" else ""
    return f"{{ column = {_text(header)}, unit = {told}{size} }}"


def _text(value: object) -> str:
    return json.dumps(str(value), ensure_ascii=False).replace("\x7f", "\\u007f")


def _words(words: list[str]) -> str:
    return "[" + ", ".join(map(_text, words)) + "]"
