"""Text that means harm: it is named as a problem or stays text, in tables, figures, pages, exports and file names.

The strings are made up for the tests; nothing in them is data.
"""

from __future__ import annotations

import csv
import random
import re
from html.parser import HTMLParser

import matplotlib.pyplot as plt
import pandas as pd
import pytest
from matplotlib.text import Text

from minestats import load, plot, words
from minestats.data import Dataset
from minestats.data.schema import TABLES, TEXT
from minestats.errors import DataError, ParameterError
from minestats.render.plan import find_reports, slug

FIXED = [
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "</td></tr></table><h1>x",
    '"><svg onload=alert(1)>',
    "' onmouseover='alert(1)",
    "<!-- comment",
    "<![CDATA[x]]>",
    "&lt;b&gt; &amp; &#60;",
    "javascript:alert(1)",
    "data:text/html,<script>alert(1)</script>",
    "https://example.org/\"onclick='x'<b>",
    "[a](javascript:alert(1))",
    "![a](https://example.org/x.png)",
    "```\n# heading",
    "=1+1",
    '=HYPERLINK("https://example.org";"x")',
    "=cmd|' /C calc'!A0",
    "+1+1",
    "-1+1",
    "@SUM(A1)",
    "\t=1+1",
    "\r=1+1",
    "#N/A",
    "a\x00b",
    "\x00",
    "a\x07b\x1b[31mred\x1b[0m",
    "a\x7fb",
    "a\x0bb\x0cc",
    "a\u202egnp.exe",
    "a\u2066b\u2069",
    "\u200bzero width\ufeff",
    "line\u2028separator",
    "two\nlines",
    "a\r\nb",
    "../../../etc/passwd",
    "..\\..\\windows",
    "/absolute/name",
    "C:\\name",
    ".",
    "..",
    "con",
    "nul.txt",
    "$HOME",
    "${HOME}",
    "~root",
    "`id`",
    "$(id)",
    "%(x)s",
    "%s%s%n",
    "{0.__class__}",
    "{{7*7}}",
    "{% raw %}",
    "$x^2$",
    "$\\frac{1}{",
    "costs 5$ and 6$",
    "a_{b}^{c}\\alpha",
    "; DROP TABLE incidents",
    "nan",
    "None",
    "0" * 400,
    "long " * 2000 + "end",
    "Ağdərə \U0001f4a3 e\u0301\u0323",
]
PIECES = ["<b ", ">", '"', "'", "&", "$", "\\", "{{", "}}", "=", "%", "../", "\u202e", "\x01", "\n", ",", ";", "a", "1"]


def hostile() -> list[str]:
    """The fixed strings, and some put together from their pieces by chance with a fixed seed."""
    chance = random.Random(20201110)
    mixed = ["".join(chance.choices(PIECES, k=chance.randint(3, 12))) for _ in range(8)]
    return [*FIXED, *mixed]


HOSTILE = hostile()
TEXTS = {name: [c.name for c in table.columns if c.kind == TEXT] for name, table in TABLES.items()}
# hides or reverses text
CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\u202a-\u202e\u2066-\u2069]")
# what a figure or a workbook is asked to show
SHOWN = [text for text in HOSTILE if "\x00" not in text]


@pytest.fixture
def small(package):
    """The package with five rows a table, and without corrections, which speak of rows that are cut."""
    (package / "corrections.yml").unlink()
    for path in sorted(package.glob("*.csv")):
        with path.open(encoding="utf-8", newline="") as file:
            lines = list(csv.reader(file))[:6]
        write(path, lines)
    return package


def write(path, lines):
    """Write rows as a CSV file of the package."""
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file, lineterminator="\n", quoting=csv.QUOTE_ALL).writerows(lines)


def poisoned(folder, chosen):
    """Put each text into every text column of one row of every table; return the columns so changed."""
    changed = []
    for name, columns in TEXTS.items():
        path = folder / f"{name}.csv"
        if not path.exists():  # a package need not have every table
            continue
        with path.open(encoding="utf-8", newline="") as file:
            header, *rows = list(csv.reader(file))
        for column in sorted(set(columns) & set(header)):
            for row, text in enumerate(chosen):
                rows[row][header.index(column)] = text
            changed.append((name, column))
        write(path, [header, *rows])
    return changed


class Read(HTMLParser):
    """The tags, attributes and text of markup."""

    def __init__(self, markup):
        super().__init__(convert_charrefs=True)
        self.tags, self.attributes, self.text = [], [], ""
        self.feed(markup)
        self.close()

    def handle_starttag(self, tag, attrs):
        """Keep a tag and its attributes."""
        self.tags.append(tag)
        self.attributes += attrs

    def handle_data(self, data):
        """Keep text."""
        self.text += data

    def handle_comment(self, data):
        """A comment is markup too."""
        self.tags.append("!--")

    unknown_decl = handle_decl = handle_pi = handle_comment


@pytest.fixture
def displayed(monkeypatch):
    """What `words` hands to a notebook: kind, content, plain form."""
    shown = []
    monkeypatch.setattr("minestats.report.display.display", lambda *parts, about=None: shown.append(parts))
    return shown


