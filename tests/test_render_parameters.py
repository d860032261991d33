"""Parameters of notebooks and the tasks of a call: read, checked, named, before anything is started."""

from __future__ import annotations

import datetime as dt
import json
import string
import subprocess
import sys
from pathlib import Path

import jupytext
import numpy as np
import pandas as pd
import papermill
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from minestats.errors import ParameterError
from minestats.render.parameters import Text, assignments, declared, differing, read_notebook, resolve
from minestats.render.plan import find_reports, read_plan, slug, tasks
from minestats.render.source import read_source

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent
SAMPLE = HERE / "notebooks" / "sample.py"
CELL = """district: str = "all"  # district to report on [choices: all, districts.district]
since: str = "2020-11-10"  # first day counted [date]
until: str = ""  # last day counted; empty: as far as the data go [date; optional]
level: float = 0.95  # confidence level [range: 0.5 to 0.999]
n: int = 3  # how many [range: 1 to 1000]
detail: bool = False  # whether to show the long table
years: list[int] = []  # years to show
words: list[str] = ["a", "b"]  # words
note: str = ""  # free text
"""


def write(folder: Path, name: str = "trend.py", cell: str = CELL, more: str = "") -> Path:
    """A percent script with one parameters cell, made for tests."""
    path = folder / name
    path.write_text(f'# %% [markdown]\n# # A title\n\n# %% tags=["parameters"]\n{cell}\n# %%\nprint(1)\n{more}')
    return path


@pytest.fixture
def book(tmp_path):
    """A notebook with one parameter of each kind."""
    return read_notebook(write(tmp_path))


@pytest.fixture(scope="module")
def table(tmp_path_factory):
    """A data folder with a table of districts; the rows are made for the test."""
    folder = tmp_path_factory.mktemp("data")
    rows = "district,aliases\nAghdam,Agdam;Ağdam\nLachin,\nAghdam,\n,\nXocalı,Khojaly\n"
    (folder / "districts.csv").write_text(rows, encoding="utf-8")
    return folder


LINES = st.sampled_from(
    ["x = 1", "", "# note", "# %matplotlib inline", "%timeit x", "# !rm keep.txt", "    # !ls", "# cat three means", "def f():",
     "    return 1", "s = \'\'\'", "# %% no cell\'\'\'", "# - item", "#", "a: int = 1  # b [range: 0 to 2]"]
)  # fmt: skip
MARKS = st.sampled_from(
    [
        "# %%",
        "# %% a title",
        "# %% [markdown]",
        '# %% tags=["parameters"]',
        '# %% [markdown] tags=["a", "b"]',
        "# %% [raw]",
    ]
)
SCRIPTS = st.lists(st.tuples(MARKS, st.lists(LINES, max_size=5)), min_size=1, max_size=5).map(
    lambda parts: "\n".join(line for mark, lines in parts for line in (mark, *lines)) + "\n"
)


