"""The project's own settings agree with each other, and its door is the one that the design names."""

from __future__ import annotations

import inspect
import re
import subprocess
import sys
import tomllib

import pytest

import minestats


@pytest.fixture(scope="module")
def project(root):
    """The table [project] of pyproject.toml."""
    return tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))["project"]


CONDA_NAMES = {"lazy_loader": "lazy-loader", "matplotlib-base": "matplotlib", "jupyter_client": "jupyter-client"}


def test_environment_has_the_packages_and_bounds_of_pyproject(root, project):
    """environment.yml lists the same packages with the same bounds, under conda-forge's names."""
    import yaml

    environment = yaml.safe_load((root / "environment.yml").read_text(encoding="utf-8"))
    found = set()
    by_pip = [name for entry in environment["dependencies"] if isinstance(entry, dict) for name in entry["pip"]]
    for entry in [*(e for e in environment["dependencies"] if isinstance(e, str)), *by_pip]:
        name, bounds = re.match(r"([\w.-]+)(.*)", entry).groups()
        found.add((CONDA_NAMES.get(name, name), bounds))
    wanted = set()
    extras = project["optional-dependencies"]
    groups = [
        extras[name] for name in ("excel", "parquet", "geo", "calendars", "extract", "dask", "docs", "lab", "test")
    ]
    for requirement in [*project["dependencies"], *(r for group in groups for r in group)]:
        name, bounds = re.match(r"([\w.-]+)(?:\[[^\]]*\])?(.*)", requirement).groups()
        if name != "minestats":
            wanted.add((name, bounds))
    assert found - {("python", project["requires-python"]), ("pip", "")} == wanted
    assert ("python", project["requires-python"]) in found
    assert environment["channels"] == ["conda-forge"]


LOCKS = {"": 150, "-lab": 200, "-oldest": 150, "-tools": 30}


@pytest.mark.parametrize("name", LOCKS)
def test_lock_pins_everything_with_hashes_and_names_no_index(root, name):
    """Each requirement has one version and a hash; no address of an index stands in the lock."""
    text = (root / f"requirements{name}.lock").read_text(encoding="utf-8")
    blocks = re.split(r"\n(?=\S)", text.strip())
    assert len(blocks) > LOCKS[name]
    for block in blocks:
        assert re.match(r"[\w.-]+(?:\[[\w,-]+\])?==[^\s;]+", block), block[:80]
        assert "--hash=sha256:" in block, block[:80]
    assert "://" not in text
    assert "--index-url" not in text


def test_lock_has_the_dependencies(root, project):
    """Every direct dependency and those of the tests stand in the lock."""
    pinned = {
        m.group(1) for m in re.finditer(r"^([\w.-]+)(?:\[[\w,-]+\])?==", (root / "requirements.lock").read_text(), re.M)
    }
    for requirement in [*project["dependencies"], *project["optional-dependencies"]["test"]]:
        name = re.match(r"[\w.-]+", requirement).group()
        assert name == "minestats" or name in pinned, name


def test_oldest_lock_has_the_lower_bounds(root, project):
    """What `make oldest` tests are the oldest versions that pyproject.toml allows."""
    from packaging.requirements import Requirement
    from packaging.version import Version

    lines = (root / "requirements-oldest.lock").read_text(encoding="utf-8")
    pinned = set(re.findall(r"^([\w.-]+)(?:\[[\w,-]+\])?==([^\s;]+)", lines, re.M))
    extras = project["optional-dependencies"]
    tested = [
        line
        for name in ("test", "calendars", "dask", "docs", "excel", "extract", "geo", "parquet")
        for line in extras[name]
    ]
    for requirement in map(Requirement, [*project["dependencies"], *tested]):
        if requirement.name != "minestats":
            (lowest,) = [bound.version for bound in requirement.specifier if bound.operator == ">="]
            assert Version(lowest) in {Version(v) for name, v in pinned if name == requirement.name}, requirement


def test_no_quantifier_that_old_pythons_get_wrong(root):
    """Python's re before 3.11.5 matches too much with `(...)++`, `(...)*+` and `(...)?+`; `(?>(...)+)` is right."""
    patterns = re.compile(r"\)(?:[*+?]|\{[0-9,]+\})\+[^+ ]")
    for file in [*(root / "src").rglob("*.py"), *(root / "src").rglob("*.toml"), *(root / "mappings").rglob("*")]:
        if file.is_file():
            assert not patterns.search(file.read_text(encoding="utf-8")), file


