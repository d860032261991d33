"""Pages as a browser shows them: nothing runs, nothing is fetched, nothing overflows, all can be read; and their PDF."""

from __future__ import annotations

import importlib.util
import shutil
import sys
from pathlib import Path

import pandas as pd
import pytest
from nbformat.v4 import new_markdown_cell
from test_render_html import FULL, HOSTILE, display, hostile_cells, page, shown
from test_render_index import put

from minestats.errors import MinestatsError, ParameterError
from minestats.render import pdf as printing
from minestats.render.index import write_index
from minestats.render.pdf import pdf_tool

BROWSER = next(filter(None, map(shutil.which, printing.BROWSERS)), "")
GLANCE = "".join(
    f'<div class="glance-item"><dt class="glance-label">Hectares</dt><dd class="glance-value">{n}</dd>'
    '<dd class="glance-note">as of <b>then</b></dd></div>'
    for n in ("54,841", "86.2 (70.1 to 104)", "12,547", "1", "0.000012345678901234567890")
)
WIDE = pd.DataFrame([["a long text of many words"] * 14] * 30, columns=[f"column number {i}" for i in range(14)])
LONG = "https://example.org/" + "very-long-address-" * 12
CELLS = [
    *FULL,
    shown(display({"text/html": f'<dl class="glance">{GLANCE}</dl>'})),
    shown(display({"text/html": WIDE.to_html()}, {"text/html": {"caption": "A wide table " * 12}})),
    shown(display({"text/plain": "x" * 400}), source="y = " + "1 + " * 200 + "1"),
    new_markdown_cell(
        f"## {'Verylongword' * 8}\n\n<{LONG}>\n\n<p class='warning'>{'w' * 300}</p>\n\n<p class='note'>n</p>\n\n"
        f"> quote `{'c' * 200}`\n\n<ol class='sources'><li id='source-1'><a href='{LONG}'>{LONG}</a></li></ol>"
    ),
]


