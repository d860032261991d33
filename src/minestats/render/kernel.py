"""Kernels that start in milliseconds, each forked from a server that has imported pandas and matplotlib already.

`ForkServer` starts such a server (an interpreter of its own, see `server`) and ends it. `ForkProvisioner` is what
Jupyter asks to launch a kernel: it hands the request to the server announced in `MINESTATS_FORK_SERVER`, or to one
that it starts for its own process. Where forking is not to be had it launches an ordinary kernel and says why, once.
"""

from __future__ import annotations

import asyncio
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
from typing import Any

from jupyter_client.provisioning import LocalProvisioner

from minestats.render import _rundir
from minestats.render.server import ADDRESS_ENV, HEADER, LISTENER_ENV, OWN_ENV, WARM_ENV

LAUNCHER = "ipykernel_launcher"


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
        Data folders to read before the first kernel.

    Examples
    --------
    >>> with ForkServer() as server:  # doctest: +SKIP
    ...     server.address
    """

    def __init__(self, *, env: dict[str, str] | None = None, warm: tuple[str, ...] = ()):
        self.process: subprocess.Popen | None = None
        self.folder = _rundir.kernel_folder()
        self.address = str(self.folder / "server")
        self.log = self.folder / "log"
        env = {name: value for name, value in (os.environ if env is None else env).items() if name not in OWN_ENV}
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as listener:
            listener.bind(self.address)
            listener.listen(128)
            env[LISTENER_ENV] = str(listener.fileno())
            env[WARM_ENV] = "\n".join(warm)
            with open(self.log, "wb") as log:
                self.process = subprocess.Popen(
                    [sys.executable, "-m", "minestats.render.server"],
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
        try:
            self.process.wait(2)
        except subprocess.TimeoutExpired:  # still importing
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


class ForkedProcess:
    """A kernel that another process forked, with the methods of `subprocess.Popen` that Jupyter uses."""

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
                raise subprocess.TimeoutExpired(LAUNCHER, timeout)
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


_said_why: set[str] = set()


class ForkProvisioner(LocalProvisioner):
    """Launch a kernel by forking the server, or an ordinary one where that cannot be.

    `used` is "fork" or "plain" after a launch, and `why` says why not "fork".
    """

    used = ""
    why = ""

    async def launch_kernel(self, cmd: list[str], **kwargs: Any) -> Any:
        """Launch the kernel, as `jupyter_client` asks for it."""
        self.why = unsupported() or not_ours(cmd)
        if not self.why:
            try:
                self.process = await fork_kernel(cmd, **self._scrub_kwargs(kwargs))
            except OSError as error:
                self.why = str(error) if isinstance(error, Refused) else f"no fork server: {error.strerror or error}"
            else:
                self.used = "fork"
                self.pid = self.pgid = self.process.pid
                self.cwd = kwargs.get("cwd") or os.getcwd()
                return self.connection_info
        self.used = "plain"
        if os.environ.get("MINESTATS_QUIET_FALLBACK") is None and self.why not in _said_why:
            _said_why.add(self.why)
            print(f"minestats: ordinary kernels are used: {self.why}", file=sys.stderr)
        return await super().launch_kernel(cmd, **kwargs)


def not_ours(cmd: list[str]) -> str:
    """Return why a kernel's command is not this interpreter's ipykernel, or an empty text.

    Examples
    --------
    >>> not_ours([sys.executable, "-m", "ipykernel_launcher", "-f", "kernel.json"])
    ''
    >>> not_ours(["/usr/bin/ir", "kernel.json"])
    'the kernel is not the ipykernel of this Python'
    """
    rest = [part for part in cmd[1:] if part != "-Xfrozen_modules=off"]
    here = os.path.realpath(os.path.dirname(sys.executable))
    if cmd and os.path.realpath(os.path.dirname(cmd[0])) == here and rest[:2] == ["-m", LAUNCHER]:
        with contextlib.suppress(OSError):
            if os.path.samefile(cmd[0], sys.executable):
                return ""
    return "the kernel is not the ipykernel of this Python"


async def fork_kernel(
    cmd: list[str],
    *,
    env: dict[str, str],
    cwd: str | os.PathLike | None = None,
    stdin: int | None = None,
    stdout: Any = None,
    stderr: Any = None,
    **_: Any,
) -> ForkedProcess:
    """Ask the server for a kernel. Raises `OSError` where there is no server, `Refused` where it will not fork."""
    env = {name: value for name, value in env.items() if name not in OWN_ENV}
    body = json.dumps(
        {"argv": cmd[cmd.index(LAUNCHER) + 1 :], "env": env, "cwd": os.path.abspath(cwd or os.getcwd())}
    ).encode()
    address = server_address(env)
    loop = asyncio.get_running_loop()
    connection = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    empty, write_end = os.pipe()  # standard input at its end, as jupyter_client gives it
    os.close(write_end)
    try:
        connection.connect(address)
        descriptors = [empty if stdin is None else _number(stdin, 0), _number(stdout, 1), _number(stderr, 2)]
        socket.send_fds(connection, [HEADER.pack(len(body), 3)], descriptors)
        connection.setblocking(False)
        await loop.sock_sendall(connection, body)
        answer = b""
        while not answer.endswith(b"\n"):
            data = await loop.sock_recv(connection, 4096)
            if not data:
                raise Refused("the fork server ended before it was ready")
            answer += data
        said = json.loads(answer)
        if "pid" not in said:
            raise Refused(said["refused"])
        return ForkedProcess(connection, said["pid"])
    except BaseException:
        connection.close()
        raise
    finally:
        os.close(empty)


def _number(stream: Any, default: int) -> int:
    if stream is None:
        return default
    return stream if isinstance(stream, int) else stream.fileno()
