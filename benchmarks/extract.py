"""How well `minestats.extract` reads articles: precision and recall of each field, and the time for a long text.

    python benchmarks/extract.py --articles DIR --expected FILE.csv

The expected file has a row for each fact, with the columns `article` (file name), `published`, `kind` and those of the
tables. In a cell `a|b` allows either, `?` is not scored, empty must be empty. Candidates of one article and kind are
paired with the expected rows so that most fields are equal; what is left over counts as wrong or as missed. Only the
fields of that kind are scored. The exit status is 1 below the goal. Without `--articles` only the time is measured.
"""

from __future__ import annotations

import argparse
import random
import sys
import time
from pathlib import Path

import numpy as np
import pandas as pd
from scipy.optimize import linear_sum_assignment

from minestats.errors import fold
from minestats.extract import extract

FIELDS = {
    "incident": ["date", "date_precision", "district", "settlement", "killed", "injured", "civilians_killed",
                 "civilians_injured", "military_killed", "military_injured", "women", "children", "device"],
    "victim_total": ["since", "as_of", "victims", "killed", "injured", "civilians", "military", "civilians_killed",
                     "civilians_injured", "military_killed", "military_injured", "women", "children",
                     "journalists_killed", "authority"],
    "clearance": ["period_start", "period_end", "period_type", "operator", "district", "anti_personnel", "anti_tank",
                  "uxo", "area_ha", "rounded"],
    "estimate": ["metric", "value", "unit", "district", "as_of", "authority"],
}  # fmt: skip
SURE = 0.9
CURVE: list[tuple[float, bool]] = []
"""Confidence of the candidate and whether the value was right, for each value found."""


def shown(value: object) -> str:
    """A cell as text that can be compared: ISO days, plain numbers, names without case and underscores."""
    if value is None or value is pd.NaT or value is pd.NA or (isinstance(value, float) and np.isnan(value)):
        return ""
    if isinstance(value, pd.Timestamp):
        return value.date().isoformat()
    if isinstance(value, (bool, np.bool_)):
        return str(bool(value)).lower()
    text = fold(str(value).replace("_", " "))
    try:
        return f"{float(text):.12g}"
    except ValueError:
        return text


def allowed(cell: str) -> list[str]:
    """The values that a cell of the expected file allows, compared like those of the candidates."""
    return [shown(part) for part in cell.split("|")]


def fits(field: str, value: str, cell: str) -> bool:
    """Whether a found value is one of those allowed; a month ("2020-11") allows its days."""
    return any(value == a or (len(a) == 7 and field.endswith(("since", "start", "end")) and value.startswith(a))
               for a in allowed(cell))  # fmt: skip


def score(articles: Path, expected: pd.DataFrame) -> tuple[pd.DataFrame, list[str]]:
    """Count right, found and expected values of each kind and field, and say what went wrong."""
    counts: dict[tuple[str, str], list[int]] = {}
    wrong: list[str] = []
    for (name, published), facts in expected.groupby(["article", "published"], sort=False):
        text = (articles / name).read_text(encoding="utf-8")
        found = extract(text, published=published or None)
        for kind, fields in FIELDS.items():
            rows = [row for _, row in facts[facts["kind"] == kind].iterrows()]
            made = [row for _, row in found[found["kind"] == kind].iterrows()]
            equal = np.zeros((len(rows), len(made)))
            for i, row in enumerate(rows):
                for j, candidate in enumerate(made):
                    equal[i, j] = sum(
                        fits(f, shown(candidate[f]), row[f]) * (3 if shown(candidate[f]) else 1)
                        for f in fields if row.get(f, "") != "?"
                    )  # fmt: skip
            left, right = linear_sum_assignment(-equal) if rows and made else ([], [])
            pairs = dict(zip(map(int, left), map(int, right), strict=True))
            for i, row in enumerate(rows):
                candidate = made[pairs[i]] if i in pairs else None
                for field in fields:
                    cell = row.get(field, "")
                    if cell == "?":
                        continue
                    value = shown(candidate[field]) if candidate is not None else ""
                    tally(counts, wrong, name, kind, field, value, cell, candidate)
            for j in set(range(len(made))) - set(pairs.values()):
                for field in fields:
                    if value := shown(made[j][field]):
                        if field == "rounded" and value == "false":
                            continue
                        tally(counts, wrong, name, kind, field, value, "", made[j])
    table = pd.DataFrame(
        [(k, f, *numbers) for (k, f), numbers in counts.items()],
        columns=["kind", "field", "right", "found", "expected", "hit"],
    )
    table["precision"] = table["right"] / table["found"].where(table["found"] > 0)
    table["recall"] = table["hit"] / table["expected"].where(table["expected"] > 0)
    return table, wrong


def tally(counts, wrong, article, kind, field, value, cell, candidate) -> None:
    """Count one field of one pair."""
    entry = counts.setdefault((kind, field), [0, 0, 0, 0])
    empty_allowed = "" in allowed(cell)
    right = fits(field, value, cell)
    if value:
        entry[0] += right
        entry[1] += 1
    if value and candidate is not None:
        CURVE.append((candidate["confidence"], right))
    if not empty_allowed:
        entry[2] += 1
        entry[3] += bool(value and right)
    if not right:
        sure = " (SURE)" if candidate is not None and candidate["confidence"] >= SURE and value else ""
        wrong.append(f"{article}: {kind}.{field}: found {value or 'nothing'!r}, expected {cell or 'nothing'!r}{sure}")


