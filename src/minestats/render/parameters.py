"""Parameters of a report: what a notebook declares, and whether the values given suit it.

A notebook declares its parameters in one cell tagged `parameters`, one statement a line, with a type, a default and
a comment that ends in the limits:

    district: str = "all"  # district to report on [choices: all, districts.district]
    since: str = "2020-11-10"  # first day counted [date]
    until: str = ""  # last day counted; empty: as far as the data go [date; optional]
    level: float = 0.95  # confidence level [range: 0.5 to 0.999]

papermill warns about a misspelt name and passes any value. Here names, types, choices, ranges and dates are checked
before any kernel starts, all errors of a call come together, and only values that differ from the defaults are
injected.

What papermill takes is taken: an import, a computed default or a dict stays as it is, and cannot be set.
"""

from __future__ import annotations

import ast
import contextlib
import csv
import datetime as dt
import io
import json
import math
import os
import re
import tokenize
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from minestats.errors import ParameterError, did_you_mean, fold, listed, nearest
from minestats.render.source import Source, read_source, title_of

DATA = "data"


class Together(list[str]):
    """What is wrong with a call: when the block ends, all of it is raised together, one line each, each once.

    Examples
    --------
    >>> with Together() as wrong:
    ...     wrong.append("a")
    ...     with wrong.also("in b: "):
    ...         raise ParameterError("c")
    Traceback (most recent call last):
    minestats.errors.ParameterError: a
    in b: c
    """

    def __enter__(self) -> Together:
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        if kind is None and self:
            raise ParameterError("\n".join(dict.fromkeys(self)))

    @contextlib.contextmanager
    def also(self, before: str = "") -> Iterator[None]:
        """Take in the errors of a block."""
        try:
            yield
        except Wrong as error:
            self.append(f"{before}{error} [declared]")
        except ParameterError as error:
            self.extend(before + line for line in str(error).splitlines())


@dataclass(frozen=True)
class NotebookSource(Source):
    """A notebook as text, with the parameters that it declares and its title."""

    parameters: dict[str, Parameter] = field(default_factory=dict)
    title: str = ""
    tagged: bool = True

    @property
    def name(self) -> str:
        """The report's name: the file's name without its ending."""
        return self.path.stem

    @property
    def hint(self) -> str:
        """The command that shows its parameters."""
        from minestats.files import bundle_dir

        if (bundle_dir("notebooks") / f"{self.name}.py").is_file():
            return f"minestats list {self.name}"
        near = os.path.relpath(self.path)
        return f"minestats list {self.path if near.startswith('..') else './' + near}"

    @property
    def takes_data(self) -> bool:
        """Whether the renderer sets the notebook's `data` parameter, the folder of the data package."""
        data = self.parameters.get(DATA)
        return data is not None and data.kind == "str" and not (data.is_list or data.choices or data.choices_from)


def read_notebook(path: str | Path) -> NotebookSource:
    """Read what a notebook declares, without running it or importing a notebook library.

    Raises
    ------
    ParameterError
        It is no notebook, has two cells tagged `parameters`, or one that cannot be read.
    """
    source = read_source(path)
    tagged = [cell for cell in source.cells if cell.cell_type == "code" and "parameters" in cell.tags]
    if len(tagged) > 1:
        raise ParameterError(
            f"{source.path.name}: {len(tagged)} cells are tagged 'parameters'; keep one tag [declared]"
        )
    parameters: dict[str, Parameter] = {}
    if tagged and source.language.lower() in ("python", ""):
        try:
            parameters = declared(tagged[0].source)
        except ParameterError as error:
            raise ParameterError(f"{source.path.name}: {error}") from error
    title = title_of(source.cells, source.path.stem)
    return NotebookSource(source.path, source.cells, source.language, parameters, title, bool(tagged))


