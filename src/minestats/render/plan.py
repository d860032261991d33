"""From a call to its tasks: which reports, for which values, under which file names.

`--by district` makes one report for each district of the data; a plan in TOML says the same for a schedule. Each
task is one notebook with one set of checked values and a slug, the name of its files. No value, however odd, can
lead out of the output folder, and two tasks never share a name.

The TOML of a plan is read and checked here too.
"""

from __future__ import annotations

import hashlib
import itertools
import json
import os
import re
import tomllib
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any
from unicodedata import normalize

from minestats.errors import ParameterError, did_you_mean, fold, listed
from minestats.render.parameters import DATA, NotebookSource, Together, column_values, differing, read_notebook, resolve
from minestats.render.source import ENDINGS

_LETTERS = str.maketrans({"ə": "e", "Ə": "E", "ı": "i", "ß": "ss", "ø": "o", "Ø": "O", "ł": "l", "Ł": "L"})
_RESERVED = re.compile(r"(con|prn|aux|nul|com[0-9]|lpt[0-9])(\..*)?", re.IGNORECASE)
LONGEST = 80
SUPPRESS = "suppress"


@dataclass(frozen=True)
class Task:
    """One report to make.

    Parameters
    ----------
    report : str
        Name of the report, its folder in the output.
    notebook : pathlib.Path
        The notebook, absolute.
    values : dict
        All checked values but the `data` folder.
    injected : dict
        What is handed to the notebook: the values that differ from its defaults and, where a data folder is given
        and the notebook takes one, `data`.
    slug : str
        Name of the files, without ending.
    inputs : tuple of str
        Absolute paths of further files that the notebook reads.
    origin : str
        Tells the notebook from another one of its name; set where the output folder is known.
    refused : str
        Why it cannot be made: a value of the plan that is gone from the data. It fails alone.
    """

    report: str
    notebook: Path
    values: dict[str, Any]
    injected: dict[str, Any]
    slug: str
    inputs: tuple[str, ...] = ()
    origin: str = ""
    refused: str = ""

    @property
    def name(self) -> str:
        """The task as messages name it: report/slug."""
        return f"{self.report}/{self.slug}"


def find_reports(names: Sequence[str] | None, bundled_dir: str | Path, base: str | Path = ".") -> dict[str, Path]:
    """Find the notebooks of report names or paths; without names, all that come with the package.

    Parameters
    ----------
    names : sequence of str or None
        A name is looked up in `bundled_dir`; what ends in .py, .ipynb, .md or .Rmd, or holds a separator, is a path.
    bundled_dir : path
        Folder of the notebooks with names.
    base : path
        Folder that relative paths start from.

    Returns
    -------
    dict of str to pathlib.Path
        Report name to absolute path, in the order asked for. Where both exist, the script is taken, not its twin.

    Raises
    ------
    ParameterError
        A name or path is not known, or two notebooks have one name. All errors come together.
    """
    known: dict[str, Path] = {}
    for path in sorted(Path(bundled_dir).glob("*.py")) + sorted(Path(bundled_dir).glob("*.ipynb")):
        if not path.name.startswith(("_", ".")):
            known.setdefault(path.stem, path.absolute())
    if not names:
        if not known:
            raise ParameterError(f"no notebook in {bundled_dir} [not-there]")
        return known
    paths: list[Path] = []
    with Together() as wrong:
        for name in map(str, names):
            if name.endswith(ENDINGS) or "/" in name or "\\" in name:
                paths.append((Path(base) / name).absolute())
                if not paths[-1].is_file():
                    known_by = "`minestats list` shows the reports by name"
                    wrong.append(f"notebook '{name}' is not there; {known_by} [not-there]")
            elif name in known:
                paths.append(known[name])
            else:
                hint = did_you_mean(name, known, otherwise=f"there are {listed(known)}")
                here = next((name + end for end in ENDINGS if (Path(base) / (name + end)).is_file()), "")
                hint = f"'{here}' lies here: give ./{here}" if here else f"{hint} (minestats list)"
                wrong.append(f"report '{name}' is not known; {hint} [report-unknown]")
        wrong += _clashes(paths)
    return {path.stem: path for path in paths}


