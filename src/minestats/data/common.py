"""Columns and words that several tables share."""

from __future__ import annotations

from minestats.data.column import COUNT, Column

PRECISION = ("day", "month", "year")
SEXES, AGES = ("male", "female"), ("adult", "child")
BASIS = ("stated", "inferred")
ROUNDED = ("about", "more_than", "nearly")
OPERATORS = ("all", "unknown")  # a data package adds its country's own
PERIODS = ("week", "month", "quarter", "half", "year", "cumulative", "other")
# as Landmine Monitor and IMAS 04.10 tell them apart; anti_tank and uxo are what anti_vehicle and other_erw were called
DEVICES = (
    *("anti_personnel", "anti_vehicle", "anti_tank", "improvised_mine", "cluster_submunition"),
    *("other_erw", "uxo", "mine", "unknown"),
)


def key_column(name: str, what: str) -> Column:
    return Column(name, title="Id", description=f"Key of the {what}; never reused.", required=True)


def people_column(name: str, title: str, description: str = "") -> Column:
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
    people_column("civilians_killed", "Civilians killed"),
    people_column("civilians_injured", "Civilians injured"),
    people_column("military_killed", "Military killed"),
    people_column("military_injured", "Military injured"),
)
HARM = (
    people_column("killed", "Killed", "People killed; empty where not stated."),
    people_column("injured", "Injured", "People injured; empty where not stated."),
    *SPLIT,
    people_column("women", "Women", "Adult women among the casualties, where stated."),
    people_column("children", "Children", "Casualties under 18, or called children by the source."),
)
# what a register may say beyond the press: totals of an incident, and of a row that is a person, who it was
OF_WHOM = (
    Column("sex", title="Sex", description="Of a victim, or of all people counted.", words=SEXES, optional=True),
    Column(
        "age_group",
        title="Age group",
        description="Of a victim, or of all people counted: child is under 18, or called so by the register.",
        words=AGES,
        optional=True,
    ),
)
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
    *OF_WHOM,
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


def precision_column(of: str, *extra: str) -> Column:
    return Column(
        f"{of}_precision",
        title=f"Precision of {of}",
        description="The smallest unit that is known; the rest of the date is filled in.",
        words=PRECISION + extra,
        optional=True,
    )
