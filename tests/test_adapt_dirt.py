"""Twelve kinds of dirt in registers: each is repaired with a count, warned of, or refused with the remedy."""

from __future__ import annotations

import json
import re
from pathlib import Path

import openpyxl
import pandas as pd
import pytest

from minestats.adapt import convert
from minestats.errors import DataError, ParameterError

PUBLISHER = {"id": "dirt", "publisher": "written for the test"}


def victims(**changes) -> dict:
    """The mapping of a small register of people."""
    base = {
        "table": "incidents",
        "row": "victim",
        "register": {**PUBLISHER, "complete_until": "2016-12"},
        "date": {"year": "ano"},
        "fields": {"district": "departamento", "outcome": "estado"},
        "values": {"outcome": {"Muerto": "killed", "Herido": "injured"}},
    }
    return {**base, **changes}


def events(**changes) -> dict:
    """The mapping of a small list of incidents."""
    base = {
        "table": "incidents",
        "row": "incident",
        "register": {**PUBLISHER, "complete_until": "2016-12"},
        "date": {"column": "fecha"},
        "fields": {"killed": "killed"},
    }
    return {**base, **changes}


@pytest.fixture
def write(tmp_path):
    """Write a file of the test and return its path."""

    def write(content, name="register.csv") -> Path:
        path = tmp_path / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode("utf-8"))
        return path

    return write


def said(tables, severity: str) -> list[str]:
    """The findings of a conversion of one severity, as a person reads them."""
    rows = tables["problems"][tables["problems"]["severity"] == severity]
    return [f"{row.rule} {row.remedy}".strip() for row in rows.itertuples()]


def refused(path, mapping) -> str:
    """The text of the error that refuses a register."""
    with pytest.raises(DataError) as caught:
        convert(path, mapping)
    return str(caught.value)


# ---------------------------------------------------------------- 1 identity


def test_1_identical_rows_are_different_people(write):
    """Rows that repeat an earlier one stay, with a warning that counts them."""
    tables = convert(write("ano,departamento,estado\n" + "2015,Meta,Herido\n" * 3 + "2016,Meta,Herido\n"), victims())

    assert len(tables["incidents"]) == 4
    assert "2 of 4 rows repeat an earlier row; kept as different people. A key: [fields] id" in said(tables, "warning")


@pytest.mark.parametrize(("second", "how"), [("a1", ""), (" a1 ", " but for spaces")])
def test_1_an_id_that_stands_twice_is_refused(write, second, how):
    """An id twice, or twice after trimming, is an error; `duplicate_id` keeps the first and counts the rest."""
    path = write(f"nr,ano,departamento,estado\na1,2015,Meta,Herido\n{second},2016,Meta,Muerto\n")
    mapping = victims(fields={"id": "nr", "district": "departamento", "outcome": "estado"})

    assert f"column 'nr': 1 row repeats an id{how} (first: 'a1' in rows 2 and 3)" in refused(path, mapping)
    tables = convert(path, {**mapping, "rows": {"duplicate_id": "first"}})
    assert tables["incidents"]["incident_id"].tolist() == ["dirt:a1"]
    assert tables["problems"].attrs["conversion"]["dropped"] == {"id repeated in column 'nr'": 1}


# ---------------------------------------------------------------- 2 separators and zeros


def test_2_separators_in_years_need_the_mapping(write):
    """A year with a separator is an error until `thousands` is set, then a repair with its count."""
    path = write('ano,departamento,estado\n"2,006",Meta,Herido\n"2,007",Meta,Herido\n')

    assert "column 'ano': 2 values like '2,006'; set thousands = ','" in refused(path, victims())
    tables = convert(path, victims(source={"thousands": ","}))
    assert tables["incidents"]["date"].dt.year.tolist() == [2006, 2007]
    assert "column 'ano': separators taken out of 2 values" in said(tables, "repair")


def test_2_lost_zeros_of_codes_need_the_mapping(write):
    """Codes of two lengths are an error until `digits` is set, then the zeros are put back."""
    path = write('ano,code,departamento,estado\n2006,"5,313",A,Herido\n2006,"18,410",B,Herido\n')
    fields = {"district": "departamento", "district_code": {"column": "code"}, "outcome": "estado"}
    mapping = victims(fields=fields)

    assert "column 'code': 2 values like '5,313'; set thousands = ','" in refused(path, mapping)
    mapping["source"] = {"thousands": ","}
    assert "leading zeros" not in refused(path, mapping)
    assert "column 'code': 1 value like '5,313' beside longer codes; zeros may be lost; set digits = 5" in refused(
        path, mapping
    )
    fields["district_code"]["digits"] = 5
    tables = convert(path, mapping)
    assert tables["districts"]["code"].tolist() == ["05313", "18410"]
    assert "column 'code': leading zeros put back in 1 value" in said(tables, "repair")


def test_2_codes_that_a_program_made_decimal_are_repaired(write):
    """A code written 5313.0 is 5313, counted, before its zeros are put back."""
    path = write("ano,code,departamento,estado\n2006,5313.0,A,Herido\n2006,18410.0,B,Herido\n")
    fields = {"district": "departamento", "district_code": {"column": "code", "digits": 5}, "outcome": "estado"}
    tables = convert(path, victims(fields=fields))

    assert tables["districts"]["code"].tolist() == ["05313", "18410"]
    assert "column 'code': a decimal part taken out of 2 values" in said(tables, "repair")


