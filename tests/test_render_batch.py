"""Many reports: failures stand for themselves, files are whole, and what is up to date is left alone."""

from __future__ import annotations

import json
import os
import pickle
import re
import shutil
import signal
import subprocess
import sys
import time
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import pytest
import rendering as kernels

from minestats import files
from minestats.errors import ParameterError
from minestats.files import Lock, OutputError
from minestats.render import Result, _job, render
from minestats.render import kernel as forking
from minestats.render.batch import Batch, usable_jobs
from minestats.render.key import shared_parts, task_key, up_to_date
from minestats.render.plan import tasks

HEAD = """# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3 (ipykernel)
#     language: {language}
#     name: {kernel}
# ---

# %% [markdown]
# # {name}

# %% tags=["parameters"]
district: str = "all"  # district [choices: all, north, south]

"""


def notebook(folder: Path, name: str, *cells: str, kernel: str = "python3") -> Path:
    """A percent script of cells after a heading and parameters."""
    path = folder / f"{name}.py"
    language = "python" if kernel == "python3" else "R"
    path.write_text(
        HEAD.format(name=name.title(), kernel=kernel, language=language)
        + "".join(f"# %%\n{cell}\n\n" for cell in cells)
    )
    return path


def lines(text: str) -> list[str]:
    """Progress lines without time and duration."""
    return [" ".join(line.split()[1:3]) for line in text.splitlines() if re.match(r"\d{4}-\d\d-\d\dT", line)]


def visible(out: Path) -> dict[str, bytes]:
    """The files of an output folder."""
    return {
        str(p.relative_to(out)): p.read_bytes()
        for p in sorted(out.rglob("*"))
        if p.is_file() and p.name not in (".lock", "last_run.json")
    }


def whole(out: Path) -> bool:
    """Whether every report that has a record has the files that it names, with their content."""
    import hashlib

    for record in out.glob("*/*.json"):
        made = json.loads(record.read_bytes())
        for output in made["outputs"]:
            content = (record.parent / output["path"]).read_bytes()
            if hashlib.sha256(content).hexdigest() != output["sha256"]:
                return False
    pages = [page for page in out.glob("*/*.html") if not page.read_bytes().rstrip().endswith(b"</html>")]
    return not pages and all(json.loads(book.read_bytes())["cells"] for book in out.glob("*/*.ipynb"))


def no_leftovers(out: Path) -> bool:
    """Whether no temporary file is left in the output folder and no folder of a dead process."""
    return not list(out.rglob("*.tmp")) and forking.sweep() == []


# one call with every kind of ending, looked at by several tests ------------------------------------------------------

DEADLINE = 12


@pytest.fixture(scope="module")
def endings(tmp_path_factory):
    """Reports that end in every way, rendered by two workers; the folder had good reports of two of them."""
    folder = tmp_path_factory.mktemp("endings")
    out = folder / "out"
    notebook(folder, "good", "print(district)")
    broken = notebook(folder, "broken", "print('shown')", "print(1)")
    render(str(broken), out=out, jobs=1, quiet=True)
    kept = visible(out)
    notebook(folder, "broken", "print('shown')", "numbers = {}\nnumbers['hectares']", "print('never')")
    notebook(folder, "slow", "print('begun')", "import time\nfor n in range(600):\n    time.sleep(0.1)")
    notebook(folder, "dying", "print('shown')", "import os\nos._exit(3)")
    notebook(folder, "unknown", "1", kernel="no-such-kernel")
    notebook(folder, "leaving", "import sys\nprint('left')\nsys.exit(0)", "print('never')")
    source = (
        "import json, sys; from minestats.render import render\n"
        "results = render(sys.argv[2:], out=sys.argv[1], jobs=2, timeout=" + str(DEADLINE) + ")\n"
        "print(json.dumps([[r.name, r.state, r.attempts, r.error] for r in results]))"
    )
    names = ["slow", "dying", "broken", "good", "unknown", "leaving"]
    process = kernels.script(source, str(out), *(str(folder / f"{name}.py") for name in names), cwd=folder)
    stdout, stderr = process.communicate(timeout=120)
    assert process.returncode == 0, stderr
    results = {name.partition("/")[0]: rest for name, *rest in json.loads(stdout.splitlines()[-1])}
    return {"out": out, "kept": kept, "stdout": stdout, "stderr": stderr, "results": results}


@pytest.mark.slow
def test_a_failing_report_stops_no_other(endings):
    """Each report ends in its own way."""
    states = {name: state for name, (state, _, _) in endings["results"].items()}

    assert states == {
        "slow": "failed",
        "dying": "failed",
        "broken": "failed",
        "good": "rendered",
        "unknown": "failed",
        "leaving": "rendered",
    }


