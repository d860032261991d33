"""Files written whole: one, or a set of which all take their places or none."""

from __future__ import annotations

import errno
import os
import subprocess
import sys

import pytest

from minestats.files import LOCK, OutputError, whole_set


@pytest.fixture
def folder(tmp_path):
    """A folder with two files, one of which the set replaces."""
    folder = tmp_path / "data"
    folder.mkdir()
    (folder / "a.csv").write_text("old a")
    (folder / "datapackage.json").write_text("old package")
    return folder


def put(folder, names, then=None):
    """Write a set of new files, and raise what is given at the end of the block."""
    with whole_set(folder) as stage:
        for name in names:
            (stage / name).write_text("new")
        if then is not None:
            raise then


def contents(folder):
    """Every file of a folder with its text, but for the lock that is held."""
    return {path.name: path.read_text() for path in folder.iterdir() if path.is_file() and path.name != LOCK}


def test_all_files_take_their_places_the_package_last(folder, monkeypatch):
    """New files and replaced ones stand there whole; `datapackage.json`, which holds the hashes, comes last."""
    placed = []
    replace = os.replace
    monkeypatch.setattr(os, "replace", lambda one, other: placed.append(os.path.basename(other)) or replace(one, other))
    with whole_set(folder) as stage:
        for name in ("datapackage.json", "a.csv", "z.csv"):
            (stage / name).write_text(f"new {name}")
        assert contents(folder).keys() >= {"a.csv", "datapackage.json"}
        assert (folder / "a.csv").read_text() == "old a"
    assert placed == ["a.csv", "z.csv", "datapackage.json"]
    assert contents(folder) == {name: f"new {name}" for name in placed}


def test_an_error_in_the_block_leaves_everything_as_it_was(folder):
    """What the block raises comes through, and no file of it, nor the folder that it wrote in, is left."""
    with pytest.raises(ValueError, match="no good"):
        put(folder, ["a.csv"], ValueError("no good"))
    assert contents(folder) == {"a.csv": "old a", "datapackage.json": "old package"}


@pytest.mark.parametrize("fails", ["a.csv", "b.csv", "datapackage.json"])
def test_a_full_disk_in_the_middle_is_undone(folder, monkeypatch, fails):
    """Where one file cannot be put in place, those before it are taken back, new ones too."""
    replace = os.replace

    def full(one, other):
        if os.path.basename(other) == fails and full.once:
            full.once = False
            raise OSError(errno.ENOSPC, "No space left on device")
        return replace(one, other)

    full.once = True
    monkeypatch.setattr(os, "replace", full)
    with pytest.raises(OutputError, match="No space left on device; what was there is as before"):
        put(folder, ["a.csv", "b.csv", "datapackage.json"])
    assert contents(folder) == {"a.csv": "old a", "datapackage.json": "old package"}


def test_a_folder_made_for_a_set_that_fails_is_gone(tmp_path):
    """A folder that did not exist before does not exist after a failure."""
    with pytest.raises(ValueError, match="no good"):
        put(tmp_path / "new", ["a.csv"], ValueError("no good"))
    assert not (tmp_path / "new").exists()


def test_another_run_waits(folder):
    """While one set is written, another is told that the folder is in use."""
    with whole_set(folder), pytest.raises(OutputError, match="in use by"), whole_set(folder, wait=0):
        pass


def test_what_a_killed_run_left_is_removed(folder):
    """A folder of a run that was killed is cleaned up by the next one."""
    (folder / ".minestats-old.tmp").mkdir()
    (folder / ".minestats-old.tmp" / "a.csv").write_text("half")
    with whole_set(folder) as stage:
        (stage / "b.csv").write_text("b")
    assert contents(folder) == {"a.csv": "old a", "b.csv": "b", "datapackage.json": "old package"}


def test_nothing_is_left_in_the_folder_and_every_run_has_its_turn(folder):
    """Runs that wait for each other take turns, though each takes its lock away; no file but theirs is left."""
    code = (
        "import sys; from pathlib import Path; from minestats.files import whole_set\n"
        "folder = Path(sys.argv[1])\n"
        "for i in range(20):\n"
        "    with whole_set(folder) as stage:\n"
        "        n = int((folder / 'n').read_text()) if (folder / 'n').exists() else 0\n"
        "        (stage / 'n').write_text(str(n + 1))\n"
    )
    runs = [subprocess.Popen([sys.executable, "-c", code, str(folder)]) for _ in range(3)]
    assert [run.wait(60) for run in runs] == [0, 0, 0]
    assert {path.name for path in folder.iterdir()} == {"a.csv", "datapackage.json", "n"}
    assert (folder / "n").read_text() == "60"
