"""The fork server and its kernels: each trap of forking after imports is a test."""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import signal
import socket
import stat
import subprocess
import sys
import tempfile
import threading
from pathlib import Path

import pytest
import rendering as kernels

from minestats.render import kernel as forking
from minestats.render.kernel import (
    ADDRESS_ENV,
    ForkServer,
    Refused,
    Run,
    fork,
    kernel_env,
    unsupported,
)
from minestats.render.server import Request, different, refusal_of

INLINE = "module://matplotlib_inline.backend_inline"


@pytest.fixture(scope="module")
def server():
    """One fork server for the tests of this file; at its end nothing is left."""
    with ForkServer(env=kernel_env()) as started:
        before = os.environ.get(ADDRESS_ENV)
        started.announce()
        yield started
        if before is not None:
            os.environ[ADDRESS_ENV] = before
    assert not Path(started.address).parent.exists()
    assert ADDRESS_ENV not in os.environ


def kernel(folder: Path):
    """A kernel started through Jupyter's manager, and the manager."""
    from minestats.render._client import make_manager

    async def start():
        manager = make_manager("python3", str(folder), Run())
        await manager.start_kernel(env=kernel_env(), cwd=str(folder))
        return manager

    manager = asyncio.run(start())
    return manager, manager.provisioner.process


def ended(manager) -> None:
    """Let go of the manager of a kernel that has ended."""
    asyncio.run(manager._async_cleanup_resources())
    shutil.rmtree(Path(manager.connection_file).parent)


def test_a_figure_is_shown_without_asking_for_the_inline_backend(server):
    """pyplot was imported before the fork; figures are shown all the same, in the backend of a fresh kernel."""
    told = kernels.run(
        "import matplotlib, sys\nprint(dict.get(matplotlib.rcParams, 'backend'), 'matplotlib.pyplot' in sys.modules)",
        "import matplotlib.pyplot as plt\nplt.plot([1, 2]);",
        "print(matplotlib.get_backend())",
    )

    assert told.used == "fork"
    assert kernels.texts(told)[0] == f"{INLINE} True\n"
    assert "image/png" in told.nb.cells[1].outputs[0].data
    assert kernels.texts(told)[2] in ("inline\n", f"{INLINE}\n")


def test_random_numbers_differ_between_kernels(server):
    """Forks of one process do not share the state of chance."""
    cell = (
        "import random, numpy, multiprocessing as m\n"
        "print(random.random(), numpy.random.random(), m.current_process().authkey)"
    )

    first, second = (kernels.texts(kernels.run(cell))[0] for _ in range(2))

    assert not set(first.split()) & set(second.split())


def test_nothing_is_shared_from_one_report_to_the_next(server):
    """What one notebook changes in a module, the next does not see."""
    kernels.run("import pandas as pd\npd.options.display.max_rows = 3\npd.mine = 1")

    told = kernels.run("import pandas as pd\nprint(pd.options.display.max_rows, hasattr(pd, 'mine'))")

    assert kernels.texts(told) == ["60 False\n"]


def test_the_server_has_one_thread_when_it_forks(server):
    """A second thread would make forking unsafe; the server says so instead of forking."""
    stop = threading.Event()
    thread = threading.Thread(target=stop.wait)
    thread.start()
    try:
        refusal = refusal_of(Request([], {}, "/"), {})
    finally:
        stop.set()
        thread.join()

    assert "threads" in refusal
    assert kernels.run("1").used == "fork"  # so the server of this file has one


def test_variables_of_the_server_are_not_in_its_kernels(server):
    """The environment of a kernel is the one asked for, with the number of the process it watches."""
    told = kernels.run("import os, json\nprint(json.dumps(dict(os.environ)))")

    env = json.loads(kernels.texts(told)[0])
    added = {"JPY_PARENT_PID", "MPLBACKEND", "TERM", "CLICOLOR", "FORCE_COLOR", "CLICOLOR_FORCE", "PAGER", "GIT_PAGER"}
    wanted = kernel_env()
    assert int(env["JPY_PARENT_PID"]) == server.process.pid
    assert {name for name in set(env) - set(wanted) if not name.startswith("PYDEVD")} <= added
    assert not [name for name in env if name.startswith(("MINESTATS_FORK", "JE_ARROW"))]
    assert {name: env[name] for name in set(wanted) - added} == {n: v for n, v in wanted.items() if n not in added}


def test_no_descriptor_is_open_that_an_ordinary_kernel_has_not(server):
    """A forked kernel has kept nothing of the server's: no file, and no more sockets and pipes."""
    cell = (
        "import json, os\nfound = {}\n"
        "for n in os.listdir('/proc/self/fd'):\n"
        "    try:\n        link = os.readlink(f'/proc/self/fd/{n}')\n    except OSError:\n        continue\n"
        "    kind = link.partition(':')[0] if ':' in link else os.path.basename(link)\n"
        "    found[kind] = found.get(kind, 0) + 1\n"
        "print(json.dumps(found))"
    )

    forked, plain = (json.loads(kernels.texts(kernels.run(cell, fork=value))[0]) for value in (True, False))

    assert set(forked) == set(plain)
    assert all(number <= plain[kind] for kind, number in forked.items())


