"""A folder of each kind of register, from its file to all reports: none fails, and none says what is not so."""

from __future__ import annotations

import html
import json
import re
from pathlib import Path

import pandas as pd
import pytest
from click.testing import CliRunner
from registers_of_the_field import areas, incidents, totals, victims, work

from minestats.cli import main
from minestats.data import load
from minestats.report import progress
from minestats.report.reporting import Report

NOUNS = "incidents|casualties|people|rows|statements|pieces|pages|sources|publishers|totals|months|years"
FALSE = rf"\b(?:0|no|none) of no (?:{NOUNS})|\b(?:of|in) no (?:{NOUNS})\b|\b1 (?:{NOUNS})\b"
"""What no sentence may read: a share of nothing, one of many."""
MONTHS = [(year, month) for year in (2019, 2020, 2021) for month in range(1, 13)]
EVENTS = [(f"{year}-{month:02}-{3 + month}", "NSE"[(year + month) % 3], month % 3, month % 4) for year, month in MONTHS]
SPAN = {"id": "field", "publisher": "written for the test", "complete_until": "2021-12", "country": "Examplia"}
SPAN |= {"covered_from": "2019", "covered_until": "2021"}


def lines(header: str, rows) -> str:
    """A table in CSV."""
    return "\n".join([header, *(",".join(map(str, row)) for row in rows)]) + "\n"


PERSONS = [
    (day, district, "dead" if n < killed else "hurt", "FM"[n % 2], 8 + 5 * n)
    for day, district, killed, injured in EVENTS
    for n in range(killed + injured)
]
FOLDERS = {
    "victims": (
        lines("Date,District,Outcome,Sex,Age", PERSONS),
        victims(
            fields={"district": "District", "outcome": "Outcome", "sex": "Sex", "age": "Age"},
            values={"outcome": {"dead": "killed", "hurt": "injured"}, "sex": {"F": "female", "M": "male"}},
        ),
    ),
    "incidents_with_people": (lines("Date,District,Killed,Injured", EVENTS), incidents()),
    "incidents_alone": (
        lines("Date,District", [row[:2] for row in EVENTS]),
        incidents(fields={"district": "District"}),
    ),
    "population": (
        lines("Year,District,People", [(y, d, 40_000) for y in (2019, 2020, 2021) for d in "NS"]),
        {
            "table": "estimates",
            "date": {"year": "Year"},
            "fields": {
                "metric": {"value": "population_district"},
                "value": "People",
                "district": "District",
                "unit": {"value": "persons"},
            },
        },
    ),
    "work": (
        lines("Year,Month,Town,Area,AP", [(y, m, "NSE"[n % 3], 1 + m / 2, m) for n, (y, m) in enumerate(MONTHS * 2)]),
        work(fields={"district": "Town", "area": {"column": "Area", "unit": "ha"}, "anti_personnel": "AP"}),
    ),
    "yearly_totals": (
        lines("Year,Total,Killed,Injured", [(2012 + n, 100 - 5 * n, 40 - n, 55 - 4 * n) for n in range(8)]),
        totals(),
    ),
    "running_totals": (
        lines(
            "Date,Killed,Injured", [(f"{y}-{m:02}-28", 100 + 7 * n, 300 + 11 * n) for n, (y, m) in enumerate(MONTHS)]
        ),
        totals(
            date={"start": {"value": "2018-02-24"}, "end": "Date"}, fields={"killed": "Killed", "injured": "Injured"}
        ),
    ),
    "hazardous_areas": (
        lines(
            "Hazard ID,Type,Status,Recorded,Closed,Area m2,Province",
            [
                (f"H{m}", "SHA" if m % 2 else "CHA", "Closed" if m % 3 else "Open", f"{2018 + m % 2}-{m:02}-01")
                + (f"{y}-{m:02}-20" if m % 3 else "", 1000 * m, "NSE"[m % 3])
                for y, m in MONTHS[12:24]
            ],
        ),
        areas(),
    ),
}


def convert(folder: Path, *names: str) -> Path:
    """Convert registers into one folder by the command."""
    for name in names:
        content, mapping = FOLDERS[name]
        place = folder / name
        place.mkdir()
        (place / "register.csv").write_text(content, encoding="utf-8")
        (place / "mapping.toml").write_text(toml({**mapping, "register": {**SPAN, "id": name}}), encoding="utf-8")
        call = ["convert", str(place / "register.csv"), "--mapping", str(place / "mapping.toml"), "--out"]
        done = CliRunner().invoke(main, [*call, str(folder / "data")])
        assert done.exit_code == 0, done.output
    return folder / "data"


def toml(value: dict) -> str:
    """A mapping as TOML, with inline tables inside its sections."""
    quoted = {key: one for key, one in value.items() if not isinstance(one, dict)}
    text = "".join(f"{key} = {inline(one)}\n" for key, one in quoted.items())
    for key, one in value.items():
        if isinstance(one, dict):
            text += f"[{key}]\n" + "".join(f"{name} = {inline(part)}\n" for name, part in one.items())
    return text


def inline(value: object) -> str:
    """A value of TOML on one line."""
    if isinstance(value, dict):
        return "{ " + ", ".join(f'"{key}" = {inline(one)}' for key, one in value.items()) + " }"
    return json.dumps(value, ensure_ascii=False)


@pytest.mark.parametrize("names", [*((name,) for name in FOLDERS), tuple(FOLDERS)], ids=[*FOLDERS, "all_together"])
def test_all_reports_are_made_of_a_folder_of_each_kind(names, tmp_path):
    """`convert`, `check` and `render --data` succeed, and no page shows "nan", "None", "0 of no incidents" or a traceback."""
    data = convert(tmp_path, *names)

    assert CliRunner().invoke(main, ["check", str(data)]).exit_code == 0
    done = CliRunner().invoke(main, ["render", "--data", str(data), "--out", str(tmp_path / "out")])

    assert done.exit_code == 0, done.output
    pages = sorted((tmp_path / "out").rglob("*.html"))
    assert len(pages) > 3
    for page in pages:
        seen = re.sub(r"<(script|style|code|pre)\b.*?</\1>", " ", page.read_text("utf-8"), flags=re.DOTALL)
        seen = html.unescape(re.sub(r"<[^>]*>", " ", seen))
        assert re.findall(rf".{{30}}(?:{FALSE}).{{30}}", seen) == [], page.name
        assert re.findall(r".{30}\b(?:nan|NaN|NaT|None|<NA>)\b.{30}|Traceback", seen) == [], page.name


def test_work_after_the_day_that_a_register_is_complete_until_is_not_counted(tmp_path, monkeypatch):
    """The report says so, and the year that is cut has no more than was done up to the day."""
    monkeypatch.setitem(SPAN, "complete_until", "2021-06")
    data = convert(tmp_path, "work")
    r = Report(load(data))

    rows = progress.released(r)

    assert progress.monthly(r)["month"].max() == pd.Timestamp("2021-06-01")
    assert "complete until 30 June 2021; what was done later is unknown" in rows.attrs["says"]
    last = [(1 + m / 2) * 2 for y, m in MONTHS if y == 2021 and m <= 6]
    assert rows.set_index("year").loc["2021", "released_ha"] == pytest.approx(sum(last))