def made(**tables):
    """A dataset of these tables, with the types of the schema where a column has one."""
    return Dataset({name: pd.DataFrame(rows) for name, rows in tables.items()})


class TestLoad:
    """Each cell is named or carried as it is."""

    @pytest.mark.parametrize("start", range(0, len(HOSTILE), 5))
    def test_named_or_unchanged(self, small, start):
        """In every text column, a string is a problem with file, row and column, or arrives unchanged."""
        chosen = HOSTILE[start : start + 5]
        columns = poisoned(small, chosen)
        data = load(small, strict=False)
        errors = data.problems[data.problems["severity"] == "error"].dropna(subset="row")
        rules = {}
        for error in errors.itertuples():
            rules.setdefault((error.table, error.row, error.column), set()).add(error.rule)
        for table, column in columns:
            for row, text in enumerate(chosen):
                rule = rules.get((f"{table}.csv", row + 2, column))
                if CONTROL.search(text):
                    assert "no control or direction characters" in rule
                if rule is None:
                    assert (table, column, data.tables[table][column].iloc[row]) == (table, column, text)
        plain = [row for row, text in enumerate(chosen) if not CONTROL.search(text) and text == text.strip()]
        assert [row for row in plain if ("incidents.csv", row + 2, "note") in rules] == []
        with pytest.raises(DataError, match="problem"):
            load(small)


class TestFigures:
    """A name in a figure is that name."""

    pytestmark = pytest.mark.filterwarnings("ignore:Glyph", "ignore:Matplotlib currently")

    def drawn(self, ax):
        """Draw the figure; none of its texts that holds a dollar is read as a formula."""
        ax.figure.canvas.draw()
        shown = [t for t in ax.figure.findobj(Text) if "$" in t.get_text()]
        parsed = [t.get_text() for t in shown if t.get_parse_math()]
        plt.close(ax.figure)
        assert parsed == []
        return len(shown)

    @pytest.mark.parametrize("start", range(0, len(SHOWN), 12))
    def test_sources(self, start):
        """Kinds of statements."""
        kinds = SHOWN[start : start + 12]
        self.drawn(plot.sources(pd.DataFrame({"published": "2024-01-05", "type": kinds})))

    @pytest.mark.parametrize("start", range(0, len(SHOWN), 12))
    def test_rates(self, start):
        """Labels of rates."""
        names = SHOWN[start : start + 12]
        table = pd.DataFrame({"district": names, "value": 2.0, "low": 1.0, "high": 3.0})
        dollars = self.drawn(plot.rates(table, label="district"))
        assert (dollars > 0) == any("$" in name for name in names)

    @pytest.mark.parametrize("start", range(0, len(SHOWN), 12))
    def test_map(self, start):
        """Names of districts."""
        names = SHOWN[start : start + 12]
        table = pd.DataFrame({"district": names, "latitude": 39.0, "longitude": 46.0})
        table["latitude"] += [i / 10 for i in range(len(table))]
        self.drawn(plot.map(table, dict.fromkeys(names, 3.0)))

    @pytest.mark.parametrize("start", range(0, len(SHOWN), 6))
    def test_incidence(self, start):
        """Groups of a stacked bar."""
        names = SHOWN[start : start + 6]
        table = pd.DataFrame(
            {"period_start": "2024-01-01", "period_end": "2024-01-31", "count": 2, "incidents": 2, "district": names}
        )
        self.drawn(plot.incidence(table, by="district"))

    @pytest.mark.parametrize("text", ["$x^2$", "$\\frac{1}{", "costs 5$ and 6$", "<b>$&"])
    def test_title_unit_caption(self, text):
        """Title, unit and caption, in a picture as well."""
        table = pd.DataFrame({"district": [text], "value": [2.0], "low": [1.0], "high": [3.0]})
        ax = plot.rates(table, label="district", unit=text, title=text, source=text)
        assert plot.png(ax).startswith(b"\x89PNG")
        assert self.drawn(ax) >= 4


