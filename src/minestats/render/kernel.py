"""Kernels that start in milliseconds, each forked from a server that has imported pandas and matplotlib already.

`ForkServer` starts such a server (an interpreter of its own, see `server`) and ends it; `fork` asks it for a process
and returns a `ForkedProcess`. Jupyter asks a `ForkProvisioner` to launch a kernel (see `provisioner`). Workers,
the processes that drive papermill, are forked from a server of the same kind. Only the standard library is imported.

Sockets lie in short private folders: a socket's path may have about a hundred bytes, and nobody else may reach a
kernel. So each process that starts kernels has one folder of its own, readable by its user alone, in
`$XDG_RUNTIME_DIR` or `/tmp`, and each kernel a folder in it. A lock on the folder tells whether the owner lives: it is
let go by the system however the owner ends, and it holds in another container that shares the folder, where process
ids mean nothing. `sweep` removes the folders whose owner is dead.
"""

from __future__ import annotations

import atexit
import contextlib
import json
import os
import select
import shutil
import signal
import socket
import subprocess
import sys
import sysconfig
import tempfile
import threading
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

LISTENER_ENV = "MINESTATS_FORK_LISTENER"
ADDRESS_ENV = "MINESTATS_FORK_SERVER"
WARM_ENV = "MINESTATS_FORK_WARM"
OWN_ENV = (LISTENER_ENV, ADDRESS_ENV, WARM_ENV)

# The same in every kernel, so that the same input gives the same bytes wherever and whenever it is rendered.
FIXED_ENV = {
    "PYTHONHASHSEED": "0",
    "TZ": "UTC",
    "LANG": "C.UTF-8",
    "LC_ALL": "C.UTF-8",
    "OPENBLAS_NUM_THREADS": "1",
    "OMP_NUM_THREADS": "1",
    "MKL_NUM_THREADS": "1",
    "SOURCE_DATE_EPOCH": "0",  # the date in an SVG drawing
    "ARROW_DEFAULT_MEMORY_POOL": "system",  # the other one reserves 1 GB, which a limit of memory would count
}


# A backend set for scripts would leave reports without figures; the others follow the terminal.
REMOVED_ENV = ("MPLBACKEND", "COLUMNS", "LINES", "LANGUAGE", "JPY_PARENT_PID", "JPY_SESSION_NAME", *OWN_ENV)


def kernel_env(environ: Mapping[str, str] | None = None) -> dict[str, str]:
    """Return the environment of kernels: this process's, with what decides the bytes of a report fixed.

    Examples
    --------
    >>> kernel_env({"TZ": "Asia/Baku", "MPLBACKEND": "agg", "PATH": "/bin"})["TZ"]
    'UTC'
    >>> "MPLBACKEND" in kernel_env({"MPLBACKEND": "agg"})
    False
    """
    environ = os.environ if environ is None else environ
    return {name: value for name, value in environ.items() if name not in REMOVED_ENV} | FIXED_ENV


def unsupported() -> str:
    """Return why kernels cannot be forked on this platform, or an empty text.

    Examples
    --------
    >>> unsupported() == "" or "fork" in unsupported()
    True
    """
    if not hasattr(os, "fork"):
        return "this platform cannot fork"
    if sys.platform == "darwin":
        return "forking after imports is not safe on macOS"
    if sysconfig.get_config_var("Py_GIL_DISABLED"):
        return "forking is not safe in a free-threaded Python"
    return ""


