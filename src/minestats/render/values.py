"""One value of a parameter: from a text of the command line, or from a caller's Python, to what is injected.

A text is read by the type that the notebook declares, never guessed: `007` for a text stays `007`, `2.0` is no
whole number, `0,95` is no number at all. What comes from Python is brought to plain JSON values. Each function
raises `Wrong` with the half sentence that follows the value in the message.
"""

from __future__ import annotations

import datetime as dt
import json
import math
import os
import re

_INT = re.compile(r"[+-]?[0-9]+")
_FLOAT = re.compile(r"[+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]+)?")
_TRUTH = {"true": True, "yes": True, "1": True, "false": False, "no": False, "0": False}
KINDS = ("str", "int", "float", "bool", "date")


class Wrong(Exception):
    """Why a value cannot be one of the kind asked for."""


class Text(str):
    """A text as typed on the command line, still to be read by the type of its parameter."""

    __slots__ = ()


def from_text(text: str, kind: str) -> object:
    """Read one text as a value of the kind.

    Examples
    --------
    >>> from_text("007", "str"), from_text("007", "int"), from_text("no", "bool")
    ('007', 7, False)
    >>> from_text("2.0", "int")
    Traceback (most recent call last):
    minestats.render.values.Wrong: is not a whole number (digits and a sign)
    """
    if kind == "str":
        return _clean(str(text))
    if kind == "int":
        if not _INT.fullmatch(text):
            raise Wrong("is not a whole number (digits and a sign)")
        if len(text) > 400:
            raise Wrong("is too long for a number")
        return int(text)
    if kind == "float":
        if not _FLOAT.fullmatch(text) or not math.isfinite(float(text)):
            raise Wrong("is not a finite number (with a decimal point)")
        return float(text)
    if kind == "bool":
        if text.lower() not in _TRUTH:
            raise Wrong("is not one of true, false, yes, no, 1, 0")
        return _TRUTH[text.lower()]
    return _day(str(text))


def items_from_text(text: str) -> list[object]:
    """Split a list typed on the command line: JSON in square brackets, else by commas.

    The items of a JSON list that are no texts stay what they are; the others are still to be read.

    Examples
    --------
    >>> items_from_text("a, b"), items_from_text('["a, b", 2]'), items_from_text("")
    (['a', 'b'], ['a, b', 2], [])
    """
    if text.lstrip().startswith("["):
        try:
            items = json.loads(text, parse_constant=_no_constant)
        except ValueError as error:
            raise Wrong(f"is not a JSON list ({error})") from error
        return items
    return [Text(part.strip()) for part in text.split(",")] if text.strip() else []


def from_python(value: object, kind: str) -> object:
    """Bring a Python value (date, Timestamp, numpy scalar, path) to a JSON value of the kind.

    Examples
    --------
    >>> import datetime
    >>> from_python(datetime.date(2022, 12, 14), "date")
    '2022-12-14'
    >>> from_python(True, "int")
    Traceback (most recent call last):
    minestats.render.values.Wrong: is not a whole number (int)
    """
    value = plain(value)
    if kind in ("str", "date") and isinstance(value, str):
        return _clean(value) if kind == "str" else _day(value)
    if kind == "bool" and isinstance(value, bool):
        return value
    if kind == "int" and isinstance(value, int) and not isinstance(value, bool):
        return value
    if kind == "float" and isinstance(value, int | float) and not isinstance(value, bool):
        if not math.isfinite(value):
            raise Wrong("is not a finite number")
        return float(value)
    wanted = {
        "str": "a text (str)",
        "date": "a date (YYYY-MM-DD)",
        "bool": "true or false (bool)",
        "int": "a whole number (int)",
        "float": "a number (float)",
    }[kind]
    raise Wrong(f"is not {wanted}")


def plain(value: object) -> object:
    """Bring one value to None, bool, int, float, str or a list of these; NaN, sets and mappings are refused.

    Examples
    --------
    >>> plain((1, 2))
    [1, 2]
    >>> plain({1})
    Traceback (most recent call last):
    minestats.render.values.Wrong: is a set; give a list
    """
    if value is None or type(value) in (bool, int):
        return value
    if isinstance(value, str):
        return str(value)
    module, name = type(value).__module__, type(value).__name__
    if name in ("NaTType", "NAType"):
        raise Wrong("is missing; leave the parameter out, or give None")
    if module.startswith("numpy"):
        if name == "datetime64":
            return _moment(dt.datetime.fromisoformat(_iso64(str(value))))
        if name == "ndarray":
            return [plain(item) for item in value]  # type: ignore[attr-defined]
        if hasattr(value, "item"):
            return plain(value.item())
    if isinstance(value, float):
        if not math.isfinite(value):
            raise Wrong("is not a finite number")
        return float(value)
    if isinstance(value, dt.datetime):
        return _moment(value)
    if isinstance(value, dt.date):
        return value.isoformat()
    if isinstance(value, int):
        return int(value)
    if isinstance(value, os.PathLike):
        return os.fspath(value)
    if isinstance(value, list | tuple | range):
        return [plain(item) for item in value]
    if isinstance(value, set | frozenset):
        raise Wrong("is a set; give a list")
    raise Wrong(f"is a {name}; give a text, number, date, true/false, or a list of these")


def _iso64(text: str) -> str:
    if text == "NaT":
        raise Wrong("is missing; leave the parameter out, or give None")
    if len(text) < 10:
        raise Wrong("is not one day")
    whole, _, rest = text.partition(".")
    return whole + ("." + rest[:6].ljust(6, "0") if rest else "")


def _moment(value: dt.datetime) -> str:
    if value.tzinfo is not None:
        raise Wrong("has a time zone; give the calendar day")
    if value.time() != dt.time():
        raise Wrong("has a time of day; give the calendar day")
    return value.date().isoformat()


def _day(text: str) -> str:
    if not re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", text):
        raise Wrong("is not a date (YYYY-MM-DD)")
    try:
        dt.date.fromisoformat(text)
    except ValueError:
        raise Wrong("is not a day of the calendar (YYYY-MM-DD)") from None
    return text


def _clean(text: str) -> str:
    if "\0" in text:
        raise Wrong("holds a NUL character")
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        raise Wrong("is not valid Unicode text") from None
    return text


def _no_constant(name: str) -> None:
    raise ValueError(f"{name} is not allowed")
