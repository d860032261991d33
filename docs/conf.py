"""The documentation site: `make docs` builds it from the repository as it is, without network, no warning allowed.

The source folder is the repository's, so that links between README, docs, data and notebooks lead where they lead on
disk. What can be made from the code (functions, tables, the command line, figures) is made here, into `docs/made`.
"""

from __future__ import annotations

import importlib
import inspect
import json
import sys
import tomllib
from pathlib import Path

import minestats
from minestats.data.schema import TABLES
from minestats.registers.findings import messages

HERE = Path(__file__).resolve().parent
MADE = HERE / "made"
sys.path.insert(0, str(HERE))

project = "minestats"
author = "The minestats maintainers"
copyright = "the minestats maintainers; code MIT, data CC BY 4.0"
version = release = minestats.__version__

extensions = ["myst_nb", "numpydoc", "sphinx.ext.autodoc", "sphinx.ext.autosummary", "sphinx_click"]
root_doc = "docs/index"
include_patterns = ["README.md", "CHANGELOG.md", "CONTRIBUTING.md", "data/*.md", "docs/**", "notebooks/*.ipynb"]
exclude_patterns = ["docs/pictures.py", "docs/gallery/**"]
source_suffix = {".rst": "restructuredtext", ".md": "myst-nb", ".ipynb": "myst-nb"}  # the first is that of made pages

nb_execution_mode = "off"  # the twins are executed, and nbval holds them to it
nb_mime_priority_overrides = [("html", "text/html", 10), ("html", "text/markdown", 20), ("html", "text/plain", 30)]
myst_enable_extensions = ["colon_fence", "deflist"]
myst_heading_anchors = 4
numpydoc_show_class_members = False
autosummary_generate = True
autodoc_typehints = "none"  # numpydoc's sections say the types in words
suppress_warnings = ["mystnb.unknown_mime_type", "misc.highlighting_failure"]  # csv and cron have no colours

html_theme = "pydata_sphinx_theme"
html_title = "minestats"
html_theme_options = {"show_toc_level": 2, "navigation_with_keys": False, "use_edit_page_button": False}
html_show_sourcelink = False
html_static_path = ["site.css"]
html_css_files = ["site.css"]

ROOMS = {
    "data": "The data of one country",
    "incidents": "Incidents",
    "totals": "Official running totals",
    "clearance": "Clearance",
    "rates": "Rates, shares, people at risk",
    "trend": "Change over time",
    "plot": "Figures",
    "report": "Reports",
    "registers": "Foreign registers",
    "articles": "News articles",
    "estimate": "Estimates",
    "errors": "Errors",
}


def functions() -> str:
    """The page of all public names, room by room."""
    text = "# Functions\n\nPublic names, by what they are about. `ms.NAME` where `import minestats as ms`.\n"
    homes: dict[str, list[str]] = {room: [] for room in ROOMS}
    for name in minestats.__all__:
        thing = getattr(minestats, name)
        if not inspect.ismodule(thing):
            homes[thing.__module__.split(".")[1]].append(f"minestats.{name}")
    homes["plot"] += [f"minestats.plot.{name}" for name in importlib.import_module("minestats.plot").__all__]
    for room, title in ROOMS.items():
        names = "\n".join(f"   ~{name}" for name in homes[room])
        if names:
            text += f"\n## {title}\n\n```{{eval-rst}}\n.. autosummary::\n   :toctree: api\n\n{names}\n```\n"
    return text


def tables() -> str:
    """The page of the tables, each with its columns, from the schema that the checks use."""
    text = (
        "# Tables\n\nOne CSV or Parquet file each; `datapackage.json` beside them says the same for other programs.\n"
    )
    for name, table in TABLES.items():
        text += f"\n## {name}\n\n{table.description[:1].upper() + table.description[1:].rstrip('.')}.\n\n"
        text += "| column | what it holds | kind | unit | words or limits |\n|---|---|---|---|---|\n"
        for column in table.columns:
            limits = ", ".join(f"`{word}`" for word in column.words) or ("0 or more" if column.low == 0 else "")
            kind = column.kind + (", required" if column.required else "")
            title = column.title.rstrip(".")
            said = column.description if column.description.startswith(title) else f"{title}. {column.description}"
            said = said.replace("|", "/").replace("\n", " ")
            text += f"| `{column.name}` | {said} | {kind} | {column.unit or ''} | {limits} |\n"
    return text


def refusals() -> str:
    """The page of all messages with a code: what is said, why, and what a mapping may accept."""
    text = (
        "# Messages\n\nWhat `convert`, `check` and `render` say ends in a code in brackets. Here each code is "
        "explained, with an example as it is printed. An error stops the work; a warning and a repair do not.\n"
    )
    for command, codes in tomllib.loads((HERE / "messages.toml").read_text(encoding="utf-8")).items():
        text += f"\n## minestats {command}\n"
        for code, entry in codes.items():
            said = messages().get(code, {}) if command == "convert" else {}
            notes = [said["severity"].capitalize() + "."] if "severity" in said else []
            if "accept" in said and "{" not in said["accept"]:
                notes.append(f"A mapping may accept it: `[[accept]] rule = '{said['accept']}'`.")
            text += f"\n### {code}\n\n{' '.join([entry['why'], *notes])}\n\n```text\n{entry['example']}\n```\n"
    return text


def gallery() -> str:
    """The page of figures, each drawn by the code that stands beside it."""
    import matplotlib.pyplot as plt

    from minestats import plot

    text = "# Gallery\n\nEach figure is drawn by the lines beside it, from the data that come with minestats.\n"
    for file in sorted((HERE / "gallery").glob("*.py")):
        code = file.read_text(encoding="utf-8")
        title, _, rest = code.removeprefix("# ").partition("\n")
        scope: dict[str, object] = {}
        exec(compile(code, file.name, "exec"), scope)  # noqa: S102  the page shows what was run
        picture, alt = plot.png(scope["ax"]), plot.alt_text(scope["ax"])
        (MADE / f"{file.stem}.png").write_bytes(picture)
        plt.close("all")
        text += f"\n## {title}\n\n```python\n{rest.strip()}\n```\n\n```{{image}} {file.stem}.png\n:alt: {alt}\n```\n"
    return text


def make() -> None:
    """Write the pages that come from the code."""
    MADE.mkdir(exist_ok=True)
    for name, content in {
        "functions": functions(),
        "tables": tables(),
        "messages": refusals(),
        "gallery": gallery(),
    }.items():
        file = MADE / f"{name}.md"
        if not file.exists() or file.read_text(encoding="utf-8") != content:
            file.write_text(content, encoding="utf-8")


def setup(app) -> None:
    """Let the page of the data carry their description, which search engines for data read."""
    from dataset import croissant

    described = json.dumps(croissant(), ensure_ascii=False).replace("</", "<\\/")

    def describe(app, pagename, templatename, context, doctree) -> None:
        if pagename == "data/README":
            context["metatags"] += f'<script type="application/ld+json">{described}</script>'

    app.connect("html-page-context", describe)


make()
