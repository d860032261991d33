"""Faults on purpose: what the user sees, and what is kept. The marks make the table in docs/reliability.md."""

from __future__ import annotations

import json
import os
import re
import resource
import shutil
import subprocess
import sys
import time
from html import unescape
from pathlib import Path
from urllib.parse import unquote

import pytest
from fault_table import shows

from minestats.render import render
from minestats.render.key import shared_parts

ROOT = Path(__file__).resolve().parents[2]
BOOK = """# %% [markdown]
# # {name}

# %% tags=["parameters"]
data: str = ""  # data folder

# %%
{cell}
"""


def book(folder: Path, name: str, cell: str) -> Path:
    """A notebook of one cell after its parameters."""
    path = folder / f"{name}.py"
    path.write_text(BOOK.format(name="Report", cell=cell), encoding="utf-8")
    return path


def files(folder: Path) -> dict[str, bytes]:
    """Every file but the lock, the index, and what says when the last run was."""
    told = (".lock", "index.html", "last_run.json")
    found = (path for path in sorted(folder.rglob("*")) if path.is_file() and path.name not in told)
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in found}


def command(folder: Path, *words: str, env: dict[str, str] | None = None, limit=None) -> subprocess.CompletedProcess:
    """`minestats render` with plain kernels, one job."""
    return subprocess.run(
        [sys.executable, "-m", "minestats.cli", "render", *words, "--out", "out", "--jobs", "1", "--engine", "plain"],
        cwd=folder,
        env={**os.environ, **(env or {})},
        preexec_fn=limit,
        capture_output=True,
        text=True,
        check=False,
    )


# the disk -------------------------------------------------------------------------------------------------------------

LARGE = "print('x' * 300_000)"


@pytest.mark.faults(
    "a file becomes larger than allowed",
    seen="minestats: cannot write 'one/default.ipynb': File too large; what was there is as before",
    kept="all files as they were; exit status 1; the next run with room enough makes the report",
)
def test_a_limit_of_file_sizes_leaves_the_old_report(tmp_path, seen):
    """A write that fails half-way tears nothing."""
    render(str(book(tmp_path, "one", "print('small')")), out=tmp_path / "out", jobs=1, engine="plain", quiet=True)
    before = files(tmp_path / "out")
    book(tmp_path, "one", LARGE)

    def limit():
        resource.setrlimit(resource.RLIMIT_FSIZE, (200_000, 200_000))

    done = command(tmp_path, "one.py", limit=limit)

    assert done.returncode == 1
    assert shows(done.stderr, seen), done.stderr
    assert files(tmp_path / "out") == before


@pytest.fixture
def small_disk(tmp_path):
    """An output folder on a file system of its own, of 400 kB."""
    out = tmp_path / "out"
    out.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=400k", "none", str(out)], check=True)
    yield out
    subprocess.run(["umount", str(out)], check=True)


@pytest.mark.faults(
    "the disk is full",
    seen="minestats: cannot write 'one/default.…': No space left on device; what was there is as before",
    kept="each file is the old one or the new one, whole; exit status 1; the next run with room makes the report",
    full=True,
    mounts=True,
)
def test_a_full_disk_leaves_whole_files_and_the_next_run_finishes(tmp_path, small_disk, seen):
    """The old report stays until the new one is on the disk."""
    render(str(book(tmp_path, "one", "print('small')")), out=small_disk, jobs=1, engine="plain", quiet=True)
    before = files(small_disk)
    book(tmp_path, "one", LARGE)

    done = command(tmp_path, "one.py")

    assert done.returncode == 1
    assert shows(done.stderr, seen), done.stderr
    now = files(small_disk)
    assert set(now) == set(before)
    assert now["one/default.json"] == before["one/default.json"]
    assert json.loads(now["one/default.ipynb"])["cells"]
    assert now["one/default.html"].rstrip().endswith(b"</html>")
    subprocess.run(["mount", "-o", "remount,size=4m", str(small_disk)], check=True)
    assert command(tmp_path, "one.py").returncode == 0
    assert b"xxx" in files(small_disk)["one/default.html"]


