"""Text with its offsets kept: what comes in is cleaned character by character, so every span stays true.

Articles carry typographic quotes, thin spaces, direction marks, markup and lines broken at a fixed width. Each
character is exchanged for exactly one other, so that `text[start:end]` is the evidence in the text that was given.
Sentences are found by one scan; no rule looks further than one of them, and none is longer than a fixed limit,
which is what keeps the time proportional to the length of the text.
"""

from __future__ import annotations

import re
from html.parser import HTMLParser
from typing import NamedTuple

LONGEST = 1500
"""Characters of a sentence at most; a longer one is cut at a blank."""

_EXCHANGE = {
    **dict.fromkeys(map(ord, "“”„‟«»″〝〞"), '"'),
    **dict.fromkeys(map(ord, "‘’‚‛ʼ`´′"), "'"),
    **dict.fromkeys(map(ord, "‐‑‒–—―−"), "-"),
    **dict.fromkeys(map(ord, "\t\r\v\f\xa0\u1680\u202f\u205f\u3000"), " "),
    **dict.fromkeys(range(0x2000, 0x2010), " "),
    **dict.fromkeys(range(0x202A, 0x202F), " "),
    **dict.fromkeys(range(0x2060, 0x2070), " "),
    **dict.fromkeys([*range(0x09), *range(0x0E, 0x20), *range(0x7F, 0xA0), 0xAD, 0x61C, 0xFEFF], " "),
    **dict.fromkeys([0x2028, 0x2029, 0x85], "\n"),
}
_STOP = re.compile(r"""[.!?…\n][.!?…]{0,3}+["')\]]{0,3}+\s*+""")
_GLUED = re.compile(r"[A-Z](?!z\b)[A-Za-z]{0,20}+[ ,'-]")
_ABBREVIATION = re.compile(
    r"(?:^|[\s(\"'])(?:[^\W\d_]|jan|feb|mar|apr|jun|jul|aug|sept?|oct|nov|dec|mr|mrs|ms|dr|st|no|gen|col|lt|maj|"
    r"capt|sgt|approx|sq|a\.m|p\.m|u\.s|тыс|млн|млрд|кв|гг?|min|mln)$",
    re.IGNORECASE,
)


class Sentence(NamedTuple):
    """Where a sentence stands in the text, and whether it is a line of its own, without a full stop."""

    start: int
    end: int
    heading: bool


def clean(text: str) -> str:
    """Return the text with quotes, blanks, dashes and invisible characters made plain, of the same length.

    Examples
    --------
    >>> clean("a\\u00a0“b”")
    'a "b"'
    """
    return text.translate(_EXCHANGE)


def lowered(plain: str) -> str:
    """Return the text in small letters, of the same length.

    Examples
    --------
    >>> len(lowered("İyun")) == len("İyun")
    True
    """
    low = plain.lower()
    return low if len(low) == len(plain) else "".join(char.lower()[:1] for char in plain)


def sentences(plain: str) -> list[Sentence]:
    """Return where the sentences of a cleaned text are, in order; what holds no two characters is none.

    Examples
    --------
    >>> text = "On Sept. 27 it began. It ended."
    >>> [text[s.start : s.end] for s in sentences(text)]
    ['On Sept. 27 it began.', 'It ended.']
    >>> sentences("")
    []
    """
    found: list[Sentence] = []
    begin = 0
    for stop in _STOP.finditer(plain):
        sign = stop.group()
        at, end = stop.span()
        if sign[0] == "\n":
            if sign.count("\n") == 1 and _soft_break(plain, begin, at):
                continue
            _take(plain, begin, at, found, True)
        else:
            marks = at + len(sign.rstrip())
            if marks == end < len(plain):  # nothing between this sentence and the next: "in May.The ministry"
                if not (
                    at >= 4
                    and plain[at - 3 : at].isalnum()
                    and not plain[at - 1].isupper()
                    and _GLUED.match(plain, end)
                ):
                    continue
            elif sign[0] == "." and "\n\n" not in sign and _goes_on(plain, begin, at, end):
                continue
            _take(plain, begin, marks, found, False)
        begin = end
    _take(plain, begin, len(plain), found, "\n" in plain[begin - 1 : begin])
    return found


