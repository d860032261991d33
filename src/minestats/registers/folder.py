"""A converted register in a data folder: beside other registers, in place of its own older edition.

The folder is written whole or not at all: everything is made in a temporary folder beside it, read back by `load`, and
only then moved.
"""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Callable
from pathlib import Path

import pandas as pd

from minestats.data.exports import cells
from minestats.data.loading import load
from minestats.data.package import FILE, SETTINGS, read_package, resource, words_of
from minestats.data.schema import TABLES
from minestats.errors import DataError, ParameterError, Problem, coded
from minestats.files import whole_set
from minestats.registers import expect
from minestats.registers.build import Conversion, convert_register
from minestats.registers.mapping import read_mapping
from minestats.say import slug

RECORD = "conversion.json"
EMPTY = {
    "$schema": "https://datapackage.org/profiles/2.0/datapackage.json",
    "name": "",
    "title": "Landmines",
    "description": "Registers converted to the tables of minestats by the mappings beside this file.",
}


def write_conversion(conversion: Conversion, out: Path, mapping_file: Path, say: Callable[[str], None]) -> None:
    """Write the tables, `datapackage.json`, the mapping and `conversion.json` of a conversion.

    Raises
    ------
    ParameterError
        `out` holds tables without a `datapackage.json`.
    DataError
        What would be written does not load; nothing is then written.
    """
    mapping, report = conversion.mapping, dict(conversion.report)
    inside = mapping_file.resolve().parent == out.resolve()
    report["mapping"] = mapping_file.name if inside else f"{mapping.id}.toml"
    with whole_set(out, say=say) as stage:  # what is there is read under the lock, so that no other run's rows are lost
        existing = _existing(out)
        package = read_package(out) if (out / FILE).is_file() else {}
        record = json.loads((out / RECORD).read_text("utf-8")) if (out / RECORD).is_file() else {"registers": {}}
        report["revised"] = _revised(record["registers"].get(mapping.id), report)
        for line in report["revised"]:
            say(f"warning: {line}")
        record["registers"] = dict(sorted({**record["registers"], mapping.id: report}.items()))
        tables = _merged(existing, conversion)
        for table, frame in tables.items():
            frame.to_csv(stage / f"{table}.csv", index=False, lineterminator="\n", encoding="utf-8")
        if (out / "corrections.yml").is_file():
            shutil.copy(out / "corrections.yml", stage / "corrections.yml")
        _dump(stage / FILE, _package(package, conversion, tables, stage))
        _dump(stage / RECORD, record)
        if not inside:
            (stage / report["mapping"]).write_text(mapping.text, encoding="utf-8")
        _read_back(stage, conversion)
    for table, frame in tables.items():
        say(f"{out / (table + '.csv')}: {len(frame):,} rows")


def _dump(path: Path, content: dict) -> None:
    path.write_text(json.dumps(content, ensure_ascii=False, indent=2) + "\n", encoding="utf-8")


def _read_back(folder: Path, conversion: Conversion) -> None:
    try:
        load(folder)
    except DataError as error:
        raise DataError(
            f"{conversion.report['file']}: the tables made of it break a rule; nothing was written [made]",
            error.problems,
        ) from error


def _existing(out: Path) -> dict[str, pd.DataFrame]:
    if not out.exists():
        return {}
    if not out.is_dir():
        raise ParameterError(f"`out` '{out}' is a file; give a folder. [out-dir]")
    files = {name: out / f"{name}.csv" for name in TABLES}
    there = {name: path for name, path in files.items() if path.is_file()}
    if there and not (out / FILE).is_file():
        raise ParameterError(
            f"`out` '{out}' has tables but no {FILE}; give an empty folder, or one from minestats new. [out-dir]"
        )
    if any((out / f"{name}.parquet").is_file() for name in TABLES):
        raise ParameterError(f"`out` '{out}' has Parquet tables; conversion writes CSV. Give another folder. [out-dir]")
    return {
        name: pd.read_csv(path, dtype="str", keep_default_na=False, encoding="utf-8-sig").astype("string")
        for name, path in there.items()
    }


