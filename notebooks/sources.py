# ---
# jupyter:
#   jupytext:
#     formats: ipynb,py:percent
#     text_representation:
#       extension: .py
#       format_name: percent
#   kernelspec:
#     display_name: Python 3 (ipykernel)
#     language: python
#     name: python3
# ---

# %% [markdown]
# # Sources and contradictions
#
# What do the reports rest on, where do the statements contradict each other, and what is missing? Every contradiction stands here with both figures and the
# pages that print them.

# %%
import pandas as pd

import minestats as ms
from minestats import plot, words
from minestats.render import report_info
from minestats.scope import scope

# %% tags=["parameters", "no-small-counts"]
data: str = ""  # folder of the data package; empty: the data that come with minestats
district: str = "all"  # district to report on [choices: all, districts.district]
since: str = ""  # first day counted; empty: the start that the data name [date; optional]
until: str = ""  # last day counted; empty: as far as the data go [date; optional]
as_of: str = ""  # state of knowledge, later publications are left out; empty: all [date; optional]
level: float = 0.95  # confidence level of the intervals [range: 0.5 to 0.999]

# %%
here = scope(ms.load(data or None), district=district, since=since, until=until, as_of=as_of)
cite = words.Citations(here.data)
report_info(title=f"Sources and contradictions, {here.place}", period=here.period, as_of=here.as_of)
words.say(here.lead)

# %%
statements, totals, incidents = here.clearance, here.totals if here.national else here.totals.head(0), here.incidents
reports = here.data.incident_reports[here.data.incident_reports["incident_id"].isin(incidents["incident_id"])]
used = pd.concat([statements["source_id"], totals["source_id"], reports["source_id"]]).dropna()
pages = here.data.sources[here.data.sources["source_id"].isin(used)]
told = ms.conflicts(reports, incidents=incidents)
disagree = ms.clearance_conflicts(statements) if len(statements) else pd.DataFrame(columns=["kind"])
wrong = ms.check_totals(totals) if len(totals) else pd.DataFrame(columns=["rule"])
falls = wrong[wrong["rule"] == "fall"]
inferred = {
    "incidents": (incidents["date_basis"] == "inferred").sum(),
    "statements of clearance": (statements["date_basis"] == "inferred").sum(),
    "totals": (totals["date_basis"] == "inferred").sum(),
}

# %% [markdown]
# ## At a glance

# %%
words.glance(
    [
        (
            "Pages used",
            words.number(len(pages)),
            f"of {words.number(pages['publisher'].nunique())} publishers, {here.period}",
        ),
        (
            "Incidents told of differently",
            words.number(told["incident_id"].nunique()),
            f"of {words.number(len(incidents))} incidents",
        ),
        (
            "Contradictions between bulletins",
            words.number(len(disagree)),
            f"in {words.many(len(statements), 'statement')}",
        ),
        ("Figures of running totals that fall", words.number(len(falls)), f"in {words.many(len(totals), 'total')}"),
        (
            "Dates that are inferred",
            words.number(sum(inferred.values())),
            "; ".join(f"{n} {what}" for what, n in inferred.items()),
        ),
    ]
)

# %% [markdown]
# ## How dense is the coverage?

# %%
if len(statements):
    ax = plot.sources(
        statements,
        date="period_end",
        title=f"{words.many(len(statements), 'statement')} of clearance, {here.place}",
        source=f"n = {len(statements)}; each statement in the month in which its period ends",
    )
    plot.show(ax)
else:
    words.say(f"No statement of clearance is limited to {here.place} in this period.")

# %%
dated = pages.assign(year=pages["published"].dt.strftime("%Y").fillna("date not shown"))
words.table(
    dated.groupby("year")
    .agg(pages=("source_id", "size"), publishers=("publisher", "nunique"), languages=("language", "nunique"))
    .reset_index(),
    f"Pages used, by year of publication, {here.place}",
    heads={"year": "published"},
)
top = pages["publisher"].fillna("publisher not named").value_counts().head(12)
words.table(top.rename_axis("publisher").reset_index(name="pages"), "Publishers with most pages")

# %%
per = reports.groupby("incident_id").size().reindex(incidents["incident_id"]).fillna(0).astype(int)
if len(per):
    words.say(
        f"{(per <= 1).sum()} of {len(per)} incidents rest on one page, {(per == 0).sum()} of them on none; the median is {per.median():.0f} pages, the most {per.max()}. Sources copy each other: a number of pages is no number of witnesses."
    )

# %% [markdown]
# ## Where do reports of one incident differ?


