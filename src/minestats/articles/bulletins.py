"""Clearance bulletins: how many mines and munitions were found, how many hectares cleared, when, where, by whom.

An agency publishes the same sentence every week. A number belongs to the device or unit beside it, and counts where
that was found or cleared: not mines that were laid, that remain, or that stand on a map. The numbers of one period make
one statement, told over one to three sentences and often once more in the headline. A second value for the same column,
or a second period, begins the next statement (the month beside the running total).
"""

from __future__ import annotations

import datetime as dt
import re
from calendar import monthrange
from collections.abc import Iterator
from dataclasses import dataclass, field

from minestats.articles.gazetteer import Place
from minestats.articles.when import Candidate, Line, When

_DEVICES = {"anti_personnel": "anti_personnel", "anti_tank": "anti_tank", "uxo": "uxo",
            "mines": "mines_total", "items": "items_total"}  # fmt: skip
_KINDS = ("anti_personnel", "anti_tank", "uxo")
HECTARES = {"hectares": 1.0, "square_km": 100.0, "square_m": 0.0001, "acres": 0.40468564, "dunams": 0.1}
_SIGNS = ("-", ":", "(", "=")
_AGAINST = ("planted", "laid", "planned")
_MOST = 20_000_000  # pieces; more were dropped in a war, not found by a bulletin
_SPANS = ("range", "months", "part")
_VAGUE = ("week", "day", "recent")


@dataclass
class Stated:
    """A figure, the column it belongs to, and where it stands: its span in the text, its first and last word."""

    column: str
    value: float
    rounded: str
    start: int
    end: int
    first: int
    last: int


def figures(line: Line) -> list[Stated]:
    """The numbers of a sentence with the column that each belongs to."""
    tags = [
        tag
        for tag in line.lexicon.tag(line.tokens, "clearance")
        if tag.code not in ("skipped", "~") and tag.norm != "."
    ]
    codes = [tag.code or ("" if tag.norm.isalpha() else tag.norm) for tag in tags]  # a sign stands for itself
    noun_first = line.lexicon.data["clearance"].get("noun_first", ())
    found: list[Stated] = []
    taken: set[int] = set()
    for i, tag in enumerate(tags):
        if tag.code != "N":
            continue
        back = next((k for k in range(i - 1, max(i - 5, -1), -1) if codes[k] not in ("mines", *_SIGNS)), -1)
        named = back >= 0 and codes[back] in _KINDS and back not in taken
        ahead = codes[i + 1] if i + 1 < len(codes) and i + 1 not in taken else ""
        if ahead in {*_DEVICES, *HECTARES} and not (named and codes[back] in noun_first):
            noun = i + 1
        elif named and (codes[back] in noun_first or codes[i - 1] in _SIGNS):
            noun = back
        else:
            continue
        taken.add(noun)
        first, last = sorted((i, noun))
        value = round(float(tag.value) * HECTARES[codes[noun]], 6) if codes[noun] in HECTARES else tag.value
        found.append(Stated(_column(codes, noun), value, tag.rounded, tag.start, tags[last].end, first, last))
    table = _listed(line) or sum(f.column in _KINDS for f in found) >= 2
    return [figure for figure in found if _done(figure, codes, table)]


def _listed(line: Line) -> bool:
    """Whether a line is one of a list or of a table: "- 22 anti-tank mines", "Area cleared: 12 ha"."""
    return re.match(r"\W*[-•*·] ?[0-9]|[^.:]{3,40}: [0-9]", line.text) is not None


def _column(codes: list[str], noun: int) -> str:
    """The column of a noun; one number may count two kinds: "225 anti-personnel and anti-tank mines"."""
    after = codes[noun + 1 : noun + 4]
    after = after[: after.index("N")] if "N" in after else after
    if codes[noun] == "mines" and {"uxo", "items"} & set(after[1:]):
        return "items_total"
    if {codes[noun], *after[:2]} >= {"anti_personnel", "anti_tank"}:
        return "mines_total"
    return _DEVICES.get(codes[noun], "area_ha")


