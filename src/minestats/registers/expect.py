"""What a register must meet: published totals, and figures of one row that can all be right."""

from __future__ import annotations

import re

import numpy as np
import pandas as pd

from minestats.errors import fold
from minestats.periods import last_day
from minestats.registers import vocabulary as v
from minestats.registers.findings import Findings, rows_of, shown

DATE_OF = {
    "incidents": "date",
    "clearance": "period_end",
    "victim_totals": "as_of",
    "estimates": "as_of",
    "hazardous_areas": "status_date",
}


def results(table: str, frame: pd.DataFrame, expect: list[dict]) -> list[dict]:
    """Return for each figure of each expectation what was published, what is here and whether it is met.

    Keys: `label`, `quantity`, `published`, `here` (None where it cannot be told), `tolerance`, `met`, `said`.
    """
    found = []
    for entry in expect:
        chosen, label = _choose(table, frame, entry)
        timeless = {key: value for key, value in entry.items() if key not in ("year", "since", "until")}
        undated = int(_choose(table, frame[frame[DATE_OF[table]].isna()], timeless)[0].shape[0])
        silent = f"; {rows_of(undated)} without a date not counted" if undated and len(timeless) < len(entry) else ""
        for name in v.QUANTITIES:
            if name not in entry:
                continue
            said, published = f"expect {label}: {name} {shown(entry[name])} published", entry[name]
            try:
                here = _figure(table, chosen, name, entry.get("where", {}))
                said += f", {shown(here)} here ({_signed(here - published)}){silent}."
            except LookupError as error:
                here = None
                said += f", unknown here: {error.args[0]}."
            tolerance = entry.get("tolerance", 0)
            met = here is not None and abs(here - published) <= tolerance + 1e-9
            said += "" if met else " The file, a filter or the vocabulary changed."
            result = {"label": label, "quantity": name, "published": published, "here": here, "met": bool(met)}
            found.append(result | {"tolerance": tolerance, "source": entry.get("source", ""), "said": said})
    return found


def _signed(number: float) -> str:
    return "0" if number == 0 else f"{'+' if number > 0 else '-'}{shown(abs(number))}"


def period_of(entry: dict) -> tuple[pd.Timestamp | None, pd.Timestamp | None, str]:
    """Return the first and last day of an expectation and its label.

    Examples
    --------
    >>> period_of({"since": "1990", "until": "2016-02"})[1:]
    (Timestamp('2016-02-29 00:00:00'), 'since=1990, until=2016-02')
    """
    if "year" in entry:
        year = entry["year"]
        return pd.Timestamp(year, 1, 1), pd.Timestamp(year, 12, 31), f"year={year}"
    since = until = None
    if "since" in entry:
        text = str(entry["since"])
        since = pd.Period(text, {4: "Y", 7: "M", 10: "D"}[len(text)]).start_time.normalize()
    if "until" in entry:
        text = str(entry["until"])
        until = last_day(text)
    labels = [f"{key}={entry[key]}" for key in ("since", "until") if key in entry]
    return since, until, ", ".join(labels) or "all"


def _choose(table: str, frame: pd.DataFrame, entry: dict) -> tuple[pd.DataFrame, str]:
    since, until, label = period_of(entry)
    dates = frame[DATE_OF[table]]
    keep = pd.Series(True, index=frame.index)
    if since is not None:
        keep &= (dates >= since).fillna(False)
    if until is not None:
        keep &= (dates <= until).fillna(False)
    where = entry.get("where", {})
    for field, word in where.items():
        label += f", {field}={word}"
        if field == "outcome":
            if "outcome_unknown" not in frame or not _people(frame):
                continue
            column = {"killed": "killed", "injured": "injured", "unknown": "outcome_unknown"}[word]
            keep &= (frame[column] == 1).fillna(False)
        elif field in frame and (field not in ("status", "sex", "age_group") or _people(frame)):
            if word == "unknown":
                keep &= frame[field].isna() | (frame[field] == "unknown").fillna(False)
            else:
                keep &= (frame[field].map(fold, na_action="ignore") == fold(word)).fillna(False)
    return frame[keep.to_numpy(dtype=bool)], label


def _people(frame: pd.DataFrame) -> bool:
    return "row_is" in frame and bool((frame["row_is"] == "victim").fillna(False).any())