def resolve(
    notebook: NotebookSource, given: Mapping[str, Any], data_dir: str | Path | None = None, *, as_text: bool = False
) -> dict[str, Any]:
    """Check the values given against what the notebook declares, and fill in the defaults.

    Parameters
    ----------
    notebook : NotebookSource
        What `read_notebook` returned.
    given : mapping of str to object
        Values by name. `Text` is read as typed on the command line.
    data_dir : path, optional
        Folder whose CSV tables hold the choices.
    as_text : bool
        Whether every text is read as typed on the command line.

    Returns
    -------
    dict of str to object
        JSON values of all parameters but the `data` folder, in the order of the cell.

    Raises
    ------
    ParameterError
        A name, type, date, choice or range is wrong. All errors come together, one a line.

    Notes
    -----
    Only the values given are compared with the choices that stand in the data, so that a default holds for every
    data folder.
    """

    report = notebook.name
    values: dict[str, Any] = {}
    with Together() as wrong:
        for name in given:
            if name == DATA and notebook.takes_data:
                wrong.append(f"{report}: the data folder is given by --data, not as a parameter [parameter-data]")
            elif name not in notebook.parameters:
                wrong.append(f"{report}: {_unknown_name(notebook, str(name))}")
        for name, parameter in notebook.parameters.items():
            if name == DATA and notebook.takes_data:
                continue
            if parameter.fixed:
                if name in given:
                    wrong.append(f"{report}: {name} cannot be set, as {parameter.fixed} [parameter-fixed]")
            elif name not in given:
                values[name] = parameter.default
            else:
                value = Text(given[name]) if as_text and isinstance(given[name], str) else given[name]
                before = f"{report}: {name} {_quoted(value)} "
                try:
                    values[name] = checked(parameter, value, data_dir)
                except Wrong as error:
                    wrong.append(f"{before}{error} ({notebook.hint}) [{error.code}]")
                except ParameterError as error:
                    wrong.append(f"{report}: {error}")
    return values


def differing(notebook: NotebookSource, values: Mapping[str, Any]) -> dict[str, Any]:
    """Return the values that differ from the defaults, in the order of the cell."""
    return {
        name: values[name]
        for name, parameter in notebook.parameters.items()
        if name in values and not _same(values[name], parameter.default)
    }


def assignments(texts: Iterable[str]) -> dict[str, Text]:
    """Read NAME=VALUE texts of the command line; a name given twice is an error.

    Examples
    --------
    >>> assignments(["district=Aghdam", "level=0.9"])
    {'district': 'Aghdam', 'level': '0.9'}
    >>> assignments(["level=0.9", "level=0.8"])
    Traceback (most recent call last):
    minestats.errors.ParameterError: parameter 'level' is given twice [twice]
    """
    found: dict[str, Text] = {}
    with Together() as wrong:
        for text in texts:
            name, equals, value = text.partition("=")
            if not equals or not name.isidentifier():
                wrong.append(f"parameter '{text}' must be written NAME=VALUE [parameter-form]")
            elif name in found:
                wrong.append(f"parameter '{name}' is given twice [twice]")
            else:
                found[name] = Text(value)
    return found


def column_values(data_dir: str | Path, column: str) -> dict[str, set[str]]:
    """Return the values of "table.column" of the data, in the order of the table, each once, empty ones dropped.

    With each come its other spellings, where the table has a column of aliases.

    Raises
    ------
    ParameterError
        The table or the column is missing.
    """
    table, _, name = column.partition(".")
    path = Path(data_dir) / f"{table}.csv"
    found: dict[str, set[str]] = {}
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            rows = csv.DictReader(file)
            if name not in (rows.fieldnames or []):
                raise ParameterError(
                    f"the choices of {column} are not there: {path.name} has no column '{name}' [choices]"
                )
            for row in rows:
                if row[name]:
                    aliases = (row.get("aliases") or "").split(";")
                    found.setdefault(row[name], set()).update(fold(alias) for alias in aliases if alias)
    except FileNotFoundError:
        raise ParameterError(f"the choices of {column} are not there: no file {path} [choices]") from None
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise ParameterError(f"{path} cannot be read: {error} [choices]") from error
    return found


def _unknown_name(notebook: NotebookSource, name: str) -> str:
    if not notebook.tagged:
        return f"parameter '{name}' is not known: no cell of the notebook is tagged 'parameters' [parameter-unknown]"
    if not notebook.parameters:
        return f"parameter '{name}' is not known: the notebook declares none [parameter-unknown]"
    hint = did_you_mean(name, notebook.parameters, otherwise=f"the report has {listed(notebook.parameters)}")
    return f"parameter '{name}' is not known; {hint} ({notebook.hint}) [parameter-unknown]"


