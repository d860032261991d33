"""The wheel carries all that a report needs: installed elsewhere and called in an empty folder, it renders."""

from __future__ import annotations

import os
import subprocess
import sys
import zipfile

import pytest


@pytest.fixture(scope="module")
def wheel(root, tmp_path_factory):
    """The wheel, built as `make dist` builds it."""
    out = tmp_path_factory.mktemp("dist")
    command = [
        sys.executable,
        "-m",
        "pip",
        "wheel",
        "--quiet",
        "--no-deps",
        "--no-build-isolation",
        "-w",
        str(out),
        str(root),
    ]
    run = subprocess.run(command, capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stderr[-2000:]
    (path,) = out.glob("*.whl")
    return path


def test_holds_data_notebooks_mappings_and_templates(wheel, root):
    """Every file of data/, notebooks/ and mappings/, the templates and the word lists are in it, and no test."""
    names = set(zipfile.ZipFile(wheel).namelist())
    for folder in ("data", "notebooks", "mappings"):
        for path in (root / folder).iterdir():
            if path.is_file() and not path.name.startswith("."):
                assert f"minestats/bundle/{folder}/{path.name}" in names
    for path in (root / "src" / "minestats").rglob("*"):
        if path.is_file() and path.suffix in (".toml", ".css", ".js", ".j2", ".json"):
            assert f"minestats/{path.relative_to(root / 'src' / 'minestats').as_posix()}" in names
    assert not [name for name in names if "/tests/" in name or name.startswith("tests/")]


@pytest.mark.slow
def test_renders_in_an_empty_folder(wheel, tmp_path):
    """Installed without the checkout, `minestats render` makes a report from the data and notebooks in the wheel."""
    installed, empty = tmp_path / "installed", tmp_path / "empty"
    command = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--target", str(installed), str(wheel)]
    subprocess.run(command, check=True, capture_output=True)
    empty.mkdir()
    environment = {k: v for k, v in os.environ.items() if k != "MINESTATS_DATA"} | {"PYTHONPATH": str(installed)}
    code = "import minestats, sys; print(minestats.__file__); from minestats.cli import main; sys.argv[0] = 'minestats'; main()"
    run = subprocess.run(
        [sys.executable, "-c", code, "render", "casualty_rates"],
        cwd=empty, env=environment, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert run.returncode == 0, run.stdout + run.stderr
    assert str(installed) in run.stdout.splitlines()[0]
    assert (empty / "reports" / "index.html").is_file()
    assert "304 casualties" in (empty / "reports" / "casualty_rates" / "default.html").read_text(encoding="utf-8")
