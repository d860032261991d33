"""How fast reports are made, against the ways there are without minestats.

    python benchmarks/render.py                   all goals, three rounds
    python benchmarks/render.py --rounds 1 batch  one part: small, cold, batch, starts, deaths, fidelity, scale

A batch is trend, demining_progress and casualty_rates for 14 districts: 42 reports on two cores, with HTML. The ways
are taken in turn, round by round, and their medians compared as ratios: seconds depend on the machine and on what
else it does, ratios much less. "loop" is `papermill` and `jupyter nbconvert --to html` for each report, measured on 6
of the 42 and scaled; "two processes" is `papermill.execute_notebook` in two processes, without HTML; "floor" is a
fork and an in-process shell for each report, and the export, which no faithful way can undercut.
"""

from __future__ import annotations

import argparse
import csv
import os
import platform
import shutil
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from concurrent.futures import ProcessPoolExecutor
from importlib.metadata import version
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
REPORTS = ("trend", "demining_progress", "casualty_rates")
BIN = Path(sys.executable).parent
LOOPED = 6


def notebooks(folder: Path) -> list[Path]:
    """The three notebooks as .ipynb without outputs, for the ways that need that; the sample where they are missing."""
    import jupytext
    import nbformat

    made = []
    for name in REPORTS:
        source = ROOT / "notebooks" / f"{name}.py"
        if not source.is_file():
            source = ROOT / "tests" / "notebooks" / "b_plain.py"
        target = folder / f"{name}.ipynb"
        nbformat.write(jupytext.read(source), target)
        made.append(target)
    return made


def districts() -> list[str]:
    with open(ROOT / "data" / "districts.csv", encoding="utf-8", newline="") as file:
        return [row["district"] for row in csv.DictReader(file)][:14]


def fixed() -> dict[str, str]:
    from minestats.render.kernel import kernel_env

    return kernel_env()


def quiet(command: list[str], **options) -> float:
    """Seconds of a command, which must go well."""
    began = time.monotonic()
    done = subprocess.run(command, capture_output=True, text=True, env=fixed(), check=False, **options)
    if done.returncode:
        sys.exit(f"{command}: {done.stdout}{done.stderr}")
    return time.monotonic() - began


def pairs(books: list[Path]) -> list[tuple[Path, str]]:
    return [(book, district) for district in districts() for book in books]


def loop(books: list[Path], work: Path) -> float:
    """Seconds for one report by the two commands, over the first six."""
    total = 0.0
    for book, district in pairs(books)[:LOOPED]:
        out = work / "loop.ipynb"
        total += quiet(
            [str(BIN / "papermill"), "--no-progress-bar", str(book), str(out), "-p", "district", district], cwd=work
        )
        total += quiet([str(BIN / "jupyter"), "nbconvert", "--to", "html", str(out)], cwd=work)
    return total / LOOPED


