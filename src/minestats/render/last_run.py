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
from minestats.errors import ParameterError

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


def status(out: str | Path) -> tuple[list[str], int]:
    """Say when the last run was, how it ended, and which reports need attention.

    Returns
    -------
    tuple of list of str and int
        The lines, and the exit status: 0 where the last run ended well and no report needs attention, else 1.

    Raises
    ------
    ParameterError
        There is no folder of reports.

    Examples
    --------
    >>> status("nowhere")
    Traceback (most recent call last):
    minestats.errors.ParameterError: 'nowhere' holds no reports: name the folder that `minestats render --out` wrote
    """
    from minestats.render.index import FAILED, STALE, entries

    out = Path(out)
    kept, rows = read(out), entries(out) if out.is_dir() else []
    if kept is None and not rows:
        raise ParameterError(f"'{out}' holds no reports: name the folder that `minestats render --out` wrote")
    lines = [said(kept)]
    counts = Counter(str(row["state"]) for row in rows)
    lines.append(f"{len(rows)} reports: " + ", ".join(f"{number} {state}" for state, number in counts.items()))
    lines += [
        f"{row['state']}: {row['report']}/{row['slug']}{': ' if row['reason'] else ''}{row['reason']}"
        for row in rows
        if row["state"] in (FAILED, STALE)
    ]
    well = kept is not None and kept["status"] == 0 and not {FAILED, STALE} & {*counts}
    return lines, 0 if well else 1


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


def prune(out: Path, planned: Iterable[str], say: Any) -> None:
    """Remove the reports of a folder that are not in the plan any more, each with all its files; only under the lock.

    What has no record of minestats beside it is left.
    """
    from minestats.render.index import entries

    kept = {*planned}
    for row in entries(out):
        name = f"{row['report']}/{row['slug']}"
        if name not in kept:
            folder = out / str(row["report"])
            for path in [*folder.glob(f"{row['slug']}.*")]:
                if path.name.removeprefix(f"{row['slug']}.").removeprefix("failed.") in _ENDINGS:
                    files.remove(path)
            if not any(folder.iterdir()):
                folder.rmdir()
            say(f"removed {name}, which is not in the plan")


_ENDINGS = ("json", "html", "ipynb", "pdf", "png", "webp")


def _stamp(moment: dt.datetime) -> str:
    return moment.astimezone(dt.UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
