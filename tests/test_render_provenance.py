"""What went into a report: the key changes with every part of it and with nothing else; the record tells it all."""

from __future__ import annotations

import getpass
import json
import os
import re
import shutil
import socket
import subprocess
import sys
from pathlib import Path

import jsonschema
import jupytext
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from minestats.files import ABOUT
from minestats.render import key as keys
from minestats.render.key import distributions, shared_parts, task_key, up_to_date
from minestats.render.plan import tasks
from minestats.render.provenance import completed, describe, dumps, footer, page_title, record, scrub
from minestats.render.source import SourceCell

SAMPLE = Path(__file__).resolve().parent / "notebooks" / "sample.py"
SCHEMA = json.loads((Path(keys.__file__).parent / "report.schema.json").read_text())


@pytest.fixture
def place(tmp_path, monkeypatch):
    """A notebook in a folder of its own beside a data folder, as two copies on two machines would be."""
    monkeypatch.setenv("MPLCONFIGDIR", str(tmp_path / "none"))
    monkeypatch.delenv("MATPLOTLIBRC", raising=False)
    (tmp_path / "books").mkdir()
    (tmp_path / "data").mkdir()
    shutil.copy(SAMPLE, tmp_path / "books")
    (tmp_path / "data" / "districts.csv").write_text("district\nAghdam\nLachin\n")
    (tmp_path / "data" / "datapackage.json").write_text('{"name": "made-up", "version": "1.0"}')
    return tmp_path


def made(place: Path, form: str = "html", book: str = "sample.py", **parameters):
    """Task, key and parts of the sample."""
    [task] = tasks([str(place / "books" / book)], parameters=parameters, data_dir=place / "data")
    return task, *task_key(task, place / "data", form)


def changed(before: dict[str, str], after: dict[str, str]) -> set[str]:
    """Names of the parts that differ."""
    return {name for name in before if before[name] != after[name]}


