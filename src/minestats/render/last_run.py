"""When the last run over a folder of reports was and how it ended, for those who see only the folder.

A page that says "up to date" would say so for months after its schedule has died. `last_run.json` lies beside the index
and is written at the end of every run, also of one that changed nothing; the index shows it by its script, so that the
index itself keeps its bytes. `minestats status` says the same on a terminal, with what needs attention.
"""

from __future__ import annotations

import datetime as dt
import json
from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from minestats import files

NAME = "last_run.json"
SCHEMA = "minestats-last-run/1"
WORDS = ("rendered", "unchanged", "failed", "stopped")


def read(out: str | Path) -> dict[str, Any] | None:
    """Return what the last run left, None where there is nothing of the kind."""
    try:
        kept = json.loads((Path(out) / NAME).read_bytes())
    except (OSError, ValueError):
        return None
    return kept if isinstance(kept, dict) and kept.get("schema") == SCHEMA else None


def write(
    out: Path, began: dt.datetime, states: Iterable[str], *, status: int, planned: Iterable[str] | None = None
) -> None:
    """Write how a run ended.

    Parameters
    ----------
    out : path
        The output folder.
    began : datetime
        When the run began, in UTC.
    states : iterable of str
        State of each report: "rendered", "unchanged", "failed", "stopped".
    status : int
        Exit status of the command.
    planned : iterable of str, optional
        The reports of the plan ("report/slug"), where the run was one of a whole plan; else those of the last such run.
    """
    counts = Counter(states)
    if planned is None:
        planned = (read(out) or {}).get("planned")
    made = {
        "schema": SCHEMA,
        "began": _stamp(began),
        "ended": _stamp(dt.datetime.now(dt.UTC)),
        "status": status,
        **{word: counts[word] for word in WORDS},
        "planned": None if planned is None else sorted(planned),
    }
    files.write(out / NAME, (json.dumps(made, indent=1, ensure_ascii=False) + "\n").encode())


def said(kept: dict[str, Any] | None) -> str:
    """Return the last run in one sentence.

    Examples
    --------
    >>> said({"ended": "2026-03-02T05:17:09Z", "status": 1, "rendered": 2, "unchanged": 20, "failed": 1, "stopped": 0})
    'last run 2026-03-02 05:17 UTC: 2 rendered, 20 unchanged, 1 failed (exit status 1)'
    >>> said(None)
    'last run: not known'
    """
    if kept is None:
        return "last run: not known"
    counts = ", ".join(f"{kept[word]} {word}" for word in WORDS if kept[word] or word != "stopped")
    ended = str(kept["ended"])
    return f"last run {ended[:10]} {ended[11:16]} UTC: {counts} (exit status {kept['status']})"


def _stamp(moment: dt.datetime) -> str:
    return moment.astimezone(dt.UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