def _quoted(value: object) -> str:
    text = f"'{value}'" if isinstance(value, str) else repr(value)
    return text if len(text) <= 80 else text[:76] + "...'"


def _same(a: object, b: object) -> bool:
    return type(a) is type(b) and a == b


_BRACKETS = re.compile(r"\[([^\[\]]*)\]\s*$")
_COLUMN = re.compile(r"([A-Za-z_]\w*)\.([A-Za-z_]\w*)")
_LIMITS = ("choices", "range", "date", "optional")


@dataclass(frozen=True)
class Parameter:
    """One declared parameter.

    Parameters
    ----------
    name : str
        Its name, a Python identifier.
    kind : str
        "str", "int", "float", "bool" or "date" (a text YYYY-MM-DD); of the items, where `is_list`.
    default : object
        The literal of the cell, as a JSON value.
    comment : str
        What it means, without the limits.
    choices : tuple
        Values allowed beside those of `choices_from`; empty: any.
    choices_from : str or None
        "table.column" of the data whose values are allowed too.
    low, high : object
        Closed limits, or None.
    optional : bool
        Whether empty ("" or None) is allowed.
    is_list : bool
        Whether it takes a list.
    line : int
        Line in the cell, from 1.
    fixed : str
        Why it cannot be set from outside, empty where it can; its default is then the text of the cell.

    Examples
    --------
    >>> declared("level: float = 0.95  # confidence level [range: 0.5 to 0.999]")["level"].high
    0.999
    """

    name: str
    kind: str
    default: object
    comment: str = ""
    choices: tuple = ()
    choices_from: str | None = None
    low: Any = None
    high: Any = None
    optional: bool = False
    is_list: bool = False
    line: int = 1
    fixed: str = ""

    @property
    def type_text(self) -> str:
        """The type as people read it: "date", "list of int"."""
        return f"list of {self.kind}" if self.is_list else self.kind

    @property
    def limits_text(self) -> str:
        """The limits as people read them."""
        parts = [f"cannot be set: {self.fixed}"] if self.fixed else []
        if self.choices or self.choices_from:
            words = [str(choice) for choice in self.choices]
            parts.append("one of " + ", ".join([*words, *([self.choices_from] if self.choices_from else [])]))
        if self.low is not None or self.high is not None:
            low = "" if self.low is None else f"from {self.low}"
            high = "" if self.high is None else f"to {self.high}"
            parts.append(f"{low} {high}".strip())
        if self.optional:
            parts.append("may be empty")
        return "; ".join(parts)


def declared(source: str) -> dict[str, Parameter]:
    """Read the text of a parameters cell.

    Returns
    -------
    dict of str to Parameter
        In the order of the cell.

    Raises
    ------
    ParameterError
        A typed line breaks its own limits, or two statements stand on one line. All lines are named.

    Examples
    --------
    >>> p = declared('until: str = ""  # last day counted [date; optional]')["until"]
    >>> p.kind, p.optional, p.comment
    ('date', True, 'last day counted')
    >>> declared("n = 1 + 1")["n"].fixed
    'its default is no text, number, date, true or false, or list of these'
    """
    source = re.sub(r"^(?=[ \t]*[%!])", "#", source, flags=re.MULTILINE)  # commands of IPython
    try:
        tree = ast.parse(source)
    except (SyntaxError, ValueError) as error:
        line = getattr(error, "lineno", 1)
        raise ParameterError(f"parameters cell, line {line}: not plain Python ({error.args[0]}) [declared]") from error
    comments = {
        token.start[0]: token.string
        for token in tokenize.generate_tokens(io.StringIO(source).readline)
        if token.type == tokenize.COMMENT
    }
    found: dict[str, Parameter] = {}
    lines: set[int] = set()
    wrong = Together()
    for node in tree.body:
        if isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name) and node.value is not None:
            name, annotation, value = node.target.id, ast.get_source_segment(source, node.annotation) or "", node.value
        elif isinstance(node, ast.Assign) and len(node.targets) == 1 and isinstance(node.targets[0], ast.Name):
            name, annotation, value = node.targets[0].id, "", node.value
        else:
            continue  # an import, a docstring: part of the cell, and no parameter
        with wrong.also(f"parameters cell, line {node.lineno}: "):
            if node.lineno in lines:
                raise Wrong("write one statement per line")
            lines.update(range(node.lineno, (node.end_lineno or node.lineno) + 1))
            if name in found:
                raise Wrong(f"'{name}' is declared twice")
            comment = comments.get(node.end_lineno or 0, "")
            try:
                found[name] = _statement(name, annotation, value, node.lineno, comment)
            except _Fixed as reason:
                text = ast.get_source_segment(source, value) or ""
                found[name] = Parameter(
                    name, annotation or "value", text, comment.lstrip("# "), line=node.lineno, fixed=str(reason)
                )
    with wrong:
        return found


