"""A thousand renders: memory, descriptors, processes and temporary files must stay flat.

Two ways, one after the other. *Call by call*: a service or an open JupyterLab calls `render` again and again in one
process, each call making reports of four districts anew; what the process holds after each call is looked at. *At
once*: one call makes as many reports with two workers, looked at from a thread while it works: the workers, the
server of the kernels and the kernels together.

Memory is what the processes hold of their own (anonymous pages and shared memory, each page divided by those that hold
it), without the files of programs and libraries: how many processes share those depends on what else runs there.

After a warm-up of a tenth, the last quarter of what was seen is compared with the first, mean with mean. Call by call
descriptors, threads, processes and files must be equal; memory, and all that is seen while work goes on, may differ by
5 %.

Run: python benchmarks/soak.py [--renders 1000] [--minutes 60]    (minutes: the calls are spread over this time)
"""

from __future__ import annotations

import argparse
import gc
import os
import statistics
import sys
import tempfile
import threading
import time
from datetime import date, timedelta
from pathlib import Path

import psutil

from minestats.render import render

DISTRICTS = ("Aghdam", "Fuzuli", "Kalbajar", "Lachin")
REPORTS = ("trend", "demining_progress", "casualty_rates")
LAST = date(2026, 3, 1)
GROWTH = 1.05
WAIT = 2.0  # seconds that what was told to end may take
EVERY = 0.5


def held(process: psutil.Process) -> float:
    """Megabytes that a process holds of its own, a page that others hold too divided by their number."""
    rollup = Path(f"/proc/{process.pid}/smaps_rollup").read_text(encoding="ascii")
    sizes = dict(line.split(":") for line in rollup.splitlines()[1:])
    return sum(int(sizes[name].split()[0]) for name in ("Pss_Anon", "Pss_Shmem", "SwapPss")) / 1024


def seen(temporary: Path) -> dict[str, float]:
    """What this process and all below it hold now."""
    mine = psutil.Process()
    found = {"memory (MB)": 0.0, "descriptors": 0, "threads": 0, "processes": 0}
    for one in [mine, *mine.children(recursive=True)]:
        try:
            with one.oneshot():
                more = (held(one), one.num_fds(), one.num_threads(), 1)
        except (psutil.Error, OSError):
            continue
        found = {name: value + new for (name, value), new in zip(found.items(), more, strict=True)}
    return found | {"files": sum(len(files) + len(folders) for _, folders, files in os.walk(temporary))}


def call_by_call(calls: int, minutes: float, work: Path, temporary: Path) -> list[dict[str, float]]:
    """Render in this process, every other call with workers, and look after each call."""
    found, began = [], time.monotonic()
    for call in range(calls):
        jobs = 1 + call % 2
        plan = planned(work, REPORTS[call // 2 % len(REPORTS)], [LAST])
        checked(render(plan=plan, out=work / "out", jobs=jobs, force=True, quiet=True), len(DISTRICTS))
        gc.collect()
        ended = time.monotonic() + WAIT  # the server of the kernels stays
        while len(psutil.Process().children()) > 1 and time.monotonic() < ended:
            time.sleep(0.02)
        found.append(seen(temporary))
        if call % max(1, calls // 10) == 0:
            said = "  ".join(f"{name} {value:.0f}" for name, value in found[-1].items())
            print(f"{(call + 1) * len(DISTRICTS):>6} renders {time.monotonic() - began:6.0f} s  {said}", flush=True)
        time.sleep(max(0.0, minutes * 60 * (call + 1) / calls - (time.monotonic() - began)))
    return found


def at_once(calls: int, work: Path, temporary: Path) -> list[dict[str, float]]:
    """Render as many in one call with two workers, looked at twice a second."""
    found, done = [], threading.Event()

    def watch() -> None:
        while not done.wait(EVERY):
            found.append(seen(temporary))

    plan = planned(work, "trend", [LAST - timedelta(days=n) for n in range(calls)])
    watcher = threading.Thread(target=watch, daemon=True)
    watcher.start()
    try:
        results = render(plan=plan, out=work / "at_once", jobs=2, force=True, quiet=True)
    finally:
        done.set()
        watcher.join()
    checked(results, calls * len(DISTRICTS))
    return found[:-4]  # the end, when the workers go


def planned(work: Path, report: str, days: list[date]) -> Path:
    """A plan of a report for the districts and each of the days as the last."""
    lists = {"district": DISTRICTS, "until": [f"{day:%Y-%m-%d}" for day in days]}
    lines = ["[[report]]", f'notebook = "{report}"']
    lines += [f"parameters.{name} = [" + ", ".join(f'"{v}"' for v in values) + "]" for name, values in lists.items()]
    (work / "plan.toml").write_text("\n".join(lines) + "\n", encoding="utf-8")
    return work / "plan.toml"


def checked(results: list, number: int) -> None:
    """End the program where a report was not made."""
    bad = [f"{result.report}: {result.error}" for result in results if result.state != "rendered"]
    if bad or len(results) != number:
        sys.exit(f"{len(results)} results, {number} expected; {bad}")


def compared(found: list[dict[str, float]], exact: bool) -> list[str]:
    """Print first and last quarter; return what has grown."""
    steady = found[len(found) // 10 :]
    quarter = max(1, len(steady) // 4)
    grown = []
    for name in steady[0]:
        first, last = (statistics.mean(f[name] for f in part) for part in (steady[:quarter], steady[-quarter:]))
        print(f"  {name:<12} first quarter {first:8.1f}   last quarter {last:8.1f}")
        if last > first * (1 if exact and "memory" not in name else GROWTH):
            grown.append(name)
    return grown


def main() -> int:
    """Print what is held, both ways; return 1 where something grows."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--renders", type=int, default=1000)
    parser.add_argument("--minutes", type=float, default=0.0)
    options = parser.parse_args()
    calls = -(-options.renders // len(DISTRICTS))
    grown = []
    with tempfile.TemporaryDirectory() as folder:
        work, temporary = Path(folder), Path(folder) / "tmp"
        temporary.mkdir()
        os.environ["TMPDIR"] = tempfile.tempdir = str(temporary)
        for name, exact in (("call by call", True), ("at once", False)):
            began = time.monotonic()
            found = call_by_call(calls, options.minutes, work, temporary) if exact else at_once(calls, work, temporary)
            minutes = (time.monotonic() - began) / 60
            print(f"{name}: {calls * len(DISTRICTS)} renders in {minutes:.1f} min, looked at {len(found)} times")
            grown += [f"{name}: {what}" for what in compared(found, exact)]
        tempfile.tempdir = None
    print(f"grown: {'; '.join(grown)}" if grown else "all flat")
    return int(bool(grown))


if __name__ == "__main__":
    sys.exit(main())
