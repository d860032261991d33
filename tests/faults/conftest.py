"""Faults on purpose. A short form runs with all tests; MINESTATS_FAULTS=all runs the whole."""

from __future__ import annotations

import os
import subprocess
import tempfile

import pytest


def pytest_configure(config):
    """Make the marker known."""
    config.addinivalue_line("markers", "faults(name, seen, kept, full, mounts): a fault made on purpose")


def can_mount() -> bool:
    """Whether this process may mount a small file system."""
    if os.geteuid() != 0:
        return False
    with tempfile.TemporaryDirectory() as folder:
        words = ["mount", "-t", "tmpfs", "-o", "size=64k", "none", folder]
        try:
            done = subprocess.run(words, capture_output=True, check=False)
        except OSError:
            return False
        if done.returncode == 0:
            subprocess.run(["umount", folder], check=True)
        return done.returncode == 0


def pytest_collection_modifyitems(config, items):
    """Leave out what belongs to the whole form only, and what needs to mount where that is not allowed."""
    mine = {item: mark.kwargs for item in items if (mark := item.get_closest_marker("faults"))}
    out = [item for item, said in mine.items() if said.get("full") and os.environ.get("MINESTATS_FAULTS") != "all"]
    if any(said.get("mounts") for item, said in mine.items() if item not in out) and not can_mount():
        out += [item for item, said in mine.items() if said.get("mounts") and item not in out]
    if out:
        config.hook.pytest_deselected(items=out)
        items[:] = [item for item in items if item not in out]


@pytest.fixture
def seen(request) -> str:
    """What the table of faults says that a user sees."""
    return request.node.get_closest_marker("faults").kwargs["seen"]
