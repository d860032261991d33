"""The documentation site: it builds without a warning, every public thing has its entry, no link within it is dead."""

from __future__ import annotations

import doctest
import json
import re
import subprocess
import sys
from html import unescape
from urllib.parse import unquote

import pytest

import minestats
from minestats.cli import main
from minestats.data.schema import TABLES

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def site(root, tmp_path_factory):
    """The folder of the built site; any warning is an error."""
    pytest.importorskip("sphinx", reason="Sphinx is not installed (pip install minestats[docs]): the site is left out")
    folder = tmp_path_factory.mktemp("site")
    command = [sys.executable, "-m", "sphinx", "-q", "-W", "--keep-going", "-b", "html", "-c", "docs", ".", folder]
    done = subprocess.run([*map(str, command)], cwd=root, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    return folder


def text_of(page):
    """The words of a page, without its markup."""
    return unescape(re.sub(r"<[^>]+>", "", page.read_text(encoding="utf-8")))


def test_every_public_name_has_its_page(site):
    """Each name of `minestats` and of `minestats.plot` is documented with its example."""
    names = [name for name in minestats.__all__ if name != "plot"] + [f"plot.{name}" for name in minestats.plot.__all__]
    missing = [name for name in names if not (site / f"docs/made/api/minestats.{name}.html").is_file()]
    assert missing == []
    without = [name for name in names if ">>>" not in text_of(site / f"docs/made/api/minestats.{name}.html")]
    assert set(without) <= {"plot.show"}


def test_every_option_and_column_has_its_entry(site):
    """Each option of each command, and each column of each table, stands in the reference."""
    shown, tables = text_of(site / "docs/command_line.html"), text_of(site / "docs/made/tables.html")
    options = {
        option for command in main.commands.values() for p in command.params for option in p.opts if option[:2] == "--"
    }
    assert [option for option in sorted(options) if option not in shown] == []
    assert [column for table in TABLES.values() for column in table.names if column not in tables] == []


def test_the_page_of_the_data_carries_their_description(site):
    """Search engines for data find the whole of it in the page."""
    page = (site / "data/README.html").read_text(encoding="utf-8")
    (found,) = re.findall(r'<script type="application/ld\+json">(.*?)</script>', page, re.S)
    assert {records["name"] for records in json.loads(found)["recordSet"]} <= set(TABLES)


def test_sentences_of_the_notebooks_are_set_as_text(site):
    """What a report says in Markdown is no code block with asterisks."""
    page = (site / "notebooks/trend.html").read_text(encoding="utf-8")
    assert "**" not in page
    assert "<p><strong>" in page


def test_no_link_within_the_site_is_dead(site):
    """Each relative link leads to a file of the site, and to a place in it."""
    dead, places = [], {}
    for page in [page for page in site.rglob("*.html") if "_static" not in page.parts]:
        for target in re.findall(r'(?:href|src)="([^"]+)"', page.read_text(encoding="utf-8")):
            path, _, anchor = unquote(target).partition("#")
            if re.match(r"[a-z]+:", path) or path.startswith("//"):
                continue
            other = (page.parent / path.partition("?")[0]).resolve() if path else page
            other = other / "index.html" if other.is_dir() else other
            if not other.exists():
                dead.append((page.name, target))
            elif anchor and other.suffix == ".html":
                if other not in places:
                    places[other] = set(re.findall(r'(?:id|name)="([^"]+)"', other.read_text(encoding="utf-8")))
                if anchor not in places[other]:
                    dead.append((page.name, target))
    assert dead == []


def test_the_tutorial_runs_word_for_word(root, tmp_path, monkeypatch):
    """Every Python line of the tutorial gives what the page says."""
    monkeypatch.chdir(tmp_path)
    flags = doctest.NORMALIZE_WHITESPACE | doctest.ELLIPSIS
    failed, tried = doctest.testfile(str(root / "docs" / "tutorial.md"), module_relative=False, optionflags=flags)
    assert failed == 0
    assert tried > 8
