"""What an installation of minestats brings along: every licence is permissive, or an exception with a reason."""

from __future__ import annotations

import re
import tomllib
from importlib.metadata import Distribution, distribution

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

PERMISSIVE = {
    "0BSD",
    "Apache-2.0",
    "BSD-2-Clause",
    "BSD-3-Clause",
    "CC0-1.0",
    "HPND",
    "ISC",
    "MIT",
    "MIT-0",
    "MIT-CMU",
    "PSF-2.0",
    "Python-2.0",
    "Unlicense",
    "Zlib",
}
# what distributions write where they give no SPDX expression
SPOKEN = {
    "2-clause bsd": "BSD-2-Clause",
    "apache 2.0": "Apache-2.0",
    "apache software license": "Apache-2.0",
    "bsd": "BSD-3-Clause",
    "bsd 3-clause": "BSD-3-Clause",
    "bsd license": "BSD-3-Clause",
    "cmu license (mit-cmu)": "MIT-CMU",
    "historical permission notice and disclaimer (hpnd)": "HPND",
    "isc license": "ISC",
    "isc license (iscl)": "ISC",
    "mit license": "MIT",
    "mozilla public license 2.0 (mpl 2.0)": "MPL-2.0",
    "psfl": "PSF-2.0",
    "python software foundation license": "PSF-2.0",
    "the unlicense (unlicense)": "Unlicense",
}


def runtime(name: str = "minestats") -> dict[str, Distribution]:
    """All distributions that `name` needs without extras, by canonical name."""
    found: dict[str, Distribution] = {}
    waiting = [(name, frozenset())]
    seen = set()
    while waiting:
        name, extras = waiting.pop()
        key = canonicalize_name(name)
        if (key, extras) in seen:
            continue
        seen.add((key, extras))
        found[key] = distribution(name)
        for line in found[key].requires or []:
            needed = Requirement(line)
            if needed.marker is None or any(needed.marker.evaluate({"extra": extra}) for extra in ("", *extras)):
                waiting.append((needed.name, frozenset(needed.extras)))
    return found


def licence(dist: Distribution) -> str:
    """The licence as SPDX where it can be told; else the words of the distribution, or nothing."""
    said = dist.metadata.get("License-Expression") or " AND ".join(_words(dist))
    # the order of those that all apply changes with the version and says nothing
    return said if "(" in said or " OR " in said else " AND ".join(sorted(said.split(" AND ")))


def _words(dist: Distribution) -> list[str]:
    """The licences that the classifiers name, or else the field does, as SPDX where it can be told."""
    marks = [line.split(" :: ")[2:] for line in dist.metadata.get_all("Classifier") or [] if "License ::" in line]
    words = [mark[0] for mark in marks if mark]
    if not words:
        text = (dist.metadata.get("License") or "").strip()
        # one line is a name, more are the text of the licence, which only a person can judge
        words = [text] if text and "\n" not in text else []
    return [SPOKEN.get(word.casefold(), word) for word in words]


def permissive(expression: str) -> bool:
    """Whether all that an SPDX expression demands is permissive; of alternatives one is enough."""
    if not expression:
        return False
    if re.search(r"[()]|\bWITH\b", expression):
        inner = re.fullmatch(r"\(([^()]*)\)", expression.strip())
        return bool(inner) and permissive(inner[1])
    parts = re.split(r"\s+OR\s+", expression)
    return any(all(one.strip() in PERMISSIVE for one in re.split(r"\s+AND\s+", part)) for part in parts)


@pytest.fixture(scope="module")
def exceptions(root) -> dict[str, dict[str, str]]:
    """The exceptions by name."""
    return tomllib.loads((root / "tests" / "licences.toml").read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def needed() -> dict[str, Distribution]:
    """The runtime dependencies, minestats itself left out."""
    return {name: dist for name, dist in runtime().items() if name != "minestats"}


def test_walk_reaches_the_depth(needed):
    """Direct dependencies and theirs are found; extras and tools of the tests are not."""
    assert {"pandas", "papermill", "python-dateutil", "rpds-py"} <= set(needed)
    assert not {"pytest", "hypothesis", "openpyxl", "jupyterlab", "distributed"} & set(needed)


def test_every_licence_is_permissive_or_excepted(needed, exceptions):
    """A dependency under another licence, or none that can be read, must be looked at by a person and listed."""
    wrong = {
        name: licence(dist) or "no licence that can be read"
        for name, dist in needed.items()
        if name not in exceptions and not permissive(licence(dist))
    }
    assert wrong == {}


def test_exceptions_are_needed_as_listed(needed, exceptions):
    """Each exception is a dependency, is no permissive one, has the licence that was judged, and says why."""
    for name, entry in exceptions.items():
        assert name in needed, name
        assert licence(needed[name]) == entry["licence"]
        assert not permissive(entry["licence"])
        assert len(entry["reason"].split()) > 5


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("MIT", True),
        ("MIT AND CC0-1.0", True),
        ("GPL-3.0-only OR MIT", True),
        ("MPL-2.0 AND MIT", False),
        ("GPL-3.0-only", False),
        ("MIT OR (GPL-3.0-only AND MIT)", False),
        ("Apache-2.0 WITH LLVM-exception", False),
        ("", False),
    ],
)
def test_expressions(expression, expected):
    """All of an AND, one of an OR; what is not understood is not permissive."""
    assert permissive(expression) is expected


def test_lock_has_hashes(root):
    """Every requirement of both locks is one version with at least one hash."""
    for name in ("requirements.lock", "requirements-lab.lock"):
        lines = (root / name).read_text(encoding="utf-8").replace("\\\n", " ").splitlines()
        entries = [line for line in lines if line.strip() and not line.lstrip().startswith("#")]
        assert len(entries) > 50
        assert [line for line in entries if "==" not in line or "--hash=sha256:" not in line] == []
