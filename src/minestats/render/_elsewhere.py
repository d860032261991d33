"""Reports made on another machine: what travels with a job, and whether the other machine may make it.

A job carries the text of its notebook and the modules beside it; where the same files are not found at the same path,
they are written into a private folder. The data do not travel: they lie at the same path, and their hashes, like those
of minestats and of the installed packages, must equal those of the command that asked. A report made from anything
else would have a record that is not true.
"""

from __future__ import annotations

import dataclasses
import hashlib
import os
import threading
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from minestats.render.kernel import own_folder
from minestats.render.key import (
    changed_file,
    data_files,
    files_digest,
    inputs_digest,
    modules_beside,
    notebook_parts,
    shared_parts,
)
from minestats.render.plan import Task

if TYPE_CHECKING:
    from minestats.render._job import Job

_loaded: dict[str, str] = {}  # the code of minestats that this process has imported
_written = threading.Lock()


class Unfit(RuntimeError):
    """This process must not make the report: what it would make it from is not what the command has."""


def travelling(task: Task) -> dict[str, bytes]:
    """Return what lies beside the notebook and its reports depend on, by its path relative to the notebook.

    These are the modules, matplotlib's settings, and further inputs inside the notebook's folder.
    """
    folder = task.notebook.parent
    paths = list(modules_beside(task.notebook).values())
    paths += [path for path in (folder / "matplotlibrc",) if path.is_file()]
    paths += [Path(path) for path in task.inputs if Path(path).is_relative_to(folder)]
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in paths}


def difference(job: Job) -> str:
    """Return in what this process differs from the one that asked for a report, in words; empty where in nothing."""
    here = shared_parts(job.data, exclude=job.exclude)
    loaded = _loaded.setdefault("code", here.parts["code"])
    wanted = job.key_parts
    if here.parts["code"] != wanted.get("code"):
        theirs, ours = (str(side.versions.get("minestats")) for side in (job.shared, here))
        which = f": {ours}, not {theirs}" if ours != theirs else ""
        return f"minestats of this worker is not that of the command{which}"
    if loaded != wanted.get("code"):
        return "minestats was changed after this worker started: start the worker again"
    if here.parts["data"] != wanted.get("data"):
        lists = [(side.data or {}).get("resources", []) for side in (job.shared, here)]
        name = changed_file(*lists)
        missing = name and name not in {file["path"] for file in lists[1]}
        which = f": {name} {'is missing' if missing else 'differs'}" if name else ""
        return f"the data folder of this worker is not that of the command{which}"
    for part in ("python", "distributions"):
        if wanted.get(part) and here.parts[part] != wanted[part]:
            theirs, ours = job.shared.versions, here.versions
            names = [name for name in {**theirs, **ours} if theirs.get(name) != ours.get(name)]
            which = f": {names[0]} {ours.get(names[0])}, not {theirs.get(names[0])}" if names else ""
            return f"the packages of this worker are not those of the command{which}"
    return ""


def prepare(job: Job) -> Job:
    """Return the job with a notebook of this machine; raises `Unfit` where this process must not make it."""
    if said := difference(job):
        raise Unfit(said)
    here = job.task.notebook
    if not _same(here, job.key_parts):
        here = write(job)
        if not _same(here, job.key_parts):
            raise Unfit("matplotlib's settings on this worker are not those of the command")
    moved = _moved(job.task, here.parent)
    for path in moved:
        if not Path(path).is_file():
            raise Unfit(f"'{Path(path).name}', an input of the notebook, is missing on this worker")
    if "inputs" in job.key_parts and inputs_digest(moved) != job.key_parts["inputs"]:
        raise Unfit("the inputs of the notebook on this worker are not those of the command")
    return dataclasses.replace(job, task=dataclasses.replace(job.task, notebook=here, inputs=moved))


def data_changed(job: Job) -> str:
    """Return which file of the data folder is no longer what the job says, empty where all are."""
    now = data_files(job.data, exclude=job.exclude)
    if files_digest(now) == job.key_parts.get("data"):
        return ""
    return changed_file((job.shared.data or {}).get("resources", []), now) or "the data folder"


def _same(notebook: Path, wanted: Mapping[str, str]) -> bool:
    """Whether the notebook at a path, and what lies beside it, is what the command has."""
    try:
        here = notebook_parts(notebook)
    except (OSError, ValueError):
        return False
    return all(here[part] == wanted.get(part, here[part]) for part in ("cells", "modules", "matplotlibrc"))


def write(job: Job) -> Path:
    """Write what travelled into a folder of this process, once for equal content; return the notebook's path."""
    name = job.task.notebook.name
    files = {**job.beside, name: job.notebook}
    told = hashlib.sha256()
    for path, content in sorted(files.items()):
        told.update(f"{path}\0{len(content)}\0".encode())
        told.update(content)
    folder = own_folder() / f"books-{told.hexdigest()[:16]}"
    with _written:
        if not (folder / name).is_file():
            for path, content in files.items():
                target = folder / path
                if not target.resolve().is_relative_to(folder.resolve()):
                    raise Unfit(f"'{path}' would lie outside the notebook's folder")
                target.parent.mkdir(parents=True, exist_ok=True)
                target.write_bytes(content)
    return folder / name


def _moved(task: Task, folder: Path) -> tuple[str, ...]:
    """Paths of the inputs, those inside the notebook's folder beside the notebook of this machine."""
    before = task.notebook.parent
    return tuple(
        os.fspath(folder / Path(path).relative_to(before)) if Path(path).is_relative_to(before) else path
        for path in task.inputs
    )