# ---------------------------------------------------------------- 3 shape


def test_3_a_byte_order_mark_and_blank_rows_are_left_out(write):
    """A byte order mark, a row of commas and an empty line are repaired and counted; row numbers stay."""
    path = write(b"\xef\xbb\xbfano,departamento,estado\n2015,Meta,Herido\n,,\n\n2016,Meta,Herido\n")
    tables = convert(path, victims())

    assert tables["incidents"]["incident_id"].tolist() == ["dirt:2", "dirt:5"]
    assert said(tables, "repair") == [
        "a byte order mark was left out",
        "2 rows without any content left out (first: row 3)",
    ]


def test_3_semicolons_and_decimal_commas_need_the_mapping(write):
    """A file of semicolons is an error until `delimiter` and `decimal` are set."""
    text = "Jahr;ha\n2015;12,5\n2016;1.200,25\n"
    mapping = {
        "table": "clearance",
        "register": PUBLISHER,
        "date": {"year": "Jahr"},
        "fields": {"operator": {"value": "all"}, "area_ha": "ha"},
    }

    assert "the header has 1 ';' and 0 ','; set delimiter = ';'" in refused(write(text), mapping)
    mapping["source"] = {"delimiter": ";"}
    assert "column 'ha': 2 values like '12,5'; set decimal = ',' [number-separator]" in refused(write(text), mapping)
    mapping["source"] |= {"decimal": ",", "thousands": "."}
    assert convert(write(text), mapping)["clearance"]["area_ha"].tolist() == [12.5, 1200.25]


def test_3_a_wrong_encoding_is_refused_either_way(write):
    """A file that is not UTF-8, or is but was declared otherwise, or was read wrong before, is refused."""
    text = "ano,departamento,estado\n2015,NARIÑO,Herido\n"

    assert "line 2 holds the byte 0xd1, so the file is not UTF-8; set encoding" in refused(
        write(text.encode("cp1252")), victims()
    )
    tables = convert(write(text.encode("cp1252")), victims(source={"encoding": "cp1252"}))
    assert tables["incidents"]["district"].tolist() == ["NARIÑO"]
    assert "the file is UTF-8, not cp1252; set encoding = 'utf-8'" in refused(
        write(text), victims(source={"encoding": "cp1252"})
    )
    assert "as letters read in a wrong encoding look, stands in 1 row (first: row 2)" in refused(
        write(text.replace("Ñ", "Ã\u0091")), victims()
    )
    assert "begins like UTF-16; set encoding = 'utf-16'" in refused(write(text.encode("utf-16")), victims())
    assert len(convert(write(text.encode("utf-16")), victims(source={"encoding": "utf-16"}))["incidents"]) == 1


def test_3_lines_above_the_header_need_the_mapping(write):
    """A title above the header is an error that names the row of the header."""
    path = write("Register of victims,,\nas of 2017,,\nano,departamento,estado\n2015,Meta,Herido\n")

    assert "row 1 does not hold the mapped columns, row 3 does; lines stand above the header; set header_row = 3" in (
        refused(path, victims())
    )
    tables = convert(path, victims(source={"header_row": 3}))
    assert tables["incidents"]["incident_id"].tolist() == ["dirt:4"]


def test_3_a_header_may_stand_far_down(write, tmp_path):
    """A header below 40 lines is read where the mapping says, in text and in a workbook; a line break in it is a space."""
    rows = [["a note", "", ""]] * 40 + [["ano", "departa\nmento", "estado"], ["2015", "Meta", "Herido"]]
    text = "".join(",".join(f'"{cell}"' for cell in row) + "\n" for row in rows)
    book = openpyxl.Workbook()
    for row in rows:
        book.active.append(row)
    book.save(tmp_path / "r.xlsx")
    mapping = victims(source={"header_row": 41}, fields={"district": "departa mento", "outcome": "estado"})

    for path in (write(text), tmp_path / "r.xlsx"):
        assert convert(path, mapping)["incidents"]["incident_id"].tolist() == ["dirt:42"]


def test_3_rows_of_another_length_are_refused(write):
    """A row with fewer or more cells than the header is named; it is never padded in silence."""
    assert "1 row with another number of cells than the header's 3 (first: row 3, 2)" in refused(
        write("ano,departamento,estado\n2015,Meta,Herido\n2015,Meta\n"), victims()
    )
    assert "(first: row 2, 4)" in refused(write("ano,departamento,estado\n2015,San, Juan,Herido\n"), victims())


def test_3_an_unclosed_quote_is_refused(write):
    """A quote that swallows the rest of the file is no content."""
    assert "unexpected end of data" in refused(
        write('ano,departamento,estado\n2015,"Meta,Herido\n2016,Meta,Herido\n'), victims()
    )


def test_3_two_sheets_with_data_need_the_mapping(tmp_path):
    """A workbook with two sheets of data is an error naming both; empty sheets are left out and counted."""
    book = openpyxl.Workbook()
    for name in ("A", "B"):
        sheet = book.create_sheet(name)
        sheet.append(["ano", "departamento", "estado"])
        sheet.append([2015, "Meta", "Herido"])
    book.save(tmp_path / "r.xlsx")

    assert "two sheets hold data: 'A', 'B'; set sheet" in refused(tmp_path / "r.xlsx", victims())
    tables = convert(tmp_path / "r.xlsx", victims(source={"sheet": "B"}))
    assert tables["incidents"]["date"].dt.year.tolist() == [2015]
    assert said(tables, "repair") == ["1 empty sheet left out"]


