"""PDF of a report: printed by a browser found on the machine, else by WeasyPrint; never fetched, never guessed.

The page is printed as its style for paper says: A4, page numbers, bookmarks from the headings. The browser runs with
a profile of its own that is thrown away, and without network; the page's own policy lets no script run.
"""

from __future__ import annotations

import contextlib
import importlib.util
import os
import shlex
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from minestats.errors import MinestatsError, ParameterError

_NAMES = "chromium chromium-browser google-chrome google-chrome-stable chrome microsoft-edge microsoft-edge-stable"
BROWSERS = (*_NAMES.split(), "msedge")
_PLACES = (
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
    "/Applications/Chromium.app/Contents/MacOS/Chromium",
    "/Applications/Microsoft Edge.app/Contents/MacOS/Microsoft Edge",
    r"C:\Program Files\Google\Chrome\Application\chrome.exe",
    r"C:\Program Files (x86)\Microsoft\Edge\Application\msedge.exe",
)
FLAGS = "MINESTATS_BROWSER_FLAGS"
SECONDS = 120


def pdf_tool() -> str:
    """Return what makes PDF here: the path of a browser, or "weasyprint".

    Raises
    ------
    ParameterError
        There is neither. Asked before any kernel starts.
    """
    for name in (*BROWSERS, *_PLACES):
        if found := shutil.which(name):
            return found
    if importlib.util.find_spec("weasyprint") is not None:
        return "weasyprint"
    raise ParameterError(
        "--format pdf needs a browser or WeasyPrint, and neither is here: install Chromium, Chrome or Edge, "
        "or `pip install minestats[pdf]`. [browser]"
    )


def printed(page: bytes, *, tool: str | None = None) -> bytes:
    """Return a page as PDF.

    Parameters
    ----------
    page : bytes
        The page.
    tool : str, optional
        What `pdf_tool` returned.

    Raises
    ------
    MinestatsError
        The browser failed; its last words are in the message.

    Notes
    -----
    Where a browser cannot use its sandbox (root in a container), it says so. Its protection is not switched off
    unasked: set MINESTATS_BROWSER_FLAGS="--no-sandbox" to ask for it.
    """
    tool = tool or pdf_tool()
    with tempfile.TemporaryDirectory(prefix="minestats-pdf-", ignore_cleanup_errors=True) as folder:
        source, made = Path(folder) / "page.html", Path(folder) / "page.pdf"
        source.write_bytes(page)
        if tool == "weasyprint":
            _weasyprint(source, made)
        else:
            _browser(tool, source, made, folder)
        return made.read_bytes()


def _browser(tool: str, page: Path, made: Path, folder: str) -> None:
    command = [
        tool,
        "--headless",
        "--disable-gpu",
        "--disable-dev-shm-usage",
        "--disable-background-networking",
        "--disable-extensions",
        "--disable-sync",
        "--no-first-run",
        "--no-default-browser-check",
        "--host-resolver-rules=MAP * ~NOTFOUND",
        f"--user-data-dir={Path(folder) / 'profile'}",
        "--no-pdf-header-footer",
        "--generate-pdf-document-outline",
        *shlex.split(os.environ.get(FLAGS, "")),
        f"--print-to-pdf={made}",
        page.absolute().as_uri(),
    ]
    process = subprocess.Popen(
        command,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        start_new_session=sys.platform != "win32",
    )
    try:
        _, said = process.communicate(timeout=SECONDS)
    except subprocess.TimeoutExpired as error:
        raise MinestatsError(f"{Path(tool).name} did not make the PDF within {SECONDS} seconds") from error
    finally:
        if process.poll() is None:
            _end(process)
    if process.returncode != 0 or not made.is_file():
        lines = [line for line in said.decode(errors="replace").splitlines() if line.strip()]
        words = next((line for line in lines if "sandbox" in line.lower()), lines[-1] if lines else "no message")
        remedy = f'; set {FLAGS}="--no-sandbox" to run it without' if "sandbox" in words.lower() else ""
        raise MinestatsError(f"{Path(tool).name} could not make the PDF: {words.strip()[-300:]}{remedy}")


def _end(process: subprocess.Popen[bytes]) -> None:
    """End the browser and its helpers."""
    import signal

    if sys.platform == "win32":
        process.kill()
    else:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
    process.communicate()


def _weasyprint(page: Path, made: Path) -> None:
    import weasyprint

    def refuse(address: str, *rest: object, **named: object) -> dict[str, Any]:
        if address.startswith("data:"):
            return weasyprint.default_url_fetcher(address)
        raise ValueError(f"nothing is loaded from outside: {address}")

    weasyprint.HTML(string=page.read_text(encoding="utf-8"), url_fetcher=refuse).write_pdf(made)