def test_a_failure_names_kind_cell_line_and_source(endings):
    """The number counts the code cells from 1; the line is that of the cell."""
    _, _, error = endings["results"]["broken"]

    assert error == {
        "kind": "cell",
        "cell": 3,
        "line": 2,
        "source": "numbers['hectares']",
        "ename": "KeyError",
        "evalue": "'hectares'",
    }


def test_the_end_of_a_run_repeats_each_failure_in_one_line(endings):
    """Whoever reads only the last lines knows what failed and where."""
    failed = [line for line in endings["stderr"].splitlines() if line.startswith("FAILED ")]

    assert "FAILED broken/default: cell 3, line 2: KeyError: 'hectares'" in failed
    assert f"FAILED slow/default: timeout, cell 3, line 3: not finished after {DEADLINE} seconds" in failed
    assert "FAILED dying/default: kernel died, cell 3: the kernel ended before the notebook did" in failed
    assert any(
        line.startswith("FAILED unknown/default: no kernel: there is no kernel 'no-such-kernel'") for line in failed
    )
    assert len(failed) == 4


def test_what_may_go_well_the_next_time_is_tried_once_more(endings):
    """A dead kernel, but never a cell error, a time-out or a kernel that this machine has not got."""
    attempts = {name: number for name, (_, number, _) in endings["results"].items()}

    assert attempts == {"slow": 1, "dying": 2, "broken": 1, "good": 1, "unknown": 1, "leaving": 1}
    assert sorted(line for line in lines(endings["stdout"]) if line.startswith("retry")) == [
        "retry dying/default",
    ]


def test_progress_is_one_line_a_report(endings):
    """Time, what became of it, its name and how long it took."""
    pattern = r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ (rendered|failed|retry) [a-z]+/default \d+\.\ds"
    found = [line for line in endings["stdout"].splitlines() if re.fullmatch(pattern, line)]

    assert len(found) == 7
    assert re.search(r"^2 rendered, 0 unchanged, 4 failed in \d+\.\ds$", endings["stdout"], re.MULTILINE)


def test_the_last_good_report_stays_beside_the_failed_attempt(endings):
    """Partial output has names of its own; the good files are byte for byte as they were."""
    out = endings["out"]

    assert {
        name: content for name, content in visible(out).items() if name in endings["kept"] and "index" not in name
    } == {name: content for name, content in endings["kept"].items() if "index" not in name}
    page = (out / "broken" / "default.failed.html").read_text()
    assert "shown" in page
    assert 'href="#cell-3"' in page
    assert "never" not in re.sub(r"<details.*?</details>", "", page, flags=re.DOTALL)
    record = json.loads((out / "broken" / "default.failed.json").read_bytes())
    assert (record["state"], record["error"]["kind"], record["attempts"]) == ("failed", "cell", 1)


def test_a_time_out_keeps_the_traceback_and_what_was_shown(endings):
    """The interrupted cell shows where it was."""
    book = json.loads((endings["out"] / "slow" / "default.failed.ipynb").read_bytes())

    outputs = [output for cell in book["cells"] for output in cell.get("outputs", [])]
    assert "".join(outputs[0]["text"]) == "begun\n"
    assert outputs[-1]["ename"] == "KeyboardInterrupt"


def test_sys_exit_0_ends_a_report_well(endings):
    """As with papermill, leaving on purpose is no failure."""
    assert "left" in (endings["out"] / "leaving" / "default.html").read_text()


def test_nothing_is_left_behind(endings):
    """No temporary file, no folder of sockets."""
    assert no_leftovers(endings["out"])
    assert whole(endings["out"])


def test_the_index_calls_a_report_stale_whose_last_attempt_failed(endings):
    """The gallery is written although reports failed."""
    index = (endings["out"] / "index.html").read_text()

    assert "stale" in index
    assert "broken/default.failed.html" in index


# in this process ------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """Two reports, one of them with three districts, rendered in this process."""
    folder = tmp_path_factory.mktemp("made")
    (folder / "data").mkdir()
    (folder / "data" / "table.csv").write_text("a\n1\n")
    (folder / "helper.py").write_text("number = 1\n")
    notebook(folder, "one", "import helper\nprint(helper.number, district)")
    notebook(folder, "two", "{'a', 'b', 'c'}")
    out = folder / "out"
    names = [str(folder / "one.py"), str(folder / "two.py")]
    results = render(names, out=out, data=folder / "data", by="district", jobs=1, quiet=True)
    return folder, out, names, results