class _Fixed(Exception):
    """The parameter is taken as it stands, and cannot be set from outside; its text is the reason."""


def _statement(name: str, annotation: str, value: ast.expr, line: int, comment: str) -> Parameter:
    try:
        default = plain(ast.literal_eval(value))
    except (Wrong, ValueError, TypeError, SyntaxError):
        raise _Fixed("its default is no text, number, date, true or false, or list of these") from None
    kind, is_list, optional = _type(annotation, default)
    meaning, limits = _limits(name, comment.lstrip("#").strip())
    if "date" in limits:
        if kind != "str":
            raise Wrong(f"'{name}' is a date, so its type must be str")
        kind = "date"
    choices, column = _choices(name, limits.get("choices", ""), kind)
    low, high = _range(name, limits.get("range", ""), kind)
    optional = optional or "optional" in limits
    parameter = Parameter(name, kind, default, meaning, choices, column, low, high, optional, is_list, line)
    with _of(f"the default {default!r} of '{name}'"):
        return replace(parameter, default=checked(parameter, default))


@contextlib.contextmanager
def _of(what: str) -> Iterator[None]:
    """Say of what a value is wrong."""
    try:
        yield
    except Wrong as error:
        raise Wrong(f"{what} {error}") from None


_OPTIONAL = re.compile(r"(?:typing\.)?Optional\[(.+)\]|(.+?)\s*\|\s*None|None\s*\|\s*(.+)")
_LIST = re.compile(r"(?:typing\.)?[Ll]ist(?:\[\s*(\w+)\s*\])?")


def _type(annotation: str, default: object) -> tuple[str, bool, bool]:
    """Kind, whether it is a list, and whether it may be None."""
    stated = annotation.strip().strip("'\"")
    optional = _OPTIONAL.fullmatch(stated)
    if optional:
        stated = next(filter(None, optional.groups())).strip()
    several = _LIST.fullmatch(stated)
    kind = (several.group(1) or "") if several else stated
    if not kind:
        items = default if isinstance(default, list) else [default]
        kinds = {type(item).__name__ for item in items} or {"str"}
        kind = kinds.pop() if len(kinds) == 1 else ""
    if kind not in ("str", "int", "float", "bool"):
        form = "str | None" if default is None else "str, int, float, bool, or list[...] of one of these"
        raise _Fixed(f"its type is not known; give it one in the notebook: {form}")
    is_list = bool(several) or (not stated and isinstance(default, list))
    return kind, is_list, bool(optional) or default is None


def _limits(name: str, comment: str) -> tuple[str, dict[str, str]]:
    """The meaning in a comment, and the limits in the brackets at its end."""
    brackets = _BRACKETS.search(comment)
    parts = [part.strip() for part in brackets.group(1).split(";") if part.strip()] if brackets else []
    if brackets is None or not any(":" in part or nearest(part, _LIMITS) for part in parts):
        return comment, {}
    limits: dict[str, str] = {}
    for part in parts:
        word = part.partition(":")[0].strip()
        if word not in _LIMITS or (word in ("choices", "range")) != (":" in part):
            others = [limit for limit in _LIMITS if limit != word]
            hint = did_you_mean(word, others, otherwise=f"allowed are {listed(_LIMITS)}")
            raise Wrong(f"the limit [{part}] of '{name}' is not known; {hint}")
        if word in limits:
            raise Wrong(f"the limit '{word}' of '{name}' is given twice")
        limits[word] = part.partition(":")[2].strip()
    return comment[: brackets.start()].strip(), limits


