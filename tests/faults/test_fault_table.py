"""The table of faults is what the tests say, and the tests it names are there."""

from __future__ import annotations

import ast

from fault_table import BEGIN, END, PAGE, TESTS, WIDER, own_rows, table


def test_the_table_of_the_page_is_fresh():
    """To renew it: python tests/faults/fault_table.py."""
    found = PAGE.read_text().partition(BEGIN)[2].partition(END)[0].strip()

    assert found == table()


def test_each_test_that_the_table_names_is_there():
    """Those of other files by their name, and what they show a user stands in them."""
    for row in WIDER:
        path, _, name = row.test.partition("::")
        tree = ast.parse((TESTS.parent / path).read_text())
        assert name in {node.name for node in tree.body if isinstance(node, ast.FunctionDef)}, row.test


def test_each_test_of_a_fault_stands_in_the_table():
    """One row each, with all its parts."""
    rows = own_rows()

    assert len(rows) >= 12
    assert len({row.name for row in rows}) == len(rows)
    assert all(row.seen and row.kept for row in rows)