@pytest.mark.parametrize("total", ["Total,,5,7", "Итого,,5,7", ",,5,7"])
def test_3_a_row_of_totals_is_refused_until_declared(write, total):
    """A row that adds up what stands above it is named; declared, it is taken out and compared."""
    path = write(f"place,fecha,killed,injured\nA,2015-01-02,2,3\nB,2015-01-03,3,4\n{total}\n")
    mapping = events(fields={"killed": "killed", "injured": "injured", "district": "place"})

    assert "row 4 looks like a total of rows 2-3: [rows] totals" in refused(path, mapping)
    mapping["rows"] = {"totals": {"column": "place", "values": [total.split(",")[0]]}}
    tables = convert(path, mapping)
    assert tables["incidents"]["killed"].tolist() == [2, 3]
    assert tables["problems"].attrs["conversion"]["dropped"] == {"total row": 1}


def test_3_a_total_that_does_not_add_up_is_refused(write):
    """A declared total is compared with the rows it is of."""
    path = write("place,fecha,killed\nA,2015-01-02,2\nB,2015-01-03,3\nTotal,,6\n")
    mapping = events(rows={"totals": {"column": "place", "values": ["total"]}})

    assert "row 4: the total of killed is 6, the rows add to 5" in refused(path, mapping)
    mapping["accept"] = [{"rule": "total row", "reason": "printed so", "at_most": 1}]
    assert len(convert(path, mapping)["incidents"]) == 2


# ---------------------------------------------------------------- 4 moved headers


def test_4_values_under_the_wrong_header_are_never_swapped(write):
    """A word of another field under a header is an error that names both and counts."""
    path = write("ano,departamento,estado,condicion\n" + "2015,Meta,Civil,Herido\n" * 3)
    mapping = victims(
        fields={"district": "departamento", "outcome": "estado", "status": "condicion"},
        values={"outcome": {"Muerto": "killed", "Herido": "injured"}, "status": {"Civil": "civilian"}},
    )
    text = refused(path, mapping)

    assert (
        "column 'condicion' (status) holds 'Herido' 3 times, a word of outcome; did headers move? Correct [fields]"
        in text
    )
    assert "column 'estado' (outcome) holds 'Civil' 3 times, a word of status" in text


# ---------------------------------------------------------------- 5 words


def test_5_an_unlisted_word_is_refused_with_the_nearest(write):
    """A word that the mapping does not list stops the work, with the line to add."""
    path = write("ano,departamento,estado\n" + "2015,Meta,Muerta\n" * 12)

    assert "'Muerta' (12 rows) is not in [values.outcome]; nearest 'Muerto'. Add: Muerta = 'killed'" in refused(
        path, victims()
    )


def test_5_case_spaces_and_accents_are_repaired(write):
    """Words that differ in case, spaces and accents are the listed word, counted; several words may mean unknown."""
    path = write("ano,departamento,estado\n2015,Meta,MUERTO \n2015,Meta,herído\n2015,Meta,Sin Dato\n2015,Meta,N/A\n")
    tables = convert(path, victims(source={"unknown": ["sin dato", "n/a"]}))

    assert tables["incidents"]["killed"].tolist() == [1, 0, pd.NA, pd.NA]
    assert "column 'estado' (outcome): 2 values differ from [values.outcome] in case, spaces or accents" in said(
        tables, "repair"
    )


def test_5_codes_in_place_of_labels_are_words(tmp_path):
    """A code that a workbook holds as a number is the word that the mapping lists."""
    book = openpyxl.Workbook()
    book.active.append(["ano", "departamento", "estado"])
    book.active.append([2015, "Meta", 1])
    book.active.append([2015, "Meta", 2.0])
    book.save(tmp_path / "r.xlsx")
    tables = convert(tmp_path / "r.xlsx", victims(values={"outcome": {"1": "killed", "2": "injured"}}))

    assert tables["incidents"]["killed"].tolist() == [1, 0]


def test_5_a_star_takes_the_rest_and_counts_it(write):
    """'*' stands for all other words of a device, and says how many."""
    path = write("ano,departamento,estado,kind\n2015,Meta,Herido,IED\n2015,Meta,Herido,AP\n")
    mapping = victims(
        fields={"district": "departamento", "outcome": "estado", "device": "kind"},
        values={"outcome": {"Herido": "injured"}, "device": {"AP": "anti_personnel", "*": "unknown"}},
    )
    tables = convert(path, mapping)

    assert tables["incidents"]["device"].tolist() == ["unknown", "anti_personnel"]
    assert "column 'kind' (device): 1 value not listed, '*' = 'unknown'" in said(tables, "repair")


# ---------------------------------------------------------------- 6 dates


