"""Write the numbers that README.md and data/README.md quote of the data: `make data`."""

from __future__ import annotations

import re
import textwrap
from pathlib import Path

import pandas as pd

import minestats as ms

ROOT = Path(__file__).resolve().parents[1]
README, DATA_README = ROOT / "README.md", ROOT / "data" / "README.md"


def span(data: ms.Dataset) -> tuple[pd.Timestamp, pd.Timestamp]:
    """Return the first and the last day that statements of clearance speak of."""
    return pd.Timestamp(data.settings["start"]), data.clearance["period_end"].max()


def gaps(data: ms.Dataset) -> list[str]:
    """Return the months without a statement of area and both kinds of mines, of one month and the whole country."""
    rows = data.clearance
    ours = rows["operator"].isin([data.settings["main_operator"], data.settings["own_operator"], "unknown"])
    rows = rows[(rows["period_type"] == "month") & rows["district"].isna() & ours]
    full = rows[rows[["area_ha", "anti_personnel", "anti_tank"]].notna().all(axis=1)]
    middle = full["period_start"] + (full["period_end"] - full["period_start"]) / 2
    months = pd.period_range(*span(data), freq="M").strftime("%Y-%m")
    return [month for month in months if month not in set(middle.dt.strftime("%Y-%m"))]


def pages(data: ms.Dataset) -> dict[Path, str]:
    """Return the two pages with the counts of the data in them."""
    n = {name: f"{len(table):,}" for name, table in data.tables.items()}
    said = (
        f"{n['clearance']} statements of clearance, {n['victim_totals']} totals of casualties, "
        f"{n['incidents']} incidents told of by {n['incident_reports']} reports, from {n['sources']} published pages"
    )
    pattern = r"[\d,]+\s+statements\s+of\s+clearance.*?[\d,]+\s+published\s+pages"
    readme = re.sub(pattern, said.replace(" told of", "\ntold of"), README.read_text(encoding="utf-8"), flags=re.S)
    text = DATA_README.read_text(encoding="utf-8")
    for name, count in n.items():
        text = re.sub(rf"\| `{name}` \| [\d,]+ \|", f"| `{name}` | {count} |", text)
    listed = "\n".join(textwrap.wrap(", ".join(gaps(data)), 138))
    text = re.sub(r"<!-- gaps -->.*?<!-- /gaps -->", f"<!-- gaps -->\n{listed}\n<!-- /gaps -->", text, flags=re.S)
    first, last = (f"{day.month_name()} {day.year}" for day in span(data))
    text = re.sub(r"Months from \w+ \d{4} to \w+ \d{4} without", f"Months from {first} to {last} without", text)
    return {README: readme, DATA_README: text}


if __name__ == "__main__":
    for page, text in pages(ms.load()).items():
        page.write_text(text, encoding="utf-8")
