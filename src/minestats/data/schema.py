"""The tables: what a row is, and for each column its type, unit, words, limits and keys.

Seven tables hold what is published about landmines in one country. A row is one statement, total, incident, report,
figure, page or district; it is never changed for a later figure, and an empty cell means that the source does
not say. This module only describes; `minestats.data` reads and checks by it, and `datapackage.json` is written
from it, so that the description cannot differ from what is enforced.

Some vocabularies belong to a country, not to the package: which authorities speak, which scopes a total has, which
other figures are collected. Such a column is `open`: the words stand in the package's `datapackage.json`.
"""

from __future__ import annotations

from minestats.data.column import COUNT, DATE, DTYPES, NUMBER, TEXT, Column, Table

__all__ = ["COUNT", "DATE", "DTYPES", "NUMBER", "TABLES", "TEXT", "Column", "Table"]

PRECISION = ("day", "month", "year")
BASIS = ("stated", "inferred")
ROUNDED = ("about", "more_than", "nearly")
OPERATORS = (
    "anama",
    "ministry_of_defence",
    "border_service",
    "emergency_ministry",
    "companies",
    "ngo",
    "russian_peacekeepers",
    "all",
    "unknown",
)
PERIODS = ("week", "month", "quarter", "half", "year", "cumulative", "other")
# as Landmine Monitor and IMAS 04.10 tell them apart; anti_tank and uxo are what anti_vehicle and other_erw were called
DEVICES = (
    *("anti_personnel", "anti_vehicle", "anti_tank", "improvised_mine", "cluster_submunition"),
    *("other_erw", "uxo", "mine", "unknown"),
)


def _id(name: str, what: str) -> Column:
    return Column(name, title="Id", description=f"Key of the {what}; never reused.", required=True)


def _people(name: str, title: str, description: str = "") -> Column:
    return Column(name, COUNT, title, description or f"{title}, as stated.", unit="persons", low=0)


SOURCE = Column(
    "source_id",
    title="Source",
    description="Page that the row was taken from.",
    required=True,
    refers="sources.source_id",
)
NOTE = Column(
    "note",
    title="Note",
    description="What a reader must know; begins with 'doubtful:' where a printed figure is probably wrong.",
)
DATE_BASIS = Column(
    "date_basis",
    title="Basis of the date",
    description="stated: the page prints the full date; inferred: it follows from the publication or the context.",
    words=BASIS,
)
AUTHORITY = Column("authority", title="Authority", description="Who said it.", open=True)
ROUNDED_COLUMNS = (
    Column(
        "rounded",
        title="Rounded",
        description="Whether the source says about, more_than (over, at least) or nearly (up to, less than).",
        words=ROUNDED,
    ),
    Column(
        "rounded_columns",
        title="Rounded columns",
        description="Columns that `rounded` is said of; empty where the source does not say which.",
        many=True,
        optional=True,
    ),
)
DISTRICT = Column(
    "district",
    title="District",
    description="District, as spelled in `districts`.",
    refers="districts.district",
)
SPLIT = (
    _people("civilians_killed", "Civilians killed"),
    _people("civilians_injured", "Civilians injured"),
    _people("military_killed", "Military killed"),
    _people("military_injured", "Military injured"),
)
HARM = (
    _people("killed", "Killed", "People killed; empty where not stated."),
    _people("injured", "Injured", "People injured; empty where not stated."),
    *SPLIT,
    _people("women", "Women", "Adult women among the casualties, where stated."),
    _people("children", "Children", "Casualties under 18, or called children by the source."),
)
# what a register may say beyond the press: totals of an incident, and of a row that is a person, who it was
REGISTERED = (
    Column(
        "victims", COUNT, "Victims", "Casualties, as the register totals them.", unit="persons", low=0, optional=True
    ),
    Column("civilians", COUNT, "Civilians", "Civilian casualties, as totalled.", unit="persons", low=0, optional=True),
    Column("military", COUNT, "Military", "Military casualties, as totalled.", unit="persons", low=0, optional=True),
    Column(
        "status",
        title="Status",
        description="Of a row that is a victim: whether civilian, military or deminer.",
        words=("civilian", "military", "deminer"),
        optional=True,
    ),
    Column("sex", title="Sex", description="Of a row that is a victim.", words=("male", "female"), optional=True),
    Column(
        "age_group",
        title="Age group",
        description="Of a row that is a victim: child is under 18, or called so by the register.",
        words=("adult", "child"),
        optional=True,
    ),
    Column(
        "rounded",
        title="Rounded",
        description="Whether the register calls a count of the row about or more_than.",
        words=ROUNDED,
        optional=True,
    ),
)
DEVICE = Column(
    "device",
    title="Device",
    description="What exploded; mine: which kind is not said.",
    words=DEVICES,
)


def _precision(of: str, *extra: str) -> Column:
    return Column(
        f"{of}_precision",
        title=f"Precision of {of}",
        description="The smallest unit that is known; the rest of the date is filled in.",
        words=PRECISION + extra,
        optional=True,
    )


CLEARANCE = Table(
    "clearance",
    "Clearance statements",
    "One published statement of clearance results.",
    "statement_id",
    (
        _id("statement_id", "statement"),
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
        _precision("start", "none"),
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
        _id("total_id", "total"),
        Column("since", DATE, "Counted since", "First day counted."),
        _precision("since"),
        Column("as_of", DATE, "As of", "Last day counted."),
        _precision("as_of"),
        _people("victims", "Victims", "Casualties: killed and injured together, as stated."),
        _people("killed", "Killed"),
        _people("injured", "Injured"),
        _people("civilians", "Civilians", "Civilian casualties, killed and injured together, as stated."),
        _people("military", "Military", "Military casualties, killed and injured together, as stated."),
        *SPLIT,
        _people("women", "Women"),
        _people("children", "Children"),
        _people("journalists_killed", "Journalists killed"),
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
        _id("incident_id", "incident"),
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
        _id("report_id", "report"),
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
        _id("estimate_id", "figure"),
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
        Column("since", DATE, "Since", "First day of the period that the figure is of.", optional=True),
        Column("as_of", DATE, "As of", "Day that the figure is of."),
        _precision("as_of"),
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
        _id("source_id", "page"),
        Column("publisher", title="Publisher", description="The site or body that published the page."),
        Column("published", DATE, "Published", "Day of publication; empty where the page shows none."),
        _precision("published"),
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

TABLES: dict[str, Table] = {
    table.name: table
    for table in (CLEARANCE, VICTIM_TOTALS, INCIDENTS, INCIDENT_REPORTS, ESTIMATES, SOURCES, DISTRICTS)
}
