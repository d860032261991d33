"""Tests of `minestats.extract`: what short articles, written for the tests, state. Places beside districts are invented."""

from __future__ import annotations

import json
import random
import re
import shlex
import shutil
import sys
import time

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from minestats.articles import parse
from minestats.articles.adding import add as add_command
from minestats.articles.review import extract_command
from minestats.articles.text import from_html, sentences
from minestats.clearance import monthly_clearance
from minestats.data import load
from minestats.errors import DataError, ParameterError
from minestats.extract import COLUMNS, extract, to_csv
from minestats.files import bundle_dir
from minestats.render.pdf import BROWSERS
from minestats.scope import scope

DAY = "2024-06-10"  # a Monday


def facts(text, kind=None, published=DAY):
    """The filled fields of each candidate of a kind, dates as ISO text, without spans and scores."""
    skipped = {"start", "end", "spans", "confidence", "doubt", "kind", "rounded_as", "rounded_columns", "date_basis"}
    found = []
    for _, row in extract(text, published=published).iterrows():
        if kind is not None and row["kind"] != kind:
            continue
        entry = {}
        for name, value in row.items():
            if name in skipped or value is None or value is pd.NA or value is pd.NaT or pd.isna(value):
                continue
            if name == "rounded" and not value:
                continue
            value = value.date().isoformat() if isinstance(value, pd.Timestamp) else value
            entry[name] = value.item() if isinstance(value, np.generic) else value
        found.append(entry)
    return found


def only(text, kind, published=DAY):
    """The fields of the one candidate of a kind."""
    found = facts(text, kind, published)
    assert len(found) == 1, found
    return found[0]


def part(entry, *names):
    """Those of the fields that are filled."""
    return {name: entry[name] for name in names if name in entry}


HARM = (
    "killed",
    "injured",
    "civilians_killed",
    "civilians_injured",
    "military_killed",
    "military_injured",
    "women",
    "children",
)


# ---------------------------------------------------------------- people
@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Two soldiers were killed and three injured in a mine blast in Lachin.", {"killed": 2, "injured": 3, "military_killed": 2, "military_injured": 3}),
        ("An anti-tank mine explosion killed four civilians and injured two others in Fuzuli.", {"killed": 4, "injured": 2, "civilians_killed": 4}),
        ("A shepherd lost his leg after stepping on a mine in the village of Gozlu.", {"injured": 1, "civilians_injured": 1}),
        ("Serviceman injured in landmine blast in Kalbajar.", {"injured": 1, "military_injured": 1}),
        ("Two civilians and a soldier were wounded when their truck hit a mine in Tartar.", {"civilians_injured": 2, "military_injured": 1}),
        ("The mine blast left one person dead and three people injured.", {"killed": 1, "injured": 3}),
        ("No one was hurt in the mine explosion in Gazakh.", {"killed": 0, "injured": 0}),
        ("A mine exploded in Gazakh today. There were no casualties.", {"killed": 0, "injured": 0}),
        ("Three people, including a child, were injured as a tractor ran over a mine in Aghdam.", {"injured": 3, "children": 1}),
        ("Three employees of the Mine Action Agency received shrapnel wounds in a mine blast.", {"injured": 3}),
        ("Thirty-five villagers were hurt by a mine blast in Lachin.", {"injured": 35, "civilians_injured": 35}),
        ("The mine explosion claimed the life of a 34-year-old resident of Fuzuli.", {"killed": 1, "civilians_killed": 1}),
        ("A mine explosion in Aghdam injures two.", {"injured": 2}),
        ("Soldier killed, two others wounded in mine blast in Kalbajar.", {"killed": 1, "injured": 2, "military_killed": 1}),
        ("A soldier was injured by a mine in Lachin and later died in hospital.", {"killed": 1, "military_killed": 1}),
        ("Three women and two children were injured when a mine exploded in Tartar.", {"women": 3, "children": 2}),
        ("A tractor driver hit a mine in Fuzuli. He sustained injuries to both legs.", {"injured": 1, "civilians_injured": 1}),
        ("A deminer was blown up by a mine in Khojaly. Part of his left leg had to be amputated.", {"injured": 1}),
        ("At around 1800 a 26-year-old worker, born in 1998, was wounded by a mine in Lachin under Article 120.2.", {"injured": 1, "civilians_injured": 1}),
        ("A soldier of the Border Service and employees of ANAMA were injured by a mine in Gazakh.", {"military_injured": 1}),
    ],
)  # fmt: skip
def test_casualties_of_one_sentence(text, expected):
    """Counts, groups and stated zeros are read as written; nothing is added up."""
    entry = only(text, "incident")

    assert part(entry, *HARM) == expected


def test_one_of_four_and_the_remaining_three():
    """One of four who died and the remaining three who were hurt are 1 and 3."""
    text = "One of the four soldiers who hurried there stepped on a second mine and was killed, while the remaining three were hurt."

    assert part(only(text, "incident"), *HARM) == {
        "killed": 1,
        "injured": 3,
        "military_killed": 1,
        "military_injured": 3,
    }


def test_a_story_told_by_several_is_one_incident():
    """A headline, a ministry and an ambassador who tell the same figures make one row, rescuers included."""
    text = """Mine blast in Lachin: one killed, five injured

Five people were injured and one was killed by mines near the Newbridge village of Lachin district at about 1700 on June 8, the Defense Ministry said.

Three workers of a building company were hurt by an anti-personnel mine. Three soldiers who hurried to help hit a second mine: one soldier died and two were wounded.

"Today 3 civilian workers were injured, 1 soldier was killed and 2 soldiers were wounded," the Foreign Ministry tweeted.

"I am sorry to hear that six people hit a mine in Lachin on Saturday," an ambassador wrote."""

    entry = only(text, "incident")

    assert part(entry, "date", "district", "settlement", "device", *HARM) == {
        "date": "2024-06-08", "district": "Lachin", "settlement": "Newbridge", "device": "anti_personnel",
        "killed": 1, "injured": 5, "civilians_injured": 3, "military_killed": 1, "military_injured": 2,
    }  # fmt: skip


def test_two_blasts_in_one_report_are_two_incidents():
    """Another date or another district begins another incident."""
    text = (
        "On June 3, a farmer was killed by a mine in the Fuzuli district. "
        "On June 6, two soldiers were injured when an anti-tank mine exploded in the Aghdam district."
    )

    first, second = facts(text, "incident")

    assert part(first, "date", "district", "civilians_killed") == {
        "date": "2024-06-03",
        "district": "Fuzuli",
        "civilians_killed": 1,
    }
    assert part(second, "date", "district", "military_injured", "device") == {
        "date": "2024-06-06", "district": "Aghdam", "military_injured": 2, "device": "anti_tank",
    }  # fmt: skip


def test_two_incidents_of_one_day_share_the_date_of_the_lead():
    """ "Two mine incidents occurred on June 6" dates both."""
    text = (
        "Two mine incidents occurred on June 6. One occurred in the village of Oldmill in the Jabrayil district: a driver was injured. "
        "The second incident was recorded in the village of Newmill in the Aghdam district, where a shepherd was killed."
    )

    dates = [(entry["district"], entry["date"]) for entry in facts(text, "incident")]

    assert dates == [("Jabrayil", "2024-06-06"), ("Aghdam", "2024-06-06")]


@pytest.mark.parametrize(
    "text",
    [
        "The ministry denied that several servicemen were injured in a mine explosion in Lachin.",
        "Reports that five soldiers were killed by a mine in Tartar are false, the ministry said.",
        "Civilians and soldiers are frequently killed by mine explosions in the region.",
        "Mines may kill or injure two people a day.",
        "Several people were injured by shelling in Tartar; hundreds of thousands of mines remain.",
        "Two soldiers were killed in clashes near Lachin.",
    ],
)
def test_denials_and_generalities_give_no_incident(text):
    """What is denied, rumoured, possible or caused by something else is no candidate."""
    assert facts(text, "incident") == []


def test_what_follows_a_denial_counts():
    """After "saying that" the ministry states a fact of its own."""
    text = "The ministry denied that several servicemen were injured by a mine in Lachin, saying that one soldier was wounded."

    assert part(only(text, "incident"), *HARM) == {"injured": 1, "military_injured": 1}


def test_two_dates_in_one_sentence_are_two_incidents():
    """ "On June 5 ..., and on June 6 ..." tells of two blasts; the mine may be named before."""
    text = (
        "The ombudsman spoke of mine explosions. On June 5, a civilian was injured in Kalbajar's Uphill village, "
        "and on June 6, two police officers were wounded in the Khankendi area as an anti-tank mine exploded."
    )

    found = [(entry["date"], entry["district"], entry["injured"]) for entry in facts(text, "incident")]

    assert found == [("2024-06-05", "Kalbajar", 1), ("2024-06-06", "Khankendi", 2)]


def test_a_coal_mine_is_no_landmine():
    """Miners and coal mines are another matter."""
    assert facts("A coal mine blast killed 12 miners in the north on Friday. The explosion injured 28.") == []


