"""Parquet files: the same table and the same problems as CSV, and only what is wanted.

Values that the tests put into tables are made up.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from minestats.data import load, refresh_package
from minestats.data.loading import read_table
from minestats.data.parquet import missing, read_parquet
from minestats.data.schema import TABLES
from minestats.data.typed import empty
from minestats.errors import ParameterError

INCIDENTS = TABLES["incidents"]
WORDS = {"activity": ("farming",), "side": ("ours",)}


def rows(**columns):
    """A table of incidents as text, four rows of which a test changes columns."""
    table = {name: [""] * 4 for name in INCIDENTS.names if not INCIDENTS.column(name).optional}
    table |= {"incident_id": list("abcd"), "date": ["2023-01-05", "2023-06-01", "", "2024-02-29"]}
    return table | columns


def typed(table):
    """The same columns as arrow arrays of the table's types; what is no number or date stays text."""
    arrays = {}
    for name, cells in table.items():
        kind = {"count": pa.int64(), "date": pa.date32()}.get(INCIDENTS.column(name).kind, pa.string())
        cells = [None if cell == "" else cell for cell in cells]
        try:
            arrays[name] = pa.array(cells, pa.string()).cast(kind)
        except pa.ArrowInvalid:
            arrays[name] = pa.array(cells, pa.string())
    return pa.table(arrays)


def both(folder, table, group=2):
    """Frame and problems of the same table as CSV and as Parquet, in groups of two rows."""
    pd.DataFrame(table).to_csv(folder / "incidents.csv", index=False)
    pq.write_table(typed(table), folder / "incidents.parquet", row_group_size=group)
    return [read_table(folder / f"incidents.{end}", INCIDENTS, WORDS)[:2] for end in ("csv", "parquet")]


def told(problems):
    """Problems without the name of the file, in the order of rows."""
    return sorted((p.row or 0, p.column, p.value, p.rule, p.row_id, p.severity) for p in problems)


