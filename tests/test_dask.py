"""Reports made by a Dask cluster of real processes: the same bytes, and nothing lost whoever is killed."""

from __future__ import annotations

import dataclasses
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from concurrent.futures import Future
from pathlib import Path

import pytest
import rendering as kernels

from minestats.errors import MinestatsError, ParameterError
from minestats.render import _job, render
from minestats.render import dask as cluster_door
from minestats.render.batch import ExecutorLost, Here
from minestats.render.key import shared_parts, task_key
from minestats.render.plan import Task, tasks

pytestmark = pytest.mark.slow

BOOK = """# %% [markdown]
# # {name}

# %% tags=["parameters"]
district: str = "a"  # district [choices: a, b, c, d]

# %%
{cell}
"""
SLEEP = """import helper, os, pathlib, time
me = pathlib.Path(helper.folder, district)
me.with_suffix(f".{os.getpid()}").touch()
while any(pathlib.Path(helper.folder, name).exists() for name in ("hold", f"hold-{district}")):
    time.sleep(0.05)
print(district, helper.number)"""


class Cluster:
    """A scheduler and workers on this machine, each a process of its own."""

    def __init__(self, folder: Path):
        self.folder = folder
        self.mark = f"MINESTATS_TEST={folder}"
        self.scheduler: subprocess.Popen | None = None
        self.workers: dict[str, subprocess.Popen] = {}
        self.address = ""

    def run(self, name: str, *words: str, **env: str) -> subprocess.Popen:
        log = open(self.folder / f"{name}.log", "ab")  # noqa: SIM115
        with log:
            return subprocess.Popen(
                [sys.executable, "-m", f"distributed.cli.dask_{words[0]}", *words[1:]],
                env={**os.environ, "MINESTATS_TEST": str(self.folder), **env},
                cwd=self.folder,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )

    def ready(self, number: int = 2) -> str:
        """Start what is missing; return the address of the scheduler."""
        if self.scheduler is None or self.scheduler.poll() is not None:
            told = self.folder / "scheduler.json"
            told.unlink(missing_ok=True)
            self.end()
            words = ("--host", "127.0.0.1", "--port", "0", "--no-dashboard", "--scheduler-file", str(told))
            self.scheduler = self.run("scheduler", "scheduler", *words)
            assert kernels.within(30, lambda: told.exists() and told.read_text().endswith("}"))
            self.address = json.loads(told.read_text())["address"]
        self.workers = {name: one for name, one in self.workers.items() if one.poll() is None}
        while len(self.workers) < number:
            self.worker(f"w{time.monotonic_ns()}")
        return self.address

    def worker(self, name: str, **env: str) -> subprocess.Popen:
        words = (
            "--nthreads",
            "1",
            "--no-nanny",
            "--no-dashboard",
            "--name",
            name,
            "--local-directory",
            str(self.folder),
        )
        self.workers[name] = self.run(name, "worker", self.address, *words, "--preload", "minestats.render.dask", **env)
        log = self.folder / f"{name}.log"
        assert kernels.within(30, lambda: "Registered to" in log.read_text()), log.read_text()
        return self.workers[name]

    def kill(self, process: subprocess.Popen) -> None:
        process.kill()
        process.wait()

    def end(self) -> None:
        for one in (*self.workers.values(), self.scheduler):
            if one is not None:
                self.kill(one)
        self.workers, self.scheduler = {}, None


@pytest.fixture(scope="module")
def cluster(tmp_path_factory):
    """One scheduler; each test says how many workers it needs."""
    made = Cluster(tmp_path_factory.mktemp("cluster"))
    yield made
    made.end()
    assert kernels.within(10, lambda: kernels.marked(made.mark) == [])


@pytest.fixture
def books(tmp_path):
    """A notebook that waits as long as a file is there, with a module beside it, and a data folder."""
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "table.csv").write_text("a\n1\n")
    (tmp_path / "helper.py").write_text(f"number = 7\nfolder = {str(tmp_path / 'at')!r}\n")
    (tmp_path / "at").mkdir()
    (tmp_path / "one.py").write_text(BOOK.format(name="One", cell=SLEEP))
    return tmp_path