class TestReading:
    def test_kinds_limits_and_meanings_are_read(self, book):
        """Type, default, limits and meaning of each line are known without running anything."""
        p = book.parameters

        assert list(p) == ["district", "since", "until", "level", "n", "detail", "years", "words", "note"]
        assert (p["district"].choices, p["district"].choices_from) == (("all",), "districts.district")
        assert (p["since"].kind, p["until"].kind, p["until"].optional) == ("date", "date", True)
        assert (p["level"].low, p["level"].high, p["level"].comment) == (0.5, 0.999, "confidence level")
        assert (p["years"].kind, p["years"].is_list, p["years"].default) == ("int", True, [])
        assert book.title == "A title"

    @pytest.mark.parametrize("path", sorted((ROOT / "notebooks").glob("*.py")) + [SAMPLE], ids=lambda p: p.stem)
    def test_papermill_sees_the_same_parameters(self, path, tmp_path):
        """`papermill --help-notebook` shows the names and defaults that the check uses."""
        jupytext.write(jupytext.read(path), tmp_path / "book.ipynb")
        seen = papermill.inspect_notebook(str(tmp_path / "book.ipynb"))
        ours = read_notebook(path).parameters

        assert list(seen) == list(ours)
        for name, parameter in ours.items():
            assert eval(seen[name]["default"]) == parameter.default  # its text is a literal

    def test_type_without_annotation_is_that_of_the_default(self):
        """`n = 3` declares a whole number."""
        assert {p.kind for p in declared("a = 1\n").values()} == {"int"}
        assert declared("a = [1.5]\n")["a"].type_text == "list of float"

    def test_brackets_that_are_no_limits_stay_text(self):
        """A unit in brackets is part of the meaning."""
        assert declared("d: float = 1.0  # distance [km]\n")["d"].comment == "distance [km]"

    @pytest.mark.parametrize(
        ("cell", "message"),
        [
            ("a = 1; b = 2", "one statement per line"),
            ("a: int = 1\na: int = 2", "'a' is declared twice"),
            ("a: int = 'x'", "the default 'x' of 'a' is not a whole number"),
            ('a: str = "2022-02-30"  # x [date]', "not a day of the calendar"),
            ('a: str = ""  # x [date]', "must not be empty"),
            ("a: int = 5  # x [range: 1 to 3]", "out of range"),
            ("a: int = 5  # x [range: 9 to 3]", "goes from high to low"),
            ('a: str = "x"  # x [range: 1 to 3]', "must be a number or a date"),
            ('a: str = "c"  # x [choices: a, b]', "is not known"),
            ('a: str = "a"  # x [choises: a, b]', "did you mean 'choices'"),
            ('a: str = ""  # x [optionl]', "did you mean 'optional'"),
            ("a: int = 1  # x [date]", "its type must be str"),
            ("if True:", "not plain Python"),
        ],
    )
    def test_a_cell_that_cannot_be_read_is_refused(self, cell, message):
        """The line and the reason are named; the default is checked as any value."""
        with pytest.raises(ParameterError, match=message) as error:
            declared(cell)

        assert "parameters cell, line" in str(error.value)

    def test_all_wrong_lines_come_together(self):
        """Two wrong lines are two lines of the message."""
        with pytest.raises(ParameterError) as error:
            declared("a: int = 'y'\nc: int = 'x'\n")

        assert len(str(error.value).splitlines()) == 2

    @pytest.mark.parametrize(
        ("cell", "kind"),
        [
            ("colour = '#ff0000'", "str"),
            ("level = 0.95  # alpha = 1 - level", "float"),
            ("districts = [\n    'Aghdam',\n    'Lachin',\n]", "list of str"),
            ("n: int | None = None", "int"),
            ("n: Optional[int] = 3", "int"),
            ("names: List[str] = []", "list of str"),
            ("names: list = [1, 2]", "list of int"),
            ('n: "int" = 1', "int"),
            ("n = 1  # [km] = a unit", "int"),
        ],
    )
    def test_forms_of_other_people_are_taken_as_they_are(self, cell, kind, tmp_path):
        """Each can be set, and papermill sees no other names."""
        assert [p.type_text for p in declared(cell).values()] == [kind]
        assert not next(iter(declared(cell).values())).fixed
        assert {*inspected(cell, tmp_path)} <= {*declared(cell)}  # it misses some itself

    @pytest.mark.parametrize(
        "cell",
        ["region = None", "limits = {'low': 1}", "a = b", "a = 1 + 1", "a = [1, 'x']", "a: dict = {}", "a = pd.Timestamp('2020-01-01')",
         'a: Literal["x"] = "x"', "a = {1, 2}", "path = Path('x') / 'y'"],
    )  # fmt: skip
    def test_what_cannot_be_set_is_a_default_that_says_so(self, cell, tmp_path):
        """The report is rendered with it; only a value for it is refused, with the reason."""
        path = tmp_path / "a.py"
        path.write_text(f'# %% tags=["parameters"]\n{cell}\nn = 1\n')
        book = read_notebook(path)
        [name] = [name for name in book.parameters if name != "n"]

        assert resolve(book, {}) == {"n": 1}
        assert {*inspected(cell, tmp_path)} <= {name}
        with pytest.raises(ParameterError, match=f"{name} cannot be set, as its (default|type)"):
            resolve(book, {name: "x"})

    def test_imports_docstrings_and_commands_are_no_parameters(self):
        """They are part of the cell."""
        cell = '"""What is reported on."""\nimport os\nfrom pathlib import Path\n%matplotlib inline\nn = 1\nif n:\n    pass\n'

        assert list(declared(cell)) == ["n"]

    def test_two_tagged_cells_are_refused(self, tmp_path):
        """papermill would take the first in silence."""
        path = write(tmp_path, more='\n# %% tags=["parameters"]\nb = 1\n')

        with pytest.raises(ParameterError, match="2 cells are tagged 'parameters'"):
            read_notebook(path)

    def test_a_parameter_without_a_tagged_cell_is_refused(self, tmp_path):
        """papermill would inject it above the first cell and change nothing."""
        path = tmp_path / "free.py"
        path.write_text("# %%\ndistrict = 'all'\n")

        assert resolve(read_notebook(path), {}) == {}
        with pytest.raises(ParameterError, match="no cell of the notebook is tagged 'parameters'"):
            resolve(read_notebook(path), {"district": "x"})

    @pytest.mark.parametrize(
        ("name", "content", "message"),
        [
            ("a.ipynb", b"{", "not a Jupyter notebook"),
            ("a.ipynb", b'{"nbformat": 3, "worksheets": []}', "older than 4"),
            ("a.py", b"x = 1\n", "no cell found"),
            ("a.py", b"# %%\nx = '\xff'\n", "not UTF-8"),
            ("a.txt", b"", "ends in .py"),
        ],
    )
    def test_what_is_no_notebook_is_said(self, tmp_path, name, content, message):
        """A file of another kind is refused with its name."""
        (tmp_path / name).write_bytes(content)

        with pytest.raises(ParameterError, match=message):
            read_notebook(tmp_path / name)


