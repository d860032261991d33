"""One report: what it is about, and how it shows tables, figures and sentences.

A section is a table: a function of this room makes it, with its caption, its sentence and what its figure is called
in `attrs`. The report shows it, and since the report knows what may be published, no cell has to remember it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cached_property, wraps
from typing import Any, TypeVar, cast

import matplotlib.pyplot as plt
import pandas as pd

from minestats.columns import check_level, check_number
from minestats.data.dataset import Dataset
from minestats.errors import DataError, ParameterError
from minestats.estimate import Estimate
from minestats.incidents import casualty_sizes, incidence
from minestats.plot import frame
from minestats.rates import dispersion
from minestats.rates.small_cells import WITHHELD, publishable
from minestats.report import display
from minestats.report.labels import COUNTS_OF_GROUPS, GROUPS, PEOPLE, SECTIONS
from minestats.report.subject import ALL, Scope, scope
from minestats.say import day, interval, listing, many, number, sentence
from minestats.trend import dispersion_test

Tile = tuple[str, str, str]
T = TypeVar("T")
LIMITS = ["value", "low", "high"]
SAID = {"caption", "says", "empty", "title", "source", "unit", "label", "by", "gap", "incidents"}
"""What a section says of itself and of its figure."""


def section(
    rows: pd.DataFrame | Iterable[Mapping[str, object]],
    caption: str,
    *,
    says: str = "",
    empty: str = "",
    **figure: object,
) -> pd.DataFrame:
    """Return a table with what a report says of it.

    Parameters
    ----------
    rows : DataFrame or records
        The table.
    caption : str
        What it shows, with period and unit.
    says : str
        The sentence that follows from it.
    empty : str
        What stands in place of a table, a figure or a sentence where there are no rows.
    **figure
        What a figure of it is given where nothing else is said: `title`, `source`, `unit`, `label`.

    Examples
    --------
    >>> section([{"year": "2025", "value": 33.0}], "Casualties a year", unit="casualties").attrs["figure"]
    {'unit': 'casualties'}
    """
    table = rows if isinstance(rows, pd.DataFrame) else pd.DataFrame(list(rows))
    table.attrs = {"caption": caption, "says": says, "empty": empty, "figure": figure}
    return table


def part(
    r: Report, name: str, rows: pd.DataFrame | Iterable[Mapping[str, object]] = (), **given: object
) -> pd.DataFrame:
    """Return a section whose words are those of its name in `labels.toml`, filled in with `r` and what is given.

    Parameters
    ----------
    r : Report
        Read by the words: `{r.place}`.
    name : str
        The section.
    rows : DataFrame or records
        The table; none: only what stands in its place is said.
    **given
        What the words name beside `r`, or words in place of those of the file: `empty`, `says`, `title`.

    Examples
    --------
    >>> import minestats as ms
    >>> part(ms.Report(ms.load()), "hazards").attrs["empty"]
    'The data hold no register of hazardous areas.'
    """
    table = rows if isinstance(rows, pd.DataFrame) else pd.DataFrame(list(rows))
    unsaid = ("empty",) if len(table) else ("says", "title", "source")
    words: dict[str, Any] = {
        key: text for key, text in SECTIONS[name].items() if key not in given and key not in unsaid
    }
    words = {key: text.format(r=r, size=len(table), **given) for key, text in words.items()}
    words |= {key: sentence(words[key]) for key in ("caption", "title", "says", "empty") if key in words}
    return section(table, **words | {key: given[key] for key in SAID & given.keys()})


def once(made: Callable[[Report], T]) -> Callable[[Report], T]:
    """Let what several figures and sentences of a report rest on be made once."""

    @wraps(made)
    def kept(r: Report) -> T:
        if made not in r.kept:
            r.kept[made] = made(r)
        return cast("T", r.kept[made])

    return kept


class Report(Scope):
    """What one report is about, and how it is shown.

    Parameters
    ----------
    data : Dataset
        A loaded data package.
    district : str
        A district of the data, or "all" for the whole country.
    since, until, as_of : str or date
        First and last day counted, and the state of knowledge; empty: as `minestats.scope.scope` takes them.
    level : float
        Level of confidence of every interval, 0.5 to 0.999.
    suppress : int
        Counts of people by age, sex or settlement below it are withheld; 0: none.

    Attributes
    ----------
    level, suppress
        As given. All attributes of `minestats.scope.Scope` beside them: `incidents`, `totals`, `clearance`, `place` ...
    cite : Citations
        Numbers the pages that are used: `r.cite(rows)`.

    Raises
    ------
    ParameterError
        The district is not in the data, a date is none, or `level` or `suppress` lies outside its limits.

    Examples
    --------
    >>> import minestats as ms
    >>> r = ms.Report(ms.load(), district="Aghdam", until="2025-12-31", level=0.9)
    >>> r.place, r.level, r.percent
    ('Aghdam district', 0.9, '90 %')
    >>> r.table(pd.DataFrame({"year": ["2024", "2025"], "killed": [4, None]}), "Killed a year")
    Killed a year
    year  killed
    2024       4
    2025 unknown
    """

    def __init__(
        self,
        data: Dataset,
        *,
        district: str = ALL,
        since: str = "",
        until: str = "",
        as_of: str = "",
        level: float = 0.95,
        suppress: int = 0,
    ) -> None:
        super().__init__(**vars(scope(data, district=district, since=since, until=until, as_of=as_of)))
        self.level = check_level(level)
        self.suppress = int(check_number("suppress", suppress, least=0, whole=True))
        self.cite = display.Citations(self.data)
        self._last = ""
        self.kept: dict[object, object] = {}

    @property
    def percent(self) -> str:
        """The level in words."""
        return f"{100 * self.level:g} %"

    @property
    def window(self) -> dict[str, pd.Timestamp]:
        """First and last day, as functions that count take them."""
        return {"since": self.since, "until": self.until}

    @cached_property
    def country(self) -> Scope:
        """The whole country over the same period."""
        return self if self.national else scope(self.data, since=f"{self.since:%F}", until=f"{self.until:%F}")

    @cached_property
    def phi(self) -> float:
        """Dispersion of casualties per incident, at least 1; that of the country, since a district has too few."""
        if self.people:
            return 1.0
        sizes = casualty_sizes(self.country.incidents)["casualties"]
        return max(1.0, dispersion(sizes)) if len(sizes) else 1.0

    @cached_property
    def swings(self) -> float:
        """Dispersion of the country's counts of whole quarters, at least 1: incidents come in bunches."""
        try:
            rows = incidence(self.country.incidents, interval="quarter", count=self.events, **self.window)
            rows = rows[rows["days"] >= 80]
            return max(1.0, dispersion_test(rows["count"], rows["days"]).value)
        except DataError:  # fewer than two quarters, or no incident
            return 1.0

    @property
    def official(self) -> bool:
        """Whether there are two official totals of casualties to compare."""
        return self.national and int(self.totals[["victims", "killed"]].notna().any(axis=1).sum()) >= 2

    @property
    def no_totals(self) -> str:
        """Why nothing is said of official totals."""
        if self.national:
            return "The data hold no two official totals of casualties in this period."
        return f"Official totals are of the whole country; none is published for {self.place}."

    @property
    def no_incidents(self) -> str:
        """What an empty list says and does not say."""
        if not len(self.data.incidents):
            return f"The data list no {self.events}; that is not a finding of none."
        if not self.dated:
            return f"No row of the list has a date: nothing can be counted in any period ({many(self.undated, 'row')})."
        return (
            f"None of the {self.events} {self.in_place} is listed in this period. "
            "That is what the list holds, not a finding of none."
        )

    @property
    def listed(self) -> str:
        """How many rows of the list the report has."""
        return self.count(len(self.incidents))

    @property
    def compiled(self) -> str:
        """How many pages stand behind the list."""
        found = self.data.sources_of(self.incidents)
        return f"compiled from {many(len(found), kind(found))}"

    @property
    def spread(self) -> str:
        """The dispersion of casualties per incident, where the list has both."""
        return "" if self.people or self.incidents.empty else f"dispersion of casualties per incident {self.phi:.2f}"

    def open(self, title: str, answer: str = "") -> None:
        """Begin the page: title, period and as-of date, and the answer to the title in one sentence."""
        whole = f"{title}, {self.place}"
        about = {"title": whole, "period": self.period, "as_of": f"{self.as_of:%Y-%m-%d}" if self.dated else ""}
        plain = ", as of ".join(filter(None, (f"{whole}, {self.period}", about["as_of"])))
        display.display("", "", plain, about=about)
        self.say(f"**{answer}**" if answer else "", self.lead)

    def glance(self, *tiles: Tile | Sequence[Tile] | None) -> None:
        """Show figures at a glance, (label, value, note) each; what is None or empty is left out."""
        shown: list[Tile] = []
        for tile in tiles:
            shown += [tile] if isinstance(tile, tuple) else list(tile or [])  # type: ignore[list-item]
        listed = number(len(self.incidents)) if len(self.data.incidents) else "no list"
        display.glance(shown or [(f"{sentence(self.events)} listed", listed, self.period)])

    def say(self, *texts: str | pd.DataFrame) -> None:
        """Show paragraphs; a table stands for its sentence, and nothing is said twice in a row."""
        for text in texts:
            if isinstance(text, pd.DataFrame):
                text = text.attrs.get("says") if len(text) else self._nothing(text)
            if text and text != self._last:
                display.say(text)
            self._last = text or self._last

    def table(
        self,
        rows: pd.DataFrame,
        caption: str = "",
        *,
        heads: Mapping[str, str] | None = None,
        decimals: Mapping[str, int | None] | None = None,
        fold: bool = True,
    ) -> None:
        """Show a table. Counts of people by age, sex or settlement below `suppress` read "withheld".

        Parameters
        ----------
        rows : DataFrame
            The rows; those of a section bring their caption along.
        caption : str
            What it shows, with period and unit.
        heads, decimals : mapping, optional
            Heading and decimals of a column where they differ from those of every report.
        fold : bool
            Whether a table of more than twelve rows is folded.
        """
        if rows.empty:
            self.say(self._nothing(rows, caption))
        else:
            named = caption or str(rows.attrs.get("caption", ""))
            display.table(self.protected(rows), named, heads=heads, decimals=decimals, fold=fold)

    def figure(self, drawn: Any, rows: pd.DataFrame | None = None, **given: Any) -> None:
        """Show a figure: axes, or a function of `plot`, its table and options.

        Parameters
        ----------
        drawn : matplotlib.axes.Axes or function
            What was drawn, or how to draw `rows`.
        rows : DataFrame, optional
            The table of a function.
        **given
            Options of the function.

        Notes
        -----
        Where counts of people would have to be withheld, the figure gives way to a sentence: a bar can be read off.
        """
        tables = [rows] if rows is not None else frame.tables(drawn)
        if nothing := [table for table in tables if table.empty]:
            said = [table for table in nothing if table.attrs.get("empty")]  # a place without a point says nothing
            self.say(*(self._nothing(table) for table in said or nothing))
        elif any(self.withheld(table) for table in tables):
            display.say(f"This figure is withheld: it shows counts of people below {self.suppress}.")
        else:
            frame.show(drawn(rows, **given) if rows is not None else drawn)
            return
        if rows is None:
            plt.close(drawn.figure)

    def close(self, *used: str, intervals: bool = True) -> None:
        """End the page: what was used, with the level of its intervals, the limits of the data, and the pages cited."""
        said = [f"level {self.level:g}" if intervals else "", *used]
        display.say(f"Used here: {'; '.join(filter(None, said)) or 'nothing'}.")
        display.say("\n".join(f"- {line}" for line in self.limits) or "The data package states no limits.")
        self.cite.show()

    def protected(self, rows: pd.DataFrame) -> pd.DataFrame:
        """The table as it may be published: small counts of people and those that give them away read "withheld"."""
        if self.suppress < 2:
            return rows
        shown, keys = rows, self._keys(rows)
        for column in self._people(rows, keys):
            made = publishable(shown.reset_index(drop=True), below=self.suppress, count=column, by=keys[:2] or None)
            shown = made.drop(columns=["suppressed"], errors="ignore")
        return shown

    def withheld(self, rows: pd.DataFrame) -> bool:
        """Whether a count of the table has to be withheld."""
        return self.suppress >= 2 and bool((self.protected(rows).astype(object) == WITHHELD).any(axis=None))

    def _keys(self, rows: pd.DataFrame) -> list[str]:
        """The columns by which a small count can be a person; in a register of people also the place."""
        names = (*GROUPS, "district", str(self.data.settings["place"])) if self.people else GROUPS
        return [column for column in rows.columns if str(column) in names]

    def _people(self, rows: pd.DataFrame, keys: Sequence[str]) -> list[str]:
        names = (*PEOPLE, *COUNTS_OF_GROUPS, self.events) if keys else COUNTS_OF_GROUPS
        if keys and self.people:
            names = (*names, "count")
        counted = [
            c
            for c in rows.columns
            if str(c).removesuffix("_before") in names and pd.api.types.is_numeric_dtype(rows[c])
        ]
        if keys and len(keys) > 2 and counted:
            raise ParameterError(f"a table of people by {listing(keys)} cannot be protected: leave one of them out.")
        return counted

    @staticmethod
    def _nothing(rows: pd.DataFrame, caption: str = "") -> str:
        """What is said in place of a table without rows."""
        return str(rows.attrs.get("empty") or f"{caption or rows.attrs.get('caption') or 'Table'}: nothing is stated.")