class ForkServer:
    """A server that forks kernels, started at once and ready some seconds later; use it in a `with` statement.

    Requests may be sent before it is ready: they wait. It ends when closed or when this process ends, with all its
    kernels.

    Parameters
    ----------
    env : mapping, optional
        Environment of its kernels; without it, that of this process.
    warm : sequence of str, optional
        Data folders to read before the first kernel; an empty text is the bundled data.
    kind : str
        "kernels" or "workers".
    modules : sequence of str
        What to import ahead beyond what our own reports use.

    Examples
    --------
    >>> with ForkServer() as server:
    ...     len(server.address) <= 100
    True
    """

    def __init__(
        self,
        *,
        env: dict[str, str] | None = None,
        warm: tuple[str, ...] = (),
        kind: str = "kernels",
        modules: Iterable[str] = (),
    ):
        self.process: subprocess.Popen | None = None
        self.folder = kernel_folder()
        self.address = str(self.folder / "server")
        self.log = self.folder / "log"
        env = {name: value for name, value in (os.environ if env is None else env).items() if name not in OWN_ENV}
        with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as listener:
            listener.bind(self.address)
            listener.listen(128)
            env[LISTENER_ENV] = str(listener.fileno())
            env[WARM_ENV] = json.dumps(list(warm))
            with open(self.log, "wb") as log:
                self.process = subprocess.Popen(
                    [sys.executable, "-m", "minestats.render.server", kind, *modules],
                    stdin=subprocess.PIPE,
                    stdout=log,
                    stderr=log,
                    env=env,
                    pass_fds=(listener.fileno(),),
                )
        # this process's copy of the listener is closed: once the server has died, connecting fails at once

    @classmethod
    def announced(cls, *data: str | Path | None, modules: Iterable[str] = ()) -> ForkServer | None:
        """Start and announce a server that reads these data folders ahead; None where kernels cannot be forked."""
        if unsupported():
            return None
        server = cls(env=kernel_env(), warm=tuple(str(folder or "") for folder in data), modules=modules)
        server.announce()
        return server

    def announce(self) -> None:
        """Make the server known to this process and those it starts."""
        os.environ[ADDRESS_ENV] = self.address

    def close(self) -> None:
        """End the server and its kernels; again is harmless."""
        if os.environ.get(ADDRESS_ENV) == self.address:
            del os.environ[ADDRESS_ENV]
        if self.process is None or self.process.stdin is None:
            return
        with contextlib.suppress(OSError):
            self.process.stdin.close()
        self.process.terminate()  # one that is still importing does not look at its input yet
        try:
            self.process.wait(2)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self.process = None
        for path in (self.log, Path(self.address)):
            path.unlink(missing_ok=True)
        with contextlib.suppress(OSError):
            self.folder.rmdir()

    def __enter__(self) -> ForkServer:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


_own: ForkServer | None = None
_starting = threading.Lock()


def own_server(env: dict[str, str], *data: str | Path | None) -> ForkServer:
    """Return this process's server, started and announced at the first call or when the last one has died."""
    global _own
    with _starting:
        if _own is None or _own.process is None or _own.process.poll() is not None:
            if _own is not None:
                _own.close()
            sweep()
            _own = ForkServer(env=env, warm=tuple(str(folder or "") for folder in data))
            _own.announce()
            atexit.register(_own.close)
        return _own


class Refused(OSError):
    """The server will not fork this kernel; its text is the reason."""


class BrokenData(RuntimeError):
    """The data folder that the notebook reads cannot be loaded; its text is the first of what is wrong."""


def kill_group(pid: int) -> None:
    """Kill a forked process and all it started."""
    for kill in (os.killpg, os.kill):  # a child that has not yet made its group is killed by its own number
        with contextlib.suppress(ProcessLookupError, PermissionError):
            kill(pid, signal.SIGKILL)