@pytest.fixture(scope="module")
def chromium():
    """One browser for the tests of this file; its sandbox is off because tests may run as root in a container."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as play:
        browser = play.chromium.launch(executable_path=BROWSER, args=["--no-sandbox"])
        yield browser
        browser.close()


def opened(browser, path: Path, *, width: int = 1440, scheme: str = "light", script: bool = True):
    """The page, what the console said, and the addresses asked for."""
    view = browser.new_page(viewport={"width": width, "height": 900}, color_scheme=scheme, java_script_enabled=script)
    said: list[str] = []
    asked: list[str] = []
    view.on("console", lambda message: said.append(message.text))
    view.on("dialog", lambda dialog: (said.append(dialog.message), dialog.dismiss()))
    view.on("request", lambda request: asked.append(request.url))
    view.goto(path.as_uri())
    return view, said, asked


CONTRAST = """
() => {
  const channel = v => { v /= 255; return v <= .03928 ? v / 12.92 : Math.pow((v + .055) / 1.055, 2.4); };
  const parse = c => (c.match(/[0-9.]+/g) || []).map(Number);
  const light = c => .2126 * channel(c[0]) + .7152 * channel(c[1]) + .0722 * channel(c[2]);
  const wrong = [];
  for (const e of document.querySelectorAll("body *")) {
    const own = [...e.childNodes].some(n => n.nodeType === 3 && n.textContent.trim());
    if (!own || !e.getClientRects().length || ["STYLE", "SCRIPT"].includes(e.tagName)) continue;
    let ground = null;
    for (let p = e; p && !ground; p = p.parentElement) {
      const c = parse(getComputedStyle(p).backgroundColor);
      if (c.length && (c.length === 3 || c[3] > 0)) ground = c;
    }
    const a = light(parse(getComputedStyle(e).color)), b = light(ground || [255, 255, 255]);
    const ratio = (Math.max(a, b) + .05) / (Math.min(a, b) + .05);
    if (ratio < 4.5) wrong.push([e.tagName, e.className, e.textContent.slice(0, 20), ratio]);
  }
  return wrong;
}
"""


@pytest.mark.browser
class TestReport:
    @pytest.mark.parametrize("width", [320, 360, 768, 1440])
    def test_the_page_never_scrolls_sideways(self, chromium, tmp_path, width):
        """Wide tables scroll in their own box; long words and addresses break."""
        (tmp_path / "a.html").write_text(page(*CELLS))
        view, said, asked = opened(chromium, tmp_path / "a.html", width=width)

        assert view.evaluate("document.documentElement.scrollWidth") <= width
        assert view.evaluate("[...document.querySelectorAll('.table')].some(b => b.scrollWidth > b.clientWidth)")
        assert said == []
        assert [url for url in asked if not url.startswith(("file:", "data:"))] == []

    @pytest.mark.parametrize("scheme", ["light", "dark"])
    def test_text_stands_out_from_its_ground(self, chromium, tmp_path, scheme):
        """At least 4.5 to 1 for every text, by day and by night, also of the banner and the gallery."""
        failed = {"kind": "cell", "cell": 1, "line": 1, "ename": "E", "evalue": "v"}
        (tmp_path / "a.html").write_text(page(*CELLS, failed=failed))
        view, _, _ = opened(chromium, tmp_path / "a.html", scheme=scheme)
        view.evaluate("document.querySelectorAll('details').forEach(d => { d.open = true; })")

        assert view.evaluate(CONTRAST) == []

    def test_figures_keep_a_white_ground(self, chromium, tmp_path):
        """A figure drawn for paper stays readable by night."""
        (tmp_path / "a.html").write_text(page(*CELLS))
        view, _, _ = opened(chromium, tmp_path / "a.html", scheme="dark")

        assert view.evaluate("getComputedStyle(document.querySelector('img')).backgroundColor") == "rgb(255, 255, 255)"

    def test_hostile_text_runs_nothing(self, chromium, tmp_path):
        """Whatever stands in the data: no dialog, no request, no message; a script written into the file is refused."""
        text = page(*hostile_cells(), title=HOSTILE)
        (tmp_path / "a.html").write_text(text)
        (tmp_path / "b.html").write_text(text.replace("</main>", "<script>alert(2)</script></main>"))

        view, said, asked = opened(chromium, tmp_path / "a.html")
        view.wait_for_timeout(200)
        assert said == []
        assert [url for url in asked if not url.startswith(("file:", "data:"))] == []
        assert view.title() == HOSTILE

        _, said, _ = opened(chromium, tmp_path / "b.html")
        assert len(said) == 1
        assert "Content Security Policy" in said[0]

    def test_on_paper_code_is_left_out_and_addresses_are_printed(self, chromium, tmp_path):
        """What cannot be clicked is written out; boxes that scroll are unrolled."""
        (tmp_path / "a.html").write_text(page(*CELLS))
        view, _, _ = opened(chromium, tmp_path / "a.html")
        view.emulate_media(media="print")

        assert view.evaluate("getComputedStyle(document.querySelector('details.code')).display") == "none"
        after = "getComputedStyle(document.querySelector('main a[href^=https]'), '::after').content"
        assert "attr(" in view.evaluate(after) or "example.org" in view.evaluate(after)
        assert view.evaluate("getComputedStyle(document.querySelector('.table')).overflowX") == "visible"
        assert view.evaluate("getComputedStyle(document.querySelector('tr')).breakInside") == "avoid"
        assert view.evaluate("getComputedStyle(document.querySelector('thead')).display") == "table-header-group"
        heads = "[...document.querySelectorAll('caption, thead')].map(e => getComputedStyle(e).breakAfter)"
        assert set(view.evaluate(heads)) == {"avoid"}

    def test_the_first_tab_is_the_skip_link(self, chromium, tmp_path):
        """It shows itself when it has the focus."""
        (tmp_path / "a.html").write_text(page(*CELLS))
        view, _, _ = opened(chromium, tmp_path / "a.html")
        view.keyboard.press("Tab")

        assert view.evaluate("document.activeElement.className") == "skip"
        assert view.evaluate("document.activeElement.getBoundingClientRect().left") >= 0


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """An output folder of three reports, one stale, one failed, one hostile."""
    out = tmp_path_factory.mktemp("out")
    put(out, "trend", "default", title="Trend")
    put(out, "trend", "district-agdam", title="Trend", parameters={"district": "Ağdam"}, picture=True)
    put(out, "trend", "district-agdam", failed=True, title="Trend", parameters={"district": "Ağdam"})
    put(out, "rates", "default", failed=True, title=HOSTILE, parameters={"district": HOSTILE})
    write_index(out)
    return out


@pytest.mark.browser
class TestGallery:
    @pytest.mark.parametrize("width", [320, 360, 1440])
    @pytest.mark.parametrize("scheme", ["light", "dark"])
    def test_it_is_calm_and_fits(self, chromium, folder, width, scheme):
        """No message, no request elsewhere, no scrolling sideways, contrast everywhere; pictures show from the disk."""
        view, said, asked = opened(chromium, folder / "index.html", width=width, scheme=scheme)

        assert said == []
        assert [url for url in asked if not url.startswith(("file:", "data:"))] == []
        assert view.evaluate("document.documentElement.scrollWidth") <= width
        assert view.evaluate(CONTRAST) == []
        view.evaluate("document.querySelector('img').scrollIntoView()")  # pictures are loaded when they are near
        view.wait_for_function("document.querySelector('img').naturalWidth > 0")

    def test_search_and_filters(self, chromium, folder):
        """Words are found without regard to case and accents; report and state narrow the list."""
        view, _, _ = opened(chromium, folder / "index.html")

        def seen():
            return view.evaluate("[...document.querySelectorAll('#reports li')].filter(l => !l.hidden).length")

        assert seen() == 3
        view.fill("#words", "agdam TREND")
        assert seen() == 1
        view.fill("#words", "")
        view.select_option("#report", "trend")
        assert seen() == 2
        view.select_option("#state", "stale")
        assert seen() == 1
        assert view.inner_text("#shown") == "1 of 3 shown"

    def test_sorting(self, chromium, folder):
        """By title; and back to what needs attention first."""
        view, _, _ = opened(chromium, folder / "index.html")
        first = "document.querySelector('#reports li').dataset.state"

        assert view.evaluate(first) == "failed"
        view.select_option("#sort", "title")
        titles = view.evaluate("[...document.querySelectorAll('#reports h2')].map(h => h.textContent)")
        assert titles == view.evaluate(f"{titles!r}.slice().sort((a, b) => a.localeCompare(b))")
        view.select_option("#sort", "")
        assert view.evaluate(first) == "failed"

    def test_it_is_complete_without_script(self, chromium, folder):
        """Every report is there; tools that would do nothing are not shown."""
        view, _, _ = opened(chromium, folder / "index.html", script=False)

        assert view.locator("#reports li").count() == 3
        assert not view.locator("#tools").is_visible()


@pytest.mark.browser
class TestPdf:
    def test_a_page_is_printed(self, tmp_path, monkeypatch):
        """A4, upright but for the page of a very wide table; bookmarks from the headings, tagged for readers."""
        import pypdf

        monkeypatch.setenv(printing.FLAGS, "--no-sandbox")
        (tmp_path / "a.html").write_text(page(*CELLS))
        before = set(Path(printing.tempfile.gettempdir()).glob("minestats-pdf-*"))
        pdf(tmp_path / "a.html", tmp_path / "a.pdf")
        content = (tmp_path / "a.pdf").read_bytes()

        assert content.startswith(b"%PDF")
        sizes = [(round(p.mediabox.width), round(p.mediabox.height)) for p in pypdf.PdfReader(tmp_path / "a.pdf").pages]
        assert sizes[0] == sizes[-1] == (595, 842)
        assert set(sizes) == {(595, 842), (842, 595)}
        assert b"/Outlines" in content
        assert b"/StructTreeRoot" in content
        assert set(Path(printing.tempfile.gettempdir()).glob("minestats-pdf-*")) == before


class TestTool:
    def test_without_browser_and_weasyprint_both_are_named(self, monkeypatch, tmp_path):
        """Said before anything is rendered."""
        monkeypatch.setenv("PATH", str(tmp_path))
        monkeypatch.setattr(printing, "_PLACES", ())
        monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)

        with pytest.raises(
            ParameterError, match=r"install Chromium, Chrome or Edge, or `pip install minestats\[pdf\]`"
        ):
            pdf_tool()

    def test_the_first_browser_on_the_path_is_taken(self, monkeypatch, tmp_path):
        """No other place is asked then."""
        browser(tmp_path, "exit 0", name="google-chrome")
        monkeypatch.setenv("PATH", str(tmp_path))

        assert pdf_tool() == str(tmp_path / "google-chrome")

    def test_the_sandbox_is_not_switched_off_unasked(self, tmp_path):
        """A browser that cannot use it fails, and the message says what to ask for; the flag is passed on if asked."""
        tool = browser(
            tmp_path, 'case "$*" in *--no-sandbox*) exit 9;; esac; echo "Running without --no-sandbox" >&2; exit 1'
        )
        (tmp_path / "a.html").write_text("x")

        with pytest.raises(MinestatsError, match=r'set MINESTATS_BROWSER_FLAGS="--no-sandbox"'):
            pdf(tmp_path / "a.html", tmp_path / "a.pdf", tool=tool)
        assert not (tmp_path / "a.pdf").exists()

    def test_a_browser_that_hangs_is_ended(self, tmp_path, monkeypatch):
        """With all that it started."""
        monkeypatch.setattr(printing, "SECONDS", 0.5)
        tool = browser(tmp_path, "sleep 1000 & echo $! > " + str(tmp_path / "child") + "; wait")
        (tmp_path / "a.html").write_text("x")

        with pytest.raises(MinestatsError, match=r"within 0\.5 seconds"):
            pdf(tmp_path / "a.html", tmp_path / "a.pdf", tool=tool)
        assert not alive(int((tmp_path / "child").read_text()))


def pdf(source: Path, target: Path, tool: str | None = None) -> None:
    """Print a page of a file into another."""
    target.write_bytes(printing.printed(source.read_bytes(), tool=tool))


def browser(folder: Path, script: str, name: str = "browser") -> str:
    """A program that stands where a browser would."""
    path = folder / name
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)
    return str(path)


def alive(pid: int) -> bool:
    """Whether a process still runs; one that only waits to be reaped does not."""
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0]
    except FileNotFoundError:
        return False
    return sys.platform == "linux" and state != "Z"


@pytest.mark.browser
class TestWideTables:
    @pytest.mark.parametrize(
        ("columns", "head", "turned"), [(7, "column", 0), (9, "column", 0), (9, "a_long_name", 1), (40, "column", 1)]
    )
    def test_no_column_is_cut(self, tmp_path, columns, head, turned, monkeypatch):
        """Each head and value begins within the paper; what does not fit on an upright page turns its page round."""
        import pypdf

        monkeypatch.setenv("MINESTATS_BROWSER_FLAGS", "--no-sandbox")
        frame = pd.DataFrame(
            [[f"v{n:02}" for n in range(columns)]] * 3, columns=[f"{head}_{n:02}" for n in range(columns)]
        )
        made = page(shown(display({"text/html": frame.to_html()})))
        (tmp_path / "a.html").write_text(made)
        pdf(tmp_path / "a.html", tmp_path / "a.pdf")
        seen, inside = "", True
        leaves = pypdf.PdfReader(tmp_path / "a.pdf").pages
        for leaf in leaves:
            places: list[float] = []
            seen += leaf.extract_text(
                visitor_text=lambda text, cm, tm, *_: places.append(tm[4] * cm[0] + cm[4]) if text.strip() else None  # noqa: B023
            )
            inside &= max(places) < float(leaf.mediabox.width) - 20
        flat = "".join(seen.split())

        assert all(f"v{n:02}" in flat and f"{head}_{n:02}" in flat for n in range(columns))
        assert inside
        assert sum(leaf.mediabox.width > leaf.mediabox.height for leaf in leaves) == turned