# ---------------------------------------------------------------- dates and places
@pytest.mark.parametrize(
    ("said", "expected"),
    [
        ("on Thursday", "2024-06-06"),
        ("on Monday", "2024-06-10"),
        ("today", "2024-06-10"),
        ("yesterday", "2024-06-09"),
        ("last weekend", "2024-06-08"),
        ("on July 13 last year", "2023-07-13"),
        ("on May 13 this year", "2024-05-13"),
        ("on July 13", "2023-07-13"),
        ("on 5 June 2021", "2021-06-05"),
        ("on June 5, 2021", "2021-06-05"),
        ("two days ago", "2024-06-08"),
        ("on 05.06.2021", "2021-06-05"),
    ],
)
def test_dates_resolve_against_the_day_of_publication(said, expected):
    """Weekdays, relative words and dates without a year are the latest up to publication."""
    entry = only(f"A soldier was injured in a mine blast in Lachin {said}.", "incident")

    assert entry["date"] == expected


def test_relative_dates_stay_empty_without_a_publication_day():
    """Without publication and dateline only a full date is a date."""
    assert "date" not in only("A soldier was injured by a mine in Lachin on Thursday.", "incident", None)
    assert "date" not in only("A soldier was injured by a mine in Lachin on June 5.", "incident", None)
    assert only("A soldier was injured by a mine in Lachin on June 5, 2021.", "incident", None)["date"] == "2021-06-05"


def test_the_dateline_stands_in_for_the_publication_day():
    """A dateline in the first 300 characters resolves what follows."""
    text = "BAKU, Azerbaijan, June 10, 2024. A soldier was injured by a mine in Lachin yesterday."

    assert only(text, "incident", None)["date"] == "2024-06-09"


def test_an_explicit_date_beats_today_in_a_quotation():
    """The blast of June 8 does not move to "today" because a tweet says so."""
    text = 'A soldier was injured by a mine in Lachin on June 8. "Today a soldier was injured by a mine in Lachin," the ministry said.'

    assert only(text, "incident")["date"] == "2024-06-08"


def test_other_dates_of_a_sentence_are_not_the_date_of_the_blast():
    """The date of an agreement or a birth stays out."""
    text = "A resident born on 3 May 1990 was injured yesterday by a mine in Gazakh, returned under the agreement reached on April 19, 2024."

    assert only(text, "incident")["date"] == "2024-06-09"


def test_names_of_people_enter_no_field():
    """People who bear names of towns, and invented names, are in no field."""
    text = (
        "Soldier Lachin Kalbajarov and Shusha Aghdamova were injured by a mine in the village of Gozlu, Fuzuli district. "
        "Farmer Village Ahmadson, a resident of Fartown village, and Zangilan Tovuzov saw it, Foreign Ministry spokesman Terter Gazakhov said."
    )

    table = extract(text, published=DAY)
    shown = " ".join(
        str(value) for name in COLUMNS if name not in ("spans", "doubt") for value in table[name] if not pd.isna(value)
    )

    assert table["district"].dropna().unique().tolist() == ["Fuzuli"]
    assert table["settlement"].dropna().unique().tolist() == ["Gozlu"]
    assert not any(
        name in shown for name in ("Kalbajarov", "Aghdamova", "Ahmadson", "Tovuzov", "Gazakhov", "Fartown", "Shusha")
    )


def test_districts_are_found_by_their_aliases_and_named_once():
    """A spelling of the table gives the table's name; a table of one's own replaces it."""
    own = pd.DataFrame({"district": ["Northvale"], "aliases": ["North Vale;Nordtal"]})
    text = "A soldier was injured by a mine in {} district on June 5."

    assert only(text.format("Terter"), "incident")["district"] == "Tartar"
    assert extract(text.format("Nordtal"), districts=own)["district"].tolist() == ["Northvale"]


# ---------------------------------------------------------------- totals
def test_a_running_total_with_its_parts():
    """ "Since the end of the war" is 2020-11-10; deaths and journalists are parts of the total."""
    text = "Since the end of the 44-day Patriotic War, 402 citizens have become victims of mines, of whom 75 died, including four journalists, the Foreign Ministry said."

    entry = only(text, "victim_total")

    assert entry == {"since": "2020-11-10", "since_precision": "day", "as_of": DAY, "victims": 402, "killed": 75,
                     "journalists_killed": 4, "span": "post_war", "authority": "Foreign Ministry"}  # fmt: skip


def test_a_total_split_in_brackets():
    """Brackets divide each group; the groups are not the dead."""
    text = (
        "Between November 2020 and May 16, 2024, out of 350 people in total 170 civilians (50 killed, 120 injured) and "
        "180 military personnel (15 killed, 165 injured) died or were hurt in mine explosions, ANAMA said."
    )

    entry = only(text, "victim_total")

    assert part(entry, "since", "as_of", "victims", "civilians", "military", "civilians_killed", "civilians_injured",
                "military_killed", "military_injured", "killed", "authority") == {
        "since": "2020-11-10", "as_of": "2024-05-16", "victims": 350, "civilians": 170, "military": 180, "civilians_killed": 50,
        "civilians_injured": 120, "military_killed": 15, "military_injured": 165, "authority": "ANAMA",
    }  # fmt: skip


def test_a_total_told_over_three_sentences():
    """What begins "Of them" goes on with the total before."""
    text = (
        "From November 10, 2020 to May 19, 2024, 331 people became victims of mines. "
        "Of them, 65 people (civilian - 50, military - 15) were killed. Forty of the 266 injured were civilians."
    )

    entry = only(text, "victim_total")

    assert part(entry, "victims", "killed", "civilians_killed", "military_killed", "civilians_injured") == {
        "victims": 331, "killed": 65, "civilians_killed": 50, "military_killed": 15, "civilians_injured": 40,
    }  # fmt: skip


def test_among_the_dead_are_a_part():
    """ "Among the dead were three journalists" counts journalists killed, and no one twice."""
    text = (
        "The Foreign Ministry said that 376 citizens had been killed or wounded by landmines since the war ended in November 2020. "
        "It said 76 people had died, including 36 civilians. Among the dead were three journalists."
    )

    assert part(only(text, "victim_total"), "victims", "killed", "civilians_killed", "journalists_killed", "injured") == {
        "victims": 376, "killed": 76, "civilians_killed": 36, "journalists_killed": 3,
    }  # fmt: skip


def test_two_totals_are_two_rows_and_a_restated_one_is_one():
    """A longer stretch is another total; the same figures again are not."""
    text = (
        "In total, over the past 30 years 3,120 people have become victims of mines, including 41 women and 210 children. "
        "Since November 10, 2020, 366 people fell victim to mines. The number of victims since the end of the war has reached 366, he repeated."
    )

    victims = [(entry["victims"], entry.get("women"), entry.get("children")) for entry in facts(text, "victim_total")]

    assert victims == [(3120, 41, 210), (366, None, None)]


def test_a_total_beside_an_incident_stays_apart():
    """The blast keeps its one injured person; "bringing the number to" begins the total."""
    text = "A farmer was injured by a mine in Aghdam on June 8, bringing the number of mine victims since the end of the war to 367."

    assert part(only(text, "incident"), *HARM) == {"injured": 1, "civilians_injured": 1}
    assert only(text, "victim_total")["victims"] == 367


def test_a_year_of_incidents_is_a_total():
    """A sentence that names the year and its incidents dates the casualties of the next."""
    text = "In 2023, 28 mine incidents were registered. As a result, 17 people were killed and 39 injured, ANAMA said."

    assert facts(text, "incident") == []
    assert part(only(text, "victim_total"), "since", "as_of", "killed", "injured", "span") == {
        "since": "2023-01-01", "as_of": "2023-12-31", "killed": 17, "injured": 39, "span": "year",
    }  # fmt: skip


def test_parts_that_do_not_add_up_are_doubted():
    """Killed and injured that miss the printed total lower the confidence, and no figure is changed."""
    row = extract(
        "Since the end of the war 300 people were hit by mines: 60 were killed and 250 injured.", published=DAY
    ).iloc[0]

    assert row["victims"] == 300
    assert "killed + injured = 310, not 300" in row["doubt"]
    assert row["confidence"] < 0.8


# ---------------------------------------------------------------- clearance
BULLETIN = {"period_start": "2024-06-03", "period_end": "2024-06-09", "period_type": "week", "anti_personnel": 120,
            "anti_tank": 45, "uxo": 1234, "area_ha": 1234.5}  # fmt: skip


