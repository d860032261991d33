"""Numbers, dates and nouns in words, so that figures, tables and sentences say them in one way.

A missing figure reads "unknown", never 0; a figure with an interval carries it; a change names both sides.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterable
from math import isfinite, isnan
from typing import Any

import pandas as pd

from minestats.errors import fold
from minestats.estimate import Estimate

UNKNOWN = "unknown"


def number(value: Any, decimals: int | None = None) -> str:
    """Return a number with separated thousands; "unknown" where it is missing.

    Without `decimals` whole numbers show none and others at most two. What is above 0 does not read as 0.

    Examples
    --------
    >>> number(54841), number(41915.77), number(None), number(3, 1), number(0.003, 1)
    ('54,841', '41,915.77', 'unknown', '3.0', 'under 0.1')
    """
    if value is None or pd.isna(value):
        return UNKNOWN
    value = float(value) or 0.0
    if value in (float("inf"), float("-inf")):
        return "no limit"
    digits = 2 if decimals is None else decimals
    text = f"{value:,.{digits}f}"
    if value and float(text.replace(",", "")) == 0:
        return f"under {10**-digits:.{digits}f}" if value > 0 else text.removeprefix("-")
    return text.rstrip("0").rstrip(".") if decimals is None else text


def rounded(value: float, unit: str = "") -> str:
    """Return a number to about three significant digits, with its unit: for axes, labels and captions.

    Examples
    --------
    >>> rounded(8803.4, "ha"), rounded(3.42857), rounded(0.0712), rounded(12.0), rounded(float("inf"))
    ('8,803 ha', '3.43', '0.0712', '12', 'no limit')
    """
    if not isfinite(value):
        return "not known" if isnan(value) else number(value)
    text = f"{value:,.0f}" if abs(value) >= 100 or float(value).is_integer() else f"{value:.3g}"
    return f"{text} {unit}" if unit else text


def iso_day(text: str) -> dt.date | None:
    """Return the day that a text names as YYYY-MM-DD; None where it names none that the calendar has.

    Examples
    --------
    >>> iso_day("2022-12-14"), iso_day("2022-02-30"), iso_day("20221214")
    (datetime.date(2022, 12, 14), None, None)
    """
    if not re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", text):
        return None
    try:
        return dt.date.fromisoformat(text)
    except ValueError:
        return None


def slug(text: str) -> str:
    """Return a text as lower-case ASCII words joined by hyphens, for ids and names of files.

    Examples
    --------
    >>> slug("Ağdam, Xocalı"), slug("  ")
    ('agdam-xocali', '')
    """
    return re.sub(r"[^a-z0-9]+", "-", fold(text)).strip("-")


def day(value: Any) -> str:
    """Return a date as people write it; "unknown" where it is missing.

    Examples
    --------
    >>> day("2022-12-14"), day(None)
    ('14 December 2022', 'unknown')
    """
    if value is None or pd.isna(value):
        return UNKNOWN
    stamp = pd.Timestamp(value)
    return f"{stamp.day} {stamp:%B %Y}"


def month(value: Any) -> str:
    """Return the month of a date in words; "unknown" where it is missing.

    Examples
    --------
    >>> month("2022-12-14"), month(None)
    ('December 2022', 'unknown')
    """
    return UNKNOWN if value is None or pd.isna(value) else f"{pd.Timestamp(value):%B %Y}"


def period(start: Any, end: Any) -> str:
    """Return a period, both days inside.

    Examples
    --------
    >>> period("2022-01-01", "2022-12-31"), period("2022-12-14", "2023-06-16")
    ('2022', '14 December 2022 to 16 June 2023')
    """
    first, last = pd.Timestamp(start), pd.Timestamp(end)
    if (first.month, first.day, last.month, last.day) == (1, 1, 12, 31):
        return str(first.year) if first.year == last.year else f"{first.year} to {last.year}"
    return f"{day(first)} to {day(last)}"


def many(count: Any, one: str, more: str | None = None) -> str:
    """Return a count with its noun in the right number.

    Examples
    --------
    >>> many(1, "incident"), many(3, "incident"), many(2, "casualty", "casualties"), many(0, "mine")
    ('1 incident', '3 incidents', '2 casualties', 'no mines')
    """
    if count is None or pd.isna(count):
        return f"an {UNKNOWN} number of {more or one + 's'}"
    noun = one if count == 1 else (more or one + "s")
    return f"{'no' if count == 0 else number(count)} {noun}"


def interval(estimate: Estimate, *, percent: bool = False) -> str:
    """Return an estimate with its interval, as a share in percent where asked.

    Examples
    --------
    >>> interval(Estimate(59.3, 42.0, 81.4)), interval(Estimate(0.4704, 0.415, 0.5265), percent=True)
    ('59.3 (42.0 to 81.4)', '47 % (42 to 53)')
    """
    if not percent:
        return str(estimate)
    return f"{100 * estimate.value:.0f} % ({100 * estimate.low:.0f} to {100 * estimate.high:.0f})"


def p_value(p: float | None) -> str:
    """Return a p value as readers know it.

    Examples
    --------
    >>> p_value(0.0005), p_value(0.034), p_value(0.5), p_value(None)
    ('p < 0.001', 'p = 0.034', 'p = 0.50', 'no test')
    """
    if p is None or pd.isna(p):
        return "no test"
    return "p < 0.001" if p < 0.001 else f"p = {p:.3f}" if p < 0.1 else f"p = {p:.2f}"


def change(new: Any, old: Any, *, decimals: int = 0) -> str:
    """Return how much more or less a figure is than an earlier one.

    Examples
    --------
    >>> change(69205.7, 62023.9), change(5, 10), change(5, 0), change(7, 7), change(None, 3)
    ('12 % more', '50 % less', 'up from 0', 'the same', 'not comparable')
    """
    if any(x is None or pd.isna(x) for x in (new, old)):
        return "not comparable"
    new, old = float(new), float(old)
    if new == old:
        return "the same"
    if old == 0:
        return "up from 0"
    size = abs(new / old - 1)
    if size >= 2:
        return f"{new / old:.1f} times as many"
    text = f"{100 * size:.{decimals}f} %"
    return (
        f"about the same ({text} {'more' if new > old else 'less'})"
        if size < 0.005
        else (f"{text} {'more' if new > old else 'less'}")
    )


def listing(words: Iterable[object], last: str = "and") -> str:
    """Return words joined as in a sentence.

    Examples
    --------
    >>> listing(["a"]), listing(["a", "b", "c"]), listing([])
    ('a', 'a, b and c', 'none')
    """
    said = [str(word) for word in words]
    if len(said) < 2:
        return said[0] if said else "none"
    return f"{', '.join(said[:-1])} {last} {said[-1]}"


def sentence(text: str) -> str:
    """Return the text with a capital first letter, the rest as it is.

    Examples
    --------
    >>> sentence("all operators, ANAMA among them")
    'All operators, ANAMA among them'
    """
    return text[:1].upper() + text[1:]
