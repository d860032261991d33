"""One result type for every number that comes with an interval or a test.

A figure without its uncertainty invites a wrong decision, so no function returns a bare float: each returns
an `Estimate`, which prints as people read it ("3.43 (1.77 to 5.99)") and keeps how it was made.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from html import escape
from math import floor, isfinite, isnan, log10

LEVEL = 0.95
NAN = float("nan")


@dataclass(frozen=True, slots=True)
class Estimate:
    """A value with its interval, and how both were made.

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
    >>> print(Estimate(10.0, p_value=0.0166667))
    10 (p = 0.017)
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
            return value if self.p_value is None else f"{value} (p = {self.p_value:.2g})"
        digits = _decimals(self)
        return f"{_number(self.value, digits)} ({_number(self.low, digits)} to {_number(self.high, digits)})"

    def _repr_html_(self) -> str:
        unit = f" {escape(self.unit)}" if self.unit else ""
        note = f"<br><small>{escape(self.method)}</small>" if self.method else ""
        return f"<strong>{escape(str(self))}</strong>{unit}{note}"

    def to_dict(self) -> dict[str, object]:
        """Return the fields as a dictionary, one row of a table.

        Examples
        --------
        >>> Estimate(1.0, 0.5, 2.0).to_dict()["high"]
        2.0
        """
        return asdict(self)


def _decimals(estimate: Estimate) -> int:
    """Decimals that show three significant digits of the interval's width (of the value where it has none)."""
    ends = [x for x in (estimate.low, estimate.value, estimate.high) if isfinite(x)]
    width = max(ends) - min(ends) if ends else 0.0
    scale = width or max((abs(x) for x in ends), default=0.0)
    return 0 if scale == 0 else max(0, 2 - floor(log10(scale)))


def _number(x: float, decimals: int) -> str:
    if not isfinite(x):
        return "inf" if x > 0 else "-inf" if x < 0 else "unknown"
    return f"{x:,.{decimals}f}"