def command(books: Path, cluster: Cluster, *words: str, **env: str) -> subprocess.Popen:
    """`minestats render` of four reports on the cluster."""
    return subprocess.Popen(
        [
            *(sys.executable, "-m", "minestats.cli", "render", "one.py", "--by", "district"),
            *("--out", "out", "--dask", cluster.address, *(words or ("--data", "data"))),
        ],
        cwd=books,
        env={**os.environ, **env},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )


def said(process: subprocess.Popen, seconds: float = 60) -> tuple[int, list[str], str]:
    """Exit status, progress lines without time and duration, standard error."""
    stdout, stderr = process.communicate(timeout=seconds)
    words = [line.split()[1:3] for line in stdout.splitlines() if line[:2] == "20"]
    return process.returncode, sorted(" ".join(two) for two in words), stderr


def begun(books: Path, number: int) -> dict[str, int]:
    """Wait until so many reports have begun; return the process of each one's kernel."""
    assert kernels.within(30, lambda: len(list((books / "at").glob("?.*"))) >= number)
    return {path.stem: int(path.suffix[1:]) for path in (books / "at").glob("?.*")}


def rendered(*districts: str) -> list[str]:
    return [f"rendered one/{'default' if d == 'a' else f'district-{d}'}" for d in districts]


def same_as_local(books: Path) -> bool:
    """Whether page and notebook of each report are those of a run on this machine."""
    render(str(books / "one.py"), out=books / "local", data=books / "data", by="district", jobs=1, quiet=True)
    names = [path.relative_to(books / "local") for path in (books / "local" / "one").glob("*.[hi]*")]
    return len(names) == 8 and all(
        (books / "local" / n).read_bytes() == (books / "out" / n).read_bytes() for n in names
    )


def parent(pid: int) -> int:
    return int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[1])


def test_a_cluster_gives_the_same_bytes_and_keeps_one_server_in_each_worker(cluster, books):
    """Four reports on two workers; the kernels of a worker are forked from one server; then nothing is to be done."""
    cluster.ready()
    (books / "at" / "hold").touch()
    first = command(books, cluster)
    begun(books, 2)
    servers = [parent(pid) for pid in begun(books, 2).values()]
    go_on(books)

    assert said(first) == (0, rendered("a", "b", "c", "d"), "")
    assert len(set(servers)) == 2
    assert {parent(server) for server in servers} == {worker.pid for worker in cluster.workers.values()}
    assert all(map(kernels.alive, servers))
    assert same_as_local(books)
    assert said(command(books, cluster))[:2] == (
        0,
        [line.replace("rendered", "unchanged") for line in rendered(*"abcd")],
    )


def half_way(books: Path, cluster: Cluster) -> tuple[subprocess.Popen, dict[str, int]]:
    """A run of which two reports are written and two are being made, and the kernels of these two."""
    for district in "cd":
        (books / "at" / f"hold-{district}").touch()
    run = command(books, cluster)
    pids = begun(books, 4)
    assert kernels.within(30, lambda: len(list((books / "out").glob("one/*.json"))) == 2)
    return run, {district: pids[district] for district in "cd"}


def go_on(books: Path) -> None:
    """Let the reports that wait go on."""
    for path in (books / "at").glob("hold*"):
        path.unlink()


def test_a_killed_command_leaves_no_kernel_and_the_next_makes_no_report_twice(cluster, books):
    """kill -9 of the command: workers end what nobody waits for; what was written stays as it is."""
    cluster.ready()
    first, pids = half_way(books, cluster)
    first.kill()
    first.communicate()
    written = {path: path.stat().st_mtime_ns for path in (books / "out").glob("one/*")}

    assert kernels.within(10, lambda: not any(map(kernels.alive, pids.values())))
    go_on(books)

    again = ["unchanged one/default", "unchanged one/district-b"]
    assert said(command(books, cluster)) == (0, [*rendered("c", "d"), *again], "")
    assert all(path.stat().st_mtime_ns == stamp for path, stamp in written.items())
    assert same_as_local(books)


