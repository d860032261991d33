"""What casualty_rates and victims say: for a country, a district, a register of people, and where nothing is known."""

from __future__ import annotations

import pandas as pd
import pytest

import minestats as ms
from minestats import plot
from minestats.data import Dataset
from minestats.rates.small_cells import WITHHELD
from minestats.report import burden, harm, tallies
from minestats.report.reporting import Report, newer


def parts(r):
    """What the notebook makes first: rates per people, shares, years."""
    return burden.per_people(r), harm.who(r), harm.yearly(r)


@pytest.fixture(scope="module")
def data():
    return ms.load(columns={"incidents": harm.COLUMNS})


@pytest.fixture(scope="module")
def country(data):
    return Report(data)


@pytest.fixture(scope="module")
def made(country):
    return parts(country)


@pytest.fixture(scope="module")
def register(data):
    """A register of people: forty in one place, five in another, one of unknown place, outcome and age."""
    table = data.incidents.iloc[:46].reset_index(drop=True).copy()
    table["row_is"], table["side"], table["date"] = "victim", data.settings["main_side"], pd.Timestamp("2023-05-05")
    table["date_precision"] = "day"
    table["district"] = pd.array(["Aghdam"] * 40 + ["Fuzuli"] * 5 + [None], dtype="string")
    table["killed"] = pd.array([1] * 10 + [0] * 35 + [None], dtype="Int64")
    table["injured"] = pd.array([0] * 10 + [1] * 35 + [None], dtype="Int64")
    table["outcome_unknown"] = pd.array([0] * 45 + [1], dtype="Int64")
    table["age_group"] = pd.array(["adult"] * 42 + ["child"] * 3 + [None], dtype="string")
    return Dataset({**data.tables, "incidents": table, "victim_totals": data.victim_totals.head(0)}, data.package)


def test_the_answer_is_of_the_people_present(country, made):
    """The official rise over the longest time is divided by the people of that time, and stands with its interval."""
    row = made[0].iloc[0]
    totals = ms.resolve_totals(ms.totals.with_victims(country.totals)).query("used").set_index("as_of")["victims"]
    assert row["count"] == totals[row["until"]].max() - totals[row["since"]].max()
    assert row["value"] == pytest.approx(100_000 * row["count"] / row["person_years"])
    assert row["range_low"] < row["low"] < row["value"] < row["high"] < row["range_high"]
    answer = harm.answer(country, *made)
    assert "of each 100,000 people present a year" in answer
    assert f"{row['value']:.1f} ({row['low']:.1f} to {row['high']:.1f})" in answer
    assert "died" in answer


def test_tiles_put_the_list_beside_the_official_share(country, made):
    """The value is the official share; the list's stands in the note, of the rows that state both numbers only."""
    tile = next(t for t in harm.tiles(country, *made) if t[0].startswith("Killed"))
    last = country.totals.dropna(subset=["killed", "injured", "as_of"]).sort_values("as_of").iloc[-1]
    whole = last["killed"] + last["injured"]
    assert tile[1].startswith(f"{100 * last['killed'] / whole:.0f} % (")
    assert f"{last['killed']} of {whole}" in tile[2]
    both = country.incidents.dropna(subset=["killed", "injured"])
    n = int((both["killed"] + both["injured"]).sum())
    assert f"listed: {int(both['killed'].sum())} of {n} known" in tile[2]


def test_a_newer_rounded_total_stands_in_the_tile(data):
    """More than 500 by a later day is said beside the exact figure; an older round one is not."""
    r = Report(data)
    assert newer(r.totals, "as_of", harm.NAMED) == ""
    row = r.totals.iloc[[-1]].assign(
        as_of=r.totals["as_of"].max() + pd.Timedelta(days=9),
        victims=500,
        killed=pd.NA,
        injured=pd.NA,
        rounded="more_than",
    )
    r.totals = pd.concat([r.totals, row.astype(r.totals.dtypes.to_dict())], ignore_index=True)
    assert newer(r.totals, "as_of", harm.NAMED).startswith("; more than 500 casualties by ")


