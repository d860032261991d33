"""The built reports as a browser shows and prints them: calm, described, reachable by keyboard, whole on paper.

The reports are those that `minestats render` makes of the bundled data, for the country, for a district with many
incidents and for one with hardly any. `test_render_browser.py` does the same for pages made up to be difficult.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from html import unescape
from html.parser import HTMLParser
from pathlib import Path
from unicodedata import normalize
from urllib.parse import unquote

import pytest

from minestats.render.pdf import BROWSERS

pytestmark = pytest.mark.browser

REPORTS = ("trend", "demining_progress", "casualty_rates", "victims", "sources", "summary")
PLACES = {"default": "", "district-aghdam": "Aghdam", "district-yevlakh": "Yevlakh"}
NOTHING = ("victims/default",)  # the bundled list holds incidents, not people
PAGES = [f"{report}/{place}" for report in REPORTS for place in PLACES if report != "summary" or place == "default"]
COUNTRY = [page for page in PAGES if page.endswith("/default")]
ROOT_FLAG = ["--no-sandbox"] if hasattr(os, "geteuid") and os.geteuid() == 0 else []
WATCH = "addEventListener('securitypolicyviolation', e => console.error('refused: ' + e.violatedDirective))"
WITHIN_MARGINS = 672  # pixels: 210 mm less 16 mm on either side
# what can depend on the colour scheme or on the width; all other rules are asked once
OF_SCHEME_AND_WIDTH = ["color-contrast", "link-in-text-block", "scrollable-region-focusable", "target-size"]


@pytest.fixture(scope="session")
def out(tmp_path_factory) -> Path:
    """The reports and their PDF, made by the command."""
    folder = tmp_path_factory.mktemp("browser")
    plan = [
        f'[[report]]\nnotebook = "{report}"\n' + (f'parameters = {{ district = "{name}" }}\n' if name else "")
        for name in PLACES.values()
        for report in REPORTS
        if report != "summary" or not name
    ]
    (folder / "plan.toml").write_text("\n".join(plan), encoding="utf-8")
    command = [sys.executable, "-m", "minestats.cli", "render", "--plan", "plan.toml", "--out", "out"]
    done = subprocess.run(
        [*command, "--format", "pdf", "--quiet"],
        cwd=folder,
        env={**os.environ, "MINESTATS_BROWSER_FLAGS": " ".join(ROOT_FLAG)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    return folder / "out"


@pytest.fixture(scope="module")
def chromium():
    """One browser for all tests, without network."""
    from playwright.sync_api import sync_playwright

    flags = ["--disable-gpu", "--disable-background-networking", "--disable-component-update", "--no-first-run"]
    with sync_playwright() as play:
        browser = play.chromium.launch(
            executable_path=next(filter(None, map(shutil.which, BROWSERS))),
            args=[*flags, "--host-resolver-rules=MAP * ~NOTFOUND", *ROOT_FLAG],
        )
        yield browser
        browser.close()


@contextmanager
def opened(chromium, path: Path, *, width: int = 1440, scheme: str = "light", script: bool = True) -> Iterator[tuple]:
    """The page, and a list of what it should not do: messages, errors, dialogs, refusals, requests elsewhere."""
    context = chromium.new_context(
        viewport={"width": width, "height": 900}, color_scheme=scheme, java_script_enabled=script
    )
    view = context.new_page()
    wrong: list[str] = []
    view.add_init_script(WATCH)
    view.on("console", lambda message: wrong.append(message.text))
    view.on("pageerror", lambda error: wrong.append(str(error)))
    view.on("dialog", lambda dialog: (wrong.append(dialog.message), dialog.dismiss()))
    view.on("requestfailed", lambda request: wrong.append(f"failed: {request.url[:200]}"))
    view.on("request", lambda r: None if r.url.startswith(("file:", "data:")) else wrong.append(f"asked: {r.url}"))
    view.goto(path.as_uri())
    try:
        yield view, wrong
    finally:
        context.close()


def until(view, condition: str) -> bool:
    """Whether a condition comes true within five seconds; asked from outside, as the page's policy refuses to."""
    for _ in range(100):
        if view.evaluate(condition):
            return True
        view.wait_for_timeout(50)
    return False


