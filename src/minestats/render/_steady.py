"""Data that change while reports are made from them.

A report's record names the hash of the data it was made from. So what was made is held until the data have been hashed
once more, after it was made: only if they are what they were is it written. Content is hashed, never the time of a
file looked at; where hashing takes long it is done for several reports together.
"""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

from minestats.render.key import Shared, changed_file, data_files, files_digest, shared_parts

SHARE = 20  # hashing takes at most one part in so many of the time


class Steady:
    """What was made and not compared with the data yet.

    Parameters
    ----------
    data : path or None
        The data folder, as in `shared_parts`.
    exclude : path
        The output folder.
    """

    def __init__(self, data: Path | None, exclude: Path):
        self.data = data
        self.exclude = exclude
        self.shared: Shared = shared_parts(data, exclude=exclude)
        self.held: list[Any] = []
        self._next = 0.0

    def due(self, *, last: bool) -> bool:
        """Whether to compare now: there is something to compare, and nothing more to come or time enough has passed."""
        return bool(self.held) and (last or time.monotonic() >= self._next)

    def take(self) -> list[Any]:
        """Return what was held."""
        held, self.held = self.held, []
        return held

    def changed(self) -> str:
        """Return which file changed since the last look, empty where none did; `shared` is then of the data now."""
        began = time.monotonic()
        files = data_files(self.data, exclude=self.exclude)
        ended = time.monotonic()
        self._next = ended + SHARE * (ended - began)
        if files_digest(files) == self.shared.parts["data"]:
            return ""
        name = self.differing(self.shared, files)
        self.shared = shared_parts(self.data, exclude=self.exclude)
        return name

    def differing(self, shared: Shared, files: list[dict[str, object]] | None = None) -> str:
        """Return the first file that is not what a job's `shared` says of it."""
        now = (self.shared.data or {}).get("resources", []) if files is None else files
        return changed_file((shared.data or {}).get("resources", []), now) or "the data folder"
