"""Small cells: what is withheld, that totals do not give it back, and that nothing else changes. All data are made up."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from minestats.errors import DataError, ParameterError
from minestats.suppress import suppress

BY = ["district", "year"]
laws = settings(max_examples=60, derandomize=True, deadline=None)
cell_counts = st.one_of(st.none(), st.integers(0, 3), st.integers(0, 40))


@st.composite
def grids(draw):
    """A full grid of districts by years, two of each at least, with unknown counts among them."""
    rows, columns = draw(st.integers(2, 5)), draw(st.integers(2, 5))
    values = draw(st.lists(cell_counts, min_size=rows * columns, max_size=rows * columns))
    keys = [(f"place {r}", 2020 + c) for r in range(rows) for c in range(columns)]
    table = pd.DataFrame(keys, columns=BY)
    return table.assign(killed=pd.array(values, dtype="Int64"))


@st.composite
def lists_of_cells(draw):
    """A column of counts without groups."""
    return pd.DataFrame({"killed": pd.array(draw(st.lists(cell_counts, min_size=1, max_size=12)), dtype="Int64")})


def published_totals(table, by):
    """One row of 0 and 1 for each total over two or more known cells: the cells that it adds up."""
    known = table["killed"].notna().to_numpy()
    sums = [known]
    for key in by:
        sums += [known & (table[key] == value).to_numpy() for value in table[key].unique()]
    return np.array([line for line in sums if line.sum() > 1], dtype=float).reshape(-1, len(table))


def recomputed(table, result, by):
    """The withheld cells that follow from the totals: adding the cell as an equation tells nothing new."""
    hidden = np.flatnonzero(result["suppressed"])
    equations = published_totals(table, by)[:, hidden]
    rank = np.linalg.matrix_rank(equations) if equations.size else 0
    units = np.eye(len(hidden))
    return [
        int(cell)
        for place, cell in enumerate(hidden)
        if equations.size and np.linalg.matrix_rank(np.vstack([equations, units[place]])) == rank
    ]


def tried(table, by):
    """The result; None where the call says that a small count cannot be protected."""
    try:
        return suppress(table, below=4, count="killed", by=by)
    except DataError as error:
        if "cannot be protected" not in error.message:
            raise
        return None


class TestSafety:
    """What is withheld cannot be computed."""

    @given(grids())
    @laws
    def test_nothing_follows_from_totals(self, table):
        """Rows, columns and the grand total determine no withheld cell."""
        result = tried(table, BY)
        assert result is None or recomputed(table, result, BY) == []

    @given(grids())
    @laws
    def test_no_single_cell_in_a_total(self, table):
        """A total of several known cells never has exactly one withheld."""
        result = tried(table, BY)
        if result is not None:
            assert 1 not in (published_totals(table, BY) @ result["suppressed"].to_numpy(dtype=float)).tolist()

    @given(grids())
    @laws
    def test_full_grid_without_unknown_is_always_protected(self, table):
        """Where all counts are known, every grid of two by two or more can be protected."""
        table = table.assign(killed=table["killed"].fillna(0))
        assert recomputed(table, suppress(table, below=4, count="killed", by=BY), BY) == []

    @given(grids(), st.sampled_from(BY))
    @laws
    def test_one_column(self, table, by):
        """With one column its totals and the grand total determine no withheld cell."""
        result = tried(table, [by])
        assert result is None or recomputed(table, result, [by]) == []

    @given(lists_of_cells())
    @laws
    def test_whole_table(self, table):
        """Without groups two or more cells are withheld, or none; a single known count is its own total."""
        result = tried(table, None)
        several = table["killed"].notna().sum() > 1
        assert result["suppressed"].sum() != 1 or not several

    def test_bridge(self):
        """Two withheld blocks joined by one cell: each total has two withheld, and the joint cell still followed."""
        # small counts: a block of places 0, 1 by years 0, 1, a block of places 2, 3 by years 2, 3, and (1, 2)
        small = {(0, 0), (0, 1), (1, 0), (1, 1), (2, 2), (2, 3), (3, 2), (3, 3), (1, 2)}
        cells = [(r, c, 1 if (r, c) in small else 50 + r + c) for r in range(4) for c in range(4)]
        table = pd.DataFrame(cells, columns=[*BY, "killed"])
        naive = table.assign(suppressed=table["killed"] < 4)
        result = suppress(table, below=4, count="killed", by=BY)
        assert min(naive.groupby(key)["suppressed"].sum().min() for key in BY) == 2
        assert recomputed(table, naive, BY) == [6]
        assert recomputed(table, result, BY) == []


class TestRule:
    """Which cells are withheld."""

    @given(grids())
    @laws
    def test_every_small_cell(self, table):
        """Each count from 1 to below - 1 is withheld; what is shown is unchanged."""
        result = tried(table, BY)
        if result is not None:
            assert result.loc[table["killed"].between(1, 3).fillna(False).astype(bool), "suppressed"].all()
            shown = ~result["suppressed"]
            pd.testing.assert_series_equal(result.loc[shown, "killed"], table.loc[shown, "killed"])
            assert result.loc[result["suppressed"], "killed"].isna().all()
            assert not result.loc[table["killed"].isna(), "suppressed"].any()

    @given(grids())
    @laws
    def test_nothing_without_small_cells(self, table):
        """A table of zeros, unknown and large counts is left as it is."""
        table = table.assign(killed=table["killed"].where(~table["killed"].between(1, 3).fillna(False).astype(bool), 9))
        assert not suppress(table, below=4, count="killed", by=BY)["suppressed"].any()

    def test_zero_stays_while_another_cell_serves(self):
        """A 0 is shown where a count of another size can stand beside the small one."""
        result = suppress(pd.DataFrame({"killed": [0, 2, 900]}), below=3, count="killed")
        assert result["suppressed"].tolist() == [False, True, True]

    def test_zero_is_withheld_where_nothing_else_serves(self):
        """A small count among zeros takes one of them along."""
        result = suppress(pd.DataFrame({"killed": [0, 2, 0]}), below=3, count="killed")
        assert result["suppressed"].sum() == 2

    def test_smallest_serves(self):
        """Of the cells that are not 0, the smallest is withheld beside a small one."""
        result = suppress(pd.DataFrame({"killed": [1, 40, 7, 30]}), below=3, count="killed")
        assert result["suppressed"].tolist() == [True, False, True, False]

    def test_limit(self):
        """`below` itself may be shown."""
        assert not suppress(pd.DataFrame({"killed": [5, 9]}), below=5, count="killed")["suppressed"].any()

    def test_group_not_stated(self):
        """A missing district is a group with a total of its own."""
        table = pd.DataFrame({"district": ["A", "A", None, None], "killed": [9, 9, 1, 7]})
        assert suppress(table, below=3, count="killed", by="district")["suppressed"].tolist() == [0, 0, 1, 1]

    def test_single_cell_is_its_total(self):
        """Totals of single cells are not published, and what they leave of the grand total has two withheld."""
        table = pd.DataFrame({"district": ["A", "B", "C"], "killed": [1, 8, 6]})
        assert suppress(table, below=3, count="killed", by="district")["suppressed"].tolist() == [1, 0, 1]


class TestForm:
    """The table that comes and the table that goes."""

    @given(grids())
    @laws
    def test_input_unmodified(self, table):
        """The table given is not changed."""
        before = table.copy(deep=True)
        tried(table, BY)
        pd.testing.assert_frame_equal(table, before)

    @given(grids(), st.randoms(use_true_random=False))
    @laws
    def test_row_order(self, table, chance):
        """The same cells are withheld in whatever order the rows stand."""
        order = list(range(len(table)))
        chance.shuffle(order)
        one, other = tried(table, BY), tried(table.iloc[order], BY)
        assert (one is None) == (other is None)
        if one is not None:
            pd.testing.assert_frame_equal(one, other.sort_index())

    def test_analyst_frame(self):
        """Counts as text or floats are read; index, order and other columns stay."""
        table = pd.DataFrame({"killed": ["1", "", "7", "5"], "note": list("abcd")}, index=[9, 3, 3, 1])
        result = suppress(table, below=3, count="killed")
        assert result.index.tolist() == [9, 3, 3, 1]
        assert result["note"].tolist() == list("abcd")
        assert str(result["killed"].dtype) == "Int64"
        assert result["suppressed"].tolist() == [True, False, False, True]

    def test_empty(self):
        """A table without rows gets its column."""
        result = suppress(pd.DataFrame({"killed": []}), below=3, count="killed")
        assert result.columns.tolist() == ["killed", "suppressed"]
        assert result["suppressed"].dtype == bool


class TestErrors:
    """A wrong call is refused, with value and remedy."""

    @pytest.mark.parametrize("below", [1, 0, -3, 2.5, None, True, "3", float("nan")])
    def test_below(self, below):
        """`below` is a whole number of 2 or more."""
        with pytest.raises(ParameterError, match="`below` must be a whole number, 2 or more"):
            suppress(pd.DataFrame({"killed": [1]}), below=below, count="killed")

    @pytest.mark.parametrize(
        ("by", "message"),
        [
            ([], "one or two columns"),
            (["a", "b", "c"], "one or two columns"),
            (7, "one or two columns"),
            (["a", "a"], "each once"),
            ("killed", "other than the counts 'killed'"),
        ],
    )
    def test_by(self, by, message):
        """`by` names one or two other columns."""
        table = pd.DataFrame({"killed": [1], "a": [1], "b": [1], "c": [1]})
        with pytest.raises(ParameterError, match=message):
            suppress(table, below=3, count="killed", by=by)

    def test_missing_column(self):
        """A column that is not there is named, with those that are."""
        with pytest.raises(DataError, match=r"column 'injured' is missing; the table has 'killed'"):
            suppress(pd.DataFrame({"killed": [1]}), below=3, count="injured")

    @pytest.mark.parametrize("value", [-1, 1.5, "many"])
    def test_no_count(self, value):
        """A value that is no count is named with its row."""
        with pytest.raises(DataError, match=r"row 3, column 'killed': .*a whole number, 0 or more"):
            suppress(pd.DataFrame({"killed": [4, value]}, dtype=object), below=3, count="killed")

    def test_twice(self):
        """What was suppressed once is not taken for full counts."""
        done = suppress(pd.DataFrame({"killed": [1, 2]}), below=3, count="killed")
        with pytest.raises(DataError, match="start from the full counts"):
            suppress(done, below=3, count="killed")

    def test_pair_twice(self):
        """Two rows of one district and year are to be added up first."""
        table = pd.DataFrame({"district": ["A", "A"], "year": [2024, 2024], "killed": [1, 5]})
        with pytest.raises(DataError, match=r"have 2 rows; add the counts up first"):
            suppress(table, below=3, count="killed", by=BY)

    def test_cannot_be_protected(self):
        """A count that the totals of the others leave over is an error, not a false promise."""
        table = pd.DataFrame({"district": ["A", "A", "B"], "killed": [10, 20, 1]})
        with pytest.raises(DataError, match=r"row 4, column 'killed': '1'.*complete the table with rows of 0"):
            suppress(table, below=3, count="killed", by="district")