class TestKey:
    def test_nothing_changed_nothing_differs(self, place):
        """Twice the same, whatever the times of the files."""
        _, first, _ = made(place)
        for path in place.rglob("*"):
            os.utime(path, (1, 1))

        assert made(place)[1] == first

    def test_it_is_the_same_in_another_folder(self, place, tmp_path_factory):
        """No path is in it."""
        other = tmp_path_factory.mktemp("other") / "copy"
        shutil.copytree(place, other)

        assert made(other)[1:] == made(place)[1:]

    def test_outputs_of_a_jupyter_file_do_not_count(self, place):
        """A notebook that was run and saved is the one it was; what is attached to it counts."""
        book = jupytext.read(place / "books" / "sample.py")
        (place / "twin").mkdir()
        twin = place / "twin" / "sample.ipynb"
        jupytext.write(book, twin)
        [task] = tasks([str(twin)], data_dir=place / "data")
        before = task_key(task, place / "data")[0]
        for cell in book.cells:
            if cell.cell_type == "code":
                cell.execution_count = 7
        jupytext.write(book, twin)
        after = task_key(task, place / "data")[0]
        book.cells[0].attachments = {"a.png": {"image/png": "AA"}}
        jupytext.write(book, twin)

        assert before == after != task_key(task, place / "data")[0]

    def test_cells(self, place):
        """A changed text or tag is a changed notebook; the other notebook beside it is not this one's affair."""
        _, _, before = made(place)
        path = place / "books" / "sample.py"
        path.write_text(path.read_text().replace("Made for tests", "Made for the tests"))
        _, _, after = made(place)
        shutil.copy(path, place / "books" / "second.py")

        assert changed(before, after) == {"cells"}
        assert changed(after, made(place)[2]) == set()

    def test_parameters(self, place):
        """Values count, not how they were given."""
        assert changed(made(place)[2], made(place, district="Lachin")[2]) == {"parameters"}
        assert made(place, level=0.95)[1] == made(place)[1]

    def test_data(self, place):
        """Every file of the folder; not a hidden one, and not the output folder within."""
        _, _, before = made(place)
        (place / "data" / ".hidden").write_text("x")
        (place / "data" / "out").mkdir()
        (place / "data" / "out" / "a.html").write_text("x")
        [task] = tasks([str(place / "books" / "sample.py")], data_dir=place / "data")
        shared = shared_parts(place / "data", exclude=place / "data" / "out")

        assert changed(before, task_key(task, shared=shared)[1]) == set()
        (place / "data" / "borders").mkdir()
        (place / "data" / "borders" / "a.geojson").write_text("{}")
        assert changed(before, made(place)[2]) == {"data"}

    def test_the_data_of_the_variable(self, place, monkeypatch):
        """Without a folder given, that of MINESTATS_DATA is what the notebook reads."""
        monkeypatch.setenv("MINESTATS_DATA", str(place / "data"))

        assert shared_parts().parts["data"] == made(place)[2]["data"]

    def test_modules_beside_the_notebook(self, place):
        """A module or package that it may import."""
        _, _, before = made(place)
        (place / "books" / "helper.py").write_text("x = 1\n")
        _, _, one = made(place)
        (place / "books" / "more").mkdir()
        (place / "books" / "more" / "__init__.py").write_text("")
        _, _, two = made(place)

        assert changed(before, one) == changed(one, two) == {"modules"}

    def test_inputs_of_a_plan(self, place):
        """Other files that the notebook reads."""
        (place / "borders.json").write_text("1")
        plan = place / "plan.toml"
        plan.write_text('data = "data"\n[[report]]\nnotebook = "books/sample.py"\ninputs = "*.json"\n')
        [task] = tasks(plan=plan)
        before = task_key(task, place / "data")[1]
        (place / "borders.json").write_text("2")

        assert changed(before, task_key(task, place / "data")[1]) == {"inputs"}

    def test_the_lock_file(self, place):
        """Beside the notebook or one folder up."""
        _, _, before = made(place)
        (place / "requirements.lock").write_text("pandas\n")

        assert changed(before, made(place)[2]) == {"lock"}

    def test_the_settings_of_matplotlib(self, place, monkeypatch):
        """From the notebook's folder, the variable, or the user's folder."""
        _, _, before = made(place)
        (place / "mpl").mkdir()
        (place / "mpl" / "matplotlibrc").write_text("lines.linewidth: 3\n")
        monkeypatch.setenv("MPLCONFIGDIR", str(place / "mpl"))

        assert changed(before, made(place)[2]) == {"matplotlibrc"}

    def test_the_format(self, place):
        """A page is not a page with a PDF."""
        assert changed(made(place)[2], made(place, "pdf")[2]) == {"format"}

    def test_what_is_installed(self, place, monkeypatch):
        """The names of the `.dist-info` folders, which hold the versions."""
        _, _, before = made(place)
        (place / "site" / "some_package-1.5.dist-info").mkdir(parents=True)
        monkeypatch.syspath_prepend(place / "site")

        assert distributions()["some-package"] == "1.5"
        assert changed(before, made(place)[2]) == {"distributions"}

    def test_the_python(self, place, monkeypatch):
        """Its version."""
        _, _, before = made(place)
        monkeypatch.setattr(sys, "version_info", (3, 9, 0, "final", 0))

        assert changed(before, made(place)[2]) == {"python"}

    def test_the_code_of_minestats(self, place, monkeypatch):
        """Every file of the package, templates too, but not the bundled data and notebooks."""
        package = place / "minestats"
        shutil.copytree(Path(keys.__file__).parents[1], package, ignore=shutil.ignore_patterns("__pycache__"))
        monkeypatch.setattr(keys, "__file__", str(package / "render" / "key.py"))
        _, _, before = made(place)
        (package / "bundle" / "data").mkdir(parents=True, exist_ok=True)
        (package / "bundle" / "data" / "x.csv").write_text("x")
        assert changed(before, made(place)[2]) == set()

        style = package / "render" / "templates" / "report.css"
        style.write_text(style.read_text() + "p{}")
        assert changed(before, made(place)[2]) == {"code"}

    def test_standard_library_only(self, place):
        """What is up to date is decided without pandas, papermill or nbformat, and without a process."""
        code = (
            "import sys; from minestats.render.plan import tasks; from minestats.render.key import task_key, up_to_date\n"
            f"[task] = tasks([{str(place / 'books' / 'sample.py')!r}])\n"
            "print(up_to_date('.', task, task_key(task)[0]))\n"
            "heavy = {'numpy', 'pandas', 'papermill', 'nbformat', 'jupytext', 'nbconvert', 'subprocess'}\n"
            "print(sorted(heavy & set(sys.modules)))"
        )
        done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=place)

        assert done.stdout.split() == ["False", "[]"]