@pytest.mark.faults(
    "the output folder is read-only",
    seen="minestats: cannot write in '…out': Read-only file system",
    kept="all files; no kernel is started; exit status 1",
    mounts=True,
)
def test_a_read_only_folder_is_said_before_anything_starts(tmp_path, small_disk, seen):
    """Nothing is started, nothing touched."""
    book(tmp_path, "one", "open('ran', 'w')")
    subprocess.run(["mount", "-o", "remount,ro", str(small_disk)], check=True)

    done = command(tmp_path, "one.py")

    assert done.returncode == 1
    assert shows(done.stderr, seen), done.stderr
    assert not (tmp_path / "ran").exists()


# memory and time ------------------------------------------------------------------------------------------------------


@pytest.mark.faults(
    "a cell eats memory, with --memory 700",
    seen="FAILED hog/default: memory, cell 2, line 2: more than the 700 MB of --memory: …",
    kept="the other reports; how far it came; the machine",
)
def test_a_limit_of_memory_ends_the_cell_and_is_named(tmp_path, seen):
    """Whether it asks for much at once or for a little again and again."""
    book(tmp_path, "hog", "import numpy\nnumpy.ones(1 << 30)")
    book(tmp_path, "modest", "import matplotlib.pyplot, minestats\nminestats.load()\nprint('modest')")

    done = command(tmp_path, "hog.py", "modest.py", "--memory", "700")

    assert done.returncode == 1
    assert shows(done.stderr, seen), done.stderr
    assert "modest" in (tmp_path / "out" / "modest" / "default.html").read_text()
    record = json.loads((tmp_path / "out" / "hog" / "default.failed.json").read_bytes())
    assert (record["error"]["kind"], record["attempts"]) == ("memory", 1)


