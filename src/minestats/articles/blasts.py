"""Incidents: one explosion, or a chain of them at one place within hours, told in several sentences of an article.

A sentence joins the incident before it unless its date or its district speaks against it. What sentences say of
killed and injured is then weighed: the largest figure without a group is the total, each group keeps its own, and
where only groups are given the total stays empty, for nothing is added up.
"""

from __future__ import annotations

import datetime as dt
from collections import Counter
from dataclasses import dataclass, field, replace
from itertools import pairwise

from minestats.articles.gazetteer import Place
from minestats.articles.groups import PeopleGroup
from minestats.articles.hurt import INJURED, KILLED, Sense
from minestats.articles.when import Candidate, Line, When


@dataclass
class Event:
    """One incident in the making."""

    line: int
    start: int
    end: int
    date: When | None = None
    report: When | None = None
    districts: dict[str, Place] = field(default_factory=dict)
    settlements: dict[str, Place] = field(default_factory=dict)
    weak_places: dict[str, Place] = field(default_factory=dict)
    mentions: list[PeopleGroup] = field(default_factory=list)
    devices: Counter = field(default_factory=Counter)
    device_spans: dict[str, Place] = field(default_factory=dict)
    mine: bool = False
    blast: bool = False
    summed: bool = False
    leads: list[PeopleGroup] = field(default_factory=list)
    heading: bool = True
    source: Event | None = None
    last_people: PeopleGroup | None = None
    doubts: list[str] = field(default_factory=list)


def usable(line: Line, sense: Sense, events: list[Event]) -> bool:
    """Whether a sentence tells of an incident or of what it did to people."""
    mentions = _mentions(sense)
    if line.has("not_landmine") or (sense.denied and not mentions) or (line.has("number_of") and not line.has("split")):
        return False
    blast = bool(line.has("blast") and line.has("mine"))
    if line.has("other_cause") and not (blast or line.has("apart") or line.has("one_blast")):
        return False
    if line.has("separate") and line.has("several"):
        return False  # "five people were killed in three separate explosions"
    if line.has("total") and line.has("plural") and not line.districts and not any(w.kind == "day" for w in line.dates):
        return False  # "three people were injured in explosions over the past two days"
    if mentions or sense.pronouns or (blast and (sense.happened or line.has("apart"))):
        return True
    blast = line.has("blast")
    place = any(p.firm for p in line.districts) or line.settlements
    date = _date(line)
    if date is not None and date.kind != "day" and line.has("plural"):
        return False  # "in 2024, 24 mine incidents were registered"
    codes = [tag.code for tag in line.people]
    told = "H" in codes or ("t", "P") in pairwise(codes)  # "the children were on their way to Norwick village"
    goes_on = bool(events) and not events[-1].heading and told and 0 < line.number - events[-1].line <= 2
    return bool(blast or line.has("occurred") or goes_on) and bool(place or (date and date.kind == "day"))


def _mentions(sense: Sense) -> list[PeopleGroup]:
    return [m for m in sense.mentions if m.outcome in (KILLED, INJURED) and m.count is not None and m.count <= 40]


def _date(line: Line) -> When | None:
    found = [w for w in line.dates if w.kind in ("day", "month", "year") and w.role == "event"]
    found += [w for w in line.dates if w.kind == "year" and w.role == "until"]
    relative = ("today", "yesterday", "day_earlier", "weekend", "ago")
    order = ("day", "month", "year")
    return min(found, key=lambda w: (order.index(w.kind), w.note in relative, w.note == "weekday"), default=None)


def _counted_on(line: Line, before: Event) -> When | None:
    """The day of "the next day", "a day earlier", counted from the blast told before."""
    step, known = line.has("next_day") - line.has("day_before"), before.date
    if not (step or line.has("same_day")) or known is None or known.kind != "day" or known.first is None:
        return None
    day = known.first + dt.timedelta(days=step)
    return replace(known, first=day, last=day, note="counted")


