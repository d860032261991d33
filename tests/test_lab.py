"""JupyterLab really opens `explore`: all cells run, and the figure follows the choices. Needs the extra `lab` and a browser."""

from __future__ import annotations

import importlib.util
import os
import shutil
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


def free_port():
    """A port on loopback that nobody uses."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@pytest.fixture
def lab(root, tmp_path):
    """The address of a JupyterLab that serves a copy of the notebooks; it is ended afterwards."""
    shutil.copytree(root / "notebooks", tmp_path / "notebooks")
    port = free_port()
    command = [
        sys.executable, "-m", "jupyterlab", "--no-browser", "--ip=127.0.0.1", f"--port={port}", "--ServerApp.port_retries=0",
        "--IdentityProvider.token=test", "--LabApp.expose_app_in_browser=True", f"--ServerApp.root_dir={tmp_path / 'notebooks'}",
        *(["--allow-root"] if hasattr(os, "geteuid") and os.geteuid() == 0 else []),
    ]  # fmt: skip
    log = tmp_path / "lab.log"
    with log.open("wb") as out:
        server = subprocess.Popen(command, stdout=out, stderr=subprocess.STDOUT, cwd=tmp_path)
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
            server.kill()
            server.wait(5)


def test_explore_runs_and_its_figure_follows_the_choice(lab):
    """Run all cells: no error; the figure of the parameters is there; choosing a measure draws another."""
    from playwright.sync_api import sync_playwright

    from minestats.render.pdf import BROWSERS

    found = next(filter(None, map(shutil.which, BROWSERS)))
    with sync_playwright() as play:
        browser = play.chromium.launch(executable_path=found, args=["--no-sandbox", "--disable-background-networking"])
        page = browser.new_page(viewport={"width": 1400, "height": 2400})
        page.goto(f"{lab}/lab/tree/explore.ipynb?token=test", wait_until="domcontentloaded")
        page.wait_for_selector(".jp-Notebook .jp-CodeCell", timeout=90_000)
        page.wait_for_function(
            "window.jupyterapp && jupyterapp.shell.currentWidget && jupyterapp.shell.currentWidget.sessionContext"
            " && jupyterapp.shell.currentWidget.sessionContext.session?.kernel?.status === 'idle'",
            timeout=90_000,
        )
        page.evaluate("jupyterapp.commands.execute('notebook:run-all-cells')")
        page.wait_for_selector(".widget-dropdown select", timeout=120_000)

        model = "jupyterapp.shell.currentWidget.content.model"
        outputs = (
            f"[...Array({model}.cells.length).keys()].map(i => {model}.cells.get(i)).filter(c => c.type === 'code')"
            ".flatMap(c => c.outputs.toJSON())"
        )
        assert page.evaluate(f"{outputs}.filter(o => o.output_type === 'error').length") == 0
        pictures = page.evaluate(f"{outputs}.filter(o => o.data && o.data['image/png']).length")
        assert pictures >= 1

        measure = page.locator(".widget-dropdown select").nth(1)
        measure.scroll_into_view_if_needed()
        drawn = []
        for choice in ("killed", "official casualties"):
            measure.select_option(label=choice)
            picture = page.locator(".widget-output img, .jupyter-widgets-output-area img").first
            picture.wait_for(state="visible", timeout=60_000)
            page.wait_for_function(
                "old => { const i = document.querySelector('.jupyter-widgets-output-area img, .widget-output img');"
                " return i && i.src !== old; }",
                arg=drawn[-1] if drawn else "",
                timeout=60_000,
            )
            drawn.append(picture.get_attribute("src"))
        assert drawn[0] != drawn[1]
        browser.close()