class TestCells:
    @pytest.mark.parametrize("path", sorted((ROOT / "notebooks").glob("*.py")) + [SAMPLE], ids=lambda p: p.stem)
    def test_what_is_looked_up_agrees_with_jupytext(self, path):
        """Types and tags of the cells, and the text of the parameters cell, are those of the notebook that is run."""
        assert looked_up(path) == jupytext_cells(path)

    @pytest.mark.parametrize(
        "text",
        [
            "# %%\n# !ls -l\nx = 1\n\n# %%\n# %matplotlib inline\n# %timeit x\n",
            '# %% language="bash"\n# echo hi\n',
            '# %%\ns = """\n# %% no cell\n"""\n\n\n# %% [markdown] tags=["a", "b"]\n# - x\n#\n#   y\n',
            '# %% [markdown]\n"""\n# Head\n\ntext\n"""\n\n# %% [raw]\n# raw\n',
            "# %% A title of a cell\nx = 1\n\n# %%\n\n\n# %%\ny = 2",
            '# %% {"tags": ["parameters"]}\na = 1\n',
            "# ---\n# jupyter:\n#   kernelspec:\n#     display_name: Python 3\n#     name: python3\n# ---\n\n# %%\nx = 1\n# x?\n",
            "# %%\ndef f():\n    # %time x\n    return 1\n",
        ],
    )
    def test_awkward_scripts_are_looked_up_as_jupytext_reads_them(self, tmp_path, text):
        """Magics, raw cells, cell marks within strings, titles, headers."""
        path = tmp_path / "a.py"
        path.write_text(text)

        assert looked_up(path) == jupytext_cells(path)

    @settings(max_examples=150, deadline=None)
    @given(script=SCRIPTS)
    def test_any_script_is_looked_up_as_jupytext_reads_it(self, tmp_path_factory, script):
        """Whatever the cells hold, the parameters cell that is checked is the one that is run."""
        path = tmp_path_factory.mktemp("script") / "a.py"
        path.write_text(script)

        assert looked_up(path) == jupytext_cells(path)

    def test_script_and_twin_give_the_same(self, tmp_path):
        """A notebook is one, whichever of its two files is read."""
        twin = tmp_path / "sample.ipynb"
        jupytext.write(jupytext.read(SAMPLE), twin)

        assert looked_up(twin) == looked_up(SAMPLE)
        assert read_notebook(twin).parameters == read_notebook(SAMPLE).parameters


def inspected(cell, folder):
    """The parameters that papermill sees in a cell."""
    path = folder / "inspected.ipynb"
    made = jupytext.reads(f'# %% tags=["parameters"]\n{cell}\n', fmt="py:percent")
    made.metadata["kernelspec"] = {"name": "python3", "language": "python", "display_name": "x"}
    jupytext.write(made, path)
    return papermill.inspect_notebook(str(path))


def looked_up(path):
    return marks((c.cell_type, c.source, list(c.tags)) for c in read_source(path).cells)


