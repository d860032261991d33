"""The tables: what a row is, and for each column its type, unit, words, limits and keys.

Eight tables hold what is published about landmines in one country. A row is one statement, total, incident, report,
figure, page or district; it is never changed for a later figure, and an empty cell means that the source does
not say. This module only describes; `minestats.data` reads and checks by it, and `datapackage.json` is written
from it, so that the description cannot differ from what is enforced.

Some vocabularies belong to a country, not to the package: which authorities speak, which scopes a total has, which
other figures are collected. Such a column is `open`: the words stand in the package's `datapackage.json`.
"""

from __future__ import annotations

from minestats.data.column import COUNT, DATE, DTYPES, NUMBER, TEXT, Column, Table
from minestats.data.common import (
    AUTHORITY,
    BASIS,
    DATE_BASIS,
    DEVICE,
    DEVICES,
    DISTRICT,
    HARM,
    NOTE,
    OF_WHOM,
    OPERATORS,
    PERIODS,
    PRECISION,
    REGISTERED,
    ROUNDED,
    ROUNDED_COLUMNS,
    SOURCE,
    SPLIT,
    key_column,
    people_column,
    precision_column,
)

__all__ = ["COUNT", "DATE", "DTYPES", "NUMBER", "TABLES", "TEXT", "Column", "Table"]

CLEARANCE = Table(
    "clearance",
    "Clearance statements",
    "One published statement of clearance results.",
    "statement_id",
    (
        key_column("statement_id", "statement"),
        Column("period_start", DATE, "Start", "First day of the period, inside it.", required=True),
        Column("period_end", DATE, "End", "Last day of the period, inside it.", required=True),
        Column("period_type", title="Kind of period", description="Kind of period.", required=True, words=PERIODS),
        Column(
            "operator",
            title="Operator",
            description="Whose work is counted: a reviewed reading of `operator_stated`.",
            required=True,
            words=OPERATORS,
            open=True,
        ),
        Column(
            "operator_stated",
            title="Operator as stated",
            description="The statement's own word for whose work it counts.",
            words=OPERATORS,
            open=True,
            optional=True,
        ),
        Column(
            "row_is",
            title="Row is",
            description="work: a piece of work of a register, to be added up; statement otherwise: never to be added.",
            words=("statement", "work"),
            optional=True,
        ),
        Column(
            "district",
            title="District",
            description="Set only where the figures are of that one district; empty: not limited to one.",
            refers="districts.district",
        ),
        Column(
            "districts_listed",
            title="Districts listed",
            description="Districts named by a statement that is not limited to one.",
            refers="districts.district",
            many=True,
            optional=True,
        ),
        Column("anti_personnel", COUNT, "Anti-personnel mines", "Anti-personnel mines found.", unit="items", low=0),
        Column("anti_tank", COUNT, "Anti-tank mines", "Anti-tank (antivehicle) mines found.", unit="items", low=0),
        Column(
            "mines_total",
            COUNT,
            "Mines together",
            "Mines of both kinds together, as stated.",
            unit="items",
            low=0,
            optional=True,
        ),
        Column("uxo", COUNT, "Unexploded ordnance", "Unexploded ordnance found.", unit="items", low=0),
        Column("items_total", COUNT, "Items together", "Mines and ordnance together, as stated.", unit="items", low=0),
        Column("items_destroyed", COUNT, "Items destroyed", "Items destroyed.", unit="items", low=0, optional=True),
        Column(
            "area_ha",
            NUMBER,
            "Area reported",
            "Area reported as cleared; the land-release product is not stated.",
            unit="ha",
            low=0,
        ),
        # the three products of land release (IMAS 07.11): released is their sum
        *(
            Column(f"area_{name}_ha", NUMBER, f"Area {name}", f"Area {name}: {how}.", unit="ha", low=0, optional=True)
            for name, how in (
                ("cleared", "every hazard in it taken out"),
                ("reduced", "found free of hazards by technical survey"),
                ("cancelled", "found free of hazards by non-technical survey"),
            )
        ),
        Column("site", title="Site", description="Id or name of the task or hazardous area.", optional=True),
        Column("method", title="Method", description="How the work was done.", open=True, optional=True),
        *ROUNDED_COLUMNS,
        DATE_BASIS,
        precision_column("start", "none"),
        Column("authority", title="Authority", description="Who said it.", open=True, optional=True),
        SOURCE,
        NOTE,
    ),
)

