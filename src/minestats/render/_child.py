"""What a forked process does first: put off everything of the server's, and become what was asked for.

The environment, folder, arguments, descriptors, signals, random state and caches are then those of a process started
afresh; what stays is what was imported.
"""

from __future__ import annotations

import os
import signal
import sys
from dataclasses import dataclass, field

from minestats.render._preload import SETTINGS


@dataclass
class Request:
    """One process to start: its command's arguments, environment, folder and descriptors 0, 1, 2."""

    argv: list[str]
    env: dict[str, str]
    cwd: str
    descriptors: list[int] = field(default_factory=list)


def take_over(request: Request) -> None:
    """Put on, in the child, the session, signals, descriptors, folder and environment of the process asked for."""
    os.setsid()
    for number in (signal.SIGCHLD, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_DFL)
    signal.signal(signal.SIGINT, signal.default_int_handler)
    for target, descriptor in enumerate(request.descriptors):
        os.dup2(descriptor, target)
    for descriptor in request.descriptors:
        if descriptor > 2:
            os.close(descriptor)
    os.chdir(request.cwd)
    os.environ.clear()
    os.environ.update(request.env)


def become_kernel(request: Request, parent: int, added_env: dict[str, str]) -> None:
    """Turn this forked process into the kernel that a fresh interpreter would be, and run it."""
    os.environ.update({name: value for name, value in added_env.items() if name not in request.env})
    os.environ["JPY_PARENT_PID"] = str(parent)
    _refresh_modules(request)

    import ipykernel_launcher

    launcher = ipykernel_launcher.__file__
    del sys.modules["ipykernel_launcher"]
    sys.argv[:] = [launcher, *request.argv]
    sys.orig_argv[:] = [sys.executable, "-m", "ipykernel_launcher", *request.argv]

    from ipykernel import kernelapp

    kernelapp.launch_new_instance()


def _refresh_modules(request: Request) -> None:
    """Undo, in the child, what the server's imports left behind: random state, caches, the backend of figures."""
    import itertools
    import linecache
    import random
    import threading

    random.seed()
    if hasattr(threading, "_counter"):  # names of threads count from 1
        threading._counter = itertools.count(1).__next__
    linecache.clearcache()
    for module in list(sys.modules.values()):
        if isinstance(names := getattr(module, "__dict__", None), dict):
            names.pop("__warningregistry__", None)
    if "numpy.random" in sys.modules:
        sys.modules["numpy"].random.seed()
    if "multiprocessing.process" in sys.modules:
        sys.modules["multiprocessing.process"].current_process().authkey = os.urandom(32)
    for name in [name for name in sys.modules if name.partition(".")[0] == "matplotlib_inline"]:
        del sys.modules[name]  # it must meet the kernel's shell when it is imported
    if "matplotlib" in sys.modules:  # what a notebook that imports it in a fresh kernel finds
        sys.modules["matplotlib"].rcParams["backend"] = request.env.get("MPLBACKEND") or SETTINGS["MPLBACKEND"]