def _choices(name: str, text: str, kind: str) -> tuple[tuple, str | None]:
    words = [word.strip() for word in text.split(",") if word.strip()]
    columns = [word for word in words if kind in ("str", "date") and _COLUMN.fullmatch(word)]
    if len(columns) > 1:
        raise Wrong(f"'{name}' takes its choices from one table.column only, not {listed(columns)}")
    with _of(f"a choice of '{name}'"):
        values = tuple(from_text(word, kind) for word in words if word not in columns)
    return values, columns[0] if columns else None


def _range(name: str, text: str, kind: str) -> tuple[Any, Any]:
    if not text:
        return None, None
    if kind not in ("int", "float", "date"):
        raise Wrong(f"'{name}' has a range, so it must be a number or a date")
    found = re.fullmatch(r"(\S+)?\s*\bto\b\s*(\S+)?", text)
    if not found:
        raise Wrong(f"the range of '{name}' must be written 'LOW to HIGH', not '{text}'")
    with _of(f"an end of the range of '{name}'"):
        low, high = (None if end is None else from_text(end, kind) for end in found.groups())
    if low is not None and high is not None and low > high:
        raise Wrong(f"the range of '{name}' goes from high to low")
    return low, high


def checked(parameter: Parameter, value: object, data_dir: str | Path | None = None) -> object:
    """Return one value of a parameter as a JSON value; without data, choices that stand in them are not asked."""
    if parameter.optional and (value is None or (isinstance(value, str) and value == "")):
        if parameter.is_list:
            return []
        return "" if parameter.kind in ("str", "date") and parameter.default is not None else None
    if value is None:
        raise Wrong("must not be empty", "parameter-empty")
    if not parameter.is_list:
        return _one(parameter, value, data_dir)
    items = items_from_text(value) if isinstance(value, Text) else plain(value)
    if not isinstance(items, list):
        raise Wrong(f"is not a list of {parameter.kind}")
    return [_one(parameter, item, data_dir) for item in items]


def _one(parameter: Parameter, value: Any, data_dir: str | Path | None) -> object:
    read = from_text if isinstance(value, Text) else from_python
    if parameter.kind == "date" and isinstance(value, str) and value == "":
        raise Wrong("must not be empty: a date (YYYY-MM-DD)", "parameter-empty")
    value = read(value, parameter.kind)
    column = parameter.choices_from
    asked = data_dir is not None if column else bool(parameter.choices)
    if asked and value not in parameter.choices:
        more = column_values(data_dir, column) if column and data_dir is not None else {}
        if value not in more:
            allowed, folded = [*map(str, parameter.choices), *more], fold(str(value))
            other = next((name for name, spellings in more.items() if folded in spellings), str(value))
            hint = did_you_mean(other, allowed, otherwise=f"allowed are {listed(allowed)}")
            raise Wrong(f"is not known; {hint}", "parameter-choice")
    low, high = parameter.low, parameter.high
    if (low is not None and value < low) or (high is not None and value > high):
        raise Wrong(f"is out of range: {parameter.limits_text}", "parameter-range")
    return value


def _text(text: str) -> str:
    text.encode("utf-8")
    return text


def _finite(text: str) -> float:
    if not math.isfinite(float(text)):
        raise ValueError
    return float(text)


# how a value of a kind is typed, read, and called; the types of Python that it may have, and how that is called
_KINDS: dict[str, tuple[str, Callable[[str], Any], str, tuple[type, ...], str]] = {
    "str": (r"[^\0]*", _text, "Unicode text without NUL characters", (), "a text (str)"),
    "int": (r"[+-]?[0-9]{1,400}", int, "a whole number (digits and a sign)", (int,), "a whole number (int)"),
    "float": (
        r"[+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]+)?",
        _finite,
        "a finite number (with a decimal point)",
        (int, float),
        "a number (float)",
    ),
    "bool": (
        r"(?i:true|yes|1|false|no|0)",
        lambda text: text.lower() in ("true", "yes", "1"),
        "one of true, false, yes, no, 1, 0",
        (bool,),
        "true or false (bool)",
    ),
    "date": (
        r"[0-9]{4}-[0-9]{2}-[0-9]{2}",
        lambda text: dt.date.fromisoformat(text).isoformat(),
        "a day of the calendar (YYYY-MM-DD)",
        (),
        "a date (YYYY-MM-DD)",
    ),
}


