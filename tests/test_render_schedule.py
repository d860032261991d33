"""The files that a schedule is copied from: they are read, and what they say is what the command knows."""

from __future__ import annotations

import configparser
import csv
import json
import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from minestats.render.index import entries


def commands(text: str) -> list[str]:
    """What follows `minestats render` in a text, to the end of the line or of the code."""
    return re.findall(r"minestats render((?: +[^\n`|]+)?)", text)


def test_the_cron_line_is_the_same_in_the_file_and_the_page(root):
    """Five fields of time, then a command that needs no PATH and no HOME."""
    line = (root / "deploy" / "cron.txt").read_text().splitlines()[-1]

    assert line in (root / "docs" / "scheduling.md").read_text()
    minute, hour, day, month, weekday, command = line.split(maxsplit=5)
    assert (int(minute), int(hour), day, month, int(weekday)) == (17, 5, "*", "*", 1)
    assert command == "cd /srv/mines && .venv/bin/minestats render --plan plan.toml --quiet"


def test_the_systemd_files_say_what_the_page_says(root):
    """One shot, thirty seconds to stop, made up for when missed."""
    parts = {}
    for name in ("service", "timer"):
        parser = configparser.ConfigParser(interpolation=None)
        parser.optionxform = str
        parser.read(root / "deploy" / f"minestats.{name}")
        parts[name] = parser

    service, timer = parts["service"]["Service"], parts["timer"]["Timer"]
    assert (service["Type"], service["TimeoutStopSec"]) == ("oneshot", "30")
    assert service["ExecStart"].endswith("/.venv/bin/minestats render --plan plan.toml")
    assert dict(timer) == {"OnCalendar": "Mon 05:17", "Persistent": "true", "RandomizedDelaySec": "10min"}
    assert parts["timer"]["Install"]["WantedBy"] == "timers.target"


def test_systemd_itself_finds_no_fault(root, tmp_path):
    """Where systemd is at hand it reads the files; where it is not, its own words are known to be used rightly."""
    tool = shutil.which("systemd-analyze")
    for name in ("minestats.service", "minestats.timer"):
        text = (root / "deploy" / name).read_text().replace("/srv/mines/.venv/bin/minestats", "/bin/true")
        (tmp_path / name).write_text(text.replace("User=mines\n", "").replace("WorkingDirectory=/srv/mines\n", ""))
        if tool:
            done = subprocess.run([tool, "verify", str(tmp_path / name)], capture_output=True, text=True, check=False)
            assert "minestats" not in done.stderr, done.stderr
        sections = re.findall(r"^\[(\w+)\]$", text, re.MULTILINE)
        assert sections[0] == "Unit"
        assert sections[1] == name.rpartition(".")[2].title()


def test_the_plan_of_the_page_is_one_that_the_command_reads(root, tmp_path):
    """The example plans the reports that it speaks of, with the bundled data in its place."""
    from minestats.render.plan import read_plan, tasks

    text = re.search(r"```toml\n(.*?)```", (root / "docs" / "scheduling.md").read_text(), re.DOTALL).group(1)
    assert tomllib.loads(text)["out"] == "reports"
    shutil.copytree(root / "data", tmp_path / "data")
    (tmp_path / "plan.toml").write_text(text)

    planned = tasks(plan=read_plan(tmp_path / "plan.toml"))

    assert {task.report for task in planned} == {"trend", "demining_progress", "casualty_rates"}
    assert len(planned) > 20


def test_every_option_that_the_page_names_is_one_of_the_command(root):
    """No option of the docs is unknown to `minestats render --help`."""
    text = (root / "docs" / "scheduling.md").read_text()
    command = [str(Path(sys.executable).parent / "minestats"), "render", "--help"]
    shown = subprocess.run(command, capture_output=True, text=True, check=True).stdout

    named = set(re.findall(r"--[a-z]+", " ".join(commands(text)) + text))
    own = {"--plan", "--prune", "--quiet", "--timeout", "--retries", "--dask"}
    assert own <= named
    assert all(option in shown for option in own)
    assert named - own == {"--now"}  # systemctl's


@pytest.mark.slow
def test_the_plan_is_rendered_with_a_bare_environment(tmp_path):
    """As cron does: no HOME, a bare PATH, no terminal."""
    (tmp_path / "note.py").write_text("# %% [markdown]\n# # Note\n\n# %%\nprint('rendered by the clock')\n")
    (tmp_path / "plan.toml").write_text('out = "made"\n[[report]]\nnotebook = "note.py"\n')
    command = [str(Path(sys.executable).parent / "minestats"), "render", "--plan", "plan.toml", "--quiet"]

    done = subprocess.run(
        command,
        cwd=tmp_path,
        env={"PATH": "/usr/bin:/bin"},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )

    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    assert "rendered by the clock" in (tmp_path / "made" / "note" / "default.html").read_text()


BOOK = """# %% tags=["parameters"]
district: str = "all"  # district to report on [choices: all, districts.district]
data: str = ""  # folder

# %%
import minestats as ms
rows = ms.load(data or None).incidents
print(district, len(rows))
"""


