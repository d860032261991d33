"""The report on demining: statements are never added up, a register of work is, and what is not known is said."""

from __future__ import annotations

import re

import pandas as pd
import pytest

import minestats as ms
from minestats.registers.folder import convert_command
from minestats.report import progress
from minestats.report.reporting import Report

MAPPING = """table = "clearance"
row = "work"

[register]
id = "example"
country = "Examplia"
publisher = "written for this test"

[date]
column = "Day"

[fields]
id = "Task"
district = "Town"
operator = "Team"
method = "How"
cleared = { column = "Cleared", unit = "ha" }
reduced = { column = "Reduced", unit = "ha" }
cancelled = { column = "Cancelled", unit = "ha" }
anti_personnel = "AP"
anti_tank = "AT"

[values.operator]
N = "north"
S = "south"

[values.method]
m = "manual"
s = "survey"
"""
TOWNS, TEAMS, HOW = ("Alpha", "Beta"), ("N", "S", "S"), ("m", "s")


def register(folder, years=(2022, 2023), last="1") -> Report:
    """A report on a register of one piece of work a month, the last of which cleared `last`."""
    rows = [
        f"{year}-{month:02d}-05,t{year}{month},{TOWNS[month % 2]},{TEAMS[month % 3]},{HOW[month % 2]},{month},2,1,{month + year % 3},0"
        for year in years
        for month in range(1, 13)
    ]
    rows[-1] = re.sub(r",12,2,", f",{last},2,", rows[-1])
    (folder / "work.csv").write_text("\n".join(["Day,Task,Town,Team,How,Cleared,Reduced,Cancelled,AP,AT", *rows]))
    (folder / "work.toml").write_text(MAPPING)
    assert convert_command(folder / "work.csv", folder / "work.toml", folder / "data") == 0
    return Report(ms.load(folder / "data"))


@pytest.fixture(scope="module")
def country():
    return Report(ms.load())


def sections(r):
    """Months, years, totals and the rest of a report."""
    months, totals = progress.monthly(r), progress.running(r, progress.operator(r))
    return months, progress.yearly(r, months), totals, progress.rest(r, months, totals)


class TestRegister:
    """Pieces of work are added up; a sum with an unknown part is unknown."""

    def test_is_added_up(self, tmp_path):
        """78 ha cleared a year, 24 reduced, 12 cancelled; by town and team the same; as of the end all of it."""
        r = register(tmp_path, last="12")
        months, years, totals, _ = sections(r)
        assert progress.released(r)["released_ha"].tolist() == years["sum_ha"].tolist() == [114, 114]
        for by in ("district", "operator", "method"):
            assert progress.released(r, by)["cleared_ha"].sum() == 156
        assert totals["area_ha"].iloc[-1] == months["area_ha"].sum() == 228
        tiles = progress.glance(r, years, totals)
        assert tiles[0] == ("Released in 2023", "114 ha", "the same (2022: 114)")
        assert tiles[1][2] == "register of work"
        assert progress.agreement(r).empty

    def test_an_unknown_area_is_not_nought(self, tmp_path):
        """One piece of work without an area leaves its month, its year and the total unknown, and it is said."""
        r = register(tmp_path, last="")
        months, years, totals, _ = sections(r)
        assert months["area_ha"].isna().sum() == 1
        assert years["whole"].tolist() == [True, False]
        made = progress.released(r)
        assert made["released_ha"].isna().tolist() == [False, True]
        assert "1 of 24 pieces of work" in made.attrs["says"]
        assert totals["as_of"].max() == pd.Timestamp("2023-11-30")

    def test_a_place_has_its_months(self, tmp_path):
        """A town of a register has months of its own, which statements of a country would not give."""
        r = register(tmp_path, last="12")
        here = Report(r.data, district="Alpha")
        assert (
            sections(here)[0]["area_ha"].sum()
            == progress.released(r, "district").set_index("district").loc["Alpha", "released_ha"]
        )