def test_a_stopped_command_ends_what_the_workers_do(cluster, books):
    """SIGTERM: exit status 143, the index is written, the kernels end, and the workers are free again."""
    cluster.ready()
    (books / "at" / "hold").touch()
    first = command(books, cluster)
    pids = begun(books, 2)

    first.send_signal(signal.SIGTERM)
    status, lines, stderr = said(first)

    assert (status, lines, stderr) == (143, [], "minestats: stopping; once more to stop at once\n")
    assert (books / "out" / "index.html").is_file()
    assert kernels.within(10, lambda: not any(map(kernels.alive, pids.values())))
    go_on(books)
    assert said(command(books, cluster))[:2] == (0, rendered("a", "b", "c", "d"))


def test_what_a_killed_worker_was_making_is_made_by_another(cluster, books):
    """kill -9 of a worker in the middle of a report: its kernel ends with it, and every report is made."""
    cluster.ready()
    (books / "at" / "hold").touch()
    run = command(books, cluster)
    pids = begun(books, 2)
    (victim,) = (one for one in cluster.workers.values() if one.pid == parent(parent(pids["a"])))

    cluster.kill(victim)
    ended = kernels.within(10, lambda: not kernels.alive(pids["a"]))
    go_on(books)

    assert said(run)[:2] == (0, rendered("a", "b", "c", "d"))
    assert ended
    assert same_as_local(books)


def test_a_worker_with_other_data_is_named_and_left_out(cluster, books):
    """The message names worker and file; with no other worker the command fails, and nothing is written."""
    cluster.ready(0)
    for one in cluster.workers.values():
        cluster.kill(one)
    cluster.workers.clear()
    shutil.copytree(books / "data", books / "other")
    (books / "other" / "table.csv").write_text("a\n2\n")
    cluster.worker("other", MINESTATS_DATA=str(books / "other"))
    mine = {"MINESTATS_DATA": str(books / "data")}

    status, lines, stderr = said(command(books, cluster, "--retries", "0", **mine))

    assert (status, lines) == (1, []), stderr
    why = r"the data folder of this worker is not that of the command: table.csv differs"
    assert "no worker can make the reports: tcp://127.0.0.1:" in stderr
    assert f"{why}; 4 reports were not made, and the next run makes them" in stderr
    assert not (books / "out" / "one").exists()

    cluster.worker("good", **mine)
    status, lines, stderr = said(command(books, cluster, "--retries", "0", **mine))

    assert (status, lines) == (0, rendered("a", "b", "c", "d"))
    assert f"gets nothing to do: {why}\n" in stderr
    cluster.kill(cluster.workers.pop("other"))


def test_a_killed_scheduler_is_told_and_what_is_made_is_kept(cluster, books):
    """One clear line, exit status 1; the next run makes only the rest."""
    cluster.ready()
    run, _ = half_way(books, cluster)

    cluster.kill(cluster.scheduler)

    gone = f"minestats: the Dask scheduler at {cluster.address} ended or cannot be reached"
    left = "2 reports were not made, and the next run makes them"
    assert said(run) == (1, rendered("a", "b"), f"{gone}; {left}\n")
    go_on(books)
    results = render(str(books / "one.py"), out=books / "out", data=books / "data", by="district", jobs=1, quiet=True)
    assert [result.state for result in results] == ["unchanged", "unchanged", "rendered", "rendered"]


