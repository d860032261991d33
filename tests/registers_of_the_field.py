"""Small registers of the field, one for each kind of fault that registers of other people have shown.

Each is whole: its file or files, its mapping, and what is made of it, or why it is refused. `outcomes` writes them as
the table of docs/outcomes.md.
"""

from __future__ import annotations

import datetime as dt
import json
import re
from dataclasses import dataclass, field
from pathlib import Path

import openpyxl
import pandas as pd

from minestats.adapt import convert
from minestats.errors import DataError, ParameterError

REGISTER = {"id": "field", "publisher": "written for the test"}


@dataclass
class Case:
    """A register: `made` are figures of its tables (by table and column, summed), `says` parts of what is said."""

    kind: str
    what: str
    content: object
    mapping: dict
    made: dict = field(default_factory=dict)
    says: tuple[str, ...] = ()
    refused: str = ""
    name: str = "register.csv"


def incidents(row="incident", **more) -> dict:
    """A mapping of a list of incidents, with parts replaced."""
    base = {"table": "incidents", "row": row, "register": REGISTER, "date": {"column": "Date"}}
    return {**base, "fields": {"district": "District", "killed": "Killed", "injured": "Injured"}, **more}


def work(**more) -> dict:
    """A mapping of a register of work, with parts replaced."""
    area = {"column": "Area", "unit": "ha"}
    base = {"table": "clearance", "row": "work", "register": REGISTER, "date": {"year": "Year", "month": "Month"}}
    return {**base, "fields": {"district": "Town", "area": area}, **more}


def totals(**more) -> dict:
    """A mapping of published totals, with parts replaced."""
    base = {"table": "victim_totals", "register": REGISTER, "date": {"year": "Year"}}
    return {**base, "fields": {"victims": "Total", "killed": "Killed", "injured": "Injured"}, **more}


def victims(**more) -> dict:
    """A mapping of a register of people, with parts replaced."""
    base = {"table": "incidents", "row": "victim", "register": REGISTER, "date": {"column": "Date"}}
    values = {"outcome": {"dead": "killed", "hurt": "injured"}}
    return {**base, "fields": {"district": "District", "outcome": "Outcome"}, "values": values, **more}


def areas(**more) -> dict:
    """A mapping of hazardous areas, with parts replaced."""
    base = {"table": "hazardous_areas", "register": REGISTER, "date": {"start": "Recorded", "end": "Closed"}}
    fields = {"id": "Hazard ID", "hazard_type": "Type", "status": "Status", "district": "Province"}
    size = {"column": "Area m2", "unit": "m2"}
    values = {"hazard_type": {"SHA": "suspected", "CHA": "confirmed"}}
    return {**base, "fields": {**fields, "area": size}, "values": values, **more}


def without(mapping: dict, *keys: str) -> dict:
    """The mapping without some of its keys."""
    return {key: value for key, value in mapping.items() if key not in keys}


HEAD = "Date,District,Killed,Injured\n"
BODY = "2020-01-05,North,1,2\n2020-02-06,South,0,3\n2020-03-07,North,2,0\n"


def book(**sheets) -> openpyxl.Workbook:
    """A workbook of sheets of rows."""
    made = openpyxl.Workbook()
    made.remove(made.active)
    for name, rows in sheets.items():
        sheet = made.create_sheet(name)
        for row in rows:
            sheet.append(row)
    return made


ROWS = [
    ["Date", "District", "Killed", "Injured"],
    [dt.date(2020, 1, 5), "North", 1, 2],
    [dt.date(2020, 2, 6), None, 0, 3],
    [dt.date(2020, 3, 7), "South", 2, 0],
]


def merged(where: str = "B2:B3") -> openpyxl.Workbook:
    """A workbook with one merged range."""
    made = book(Data=ROWS)
    made["Data"].merge_cells(where)
    return made


def with_formulas() -> openpyxl.Workbook:
    """A workbook that a program wrote: formulas without results."""
    made = book(Data=ROWS)
    made["Data"]["C2"], made["Data"]["D3"] = "=1+0", "=SUM(C2:C3)"
    return made


def with_hidden() -> openpyxl.Workbook:
    """A workbook with a row that a filter hides."""
    made = book(Data=ROWS)
    made["Data"].row_dimensions[3].hidden = True
    return made


def two_headers() -> openpyxl.Workbook:
    """A workbook with "Killed" over "Male" and "Female"."""
    rows = [["Date", "District", "Killed", None], [None, None, "Male", "Female"], *ROWS[1:]]
    made = book(Data=rows)
    made["Data"].merge_cells("C1:D1")
    return made


def footnoted() -> openpyxl.Workbook:
    """A workbook with merged headings over two rows, a place told once and a footnote."""
    rows = [["Date", "Province", "Killed", None, "Injured", None], [None, None, "Male", "Female", "Male", "Female"]]
    days = [[dt.date(2021, 1, 5), "Lorn", 1, 0, 2, 0], [dt.date(2021, 1, 9), None, 0, 1, 0, 0]]
    made = book(Data=[*rows, *days, [dt.date(2021, 2, 1), "Mure", 0, 0, 1, 3], ["* provisional"]])
    made["Data"].merge_cells("C1:D1")
    made["Data"].merge_cells("E1:F1")
    return made


def polygons() -> str:
    """Two squares of a thousandth of a degree, without a column of their size."""
    features = []
    for x, kind in ((30, "SHA"), (31, "CHA")):
        ring = [[x, 1], [x + 0.001, 1], [x + 0.001, 1.001], [x, 1.001], [x, 1]]
        features.append(
            {
                "type": "Feature",
                "properties": {"Type": kind, "Status": "open", "Province": "N"},
                "geometry": {"type": "Polygon", "coordinates": [ring]},
            }
        )
    return json.dumps({"type": "FeatureCollection", "features": features})


def geojson(**properties) -> str:
    """A collection of two features, the second without properties."""
    point = {"type": "Point", "coordinates": [20.0, 10.0]}
    features = [{"type": "Feature", "properties": one, "geometry": point} for one in (properties, None)]
    return json.dumps({"type": "FeatureCollection", "features": features})


SQUARE = "POLYGON((500000 1000000,500100 1000000,500100 1000100,500000 1000100,500000 1000000))"
ESRI = {"features": [{"attributes": {"Date": "2020-01-05", "Killed": 2}, "geometry": {"x": 20.0, "y": 10.0}}]}
API = {"count": 1, "results": [{"Date": "2020-01-05", "harm": {"dead": 2}}]}
DEATHS = {"fields": {"district": "District", "killed": "Deaths"}}
SAME = incidents(fields={"killed": "Killed"})
NAMES = ("اسم الضحية", "نام پدر", "ПІБ", "Ім'я", "Nome da vítima", "Ime i prezime", "Adı soyadı", "Họ và tên", "ชื่อ")
OTHERS = ("Tazkira", "Victim", "Reporter", "Enumerator", "Creator", "last_edited_user")

