"""Which rows of a register are its content: not totals, not what a filter drops, not an id told twice.

Every row that is left out is counted by its reason, so that the rows read are the rows written and the rows
dropped.
"""

from __future__ import annotations

import re
from collections.abc import Callable

import numpy as np

from minestats.errors import did_you_mean, fold
from minestats.registers import vocabulary as v
from minestats.registers.date_reader import starts_a_date
from minestats.registers.findings import Findings, rows_of, shown, verb
from minestats.registers.mapping import RegisterMapping
from minestats.registers.register import Register
from minestats.registers.vocabulary import looks_personal
from minestats.registers.work import Work, clean

_SUM, _BESIDE = (v.called()["total"][key].split() for key in ("alone", "beside"))
_WHOLE = "(grand |sub ?|sub-|overall )?"
# a label that is nothing but the word; one that totals something: "North total", "Grand total all districts"
TOTAL = re.compile(fold(rf"{_WHOLE}({'|'.join(_SUM)})( general| geral| général)?") + r"\W*\d*")
OF_TOTAL = re.compile(fold(f"{_WHOLE}({'|'.join(_BESIDE)})") + r"\b.*|.* total")
# what a text must hold to be worth comparing with TOTAL
HINTS = tuple({fold(word)[:4] for word in _SUM} | {"tot", "cəmi", "sum", "جمع"})


def _hinted(text: str) -> bool:
    text = text.lower()
    return any(hint in text for hint in HINTS)


def personal_columns(register: Register, mapping: RegisterMapping, used: set[int], findings: Findings) -> None:
    """Refuse mapped columns that look personal, and mark those that are not mapped, so that they are not read."""
    declared = {
        key: {fold(word): word for word in mapping.personal.get(key, [])}
        for key in ("drop", "not_personal", "reviewed")
    }
    headers = {fold(header) for header in register.headers}
    for key, words in declared.items():
        for word in words.values():
            if key != "drop" and fold(word) not in headers:
                hint = did_you_mean(word, register.headers, otherwise="take it out")
                findings.say("personal-unknown", key=key, name=word, hint=hint)
    for i, header in enumerate(register.headers):
        key = fold(header)
        if key in declared["drop"]:
            register.personal.add(i)
            if i in used:
                findings.say("personal-and-mapped", column=header)
            continue
        if key in declared["not_personal"] or key in declared["reviewed"] or not looks_personal(header):
            continue
        if i in used:
            findings.say("personal-mapped", column=header)
        else:
            register.personal.add(i)
            findings.say("personal-not-read", column=header)


def take_totals(work: Work, dropped: dict[str, int]) -> np.ndarray:
    """Return which rows are no declared totals; compare each total with the rows that it is of."""
    totals = work.mapping.rows.get("totals")
    keep = np.ones(work.size, dtype=bool)
    if not totals:
        return keep
    cells = work.cells(totals["column"])
    column, header = cells.column, cells.header
    words = {fold(word) for word in totals["values"]}
    keep = ~np.array([fold(text) in words for text in column.texts], dtype=bool)[column.codes]
    places = np.flatnonzero(~keep)
    if not len(places):
        work.findings.say("total-word-unused", column=header)
        return keep
    dropped["total row"] = len(places)
    lanes = _lanes(work)
    for field, figures in _figures(work).items():
        slack = _slack(figures)
        for i in places:
            printed = figures[i]
            if np.isnan(printed):
                continue
            lane = np.flatnonzero(lanes == lanes[i])
            before = lane[lane < i]
            earlier = before[~keep[before]]
            parts = (before[before > earlier[-1]] if len(earlier) else before, before[keep[before]], lane[keep[lane]])
            sums = [float(np.nansum(figures[part])) for part in parts]
            if not any(abs(total - printed) < slack(len(part)) for total, part in zip(sums, parts, strict=True)):
                closest = min(sums, key=lambda total: abs(total - printed))
                facts = {"column": field, "field": field, "value": shown(printed), "sum": shown(closest)}
                work.findings.say("total-differs", row=work.rows[i], **facts)
    return keep


def _lanes(work: Work) -> np.ndarray:
    """Which column of a wide table each row was read from: its totals are of that column."""
    wide = work.mapping.wide
    return work.cells(wide["to"]).column.codes if wide else np.zeros(work.size, dtype=np.int32)