VICTIM_TOTALS = Table(
    "victim_totals",
    "Totals of casualties",
    "One published total of mine victims (in official statements: killed and injured together).",
    "total_id",
    (
        key_column("total_id", "total"),
        Column("since", DATE, "Counted since", "First day counted."),
        precision_column("since"),
        Column("as_of", DATE, "As of", "Last day counted."),
        precision_column("as_of"),
        people_column("victims", "Victims", "Casualties: killed and injured together, as stated."),
        people_column("killed", "Killed"),
        people_column("injured", "Injured"),
        people_column("civilians", "Civilians", "Civilian casualties, killed and injured together, as stated."),
        people_column("military", "Military", "Military casualties, killed and injured together, as stated."),
        *SPLIT,
        people_column("women", "Women"),
        people_column("children", "Children"),
        people_column("journalists_killed", "Journalists killed"),
        Column(
            "outcome_unknown",
            COUNT,
            "Outcome unknown",
            "Casualties of whom the source does not say whether they died.",
            unit="persons",
            low=0,
            optional=True,
        ),
        Column("scope", title="Scope", description="Territory or group counted.", required=True, open=True),
        Column(
            "span",
            title="Span",
            description="Kind of period counted; totals of different spans are not comparable.",
            open=True,
            optional=True,
        ),
        Column(
            "authority",
            title="Authority",
            description="Who said it.",
            required=True,
            open=True,
        ),
        *ROUNDED_COLUMNS,
        DATE_BASIS,
        SOURCE,
        NOTE,
    ),
)

INCIDENTS = Table(
    "incidents",
    "Incidents",
    "One explosion, or one chain of explosions at one place within minutes.",
    "incident_id",
    (
        key_column("incident_id", "incident"),
        Column("date", DATE, "Date", "Day of the explosion; the first day where only month or year is known."),
        Column(
            "date_precision",
            title="Precision of date",
            description="The smallest unit of the date that is known.",
            words=PRECISION,
        ),
        DATE_BASIS,
        DISTRICT,
        Column("settlement", title="Settlement", description="Nearest village or town named."),
        *HARM,
        DEVICE,
        Column(
            "activity",
            title="Activity",
            description="What the people hit were doing, as far as the reports say.",
            open=True,
        ),
        Column(
            "side",
            title="Side",
            description="Whose people were hit.",
            open=True,
            optional=True,
        ),
        Column(
            "killed_basis",
            title="Basis of killed",
            description="stated: a report says it; official_totals: a nought that the official totals confirm.",
            words=("stated", "official_totals"),
            optional=True,
        ),
        Column(
            "row_is",
            title="Row is",
            description="victim: the register lists people, so rows are not explosions; incident otherwise.",
            words=("incident", "victim"),
            optional=True,
        ),
        Column(
            "outcome_unknown",
            COUNT,
            "Outcome unknown",
            "Casualties of whom the register does not say whether they died.",
            unit="persons",
            low=0,
            optional=True,
        ),
        *REGISTERED,
        Column(
            "source_id",
            title="Source",
            description="Page or register, where the incident has no rows in `incident_reports`.",
            refers="sources.source_id",
            optional=True,
        ),
        NOTE,
    ),
)

INCIDENT_REPORTS = Table(
    "incident_reports",
    "Reports of incidents",
    "What one source said of one explosion.",
    "report_id",
    (
        key_column("report_id", "report"),
        Column(
            "incident_id",
            title="Incident",
            description="Incident told of; empty where the report cannot be tied to one.",
            refers="incidents.incident_id",
        ),
        Column("reported_date", DATE, "Date as reported", "Date of the explosion as this source prints it."),
        Column(
            "date_precision",
            title="Precision of date",
            description="The smallest unit of the reported date that is known.",
            words=PRECISION,
            optional=True,
        ),
        Column(
            "date_basis",
            title="Basis of the date",
            description="stated or inferred.",
            words=BASIS,
            optional=True,
        ),
        DISTRICT,
        Column("settlement", title="Settlement", description="Village or town as this source names it."),
        *HARM,
        Column(
            "device",
            title="Device",
            description="What exploded, as reported.",
            words=DEVICES,
            optional=True,
        ),
        Column("activity", title="Activity", description="Activity as reported.", optional=True),
        SOURCE,
        NOTE,
    ),
)