def test_an_address_without_scheduler_is_one_clear_line(books, monkeypatch):
    """No traceback, and nothing but the lock in the output folder."""
    monkeypatch.setattr(cluster_door, "CONNECT", 0.5)
    executor = cluster_door.DaskExecutor("tcp://127.0.0.1:9")

    with pytest.raises(MinestatsError, match=r"^no Dask scheduler at tcp://127\.0\.0\.1:9: "):
        render(str(books / "one.py"), out=books / "out", executor=executor, quiet=True)
    executor.close()
    assert [path.name for path in (books / "out").iterdir()] == [".lock"]


def test_without_the_package_distributed_the_remedy_is_named(monkeypatch):
    """How to install it."""
    monkeypatch.setitem(sys.modules, "distributed", None)

    with pytest.raises(ParameterError, match=r"pip install 'minestats\[dask\]'"):
        cluster_door.DaskExecutor("tcp://127.0.0.1:9").width()


# without a cluster: what travels, what is compared -------------------------------------------------------------------


class Moved(Here):
    """An executor for which the notebook lies where it is not, as on another machine."""

    def __init__(self, folder: Path, **changes: object):
        self.folder, self.changes = folder, changes

    def submit(self, function, job, /):
        task = dataclasses.replace(job.task, notebook=self.folder / job.task.notebook.name)
        parts = {**job.key_parts, **self.changes}
        return super().submit(function, dataclasses.replace(job, task=task, key_parts=parts))


def test_a_worker_without_the_notebook_makes_the_same_bytes(books):
    """The text travels with the modules beside it, and what git says is asked for at home."""
    (books / "package").mkdir()
    (books / "package" / "__init__.py").write_text("number = 7\n")
    (books / "helper.py").write_text(
        (books / "helper.py").read_text().replace("number = 7", "from package import number")
    )
    subprocess.run(["git", "init", "-q", str(books)], check=True)
    subprocess.run(["git", "-C", str(books), "add", "one.py"], check=True)
    who = ("-c", "user.name=x", "-c", "user.email=x@example.org")
    subprocess.run(["git", "-C", str(books), *who, "commit", "-qm", "x"], check=True)
    options = {"data": books / "data", "by": "district", "engine": "plain", "quiet": True}
    options |= {"parameters": None}

    away = Moved(books / "nowhere")
    (result, *_) = render(str(books / "one.py"), out=books / "out", executor=away, **options)

    assert result.state == "rendered", result.error
    assert json.loads(result.path.with_suffix(".json").read_bytes())["git"]["commit"]
    assert same_as_local(books)


@pytest.mark.parametrize(
    ("part", "words"),
    [
        ("code", "minestats of this worker is not that of the command"),
        ("data", "the data folder of this worker is not that of the command"),
        ("distributions", "the packages of this worker are not those of the command"),
        ("inputs", "the inputs of the notebook on this worker are not those of the command"),
    ],
)
def test_a_worker_refuses_what_would_not_be_true_of_its_record(books, part, words):
    """Code, data, packages and inputs are compared before a kernel starts."""
    (result, *_) = render(
        str(books / "one.py"),
        out=books / "out",
        data=books / "data",
        executor=Moved(books, **{part: "x"}),
        retries=0,
        quiet=True,
    )

    assert result.error["kind"] == "did not start"
    assert words in result.error["evalue"]


def test_data_that_change_on_the_worker_are_noticed_there(books):
    """The worker hashes them after the report; it is made once more, from the new data."""
    cell = (
        "from pathlib import Path\nmark, table = Path('mark'), Path('data', 'table.csv')\n"
        "if not mark.exists():\n    mark.touch()\n    table.write_text('a\\n3\\n')\nprint(table.read_text())"
    )
    (books / "one.py").write_text(BOOK.format(name="One", cell=cell))

    (result,) = render(
        str(books / "one.py"), out=books / "out", data=books / "data", executor=Moved(books), engine="plain", quiet=True
    )

    assert (result.state, result.attempts) == ("rendered", 2)
    assert "a\n3" in result.path.read_text()
    record = json.loads(result.path.with_suffix(".json").read_bytes())
    assert record["key_parts"]["data"] == shared_parts(books / "data").parts["data"]


