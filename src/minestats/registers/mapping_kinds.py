"""What a value of a mapping must be: one check for each kind of value, one sentence for each way to miss it."""

from __future__ import annotations

import datetime as dt
import math
import re
import tomllib
import zoneinfo
from collections.abc import Callable, Iterable
from collections.abc import Mapping as AnyMapping
from pathlib import Path
from typing import Any

import pandas as pd

from minestats.errors import coded, did_you_mean, listed
from minestats.say import iso_day


class Faults:
    """Everything that is wrong with a mapping; `table` is the table that it fills, `source` how its file is written."""

    def __init__(self) -> None:
        self.said: list[str] = []
        self.table = ""
        self.source: dict = {}

    def add(self, text: str, code: str = "mapping-value") -> Any:
        """Note a fault; return None, for the value that could not be read."""
        self.said.append(coded(text, code))

    def choice(self, where: str, word: object, allowed: Iterable[str]) -> bool:
        """Note a word that is not allowed, with the nearest that is."""
        allowed = tuple(allowed)
        if isinstance(word, str) and word in allowed:
            return True
        hint = did_you_mean(str(word), allowed, otherwise=f"allowed: {listed(allowed, 60)}")
        self.add(f"{where} '{word}' is not known; {hint}", "mapping-word")
        return False

    def read(self, where: str, given: object, kinds: dict[str, Kind], needed: Iterable[str] = ()) -> dict:
        """Return the values of a table, each read by its kind, without those that are wrong."""
        if not isinstance(given, AnyMapping):
            self.add(f"{where} must be a table, not {given!r}")
            return {}
        for key in needed:
            if key not in given:
                self.add(f"{where} {key} is missing", "mapping-missing")
        told = {key: value for key, value in given.items() if self.choice(f"{where}: key", key, kinds)}
        read = {key: kinds[key](self, f"{where} {key}", value) for key, value in told.items()}
        return {key: value for key, value in read.items() if value is not None}


Kind = Callable[[Faults, str, Any], Any]  # the value as read; None, and a fault, where it is none


def kind(said: str, fine: Callable[[Any], bool]) -> Kind:
    """Return the kind of values that are `fine`; `said` tells what they must be, {value} what is there."""

    def check(faults: Faults, where: str, value: Any) -> Any:
        if fine(value):
            return value
        return faults.add(f"{where} {said.format(value=value)}")

    return check


def one_of(*allowed: str) -> Kind:
    return lambda faults, where, value: value if faults.choice(f"{where}: word", value, allowed) else None


def is_number(value: object, least: float = 0, most: float = math.inf) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and least <= value <= most


def is_whole(value: object, least: int = 0, most: float = math.inf) -> bool:
    return isinstance(value, int) and is_number(value, least, most)


def _name(value: object) -> bool:
    return isinstance(value, str) and re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,63}", value) is not None


def _codec(encoding: str) -> bool:
    try:
        return isinstance("".encode(encoding), bytes)
    except (LookupError, TypeError):
        return False


def _zone(name: str) -> bool:
    try:
        return bool(zoneinfo.ZoneInfo(name))
    except (KeyError, ValueError, TypeError, OSError):
        return False


def words(faults: Faults, where: str, value: Any) -> list[str] | None:
    value = [value] if isinstance(value, str) else value
    if not isinstance(value, list) or not all(isinstance(item, str | int) for item in value):
        return faults.add(f"{where} must be a list of words, not {value!r}")
    return [str(item) for item in value]


def day(faults: Faults, where: str, value: Any) -> dt.date | None:
    if isinstance(value, dt.date):
        return value.date() if isinstance(value, dt.datetime) else value
    found = iso_day(value) if isinstance(value, str) else None
    return found or faults.add(f"{where} must be a date (YYYY-MM-DD), not {value!r}")


def _edge(*, last: bool = False, whole: bool = True) -> Kind:
    """Return the kind of a year, month or day: its first or last day, or without `whole` the text of it."""

    def check(faults: Faults, where: str, value: Any) -> Any:
        text = value.isoformat() if isinstance(value, dt.date) else str(value)
        try:
            period = pd.Period(text, {4: "Y", 7: "M", 10: "D"}[len(text)])
        except (KeyError, ValueError):
            return faults.add(f"{where} must be a year, a month ('2017-06') or a day, not {value!r}")
        return (period.end_time if last else period.start_time).date() if whole else text

    return check


def each(one: Kind) -> Kind:
    """Return the kind of a table whose keys are free and whose values are of one kind."""
    return lambda faults, where, value: (
        {str(key): one(faults, f"{where} {key}", item) for key, item in value.items()}
        if isinstance(value, AnyMapping)
        else faults.add(f"{where} must be a table, not {value!r}")
    )


# for each kind what is said of a value that is none, and which values are
_SIMPLE: dict[str, tuple[str, Callable[[Any], bool]]] = {
    "any": ("", lambda value: True),
    "text": ("must be text, not {value!r}", lambda value: isinstance(value, str)),
    "filled": ("is missing; it is text", lambda value: isinstance(value, str) and value.strip() not in ("", "?")),
    "name": ("{value!r} may hold letters, digits, '-', '_' and '.' only", _name),
    "flag": ("must be true or false, not {value!r}", lambda value: isinstance(value, bool)),
    "sign": ("must be one character, not {value!r}", lambda value: isinstance(value, str) and len(value) == 1),
    "number": ("must be a number, 0 or more, not {value!r}", is_number),
    "count": ("must be a whole number, 0 or more, not {value!r}", is_whole),
    "row": ("must be a row number, 1 or more, not {value!r}", lambda value: is_whole(value, 1)),
    "rows": ("must be 1, 2 or 3, not {value!r}", lambda value: is_whole(value, 1, 3)),
    "year": ("must be a year, not {value!r}", lambda value: is_whole(value, 1900, 2100)),
    "digits": ("must be 1 to 20, not {value!r}", lambda value: is_whole(value, 1, 20)),
    "codec": ("{value!r} is not known; such as 'utf-8', 'cp1252', 'utf-16'", _codec),
    "zone": ("{value!r} is not known; such as 'America/Bogota'", _zone),
    "crs": ("must be such as 'EPSG:32638', not {value!r}", lambda value: isinstance(value, str | int)),
    "within": ("must be a column or false, not {value!r}", lambda value: isinstance(value, str) or value is False),
}
NAMED: dict[str, Kind] = {name: kind(said, fine) for name, (said, fine) in _SIMPLE.items()}
NAMED |= {"words": words, "day": day, "span": _edge(whole=False), "first day": _edge(), "last day": _edge(last=True)}
KEYS: dict[str, dict] = tomllib.loads((Path(__file__).parent / "keys.toml").read_text(encoding="utf-8"))


def kinds_of(part: dict[str, Any], special: dict[str, Kind]) -> dict[str, Kind]:
    """Return the kind of each key of a part of `KEYS`; some kinds only that part knows."""

    def of(told: Any) -> Kind:
        if isinstance(told, dict):
            kinds = kinds_of(told, special)
            return lambda faults, where, value: faults.read(where, value, kinds, needed(told))
        return one_of(*told) if isinstance(told, list) else (NAMED | special)[told.rstrip("!")]

    return {key: of(told) for key, told in part.items()}


def needed(part: dict[str, Any]) -> list[str]:
    """Return the keys that a part must have."""
    return [key for key, told in part.items() if isinstance(told, str) and told.endswith("!")]
