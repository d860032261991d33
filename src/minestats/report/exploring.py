"""explore: what an analyst chose, a place, a period, a measure, as a table with its figure, its rate and its files.

A choice is a report of its own. What is shown of it stands in places of the page that the next choice takes over.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from contextlib import redirect_stdout
from html import escape
from io import StringIO
from pathlib import Path
from typing import Any

import matplotlib.pyplot as plt
import pandas as pd
from matplotlib.axes import Axes

from minestats import plot
from minestats.columns import as_date
from minestats.data.exports import write_spreadsheet_csv
from minestats.errors import MinestatsError, ParameterError, check_choice
from minestats.incidents import incidence
from minestats.plot.over_time import MEASURES
from minestats.rates import rate
from minestats.rates.small_cells import WITHHELD
from minestats.report import pace, progress
from minestats.report.reporting import Report, section
from minestats.report.subject import ALL
from minestats.report.tallies import groups
from minestats.say import day, interval, many, number, rounded, sentence, slug

COUNTED = ("incidents", "casualties", "killed", "injured")
CLEARED = {words: column for column, (words, _) in MEASURES.items()}
OFFICIAL = "official casualties"
DAYS = 365.25
FIRM = ("reported", "weeks", "difference")  # months whose figure is their own


def measures(r: Report) -> list[str]:
    """Return what can be chosen; of a register of people no incidents.

    Examples
    --------
    >>> import minestats as ms
    >>> measures(ms.Report(ms.load()))[:4]
    ['incidents', 'casualties', 'killed', 'injured']
    """
    return [*COUNTED[r.people :], *CLEARED, OFFICIAL]


def choose(r: Report, *, place: str, since: object, until: object) -> Report:
    """Return the report of another place and period, of the same data, level and suppression.

    Examples
    --------
    >>> import minestats as ms
    >>> choose(ms.Report(ms.load()), place="Lachin", since="2024-01-01", until="2023-12-31")
    Traceback (most recent call last):
    minestats.errors.ParameterError: "from" (2024-01-01) lies after "to" (2023-12-31): choose an earlier first ...
    """
    first, last = as_date(since, '"from"'), as_date(until, '"to"')
    if first is None or last is None:
        raise ParameterError(f'"{"to" if first else "from"}" is empty: choose a day.')
    if first > last:
        raise ParameterError(
            f'"from" ({first:%F}) lies after "to" ({last:%F}): choose an earlier first day or a later last one.'
        )
    window = {"since": f"{first:%F}", "until": f"{last:%F}"}
    return Report(r.data, district=place, level=r.level, suppress=r.suppress, **window)


def chosen(r: Report, measure: str) -> pd.DataFrame:
    """Return the table of a measure, of the report's place and period; its sentence says the rate with its interval.

    Examples
    --------
    >>> import minestats as ms
    >>> table = chosen(ms.Report(ms.load(), district="Aghdam", until="2025-12-31"), "incidents")
    >>> int(table["count"].sum()), table.columns.tolist()
    (31, ['period_start', 'period_end', 'days', 'incidents', 'count', 'unknown'])
    >>> chosen(ms.Report(ms.load(), district="Aghdam"), "hectares cleared").attrs["empty"][:37]
    'The published bulletins are national:'
    """
    check_choice("measure", measure, measures(r))
    if measure == OFFICIAL:
        return _official(r)
    return _cleared(r, measure) if measure in CLEARED else _counted(r, measure)


def draw(table: pd.DataFrame) -> Axes:
    """Draw a table of `chosen`."""
    if "month" in table:
        return plot.clearance(table)
    return plot.cumulative(table) if "as_of" in table else plot.incidence(table)


def save(r: Report, table: pd.DataFrame, folder: str | Path) -> list[Path]:
    """Write the table as CSV and its figure as PNG, named after measure, place and period; return the files.

    What may not be published of people is withheld in the table, and such a figure is not written.

    Examples
    --------
    >>> import tempfile, minestats as ms
    >>> r = ms.Report(ms.load(), district="Aghdam", until="2025-12-31")
    >>> [path.name for path in save(r, chosen(r, "killed"), tempfile.mkdtemp())]
    ['killed-aghdam-2020-11-10-2025-12-31.csv', 'killed-aghdam-2020-11-10-2025-12-31.png']
    """
    if table.empty:
        raise ParameterError(f"nothing to save: {table.attrs.get('empty') or 'the table has no rows.'}")
    if not str(folder).strip():
        raise ParameterError("`folder` is empty: name the folder to save in.")
    folder = Path(folder).expanduser().resolve()
    folder.mkdir(parents=True, exist_ok=True)
    name = "-".join([table.attrs["measure"], r.district or "all", f"{r.since:%F}", f"{r.until:%F}"])
    made = [write_spreadsheet_csv(r.protected(table), folder / f"{slug(name)}.csv")]
    if not r.withheld(table):
        made.append(folder / f"{slug(name)}.png")
        ax = draw(table)
        plot.save(ax, made[-1])
        plt.close(ax.figure.figure)
    return made


def _counted(r: Report, measure: str) -> pd.DataFrame:
    """Counts of the list by quarter."""
    unit = r.events if measure == "incidents" else measure
    caption = f"{sentence(unit)} listed {r.in_place} by quarter, {r.period}"
    if not len(r.incidents):
        return _made(measure, r.incidents.head(0), caption, empty=r.no_incidents)
    rows = incidence(r.incidents, interval="quarter", count=measure, **r.window)
    rows = rows[["period_start", "period_end", "days", "incidents", "count", "unknown"]]
    found, silent = int(rows["count"].sum()), int(rows["unknown"].sum())
    if _few(r, found):
        empty = f"Withheld: {unit} {r.in_place} are fewer than {r.suppress}, or would tell of a place where they are."
        return _made(measure, rows.head(0), caption, empty=empty)
    years = ((r.until - r.since).days + 1) / DAYS
    says = f"{number(found)} {unit} listed {r.in_place} in {years:.2f} years"
    if r.people:
        says += ". The rows are people, not explosions: no interval can be given."
    else:
        phi = r.swings * (1.0 if measure == "incidents" else r.phi)
        estimate = rate(found, years, dispersion=phi, level=r.level)
        says += f": **{interval(estimate)} a year** ({r.percent} interval, {estimate.method})."
    if silent:
        says += (
            f" It is a lower bound: {many(silent, r.events[:-1], r.events)} more may hold some, but state no number."
        )
    title = f"{number(found)} {unit} listed {r.in_place}, {r.period}"
    source = f"n = {many(len(r.incidents), r.events[:-1], r.events)}, {r.compiled}"
    return _made(measure, rows, caption, says=says, title=title, source=source, unit=unit)


def _few(r: Report, found: int) -> bool:
    """Whether what a register of people lists in a place may not be told: it, the rest, or its part of the country."""
    if r.national or not r.people or r.suppress < 2:
        return False
    whole = choose(r, place=ALL, since=r.since, until=r.until)
    places = whole.protected(groups(whole, "district")).set_index(str(r.data.settings["place"]))[r.events]
    return places[r.district] == WITHHELD or any(0 < n < r.suppress for n in (found, len(r.incidents) - found))


def _cleared(r: Report, measure: str) -> pd.DataFrame:
    """Months of clearance, and how each was obtained."""
    column, (words, unit) = CLEARED[measure], MEASURES[CLEARED[measure]]
    how = "method" if column == "area_ha" else f"{column}_method"
    caption = f"{sentence(words)} {r.in_place} by month, {r.period}"
    months = progress.monthly(r)
    if months.empty and not r.national and _bulletins(r):
        alone = f" {many(len(r.clearance), 'statement')} of {r.place} alone, not by month." if len(r.clearance) else ""
        empty = f"The published bulletins are national: none tells months of {r.place}. Choose the place 'all'.{alone}"
        return _made(measure, months, caption, empty=empty)
    rows = months.reindex(columns=["month", column, how, *(["low", "high", "conflict"] * (column == "area_ha"))])
    known = rows[rows[column].notna()]
    if known.empty:
        empty = months.attrs["empty"] if months.empty else f"No month of {words} is known {r.in_place}, {r.period}."
        return _made(measure, rows.head(0), caption, empty=empty)
    each = known[column].sum() / len(known)
    says = (
        f"{rounded(known[column].sum(), unit)} {r.in_place} in {len(known)} of {many(len(rows), 'month')}: "
        f"**{rounded(each, unit)} a month**"
    )
    firm = known.loc[known[how].isin(FIRM), column]
    if len(firm) >= 4:
        low, high = firm.quantile([0.25, 0.75])
        middle = f"between {rounded(low, unit)} and {rounded(high, unit)}"
        says += f"; the middle half of the {len(firm)} months with a figure of their own lies {middle}"
    says += ". These are statements, not a sample: what months differ by stands in place of an interval."
    title = f"{sentence(words)} a month, {r.place}, {r.period}"
    source = str(months.attrs["figure"]["source"]) if column == "area_ha" else r.operator(progress.operator(r))
    return _made(measure, rows, caption, says=says, title=title, source=source, measure=column)


def _bulletins(r: Report) -> bool:
    """Whether there are published statements of the whole country, and no register of work of the place."""
    table = r.data.clearance
    national = table["district"].isna() & (table["row_is"] != "work").fillna(True)
    return progress.operator(r) != progress.REGISTER and bool(national.any())


def _official(r: Report) -> pd.DataFrame:
    """The official running total, and the rate of its rise within the period."""
    rows = pace.curve(r)
    about, caption = rows.attrs, f"Official running total of casualties {r.in_place}, {r.period}"
    if rows.empty:
        return _made(OFFICIAL, rows, caption, empty=about["empty"])
    used = rows[rows["used"].eq(True) & rows["victims"].notna()].sort_values("as_of", kind="stable")
    first, last = used.iloc[0], used.iloc[-1]
    begin, before = (first["since"], 0) if first["since"] >= r.since else (first["as_of"], int(first["victims"]))
    rise, days = int(last["victims"]) - before, (last["as_of"] - begin).days
    says = f"{number(last['victims'])} casualties by {day(last['as_of'])}; one total alone gives no rate."
    if days > 0:
        estimate = rate(rise, days / DAYS, dispersion=r.phi, level=r.level)
        says = (
            f"The official total rose by {many(rise, 'casualty', 'casualties')} from {day(begin)} to "
            f"{day(last['as_of'])}: **{interval(estimate)} a year** ({r.percent} interval, {estimate.method})."
        )
    columns = ["since", "as_of", "victims", "victims_published", "authority", "rounded", "used", "reason", "start"]
    return _made(OFFICIAL, rows[[*columns, "scope"]], caption, says=says, **about["figure"])


def _made(chosen: str, rows: pd.DataFrame, caption: str, *, says: str = "", empty: str = "", **figure: object) -> Any:
    table = section(rows, caption, says=says, empty=empty, **figure)
    table.attrs["measure"] = chosen
    return table


class Live:
    """Cells that are shown now and again after each choice: a decorator of functions that show one thing each.

    Parameters
    ----------
    *widgets : widget
        What is chosen with: each cell follows when the `value` of one of them changes.

    Notes
    -----
    Cells follow in the order in which they were run first. What is wrong with a choice is one red line in place of
    the first cell that says so; the cells after it are blank until the choice can be shown. Outside of a notebook a
    cell is shown once.

    Examples
    --------
    >>> live = Live()
    >>> @live
    ... def look():
    ...     print("a figure")
    a figure
    """

    def __init__(self, *widgets: Any) -> None:
        self._cells: dict[str, tuple[Callable[[], object] | None, Any]] = {}
        self._wrong: Bundle | None = None
        for widget in widgets:
            widget.observe(lambda _: self._follow(), names="value")

    def __call__(self, show: Callable[[], object]) -> Callable[[], object]:
        """Show a cell now, and again after each choice; a cell that is run again takes the place of its name."""
        if _kernel():
            self._cells[show.__name__] = (show, _place(_output(show)))
        else:
            show()
        return show

    def on(self, button: Any) -> Callable[[Callable[[], object]], Callable[[], object]]:
        """Show a cell when a button is pressed, of a choice that can be shown; the next choice blanks it."""

        def pressed(show: Callable[[], object]) -> Callable[[], object]:
            if _kernel():
                place = _place(BLANK)
                self._cells[show.__name__] = (None, place)
                button.on_click(lambda _: _update(place, self._wrong or _output(show)))
            return show

        return pressed

    def _follow(self) -> None:
        self._wrong = None
        for show, place in self._cells.values():
            made = BLANK if self._wrong or show is None else _output(show)
            if made[0].get("text/html", "").startswith(_RED):
                self._wrong = made
            _update(place, made)


Bundle = tuple[dict[str, Any], dict[str, Any]]
BLANK: Bundle = ({"text/plain": ""}, {})
_RED = '<p role="alert" style="color: #b3261e; font-weight: 600">'


def _kernel() -> Any:
    """What the kernel of the notebook publishes displays with; None outside of one."""
    ipython = sys.modules.get("IPython")
    publisher = getattr(ipython and ipython.get_ipython(), "display_pub", None)
    return publisher if hasattr(publisher, "register_hook") else None


def _place(made: Bundle) -> Any:
    """Show an output at a place that others can take."""
    from IPython.display import DisplayHandle

    place = DisplayHandle()
    place.display(made[0], raw=True, metadata=made[1])
    return place


def _update(place: Any, made: Bundle) -> None:
    place.update(made[0], raw=True, metadata=made[1])


def _output(show: Callable[[], object]) -> Bundle:
    """Return what a function shows; a choice that cannot be shown is one red line.

    Its displays are taken by a hook of this thread: a publisher of another kind, as `capture_output` puts it in place,
    lets the kernel's other thread lose the choice that arrives meanwhile.
    """
    publisher, made, printed = _kernel(), [], StringIO()

    def take(message: dict[str, Any]) -> None:
        made.append(message["content"])

    publisher.register_hook(take)
    try:
        with redirect_stdout(printed):
            show()
    except (MinestatsError, OSError) as error:
        text = sentence(str(error))
        return {"text/html": f"{_RED}{escape(text)}</p>", "text/plain": text}, {}
    finally:
        publisher.unregister_hook(take)
    shown: list[Bundle] = [(one["data"], one["metadata"]) for one in made if one["data"]]
    if len(shown) > 1:
        raise ParameterError("a live cell shows one thing: make a cell of each.")
    return shown[0] if shown else ({"text/plain": printed.getvalue().rstrip()}, {})


def contents(r: Report) -> pd.DataFrame:
    """The tables of the data package and how many rows they have."""
    rows = pd.DataFrame([{"table": name, "rows": len(table)} for name, table in r.data.tables.items()])
    return section(rows, f"Tables of the data package {r.data.name}")
