# The public names, each written once: `__init__.py` makes them from this file when they are first used.
from . import (
    plot as plot,
)
from .clearance import (
    area_per_mine as area_per_mine,
)
from .clearance import (
    clearance_conflicts as clearance_conflicts,
)
from .clearance import (
    completion_forecast as completion_forecast,
)
from .clearance import (
    constant_pace as constant_pace,
)
from .clearance import (
    hazards_left as hazards_left,
)
from .clearance import (
    land_release as land_release,
)
from .clearance import (
    ledger as ledger,
)
from .clearance import (
    monthly_clearance as monthly_clearance,
)
from .clearance import (
    overlaps as overlaps,
)
from .data import (
    Dataset as Dataset,
)
from .data import (
    load as load,
)
from .errors import (
    DataError as DataError,
)
from .errors import (
    MinestatsError as MinestatsError,
)
from .errors import (
    ParameterError as ParameterError,
)
from .estimate import (
    Estimate as Estimate,
)
from .estimate import (
    to_frame as to_frame,
)
from .extract import (
    extract as extract,
)
from .incidents import (
    casualty_sizes as casualty_sizes,
)
from .incidents import (
    completeness as completeness,
)
from .incidents import (
    confirm_zeros as confirm_zeros,
)
from .incidents import (
    conflicts as conflicts,
)
from .incidents import (
    incidence as incidence,
)
from .incidents import (
    shares as shares,
)
from .rates import (
    case_fatality as case_fatality,
)
from .rates import (
    casualty_rate as casualty_rate,
)
from .rates import (
    compare_places as compare_places,
)
from .rates import (
    people_present as people_present,
)
from .rates import (
    predict_count as predict_count,
)
from .rates import (
    proportion as proportion,
)
from .rates import (
    rate as rate,
)
from .rates import (
    rate_per_people as rate_per_people,
)
from .rates import (
    rate_ratio as rate_ratio,
)
from .rates import (
    rate_table as rate_table,
)
from .rates import (
    standardized_rate as standardized_rate,
)
from .registers.build import (
    convert as convert,
)
from .registers.build import (
    read_hxl as read_hxl,
)
from .report.reporting import (
    Report as Report,
)
from .totals import (
    check_totals as check_totals,
)
from .totals import (
    interval_rates as interval_rates,
)
from .totals import (
    official_shares as official_shares,
)
from .totals import (
    resolve_totals as resolve_totals,
)
from .totals import (
    to_months as to_months,
)
from .totals import (
    total_at as total_at,
)
from .totals import (
    trend_from_totals as trend_from_totals,
)
from .totals import (
    with_victims as with_victims,
)
from .totals import (
    yearly_stretches as yearly_stretches,
)
from .trend import (
    annual_change as annual_change,
)
from .trend import (
    change_point as change_point,
)
from .trend import (
    dispersion_test as dispersion_test,
)
from .trend import (
    mann_kendall as mann_kendall,
)
from .trend import (
    predictive_limit as predictive_limit,
)
from .trend import (
    sen_slope as sen_slope,
)
from .trend import (
    smooth as smooth,
)

__version__: str