class TestSameAsCsv:
    """A file's format decides on nothing but speed."""

    def test_bundled(self, data, package):
        """Every bundled table, saved as Parquet, loads to the same values."""
        (package / "corrections.yml").unlink()
        whole = load(package)
        whole.to_parquet(package)
        for name in TABLES:
            (package / f"{name}.csv").unlink(missing_ok=True)
        refresh_package(package)
        found = load(package)
        for name in TABLES:
            pd.testing.assert_frame_equal(found.tables[name], whole.tables[name])
        assert len(found.check()) == len(whole.check())

    @pytest.mark.parametrize(
        "changes",
        [
            {},
            {"killed": ["1", "-2", "", "3"]},
            {"killed": ["1", "two", "", "3"]},
            {"killed": ["1", "1", "1", "9" * 19]},
            {"date": ["2023-01-05", "1899-12-31", "", "2101-01-01"]},
            {"date": ["2023-01-05", "5.1.2023", "", "2024-02-29"]},
            {"incident_id": ["a", "b", "b", "d"]},
            {"incident_id": ["a", "c", "b", "d"]},
            {"incident_id": ["a", "b", "a", "d"]},
            {"incident_id": ["a", "", "c", "d"]},
            {"device": ["uxo", "bomb", "", "mine"]},
            {"activity": ["farming", "sailing", "", ""]},
            {"settlement": ["x", " x", "x\u202ey", "\x07"]},
            {"settlement": ["\u00a0x", "x\u2003", "y", ""]},
            {"killed": ["1", "", "2", ""], "civilians_killed": ["2", "1", "1", ""], "note": ["", "", "", "so"]},
            {"killed": ["1"] * 4, "civilians_killed": ["2", "1", "1", "2"], "note": ["doubtful: x", "", "", ""]},
        ],
    )
    def test_same_problems(self, tmp_path, changes):
        """The same cells are wrong for the same reason, at the same place, and the values agree."""
        (text, text_problems), (frame, problems) = both(tmp_path, rows(**changes))
        assert told(text_problems) == told(problems)
        pd.testing.assert_frame_equal(text, frame)

    def test_numbers_of_any_width(self, tmp_path):
        """Counts may be stored narrow, unsigned or as floats; a part of a person is a problem, not a number is missing."""
        table = typed(rows())
        cells = {"killed": pa.array([1, 2, None, 200], pa.uint8()), "injured": pa.array([1.0, float("nan"), None, 2.0])}
        cells |= {"women": pa.array([0.5, 1.0, -1.0, float("inf")])}
        for name, array in cells.items():
            table = table.set_column(table.column_names.index(name), name, array)
        pq.write_table(table, tmp_path / "incidents.parquet", row_group_size=3)
        frame, problems, _ = read_table(tmp_path / "incidents.parquet", INCIDENTS, WORDS)
        assert frame["killed"].tolist() == [1, 2, pd.NA, 200]
        assert frame["injured"].tolist() == [1, pd.NA, pd.NA, 2]
        assert frame["women"].tolist() == [pd.NA, 1, pd.NA, pd.NA]
        assert [(p.row, p.column, p.value) for p in problems] == [
            (2, "women", "0.5"),
            (4, "women", "-1"),
            (5, "women", "inf"),
        ]

    def test_categories_and_timestamps(self, tmp_path):
        """Text may be stored as categories, a date as a timestamp."""
        frame = pd.DataFrame(rows(date=pd.to_datetime(["2023-01-05", "2023-06-01", None, "2024-02-29"])))
        frame["device"] = pd.Categorical(["uxo", None, "uxo", "mine"])
        for name in frame.columns.difference(["incident_id", "date", "device"]):
            frame[name] = frame[name].replace("", None).astype(object)
        frame.to_parquet(tmp_path / "incidents.parquet")
        read, problems, _ = read_table(tmp_path / "incidents.parquet", INCIDENTS, WORDS)
        assert problems == []
        assert read["device"].tolist() == ["uxo", pd.NA, "uxo", "mine"]
        assert read["date"].tolist()[0] == pd.Timestamp("2023-01-05")
        assert [str(dtype) for dtype in read.dtypes] == [column.dtype for column in INCIDENTS.columns]

    @pytest.mark.parametrize("content", [b"", b"PAR1 no PAR1", b"incident_id\na\n"])
    def test_no_parquet(self, tmp_path, content):
        """A file that only has the name is one problem."""
        (tmp_path / "incidents.parquet").write_bytes(content)
        frame, problems, _ = read_table(tmp_path / "incidents.parquet", INCIDENTS, WORDS)
        assert len(frame) == 0
        assert [problem.rule.startswith("not a Parquet file") for problem in problems] == [True]

    def test_header(self, tmp_path):
        """A missing key, a strange column and a missing one are named."""
        table = typed(rows()).rename_columns({"killed": "kiled"})
        pq.write_table(table, tmp_path / "incidents.parquet")
        _, problems, _ = read_table(tmp_path / "incidents.parquet", INCIDENTS, WORDS)
        assert {(p.column, p.rule) for p in problems} == {
            ("killed", "the column is missing"),
            ("kiled", "no such column in this table"),
        }
        pq.write_table(table.drop_columns("incident_id"), tmp_path / "incidents.parquet")
        frame, problems, _ = read_table(tmp_path / "incidents.parquet", INCIDENTS, WORDS)
        assert len(frame) == 0
        assert ("incident_id", "the column is missing") in {(p.column, p.rule) for p in problems}

    def test_no_rows(self, tmp_path):
        """A table without rows is one."""
        pq.write_table(typed(rows()).slice(0, 0), tmp_path / "incidents.parquet")
        frame, problems, _ = read_table(tmp_path / "incidents.parquet", INCIDENTS, WORDS)
        assert problems == []
        pd.testing.assert_frame_equal(frame, empty(INCIDENTS))


class TestMissing:
    """A column without any value costs nothing, and is an ordinary column."""

    @pytest.mark.parametrize("name", ["settlement", "killed", "date"])
    def test_ordinary(self, name):
        """It can be filled, cut and compared like any other."""
        column = INCIDENTS.column(name)
        values = missing(200_000, column)
        plain = pd.Series(index=range(200_000), dtype=column.dtype)
        pd.testing.assert_series_equal(values, plain)
        pd.testing.assert_series_equal(values[values.isna()].iloc[:5], plain.iloc[:5])
        values = values.copy()
        values.iloc[3] = {"settlement": "x", "killed": 1, "date": pd.Timestamp("2024-01-01")}[name]
        assert values.notna().sum() == 1

    def test_shared(self):
        """Text without any value takes no more for more rows."""
        sizes = [pa.total_allocated_bytes()]
        kept = [missing(3_000_000, INCIDENTS.column("settlement")) for _ in range(2)]
        sizes.append(pa.total_allocated_bytes())
        assert len(kept[0]) == 3_000_000
        assert sizes[1] - sizes[0] < 4_000_000


@pytest.fixture
def large(package, monkeypatch):
    """The package with its incidents as Parquet in groups of 20 rows, nothing of it read before."""
    (package / "corrections.yml").unlink()
    whole = load(package)
    table = pa.Table.from_pandas(whole.incidents, preserve_index=False)
    pq.write_table(table, package / "incidents.parquet", row_group_size=20)
    (package / "incidents.csv").unlink()
    refresh_package(package)
    monkeypatch.setattr("minestats.data.loading._CACHE", {})
    return package


