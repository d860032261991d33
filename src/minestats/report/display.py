"""Sentences, tiles and tables of a report, shown in a notebook with a plain form beside the HTML one.

A comparison of notebooks so compares the words, and not the markup alone.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterable, Mapping, Sequence
from html import escape

import pandas as pd

from minestats.data.dataset import Dataset
from minestats.files import ABOUT
from minestats.report.labels import BLANK, DECIMALS, DEVICES, ESTIMATES, HEADS
from minestats.say import UNKNOWN, many, number

__all__ = ["DEVICES", "Citations", "display", "glance", "say", "table"]
LONG = 12  # rows of a table, and a quarter of the pages of a list, that are not folded
_CODE = re.compile(r"[a-z]+(_[a-z]+)*(;[a-z]+(_[a-z]+)*)*")
_MANY_PAGES = re.compile(r"\[([0-9]+ pages)\]")


def say(text: str) -> None:
    """Display a paragraph of Markdown, with the same words as plain text.

    Examples
    --------
    >>> say("12 incidents.")
    12 incidents.
    """
    display("text/markdown", _MANY_PAGES.sub(r"[\1](#source-1)", text), text)


def glance(tiles: Sequence[tuple[str, str, str]]) -> None:
    """Display figures at a glance: label, value, note.

    Examples
    --------
    >>> glance([("Incidents in 2025", "23", "24 in 2024")])
    Incidents in 2025: 23 (24 in 2024)
    """
    items = "".join(
        f'<div class="glance-item"><dt class="glance-label">{escape(label)}</dt>'
        f'<dd class="glance-value">{escape(value)}</dd><dd class="glance-note">{escape(note)}</dd></div>'
        for label, value, note in tiles
    )
    plain = "\n".join(f"{label}: {value}" + (f" ({note})" if note else "") for label, value, note in tiles)
    figures = [dict(zip(("label", "value", "note"), tile, strict=True)) for tile in tiles]
    display("text/html", f'<dl class="glance">{items}</dl>', plain, about={"glance": figures})


def table(
    rows: pd.DataFrame,
    caption: str,
    *,
    heads: Mapping[str, str] | None = None,
    decimals: Mapping[str, int | None] | None = None,
    empty: str = "No rows.",
    fold: bool = True,
) -> None:
    """Display a table with caption and heads; a missing number reads "unknown", or is blank where it does not apply.

    Parameters
    ----------
    rows : DataFrame
        The rows; the first column heads each row. The index is not shown.
    caption : str
        What the table shows, with period and unit.
    heads : mapping of str to str, optional
        Heading of a column, with its unit; other columns keep their name, with blanks for underscores.
    decimals : mapping of str to int, optional
        Decimals of a column of numbers.
    empty : str
        Sentence shown in place of a table without rows.
    fold : bool
        Whether a table of more than twelve rows is folded.

    Examples
    --------
    >>> table(pd.DataFrame({"year": ["2024", "2025"], "killed": [4, None]}), "Killed a year")
    Killed a year
    year  killed
    2024       4
    2025 unknown
    >>> table(pd.DataFrame({"year": []}), "Killed a year", empty="No year is known.")
    Killed a year: No year is known.
    """
    if rows.empty:
        say(f"{caption}: {empty}")
        return
    heads, decimals = {**HEADS, **(heads or {})}, {**DECIMALS, **(decimals or {})}
    shown = pd.DataFrame(
        {heads.get(c, str(c).replace("_", " ")): _column(rows[c], decimals.get(c)) for c in rows.columns}
    )
    right = [pd.api.types.is_numeric_dtype(rows[c]) and not pd.api.types.is_bool_dtype(rows[c]) for c in rows.columns]
    head = "".join(
        f'<th scope="col"{_align(r)}>{escape(name)}</th>' for name, r in zip(shown.columns, right, strict=True)
    )
    body = "".join(
        "<tr>"
        + "".join(
            f'<th scope="row">{_linked(cell)}</th>' if i == 0 else f"<td{_align(r)}>{_linked(cell)}</td>"
            for i, (cell, r) in enumerate(zip(row, right, strict=True))
        )
        + "</tr>"
        for row in shown.itertuples(index=False)
    )
    html = f"<table><caption>{escape(caption)}</caption><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"
    if fold and len(rows) > LONG:
        html = f"<details><summary>{escape(caption)}: {many(len(rows), 'row')}</summary>{html}</details>"
    plain = f"{caption}\n{shown.to_string(index=False)}"
    display("text/html", html, plain)


def display(kind: str, content: str, plain: str, *, about: Mapping[str, object] | None = None) -> None:
    """Show rich content in a notebook, and its plain form elsewhere; `about` goes into the record of the report."""
    ipython = sys.modules.get("IPython")
    if ipython is None or ipython.get_ipython() is None:
        print(plain)
    else:
        shown: dict[str, object] = {kind: content, "text/plain": plain} | ({ABOUT: about} if about else {})
        ipython.display.display({name: value for name, value in shown.items() if value}, raw=True)


def _linked(cell: str) -> str:
    return _MANY_PAGES.sub(r'<a href="#source-1">\1</a>', escape(cell))


def _align(right: bool) -> str:
    return ' class="num"' if right else ""


def _column(values: pd.Series, decimals: int | None) -> list[str]:
    if pd.api.types.is_bool_dtype(values):
        return ["yes" if value is True or value == True else "no" for value in values]  # noqa: E712
    missing = "" if values.name in BLANK else UNKNOWN
    if pd.api.types.is_datetime64_any_dtype(values):
        return [missing if pd.isna(value) else f"{value:%Y-%m-%d}" for value in values]
    if pd.api.types.is_numeric_dtype(values):
        if decimals is None and pd.api.types.is_float_dtype(values) and (values.dropna() % 1 != 0).any():
            decimals = 1
        return [missing if pd.isna(value) else _figure(value, decimals, values.name in ESTIMATES) for value in values]
    words = str if values.name == "table" else _words  # what a table is called is no word of a sentence
    return ["" if value is None or pd.isna(value) else words(str(value)) for value in values]


def _figure(value: float, decimals: int | None, estimate: bool) -> str:
    """A cell of a number; what its decimals would show as 0 is below the last of them: "<0.1"."""
    return number(value, 0 if decimals and estimate and abs(value) >= 100 else decimals).replace("under ", "<")


def _words(cell: str) -> str:
    """A cell of text; the codes of the tables as words."""
    return cell.replace("_", " ").replace(";", ", ") if _CODE.fullmatch(cell) else cell


class Citations:
    """Numbers for the pages that a report uses, in the order in which it uses them.

    Parameters
    ----------
    data : Dataset
        The data whose `sources` are cited.

    Examples
    --------
    >>> from minestats import load
    >>> data = load()
    >>> cite = Citations(data)
    >>> cite(data.clearance.head(2)), cite(data.clearance.head(1))
    ('[1, 2]', '[1]')
    """

    def __init__(self, data: Dataset) -> None:
        self.data = data
        self._numbers: dict[str, int] = {}
        self._told_by: dict[str, list[str]] | None = None

    def __call__(self, rows: pd.DataFrame, most: int = 4) -> str:
        """Return the numbers of the pages that the rows rest on, "[1, 2]"; how many they are where they are many."""
        numbers = sorted({self._numbers.setdefault(i, len(self._numbers) + 1) for i in self._pages(rows)})
        if not numbers:
            return ""
        return f"[{', '.join(map(str, numbers))}]" if len(numbers) <= most else f"[{len(numbers)} pages]"

    def each(self, rows: pd.DataFrame, on: str, values: Iterable[object]) -> list[str]:
        """Return the numbers of the pages of the rows that have a value, or one of a list of values, for each."""
        names, pages = rows[on], rows.filter(["source_id"])  # a table of many columns is not cut once for each row
        some = [value if isinstance(value, list | tuple) else [value] for value in values]
        return [self(pages[names.isin(these)]) for these in some]

    def _pages(self, rows: pd.DataFrame) -> list[str]:
        """The ids of the pages, as `Dataset.sources_of` finds them; looked up, since tables cite row by row."""
        pages = rows["source_id"].dropna().unique().tolist() if "source_id" in rows else []
        if "incident_id" in rows and "report_id" not in rows:
            if self._told_by is None:
                self._told_by = {}
                reports = self.data.incident_reports
                for incident, page in zip(reports["incident_id"], reports["source_id"], strict=True):
                    if pd.notna(incident) and pd.notna(page):
                        self._told_by.setdefault(incident, []).append(page)
            ids = rows["incident_id"]
            wanted = set(ids[ids.isin(list(self._told_by))])
            pages += [page for incident, told in self._told_by.items() if incident in wanted for page in told]
        return pages

    def show(self) -> None:
        """Display the numbered list of the pages cited."""
        if not self._numbers:
            say("No source is cited.")
            return
        pages = self.data.sources.set_index("source_id").reindex(list(self._numbers)).to_dict("index")
        items, lines = [], []
        for source_id, page in pages.items():
            words = [str(page["publisher"]) if pd.notna(page["publisher"]) else "publisher not named"]
            words.append(f"{page['published']:%Y-%m-%d}" if pd.notna(page["published"]) else "date not shown")
            text = ", ".join(words)
            url = str(page["url"]) if pd.notna(page["url"]) else ""
            link = (
                f'<a href="{escape(url, quote=True)}" rel="noreferrer">{escape(text)}</a>'
                if url.startswith(("https://", "http://"))
                else escape(text)
            )
            number_ = self._numbers[source_id]
            items.append(f'<li id="source-{number_}">{link}</li>')
            lines.append(f"[{number_}] {text}. {url}".rstrip())
        html = f'<ol class="sources">{"".join(items)}</ol>'
        if len(items) > 4 * LONG:  # a link to one of them opens the list
            html = f"<details><summary>{many(len(items), 'page')} cited</summary>{html}</details>"
        display("text/html", html, "\n".join(lines))
