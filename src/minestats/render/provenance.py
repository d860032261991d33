"""What went into a report: the record kept beside it, and what the foot of the page says of it.

The record, `<slug>.json`, is written last of all files of a report: where it is, the report is whole. It holds no
path of the machine, no user and no host. So does the executed notebook, which is kept without what changes from run to
run: the same inputs give the same bytes.
"""

from __future__ import annotations

import copy
import datetime as dt
import hashlib
import itertools
import json
import os
import re
import subprocess
import sysconfig
from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any

from minestats.files import ABOUT
from minestats.render.key import SCHEMA, Shared, file_hash
from minestats.render.parameters import NotebookSource, read_notebook
from minestats.render.plan import Task
from minestats.render.source import SourceCell, joined, title_of

NOT_STATED = "not stated"
ASK = "ask"  # git, on this machine
_START = r"(?<![\w:/.<])(?:[A-Za-z]:\\|\\\\|/)"
_PATH = re.compile(_START + r"(?:[^\s'\"<>:|*?()\[\],;\\/]+[\\/])+(?=[^\\/]|$)")
_CELL_FILE = re.compile(r"ipykernel_\d+[\\/]\d+\.py")
_WORD = re.compile(r"[^ \t\n'\"]+")
_COLOUR = re.compile(r"(\x1b\[[0-9;]*m)")
LONGEST_REASON = 4000  # characters of an error that a record keeps


def record(
    task: Task,
    *,
    key: str,
    key_parts: Mapping[str, str],
    shared: Shared | None = None,
    nb: Mapping[str, Any] | None = None,
    engine: Mapping[str, Any] | None = None,
    stderr: str = "",
    error: Mapping[str, Any] | None = None,
    git: object = ASK,
    before: Mapping[str, object] | None = None,
) -> dict[str, Any]:
    """Return the record of a report, ready for JSON but for what `completed` adds when its files are written.

    Parameters
    ----------
    task, key, key_parts, shared
        What was rendered, `task_key` of it, and what all reports share.
    nb : notebook, optional
        The executed notebook (also a partial one), for title, period and as-of date.
    engine : mapping, optional
        `asked`, `used` and `why` (empty where both are the same).
    stderr : str
        What the kernel wrote there.
    error : mapping, optional
        `kind`, `cell`, `line`, `source`, `ename`, `evalue` of a failure.
    git : mapping, optional
        `git_state` of the notebook, where it was asked for on another machine; None where git does not keep it.
    before : mapping, optional
        The record of the same report as it was made before, which the figures are compared with.

    Returns
    -------
    dict
        As `report.schema.json` says. No path of the machine, user or host is in it.
    """
    shared = shared or Shared({}, None, {})
    notebook = _read(task.notebook, task.notebook.read_bytes())
    described = describe(nb, notebook.cells, task.report)
    parameters = {
        name: {"value": value, "type": known.type_text, "default": known.default}
        for name, value in task.values.items()
        if (known := notebook.parameters.get(name))
    }
    made: dict[str, Any] = {
        "schema": SCHEMA,
        "state": "failed" if error else "ok",
        "report": task.report,
        "slug": task.slug,
        "title": described.pop("title"),
        "parameters": parameters,
        **described,
        "changed": None,
        "key": key,
        "key_parts": dict(key_parts),
        "notebook": {"path": task.notebook.name, "sha256": file_hash(task.notebook)}
        | ({"origin": task.origin} if task.origin else {}),
        "read": [],
        "data": shared.data,
        "git": git_state(task.notebook, shared.stamp) if git == ASK else git,
        "versions": dict(shared.versions),
        "platform": sysconfig.get_platform(),
        "engine": {"asked": "", "used": "", "why": "", **(engine or {})},
        "stderr": scrub(stderr),
        "error": None if error is None else {k: _short(v) if isinstance(v, str) else v for k, v in error.items()},
    }
    made["changed"] = None if error else difference(before, made)
    return made


