"""What convert, check and render refuse has a code that is printed with it, and the reference explains each."""

from __future__ import annotations

import ast
import re
import shutil
import tomllib

import pytest
from click.testing import CliRunner

from minestats.cli import main
from minestats.registers.findings import messages

CODE = re.compile(r" \[([a-z]+(?:-[a-z0-9]+)*)\]$")


@pytest.fixture(scope="module")
def explained(root):
    """What the reference says of each code, by command."""
    return tomllib.loads((root / "docs" / "messages.toml").read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def trees(root):
    """The parsed modules that refuse."""
    rooms = ("data", "registers", "render", "report")
    files = [path for room in rooms for path in (root / "src" / "minestats" / room).glob("*.py")]
    return {path: ast.parse(path.read_text(encoding="utf-8")) for path in files}


def called(tree, *names):
    """The calls of these names in a module."""
    return [node for node in ast.walk(tree) if isinstance(node, ast.Call) and getattr(node.func, "id", None) in names]


def words(node):
    """The last piece of a text, of an f-string too."""
    if isinstance(node, ast.JoinedStr):
        return words(node.values[-1])
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else ""


def test_every_code_is_explained_with_an_example(explained):
    """One code means one thing; its example ends with it, as it is printed."""
    codes = [code for entries in explained.values() for code in entries]
    assert len(codes) == len(set(codes))
    for entries in explained.values():
        for code, entry in entries.items():
            assert CODE.search(entry["example"])[1] == code
            assert len(entry["why"].split()) > 4, code
            assert entry["why"].endswith("."), code


def test_every_code_that_is_said_is_explained_and_no_other(explained, trees):
    """Codes stand in the table of a conversion, at the end of a refusal, or beside a rule."""
    codes = {code for entries in explained.values() for code in entries}
    said = set(messages())
    quoted = set()
    for path, tree in trees.items():
        docs = {ast.get_docstring(node, clean=False) for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)}
        texts = {words(node) for node in ast.walk(tree) if isinstance(node, ast.Constant | ast.JoinedStr)} - docs
        # a mapping's parts are written in brackets too
        refused = {words(arg) for call in called(tree, "ParameterError", "DataError") for arg in call.args}
        spoken = refused if path.parent.name == "registers" else texts
        said |= {found[1] for text in spoken if (found := CODE.search(text))}
        said |= {words(k.value) for call in called(tree, "Problem", "_whole") for k in call.keywords if k.arg == "code"}
        quoted |= texts
    assert said - codes - {""} == set()
    assert codes - said - quoted == set()


def test_no_problem_of_the_data_is_without_a_code(trees):
    """Each rule of `check` passes its code: by name, or as the last of what is passed."""
    calls = [
        (path.name, call)
        for path, tree in trees.items()
        if path.parent.name == "data"
        for call in called(tree, "Problem")
    ]
    without = [
        (name, call.lineno)
        for name, call in calls
        if not any(keyword.arg == "code" for keyword in call.keywords) and len(call.args) < 5
    ]
    assert len(calls) > 10
    assert without == []


def test_no_refusal_of_render_is_without_a_code(trees):
    """What `render` raises with words of its own ends with a code; what only joins other refusals has theirs."""
    without = []
    for path, tree in trees.items():
        if path.parent.name == "render":
            for call in called(tree, "ParameterError"):
                if isinstance(call.args[0], ast.Constant | ast.JoinedStr) and not CODE.search(words(call.args[0])):
                    last = call.args[0].values[-1] if isinstance(call.args[0], ast.JoinedStr) else None
                    # "{report}: {error}" hands on a refusal with its code
                    if not (isinstance(last, ast.FormattedValue) and getattr(last.value, "id", "") == "error"):
                        without.append((path.name, call.lineno))
    assert without == []


def test_examples_of_a_conversion_are_what_is_said(explained):
    """The example of each code is made of the words of the table; where these change, it must follow."""
    wrong = []
    for code, entry in messages().items():
        pattern = re.sub(r"\\\{[^{}]*\\\}", ".*", re.escape(entry["said"].replace("{{", "<").replace("}}", ">")))
        example = explained["convert"][code]["example"].replace("{", "<").replace("}", ">")
        if not re.search(pattern, example):
            wrong.append(code)
    assert wrong == []


def test_check_prints_the_code(root, tmp_path):
    """In the text, and in a column of the CSV."""
    shutil.copytree(root / "data", tmp_path / "data")
    file = tmp_path / "data" / "incidents.csv"
    rows = file.read_text(encoding="utf-8").splitlines()
    file.write_text("\n".join([*rows, rows[-1], "a,b"]) + "\n", encoding="utf-8")

    text = CliRunner().invoke(main, ["check", str(tmp_path / "data")])
    table = CliRunner().invoke(main, ["check", str(tmp_path / "data"), "--format", "csv"])

    assert text.exit_code == 1
    assert re.search(r"2 cells where the header has \d+; .* \[row-cells\]$", text.output, re.M)
    assert re.search(r" \[file-hash\]$", text.output, re.M)
    assert table.output.splitlines()[0].endswith(",code")
    assert ",row-cells\n" in table.output


def test_convert_prints_the_code(tmp_path):
    """Of the fault of a mapping, and of that of a cell."""
    (tmp_path / "r.csv").write_text("day,killed\n2022-02-30,x\n", encoding="utf-8")
    mapping = (
        'row = "incident"\n[register]\nid = "r"\npublisher = "p"\n[date]\ncolumn = "day"\n[fields]\nkilled = "killed"\n'
    )
    said = []
    for text in (mapping.replace("fields", "feilds"), 'table = "incidents"\n' + mapping):
        (tmp_path / "m.toml").write_text(text, encoding="utf-8")
        arguments = [str(tmp_path / "r.csv"), "--mapping", str(tmp_path / "m.toml"), "--out", str(tmp_path / "out")]
        said.append(CliRunner().invoke(main, ["convert", *arguments]).output)

    assert "did you mean 'fields'? [mapping-word]" in said[0]
    assert "[no-number]" in said[1]
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (["trnd"], "report-unknown"),
        (["nowhere.py"], "not-there"),
        (["trend", "-p", "level"], "parameter-form"),
        (["trend", "-p", "levl=1"], "parameter-unknown"),
        (["trend", "-p", "level=high"], "parameter-kind"),
        (["trend", "-p", "level=2"], "parameter-range"),
        (["trend", "-p", "district=nowhere"], "parameter-choice"),
        (["trend", "-p", "level=0.9", "-p", "level=0.8"], "twice"),
        (["trend", "--by", "level"], "by"),
        (["trend", "--data", "nowhere"], "data-missing"),
        (["trend", "--inputs", "*.nothing"], "inputs-nothing"),
        (["--plan", "nowhere.toml"], "plan-missing"),
        (["trend", "--prune"], "prune"),
    ],
)
def test_render_prints_the_code(tmp_path, monkeypatch, arguments, code):
    """Each refusal of a call ends with its code, and nothing is written."""
    monkeypatch.chdir(tmp_path)
    run = CliRunner().invoke(main, ["render", *arguments])
    assert run.exit_code == 2
    assert run.output.rstrip().endswith(f"[{code}]"), run.output
    assert list(tmp_path.iterdir()) == []
