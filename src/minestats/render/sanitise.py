"""What of a notebook's HTML reaches a page: text, tables and pictures, by an allow-list; never a script.

Notebooks show what stands in the data: a place name, a title of a page, the text of an error. Whatever markup hides
there must arrive as text. Everything that a notebook writes, Markdown and HTML alike, passes `clean`; everything
that is text passes `text`. Scripts, styles, frames, event attributes and odd addresses are dropped by the parser of
`nh3` (html5ever and ammonia). Patterns here look only at what that parser has written, which is regular and short of
surprises, so their time grows with the length of the text and no faster.
"""

from __future__ import annotations

import re
from base64 import b64encode
from collections.abc import Callable, Mapping
from html import escape, unescape
from urllib.parse import unquote_to_bytes

_CLASSES = "glance glance-item glance-value glance-label glance-note note sources warning small muted"
CLASSES = frozenset(_CLASSES.split())
_ELEMENTS = (
    "a abbr b bdi bdo blockquote br caption cite code col colgroup dd del details dfn div dl dt em figcaption figure "
    "h1 h2 h3 h4 h5 h6 hr i img ins kbd li mark ol p pre q s samp small span strong sub summary sup table tbody td "
    "tfoot th thead time tr u ul var wbr"
)
_TAGS = frozenset(_ELEMENTS.split())
_MATH_TAGS = (
    "math mrow mi mn mo ms mtext mspace mfrac msqrt mroot msub msup msubsup munder mover munderover mtable mtr mtd "
    "mstyle mpadded mphantom menclose"
)
_MATH = frozenset(_MATH_TAGS.split())
_MATH_ATTRIBUTES = {"alttext", "display", "stretchy", "fence", "linethickness", "columnalign", "mathvariant", "accent"}
_ATTRIBUTES = {
    **dict.fromkeys(_MATH, _MATH_ATTRIBUTES | {"width"}),
    "*": {"class", "id", "lang", "dir", "title", "style"},
    "a": {"href"},
    "img": {"src", "alt", "width", "height"},
    "th": {"colspan", "rowspan", "scope", "abbr"},
    "td": {"colspan", "rowspan"},
    "ol": {"start", "reversed", "type"},
    "li": {"value"},
    "time": {"datetime"},
}
_NO_CONTENT = "script style template noscript iframe object svg select annotation button"
_WITHOUT_CONTENT = frozenset(_NO_CONTENT.split())
_DATA = re.compile(r"data:image/(?:png|jpeg|gif|webp|svg\+xml);base64,[A-Za-z0-9+/=\s]+")
_ID = re.compile(r"(?!T_)\w[\w:.-]{0,80}")  # T_ is of a Styler, and changes from run to run
_FRAGMENT = re.compile(r"#[^\s\"<>#]+")
_CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]")
ANSI = re.compile(r"\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)|[ -/]+[0-~]|[@-Z\\-_])")
LEFT_OUT = "An interactive part of this output is left out here; it is in the notebook"
# What is dealt with before the allow-list: what a page cannot show, what is hidden, styles by id, links and pictures.
_LEFT_OUT_TAGS = {"iframe", "frame", "audio", "video", "object", "embed", "canvas", "svg", "form"}
_ODD_TAGS = {*_LEFT_OUT_TAGS, "script", "style", "source", "input", "font"}
_ODD = re.compile(rf"<(?:a|img|{'|'.join(sorted(_ODD_TAGS))})\b|hidden|display\s*:", re.I)
_TOKEN = re.compile(r"<(/?)([a-z][a-z0-9]*)((?: [a-z-]+=\"[^\"]*\")*)>")  # of what nh3 has written
_NAMED = re.compile(r" ([a-z-]+)=\"([^\"]*)\"")
_VOID = {"img", "embed", "source", "br", "hr", "col", "wbr", "frame", "input"}
_SOURCE = re.compile(r'<(?:source|embed) src="([^"]*)"')
_HIDING = re.compile(r"display\s*:\s*none|visibility\s*:\s*hidden", re.I)
_SVG = re.compile(r"<(/?)svg\b([^<>]*)>", re.I)
_UNSEEN = re.compile(rf"{_HIDING.pattern}|(?<![-\w])width\s*[:=]\s*[\"']?0(?![.\d%])", re.I)  # of a drawing
_STYLED_TAGS = "a b code div em h1 h2 h3 h4 h5 h6 i li ol p pre small span strong table td th tr u ul"
_STYLED = frozenset(_STYLED_TAGS.split())
_PROPERTIES = {"color", "background-color", "background", "font-weight", "font-style", "text-align", "text-decoration"}
_VALUE = re.compile(r"(?:(?:rgba?|hsla?|linear-gradient)\(|[#\w\s.,%)+-])*")
_RULE = re.compile(r"([^{}]+)\{([^{}]*)\}")
_SELECTOR = re.compile(r"#([\w-]+)(?: +(\w*)(?:\.([\w-]+))?)?")  # an element, or those of a kind or class within it


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
    >>> terminal("\x1b[31mred\x1b[0m\n50 %\r100 %\r\nab\bc")
    'red\n100 %\nac'
    """
    plain = ANSI.sub("", value).replace("\r\n", "\n")
    return text("\n".join(map(_last_state, plain.split("\n"))))


def _last_state(line: str) -> str:
    """What a terminal shows in the end of a line that was written over."""
    line = line.rstrip("\r").rsplit("\r", 1)[-1]
    if "\b" not in line:
        return line
    kept: list[str] = []
    for letter in line:
        if letter != "\b":
            kept.append(letter)
        elif kept:
            kept.pop()
    return "".join(kept)


def clean(html: str, pictures: Callable[[str], str | None] = lambda source: None) -> str:
    """Return HTML of a notebook with nothing in it but what the allow-list knows.

    A short script, as hostile data bring it, is shown as the text it is; what a page without scripts cannot show is
    replaced by a line that says so, with its address. What the notebook hides is left out.

    Parameters
    ----------
    html : str
        Anything.
    pictures : function, optional
        Returns the `data:` address of a picture that is not one yet, by its address in the notebook; None where it
        is not at hand. Such a picture is then named in words.

    Examples
    --------
    >>> clean("<p onclick=x>a<script>alert(1)</script></p>")
    '<p>a&lt;script&gt;alert(1)&lt;/script&gt;</p>'
    >>> clean('<a href="javascript:alert(1)">b</a> <a href="https://example.org">c</a>')
    '<a rel="noreferrer">b</a> <a href="https://example.org" rel="noreferrer">c</a>'
    >>> clean('<p hidden>a</p><a href="data.csv">b</a> <iframe src="https://example.org/m.html"></iframe>')
    'b (data.csv) <p class="note">An interactive part of this output is left out here; it is in the notebook (https://example.org/m.html).</p>'
    """
    import nh3

    html = _drawn(html) if "<svg" in html.lower() else html
    if _ODD.search(html):
        html = _without_odd(
            nh3.clean(
                _CONTROL.sub("", html),
                tags=_TAGS | _MATH | _ODD_TAGS,
                clean_content_tags=set(),
                attributes={
                    **_ATTRIBUTES,
                    "img": _ATTRIBUTES["img"] | {"onerror", "onload"},
                    "input": {"type", "checked"},
                    "font": {"color"},
                    "*": _ATTRIBUTES["*"] | {"hidden", "style", "src", "name", "data"},
                },
                strip_comments=True,
                link_rel=None,
                url_schemes={"https", "http", "mailto", "ftp", "ftps", "sftp", "tel", "geo", "data", "attachment"},
            ),
            pictures,
        )
    return nh3.clean(
        _CONTROL.sub("", html),
        tags=set(_TAGS | _MATH),
        clean_content_tags=set(_WITHOUT_CONTENT),
        attributes=_ATTRIBUTES,
        attribute_filter=_attribute,
        strip_comments=True,
        link_rel="noreferrer",
        url_schemes={"https", "http", "mailto", "data"},
    )


def _picture(named: Mapping[str, str], pictures: Callable[[str], str | None]) -> str:
    """A picture with its content, or in words; a path of the machine is none of a reader's business."""
    source = unescape(named.get("src", ""))
    drawing = source.startswith("data:image/svg+xml") and ";base64," not in source
    found = svg_address(unquote_to_bytes(source.partition(",")[2])) if drawing else pictures(source)
    if found or _DATA.fullmatch(source):
        return opening("img", {**named, "src": found or source})
    local = re.match(r"/(?!/)|\\|data:|attachment:|[A-Za-z]:", source)
    words = ", ".join(filter(None, (named.get("alt"), "" if local else named.get("src"))))
    return f"[picture: {words}]" if words else "[picture]" if source else ""  # a script would fill it


