"""One report, from the text of its notebook to the bytes of its files: a function of its input alone.

`render_job` may run in this process, in a worker, or on another machine: it reads the data folder, writes nothing in
the output folder, and returns what the caller writes. papermill is imported when it is first called.

For another machine a job carries the text of its notebook and the modules beside it; where the same files are not found
at the same path, they are written into a private folder. The data do not travel: they lie at the same path, and their
hashes, like those of minestats and of the installed packages, must equal those of the command that asked. A report made
from anything else would have a record that is not true.
"""

from __future__ import annotations

import contextlib
import dataclasses
import gc
import hashlib
import os
import re
import signal
import sys
import threading
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from types import FrameType
from typing import Any, cast

from minestats.render.engine import NAME
from minestats.render.kernel import BrokenData, Run, own_folder
from minestats.render.key import (
    changed_file,
    digest,
    files_read,
    inputs_digest,
    modules_beside,
    named,
    notebook_parts,
    shared_parts,
)
from minestats.render.plan import Task
from minestats.render.provenance import ASK, difference_in_words, footer, normalise, notebook_bytes, page_title, record
from minestats.render.sanitise import ANSI
from minestats.render.source import to_run

KERNELSPEC = {"display_name": "Python 3 (ipykernel)", "language": "python", "name": "python3"}
_PLACE = re.compile(r"Cell In\s*\[(\d+)\], line (\d+)|<ipython-input-(\d+)-[^>\s]{0,80}>.{0,40}?line (\d+)")
_GROUP = re.compile(r"^  \|   File .*ipykernel_\d+[\\/]\d+\.py\", line (\d+), in <module>$", re.MULTILINE)
CHANGED = ("data changed", "DataChanged")  # kind and name of the failure
_running: set[Run] = set()


@dataclass(frozen=True)
class Job:
    """What one report is made from; it can be pickled.

    Parameters
    ----------
    task : Task
        The report, its notebook and values.
    notebook : bytes
        The notebook file's content.
    key, key_parts, shared
        See `minestats.render.key`; they go into the record.
    format : str
        "html", "pdf" or "brief".
    engine : str
        "fork" or "plain".
    timeout : float
        Seconds for the report, the start of its kernel included.
    grace : float
        Seconds from the interrupt to the end by force.
    data : path, optional
        The data folder, the bundled one where there is none.
    elsewhere : bool
        Whether the job may run on another machine, whose data and package are then compared with those here.
    memory : int, optional
        Megabytes that the kernel may take.
    exclude : path, optional
        The output folder, left out where it lies inside the data folder.
    beside : dict
        Content of the modules beside the notebook by their path, for a machine that has not got them.
    git : dict, optional
        `provenance.git_state` of the notebook, asked for on this machine.
    before : dict, optional
        Record of the report as it was made before.
    number, attempt, again
        Its place in the call, how often it is tried, and whether because the data changed.
    """

    task: Task
    notebook: bytes
    key: str
    key_parts: dict[str, str]
    shared: Any
    format: str = "html"
    engine: str = "fork"
    timeout: float = 600.0
    grace: float = 5.0
    data: Path | None = None
    elsewhere: bool = False
    memory: int | None = None
    exclude: Path | None = None
    beside: dict[str, bytes] = field(default_factory=dict)
    git: Any = ASK
    before: dict[str, Any] | None = None
    number: int = 0
    attempt: int = 1
    again: bool = False


@dataclass
class Made:
    """What came of a job: the files by ending, the record, and the error where it failed."""

    record: dict[str, Any]
    files: dict[str, bytes] = field(default_factory=dict)
    error: dict[str, Any] | None = None
    seconds: float = 0.0
    stopped: bool = False
    notes: list[str] = field(default_factory=list)
    unfit: str = ""  # in what this worker differs from the command
    worker: str = ""  # its address, where the executor tells