def _slack(figures: np.ndarray) -> Callable[[int], float]:
    """How far a sum of figures and their total may be apart, as each is rounded by itself."""
    known = figures[~np.isnan(figures)]
    places = next((n for n in range(6) if np.allclose(known, known.round(n), rtol=0, atol=1e-9)), 6)
    largest = np.abs(known).max(initial=1.0)
    return lambda many: (
        1e-6 * max(1.0, largest) + (10.0**-places * min((many + 1) / 2, 1.2 * (many + 1) ** 0.5) if places else 0.0)
    )


def _figures(work: Work) -> dict[str, np.ndarray]:
    quiet = Findings(work.findings.table)
    found = {}
    for field, spec in work.fields.items():
        if field in (*v.COUNTS, *v.AREAS, "value") and not field.endswith(("_low", "_high")) and spec.column:
            cells, values = work.number_column(spec.column, findings=quiet)
            found[field] = cells.column.spread(values)
    return found


def look_for_totals(work: Work) -> None:
    """Refuse a row that looks like a total of those above it."""
    if work.size < 3 or work.mapping.rows.get("totals"):
        return
    texts = {work.register.at(name) for spec in [work.fields.get("note")] if spec for name in spec.columns}
    skipped = work.register.personal | texts
    columns = [column for i, column in enumerate(work.register.columns) if i not in skipped]
    named, within = np.zeros(work.size, dtype=bool), np.zeros(work.size, dtype=bool)
    for column in columns:
        if not _hinted("\n".join(column.texts)):
            continue
        short = [(code, fold(text)) for code, text in enumerate(column.texts) if len(text) <= 60 and _hinted(text)]
        named |= np.isin(column.codes, [code for code, text in short if TOTAL.fullmatch(text)])
        within |= np.isin(column.codes, [code for code, text in short if OF_TOTAL.fullmatch(text)])
    candidates = named | within
    candidates[-1] = True
    empty = np.sum([column.spread(column.blank) for column in columns], axis=0) if (named | within).any() else []
    dated = _dated(work)
    figures = _figures(work) if len(np.flatnonzero(candidates)) <= 1000 else {}
    lanes = _lanes(work)
    found = np.zeros(work.size, dtype=bool)
    for i in np.flatnonzero(candidates):
        sums = []
        for values in figures.values():
            if not np.isnan(values[i]) and values[i] > 0:
                above = values[:i][lanes[:i] == lanes[i]]
                sums.append(np.isclose(values[i], np.nansum(above)) and np.count_nonzero(above > 0) >= 2)
        adds = bool(sums) and all(sums)
        if named[i] or within[i]:
            # a place may be called so: its row then has a date, and content beside
            found[i] = adds or not dated[i] or (named[i] and len(columns) > 2 and empty[i] >= (len(columns) - 1) / 2)
        else:
            found[i] = adds and len(sums) >= 2 and i >= 2
    for i in np.flatnonzero(found)[:20]:
        above = f"rows {work.rows[0]}-{work.rows[i - 1]}" if i else "other rows"
        work.findings.say("looks-like-total", row=work.rows[i], above=above, rows=int(found.sum()))


def _dated(work: Work, fits: Callable[[str], bool] = bool) -> np.ndarray:
    """Which rows say something where the mapping looks for a date."""
    dated = np.zeros(work.size, dtype=bool)
    for key in ("column", "year", "start"):
        if key in work.mapping.date:
            cells = work.cells(work.mapping.date[key])
            dated |= cells.column.spread(cells.known & np.array([fits(text) for text in cells.texts], dtype=bool))
    return dated if work.mapping.date else ~dated


def look_for_lines(work: Work) -> np.ndarray:
    """Return which rows are records: a line that holds nothing but one text is a footnote or a heading."""
    keep = np.ones(work.size, dtype=bool)
    if len(work.register.columns) < 3 or not work.size:
        return keep
    filled = np.sum([column.spread(~column.blank) for column in work.register.columns], axis=0)
    lines = (filled == 1) & ~_dated(work, starts_a_date)
    if not lines.any():
        return keep
    i = int(np.argmax(lines))
    cell = next(text for c in work.register.columns if (text := c.texts[c.codes[i]]).strip())
    if work.mapping.rows.get("lines") == "drop":
        return ~lines
    work.say("no-record", lines, cell=clean(cell)[:40] if not looks_personal(cell) else "(not shown)")
    return keep


