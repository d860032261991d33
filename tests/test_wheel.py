"""The wheel carries all that a report needs: installed elsewhere and called in an empty folder, it renders."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import sysconfig
import tarfile
import tomllib
import zipfile
from pathlib import Path

import pytest
from packaging.specifiers import SpecifierSet
from packaging.version import Version


def build(source, out, *more):
    """Build as `make dist` builds, and return the folder of what was built."""
    command = [sys.executable, "-m", "hatchling", "build", "-d", str(out), *more]
    run = subprocess.run(command, cwd=source, capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stderr[-2000:]
    return out


@pytest.fixture(scope="module")
def built(root, tmp_path_factory):
    """The folder of wheel and sdist."""
    return build(root, tmp_path_factory.mktemp("dist"))


@pytest.fixture(scope="module")
def wheel(built):
    """The wheel."""
    (path,) = built.glob("*.whl")
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


def test_sdist_gives_the_same_wheel(built, wheel, tmp_path):
    """Whoever builds from the sdist gets the wheel that was published, byte for byte."""
    (sdist,) = built.glob("*.tar.gz")
    with tarfile.open(sdist) as archive:
        archive.extractall(tmp_path, filter="data")
    (source,) = tmp_path.iterdir()
    (again,) = build(source, tmp_path / "out", "-t", "wheel").iterdir()
    assert again.name == wheel.name
    assert again.read_bytes() == wheel.read_bytes()


def pythons(root):
    """The Pythons of this machine that minestats allows, by version: those of the path, and those kept beside this one."""
    settings = tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))
    allowed = SpecifierSet(settings["project"]["requires-python"])
    names = {
        re.sub(r".*:: ", "", line) for line in settings["project"]["classifiers"] if re.search(r":: 3\.\d+$", line)
    }
    found = {sys.executable, *filter(None, (shutil.which(f"python{name}") for name in names))}
    found |= {str(path) for path in Path(sys.base_prefix).parent.glob("*/bin/python3")}
    versions = {}
    for path in sorted(found):
        code = "import sys, venv, ensurepip; print(sys.version.split()[0])"
        run = subprocess.run([path, "-c", code], capture_output=True, text=True, check=False)
        if run.returncode == 0 and allowed.contains(run.stdout.strip(), prereleases=True):
            versions.setdefault(Version(run.stdout.strip()), path)
    return dict(sorted(versions.items()))


def environment(python, folder):
    """Make an empty environment of this Python, and return its Python."""
    subprocess.run([python, "-m", "venv", str(folder)], check=True, capture_output=True)
    return folder / "bin" / "python"


def install(python, *what):
    """Install with pip."""
    command = [str(python), "-m", "pip", "--disable-pip-version-check", "install", "--quiet", *map(str, what)]
    run = subprocess.run(command, capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stderr[-2000:]


def renders(python, empty):
    """Render one report in an empty folder, by the command that the wheel brings."""
    empty.mkdir()
    given = {k: v for k, v in os.environ.items() if k not in ("MINESTATS_DATA", "PYTHONPATH")}
    where = subprocess.run(
        [python, "-c", "import minestats; print(minestats.__file__)"],
        cwd=empty,
        env=given,
        capture_output=True,
        text=True,
    ).stdout
    assert where.startswith(str(python.parent.parent)), where
    run = subprocess.run(
        [python.parent / "minestats", "render", "casualty_rates"],
        cwd=empty, env=given, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert run.returncode == 0, run.stdout + run.stderr
    assert (empty / "reports" / "index.html").is_file()
    assert "304 casualties" in (empty / "reports" / "casualty_rates" / "default.html").read_text(encoding="utf-8")


@pytest.mark.slow
def test_renders_in_an_empty_folder(wheel, tmp_path):
    """In a new environment that shares only the packages, not the checkout, `minestats render` makes a report."""
    python = environment(sys.executable, tmp_path / "env")
    install(python, "--no-deps", wheel)
    own = Path(sysconfig.get_path("purelib", vars={"base": str(tmp_path / "env")}))
    packages = Path(pytest.__file__).parent.parent
    # a path alone: the .pth files in it, among them that of the checkout, are not read
    (own / "shared.pth").write_text(f"{packages}\n", encoding="utf-8")
    renders(python, tmp_path / "empty")


@pytest.mark.slow
@pytest.mark.skipif(
    os.environ.get("MINESTATS_PYTHONS") != "all", reason="installs every package anew: make dist runs it"
)
@pytest.mark.parametrize("end", ["oldest", "newest"])
def test_renders_with_packages_of_its_own(wheel, root, tmp_path, end):
    """As above with the oldest and the newest Python here, and nothing but what the wheel asks for, as locked."""
    here = pythons(root)
    if end == "newest" and len(here) == 1:
        pytest.skip(f"Python {next(iter(here))} is the only one here that fits: it is the oldest and the newest")
    python = environment(list(here.values())[0 if end == "oldest" else -1], tmp_path / "env")
    lock = (root / "requirements.lock").read_text(encoding="utf-8")
    pins = re.findall(r"^([\w.-]+)(?:\[[^\]]*\])?(==[^\\\n]*)", lock, re.M)
    (tmp_path / "pins.txt").write_text("".join(f"{name}{pin}\n" for name, pin in pins), encoding="utf-8")
    install(python, "--constraint", tmp_path / "pins.txt", wheel)
    renders(python, tmp_path / "empty")
