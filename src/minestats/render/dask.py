"""Reports made by a Dask cluster: `minestats render --dask ADDRESS`.

The command decides what is to be made and writes the files; the workers of a `dask.distributed` cluster run the
notebooks. A job carries the text of its notebook; the data folder lies at the same path on each worker, with the same
content. A worker whose data, minestats or packages differ gets nothing to do, and is named. Each worker process makes
one report at a time and keeps one fork server for all of its reports. A worker that dies loses only what it was
making: Dask hands that to another. Reports that nobody waits for any more, because the command was stopped or killed,
are ended.

`dask worker --preload minestats.render.dask` has a worker import what reports need before the first one comes.
"""

from __future__ import annotations

import contextlib
import dataclasses
import threading
import time
from collections.abc import Callable
from concurrent.futures import CancelledError, Future
from typing import Any

from minestats.errors import MinestatsError, ParameterError
from minestats.render import _job
from minestats.render.batch import ExecutorLost, lost_words
from minestats.render.kernel import kernel_env, own_server, unsupported

CONNECT = 10.0  # seconds to find the scheduler, and to find it again
LOOK = 2.0  # seconds between two looks at who is there
UNWANTED = ("cancelled", "released", "forgotten")  # states of a task
ENDING = ("closing", "closed", "stopping", "stopped", "failed")  # states of a worker
AHEAD = 3  # reports handed in for each worker: one is made, the others are there when it is done


class DaskExecutor:
    """The `submit` of `concurrent.futures` on a Dask cluster, reached when the first report is handed in.

    A wrong call never gets as far as the scheduler.

    Parameters
    ----------
    address : str
        Address of the scheduler, such as "tcp://10.0.0.5:8786".
    """

    def __init__(self, address: str):
        self.address = address
        self.client: Any = None
        self.say: Callable[[str], None] = lambda _: None
        self.unfit: dict[str, str] = {}  # worker -> why it gets nothing to do
        self._executor: Any = None
        self._workers: dict[str, int] = {}  # worker -> its threads
        self._looked = 0.0
        self._alone_since = 0.0
        self._compared = False

    def submit(self, function: Callable, /, *arguments: Any) -> Future:
        """Have a function of a module called on a worker; raises `ExecutorLost` where the scheduler is gone."""
        if self.client is None:
            self._connect()
        if not self._compared:
            self._compared = True
            self._compare(arguments[0])
        options = {"workers": self._fit(), "allow_other_workers": False} if self.unfit else {}
        try:
            return self._executor.submit(on_worker, function, *arguments, **options)
        except Exception as error:
            raise self._lost() from error

    def width(self) -> int:
        """Return how many reports to hand in at a time: some for each worker, so that more can join."""
        if self.client is None:
            self._connect()
        if time.monotonic() > self._looked + LOOK:
            self.check()
        return AHEAD * max(2, len(self._workers))

    def close(self) -> None:
        """Leave the cluster, which forgets what was handed in and not made; the cluster itself stays."""
        if self.client is not None:
            with contextlib.suppress(Exception):
                self.client.close(timeout=5)

    def _connect(self) -> None:
        try:
            from distributed import Client
        except ImportError:
            raise ParameterError(
                "--dask needs the package distributed: pip install 'minestats[dask]' [extra]"
            ) from None
        import logging

        for name in ("distributed", "distributed.client", "tornado.application"):  # it is said in words of our own
            logging.getLogger(name).setLevel(logging.CRITICAL)
        try:
            self.client = Client(self.address, timeout=CONNECT, set_as_default=False)
        except (OSError, TimeoutError, ValueError) as error:
            said = str(error).split("\n")[0] or type(error).__name__
            raise MinestatsError(f"no Dask scheduler at {self.address}: {said}") from error
        self._executor = self.client.get_executor(pure=False)

    def _lost(self) -> ExecutorLost:
        return ExecutorLost(f"the Dask scheduler at {self.address} ended or cannot be reached")

    def _compare(self, job: _job.Job) -> None:
        """Ask all workers whether they have what the command has; those that have not are left out."""
        light = dataclasses.replace(job, notebook=b"", beside={})
        for worker, answer in self.client.run(_job.difference, light, on_error="return").items():
            if isinstance(answer, BaseException):
                answer = f"it cannot run minestats: {type(answer).__name__}: {answer}"
            if answer:
                self.leave_out(worker, answer)

    def leave_out(self, worker: str, why: str) -> None:
        """Give a worker nothing more to do."""
        if worker not in self.unfit:
            self.unfit[worker] = why
            self.say(f"worker {worker} gets nothing to do: {why}")

    def _fit(self) -> list[str]:
        self.check()
        fit = [worker for worker in self._workers if worker not in self.unfit]
        if not fit:
            worker, why = next(iter(self.unfit.items()))
            many = f" (and {len(self.unfit) - 1} more)" if len(self.unfit) > 1 else ""
            raise ExecutorLost(f"no worker can make the reports: {worker}: {why}{many}")
        return fit

    def check(self) -> None:
        """See who is there, and say what hinders the work; raises `ExecutorLost` where the scheduler is gone."""
        if self.client.status != "running":
            raise self._lost()
        try:
            self._workers = dict(self.client.nthreads())
        except Exception as error:
            raise self._lost() from error
        self._looked = time.monotonic()
        if self._workers:
            self._alone_since = 0.0
        elif not self._alone_since:
            self._alone_since = self._looked
        elif self._looked > self._alone_since + 5:
            self.say(f"waiting for workers: none is connected to the scheduler at {self.address}")
        for worker, threads in self._workers.items():
            if threads > 1:
                self.say(f"worker {worker} has {threads} threads but makes one report at a time: use --nthreads 1")


# on the worker --------------------------------------------------------------------------------------------------------

_one = threading.Lock()  # a process makes one report at a time, whatever the number of its threads


def on_worker(function: Callable[..., _job.Made], job: _job.Job) -> _job.Made:
    """Make a report in a worker's process, whose address is told with it."""
    from distributed import get_worker

    worker = get_worker()
    key = worker.get_current_task()
    with _one:
        done = threading.Event()
        if not _wanted(worker, key):
            raise RuntimeError(lost_words(CancelledError()))
        watch = threading.Thread(target=_watch, args=(worker, key, done), name="wanted", daemon=True)
        watch.start()
        try:
            if job.engine == "fork" and not unsupported():
                own_server(kernel_env(), job.data)
            made = function(job)
            made.worker = worker.address
            return made
        finally:
            done.set()
            watch.join()


def _wanted(worker: Any, key: Any) -> bool:
    """Whether somebody waits for a task: not where its client has gone, or the worker is closing."""
    task = worker.state.tasks.get(key)
    return task is not None and task.state not in UNWANTED and worker.status.name not in ENDING


def _watch(worker: Any, key: Any, done: threading.Event) -> None:
    """End the report of a task that nobody waits for any more."""
    unwanted = 0
    while not done.wait(0.5):
        unwanted = 0 if _wanted(worker, key) else unwanted + 1
        if unwanted > 1:
            _job.stop_running()


def dask_setup(worker: Any) -> None:
    """Import ahead, in a thread, what reports need; called by `dask worker --preload minestats.render.dask`."""

    def ready() -> None:
        with _one:
            if not unsupported():
                own_server(kernel_env())
            _job.warm()

    threading.Thread(target=ready, name="import ahead", daemon=True).start()
