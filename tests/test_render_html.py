"""The page of a report: whole in itself, safe, accessible, the same bytes for the same notebook.

All notebooks here are made for the tests; no number in them is a fact.
"""

from __future__ import annotations

import base64
import io
import re
import time
from html.parser import HTMLParser
from itertools import pairwise

import nbformat
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output
from PIL import Image

from minestats.render.document import Page, picture_size, thumbnail
from minestats.render.html import LEFT_OUT, POLICY, export_html, style, template
from minestats.render.provenance import normalise
from minestats.render.provenance import notebook_bytes as dumps
from minestats.render.sanitise import CLASSES, clean

HOSTILE = "<script>alert(1)</script><img src=x onerror=alert(1)>"
FOOTER = {
    "parameters": {"district": "Aghdam", "level": 0.95},
    "as_of": "2022-10-06",
    "data_name": "made-up",
    "data_version": "1.0",
    "data_hash": "0123456789abcdef",
    "commit": "abcdef123456",
    "modified": True,
    "versions": {"python": "3.11.0", "minestats": "0.1.0"},
    "json": "default.json",
}
MIME = "application/vnd.minestats.report+json"


def png(width: int = 40, height: int = 30, color: str = "red") -> str:
    """A small picture as base64."""
    file = io.BytesIO()
    Image.new("RGB", (width, height), color).save(file, "PNG")
    return base64.b64encode(file.getvalue()).decode()


def shown(*outputs, source: str = "x", **metadata):
    """A code cell with outputs."""
    return new_code_cell(source, outputs=list(outputs), execution_count=1, metadata=metadata)


def display(data: dict, metadata: dict | None = None, kind: str = "display_data"):
    """One output of a cell."""
    more = {"execution_count": 1} if kind == "execute_result" else {}
    return new_output(kind, data=data, metadata=metadata or {}, **more)


def page(*cells, title: str = "Trend: district Aghdam (as of 2022-10-06)", failed=None, footer=None, **metadata) -> str:
    """The page of a notebook with these cells."""
    book = new_notebook(cells=list(cells), metadata=metadata)
    return export_html(
        normalise(book), title=title, footer=footer or FOOTER, source_link="default.ipynb", failed=failed
    )


class Elements(HTMLParser):
    """All elements of a page, with the text within each heading and caption, and whether tags are balanced."""

    VOID = {"meta", "img", "br", "hr", "col", "wbr", "input", "link"}

    def __init__(self, text: str):
        super().__init__(convert_charrefs=True)
        self.all: list[tuple[str, dict[str, str | None]]] = []
        self.open: list[str] = []
        self.text: list[tuple[str, str]] = []
        self.wrong: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        self.all.append((tag, dict(attrs)))
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_endtag(self, tag):
        if not self.open or self.open.pop() != tag:
            self.wrong.append(tag)

    def handle_data(self, data):
        if self.open:
            self.text.append((self.open[-1], data))

    def named(self, *tags: str) -> list[dict[str, str | None]]:
        return [attributes for tag, attributes in self.all if tag in tags]

    def words(self) -> str:
        return "".join(data for tag, data in self.text if tag not in ("style", "script"))


FULL = [
    new_markdown_cell("# Trend\n\nWhat *is* counted. See [the page](https://example.org/a?b=1&c=2)."),
    shown(new_output("stream", name="stdout", text="a < b\n"), source="print('a < b')"),
    new_markdown_cell("## One\n\n### Deep\n\n##### Deeper"),
    shown(display({"image/png": png(), "text/plain": "<Figure>"}, {"image/png": {"alt": "Bars by month"}})),
    new_markdown_cell("## Two\n\n# Again\n\n## Three\n\n## Four\n\n## Five\n\n## Six"),
    shown(display({"text/html": pd.DataFrame({"a": [1, 2]}).to_html(), "text/plain": "a"}, kind="execute_result")),
    shown(display({"image/png": png(60, 20)})),
]


