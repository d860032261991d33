"""The executed notebook without what changes from run to run: the same inputs give the same bytes.

Ids of cells come from their position; times, durations and paths of the run go; widgets are numbered. What a cell
shows stays as it is, but for the folders of this machine in warnings and tracebacks.
"""

from __future__ import annotations

import copy
import json
import re
from collections.abc import Mapping

from minestats.render.provenance import scrub

DATA_FOLDER = "(data folder)"
_MODEL = re.compile(r"(?<![0-9a-f])[0-9a-f]{32}(?![0-9a-f])")
_CELL_METADATA = ("execution", "papermill", "collapsed", "ExecuteTime")


def normalise(nb: Mapping[str, object]) -> dict[str, object]:
    """Return a normalised copy of an executed notebook, of the same type as given (a mapping works too).

    Examples
    --------
    >>> book = {"cells": [{"cell_type": "code", "id": "f00", "metadata": {"execution": {"x": 1}}, "source": "1",
    ...     "execution_count": 1, "outputs": []}], "metadata": {}, "nbformat": 4, "nbformat_minor": 5}
    >>> normalise(book)["cells"][0]["id"], normalise(book)["cells"][0]["metadata"]
    ('cell-1', {})
    """
    made = copy.deepcopy(nb)
    for number, cell in enumerate(made["cells"], 1):
        cell["id"] = f"cell-{number}"
        metadata = cell.setdefault("metadata", {})
        for name in _CELL_METADATA:
            metadata.pop(name, None)
        if "injected-parameters" in metadata.get("tags", []):
            cell["source"] = _without_folder(_joined(cell.get("source", "")))
        for output in cell.get("outputs", []):
            _scrub_output(output)
    made["nbformat"], made["nbformat_minor"] = 4, 5
    about = made.setdefault("metadata", {})
    run = about.pop("papermill", None) or {}
    given = {name: DATA_FOLDER if name == "data" else value for name, value in (run.get("parameters") or {}).items()}
    if given:
        about["papermill"] = {"parameters": given}
    about.get("language_info", {}).pop("version", None)
    about.pop("signature", None)
    return _number_widgets(made)


def dumps(nb: Mapping[str, object]) -> bytes:
    """Return a notebook as the bytes of its file, as Jupyter writes them: sorted names, one space, a last newline."""
    made = copy.deepcopy(nb)
    for cell in made["cells"]:
        cell["source"] = _lines(cell.get("source", ""))
        for output in cell.get("outputs", []):
            if "text" in output:
                output["text"] = _lines(output["text"])
            for kind, content in (output.get("data") or {}).items():
                if isinstance(content, str) and not kind.endswith("json"):
                    output["data"][kind] = _lines(content) if kind != "image/png" and kind != "image/jpeg" else content
    text = json.dumps(made, indent=1, sort_keys=True, ensure_ascii=False, separators=(",", ": "))
    return (text + "\n").encode("utf-8", "replace")


_ADDRESS = re.compile(r"(?<=[\w>]) at 0x[0-9a-f]{6,16}\b")  # of an object in the memory of one run
_STYLER = re.compile(r"\bT_[0-9a-f]{5}(?=[_\" ]|$)")
_SVG_ID = re.compile(r"\b[a-z]{1,4}[0-9a-f]{10}\b")


def _scrub_output(output: dict[str, object]) -> None:
    if output.get("text"):
        output["text"] = _ADDRESS.sub("", _joined(output["text"]))
    data = output.get("data") or {}
    for kind, content in data.items():  # type: ignore[attr-defined]
        if kind in ("text/plain", "text/html", "text/markdown"):
            content = _ADDRESS.sub("", _joined(content))
            data[kind] = _numbered(content, _STYLER, "T_{:05}") if "T_" in content else content
        elif kind == "image/svg+xml":
            data[kind] = _numbered(_joined(content), _SVG_ID, "x{:010}")
    if "traceback" in output:
        output["traceback"] = [_ADDRESS.sub("", line) for line in output["traceback"]]
        output["evalue"] = _ADDRESS.sub("", str(output.get("evalue", "")))
    if output.get("output_type") == "stream" and output.get("name") == "stderr":
        output["text"] = scrub(_joined(output.get("text", "")))
    elif output.get("output_type") == "error":
        output["traceback"] = [scrub(line) for line in output.get("traceback", [])]  # type: ignore[attr-defined]
        output["evalue"] = scrub(str(output.get("evalue", "")))


def _numbered(content: str, names: re.Pattern[str], form: str) -> str:
    """Replace names made by chance with numbers, in the order in which they first stand."""
    numbers: dict[str, str] = {}
    return names.sub(lambda found: numbers.setdefault(found.group(), form.format(len(numbers) + 1)), content)


def _without_folder(source: str) -> str:
    return re.sub(r"^(data\s*=\s*).*$", rf'\1"{DATA_FOLDER}"', source, flags=re.MULTILINE)


def _number_widgets(made: dict[str, object]) -> dict[str, object]:
    """Widgets have random names; give them numbers in the order in which they stand."""
    text = json.dumps(made, sort_keys=True)
    if "widget" not in text:
        return made
    states = (made["metadata"].get("widgets") or {}).get("application/vnd.jupyter.widget-state+json") or {}  # type: ignore[attr-defined]
    names = dict.fromkeys(re.findall(r'"model_id": "([0-9a-f]{32})"', text))
    names |= dict.fromkeys(name for name in (states.get("state") or {}) if _MODEL.fullmatch(name))
    names |= dict.fromkeys(re.findall(r"IPY_MODEL_([0-9a-f]{32})", text))
    if not names:
        return made
    numbers = {name: f"{number:032x}" for number, name in enumerate(names, 1)}
    return _replaced(made, numbers)


def _replaced(value, numbers: dict[str, str]):
    if isinstance(value, str):
        return _MODEL.sub(lambda m: numbers.get(m.group(0), m.group(0)), value) if len(value) < 100_000 else value
    if isinstance(value, Mapping):
        return type(value)({_replaced(k, numbers): _replaced(v, numbers) for k, v in value.items()})
    if isinstance(value, list):
        return [_replaced(item, numbers) for item in value]
    return value


def _lines(text: object) -> list[str]:
    return _joined(text).splitlines(keepends=True)


def _joined(text: object) -> str:
    return text if isinstance(text, str) else "".join(text)  # type: ignore[arg-type]
