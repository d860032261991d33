"""JupyterLab really opens `explore`: all cells run, and the figure follows the choices. Needs the extra `lab` and a browser."""

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
FIGURE = ".widget-output img, .jupyter-widgets-output-area img"


def test_explore_runs_and_its_figure_follows_the_choice(lab):
    """Run all cells: each ran, none failed; a figure stands there; other measures and places draw other figures."""
    from playwright.sync_api import sync_playwright

    from minestats.render.pdf import BROWSERS

    found = next(filter(None, map(shutil.which, BROWSERS)))
    flags = ["--disable-gpu", "--disable-background-networking", *(["--no-sandbox"] if AS_ROOT else [])]
    with sync_playwright() as play:
        browser = play.chromium.launch(executable_path=found, args=flags)
        page = browser.new_page(viewport={"width": 1400, "height": 2400})
        page.set_default_timeout(90_000)
        page.goto(f"{lab}/lab/tree/explore.ipynb?token=test", wait_until="domcontentloaded")
        page.wait_for_selector(".jp-Notebook .jp-CodeCell")
        page.wait_for_function(f"window.jupyterapp && {OPEN}?.sessionContext?.session?.kernel?.status === 'idle'")
        # counts of the stored run are there from the beginning: they must all be gone before the new ones are looked at
        page.evaluate("jupyterapp.commands.execute('notebook:clear-all-cell-outputs')")
        assert page.evaluate(f"{CODE}.every(c => c.executionCount === null && c.outputs.length === 0)")

        page.evaluate("jupyterapp.commands.execute('notebook:run-all-cells')")
        page.wait_for_function(f"{CODE}.every(c => c.executionCount && c.executionState === 'idle')")

        outputs = page.evaluate(f"{CODE}.flatMap(c => c.outputs.toJSON())")
        assert [output for output in outputs if output["output_type"] == "error"] == []
        assert [output for output in outputs if output.get("name") == "stderr"] == []
        assert [output for output in outputs if "image/png" in output.get("data", {})]

        drawn = [""]
        for name, choice in (
            ("measure", "killed"),
            ("measure", "official casualties"),
            ("measure", "incidents"),
            ("place", "Aghdam"),
        ):
            field = page.locator(".widget-dropdown", has=page.get_by_text(name, exact=True)).locator("select")
            field.select_option(label=choice)
            page.wait_for_function(
                "([figure, old]) => { const i = document.querySelector(figure); return i && i.src && i.src !== old; }",
                arg=[FIGURE, drawn[-1]],
            )
            drawn.append(page.locator(FIGURE).first.get_attribute("src"))
        assert len(set(drawn)) == 5
        assert page.locator("[data-mime-type='application/vnd.jupyter.stderr']").count() == 0
        assert page.locator("[data-mime-type='application/vnd.jupyter.error']").count() == 0
        browser.close()
