"""The notebooks: pairs that agree, twins that really hold outputs, parameters that papermill reads alike, nbval that really
compares, and reports that say what the published statements say, for the country and for any district."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import jupytext
import pytest

ROOT = Path(__file__).resolve().parents[1]
NAMES = ["casualty_rates", "demining_progress", "explore", "sources", "summary", "trend", "victims"]
REPORTS = ["casualty_rates", "demining_progress", "sources", "summary", "trend", "victims"]
OF_A_PLACE = [name for name in REPORTS if name != "summary"]
# districts that try the reports: many incidents and bulletins, few incidents, one incident and no bulletin
DISTRICTS = ["Aghdam", "Sadarak", "Yevlakh"]


def cells_of(path):
    """Type, source and tags of each cell of a notebook, by jupytext."""
    import jupytext

    notebook = jupytext.read(path)
    return [(c.cell_type, c.source, sorted(c.metadata.get("tags", []))) for c in notebook.cells]


def twin(name):
    """The parsed .ipynb."""
    return json.loads((ROOT / "notebooks" / f"{name}.ipynb").read_text(encoding="utf-8"))


def code_cells(notebook):
    """Its code cells."""
    return [cell for cell in notebook["cells"] if cell["cell_type"] == "code"]


def outputs_of(notebook):
    """All outputs, as text."""
    return json.dumps([cell["outputs"] for cell in code_cells(notebook)], ensure_ascii=False)


class TestPairs:
    """Each percent file has its executed twin, and both say the same."""

    def test_each_has_its_twin(self):
        """There is an .ipynb for each .py and the reverse."""
        folder = ROOT / "notebooks"
        assert sorted(p.stem for p in folder.glob("*.py")) == sorted(p.stem for p in folder.glob("*.ipynb")) == NAMES

    @pytest.mark.parametrize("name", NAMES)
    def test_twins_agree(self, name):
        """Cell types, sources and tags are the same, whatever the files' times."""
        folder = ROOT / "notebooks"
        assert cells_of(folder / f"{name}.py") == cells_of(folder / f"{name}.ipynb")

    @pytest.mark.parametrize("name", NAMES)
    def test_jupyterlab_opens_the_pair(self, name):
        """The script is what jupytext writes of the twin: JupyterLab refuses a pair whose older half differs."""
        script = (ROOT / "notebooks" / f"{name}.py").read_text(encoding="utf-8")
        written = jupytext.writes(jupytext.read(ROOT / "notebooks" / f"{name}.ipynb"), fmt="py:percent")
        assert re.sub(r"#       (format|jupytext)_version: .*\n", "", written) == script

    @pytest.mark.parametrize("name", NAMES)
    def test_twin_is_executed(self, name):
        """Every code cell has its number, rising from 1; none failed; there are outputs to compare."""
        cells = code_cells(twin(name))
        assert [cell["execution_count"] for cell in cells] == list(range(1, len(cells) + 1))
        kinds = [output["output_type"] for cell in cells for output in cell["outputs"]]
        assert "error" not in kinds
        # a warning names the file of its cell, which is another in each run: nbval could never compare it
        assert "stderr" not in [output.get("name") for cell in cells for output in cell["outputs"]]
        assert len(kinds) >= 5

    @pytest.mark.parametrize("name", NAMES)
    def test_twin_holds_words_and_no_pictures(self, name):
        """Image payloads are gone, their descriptions stay; no path of a machine, no date of the run."""
        notebook = twin(name)
        mimes = [mime for cell in code_cells(notebook) for output in cell["outputs"] for mime in output.get("data", {})]
        assert not [mime for mime in mimes if mime.startswith("image/")]
        text = json.dumps(notebook, ensure_ascii=False)
        assert not re.search(r"/(?:home|root|tmp|Users|var)/", text)
        assert "execution" not in {key for cell in code_cells(notebook) for key in cell["metadata"]}
        assert (ROOT / "notebooks" / f"{name}.ipynb").stat().st_size < 400_000

    @pytest.mark.parametrize("name", NAMES)
    def test_no_address_of_an_object(self, name):
        """No output names the address of an object, which would differ in each run."""
        assert not re.search(r" at 0x[0-9a-f]{6,}", outputs_of(twin(name)))


PARAMETERS = {"data": "", "district": "all", "since": "", "until": "", "as_of": "", "level": 0.95}
OF_PEOPLE = (
    "trend",
    "casualty_rates",
    "victims",
    "summary",
    "explore",
)  # show counts of people that may have to be withheld