def html(out: Path, page: str) -> str:
    """The text of a page."""
    return (out / f"{page}.html").read_text(encoding="utf-8")


class Elements(HTMLParser):
    """The elements of a page with their attributes."""

    def __init__(self, text: str):
        super().__init__()
        self.all: list[tuple[str, dict[str, str]]] = []
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        self.all.append((tag, {name: value or "" for name, value in attrs}))


# ------------------------------------------------------------------------------------------------ what a page does


@pytest.mark.parametrize("page", [*PAGES, "index"])
def test_the_page_is_calm_and_fits_every_screen(chromium, out, page):
    """No message, no refusal, no request elsewhere; no scrolling sideways at 360, 768 and 1440 px; every picture shows."""
    with opened(chromium, out / f"{page}.html") as (view, wrong):
        for width in (1440, 768, 360):
            view.set_viewport_size({"width": width, "height": 900})
            assert view.evaluate("document.documentElement.scrollWidth") <= width, width
            cut = "[...document.querySelectorAll('.glance-value, h1, h2, .state')]"
            assert view.evaluate(f"{cut}.filter(e => e.scrollWidth > e.clientWidth + 1).map(e => e.innerText)") == []
        view.evaluate("document.querySelectorAll('img').forEach(i => { i.loading = 'eager'; })")
        assert until(view, "[...document.images].every(i => i.complete && i.naturalWidth > 0)")

        assert wrong == []


def test_a_page_that_does_not_fit_would_be_found(chromium, tmp_path):
    """The measure tells: a box wider than the screen widens the page, a refused script and a request are heard."""
    policy = '<meta http-equiv="Content-Security-Policy" content="script-src \'none\'">'
    body = '<div style="width: 500px">x</div><script>1</script><img src="http://localhost:9/a.png" alt="">'
    (tmp_path / "a.html").write_text(f"<!doctype html><html><head>{policy}</head><body>{body}</body></html>")
    with opened(chromium, tmp_path / "a.html", width=360) as (view, wrong):
        assert view.evaluate("document.documentElement.scrollWidth") > 360
        assert [line for line in wrong if line.startswith("refused: script-src")]
        assert "asked: http://localhost:9/a.png" in wrong


@pytest.mark.parametrize("page", PAGES)
def test_the_answer_is_seen_without_scrolling(chromium, out, page):
    """The tiles stand whole on the first screen of a desktop, above the contents; there are at most five."""
    with opened(chromium, out / f"{page}.html") as (view, _):
        box = view.locator(".glance").first.bounding_box()
        values = view.locator(".glance").first.locator(".glance-value").all_inner_texts()

        assert box["y"] + box["height"] <= 900
        assert 1 <= len(values) <= 5
        assert all(value.strip() for value in values)
        contents = view.locator("nav.contents")  # a short page has none
        assert contents.count() == (not page.startswith("summary"))
        assert not contents.count() or contents.bounding_box()["y"] > box["y"]


@pytest.mark.parametrize("page", PAGES)
def test_every_figure_is_described_from_its_data(out, page):
    """At least 40 characters with a number in them, no stock phrase, no description twice; at most eight figures."""
    images = [attributes for tag, attributes in Elements(html(out, page)).all if tag == "img"]
    descriptions = [image.get("alt", "") for image in images]

    assert len(images) <= 8
    assert len(images) >= 1 or not page.endswith("/default") or page in NOTHING
    for words in descriptions:
        assert len(words) >= 40
        assert re.search(r"\d", words)
        assert not re.match(r"(?i)figure \d+:|no description|image|picture|plot of|chart$", words)
    assert len(set(descriptions)) == len(descriptions)
    assert all(image["width"].isdigit() and image["height"].isdigit() for image in images)


