"""One run of a notebook as the engine is told of it: its options, its deadline, the environment of its kernel."""

from __future__ import annotations

import contextlib
import os
import signal
import sys
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from minestats.render._preload import OWN_ENV

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


def start_import_ahead(*modules: str) -> threading.Thread | None:
    """Import modules in another thread, while this one waits for a kernel; None where all are imported."""
    missing = [name for name in modules if name not in sys.modules]
    if not missing:
        return None

    def import_them() -> None:
        from importlib import import_module

        for name in missing:
            try:
                import_module(name)
            except Exception:  # whoever needs it will meet the error again
                time.sleep(0)

    thread = threading.Thread(target=import_them, name="import ahead", daemon=True)
    thread.start()
    return thread
