"""Conversion of registers: mappings, rows that are people or explosions, filters, expectations, folders."""

from __future__ import annotations

import csv
import hashlib
import io
import json
import random
import re
import sys
import tempfile
import tomllib
from pathlib import Path

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from minestats.adapt import convert, read_hxl
from minestats.data import load
from minestats.data.exports import write_excel, write_hxl
from minestats.errors import DataError, ParameterError
from minestats.files import bundle_dir
from minestats.registers import formats
from minestats.registers.findings import Findings, messages
from minestats.registers.folder import check_expectations, convert_command, new_command
from minestats.registers.mapping import read_mapping

HERE = Path(__file__).parent
SAMPLES = HERE / "samples"
MAPPINGS = bundle_dir("mappings")


def mapping_of(**changes) -> dict:
    """A small mapping of a register of people, with parts replaced."""
    base = {
        "table": "incidents",
        "row": "victim",
        "register": {"id": "demo", "publisher": "written for the test", "complete_until": "2016-12"},
        "date": {"year": "year", "month": "month"},
        "fields": {"district": "place", "outcome": "outcome", "status": "status", "sex": "sex", "age": "age"},
        "values": {
            "outcome": {"dead": "killed", "hurt": "injured"},
            "status": {"civil": "civilian", "army": "military", "sapper": "deminer"},
            "sex": {"f": "female", "m": "male"},
        },
    }
    return {**base, **changes}


PEOPLE = """case,year,month,place,outcome,status,sex,age
a,2015,1,Meta,dead,civil,f,30
a,2015,1,Meta,hurt,civil,f,12
b,2016,3,Arauca,,army,m,
c,2016,,Arauca,hurt,sapper,,40
"""


@pytest.fixture
def people(tmp_path) -> Path:
    """A register of four people, written for the test."""
    path = tmp_path / "people.csv"
    path.write_text(PEOPLE, encoding="utf-8")
    return path


# ---------------------------------------------------------------- mapping


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"table": "incident"}, "table: word 'incident' is not known; did you mean 'incidents'"),
        ({"row": "victims"}, "did you mean 'victim'"),
        ({"feilds": {}}, "key 'feilds' is not known; did you mean 'fields'"),
        (
            {"fields": {"outcome": "outcome", "distict": "place"}},
            "field 'distict' is not known; did you mean 'district'",
        ),
        ({"values": {"outcome": {"dead": "kiled"}}}, "target 'kiled' is not known; did you mean 'killed'"),
        ({"values": {"outcome": {"Muerto": "killed", "MUERTO ": "injured"}}}, "'Muerto' and 'MUERTO ' are one word"),
        ({"values": {"outcome": {"*": "killed"}}}, r"'\*' is allowed for 'device', 'activity' only"),
        ({"register": {"id": "a b", "publisher": "x"}}, "id 'a b' may hold letters"),
        ({"register": {"id": "a"}}, "publisher is missing"),
        ({"date": {"year": "year", "start": "x"}}, "needs one of column, year"),
        ({"date": {"column": "x", "formats": ["dd/mm/yyyy"]}}, "formats 'dd/mm/yyyy' is not known"),
        ({"date": {"column": "x", "languages": ["xx"]}}, "languages: word 'xx' is not known"),
        ({"date": {"column": "x", "century": 95}}, "century is the first year"),
        ({"date": {"column": "x", "timezone": "Bogota"}}, "timezone 'Bogota' is not known"),
        ({"source": {"encoding": "klingon"}}, "encoding 'klingon' is not known"),
        ({"source": {"decimal": ",", "thousands": ","}}, "thousands and decimal are both ','"),
        ({"source": {"crs": "EPSG:32638"}}, "coordinates must be degrees"),
        ({"fields": {"outcome": "o", "latitude": "y"}}, "latitude and longitude belong together"),
        ({"fields": {"outcome": {"column": "o", "value": "killed"}}}, "needs one of column, value, sum"),
        ({"fields": {"outcome": {"value": "dead"}}}, "value 'dead' is not known"),
        ({"keep": [{"column": "x", "values": ["y"]}]}, "reason is missing"),
        ({"keep": {"column": "x"}}, r"\[\[keep\]\] must be a list of tables"),
        ({"expect": [{"year": 2015}]}, "states no figure"),
        ({"expect": [{"year": 2015, "killed": 3, "tolerance": 1}]}, "tolerance needs a reason"),
        ({"expect": [{"killed": 3, "where": {"status": "army"}}]}, "where status: word 'army'"),
        ({"accept": [{"rule": "killed > victim", "reason": "x", "at_most": 1}]}, "did you mean 'killed > victims'"),
        ({"accept": [{"rule": "killed > victims", "reason": "x"}]}, "needs at_most"),
        ({"rows": {"duplicate_id": "last"}}, "word 'last' is not known"),
        ({"persons": {"file": "p.csv"}}, r"belongs to table = 'incidents' with row = 'incident'"),
    ],
)
def test_a_wrong_mapping_is_refused_with_what_is_allowed(change, said):
    """A wrong key, field or word is named with the nearest allowed one, before any register is opened."""
    with pytest.raises(ParameterError, match=said):
        convert(__file__, mapping_of(**change))


