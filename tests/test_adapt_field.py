"""Registers of the field: each kind of fault with its outcome, and the table of them in the documentation."""

from __future__ import annotations

import tomllib
from pathlib import Path

import openpyxl
import pytest
from registers_of_the_field import CASES, Case, figure, outcome, outcomes, written

from minestats.adapt import convert
from minestats.data.schema import TABLES
from minestats.errors import DataError, ParameterError
from minestats.registers.folder import new_command
from minestats.registers.proposal import propose

TABLE = Path(__file__).parents[1] / "docs" / "outcomes.md"


@pytest.mark.parametrize("case", CASES, ids=[f"{case.kind} {case.what}" for case in CASES])
def test_a_register_is_read_as_it_is_or_refused_with_the_way_on(case: Case, tmp_path):
    """Figures as stated, unknown left unknown; where it cannot be told, the sentence names what to add."""
    tables, said = outcome(case, tmp_path)

    if case.refused:
        assert tables is None, said
        assert case.refused in said
    else:
        assert tables is not None, said
        assert {name: figure(tables, name) for name in case.made} == case.made
        assert [part for part in case.says if part not in said] == [], said


def test_the_table_of_outcomes_is_what_the_cases_give(tmp_path):
    """docs/outcomes.md holds each case with its outcome: `python tests/registers_of_the_field.py` writes it."""
    text = TABLE.read_text(encoding="utf-8")

    assert text.partition("\n\n| ")[2] == outcomes(tmp_path).partition("| ")[2]


# ---------------------------------------------------------------- figures in words


@pytest.mark.parametrize(
    ("cell", "killed", "rounded"),
    [
        ("more than 200 killed", 200, "more_than"),
        ("no more than 200 killed", 200, "nearly"),
        ("Dead: al menos 12 killed", 12, "more_than"),
        ("moreover 12 killed", 12, None),
        ("about 5 wounded, 3 killed", 3, None),
        ("3 killed or more", 3, None),
        ("3+ killed", 3, "more_than"),
        ("on 12/05/2020 3 killed", 3, None),
        ("2019 200 killed", 200, None),
        ("2 wounded and 3 killed", 3, None),
    ],
)
def test_a_pattern_keeps_what_is_said_beside_its_figure(cell, killed, rounded, tmp_path):
    """A figure out of a sentence is as rounded as the sentence says."""
    (tmp_path / "told.csv").write_text(f'Date,Told\n2020-01-05,"{cell}"\n', encoding="utf-8")
    fields = {"killed": {"column": "Told", "pattern": r"(\d+)\+? killed"}}

    made = convert(tmp_path / "told.csv", TOLD | {"fields": fields})["incidents"]

    assert made["killed"].tolist() == [killed]
    assert (made["rounded"].tolist() if "rounded" in made else [None]) == [rounded]


@pytest.mark.parametrize("cell", ["1,200 killed", "1 200 killed", "10-15 killed", "10 to 15 killed", "2.5 killed"])
def test_a_pattern_that_cuts_a_figure_is_refused(cell, tmp_path):
    """200 of 1,200 is a wrong figure, and 15 of 10 to 15 is one of two."""
    (tmp_path / "told.csv").write_text(f'Date,Told\n2020-01-05,"{cell}"\n', encoding="utf-8")
    fields = {"killed": {"column": "Told", "pattern": r"(\d+) killed"}}

    assert "[pattern-cuts]" in refusal_of(tmp_path / "told.csv", TOLD | {"fields": fields})


def test_a_cell_that_calls_its_figure_rounded_needs_no_pattern(tmp_path):
    """Nothing but the figure and such words may stand in the cell."""
    cells = ["more than 20", "up to 30", "5 or more", "около 7", "~8", "9"]
    rows = "".join(f"2020-01-0{i},{cell}\n" for i, cell in enumerate(cells, 1))
    (tmp_path / "told.csv").write_text(f"Date,Told\n{rows}", encoding="utf-8")

    made = convert(tmp_path / "told.csv", TOLD | {"fields": {"killed": "Told"}})["incidents"]

    assert made["killed"].tolist() == [20, 30, 5, 7, 8, 9]
    assert made["rounded"].fillna("").tolist() == ["more_than", "nearly", "more_than", "about", "about", ""]


# ---------------------------------------------------------------- a mapping proposed from the file

TOLD = {"table": "incidents", "row": "incident", "register": {"id": "x", "publisher": "y"}, "date": {"column": "Date"}}
PEOPLE = (
    "Nr;Fecha;Municipio;Departamento;Estado;Edad;Telefono\n1;07-Ene-15;GRANADA;META;Muerto;34;x\n"
    "2;07-Ene-15;GRANADA;META;Herida;9;x\n3;19-Mar-15;TAME;ARAUCA;Herida;41;x\n"
)


