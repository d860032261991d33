"""What the commands `minestats extract` and `minestats add` do, as plain functions for the command line to call."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path

import pandas as pd

from minestats.articles.adding import Added, add
from minestats.articles.extraction import extract, to_csv
from minestats.articles.markup import page
from minestats.articles.text import from_html, looks_like_html
from minestats.errors import ParameterError, check_choice

FORMATS = ("csv", "html")


def extract_command(
    files: Sequence[str | Path], *, format: str = "csv", published: str | None = None, districts: str | None = None
) -> str:
    """Return the candidates of some articles as CSV, or as an HTML page with the figures marked for review.

    Parameters
    ----------
    files : sequence of str or Path
        Articles, text or HTML in UTF-8; "-" is standard input. With more than one file the CSV opens with a column
        `article`.
    format : str
        "csv" or "html".
    published : str or None
        Day of publication of all of them (YYYY-MM-DD); None: the dateline of each.
    districts : str or None
        CSV of districts and their aliases; None: the bundled one.

    Raises
    ------
    ParameterError
        No file, no such format, a file that cannot be read or is no UTF-8 text.
    """
    check_choice("format", format, FORMATS)
    if not files:
        raise ParameterError("give at least one article; '-' reads standard input.")
    table = None if districts is None else pd.read_csv(districts, dtype=str)
    articles = []
    for file in files:
        name, text = _text(file)
        articles.append((name, text, extract(text, published=published, districts=table)))
    if format == "html":
        return page(articles)
    if len(articles) == 1:
        return to_csv(articles[0][2])
    for name, _, candidates in articles:
        candidates.insert(0, "article", name)
    return to_csv(pd.concat([candidates for _, _, candidates in articles], ignore_index=True))


def add_command(
    file: str | Path,
    *,
    to: str | Path,
    source: str = "",
    publisher: str = "",
    published: str = "",
    language: str = "en",
    url: str = "",
) -> Added:
    """Append the confirmed candidates of a CSV to the tables of a folder; `str()` of the result is what to print.

    See `minestats.articles.adding.add` for the parameters and what is refused.
    """
    return add(file, to, source=source, publisher=publisher, published=published, language=language, url=url)


def _text(file: str | Path) -> tuple[str, str]:
    """Name and readable text of an article."""
    try:
        content = sys.stdin.buffer.read() if str(file) == "-" else Path(file).read_bytes()
    except OSError as error:
        raise ParameterError(f"cannot read '{file}': {error.strerror or error}.") from error
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise ParameterError(f"'{file}' is no UTF-8 text (byte {error.start}); convert it first.") from error
    if str(file).lower().endswith((".html", ".htm")) or looks_like_html(text):
        text = from_html(text)
    return ("standard input" if str(file) == "-" else Path(file).name), text
