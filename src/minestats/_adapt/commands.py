"""What `minestats convert` and `minestats new` do, as plain functions."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

from minestats.errors import ParameterError
from minestats.schema import TABLES

HERE = Path(__file__).resolve().parent
PLAN = """# What `minestats render --plan plan.toml` makes. Paths are relative to this file.

data = "."
out = "reports"

[[report]]
notebook = "trend"

[[report]]
notebook = "casualty_rates"

[[report]]
notebook = "demining_progress"

[[report]]
notebook = "sources"

# One report for each district of the data:
# [[report]]
# notebook = "trend"
# by = "district"
"""


def convert_command(
    file: str | Path, mapping: str | Path, out: str | Path, *, say: Callable[[str], None] = print
) -> int:
    """Convert a register into a data folder; write nothing unless all of it is valid.

    Parameters
    ----------
    file, mapping, out : str or Path
        The register, its mapping file and the folder to write to (made where it does not exist).
    say : callable
        Takes each line of the account: repairs, warnings, rows dropped, expectations, files written.

    Returns
    -------
    int
        0. What stops the work is raised: `ParameterError` (exit status 2), `DataError` (1).
    """
    from minestats._adapt.build import convert_register
    from minestats._adapt.folder import write_conversion
    from minestats._adapt.mapping import read_mapping

    file, mapping, out = Path(file), Path(mapping), Path(out)
    checked = read_mapping(mapping)
    if not file.is_file():
        raise ParameterError(f"'{file}' is no file; give the register's file.")
    conversion = convert_register(file, checked)
    report = conversion.report
    for severity in ("repair", "warning"):
        for item in conversion.findings.items:
            if item.severity == severity:
                say(f"{severity}: {item.said}")
    for item in report["expectations"]:
        say(f"expected: {item['label']}: {item['quantity']} {item['published']:,} published, {item['here']:,} here")
    say(f"{report['file']}: {report['rows_read']:,} rows read, {report['table_rows']:,} rows of {report['table']} made")
    write_conversion(conversion, out, mapping, say)
    return 0


def new_command(directory: str | Path, *, say: Callable[[str], None] = print) -> int:
    """Make a folder to start from: empty tables, `datapackage.json`, a mapping with every key explained, and a plan.

    Parameters
    ----------
    directory : str or Path
        A folder that is empty or does not exist.

    Returns
    -------
    int
        0. Raises `ParameterError` (exit status 2) where the folder is not empty.
    """
    from minestats._package import FILE, resource

    folder = Path(directory)
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise ParameterError(f"'{folder}' is not an empty folder; give one that is empty or does not exist.")
    folder.mkdir(parents=True, exist_ok=True)
    resources = []
    for name, table in TABLES.items():
        header = [column.name for column in table.columns if not column.optional]
        path = folder / f"{name}.csv"
        path.write_text(",".join(header) + "\n", encoding="utf-8")
        resources.append(resource(table, path, {}, header))
    name = "".join(c if c.isalnum() and c.isascii() else "-" for c in folder.resolve().name.lower()).strip("-")
    package = {
        "$schema": "https://datapackage.org/profiles/2.0/datapackage.json",
        "name": name or "landmines",
        "title": "Landmines",
        "description": "Registers converted to the tables of minestats by the mappings beside this file.",
        "minestats": {"country": "", "in_country": "", "place": "district", "places": "districts", "notes": []},
        "resources": resources,
    }
    (folder / FILE).write_text(json.dumps(package, ensure_ascii=False, indent=2) + "\n", encoding="utf-8")
    (folder / "mapping.toml").write_text((HERE / "mapping.toml").read_text(encoding="utf-8"), encoding="utf-8")
    (folder / "plan.toml").write_text(PLAN, encoding="utf-8")
    say(f"{folder}: empty tables, {FILE}, mapping.toml and plan.toml")
    say(f"Next: edit {folder / 'mapping.toml'}, then")
    say(f"  minestats convert REGISTER --mapping {folder / 'mapping.toml'} --out {folder}")
    say(f"  minestats check {folder}")
    say(f"  minestats render --data {folder}")
    return 0