def test_new_proposes_what_the_file_tells_and_marks_what_is_open(tmp_path):
    """Columns with their likely fields, words with their counts; no word gets a meaning, no private cell is shown."""
    (tmp_path / "people.csv").write_text(PEOPLE, encoding="utf-8")
    said = []

    new_command(tmp_path / "new", register=tmp_path / "people.csv", say=said.append)

    text = (tmp_path / "new" / "mapping.toml").read_text(encoding="utf-8")
    mapping = tomllib.loads(text)
    assert mapping["source"]["delimiter"] == ";"
    assert mapping["date"] == {"column": "Fecha"}
    assert mapping["fields"] == {
        "outcome": "Estado", "age": "Edad", "district": "Departamento", "settlement": "Municipio", "id": "Nr"
    }  # fmt: skip
    assert mapping["values"] == {"outcome": {}}
    for part in (
        '# "Herida" = ?  # 2 rows',
        "# languages = ['es','en']  # ?",
        "# century = 2000  # ?",
        "looks personal",
    ):
        assert part in text
    assert "[register] publisher is missing" in refusal_of(tmp_path / "people.csv", tmp_path / "new" / "mapping.toml")
    assert any("lines with '?'" in line for line in said)


def refusal_of(file: Path, mapping) -> str:
    """What the conversion says instead of tables."""
    with pytest.raises((DataError, ParameterError)) as error:
        convert(file, mapping)
    return str(error.value)


def test_a_proposal_with_its_open_lines_settled_converts(tmp_path):
    """Three answers make a register of victims: the publisher, the words, the months."""
    (tmp_path / "people.csv").write_text(PEOPLE, encoding="utf-8")
    text = propose(tmp_path / "people.csv")

    for line, answer in (
        ('publisher = "?"', 'publisher = "a centre"'),
        ('# "Muerto" = ?', 'Muerto = "killed"'),
        ('# "Herida" = ?', 'Herida = "injured"'),
        ("# languages", "languages"),
        ("# century", "century"),
    ):
        text = text.replace(line, answer)
    tables = convert(tmp_path / "people.csv", tomllib.loads(text))

    assert (tables["incidents"]["killed"].sum(), tables["incidents"]["injured"].sum()) == (1, 2)
    assert tables["districts"]["district"].tolist() == ["ARAUCA", "META"]


@pytest.mark.parametrize("case", CASES, ids=[f"{case.kind} {case.what}" for case in CASES])
def test_every_register_of_the_field_gets_a_proposal_that_is_toml(case, tmp_path):
    """Whatever the file, the proposal reads as TOML; only a form that cannot be read at all is refused."""
    file = written(case, tmp_path)

    if file.suffix == ".gpkg" or case.what in ("formulas without results", "Cyrillic letters read as western ones"):
        with pytest.raises((DataError, ParameterError), match=r"cannot be read|no result|set the encoding"):
            propose(file)
    else:
        assert tomllib.loads(propose(file))["table"] in {*TABLES, "?"}


def test_a_proposal_sees_totals_words_told_once_and_the_order_of_days(tmp_path):
    """Rows labelled as totals, a province that stands once for its districts, and 23.12 that can be read one way."""
    rows = "N,A,3.2 (1.2),05.12.2020\n,B,1.1 (0.4),23.12.2020\n,C,2 (0.8),24.12.2020\nSubtotal,,6.3,\nS,D,1 (0.4),01.01.2021\n"
    (tmp_path / "areas.csv").write_text(
        f"Province,District,Area suspected km2 (sq mi),Date\n{rows}Total,,7.3,\n", "utf-8"
    )

    told = propose(tmp_path / "areas.csv")
    made = tomllib.loads(told)

    assert made["table"] == "hazardous_areas"
    assert made["rows"]["totals"] == {"column": "Province", "values": ["Subtotal", "Total"]}
    assert '# fill_down = ["Province"]' in told
    assert made["date"] == {"column": "Date", "formats": ["%d.%m.%Y"]}


def test_a_table_of_inhabitants_is_proposed_as_estimates(tmp_path):
    """Its sexes and ages are of those counted, not of victims; with its open lines settled it converts."""
    (tmp_path / "people.csv").write_text("Year,District,Sex,Age,Population\n2019,N,F,12,40\n2019,N,M,30,50\n", "utf-8")

    told = propose(tmp_path / "people.csv").replace('publisher = "?"', 'publisher = "x"')
    told = told.replace('# "F" = ?', '"F" = "female"').replace('# "M" = ?', '"M" = "male"')
    tables = convert(tmp_path / "people.csv", tomllib.loads(told))

    made = tables["estimates"][["metric", "value", "sex", "age_group"]].values.tolist()
    assert made == [["population_district", 40, "female", "child"], ["population_district", 50, "male", "adult"]]


