"""The data as a product: described for other tools, cited, and added to by the steps that the page says."""

from __future__ import annotations

import doctest
import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest
import yaml

import minestats
from minestats.data import load


@pytest.fixture(scope="module")
def described(root):
    """What docs/dataset.py writes."""
    code = "import json, dataset; print(json.dumps(dataset.croissant()))"
    run = subprocess.run([sys.executable, "-c", code], cwd=root / "docs", capture_output=True, text=True, check=True)
    return json.loads(run.stdout)


def test_every_file_of_the_data_is_described_with_its_hash(root, described):
    """A tool that fetches the files can check them, and finds each column under its name."""
    import hashlib

    records = {records["@id"]: records for records in described["recordSet"]}
    assert len(described["distribution"]) == len(records) > 5
    for file in described["distribution"]:
        path = root / "data" / file["contentUrl"]
        assert hashlib.sha256(path.read_bytes()).hexdigest() == file["sha256"]
        fields = records[path.stem]["field"]
        header = pd.read_csv(path, nrows=0).columns.tolist()
        assert [field["source"]["extract"]["column"] for field in fields] == header
        assert {field["source"]["fileObject"]["@id"] for field in fields} == {file["@id"]}


def test_keys_and_references_lead_to_fields(described):
    """Each key is a field of its own table, each reference one of another."""
    fields = {field["@id"]: field for records in described["recordSet"] for field in records["field"]}
    for records in described["recordSet"]:
        assert records["key"]["@id"] in fields
        assert records["key"]["@id"].startswith(f"{records['name']}/")
    referred = [field["references"]["field"]["@id"] for field in fields.values() if "references" in field]
    assert "sources/source_id" in referred
    assert set(referred) <= set(fields)


def test_terms_beyond_schema_org_are_defined(described):
    """What is no word of schema.org stands in the context, else a reader would take it for one."""
    used = set()

    def walk(node):
        if isinstance(node, dict):
            used.update(key for key in node if not key.startswith("@"))
            for value in node.values():
                walk(value)
        elif isinstance(node, list):
            for value in node:
                walk(value)

    walk({key: value for key, value in described.items() if key != "@context"})
    schema_org = (
        "name alternateName description version license keywords creator publisher datePublished isBasedOn distribution "
        "contentUrl contentSize encodingFormat sha256"
    )
    assert used - set(described["@context"]) == set(schema_org.split())


def test_citation_has_what_the_format_demands(root):
    """CITATION.cff names title, authors, version, day and the licences of code and data."""
    cited = yaml.safe_load((root / "CITATION.cff").read_text(encoding="utf-8"))
    package = json.loads((root / "data" / "datapackage.json").read_text(encoding="utf-8"))
    assert {"cff-version", "message", "title", "authors"} <= set(cited)
    assert cited["version"] == minestats.__version__
    assert re.fullmatch(r"\d{4}-\d{2}-\d{2}", str(cited["date-released"]))
    assert {licence["name"] for licence in package["licenses"]} <= set(cited["license"])


@pytest.mark.slow
def test_a_bulletin_is_added_by_the_steps_of_the_page(root, tmp_path):
    """Each command of docs/add_a_bulletin.md says what the page says, and the figures of the text are in the table."""
    page = (root / "docs" / "add_a_bulletin.md").read_text(encoding="utf-8")
    shutil.copytree(root / "data", tmp_path / "data")
    before = load(tmp_path / "data").clearance
    (text,) = re.findall(r"```text\n(.*?)```", page, re.S)
    (tmp_path / "bulletin.txt").write_text(text, encoding="utf-8")
    commands = re.findall(
        r"^\$ (.*)\n((?:(?!\$ ).*\n)*)", "\n".join(re.findall(r"```console\n(.*?)```", page, re.S)), re.M
    )
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    given = {k: v for k, v in os.environ.items() if k != "MINESTATS_DATA"} | {"PATH": path}

    for command, expected in commands:
        run = subprocess.run(
            command, shell=True, cwd=tmp_path, env=given, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
        )
        wanted = expected.strip() and expected.strip() + "\n"
        same = doctest.OutputChecker().check_output(wanted, run.stdout, doctest.ELLIPSIS)
        assert same, f"$ {command}\n{run.stdout}"
        assert (run.returncode != 0) == expected.startswith("minestats:"), command

    assert len(commands) == 6
    (row,) = load(tmp_path / "data").clearance.iloc[len(before) :].to_dict("records")
    assert (row["anti_personnel"], row["anti_tank"], row["uxo"], row["area_ha"]) == (31, 12, 640, 1204.5)
    assert (str(row["period_start"])[:10], str(row["period_end"])[:10]) == ("2026-04-06", "2026-04-12")
    assert (tmp_path / "review.html").is_file()
    assert (tmp_path / "reports" / "demining_progress" / "default.html").is_file()
