"""Helpers of the tests of rendering: small notebooks, running them, and looking for what was left behind."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import time
from pathlib import Path

SAMPLES = Path(__file__).resolve().parent / "notebooks"
SPEC = {"name": "python3", "language": "python", "display_name": "Python 3 (ipykernel)"}


def book(*cells: str):
    """A notebook of code cells."""
    import nbformat

    made = [nbformat.v4.new_code_cell(cell, id=f"c{n}") for n, cell in enumerate(cells)]
    return nbformat.v4.new_notebook(cells=made, metadata={"kernelspec": dict(SPEC)})


def run(*cells: str, engine: str = "minestats-fork", **options):
    """Run cells by papermill and return what its engine told and the notebook."""
    import papermill

    from minestats.render.kernel import Run

    told = Run(**options)
    papermill.execute_notebook(
        book(*cells), None, engine_name=engine, progress_bar=False, request_save_on_cell_execute=False, run=told
    )
    return told


def texts(told) -> list[str]:
    """What each cell showed, as text."""
    shown = []
    for cell in told.nb.cells:
        if cell.cell_type != "code":
            continue
        parts = [o.get("text") or (o.get("data") or {}).get("text/plain") or o.get("evalue", "") for o in cell.outputs]
        shown.append("".join(parts))
    return shown


def script(source: str, *arguments: str, cwd: Path | None = None, **env: str) -> subprocess.Popen:
    """Start Python on a piece of source, in a process group of its own."""
    return subprocess.Popen(
        [sys.executable, "-c", source, *arguments],
        cwd=cwd,
        env={**os.environ, **env},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )


def alive(pid: int) -> bool:
    """Whether a process runs (a dead one that nobody has waited for does not)."""
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return False
    return state != "Z"


def marked(mark: str) -> list[int]:
    """Processes that were started with a variable of this value in their environment."""
    found = []
    for folder in Path("/proc").iterdir():
        if folder.name.isdigit():
            try:
                if mark.encode() in (folder / "environ").read_bytes() and alive(int(folder.name)):
                    found.append(int(folder.name))
            except OSError:
                continue
    return found


def within(seconds: float, condition) -> bool:
    """Whether a condition comes true in time."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if condition():
            return True
        time.sleep(0.02)
    return bool(condition())


def without_chance(text: str) -> str:
    """A notebook's text without what no two kernels share: addresses, process ids, names of widgets."""
    for pattern, stand_in in ((r"0x[0-9a-f]{6,}", "0xN"), (r"ipykernel_\d+", "ipykernel_N"), (r"[0-9a-f]{32}", "N")):
        text = re.sub(pattern, stand_in, text)
    return text