def test_all_faults_of_a_mapping_come_together():
    """One error names every fault of a mapping."""
    with pytest.raises(ParameterError) as caught:
        read_mapping(mapping_of(row="victims", rows={"duplicate_id": "last"}, soruce={}))

    assert len(str(caught.value).splitlines()) == 4


def test_a_mapping_file_that_is_no_toml_is_refused(tmp_path):
    """A file that is no TOML is named, not traced back."""
    file = tmp_path / "m.toml"
    file.write_text("table = ", encoding="utf-8")

    with pytest.raises(ParameterError, match=r"'m.toml' is no valid TOML"):
        read_mapping(file)


@pytest.mark.parametrize(
    ("unit", "said"),
    [({}, "the unit is not stated"), ({"unit": "rod"}, "unit 'rod'"), ({"unit": "dunum"}, "a dunum needs dunum_m2")],
)
def test_an_area_without_a_unit_is_refused(unit, said):
    """An area needs its unit, and a dunum its size."""
    fields = {"operator": {"value": "all"}, "area": {"column": "a", **unit}}
    with pytest.raises(ParameterError, match=said):
        read_mapping(mapping_of(table="clearance", row="statement", fields=fields, values={}))


def test_every_mapping_that_comes_along_is_valid():
    """The mappings of the package pass their own check, as does the commented one when its examples are switched on."""
    names = sorted(path.stem for path in MAPPINGS.glob("*.toml"))

    assert names == ["colombia", "hxl_events", "imsma_victims", "landmine_monitor_yearly"]
    for name in names:
        assert read_mapping(MAPPINGS / f"{name}.toml").fields


def test_the_mapping_of_new_names_every_key(tmp_path):
    """The commented mapping shows every key there is."""
    from minestats.registers.mapping import KEYS, KINDS, TOP

    new_command(tmp_path / "new", say=lambda line: None)
    text = (tmp_path / "new" / "mapping.toml").read_text(encoding="utf-8")

    read_mapping(tmp_path / "new" / "mapping.toml")
    for key in {key for keys in (TOP, KEYS, *KINDS.values()) for key in keys}:
        assert key in text, key


# ---------------------------------------------------------------- people and explosions


def test_a_person_is_a_row_and_unknown_is_not_zero(people):
    """A person of unknown outcome is neither killed nor injured, and is counted apart."""
    incidents = convert(people, mapping_of())["incidents"]

    assert incidents["row_is"].unique().tolist() == ["victim"]
    assert incidents["killed"].tolist() == [1, 0, pd.NA, 0]
    assert incidents["injured"].tolist() == [0, 1, pd.NA, 1]
    assert incidents["outcome_unknown"].tolist() == [0, 0, 1, 0]
    assert incidents["civilians_killed"].tolist() == [1, 0, 0, 0]
    assert incidents["military_killed"].tolist() == [0, 0, pd.NA, 0]


def test_women_are_adult_females_and_children_under_18(people):
    """Unknown age or sex leaves women empty, unknown age children."""
    incidents = convert(people, mapping_of())["incidents"]

    assert incidents["women"].tolist() == [1, 0, pd.NA, pd.NA]
    assert incidents["children"].tolist() == [0, 1, pd.NA, 0]


def test_the_date_is_the_first_day_of_what_is_known(people):
    """A year without a month is the first of January, of precision year."""
    incidents = convert(people, mapping_of())["incidents"]

    assert incidents["date"].dt.strftime("%Y-%m-%d").tolist() == [
        "2015-01-01",
        "2015-01-01",
        "2016-03-01",
        "2016-01-01",
    ]
    assert incidents["date_precision"].tolist() == ["month", "month", "month", "year"]


def test_the_types_are_those_of_load(people):
    """Counts are Int64, dates datetime64[us], text is string."""
    tables = convert(people, mapping_of())

    assert str(tables["incidents"]["killed"].dtype) == "Int64"
    assert str(tables["incidents"]["date"].dtype) == "datetime64[us]"
    assert str(tables["incidents"]["district"].dtype) == "string"
    assert str(tables["districts"]["latitude"].dtype) == "Float64"
    assert list(tables) == ["incidents", "sources", "districts", "problems"]
    assert {"table", "row", "column", "value", "rule", "remedy", "severity"} <= set(tables["problems"].columns)


def test_people_of_one_explosion_are_joined(people):
    """With an incident column a row is an explosion, summed over what is known."""
    fields = {**mapping_of()["fields"], "incident": "case"}
    incidents = convert(people, mapping_of(fields=fields))["incidents"]

    assert incidents["incident_id"].tolist() == ["demo:a", "demo:b", "demo:c"]
    assert incidents["row_is"].unique().tolist() == ["incident"]
    assert incidents["killed"].tolist() == [1, pd.NA, 0]
    assert incidents["injured"].tolist() == [1, pd.NA, 1]
    assert incidents["outcome_unknown"].tolist() == [0, 1, 0]
    assert incidents["children"].tolist() == [1, pd.NA, 0]


