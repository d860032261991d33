"""What runs inside a fork server: import once, then fork a kernel, or a worker, for each request.

Starting a kernel costs little; importing pandas and matplotlib in it costs seconds. This process imports them once
and waits on a Unix socket. For each request it forks; the child puts on the environment, folder, arguments,
descriptors and signals of a kernel started afresh, and becomes one. The server has no event loop, no zmq context and
one thread, keeps nothing from one report to the next, and ends with its owner: when the owner's end of standard input
closes, or a kernel's connection closes, the kernels concerned are killed with all they started.

Importing is most of what a report costs, so it is done once, here. A module may be imported ahead only if that leaves
no trace that a notebook could see: no thread, no setting that an ordinary kernel would not have, and not the backend of
the figures. Only the standard library is imported at the top.

A forked process first puts off everything of the server's: environment, folder, arguments, descriptors, signals, random
state and caches become those of a process started afresh.
"""

from __future__ import annotations

import contextlib
import json
import os
import pkgutil
import re
import selectors
import signal
import socket
import sys
from dataclasses import dataclass, field
from importlib import import_module
from pathlib import Path

from minestats.render.kernel import LISTENER_ENV, OWN_ENV, WARM_ENV, kill_group

ENDS = (signal.SIGTERM, signal.SIGHUP)
BROKEN: dict[str, str] = {}  # data folders that cannot be loaded, with the first of what is wrong
LARGEST = 1 << 22  # bytes of a request: the environment is most of it
LARGE = 32 << 20  # bytes of a Parquet file that is not read ahead

# Modules that every kernel imports while it starts.
SHELL_MODULES = (
    "ipykernel.debugger IPython.core.completerlib IPython.core.debugger IPython.core.oinspect "
    "IPython.extensions.storemagic encodings.idna faulthandler pdb sqlite3 tornado.locks tornado.platform.asyncio "
    "tornado.queues"
)
# Modules that reports use and that are slow to import. Each is optional. The backend of the figures, the package
# matplotlib_inline, is left out on purpose: it ties itself to the running shell when it is imported.
KERNEL_MODULES = (
    "pandas pandas.io.formats.html pandas.io.formats.style matplotlib.pyplot matplotlib.dates "
    "matplotlib.backends.backend_agg PIL.BmpImagePlugin PIL.GifImagePlugin PIL.JpegImagePlugin PIL.PngImagePlugin "
    "PIL.PpmImagePlugin scipy.special IPython.core.pylabtools zmq.utils.garbage"
)
NOT_FOR_KERNELS = ("adapt", "cli", "extract", "render")
# Set in the server before anything is imported, and gone in its kernels. A library that starts threads when it is
# loaded would make forking unsafe. Without the backend, matplotlib settles for one that shows no figure.
SETTINGS = {
    "OPENBLAS_NUM_THREADS": "1",
    "OMP_NUM_THREADS": "1",
    "MKL_NUM_THREADS": "1",
    "JE_ARROW_MALLOC_CONF": "background_thread:false",
    "MPLBACKEND": "module://matplotlib_inline.backend_inline",
}

# Variables that a module reads when it is imported, or the interpreter when it starts: where they differ from the
# server's, the kernel must be an ordinary one.
READ_AT_IMPORT = re.compile(
    "PYTHON|MPL|MATPLOTLIB|OPENBLAS|OMP_|MKL_|NUMEXPR|ARROW|JE_ARROW|NPY_|NUMPY|PANDAS|LD_|LC_|LANG|TZ|HOME|XDG_"
)


def threads() -> int:
    """Return how many threads this process has, those of C libraries included where the system tells."""
    try:
        return len(os.listdir("/proc/self/task"))
    except OSError:
        import threading

        return threading.active_count()


def different(mine: dict[str, str], wanted: dict[str, str]) -> list[str]:
    """Return the names of variables that matter at import and differ."""
    names = {name for name in (*mine, *wanted) if READ_AT_IMPORT.match(name)}
    return sorted(name for name in names if mine.get(name) != wanted.get(name))


def refusal_of(request: Request, base_env: dict[str, str]) -> str:
    """Return why a process must not be forked for a request, or an empty text."""
    if (count := threads()) != 1:
        return f"the fork server has {count} threads"
    if names := different(base_env, request.env):
        return f"the environment differs from the fork server's: {', '.join(names[:5])}"
    if os.path.exists(os.path.join(request.cwd, "matplotlibrc")):
        return "a matplotlibrc lies beside the notebook"
    if not os.path.isdir(request.cwd):
        return "the kernel's folder does not exist"
    return ""