def render_job(job: Job) -> Made:
    """Run the notebook, export it, and return the bytes of its files; failures are in the result, never raised."""
    began = time.monotonic()
    run = Run(fork=job.engine == "fork", timeout=job.timeout, grace=job.grace, silent=True, memory=job.memory)
    _running.add(run)
    try:
        if job.elsewhere:
            job = prepare(job)
        run.cwd = str(job.task.notebook.parent)
        run.data = str(job.data) if job.data is not None and "data" in job.task.injected else ""
        nb, error = execute(job, run)
        changed = difference(job) if job.elsewhere and not run.ended else ""
        with deadline(began + job.timeout + (job.grace if error else 0)):
            made = failed(job, *CHANGED, changed) if changed else _export(job, run, nb, error)
    except Late:
        made = failed(job, "timeout", "TimeoutError", f"no page after {job.timeout:g} seconds", run)
    except Exception as failure:  # the notebook ran but could not be made into files, or never ran
        kind = "no kernel" if isinstance(failure, NoKernel) else "export" if run.started else "did not start"
        made = failed(job, kind, type(failure).__name__, str(failure), run)
        made.unfit = str(failure) if isinstance(failure, Unfit) else ""
    finally:
        _running.discard(run)
    made.notes = run.notes
    made.seconds = time.monotonic() - began
    made.stopped = run.ended == "stopped"
    return made


class Late(Exception):
    """The time of the report was up while its page was being made."""


@contextlib.contextmanager
def deadline(end: float) -> Iterator[None]:
    """Raise `Late` in the block at a moment of the monotonic clock; where there are no alarms, not at all."""
    if not hasattr(signal, "setitimer") or threading.current_thread() is not threading.main_thread():
        yield
        return

    def late(_: int, frame: FrameType | None) -> None:
        # what is raised while garbage is collected is lost: the alarm rings again a second later
        lost = {getattr(callback, "__code__", None) for callback in gc.callbacks}
        while frame is not None:
            if frame.f_code in lost:
                return
            frame = frame.f_back
        raise Late

    before = signal.signal(signal.SIGALRM, late)
    signal.setitimer(signal.ITIMER_REAL, max(1.0, end - time.monotonic()), 1.0)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


def stop_running() -> None:
    """End the notebooks that run in this process."""
    for run in list(_running):
        run.stop()


def warm() -> None:
    """Do once, before any report, what the first report would wait for."""
    import nbformat

    _import_papermill()
    _import_ahead()
    nbformat.validate(nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell("1")]))
    from minestats.render.html import template

    template("report")


def _import_papermill() -> None:
    """Import papermill a fifth faster: without garbage collection, and without a format of jsonschema not used here."""
    blocked = sys.modules.setdefault("rfc3987_syntax", cast(Any, None)) is None
    collecting = gc.isenabled()
    gc.disable()
    try:
        import minestats.render._client  # noqa: F401
    finally:
        if blocked:
            del sys.modules["rfc3987_syntax"]
        if collecting:
            gc.enable()


def _import_ahead() -> None:
    """Import, while the kernel starts, what lays out the page; whoever needs it will meet an error again."""
    with contextlib.suppress(Exception):
        import nbconvert  # noqa: F401


def execute(job: Job, run: Run) -> tuple[Any, dict[str, Any] | None]:
    """Run the notebook by papermill; return it, also where it failed, and the error."""
    _import_papermill()
    import papermill
    from nbclient.exceptions import DeadKernelError
    from papermill.exceptions import PapermillExecutionError

    nb, run.notes = build(job)
    if other := newer_half(job.task.notebook, nb):
        run.notes.append(f"{other} is newer than {job.task.notebook.name}, which is rendered, and differs from it")
    run.nb = nb
    if "nbconvert" not in sys.modules:
        threading.Thread(target=_import_ahead, name="import ahead", daemon=True).start()
    failure: BaseException | None = None
    try:
        papermill.execute_notebook(
            nb,
            None,
            parameters=dict(job.task.injected),
            engine_name=NAME,
            request_save_on_cell_execute=False,
            progress_bar=False,
            start_timeout=max(1, int(job.timeout)),
            run=run,
        )
    except Exception as error:
        failure = error
    nb = run.nb
    nb.cells = [cell for cell in nb.cells if "papermill-error-cell-tag" not in cell.metadata.get("tags", [])]
    if isinstance(failure, PapermillExecutionError):
        failure = _not_expected(nb)
    elif isinstance(failure, BrokenData):
        return nb, _error("data", "DataError", str(failure))
    for cell in nb.cells:
        cell.metadata.setdefault("papermill", {})
    nb.metadata.setdefault("papermill", {})["input_path"] = job.task.notebook.name
    if failure is None and not run.ended:
        return nb, None
    if run.ended or isinstance(failure, PapermillExecutionError):
        kind = run.ended or "cell"
    elif not run.started:
        kind = "did not start"
    else:
        kind = "kernel died" if isinstance(failure, DeadKernelError) else "cell"
    index = run.cell if run.ended else getattr(failure, "cell_index", run.cell)
    told = {
        "timeout": ("TimeoutError", f"not finished after {job.timeout:g} seconds"),
        "kernel died": ("DeadKernelError", "the kernel ended before the notebook did"),
        "stopped": ("Stopped", "the run was stopped"),
    }
    wrong = _error(kind, *told.get(kind, said(failure)), **locate(nb, index))
    if kind == "cell" and wrong["ename"] in ("", "CellExecutionError") and index is not None:
        wrong.update(_reason(nb.cells[index], run.raised if run.cell == index else None))
    if job.memory:
        _name_limit(wrong, job.memory)
    return nb, wrong


