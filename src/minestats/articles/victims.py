"""Running totals of victims: "since the end of the war, 397 people have fallen victim to mines, 70 of them died".

A total covers a stretch of time. Words such as "since", "in total", "over the past 30 years", a range of dates or
"the number of victims reached" tell it from a blast. It is told over one to three sentences; a sentence that only
goes on ("Of them, 70 died") belongs to the total before.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field, replace
from typing import Any

from minestats.articles.hurt import INJURED, KILLED, VICTIMS, Mention, Sense
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
    spans: dict[str, tuple[int, int]] = field(default_factory=dict)
    rounded: dict[str, str] = field(default_factory=dict)
    since: Any = None  # When
    since_span: tuple[int, int] | None = None
    until: When | None = None
    until_span: tuple[int, int] | None = None
    last_outcome: str = VICTIMS
    authority: tuple[str, tuple[int, int]] | None = None
    long: bool = False
    year: bool = False
    war: tuple[dt.date | None, dt.date | None] = (None, None)


def is_total(line: Line, sense: Sense, last: Total | None = None) -> bool:
    """Whether the casualties of a sentence are those of a stretch of time, not of one blast."""
    figures = [m for m in sense.mentions if m.count and not m.zero]
    if not figures:
        return False
    if line.has("separate") and max(m.count for m in figures) < 10:
        return False  # "two others were killed in separate incidents this year": told one by one
    span = span_of(line)
    near = last is not None and line.number - last.line <= 3
    if span is not None:
        days = (span.last - span.first).days if span.first and span.last else 0
        if (
            span.role == "since"
            or span.note == "end before start"
            or span.kind == "war_end"
            or days > 40
            or span.kind in ("month", "months", "part", "year_to_date", "year")
        ):
            return (
                (near and not line.has("other_cause")) or line.has("mine") or line.has("blast") or "victims" in line.low
            )
    most = max(m.count for m in figures)
    if line.has("mine") and any(m.outcome == VICTIMS and m.count >= 50 and not m.part for m in figures):
        return True  # more people than one blast hits
    weak = line.has("total")
    if not (weak or line.has("since")) or not (line.has("mine") or line.has("blast") or "victim" in line.low):
        return False
    if any(m.outcome == VICTIMS for m in figures) and most >= 10 and not sense.denied:
        return True
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
    if not figures or any(w.kind == "day" and w.role == "event" for w in line.dates) or line.settlements:
        return False
    same_month = [
        w
        for w in line.dates
        if w.kind == "month"
        and total.since is not None
        and (w.first == total.since.first or (w.first is None and w.parts[1:] == total.since.parts[1:]))
    ]
    if same_month and total.since.kind == "month":
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
    groups: list[list[Mention]] = [[]]
    victims = None
    for mention in sorted(sense.mentions, key=lambda m: m.start):
        if mention.zero or not mention.count:
            continue
        main = mention.outcome == VICTIMS and not mention.part and not mention.group
        if main and victims is not None and mention.count != victims:
            groups.append([])
        if main:
            victims = mention.count
        groups[-1].append(mention)
    result = []
    for position, mentions in enumerate(groups):
        if not mentions:
            continue
        made = Total(line.number, line.offset, line.offset + len(line.text))
        made.war = line.lexicon.war_start, line.lexicon.war_end
        _add(made, line, mentions)
        _whole(made, line, sense)
        left = mentions[0].start if position else 0
        right = groups[position + 1][0].start if position + 1 < len(groups) else len(line.text)
        _dates(made, line, left, right, len(groups) == 1)
        made.long = line.has("decades")
        result.append(made)
    return result


def begin(made: list[Total], opening: Line) -> None:
    """Give totals without a stretch of their own the one of the sentence that opened them."""
    item = span_of(opening)
    for total in made:
        if total.since is None and item is not None:
            total.since, total.since_span = item, opening.span(item.start, item.end)
            total.year = item.kind in ("year", "month") and item.role != "since"
            total.start = min(total.start, opening.offset)


def add(total: Total, line: Line, sense: Sense) -> None:
    """Put what a further sentence says into a total."""
    _add(total, line, [m for m in sense.mentions if m.count and not m.zero])
    total.end = max(total.end, line.offset + len(line.text))
    total.line = line.number
    until = next((w for w in line.dates if w.role == "until" and w.last), None)
    if until is not None and total.until is None:
        total.until, total.until_span = until, line.span(until.start, until.end)


def _add(total: Total, line: Line, mentions: list[Mention]) -> None:
    for mention in mentions:
        outcome = total.last_outcome if mention.outcome == "antecedent" else mention.outcome
        names = _names(mention, outcome)
        if not mention.part:
            total.last_outcome = outcome
        for name in names:
            if name and name not in total.fields:
                total.fields[name] = mention.count
                total.spans[name] = line.span(mention.start, mention.end)
                if mention.rounded:
                    total.rounded[name] = mention.rounded
        if mention.whole and "victims" not in total.fields and not mention.part and outcome in (KILLED, INJURED):
            total.fields["victims"] = mention.whole
            total.spans["victims"] = line.span(mention.start, mention.end)


def _names(mention: Mention, outcome: str) -> list[str]:
    if "woman" in mention.attrs:
        return ["women"]
    if "child" in mention.attrs:
        return ["children"]
    if "journalist" in mention.attrs:
        return ["journalists_killed"] if outcome == KILLED else []
    if mention.group in ("civilian", "military"):
        head = "civilians" if mention.group == "civilian" else "military"
        return [head if outcome == VICTIMS else f"{head}_{outcome}"]
    if mention.part or mention.group == "deminer":
        return []
    return [{VICTIMS: "victims", KILLED: "killed", INJURED: "injured"}.get(outcome, "")]


def _whole(total: Total, line: Line, sense: Sense) -> None:
    """As in "Out of 304 people, 143 civilians ...": the whole that the parts are of."""
    if "victims" in total.fields:
        return
    for group in sense.groups:
        if group.count and not group.outcome and not group.group and not group.part and group.first:
            before = sense.tags[group.first - 1]
            if before.code == "o" and group.count >= max(total.fields.values(), default=0):
                total.fields["victims"] = group.count
                total.spans["victims"] = line.span(sense.tags[group.first].start, sense.tags[group.last].end)
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
    for pool in (ranges, starts, years):
        near = [w for w in pool if single or left - 80 <= w.start < right]
        near.sort(
            key=lambda w: (w.note != "war_end" and w.kind == "month", abs(w.start - left) if not single else w.start)
        )
        if near:
            total.since, total.since_span = near[0], line.span(near[0].start, near[0].end)
            total.year = pool is years or (near[0].kind == "year" and near[0].role != "since")
            break
    until = [w for w in line.dates if w.role == "until" and w.last and w is not total.since]
    if until:
        total.until, total.until_span = until[0], line.span(until[0].start, until[0].end)
        year = [w for w in line.dates if w.kind == "day" and w.basis == "inferred" and w.parts[:1] != (None,)]
        if total.since is None and until[0] in year:  # "through June 7 this year"
            first, last = until[0].last.replace(month=1, day=1), until[0].last
            total.since = replace(until[0], kind="range", first=first, last=last)


def merge(totals: list[Total]) -> list[Total]:
    """Make one of a total told twice: the same figures, nothing against it."""
    kept: list[Total] = []
    for total in totals:
        twin = next((k for k in kept[-12:] if _same(k, total)), None)
        if twin is None:
            kept.append(total)
            continue
        for name, value in total.fields.items():
            if name not in twin.fields:
                twin.fields[name], twin.spans[name] = value, total.spans[name]
                if name in total.rounded:
                    twin.rounded[name] = total.rounded[name]
            elif name in twin.rounded and name not in total.rounded and twin.fields[name] == value:
                del twin.rounded[name]
        if (
            twin.since is None
            or twin.since.first is None
            or (twin.since.note == "war_end" and total.since is not None and total.since.kind == "range")
        ) and total.since is not None:
            twin.since, twin.since_span, twin.year = total.since, total.since_span, total.year
        if twin.until is None and total.until is not None:
            twin.until, twin.until_span = total.until, total.until_span
        twin.authority = twin.authority or total.authority
    return kept


def _same(a: Total, b: Total) -> bool:
    shared = [n for n in a.fields if n in b.fields]
    for whole, parts in ((a.fields, b.fields), (b.fields, a.fields)):
        if {"killed", "injured"} <= set(parts) and parts["killed"] + parts["injured"] in (
            whole.get("victims"), whole.get("civilians")
        ):  # fmt: skip
            return not shared
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
    made = Candidate("victim_total", total.start, total.end)
    for name in _FIELDS:
        if name in total.fields:
            made.put(name, total.fields[name], total.spans[name], total.rounded.get(name, ""))
    since, basis = total.since, "stated"
    if since is not None and since.first is not None:
        first = since.first
        war_end = total.war[1]
        if since.kind in ("month", "range", "months") and war_end is not None and first == war_end.replace(day=1):
            first = war_end  # "since November" of that year is since the end of the war
        made.put("since", first, total.since_span)
        made.fields["since_precision"] = {"month": "month", "year": "year", "decade": "year"}.get(
            since.precision, "day"
        )
    if total.until is not None:
        made.put("as_of", total.until.last, total.until_span)
        basis = total.until.basis
    elif since is not None and since.last is not None and since.kind in ("range", "months", "part"):
        made.put("as_of", since.last, total.since_span)
        basis = since.basis
    elif total.year and since is not None and since.last is not None and (published is None or since.last <= published):
        made.put("as_of", since.last, total.since_span)
    elif published is not None:
        made.fields["as_of"], basis = published, "inferred"
    else:
        basis = ""
    made.date_basis = basis
    made.fields["span"] = _coverage(total, made)
    if total.authority:
        made.put("authority", *total.authority)
    score = 0.9 if "victims" in total.fields or {"killed", "injured"} <= set(total.fields) else 0.75
    if since is None:
        score -= 0.1 if total.long else 0.25
        made.doubts.append("no start stated")
    elif since.first is None:
        score -= 0.2
        made.doubts.append("the start is told in words that no date is known for")
    if "as_of" not in made.fields:
        score -= 0.05
        made.doubts.append("no as-of date")
    if made.rounded:
        score -= 0.05
        made.doubts.append(f"printed as {made.rounded.replace('_', ' ')}")
    sums = [
        ("killed", "injured", "victims"),
        ("civilians_killed", "military_killed", "killed"),
        ("civilians", "military", "victims"),
    ]
    for first_part, second_part, whole in sums:
        if {first_part, second_part, whole} <= set(total.fields):
            both = total.fields[first_part] + total.fields[second_part]
            if both != total.fields[whole]:
                score -= 0.25
                made.doubts.append(f"{first_part} + {second_part} = {both}, not {total.fields[whole]}")
    made.confidence = max(0.1, round(score, 2))
    return made


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
