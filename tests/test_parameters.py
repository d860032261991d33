"""Every parameter of every notebook moves something: one that does nothing would be a promise that is not kept."""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path

import pandas as pd
import pytest

from minestats.data import refresh_package
from minestats.render import render
from minestats.render.parameters import read_notebook

NOTEBOOKS = sorted((Path(__file__).parent.parent / "notebooks").glob("*.py"))
OTHER = {"district": "Aghdam", "since": "2022-01-01", "until": "2024-12-31", "as_of": "2024-12-31", "level": 0.5}
ELSEWHERE = {"data": "tests/test_register_reports.py", "suppress": "tests/test_render_suppress.py"}
"""Parameters that need other data to move something, and where they are tried."""


def walked(path):
    """The parameters of a notebook that are tried here."""
    return [name for name in read_notebook(path).parameters if name not in ELSEWHERE]


WALK = [(path, name) for path in NOTEBOOKS for name in walked(path)]


@pytest.fixture(scope="module")
def made(root, tmp_path_factory):
    """The words that each notebook shows, by its name and the parameter that differs."""
    out = tmp_path_factory.mktemp("walk")
    register = out / "register"  # `victims` reads people, one by one
    shutil.copytree(root / "data", register)
    rows = pd.read_csv(register / "incidents.csv", dtype=str)
    page = pd.read_csv(register / "sources.csv")["source_id"].iloc[0]
    told = rows[["incident_id", "date", "date_precision", "date_basis", "district", "side"]]
    people = told.assign(row_is="victim", killed=(rows.index % 4 == 0).astype(int), source_id=page)
    people.assign(injured=1 - people["killed"]).reindex(columns=[*rows, "row_is", "source_id"]).to_csv(
        register / "incidents.csv", index=False
    )
    for name in ("corrections.yml", "incident_reports.csv"):
        (register / name).unlink()
    refresh_package(register)
    found = {}
    for folder, paths in ((None, NOTEBOOKS), (register, [path for path in NOTEBOOKS if path.stem == "victims"])):
        plan = "".join(
            f"[[report]]\nnotebook = {json.dumps(str(path))}\nparameters = {inline(given)}\n"
            for path in paths
            for given in [{}, *({name: OTHER[name]} for name in walked(path))]
        )
        (out / "plan.toml").write_text(plan, encoding="utf-8")
        results = render(out=out / f"out-{len(paths)}", plan=out / "plan.toml", data=folder, quiet=True)
        assert [result.error for result in results if result.error] == []
        for result in results:
            differing = [name for name in OTHER if result.slug.startswith(f"{name}-")]
            found[result.report, *differing] = words(result.path.with_suffix(".ipynb"))
    return found


def inline(given):
    """A TOML table in one line."""
    return "{ " + ", ".join(f"{name} = {json.dumps(value)}" for name, value in given.items()) + " }"


def words(path):
    """What the cells show, without what only repeats a parameter: title, period and level."""
    book = json.loads(path.read_text(encoding="utf-8"))
    shown = [
        "".join(output["data"].get("text/plain", []))
        for cell in book["cells"]
        for output in cell.get("outputs", [])
        if "data" in output
        and not any("minestats.report" in kind for kind in output["data"] if len(output["data"]) < 3)
    ]
    return re.sub(r"Used here: level [\d.]+\.|[\d.]+ % (?:intervals|prediction|probability)", "", "\n".join(shown))


@pytest.mark.slow
@pytest.mark.parametrize(("path", "name"), WALK, ids=[f"{path.stem}-{name}" for path, name in WALK])
def test_each_parameter_moves_something(made, path, name):
    """With another value the notebook says something else, beyond naming the value."""
    assert made[path.stem, name] != made[(path.stem,)]
