"""`minestats render --suppress N`: small counts of people leave a report in no place, and none is forgotten.

The registers are made up for the tests; nothing in them is data.
"""

from __future__ import annotations

import csv
import json
import re

import pandas as pd
import pytest
from click.testing import CliRunner

from minestats.cli import main
from minestats.data import load
from minestats.errors import ParameterError
from minestats.render import render
from minestats.report import exploring
from minestats.report.reporting import Report
from minestats.report.tallies import groups
from minestats.suppress import WITHHELD, publishable

PLACES = ["Aghdam", "Fuzuli", "Lachin", "Jabrayil"]


def incidents(package, rows):
    """Write incidents as the only ones of a package: columns given, all others empty."""
    for name in ("corrections.yml", "incident_reports.csv"):
        (package / name).unlink()
    path = package / "incidents.csv"
    with path.open(encoding="utf-8", newline="") as file:
        header = next(csv.reader(file))
    header += [name for name in ("row_is", "source_id") if name not in header]
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, header, restval="", lineterminator="\n")
        writer.writeheader()
        writer.writerows({"incident_id": f"m-{i:03d}"} | row for i, row in enumerate(rows))
    from minestats.data import refresh_package

    refresh_package(package)
    return package


@pytest.fixture
def villages(package, data):
    """Incidents of one district: thirteen in one settlement, one with two children hurt in another."""
    page = data.sources["source_id"].iloc[0]
    common = {"date_precision": "day", "date_basis": "stated", "district": "Aghdam", "side": data.settings["main_side"]}
    common |= {"source_id": page, "device": "mine"}
    rows = [
        common | {"date": f"2023-{m:02d}-03", "settlement": "Made-up A", "killed": 1, "injured": 3, "children": 0}
        for m in range(1, 13)
    ]
    rows += [common | {"date": "2023-05-05", "settlement": "Made-up B", "killed": 4, "injured": 2, "children": 2}]
    rows += [common | {"date": "2023-06-05", "settlement": "Made-up C", "killed": 7, "injured": 9, "children": 0}]
    return incidents(package, rows)


def shown(results):
    """What the pages and the executed notebooks of results show, outputs only."""
    texts = []
    for result in results:
        assert result.state == "rendered", result.error
        book = json.loads(result.path.with_suffix(".ipynb").read_text(encoding="utf-8"))
        cells = [cell for cell in book["cells"] if cell["cell_type"] == "code"]
        texts += ["".join(map(str, o.get("data", {}).values())) for cell in cells for o in cell["outputs"]]
    return " ".join(texts)


def test_settlements_and_children(villages, tmp_path):
    """A settlement with six casualties, and two children, are told of without the option and not with it."""
    options = {"data": villages, "parameters": {"district": "Aghdam"}, "jobs": 1, "quiet": True}
    plain = shown(render(["casualty_rates"], out=tmp_path / "a", **options))
    safe = shown(render(["casualty_rates"], out=tmp_path / "b", suppress=7, **options))
    assert "2023-05-05" in plain
    assert "Children: 2 of" in plain
    assert "2023-05-05" not in safe
    assert "Children: 2 of" not in safe
    assert "Children: the number is withheld" in safe
    assert safe.count(WITHHELD) > 3


def test_each_report_must_know_how(villages, tmp_path):
    """A notebook that would show everything is refused; one that says it has no such counts is not."""
    own = tmp_path / "own.py"
    own.write_text('# %% tags=["parameters"]\ndistrict: str = "all"  # place\n', encoding="utf-8")
    with pytest.raises(ParameterError, match="own: --suppress would withhold nothing"):
        render([own, "trend"], out=tmp_path / "out", suppress=3)
    with pytest.raises(ParameterError, match="given both by --suppress"):
        render(["trend"], out=tmp_path / "out", suppress=3, parameters={"suppress": 4})
    assert not (tmp_path / "out").exists()


def test_command_line(villages, tmp_path):
    """The option reaches the report and its name; numbers that withhold nothing are refused."""
    words = ["render", "casualty_rates", "sources", "--data", str(villages), "--out", str(tmp_path / "out")]
    made = CliRunner().invoke(main, [*words, "--suppress", "5", "--jobs", "1"])
    assert made.exit_code == 0, made.output
    assert (tmp_path / "out" / "casualty_rates" / "suppress-5.html").is_file()
    assert (tmp_path / "out" / "sources" / "default.html").is_file()
    assert CliRunner().invoke(main, [*words, "--suppress", "1"]).exit_code == 2


@pytest.fixture
def people(package, data):
    """A register of people: many in two places, few in two others."""
    common = {"date_precision": "day", "date_basis": "stated", "side": data.settings["main_side"], "row_is": "victim"}
    common |= {"source_id": data.sources["source_id"].iloc[0], "date": "2023-05-05", "killed": 0, "injured": 1}
    many = [place for place, n in zip(PLACES, (40, 17, 6, 2), strict=True) for _ in range(n)]
    return incidents(package, [common | {"district": place} for place in many])


@pytest.mark.parametrize("report", ["trend", "explore"])
def test_people_by_place(people, tmp_path, report):
    """In a register of people, places with few of them stand neither in the table nor on the map."""
    safe = shown(render([report], data=people, out=tmp_path / "out", suppress=3, jobs=1, quiet=True))
    cells = dict(re.findall(r'<th scope="row">(\w+)</th><td[^>]*>(\w+)</td>', re.sub(r"\s*\n\s*", "", safe)))
    wanted = {"Aghdam": "40", "Fuzuli": "17", "Jabrayil": WITHHELD, "Lachin": WITHHELD}
    assert {place: cells.get(place) for place in PLACES} == wanted
    described = re.findall(r"Lachin: ?(\d+)|Jabrayil: ?(\d+)", safe)
    assert described == []


def test_a_chosen_place_with_few_people(people, tmp_path):
    """What `explore` shows and saves of a place: not the few, nor what gives them away by subtraction."""
    r = Report(load(people), suppress=3)
    for place, told in (("Aghdam", True), ("Fuzuli", True), ("Jabrayil", False), ("Lachin", False)):
        here = exploring.choose(r, place=place, since="2023-01-01", until="2023-12-31")
        table = exploring.chosen(here, "casualties")
        assert bool(len(table)) is told
        if told:
            assert len(exploring.save(here, table, tmp_path)) == 2
        else:
            assert table.attrs["empty"].startswith("Withheld")
            with pytest.raises(ParameterError, match="Withheld"):
                exploring.save(here, table, tmp_path)


def test_a_table_that_is_saved(people, tmp_path):
    """A table of one's own by place is saved with its small counts withheld, and without the figure that shows them."""
    r = Report(load(people), suppress=3)
    table = groups(r, "district")
    table.attrs["measure"] = "by place"
    (path,) = exploring.save(r, table, tmp_path)
    assert path.read_text("utf-8-sig").count(WITHHELD) == 2


def test_too_little_to_protect():
    """Where nothing can protect a small count, all are withheld; the unknown stays unknown."""
    table = pd.DataFrame({"a": list("xxyy"), "b": list("pqpq"), "n": [2, 5, 7, pd.NA]})
    made = publishable(table, below=3, count="n", by=["a", "b"])
    assert made.sort_values(["a", "b"])["n"].fillna("?").tolist() == [WITHHELD, WITHHELD, WITHHELD, "?"]


def test_without_a_limit_nothing_changes():
    """0 and 1 withhold nothing."""
    table = pd.DataFrame({"n": [1, 2]})
    assert publishable(table, below=1, count="n") is table