def difference(before: Mapping[str, Any] | None, made: Mapping[str, Any]) -> dict[str, object] | None:
    """Return which figures at a glance differ from those of the report before, and since when; None for a first report.

    A report made again of the same data with the same figures keeps what was said of it before.

    Examples
    --------
    >>> before = {"glance": [{"label": "Incidents", "value": "32", "note": ""}], "rendered_at": "2026-03-13T06:00:00Z"}
    >>> now = difference(before, {"glance": [{"label": "Incidents", "value": "33", "note": ""}]})
    >>> difference_in_words(now)
    'Since 13 March 2026: Incidents 33 (was 32).'
    """
    old, new = ({t["label"]: t["value"] for t in _tiles((rows or {}).get("glance"))} for rows in (before, made))
    if not before or not old or not new:
        return None
    figures = [
        {"label": label, "value": new.get(label), "before": old.get(label)}
        for label in {**new, **old}
        if new.get(label) != old.get(label)
    ]
    data = [(rows.get("key_parts") or {}).get("data") for rows in (before, made)]
    if not figures and data[0] == data[1]:
        return before.get("changed")
    return {"since": str(before.get("rendered_at", ""))[:10], "figures": figures}


def difference_in_words(changed: Mapping[str, Any] | None) -> str:
    """Return what `difference` found as a sentence, empty for a first report."""
    if not changed:
        return ""
    try:
        first = dt.date.fromisoformat(changed["since"])
        words = [_tile_in_words(tile["label"], tile["value"], tile["before"]) for tile in changed["figures"]]
    except (KeyError, TypeError, ValueError):  # a record that somebody else wrote
        return ""
    since = f"{first.day} {first:%B %Y}"
    return f"Since {since}: {'; '.join(words)}." if words else f"Since {since} no figure at a glance has changed."


def _tile_in_words(label: str, value: str | None, before: str | None) -> str:
    if before is None:
        return f"{label} {value} (new)"
    return f"{label} (was {before}) is no longer given" if value is None else f"{label} {value} (was {before})"


def _short(text: str) -> str:
    text = scrub(text[: 2 * LONGEST_REASON])
    return text if len(text) <= LONGEST_REASON else f"{text[:LONGEST_REASON]} [...]"


