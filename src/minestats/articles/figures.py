"""The numbers of a bulletin and what each counts: mines by kind, ordnance, an area in hectares.

A number belongs to the device or unit beside it, before or after. It counts only where something was found or cleared:
not mines that were laid, that remain, or that stand on a map.
"""

from __future__ import annotations

from dataclasses import dataclass

from minestats.articles.when import Line

_DEVICES = {"anti_personnel", "anti_tank", "uxo", "mines", "items"}
_AREAS = {"hectares": 1.0, "square_km": 100.0, "square_m": 0.0001}
_COLUMN = {"mines": "mines_total", "items": "items_total", **dict.fromkeys(_AREAS, "area_ha")}


_MOST = 20_000_000  # pieces; more were dropped in a war, not found by a bulletin
_PLANNED = frozenset(["target", "targets", "goal", "plan", "plans", "planned", "will", "intends"])
_LAID = frozenset(["planted", "laid", "buried", "installed", "mined", "infested", "contaminated"])


@dataclass
class Stated:
    column: str
    value: float
    rounded: str
    start: int
    end: int
    first: int
    last: int


def figures(line: Line) -> list[Stated]:
    """The numbers of a sentence with the column that each belongs to."""
    tags = line.bulletin
    codes = [tag.code for tag in tags]
    found: list[Stated] = []
    noun_first = line.lexicon.data["clearance"].get("noun_first", ())
    taken: set[int] = set()
    for i, tag in enumerate(tags):
        if tag.code != "N":
            continue
        if tags[i + 1 : i + 2] and tags[i + 1].norm in ("%", "percent"):
            continue
        back, ahead = _noun_before(tags, i, taken), _noun_after(tags, i)
        if back is not None and codes[back] in noun_first:
            ahead = None
        if ahead is not None and ahead not in taken:
            figure = _figure(tags, i, ahead)
            if codes[ahead] == "mines" and _also_munitions(tags, ahead):
                figure.column = "items_total"
            if codes[ahead] in ("anti_personnel", "anti_tank") and _both_kinds(tags, ahead, codes[ahead]):
                figure.column = "mines_total"
            found.append(figure)
            taken.add(ahead)
        elif back is not None and (codes[back] in noun_first or tags[i - 1].norm in ("-", ":", "(", "=")):
            found.append(_figure(tags, i, back))
            taken.add(back)
    return _credible(found, tags, codes)


def _noun_after(tags, i: int) -> int | None:
    for k in range(i + 1, min(i + 5, len(tags))):
        code = tags[k].code
        if code in _DEVICES or code in _AREAS:
            return k
        if code != "skipped":
            return None
    return None


def _noun_before(tags, i: int, taken: set[int]) -> int | None:
    for k in range(i - 1, max(i - 5, -1), -1):
        code = tags[k].code
        if code in ("anti_personnel", "anti_tank", "uxo") and k not in taken:
            return k
        if code != "mines" and tags[k].norm not in ("-", ":", "(", "="):
            return None
    return None


def _both_kinds(tags, k: int, code: str) -> bool:
    """Whether one number counts both kinds: "225 anti-personnel and anti-tank mines"."""
    other = {"anti_personnel": "anti_tank", "anti_tank": "anti_personnel"}[code]
    following = [tag.code or tag.norm for tag in tags[k + 1 : k + 4]]
    return other in following[:2] and "N" not in following[: following.index(other)]


def _also_munitions(tags, k: int) -> bool:
    """Whether one number counts mines and munitions together: "225 mines and unexploded ordnance"."""
    following = tags[k + 1 : k + 4]
    for position, tag in enumerate(following):
        if tag.code == "N":
            return False
        if tag.code in ("uxo", "items"):
            return position > 0
    return False


def _figure(tags, i: int, noun: int) -> Stated:
    tag, unit = tags[i], tags[noun].code
    value = tag.value
    if unit in _AREAS:
        value = round(float(value) * _AREAS[unit], 6)
    first, last = min(i, noun), max(i, noun)
    return Stated(_COLUMN.get(unit, unit), value, tag.rounded, tag.start, tags[last].end, first, last)


def _credible(found: list[Stated], tags, codes: list[str]) -> list[Stated]:
    """Only what was found or cleared: not what was laid, remains, is planned or stands on a map."""
    verbs = [i for i, code in enumerate(codes) if code in ("found", "cleared")]
    against = [i for i, code in enumerate(codes) if code == "planted"]
    table = sum(f.column in ("anti_personnel", "anti_tank", "uxo") for f in found) >= 2
    kept = []
    for figure in found:
        area = figure.column == "area_ha"
        before = codes[max(0, figure.first - 2) : figure.first]
        if "than" in before or (area and "out_of" in before):
            continue  # "cleared 20 of the hectares, out of 50 ha", "against 12 ha a year before"
        counted = [v for v in verbs if not area or codes[v] == "cleared"]
        led = max((v for v in counted if v < figure.first), default=None)
        if area and led is not None and any(0 < led - a <= 4 and tags[a].norm in _PLANNED for a in against):
            continue  # "a target of clearing mines on an area of 10 ha"
        refused = against + [i for i, code in enumerate(codes) if area and code == "unsafe"]
        verb = min((abs(v - figure.last) for v in counted), default=None)
        governed = any(0 < figure.first - v <= 6 for v in counted)  # a verb further off is that of another clause
        if area and governed and codes[figure.last + 1 : figure.last + 2] == ["skipped"]:
            refused = [a for a in refused if a > figure.last + 3 or a < figure.first]  # "cleared 28 km2 of mined land"
        other = min((abs(a - figure.last) for a in refused), default=None)
        if verb is None and (not table or other is not None):
            continue
        if verb is not None and other is not None and other < verb:
            nearest = {tags[a].norm for a in refused if abs(a - figure.last) == other}
            laid = not _LAID.isdisjoint(nearest) and not area  # "mines laid in the war were found" counts
            if not (laid and (table or max(counted) > figure.last)):
                continue
        if area or (figure.value == int(figure.value) and figure.value <= _MOST):
            kept.append(figure)
    return kept
