"""Notebooks of other people: small ones made after public bug reports on the tools around notebooks.

Each case is a notebook (or a script) with the files beside it, what must become of it, and what its page must and
must not show. All are rendered in one run; a reader of `CASES` has the table of what is promised. The names are those
of the symptoms as they were reported; two or three inputs of one kind stand under one name.
"""

from __future__ import annotations

import base64
import io
import json
import re
import time
from dataclasses import dataclass, field
from html import unescape
from urllib.parse import quote

import pytest

import minestats.render as rendering

ONE_CELL = "# %%\n"


def png(width=4, height=3) -> bytes:
    from PIL import Image

    file = io.BytesIO()
    Image.new("RGB", (width, height), "red").save(file, "PNG")
    return file.getvalue()


PICTURE = base64.b64encode(png()).decode()


def book(*cells, **metadata) -> str:
    """A Jupyter file of cells: text is code, a dict a cell with what it lacks filled in."""
    made = []
    for cell in cells:
        cell = {"cell_type": "code", "source": cell} if isinstance(cell, str) else dict(cell)
        cell.setdefault("metadata", {})
        if cell["cell_type"] == "code":
            cell |= {"execution_count": None, "outputs": []}
        made.append(cell)
    return json.dumps({"cells": made, "metadata": metadata, "nbformat": 4, "nbformat_minor": 4})


def words(source: str, **more) -> dict:
    return {"cell_type": "markdown", "source": source, **more}


def tagged(source: str, *tags: str, kind: str = "code") -> dict:
    return {"cell_type": kind, "source": source, "metadata": {"tags": list(tags)}}


@dataclass
class Case:
    """One notebook: its text, the files beside it, what becomes of it, what its page shows and what it does not."""

    notebook: str
    beside: dict[str, str | bytes] = field(default_factory=dict)
    state: str = "rendered"
    error: str = ""  # the failure in one line, as a pattern
    shows: tuple[str, ...] = ()
    hides: tuple[str, ...] = ()
    there: tuple[str, ...] = ()  # files that are still there afterwards
    said: str = ""
    ending: str = ""  # of the file, where it is neither a script nor a Jupyter file


HEADER = "# ---\n# jupyter:\n#   jupytext:\n#     text_representation:\n#       extension: .py\n#       format_name: {}\n# ---\n\n"
DRAWING = "<svg width='20' height='10' onload='alert(1)'><circle cx='5' cy='5' r='4'/><script>alert(1)</script></svg>"

ATTACHED = {
    name: Case(
        book(words(f"![shot](<attachment:{name}>) <img src='attachment:{name}' alt='again'>", attachments={name: {"image/png": PICTURE}})),
        shows=('alt="shot"', 'alt="again"', "data:image/png;base64,"),
        hides=("attachment:",),
    )
    for name in ("Screen Shot 2.png", "b (1).png", "Übersicht.png", "plain.png", "100%.png")
}  # fmt: skip