def completed(
    made: Mapping[str, Any], outputs: Mapping[str, bytes], *, seconds: float = 0.0, attempts: int = 1
) -> dict[str, Any]:
    """Return the record with size and hash of what was written beside it, the time it took, and now as its moment."""
    listed = [
        {"path": Path(name).name, "bytes": len(content), "sha256": hashlib.sha256(content).hexdigest()}
        for name, content in outputs.items()
    ]
    now = dt.datetime.now(dt.UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    return {**made, "outputs": listed, "rendered_at": now, "duration_s": round(seconds, 3), "attempts": attempts}


def dumps(made: Mapping[str, Any]) -> bytes:
    """Return the record as the bytes of its file."""
    return (json.dumps(made, indent=1, ensure_ascii=False, allow_nan=False) + "\n").encode()


def describe(nb: Mapping[str, Any] | None, cells: Iterable[SourceCell], default: str) -> dict[str, Any]:
    """Return title, period, as-of date and figures at a glance that an executed notebook states of itself.

    They come from an output of the type `application/vnd.minestats.report+json`. Missing: the first top heading of
    the notebook or of its outputs; as-of "not stated".

    Examples
    --------
    >>> describe(None, [SourceCell("markdown", "# Mines found")], "x")
    {'title': 'Mines found', 'as_of': 'not stated', 'period': None, 'glance': []}
    """
    stated: dict[str, Any] = {}
    texts: list[SourceCell] = []
    for cell in (nb or {}).get("cells", []):
        tags = tuple(cell.get("metadata", {}).get("tags", ()))
        if cell.get("cell_type") == "markdown":
            texts.append(SourceCell("markdown", joined(cell.get("source", "")), tags))
        for output in cell.get("outputs", []):
            data = output.get("data") or {}
            if isinstance(data.get(ABOUT), Mapping):
                stated.update(data[ABOUT])
            if "text/markdown" in data:
                texts.append(SourceCell("markdown", joined(data["text/markdown"]), tags))
    title = stated.get("title")
    period = stated.get("period")
    return {
        "title": title if isinstance(title, str) and title.strip() else title_of([*texts, *cells], default),
        "as_of": str(stated["as_of"]) if stated.get("as_of") else NOT_STATED,
        "period": period if isinstance(period, str | list) and period else None,
        "glance": _tiles(stated.get("glance")),
    }


def _tiles(stated: object) -> list[dict[str, str]]:
    """The figures at a glance; what a notebook of somebody else calls so may be anything."""
    names = ("label", "value", "note")
    tiles = [tile for tile in stated if isinstance(tile, Mapping)] if isinstance(stated, list) else []
    return [{name: scrub(str(tile.get(name, ""))) for name in names} for tile in tiles]


def footer(made: Mapping[str, Any]) -> dict[str, Any]:
    """Return what the foot of the page says, out of the record. Nothing in it changes between equal renders."""
    git = made["git"] or {}
    data = made["data"] or {}
    return {
        "parameters": {name: value["value"] for name, value in made["parameters"].items()},
        "as_of": made["as_of"],
        "period": made["period"],
        "data_name": data.get("name") or "",
        "data_version": data.get("version") or "",
        "data_hash": str(made["key_parts"].get("data", ""))[:12] if made["data"] else "",
        "commit": str(git.get("commit") or "")[:12],
        "modified": bool(git.get("modified")),
        "versions": made["versions"],
        "json": f"{made['slug']}{'' if made['state'] == 'ok' else '.failed'}.json",
    }


def page_title(made: Mapping[str, Any]) -> str:
    """Return the title of the page: the report, the parameters that differ, and the as-of date.

    Examples
    --------
    >>> page_title({"title": "Trend", "as_of": "2026-01-01", "parameters": {
    ...     "district": {"value": "Aghdam", "default": "all"}}})
    'Trend: district Aghdam (as of 2026-01-01)'
    """
    differing = differing_values(made, "{} {}")
    text = f"{made['title']}: {differing}" if differing else str(made["title"])
    return f"{text} (as of {made['as_of']})" if made["as_of"] != NOT_STATED else text


def differing_values(made: Mapping[str, Any], form: str = "{}: {}") -> str:
    """Return the parameters of a record that differ from their defaults, in words."""
    values = made.get("parameters") or {}
    return ", ".join(form.format(n, shown(v["value"])) for n, v in values.items() if v["value"] != v["default"])


def reason(error: Mapping[str, Any]) -> str:
    """Return in one line why a report failed, as the page, the index and the terminal say it.

    Examples
    --------
    >>> reason({"kind": "cell", "cell": 7, "line": 3, "ename": "KeyError", "evalue": "'x'"})
    "cell 7, line 3: KeyError: 'x'"
    >>> reason({"kind": "timeout", "cell": 2, "line": None, "ename": "TimeoutError", "evalue": "not done in 9 s"})
    'timeout, cell 2: not done in 9 s'
    """
    kind = str(error.get("kind") or "cell")
    places = [] if kind == "cell" else [kind]
    places += [f"{word} {error[word]}" for word in ("cell", "line") if error.get(word) is not None]
    told = str(error.get("evalue") or "")[:2000].strip().split("\n")
    first = told[0]
    if error.get("ename") == "DataError" and len(told) > 1:
        first = f"{first}: {told[1].strip()} (minestats check)"
    first = first if len(first) <= 300 else f"{first[:300]} [...]"
    name = error.get("ename") if kind in ("cell", "export", "did not start") else ""
    return ": ".join(filter(None, (", ".join(places) or "cell", name, first)))


def shown(value: object) -> str:
    """Return a parameter's value as people read it.

    Examples
    --------
    >>> shown(["a", "b"]), shown(True), shown("")
    ('a, b', 'yes', '(empty)')
    """
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list):
        return ", ".join(map(shown, value)) or "(none)"
    return "(empty)" if value is None or value == "" else str(value)