def test_people_of_one_explosion_on_two_dates_are_refused(people):
    """People who share an incident must share its date."""
    people.write_text(PEOPLE.replace("a,2015,1,Meta,hurt", "a,2015,2,Meta,hurt"), encoding="utf-8")
    fields = {**mapping_of()["fields"], "incident": "case"}

    with pytest.raises(DataError, match=r"1 incidents whose people have different values of date \(first: 'a'"):
        convert(people, mapping_of(fields=fields))


def test_a_linked_person_table_gives_the_counts(tmp_path):
    """The counts of a case come from its people; a case without people keeps its own, unknown stays unknown."""
    (tmp_path / "cases.csv").write_text("case,when,n\n1,2015-02-03,2\n2,2015-02-04,\n", encoding="utf-8")
    (tmp_path / "persons.csv").write_text("case_id,fate,kind\n1,dead,m\n1,hurt,f\n", encoding="utf-8")
    mapping = mapping_of(
        row="incident",
        date={"column": "when"},
        fields={"id": "case", "victims": "n"},
        values={},
        persons={
            "file": "persons.csv",
            "key": "case_id",
            "fields": {"outcome": "fate", "sex": "kind"},
            "values": {"outcome": {"dead": "killed", "hurt": "injured"}, "sex": {"m": "male", "f": "female"}},
        },
    )
    incidents = convert(tmp_path / "cases.csv", mapping)["incidents"]

    assert incidents["killed"].tolist() == [1, pd.NA]
    assert incidents["injured"].tolist() == [1, pd.NA]
    (tmp_path / "persons.csv").write_text("case_id,fate,kind\n1,dead,m\n9,hurt,f\n", encoding="utf-8")
    with pytest.raises(DataError) as caught:
        convert(tmp_path / "cases.csv", mapping)
    assert "1 row of people whose case is not among the cases" in str(caught.value)
    assert "people != victims (first: row 2, 1 != 2)" in str(caught.value)


def test_people_of_a_case_left_out_are_left_out_with_it(tmp_path):
    """A filter of the cases takes their people along, and counts them."""
    (tmp_path / "cases.csv").write_text("case,when,kind\n1,2015-02-03,mine\n2,2015-02-04,other\n", encoding="utf-8")
    (tmp_path / "persons.csv").write_text("case,fate\n1,dead\n2,dead\n2,gone\n", encoding="utf-8")
    persons = {
        "file": "persons.csv",
        "key": "case",
        "fields": {"outcome": "fate"},
        "values": {"outcome": {"dead": "killed"}},
    }
    mapping = mapping_of(
        row="incident",
        date={"column": "when"},
        fields={"id": "case"},
        values={},
        persons=persons,
        keep=[{"column": "kind", "values": ["mine"], "reason": "mines only"}],
        drop=[{"column": "kind", "values": ["other"], "reason": "no mine"}],
    )

    with pytest.raises(DataError, match=r"'gone' \(1 row\) is not in \[persons.values.outcome\]"):
        convert(tmp_path / "cases.csv", mapping)
    persons["values"]["outcome"]["gone"] = "unknown"
    tables = convert(tmp_path / "cases.csv", mapping)
    assert tables["incidents"]["killed"].tolist() == [1]
    assert "2 rows of people left out with their case" in tables["problems"]["rule"].tolist()


def test_rows_of_incidents_may_be_sums_and_constants(tmp_path):
    """A field may be a sum of columns, unknown where a part is, or a constant; what empty means is said."""
    file = tmp_path / "e.csv"
    file.write_text("d,men,women\n2015-02-03,2,1\n2015-02-04,,1\n2015-02-05,,\n", encoding="utf-8")
    fields = {"killed": {"sum": ["men", "women"]}, "device": {"value": "mine"}}
    tables = convert(file, mapping_of(row="incident", date={"column": "d"}, fields=fields, values={}))

    assert tables["incidents"]["killed"].tolist() == [3, pd.NA, pd.NA]
    assert tables["incidents"]["device"].tolist() == ["mine"] * 3
    assert tables["problems"]["rule"].str.contains("1 row left unknown; a part of the sum is empty").any()