def tasks(
    reports: Sequence[str] | None = None,
    by: Iterable[str] = (),
    parameters: Mapping[str, Any] | None = None,
    plan: Plan | str | Path | None = None,
    data_dir: str | Path | None = None,
    bundled_dir: str | Path | None = None,
    suppress: int | None = None,
    inputs: Iterable[str] = (),
) -> list[Task]:
    """List the tasks of a call, every value checked, before anything is started.

    Parameters
    ----------
    reports : sequence of str, optional
        Names or paths; where there are none, all of the plan, or all that come with the package and have the
        parameters of the call.
    by : iterable of str
        Parameters to multiply by: the values of their table.column, their listed choices, or true and false.
    parameters : mapping, optional
        Values by name for every report; `values.Text` is read as typed on the command line.
    plan : Plan or path, optional
        What the schedule says; the other arguments win over it.
    data_dir : path, optional
        Data folder; without it that of the plan, then that of the variable MINESTATS_DATA, then the bundled one (and
        the notebooks' own `data` default stays).
    bundled_dir : path, optional
        Folder of the named notebooks; those of the package where there is none.
    suppress : int, optional
        The value of the parameter `suppress` of each report. A report without it is an error, so that nothing is
        shown that was to be withheld, unless a cell is tagged `no-small-counts`.
    inputs : iterable of str
        Patterns of further files that each notebook reads.

    Raises
    ------
    ParameterError
        All errors of the call, one a line.
    """
    from minestats.files import bundle_dir

    bundled = Path(bundled_dir) if bundled_dir is not None else bundle_dir("notebooks")
    plan = read_plan(plan) if isinstance(plan, str | Path) else plan
    by, parameters = tuple(by), dict(parameters or {})
    if data_dir is None and plan is not None:
        data_dir = plan.data
    if data_dir is None:
        data_dir = os.environ.get("MINESTATS_DATA") or None
    if data_dir is not None and not Path(data_dir).is_dir():
        raise ParameterError(f"no data found: there is no folder '{data_dir}' [data-missing]")
    made: list[Task] = []
    with Together() as wrong:
        wrong += [f"parameter '{name}' is given twice to --by [twice]" for name in by if by.count(name) > 1]
        wrong += [f"parameter '{name}' is given both a value and --by [twice]" for name in by if name in parameters]
        if suppress is not None and SUPPRESS in {*parameters, *by}:
            wrong.append("parameter 'suppress' is given both by --suppress and by -p or --by [twice]")
        also = tuple(_inputs(inputs, Path().absolute(), wrong, "--inputs"))
        for path, entry, base in _entries(reports, plan, bundled, wrong, {*by, *parameters}):
            with wrong.also():
                notebook = read_notebook(path)
                small = {} if suppress is None else _suppressed(notebook, suppress)
                made += _tasks_of(notebook, entry, base, dict.fromkeys(by), parameters | small, data_dir, also)
    if made and all(task.refused for task in made):
        raise ParameterError("\n".join(dict.fromkeys(task.refused for task in made)))
    return _named(made)


def slug(values: Mapping[str, Any]) -> str:
    """Return the file name of a report from its values that differ from the defaults.

    ASCII, lower case, at most 80 characters; `default` where nothing differs. A value that is too long, or has no
    letter that ASCII knows, is told apart by six digits of its hash.

    Examples
    --------
    >>> slug({"district": "Ağdərə", "since": "2022-01-01"})
    'district-agdere--since-2022-01-01'
    >>> slug({}), slug({"title": "../../etc/passwd"})
    ('default', 'title-etc-passwd')
    """
    parts = [f"{_ascii(name) or 'p'}-{_word(value) or _digits(value)}" for name, value in values.items()]
    text = "--".join(parts) or "default"
    return text if len(text) <= LONGEST else _shortened(text, dict(values))


