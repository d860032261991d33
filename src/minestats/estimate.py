"""One result type for every number that comes with an interval or a test.

A figure without its uncertainty invites a wrong decision, so no function returns a bare float: each returns
an `Estimate`, which prints as people read it ("3.43 (1.77 to 5.99)") and keeps how it was made. Estimates are not
ordered: whether one rate is higher than another is a question for `rate_ratio`, not for `<`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict, astuple, dataclass, fields
from html import escape
from math import floor, isfinite, isnan, log10
from typing import TYPE_CHECKING

from minestats.errors import ParameterError

if TYPE_CHECKING:
    import pandas as pd

LEVEL = 0.95
NAN = float("nan")


@dataclass(frozen=True, slots=True, eq=False)
class Estimate:
    """A value with its interval, and how both were made.

    Two estimates are equal when all their fields are, a missing limit (NaN) being equal to another.

    Parameters
    ----------
    value : float
        The estimate, in `unit`.
    low, high : float
        Limits of the interval, in `unit`; NaN where no interval belongs (a test).
    level : float
        Confidence level of the interval, between 0 and 1.
    n : int or None
        What the estimate rests on: events, people or periods, as `method` says.
    method : str
        One line for a caption: method, dispersion, whatever was left out.
    unit : str
        Unit of the value, such as "per year", "share", "percent per year".
    p_value : float or None
        P value of the test that belongs to the estimate; None where none does.

    Examples
    --------
    >>> print(Estimate(3.4286, 1.7716, 5.989))
    3.43 (1.77 to 5.99)
    >>> print(Estimate(3.0, 0.24, 157.9))
    3 (0.24 to 158)
    >>> print(Estimate(10.0, p_value=0.0166667))
    10 (p = 0.017)
    >>> Estimate(10.0) == Estimate(10.0)
    True
    """

    value: float
    low: float = NAN
    high: float = NAN
    level: float = LEVEL
    n: int | None = None
    method: str = ""
    unit: str = ""
    p_value: float | None = None

    def __str__(self) -> str:
        if isnan(self.low) and isnan(self.high):
            value = f"{self.value:g}"
            return value if self.p_value is None else f"{value} ({_p(self.p_value)})"
        digits = _decimals(self)
        value, low = _number(self.value, digits), _number(self.low, digits)
        # what is above 0 must not read as 0
        if self.low >= 1e-4 and float(low.replace(",", "")) == 0:
            low = _small(self.low)
        if self.low >= 0 and self.value >= 1e-4 and float(value.replace(",", "")) == 0:
            value = _small(self.value)
        return f"{value} ({low} to {_number(self.high, digits)})"

    def _repr_html_(self) -> str:
        unit = f" {escape(self.unit)}" if self.unit else ""
        notes = [escape(self.method)] if self.method else []
        if not isnan(self.low):
            notes.append(f"{self.level * 100:g} % interval")
        if self.n is not None:
            notes.append(f"n = {self.n}")
        if self.p_value is not None and not isnan(self.low):
            notes.append(_p(self.p_value))
        note = f"<br><small>{'; '.join(notes)}</small>" if notes else ""
        return f"<strong>{escape(str(self))}</strong>{unit}{note}"

    def __eq__(self, other: object) -> bool:
        return self._key() == other._key() if isinstance(other, Estimate) else NotImplemented

    def __hash__(self) -> int:
        return hash(self._key())

    def _unordered(self, other: object) -> bool:
        raise TypeError("estimates are not ordered: ask rate_ratio which rate is higher, or compare their .value")

    __lt__ = __le__ = __gt__ = __ge__ = _unordered

    def __float__(self) -> float:
        raise TypeError("an estimate is no single number: .value is the estimate, .low and .high are its limits")

    def _key(self) -> tuple[object, ...]:
        """The fields, NaN as a word: it is equal to itself here."""
        return tuple("unknown" if isinstance(x, float) and isnan(x) else x for x in astuple(self))

    def to_dict(self) -> dict[str, object]:
        """Return the fields as a dictionary, one row of a table.

        Examples
        --------
        >>> Estimate(1.0, 0.5, 2.0).to_dict()["high"]
        2.0
        """
        return asdict(self)


def to_frame(
    estimates: Mapping[object, Estimate] | Iterable[Estimate], names: Iterable[object] | None = None
) -> pd.DataFrame:
    """Put estimates into a table, one a row.

    What is printed beside each other should be comparable: give estimates of one kind and unit.

    Parameters
    ----------
    estimates : iterable of Estimate, or mapping of name to Estimate
        The estimates; none gives an empty table with the same columns.
    names : iterable, optional
        Labels of the rows, as many as estimates. Default: the keys of a mapping, else 0, 1, 2, ..

    Returns
    -------
    DataFrame
        Columns: `value`, `low`, `high` (float64, in `unit`), `level` (float64), `n` (Int64), `method`, `unit`
        (string), `p_value` (float64, NaN where no test belongs). The index is named `name` where there are names.

    Raises
    ------
    ParameterError
        Something is no `Estimate`, or there are more or fewer names than estimates.

    Notes
    -----
    Numbers are kept as they are; only printing rounds.

    References
    ----------
    None.

    Examples
    --------
    >>> to_frame([Estimate(3.43, 1.77, 5.99, n=12)], names=["2023"])[["value", "low", "high", "n"]]
          value   low  high   n
    name
    2023   3.43  1.77  5.99  12
    >>> len(to_frame([]))
    0
    """
    import pandas as pd

    if isinstance(estimates, Mapping):
        names = list(estimates) if names is None else names
        estimates = estimates.values()
    if isinstance(estimates, Estimate) or not isinstance(estimates, Iterable):
        raise ParameterError(
            f"`estimates` must be a list of Estimate, not {type(estimates).__name__}; write [estimate]."
        )
    rows = list(estimates)
    for i, row in enumerate(rows):
        if not isinstance(row, Estimate):
            raise ParameterError(f"`estimates` must hold Estimate only; number {i} is {type(row).__name__}.")
    index = None if names is None else pd.Index(list(names), name="name")
    if index is not None and len(index) != len(rows):
        raise ParameterError(f"`names` must be as many as the {len(rows)} estimates, not {len(index)}.")
    kinds = {"n": "Int64", "method": "string", "unit": "string"}
    columns = {
        field.name: pd.array([getattr(row, field.name) for row in rows], dtype=kinds.get(field.name, "Float64"))
        for field in fields(Estimate)
    }
    table = pd.DataFrame(columns, index=index)
    return table.astype({name: "float64" for name in table.columns if name not in kinds})


def _p(p: float) -> str:
    """A p value in words; "p = 3e-05" says no more than "p < 0.001", and is not read."""
    return "p < 0.001" if p < 0.001 else f"p = {p:.2g}"


def _decimals(estimate: Estimate) -> int:
    """Decimals that show three significant digits of the interval's width (of the value where it has none)."""
    ends = [x for x in (estimate.low, estimate.value, estimate.high) if isfinite(x)]
    width = max(ends) - min(ends) if ends else 0.0
    scale = width or max((abs(x) for x in ends), default=0.0)
    return 0 if scale == 0 else max(0, 2 - floor(log10(scale)))


def _small(x: float) -> str:
    """A number that the decimals of its interval would show as 0: two digits, or below 0.01 one."""
    return f"{x:.2g}" if x >= 0.01 else f"{x:.1g}"


def _number(x: float, decimals: int) -> str:
    if not isfinite(x):
        return "inf" if x > 0 else "-inf" if x < 0 else "unknown"
    text = f"{x:,.{decimals}f}"
    return text.removeprefix("-") if float(text.replace(",", "")) == 0 else text