def take(events: list[Event], line: Line, sense: Sense, near: bool = False) -> None:
    """Put a sentence where it belongs: into an incident before it, or into a new one.

    `near`: mine blasts were spoken of in a sentence just before.
    """
    mentions = _mentions(sense)
    date = _date(line) if not events else _counted_on(line, events[-1]) or _date(line)
    districts, weak = ({p.name: p for p in line.districts if p.firm is firm} for firm in (True, False))
    towns = {p.name: p for p in line.settlements if p.firm}
    mine = line.has("mine")
    blast = line.has("blast") or bool(mine and any(m.count for m in mentions))
    before = events[-1] if events else None
    event = next(
        (e for e in reversed(events[-6:]) if ((e is before and (mine or blast or line.number - e.line <= 10))
                                              or _returns(e, date, districts, towns))
         and _fits(e, date, districts, towns, line)), None
    )  # fmt: skip
    if event is None:
        apart = line.has("apart") or line.has("one_of")
        named = blast and (mine or (before is not None and before.mine))
        told = mentions and (before is None or (near and date))
        if not (named or told or (before is not None and before.blast and apart and (mentions or towns or districts))):
            return
        event = _opened(line, before, date, named=near and not (mine and blast))
        events.append(event)
    event.line = line.number
    event.start, event.end = min(event.start, line.offset), max(event.end, line.end)
    event.mine, event.blast = event.mine or mine, event.blast or blast
    said = line.has("occurred") and not (mentions or event.heading)  # "The incident happened on Monday night"
    if date is not None and (event.date is None or _rank(date) - said < _rank(event.date)):
        event.date = date
    event.report = event.report or next((w for w in line.dates if w.role == "report" and w.kind == "day"), None)
    for known, names in ((event.districts, districts), (event.weak_places, weak), (event.settlements, towns)):
        known.update({name: place for name, place in names.items() if name not in known})
    event.heading = event.heading and line.heading
    event.leads += mentions if line.has("plural") else []
    told_here = mentions + _pronouns(event, sense)
    event.mentions += told_here
    for device in ("anti_personnel", "anti_tank", "uxo", "plain_mine"):
        found = line.lexicon.gate[device].search(line.low)
        if found is not None:
            event.devices[device] += 2 if blast else 1
            event.device_spans.setdefault(device, Place(line.offset + found.start(), line.offset + found.end(), device))


def _opened(line: Line, before: Event | None, date: When | None, named: bool) -> Event:
    """A new incident, with what one that was told before says of it; `named`: its mine is named in another sentence."""
    source = None if before is None else before.source or (before if line.has("one_of") else None)
    event = Event(line.number, line.offset, line.end, source=source)
    if source is not None:  # "Three were hurt in two blasts on Monday. The first ..."
        source.summed = source.summed or line.has("one_of") or line.has("apart") or line.has("again")
        event.mine, event.blast = source.mine, source.blast
        event.date = source.date if date is None and not line.dates else None
    if before is not None and line.has("apart"):  # "a separate explosion" is one of a mine, as that told before
        event.mine, event.blast = event.mine or before.mine, event.blast or before.blast
    if named:
        event.mine = event.blast = True
        event.devices["plain_mine"] += 1
        event.doubts.append("the mine is named in the sentence before")
    return event


def _pronouns(event: Event, sense: Sense) -> list[PeopleGroup]:
    """Who "he" and "they" are: those the incident told of last."""
    named = [m for m in sense.mentions if m.count and not m.zero and not m.part and m.count <= 40]
    people = [g for g in sense.groups if g.count == 1 and g.group] if not named and event.last_people is None else []
    if named:
        event.last_people = named[-1]
    elif people:  # "A farmer was at work when his tractor hit a mine. He was injured."
        event.last_people = PeopleGroup(INJURED, 1, people[0].group, people[0].attrs)
    last, found = event.last_people, []
    for outcome, start, end, many in sense.pronouns:
        if last is not None and (many or last.count == 1):
            found.append(PeopleGroup(outcome, last.count, last.group, last.attrs, start, end, definite=True))
        elif not many:
            found.append(PeopleGroup(outcome, 1, "", frozenset(), start, end, definite=True))
    return found


def _rank(date: When) -> int:
    if date.kind != "day" or date.first is None:
        return 4
    return {"": 0, "weekday": 1, "ago": 2, "weekend": 2, "yesterday": 3, "day_earlier": 3, "today": 3}.get(date.note, 0)


