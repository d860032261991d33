"""What a fork server imports before it forks, and what it must not.

Importing is most of what a report costs, so it is done once, in the server. A module may be imported ahead only if
that leaves no trace that a notebook could see: no thread, no setting that an ordinary kernel would not have, and not
the backend of the figures.
"""

from __future__ import annotations

import contextlib
import json
import os
import pkgutil
import signal
import struct
import sys
from importlib import import_module
from pathlib import Path

HEADER = struct.Struct("!II")  # of a request to the server: its length, the number of descriptors that come with it
LISTENER_ENV = "MINESTATS_FORK_LISTENER"
ADDRESS_ENV = "MINESTATS_FORK_SERVER"
WARM_ENV = "MINESTATS_FORK_WARM"
BROKEN: dict[str, str] = {}  # data folders that cannot be loaded, with the first of what is wrong
LARGE = 32 << 20  # bytes of a Parquet file that is not read ahead
OWN_ENV = (LISTENER_ENV, ADDRESS_ENV, WARM_ENV)

# Modules that every kernel imports while it starts.
SHELL_MODULES = (
    "ipykernel.debugger IPython.core.completerlib IPython.core.debugger IPython.core.oinspect "
    "IPython.extensions.storemagic encodings.idna faulthandler pdb sqlite3 tornado.locks tornado.platform.asyncio "
    "tornado.queues"
)
# Modules that reports use and that are slow to import. Each is optional. The backend of the figures, the package
# matplotlib_inline, is left out on purpose: it ties itself to the running shell when it is imported.
KERNEL_MODULES = (
    "pandas pandas.io.formats.html pandas.io.formats.style matplotlib matplotlib.pyplot matplotlib.dates "
    "matplotlib.backends.backend_agg PIL.BmpImagePlugin PIL.GifImagePlugin PIL.JpegImagePlugin PIL.PngImagePlugin "
    "PIL.PpmImagePlugin seaborn scipy.stats statsmodels.genmod.generalized_linear_model statsmodels.tools "
    "statsmodels.nonparametric.smoothers_lowess IPython.core.pylabtools zmq.utils.garbage"
)
# What is imported for a single report: it imports the rest itself, if it needs it.
LIGHT_MODULES = "pandas matplotlib.pyplot matplotlib.backends.backend_agg"
NOT_FOR_KERNELS = ("adapt", "cli", "extract", "render")
# What workers use: papermill, and the export to HTML.
WORKER_MODULES = "minestats.render._job minestats.render._client minestats.render.html minestats.render.provenance"
# Set in the server before anything is imported, and gone in its kernels. A library that starts threads when it is
# loaded would make forking unsafe. Without the backend, matplotlib settles for one that shows no figure.
SETTINGS = {
    "OPENBLAS_NUM_THREADS": "1",
    "OMP_NUM_THREADS": "1",
    "MKL_NUM_THREADS": "1",
    "JE_ARROW_MALLOC_CONF": "background_thread:false",
    "MPLBACKEND": "module://matplotlib_inline.backend_inline",
}


def preload_workers() -> tuple[dict[str, str], dict[str, str]]:
    for name in OWN_ENV:
        os.environ.pop(name, None)
    before = dict(os.environ)
    for name, value in SETTINGS.items():
        os.environ.setdefault(name, value)
    sys.modules.setdefault("rfc3987_syntax", None)  # jsonschema takes seconds to import it, for a format not used
    import_all(WORKER_MODULES)
    import_module("minestats.render._job").warm()
    return before, {}


def preload_kernels(*, light: bool = False) -> tuple[dict[str, str], dict[str, str]]:
    """Import what kernels use; return the environment before, and what ipykernel added to it."""
    warm = json.loads(os.environ.get(WARM_ENV) or "[]")
    for name in OWN_ENV:
        os.environ.pop(name, None)
    before = dict(os.environ)
    for name, value in SETTINGS.items():
        os.environ.setdefault(name, value)
    os.environ["JPY_PARENT_PID"] = str(os.getpid())  # read by ipykernel when imported: kernels watch this process
    import ipykernel.ipkernel
    import ipykernel.kernelapp
    import ipykernel.zmqshell

    import_all(SHELL_MODULES)
    added = {n: v for n, v in os.environ.items() if n not in {*before, *SETTINGS, "JPY_PARENT_PID"}}
    ipykernel.kernelapp.ParentPollerUnix = _poller(ipykernel.kernelapp.ParentPollerUnix)
    import_all(LIGHT_MODULES if light else KERNEL_MODULES)
    own = [module.name for module in pkgutil.iter_modules(import_module("minestats").__path__)]
    import_all(" ".join(f"minestats.{name}" for name in own if not name.strip("_").startswith(NOT_FOR_KERNELS)))
    for folder in warm:
        _warm(folder)
    return before, added


def import_all(names: str) -> None:
    for name in names.split():
        with contextlib.suppress(ImportError):
            import_module(name)


def _warm(folder: str) -> None:
    """Load and check a data folder, so that kernels find it read already; of what is wrong with it one line is kept."""
    if folder and any(file.stat().st_size > LARGE for file in Path(folder).glob("*.parquet")):
        return  # a report reads less of a large table than the whole
    try:
        import_module("minestats.data").load(folder or None)
    except Exception as error:
        print(f"data not read ahead: {error}", file=sys.stderr)
        if folder and type(error).__name__ == "DataError":
            lines = [line.strip() for line in str(error).splitlines()]
            more = f" (and {len(lines) - 2} more)" if len(lines) > 2 else ""
            BROKEN[folder] = f"{lines[min(1, len(lines) - 1)]}{more}; see: minestats check {Path(folder).name}"


def _poller(stock: type) -> type:
    """Return the kernel's watch over its parent, made to end what the kernel started as well."""

    class ParentPollerUnix(stock):
        def run(self) -> None:
            import time

            while os.getppid() == self.parent_pid:
                time.sleep(0.5)
            os.killpg(os.getpgrp(), signal.SIGKILL)

    return ParentPollerUnix
