"""Loading: where data are found, what a broken file is told, what corrections do, which pages a row rests on."""

from __future__ import annotations

import csv
import json
import shutil

import pandas as pd
import pytest

from minestats import load
from minestats.data import Dataset, refresh_package
from minestats.data.package import operator_read
from minestats.errors import DataError, ParameterError


def rewrite(folder, table, change):
    """Apply `change(header, rows)` to a CSV file of the package."""
    path = folder / f"{table}.csv"
    with path.open(encoding="utf-8", newline="") as file:
        header, *rows = list(csv.reader(file))
    header, rows = change(header, rows) or (header, rows)
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file, lineterminator="\n").writerows([header, *rows])


def cell(row, column, value):
    """A change that puts `value` into one cell (row 0 is the first below the header)."""

    def change(header, rows):
        rows[row][header.index(column)] = value

    return change


def problems_of(folder):
    """The problems of a broken package, by (table, row, column)."""
    with pytest.raises(DataError) as caught:
        load(folder)
    return {(p.table, p.row, p.column): p for p in caught.value.problems}


class TestFinding:
    """Data are found by argument, then MINESTATS_DATA, then those that come with minestats."""

    def test_bundled(self, data):
        """Without anything the bundled package is read."""
        assert data.name == "azerbaijan-landmines"
        assert len(data.incidents) >= 158  # rows are only added

    def test_variable(self, package, monkeypatch):
        """The variable MINESTATS_DATA names the folder."""
        monkeypatch.setenv("MINESTATS_DATA", str(package))
        assert load().path == package

    def test_argument_wins(self, package, tmp_path, monkeypatch):
        """An argument wins over the variable."""
        monkeypatch.setenv("MINESTATS_DATA", str(tmp_path / "elsewhere"))
        assert load(package).path == package

    def test_nothing_found(self, tmp_path, monkeypatch):
        """The error names the place tried and the remedy."""
        monkeypatch.setenv("MINESTATS_DATA", str(tmp_path / "elsewhere"))
        with pytest.raises(DataError, match=r"looked in '.*elsewhere' \(variable MINESTATS_DATA\).*minestats new"):
            load()

    def test_wrong_argument(self):
        """A number is no folder."""
        with pytest.raises(ParameterError, match="must be a folder's name, not int"):
            load(7)

    def test_broken_description(self, package):
        """A datapackage.json that is no JSON is said with its line."""
        (package / "datapackage.json").write_text('{\n "name": }')
        with pytest.raises(DataError, match=r"datapackage\.json, row 2.*not JSON"):
            load(package)

    def test_unknown_setting(self, package):
        """A misspelt setting is an error, not ignored."""
        description = json.loads((package / "datapackage.json").read_text())
        description["minestats"]["contry"] = "X"
        (package / "datapackage.json").write_text(json.dumps(description))
        with pytest.raises(DataError, match="'contry': no such setting"):
            load(package)


class TestTypes:
    """Missing stays missing; no number turns into another type."""

    def test_dtypes(self, data):
        """Counts, areas, dates and text have their nullable types."""
        assert str(data.incidents["killed"].dtype) == "Int64"
        assert str(data.clearance["area_ha"].dtype) == "Float64"
        assert str(data.incidents["date"].dtype) == "datetime64[us]"
        assert str(data.incidents["district"].dtype) == "string"

    def test_empty_is_missing_not_zero(self, data):
        """As many killed are missing as cells are empty, and as many are 0 as noughts are printed."""
        with (data.path / "incidents.csv").open(encoding="utf-8", newline="") as file:
            printed = [row["killed"] for row in csv.DictReader(file)]
        assert data.incidents["killed"].isna().sum() == printed.count("")
        assert (data.incidents["killed"] == 0).sum() == printed.count("0")

    def test_tables_are_copies(self):
        """Changing a loaded table does not change the next load."""
        first = load()
        first.incidents.loc[0, "killed"] = 99
        assert load().incidents.loc[0, "killed"] is pd.NA