class TestDocument:
    def test_the_frame_of_the_page(self):
        """Doctype, language, title, viewport, policy, one main, one h1, a skip link that leads there."""
        text = page(*FULL)
        found = Elements(text)

        assert text.startswith("<!doctype html>\n")
        assert found.wrong == []
        assert found.open == []
        assert found.named("html") == [{"lang": "en"}]
        assert ("title", "Trend: district Aghdam (as of 2022-10-06)") in found.text
        assert len(found.named("h1")) == len(found.named("main")) == 1
        assert {"name": "viewport", "content": "width=device-width, initial-scale=1"} in found.named("meta")
        assert {"http-equiv": "Content-Security-Policy", "content": POLICY} in found.named("meta")
        assert "default-src 'none'; style-src 'unsafe-inline'; img-src data:" in POLICY
        assert found.named("a")[0] == {"class": "skip", "href": "#main"}
        assert found.named("main") == [{"id": "main"}]

    def test_the_language_is_that_of_the_notebook(self):
        """Metadata `lang`; what is no language is English."""
        assert Elements(page(*FULL, lang="az")).named("html") == [{"lang": "az"}]
        assert Elements(page(*FULL, lang='"><script>')).named("html") == [{"lang": "en"}]

    def test_headings_have_no_gap_and_one_top(self):
        """A second top heading is lowered; a level that is left out is closed."""
        levels = [int(tag[1]) for tag, _ in Elements(page(*FULL)).all if re.fullmatch("h[1-6]", tag)]

        assert levels.count(1) == 1
        assert levels[0] == 1
        assert all(b <= a + 1 for a, b in pairwise(levels))

    def test_a_notebook_without_top_heading_gets_one(self):
        """The title of the page stands in its place, without the date."""
        found = Elements(page(new_markdown_cell("## A part")))

        assert ("h1", "Trend: district Aghdam") in found.text
        assert len(found.named("h1")) == 1

    def test_contents_stand_above_more_than_four_sections(self):
        """Each entry leads to its heading; with four there is no contents."""
        text = page(*FULL)
        found = Elements(text)
        links = re.findall(r"<nav.*?</nav>", text, re.DOTALL)[0]

        assert re.findall(r'href="#([^"]+)"', links) == ["one", "two", "again", "three", "four", "five", "six"]
        assert text.index("<nav") < text.index('<h2 id="one"')
        assert found.named("nav") == [{"class": "contents", "aria-label": "Contents"}]
        assert "<nav" not in page(new_markdown_cell("# T\n\n## A\n\n## B\n\n## C\n\n## D"))

    def test_contents_find_a_section_that_an_output_opens(self):
        """Headings made by code count too."""
        text = page(shown(display({"text/markdown": "# T\n\n" + "".join(f"## S{i}\n\n" for i in range(5))})))

        assert text.index("<h1") < text.index("<nav") < text.index('<h2 id="s0"')

    def test_figures_at_a_glance_stand_above_the_contents(self):
        """The answer is seen without scrolling: a first section of tiles comes before the contents."""
        tiles = display({"text/html": '<dl class="glance"><div class="glance-item"><dt>a</dt><dd>1</dd></div></dl>'})
        rest = new_markdown_cell("\n\n".join(f"## S{i}" for i in range(5)))
        text = page(new_markdown_cell("# T\n\n## At a glance"), shown(tiles), rest)

        assert text.index('class="glance"') < text.index("<nav") < text.index('<h2 id="s0"')

    def test_ids_are_unique(self):
        """Equal headings, a heading called main, notes of the same name."""
        cells = [new_markdown_cell("# T\n\n## A\n\n## A\n\n## Main\n\n## About\n\n## Contents\n\n## D\n\n## Cell 1")]
        note = display({"text/html": '<p id="note-1">a</p><p id="note-1">b</p>'})
        ids = [a["id"] for _, a in Elements(page(*cells, shown(note), shown(note))).all if a.get("id")]

        assert len(ids) == len(set(ids))

    def test_pictures_have_description_and_size(self):
        """From the display metadata; else the number and the nearest heading; never a stock sentence."""
        images = Elements(page(*FULL)).named("img")

        assert [i["alt"] for i in images] == ["Bars by month", "Figure 2: Six"]
        assert [(i["width"], i["height"]) for i in images] == [("40", "30"), ("60", "20")]
        assert "No description has been provided" not in page(*FULL)

    def test_stated_sizes_and_captions_of_pictures_are_kept(self):
        """A picture of double density states the size it is meant to have."""
        meta = {"image/png": {"width": 20, "height": 15, "caption": "A & B"}}
        text = page(shown(display({"image/png": png()}, meta)))

        assert 'width="20" height="15"' in text
        assert "<figcaption>A &amp; B</figcaption>" in text

    @pytest.mark.parametrize("kind", ["PNG", "JPEG", "GIF"])
    def test_the_size_of_a_picture_is_read_from_its_bytes(self, kind):
        """The place is kept before the picture is decoded."""
        file = io.BytesIO()
        Image.new("RGB", (123, 45)).save(file, kind)
        source = f"data:image/{kind.lower()};base64,{base64.b64encode(file.getvalue()).decode()}"

        assert picture_size(source) == (123, 45)

    @pytest.mark.parametrize(
        ("tag", "size"),
        [
            ('<svg width="72pt" height="36pt"/>', (96, 48)),
            ('<svg viewBox="0 0 30 20"/>', (30, 20)),
            ("<svg>", (None, None)),
            ("<p>", (None, None)),
        ],
    )
    def test_the_size_of_a_drawing(self, tag, size):
        """From its width and height, else from its view box."""
        assert picture_size("data:image/svg+xml;base64," + base64.b64encode(tag.encode()).decode()) == size

    def test_tables_have_caption_scopes_and_a_box_to_scroll(self):
        """pandas writes neither; the names of the index stand in the one row of heads."""
        frame = pd.DataFrame({"ha": [1.5, None], "who": ["a", "b"]}, index=pd.Index(["x", "y"], name="place"))
        text = page(new_markdown_cell("# T\n\n## Clearance"), shown(display({"text/html": frame.to_html()})))
        found = Elements(text)

        assert found.named("th") == [
            {"scope": "col"},
            {"scope": "col", "class": "n"},
            {"scope": "col"},
            {"scope": "row"},
            {"scope": "row"},
        ]
        assert '<caption class="v"><span>Clearance</span></caption>' in text
        assert 'class="table" role="region" aria-label="Clearance" tabindex="0"' in text
        assert '<td class="n">1.5</td>' in text
        assert '<td class="n u">NaN</td>' in text

    def test_counts_of_which_some_are_withheld_stand_in_line(self):
        """A column of numbers and the word for what is not shown is one of numbers."""
        frame = pd.DataFrame({"killed": [12, "withheld", "unknown"]})
        text = page(new_markdown_cell("# T\n\n## People"), shown(display({"text/html": frame.to_html()})))

        assert '<td class="n">12</td>' in text
        assert '<td class="n u">withheld</td>' in text
        assert '<td class="n u">unknown</td>' in text

    def test_stated_captions_are_seen(self):
        """Display metadata or a Styler's own caption."""
        frame = pd.DataFrame({"ha": [1.5]})
        text = page(
            shown(display({"text/html": frame.to_html()}, {"text/html": {"caption": "Cleared <b>"}})),
            shown(display({"text/html": frame.style.set_caption("By operator").to_html()})),
        )

        assert "<caption><span>Cleared &lt;b&gt;</span></caption>" in text
        assert "<caption><span>By operator</span></caption>" in text

    def test_heads_of_groups_have_the_scope_of_groups(self):
        """A head over two columns, a row head beside two rows."""
        frame = pd.DataFrame([[1, 2]] * 2, columns=pd.MultiIndex.from_product([["a"], ["x", "y"]]))
        frame.index = pd.MultiIndex.from_tuples([("p", "u"), ("p", "v")])
        heads = Elements(page(shown(display({"text/html": frame.to_html()})))).named("th")

        assert {"colspan": "2", "scope": "colgroup"} in heads
        assert {"rowspan": "2", "scope": "rowgroup"} in heads

    def test_no_empty_head_and_no_border_of_pandas(self):
        """An empty head is a plain cell; attributes of looks are gone."""
        text = page(shown(display({"text/html": pd.DataFrame({"a": [1]}).to_html()})))

        assert not re.search(r"<th[^>]*></th>", text)
        assert "border=" not in text
        assert 'class="dataframe"' not in text

    def test_code_is_folded_and_linked(self):
        """One closed details for each code cell; the notebook lies beside."""
        text = page(*FULL)
        found = Elements(text)

        assert found.named("details") == [{"class": "code"}] * 4
        assert "print(&#x27;a &lt; b&#x27;)" in text
        assert {"href": "default.ipynb"} in found.named("a")

    def test_the_foot_says_what_went_in(self):
        """Parameters, as-of date, hash of the data, commit and whether modified, versions, the record."""
        text = page(*FULL)
        words = Elements(text).words()

        for part in ("district: Aghdam", "2022-10-06", "0123456789ab", "abcdef123456", "modified", "minestats 0.1.0"):
            assert part in words
        assert {"href": "default.json"} in Elements(text).named("a")
        assert "0123456789abc" not in words

    def test_a_failed_report_has_a_banner_that_leads_to_the_cell(self):
        """Cell, line and error at the top; the traceback at the cell."""
        error = new_output("error", ename="KeyError", evalue="'hectares'", traceback=["\x1b[31mKeyError\x1b[0m: x"])
        failed = {"kind": "cell", "cell": 2, "line": 3, "ename": "KeyError", "evalue": "'hectares'"}
        text = page(new_markdown_cell("# T"), shown(), shown(error), failed=failed)

        assert text.index('class="banner"') < text.index("<h1")
        assert "cell 2, line 3: KeyError: &#x27;hectares&#x27;" in text
        assert 'href="#cell-2"' in text
        assert 'id="cell-2"' in text
        assert "\x1b" not in text
        assert 'class="banner"' not in page(new_markdown_cell("# T"))

    @pytest.mark.parametrize("kind", ["timeout", "kernel died", "did not start", "worker lost"])
    def test_a_failure_without_a_cell_is_named(self, kind):
        """There is no place to lead to."""
        text = page(failed={"kind": kind, "cell": None, "line": None, "ename": None, "evalue": None})

        assert f"The notebook stopped: {kind}." in text
        assert "#cell-None" not in text

    def test_the_page_is_small(self):
        """At most 30 kB beside pictures and tables."""
        text = re.sub(r"data:image[^\"]*|<table.*?</table>", "", page(*FULL), flags=re.DOTALL)

        assert len(text.encode()) < 30_000