class Server:
    """The loop that forks kernels; `serve` returns a `Request` in the child and None in the server at its end."""

    def __init__(self, listener: socket.socket, base_env: dict[str, str], added_env: dict[str, str]):
        self.listener = listener
        self.base_env = base_env
        self.added_env = added_env
        self.kernels: dict[int, socket.socket] = {}
        self.selector = selectors.DefaultSelector()
        self.wake_read, self.wake_write = socket.socketpair()
        self.stopping = False

    def serve(self) -> Request | None:
        for one in (self.wake_read, self.wake_write):
            one.setblocking(False)
        signal.set_wakeup_fd(self.wake_write.fileno(), warn_on_full_buffer=False)
        signal.signal(signal.SIGCHLD, lambda *_: None)
        for number in ENDS:
            signal.signal(number, self._stop)
        signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the owner's to handle
        self.selector.register(self.listener, selectors.EVENT_READ, self._accept)
        self.selector.register(self.wake_read, selectors.EVENT_READ, self._reap)
        self.selector.register(0, selectors.EVENT_READ, self._stop)  # the owner writes nothing: it has gone
        while not self.stopping:
            for key, _ in self.selector.select():
                request = key.data(key.fileobj)
                if request is not None:
                    return request
                if self.stopping:
                    break
        self._end()
        return None

    def _stop(self, *_: object) -> None:
        self.stopping = True

    def _accept(self, _: object) -> Request | None:
        try:
            connection, _address = self.listener.accept()
        except OSError:
            return None
        connection.settimeout(10)
        try:
            body, descriptors, _flags, _from = socket.recv_fds(connection, LARGEST, 3)
            request = Request(**json.loads(body), descriptors=descriptors)
        except (OSError, ValueError, TypeError):
            connection.close()
            return None
        return self._start(connection, request)

    def _start(self, connection: socket.socket, request: Request) -> Request | None:
        broken = BROKEN.get(request.data, "")
        refusal = broken or refusal_of(request, self.base_env)
        pid = 0
        if not refusal:
            sys.stdout.flush()
            sys.stderr.flush()
            signal.pthread_sigmask(signal.SIG_BLOCK, ENDS)  # until the child has put off this process's handlers
            try:
                pid = os.fork()
            except OSError as error:
                refusal = f"fork failed: {error.strerror}"
            if not (pid or refusal):
                self._leave(connection)
                return request
            signal.pthread_sigmask(signal.SIG_UNBLOCK, ENDS)
        for descriptor in request.descriptors:
            os.close(descriptor)
        answer = {"pid": pid} if pid else {"refused": refusal, "broken": bool(broken)}
        with contextlib.suppress(OSError):
            connection.sendall(json.dumps(answer).encode())
        if pid:
            self.kernels[pid] = connection
            self.selector.register(connection, selectors.EVENT_READ, self._closed)
        else:
            connection.close()
        return None

    def _leave(self, connection: socket.socket) -> None:
        """Let go, in the child, of everything that is the server's."""
        signal.set_wakeup_fd(-1)
        self.selector.close()
        for one in (self.listener, self.wake_read, self.wake_write, connection, *self.kernels.values()):
            one.close()
        self.kernels = {}

    def _closed(self, connection: socket.socket) -> None:
        """Kill the kernel whose client has gone: nothing else can be read where it asked."""
        self.selector.unregister(connection)
        for pid, its in self.kernels.items():
            if its is connection:
                kill_group(pid)

    def _reap(self, _: object) -> None:
        """Tell each client the exit status of its kernel, after killing what the kernel left running."""
        with contextlib.suppress(OSError):
            while self.wake_read.recv(1024):
                pass
        for pid in list(self.kernels):
            if os.waitid(os.P_PID, pid, os.WEXITED | os.WNOHANG | os.WNOWAIT) is None:
                continue
            kill_group(pid)  # while the dead kernel still holds the number
            _pid, status = os.waitpid(pid, 0)
            connection = self.kernels.pop(pid)
            with contextlib.suppress(OSError, KeyError, ValueError):
                self.selector.unregister(connection)
            with contextlib.suppress(OSError):
                connection.settimeout(1)
                connection.sendall(json.dumps({"exit": os.waitstatus_to_exitcode(status)}).encode())
            connection.close()

    def _end(self) -> None:
        for pid in self.kernels:
            kill_group(pid)
        for pid in self.kernels:
            with contextlib.suppress(ChildProcessError):
                os.waitpid(pid, 0)


def preload(kind: str, named: list[str]) -> tuple[dict[str, str], dict[str, str]]:
    """Import what kernels or workers use; return the environment before, and what ipykernel added to it."""
    warm = json.loads(os.environ.get(WARM_ENV) or "[]")
    for name in OWN_ENV:
        os.environ.pop(name, None)
    before = dict(os.environ)
    for name, value in SETTINGS.items():
        os.environ.setdefault(name, value)
    if kind == "workers":
        import_module("minestats.render._job").warm()
        return before, {}
    os.environ["JPY_PARENT_PID"] = str(os.getpid())  # read by ipykernel when imported: kernels watch this process
    from ipykernel import kernelapp

    import_all(SHELL_MODULES)
    added = {n: v for n, v in os.environ.items() if n not in {*before, *SETTINGS, "JPY_PARENT_PID"}}
    vars(kernelapp)["ParentPollerUnix"] = _poller(kernelapp.ParentPollerUnix)
    import_all(KERNEL_MODULES)
    own = [module.name for module in pkgutil.iter_modules(import_module("minestats").__path__)]
    import_all(" ".join(f"minestats.{name}" for name in own if not name.strip("_").startswith(NOT_FOR_KERNELS)))
    import_all(" ".join(named))
    for folder in warm:
        _warm(folder)
    return before, added