@pytest.mark.parametrize(
    ("cell", "date", "expected", "precision"),
    [
        ("2018-04-05", {}, "2018-04-05", "day"),
        ("2018/04/05", {}, "2018-04-05", "day"),
        ("2018-04-05 00:00:00.000", {}, "2018-04-05", "day"),
        ("2018-04-05T23:10", {}, "2018-04-05", "day"),
        ("2018-04", {}, "2018-04-01", "month"),
        ("2018", {}, "2018-01-01", "year"),
        ("31/12/2016", {}, "2016-12-31", "day"),
        ("04/04/2016", {}, "2016-04-04", "day"),
        ("7 March 2019", {}, "2019-03-07", "day"),
        ("Mar-2019", {}, "2019-03-01", "month"),
        ("7-Mar-19", {"century": 2000}, "2019-03-07", "day"),
        ("7-Mar-93", {"century": 1950}, "1993-03-07", "day"),
        ("7 de enero de 2019", {"languages": ["es"]}, "2019-01-07", "day"),
        ("7 января 2019", {"languages": ["ru", "en"]}, "2019-01-07", "day"),
        ("2018-00-00", {"zero": "unknown"}, "2018-01-01", "year"),
        ("00/04/2018", {"zero": "unknown", "formats": ["%d/%m/%Y"]}, "2018-04-01", "month"),
        ("03/04/2016", {"formats": ["%m/%d/%Y"]}, "2016-03-04", "day"),
        ("43195", {"formats": ["excel"]}, "2018-04-05", "day"),
        ("1522886400000", {"formats": ["epoch_ms"]}, "2018-04-05", "day"),
        ("1522893600000", {"formats": ["epoch_ms"], "timezone": "America/Bogota"}, "2018-04-04", "day"),
        ("2018-04-05T02:00:00Z", {"timezone": "America/Bogota"}, "2018-04-04", "day"),
        ("", {}, "", ""),
    ],
)
def test_6_dates_are_read_as_they_say(write, cell, date, expected, precision):
    """A date that reads one way is read, to the precision it states."""
    tables = convert(write(f"fecha,killed\n{cell},1\n"), events(date={"column": "fecha", **date}))
    incidents = tables["incidents"]

    assert len(incidents) == 1
    assert incidents["date"].dt.strftime("%Y-%m-%d").fillna("").tolist() == [expected]
    assert incidents["date_precision"].fillna("").tolist() == [precision]
    if not expected:
        assert any("no row has a date within a year (1 row)" in one for one in said(tables, "warning"))


@pytest.mark.parametrize(
    ("cell", "date", "message"),
    [
        ("03/04/2016", {}, "column 'fecha', row 2: '03/04/2016' reads two ways; set formats"),
        ("7-Ene-2019", {}, "column 'fecha', row 2: 'Ene' is no month in en; languages = ['es','en']"),
        ("7-Ene-2019", {"formats": ["%d-%b-%Y"]}, "'Ene' is no month in en; languages = ['es','en']"),
        ("7-Mar-19", {}, "'7-Mar-19' has a year of two digits; set century"),
        ("43195", {}, "'43195' looks like a spreadsheet's serial number; set formats = ['excel']"),
        ("1522886400000", {}, "looks like a time since 1970; set formats = ['epoch_ms']"),
        ("2018-04-05T02:00:00Z", {}, "has a time zone; set timezone"),
        ("2018-02-30", {}, "'2018-02-30' is no real date"),
        ("00/04/2018", {"formats": ["%d/%m/%Y"]}, "has a zero; set zero = 'unknown'"),
        ("last spring", {}, "'last spring' is no date"),
        ("2018-04-05", {"formats": ["%d/%m/%Y"]}, "fits none of the formats"),
        ("03/04/2016", {"formats": ["%d/%m/%Y", "%m/%d/%Y"]}, "reads two ways by the formats"),
        ("0218-04-05", {}, "has no year from 1900 to 2100"),
    ],
)
def test_6_dates_that_do_not_read_one_way_are_refused(write, cell, date, message):
    """An ambiguous or impossible date is an error with the line to add."""
    assert message in refused(write(f"fecha,killed\n{cell},1\n"), events(date={"column": "fecha", **date}))


def test_6_a_zero_month_is_unknown_only_if_the_mapping_says_so(write):
    """A month 0 is an error, or unknown by the mapping; the row stays, coarser."""
    path = write("ano,mes,departamento,estado\n2015,0,Meta,Herido\n2015,Ene,Meta,Herido\n")

    assert "column 'mes', row 2: 0 is no month (1 row); set zero = 'unknown'" in refused(
        path, victims(date={"year": "ano", "month": "mes", "languages": ["es"]})
    )
    tables = convert(path, victims(date={"year": "ano", "month": "mes", "languages": ["es"], "zero": "unknown"}))
    assert tables["incidents"]["date_precision"].tolist() == ["year", "month"]


def test_6_a_span_takes_the_smallest_unit_that_holds_it(write):
    """Start and end in one month are of precision month, the stated one where that is coarser; two years give none."""
    path = write(
        "a,b,p,killed\n2014-01-22,2014-01-22,1,1\n2014-01-22,2014-01-24,1,1\n2014-01-30,2014-02-02,1,1\n"
        "2014-01-22,2014-01-22,5,1\n2014-12-31,2015-01-01,1,1\n2014-05-05,,1,1\n"
    )
    mapping = events(date={"start": "a", "end": "b", "precision": "p"}, values={"precision": {"1": "day", "5": "year"}})
    tables = convert(path, mapping)
    incidents = tables["incidents"]

    assert incidents["date_precision"].fillna("").tolist() == ["day", "month", "year", "year", "", "day"]
    assert incidents["date"].dt.strftime("%Y-%m-%d").fillna("").tolist()[:4] == [
        "2014-01-22", "2014-01-01", "2014-01-01", "2014-01-01",
    ]  # fmt: skip
    assert len(incidents) == 6