def _entries(reports, plan: Plan | None, bundled: Path, wrong: Together, named: set[str]):
    """Notebook path, plan entry and base folder of each report of the call, in order."""
    planned: list[tuple[Path, PlanReport, Path]] = []
    for entry in plan.reports if plan else ():
        with wrong.also(f"plan {plan.path.name if plan else None}: "):
            base = plan.path.parent if plan else Path()
            planned += [(path, entry, base) for path in find_reports([entry.notebook], bundled, base).values()]
    if plan and not reports:
        wrong += _clashes(path for path, _, _ in planned)
        return planned
    asked: dict[str, Path] = {}
    with wrong.also():
        asked = find_reports(reports, bundled)
    if not reports:
        # a notebook to work in is no report, unless it is asked for by name; nor is one without the parameters given
        asked = {name: path for name, path in asked.items() if not _interactive(path)} or asked
        asked = {name: path for name, path in asked.items() if named <= {*read_notebook(path).parameters}} or asked
    chosen = []
    for path in asked.values():
        chosen += [item for item in planned if item[0] == path] or [(path, PlanReport(""), Path())]
    return chosen


def _interactive(path: Path) -> bool:
    """Whether a cell of the notebook is tagged `interactive`."""
    return any("interactive" in cell.tags for cell in read_notebook(path).cells)


def _suppressed(notebook: NotebookSource, below: int) -> dict[str, int]:
    """The parameter that withholds small counts; none where the notebook says that it shows no such counts."""
    if SUPPRESS in notebook.parameters:
        return {SUPPRESS: below}
    if any("no-small-counts" in cell.tags for cell in notebook.cells):
        return {}
    raise ParameterError(
        f"{notebook.name}: --suppress would withhold nothing, as it has no parameter 'suppress'; leave the report out, "
        "let it use the parameter, or tag a cell 'no-small-counts' where it shows no counts by age, sex or settlement"
        " [suppress]"
    )


def _clashes(paths: Iterable[Path]) -> list[str]:
    """What is wrong where two notebooks have one name."""
    seen: dict[str, Path] = {}
    pairs = [(seen.setdefault(fold(path.stem), path), path) for path in paths]
    said = "two notebooks are called '{}': {} and {}; rename one [two-names]"
    return [said.format(b.stem, a, b) for a, b in pairs if a != b]


def _tasks_of(
    notebook: NotebookSource, entry: PlanReport, base: Path, by, parameters, data_dir, also: tuple[str, ...] = ()
) -> list[Task]:
    folder = Path(data_dir) if data_dir is not None else None
    choices = folder if folder is not None else bundled_data()
    given: dict[str, list[object]] = {}
    made = []
    with Together() as wrong:
        multiply = [*(name for name in entry.by if name not in parameters and name not in by), *by]
        for name, value in entry.parameters.items():
            if name in multiply and name not in by:
                wrong.append(f"{notebook.name}: parameter '{name}' is given both a value and `by` in the plan [twice]")
            declared = notebook.parameters.get(name)
            several = isinstance(value, list) and declared is not None and not declared.is_list
            given[name] = value if several else [value]
            if several and not value:
                wrong.append(f"{notebook.name}: the list of values for '{name}' is empty [parameter-empty]")
        given |= {name: [value] for name, value in parameters.items()}
        for name in multiply:
            given.pop(name, None)
            with wrong.also(f"{notebook.name}: --by {name}"):
                given[name] = _values_of(notebook, name, choices)
        inputs = tuple(sorted({*_inputs(entry.inputs, base, wrong, notebook.name), *also}))
        for combination in itertools.product(*given.values()):
            asked, refused = dict(zip(given, combination, strict=True)), ""
            with wrong.also():
                try:
                    values = resolve(notebook, asked, choices)
                except ParameterError as error:
                    if not entry.notebook:
                        raise
                    try:  # a name of the plan that is gone from the data stops no other
                        values, refused = resolve(notebook, asked), str(error)
                    except ParameterError:
                        raise error from None
                made.append(_task(notebook, values, folder, inputs, refused))
    return made