def test_exit_statuses_are_true_and_the_dead_are_reaped(server, tmp_path):
    """The status of a forked kernel comes from the server, which leaves no zombie."""
    for ending, expected in ((signal.SIGKILL, -9), (signal.SIGTERM, -15)):
        manager, process = kernel(forking.kernel_folder())
        assert process.poll() is None
        os.kill(process.pid, ending)

        assert process.wait(5) == expected
        assert process.poll() == expected
        assert not Path(f"/proc/{process.pid}").exists()
        ended(manager)


def test_a_wait_for_a_kernel_that_runs_times_out(server):
    """`wait` behaves as that of subprocess.Popen, and signals reach the kernel alone."""
    manager, process = kernel(forking.kernel_folder())

    with pytest.raises(subprocess.TimeoutExpired):
        process.wait(0.05)
    process.kill()

    assert process.wait(5) == -9
    process.terminate()  # nobody any more: nothing happens
    ended(manager)


def test_a_kernel_is_the_leader_of_a_session_of_its_own(server):
    """An interrupt of a kernel does not reach the server, nor its neighbours."""
    manager, process = kernel(forking.kernel_folder())

    assert os.getsid(process.pid) == process.pid == os.getpgid(process.pid)
    os.killpg(process.pid, signal.SIGKILL)
    assert process.wait(5) == -9
    assert server.process.poll() is None
    ended(manager)


def test_a_kernel_that_ends_takes_what_it_started_with_it(server):
    """Processes that a dead kernel leaves are ended by the server."""
    told = kernels.run(
        "import subprocess\nchild = subprocess.Popen(['sleep', '1000'])\nprint(child.pid)",
    )

    assert kernels.within(5, lambda: not kernels.alive(int(kernels.texts(told)[0])))


def test_a_kernel_ends_with_its_client(server):
    """When the connection of the one who asked for it closes, a kernel is killed."""
    manager, process = kernel(forking.kernel_folder())

    process._connection.close()

    assert kernels.within(5, lambda: not kernels.alive(process.pid))
    process.returncode = -9
    ended(manager)


OWNER = """
import os, subprocess, sys, time
sys.path[:0] = sys.argv[2:]
import rendering as kernels
from minestats.render.kernel import kernel_env
from minestats.render.kernel import ForkServer, Run
server = ForkServer(env=kernel_env())
server.announce()
cell = "import subprocess, os; print(os.getpid(), subprocess.Popen(['sleep', '1000']).pid, flush=True)"
import asyncio
from minestats.render import kernel as forking
from minestats.render._client import make_manager
async def start():
    folder = forking.kernel_folder()
    with open(folder / "out", "wb") as out:
        manager = make_manager("python3", str(folder), Run())
        await manager.start_kernel(env=kernel_env(), cwd="/")
    client = manager.client()
    client.start_channels(hb=False)
    await client.wait_for_ready(timeout=30)
    await client.execute_interactive(cell, store_history=False)
    print(server.process.pid, flush=True)
    time.sleep(1000)
asyncio.run(start())
"""


@pytest.mark.slow
@pytest.mark.parametrize("victim", ["owner", "server", "kernel"])
def test_whoever_is_killed_nothing_survives(victim):
    """kill -9 of the owner, the server or a kernel leaves no process of the three, nor what the kernel started."""
    tests = str(Path(__file__).parent)
    owner = kernels.script(OWNER, "x", tests, MINESTATS_FORK_SERVER="")
    try:
        kernel_pid, child = map(int, owner.stdout.readline().split())
        server_pid = int(owner.stdout.readline())
        assert all(map(kernels.alive, (kernel_pid, child, server_pid)))

        os.kill({"owner": owner.pid, "server": server_pid, "kernel": kernel_pid}[victim], signal.SIGKILL)

        assert kernels.within(5, lambda: not kernels.alive(kernel_pid) and not kernels.alive(child))
        if victim == "owner":
            assert kernels.within(5, lambda: not kernels.alive(server_pid))
    finally:
        owner.kill()
        owner.communicate()
    assert kernels.within(5, lambda: not kernels.alive(server_pid))
    assert [folder for folder in forking.sweep() if folder.exists()] == []


def test_sockets_lie_in_a_private_folder_with_a_short_path(server):
    """The path is absolute, short enough for every system, and open to its user alone."""
    folder = forking.kernel_folder()
    manager, process = kernel(folder)
    try:
        assert manager.transport == "ipc"
        assert os.path.isabs(manager.ip)
        assert len(os.fsencode(f"{manager.ip}-{manager.iopub_port}")) <= forking.LONGEST
        for path in (folder, folder.parent):
            assert stat.S_IMODE(path.stat().st_mode) & 0o777 == 0o700
    finally:
        process.kill()
        process.wait(5)
        ended(manager)


@pytest.fixture
def short():
    """A folder whose path leaves room for sockets, which that of pytest may not."""
    with tempfile.TemporaryDirectory(prefix="mt-", dir="/tmp") as folder:
        yield Path(folder)