def parameters_of(name):
    """The parameters that a notebook should have, with their defaults."""
    left_out = {"sources": "level", "summary": "district"}.get(name)  # has no interval; shows all districts
    kept = {key: default for key, default in PARAMETERS.items() if key != left_out}
    return kept | ({"suppress": 0} if name in OF_PEOPLE else {})


class TestParameters:
    """One tagged cell, read alike by minestats and papermill."""

    @pytest.mark.parametrize("name", NAMES)
    def test_one_tagged_cell(self, name):
        """Exactly one cell is tagged `parameters`."""
        assert sum("parameters" in tags for _, _, tags in cells_of(ROOT / "notebooks" / f"{name}.py")) == 1

    @pytest.mark.parametrize("name", NAMES)
    def test_papermill_reads_the_same(self, name):
        """papermill finds the same names and defaults."""
        import ast

        import papermill

        found = papermill.inspect_notebook(ROOT / "notebooks" / f"{name}.ipynb")
        assert {key: ast.literal_eval(value["default"]) for key, value in found.items()} == parameters_of(name)

    @pytest.mark.parametrize("name", NAMES)
    def test_each_parameter_is_explained(self, name):
        """Each parameter has a type and a meaning."""
        from minestats.render.parameters import read_notebook

        found = read_notebook(ROOT / "notebooks" / f"{name}.py").parameters
        assert {key: parameter.default for key, parameter in found.items()} == parameters_of(name)
        assert all(parameter.comment for parameter in found.values())


@pytest.fixture(scope="session")
def reports(tmp_path_factory):
    """All reports for the country and three districts, rendered once."""
    from minestats.render import render

    out = tmp_path_factory.mktemp("reports")
    render(REPORTS, out=out, quiet=True)
    plan = "".join(
        f'[[report]]\nnotebook = "{name}"\nparameters = {{ district = {json.dumps(DISTRICTS)} }}\n'
        for name in OF_A_PLACE
    )
    (out.parent / "plan.toml").write_text(plan, encoding="utf-8")
    results = render(out=out, plan=out.parent / "plan.toml", quiet=True)
    assert [r.error for r in results] == [None] * len(OF_A_PLACE) * len(DISTRICTS)
    return out


def text_of(path, folded="details"):
    """The words of an HTML page, without markup; what is folded is left out, unless `folded` is empty."""
    import html

    page = path.read_text(encoding="utf-8")
    body = re.sub(rf"(?s)<(style|script|{folded or 'style'}).*?</\1>", " ", page)
    return re.sub(r"\s+", " ", html.unescape(re.sub(r"<[^>]+>", " ", body)))


