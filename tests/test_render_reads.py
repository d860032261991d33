"""Up to date by what was really read: files and modules that a notebook used are seen, and what it did not use is not."""

from __future__ import annotations

import json

import pytest

import minestats.render as rendering
from minestats.errors import ParameterError

CELLS = {
    "csv": "import pandas as pd\nprint('total', pd.read_csv('sales.csv').v.sum())",
    "package": "from pkg.inner import x\nprint(x)",
    "lib": "import sys\nsys.path.insert(0, '../lib')\nimport far\nprint(far.x)",
    "run": "%run helper.ipynb\nprint(x)",
    "open": "print(open('deep/notes.txt').read())",
    "listed": "import os\nprint(os.listdir('inbox'))",
    "pattern": "from pathlib import Path\nprint(len(list(Path('.').glob('post/*.txt'))))",
    "database": "import sqlite3\nsqlite3.connect('a.' + 'db').close()",
    "program": "!cat 'deep/my words.txt'",
    "own": "import os\nprint(len([name for name in os.listdir('.') if name.endswith('.log')]))",
    "asked": "import os\nprint('there' if os.path.exists('deep/extra.csv') else 'not there')",
    "tried": "try:\n    print(open('deep/more.txt').read())\nexcept FileNotFoundError:\n    print('none')",
    "image": "from IPython.display import Image\nImage('deep/pic.png')",
}
FILES = {
    "csv": ("books/sales.csv", "v\n1\n", "v\n2\n"),
    "package": ("books/pkg/inner.py", "x = 1\n", "x = 25\n"),
    "lib": ("lib/far.py", "x = 1\n", "x = 25\n"),
    "run": (
        "books/helper.ipynb",
        json.dumps({"cells": [{"cell_type": "code", "source": "x = 1", "metadata": {}, "outputs": [], "execution_count": None}], "metadata": {}, "nbformat": 4, "nbformat_minor": 4}),
        json.dumps({"cells": [{"cell_type": "code", "source": "x = 25", "metadata": {}, "outputs": [], "execution_count": None}], "metadata": {}, "nbformat": 4, "nbformat_minor": 4}),
    ),
    "open": ("books/deep/notes.txt", "a", "b"),
    "listed": ("books/inbox/new.csv", None, "v\n"),
    "pattern": ("books/post/new.txt", None, "v\n"),
    "database": ("books/a.db", "", "x"),
    "program": ("books/deep/my words.txt", "a", "b"),
    "own": ("books/new.log", None, "x"),
    "asked": ("books/deep/extra.csv", None, "v\n"),
    "tried": ("books/deep/more.txt", None, "v\n"),
    "image": ("books/deep/pic.png", "\x89PNG\r\n\x1a\n", "\x89PNG\r\n\x1a\n1"),
}  # fmt: skip


def write(path, content):
    path.parent.mkdir(parents=True, exist_ok=True)
    if content is None:
        path.unlink(missing_ok=True)
    else:
        path.write_bytes(content.encode("latin-1"))


@pytest.fixture(scope="module", params=["fork", "plain"])
def place(request, tmp_path_factory):
    """Notebooks beside the files that they read, rendered once."""
    folder = tmp_path_factory.mktemp("reads")
    for name, cell in CELLS.items():
        write(folder / FILES[name][0], FILES[name][1])
        write(folder / "books" / f"{name}.py", f"# %%\n{cell}\n")
    write(folder / "books" / "unread.csv", "v\n1\n")
    options = {"out": folder / "out", "jobs": 1, "quiet": True, "engine": request.param}
    books = [folder / "books" / f"{name}.py" for name in CELLS]
    first = rendering.render(books, **options)
    assert [r.state for r in first] == ["rendered"] * len(books), [r.error for r in first]
    return folder, books, options


def test_nothing_changed_is_unchanged(place):
    """Also where a file that no notebook reads has changed."""
    folder, books, options = place
    write(folder / "books" / "unread.csv", "v\n3\n")

    assert {r.state for r in rendering.render(books, **options)} == {"unchanged"}


@pytest.mark.parametrize("name", CELLS)
def test_the_report_that_read_a_changed_file_is_made_again(place, name):
    """That one, and no other."""
    folder, books, options = place
    path, before, after = FILES[name]
    try:
        write(folder / path, after)
        states = {r.report: r.state for r in rendering.render(books, **options)}

        assert states == {other: "rendered" if other == name else "unchanged" for other in CELLS}
    finally:
        write(folder / path, before)
        rendering.render(books, **options)


def test_what_was_read_stands_in_the_record_without_the_folders_of_the_machine(place):
    """Paths relative to the notebook, each with its hash."""
    folder, _, _ = place
    made = json.loads((folder / "out" / "csv" / "default.json").read_text())

    assert [file["path"] for file in made["read"]] == ["sales.csv"]
    assert str(folder) not in json.dumps(made)


def test_inputs_are_named_on_the_command_line(tmp_path):
    """For what no hook sees, such as a file read by a library in C."""
    write(tmp_path / "a.py", "# %%\nprint(1)\n")
    write(tmp_path / "x.bin", "1")
    options = {"out": tmp_path / "out", "jobs": 1, "quiet": True, "inputs": str(tmp_path / "*.bin")}
    rendering.render(tmp_path / "a.py", **options)
    [same] = rendering.render(tmp_path / "a.py", **options)
    write(tmp_path / "x.bin", "2")
    [changed] = rendering.render(tmp_path / "a.py", **options)

    assert (same.state, changed.state) == ("unchanged", "rendered")
    with pytest.raises(ParameterError, match="match no file"):
        rendering.render(tmp_path / "a.py", **{**options, "inputs": "none*.bin"})


def test_a_notebook_of_the_same_name_replaces_no_report(tmp_path):
    """It is refused before a kernel starts; its own way to the folder is another one."""
    for folder in ("north", "south"):
        write(tmp_path / folder / "weekly.py", f"# %%\nprint('{folder}')\n")
    options = {"jobs": 1, "quiet": True}
    rendering.render(tmp_path / "north/weekly.py", out=tmp_path / "out", **options)
    with pytest.raises(ParameterError, match="out/weekly/default is made from another notebook of that name"):
        rendering.render(tmp_path / "south/weekly.py", out=tmp_path / "out", **options)

    assert "north" in (tmp_path / "out/weekly/default.html").read_text()
    (tmp_path / "whole").mkdir()
    for name in ("north", "out"):
        (tmp_path / name).rename(tmp_path / "whole" / name)  # a project that is moved stays what it is
    [moved] = rendering.render(tmp_path / "whole/north/weekly.py", out=tmp_path / "whole/out", **options)
    assert moved.state == "unchanged"