def kind(sources: pd.DataFrame) -> str:
    """What the sources are: pages where any has an address."""
    return "page" if sources["url"].notna().any() else "source"


def words(row: pd.Series, names: Sequence[str] = LIMITS, *, percent: bool = False) -> str:
    """Return the value of a row with its interval; percent: it is one already.

    Examples
    --------
    >>> words(pd.Series({"value": 47.04, "low": 41.5, "high": 52.65}), percent=True)
    '47 % (42 to 53)'
    """
    value, low, high = (float(row[name]) / (100 if percent else 1) for name in names)
    return interval(Estimate(value, low, high), percent=percent)


def newer(rows: pd.DataFrame, on: str, figures: Mapping[str, str]) -> str:
    """Return the newest rounded figures where they are newer than all exact ones: they say how far those are behind.

    Examples
    --------
    >>> said = pd.DataFrame({"as_of": ["2025-05-01", "2025-05-10"], "killed": [80, 90], "rounded": [None, "more_than"]})
    >>> newer(said.astype({"as_of": "datetime64[s]"}), "as_of", {"killed": "killed"})
    '; more than 90 killed by 10 May 2025'
    """
    if "rounded" not in rows:
        return ""
    rows = rows[rows[list(figures)].notna().any(axis=1)].sort_values(on, kind="stable")
    rows = rows[rows[on] > rows.loc[rows["rounded"].isna(), on].max()].tail(1)
    said = [
        f"{str(row['rounded']).replace('_', ' ')} {number(row[name])} {word}".strip()
        for _, row in rows.iterrows()
        for name, word in figures.items()
        if pd.notna(row[name])
    ]
    return f"; {listing(said)} by {day(rows[on].iloc[-1])}" if said else ""