BROKEN_CELLS = [
    ("clearance", 0, "period_end", "2020-02-30", "a real date", "correct the date"),
    ("clearance", 0, "period_end", "30.06.2020", "a real date", "correct the date"),
    ("clearance", 0, "period_end", "1998-01-01", "ends before it starts", "exchange or correct"),
    ("clearance", 0, "items_total", "-3", "a whole number, 0 or more", "leave the cell empty for unknown"),
    ("clearance", 0, "items_total", "12.5", "a whole number", "leave the cell empty"),
    ("clearance", 0, "area_ha", "1,5", "a number with a decimal point", "correct it"),
    ("clearance", 0, "area_ha", "nan", "a number with a decimal point", "correct it"),
    ("clearance", 0, "operator", "anma", "must be one of", "did you mean 'anama'"),
    ("clearance", 0, "district", "Agdm", "must stand in districts.district", "did you mean 'Aghdam'"),
    ("clearance", 0, "source_id", "nowhere", "must stand in sources.source_id", "add it to sources.csv"),
    ("clearance", 0, "source_id", "", "must not be empty", "fill it in"),
    ("incidents", 0, "killed", "-1", "a whole number, 0 or more", "unknown"),
    ("incidents", 0, "killed", "one", "a whole number, 0 or more", "unknown"),
    ("incidents", 0, "date", "2020-13-01", "a real date", "correct"),
    ("incidents", 0, "settlement", " Village", "no blanks at the edges", "delete the blanks"),
    ("incidents", 0, "settlement", "a\u202eb", "no control or direction characters", "delete them"),
    ("incidents", 0, "side", "azerbajan", "must be one of", "did you mean 'azerbaijan'"),
    # the word of the reports, told in the word of the incidents: by spelling it would be "demining"
    ("incidents", 4, "activity", "driving", "must be one of", "did you mean 'travel'"),
    ("victim_totals", 0, "authority", "", "must not be empty", "fill it in"),
    ("estimates", 0, "value", "-1", "a number", "correct it"),
    ("estimates", 0, "value", "124", "a percentage above 100", "correct the value or its unit"),
    ("estimates", 0, "unit", "ha", "the unit of accident_share_farming_herding is 'percent'", "correct it"),
    ("districts", 0, "latitude", "139", "must be 90 or less", "correct it"),
]


class TestBrokenCells:
    """A wrong cell is named with file, row, column, value, rule and remedy."""

    @pytest.mark.parametrize(("table", "row", "column", "value", "rule", "remedy"), BROKEN_CELLS)
    def test_cell(self, package, table, row, column, value, rule, remedy):
        """The problem names the cell as a spreadsheet numbers it, and what to do."""
        import re

        rewrite(package, table, cell(row, column, value))
        found = problems_of(package)
        problem = found[(f"{table}.csv", row + 2, column)]
        assert re.search(rule, problem.rule)
        assert remedy in problem.remedy
        assert value in problem.value

    def test_parts_above_their_whole(self, package):
        """The whole is named, with its parts."""
        rewrite(package, "victim_totals", cell(0, "killed", "600"))
        problem = problems_of(package)[("victim_totals.csv", 2, "victims")]
        assert problem.value == "687"
        assert problem.rule == "the parts (killed 600 + injured 507) exceed victims"

    def test_duplicate_id(self, package):
        """Both rows of a doubled id are named."""
        rewrite(package, "incidents", lambda header, rows: rows[1].__setitem__(0, rows[0][0]))
        found = problems_of(package)
        assert {key[1] for key in found if key[0] == "incidents.csv" and key[2] == "incident_id"} == {2, 3}

    def test_doubtful_is_a_warning(self, package):
        """Parts above their whole are allowed where the note doubts the figure; the problem stays visible."""

        def change(header, rows):
            rows[0][header.index("killed")] = "600"
            rows[0][header.index("note")] = "doubtful: killed"

        rewrite(package, "victim_totals", change)
        found = load(package).problems
        row = found[(found["table"] == "victim_totals.csv") & (found["row"] == 2)]
        assert row["severity"].tolist() == ["warning"]

    def test_all_at_once(self, package):
        """Problems of several tables come together, not only the first."""
        rewrite(package, "incidents", cell(3, "killed", "x"))
        rewrite(package, "clearance", cell(5, "period_start", "x"))
        rewrite(package, "victim_totals", cell(7, "scope", "nationl"))
        found = problems_of(package)
        assert {
            ("incidents.csv", 5, "killed"),
            ("clearance.csv", 7, "period_start"),
            ("victim_totals.csv", 9, "scope"),
        } <= set(found)

    def test_not_strict_returns_the_data(self, package):
        """With strict=False a broken package is returned whole, its problems beside it."""
        whole = len(load(package).incidents)
        rewrite(package, "incidents", cell(3, "killed", "x"))
        broken = load(package, strict=False)
        assert len(broken.incidents) == whole
        assert broken.check().iloc[0]["severity"] == "error"


