"""What all tests share: the repository's folders, and a small data package to break."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]


@pytest.fixture(scope="session")
def root() -> Path:
    """The top of the repository."""
    return ROOT


@pytest.fixture(scope="session")
def data():
    """The bundled data package."""
    from minestats.data import load

    return load()


@pytest.fixture
def package(tmp_path: Path) -> Path:
    """A copy of the bundled data package that a test may break."""
    folder = tmp_path / "package"
    shutil.copytree(ROOT / "data", folder)
    return folder
