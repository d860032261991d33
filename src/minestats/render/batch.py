"""Many reports: what is up to date is left, the rest is made side by side, each failure stands for itself.

Notebooks run in workers, or in this process where there is one report or one job; a worker gives back bytes. Only
this process writes in the output folder, under its lock, each file in one step and the record of a report last. So
whatever is killed, whenever, what can be seen is whole, and the next run makes what is missing. Deciding that nothing
is to be done needs the standard library alone.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import os
import signal
import time
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import FIRST_COMPLETED, CancelledError, Future, wait
from dataclasses import KW_ONLY, dataclass, replace
from pathlib import Path
from typing import Any

from minestats import files
from minestats.errors import MinestatsError, ParameterError
from minestats.render import _job
from minestats.render._progress import Interrupted, Progress, Signals, failure_lines
from minestats.render.index import ENDINGS, prune, read_record, write_index, write_last_run
from minestats.render.kernel import ForkServer, sweep
from minestats.render.key import (
    Shared,
    changed_file,
    data_marks,
    made_from_another,
    origin,
    shared_parts,
    task_key,
    up_to_date,
)
from minestats.render.plan import Task
from minestats.render.provenance import completed, dumps, git_state

LATE = 30.0  # seconds after its deadline when a worker is given up
RETRIED = ("kernel died", "did not start", "worker lost")  # what may go well at the next try
SLOW = ("seaborn", "scipy.stats", "statsmodels.api")  # imported ahead where a notebook names the package
PER_WORKER = 300 * 2**20  # bytes of memory
_OTHER = (
    "{out}/{name} is made from another notebook of that name: rename this one, or give another --out "
    "(where the notebook was moved and changed, remove the report) [out-name]"
)


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
    parameters: dict[str, Any]
    error: dict[str, Any] | None = None
    seconds: float = 0.0
    attempts: int = 0

    @property
    def name(self) -> str:
        """The report as messages name it: report/slug."""
        return f"{self.report}/{self.slug}"


class ExecutorLost(MinestatsError):
    """Where the reports were made cannot be reached any more: what is done is kept, the rest is for the next run."""


class Here:
    """The `submit` of an executor that calls at once, in this process."""

    def width(self) -> int:
        """Return how many reports to hand in at a time."""
        return 1

    def submit(self, function: Callable, /, *arguments: Any) -> Future:
        future: Future = Future()
        try:
            future.set_result(function(*arguments))
        except Exception as error:
            future.set_exception(error)
        return future


def lost_words(error: BaseException) -> str:
    """Say in a few words why an executor gives no report."""
    if isinstance(error, CancelledError):
        return "the scheduler dropped the report"
    if type(error).__name__ == "KilledWorker":  # of Dask
        return f"{getattr(error, 'allowed_failures', 3) + 1} workers ended one after the other while they made it"
    return str(error).split("\n")[0] or type(error).__name__


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


def _is_made(future: Future) -> bool:
    return not future.cancelled() and future.exception() is None


def _expected(before: dict[str, Any] | None, size: int) -> float:
    """Seconds that a report took the last time; for a new one a small number that grows with its size."""
    with contextlib.suppress(ValueError, KeyError, TypeError):
        return float((before or {})["duration_s"])
    return size / 1e6


@dataclass(eq=False)
class Batch:
    """One run over a list of tasks; see `minestats.render.render` for the options."""

    tasks: Sequence[Task]
    _: KW_ONLY
    data: Path | None
    out: Path
    jobs: int | None = None
    format: str = "html"
    timeout: float = 600.0
    retries: int | None = None
    force: bool = False
    engine: str = "fork"
    quiet: bool = False
    executor: Any = None
    memory: int | None = None
    grace: float = 5.0
    lock_wait: float = 3600.0
    planned: Sequence[str] | None = None
    prune: bool = False
    server: Any = None  # of kernels; one that is given is kept

    def __post_init__(self) -> None:
        self.tasks, self.out = list(self.tasks), Path(self.out).absolute()
        self.began = dt.datetime.now(dt.UTC)
        self.progress = Progress(len(self.tasks), quiet=self.quiet)
        self.signals = Signals()
        self.results: dict[int, Result] = {}
        self.owns_server = False
        self.pool: Any = None
        self._beside: dict[tuple, dict[str, bytes]] = {}

    def run(self, *, say_failures: bool = True) -> list[Result]:
        """Make the reports.

        Raises `Interrupted` where a signal ended the run, `OutputError` where writing failed, `ExecutorLost` where a
        foreign executor did; the last after the index is written.
        """
        with self.signals, files.Lock(self.out, wait=self.lock_wait, say=self.progress.note):
            files.clean(self.out)
            self._read_data()
            stopped: Interrupted | ExecutorLost | None = None
            try:
                try:
                    if todo := self._todo(self.shared):
                        self._make(todo)
                finally:
                    self.signals.gently = None
                    self._close()
            except (Interrupted, ExecutorLost) as error:
                stopped = error
            if self.signals.number is not None and not isinstance(stopped, Interrupted):
                stopped = Interrupted(self.signals.number)
            results = [self.results.get(n) or self._result(t, "stopped") for n, t in enumerate(self.tasks)]
            if self.prune and not isinstance(stopped, Interrupted):
                prune(self.out, self.planned or (), self.progress.note)
            states = [result.state for result in results]
            status = int(not {*states} <= {"rendered", "unchanged"})
            code = stopped.code if isinstance(stopped, Interrupted) else status
            write_last_run(self.out, self.began, states, status=code, planned=self.planned)
            write_index(self.out, self.shared.parts["data"])
        failures = failure_lines((r.name, r.error) for r in results if r.error and say_failures)
        self.progress.close(failures, not_made=states.count("stopped"))
        if isinstance(stopped, Interrupted):
            stopped.results = results
            raise stopped
        if stopped is not None:
            left = states.count("stopped")
            raise ExecutorLost(f"{stopped}; {left} reports were not made, and the next run makes them") from stopped
        return results

    # what is to be done -------------------------------------------------------------------------------------------

    def _todo(self, shared: Shared) -> list[_job.Job]:
        """The tasks that are not up to date, the longest first."""
        todo: list[_job.Job] = []
        contents: dict[Path, bytes] = {}
        options = {name: getattr(self, name) for name in ("format", "engine", "timeout", "grace", "data", "memory")}
        self.tasks = [replace(task, origin=origin(task.notebook, self.out)) for task in self.tasks]
        if others := [task.name for task in self.tasks if made_from_another(self.out, task)]:
            raise ParameterError("\n".join(_OTHER.format(out=self.out.name, name=name) for name in others))
        for number, task in enumerate(self.tasks):
            key, parts = task_key(task, self.data, self.format, shared=shared)
            if not self.force and up_to_date(self.out, task, key):
                self._done(number, "unchanged")
                continue
            if task.notebook not in contents:
                contents[task.notebook] = task.notebook.read_bytes()
            content = contents[task.notebook]
            before = read_record(self.out / task.report / f"{task.slug}.json")
            also = self._travelling(task, shared)
            job = _job.Job(task, content, key, parts, shared, number=number, before=before, **options, **also)
            if task.refused:
                gone = task.refused.partition(": ")[2] or task.refused
                self._settle(job, _job.failed(job, "parameter", "ParameterError", gone))
            else:
                todo.append(job)
        if todo:
            self._start([job.notebook for job in todo])
        return sorted(todo, key=lambda job: (-_expected(job.before, len(job.notebook)), job.number))

    def _travelling(self, task: Task, shared: Shared) -> dict[str, Any]:
        """What goes along with a job that may be done on another machine."""
        if self.executor is None:
            return {}
        kept = self._beside.get((task.notebook, task.inputs))
        if kept is None:
            kept = self._beside[task.notebook, task.inputs] = _job.travelling(task)
        git = git_state(task.notebook, shared.stamp)
        return {"elsewhere": True, "exclude": self.out, "beside": kept, "git": git}

    def _start(self, notebooks: list[bytes]) -> None:
        """Start what takes seconds to be ready: the servers of kernels and of workers."""
        sweep()
        if self.executor is not None or self.server is not None:
            return
        self.owns_server = True
        if self.engine == "fork":
            warm = [self.data] if len(notebooks) > 1 or self.data is not None else []
            named = [name for name in SLOW if any(name.partition(".")[0].encode() in text for text in {*notebooks})]
            try:
                self.server = ForkServer.announced(*warm, modules=named)
            except OSError as error:
                self.progress.note(f"ordinary kernels are used: no fork server: {error.strerror or error}")
        jobs = min(self.jobs or usable_jobs(), len(notebooks))
        if jobs > 1:
            from minestats.render._pool import Pool

            patience = self.timeout + self.grace + LATE
            self.pool = Pool(jobs, kernels=self.server.address if self.server else "", patience=patience)

    def _close(self) -> None:
        if self.pool is not None:
            self.pool.close(kill=self.signals.number is not None)
        if self.server is not None and self.owns_server:
            self.server.close()
        if self.pool is not None or self.owns_server:
            sweep()  # what a worker that was killed has left

    # making -------------------------------------------------------------------------------------------------------

    def _make(self, todo: list[_job.Job]) -> None:
        executor = self.executor or self.pool or Here()
        if hasattr(executor, "say"):
            executor.say = self.progress.note
        going: dict[Future, tuple[_job.Job, float]] = {}
        self.signals.gently = self._stop_gently
        self.progress.start()
        try:
            self._go(executor, deque(todo), going)
        finally:
            if self.executor is not None:
                for future in going:
                    future.cancel()

    def _go(self, executor: Any, pending: deque[_job.Job], going: dict[Future, tuple[_job.Job, float]]) -> None:
        number_of_all = len(pending)
        stop_at = 0.0
        while pending or going:
            if self.signals.number is not None:
                stop_at = stop_at or time.monotonic() + self.grace + 3
                if not going or time.monotonic() > stop_at or self.executor is not None:
                    break
            width = executor.width() if hasattr(executor, "width") else number_of_all
            while pending and len(going) < width and self.signals.number is None:
                job = pending.popleft()
                self.progress.working([*(other.task.name for other, _ in going.values()), job.task.name])
                began = time.monotonic()
                going[self._submit(executor, job)] = (job, began)
            done, _ = wait(going, timeout=0.2, return_when=FIRST_COMPLETED)
            for future in sorted(done, key=_is_made, reverse=True):  # what is made is settled before a loss is told
                job, began = going.pop(future)
                made = self._made(executor, future, job, time.monotonic() - began)
                if made.stopped:
                    continue
                if made.unfit and hasattr(executor, "leave_out"):
                    executor.leave_out(made.worker, made.unfit)
                    pending.appendleft(job)
                elif made.error and self.signals.number is None and self._again(made.error["kind"], job.attempt):
                    self.progress.tell("retry", job.task.name, made.seconds)
                    pending.appendleft(replace(job, attempt=job.attempt + 1))
                else:
                    self._settle_steady(pending, job, made)

    def _submit(self, executor: Any, job: _job.Job) -> Future:
        try:
            return executor.submit(_job.render_job, job)
        except RuntimeError as error:  # a foreign executor that is broken or shut down
            future: Future = Future()
            future.set_exception(error)
            return future

    def _made(self, executor: Any, future: Future, job: _job.Job, seconds: float) -> _job.Made:
        try:
            made = future.result()
        except (Exception, CancelledError) as error:
            if hasattr(executor, "check"):
                executor.check()
            words = lost_words(error)
            return _job.failed(job, "worker lost", "WorkerLost", words, seconds=seconds)
        if why := made.record["engine"]["why"]:
            self.progress.note(f"ordinary kernels are used: {why}")
        for note in made.notes:
            self.progress.note(note)
        return made

    def _again(self, kind: str, attempt: int) -> bool:
        if kind == _job.CHANGED[0]:  # see _settle_steady
            return False
        if self.retries is None:
            return kind in RETRIED and attempt == 1
        return attempt <= self.retries

    def _stop_gently(self) -> None:
        self.progress.note("stopping; once more to stop at once")
        _job.stop_running()
        if self.pool is not None:
            self.pool.signal(signal.SIGTERM)

    # writing ------------------------------------------------------------------------------------------------------

    def _read_data(self) -> None:
        self.marks = data_marks(self.data, exclude=self.out)
        self.shared: Shared = shared_parts(self.data, exclude=self.out)

    def _changed_data(self) -> str:
        """The first file of the data that is not what the keys say, empty where none is; the keys are renewed."""
        if data_marks(self.data, exclude=self.out) == self.marks:
            return ""
        before = self.shared
        self._read_data()
        return "" if before.parts["data"] == self.shared.parts["data"] else changed_file(before, self.shared)

    def _settle_steady(self, pending: deque[_job.Job], job: _job.Job, made: _job.Made) -> None:
        """Write what was made, if the data are still what the record says; have it made once more where not."""
        if name := self._changed_data():
            self.progress.note(f"the data changed during the run ({name}): what was being made is made again")
            if earlier := sum(result.state in ("rendered", "unchanged") for result in self.results.values()):
                self.progress.note(f"{earlier} reports are of the data before that; run again to renew them")
            for _ in range(len(pending)):
                pending.append(self._renewed(pending.popleft()))
        same = job.key_parts["data"] == self.shared.parts["data"]
        if same and (made.error or {}).get("kind") != _job.CHANGED[0]:
            self._settle(job, made)
        elif self.signals.number is not None:
            return
        elif not job.again:
            self.progress.tell("retry", job.task.name, made.seconds)
            pending.appendleft(replace(self._renewed(job), attempt=job.attempt + 1, again=True))
        else:
            if not same:
                name = changed_file(job.shared, self.shared)
                reason = f"{name} changed while the report was made; run again when nothing writes to the data"
                made = _job.failed(job, *_job.CHANGED, reason, seconds=made.seconds)
            self._settle(job, made)

    def _renewed(self, job: _job.Job) -> _job.Job:
        """The same job for the data as they are now."""
        key, parts = task_key(job.task, self.data, self.format, shared=self.shared)
        return replace(job, key=key, key_parts=parts, shared=self.shared)

    def _settle(self, job: _job.Job, made: _job.Made) -> None:
        """Write the files of a report, its record last."""
        task, failed = job.task, made.error is not None
        base = self.out / task.report / f"{task.slug}{'.failed' if failed else ''}"
        outputs = {f"{base.name}.{ending}": made.files[ending] for ending in ENDINGS if ending in made.files}
        for name, content in outputs.items():
            files.write(base.with_name(name), content)
        for ending in ENDINGS:  # of another format, or of a failure that came further
            if ending not in made.files:
                files.remove(base.with_name(f"{base.name}.{ending}"))
        record = completed(made.record, outputs, seconds=made.seconds, attempts=job.attempt)
        files.write(base.with_name(f"{base.name}.json"), dumps(record))
        if not failed:
            for ending in ("json", *ENDINGS):
                files.remove(base.with_name(f"{base.name}.failed.{ending}"))
        self._done(job.number, "failed" if failed else "rendered", made, job.attempt)

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