@pytest.mark.slow
class TestReports:
    """What the reports say is what the published statements say."""

    def test_demining_progress_states_the_published_figures(self, reports):
        """A running total with its mines, and the official year totals beside the sums of the months, as published."""
        text = text_of(reports / "demining_progress" / "default.html", folded="")
        assert re.search(r"2022-10-06 2020-11-10 54,841\.00 25,751 12,547", text)
        # year, official total, sum of months, difference, then the months by method: they are 12
        for year, official in (
            ("2022", "41,915.77"),
            ("2023", "53,081.80"),
            ("2024", "62,023.90"),
            ("2025", "69,205.70"),
        ):
            row = re.search(rf"{year} {re.escape(official)} ([\d,.]+) (-?[\d.]+) (\d+) (\d+) (\d+) (\d+) (\d+) ", text)
            assert row, year
            assert row.group(1) == official
            assert sum(int(row.group(i)) for i in range(3, 8)) == 12

    def test_casualty_rates_states_the_split(self, reports):
        """304 casualties are 143 civilians and 161 military, killed and injured as published."""
        text = text_of(reports / "casualty_rates" / "default.html")
        assert re.search(
            r"By 16 June 2023, according to ANAMA[^,]*, 304 casualties since 10 November 2020: 143 civilians "
            r"\(44 killed, 99 injured\) and 161 military \(13 killed, 148 injured\)",
            text,
        )

    def test_trend_states_totals_and_the_rate_between(self, reports):
        """278 and 304 as published, and the rate between them: 26 in 184 days, 51.6 a year, with both intervals."""
        text = text_of(reports / "trend" / "default.html")
        assert re.search(r"278 by 14 December 2022 .*? and 304 by 16 June 2023", text)
        assert "26 casualties in 184 days" in text
        # 26 / 184 * 365.25; exact Poisson limits of 26 are 16.984 and 38.096 (Garwood 1936)
        assert "51.6 (33.7 to 75.6)" in text

    def test_no_nonsense(self, reports):
        """No page says nan, None, NaT or a date beyond the horizon; every page has one title and one main heading."""
        pages = sorted(reports.glob("*/*.html"))
        assert len(pages) == len(REPORTS) + len(OF_A_PLACE) * len(DISTRICTS)
        for page in pages:
            text = text_of(page)
            assert not re.search(r"\b(nan|None|NaT|NaN|<NA>|inf)\b", text), (
                page.name,
                re.search(r".{40}\b(nan|None|NaT|NaN|inf)\b.{40}", text),
            )
            assert not re.search(r"\b(?:2[1-9]\d\d|[3-9]\d\d\d)-\d\d-\d\d", text)
            markup = page.read_text(encoding="utf-8")
            assert markup.count("<h1") == 1
            assert not re.search(r'(?:src|href)="(?:http:|//)[^"]*\.(?:js|css|png|woff)', markup)

    @pytest.mark.parametrize("district", DISTRICTS)
    def test_a_district_says_what_is_missing(self, reports, district):
        """A district's report names it and says that totals and bulletins are of the whole country."""
        slug = f"district-{district.lower()}"
        trend = text_of(reports / "trend" / f"{slug}.html")
        assert f"{district} district" in trend
        assert "Official totals are of the whole country" in trend
        assert "No forecast" in text_of(reports / "demining_progress" / f"{slug}.html")

    def test_every_number_in_brackets_has_its_page(self, reports):
        """Each citation's number stands in the numbered list of sources."""
        for page in reports.glob("*/*.html"):
            markup = page.read_text(encoding="utf-8")
            listed = len(re.findall(r'<li[^>]*id="[^"]*source-\d+"', markup))
            cited = [
                int(n)
                for group in re.findall(r"\[(\d+(?:, \d+)*)(?: and \d+ more)?\]", text_of(page))
                for n in group.split(", ")
            ]
            assert max(cited, default=0) <= listed, page.name


# the call that draws the figure of `explore`
CALL = "here.figure(exploring.draw, chosen_table)"


def nbval(notebook: Path, **environment) -> subprocess.CompletedProcess:
    """Run nbval on one notebook, as `make test` does."""
    command = [
        sys.executable,
        "-m",
        "pytest",
        "-q",
        "--nbval",
        "-p",
        "no:cacheprovider",
        "-o",
        "addopts=",
        str(notebook),
    ]
    settings = {
        "JUPYTER_DEFAULT_PROVISIONER_NAME": "minestats-fork",
        "PYTHONHASHSEED": "0",
        "TZ": "UTC",
        "LC_ALL": "C.UTF-8",
        "OPENBLAS_NUM_THREADS": "1",
        "OMP_NUM_THREADS": "1",
    }
    return subprocess.run(
        command, cwd=ROOT, capture_output=True, text=True, check=False, env={**os.environ, **settings, **environment}
    )


@pytest.mark.slow
class TestNbvalCompares:
    """nbval is no vacuous pass: a damaged notebook or changed data must fail."""

    @pytest.fixture
    def copy(self, tmp_path):
        """A copy of the shortest notebook, to damage."""
        path = tmp_path / "explore.ipynb"
        shutil.copy(ROOT / "notebooks" / "explore.ipynb", path)
        return path

    def damage(self, path, change):
        """Write the notebook with `change(cells)` applied."""
        notebook = json.loads(path.read_text(encoding="utf-8"))
        change(code_cells(notebook))
        path.write_text(json.dumps(notebook), encoding="utf-8")

    def test_whole_notebook_passes(self, copy):
        """Undamaged it passes, cell by cell."""
        run = nbval(copy)
        assert run.returncode == 0, run.stdout[-3000:]
        assert f"{len(code_cells(twin('explore')))} passed" in run.stdout

    def test_changed_digit_fails(self, copy):
        """One digit of one stored output is changed."""

        def change(cells):
            for cell in cells:
                for output in cell["outputs"]:
                    plain = "".join(output.get("data", {}).get("text/plain", []))
                    if "incidents listed in" in plain:
                        output["data"]["text/plain"] = re.sub(
                            r"\d", lambda m: str((int(m.group()) + 1) % 10), plain, count=1
                        )
                        return
            raise AssertionError("no output to change")

        self.damage(copy, change)
        assert nbval(copy).returncode == 1

    def test_missing_figure_output_fails(self, copy):
        """The stored output of a figure is taken away."""

        def change(cells):
            cell = next(c for c in cells if CALL in "".join(c["source"]))
            assert cell["outputs"]
            cell["outputs"] = []

        self.damage(copy, change)
        assert nbval(copy).returncode == 1

    def test_figure_no_longer_drawn_fails(self, copy):
        """The code no longer draws the figure that is stored."""

        def change(cells):
            cell = next(c for c in cells if CALL in "".join(c["source"]))
            cell["source"] = "".join(cell["source"]).replace(CALL, "pass")

        self.damage(copy, change)
        assert nbval(copy).returncode == 1

    def test_changed_data_fails(self, package):
        """A figure in the data is changed: one more person killed in the first incident of the list that hurt someone."""
        path = package / "incidents.csv"
        text = path.read_text(encoding="utf-8")
        changed = text.replace("inc-2020-11-14-fuzuli-2,2020-11-14,", "inc-2020-11-14-fuzuli-2,2021-11-14,", 1)
        assert changed != text
        path.write_text(changed, encoding="utf-8")
        assert nbval(ROOT / "notebooks" / "trend.ipynb", MINESTATS_DATA=str(package)).returncode == 1


