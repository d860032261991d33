"""A report as one HTML page: whole in itself, safe, readable on paper and on a telephone.

nbconvert lays the page out by a template of the package's own; this module hands it pieces that are already clean
(`sanitise`) and in order (`document`). Nothing is loaded from outside and no script can run: the policy in the head of
the page allows styles and pictures of the page itself, nothing more. The page is a function of its inputs alone.

A notebook may style a few things by class, in HTML outputs or Markdown:

    <dl class="glance"><div class="glance-item"><dt class="glance-label">Hectares cleared</dt>
      <dd class="glance-value">54,841</dd><dd class="glance-note">as of 2022-10-06</dd></div> ... </dl>
    <p class="note">...</p>  <p class="warning">...</p>  <ol class="sources"><li id="source-1">...</li></ol>

All other classes, styles and ids are dropped. Display metadata give a picture its `alt` (and a `caption`), a table its
`caption`: `display(figure, metadata={"image/png": {"alt": "...", "caption": "..."}})`.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from functools import lru_cache
from pathlib import Path

from minestats.render.document import Page, thumbnail
from minestats.render.normal import normalise
from minestats.render.pdf import pdf, pdf_tool
from minestats.render.provenance import MIME, scrub, shown
from minestats.render.sanitise import LEFT_OUT, clean, terminal, text

__all__ = ["export_html", "make_exporter", "normalise", "pdf", "pdf_tool", "thumbnail"]

TEMPLATES = Path(__file__).resolve().parent / "templates"
POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; form-action 'none'"
CONTENTS_FROM = 5
_PICTURES = ("image/png", "image/jpeg", "image/gif", "image/webp")


def export_html(
    nb: Mapping[str, object],
    *,
    title: str,
    footer: Mapping[str, object],
    source_link: str = "",
    failed: Mapping[str, object] | None = None,
) -> str:
    """Return the page of an executed notebook.

    Parameters
    ----------
    nb : notebook
        Executed and normalised; also a partial one.
    title : str
        Title of the page (`provenance.page_title`).
    footer : mapping
        What the foot says (`provenance.footer`).
    source_link : str
        File name of the executed notebook beside the page.
    failed : mapping, optional
        The error of the record, for the banner: `kind`, `cell`, `line`, `ename`, `evalue`.

    Returns
    -------
    str
        The page. Equal inputs give equal text.
    """
    import nbformat

    book = nb if isinstance(nb, nbformat.NotebookNode) else nbformat.from_dict(dict(nb))
    page = Page(str(title), ids={"main", "contents"})
    page.ids |= {f"cell-{number}" for number in range(1, len(book.cells) + 1)}
    blocks = list(_blocks(book, page))
    language = str(book.metadata.get("lang", "en"))
    if not page.has_h1:
        name = str(title).split(" (as of ")[0]
        blocks.insert(0, {"kind": "text", "html": f"<h1>{text(name)}</h1>"})
    resources = {
        "page": {
            "title": text(title),
            "lang": language if re.fullmatch(r"[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})*", language) else "en",
            "policy": POLICY,
            "style": style("base", "report"),
            "blocks": _with_contents(blocks, page.contents),
            "banner": _banner(failed) if failed else "",
            "foot": _foot(footer),
            "source_link": text(source_link),
            "json_link": text(footer.get("json", "")),
            "about": page.free("about"),
        }
    }
    body, _ = make_exporter().from_notebook_node(book, resources=resources)
    return body.strip() + "\n"


@lru_cache(maxsize=1)
def make_exporter():
    """Return the exporter, made once in a process. It reads no settings of the user."""
    from nbconvert.exporters.templateexporter import TemplateExporter

    exporter = TemplateExporter(
        template_name="minestats",
        file_extension=".html",
        template_extension=".html.j2",
        extra_template_basedirs=[str(TEMPLATES)],
        default_preprocessors=[],
    )
    return exporter


@lru_cache(maxsize=8)
def style(*names: str) -> str:
    """Return style sheets of the package as one text, without comments and needless blanks."""
    sheet = "\n".join((TEMPLATES / f"{name}.css").read_text(encoding="utf-8") for name in names)
    sheet = re.sub(r"/\*.*?\*/", "", sheet, flags=re.DOTALL)
    sheet = re.sub(r"\s*([{};,])\s*", r"\1", re.sub(r"\s+", " ", sheet))
    return re.sub(r":\s+", ":", sheet).replace(";}", "}").strip()


def _blocks(book: Mapping[str, object], page: Page) -> Iterable[dict[str, object]]:
    number = 0
    for cell in book["cells"]:  # type: ignore[attr-defined]
        source = _joined(cell.get("source", ""))
        if cell["cell_type"] == "markdown":
            yield {"kind": "text", "html": page.piece(_markdown(source, cell.get("attachments") or {}))}
        elif cell["cell_type"] == "code":
            number += 1
            outputs = [piece for output in cell.get("outputs", []) if (piece := _output(output, page))]
            tags = cell.get("metadata", {}).get("tags", [])
            if source.strip() or outputs:
                note = " (parameters given)" if "injected-parameters" in tags else ""
                yield {"kind": "code", "number": number, "source": text(source), "outputs": outputs, "note": note}


def _output(output: Mapping[str, object], page: Page) -> str:
    """One output as HTML, or nothing for what is not shown."""
    kind = output.get("output_type")
    if kind == "stream":
        words = _joined(output.get("text", ""))
        return _printed(terminal(words)) if output.get("name") == "stdout" and words.strip() else ""
    if kind == "error":
        lines = "\n".join(scrub(str(line)) for line in output.get("traceback", []))  # type: ignore[attr-defined]
        head = text(f"{output.get('ename', 'Error')}: {scrub(str(output.get('evalue', '')))}")
        return f'<div class="error"><p><strong>{head}</strong></p><pre tabindex="0">{terminal(lines)}</pre></div>'
    return _bundle(output.get("data") or {}, output.get("metadata") or {}, page)  # type: ignore[arg-type]


def _bundle(data: Mapping[str, object], metadata: Mapping[str, object], page: Page) -> str:
    """The first form of an output that a page without script can show."""
    if MIME in data:
        return ""
    widget = "application/vnd.jupyter.widget-view+json" in data
    if "text/html" in data:
        about = _about(metadata, "text/html")
        cleaned = page.piece(clean(_joined(data["text/html"])), caption=str(about.get("caption") or ""))
        if re.sub(r"<[^>]*>|\s", "", cleaned) or "<img" in cleaned:
            picture = LEFT_OUT in cleaned and any(kind in data for kind in _PICTURES)
            if not picture:
                return cleaned
    if "text/markdown" in data:
        return page.piece(_markdown(_joined(data["text/markdown"]), {}))
    if "image/svg+xml" in data:
        from base64 import b64encode

        drawing = _joined(data["image/svg+xml"]).encode("utf-8", "replace")
        return _figure(
            f"data:image/svg+xml;base64,{b64encode(drawing).decode()}", _about(metadata, "image/svg+xml"), page
        )
    for kind in _PICTURES:
        if kind in data:
            content = re.sub(r"\s", "", _joined(data[kind]))
            if re.fullmatch(r"[A-Za-z0-9+/=]*", content):
                return _figure(f"data:{kind};base64,{content}", _about(metadata, kind), page)
    if widget or any("javascript" in kind for kind in data):
        return f'<p class="note">{LEFT_OUT}</p>'
    for kind in ("text/latex", "text/plain"):
        if kind in data:
            words = _joined(data[kind])
            return _printed(terminal(words)) if words.strip() else ""
    if "application/json" in data:
        return _printed(text(json.dumps(data["application/json"], indent=1, ensure_ascii=False)))
    names = ", ".join(sorted(data))
    return (
        f'<p class="note">An output of the type {text(names)} is not shown here; it is in the notebook.</p>'
        if names
        else ""
    )


def _figure(source: str, about: Mapping[str, object], page: Page) -> str:
    picture = page.picture(
        source, alt=str(about.get("alt") or ""), width=about.get("width"), height=about.get("height")
    )
    caption = str(about.get("caption") or "")
    return f"<figure>{picture}{f'<figcaption>{text(caption)}</figcaption>' if caption else ''}</figure>"


def _printed(words: str) -> str:
    """Text with its line ends; it can have the focus, so that long lines scroll by keyboard."""
    return f'<pre class="out" tabindex="0">{words}</pre>'


def _about(metadata: Mapping[str, object], kind: str) -> dict[str, object]:
    """Display metadata of one type, or of the whole output."""
    own = metadata.get(kind)
    return {**metadata, **(own if isinstance(own, Mapping) else {})}


def _markdown(source: str, attachments: Mapping[str, Mapping[str, str]]) -> str:
    from nbconvert.filters.markdown_mistune import IPythonRenderer, MarkdownWithMath

    held = {name: dict(bundle) for name, bundle in attachments.items()}
    missing = set(re.findall(r"attachment:([^\s)\"']+)", source)) - set(held)
    for name in missing:
        held[name] = {"image/png": ""}
    renderer = IPythonRenderer(escape=False, attachments=held, exclude_anchor_links=True)
    return clean(MarkdownWithMath(renderer=renderer).render(source))


def _with_contents(blocks: list[dict[str, object]], contents: list[tuple[str, str]]) -> list[dict[str, object]]:
    """The blocks with a table of contents before the first section, where there are many sections.

    A first section of figures at a glance comes before it: the answer should be seen without scrolling.
    """
    if len(contents) < CONTENTS_FROM:
        return blocks
    items = "".join(f'<li><a href="#{name}">{text(words)}</a></li>' for name, words in contents)
    nav = f'<nav class="contents" aria-label="Contents"><h2 id="contents">Contents</h2><ol>{items}</ol></nav>'
    sections = 0
    for block in blocks:
        pieces = [block["html"]] if block["kind"] == "text" else block["outputs"]
        for place, piece in enumerate(pieces):  # type: ignore[arg-type]
            if "<h2 " in piece:
                sections += 1
                if sections == 2 or not _glance_follows(blocks):
                    before, _, after = piece.partition("<h2 ")
                    changed = f"{before}{nav}<h2 {after}"
                    if block["kind"] == "text":
                        block["html"] = changed
                    else:
                        block["outputs"][place] = changed  # type: ignore[index]
                    return blocks
    return blocks


def _glance_follows(blocks: list[dict[str, object]]) -> bool:
    """Whether the first section shows figures at a glance."""
    pieces = [p for b in blocks for p in ([b["html"]] if b["kind"] == "text" else b["outputs"])]  # type: ignore[union-attr]
    heads = [place for place, piece in enumerate(pieces) if "<h2 " in piece]
    return len(heads) > 1 and any('class="glance"' in piece for piece in pieces[heads[0] : heads[1]])


def _banner(failed: Mapping[str, object]) -> str:
    """What went wrong, with a link to the cell."""
    cell, line = failed.get("cell"), failed.get("line")
    place = f"cell {cell}" + (f", line {line}" if line else "") if cell else ""
    what = ": ".join(str(failed[name]) for name in ("ename", "evalue") if failed.get(name)) or str(
        failed.get("kind", "")
    )
    words = text(scrub(": ".join(filter(None, (place, what)))))
    link = f' <a href="#cell-{int(cell)}">Go to the cell</a>' if isinstance(cell, int) else ""
    return (
        '<div class="banner" role="alert"><p><strong>This report is not complete.</strong> '
        f"The notebook stopped: {words}.{link}</p></div>"
    )


def _foot(footer: Mapping[str, object]) -> list[tuple[str, str]]:
    """Terms and texts of the foot, as HTML."""
    rows: list[tuple[str, str]] = []
    parameters = footer.get("parameters") or {}
    if parameters:
        rows.append(
            ("Parameters", "; ".join(f"{text(name)}: {text(shown(value))}" for name, value in parameters.items()))
        )  # type: ignore[attr-defined]
    rows.append(("As of", text(footer.get("as_of") or "not stated")))
    data = [text(footer[name]) for name in ("data_name", "data_version") if footer.get(name)]
    if footer.get("data_hash"):
        data.append(f"<code>{text(str(footer['data_hash'])[:12])}</code>")
    if data:
        rows.append(("Data", " ".join(data)))
    commit = str(footer.get("commit") or "")
    if commit:
        rows.append(("Commit", f"<code>{text(commit)}</code>" + (", modified" if footer.get("modified") else "")))
    versions = footer.get("versions") or {}
    if versions:
        rows.append(("Versions", ", ".join(f"{text(name)} {text(number)}" for name, number in versions.items())))  # type: ignore[attr-defined]
    return rows


def _joined(content: object) -> str:
    return content if isinstance(content, str) else "".join(map(str, content))  # type: ignore[call-overload]
