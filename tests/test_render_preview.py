"""`minestats preview`: a page that follows its notebook, and says what is wrong while the last good one stays."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path

import pytest
from rendering import marked, within

BOOK = '# %% tags=["parameters"]\ndata: str = ""  # folder\n\n# %%\nimport helper\n\n# %%\nprint("value", helper.x)\n'


def state(address: str, after: int) -> dict:
    """The state that follows the one of a number."""
    while True:
        with urllib.request.urlopen(f"{address}state", timeout=60) as answer:
            now = json.load(answer)
        if now["number"] != after:
            return now
        time.sleep(0.1)


def ended(address: str, after: int) -> dict:
    """The next state of a render that has ended."""
    now = state(address, after)
    while now["state"] == "rendering" or now["number"] == after:
        now = state(address, now["number"])
    return now


def page(address: str, now: dict) -> str:
    with urllib.request.urlopen(f"{address}page/{now['page']}", timeout=60) as answer:
        return answer.read().decode()


@pytest.fixture
def running(tmp_path):
    """A preview of a notebook with a module beside it; where it serves, its folder, its process."""
    (tmp_path / "book.py").write_text(BOOK)
    (tmp_path / "helper.py").write_text("x = 1\n")
    mark = f"preview-{os.getpid()}-{time.monotonic_ns()}"
    process = subprocess.Popen(
        [str(Path(sys.executable).parent / "minestats"), "preview", "./book.py", "--no-open"],
        cwd=tmp_path,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "MARK": mark, "TMPDIR": str(tmp_path), "PYTHONUNBUFFERED": "1"},
    )
    address = process.stdout.readline().split()[1]
    yield address, tmp_path, process, mark
    with contextlib.suppress(ProcessLookupError):
        process.send_signal(signal.SIGINT)
    process.communicate(timeout=30)


@pytest.mark.slow
def test_a_page_follows_its_notebook(running):
    """A save of the notebook or of a module is a new page; a fault names its cell, and the last good page stays."""
    address, folder, process, mark = running
    first = ended(address, 0)
    assert first["state"] == "rendered"
    assert "value 1" in page(address, first)

    (folder / "helper.py").write_text("x = 25\n")
    second = ended(address, first["number"])
    assert "value 25" in page(address, second)

    (folder / "book.py").write_text(BOOK + "1 / 0\n")
    third = ended(address, second["number"])
    assert third["state"] == "failed"
    assert third["text"].startswith("cell 3, line 2: ZeroDivisionError")
    assert third["good"] == second["page"]
    assert "value 25" in page(address, {"page": third["good"]})

    (folder / "book.py").write_text(BOOK.replace('data: str = ""', "data: str = 5 +"))
    fourth = ended(address, third["number"])
    assert fourth["state"] == "failed"
    assert "parameters cell" in fourth["text"]

    (folder / "book.py").write_text(BOOK)
    assert "value 25" in page(address, ended(address, fourth["number"]))

    process.send_signal(signal.SIGINT)
    assert process.wait(20) == 0
    assert within(5, lambda: not marked(mark))
    assert not list(folder.glob("minestats-*"))


@pytest.mark.slow
def test_only_this_machine_and_only_the_reports_are_served(running):
    """A name of another place that leads here is refused, and no path leads out of the folder of pages."""
    address, _, _, _ = running
    ended(address, 0)
    for path, host, code in (
        ("", "evil.example:80", 403),
        ("page/../book.py", None, 404),
        ("page/.lock", None, 404),
        ("page/", None, 404),
        ("page/book/", None, 404),
        ("..%2f..%2fetc/passwd", None, 404),
        ("page//etc/passwd", None, 404),
    ):
        asked = urllib.request.Request(address + path, headers={"Host": host} if host else {})
        with pytest.raises(urllib.error.HTTPError) as error:
            urllib.request.urlopen(asked, timeout=20)
        assert error.value.code == code
        error.value.close()