class TestOutputs:
    @pytest.mark.parametrize("kind", ["display_data", "execute_result"])
    @pytest.mark.parametrize(
        ("data", "expected"),
        [
            ({"text/plain": "a <b>"}, "a &lt;b&gt;"),
            ({"text/html": "<p>html</p>", "text/plain": "plain"}, "<p>html</p>"),
            ({"text/markdown": "*mark*"}, "<em>mark</em>"),
            ({"image/png": png()}, "data:image/png;base64,"),
            ({"image/jpeg": png()}, "data:image/jpeg;base64,"),
            ({"image/svg+xml": "<svg></svg>"}, "data:image/svg+xml;base64,PHN2Zz48L3N2Zz4="),
            ({"text/latex": "$x_1$"}, "$x_1$"),
            ({"application/json": {"a": "<"}}, "&quot;a&quot;: &quot;&lt;&quot;"),
            ({"application/x-unknown": "secret"}, "An output of the type application/x-unknown is not shown"),
        ],
    )
    def test_every_output_with_a_shown_type_appears(self, kind, data, expected):
        """A displayed and a returned value alike."""
        assert expected in page(shown(display(data, kind=kind)))

    @pytest.mark.parametrize(
        "data",
        [
            {"application/javascript": "alert(1)"},
            {"application/vnd.jupyter.widget-view+json": {"model_id": "a" * 32}, "text/plain": "IntSlider(value=0)"},
            {"text/html": f"<script>{'x' * 300}</script>"},
            {"text/html": '<script src="https://example.org/x.js"></script>'},
        ],
    )
    def test_what_needs_script_gives_way_to_a_line(self, data):
        """The page says that something is left out."""
        assert LEFT_OUT in page(shown(display(data)))

    def test_an_interactive_figure_gives_way_to_its_picture(self):
        """Where a still form comes with it, that is shown."""
        text = page(shown(display({"text/html": f"<script>{'x' * 300}</script>", "image/png": png()})))

        assert "data:image/png" in text
        assert LEFT_OUT not in text

    def test_standard_error_is_left_out_but_kept_in_the_notebook(self):
        """Warnings are for the one who runs it."""
        cell = shown(new_output("stream", name="stderr", text="/tmp/ipykernel_1/2.py:1: UserWarning: beware"))

        assert "beware" not in page(cell)
        assert b"<cell>:1: UserWarning: beware" in dumps(normalise(new_notebook(cells=[cell])))

    def test_the_statement_of_the_report_is_not_shown(self):
        """Title, period and as-of date head the record, not the page."""
        assert "zzz" not in page(shown(display({MIME: {"title": "zzz"}, "text/plain": "zzz"})))
        tile = {MIME: {"glance": []}, "text/html": "<dl><dt>tile</dt></dl>", "text/plain": "zzz"}
        assert "<dt>tile</dt>" in page(shown(display(tile)))

    def test_colours_and_overwritten_lines_of_a_terminal_are_gone(self):
        """A progress bar shows its last state."""
        text = page(shown(new_output("stream", name="stdout", text="\x1b[32m10 %\x1b[0m\r100 %\nend\n")))

        assert '<pre class="out" tabindex="0">100 %\nend\n</pre>' in text

    def test_allowed_classes_style_the_figures_at_a_glance(self):
        """All other classes and styles are dropped."""
        html = '<dl class="glance x" style="color:red"><div class="glance-item" id="y"><dt>a</dt><dd>b</dd></div></dl>'
        text = page(shown(display({"text/html": html})))

        assert '<dl class="glance"><div class="glance-item" id="y"><dt>a</dt><dd>b</dd></div></dl>' in text
        assert {
            "glance",
            "glance-item",
            "glance-value",
            "glance-label",
            "glance-note",
            "note",
            "sources",
            "warning",
        } <= (CLASSES)

    def test_numbered_sources_can_be_pointed_at(self):
        """Ids of sources, notes, figures and tables are kept."""
        html = '<p><a href="#source-1">1</a></p><ol class="sources"><li id="source-1">x</li></ol>'

        assert '<li id="source-1">x</li>' in page(shown(display({"text/html": html})))

    def test_attached_pictures_of_markdown_are_kept(self):
        """They lie in the notebook itself; one that is missing leaves a word."""
        cell = new_markdown_cell("![a map](attachment:m.png) ![gone](attachment:n.png)")
        cell["attachments"] = {"m.png": {"image/png": png()}}
        text = page(cell)

        assert 'alt="a map" width="40" height="30"' in text
        assert "[picture: gone]" in text