def _figure(table: str, frame: pd.DataFrame, name: str, where: dict) -> float:
    people, group = _people(frame), {"civilian": "civilians", "military": "military"}.get(where.get("status", ""), "")
    if name == "incidents" and (table != "incidents" or people):
        raise LookupError("the register lists people, not explosions")
    if name in ("rows", "incidents") or (people and name == "victims"):
        return len(frame)
    if people:
        if name in ("civilians", "military") and "status" in frame:
            return int((frame["status"] == name.removesuffix("s")).sum())
        return _total(frame, *_parts(name))
    for field in where:
        if field in ("sex", "age_group", "outcome") or (field == "status" and not group):
            raise LookupError(f"where {field} needs rows that are people")
    name = (
        {"victims": group, "killed": f"{group}_killed", "injured": f"{group}_injured"}.get(name, name)
        if group
        else name
    )
    stated = name in frame and frame[name].notna().any()
    return _total(frame, name) if stated or table != "incidents" else _total(frame, *_parts(name))


def _parts(name: str) -> tuple[str, ...]:
    """The columns that add up to a figure of people."""
    parts: dict[str, tuple[str, ...]] = {"victims": ("killed", "injured", "outcome_unknown")}
    parts |= {group: (f"{group}_killed", f"{group}_injured") for group in ("civilians", "military")}
    return parts.get(name, (name,))


def _total(frame: pd.DataFrame, *columns: str) -> float:
    there = [column for column in columns if column in frame]
    if not there:
        raise LookupError(f"the table has no column {' or '.join(columns)}")
    if len(frame) and all(frame[column].isna().all() for column in there):
        raise LookupError(f"{' and '.join(there)} are empty in all {len(frame):,} rows")
    total = float(np.sum([frame[column].fillna(0).astype(float).sum() for column in there]))
    return int(total) if total.is_integer() else round(total, 6)


def identities(figures: dict[str, np.ndarray], rows: np.ndarray, findings: Findings) -> np.ndarray:
    """Note the rows whose figures contradict each other; return for each row the rules it breaks, as text.

    `figures` gives the numbers of each field that is mapped, NaN where unknown.
    """
    broken = np.full(len(rows), "", dtype=object)
    blamed: dict[str, np.ndarray] = {}
    for rule in v.RULES:
        left_side, sign, whole = re.split(" (>|!=) ", rule)
        parts = left_side.split(" + ")
        if whole not in figures or not all(part in figures for part in parts):
            continue
        values = np.vstack([figures[part] for part in parts])
        already = blamed.setdefault(whole, np.zeros(len(rows), dtype=bool))
        if sign == ">":
            left = np.nansum(values, axis=0)
            with np.errstate(invalid="ignore"):
                wrong = (left > figures[whole] + 1e-9) & ~np.isnan(values).all(axis=0)
            if len(parts) > 1:
                wrong &= ~already
            already |= wrong
        else:
            left = values.sum(axis=0)
            wrong = ~np.isnan(left) & ~np.isnan(figures[whole]) & ~np.isclose(left, figures[whole], rtol=1e-9)
            wrong &= ~already
        if wrong.any():
            _note(rule, parts[0], wrong, left, sign, figures[whole], rows, findings, broken)
    return broken


def _note(rule, part, wrong, left, sign, right, rows, findings, broken) -> None:
    i = int(np.argmax(wrong))
    doubt = "" if part.endswith(("_low", "_high")) or sign == "!=" else f"Is '{part}' a total? Else "
    facts = {"column": part, "value": shown(left[i]), "right": shown(right[i]), "sign": sign, "rule": rule}
    findings.say_of("figures-contradict", wrong, rows, doubt=doubt or "Correct the rows, or ", **facts)
    broken[wrong] = np.where(broken[wrong] == "", rule, broken[wrong] + "; " + rule)


def coverage(dates: np.ndarray, precision: np.ndarray, complete_until: str | None, findings: Findings) -> None:
    """Say where a list of incidents stops and which months it has nothing for."""
    dates = dates[~np.isnat(dates)]
    if not len(dates):
        return
    months = dates.astype("datetime64[M]")
    last = months.max()
    if complete_until is None:
        findings.say("coverage-end", last=last)
        end = last
    else:
        end = np.datetime64(complete_until[:7] if len(complete_until) >= 7 else f"{complete_until}-12", "M")
        after = int((months > end).sum())
        if after:
            findings.say("coverage-after", until=complete_until, rows=after)
    fine = precision <= 1
    if fine.any() and fine.sum() >= len(dates) / 2:
        present = np.unique(months)
        every = np.arange(present.min(), max(end, present.min()) + np.timedelta64(1, "M"))
        holes = np.setdiff1d(every, present)
        if len(holes):
            some = ", ".join(str(month) for month in holes[:6]) + (" ..." if len(holes) > 6 else "")
            findings.say("coverage-holes", months=len(holes), every=len(every), some=some, rows=len(holes))
