"""Documentation that cannot rot: links lead somewhere, commands and options exist, quoted counts are those of the data."""

from __future__ import annotations

import ast
import importlib.util
import re
from pathlib import Path

import pytest
from click.testing import CliRunner

from minestats.cli import main

ROOT = Path(__file__).resolve().parents[1]
PAGES = sorted(
    [ROOT / "README.md", ROOT / "CONTRIBUTING.md", ROOT / "data" / "README.md", *(ROOT / "docs").glob("*.md")]
)


@pytest.mark.parametrize("page", PAGES, ids=lambda p: p.relative_to(ROOT).as_posix())
def test_links_lead_to_files(page):
    """Each relative link of a page names a file that is there, and a heading of it; each picture has a description."""
    for sign, words, target, anchor in re.findall(
        r"(!?)\[([^\]]*)\]\(([^)#\s]*)(?:#([^)]*))?\)", page.read_text(encoding="utf-8")
    ):
        if "://" not in target and not target.startswith("mailto:"):
            other = (page.parent / target) if target else page
            assert other.exists(), target
            assert not anchor or anchor in headings(other), (target, anchor)
        assert not sign or len(words) >= 40, words


def headings(page: Path) -> set[str]:
    """The names by which links reach the headings of a page."""
    found = re.findall(r"^#+ +(.*)$", page.read_text(encoding="utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", head.lower()).strip().replace(" ", "-") for head in found}


@pytest.mark.parametrize("page", PAGES, ids=lambda p: p.relative_to(ROOT).as_posix())
def test_files_that_pages_name_are_there(page):
    """A path of this repository in code letters is one of its files or folders."""
    tops = "benchmarks|data|deploy|docs|mappings|notebooks|src|tests"
    for name in re.findall(rf"`((?:{tops})/[^\s`*:]*)", page.read_text(encoding="utf-8")):
        assert (ROOT / name).exists(), name


def commands():
    """Every command of `minestats` with its options."""
    from minestats.cli import main

    return {
        name: {option for parameter in command.params for option in parameter.opts if option.startswith("-")}
        for name, command in main.commands.items()
    }


def code(page: Path) -> list[str]:
    """The lines of code of a page, and what stands in code letters within its sentences."""
    found, fenced = [], False
    for line in page.read_text(encoding="utf-8").splitlines():
        if line.startswith("```"):
            fenced = not fenced
        elif fenced or line.startswith("    "):
            found.append(line.strip())
        else:
            found += re.findall(r"`([^`]+)`", line)
    return found


@pytest.mark.parametrize("page", PAGES, ids=lambda p: p.relative_to(ROOT).as_posix())
def test_commands_and_options_exist(page):
    """Each `minestats COMMAND --option` that a page shows is one of the command line."""
    known = commands()
    for line in code(page):
        for command, rest in re.findall(r"(?:^|[/ ])minestats ([a-z]\w*)\b([^#|]*)", line):
            if line.startswith(("import ", "from ", ">>> import ", ">>> from ", "pip ")) and command not in known:
                continue
            assert command in known, line
            for option in re.findall(r"(?<![\w-])(--[a-z]+|-p)\b", rest):
                assert option in known[command] | {"--help", "--version"}, (command, option)


def test_readme_names_every_command():
    """README.md shows each command of the command line."""
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    assert [name for name in commands() if f"minestats {name}" not in text] == []


def test_pages_quote_the_counts_of_the_data(data):
    """The numbers of rows and the months without a statement that both READMEs quote are the tables' own: `make data`."""
    spec = importlib.util.spec_from_file_location("counts", ROOT / "docs" / "counts.py")
    counts = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(counts)
    for page, text in counts.pages(data).items():
        assert page.read_text(encoding="utf-8") == text, f"{page.name}: run `make data`"


def test_make_targets_of_the_pages_exist():
    """Each `make TARGET` that a page shows is one of the Makefile."""
    targets = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.M))
    for page in PAGES:
        shown = re.findall(r"(?:^|`)make ([a-z]+)\b", page.read_text(encoding="utf-8"), re.M)
        assert set(shown) <= targets, (page.name, set(shown) - targets)


def test_tests_that_pages_name_exist():
    """Each `tests/FILE.py::NAME` of a page is a test, or a class of tests, of that file."""
    named = [
        (page.name, *found)
        for page in PAGES
        for found in re.findall(r"\b(tests/[\w/]+\.py)::([\w:]+)", page.read_text(encoding="utf-8"))
    ]
    assert len({name for page, _, name in named if page == "CONTRIBUTING.md"}) >= 20
    for page, file, name in named:
        body = ast.parse((ROOT / file).read_text(encoding="utf-8")).body
        for part in name.split("::"):
            found = [node for node in body if getattr(node, "name", "") == part]
            assert found, (page, file, name)
            body = found[0].body


def test_pictures_are_made_from_the_data():
    """Each picture of the pages is one that docs/pictures.py draws, and it is a PNG of figure size."""
    script = (ROOT / "docs" / "pictures.py").read_text(encoding="utf-8")
    for picture in (ROOT / "docs" / "images").glob("*.png"):
        assert f'"{picture.stem}":' in script
        assert picture.read_bytes()[:8] == b"\x89PNG\r\n\x1a\n"


