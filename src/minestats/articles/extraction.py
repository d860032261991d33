"""News articles become candidate rows, each figure with the words it came from, for a person to confirm.

What is known about mines begins as news: a weekly bulletin, a ministry's running total, a blast in a village.
`extract` reads an article by rules over word lists (one file for each language) and, for people in English articles,
over a dependency parse: the same text gives the same rows, anywhere, without a network. Four kinds of fact are looked
for, as the tables hold them: an incident, a total of victims, a clearance statement, an estimate. What is not stated
stays empty, nothing is added up, and what is denied is left out. No row enters a table by itself.

Examples
--------
>>> import minestats as ms
>>> ms.extract("In May 2024, 120 anti-personnel mines were found.")["anti_personnel"].tolist()
[120]
"""

from __future__ import annotations

import datetime as dt
import json
import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterable
from functools import lru_cache
from pathlib import Path

import numpy as np
import pandas as pd

from minestats.articles import blasts as incidents
from minestats.articles import bulletins as clearance
from minestats.articles import checked
from minestats.articles import extraction as estimates
from minestats.articles import gazetteer as places
from minestats.articles import victims as totals
from minestats.articles.checked import COLUMNS, COUNT, DAY, NUMBER, TEXT
from minestats.articles.gazetteer import Place
from minestats.articles.lexicon import Lexicon, countries, language_of, lexicon
from minestats.articles.text import clean, lowered, sentences
from minestats.articles.when import Candidate, Line, dateline, read_people
from minestats.columns import as_date, need
from minestats.errors import ParameterError
from minestats.files import bundle_dir


