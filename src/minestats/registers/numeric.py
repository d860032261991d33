"""Numbers as people write them, read without guessing.

A separator is read only if the mapping names it: "2,006" is a year with a thousands separator in one
register and 2.006 in another. "~92" and "1,200+" are figures that the register itself calls rounded; "10-15" is two
figures and refused.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cache

import numpy as np
import pandas as pd

from minestats.errors import fold
from minestats.registers import vocabulary as v
from minestats.registers.cells import Cells

PLAIN = r"[+-]?[0-9]{1,15}(\.[0-9]{1,17})?"
LARGEST = 1e15  # beyond, whole numbers are not exact
SPACES = " \u00a0\u2009\u202f"
_N = rf"(?:\d{{1,3}}(?:[{SPACES}]\d{{3}})+(?!\d)|\d+(?:[.,'’]\d+)*)"
_TO = "|".join(v.called()["rounded"]["between"].split())
WHOLE = re.compile(rf"(?<!\d){_N}(?:\s*(?:[-–—/]|\b(?:{_TO})\b)\s*{_N})?")
"""A whole figure, or two that are one: 1,200 and 10-15 and "10 to 15"."""
DEGREES = re.compile(
    r"(\d{1,3})\s*[°º:]\s*(\d{1,2}(?:\.\d+)?)\s*['′’:]?\s*(?:(\d{1,2}(?:\.\d+)?)\s*(?:\"|″|''|”)?)?\s*([NSEW])",
    re.IGNORECASE,
)
UNREAD = ("no-number", "figure-with-unit", "figure-with-mark")
DIGITS = {ord(c): str(i % 10) for i, c in enumerate("٠١٢٣٤٥٦٧٨٩۰۱۲۳۴۵۶۷۸۹०१२३४५६७८९")}


def parse_numbers(
    cells: Cells,
    *,
    typed: bool = False,
    thousands: str = "",
    decimal: str = ".",
    nought: Sequence[str] = (),
    signed: bool = False,
    whole: bool = False,
) -> tuple[np.ndarray, np.ndarray]:
    """Return the number of each distinct cell (NaN where unknown), and what calls it rounded ("" where nothing does).

    What is no number becomes an error that names the first row.

    Parameters
    ----------
    nought : sequence of str
        Words that mean 0.
    signed, whole : bool
        Whether a number may be negative, and whether it must be whole.
    """
    texts = cells.texts
    known = cells.known & (cells.count > 0)
    values = np.full(len(texts), np.nan)
    rounded = np.full(len(texts), "", dtype=object)
    native = np.zeros(len(texts), dtype=bool)
    if typed:
        native = np.array([isinstance(word, int | float | np.number) for word in cells.column.words], dtype=bool)
    rest = known.copy()
    candidates = np.flatnonzero(known)
    if decimal == "." and thousands != "." and len(candidates):
        series = pd.Series(texts[candidates], dtype="str")
        fits = series.str.fullmatch(PLAIN).to_numpy(dtype=bool)
        values[candidates[fits]] = pd.to_numeric(series[fits]).to_numpy(dtype=float)
        rest[candidates[fits]] = False
    for code in np.flatnonzero(rest & native):
        values[code] = float(cells.column.words[code])
    rest &= ~native
    if nought:
        none = rest & np.isin([fold(text) for text in texts], [fold(word) for word in nought])
        values[none], rest = 0.0, rest & ~none
    split = []
    wrong: dict[str, list] = {}
    for code in np.flatnonzero(rest):
        value, note, kind = _one(texts[code], thousands, decimal)
        if kind in UNREAD and signed and (match := DEGREES.fullmatch(texts[code].strip())):
            value, kind = float(match[1]) + float(match[2]) / 60 + float(match[3] or 0) / 3600, ""
            value = -value if match[4].upper() in "SW" else value
        values[code] = value
        if kind:
            wrong.setdefault(kind, []).append(code)
        elif note == "separators":
            split.append(code)
        elif note:
            rounded[code] = note
    for kind, codes in wrong.items():
        _refuse(kind, codes, cells, whole)
    with np.errstate(invalid="ignore"):
        limits = {
            "negative": (values < 0) & known & (not signed),
            "too large": (np.abs(values) >= LARGEST) & known,
            "not whole": (np.floor(values) != values) & known & np.isfinite(values) & whole,
        }
    for kind, mask in limits.items():
        cells.say("number-out-of-range", mask, kind=kind)
    values[np.any(list(limits.values()), axis=0)] = np.nan
    cells.say("separators-out", split)
    cells.say("figure-rounded", np.flatnonzero(rounded != ""))
    return values, rounded


@cache
def _hedges(after: str = "") -> dict[str, str]:
    """What is said before a figure, or after it ("_after"), and what that calls it; the longest first."""
    told = {name: v.called()["rounded"][name + after].split() for name in v.WORDS["rounded"]}
    said = {fold(phrase.replace("_", " ")): name for name, phrases in told.items() for phrase in phrases}
    return dict(sorted(said.items(), key=lambda phrase: -len(phrase[0])))


def rounded_as(before: str, after: str) -> str:
    """Return what the words beside a figure call it: about, more_than, nearly; "" where they call it nothing.

    Examples
    --------
    >>> rounded_as("killed: more than ", ""), rounded_as("no more than ", ""), rounded_as("in May ", "+ killed")
    ('more_than', 'nearly', 'more_than')
    """
    before, after = fold(before[-40:]), fold(after[:40])
    for said, name in _hedges().items():
        if before.endswith(said) and not (said[0].isalpha() and before[: -len(said)][-1:].isalpha()):
            return name
    return next((name for said, name in _hedges("_after").items() if after.startswith(said)), "")


def _one(text: str, thousands: str, decimal: str) -> tuple[float, str, str]:
    """A number, what was done to read it, and what is wrong with it."""
    text = text.strip().translate(DIGITS)
    text, note = text.replace("\u2212", "-"), ""
    if figure := re.search(r"\d(.*\d)?", text):
        before, after = fold(text[: figure.start()]), fold(text[figure.end() :])
        if note := (not after and _hedges().get(before)) or (not before and _hedges("_after").get(after)) or "":
            text = figure.group()
    if re.fullmatch(r"-?[0-9]+(\.[0-9]+)?", text) and decimal == "." and thousands != ".":
        return float(text), note, ""
    if thousands:
        marks = SPACES if thousands in SPACES else thousands
        marks = f"[{re.escape(marks)}]"
        point = re.escape(decimal)
        if re.fullmatch(rf"-?\d{{1,3}}({marks}\d{{3}})+({point}\d+)?", text):
            return float(re.sub(marks, "", text).replace(decimal, ".")), note or "separators", ""
    if decimal != "." and re.fullmatch(r"-?\d+(,\d+)?", text):
        return float(text.replace(",", ".")), note, ""
    if re.fullmatch(r"\d+\s*[-–—/]\s*\d+", text):
        return np.nan, "", "two-figures"
    for mark in (",", ".", "space", "'", "’"):
        sign = f"[{SPACES}]" if mark == "space" else re.escape(mark)
        if mark != decimal and re.fullmatch(rf"-?\d{{1,3}}({sign}\d{{3}})+({re.escape(decimal)}\d+)?", text):
            return np.nan, "", f"thousands {mark}"
    if re.fullmatch(rf"-?(\d{{1,3}}([.'’{SPACES}]\d{{3}})+|\d+),\d+", text) and decimal != ",":
        return np.nan, "", "decimal ,"
    if re.fullmatch(r"-?\d+\.\d+", text):
        return np.nan, "", "decimal ."
    if re.fullmatch(r"[\d.,\s]+\W{0,2}[^\W\d_]{1,8}[2²]?", text):
        return np.nan, "", "figure-with-unit"
    if re.fullmatch(r"\(?[\d.,\s]+\)?\W{0,2}(\[\w{1,3}\]|\([^()]*\))*", text):
        return np.nan, "", "figure-with-mark"
    return np.nan, "", "no-number"


def _refuse(kind: str, codes: list, cells: Cells, whole: bool) -> None:
    first, _, mark = kind.partition(" ")
    if first == "thousands":
        mark = mark.replace("space", " ")
        other = " (or decimal = ',')" if mark == "," and not whole else ""
        cells.say("number-separator", codes, setting=f"thousands = '{mark}'{other}")
    elif first == "decimal":
        cells.say("number-separator", codes, setting=f"decimal = '{mark}'")
    else:
        cells.say(kind, codes)


def parse_codes(cells: Cells, *, thousands: str = "", digits: int = 0) -> np.ndarray:
    """Return official codes as text, with the zeros that a spreadsheet took away if their length is stated."""
    texts = np.array([text.strip().translate(DIGITS) for text in cells.texts], dtype=object)
    known = cells.known & (cells.count > 0)
    floats = [code for code in np.flatnonzero(known) if re.fullmatch(r"[0-9]+\.0+", texts[code])]
    if floats:
        texts[floats] = [text.split(".")[0] for text in texts[floats]]
        cells.say("code-decimal", floats)
    split = [code for code in np.flatnonzero(known) if re.fullmatch(r"\d{1,3}([,.\u00a0 ]\d{3})+", texts[code])]
    if split:
        mark = re.sub(r"\d", "", cells.first(split)[1])[0]
        if not thousands or (thousands != mark and not (thousands in SPACES and mark in SPACES)):
            cells.say("number-separator", split, setting=f"thousands = '{mark}'")
            return texts
        texts[split] = [re.sub(r"\D", "", text) for text in texts[split]]
        cells.say("separators-out", split)
    numeric = np.array([text.isdecimal() for text in texts], dtype=bool) & known
    lengths = np.array([len(text) for text in texts])
    if digits:
        cells.say("code-long", known & (lengths > digits), digits=digits)
        short = np.flatnonzero(numeric & (lengths < digits))
        if len(short):
            texts[short] = [text.zfill(digits) for text in texts[short]]
            cells.say("code-zeros", short)
    elif numeric.any() and (numeric == known).all() and len(set(lengths[known])) == 2:
        low, high = sorted(set(lengths[known]))
        if high - low == 1 and not any(text.startswith("0") for text in texts[known]):
            cells.say("code-short", known & (lengths == low), digits=high)
    return texts
