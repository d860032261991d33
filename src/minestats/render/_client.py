"""The client that runs a notebook for the engine: starts its kernel, waits for it, ends it. See `engine`."""

from __future__ import annotations

import asyncio
import os
import shutil
import sys
from queue import Empty
from typing import Any

from jupyter_client import AsyncKernelManager
from nbclient.exceptions import CellExecutionError
from nbclient.util import ensure_async, run_hook, run_sync
from papermill.clientwrap import PapermillNotebookClient
from papermill.log import logger

from minestats.render.kernel import Run, kernel_env, kernel_folder, read_tail
from minestats.render.launch import READ
from minestats.render.provisioner import ForkProvisioner


class Client(PapermillNotebookClient):
    """papermill's client, which waits for messages instead of fixed times and ends its kernel at once."""

    def __init__(self, nb_man: Any, run: Run, **kwargs: Any):
        super().__init__(nb_man, **kwargs)
        self.minestats_run = run

    def execute_cell(self, cell: Any, cell_index: int, **kwargs: Any) -> Any:
        self.minestats_run.cell = cell_index
        self.minestats_run.check()
        try:
            return super().execute_cell(cell, cell_index, **kwargs)
        except CellExecutionError as error:
            self.minestats_run.raised = error
            raise

    async def async_start_new_kernel_client(self) -> Any:
        run = self.minestats_run
        run._pid = self.km.provisioner.pid or 0
        run.used = run.used or "plain"
        try:
            await asyncio.wait_for(self._ready(), self.startup_timeout)
        except BaseException as error:
            await self._async_cleanup_kernel()
            if isinstance(error, asyncio.TimeoutError):
                raise RuntimeError(f"Kernel didn't respond in {self.startup_timeout} seconds") from error
            raise
        if run.memory and run._pid:
            limit_memory(run._pid, run.memory)
        run.started = True
        self.kc.allow_stdin = False
        await run_hook(self.on_notebook_start, notebook=self.nb)
        return self.kc

    async def _ready(self) -> None:
        """Return when the idle status that ends an own request has arrived: then no message can be missed."""
        if self.km.transport == "ipc":
            # Connecting before the kernel has bound its sockets would cost a reconnection interval.
            paths = [f"{self.km.ip}-{port}" for port in (self.km.shell_port, self.km.iopub_port)]
            while not all(map(os.path.exists, paths)):
                await self._check_starting()
                await asyncio.sleep(0.005)
        self.kc = self.km.client()
        self.kc.start_channels(hb=False)
        patience = 0.05
        while True:
            asked = self.kc.kernel_info()
            deadline = asyncio.get_running_loop().time() + patience
            while (left := deadline - asyncio.get_running_loop().time()) > 0:
                try:
                    message = await ensure_async(self.kc.iopub_channel.get_msg(timeout=left))
                except Empty:
                    break
                content = message["content"]
                if message["parent_header"].get("msg_id") == asked and content.get("execution_state") == "idle":
                    return
            await self._check_starting()
            patience = min(2 * patience, 1.0)

    async def _check_starting(self) -> None:
        self.minestats_run.check()
        if not await ensure_async(self.km.is_alive()):
            raise RuntimeError("Kernel died before replying to kernel_info")

    async def _async_cleanup_kernel(self) -> None:
        """End the kernel and all it started, at once; nbclient then removes what is left of it."""
        provisioner = self.km.provisioner if self.km is not None else None
        if provisioner is not None and provisioner.has_process:
            await provisioner.kill()
            try:
                await asyncio.to_thread(provisioner.process.wait, 5)
            except Exception:
                logger.warning("The kernel did not end when killed.")
        self.minestats_run.finish()
        if self.km is not None:
            await super()._async_cleanup_kernel()

    start_new_kernel_client = run_sync(async_start_new_kernel_client)
    _cleanup_kernel = run_sync(_async_cleanup_kernel)


def limit_memory(pid: int, megabytes: int) -> None:
    """Limit the data of a running process: what it takes beyond fails in it with a `MemoryError`. Linux only."""
    import resource
    from pathlib import Path

    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    taken = next(int(line.split()[1]) for line in lines if line.startswith("VmData")) // 1024
    if taken >= megabytes:
        raise RuntimeError(f"a kernel takes {taken} MB before its first cell, and --memory allows {megabytes} MB")
    resource.prlimit(pid, resource.RLIMIT_DATA, (megabytes << 20, megabytes << 20))


def execute(
    nb_man: Any,
    kernel_name: str,
    start_timeout: int = 60,
    execution_timeout: int | None = None,
    run: Run | None = None,
    **options: Any,
) -> Any:
    """Run a notebook for papermill; the options are those of its own engine, and `run`."""
    run = run or Run(cwd=os.getcwd())
    run.nb = nb_man.nb
    for name in ("input_path", "startup_timeout"):
        options.pop(name, None)
    timeout = options.pop("timeout", None)
    folder = kernel_folder()
    watch = run.watch()
    client = None
    try:
        manager = make_manager(kernel_name, str(folder), run)
        client = Client(
            nb_man,
            run,
            km=manager,
            kernel_name=kernel_name,
            timeout=execution_timeout or timeout,
            startup_timeout=start_timeout,
            log=logger,
            shutdown_kernel="immediate",
            # output that is still on its way when its cell has ended is waited for as long as the report may take
            iopub_timeout=max(4, int(run.timeout or 600)),
            **options,
        )
        with open(folder / "stderr", "wb") as stderr:
            return client.execute(cleanup_kc=True, env=kernel_env(), cwd=run.cwd, stdout=stderr, stderr=stderr)
    finally:
        if client is not None and (provisioner := manager.provisioner) is not None and provisioner.has_process:
            run_sync(client._async_cleanup_kernel)()  # the start failed half-way
        run.finish()
        watch.join()
        run.nb = nb_man.nb
        run.stderr = read_tail(folder / "stderr")
        run.opened = read_tail(folder / READ, 1 << 24).split("\0")[:-1]
        shutil.rmtree(folder, ignore_errors=True)


def make_manager(kernel_name: str, folder: str, run: Run) -> AsyncKernelManager:
    """Return a manager whose kernel listens on sockets in a folder of its own."""
    if sys.platform == "win32":
        manager = AsyncKernelManager(kernel_name=kernel_name)
    else:
        manager = AsyncKernelManager(
            kernel_name=kernel_name,
            transport="ipc",
            ip=os.path.join(folder, "s"),  # absolute: kernels with a relative one share sockets
            connection_file=os.path.join(folder, "kernel.json"),
        )
    spec = manager.kernel_spec
    if spec is not None and "kernel_provisioner" not in (spec.metadata or {}):
        manager.provisioner = own = ForkProvisioner(kernel_id="", kernel_spec=spec, parent=manager)
        own.run = run
    return manager