def _silent() -> None:
    """Kernels write warnings that belong to nobody."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), 2)


def _execute(task: tuple[str, str, str]) -> None:
    import papermill

    book, district, out = task
    papermill.execute_notebook(book, out, {"district": district}, progress_bar=False)


def two_processes(books: list[Path], work: Path) -> float:
    began = time.monotonic()
    with ProcessPoolExecutor(2, initializer=_silent) as pool:
        todo = [(str(b), d, str(work / f"two-{n}.ipynb")) for n, (b, d) in enumerate(pairs(books))]
        list(pool.map(_execute, todo))
    return (time.monotonic() - began) / len(todo)


FLOOR = """
import json, os, sys, time
books, districts, out = json.loads(sys.argv[1]), json.loads(sys.argv[2]), sys.argv[3]
os.environ["MPLBACKEND"] = "module://matplotlib_inline.backend_inline"
from minestats.render import server
server.import_all(f"{server.SHELL_MODULES} {server.KERNEL_MODULES}")
import minestats, pkgutil
server.import_all(" ".join(f"minestats.{m.name}" for m in pkgutil.iter_modules(minestats.__path__)))
from minestats.render import html, provenance
import nbformat
minestats.load()
html.template("report")
def report(book, district, name):
    from IPython.core.interactiveshell import InteractiveShell
    from IPython.utils.capture import capture_output
    shell = InteractiveShell.instance()
    import matplotlib_inline.backend_inline
    nb = nbformat.read(book, 4)
    for cell in nb.cells:
        if cell.cell_type != "code":
            continue
        source = cell.source
        with capture_output() as held:
            done = shell.run_cell(source, store_history=True)
            if "parameters" in cell.metadata.get("tags", []):
                shell.run_cell(f"district = {district!r}")
        if not done.success:
            sys.exit(f"{book}: {done.error_in_exec or done.error_before_exec}")
        cell.outputs = [nbformat.v4.new_output("stream", name="stdout", text=held.stdout)] if held.stdout else []
        for output in held.outputs:
            data = {k: (__import__("base64").b64encode(v).decode() if isinstance(v, bytes) else v) for k, v in output.data.items()}
            cell.outputs.append(nbformat.v4.new_output("display_data", data=nbformat.from_dict(data), metadata=nbformat.from_dict(output.metadata or {})))
    nb = provenance.normalise(nb)
    page = html.export_html(nb, title=name, footer={})
    open(f"{out}/{name}.html", "w").write(page)
    open(f"{out}/{name}.ipynb", "wb").write(provenance.notebook_bytes(nb))
import gc
gc.freeze()
todo = [(b, d, f"floor-{n}-{m}") for m, d in enumerate(districts) for n, b in enumerate(books)]
going, failed = set(), 0
while todo or going:
    while todo and len(going) < 2:
        one = todo.pop(0)
        pid = os.fork()
        if pid == 0:
            try:
                report(*one)
                os._exit(0)
            except BaseException as error:
                print(error, file=sys.__stderr__)
                os._exit(1)
        going.add(pid)
    pid, status = os.wait()
    going.discard(pid)
    failed += status != 0