def jupytext_cells(path):
    return marks((c.cell_type, c.source, list(c.metadata.get("tags", []))) for c in jupytext.read(path).cells)


def marks(read):
    """Type and tags of each cell, with the text where it decides what is known before the run."""

    def known(kind, tags, text):
        if kind == "markdown":
            return text.strip("\n")  # how many blank lines a cell ends with says nothing
        lines = text.splitlines() if "parameters" in tags else []
        return [
            line for line in lines if line.strip() and not line.strip().startswith(("#", "%", "!", "cat "))
        ]  # no command

    return [(kind, tags, known(kind, tags, text)) for kind, text, tags in read]


class TestTexts:
    """Values as typed on the command line."""

    @pytest.mark.parametrize("value", ["007", "None", "true", "1_000", "1", "[1]", " x ", "ə", "-1", "2022-02-30"])
    def test_a_text_stays_as_typed(self, book, value):
        """Nothing is guessed from the look of a text."""
        assert resolve(book, {"note": value}, as_text=True)["note"] == value

    @pytest.mark.parametrize(
        ("name", "text", "value"),
        [
            ("n", "007", 7),
            ("n", "+3", 3),
            ("level", ".9", 0.9),
            ("level", "9e-1", 0.9),
            ("detail", "Yes", True),
            ("detail", "0", False),
            ("since", "2024-02-29", "2024-02-29"),
            ("until", "", ""),
            ("years", "2022, 2023", [2022, 2023]),
            ("years", "[2022]", [2022]),
            ("years", "", []),
            ("words", '["a, b"]', ["a, b"]),
        ],
    )
    def test_a_text_is_read_by_the_declared_type(self, book, name, text, value):
        """Each type has one way to be written."""
        assert resolve(book, {name: text}, as_text=True)[name] == value

    @pytest.mark.parametrize(
        ("name", "text"),
        [
            ("n", "2.0"),
            ("n", "1_0"),
            ("n", ""),
            ("n", "None"),
            ("n", "٣"),
            ("n", " 3"),
            ("n", "9" * 5000),
            ("level", "0,9"),
            ("level", "nan"),
            ("level", "inf"),
            ("level", "1e999"),
            ("detail", "on"),
            ("detail", ""),
            ("since", "2022-2-3"),
            ("since", "2022-02-30"),
            ("since", "20220203"),
            ("since", ""),
            ("since", "2022-02-03T00:00"),
            ("years", "2022;2023"),
            ("years", "[NaN]"),
            ("years", "[2022"),
            ("years", "2022,,2023"),
            ("note", "a\0b"),
            ("note", "\udcff"),
        ],
    )
    def test_a_wrong_text_is_refused(self, book, name, text):
        """The message names report, parameter and remedy."""
        with pytest.raises(ParameterError, match=rf"^trend: {name} .*\(minestats list trend\) \[parameter-\w+\]$"):
            resolve(book, {name: text}, as_text=True)

    def test_the_message_of_a_misspelt_choice_is_the_documented_one(self, book, table):
        """Value, nearest valid name and the command that lists them stand in one line."""
        with pytest.raises(ParameterError) as error:
            resolve(book, {"district": "Lachn"}, table, as_text=True)

        assert str(error.value) == (
            "trend: district 'Lachn' is not known; did you mean 'Lachin'? (minestats list trend) [parameter-choice]"
        )

    @pytest.mark.parametrize("value", ["aghdam", "AĞDAM", "Agdam", "agdam"])
    def test_case_diacritics_and_other_spellings_find_the_name(self, book, table, value):
        """What the table lists as another spelling is suggested, never accepted in silence."""
        with pytest.raises(ParameterError, match="did you mean 'Aghdam'"):
            resolve(book, {"district": value}, table, as_text=True)

    def test_all_errors_of_a_call_come_together(self, book, table):
        """One line for each: name, type, choice, range."""
        given = {"distrct": "x", "n": "2.0", "district": "Lachn", "level": "1"}

        with pytest.raises(ParameterError) as error:
            resolve(book, given, table, as_text=True)

        lines = str(error.value).splitlines()
        assert len(lines) == 4
        assert "parameter 'distrct' is not known; did you mean 'district'?" in lines[0]
        assert any("out of range: from 0.5 to 0.999" in line for line in lines)

    def test_a_name_given_twice_is_refused(self):
        """`-p n=1 -p n=2` has no meaning."""
        with pytest.raises(ParameterError, match="'n' is given twice"):
            assignments(["n=1", "n=2"])

    @pytest.mark.parametrize("text", ["n", "=1", "1n=2", "a b=1"])
    def test_what_is_no_assignment_is_refused(self, text):
        """NAME=VALUE is the only form."""
        with pytest.raises(ParameterError, match="must be written NAME=VALUE"):
            assignments([text])

    def test_a_value_may_hold_an_equals_sign(self):
        """Only the first one parts name and value."""
        assert assignments(["note=a=b"]) == {"note": "a=b"}

    @given(st.text().filter(lambda t: "\0" not in t))
    @settings(max_examples=100, deadline=None, derandomize=True)
    def test_any_text_is_either_kept_or_refused(self, text):
        """A text parameter changes nothing of what it is given."""
        book = read_notebook(SAMPLE_TEXT)
        try:
            text.encode()
        except UnicodeEncodeError:
            with pytest.raises(ParameterError):
                resolve(book, {"note": Text(text)})
        else:
            assert resolve(book, {"note": Text(text)})["note"] == text