def hostile_cells():
    """The same words wherever a name, a number or a message of the data can stand."""
    frame = pd.DataFrame({HOSTILE: [HOSTILE]}, index=pd.Index([HOSTILE], name=HOSTILE))
    return [
        new_markdown_cell(f'# {HOSTILE}\n\n## Part {HOSTILE}\n\n[{HOSTILE}](https://example.org/"onclick=alert(1))'),
        shown(display({"text/html": frame.to_html()}, {"text/html": {"caption": HOSTILE}})),
        shown(display({"text/html": frame.style.set_caption(HOSTILE).to_html()})),
        shown(display({"image/png": png()}, {"image/png": {"alt": HOSTILE + '"', "caption": HOSTILE}})),
        shown(display({"text/markdown": f"District {HOSTILE} and **{HOSTILE}**"})),
        shown(display({"text/plain": HOSTILE}), new_output("stream", name="stdout", text=HOSTILE)),
        shown(new_output("error", ename=HOSTILE, evalue=HOSTILE, traceback=[HOSTILE]), source=HOSTILE),
        shown(display({"text/html": f'<ol class="sources"><li><a href="{HOSTILE}">{HOSTILE}</a></li></ol>'})),
    ]


class TestSafety:
    def test_hostile_text_is_text_everywhere(self):
        """Names of districts, columns, captions, titles and messages of errors reach the page as text only."""
        footer = {**FOOTER, "parameters": {"district": HOSTILE}, "as_of": HOSTILE, "data_name": HOSTILE}
        failed = {"kind": "cell", "cell": 6, "line": 1, "ename": HOSTILE, "evalue": HOSTILE}
        text = page(*hostile_cells(), title=HOSTILE, failed=failed, footer=footer)
        found = Elements(text)

        assert found.named("script", "iframe", "object", "embed", "form", "svg", "link", "base") == []
        assert not [name for _, attributes in found.all for name in attributes if name.startswith("on")]
        assert all(i["src"].startswith("data:image/") for i in found.named("img"))
        assert len(found.named("img")) == 1
        assert found.words().count("<script>alert(1)</script>") >= 12
        assert found.words().count("onerror=alert(1)") >= 12

    def test_nothing_is_loaded_from_outside(self):
        """Addresses stand in links only, without a referrer, or in words."""
        html = (
            '<link rel="stylesheet" href="https://example.org/a.css"><style>@import url(https://example.org);</style>'
            '<img src="https://example.org/a.png" alt="a"><img srcset="https://example.org/b.png 2x">'
            '<a href="https://example.org/ok">ok</a><a href="http://example.org/plain">plain</a>'
            '<a href="//example.org">x</a><a href="ftp://example.org">y</a><a href="other.html">z</a>'
            '<p style="background:url(https://example.org)">p</p><video src="https://example.org/v"></video>'
            '<td background="https://example.org">'
        )
        text = page(shown(display({"text/html": html})))
        found = Elements(text)
        outside = [(tag, a) for tag, a in found.all for v in a.values() if v and "example.org" in v]

        assert outside == [
            ("a", {"href": address, "rel": "noreferrer"})
            for address in ("https://example.org/ok", "http://example.org/plain")
        ]
        assert "@import" not in text
        assert "url(" not in text
        assert "y (ftp://example.org)z (other.html)" in found.words()
        assert "[picture: a, https://example.org/a.png]" in found.words()

    @pytest.mark.parametrize(
        "html",
        [
            "<svg onload=alert(1)>",
            "<math><mi xlink:href='javascript:alert(1)'>x</mi></math>",
            "<a href='jAvAsCrIpT:alert(1)'>x</a>",
            "<a href='data:text/html,<script>alert(1)</script>'>x</a>",
            "<a href='&#106;avascript:alert(1)'>x</a>",
            "<img src='data:text/html;base64,PHNjcmlwdD4='>",
            "<img src='data:image/png;base64,AA==\" onerror=\"alert(1)'>",
            "<noscript><p title='</noscript><img src=x onerror=alert(1)>'>",
            "<iframe srcdoc='<script>alert(1)</script>'></iframe>",
            "<<script>script>alert(1)</script>",
            "<scr<script>ipt>alert(1)</scr</script>ipt>",
            "<table><caption><script>alert(1)</script>",
            "<style><img src='</style><img src=x onerror=alert(1)>'></style>",
            "<form action='https://example.org'><input name=a></form>",
            "<base href='https://example.org'><meta http-equiv=refresh content='0;url=https://example.org'>",
            "<p id='main' class='banner'>x</p>",
            "<!--><img src=x onerror=alert(1)>-->",
            "</main></body></html><script>alert(1)</script>",
        ],
    )
    def test_known_tricks_leave_nothing_that_runs(self, html):
        """Each is one that has passed some filter of patterns."""
        for data in ({"text/html": html}, {"text/markdown": html}):
            found = Elements(page(shown(display(data))))

            assert found.wrong == []
            assert not {tag for tag, _ in found.all} & {"script", "iframe", "svg", "form", "base", "style "}
            assert len(found.named("style")) == len(found.named("main")) == len(found.named("body")) == 1
            assert not [n for _, a in found.all for n in a if n.startswith("on") or n == "srcdoc"]
            assert all(str(a.get("href", "#")).startswith(("#", "https:", "default.", "..")) for a in found.named("a"))

    @given(st.text(alphabet=st.sampled_from(list("<>&\"'/=! abscriptonerrorimgtable-:;#\n\x00\u202e")), max_size=60))
    @settings(max_examples=300, deadline=None, derandomize=True)
    def test_any_markup_is_balanced_and_calm(self, html):
        """Whatever stands in the data, the piece that comes of it is closed in itself."""
        found = Elements(Page("x").piece(clean(html)))

        assert found.wrong == []
        assert found.open == []
        assert "script" not in {tag for tag, _ in found.all}
        assert not [n for _, a in found.all for n in a if n.startswith("on")]

    @pytest.mark.parametrize(
        "html",
        ["<table><tr><td>" * 2000, "<div hidden>" * 5000, "<style>" + "{" * 200_000, "<a href='ftp://x'>" * 50_000, "<img src='x'>" * 50_000,
         "<td style='" + "color:" * 100_000 + "'>", '<a href="http://' * 60_000, "<script>" * 100_000, "<" * 300_000],
        ids=lambda html: html[:14],
    )  # fmt: skip
    def test_no_markup_takes_more_than_its_length(self, html):
        """Some were read in a time that grows with their square; twice the text is to take about twice the time."""

        def seconds(text):
            began = time.process_time()
            Page("x").piece(clean(text))
            return time.process_time() - began

        once, twice = (min(seconds(html * times) for _ in range(2)) for times in (1, 2))
        assert twice < 3.2 * once + 0.3

    def test_control_characters_are_dropped(self):
        """NUL and half pairs would break the file."""
        text = page(shown(display({"text/plain": "a\x00b\ud800c"})), title="t\x00\x1b")

        assert "abc" in text
        text.encode()

    def test_text_is_not_lost_on_the_way(self):
        """Every word of an output is still to be found."""
        words = [f"word{i}" for i in range(300)]
        html = "".join(f"<div><span>{w}</span><table><tr><td>{w}b</td></tr></table></div>" for w in words)
        found = Elements(page(shown(display({"text/html": html})))).words()

        assert all(w in found and f"{w}b" in found for w in words)