def _done(figure: Stated, codes: list[str], table: bool) -> bool:
    """Whether what is counted was found or cleared; `table`: the sentence counts several kinds."""
    area = figure.column == "area_ha"
    before = codes[max(0, figure.first - 2) : figure.first]
    if not area and not (figure.value == int(figure.value) and figure.value <= _MOST):
        return False
    if "than" in before or (area and "out_of" in before):
        return False  # "cleared 20 of the hectares, out of 50 ha", "against 12 ha a year before"
    if "part" in before and figure.column.endswith("_total"):
        return False  # "113 ha, of which 12 items were found on ..."
    good = [k for k, code in enumerate(codes) if code in ("cleared", "returned" if area else "found")]
    bad = [k for k, code in enumerate(codes) if code in (*_AGAINST, *(("unsafe", "left") if area else ()))]
    led = max((k for k in good if k < figure.first), default=-9)
    if area and led >= 0 and "planned" in codes[max(0, led - 4) : led]:
        return False  # "a target of clearing mines on an area of 10 ha"
    verb = min((_gap(figure, k) for k in good), default=None)
    other, worst = min(((_gap(figure, k), codes[k]) for k in bad), default=(None, ""))
    if verb is None:
        return table and other is None
    found = (
        worst == "laid" and not area and (table or max(good) > figure.last or figure.first - led <= 2)
    )  # "mines laid in the war were found"
    return other is None or verb <= other or found


def _gap(figure: Stated, k: int) -> int:
    """How many words a word stands before or after a figure; "cleared 28 km2 of mined land" is nearer to "cleared"."""
    begin = figure.first if figure.column == "area_ha" else figure.last
    return begin - k if k < figure.first else k - figure.last


@dataclass
class _Statement:
    """The figures of one period and the sentences that tell them."""

    lines: list[Line]
    figures: dict[str, Stated]
    period: When | None
    until: When | None
    opened: list[Line] = field(default_factory=list)  # the sentence before that says when and where
    told: list[Line] = field(default_factory=list)  # other sentences, which say by whom

    @property
    def heading(self) -> bool:
        return all(line.heading for line in self.lines)

    def names(self, kind: str) -> dict[str, Place]:
        """The districts or operators that the sentences name; those of a headline where no other names any."""
        body = [line for line in self.lines if not line.heading]
        if kind == "operators":
            return _names([*body, *self.opened, *self.told], kind) or _names(self.lines, kind)
        return _names(body, kind) or _names(self.lines, kind) or _names(self.opened, kind)


def _names(lines: list[Line], kind: str) -> dict[str, Place]:
    """The first mention of each name."""
    found: dict[str, Place] = {}
    for line in lines:
        for place in getattr(line, kind):
            if place.firm:
                found.setdefault(place.name, place)
    return found


def candidates(lines: list[Line], published: dt.date | None) -> list[Candidate]:
    """Return the clearance statements of the lines (those that hold a word of clearance), in text order."""
    statements: list[_Statement] = []
    last: _Statement | None = None
    context: Line | None = None  # the sentence whose time and place hold for what follows
    stretch: Line | None = None  # the same, also where it tells of people: what "the reporting period" is
    for line in lines:
        counted, periods, hurt = figures(line), _periods(line), bool(line.sense.mentions)
        if hurt and line.has("blast") and len(counted) < 2:
            counted = [f for f in counted if f.column == "area_ha"]  # the mine that was hit
        if not counted and last and line.number - last.lines[-1].number <= 3 and not periods and _says(line, "work"):
            last.told.append(line)
        for group, period, until in _groups(line, counted):
            made = _Statement([line], {f.column: f for f in group}, period, until)
            again = _says(line, "same_period")
            undated = not (period or until or (line.heading and not _listed(line))) and not _says(line, "ongoing")
            source = stretch if again else context if undated else None
            if source and line.number - source.number <= (9 if _listed(line) else 4):
                made.period, made.opened = _best(_periods(source), 0), [source]
            last = next((s for s in reversed(statements[-6:]) if _same(s, made)), made)
            if last is made:
                statements.append(made)
            else:
                _join(last, made)
        long = [w for w in periods if w.kind in (*_SPANS, "week", "month") or w.role == "since"]
        stretch = line if long else stretch
        context = line if not hurt and (periods if counted else long) else context
    return [_candidate(statement, published) for statement in statements]