def test_results_come_in_the_order_of_the_call(made):
    """One result for each report; the path is that of its page."""
    _, out, _, results = made

    slugs = ["default", "district-north", "district-south"]
    assert [(r.report, r.slug) for r in results] == [(name, slug) for name in ("one", "two") for slug in slugs]
    assert {(r.state, r.attempts, r.error) for r in results} == {("rendered", 1, None)}
    assert all(isinstance(r, Result) and r.path.is_file() and r.path.parent.parent == out for r in results)
    assert results[1].parameters == {"district": "north"}


def test_only_values_that_differ_are_injected(made):
    """With the defaults there is no injected cell."""
    _, out, _, _ = made
    tags = {
        slug: [
            tag
            for cell in json.loads((out / "one" / f"{slug}.ipynb").read_bytes())["cells"]
            for tag in cell["metadata"].get("tags", [])
        ]
        for slug in ("default", "district-north")
    }

    assert tags == {"default": ["parameters"], "district-north": ["parameters", "injected-parameters"]}


def test_a_second_run_changes_nothing_and_imports_nothing(made):
    """It is said that all is unchanged, no file is touched, no process started, nothing heavy imported."""
    folder, out, names, _ = made
    told = {".lock", "last_run.json"}  # these two say when the last run was
    before = {path: path.stat().st_mtime_ns for path in out.rglob("*") if path.is_file() and path.name not in told}
    source = (
        "import os, subprocess, sys\n"
        "from minestats.render import render\n"
        "def refuse(*a, **k): raise AssertionError('a process was started')\n"
        "subprocess.Popen.__init__ = refuse; os.fork = refuse\n"
        "render(sys.argv[3:], out=sys.argv[1], data=sys.argv[2], by='district')\n"
        "heavy = {'pandas', 'numpy', 'papermill', 'nbformat', 'nbconvert', 'jupytext', 'jupyter_client', 'matplotlib'}\n"
        "print(sorted(heavy & set(sys.modules)))"
    )
    done = subprocess.run(
        [sys.executable, "-c", source, str(out), str(folder / "data"), *names],
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == 0, done.stderr
    assert lines(done.stdout) == [
        f"unchanged {report}/{slug}"
        for report in ("one", "two")
        for slug in ("default", "district-north", "district-south")
    ]
    assert done.stdout.splitlines()[-1] == "[]"
    assert before == {
        path: path.stat().st_mtime_ns for path in out.rglob("*") if path.is_file() and path.name not in told
    }


def test_the_same_input_gives_the_same_bytes(made, tmp_path):
    """Whatever the order, the number of workers, the engine, the time zone, the language and the folder."""
    folder, out, _, _ = made
    copy = tmp_path / "elsewhere"
    shutil.copytree(folder, copy, ignore=shutil.ignore_patterns("out", "__pycache__"))
    source = (
        "import sys; from minestats.render import render\n"
        "render(sys.argv[1:], out='out', data='data', by='district', jobs=2, engine='plain', quiet=True)"
    )
    process = kernels.script(
        source,
        "two.py",
        "one.py",
        cwd=copy,
        TZ="Pacific/Auckland",
        LC_ALL="C",
        PYTHONHASHSEED="7",
        MPLBACKEND="agg",
        COLUMNS="40",
    )
    assert process.communicate()[1] == ""

    kinds = (".html", ".ipynb", ".png")
    first, second = (
        {n: c for n, c in visible(o).items() if n.endswith(kinds) and "/" in n} for o in (out, copy / "out")
    )
    assert first == second
    assert len(first) == 12


def change_cell(folder: Path) -> None:
    notebook(folder, "two", "{'a', 'b', 'd'}")


def change_module(folder: Path) -> None:
    (folder / "helper.py").write_text("number = 2\n")


def change_data(folder: Path) -> None:
    (folder / "data" / "table.csv").write_text("a\n2\n")


def change_settings(folder: Path) -> None:
    (folder / "matplotlibrc").write_text("lines.linewidth: 3\n")


def change_lock(folder: Path) -> None:
    (folder / "requirements.lock").write_text("pandas==3.0\n")


def change_times(folder: Path) -> None:
    for path in folder.rglob("*.py"):
        os.utime(path, (1, 1))


def break_page(folder: Path) -> None:
    (folder / "out" / "one" / "default.html").write_text("x")


def lose_notebook(folder: Path) -> None:
    (folder / "out" / "two" / "district-north.ipynb").unlink()


def lose_record(folder: Path) -> None:
    (folder / "out" / "two" / "default.json").unlink()


EVERY = [f"{report}/{slug}" for report in ("one", "two") for slug in ("default", "district-north", "district-south")]


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (change_times, []),
        (change_cell, EVERY[3:]),
        (change_module, EVERY),
        (change_data, EVERY),
        (change_settings, EVERY),
        (change_lock, EVERY),
        (break_page, EVERY[:1]),
        (lose_notebook, EVERY[4:5]),
        (lose_record, EVERY[3:4]),
    ],
)
def test_exactly_the_reports_concerned_are_made_again(made, tmp_path, change, expected):
    """Content decides, never the times of files."""
    folder = tmp_path / "copy"
    shutil.copytree(made[0], folder)
    change(folder)

    shared = shared_parts(folder / "data")
    todo = [
        task.name
        for task in tasks([str(folder / "one.py"), str(folder / "two.py")], by=["district"], data_dir=folder / "data")
        if not up_to_date(folder / "out", task, task_key(task, folder / "data", "html", shared=shared)[0])
    ]

    assert todo == expected


