"""A worker: reads jobs from standard input, one at a time, and writes what came of them.

Jobs and results are pickles preceded by their length. The worker ends when its input does; where that happens while
a report is being made, the one who asked is gone, and the worker ends at once with its kernel. SIGTERM ends the
report being made, its kernel interrupted first.
"""

from __future__ import annotations

import os
import pickle
import select
import signal
import struct
import sys
import threading
from typing import Any, BinaryIO

LENGTH = struct.Struct("!Q")


def send(stream: BinaryIO, value: Any) -> None:
    """Write one value."""
    data = pickle.dumps(value, protocol=pickle.HIGHEST_PROTOCOL)
    stream.write(LENGTH.pack(len(data)))
    stream.write(data)
    stream.flush()


def receive(stream: BinaryIO) -> Any:
    """Read one value; raises `EOFError` where there is none."""
    start = stream.read(LENGTH.size)
    if len(start) < LENGTH.size:
        raise EOFError("the other end closed")
    (length,) = LENGTH.unpack(start)
    data = stream.read(length)
    if len(data) < length:
        raise EOFError("the other end closed in the middle of a message")
    return pickle.loads(data)  # noqa: S301  from the process at the other end of the pipe


def main() -> int:
    """Serve until the input ends."""
    from minestats.render import _job

    requests = os.fdopen(os.dup(0), "rb", buffering=0)
    replies = os.fdopen(os.dup(1), "wb")
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.close(nothing)
    os.dup2(2, 1)  # what a library prints does not get into the answers
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, lambda *_: _job.stop_running())
    busy = threading.Event()
    threading.Thread(target=_watch, args=(requests.fileno(), busy), daemon=True).start()
    try:
        while True:
            function, arguments = receive(_Whole(requests))
            busy.set()
            try:
                answer = (True, function(*arguments))
            except Exception as error:
                answer = (False, RuntimeError(f"{type(error).__name__}: {error}"))
            send(replies, answer)
            busy.clear()
    except (EOFError, BrokenPipeError):
        pass
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
    from minestats.render import _rundir

    _rundir.release()
    os._exit(0)  # nothing else is worth waiting for


class _Whole:
    """A raw stream whose `read` returns as much as asked for, less only at its end."""

    def __init__(self, raw: Any):
        self.raw = raw

    def read(self, length: int) -> bytes:
        parts = []
        while length > 0 and (part := self.raw.read(min(length, 1 << 20))):
            parts.append(part)
            length -= len(part)
        return b"".join(parts)


def _watch(descriptor: int, busy: threading.Event) -> None:
    """End this process as soon as the other end of its input is gone, also in the middle of a report."""
    if not hasattr(select, "poll"):
        return
    poll = select.poll()
    poll.register(descriptor, 0)  # only errors and hang-ups are reported
    while not any(event & (select.POLLHUP | select.POLLERR | select.POLLNVAL) for _, event in poll.poll()):
        pass
    busy.wait()  # a worker without a report sees the end of its input by itself
    os._exit(1)  # its folder is swept later: the other thread may be writing in it


if __name__ == "__main__":
    sys.exit(main())
