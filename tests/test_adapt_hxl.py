"""HXL: tags are found, compared as sets, and say what a column is."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from minestats.adapt import convert, read_hxl
from minestats.data.exports import is_tag_row, matching, parse_tag, tag_of
from minestats.data.schema import TABLES
from minestats.errors import DataError, ParameterError
from minestats.files import bundle_dir

SAMPLES = Path(__file__).parent / "samples"
MINIMAL = {
    "table": "incidents",
    "row": "incident",
    "register": {"id": "hxl", "publisher": "written for the test", "complete_until": "2020-12"},
    "source": {"format": "hxl"},
    "values": {"device": {"mine": "mine", "uxo": "uxo"}},
}


def test_the_tag_row_is_found_below_a_title():
    """Headers stay column names, `attrs` gives their tags, and each tag its type."""
    events = read_hxl(SAMPLES / "hxl_events.csv")

    assert list(events.columns)[:4] == ["event", "started", "ended", "dead"]
    assert events.attrs["hxl"]["dead"] == "#affected+killed"
    assert events["started"].dt.strftime("%Y-%m-%d").tolist() == ["2019-02-03", "2019-02-28", "2020-01-05"]
    assert events["dead"].tolist() == [2, 0, pd.NA]
    assert str(events["dead"].dtype) == "Int64"
    assert str(events["lat"].dtype) == "Float64"
    assert events["id code"].tolist() == ["007", "008", "007"]


def test_a_cut_of_conflict_events_is_read_by_its_tags():
    """A cut of a real file: tagged columns by tag, untagged ones as if the tag row were absent."""
    events = read_hxl(SAMPLES / "hxl_cut.csv")
    plain = pd.read_csv(SAMPLES / "hxl_cut.csv", skiprows=[1])

    assert len(events) == len(plain) == 46
    assert events["best"].tolist() == plain["best"].tolist()
    assert events["date_start"].tolist() == pd.to_datetime(plain["date_start"]).tolist()
    for name in ("high", "low", "deaths_civilians", "relid"):
        assert name not in events.attrs["hxl"]
        assert events[name].dtype == plain[name].dtype
        assert events[name].tolist() == plain[name].tolist()


def test_the_mapping_of_hxl_events_converts_the_cut():
    """Dates by tags, deaths only: injured is unknown; known contradictions are accepted and marked."""
    tables = convert(SAMPLES / "hxl_cut.csv", bundle_dir("mappings") / "hxl_events.toml")
    incidents = tables["incidents"]
    plain = pd.read_csv(SAMPLES / "hxl_cut.csv", skiprows=[1])

    assert int(incidents["killed"].sum()) == int(plain["best"].sum())
    assert incidents["injured"].isna().all()
    assert (
        incidents.groupby(incidents["date"].dt.year)["killed"].sum().tolist()
        == plain.groupby("year")["best"].sum().tolist()
    )
    marked = incidents["note"].fillna("").str.startswith("doubtful:")
    assert int(marked.sum()) == 13
    wide = pd.to_datetime(plain["date_start"]) != pd.to_datetime(plain["date_end"])
    assert set(incidents.loc[wide, "date_precision"]) <= {"month", "year"}


def test_without_fields_the_tags_say_what_is_what():
    """Date, place, casualties and device are taken from their tags."""
    tables = convert(SAMPLES / "hxl_events.csv", MINIMAL)
    incidents = tables["incidents"]

    assert incidents["incident_id"].tolist() == ["hxl:e1", "hxl:e2", "hxl:e3"]
    assert incidents["date_precision"].tolist() == ["day", "year", "day"]
    assert incidents["killed"].tolist() == [2, 0, pd.NA]
    assert incidents["injured"].tolist() == [1, pd.NA, 4]
    assert incidents["women"].tolist() == [1, 0, pd.NA]
    assert incidents["device"].tolist() == ["mine", "uxo", "mine"]
    assert tables["districts"]["code"].tolist() == ["007", "008"]


@pytest.mark.parametrize(
    ("tags", "column"),
    [
        ("#date+occurred,#date+start,#affected+killed", "a"),
        ("#date+reported,#date+start,#affected+killed", "b"),
        ("#date,#date+reported,#affected+killed", "a"),
    ],
)
def test_the_date_is_occurred_then_start_then_date(tmp_path, tags, column):
    """Of several dates the one of the event is taken."""
    file = tmp_path / "x.csv"
    file.write_text(f"a,b,n\n{tags}\n2019-01-02,2019-03-04,1\n", encoding="utf-8")
    expected = {"a": "2019-01-02", "b": "2019-03-04"}[column]

    assert convert(file, MINIMAL)["incidents"]["date"].dt.strftime("%Y-%m-%d").tolist() == [expected]


def test_a_field_may_be_a_tag_written_in_any_order(tmp_path):
    """A mapping may name tags; the order of attributes does not matter."""
    file = tmp_path / "x.csv"
    file.write_text("d,n,m\n#date,#affected+killed+f,#affected+injured\n2019-01-02,1,2\n", encoding="utf-8")
    mapping = {**MINIMAL, "fields": {"killed": "#affected +F +killed", "injured": "m"}, "values": {}}

    assert convert(file, mapping)["incidents"][["killed", "injured"]].values.tolist() == [[1, 2]]


def test_a_file_without_tags_is_refused(tmp_path):
    """No tag row within 25 rows is an error."""
    file = tmp_path / "x.csv"
    file.write_text("a,b\n" + "1,2\n" * 40 + "#date,#event\n", encoding="utf-8")

    with pytest.raises(DataError, match="no row of HXL tags within the first 25 rows"):
        read_hxl(file)


def test_a_tag_twice_with_different_values_is_refused(tmp_path):
    """One tag on two columns is an error that names them, unless they are equal."""
    file = tmp_path / "x.csv"
    file.write_text("a,b\n#affected+killed,#Affected +Killed\n1,2\n", encoding="utf-8")
    with pytest.raises(
        DataError, match="the tag '#affected\\+killed' stands on columns with different values: 'a', 'b'"
    ):
        read_hxl(file)
    file.write_text("a,b\n#affected+killed,#Affected +Killed\n1,1\n", encoding="utf-8")

    assert read_hxl(file)["b"].tolist() == [1]


@pytest.mark.parametrize(
    ("tag", "cell", "message"),
    [
        ("#affected", "many", "'many' is no number"),
        ("#date", "soon", "'soon' is no date"),
        ("#value", "1,5", "like '1,5'"),
    ],
)
def test_a_cell_that_is_not_what_its_tag_says_is_refused(tmp_path, tag, cell, message):
    """A tagged cell is a number or date, or an error with its row."""
    file = tmp_path / "x.csv"
    file.write_text(f'a\n{tag}\n"{cell}"\n', encoding="utf-8")

    with pytest.raises(DataError, match=message):
        read_hxl(file)


def test_hxl_in_a_workbook_is_read(tmp_path):
    """A workbook with a tag row is read as a CSV file is."""
    pd.DataFrame([["#date+start", "#affected+killed"], ["2019-02-03", 4]], columns=["d", "n"]).to_excel(
        tmp_path / "x.xlsx", index=False
    )
    events = read_hxl(tmp_path / "x.xlsx")

    assert events["n"].tolist() == [4]
    assert events["d"].dt.year.tolist() == [2019]


def test_a_missing_or_other_file_is_a_wrong_call(tmp_path):
    """A file that is not there, or of another format, is a wrong call."""
    (tmp_path / "x.parquet").write_bytes(b"")
    with pytest.raises(ParameterError, match="is no file"):
        read_hxl(tmp_path / "no.csv")
    with pytest.raises(ParameterError, match=r"HXL is read from \.csv and \.xlsx"):
        read_hxl(tmp_path / "x.parquet")


@settings(max_examples=60, derandomize=True, deadline=None)
@given(
    st.lists(st.sampled_from(["killed", "f", "m", "children", "num", "code"]), unique=True, max_size=5),
    st.randoms(use_true_random=False),
)
def test_a_tag_is_a_name_and_a_set(attributes, chance):
    """Order, case and spaces of a tag do not matter."""
    shuffled = list(attributes)
    chance.shuffle(shuffled)
    spaced = "# Affected" + "".join(f" + {name.upper() if chance.random() < 0.5 else name}" for name in shuffled)

    assert parse_tag(spaced) == parse_tag("#affected" + "".join(f"+{name}" for name in attributes))
    assert is_tag_row([spaced])
    assert matching("#affected" + "".join(f"+{name}" for name in attributes), {3: spaced}) == [3]


def test_the_tags_of_a_table_are_each_one():
    """No two columns of a table have one tag, so that what is written can be read."""
    for name, table in TABLES.items():
        parsed = [parse_tag(tag_of(name, column)) for column in table.names]
        assert len(parsed) == len(set(parsed)), name