class TestSameBytes:
    def test_one_notebook_one_page(self):
        """Twice, and after the notebook was written and read, the bytes are the same."""
        book = normalise(new_notebook(cells=FULL))
        again = nbformat.reads(dumps(book).decode(), as_version=4)

        def made(nb):
            return export_html(nb, title="T", footer=FOOTER)

        assert made(book) == made(book) == made(again)

    def test_ids_times_and_folders_are_normalised(self):
        """Ids by position; no time, duration or path of the run; the folder of the data stands in no file."""
        cell = new_code_cell('# Parameters\ndistrict = "x"\ndata = "/home/someone/data"\n', id="random")
        cell.metadata = {
            "tags": ["injected-parameters"],
            "execution": {"iopub.execute_input": "2026-01-01T00:00:00Z"},
            "papermill": {"duration": 1.5},
        }
        error = new_output(
            "error", ename="E", evalue="in /home/someone/a.py", traceback=["File /home/someone/a.py:3, in f"]
        )
        book = new_notebook(cells=[cell, shown(error)])
        book.metadata = {
            "papermill": {
                "parameters": {"district": "x", "data": "/home/someone/data"},
                "start_time": "2026",
                "input_path": "/home/someone/a.ipynb",
                "environment_variables": {"HOME": "/home/someone"},
            },
            "language_info": {"name": "python", "version": "3.11.7"},
        }
        made = normalise(book)
        text = dumps(made).decode()

        assert [c["id"] for c in made["cells"]] == ["cell-1", "cell-2"]
        assert made["metadata"]["papermill"] == {"parameters": {"district": "x", "data": "(data folder)"}}
        assert made["cells"][0]["source"].splitlines()[1:] == ['district = "x"', 'data = "(data folder)"']
        assert "/home" not in text
        assert "start_time" not in text
        assert "version" not in made["metadata"]["language_info"]
        assert book.cells[0]["id"] == "random"
        nbformat.validate(nbformat.reads(text, as_version=4))

    def test_widgets_are_numbered(self):
        """Their random names become numbers, in the state and in the view alike."""

        def book(name):
            view = {"application/vnd.jupyter.widget-view+json": {"model_id": name, "version_major": 2}}
            state = {"state": {name: {"model_name": "X", "state": {"layout": f"IPY_MODEL_{name}"}}}}
            made = new_notebook(cells=[shown(display(view))])
            made.metadata["widgets"] = {"application/vnd.jupyter.widget-state+json": state}
            return dumps(normalise(made))

        assert book("0123456789abcdef" * 2) == book("fedcba9876543210" * 2)

    def test_the_file_is_that_of_jupyter(self):
        """Opening and saving in Jupyter changes nothing."""
        made = dumps(normalise(new_notebook(cells=FULL)))
        file = io.StringIO()
        nbformat.write(nbformat.reads(made.decode(), as_version=4), file)

        assert file.getvalue().rstrip("\n") + "\n" == made.decode()

    def test_a_template_is_read_once(self):
        """Templates are read once in a process."""
        assert template("report") is template("report")

    def test_the_style_is_whole(self):
        """Comments and blanks are gone, braces are even."""
        for names in (("base", "report"), ("base", "index")):
            sheet = style(*names)
            assert sheet.count("{") == sheet.count("}") > 40
            assert "/*" not in sheet
            assert "url(" not in sheet
            assert "@page{size:A4" in sheet


