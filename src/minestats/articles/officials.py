"""Other figures that officials give: how accurate the maps are, how long clearance will take and what it will cost.

Each metric is a pattern of `[[estimates]]` in the lexicon: the figure, and the words that must, or must not, stand in
the same sentence.
"""

from __future__ import annotations

import datetime as dt
import re

from minestats.articles.lexicon import Lexicon
from minestats.articles.lines import Candidate, Line

_SCALE = {"thousand": 1e3, "million": 1e6, "mln": 1e6, "billion": 1e9, "bln": 1e9, "bn": 1e9, "b": 1e9}
_HECTARES = {"h": 1.0, "km": 100.0, "m": 0.0001}


def compiled(lexicon: Lexicon) -> list[tuple]:
    """The estimate patterns of a language: (metric, unit, pattern, needed, refused)."""
    return [
        (e["metric"], e["unit"], re.compile(e["pattern"]), [re.compile(n) for n in e["need"]],
         [re.compile(w) for w in e["without"]])
        for e in lexicon.data.get("estimates", ())
    ]  # fmt: skip


def read(line: Line, patterns: list[tuple], published: dt.date | None, before: str = "") -> list[Candidate]:
    """Return the estimates of a sentence; `before` is the one before it, which "it will take" refers to."""
    found, taken = [], []
    if not any(char.isdigit() for char in line.text) and "years" not in line.low:
        return found
    for metric, unit, pattern, need, without in patterns:
        if metric == "mines_laid" and any(c.fields["metric"] == "mines_on_handed_over_map" for c in found):
            continue
        about = before if metric in ("clearance_years", "clearance_cost") and line.has("refers_back") else ""
        if (
            not (need[0].search(line.low) or need[0].search(about))
            or not all(n.search(line.low) for n in need[1:])
            or any(w.search(line.low) for w in without)
        ):
            continue
        for match in pattern.finditer(line.low):
            if any(match.start() < end and start < match.end() for start, end in taken):
                continue
            value = _value(match, line.lexicon)
            if value is None or not _sensible(metric, value):
                continue
            taken.append(match.span())
            lower = re.search(r"([0-9]{1,3}) ?(?:-|to) ?$", line.low[max(0, match.start() - 8) : match.start()])
            made = Candidate("estimate", line.offset, line.offset + len(line.text), confidence=0.8)
            made.fields["metric"] = metric
            words = line.low[max(0, match.start() - 16) : match.start()]
            rounded = _rounded(words, line.lexicon)
            made.put("value", value, line.span(*match.span()), rounded)
            if lower is not None and float(lower.group(1)) < value:
                made.fields["value"], made.fields["value_high"] = int(lower.group(1)), value
                made.doubts.append("a range is stated")
            if match.groupdict().get("high"):
                made.put("value_high", int(match["high"]), line.span(*match.span("high")))
                made.doubts.append("a range is stated")
            made.fields["unit"] = unit
            places = [p for p in line.districts if p.firm]
            if metric in ("mines_on_handed_over_map", "mines_laid", "area_to_be_cleared"):
                following = re.search(r"[0-9][0-9,.]* (?:\S+ ){0,4}mines", line.low[match.end() :])
                until = match.end() + following.start() if following else len(line.low)
                beside = [p for p in places if match.end() <= p.start < until]
                names = {p.name: p for p in (beside or places)}
                if len(names) == 1:
                    place = next(iter(names.values()))
                    made.put("district", place.name, line.span(place.start, place.end))
                elif names:
                    made.fields["place"] = "; ".join(names)
            if published is not None:
                made.fields["as_of"], made.date_basis = published, "inferred"
            if made.rounded:
                made.doubts.append(f"printed as {made.rounded.replace('_', ' ')}")
            found.append(made)
            if metric in ("map_accuracy", "blasts_outside_mapped_areas"):
                break
    return found


def _value(match: re.Match, lexicon: Lexicon) -> int | float | None:
    groups = match.groupdict()
    text = next((groups[key] for key in ("n", "m", "k") if groups.get(key)), None)
    if text is None:
        return lexicon.numbers.get(groups.get("word") or "", {"twenty-five": 25}.get(groups.get("word") or ""))
    value = lexicon._value(text.strip(" ,."))
    scale = next((groups[key] for key in ("scale", "scale2", "scale3") if groups.get(key)), None)
    if value is not None and scale:
        value *= _SCALE[scale]
    area = groups.get("area")
    if value is not None and area:
        unit = "h" if area.startswith("h") else "km" if "k" in area else "m"
        value = round(value * _HECTARES[unit], 6)
    if value is not None and value == int(value):
        value = int(value)
    return value


def _sensible(metric: str, value: float) -> bool:
    limits = {"map_accuracy": (0, 100), "blasts_outside_mapped_areas": (0, 100), "clearance_years": (2, 200),
              "clearance_cost": (1e6, 1e12), "mines_on_handed_over_map": (100, 1e7), "mines_laid": (1000, 1e8),
              "area_to_be_cleared": (10, 1e8)}  # fmt: skip
    low, high = limits[metric]
    return low <= value <= high and not (metric.startswith("mines") and 1990 <= value <= 2035)


def _rounded(words: str, lexicon: Lexicon) -> str:
    for phrases in lexicon.rounding.values():
        for phrase, name, _ in phrases:
            if words.rstrip("$ ").endswith(" ".join(phrase)):
                return name
    return ""