Change = Callable[[bool, str, str, int], tuple[str, int] | None]


def parts(html: str, change: Change) -> list[str]:
    """Return HTML that nh3 has written in pieces: what stays, what stands instead of something, what stays, and so on.

    `change` is told of each tag whether it closes, its name, its attributes and where it ends. It returns what stands
    instead, and where the text goes on; or None.
    """
    out, at = [], 0
    for found in _TOKEN.finditer(html):
        if found.start() >= at and (made := change(found[1] == "/", found[2], found[3], found.end())):
            out += [html[at : found.start()], made[0]]
            at = made[1]
    return [*out, html[at:]]


def _without_odd(html: str, pictures: Callable[[str], str | None]) -> str:
    """What nh3 has written, without what is hidden or cannot be shown; each element is looked at once."""
    rules: dict[tuple[str, ...], str] = {}
    told: set[str] = set()
    after_link, table = "", ""

    def note(address: str = "") -> str:
        before = len(told)
        told.add(made := _note(address))
        return made if len(told) > before else ""  # said once of one output

    def change(closing: bool, tag: str, attributes: str, end: int) -> tuple[str, int] | None:
        nonlocal after_link, table, rules
        if closing:
            label_end, after_link = (after_link, "") if tag == "a" else ("", after_link)
            return (label_end, end) if label_end else ("</span>", end) if tag == "font" else None
        named = attribute_map(attributes)
        if "hidden" in named or _HIDING.search(named.get("style", "")):
            return "", end_of(html, end, tag)
        if tag in ("script", "style"):
            close = html.find(f"</{tag}>", end)
            body, end = html[end:close], close + len(tag) + 3
            if tag == "style":
                rules |= _rules(body)
                return "", end
            short = not attributes and len(body) <= 200
            return escape(f"<script>{body}</script>", quote=False) if short else note(), end
        if tag in _LEFT_OUT_TAGS:
            start, end = end, end_of(html, end, tag)
            sources = [named.get("src") or named.get("data"), *_SOURCE.findall(html, start, end)]
            return note(next(filter(None, sources), "")), end
        if tag == "img" and {"onerror", "onload"} & {*named}:  # hostile data, shown as the text that they are
            return f"&lt;img {' '.join(f'{name}={value}' for name, value in named.items())}&gt;", end
        if tag == "img":
            return _picture(named, pictures), end
        if tag == "input":
            return ("☑ " if "checked" in named else "☐ ") if named.get("type") == "checkbox" else "", end
        if tag == "font":
            return f'<span style="color: {named.get("color", "")}">', end
        if tag == "a":
            made, after_link = _link(named)
            return made, end
        if not rules:
            return None
        table = named.get("id", "") if tag == "table" else table
        kinds = [(table, kind, name) for name in ("", *named.get("class", "").split()) for kind in ("", tag)]
        declared = "".join(rules.get(key, "") for key in [*kinds[1:], (named.get("id", ""),)])
        styled = {**named, "style": declared + named.get("style", "")}
        return (opening(tag, styled), end) if declared else None

    return "".join(parts(html, change))


