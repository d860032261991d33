"""A report as one HTML page: whole in itself, safe, readable on paper and on a telephone.

nbconvert says what Markdown means; a template of the package gets the pieces clean (`sanitise`) and in order
(`document`). Nothing is loaded from outside and no script can run: the policy in the head of
the page allows styles and pictures of the page itself, nothing more. The page is a function of its inputs alone.

A notebook may style a few things by class, in HTML outputs or Markdown:

    <dl class="glance"><div class="glance-item"><dt class="glance-label">Hectares cleared</dt>
      <dd class="glance-value">54,841</dd><dd class="glance-note">as of 2022-10-06</dd></div> ... </dl>
    <p class="note">...</p>  <p class="warning">...</p>  <ol class="sources"><li id="source-1">...</li></ol>

All other classes, styles and ids are dropped. Display metadata give a picture its `alt` (and a `caption`), a table its
`caption`: `display(figure, metadata={"image/png": {"alt": "...", "caption": "..."}})`. A picture of its own for a phone
is `narrow`: its `png` in base64, its `width` and `height`.
"""

from __future__ import annotations

import json
import mimetypes
import re
from base64 import b64encode
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import lru_cache
from pathlib import Path
from typing import Any
from urllib.parse import unquote

from minestats.files import ABOUT
from minestats.render.document import Page
from minestats.render.provenance import in_one, reason, scrub, shown
from minestats.render.sanitise import LEFT_OUT, clean, svg_address, terminal, text
from minestats.render.source import joined

TEMPLATES = Path(__file__).resolve().parent / "templates"
POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; form-action 'none'"
CONTENTS_FROM = 5
_NOTE = re.compile(rf'<p class="note">{LEFT_OUT}[^<]*</p>')
_OBJECT = re.compile(r"\s*<[^<>]*>\s*")  # the name of an object, which shows nothing of it
_ADVICE = re.compile(r"\b(?:trust|renderer|javascript|browser)", re.IGNORECASE)  # how to see what is left out
_PICTURES = ("image/png", "image/jpeg", "image/gif", "image/webp")
_BASE64 = re.compile(r"[A-Za-z0-9+/=]+")