class TestBrokenFiles:
    """A file that cannot be a table is refused in words."""

    def test_missing_column(self, package):
        """A renamed column is recognized."""
        rewrite(package, "incidents", lambda header, rows: header.__setitem__(header.index("killed"), "kiled"))
        found = problems_of(package)
        assert found[("incidents.csv", None, "killed")].remedy == "rename 'kiled' to 'killed'"
        assert "no such column" in found[("incidents.csv", None, "kiled")].rule

    def test_optional_column_may_be_absent(self, package):
        """A column that only some countries need may be left out; it is then all missing."""

        def change(header, rows):
            i = header.index("side")
            del header[i]
            for row in rows:
                del row[i]

        rewrite(package, "incidents", change)
        assert load(package).incidents["side"].isna().all()

    def test_doubled_column(self, package):
        """A column that stands twice is refused."""
        rewrite(package, "incidents", lambda header, rows: header.__setitem__(header.index("injured"), "killed"))
        found = problems_of(package)
        assert "the column stands twice" in found[("incidents.csv", None, "killed")].rule

    def test_ragged_row(self, package):
        """A row with too many cells is named; no cell is lost in silence."""
        rewrite(package, "incidents", lambda header, rows: rows[4].append("more"))
        assert "cells where the header has" in problems_of(package)[("incidents.csv", 6, "")].rule

    def test_not_utf8(self, package):
        """Another encoding is refused with the line of the byte."""
        path = package / "districts.csv"
        path.write_bytes(path.read_text(encoding="utf-8").replace("ə", "e").encode("cp1251", errors="replace"))
        found = problems_of(package)
        assert "must be UTF-8" in found[("districts.csv", 2, "")].rule

    def test_empty_file(self, package):
        """An empty file is not an empty table."""
        (package / "incidents.csv").write_text("")
        assert problems_of(package)[("incidents.csv", None, "")].rule == "the file is empty"

    def test_header_only(self, package):
        """A header without rows is an empty table (its reports then point nowhere)."""
        (package / "corrections.yml").unlink()  # they are of rows as the CSV files print them
        rewrite(package, "incidents", lambda header, rows: (header, []))
        rewrite(package, "incident_reports", lambda header, rows: (header, []))
        assert len(load(package).incidents) == 0

    def test_folder_instead_of_file(self, package):
        """A folder with the name of a table is said to be one."""
        (package / "incidents.csv").unlink()
        (package / "incidents.csv").mkdir()
        assert "this is a folder" in problems_of(package)[("incidents.csv", None, "")].rule

    def test_missing_file(self, package):
        """A listed file that is not there is an error."""
        (package / "estimates.csv").unlink()
        assert "the file is missing" in problems_of(package)[("estimates.csv", None, "")].rule

    def test_unlisted_absent_table_is_empty(self, package):
        """A country without a table leaves it out; it is then empty, with its types."""
        (package / "corrections.yml").unlink()  # they are of rows as the CSV files print them
        (package / "estimates.csv").unlink()
        refresh_package(package)
        table = load(package).estimates
        assert len(table) == 0
        assert str(table["value"].dtype) == "Float64"

    def test_unclosed_quote(self, package):
        """A quote that is never closed is no CSV."""
        path = package / "incidents.csv"
        path.write_text(path.read_text(encoding="utf-8") + '"never closed', encoding="utf-8")
        assert "not a CSV file" in problems_of(package)[("incidents.csv", None, "")].rule

    def test_path_outside_the_folder(self, package):
        """A description cannot make minestats read a file outside the folder."""
        description = json.loads((package / "datapackage.json").read_text())
        description["resources"][0]["path"] = "../clearance.csv"
        shutil.copy(package / "clearance.csv", package.parent / "clearance.csv")
        (package / "datapackage.json").write_text(json.dumps(description))
        assert "must be a file of this folder" in problems_of(package)[("datapackage.json", None, "path")].rule

    def test_changed_file_is_told(self, package):
        """A file that differs from its hash is read, and the difference stands in the problems."""
        rewrite(package, "incidents", cell(0, "killed", "7"))
        found = load(package).problems
        assert found[found["table"] == "incidents.csv"]["rule"].str.contains("differs from its hash").any()

    def test_byte_order_mark(self, package):
        """A byte order mark is no part of the first column's name."""
        path = package / "incidents.csv"
        path.write_bytes(b"\xef\xbb\xbf" + path.read_bytes())
        assert load(package).incidents["incident_id"].notna().all()