def test_version_is_said_once(root, project):
    """The package says its version; the build reads it there, and CITATION.cff and CHANGELOG.md tell of the same."""
    import yaml

    assert "version" in project["dynamic"]
    settings = tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["hatch"]["version"]
    assert settings == {"path": "src/minestats/__init__.py"}
    version = minestats.__version__
    assert yaml.safe_load((root / "CITATION.cff").read_text(encoding="utf-8"))["version"] == version
    assert re.search(rf"^## {re.escape(version)}\b", (root / "CHANGELOG.md").read_text(encoding="utf-8"), re.M)


def test_all_extras_are_those_of_a_user(project):
    """`pip install minestats[all]` brings every extra but those for building the site and running the tests."""
    extras = project["optional-dependencies"]
    ((named,),) = [re.findall(r"^minestats\[(.*)\]$", line) for line in extras["all"]]
    assert set(named.split(",")) == set(extras) - {"all", "docs", "test"}


def test_import_is_light():
    """`import minestats` loads no matplotlib, statsmodels, scipy, papermill or pandera."""
    code = "import sys, minestats; print([m for m in ('matplotlib','statsmodels','scipy','papermill','nbformat','pandera') if m in sys.modules])"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout.strip() == "[]"


@pytest.mark.parametrize("name", [n for n in minestats.__all__ if n != "plot"])
def test_public_name_is_documented_with_an_example(name):
    """Each public name has a docstring with an example that runs as a doctest."""
    thing = getattr(minestats, name)
    assert inspect.getdoc(thing), name
    assert ">>>" in inspect.getdoc(thing), name


def test_extract_can_be_called_in_any_order_of_import():
    """`ms.extract` is called alike whether or not its module was imported before."""
    for first in ("import minestats as ms", "import minestats.extract, minestats as ms"):
        code = f"{first}; print(len(ms.extract('')))"
        run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
        assert run.stdout.strip() == "0"


PUBLIC = {
    # the names that scripts of users depend on, module by module
    "data": ["load", "Dataset"],
    "adapt": ["convert", "read_hxl"],
    "extract": ["extract"],
    "incidents": ["incidence", "casualty_sizes", "completeness", "conflicts"],
    "totals": ["check_totals", "resolve_totals", "interval_rates", "total_at", "to_months", "trend_from_totals"],
    "clearance": [
        "ledger",
        "overlaps",
        "clearance_conflicts",
        "monthly_clearance",
        "area_per_mine",
        "completion_forecast",
    ],
    "rates": ["rate", "casualty_rate", "rate_ratio", "proportion", "case_fatality", "standardized_rate", "rate_table"],
    "trend": ["annual_change", "dispersion_test", "mann_kendall", "sen_slope", "change_point", "smooth"],
    "plot": ["incidence", "clearance", "cumulative", "rates", "trend", "forecast", "sources", "map"],
}


@pytest.mark.parametrize(("module", "name"), [(m, n) for m, names in PUBLIC.items() for n in names])
def test_public_functions_are_there_and_keyword_only(module, name):
    """Each function of the contract exists; the data is positional, the rest by name; no **kwargs."""
    from importlib import import_module

    thing = getattr(import_module(f"minestats.{module}"), name)
    if inspect.isclass(thing):
        return
    parameters = inspect.signature(thing).parameters.values()
    assert not [p for p in parameters if p.kind is p.VAR_KEYWORD]
    optional_positional = [p.name for p in parameters if p.kind is p.POSITIONAL_OR_KEYWORD and p.default is not p.empty]
    assert set(optional_positional) <= {"path", "t", "exposure"}


def workflows(root):
    """Each workflow by its name: its text, and what YAML makes of it."""
    import yaml

    texts = {path.stem: path.read_text(encoding="utf-8") for path in (root / ".github" / "workflows").glob("*.y*ml")}
    return {name: (text, yaml.safe_load(text)) for name, text in texts.items()}


def test_actions_are_pinned_by_hash(root):
    """What others can move is not run: each action is a commit, with its version beside it, the same everywhere."""
    pins = {}
    for name, (text, parsed) in workflows(root).items():
        lines = re.findall(r"^.*\buses:.*$", text, re.M)
        assert len(lines) == sum("uses" in step for job in parsed["jobs"].values() for step in job["steps"])
        for line in lines:
            pin = re.fullmatch(r"\s*- uses: ([\w-]+/[\w/-]+)@([0-9a-f]{40}) # (v\d+\.\d+\.\d+)", line)
            assert pin, (name, line)
            pins.setdefault(pin[1], set()).add(pin.group(2, 3))
    assert {action: found for action, found in pins.items() if len(found) > 1} == {}