def test_6_an_end_before_its_start_is_refused(write):
    """An end before its start is an error that the mapping may accept."""
    path = write("a,b,killed\n2014-01-22,2014-01-20,1\n")
    mapping = events(date={"start": "a", "end": "b"})

    assert "1 row: end before start (first: row 2, 2014-01-20 < 2014-01-22)" in refused(path, mapping)
    mapping["accept"] = [{"rule": "end before start", "reason": "known", "at_most": 1}]
    assert len(convert(path, mapping)["incidents"]) == 1


def test_6_an_empty_date_column_beside_a_filled_one_is_refused(write):
    """A mapped date column that is empty everywhere, while another holds dates, is a wrong mapping."""
    path = write("fecha,fecha_reporte,killed\n,2015-02-03,1\n,2015-02-04,2\n")

    assert "column 'fecha' is empty in all 2 rows; column 'fecha_reporte' holds dates; correct [date]" in refused(
        path, events()
    )


def test_6_dates_after_the_publication_are_refused(write):
    """A register cannot list what happened after it was published."""
    mapping = events(register={**PUBLISHER, "published": "2016-01-31", "complete_until": "2016-01"})

    assert "1 row: date after publication (first: row 2, 2061-01-02 > 2016-01-31)" in refused(
        write("fecha,killed\n2061-01-02,1\n"), mapping
    )


def test_6_dates_of_workbooks_and_parquet_are_dates(tmp_path):
    """Native dates need no format."""
    frame = pd.DataFrame({"fecha": pd.to_datetime(["2015-02-03 00:00", "2015-02-04 13:00"]), "killed": [1, 2]})
    frame.to_excel(tmp_path / "r.xlsx", index=False)
    frame.to_parquet(tmp_path / "r.parquet")

    for name in ("r.xlsx", "r.parquet"):
        incidents = convert(tmp_path / name, events())["incidents"]
        assert incidents["date"].dt.strftime("%Y-%m-%d").tolist() == ["2015-02-03", "2015-02-04"]
        assert incidents["killed"].tolist() == [1, 2]


# ---------------------------------------------------------------- 7 coverage


def test_7_the_end_of_a_register_is_said(write):
    """Without complete_until the last month is named; with it, later rows and months without rows are."""
    path = write("fecha,killed\n2017-05-03,1\n2017-07-09,1\n")

    assert "last row 2017-07, no complete_until; later months are unknown" in said(
        convert(path, events(register=PUBLISHER)), "warning"
    )
    warned = said(convert(path, events(register={**PUBLISHER, "complete_until": "2017-06"})), "warning")
    assert "1 row after complete_until 2017-06: these months are partial" in warned
    assert any(text.startswith("no row in 1 of 2 months: 2017-06") for text in warned)


# ---------------------------------------------------------------- 8 aggregates


def test_8_a_part_above_its_whole_is_refused_until_accepted(write):
    """Killed above victims is counted, with the first row; accepted, it is a warning and the row says so."""
    path = write("fecha,killed,all\n2015-01-02,1,1\n2015-01-03,3,1\n2015-01-04,2,1\n")
    mapping = events(fields={"killed": "killed", "victims": "all"})

    assert "2 rows: killed > victims (first: row 3, 3 > 1). Is 'killed' a total? Else [[accept]]" in refused(
        path, mapping
    )
    mapping["accept"] = [{"rule": "killed > victims", "reason": "known", "at_most": 1}]
    assert "[[accept]] allows 1, here are 2" in refused(path, mapping)
    mapping["accept"][0]["at_most"] = 2
    tables = convert(path, mapping)
    assert tables["incidents"]["note"].fillna("").tolist() == ["", *["doubtful: killed > victims"] * 2]
    assert any("accepted: known" in text for text in said(tables, "warning"))


@pytest.mark.parametrize(
    ("columns", "cells", "rule"),
    [
        ("killed,injured,victims", "1,2,2", "killed + injured > victims"),
        ("killed,injured,outcome_unknown,victims", "1,2,1,5", "killed + injured + outcome_unknown != victims"),
        ("civilians,military,victims", "2,2,3", "civilians + military > victims"),
        ("civilians_killed,killed", "2,1", "civilians_killed > killed"),
        ("killed_low,killed", "7,6", "killed_low > killed"),
        ("killed,killed_high", "7,6", "killed > killed_high"),
        ("women,children,victims", "2,2,3", "women + children > victims"),
    ],
)
def test_8_figures_of_a_row_that_contradict_each_other(write, columns, cells, rule):
    """Parts that miss or exceed their whole, and bounds on the wrong side, are errors by name."""
    fields = {name: name for name in columns.split(",")}

    assert f"1 row: {rule} (first: row 2" in refused(
        write(f"fecha,{columns}\n2015-01-02,{cells}\n"), events(fields=fields)
    )


def test_8_an_accepted_rule_that_meets_nothing_is_said(write):
    """An acceptance that is no longer needed is a warning."""
    mapping = events(accept=[{"rule": "killed > victims", "reason": "old", "at_most": 3}])

    assert "[[accept]] rule = 'killed > victims' met nothing; take it out" in [
        text.replace("nothing take", "nothing; take")
        for text in said(convert(write("fecha,killed\n2015-01-02,1\n"), mapping), "warning")
    ]


