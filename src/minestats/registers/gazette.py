"""Districts: one spelling for each, its other spellings, its code and its place; and what coordinates betray.

Spellings are joined by the official code where the register has one, and otherwise where they differ in case and
accents only. One name in several places of a higher order is not one district: the mapping must say within which
column it is to be read.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

import numpy as np
import pandas as pd

from minestats.errors import fold
from minestats.registers import vocabulary as v
from minestats.registers.cells import shown_values
from minestats.registers.coded import strings
from minestats.registers.work import Work, clean

# headers of columns that a district may lie within, and the word for several of them
HIGHER = {header: word for word, headers in v.called()["higher"].items() for header in headers.split()}
# these say as often what became of a case, or lie within a district themselves: asked about, never decided
DOUBTFUL = ("state", "region")


def districts(work: Work) -> tuple[np.ndarray, np.ndarray, pd.DataFrame]:
    """Return the districts' names, for each row the place of its district (-1 unknown), and the table of districts."""
    named = work.texts("district") if "district" in work.fields else work.codes("district_code")
    codes = work.codes("district_code")
    parent, *above = _parent(work, "district")
    told, known, place_of = _ways(named, above, codes)
    parent = _check_ambiguous(work, told, parent)
    code_of_key: dict[str, str] = {}
    for one in told:
        if one.code:
            code_of_key.setdefault(one.key, one.code)
    for one in told:
        if len(codes[0]):
            one.group = one.code or code_of_key.get(one.key, f"name {one.key}")
        elif parent:
            one.group = f"{one.key} within {fold(one.parent)}"
        else:
            one.group = one.key
    groups: dict[str, dict[str, int]] = {}
    for one in told:
        spellings = groups.setdefault(one.group, {})
        spellings[one.text] = spellings.get(one.text, 0) + one.count
    spelling = {group: min(found, key=lambda text: (-found[text], text)) for group, found in groups.items()}
    sharing = Counter(fold(text) for text in spelling.values())
    names: dict[str, str] = {}
    code_of: dict[str, str] = {}
    for one in told:
        best = spelling[one.group]
        apart = one.parent or one.code
        names.setdefault(one.group, f"{best} ({apart})" if sharing[fold(best)] > 1 and apart else best)
        code_of[one.group] = max(code_of.get(one.group, ""), one.code)
    twice = Counter(names.values())
    names = {group: f"{name} ({code_of[group] or group})" if twice[name] > 1 else name for group, name in names.items()}
    changed = [one for one in told if one.text != spelling[one.group]]
    if changed:
        word, count = changed[0].text, sum(one.count for one in changed)
        facts = {"values": shown_values(count), "value": word, "best": spelling[changed[0].group], "rows": count}
        work.findings.say("place-spelling", column="district", **facts)
    order = sorted(names, key=lambda group: (fold(names[group]), group))
    place = {group: i for i, group in enumerate(order)}
    result = np.full(work.size, -1, dtype=np.int32)
    result[known] = np.array([place[one.group] for one in told] or [0], dtype=np.int32)[place_of]
    # a spelling that several districts share names none of them
    owners = Counter(fold(text) for found in groups.values() for text in {fold(text): text for text in found}.values())
    aliases = [
        ";".join(
            sorted(text.replace(";", ",") for text in set(groups[group]) - {names[group]} if owners[fold(text)] == 1)
        )
        for group in order
    ]
    table = _table([names[group].replace(";", ",") for group in order], aliases, [code_of[group] for group in order])
    return table["district"].to_numpy(dtype=object), result, table