def test_format_is_part_of_what_was_asked_for(made):
    """A report without its PDF is not up to date where one is asked for."""
    folder, out, names, _ = made
    (task,) = tasks(names[:1], data_dir=folder / "data")

    keys = {form: task_key(task, folder / "data", form)[0] for form in ("html", "pdf")}

    assert up_to_date(out, task, keys["html"])
    assert not up_to_date(out, task, keys["pdf"])


def test_force_makes_reports_again_and_leaves_equal_files_alone(made):
    """Unchanged content is not written; only the record, which holds the time, is."""
    folder, out, names, _ = made
    files = [out / "two" / f"default.{ending}" for ending in ("html", "ipynb")]
    before = [path.stat().st_mtime_ns for path in files]

    (result,) = render(names[1], out=out, data=folder / "data", force=True, jobs=1, quiet=True)

    assert result.state == "rendered"
    assert [path.stat().st_mtime_ns for path in files] == before


def test_a_success_removes_the_failed_attempt(tmp_path):
    """When the notebook is mended, nothing of the failure stays."""
    path = notebook(tmp_path, "mended", "1 / 0")
    (failed,) = render(str(path), out=tmp_path / "out", engine="plain", quiet=True)
    assert failed.path.name == "default.failed.html"
    assert failed.path.is_file()
    notebook(tmp_path, "mended", "1 / 1")

    (mended,) = render(str(path), out=tmp_path / "out", engine="plain", quiet=True)

    assert sorted(p.name for p in mended.path.parent.iterdir()) == ["default.html", "default.ipynb", "default.json"]


def test_retries_are_for_any_failure_where_they_are_asked_for(tmp_path, capsys):
    """A cell that fails the first time only goes well at the second."""
    mark = tmp_path / "mark"
    path = notebook(
        tmp_path,
        "second",
        f"import pathlib\nmark = pathlib.Path({str(mark)!r})\nold = mark.exists()\nmark.touch()\nassert old",
    )

    (result,) = render(str(path), out=tmp_path / "out", engine="plain", retries=2)

    assert (result.state, result.attempts) == ("rendered", 2)
    assert lines(capsys.readouterr().out) == ["retry second/default", "rendered second/default"]


def test_quiet_says_only_what_failed(tmp_path, capfd):
    """cron mails only then."""
    path = notebook(tmp_path, "bad", "1 / 0")
    render(str(path), out=tmp_path / "out", engine="plain", quiet=True)

    said = capfd.readouterr()

    assert said.out == ""
    assert said.err == "FAILED bad/default: cell 2, line 1: ZeroDivisionError: division by zero\n"


def test_wrong_calls_are_refused_before_anything_starts(tmp_path):
    """Options and parameters; nothing is written."""
    path = str(notebook(tmp_path, "plain", "1"))
    for options, words in (
        ({"format": "doc"}, "format.*'html', 'pdf'"),
        ({"engine": "frok"}, "did you mean 'fork'"),
        ({"timeout": 0}, "`timeout` must be a number above 0, not 0"),
        ({"timeout": True}, "`timeout`"),
        ({"jobs": 0}, "`jobs` must be a whole number, 1 or more, not 0"),
        ({"retries": -1}, "`retries` must be a whole number, 0 or more"),
        ({"executor": object()}, "`executor` must have the `submit`"),
        ({"parameters": {"distrct": "north"}}, "distrct.*did you mean 'district'"),
        ({"parameters": {"district": "nort"}}, "nort.*did you mean 'north'"),
    ):
        with pytest.raises(ParameterError, match=words):
            render(path, out=tmp_path / "out", **options)

    assert not (tmp_path / "out").exists()