def import_all(names: str) -> None:
    for name in names.split():
        with contextlib.suppress(ImportError):
            import_module(name)


def _warm(folder: str) -> None:
    """Load and check a data folder, so that kernels find it read already; of what is wrong with it one line is kept."""
    if folder and any(file.stat().st_size > LARGE for file in Path(folder).glob("*.parquet")):
        return  # a report reads less of a large table than the whole
    try:
        import_module("minestats.data").load(folder or None)
    except Exception as error:
        print(f"data not read ahead: {error}", file=sys.stderr)
        if folder and type(error).__name__ == "DataError":
            lines = [line.strip() for line in str(error).splitlines()]
            more = f" (and {len(lines) - 2} more)" if len(lines) > 2 else ""
            BROKEN[folder] = f"{lines[min(1, len(lines) - 1)]}{more}; see: minestats check {Path(folder).name}"


def _poller(stock: type) -> type:
    """Return the kernel's watch over its parent, made to end what the kernel started as well."""

    class ParentPollerUnix(stock):
        def run(self) -> None:
            import time

            while os.getppid() == self.parent_pid:
                time.sleep(0.5)
            os.killpg(os.getpgrp(), signal.SIGKILL)

    return ParentPollerUnix


@dataclass
class Request:
    """One process to start: its command's arguments, environment, folder and descriptors 0, 1, 2."""

    argv: list[str]
    env: dict[str, str]
    cwd: str
    descriptors: list[int] = field(default_factory=list)
    data: str = ""  # the data folder that the notebook reads


def take_over(request: Request) -> None:
    """Put on, in the child, the session, signals, descriptors, folder and environment of the process asked for."""
    os.setsid()
    for number in (signal.SIGCHLD, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_DFL)
    signal.signal(signal.SIGINT, signal.default_int_handler)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, ENDS)
    for target, descriptor in enumerate(request.descriptors):
        os.dup2(descriptor, target)
    for descriptor in request.descriptors:
        if descriptor > 2:
            os.close(descriptor)
    os.chdir(request.cwd)
    os.environ.clear()
    os.environ.update(request.env)


def become_kernel(request: Request, parent: int, added_env: dict[str, str]) -> None:
    """Turn this forked process into the kernel that a fresh interpreter would be, and run it."""
    os.environ.update({name: value for name, value in added_env.items() if name not in request.env})
    os.environ["JPY_PARENT_PID"] = str(parent)
    _refresh_modules(request)

    import ipykernel_launcher

    launcher = ipykernel_launcher.__file__
    del sys.modules["ipykernel_launcher"]
    sys.argv[:] = [launcher, *request.argv]
    sys.orig_argv[:] = [sys.executable, "-m", "ipykernel_launcher", *request.argv]

    from ipykernel import kernelapp

    from minestats.render.launch import keep_output, note_reads

    keep_output()
    note_reads(request.argv)
    kernelapp.launch_new_instance()


def _refresh_modules(request: Request) -> None:
    """Undo, in the child, what the server's imports left behind: random state, caches, the backend of figures."""
    import itertools
    import linecache
    import random
    import threading

    random.seed()
    if hasattr(threading, "_counter"):  # names of threads count from 1
        threading._counter = itertools.count(1).__next__
    linecache.clearcache()
    for module in list(sys.modules.values()):
        if isinstance(names := getattr(module, "__dict__", None), dict):
            names.pop("__warningregistry__", None)
    if "numpy.random" in sys.modules:
        sys.modules["numpy"].random.seed()
    if "multiprocessing.process" in sys.modules:
        sys.modules["multiprocessing.process"].current_process().authkey = os.urandom(32)
    for name in [name for name in sys.modules if name.partition(".")[0] == "matplotlib_inline"]:
        del sys.modules[name]  # it must meet the kernel's shell when it is imported
    if "matplotlib" in sys.modules:  # what a notebook that imports it in a fresh kernel finds
        sys.modules["matplotlib"].rcParams["backend"] = request.env.get("MPLBACKEND") or SETTINGS["MPLBACKEND"]


def main(kind: str, *named: str) -> int:
    """Run the server, and in its children the kernel or worker."""
    import gc

    gc.disable()  # importing makes next to no garbage, and looking for it takes a fifth of the time
    if sys.path[0] in ("", os.getcwd()):
        del sys.path[0]  # as ipykernel_launcher does
    listener = socket.socket(fileno=int(os.environ[LISTENER_ENV]))
    before, added = preload(kind, [*named])
    gc.freeze()
    gc.enable()
    parent = os.getpid()
    request = Server(listener, before, added).serve()
    if request is None:
        return 0
    take_over(request)
    if kind == "workers":
        from minestats.render._pool import work

        return work()
    become_kernel(request, parent, added)
    return 0


if __name__ == "__main__":
    from minestats.render.server import main as imported_main

    sys.exit(imported_main(*sys.argv[1:]))
