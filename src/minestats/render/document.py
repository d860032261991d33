"""From the clean pieces of a notebook to one accessible document: headings, tables and figures in order.

The pieces come one after another, each already clean (see `sanitise`). A `Page` remembers what a single piece cannot
know: whether the one top heading is used, which heading is nearest, how many figures and tables went before, which
ids are taken. So every page has exactly one `h1`, no gap between heading levels, a caption and scopes on every
table, and a description and a size on every picture.

Tables are cleaned and marked up anew, and pictures measured, for what a reader of the page needs.
"""

from __future__ import annotations

import base64
import io
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from html import unescape
from typing import Any
from unicodedata import combining, normalize
from urllib.parse import unquote

from minestats.render.sanitise import attribute_map, end_of, opening, parts, text

_TAG = re.compile(r"<[^>]*>")
_WITHIN = re.compile(r' href="#([^"]*)"')


@dataclass
class Page:
    """What was seen of the page so far.

    Parameters
    ----------
    title : str
        Title of the report, for tables before any heading.

    Examples
    --------
    >>> page = Page("Trend")
    >>> page.piece("<h1>Trend</h1><h3>Months</h3>")
    '<h1 id="trend">Trend</h1><h2 id="months">Months</h2>'
    >>> page.piece("<h1>Again</h1>")
    '<h2 id="again">Again</h2>'
    """

    title: str
    heading: str = ""
    level: int = 0
    has_h1: bool = False
    figures: int = 0
    ids: set[str] = field(default_factory=set)
    contents: list[tuple[str, str]] = field(default_factory=list)
    jupyter_ids: dict[str, str] = field(default_factory=dict)
    depth: int = 0

    def linked(self, html: str) -> str:
        """Return a piece whose links within the page lead to the ids that the page uses, all pieces being known.

        Jupyter calls a heading by its words with hyphens, and so do the links of notebooks.
        """

        def found(match: re.Match[str]) -> str:
            name = unquote(unescape(match.group(1)))
            own = name if name in self.ids else self.jupyter_ids.get(name) or _slug(name)
            return f' href="#{own}"' if own in self.ids else match.group(0)

        return _WITHIN.sub(found, html) if ' href="#' in html else html

    def piece(self, html: str, *, caption: str = "") -> str:
        """Return a clean piece with its headings, tables and pictures in order.

        Parameters
        ----------
        html : str
            What `clean` returned.
        caption : str
            Caption for a table that has none.
        """
        if self.depth > DEEPEST:
            return html

        def change(closing: bool, tag: str, attributes: str, end: int) -> tuple[str, int] | None:
            if closing:
                return None
            if tag == "table":
                stop = end_of(html, end, "table")
                self.depth += 1
                made = self._table(attribute_map(attributes), html[end : stop - len("</table>")], caption)
                self.depth -= 1
                return made, stop
            if re.fullmatch("h[1-6]", tag):
                stop = end_of(html, end, tag)
                return self._heading(int(tag[1]), html[end : stop - len("</h1>")], attributes), stop
            if tag == "img":
                return self.picture(attribute_map(attributes), {}), end
            return (f"<{tag}{self._with_id(attributes)}>", end) if 'id="' in attributes else None

        return "".join(parts(html, change))

    def _heading(self, level: int, inner: str, attributes: str = "") -> str:
        if level == 1 and self.has_h1:
            level = 2
        self.has_h1 = self.has_h1 or level == 1
        level = max(1 if not self.level and level == 1 else 2, min(level, max(self.level, 1) + 1))
        self.level = level
        words = unescape(_TAG.sub("", inner)).strip()
        self.heading = words
        name = self.free(_slug(words) or "section")
        self.jupyter_ids.setdefault(words.replace(" ", "-"), name)
        if level == 2:
            self.contents.append((name, words))
        inner = self.piece(inner) if 'id="' in inner or "<img" in inner else inner
        style = re.search(r' style="[^"]*"', attributes)
        return f'<h{level} id="{name}"{style.group() if style else ""}>{inner}</h{level}>'

    def free(self, name: str) -> str:
        """Return the name, or the name with a number, as an id that the page does not use yet; it is taken now."""
        free, number = name, 2
        while free in self.ids:
            free, number = f"{name}-{number}", number + 1
        self.ids.add(free)
        return free

    def _with_id(self, attributes: str) -> str:
        """The attributes, without an id that another element has."""
        name = attribute_map(attributes).get("id", "")
        taken = name in self.ids
        self.ids.add(name)
        return attributes.replace(f' id="{name}"', "") if taken else attributes

    def picture(self, attributes: Mapping[str, str], stated: Mapping[str, Any]) -> str:
        """Return a picture with description and size, by its escaped attributes and what the notebook states of it."""
        source = attributes.get("src", "")
        self.figures += 1
        alt = attributes.get("alt") or text(stated.get("alt") or "")
        alt = alt or text(f"Figure {self.figures}: {self.heading or self.title}")
        width, height = (_whole(attributes.get(name) or stated.get(name)) for name in ("width", "height"))
        if not (width and height):
            wide, high = picture_size(source)
            if wide and high:  # one stated alone gives the other
                scale = width / wide if width else height / high if height else 1
                width, height = max(1, round(wide * scale)), max(1, round(high * scale))
        size = f' width="{width}" height="{height}"' if width and height else ""
        return f'<img src="{source}" alt="{alt}"{size}>'

    def _table(self, named: Mapping[str, str], inner: str, caption: str) -> str:
        own = re.match(r"\s*<caption[^>]*>(.*?)</caption>", inner, re.DOTALL)
        words = _TAG.sub("", own.group(1)).strip() if own else ""
        if own:
            inner = inner[own.end() :]
        label = words or text(caption or self.heading or self.title)
        title = own.group(1) if own and words else label
        seen = "" if words or caption else ' class="v"'
        identity = self._with_id(f' id="{named["id"]}"') if "id" in named else ""
        return (
            f'<div class="table{_width(inner)}" role="region" aria-label="{label}" tabindex="0"><table{identity}>'
            f"<caption{seen}><span>{title}</span></caption>{with_scopes(inner, self.piece)}</table></div>"
        )