SAMPLE_TEXT = HERE / "notebooks" / "text.py"


class TestPython:
    """Values as a Python caller gives them."""

    @pytest.mark.parametrize(
        ("name", "value", "expected"),
        [
            ("since", dt.date(2022, 12, 14), "2022-12-14"),
            ("since", dt.datetime(2022, 12, 14), "2022-12-14"),
            ("since", pd.Timestamp("2022-12-14"), "2022-12-14"),
            ("since", np.datetime64("2022-12-14"), "2022-12-14"),
            ("since", np.datetime64("2022-12-14T00:00:00.000000000"), "2022-12-14"),
            ("since", np.str_("2022-12-14"), "2022-12-14"),
            ("until", None, ""),
            ("n", np.int64(3), 3),
            ("level", np.float32(0.5), 0.5),
            ("level", 0.75, 0.75),
            ("detail", np.bool_(True), True),
            ("years", (2022, np.int32(2023)), [2022, 2023]),
            ("years", np.array([2022]), [2022]),
            ("years", range(2022, 2024), [2022, 2023]),
            ("note", Path("a") / "b", str(Path("a") / "b")),
        ],
    )
    def test_values_become_plain_json(self, book, name, value, expected):
        """Dates, numpy scalars and tuples arrive as JSON values of the declared type."""
        found = resolve(book, {name: value})[name]

        assert found == expected
        assert type(found) is type(expected)
        json.dumps(found, allow_nan=False)

    @pytest.mark.parametrize(
        ("name", "value"),
        [
            ("years", {2022}),
            ("years", {"a": 1}),
            ("years", "2022"),
            ("years", [True]),
            ("level", float("nan")),
            ("level", "0.9"),
            ("level", True),
            ("n", 2.0),
            ("n", True),
            ("n", None),
            ("detail", 1),
            ("note", 1),
            ("note", b"x"),
            ("note", object()),
            ("since", dt.datetime(2022, 12, 14, 10)),
            ("since", dt.datetime(2022, 12, 14, tzinfo=dt.UTC)),
            ("since", pd.NaT),
            ("since", pd.NA),
            ("since", np.datetime64("NaT", "D")),
            ("since", np.datetime64("2022-12")),
            ("since", 20221214),
        ],
    )
    def test_other_values_are_refused(self, book, name, value):
        """Sets, mappings, NaN, and values of another type."""
        with pytest.raises(ParameterError, match=rf"trend: {name} "):
            resolve(book, {name: value})

    def test_only_differing_values_are_injected_in_the_order_of_the_cell(self, book):
        """With the defaults there is nothing to inject."""
        assert differing(book, resolve(book, {})) == {}

        values = resolve(book, {"n": 4, "district": "all", "detail": True, "level": 0.9})
        assert list(differing(book, values).items()) == [("level", 0.9), ("n", 4), ("detail", True)]

    def test_choices_of_the_data_need_the_table(self, book, tmp_path):
        """A missing table or column is named."""
        with pytest.raises(ParameterError, match=r"choices of districts\.district are not there: no file"):
            resolve(book, {"district": "x"}, tmp_path)
        (tmp_path / "districts.csv").write_text("name\nx\n")
        with pytest.raises(ParameterError, match="has no column 'district'"):
            resolve(book, {"district": "x"}, tmp_path)


