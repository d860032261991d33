"""From confirmed candidates to rows of the tables: ids, the source, what contradicts, and all or nothing on disk.

The file is what `extract` printed, after a person took out and corrected rows. Each row becomes a row of its table
under a new id; an incident becomes a report, tied to the incident of that day and district or to a new one. The tables
are checked as a whole in a copy of the folder before any file of it is touched.
"""

from __future__ import annotations

import csv
import io
import shutil
from dataclasses import dataclass, field
from pathlib import Path

import pandas as pd

from minestats.data.package import operator_read, refresh_package, words_of
from minestats.data.schema import COUNT, DATE, NUMBER, TABLES
from minestats.errors import DataError, ParameterError, Problem, did_you_mean, fold, listed
from minestats.files import whole_set
from minestats.say import iso_day, slug

KINDS = {"incident": "incident_reports", "victim_total": "victim_totals", "clearance": "clearance",
         "estimate": "estimates"}  # fmt: skip
# how the ids of a table begin, and which columns they name besides the page
_IDS = {
    "clearance": ("clr", ("period_end", "period_type")),
    "victim_totals": ("tot", ("as_of", "span")),
    "incidents": ("inc", ("date", "district")),
    "incident_reports": ("rep", ("reported_date", "district")),
    "estimates": ("est", ("metric", "as_of")),
}
# what has to be equal for two rows to speak of the same thing
_SAME = {
    "clearance": ["period_start", "period_end", "operator_stated", "district"],
    "victim_totals": ["since", "as_of", "scope", "span"],
    "incident_reports": ["reported_date", "district"],
    "estimates": ["metric", "as_of", "unit", "district", "place"],
}
# names that the rules use and the names that a package may list instead
_OTHER_NAMES = {"mines_on_handed_over_map": "mines_on_maps", "area_to_be_cleared": "area_to_clear"}


@dataclass
class Added:
    """What an addition did: the ids of the new rows by table, and sentences for the person."""

    rows: dict[str, list[str]] = field(default_factory=dict)
    source_id: str = ""
    contradictions: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    def __str__(self) -> str:
        lines = [
            f"{len(ids)} row{'s' * (len(ids) != 1)} added to {table}: {', '.join(ids)}"
            for table, ids in self.rows.items()
        ]
        return "\n".join([*lines, f"source: {self.source_id}", *self.notes, *self.contradictions])


def read_candidates(path: str | Path) -> pd.DataFrame:
    """Read the CSV of confirmed candidates, all text; refuse unknown columns and kinds.

    Raises
    ------
    DataError
        It is no such file; every wrong row is named.
    """
    from minestats.articles.extraction import COLUMNS

    try:
        rows = pd.read_csv(path, dtype=str, keep_default_na=False, encoding="utf-8-sig")
    except (pd.errors.ParserError, pd.errors.EmptyDataError, UnicodeDecodeError) as error:
        raise DataError(f"'{path}' is no CSV of candidates: {error}") from error
    allowed = {*COLUMNS, "article", "activity", "scope", "note", "side", "operator_stated"}
    unknown = [name for name in rows.columns if name not in allowed]
    if "kind" not in rows.columns:
        raise DataError(f"'{path}' has no column 'kind'; give the CSV that `minestats extract` prints.")
    if unknown:
        hint = did_you_mean(unknown[0], allowed, before="; ", otherwise=".")
        raise DataError(f"'{path}': no such column: {listed(unknown)}{hint}")
    wrong = [
        Problem(str(path), i + 2, "kind", kind, f"one of {listed(KINDS)}", "correct it or take the row out")
        for i, kind in enumerate(rows["kind"]) if kind not in KINDS
    ]  # fmt: skip
    if wrong:
        raise DataError(f"{len(wrong)} row{'s' * (len(wrong) != 1)} of no known kind", wrong)
    if rows.empty:
        raise DataError(f"'{path}' has no rows; nothing was added.")
    return rows