@pytest.mark.parametrize(
    "text",
    [
        "From June 3 to 9, 120 anti-personnel and 45 anti-tank mines and 1,234 unexploded ordnance were found, ANAMA said. 1,234.5 hectares were cleared.",
        "In the period from 3 to 9 June 2024 ANAMA defused 120 anti-personnel mines, 45 anti-tank mines and 1 234 pieces of UXO. An area of 1,234.5 ha was cleared.",
        "ANAMA clears 1,234 hectares last week\nDuring June 3-9, the agency found anti-personnel mines - 120, anti-tank mines - 45, unexploded ordnance - 1,234. As a result, 1,234.5 hectares of land were cleared of mines.",
        "The Mine Action Agency (ANAMA) told of its work between June 3 and June 9. During the reporting period 120 anti-personnel, 45 anti-tank mines and 1,234 unexploded munitions were neutralized and 12,345,000 square meters were cleared.",
        "A total of 1,234.5 hectares were demined in the past week, ANAMA says. From June 3 to June 9, 45 anti-tank, 120 anti-personnel mines and 1,234 UXO were destroyed.",
        "С 3 по 9 июня обнаружено 45 противотанковых, 120 противопехотных мин и 1 234 неразорвавшихся боеприпаса, сообщает ANAMA. За указанный период очищена территория площадью 1234,5 га.",
        "iyunun 3-dən 9-dək Ağdam və Füzuli rayonlarında piyada əleyhinə 120, tank əleyhinə 45 mina və 1234 partlamamış hərbi sursat aşkarlanıb. ANAMA-nın məlumatına görə, 1234,5 hektar ərazi təmizlənib.",
    ],
)  # fmt: skip
def test_a_weekly_bulletin_in_many_wordings(text):
    """The same week reads the same in seven wordings and three languages."""
    entry = only(text, "clearance")

    assert part(entry, *BULLETIN) == BULLETIN
    assert entry["operator"] == "anama"


@pytest.mark.parametrize(
    "text",
    [
        "Del 3 al 9 de junio de 2024 fueron destruidas 120 minas antipersonal y 45 minas antitanque. En el norte se despejaron 14.918 metros cuadrados.",
        "Du 3 au 9 juin 2024, 120 mines antipersonnel et 45 mines antichar ont été détruites dans le nord. Une surface de 14 918 mètres carrés a été libérée.",
        "З 3 по 9 червня 2024 року виявлено та знешкоджено 120 протипіхотних та 45 протитанкових мін. Очищено 14 918 кв. м.",
    ],
)
def test_a_bulletin_in_another_language(text):
    """A language is a file of words: the same figures and days come out."""
    entry = only(text, "clearance")

    assert part(entry, "anti_personnel", "anti_tank", "area_ha", "period_start", "period_end") == {
        "anti_personnel": 120,
        "anti_tank": 45,
        "area_ha": 1.4918,
        "period_start": "2024-06-03",
        "period_end": "2024-06-09",
    }


def test_month_and_running_total_of_one_bulletin_are_two_statements():
    """A second period begins a second statement; several operators are "all"."""
    text = (
        "In May, 400 anti-personnel and 210 anti-tank mines were found and over 5,200 hectares were cleared. The work was carried out by ANAMA, "
        "the Ministry of Defense and four private companies. Since November 10, 2020, 140,000 hectares have been cleared."
    )

    month, total = facts(text, "clearance")

    assert part(month, "period_start", "period_end", "period_type", "operator", "anti_personnel", "anti_tank", "area_ha", "rounded") == {
        "period_start": "2024-05-01", "period_end": "2024-05-31", "period_type": "month", "operator": "all",
        "anti_personnel": 400, "anti_tank": 210, "area_ha": 5200.0, "rounded": True,
    }  # fmt: skip
    assert part(total, "period_start", "period_end", "period_type", "area_ha") == {
        "period_start": "2020-11-10", "period_end": DAY, "period_type": "cumulative", "area_ha": 140000.0,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("text", "kind", "start", "end"),
    [
        ("In 2023, 53,000 hectares were cleared.", "year", "2023-01-01", "2023-12-31"),
        ("In the first quarter of 2024, 9,000 hectares were cleared.", "quarter", "2024-01-01", "2024-03-31"),
        ("From January 1 to June 30, 2023, 20,000 hectares were cleared.", "half", "2023-01-01", "2023-06-30"),
        ("Since the beginning of the year, 20,000 hectares have been cleared.", "other", "2024-01-01", "2024-06-10"),
        ("Last week 900 hectares were cleared.", "week", "2024-06-03", "2024-06-09"),
        ("Last month 900 hectares were cleared.", "month", "2024-05-01", "2024-05-31"),
        ("In August and September 2023, 900 hectares were cleared.", "other", "2023-08-01", "2023-09-30"),
        ("In the past three months 900 hectares were cleared.", "other", "2024-03-10", "2024-06-10"),
        ("In the first five months of the year 900 hectares were cleared.", "other", "2024-01-01", "2024-05-31"),
        ("900 hectares have been cleared since the war ended in 1999.", "cumulative", "1999-01-01", "2024-06-10"),
        (
            "In the first four months of 2024 three mines went off.\nDuring the reporting period 900 hectares were cleared.",
            "other",
            "2024-01-01",
            "2024-04-30",
        ),
    ],
)
def test_kinds_of_period(text, kind, start, end):
    """A period is named by the days it covers."""
    entry = only(text, "clearance")

    assert (entry["period_type"], entry["period_start"], entry["period_end"]) == (kind, start, end)


@pytest.mark.parametrize(
    "text",
    [
        "Armenia laid 1,500 anti-personnel mines in the district.",
        "The agency plans to clear 60,000 hectares this year.",
        "Each deminer finds about 12 mines a month.",
        "Deminers have cleared 70 percent of the 1,300 hectares.",
        "The ministry recorded 30 mine accidents and cleared the road.",
        "Another 900,000 hectares remain to be cleared.",
        "A soldier was injured by an anti-personnel mine.",
        "Four people were killed in a blast when their car was destroyed by two anti-tank mines on Monday.",
        "They neutralized mines of the E-001M model made in 2021.",
    ],
)
def test_what_was_not_cleared_is_no_statement(text):
    """Mines laid, plans, what remains and device models are no results."""
    assert facts(text, "clearance") == []


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("In May, 450 dunams were cleared and 30 anti-tank mines were lifted.", {"area_ha": 45.0, "anti_tank": 30}),
        ("In May, 400 mines were destroyed, of which 355 were anti-personnel and 45 anti-tank mines.",
         {"anti_personnel": 355, "anti_tank": 45}),
        ("In May they cleared 90 hectares of contaminated land.", {"area_ha": 90.0}),
        ("In May they handed over 90 hectares of farmland to the village.", {"area_ha": 90.0}),
        ("In May sappers neutralized 16 anti-tank mines planted by militants.", {"anti_tank": 16}),
        ("In May 988 acres were cleared.", {"area_ha": 399.829412}),
        ("In May they surveyed 240 hectares and cleared 118 hectares.", {"area_ha": 118.0}),
        ("In May they found 214 anti-personnel mines at the site.", {"anti_personnel": 214}),
        ("Results of May 2024\nArea cleared: 12 ha\nAnti-tank mines: 14\nUXO: 1,058",
         {"period_type": "month", "area_ha": 12.0, "anti_tank": 14, "uxo": 1058}),
        ("Weekly report, 3 - 9 June 2024\n- 22 anti-personnel mines\n- 31 anti-tank mines\n- 744 unexploded ordnance",
         {"period_type": "week", "anti_personnel": 22, "anti_tank": 31, "uxo": 744}),
        ("В первом квартале 2024 года разминировано 1,2 тыс. гектаров.", {"period_type": "quarter", "area_ha": 1200.0}),
        ("Durante el primer semestre de 2023 se destruyeron 96 minas antipersonal.", {"period_type": "half", "anti_personnel": 96}),
        ("С 1 по 7 июня саперы обследовали 240 гектаров и очистили 118 гектаров.", {"area_ha": 118.0}),
        ("En mayo fueron destruidas 178 minas antipersonal, y se despejaron 943.000 metros cuadrados.",
         {"period_type": "month", "anti_personnel": 178, "area_ha": 94.3}),
        ("Les démineurs ont détruit 3 480 mines antipersonnel en mai et ont dépollué 1 250 hectares.",
         {"period_type": "month", "anti_personnel": 3480, "area_ha": 1250.0}),
    ],
)  # fmt: skip
def test_units_parts_and_verbs_of_clearance(text, expected):
    """Other units, a part behind "of which", land that was contaminated, land given back."""
    assert part(only(text, "clearance"), *expected) == expected


def test_a_district_only_where_the_figures_are_of_one():
    """Several districts are listed, one is the district."""
    one = only("On June 3-9, 14 anti-tank mines were found in Lachin district.", "clearance")
    many = only("On June 3-9, 14 anti-tank mines were found in Lachin, Fuzuli and Tartar districts.", "clearance")

    assert one["district"] == "Lachin"
    assert part(many, "district", "districts_listed") == {"districts_listed": "Lachin; Fuzuli; Tartar"}