CASES: dict[str, Case] = {
    # what its author commented out is not run
    "69b-plain-magics": Case(
        '# %%\n%matplotlib inline\n\n# %%\n# !rm keep.txt\nprint("two")\n',
        {"keep.txt": ""},
        shows=(">two\n<",),
        there=("keep.txt",),
    ),
    "70-indented": Case(
        "# %%\nname = 'keep.txt'\nif True:\n    # !rm {name}\n    print(1)\n", {"keep.txt": ""}, there=("keep.txt",)
    ),
    "70-active-py": Case('# %% active="py"\nopen("made.txt", "w")\n# %%\nprint(2)\n', hides=("made.txt",)),
    "70-active-ipynb": Case('# %% active="ipynb"\n# print("yes", 6 * 7)\n', shows=("yes 42",)),
    "70-magic-of-percent-scripts": Case("# %%\n# %env NAME=timed\n", shows=("timed",)),
    # tags
    "49-remove-cell": Case(
        book(tagged("print('secret')", "remove_cell"), tagged("a note for colleagues", "remove-cell", kind="markdown"), "print('open')"),
        shows=(">open\n<",),
        hides=("secret", "colleagues"),
    ),
    "49-remove-output": Case(
        book(tagged("print('sec' + 'ret')", "remove_output"), tagged("print('sec' + 'ret')", "remove-output")), hides=("secret",)
    ),
    "49-remove-input": Case(book(tagged("x = 'secret'; print('open')", "remove-input")), shows=("open",), hides=("secret",)),
    "49-hide-output": Case(book(tagged("print('sec' + 'ond')", "hide-output")), shows=("<details><summary>Output</summary>", "second")),
    "32-skip-execution": Case(book(tagged("1 / 0", "skip-execution"), "print('on')"), shows=("on",)),
    "31-raises-exception": Case(
        book(tagged("1 / 0", "raises-exception"), "print('good')", "print('better')"),
        shows=("ZeroDivisionError: division by zero", "better"),
        hides=("not complete",),
    ),
    "31-raises-exception-then-fails": Case(
        book(tagged("1 / 0", "raises-exception"), "print('good')", "{}['x']"), state="failed", error="cell 3, line 1: KeyError: 'x'"
    ),
    # the cell that failed, and why
    "29-run": Case(book("%run bad.py", "print('goes on')"), {"bad.py": "raise ValueError('bad')\n"}, "failed", "cell 1.*: ValueError: bad"),
    "28-magic": Case(book("%bigquery_load x"), state="failed", error="cell 1: UsageError: Line magic function `%bigquery_load` not found"),
    "28-cell-magic": Case(book("%%sqlx\nselect 1"), state="failed", error="cell 1: UsageError: Cell magic `%%sqlx` not found", shows=("UsageError",)),
    "30-handler": Case(
        book("def h(*a, **k): pass\nget_ipython().set_custom_exc((Exception,), h)", "1 / 0"), state="failed", error="cell 2: ZeroDivisionError: division by zero"
    ),
    "33-own-traceback": Case(
        book("import sys\nget_ipython().showtraceback = lambda *a, **k: print('a box', file=sys.stderr)", "1 / 0"),
        state="failed",
        error="cell 2: (ZeroDivisionError|CellExecutionError): .+",
    ),
    "31-group-of-exceptions": Case(
        book("x = 1\n\nraise ExceptionGroup('many', [ValueError('a')])"), state="failed", error="cell 1, line 3: ExceptionGroup: many"
    ),
    "55-torn-drawing": Case(
        book("display({'image/svg+xml': '<svg><g></svg>', 'text/plain': 'a drawing'}, raw=True)"),
        shows=(">a drawing<",),
        hides=("data:image/svg",),
    ),
    "25-exit": Case(book("print('a')", "import sys; sys.exit(0)", "print('never' + ' seen')"), hides=("SystemExit", "never seen", "%tb")),
    "25-exit-3": Case(book("import sys; sys.exit(3)"), state="failed", error="cell 1.*: SystemExit: 3"),
    "35b-long-error": Case(book("raise ValueError('QUJD/+' * 25_000)"), state="failed", error=r"ValueError: QUJD.{1,320}\[\.\.\.\]$"),
    "71-paths": Case(
        book("import helper\nhelper.f(0)"),
        {"helper.py": "def f(x):\n    return 1 / x\n"},
        "failed",
        "ZeroDivisionError",
        shows=("helper.py",),
        hides=("FOLDER",),
    ),
    # kernels of other machines
    "14-conda": Case(
        book("print(1)", kernelspec={"name": "conda-env-geo-py", "display_name": "x", "language": "python"}), said="no kernel 'conda-env-geo-py'"
    ),
    "14-other-language": Case(
        book("cat(1)", kernelspec={"name": "ir", "display_name": "R", "language": "R"}), state="failed", error="no kernel 'ir' .R. here; there are python3"
    ),
    "13-nameless": Case(book(tagged("a = 1", "parameters"), "print(a)", kernelspec={}), shows=("1",)),
    "74-no-language": Case(book(tagged("a = 1", "parameters"), "print(a)", kernelspec={"name": "python3", "display_name": "Python 3"}), shows=("1",)),
    "12-no-kernelspec": Case(book("print(5)"), shows=("5",)),
    "16-null-metadata": Case(book({"cell_type": "code", "source": "print(5)", "metadata": None}), shows=("5",)),
    # streams
    "72-pieces": Case(book("import time\nfor i in range(12): print(i, flush=True); time.sleep(0.02)"), shows=("0\n1\n2\n3\n4\n5\n6\n7\n8\n9\n10\n11\n",)),
    "72-two-streams": Case(
        book("import sys\nfor i in range(50): print(i, flush=True); print('w', file=sys.stderr, flush=True)"), shows=("\n1\n2\n3\n", "\n48\n49\n")
    ),
    "51-carriage-return": Case(book("for i in range(0, 101, 5): print(f'{i} %', end='\\r')"), shows=(">100 %<",), hides=("95 %",)),
    "51-backspace": Case(book("print('1 %', end='')\nfor i in (2, 3): print(f'\\b\\b\\b{i} %', end='')"), shows=(">3 %<",)),
    "52-terminal": Case(book("print('\\x1b[1mbold\\x1b(B\\x1b[m plain')"), shows=("bold plain",), hides=("(B",)),
    "35-slashes": Case(book("import sys\nprint('/a/b' * 100_000, file=sys.stderr)")),
    "35-unclosed": Case(book("from IPython.display import HTML\nHTML('<a href=\"http://' * 50_000)")),
    "35-unclosed-tags": Case(book("from IPython.display import HTML, display\nfor t in ('<img ', '<script ', '<iframe '): display(HTML(t * 100_000))")),
    # pictures
    **{f"58-attached-{name}": case for name, case in ATTACHED.items()},
    "58-missing": Case(book(words("![shot](attachment:gone.png) and text")), shows=("[picture: shot] and text",)),
    "59-local": Case(
        book(words("![map](pic.png) <img src='sub/pic.png' width='100'> ![](pic.png)"), "from IPython.display import HTML\nHTML('<img src=\"pic.png\" alt=\"by html\">')"),
        {"pic.png": png(), "sub/pic.png": png()},
        shows=('alt="map"', 'alt="by html"'),
        hides=("&lt;img", "[picture"),
    ),
    "59-outside": Case(book(words("![map](../other/pic.png) ![x](/etc/passwd.png)")), shows=("[picture: map, ../other/pic.png]", "[picture: x]"), hides=("/etc/",)),
    "59-address": Case(book("from IPython.display import Image\nImage(url='https://example.org/a.png')"), shows=("[picture: https://example.org/a.png]",)),
    # tables and colours
    "56-styler": Case(
        book("import pandas as pd\npd.DataFrame({'v': [0.1, 0.9]}).style.map(lambda v: 'background-color: red' if v > 0.5 else '')"),
        shows=("background-color: red; color: #111",),
        hides=("T_",),
    ),
    "56-gradient": Case(
        book("import pandas as pd\npd.DataFrame({'v': [0.1, 0.9]}).style.background_gradient()"), shows=("background-color: #023858; color: #f1f1f1",)
    ),
    "56-bar": Case(book("import pandas as pd\npd.DataFrame({'v': [1, 2]}).style.bar()"), shows=("linear-gradient(",)),
    "56-inline": Case(
        book("from IPython.display import HTML\nHTML('<p style=\"color: red; background: url(https://example.org/x); position: fixed\">hot</p>')"),
        shows=('<p style="color: red">hot</p>',),
        hides=("url(", "position: fixed"),
    ),
    # links
    "60-links": Case(
        book(
            words("[results](#Results-of-2024) [b](#Überblick) [c](#my-anchor) [d](#x)\n\n## Results of 2024\n\n## Überblick\n\n<a id='my-anchor'></a> <a name='x'>here</a>")
        ),
        shows=('href="#results-of-2024"', 'href="#uberblick"', 'href="#my-anchor"', 'id="my-anchor"', 'href="#x"', 'id="x"'),
    ),
    "66-mail": Case(
        book(words("[mail](mailto:desk@example.org) [file](tables/a.csv) [old](ftp://example.org/a) [plain](http://example.org)")),
        shows=('href="mailto:desk@example.org"', "file (tables/a.csv)", "old (ftp://example.org/a)", 'href="http://example.org"'),
    ),
    # what a page cannot show
    "55-frame": Case(
        book("from IPython.display import IFrame\nIFrame('https://example.org/m.html', 400, 300)"), shows=("left out", "(https://example.org/m.html)"), hides=("0x",)
    ),
    "55-video": Case(book("from IPython.display import YouTubeVideo\nYouTubeVideo('abc')"), shows=("left out",), hides=("object",)),
    "55-trust": Case(
        book("from IPython.display import HTML\nHTML('<div><span>Make this Notebook Trusted to load map</span><iframe srcdoc=\"x\"></iframe></div>')"),
        shows=("left out",),
        hides=(">Make this",),
    ),
    "63-audio": Case(
        book("from IPython.display import Audio\nAudio(b'RIFF', rate=8000, embed=True, autoplay=False)"),
        shows=("left out",),
        hides=("does not support", "object"),
    ),
    "63-json": Case(book("from IPython.display import JSON\nJSON({'mines': [1, 2]})"), shows=('"mines": [',), hides=("JSON object",)),
    "53-vega": Case(
        book(
            "from IPython.display import display\ndisplay({'application/vnd.vegalite.v5+json': {}, 'text/plain': '<VegaLite 5 object>\\n\\nIf you see this message, it means the renderer has not been properly enabled'}, raw=True)"
        ),
        shows=("left out",),
        hides=(">If you see this message", "means the renderer has"),
    ),
    "61-latex": Case(
        book("from IPython.display import display\ndisplay({'text/latex': '$\\\\sqrt{x^2}$', 'text/plain': 'sqrt(x**2 + 1)'}, raw=True)"),
        shows=(">sqrt(x**2 + 1)<",),
    ),
    "61-markdown": Case(
        book(words("A rate $\\lambda = k / t$ and\n\n$$\\frac{a}{b}$$\n\nfrom $5 to **$10**, $\\nosuch$")),
        shows=('<math alttext="$\\lambda = k / t$" display="inline">', "<mfrac>", "$\\nosuch$"),
    ),
    "61-math": Case(book("from IPython.display import Math\nMath('x^2')"), shows=("<msup>",), hides=("Math object",)),
    "57-hidden": Case(
        book("from IPython.display import HTML\nHTML('<p hidden>sec' + 'ret</p><div style=\"display: none\">sec' + 'ret<b>x</b></div><p>open</p>')"),
        shows=("<p>open</p>",),
        hides=("secret",),
    ),
    "57-nothing-to-see": Case(book("from IPython.display import HTML\nHTML('<p hidden>a</p>')"), hides=("HTML object",)),
    "63-other-json": Case(
        book("from IPython.display import display\ndisplay({'application/geo+json': {'type': 'Point'}, 'text/plain': '<IPython.display.GeoJSON object>'}, raw=True)"),
        shows=('"type": "Point"',),
        hides=("GeoJSON object",),
    ),
    "66-telephone": Case(book(words("[call](tel:+99412) ![far](//example.org/a.png)")), shows=("call (tel:+99412)", "[picture: far, //example.org/a.png]")),
    "23-addresses": Case(
        book("class Thing: pass\nThing()", "print(object())", "import matplotlib.pyplot as plt\nplt.plot([1, 2])"), hides=(" at 0x",), shows=("Thing>", "&lt;object object&gt;")
    ),
    "23-svg": Case(
        book("%config InlineBackend.figure_formats = ['svg']\nimport matplotlib.pyplot as plt\nplt.plot([1, 2]);"), shows=("data:image/svg+xml;base64,",)
    ),
    "67-raw": Case(book({"cell_type": "raw", "source": "\\newpage raw"}, "print(1)"), hides=("newpage",)),
    "64-surrogates": Case(book("print('\\ud800', 'ha' + 'lf')\nprint('af' + 'ter')"), shows=("? half\nafter",)),
    "64-surrogates-shown": Case(
        book("from IPython.display import HTML, display\ndisplay(HTML('<b>ha' + 'lf\\ud800</b>'))\nraise ValueError('\\ud800 raised')"),
        state="failed", error=r"cell 1, line 3: ValueError: \? raised", shows=("half?",),
    ),
    "39-await": Case(book("import asyncio\nawait asyncio.sleep(0)\nprint('waited')"), shows=("waited",)),
    # formats of scripts, as jupytext reads them
    "70-light": Case(
        HEADER.format("light") + "# # My title\n\n# + tags=[\"remove-cell\"]\nprint('sec' + 'ret')\n# -\n\n# %% no mark here\nx = 'li' + 'ght'\nprint(x)\n\n# more words\n\n1 / 0\n",
        state="failed", error="cell 3, line 1: ZeroDivisionError", shows=("light", "My title</h1>", "more words"), hides=("secret",),
    ),
    "70-light-marks": Case("# +\nx = 1\nprint('li' + 'ght')\n# -\n\n# words\n\n1 / 0\n", state="failed", error="cell 2, line 1: Zero", shows=("light",)),
    "70-hydrogen": Case(HEADER.format("hydrogen") + "# %%\n# !rm keep.txt\n# %time 1 / 0\nprint('on')\n", {"keep.txt": ""}, there=("keep.txt",), shows=(">on\n<",)),
    "70-sphinx": Case(HEADER.format("sphinx") + '"""\nMy title\n========\n"""\n\nprint("sph" + "inx")\n\n' + "#" * 40 + "\n# words here\n\n1 / 0\n", state="failed", error="Zero", shows=("sphinx", "words here")),
    "70-codecell": Case("# <codecell>\nprint('one')\n# In[2]:\n1 / 0\n", state="failed", error="cell 2, line 1: Zero"),
    "70-bom-crlf": Case("\ufeff# %% [markdown]\r\n# # Head line\r\n\r\n# %% tags=[\"remove-cell\"]\r\nprint('sec' + 'ret')\r\n\r\n# %%\r\nprint('''a\r\nb''')\r\n", shows=("a\nb", "Head line</h1>"), hides=("secret",)),
    # more of what is tagged for removal
    "49-title": Case(book(tagged("# Draft title", "remove-cell", kind="markdown"), words("# Real title")), shows=("<title>Real title",), hides=("Draft",)),
    "49-remove-stdout": Case(book(tagged("print('sec' + 'ret')\n7 * 6", "remove-stdout")), shows=(">42<",), hides=("secret",)),
    "49-remove-stderr": Case(book(tagged("import sys; print('sec' + 'ret', file=sys.stderr); 1 / 0", "remove_stderr")), state="failed", error="Zero", hides=("secret",)),
    "31-raises-in-bash": Case(book(tagged("%%bash\nexit 3", "raises-exception"), "print('af' + 'ter')"), shows=("after", "CalledProcessError")),
    # the words of an error
    "28-colours": Case(book("raise ValueError('\\x1b[31mred\\x1b[0m words')"), state="failed", error="ValueError: red words$"),
    "28-words": Case(book("import sys\nprint('why', file=sys.stderr)\nsys.exit('no data')"), state="failed", error="cell 1.*SystemExit: no data$", shows=("why",)),
    # drawings within markup
    "57-drawing": Case(book(f"from IPython.display import HTML\nHTML({DRAWING!r} + '<p>after</p>')", words(f"before\n\n{DRAWING}")), shows=("data:image/svg+xml;base64,", "after"), hides=("left out", "alert")),
    "57-drawing-address": Case(book(words("<img alt='s' src='data:image/svg+xml;utf8," + quote(DRAWING) + "'>")), shows=("data:image/svg+xml;base64,",)),
    "57-no-drawing": Case(book("from IPython.display import HTML\nHTML('<svg width=5><circle r=1></svg>' + '<svg ' * 50_000)"), shows=("left out",)),
    "57-symbols": Case(
        book("from IPython.display import HTML\nHTML('<svg style=\"width: 0; height: 0\"><defs></defs></svg><pre>as text</pre><div style=\"display:none\">again</div>')"),
        shows=("as text",), hides=("left out", ">again"),
    ),
    "61-mathml": Case(book("from IPython.display import HTML\nHTML('<math><mi onclick=\"x\">x</mi><annotation>tex</annotation></math>')"), shows=("<math><mi>x</mi></math>",)),
    "61-repr-latex": Case(book("class A:\n    def _repr_latex_(self): return '$\\\\frac{1}{2}$'\nA()"), shows=("<mfrac>",)),
    "61-in-place": Case(book(words("$x$ and \ue0000\ue001 text")), shows=("\ue0000\ue001 text",)),
    # styles by kind and class, and of rows and words
    "56-table-styles": Case(
        book(
            "import pandas as pd\ndf = pd.DataFrame({'v': [1, 2], 'w': [3, 4]})\n"
            "kinds = pd.DataFrame({'v': ['big', '']})\n"
            "df.style.set_td_classes(kinds).set_table_styles([{'selector': '.big', 'props': 'background-color: #ff0000'}, {'selector': 'td.col0', 'props': 'color: teal'}])"
            ".set_table_styles({'w': [{'selector': 'td', 'props': 'color: green'}]}, overwrite=False)"
        ),
        shows=("background-color: #ff0000", "color: teal", "color: green"),
    ),
    "56-rows": Case(
        book(words("<table><tr style='background-color: #ffcccc'><td>g</td></tr></table>\n\n<h3 style='color: red'>Warning</h3>\n\n<ul style='color: green'><li>x</li></ul>")),
        shows=("background-color: #ffcccc", "color: red", "color: green"),
    ),
    "55-files": Case(
        book("from IPython.display import Video\nVideo('film.mp4')", words("<audio controls><source src='a.mp3'>no audio</audio> <video src='/srv/films/b.mp4'></video>")),
        {"film.mp4": "0"}, shows=("(film.mp4)", "(a.mp3)"), hides=("no audio", "/srv/films"),
    ),
    "14-old-names": Case(book("print('x' + 'y')", kernelspec={"name": "gone", "display_name": "g"}, language_info={"name": "ipython"}), shows=("xy",)),
    # a second hundred, after reports of tqdm, matplotlib, nbclient, jupytext, scikit-learn, pandas
    "80-animation": Case(
        book(
            "import matplotlib.pyplot as plt\nfrom matplotlib.animation import FuncAnimation\nfrom IPython.display import HTML\n"
            "fig, ax = plt.subplots(figsize=(1, 1))\nline, = ax.plot([0, 1])\n"
            "moving = FuncAnimation(fig, lambda n: line.set_data([0, n], [0, n]), frames=2)\nplt.close(fig)\nHTML(moving.to_jshtml())"
        ),
        shows=("left out",), hides=("Reflect", "[picture]"),
    ),
    "81-title-after-code": Case(book(words("```bash\n# install first\n```\n\n# Real *title* &amp; more")), shows=("<title>Real title &amp; more",)),
    "81-title-underlined": Case(book(words("The title\n=========\n\nwords")), shows=("<title>The title", ">The title</h1>")),
    "81-title-in-html": Case(book(words("<h1 align='center'>The <i>title</i></h1>\n\n# Second")), shows=("<title>The title", "Second</h2>")),
    "82-list-of-tasks": Case(book(words("- [x] cleared field\n- [ ] surveyed field\n")), shows=("☑ cleared field", "☐ surveyed field")),
    "83-estimator": Case(
        book(
            "html = '<div><div><pre>Linear' + 'Model()</pre><b>please rerun this cell or trust the notebook</b></div><div hidden><input type=checkbox>x</div></div>'\n"
            "display({'text/html': html, 'text/plain': 'Linear' + 'Model()'}, raw=True)"
        ),
        shows=(">LinearModel()<",), hides=("trust the",),
    ),
    "84-figure-as-pdf": Case(
        book("%config InlineBackend.figure_formats = ['pdf']\nimport matplotlib.pyplot as plt\nplt.plot([1, 2]);"),
        shows=("application/pdf",), hides=("Figure size",),
    ),
    "85-width-alone": Case(
        book("from IPython.display import Image\nImage('pic.png', width=40)", words("<img src='pic.png' alt='low' height='30'>")),
        {"pic.png": png(8, 6)}, shows=('width="40" height="30"', 'alt="low" width="40" height="30"'),
    ),
    "86-none-of-a-type": Case(
        book(tagged("year: int = None\nname: 'str' = None  # of a district\nneg = -1\nt = (1, 2)\na = b = 3", "parameters"), "print(year, name, neg, t, a, b)"),
        shows=("None None -1 (1, 2) 3 3",),
    ),
    "87-anchor-of-a-number": Case(book(words("[to](#1.1)\n\n## 1.1 <a class='anchor' id='1.1'></a>Deep")), shows=('href="#1.1"', 'id="1.1"')),
    "88-markdown": Case("# Of text\n\n```python\nprint('o' + 'ne')\n```\n\n```bash\nls\n```\n\nwords\n", ending="md", shows=("<title>Of text", ">one\n<", "words")),
    "88-rmarkdown": Case("# Of text\n\n```{python}\nprint('o' + 'ne')\n1 / 0\n```\n", ending="Rmd", state="failed", error="cell 1, line 2: Zero", shows=(">one\n<",)),
    "89-display-cleared": Case(
        book("from IPython.display import clear_output\nprint('Hel' + 'lo')\nclear_output(wait=True)", "print('a' + 'way')\nclear_output()\nprint('st' + 'ays')"),
        shows=("Hello", "stays"), hides=("away",),
    ),
    "90-child-prints": Case(
        book("import os\npid = os.fork()\nif pid == 0:\n    print('of the child', flush=True)\n    os._exit(0)\nos.waitpid(pid, 0)\nprint('of the parent')"),
        shows=("of the child\nof the parent",),
    ),
    "91-interrupts-itself": Case(book("x = 1", "x\nraise KeyboardInterrupt", "print('af' + 'ter')"), state="failed", error="cell 2, line 2: KeyboardInterrupt"),
    "92-templates": Case(book(words("{{ 7 * 7 }} {% raw %}"), "print('{{ cell }} {' + '% endblock %}')"), shows=("{{ 7 * 7 }} {% raw %}", "{{ cell }} {% endblock %}")),
    "93-deep": Case(book("from IPython.display import HTML\nHTML('<div>' * 3000 + 'deep down' + '</div>' * 3000)", words(">" * 500 + " quoted")), shows=("deep down", "quoted")),
    "95-folder": Case(book("import os\nos.makedirs('below', exist_ok=True)\n%cd below\n%cd ..\nprint(os.path.abspath('a.csv'))\nos.getcwd()"), shows=("/below\n", "/a.csv"), hides=("FOLDER",)),
    "96-equations": Case(
        book(words("\\begin{equation}\\label{eq:a}\nx = y\n\\end{equation}\n\n$$\\begin{aligned} a &= b \\\\ c &= d \\end{aligned}$$\n\n$e \\nonumber$")),
        shows=("<mi>x</mi><mo>=</mo><mi>y</mi>", "<mtable>", "<mi>e</mi>"),
    ),
    "97-colour-of-old": Case(book(words("<font color='red'>red</font> <FONT COLOR=#00f><b>blue</b></FONT> <font size=2>small</font>")), shows=("color: red", "color: #00f")),
    "98-shown-later": Case(
        book("h = display('first' + ' state', display_id=True)", "h.update('last' + ' state')", "from IPython.display import update_display, Markdown\ndisplay('a' + ' copy', display_id='k')\nupdate_display(Markdown('**new** words'), display_id='k')"),
        shows=("last state", "<strong>new</strong> words"), hides=("first state", "a copy"),
    ),
    "99-nothing": Case(book(), shows=("<h1>case",)),
    "94-tags-of-other-tools": Case(
        book({"cell_type": "code", "source": "print('o' + 'ne')", "metadata": {"tags": None, "collapsed": True}}, {"cell_type": "code", "source": ["print('tw' + 'o')\n", "3"]}),
        shows=("one", "two"),
    ),
    "34-many-lines": Case(book("for i in range(20_000): print('row', i)"), shows=("row 0\n", "row 10001\n", "row 19999\n")),
}  # fmt: skip


