"""A register as read: its headers, its columns, the row where a spreadsheet shows each; and where the header stands."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import numpy as np

from minestats.errors import did_you_mean, fold, listed
from minestats.registers.cells import Coded
from minestats.registers.findings import Findings

LOOK = 25  # rows in which a header or a tag row is looked for


@dataclass
class Register:
    """A register as read: headers, columns, and the spreadsheet row of each row.

    `suffix` tells rows apart that come from one row of the file, or from one row of several. `typed` says that
    numbers and dates come from the format itself; `tags` holds the HXL tag of a column; `geometry` the GeoJSON
    geometry of each row; `header_row` where the header stood.
    """

    name: str
    headers: list[str]
    columns: list[Coded]
    rows: np.ndarray
    typed: bool = False
    tags: dict[int, str] = field(default_factory=dict)
    geometry: list | None = None
    header_row: int = 1
    sha256: str = ""
    personal: set[int] = field(default_factory=set)
    suffix: np.ndarray = field(default_factory=lambda: np.empty(0, dtype=object))

    merged: dict[int, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if not len(self.suffix):
            self.suffix = np.full(len(self.rows), "", dtype=object)

    def __len__(self) -> int:
        return len(self.rows)

    def take(self, keep: np.ndarray) -> Register:
        """Return the register with some of its rows only."""
        geometry = self.geometry
        if geometry is not None:
            geometry = [geometry[i] for i in np.flatnonzero(keep)]
        columns = [column.take(keep) for column in self.columns]
        rows, suffix = self.rows[keep], self.suffix[keep]
        return replace(self, columns=columns, rows=rows, geometry=geometry, suffix=suffix)

    def find(self, name: str) -> int | None:
        """Return the number of a column by its header or HXL tag; None where there is none or more than one."""
        found = self.matches(name)
        return found[0] if len(found) == 1 else None

    def at(self, name: str) -> int:
        """Return the number of a column that `check_columns` has found."""
        return self.matches(name)[0]

    def matches(self, name: str) -> list[int]:
        """Return the numbers of all columns of that header or tag."""
        if name.startswith("#") and self.tags:
            from minestats.data.exports import matching

            return matching(name, self.tags)
        exact = [i for i, header in enumerate(self.headers) if header == name]
        key = fold(name)
        return exact if len(exact) == 1 else [i for i, header in enumerate(self.headers) if fold(header) == key]


def header_place(
    preview: list[list[str]], source: dict, wanted: list[str], findings: Findings
) -> tuple[int, dict[int, str]]:
    """Return the row of the header (0 is the first) among the first rows, and the tags of a tag row after it."""
    from minestats.data.exports import is_tag_row

    tag_rows = [i for i, row in enumerate(preview[: LOOK + 1]) if is_tag_row(row)]
    if source.get("format") == "hxl" and not tag_rows:
        for i, row in enumerate(preview[: LOOK + 1]):  # a row of tags but for a cell or two
            bad = [cell for cell in row if cell.strip() and not is_tag_row([cell])]
            if 0 < len(bad) < sum(is_tag_row([cell]) for cell in row):
                findings.halt("no-tag", row=i + 1, value=bad[0])
        findings.halt("no-tag-row", most=LOOK)
    if source.get("header_row"):
        place = source["header_row"] - 1
        if place >= len(preview):
            findings.halt("no-header-row", number=place + 1)
    elif source.get("format") == "hxl" or (tag_rows and any(name.startswith("#") for name in wanted)):
        place = tag_rows[0] - 1
        if place < 0 or not any(cell.strip() for cell in preview[place]):
            place = tag_rows[0]
    else:
        place = next((i for i, row in enumerate(preview) if any(cell.strip() for cell in row)), 0)
        keys = {fold(name) for name in wanted if not name.startswith("#")}
        score = [len(keys & {fold(cell) for cell in row}) for row in preview]
        best = int(np.argmax(score))
        enough = score[best] > score[place] and score[best] >= max(1, len(keys) // 2)
        if enough and source.get("header_rows", 1) == 1:
            findings.halt("header-elsewhere", place=place + 1, row=best + 1)
    if (many := source.get("header_rows", 1)) > 1:
        preview[place + many - 1] = _joined(preview[place : place + many])
        place += many - 1
    tags: dict[int, str] = {}
    if tag_rows and tag_rows[0] in (place, place + 1):
        tags = {i: cell.strip() for i, cell in enumerate(preview[tag_rows[0]]) if cell.strip()}
    return place, tags


def _joined(rows: list[list[str]]) -> list[str]:
    """Several header rows as one: "Killed" over "Male" and "Female" is "Killed Male" and "Killed Female"."""
    names = [""] * max(map(len, rows))
    for n, row in enumerate(rows):
        above = ""
        for i in range(len(names)):
            cell = " ".join(row[i].split()) if i < len(row) else ""
            below = any(i < len(other) and other[i].strip() for other in rows[n + 1 :])
            above = cell or (above if below else "")  # a heading stands over the empty cells to its right
            if above and not names[i].endswith(above):
                names[i] = f"{names[i]} {above}".strip()
    return names


def headers_from(row: list[str], tags: dict[int, str]) -> list[str]:
    """Return the headers of a row; a blank one takes its tag or its number."""
    return [" ".join(str(cell).split()) or tags.get(i) or f"column {i + 1}" for i, cell in enumerate(row)]


def check_columns(register: Register, wanted: list[str], findings: Findings) -> None:
    """Note each mapped column that the register lacks, with the nearest that it has, or has twice."""
    for name in dict.fromkeys(wanted):
        found = register.matches(name)
        if len(found) == 1:
            continue
        if len(found) > 1:
            findings.say("column-twice", column=name, many=len(found), places=listed([_letter(i) for i in found]))
            continue
        names = list(register.tags.values()) if name.startswith("#") else register.headers
        guess = next((h for h in names if len(h) >= 8 and fold(name).startswith(fold(h))), None)
        hint = did_you_mean(guess or name, names, otherwise=f"the file has {listed(names, 40)}")
        findings.say("no-such-column", column=name, hint=hint)


def _letter(i: int) -> str:
    text = ""
    i += 1
    while i:
        i, rest = divmod(i - 1, 26)
        text = chr(65 + rest) + text
    return f"column {text}"