def add(
    path: str | Path,
    folder: str | Path,
    *,
    source: str = "",
    publisher: str = "",
    published: str = "",
    language: str = "en",
    url: str = "",
) -> Added:
    """Append confirmed candidates to the tables of a folder, all or none of them; `str()` of the result says what.

    Parameters
    ----------
    path : str or Path
        CSV as `minestats extract` prints it, with the confirmed rows.
    folder : str or Path
        Data package: CSV tables and `datapackage.json`.
    source : str
        Id of a row of `sources`; empty: that of the same address, else a new one made of publisher and date.
    publisher, published, language, url : str
        The page, for a new row of `sources`; published is YYYY-MM-DD or empty.

    Raises
    ------
    ParameterError
        Neither a known `source` nor a `publisher` is given.
    DataError
        A row repeats an existing row of the same source, or the tables would not pass their checks. Nothing is written.
    """
    from minestats.data.loading import load

    folder = Path(folder)
    candidates = read_candidates(path)
    data = load(folder)
    texts = {name: _texts(folder, name) for name in TABLES}
    done = Added()
    fresh: dict[str, list[dict[str, str]]] = {name: [] for name in TABLES}
    done.source_id, page = _source(texts["sources"], source, publisher, published, language, url)
    if page is not None:
        fresh["sources"].append(page)
    words = words_of(data.package)
    problems = []
    for number, candidate in enumerate(candidates.to_dict("records"), 2):
        table = KINDS[candidate["kind"]]
        row = _row(table, candidate, data.settings, words, done.source_id)
        earlier = [*texts[table].to_dict("records"), *fresh[table]]
        if table == "clearance" and row["operator"] != row["operator_stated"]:
            done.notes.append(
                f"statement of '{row['operator_stated']}' to {row['period_end']} read as '{row['operator']}', as the "
                "setting reading of datapackage.json says; the stated word is kept in operator_stated"
            )
        twin = next((e for e in earlier if _equal(table, e, row)), None)
        if twin is not None:
            problems.append(
                Problem(str(path), number, "", "", f"repeats {table} {twin[TABLES[table].key]}", "take the row out")
            )
            continue
        if table == "incident_reports":
            _tie(row, texts["incidents"], fresh["incidents"], str(data.settings["main_side"]), done)
        taken = {e[TABLES[table].key] for e in earlier}
        row[TABLES[table].key] = _next_id(table, row, taken, page["publisher"] if page else done.source_id)
        done.contradictions += _contradicted(table, row, texts[table].to_dict("records"))
        fresh[table].append(row)
    if problems:
        raise DataError(f"{len(problems)} row{'s' * (len(problems) != 1)} already there; nothing was added", problems)
    _write(folder, {name: rows for name, rows in fresh.items() if rows}, done)
    return done


def _texts(folder: Path, name: str) -> pd.DataFrame:
    file = folder / f"{name}.csv"
    if not file.is_file():
        return pd.DataFrame({key: pd.Series(dtype=str) for key in TABLES[name].names})
    return pd.read_csv(file, dtype=str, keep_default_na=False, encoding="utf-8-sig")


def _source(sources: pd.DataFrame, source: str, publisher: str, published: str, language: str, url: str):
    """The id of the page, and its new row where it has none yet."""
    ids = set(sources["source_id"])
    if source:
        if source in ids:
            return source, None
        if not publisher:
            hint = did_you_mean(source, ids, before="; ", otherwise=".")
            raise ParameterError(f"`source` '{source}' is not in sources{hint} For a new page give `publisher` too.")
    elif url and (known := sources.loc[sources["url"] == url, "source_id"].tolist()):
        return known[0], None
    elif not publisher:
        raise ParameterError(
            "give `source` (an id of sources) or `publisher` (with `published` and `url`) of the article."
        )
    if published and iso_day(published) is None:
        raise ParameterError(f"`published` must be a date (YYYY-MM-DD), not {published!r}.")
    made = source or "-".join(part for part in (slug(publisher), published or slug(url)[-24:].strip("-")) if part)
    if not source and made in ids:
        held = sources.loc[sources["source_id"] == made].iloc[0]
        if not url or held["url"] == url:
            return made, None
        made = _free(made, ids)
    row = {"source_id": made, "publisher": publisher, "published": published, "language": language, "url": url}
    row["published_precision"] = "day" if published else ""
    return made, row


def _row(table: str, candidate: dict, settings: dict, words: dict, source_id: str) -> dict[str, str]:
    """The candidate in the words and columns of its table."""
    row = dict.fromkeys(TABLES[table].names, "")
    for name, value in candidate.items():
        target = "reported_date" if (table, name) == ("incident_reports", "date") else name
        if target in row:
            row[target] = value.strip()
    if "rounded" in row:
        yes = candidate.get("rounded", "").strip().casefold() in ("true", "1", "yes")
        row["rounded"] = (candidate.get("rounded_as", "") or "about") if yes else ""
        if not yes and "rounded_columns" in row:
            row["rounded_columns"] = ""
    if row.get("authority"):
        row["authority"] = fold(row["authority"]).replace(" ", "_")
    elif "authority" in row and TABLES[table].column("authority").required:
        row["authority"] = "unknown"
    metrics = words.get(table, {}).get("metric", ())
    if _OTHER_NAMES.get(row.get("metric", "")) in metrics and row["metric"] not in metrics:
        row["metric"] = _OTHER_NAMES[row["metric"]]
    if table == "victim_totals":
        row["scope"] = row["scope"] or str(settings["main_scope"])
        row["as_of_precision"] = "day" if row["as_of"] else ""
    if table == "clearance":
        row["operator"] = row["operator"] or "unknown"
        row["operator_stated"] = row["operator_stated"] or row["operator"]
        row["operator"] = operator_read(settings, row) or row["operator"]
        row["start_precision"] = row["start_precision"] or ("day" if row["period_start"] else "")
        row["districts_listed"] = ";".join(part.strip() for part in row["districts_listed"].split(";") if part.strip())
    if table == "estimates" and row["as_of"]:
        row["as_of_precision"] = "day"
    row["source_id"] = source_id
    return row