@pytest.fixture(scope="module")
def rendered(tmp_path_factory):
    """All cases rendered twice into two folders, and what was said of them."""
    folder = tmp_path_factory.mktemp("cases")
    paths = {}
    for number, (name, case) in enumerate(CASES.items()):
        place = folder / f"c{number}"
        for file, content in case.beside.items():
            (place / file).parent.mkdir(parents=True, exist_ok=True)
            (place / file).write_bytes(content.encode() if isinstance(content, str) else content)
        place.mkdir(exist_ok=True)
        paths[name] = place / f"case{number}.{case.ending or ('ipynb' if case.notebook.startswith('{') else 'py')}"
        paths[name].write_text(case.notebook, encoding="utf-8", newline="")
    import contextlib

    said = io.StringIO()
    with contextlib.redirect_stderr(said), contextlib.redirect_stdout(io.StringIO()):
        first = rendering.render(list(paths.values()), out=folder / "out", jobs=1, timeout=60)
        second = rendering.render(list(paths.values()), out=folder / "again", jobs=1, timeout=60)
    return folder, dict(zip(paths, first, strict=True)), dict(zip(paths, second, strict=True)), said.getvalue()


@pytest.mark.parametrize("name", CASES)
def test_case(rendered, name):
    """It becomes what it should, its page shows what it must and hides what it must, and a second one is equal."""
    from minestats.render.provenance import reason

    folder, first, second, said = rendered
    case, made = CASES[name], first[name]

    assert made.state == case.state, made.error
    line = f"{made.name}: {reason(made.error)}" if made.error else ""
    assert re.search(case.error, line), line
    assert case.said in said
    if made.path.exists():
        page = made.path.read_text(encoding="utf-8")
        body = unescape(page)
        for text in case.shows:
            assert text in page or text in body, text
        for text in case.hides:
            text = str(folder) if text == "FOLDER" else text
            without_code = re.sub(r"<pre tabindex=\"0\"><code>.*?</code></pre>", "", page, flags=re.DOTALL)
            assert text not in (page if text in ("secret", str(folder)) else without_code), text
    if made.path.exists():
        for ending in (".html", ".ipynb"):
            one, other = (r.path.with_suffix(ending).read_bytes() for r in (made, second[name]))
            assert one == other, ending
    for file in case.there:
        assert (folder / f"c{list(CASES).index(name)}" / file).exists()