# what a job may write, where it does nothing but hand on what another job has made
WRITERS = {
    ("release", "publish"): {"id-token": "write", "attestations": "write"},
    ("pages", "deploy"): {"id-token": "write", "pages": "write"},
}


def test_workflows_may_read_only_and_call_make(root):
    """What a workflow runs is a target of the Makefile and may write nothing; a job that writes runs no code of this folder."""
    makefile = (root / "Makefile").read_text(encoding="utf-8")
    writers = {}
    for name, (_, parsed) in workflows(root).items():
        assert parsed["permissions"] == {"contents": "read"}, name
        for title, job in parsed["jobs"].items():
            assert job["timeout-minutes"] <= 30, name
            used = {step["uses"].partition("@")[0] for step in job["steps"] if "uses" in step}
            if "permissions" in job:
                writers[name, title] = job["permissions"]
                assert "actions/checkout" not in used, (name, title)
                assert not [step for step in job["steps"] if "run" in step], (name, title)
            cells = job.get("strategy", {}).get("matrix", {}).get("include", [{}])
            for command in (step["run"] for step in job["steps"] if "run" in step):
                for cell in cells:
                    target = re.fullmatch(
                        r"make ([a-z]+)", command.replace("${{ matrix.target }}", cell.get("target", ""))
                    )
                    assert target, (name, command)
                    assert re.search(rf"^{target[1]}:", makefile, re.M), (name, command)
    assert writers == WRITERS


def test_a_release_is_built_tried_attested_and_published(root):
    """The files that are published are those that were built and tried; where they came from is attested, with their list of parts."""
    parsed = workflows(root)["release"][1]
    assert parsed[True] == {"push": {"tags": ["v*"]}}  # YAML reads the key `on` as true
    build, publish = (parsed["jobs"][name] for name in ("build", "publish"))
    assert [step["run"] for step in build["steps"] if "run" in step] == ["make dist", "make sbom"]
    sent = {step["with"]["name"] for step in build["steps"] if "actions/upload-artifact" in step.get("uses", "")}
    steps = {step["uses"].partition("@")[0]: step.get("with", {}) for step in publish["steps"]}
    assert publish["needs"] == "build"
    assert sent == {"dist", "sbom"}
    assert steps["actions/attest-build-provenance"]["subject-path"].split() == ["dist/*", "sbom/*"]
    assert list(steps)[-1] == "pypa/gh-action-pypi-publish"
    assert "password" not in steps["pypa/gh-action-pypi-publish"]


def test_classifiers_say_what_is_tested(root, project):
    """Pythons and operating systems of the classifiers are those on which the tests run, and py.typed is there."""
    jobs = workflows(root)["tests"][1]["jobs"]
    systems = {"ubuntu-latest": "POSIX :: Linux", "macos-latest": "MacOS"}
    tested = {
        f"Programming Language :: Python :: {version}" for version in jobs["test"]["strategy"]["matrix"]["python"]
    }
    tested |= {f"Operating System :: {systems[job['runs-on']]}" for job in jobs.values()}
    claims = r"Operating System|Programming Language :: Python :: 3\."

    assert {name for name in project["classifiers"] if re.match(claims, name)} == tested
    assert ("Typing :: Typed" in project["classifiers"]) == (root / "src" / "minestats" / "py.typed").exists()


def test_hooks_run_what_make_runs(root):
    """Each hook before a commit is a tool of .venv, git or make, which needs no network."""
    import yaml

    settings = yaml.safe_load((root / ".pre-commit-config.yaml").read_text(encoding="utf-8"))
    hooks = [hook for repository in settings["repos"] for hook in repository["hooks"]]
    assert {repository["repo"] for repository in settings["repos"]} == {"local"}
    assert [hook["id"] for hook in hooks if not re.match(r"(\.venv/bin/\w+|git|make) ", hook["entry"])] == []


def test_no_machine_path_and_no_note_to_self(root):
    """No tracked text names a path of a machine or leaves a note to do something later."""
    files = subprocess.run(["git", "ls-files"], cwd=root, capture_output=True, text=True, check=False).stdout.split(
        "\n"
    )
    bad = re.compile(r"(?:^|[\s\"'(=])/(?:home|root|Users)/(?!someone|x\b)\w|\b(?:TODO|FIXME|XXX)\b")
    for name in files:
        path = root / name
        if (
            path.suffix in (".py", ".md", ".toml", ".yml", ".ipynb", ".css", ".j2", ".cfg")
            and path.is_file()
            and name != "tests/test_project.py"
        ):
            found = bad.search(path.read_text(encoding="utf-8"))
            assert not found, (name, found.group())