class TestUpToDate:
    @pytest.fixture
    def written(self, place):
        """A report as a run leaves it; its task and key."""
        task, key, parts = made(place)
        folder = place / "out" / task.report
        folder.mkdir(parents=True)
        outputs = {"default.html": b"page", "default.ipynb": b"book"}
        for name, content in outputs.items():
            (folder / name).write_bytes(content)
        kept = completed(record(task, key=key, key_parts=parts), outputs)
        (folder / "default.json").write_bytes(dumps(kept))
        return place / "out", task, key, folder

    def test_a_whole_report_is(self, written):
        """Record, key and files agree."""
        out, task, key, _ = written

        assert up_to_date(out, task, key)

    @pytest.mark.parametrize(
        "damage", ["other key", "no record", "torn record", "no page", "other page", "failed", "state"]
    )
    def test_anything_else_is_not(self, written, damage):
        """A page changed by hand is made again, and so is one whose last attempt failed."""
        out, task, key, folder = written
        kept = folder / "default.json"
        if damage == "other key":
            key = "0" * 64
        elif damage == "no record":
            kept.unlink()
        elif damage == "torn record":
            kept.write_bytes(kept.read_bytes()[:100])
        elif damage == "no page":
            (folder / "default.html").unlink()
        elif damage == "other page":
            (folder / "default.html").write_bytes(b"pagE")
        elif damage == "failed":
            (folder / "default.failed.json").write_text("{}")
        else:
            kept.write_text(kept.read_text().replace('"ok"', '"failed"'))

        assert not up_to_date(out, task, key)

    def test_a_record_cannot_point_elsewhere(self, written, place):
        """Only files beside it are looked at."""
        out, task, key, folder = written
        kept = json.loads((folder / "default.json").read_text())
        shutil.copy(folder / "default.html", place / "out" / "x.html")
        kept["outputs"][0]["path"] = "../x.html"
        (folder / "default.json").write_text(json.dumps(kept))

        assert not up_to_date(out, task, key)


BOOK = {
    "cells": [
        {
            "cell_type": "code",
            "source": "",
            "metadata": {},
            "outputs": [
                {
                    "output_type": "display_data",
                    "metadata": {},
                    "data": {
                        ABOUT: {"title": "Trend, Aghdam", "as_of": "2022-10-06", "period": ["2020-11-10", "2022-10-06"]}
                    },
                }
            ],
        }
    ]
}
ERROR = {"kind": "cell", "cell": 7, "line": 3, "source": "x['a']", "ename": "KeyError", "evalue": "'a'"}


class TestRecord:
    @pytest.mark.parametrize("state", ["ok", "failed"])
    def test_it_is_as_the_schema_says(self, place, state):
        """Of a report and of a failure."""
        task, key, parts = made(place, district="Lachin")
        error = ERROR if state == "failed" else None
        kept = record(
            task, key=key, key_parts=parts, shared=shared_parts(place / "data"), nb=BOOK, error=error,
            engine={"asked": "fork", "used": "fork"}, stderr="w",
        )  # fmt: skip
        kept = completed(kept, {"a.html": b"x"}, seconds=1.23456)
        validator = jsonschema.Draft202012Validator(SCHEMA)
        validator.check_schema(SCHEMA)

        assert list(validator.iter_errors(json.loads(dumps(kept)))) == []
        assert kept["parameters"]["district"] == {"value": "Lachin", "type": "str", "default": "all"}
        assert (kept["title"], kept["as_of"], kept["period"]) == (
            "Trend, Aghdam", "2022-10-06", ["2020-11-10", "2022-10-06"],
        )  # fmt: skip
        assert kept["data"]["name"] == "made-up"
        assert {r["path"] for r in kept["data"]["resources"]} == {"districts.csv", "datapackage.json"}
        assert kept["duration_s"] == 1.235
        assert kept["git"] is None

    def test_the_schema_refuses_what_is_wrong(self, place):
        """A failure without its error, a path of a machine, a field too many."""
        task, key, parts = made(place)
        good = record(task, key=key, key_parts=parts, shared=shared_parts(place / "data"))
        good = completed(good, {"a.html": b"x"})
        bad = [
            {**good, "state": "failed"},
            {**good, "notebook": {**good["notebook"], "path": "/home/x/a.py"}},
            {**good, "user": "x"},
            {**good, "outputs": []},
            {**good, "key": "short"},
        ]
        validator = jsonschema.Draft202012Validator(SCHEMA)

        assert validator.is_valid(good)
        assert not any(validator.is_valid(record) for record in bad)

    def test_no_path_user_host_or_variable_is_in_it(self, place, monkeypatch):
        """What programs and errors say is cleaned of the folders of the machine."""
        monkeypatch.setenv("MINESTATS_SECRET", "opensesame")
        task, key, parts = made(place)
        where = f'File "{place}/books/sample.py", line 3\n{sys.prefix}/lib/python3.11/site.py:1: W'
        error = {**ERROR, "evalue": f"no file {place / 'data' / 'x.csv'}", "source": f"open('{place}/a.txt')"}
        text = dumps(
            record(
                task,
                key=key,
                key_parts=parts,
                shared=shared_parts(place / "data"),
                stderr=where,
                error=error,
            )
        ).decode()

        assert str(place) not in text
        assert sys.prefix not in text
        assert "no file x.csv" in text
        assert "opensesame" not in text
        assert socket.gethostname() not in text
        assert not re.search(rf"/(home|Users)/{re.escape(getpass.getuser())}", text)

    def test_commit_and_changes_of_the_repository(self, place):
        """The commit that keeps the notebook, and whether tracked files differ from it."""

        def git(*words):
            own = ["-c", "user.name=x", "-c", "user.email=x@example.org", "-c", "commit.gpgsign=false"]
            subprocess.run(["git", *own, *words], cwd=place, check=True, capture_output=True)

        git("init", "-q")
        git("add", "books/sample.py")
        git("commit", "-q", "-m", "x")
        task, key, parts = made(place)
        clean = record(task, key=key, key_parts=parts, shared=shared_parts(place / "data"))["git"]
        task.notebook.write_text(task.notebook.read_text() + "\n# x\n")
        dirty = record(task, key=key, key_parts=parts, shared=shared_parts(place / "data"))["git"]

        assert re.fullmatch("[0-9a-f]{40}", clean["commit"])
        assert (clean["modified"], dirty["modified"]) == (False, True)
        assert dirty["commit"] == clean["commit"]

    def test_a_notebook_that_git_does_not_keep_has_no_commit(self, place):
        """An installed package inside somebody's repository is not that repository."""
        subprocess.run(["git", "init", "-q"], cwd=place, check=True)
        task, key, parts = made(place)

        assert record(task, key=key, key_parts=parts)["git"] is None

    def test_what_the_page_says_does_not_change_with_the_run(self, place):
        """Times, attempts and engine stand in the record only."""
        task, key, parts = made(place)
        shared = shared_parts(place / "data")
        one = completed(record(task, key=key, key_parts=parts, shared=shared), {})
        one["rendered_at"] = "2026-01-01T00:00:00Z"
        two = record(task, key=key, key_parts=parts, shared=shared, engine={"used": "plain"})
        two = completed(two, {}, seconds=9, attempts=2)

        assert footer(one) == footer(two)
        assert page_title(one) == page_title(two) == "Sample report"
        assert footer(one)["data_hash"] == parts["data"][:12]

    def test_outputs_are_added_last(self, place):
        """Name, size and hash of each file."""
        task, key, parts = made(place)
        kept = completed(record(task, key=key, key_parts=parts), {"a.html": b""})

        # sha256 of nothing, as FIPS 180-4 defines it
        assert kept["outputs"] == [
            {"path": "a.html", "bytes": 0, "sha256": "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"}
        ]


