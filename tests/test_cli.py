"""The command line: what it says, where, and with which exit status; never a traceback."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import click
import pandas as pd
import pytest
from click.testing import CliRunner

from minestats.cli import main
from minestats.data import load
from minestats.errors import DataError, ParameterError
from minestats.report.checking import COLUMNS, as_text, findings, totals

HERE = Path(__file__).resolve().parent
GOOD = """# %% [markdown]
# # A good report

# %% tags=["parameters"]
n: int = 1  # how many [range: 1 to 9]

# %%
print("number", n)
"""
BAD = GOOD.replace("# # A good report", "# # A bad report") + "\n# %%\nx = 1\nraise KeyError('hectares')\n"


def run(*arguments: str):
    """Call the command in this process; standard output and error apart."""
    return CliRunner().invoke(main, list(arguments))


def command(*arguments: str, cwd: Path, **env: str):
    """Call the command as a process of its own."""
    return subprocess.run(
        [sys.executable, "-m", "minestats.cli", *arguments],
        cwd=cwd,
        env={**os.environ, **env},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


@pytest.fixture
def books(tmp_path):
    """A good and a failing notebook, made for tests."""
    (tmp_path / "good.py").write_text(GOOD)
    (tmp_path / "bad.py").write_text(BAD)
    return tmp_path


class TestHelp:
    def test_every_command_and_option_explains_itself(self):
        """`--help` exists everywhere, and no option is without words."""
        assert run("--help").exit_code == 0
        for name, inner in main.commands.items():
            shown = run(name, "--help")
            assert shown.exit_code == 0
            assert inner.help
            for option in inner.params:
                if isinstance(option, click.Option):
                    assert option.opts[0] in shown.output

    def test_the_contract_of_render_is_kept(self):
        """All options that scripts of users rely on are there."""
        words = run("render", "--help").output

        for option in [
            "--data",
            "--out",
            "-p",
            "--by",
            "--plan",
            "--jobs",
            "--format",
            "--timeout",
            "--retries",
            "--force",
            "--engine",
            "--quiet",
        ]:
            assert option in words

    def test_help_imports_nothing_heavy(self, tmp_path):
        """Only click is loaded for help, and nothing of the render package."""
        code = (
            "import sys; from minestats.cli import main\n"
            "try: main(['render', '--help'])\nexcept SystemExit: pass\n"
            "heavy = {'numpy', 'pandas', 'papermill', 'matplotlib', 'nbformat', 'jinja2', 'minestats.render'}\n"
            "print('LOADED', sorted(heavy & set(sys.modules)))"
        )
        done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

        assert done.stdout.splitlines()[-1] == "LOADED []"

    @pytest.mark.parametrize(
        "arguments", [["rendr"], ["render", "--jobs", "0"], ["render", "--format", "doc"], ["check", "a", "b"]]
    )
    def test_a_wrong_call_is_exit_2(self, arguments):
        """Said on standard error with the way to help."""
        done = run(*arguments)

        assert done.exit_code == 2
        assert "Usage:" in done.stderr


class TestRender:
    def test_reports_are_rendered_and_a_failure_is_named(self, books):
        """Exit 1, the cell named at the end, partial output kept, the other report whole; then nothing to do."""
        done = command("render", "good.py", "bad.py", "-p", "n=2", "--jobs", "1", cwd=books)

        assert done.returncode == 1, done.stderr
        assert "FAILED bad/n-2: cell" in done.stderr + done.stdout
        assert "KeyError: 'hectares'" in done.stderr + done.stdout
        assert "Traceback" not in done.stderr
        out = books / "reports"
        assert "number 2" in (out / "good" / "n-2.html").read_text()
        assert (out / "bad" / "n-2.failed.html").is_file()
        assert not (out / "bad" / "n-2.html").exists()
        assert "A bad report" in (out / "index.html").read_text()

        again = command("render", "good.py", "-p", "n=2", cwd=books)
        assert again.returncode == 0
        assert "unchanged good/n-2" in again.stdout

    def test_quiet_says_nothing_of_what_went_well(self, books):
        """A clock mails only what is said."""
        done = command("render", "good.py", "--quiet", "--jobs", "1", cwd=books)

        assert (done.returncode, done.stdout, done.stderr) == (0, "", "")

    @pytest.mark.parametrize(
        ("arguments", "words"),
        [
            (
                ["good.py", "-p", "m=1"],
                "minestats: good: parameter 'm' is not known; the report has 'n' (minestats list ./good.py)",
            ),
            (
                ["good.py", "-p", "n=0"],
                "minestats: good: n '0' is out of range: from 1 to 9 (minestats list ./good.py)",
            ),
            (["good.py", "-p", "n=2.0"], "minestats: good: n '2.0' is not a whole number"),
            (["good.py", "-p", "n=2", "-p", "n=3"], "minestats: parameter 'n' is given twice"),
            (["trnd"], "minestats: report 'trnd' is not known; did you mean 'trend'? (minestats list)"),
            (["good.py", "--by", "n"], "minestats: good: --by n cannot be gone through"),
            (["good.py", "--data", "nowhere"], "minestats: no data found: there is no folder 'nowhere'"),
            (["--plan", "nowhere.toml"], "minestats: plan nowhere.toml: there is no such file"),
            (
                ["trend", "-p", "district=Agdm"],
                "minestats: trend: district 'Agdm' is not known; did you mean 'Aghdam'?",
            ),
        ],
    )
    def test_a_wrong_value_is_exit_2_before_anything_starts(self, books, arguments, words):
        """One line with value and remedy; no output folder is made."""
        done = command("render", *arguments, cwd=books)

        assert done.returncode == 2
        assert words in done.stderr
        assert "Traceback" not in done.stderr
        assert not (books / "reports").exists()

    def test_several_errors_are_several_lines(self, books):
        """All of a call at once."""
        done = command("render", "good.py", "bad.py", "-p", "n=99", "-p", "m=1", cwd=books)

        assert len(done.stderr.splitlines()) == 4
        assert all(line.startswith("minestats: ") for line in done.stderr.splitlines())

    def test_a_scheduler_is_sought_after_the_parameters_are_checked(self, books):
        """A wrong parameter is said at once, whether or not the address answers."""
        wrong = command("render", "good.py", "--dask", "tcp://127.0.0.1:1", "-p", "m=1", cwd=books)

        assert wrong.returncode == 2
        assert "parameter 'm' is not known" in wrong.stderr

    @pytest.mark.slow
    def test_a_signal_ends_it_with_its_own_status(self, books):
        """SIGTERM: 143, no traceback."""
        (books / "long.py").write_text(GOOD + "\n# %%\nimport time\ntime.sleep(60)\n")
        process = subprocess.Popen(
            [sys.executable, "-m", "minestats.cli", "render", "long.py", "--jobs", "1"],
            cwd=books,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        time.sleep(4)
        process.send_signal(signal.SIGTERM)
        _, said = process.communicate(timeout=30)

        assert process.returncode == 143
        assert "Traceback" not in said


class TestList:
    def test_reports_with_types_defaults_and_meaning(self):
        """Every bundled report, every parameter."""
        words = run("list").output

        for part in (
            "trend: ",
            "demining_progress: ",
            "casualty_rates: ",
            "district",
            "one of all, districts.district",
        ):
            assert part in words

    def test_one_report(self, books):
        """A name or a path."""
        assert run("list", "trend").output.startswith("trend: ")
        assert run("list", str(books / "good.py")).output == (
            "good: A good report\n  n  int  1  how many (from 1 to 9)\n"
        )

    def test_for_programs(self):
        """The same as JSON."""
        described = json.loads(run("list", "trend", "--format", "json").output)

        assert described["trend"]["parameters"]["level"]["type"] == "float"

    def test_an_unknown_report(self):
        """Exit 2 with the nearest name."""
        done = run("list", "trnd")

        assert done.exit_code == 2
        assert "did you mean 'trend'" in done.stderr

    def test_without_parameters(self, tmp_path):
        """It says so."""
        (tmp_path / "bare.py").write_text("# %%\n1\n")

        assert run("list", str(tmp_path / "bare.py")).output == "bare\n  no parameters\n"


class TestCheck:
    def test_the_bundled_data_are_valid(self):
        """Exit 0; conflicts of the sources are shown, and are no fault of the data."""
        done = run("check")

        assert done.exit_code == 0
        assert "Conflicts: published figures that contradict each other" in done.output
        assert "Errors:" not in done.output
        # 25,751 after 25,781: totals published for 6 and 4 October 2022
        assert "anti_personnel falls to 25751 on 2022-10-06 from 25781" in done.output

    def test_an_invalid_row_is_exit_1_with_place_and_remedy(self, package):
        """File, row, column, value, rule and remedy stand in one line."""
        path = package / "incidents.csv"
        table = pd.read_csv(path, dtype=str, keep_default_na=False)
        table.loc[3, "killed"] = "-1"
        table.to_csv(path, index=False)
        done = run("check", str(package))

        assert done.exit_code == 1
        assert "Errors: to be corrected before reports can be trusted" in done.output
        line = next(line for line in done.output.splitlines() if "'-1'" in line)
        assert "row 5" in line
        assert "column 'killed'" in line

    @pytest.mark.parametrize("form", ["csv", "json"])
    def test_for_programs(self, form):
        """All rows, no cut, one form."""
        done = run("check", "--format", form)
        if form == "csv":
            import io

            table = pd.read_csv(io.StringIO(done.output))
        else:
            table = pd.DataFrame(json.loads(done.output))

        assert list(table.columns) == COLUMNS
        assert set(table["severity"]) <= {"error", "warning", "repair", "conflict"}
        assert len(table) == len(findings(load(strict=False)))

    def test_no_data(self, tmp_path):
        """Exit 1, the places tried, the remedy."""
        done = run("check", str(tmp_path))

        assert done.exit_code == 1
        assert done.stderr.startswith("minestats: no data found: looked in")

    def test_long_lists_are_cut_in_text_only(self):
        """Twenty of each table, and how many more."""
        rows = [["conflict", "clearance", None, f"c{i}", "area_ha", "1", "differs", "look", ""] for i in range(25)]
        text = as_text(pd.DataFrame(rows, columns=COLUMNS))

        assert text.count("differs; look") == 20
        assert "... and 5 more (--format csv lists all)" in text
        assert text.endswith("25 conflicts")
        assert totals(pd.DataFrame(rows[:1], columns=COLUMNS)) == "1 conflict"

    def test_errors_stand_first(self, package):
        """Then warnings, repairs, conflicts; a table with errors is not compared."""
        path = package / "victim_totals.csv"
        table = pd.read_csv(path, dtype=str, keep_default_na=False)
        table.loc[0, "as_of"] = "2022-02-30"
        table.to_csv(path, index=False)
        found = findings(load(package, strict=False))

        assert found["severity"].iloc[0] == "error"
        order = found["severity"].map({"error": 0, "warning": 1, "repair": 2, "conflict": 3})
        assert order.is_monotonic_increasing
        assert "victim_totals" not in set(found.loc[found["severity"] == "conflict", "table"])


class TestErrors:
    @pytest.mark.parametrize(
        ("error", "status", "words"),
        [
            (ParameterError("a\nb"), 2, "minestats: a\nminestats: b\n"),
            (DataError("broken"), 1, "minestats: broken\n"),
            (OSError(28, "No space left on device", "out/a"), 1, "minestats: out/a: No space left on device\n"),
            (PermissionError(13, "Permission denied"), 1, "minestats: Permission denied\n"),
            (RuntimeError("x"), 1, "minestats: this is a mistake in minestats, please report it: RuntimeError: x\n"),
            (KeyboardInterrupt(), 130, ""),
        ],
    )
    def test_every_error_is_words_and_a_status(self, monkeypatch, error, status, words):
        """Whatever goes wrong inside."""

        def fail(*arguments, **named):
            raise error

        monkeypatch.setattr("minestats.render.plan.find_reports", fail)
        done = run("list")

        assert done.exit_code == status
        assert done.stderr == words

    def test_names_that_the_terminal_cannot_show(self, tmp_path):
        """Other letters are written as codes, not as a crash."""
        (tmp_path / "a.py").write_text(GOOD.replace("A good report", "Mina hadisələri"), encoding="utf-8")
        done = command("list", "a.py", cwd=tmp_path, PYTHONIOENCODING="cp1252", PYTHONUTF8="0")

        assert done.returncode == 0
        assert "Mina hadis\\u0259l\\u0259ri" in done.stdout