@pytest.mark.faults(
    "a cell eats memory little by little, with --memory 400",
    seen="FAILED slow/default: memory, cell 2…: more than the 400 MB of --memory: …",
    kept="the other reports; how far it came; the machine",
)
def test_memory_taken_little_by_little_is_limited_too(tmp_path, seen):
    """A forked kernel is limited like an ordinary one."""
    book(tmp_path, "slow", "rows = []\nwhile True:\n    rows.append('x' * 5_000_000)")
    done = subprocess.run(
        [sys.executable, "-m", "minestats.cli", "render", "slow.py", "--out", "out", "--memory", "400"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == 1
    assert shows(done.stderr, seen), done.stderr


@pytest.mark.faults(
    "--memory is less than a kernel needs",
    seen="FAILED one/default: did not start: RuntimeError: a kernel takes … MB before its first cell, and --memory allows 5 MB",
    kept="the last good page",
)
def test_a_limit_that_no_kernel_can_keep_is_named(tmp_path, seen):
    """What a kernel takes by itself is said."""
    book(tmp_path, "one", "1")

    done = command(tmp_path, "one.py", "--memory", "5", "--retries", "0")

    assert done.returncode == 1
    assert shows(done.stderr, seen), done.stderr


@pytest.mark.faults(
    "a cell hangs and does not let itself be interrupted",
    seen="FAILED stuck/default: timeout, cell 2…: not finished after 8 seconds",
    kept="the other reports; what was shown; no process is left",
    full=True,
)
def test_a_cell_that_swallows_the_interrupt_is_ended(tmp_path, seen):
    """Some seconds after the interrupt the kernel is killed."""
    cell = "import os, time\nopen('pid', 'w').write(str(os.getpid()))\nwhile True:\n    try:\n        time.sleep(1)\n    except KeyboardInterrupt:\n        pass"
    book(tmp_path, "stuck", cell)

    done = command(tmp_path, "stuck.py", "--timeout", "8")

    assert done.returncode == 1
    assert shows(done.stderr, seen), done.stderr
    assert not Path("/proc", (tmp_path / "pid").read_text()).exists()


@pytest.mark.faults(
    "the clock is set back or forward, file times are wrong",
    seen="nothing: the run goes on",
    kept="what is up to date stays so; reports have the same bytes",
)
def test_the_clock_decides_nothing(tmp_path, monkeypatch):
    """Neither the time of day nor that of a file has a say."""
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "table.csv").write_text("a\n1\n")
    path = str(book(tmp_path, "one", "print(1)"))
    options = {"out": tmp_path / "out", "data": tmp_path / "data", "jobs": 1, "engine": "plain", "quiet": True}
    render(path, **options)
    before = {name: content for name, content in files(tmp_path / "out").items() if not name.endswith(".json")}
    real = time.time

    for years, stamp in ((-10, 1), (60, 4_000_000_000)):
        monkeypatch.setattr(time, "time", lambda years=years: real() + years * 31_557_600)
        for place in tmp_path.rglob("*"):
            os.utime(place, (stamp, stamp))
        (result,) = render(path, **options)
        assert result.state == "unchanged"

    (result,) = render(path, force=True, **options)
    assert (result.state, result.error) == ("rendered", None)
    assert {n: c for n, c in files(tmp_path / "out").items() if not n.endswith(".json")} == before


# versions, locks, names -----------------------------------------------------------------------------------------------


def other_version(folder: Path) -> dict[str, str]:
    """A copy of the package that differs in one line, and the environment in which it is the one imported."""
    import minestats

    shutil.copytree(Path(minestats.__file__).parent, folder / "minestats", ignore=shutil.ignore_patterns("__pycache__"))
    bundle = folder / "minestats" / "bundle"  # as in an installed package
    bundle.mkdir(exist_ok=True)
    for name in ("data", "notebooks", "mappings"):
        if not (bundle / name).exists():
            (bundle / name).symlink_to(ROOT / name)
    with open(folder / "minestats" / "words.py", "a") as file:
        file.write("\n# another version\n")
    return {"PYTHONPATH": str(folder)}


def codes(out: Path) -> set[str]:
    """The versions of minestats that the reports of a folder were made by."""
    return {json.loads(path.read_bytes())["key_parts"]["code"] for path in out.glob("*/*.json")}


@pytest.mark.faults(
    "two versions of minestats on one output folder",
    seen="… rendered one/default …",
    kept="after each run all its reports are of its own version, never a mixture",
)
def test_another_version_makes_the_reports_again(tmp_path, seen):
    """What another version made is not up to date."""
    for name in ("one", "two"):
        book(tmp_path, name, "print(1)")
    (tmp_path / "data").mkdir()
    words = [str(tmp_path / "one.py"), str(tmp_path / "two.py")]
    options = {"out": tmp_path / "out", "data": tmp_path / "data", "jobs": 1, "engine": "plain", "quiet": True}
    render(words, **options)
    (mine,) = codes(tmp_path / "out")

    done = command(tmp_path, "one.py", "two.py", "--data", "data", env=other_version(tmp_path / "other"))

    assert done.returncode == 0, done.stderr
    assert shows(done.stdout, seen), done.stdout
    (theirs,) = codes(tmp_path / "out")
    assert theirs != mine
    assert [result.state for result in render(words[:1], **options)] == ["rendered"]


@pytest.mark.faults(
    "two versions of minestats on one output folder at once",
    seen="minestats: waiting for …",
    kept="one after the other; no mixture",
    full=True,
)
def test_two_versions_at_once_take_turns(tmp_path, seen):
    """The lock is the same for both."""
    for name in ("one", "two"):
        book(tmp_path, name, "import time\ntime.sleep(2)")
    words = [sys.executable, "-m", "minestats.cli", "render", "one.py", "two.py", "--out", "out"]
    envs = ({}, other_version(tmp_path / "other"))
    runs = [
        subprocess.Popen(words, cwd=tmp_path, env={**os.environ, **env}, stderr=subprocess.PIPE, text=True)
        for env in envs
    ]

    said = [run.communicate(timeout=120)[1] for run in runs]

    assert [run.returncode for run in runs] == [0, 0], said
    assert any(shows(text, seen) for text in said)
    assert len(codes(tmp_path / "out")) == 1


@pytest.mark.faults(
    "a lock whose owner is dead, or that came with a copied folder", seen="nothing: the run goes on", kept="everything"
)
def test_a_lock_file_that_nobody_holds_is_no_hindrance(tmp_path, capfd):
    """Even if a process of that number lives: the system's lock counts, not what the file says."""
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / ".lock").write_text(json.dumps([os.getpid(), "elsewhere", "2020-01-01T00:00:00Z"]))

    (result,) = render(str(book(tmp_path, "one", "1")), out=tmp_path / "out", engine="plain", jobs=1)

    assert result.state == "rendered"
    assert capfd.readouterr().err == ""