class ForkedProcess:
    """A process that a fork server forked, with the methods of `subprocess.Popen` that Jupyter uses."""

    stdin = stdout = stderr = None

    def __init__(self, connection: socket.socket, pid: int):
        self.pid = pid
        self.returncode: int | None = None
        self._connection = connection
        connection.setblocking(False)

    def poll(self) -> int | None:
        """Return the exit status, None while the kernel runs."""
        if self.returncode is not None:
            return self.returncode
        try:
            said = self._connection.recv(1024)
        except BlockingIOError:
            return None
        except OSError:
            said = b""
        if said:
            self.returncode = json.loads(said)["exit"]
        else:  # the server died; its kernels do not outlive it
            kill_group(self.pid)
            self.returncode = -signal.SIGKILL
        self._connection.close()
        return self.returncode

    def wait(self, timeout: float | None = None) -> int:
        """Wait for the end and return the exit status; raise `subprocess.TimeoutExpired` after `timeout` seconds."""
        deadline = float("inf") if timeout is None else time.monotonic() + timeout
        while (status := self.poll()) is None:
            if (left := deadline - time.monotonic()) <= 0:
                raise subprocess.TimeoutExpired("kernel", timeout or 0)
            select.select([self._connection], [], [], min(left, 3600))
        return status

    def send_signal(self, number: int) -> None:
        """Send a signal to the kernel alone."""
        if self.poll() is None:
            os.kill(self.pid, number)

    def terminate(self) -> None:
        self.send_signal(signal.SIGTERM)

    def kill(self) -> None:
        self.send_signal(signal.SIGKILL)

    def __del__(self) -> None:
        self._connection.close()


def fork(address: str, request: dict[str, Any], descriptors: list[int], timeout: float | None = None) -> ForkedProcess:
    """Ask the server at `address` for a process, whose descriptors 0, 1 and 2 are given, and wait for it.

    The request has `argv`, `env`, `cwd` and, where it is a kernel, `data`: the folder that its notebook reads. Raises
    `OSError` where there is no server, or it does not answer in time, `Refused` where it will not fork, `BrokenData`
    where it could not load that folder.
    """
    connection = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)  # what is sent at once arrives at once
    try:
        connection.settimeout(timeout)
        connection.connect(address)
        socket.send_fds(connection, [json.dumps(request).encode()], descriptors)
        answer = connection.recv(1 << 16)
        if not answer:
            raise Refused("the fork server ended before it was ready")
        said = json.loads(answer)
        if "pid" not in said:
            raise (BrokenData if said.get("broken") else Refused)(said["refused"])
        return ForkedProcess(connection, said["pid"])
    except BaseException:
        connection.close()
        raise


PREFIX = "minestats-kernels-"
LONGEST = 100  # bytes of a socket's path; macOS allows 104
_OWN: dict[int, tuple[Path, int]] = {}  # process id -> its folder and the descriptor that holds the lock


def _base() -> Path:
    for name in (os.environ.get("XDG_RUNTIME_DIR"), "/tmp", tempfile.gettempdir()):  # noqa: S108
        # 45 bytes are kept for the names below the base
        if name and len(os.fsencode(name)) <= LONGEST - 45 and os.path.isdir(name) and os.access(name, os.W_OK):
            return Path(name)
    raise OSError("no folder with a short path for sockets: set XDG_RUNTIME_DIR to one that can be written")


def _locked(folder: Path) -> int:
    """Return a descriptor that holds the lock of a folder; raises `OSError` where another has it, or it is gone."""
    import fcntl

    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        folder.lstat()
    except OSError:
        os.close(descriptor)
        raise
    return descriptor


def own_folder() -> Path:
    """Return this process's folder, made at the first call and removed at its end."""
    pid = os.getpid()
    if pid in _OWN and _OWN[pid][0].is_dir():
        return _OWN[pid][0]
    _OWN.clear()  # entries of a process this one was forked from
    while pid not in _OWN:
        folder = Path(tempfile.mkdtemp(prefix=PREFIX, dir=_base()))
        # another process may have swept it before it was locked: then one more is made
        with contextlib.suppress(FileNotFoundError, BlockingIOError):
            descriptor = _locked(folder) if sys.platform != "win32" else -1
            _OWN[pid] = (folder, descriptor)
    atexit.register(release)
    return folder


def kernel_folder() -> Path:
    """Return a new empty folder for one kernel, mode 0700, inside this process's folder."""
    return Path(tempfile.mkdtemp(prefix="k", dir=own_folder()))


def release() -> None:
    """Remove this process's folder with all that is in it; again is harmless."""
    atexit.unregister(release)
    folder, descriptor = _OWN.pop(os.getpid(), (None, -1))
    if folder is not None:
        shutil.rmtree(folder, ignore_errors=True)
        with contextlib.suppress(OSError):
            os.close(descriptor)