FACTS = (
    "On May {d}, {n} soldiers were injured in a mine blast near the village of Exampleton in the Lachin district. "
    "From May {d} to 28, {n} anti-personnel mines, {m} anti-tank mines and {k} UXO were found and {k}.5 ha cleared. "
)
TALK = (
    "The visitors of group {n} spoke of the old bridge, the river and the road to town number {k}. "
    "They said the weather of day {d} was fine, and that {m} guests would come to look at the valley again. "
)


def clock(megabytes: float) -> None:
    """Print the time for a long text of sentences that all differ: facts in one of six, and nothing but facts."""
    extract("A mine exploded.", published="2024-06-01")
    for name, part in (("ordinary text", FACTS + TALK * 5), ("facts only", FACTS)):
        size, parts, n = 0, [], 0
        while size < megabytes * 1e6:
            n += 1
            parts.append(part.format(d=1 + n % 20, n=2 + n % 37, m=1 + n % 41, k=100 + n))
            size += len(parts[-1])
        text = "".join(parts)
        begin = time.process_time()
        len(text.split())
        reading = time.process_time() - begin
        begin, wall = time.process_time(), time.perf_counter()
        rows = len(extract(text, published="2024-06-01"))
        took, wall = time.process_time() - begin, time.perf_counter() - wall
        print(
            f"{name}: {len(text) / 1e6:.2f} MB, {rows} candidates, {took:.2f} s of processor time ({wall:.2f} s), "
            f"{took / max(reading, 1e-4):.0f} times splitting it into words"
        )


def hostile(number: int) -> None:
    """Read random texts: any characters, markup, direction marks, repetitions, and salads of the rules' own words."""
    chance = random.Random(1)
    words = (FACTS + TALK + "no casualties of whom including ( ) - : % maps died since the end of the war").split()
    signs = "aA09 .,;:()\"'-%$\n\t<>&\u202e\u200f\u0000\ud800\u00a0“”éəİıСм"
    worst, begin = 0.0, time.process_time()
    for i in range(number):
        length = 20_000 if i % 500 == 0 else chance.randrange(200)
        if i % 3 == 0:
            text = "".join(chance.choices(signs, k=length))
        elif i % 3 == 1:
            text = " ".join(chance.choices(words, k=length // 4))
        else:
            text = "".join(chance.choices(words, k=3)) * (length // 10)
        start = time.process_time()
        extract(text, published="2024-06-01" if i % 2 else None)
        worst = max(worst, time.process_time() - start)
    print(
        f"{number} hostile texts: no error, {time.process_time() - begin:.1f} s of processor time, the longest {worst:.2f} s"
    )


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--articles", type=Path, help="folder of the articles, plain text")
    parser.add_argument("--expected", type=Path, help="CSV of what they state")
    parser.add_argument("--precision", type=float, default=0.9, help="goal for each field (default 0.9)")
    parser.add_argument("--recall", type=float, default=0.8, help="goal for each field (default 0.8)")
    parser.add_argument("--megabytes", type=float, default=1.0, help="length of the text that is timed; 0 for none")
    parser.add_argument("--hostile", type=int, default=0, metavar="N", help="read N random and hostile texts too")
    options = parser.parse_args()
    if (options.articles is None) != (options.expected is None):
        parser.error("--articles and --expected belong together")
    if options.megabytes:
        clock(options.megabytes)
    if options.hostile:
        hostile(options.hostile)
    if options.articles is None:
        return 0
    expected = pd.read_csv(options.expected, dtype=str, keep_default_na=False)
    table, wrong = score(options.articles, expected)
    with pd.option_context("display.width", 120, "display.max_rows", None):
        print(table.round(3).to_string(index=False))
    for kind, part in table.groupby("kind", sort=False):
        sums = part[["right", "found", "expected", "hit"]].sum()
        print(f"{kind}: precision {sums['right'] / max(sums['found'], 1):.3f} of {sums['found']}, "
              f"recall {sums['hit'] / max(sums['expected'], 1):.3f} of {sums['expected']}")  # fmt: skip
    print(*wrong, sep="\n")
    for low, high in ((0, 0.5), (0.5, 0.6), (0.6, 0.7), (0.7, 0.8), (0.8, 0.9), (0.9, 1.01)):
        said = [right for sure, right in CURVE if low <= sure < high]
        if said:
            print(f"confidence {low:.1f} to {min(high, 1):.1f}: {sum(said)} of {len(said)} right")
    low = table[(table["precision"] < options.precision) | (table["recall"] < options.recall)]
    sure = [line for line in wrong if line.endswith("(SURE)")]
    print(f"{len(low)} fields below the goal; {len(sure)} wrong values in candidates of confidence {SURE} or more")
    return 1 if len(low) else 0


if __name__ == "__main__":
    sys.exit(main())