def _not_expected(nb: Any) -> BaseException | None:
    """papermill's word on which cell failed, asked once more without the cells that are tagged `raises-exception`."""
    from nbformat import NotebookNode
    from papermill.exceptions import PapermillExecutionError
    from papermill.execute import raise_for_execution_errors

    cells = [
        NotebookNode({**cell, "outputs": []}) if "raises-exception" in cell.metadata.get("tags", []) else cell
        for cell in nb.cells
    ]
    try:
        raise_for_execution_errors(NotebookNode({**nb, "cells": cells}), None)
    except PapermillExecutionError as error:
        return error
    return None


def _reason(cell: Any, raised: Any) -> dict[str, str]:
    """Why a cell failed that shows no error: what nbclient was told, else the last line that the cell wrote."""
    if getattr(raised, "ename", None):
        return {"ename": str(raised.ename), "evalue": ANSI.sub("", str(raised.evalue))}
    streams = [output.text for output in cell.outputs if output.get("name") == "stderr"]
    shown = [output.data.get("text/plain", "") for output in cell.outputs if "data" in output]
    for text in ("".join(streams), *reversed(shown)):
        lines = [line.strip() for line in ANSI.sub("", text).splitlines() if line.strip()]
        if lines:
            name, colon, rest = lines[-1].partition(": ")
            known = colon and name.isidentifier()
            return {"ename": name, "evalue": rest} if known else {"ename": "CellExecutionError", "evalue": lines[-1]}
    return {}


def _name_limit(error: dict[str, Any], megabytes: int) -> None:
    """Say of a failure for want of memory that memory was limited."""
    # a kernel without memory cannot always write its error down: the cell then failed, and nothing says how
    untold = error["ename"] in ("", "CellExecutionError") and not str(error["evalue"]).strip()
    if error["kind"] == "cell" and (str(error["ename"]).endswith("MemoryError") or untold):
        error["kind"] = "memory"
        error["evalue"] = f"more than the {megabytes} MB of --memory: {error['evalue'] or error['ename']}"
    elif error["kind"] == "kernel died":
        error["evalue"] += f"; its memory was limited to {megabytes} MB by --memory"


def build(job: Job) -> tuple[Any, list[str]]:
    """Return the notebook to run and what is to be said of it; ids come from the position."""
    import nbformat

    source = to_run(job.task.notebook, job.notebook)
    cells = []
    for number, cell in enumerate(source.cells):
        tags = list(cell.metadata.get("tags") or [])
        new = {"cell_type": cell.cell_type, "id": f"cell-{number}", "source": cell.source}
        new["metadata"] = {"tags": tags} if tags else {}
        if cell.cell_type == "code":
            new |= {"execution_count": None, "outputs": []}
        elif cell.get("attachments"):
            new["attachments"] = cell.attachments
        cells.append(new)
    spec, notes = kernelspec(job.task.notebook.name, source.metadata)
    kept = {name: source.metadata[name] for name in ("language_info", "lang") if name in source.metadata}
    metadata = {**kept, "kernelspec": spec}
    return nbformat.from_dict({"cells": cells, "metadata": metadata, "nbformat": 4, "nbformat_minor": 5}), notes


