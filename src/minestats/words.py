"""How figures read in a sentence, a table and a tile, so that reports say numbers in one way.

A missing figure reads "unknown", never 0; a figure with an interval carries it; a change names both sides. The
functions return text or display it with a plain form beside the HTML one, so that a comparison of notebooks
compares the words and not the markup alone.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from html import escape

import pandas as pd

from minestats.data import Dataset
from minestats.estimate import Estimate

UNKNOWN = "unknown"
# what the words of the column `device` mean
DEVICES = {
    "anti_personnel": "anti-personnel mine",
    "anti_tank": "anti-tank mine",
    "uxo": "unexploded ordnance",
    "mine": "mine, kind not stated",
}


def number(value: object, decimals: int | None = None) -> str:
    """Return a number with separated thousands; "unknown" where it is missing.

    Without `decimals` whole numbers show none and others at most two.

    Examples
    --------
    >>> number(54841), number(41915.77), number(None), number(3, 1)
    ('54,841', '41,915.77', 'unknown', '3.0')
    """
    if value is None or pd.isna(value):
        return UNKNOWN
    value = float(value)
    if value in (float("inf"), float("-inf")):
        return "without limit"
    if decimals is None:
        return f"{value:,.2f}".rstrip("0").rstrip(".")
    return f"{value:,.{decimals}f}"


def day(value: object) -> str:
    """Return a date as people write it; "unknown" where it is missing.

    Examples
    --------
    >>> day("2022-12-14"), day(None)
    ('14 December 2022', 'unknown')
    """
    if value is None or pd.isna(value):
        return UNKNOWN
    stamp = pd.Timestamp(value)
    return f"{stamp.day} {stamp:%B %Y}"


def period(start: object, end: object) -> str:
    """Return a period, both days inside.

    Examples
    --------
    >>> period("2022-01-01", "2022-12-31"), period("2022-12-14", "2023-06-16")
    ('2022', '14 December 2022 to 16 June 2023')
    """
    first, last = pd.Timestamp(start), pd.Timestamp(end)
    if (first.month, first.day, last.month, last.day) == (1, 1, 12, 31):
        return str(first.year) if first.year == last.year else f"{first.year} to {last.year}"
    return f"{day(first)} to {day(last)}"


def many(count: object, one: str, more: str | None = None) -> str:
    """Return a count with its noun in the right number.

    Examples
    --------
    >>> many(1, "incident"), many(3, "incident"), many(2, "casualty", "casualties"), many(0, "mine")
    ('1 incident', '3 incidents', '2 casualties', 'no mines')
    """
    if count is None or pd.isna(count):
        return f"an {UNKNOWN} number of {more or one + 's'}"
    noun = one if count == 1 else (more or one + "s")
    return f"{'no' if count == 0 else number(count)} {noun}"


def interval(estimate: Estimate, *, percent: bool = False) -> str:
    """Return an estimate with its interval, as a share in percent where asked.

    Examples
    --------
    >>> interval(Estimate(59.3, 42.0, 81.4)), interval(Estimate(0.4704, 0.415, 0.5265), percent=True)
    ('59.3 (42.0 to 81.4)', '47 % (42 to 53)')
    """
    if not percent:
        return str(estimate)
    return f"{100 * estimate.value:.0f} % ({100 * estimate.low:.0f} to {100 * estimate.high:.0f})"


def p_value(p: float | None) -> str:
    """Return a p value as readers know it.

    Examples
    --------
    >>> p_value(0.0005), p_value(0.034), p_value(0.5), p_value(None)
    ('p < 0.001', 'p = 0.034', 'p = 0.50', 'no test')
    """
    if p is None or pd.isna(p):
        return "no test"
    return "p < 0.001" if p < 0.001 else f"p = {p:.3f}" if p < 0.1 else f"p = {p:.2f}"


def change(new: object, old: object, *, decimals: int = 0) -> str:
    """Return how much more or less a figure is than an earlier one.

    Examples
    --------
    >>> change(69205.7, 62023.9), change(5, 10), change(5, 0), change(7, 7), change(None, 3)
    ('12 % more', '50 % less', 'up from 0', 'the same', 'not comparable')
    """
    if any(x is None or pd.isna(x) for x in (new, old)):
        return "not comparable"
    new, old = float(new), float(old)
    if new == old:
        return "the same"
    if old == 0:
        return "up from 0"
    size = abs(new / old - 1)
    if size >= 2:
        return f"{new / old:.1f} times as many"
    text = f"{100 * size:.{decimals}f} %"
    return (
        f"about the same ({text} {'more' if new > old else 'less'})"
        if size < 0.005
        else (f"{text} {'more' if new > old else 'less'}")
    )


def listing(words: Iterable[object], last: str = "and") -> str:
    """Return words joined as in a sentence.

    Examples
    --------
    >>> listing(["a"]), listing(["a", "b", "c"]), listing([])
    ('a', 'a, b and c', 'none')
    """
    words = [str(word) for word in words]
    if len(words) < 2:
        return words[0] if words else "none"
    return f"{', '.join(words[:-1])} {last} {words[-1]}"


def sentence(text: str) -> str:
    """Return the text with a capital first letter, the rest as it is.

    Examples
    --------
    >>> sentence("all operators, ANAMA among them")
    'All operators, ANAMA among them'
    """
    return text[:1].upper() + text[1:]


def say(text: str) -> None:
    """Display a paragraph of Markdown, with the same words as plain text.

    Examples
    --------
    >>> say("12 incidents.")
    12 incidents.
    """
    _display("text/markdown", text, text)


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
    _display("text/html", f'<dl class="glance">{items}</dl>', plain)


def table(
    rows: pd.DataFrame,
    caption: str,
    *,
    heads: Mapping[str, str] | None = None,
    decimals: Mapping[str, int] | None = None,
    empty: str = "No rows.",
) -> None:
    """Display a table with caption and heads; a missing number reads "unknown".

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
    heads, decimals = heads or {}, decimals or {}
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
            f'<th scope="row">{escape(cell)}</th>' if i == 0 else f"<td{_align(r)}>{escape(cell)}</td>"
            for i, (cell, r) in enumerate(zip(row, right, strict=True))
        )
        + "</tr>"
        for row in shown.itertuples(index=False)
    )
    html = f"<table><caption>{escape(caption)}</caption><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"
    plain = f"{caption}\n{shown.to_string(index=False)}"
    _display("text/html", html, plain)


