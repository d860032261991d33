"""Incidents: one explosion, or a chain of them at one place within hours, told in several sentences of an article.

A sentence joins the incident before it unless its date or its district speaks against it. What sentences say of
killed and injured is then weighed: the largest figure without a group is the total, each group keeps its own, and
where only groups are given the total stays empty, for nothing is added up.
"""

from __future__ import annotations

import datetime as dt
from collections import Counter
from dataclasses import dataclass, field, replace

from minestats.articles.hurt import INJURED, KILLED, Mention, Sense
from minestats.articles.when import Candidate, Line, When


@dataclass
class Event:
    """One incident in the making."""

    line: int
    start: int
    end: int
    date: When | None = None
    date_span: tuple[int, int] | None = None
    report: When | None = None
    report_span: tuple[int, int] | None = None
    districts: dict[str, tuple[int, int]] = field(default_factory=dict)
    settlements: dict[str, tuple[int, int]] = field(default_factory=dict)
    weak_places: dict[str, tuple[int, int]] = field(default_factory=dict)
    mentions: list[tuple[Mention, tuple[int, int]]] = field(default_factory=list)
    devices: Counter = field(default_factory=Counter)
    device_spans: dict[str, tuple[int, int]] = field(default_factory=dict)
    mine: bool = False
    blast: bool = False
    shared: bool = False
    summed: bool = False
    lead: bool = False
    details: set[tuple[int, int]] = field(default_factory=set)
    source: Event | None = None
    last_people: Mention | None = None
    doubts: list[str] = field(default_factory=list)


def usable(line: Line, sense: Sense, events: list[Event]) -> bool:
    """Whether a sentence tells of an incident or of what it did to people."""
    mentions = _mentions(sense)
    if line.has("photo") or line.has("not_landmine"):
        return False
    blast = bool(line.has("blast") and line.has("mine"))
    if line.has("other_cause") and not blast:
        return False
    if line.has("shared") and not mentions and _date(line) is None:
        return False  # "the two blasts": told one by one elsewhere
    if line.has("total") and line.has("plural") and not line.districts and not any(w.kind == "day" for w in line.dates):
        return False  # "three people were injured in explosions over the past two days"
    if mentions or sense.pronouns or (blast and (sense.happened or line.has("apart"))):
        return True
    blast = line.has("blast")
    place = any(p.firm for p in line.districts) or line.settlements
    near = bool(events) and line.number - events[-1].line <= 2 and line.has("occurred")
    date = _date(line)
    if date is not None and date.kind != "day" and line.has("plural"):
        return False  # "in 2024, 24 mine incidents were registered"
    return bool(blast or near) and bool(place or _date(line)) and line.has("one_blast")


def _mentions(sense: Sense) -> list[Mention]:
    return [m for m in sense.mentions if m.outcome in (KILLED, INJURED) and m.count is not None and m.count <= 40]


def _date(line: Line) -> When | None:
    days = [w for w in line.dates if w.role == "event" and w.kind == "day"]
    days.sort(key=lambda w: (w.note in ("today", "yesterday", "day_earlier", "weekend", "ago"), w.note == "weekday"))
    if days:
        return days[0]
    months = [w for w in line.dates if w.role == "event" and w.kind == "month"]
    return (
        months[0]
        if months
        else next((w for w in line.dates if w.kind == "year" and w.role in ("event", "until")), None)
    )


