"""Registers of the field: each kind of fault with its outcome, and the table of them in the documentation."""

from __future__ import annotations

from pathlib import Path

import pytest
from registers_of_the_field import CASES, Case, figure, outcome, outcomes

TABLE = Path(__file__).parents[1] / "docs" / "outcomes.md"


@pytest.mark.parametrize("case", CASES, ids=[f"{case.kind} {case.what}" for case in CASES])
def test_a_register_is_read_as_it_is_or_refused_with_the_way_on(case: Case, tmp_path):
    """Figures as stated, unknown left unknown; where it cannot be told, the sentence names what to add."""
    tables, said = outcome(case, tmp_path)

    if case.refused:
        assert tables is None, said
        assert case.refused in said
    else:
        assert tables is not None, said
        assert {name: figure(tables, name) for name in case.made} == case.made
        assert [part for part in case.says if part not in said] == [], said


def test_the_table_of_outcomes_is_what_the_cases_give(tmp_path):
    """docs/outcomes.md holds each case with its outcome: `python tests/registers_of_the_field.py` writes it."""
    text = TABLE.read_text(encoding="utf-8")

    assert text.partition("\n\n| ")[2] == outcomes(tmp_path).partition("| ")[2]
