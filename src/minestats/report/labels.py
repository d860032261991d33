"""How the columns of a report are headed, with their units, and how many decimals their figures have: once for all."""

from __future__ import annotations

import tomllib
from pathlib import Path

_SAID = tomllib.loads(Path(__file__).with_suffix(".toml").read_text("utf-8"))
HEADS: dict[str, str] = _SAID["heads"]
DECIMALS: dict[str, int] = _SAID["decimals"]
DEVICES: dict[str, str] = _SAID["devices"]
BLANK = frozenset(_SAID["blank"])
"""Columns that do not apply to each row: their missing numbers are no unknown figures."""
ESTIMATES = frozenset(_SAID["estimates"])
"""Columns of estimates: figures of three digits before the point have none behind it."""
SECTIONS: dict[str, dict[str, str]] = _SAID["sections"]
"""What each section says of itself: caption, title, source, sentence, and what stands in place of no rows."""
SHARES: dict[str, str] = _SAID["shares"]

PEOPLE = ("casualties", "killed", "injured", "victims", "people", "persons", "outcome_unknown")
"""Columns that count people."""

GROUPS = ("age", "age_group", "sex", "gender", "settlement", "village", "town")
"""Columns by which a small count of people can be a person whom a reader knows."""

COUNTS_OF_GROUPS = ("children", "boys", "girls", "women", "men", "adults")
"""Columns that count people of one age or sex."""