def test_filters_drop_with_a_reason_and_refuse_unlisted_words(tmp_path):
    """Rows dropped are counted by reason; a word in no filter stops the work."""
    file = tmp_path / "e.csv"
    file.write_text("d,kind,n\n2015-02-03,Accident,1\n2015-02-04,Seizure,\n2015-02-05,accident ,2\n", encoding="utf-8")
    mapping = mapping_of(
        row="incident",
        date={"column": "d"},
        fields={"killed": "n"},
        values={},
        keep=[{"column": "kind", "values": ["Accident"], "reason": "accidents only"}],
        drop=[{"column": "kind", "values": ["Seizure"], "reason": "no explosion"}],
    )
    tables = convert(file, mapping)
    account = tables["problems"].attrs["conversion"]

    assert tables["incidents"]["incident_id"].tolist() == ["demo:2", "demo:4"]
    assert account["dropped"] == {"no explosion": 1}
    assert account["rows_read"] == account["table_rows"] + 1
    del mapping["drop"]
    with pytest.raises(DataError, match=r"'Seizure' \(1 row\) stands in no \[\[keep\]\] and no \[\[drop\]\]"):
        convert(file, mapping)


# ---------------------------------------------------------------- other tables


def test_clearance_areas_become_hectares(tmp_path):
    """Square metres and dunums become hectares; periods take their kind."""
    file = tmp_path / "c.csv"
    file.write_text(
        "from,to,m2,ap,at\n2020-01-01,2020-01-31,25000,3,\n2020-02-01,2020-02-07,~500,0,1\n", encoding="utf-8"
    )
    fields = {
        "operator": {"value": "all"},
        "area": {"column": "m2", "unit": "m2"},
        "anti_personnel": "ap",
        "anti_tank": "at",
    }
    mapping = mapping_of(
        table="clearance", row="statement", date={"start": "from", "end": "to"}, fields=fields, values={}
    )
    clearance = convert(file, mapping)["clearance"]

    assert clearance["area_ha"].tolist() == [2.5, 0.05]
    assert clearance["period_type"].tolist() == ["month", "week"]
    assert clearance["rounded"].tolist() == [pd.NA, "about"]
    assert clearance["anti_tank"].tolist() == [pd.NA, 1]
    fields["area"] = {"column": "m2", "unit": "dunum", "dunum_m2": 2500}
    assert convert(file, mapping)["clearance"]["area_ha"].tolist() == [6250.0, 125.0]


def test_a_yearly_table_becomes_totals():
    """One row a year becomes a total of that year; an approximate figure is kept as rounded."""
    totals = convert(SAMPLES / "monitor_yearly.csv", MAPPINGS / "landmine_monitor_yearly.toml")["victim_totals"]

    assert totals["victims"].tolist() == [50, 33, 17, 6]
    assert totals["since"].dt.strftime("%Y-%m-%d").tolist()[0] == "2012-01-01"
    assert totals["as_of"].dt.strftime("%Y-%m-%d").tolist()[0] == "2012-12-31"
    assert totals["span"].unique().tolist() == ["year"]
    assert totals["killed"].tolist() == [9, 4, pd.NA, 0]
    assert totals["children"].tolist() == [11, 8, 5, 1]
    assert totals["rounded"].tolist() == [pd.NA, pd.NA, "about", pd.NA]


def test_what_a_required_column_does_not_state_is_said(tmp_path):
    """An operator that is not mapped is unknown, in the table and in a warning."""
    file = tmp_path / "c.csv"
    file.write_text("year,ha\n2020,2.5\n", encoding="utf-8")
    fields = {"area_ha": "ha"}
    tables = convert(
        file, mapping_of(table="clearance", row="statement", date={"year": "year"}, fields=fields, values={})
    )

    assert tables["clearance"]["operator"].tolist() == ["unknown"]
    assert tables["clearance"]["period_type"].tolist() == ["year"]
    assert "operator is not stated in 1 row; taken as 'unknown'" in tables["problems"]["rule"].tolist()


def test_codes_stand_for_districts_without_names(tmp_path):
    """A register that gives codes alone has districts of that name."""
    file = tmp_path / "e.csv"
    file.write_text("d,code,n\n2015-02-03,5,1\n2015-02-04,50,2\n", encoding="utf-8")
    fields = {"killed": "n", "district_code": {"column": "code", "digits": 2}}
    tables = convert(file, mapping_of(row="incident", date={"column": "d"}, fields=fields, values={}))

    assert tables["incidents"]["district"].tolist() == ["05", "50"]
    assert tables["districts"]["code"].tolist() == ["05", "50"]


def test_other_figures_become_estimates(tmp_path):
    """A table of figures becomes estimates; a row without its value is left out and counted."""
    file = tmp_path / "f.csv"
    file.write_text(
        "what,how much,of,day\nreturnees,1200+,persons,2022-05\nreturnees,,persons,2022-06\n", encoding="utf-8"
    )
    fields = {"metric": "what", "value": "how much", "unit": "of", "authority": {"value": "government"}}
    tables = convert(
        file, mapping_of(table="estimates", row="statement", date={"column": "day"}, fields=fields, values={})
    )

    assert tables["estimates"]["value"].tolist() == [1200.0]
    assert tables["estimates"]["rounded"].tolist() == ["more_than"]
    assert tables["estimates"]["as_of"].dt.strftime("%Y-%m-%d").tolist() == ["2022-05-31"]
    assert tables["problems"].attrs["conversion"]["dropped"] == {"no value": 1}


