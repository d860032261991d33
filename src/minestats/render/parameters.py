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
"""

from __future__ import annotations

import csv
import os
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from minestats.errors import ParameterError, fold, listed, nearest
from minestats.render.declared import Parameter, Text, Wrong, checked, declared, not_among
from minestats.render.source import SourceCell, read_source, title_of

DATA = "data"


@dataclass(frozen=True)
class NotebookSource:
    """A notebook as text: cells, declared parameters, title, language of its prose, kernelspec metadata."""

    path: Path
    cells: list[SourceCell]
    parameters: dict[str, Parameter]
    title: str
    language: str = "en"
    metadata: dict[str, object] | None = None
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
        raise ParameterError(f"{source.path.name}: {len(tagged)} cells are tagged 'parameters'; keep the tag on one")
    spec = source.metadata.get("kernelspec")
    kernel = str(spec.get("language", "python")) if isinstance(spec, dict) else "python"
    parameters: dict[str, Parameter] = {}
    if tagged and kernel.lower() in ("python", ""):
        try:
            parameters = declared(tagged[0].source)
        except ParameterError as error:
            raise ParameterError(f"{source.path.name}: {error}") from error
    lang = str(source.metadata.get("lang", "en"))
    return NotebookSource(
        source.path,
        source.cells,
        parameters,
        title_of(source.cells, source.path.stem),
        lang if re.fullmatch(r"[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})*", lang) else "en",
        source.metadata,
        bool(tagged),
    )


def resolve(
    notebook: NotebookSource, given: Mapping[str, object], data_dir: str | Path | None = None, *, as_text: bool = False
) -> dict[str, object]:
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

    def known(parameter: Parameter, value: object) -> None:
        column = parameter.choices_from
        not_among(parameter, value, _column(data_dir, column) if column else {})

    report = notebook.name
    wrong: list[str] = []
    values: dict[str, object] = {}
    for name in given:
        if name == DATA and notebook.takes_data:
            wrong.append(f"{report}: the data folder is given by --data, not as a parameter")
        elif name not in notebook.parameters:
            wrong.append(f"{report}: {_unknown_name(notebook, str(name))}")
    for name, parameter in notebook.parameters.items():
        if name == DATA and notebook.takes_data:
            continue
        if parameter.fixed:
            if name in given:
                wrong.append(f"{report}: {name} cannot be set, as {parameter.fixed}")
            continue
        if name not in given:
            values[name] = parameter.default
            continue
        value = given[name]
        try:
            text = Text(value) if as_text and isinstance(value, str) else value
            values[name] = checked(parameter, text, known if data_dir is not None else None)
        except Wrong as error:
            wrong.append(f"{report}: {name} {_quoted(value)} {error} ({notebook.hint})")
        except ParameterError as error:
            wrong.append(f"{report}: {error}")
    if wrong:
        raise ParameterError("\n".join(wrong))
    return values


def differing(notebook: NotebookSource, values: Mapping[str, object]) -> dict[str, object]:
    """Return the values that differ from the defaults, in the order of the cell."""
    return {
        name: values[name]
        for name, parameter in notebook.parameters.items()
        if name in values and not _same(values[name], parameter.default)
    }


def column_values(data_dir: str | Path, column: str) -> list[str]:
    """Return the values of "table.column" of the data, in the order of the table, each once, empty ones dropped.

    Raises
    ------
    ParameterError
        The table or the column is missing.
    """
    return list(_column(data_dir, column))


def assignments(texts: Iterable[str]) -> dict[str, Text]:
    """Read NAME=VALUE texts of the command line; a name given twice is an error.

    Examples
    --------
    >>> assignments(["district=Aghdam", "level=0.9"])
    {'district': 'Aghdam', 'level': '0.9'}
    >>> assignments(["level=0.9", "level=0.8"])
    Traceback (most recent call last):
    minestats.errors.ParameterError: parameter 'level' is given twice
    """
    found: dict[str, Text] = {}
    wrong = []
    for text in texts:
        name, equals, value = text.partition("=")
        if not equals or not name.isidentifier():
            wrong.append(f"parameter '{text}' must be written NAME=VALUE")
        elif name in found:
            wrong.append(f"parameter '{name}' is given twice")
        else:
            found[name] = Text(value)
    if wrong:
        raise ParameterError("\n".join(wrong))
    return found


def _column(data_dir: str | Path, column: str) -> dict[str, set[str]]:
    """Values of a column with other spellings of each, where the table has a column of aliases."""
    table, _, name = column.partition(".")
    path = Path(data_dir) / f"{table}.csv"
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            rows = csv.DictReader(file)
            if name not in (rows.fieldnames or []):
                raise ParameterError(f"the choices of {column} are not there: {path.name} has no column '{name}'")
            found: dict[str, set[str]] = {}
            for row in rows:
                if row[name]:
                    aliases = (row.get("aliases") or "").split(";")
                    found.setdefault(row[name], set()).update(fold(alias) for alias in aliases if alias)
    except FileNotFoundError:
        raise ParameterError(f"the choices of {column} are not there: no file {path}") from None
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise ParameterError(f"{path} cannot be read: {error}") from error
    return found


def _unknown_name(notebook: NotebookSource, name: str) -> str:
    if not notebook.tagged:
        return f"parameter '{name}' is not known: no cell of the notebook is tagged 'parameters'"
    if not notebook.parameters:
        return f"parameter '{name}' is not known: the notebook declares none"
    guess = nearest(name, notebook.parameters)
    hint = f"did you mean '{guess}'?" if guess else f"the report has {listed(notebook.parameters)}"
    return f"parameter '{name}' is not known; {hint} ({notebook.hint})"


def _quoted(value: object) -> str:
    text = f"'{value}'" if isinstance(value, str) else repr(value)
    return text if len(text) <= 80 else text[:76] + "...'"


def _same(a: object, b: object) -> bool:
    return type(a) is type(b) and a == b
