"""Whether a report is up to date: one hash of everything that its pages depend on.

The key is made of the cells of the notebook, the parameters, the code of minestats, the modules beside the notebook,
the data, and the environment: Python, what is installed, the lock file, matplotlib's settings. Beside it a record names
the files that its report was seen to read, each with its hash. File times, paths, commit and engine are not in it.
Standard library only, so that "nothing to do" is said in a moment.
"""

from __future__ import annotations

import contextlib
import glob
import hashlib
import importlib.util
import json
import os
import re
import sys
import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from minestats.render.plan import Task, bundled_data
from minestats.render.source import read_source

SCHEMA = "minestats-report/1"
PACKAGES = (
    "minestats numpy pandas scipy statsmodels matplotlib seaborn ipykernel jupyter-client nbclient nbconvert papermill"
)
_WORDS = re.compile(r"""\"([^"\n]+)\"|'([^'\n]+)'|([^\s"'`,;()\[\]{}<>|=]+)""")
_SKIP = {"__pycache__", ".ipynb_checkpoints"}


@dataclass(frozen=True)
class Shared:
    """What all reports of one call share: the parts of the key, the files of the data, the versions."""

    parts: dict[str, str]
    data: dict[str, Any] | None
    versions: dict[str, str]
    seen: dict[Path, dict[str, str]] = field(default_factory=dict)
    stamp: float = field(default_factory=time.time)


def shared_parts(data_dir: str | Path | None = None, *, exclude: str | Path | None = None) -> Shared:
    """Hash once what the keys of all reports of a call have in common.

    Parameters
    ----------
    data_dir : path, optional
        The data folder, every file of which counts; without it that of the variable MINESTATS_DATA, then the
        bundled one.
    exclude : path, optional
        The output folder, left out where it lies inside the data folder.
    """
    package = Path(__file__).resolve().parents[1]
    folder = _data_dir(data_dir)
    resources = _files(folder, exclude) if folder is not None else []
    code = [file for file in _files(package) if not str(file["path"]).startswith("bundle/")]
    installed = distributions()
    versions = {"python": ".".join(map(str, sys.version_info[:3]))}
    versions |= {name: installed[name] for name in PACKAGES.split() if name in installed}
    from minestats import __version__

    versions["minestats"] = __version__
    parts = {
        "code": _files_digest(code),
        "data": _files_digest(resources),
        "python": digest([sys.implementation.name, list(sys.version_info)]),
        "distributions": digest(sorted(f"{name}-{version}" for name, version in installed.items())),
    }
    data = None if folder is None else {**_package_name(folder), "resources": resources}
    return Shared(parts, data, versions)


def _data_dir(data_dir: str | Path | None) -> Path | None:
    data_dir = data_dir or os.environ.get("MINESTATS_DATA")
    return Path(data_dir) if data_dir else bundled_data()


def _files_digest(files: list[dict[str, Any]]) -> str:
    return digest([[file["path"], file["sha256"]] for file in files])


def changed_file(before: Shared, after: Shared) -> str:
    """Return the name of the first file of the data that differs, "the data folder" where none does.

    Examples
    --------
    >>> before, after = (Shared({}, {"resources": [{"path": "a.csv", "sha256": hash}]}, {}) for hash in "12")
    >>> changed_file(before, after)
    'a.csv'
    """
    first, second = (
        {file["path"]: file["sha256"] for file in (one.data or {}).get("resources", ())} for one in (before, after)
    )
    different = (path for path in sorted({*first, *second}) if first.get(path) != second.get(path))
    return next(different, "the data folder")


def task_key(
    task: Task, data_dir: str | Path | None = None, format: str = "html", *, shared: Shared | None = None
) -> tuple[str, dict[str, str]]:
    """Return the key of a task and the hashes it is made of.

    Parameters
    ----------
    task : Task
        What is to be rendered.
    data_dir : path, optional
        The data folder; not asked where `shared` is given.
    format : str
        "html" or "pdf".
    shared : Shared, optional
        `shared_parts(data_dir)`, so that a call with many tasks hashes the data once.

    Returns
    -------
    tuple of str and dict
        The key (sha256, hexadecimal) and the hash of each part.
    """
    shared = shared or shared_parts(data_dir)
    if task.notebook not in shared.seen:
        shared.seen[task.notebook] = notebook_parts(task.notebook)
    parts = {
        **shared.parts,
        **shared.seen[task.notebook],
        "parameters": digest(task.values),
        "inputs": inputs_digest(task.inputs),
        "format": format,
    }
    return digest(parts), dict(sorted(parts.items()))


