"""What all tests share: the repository's folders, and a small data package to break."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
# notebooks for the tests to render, no modules to import
collect_ignore_glob = ["notebooks/*"]


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


BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome", "microsoft-edge")
HAS_BROWSER = any(map(shutil.which, BROWSERS))


def pytest_collection_modifyitems(config, items):
    """Leave the tests out that look at pages in a browser where there is none."""
    if not HAS_BROWSER:
        left_out = [item for item in items if item.get_closest_marker("browser")]
        config.hook.pytest_deselected(items=left_out)
        items[:] = [item for item in items if not item.get_closest_marker("browser")]


def pytest_report_header():
    """Say whether pages are looked at in a browser."""
    return None if HAS_BROWSER else "no Chromium, Chrome or Edge found: the browser tests are left out"