def settlements(work: Work) -> pd.Series | None:
    """Return the settlements, told apart by the column they lie within where a name occurs in several.

    Beside a district a settlement needs no more; without one, a name of several places must say within what.
    """
    if "settlement" not in work.fields:
        return None
    texts, places = work.texts("settlement")
    spec = work.fields["settlement"]
    beside = "district" in work.fields and work.fields["district"].column
    if not spec.column or (beside and spec.within in ("", work.fields["district"].column)):
        return strings(texts, places)
    parent, *above = _parent(work, "settlement")
    if not parent:
        return strings(texts, places)
    told, known, place_of = _ways((texts, places), above)
    if not _check_ambiguous(work, told, parent, "settlement"):
        return strings(texts, places)
    parents: dict[str, set[str]] = {}
    for one in told:
        parents.setdefault(one.key, set()).add(fold(one.parent))
    names = [f"{one.text} ({one.parent})" if len(parents[one.key]) > 1 and one.parent else one.text for one in told]
    codes = np.full(work.size, -1, dtype=np.int32)
    codes[known] = place_of
    return strings(names, codes)


@dataclass
class _Told:
    """One way in which rows name their district, and how many do."""

    text: str
    code: str
    parent: str
    count: int
    group: str = ""

    @property
    def key(self) -> str:
        return fold(self.text)


def _ways(names, parents, codes=((), -1)) -> tuple[list[_Told], np.ndarray, np.ndarray]:
    """The ways in which rows name a place, which rows name one, and for each of these the number of its way.

    Names, codes and larger places are distinct texts, each with the place of its text for each row.
    """
    rows = pd.DataFrame({"name": names[1], "code": codes[1], "parent": parents[1]})
    known = names[1] >= 0
    alike = rows[known].groupby(["name", "code", "parent"], sort=False)
    told = [
        _Told(names[0][n], codes[0][c] if c >= 0 else "", parents[0][p] if p >= 0 else "", count)
        for (n, c, p), count in alike.size().items()
    ]
    return told, known, alike.ngroup().to_numpy()


def _parent(work: Work, field: str) -> tuple[str, np.ndarray, np.ndarray]:
    """The column that a field lies within: the mapped one, or one whose header says that it may be."""
    spec = work.fields.get(field)  # None: codes stand for names
    name = spec.within if spec else None
    if spec and name == "" and spec.column:
        others = [header for header in work.register.headers if header not in work.mapping.columns]
        higher = (header for header in others if fold(header) in HIGHER and work.register.find(header) is not None)
        name = next(higher, "")
    if not name:
        return "", np.empty(0, dtype=object), np.full(work.size, -1, dtype=np.int32)
    cells = work.cells(name)
    texts = np.array([clean(text) for text in cells.texts], dtype=object)
    places = np.where(cells.known, np.arange(len(cells.known)), -1).astype(np.int32)
    return cells.header, texts, cells.column.spread(places)


def _check_ambiguous(work: Work, told: list[_Told], parent: str, field: str = "district") -> str:
    """Refuse names that occur in several places of a higher order, or have several codes; return what tells apart."""
    if field not in work.fields or work.fields[field].within:
        return parent
    places: dict[str, set[str]] = {}
    for one in told:
        place = fold(one.parent) if parent else one.code
        if place:
            places.setdefault(one.key, set()).add(place)
    several = {key: len(found) for key, found in places.items() if len(found) > 1}
    if not several:
        return parent
    key, many = next(iter(several.items()))
    more = f" ({len(several) - 1:,} more names too)" if len(several) > 1 else ""
    name = next(one.text for one in told if one.key == key)
    count = sum(one.count for one in told if one.key in several)
    facts = {"column": work.fields[field].column, "value": name, "rows": count, "many": many, "more": more}
    if not parent:
        work.findings.say("place-several-codes", **facts)
        return parent
    doubtful = fold(parent) in DOUBTFUL
    code = "place-perhaps-ambiguous" if doubtful else "place-ambiguous"
    work.findings.say(code, parent=parent, places=HIGHER[fold(parent)], field=field, **facts)
    return "" if doubtful else parent


def _table(names, aliases, codes) -> pd.DataFrame:
    frame = pd.DataFrame(
        {
            "district": pd.array(names, dtype="string"),
            "aliases": pd.array([alias or None for alias in aliases], dtype="string"),
            "latitude": pd.array([None] * len(names), dtype="Float64"),
            "longitude": pd.array([None] * len(names), dtype="Float64"),
            "code": pd.array([code or None for code in codes], dtype="string"),
        }
    )
    return frame.drop(columns="code") if frame["code"].isna().all() else frame
