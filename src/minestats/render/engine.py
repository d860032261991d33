"""The papermill engine that runs notebooks on forked kernels: `papermill --engine minestats-fork in.ipynb out.ipynb`.

papermill stays the runner: what it injects, records and raises is unchanged. The engine differs in how the kernel
starts (see `kernel`), in the sockets (files in a private folder instead of TCP ports that another process may take),
in waiting for a message instead of a fixed time, and in one deadline for the whole notebook.

papermill loads its engines while it is itself being imported, so this module defers everything that needs papermill
to the first use of `ForkEngine`.
"""

from __future__ import annotations

import contextlib
import os
import signal
import threading
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any

NAME = "minestats-fork"


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


@lru_cache(maxsize=1)
def _engine() -> type:
    from papermill.engines import NBClientEngine, papermill_engines

    class ForkEngine(NBClientEngine):
        """papermill's engine on forked kernels; `run` may carry options (a `minestats.render.engine.Run`)."""

        @classmethod
        def execute_managed_notebook(cls, nb_man: Any, kernel_name: str, **options: Any) -> Any:
            """Run the notebook; the options are those of papermill's own engine, and `run`."""
            from minestats.render._client import execute

            return execute(nb_man, kernel_name, **options)

    ForkEngine.__qualname__ = "ForkEngine"
    papermill_engines.register(NAME, ForkEngine)  # also where the package is not installed
    return ForkEngine


def __getattr__(name: str) -> Any:
    if name == "ForkEngine":
        import papermill.engines  # noqa: F401  asks this module for the engine in its turn

        return _engine()
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
