"""Statistics and reports on landmines: incidents, casualties, clearance.

`load()` reads a data package; the functions below turn its tables into counts, rates and trends with their
uncertainty; `minestats.plot` draws them; `minestats render` makes the reports. Names are imported when they are
first used, so that `import minestats` costs no more than pandas.

Examples
--------
>>> import minestats as ms
>>> data = ms.load()
>>> print(ms.rate(12, 3.5))
3.43 (1.77 to 5.99)
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from minestats import plot
    from minestats.adapt import convert, read_hxl
    from minestats.clearance import (
        area_per_mine,
        clearance_conflicts,
        completion_forecast,
        ledger,
        monthly_clearance,
        overlaps,
    )
    from minestats.data import Dataset, load
    from minestats.errors import DataError, MinestatsError, ParameterError
    from minestats.estimate import Estimate, to_frame
    from minestats.extract import extract
    from minestats.incidents import casualty_sizes, completeness, conflicts, incidence
    from minestats.rates import (
        case_fatality,
        casualty_rate,
        proportion,
        rate,
        rate_ratio,
        rate_table,
        standardized_rate,
    )
    from minestats.totals import (
        check_totals,
        interval_rates,
        resolve_totals,
        to_months,
        total_at,
        trend_from_totals,
    )
    from minestats.trend import annual_change, change_point, dispersion_test, mann_kendall, sen_slope, smooth

__version__ = "0.1.0"

_HOME = {
    "adapt": ("convert", "read_hxl"),
    "clearance": (
        "area_per_mine",
        "clearance_conflicts",
        "completion_forecast",
        "ledger",
        "monthly_clearance",
        "overlaps",
    ),
    "data": ("Dataset", "load"),
    "errors": ("DataError", "MinestatsError", "ParameterError"),
    "estimate": ("Estimate", "to_frame"),
    "extract": ("extract",),
    "incidents": ("casualty_sizes", "completeness", "conflicts", "incidence"),
    "rates": (
        "case_fatality",
        "casualty_rate",
        "proportion",
        "rate",
        "rate_ratio",
        "rate_table",
        "standardized_rate",
    ),
    "totals": (
        "check_totals",
        "interval_rates",
        "resolve_totals",
        "to_months",
        "total_at",
        "trend_from_totals",
    ),
    "trend": ("annual_change", "change_point", "dispersion_test", "mann_kendall", "sen_slope", "smooth"),
}
_MODULE_OF = {name: module for module, names in _HOME.items() for name in names}

__all__ = [
    "DataError",
    "Dataset",
    "Estimate",
    "MinestatsError",
    "ParameterError",
    "annual_change",
    "area_per_mine",
    "case_fatality",
    "casualty_rate",
    "casualty_sizes",
    "change_point",
    "check_totals",
    "clearance_conflicts",
    "completeness",
    "completion_forecast",
    "conflicts",
    "convert",
    "dispersion_test",
    "extract",
    "incidence",
    "interval_rates",
    "ledger",
    "load",
    "mann_kendall",
    "monthly_clearance",
    "overlaps",
    "plot",
    "proportion",
    "rate",
    "rate_ratio",
    "rate_table",
    "read_hxl",
    "resolve_totals",
    "sen_slope",
    "smooth",
    "standardized_rate",
    "to_frame",
    "to_months",
    "total_at",
    "trend_from_totals",
]


def __getattr__(name: str) -> object:
    if name in _MODULE_OF:
        value = getattr(import_module(f"minestats.{_MODULE_OF[name]}"), name)
    elif name == "plot" or name in _HOME:
        value = import_module(f"minestats.{name}")
    else:
        raise AttributeError(f"module 'minestats' has no attribute '{name}'")
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted(set(globals()) | set(__all__))