def test_a_column_for_each_year_and_outcome_is_proposed_as_people(tmp_path):
    """Years merged over killed and injured, under a title: the proposal converts as it is, but for the publisher."""
    book = openpyxl.Workbook()
    for row in (["Casualties by province"], ["Province", 2021, None, 2022, None], [None, *["Killed", "Injured"] * 2]):
        book.active.append(row)
    for row in (["North", 1, 4, 0, 3], ["South", 2, 5, 3, 1]):
        book.active.append(row)
    for cells in ("A1:E1", "A2:A3", "B2:C2", "D2:E2"):
        book.active.merge_cells(cells)
    book.save(tmp_path / "years.xlsx")

    made = tomllib.loads(propose(tmp_path / "years.xlsx").replace('publisher = "?"', 'publisher = "x"'))
    told = convert(tmp_path / "years.xlsx", made)["incidents"]

    sums = told.groupby(told["date"].dt.year)[["killed", "injured"]].sum()
    assert sums.to_dict("index") == {2021: {"killed": 3, "injured": 9}, 2022: {"killed": 3, "injured": 4}}


def test_a_page_for_each_province_is_proposed_with_its_header_and_place(tmp_path):
    """Each sheet has a title, the header in row 2, and the place in its name."""
    book = openpyxl.Workbook()
    book.remove(book.active)
    for name in ("Aden", "Taiz"):
        sheet = book.create_sheet(name)
        for row in ([f"Governorate: {name}"], ["Month", "Dead", "Wounded"], ["Jan 2022", 1, 2], ["Feb 2022", 2, 2]):
            sheet.append(row)
    book.save(tmp_path / "pages.xlsx")

    made = tomllib.loads(propose(tmp_path / "pages.xlsx"))

    assert made["source"] == {"sheets": ["*"], "header_row": 2}
    assert made["date"] == {"column": "Month"}
    assert made["fields"] == {"killed": "Dead", "injured": "Wounded", "district": "(sheet)"}


def test_people_who_were_taught_are_proposed_as_nobody_hurt(tmp_path):
    """Women and children of a session of risk education are no casualties."""
    text = "Month,District,Sessions,Men,Women,Children,Total beneficiaries\n2023-01,N,12,120,80,200,400\n"
    (tmp_path / "taught.csv").write_text(text, encoding="utf-8")

    made = tomllib.loads(propose(tmp_path / "taught.csv"))

    assert (made["table"], made["fields"]) == ("?", {"district": "District"})


def test_tasks_are_proposed_with_what_became_of_them_and_both_separators(tmp_path):
    """Work under way has cleared nothing: its column is the status, also where it is called as an outcome is."""
    text = "Tarea;Estado;Inicio;Fin;Area desminada (m2)\n1;Hecho;03.01.2019;28.02.2019;1.250,50\n2;En curso;14.01.2019;;800\n"
    (tmp_path / "tasks.csv").write_text(text, encoding="utf-8")

    text = propose(tmp_path / "tasks.csv")
    for line, answer in (
        ('publisher = "?"', 'publisher = "x"'),
        ('# "Hecho" = ?', '"Hecho" = "done"'),
        ('# "En curso" = ?', '"En curso" = "ongoing"'),
        ("# decimal", "decimal"),
        ("# thousands", "thousands"),
    ):
        text = text.replace(line, answer)
    made = convert(tmp_path / "tasks.csv", tomllib.loads(text))["clearance"]

    assert made["area_cleared_ha"].tolist() == [0.12505]


@pytest.mark.parametrize("cell", ["Q2 2020", "2020-Q2", "T2/2020", "2020 q2"])
def test_a_quarter_is_a_period(cell, tmp_path):
    """Its first and last day are known to the day."""
    (tmp_path / "work.csv").write_text(f"When,Cleared\n{cell},12\n", encoding="utf-8")
    fields = {"cleared": {"column": "Cleared", "unit": "ha"}}
    mapping = {"table": "clearance", "row": "work", "register": TOLD["register"], "date": {"column": "When"}}

    made = convert(tmp_path / "work.csv", mapping | {"fields": fields})["clearance"]

    told = made[["period_start", "period_end", "period_type", "start_precision"]].astype(str).values.tolist()
    assert told == [["2020-04-01", "2020-06-30", "quarter", "day"]]


def test_rows_of_several_incidents_are_proposed_as_totals(tmp_path):
    """A column that counts incidents says that a row is of more than one."""
    head = "From,To,Incidents,Killed,Injured\n15 August 2025,15 October 2025,102,39,113\n"
    (tmp_path / "stretches.csv").write_text(head + "8 December 2024,14 August 2025,,513,761\n", encoding="utf-8")

    made = tomllib.loads(propose(tmp_path / "stretches.csv"))

    assert (made["table"], made["date"]) == ("victim_totals", {"start": "From", "end": "To"})