def export_html(
    nb: Mapping[str, Any],
    *,
    title: str,
    footer: Mapping[str, Any],
    source_link: str = "",
    failed: Mapping[str, Any] | None = None,
    folder: Path | None = None,
    used: set[Path] | None = None,
    changed: str = "",
    brief: bool = False,
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
    folder : path, optional
        The notebook's folder: pictures below it are embedded.
    used : set of path, optional
        Gets the files that were embedded.
    changed : str
        What differs from the report made before, in words.
    brief : bool
        Whether the page ends with the first figure: title, answer, figures at a glance and it.

    Returns
    -------
    str
        The page. Equal inputs give equal text.
    """
    import nbformat

    book = nb if isinstance(nb, nbformat.NotebookNode) else nbformat.from_dict(dict(nb))
    page = Page(str(title), ids={"main", "contents"})
    page.ids |= {f"cell-{number}" for number in range(1, len(book.cells) + 1)}
    pictures = Pictures(folder, set() if used is None else used)
    blocks = list(_blocks(book, page, pictures, failed or {}))
    for block in blocks:
        block["pieces"] = [page.linked(piece) for piece in block["pieces"]]
    if brief:
        blocks, footer = _brief(blocks), {name: footer.get(name) for name in ("as_of", "data_name", "data_version")}
        page.contents.clear()
    language = str(book.metadata.get("lang", "en"))
    if not page.has_h1:
        name = str(title).split(" (as of ")[0]
        blocks.insert(0, {"kind": "text", "pieces": [f"<h1>{text(name)}</h1>"]})
    body = template("report").render(
        title=title,
        lang=language if re.fullmatch(r"[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})*", language) else "en",
        policy=POLICY,
        style=style("base", "report") + (BRIEF if brief else ""),
        blocks=_with_contents(blocks, page.contents),
        failed=failed and {**failed, "reason": scrub(reason(failed))},
        changed=changed,
        foot=footer,
        source_link=source_link,
        about=page.free("about"),
    )
    return body.strip() + "\n"


# closer on paper: what is short should fit on two pages
BRIEF = (
    "@media print{.glance{grid-template-columns:repeat(5,1fr);gap:6pt;margin:6pt 0}.glance-value{font-size:1.1rem}"
    "h2{margin-top:8pt}figure img{max-height:80mm;width:auto}th,td{padding-top:1pt;padding-bottom:1pt}}"
)


def _brief(blocks: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """What stands before the figures at a glance, they, and the section of the first figure as far as the figure."""

    def first(words: str) -> int:
        return next((n for n, block in enumerate(blocks) if any(words in piece for piece in block["pieces"])), -1)

    tiles, figure = first('class="glance"'), first("<figure")
    if figure < 0:
        return blocks[: tiles + 1] or blocks
    section = max((n for n in range(figure) if blocks[n]["kind"] == "text"), default=0)
    return blocks[: max(min(tiles + 1, section), 0)] + blocks[section : figure + 1]


@lru_cache(maxsize=2)
def template(name: str):
    """Return a template of the package, made once in a process; what is not marked safe in it is escaped."""
    from jinja2 import Environment, FileSystemLoader
    from markupsafe import Markup

    blanks = name.startswith("gallery")
    environment = Environment(
        loader=FileSystemLoader(TEMPLATES), autoescape=True, trim_blocks=blanks, lstrip_blocks=blanks
    )
    environment.filters["plain"] = lambda value: Markup(text(value))  # noqa: S704
    environment.filters["shown"] = lambda value: Markup(text(shown(value)))  # noqa: S704
    return environment.get_template(f"{name}.html.j2")


@lru_cache(maxsize=8)
def style(*names: str) -> str:
    """Return style sheets of the package as one text, without comments and needless blanks."""
    sheet = "\n".join((TEMPLATES / f"{name}.css").read_text(encoding="utf-8") for name in names)
    sheet = re.sub(r"/\*.*?\*/", "", sheet, flags=re.DOTALL)
    sheet = re.sub(r"\s*([{};,])\s*", r"\1", re.sub(r"\s+", " ", sheet))
    return re.sub(r":\s+", ":", sheet).replace(";}", "}").strip()


def _blocks(book: Any, page: Page, pictures: Pictures, failed: Mapping[str, Any]) -> Iterable[dict[str, Any]]:
    number = 0
    for cell in book["cells"]:
        number += cell["cell_type"] == "code"
        tags = {str(tag).replace("_", "-") for tag in cell.metadata.get("tags") or []}  # both ways are written
        if "remove-cell" in tags:
            continue
        source = joined(cell.get("source", ""))
        if cell["cell_type"] == "markdown":
            html = _markdown(source, replace(pictures, attached=cell.get("attachments") or {}))
            yield {"kind": "text", "pieces": [page.piece(html)]}
        elif cell["cell_type"] == "code":
            streams = {"stdout", "stderr"} if failed.get("cell") == number else {"stdout"}
            streams -= {tag.removeprefix("remove-") for tag in tags}
            given = [] if "remove-output" in tags else cell.get("outputs", [])
            shown = in_one(output for output in given if output.get("name") in {None, *streams})
            outputs = [piece for output in shown if (piece := _output(output, page, pictures))]
            if outputs and tags & {"hide-output", "hide-cell"}:
                outputs = [f"<details><summary>Output</summary>{''.join(outputs)}</details>"]
            source = "" if "remove-input" in tags else source
            if source.strip() or outputs:
                note = " (parameters given)" if "injected-parameters" in tags else ""
                yield {"kind": "code", "number": number, "source": source, "pieces": outputs, "note": note}


def _output(output: Mapping[str, Any], page: Page, pictures: Pictures) -> str:
    """One output as HTML, or nothing for what is not shown."""
    kind = output.get("output_type")
    if kind == "stream":
        words = joined(output.get("text", ""))
        return _printed(terminal(words)) if words.strip() else ""
    if kind == "error":
        if output.get("ename") == "SystemExit" and output.get("evalue") in ("", "0", "None"):
            return ""  # the notebook ended here, as its author meant it to
        lines = "\n".join(scrub(str(line)) for line in output.get("traceback", []))
        head = terminal(f"{output.get('ename', 'Error')}: {scrub(str(output.get('evalue', '')))}")
        return f'<div class="error"><p><strong>{head}</strong></p><pre tabindex="0">{terminal(lines)}</pre></div>'
    return _bundle(output.get("data") or {}, output.get("metadata") or {}, page, pictures)


@dataclass
class Pictures:
    """Where the pictures of a notebook are: attached to a cell, or files below its folder."""

    folder: Path | None
    used: set[Path]
    attached: Mapping[str, Mapping[str, str]] = field(default_factory=dict)

    def __call__(self, source: str) -> str | None:
        """Return the `data:` address of a picture, None where it is not at hand."""
        kind, colon, name = source.partition("attachment:")
        if colon and not kind:
            bundle = self.attached.get(name) or self.attached.get(unquote(name)) or {}
            found = next((kind for kind in ("image/svg+xml", *_PICTURES) if kind in bundle), None)
            return f"data:{found};base64,{joined(bundle[found])}" if found else None
        if self.folder is None or re.match(r"[a-z]+:|/|\\", source, re.IGNORECASE):
            return None
        base = self.folder.resolve()
        path = (base / unquote(source.partition("?")[0])).resolve()
        kind = mimetypes.guess_type(path.name)[0] or ""
        if not path.is_relative_to(base) or not path.is_file() or kind not in ("image/svg+xml", *_PICTURES):
            return None
        self.used.add(path)
        return f"data:{kind};base64,{b64encode(path.read_bytes()).decode()}"


def _bundle(data: Mapping[str, Any], metadata: Mapping[str, Any], page: Page, pictures: Pictures) -> str:
    """The first form of an output that a page without script can show."""
    if ABOUT in data and not data.keys() - {ABOUT, "text/plain"}:  # said of the report; its words are for the notebook
        return ""
    if "text/html" in data:
        about = _about(metadata, "text/html")
        html = joined(data["text/html"])
        cleaned = page.piece(clean(html, pictures), caption=str(about.get("caption") or ""))
        words = re.sub(r"<[^>]*>", " ", cleaned)
        partial = LEFT_OUT in cleaned or "hidden" in html
        if partial and len(words) < 400 and _ADVICE.search(words.replace(LEFT_OUT, "")):
            cleaned = words = "".join(dict.fromkeys(_NOTE.findall(cleaned)))
        better = LEFT_OUT in cleaned and any(kind in data for kind in _PICTURES)
        if (words.strip() or "<img" in cleaned) and not better:
            return cleaned
    if "text/markdown" in data:
        return page.piece(_markdown(joined(data["text/markdown"]), pictures))
    drawing = svg_address(joined(data.get("image/svg+xml", "")).encode("utf-8", "replace"))
    if drawing is not None:
        return _figure(drawing, _about(metadata, "image/svg+xml"), page)
    for kind in _PICTURES:
        if kind in data:
            content = re.sub(r"\s", "", joined(data[kind]))
            if _BASE64.fullmatch(content):
                return _figure(f"data:{kind};base64,{content}", _about(metadata, kind), page)
    for kind, content in data.items():
        if kind == "application/json" or (kind.endswith("+json") and not kind.startswith("application/vnd.")):
            return _printed(text(json.dumps(content, indent=1, ensure_ascii=False)))
    if any("javascript" in kind or (kind.startswith("application/vnd.") and kind.endswith("json")) for kind in data):
        return f'<p class="note">{LEFT_OUT}.</p>'
    plain = joined(data.get("text/plain", ""))
    latex = joined(data.get("text/latex", "")).strip()
    if latex and (not plain.strip() or _OBJECT.fullmatch(plain)):
        return formula(latex.strip("$ \n"), display="block") or _printed(terminal(latex))
    if plain.strip() and not (_OBJECT.fullmatch(plain) and len(data) > 1):
        return _printed(terminal(plain))
    if "text/html" in data:  # with nothing in it to see
        return ""
    names = ", ".join(sorted(kind for kind in data if kind != "text/plain"))
    return (
        f'<p class="note">An output of the type {text(names)} is not shown here; it is in the notebook.</p>'
        if names
        else ""
    )


def _figure(source: str, about: Mapping[str, Any], page: Page) -> str:
    picture = page.picture({"src": source}, about)
    caption = str(about.get("caption") or "")
    narrow = about.get("narrow")
    if isinstance(narrow, Mapping):
        content, wide, high = (str(narrow.get(name) or "") for name in ("png", "width", "height"))
        if _BASE64.fullmatch(content) and wide.isdecimal() and high.isdecimal():
            phone = f'srcset="data:image/png;base64,{content}" width="{wide}" height="{high}"'
            picture = f'<picture><source media="screen and (max-width: 640px)" {phone}>{picture}</picture>'
    return f"<figure>{picture}{f'<figcaption>{text(caption)}</figcaption>' if caption else ''}</figure>"


def _printed(words: str) -> str:
    """Text with its line ends; it can have the focus, so that long lines scroll by keyboard."""
    return f'<pre class="out" tabindex="0">{words}</pre>'


def _about(metadata: Mapping[str, Any], kind: str) -> dict[str, Any]:
    """Display metadata of one type, or of the whole output."""
    own = metadata.get(kind)
    return {**metadata, **(own if isinstance(own, Mapping) else {})}


def _markdown(source: str, pictures: Pictures) -> str:
    from nbconvert.filters.markdown_mistune import IPythonRenderer, MarkdownWithMath

    class Renderer(IPythonRenderer):
        """nbconvert's, which leaves pictures to the cleaner: that knows attachments by any name."""

        def _embed_image_or_attachment(self, src: str) -> str:
            return src

        def inline_math(self, body: str) -> str:
            # two amounts of money around bold words are no formula
            return (formula(body) if body == body.strip(" *") else "") or super().inline_math(body)

        def block_math(self, body: str) -> str:
            return formula(body, display="block") or super().block_math(body)

        def latex_environment(self, name: str, body: str) -> str:
            made = formula(f"\\begin{{{name}}}{body}\\end{{{name}}}", display="block")
            return made or super().latex_environment(name, body)

    renderer = Renderer(escape=False, exclude_anchor_links=True)
    return clean(MarkdownWithMath(renderer=renderer).render(source), pictures)


LONGEST_FORMULA = 2000
_LABEL = re.compile(r"\\label\s*\{[^{}]*\}|\\(?:nonumber|notag)\b")  # what a page does not point at
_ALIGNED = re.compile(r"\{(?:aligned|eqnarray)\*?\}")


def formula(source: str, *, display: str = "inline") -> str:
    """Return a formula as MathML, which browsers draw without a script; an empty text where it cannot be read.

    Examples
    --------
    >>> formula("x^2")
    '<math alttext="$x^2$" display="inline"><mrow><msup><mi>x</mi><mn>2</mn></msup></mrow></math>'
    >>> formula(r"\\frac{"), formula(r"\\nosuchcommand x")
    ('', '')
    """
    from latex2mathml.converter import convert

    if len(source) > LONGEST_FORMULA:
        return ""
    try:
        made = convert(_ALIGNED.sub(r"{align*}", _LABEL.sub("", source)), display=display)
    except Exception:  # whatever the author wrote, it stays as text
        return ""
    made = clean(made)
    if "\\" in made or "<mi>&amp;</mi>" in made:  # a command or a form that it does not know
        return ""
    return made.replace("<math ", f'<math alttext="${text(source)}$" ', 1)  # for those who cannot see it


def _with_contents(blocks: list[dict[str, Any]], contents: list[tuple[str, str]]) -> list[dict[str, Any]]:
    """The blocks with a table of contents before the first section, where there are many sections.

    A first section of figures at a glance comes before it: the answer should be seen without scrolling.
    """
    places = [(block["pieces"], n) for block in blocks for n in range(len(block["pieces"]))]
    heads = [at for at, (pieces, n) in enumerate(places) if "<h2 " in pieces[n]]
    if len(contents) < CONTENTS_FROM or not heads:
        return blocks
    items = "".join(f'<li><a href="#{name}">{text(words)}</a></li>' for name, words in contents)
    nav = f'<nav class="contents" aria-label="Contents"><h2 id="contents">Contents</h2><ol>{items}</ol></nav>'
    glance = len(heads) > 1 and any('class="glance"' in pieces[n] for pieces, n in places[heads[0] : heads[1]])
    pieces, n = places[heads[1 if glance else 0]]
    before, _, after = pieces[n].partition("<h2 ")
    pieces[n] = f"{before}{nav}<h2 {after}"
    return blocks
