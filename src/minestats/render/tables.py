"""Tables of a notebook made readable by everybody: scopes on heads, one row of heads, numbers at the right edge.

pandas writes plain tables: the names of the index in a row below the heads, no scopes, all cells alike. A screen
reader needs to know which head belongs to a cell; an eye needs figures one below the other.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from html import unescape

_ELEMENT = re.compile(r"<(/?)(thead|tr|t[dh])\b((?:\s+[a-z-]+(?:=\"[^\"]*\")?)*)\s*>")
_CELLS = {tag: re.compile(rf"<(/?){tag}\b[^>]*>") for tag in ("td", "th", "table")}
_ATTRIBUTE = re.compile(r"\s+([a-z-]+)(?:=\"([^\"]*)\")?")
_DIGITS = r"[-+−]?(?:[0-9][0-9,. \u00a0\u202f]*|\.[0-9]+)(?:e[-+]?[0-9]+)?"
_NUMBER = re.compile(rf"\s*{_DIGITS}\s?(?:%|ha|m2|km)?\s*", re.IGNORECASE)
_MISSING = re.compile(r"\s*(?:NaN|&lt;NA&gt;|None|NaT|unknown|withheld|–|—)\s*", re.IGNORECASE)
_DATE = re.compile(r"\s*[0-9]{4}-[0-9]{2}(?:-[0-9]{2})?\s*")
_TAG = re.compile(r"<[^>]*>")


def with_scopes(inner: str, piece: Callable[[str], str]) -> str:
    """Return the rows of a clean table with `scope` on heads, empty heads as plain cells, and classes on cells.

    The classes are `n` (a column of numbers), `u` (unknown or withheld) and `d` (a date). Columns are counted from the
    right: a row head that spans several rows is missing on the left of the later ones.

    Parameters
    ----------
    inner : str
        What stands between `<table>` and `</table>`, without caption.
    piece : function
        What brings the content of a cell in order, where it holds elements.

    Examples
    --------
    >>> with_scopes("<thead><tr><th>ha</th></tr></thead><tbody><tr><td>1.5</td></tr></tbody>", str)
    '<thead><tr><th scope="col" class="n">ha</th></tr></thead><tbody><tr><td class="n">1.5</td></tr></tbody>'
    """
    inner = _one_head(inner)
    out: list[str] = []
    cells: list[tuple[int, str, dict[str, str], str, str, int]] = []
    row: list[tuple[int, str, dict[str, str], str, str, int]] = []
    at, head, column = 0, False, 0

    def end_row() -> None:
        cells.extend((*cell[:5], cell[5] - column) for cell in row)
        row.clear()

    for found in _ELEMENT.finditer(inner):
        if found.start() < at:
            continue
        closing, tag, attributes = found.groups()
        if tag == "thead":
            end_row()
            head, column = not closing, 0
        elif tag == "tr" and not closing:
            end_row()
            column = 0
        elif tag in ("td", "th") and not closing:
            end = closing_of(inner, found.end(), tag)
            content = inner[found.end() : end - 5]
            tag, kept, kind = _cell(tag, attribute_map(attributes), content, head)
            out.append(inner[at : found.start()])
            row.append((len(out), tag, kept, kind, piece(content) if "<" in content else content, column))
            out.append("")
            at = end
            column += int(kept.get("colspan") or 1)
    end_row()
    out.append(inner[at:])
    numeric = {from_right: False for *_, kind, _, from_right in cells if kind == "text"}
    numeric = {from_right: True for *_, kind, _, from_right in cells if kind == "number"} | numeric
    for place, tag, kept, kind, content, from_right in cells:
        classes = ["n"] if numeric.get(from_right) and kind in ("number", "missing", "head") else []
        classes += {"missing": ["u"], "date": ["d"]}.get(kind, [])
        kept |= {"class": " ".join(classes)} if classes else {}
        rest = "".join(f' {name}="{value}"' for name, value in kept.items())
        out[place] = f"<{tag}{rest}>{content}</{tag}>"
    return "".join(out)


def closing_of(html: str, start: int, tag: str) -> int:
    """Return where the element that opened before `start` ends, after its closing tag."""
    first = html.find(f"</{tag}>", start)
    if first >= 0 and html.find(f"<{tag}", start, first) < 0:
        return first + len(tag) + 3
    depth = 1
    for found in _CELLS[tag].finditer(html, start):
        depth += -1 if found.group(1) else 1
        if depth == 0:
            return found.end()
    return len(html)


def attribute_map(attributes: str) -> dict[str, str]:
    """Return the attributes of a clean tag by name; the values stay escaped."""
    return dict(_ATTRIBUTE.findall(attributes))


def _cell(tag: str, kept: dict[str, str], content: str, head: bool) -> tuple[str, dict[str, str], str]:
    """Tag, attributes and kind of a cell: head, number, missing, date, text, or wide."""
    kept.pop("class", None)
    wide = (kept.get("colspan") or "1") != "1"
    words = unescape(_TAG.sub("", content)) if "<" in content or "&" in content else content
    if tag == "th" and not words.strip():
        kept.pop("scope", None)
        return "td", kept, "wide"
    if tag == "th":
        several = wide if head else kept.get("rowspan", "1") != "1"
        kept.setdefault("scope", ("col" if head else "row") + ("group" if several else ""))
    if head:
        return tag, kept, "wide" if wide else "head"
    if _DATE.fullmatch(content):
        return tag, kept, "text" if wide else "date"
    if tag == "th" or wide or not words.strip():
        return tag, kept, "wide"
    if _MISSING.fullmatch(content):
        return tag, kept, "missing"
    return tag, kept, "number" if _NUMBER.fullmatch(content) else "text"


def _one_head(inner: str) -> str:
    """pandas writes the names of the index in a row of its own below the heads; make both one row."""
    cells = r"((?:(?!</?tr).)*)"
    found = re.match(rf"\s*<thead>\s*<tr>{cells}</tr>\s*<tr>{cells}</tr>\s*</thead>", inner, re.DOTALL)
    if not found:
        return inner
    upper, lower = (re.findall(r"<th>(.*?)</th>", row, re.DOTALL) for row in found.groups())
    counts = [len(re.findall("<t[hd]", row)) for row in found.groups()]
    if len(upper) != len(lower) or counts != [len(upper), len(lower)]:
        return inner
    if any(a.strip() and b.strip() for a, b in zip(upper, lower, strict=True)):
        return inner
    row = "".join(f"<th>{a.strip() or b.strip()}</th>" for a, b in zip(upper, lower, strict=True))
    return f"<thead><tr>{row}</tr></thead>{inner[found.end() :]}"