# ---------------------------------------------------------------- 9 coordinates


def places(rows: list[str]) -> str:
    """Ten places near 5 north, 12.5 west, and the given rows."""
    good = [f"2015-01-02,1,{5 + i / 10},{-12.5 + i / 10},P" for i in range(10)]
    return "\n".join(["fecha,killed,lat,lon,place", *good, *rows]) + "\n"


LOCATED = {"killed": "killed", "latitude": "lat", "longitude": "lon", "district": "place"}


def test_9_nought_nought_is_unknown(write):
    """0/0 is no place; the point of a district is the median of its rows."""
    tables = convert(write(places(["2015-01-02,1,0,0,P"])), events(fields=LOCATED))

    assert "1 row at 0/0 taken as unknown" in said(tables, "repair")
    assert tables["districts"].iloc[0][["latitude", "longitude"]].tolist() == [5.45, -12.05]
    assert "latitude" not in tables["incidents"]


@pytest.mark.parametrize(
    ("row", "message"),
    [
        (
            "2015-01-02,1,5.5,12.5,P",
            "row 12: longitude 12.5 lies outside the register, -12.5 inside; correct or drop the row",
        ),
        (
            "2015-01-02,1,-12.5,5.5,P",
            "row 12: latitude -12.5 and longitude 5.5 lie outside the register, exchanged they lie",
        ),
        ("2015-01-02,1,550000,120000,P", "row 12: latitude 550000 and longitude 120000 are no degrees, metres perhaps"),
        ("2015-01-02,1,x,12.5,P", "column 'lat', row 12: 'x' is no number"),
    ],
)
def test_9_points_outside_the_register_are_refused(write, row, message):
    """A lost sign, exchanged coordinates and metres are errors that name the row."""
    assert message in refused(write(places([row])), events(fields=LOCATED))


def test_9_a_point_shared_by_many_events_is_a_town(write):
    """One point of many rows is warned of: it is no place of an event."""
    warned = said(convert(write(places(["2015-01-02,1,5.1,-12.1,P"] * 25)), events(fields=LOCATED)), "warning")

    assert any("1 point stands for 20 rows or more (most: 5.1, -12.1, 25 rows)" in text for text in warned)


# ---------------------------------------------------------------- 10 areas


def square(west: float, size: float) -> dict:
    """A square of degrees on the equator, as GeoJSON."""
    ring = [[west, 0], [west + size, 0], [west + size, size], [west, size], [west, 0]]
    return {"type": "Polygon", "coordinates": [ring]}


def test_10_overlapping_areas_keep_their_sum_and_say_the_union(write):
    """Two areas that overlap by half: the stated sum stays, and a warning gives sum and union of the ground."""
    features = [
        {"type": "Feature", "geometry": square(west, 0.01), "properties": {"year": 2015, "m2": 1_000_000, "where": "A"}}
        for west in (10.0, 10.005)
    ]
    path = write(json.dumps({"type": "FeatureCollection", "features": features}), "areas.geojson")
    fields = {"operator": {"value": "all"}, "area": {"column": "m2", "unit": "m2"}, "district": "where"}
    tables = convert(path, {"table": "clearance", "register": PUBLISHER, "date": {"year": "year"}, "fields": fields})

    # 0.01 degrees on a sphere of 6 371 007.2 m are 1111.95 m: 123.64 ha each, 3/2 of that together
    assert "area: sum 247.3 ha, union 185.5 ha ground is counted twice" in said(tables, "warning")
    assert tables["clearance"]["area_ha"].sum() == 200
    assert tables["districts"]["longitude"].tolist() == [pytest.approx(10.0075)]


# ---------------------------------------------------------------- 11 names


def test_11_spellings_are_joined_by_code(write):
    """One code is one district, spelled as most rows do; the other spellings are aliases."""
    path = write(
        "ano,departamento,code,estado\n"
        + "2015,CAQUETA,18,Herido\n" * 2
        + "2015,Caquetá,18,Herido\n2015,El Caquetá,18,Herido\n"
    )
    fields = {"district": "departamento", "district_code": "code", "outcome": "estado"}
    tables = convert(path, victims(fields=fields))

    assert tables["incidents"]["district"].unique().tolist() == ["CAQUETA"]
    assert tables["districts"]["aliases"].tolist() == ["Caquetá;El Caquetá"]
    assert "district: 2 values spelled otherwise, such as 'Caquetá' for 'CAQUETA'" in said(tables, "repair")


def test_11_a_name_in_two_departments_must_say_within(write):
    """One name in two departments is an error, until `within` tells them apart."""
    path = write(
        "ano,departamento,municipio,estado\n2015,META,GRANADA,Herido\n2015,ANTIOQUIA,Granada,Herido\n2015,META,VISTA,Herido\n"
    )
    mapping = victims(fields={"district": "municipio", "outcome": "estado"})

    assert "'GRANADA' occurs in 2 departments; set within" in refused(path, mapping)
    mapping["fields"]["district"] = {"column": "municipio", "within": "departamento"}
    assert convert(path, mapping)["incidents"]["district"].tolist() == [
        "GRANADA (META)",
        "Granada (ANTIOQUIA)",
        "VISTA",
    ]
    assert convert(path, mapping)["districts"]["aliases"].isna().all()
    mapping["fields"] = {"settlement": "municipio", "outcome": "estado"}
    assert "'GRANADA' occurs in 2 departments; set within" in refused(path, mapping)
    mapping["fields"]["district"] = "departamento"
    assert convert(path, mapping)["incidents"]["settlement"].tolist() == ["GRANADA", "Granada", "VISTA"]