def test_every_share_has_its_design_effect_and_its_unknown(made):
    """No row without; those of unknown state move the bounds."""
    shares = made[1]
    assert (shares["design_effect"] >= 1).all()
    assert (shares["bound_low"] <= shares["value"]).all()
    assert (shares["bound_high"] >= shares["value"]).all()
    assert (shares["unknown"] > 0).any()


def test_years_allow_for_bunches(country, made):
    """Intervals are wider than those of chance alone, and only whole years are compared."""
    years = made[2]
    plain = ms.rate_table(years["incidents"], years["days"] / 365.25)
    assert country.swings > 1
    assert (years["high"] > plain["high"]).all()
    pairs = harm.changes(country)
    assert len(pairs) == (years["days"] >= 365).sum() - 1
    assert (pairs["found_below"] < 1).all()
    assert (pairs["found_above"] > 1).all()


def test_places_below_eight_have_no_ratio(country):
    """One test for all, then Holm's ratios; p values below 0.001 are said so."""
    rows = harm.places(country)
    assert rows.loc[rows["incidents"] < 8, "ratio_is"].isna().all()
    assert rows.loc[rows["incidents"] >= 8, "ratio_is"].notna().all()
    assert "p < 0.001" in rows.attrs["says"]
    assert rows["incidents"].sum() == len(country.incidents)


def test_only_demining_is_set_beside_the_area(country):
    """Incidents for each 1,000 ha are those of demining."""
    rows = harm.demining(country)
    hurt = country.incidents[country.incidents["activity"].eq("demining").fillna(False)]
    of_year = hurt["date"].dt.strftime("%Y").value_counts()
    assert rows.set_index("year")["incidents"].to_dict() == {y: of_year.get(y, 0) for y in rows["year"]}
    assert (rows["value"] * rows["official_ha"] / 1000).round(6).eq(rows["incidents"]).all()


def test_activities_add_up(country):
    """Each incident has an activity or is "not stated", and the table has the sum of the figure."""
    rows = harm.activity(country)
    wide = harm.across(country, rows)
    assert wide["all"].sum() == rows["count"].sum() == len(country.incidents)
    assert "not stated" in set(wide["activity"])
    assert "Incidents of 2021 and 2022" in rows.attrs["says"]


def test_what_if_names_both_bounds(country, made):
    """The rate with fewest and most people, shares of the known and of either bound."""
    rows = harm.what_if(country, *made[:2])
    assert {"people by the line", "most and fewest people", "none of the unknown", "all of the unknown"} <= set(
        rows["if"]
    )
    assert not harm.what_if(country, made[0].head(0), made[1].head(0)).size


def test_a_district_has_no_official_figures(data):
    """Its answer is of the list, with intervals of the country's dispersion; totals are said to be the country's."""
    r = Report(data, district="Aghdam")
    rates, shares, years = parts(r)
    assert rates.empty
    assert rates.attrs["empty"].startswith(r.no_totals)
    assert not shares["label"].str.contains("official").any()
    assert harm.answer(r, rates, shares, years).startswith("In Aghdam")
    assert "6 incidents and 7 casualties are listed for 2025: 6.0 (" in harm.answer(r, rates, shares, years)
    listed = harm.listed(r)
    assert listed["date"].is_monotonic_decreasing
    assert "listed in the whole country" in listed.attrs["says"]
    assert "whole country" in harm.places(r).attrs["empty"]


def test_small_counts_of_a_district_are_withheld(data, capsys):
    """By settlement in place of one by one, and nothing below the limit."""
    r = Report(data, district="Aghdam", suppress=5)
    r.table(harm.listed(r))
    out = capsys.readouterr().out
    assert WITHHELD in out
    assert not any(line.split()[-1] in {"1", "2", "3", "4"} for line in out.splitlines()[2:])
    assert "Children: the number is withheld" in harm.who(r).attrs["says"]


