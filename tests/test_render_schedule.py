"""The files that a schedule is copied from: they are read, and what they say is what the command knows."""

from __future__ import annotations

import configparser
import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest


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
    own = {"--plan", "--quiet", "--timeout", "--retries", "--dask"}
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