def test_an_imsma_export_joins_the_victims_of_an_accident():
    """The generic IMSMA mapping joins victims, reads three spellings of dates, and reads no personal column."""
    tables = convert(SAMPLES / "imsma_victims.csv", MAPPINGS / "imsma_victims.toml")
    incidents = tables["incidents"]

    assert incidents["incident_id"].tolist() == ["imsma-victims:A-1", "imsma-victims:A-2", "imsma-victims:A-3"]
    assert incidents["date"].dt.strftime("%Y-%m-%d").tolist() == ["2003-05-14", "2004-09-17", "2005-03-02"]
    assert incidents["killed"].tolist() == [1, 0, pd.NA]
    assert incidents["injured"].tolist() == [2, 1, pd.NA]
    assert incidents["children"].tolist() == [1, pd.NA, 0]
    assert incidents["device"].tolist() == ["anti_personnel", "anti_tank", "unknown"]
    assert tables["districts"]["aliases"].tolist() == ["NORTH", pd.NA]
    assert not any("Xa" in str(cell) for cell in tables["incidents"].to_numpy().ravel())


# ---------------------------------------------------------------- a real register, in a small cut


def colombia() -> dict:
    """The mapping of the package without its published totals, which a cut cannot meet."""
    mapping = tomllib.loads((MAPPINGS / "colombia.toml").read_text(encoding="utf-8"))
    mapping.pop("expect")
    return mapping


def test_a_cut_of_colombias_register_is_read_as_it_is():
    """58 people of the real register: years with separators, codes without zeros, a byte order mark."""
    tables = convert(SAMPLES / "colombia_cut.csv", colombia())
    incidents, raw = tables["incidents"], pd.read_csv(SAMPLES / "colombia_cut.csv", dtype=str, encoding="utf-8-sig")

    assert len(incidents) == len(raw) == 58
    assert int(incidents["killed"].sum()) == int((raw["estado"] == "Muerto").sum())
    assert int(incidents["children"].sum()) == int(raw["rangoedad"].str.startswith("Menor").sum())
    assert incidents["date"].dt.year.tolist() == raw["ano"].str.replace(",", "").astype(int).tolist()
    assert set(tables["districts"]["code"].str.len()) == {2}
    rules = " ".join(tables["problems"]["rule"])
    assert "a byte order mark was left out" in rules
    assert "column 'ano': separators taken out of 58 values" in rules
    assert tables["sources"].iloc[0]["source_id"] == "col-victims"


def test_an_expectation_that_is_not_met_names_the_difference():
    """A published total that the file misses is an error with both figures and the difference."""
    raw = pd.read_csv(SAMPLES / "colombia_cut.csv", dtype=str, encoding="utf-8-sig")
    here = int((raw["ano"] == "2,006").sum())
    mapping = {**colombia(), "expect": [{"year": 2006, "victims": here + 2}]}

    with pytest.raises(
        DataError, match=rf"expect year=2006: victims {here + 2} published, {here} here \(-2\). The file, a"
    ):
        convert(SAMPLES / "colombia_cut.csv", mapping)
    mapping["expect"][0] |= {"tolerance": 2, "reason": "a test"}
    assert len(convert(SAMPLES / "colombia_cut.csv", mapping)["incidents"]) == 58


def test_incidents_cannot_be_expected_of_a_register_of_people():
    """A register that lists people has no number of incidents."""
    mapping = {**colombia(), "expect": [{"incidents": 58}]}

    with pytest.raises(DataError, match="the register lists people, not explosions"):
        convert(SAMPLES / "colombia_cut.csv", mapping)


@pytest.mark.parametrize(
    ("expect", "met"),
    [
        ({"rows": 4}, True),
        ({"victims": 4}, True),
        ({"killed": 1, "injured": 2}, True),
        ({"civilians": 2, "military": 1}, True),
        ({"killed": 1, "where": {"status": "civilian"}}, True),
        ({"victims": 1, "where": {"sex": "male"}}, True),
        ({"victims": 1, "where": {"sex": "unknown"}}, True),
        ({"victims": 2, "where": {"district": "ARAUCA"}}, True),
        ({"since": "2016", "victims": 2}, True),
        ({"until": "2015-01", "victims": 2}, True),
        ({"since": "2015-02", "until": "2016-12-31", "victims": 3}, False),
        ({"injured": 3}, False),
    ],
)
def test_expectations_count_what_they_say(people, expect, met):
    """Expectations select by period and field, and count people or sums."""
    mapping = mapping_of(expect=[expect])

    if met:
        convert(people, mapping)
    else:
        with pytest.raises(DataError, match="published"):
            convert(people, mapping)


# ---------------------------------------------------------------- folders


def digests(folder: Path) -> dict[str, str]:
    """SHA-256 of each file of a folder."""
    return {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in sorted(folder.iterdir())}


