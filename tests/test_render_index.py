"""The gallery of reports: every record becomes a row, what needs attention stands first, nothing in it runs."""

from __future__ import annotations

import base64
import hashlib
import json
import os
import re
from pathlib import Path

import pytest
from test_render_html import HOSTILE, Elements, png

from minestats.files import OutputError
from minestats.render.index import entries, index_html, write_index
from minestats.render.key import SCHEMA

OLD, NEW = "0" * 64, "1" * 64


def put(out: Path, report: str, slug: str, *, failed: bool = False, data: str = NEW, picture: bool = False, **more):
    """Files of one report as a run leaves them; all made up."""
    folder = out / report
    folder.mkdir(parents=True, exist_ok=True)
    values = more.pop("parameters", {})
    record = {
        "schema": SCHEMA,
        "state": "failed" if failed else "ok",
        "report": report,
        "slug": slug,
        "title": report,
        "parameters": {name: {"value": value, "type": "str", "default": "all"} for name, value in values.items()},
        "as_of": "2022-10-06",
        "key_parts": {"data": data},
        "error": {"kind": "cell", "cell": 7, "ename": "KeyError", "evalue": "'hectares'"} if failed else None,
        **more,
    }
    stem = slug + (".failed" if failed else "")
    (folder / f"{stem}.html").write_text("page")
    (folder / f"{stem}.ipynb").write_text("{}")
    if picture:
        (folder / f"{slug}.png").write_bytes(base64.b64decode(png(240, 120)))
    (folder / f"{stem}.json").write_text(json.dumps(record))


@pytest.fixture
def out(tmp_path):
    """One report in each state."""
    put(tmp_path, "trend", "default", picture=True)
    put(tmp_path, "trend", "district-lachin", data=OLD, parameters={"district": "Lachin"})
    put(tmp_path, "rates", "default")
    put(tmp_path, "rates", "default", failed=True)
    put(tmp_path, "zones", "default", failed=True)
    return tmp_path


def test_states_are_told_in_words_and_attention_first(out):
    """Failed, stale, then the others by report and name."""
    rows = entries(out, NEW)

    assert [(row["report"], row["slug"], row["state"]) for row in rows] == [
        ("zones", "default", "failed"),
        ("rates", "default", "stale"),
        ("trend", "default", "up to date"),
        ("trend", "district-lachin", "older data"),
    ]
    assert rows[0]["reason"] == "cell 7: KeyError: 'hectares'"


@pytest.mark.parametrize("given", [None, "", NEW[:12], NEW])
def test_the_hash_of_the_data_tells_older_data(out, given):
    """Without one, or with its first digits, nothing is called older without reason."""
    states = {row["slug"]: row["state"] for row in entries(out, given) if row["report"] == "trend"}

    assert states["default"] == "up to date"
    assert states["district-lachin"] == ("older data" if given else "up to date")


def test_a_stale_report_links_to_both(out):
    """The last good page stays the page; the last attempt can be looked at."""
    stale = entries(out)[1]

    assert stale["page"] == "rates/default.html"
    assert [address for _, address in stale["links"]] == [
        "rates/default.html",
        "rates/default.ipynb",
        "rates/default.json",
        "rates/default.failed.html",
        "rates/default.failed.json",
    ]


def test_all_links_are_relative_and_lead_to_files(out):
    """The folder can be copied anywhere and opened from a disk."""
    found = Elements(index_html(out))
    addresses = [a["href"] for a in found.named("a")] + [i["src"] for i in found.named("img")]

    assert len(addresses) > 10
    for address in addresses:
        assert address == "#main" or (out / address).is_file()


def test_pictures_are_lazy_small_files_with_a_size(out):
    """A thousand of them do not slow the page."""
    assert Elements(index_html(out)).named("img") == [
        {"src": "trend/default.png", "alt": "", "width": "240", "height": "120", "loading": "lazy"}
    ]