@pytest.mark.parametrize("page", [*PAGES, "index"])
def test_every_link_leads_somewhere(out, page):
    """Files and anchors exist; what leads out is a web address and tells nobody where the reader comes from."""
    text = html(out, page)
    ids = {attributes["id"] for _, attributes in Elements(text).all if attributes.get("id")}
    links = [attributes for tag, attributes in Elements(text).all if tag == "a"]
    assert len(links) > 5
    for link in links:
        address, _, anchor = link["href"].partition("#")
        if address.startswith(("https://", "http://")):  # an address of a source stays as it was published
            assert "noreferrer" in link.get("rel", "")
        elif address:
            assert ":" not in address
            assert ((out / f"{page}.html").parent / unquote(address)).is_file(), address
        else:
            assert unquote(anchor) in ids, anchor


@pytest.mark.parametrize("page", PAGES)
def test_the_page_is_light(out, page):
    """At most 30 kB beside pictures, tables, folded code and the list of sources; at most 600 kB in all."""
    text = html(out, page)
    rest = re.sub(r'src(set)?="data:[^"]*"', "", text)
    rest = re.sub(r'<div class="table[ "].*?</table></div>', "", rest, flags=re.DOTALL)
    rest = re.sub(r'<ol class="sources".*?</ol>', "", rest, flags=re.DOTALL)
    rest = re.sub(r'<details class="code">.*?</details>', "", rest, flags=re.DOTALL)

    assert len(rest.encode()) <= 30_000
    assert len(text.encode()) <= 600_000


# ------------------------------------------------------------------------------------------------ who reads it


@pytest.fixture(scope="session")
def axe() -> str:
    """The script of axe-core, which finds what keeps people with disabilities out."""
    import axe_playwright_python

    return (Path(axe_playwright_python.__file__).parent / "axe.min.js").read_text(encoding="utf-8")


def violations(view, axe: str, rules: list[str] | None = None) -> list[str]:
    """What axe-core calls serious or critical, each with its place."""
    options = {"resultTypes": ["violations"], **({"runOnly": {"type": "rule", "values": rules}} if rules else {})}
    view.evaluate(axe)
    found = view.evaluate("options => axe.run(document, options)", options)["violations"]
    return [
        f"{rule['id']} ({rule['impact']}): {len(rule['nodes'])} times, first {rule['nodes'][0]['target']}"
        for rule in found
        if rule["impact"] in ("serious", "critical")
    ]


@pytest.mark.parametrize("page", [*PAGES, "index"])
def test_axe_finds_no_serious_violation_by_day(chromium, out, axe, page):
    """With all code unfolded, on a desktop, in light colours."""
    with opened(chromium, out / f"{page}.html") as (view, _):
        view.evaluate("document.querySelectorAll('details').forEach(d => { d.open = true; })")

        assert violations(view, axe) == []


@pytest.mark.parametrize("page", [*PAGES, "index"])
def test_axe_finds_no_serious_violation_by_night_on_a_telephone(chromium, out, axe, page):
    """The rules that depend on colours and width, in dark colours at 360 px."""
    with opened(chromium, out / f"{page}.html", scheme="dark", width=360) as (view, _):
        assert violations(view, axe, OF_SCHEME_AND_WIDTH) == []


def test_axe_would_find_a_violation(chromium, tmp_path, axe):
    """A page made up for this test, with faint text, a picture and a field without words, is not passed."""
    body = '<main><h1>T</h1><p style="color:#999;background:#fff">faint</p><img src="data:,"><input></main>'
    (tmp_path / "a.html").write_text(f'<!doctype html><html lang="en"><title>T</title><body>{body}</body></html>')
    with opened(chromium, tmp_path / "a.html") as (view, _):
        found = {line.split()[0] for line in violations(view, axe)}

        assert {"color-contrast", "image-alt", "label"} <= found