def test_folders_of_dead_owners_are_swept_and_those_of_the_living_stay(short, monkeypatch):
    """A lock tells whether the owner lives, not its number."""
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(short))
    source = (
        "from minestats.render import kernel as forking; import os, sys\n"
        "print(forking.kernel_folder(), flush=True)\nsys.stdin.read() if sys.argv[1] == 'live' else os._exit(1)"
    )
    dead = subprocess.run([sys.executable, "-c", source, "dead"], capture_output=True, text=True, check=False)
    live = subprocess.Popen(
        [sys.executable, "-c", source, "live"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    kept = Path(live.stdout.readline().strip())
    half_removed, other = short / f"{forking.PREFIX}half", short / "minestats-pdf-other"
    half_removed.mkdir()
    other.mkdir()

    swept = forking.sweep()

    assert set(swept) == {Path(dead.stdout.strip()).parent, half_removed}
    assert kept.is_dir()
    live.communicate("")
    assert not kept.parent.exists()  # a living owner removes its own
    assert not half_removed.exists()
    assert other.is_dir()


def test_where_the_path_would_be_too_long_another_folder_is_taken(tmp_path, monkeypatch):
    """$XDG_RUNTIME_DIR is not used where sockets in it could not be opened."""
    long = tmp_path / ("x" * 90)
    long.mkdir()
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(long))

    assert forking._base() != long


def test_a_server_that_died_makes_kernels_ordinary_and_it_is_said_once(capfd, monkeypatch):
    """The run goes on with an ordinary kernel; the reason is told."""
    with ForkServer(env=kernel_env()) as server:
        server.process.kill()
        server.process.wait()
        monkeypatch.setenv(ADDRESS_ENV, server.address)
        told = [kernels.run("print('still')") for _ in range(2)]

    assert [one.used for one in told] == ["plain", "plain"]
    assert "no fork server" in told[0].why
    assert kernels.texts(told[0]) == ["still\n"]
    assert capfd.readouterr().err.count("ordinary kernels are used: no fork server") == 1


def test_a_different_environment_makes_the_kernel_ordinary():
    """A variable that is read at import cannot be changed after it."""
    assert different({"LANG": "C", "X": "1"}, {"LANG": "C", "X": "2"}) == []
    assert different({"PYTHONHASHSEED": "0"}, {}) == ["PYTHONHASHSEED"]
    assert different({}, {"MATPLOTLIBRC": "/x"}) == ["MATPLOTLIBRC"]


def test_what_the_server_refuses_is_said(server, tmp_path):
    """A matplotlibrc beside the notebook, another environment, a missing folder: each has its reason."""
    empty = os.open(os.devnull, os.O_RDWR)
    try:
        (tmp_path / "matplotlibrc").write_text("lines.linewidth: 3\n")
        for env, cwd, words in (
            (kernel_env(), str(tmp_path), "matplotlibrc"),
            ({**kernel_env(), "TZ": "Asia/Baku"}, "/", "environment differs.*TZ"),
            (kernel_env(), str(tmp_path / "nowhere"), "does not exist"),
        ):
            with pytest.raises(Refused, match=words):
                fork(server.address, {"argv": ["-f", "x"], "env": env, "cwd": cwd}, [empty] * 3)
    finally:
        os.close(empty)


def test_nonsense_on_the_socket_does_not_end_the_server(server):
    """A request that cannot be read is dropped."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as connection:
        connection.connect(server.address)
        connection.sendall(b"{}")
        assert connection.recv(100) == b""

    assert kernels.run("1").used == "fork"


def test_where_none_is_announced_a_server_is_started_for_the_process(monkeypatch, capfd):
    """Programs that know nothing of minestats, such as pytest with nbval, use the provisioner by name."""
    monkeypatch.delenv(ADDRESS_ENV, raising=False)
    at_the_end = []
    monkeypatch.setattr(forking.atexit, "register", at_the_end.append)

    assert [kernels.run("1").used for _ in range(2)] == ["fork", "fork"]
    started = os.environ[ADDRESS_ENV]
    (close,) = [function for function in at_the_end if function.__name__ == "close"]
    close()

    assert not Path(started).exists()
    assert ADDRESS_ENV not in os.environ

    assert capfd.readouterr().err == ""


def test_platforms_that_cannot_fork_safely_are_known(monkeypatch):
    """macOS and free-threaded builds use ordinary kernels."""
    assert unsupported() == ""
    monkeypatch.setattr(sys, "platform", "darwin")
    assert "macOS" in unsupported()


def test_the_provisioner_is_registered():
    """Jupyter and papermill find minestats-fork by their entry points."""
    from importlib.metadata import entry_points

    from minestats.render.engine import ForkEngine
    from minestats.render.provisioner import ForkProvisioner

    (provisioner,) = entry_points(group="jupyter_client.kernel_provisioners", name="minestats-fork")
    (engine,) = entry_points(group="papermill.engine", name="minestats-fork")

    assert provisioner.load() is ForkProvisioner
    assert engine.load() is ForkEngine