@pytest.fixture
def colombia_file(tmp_path) -> Path:
    """The mapping of Colombia without published totals, as a file."""
    file = tmp_path / "colombia.toml"
    text = (MAPPINGS / "colombia.toml").read_text(encoding="utf-8")
    file.write_text(text[: text.index("[[expect]]")] + "[[expect]]\nvictims = 58\n", encoding="utf-8")
    return file


def test_the_command_writes_a_folder_that_loads(tmp_path, colombia_file):
    """Tables, package, mapping and record are written; the same input gives the same bytes."""
    said = []
    assert convert_command(SAMPLES / "colombia_cut.csv", colombia_file, tmp_path / "out", say=said.append) == 0
    first = digests(tmp_path / "out")
    data = load(tmp_path / "out")
    record = json.loads((tmp_path / "out" / "conversion.json").read_text(encoding="utf-8"))["registers"]["col-victims"]

    assert set(first) == {
        "incidents.csv", "sources.csv", "districts.csv", "datapackage.json", "col-victims.toml", "conversion.json",
    }  # fmt: skip
    assert len(data.incidents) == 58
    assert data.settings["country"] == "Colombia"
    assert data.settings["complete_until"] == "2017-06"
    assert record["sha256"] == hashlib.sha256((SAMPLES / "colombia_cut.csv").read_bytes()).hexdigest()
    assert record["expectations"][0]["here"] == 58
    assert check_expectations(tmp_path / "out", data.tables) == []
    convert_command(SAMPLES / "colombia_cut.csv", colombia_file, tmp_path / "out", say=said.append)
    assert digests(tmp_path / "out") == first
    assert any("58 rows read" in line for line in said)


def test_nothing_is_written_unless_all_is_valid(tmp_path, colombia_file):
    """A refused register leaves no trace."""
    register = tmp_path / "r.csv"
    register.write_text(
        (SAMPLES / "colombia_cut.csv").read_text(encoding="utf-8").replace("Herido", "?"), encoding="utf-8"
    )

    with pytest.raises(DataError, match=r"is not in \[values.outcome\]"):
        convert_command(register, colombia_file, tmp_path / "out", say=print)
    assert not (tmp_path / "out").exists()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["colombia.toml", "r.csv"]


def test_a_newer_edition_replaces_the_old_and_names_changed_years(tmp_path, colombia_file):
    """Rows of the same register are replaced, others stay, and years whose totals changed are said."""
    out, said = tmp_path / "out", []
    convert_command(SAMPLES / "colombia_cut.csv", colombia_file, out, say=said.append)
    convert_command(SAMPLES / "monitor_yearly.csv", MAPPINGS / "landmine_monitor_yearly.toml", out, say=said.append)
    assert len(load(out).incidents) == 58
    text = (SAMPLES / "colombia_cut.csv").read_text(encoding="utf-8")
    newer = tmp_path / "newer.csv"
    rows = text.splitlines(keepends=True)
    newer.write_text("".join(rows[:1] + rows[2:]), encoding="utf-8")
    colombia_file.write_text(colombia_file.read_text(encoding="utf-8").replace("58", "57"), encoding="utf-8")
    convert_command(newer, colombia_file, out, say=said.append)
    data = load(out)

    assert len(data.incidents) == 57
    assert len(data.victim_totals) == 4
    assert data.sources["source_id"].tolist() == ["col-victims", "monitor-yearly"]
    assert any("2006 was revised since the earlier edition: rows" in line for line in said)


def test_check_names_an_expectation_that_the_tables_no_longer_meet(tmp_path, colombia_file):
    """A row taken out of a converted table is found by the published total."""
    out = tmp_path / "out"
    convert_command(SAMPLES / "colombia_cut.csv", colombia_file, out, say=lambda line: None)
    data = load(out)
    tables = {**data.tables, "incidents": data.incidents.iloc[2:]}
    problems = check_expectations(out, tables)

    assert [str(p) for p in problems] == [
        "incidents.csv, column 'victims': expect all: victims 58 published, 56 here (-2). The file, a filter or the "
        "vocabulary changed. [expect-missed]"
    ]


def test_tables_without_a_package_are_not_overwritten(tmp_path, colombia_file):
    """A folder with tables of another making is refused."""
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "incidents.csv").write_text("x\n", encoding="utf-8")

    with pytest.raises(ParameterError, match=r"has tables but no datapackage.json"):
        convert_command(SAMPLES / "colombia_cut.csv", colombia_file, tmp_path / "out", say=print)


def test_a_new_folder_is_a_valid_empty_package(tmp_path):
    """The folder to start from loads without a problem, and its plan names reports."""
    from minestats.render.plan import read_plan

    assert new_command(tmp_path / "mine", say=lambda line: None) == 0
    data = load(tmp_path / "mine")

    assert {name: len(table) for name, table in data.tables.items()} == dict.fromkeys(data.tables, 0)
    assert len(data.problems) == 0
    assert [report.notebook for report in read_plan(tmp_path / "mine" / "plan.toml").reports] == [
        "trend", "casualty_rates", "victims", "demining_progress", "sources", "summary",
    ]  # fmt: skip
    with pytest.raises(ParameterError, match="is not an empty folder"):
        new_command(tmp_path / "mine", say=print)


