"""What every page, notebook and table is, as hashes: a change that promises to change nothing can show it.

    python tests/net.py STORE.json             render, convert, extract; store a hash of each file
    python tests/net.py --compare STORE.json   do it again; name what differs, was added, is gone (exit status 1 then)

`--keep DIR` keeps the files, so that those of two runs can be compared. It knows minestats by its command line only.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
ENVIRONMENT = {"PYTHONHASHSEED": "0", "JUPYTER_PLATFORM_DIRS": "1", "TZ": "UTC", "LC_ALL": "C.UTF-8"}
KINDS = ("*.html", "*.ipynb", "*.csv", "*.png", "*.txt", "datapackage.json")
DISTRICTS = ("Aghdam", "Lachin", "Fuzuli")
REGISTERS = {
    "colombia_cut": "colombia",
    "hxl_cut": "hxl_events",
    "imsma_victims": "imsma_victims",
    "monitor_yearly": "landmine_monitor_yearly",
}
PUBLISHED = "2024-06-10"
ARTICLES = {  # written for tests; no real people or events
    "blast": """Mine blast in Lachin: one killed, five injured

Five people were injured and one was killed by mines near the Newbridge village of Lachin district at about 1700 on June 8.

Three workers were hurt by an anti-personnel mine. Three soldiers who hurried to help hit a second mine: one died, two were wounded.
""",
    "two_blasts": "On June 3, a farmer was killed by a mine in the Fuzuli district. On June 6, two soldiers were injured when "
    "an anti-tank mine exploded in the Aghdam district.",
    "total": "Since the end of the 44-day Patriotic War, 402 citizens have become victims of mines, of whom 75 died, "
    "including four journalists, the Foreign Ministry said.",
    "split_total": "Between November 2020 and May 16, 2024, out of 350 people in total 170 civilians (50 killed, 120 injured) "
    "and 180 military personnel (15 killed, 165 injured) died or were hurt in mine explosions, ANAMA said.",
    "clearance": "In May, 400 anti-personnel and 210 anti-tank mines were found and over 5,200 hectares were cleared. The work "
    "was carried out by ANAMA and the Ministry of Defense. Since November 10, 2020, 140,000 hectares have been cleared.",
    "denial": "The ministry denied that several servicemen were injured in a mine explosion in Lachin.",
}


def minestats(out: Path, *arguments: str | Path, fails: int = 0) -> subprocess.CompletedProcess[str]:
    """Run the console script of this environment in a folder; another exit status than `fails` ends the run."""
    command = [Path(sys.executable).with_name("minestats"), *arguments]
    done = subprocess.run(command, cwd=out, env=os.environ | ENVIRONMENT, capture_output=True, text=True, check=False)
    if done.returncode != fails:
        print(f"net: exit status {done.returncode} of", *command, done.stdout + done.stderr, sep=" ", file=sys.stderr)
        raise SystemExit(2)
    return done


def render(out: Path) -> None:
    """Render every notebook for the country, and those that take a district for each of three; the index too."""
    books = {path.stem: path.read_text(encoding="utf-8") for path in sorted((ROOT / "notebooks").glob("*.ipynb"))}
    minestats(out, "render", *books, "--out", "render", "--jobs", "2")
    local = [name for name, text in books.items() if re.search(r'"district\b[^"]*=', text)]
    for district in DISTRICTS:
        minestats(out, "render", *local, "--out", "render", "--jobs", "2", "-p", f"district={district}")


def convert(out: Path) -> None:
    """Convert the sample registers, and keep what is said; a cut cannot meet the totals that a mapping expects."""
    samples, made = ROOT / "tests" / "samples", out / "convert"
    made.mkdir()
    for sample, name in REGISTERS.items():
        source, given, mapping = samples / f"{sample}.csv", ROOT / "mappings" / f"{name}.toml", made / f"{name}.toml"
        text, expects, _ = given.read_text(encoding="utf-8").partition("[[expect]]")
        mapping.write_text(text, encoding="utf-8")
        done = minestats(out, "convert", source, "--mapping", mapping, "--out", f"convert/{sample}")
        said = done.stdout + done.stderr
        if expects:
            said += minestats(out, "convert", source, "--mapping", given, "--out", "convert/none", fails=1).stderr
        (made / f"{sample}.txt").write_text(said, encoding="utf-8")


def extract(out: Path) -> None:
    """Extract candidates from short articles, and from those in `../shared/articles` where they are."""
    made = out / "extract"
    made.mkdir()
    for name, text in ARTICLES.items():
        (made / f"{name}.article").write_text(text, encoding="utf-8")
    own = [(made / f"{name}.article", ["--published", PUBLISHED]) for name in ARTICLES]
    others = [(path, []) for path in sorted((ROOT.parent / "shared" / "articles").glob("*.txt"))]
    for path, options in own + others:
        for kind in ("csv", "html"):
            found = minestats(out, "extract", path, "--format", kind, *options).stdout
            (made / f"{path.stem}.{kind}").write_text(found, encoding="utf-8")


def without_foot(page: bytes) -> bytes:
    """Return a page without its foot, which names versions and the commit.

    Examples
    --------
    >>> without_foot(b"<main>9</main><footer>1.0</footer></body>")
    b'<main>9</main></body>'
    """
    return re.sub(rb"<footer\b.*?</footer>", b"", page, flags=re.DOTALL)


def hashes(out: Path) -> dict[str, str]:
    """Return the SHA-256 of each page, notebook, table, picture and message below a folder, by its path."""
    found = {}
    for path in sorted(path for kind in KINDS for path in out.rglob(kind)):
        content = path.read_bytes()
        content = without_foot(content) if path.suffix == ".html" else content
        found[path.relative_to(out).as_posix()] = hashlib.sha256(content).hexdigest()
    return found


def main() -> int:
    """Store or compare; return the exit status."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("store", type=Path, metavar="STORE.json", help="file of hashes")
    parser.add_argument("--compare", action="store_true", help="compare with STORE.json instead of writing it")
    parser.add_argument("--keep", type=Path, metavar="DIR", help="new folder that keeps the files")
    given = parser.parse_args()
    if given.keep and given.keep.exists():
        parser.error(f"--keep {given.keep}: is there already; name a new folder")
    if given.compare and not given.store.is_file():
        parser.error(f"{given.store}: there is no such file; store one first, without --compare")
    before = json.loads(given.store.read_text(encoding="utf-8")) if given.compare else {}
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder) / "net"
        out.mkdir()
        for step in (render, convert, extract):
            step(out)
        now = hashes(out)
        if given.keep:
            shutil.move(out, given.keep)
    if not given.compare:
        given.store.write_text(json.dumps(now, indent=0, sort_keys=True) + "\n", encoding="utf-8")
        print(f"{len(now)} files stored")
        return 0
    changed = [name for name in sorted(before.keys() | now.keys()) if before.get(name) != now.get(name)]
    for name in changed:
        print("gone   " if name not in now else "added  " if name not in before else "differs", name)
    print(f"{len(now)} files, {len(changed)} differ, were added or are gone")
    return 1 if changed else 0


if __name__ == "__main__":
    raise SystemExit(main())
