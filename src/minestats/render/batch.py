"""Many reports: what is up to date is left, the rest is made side by side, each failure stands for itself.

Notebooks run in workers, or in this process where there is one report or one job; a worker gives back bytes. Only
this process writes in the output folder, under its lock, each file in one step and the record of a report last. So
whatever is killed, whenever, what can be seen is whole, and the next run makes what is missing. Deciding that nothing
is to be done needs the standard library alone.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import json
import os
import signal
import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, wait
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from minestats.render import _files, _job
from minestats.render._progress import Progress, failure_line
from minestats.render.key import Shared, shared_parts, task_key, up_to_date
from minestats.render.plan import Task

LATE = 30.0  # seconds after its deadline when a worker is given up
RETRIED = ("kernel died", "did not start", "worker lost")  # what may go well at the next try
ENDINGS = ("ipynb", "html", "pdf", "png", "webp")
PER_WORKER = 300 * 2**20  # bytes of memory


@dataclass(frozen=True)
class Result:
    """What became of one report.

    Parameters
    ----------
    report, slug : str
        Its name and that of its files.
    state : str
        "rendered", "unchanged", "failed" or "stopped".
    path : pathlib.Path
        The page; of a failed report the page that shows how far it came.
    parameters : dict
        Its values.
    error : dict or None
        `kind`, `cell`, `line`, `source`, `ename`, `evalue` of a failure.
    seconds : float
        Time taken.
    attempts : int
        Times tried; 0 for one left as it was.
    """

    report: str
    slug: str
    state: str
    path: Path
    parameters: dict[str, object]
    error: dict[str, object] | None = None
    seconds: float = 0.0
    attempts: int = 0

    @property
    def name(self) -> str:
        """The report as messages name it: report/slug."""
        return f"{self.report}/{self.slug}"


class Interrupted(KeyboardInterrupt):
    """The run was stopped by a signal; `code` is the exit status (130, 143) and `results` what was done."""

    def __init__(self, number: int = signal.SIGINT):
        super().__init__(f"stopped by signal {int(number)}")
        self.code = 128 + int(number)
        self.results: list[Result] = []


class Signals:
    """Ctrl-C and SIGTERM during a run: the first ends it in good order, the second at once.

    While `gently` is not set there is nothing to end in good order, and the first raises `Interrupted` as well.
    """

    def __init__(self) -> None:
        self.number: int | None = None
        self.gently: Callable[[], None] | None = None
        self._before: dict[int, Any] = {}

    def __enter__(self) -> Signals:
        if threading.current_thread() is threading.main_thread():
            for number in (signal.SIGINT, signal.SIGTERM):
                self._before[number] = signal.signal(number, self._arrived)
        return self

    def __exit__(self, *_: object) -> None:
        for number, handler in self._before.items():
            signal.signal(number, handler)

    def _arrived(self, number: int, _frame: object) -> None:
        first, self.number = self.number is None, self.number or number
        if not first or self.gently is None:
            raise Interrupted(self.number)
        self.gently()


class Here:
    """The `submit` of an executor that calls at once, in this process."""

    def submit(self, function: Callable, /, *arguments: Any) -> Future:
        future: Future = Future()
        try:
            future.set_result(function(*arguments))
        except Exception as error:
            future.set_exception(error)
        return future


def usable_jobs() -> int:
    """Return how many reports to make side by side: the processor's cores that may be used, if memory allows.

    Examples
    --------
    >>> usable_jobs() >= 1
    True
    """
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    with contextlib.suppress(OSError, ValueError):
        quota, period = Path("/sys/fs/cgroup/cpu.max").read_text().split()
        cores = min(cores, max(1, int(quota) // int(period)))
    free = None
    with contextlib.suppress(OSError, ValueError, StopIteration):
        lines = Path("/proc/meminfo").read_text().splitlines()
        free = 1024 * int(next(line for line in lines if line.startswith("MemAvailable")).split()[1])
    with contextlib.suppress(OSError, ValueError):
        group = Path("/sys/fs/cgroup")
        left = int((group / "memory.max").read_text()) - int((group / "memory.current").read_text())
        free = left if free is None else min(free, left)
    return max(1, cores if free is None else min(cores, free // PER_WORKER))


class Batch:
    """One run over a list of tasks; see `minestats.render.render` for the options."""

    def __init__(
        self,
        tasks: Sequence[Task],
        *,
        data: Path | None,
        out: Path,
        jobs: int | None = None,
        format: str = "html",
        timeout: float = 600.0,
        retries: int | None = None,
        force: bool = False,
        engine: str = "fork",
        quiet: bool = False,
        executor: Any = None,
        grace: float = 5.0,
        lock_wait: float = 3600.0,
    ):
        self.tasks = list(tasks)
        self.data = data
        self.out = Path(out).absolute()
        self.jobs = jobs
        self.format = format
        self.timeout = float(timeout)
        self.retries = retries
        self.force = force
        self.engine = engine
        self.executor = executor
        self.grace = grace
        self.lock_wait = lock_wait
        self.progress = Progress(len(self.tasks), quiet=quiet)
        self.signals = Signals()
        self.results: dict[int, Result] = {}
        self.server: Any = None
        self.pool: Any = None

    def run(self) -> list[Result]:
        """Make the reports; raises `Interrupted` where a signal ended the run, `OutputError` where writing failed."""
        with self.signals, _files.Lock(self.out, wait=self.lock_wait, say=self.progress.note):
            _files.clean(self.out)
            shared = shared_parts(self.data, exclude=self.out)
            interrupted: Interrupted | None = None
            try:
                try:
                    if todo := self._todo(shared):
                        self._make(todo)
                finally:
                    self.signals.gently = None
                    self._close()
            except Interrupted as error:
                interrupted = error
            if interrupted is None and self.signals.number is not None:
                interrupted = Interrupted(self.signals.number)
            self._index(shared)
        results = [self.results.get(n) or self._result(t, "stopped") for n, t in enumerate(self.tasks)]
        self.progress.close(failure_line(r.name, r.error) for r in results if r.error)
        if interrupted is not None:
            interrupted.results = results
            raise interrupted
        return results

    def _index(self, shared: Shared) -> None:
        try:
            from minestats.render.index import write_index
        except ModuleNotFoundError:  # no gallery page yet
            return
        try:
            write_index(self.out, shared.parts["data"])
        except OSError as error:
            raise _files.OutputError(
                f"cannot write the index in '{self.out.name}': {error.strerror or error}"
            ) from error

    # what is to be done -------------------------------------------------------------------------------------------

    def _todo(self, shared: Shared) -> list[tuple[int, _job.Job]]:
        """The tasks that are not up to date, the longest first."""
        todo: list[tuple[float, int, _job.Job]] = []
        contents: dict[Path, bytes] = {}
        for number, task in enumerate(self.tasks):
            key, parts = task_key(task, self.data, self.format, shared=shared)
            if not self.force and up_to_date(self.out, task, key):
                self._done(number, "unchanged")
                continue
            content = contents.get(task.notebook)
            if content is None:
                content = contents[task.notebook] = task.notebook.read_bytes()
            options = {"format": self.format, "engine": self.engine, "timeout": self.timeout, "grace": self.grace}
            options |= {"data": self.data, "elsewhere": self.executor is not None}
            job = _job.Job(task, content, key, parts, shared, **options)
            todo.append((self._expected(task, len(content)), number, job))
        if todo:
            self._start(len(todo))
        todo.sort(key=lambda item: (-item[0], item[1]))
        return [(number, job) for _, number, job in todo]

    def _expected(self, task: Task, size: int) -> float:
        """Seconds that a report took the last time; for a new one a small number that grows with its size."""
        with contextlib.suppress(OSError, ValueError, KeyError, TypeError):
            return float(json.loads((self.out / task.report / f"{task.slug}.json").read_bytes())["duration_s"])
        return size / 1e6

    def _start(self, number: int) -> None:
        """Start what takes seconds to be ready: the servers of kernels and of workers."""
        from minestats.render import _rundir

        _rundir.sweep()
        if self.executor is not None:
            return
        from minestats.render.engine import kernel_env
        from minestats.render.kernel import ForkServer, unsupported

        if self.engine == "fork" and not unsupported():
            options: dict[str, Any] = {"kind": "light"} if number == 1 else {"warm": (str(self.data or ""),)}
            try:
                self.server = ForkServer(env=kernel_env(), **options)
            except OSError as error:
                self.progress.note(f"ordinary kernels are used: no fork server: {error.strerror or error}")
            else:
                self.server.announce()
        jobs = min(self.jobs or usable_jobs(), number)
        if jobs > 1:
            from minestats.render._pool import Pool

            self.pool = Pool(jobs, kernels=self.server.address if self.server else "")

    def _close(self) -> None:
        if self.pool is not None:
            self.pool.close(kill=self.signals.number is not None)
        if self.server is not None:
            self.server.close()
        if self.pool is not None or self.server is not None:
            from minestats.render import _rundir

            _rundir.sweep()  # what a worker that was killed has left

    # making -------------------------------------------------------------------------------------------------------

    def _make(self, todo: list[tuple[int, _job.Job]]) -> None:
        executor = self.executor or self.pool or Here()
        width = len(todo) if self.executor is not None else (self.pool.jobs if self.pool is not None else 1)
        pending = deque((number, job, 1) for number, job in todo)
        going: dict[Future, tuple[int, _job.Job, int, float]] = {}
        self.signals.gently = self._stop_gently
        self.progress.start()
        stop_at = 0.0
        while pending or going:
            if self.signals.number is not None:
                stop_at = stop_at or time.monotonic() + self.grace + 3
                if not going or time.monotonic() > stop_at or self.executor is not None:
                    break
            while pending and len(going) < width and self.signals.number is None:
                number, job, attempt = pending.popleft()
                names = [other.task.name for _, other, _, _ in going.values()]
                self.progress.working([*names, job.task.name])
                began = time.monotonic()
                going[self._submit(executor, job)] = (number, job, attempt, began)
            done, _ = wait(going, timeout=0.2, return_when=FIRST_COMPLETED)
            for future in done:
                number, job, attempt, began = going.pop(future)
                made = self._made(future, job, time.monotonic() - began)
                if made.stopped:
                    continue
                if made.error and self.signals.number is None and self._again(made.error["kind"], attempt):
                    self.progress.tell("retry", job.task.name, made.seconds)
                    pending.appendleft((number, job, attempt + 1))
                    continue
                self._settle(number, job, made, attempt)
            if self.pool is not None:
                for future, (_, _, _, began) in going.items():
                    if time.monotonic() > began + self.timeout + self.grace + LATE:
                        self.pool.kill(future)

    def _submit(self, executor: Any, job: _job.Job) -> Future:
        try:
            return executor.submit(_job.render_job, job)
        except RuntimeError as error:  # a foreign executor that is broken or shut down
            future: Future = Future()
            future.set_exception(error)
            return future

    def _made(self, future: Future, job: _job.Job, seconds: float) -> _job.Made:
        try:
            made = future.result()
        except Exception as error:
            return _job.lost(job, str(error) or type(error).__name__, seconds)
        if made.engine.get("why"):
            self.progress.note(f"ordinary kernels are used: {made.engine['why']}")
        return made

    def _again(self, kind: str, attempt: int) -> bool:
        if self.retries is None:
            return kind in RETRIED and attempt == 1
        return attempt <= self.retries

    def _stop_gently(self) -> None:
        self.progress.note("stopping; once more to stop at once")
        _job.stop_running()
        if self.pool is not None:
            self.pool.signal(signal.SIGTERM)

    # writing ------------------------------------------------------------------------------------------------------

    def _settle(self, number: int, job: _job.Job, made: _job.Made, attempts: int) -> None:
        """Write the files of a report, its record last."""
        from minestats.render.provenance import dumps, with_outputs

        task, failed = job.task, made.error is not None
        base = self.out / task.report / f"{task.slug}{'.failed' if failed else ''}"
        outputs = {f"{base.name}.{ending}": made.files[ending] for ending in ENDINGS if ending in made.files}
        for name, content in outputs.items():
            _files.write(base.with_name(name), content)
        for ending in ENDINGS:  # of another format, or of a failure that came further
            if ending not in made.files:
                _files.remove(base.with_name(f"{base.name}.{ending}"))
        record = with_outputs(made.record, outputs)
        record["attempts"] = attempts
        record["duration_s"] = round(made.seconds, 3)
        record["rendered_at"] = dt.datetime.now(dt.UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        _files.write(base.with_name(f"{base.name}.json"), dumps(record))
        if not failed:
            for ending in ("json", *ENDINGS):
                _files.remove(base.with_name(f"{base.name}.failed.{ending}"))
        self._done(number, "failed" if failed else "rendered", made, attempts)

    def _done(self, number: int, state: str, made: _job.Made | None = None, attempts: int = 0) -> None:
        task = self.tasks[number]
        self.results[number] = self._result(task, state, made, attempts)
        self.progress.tell(state, task.name, made.seconds if made else None)

    def _result(self, task: Task, state: str, made: _job.Made | None = None, attempts: int = 0) -> Result:
        name = f"{task.slug}{'.failed' if state == 'failed' else ''}.html"
        return Result(
            task.report,
            task.slug,
            state,
            self.out / task.report / name,
            dict(task.values),
            made.error if made else None,
            round(made.seconds, 3) if made else 0.0,
            attempts,
        )
