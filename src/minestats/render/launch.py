"""What every kernel is given before it starts: outputs that are never dropped, and a note of the files that it reads.

`python -m minestats.render.launch` is an ordinary kernel with both, in place of `ipykernel_launcher`.

A kernel's socket of outputs drops what its queue of 1,000 messages cannot hold, without a word: a cell that prints fast
loses a tenth of its lines. Without a limit the queue grows to what the cell has printed, which the page holds anyway.
Nor may a text be lost that UTF-8 has no form for.
"""

from __future__ import annotations

import json
import os
import runpy
import sys
from typing import Any

# what Python tells of: a file that is read, or names that are looked for
SEEN = {"open": "r", "sqlite3.connect": "r"}
SEEN |= dict.fromkeys(("os.listdir", "os.scandir", "glob.glob", "pathlib.Path.glob", "pathlib.Path.rglob"), "g")
IMPORTING = ("importlib", "_frozen_importlib", "pkgutil", "zipimport")
READ = "read"  # beside the kernel's connection file: what it opened, one path after another, NUL between them


def pack(message: Any) -> bytes:
    """Write a message as Jupyter does, with "?" for half a pair of surrogates, at which Jupyter loses the output."""
    from jupyter_client.jsonutil import json_default
    from jupyter_client.session import json_packer

    try:
        text = json.dumps(message, default=json_default, ensure_ascii=False, allow_nan=False)
    except (TypeError, ValueError):
        return json_packer(message)
    try:
        return text.encode("utf-8", "surrogateescape")
    except UnicodeEncodeError:
        return text.encode("utf-8", "replace")


def keep_output() -> None:
    """Let the kernel that this process becomes queue its outputs without limit, whatever their text."""
    from ipykernel.kernelapp import IPKernelApp

    stock = IPKernelApp.init_iopub

    def init_iopub(self: Any, context: Any) -> None:
        context.sndhwm = 0  # of the sockets made from now on: it cannot be changed once a socket is bound
        self.session.pack = pack
        stock(self, context)

    IPKernelApp.init_iopub = init_iopub  # type: ignore[method-assign]


def note_reads(arguments: list[str]) -> None:
    """Note from now on which files this process opens, in the folder of the connection file among its arguments."""
    connection = next((text for text in arguments if text.endswith("kernel.json")), "")
    if not connection:
        return  # somebody else's kernel: nobody would read the note
    path = os.path.join(os.path.dirname(connection), READ)
    try:
        notes = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND | getattr(os, "O_CLOEXEC", 0), 0o600)
    except OSError:
        return
    own = os.fstat(notes).st_ino
    skipped = tuple({sys.prefix, sys.base_prefix, "/proc/", "/dev/", "/sys/"})
    seen: set[tuple[str, str]] = set()

    def opened(event: str, details: tuple[Any, ...]) -> None:
        if event not in SEEN or isinstance(details[0], int) or details[0] == ":memory:":
            return
        try:
            path = os.path.abspath(os.fsdecode(details[0] or "."))
            how = "w" if event == "open" and (details[2] or 0) & (os.O_WRONLY | os.O_RDWR) else SEEN[event]
            if event.startswith("os.") and sys._getframe(1).f_globals["__name__"].startswith(IMPORTING):
                return  # listed by an import
            if event.startswith("pathlib."):
                path = os.path.join(path, "**" if event.endswith("rglob") else "", details[1])
            path = os.path.join(path, "*") if event.startswith("os.") else path
            if path.startswith(skipped) or (how, path) in seen:
                return
            seen.add((how, path))
            if os.fstat(notes).st_ino == own:  # a program may have closed what it does not know
                os.write(notes, f"{how}{path}\0".encode("utf-8", "surrogateescape"))
        except Exception:  # noqa: S110  a note that cannot be taken must not keep the file from being opened
            pass

    sys.addaudithook(opened)


if __name__ == "__main__":
    if sys.path[0] == os.getcwd():
        del sys.path[0]  # as ipykernel_launcher does: a file csv.py beside a notebook is not the library's
    keep_output()
    note_reads(sys.argv)
    runpy.run_module("ipykernel_launcher", run_name="__main__", alter_sys=True)
