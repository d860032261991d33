"""Does a value stand in the text, and can it be? The check over every candidate, whoever read the article.

A reader may be a set of rules, a colleague's script or a language model, and each can say what the article does not.
So a value is looked for where the candidate says it comes from: a number among the numbers of the passage, in digits
or words; a day among its dates, resolved by publication; a name as it is spelt. What is not there is marked and takes
the candidate's confidence. What is there can still be a misreading that no table should take unseen: one blast with
hundreds of dead, a whole below its part, a day after the article was printed.
"""

from __future__ import annotations

import datetime as dt
import json
import shlex
import subprocess
from collections.abc import Iterable
from typing import Any

from minestats.articles.bulletins import HECTARES
from minestats.articles.text import clean
from minestats.articles.when import Candidate, Line
from minestats.columns import as_date
from minestats.errors import ParameterError, did_you_mean, listed

TEXT, COUNT, NUMBER, DAY = "string", "Int64", "Float64", "datetime64[us]"

COLUMNS = {
    "kind": TEXT,
    "date": DAY, "date_precision": TEXT, "district": TEXT, "settlement": TEXT,
    "killed": COUNT, "injured": COUNT, "civilians_killed": COUNT, "civilians_injured": COUNT,
    "military_killed": COUNT, "military_injured": COUNT, "women": COUNT, "children": COUNT, "device": TEXT,
    "since": DAY, "since_precision": TEXT, "as_of": DAY, "victims": COUNT, "civilians": COUNT, "military": COUNT,
    "journalists_killed": COUNT, "span": TEXT, "authority": TEXT,
    "period_start": DAY, "period_end": DAY, "period_type": TEXT, "operator": TEXT, "districts_listed": TEXT,
    "anti_personnel": COUNT, "anti_tank": COUNT, "mines_total": COUNT, "uxo": COUNT, "items_total": COUNT,
    "area_ha": NUMBER, "metric": TEXT, "value": NUMBER, "value_high": NUMBER, "unit": TEXT, "place": TEXT,
    "date_basis": TEXT, "rounded": "bool", "rounded_as": TEXT, "rounded_columns": TEXT,
    "start": "int64", "end": "int64", "spans": object, "confidence": "float64", "doubt": TEXT,
}  # fmt: skip
"""The columns of the result and their types, in order."""

PIECES = ("anti_personnel", "anti_tank", "mines_total", "uxo", "items_total")
PEOPLE = tuple(name for name, kind in COLUMNS.items() if kind == COUNT and name not in PIECES)
DAYS = tuple(name for name, kind in COLUMNS.items() if kind == DAY)
_UNITS = (*HECTARES.values(), 1e3, 1e6, 1e9)  # an area in its unit, "1.5 to 2 million"

# (field, largest plausible value): one blast, a country's victims, a bulletin's pieces. Far above what was ever
# published, so that they catch a number of something else ("845,000 displaced"), not a bad year.
_LARGEST: dict[str, dict[str, float]] = {
    "incident": dict.fromkeys(PEOPLE, 100),
    "victim_total": dict.fromkeys(PEOPLE, 300_000),
    "clearance": {**dict.fromkeys(PIECES, 20_000_000), "area_ha": 2_000_000.0},
}
_NOTHING = ("no", "none", "nobody", "zero", "without", "0", "not", "neither")
_PARTS = (
    ("killed", "victims"), ("injured", "victims"), ("civilians", "victims"), ("military", "victims"),
    ("civilians_killed", "killed"), ("military_killed", "killed"), ("journalists_killed", "killed"),
    ("civilians_injured", "injured"), ("military_injured", "injured"), ("women", "victims"), ("children", "victims"),
    ("anti_personnel", "mines_total"), ("anti_tank", "mines_total"),
)  # fmt: skip
_ORDER = (("since", "as_of"), ("period_start", "period_end"))


def look(made: Candidate, lines: list[Line], fields: Iterable[str] | None = None) -> list[str]:
    """Return what to say of values that do not stand in the lines; give those that do a span where they have none."""
    missing = []
    for name in fields if fields is not None else list(made.fields):
        value = made.fields.get(name)
        place = () if value is None else _place(name, value, lines)
        if place is None:
            missing.append(f"{name} {value}: not in the text")
        elif place:
            made.spans.setdefault(name, place)
    return missing


def _place(name: str, value: Any, lines: list[Line]) -> tuple[int, int] | tuple[()] | None:
    """Where a value stands; an empty place where it needs no words of its own, None where it is not."""
    if name in PEOPLE and value == 1:
        return ()  # "a soldier", "the driver": one person needs no number
    if COLUMNS[name] in (COUNT, NUMBER):
        factors = _UNITS if name in ("area_ha", "value") else (1.0,)
        for line in lines:
            for token in line.tokens:
                nothing = value == 0 and token.norm in _NOTHING
                inside = token.code == "date" and COLUMNS[name] == NUMBER  # "100 years" is no count of people
                within = inside and value in map(line.lexicon.number, token.norm.split())
                same = token.value is not None and any(_near(token.value * unit, value) for unit in factors)
                if nothing or within or same:
                    return token.start, token.end
        return None
    if name in DAYS:
        return next(((w.start, w.end) for line in lines for w in line.dates if value in (w.first, w.last)), None)
    if name in ("district", "settlement"):
        small = str(value).casefold()
        for line in lines:
            at = line.low.find(small)
            if at >= 0:
                return line.offset + at, line.offset + at + len(small)
            known = next((p for p in (*line.districts, *line.settlements) if p.name == value), None)
            if known is not None:
                return known.start, known.end
        return None
    return ()


