"""Documentation that cannot rot: links lead somewhere, commands and options exist, quoted counts are those of the data."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
PAGES = sorted([ROOT / "README.md", ROOT / "data" / "README.md", *(ROOT / "docs").glob("*.md")])


@pytest.mark.parametrize("page", PAGES, ids=lambda p: p.relative_to(ROOT).as_posix())
def test_links_lead_to_files(page):
    """Each relative link of a page names a file that is there."""
    for target in re.findall(r"\]\(([^)#\s]+)(?:#[^)]*)?\)", page.read_text(encoding="utf-8")):
        if "://" not in target and not target.startswith("mailto:"):
            assert (page.parent / target).exists(), target


def commands():
    """Every command of `minestats` with its options."""
    from minestats.cli import main

    return {
        name: {option for parameter in command.params for option in parameter.opts if option.startswith("-")}
        for name, command in main.commands.items()
    }


@pytest.mark.parametrize("page", PAGES, ids=lambda p: p.relative_to(ROOT).as_posix())
def test_commands_and_options_exist(page):
    """Each `minestats COMMAND --option` that a page shows is one of the command line."""
    known = commands()
    for line in page.read_text(encoding="utf-8").splitlines():
        for command, rest in re.findall(r"minestats (render|list|check|convert|new|extract|add)\b([^`#|]*)", line):
            for option in re.findall(r"(?<![\w-])(--[a-z]+|-p)\b", rest):
                assert option in known[command] | {"--help", "--version"}, (command, option)


def test_readme_names_every_command():
    """README.md shows each command of the command line."""
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    assert [name for name in commands() if f"minestats {name}" not in text] == []


def test_readme_counts_are_those_of_the_data(data):
    """The numbers of rows that README.md quotes are the tables' own."""
    text = " ".join((ROOT / "README.md").read_text(encoding="utf-8").split())
    tables = data.tables
    assert (
        f"{len(tables['clearance'])} statements of clearance, {len(tables['victim_totals'])} totals of casualties, "
        f"{len(tables['incidents'])} incidents told of by {len(tables['incident_reports'])} reports, "
        f"from {len(tables['sources']):,} published pages"
    ) in text


def test_make_targets_of_the_pages_exist():
    """Each `make TARGET` that a page shows is one of the Makefile."""
    targets = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.M))
    for page in PAGES:
        shown = re.findall(r"(?:^|`)make ([a-z]+)\b", page.read_text(encoding="utf-8"), re.M)
        assert set(shown) <= targets, (page.name, set(shown) - targets)


def test_pictures_are_made_from_the_data():
    """Each picture of the pages is one that docs/pictures.py draws, and it is a PNG of figure size."""
    script = (ROOT / "docs" / "pictures.py").read_text(encoding="utf-8")
    for picture in (ROOT / "docs" / "images").glob("*.png"):
        assert f'"{picture.stem}":' in script
        assert picture.read_bytes()[:8] == b"\x89PNG\r\n\x1a\n"