class TestReports:
    def test_names_and_paths_are_found(self, tmp_path):
        """A name is looked up among the bundled notebooks; a script comes before its twin."""
        path = write(tmp_path)
        (tmp_path / "trend.ipynb").write_text("{}")

        assert find_reports(["trend"], tmp_path) == {"trend": path}
        assert find_reports(None, tmp_path) == {"trend": path}
        assert find_reports([str(path)], ROOT / "notebooks") == {"trend": path}

    def test_unknown_names_and_paths_come_together(self, tmp_path):
        """The nearest report name is offered."""
        write(tmp_path)

        with pytest.raises(ParameterError) as error:
            find_reports(["trnd", "no/such.py"], tmp_path)

        assert "report 'trnd' is not known; did you mean 'trend'? (minestats list)" in str(error.value)
        assert "notebook 'no/such.py' is not there" in str(error.value)

    def test_two_notebooks_of_one_name_are_refused(self, tmp_path):
        """They would write the same files."""
        (tmp_path / "a").mkdir()
        (tmp_path / "b").mkdir()

        with pytest.raises(ParameterError, match="two notebooks are called 'trend'"):
            find_reports([str(write(tmp_path / "a")), str(write(tmp_path / "b"))], tmp_path)


class TestTasks:
    def test_by_takes_the_values_of_the_table(self, tmp_path, table):
        """In the order of the table, each once, empty ones dropped."""
        made = tasks([str(write(tmp_path))], by=["district"], data_dir=table)

        assert [task.values["district"] for task in made] == ["Aghdam", "Lachin", "Xocalı"]
        assert [task.slug for task in made] == ["district-aghdam", "district-lachin", "district-xocali"]

    def test_several_by_multiply(self, tmp_path, table):
        """Three districts, long and short: six reports."""
        made = tasks([str(write(tmp_path))], by=["district", "detail"], data_dir=table)

        assert len(made) == 6
        assert made[0].slug == "district-aghdam--detail-true"

    def test_by_listed_choices(self, tmp_path):
        """Without a table the listed words are gone through; the default is called default."""
        path = write(tmp_path, cell='kind: str = "a"  # x [choices: a, b]\n')

        assert [task.slug for task in tasks([str(path)], by=["kind"])] == ["default", "kind-b"]

    @pytest.mark.parametrize("name", ["n", "years", "distrct", "data"])
    def test_by_of_something_else_is_refused(self, tmp_path, table, name):
        """A number, a list, an unknown name, the data folder."""
        path = write(tmp_path, cell='data: str = ""  # folder\n' + CELL)

        with pytest.raises(ParameterError, match=f"--by {name}"):
            tasks([str(path)], by=[name], data_dir=table)

    def test_by_and_a_value_of_one_name_is_refused(self, tmp_path, table):
        """Which one is meant?"""
        with pytest.raises(ParameterError, match="'district' is given both a value and --by"):
            tasks([str(write(tmp_path))], by=["district"], parameters={"district": "Lachin"}, data_dir=table)

    def test_the_data_folder_is_injected_but_names_nothing(self, tmp_path, table):
        """It stands in no value and no file name; without one the notebook's own default stays."""
        path = write(tmp_path, cell=CELL + 'data: str = ""  # folder\n')
        [task] = tasks([str(path)], parameters={"n": 4}, data_dir=table)
        [bare] = tasks([str(path)])

        assert task.injected == {"n": 4, "data": str(table)}
        assert (task.slug, "data" in task.values) == ("n-4", False)
        assert bare.injected == {}
        with pytest.raises(ParameterError, match="given by --data"):
            tasks([str(path)], parameters={"data": "x"})

    def test_the_variable_names_the_data_folder_too(self, tmp_path, table, monkeypatch):
        """What the kernel would read is what the check and the key look at."""
        path = write(tmp_path, cell=CELL + 'data: str = ""  # folder\n')
        monkeypatch.setenv("MINESTATS_DATA", str(table))

        assert tasks([str(path)])[0].injected == {"data": str(table)}

    def test_errors_of_several_reports_come_together(self, tmp_path, table):
        """One call, one answer."""
        other = write(tmp_path, "other.py", cell="n: int = 1  # n\n")

        with pytest.raises(ParameterError) as error:
            tasks([str(write(tmp_path)), str(other)], parameters={"level": Text("2"), "x": Text("1")}, data_dir=table)

        text = str(error.value)
        assert "trend: level '2' is out of range" in text
        assert "other: parameter 'level' is not known" in text
        assert text.count("parameter 'x' is not known") == 2

    def test_a_missing_data_folder_is_said(self, tmp_path):
        """Before anything else."""
        with pytest.raises(ParameterError, match="no data found: there is no folder"):
            tasks([str(write(tmp_path))], data_dir=tmp_path / "none")

    def test_a_task_can_be_pickled(self, tmp_path):
        """It travels to workers."""
        import pickle

        [task] = tasks([str(write(tmp_path))], parameters={"n": 4})

        assert pickle.loads(pickle.dumps(task)) == task


