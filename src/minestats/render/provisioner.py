"""What Jupyter asks to launch a kernel: fork it from the server, or launch an ordinary one and say why, once.

It uses the server announced in `MINESTATS_FORK_SERVER`, else one that it starts for its own process, so that pytest
and other programs that know nothing of minestats can use it by name:
`JUPYTER_DEFAULT_PROVISIONER_NAME=minestats-fork`.
"""

from __future__ import annotations

import contextlib
import os
import sys
from typing import Any, cast

from jupyter_client.provisioning import LocalProvisioner

from minestats.render.kernel import ADDRESS_ENV, OWN_ENV, ForkedProcess, Refused, Run, fork, own_server, unsupported

LAUNCHER = "ipykernel_launcher"
_said: set[str] = set()


class ForkProvisioner(LocalProvisioner):
    """Launch a kernel by forking the server, or an ordinary one where that cannot be.

    After a launch the run's `used` is "fork" or "plain", and its `why` says why not "fork". It is said on standard
    error once, unless the caller says it in another way (`silent`). Without `fork` it is an ordinary one by choice.
    """

    run: Run | None = None  # where the engine asks

    async def launch_kernel(self, cmd: list[str], **kwargs: Any) -> Any:
        """Launch the kernel, as `jupyter_client` asks for it."""
        foreign, run = not_ours(cmd), self.run or Run()
        run.why = foreign or (unsupported() if run.fork else "")
        if run.fork and not run.why:
            try:
                forked = fork_kernel(cmd, run, self._scrub_kwargs(kwargs))
            except OSError as error:
                run.why = str(error) if isinstance(error, Refused) else f"no fork server: {error.strerror or error}"
            else:
                run.used = "fork"
                self.process, self.pid, self.pgid = cast(Any, forked), forked.pid, forked.pid
                self.cwd = kwargs.get("cwd") or os.getcwd()
                return self.connection_info
        if not foreign:
            cmd = ["minestats.render.launch" if part == LAUNCHER else part for part in cmd]
        if run.fork and not run.silent and run.why not in _said:
            _said.add(run.why)
            print(f"minestats: ordinary kernels are used: {run.why}", file=sys.stderr)
        return await super().launch_kernel(cmd, **kwargs)


def not_ours(cmd: list[str]) -> str:
    """Return why a kernel's command is not this interpreter's ipykernel, or an empty text.

    Examples
    --------
    >>> not_ours([sys.executable, "-m", "ipykernel_launcher", "-f", "kernel.json"])
    ''
    >>> not_ours(["/usr/bin/ir", "kernel.json"])
    'the kernel is not the ipykernel of this Python'
    """
    rest = [part for part in cmd[1:] if part != "-Xfrozen_modules=off"]
    here = os.path.realpath(os.path.dirname(sys.executable))
    if cmd and os.path.realpath(os.path.dirname(cmd[0])) == here and rest[:2] == ["-m", LAUNCHER]:
        with contextlib.suppress(OSError):
            if os.path.samefile(cmd[0], sys.executable):
                return ""
    return "the kernel is not the ipykernel of this Python"


def fork_kernel(cmd: list[str], run: Run, options: dict[str, Any]) -> ForkedProcess:
    """Ask the server for the kernel that a command of `jupyter_client` and its options are; see `kernel.fork`."""
    env = {name: value for name, value in options["env"].items() if name not in OWN_ENV}
    address = os.environ.get(ADDRESS_ENV) or own_server(env).address
    cwd = os.path.abspath(options.get("cwd") or os.getcwd())
    request = {"argv": cmd[cmd.index(LAUNCHER) + 1 :], "env": env, "cwd": cwd, "data": run.data}
    empty, write_end = os.pipe()  # standard input at its end, as jupyter_client gives it
    os.close(write_end)
    try:
        streams = {"stdin": empty, "stdout": 1, "stderr": 2}
        descriptors = [_number(options.get(name), default) for name, default in streams.items()]
        return fork(address, request, descriptors, run.timeout)
    finally:
        os.close(empty)


def _number(stream: Any, default: int) -> int:
    if stream is None:
        return default
    return stream if isinstance(stream, int) else stream.fileno()
