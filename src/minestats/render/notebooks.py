"""The executed twins of the notebooks: each `.py` and, beside it, the `.ipynb` with its outputs.

The percent script is the source. Its twin is what it gives with its defaults and
the bundled data: text outputs are kept, for they are the promise that tests compare; pictures are left out, their text
and descriptions stay. A twin is written only where it changed, so a second run changes nothing. A twin whose cells
somebody has edited, while its `.py` has others, is left alone: what was typed in JupyterLab must not be lost.

    python -m minestats.render.notebooks FOLDER            write the twins
    python -m minestats.render.notebooks --check FOLDER    fail where one is out of date
"""

from __future__ import annotations

import argparse
import contextlib
import hashlib
import json
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from minestats import files
from minestats.errors import MinestatsError
from minestats.render.kernel import ForkServer
from minestats.render.provenance import normalise, notebook_bytes, reason


@dataclass(frozen=True)
class Twin:
    """What became of one notebook: "written", "unchanged", "out of date", "edited" or "failed", and `why`."""

    path: Path
    state: str
    why: str = ""


def render_notebooks(folder: str | Path, *, check: bool = False) -> list[Twin]:
    """Execute each `.py` of a folder and write its `.ipynb`, where it changed.

    Parameters
    ----------
    folder : path
        Folder of percent scripts; those that begin with `_` or `.` are left out.
    check : bool
        Write nothing, only tell which twins are out of date.

    Returns
    -------
    list of Twin
        One for each notebook, in the order of their names.

    Raises
    ------
    MinestatsError
        There is no such folder, or no notebook in it.
    """
    folder = Path(folder)
    sources = sorted(path for path in folder.glob("*.py") if not path.name.startswith(("_", ".")))
    if not sources:
        raise MinestatsError(f"no notebook in '{folder}': a notebook is a percent script, NAME.py")
    server = ForkServer.announced(None)
    with contextlib.closing(server) if server else contextlib.nullcontext():
        return [_twin(path, check) for path in sources]


def _twin(path: Path, check: bool) -> Twin:
    import jupytext

    from minestats.render import _job
    from minestats.render.kernel import Run
    from minestats.render.plan import Task

    task = Task(path.stem, path.absolute(), {}, {}, path.stem)
    nb, error = _job.execute(_job.Job(task, path.read_bytes(), "", {}, None), Run(cwd=str(task.notebook.parent)))
    if error is not None:
        return Twin(path, "failed", f"{path.stem}: {reason(error)}")
    nb = without_pictures(normalise(nb, task.notebook.parent))
    # JupyterLab opens a pair whose script is, to the blank line, what jupytext writes of the other half
    for cell, told in zip(nb["cells"], jupytext.read(path).cells, strict=True):
        cell["metadata"] |= {name: told.metadata[name] for name in told.metadata if name.startswith("lines_to_")}
    # JupyterLab saves both halves of a pair; the hash tells cells that were edited from those of an older script
    nb["metadata"] |= {"jupytext": {"formats": "ipynb,py:percent"}, "minestats": {"cells": cells_hash(nb)}}
    content = notebook_bytes(nb)
    target = path.with_suffix(".ipynb")
    if _edited(target, cells_hash(nb)):
        why = f"{target.name} has cells that {path.name} has not: somebody has edited it. `jupytext --to py:percent "
        why += f"{target.name}` takes them over into the script; deleting {target.name} drops them."
        return Twin(path, "edited", why)
    if check:
        same = target.is_file() and target.read_bytes() == content
        return Twin(path, "unchanged" if same else "out of date")
    return Twin(path, "written" if files.write(target, content) else "unchanged")


def cells_hash(nb: Any) -> str:
    """Return a hash of what the cells of a notebook say, without what they show.

    Examples
    --------
    >>> cells_hash({"cells": [{"cell_type": "code", "source": ["x = 1"], "outputs": []}]})
    'b8516f9495fe'
    """
    told = [(cell["cell_type"], "".join(cell["source"])) for cell in nb["cells"]]
    return hashlib.sha256(json.dumps(told).encode()).hexdigest()[:12]


def _edited(target: Path, cells: str) -> bool:
    """Whether the cells of a twin are neither those it was written with nor those of the script."""
    try:
        there = json.loads(target.read_bytes())
        written = there["metadata"]["minestats"]["cells"]
    except (OSError, ValueError, KeyError, TypeError):
        return False
    return cells_hash(there) not in (written, cells)


def without_pictures(nb: Any) -> Any:
    """Return the notebook without the content of its pictures, wide and narrow; their texts and other metadata stay.

    Examples
    --------
    >>> output = {"data": {"image/png": "iVBO", "text/plain": "<Figure>"}, "metadata": {"image/png": {"alt": "A"}}}
    >>> without_pictures({"cells": [{"outputs": [output]}]})["cells"][0]["outputs"][0]["data"]
    {'text/plain': '<Figure>'}
    """
    for output in (output for cell in nb["cells"] for output in cell.get("outputs", [])):
        data = output.get("data") or {}
        for kind in [kind for kind in data if kind.startswith("image/")]:
            del data[kind]
            output["metadata"].get(kind, {}).pop("narrow", None)
    return nb


def main(arguments: list[str] | None = None) -> int:
    """Run the command; returns its exit status."""
    parser = argparse.ArgumentParser(prog="python -m minestats.render.notebooks", description=__doc__.split("\n")[0])
    parser.add_argument("folder", type=Path, help="folder of the notebooks")
    parser.add_argument("--check", action="store_true", help="write nothing; fail where a twin is out of date")
    options = parser.parse_args(arguments)
    try:
        twins = render_notebooks(options.folder, check=options.check)
    except MinestatsError as error:
        print(f"minestats: {error}", file=sys.stderr)
        return 1
    for twin in twins:
        print(f"{twin.state} {twin.path.with_suffix('.ipynb').name}", flush=True)
    if any(twin.state == "out of date" for twin in twins):
        print(
            "What these notebooks show is no longer what they give. `make notebooks` (or this command without --check) "
            "writes them anew; look at what changed before it is committed.",
            file=sys.stderr,
        )
    for twin in twins:
        if twin.why:
            print(f"FAILED {twin.why}", file=sys.stderr)
    return 1 if any(twin.state in ("failed", "edited", "out of date") for twin in twins) else 0


if __name__ == "__main__":
    sys.exit(main())
