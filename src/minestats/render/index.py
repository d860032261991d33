"""The gallery: one page that lists every report in the output folder, those of earlier runs too.

It is made from the records beside the reports alone, so it can be made again at any time. A report whose last
attempt failed keeps its last good page and is called stale; those that need attention stand first. The page is
complete without script; one small script, whose hash stands in the policy of the page, adds search, filters and
sorting. It works from a disk, and with a thousand reports.

A page that says "up to date" would say so for months after its schedule has died. So `last_run.json` lies beside the
index and is written at the end of every run, also of one that changed nothing; the index shows it by its script, so
that it keeps its bytes. `minestats status` says the same on a terminal, with what needs attention.
"""

from __future__ import annotations

import base64
import contextlib
import datetime as dt
import hashlib
import json
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import quote

from minestats import files
from minestats.errors import ParameterError
from minestats.render.html import TEMPLATES, style, template
from minestats.render.key import SCHEMA
from minestats.render.provenance import difference_in_words, differing_values, reason

UP_TO_DATE, OLDER, STALE, FAILED, UNPLANNED = "up to date", "older data", "stale", "failed", "not in the plan"
ENDINGS = ("ipynb", "html", "pdf", "png", "webp")  # of the files of a report, beside its record
_ORDER = {FAILED: 0, STALE: 1, OLDER: 2, UP_TO_DATE: 2, UNPLANNED: 3}


def write_index(out_dir: str | Path, data_hash: str | None = None) -> Path:
    """Write `index.html` of an output folder, atomically, and only if it changed.

    Parameters
    ----------
    out_dir : path
        The output folder.
    data_hash : str, optional
        Hash of the data as they are now (`key_parts["data"]`, or its first digits); reports made from others are
        called "older data".

    Returns
    -------
    pathlib.Path
        The page.
    """
    path = Path(out_dir) / "index.html"
    files.write(path, index_html(out_dir, data_hash).encode("utf-8", "replace"))
    return path


def index_html(out_dir: str | Path, data_hash: str | None = None) -> str:
    """Return the text of the gallery; see `write_index`."""
    rows = entries(out_dir, data_hash)
    script = (TEMPLATES / "index.js").read_text(encoding="utf-8").strip()
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    found = Counter(str(row["state"]) for row in rows)
    counts = {state: found[state] for state in _ORDER if state in found}
    return template("gallery").render(
        rows=rows,
        counts=counts,
        reports=sorted({str(row["report"]) for row in rows}),
        states=[*counts],
        style=style("base", "index"),
        script=script,
        policy=f"default-src 'none'; style-src 'unsafe-inline'; img-src 'self' file: data:; "
        f"connect-src 'self'; script-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'",
    )


def entries(out_dir: str | Path, data_hash: str | None = None) -> list[dict[str, Any]]:
    """Return one row for each report of an output folder, those that need attention first.

    Returns
    -------
    list of dict
        `report`, `slug`, `title`, `parameters` (text), `as_of`, `state`, `reason` (of a failure), `changed` (in
        words), `page`, `links` (label, address) and `thumbnail` (address, width, height) or None. Addresses are
        relative to the folder.
    """
    found: dict[tuple[str, str], dict[bool, dict[str, Any]]] = {}
    for path in sorted(Path(out_dir).glob("*/*.json")):
        failed = path.stem.endswith(".failed")
        if (made := read_record(path)) and (failed or path.with_suffix(".html").is_file()):
            found.setdefault((path.parent.name, path.stem.removesuffix(".failed")), {})[failed] = made
    rows = [
        _row(Path(out_dir), *name, made.get(False), made.get(True), data_hash) for name, made in sorted(found.items())
    ]
    planned = (last_run(out_dir) or {}).get("planned")
    for row in rows:
        known = planned is None or f"{row['report']}/{row['slug']}" in planned
        row["state"] = row["state"] if known or row["state"] in (FAILED, STALE) else UNPLANNED
    rows.sort(key=lambda row: (_ORDER[str(row["state"])], row["report"], row["slug"] != "default", row["slug"]))
    return rows