def _number(kind: str, text: str) -> str:
    """A cell as it compares: 120 and 120.0 are one figure."""
    if kind in (COUNT, NUMBER) and text:
        try:
            return f"{float(text):.12g}"
        except ValueError:
            return text
    return text


def _equal(table: str, earlier: dict, row: dict) -> bool:
    """Whether a row says the same of the same page, whatever its id and note."""
    skipped = {TABLES[table].key, "note", "incident_id"}
    if earlier.get("source_id") != row["source_id"]:
        return False
    return all(
        _number(column.kind, earlier.get(column.name, "")) == _number(column.kind, row[column.name])
        for column in TABLES[table].columns
        if column.name not in skipped and (earlier.get(column.name, "") or row[column.name])
    )


def _tie(row: dict, incidents: pd.DataFrame, fresh: list[dict], side: str, done: Added) -> None:
    """Tie a report to the one incident of its day and district, or make a new incident of it."""
    known = [*incidents.to_dict("records"), *fresh]
    same = [
        e
        for e in known
        if row["reported_date"] and e["date"] == row["reported_date"] and e["district"] == row["district"]
    ]
    if len(same) == 1:
        row["incident_id"] = same[0]["incident_id"]
        done.notes.append(f"report tied to {row['incident_id']}")
        return
    if len(same) > 1:
        fitting = listed(e["incident_id"] for e in same)
        done.notes.append(f"report of {row['reported_date']}, {row['district']} fits {fitting}; set its incident_id")
        return
    made = {name: row.get(name, "") for name in TABLES["incidents"].names}
    made.update(date=row["reported_date"], source_id="", note="", side=side)
    made["incident_id"] = _next_id("incidents", made, {e["incident_id"] for e in known}, "")
    row["incident_id"] = made["incident_id"]
    if side:  # an incident of no side would be in no report, without a word
        done.notes.append(
            f"{made['incident_id']} counted as side '{side}'; write another in incidents.csv where others were hit"
        )
    fresh.append(made)


def _next_id(table: str, row: dict, taken: set[str], publisher: str) -> str:
    """An id in the form of the table, not yet taken."""
    prefix, names = _IDS[table]
    middle = [row.get(name) or ("undated" if TABLES[table].column(name).kind == DATE else "") for name in names]
    return _free("-".join(part for part in (prefix, *map(slug, middle), slug(publisher)) if part), taken)


def _free(name: str, taken: set[str]) -> str:
    return next(id for n in range(1, len(taken) + 3) if (id := name if n == 1 else f"{name}-{n}") not in taken)


def _contradicted(table: str, row: dict, earlier: list[dict]) -> list[str]:
    """Say which existing rows give other figures for the same period, day or thing."""
    keys, key = _SAME[table], TABLES[table].key
    if not row.get(next(k for k in keys if TABLES[table].column(k).kind == DATE)):
        return []
    said = []
    for other in earlier:
        for column in TABLES[table].columns if all(other.get(name, "") == row[name] for name in keys) else ():
            mine, theirs = (_number(column.kind, each.get(column.name, "")) for each in (row, other))
            if column.kind in (COUNT, NUMBER) and mine and theirs and mine != theirs:
                said.append(f"contradicts {table} {other[key]}: {column.name} {mine} here, {theirs} there")
    return said


def _write(folder: Path, fresh: dict[str, list[dict[str, str]]], done: Added) -> None:
    """Append the rows in a copy of the folder, check it, and only then exchange the files."""
    from minestats.data.loading import load

    with whole_set(folder) as stage:
        for file in folder.iterdir():
            if file.is_file() and not file.name.startswith("."):
                shutil.copy2(file, stage / file.name)
        for table, rows in fresh.items():
            _append(stage / f"{table}.csv", table, rows, done)
            done.rows[table] = [row[TABLES[table].key] for row in rows]
        refresh_package(stage)
        load(stage)


def _append(file: Path, table: str, rows: list[dict[str, str]], done: Added) -> None:
    content = file.read_bytes() if file.is_file() else b""
    header = next(csv.reader(io.StringIO(content.decode("utf-8-sig"))), None) or TABLES[table].names
    end = "\r\n" if b"\r\n" in content[:4000] else "\n"
    out = io.StringIO()
    writer = csv.DictWriter(out, header, lineterminator=end, extrasaction="ignore")
    if not content:
        writer.writeheader()
    writer.writerows(rows)
    lost = sorted({name for row in rows for name, value in row.items() if value and name not in header})
    if lost:
        done.notes.append(f"{table}.csv has no column {listed(lost)}; left out")
    if content and not content.endswith(b"\n"):
        content += end.encode()
    file.write_bytes(content + out.getvalue().encode())
