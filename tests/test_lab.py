"""JupyterLab really opens `explore`: all cells run, and everything follows the choices. Needs the extra `lab` and a browser."""

from __future__ import annotations

import importlib.util
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.request

import pandas as pd
import pytest

pytestmark = [pytest.mark.browser, pytest.mark.slow]
if importlib.util.find_spec("jupyterlab") is None:
    pytest.skip(
        "JupyterLab is not installed (pip install minestats[lab]): its test is left out", allow_module_level=True
    )


AS_ROOT = hasattr(os, "geteuid") and os.geteuid() == 0
FOLDERS = (
    "JUPYTER_CONFIG_DIR",
    "JUPYTER_DATA_DIR",
    "JUPYTER_RUNTIME_DIR",
    "JUPYTERLAB_SETTINGS_DIR",
    "JUPYTERLAB_WORKSPACES_DIR",
    "IPYTHONDIR",
)


def free_port():
    """A port on loopback that nobody uses."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@pytest.fixture
def lab(root, tmp_path):
    """The address of a JupyterLab that serves a copy of the notebooks, without the user's settings; ended afterwards."""
    shutil.copytree(root / "notebooks", tmp_path / "notebooks")
    port = free_port()
    command = [
        sys.executable, "-m", "jupyterlab", "--no-browser", "--ip=127.0.0.1", f"--port={port}", "--ServerApp.port_retries=0",
        "--IdentityProvider.token=test", "--LabApp.expose_app_in_browser=True", f"--ServerApp.root_dir={tmp_path / 'notebooks'}",
        *(["--allow-root"] if AS_ROOT else []),
    ]  # fmt: skip
    own = {name: str(tmp_path / name.lower()) for name in FOLDERS}
    log = tmp_path / "lab.log"
    with log.open("wb") as out:
        server = subprocess.Popen(
            command,
            stdout=out,
            stderr=subprocess.STDOUT,
            cwd=tmp_path,
            env={**os.environ, **own},
            start_new_session=True,
        )
    address = f"http://127.0.0.1:{port}"
    try:
        for _ in range(120):
            try:
                urllib.request.urlopen(f"{address}/api?token=test", timeout=2).close()
                break
            except OSError:
                assert server.poll() is None, log.read_text(errors="replace")[-2000:]
                time.sleep(0.5)
        yield address
    finally:
        server.terminate()
        try:
            server.wait(15)
        except subprocess.TimeoutExpired:
            os.killpg(server.pid, signal.SIGKILL)
            server.wait(5)


OPEN = "jupyterapp.shell.currentWidget"
CODE = (
    f"[...Array({OPEN}.content.model.cells.length).keys()].map(i => {OPEN}.content.model.cells.get(i))"
    ".filter(c => c.type === 'code' && c.sharedModel.source.trim())"
)
# what stands in a cell of `explore`, by the name of its function
CELL = f"(name) => {OPEN}.content.widgets.find(c => c.model.sharedModel.source.includes(`def ${{name}}(`)).node"
FIGURE = f"({CELL})('look').querySelector('.jp-OutputArea img')?.src"
RED = ".jp-OutputArea p[role='alert']"


@pytest.fixture
def page(lab):
    """JupyterLab with `explore`, all of it run."""
    from playwright.sync_api import sync_playwright

    from minestats.render.pdf import BROWSERS

    found = next(filter(None, map(shutil.which, BROWSERS)))
    flags = ["--disable-gpu", "--disable-background-networking", *(["--no-sandbox"] if AS_ROOT else [])]
    with sync_playwright() as play:
        browser = play.chromium.launch(executable_path=found, args=flags)
        page = browser.new_page(viewport={"width": 1400, "height": 3600})
        page.set_default_timeout(90_000)
        page.goto(f"{lab}/lab/tree/explore.ipynb?token=test", wait_until="domcontentloaded")
        page.wait_for_selector(".jp-Notebook .jp-CodeCell")
        page.wait_for_function(f"window.jupyterapp && {OPEN}?.sessionContext?.session?.kernel?.status === 'idle'")
        # counts of the stored run are there from the beginning: they must all be gone before the new ones are looked at
        page.evaluate("jupyterapp.commands.execute('notebook:clear-all-cell-outputs')")
        assert page.evaluate(f"{CODE}.every(c => c.executionCount === null && c.outputs.length === 0)")
        page.evaluate("jupyterapp.commands.execute('notebook:run-all-cells')")
        page.wait_for_function(f"{CODE}.every(c => c.executionCount && c.executionState === 'idle')")
        yield page
        browser.close()


def choose(page, name, choice):
    """Choose a word, or a day, in the widget of a name."""
    if name in ("from", "to"):
        field = page.locator(".widget-datepicker", has=page.get_by_text(name, exact=True)).locator("input")
        field.fill(choice)
        field.blur()
    else:
        field = page.locator(".widget-dropdown", has=page.get_by_text(name, exact=True)).locator("select")
        field.select_option(label=choice)