def test_the_page_keeps_the_rules_of_all_pages(out):
    """Doctype, language, one h1, main, viewport, a skip link, no gap between headings."""
    text = index_html(out)
    found = Elements(text)

    assert text.startswith("<!doctype html>\n")
    assert found.wrong == []
    assert found.named("html") == [{"lang": "en"}]
    assert len(found.named("h1")) == len(found.named("main")) == 1
    assert not found.named("h3", "h4")
    assert found.named("a")[0]["href"] == "#main"
    assert all(len(found.named(tag)) for tag in ("title", "ul", "label"))
    assert "4 reports: 1 failed, 1 stale, 2 up to date." in found.words()


def test_the_one_script_is_the_one_allowed(out):
    """Its hash stands in the policy; nothing else may run and nothing is loaded."""
    text = index_html(out)
    scripts = re.findall(r"<script>(.*?)</script>", text, re.DOTALL)
    digest = base64.b64encode(hashlib.sha256(scripts[0].encode()).digest()).decode()
    policy = next(m["content"] for m in Elements(text).named("meta") if m.get("http-equiv"))

    assert len(scripts) == 1
    assert f"script-src 'sha256-{digest}'" in policy
    assert policy.startswith("default-src 'none'")
    assert "https:" not in text


def test_hostile_words_are_text(tmp_path):
    """In titles, parameters, messages and names of reports."""
    more = {"title": HOSTILE, "as_of": HOSTILE, "parameters": {HOSTILE: HOSTILE}}
    error = {"kind": HOSTILE, "cell": HOSTILE, "ename": HOSTILE, "evalue": HOSTILE}
    put(tmp_path, 'a"b<script>', "default", **more)
    put(tmp_path, 'a"b<script>', "default", failed=True, **more, error=error)
    found = Elements(index_html(tmp_path))

    assert len(found.named("script")) == 1
    assert found.named("img") == []
    assert not [name for _, attributes in found.all for name in attributes if name.startswith("on")]
    assert found.words().count("onerror=alert(1)") >= 4
    assert found.wrong == []


@pytest.mark.parametrize(
    "content", ["", "{", "[]", '{"schema": "other"}', '{"schema": "minestats-report/1"}', "null", '"x"', "\x00"]
)
def test_what_is_no_record_does_no_harm(out, content):
    """A torn or strange file is passed over, or shown with what it says."""
    (out / "trend" / "odd.json").write_text(content)
    (out / "trend" / "odd.html").write_text("x")

    assert len(entries(out)) in (4, 5)
    assert index_html(out).startswith("<!doctype html>")


def test_a_record_without_page_is_no_row(out):
    """A page that somebody took away is not linked."""
    (out / "trend" / "default.html").unlink()

    assert [row["slug"] for row in entries(out) if row["report"] == "trend"] == ["district-lachin"]


def test_an_empty_folder_has_a_page(tmp_path):
    """It says that there is nothing yet."""
    assert "There is no report in this folder yet." in index_html(tmp_path)


def test_writing_is_whole_and_only_when_changed(out):
    """The same folder gives the same bytes; nothing is left beside; the file can be read by others."""
    path = write_index(out, NEW)
    before = path.stat().st_mtime_ns, path.read_bytes()
    write_index(out, NEW)

    assert (path.stat().st_mtime_ns, path.read_bytes()) == before
    assert path.stat().st_mode & 0o777 == 0o644
    put(out, "trend", "district-shusha", parameters={"district": "Shusha"})
    write_index(out, NEW)
    assert "Shusha" in path.read_text()
    assert {p.name for p in out.iterdir()} == {"index.html", "trend", "rates", "zones"}


def test_a_failed_write_leaves_the_old_page(out, monkeypatch):
    """And no temporary file."""
    before = write_index(out).read_bytes()
    put(out, "trend", "other")

    def refuse(*args):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "replace", refuse)
    with pytest.raises(OutputError, match="No space left"):
        write_index(out)
    assert (out / "index.html").read_bytes() == before
    assert not list(out.glob(".index-*"))


def test_a_thousand_reports(tmp_path):
    """Every one is a row; the page stays below a megabyte and a half."""
    for i in range(1000):
        put(tmp_path, "trend", f"n-{i}", parameters={"n": str(i)})
    text = index_html(tmp_path)

    assert text.count("<li ") == 1000
    assert len(text) < 1_500_000
