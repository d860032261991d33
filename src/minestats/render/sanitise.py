"""What of a notebook's HTML reaches a page: text, tables and pictures, by an allow-list; never a script.

Notebooks show what stands in the data: a place name, a title of a page, the text of an error. Whatever markup hides
there must arrive as text. Everything that a notebook writes, Markdown and HTML alike, passes `clean`; everything
that is text passes `text`. Scripts, styles, frames, event attributes and addresses other than `https:` are dropped
by the parser of `nh3` (html5ever and ammonia), not by patterns.
"""

from __future__ import annotations

import re
from html import escape

CLASSES = frozenset(
    {
        "glance",
        "glance-item",
        "glance-value",
        "glance-label",
        "glance-note",
        "note",
        "sources",
        "warning",
        "small",
        "muted",
    }
)
_TAGS = frozenset(
    {
        "a",
        "abbr",
        "b",
        "bdi",
        "bdo",
        "blockquote",
        "br",
        "caption",
        "cite",
        "code",
        "col",
        "colgroup",
        "dd",
        "del",
        "details",
        "dfn",
        "div",
        "dl",
        "dt",
        "em",
        "figcaption",
        "figure",
        "h1",
        "h2",
        "h3",
        "h4",
        "h5",
        "h6",
        "hr",
        "i",
        "img",
        "ins",
        "kbd",
        "li",
        "mark",
        "ol",
        "p",
        "pre",
        "q",
        "s",
        "samp",
        "small",
        "span",
        "strong",
        "sub",
        "summary",
        "sup",
        "table",
        "tbody",
        "td",
        "tfoot",
        "th",
        "thead",
        "time",
        "tr",
        "u",
        "ul",
        "var",
        "wbr",
    }
)
_ATTRIBUTES = {
    "*": {"class", "id", "lang", "dir", "title"},
    "a": {"href"},
    "img": {"src", "alt", "width", "height"},
    "th": {"colspan", "rowspan", "scope", "abbr"},
    "td": {"colspan", "rowspan"},
    "ol": {"start", "reversed", "type"},
    "li": {"value"},
    "time": {"datetime"},
}
_SCRIPT = re.compile(r"<script\b([^>]*)>(.*?)</script\s*>", re.IGNORECASE | re.DOTALL)
_STRAY = re.compile(r"<(?=/?script\b)", re.IGNORECASE)
_IMAGE = re.compile(r"<img\b((?:[^>\"']|\"[^\"]*\"|'[^']*')*)>", re.IGNORECASE)
_DATA = re.compile(r"data:image/(?:png|jpeg|gif|webp|svg\+xml);base64,[A-Za-z0-9+/=\s]+")
_ID = re.compile(r"(?:source|note|ref|fig|table)-[A-Za-z0-9_-]{1,60}")
_CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]")
_ANSI = re.compile(r"\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)|[@-Z\\-_])")
_PLAIN_LINK = re.compile(
    r"<a\b[^>]*\bhref\s*=\s*[\"'](http://[^\"'<>\s]+)[\"'][^>]*>(.*?)</a>", re.IGNORECASE | re.DOTALL
)
LEFT_OUT = "An interactive part of this output is left out here; it is in the notebook."


def text(value: object) -> str:
    """Return a value as text of a page: escaped, without control characters.

    Examples
    --------
    >>> text('<b> & "c"')
    '&lt;b&gt; &amp; &quot;c&quot;'
    """
    return escape(_CONTROL.sub("", str(value)))


def terminal(value: str) -> str:
    r"""Return what a program printed as text of a page, without colours and with overwritten lines gone.

    Examples
    --------
    >>> terminal("\x1b[31mred\x1b[0m\n50 %\r100 %")
    'red\n100 %'
    """
    plain = _ANSI.sub("", value).replace("\r\n", "\n")
    return text("\n".join(line.rsplit("\r", 1)[-1] if not line.endswith("\r") else line for line in plain.split("\n")))


def clean(html: str) -> str:
    """Return HTML of a notebook with nothing in it but what the allow-list knows.

    A short script or a picture from elsewhere, as hostile data bring them, is shown as the text it is; a long script
    is replaced by a line that says so.

    Examples
    --------
    >>> clean("<p onclick=x>a<script>alert(1)</script></p>")
    '<p>a&lt;script&gt;alert(1)&lt;/script&gt;</p>'
    >>> clean('<a href="javascript:alert(1)">b</a> <a href="https://example.org">c</a>')
    '<a rel="noreferrer">b</a> <a href="https://example.org" rel="noreferrer">c</a>'
    """
    import nh3

    if "<" in html:
        html = _SCRIPT.sub(_script, html)
        html = _STRAY.sub("&lt;", html)
        html = _IMAGE.sub(_image, html)
        html = _PLAIN_LINK.sub(_plain_link, html)
    return nh3.clean(
        _CONTROL.sub("", html),
        tags=set(_TAGS),
        clean_content_tags={"script", "style", "template", "noscript", "iframe", "object", "svg", "math", "select"},
        attributes=_ATTRIBUTES,
        attribute_filter=_attribute,
        strip_comments=True,
        link_rel="noreferrer",
        url_schemes={"https", "data"},
    )


def _script(found: re.Match[str]) -> str:
    if not found.group(1).strip() and len(found.group(2)) <= 200:
        return escape(found.group(0), quote=False)
    return f'<p class="note">{LEFT_OUT}</p>'


def _image(found: re.Match[str]) -> str:
    attributes = found.group(1)
    if re.search(r"\bsrc\s*=\s*[\"']?\s*data:image/", attributes, re.IGNORECASE):
        return found.group(0)
    alt = re.search(r"\balt\s*=\s*(?:\"([^\"]+)\"|'([^']+)')", attributes, re.IGNORECASE)
    if alt is None or re.search(r"\bon\w+\s*=", attributes, re.IGNORECASE):
        return escape(found.group(0), quote=False)
    return f"[picture: {alt.group(1) or alt.group(2)}]".replace("<", "&lt;")


def _plain_link(found: re.Match[str]) -> str:
    """An address without encryption is no link, but stays readable."""
    address, label = found.groups()
    return label if address in label else f"{label} ({address})"


def _attribute(tag: str, name: str, value: str) -> str | None:
    if name == "class":
        return " ".join(word for word in value.split() if word in CLASSES) or None
    if name == "id":
        return value if _ID.fullmatch(value) else None
    if name == "href":
        return value if value.startswith("https://") or re.fullmatch(r"#[A-Za-z0-9_-]+", value) else None
    if name == "src":
        return value if _DATA.fullmatch(value) else None
    if name in ("width", "height", "colspan", "rowspan", "start", "value"):
        return value if re.fullmatch(r"-?[0-9]{1,5}", value) else None
    return value
