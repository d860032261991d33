"""Figures of one row that cannot all be right, and lists that stop or have holes."""

from __future__ import annotations

import numpy as np

from minestats.registers.findings import Findings, rows_of, shown

# a part or a sum of parts, what it is compared with, and how; the printed rule is the one a mapping may accept
ABOVE = [
    (("killed",), "victims"),
    (("injured",), "victims"),
    (("civilians",), "victims"),
    (("military",), "victims"),
    (("civilians", "military"), "victims"),
    (("women",), "victims"),
    (("children",), "victims"),
    (("women", "children"), "victims"),
    (("civilians_killed",), "killed"),
    (("military_killed",), "killed"),
    (("civilians_killed", "military_killed"), "killed"),
    (("civilians_injured",), "injured"),
    (("military_injured",), "injured"),
    (("civilians_injured", "military_injured"), "injured"),
    (("journalists_killed",), "killed"),
    (("killed_low",), "killed"),
    (("killed",), "killed_high"),
    (("injured_low",), "injured"),
    (("injured",), "injured_high"),
    (("value",), "value_high"),
]
ADDS = [
    (("killed", "injured"), "victims"),
    (("anti_personnel", "anti_tank"), "mines_total"),
    (("mines_total", "uxo"), "items_total"),
]


def identities(figures: dict[str, np.ndarray], rows: np.ndarray, findings: Findings) -> np.ndarray:
    """Note the rows whose figures contradict each other; return for each row the rules it breaks, as text.

    `figures` gives the numbers of each field that is mapped, NaN where unknown.
    """
    broken = np.full(len(rows), "", dtype=object)
    blamed: dict[str, np.ndarray] = {}
    for parts, whole in ABOVE:
        if whole not in figures or not all(part in figures for part in parts):
            continue
        values = np.vstack([figures[part] for part in parts])
        with np.errstate(invalid="ignore"):
            left = np.where(np.isnan(values), 0, values).sum(axis=0)
            wrong = (left > figures[whole] + 1e-9) & ~np.isnan(values).all(axis=0)
        already = blamed.setdefault(whole, np.zeros(len(rows), dtype=bool))
        wrong &= ~already if len(parts) > 1 else np.ones(len(rows), dtype=bool)
        if wrong.any():
            already |= wrong
            _note(f"{' + '.join(parts)} > {whole}", parts[0], wrong, left, ">", figures[whole], rows, findings, broken)
    for parts, whole in ADDS:
        if whole not in figures or not all(part in figures for part in parts):
            continue
        left = np.vstack([figures[part] for part in parts]).sum(axis=0)
        wrong = ~np.isnan(left) & ~np.isnan(figures[whole]) & (left != figures[whole])
        wrong &= ~blamed.get(whole, np.zeros(len(rows), dtype=bool))
        if wrong.any():
            rule = f"{' + '.join(parts)} != {whole}"
            _note(rule, parts[0], wrong, left, "!=", figures[whole], rows, findings, broken)
    return broken


def _note(rule, part, wrong, left, sign, right, rows, findings, broken) -> None:
    i = int(np.argmax(wrong))
    count = int(wrong.sum())
    doubt = "" if part.endswith(("_low", "_high")) or sign == "!=" else f"Is '{part}' a total? "
    findings.error(
        rule,
        f"{rows_of(count)}: {rule} (first: row {rows[i]}, {shown(left[i])} {sign} {shown(right[i])}).",
        f"{doubt}Else [[accept]] rule = '{rule}'" if doubt else f"Correct the rows, or [[accept]] rule = '{rule}'",
        row=rows[i],
        column=part,
        value=shown(left[i]),
        rows=count,
    )
    broken[wrong] = np.where(broken[wrong] == "", rule, broken[wrong] + "; " + rule)


def coverage(dates: np.ndarray, precision: np.ndarray, complete_until: str | None, findings: Findings) -> None:
    """Say where a list of incidents stops and which months it has nothing for."""
    dates = dates[~np.isnat(dates)]
    if not len(dates):
        return
    months = dates.astype("datetime64[M]")
    last = months.max()
    if complete_until is None:
        findings.warn("coverage", f"last row {last}, no complete_until; later months are unknown")
        end = last
    else:
        end = np.datetime64(complete_until[:7] if len(complete_until) >= 7 else f"{complete_until}-12", "M")
        after = int((months > end).sum())
        if after:
            findings.warn(
                "coverage",
                f"{rows_of(after)} after complete_until {complete_until}: these months are partial",
                rows=after,
            )
    fine = precision <= 1
    if fine.any() and fine.sum() >= len(dates) / 2:
        present = np.unique(months)
        every = np.arange(present.min(), max(end, present.min()) + np.timedelta64(1, "M"))
        holes = np.setdiff1d(every, present)
        if len(holes):
            some = ", ".join(str(month) for month in holes[:6]) + (" ..." if len(holes) > 6 else "")
            findings.warn(
                "coverage",
                f"no row in {len(holes):,} of {len(every):,} months: {some}; they count 0 only if the register was "
                "kept then",
                rows=len(holes),
            )
