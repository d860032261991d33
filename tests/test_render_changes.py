"""A report made again says which figures differ from those of the report before; a short one ends with its figure."""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path

import jsonschema
import pytest

from minestats.render import key, render
from minestats.render.index import entries
from minestats.render.pdf import BROWSERS
from minestats.render.provenance import difference, difference_in_words

SCHEMA = json.loads((Path(key.__file__).parent / "report.schema.json").read_text())
BOOK = """# %% [markdown]
# # Mines found
# %% tags=["parameters"]
data: str = ""  # folder
# %%
from pathlib import Path
import matplotlib.pyplot as plt
from minestats.report.display import glance, say
rows = (Path(data) / "places.txt").read_text().split()[1:]
glance([("Places", str(len(rows)), "listed")] + [("Last", rows[-1], "")] * (len(rows) > 2))
# %%
_ = plt.figure().add_subplot().plot([1, 2])
# %%
say("What stands after the first figure.")
"""


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "datapackage.json").write_text('{"name": "made-up", "resources": []}')
    (tmp_path / "book.py").write_text(BOOK)
    return tmp_path


def made(folder: Path, *places: str, **options):
    """Render the book of these places; the page and the record."""
    (folder / "data" / "places.txt").write_text("\n".join(["district", *places]) + "\n")
    [result] = render(
        str(folder / "book.py"), data=folder / "data", out=folder / "out", force=True, quiet=True, **options
    )
    assert result.error is None
    base = folder / "out" / "book" / "default"
    record = json.loads(base.with_suffix(".json").read_text())
    jsonschema.validate(record, SCHEMA)
    return base.with_suffix(".html").read_text(), record


def test_what_differs_is_said_and_does_not_churn(folder):
    """The first report says nothing; new data are compared; the same data again change no byte."""
    first, record = made(folder, "A", "B")
    assert record["glance"] == [{"label": "Places", "value": "2", "note": "listed"}]
    assert record["changed"] is None
    assert made(folder, "A", "B")[0] == first
    second, record = made(folder, "A", "B", "C")
    said = difference_in_words(record["changed"])
    assert re.fullmatch(r"Since \d+ \w+ \d{4}: Places 3 \(was 2\); Last C \(new\)\.", said)
    assert said in second
    assert [row["changed"] for row in entries(folder / "out")] == [said]
    assert said in (folder / "out" / "index.html").read_text()
    again, kept = made(folder, "A", "B", "C")
    assert (again, kept["changed"]) == (second, record["changed"])
    third, _ = made(folder, "A", "D", "C")
    assert re.search(r"Since \d+ \w+ \d{4} no figure at a glance has changed\.", third)
    fourth, _ = made(folder, "A", "D")
    assert "Places 2 (was 3); Last (was C) is no longer given." in fourth


@pytest.mark.parametrize("record", [{}, {"glance": "x"}, {"glance": [1, {"label": 2}]}, {"glance": [], "changed": 3}])
def test_a_former_record_of_any_kind_stops_nothing(record):
    """What lies in the output folder can be anybody's."""
    told = difference(record, {"glance": [{"label": "Places", "value": "2", "note": ""}]})
    assert difference_in_words(told) == ""
    assert difference_in_words({"since": "yesterday"}) == ""


@pytest.mark.skipif(not any(map(shutil.which, BROWSERS)), reason="no browser is installed that prints")
def test_a_brief_report_ends_with_the_first_figure(folder, monkeypatch):
    """--brief prints title, answer, figures at a glance and the first figure; the page stays whole."""
    from minestats.render import pdf

    printed = []
    monkeypatch.setattr(pdf, "printed", lambda page: printed.append(page.decode()) or b"%PDF-1.7")
    page, _ = made(folder, "A", format="brief", jobs=1)
    assert "What stands after" in page
    assert "What stands after" not in printed[0]
    assert all(words in printed[0] for words in ("Mines found", 'class="glance"', "<figure"))