def test_the_time_of_a_report_covers_its_page(tmp_path, capsys):
    """Ten megabytes of markup take no longer than they may; the time-out is said."""
    path = tmp_path / "long.ipynb"
    path.write_text(book("from IPython.display import Markdown\nMarkdown('[' * 300_000)"))
    began = time.monotonic()
    [made] = rendering.render(path, out=tmp_path / "out", jobs=1, timeout=8)

    assert time.monotonic() - began < 30
    assert made.state in ("rendered", "failed")
    assert made.error is None or made.error["kind"] == "timeout"


@pytest.mark.slow
@pytest.mark.parametrize(("jobs", "engine"), [(1, "fork"), (2, "fork"), (6, "fork"), (2, "plain")])
def test_every_line_of_output_arrives(tmp_path, jobs, engine):
    """Kernels that print faster than anybody reads lose nothing, side by side."""
    source = (
        "# %%\nimport logging, sys\nlogging.basicConfig(stream=sys.stdout, level='INFO', format='%(message)s')\n"
        "for i in range(5000):\n    logging.info('row %d', i)\n"
    )
    paths = [tmp_path / f"n{number}.py" for number in range(min(jobs + 1, 6))]
    for path in paths:
        path.write_text(source)
    made = rendering.render(paths, out=tmp_path / "out", jobs=jobs, engine=engine, quiet=True)

    assert [r.state for r in made] == ["rendered"] * len(paths)
    for result in made:
        assert len(re.findall(r"^row \d+$", result.path.read_text(), re.MULTILINE)) in (4999, 5000)
        assert result.path.with_suffix(".ipynb").read_text().count('"row ') == 5000