def newer_half(notebook: Path, nb: Any) -> str:
    """Return the name of the other half of a pair of script and twin, where it is newer and says something else."""
    other = notebook.with_suffix(".ipynb" if notebook.suffix == ".py" else ".py")
    try:
        if other.stat().st_mtime <= notebook.stat().st_mtime:
            return ""
        theirs = to_run(other, other.read_bytes()).cells
    except Exception:  # there is none, or it is no notebook: nothing to tell apart
        return ""
    same = [(c.cell_type, c.source.strip()) for c in theirs] == [(c.cell_type, c.source.strip()) for c in nb.cells]
    return "" if same else other.name


class NoKernel(RuntimeError):
    """The notebook is for a kernel that is not here."""


def kernelspec(name: str, metadata: Any) -> tuple[dict[str, str], list[str]]:
    """Return the kernelspec to run a notebook by, and what is to be said of it.

    The names of kernels are those of their author's machine. A notebook in Python runs by the Python of minestats
    where its kernel is not known here; one in another language cannot.
    """
    spec = dict(metadata.get("kernelspec") or {})
    stated = str(spec.get("name") or "")
    language = str(spec.get("language") or (metadata.get("language_info") or {}).get("name") or "")
    python = language.lower() in ("", "python", "python3", "ipython")
    if stated in ("", KERNELSPEC["name"]) and python:
        return {**KERNELSPEC, **{key: value for key, value in spec.items() if value}}, []
    from jupyter_client.kernelspec import KernelSpecManager

    known = KernelSpecManager().find_kernel_specs()
    if stated in known:
        language = language or KernelSpecManager().get_kernel_spec(stated).language
        return {"display_name": stated, **spec, "language": language}, []
    if python:
        return dict(KERNELSPEC), [f"{name}: there is no kernel '{stated}' here; the Python of minestats runs it"]
    raise NoKernel(f"there is no kernel '{stated}' ({language}) here; there are {', '.join(sorted(known))}")


def locate(nb: Any, index: int | None) -> dict[str, Any]:
    """Return number, line and source line of the cell that failed; the number counts the code cells from 1.

    The cell that papermill injects counts as well: the number is that of the page.
    """
    place: dict[str, Any] = {"cell": None, "line": None, "source": None}
    if index is None or index >= len(nb.cells) or nb.cells[index].cell_type != "code":
        return place
    failed = nb.cells[index]
    place["cell"] = sum(cell.cell_type == "code" for cell in nb.cells[: index + 1])
    for output in failed.get("outputs", []):
        text = ANSI.sub("", "\n".join(output.get("traceback", [])))
        found = [(m[1] or m[3], m[2] or m[4]) for m in _PLACE.finditer(text)]
        own = [line for count, line in found if count == str(failed.execution_count)]
        own = own or _GROUP.findall(output.get("text", ""))
        if own:
            place["line"] = int(own[-1])
            lines = failed.source.splitlines()
            if 0 < place["line"] <= len(lines):
                place["source"] = lines[place["line"] - 1].strip()
    return place


def said(failure: Any) -> tuple[str, str]:
    """Return name and text of an exception: those of the notebook's own, where it tells of one."""
    if (ename := getattr(failure, "ename", None)) is not None:
        return str(ename), ANSI.sub("", str(getattr(failure, "evalue", None)))
    return type(failure).__name__, str(failure)


def _error(kind: str, ename: str, evalue: str, *, cell: Any = None, line: Any = None, source: Any = None) -> dict:
    return {"kind": kind, "cell": cell, "line": line, "source": source, "ename": ename, "evalue": evalue}