class TestWords:
    """What stands in the data is text in a table, a tile and a list of sources."""

    @pytest.mark.parametrize("text", HOSTILE)
    def test_table(self, displayed, text):
        """Caption, head and cells hold the text, and no tag more."""
        words.table(pd.DataFrame({text: [text, "b"], "n": [1, 2]}), text, heads={"n": text + " n"})
        (kind, html, _plain) = displayed.pop()
        read = Read(html.replace("\x00", "\ufffd"))
        assert kind == "text/html"
        assert set(read.tags) == {"table", "caption", "thead", "tbody", "tr", "th", "td"}
        assert {name for name, _ in read.attributes} == {"scope", "class"}
        assert read.text.count(text.replace("_", " ").replace("\x00", "\ufffd")) >= 1

    @pytest.mark.parametrize("text", HOSTILE)
    def test_glance(self, displayed, text):
        """Label, value and note hold the text, and no tag more."""
        words.glance([(text, text, text)])
        read = Read(displayed.pop()[1])
        assert read.tags == ["dl", "div", "dt", "dd", "dd"]
        assert read.text == text * 3

    @pytest.mark.parametrize("text", HOSTILE)
    def test_citations(self, displayed, text):
        """A publisher is text; an address is a link only where it is a web address, and stays within its quotes."""
        sources = {
            "source_id": ["a", "b"],
            "publisher": text,
            "published": pd.NaT,
            "url": [text, "https://a.org/" + text],
        }
        data = made(sources=sources)
        cite = words.Citations(data)
        assert cite(pd.DataFrame({"source_id": ["a", "b"]})) == "[1, 2]"
        cite.show()
        read = Read(displayed.pop()[1])
        assert set(read.tags) == {"ol", "li", "a"}
        assert {name for name, _ in read.attributes} == {"class", "id", "href", "rel"}
        links = [value for name, value in read.attributes if name == "href"]
        assert links == ([text] if text.startswith("https://") else []) + ["https://a.org/" + text]
        assert read.text.count(text) >= 2


class TestExports:
    """No export of a table calculates."""

    @pytest.fixture
    def notes(self):
        """A dataset whose notes are the hostile strings."""
        count = len(SHOWN)
        return made(districts={"district": [f"d{i}" for i in range(count)], "aliases": pd.array(SHOWN, dtype="string")})

    @pytest.mark.parametrize("write_", [Dataset.to_csv, Dataset.to_hxl])
    def test_csv(self, notes, tmp_path, write_):
        """A cell that would begin a formula begins with an apostrophe; a carriage return cannot begin a row."""
        path = write_(notes, "districts", tmp_path / "x.csv")
        with path.open(encoding="utf-8-sig", newline="") as file:
            cells = [row[1] for row in csv.reader(file)][-len(SHOWN) :]
        risky = ("=", "+", "-", "@", "\t", "\r")
        wanted = ["'" + text if text.startswith(risky) else text for text in SHOWN]
        assert cells == [text.replace("\r\n", "\n").replace("\r", "\n") for text in wanted]

    def test_excel(self, notes, tmp_path):
        """No cell of the workbook is a formula, a link or an error value that was not there as text."""
        import openpyxl

        book = openpyxl.load_workbook(notes.to_excel(tmp_path / "x.xlsx"))
        cells = [row[1] for row in book["districts"].iter_rows(min_row=2)]
        assert len(cells) == len(SHOWN)
        assert {cell.data_type for cell in cells} <= {"s", "e"}
        assert [cell.hyperlink for cell in cells if cell.hyperlink] == []
        wanted = [text for text in SHOWN if text.startswith(("=", "+", "-", "@"))]
        assert wanted == [cell.value for cell in cells if str(cell.value).startswith(("=", "+", "-", "@"))]


class TestFileNames:
    """No value leads out of the output folder."""

    @pytest.mark.parametrize("text", HOSTILE)
    def test_slug(self, tmp_path, text):
        """A slug is a plain file name, whether the text is the value or the parameter."""
        for name in (slug({"district": text}), slug({text: "x"}), slug({"list": [text, text]})):
            assert re.fullmatch(r"[a-z0-9_][a-z0-9._-]{0,79}", name)
            assert (tmp_path / f"{name}.html").resolve().parent == tmp_path.resolve()

    def test_slugs_of_different_length_differ(self):
        """Two values too long for a name are told apart."""
        assert slug({"title": "a" * 500}) != slug({"title": "a" * 501})


class TestNotebooksAreNamed:
    """A notebook that lies about is not run because it has a report's name."""

    @pytest.fixture
    def here(self, root, tmp_path, monkeypatch):
        """A current folder with a stranger's notebooks: one with a new name, one with the name of a report."""
        for name in ("stranger", "trend"):
            (tmp_path / f"{name}.ipynb").write_text('{"cells": [], "metadata": {}, "nbformat": 4, "nbformat_minor": 5}')
        monkeypatch.chdir(tmp_path)
        return tmp_path

    def test_bare_name_is_refused(self, root, here):
        """A name that no report of the bundle has is an error, though the file is there."""
        with pytest.raises(ParameterError, match="report 'stranger' is not known"):
            find_reports(["stranger"], root / "notebooks")

    def test_bundled_name_is_the_bundled_one(self, root, here):
        """The name of a report is that report, whatever lies in the current folder."""
        assert find_reports(["trend"], root / "notebooks") == {"trend": root / "notebooks" / "trend.py"}

    @pytest.mark.parametrize("path", ["./stranger.ipynb", "stranger.ipynb"])
    def test_path_is_taken(self, root, here, path):
        """A path is the caller's word that the notebook is trusted."""
        assert find_reports([path], root / "notebooks") == {"stranger": here / "stranger.ipynb"}

    def test_all_are_the_bundled_ones(self, root, here):
        """Without a name only the bundle is taken."""
        assert {path.parent for path in find_reports(None, root / "notebooks").values()} == {root / "notebooks"}