class TestSlugs:
    def test_letters_are_mapped(self):
        """Azerbaijani and Turkish letters have their plain forms."""
        assert slug({"d": "əışğçöü ƏIŞĞÇÖÜ"}) == "d-eisgcou-eisgcou"

    @pytest.mark.parametrize(
        ("value", "name"),
        [
            ("../../x", "v-x"),
            ("CON", "v-con"),
            ("a/b\\c", "v-a-b-c"),
            (-5, "v-minus-5"),
            (0.9, "v-0.9"),
            ("x.failed", "v-x-failed"),
            (True, "v-true"),
            ("", "v-none"),
            ([1, 2], "v-1-2"),
            ("a--b", "v-a-b"),
        ],
    )
    def test_odd_values_have_plain_names(self, value, name):
        """No separator, no dot but within a number, no reserved word alone."""
        assert slug({"v": value}) == name

    @given(
        st.dictionaries(st.sampled_from(["district", "note", "n"]), st.text(max_size=120) | st.integers(), min_size=1)
    )
    @settings(max_examples=200, deadline=None, derandomize=True)
    def test_no_value_leaves_the_folder(self, values):
        """ASCII, at most 80 characters, no path part, whatever the value."""
        name = slug(values)

        assert 0 < len(name) <= 80
        assert set(name) <= set(string.ascii_lowercase + string.digits + "-._")
        assert not name.startswith((".", "-"))
        assert not name.endswith(".")
        assert ".." not in name
        assert not name.endswith(".failed")

    def test_names_that_differ_in_case_only_are_told_apart(self, tmp_path):
        """On a disk that does not see case they would be one file."""
        made = planned(tmp_path, 'note = ["Abc", "abc", "a.bc", "other"]')

        names = [task.slug for task in made]
        assert len({name.lower() for name in names}) == 4
        assert names[3] == "note-other"
        assert names[0].startswith("note-abc-")

    def test_names_of_letters_unknown_to_ascii_are_told_apart(self, tmp_path):
        """Cyrillic has no plain form here; six digits stand for it."""
        made = planned(tmp_path, 'note = ["Агдам", "Лачин"]')

        assert len({task.slug for task in made}) == 2

    def test_equal_tasks_are_one(self, tmp_path):
        """A plan that says a thing twice renders it once."""
        assert len(planned(tmp_path, 'note = ["x", "x"]')) == 1

    @pytest.mark.parametrize("stem", ["CON", "aux", "a b", "отчёт", "nul.x"])
    def test_a_report_has_a_folder_that_every_system_takes(self, tmp_path, stem):
        """Reserved names, blanks and other letters of a file name."""
        path = write(tmp_path, f"{stem}.py")
        [task] = tasks([str(path)])

        assert task.report.isascii()
        assert " " not in task.report
        assert task.report.split(".")[0].lower() not in ("con", "aux", "nul")


def planned(folder: Path, parameters: str):
    """Tasks of a plan with these parameters for one notebook."""
    write(folder)
    (folder / "plan.toml").write_text(f'[[report]]\nnotebook = "trend.py"\n[report.parameters]\n{parameters}\n')
    return tasks(plan=folder / "plan.toml")


