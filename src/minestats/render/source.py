"""What a notebook says before anything is run: its tags, its parameters cell and its title, looked up in the text.

A notebook is a percent script (`.py`) or a Jupyter file (`.ipynb`). To refuse a wrong parameter before any
kernel starts, and to tell in a moment whether a report is up to date, both are looked at here with the standard
library alone. This is a look and no more: which cells run, and which lines of a script are commands, jupytext says
(`to_run`).
"""

from __future__ import annotations

import ast
import io
import json
import re
import tokenize
from dataclasses import dataclass
from functools import lru_cache
from html import unescape
from pathlib import Path
from typing import Any

from minestats.errors import ParameterError

_MARKER = re.compile(r"^\s*#\s?%%(?:%*)(?:\s(.*))?$")
_TYPE = re.compile(r"\[(markdown|md|raw|code)\]")
_QUOTES = re.compile(r"^[rR]?(\"\"\"|''')")
_LANGUAGE = re.compile(r"^ +language: *['\"]?(\w+)", re.MULTILINE)
_OTHER_FORMAT = re.compile(r"^# (?:\+|<codecell>|In\[[0-9 ]*\]|region\b|\{\{\{)|^#\s+format_name: ", re.MULTILINE)
_FENCED = re.compile(r"^ {0,3}(```+|~~~+)[^`\n]*\n.*?(?:^ {0,3}\1|\Z)", re.MULTILINE | re.DOTALL)
_HEAD = re.compile(
    r"^#[ \t]+(\S.{0,299})|^(\S.{0,299})\n=+[ \t]*$|<h1\b[^<>]{0,200}>(.{1,300}?)</h1>", re.MULTILINE | re.IGNORECASE
)
ENDINGS = (".py", ".ipynb", ".md", ".Rmd")
REMOVED = {"remove-cell", "remove_cell"}  # tags of cells that no page shows


@dataclass(frozen=True)
class SourceCell:
    """One cell: its type ("code", "markdown", "raw"), its text and its tags."""

    cell_type: str
    source: str
    tags: tuple[str, ...] = ()


@dataclass(frozen=True)
class Source:
    """The cells of a notebook and the language of its kernel, empty where it is not stated."""

    path: Path
    cells: list[SourceCell]
    language: str = ""


def read_source(path: str | Path) -> Source:
    """Read the cells of a notebook, a percent script or a Jupyter file, without running or importing anything.

    Raises
    ------
    ParameterError
        There is no such file, it is no notebook, or it is not UTF-8.

    Examples
    --------
    >>> read_source("nowhere.py")
    Traceback (most recent call last):
    minestats.errors.ParameterError: nowhere.py: there is no such notebook [not-there]
    """
    path = Path(path)
    try:
        text = _text(path.read_bytes())
    except FileNotFoundError:
        raise ParameterError(f"{path}: there is no such notebook [not-there]") from None
    except UnicodeDecodeError as error:
        raise ParameterError(
            f"{path}: not UTF-8 text (byte {error.start}); save the notebook as UTF-8 [no-notebook]"
        ) from error
    except OSError as error:
        raise ParameterError(f"{path}: cannot be read ({error.strerror}) [no-notebook]") from error
    if path.suffix == ".ipynb":
        return _from_json(path, text)
    if path.suffix == ".py":
        return _from_script(path, text)
    if path.suffix in ENDINGS:
        return _as_run(path, text)
    raise ParameterError(f"{path}: a notebook ends in .py (percent script), .ipynb, .md or .Rmd [no-notebook]")


def joined(text: Any) -> str:
    """Return a text that may be kept as a list of its lines."""
    return text if isinstance(text, str) else "".join(map(str, text))


def _text(content: bytes) -> str:
    return content.decode("utf-8-sig").replace("\r\n", "\n")


@lru_cache(maxsize=16)
def to_run(path: Path, content: bytes) -> Any:
    """Return the notebook that a file is, as jupytext reads it; read once for all its reports, so copy it."""
    import jupytext
    from nbformat import from_dict
    from nbformat.validator import NotebookValidationError

    text = _text(content)
    if path.suffix != ".ipynb":
        try:
            return jupytext.reads(text, fmt=path.suffix[1:])
        except NotebookValidationError:  # a kernelspec without all its names: those of the header are kept as they are
            lines = text.split("\n")
            import yaml

            header, start = _header(lines)
            book = jupytext.reads("\n".join(lines[start:]), fmt="py")
            metadata = yaml.safe_load(header)["jupyter"]
            book.metadata.update(from_dict({name: metadata[name] for name in metadata if name != "jupytext"}))
            return book
    book = json.loads(text)
    for cell in book["cells"]:  # nbformat would refuse some notebooks that Jupyter opens
        cell["source"] = joined(cell["source"])
        cell["metadata"] = cell.get("metadata") or {}
    return from_dict({"cells": book["cells"], "metadata": book.get("metadata") or {}})