def _width(rows: str) -> str:
    """Classes for tables of many columns, which are set smaller on paper, and of very many, on a page turned round."""
    first = rows.partition("</tr>")[0]
    columns = len(re.findall(r"<t[hd]\b", first)) + sum(
        int(n) - 1 for n in re.findall(r' colspan="([0-9]{1,3})"', first)
    )
    words = sum(max(map(len, _TAG.sub(" ", head).split()), default=0) for head in first.split("</th>"))
    return " wide turned" if columns >= TURNED or words > LETTERS else " wide" if columns >= WIDE else ""


def _whole(value: object) -> int:
    return int(str(value)) if re.fullmatch(r"[1-9][0-9]{0,4}", str(value)) else 0


def _slug(words: str) -> str:
    plain = "".join(c for c in normalize("NFKD", words.lower().replace("ə", "e").replace("ı", "i")) if not combining(c))
    return re.sub(r"[^\w]+", "-", plain).strip("-_")[:60]


THUMBNAIL_WIDTH = 240
WIDE, TURNED = 9, 13  # columns
LETTERS = 90  # of the longest words of all heads: more do not fit beside each other on a page that stands upright
DEEPEST = 10  # tables within tables that are brought in order


def picture_size(source: str) -> tuple[int | None, int | None]:
    """Return width and height in pixels of a picture in a `data:` address; None where they are not found.

    Examples
    --------
    >>> picture_size("data:image/gif;base64,R0lGODlhAQACAIAAAAAAAAAAACwAAAAAAQACAAACAQQAOw==")
    (1, 2)
    """
    from PIL import Image

    kind, _, content = source.partition(";base64,")
    drawing = kind == "data:image/svg+xml"
    # sizes stand at the beginning, in a photograph after its thumbnail
    head = re.sub(r"\s", "", content if drawing else content[:400_000])
    try:
        start = base64.b64decode(head[: len(head) // 4 * 4])
        if drawing:
            return _svg_size(start)
        with Image.open(io.BytesIO(start)) as picture:
            return picture.size
    except (OSError, ValueError, SyntaxError):
        return None, None


_LENGTH = re.compile(r"([0-9.]+)(px|pt|in|cm|mm)?")
_PIXELS = {None: 1.0, "px": 1.0, "pt": 4 / 3, "in": 96.0, "cm": 96 / 2.54, "mm": 96 / 25.4}


def _svg_size(drawing: bytes) -> tuple[int | None, int | None]:
    from xml.etree import ElementTree

    root = ElementTree.fromstring(drawing)  # noqa: S314  `svg_address` has read it before
    found = [_LENGTH.fullmatch(root.get(name, "")) for name in ("width", "height")]
    sizes = [float(size[1]) * _PIXELS[size[2]] for size in found if size]
    sizes = (
        sizes if len(sizes) == 2 else [float(side) for side in root.get("viewBox", "").replace(",", " ").split()[2:]]
    )
    return (round(sizes[0]), round(sizes[1])) if len(sizes) == 2 else (None, None)


def thumbnail(nb: Mapping[str, Any]) -> bytes | None:
    """Return the first PNG figure of an executed notebook, 240 pixels wide, as PNG; None without a figure.

    Examples
    --------
    >>> thumbnail({"cells": []}) is None
    True
    """
    bundles = (output.get("data") or {} for cell in nb["cells"] for output in cell.get("outputs", []))
    content = next((data["image/png"] for data in bundles if "image/png" in data), None)
    if content is None:
        return None
    from PIL import Image

    try:
        with Image.open(io.BytesIO(base64.b64decode("".join(content)))) as opened:
            picture = opened.convert("RGBA")
    except (OSError, ValueError, SyntaxError):
        return None
    ground = Image.new("RGB", picture.size, "white")
    ground.paste(picture, mask=picture.getchannel("A"))
    width, height = ground.size
    size = (min(width, THUMBNAIL_WIDTH), max(1, round(height * min(width, THUMBNAIL_WIDTH) / width)))
    small = ground.resize(size, Image.Resampling.LANCZOS).quantize(64)
    file = io.BytesIO()
    small.save(file, "PNG", optimize=True)
    return file.getvalue()


_DIGITS = r"[-+−]?(?:[0-9][0-9,. \u00a0\u202f]*|\.[0-9]+)(?:e[-+]?[0-9]+)?"
_NUMBER = re.compile(rf"\s*(?:&lt;)?{_DIGITS}\s?(?:%|ha|m2|km)?\s*", re.IGNORECASE)
_MISSING = re.compile(r"\s*(?:NaN|&lt;NA&gt;|None|NaT|unknown|withheld|–|—)\s*", re.IGNORECASE)
_DATE = re.compile(r"\s*[0-9]{4}-[0-9]{2}(?:-[0-9]{2})?\s*")


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
    cells: list[_Cell] = []
    row: list[_Cell] = []
    head, column = False, 0

    def end_row() -> None:
        nonlocal column
        for cell in row:
            cell.column -= column
        row.clear()
        column = 0

    def change(closing: bool, tag: str, attributes: str, end: int) -> tuple[str, int] | None:
        nonlocal head, column
        if tag == "thead" or (tag == "tr" and not closing):
            end_row()
            head = not closing if tag == "thead" else head
        elif tag in ("td", "th") and not closing:
            stop = end_of(inner, end, tag)
            content = inner[end : stop - len("</td>")]
            cell = _cell(tag, attribute_map(attributes), content, head)
            cell.content, cell.column = piece(content) if "<" in content else content, column
            cells.append(cell)
            row.append(cell)
            column += int(cell.named.get("colspan") or 1)
            return "", stop
        return None

    out = parts(inner, change)
    end_row()
    numeric = {cell.column: True for cell in cells if cell.kind == "number"}
    numeric |= {cell.column: False for cell in cells if cell.kind == "text"}
    for place, cell in enumerate(cells):
        classes = ["n"] if numeric.get(cell.column) and cell.kind in ("number", "missing", "head") else []
        classes += {"missing": ["u"], "date": ["d"]}.get(cell.kind, [])
        cell.named |= {"class": " ".join(classes)} if classes else {}
        out[2 * place + 1] = f"{opening(cell.tag, cell.named)}{cell.content}</{cell.tag}>"
    return "".join(out)


@dataclass
class _Cell:
    """A cell of a table: its kind is head, number, missing, date, text, or wide; columns are counted from the right."""

    tag: str
    named: dict[str, str]
    kind: str
    content: str = ""
    column: int = 0


def _cell(tag: str, kept: dict[str, str], content: str, head: bool) -> _Cell:
    kept.pop("class", None)
    wide = (kept.get("colspan") or "1") != "1"
    words = unescape(_TAG.sub("", content)) if "<" in content or "&" in content else content
    if tag == "th" and not words.strip():
        kept.pop("scope", None)
        return _Cell("td", kept, "wide")
    if tag == "th":
        several = wide if head else kept.get("rowspan", "1") != "1"
        kept.setdefault("scope", ("col" if head else "row") + ("group" if several else ""))
    if head:
        return _Cell(tag, kept, "wide" if wide else "head")
    if _DATE.fullmatch(content):
        return _Cell(tag, kept, "text" if wide else "date")
    if tag == "th" or wide or not words.strip():
        return _Cell(tag, kept, "wide")
    if _MISSING.fullmatch(content):
        return _Cell(tag, kept, "missing")
    return _Cell(tag, kept, "number" if _NUMBER.fullmatch(content) else "text")


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
