"""From the clean pieces of a notebook to one accessible document: headings, tables and figures in order.

The pieces come one after another, each already clean (see `sanitise`). A `Page` remembers what a single piece cannot
know: whether the one top heading is used, which heading is nearest, how many figures and tables went before, which
ids are taken. So every page has exactly one `h1`, no gap between heading levels, a caption and scopes on every
table, and a description and a size on every picture.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from html import unescape
from unicodedata import combining, normalize

from minestats.render.pictures import picture_size
from minestats.render.sanitise import text
from minestats.render.tables import attribute_map, closing_of, with_scopes

_TOKEN = re.compile(r"<(/?)([a-z][a-z0-9]*)((?:\s+[a-z-]+(?:=\"[^\"]*\")?)*)\s*>")
_TAG = re.compile(r"<[^>]*>")


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

    def piece(self, html: str, *, caption: str = "", figure: dict[str, object] | None = None) -> str:
        """Return a clean piece with its headings, tables and pictures in order.

        Parameters
        ----------
        html : str
            What `clean` returned.
        caption : str
            Caption for a table that has none.
        figure : dict, optional
            `alt`, `width`, `height` of the pictures, where the notebook states them.
        """
        out: list[str] = []
        at = 0
        table = 0
        for found in _TOKEN.finditer(html):
            if found.start() < at:
                continue
            closing, tag, attributes = found.groups()
            if tag == "table":
                table += -1 if closing else 1
                if table == 1 and not closing:
                    end = closing_of(html, found.end(), "table")
                    out += [html[at : found.start()], self._table(html[found.start() : end], caption)]
                    at, table = end, 0
                continue
            if closing:
                continue
            if re.fullmatch("h[1-6]", tag):
                end = html.find(f"</{tag}>", found.end())
                if end >= 0:
                    out += [html[at : found.start()], self._heading(int(tag[1]), html[found.end() : end])]
                    at = end + len(tag) + 3
            elif tag == "img":
                out += [html[at : found.start()], self._picture(attribute_map(attributes), figure or {})]
                at = found.end()
            elif 'id="' in attributes:
                out += [html[at : found.start()], f"<{tag}{self._with_id(attributes)}>"]
                at = found.end()
        out.append(html[at:])
        return "".join(out)

    def picture(self, source: str, *, alt: str = "", width: object = None, height: object = None) -> str:
        """Return a picture with description and size; `source` is a `data:` address."""
        return self._picture({"src": source, "alt": text(alt)}, {"width": width, "height": height})

    def _heading(self, level: int, inner: str) -> str:
        if level == 1 and self.has_h1:
            level = 2
        elif level == 1:
            self.has_h1 = True
        level = max(1 if not self.level and level == 1 else 2, min(level, max(self.level, 1) + 1))
        self.level = level
        words = unescape(_TAG.sub("", inner)).strip()
        self.heading = words
        name = self.free(_slug(words) or "section")
        if level == 2:
            self.contents.append((name, words))
        return f'<h{level} id="{name}">{inner}</h{level}>'

    def free(self, name: str) -> str:
        """Return the name, or the name with a number, as an id that the page does not use yet; it is taken now."""
        free, number = name, 2
        while free in self.ids:
            free, number = f"{name}-{number}", number + 1
        self.ids.add(free)
        return free

    def _with_id(self, attributes: str) -> str:
        name = re.search(r'\sid="([^"]*)"', attributes)
        if name is None:
            return attributes
        if name.group(1) in self.ids:
            return attributes.replace(name.group(0), "")
        self.ids.add(name.group(1))
        return attributes

    def _picture(self, attributes: dict[str, str], stated: dict[str, object]) -> str:
        source = attributes.get("src", "")
        if not source:
            return text("[picture]") if not attributes.get("alt") else f"[picture: {attributes['alt']}]"
        self.figures += 1
        alt = attributes.get("alt") or text(stated.get("alt") or "")
        alt = alt or text(f"Figure {self.figures}: {self.heading or self.title}")
        width, height = attributes.get("width") or stated.get("width"), attributes.get("height") or stated.get("height")
        if not (_whole(width) and _whole(height)):
            width, height = picture_size(source)
        size = f' width="{int(width)}" height="{int(height)}"' if width and height else ""
        return f'<img src="{source}" alt="{alt}"{size}>'

    def _table(self, html: str, caption: str) -> str:
        end = html.index(">") + 1
        inner = html[end:-8]
        own = re.match(r"\s*<caption[^>]*>(.*?)</caption>", inner, re.DOTALL)
        words = _TAG.sub("", own.group(1)).strip() if own else ""
        if own:
            inner = inner[own.end() :]
        label = words or text(caption or self.heading or self.title)
        title = own.group(1) if own and words else label
        seen = "" if words or caption else ' class="v"'
        identity = (
            self._with_id(re.sub(r'\s(?!id=)[a-z-]+="[^"]*"', "", html[6 : end - 1])) if 'id="' in html[:end] else ""
        )
        return (
            f'<div class="table" role="region" aria-label="{label}" tabindex="0"><table{identity}>'
            f"<caption{seen}><span>{title}</span></caption>{with_scopes(inner, self.piece)}</table></div>"
        )


def _whole(value: object) -> bool:
    return re.fullmatch(r"[1-9][0-9]{0,4}", str(value)) is not None


def _slug(words: str) -> str:
    plain = "".join(c for c in normalize("NFKD", words.lower().replace("ə", "e").replace("ı", "i")) if not combining(c))
    return re.sub(r"[^\w]+", "-", plain).strip("-_")[:60]