def extract(
    text: str,
    *,
    published=None,
    districts: pd.DataFrame | None = None,
    data: str | Path | None = None,
    reader: str | None = None,
) -> pd.DataFrame:
    """Find the figures about mines that an article states, as rows for a person to confirm.

    A row says what kind of fact was found, its fields as the table of that kind names them, where in the text each
    stands, how sure the rules are, and what makes them doubt. It is a proposal: read the evidence before adding it.

    Parameters
    ----------
    text : str
        The article as plain text, in English; clearance bulletins also in Russian, Ukrainian, Azerbaijani,
        Spanish and French. Use
        `minestats.articles.text.from_html` (or the command) for a page. Empty text gives no rows.
    published : date, str or None
        Day of publication (YYYY-MM-DD): what "Thursday", "last week" and dates without a year follow from. None:
        the dateline within the first 300 characters; without one such dates stay empty.
    districts : pandas.DataFrame or None
        Districts with `district` and `aliases` (spellings separated by semicolons). None: those of `data`.
    data : str, path or None
        Folder of the country: its `districts.csv`, and `articles.toml` where it has one: what its agencies and
        authorities are called, and when its war ended. None: the bundled data, or, where `districts` are given, no
        country, so that only general words are known.
    reader : str or None
        A command that reads instead of the rules: it gets the text on standard input and answers a JSON list of
        objects (`kind`, fields, `evidence`, `confidence`). A value that is not in the text, or not in the evidence,
        is named in `doubt` and the row gets confidence 0.

    Returns
    -------
    pandas.DataFrame
        A row for each candidate, in the order of the text, with a plain index. Missing is NA, never 0.

        - kind (string): incident, victim_total, clearance, estimate.
        - incident: date (datetime64, day), date_precision (day, month), district, settlement (string); killed, injured,
          civilians_killed, civilians_injured, military_killed, military_injured, women, children (Int64, persons);
          device (anti_personnel, anti_tank, uxo, mine, unknown).
        - victim_total: since, as_of (datetime64, day), since_precision (day, month, year); victims, killed, injured,
          civilians, military, their crossings, women, children, journalists_killed (Int64, persons); span (post_war,
          all_years, year, year_to_date, period).
        - clearance: period_start, period_end (datetime64, both days included), period_type, operator (whose work, as
          stated; unknown where it is not), district (only where it is of one), districts_listed; anti_personnel,
          anti_tank, mines_total, uxo, items_total (Int64, pieces); area_ha (Float64, hectares).
        - estimate: metric, value, value_high (Float64), unit (percent, years, USD, mines, ha), district, place, as_of.
        - authority (string): who says so, such as "Foreign Ministry".
        - date_basis (string): stated or inferred (the year or the day follows from publication); NA without a date.
        - rounded (bool), rounded_as (about, more_than, nearly), rounded_columns (string, ";" between).
        - start, end (int64): text[start:end] is the passage; spans (dict): the same for each field.
        - confidence (float64): 0 to 1, a ranking, not a probability. doubt (string): the reasons, ";" between.

    Raises
    ------
    ParameterError
        `text` is no str, `published` no date; `reader` fails or answers something else; spaCy or its English model is
        not installed.
    DataError
        `districts` lacks a column.

    Notes
    -----
    Sentences are found first, and rules look at one at a time, so the time grows with the length of the text. "The end
    of the war" is the day that the country's folder names. "Victims" are killed and injured together. A figure told
    again is one row; rescuers hit by a second mine at the place belong to the first incident; headlines join the body.
    A soldier is military, a shepherd civilian, a deminer neither. Areas in m2, km2, acres and dunams become hectares.
    Names of people enter no field: districts come from the table, settlements stand beside "village" and the like,
    authorities are a list.
    Not for use without review: irony, tables drawn with blanks, and sentences over 1500 characters are beyond it.

    Examples
    --------
    >>> rows = extract("Two soldiers were injured in a mine blast in Lachin on May 3, 2024.")
    >>> print(rows[["kind", "date", "district", "injured", "military_injured"]].to_string())
           kind       date district  injured  military_injured
    0  incident 2024-05-03   Lachin        2                 2
    >>> rows["killed"].isna().all()
    np.True_
    >>> len(extract("The ministry denied that two soldiers were injured by a mine."))
    0
    >>> extract("ANAMA cleared 953 hectares from July 18 to 24.", published="2022-07-26")["period_start"][0]
    Timestamp('2022-07-18 00:00:00')
    """
    if not isinstance(text, str):
        raise ParameterError(f"`text` must be a str, not {type(text).__name__}; decode bytes first.")
    day = as_date(published, "published")
    plain = clean(text)
    language = language_of(plain)
    folder = _folder(data, districts)
    words, gazetteer = lexicon(language, folder), _gazetteer(districts, folder)
    if words.home and not _names(plain, words.home):  # an article about another country than the folder's
        if _names(plain, countries()):
            words, gazetteer = lexicon(language, None), _gazetteer(districts, None)
        elif not gazetteer.any(plain):
            gazetteer = _gazetteer(districts, None)
    printed = day.date() if day is not None else dateline(plain, words)
    lines = _lines(plain, words, gazetteer, printed, every=reader is not None)
    if reader is not None:
        found = checked.read_with(reader, plain, lines)
    else:
        if "casualties" in words.data:
            read_people(lines)
        found = clearance.candidates([line for line in lines if line.clears], printed)
        if "casualties" in words.data:
            found += _people(lines, words, printed)
            found += _estimates(lines, words, printed)
        begins, ends = [line.offset for line in lines], [line.end for line in lines]
        for made in found:
            parts = {
                (bisect_right(ends, a), bisect_left(begins, b))
                for a, b in ((made.start, made.end), *made.spans.values())
            }
            passage = [line for first, last in sorted(parts) for line in lines[first:last]]
            if missing := checked.look(made, passage, made.spans):
                made.doubts, made.confidence = made.doubts + missing, 0.0
    for made in found:
        checked.weigh(made, printed)
    found.sort(key=lambda c: (c.start, c.end, c.kind))
    return _table(found)


def _names(plain: str, names: Iterable[str]) -> bool:
    low = plain.casefold()
    return any(name in low for name in names)