def test_a_register_of_people_is_sent_to_its_report(register):
    """casualty_rates gives no rate of incidents and names `victims`; victims names casualty_rates for incidents."""
    r = Report(register)
    assert r.people
    rates, shares, years = parts(r)
    assert years.empty
    assert "`victims` is the report to read" in harm.answer(r, rates, shares, years)
    for rows in (harm.changes(r), harm.places(r), harm.listed(r)):
        assert rows.empty
        assert "`victims`" in rows.attrs["empty"]
    notes = {label: note for label, _, note in harm.tiles(r, rates, shares, tallies.by_year(r, people=True))}
    assert "10 of 45" in notes["Killed, of all casualties"]


def test_victims_counts_people(register, country):
    """Killed, injured and unknown add up to the casualties of each year, and of each group; the unknown is shown."""
    r = Report(register)
    years = tallies.by_year(r, people=True)
    row = years[years["year"] == "2023"].iloc[0]
    assert (row["casualties"], row["killed"], row["injured"], row["killed_unknown"]) == (46, 10, 35, 1)
    for column in ("age_group", "sex", "device", "activity", "district"):
        rows = tallies.groups(r, column, people=True)
        assert rows["casualties"].sum() == 46
        assert (rows[["killed", "injured", "unknown"]].sum(axis=1) == rows["casualties"]).all()
    assert "not stated" in set(tallies.groups(r, "age_group", people=True)["age_group"])
    assert "22 % (" in harm.answer_of_people(r, harm.who(r))  # 10 of the 45 whose outcome is known
    assert "`casualty_rates` is the report to read" in harm.answer_of_people(country, harm.who(country))
    assert tallies.by_year(country, people=True).empty
    assert harm.who(country, people=True).empty


def test_people_below_the_limit_are_withheld(register):
    """Nobody is found by age or place, nor by the difference of two columns."""
    r = Report(register, suppress=6)
    rows = tallies.groups(r, "age_group", people=True)
    assert list(rows.columns) == ["age_group", "casualties"]
    shown = r.protected(tallies.groups(r, "district", people=True))
    assert set(shown["casualties"].astype(str)) == {"40", WITHHELD}


@pytest.mark.parametrize("given", [{"until": "2020-11-11"}, {"until": "2021-03-01"}, {"as_of": "2022-01-01"}])
def test_hardly_anything_is_known(data, given):
    """Nothing breaks, and what is missing is said once for figure, table and sentence."""
    r = Report(data, **given)
    rates, shares, years = parts(r)
    assert harm.answer(r, rates, shares, years)
    harm.tiles(r, rates, shares, years)
    tables = [harm.changes(r), harm.statements(r), harm.crossings(r), harm.activity(r), burden.present(r)]
    tables += [harm.demining(r), harm.places(r), harm.what_if(r, rates, shares), rates, shares, years]
    assert all(rows.attrs["empty"] for rows in tables if rows.empty)


def test_without_rows(capsys):
    """Data without a row say that the list holds none, not that there were none."""
    r = Report(Dataset({}))
    rates, shares, years = parts(r)
    assert harm.answer(r, rates, shares, years) == r.no_incidents == harm.answer_of_people(r, shares)
    r.figure(plot.rates, years)
    r.table(years)
    r.table(tallies.groups(r, "sex", people=True))
    assert capsys.readouterr().out.strip() == r.no_incidents


def test_a_register_is_divided_by_the_inhabitants_of_its_places(register):
    """By year and by district; a district without a figure has no rate, and the rate is count over person-years."""
    names = register.incidents["district"].value_counts()  # forty, five, and one of unknown place
    people = pd.DataFrame(
        {"metric": ["population_country", "population_district"], "value": [200_000.0, 1_000.0]}
        | {
            "district": [pd.NA, names.index[0]],
            "since": pd.Timestamp("2023-01-01"),
            "as_of": pd.Timestamp("2023-12-31"),
            "source_id": "x",
        }
    )
    tables = {**register.tables, "estimates": people}
    known = Report(Dataset(tables, register.package), until="2023-12-31", since="2023-01-01")
    rows = burden.listed_per_people(known).set_index("who")
    assert rows["count"].tolist() == [46, 40]
    place = names.index[0]
    assert rows.loc[f"{known.place}, 2023", "value"] == pytest.approx(100_000 * 46 / 200_000, rel=0.001)
    assert rows.loc[place, "value"] == pytest.approx(100_000 * names.iloc[0] / 1_000, rel=0.001)
    assert "low" not in rows
    hidden = Report(known.data, suppress=5)
    assert len(burden.listed_per_people(hidden)) == 1