def test_a_notebook_without_parameters_and_one_of_jupyter_are_rendered(tmp_path):
    """Any notebook renders; a picture attached to its text stays."""
    import nbformat

    book = kernels.book("print('from jupyter')")
    cell = nbformat.v4.new_markdown_cell("# Any\n\n![alt](attachment:dot.png)")
    dot = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
    cell["attachments"] = {"dot.png": {"image/png": dot}}
    book.cells.insert(0, cell)
    nbformat.write(book, tmp_path / "any.ipynb")

    (result,) = render(str(tmp_path / "any.ipynb"), out=tmp_path / "out", engine="plain", quiet=True)

    page = result.path.read_text()
    assert result.error is None
    assert "from jupyter" in page
    assert dot in page


def test_report_info_heads_the_record(tmp_path):
    """Title, period and as-of date that a notebook states are in its record."""
    (result,) = render(str(kernels.SAMPLES / "b_plain.py"), out=tmp_path / "out", quiet=True)

    record = json.loads(result.path.with_suffix(".json").read_bytes())
    assert (record["title"], record["period"], record["as_of"]) == (
        "A sample report",
        ["2021-01-01", "2021-03-31"],
        "2021-03-31",
    )
    assert record["engine"] == {"asked": "fork", "used": "fork", "why": ""}
    assert record["duration_s"] > 0
    assert result.path.with_suffix(".png").read_bytes().startswith(b"\x89PNG")


# files and the lock ---------------------------------------------------------------------------------------------------


def test_a_file_is_replaced_in_one_step_and_equal_content_left(tmp_path):
    """`write` tells whether the content changed."""
    path = tmp_path / "folder" / "file"

    assert [files.write(path, content) for content in (b"1", b"1", b"22")] == [True, False, True]
    assert path.read_bytes() == b"22"
    assert [p.name for p in path.parent.iterdir()] == ["file"]


def test_a_full_disk_is_one_clear_line_and_the_old_file_is_intact(tmp_path):
    """The limit of file sizes stands in for a full disk: the write fails half-way."""
    path = tmp_path / "page.html"
    path.write_bytes(b"old")
    source = (
        "import resource, signal, sys; from pathlib import Path; from minestats import files\n"
        "signal.signal(signal.SIGXFSZ, signal.SIG_IGN)\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (1000, 1000))\n"
        "try:\n    files.write(Path(sys.argv[1]), b'x' * 5000)\nexcept files.OutputError as error:\n    print(error)"
    )

    done = subprocess.run([sys.executable, "-c", source, str(path)], capture_output=True, text=True, check=True)

    assert re.fullmatch(r"cannot write '.*/page.html': File too large; what was there is as before\n", done.stdout)
    assert [(p.name, p.read_bytes()) for p in tmp_path.iterdir()] == [("page.html", b"old")]


def test_an_output_folder_that_cannot_be_is_one_clear_line(tmp_path):
    """Before any kernel starts."""
    path = notebook(tmp_path, "plain", "1")
    (tmp_path / "out").write_text("a file")

    with pytest.raises(OutputError, match=r"cannot write in '.*out': (File exists|Not a directory)"):
        render(str(path), out=tmp_path / "out", quiet=True)


def test_stray_temporary_files_go(made):
    """What a killed run left is removed by the next, under the lock."""
    folder, out, names, _ = made
    strays = [out / ".index-x.tmp", out / "one" / f"{files.PREFIX}1-2.tmp"]
    for stray in strays:
        stray.write_text("half")

    render(names, out=out, data=folder / "data", by="district", quiet=True)

    assert not any(map(Path.exists, strays))