class TestParquet:
    """A table may be a Parquet file."""

    def test_same_table(self, package, data):
        """The same table as Parquet loads to the same values."""
        (package / "corrections.yml").unlink()  # they are of rows as the CSV files print them
        data.incidents.to_parquet(package / "incidents.parquet")
        (package / "incidents.csv").unlink()
        refresh_package(package)
        pd.testing.assert_frame_equal(load(package).incidents, data.incidents)


CORRECTION = {
    "table": "incidents",
    "row_id": "inc-2020-11-14-fuzuli-1",
    "column": "injured",
    "expect": 1,
    "value": 2,
    "reason": "made for a test",
    "source": "a test",
}


class TestCorrections:
    """Corrections are data: applied in the open, and wrong ones are errors."""

    def write(self, package, **changes):
        entry = {k: v for k, v in (CORRECTION | changes).items() if v != "leave out"}
        (package / "corrections.yml").write_text(json.dumps([entry]))
        return package

    def test_applied_and_told(self, package):
        """The value changes, and the problems say from what, why and by which source."""
        found = load(self.write(package))
        assert found.incidents.set_index("incident_id").loc[CORRECTION["row_id"], "injured"] == 2
        told = found.problems[found.problems["severity"] == "repair"].iloc[0]
        assert (told["value"], told["row_id"]) == ("1", CORRECTION["row_id"])
        assert "corrected to 2: made for a test" in told["rule"]
        assert found.corrections["value"].tolist() == ["2"]

    def test_to_unknown(self, package):
        """A correction can make a value unknown."""
        found = load(self.write(package, value=None))
        assert found.incidents.set_index("incident_id").loc[CORRECTION["row_id"], "injured"] is pd.NA

    def test_date(self, package):
        """A date can be corrected, written as YAML writes dates."""
        import yaml

        entry = CORRECTION | {"column": "date", "expect": "2020-11-14", "value": "2020-11-15"}
        (package / "corrections.yml").write_text(yaml.safe_dump([entry]).replace("'", ""))
        found = load(package).incidents.set_index("incident_id")
        assert found.loc[CORRECTION["row_id"], "date"] == pd.Timestamp("2020-11-15")

    @pytest.mark.parametrize(
        ("change", "message"),
        [
            ({"expect": 5}, "now has 1; review the correction"),
            ({"row_id": "inc-none"}, "matches 0 rows of incidents"),
            ({"table": "incident"}, "must be one of"),
            ({"column": "kiled"}, "must be a column of the table"),
            ({"column": "incident_id"}, "not its key"),
            ({"reason": " "}, "a reason and a source are needed"),
            ({"source": "leave out"}, "a correction has exactly"),
        ],
    )
    def test_refused(self, package, change, message):
        """A correction that no longer fits is an error that says what to do."""
        with pytest.raises(DataError, match=message):
            load(self.write(package, **change))

    def test_not_yaml(self, package):
        """A file that is no YAML is said to be none."""
        (package / "corrections.yml").write_text("a: [")
        with pytest.raises(DataError, match="not YAML"):
            load(package)