def test_names_of_the_library_exist():
    """Each `ms.name` that a page shows is a public name; each block of Python is Python."""
    import minestats as ms

    for page in PAGES:
        text = page.read_text(encoding="utf-8")
        for name in re.findall(r"\bms\.(\w+)", "\n".join(code(page))):
            assert hasattr(ms, name), (page.name, name)
        for block in re.findall(r"```python\n(.*?)```", text, re.DOTALL):
            if ">>>" not in block:
                compile(block, page.name, "exec")


def test_extras_that_pages_name_exist():
    """`pip install minestats[extra]` names an extra of pyproject.toml."""
    import tomllib

    extras = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["optional-dependencies"]
    named = {
        extra.strip()
        for page in PAGES
        for group in re.findall(r"minestats\[([\w, ]+)\]", page.read_text(encoding="utf-8"))
        for extra in group.split(",")
    }
    assert "pdf" in named
    assert named <= set(extras)


def rows(text: str, head: str) -> list[list[str]]:
    """The cells of the table of a page that begins with this head."""
    lines = text[text.index(f"| {head} |") :].split("\n\n")[0].splitlines()[2:]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]


def test_readme_lists_the_reports_and_their_parameters():
    """The tables of README.md hold the reports of `minestats list`, their parameters in order, and the defaults."""
    from minestats.files import bundle_dir
    from minestats.render.parameters import read_notebook
    from minestats.render.plan import find_reports

    text = (ROOT / "README.md").read_text(encoding="utf-8")
    books = {name: read_notebook(path) for name, path in find_reports([], bundle_dir("notebooks")).items()}
    assert {row[0].strip("`") for row in rows(text, "report")} == set(books)
    listed = [name.strip("` ") for row in rows(text, "parameter") for name in row[0].split(",")]
    stated = {name.strip("` "): row[2].strip("`") for row in rows(text, "parameter") for name in row[0].split(",")}
    for book in books.values():
        assert list(book.parameters) == [name for name in listed if name in book.parameters]
        assert {"data", "since", "until", "as_of"} <= set(book.parameters)
        for name, parameter in book.parameters.items():
            if parameter.default != "":
                assert stated[name] == str(parameter.default)


def test_completeness_is_what_the_pages_say(data):
    """About four of five officially counted deaths, under half of the officially counted injured: README.md, data/README.md."""
    from minestats.scope import scope

    here = scope(data)
    stated = here.totals.dropna(subset=["as_of", "killed", "injured"]).sort_values("as_of").iloc[-1]
    killed = here.incidents["killed"].sum() / stated["killed"]
    injured = here.incidents["injured"].sum() / stated["injured"]

    assert 0.75 <= killed <= 0.85
    assert 0.40 <= injured < 0.5
    for page in ("README.md", "data/README.md"):
        text = " ".join((ROOT / page).read_text(encoding="utf-8").split())
        assert "about four of five officially counted deaths and under half of the" in text


def test_figures_of_the_pages_are_computed(data):
    """The intervals of docs/reports.md and docs/methods.md, and the two totals that the latter sets apart."""
    import minestats as ms

    reports = (ROOT / "docs" / "reports.md").read_text(encoding="utf-8")
    methods = " ".join((ROOT / "docs" / "methods.md").read_text(encoding="utf-8").split())
    assert f"**{ms.rate(23, 1)}**" in reports
    assert f'"{ms.rate(12, 3.5)}"' in methods

    totals = data.victim_totals.sort_values("as_of")
    first = totals[totals["victims"] == 266].iloc[0]
    last = totals[totals["victims"] == 304].iloc[0]
    assert (f"{first['as_of']:%B}", f"{last['as_of']:%B}") == ("October", "June")
    days = (last["as_of"] - first["as_of"]).days
    assert "A ministry says 266 in October and 304 in June." in methods
    assert f"{last['victims'] - first['victims']} casualties in {days} days" in methods


@pytest.mark.slow
def test_a_copied_report_with_three_changes_renders(root, tmp_path):
    """The page on copying a report, step by step: each line that it changes is there, and the copy says what is new."""
    page = (root / "docs" / "copy_a_report.md").read_text(encoding="utf-8")
    edits = re.search(r"```diff\n(.*?)```", page, re.DOTALL).group(1).splitlines()
    script = (root / "notebooks" / "trend.py").read_text(encoding="utf-8")
    for old, new in zip(edits[::2], edits[1::2], strict=True):
        assert (old[0], new[0], script.count(old[1:] + "\n")) == ("-", "+", 1), old
        script = script.replace(old[1:] + "\n", new[1:] + "\n")
    (tmp_path / "mytrend.py").write_text(script, encoding="utf-8")
    command = re.search(r"    minestats (render .*)", page).group(1).split()
    command[1] = str(tmp_path / "mytrend.py")

    done = CliRunner().invoke(main, [*command, "--out", str(tmp_path / "reports")])

    assert done.exit_code == 0, done.output
    made = (tmp_path / "reports" / "mytrend" / "district-aghdam.html").read_text(encoding="utf-8")
    assert "<title>What happened in our district, Aghdam district" in made
    assert "The last five, with their device" in made