def scrub(text: str) -> str:
    """Return a text without the folders of this machine and the user's name: each path keeps its last part.

    Examples
    --------
    >>> scrub("File /home/someone/mines/trend.py, line 3; see https://example.org/a/b")
    'File trend.py, line 3; see https://example.org/a/b'
    >>> scrub("/tmp/ipykernel_4242/123.py:1: UserWarning")
    '<cell>:1: UserWarning'
    """
    # what stands between two colours is looked at by itself: a code ends in a letter, and a path follows no letter
    return "".join(part if place % 2 else _scrub(part) for place, part in enumerate(_COLOUR.split(text)))


def _scrub(text: str) -> str:
    if "/" not in text and "\\" not in text:
        return text
    if "ipykernel_" in text:  # the file that a cell is compiled from
        text = _WORD.sub(lambda word: "<cell>" * len(_CELL_FILE.findall(word[0])) + _CELL_FILE.split(word[0])[-1], text)
    return _PATH.sub("", text)


@lru_cache(maxsize=16)
def _read(path: Path, content: bytes) -> NotebookSource:
    """The notebook, read once for all its reports, as long as its content stays the same."""
    return read_notebook(path)


@lru_cache(maxsize=64)
def git_state(notebook: Path, stamp: float) -> dict[str, Any] | None:
    """Commit of the repository that keeps the notebook, and whether tracked files differ; None without one.

    Asked once in a process for each notebook of a call, whose `stamp` it is.
    """
    settings = {**os.environ, "GIT_OPTIONAL_LOCKS": "0", "LC_ALL": "C"}
    asked = (
        ["ls-files", "--error-unmatch", "--", notebook.name],
        ["status", "--porcelain=v2", "--branch", "--untracked-files=no"],
    )
    said = ""
    for words in asked:
        command = ["git", "-C", str(notebook.parent), *words]
        try:
            done = subprocess.run(
                command, capture_output=True, timeout=10, env=settings, stdin=subprocess.DEVNULL, check=True
            )
        except (OSError, subprocess.SubprocessError):
            return None
        said = done.stdout.decode(errors="replace")
    commit = re.search(r"^# branch\.oid ([0-9a-f]+)$", said, re.MULTILINE)
    return {"commit": commit[1], "modified": re.search(r"^[^#]", said, re.MULTILINE) is not None} if commit else None


DATA_FOLDER = "(data folder)"
_MODEL = re.compile(r"(?<![0-9a-f])[0-9a-f]{32}(?![0-9a-f])")
_CELL_METADATA = ("execution", "papermill", "collapsed", "ExecuteTime")


def normalise(nb: Any, folder: Path | None = None) -> Any:
    """Return a normalised copy of an executed notebook, of the same type as given (a mapping works too).

    Where a text that it shows names the notebook's folder, the last part is kept; the home of the user goes.

    Examples
    --------
    >>> book = {"cells": [{"cell_type": "code", "id": "f00", "metadata": {"execution": {"x": 1}}, "source": "1",
    ...     "execution_count": 1, "outputs": []}], "metadata": {}, "nbformat": 4, "nbformat_minor": 5}
    >>> normalise(book)["cells"][0]["id"], normalise(book)["cells"][0]["metadata"]
    ('cell-1', {})
    """
    made = copy.deepcopy(nb)
    folders = _folders(folder)
    for number, cell in enumerate(made["cells"], 1):
        cell["id"] = f"cell-{number}"
        metadata = cell.setdefault("metadata", {})
        for name in _CELL_METADATA:
            metadata.pop(name, None)
        if "injected-parameters" in metadata.get("tags", []):
            given = rf'\1"{DATA_FOLDER}"'
            cell["source"] = re.sub(r"(?m)^(data\s*=\s*).*$", given, joined(cell.get("source", "")))
        if cell.get("outputs"):
            cell["outputs"] = list(in_one(cell["outputs"]))
        for output in cell.get("outputs", []):
            _scrub_output(output, folders)
    made["nbformat"], made["nbformat_minor"] = 4, 5
    about = made.setdefault("metadata", {})
    run = about.pop("papermill", None) or {}
    if values := run.get("parameters"):
        about["papermill"] = {"parameters": {**values, **({"data": DATA_FOLDER} if "data" in values else {})}}
    about.get("language_info", {}).pop("version", None)
    about.pop("signature", None)
    return _number_widgets(made)