def end_of(html: str, start: int, tag: str) -> int:
    """Return where the element that opened before `start` ends, after its closing tag."""
    if tag in _VOID:
        return start
    first = html.find(f"</{tag}>", start)
    if first >= 0 and html.find(f"<{tag}", start, first) < 0:
        return first + len(tag) + 3
    depth = 1
    for found in re.compile(rf"<(/?){tag}\b[^>]*>").finditer(html, start):
        depth += -1 if found.group(1) else 1
        if depth == 0:
            return found.end()
    return len(html)


def attribute_map(attributes: str) -> dict[str, str]:
    """Return the attributes of a clean tag by name; the values stay escaped."""
    return dict(_NAMED.findall(attributes))


def opening(tag: str, named: Mapping[str, str]) -> str:
    """Return the opening tag of an element, by its escaped attributes."""
    return f"<{tag}{''.join(f' {name}={chr(34)}{value}{chr(34)}' for name, value in named.items())}>"


def _note(address: str) -> str:
    where = f" ({address})" if re.match(r"https?://|(?![a-z]+:|/|\\).", address, re.I) else ""
    return f'<p class="note">{LEFT_OUT}{where}.</p>'


def _link(named: dict[str, str]) -> tuple[str, str]:
    """The opening tag of a link, and what follows its label where the page cannot lead there: the address in words."""
    address = named.get("href", "")
    identity = named.get("id") or named.get("name") or ""
    kept = f' id="{identity}"' if identity else ""
    if re.match(r"(?:https?:|mailto:|#)", address):
        return f'<a{kept} href="{address}">', ""
    local = not address or address.startswith(("/", "data:", "attachment:"))
    return f"<a{kept}>" if kept or local else "", "" if local else f" ({address}){'</a>' if kept else ''}"


