"""Short private folders for sockets, and the removal of those whose owner is dead.

A socket's path may have about a hundred bytes, and nobody else may reach a kernel. So each process that starts
kernels has one folder of its own, readable by its user alone, in `$XDG_RUNTIME_DIR` or `/tmp`, and each kernel a
folder in it. A lock on a file inside tells whether the owner lives: it is let go by the system however the owner
ends, and it holds in another container that shares the folder, where process ids mean nothing.
"""

from __future__ import annotations

import atexit
import contextlib
import os
import shutil
import stat
import sys
import tempfile
import time
from pathlib import Path

PREFIX = "minestats-run-"
NEW = "minestats-new-"  # until the lock in it is held
LONGEST = 100  # bytes of a socket's path; macOS allows 104
_LOCK = "owner"
_OWN: dict[int, tuple[Path, int]] = {}  # process id -> its folder and the descriptor that holds the lock


def _base() -> Path:
    for name in (os.environ.get("XDG_RUNTIME_DIR"), "/tmp", tempfile.gettempdir()):  # noqa: S108
        # 45 bytes are kept for the names below the base
        if name and len(os.fsencode(name)) <= LONGEST - 45 and os.path.isdir(name) and os.access(name, os.W_OK):
            return Path(name)
    raise OSError("no folder with a short path for sockets: set XDG_RUNTIME_DIR to one that can be written")


def _try_lock(descriptor: int) -> bool:
    if sys.platform == "win32":
        return True
    import fcntl

    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True


def own() -> Path:
    """Return this process's folder, made at the first call and removed at its end."""
    pid = os.getpid()
    if pid in _OWN and _OWN[pid][0].is_dir():
        return _OWN[pid][0]
    _OWN.clear()  # entries of a process this one was forked from
    made = Path(tempfile.mkdtemp(prefix=NEW, dir=_base()))
    descriptor = os.open(made / _LOCK, os.O_RDWR | os.O_CREAT | getattr(os, "O_CLOEXEC", 0), 0o600)
    _try_lock(descriptor)
    # Only now does it get the name that `sweep` looks for: no other process can take the lock in between.
    folder = made.with_name(PREFIX + made.name.removeprefix(NEW))
    made.rename(folder)
    _OWN[pid] = (folder, descriptor)
    atexit.register(release)
    return folder


def kernel_folder() -> Path:
    """Return a new empty folder for one kernel, mode 0700, inside this process's folder."""
    return Path(tempfile.mkdtemp(prefix="k", dir=own()))


def release() -> None:
    """Remove this process's folder with all that is in it; again is harmless."""
    atexit.unregister(release)
    folder, descriptor = _OWN.pop(os.getpid(), (None, -1))
    if folder is not None:
        shutil.rmtree(folder, ignore_errors=True)
        with contextlib.suppress(OSError):
            os.close(descriptor)


def sweep() -> list[Path]:
    """Remove the folders of this user whose owner is dead, and return them."""
    removed = []
    if not hasattr(os, "getuid"):
        return removed
    try:
        base = _base()
        found = sorted(base.glob(f"{PREFIX}*"))
    except OSError:
        return removed
    for folder in found:
        try:
            status = folder.lstat()
            if not stat.S_ISDIR(status.st_mode) or status.st_uid != os.getuid():
                continue
            descriptor = os.open(folder / _LOCK, os.O_RDWR | os.O_CLOEXEC)
        except FileNotFoundError:  # half removed when its owner was killed, or gone meanwhile
            shutil.rmtree(folder, ignore_errors=True)
            continue
        except OSError:
            continue
        try:
            if _try_lock(descriptor):
                shutil.rmtree(folder, ignore_errors=True)
                removed.append(folder)
        finally:
            os.close(descriptor)
    for folder in base.glob(f"{NEW}*"):  # killed in the moment before it held its lock
        with contextlib.suppress(OSError):
            status = folder.lstat()
            if status.st_uid == os.getuid() and status.st_mtime < time.time() - 3600:
                shutil.rmtree(folder, ignore_errors=True)
    return removed