def up_to_date(out_dir: str | Path, task: Task, key: str) -> bool:
    """Tell whether the report is there, whole, made from the same inputs, and not followed by a failure."""
    folder = Path(out_dir) / task.report
    if (folder / f"{task.slug}.failed.json").exists():
        return False
    try:
        kept = json.loads((folder / f"{task.slug}.json").read_bytes())
        if kept["schema"] != SCHEMA or kept["state"] != "ok" or kept["key"] != key or not kept["outputs"]:
            return False
        for output in kept["outputs"]:
            if Path(output["path"]).name != output["path"] or file_hash(folder / output["path"]) != output["sha256"]:
                return False
        for read in kept.get("read", []):
            path = task.notebook.parent / read["path"]
            now = file_hash(path) if path.is_file() else names_digest(task.notebook.parent, read["path"])
            if now != read["sha256"]:
                return False
    except (OSError, ValueError, KeyError, TypeError):
        return False
    return True


def files_read(
    opened: Iterable[str], notebook: Path, *, besides: Iterable[Path | None] = ()
) -> tuple[list[dict[str, Any]], list[str]]:
    """Return path and hash of the files that a report rests on beyond its notebook, and modules too far off to follow.

    They are the files below the notebook's folder that its kernel read, and modules that it imported from elsewhere
    than the installed packages, by paths relative to that folder.

    Parameters
    ----------
    opened : iterable of str
        "r", "w" or "g" (names that were looked for) and the absolute path, as the kernel noted them. What it wrote
        itself is no input.
    notebook : path
        The notebook.
    besides : iterable of path
        Folders that the key holds already (the data), or that come of the report (the output).
    """
    folder = notebook.parent
    left_out = [Path(os.path.abspath(path)) for path in besides if path is not None]
    left_out += [
        Path(__file__).resolve().parents[1],
        Path.home() / ".ipython",
    ]
    written = {text[1:] for text in opened if text.startswith("w")}
    found, far = {}, []
    for text in opened:
        path = Path(text[1:])
        if path.suffix == ".pyc":
            with contextlib.suppress(ValueError):
                path = Path(importlib.util.source_from_cache(str(path)))
        if text[1:] in written:
            continue
        if not path.is_file():  # names, or a file that was looked for and was not there
            if path.is_relative_to(folder) and path != folder:
                name = path.relative_to(folder).as_posix()
                found[name] = {"path": name, "bytes": 0, "sha256": names_digest(folder, name)}
            continue
        if path.with_suffix("") == notebook.with_suffix("") or any(path.is_relative_to(other) for other in left_out):
            continue
        if not path.is_relative_to(folder) and path.suffix != ".py":
            continue
        if {"site-packages", "dist-packages"} & {*path.parts}:
            continue
        if path.is_relative_to(folder.parent.parent):
            name = Path(os.path.relpath(path, folder)).as_posix()
            found[name] = {"path": name, "bytes": path.stat().st_size, "sha256": file_hash(path)}
        elif "ipykernel_" not in str(path):
            far.append(path.name)
    return [found[name] for name in sorted(found)], sorted(set(far))


def names_digest(folder: Path, pattern: str) -> str:
    """Return a hash of the names of the files that a pattern finds."""
    found = glob.glob(pattern, root_dir=folder, recursive=True)
    return digest(sorted(name for name in found if (folder / name).is_file()))


def named(sources: Sequence[str], folder: Path) -> Iterator[Path]:
    """Yield the files of a folder that code names: what C or a program reads, Python does not tell of.

    Where code asks whether a file exists, it is also one that is not there.

    Examples
    --------
    >>> list(named(["!cat nowhere.txt"], Path(".")))
    []
    """
    words = {word for source in sources for found in _WORDS.findall(source) for word in found if 0 < len(word) < 200}
    asking = (_WORDS.findall(source) for source in sources if re.search("exists|is_?file", source))
    asked = {word for cell in asking for found in cell for word in found[:2] if Path(word).suffix}
    for word in sorted(words):
        with contextlib.suppress(OSError, ValueError):
            path = Path(os.path.abspath(folder / word))
            if path.is_file() or word in asked:
                yield path


def origin(notebook: Path, out: Path) -> str:
    """Return what tells a notebook from another one of its name: a hash of the way to it from the output folder."""
    from minestats.files import bundle_dir

    with contextlib.suppress(FileNotFoundError):
        if notebook.parent == bundle_dir("notebooks"):
            return digest(["minestats", notebook.stem])[:16]
    return digest(Path(os.path.relpath(notebook.with_suffix(""), out)).as_posix())[:16]


def made_from_another(out: Path, task: Task) -> bool:
    """Whether the report that lies under the task's name was made from another notebook of that name."""
    for ending in (".json", ".failed.json"):
        try:
            kept = json.loads((out / task.report / f"{task.slug}{ending}").read_bytes())["notebook"]
        except (OSError, ValueError, KeyError, TypeError):
            continue
        if kept.get("origin", task.origin) != task.origin and kept.get("sha256") != file_hash(task.notebook):
            return True
    return False


def distributions() -> dict[str, str]:
    """Return name and version of what is installed, from the names of the `.dist-info` folders alone."""
    found: dict[str, str] = {}
    for folder in sys.path:
        try:
            names = os.listdir(folder or ".")
        except OSError:
            continue
        for name in sorted(names):
            if name.endswith((".dist-info", ".egg-info")):
                stem, _, version = name.rsplit(".", 1)[0].partition("-")
                found.setdefault(re.sub(r"[-_.]+", "-", stem).lower(), version)
    return found