def test_a_mapping_edited_in_the_new_folder_is_enough(tmp_path, people):
    """From new to tables: edit the mapping in its folder and convert into the folder."""
    folder = tmp_path / "mine"
    new_command(folder, say=lambda line: None)
    file = folder / "mapping.toml"
    text = file.read_text(encoding="utf-8").replace('# complete_until = "2023-12"', 'complete_until = "2016-12"')
    file.write_text(text.replace('# country = "Examplia"', 'country = "Examplia"'), encoding="utf-8")
    convert_command(people, file, folder, say=lambda line: None)
    data = load(folder)

    assert data.incidents["killed"].tolist() == [1, 0, pd.NA, 0]
    assert data.settings["country"] == "Examplia"
    assert not (folder / "my-register.toml").exists()
    assert check_expectations(folder, data.tables) == []


# ---------------------------------------------------------------- writing


def test_a_workbook_runs_no_formula(tmp_path):
    """Text that begins like a formula is text in the workbook, and reads back the same."""
    import openpyxl

    table = pd.DataFrame({"note": ["=1+1", "@x", "plain"], "killed": pd.array([1, None, 2], dtype="Int64")})
    file = write_excel({"incidents": table}, tmp_path / "x.xlsx")
    sheet = openpyxl.load_workbook(file)["incidents"]

    assert [cell.data_type for cell in sheet["A"]] == ["s", "s", "s", "s"]
    assert [cell.value for cell in sheet["A"]][1:] == ["=1+1", "@x", "plain"]
    assert [cell.value for cell in sheet["B"]][1:] == [1, None, 2]


def test_hxl_written_is_hxl_read(tmp_path):
    """Every table of the bundled data is written with tags, and its counts and dates read back the same."""
    data = load()
    for name, table in data.tables.items():
        part = table.head(30)
        back = read_hxl(write_hxl(name, part, tmp_path / f"{name}.csv"))
        assert list(back.columns) == list(part.columns)
        assert len(back.attrs["hxl"]) == len(part.columns)
        for column in ("killed", "victims", "period_start", "date"):
            if column in part:
                assert back[column].tolist() == part[column].tolist()


def test_hxl_text_that_looks_like_a_formula_takes_an_apostrophe(tmp_path):
    """A CSV file that a spreadsheet opens runs nothing."""
    file = write_hxl("incidents", pd.DataFrame({"note": ["=cmd()", "+1", "ok"]}), tmp_path / "x.csv")

    assert file.read_text(encoding="utf-8").splitlines()[2:] == ["'=cmd()", "'+1", "ok"]


# ---------------------------------------------------------------- laws


def test_damaged_registers_are_tables_or_refused():
    """300 files damaged at random: clean tables with every row accounted for, or an error; never a traceback."""
    sys.path.insert(0, str(HERE.parent / "benchmarks"))
    try:
        import damage
    finally:
        sys.path.pop(0)
    counted, faults = damage.run(300, 2)

    assert faults == []
    assert sum(count for (state, _), count in counted.items() if state == "table") >= 60
    assert sum(count for (state, _), count in counted.items() if state == "refused") >= 60


@settings(max_examples=40, derandomize=True, deadline=None)
@given(
    st.lists(
        st.tuples(
            st.sampled_from(["a", "b", "c", ""]),
            st.sampled_from(["dead", "hurt", ""]),
            st.sampled_from(["civil", "army", "sapper", ""]),
            st.sampled_from(["f", "m", ""]),
            st.sampled_from(["3", "17", "18", "60", ""]),
        ),
        min_size=1,
        max_size=12,
    )
)
def test_joining_people_conserves_every_count(people_rows):
    """Explosions add to what their people add to, for every count and the unknown outcomes."""
    with tempfile.TemporaryDirectory() as name:
        file = Path(name) / "people.csv"
        lines = [f"{case},2015,1,Meta,{rest[0]},{rest[1]},{rest[2]},{rest[3]}\n" for case, *rest in people_rows]
        file.write_text("case,year,month,place,outcome,status,sex,age\n" + "".join(lines), encoding="utf-8")
        apart = convert(file, mapping_of())["incidents"]
        joined = convert(file, mapping_of(fields={**mapping_of()["fields"], "incident": "case"}))["incidents"]

    assert len(apart) == len(people_rows)
    assert len(joined) == len({case for case, *_ in people_rows if case}) + sum(not case for case, *_ in people_rows)
    of_groups = [f"{group}_{harm}" for group in ("civilians", "military") for harm in ("killed", "injured")]
    for column in ("killed", "injured", *of_groups, "women", "children", "outcome_unknown"):
        assert int(apart[column].sum()) == int(joined[column].sum()), column
    assert int(apart["killed"].sum()) == sum(rest[0] == "dead" for _, *rest in people_rows)
    assert int(apart["outcome_unknown"].sum()) == sum(rest[0] == "" for _, *rest in people_rows)