def _folder(data: str | Path | None, districts: pd.DataFrame | None) -> Path | None:
    """The folder of the country; None where only districts are given."""
    if data is None:
        return bundle_dir("data") if districts is None else None
    folder = Path(data).resolve()
    if not folder.is_dir():
        raise ParameterError(f"`data` must be a folder, and there is none at '{data}'.")
    return folder


def _gazetteer(districts: pd.DataFrame | None, folder: Path | None) -> places.Gazetteer:
    if districts is not None:
        return places.Gazetteer(need(districts, ["district"], "districts"))
    return _of_folder(folder)


@lru_cache(maxsize=4)
def _of_folder(folder: Path | None) -> places.Gazetteer:
    file = None if folder is None else folder / "districts.csv"
    known = file is not None and file.is_file()
    table = pd.read_csv(file, dtype=str) if known else pd.DataFrame({"district": pd.Series(dtype=str)})
    return places.Gazetteer(need(table, ["district"], "districts"))


def _lines(plain: str, words: Lexicon, gazetteer: places.Gazetteer, printed, every: bool = False) -> list[Line]:
    """The sentences worth reading."""
    keys: dict = {} if every else words.data.get("worth", {})
    low = lowered(plain)
    result = []
    for number, (start, end, heading) in enumerate(sentences(plain)):
        small = low[start:end].replace("\n", " ")
        clears = not keys or any(key in small for key in keys["clearance"])
        counts = clears or any(key in small for key in keys["people"])
        if counts or any(key in small for key in keys["speaker"]):
            text = plain[start:end].replace("\n", " ")
            result.append(Line(text, small, number, start, heading, words, gazetteer, printed, clears, counts))
    return result


def _people(lines: list[Line], words: Lexicon, printed) -> list[Candidate]:
    """Incidents and totals of victims."""
    events: list[incidents.Event] = []
    running: list[totals.Total] = []
    speaker, speaker_line, blast_line, mine_line, opening = None, 0, -9, -9, None
    for whole in lines:
        if whole.has("photo"):
            continue
        if whole.speaker is not None:
            speaker, speaker_line = whole.speaker, whole.number
        if not whole.counts:
            continue
        for line in whole.clauses("split"):
            sense = line.sense
            if line.has("mine") and line.has("blast") and not line.has("not_landmine"):
                blast_line = line.number
            near_mine = 0 <= line.number - mine_line <= 1
            mine_line = line.number if line.has("mine") else mine_line
            last = running[-1] if running else None
            opening = line if totals.opens(line, sense) else opening
            if totals.span_of(line) is None and totals.goes_on(line, sense, last):
                totals.add(running[-1], line, sense)
            elif totals.is_total(line, sense, last, bool(events), near_mine) or (
                opening and line.number - opening.number == 1 and sense.mentions
            ):
                made = totals.read(line, sense, printed)
                if opening and line.number - opening.number == 1:
                    totals.begin(made, opening)
                for total in made:
                    total.authority = speaker if speaker and line.number - speaker_line <= 12 else None
                running += made
            elif line.has("about_data") and not sense.mentions:
                totals.dates_of(last, line)
            elif incidents.usable(line, sense, events):
                incidents.take(events, line, sense, near=0 <= line.number - blast_line <= 2)
    incidents.without_sums(events)
    found = [totals.candidate(total, printed) for total in totals.merge(running) if total.fields]
    told = {value for total in running for value in total.fields.values()}
    events = [e for e in events if not (e.heading and e.mentions and {m.count for m in e.mentions} <= told)]
    return found + [one for event in events if (one := incidents.candidate(event, printed)) is not None]