def title_of(cells: list[SourceCell], default: str) -> str:
    """Return the first top heading of the Markdown cells, without its markup.

    Examples
    --------
    >>> title_of([SourceCell("markdown", "# Trend of *incidents*")], "trend")
    'Trend of incidents'
    >>> title_of([], "trend")
    'trend'
    """
    for cell in cells:
        if cell.cell_type == "markdown" and not REMOVED.intersection(cell.tags):
            found = _HEAD.search(_FENCED.sub("", cell.source))
            if found:
                words = next(filter(None, found.groups())).rstrip("# \t")
                return unescape(re.sub(r"[*_`]|\[([^\]]*)\]\([^)]*\)|<[^<>]*>", r"\1", words)).strip()
    return default


def _from_json(path: Path, text: str) -> Source:
    try:
        book = json.loads(text)
        known = int(book.get("nbformat", 0)) >= 4
        tagged = [((cell.get("metadata") or {}).get("tags") or [], cell) for cell in (book["cells"] if known else ())]
        cells = [SourceCell(cell["cell_type"], joined(cell["source"]), tuple(map(str, tags))) for tags, cell in tagged]
        spec = (book.get("metadata") or {}).get("kernelspec")
        language = str(spec.get("language", "")) if isinstance(spec, dict) else ""
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise ParameterError(f"{path}: not a Jupyter notebook ({error}) [no-notebook]") from error
    if not known:
        raise ParameterError(f"{path}: notebook format older than 4; open and save it in Jupyter [no-notebook]")
    return Source(path, cells, language)


def _from_script(path: Path, text: str) -> Source:
    lines = text.split("\n")
    header, start = _header(lines)
    named = _LANGUAGE.search(header)
    quoted = _quoted_lines(text)
    found = ((i, _MARKER.match(lines[i])) for i in range(start, len(lines)) if i + 1 not in quoted)
    options = {i: mark.group(1) or "" for i, mark in found if mark}
    marks = list(options)
    form = re.search(r"^\s+format_name: (\w+)", header, re.MULTILINE)
    if (form and form.group(1) not in ("percent", "hydrogen")) or (not marks and _OTHER_FORMAT.search(text)):
        return _as_run(path, text)
    if not marks:
        raise ParameterError(
            f"{path}: no cell found; a percent script marks each cell with a line '# %%' [no-notebook]"
        )
    if any(line.strip() for line in lines[start : marks[0]]):
        marks.insert(0, start - 1)  # what stands before the first mark is a cell of code
    cells = []
    for mark, end in zip(marks, [*marks[1:], len(lines)], strict=True):
        option = options.get(mark, "")
        kind = _TYPE.search(option)
        stated = kind.group(1) if kind else "code"
        source = "\n".join(lines[mark + 1 : end]) if stated == "code" else _uncomment(lines[mark + 1 : end])
        cells.append(SourceCell("markdown" if stated == "md" else stated, source.rstrip("\n"), _tags(option)))
    return Source(path, cells, named.group(1) if named else "")


def _as_run(path: Path, text: str) -> Source:
    """A form that is not looked up here."""
    book = to_run(path, text.encode())
    cells = [SourceCell(cell.cell_type, cell.source, tuple(cell.metadata.get("tags", ()))) for cell in book.cells]
    return Source(path, cells, (book.metadata.get("kernelspec") or {}).get("language", ""))


def _header(lines: list[str]) -> tuple[str, int]:
    """The header in YAML, without its comment signs, and the line that the cells start on."""
    start = 1 if lines and lines[0].startswith("#!") else 0
    if start >= len(lines) or lines[start].strip() != "# ---":
        return "", start
    end = next((i for i in range(start + 1, len(lines)) if lines[i].strip() == "# ---"), None)
    if end is None:
        return "", start
    following = end + 1 + (end + 1 < len(lines) and lines[end + 1] == "")
    return "\n".join(line[2:] for line in lines[start + 1 : end]), following


def _quoted_lines(text: str) -> set[int]:
    """Lines inside a string of several lines, where '# %%' marks no cell."""
    inside: set[int] = set()
    try:
        for token in tokenize.generate_tokens(io.StringIO(text).readline):
            if token.type == tokenize.STRING and token.end[0] > token.start[0]:
                inside.update(range(token.start[0] + 1, token.end[0] + 1))
    except tokenize.TokenError as error:
        words, place = error.args
        if "multi-line string" in words or "triple-quoted" in words:  # it goes on to the end of the file
            inside.update(range(place[0] + 1, text.count("\n") + 2))
    except SyntaxError:
        pass
    return inside


def _uncomment(lines: list[str]) -> str:
    text = "\n".join(lines)
    quotes = _QUOTES.match(text)
    if quotes and text.rstrip().endswith(quotes.group(1)):
        inner = text.rstrip()[quotes.end() : -3]
        return inner.removeprefix("\n").removesuffix("\n")
    return "\n".join(re.sub(r"^#[ ]?", "", line) for line in lines)


def _tags(option: str) -> tuple[str, ...]:
    found = re.search(r"[\"']?tags[\"']?\s*[=:]\s*(\[[^\]]*\]|\"[^\"]*\"|'[^']*')", option)
    if not found:
        return ()
    try:
        value = ast.literal_eval(found.group(1))
    except (ValueError, SyntaxError):
        return ()
    return tuple(value.split(",")) if isinstance(value, str) else tuple(map(str, value))