def words(page, name):
    """What a cell shows and says."""
    return page.evaluate(f"({CELL})('{name}').innerText")


def wait_for(page, name, text):
    """Wait until a cell shows a text."""
    page.wait_for_function(f"text => ({CELL})('{name}').innerText.includes(text)", arg=text)


def clean(page):
    """No cell has an error, a warning or a traceback."""
    outputs = page.evaluate(f"{CODE}.flatMap(c => c.outputs.toJSON())")
    assert [output for output in outputs if output["output_type"] == "error" or output.get("name") == "stderr"] == []


def test_everything_follows_the_choice(page, tmp_path):
    """A figure stands there before the first change; figure, answer, table, places and files are those of each choice."""
    clean(page)
    drawn = [page.evaluate(FIGURE)]
    assert drawn[0].startswith("data:image/png")
    for name, choice, answer, caption in (
        ("measure", "killed", "killed listed in Azerbaijan", "Killed listed in Azerbaijan by quarter"),
        ("measure", "hectares cleared", "ha a month", "Hectares cleared in Azerbaijan by month"),
        ("measure", "official casualties", "The official total rose by", "Official running total"),
        ("measure", "incidents", "incidents listed in Azerbaijan", "Incidents listed in Azerbaijan by quarter"),
        ("place", "Aghdam", "incidents listed in Aghdam", "Incidents listed in Aghdam by quarter"),
        ("from", "2024-01-01", "incidents listed in Aghdam in 2.20 years", "1 January 2024 to"),
        ("to", "2024-12-31", "incidents listed in Aghdam in 1.00 years", "by quarter, 2024"),
    ):
        choose(page, name, choice)
        page.wait_for_function(f"old => {FIGURE} && {FIGURE} !== old", arg=drawn[-1])
        wait_for(page, "question", answer)
        wait_for(page, "numbers", caption)
        drawn.append(page.evaluate(FIGURE))
    assert drawn[4] == drawn[0]  # the same choice, the same picture
    assert len(set(drawn)) == len(drawn) - 1
    wait_for(page, "where", "Incidents listed in Aghdam by settlement, 2024")

    page.get_by_role("button", name="Save table and figure").click()
    wait_for(page, "save", ".png")
    files = sorted((tmp_path / "notebooks" / "explored").iterdir())
    assert [file.name for file in files] == [
        f"incidents-aghdam-2024-01-01-2024-12-31.{kind}" for kind in ("csv", "png")
    ]
    assert all(str(file) in words(page, "save") for file in files)
    saved = pd.read_csv(files[0])
    assert saved["period_start"].tolist() == ["2024-01-01", "2024-04-01", "2024-07-01", "2024-10-01"]
    assert f"{saved['count'].sum()} incidents listed in Aghdam" in words(page, "question")
    assert files[1].read_bytes().startswith(b"\x89PNG")

    choose(page, "measure", "hectares cleared")
    wait_for(page, "look", "The published bulletins are national")
    assert not page.evaluate(FIGURE)
    page.wait_for_function(f"!({CELL})('save').innerText.includes('.png')")  # those of the choice before
    clean(page)


def test_no_quick_choice_is_lost(page):
    """What is chosen while the cells still follow the choice before is shown in the end."""
    for measure in ("killed", "hectares cleared", "official casualties", "injured", "casualties", "killed") * 2:
        choose(page, "measure", measure)
        choose(page, "place", "Aghdam")
        choose(page, "place", "Lachin")
        wait_for(page, "question", "listed in Lachin" if measure in ("killed", "injured", "casualties") else "")
    choose(page, "measure", "incidents")
    choose(page, "place", "Fuzuli")
    wait_for(page, "where", "Incidents listed in Fuzuli by settlement")
    wait_for(page, "numbers", "Incidents listed in Fuzuli by quarter")
    clean(page)


def test_a_wrong_choice_is_one_red_line(page, tmp_path):
    """A first day after the last, or none: one line in red and no traceback, nothing saved; the next choice is shown."""
    for name, day, said in (
        ("from", "2027-01-01", '"from" (2027-01-01) lies after "to"'),
        ("from", "", '"from" is empty'),
        ("to", "", "is empty"),
    ):
        choose(page, name, day)
        wait_for(page, "look", said)
        assert page.locator(RED).count() == 1
        assert not page.evaluate(FIGURE)
        assert "listed in" not in words(page, "question") + words(page, "numbers")
    page.get_by_role("button", name="Save table and figure").click()
    wait_for(page, "save", "is empty")
    assert not (tmp_path / "notebooks" / "explored").exists()
    clean(page)

    choose(page, "from", "2023-01-01")
    choose(page, "to", "2023-12-31")
    wait_for(page, "question", "incidents listed in Azerbaijan in 1.00 years")
    assert page.locator(RED).count() == 0
    assert page.evaluate(FIGURE).startswith("data:image/png")
    clean(page)
