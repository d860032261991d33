"""The papermill engine: the outputs of ordinary kernels, one deadline for the notebook, nothing left behind."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest
import rendering as kernels

from minestats.render import kernel as forking
from minestats.render.kernel import FIXED_ENV, ForkServer, Run, Stopped, kernel_env


@pytest.fixture(scope="module")
def server():
    """One fork server for the tests of this file; at its end no folder of a kernel is left."""
    before = set(forking.own_folder().iterdir())
    with ForkServer(env=kernel_env()) as started:
        started.announce()
        assert kernels.run("1").used == "fork"  # ready
        yield started
    assert set(forking.own_folder().iterdir()) == before


def papermill(notebook: Path, out: Path, *options: str) -> subprocess.CompletedProcess:
    """Run papermill's own command in the environment that reports are made in."""
    command = [sys.executable, "-m", "papermill", "--no-progress-bar", *options, str(notebook), str(out)]
    # ipykernel does not watch its descriptors where pytest is in the environment
    env = {name: value for name, value in kernel_env().items() if not name.startswith(("MINESTATS_", "PYTEST"))}
    return subprocess.run(command, env=env, cwd=notebook.parent, capture_output=True, text=True, check=False)


@pytest.mark.slow
def test_outputs_equal_those_of_stock_papermill_cell_by_cell(tmp_path):
    """On cells where a forked kernel could betray itself, and with papermill's own command, every output is equal."""
    import jupytext
    import nbformat

    source = tmp_path / "awkward.ipynb"
    nbformat.write(jupytext.read(kernels.SAMPLES / "b_awkward.py"), source)
    stock = papermill(source, tmp_path / "stock.ipynb")
    ours = papermill(source, tmp_path / "ours.ipynb", "--engine", "minestats-fork")

    read = [json.loads(kernels.without_chance((tmp_path / f"{name}.ipynb").read_text())) for name in ("stock", "ours")]
    expected, actual = (
        [(cell["cell_type"], cell["source"], cell.get("execution_count"), cell.get("outputs")) for cell in nb["cells"]]
        for nb in read
    )
    # the notebook itself ends on purpose with errors that papermill reports
    assert stock.returncode == ours.returncode == 1
    assert "ordinary kernels" not in ours.stderr
    assert len(expected) > 40
    for one, other in zip(expected, actual, strict=True):
        assert one == other
    assert read[0]["metadata"]["language_info"] == read[1]["metadata"]["language_info"]


@pytest.mark.slow
def test_outputs_of_a_report_equal_those_of_stock_papermill(root, tmp_path):
    """With statistics, tables and figures, from another folder; benchmarks/render.py does it with all reports."""
    import jupytext
    import nbformat

    source = tmp_path / "casualty_rates.ipynb"
    nbformat.write(jupytext.read(root / "notebooks" / "casualty_rates.py"), source)
    read = []
    for engine in ("nbclient", "minestats-fork"):
        done = papermill(source, tmp_path / "out.ipynb", "--engine", engine)
        assert done.returncode == 0, done.stderr
        cells = json.loads(kernels.without_chance((tmp_path / "out.ipynb").read_text()))["cells"]
        read.append([(cell["source"], cell.get("execution_count"), cell.get("outputs")) for cell in cells])

    expected, actual = read
    assert len(expected) > 20
    for one, other in zip(expected, actual, strict=True):
        assert one == other


def test_the_environment_of_kernels_is_fixed():
    """What decides the bytes of a report does not depend on who renders it where."""
    env = kernel_env({"TZ": "Asia/Baku", "LANG": "az_AZ.UTF-8", "MPLBACKEND": "agg", "COLUMNS": "200", "KEPT": "1"})

    assert env == {"KEPT": "1", **FIXED_ENV}


def test_engine_and_papermill_can_be_imported_in_any_order():
    """papermill asks for its engines while it is being imported; neither order leaves one half-made."""
    orders = ("papermill", "minestats.render.engine", "minestats.render._client")
    for first in orders:
        source = (
            f"import {first}; from minestats.render.engine import ForkEngine; import papermill.engines as e\n"
            "assert e.papermill_engines.get_engine('minestats-fork') is ForkEngine"
        )
        subprocess.run([sys.executable, "-c", source], check=True)


