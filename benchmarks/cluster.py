"""How reports are made by a Dask cluster on this machine: nothing lost, the same bytes, speed-up, overhead.

    python benchmarks/cluster.py                  200 reports; some minutes
    python benchmarks/cluster.py --reports 40     fewer

A scheduler and workers are started as processes of their own on loopback. A tiny notebook is rendered for many values.
Three workers; one is killed half-way; then the command is killed and started again. What must hold is asserted: every
report is there, byte for byte that of a local run, and none that was written is made again. Then reports are made by one
worker and by two, in turn. The cores are those of one machine: more workers than cores do not make it faster.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

CELL = "total = sum(n * number for n in range(1000))\nprint(f'{number}: {total}')"


class Cluster:
    """A scheduler and workers, each a process."""

    def __init__(self, folder: Path):
        self.folder = folder
        self.log = open(folder / "cluster.log", "wb")  # noqa: SIM115
        told = folder / "scheduler.json"
        words = ("--host", "127.0.0.1", "--port", "0", "--no-dashboard", "--scheduler-file", str(told))
        self.scheduler = self.start("scheduler", *words)
        until(lambda: told.exists() and told.read_text().endswith("}"))
        self.address = json.loads(told.read_text())["address"]
        self.workers: list[subprocess.Popen] = []

    def start(self, kind: str, *words: str) -> subprocess.Popen:
        command = [sys.executable, "-m", f"distributed.cli.dask_{kind}", *words]
        return subprocess.Popen(command, cwd=self.folder, stdout=self.log, stderr=self.log, start_new_session=True)

    def add(self, number: int) -> None:
        words = ("--nthreads", "1", "--no-nanny", "--no-dashboard", "--local-directory", str(self.folder))
        words += ("--preload", "minestats.render.dask")
        before = (self.folder / "cluster.log").read_text().count("Registered to")
        self.workers += [self.start("worker", self.address, *words) for _ in range(number)]
        until(lambda: (self.folder / "cluster.log").read_text().count("Registered to") >= before + number)
        time.sleep(10)  # until what reports need is imported

    def kill(self, process: subprocess.Popen) -> None:
        process.kill()
        process.wait()
        if process in self.workers:
            self.workers.remove(process)

    def end(self) -> None:
        for process in (*self.workers[:], self.scheduler):
            self.kill(process)
        self.log.close()


def until(condition, seconds: float = 300) -> None:
    end = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > end:
            raise TimeoutError("it took too long")
        time.sleep(0.02)


def render(folder: Path, out: str, *words: str) -> subprocess.Popen:
    command = [sys.executable, "-m", "minestats.cli", "render", "tiny.py", "--by", "number", "--data", "data"]
    return subprocess.Popen(
        [*command, "--out", out, *words], cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )


def timed(folder: Path, out: str, *words: str) -> tuple[float, str]:
    """Seconds and standard output of a run that must end well."""
    began = time.perf_counter()
    run = render(folder, out, *words)
    stdout, stderr = run.communicate()
    assert run.returncode == 0, stderr
    return time.perf_counter() - began, stdout


def records(folder: Path, out: str) -> list[Path]:
    return sorted((folder / out).glob("tiny/*.json"))


def content(folder: Path, out: str) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in (folder / out).glob("tiny/*") if path.suffix != ".json"}


def notebook(folder: Path, reports: int) -> Path:
    """A folder with a tiny notebook for so many values, and a data folder."""
    (folder / "data").mkdir(parents=True)
    (folder / "data" / "table.csv").write_text("number\n1\n")
    choices = ", ".join(map(str, range(reports)))
    (folder / "tiny.py").write_text(
        f'# %% [markdown]\n# # Tiny\n\n# %% tags=["parameters"]\nnumber: int = 0  # number [choices: {choices}]\n'
        f"\n# %%\n{CELL}\n"
    )
    return folder


def deaths(folder: Path, reports: int) -> None:
    """A worker is killed half-way, then the command; it is started again."""
    cluster = Cluster(folder)
    try:
        with_deaths(folder, cluster, reports)
    finally:
        cluster.end()


def with_deaths(folder: Path, cluster: Cluster, reports: int) -> None:
    dask = ("--dask", cluster.address)
    cluster.add(3)
    run = render(folder, "cluster", *dask)
    until(lambda: len(records(folder, "cluster")) >= reports // 2)
    cluster.kill(cluster.workers[0])
    until(lambda: len(records(folder, "cluster")) >= reports * 3 // 4)
    run.kill()
    run.communicate()
    kept = {path: path.stat().st_mtime_ns for path in records(folder, "cluster")}
    seconds, stdout = timed(folder, "cluster", *dask)
    lines = [line.split()[1] for line in stdout.splitlines() if line.startswith("20")]
    assert len(records(folder, "cluster")) == reports
    assert lines.count("unchanged") == len(kept)
    assert lines.count("rendered") == reports - len(kept)
    assert all(path.stat().st_mtime_ns == stamp for path, stamp in kept.items())
    print(f"{reports} reports, 3 workers, one killed half-way, the command killed after {len(kept)} and started again:")
    print(f"  all whole; {len(kept)} unchanged, {reports - len(kept)} made in {seconds:.1f} s; none made twice")
    timed(folder, "local")
    assert content(folder, "cluster") == content(folder, "local")
    print("  byte for byte those of a local run")


def speed(folder: Path, reports: int, rounds: int = 3) -> None:
    """A cluster of one worker, one of two, and the command's own workers, in turn; the medians of the rounds."""
    clusters = []
    ways = {}
    try:
        for workers in (1, 2):
            place = folder / f"with{workers}"
            place.mkdir()
            clusters.append(Cluster(place))
            clusters[-1].add(workers)
            ways[f"dask {workers}"] = ("--dask", clusters[-1].address)
            ways[f"local {workers}"] = ("--jobs", str(workers))
            timed(folder, f"first {workers}", *ways[f"dask {workers}"])
        took = {name: [] for name in ways}
        own = {name: [] for name in ways}
        for turn in range(rounds):
            for name, words in ways.items():
                took[name].append(timed(folder, f"{name} {turn}", *words)[0])
                made = [json.loads(path.read_bytes())["duration_s"] for path in records(folder, f"{name} {turn}")]
                own[name].append(statistics.median(made))
    finally:
        for one in clusters:
            one.end()
    middle = {name: statistics.median(seconds) for name, seconds in took.items()}
    for name, seconds in middle.items():
        each = 1000 * statistics.median(own[name])
        print(
            f"{name:>8}: {seconds:6.1f} s, {1000 * seconds / reports:5.0f} ms a report; where it is made {each:.0f} ms"
        )
    for way in ("dask", "local"):
        print(f"speed-up from one worker to two, {way}: {middle[f'{way} 1'] / middle[f'{way} 2']:.2f}")
    beside = 1000 * (middle["dask 1"] / reports - statistics.median(own["dask 1"]))
    print(f"overhead with one worker: {beside:.0f} ms a report, the start of the command included")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--reports", type=int, default=200)
    parser.add_argument("--part", choices=["deaths", "speed"], help="only this")
    asked = parser.parse_args()
    load = ", ".join(f"{number:.1f}" for number in os.getloadavg())
    print(f"Python {platform.python_version()}, {os.cpu_count()} cores, load {load}")
    with tempfile.TemporaryDirectory(prefix="minestats-bench-") as name:
        if asked.part != "speed":
            deaths(notebook(Path(name, "deaths"), asked.reports), asked.reports)
        if asked.part != "deaths":
            number = min(asked.reports, 50)
            speed(notebook(Path(name, "speed"), number), number)


if __name__ == "__main__":
    main()