sys.exit(failed)
"""


def floor(books: list[Path], work: Path) -> float:
    import json

    command = [sys.executable, "-c", FLOOR, json.dumps([str(b) for b in books]), json.dumps(districts()), str(work)]
    return quiet(command, cwd=work) / len(pairs(books))


class Memory(threading.Thread):
    """Watches the sum of the memory of a process and all below it, shared pages divided among those that share."""

    def __init__(self, pid: int, *, alone: bool = False):
        super().__init__(daemon=True)
        self.pid, self.alone, self.peak, self.done = pid, alone, 0, False

    def run(self) -> None:
        import psutil

        while not self.done:
            total = 0
            try:
                mine = psutil.Process(self.pid)
                for one in [mine] if self.alone else [mine, *mine.children(recursive=True)]:
                    try:
                        total += one.memory_full_info().pss
                    except psutil.Error:
                        continue
            except psutil.Error:
                break
            self.peak = max(self.peak, total)
            time.sleep(0.2)


def plan(work: Path, names: list[str]) -> Path:
    path = work / "plan.toml"
    listed = ", ".join(f'"{name}"' for name in names)
    entries = [f'[[report]]\nnotebook = "{r}"\nparameters = {{ district = [{listed}] }}\n' for r in REPORTS]
    path.write_text("\n".join(entries), encoding="utf-8")
    return path


def ours(work: Path, *, out: Path, names: list[str] | None = None) -> tuple[float, int]:
    """Seconds for one report, and the peak of memory in bytes."""
    names = names or districts()
    command = [str(BIN / "minestats"), "render", "--plan", str(plan(work, names)), "--out", str(out), "--jobs", "2"]
    began = time.monotonic()
    process = subprocess.Popen([*command, "--quiet"], env=fixed())
    memory = Memory(process.pid)
    memory.start()
    if process.wait():
        sys.exit("minestats render failed")
    seconds = time.monotonic() - began
    memory.done = True
    memory.join()
    return seconds / (len(names) * len(REPORTS)), memory.peak


def line(words: str, value: str, goal: str = "") -> None:
    print(f"{words:<58} {value:>14}   {goal}", flush=True)


def batch(books: list[Path], work: Path, rounds: int) -> None:
    seen: dict[str, list[float]] = {"loop": [], "two": [], "floor": [], "ours": []}
    peaks = []
    for number in range(rounds):
        seen["loop"].append(loop(books, work))
        seconds, peak = ours(work, out=work / f"out-{number}")
        seen["ours"].append(seconds)
        peaks.append(peak)
        seen["two"].append(two_processes(books, work))
        seen["floor"].append(floor(books, work))
    median = {name: statistics.median(values) for name, values in seen.items()}
    for name, words in (("loop", "loop of two commands (6 of 42)"), ("two", "two processes, without HTML")):
        line(words, f"{median[name]:.2f} s/report")
    line("floor: fork, shell in the process, export", f"{median['floor']:.2f} s/report")
    line("minestats render, two workers", f"{median['ours']:.2f} s/report")
    line("  times faster than the loop", f"{median['loop'] / median['ours']:.1f}", "goal 15, aim 20")
    line("  the floor: times faster than the loop", f"{median['loop'] / median['floor']:.1f}")
    line("  against two processes", f"{100 * median['ours'] / median['two']:.0f} %", "goal at most 60 %")
    line("  against the floor", f"{median['ours'] / median['floor']:.2f}", "goal at most 1.3")
    line("  peak memory, shared pages divided", f"{statistics.median(peaks) / 2**20:.0f} MB", "goal at most 700 MB")
    ours(work, out=work / "out-0")  # files of the package may have changed since
    began = time.monotonic()
    ours(work, out=work / "out-0")
    line("42 reports, nothing changed", f"{time.monotonic() - began:.2f} s", "goal under 1 s")


def cold(books: list[Path], work: Path, rounds: int) -> None:
    one, commands = [], []
    for number in range(rounds):
        command = [str(BIN / "minestats"), "render", "trend", "--out", str(work / f"cold-{number}"), "--quiet"]
        one.append(quiet(command))
        out = work / "cold.ipynb"
        seconds = quiet([str(BIN / "papermill"), "--no-progress-bar", str(books[0]), str(out)], cwd=work)
        commands.append(seconds + quiet([str(BIN / "jupyter"), "nbconvert", "--to", "html", str(out)], cwd=work))
    first, second = statistics.median(one), statistics.median(commands)
    line("one cold report, minestats render trend", f"{first:.2f} s")
    line("the two commands", f"{second:.2f} s")
    line("  times faster", f"{second / first:.1f}", "goal 2.5")


def following(work: Path, rounds: int) -> None:
    """From the save of a notebook to its page in `minestats preview`, against the time that the report itself takes."""
    import json
    import signal
    from urllib.request import urlopen

    folder = work / "preview"
    folder.mkdir()
    book = folder / "trend.py"
    shutil.copy(ROOT / "notebooks" / "trend.py", book)
    command = [str(BIN / "minestats"), "preview", "./trend.py", "--no-open"]
    process = subprocess.Popen(command, cwd=folder, env=fixed(), stdout=subprocess.PIPE, text=True)
    address = process.stdout.readline().split()[1]

    def ended(number: int) -> dict:
        while True:
            with urlopen(f"{address}state?{number}", timeout=120) as answer:
                now = json.load(answer)
            if now["number"] != number and now["state"] != "rendering":
                return now
            number = now["number"]

    number, after, alone = ended(0)["number"], [], []
    for turn in range(3 * rounds):
        began = time.monotonic()
        book.write_text(f"{(ROOT / 'notebooks' / 'trend.py').read_text()}\n# %%\nprint({turn})\n")
        now = ended(number)
        after.append(time.monotonic() - began)
        alone.append(float(now["text"].split()[0]))
        number = now["number"]
    process.send_signal(signal.SIGINT)
    process.wait(30)
    first, second = statistics.median(after), statistics.median(alone)
    line("preview, from save to page", f"{first:.2f} s")
    line("  against the warm report alone", f"{first / second:.2f}", "goal at most 1.5")


def small(work: Path, rounds: int) -> None:
    base, help_, wrong = [], [], []
    for _ in range(3 * rounds):
        base.append(quiet([sys.executable, "-c", "pass"]))
        help_.append(quiet([str(BIN / "minestats"), "--help"]))
        began = time.monotonic()
        done = subprocess.run(
            [str(BIN / "minestats"), "render", "trend", "-p", "distrct=Aghdam"],
            capture_output=True,
            check=False,
            cwd=work,
        )
        wrong.append(time.monotonic() - began)
        if done.returncode != 2:
            sys.exit("a wrong parameter was not refused")
    line(
        "minestats --help over python -c pass",
        f"{statistics.median(help_) - statistics.median(base):.2f} s",
        "at most 0.25 s",
    )
    line("a wrong parameter, exit 2", f"{statistics.median(wrong):.2f} s", "under 1.5 s")


START = """
import sys; sys.path.insert(0, sys.argv[1])
import rendering
lost = 0
for n in range(int(sys.argv[2])):
    told = rendering.run(f"print({n})")
    lost += told.used != "fork" or rendering.texts(told) != [f"{n}\\n"]