def _soft_break(plain: str, begin: int, at: int) -> bool:
    """Whether a line break only wraps a line: the next line goes on in the middle of a sentence."""
    line = plain[plain.rfind("\n", max(0, at - 200), at) + 1 : at].strip()
    following = plain[at + 1 : at + 200].split("\n", 1)[0].strip()
    if not following or not line or line[-1] in '.!?:"':
        return False
    if following[0].islower() or (following[0].isdigit() and 40 <= len(line) <= 110):
        return True
    return 55 <= len(line) <= 110 and len(following) >= 30 and line[-1] not in '.!?:"' and _wrapped(plain, at)


def _wrapped(plain: str, at: int) -> bool:
    """Whether the lines around are of like length, as in a text broken at a fixed width."""
    around = [part for part in plain[max(0, at - 400) : at + 400].split("\n")[1:-1] if part.strip()]
    return len(around) >= 4 and sum(45 <= len(part) <= 110 for part in around) >= 0.7 * len(around)


def _goes_on(plain: str, begin: int, at: int, end: int) -> bool:
    """Whether the full stop belongs to an abbreviation, or the next word is in small letters."""
    after = plain[end : end + 3].lstrip("\"'([")
    if after and after[0].islower():
        return True
    return bool(_ABBREVIATION.search(plain, max(begin, at - 9), at))


def _take(plain: str, begin: int, end: int, found: list[Sentence], heading: bool) -> None:
    if end - begin < 2:
        return
    while begin < end and plain[begin].isspace():
        begin += 1
    while end > begin and plain[end - 1].isspace():
        end -= 1
    while end - begin > LONGEST:
        cut = plain.rfind(" ", begin + LONGEST // 2, begin + LONGEST)
        cut = cut if cut > 0 else begin + LONGEST
        found.append(Sentence(begin, cut, False))
        begin = cut
    if end - begin > 1:
        found.append(Sentence(begin, end, heading and plain[end - 1] not in ".!?"))


class _PlainText(HTMLParser):
    """Collects the text of a page: no scripts, a line for each block."""

    skipped = {"script", "style", "noscript", "template", "svg", "head", "nav", "footer", "form", "button"}
    block = re.compile(
        "address|article|aside|blockquote|br|d[dlt]|div|fig(caption|ure)|h[1-6r]|header|li|main|[ou]l|p|pre|section|t([dhr]|able)"
    )

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.parts: list[str] = []
        self.inside: list[str] = []

    def handle_starttag(self, tag, attrs):
        if tag in self.skipped:
            self.inside.append(tag)
        elif self.block.fullmatch(tag):
            self.parts.append("\n")
        if tag == "body":
            self.inside.clear()

    def handle_endtag(self, tag):
        if tag in self.skipped and tag in self.inside:
            del self.inside[self.inside.index(tag) :]
        elif self.block.fullmatch(tag):
            self.parts.append("\n")

    def handle_data(self, data):
        if not self.inside:
            self.parts.append(re.sub(r"[ \t\r\f]*\n[ \t\r\n\f]*", " ", data))


def from_html(page: str) -> str:
    """Return the readable text of an HTML page, a line for each block; scripts, menus and styles are left out.

    Spans that `extract` gives refer to this text.

    Examples
    --------
    >>> from_html("<p>Two <b>mines</b></p><script>x</script><p>found &amp; cleared</p>")
    'Two mines\\n\\nfound & cleared'
    """
    reader = _PlainText()
    reader.feed(page)
    reader.close()
    lines = [" ".join(line.split(" ")).strip() for line in "".join(reader.parts).split("\n")]
    return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip()


def looks_like_html(text: str) -> bool:
    """Whether a text begins like a page of HTML.

    Examples
    --------
    >>> looks_like_html("<!DOCTYPE html><p>x"), looks_like_html("3 < 4")
    (True, False)
    """
    return bool(
        re.match(r"\s{0,200}<(?:!doctype html|\?xml|html|head|body|article|div|p|h[1-6])\b", text, re.IGNORECASE)
    )