def test_11_codes_tell_a_repeated_name(write):
    """One name with two codes is ambiguous."""
    path = write("ano,name_of,code,estado\n2015,GRANADA,05313,Herido\n2015,GRANADA,50313,Herido\n")
    fields = {"district": "name_of", "district_code": "code", "outcome": "estado"}

    assert "'GRANADA' has 2 codes; set within" in refused(path, victims(fields=fields))


# ---------------------------------------------------------------- 12 personal


@pytest.mark.parametrize("header", ["phone", "Victim_Name", "Apellidos", "fecha_nacimiento", "e-mail", "Observaciones"])
def test_12_personal_columns_are_refused_if_mapped_and_not_read_else(write, header):
    """A personal column is an error where it is mapped, and is not read where it is not; cells are never quoted."""
    path = write(f"ano,departamento,estado,{header}\n2015,Meta,Herido,secret-1\n2015,Meta,Herido,secret-2\n")
    mapping = victims(fields={"district": "departamento", "outcome": "estado", "note": header})
    text = refused(path, mapping)

    assert f"column '{header}' looks personal; [personal] drop or not_personal" in text
    assert "secret" not in text
    del mapping["fields"]["note"]
    tables = convert(path, mapping)
    assert any(f"column '{header}' looks personal and was not read" in line for line in said(tables, "warning"))
    assert any("1 of 2 rows repeat an earlier row" in line for line in said(tables, "warning"))
    quiet = convert(path, {**mapping, "personal": {"drop": [header]}})
    assert not any("personal" in line for line in said(quiet, "warning"))


def test_12_reviewed_text_and_place_names_may_be_carried(write):
    """What a person has reviewed, or declared to be no person's, is carried."""
    path = write("ano,name,estado,remarks\n2015,Meta,Herido,near the river\n")
    mapping = victims(
        fields={"district": "name", "outcome": "estado", "note": "remarks"},
        personal={"not_personal": ["name"], "reviewed": ["remarks"]},
    )

    assert convert(path, mapping)["incidents"]["note"].tolist() == ["near the river"]


@pytest.mark.parametrize("cell", ["write to x.y@example.org", "+57 300 123 4567", "call 0300-1234567"])
def test_12_addresses_and_numbers_in_cells_are_refused_unquoted(write, cell):
    """A cell that looks like an e-mail address or telephone number is refused without being quoted."""
    text = refused(
        write(f"ano,departamento,estado,lugar\n2015,Meta,Herido,{cell}\n"),
        victims(fields={"district": "departamento", "outcome": "estado", "settlement": "lugar"}),
    )

    assert "column 'lugar': 1 value looks like e-mail addresses or telephone numbers (first: row 2)" in text
    assert cell not in text


def test_12_a_column_of_names_under_a_mapped_header_is_not_printed(write):
    """Many words that occur once are no vocabulary, perhaps names: they are counted, not quoted."""
    text = refused(
        write("ano,departamento,estado\n" + "".join(f"2015,Meta,Xy{i} Zw{i}\n" for i in range(30))), victims()
    )

    assert (
        "column 'estado' (outcome): 30 different words, most in one row, are not in [values.outcome]; they are" in text
    )
    assert "Xy" not in text


# ---------------------------------------------------------------- numbers


def test_numbers_called_rounded_keep_their_value(write):
    """~92, ≈92 and 1,200+ are figures, rounded; 10-15 is two figures."""
    path = write('fecha,killed\n2015-01-02,~92\n2015-01-03,≈92\n2015-01-04,"1,200+"\n2015-01-05,3\n')
    incidents = convert(path, events(source={"thousands": ","}))["incidents"]

    assert incidents["killed"].tolist() == [92, 92, 1200, 3]
    assert incidents["rounded"].fillna("").tolist() == ["about", "about", "more_than", ""]
    assert "column 'killed', row 2: '10-15' is two figures" in refused(
        write("fecha,killed\n2015-01-02,10-15\n"), events()
    )


@pytest.mark.parametrize(
    ("cell", "message"), [("-1", "is negative"), ("1.5", "is not whole"), ("many", "is no number")]
)
def test_a_count_is_a_whole_number(write, cell, message):
    """A negative, broken or worded count is refused."""
    assert f"column 'killed', row 2: '{cell}' {message} (1 row)" in refused(
        write(f"fecha,killed\n2015-01-02,{cell}\n"), events()
    )


def test_a_missing_column_names_the_nearest(write):
    """A mapped column that is not there is named with the nearest that is."""
    assert "column 'fecha' is not in the file; did you mean 'fecha_'?" in refused(
        write("fecha_,killed\n2015-01-02,1\n"), events()
    )


def test_a_column_that_stands_twice_is_refused(write):
    """Two headers that differ in case only cannot be mapped."""
    assert "column 'killed' stands 2 times, in 'column B', 'column C'" in refused(
        write("fecha,Killed,KILLED\n2015-01-02,1,2\n"), events()
    )