CASES = [
    # ---------------------------------------------------------------- F1: work is added up
    Case(
        "F1",
        "work by town and month",
        "Year,Month,Town,Area\n2020,1,A,1\n2020,1,B,2\n2020,2,A,4\n",
        work(),
        {"clearance.area_ha": 7, "clearance.rows": 3, "clearance.row_is": "work", "clearance.period_type": "month"},
    ),
    Case(
        "F1",
        "the same without saying what a row is",
        "Year,Month,Town,Area\n2020,1,A,1\n2020,1,B,2\n2020,2,A,4\n2020,2,B,4\n",
        without(work(fields={"operator": {"value": "all"}, "area": {"column": "Area", "unit": "ha"}}), "row"),
        refused="are they work or statements? row = 'work'",
    ),
    Case(
        "F1",
        "tasks by the day with the three products of land release",
        "Done,Site,Cleared,Reduced,Cancelled,Found,State\n2021-03-04,T1,500,100,,3,done\n2021-03-05,T2,,,9400,0,done\n"
        "2021-03-06,T3,900,,,,planned\n",
        work(
            date={"column": "Done"},
            fields={
                "site": "Site",
                "status": "State",
                "destroyed": "Found",
                **{name: {"column": name.title(), "unit": "m2"} for name in ("cleared", "reduced", "cancelled")},
            },
        ),
        {
            "clearance.area_cleared_ha": 0.05,
            "clearance.area_reduced_ha": 0.01,
            "clearance.area_cancelled_ha": 0.94,
            "clearance.items_destroyed": 3,
            "clearance.rows": 2,
        },
        ("1 row left out: status planned: only work that is done counts",),
    ),
    Case(
        "F1",
        "areas from polygons in metres",
        f'Year,Month,Town,Area,Shape\n2020,1,A,1,"{SQUARE}"\n',
        work(fields={"district": "Town", "geometry": "Shape"}, geometry={"crs": "EPSG:32633", "area": True}),
        {"clearance.area_ha": 1.0008},  # 1 / 0.9996^2: the scale of UTM on its central meridian
        ("computed from polygons",),
    ),
    Case(
        "F1",
        "a national table of years",
        "Year,Area\n2019,100\n2020,120\n",
        work(date={"year": "Year"}, fields={"area": {"column": "Area", "unit": "ha"}}),
        {"clearance.area_ha": 220, "clearance.period_type": "year", "clearance.row_is": "work"},
    ),
    Case(
        "F1",
        "hectares, where the source says how large a dunum is",
        "Year,Area\n2019,100\n",
        work(date={"year": "Year"}, source={"dunum_m2": 1000}, fields={"area": {"column": "Area", "unit": "ha"}}),
        {"clearance.area_ha": 100},
    ),
    # ---------------------------------------------------------------- F2: totals of any span
    Case(
        "F2",
        "yearly totals",
        "Year,Total,Killed,Injured\n2016,100,40,60\n2017,90,35,55\n2018,80,30,50\n",
        totals(),
        {"victim_totals.victims": 270, "victim_totals.span": "year"},
    ),
    Case(
        "F2",
        "totals whose start and end lie in different years",
        "Start,End,Killed,Injured\n2018-02-01,2020-03-01,10,20\n2018-02-01,2021-03-01,12,25\n",
        totals(date={"start": "Start", "end": "End"}, fields={"killed": "Killed", "injured": "Injured"}),
        {"victim_totals.as_of": "2020-03-01", "victim_totals.since": "2018-02-01", "victim_totals.killed": 22},
    ),
    Case(
        "F2",
        "killed and injured below the total",
        "Year,Total,Killed,Injured\n2016,9437,2472,6937\n",
        totals(),
        {"victim_totals.victims": 9437, "victim_totals.outcome_unknown": 28, "victim_totals.note": None},
        ("outcome of 28 unknown",),
    ),
    Case(
        "F2",
        "incidents with more victims than killed and injured",
        "Date,Killed,Injured,All\n2020-01-05,1,2,3\n2020-02-06,2,5,9\n2020-03-07,20,10,31\n",
        incidents(fields={"killed": "Killed", "injured": "Injured", "victims": "All"}),
        {"incidents.victims": 43, "incidents.outcome_unknown": 3},
        ("2 rows with more victims than killed and injured: outcome of 3 unknown",),
    ),
    Case(
        "F2",
        "running totals with a start as a constant",
        "Date,Killed,Injured\n2022-03-03,249,553\n2022-04-04,331,675\n2023-03-05,351,707\n",
        totals(
            date={"start": {"value": "2022-02-24"}, "end": "Date"}, fields={"killed": "Killed", "injured": "Injured"}
        ),
        {"victim_totals.killed": 931, "victim_totals.since": "2022-02-24"},
    ),
    # ---------------------------------------------------------------- F3: unknown is not zero
    Case(
        "F3",
        "deaths only",
        "Date,District,Deaths\n2020-01-05,N,1\n2020-02-05,N,2\n2021-02-05,S,3\n",
        incidents(**DEATHS),
        {"incidents.killed": 6, "incidents.injured": None},
    ),
    Case(
        "F3",
        "accidents alone",
        "Date,District,Deaths\n2020-01-05,N,1\n2020-02-05,N,2\n2021-02-05,S,3\n",
        incidents(fields={"district": "District"}),
        {"incidents.rows": 3, "incidents.killed": None, "incidents.injured": None},
    ),
    Case(
        "F3",
        "a sum with an empty part",
        "Year,Killed,Injured\n2016,40,60\n2017,35,\n",
        totals(fields={"victims": {"sum": ["Killed", "Injured"]}, "killed": "Killed"}),
        {"victim_totals.victims": 100, "victim_totals.killed": 75},
        ("1 row left unknown; a part of the sum is empty",),
    ),
    Case(
        "F3",
        "a sum whose empty parts mean nought",
        "Year,Killed,Injured\n2016,40,60\n2017,35,\n",
        totals(fields={"victims": {"sum": ["Killed", "Injured"], "blank": 0}}),
        {"victim_totals.victims": 135},
    ),
    Case(
        "F3",
        "three accidents, six people, the outcome of four unknown",
        "Date,District,Outcome,Case\n2020-01-05,N,dead,1\n2020-01-05,N,,1\n2020-02-05,N,,2\n2020-02-05,N,,2\n"
        "2020-03-05,S,,3\n2020-03-05,S,hurt,3\n",
        victims(fields={"district": "District", "outcome": "Outcome", "incident": "Case"}),
        {"incidents.rows": 3, "incidents.killed": 1, "incidents.injured": 1, "incidents.outcome_unknown": 4},
    ),
    # ---------------------------------------------------------------- F4: the span that a register covers
    Case(
        "F4",
        "a register that says from when and to when it was kept",
        HEAD + BODY,
        incidents(register={**REGISTER, "covered_from": 2020, "covered_until": "2020-06"}),
        {"sources.covered_from": "2020-01-01", "sources.covered_until": "2020-06-30"},
    ),
    Case(
        "F4",
        "files of several years as one register",
        {"2004.csv": HEAD + "2004-01-05,North,1,2\n", "2006.csv": HEAD + "2006-02-06,South,0,3\n", "2009.csv": HEAD},
        incidents(source={"files": ["2004..2006.csv"]}),
        {"incidents.rows": 2, "incidents.injured": 5, "incidents.incident_id": "field:2/2004"},
        ("2 files read as one register",),
        name="2004.csv",
    ),
    # ---------------------------------------------------------------- F5: lines that are no record
    Case("F5", "a total by its label", HEAD + BODY + ",Total,4,5\n", incidents(), refused="row 5 looks like a total"),
    Case(
        "F5",
        "a total in a longer label",
        HEAD + BODY + ",Grand total all districts,,5\n",
        incidents(),
        refused="row 5 looks like a total",
    ),
    Case("F5", "a total in Arabic", HEAD + BODY + ",مجموع,9,9\n", incidents(), refused="row 5 looks like a total"),
    Case(
        "F5",
        "subtotals inside",
        HEAD + "2020-01-05,North,1,2\n2020-03-07,North,2,0\n,North total,3,2\n2020-02-06,South,0,3\n,South total,0,3\n",
        incidents(),
        refused="row 4 looks like a total",
    ),
    Case(
        "F5",
        "a total under a register of victims",
        "Date,District,Outcome\n2020-01-05,N,dead\n2020-02-05,N,hurt\n,Total: 2,\n",
        victims(),
        refused="row 4 looks like a total",
    ),
    Case(
        "F5",
        "a line with its source",
        HEAD + BODY + ",Source: national centre,,\n",
        incidents(),
        refused="with nothing but one cell (first: row 5, 'Source: national centre'): a heading or a footnote?",
    ),
    Case(
        "F5",
        "the same, left out by the mapping",
        HEAD + BODY + ",see annex,,\n",
        incidents(rows={"lines": "drop"}),
        {"incidents.rows": 3, "incidents.killed": 3},
        ("1 row left out: nothing but one cell",),
    ),
    Case(
        "F5",
        "a feature without properties",
        geojson(Date="2020-01-05", Killed=2),
        SAME,
        {"incidents.rows": 1, "incidents.killed": 2},
        ("1 row without any content left out",),
        name="register.geojson",
    ),
    # ---------------------------------------------------------------- F6: a column that sounds like the larger place
    Case(
        "F6",
        "a column State that is no place",
        "Date,District,Killed,Injured,State\n2020-01-05,North,1,2,Open\n2020-02-06,North,0,3,Closed\n",
        incidents(),
        {"incidents.rows": 2, "districts.rows": 1},
        ("'North' occurs in 2 states, if 'State' is the larger place; taken as one district",),
    ),
    Case(
        "F6",
        "the same, said to be none",
        "Date,District,Killed,Injured,State\n2020-01-05,North,1,2,Open\n2020-02-06,North,0,3,Closed\n",
        incidents(fields={"district": {"column": "District", "within": False}, "killed": "Killed"}),
        {"districts.rows": 1},
    ),
    Case(
        "F6",
        "a column that is mapped as the outcome",
        "Date,District,Province\n2020-01-05,North,dead\n2020-02-06,North,hurt\n",
        victims(fields={"district": "District", "outcome": "Province"}),
        {"districts.rows": 1, "incidents.killed": 1},
    ),
    Case(
        "F6",
        "one name in two provinces",
        "Date,District,Killed,Injured,Province\n2020-01-05,North,1,2,A\n2020-02-06,North,0,3,B\n",
        incidents(),
        refused="'North' occurs in 2 provinces; set within = 'Province', or within = false",
    ),
    # ---------------------------------------------------------------- F7: what a person sees in a workbook
    Case(
        "F7",
        "a place merged over two rows",
        merged(),
        incidents(),
        {"incidents.rows": 3, "incidents.district": "North"},
        ("merged cells read as standing in each of their rows",),
        name="register.xlsx",
    ),
    Case(
        "F7",
        "a figure merged over two rows",
        merged("C2:C3"),
        incidents(),
        refused="a merged cell gives one figure for several rows (first: row 2)",
        name="register.xlsx",
    ),
    Case(
        "F7",
        "blank cells that mean as above",
        book(Data=ROWS),
        incidents(source={"fill_down": ["District"]}),
        {"incidents.district": "North", "incidents.killed": 3},
        ("1 row filled from the row above",),
        name="register.xlsx",
    ),
    Case(
        "F7",
        "formulas without results",
        with_formulas(),
        incidents(),
        refused="cell C2 holds the formula '=1+0' and no result (2 such cells); open the workbook",
        name="register.xlsx",
    ),
    Case(
        "F7",
        "hidden rows",
        with_hidden(),
        incidents(),
        refused="1 row hidden, as by a filter (first: row 3); [source] hidden = 'keep' or 'drop'",
        name="register.xlsx",
    ),
    Case(
        "F7",
        "hidden rows left out",
        with_hidden(),
        incidents(source={"hidden": "drop"}),
        {"incidents.rows": 2, "incidents.injured": 2},
        ("1 row hidden in the sheet left out",),
        name="register.xlsx",
    ),
    Case(
        "F7",
        "two header rows",
        two_headers(),
        incidents(source={"header_rows": 2}, fields={"killed": {"sum": ["Killed Male", "Killed Female"]}}),
        {"incidents.killed": 8},
        name="register.xlsx",
    ),
    Case(
        "F7",
        "a sheet for each year",
        book(**{"2019": [ROWS[0], ROWS[1]], "2020": [ROWS[0], ROWS[3]]}),
        incidents(source={"sheets": ["*"]}),
        {"incidents.rows": 2, "incidents.killed": 3},
        ("2 sheets read as one register",),
        name="register.xlsx",
    ),
    # ---------------------------------------------------------------- F8: running totals are no events
    Case(
        "F8",
        "a running total with HXL tags",
        "Date,Killed so far\n#date,#affected+killed\n2022-03-03,249\n2022-03-04,331\n2022-03-05,351\n",
        {"table": "incidents", "row": "incident", "register": REGISTER, "source": {"format": "hxl"}},
        refused="never falls over 3 dates (249 to 351); is it a running total? table = 'victim_totals'",
    ),
    # ---------------------------------------------------------------- F10: a blank first line
    Case(
        "F10",
        "a blank first line",
        "\nDate;District;Killed\n2020-01-05;N;1\n",
        incidents(fields={"killed": "Killed"}),
        refused="set delimiter = ';'",
    ),
    Case(
        "F10",
        "a blank first line and a wrong header",
        "\nDate,District,Dead\n2020-01-05,N,1\n",
        incidents(fields={"killed": "Killed"}),
        refused="column 'Killed' is not in the file",
    ),
    # ---------------------------------------------------------------- F11: advice gives no meaning
    Case(
        "F11",
        "a word that looks like its opposite",
        "Date,District,Outcome\n2020-01-05,N,Muerto\n2020-02-05,N,Mujer\n",
        victims(values={"outcome": {"Muerto": "killed"}}),
        refused="'Mujer' (1 row) is not in [values.outcome]. Add: Mujer = one of 'killed', 'injured', 'unknown'",
    ),
    Case(
        "F11",
        "a word with another ending",
        "Date,District,Outcome\n2020-01-05,N,Muerto\n2020-02-05,N,Muerta\n",
        victims(values={"outcome": {"Muerto": "killed"}}),
        refused="'Muerta' (1 row) is not in [values.outcome]; nearest 'Muerto'. Add: Muerta = 'killed'",
    ),
    Case(
        "F11",
        "an answer of two",
        "Date,Killed,Device\n2020-01-05,1,ap_mine\n2020-02-05,1,ap_mine erw\n",
        incidents(
            fields={"killed": "Killed", "device": {"column": "Device", "split": " "}},
            values={"device": {"ap_mine": "anti_personnel", "erw": "other_erw"}},
        ),
        refused="Add: \"ap_mine erw\" = one of 'anti_personnel', 'anti_vehicle'",
    ),
    # ---------------------------------------------------------------- F12: what a mapping may say
    Case(
        "F12",
        "a year that stands in no column",
        "District,Killed\nN,1\n",
        incidents(date={"year": {"value": 2017}}, fields={"killed": "Killed"}),
        {"incidents.date": "2017-01-01", "incidents.date_precision": "year"},
    ),
    Case(
        "F12",
        "one country of a world file",
        "Date,Country,Killed\n2020-01-05,Here,1\n2020-01-06,There,5\n2020-01-07,Elsewhere,7\n",
        incidents(fields={"killed": "Killed"}, only={"Country": "Here"}),
        {"incidents.killed": 1},
        ("2 rows left out: [only] Country = Here",),
    ),
    Case(
        "F12",
        "a date in one of two columns",
        "Datum,Datum1,Killed\n2020-01-05,,1\n,2020-02-06,2\n",
        incidents(date={"column": {"first": ["Datum", "Datum1"]}}, fields={"killed": "Killed"}),
        {"incidents.date_precision": "day", "incidents.killed": 3},
        ("1 row take 'Datum1', where 'Datum' is empty",),
    ),
    Case(
        "F12",
        "nought means unknown in one column only",
        "Date,Killed,Age\n2020-01-05,0,0\n2020-02-05,2,0\n",
        incidents(fields={"killed": "Killed", "injured": {"column": "Age", "unknown": ["0"]}}),
        {"incidents.killed": 2, "incidents.injured": None},
    ),
    Case(
        "F12",
        "people in a file of another form, one of them in two cases",
        {"cases.csv": "Date,Id\n2020-01-05,a\n2020-02-06,b\n", "people.csv": "Case;Nr;Outcome\na;1;dead\nb;1;hurt\n"},
        incidents(
            fields={"id": "Id"},
            persons={
                "file": "people.csv",
                "key": "Case",
                "delimiter": ";",
                "fields": {"outcome": "Outcome", "id": "Nr"},
                "values": {"outcome": {"dead": "killed", "hurt": "injured"}},
            },
        ),
        refused="1 row repeats an id (first: '1' in rows 2 and 3)",
        name="cases.csv",
    ),
    # ---------------------------------------------------------------- F13: dates and calendars
    Case(
        "F13",
        "a year of two digits that lies in the future",
        HEAD + "12/05/66,N,1,2\n",
        incidents(date={"column": "Date", "formats": ["%d/%m/%y"], "century": 2000}),
        refused="in the future (first: row 2, 2066-05-12",
    ),
    Case(
        "F13", "a date in the future", HEAD + "2095-01-05,N,1,2\n", incidents(), refused="in the future (first: row 2"
    ),
    Case(
        "F13",
        "a year of another calendar, not said",
        HEAD + "12/05/2566,N,1,2\n",
        incidents(date={"column": "Date", "formats": ["%d/%m/%Y"]}),
        refused="has no year from 1900 to 2100; correct it, or set calendar = 'buddhist'",
    ),
    Case(
        "F13",
        "the Buddhist calendar",
        HEAD + "12/05/2566,N,1,2\n",
        incidents(date={"column": "Date", "formats": ["%d/%m/%Y"], "calendar": "buddhist"}),
        {"incidents.date": "2023-05-12", "incidents.date_precision": "day"},
    ),
    Case(
        "F13",
        "the Jalali calendar",
        HEAD + "1402/05/12,N,1,2\n",
        incidents(date={"column": "Date", "calendar": "jalali"}),
        {"incidents.date": "2023-08-03", "incidents.date_precision": "day"},
    ),
    Case(
        "F13",
        "the Hijri calendar",
        HEAD + "1445-03-12,N,1,2\n",
        incidents(date={"column": "Date", "calendar": "hijri"}),
        {"incidents.date": "2023-09-27", "incidents.date_precision": "day"},
    ),
    Case(
        "F13",
        "a Jalali year as a period",
        "Year,Total,Killed,Injured\n1402,10,4,6\n",
        totals(date={"year": "Year", "calendar": "jalali"}),
        {"victim_totals.since": "2023-03-21", "victim_totals.as_of": "2024-03-19"},
    ),
    Case(
        "F13",
        "Levantine months of two words",
        HEAD + "5 كانون الثاني 2020,N,1,2\n6 تشرين الأول 2020,N,0,1\n",
        incidents(date={"column": "Date", "languages": ["ar"]}),
        {"incidents.date": "2020-01-05", "incidents.injured": 3},
    ),
    # ---------------------------------------------------------------- F14: signs that nobody sees
    Case(
        "F14",
        "names with invisible signs",
        HEAD
        + "2020-01-05,North,1,0\n2020-01-06,North\u200b,1,0\n2020-01-07,\u200fNorth,1,0\n2020-01-08,No\u00adrth,1,0\n",
        incidents(),
        {"districts.rows": 1, "incidents.killed": 4},
        ("invisible characters taken out of 3 values",),
    ),
    Case(
        "F14",
        "an Arabic and a Persian ye",
        HEAD + "2020-01-05,دير,1,0\n2020-01-06,دیر,1,0\n",
        incidents(),
        {"districts.rows": 1},
        ("1 value spelled otherwise",),
    ),
    Case(
        "F14",
        "a word with an invisible sign",
        "Date,District,Outcome\n2020-01-05,N,dead\u200b\n",
        victims(),
        {"incidents.killed": 1},
    ),
    # ---------------------------------------------------------------- F15: names of people
    *(
        Case(
            "F15",
            f"a header of persons: {header}",
            f"Date,Killed,{header}\n2020-01-05,1,x\n",
            incidents(fields={"killed": "Killed", "note": header}),
            refused="looks personal",
        )
        for header in (*NAMES, *OTHERS)
    ),
    Case(
        "F15",
        "names under a header that tells nothing",
        "Date,Killed,C7\n2020-01-05,1,Ana Ruiz Paz\n2020-01-06,1,Li Wei\n2020-01-07,2,Omar Ben Said\n",
        incidents(fields={"killed": "Killed", "note": "C7"}),
        refused="its cells look like names of people",
    ),
    # ---------------------------------------------------------------- F17: forms of files
    Case(
        "F17",
        "Esri JSON",
        json.dumps(ESRI),
        incidents(fields={"killed": "Killed"}),
        {"incidents.killed": 2},
        name="register.json",
    ),
    Case(
        "F17",
        "records of an API, nested",
        json.dumps(API),
        incidents(fields={"killed": "harm/dead"}),
        {"incidents.killed": 2},
        name="register.json",
    ),
    Case(
        "F17",
        "HXL tags, one of them with a bad attribute",
        "Date,Killed,Moved\n#date,#affected+killed,#affected+idps+2013\n2020-01-05,1,2\n",
        {"table": "incidents", "row": "incident", "register": REGISTER, "source": {"format": "hxl"}},
        refused="row 2: '#affected+idps+2013' is no HXL tag",
    ),
    Case(
        "F17",
        "Cyrillic letters read as western ones",
        HEAD + "2020-01-05,Õàðê³âñüêèé,1,0\n",
        incidents(),
        refused="column 'District': a row of accented letters alone",
    ),
    Case(
        "F17",
        "nested GeoJSON, and a name that is not in it",
        geojson(Date="2020-01-05", harm={"dead": 2}),
        incidents(fields={"killed": "dead"}),
        refused="column 'dead' is not in the file; did you mean 'harm/dead'?",
        name="register.geojson",
    ),
    Case(
        "F17",
        "rows longer than the header, with nothing in them",
        "Date,District,Killed,Injured\n2020-01-05,N,1,2,,\n",
        incidents(),
        {"incidents.rows": 1, "incidents.killed": 1},
    ),
    Case("F17", "a form that cannot be read", "x", incidents(), refused="files cannot be read", name="register.gpkg"),
    Case(
        "F17",
        "coordinates in metres",
        "Date,Killed,x,y\n2020-01-05,1,500000,1000000\n",
        incidents(fields={"killed": "Killed", "latitude": "y", "longitude": "x"}),
        refused="[geometry] crs = 'EPSG:...'",
    ),
    Case(
        "F17",
        "coordinates in degrees and minutes",
        'Date,District,Killed,x,y\n2020-01-05,N,1,"20°30\'00""E","10°15\'S"\n',
        incidents(fields={"district": "District", "killed": "Killed", "latitude": "y", "longitude": "x"}),
        {"districts.latitude": -10.25, "districts.longitude": 20.5},
    ),
    # ---------------------------------------------------------------- what could not be said at all
    Case(
        "S5",
        "devices as Landmine Monitor counts them",
        "Date,Killed,Device\n2020-01-05,1,IED\n2020-02-05,1,bomblet\n2020-03-05,1,AV\n",
        incidents(
            fields={"killed": "Killed", "device": "Device"},
            values={"device": {"IED": "improvised_mine", "bomblet": "cluster_submunition", "AV": "anti_vehicle"}},
        ),
        {"incidents.device": "improvised_mine"},
    ),
    Case(
        "S6",
        "a column for each year",
        "Group,2016,2017\nvictims,100,90\n",
        totals(
            wide={"columns": "2016..2017", "to": "year", "values": "number"},
            date={"year": "year"},
            fields={"victims": "number"},
        ),
        {"victim_totals.victims": 190, "victim_totals.rows": 2, "victim_totals.total_id": "field:2/2016"},
        ("1 row of 2 columns read as 2 rows",),
    ),
    Case(
        "S6",
        "a row for several people",
        "Date,District,Outcome,Number\n2020-01-05,N,dead,3\n2020-01-06,N,hurt,1\n",
        victims(people={"count": "Number"}),
        {"incidents.killed": 3, "incidents.injured": 1, "incidents.rows": 4, "incidents.incident_id": "field:2.1"},
        ("2 rows read as 4 people",),
    ),
    Case(
        "S6",
        "an outcome in two columns of 0 and 1",
        "Date,District,Dead,Hurt\n2020-01-05,N,1,0\n2020-01-06,N,0,1\n2020-01-07,N,0,0\n",
        victims(
            fields={"district": "District", "outcome": {"columns": {"Dead": "killed", "Hurt": "injured"}}}, values={}
        ),
        {"incidents.killed": 1, "incidents.injured": 1, "incidents.outcome_unknown": 1},
    ),
    Case(
        "S6",
        "figures inside a sentence",
        'Date,Casualties\n2020-01-05,"2 killed, 3 injured"\n2020-01-06,1 injured\n',
        incidents(
            fields={
                "killed": {"column": "Casualties", "pattern": r"(\d+) killed"},
                "injured": {"column": "Casualties", "pattern": r"(\d+) injured"},
            }
        ),
        {"incidents.killed": 2, "incidents.injured": 4},
        ("1 row of 'Casualties' with nothing of its pattern; left unknown",),
    ),
    Case(
        "S7",
        "an answer in each column",
        "Date,Killed,device/ap_mine,device/erw\n2020-01-05,1,1,0\n2020-02-05,1,0,1\n",
        incidents(
            fields={
                "killed": "Killed",
                "device": {"columns": {"device/ap_mine": "anti_personnel", "device/erw": "other_erw"}},
            }
        ),
        {"incidents.device": "anti_personnel"},
    ),
    # ---------------------------------------------------------------- registers of the same kinds, tried afterwards
    Case(
        "F1",
        "units that differ from row to row",
        "Task,Completed,Province,Area,Unit\nA1,2020-03-01,N,2,ha\nA2,2020-04-01,N,5000,sqm\nA3,2020-05-01,S,0.1,km2\n"
        "A4,2020-06-01,S,10,acres\n",
        work(
            date={"column": "Completed"},
            fields={"district": "Province", "area": {"column": "Area", "unit": {"column": "Unit"}}},
        ),
        {"clearance.area_ha": 16.5469},
    ),
    Case(
        "F1",
        "a unit inside the cells",
        'Task,Date,Area\nA,2020-01-05,2 ha\nB,2020-02-05,"5,000 m2"\n',
        work(date={"column": "Date"}, fields={"site": "Task", "area": {"column": "Area", "unit": "ha"}}),
        refused="'2 ha' is more than a figure (2 rows); set pattern = '^([0-9.,]+)\\s*[^\\W\\d]+2?$' for the figure",
    ),
    Case(
        "F1",
        "acres, days of another order",
        "Task ID;End Date;Area (acres);AP;ERW\nX1;01.02.2021;10;1;2\nX2;13.02.2021;2.5;0;1\n",
        work(
            source={"delimiter": ";"},
            date={"column": "End Date", "formats": ["%d.%m.%Y"]},
            fields={"site": "Task ID", "area": {"column": "Area (acres)", "unit": "acre"}, "uxo": "ERW"},
        ),
        {"clearance.area_ha": 5.0586, "clearance.uxo": 3},
    ),
    Case(
        "F1",
        "a column for each month, of districts",
        "Région;Année;Janvier;Février;Août\nNord;2021;1 000;2 500;\nSud;2021;300;;700\n",
        work(
            source={"delimiter": ";", "thousands": " "},
            wide={"columns": ["Janvier", "Février", "Août"], "to": "month", "values": "number"},
            date={"year": "Année", "month": "month", "languages": ["fr"]},
            fields={"district": "Région", "area": {"column": "number", "unit": "m2"}},
        ),
        {"clearance.area_ha": 0.45, "clearance.rows": 4},
        ("2 rows left out: they state no figure",),
    ),
    Case(
        "F2",
        "totals of several years among those of one",
        "Year,Total\n2018,120\n2019,95\n2018-2019,215\n2020,80\n",
        totals(fields={"victims": "Total"}),
        refused="'2018-2019' is a span of years (1 row); it holds the figures of each; take them out by [[drop]]",
    ),
    Case(
        "F2",
        "running totals without tags",
        "Fecha,Muertos acumulados,Heridos acumulados\n2022-03-03,249,553\n2022-04-04,331,675\n2022-05-05,351,707\n",
        incidents(date={"column": "Fecha"}, fields={"killed": "Muertos acumulados", "injured": "Heridos acumulados"}),
        refused="never falls over 3 dates (249 to 351); is it a running total? table = 'victim_totals'",
    ),
    Case(
        "F2",
        "a row for each province and year",
        "Province,Year,Killed,Injured\nA,2019,12,40\nA,2020,9,31\nB,2019,3,8\nB,2020,5,11\n",
        incidents(date={"year": "Year"}, fields={"district": "Province", "killed": "Killed", "injured": "Injured"}),
        refused="4 rows are one for each of 2 places and 2 months or years: are they counts of people? row = 'victim' with",
    ),
    Case(
        "F2",
        "the same, as people",
        "Province,Year,Killed,Injured\nA,2019,12,40\nA,2020,9,31\nB,2019,3,8\nB,2020,5,11\n",
        victims(
            wide={"columns": ["Killed", "Injured"], "to": "outcome", "values": "number"},
            people={"count": "number"},
            date={"year": "Year"},
            fields={"district": "Province", "outcome": "outcome"},
            values={"outcome": {"Killed": "killed", "Injured": "injured"}},
        ),
        {"incidents.killed": 29, "incidents.injured": 90, "incidents.row_is": "victim"},
    ),
    Case(
        "F5",
        "figures with marks of footnotes",
        "Date,District,Killed,Injured\n2020-01-05,N,1*,2\n2020-01-07,S,2 [a],1\n",
        incidents(),
        refused="'1*' is no number: it has a mark beside the figure (2 rows); set pattern",
    ),
    Case(
        "F7",
        "two header rows, places filled down and a footnote",
        footnoted(),
        incidents(
            source={"header_rows": 2, "fill_down": ["Province"]},
            rows={"lines": "drop"},
            fields={
                "district": "Province",
                "killed": {"sum": ["Killed Male", "Killed Female"]},
                "injured": {"sum": ["Injured Male", "Injured Female"]},
            },
        ),
        {"incidents.killed": 2, "incidents.injured": 6, "incidents.rows": 3, "districts.rows": 2},
        ("1 row left out: nothing but one cell", "1 row filled from the row above"),
        name="register.xlsx",
    ),
    Case(
        "F13",
        "Persian digits and months by number",
        "تاریخ,ولایت,کشته,زخمی\n۱۴۰۱/۰۵/۱۲,هرات,۱,۲\n۱۴۰۱/۱۲/۲۹,هرات,۲,۱۲\n",
        incidents(
            date={"column": "تاریخ", "calendar": "jalali"},
            fields={"district": "ولایت", "killed": "کشته", "injured": "زخمی"},
        ),
        {"incidents.killed": 3, "incidents.injured": 14, "incidents.date": "2022-08-03"},
    ),
    Case(
        "F13",
        "Khmer months",
        HEAD + "05 មករា 2020,Pailin,1,0\n17 កុម្ភៈ 2020,Pailin,0,2\n",
        incidents(date={"column": "Date", "languages": ["km"]}),
        {"incidents.date": "2020-01-05", "incidents.injured": 2},
    ),
    Case(
        "F13",
        "a calendar that is not known",
        HEAD + "2065/03/12,N,1,2\n2066/04/01,N,0,1\n",
        incidents(),
        refused="in the future (first: row 2, 2065-03-12",
    ),
    Case(
        "S6",
        "an outcome in two columns of yes and no, in another language",
        "Fecha,Provincia,Fallecido,Herido\n2019-05-02,H,Sí,No\n2019-05-02,H,No,Sí\n2019-06-11,M,No,Sí\n",
        victims(
            date={"column": "Fecha"},
            fields={
                "district": "Provincia",
                "outcome": {"columns": {"Fallecido": "killed", "Herido": "injured"}},
            },
            values={},
        ),
        {"incidents.killed": 1, "incidents.injured": 2},
    ),
    Case(
        "S6",
        "years and outcomes of several people, with a column of totals",
        "Departamento,Víctimas,2019,2020,Total\nMETA,Muertos,2,1,3\nMETA,Heridos,5,4,9\nNARIÑO,Muertos,1,0,1\n",
        victims(
            wide={"columns": ["2019..2020"], "to": "year", "values": "number"},
            people={"count": "number"},
            date={"year": "year"},
            fields={"district": "Departamento", "outcome": "Víctimas"},
            values={"outcome": {"Muertos": "killed", "Heridos": "injured"}},
        ),
        {"incidents.killed": 4, "incidents.injured": 9},
    ),
    Case(
        "S9",
        "hazardous areas, suspected and confirmed",
        "Hazard ID,Type,Status,Recorded,Closed,Area m2,Province\nH1,SHA,Open,2018-03-04,,50000,N\n"
        "H2,CHA,Closed,2018-05-04,2020-02-02,20000,N\nH3,CHA,Open,2021-05-04,,30000,S\n",
        areas(),
        {
            "hazardous_areas.rows": 3,
            "hazardous_areas.area_ha": 10,
            "hazardous_areas.status_date": "2020-02-02",
            "districts.rows": 2,
        },
    ),
    Case(
        "S9",
        "an open area with a day of closure",
        "Hazard ID,Type,Status,Recorded,Closed,Area m2,Province\nH1,SHA,Open,2018-03-04,2019-01-01,50000,N\n",
        areas(),
        refused="1 row open and with a day of closure (first: row 2)",
    ),
    Case(
        "S9",
        "hazardous areas from polygons",
        polygons(),
        areas(
            date={},
            fields={"status": "Status", "hazard_type": "Type", "district": "Province"},
            geometry={"area": True},
        ),
        {"hazardous_areas.rows": 2, "hazardous_areas.area_ha": 2.4614, "hazardous_areas.status_date": None},
        ("computed from polygons",),
        name="register.geojson",
    ),
    Case(
        "F9",
        "figures of population, for rates of a register",
        "Year,District,People\n2019,N,1000\n2020,N,1100\n",
        {
            "table": "estimates",
            "register": REGISTER,
            "date": {"year": "Year"},
            "fields": {
                "metric": {"value": "population_district"},
                "value": "People",
                "unit": {"value": "persons"},
                "district": "District",
            },
        },
        {"estimates.value": 2100, "estimates.rows": 2, "districts.rows": 1},
    ),
    Case(
        "F9",
        "figures of population by sex and years of age",
        "Year,Sex,Age,People\n2019,F,18,40\n2019,F,17,30\n2019,M,18,20\n2019,M,17,10\n",
        {
            "table": "estimates",
            "register": REGISTER,
            "date": {"year": "Year"},
            "fields": {
                "metric": {"value": "population_country"},
                "value": "People",
                "unit": {"value": "persons"},
                "sex": "Sex",
                "age": "Age",
            },
            "values": {"sex": {"M": "male", "F": "female"}},
        },
        {"estimates.value": 100, "estimates.sex": "female", "estimates.age_group": "adult"},
    ),
    Case(
        "F17",
        "a figure expected up to a year, beside rows without a date",
        HEAD + BODY + ",North,1,1\n",
        incidents(expect=[{"until": 2020, "killed": 4}]),
        refused="expect until=2020: killed 4 published, 3 here (-1); 1 row without a date not counted.",
    ),
    Case(
        "F17",
        "work of a register that is complete until a month",
        "Year,Month,Town,Area\n2020,1,A,1\n2020,2,A,2\n2020,4,A,4\n",
        work(register={**REGISTER, "complete_until": "2020-03"}),
        {"clearance.area_ha": 7, "sources.covered_from": "2020-01-01", "sources.covered_until": "2020-03-31"},
        ("1 row after complete_until 2020-03: these months are partial",),
    ),
    Case(
        "F17",
        "work of a register that does not say until when it is complete",
        "Year,Month,Town,Area\n2020,1,A,1\n2020,2,A,2\n",
        work(),
        {"clearance.area_ha": 3, "sources.covered_until": None},
        ("last row 2020-02, no complete_until; later months are unknown",),
    ),
    Case(
        "U1",
        "a wide table with a total of each column, its figures rounded",
        "District,End 2012,End 2013\nN,4.16,3.81\nS,19.45,18.06\nE,20.14,16.18\nTotal,43.75,38.06\n",
        {
            "table": "estimates",
            "register": REGISTER,
            "wide": {"columns": ["End 2012", "End 2013"], "to": "year", "values": "km2"},
            "date": {"year": {"column": "year", "pattern": r"(\d{4})"}},
            "fields": {
                "metric": {"value": "contaminated_area"},
                "value": "km2",
                "unit": {"value": "km2"},
                "district": "District",
            },
            "rows": {"totals": {"column": "District", "values": ["Total"]}},
        },
        {"estimates.rows": 6, "estimates.value": 81.8, "estimates.as_of": "2012-12-31"},
    ),
    Case(
        "U1",
        "a wide table with totals that nothing declares",
        "District,2012,2013\nN,4,3\nS,19,18\nE,20,16\nTotal,43,37\n",
        {
            "table": "estimates",
            "register": REGISTER,
            "wide": {"columns": ["2012", "2013"], "to": "year", "values": "people"},
            "date": {"year": "year"},
            "fields": {
                "metric": {"value": "population_district"},
                "value": "people",
                "unit": {"value": "persons"},
                "district": "District",
            },
        },
        refused="looks like a total of",
    ),
    Case(
        "U2",
        "several figures of one kind in a cell",
        'Date,What\n2020-01-05,"2 CF KIA 1 CF WIA 1 CIV KIA"\n2020-02-06,IED\n',
        incidents(fields={"killed": {"column": "What", "pattern": r"(\d+) \w+ KIA"}}),
        refused="'2 CF KIA 1 CF WIA 1 CIV KIA' fits the pattern more than once (1 row); write a pattern that fits one part",
    ),
    Case(
        "U2",
        "several figures of one kind in a cell, to be added up",
        'Date,What\n2020-01-05,"2 CF KIA 1 CF WIA 1 CIV KIA"\n2020-02-06,IED\n',
        incidents(fields={"killed": {"column": "What", "pattern": r"(\d+) \w+ KIA", "add": True}}),
        {"incidents.killed": 3, "incidents.rows": 2},
        ("killed: 1 row of 'What' with nothing of its pattern",),
    ),
    Case(
        "U3",
        "days that read two ways beside days that do not",
        "Date,District,Killed,Injured\n05.12.2020,N,1,2\n23.12.2020,S,0,3\n",
        incidents(),
        refused="'05.12.2020' reads two ways; set formats = ['%d.%m.%Y'], as other cells show",
    ),
    Case(
        "U3",
        "formats beside the constant start of running totals",
        "Date,Killed,Injured\n05.12.2020,1,2\n23.12.2020,2,3\n",
        totals(
            date={"start": {"value": "2020-02-24"}, "end": "Date", "formats": ["%d.%m.%Y"]},
            fields={"killed": "Killed", "injured": "Injured"},
        ),
        {"victim_totals.since": "2020-02-24", "victim_totals.as_of": "2020-12-05"},
    ),
    Case(
        "U4",
        "a figure beside the same in another unit",
        "Province,Area km2 (sq mi)\nN,6.3 (2.4)\nS,3.2 (1.2)\n",
        areas(date={}, fields={"status": {"value": "open"}, "area": {"column": "Area km2 (sq mi)", "unit": "km2"}}),
        refused="'6.3 (2.4)' is no number: it has a mark beside the figure (2 rows); set pattern",
    ),
    Case(
        "U5",
        "people by sex, age and outcome, none of them Nil",
        "Year,Sex,Age,Outcome,Number\n2007,Male,Children,dead,19\n2007,Female,Children,dead,Nil\n2007,Male,Adult,hurt,7\n",
        victims(
            source={"nought": ["Nil"]},
            date={"year": "Year"},
            people={"count": "Number"},
            fields={"outcome": "Outcome", "sex": "Sex", "age_group": "Age"},
            values={"outcome": {"dead": "killed", "hurt": "injured"}, "age_group": {"Children": "child"}},
        ),
        {"incidents.rows": 26, "incidents.killed": 19, "incidents.children": 19},
    ),
    Case(
        "U6",
        "a figure with a remark beside a range",
        "Year,Total,Killed,Injured\n1996,4320 (peak),,\n2023,30-32,,\n",
        totals(fields={"victims": {"column": "Total", "pattern": r"^\W*([0-9.,]+)\W{0,2}(?:[\[(].*)?$"}}),
        {"victim_totals.victims": 4320, "victim_totals.rows": 2},
        ("victims: 1 row of 'Total' with nothing of its pattern; left unknown",),
    ),
    Case(
        "U7",
        "casualties by district since 1990, mapped as incidents",
        "District,Total\nN,2668\nS,1150\n",
        incidents(
            date={"start": {"value": "1990-01-01"}, "end": {"value": "2024-05-31"}},
            fields={"district": "District", "victims": "Total"},
        ),
        {"incidents.victims": 3818, "incidents.date": None},
        (
            "no row has a date within a year (2 rows): reports can count none of them",
            "2 rows of 2 span more than three months: are they totals of a stretch",
        ),
    ),
    Case(
        "U8",
        "inhabitants without the year that they are of",
        "region_id,population\nn,1000\ns,2000\n",
        {
            "table": "estimates",
            "register": REGISTER,
            "fields": {
                "metric": {"value": "population_district"},
                "value": "population",
                "unit": {"value": "persons"},
                "district": "region_id",
            },
        },
        {"estimates.value": 3000, "estimates.as_of": None},
        ("no day that the figures are of: no rate per population can be made of them",),
    ),
    Case(
        "U8",
        "inhabitants of one year that the mapping states",
        "region_id,population\nn,1000\ns,2000\n",
        {
            "table": "estimates",
            "register": REGISTER,
            "date": {"year": {"value": 2015}},
            "fields": {
                "metric": {"value": "population_district"},
                "value": "population",
                "unit": {"value": "persons"},
                "district": "region_id",
            },
        },
        {"estimates.value": 3000, "estimates.since": "2015-01-01", "estimates.as_of": "2015-12-31"},
    ),
    Case(
        "U5",
        "figures inside a sentence that may say that nobody was hurt",
        "Date,What happened\n2013-04-15,8 killed by bomb\n2013-04-15,No casualties\n2013-04-16,Two defused\n",
        incidents(
            source={"nought": ["no casualties"]},
            fields={"killed": {"column": "What happened", "pattern": r"(\d+) killed"}},
        ),
        {"incidents.killed": 8, "incidents.rows": 3},
        ("killed: 1 row of 'What happened' with nothing of its pattern; left unknown",),
    ),
    Case(
        "U9",
        "area and finds counted from one day on",
        "Date,Area,Found\n2023-03-23,81231,335642\n2023-05-14,85137,359181\n",
        {
            "table": "clearance",
            "row": "statement",
            "register": REGISTER,
            "date": {"start": {"value": "2022-02-24"}, "end": "Date"},
            "fields": {
                "operator": {"value": "all"},
                "area": {"column": "Area", "unit": "ha"},
                "items_total": "Found",
            },
        },
        {"clearance.period_type": "cumulative", "clearance.period_start": "2022-02-24"},
        ("2 rows count from one day to different days: taken as running totals",),
    ),
    Case(
        "S11",
        "people in a file of another form, with ids of their own",
        {"cases.csv": "Date,Id\n2020-01-05,a\n2020-02-06,b\n", "people.csv": "Case;Nr;Outcome\na;1;dead\nb;2;hurt\n"},
        incidents(
            fields={"id": "Id"},
            persons={
                "file": "people.csv",
                "key": "Case",
                "delimiter": ";",
                "fields": {"outcome": "Outcome", "id": "Nr"},
                "values": {"outcome": {"dead": "killed", "hurt": "injured"}},
            },
        ),
        {"incidents.killed": 1, "incidents.injured": 1, "incidents.rows": 2},
        name="cases.csv",
    ),
    Case(
        "S11",
        "people in a file whose ages have a decimal comma",
        {"cases.csv": "Date,Id\n2020-01-05,a\n", "people.csv": "Case;Outcome;Age\na;dead;7,5\na;hurt;30,0\n"},
        incidents(
            fields={"id": "Id"},
            persons={
                "file": "people.csv",
                "key": "Case",
                "delimiter": ";",
                "decimal": ",",
                "fields": {"outcome": "Outcome", "age": "Age"},
                "values": {"outcome": {"dead": "killed", "hurt": "injured"}},
            },
        ),
        {"incidents.killed": 1, "incidents.injured": 1, "incidents.children": 1},
        name="cases.csv",
    ),
]