def test_a_second_run_waits_for_the_first_and_says_for_whom(tmp_path):
    """Process, host and since when."""
    said = []
    holder = subprocess.Popen(
        [
            sys.executable,
            "-c",
            "import sys; from minestats.files import Lock\nwith Lock(sys.argv[1]):\n    print(flush=True); sys.stdin.read()",
            str(tmp_path),
        ],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    holder.stdout.readline()

    with (
        pytest.raises(OutputError, match=f"in use by {holder.pid} on .*, since 20.*; try again later"),
        Lock(tmp_path, wait=0.3, say=said.append),
    ):
        pass
    assert len(said) == 1
    assert re.match(rf"waiting for {holder.pid} on \S+, since \d{{4}}-", said[0])

    holder.kill()
    holder.communicate()
    with Lock(tmp_path, wait=5, say=said.append):  # let go by the system when its owner is killed
        pass


def test_the_lock_is_not_inherited(tmp_path):
    """A process started under the lock does not hold it when the owner has gone."""
    with Lock(tmp_path) as lock:
        assert not os.get_inheritable(lock._descriptor)
        child = subprocess.Popen(["sleep", "30"], close_fds=False)
    try:
        with Lock(tmp_path, wait=0):
            pass
    finally:
        child.kill()
        child.wait()


@pytest.mark.slow
def test_three_runs_at_once_on_one_folder_all_end_well(tmp_path):
    """They take turns; the later ones find nothing to do."""
    path = notebook(tmp_path, "shared", "print(district)")
    source = (
        "import sys; from minestats.render import render\nrender(sys.argv[1], out=sys.argv[2], by='district', jobs=2)"
    )
    runs = [kernels.script(source, str(path), str(tmp_path / "out")) for _ in range(3)]

    said = [run.communicate(timeout=120) for run in runs]

    assert [run.returncode for run in runs] == [0, 0, 0], said
    states = sorted(line.split()[0] for stdout, _ in said for line in lines(stdout))
    assert states == ["rendered"] * 3 + ["unchanged"] * 6
    assert sum("waiting for" in stderr for _, stderr in said) >= 1
    assert whole(tmp_path / "out")


# workers, signals and sudden deaths -----------------------------------------------------------------------------------

RENDER = (
    "import sys; from minestats.render import render, Interrupted\n"
    "try:\n"
    "    results = render(sys.argv[2:], out=sys.argv[1], by='district', jobs=2)\n"
    "except Interrupted as error:\n"
    "    print('stopped', *(r.state for r in error.results)); sys.exit(error.code)\n"
    "print('ended', *(r.state for r in results))"
)
SLEEP = "import os, pathlib, time\npathlib.Path(f'started-{district}').write_text(str(os.getpid()))\ntime.sleep(60)"


def started(folder: Path, number: int) -> list[int]:
    """Wait until so many reports have begun, and return the process ids of their kernels."""
    assert kernels.within(60, lambda: len(list(folder.glob("started-*"))) >= number)
    time.sleep(0.1)
    return [int(path.read_text()) for path in folder.glob("started-*")]


@pytest.mark.slow
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_the_run_in_good_order(tmp_path, number):
    """No new report is begun, kernels are ended, the index is written, and the exit status tells the signal."""
    path = notebook(tmp_path, "long", SLEEP)
    quick = notebook(tmp_path, "aaa", "1  # " + "long, and so the first " * 100)
    mark = f"MINESTATS_TEST={tmp_path}"
    run = kernels.script(
        RENDER, str(tmp_path / "out"), str(quick), str(path), cwd=tmp_path, MINESTATS_TEST=str(tmp_path)
    )
    pids = started(tmp_path, 2)

    os.kill(run.pid, number)
    stdout, stderr = run.communicate(timeout=30)

    assert run.returncode == 128 + number, stderr
    assert stdout.splitlines()[-1] == "stopped rendered rendered rendered stopped stopped stopped"
    assert not any(map(kernels.alive, pids))
    assert kernels.within(5, lambda: kernels.marked(mark) == [])
    assert (tmp_path / "out" / "index.html").is_file()
    assert not (tmp_path / "out" / "long").exists()
    assert no_leftovers(tmp_path / "out")


@pytest.mark.slow
def test_a_second_ctrl_c_kills_at_once(tmp_path):
    """A kernel that does not let itself be interrupted is not waited for."""
    stubborn = (
        "import os, pathlib, time\npathlib.Path(f'started-{district}').write_text(str(os.getpid()))\n"
        "while True:\n    try:\n        time.sleep(1)\n    except KeyboardInterrupt:\n        pass"
    )
    path = notebook(tmp_path, "stubborn", stubborn)
    run = kernels.script(RENDER, str(tmp_path / "out"), str(path), cwd=tmp_path)
    pids = started(tmp_path, 2)

    os.kill(run.pid, signal.SIGINT)
    time.sleep(0.5)
    began = time.monotonic()
    os.kill(run.pid, signal.SIGINT)
    run.communicate(timeout=30)

    assert time.monotonic() - began < 4
    assert run.returncode == 130
    assert kernels.within(5, lambda: not any(map(kernels.alive, pids)))


@pytest.mark.slow
@pytest.mark.parametrize("victim", ["parent", "group", "worker", "worker server", "kernel server"])
def test_whatever_is_killed_the_reports_are_whole_and_the_next_run_finishes(tmp_path, victim):
    """kill -9 at a moment when two kernels work: nothing survives, nothing is torn, nothing is lost."""
    path = notebook(tmp_path, "long", SLEEP)
    mark = f"MINESTATS_TEST={tmp_path}"
    run = kernels.script(RENDER, str(tmp_path / "out"), str(path), cwd=tmp_path, MINESTATS_TEST=str(tmp_path))
    pids = started(tmp_path, 2)

    def named(word: str) -> list[int]:
        found = [pid for pid in kernels.marked(mark) if pid not in (*pids, run.pid)]
        return [pid for pid in found if word in Path(f"/proc/{pid}/cmdline").read_text().replace("\0", " ")]

    workers = [pid for pid in named("server workers") if os.getpgid(pid) == pid]
    if victim == "group":
        os.killpg(run.pid, signal.SIGKILL)
    elif victim == "parent":
        os.kill(run.pid, signal.SIGKILL)
    elif victim == "worker":
        os.kill(workers[0], signal.SIGKILL)
    else:
        (server,) = [
            pid
            for pid in named(f"server {victim.split()[0]}s")
            if pid not in workers and pid not in pids and os.getpgid(pid) != pid
        ]
        os.kill(server, signal.SIGKILL)

    if victim in ("parent", "group"):
        run.communicate(timeout=10)
        assert kernels.within(5, lambda: kernels.marked(mark) == [])
    elif victim == "worker":
        assert kernels.within(5, lambda: sum(map(kernels.alive, pids)) == 1)  # its kernel goes with it
    elif victim == "kernel server":
        assert kernels.within(5, lambda: not any(map(kernels.alive, pids)))
    notebook(tmp_path, "long", "print('done')")
    if victim not in ("parent", "group"):
        os.kill(run.pid, signal.SIGTERM)
        assert run.communicate(timeout=60)[1].count("Traceback") == 0
    assert kernels.within(5, lambda: kernels.marked(mark) == [])
    assert whole(tmp_path / "out")

    results = render(str(path), out=tmp_path / "out", by="district", jobs=1, quiet=True)

    assert [result.state for result in results] == ["rendered"] * 3
    assert whole(tmp_path / "out")
    assert no_leftovers(tmp_path / "out")


@pytest.mark.slow
def test_a_lost_worker_takes_only_its_own_report_with_it(tmp_path):
    """It is tried once more by a new worker, then told as lost; the others are rendered."""
    path = notebook(tmp_path, "killer", "import time\ntime.sleep(1)\nprint(district)")
    source = (
        "import os, signal, sys, threading, time\n"
        "from minestats.render import _pool, render\n"
        "original = _pool.Worker.ask\n"
        "def ask(self, function, arguments):\n"
        "    if arguments[0].task.slug == 'district-north':\n"
        "        threading.Timer(0.5, os.kill, (self.process.pid, signal.SIGKILL)).start()\n"
        "    return original(self, function, arguments)\n"
        "_pool.Worker.ask = ask\n"
        "for r in render(sys.argv[2], out=sys.argv[1], by='district', jobs=2, quiet=True):\n"
        "    print(r.slug, r.state, r.attempts, r.error and r.error['kind'])"
    )
    run = kernels.script(source, str(tmp_path / "out"), str(path), cwd=tmp_path)

    stdout, stderr = run.communicate(timeout=60)

    assert stdout.splitlines() == [
        "default rendered 1 None",
        "district-north failed 2 worker lost",
        "district-south rendered 1 None",
    ]
    assert stderr == "FAILED killer/district-north: worker lost: a worker ended (-9)\n"


@pytest.mark.slow
def test_a_worker_that_does_not_answer_is_ended(tmp_path):
    """Some time after the deadline of its report; the others are rendered."""
    path = notebook(tmp_path, "stuck", "print(district)")
    source = (
        "import os, signal, sys\n"
        "from minestats.render import _pool, batch, render\n"
        "original, batch.LATE = _pool.Worker.ask, 2.0\n"
        "def ask(self, function, arguments):\n"
        "    if arguments[0].task.slug == 'district-north':\n"
        "        os.kill(self.process.pid, signal.SIGSTOP)\n"
        "    return original(self, function, arguments)\n"
        "_pool.Worker.ask = ask\n"
        "for r in render(sys.argv[2], out=sys.argv[1], by='district', jobs=2, timeout=3, retries=0, quiet=True):\n"
        "    print(r.slug, r.state, r.attempts, r.error and r.error['kind'])"
    )
    run = kernels.script(source, str(tmp_path / "out"), str(path), cwd=tmp_path)

    stdout, stderr = run.communicate(timeout=60)

    assert "district-north failed 1 worker lost" in stdout.splitlines(), stderr
    assert "FAILED stuck/district-north: worker lost: a worker ended (-9)" in stderr.splitlines()
    assert no_leftovers(tmp_path / "out")


# elsewhere ------------------------------------------------------------------------------------------------------------


def test_a_job_can_be_sent_elsewhere(made):
    """What is submitted can be pickled, and is a function of its input alone."""
    folder, _, names, _ = made
    (task,) = tasks(names[:1], data_dir=folder / "data")
    job = _job.Job(task, Path(names[0]).read_bytes(), "key", {}, shared_parts(folder / "data"))

    assert pickle.loads(pickle.dumps((_job.render_job, job)))[1] == job


@pytest.mark.slow
def test_an_executor_of_the_standard_library_gives_the_same_bytes(made, tmp_path):
    """It is used and not shut down."""
    import multiprocessing

    folder, out, names, _ = made
    with ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn")) as executor:
        results = render(
            names[0], out=tmp_path / "out", data=folder / "data", by="district", executor=executor, quiet=True
        )
        assert executor.submit(int, "7").result() == 7

    assert [result.state for result in results] == ["rendered"] * 3
    for slug in ("default", "district-north", "district-south"):
        for ending in ("html", "ipynb"):
            name = f"one/{slug}.{ending}"
            assert (tmp_path / "out" / name).read_bytes() == (out / name).read_bytes()


@pytest.mark.slow
def test_the_executor_of_a_dask_cluster_gives_the_same_bytes(made, tmp_path):
    """A cluster is an executor like any other; it is not shut down."""
    folder, out, names, _ = made
    source = (
        "import sys\n"
        "from distributed import Client\n"
        "from minestats.render import render\n"
        "if __name__ == '__main__':\n"
        "    with Client(n_workers=1, threads_per_worker=1, dashboard_address=None, silence_logs=50) as client:\n"
        "        with client.get_executor(pure=False) as executor:\n"
        "            results = render(sys.argv[3], out=sys.argv[1], data=sys.argv[2], by='district', executor=executor, quiet=True)\n"
        "        assert client.submit(int, '7').result() == 7\n"
        "    print(*(result.state for result in results))\n"
    )
    (tmp_path / "cluster.py").write_text(source)
    command = [sys.executable, "cluster.py", str(tmp_path / "out"), str(folder / "data"), names[0]]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)

    assert done.stdout.split() == ["rendered"] * 3, done.stderr
    for slug in ("default", "district-north", "district-south"):
        for ending in ("html", "ipynb"):
            name = f"one/{slug}.{ending}"
            assert (tmp_path / "out" / name).read_bytes() == (out / name).read_bytes()


