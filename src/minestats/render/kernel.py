"""Kernels that start in milliseconds, each forked from a server that has imported pandas and matplotlib already.

`ForkServer` starts such a server (an interpreter of its own, see `server`) and ends it; `fork` asks it for a process
and returns a `ForkedProcess`. Jupyter asks a `ForkProvisioner` to launch a kernel (see `provisioner`). Workers,
the processes that drive papermill, are forked from a server of the same kind. Only the standard library is imported.
"""

from __future__ import annotations

import atexit
import contextlib
import json
import os
import select
import signal
import socket
import subprocess
import sys
import sysconfig
import threading
import time
from pathlib import Path

from minestats.render import _rundir
from minestats.render._preload import ADDRESS_ENV, HEADER, LISTENER_ENV, OWN_ENV, WARM_ENV


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
        "kernels"; "light", kernels with less imported ahead, for a single one; or "workers".

    Examples
    --------
    >>> with ForkServer() as server:
    ...     len(server.address) <= 100
    True
    """

    def __init__(self, *, env: dict[str, str] | None = None, warm: tuple[str, ...] = (), kind: str = "kernels"):
        self.process: subprocess.Popen | None = None
        self.folder = _rundir.kernel_folder()
        self.address = str(self.folder / "server")
        self.log = self.folder / "log"
        env = {name: value for name, value in (os.environ if env is None else env).items() if name not in OWN_ENV}
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as listener:
            listener.bind(self.address)
            listener.listen(128)
            env[LISTENER_ENV] = str(listener.fileno())
            env[WARM_ENV] = json.dumps(list(warm))
            with open(self.log, "wb") as log:
                self.process = subprocess.Popen(
                    [sys.executable, "-m", "minestats.render.server", kind],
                    stdin=subprocess.PIPE,
                    stdout=log,
                    stderr=log,
                    env=env,
                    pass_fds=(listener.fileno(),),
                )
        # this process's copy of the listener is closed: once the server has died, connecting fails at once

    def announce(self) -> None:
        """Make the server known to this process and those it starts."""
        os.environ[ADDRESS_ENV] = self.address

    def close(self) -> None:
        """End the server and its kernels; again is harmless."""
        if os.environ.get(ADDRESS_ENV) == self.address:
            del os.environ[ADDRESS_ENV]
        if self.process is None:
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


_own: dict[int, ForkServer] = {}
_own_lock = threading.Lock()


def server_address(env: dict[str, str]) -> str:
    """Return the address of the server announced, else of one started for this process."""
    if address := os.environ.get(ADDRESS_ENV):
        return address
    with _own_lock:
        if os.getpid() not in _own:
            _own.clear()
            _own[os.getpid()] = ForkServer(env=env)
            atexit.register(close_own_server)
        return _own[os.getpid()].address


def close_own_server() -> None:
    """End the server that was started for this process because none was announced."""
    atexit.unregister(close_own_server)
    server = _own.pop(os.getpid(), None)
    if server is not None:
        server.close()


class Refused(OSError):
    """The server will not fork this kernel; its text is the reason."""


class BrokenData(RuntimeError):
    """The data folder that the notebook reads cannot be loaded; its text is the first of what is wrong."""


class ForkedProcess:
    """A process that a fork server forked, with the methods of `subprocess.Popen` that Jupyter uses."""

    stdin = stdout = stderr = None

    def __init__(self, connection: socket.socket, pid: int):
        self.pid = pid
        self.returncode: int | None = None
        self._connection = connection
        self._said = b""
        connection.setblocking(False)

    def poll(self) -> int | None:
        """Return the exit status, None while the kernel runs."""
        if self.returncode is not None:
            return self.returncode
        try:
            while b"\n" not in self._said:
                data = self._connection.recv(1024)
                if not data:
                    break
                self._said += data
        except BlockingIOError:
            return None
        except OSError:
            pass
        if b"\n" in self._said:
            self.returncode = json.loads(self._said)["exit"]
        else:  # the server died; its kernels do not outlive it
            self._kill_group()
            self.returncode = -signal.SIGKILL
        self._connection.close()
        return self.returncode

    def wait(self, timeout: float | None = None) -> int:
        """Wait for the end and return the exit status; raise `subprocess.TimeoutExpired` after `timeout` seconds."""
        deadline = None if timeout is None else time.monotonic() + timeout
        while self.poll() is None:
            left = None if deadline is None else deadline - time.monotonic()
            if left is not None and left <= 0:
                raise subprocess.TimeoutExpired("kernel", timeout)
            select.select([self._connection], [], [], left)
        return self.returncode

    def send_signal(self, number: int) -> None:
        """Send a signal to the kernel alone."""
        if self.poll() is None:
            os.kill(self.pid, number)

    def terminate(self) -> None:
        self.send_signal(signal.SIGTERM)

    def kill(self) -> None:
        self.send_signal(signal.SIGKILL)

    def _kill_group(self) -> None:
        for kill in (os.killpg, os.kill):
            with contextlib.suppress(ProcessLookupError, PermissionError):
                kill(self.pid, signal.SIGKILL)

    def __del__(self) -> None:
        self._connection.close()


def request_body(argv: list[str], env: dict[str, str], cwd: str, data: str = "") -> bytes:
    """Return a request for a process, as the server reads it."""
    return json.dumps({"argv": argv, "env": env, "cwd": cwd, "data": data}).encode()


def send_request(connection: socket.socket, address: str, body: bytes, descriptors: list[int]) -> None:
    """Connect to the server and send the request with the descriptors that become 0, 1 and 2."""
    connection.connect(address)
    socket.send_fds(connection, [HEADER.pack(len(body), 3)], descriptors)
    connection.sendall(body)


def read_answer(connection: socket.socket, answer: bytes) -> ForkedProcess:
    """Return the process that the server's answer speaks of, or raise `Refused`."""
    if not answer.endswith(b"\n"):
        raise Refused("the fork server ended before it was ready")
    said = json.loads(answer)
    if said.get("broken"):
        raise BrokenData(said["refused"])
    if "pid" not in said:
        raise Refused(said["refused"])
    return ForkedProcess(connection, said["pid"])


def fork(address: str, argv: list[str], env: dict[str, str], cwd: str, descriptors: list[int]) -> ForkedProcess:
    """Ask the server at `address` for a process and wait for it; raises `OSError` where there is no server."""
    connection = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        send_request(connection, address, request_body(argv, env, cwd), descriptors)
        answer = b""
        while not answer.endswith(b"\n") and (data := connection.recv(4096)):
            answer += data
        return read_answer(connection, answer)
    except BaseException:
        connection.close()
        raise
