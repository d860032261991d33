"""A plan: a TOML file that says which reports a schedule renders, with which values, from which data.

    data = "data"
    out = "reports"

    [[report]]
    notebook = "trend"
    by = "district"
    parameters = { since = "2022-01-01" }
    inputs = ["borders/*.geojson"]

Paths are relative to the folder of the plan. What the command line says wins.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from minestats.errors import ParameterError, listed, nearest


@dataclass(frozen=True)
class PlanReport:
    """One `[[report]]` of a plan."""

    notebook: str
    by: tuple[str, ...] = ()
    parameters: dict[str, object] = field(default_factory=dict)
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
        raise ParameterError(f"plan {path}: there is no such file") from None
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise ParameterError(f"plan {path}: {error}") from error
    wrong = _unknown_keys(content, ("data", "out", "report"), "")
    folders: dict[str, Path | None] = {}
    for key in ("data", "out"):
        value = content.get(key)
        if value is not None and not (isinstance(value, str) and value):
            wrong.append(f"'{key}' must be a folder")
        folders[key] = path.parent.absolute() / value if isinstance(value, str) and value else None
    reports = content.get("report", [])
    if not isinstance(reports, list) or not all(isinstance(entry, dict) for entry in reports):
        wrong.append("'report' must be written [[report]], once for each")
        reports = []
    made = [_plan_report(entry, number, wrong) for number, entry in enumerate(reports, 1)]
    if not made and not wrong:
        wrong.append("no [[report]] in it")
    if wrong:
        raise ParameterError("\n".join(f"plan {path.name}: {line}" for line in wrong))
    return Plan(path.absolute(), folders["data"], folders["out"], tuple(made))


def _plan_report(entry: dict[str, object], number: int, wrong: list[str]) -> PlanReport:
    where = f"report {number}: "
    wrong += _unknown_keys(entry, ("notebook", "by", "parameters", "inputs"), where)
    notebook = entry.get("notebook", "")
    if not isinstance(notebook, str) or not notebook:
        wrong.append(f"{where}'notebook' is missing: a report name or the path of a notebook")
        notebook = ""
    lists: dict[str, tuple[str, ...]] = {}
    for key in ("by", "inputs"):
        value = entry.get(key, [])
        value = [value] if isinstance(value, str) else value
        if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
            wrong.append(f"{where}'{key}' must be a text or a list of texts")
            value = []
        lists[key] = tuple(dict.fromkeys(value))
    parameters = entry.get("parameters", {})
    if not isinstance(parameters, dict):
        wrong.append(f"{where}'parameters' must be a table of name = value")
        parameters = {}
    return PlanReport(notebook, lists["by"], parameters, lists["inputs"])


def _unknown_keys(table: Mapping[str, object], allowed: Sequence[str], where: str) -> list[str]:
    wrong = []
    for key in table:
        if key not in allowed:
            guess = nearest(key, allowed)
            hint = f"did you mean '{guess}'?" if guess else f"allowed are {listed(allowed)}"
            wrong.append(f"{where}key '{key}' is not known; {hint}")
    return wrong