def _row(out: Path, report: str, slug: str, good, bad, data_hash: str | None) -> dict[str, Any]:
    made = good or bad
    state = STALE if good else FAILED
    if not bad:
        kept, now = str((good.get("key_parts") or {}).get("data", "")), data_hash or ""
        state = UP_TO_DATE if kept.startswith(now) or now.startswith(kept[:12] or "?") else OLDER
    base = f"{quote(report)}/{quote(slug)}"
    folder = out / report
    names = [("page", ".html"), ("PDF", ".pdf"), ("notebook", ".ipynb"), ("record", ".json")] if good else []
    names += [("last attempt", ".failed.html"), ("its record", ".failed.json")] if bad else []
    links = [(label, base + end) for label, end in names if (folder / (slug + end)).is_file()]
    page = ".html" if good else ".failed.html"
    return {
        "report": report,
        "slug": slug,
        "title": str(made.get("title") or report),
        "parameters": differing_values(made),
        "as_of": str(made.get("as_of") or "not stated"),
        "state": state,
        "reason": reason(bad["error"]) if bad and isinstance(bad.get("error"), Mapping) else "",
        "changed": difference_in_words(made.get("changed")),
        "page": base + page if (folder / (slug + page)).is_file() else "",
        "links": links,
        "thumbnail": _thumbnail(folder / f"{slug}.png", f"{base}.png") if good else None,
    }


def _thumbnail(path: Path, address: str) -> dict[str, Any] | None:
    from PIL import Image

    with contextlib.suppress(OSError), Image.open(path) as picture:
        return {"address": address, "width": picture.width, "height": picture.height}
    return None


def read_record(path: Path) -> dict[str, Any] | None:
    """A record, or None for what is none."""
    try:
        made = json.loads(path.read_bytes())
    except (OSError, ValueError):
        return None
    return made if isinstance(made, dict) and made.get("schema") == SCHEMA else None


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
    [not-there]
    """
    out = Path(out)
    kept, rows = last_run(out), entries(out) if out.is_dir() else []
    if kept is None and not rows:
        raise ParameterError(
            f"'{out}' holds no reports: name the folder that `minestats render --out` wrote [not-there]"
        )
    lines = [_said(kept)]
    counts = Counter(str(row["state"]) for row in rows)
    lines.append(f"{len(rows)} reports: " + ", ".join(f"{number} {state}" for state, number in counts.items()))
    lines += [
        f"{row['state']}: {row['report']}/{row['slug']}{': ' if row['reason'] else ''}{row['reason']}"
        for row in rows
        if row["state"] in (FAILED, STALE)
    ]
    well = kept is not None and kept["status"] == 0 and not {FAILED, STALE} & {*counts}
    return lines, 0 if well else 1


def prune(out: Path, planned: Iterable[str], say: Callable[[str], None]) -> None:
    """Remove the reports of a folder that are not in the plan any more, each with all its files; only under the lock.

    What has no record of minestats beside it is left.
    """
    kept = {*planned}
    for row in entries(out):
        name = f"{row['report']}/{row['slug']}"
        if name not in kept:
            folder = out / str(row["report"])
            for path in [*folder.glob(f"{row['slug']}.*")]:
                if path.name.removeprefix(f"{row['slug']}.").removeprefix("failed.") in ("json", *ENDINGS):
                    files.remove(path)
            if not any(folder.iterdir()):
                folder.rmdir()
            say(f"removed {name}, which is not in the plan")


LAST_RUN = "last_run.json"
LAST_RUN_SCHEMA = "minestats-last-run/1"
WORDS = ("rendered", "unchanged", "failed", "stopped")


def last_run(out: str | Path) -> dict[str, Any] | None:
    """Return what the last run left, None where there is nothing of the kind."""
    try:
        kept = json.loads((Path(out) / LAST_RUN).read_bytes())
    except (OSError, ValueError):
        return None
    return kept if isinstance(kept, dict) and kept.get("schema") == LAST_RUN_SCHEMA else None


def write_last_run(
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
        planned = (last_run(out) or {}).get("planned")
    made = {
        "schema": LAST_RUN_SCHEMA,
        "began": _stamp(began),
        "ended": _stamp(dt.datetime.now(dt.UTC)),
        "status": status,
        **{word: counts[word] for word in WORDS},
        "planned": None if planned is None else sorted(planned),
    }
    files.write(out / LAST_RUN, (json.dumps(made, indent=1, ensure_ascii=False) + "\n").encode())


def _said(kept: dict[str, Any] | None) -> str:
    """Return the last run in one sentence.

    Examples
    --------
    >>> _said({"ended": "2026-03-02T05:17:09Z", "status": 1, "rendered": 2, "unchanged": 20, "failed": 1, "stopped": 0})
    'last run 2026-03-02 05:17 UTC: 2 rendered, 20 unchanged, 1 failed (exit status 1)'
    >>> _said(None)
    'last run: not known'
    """
    if kept is None:
        return "last run: not known"
    counts = ", ".join(f"{kept[word]} {word}" for word in WORDS if kept[word] or word != "stopped")
    ended = str(kept["ended"])
    return f"last run {ended[:10]} {ended[11:16]} UTC: {counts} (exit status {kept['status']})"


def _stamp(moment: dt.datetime) -> str:
    return moment.astimezone(dt.UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