def test_a_kernel_runs_in_the_folder_asked_for_while_this_process_stays(server, tmp_path):
    """The notebook's folder is the kernel's, never the process's: other reports are made at the same time."""
    before = os.getcwd()

    told = kernels.run("import os; print(os.getcwd())", cwd=str(tmp_path))

    assert kernels.texts(told) == [f"{tmp_path}\n"]
    assert os.getcwd() == before


def test_an_ordinary_kernel_on_request_gives_the_same(server):
    """`fork=False` uses the same sockets and environment, and no server."""
    cells = ("import os; print(os.environ['TZ'], os.environ['PYTHONHASHSEED'])", "{'a', 'b', 'c'}")

    told = [kernels.run(*cells, fork=value) for value in (True, False)]

    assert [one.used for one in told] == ["fork", "plain"]
    assert kernels.texts(told[0]) == kernels.texts(told[1])


def test_what_a_kernel_writes_outside_its_cells_is_kept(server):
    """Standard error of the kernel's process is told, not printed."""
    told = kernels.run("import os, sys; print('aside', file=sys.__stderr__)", fork=False)

    assert "aside" in told.stderr or "aside" in kernels.texts(told)[0]


def test_an_error_keeps_its_traceback_and_the_cells_after_it_do_not_run(server):
    """Errors are papermill's: the cell is marked, the exception raised, the rest left."""
    from papermill.exceptions import PapermillExecutionError

    told = Run()
    with pytest.raises(PapermillExecutionError, match="ZeroDivisionError"):
        _execute(told, "1", "1 / 0", "print('never')")

    outputs = [cell.outputs for cell in told.nb.cells if cell.cell_type == "code"]
    assert outputs[1][0].ename == "ZeroDivisionError"
    assert outputs[2] == []


def _execute(told: Run, *cells: str, **options) -> None:
    import papermill

    papermill.execute_notebook(
        kernels.book(*cells), None, engine_name="minestats-fork", progress_bar=False, run=told, **options
    )


def test_at_the_deadline_a_cell_is_interrupted_and_its_traceback_kept(server):
    """The whole notebook has one time; what was shown until then stays."""
    from papermill.exceptions import PapermillExecutionError

    told = Run(timeout=3.0)
    began = time.monotonic()
    with pytest.raises(PapermillExecutionError, match="KeyboardInterrupt"):
        _execute(told, "print('shown')", "import time\nfor _ in range(600):\n    time.sleep(0.1)")

    assert time.monotonic() - began < 8
    assert told.ended == "timeout"
    assert kernels.texts(told)[0] == "shown\n"
    assert "line" in "".join([cell for cell in told.nb.cells if cell.cell_type == "code"][1].outputs[-1].traceback)


STUBBORN = """
import time
print("started", flush=True)
while True:
    try:
        time.sleep(0.1)
    except KeyboardInterrupt:
        print("not me", flush=True)
"""


@pytest.mark.slow
def test_a_cell_that_swallows_the_interrupt_is_ended_by_force(server):
    """After the grace the kernel's whole group is ended; the output until then stays."""
    from nbclient.exceptions import DeadKernelError

    told = Run(timeout=3.0, grace=1.0)
    began = time.monotonic()
    with pytest.raises(DeadKernelError):
        _execute(told, STUBBORN)

    assert time.monotonic() - began < 12
    assert told.ended == "timeout"
    assert "started\nnot me\n" in kernels.texts(told)[0]


def test_a_notebook_that_goes_on_after_the_interrupt_is_ended_at_the_next_cell(server):
    """A cell that catches the interrupt and ends well does not buy the next one time."""
    told = Run(timeout=3.0)
    with pytest.raises(Stopped):
        _execute(
            told, "import time\ntry:\n    time.sleep(60)\nexcept KeyboardInterrupt:\n    print('caught')", "print('x')"
        )

    assert kernels.texts(told)[0] == "caught\n"
    assert told.nb.cells[1].outputs == []