@pytest.fixture(params=["parquet", "csv"])
def either(request, large, package):
    """The package with its incidents as either format; the second time without anything cached."""
    if request.param == "csv":
        pd.read_parquet(package / "incidents.parquet").to_csv(package / "incidents.csv", index=False)
        (package / "incidents.parquet").unlink()
        refresh_package(package)
    return package


class TestPart:
    """`load` reads what is wanted."""

    def test_columns(self, either):
        """Only the columns named are there, with the key and the date."""
        found = load(either, columns={"incidents": ["killed", "district"]})
        assert found.incidents.columns.tolist() == ["incident_id", "date", "district", "killed"]
        whole = load(either)
        pd.testing.assert_frame_equal(found.incidents, whole.incidents[found.incidents.columns])
        assert found.as_of == whole.as_of

    def test_tables(self, either):
        """Tables that are not named are empty, and nothing is said of references to them."""
        found = load(either, tables=["incidents"])
        assert {name for name, table in found.tables.items() if len(table)} == {"incidents"}
        assert (found.problems["severity"] != "error").all()

    @pytest.mark.parametrize(
        ("since", "until"), [("2022-05-01", "2023-06-30"), (None, "2021-12-31"), ("2024-01-01", "")]
    )
    def test_days(self, either, since, until):
        """Every row that can lie within the days is there, unchanged and in order; undated rows stay."""
        found = load(either, since=since, until=until).incidents
        whole = load(either).incidents
        first = pd.Timestamp(since or "1900-01-01").replace(month=1, day=1)
        kept = ~((whole["date"] < first) | (whole["date"] > pd.Timestamp(until or "2100-01-01")))
        assert 0 < len(found) < len(whole)
        pd.testing.assert_frame_equal(found, whole[kept].reset_index(drop=True))

    def test_place_in_the_file(self, large, package):
        """A problem names the row of the file, also where rows before it were not read."""
        frame = pd.read_parquet(package / "incidents.parquet")
        place = int(np.flatnonzero((frame["date"] >= "2024-01-01").to_numpy(dtype=bool, na_value=False))[3])
        frame.loc[place, ["device", "district"]] = ["bomb", "Nowhere"]
        frame.to_parquet(package / "incidents.parquet", row_group_size=20)
        found = load(package, strict=False, since="2024-01-01").problems
        errors = found[found["severity"] == "error"]
        assert set(zip(errors["row"], errors["column"], errors["value"], strict=True)) == {
            (place + 2, "device", "bomb"),
            (place + 2, "district", "Nowhere"),
        }

    def test_only_what_is_wanted_is_read(self, large, monkeypatch):
        """Of the file no other column is asked for, and pyarrow hands out no row that lies outside the days."""
        import pyarrow.dataset as ds

        asked = []

        class Watched:
            def __init__(self, path, **kind):
                self.file = of_file(path, **kind)
                self.schema = self.file.schema

            def to_table(self, columns, **kept):
                table = self.file.to_table(columns, **kept)
                asked.append((set(columns), len(table)))
                return table

        of_file = ds.dataset
        monkeypatch.setattr(ds, "dataset", Watched)
        found = load(large, tables=["incidents"], columns={"incidents": ["killed"]}, since="2025-01-01").incidents
        assert 0 < len(found) < pq.read_metadata(large / "incidents.parquet").num_rows
        assert {name for names, _ in asked for name in names} == {"kept", "incident_id", "date", "killed"}
        assert {size for names, size in asked if names != {"kept"}} == {len(found)}

    def test_report_of_a_part(self, large, package):
        """What the trend report needs gives the same counts as the whole table."""
        import minestats as ms
        from minestats.scope import scope

        part = load(large, columns={"incidents": ["date_precision", "district", "killed", "injured", "side", "row_is"]})
        found = [
            ms.incidence(scope(data).incidents, interval="quarter", count="casualties") for data in (part, load(large))
        ]
        pd.testing.assert_frame_equal(*found)

    @pytest.mark.parametrize(
        ("arguments", "message"),
        [
            ({"tables": ["incident"]}, "did you mean 'incidents'"),
            ({"columns": {"incidents": ["kiled"]}}, "did you mean 'killed'"),
            ({"columns": {"incidents": "killed"}}, "give a list"),
            ({"columns": ["killed"]}, "must name columns by table"),
            ({"since": "2024-02-30"}, "`since` must be a date"),
            ({"since": "2024-02-01", "until": "2024-01-01"}, "must not be before"),
        ],
    )
    def test_wrong(self, arguments, message):
        """What cannot be meant is refused with the nearest that can."""
        with pytest.raises(ParameterError, match=message):
            load(**arguments)

    def test_read_parquet_says_where_rows_stand(self, large):
        """All rows read: no places; some: their places in the file."""
        assert read_parquet(large / "incidents.parquet", INCIDENTS, {})[2] is None