def _paths(folder: Path, exclude: str | Path | None = None) -> Iterator[tuple[Path, os.stat_result]]:
    left_out = None if exclude is None else os.path.abspath(exclude)
    for root, folders, names in os.walk(folder):
        folders[:] = sorted(
            name
            for name in folders
            if name not in _SKIP and not name.startswith(".") and os.path.abspath(os.path.join(root, name)) != left_out
        )
        for name in sorted(names):
            if name.startswith((".", "~$")) or name.endswith((".pyc", ".pyo")):
                continue
            path = Path(root) / name
            with contextlib.suppress(FileNotFoundError):
                yield path, path.stat()


def _files(folder: Path, exclude: str | Path | None = None) -> list[dict[str, Any]]:
    found = []
    for path, state in _paths(folder, exclude):
        with contextlib.suppress(FileNotFoundError):
            name = path.relative_to(folder).as_posix()
            found.append({"path": name, "bytes": state.st_size, "sha256": file_hash(path)})
    return sorted(found, key=lambda file: str(file["path"]))


def data_marks(data_dir: str | Path | None, *, exclude: str | Path | None = None) -> dict[str, tuple[int, int, int]]:
    """Return what changes when somebody writes to a file of the data: cheap to ask after each report.

    Only where it differs are the files hashed again: a report is never called up to date by a time.
    """
    folder = _data_dir(data_dir)
    found = _paths(folder, exclude) if folder is not None else ()
    return {str(path): (state.st_size, state.st_ctime_ns, state.st_ino) for path, state in found}


def inputs_digest(paths: Iterable[str]) -> str:
    """Return one hash of the names and contents of further files that a notebook reads."""
    return digest(sorted([Path(path).name, file_hash(Path(path))] for path in paths))


def modules_beside(notebook: Path) -> dict[str, Path]:
    """Return the modules and packages that a notebook can import from its own folder, by their relative path."""
    folder = notebook.parent
    modules = {path.name: path for path in folder.glob("*.py") if path.stem != notebook.stem and not _is_notebook(path)}
    for path in folder.glob("*/__init__.py"):
        for inner in path.parent.rglob("*.py"):
            modules[inner.relative_to(folder).as_posix()] = inner
    return modules


def notebook_parts(notebook: Path) -> dict[str, str]:
    """Return hashes of the cells of a notebook and of what lies beside it: modules, lock file, matplotlib settings."""
    folder = notebook.parent
    modules = {name: file_hash(path) for name, path in modules_beside(notebook).items()}
    lock = next((p for p in (folder / "requirements.lock", folder.parent / "requirements.lock") if p.is_file()), None)
    settings = _matplotlibrc(folder)
    return {
        "cells": _cells_hash(notebook),
        "modules": digest(modules),
        "lock": file_hash(lock) if lock else "",
        "matplotlibrc": file_hash(settings) if settings else "",
    }


def _cells_hash(notebook: Path) -> str:
    """Hash of what is run: of a text every byte, for jupytext says what it means; of a Jupyter file not outputs."""
    if notebook.suffix != ".ipynb":
        return file_hash(notebook)
    source = read_source(notebook)
    book = json.loads(notebook.read_bytes())
    spec = [(book.get("metadata") or {}).get(name) for name in ("lang", "kernelspec")]
    attached = [cell.get("attachments") for cell in book["cells"]]
    return digest([spec, [[cell.cell_type, cell.source, sorted(cell.tags)] for cell in source.cells], attached])


def _is_notebook(path: Path) -> bool:
    """Whether a script is a notebook of its own, not a module that others import."""
    if path.with_suffix(".ipynb").exists():
        return True
    text = path.read_bytes()
    return re.search(rb"^# %%.*\bparameters\b", text, re.MULTILINE) is not None or (
        text.lstrip().startswith(b"# ---") and b"\n# %%" in text
    )


def _matplotlibrc(folder: Path) -> Path | None:
    named = os.environ.get("MATPLOTLIBRC")
    config = os.environ.get("MPLCONFIGDIR")
    base = Path(os.environ.get("XDG_CONFIG_HOME") or os.path.expanduser("~/.config"))
    places = [folder / "matplotlibrc"]
    places += [Path(named), Path(named) / "matplotlibrc"] if named else []
    places += [(Path(config) if config else base / "matplotlib") / "matplotlibrc"]
    return next((place for place in places if place.is_file()), None)


def _package_name(data_dir: Path) -> dict[str, Any]:
    try:
        described = json.loads((data_dir / "datapackage.json").read_bytes())
        name, version = described.get("name"), described.get("version")
    except (OSError, ValueError, AttributeError):
        name = version = None
    return {"name": name if isinstance(name, str) else None, "version": None if version is None else str(version)}


def file_hash(path: Path) -> str:
    """Return the sha256 of a file, hexadecimal."""
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def digest(value: object) -> str:
    """Return the sha256 of a JSON value, hexadecimal, whatever the order of its names."""
    text = json.dumps(value, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