def _merged(existing: dict[str, pd.DataFrame], conversion: Conversion) -> dict[str, pd.DataFrame]:
    """The folder's tables without the register's older edition, and with the new one."""
    register = conversion.mapping.id
    kept = {
        table: frame[frame["source_id"] != register] if "source_id" in frame else frame
        for table, frame in existing.items()
    }
    new = {table: cells(frame) for table, frame in conversion.tables.items()}
    if "districts" in kept:
        old, made = (tables["districts"].set_index("district") for tables in (kept, new))
        if "sources" in existing and register in existing["sources"]["source_id"].tolist():
            old = old[old.index.isin(_districts_of(kept))]
        # a district of both keeps what either says of it
        both = made.mask(made == "").combine_first(existing["districts"].set_index("district")).fillna("")
        new["districts"] = both[both.index.isin(made.index)].reset_index(names="district")
        kept["districts"] = old[~old.index.isin(made.index)].reset_index()
    result = {}
    for table, schema in TABLES.items():
        parts = [frame for frame in (kept.get(table), new.get(table)) if frame is not None]
        if not parts:
            continue
        joined = pd.concat(parts, ignore_index=True).fillna("") if len(parts) > 1 else parts[0].reset_index(drop=True)
        said = {name for name in joined if (joined[name] != "").any()}
        columns = [column.name for column in schema.columns if not column.optional or column.name in said]
        result[table] = joined.reindex(columns=columns, fill_value="")
        if table in ("sources", "districts"):
            result[table] = result[table].sort_values(columns[0], ignore_index=True, kind="stable")
    return result


def _districts_of(tables: dict[str, pd.DataFrame]) -> set[str]:
    """The districts that rows of the tables name."""
    facts = [frame for table, frame in tables.items() if table != "districts"]
    told = [frame[name] for frame in facts for name in ("district", "districts_listed") if name in frame]
    return {word for column in told for cell in column for word in cell.split(";")}


def _package(package: dict, conversion: Conversion, tables: dict[str, pd.DataFrame], folder: Path) -> dict:
    register = conversion.mapping.register
    result, settings = EMPTY | package, dict(package.get("minestats") or {})
    country = register.get("country", "")
    own = {key: register.get(key) for key in ("country", "in_country", "place", "places")}
    own["in_country"] = own["in_country"] or (f"in {country}" if country else "")
    settings |= {key: said for key, said in own.items() if said and settings.get(key, "") in ("", SETTINGS[key])}
    if conversion.mapping.table == "incidents" and register.get("complete_until"):
        settings["complete_until"] = register["complete_until"]
    words: dict[str, dict[str, tuple[str, ...]]] = {}
    given = words_of(package) if package else {}
    for name, frame in tables.items():
        for column in TABLES[name].columns:
            if column.open and column.name in frame:
                before = given.get(name, {}).get(column.name, ())
                found = sorted(set(frame[column.name].dropna()) - {"", *before})
                words.setdefault(name, {})[column.name] = (*before, *found)
    for key, table, field in (("main_scope", "victim_totals", "scope"), ("main_operator", "clearance", "operator")):
        found = [word for word in words.get(table, {}).get(field, ()) if word != "unknown"]
        if table in tables and "row_is" in tables[table] and (tables[table]["row_is"] == "work").all():
            continue  # work is added up over whoever did it
        default = settings.get(key) or SETTINGS[key]
        if found and default not in found:
            settings[key] = found[0]
    for key, field in (("authorities", "authority"), ("operators", "operator")):
        names = dict(settings.get(key) or {})
        for of_table in words.values():
            for word in of_table.get(field, ()):
                names.setdefault(word, register["publisher"] if word == register["id"] else word.replace("_", " "))
        if names:
            settings[key] = names
    if "estimates" in tables and len(tables["estimates"]):
        metrics = dict(settings.get("metrics") or {})
        for metric, units in tables["estimates"].groupby("metric")["unit"]:
            known = metrics.setdefault(str(metric), {"title": str(metric).replace("_", " ").capitalize(), "unit": []})
            earlier = [known["unit"]] if isinstance(known.get("unit"), str) else list(known.get("unit") or [])
            known["unit"] = [*earlier, *sorted(set(units) - set(earlier))]
        settings["metrics"] = metrics
    if result["title"] == EMPTY["title"]:
        result["title"] = register.get("title") or f"Landmines{f' in {country}' if country else ''}"
    result["name"] = result["name"] or re.sub(r"[^a-z0-9.-]+", "-", register["id"].lower()).strip("-")
    if register.get("licence"):
        entry = {"name": re.sub(r"[^A-Za-z0-9.]+", "-", register["licence"]).strip("-"), "title": register["licence"]}
        result["licenses"] = [*(one for one in result.get("licenses", []) if one.get("name") != entry["name"]), entry]
    result["minestats"] = settings
    resources = [
        resource(TABLES[name], folder / f"{name}.csv", words.get(name, {}), list(tables[name].columns))
        for name in TABLES
        if name in tables
    ]
    others = [one for one in package.get("resources", []) if one.get("name") not in TABLES]
    result["resources"] = resources + others
    return result


def _revised(before: dict | None, report: dict) -> list[str]:
    """Sentences on the years whose totals an earlier edition had otherwise."""
    if before is None:
        return []
    said = []
    for year, totals in before.get("years", {}).items():
        now = report["years"].get(year)
        if now is None:
            said.append(f"{year}: the earlier edition had {totals['rows']:g} rows, this one none")
            continue
        changed = [
            f"{name} {totals[name]:g} -> {now[name]:g}" for name in totals if name in now and totals[name] != now[name]
        ]
        if changed:
            said.append(f"{year} was revised since the earlier edition: {', '.join(changed)}")
    return said