def _estimates(lines: list[Line], words: Lexicon, printed) -> list[Candidate]:
    """Other official figures; one told again is one."""
    patterns = estimates.compiled(words)
    found: dict[tuple, Candidate] = {}
    speaker, before = None, (-9, "")
    for whole in lines:
        speaker = speaker if whole.has("photo") else whole.speaker or speaker
        previous = before[1] if whole.number - before[0] == 1 else ""
        before = (whole.number, whole.low)
        if not whole.counts:
            continue
        for line in whole.clauses("clause"):
            for made in estimates.read(line, patterns, printed, previous) if line.has("estimate") else ():
                key = (made.fields["metric"], made.fields["value"])
                if key not in found:
                    if speaker is not None:
                        made.put("authority", speaker.name, speaker)
                    found[key] = made
    return list(found.values())


def _table(found: list[Candidate]) -> pd.DataFrame:
    if not found:
        return _no_rows().copy()
    rows: dict[str, list] = {name: [] for name in COLUMNS}
    for made in found:
        values = {
            **made.fields,
            "kind": made.kind,
            "date_basis": made.date_basis or None,
            "rounded": bool(made.rounded),
            "rounded_as": made.rounded or None,
            "rounded_columns": ";".join(dict.fromkeys(made.rounded_columns)) or None,
            "start": made.start,
            "end": made.end,
            "spans": {name: tuple(span) for name, span in made.spans.items()},
            "confidence": made.confidence,
            "doubt": "; ".join(dict.fromkeys(made.doubts)) or None,
        }
        for name, column in rows.items():
            column.append(values.get(name))
    return pd.DataFrame({name: _column(values, COLUMNS[name]) for name, values in rows.items()})


@lru_cache(maxsize=1)
def _no_rows() -> pd.DataFrame:
    return pd.DataFrame({name: _column([], dtype) for name, dtype in COLUMNS.items()})


def _column(values: list, dtype) -> pd.Series | pd.api.extensions.ExtensionArray:
    if dtype == DAY:
        return pd.Series(np.array([np.datetime64(value, "us") if value else "NaT" for value in values], dtype=DAY))
    if dtype in (COUNT, NUMBER, TEXT):
        return pd.array([pd.NA if value is None else value for value in values], dtype=dtype)
    return pd.Series(values, dtype=dtype)


def to_csv(candidates: pd.DataFrame) -> str:
    """Write candidates as CSV: ISO dates, empty for missing, `spans` as JSON, lines ending in LF.

    Examples
    --------
    >>> to_csv(extract("")).split(",")[:3]
    ['kind', 'date', 'date_precision']
    """
    table = candidates.copy()
    table["spans"] = [json.dumps(spans, ensure_ascii=False) for spans in table["spans"]]
    for name in table.columns:
        if COLUMNS.get(name) == DAY:
            table[name] = table[name].dt.strftime("%Y-%m-%d")
        elif COLUMNS.get(name) == NUMBER:
            table[name] = pd.Series(
                [pd.NA if pd.isna(v) else f"{v:.10g}" if v < 1e10 else f"{v:.0f}" for v in table[name]], dtype=TEXT
            )
    table["rounded"] = table["rounded"].map({True: "true", False: "false"})
    return table.to_csv(index=False, lineterminator="\n")


_HECTARES = {"h": 1.0, "k": 100.0, "m": 0.0001}
_SENSIBLE = {"clearance_years": (2, 1000), "clearance_cost": (1e6, 1e12), "mines_on_handed_over_map": (100, 1e7),
             "mines_laid": (1000, 1e8), "area_to_be_cleared": (10, 1e8)}  # fmt: skip


def compiled(lexicon: Lexicon) -> list[tuple]:
    """The estimate patterns of a language: (metric, unit, pattern, needed, refused)."""
    words = "|".join((*lexicon.articles, *(word for word, value in lexicon.numbers.items() if value)))
    return [
        (e["metric"], e["unit"], re.compile(e["pattern"].replace("%WORD", rf"\b(?:{words})")),
         list(map(re.compile, e["need"])), list(map(re.compile, e["without"])))
        for e in lexicon.data.get("estimates", ())
    ]  # fmt: skip


