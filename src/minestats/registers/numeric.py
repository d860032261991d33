"""Numbers as people write them, read without guessing.

A separator is read only if the mapping names it: "2,006" is a year with a thousands separator in one
register and 2.006 in another. "~92" and "1,200+" are figures that the register itself calls rounded; "10-15" is two
figures and refused.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

import numpy as np
import pandas as pd

from minestats.registers.coded import Coded
from minestats.registers.findings import Findings, rows_of

PLAIN = r"[+-]?[0-9]{1,15}(\.[0-9]{1,17})?"
LARGEST = 1e15  # beyond, whole numbers are not exact
SPACES = " \u00a0\u2009\u202f"
ABOUT = ("~", "≈", "∼", "±", "c.", "ca.")
DIGITS = {ord(c): str(i % 10) for i, c in enumerate("٠١٢٣٤٥٦٧٨٩۰۱۲۳۴۵۶۷۸۹०१२३४५६७८९")}


@dataclass
class Numbers:
    """A number for each distinct cell (NaN where unknown), and whether the cell calls it rounded."""

    values: np.ndarray
    rounded: np.ndarray

    @property
    def any_rounded(self) -> bool:
        """Whether a cell is rounded."""
        return bool((self.rounded != "").any())


def parse_numbers(
    column: Coded,
    known: np.ndarray,
    header: str,
    rows: np.ndarray,
    findings: Findings,
    *,
    typed: bool = False,
    thousands: str = "",
    decimal: str = ".",
    signed: bool = False,
    whole: bool = False,
) -> Numbers:
    """Return the numbers of a column; what is no number becomes an error that names the first row.

    Parameters
    ----------
    known : array of bool
        Which distinct cells say something.
    signed, whole : bool
        Whether a number may be negative, and whether it must be whole.
    """
    texts = column.texts
    known = known & (column.count > 0)
    values = np.full(len(texts), np.nan)
    rounded = np.full(len(texts), "", dtype=object)
    native = np.zeros(len(texts), dtype=bool)
    if typed:
        native = np.array([isinstance(word, int | float | np.number) for word in column.words], dtype=bool)
    rest = known.copy()
    if decimal == "." and thousands != ".":
        plain = np.zeros(len(texts), dtype=bool)
        candidates = np.flatnonzero(known)
        if len(candidates):
            series = pd.Series(texts[candidates], dtype="str")
            fits = series.str.fullmatch(PLAIN).to_numpy(dtype=bool)
            plain[candidates[fits]] = True
            values[plain] = pd.to_numeric(series[fits]).to_numpy(dtype=float)
            rest &= ~plain
    for code in np.flatnonzero(rest & native):
        values[code] = float(column.words[code])
    rest &= ~native
    split = np.zeros(len(texts), dtype=bool)
    wrong: dict[str, list[int]] = {}
    for code in np.flatnonzero(rest):
        value, note, kind = _one(texts[code], thousands, decimal)
        values[code] = value
        if kind:
            wrong.setdefault(kind, []).append(code)
        elif note in ("about", "more_than"):
            rounded[code] = note
        split[code] = note == "separators"
    with np.errstate(invalid="ignore"):
        bad = ~np.isfinite(values) & known & native
        for kind, mask in (
            ("no number", bad),
            ("negative", (values < 0) & known if not signed else bad),
            ("too large", (np.abs(values) >= LARGEST) & known),
            ("not whole", (np.floor(values) != values) & known & np.isfinite(values) if whole else bad),
        ):
            if mask.any():
                wrong.setdefault(kind, []).extend(np.flatnonzero(mask))
    for kind, codes in wrong.items():
        _refuse(kind, np.array(codes), column, header, rows, findings, whole)
        values[codes] = np.nan
    if split.any():
        count = int(column.count[split].sum())
        findings.repair(
            "separators", f"column '{header}': separators taken out of {shown_values(count)}", column=header, rows=count
        )
    if (rounded != "").any():
        codes = np.flatnonzero(rounded != "")
        count = int(column.count[codes].sum())
        said = f"column '{header}': {shown_values(count)} like '{texts[codes[0]]}' kept as rounded"
        findings.repair("rounded", said, column=header, value=texts[codes[0]], rows=count)
    return Numbers(values, rounded)


def shown_values(count: int) -> str:
    """Return "1 value" or "12 values"."""
    return f"{count:,} value" + ("" if count == 1 else "s")


def _one(text: str, thousands: str, decimal: str) -> tuple[float, str, str]:
    """A number, what was done to read it, and what is wrong with it."""
    text = text.strip().translate(DIGITS)
    note = ""
    for sign in ABOUT:
        if text.casefold().startswith(sign):
            text, note = text[len(sign) :].strip(), "about"
    if text.endswith("+"):
        text, note = text[:-1].strip(), "more_than"
    text = text.replace("\u2212", "-")
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
        return np.nan, "", "range"
    for mark in (",", ".", "space", "'", "’"):
        sign = f"[{SPACES}]" if mark == "space" else re.escape(mark)
        if re.fullmatch(rf"-?\d{{1,3}}({sign}\d{{3}})+", text):
            return np.nan, "", f"thousands {mark}"
    if re.fullmatch(r"-?\d+,\d+", text):
        return np.nan, "", "decimal ,"
    if re.fullmatch(r"-?\d+\.\d+", text):
        return np.nan, "", "decimal ."
    return np.nan, "", "no number"


def _refuse(kind, codes, column, header, rows, findings, whole) -> None:
    codes = codes[column.count[codes] > 0]
    if not len(codes):
        return
    count = int(column.count[codes].sum())
    at, word = first_of(column, codes, rows)
    like = f"column '{header}': {shown_values(count)} like '{word}'"
    if kind.startswith("thousands"):
        mark = kind.split()[1].replace("space", " ")
        other = " (or decimal = ',')" if mark == "," and not whole else ""
        findings.error(
            "separators", like, f"set thousands = '{mark}'{other}", row=at, column=header, value=word, rows=count
        )
    elif kind == "decimal ,":
        findings.error("separators", like, "set decimal = ','", row=at, column=header, value=word, rows=count)
    elif kind == "decimal .":
        findings.error("separators", like, "set decimal = '.'", row=at, column=header, value=word, rows=count)
    elif kind == "range":
        said = f"column '{header}', row {at}: '{word}' is two figures ({rows_of(count)})"
        findings.error(
            "range",
            said,
            "give one figure, or list it in [source] unknown",
            row=at,
            column=header,
            value=word,
            rows=count,
        )
    else:
        what = {
            "negative": "is negative",
            "too large": "is too large",
            "not whole": "is not whole",
            "no number": "is no number",
        }[kind]
        said = f"column '{header}', row {at}: '{word}' {what} ({rows_of(count)})"
        remedy = "correct it, or list the word in [source] unknown" if kind == "no number" else "correct it"
        findings.error("number", said, remedy, row=at, column=header, value=word, rows=count)


def first_of(column: Coded, codes: np.ndarray, rows: np.ndarray) -> tuple[int, str]:
    """Return the spreadsheet row of the first cell that is one of some distinct cells, and the cell."""
    mask = np.zeros(len(column.texts), dtype=bool)
    mask[codes] = True
    place = int(np.argmax(mask[column.codes]))
    return int(rows[place]), str(column.texts[column.codes[place]])


def parse_codes(
    column: Coded,
    known: np.ndarray,
    header: str,
    rows: np.ndarray,
    findings: Findings,
    *,
    thousands: str = "",
    digits: int = 0,
) -> np.ndarray:
    """Return official codes as text, with the zeros that a spreadsheet took away if their length is stated."""
    texts = np.array([text.strip().translate(DIGITS) for text in column.texts], dtype=object)
    known = known & (column.count > 0)
    floats = [code for code in np.flatnonzero(known) if re.fullmatch(r"[0-9]+\.0+", texts[code])]
    if floats:
        count = int(column.count[floats].sum())
        texts[floats] = [text.split(".")[0] for text in texts[floats]]
        said = f"column '{header}': a decimal part taken out of {shown_values(count)}"
        findings.repair("digits", said, column=header, rows=count)
    split = np.zeros(len(texts), dtype=bool)
    for code in np.flatnonzero(known):
        if re.fullmatch(r"\d{1,3}([,.\u00a0 ]\d{3})+", texts[code]):
            split[code] = True
    if split.any():
        count = int(column.count[split].sum())
        at, word = first_of(column, np.flatnonzero(split), rows)
        mark = re.search(r"\D", word).group()
        if thousands and (thousands == mark or (thousands in SPACES and mark in SPACES)):
            texts[split] = [re.sub(r"\D", "", text) for text in texts[split]]
            findings.repair(
                "separators",
                f"column '{header}': separators taken out of {shown_values(count)}",
                column=header,
                rows=count,
            )
        else:
            findings.error(
                "separators",
                f"column '{header}': {shown_values(count)} like '{word}'",
                f"set thousands = '{mark}'",
                row=at,
                column=header,
                value=word,
                rows=count,
            )
            return texts
    numeric = np.array([text.isdecimal() for text in texts], dtype=bool) & known
    lengths = np.array([len(text) for text in texts])
    if digits:
        long = known & (lengths > digits)
        if long.any():
            at, word = first_of(column, np.flatnonzero(long), rows)
            findings.error(
                "digits",
                f"column '{header}', row {at}: '{word}' has more than {digits} digits",
                "correct digits",
                row=at,
                column=header,
                value=word,
                rows=int(column.count[long].sum()),
            )
        short = numeric & (lengths < digits)
        if short.any():
            count = int(column.count[short].sum())
            texts[short] = [text.zfill(digits) for text in texts[short]]
            findings.repair(
                "digits",
                f"column '{header}': leading zeros put back in {shown_values(count)}",
                column=header,
                rows=count,
            )
    elif numeric.any() and (numeric == known).all() and len(set(lengths[known])) == 2:
        low, high = sorted(set(lengths[known]))
        zeros = any(text.startswith("0") for text in texts[known])
        if high - low == 1 and not zeros:
            codes = np.flatnonzero(known & (lengths == low))
            at, word = first_of(column, codes, rows)
            count = int(column.count[codes].sum())
            findings.error(
                "digits",
                f"column '{header}': {shown_values(count)} like '{word}' beside longer codes; zeros may be lost",
                f"set digits = {high}",
                row=at,
                column=header,
                value=word,
                rows=count,
            )
    return texts