def test_hazardous_areas_and_targets_are_not_cleared():
    """The verb of the clause before does not govern an area found hazardous, and a target is not work done."""
    text = (
        "In the first six months of 2020, 400 hectares were cleared of mines in Norland, while 950 hectares of "
        "Confirmed Hazardous Areas had been identified. Norland adjusts its mine clearance target to 7,000 hectares. "
        "It set a goal of clearing mines on an area stretching 20 hectares."
    )

    assert [entry["area_ha"] for entry in facts(text, "clearance")] == [400]


def test_the_labelled_day_of_a_page_is_no_day_of_a_blast():
    """A day behind "Published:" is that of the page."""
    text = "Published: 2023-04-26\n\nA civilian was injured by a landmine blast in the village of Rivertown."

    assert "date" not in part(only(text, "incident"), "date")


# ---------------------------------------------------------------- estimates
@pytest.mark.parametrize(
    ("text", "metric", "value", "unit"),
    [
        ("The accuracy of the maps given by Armenia is only 25 percent.", "map_accuracy", 25, "percent"),
        ("55% of the blasts occurred in areas not shown on the maps.", "blasts_outside_mapped_areas", 55, "percent"),
        ("The President said that clearing the mines will take nearly 30 years.", "clearance_years", 30, "years"),
        ("Demining will cost $25 billion, experts estimate.", "clearance_cost", 25_000_000_000, "USD"),
        ("Armenia handed over maps of about 92,000 mines.", "mines_on_handed_over_map", 92_000, "mines"),
        ("Armenia planted more than 1.5 million mines.", "mines_laid", 1_500_000, "mines"),
        ("About 8,000 square kilometers must be cleared of mines.", "area_to_be_cleared", 800_000, "ha"),
        ("Some 4,120ha remain classified as hazardous from UXO.", "area_to_be_cleared", 4_120, "ha"),
        ("There are 31 million square meters of mine-affected land.", "area_to_be_cleared", 3_100, "ha"),
        ("The remaining 50 hectares will be finished next year.", "area_to_be_cleared", 50, "ha"),
        (
            "About 174,000 square kilometers have been mined, 20 percent of the country.",
            "area_to_be_cleared",
            17_400_000,
            "ha",
        ),
        ("About 6,500 square kilometres are believed to be contaminated.", "area_to_be_cleared", 650_000, "ha"),
        ("Some 4 to 5 million mines are still in the ground.", "mines_laid", 4_000_000, "mines"),
        ("It is contaminated with 1.5 to 2 million mines.", "mines_laid", 1_500_000, "mines"),
        ("It may take 50 years to rid the country of mines.", "clearance_years", 50, "years"),
        ("Around 14 million mines may still lie there.", "mines_laid", 14_000_000, "mines"),
    ],
)
def test_estimates(text, metric, value, unit):
    """Each metric is read with its unit."""
    entry = only(text, "estimate")

    assert part(entry, "metric", "value", "unit") == {"metric": metric, "value": value, "unit": unit}


@pytest.mark.parametrize("text", ["In May 988 acres were cleared.", "It is contaminated with 1.5 to 2 million mines."])
def test_a_value_in_another_unit_stands_in_the_text(text):
    """What is converted, or takes its scale from the number behind it, is not said to be missing."""
    row = extract(text, published=DAY).iloc[0]

    assert row["confidence"] > 0.6
    assert "not in the text" not in str(row["doubt"])


def test_years_of_occupation_and_aid_are_no_estimates():
    """A duration or an amount that is not of clearance is left alone."""
    text = "The land was occupied for almost 30 years. The fund donated $4 million for demining."

    assert facts(text, "estimate") == []


# ---------------------------------------------------------------- the result itself
def test_columns_types_and_evidence():
    """The columns are those documented; each span holds the words of its figure."""
    text = "On June 3-9, 120 anti-personnel mines were found. Two soldiers were injured by a mine in Lachin on 5 June."
    table = extract(text, published=DAY)

    assert list(table.columns) == list(COLUMNS)
    assert {name: str(table[name].dtype) for name in ("kind", "killed", "area_ha", "date")} == {
        "kind": "string", "killed": "Int64", "area_ha": "Float64", "date": "datetime64[us]",
    }  # fmt: skip
    assert table.index.tolist() == [0, 1]
    assert [text[s:e] for s, e in (table["spans"][0]["anti_personnel"], table["spans"][1]["injured"])] == [
        "120 anti-personnel", "Two soldiers",
    ]  # fmt: skip
    assert [str(d) for d in extract("").dtypes] == [str(d) for d in table.dtypes]


def test_odd_blanks_quotes_and_marks_change_nothing():
    """Thin spaces, typographic quotes and direction marks keep figures and spans."""
    plain = 'From June 3 to 9, 1 234 anti-tank mines were found, "ANAMA" said.'
    odd = "From\u00a0June 3 to\u202f9, 1\u2009234 anti\u2011tank mines were found, “ANAMA” said\u200f."

    assert only(odd, "clearance") == only(plain, "clearance")


@pytest.mark.parametrize(("call", "message"), [
    (lambda: extract(b"x"), "`text` must be a str, not bytes"),
    (lambda: extract("x", published="June"), "`published` must be a date"),
    (lambda: extract("x", districts=pd.DataFrame({"name": []})), "column 'district' is missing"),
])  # fmt: skip
def test_wrong_calls_are_refused(call, message):
    """A wrong argument is named with what is allowed."""
    with pytest.raises((ParameterError, DataError), match=message):
        call()


WORDS = [
    "two",
    "soldiers",
    "killed",
    "injured",
    "mine",
    "blast",
    "in",
    "Lachin",
    "village",
    "of",
    "(",
    ")",
    ",",
    ".",
    "-",
    "12",
    "1,234",
    "hectares",
    "cleared",
    "since",
    "May",
    "June",
    "3",
    "to",
    "9",
    "2024",
    "anti-personnel",
    "anti-tank",
    "mines",
    "were",
    "found",
    "and",
    "the",
    "maps",
    "25",
    "%",
    "ANAMA",
    "said",
    "\n",
    "no",
    "casualties",
    "including",
    "died",
    "of",
    "them",
    "which",
    "other",
]


@given(st.lists(st.sampled_from(WORDS), max_size=60).map(" ".join) | st.text(max_size=200))
@settings(max_examples=100, deadline=None, derandomize=True)
def test_any_text_gives_valid_rows(text):
    """No text is an error; spans lie inside it, confidence within 0 and 1, and a second reading gives the same."""
    table = extract(text, published=DAY)

    assert table["kind"].isin(["incident", "victim_total", "clearance", "estimate"]).all()
    assert table["confidence"].between(0, 1).all()
    assert table["start"].is_monotonic_increasing
    for start, end, spans in zip(table["start"], table["end"], table["spans"], strict=True):
        assert 0 <= start <= end <= len(text)
        assert all(0 <= a < b <= len(text) for a, b in spans.values())
    pd.testing.assert_frame_equal(table, extract(text, published=DAY))


