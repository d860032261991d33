"""Files written whole or not at all, by one run at a time; and where the files are that come with minestats.

A file appears under its name only when all its bytes are on the disk, so that whoever looks, at any moment and after
any failure, sees an old report or a new one. A lock keeps a second run waiting; it is let go by the system however
its owner ends.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import json
import os
import shutil
import socket
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from minestats.errors import MinestatsError

LOCK = ".lock"
PREFIX = ".minestats-"
_HERE = Path(__file__).resolve().parent

ABOUT = "application/vnd.minestats.report+json"
"""Type of the output in which a report states its title, period, as-of date and figures at a glance."""


class OutputError(MinestatsError):
    """The output folder cannot be written, or another run holds it; what was there is intact."""


def write(path: Path, content: bytes) -> bool:
    """Put a file in place in one step; return whether its content changed. Equal content is left alone.

    Raises
    ------
    OutputError
        The disk is full, the folder is read-only, or the like.
    """
    try:
        if path.read_bytes() == content:
            return False
    except OSError:
        pass
    temporary = path.with_name(f"{PREFIX}{os.getpid()}-{time.monotonic_ns()}.tmp")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with open(temporary, "xb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        os.replace(temporary, path)
        _sync_folder(path.parent)
    except OSError as error:
        with contextlib.suppress(OSError):
            temporary.unlink()
        raise OutputError(_sentence(path, error)) from error
    return True


@contextlib.contextmanager
def whole_set(folder: Path, *, wait: float = 60.0, say: Callable[[str], None] = lambda _: None) -> Iterator[Path]:
    """Give an empty folder to write in; when the block ends well, its files take their places in `folder`, all or none.

    The folder is locked meanwhile, and left as it was where the block or the exchange fails. `datapackage.json`, which
    holds the hashes of the others, comes last: were the machine to lose power between two files, `check` says so.

    Raises
    ------
    OutputError
        The folder cannot be written, or another run holds it for longer than `wait` seconds.

    Examples
    --------
    >>> import tempfile
    >>> folder = Path(tempfile.mkdtemp()) / "data"
    >>> with whole_set(folder) as stage:
    ...     _ = (stage / "a.csv").write_text("x\\n")
    ...     (folder / "a.csv").exists()
    False
    >>> (folder / "a.csv").read_text()
    'x\\n'
    """
    made = not folder.exists()
    try:
        with Lock(folder, wait=wait, say=say, keep=False):
            clean(folder)
            stage = Path(tempfile.mkdtemp(prefix=PREFIX, suffix=".tmp", dir=folder))
            try:
                yield stage
                _exchange(stage, folder)
            except OSError as error:
                raise OutputError(_sentence(folder / "", error)) from error
            finally:
                shutil.rmtree(stage, ignore_errors=True)
    except BaseException:
        if made:
            with contextlib.suppress(OSError):
                folder.rmdir()
        raise


def _exchange(stage: Path, folder: Path) -> None:
    """Put the files of `stage` in place; where one cannot be, take back those that were."""
    names = sorted((path.name for path in stage.iterdir()), key=lambda name: (name == "datapackage.json", name))
    before = Path(tempfile.mkdtemp(prefix=PREFIX, dir=stage))
    done: list[str] = []
    try:
        for name in names:
            with open(stage / name, "rb+") as file:
                os.fsync(file.fileno())
            if (folder / name).exists():
                shutil.copy2(folder / name, before / name)
        for name in names:
            os.replace(stage / name, folder / name)
            done.append(name)
        _sync_folder(folder)
    except OSError:
        for name in done:
            if (before / name).exists():
                os.replace(before / name, folder / name)
            else:
                (folder / name).unlink(missing_ok=True)
        raise


def remove(path: Path) -> None:
    """Remove a file that may not be there."""
    try:
        path.unlink(missing_ok=True)
    except OSError as error:
        raise OutputError(_sentence(path, error)) from error


def clean(out: Path) -> None:
    """Remove temporary files and folders that a run left when it was killed; only under the lock."""
    for path in [*out.glob(".*.tmp"), *out.glob(f"*/{PREFIX}*.tmp")]:
        with contextlib.suppress(OSError):
            shutil.rmtree(path) if path.is_dir() else path.unlink()


def _sync_folder(folder: Path) -> None:
    if sys.platform == "win32":
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _sentence(path: Path, error: OSError) -> str:
    return f"cannot write '{path.parent.name}/{path.name}': {error.strerror or error}; what was there is as before"


class Lock:
    """The lock of an output folder, taken with `with`.

    Parameters
    ----------
    out : path
        The folder, made where it is missing.
    wait : float
        Seconds to wait for another run.
    say : callable
        Told once, in a sentence, that there is another run.
    keep : bool
        Leave the file of the lock in the folder; a data folder is somebody's, and is left without it.
    """

    def __init__(
        self, out: Path, *, wait: float = 3600.0, say: Callable[[str], None] = lambda _: None, keep: bool = True
    ):
        self.path = Path(out) / LOCK
        self.wait = wait
        self.say = say
        self.keep = keep
        self._descriptor = -1

    def __enter__(self) -> Lock:
        self._open()
        deadline = time.monotonic() + self.wait
        told = False
        try:
            while not (self._try() and self._current()):
                if not self._current():
                    os.close(self._descriptor)
                    self._open()
                    continue
                if not told:
                    told = True
                    self.say(f"waiting for {self._owner()}")
                if time.monotonic() >= deadline:
                    raise OutputError(f"'{self.path.parent}' is in use by {self._owner()}; try again later")
                time.sleep(0.1)
        except BaseException:
            os.close(self._descriptor)
            raise
        now = dt.datetime.now(dt.UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        os.ftruncate(self._descriptor, 0)
        os.lseek(self._descriptor, 0, os.SEEK_SET)
        os.write(self._descriptor, json.dumps([os.getpid(), socket.gethostname(), now]).encode())
        return self

    def __exit__(self, *_: object) -> None:
        with contextlib.suppress(OSError):
            os.ftruncate(self._descriptor, 0)
            if not self.keep:
                self.path.unlink()
        os.close(self._descriptor)

    def _open(self) -> None:
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            # not inheritable: a kernel or worker that lives on would hold the lock of a run that has ended
            self._descriptor = os.open(self.path, os.O_RDWR | os.O_CREAT | getattr(os, "O_CLOEXEC", 0), 0o644)
        except OSError as error:
            raise OutputError(f"cannot write in '{self.path.parent}': {error.strerror or error}") from error

    def _current(self) -> bool:
        """Whether the file that is locked still is the one in the folder: a run that ended may have taken it away."""
        try:
            return os.path.samestat(os.fstat(self._descriptor), self.path.stat())
        except FileNotFoundError:
            return False

    def _try(self) -> bool:
        if sys.platform == "win32":
            import msvcrt

            try:
                os.lseek(self._descriptor, 1 << 30, os.SEEK_SET)
                msvcrt.locking(self._descriptor, msvcrt.LK_NBLCK, 1)
            except OSError:
                return False
            return True
        import fcntl

        try:
            fcntl.flock(self._descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        except OSError as error:
            raise OutputError(f"cannot lock '{self.path.parent}': {error.strerror or error}") from error
        return True

    def _owner(self) -> str:
        try:
            os.lseek(self._descriptor, 0, os.SEEK_SET)
            pid, host, since = json.loads(os.read(self._descriptor, 1000))
            return f"{pid} on {host}, since {since}"
        except (OSError, ValueError, TypeError):
            return "another run"


def bundle_dir(name: str) -> Path:
    """Return the folder `name` ("data", "notebooks", "mappings") that comes with the package.

    The wheel carries them inside the package; a checkout has them at its top. Nothing else knows the difference.

    Raises
    ------
    FileNotFoundError
        The installation is incomplete.

    Examples
    --------
    >>> (bundle_dir("data") / "datapackage.json").is_file()
    True
    """
    places = [_HERE / "bundle" / name, _HERE.parents[1] / name]
    for place in places:
        if place.is_dir():
            return place
    raise FileNotFoundError(f"the folder '{name}' that comes with minestats is missing; install the package again")