class TestPlan:
    def test_a_plan_says_what_a_call_says(self, tmp_path, table):
        """Lists for a scalar mean one report each; a list for a list is one value; paths start at the plan."""
        write(tmp_path)
        (tmp_path / "x.geojson").write_text("{}")
        (tmp_path / "plan.toml").write_text(
            f'data = "{table}"\nout = "made"\n'
            '[[report]]\nnotebook = "trend.py"\nby = "district"\ninputs = ["*.geojson"]\n'
            "[report.parameters]\nn = [4, 5]\nyears = [2022, 2023]\nsince = 2022-01-01\n"
        )
        plan = read_plan(tmp_path / "plan.toml")
        made = tasks(plan=plan)

        assert plan.out == tmp_path / "made"
        assert len(made) == 6
        assert made[0].values["years"] == [2022, 2023]
        assert made[0].values["since"] == "2022-01-01"
        assert made[0].inputs == (str(tmp_path / "x.geojson"),)

    def test_the_command_line_wins(self, tmp_path, table):
        """A value or --by given on the call replaces that of the plan; named reports are taken alone."""
        write(tmp_path)
        write(tmp_path, "other.py", cell="n: int = 1  # n\n")
        (tmp_path / "plan.toml").write_text(
            '[[report]]\nnotebook = "trend"\nby = ["district"]\n[report.parameters]\nn = 4\n'
            '[[report]]\nnotebook = "other"\n'
        )
        plan = tmp_path / "plan.toml"

        made = tasks(["trend"], plan=plan, parameters={"district": "Lachin"}, data_dir=table, bundled_dir=tmp_path)
        assert [task.name for task in made] == ["trend/district-lachin--n-4"]
        made = tasks(["trend"], plan=plan, by=["detail"], data_dir=table, bundled_dir=tmp_path)
        assert len(made) == 6
        assert len(tasks(plan=plan, data_dir=table, bundled_dir=tmp_path)) == 4

    @pytest.mark.parametrize(
        ("text", "message"),
        [
            ("[[report]]\nnotebok = 'x'", "key 'notebok' is not known; did you mean 'notebook'"),
            ("[[report]]\nby = 'x'", "'notebook' is missing"),
            ("[[report]]\nnotebook = 'trend'\nby = 3", "'by' must be a text or a list of texts"),
            ("dat = 'x'\n[[report]]\nnotebook = 'trend'", "key 'dat' is not known; did you mean 'data'"),
            ("report = 3", r"must be written \[\[report\]\]"),
            ("", r"no \[\[report\]\] in it"),
            ("x =", "Invalid value"),
        ],
    )
    def test_a_wrong_plan_is_refused(self, tmp_path, text, message):
        """Key, place and remedy are named."""
        (tmp_path / "plan.toml").write_text(text)

        with pytest.raises(ParameterError, match=message):
            read_plan(tmp_path / "plan.toml")

    def test_inputs_that_match_nothing_are_refused(self, tmp_path):
        """A misspelt pattern would leave the report out of date for ever."""
        write(tmp_path)
        (tmp_path / "plan.toml").write_text('[[report]]\nnotebook = "trend.py"\ninputs = "*.geojson"\n')

        with pytest.raises(ParameterError, match="match no file"):
            tasks(plan=tmp_path / "plan.toml")


def test_checking_a_call_imports_nothing_heavy():
    """A wrong value is refused with the standard library alone, and no process is started."""
    code = (
        "import sys; from minestats.render.plan import tasks\n"
        "try: tasks(['trend'], parameters={'distrct': 'x'}, by=['district'])\n"
        "except Exception as e: print(type(e).__name__)\n"
        "print(sorted({'numpy', 'pandas', 'papermill', 'nbformat', 'jupytext', 'matplotlib', 'subprocess'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert done.stdout.split("\n")[:2] == ["ParameterError", "[]"]


def test_without_names_only_reports_with_the_parameter_are_made(tmp_path):
    """A report over all places has no district: `-p district=...` for all leaves it out, by name it is an error."""
    write(tmp_path, "one.py", 'district: str = "all"  # place')
    write(tmp_path, "whole.py", "level: float = 0.95  # level")
    made = tasks(parameters={"district": "x"}, bundled_dir=tmp_path)
    assert [task.report for task in made] == ["one"]
    for asked in ({"reports": ["whole"], "parameters": {"district": "x"}}, {"parameters": {"distrct": "x"}}):
        with pytest.raises(ParameterError, match="not known"):
            tasks(**asked, bundled_dir=tmp_path)
