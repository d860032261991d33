"""Incidents by the million as Parquet: what loading them and rendering the trend report takes, and how it grows.

The tables are made up at random (seed 1); they say nothing about mines. For each size the program prints seconds and
the peak of memory: of `load()` alone in a new process, of the same with the columns and days that one year needs, and
of `minestats render` of each report with all its processes (sum of PSS, sampled). Goal: every report of the largest size
within 4 GB.

Run: python benchmarks/large.py [rows ...]    (default: 100000 1000000 10000000)
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

GOAL = 4.0
SIZES = (100_000, 1_000_000, 10_000_000)
GROUP = 500_000
REPORTS = ("trend", "demining_progress", "casualty_rates", "sources")
START, DAYS = np.datetime64("2015-01-01"), 3650
LOAD = "import minestats as ms; ms.load({path!r}{more})"
ONE_YEAR = (
    ", tables=['incidents'], columns={'incidents': ['district', 'killed', 'injured']}"
    ", since='2020-01-01', until='2020-12-31'"
)


def made_up(folder: Path, rows: int) -> int:
    """Write a data package with that many made-up incidents, every column but the note in use; return their bytes."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    from minestats import load
    from minestats.data import refresh_package

    data = load()
    shutil.copytree(data.path, folder)
    for name in ("corrections.yml", "incident_reports.csv", "incidents.csv"):
        (folder / name).unlink()
    rng = np.random.default_rng(1)

    def words(choice: list[str], share: list[float] | None, size: int, gaps: float = 0.0) -> pa.Array:
        codes = rng.choice(len(choice), size, p=share).astype("int16")
        lost = rng.random(size) < gaps
        return pa.DictionaryArray.from_arrays(pa.array(codes, mask=lost), pa.array(choice)).cast(pa.string())

    def people(size: int, gaps: float) -> pa.Array:
        return pa.array(rng.poisson(0.4, size), pa.int64(), mask=rng.random(size) < gaps)

    side = data.settings["main_side"]
    other = next(word for word in data.incidents["side"].dropna().unique() if word != side)
    districts = data.districts["district"].tolist()
    settlements = [f"Made-up place {number}" for number in range(2000)]
    pages = data.sources["source_id"].tolist()
    path, writer = folder / "incidents.parquet", None
    for start in range(0, rows, GROUP):
        size = min(GROUP, rows - start)
        # written in the order of their dates, as registers are
        days = np.sort(rng.integers(start * DAYS // rows, (start + size) * DAYS // rows, size))
        parts = [people(size, 0.5) for _ in range(6)]
        killed = parts[0].fill_null(0).to_numpy() + parts[2].fill_null(0).to_numpy()
        injured = parts[1].fill_null(0).to_numpy() + parts[3].fill_null(0).to_numpy()
        lost = rng.random(size) < 0.05
        columns = {
            "incident_id": pa.array([f"made-up-{number:08d}" for number in range(start, start + size)]),
            "date": pa.array((START + days).astype("datetime64[D]"), mask=rng.random(size) < 0.001),
            "date_precision": words(["day", "month"], [0.99, 0.01], size),
            "date_basis": words(["stated", "inferred"], [0.9, 0.1], size),
            "district": words(districts, None, size, 0.05),
            "settlement": words(settlements, None, size, 0.1),
            "killed": pa.array(killed, pa.int64(), mask=lost),
            "injured": pa.array(injured, pa.int64(), mask=lost),
            "civilians_killed": parts[0],
            "civilians_injured": parts[1],
            "military_killed": parts[2],
            "military_injured": parts[3],
            "women": parts[4],
            "children": parts[5],
            "device": words(["anti_personnel", "anti_tank", "mine"], None, size, 0.2),
            "activity": words(data.incidents["activity"].dropna().unique().tolist(), None, size, 0.3),
            "side": words([side, other], [0.9, 0.1], size),
            "source_id": words(pages, None, size),
            "note": pa.nulls(size, pa.string()),
        }
        table = pa.table(columns)
        writer = writer or pq.ParquetWriter(path, table.schema)
        writer.write_table(table)
    writer.close()
    refresh_package(folder)
    return path.stat().st_size


def run(command: list[str]) -> tuple[float, float]:
    """Return the seconds of a command, and the peak of the memory of its processes in gigabytes."""
    import psutil

    began, peak = time.monotonic(), 0
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    mine = psutil.Process(process.pid)
    while process.poll() is None:
        total = 0
        try:
            for one in [mine, *mine.children(recursive=True)]:
                try:
                    total += one.memory_full_info().pss
                except psutil.Error:
                    continue
        except psutil.Error:
            break
        peak = max(peak, total)
        time.sleep(0.1)
    if process.wait():
        sys.exit(f"failed: {' '.join(command)}")
    return time.monotonic() - began, peak / 1024**3


def main(sizes: list[int]) -> int:
    """Print one line a size; return 1 where the largest does not render within the goal."""
    minestats = str(Path(sys.executable).parent / "minestats")
    print(f"{os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}; seconds and peak memory (GB)")
    print(
        f"{'rows':>12} {'file MB':>8} {'load':>16} {'a year of 4 columns':>20}" + "".join(f"{r:>20}" for r in REPORTS)
    )
    peak = 0.0
    for rows in sizes:
        with tempfile.TemporaryDirectory() as work:
            folder = Path(work) / "data"
            size = made_up(folder, rows)
            loads = [run([sys.executable, "-c", LOAD.format(path=str(folder), more=more)]) for more in ("", ONE_YEAR)]
            made = []
            for report in REPORTS:
                out = str(Path(work) / report)
                made.append(run([minestats, "render", report, "--data", str(folder), "--out", out, "--quiet"]))
        peak = max(gb for _, gb in made)
        cells = [f"{s:.1f} s {gb:.2f} GB" for s, gb in [*loads, *made]]
        rest = "".join(f"{cell:>20}" for cell in cells[1:])
        print(f"{rows:>12,} {size / 1024**2:>8.1f} {cells[0]:>16} {rest}", flush=True)
    print(f"goal: at most {GOAL:g} GB; reached: {peak:.2f} GB")
    return int(peak > GOAL)


if __name__ == "__main__":
    sys.exit(main([int(word) for word in sys.argv[1:]] or list(SIZES)))