@pytest.fixture
def planned(tmp_path, root):
    """A plan for three districts over a copy of the data."""
    shutil.copytree(root / "data", tmp_path / "data")
    with (tmp_path / "data" / "districts.csv").open("a") as table:
        table.write("Newtown" + "," * (len(read_header(table.name)) - 1) + "\n")
    (tmp_path / "book.py").write_text(BOOK)
    write_plan(tmp_path, "Aghdam", "Fuzuli", "Newtown")
    return tmp_path


def read_header(path: str) -> list[str]:
    return Path(path).read_text(encoding="utf-8").splitlines()[0].split(",")


def write_plan(folder: Path, *districts: str) -> None:
    named = ", ".join(f'"{name}"' for name in districts)
    (folder / "plan.toml").write_text(
        f'data = "data"\nout = "out"\n[[report]]\nnotebook = "book.py"\nparameters = {{ district = [{named}] }}\n'
    )


def run(folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    command = [str(Path(sys.executable).parent / "minestats"), *words]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)


def states(folder: Path) -> dict[str, str]:
    return {str(row["slug"]).partition("-")[2]: str(row["state"]) for row in entries(folder / "out")}


@pytest.mark.slow
def test_a_district_that_is_gone_fails_alone(planned):
    """The others are made; its old page is stale; out of the plan it says so, and `--prune` removes it."""
    first = run(planned, "render", "--plan", "plan.toml", "--quiet")
    assert (first.returncode, first.stderr) == (0, "")
    table = planned / "data" / "districts.csv"
    table.write_text("".join(line for line in table.read_text().splitlines(keepends=True) if "Newtown" not in line))

    gone = run(planned, "render", "--plan", "plan.toml", "--quiet")
    assert gone.returncode == 1
    assert re.search(r"^FAILED book/district-newtown: parameter: .*'Newtown' is not known", gone.stderr, re.MULTILINE)
    assert len(gone.stderr.splitlines()) == 1
    assert states(planned)["newtown"] == "stale"

    write_plan(planned, "Aghdam", "Fuzuli")
    (planned / "out/book/district-newtown.failed.json").unlink()
    run(planned, "render", "--plan", "plan.toml", "--quiet")
    assert states(planned)["newtown"] == "not in the plan"
    assert "--prune" in run(planned, "render", "--help").stdout
    pruned = run(planned, "render", "--plan", "plan.toml", "--prune")
    assert "removed book/district-newtown, which is not in the plan" in pruned.stderr
    assert "newtown" not in states(planned)
    assert run(planned, "render", "book.py", "--prune").returncode == 2


@pytest.mark.slow
def test_broken_data_are_one_line_with_file_row_column_and_value(planned):
    """Whatever the number of reports; no kernel starts, the pages are stale at once, and the cure is named."""
    assert run(planned, "render", "--plan", "plan.toml", "--quiet").returncode == 0
    path = planned / "data" / "incidents.csv"
    with path.open(encoding="utf-8", newline="") as file:
        names, *rows = csv.reader(file)
    rows[2][names.index("date")] = "2021-13-45"
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file, lineterminator="\n").writerows([names, *rows])
    done = run(planned, "render", "--plan", "plan.toml", "--quiet")

    assert done.returncode == 1
    [line] = done.stderr.splitlines()
    assert line.startswith("FAILED 3 reports (book/district-aghdam and others): data: incidents.csv, row 4")
    assert "2021-13-45" in line
    assert line.endswith("minestats check data")
    assert set(states(planned).values()) == {"stale"}


@pytest.mark.slow
def test_the_state_of_a_schedule_can_be_asked_for(planned):
    """When the last run was and how it ended, also after one that changed nothing; the index keeps its bytes."""
    assert run(planned, "status", "out").returncode == 2
    run(planned, "render", "--plan", "plan.toml", "--quiet")
    index = (planned / "out" / "index.html").read_bytes()
    run(planned, "render", "--plan", "plan.toml", "--quiet")
    said = run(planned, "status", "out")
    kept = json.loads((planned / "out" / "last_run.json").read_text())

    assert said.returncode == 0
    assert re.match(
        r"last run \d{4}-\d\d-\d\d \d\d:\d\d UTC: 0 rendered, 3 unchanged, 0 failed \(exit status 0\)\n3 reports: 3 up to date\n$",
        said.stdout,
    )
    assert (kept["unchanged"], kept["status"]) == (3, 0)
    assert kept["planned"] == ["book/district-aghdam", "book/district-fuzuli", "book/district-newtown"]
    assert (planned / "out" / "index.html").read_bytes() == index

    (planned / "book.py").write_text(BOOK + "1 / 0\n")
    assert run(planned, "render", "--plan", "plan.toml", "--quiet").returncode == 1
    said = run(planned, "status", "out")
    assert said.returncode == 1
    assert "3 failed (exit status 1)" in said.stdout
    assert "stale: book/district-aghdam: cell 3, line 4: ZeroDivisionError: division by zero" in said.stdout
