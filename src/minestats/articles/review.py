"""What the command `minestats extract` does, as a plain function for the command line to call.

The page on which a person reviews candidates shows each beside its passage with the figures marked. What is ticked is
saved from the page as the CSV that `minestats add` takes: the lines are in the page, no server is asked.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from html import escape
from itertools import pairwise
from pathlib import Path

import pandas as pd

from minestats.articles.extraction import extract, to_csv
from minestats.articles.text import from_html, looks_like_html
from minestats.errors import ParameterError, check_choice

FORMATS = ("csv", "html")


def extract_command(
    files: Sequence[str | Path],
    *,
    format: str = "csv",
    published: str | None = None,
    districts: str | None = None,
    data: str | None = None,
    reader: str | None = None,
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
        CSV of districts and their aliases; None: that of `data`.
    data : str or None
        Folder of the country; None: the bundled one, or no country where `districts` are given.
    reader : str or None
        Command that reads the articles instead of the rules; see `minestats.extract.extract`.

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
        articles.append((name, text, extract(text, published=published, districts=table, data=data, reader=reader)))
    if format == "html":
        return page(articles)
    if len(articles) == 1:
        return to_csv(articles[0][2])
    for name, _, candidates in articles:
        candidates.insert(0, "article", name)
    return to_csv(pd.concat([candidates for _, _, candidates in articles], ignore_index=True))


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


_STYLE = """body{font:16px/1.6 system-ui,sans-serif;max-width:60em;margin:2em auto;padding:0 1em;color:#1a1a1a}
mark{background:#fff0b3;border-bottom:2px solid #b58900}mark sup{font-size:.7em;color:#5c4a00;margin-left:.15em}
pre{white-space:pre-wrap;font:inherit}table{border-collapse:collapse;margin:.5em 0 1.5em}
th,td{border:1px solid #bbb;padding:.2em .6em;text-align:left;vertical-align:top}.doubt{color:#8a2b06}
.beside{display:flex;flex-wrap:wrap;gap:1em}.beside table{margin:0}.beside blockquote{flex:1 1 20em;margin:0}
@media(prefers-color-scheme:dark){body{background:#161616;color:#eee}mark{background:#4d3f00;color:#fff}
mark sup{color:#ffe08a}.doubt{color:#ffb08a}}"""
_SAVE = """<p><button type="button" id="save">Save the ticked rows as CSV</button> <output id="said"></output></p>
<script>
document.getElementById("save").addEventListener("click", () => {
  const [head, ...lines] = JSON.parse(document.getElementById("rows").textContent);
  const ticked = [...document.querySelectorAll("input[data-row]:checked")].map((box) => lines[box.dataset.row]);
  document.getElementById("said").textContent = ticked.length ? ticked.length + " saved" : "Nothing is ticked.";
  if (!ticked.length) return;
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob([[head, ...ticked].join("\\n") + "\\n"], { type: "text/csv" }));
  link.download = "confirmed.csv";
  link.click();
});
</script>"""
_OWN = {"kind", "start", "end", "spans", "confidence", "doubt", "rounded"}


def page(articles: list[tuple[str, str, pd.DataFrame]]) -> str:
    """Return the HTML page of articles: (name, text, candidates) each; all text is escaped."""
    head, lines = "", list[str]()
    parts = [
        "<!DOCTYPE html>",
        '<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">',
        f"<title>Candidates for review</title><style>{_STYLE}</style></head><body>",
        "<h1>Candidates for review</h1>",
    ]
    for name, text, candidates in articles:
        parts.append(f"<article><h2>{escape(name)}</h2>")
        for number, (_, row) in enumerate(candidates.iterrows(), 1):
            head, line = to_csv(candidates.iloc[[number - 1]]).split("\n", 1)
            parts.append(_row(number, row, text, len(lines)))
            lines.append(line.rstrip("\n"))
        if candidates.empty:
            parts.append("<p>No candidates were found.</p>")
        parts.append(
            f"<details><summary>The article</summary><pre>{marked(text, candidates)}</pre></details></article>"
        )
    if lines:
        held = json.dumps([head, *lines], ensure_ascii=False).replace("<", "\\u003c")
        parts.append(f'<script type="application/json" id="rows">{held}</script>{_SAVE}')
    return "\n".join([*parts, "</body></html>"]) + "\n"


def marked(text: str, candidates: pd.DataFrame) -> str:
    """Return the text, escaped, with a `mark` around each span; its title names row and field.

    Examples
    --------
    >>> rows = pd.DataFrame({"spans": [{"killed": (0, 3)}], "kind": ["incident"]})
    >>> marked("One < two", rows)
    '<mark title="1 incident: killed">One<sup>1</sup></mark> &lt; two'
    """
    opening: dict[int, list[tuple[int, str]]] = {}
    closing: dict[int, list[tuple[int, str]]] = {}
    for number, (kind, fields) in enumerate(zip(candidates["kind"], candidates["spans"], strict=True), 1):
        for field, (start, end) in fields.items():
            label = (number, f"{number} {kind}: {field}")
            opening.setdefault(start, []).append(label)
            closing.setdefault(end, []).append(label)
    edges = sorted({0, len(text), *opening, *closing})
    over: dict[tuple[int, str], None] = {}
    pieces = []
    for begin, end in pairwise(edges):
        for label in closing.get(begin, ()):
            over.pop(label, None)
        over.update(dict.fromkeys(opening.get(begin, ())))
        piece = escape(text[begin:end])
        if over:
            title = escape("; ".join(label for _, label in over), quote=True)
            numbers = sorted({number for number, _ in closing.get(end, ())})
            note = f"<sup>{','.join(map(str, numbers))}</sup>" if numbers else ""
            piece = f'<mark title="{title}">{piece}{note}</mark>'
        pieces.append(piece)
    return "".join(pieces)


def _row(number: int, row: pd.Series, text: str, place: int) -> str:
    """A candidate with its box to tick, beside its passage; nothing is ticked before a person has read it."""
    start, end = row["start"], row["end"]
    spans = {name: (a - start, b - start) for name, (a, b) in row["spans"].items() if start <= a <= b <= end}
    passage = marked(text[start:end], pd.DataFrame({"kind": [row["kind"]], "spans": [spans]}))
    cells = []
    for name, value in row.items():
        if name in _OWN or value is None or value is pd.NA or value is pd.NaT or pd.isna(value):
            continue
        shown = value.date().isoformat() if isinstance(value, pd.Timestamp) else _plain(value)
        cells.append(f'<tr><th scope="row">{escape(str(name))}</th><td>{escape(shown)}</td></tr>')
    doubt = "" if pd.isna(row["doubt"]) else f'<p class="doubt">{escape(row["doubt"])}</p>'
    return (
        f'<h3><label><input type="checkbox" data-row="{place}"> {number}. {escape(row["kind"])}, '
        f"confidence {row['confidence']:.2f}</label></h3>{doubt}"
        f'<div class="beside"><table>{"".join(cells)}</table><blockquote>{passage}</blockquote></div>'
    )


def _plain(value: object) -> str:
    return f"{value:.10g}" if isinstance(value, float) else str(value)