def _near(stated: float, value: float) -> bool:
    return abs(stated - value) <= 1e-6 * max(1.0, abs(value))


def weigh(made: Candidate, published: dt.date | None) -> None:
    """Take confidence from what can hardly be, and say why."""
    fields, cost = made.fields, 0.0
    largest = _LARGEST.get(made.kind, {})
    for name, most in largest.items():
        if (fields.get(name) or 0) > most:
            made.doubts.append(f"{name} {fields[name]:,}: more than is plausible")
            cost = 0.6
    impossible = [f"{part} {fields[part]} above {whole} {fields[whole]}" for part, whole in _PARTS
                  if part in fields and whole in fields and fields[part] > fields[whole]]  # fmt: skip
    impossible += [f"{first} after {last}" for first, last in _ORDER
                   if fields.get(first) and fields.get(last) and fields[first] > fields[last]]  # fmt: skip
    if late := [name for name in DAYS if published is not None and (fields.get(name) or published) > published]:
        impossible.append(f"{listed(late)} after publication")
    made.doubts += impossible
    if cost or impossible:
        made.confidence = round(max(0.0, made.confidence - (cost or 0.4)), 2)


def read_with(command: str, text: str, lines: list[Line], seconds: float = 300.0) -> list[Candidate]:
    """Return the candidates that another program reads in an article, each value looked for in the text.

    The program gets the article on its standard input and answers a JSON list of objects: `kind`, any fields of that
    kind, and, at will, `evidence` (the passage, word for word: values are then looked for there alone) and
    `confidence` (0 to 1; 0.5 where it gives none).

    Raises
    ------
    ParameterError
        The program cannot be started, fails or is too slow; its answer is no such JSON; a field is unknown or its
        value of the wrong type.
    """
    answer = _answer(command, text, seconds)
    return [_candidate(number, each, text, lines) for number, each in enumerate(answer, 1)]


def _answer(command: str, text: str, seconds: float) -> list:
    try:
        parts = shlex.split(command)
        done = subprocess.run(parts, input=text.encode(), capture_output=True, timeout=seconds, check=False)
    except (OSError, ValueError, IndexError) as error:
        raise ParameterError(f"cannot start {command!r}: {error}; give a program and its arguments.") from error
    except subprocess.TimeoutExpired as error:
        raise ParameterError(f"{command!r} did not answer within {seconds:g} seconds.") from error
    if done.returncode:
        said = done.stderr.decode(errors="replace").strip().splitlines()
        raise ParameterError(f"{command!r} failed with status {done.returncode}" + (f": {said[-1]}" if said else "."))
    try:
        answer = json.loads(done.stdout.decode())
    except ValueError as error:
        raise ParameterError(f"{command!r} answered no JSON ({error}); a list of objects is expected.") from error
    if not isinstance(answer, list) or not all(isinstance(each, dict) for each in answer):
        raise ParameterError(f"{command!r} must answer a JSON list of objects, one for each candidate.")
    return answer


def _candidate(number: int, said: dict, text: str, lines: list[Line]) -> Candidate:
    kinds = ("incident", "victim_total", "clearance", "estimate")
    if said.get("kind") not in kinds:
        raise ParameterError(f"candidate {number}: `kind` must be one of {listed(kinds)}, not {said.get('kind')!r}.")
    own = {"kind", "evidence", "confidence"}
    fields = set(COLUMNS) - {"start", "end", "spans", "doubt", "rounded"}
    if unknown := [name for name in said if name not in own | fields]:
        hint = did_you_mean(unknown[0], fields, before="; ", otherwise=".")
        raise ParameterError(f"candidate {number}: no such field: {listed(unknown)}{hint}")
    sure = said.get("confidence", 0.5)
    if isinstance(sure, bool) or not isinstance(sure, int | float) or not 0 <= sure <= 1:
        raise ParameterError(f"candidate {number}: `confidence` must be 0 to 1, not {sure!r}.")
    made = Candidate(said["kind"], 0, len(text), confidence=float(sure))
    evidence = said.get("evidence") or ""
    at = text.find(clean(str(evidence)))
    if at < 0:
        made.doubts.append("the evidence is not in the text")
    elif evidence:
        made.start, made.end = at, at + len(evidence)
        lines = [x for x in lines if x.offset < made.end and x.end > made.start]
    for name, value in said.items():
        if name not in own and value not in (None, ""):
            made.fields[name] = _typed(number, name, value)
    made.doubts += look(made, lines)
    if made.doubts:
        made.confidence = 0.0
    return made


def _typed(number: int, name: str, value: Any) -> Any:
    """A value as the column holds it."""
    if name in DAYS:
        day = as_date(value, f"candidate {number}, {name}")
        return day.date() if day is not None else None
    if COLUMNS[name] not in (COUNT, NUMBER):
        if not isinstance(value, str):
            raise ParameterError(f"candidate {number}, {name}: must be text, not {value!r}.")
        return value
    whole = COLUMNS[name] == COUNT
    sound = isinstance(value, int | float) and not isinstance(value, bool) and value >= 0
    if not sound or (whole and value != int(value)):
        kind = "a whole number" if whole else "a number"
        raise ParameterError(f"candidate {number}, {name}: must be {kind} of 0 or more, not {value!r}.")
    return int(value) if whole else float(value)
