"""An ordinary kernel whose output is never dropped: `python -m minestats.render.launch` for `ipykernel_launcher`.

A kernel's socket of outputs drops what its queue of 1,000 messages cannot hold, without a word: a cell that prints fast
loses a tenth of its lines. Without a limit the queue grows to what the cell has printed, which the page holds anyway.
"""

from __future__ import annotations

import runpy
from typing import Any


def keep_output() -> None:
    """Let the kernel that this process becomes queue its outputs without limit."""
    from ipykernel.kernelapp import IPKernelApp

    stock = IPKernelApp.init_iopub

    def init_iopub(self: Any, context: Any) -> None:
        context.sndhwm = 0  # of the sockets made from now on: it cannot be changed once a socket is bound
        stock(self, context)

    IPKernelApp.init_iopub = init_iopub


if __name__ == "__main__":
    keep_output()
    runpy.run_module("ipykernel_launcher", run_name="__main__", alter_sys=True)
