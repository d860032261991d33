"""Words: unknown is said, markup is text, tables have caption and heads, citations are numbered by first use."""

from __future__ import annotations

import pandas as pd
import pytest

from minestats import words
from minestats.data import Dataset
from minestats.estimate import Estimate

EVIL = "<script>alert(1)</script><img src=x onerror=alert(1)>"


@pytest.fixture
def displayed(monkeypatch):
    """What a notebook would be given to display."""
    import IPython

    given = []
    monkeypatch.setattr(IPython, "get_ipython", lambda: object())
    monkeypatch.setattr(IPython.display, "display", lambda content, raw: given.append(content))
    return given


@pytest.mark.parametrize("missing", [None, pd.NA, pd.NaT, float("nan")])
def test_missing_reads_unknown(missing):
    """A missing figure never reads as a number."""
    assert words.number(missing) == words.day(missing) == "unknown"
    assert words.many(missing, "mine") == "an unknown number of mines"
    assert words.change(missing, 3) == words.change(3, missing) == "not comparable"


@pytest.mark.parametrize(
    ("new", "old", "expected"),
    [
        (110, 100, "10 % more"),
        (90, 100, "10 % less"),
        (300, 100, "3.0 times as many"),
        (1001, 1000, "about the same (0 % more)"),
    ],
)
def test_change(new, old, expected):
    """A change is said in percent, or as a multiple where it is large."""
    assert words.change(new, old) == expected


def test_infinite_is_said():
    """A limit that does not exist reads so."""
    assert words.number(float("inf")) == "no limit"


def test_percent_interval():
    """A share reads in percent with its interval."""
    assert words.interval(Estimate(0.1875, 0.1476, 0.2352), percent=True) == "19 % (15 to 24)"


def test_table_escapes_and_is_described(displayed):
    """Markup in cells, heads and caption is text; there is a caption, and each head has its scope."""
    words.table(pd.DataFrame({EVIL: [EVIL], "n": [1]}), EVIL)
    html = displayed[0]["text/html"]
    assert "<script>" not in html
    assert "<img" not in html
    assert html.count('scope="col"') == 2
    assert html.count('scope="row"') == 1
    assert "<caption>" in html


def test_table_numbers(displayed):
    """Counts have separated thousands, missing numbers read unknown, missing text is blank, dates are ISO."""
    table = pd.DataFrame(
        {
            "day": pd.to_datetime(["2022-12-14", None]),
            "n": pd.array([54841, None], dtype="Int64"),
            "ha": pd.array([1.25, None], dtype="Float64"),
            "who": ["a", None],
            "sure": [True, False],
        }
    )
    words.table(table, "t", decimals={"ha": 2})
    plain = displayed[0]["text/plain"]
    assert "2022-12-14 54,841 1.25" in " ".join(plain.split())
    assert "unknown unknown unknown" in " ".join(plain.split())
    assert "None" not in plain
    assert "NaN" not in plain


def test_empty_table_is_a_sentence(displayed):
    """A table without rows says so."""
    words.table(pd.DataFrame({"a": []}), "Mines found", empty="None is known.")
    assert displayed == [{"text/markdown": "Mines found: None is known.", "text/plain": "Mines found: None is known."}]


def test_glance_escapes(displayed):
    """Markup in a tile is text."""
    words.glance([(EVIL, EVIL, EVIL)])
    assert "<script>" not in displayed[0]["text/html"]


def test_citations_number_by_first_use(displayed, data):
    """A page keeps its number; the list has one item for each, in order, with a link."""
    cite = words.Citations(data)
    first, second = data.clearance.iloc[[5]], data.clearance.iloc[[3]]
    assert (cite(first), cite(second), cite(first)) == ("[1]", "[2]", "[1]")
    assert cite(data.clearance.head(0)) == ""
    cite.show()
    html = displayed[0]["text/html"]
    assert html.index("source-1") < html.index("source-2")
    assert html.count("<li") == 2


@pytest.mark.parametrize("table", ["clearance", "incidents", "incident_reports", "victim_totals"])
def test_citations_are_the_sources_of_the_rows(displayed, data, table):
    """The pages cited are those that `Dataset.sources_of` names, in the same order."""
    rows = data.tables[table].iloc[5:25]
    cite = words.Citations(data)
    cite(rows)
    cite.show()
    lines = displayed[0]["text/plain"].splitlines()
    expected = data.sources_of(rows)
    assert len(lines) == len(expected)
    for line, url in zip(lines, expected["url"].fillna(""), strict=True):
        assert line.endswith(url)


def test_citations_shorten(data):
    """Many pages are counted, not spelled out."""
    assert words.Citations(data)(data.clearance.head(30)) == "[26 pages]"


def test_citation_of_a_hostile_address(displayed):
    """An address that is no web address is no link, and markup in a publisher is text."""
    sources = pd.DataFrame({"source_id": ["s"], "publisher": [EVIL], "url": ["javascript:alert(1)"]}).astype("string")
    sources["published"] = pd.NaT
    cite = words.Citations(Dataset({"sources": sources}))
    cite(pd.DataFrame({"source_id": ["s"]}))
    cite.show()
    assert "<script>" not in displayed[0]["text/html"]
    assert "href" not in displayed[0]["text/html"]


def test_no_citation(displayed, data):
    """A report without pages says so."""
    words.Citations(data).show()
    assert displayed[0]["text/plain"] == "No source is cited."