@settings(max_examples=80, derandomize=True, deadline=None)
@given(
    st.lists(
        st.lists(
            st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0\r"), max_size=6),
            min_size=2,
            max_size=2,
        ),
        max_size=6,
    ),
    st.sampled_from([csv.QUOTE_MINIMAL, csv.QUOTE_ALL]),
    st.sampled_from(["\n", "\r\n"]),
)
def test_both_readers_of_csv_give_the_same_cells(rows, quoting, ending):
    """The quick reader gives the cells of the exact one, or leaves the file to it."""
    text = io.StringIO()
    csv.writer(text, quoting=quoting, lineterminator=ending).writerows([["a", "b"], *rows])
    data = text.getvalue().encode("utf-8")
    findings = Findings("x")
    exact = formats.exact(data, 1, 2, ",", findings)
    quick = formats.fast(data, 1, 2, ",")

    assert findings.errors == []
    assert [list(column.spread(column.texts)) for column in exact] == [
        list(cells) for cells in zip(*rows, strict=True)
    ] or [[], []]
    if quick is not None:
        assert [list(c.spread(c.texts)) for c in quick] == [list(c.spread(c.texts)) for c in exact]


def test_row_order_and_a_time_zone_change_nothing(people, tmp_path):
    """Shuffled rows give the same people, but for the row numbers in their ids."""
    lines = PEOPLE.splitlines(keepends=True)
    body = lines[1:]
    random.Random(3).shuffle(body)
    shuffled = tmp_path / "shuffled.csv"
    shuffled.write_text(lines[0] + "".join(body), encoding="utf-8")

    def told(path):
        table = convert(path, mapping_of())["incidents"].drop(columns="incident_id")
        return table.astype("string").sort_values(list(table.columns)).to_csv(index=False)

    assert told(people) == told(shuffled)


def test_the_mapping_and_the_register_are_not_changed(people):
    """Neither the mapping nor the file is touched."""
    mapping = mapping_of()
    before = json.dumps(mapping, sort_keys=True)
    convert(people, mapping)

    assert json.dumps(mapping, sort_keys=True) == before
    assert people.read_text(encoding="utf-8") == PEOPLE


def test_the_page_on_ones_own_data_works_as_written(tmp_path):
    """The file and the mappings of the page give the errors, the warnings and the tables that it tells of."""
    page = (HERE.parent / "docs" / "own_data.md").read_text(encoding="utf-8")
    [register] = re.findall(r"```csv\n(.*?)```", page, re.S)
    first, last = (tomllib.loads(text) for text in re.findall(r"```toml\n(.*?)```", page, re.S))
    file = tmp_path / "people.csv"
    file.write_text(register, encoding="utf-8")
    messages = [text for text in re.findall(r"\| `([^|]*?)` \|", page) if text]
    steps = [
        {"source": {"delimiter": ";"}},
        {"date": {"column": "Fecha", "century": 2000, "languages": ["es"]}},
        {"source": {"delimiter": ";", "unknown": ["", "s/d"]}},
        {"values": {"outcome": {"Muerto": "killed", "Herido": "injured", "Herida": "injured"}}},
    ]
    texts = []
    for step in [{}, *steps]:
        first |= step
        with pytest.raises(DataError) as caught:
            convert(file, first)
        texts.append(str(caught.value))

    assert "the header has 6 ';' and 0 ','; set delimiter = ';'" in texts[0]
    assert "'Ene' is no month in en; languages = ['es','en']" in texts[1]
    assert "column 'Edad', row 4: 's/d' is no number" in texts[1]
    assert "'Herida' (1 row) is not in [values.outcome]; nearest 'Herido'. Add: Herida = 'injured'" in texts[3]
    assert "'GRANADA' occurs in 2 departments; set within = 'Departamento'" in texts[4]
    assert len(messages) >= 4
    tables = convert(file, last)
    assert tables["incidents"]["district"].tolist()[:3] == ["GRANADA (META)", "GRANADA (META)", "GRANADA (ANTIOQUIA)"]
    assert len(tables["incidents"]) == 4
    last["expect"][0]["victims"] = 5
    with pytest.raises(DataError, match=r"expect year=2015: victims 5 published, 3 here \(-2\)"):
        convert(file, last)


def test_every_message_of_a_conversion_is_said_somewhere():
    """The codes of messages.toml are those that the code says, each with words."""
    source = "\n".join(path.read_text(encoding="utf-8") for path in (Path(formats.__file__).parent).glob("*.py"))

    assert [code for code in messages() if f'"{code}"' not in source] == []
    assert set(re.findall(r'(?:say|say_of|halt)\(\s*"([^"]+)"', source)) - set(messages()) == set()
    assert all(
        entry["said"] and entry.get("severity", "error") in ("error", "warning", "repair")
        for entry in messages().values()
    )