@pytest.mark.faults(
    "names with spaces, quotes, markup and any script, or as long as the system allows",
    seen="nothing: the run goes on",
    kept="every report, and its links in the index",
)
def test_odd_and_very_long_names_are_rendered_and_linked(tmp_path):
    """A notebook's name is its folder in the output; the index leads there."""
    names = ["Ağdam əıö отчёт 地雷 'a' \"b\" & <b> #1 50%", "ö" * 120]
    place = tmp_path / ("ş" * 100)
    place.mkdir()
    paths = [str(book(place, name, "print('made')")) for name in names]

    results = render(paths, out=place / "out ş", engine="plain", jobs=1, quiet=True)

    assert [result.state for result in results] == ["rendered", "rendered"]
    index = (place / "out ş" / "index.html").read_text()
    links = {unquote(unescape(link)) for link in re.findall(r'href="([^"#][^"]*)"', index)}
    for result in results:
        assert result.path.relative_to(place / "out ş").as_posix() in links
        assert "made" in result.path.read_text()
    assert "<b> #1" not in index


# data that change -----------------------------------------------------------------------------------------------------

CHANGE = """from pathlib import Path
table, turn = Path(data, "table.csv"), Path("turn")
number = int(turn.read_text()) + 1 if turn.exists() else 1
turn.write_text(str(number))
if number <= {times}:
    table.write_text(f"a\\n{{number + 1}}\\n")
print(table.read_text())"""


@pytest.mark.faults(
    "the data folder changes during a run",
    seen="minestats: the data changed during the run (table.csv): what was being made is made again",
    kept="the report is made again from the new data, and its record has their hash",
)
def test_a_report_during_which_the_data_changed_is_made_again(tmp_path, seen, capfd):
    """The hash before and after decides."""
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "table.csv").write_text("a\n1\n")
    path = book(tmp_path, "one", CHANGE.format(times=1))

    (result,) = render(str(path), out=tmp_path / "out", data=tmp_path / "data", engine="plain", jobs=1)

    assert (result.state, result.attempts) == ("rendered", 2)
    assert shows(capfd.readouterr().err, seen)
    record = json.loads(result.path.with_suffix(".json").read_bytes())
    assert record["key_parts"]["data"] == shared_parts(tmp_path / "data").parts["data"]
    assert [r.state for r in render(str(path), out=tmp_path / "out", data=tmp_path / "data", quiet=True)] == [
        "unchanged"
    ]


@pytest.mark.faults(
    "the data folder keeps changing",
    seen="FAILED one/default: data changed: table.csv changed while the report was made; run again when nothing writes to the data",
    kept="the last good page; no record has a hash that is not that of its data",
)
def test_data_that_keep_changing_fail_the_report(tmp_path, seen, capfd):
    """Once more, not for ever."""
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "table.csv").write_text("a\n1\n")
    path = book(tmp_path, "one", "print('good')")
    options = {"out": tmp_path / "out", "data": tmp_path / "data", "engine": "plain", "jobs": 1}
    render(str(path), **options)
    before = files(tmp_path / "out")
    book(tmp_path, "one", CHANGE.format(times=9))

    (result,) = render(str(path), **options)

    assert (result.state, result.attempts, result.error["kind"]) == ("failed", 2, "data changed")
    assert shows(capfd.readouterr().err, seen)
    now = files(tmp_path / "out")
    assert {name: now[name] for name in before} == before
    assert sorted(set(now) - set(before)) == ["one/default.failed.json"]