def _task(notebook: NotebookSource, values: dict, folder: Path | None, inputs: tuple[str, ...], refused: str) -> Task:
    injected = differing(notebook, values)
    name, file = _folder(notebook.name), slug(injected)
    if notebook.takes_data and folder is not None:
        injected[DATA] = str(folder.absolute())
        injected = {name: injected[name] for name in notebook.parameters if name in injected}
    return Task(name, notebook.path.absolute(), values, injected, file, inputs, refused=refused)


def _values_of(notebook: NotebookSource, name: str, data_dir: Path | None) -> list[object]:
    """The values that `--by` goes through."""
    parameter = notebook.parameters.get(name)
    if parameter is None or parameter.is_list or (name == DATA and notebook.takes_data):
        others = [p for p in notebook.parameters.values() if p.name != name]
        able = [p.name for p in others if p.choices_from or p.choices or p.kind == "bool"]
        hint = did_you_mean(name, able, before="; ")
        reason = "is not known" if parameter is None else "cannot be gone through"
        raise ParameterError(f" {reason}{hint} ({notebook.hint}) [by]")
    if parameter.choices_from:
        if data_dir is None:
            raise ParameterError(" needs a data folder (--data) [by]")
        try:
            values: list[object] = [*column_values(data_dir, parameter.choices_from)]
        except ParameterError as error:
            raise ParameterError(f": {error}") from error
        if not values:
            raise ParameterError(f": {parameter.choices_from} has no value in the data [by]")
        return values
    if parameter.choices:
        return list(parameter.choices)
    if parameter.kind == "bool":
        return [True, False]
    raise ParameterError(f" cannot be gone through: it has no choices ({notebook.hint}) [by]")


def _inputs(patterns: Iterable[str], base: Path, wrong: Together, report: str) -> list[str]:
    found: set[str] = set()
    for pattern in patterns:
        path = Path(pattern)
        root, rest = (Path(path.anchor), path.relative_to(path.anchor)) if path.is_absolute() else (base, path)
        try:
            matches = [str(match.absolute()) for match in root.glob(str(rest)) if match.is_file()]
        except (ValueError, NotImplementedError) as error:
            wrong.append(f"{report}: inputs '{pattern}': {error} [inputs-nothing]")
            continue
        if not matches:
            wrong.append(f"{report}: inputs '{pattern}' match no file [inputs-nothing]")
        found.update(matches)
    return sorted(found)


def _named(made: Sequence[Task]) -> list[Task]:
    """The tasks, equal ones once, names that differ in case only or not at all told apart."""
    unique: dict[str, Task] = {}
    for task in made:
        unique.setdefault(json.dumps([task.report, str(task.notebook), task.values], sort_keys=True), task)
    names = Counter(task.name.lower() for task in unique.values())
    return [
        replace(task, slug=_shortened(task.slug, task.values)) if names[task.name.lower()] > 1 else task
        for task in unique.values()
    ]


def _shortened(name: str, values: Mapping[str, Any]) -> str:
    return f"{name[: LONGEST - 7].rstrip('-._')}-{_digits(values)}"


def _word(value: object) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if value is None or value == "" or value == []:
        return "none"
    if isinstance(value, list):
        return "-".join(filter(None, map(_word, value)))
    text = str(value)
    return ("minus-" if isinstance(value, int | float) and text.startswith("-") else "") + _ascii(text)


def _ascii(text: str) -> str:
    plain = normalize("NFKD", text.translate(_LETTERS)).encode("ascii", "ignore").decode().lower()
    plain = re.sub(r"(?<![0-9])\.|\.(?![0-9])", "-", plain)
    return re.sub(r"-{2,}", "-", re.sub(r"[^a-z0-9._]+", "-", plain)).strip("-._")