def filtered(work: Work, dropped: dict[str, int]) -> np.ndarray:
    """Return which rows the filters keep; a word that stands in no filter is an error."""
    keep = np.ones(work.size, dtype=bool)
    by_column: dict[int, list[dict]] = {}
    for entry in work.mapping.filters:
        by_column.setdefault(work.register.at(entry["column"]), []).append(entry)
    for i, entries in by_column.items():
        column, header = work.register.columns[i], work.register.headers[i]
        fate = {fold(word): number for number, entry in enumerate(entries) for word in entry["values"]}
        decision = np.array([fate.get(fold(text), -1) for text in column.texts], dtype=np.int32)  # -1: unlisted
        held = column.count > 0
        for code in sorted(np.flatnonzero((decision < 0) & held), key=lambda code: -column.count[code])[:20]:
            text, count = column.texts[code].strip(), int(column.count[code])
            work.findings.say("filter-unlisted", column=header, value=text, rows=count)
        seen = {fold(text) for text in column.texts[held]}
        for word in (word for entry in entries for word in entry["values"] if fold(word) not in seen):
            work.findings.say("filter-unused", column=header, value=word)
        spread = decision[column.codes]
        kept = [entry["kind"] == "keep" for entry in entries]
        for number, entry in enumerate(entries):
            if not kept[number] and (gone := int((keep & (spread == number)).sum())):
                dropped[entry["reason"]] = dropped.get(entry["reason"], 0) + gone
        keep &= np.array([*kept, not all(kept)])[spread]
    return keep


def repeated(work: Work) -> None:
    """Say how many rows repeat an earlier one in every column that may be read."""
    if not work.size:
        return
    import pandas as pd

    hashed = np.zeros(work.size, dtype=np.uint64)
    for i, column in enumerate(work.register.columns):
        if i in work.register.personal:
            continue
        with np.errstate(over="ignore"):
            hashed = (hashed ^ column.codes.astype(np.uint64)) * np.uint64(0x9E3779B97F4A7C15)
            hashed ^= hashed >> np.uint64(29)
    count = int(pd.Series(hashed).duplicated().sum())
    if count:
        kind = "people" if work.mapping.row == "victim" else f"{work.mapping.row}s"
        work.findings.say("rows-repeated", count=count, all=rows_of(work.size), kind=kind, rows=count)


def ids(work: Work, dropped: dict[str, int]) -> tuple[np.ndarray, np.ndarray]:
    """Return the register's own id of each row ("" where there is none), and which rows to keep.

    An id that stands twice, also after trimming, is an error, unless the mapping keeps the first.
    """
    import pandas as pd

    spec = work.fields.get("id")
    if spec is None or not spec.column:
        return np.full(work.size, "", dtype=object), np.ones(work.size, dtype=bool)
    cells = work.cells(spec.column)
    column, known, header = cells.column, cells.known, cells.header
    texts = np.array([clean(t) for t in column.texts], dtype=object)
    texts[~known] = ""
    own = texts[column.codes]
    empty = own == ""
    work.say("no-id", empty, column=header)
    own = np.where(empty, own, own + work.register.suffix)
    every = np.ones(work.size, dtype=bool)
    twice = pd.Series(own).duplicated().to_numpy() & ~empty
    if not twice.any():
        return own, every
    i = int(np.argmax(twice))
    first = int(np.argmax(own == own[i]))
    facts = {"id": own[i], "first": work.rows[first]}
    if work.mapping.rows.get("duplicate_id") == "first":
        dropped[f"id repeated in column '{header}'"] = int(twice.sum())
        work.say("id-repeated-dropped", twice, column=header, **facts)
        return own, ~twice
    how = " but for spaces" if column.texts[column.codes[first]] != column.texts[column.codes[i]] else ""
    repeat = verb(twice.sum(), "repeats", "repeat")
    work.say("id-repeated", twice, column=header, value=own[i], repeat=repeat, but=how, **facts)
    return own, every