def test_many_errors_are_one_with_the_first_twenty(write):
    """Twenty errors are shown, the others counted; the exception holds all."""
    rows = "".join(f"2015,Meta,word{i}\n" * 2 for i in range(40))
    with pytest.raises(DataError) as caught:
        convert(
            write("ano,departamento,estado,kind\n" + rows.replace("\n", ",IED\n")),
            victims(
                fields={"district": "departamento", "outcome": "estado", "device": "kind"},
                values={"outcome": {}, "device": {"AP": "anti_personnel"}},
            ),
        )

    assert len(caught.value.problems) == 21
    assert str(caught.value).splitlines()[-1] == "  ... and 1 more"
    assert "21 more words are not in [values.outcome]" in str(caught.value.problems[-1]) + str(
        caught.value.problems[-2]
    )


def test_how_many_more_words_are_not_listed_is_shown(write):
    """Of one column the line that counts the words not named is among those that an error shows."""
    rows = "".join(f"2015,Meta,word{i % 30}\n" for i in range(60))
    with pytest.raises(DataError) as caught:
        convert(write("ano,departamento,estado\n" + rows), victims(values={"outcome": {}}))

    assert "11 more words are not in [values.outcome]" in str(caught.value)


# ---------------------------------------------------------------- files that are not what they say


@pytest.mark.parametrize("name", ["r.xlsx", "r.parquet", "r.geojson", "r.csv"])
def test_a_file_that_is_no_such_file_is_refused(write, name):
    """Bytes that are no workbook, Parquet, JSON or text are refused in words."""
    text = refused(write(b"\x00\x01\x02PK", name), events())

    assert "r." in text


def test_a_suffix_that_tells_nothing_needs_the_mapping(write):
    """A file without a known suffix needs [source] format; a format that cannot be read says what to do."""
    path = write("fecha,killed\n2015-01-02,1\n", "register.dat")
    with pytest.raises(ParameterError, match=r"set \[source\] format"):
        convert(path, events())
    assert len(convert(path, events(source={"format": "csv"}))["incidents"]) == 1
    with pytest.raises(ParameterError, match=r"\.xls files cannot be read; save it as \.xlsx"):
        convert(write("x", "register.xls"), events())


def test_a_workbook_that_unpacks_too_large_is_refused(tmp_path):
    """A small archive of many zeros is not unpacked."""
    import zipfile

    with zipfile.ZipFile(tmp_path / "r.xlsx", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/worksheets/sheet1.xml", b"0" * 50_000_000)

    assert "unpacks to 50,000,000 bytes" in refused(tmp_path / "r.xlsx", events())


@pytest.mark.parametrize("part", ["[Content_Types].xml", "xl/worksheets/sheet1.xml", "xl/workbook.xml"])
def test_entities_that_multiply_are_refused(tmp_path, part):
    """A workbook whose XML defines entities ("billion laughs") is refused before they are written out."""
    import zipfile

    book = openpyxl.Workbook()
    book.active.append(["fecha", "killed"])
    book.active.append(["2015-01-02", "1"])
    book.save(tmp_path / "plain.xlsx")
    lines = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 10))
    doctype = f'<!DOCTYPE r [<!ENTITY l0 "haha">{lines}]>'
    with (
        zipfile.ZipFile(tmp_path / "plain.xlsx") as plain,
        zipfile.ZipFile(tmp_path / "r.xlsx", "w", zipfile.ZIP_DEFLATED) as made,
    ):
        for name in plain.namelist():
            text = plain.read(name).decode()
            if name == part:
                body = (
                    re.sub(r"^<[?]xml.*?[?]>", "", text).replace("fecha", "&l9;").replace('name="Sheet"', 'name="&l9;"')
                )
                text = doctype + body
            made.writestr(name, text)

    assert len(convert(tmp_path / "plain.xlsx", events())["incidents"]) == 1
    assert "r.xlsx cannot be read as a workbook: EntitiesForbidden: its XML defines entities" in refused(
        tmp_path / "r.xlsx", events()
    )


def test_geojson_in_metres_is_refused(write):
    """A GeoJSON file that states another reference system is refused."""
    text = json.dumps(
        {"type": "FeatureCollection", "crs": {"properties": {"name": "urn:ogc:def:crs:EPSG::32638"}}, "features": []}
    )

    assert "not in degrees of WGS 84; convert the file first" in refused(write(text, "r.geojson"), events())


def test_points_of_geojson_and_wkt_are_places(write):
    """Points of GeoJSON, and of a column of WKT, place the districts."""
    features = [
        {
            "type": "Feature",
            "geometry": {"type": "Point", "coordinates": [41.5, 11.25]},
            "properties": {"fecha": "2015-01-02", "killed": 1, "d": "A"},
        }
    ]
    geojson = write(json.dumps({"type": "FeatureCollection", "features": features}), "r.geojson")
    wkt = write("fecha,killed,d,shape\n2015-01-02,1,A,POINT (41.5 11.25)\n")

    for path, more in ((geojson, {}), (wkt, {"geometry": "shape"})):
        tables = convert(path, events(fields={"killed": "killed", "district": "d", **more}))
        assert tables["districts"].iloc[0][["latitude", "longitude"]].tolist() == [11.25, 41.5]