class TestStatements:
    """What the country's report says follows from its tables."""

    def test_a_newer_rounded_total_is_told_beside_the_exact_one(self, country):
        """The tile holds the exact total, its note the rounded one, with the source's word for it."""
        _, years, totals, _ = sections(country)
        tile = next(t for t in progress.glance(country, years, totals) if " in all by " in t[0])
        exact = totals[totals["used"]].iloc[-1]
        newest = totals.iloc[-1]
        assert f"{exact['area_ha']:,.1f} ha" == tile[1]
        assert newest["as_of"] > exact["as_of"]
        assert re.fullmatch(rf"(more than|nearly|about) {newest['area_ha_published']:,.0f} by .*", tile[2])

    def test_level_moves_every_interval(self, country):
        """Intervals of mines and of the rest are narrower at a lower level; values stay."""
        low = Report(country.data, level=0.6)
        for wide, narrow in zip(sections(country)[1::2], sections(low)[1::2], strict=True):
            wide, narrow = wide.dropna(subset="low"), narrow.dropna(subset="low")
            assert (narrow["high"] - narrow["low"] < wide["high"] - wide["low"]).all()
            assert narrow["value"].tolist() == wide["value"].tolist()
            assert len(wide)

    @pytest.mark.parametrize(("low", "told"), [(150.0, "200 m2 after 100"), (50.0, "chance can explain")])
    def test_a_change_is_told_only_beyond_the_intervals(self, country, low, told):
        """The sentence names a change where the intervals leave each other out, else chance."""
        rows = pd.DataFrame(
            {"year": ["2023", "2024"], "value": [100.0, 200.0], "low": [80.0, low], "high": [120.0, 250.0]}
        )
        made = progress.mines(country, rows)
        assert told in made.attrs["says"]
        assert "%" not in made.attrs["figure"]["title"]

    def test_the_range_of_a_month_holds_what_the_totals_allow(self, country):
        """A month that is left of a longer period is no exact figure."""
        months = progress.monthly(country)
        alone = months[(months["method"] == "allocated") & (months["shared_by"] == 1)]
        assert len(alone)
        assert (alone["high"] > alone["low"]).all()

    def test_the_rest_begins_after_the_last_month(self, country):
        """What the months after the running total cleared is taken off, and each area has its windows and its band."""
        months, _, totals, rest = sections(country)
        last = totals[totals["used"]].iloc[-1]
        after = months.loc[months["month"] > last["as_of"], "area_ha"].sum()
        assert after > 0
        for name, rows in rest.groupby(rest["scenario"].str.split(" ha").str[0]):
            assert (rows["left_ha"] <= float(name.replace(",", "")) - last["area_ha"] - after).all()
            assert rows["basis"].tolist() == [*(f"{n} months" for n in (12, 24, 36, 48)), "changing pace"]
            assert rows["low"].notna().tolist() == [False] * 4 + [True]


def test_a_district_says_what_is_missing(country):
    """Months, totals and forecast of a district are said to be missing; what is stated of it is told."""
    r = Report(country.data, district="Aghdam")
    months, years, totals, rest = sections(r)
    assert "stated of it alone" in months.attrs["empty"]
    assert all(table.empty and table.attrs["empty"] for table in (months, years, totals, rest))
    assert "stated as cleared" in progress.answer(r, progress.glance(r, years, totals), progress.agreement(r))


def test_no_rows_at_all(tmp_path):
    """An empty folder is no error, and no figure is made up."""
    from minestats.registers.folder import new_command

    new_command(tmp_path / "empty")
    r = Report(ms.load(tmp_path / "empty"))
    months, years, totals, rest = sections(r)
    assert all(table.empty for table in (months, years, totals, rest, progress.released(r), progress.agreement(r)))
    assert progress.answer(r, progress.glance(r, years, totals), progress.agreement(r)) == progress.NOTHING


def test_what_is_left_of_hazardous_areas(country):
    """Open areas by district, unknown where one does not state its size; without a register it is said."""
    assert "no register of hazardous areas" in progress.hazards(country).attrs["empty"]
    areas = pd.DataFrame(
        {"hazard_type": "confirmed", "status": "open", "area_ha": [2.0, 3.0, None], "district": ["A", "A", "B"]}
    )
    r = Report(country.data)
    r.data = type("Data", (), {"hazardous_areas": areas})()
    made = progress.hazards(r).set_index("district")
    assert made.loc["A", "open_ha"] == 5
    assert pd.isna(made.loc["B", "open_ha"])


def test_a_register_of_hazardous_areas_alone_answers_what_is_left(country):
    """The answer is the area left open, not that there is no statement of clearance; of unknown size it is no figure."""
    areas = pd.DataFrame(
        {"hazard_type": "confirmed", "status": "open", "area_ha": [2.0, 3.0], "district": ["A", "B"], "source_id": "x"}
    )
    for sizes, said in (([2.0, 3.0], "5 ha left open, of 2 hazardous areas"), ([2.0, None], "0 statements")):
        r = Report(ms.data.Dataset({"hazardous_areas": areas.assign(area_ha=sizes)}))
        tiles = progress.glance(r, progress.NONE.assign(whole=pd.Series(dtype=bool)), progress.NONE)
        assert said in progress.answer(r, tiles, progress.NONE)