def test_a_worker_elsewhere_compares_its_data_with_those_of_the_command(made):
    """A report is not made from other data than the one who asked has."""
    folder, _, names, _ = made
    data = folder / "data"
    (task,) = tasks(names[:1], data_dir=data)
    shared = shared_parts(data)
    key, parts = task_key(task, data, shared=shared)
    for part, words in (("data", "the data folder"), ("code", "minestats")):
        job = _job.Job(task, Path(names[0]).read_bytes(), key, {**parts, part: "x"}, shared, data=data, elsewhere=True)

        made_of_it = _job.render_job(job)

        assert made_of_it.error["kind"] == "did not start"
        assert made_of_it.error["evalue"] == f"{words} of this worker is not that of the command"


def test_an_executor_that_is_shut_down_loses_its_reports_not_the_run(made, tmp_path):
    """Each report is told as lost; nothing is rebuilt."""
    folder, _, names, _ = made
    executor = ProcessPoolExecutor(1)
    executor.shutdown()

    (result,) = render(names[1], out=tmp_path / "out", data=folder / "data", executor=executor, quiet=True)

    assert (result.state, result.error["kind"], result.attempts) == ("failed", "worker lost", 2)


# small things ---------------------------------------------------------------------------------------------------------


def test_jobs_follow_cores_and_memory():
    """Never none, never more than the cores that may be used."""
    assert 1 <= usable_jobs() <= len(os.sched_getaffinity(0))


def test_the_longest_come_first(made):
    """By the time they took; new ones by their size, after those known to be long."""
    folder, out, names, _ = made
    record = out / "two" / "district-south.json"
    content = json.loads(record.read_bytes())
    record.write_text(json.dumps({**content, "duration_s": 99.0}))
    batch = Batch(tasks(names, by=["district"], data_dir=folder / "data"), data=folder / "data", out=out, force=True)
    batch._start = lambda notebooks: None

    order = [job.task.name for job in batch._todo(shared_parts(folder / "data"))]

    assert order[0] == "two/district-south"
    assert len(order) == 6
