"""A report beside its notebook: rendered, shown in a browser, and rendered again whenever it is saved.

The kernel server stays warm between two renders, so that a page follows a save in the time that the report itself
takes. What is watched is what the report was made from: the notebook, the modules beside it, the files that it was seen
to read, and the data. The page stands in a frame of a small page of its own, which asks for the next state and loads
the frame again; it is served on this machine alone, for as long as the command runs.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import json
import shutil
import tempfile
import threading
import webbrowser
from collections.abc import Callable, Mapping
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from minestats.errors import MinestatsError
from minestats.render._progress import Interrupted
from minestats.render.batch import Batch
from minestats.render.kernel import ForkServer
from minestats.render.key import modules_beside
from minestats.render.plan import Task, tasks
from minestats.render.provenance import reason

SHELL = Path(__file__).resolve().parent / "templates" / "preview.html"
PATIENCE = 20.0  # seconds that a browser waits for the next state in one request


class Shown:
    """What the browser is to show, and how it waits for the next."""

    def __init__(self) -> None:
        self.now: dict[str, Any] = {"number": 0, "state": "rendering", "text": "", "page": "", "good": ""}
        self.changed = threading.Condition()

    def tell(self, **news: Any) -> None:
        with self.changed:
            self.now = {**self.now, **news, "number": self.now["number"] + 1}
            self.changed.notify_all()

    def after(self, number: int) -> dict[str, Any]:
        """Return the state, as soon as it is another one than `number`."""
        with self.changed:
            self.changed.wait_for(lambda: self.now["number"] != number, PATIENCE)
            return self.now


def preview(
    report: str | Path,
    *,
    data: str | Path | None = None,
    parameters: Mapping[str, Any] | None = None,
    port: int = 0,
    show: bool = True,
    timeout: float = 600,
    say: Callable[[str], None] = print,
) -> None:
    """Render a report, show it in a browser, and render it again at each save, until Ctrl-C.

    Parameters
    ----------
    report : str or path
        Name of a report, or path of a notebook.
    data : path, optional
        Data folder; the bundled data where there is none.
    parameters : mapping, optional
        Values by name.
    port : int
        Where the page is served on this machine; 0 takes a free one.
    show : bool
        Open the page in a browser.
    timeout : float
        Seconds for one render.
    say : callable
        Told the address, and how each render ended.

    Raises
    ------
    ParameterError
        There is no such report, or a value is wrong, at the first render; later ones are shown.
    """
    folder = None if data is None else Path(data).absolute()
    [first] = tasks([str(report)], parameters=parameters, data_dir=folder)
    out = Path(tempfile.mkdtemp(prefix="minestats-preview-"))
    shown = Shown()
    server = ThreadingHTTPServer(("127.0.0.1", port), _handler(shown, out))
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, daemon=True).start()
    address = f"http://127.0.0.1:{server.server_address[1]}/"
    say(f"{first.report}: {address} (Ctrl-C ends)")
    if show:
        webbrowser.open(address)
    kernels = _Kernels(folder)
    try:
        while True:
            before = _marks(_watched(first, out, folder))
            kernels.renew(_marks(_files_of(folder)))
            _render(report, shown, out, say, data=folder, parameters=parameters, timeout=timeout, kernels=kernels)
            _wait(lambda: _watched(first, out, folder), before)
            shown.tell(state="rendering", text="")
    except (KeyboardInterrupt, Interrupted):
        pass
    finally:
        kernels.close()
        server.shutdown()
        server.server_close()
        shutil.rmtree(out, ignore_errors=True)


class _Kernels:
    """The server of kernels, kept from render to render; another one when the data that it has read have changed."""

    def __init__(self, data: Path | None):
        self.data = data
        self.server: ForkServer | None = None
        self.marks: dict[Path, tuple[int, int]] | None = None

    def renew(self, marks: dict[Path, tuple[int, int]]) -> None:
        if self.server is not None and marks == self.marks:
            return
        self.close()
        self.marks = marks
        with contextlib.suppress(OSError):
            self.server = ForkServer.announced(self.data)

    def close(self) -> None:
        if self.server is not None:
            self.server.close()
            self.server = None


def _render(
    report: str | Path, shown: Shown, out: Path, say: Callable[[str], None], *, kernels: _Kernels, **options: Any
) -> None:
    """Render once and tell the browser; what is wrong with the notebook is shown, and the last good page stays."""
    data, timeout = options["data"], options["timeout"]
    try:
        todo = tasks([str(report)], parameters=options["parameters"], data_dir=data)
        batch = Batch(todo, data=data, out=out, jobs=1, timeout=timeout, force=True, quiet=True, server=kernels.server)
        [made] = batch.run(say_failures=False)
    except MinestatsError as error:
        shown.tell(state="failed", text=str(error))
        say(str(error))
        return
    page = made.path.relative_to(out).as_posix()
    if made.error is None:
        shown.tell(state="rendered", text=f"{made.seconds:.1f} s", page=page, good=page)
        say(f"{dt.datetime.now():%H:%M:%S} rendered {made.seconds:.1f}s")
    else:
        why = reason(made.error)
        shown.tell(state="failed", text=why, page=page if made.path.exists() else "")
        say(f"{dt.datetime.now():%H:%M:%S} FAILED {made.name}: {why}")


def _watched(task: Task, out: Path, data: Path | None) -> set[Path]:
    """The files that the report is made from, as its last record names them."""
    files = {task.notebook, *modules_beside(task.notebook).values(), *map(Path, task.inputs), *_files_of(data)}
    for record in (out / task.report).glob("*.json"):
        with contextlib.suppress(OSError, ValueError, KeyError, TypeError):
            read = json.loads(record.read_bytes()).get("read") or []
            files |= {(task.notebook.parent / file["path"]).resolve() for file in read}
    return files


def _files_of(folder: Path | None) -> set[Path]:
    return (
        set() if folder is None else {path for path in folder.iterdir() if path.is_file() and path.name[0] not in ".~"}
    )


def _marks(files: set[Path]) -> dict[Path, tuple[int, int]]:
    """Time and size of each file that is there: a save changes one of them."""
    marks = {}
    for path in files:
        with contextlib.suppress(OSError):
            state = path.stat()
            marks[path] = (state.st_mtime_ns, state.st_size)
    return marks


def _wait(watched: Callable[[], set[Path]], before: dict[Path, tuple[int, int]]) -> None:
    """Return when a file differs from what it was before the render, also where it was saved while it ran."""
    from watchfiles import watch

    def changed() -> bool:
        now = _marks(watched())
        return any(now.get(path) != mark for path, mark in before.items() if path in now) or not {*now} <= {*known}

    known = {**before, **_marks(watched())}
    if changed():
        return
    folders = {path.parent for path in known if path.parent.is_dir()}
    options: dict[str, Any] = {"recursive": False, "debounce": 60, "step": 15, "rust_timeout": 1000}
    for _ in watch(*folders, watch_filter=None, yield_on_timeout=True, raise_interrupt=True, **options):
        if changed():
            return


def _handler(shown: Shown, out: Path) -> Callable[..., SimpleHTTPRequestHandler]:
    class Handler(SimpleHTTPRequestHandler):
        def do_GET(self) -> None:
            host = (self.headers.get("Host") or "").rpartition(":")[0]
            name, _, query = self.path.partition("?")
            if host not in ("127.0.0.1", "localhost"):  # another page's script under a name that leads here
                self.send_error(403)
            elif name == "/":
                self._answer(SHELL.read_bytes(), "text/html; charset=utf-8")
            elif name == "/state":
                now = shown.after(int(query) if query.isdigit() else -1)
                self._answer(json.dumps(now).encode(), "application/json")
            else:
                self.path = name.removeprefix("/page")
                path = Path(self.translate_path(self.path))
                if not path.is_file() or path.name.startswith("."):
                    return self.send_error(404)
                super().do_GET()

        def _answer(self, content: bytes, kind: str) -> None:
            self.send_response(200)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            with contextlib.suppress(OSError):
                self.wfile.write(content)

        def end_headers(self) -> None:
            self.send_header("Cache-Control", "no-store")
            super().end_headers()

        def log_message(self, *_: object) -> None:
            """Say nothing: the command tells what was rendered."""

    return partial(Handler, directory=str(out))