def test_inputs_in_the_folder_of_the_notebook_travel_and_others_must_be_there(books):
    """They are found beside the notebook of the worker; one that is missing is named."""
    (books / "inside.txt").write_text("inside")
    outside = books / "data" / "outside.txt"
    outside.write_text("outside")
    (books / "books").mkdir()
    for name in ("one.py", "inside.txt"):
        shutil.move(books / name, books / "books" / name)
    notebook = books / "books" / "one.py"
    inputs = (str(books / "books" / "inside.txt"), str(outside))
    task = Task("one", notebook, {"district": "a"}, {}, "default", inputs)
    shared = shared_parts(books / "data")
    key, parts = task_key(task, shared=shared)
    away = dataclasses.replace(
        task, notebook=books / "nowhere" / "one.py", inputs=(str(books / "nowhere" / "inside.txt"), str(outside))
    )
    beside = _job.travelling(task)
    job = _job.Job(away, notebook.read_bytes(), key, parts, shared, data=books / "data", beside=beside)

    there = _job.prepare(job).task

    assert beside == {"inside.txt": b"inside"}
    assert Path(there.inputs[0]).read_text() == "inside"
    assert Path(there.inputs[0]).parent == there.notebook.parent
    assert there.inputs[1] == str(outside)
    gone = dataclasses.replace(away, inputs=(*away.inputs, str(books / "gone.txt")))
    with pytest.raises(_job.Unfit, match=r"'gone\.txt', an input of the notebook, is missing on this worker"):
        _job.prepare(dataclasses.replace(job, task=gone))
    with pytest.raises(_job.Unfit, match="would lie outside"):
        _job.write(dataclasses.replace(job, beside={"../x": b""}))


def test_a_worker_that_started_with_another_minestats_says_to_start_it_again(books, monkeypatch):
    """What it has imported counts, not only what lies on its disk."""
    (task,) = tasks([str(books / "one.py")], data_dir=books / "data")
    shared = shared_parts(books / "data")
    key, parts = task_key(task, shared=shared)
    job = _job.Job(task, b"", key, parts, shared, data=books / "data")
    assert _job.difference(job) == ""

    monkeypatch.setitem(_job._loaded, "code", "older")

    assert _job.difference(job) == "minestats was changed after this worker started: start the worker again"


class Ends(Here):
    """An executor whose tasks end in one way; `gone` is what it says when it is asked whether it is there."""

    def __init__(self, error: Exception | None, gone: Exception | None = None):
        self.error, self.gone = error, gone

    def submit(self, function, /, *arguments):
        future: Future = Future()
        if self.error is None:
            future.cancel()
            future.set_running_or_notify_cancel()
        else:
            future.set_exception(self.error)
        return future

    def check(self):
        if self.gone:
            raise self.gone


KILLED = type("KilledWorker", (Exception,), {"allowed_failures": 3})


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (None, "the scheduler dropped the report"),
        (KILLED("long words"), "4 workers ended one after the other while they made it"),
        (ValueError("first\nsecond"), "first"),
    ],
)
def test_each_ending_of_a_task_is_told_apart(books, error, words):
    """The scheduler dropped it, workers died one after the other, or an error."""
    options = {"out": books / "out", "data": books / "data", "retries": 0, "quiet": True}

    (result,) = render(str(books / "one.py"), executor=Ends(error), **options)

    assert (result.error["kind"], result.error["evalue"]) == ("worker lost", words)


def test_a_scheduler_that_is_gone_fails_no_report(books):
    """The next run makes what it had."""
    gone = Ends(None, ExecutorLost("the scheduler ended"))

    with pytest.raises(ExecutorLost, match="the scheduler ended; 1 reports were not made, and the next run makes them"):
        render(str(books / "one.py"), out=books / "out", data=books / "data", executor=gone, quiet=True)
    assert not (books / "out" / "one").exists()