def _says(line: Line, kind: str) -> bool:
    """Whether one of the phrases of a kind is in a sentence."""
    return any(phrase in line.low for phrase in line.lexicon.data["clearance"].get(kind, ()))


def _periods(line: Line) -> list[When]:
    """What a sentence says of the time of the work: stretches of time, or where it has none, days."""
    found = [
        w for w in line.dates
        if w.role == "since" or (w.kind in (*_SPANS, "war_end") and w.role in ("event", "until"))
        or (w.role == "event" and w.kind != "decade")
    ]  # fmt: skip
    return [w for w in found if w.kind != "day"] or found


def _best(periods: list[When], start: int) -> When | None:
    """The period that says most: one with days before one that only says "last week"."""
    return min(periods, default=None, key=lambda p: (
        p.kind in _VAGUE, p.kind == "year" and len(periods) > 1, p.start > start, abs(p.start - start)))  # fmt: skip


def _groups(line: Line, counted: list[Stated]) -> Iterator[tuple[list[Stated], When | None, When | None]]:
    """Split the figures of a sentence by period and by column: (figures, period, until) for each statement."""
    periods = _periods(line)
    today = line.published or dt.date.max
    ends = (w for w in line.dates if w.role == "until" and w.kind in ("day", "month", "year"))
    until = next((w for w in ends if w.last is None or w.last <= today), None)  # and not "free of mines by 2030"
    groups: list[list[Stated]] = []
    for figure in counted:
        current = groups[-1] if groups else []
        between = current and any(current[-1].end <= p.start <= figure.start for p in periods)
        apart = between and any(p.start <= current[0].start for p in periods)
        if not current or apart or any(f.column == figure.column for f in current):
            groups.append([figure])
        else:
            current.append(figure)
    for i, group in enumerate(groups):
        low = groups[i - 1][-1].start if i else -1
        high = groups[i + 1][0].start if i + 1 < len(groups) else line.end
        before = [p for p in periods if p.start < group[0].start]
        own = [p for p in before if p.start > low][-1:], [p for p in periods if group[-1].end <= p.start < high]
        mine = own[0] or own[1] if periods and periods[0].start < groups[0][0].start else own[1] or own[0]
        if len(groups) > 1 and i and not mine and len(periods) == 1:
            continue  # "120 mines, 30 of them ...": a part of what was just counted
        yield (
            group,
            _best(periods, group[0].start) if len(groups) == 1 else next(iter(mine or before[-1:]), None),
            until,
        )


def _weak(period: When | None) -> bool:
    return period is None or period.first is None or (period.kind in _VAGUE and period.role != "since")


def _agree(a: Stated, b: Stated) -> bool:
    """Whether two prints can be the same figure, one with fewer decimals or rounded ("over 5,500" and 5,523)."""
    apart, whole = abs(a.value - b.value), a.value == int(a.value) or b.value == int(b.value)
    return (
        apart == 0 or (apart < 1 and whole) or (bool(a.rounded or b.rounded) and apart <= 0.06 * max(a.value, b.value))
    )


def _same(earlier: _Statement, later: _Statement) -> bool:
    """Whether two statements tell of one period: the headline and the body, or two sentences of one bulletin."""
    shared = earlier.figures.keys() & later.figures.keys()
    there, here = earlier.names("districts"), later.names("districts")
    apart = len(here) == 1 and not set(here) <= set(there) and (there or not earlier.heading)
    if apart or not all(_agree(earlier.figures[c], later.figures[c]) for c in shared):
        return False
    a, b, near = earlier.period, later.period, later.lines[-1].number - earlier.lines[-1].number
    if a is None or b is None:
        return bool(shared) or near <= 2
    close = a.first == b.first and ((a.last == b.last and a.kind != "war_end") or a.role == b.role == "since")
    if not close:
        if not _weak(a) and not _weak(b):
            return False
        days = None if None in (a.first, b.first) else abs((a.first - b.first).days)
        close = (a.kind == b.kind if days is None else days <= 10) or (b.kind == "week" and near <= 2)
    return bool(shared) or (near <= 4 and close)