sys.exit(lost)
"""


def starts(number: int = 300, processes: int = 12) -> None:
    from minestats.render import kernel as forking
    from minestats.render.kernel import ForkServer, kernel_env

    with ForkServer(env=kernel_env()) as server:
        server.announce()
        began = time.monotonic()
        env = {**fixed(), "MINESTATS_FORK_SERVER": server.address}
        command = [sys.executable, "-c", START, str(ROOT / "tests"), str(number // processes)]
        many = [subprocess.Popen(command, env=env) for _ in range(processes)]
        lost = sum(one.wait() for one in many)
        seconds = time.monotonic() - began
    left = [
        path
        for path in forking._base().glob(f"{forking.PREFIX}*")
        if path != forking.own_folder() and path in forking.sweep()
    ]
    line(f"{number} kernels started by {processes} processes, lost", f"{lost}", "goal 0")
    line("  seconds, folders left", f"{seconds:.0f} s, {len(left)}", "goal none left")


def deaths(work: Path, number: int = 50) -> None:
    """Kill the whole group of a run at random moments; what can be seen is whole, and the next run repairs."""
    import hashlib
    import json
    import random
    import signal

    moments = random.Random(1)
    folder, out = work / "deaths", work / "deaths" / "out"
    folder.mkdir()
    shutil.copy(ROOT / "tests" / "notebooks" / "b_plain.py", folder / "plain.py")
    command = [
        str(BIN / "minestats"),
        "render",
        "plain.py",
        "--by",
        "district",
        "--out",
        str(out),
        "--jobs",
        "2",
        "--quiet",
    ]
    torn = survived = 0
    for _ in range(number):
        process = subprocess.Popen([*command, "--force"], cwd=folder, env=fixed(), start_new_session=True)
        time.sleep(moments.uniform(0.1, 6.0))
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        for record in out.glob("*/*.json"):
            made = json.loads(record.read_bytes())
            for output in made["outputs"]:
                content = (record.parent / output["path"]).read_bytes()
                whole = content.rstrip().endswith((b"</html>", b"}")) or content.startswith(b"\x89PNG")
                torn += not whole and hashlib.sha256(content).hexdigest() != output["sha256"]
    time.sleep(5)
    import psutil

    for one in psutil.process_iter(["cmdline", "cwd"]):
        survived += one.info["cwd"] == str(folder) or str(out) in " ".join(one.info["cmdline"] or [])
    quiet(command, cwd=folder)
    again = subprocess.run(
        [part for part in command if part != "--quiet"],
        cwd=folder,
        env=fixed(),
        capture_output=True,
        text=True,
        check=False,
    )
    line(f"{number} runs killed at random moments, torn files", f"{torn}", "goal 0")
    line("  processes that survived, temporary files left", f"{survived}, {len(list(out.rglob('*.tmp')))}", "goal 0, 0")
    line("  the run after them", again.stdout.splitlines()[-1].partition(" in ")[0], "goal all unchanged")


def scale(work: Path, few: int = 42, many: int = 1000) -> None:
    """Cost of a report in a small and in a large run of the small sample notebook; `level` makes its reports differ."""
    folder = work / "scale"
    folder.mkdir()
    shutil.copy(ROOT / "tests" / "notebooks" / "b_plain.py", folder / "plain.py")
    cost, peaks = {}, {}
    for number in (few, many):
        levels = ", ".join(f"{0.5 + 0.4 * n / number:.5f}" for n in range(number))
        (folder / "plan.toml").write_text(f'[[report]]\nnotebook = "plain.py"\nparameters = {{ level = [{levels}] }}\n')
        out = folder / f"out-{number}"
        began = time.monotonic()
        command = [str(BIN / "minestats"), "render", "--plan", "plan.toml", "--out", str(out), "--jobs", "2", "--quiet"]
        process = subprocess.Popen(command, cwd=folder, env=fixed())
        memory = Memory(process.pid, alone=True)
        memory.start()
        if process.wait():
            sys.exit("minestats render failed")
        memory.done = True
        memory.join()
        cost[number], peaks[number] = time.monotonic() - began, memory.peak
    start = 2.0  # seconds until the first report, the same for both
    each = {number: (seconds - start) / (number) for number, seconds in cost.items()}
    for number, seconds in each.items():
        line(f"{number} small reports, after {start:.0f} s of start", f"{seconds:.3f} s/report")
    line("  many against few", f"{100 * each[many] / each[few]:.0f} %", "goal 90 to 110 %")
    line("  more memory of the command itself", f"{(peaks[many] - peaks[few]) / 2**20:.0f} MB", "goal at most 50 MB")


def fidelity(work: Path) -> None:
    """Outputs of all notebooks against those of stock papermill, cell by cell."""
    import json

    import jupytext
    import nbformat

    sys.path.insert(0, str(ROOT / "tests"))
    from rendering import without_chance

    for source in sorted((ROOT / "notebooks").glob("*.py")):
        book = work / f"{source.stem}.ipynb"
        nbformat.write(jupytext.read(source), book)
        read = []
        for engine in ([], ["--engine", "minestats-fork"]):
            out = work / "fidelity.ipynb"
            quiet([str(BIN / "papermill"), "--no-progress-bar", *engine, str(book), str(out)], cwd=work)
            cells = json.loads(without_chance(out.read_text()))["cells"]
            read.append([(cell["source"], cell.get("execution_count"), cell.get("outputs")) for cell in cells])
        different = sum(one != other for one, other in zip(*read, strict=True))
        line(f"{source.stem}: cells, different from stock papermill", f"{len(read[0])}, {different}", "goal 0")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument(
        "parts", nargs="*", help="batch, cold, small, preview, starts; and when asked for: deaths, fidelity, scale"
    )
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    parts = options.parts or ["small", "cold", "preview", "batch", "starts"]
    names = ("minestats", "papermill", "nbconvert", "ipykernel", "pandas", "matplotlib")
    print(f"Python {platform.python_version()}, " + ", ".join(f"{name} {version(name)}" for name in names))
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    print(f"{cores} cores, load {os.getloadavg()[0]:.1f} before, {options.rounds} rounds, medians\n")
    work = Path(tempfile.mkdtemp(prefix="render-bench-"))
    try:
        books = notebooks(work)
        if "small" in parts:
            small(work, options.rounds)
        if "cold" in parts:
            cold(books, work, options.rounds)
        if "preview" in parts:
            following(work, options.rounds)
        if "batch" in parts:
            batch(books, work, options.rounds)
        if "starts" in parts:
            starts()
        if "deaths" in parts:
            deaths(work)
        if "fidelity" in parts:
            fidelity(work)
        if "scale" in parts:
            scale(work)
    finally:
        shutil.rmtree(work, ignore_errors=True)
    print(f"\nload {os.getloadavg()[0]:.1f} after")


if __name__ == "__main__":
    main()