class TestKeyboard:
    PAGE = "trend/district-aghdam.html"

    def test_tab_goes_everywhere_in_order_and_shows_where_it_is(self, chromium, out):
        """Skip link first; then every link, piece of code and table in the order of the page, each with an outline."""
        with opened(chromium, out / self.PAGE, width=360) as (view, _):
            view.evaluate(
                "() => { window.wanted = [...document.querySelectorAll('a[href], summary, [tabindex=\"0\"]')]"
                ".filter(e => e.checkVisibility()); window.seen = []; addEventListener('focusin', e => seen.push("
                "[wanted.indexOf(e.target), getComputedStyle(e.target).outlineStyle])); }"
            )
            number = view.evaluate("wanted.length")
            for _ in range(number):
                view.keyboard.press("Tab")
            seen = view.evaluate("seen")

            assert view.evaluate("wanted[0].className") == "skip"
            assert [place for place, _ in seen] == list(range(number))
            assert {outline for _, outline in seen} <= {"solid", "auto"}
            assert view.locator("summary").count() > 5

    def test_the_skip_link_skips(self, chromium, out):
        """After it, the next stop is inside the content."""
        with opened(chromium, out / self.PAGE) as (view, _):
            view.keyboard.press("Tab")
            view.keyboard.press("Enter")
            view.keyboard.press("Tab")

            assert view.evaluate("location.hash") == "#main"
            assert view.evaluate("document.activeElement.closest('main') !== null")

    def test_code_unfolds_and_scrolls(self, chromium, out):
        """Enter opens it; a long line is reached by Tab and moved by the arrow keys."""
        with opened(chromium, out / self.PAGE, width=360) as (view, _):
            view.emulate_media(reduced_motion="reduce")
            view.locator("summary").nth(3).focus()
            view.keyboard.press("Enter")
            assert view.evaluate("document.activeElement.parentElement.open")
            view.keyboard.press("Tab")

            assert view.evaluate("document.activeElement.tagName") == "PRE"
            view.keyboard.press("ArrowRight")
            assert until(view, "document.activeElement.scrollLeft > 0")

    def test_wide_tables_scroll(self, chromium, out):
        """Each table that is wider than the screen is a named region; the arrow keys move it."""
        with opened(chromium, out / self.PAGE, width=360) as (view, _):
            wide = "[...document.querySelectorAll('.table')].filter(b => b.scrollWidth > b.clientWidth + 1)"
            assert view.evaluate(f"{wide}.length") >= 1
            assert view.evaluate(f"{wide}.every(b => b.tabIndex === 0 && b.role === 'region' && b.ariaLabel)")
            view.evaluate(f"{wide}[0].focus()")
            view.keyboard.press("ArrowRight")
            assert until(view, "document.activeElement.scrollLeft > 0")


# ------------------------------------------------------------------------------------------------ the index