def told_apart(register, people, **more):
    """The report of a register of 2023 with inhabitants by district ("" the country) and age group."""
    rows = pd.DataFrame(people, columns=["district", "age_group", "value"])
    rows["metric"] = ["population_district" if name else "population_country" for name in rows["district"]]
    rows[["district", "age_group"]] = rows[["district", "age_group"]].replace("", None).astype("string")
    rows = rows.assign(since=pd.Timestamp("2023-01-01"), as_of=pd.Timestamp("2023-12-31"), source_id="x")
    given = {"until": "2023-12-31", "since": "2023-01-01"} | more
    return Report(Dataset({**register.tables, "estimates": rows}, register.package), **given)


TOLD_APART = [
    *[("", "adult", 600.0), ("", "child", 300.0), ("", "child", 100.0), ("", "", 1000.0)],  # children by years of age
    *[("Aghdam", "adult", 500.0), ("Aghdam", "child", 500.0), ("Fuzuli", "adult", 90.0), ("Fuzuli", "child", 10.0)],
]


def test_a_register_is_divided_by_inhabitants_of_each_age(register):
    """Whoever is of unknown age is in no rate and in each bound; a register that tells sex finds no sexes here."""
    r = told_apart(register, TOLD_APART)
    rows = burden.by_group(r).set_index("who")
    assert rows["count"].to_dict() == {"adult": 42, "child": 3}
    assert rows["unknown"].tolist() == [1, 1]
    assert rows.loc["child", "value"] == pytest.approx(100_000 * 3 / 400, rel=0.002)
    assert rows.loc["child", "bound_high"] == pytest.approx(100_000 * 4 / 400, rel=0.002)
    assert burden.listed_per_people(r)["person_years"].iloc[0] == pytest.approx(1000, rel=0.002)


def test_districts_are_compared_as_if_of_one_age(register):
    """The rates of the groups of a district, weighted by the country's groups: by hand."""
    rows = burden.standardized(told_apart(register, TOLD_APART)).set_index("who")
    assert rows.loc["Aghdam", "value"] == pytest.approx(100_000 * (0.6 * 40 / 500 + 0), rel=0.002)
    assert rows.loc["Aghdam", "crude"] == pytest.approx(100_000 * 40 / 1000, rel=0.002)
    assert rows.loc["Fuzuli", "value"] == pytest.approx(100_000 * (0.6 * 2 / 90 + 0.4 * 3 / 10), rel=0.002)
    assert (rows["bound_high"] == rows["value"]).all()  # who is of unknown age is of unknown district too


def test_no_rate_of_a_group_is_shown_that_gives_a_small_count_away(register, capsys):
    """Small counts of an age, a population that does not tell ages, a district, and a list of incidents."""
    r = told_apart(register, TOLD_APART, suppress=5)
    assert burden.by_group(r).empty
    assert burden.standardized(r).empty
    r.table(burden.by_group(r))
    assert "No rate by sex and age" in capsys.readouterr().out
    assert burden.by_group(told_apart(register, TOLD_APART[3:4])).empty
    summed = burden.listed_per_people(told_apart(register, TOLD_APART[:3]))  # all groups are the inhabitants
    assert summed["person_years"].iloc[0] == pytest.approx(1000, rel=0.002)
    assert burden.listed_per_people(told_apart(register, TOLD_APART[:1])).empty
    here = burden.standardized(told_apart(register, TOLD_APART, district="Aghdam"))
    assert "in the report on the whole country" in here.attrs["empty"]
    assert "casualty_rates" in burden.by_group(Report(ms.load(columns={"incidents": harm.COLUMNS}))).attrs["empty"]