def take(events: list[Event], line: Line, sense: Sense, near: bool = False) -> None:
    """Put a sentence where it belongs: into an incident before it, or into a new one.

    `near`: mine blasts were spoken of in a sentence just before.
    """
    mentions = _mentions(sense)
    date = _date(line)
    districts = {p.name: line.span(p.start, p.end) for p in line.districts if p.firm}
    weak = {p.name: line.span(p.start, p.end) for p in line.districts if not p.firm}
    towns = {p.name: line.span(p.start, p.end) for p in line.settlements if p.firm}
    mine = line.has("mine")
    blast = line.has("blast") or bool(mine and mentions)
    event = next(
        (e for e in reversed(events[-6:]) if (e is events[-1] or _returns(e, date, districts, towns))
         and _fits(e, date, districts, towns, line)), None
    )  # fmt: skip
    before = events[-1] if events else None
    if event is None:
        if not (
            (blast and (mine or any(e.mine for e in events[-1:])))
            or (mentions and not events)
            or (near and mentions and date)
            or (
                (mentions or towns or districts)
                and events
                and events[-1].blast
                and (line.has("apart") or line.has("one_of"))
            )
        ):
            return
        lead = events[-1] if events else None
        source = None if lead is None else lead.source or (lead if lead.shared or line.has("one_of") else None)
        event = Event(line.number, line.offset, line.offset + len(line.text), source=source)
        if source is not None:  # "Three were hurt in two blasts on Monday. The first ..."
            source.summed = source.summed or line.has("one_of") or line.has("apart") or line.has("again")
            event.mine, event.blast = source.mine, source.blast
            if date is None and not line.dates:
                event.date, event.date_span = source.date, source.date_span
        if near and not (mine and blast):
            event.mine = event.blast = True
            event.devices["plain_mine"] += 1
            event.doubts.append("the mine is named in the sentence before")
        if before is not None and event.date is None and line.has("same_day"):
            event.date, event.date_span = before.date, before.date_span
        events.append(event)
    event.line = line.number
    event.start = min(event.start, line.offset)
    event.end = max(event.end, line.offset + len(line.text))
    event.mine, event.blast = event.mine or mine, event.blast or blast
    if date is not None and (event.date is None or _rank(date) < _rank(event.date)):
        event.date, event.date_span = date, line.span(date.start, date.end)
    report = next((w for w in line.dates if w.role == "report" and w.kind == "day"), None)
    if report is not None and event.report is None:
        event.report, event.report_span = report, line.span(report.start, report.end)
    for target, names in ((event.districts, districts), (event.weak_places, weak), (event.settlements, towns)):
        for name, span in names.items():
            target.setdefault(name, span)
    event.lead = event.lead or (bool(mentions) and line.has("blasts"))
    event.shared = event.shared or line.has("shared")
    known = len(event.mentions)
    event.mentions += [(m, line.span(m.start, m.end)) for m in mentions]
    named = [m for m in sense.mentions if m.count and not m.zero and not m.part and m.count <= 40]
    people = [g for g in sense.groups if g.count == 1 and g.group] if not named and event.last_people is None else []
    if named:
        event.last_people = named[-1]
    elif people:  # "A farmer was at work when his tractor hit a mine. He was injured."
        event.last_people = Mention(INJURED, 1, people[0].group, people[0].attrs, 0, 0)
    for outcome, start, end, many in sense.pronouns:
        last = event.last_people
        count = last.count if last is not None and (many or last.count == 1) else None if many else 1
        group = last.group if last is not None and count is not None else ""
        attrs = last.attrs if last is not None and count is not None else frozenset()
        if count is not None:
            event.mentions.append(
                (Mention(outcome, count, group, attrs, start, end, definite=True), line.span(start, end))
            )
    if (towns or districts) and not (line.has("shared") or line.has("blasts")):
        event.details.update(span for _, span in event.mentions[known:])
    for device in ("anti_personnel", "anti_tank", "uxo", "plain_mine"):
        if line.has(device):
            event.devices[device] += 2 if blast else 1
            if device not in event.device_spans:
                event.device_spans[device] = line.span(*line.lexicon.gate[device].search(line.low).span())


def _rank(date: When) -> int:
    if date.first is None:
        return 5
    if date.kind in ("month", "year"):
        return 4
    return {"": 0, "weekday": 1, "ago": 2, "weekend": 2, "yesterday": 3, "day_earlier": 3, "today": 3}.get(date.note, 0)


def _returns(event: Event, date: When | None, districts: dict, towns: dict) -> bool:
    """Whether a sentence names the place or the day of an incident that others were told after."""
    day = (
        date is not None and event.date is not None and (date.first, date.parts) == (event.date.first, event.date.parts)
    )
    return day or bool(districts.keys() & event.districts.keys() or towns.keys() & event.settlements.keys())