def _folder(name: str) -> str:
    """A report's folder: its name where that is a plain one."""
    plain = name if re.fullmatch(r"[A-Za-z0-9_][A-Za-z0-9._-]{0,79}", name) and not name.endswith(".") else ""
    plain = plain or (_ascii(name)[:72].strip("-._") + "-" + _digits(name)).strip("-")
    return f"report-{plain}" if _RESERVED.fullmatch(plain) else plain


def _digits(value: object) -> str:
    text = json.dumps(value, sort_keys=True, ensure_ascii=False)
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:6]


def bundled_data() -> Path | None:
    """Return the folder of the data that come with the package, None where there is none."""
    from minestats.files import bundle_dir

    try:
        return bundle_dir("data")
    except FileNotFoundError:
        return None


@dataclass(frozen=True)
class PlanReport:
    """One `[[report]]` of a plan."""

    notebook: str
    by: tuple[str, ...] = ()
    parameters: dict[str, Any] = field(default_factory=dict)
    inputs: tuple[str, ...] = ()


@dataclass(frozen=True)
class Plan:
    """A plan as read: data and output folder (absolute, or None) and its reports."""

    path: Path
    data: Path | None = None
    out: Path | None = None
    reports: tuple[PlanReport, ...] = ()


def read_plan(path: str | Path) -> Plan:
    """Read a plan: `data`, `out`, then `[[report]]` with `notebook`, `by`, `parameters`, `inputs`.

    Paths are relative to the folder of the plan.

    Raises
    ------
    ParameterError
        There is no such file, it is no TOML, or a key or type is wrong. All errors of the file come together.
    """
    path = Path(path)
    try:
        content = tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise ParameterError(f"plan {path}: there is no such file [plan-missing]") from None
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise ParameterError(f"plan {path}: {error} [plan-missing]") from error
    made: list[PlanReport] = []
    with Together() as wrong, wrong.also(f"plan {path.name}: "), Together() as mine:
        mine += _unknown_keys(content, ("data", "out", "report"), "")
        reports = content.get("report", [])
        if not isinstance(reports, list) or not all(isinstance(entry, dict) for entry in reports):
            mine.append("'report' must be written [[report]], once for each [plan-value]")
            reports = []
        for key in ("data", "out"):
            if not isinstance(content.get(key, "."), str) or content.get(key) == "":
                mine.append(f"'{key}' must be a folder [plan-value]")
        made = [_plan_report(entry, number, mine) for number, entry in enumerate(reports, 1)]
        if not made and not mine:
            mine.append("no [[report]] in it [plan-value]")
    base = path.parent.absolute()
    data, out = (base / content[key] if key in content else None for key in ("data", "out"))
    return Plan(path.absolute(), data, out, tuple(made))


def _plan_report(entry: dict[str, Any], number: int, wrong: Together) -> PlanReport:
    where = f"report {number}: "
    wrong += _unknown_keys(entry, ("notebook", "by", "parameters", "inputs"), where)
    notebook = entry.get("notebook", "")
    if not isinstance(notebook, str) or not notebook:
        wrong.append(f"{where}'notebook' is missing: a report name or the path of a notebook [plan-value]")
        notebook = ""
    lists: dict[str, tuple[str, ...]] = {}
    for key in ("by", "inputs"):
        value = entry.get(key, [])
        value = [value] if isinstance(value, str) else value
        if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
            wrong.append(f"{where}'{key}' must be a text or a list of texts [plan-value]")
            value = []
        lists[key] = tuple(dict.fromkeys(value))
    parameters = entry.get("parameters", {})
    if not isinstance(parameters, dict):
        wrong.append(f"{where}'parameters' must be a table of name = value [plan-value]")
        parameters = {}
    return PlanReport(notebook, lists["by"], parameters, lists["inputs"])


def _unknown_keys(table: Mapping[str, Any], allowed: Sequence[str], where: str) -> list[str]:
    wrong = []
    for key in table:
        if key not in allowed:
            hint = did_you_mean(key, allowed, otherwise=f"allowed are {listed(allowed)}")
            wrong.append(f"{where}key '{key}' is not known; {hint} [plan-key]")
    return wrong