class Wrong(Exception):
    """Why a value cannot be one of the kind asked for; the code under which the reference explains it."""

    def __init__(self, said: str, code: str = "parameter-kind"):
        super().__init__(said)
        self.code = code


class Text(str):
    """A text as typed on the command line, still to be read by the type of its parameter."""

    __slots__ = ()


def from_text(text: str, kind: str) -> Any:
    """Read one text as a value of the kind.

    Examples
    --------
    >>> from_text("007", "str"), from_text("007", "int"), from_text("no", "bool")
    ('007', 7, False)
    >>> from_text("2.0", "int")
    Traceback (most recent call last):
    minestats.render.parameters.Wrong: is not a whole number (digits and a sign)
    """
    form, read, called, _types, _called = _KINDS[kind]
    if re.fullmatch(form, text):
        with contextlib.suppress(ValueError):
            return read(str(text))
    raise Wrong(f"is not {called}")


def items_from_text(text: str) -> list[object]:
    """Split a list typed on the command line: JSON in square brackets, else by commas.

    The items of a JSON list that are no texts stay what they are; the others are still to be read.

    Examples
    --------
    >>> items_from_text("a, b"), items_from_text('["a, b", 2]'), items_from_text("")
    (['a', 'b'], ['a, b', 2], [])
    """
    if text.lstrip().startswith("["):
        try:
            return json.loads(text)
        except ValueError as error:
            raise Wrong(f"is not a JSON list ({error})") from error
    return [Text(part.strip()) for part in text.split(",")] if text.strip() else []


def from_python(value: Any, kind: str) -> Any:
    """Bring a Python value (date, Timestamp, numpy scalar, path) to a JSON value of the kind.

    Examples
    --------
    >>> import datetime
    >>> from_python(datetime.date(2022, 12, 14), "date")
    '2022-12-14'
    >>> from_python(True, "int")
    Traceback (most recent call last):
    minestats.render.parameters.Wrong: is not a whole number (int)
    """
    value = plain(value)
    if kind in ("str", "date") and isinstance(value, str):
        return from_text(value, kind)
    types, called = _KINDS[kind][3:]
    if type(value) not in types:
        raise Wrong(f"is not {called}")
    return float(value) if kind == "float" else value


def plain(value: Any) -> object:
    """Bring one value to None, bool, int, float, str or a list of these; NaN, sets and mappings are refused.

    Examples
    --------
    >>> plain((1, 2))
    [1, 2]
    >>> plain({1})
    Traceback (most recent call last):
    minestats.render.parameters.Wrong: is a set; give a list
    """
    if value is None or type(value) in (bool, int):
        return value
    if isinstance(value, str):
        return str(value)
    module, name = type(value).__module__, type(value).__name__
    if name in ("NaTType", "NAType") or str(value) == "NaT":
        raise Wrong("is missing; leave the parameter out, or give None")
    if module.startswith("numpy"):
        if name == "datetime64":
            if len(str(value)) < 10:
                raise Wrong("is not one day")
            value = value.astype("datetime64[us]")
        return plain([*value] if name == "ndarray" else value.item())
    if isinstance(value, float):
        if not math.isfinite(value):
            raise Wrong("is not a finite number")
        return float(value)
    if isinstance(value, dt.datetime):
        if value.timetz() != dt.time():
            raise Wrong("has a time of day or a time zone; give the calendar day")
        value = value.date()
    if isinstance(value, dt.date):
        return value.isoformat()
    if isinstance(value, int):
        return int(value)
    if isinstance(value, os.PathLike):
        return os.fspath(value)
    if isinstance(value, list | tuple | range):
        return [plain(item) for item in value]
    if isinstance(value, set | frozenset):
        raise Wrong("is a set; give a list")
    raise Wrong(f"is a {name}; give a text, number, date, true/false, or a list of these")