def _display(kind: str, content: str, plain: str) -> None:
    """Show rich content in a notebook, and its plain form elsewhere."""
    import sys

    ipython = sys.modules.get("IPython")
    if ipython is None or ipython.get_ipython() is None:
        print(plain)
    else:
        ipython.display.display({kind: content, "text/plain": plain}, raw=True)


def _align(right: bool) -> str:
    return ' class="num"' if right else ""


def _column(values: pd.Series, decimals: int | None) -> list[str]:
    if pd.api.types.is_bool_dtype(values):
        return ["yes" if value is True or value == True else "no" for value in values]  # noqa: E712
    if pd.api.types.is_datetime64_any_dtype(values):
        return [UNKNOWN if pd.isna(value) else f"{value:%Y-%m-%d}" for value in values]
    if pd.api.types.is_numeric_dtype(values):
        if decimals is None and pd.api.types.is_float_dtype(values) and (values.dropna() % 1 != 0).any():
            decimals = 1
        return [number(value, decimals) for value in values]
    return ["" if value is None or pd.isna(value) else str(value) for value in values]


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
        """Return the numbers of the pages that the rows rest on, "[1, 2]"; at most `most` are spelled out."""
        numbers = sorted({self._numbers.setdefault(i, len(self._numbers) + 1) for i in self._pages(rows)})
        if not numbers:
            return ""
        shown = ", ".join(map(str, numbers[:most]))
        return f"[{shown}]" if len(numbers) <= most else f"[{shown} and {len(numbers) - most} more]"

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
            say("No published page was used.")
            return
        pages = self.data.sources.set_index("source_id").reindex(list(self._numbers))
        items, lines = [], []
        for source_id, page in pages.iterrows():
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
        _display("text/html", html, "\n".join(lines))