def _fits(event: Event, date: When | None, districts: dict, towns: dict, line: Line) -> bool:
    apart = line.has("apart") or line.has("one_of")
    told = line.sense.mentions or line.has("one_blast") or (line.has("mine") and line.has("blast"))
    if apart and event.line != line.number and told:
        return False
    if date is not None and date.kind in ("month", "year") and event.mentions and line.sense.mentions:
        days = event.date.first if event.date is not None else None
        if event.date is None or (event.date.kind == "day" and days is None):
            return False  # "last month, a mine killed two": another blast than the one told before
        if date.first is not None and days is not None and not date.first <= days <= date.last:
            return False
    if date is not None and event.date is not None:
        a, b = event.date, date
        if a.first and b.first:
            if {"month", "year"} & {a.kind, b.kind}:
                if not (a.first <= b.last and b.first <= a.last):
                    return False
            else:
                apart = abs((a.first - b.first).days)
                told = {a.note, b.note} & {
                    "today",
                    "yesterday",
                    "day_earlier",
                }  # often in a quotation of an earlier day
                slack = 3 if told else 1 if _rank(a) or _rank(b) else 0
                if apart > slack:
                    return False
        elif a.parts and b.parts and a.parts[1:] != b.parts[1:]:
            return False
        elif a.note == "weekday" and b.parts and b.start < 12 and event.mentions and line.sense.mentions:
            told = {(m.outcome, m.count) for m in line.sense.mentions}
            return any((m.outcome, m.count) in told for m, _ in event.mentions)  # "Saturday" ... "On June 24, another"
    if districts and event.districts and not set(districts) & set(event.districts):
        return False
    explicit = date is not None and event.date is not None and date.first is not None and date.first == event.date.first
    if towns and event.settlements and not explicit and line.has("again"):
        return any(_alike(a, b) for a in towns for b in event.settlements)
    return True


def _alike(a: str, b: str) -> bool:
    return a.casefold()[:4] == b.casefold()[:4]


def without_sums(events: list[Event]) -> None:
    """Take out of an incident what a headline or a lead adds up: "11 children killed", then nine here and two there."""
    for event in events:
        if event.summed:
            event.mentions = [(m, span) for m, span in event.mentions if span in event.details]
            event.summed = not event.mentions
        for outcome in (KILLED, INJURED):
            own = [m for m, _ in event.mentions if m.outcome == outcome and m.count and not m.part]
            alone = {m.count for m in own if m.whole is None}
            others = [max((m.count for m, _ in e.mentions if m.outcome == outcome and not m.part), default=0)
                      for e in events if e is not event]  # fmt: skip
            first = event is events[0] and event.lead
            for more in {sum(others), *others} - {0}:
                groups = {m.count: m.group for m in own if m.count - more in alone or (first and m.count == more)}
                for each in (event, *(e for e in events if e is not event)) if groups else ():
                    each.mentions = [
                        (replace(m, group=m.group or max(groups.values())) if m.outcome == outcome else m, s)
                        for m, s in each.mentions if each is not event or m.outcome != outcome or m.count not in groups
                    ]  # fmt: skip


def candidate(event: Event, published: dt.date | None) -> Candidate | None:
    """Make the row of an incident, or None where nothing says that a mine was in it."""
    if not event.mine or not event.blast or event.summed:
        return None
    if not event.mentions and (
        (event.date is None and not event.settlements) or event.source is not None or len(event.districts) > 1
    ):
        return None
    made = Candidate("incident", event.start, event.end, doubts=list(event.doubts))
    score = 0.95
    date, span, basis = event.date, event.date_span, ""
    if date is None and event.report is not None:
        date, span = event.report, event.report_span
        score -= 0.2
        made.doubts.append("the date is that of the statement")
    if date is not None and date.first is not None:
        made.put("date", date.first, span)
        made.fields["date_precision"] = date.kind if date.kind in ("month", "year") else "day"
        basis = date.basis
        if date.note == "weekend":
            score -= 0.15
            made.doubts.append(f"weekend: {date.first} or {date.last}")
        elif date.note:
            score -= 0.05
            made.doubts.append("date told in words, resolved by publication")
        if date.kind in ("month", "year"):
            score -= 0.1
            made.doubts.append(f"only the {date.kind} is stated")
    elif date is not None:
        score -= 0.15
        made.doubts.append("no date of publication to resolve the date")
    else:
        score -= 0.2
        made.doubts.append("no date stated")
    made.date_basis = basis
    district = next(iter(event.districts.items()), None) or next(iter(event.weak_places.items()), None)
    if district is not None:
        made.put("district", *district)
        if not event.districts:
            score -= 0.15
            made.doubts.append("district named only by an office or a home")
        elif len(event.districts) > 1:
            score -= 0.15
            made.doubts.append("several districts named: " + ", ".join(event.districts))
    else:
        score -= 0.15
        made.doubts.append("no district named")
    if event.settlements:
        made.put("settlement", *next(iter(event.settlements.items())))
        if len(event.settlements) > 1:
            score -= 0.1
            made.doubts.append("several settlements named: " + ", ".join(event.settlements))
    score -= 0.1 * bool(event.doubts) + _casualties(event, made)
    device = _device(event)
    made.put("device", device, event.device_spans.get("plain_mine" if device == "mine" else device))
    made.confidence = max(0.1, round(score, 2))
    return made