def read(line: Line, patterns: list[tuple], published: dt.date | None, before: str = "") -> list[Candidate]:
    """Return the estimates of a sentence; `before` is the one before it, which "it will take" refers to."""
    found: list[Candidate] = []
    if not any(char.isdigit() for char in line.text) and not line.has("in_words"):
        return found
    for metric, unit, pattern, needed, without in patterns:
        about = before if metric in ("clearance_years", "clearance_cost") and line.has("refers_back") else ""
        said = needed[0].search(line.low)
        if (
            any(c.fields["metric"] == "mines_on_handed_over_map" for c in found if metric == "mines_laid")
            or not (said or needed[0].search(about))
            or not all(n.search(line.low) for n in needed[1:])
            or any(w.search(line.low) for w in without)
        ):
            continue
        matches = list(pattern.finditer(line.low))
        if metric == "area_to_be_cleared":  # "29 km2 are mined, 24 km2 of which still to be cleared"
            matches = sorted(matches, key=lambda m: min(abs(said.start() - m.end()), abs(m.start() - said.end())))[:1]
        elif unit == "percent":
            matches = matches[:1]
        for match in matches:
            at = Place(line.offset + match.start(), line.offset + match.end(), metric)
            value, rounded = _value(line, match, at)
            low, high = _SENSIBLE.get(metric, (0, 100))
            year = metric.startswith("mines") and 1990 <= (value or 0) <= 2035
            if value is None or year or not low <= value <= high or any(
                at.start < c.spans["value"][1] and c.spans["value"][0] < at.end for c in found
            ):  # fmt: skip
                continue
            made = Candidate("estimate", line.offset, line.end, confidence=0.8)
            made.put("metric", metric)
            made.put("value", value, at, rounded)
            made.put("unit", unit)
            lower = re.search(
                r"([0-9]{1,3}(?:\.[0-9])?) ?(?:-|to) ?$", line.low[max(0, match.start() - 8) : match.start()]
            )
            scale = value / (line.lexicon.number(match.groupdict().get("n") or "") or value)
            if lower is not None and float(lower.group(1)) * scale < value:
                made.fields["value"], made.fields["value_high"] = round(float(lower.group(1)) * scale), value
            if match.groupdict().get("high"):
                made.put("value_high", int(match["high"]), at)
            if "value_high" in made.fields:
                made.doubt(0, "a range is stated")
            if metric in ("mines_on_handed_over_map", "mines_laid", "area_to_be_cleared"):
                _place(made, line, at.end)
            if published is not None:
                made.put("as_of", published)
                made.date_basis = "inferred"
            found.append(made.settle())
    return found


def _place(made: Candidate, line: Line, after: int) -> None:
    """The district of an estimate: the one named beside it, up to the next number of mines."""
    following = re.search(r"[0-9][0-9,.]* (?:\S+ ){0,4}mines", line.low[after - line.offset :])
    places = [p for p in line.districts if p.firm]
    beside = [p for p in places if after <= p.start < (after + following.start() if following else line.end)]
    names = {p.name: p for p in (beside or places)}
    if len(names) == 1:
        made.put("district", *next(iter(names.items())))
    elif names:
        made.put("place", "; ".join(names))


def _value(line: Line, match: re.Match, at: Place) -> tuple[int | float | None, str]:
    """The number within a match, in hectares where it is an area, and how it is rounded."""
    inside = [token for token in line.tokens if token.start < at.end and at.start < token.end]
    token = next((token for token in inside if token.value is not None), None)
    value = token.value if token else next(filter(None, map(line.lexicon.number, match.group().split())), None)
    if match.groupdict().get("area") and value:
        value = round(value * _HECTARES["k" if "k" in match["area"] else match["area"][0].replace("s", "m")], 6)
    rounded = next((token.rounded for token in inside if token.rounded), "")
    return int(value) if value is not None and value == int(value) else value, rounded