# %%
def printed_by(ids):
    return cite(reports[reports["source_id"].isin(str(ids).replace("|", ";").split(";"))], 6)


if len(told):
    rows = [
        reports[(reports["incident_id"] == r["incident_id"]) & reports[r["field"]].notna()] for _, r in told.iterrows()
    ]
    place = incidents.set_index("incident_id")
    words.table(
        pd.DataFrame(
            {
                "date": place.loc[told["incident_id"], "date"].to_numpy(),
                "district": place.loc[told["incident_id"], "district"].to_numpy(),
                "figure": told["field"].str.replace("_", " ").to_numpy(),
                "values": told["values"].to_numpy(),
                "chosen": told["chosen"].to_numpy(),
                "note": told["note"].to_numpy(),
                "pages": [cite(r, 6) for r in rows],
            }
        ),
        "Figures that reports of one incident print differently, the one used, and why",
        heads={"chosen": "used", "values": "printed"},
    )
else:
    words.say("No two reports of one incident print different figures.")

# %% [markdown]
# ## Where do bulletins contradict each other?

# %%
if len(disagree):
    said = [statements[statements["statement_id"].isin(ids.split(";"))] for ids in disagree["statement_ids"]]
    words.table(
        disagree.assign(
            operator=[here.operator(o) for o in disagree["operator"]], pages=[cite(rows, 6) for rows in said]
        )[["kind", "start", "end", "operator", "column", "chosen", "rejected", "message", "pages"]],
        "Figures of one period that bulletins print differently",
        heads={"start": "from", "end": "to", "column": "figure", "chosen": "used", "message": "what"},
        decimals={"chosen": 2},
    )
    words.say(
        "*value*: different figures; *swap*: anti-personnel and anti-tank exchanged; *decimal*: a factor of 10, 100 or 1,000; *sum*: the items do not add; *parts*: shorter periods exceed the longer; *span*: a longer period is less than its months; *fall*: a running total falls; *copy*: the same three counts in two periods."
    )
else:
    words.say("No two bulletins of this place and period contradict each other.")

# %%
over = ms.overlaps(statements) if len(statements) else pd.DataFrame()
words.say(
    f"{words.many(len(over), 'pair')} of periods of one operator share days ({(over['relation'] == 'contains').sum() if len(over) else 0} contain each other, {(over['relation'] == 'straddles').sum() if len(over) else 0} straddle): adding them would count work twice."
)

# %% [markdown]
# ## Which official totals are doubtful?

# %%
if len(wrong):
    at = totals.set_index("total_id")
    words.table(
        pd.DataFrame(
            {
                "rule": wrong["rule"].to_numpy(),
                "as_of": at.loc[wrong["total_id"], "as_of"].to_numpy(),
                "figure": wrong["column"].to_numpy(),
                "value": wrong["value"].to_numpy(),
                "expected": wrong["expected"].to_numpy(),
                "message": wrong["message"].to_numpy(),
                "pages": [
                    cite(totals[totals["total_id"].isin([a, b])])
                    for a, b in zip(wrong["total_id"], wrong["other_id"], strict=True)
                ],
            }
        ),
        f"What the checks find in the running totals of casualties {here.in_place}",
        heads={"as_of": "as of", "message": "what"},
        empty="Nothing.",
    )
else:
    words.say(
        "The checks find nothing in the running totals."
        if len(totals)
        else f"There are no running totals of {here.place}."
    )

# %% [markdown]
# ## What has been corrected?

# %%
fixes = here.data.corrections
words.table(
    fixes.assign(pages=[cite(here.data.sources[here.data.sources["source_id"] == i]) for i in fixes["source"]])[
        ["table", "row_id", "column", "expect", "value", "reason", "pages"]
    ],
    "Reviewed corrections, applied when the data are read",
    heads={"row_id": "row", "expect": "printed", "value": "read as"},
    empty="None.",
)

# %% [markdown]
# ## Methods
#
# A silent source contradicts nobody: only different known figures count. Running totals are compared with earlier ones of the same scope and start; bulletins with those of the same
# operator, district and period. Which figure is used, and why, is said in each report; nothing is averaged.

# %%
words.say(
    f"Used here: {words.many(len(reports), 'report')} of {words.many(len(incidents), 'incident')}, {words.many(len(statements), 'statement')} of clearance, {words.many(len(totals), 'running total')}."
)

# %% [markdown]
# ## Limits of the data

# %%
words.say("\n".join(f"- {line}" for line in here.limits) or "The data package states no limits.")

# %% [markdown]
# ## Sources

# %%
cite.show()