def sweep() -> list[Path]:
    """Remove the folders of this user whose owner is dead, and return them."""
    found: list[Path] = []
    removed = []
    with contextlib.suppress(OSError):
        found = sorted(_base().glob(f"{PREFIX}*")) if sys.platform != "win32" else []
    for folder in found:
        with contextlib.suppress(OSError):  # its owner lives, or is another user
            descriptor = _locked(folder)
            if os.fstat(descriptor).st_uid == os.getuid():
                shutil.rmtree(folder, ignore_errors=True)
                removed.append(folder)
            os.close(descriptor)
    return removed


class Stopped(RuntimeError):
    """The notebook was ended before its last cell: its time was up, or the run was stopped."""


@dataclass(eq=False)
class Run:
    """What the engine is told about one run beyond papermill's own options, and what it tells of it afterwards.

    Parameters
    ----------
    fork : bool
        Fork the kernel where possible.
    cwd : str, optional
        Folder the kernel runs in; without it, this process's.
    timeout : float, optional
        Seconds for the whole notebook, the kernel's start included.
    grace : float
        Seconds between the interrupt and the end by force.
    silent : bool
        Leave it to the caller to say that an ordinary kernel was used.
    memory : int, optional
        Megabytes that the kernel's process may take, what it imports included.
    """

    fork: bool = True
    cwd: str | None = None
    timeout: float | None = None
    grace: float = 5.0
    silent: bool = False
    memory: int | None = None
    data: str = ""  # the data folder that the notebook reads
    # told by the engine
    nb: Any = None
    cell: int | None = None  # position of the cell last started
    started: bool = False
    raised: Any = None  # what nbclient raised of that cell
    notes: list[str] = field(default_factory=list)
    opened: list[str] = field(default_factory=list)  # by the kernel: "r" or "w", then the path
    read: set[Path] = field(default_factory=set)  # files of the notebook's folder that went into the report
    ended: str = ""  # "timeout" or "stopped" where the run was ended
    used: str = ""
    why: str = ""
    stderr: str = ""
    _pid: int = 0
    _wake: threading.Event = field(default_factory=threading.Event, repr=False)
    _done: threading.Event = field(default_factory=threading.Event, repr=False)

    def stop(self) -> None:
        """End the run now; may be called from another thread or a signal handler."""
        self.ended = self.ended or "stopped"
        self._wake.set()

    def check(self) -> None:
        """Raise `Stopped` where the run has been ended."""
        if self.ended:
            raise Stopped(self.ended)

    def watch(self) -> threading.Thread:
        """Start the thread that ends the run at its deadline."""
        thread = threading.Thread(target=self._watch, name="deadline", daemon=True)
        thread.start()
        return thread

    def _watch(self) -> None:
        self._wake.wait(self.timeout)
        if self._done.is_set():
            return
        self.ended = self.ended or "timeout"
        steps = ((signal.SIGINT, self.grace), (signal.SIGTERM, min(1.0, self.grace)))
        for number, patience in steps:
            self._signal(number)
            if self._done.wait(patience):
                return
        while not self._done.wait(0.2):
            self._signal(getattr(signal, "SIGKILL", signal.SIGTERM))

    def _signal(self, number: int) -> None:
        if self._pid and not self._done.is_set():
            with contextlib.suppress(OSError):
                if hasattr(os, "killpg"):
                    os.killpg(self._pid, number)
                else:
                    os.kill(self._pid, signal.SIGTERM)

    def finish(self) -> None:
        """Say that the kernel has ended."""
        self._done.set()
        self._wake.set()


def read_tail(path: Path, most: int = 20_000) -> str:
    """Return the end of a text file, empty where there is none."""
    try:
        with open(path, "rb") as file:
            file.seek(max(0, os.path.getsize(path) - most))
            return file.read().decode("utf-8", "replace")
    except OSError:
        return ""