class TestNarrow:
    """A figure that has a picture of its own for a phone shows it there."""

    def test_the_narrow_picture_on_a_small_screen_alone(self):
        narrow = {"png": png(20, 10), "width": 10, "height": 5}
        made = page(shown(display({"image/png": png()}, {"image/png": {"alt": "Bars", "narrow": narrow}})))

        assert f'srcset="data:image/png;base64,{narrow["png"]}" width="10" height="5"><img src="data:' in made
        assert 'media="screen and (max-width: 640px)"' in made

    @pytest.mark.parametrize(
        "narrow",
        ["x", {}, {"png": '"><script>', "width": 1, "height": 1}, {"png": "AAAA", "width": "1px", "height": 1}],
    )
    def test_what_is_no_picture_is_left_out(self, narrow):
        made = page(shown(display({"image/png": png()}, {"image/png": {"alt": "Bars", "narrow": narrow}})))

        assert "<picture" not in made
        assert 'alt="Bars"' in made


class TestThumbnail:
    def test_the_first_figure_240_pixels_wide(self):
        """A small file of its own, on white ground."""
        book = new_notebook(cells=[shown(), shown(display({"image/png": png(960, 480)}))])
        small = thumbnail(book)

        with Image.open(io.BytesIO(small)) as picture:
            assert picture.size == (240, 120)
        assert small == thumbnail(book)

    def test_without_figure_there_is_none(self):
        """Nor for one that cannot be read."""
        assert thumbnail(new_notebook(cells=FULL[:2])) is None
        assert thumbnail(new_notebook(cells=[shown(display({"image/png": "AAAA"}))])) is None