def test_thousands_of_hostile_texts_are_no_error():
    """Markup, controls, direction marks, surrogates and salads of the rules' own words pass."""
    chance = random.Random(7)
    signs = "abc ABC 0123456789 .,;:()\"'-%$\n\t<>&\u202e\u200f\u0000\ud800\u00a0“”éəİıСм"
    for number in range(1500):
        length = chance.randrange(0, 60)
        text = (
            "".join(chance.choices(signs, k=length)) if number % 2 else " ".join(chance.choices(WORDS, k=length // 2))
        )
        extract(text, published=DAY)


@pytest.mark.parametrize("piece", [
    "a", ".", ". ", "\n", "1", "1,234,", "two soldiers and ", "killed ", "(", "village of ", "25% maps accurate ",
    "no casualties ", "<p>mine", "since the end of the ", "anti-personnel - ", "June 3 to ", "10 ",
])  # fmt: skip
def test_time_grows_with_the_length(piece):
    """Ten times the text takes at most about ten times as long, whatever is repeated."""
    short, long = piece * (20_000 // len(piece)), piece * (200_000 // len(piece))
    extract(short, published=DAY)
    begin = time.process_time()
    extract(short, published=DAY)
    middle = time.process_time()
    extract(long, published=DAY)

    assert time.process_time() - middle < 30 * (middle - begin) + 0.5


def test_sentences_know_abbreviations_and_wrapped_lines():
    """A full stop after "Sept." or an initial ends nothing; a line broken at a width goes on."""
    wrapped = "\n".join(
        ["The agency found mines in the liberated districts of the country and\ncleared them of all"] * 1
    )

    assert len(sentences("On Sept. 27 V. Smith spoke. He left.")) == 2
    assert len(sentences(wrapped)) == 1


# ---------------------------------------------------------------- commands
ARTICLE = (
    "From June 3 to 9, 2024, 120 anti-personnel and 45 anti-tank mines were found, ANAMA said. "
    "Two soldiers were injured in a mine blast in the village of Newtown in the Lachin district on June 8, 2024. "
    "Since November 10, 2020, 365 people have become victims of mines, the Foreign Ministry said. "
    "Armenia handed over maps of 97,000 mines of Aghdam."
)


@pytest.fixture
def folder(tmp_path):
    """A copy of the bundled data."""
    target = tmp_path / "data"
    shutil.copytree(bundle_dir("data"), target)
    return target


@pytest.fixture
def confirmed(tmp_path):
    """The candidates of the article as CSV."""
    article = tmp_path / "article.txt"
    article.write_text(ARTICLE, encoding="utf-8")
    file = tmp_path / "confirmed.csv"
    file.write_text(extract_command([article], published=DAY), encoding="utf-8")
    return file


def test_extract_command_prints_csv_and_marks_html(tmp_path):
    """CSV has the columns of the result; HTML shows each figure marked and everything escaped."""
    article = tmp_path / "a.html"
    article.write_text(
        "<html><body><p>A &lt;b&gt; soldier was injured by a mine in Lachin.</p><script>1 < 2</script>",
        encoding="utf-8",
    )

    table = extract_command([article], published=DAY)
    page = extract_command([article, article], format="html", published=DAY)

    assert table.splitlines()[0] == ",".join(COLUMNS)
    assert '<mark title="1 incident: injured; 1 incident: military_injured">' in page
    assert "A &lt;b&gt; " in page
    assert "1 < 2" not in page
    assert extract_command([article, article], published=DAY).startswith("article,kind,")


@pytest.mark.parametrize(("files", "options", "message"), [
    ([], {}, "at least one article"),
    (["missing.txt"], {}, "cannot read 'missing.txt'"),
    (["x"], {"format": "pdf"}, "`format` must be one of 'csv', 'html'"),
])  # fmt: skip
def test_extract_command_refuses_wrong_calls(files, options, message):
    """A call without file, with a missing one or an unknown format says so."""
    with pytest.raises(ParameterError, match=message):
        extract_command(files, **options)


def test_html_becomes_text_with_lines_for_blocks():
    """Scripts and menus are left out, entities read, blocks are lines."""
    page = "<head><title>t</title></head><body><nav>menu</nav><h1>Head</h1><p>a&nbsp;&amp; b<br>c</p></body>"

    assert from_html(page) == "Head\n\na\u00a0& b\nc"


def test_add_appends_to_every_table_and_keeps_the_rest(folder, confirmed):
    """Four kinds go to their tables with new ids and one source; old rows stay byte by byte; the checks pass."""
    before = {
        name: (folder / f"{name}.csv").read_bytes() for name in ("clearance", "victim_totals", "incidents", "estimates")
    }

    added = add_command(confirmed, folder, publisher="Example Agency", published=DAY, url="https://example.org/1")

    data = load(folder)
    assert {name: len(rows) for name, rows in added.rows.items()} == {
        "clearance": 1, "victim_totals": 1, "incidents": 1, "incident_reports": 1, "estimates": 1, "sources": 1,
    }  # fmt: skip
    assert all((folder / f"{name}.csv").read_bytes().startswith(content) for name, content in before.items())
    total = data.victim_totals.set_index("total_id").loc[added.rows["victim_totals"][0]]
    assert (total["victims"], total["authority"], total["scope"], total["source_id"]) == (
        365,
        "foreign_ministry",
        "national",
        added.source_id,
    )
    assert data.estimates["metric"].iloc[-1] == "mines_on_maps"
    assert data.incident_reports["incident_id"].iloc[-1] == added.rows["incidents"][0]
    assert not data.problems["rule"].str.contains("hash").any()


def test_add_refuses_what_is_there_and_writes_nothing(folder, confirmed):
    """The same rows of the same page a second time are refused, all of them, and no file changes."""
    add_command(confirmed, folder, publisher="Example Agency", published=DAY, url="https://example.org/1")
    before = {file.name: file.read_bytes() for file in folder.iterdir()}

    with pytest.raises(DataError, match="4 rows already there; nothing was added"):
        add_command(confirmed, folder, url="https://example.org/1")

    assert {file.name: file.read_bytes() for file in folder.iterdir()} == before


def test_add_is_all_or_nothing_where_a_row_is_invalid(folder, confirmed):
    """A row that breaks a rule of its table keeps every row out, and no temporary folder stays."""
    text = confirmed.read_text(encoding="utf-8").replace(",Lachin,Newtown,", ",Nowhere,Newtown,")
    confirmed.write_text(text, encoding="utf-8")
    before = {file.name: file.read_bytes() for file in folder.iterdir()}

    with pytest.raises(DataError, match="Nowhere"):
        add_command(confirmed, folder, publisher="Example Agency", published=DAY)

    assert {file.name: file.read_bytes() for file in folder.iterdir()} == before
    assert not list(folder.glob(".minestats-*"))


def test_add_says_what_it_contradicts_and_ties_reports(folder, confirmed):
    """Another page with other figures for the same week is added and named; its report joins the incident."""
    add_command(confirmed, folder, publisher="Example Agency", published=DAY)
    text = confirmed.read_text(encoding="utf-8").replace(",120,45,", ",121,45,")
    confirmed.write_text(text, encoding="utf-8")

    added = add_command(confirmed, folder, publisher="Other Agency", published=DAY)

    assert any("anti_personnel 121 here, 120 there" in line for line in added.contradictions)
    assert "incidents" not in added.rows
    assert "report tied to inc-2024-06-08-lachin" in str(added)


@pytest.mark.parametrize(("change", "options", "message"), [
    (lambda t: t, {}, "give `source`"),
    (lambda t: t, {"source": "no-such-page"}, "not in sources"),
    (lambda t: t.replace("kind,", "sort,", 1), {"publisher": "x"}, "no column 'kind'"),
    (lambda t: t.replace("\nclearance,", "\nclearence,"), {"publisher": "x"}, "'clearence'"),
    (lambda t: t.replace(",uxo,", ",uxos,", 1), {"publisher": "x"}, "did you mean 'uxo'"),
    (lambda t: t.splitlines()[0] + "\n", {"publisher": "x"}, "no rows"),
])  # fmt: skip
def test_add_refuses_wrong_files_and_calls(folder, confirmed, change, options, message):
    """A file that is no list of candidates, or a page that is not known, is refused with the remedy."""
    confirmed.write_text(change(confirmed.read_text(encoding="utf-8")), encoding="utf-8")

    with pytest.raises((DataError, ParameterError), match=message):
        add_command(confirmed, folder, **options)


def test_csv_keeps_numbers_and_dates_plain():
    """Dates are ISO, counts whole, a missing cell empty."""
    row = to_csv(
        extract("Demining will cost $25 billion. On June 3-9, 2024, 12 anti-tank mines were found.", published=DAY)
    )

    assert ",25000000000," in row
    assert "2024-06-03,2024-06-09" in row
    assert "nan" not in row.casefold().replace("anama", "")


def test_a_bulletin_of_the_agency_reaches_the_report(folder, tmp_path):
    """A week, a month and a blast, as an agency would print them (the figures are invented), end in the report.

    The package says how the bulletins are read; `add` applies it, says so, and keeps the stated word.
    """
    article, confirmed = tmp_path / "a.txt", tmp_path / "confirmed.csv"
    article.write_text(
        "ANAMA: From March 30 to April 5, 2026, 120 anti-personnel mines, 30 anti-tank mines and 450 pieces of unexploded "
        "ordnance were found and 1,400.5 hectares were cleared in the liberated territories of Azerbaijan.\n\n"
        "In April 2026, ANAMA reported, 5,400.5 hectares were cleared and 300 anti-personnel mines were found.\n\n"
        "On April 3, 2026, two civilians were injured when an anti-tank mine exploded in the Aghdam district.",
        encoding="utf-8",
    )
    before = scope(load(folder))
    confirmed.write_text(extract_command([article], published="2026-05-04"), encoding="utf-8")

    added = add_command(confirmed, folder, publisher="Example Agency", published="2026-05-04")

    assert str(added).count("read as 'all'") == 2
    here = scope(load(folder))
    rows = here.clearance[here.clearance["statement_id"].isin(added.rows["clearance"])]
    assert rows[["operator", "operator_stated"]].drop_duplicates().to_numpy().tolist() == [["all", "anama"]]
    month = monthly_clearance(here.clearance, operator="all").iloc[-1]
    assert (f"{month['month']:%Y-%m}", month["area_ha"], month["method"]) == ("2026-04", 5400.5, "reported")
    assert len(here.incidents) == len(before.incidents) + 1
    assert "counted as side 'azerbaijan'" in str(added)
    assert not (here.data.problems["column"] == "operator").any()


ELSEWHERE = pd.DataFrame({"district": ["Nordal", "Suderby"], "aliases": ["Nordall", ""]})


@pytest.mark.parametrize("text", [
    "Since the end of the war 120 people have become victims of mines in Nordal.",
    "The Mine Action Agency said 120 people have become victims of mines since the war ended.",
    "Since November 2020, 120 people have become victims of mines, the demining agency reported.",
    "The mine action agency cleared 40 hectares in May 2024 and found 12 anti-tank mines.",
])  # fmt: skip
def test_without_a_country_nothing_of_another_is_said(text):
    """Districts alone bring no special date, agency, operator or span of the bundled country."""
    rows = extract(text, published=DAY, districts=ELSEWHERE)

    assert len(rows) == 1
    assert pd.Timestamp("2020-11-10") not in rows["since"].tolist()
    assert not rows[["authority", "operator", "span"]].isin(["ANAMA", "anama", "post_war"]).any(axis=None)


def test_a_folder_says_what_its_country_calls_things(tmp_path):
    """Agency, operator and the end of the war come from `articles.toml` of the folder; without it they stay empty."""
    text = "According to NORMAC, since the end of the war 120 people have become victims of mines in Nordal."
    ELSEWHERE.to_csv(tmp_path / "districts.csv", index=False)
    bare = extract(text, published=DAY, data=tmp_path).iloc[0]
    (tmp_path / "told").mkdir()
    ELSEWHERE.to_csv(tmp_path / "told" / "districts.csv", index=False)
    (tmp_path / "told" / "articles.toml").write_text(
        '[war]\nend = 1999-06-10\n[en.authorities]\nNORMAC = ["normac"]\n[en.gate]\nspeaker = "normac"\n'
        '[en.worth]\nspeaker = ["normac"]\n'
    )
    told = extract(text, published=DAY, data=tmp_path / "told").iloc[0]

    assert bare[["since", "authority"]].isna().all()
    assert "no date is known" in bare["doubt"]
    assert (told["since"], told["authority"], told["span"]) == (pd.Timestamp("1999-06-10"), "NORMAC", "post_war")


def test_an_agency_of_the_world_is_known_by_name():
    """Who tells of the work is not taken for who did it."""
    text = (
        "UXO Lao cleared 120 hectares in May 2024 and found 40 anti-tank mines, the National Regulatory Authority said."
    )
    row = extract(text, districts=ELSEWHERE).iloc[0]

    assert (row["operator"], row["authority"], row["area_ha"]) == ("uxo_lao", "NRA", 120)


def test_a_broken_file_of_a_country_says_so(tmp_path):
    """A folder that is none, or whose words cannot be read, is refused in words."""
    (tmp_path / "articles.toml").write_text("[war\n")
    with pytest.raises((DataError, ParameterError), match=r"articles\.toml: .*mend it"):
        extract("Mines.", data=tmp_path)
    with pytest.raises((DataError, ParameterError), match="must be a folder"):
        extract("Mines.", data=tmp_path / "none")


@pytest.fixture
def reader(tmp_path):
    """A command that answers what a test wants, whatever it is given."""

    def command(answer, status=0):
        script = tmp_path / "reader.py"
        script.write_text(
            f"import sys\nsys.stdin.read()\nprint({answer!r})\nprint('no model', file=sys.stderr)\nsys.exit({status})\n"
        )
        return shlex.join([sys.executable, str(script)])

    return command


def test_what_another_reader_says_is_looked_for_in_the_text(reader):
    """Numbers in words, days and districts stand in the evidence; a figure from elsewhere takes the confidence."""
    text = "On Saturday two soldiers were killed in Lachin. Seven lorries came."
    said = {"kind": "incident", "date": "2024-06-08", "district": "Lachin", "killed": 2, "confidence": 0.8}
    rows = extract(text, published=DAY, reader=reader(json.dumps([
        said, {**said, "injured": 7, "evidence": "two soldiers were killed"}, {**said, "evidence": "three soldiers"},
        {**said, "date": "2024-06-09"},
    ])))  # fmt: skip

    assert rows["confidence"].tolist() == [0.8, 0, 0, 0]
    assert text[slice(*rows["spans"][0]["killed"])] == "two"
    assert pd.isna(rows["doubt"][0])
    assert "evidence is not in the text" in rows["doubt"][1]
    assert "date 2024-06-09: not in the text" in rows["doubt"][2]
    assert "injured 7: not in the text" in rows["doubt"][3]  # its passage begins later


@pytest.mark.parametrize(("answer", "status", "message"), [
    ("[]", 3, "failed with status 3: no model"),
    ("no json", 0, "answered no JSON"),
    ("{}", 0, "must answer a JSON list"),
    ('[{"kind": "crash"}]', 0, "`kind` must be one of"),
    ('[{"kind": "incident", "kiled": 2}]', 0, "no such field: 'kiled'; did you mean 'killed'"),
    ('[{"kind": "incident", "killed": "two"}]', 0, "killed: must be a whole number of 0 or more, not 'two'"),
    ('[{"kind": "incident", "killed": -1}]', 0, "killed: must be a whole number of 0 or more, not -1"),
    ('[{"kind": "incident", "confidence": 3}]', 0, "`confidence` must be 0 to 1, not 3"),
    ('[{"kind": "incident", "date": "May"}]', 0, "candidate 1, date"),
])  # fmt: skip
def test_a_reader_that_answers_something_else_is_refused(reader, answer, status, message):
    """The first wrong candidate is named with what is allowed."""
    with pytest.raises(ParameterError, match=re.escape(message)):
        extract("Mines.", reader=reader(answer, status))


def test_without_a_model_one_sentence_says_what_to_type(monkeypatch):
    """An article that counts people is refused without a model or spaCy; a bulletin that counts none is read."""
    blast = "Two soldiers were injured by a mine."
    monkeypatch.setattr(parse, "MODELS", ("no_such_model",))
    parse.model.cache_clear()
    with pytest.raises(ParameterError, match="python -m spacy download en_core_web_sm"):
        extract(blast)
    assert len(extract("In May 2024, 120 anti-personnel mines were found.")) == 1
    monkeypatch.setitem(sys.modules, "spacy", None)
    with pytest.raises(ParameterError, match=r"pip install 'minestats\[extract\]'"):
        extract(blast)
    monkeypatch.undo()
    assert len(extract(blast)) == 1


def test_a_reader_that_is_no_program_is_refused():
    """A command that cannot be started says so."""
    with pytest.raises(ParameterError, match="cannot start 'minestats-no-such-program'"):
        extract("Mines.", reader="minestats-no-such-program")


@pytest.mark.parametrize(("text", "doubt"), [
    ("Since 2001 845,000 people have been killed by mines.", "killed 845,000: more than is plausible"),
    ("In the world 100 million people have become victims of mines since 1945.", "victims 100,000,000: more than"),
    ("Since 2001, 40 people have become victims of mines, of whom 90 were killed.", "killed 90 above victims 40"),
    ("From May 3 to 9, 2025, 12 anti-tank mines and 40 anti-personnel mines were found.", "after publication"),
])  # fmt: skip
def test_what_can_hardly_be_is_not_sure(text, doubt):
    """A figure of something else, a part above its whole, a day to come: said, and below 0.6."""
    rows = extract(text, published=DAY, districts=ELSEWHERE)

    assert not rows.empty
    assert doubt in rows["doubt"].str.cat(sep=";", na_rep="")
    assert rows["confidence"].max() < 0.6


@pytest.mark.browser
def test_the_review_page_saves_what_is_ticked(folder, tmp_path):
    """Nothing is ticked before; what is ticked comes out as the CSV that `add` takes, markup in it kept as text."""
    article, saved = tmp_path / "a.txt", tmp_path / "confirmed.csv"
    article.write_text(
        "On June 3, 2024, two soldiers were injured in a mine blast near the village of </script> Ostby in Lachin.\n\n"
        "On June 5, 2024, a shepherd was killed by a mine in Fuzuli.",
        encoding="utf-8",
    )
    page = tmp_path / "review.html"
    page.write_text(extract_command([article], format="html", published=DAY), encoding="utf-8")

    from playwright.sync_api import sync_playwright

    with sync_playwright() as play:
        found = next(filter(None, map(shutil.which, BROWSERS)))
        browser = play.chromium.launch(executable_path=found, args=["--no-sandbox"])
        tab = browser.new_page()
        tab.goto(page.as_uri())
        assert tab.locator("input:checked").count() == 0
        tab.get_by_role("checkbox").nth(1).check()
        with tab.expect_download() as download:
            tab.get_by_role("button").click()
        download.value.save_as(saved)
        browser.close()
    rows = pd.read_csv(saved)
    assert rows[["kind", "district", "killed"]].to_numpy().tolist() == [["incident", "Fuzuli", 1]]
    assert add_command(saved, folder, publisher="Example", published=DAY).rows["incident_reports"]


ABROAD = [  # (text, kind, what its only row of that kind must say), of places that do not exist
    ("A landmine explosion has killed two shepherds near Norwick village.", "incident", {"killed": 2, "settlement": "Norwick"}),
    ("Fourteen Norlanders were killed by an anti-tank land mine left over from years of war.", "incident", {"killed": 14, "device": "anti_tank"}),
    ("Two soldiers were killed by a landmine allegedly laid by rebels.", "incident", {"killed": 2, "military_killed": 2}),
    ("Eight Norlandish farmers were killed on Friday after their truck hit two old anti-tank mines.", "incident", {"killed": 8, "device": "anti_tank", "date": "2024-06-07"}),
    ("Two de-miners were killed and one badly injured during mine removal operations.", "incident", {"killed": 2, "injured": 1}),
    ("An old mortar shell exploded in Norwick village; a 13-year-old shepherd was killed.", "incident", {"killed": 1, "children": 1, "device": "uxo"}),
    ("A mine blast killed six. A baby girl and three women were among the dead.", "incident", {"killed": 6, "women": 3, "children": 1}),
    ("A mine in the forest of Norwick has killed at least 20 people.", "incident", {"killed": 20}),
    ("NORWICK, June 5 (Agency) - A farmer was killed by a mine, police said.", "incident", {"killed": 1, "civilians_killed": 1, "date": "2024-06-05"}),
    ("Gunmen killed 18 people, while last month a landmine killed 14 people.", "incident", {"killed": 14, "date": "2024-05-01", "date_precision": "month"}),
    ("In 2022, mines and other remnants of war killed 43 people and injured 168.", "victim_total", {"killed": 43, "injured": 168, "since": "2022-01-01", "as_of": "2022-12-31"}),
    ("From 1979 to 2023, landmines claimed 19,822 lives and either injured or amputated 45,215 others.", "victim_total", {"killed": 19822, "injured": 45215, "since": "1979-01-01", "as_of": "2023-12-31"}),
    ("In the first half of 2023, mines killed 102 people and injured 590.", "victim_total", {"killed": 102, "since": "2023-01-01", "as_of": "2023-06-30"}),
    ("Mines have killed or wounded 65 people this year, compared with 104 in the same period before.", "victim_total", {"victims": 65}),
    ("Mines have killed 242 people since the conflict broke out in 2014.", "victim_total", {"killed": 242, "since": "2014-01-01"}),
    ("Since the 1990s, landmines have killed 2,700 people.", "victim_total", {"killed": 2700, "since": "1990-01-01"}),
    ("In the third week of May, 31 anti-personnel mines and 925 UXO were destroyed.", "clearance", {"anti_personnel": 31, "period_start": "2024-05-15", "period_end": "2024-05-21"}),
    ("Last week of May: 31 anti-personnel mines and 925 UXO were destroyed.", "clearance", {"period_start": "2024-05-25", "period_end": "2024-05-31"}),
    ("Since mid-2018, 6,516 anti-personnel mines were found and 56 hectares cleared.", "clearance", {"anti_personnel": 6516, "period_start": "2018-07-01"}),
    ("At the end of 2022, 1,934 sqkm was cleared of mines.", "clearance", {"area_ha": 193400}),
    ("A survey found 29 km2 contaminated by mines, 24 km2 of which is still to be cleared.", "estimate", {"value": 2400}),
    ("Norland is seeking 390 million U.S. dollars from donors to clear all mines.", "estimate", {"value": 390000000}),
]  # fmt: skip


@pytest.mark.parametrize(("text", "kind", "expected"), ABROAD)
def test_an_accident_of_another_country_is_read(text, kind, expected):
    """Nothing is known of the place: no district, no agency, no word for its people."""
    (row,) = facts(text, kind)

    assert {name: row.get(name) for name in expected} == expected


@pytest.mark.parametrize(
    "text",
    [
        "The blast of a mine killed 25 sheep.",
        "Norland is one of the countries that suffered from mines.",
        "The armed conflict killed 118,443 people since 2008.",
        "Mines affect the lives of over 845,000 citizens since 2010.",
    ],
)
def test_what_is_no_casualty_of_a_mine_gives_no_people(text):
    rows = [*facts(text, "incident"), *facts(text, "victim_total")]

    assert not [row for row in rows if {"killed", "injured", "victims"} & set(row)]


def test_separate_blasts_are_rows_and_their_sum_is_none():
    text = (
        "Three people were hurt in two mine blasts on Monday. The first incident occurred in Norwick village, where a "
        "farmer was injured. In a separate incident, two soldiers were injured by a mine in Suthwick village."
    )

    assert [row["injured"] for row in facts(text, "incident")] == [1, 2]


def test_the_end_of_the_war_is_no_day_of_another_country():
    (row,) = facts("In Bosnia, mines have killed 470 people since the end of the war.", "victim_total")

    assert row["killed"] == 470
    assert row.get("since") is None


KINDS = [  # (an article of an invented place, kind, the filled fields of its rows that are named here)
    # None of the victims was something: there were victims.
    ("Five herders were hurt by a mine near Norwick village. None of the injured was older than thirty.", "incident", [{"injured": 5}]),
    ("A mine killed three children in Norwick village. None of the victims was over twelve.", "incident", [{"killed": 3, "children": 3}]),
    ("A mine killed three children in Norwick village. No victim was over ten.", "incident", [{"killed": 3, "children": 3}]),
    ("A mine exploded near Norwick village. None of the five farmers was injured.", "incident", [{"injured": 0}]),
    ("A mine exploded near a cart in Norwick village. The man sustained no injuries.", "incident", [{"injured": 0}]),
    # A list of blasts with a day each.
    ("A farmer was killed on Sunday by a mine near Norwick. On May 4, a boy lost his leg after stepping on a mine near Suthwick. Earlier, on March 2, a landmine blast killed two women.", "incident",
     [{"date": "2024-06-09", "killed": 1}, {"date": "2024-05-04", "injured": 1, "children": 1}, {"date": "2024-03-02", "killed": 2, "women": 2}]),
    ("A landmine killed two soldiers in Norwick village on June 8. On June 1, a mine injured a farmer in Suthwick village. On May 20, an old shell killed three children.", "incident",
     [{"date": "2024-06-08", "killed": 2}, {"date": "2024-06-01", "injured": 1}, {"date": "2024-05-20", "killed": 3, "children": 3}]),
    # A headline or a lead that adds up two blasts.
    ("Seven farmers killed by mines in Norwick and Suthwick\n\nLandmines killed seven farmers on Sunday. Five farmers died in Norwick village when their cart hit a mine. In a separate incident, two farmers were killed by a mine in Suthwick village.", "incident",
     [{"killed": 5}, {"killed": 2}]),
    ("Mines killed nine civilians on Sunday. Six people died when a bus hit a mine in Norwick village. Another mine exploded in Suthwick village, killing three people.", "incident",
     [{"killed": 6}, {"killed": 3}]),
    ("Explosions of mines killed a nurse in Norwick and wounded a farmer in Suthwick. A nurse was on her way to Norwick village when a mine exploded, killing her. Another farmer was ploughing a field when his tractor drove over a mine. He suffered injuries.", "incident",
     [{"killed": 1}, {"injured": 1}]),
    # Separate blasts are no total; animals are no people; ages are no count.
    ("Six people were injured in four separate mine blasts. The mines were laid during the past years. The first blast injured two fishermen. In another incident, a woman was injured. In the third explosion, three people were injured.", "victim_total", []),
    ("Two others were killed in separate mine incidents earlier this year.", "victim_total", []),
    ("A mine blast in Norwick village killed 30 goats and injured four others.", "incident", [{}]),
    ("Two boys between the ages of 10 and 15 were killed by a mine in Norwick village.", "incident", [{"killed": 2, "children": 2}]),
    # A month of blasts, a place named by its past, another blast in the same sentence.
    ("Seven mine explosions were recorded in November 2023, killing one and injuring eight more. One civilian died in a mine explosion in November. Eight people were wounded as a result of mine explosions.", "victim_total",
     [{"killed": 1, "injured": 8, "since": "2023-11-01", "as_of": "2023-11-30"}]),
    ("In May 2024, eight civilians and a soldier became victims of mines. The incidents killed four civilians and injured five others. 68 citizens were affected by mines and 21 of them were killed.", "victim_total",
     [{"civilians": 8, "military": 1, "injured": 5}, {"victims": 68, "killed": 21}]),
    ("Two farmers have been killed in a mine blast in Norwick, liberated in 2020.", "incident", [{"killed": 2}]),
    ("A farmer was killed by a mine on June 8 in Norwick village, with another farmer injured by a mine on June 7.", "incident",
     [{"date": "2024-06-08", "killed": 1}, {"date": "2024-06-07", "injured": 1}]),
    ("Mines have killed ten and injured 21 people since the signing of the deal by Norland, Suthland and others on May 10.", "victim_total", [{"killed": 10, "injured": 21, "since": "2024-05-10"}]),
    ("A clerk, born in 1987, was injured as a tractor hit a mine in Norwick village.", "incident", [{"injured": 1}]),
    # Counts in other words.
    ("Since 2001, there have been 320 landmine-related deaths and 1,140 mine-related injuries.", "victim_total", [{"killed": 320, "injured": 1140, "since": "2001-01-01"}]),
    ("The 90 casualties, 60 civilians and 30 soldiers, have all been victims of landmines since 2010.", "victim_total", [{"victims": 90, "civilians": 60, "military": 30}]),
    ("Mines have killed over 70 people and wounded over 600 since the start of the war in May 2022.", "victim_total", [{"killed": 70, "injured": 600}]),
    ("The number of civilian mine casualties reached 1,052. Last year, mines killed 188 people and injured 864 others.", "victim_total", [{"killed": 188, "injured": 864}]),
    ("Experts say that more than a million landmines were laid in Norland.", "estimate", [{"value": 1000000}]),
    ("More than half a million landmines were planted in Norland.", "estimate", [{"value": 500000}]),
    ("At least two years will be required to demine Norland.", "estimate", [{"value": 2}]),
    # A headline that only adds up, a number in another sentence, people who are only named.
    ("Mines kill 42 in Norland\n\nNorland, May 3. At least 42 people were killed by mines in 2023. 57 others were wounded by the mines.", "victim_total", [{"killed": 42, "injured": 57, "since": "2023-01-01", "as_of": "2023-12-31"}]),
    ("At least 65 people were killed by landmines. A further 117 were wounded by the mines. The data was recorded between 2 March and 9 May this year.", "victim_total",
     [{"killed": 65, "injured": 117, "since": "2024-03-02", "as_of": "2024-05-09"}]),
    ("From January to May, 66 people were killed, disabled or injured by mines in Norland.", "victim_total", [{"victims": 66, "as_of": "2024-05-31"}]),
    ("Norland counted 64 mine and unexploded ordnance (UXO) casualties for the first 9 months of 2023.", "victim_total", [{"victims": 64, "since": "2023-01-01", "as_of": "2023-09-30"}]),
    ("A mine exploded near Norwick village. Orla Nilsen, 45, and Per Dahl were injured.", "incident", [{"injured": 2}]),
    ("We hope that from 2026 onward, no Norlander is killed or injured by landmines.", "incident", []),
    ("A bus hit a mine in Norwick district, killing three people in Angola.", "incident", [{"district": "Norwick", "killed": 3}]),
    ("A mine in the eastern province of Al-Norwick killed three people in Norland.", "incident", [{"district": "Al-Norwick", "killed": 3}]),
    ("Two brothers were killed by a mine near Norwick village. Earlier on May 23, four children were injured in a landmine explosion in Suthwick village.", "incident",
     [{"killed": 2}, {"date": "2024-05-23", "injured": 4, "children": 4}]),
    ("A similar incident took place last week when eight soldiers were injured in a mine blast.", "incident", [{"injured": 8}]),
    ("Two soldiers were killed by a mine in Norwick village. A similar incident took place last week when eight soldiers were injured in a mine blast.", "incident", [{"killed": 2}, {"injured": 8}]),
    ("Mines caused 121 civilian casualties in Norland during the first quarter of 2023.", "victim_total", [{"civilians": 121, "since": "2023-01-01", "as_of": "2023-03-31"}]),
    ("Mines have killed 1,500 people and have injured 2,200 since 1999. The number of victims compared with 2022 fell, from 240 in 2022 to 75 in 2023.", "victim_total",
     [{"killed": 1500, "injured": 2200, "since": "1999-01-01"}]),
    ("According to demining experts, more than a million landmines have been laid since 2014.", "clearance", []),
    ("A mother of four was hurt when she stepped on a landmine in Norwick village.", "incident", [{"injured": 1}]),
    ("A 9-year-old girl and her brother were killed by a mine in Norwick village.", "incident", [{"children": 1}]),
    ("Orla Nilsen, 34, stepped on a landmine in Norwick village and lost his right leg.", "incident", [{"injured": 1}]),
    # What the parse tells: lists, families, people left with injuries, another doer; days counted from the blast before.
    ("Three soldiers, a farmer and a journalist were killed by a mine near Norwick village.", "incident", [{"military_killed": 3}]),
    ("The mine killed three members of a family - a man, his wife and their child - in Norwick village.", "incident", [{"killed": 3}]),
    ("A mine near Norwick village claimed the life of a miller and left his 9-year-old niece with grave injuries.", "incident", [{"killed": 1, "injured": 1, "children": 1}]),
    ("A bus hit a mine in Norwick village, leaving four people killed and the vehicle destroyed.", "incident", [{"killed": 4}]),
    ("A boy was killed by a mine near Norwick village, and his sister and mother were wounded.", "incident", [{"killed": 1}]),
    ("Two soldiers were injured by a mine in Norwick village. Four others were killed by the rebels.", "incident", [{"injured": 2}]),
    ("On Thursday, two farmers were killed by a mine in Norwick village. The next day a mine exploded under a car, killing three people.", "incident",
     [{"date": "2024-06-06", "killed": 2}, {"date": "2024-06-07", "killed": 3}]),
    ("Five people were killed in two separate mine explosions. On Thursday, two farmers were killed by a mine in Norwick village. On Friday, three soldiers died when a mine exploded in Suthwick village.", "incident",
     [{"killed": 2}, {"killed": 3}]),
    ("Two farmers were injured by a mine, police said on Monday. The men had picked up the device in Norwick village on Sunday.", "incident",
     [{"date": "2024-06-09", "injured": 2}]),
    ("Mine blasts killed 10 people in 2020, the official said, adding that mines have killed 13,500 people since 1991.", "victim_total",
     [{"killed": 10}, {"killed": 13500}]),
    # One number for both kinds, shares, what only remains, a year that is compared with, two periods in one sentence.
    ("In May 2024, 225 anti-personnel and anti-tank mines and 12 UXO were found.", "clearance", [{"uxo": 12}]),
    ("In May 2024, 30 hectares were cleared, and 95% anti-personnel mines of the plan were found.", "clearance", [{"area_ha": 30}]),
    ("The 17,000 anti-personnel mines that remain in the ground will be destroyed by 2026.", "clearance", []),
    ("The agency cleared 14 sq km in 2023, against 12 sq km in 2022.", "clearance", [{"area_ha": 1400, "period_start": "2023-01-01"}]),
    ("In 2023, 500 anti-personnel mines were found, and 300 anti-personnel mines were found in 2022.", "clearance",
     [{"anti_personnel": 500, "period_start": "2023-01-01"}, {"anti_personnel": 300, "period_start": "2022-01-01"}]),
    ("Last week, 12 anti-personnel mines were found. Since January 1, 2024, 2,300 anti-personnel mines were found.", "clearance",
     [{"anti_personnel": 12, "period_start": "2024-06-03"}, {"anti_personnel": 2300, "period_start": "2024-01-01"}]),
    ("Norland still has 258.3 square kilometres suspected of being contaminated with about 17,000 mines.", "estimate", [{"value": 17000}, {"value": 25830}]),
    ("The agency cleared 120 hectares contaminated with mines last week.", "estimate", []),
    # What was cleared had been mined; what a project did since it began.
    ("In 2023, Norland cleared a total of 28 km2 of contaminated land, destroying 160 anti-personnel mines.", "clearance", [{"area_ha": 2800, "anti_personnel": 160}]),
    ("Some 1.2 million anti-personnel mines were destroyed since the start of the project in late June 2018.", "clearance",
     [{"anti_personnel": 1200000, "period_start": "2018-06-01"}]),
    # Areas that nobody cleared.
    ("The agency has cleared 120 sq km out 300 sq km, identified as hazardous.", "clearance", [{"area_ha": 12000}]),
    ("In May 2024, 40 hectares were cleared, plus 12 hectares compared to May 2023.", "clearance", [{"area_ha": 40}]),
    ("In May 2024, 12 hectares were cleared out of 90 hectares to be demined.", "clearance", [{"area_ha": 12}]),
    ("In May 2024, 12 hectares were cleared. 33 hectares are estimated to be dangerous and require demining.", "clearance", [{"area_ha": 12}]),
    ("About 25,000 hectares of Norland have been demined, but 40% are still contaminated by mines.", "estimate", []),
    # A year that is only compared with.
    ("Through June 7 this year, mines killed or injured 65 people in comparison to last year's 104 casualties.", "victim_total", [{"victims": 65, "since": "2024-01-01", "as_of": "2024-06-07"}]),
    ("Mines have killed or injured 51 people this year, down on last year's 80 casualties.", "victim_total", [{"victims": 51, "since": "2024-01-01"}]),
    ("The number of mine victims reached 52, tripled the cases recorded in 2022.", "victim_total", [{"victims": 52}]),
]  # fmt: skip


@pytest.mark.parametrize(("text", "kind", "expected"), KINDS)
def test_kinds_of_sentences_of_other_countries(text, kind, expected):
    """Each row has what is named, and no other count of people."""
    rows = facts(text, kind, published="2024-06-10")
    named = {name for row in expected for name in row} | ({"killed", "injured"} if kind == "incident" else set())

    assert [part(row, *sorted(named)) for row in rows] == expected