def _rules(sheet: str) -> dict[tuple[str, ...], str]:
    """What a sheet says of elements by id, or within a table by kind and class, as a Styler of pandas writes it."""
    rules: dict[tuple[str, ...], str] = {}
    for selectors, declared in _RULE.findall(sheet):
        for selector in selectors.split(","):
            found = _SELECTOR.fullmatch(selector.strip())
            if found:
                key = found.groups("") if " " in found.group() else (found.group(1),)
                rules[key] = f"{rules.get(key, '')}{escape(' '.join(declared.split())).rstrip(';')}; "
    return rules


def svg_address(drawing: bytes) -> str | None:
    """Return the `data:` address of a drawing, None where it is none; a browser draws it without its scripts."""
    from xml.etree import ElementTree

    try:
        ElementTree.fromstring(drawing)  # noqa: S314  only asked whether it is well formed
    except (ElementTree.ParseError, ValueError):
        return None
    return f"data:image/svg+xml;base64,{b64encode(drawing).decode()}"


def _drawn(html: str) -> str:
    """HTML whose drawings are pictures; what is no drawing on its own stays as it is."""
    out, at, depth, start, first = [], 0, 0, 0, ""
    for found in _SVG.finditer(html):
        if not found.group(1) and not found.group(2).endswith("/"):
            start, first = (found.start(), found.group(2)) if depth == 0 else (start, first)
            depth += 1
        elif found.group(1) and depth:
            depth -= 1
            spaces = {"xmlns": "http://www.w3.org/2000/svg", "xmlns:xlink": "http://www.w3.org/1999/xlink"}
            missing = "".join(f' {name}="{where}"' for name, where in spaces.items() if f"{name}=" not in first)
            drawing = f"<svg{missing}{html[start + 4 : found.end()]}".encode("utf-8", "replace")
            if depth == 0 and (address := "" if _UNSEEN.search(first) else svg_address(drawing)) is not None:
                out += [html[at:start], f"<img src={address}>" if address else ""]
                at = found.end()
    return "".join([*out, html[at:]])


def _style(value: str) -> str | None:
    """The colours, weight and alignment of a style; a ground without a colour of its text gets a dark one."""
    kept = {}
    for part in value.split(";"):
        name, _, what = part.partition(":")
        name, what = name.strip().lower(), what.strip()
        if name in _PROPERTIES and what and _VALUE.fullmatch(what):
            kept[name] = what
    ground = kept.get("background-color") or kept.get("background")
    if ground and ground not in ("transparent", "inherit", "initial") and "color" not in kept:
        kept["color"] = "#111"  # readable on it in the dark scheme too
    return "; ".join(f"{name}: {what}" for name, what in kept.items()) or None


def _attribute(tag: str, name: str, value: str) -> str | None:
    if tag in _MATH and name in _ATTRIBUTES[tag]:
        return value
    if name == "src":
        return value if _DATA.fullmatch(value) else None
    if name == "class":
        return " ".join(word for word in value.split() if word in CLASSES) or None
    if name == "id":
        return value if _ID.fullmatch(value) else None
    if name == "style":
        return _style(value.replace("text-align", "") if tag == "tr" else value) if tag in _STYLED else None
    if name == "href":
        return value if re.match(r"(?:https?://|mailto:)", value) or _FRAGMENT.fullmatch(value) else None
    if name in ("width", "height", "colspan", "rowspan", "start", "value"):
        return value if re.fullmatch(r"-?[0-9]{1,5}", value) else None
    return value
