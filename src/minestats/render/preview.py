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

from minestats import files
from minestats.errors import MinestatsError
from minestats.render._progress import Interrupted
from minestats.render.batch import Batch
from minestats.render.kernel import ForkServer
from minestats.render.key import modules_beside
from minestats.render.plan import Task, tasks
from minestats.render.provenance import reason

SHELL = Path(__file__).resolve().parent / "templates" / "preview.html"


class Shown:
    """What the browser is to show; its page asks for it several times a second."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / "state"
        self.now: dict[str, Any] = {"number": 0, "text": "", "page": "", "good": ""}
        self.tell(state="rendering")

    def tell(self, **news: Any) -> None:
        self.now |= {**news, "number": self.now["number"] + 1}
        files.write(self.path, json.dumps(self.now).encode())


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
    root = Path(tempfile.mkdtemp(prefix="minestats-preview-"))
    out = root / "page"
    shutil.copy(SHELL, root / "index.html")
    shown = Shown(root)
    site = ThreadingHTTPServer(("127.0.0.1", port), partial(_Pages, directory=str(root)))
    site.daemon_threads = True
    threading.Thread(target=site.serve_forever, daemon=True).start()
    address = f"http://127.0.0.1:{site.server_address[1]}/"
    say(f"{first.report}: {address} (Ctrl-C ends)")
    if show:
        webbrowser.open(address)
    server, read = None, None
    try:
        while True:
            before = _marks(_watched(first, out, folder))
            if server is None or read != _marks(_files_of(folder)):  # it has read the data ahead
                read = _marks(_files_of(folder))
                if server is not None:
                    server.close()
                with contextlib.suppress(OSError):
                    server = ForkServer.announced(folder)
            _render(report, shown, out, say, data=folder, parameters=parameters, timeout=timeout, server=server)
            _wait(lambda: _watched(first, out, folder), before)
            shown.tell(state="rendering", text="")
    except (KeyboardInterrupt, Interrupted):
        pass
    finally:
        if server is not None:
            server.close()
        site.shutdown()
        site.server_close()
        shutil.rmtree(root, ignore_errors=True)


def _render(
    report: str | Path,
    shown: Shown,
    out: Path,
    say: Callable[[str], None],
    *,
    data: Path | None,
    parameters: Mapping[str, Any] | None,
    **options: Any,
) -> None:
    """Render once and tell the browser; what is wrong with the notebook is shown, and the last good page stays."""
    try:
        todo = tasks([str(report)], parameters=parameters, data_dir=data)
        [made] = Batch(todo, data=data, out=out, jobs=1, force=True, quiet=True, **options).run(say_failures=False)
    except MinestatsError as error:
        shown.tell(state="failed", text=str(error))
        say(str(error))
        return
    page = made.path.relative_to(out).as_posix()
    now = f"{dt.datetime.now():%H:%M:%S}"
    if made.error is None:
        shown.tell(state="rendered", text=f"{made.seconds:.1f} s", page=page, good=page)
        say(f"{now} rendered {made.seconds:.1f}s")
    else:
        why = reason(made.error)
        shown.tell(state="failed", text=why, page=page if made.path.exists() else "")
        say(f"{now} FAILED {made.name}: {why}")


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

    known = _marks(watched())
    if any(before.get(path, mark) != mark for path, mark in known.items()):
        return
    folders = {path.parent for path in known}
    options: dict[str, Any] = {"recursive": False, "debounce": 60, "step": 15, "rust_timeout": 1000}
    for _ in watch(*folders, watch_filter=None, yield_on_timeout=True, raise_interrupt=True, **options):
        now = _marks(watched())
        if any(known.get(path) != mark for path, mark in now.items()):
            return


class _Pages(SimpleHTTPRequestHandler):
    """The files of the preview, for this machine alone."""

    def send_head(self) -> Any:
        host = (self.headers.get("Host") or "").rpartition(":")[0]
        if host not in ("127.0.0.1", "localhost"):  # another page's script under a name that leads here
            return self.send_error(403)
        if "/." in self.path or self.path.partition("?")[0].endswith("/") != (self.path == "/"):
            return self.send_error(404)  # a folder, or the lock in it
        return super().send_head()

    def end_headers(self) -> None:
        self.send_header("Cache-Control", "no-store")
        super().end_headers()

    def log_message(self, *_: object) -> None:
        """Say nothing: the command tells what was rendered."""