def _join(earlier: _Statement, later: _Statement) -> None:
    """Put what a sentence adds into a statement: of a figure told twice the print that says more."""
    for column, figure in later.figures.items():
        known = earlier.figures.setdefault(column, figure)
        digits = [len(f"{f.value:.6f}".replace(".", "").strip("0")) for f in (known, figure)]
        if (not figure.rounded, digits[1]) > (not known.rounded, digits[0]):
            earlier.figures[column] = figure
    if later.period and _weak(earlier.period) and not (earlier.period and later.period.kind == "week"):
        earlier.period = later.period
    earlier.until = earlier.until or later.until
    for name in ("lines", "opened", "told"):
        setattr(earlier, name, [*getattr(earlier, name), *getattr(later, name)])


def _candidate(statement: _Statement, published: dt.date | None) -> Candidate:
    lines, operators, districts = statement.lines, statement.names("operators"), statement.names("districts")
    made = Candidate("clearance", min(line.offset for line in (*lines, *statement.opened)), lines[-1].end)
    for column, figure in statement.figures.items():
        made.put(column, float(figure.value) if column == "area_ha" else int(figure.value), figure, figure.rounded)
    first, last, kind, made.date_basis = _period(statement, published)
    if kind:
        made.put("period_type", kind)
    if first is not None:
        made.put("period_start", first, statement.period)
    if last is not None:
        made.put(
            "period_end", last, next((w for w in (statement.until, statement.period) if w and w.last == last), None)
        )
    if len(districts) == 1:
        made.put("district", *next(iter(districts.items())))
    elif districts:
        made.put("districts_listed", "; ".join(districts))
    one = next(iter(operators.values()), None)
    made.put("operator", "unknown" if one is None else one.name if len(operators) == 1 else "all", one)
    if speaker := next((line.speaker for line in (*lines, *statement.opened) if line.speaker), None):
        made.put("authority", speaker.name, speaker)
    main = statement.figures.keys() & {*_KINDS, "area_ha"}
    made.confidence = 0.95 if len(main) >= 2 else 0.85 if main else 0.5
    period = statement.period
    for holds, cost, reason in (
        (not main, 0, "only a total of mines or items"),
        (period is None, 0.35, "no period stated"),
        (period and _weak(period), 0.2, "period told only in words; dates follow from publication"),
        (period and last is None, 0.15, "no date of publication to resolve the period"),
        (statement.heading, 0.2, "only a headline"),
    ):
        if holds:
            made.doubt(cost, reason)
    made.confidence -= 0.03 * (period is not None and not _weak(period) and made.date_basis == "inferred")
    return made.settle()


def _period(statement: _Statement, published: dt.date | None) -> tuple:
    """First day, last day, type and basis of a statement's period."""
    period, until = statement.period, statement.until
    ended = until is not None and until.last is not None
    last, basis = (until.last, until.basis) if until and ended else (published, "inferred")
    if period is None:
        total = ended or any(_says(line, "ongoing") for line in statement.lines)
        return (None, last, "cumulative", basis) if total else (None, None, "", "")
    this_year = period.kind == "year_to_date" or (
        period.kind == "year" and period.first and published and published.year == period.first.year
    )
    if period.role == "since" or period.kind == "war_end":
        kind = "other" if this_year else "cumulative"
        return period.first, last, kind, basis if period.basis == "stated" else "inferred"
    if period.first is None or period.last is None:
        return None, None, period.kind if period.kind in ("month", "week", "year") else "", "inferred"
    if this_year and (period.kind == "year_to_date" or (published and published.month < 12)):
        return period.first, last, "other", "inferred"
    return period.first, period.last, _type(period.first, period.last), period.basis


def _type(first: dt.date, last: dt.date) -> str:
    """What a stretch of days is called: a whole month, quarter, half or year, a week, or a running total."""
    months = last.month - first.month + 1
    if first.day == 1 and last.day == monthrange(last.year, last.month)[1] and first.year == last.year:
        named = {1: "month", 12: "year", 3: "quarter", 6: "half"}.get(months, "other")
        return named if (first.month - 1) % months == 0 else "other"
    days = (last - first).days + 1
    return "week" if 4 <= days <= 8 else "cumulative" if days > 366 else "other"
