"""What goes wrong, in words that name the value, the place, what is allowed and the remedy.

Every error that minestats raises on purpose is a `MinestatsError`, and so a `ValueError`. There are two
kinds: `ParameterError` (the call is wrong: an argument, its type, its range) and `DataError` (the data are
wrong or not enough). The parts of a data error are attributes too, so that a program can act on them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from difflib import get_close_matches
from functools import wraps
from importlib import import_module
from inspect import Parameter, signature
from typing import Any, ParamSpec, TypeVar
from unicodedata import category, combining, normalize

P = ParamSpec("P")
T = TypeVar("T")


class MinestatsError(ValueError):
    """The root of all errors that minestats raises on purpose.

    Examples
    --------
    >>> issubclass(DataError, MinestatsError) and issubclass(MinestatsError, ValueError)
    True
    """


class ParameterError(MinestatsError):
    """An argument is wrong: its name, type, range, or a word that is not among those allowed.

    Examples
    --------
    >>> raise ParameterError("`count` must be 0 or more, not -1.")
    Traceback (most recent call last):
    minestats.errors.ParameterError: `count` must be 0 or more, not -1.
    """


def coded(words: str, code: str) -> str:
    """Return what is said with the code of its rule, under which the reference explains it.

    Examples
    --------
    >>> coded("the file is empty", "file-blank")
    'the file is empty [file-blank]'
    """
    return f"{words} [{code}]" if code else words


@dataclass(frozen=True)
class Problem:
    """One thing wrong with one cell, row or file, and what to do about it.

    Parameters
    ----------
    table : str
        Table or file that the problem is in.
    row : int or None
        Line of the file as a spreadsheet numbers it (the header is 1); None for the whole table.
    column : str
        Column concerned; empty for the whole row.
    value : str
        The value found, as printed in the file.
    rule : str
        What is required.
    remedy : str
        What to do.
    row_id : str
        Key of the row, where it has one.
    severity : str
        "error" (the data cannot be used), "warning" (they can, and a reader should know) or "repair"
        (mended, as said).
    code : str
        Short name of the rule, under which the reference explains it; printed in brackets.

    Examples
    --------
    >>> print(Problem("incidents", 4, "killed", "-1", "0 or more", "correct it", "inc-7", code="cell-low"))
    incidents, row 4 (inc-7), column 'killed': '-1': 0 or more; correct it [cell-low]
    """

    table: str
    row: int | None
    column: str
    value: str
    rule: str
    remedy: str
    row_id: str = ""
    severity: str = "error"
    code: str = ""

    def __str__(self) -> str:
        where = self.table
        if self.row is not None:
            where += f", row {self.row}"
        if self.row_id:
            where += f" ({self.row_id})"
        if self.column:
            where += f", column '{self.column}'"
        said = f" {self.value!r}:" if self.value != "" else ""
        remedy = f"; {self.remedy}" if self.remedy else ""
        return coded(f"{where}:{said} {self.rule}{remedy}", self.code)


@dataclass
class DataError(MinestatsError):
    """The data are wrong, or not enough for what was asked.

    Parameters
    ----------
    message : str
        One sentence; the problems follow it, one a line.
    problems : list of Problem
        Everything that is wrong, not only the first thing.

    Examples
    --------
    >>> error = DataError("2 problems", [Problem("incidents", 4, "killed", "-1", "0 or more", "correct it")])
    >>> error.problems[0].row
    4
    """

    message: str
    problems: list[Problem] = field(default_factory=list)

    shown = 20

    def __str__(self) -> str:
        lines = [self.message, *(f"  {problem}" for problem in self.problems[: self.shown])]
        if len(self.problems) > self.shown:
            lines.append(f"  ... and {len(self.problems) - self.shown} more")
        return "\n".join(lines)

    def __reduce__(self):
        return (type(self), (self.message, self.problems))


def by_name(function: Callable[P, T]) -> Callable[P, T]:
    """Make a function say which name an argument needs that was given by its place.

    Only the data are positional; `incidence(table, "month")` otherwise fails with a count of arguments.

    Examples
    --------
    >>> @by_name
    ... def counted(table, *, interval):
    ...     return interval
    >>> counted([], "month")
    Traceback (most recent call last):
    minestats.errors.ParameterError: counted: give 'month' by its name: interval='month'.
    """
    kinds = [(p.name, p.kind) for p in signature(function).parameters.values()]
    places = [name for name, kind in kinds if kind is not Parameter.KEYWORD_ONLY]
    names = [name for name, kind in kinds if kind is Parameter.KEYWORD_ONLY]

    @wraps(function)
    def named(*args: P.args, **kwargs: P.kwargs) -> T:
        if len(args) > len(places):
            stray = args[len(places)]
            shown = repr(stray) if isinstance(stray, str | int | float) else type(stray).__name__
            raise ParameterError(
                f"{function.__name__}: give {shown} by its name: {names[0]}={shown}."
                if names[0] not in kwargs
                else f"{function.__name__}: give {shown} by its name, one of {listed(names)}."
            )
        return function(*args, **kwargs)

    return named


class MinestatsWarning(UserWarning):
    """Something that is allowed but probably not meant, such as an exposure in the wrong unit.

    Examples
    --------
    >>> issubclass(MinestatsWarning, UserWarning)
    True
    """


# one letter with two signs: the Arabic and the Persian ye and kaf
LETTERS = str.maketrans("يىك", "ییک")


def fold(text: str) -> str:
    """Return a text without case, accents, doubled blanks and invisible signs, for comparing names.

    Examples
    --------
    >>> fold("  Ağdam ") == fold("AGDAM")
    True
    >>> fold("Xocalı")
    'xocali'
    >>> fold("\\u200fNor\\u00adth") == fold("north")
    True
    """
    plain = "".join(c for c in normalize("NFKD", text).translate(LETTERS) if not combining(c))
    if not plain.isascii():
        plain = "".join(c for c in plain if category(c) != "Cf")  # signs without width: marks of direction, joiners
    return " ".join(plain.casefold().replace("ı", "i").replace("ə", "a").split())


def nearest(word: str, allowed: Iterable[str]) -> str | None:
    """Return the allowed word that looks most like the given one, or None where none does.

    Case and accents are ignored when comparing.

    Examples
    --------
    >>> nearest("Agdm", ["Aghdam", "Agdam", "Lachin"])
    'Agdam'
    >>> nearest("xyz", ["Aghdam"]) is None
    True
    """
    by_fold: dict[str, str] = {}
    for candidate in allowed:
        by_fold.setdefault(fold(str(candidate)), str(candidate))
    found = get_close_matches(fold(str(word)), by_fold, n=1, cutoff=0.6)
    return by_fold[found[0]] if found else None


def did_you_mean(word: str, allowed: Iterable[str], *, before: str = "", otherwise: str = "") -> str:
    """Return "did you mean '...'?" for the nearest allowed word, after `before`; `otherwise` where none is near.

    Examples
    --------
    >>> did_you_mean("Agdm", ["Aghdam", "Agdam"], before="; ")
    "; did you mean 'Agdam'?"
    >>> did_you_mean("xyz", ["Aghdam"], before="; ", otherwise=".")
    '.'
    """
    guess = nearest(word, allowed)
    return f"{before}did you mean '{guess}'?" if guess else otherwise


def listed(words: Iterable[str], most: int = 12) -> str:
    """Return the words quoted and separated by commas, cut where there are many.

    Examples
    --------
    >>> listed(["day", "week"])
    "'day', 'week'"
    >>> listed("abcd", most=2)
    "'a', 'b' and 2 more"
    """
    words = [str(word) for word in words]
    text = ", ".join(f"'{word}'" for word in words[:most])
    return text if len(words) <= most else f"{text} and {len(words) - most} more"


def check_choice(name: str, value: object, allowed: Iterable[str]) -> str:
    """Return `value` if it is one of the allowed words, else raise a `ParameterError` that lists them.

    Examples
    --------
    >>> check_choice("interval", "day", ["day", "week"])
    'day'
    >>> check_choice("interval", "weak", ["day", "week"])
    Traceback (most recent call last):
    minestats.errors.ParameterError: `interval` must be one of 'day', 'week', not 'weak'; did you mean 'week'?
    >>> check_choice("interval", "M", ["week", "month"])
    Traceback (most recent call last):
    minestats.errors.ParameterError: `interval` must be one of 'week', 'month', not 'M'; did you mean 'month'?
    """
    allowed = list(allowed)
    if isinstance(value, str) and value in allowed:
        return value
    word = value if isinstance(value, str) else ""
    if len(word) in (1, 2):  # the letters of pandas: "M", "ME", "Q"
        alike = [choice for choice in allowed if choice.startswith(word[0].lower())]
        word = alike[0] if len(alike) == 1 else word
    hint = did_you_mean(word, allowed, before="; ", otherwise=".")
    raise ParameterError(f"`{name}` must be one of {listed(allowed, 40)}, not {value!r}{hint}")


def extra(module: str, what: str, name: str) -> Any:
    """Return a module that comes with an extra of the package, or say how to install it.

    Examples
    --------
    >>> extra("no_such_module", "writing runes", "runes")
    Traceback (most recent call last):
    minestats.errors.ParameterError: writing runes needs no_such_module: pip install 'minestats[runes]'. [extra]
    """
    try:
        return import_module(module)
    except ImportError as error:
        package = module.partition(".")[0]
        raise ParameterError(f"{what} needs {package}: pip install 'minestats[{name}]'. [extra]") from error