class TestDataset:
    """What a dataset says of itself."""

    def test_unknown_table(self, data):
        """A misspelt table is answered with the nearest name."""
        with pytest.raises(AttributeError, match="did you mean 'incidents'"):
            _ = data.incident

    def test_unknown_table_given(self):
        """A dataset cannot be made of tables that do not exist."""
        with pytest.raises(ParameterError, match="no such table: 'mines'"):
            Dataset({"mines": pd.DataFrame()})

    def test_html_is_escaped(self, package):
        """A title with markup shows as text."""
        description = json.loads((package / "datapackage.json").read_text())
        description["title"] = "<script>alert(1)</script>"
        (package / "datapackage.json").write_text(json.dumps(description))
        assert "<script>" not in load(package)._repr_html_()

    def test_sources_of_incidents_are_those_of_their_reports(self, data):
        """An incident rests on the pages of its reports, numbered by first use."""
        rows = data.incidents[data.incidents["incident_id"] == "inc-2022-12-14-kalbajar"]
        reports = data.incident_reports[data.incident_reports["incident_id"] == "inc-2022-12-14-kalbajar"]
        found = data.sources_of(rows)
        assert sorted(found["source_id"]) == sorted(reports["source_id"].unique())
        assert found["number"].tolist() == list(range(1, len(found) + 1))
        assert found["rows"].sum() == len(reports)
        assert set(found["publisher"]) <= set(data.sources["publisher"])

    def test_sources_of_a_table(self, data):
        """A table's name stands for all its rows; unknown names are answered with the nearest."""
        assert data.sources_of("clearance")["rows"].sum() == len(data.clearance)
        with pytest.raises(ParameterError, match="did you mean 'clearance'"):
            data.sources_of("clearence")
        with pytest.raises(ParameterError, match="neither 'source_id' nor 'incident_id'"):
            data.sources_of(data.districts)

    def test_known_on(self, data):
        """What was published later is left out, and nothing else."""
        then = data.known_on("2022-12-31")
        published = then.with_sources("victim_totals")["published"]
        assert (published.dropna() <= pd.Timestamp("2022-12-31")).all()
        assert (then.incidents["date"].dropna() <= pd.Timestamp("2022-12-31")).all()
        assert data.known_on("") is data
        assert len(data.known_on("2100-01-01").clearance) == len(data.clearance)
        with pytest.raises(ParameterError, match="`as_of` must be a date"):
            data.known_on("31.12.2022")


class TestExports:
    """Tables for other programs: nothing is lost, nothing is calculated."""

    def test_formulas_stay_text(self, data, tmp_path):
        """A text that begins like a formula is text in CSV and in a workbook; negative numbers stay numbers."""
        import openpyxl

        table = data.sources.head(2).assign(note=["=1+1", "@SUM(A1)"]).astype({"note": "string"})
        changed = Dataset({"sources": table})
        text = changed.to_csv("sources", tmp_path / "s.csv").read_text(encoding="utf-8-sig")
        assert "'=1+1" in text
        assert "'@SUM" in text
        sheet = openpyxl.load_workbook(changed.to_excel(tmp_path / "s.xlsx"))["sources"]
        cells = [cell for row in sheet.iter_rows() for cell in row if cell.value in ("=1+1", "@SUM(A1)")]
        assert [cell.data_type for cell in cells] == ["s", "s"]

    def test_missing_stays_missing(self, data, tmp_path):
        """An unknown number is an empty cell, a nought a nought."""
        found = pd.read_csv(data.to_csv("incidents", tmp_path / "i.csv"))
        assert found["killed"].isna().sum() == data.incidents["killed"].isna().sum()
        assert (found["killed"] == 0).sum() == (data.incidents["killed"] == 0).sum()

    def test_parquet_keeps_types(self, data, tmp_path):
        """A Parquet file gives back the same table."""
        folder = data.to_parquet(tmp_path / "p")
        pd.testing.assert_frame_equal(pd.read_parquet(folder / "incidents.parquet"), data.incidents, check_dtype=False)

    def test_hxl_is_read_back(self, data, tmp_path):
        """The tagged file is read by its tags."""
        from minestats import read_hxl

        found = read_hxl(data.to_hxl("incidents", tmp_path / "i.csv"))
        assert len(found) == len(data.incidents)
        assert found.attrs["hxl"]["killed"] == "#affected+killed"

    def test_unknown_table(self, data, tmp_path):
        """A misspelt table is answered with the nearest name."""
        with pytest.raises(ParameterError, match="did you mean 'incidents'"):
            data.to_csv("incidnts", tmp_path / "x.csv")


