"""Worker processes, with the `submit` of `concurrent.futures`.

Each worker has a thread here that hands it one job at a time, so that a worker that dies takes nothing but its own
job with it: its future raises `WorkerLost`, and a new worker takes its place. Workers are forked from a server that
has imported papermill, or started one by one where that cannot be.

A worker reads pickled jobs from standard input, one at a time, and writes what came of them. It ends when its input
does; where that happens while a report is being made, the one who asked is gone, and the worker ends at once with its
kernel. SIGTERM ends the report being made, its kernel interrupted first.
"""

from __future__ import annotations

import contextlib
import os
import pickle
import select
import signal
import subprocess
import sys
import threading
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

from minestats.render.kernel import ADDRESS_ENV, ForkedProcess, ForkServer, fork, kernel_env, release, unsupported


class WorkerLost(RuntimeError):
    """A worker ended before its answer."""


class Worker:
    """One worker process and the pipes to and from it."""

    def __init__(self, server: ForkServer | None, kernels: str):
        requests_read, requests_write = os.pipe()
        replies_read, replies_write = os.pipe()
        self.requests = os.fdopen(requests_write, "wb")
        self.replies = os.fdopen(replies_read, "rb")
        env = kernel_env() | ({ADDRESS_ENV: kernels} if kernels else {})
        try:
            self.process = self._start(server, env, requests_read, replies_write)
        except BaseException:
            self.close()
            raise
        finally:
            os.close(requests_read)
            os.close(replies_write)

    def _start(
        self, server: ForkServer | None, env: dict[str, str], stdin: int, stdout: int
    ) -> ForkedProcess | subprocess.Popen:
        if server is not None:
            with contextlib.suppress(OSError):  # the server died: start the worker on its own
                return fork(server.address, {"argv": [], "env": env, "cwd": os.getcwd()}, [stdin, stdout, 2])
        command = [sys.executable, "-m", "minestats.render._pool"]
        return subprocess.Popen(command, stdin=stdin, stdout=stdout, env=env, start_new_session=True)

    def ask(self, function: Callable, arguments: tuple) -> tuple[bool, Any]:
        pickle.dump((function, arguments), self.requests)
        self.requests.flush()
        return pickle.load(self.replies)  # noqa: S301  from the process at the other end of the pipe

    def signal(self, number: int) -> None:
        with contextlib.suppress(OSError):
            self.process.send_signal(number)

    def close(self) -> None:
        for stream in (self.requests, self.replies):
            with contextlib.suppress(OSError):
                stream.close()

    def end(self) -> int:
        """Wait for the end of a worker whose input is closed, by force after a while; return its exit status."""
        self.close()
        try:
            return self.process.wait(3)
        except subprocess.TimeoutExpired:
            with contextlib.suppress(OSError):
                self.process.kill()
            return self.process.wait(5)


class Pool:
    """Up to `jobs` workers, each started by the thread that hands it its jobs when there is the first for it.

    One that has not answered after `patience` seconds is killed.
    """

    def __init__(self, jobs: int, *, kernels: str = "", patience: float = threading.TIMEOUT_MAX):
        self.jobs = jobs
        self.patience = patience
        self.kernels = kernels
        self.server = None if unsupported() else ForkServer(env=kernel_env(), kind="workers")
        self._threads = ThreadPoolExecutor(jobs, thread_name_prefix="worker")
        self._own = threading.local()  # the worker of a thread
        self._workers: set[Worker] = set()
        self._closed = False

    def width(self) -> int:
        """Return how many jobs to hand in at a time."""
        return self.jobs

    def submit(self, function: Callable, /, *arguments: Any) -> Future:
        """Have a function of a module called in a worker."""
        return self._threads.submit(self._ask, function, arguments)

    def _ask(self, function: Callable, arguments: tuple) -> Any:
        worker: Worker | None = getattr(self._own, "worker", None)
        try:
            if worker is None:
                worker = self._own.worker = Worker(self.server, self.kernels)
                self._workers.add(worker)
            if self._closed:
                raise EOFError("the run was stopped")
            late = threading.Timer(self.patience, worker.signal, [signal.SIGKILL])
            late.start()
            try:
                good, answer = worker.ask(function, arguments)
            finally:
                late.cancel()
        except Exception as error:
            self._own.worker = None
            if worker is None:
                raise WorkerLost(f"a worker could not be started ({error})") from error
            self._workers.discard(worker)
            raise WorkerLost(f"a worker ended ({worker.end()})") from error
        if not good:
            raise answer
        return answer

    def signal(self, number: int) -> None:
        """Send a signal to the workers."""
        for worker in list(self._workers):
            worker.signal(number)

    def close(self, *, kill: bool = False) -> None:
        """End the workers and their server."""
        self._closed = True
        if kill:
            self.signal(signal.SIGKILL)
        self._threads.shutdown(cancel_futures=True)
        for worker in self._workers:
            worker.end()
        if self.server is not None:
            self.server.close()


def work() -> int:
    """Be a worker: serve until the input ends."""
    from minestats.render import _job

    requests = os.fdopen(os.dup(0), "rb")
    replies = os.fdopen(os.dup(1), "wb")
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.close(nothing)
    os.dup2(2, 1)  # what a library prints does not get into the answers
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, lambda *_: _job.stop_running())
    busy = threading.Event()
    threading.Thread(target=_watch, args=(requests.fileno(), busy), daemon=True).start()
    try:
        while True:
            function, arguments = pickle.load(requests)  # noqa: S301
            busy.set()
            try:
                answer = (True, function(*arguments))
            except Exception as error:
                answer = (False, RuntimeError(f"{type(error).__name__}: {error}"))
            pickle.dump(answer, replies)
            replies.flush()
            busy.clear()
    except (EOFError, BrokenPipeError, pickle.UnpicklingError):  # the other end closed
        pass
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
    release()
    os._exit(0)  # nothing else is worth waiting for


def _watch(descriptor: int, busy: threading.Event) -> None:
    """End this process as soon as the other end of its input is gone, also in the middle of a report."""
    if not hasattr(select, "poll"):
        return
    poll = select.poll()
    poll.register(descriptor, 0)  # only errors and hang-ups are reported
    while not any(event & (select.POLLHUP | select.POLLERR | select.POLLNVAL) for _, event in poll.poll()):
        pass
    busy.wait()  # a worker without a report sees the end of its input by itself
    os._exit(1)  # its folder is swept later: the other thread may be writing in it


if __name__ == "__main__":
    sys.exit(work())