class TestIndex:
    def test_search_filter_and_sort(self, chromium, out):
        """A district is found whatever the case; filters and words narrow together; titles sort."""
        with opened(chromium, out / "index.html") as (view, wrong):
            titles = "[...document.querySelectorAll('#reports li')].filter(l => !l.hidden).map(l => l.querySelector('h2').textContent)"
            assert len(view.evaluate(titles)) == len(PAGES)
            assert view.inner_text("#shown") == f"{len(PAGES)} of {len(PAGES)} shown"

            view.fill("#words", "AGHDAM")
            assert len(view.evaluate(titles)) == sum(page.endswith("aghdam") for page in PAGES)
            assert all("Aghdam" in title for title in view.evaluate(titles))
            view.select_option("#report", "casualty_rates")
            assert len(view.evaluate(titles)) == 1
            view.fill("#words", "aghdam yevlakh")
            assert view.inner_text("#shown") == f"0 of {len(PAGES)} shown"
            view.fill("#words", "")
            assert len(view.evaluate(titles)) == 3
            view.select_option("#report", "")
            view.select_option("#state", "up to date")
            assert view.inner_text("#shown") == f"{len(PAGES)} of {len(PAGES)} shown"

            before = view.evaluate(titles)
            view.select_option("#sort", "title")
            assert view.evaluate(titles) == sorted(before, key=str.casefold)
            view.select_option("#sort", "new")
            days = view.evaluate("[...document.querySelectorAll('#reports li')].map(l => l.dataset.asOf)")
            assert days == sorted(days, reverse=True)
            view.select_option("#sort", "")
            assert view.evaluate(titles) == before
            assert wrong == []

    def test_a_district_is_two_clicks_away(self, chromium, out):
        """Search, then its link: the page of the district opens, and leads back."""
        with opened(chromium, out / "index.html") as (view, wrong):
            view.click("#words")
            view.keyboard.type("yevlakh trend")
            view.locator("#reports li:not([hidden]) h2 a").click()

            assert view.url == (out / "trend/district-yevlakh.html").as_uri()
            assert "Yevlakh" in view.locator("main").inner_text()
            view.get_by_role("link", name="All reports").click()
            assert view.url == (out / "index.html").as_uri()
            assert wrong == []

    def test_it_is_complete_without_script(self, chromium, out):
        """All reports are listed and linked; tools that would do nothing are hidden."""
        with opened(chromium, out / "index.html", script=False) as (view, wrong):
            assert view.locator("#reports li:visible").count() == len(PAGES)
            assert not view.locator("#tools").is_visible()
            view.locator("#reports h2 a").first.click()
            assert view.locator("h1").inner_text() == "Casualty rates"
            assert wrong == []

    def test_each_row_says_what_it_is(self, out):
        """State and day of the data stand in words in each row; reports with a figure have its picture."""
        rows = re.findall(r"<li data-report.*?</li>", html(out, "index"), re.DOTALL)

        assert len(rows) == len(PAGES)
        for row in rows:
            assert ">up to date</span>" in row
            assert re.search(r"as of \d{4}-\d\d-\d\d", row)
            page = re.search(r'<h2><a href="([^"]+)"', row).group(1)
            has_figure = "<img" in (out / page).read_text(encoding="utf-8")
            assert ("<img" in row) == has_figure
            assert "PDF</a>" in row


# ------------------------------------------------------------------------------------------------ on paper


@dataclass
class Sheet:
    """One page of a PDF: size in points, text, and its pictures.

    A picture is left, bottom, width and height in points, and width over height in pixels.
    """

    size: tuple[int, int]
    text: str
    pictures: list[tuple[float, float, float, float, float]]


@cache
def sheets(path: Path) -> list[Sheet]:
    """The pages of a PDF."""
    from pypdf import PdfReader

    found = []
    for page in PdfReader(path).pages:
        sheet = Sheet((round(page.mediabox.width), round(page.mediabox.height)), "", [])

        def before(operator, operands, matrix, _, page=page, sheet=sheet):
            if operator == b"Do":
                drawn = page["/Resources"]["/XObject"][operands[0]]
                if drawn["/Subtype"] == "/Image":
                    shape = drawn["/Width"] / drawn["/Height"]
                    sheet.pictures.append((matrix[4], matrix[5], matrix[0], matrix[3], shape))

        sheet.text = normalize("NFKC", page.extract_text(visitor_operand_before=before))
        found.append(sheet)
    return found


def close(text: str) -> str:
    """A text without blanks and ligatures."""
    return re.sub(r"\s+", "", normalize("NFKC", text))


def plain(markup: str) -> str:
    """The text of a piece of a page."""
    return unescape(re.sub(r"<[^>]*>", "", markup))


def blank(sheet: Sheet, counter: str = "") -> bool:
    """Whether a page has neither a picture nor more than a few letters beside its number."""
    return not sheet.pictures and len(sheet.text.replace(counter, "").strip()) < 20