class TestWords:
    def test_what_is_not_stated_is_said_so(self):
        """The first top heading, also one that an output makes; never today's date."""
        output = {"output_type": "display_data", "data": {"text/markdown": ["# Made ", "by code"]}, "metadata": {}}
        book = {"cells": [{"cell_type": "code", "source": "", "outputs": [output], "metadata": {}}]}

        assert describe(None, [], "trend") == {"title": "trend", "as_of": "not stated", "period": None, "glance": []}
        assert describe(book, [], "trend")["title"] == "Made by code"
        assert describe(None, [SourceCell("markdown", "text\n\n# The *head* of [it](https://example.org) #\n")], "x")[
            "title"
        ] == ("The head of it")

    @pytest.mark.parametrize("stated", [{"title": 3}, {"title": " "}, {"period": 3}, {"as_of": None}, {"glance": 3}])
    def test_odd_statements_do_no_harm(self, stated):
        """The record stays as the schema says."""
        book = {"cells": [{"cell_type": "code", "outputs": [{"data": {ABOUT: stated}}]}]}

        assert describe(book, [], "trend") == {"title": "trend", "as_of": "not stated", "period": None, "glance": []}

    @pytest.mark.parametrize(
        ("text", "clean"),
        [
            ("/a/b/c.py:3", "c.py:3"),
            ('File "/a/b c/d.py"', 'File "b c/d.py"'),
            (r"C:\Users\x\a.py failed", "a.py failed"),
            ("https://example.org/a/b", "https://example.org/a/b"),
            ("3/4 of 5/6", "3/4 of 5/6"),
            ("/tmp/ipykernel_9/1.py:2: W", "<cell>:2: W"),
            ("no path", "no path"),
        ],
    )
    def test_paths_keep_their_last_part(self, text, clean):
        """Addresses and fractions are no paths."""
        assert scrub(text) == clean

    @given(st.text(max_size=80))
    @settings(max_examples=100, deadline=None, derandomize=True)
    def test_cleaning_twice_is_cleaning_once(self, text):
        """Nothing new comes of it."""
        assert scrub(scrub(text)) == scrub(text)
        assert len(scrub(text)) <= len(text)
