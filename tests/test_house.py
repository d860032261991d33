"""The house: which room may import which, no circle, each name once, no module too large to read."""

from __future__ import annotations

import ast
import io
import shutil
import subprocess
import sys
import tokenize
from collections import Counter

import pytest

# the documented doors share the name of what they open, and `__init__` is every room's
DOORS = {"adapt", "extract", "words", "scope", "suppress", "exposure"}


@pytest.fixture(scope="module")
def package(root):
    """The source of the package."""
    return root / "src" / "minestats"


def contracts(root, source):
    """Run the import contracts of pyproject.toml over a source folder."""
    code = "import sys; sys.path.insert(0, sys.argv[1]); from importlinter.cli import lint_imports_command as f; f(sys.argv[2:])"
    command = [
        sys.executable,
        "-c",
        code,
        str(source),
        str(root / "pyproject.toml"),
        "--no-cache",
        "--no-logo",
    ]
    return subprocess.run(command, capture_output=True, text=True, cwd=source, check=False)


def test_the_contracts_hold(root):
    """Layers, what render may know, independence, statistics without figures, no circle."""
    done = contracts(root, root / "src")
    assert done.returncode == 0, done.stdout


@pytest.mark.parametrize(
    ("module", "line", "broken"),
    [
        ("data/schema.py", "from minestats.rates import rate", "Layers"),
        ("columns.py", "from minestats.data import load", "Layers"),
        ("registers/rows.py", "from minestats.articles import text", "Layers|do not know each other"),
        ("render/index.py", "from minestats.data import load", "render knows no statistics"),
        ("rates/limits.py", "import matplotlib", "draw nothing"),
        ("plot/style.py", "from minestats.trend import smooth", "plot computes no statistics"),
        ("rates/limits.py", "def late():\n    from minestats.rates import formulas", "No circle"),
    ],
)
def test_a_forbidden_import_fails(root, package, tmp_path, module, line, broken):
    """Each rule is really looked at: an import against it, also one within a function, is named."""
    shutil.copytree(package, tmp_path / "minestats", ignore=shutil.ignore_patterns("__pycache__"))
    file = tmp_path / "minestats" / module
    file.write_text(file.read_text(encoding="utf-8") + f"\n\n{line}\n", encoding="utf-8")
    done = contracts(root, tmp_path)
    assert done.returncode == 1, done.stdout
    assert any(rule in line and "BROKEN" in line for line in done.stdout.splitlines() for rule in broken.split("|"))


def test_the_top_is_small_and_has_no_private_module(package):
    """At most 16 modules stand beside the rooms, none of them private."""
    top = [path.stem for path in package.glob("*.py")]
    assert len(top) <= 16
    assert [name for name in top if name.startswith("_") and name != "__init__"] == []


def test_a_name_is_used_once(package):
    """No two modules and no two classes have one name: who reads it knows what is meant."""
    modules = Counter(p.stem for p in package.rglob("*.py") if p.name != "__init__.py" and p.parent != package)
    rooms = {path.name for path in package.iterdir() if path.is_dir()}
    classes = Counter(
        node.name
        for p in package.rglob("*.py")
        for node in ast.parse(p.read_text("utf-8")).body
        if isinstance(node, ast.ClassDef)
    )
    assert [name for name, n in [*modules.items(), *classes.items()] if n > 1] == []
    assert rooms & set(modules) == set()


def code_lines(text):
    """Lines that hold code: no blank line, comment or docstring."""
    documented = set()
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)) and ast.get_docstring(
            node
        ):
            documented |= set(range(node.body[0].lineno, node.body[0].end_lineno + 1))
    ignored = {tokenize.COMMENT, tokenize.NL, tokenize.NEWLINE, tokenize.INDENT, tokenize.DEDENT, tokenize.ENDMARKER}
    lines = set()
    for token in tokenize.generate_tokens(io.StringIO(text).readline):
        if token.type not in ignored:
            lines |= set(range(token.start[0], token.end[0] + 1))
    return len(lines - documented)


def test_no_module_is_too_large_to_read(package):
    """No module has more than 450 lines of code."""
    sizes = {str(path.relative_to(package)): code_lines(path.read_text("utf-8")) for path in package.rglob("*.py")}
    assert {name: size for name, size in sizes.items() if size > 450} == {}
