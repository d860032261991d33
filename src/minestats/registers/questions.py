"""What is asked where rows may not be what the mapping says they are: sums of others, counts, or work."""

from __future__ import annotations

import numpy as np
import pandas as pd

from minestats.registers.timing import Timing
from minestats.registers.work import Work


def look_for_running_totals(work: Work, figures: dict[str, np.ndarray], timing: Timing) -> None:
    """Ask about a column of people that never falls over the days: a running total is no list of incidents."""
    dates = timing.parts.dates()
    for name, values in figures.items():
        if name not in work.fields:  # made of others
            continue
        known = ~np.isnan(dates) & ~np.isnan(values)
        order = np.argsort(dates[known], kind="stable")
        days, counts = dates[known][order], values[known][order]
        steps = np.diff(counts)
        if len(counts) < 3 or (np.diff(days) == np.timedelta64(0)).any() or (steps < 0).any() or not steps.any():
            continue
        # three rising figures are chance where they are small, not where each stands on the shoulders of the last
        if len(counts) < 8 and (counts[-1] < 20 or (steps > counts[:-1]).any()):
            continue
        facts = {"name": work.fields[name].columns[0], "least": counts[0], "most": counts[-1]}
        work.say("running-total", known, column=name, many=len(counts), **facts)
        return


def look_for_counts(work: Work, figures: dict[str, np.ndarray], timing: Timing, district: np.ndarray) -> None:
    """Ask about rows that are one for each place and month or year: those are counts, not incidents."""
    people = [name for name in ("killed", "injured", "victims") if name in figures]
    known = (timing.parts.precision < 3) & (district >= 0)
    if work.size < 4 or not people or not known.all() or (timing.parts.precision == 0).any():
        return
    told = pd.DataFrame({"place": district, "date": timing.parts.dates()})
    places, dates = told["place"].nunique(), told["date"].nunique()
    if told.duplicated().any() or min(places, dates) < 2 or work.size < 0.6 * places * dates:
        return
    names = (
        [column for name in people for column in work.fields[name].columns]
        if set(people) <= set(work.fields)
        else people
    )
    work.say("counts-not-incidents", known, places=places, dates=dates, names=names)


def look_for_work(work: Work, data: dict) -> None:
    """Ask what a row is where several tell of one operator's period, and the mapping does not say."""
    told = pd.DataFrame({"start": data["period_start"], "end": data["period_end"], "operator": data["operator"]})
    again = told.duplicated(keep=False).to_numpy()
    if again.sum() <= len(told) / 2 or len(told) < 3:
        return
    work.say("work-or-statement", again)