def _export(job: Job, run: Run, nb: Any, error: dict[str, Any] | None) -> Made:
    from minestats.render import html
    from minestats.render.document import thumbnail

    nb = normalise(nb, job.task.notebook.parent)
    made = Made(_record(job, run, nb, error), error=error)
    if not _reads_data(job, run, nb):
        made.record["data"] = None
    made.files["ipynb"] = notebook_bytes(nb)
    page_of = partial(
        html.export_html,
        nb,
        title=page_title(made.record),
        footer=footer(made.record),
        source_link=f"{job.task.slug}{'.failed' if error else ''}.ipynb",
        failed=error,
        folder=job.task.notebook.parent,
        used=run.read,
        changed=difference_in_words(made.record["changed"]),
    )
    made.files["html"] = page = page_of().encode("utf-8", "replace")
    sources = [cell.source for cell in nb.cells if cell.cell_type == "code"]
    opened = [*run.opened, *(f"r{path}" for path in (*run.read, *named(sources, job.task.notebook.parent)))]
    made.record["read"], far = files_read(opened, job.task.notebook, besides=(job.data, job.exclude))
    run.notes += [
        f"{job.task.notebook.name} uses {name} from far outside its folder: changes of it are only seen with --inputs"
        for name in far
    ]
    if job.format != "html" and not error:
        from minestats.render.pdf import printed

        made.files["pdf"] = printed(page_of(brief=True).encode("utf-8", "replace") if job.format == "brief" else page)
    if not error and (small := thumbnail(nb)):
        made.files["png"] = small
    return made


def _reads_data(job: Job, run: Run, nb: Any) -> bool:
    """Whether the data went into the report: a notebook that has nothing to do with minestats should not claim them."""
    if job.data is not None and (
        "data" in job.task.injected or any(Path(path[1:]).is_relative_to(job.data) for path in run.opened)
    ):
        return True
    return any(cell.cell_type == "code" and "minestats" in cell.source for cell in nb.cells)


def _record(job: Job, run: Run, nb: Any, error: dict[str, Any] | None) -> dict[str, Any]:
    return record(
        job.task if job.task.notebook.is_file() else dataclasses.replace(job.task, notebook=write(job)),
        key=job.key,
        key_parts=job.key_parts,
        shared=job.shared,
        nb=nb,
        engine={"asked": job.engine, "used": run.used, "why": run.why if job.engine == "fork" else ""},
        stderr=run.stderr,
        error=error,
        git=job.git,
        before=job.before,
    )


def failed(job: Job, kind: str, ename: str, evalue: str, run: Run | None = None, *, seconds: float = 0.0) -> Made:
    """Return what is recorded of a report that has no page: it was lost, refused, or could not be made into files."""
    error = _error(kind, ename, evalue)
    return Made(_record(job, run or Run(), None, error), error=error, seconds=seconds)


# on another machine ---------------------------------------------------------------------------------------------------

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
    here, wanted = shared_parts(job.data, exclude=job.exclude), job.key_parts
    there, now = job.shared.versions, here.versions
    names = [name for name in {**there, **now} if there.get(name) != now.get(name)]

    def version(name: str) -> str:
        return f"{now.get(name)}, not {there.get(name)}"

    loaded = _loaded.setdefault("code", here.parts["code"])
    if here.parts["code"] != wanted.get("code"):
        which = f": {version('minestats')}" if "minestats" in names else ""
        return f"minestats of this worker is not that of the command{which}"
    if loaded != wanted.get("code"):
        return "minestats was changed after this worker started: start the worker again"
    if here.parts["data"] != wanted.get("data"):
        name = changed_file(job.shared, here)
        which = "" if name == "the data folder" else f": {name} differs"
        return f"the data folder of this worker is not that of the command{which}"
    if any(wanted.get(part) not in (None, here.parts[part]) for part in ("python", "distributions")):
        which = f": {names[0]} {version(names[0])}" if names else ""
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
    try:
        same = inputs_digest(moved) == job.key_parts["inputs"]
    except OSError as error:
        name = Path(error.filename).name
        raise Unfit(f"'{name}', an input of the notebook, is missing on this worker") from error
    if not same:
        raise Unfit("the inputs of the notebook on this worker are not those of the command")
    return dataclasses.replace(job, task=dataclasses.replace(job.task, notebook=here, inputs=moved))


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
    told = digest({path: hashlib.sha256(content).hexdigest() for path, content in files.items()})
    folder = own_folder() / f"books-{told[:16]}"
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
