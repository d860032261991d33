"""Ctrl-C and SIGTERM during a run: the first ends it in good order, the second at once."""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from minestats.render.batch import Result


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
