"""The data package in `data/`: valid, described, fresh, without names of persons, with the figures that it must hold."""

from __future__ import annotations

import hashlib
import json
import re

import pandas as pd
import pytest

from minestats.data.schema import TABLES


@pytest.fixture(scope="module")
def description(root):
    """The parsed datapackage.json."""
    return json.loads((root / "data" / "datapackage.json").read_text(encoding="utf-8"))


def test_frictionless_finds_it_valid(root):
    """The frictionless tool finds no error in any table."""
    import subprocess
    import sys

    code = (
        "import sys, warnings; warnings.simplefilter('ignore')\n"
        "from frictionless import validate\n"
        "report = validate(sys.argv[1])\n"
        "print(report.flatten(['title', 'rowNumber', 'fieldName', 'message'])[:5])\n"
        "sys.exit(not (report.valid and report.stats['tasks'] == 7))"
    )
    path = str(root / "data" / "datapackage.json")
    run = subprocess.run([sys.executable, "-c", code, path], capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stdout + run.stderr


def test_hashes_are_fresh(root, description):
    """Bytes and hash of each file are those recorded."""
    for resource in description["resources"]:
        content = (root / "data" / resource["path"]).read_bytes()
        assert resource["bytes"] == len(content), resource["name"]
        assert resource["hash"] == "sha256:" + hashlib.sha256(content).hexdigest(), resource["name"]


def test_description_is_that_of_the_schema(root, description, tmp_path):
    """datapackage.json says what minestats enforces: writing it anew changes nothing."""
    import shutil

    from minestats.data import refresh_package

    shutil.copytree(root / "data", tmp_path / "data")
    refresh_package(tmp_path / "data")
    assert json.loads((tmp_path / "data" / "datapackage.json").read_text(encoding="utf-8")) == description


def test_every_column_is_described(description):
    """Each column has a title and a description; each count and area has a unit; each key is declared."""
    for resource in description["resources"]:
        table = TABLES[resource["name"]]
        assert resource["schema"]["primaryKey"] == [table.key]
        for field in resource["schema"]["fields"]:
            assert field["title"], (resource["name"], field["name"])
            assert field["description"], (resource["name"], field["name"])
            if field["type"] == "integer":
                assert field["unit"] in ("persons", "items"), (resource["name"], field["name"])
            column = table.column(field["name"])
            if column.words and not column.many:
                assert field["constraints"]["enum"], field["name"]


def test_foreign_keys_are_declared(description):
    """Every table of statements points to sources; districts and incidents are keys where they stand."""
    keys = {
        (resource["name"], key["fields"][0], key["reference"]["resource"])
        for resource in description["resources"]
        for key in resource["schema"].get("foreignKeys", [])
    }
    expected = {
        ("clearance", "source_id", "sources"),
        ("victim_totals", "source_id", "sources"),
        ("incident_reports", "source_id", "sources"),
        ("incident_reports", "incident_id", "incidents"),
        ("estimates", "source_id", "sources"),
        ("clearance", "district", "districts"),
        ("incidents", "district", "districts"),
        ("incident_reports", "district", "districts"),
        ("estimates", "district", "districts"),
    }
    assert expected <= keys


def test_loads_without_an_error(data):
    """The checks find no error; what they find is known: one doubted total, the reviewed corrections."""
    found = data.check()
    assert found["severity"].value_counts().to_dict() == {"warning": 1, "repair": len(data.corrections)}
    assert found.loc[found["severity"] == "warning", "row_id"].tolist() == ["tot-2024-04-12-trend"]


def test_corrections_name_a_page_of_the_data(data):
    """The source of each correction stands in `sources`."""
    assert set(data.corrections["source"]) <= set(data.sources["source_id"])


PERSON_WORDS = re.compile(
    r"\b(?:oglu|ogly|oğlu|qizi|gizi|qızı|kyzy|née|Mr|Mrs|Ms|aged \d+,|born (?:in )?\d{4})\b", re.I
)
PERSON_COLUMNS = re.compile(r"name|surname|patronymic|birth|phone|passport|address|victim_id", re.I)


def test_no_column_for_persons(description):
    """No column is made to hold a person's name, birth, phone or address."""
    for resource in description["resources"]:
        for field in resource["schema"]["fields"]:
            assert not PERSON_COLUMNS.search(field["name"]), field["name"]


def test_no_person_in_free_text(data):
    """No note, settlement or place holds a patronymic, a form of address, or a pair of words that looks like a name
    and is no place, body or month that the tables know."""
    places = set(data.districts["district"])
    for table in (data.incidents, data.incident_reports):
        places |= {word for cell in table["settlement"].dropna() for word in cell.split()}
    places |= {word for cell in data.estimates["place"].dropna() for word in re.findall(r"\w+", cell)}
    publishers = {word for cell in data.sources["publisher"].dropna() for word in re.findall(r"\w+", cell)}
    origins = {word for cell in data.sources["origin"].dropna() for word in re.findall(r"\w+", cell)}
    bodies = set(  # bodies, countries and calendar words that notes speak of
        """Agency Action Azerbaijan Azerbaijani Armenia Armenian Artsakh Ban Barda Border Boundary Caucasian Council
        Cross Defence Deputy Emergency English Eurasia Explosive Foreign Foundation Fund General German Great Human Institute
        Interior International Karabakh Landmine Landmines Marshall Mine Minister Ministerial Ministry Monitor Nagorno
        Nakhchivan National Ombudsman Press President Prime Prosecutor Red Report Return Road Russian Secretary Security Service
        Situations State Turkish Weapons World Wars East Zangezur January February March April May June July August September
        October November December Monday Tuesday Wednesday Thursday Friday Saturday Sunday""".split()  # noqa: SIM905
    )
    known = places | publishers | origins | bodies
    pair = re.compile(r"\b([A-ZƏÖÜÇŞİĞ][\w'’-]*[a-zəöüçşığ]) ([A-ZƏÖÜÇŞİĞ][\w'’-]*[a-zəöüçşığ])\b")
    for name, table in data.tables.items():
        for column in ("note", "settlement", "place", "activity"):
            for cell in table[column].dropna() if column in table else ():
                assert not PERSON_WORDS.search(cell), (name, column, cell)
                for first, second in pair.findall(cell):
                    assert first in known or second in known, (name, column, first, second)


FIGURES = [
    # as printed by the page that each row names; the ids and figures are those of the first articles collected
    (
        "clearance",
        {"source_id": "article-2022-10-25", "period_start": "2020-11-20", "period_end": "2022-10-06"},
        {"area_ha": 54841, "anti_personnel": 25751, "anti_tank": 12547},
    ),
    ("victim_totals", {"source_id": "azernews-203635", "as_of": "2022-12-14"}, {"victims": 278}),
    (
        "victim_totals",
        {"source_id": "news-az-2023-07-14", "as_of": "2023-06-16", "victims": 304},
        {
            "civilians": 143,
            "military": 161,
            "civilians_killed": 44,
            "civilians_injured": 99,
            "military_killed": 13,
            "military_injured": 148,
        },
    ),
    ("victim_totals", {"source_id": "article-2022-10-25", "as_of": "2022-10-25", "victims": 266}, {"killed": 45}),
    ("incidents", {"date": "2022-12-14", "district": "Kalbajar"}, {"killed": 1, "injured": 7}),
    ("incidents", {"date": "2022-07-26", "district": "Kalbajar"}, {"injured": 1, "military_injured": 1}),
    ("incidents", {"date": "2023-07-13", "district": "Kalbajar"}, {"injured": 1, "civilians_injured": 1}),
]


@pytest.mark.parametrize(("table", "where", "expected"), FIGURES)
def test_known_figures_stand_once(data, table, where, expected):
    """Each figure of the first articles is there exactly once."""
    rows = data.tables[table]
    for column, value in where.items():
        wanted = pd.Timestamp(value) if rows[column].dtype.kind == "M" else value
        rows = rows[rows[column] == wanted]
    assert len(rows) == 1
    assert {column: rows.iloc[0][column] for column in expected} == expected