def _returns(event: Event, date: When | None, districts: dict, towns: dict) -> bool:
    """Whether a sentence names the place or the day of an incident that others were told after."""
    day = (
        date is not None and event.date is not None and (date.first, date.parts) == (event.date.first, event.date.parts)
    )
    return day or bool(districts.keys() & event.districts.keys() or towns.keys() & event.settlements.keys())


def _fits(event: Event, date: When | None, districts: dict, towns: dict, line: Line) -> bool:
    """Whether nothing in a sentence speaks against its being about the incident."""
    told = line.sense.mentions or line.has("one_blast") or (line.has("mine") and line.has("blast"))
    if event.line != line.number and told and (line.has("apart") or line.has("one_of")):
        return False
    if date is not None and not _same_day(event, date):
        return False
    if districts and event.districts and not set(districts) & set(event.districts):
        return False
    explicit = date is not None and event.date is not None and date.first and date.first == event.date.first
    if told and date and event.date and not explicit and towns and event.settlements:
        return bool(towns.keys() & event.settlements.keys())  # "on Thursday in one village, on Friday in another"
    if towns and event.settlements and not explicit and line.has("again"):
        return any(a.casefold()[:4] == b.casefold()[:4] for a in towns for b in event.settlements)
    return True


def _same_day(event: Event, date: When) -> bool:
    known = event.date
    if known is None:
        return True
    if known.note == "weekday" and known.first is None and (date.parts or date.kind in ("month", "year")):
        return False  # which Friday is not known, but it is the last one
    if known.first and date.first:
        if known.kind != "day" or date.kind != "day":
            return known.first <= date.last and date.first <= known.last
        quoted = {known.note, date.note} & {"today", "yesterday", "day_earlier"}  # often words of an earlier day
        return abs((known.first - date.first).days) <= (3 if quoted else 1 if _rank(known) or _rank(date) else 0)
    if known.parts and date.parts:
        return known.parts[1:] == date.parts[1:]
    return True


def without_sums(events: list[Event]) -> None:
    """Take out of an incident what a headline or a lead adds up: "11 children killed", then nine here and two there."""
    for position, event in enumerate(events):
        rest = [e for e in events[max(0, position - 6) : position + 7] if e is not event]
        for outcome in (KILLED, INJURED) if event.leads else ():
            own = [m for m in event.mentions if m.outcome == outcome and m.count and not m.part]
            alone = {m.count for m in own if m.whole is None}
            others = [max((m.count for m in e.mentions if m.outcome == outcome and not m.part), default=0)
                      for e in rest]  # fmt: skip
            body = [m.count for m in own if m not in event.leads]
            if body and any(others):  # a lead above all that is told of this one blast counts others too
                event.mentions = [m for m in event.mentions if m not in own or m.count <= max(body)]
            for more in {sum(others), *others} - {0}:
                sums = [m for m in own if m in event.leads and (m.count == more or m.count - more in alone)]
                groups = {m.count: m.group for m in sums}
                for each in (event, *rest) if groups else ():
                    each.mentions = [
                        replace(m, group=m.group or max(groups.values())) if m.outcome == outcome else m
                        for m in each.mentions if each is not event or m.outcome != outcome or m.count not in groups
                    ]  # fmt: skip


def candidate(event: Event, published: dt.date | None) -> Candidate | None:
    """Make the row of an incident, or None where nothing says that a mine was in it."""
    if not event.mine or not event.blast or event.summed:
        return None
    if not event.mentions and (
        not (event.settlements or (event.districts and event.date))
        or event.source is not None
        or len(event.districts) > 1
    ):
        return None
    if not event.districts and event.source is not None:
        event.districts = event.source.districts
    made = Candidate("incident", event.start, event.end, confidence=0.95 - 0.1 * bool(event.doubts))
    made.doubts = list(event.doubts)
    date = event.date or event.report
    if date is None:
        made.doubt(0.2, "no date stated")
    elif event.date is None:
        made.doubt(0.2, "the date is that of the statement")
    if date is not None and date.first is not None:
        made.put("date", date.first, None if date.note == "counted" else date)
        made.put("date_precision", date.kind if date.kind in ("month", "year") else "day")
        made.date_basis = date.basis
        if date.note == "weekend":
            made.doubt(0.15, f"weekend: {date.first} or {date.last}")
        elif date.note:
            made.doubt(0.05, "date told in words, resolved by publication")
        if date.kind in ("month", "year"):
            made.doubt(0.1, f"only the {date.kind} is stated")
    elif date is not None:
        made.doubt(0.15, "no date of publication to resolve the date")
    for column, cost, places in (("district", 0.15, event.districts), ("settlement", 0.1, event.settlements)):
        for name, place in [*places.items()][:1]:
            made.put(column, name, place)
        if len(places) > 1:
            made.doubt(cost, f"several {column}s named: " + ", ".join(places))
    if any(not place.listed for place in event.districts.values()):
        made.doubt(0.1, "district on no list")
    if not event.districts:
        for name, place in [*event.weak_places.items()][:1]:
            made.put("district", name, place)
        made.doubt(0.15, "district named only by an office or a home" if event.weak_places else "no district named")
    _casualties(event, made)
    device = _device(event)
    made.put("device", device, event.device_spans.get("plain_mine" if device == "mine" else device))
    return made.settle()