def test_a_server_that_does_not_answer_is_waited_for_no_longer_than_the_deadline():
    """The time for a notebook includes the start of its kernel."""
    import signal

    with ForkServer(env=kernel_env()) as silent:
        os.kill(silent.process.pid, signal.SIGSTOP)
        before = os.environ.get("MINESTATS_FORK_SERVER")
        os.environ["MINESTATS_FORK_SERVER"] = silent.address
        told = Run(timeout=1.0, grace=0.1)
        try:
            with pytest.raises(Stopped, match="timeout"):
                _execute(told, "1")
        finally:
            os.environ.pop("MINESTATS_FORK_SERVER")
            if before:
                os.environ["MINESTATS_FORK_SERVER"] = before
            os.kill(silent.process.pid, signal.SIGKILL)

    assert not told.started


def test_a_run_can_be_stopped_from_another_thread(server):
    """Stopping interrupts the cell that runs."""
    from papermill.exceptions import PapermillExecutionError

    told = Run()
    threading.Timer(1.5, told.stop).start()
    with pytest.raises(PapermillExecutionError, match="KeyboardInterrupt"):
        _execute(told, "import time\ntime.sleep(60)")

    assert told.ended == "stopped"


def test_a_kernel_that_dies_is_told_from_an_error(server):
    """The death of the kernel is papermill's DeadKernelError; what was shown stays."""
    from nbclient.exceptions import DeadKernelError

    told = Run()
    with pytest.raises(DeadKernelError):
        _execute(told, "print('shown')", "import os\nos._exit(3)")

    assert told.started
    assert kernels.texts(told)[0] == "shown\n"


def test_an_unknown_kernel_did_not_start(server):
    """A notebook of a kernel that is not installed is told as not started."""
    from jupyter_client.kernelspec import NoSuchKernel

    told = Run()
    with pytest.raises(NoSuchKernel):
        _execute(told, "1", kernel_name="no-such-kernel")

    assert not told.started


def test_nothing_is_left_after_a_run(server):
    """No folder, socket, process or thread of a kernel outlives its run."""
    threads, folders = threading.active_count(), set(forking.own_folder().iterdir())

    told = kernels.run("import os\nprint(os.getpid())")

    assert kernels.within(3, lambda: not kernels.alive(int(kernels.texts(told)[0])))
    assert set(forking.own_folder().iterdir()) == folders
    assert threading.active_count() <= threads + 1  # asyncio keeps one helper


def test_a_running_event_loop_does_not_hinder(server):
    """Reports can be made from a notebook cell, whose kernel runs a loop."""
    import asyncio

    async def inside():
        return kernels.run("print('inside')")

    assert kernels.texts(asyncio.run(inside())) == ["inside\n"]


@pytest.mark.slow
def test_of_many_starts_at_once_none_is_lost(server):
    """Kernels started side by side all come up: their sockets cannot be taken by another."""
    source = (
        "import sys; sys.path.insert(0, sys.argv[1])\nimport rendering as kernels\n"
        "for n in range(3):\n    assert kernels.texts(kernels.run(f'print({n})')) == [f'{n}\\n']\n"
    )
    many = [kernels.script(source, str(Path(__file__).parent)) for _ in range(4)]

    said = [one.communicate()[1] for one in many]

    assert [one.returncode for one in many] == [0] * 4, said


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")  # the time that is lost, on purpose
def test_a_deadline_that_falls_into_the_collection_of_garbage_is_kept():
    """What a callback of the collector raises is lost, so the time is said again until it is heard."""
    import gc
    import time

    from minestats.render._job import Late, deadline

    def slow(phase, _):
        time.sleep(0.4 if phase == "start" else 0)

    def collect_on():
        for _ in range(4):
            gc.collect()
        time.sleep(5)

    gc.callbacks.append(slow)
    try:
        with pytest.raises(Late), deadline(time.monotonic() + 1):
            collect_on()
    finally:
        gc.callbacks.remove(slow)