def written(case: Case, folder: Path) -> Path:
    """Write the files of a case and return the register's."""
    files = case.content if isinstance(case.content, dict) else {case.name: case.content}
    for name, content in files.items():
        if isinstance(content, openpyxl.Workbook):
            content.save(folder / name)
        else:
            (folder / name).write_text(content, encoding="utf-8")
    return folder / case.name


def outcome(case: Case, folder: Path) -> tuple[dict[str, pd.DataFrame] | None, str]:
    """Return the tables of a case, if it is converted, and what is said of it."""
    try:
        tables = convert(written(case, folder), case.mapping)
    except (DataError, ParameterError) as error:
        return None, str(error)
    return tables, "\n".join(f"{row.rule} {row.remedy}" for row in tables["problems"].itertuples())


def figure(tables: dict[str, pd.DataFrame], name: str):
    """Return a figure of the tables: rows, a sum, or the first text or day."""
    table, _, column = name.partition(".")
    frame = tables[table]
    if column == "rows":
        return len(frame)
    if column not in frame or frame[column].isna().all():
        return None
    if pd.api.types.is_datetime64_any_dtype(frame[column]):
        return str(frame[column].min())[:10]
    values = frame[column].dropna()
    if not pd.api.types.is_numeric_dtype(values):
        return str(values.iloc[0])
    return round(float(values.sum()), 4)


def outcomes(folder: Path) -> str:
    """Return all cases and their outcomes as a table of Markdown."""
    lines = ["| kind | register | outcome |", "|---|---|---|"]
    for number, case in enumerate(CASES):
        place = folder / str(number)
        place.mkdir()
        tables, said = outcome(case, place)
        if tables is None:
            text = "refused: " + (said.split("\n")[1].strip() if "\n" in said else said).replace("[^", "\\[^")
            text = re.sub(r" \[[a-z-]+\]$", "", text)  # the reference of messages explains the codes
        else:
            text = "; ".join(f"{name} {figure(tables, name)}" for name in case.made)
        lines.append(f"| {case.kind} | {case.what} | {text.replace('|', '/')} |")
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    import tempfile

    TITLE = """# What becomes of other people's registers

Each row is a small register, written for the tests, that shows one way in which real ones differ from what a program
expects; the letters are kinds. The outcome is the figures of the tables made, or the first sentence of the refusal.
`python tests/registers_of_the_field.py` writes this page; a test compares it.

"""
    page = Path(__file__).parents[1] / "docs" / "outcomes.md"
    with tempfile.TemporaryDirectory() as scratch:
        page.write_text(TITLE + outcomes(Path(scratch)), encoding="utf-8")
