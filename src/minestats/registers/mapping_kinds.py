"""What a value of a mapping must be: one check for each kind of value, one sentence for each way to miss it."""

from __future__ import annotations

import datetime as dt
import math
import re
import zoneinfo
from collections.abc import Callable, Iterable
from collections.abc import Mapping as AnyMapping
from typing import Any

import pandas as pd

from minestats.errors import did_you_mean, listed
from minestats.say import iso_day


class Faults:
    """Everything that is wrong with a mapping; `table` is the table that it fills, `source` how its file is written."""

    def __init__(self) -> None:
        self.said: list[str] = []
        self.table = ""
        self.source: dict = {}

    def add(self, text: str) -> Any:
        """Note a fault; return None, for the value that could not be read."""
        self.said.append(text)

    def choice(self, where: str, word: object, allowed: Iterable[str]) -> bool:
        """Note a word that is not allowed, with the nearest that is."""
        allowed = tuple(allowed)
        if isinstance(word, str) and word in allowed:
            return True
        hint = did_you_mean(str(word), allowed, otherwise=f"allowed: {listed(allowed, 60)}")
        self.add(f"{where} '{word}' is not known; {hint}")
        return False

    def read(self, where: str, given: object, kinds: dict[str, Kind], needed: Iterable[str] = ()) -> dict:
        """Return the values of a table, each read by its kind, without those that are wrong."""
        if not isinstance(given, AnyMapping):
            self.add(f"{where} must be a table, not {given!r}")
            return {}
        for key in needed:
            if key not in given:
                self.add(f"{where} {key} is missing")
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


ANY = kind("", lambda value: True)
TEXT = kind("must be text, not {value!r}", lambda value: isinstance(value, str))
FILLED = kind("is missing; it is text", lambda value: isinstance(value, str) and value.strip() not in ("", "?"))
NAME = kind(
    "{value!r} may hold letters, digits, '-', '_' and '.' only",
    lambda value: isinstance(value, str) and re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,63}", value) is not None,
)
FLAG = kind("must be true or false, not {value!r}", lambda value: isinstance(value, bool))
SIGN = kind("must be one character, not {value!r}", lambda value: isinstance(value, str) and len(value) == 1)
NUMBER = kind("must be a number, 0 or more, not {value!r}", is_number)
COUNT = kind("must be a whole number, 0 or more, not {value!r}", is_whole)
PLACE = kind("must be a row number, 1 or more, not {value!r}", lambda value: is_whole(value, 1))
YEAR = kind("must be a year, not {value!r}", lambda value: is_whole(value, 1900, 2100))
CODEC = kind("{value!r} is not known; such as 'utf-8', 'cp1252', 'utf-16'", _codec)
ZONE = kind("{value!r} is not known; such as 'America/Bogota'", _zone)


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


def edge(*, last: bool, whole: bool = True) -> Kind:
    """Return the kind of a year, month or day: its first or last day, or without `whole` the text of it."""

    def check(faults: Faults, where: str, value: Any) -> Any:
        text = value.isoformat() if isinstance(value, dt.date) else str(value)
        try:
            period = pd.Period(text, {4: "Y", 7: "M", 10: "D"}[len(text)])
        except (KeyError, ValueError):
            return faults.add(f"{where} must be a year, a month ('2017-06') or a day, not {value!r}")
        return (period.end_time if last else period.start_time).date() if whole else text

    return check


def table_of(kinds: dict[str, Kind], *needed: str) -> Kind:
    """Return the kind of a table with some keys."""
    return lambda faults, where, value: faults.read(where, value, kinds, needed)


def each(one: Kind) -> Kind:
    """Return the kind of a table whose keys are free and whose values are of one kind."""
    return lambda faults, where, value: (
        {str(key): one(faults, f"{where} {key}", item) for key, item in value.items()}
        if isinstance(value, AnyMapping)
        else faults.add(f"{where} must be a table, not {value!r}")
    )