def _device(event: Event) -> str:
    for name in ("anti_tank", "anti_personnel"):
        other = {"anti_tank": "anti_personnel", "anti_personnel": "anti_tank"}[name]
        if event.devices[name] > event.devices[other]:
            return name
    if event.devices["anti_personnel"]:
        return "anti_personnel"
    if event.devices["uxo"] and event.devices["uxo"] >= event.devices["plain_mine"]:
        return "uxo"
    return "mine" if event.devices["plain_mine"] else "unknown"


def _divided(entries: list, best: tuple) -> bool:
    """Whether one sentence names a group twice side by side ("two journalists and a driver"): no sum is stated."""
    together = [x for x in entries if x[0].chain]
    if len(together) < 2:
        return False
    return not any(not x[0].chain and x[0].count >= sum(y[0].count for y in together[:2]) for x in entries)


def _casualties(event: Event, made: Candidate) -> float:
    """Fill killed, injured and their parts; return what the doubts cost."""
    cost = 0.0
    for outcome in (KILLED, INJURED):
        said = [(m, s) for m, s in event.mentions if m.outcome == outcome]
        zero = next((x for x in said if x[0].zero), None)
        people = [x for x in said if not x[0].zero and x[0].count]
        total = [x for x in people if not x[0].group and not x[0].part]
        plain = [x for x in total if not x[0].attrs & {"woman", "child"}]
        groups: dict[str, list] = {}
        for each in people:
            if each[0].group:
                groups.setdefault(each[0].group, []).append(each)
        total = [x for x in total if not x[0].chain]
        best = {name: max(entries, key=lambda x: (x[0].count, not x[0].chain)) for name, entries in groups.items()}
        split = {name for name, entries in groups.items() if _divided(entries, best[name])}
        top = max(total, key=lambda x: x[0].count, default=None)
        whole = [x for name, x in best.items() if not x[0].part and not x[0].chain]
        if top is not None and (not best or top[0].count >= max(x[0].count for x in best.values())):
            if not (len(best) > 1 and top[0].count < sum(x[0].count for x in whole)) or len(plain) > 1:
                made.put(outcome, top[0].count, top[1], top[0].rounded)
        elif len(best) == 1 and whole:
            made.put(outcome, whole[0][0].count, whole[0][1], whole[0][0].rounded)
        elif zero is not None and not people:
            made.put(outcome, 0, zero[1])
        if zero is not None and people:
            cost += 0.1
            made.doubts.append(f"{outcome}: both none and {people[0][0].count} are said")
        for name, label in (("civilian", "civilians"), ("military", "military")):
            if name in split:
                cost += 0.05
                made.doubts.append(f"{label} {outcome}: given in parts, no sum is stated")
            elif name in best:
                made.put(f"{label}_{outcome}", best[name][0].count, best[name][1], best[name][0].rounded)
                if len({x[0].count for x in groups[name] if not x[0].definite}) > 1:
                    cost += 0.1
                    made.doubts.append(f"{label} {outcome}: different figures are said")
        if len({x[0].count for x in plain}) > 1 and not best:
            cost += 0.1
            made.doubts.append(f"{outcome}: different figures are said")
    for attribute, name in (("woman", "women"), ("child", "children")):
        marked = [(m, s) for m, s in event.mentions if attribute in m.attrs and m.count]
        if marked:
            best_marked = max(marked, key=lambda x: x[0].count)
            made.put(name, best_marked[0].count, best_marked[1])
    if not event.mentions:
        cost += 0.3
        made.doubts.append("no casualties stated")
    return cost
