"""The papermill engine that runs notebooks on forked kernels: `papermill --engine minestats-fork in.ipynb out.ipynb`.

papermill stays the runner: what it injects, records and raises is unchanged. The engine differs in how the kernel
starts (see `kernel`), in the sockets (files in a private folder instead of TCP ports that another process may take),
in waiting for a message instead of a fixed time, and in one deadline for the whole notebook.

papermill loads its engines while it is itself being imported, so this module defers everything that needs papermill
to the first use of `ForkEngine`.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any

NAME = "minestats-fork"


@lru_cache(maxsize=1)
def _engine() -> type:
    from papermill.engines import NBClientEngine, papermill_engines

    class ForkEngine(NBClientEngine):
        """papermill's engine on forked kernels; `run` may carry options (a `minestats.render.kernel.Run`)."""

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
