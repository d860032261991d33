"""Hazardous areas that are left: open, suspected or confirmed, with what is not known of them beside."""

from __future__ import annotations

import pandas as pd

from minestats.columns import need, numbers, texts
from minestats.errors import DataError, by_name

NAME = "areas"


@by_name
def hazards_left(areas: pd.DataFrame, *, by: str | None = None) -> pd.DataFrame:
    """Add up the hazardous areas that are open and closed, by type and group.

    Parameters
    ----------
    areas : pandas.DataFrame
        One area a row: `status` ("open", "closed", "unknown"), `area_ha` (hectares), and optionally `hazard_type`
        ("suspected", "confirmed").
    by : str, optional
        Column to group by, such as "district". A missing key is the group "".

    Returns
    -------
    pandas.DataFrame
        One row for each group, in the order of its name: the column of `by`, `open`, `closed`, `status_unknown` (Int64,
        areas), `open_ha`, `suspected_open_ha`, `confirmed_open_ha`, `closed_ha` (float, hectares; NaN where an area of
        the sum does not state its size), `size_unknown` (Int64, open areas that do not). Without `hazard_type` the
        columns of the two types are NaN.

    Raises
    ------
    DataError
        No rows, or an area below nought.

    Examples
    --------
    >>> areas = pd.DataFrame({"status": ["open", "open", "closed"], "area_ha": [2.0, None, 1.5]})
    >>> hazards_left(areas)[["open", "closed", "open_ha", "closed_ha", "size_unknown"]].to_dict("records")
    [{'open': 2, 'closed': 1, 'open_ha': nan, 'closed_ha': 1.5, 'size_unknown': 1}]
    """
    need(areas, ["status", "area_ha", *([by] if by else [])], NAME)
    if not len(areas):
        raise DataError(f"{NAME}: no rows; a register of hazardous areas gives them.")
    size = pd.Series(numbers(areas["area_ha"], f"{NAME}['area_ha']", missing=True))
    status = texts(areas, "status").reset_index(drop=True)
    kind = texts(areas, "hazard_type").reset_index(drop=True)
    group = texts(areas, by or "")
    rows = []
    for name, found in size.groupby(group.to_numpy()):
        here, opened = status[found.index], status[found.index] == "open"
        typed = kind[found.index][opened].isin(["suspected", "confirmed"]).all()
        row = {by: name} if by else {}
        row |= {"open": int(opened.sum()), "closed": int((here == "closed").sum())}
        row["status_unknown"] = len(found) - row["open"] - row["closed"]
        row["open_ha"] = found[opened].sum(skipna=False)
        for word in ("suspected", "confirmed"):
            part = found[opened & (kind[found.index] == word)]
            row[f"{word}_open_ha"] = part.sum(skipna=False) if typed else float("nan")
        row["closed_ha"] = found[here == "closed"].sum(skipna=False)
        row["size_unknown"] = int(found[opened].isna().sum())
        rows.append(row)
    table = pd.DataFrame(rows)
    return table.astype(dict.fromkeys(("open", "closed", "status_unknown", "size_unknown"), "Int64"))