ESTIMATES = Table(
    "estimates",
    "Other official figures",
    "Any other official figure: areas, maps, costs, population, returnees.",
    "estimate_id",
    (
        key_column("estimate_id", "figure"),
        Column("metric", title="Metric", description="What is measured.", required=True, open=True),
        Column(
            "value", NUMBER, "Value", "The figure, in `unit`; the lower end of a stated range.", required=True, low=0
        ),
        Column("value_high", NUMBER, "Upper value", "Upper end of a stated range, in `unit`.", low=0, optional=True),
        Column(
            "of_total", NUMBER, "Of total", "The whole of which `value` is a part, in `unit`.", low=0, optional=True
        ),
        Column("unit", title="Unit", description="Unit of value, value_high and of_total.", required=True),
        DISTRICT,
        Column(
            "place",
            title="Place",
            description="Town, village or group of districts; a part, not to be added to rows without one.",
            optional=True,
        ),
        *OF_WHOM,
        Column("since", DATE, "Since", "First day of the period that the figure is of.", optional=True),
        Column("as_of", DATE, "As of", "Day that the figure is of."),
        precision_column("as_of"),
        Column("date_basis", title="Basis of the date", description="stated or inferred.", words=BASIS, optional=True),
        Column("rounded", title="Rounded", description="about, more_than or nearly.", words=ROUNDED, optional=True),
        AUTHORITY,
        SOURCE,
        NOTE,
    ),
)

SOURCES = Table(
    "sources",
    "Sources",
    "One page.",
    "source_id",
    (
        key_column("source_id", "page"),
        Column("publisher", title="Publisher", description="The site or body that published the page."),
        Column("published", DATE, "Published", "Day of publication; empty where the page shows none."),
        precision_column("published"),
        Column("language", title="Language", description="ISO 639-1 code of the page's language."),
        Column("url", title="Address", description="Address of the page."),
        Column(
            "covered_from",
            DATE,
            "Covered from",
            "First day that the register covers; before it the register says nothing, which is not nought.",
            optional=True,
        ),
        Column("covered_until", DATE, "Covered until", "Last day that the register covers.", optional=True),
        Column("origin", title="Origin", description="Agency that the page credits.", many=True, optional=True),
        Column("note", title="Note", description="What a reader must know.", optional=True),
    ),
)

DISTRICTS = Table(
    "districts",
    "Districts",
    "One district (or department, province), the one spelling that all tables use.",
    "district",
    (
        Column("district", title="District", description="The one spelling used in all tables.", required=True),
        Column("aliases", title="Aliases", description="Other spellings.", many=True),
        Column("latitude", NUMBER, "Latitude", "Latitude of the district's town.", unit="degrees", low=-90, high=90),
        Column(
            "longitude", NUMBER, "Longitude", "Longitude of the district's town.", unit="degrees", low=-180, high=180
        ),
        Column("code", title="Code", description="Official code of the district.", optional=True),
    ),
)

HAZARDOUS_AREAS = Table(
    "hazardous_areas",
    "Hazardous areas",
    "One area that is suspected or confirmed to hold mines, open or closed.",
    "hazard_id",
    (
        key_column("hazard_id", "area"),
        Column(
            "hazard_type",
            title="Type",
            description="Suspected (by non-technical survey) or confirmed to hold mines.",
            words=("suspected", "confirmed", "unknown"),
        ),
        Column(
            "status",
            title="Status",
            description="open: not yet released as a whole; closed: released.",
            words=("open", "closed", "unknown"),
            required=True,
        ),
        Column("reported", DATE, "Reported", "Day on which the area was recorded."),
        Column("status_date", DATE, "Date of status", "First day of the status; of a closed area, its closure."),
        Column("area_ha", NUMBER, "Area", "Size of the area.", unit="ha", low=0),
        DISTRICT,
        Column("settlement", title="Settlement", description="Nearest village or town named."),
        SOURCE,
        NOTE,
    ),
)

TABLES: dict[str, Table] = {
    table.name: table
    for table in (CLEARANCE, VICTIM_TOTALS, INCIDENTS, INCIDENT_REPORTS, ESTIMATES, HAZARDOUS_AREAS, SOURCES, DISTRICTS)
}
