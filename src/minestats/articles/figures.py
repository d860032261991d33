"""The numbers of a bulletin and what each counts: mines by kind, ordnance, an area in hectares.

A number belongs to the device or unit beside it, before or after. It counts only where something was found or cleared:
not mines that were laid, that remain, or that stand on a map.
"""

from __future__ import annotations

from dataclasses import dataclass

from minestats.articles.lexicon import Token
from minestats.articles.when import Line

_DEVICES = {"anti_personnel", "anti_tank", "uxo", "mines", "items"}
_AREAS = {"hectares": 1.0, "square_km": 100.0, "square_m": 0.0001}
_COLUMN = {"mines": "mines_total", "items": "items_total", **dict.fromkeys(_AREAS, "area_ha")}


@dataclass
class Stated:
    column: str
    value: float
    rounded: str
    start: int
    end: int
    first: int
    last: int
    exact_unit: bool = True


def figures(line: Line) -> list[Stated]:
    """The numbers of a sentence with the column that each belongs to."""
    tags = line.bulletin
    codes = [tag.code for tag in tags]
    found, count = [], len(tags)
    noun_first = set(line.lexicon.data["clearance"].get("noun_first", ()))
    taken: set[int] = set()
    _single(tags, codes)
    for i, tag in enumerate(tags):
        if tag.code != "N":
            continue
        if i + 1 < count and tags[i + 1].norm in ("%", "percent"):
            continue
        back = _noun_before(tags, i, taken)
        if back is not None and codes[back] in noun_first:
            found.append(_figure(tags, i, back))
            continue
        ahead = _noun_after(tags, i)
        if ahead is not None and ahead not in taken:
            figure = _figure(tags, i, ahead)
            if codes[ahead] == "mines" and _also_munitions(tags, ahead):
                figure.column = "items_total"
            if codes[ahead] in ("anti_personnel", "anti_tank") and _both_kinds(tags, ahead, codes[ahead]):
                figure.column = "mines_total"
            found.append(figure)
            taken.add(ahead)
        elif back is not None and i > 0 and tags[i - 1].norm in ("-", ":", "(", "="):
            found.append(_figure(tags, i, back))
            taken.add(back)
    kept = _credible(found, tags, codes)
    area = [f for f in kept if f.column == "area_ha"]
    if any(f.exact_unit for f in area) and any(not f.exact_unit for f in area):
        kept = [f for f in kept if f.column != "area_ha" or f.exact_unit]
    return kept


def _single(tags, codes: list[str]) -> None:
    """Count "an anti-tank mine" as one, but not "an anti-tank mine explosion"."""
    for i in range(len(tags) - 3):
        device = tags[i].norm in ("a", "an") and codes[i + 1] in ("anti_personnel", "anti_tank")
        if device and tags[i + 2].norm in ("mine", "landmine") and tags[i + 3].norm in (".", ",", "and", "was", "were"):
            one = Token(tags[i].text, tags[i].norm, tags[i].start, tags[i].end)
            one.code, one.value = "N", 1
            tags[i], codes[i] = one, "N"


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
    return Stated(
        _COLUMN.get(unit, unit), value, tag.rounded, tag.start, tags[last].end, first, last, unit == "hectares"
    )


def _of_other(codes: list[str], figure: Stated, word: int) -> bool:
    """Whether a word such as "contaminated" belongs to a number further on: "17 ha of 30 ha of contaminated land"."""
    return word > figure.last and any(code in ("N", "model") for code in codes[figure.last + 1 : word])


def _credible(found: list[Stated], tags, codes: list[str]) -> list[Stated]:
    """Only what was found or cleared: not what was laid, remains, is planned or stands on a map."""
    verbs = [i for i, code in enumerate(codes) if code in ("found", "cleared")]
    against = [i for i, code in enumerate(codes) if code == "planted"]
    table = sum(f.column in ("anti_personnel", "anti_tank", "uxo") for f in found) >= 2
    kept = []
    for figure in found:
        area = figure.column == "area_ha"
        if area and "out_of" in codes[max(0, figure.first - 2) : figure.first]:
            continue  # "cleared 20 of the hectares, out of 50 ha"
        counted = [v for v in verbs if not area or codes[v] == "cleared"] or verbs
        refused = [i for i, code in enumerate(codes) if code == "unsafe"] if area else []
        verb = min((abs(v - figure.last) for v in counted), default=None)
        other = min((abs(a - figure.last) for a in against + refused if not _of_other(codes, figure, a)), default=None)
        if verb is None:
            if not table or other is not None:
                continue
        elif other is not None:
            weak = {tags[a].norm for a in against + refused if abs(a - figure.last) == other}
            laid = weak & {"planted", "laid", "buried", "installed", "mined", "infested", "contaminated"}
            if other < verb and not (laid and table) and not (laid and any(v > figure.last for v in verbs) and
                                                              figure.column != "area_ha"):  # fmt: skip
                continue
        if figure.column != "area_ha" and figure.value != int(figure.value):
            continue
        if (
            figure.column == "area_ha"
            and not any(codes[v] == "cleared" or tags[v].norm in ("neutralized", "neutralised") for v in verbs)
            and not table
        ):
            continue
        if figure.column == "uxo" and figure.value > 20_000_000:
            continue
        kept.append(figure)
    return kept