def check_expectations(folder: str | Path, tables: dict[str, pd.DataFrame]) -> list[Problem]:
    """Return each published total that a folder's registers no longer meet, for `minestats check`.

    Parameters
    ----------
    folder : str or Path
        A data folder; one without `conversion.json` has no expectations.
    tables : dict of str to DataFrame
        Its tables, as `load` gives them.
    """
    folder = Path(folder)
    if not (folder / RECORD).is_file():
        return []
    try:
        record = json.loads((folder / RECORD).read_text(encoding="utf-8"))
        registers = record["registers"]
        items = [(str(name), dict(report)) for name, report in registers.items()]
    except (ValueError, KeyError, TypeError, AttributeError):
        return [Problem(RECORD, None, "", "", "is no record of a conversion", "convert it again", code="record-broken")]
    problems = []
    for name, report in items:
        file = folder / str(report.get("mapping", ""))
        try:
            mapping = read_mapping(file)
        except ParameterError as error:
            remedy = "restore it, or convert the register again"
            problems.append(Problem(file.name, None, "", "", str(error), remedy, code="record-mapping"))
            continue
        frame = tables.get(mapping.table, pd.DataFrame())
        if "source_id" not in frame:
            continue
        frame = frame[(frame["source_id"] == name).fillna(False).to_numpy(dtype=bool)].reset_index(drop=True)
        for result in expect.results(mapping.table, frame, mapping.expect):
            if not result["met"]:
                where = (f"{mapping.table}.csv", None, result["quantity"], "")
                problems.append(Problem(*where, result["said"], "", code="expect-missed"))
    return problems


HERE = Path(__file__).resolve().parent


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
    file, mapping, out = Path(file), Path(mapping), Path(out)
    checked = read_mapping(mapping)
    if not file.exists():
        raise ParameterError(f"'{file}' is no file; give the register's file. [register-missing]")
    conversion = convert_register(file, checked)
    report = conversion.report
    for severity in ("repair", "warning"):
        for item in conversion.findings.items:
            if item.severity == severity:
                say(f"{severity}: {coded(item.said, item.code)}")
    for item in report["expectations"]:
        say(f"expected: {item['label']}: {item['quantity']} {item['published']:,} published, {item['here']:,} here")
    say(f"{report['file']}: {report['rows_read']:,} rows read, {report['table_rows']:,} rows of {report['table']} made")
    write_conversion(conversion, out, mapping, say)
    return 0


def new_command(
    directory: str | Path, *, register: str | Path | None = None, say: Callable[[str], None] = print
) -> int:
    """Make a folder to start from: empty tables, `datapackage.json`, a mapping with every key explained, and a plan.

    Parameters
    ----------
    directory : str or Path
        A folder that is empty or does not exist.
    register : str or Path, optional
        A register's file, from which the mapping is proposed as far as it tells.

    Returns
    -------
    int
        0. Raises `ParameterError` (exit status 2) where the folder is not empty.
    """
    folder = Path(directory)
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise ParameterError(f"'{folder}' is not an empty folder; give one that is empty or does not exist. [out-dir]")
    text = (HERE / "mapping.toml").read_text(encoding="utf-8")
    if register is not None:
        from minestats.registers.proposal import propose

        if not Path(register).is_file():
            raise ParameterError(f"'{register}' is no file; give the register's file. [register-missing]")
        text = propose(Path(register))
    with whole_set(folder) as stage:
        resources = []
        for name, table in TABLES.items():
            header = [column.name for column in table.columns if not column.optional]
            path = stage / f"{name}.csv"
            path.write_text(",".join(header) + "\n", encoding="utf-8")
            resources.append(resource(table, path, {}, header))
        settings = {"country": "", "in_country": "", "place": "district", "places": "districts", "notes": []}
        name = slug(folder.resolve().name) or "landmines"
        package = EMPTY | {"name": name, "minestats": settings, "resources": resources}
        _dump(stage / FILE, package)
        (stage / "mapping.toml").write_text(text, encoding="utf-8")
        shutil.copy(HERE / "plan.toml", stage / "plan.toml")
    say(f"{folder}: empty tables, {FILE}, mapping.toml and plan.toml")
    open_lines = sum("?" in line for line in text.splitlines()) if register is not None else 0
    more = f" ({open_lines} lines with '?' are for you to settle)" if open_lines else ""
    say(f"Next: edit {folder / 'mapping.toml'}{more}, then")
    say(f"  minestats convert {register or 'REGISTER'} --mapping {folder / 'mapping.toml'} --out {folder}")
    say(f"  minestats check {folder}")
    say(f"  minestats render --data {folder}")
    return 0