@pytest.mark.parametrize("page", PAGES)
def test_the_pdf_is_whole(out, page):
    """A4 upright, numbered, no blank page; each figure drawn once, undistorted, within the margins; tables to their last row."""
    pdf = sheets(out / f"{page}.pdf")
    for number, sheet in enumerate(pdf, 1):
        assert sheet.size == (595, 842)
        counter = f"{number} / {len(pdf)}"
        assert counter in sheet.text
        assert not blank(sheet, counter), f"page {number} is blank"

    text = html(out, page)
    drawn = [picture for sheet in pdf for picture in sheet.pictures]
    assert len(drawn) == text.count("<img ")
    for left, bottom, width, height, shape in drawn:
        assert 28 <= left <= left + width <= 595 - 28
        assert 28 <= bottom <= bottom + height <= 842 - 28
        assert width / height == pytest.approx(shape, rel=0.02)

    paper = close("".join(re.sub(r"^\d+ / \d+$", "", sheet.text, flags=re.MULTILINE) for sheet in pdf))
    for table in re.findall(r"<table.*?</table>", text, re.DOTALL):
        last = re.findall(r"<tr>.*?</tr>", table, re.DOTALL)[-1]
        for cell in re.findall(r"<t[hd][^>]*>(.*?)</t[hd]>", last, re.DOTALL):
            assert close(plain(cell)) in paper, plain(cell)


@pytest.mark.parametrize("page", PAGES)
def test_no_column_is_cut_on_paper(chromium, out, page):
    """In the width between the margins of an upright A4 page, every table ends within it."""
    with opened(chromium, out / f"{page}.html", width=WITHIN_MARGINS) as (view, _):
        view.emulate_media(media="print")
        over = "[...document.querySelectorAll('.table')].filter(t => t.scrollWidth > t.clientWidth + 1)"

        assert view.locator(".table").count() > 0 or not page.endswith("/default") or page in NOTHING
        assert view.evaluate(f"{over}.map(t => t.getAttribute('aria-label'))") == []


@pytest.mark.parametrize("page", PAGES)
def test_the_pdf_has_bookmarks_and_no_code(out, page):
    """Title and sections in the reader's side bar, in order; code and contents are for the screen."""
    from pypdf import PdfReader

    def titles(outline):
        return [title for entry in outline for title in (titles(entry) if isinstance(entry, list) else [entry.title])]

    wanted = [close(plain(head)) for head in re.findall(r"<h[12] [^>]*>(.*?)</h[12]>", html(out, page), re.DOTALL)]
    wanted = [head for head in wanted if head != "Contents"]
    made = [close(title) for title in titles(PdfReader(out / f"{page}.pdf").outline)]  # blanks are lost at line ends
    assert [title for title in made if title in wanted] == wanted
    words = "".join(sheet.text for sheet in sheets(out / f"{page}.pdf"))
    assert "import minestats" not in words
    assert not re.search(r"^\W*Code \d", words, re.MULTILINE)


@pytest.mark.parametrize("page", COUNTRY)
def test_printing_from_the_browser_gives_the_same_sheets(chromium, out, tmp_path, page):
    """Printed from the browser in dark mode: dark on white, no blank sheet, as many as the PDF beside the page."""
    with opened(chromium, out / f"{page}.html", scheme="dark") as (view, _):
        view.pdf(path=tmp_path / "a.pdf", prefer_css_page_size=True)
        view.emulate_media(media="print")
        colours = view.evaluate("(s => [s.backgroundColor, s.color])(getComputedStyle(document.body))")
    printed = sheets(tmp_path / "a.pdf")

    assert len(printed) == len(sheets(out / f"{page}.pdf"))
    assert not [number for number, sheet in enumerate(printed, 1) if blank(sheet, f"{number} / {len(printed)}")]
    assert colours == ["rgb(255, 255, 255)", "rgb(17, 17, 17)"]


def test_a_blank_sheet_would_be_found(chromium, tmp_path):
    """A page made up for this test, with nothing on its second sheet, is seen to be blank there."""
    text = '<p>some words that stand on the first sheet</p><p style="break-before: page">&nbsp;</p>'
    (tmp_path / "a.html").write_text(f"<!doctype html>{text}", encoding="utf-8")
    with opened(chromium, tmp_path / "a.html") as (view, _):
        view.pdf(path=tmp_path / "a.pdf")

    assert [blank(sheet) for sheet in sheets(tmp_path / "a.pdf")] == [False, True]
