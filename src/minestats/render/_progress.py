"""What a run says while it goes, and how Ctrl-C and SIGTERM end it.

A bar on a terminal, a line a report otherwise, failures again at the end. The first signal ends a run in good
order, the second at once.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import signal
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Any

from minestats.render.provenance import reason

if TYPE_CHECKING:
    from minestats.render.batch import Result


class Progress:
    """Tell how a run of `total` reports goes.

    Parameters
    ----------
    total : int
        Reports of the run.
    quiet : bool
        Say only what failed, on standard error.
    """

    def __init__(self, total: int, *, quiet: bool = False):
        self.total = total
        self.quiet = quiet
        self.began = time.monotonic()
        self.counts: Counter[str] = Counter()
        self.bar: Any = None
        self._told: set[str] = set()

    def start(self) -> None:
        """Show the bar, on a terminal."""
        if not self.quiet and sys.stdout.isatty():
            from tqdm import tqdm

            done = self.counts.total()
            self.bar = tqdm(total=self.total, initial=done, unit="report", file=sys.stdout, dynamic_ncols=True)

    def working(self, names: Iterable[str]) -> None:
        """Say which reports are being made."""
        if self.bar is not None:
            self.bar.set_postfix_str(", ".join(names))

    def tell(self, word: str, name: str, seconds: float | None = None) -> None:
        """Say what became of one report: rendered, unchanged, failed, or that it is tried again (retry)."""
        if word != "retry":
            self.counts[word] += 1
            if self.bar is not None:
                self.bar.update()
        if not self.quiet and not sys.stdout.isatty():
            now = dt.datetime.now(dt.UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
            took = "" if seconds is None else f" {seconds:.1f}s"
            _print(f"{now} {word} {name}{took}", sys.stdout)

    def note(self, text: str) -> None:
        """Say a sentence on standard error, once."""
        if not self.quiet and text not in self._told:
            self._told.add(text)
            if self.bar is not None:
                self.bar.clear()
            _print(f"minestats: {text}", sys.stderr)

    def close(self, failures: Iterable[str] = (), *, not_made: int = 0) -> None:
        """Repeat the failures and sum up; a stopped run did not come to some reports."""
        if self.bar is not None:
            self.bar.set_postfix_str("")
            self.bar.close()
            self.bar = None
        for line in failures:
            _print(f"FAILED {line}", sys.stderr)
        if not self.quiet:
            parts = [f"{self.counts[word]} {word}" for word in ("rendered", "unchanged", "failed")]
            parts += [f"{not_made} not made"] if not_made else []
            _print(f"{', '.join(parts)} in {time.monotonic() - self.began:.1f}s", sys.stdout)


def failure_lines(failures: Iterable[tuple[str, Mapping[str, Any]]]) -> list[str]:
    """Return one line for each failure, but one for all reports that fail for the same fault of the data.

    Examples
    --------
    >>> error = {"kind": "data", "ename": "DataError", "evalue": "incidents.csv, row 4: no date (minestats check DATA)"}
    >>> failure_lines([("trend/a", error), ("trend/b", error)])
    ['2 reports (trend/a and others): data: incidents.csv, row 4: no date (minestats check DATA)']
    """
    told: dict[str, tuple[list[str], str]] = {}
    for name, error in failures:
        what = reason(error)
        told.setdefault(what if error["kind"] == "data" else name, ([], what))[0].append(name)
    return [
        f"{names[0]}: {what}" if len(names) == 1 else f"{len(names)} reports ({names[0]} and others): {what}"
        for names, what in told.values()
    ]


def _print(text: str, stream: Any) -> None:
    with contextlib.suppress(OSError):
        print(text, file=stream, flush=True)


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