class TestReading:
    """The package says which statements of an agency are read as those of all operators; `check` watches over it."""

    def test_the_bundled_statements_are_read_as_the_package_says(self, data):
        """No statement stands in another series than the rule puts it in."""
        assert not (data.problems["column"] == "operator").any()

    def test_a_row_that_breaks_the_rule_is_a_warning(self, package):
        """A month of 2024 under the agency's own name would mix two series."""
        rewrite(
            package,
            "clearance",
            lambda header, rows: (
                header,
                [
                    [*row[:4], "anama", *row[5:]]
                    if row[3] == "month" and row[2] == "2024-08-31" and not row[6]
                    else row
                    for row in rows
                ],
            ),
        )
        found = load(package).problems
        found = found[(found["column"] == "operator") & (found["severity"] == "warning")]
        assert len(found) > 0
        assert found["rule"].str.contains("it is read as 'all' by the setting reading of datapackage.json").all()

    def test_a_row_that_is_read_too_early_is_a_warning(self, package):
        """A week of 2023, when weeks counted one operator's work, must not stand among those of all."""
        weeks = pd.read_csv(package / "clearance.csv").query("period_type == 'week' and operator_stated == 'anama'")
        early = weeks.loc[weeks["period_end"].str.startswith("2023-0"), "statement_id"].iloc[0]
        rewrite(
            package,
            "clearance",
            lambda header, rows: (header, [[*r[:4], "all", *r[5:]] if r[0] == early else r for r in rows]),
        )
        found = load(package).problems
        found = found[(found["column"] == "operator") & (found["severity"] == "warning")]
        assert found["row_id"].tolist() == [early]
        assert found["remedy"].str.contains("write anama").all()

    @pytest.mark.parametrize(
        ("changed", "read"),
        [
            ({}, "all"),
            ({"period_end": "2022-05-31"}, ""),
            ({"district": "Aghdam"}, ""),
            ({"note": "share of the national total"}, ""),
            ({"operator_stated": "ministry_of_defence"}, ""),
            ({"period_type": "week", "period_end": "2023-12-31"}, ""),
            ({"period_type": "week", "period_end": "2024-01-07"}, "all"),
        ],
    )
    def test_what_the_rule_holds_for(self, data, changed, read):
        """Statements of the whole country, of the listed operators and periods, from the rule's day on, no shares."""
        row = {
            "operator_stated": "anama",
            "period_type": "month",
            "period_end": "2022-06-30",
            "district": "",
            "note": "",
        }
        assert operator_read(data.settings, {**row, **changed}) == read

    def test_a_rule_that_lacks_a_part_is_refused(self, package):
        """A rule has all four parts, or the folder is refused with the rule."""
        file = package / "datapackage.json"
        content = json.loads(file.read_text(encoding="utf-8"))
        content["minestats"]["reading"] = [{"since": "2022-06-01"}]
        file.write_text(json.dumps(content), encoding="utf-8")
        with pytest.raises(DataError, match="each has stated, period_types, since and operator"):
            load(package)


def test_people_present_are_of_known_districts(package, data):
    """The setting names a metric and districts of the data; a part of it alone is refused."""
    present = data.settings["people_present"]
    assert set(present["districts"]) <= set(data.districts["district"])
    assert (data.estimates["metric"] == present["metric"]).any()

    file = package / "datapackage.json"
    content = json.loads(file.read_text(encoding="utf-8"))
    content["minestats"]["people_present"] = {"metric": "returnees"}
    file.write_text(json.dumps(content), encoding="utf-8")
    with pytest.raises(DataError, match="it has metric and districts"):
        load(package)


def test_a_cell_that_was_empty_can_be_corrected(package):
    """A correction may expect an empty cell, and may leave one."""
    found = load(package)
    assert found.estimates.set_index("estimate_id").loc["est-mines-laid-undated-xalq-qazeti", "since"].year == 1991
    row = found.clearance.set_index("statement_id").loc["clr-2025-03-month-vestnik-kavkaza"]
    assert pd.isna(row["rounded"])
