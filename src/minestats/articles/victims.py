"""Running totals of victims: "since the end of the war, 397 people have fallen victim to mines, 70 of them died".

A total covers a stretch of time. Words such as "since", "in total", "over the past 30 years", a range of dates or
"the number of victims reached" tell it from a blast. It is told over one to three sentences; a sentence that only
goes on ("Of them, 70 died") belongs to the total before.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field, replace
from typing import Any

from minestats.articles.gazetteer import Place
from minestats.articles.groups import PeopleGroup
from minestats.articles.hurt import INJURED, KILLED, VICTIMS, Sense
from minestats.articles.when import Candidate, Line, When

_FIELDS = ["victims", "killed", "injured", "civilians", "military", "civilians_killed", "civilians_injured",
           "military_killed", "military_injured", "women", "children", "journalists_killed"]  # fmt: skip


@dataclass
class Total:
    """One total in the making."""

    line: int
    start: int
    end: int
    fields: dict[str, int] = field(default_factory=dict)
    said: dict[str, PeopleGroup] = field(default_factory=dict)
    since: Any = None  # When
    until: When | None = None
    last_outcome: str = VICTIMS
    authority: Place | None = None
    heading: bool = False
    long: bool = False
    year: bool = False
    several: bool = False
    war: tuple[dt.date | None, dt.date | None] = (None, None)


def is_total(line: Line, sense: Sense, last: Total | None, told: bool, near_mine: bool) -> bool:
    """Whether the casualties of a sentence are those of a stretch of time, not of one blast.

    `told`: of blasts before; `near_mine`: of mines in the sentence before.
    """
    figures = [m for m in sense.mentions if m.count and not m.zero]
    if not figures:
        return False
    if line.has("separate") and max(m.count for m in figures) < 10:
        return False  # "two others were killed in separate incidents this year": told one by one
    span = span_of(line)
    near = last is not None and line.number - last.line <= 3
    if span is not None:
        near = near or (told and span.role == "since")
        return (near and not line.has("other_cause")) or line.has("mine") or line.has("blast") or "victims" in line.low
    most = max(m.count for m in figures)
    mine = line.has("mine") or near_mine
    if mine and any(m.count >= 50 and not m.part for m in figures):
        return True  # more people than one blast hits
    if not (line.has("total") or line.has("since")) or not (mine or "victim" in line.low):
        return False
    event = any(w.kind == "day" and w.role == "event" for w in line.dates)
    return most >= 20 and not event


def opens(line: Line, sense: Sense) -> bool:
    """Whether a sentence names a stretch and its blasts, and leaves the people to the next one."""
    return (
        not sense.mentions
        and line.has("mine")
        and line.has("plural")
        and line.has("blast")
        and not line.has("laid")
        and (span_of(line) is not None or line.has("total"))
    )


def goes_on(line: Line, sense: Sense, total: Total | None) -> bool:
    """Whether a sentence only adds to the total before it."""
    if total is None or line.number - total.line > 2:
        return False
    figures = [m for m in sense.mentions if m.count]
    if (
        line.has("brings")
        or not figures
        or any(w.kind == "day" and w.role == "event" for w in line.dates)
        or line.settlements
    ):
        return False
    since = total.since
    months = [w for w in line.dates if since is not None and w.kind == since.kind == "month"]
    if any(w.first == since.first if w.first else w.parts[1:] == since.parts[1:] for w in months):
        return True
    known = total.fields.get("victims")
    if known is not None and any(m.count > known for m in figures):
        return False
    sums = [
        sum(total.fields.get(name, 0) for name in pair) for pair in (("killed", "injured"), ("civilians", "military"))
    ]
    whole = [m for m in figures if m.outcome == VICTIMS and not m.part and not m.group]
    if known is None and any(sums) and any(m.count not in sums for m in whole):
        return False  # another whole than that of the parts just told
    if line.has("going_on"):
        return True
    retold = any(not m.part and total.fields.get(m.outcome) == m.count for m in figures)
    if retold and line.has("plural") and not any(p.firm for p in line.districts):
        return True
    if line.number - total.line == 1 and known is not None and not line.has("blast"):
        return not any(p.firm for p in line.districts)
    return max(m.count for m in figures) >= 20 and not any(p.firm for p in line.districts)


def span_of(line: Line) -> When | None:
    """The stretch of time that a sentence names, if it names one."""
    spans = []
    for item in line.dates:
        whole = item.kind in ("range", "months", "part", "year_to_date") or (
            item.kind == "year" and item.role == "event"
        )
        month = item.kind == "month" and item.role == "event" and line.has("plural")
        month = month and not any(w.kind == "day" and w.role == "event" for w in line.dates)
        short = item.kind == "range" and item.first and item.last and (item.last - item.first).days <= 40
        ended = item.kind == "war_end" and "end" in line.low
        if item.role == "since" or ((whole or ended) and not short) or month:
            spans.append(item)
    spans.sort(key=lambda w: (w.role != "since" and w.kind not in ("range", "months", "part"), w.start))
    return spans[0] if spans else None


def read(line: Line, sense: Sense, published: dt.date | None) -> list[Total]:
    """Return the totals of a sentence: more than one where it counts victims twice."""
    groups: list[list[PeopleGroup]] = [[]]
    seen: dict[str, int] = {}
    for mention in sorted(sense.mentions, key=lambda m: m.start):
        if mention.zero or not mention.count:
            continue
        main = not (mention.part or mention.group or mention.attrs)
        again = main and seen.get(mention.outcome, mention.count) != mention.count
        if again and (mention.outcome == VICTIMS or len(line.dates) > 1):
            groups.append([])
            seen = {}
        if main:
            seen[mention.outcome] = mention.count
        groups[-1].append(mention)
    result = []
    for position, mentions in enumerate(groups):
        if not mentions:
            continue
        made = Total(line.number, line.offset, line.end, heading=line.heading)
        made.war = line.lexicon.war_start, line.lexicon.war_end
        _add(made, mentions)
        _whole(made, sense)
        left = mentions[0].start if position else line.offset
        right = groups[position + 1][0].start if position + 1 < len(groups) else line.end
        _dates(made, line, left, right, len(groups) == 1)
        made.long = line.has("decades")
        result.append(made)
    return result


def begin(made: list[Total], opening: Line) -> None:
    """Give totals without a stretch of their own the one of the sentence that opened them."""
    item = span_of(opening)
    for total in made:
        if total.since is None and item is not None:
            total.since = item
            total.year = item.kind in ("year", "month") and item.role != "since"
            total.start = min(total.start, opening.offset)


def dates_of(total: Total | None, line: Line) -> None:
    """Take the stretch of a total from a sentence after it that only tells of which time the figures are."""
    item = span_of(line)
    if total is not None and total.since is None and item is not None and line.number - total.line <= 3:
        total.since, total.end = item, max(total.end, line.end)


def add(total: Total, line: Line, sense: Sense) -> None:
    """Put what a further sentence says into a total."""
    _add(total, [m for m in sense.mentions if m.count and not m.zero])
    total.end, total.line = max(total.end, line.end), line.number
    total.until = total.until or next((w for w in line.dates if w.role == "until" and w.last), None)


def _add(total: Total, mentions: list[PeopleGroup]) -> None:
    for mention in mentions:
        outcome = total.last_outcome if mention.outcome == "antecedent" else mention.outcome
        if not mention.part:
            total.last_outcome = outcome
        _state(total, _name(mention, outcome), mention.count, mention)
        if mention.whole and not mention.part and outcome in (KILLED, INJURED):
            _state(total, "victims", mention.whole, replace(mention, rounded=""))


def _state(total: Total, name: str, value: int, mention: PeopleGroup) -> None:
    """The first figure of a column stays."""
    if name and name not in total.fields:
        total.fields[name], total.said[name] = value, mention


def _name(mention: PeopleGroup, outcome: str) -> str:
    """The column that a mention fills; none for a part that no column holds."""
    for attribute, name in (("woman", "women"), ("child", "children")):
        if attribute in mention.attrs:
            return name
    if "journalist" in mention.attrs:
        return "journalists_killed" if outcome == KILLED else ""
    if mention.group in ("civilian", "military"):
        head = "civilians" if mention.group == "civilian" else "military"
        return head if outcome == VICTIMS else f"{head}_{outcome}"
    beside = mention.group == "deminer" and mention.chain  # "45 deminers and 450 civilians"
    if mention.part or beside or mention.group not in ("", "deminer") or outcome not in (VICTIMS, KILLED, INJURED):
        return ""
    return outcome


def _whole(total: Total, sense: Sense) -> None:
    """As in "Out of 304 people, 143 civilians ...": the whole that the parts are of."""
    for group in sense.groups:
        free = group.of and not (group.outcome or group.group or group.part)
        if free and (group.count or 0) >= max(total.fields.values(), default=1):
            _state(total, "victims", int(group.count), group)
            return


def _dates(total: Total, line: Line, left: int, right: int, single: bool) -> None:
    starts = [
        w
        for w in line.dates
        if (w.role == "since" and w.kind in ("day", "month", "year", "decade", "war_end", "year_to_date"))
        or w.kind == "war_end"
    ]
    ranges = [w for w in line.dates if w.kind in ("range", "months", "part", "year_to_date") and w.first]
    years = [w for w in line.dates if w.kind in ("year", "month") and w.role == "event"]
    total.several = single and len({(w.first, w.last) for w in (*ranges, *years)}) > 1
    for pool in (ranges, starts, years):
        near = [w for w in pool if single or left - 80 <= w.start < right]
        near.sort(
            key=lambda w: (w.note != "war_end" and w.kind == "month", abs(w.start - left) if not single else w.start)
        )
        if near:
            total.since = near[0]
            total.year = pool is years or (near[0].kind == "year" and near[0].role != "since")
            break
    until = [w for w in line.dates if w.role == "until" and w.last and w is not total.since]
    if until:
        total.until = until[0]
        year = [w for w in line.dates if w.kind == "day" and w.basis == "inferred" and w.parts[:1] != (None,)]
        if total.since is None and until[0] in year:  # "through June 7 this year"
            first, last = until[0].last.replace(month=1, day=1), until[0].last
            total.since = replace(until[0], kind="range", first=first, last=last)


def _complete(known: dict[str, int], said: dict[str, PeopleGroup]) -> None:
    """Take a group that is told alone for all: "six civilians have been killed"."""
    for outcome in (KILLED, INJURED):
        alone = [name for name in (f"civilians_{outcome}", f"military_{outcome}") if name in known]
        told = {outcome, "victims", "civilians", "military"} & set(known)
        if len(alone) == 1 and not told and not (said[alone[0]].part or said[alone[0]].chain):
            known[outcome], said[outcome] = known[alone[0]], said[alone[0]]


def merge(totals: list[Total]) -> list[Total]:
    """Make one of a total told twice: the same figures, nothing against it."""
    kept: list[Total] = []
    for total in totals:
        _complete(total.fields, total.said)
    for total in totals:
        body = [other for other in totals if not other.heading]
        if total.heading and any(set(total.fields.values()) <= set(other.fields.values()) for other in body):
            continue  # headlines only confirm
        twin = next((k for k in kept[-12:] if _same(k, total)), None)
        if twin is None:
            kept.append(total)
            continue
        for name, value in total.fields.items():
            if name == "killed" and value == twin.fields.get("victims"):
                continue
            _state(twin, name, value, total.said[name])
            if twin.fields[name] == value and not total.said[name].rounded:
                twin.said[name] = replace(twin.said[name], rounded="")
        if total.since is not None and (twin.since is None or twin.since.first is None):
            twin.since, twin.year = total.since, total.year
        twin.until = twin.until or total.until
        twin.authority = twin.authority or total.authority
    return kept


def _same(a: Total, b: Total) -> bool:
    shared = [n for n in a.fields if n in b.fields]
    if {a.fields.get("victims"), b.fields.get("victims")} & {a.fields.get("killed"), b.fields.get("killed")} - {None}:
        return True  # "1,401 people were killed or wounded", then loosely "1,401 fatalities"
    for whole, parts in ((a.fields, b.fields), (b.fields, a.fields)):
        if {"killed", "injured"} <= set(parts) and parts["killed"] + parts["injured"] in (
            whole.get("victims"), whole.get("civilians")
        ):  # fmt: skip
            return all(a.fields[n] == b.fields[n] for n in shared)
    if not shared and a.since and b.since and a.since.first:  # 71 victims of ten months, then 11 killed in them
        dated = {a.since.kind, b.since.kind} <= {"range", "months", "part"}
        return dated and (a.since.first, a.since.last) == (b.since.first, b.since.last)
    if not shared or any(a.fields[n] != b.fields[n] for n in shared):
        return False
    strong = [n for n in shared if n in ("victims", "killed", "injured")] or len(shared) > 1
    if a.since is None or b.since is None or not strong:
        return bool(strong)
    if a.since.first is None or b.since.first is None:
        return True
    near = abs((a.since.first - b.since.first).days) <= 31
    ends = (a.since.last if a.since.kind == "range" else None, b.since.last if b.since.kind == "range" else None)
    return bool(near) and not (ends[0] and ends[1] and ends[0] != ends[1])


def candidate(total: Total, published: dt.date | None) -> Candidate:
    """Make the row of a total."""
    known = total.fields
    made = Candidate("victim_total", total.start, total.end)
    made.confidence = 0.85 if "victims" in known or {"killed", "injured"} <= set(known) else 0.75
    for name in _FIELDS:
        if name in known:
            made.put(name, known[name], total.said[name], total.said[name].rounded)
    since, until = total.since, total.until
    if since is not None and since.first is not None:
        first, war_end = since.first, total.war[1]
        if since.kind in ("month", "range", "months") and war_end is not None and first == war_end.replace(day=1):
            first = war_end  # "since November" of that year is since the end of the war
        made.put("since", first, None if until is not None and since.start == until.start else since)
        made.put("since_precision", since.precision)
    whole = since is not None and since.last is not None
    past = total.year and whole and (published is None or since.last <= published)
    if until is not None:
        made.put("as_of", until.last, until)
        made.date_basis = until.basis
    elif past or (whole and since.kind in ("range", "months", "part")):
        made.put("as_of", since.last, since)
        made.date_basis = since.basis if since.kind in ("range", "months", "part") else "stated"
    elif published is not None:
        made.put("as_of", published)
        made.date_basis = "inferred"
    made.put("span", _coverage(total, made))
    if total.authority:
        made.put("authority", total.authority.name, total.authority)
    if since is None:
        made.doubt(0.1 if total.long else 0.25, "no start stated")
    elif since.first is None:
        made.doubt(0.2, "the start is told in words that no date is known for")
    if total.several:
        made.doubt(0.15, "several periods are named")
    if "as_of" not in made.fields:
        made.doubt(0.05, "no as-of date")
    for first, second, all_of_them in (
        ("killed", "injured", "victims"), ("civilians_killed", "military_killed", "killed"),
        ("civilians", "military", "victims"),
    ):  # fmt: skip
        if {first, second, all_of_them} <= set(known) and (both := known[first] + known[second]) != known[all_of_them]:
            made.doubt(0.25, f"{first} + {second} = {both}, not {known[all_of_them]}")
    return made.settle()


def _coverage(total: Total, made: Candidate) -> str:
    since = made.fields.get("since")
    if since is None:
        return "all_years" if total.long else "period"
    end = made.fields.get("as_of")
    start, war_end = total.war
    if war_end is None:
        if end is not None and end.year - since.year >= 10:
            return "all_years"
    elif since.year < war_end.year - 5:
        return "all_years"
    elif (start or war_end) <= since <= war_end + dt.timedelta(days=31):
        return "post_war"
    if (since.month, since.day) == (1, 1) and end is not None and end.year == since.year:
        return "year" if (end.month, end.day) == (12, 31) else "year_to_date"
    return "period"