class TestEdited:
    """What is edited in JupyterLab is not lost."""

    def pair(self, folder, source):
        (folder / "own.py").write_text(f"# %% [markdown]\n# # Own\n\n# %%\n{source}\n", encoding="utf-8")
        return folder / "own.ipynb"

    def test_blank_lines_between_cells_are_kept(self, tmp_path):
        """What a formatter leaves before a function: without them JupyterLab refuses the pair."""
        from minestats.render.notebooks import main

        twin = self.pair(tmp_path, "x = 1\n\n\n# %%\ndef one():\n    return x\n\n\n# %% [markdown]\n# End")
        assert main([str(tmp_path)]) == 0
        written = jupytext.writes(jupytext.read(twin), fmt="py:percent")
        script = twin.with_suffix(".py").read_text(encoding="utf-8")
        assert written[written.index("# %%") :] == script

    def edit(self, twin, source):
        book = json.loads(twin.read_text(encoding="utf-8"))
        book["cells"][-1]["source"] = [source]
        twin.write_text(json.dumps(book), encoding="utf-8")

    def test_an_edited_twin_is_not_overwritten(self, tmp_path, capsys):
        """Cells that only the twin has are kept, and it is said what to do; so does the check."""
        from minestats.render.notebooks import main

        twin = self.pair(tmp_path, "print(1)")
        assert main([str(tmp_path)]) == 0
        self.edit(twin, "print(2)")
        before = twin.read_bytes()
        for words in ([str(tmp_path)], ["--check", str(tmp_path)]):
            assert main(words) == 1
            assert "own.ipynb has cells that own.py has not" in capsys.readouterr().err
        assert twin.read_bytes() == before

    def test_an_edited_script_is(self, tmp_path):
        """A changed script, or both halves changed alike, make the twin anew; it is paired for JupyterLab."""
        from minestats.render.notebooks import main

        twin = self.pair(tmp_path, "print(1)")
        assert main([str(tmp_path)]) == 0
        self.pair(tmp_path, "print(3)")
        assert main([str(tmp_path)]) == 0
        assert "3\\n" in twin.read_text(encoding="utf-8")
        self.pair(tmp_path, "print(4)")
        self.edit(twin, "print(4)")
        assert main([str(tmp_path)]) == 0
        assert json.loads(twin.read_text(encoding="utf-8"))["metadata"]["jupytext"]["formats"] == "ipynb,py:percent"


def test_a_live_cell_leaves_the_kernel_its_publisher(tmp_path, capsys):
    """While a live cell is shown, choices can arrive in another thread: what it needs of the kernel is in place."""
    from minestats.render.notebooks import main

    lines = ["from IPython import get_ipython", "from minestats.report import exploring", "@exploring.Live()"]
    lines += ["def one():", "    assert hasattr(get_ipython().display_pub, 'set_parent')", "    print('shown')"]
    (tmp_path / "own.py").write_text("# %% [markdown]\n# # Own\n\n# %%\n" + "\n".join(lines) + "\n", encoding="utf-8")
    assert main([str(tmp_path)]) == 0, capsys.readouterr().err
    (cell,) = code_cells(json.loads((tmp_path / "own.ipynb").read_text(encoding="utf-8")))
    assert ["".join(output["data"]["text/plain"]) for output in cell["outputs"]] == ["shown"]