def test_a_newer_half_of_a_pair_is_said(tmp_path, capsys):
    """The script is rendered, as asked for; that its twin was edited since is no secret."""
    import os

    (tmp_path / "nb.py").write_text("# %%\nprint('old')\n")
    (tmp_path / "nb.ipynb").write_text(book("print('new')"))
    os.utime(tmp_path / "nb.py", (1, 1))
    rendering.render(tmp_path / "nb.py", out=tmp_path / "out", jobs=1)
    assert "nb.ipynb is newer than nb.py, which is rendered, and differs from it" in capsys.readouterr().err

    (tmp_path / "nb.ipynb").write_text(book("print('old')"))
    rendering.render(tmp_path / "nb.py", out=tmp_path / "out", jobs=1, force=True)
    assert "newer" not in capsys.readouterr().err


def test_a_notebook_that_has_nothing_to_do_with_the_data_does_not_name_them(tmp_path):
    """Neither at the foot of its page nor in its record."""
    (tmp_path / "own.py").write_text("# %%\nprint(1)\n")
    (tmp_path / "ours.py").write_text("# %%\nimport minestats as ms\nprint(len(ms.load().districts))\n")
    own, ours = rendering.render([tmp_path / "own.py", tmp_path / "ours.py"], out=tmp_path / "out", jobs=1, quiet=True)

    assert json.loads(own.path.with_suffix(".json").read_text())["data"] is None
    assert "<dt>Data</dt>" not in own.path.read_text()
    assert json.loads(ours.path.with_suffix(".json").read_text())["data"]["name"]
    assert "<dt>Data</dt>" in ours.path.read_text()