def _device(event: Event) -> str:
    """What was named most; of mines and munitions alike the kind that says more."""
    seen = event.devices
    if seen["anti_tank"] > seen["anti_personnel"]:
        return "anti_tank"
    if seen["anti_personnel"]:
        return "anti_personnel"
    if seen["uxo"] and seen["uxo"] >= seen["plain_mine"]:
        return "uxo"
    return "mine" if seen["plain_mine"] else "unknown"


def _divided(entries: list[PeopleGroup]) -> bool:
    """Whether one sentence names a group twice side by side ("two journalists and a driver"): no sum is stated."""
    together = [m.count for m in entries if m.chain]
    return len(together) > 1 and not any(not m.chain and m.count >= sum(together[:2]) for m in entries)


def _weight(mention: PeopleGroup) -> tuple[int, bool]:
    return mention.count, not mention.chain


def _casualties(event: Event, made: Candidate) -> None:
    """Fill killed, injured and their parts, and doubt what differs."""
    for outcome in (KILLED, INJURED):
        said = [m for m in event.mentions if m.outcome == outcome]
        zero = next((m for m in said if m.zero), None)
        people = [m for m in said if not m.zero and m.count]
        total = [m for m in people if not m.group and not m.part]
        plain = [m for m in total if not m.attrs & {"woman", "child"}]
        groups: dict[str, list[PeopleGroup]] = {}
        for each in people:
            if each.group:
                groups.setdefault(each.group, []).append(each)
        best = {name: max(entries, key=_weight) for name, entries in groups.items()}
        times = Counter(m.count for m in total if not m.chain)
        top = max(
            (m for m in total if not m.chain), key=lambda m: (times[m.count] > 1 and m.count > 1, m.count), default=None
        )
        whole = [m for m in best.values() if not m.part and not m.chain]
        if top is not None and top.count >= max((m.count for m in best.values()), default=0):
            if not (len(best) > 1 and top.count < sum(m.count for m in whole)) or len(plain) > 1:
                made.put(outcome, top.count, top, top.rounded)
        elif len(best) == 1 and whole:
            made.put(outcome, whole[0].count, whole[0], whole[0].rounded)
        elif zero is not None and not people:
            made.put(outcome, 0, zero)
        if zero is not None and people:
            made.doubt(0.1, f"{outcome}: both none and {people[0].count} are said")
        for name, label in (("civilian", "civilians"), ("military", "military")):
            if _divided(groups.get(name, [])):
                made.doubt(0.05, f"{label} {outcome}: given in parts, no sum is stated")
            elif name in best and not (
                all(m.definite for m in groups[name]) and best[name].count < made.fields.get(outcome, 0)
            ):  # "two were killed: the driver and his companion" does not say of which group both are
                made.put(f"{label}_{outcome}", best[name].count, best[name], best[name].rounded)
                if len({m.count for m in groups[name] if not m.definite}) > 1:
                    made.doubt(0.1, f"{label} {outcome}: different figures are said")
        if len({m.count for m in plain}) > 1 and not best:
            made.doubt(0.1, f"{outcome}: different figures are said")
    for attribute, name in (("woman", "women"), ("child", "children")):
        marked = [m for m in event.mentions if attribute in m.attrs and m.count]
        if marked:
            made.put(name, (most := max(marked, key=lambda m: m.count)).count, most)
    if not event.mentions:
        made.doubt(0.3, "no casualties stated")