def in_one(outputs: Iterable[Any]) -> Iterator[Any]:
    """Outputs with neighbouring pieces of one stream joined: how they were cut is chance.

    nbconvert's own preprocessor also resolves carriage returns, in a time that grows with the square of a line.
    """
    for name, group in itertools.groupby(outputs, lambda output: output.get("name")):
        if name is None:
            yield from group
        else:
            pieces = list(group)
            first = copy.copy(pieces[0])
            first["text"] = "".join(joined(piece.get("text", "")) for piece in pieces)
            yield first


def notebook_bytes(nb: Mapping[str, Any]) -> bytes:
    """Return a notebook as the bytes of its file, as Jupyter writes them: sorted names, one space, a last newline."""
    import nbformat

    return (nbformat.v4.writes(nbformat.from_dict(nb)) + "\n").encode("utf-8", "replace")


_ADDRESS = re.compile(r"(?<=[\w>]) at 0x[0-9a-f]{6,16}\b")  # of an object in the memory of one run
# what a Styler, an animation or a map calls itself anew in each run
_MADE = re.compile(r"T_[0-9a-f]{5}(?![0-9a-f])|[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}|[0-9a-f]{32}")
_OWN_ID = re.compile(rf"""\bid=["']?[\w-]*?({_MADE.pattern})""")
_SVG_ID = re.compile(r"\b[a-z]{1,4}[0-9a-f]{10}\b")


def _folders(folder: Path | None) -> re.Pattern[str]:
    """Where on this machine a notebook lies, as far as the last part, and where the user is at home."""
    found = []
    if folder is not None and len(folder.parts) > 2:
        found.append(re.escape(f"{folder.parent}{os.sep}") + rf"(?={re.escape(folder.name)}(?!\w))")
    if len((home := Path.home()).parts) > 2:
        found.append(re.escape(str(home)) + rf"(?:{re.escape(os.sep)}|(?![\w-]))")
    return re.compile(rf"(?<![\w/.-])(?:{'|'.join(found)})" if found else "(?!)")


def _scrub_output(output: dict[str, Any], folders: re.Pattern[str]) -> None:
    errors = output.get("output_type") == "error" or output.get("name") == "stderr"

    def without_place(text: object) -> str:
        plain = _ADDRESS.sub("", joined(text))
        return scrub(plain) if errors else folders.sub("", plain)

    if output.get("text"):
        output["text"] = without_place(output["text"])
    data = output.get("data") or {}
    for kind, content in data.items():
        if kind in ("text/plain", "text/html", "text/markdown"):
            content = without_place(content)
            data[kind] = _numbered(content, _MADE, _OWN_ID.findall(content), "T_{:05}")
        elif kind == "image/svg+xml":
            content = joined(content)
            data[kind] = _numbered(content, _SVG_ID, _SVG_ID.findall(content), "x{:010}")
    if "traceback" in output:
        output["traceback"] = [without_place(line) for line in output["traceback"]]
        output["evalue"] = without_place(str(output.get("evalue", "")))


def _numbered(content: str, made: re.Pattern[str], names: Iterable[str], form: str) -> str:
    """Replace names made by chance with numbers, in the order in which they first stand."""
    numbers = {name: form.format(number) for number, name in enumerate(dict.fromkeys(names), 1)}
    return made.sub(lambda found: numbers.get(found[0], found[0]), content) if numbers else content


def _number_widgets(made: dict[str, Any]) -> dict[str, Any]:
    """Widgets have random names; give them numbers in the order in which they stand."""
    text = json.dumps(made, sort_keys=True)
    if "widget" not in text:
        return made
    states = (made["metadata"].get("widgets") or {}).get("application/vnd.jupyter.widget-state+json") or {}
    names = re.findall(r'"model_id": "([0-9a-f]{32})"', text)
    names += [name for name in (states.get("state") or {}) if _MODEL.fullmatch(name)]
    names += re.findall(r"IPY_MODEL_([0-9a-f]{32})", text)
    kind: Any = type(made)
    return json.loads(_numbered(text, _MODEL, names, "{:032x}"), object_hook=kind) if names else made
