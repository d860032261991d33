"""Figures: what they show (artists, words, colours), what they say when there is nothing, and that they repeat."""

from __future__ import annotations

import json
import subprocess
import sys
from base64 import b64decode
from io import BytesIO
from itertools import pairwise

import matplotlib as mpl
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest
import seaborn as sns
from hypothesis import given, settings
from hypothesis import strategies as st
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.collections import LineCollection, PolyCollection
from matplotlib.colors import to_hex, to_rgb
from matplotlib.dates import date2num
from matplotlib.text import Text
from PIL import Image

from minestats import plot, resolve_totals
from minestats.errors import DataError, ParameterError
from minestats.estimate import Estimate
from minestats.plot.bars import MANY
from minestats.plot.frame import bundle
from minestats.plot.over_time import METHODS
from minestats.plot.style import BAND, BLUE, COLOURS, HATCHES, UNKNOWN, VERMILION, shorten, width, wrap

LAWS = settings(max_examples=25, derandomize=True, deadline=None)


@pytest.fixture(autouse=True)
def _closed_figures():
    yield
    plt.close("all")


def months(first: str, *values, **columns) -> pd.DataFrame:
    """A made-up table of counts a month, in the types of `incidence`."""
    start = pd.date_range(first, periods=len(values), freq="MS").astype("datetime64[us]")
    table = pd.DataFrame({"period_start": start, "period_end": start + pd.offsets.MonthEnd(0)})
    table["count"] = pd.array(list(values), dtype="Int64")
    for name, column in columns.items():
        table[name] = pd.array(column, dtype="Int64")
    return table


def cleared() -> pd.DataFrame:
    """A made-up series with every way of obtaining a month."""
    return pd.DataFrame(
        {
            "month": pd.date_range("2024-01-01", periods=6, freq="MS"),
            "area_ha": [100.5, 80.0, 210.0, 120.0, 96.3, np.nan],
            "method": ["reported", "reported", "weeks", "difference", "allocated", "missing"],
            "low": [100, 80, 210, 120, 0, np.nan],
            "high": [100.5, 90, 210, 120, 1890.5, np.nan],
            "conflict": [False, True, False, False, False, False],
            "anti_personnel": [10.0, 4, np.nan, np.nan, np.nan, np.nan],
            "anti_personnel_method": ["reported", "reported", *["missing"] * 4],
        }
    )


def totals() -> pd.DataFrame:
    """Made-up totals, one of them lowered by a later one and one not usable."""
    return pd.DataFrame(
        {
            "as_of": pd.to_datetime(["2022-10-25", "2022-12-13", "2022-12-15", "2023-01-10"]),
            "victims": pd.array([266, 262, 262, 278], dtype="Int64"),
            "victims_published": pd.array([266, 268, 262, 278], dtype="Int64"),
            "used": [True, True, True, False],
        }
    )


def intervals() -> pd.DataFrame:
    """Two made-up intervals between totals, as `interval_rates` gives them; one end date is inferred."""
    return pd.DataFrame(
        {
            "scope": "national",
            "since": "2020-11-10",
            "start": pd.to_datetime(["2022-10-25", "2022-12-13"]),
            "end": pd.to_datetime(["2022-12-13", "2023-06-16"]),
            "days": pd.array([49, 185], dtype="Int64"),
            "count": pd.array([2, 36], dtype="Int64"),
            "rate": [14.908, 71.076],
            "low": [1.805, 49.781],
            "high": [53.853, 98.399],
            "inferred": [True, False],
        }
    )


def ratios() -> pd.DataFrame:
    """Made-up values by name: one stable, one without upper limit, one unknown."""
    return pd.DataFrame(
        {
            "district": ["Aghdam", "Fuzuli", "Lachin"],
            "value": [0.8, 2.0, None],
            "low": [0.4, 0.5, None],
            "high": [1.6, np.inf, None],
            "unstable": [False, True, True],
        }
    )


def fan(years: float = 4) -> pd.DataFrame:
    """A made-up forecast that ends after so many years."""
    month = np.arange(1, int(years * 12) + 1)
    left = 1000.0 * (1 - month / month[-1])
    return pd.DataFrame(
        {"month": month, "done": (month >= month[-1]) * 1.0, "p10": left * 0.9, "p50": left, "p90": left * 1.1}
    )


def places() -> pd.DataFrame:
    """Three districts, one of them without a place."""
    return pd.DataFrame(
        {
            "district": pd.array(["Aghdam", "Fuzuli", "Lachin", "Elsewhere"], dtype="string"),
            "latitude": pd.array([39.99, 39.60, 39.64, None], dtype="Float64"),
            "longitude": pd.array([46.93, 47.15, 46.55, None], dtype="Float64"),
        }
    )


DRAWN = {
    "incidence": lambda ax=None, **k: plot.incidence(months("2023-01-01", 2, 0, None, unknown=[0, 0, 2]), ax=ax, **k),
    "clearance": lambda ax=None, **k: plot.clearance(cleared(), ax=ax, **k),
    "cumulative": lambda ax=None, **k: plot.cumulative(totals(), ax=ax, **k),
    "rates": lambda ax=None, **k: plot.rates(intervals(), ax=ax, **k),
    "rates by name": lambda ax=None, **k: plot.rates(ratios(), label="district", ax=ax, **k),
    "trend": lambda ax=None, **k: plot.trend(
        months("2023-01-01", 4, 5, 1, 0), fitted=[4.0, 3, 2, 1], change=Estimate(2, 1, 3), provisional=1, ax=ax, **k
    ),
    "forecast": lambda ax=None, **k: plot.forecast(fan(), start="2026-04-01", ax=ax, **k),
    "forecasts": lambda ax=None, **k: plot.forecast({"high": fan(9), "low": fan(3)}, ax=ax, **k),
    "sources": lambda ax=None, **k: plot.sources(
        pd.DataFrame(
            {"published": ["2024-01-05", "2024-01-20", "2024-04-01", None], "type": ["week", "week", "month", ""]}
        ),
        ax=ax,
        **k,
    ),
    "map": lambda ax=None, **k: plot.map(places(), {"Aghdam": 31, "Fuzuli": 0, "Lachin": None}, ax=ax, **k),
}
EMPTY = {
    "incidence": lambda **k: plot.incidence(months("2023-01-01"), **k),
    "clearance": lambda **k: plot.clearance(cleared().iloc[5:], **k),
    "cumulative": lambda **k: plot.cumulative(totals().iloc[:0], **k),
    "rates": lambda **k: plot.rates(intervals().iloc[:0], **k),
    "rates by name": lambda **k: plot.rates(ratios().iloc[2:], label="district", **k),
    "trend": lambda **k: plot.trend(months("2023-01-01"), **k),
    "forecast": lambda **k: plot.forecast(fan().iloc[:0], **k),
    "sources": lambda **k: plot.sources(pd.DataFrame({"published": [None], "type": ["week"]}), **k),
    "map": lambda **k: plot.map(places(), {}, **k),
}
every = pytest.mark.parametrize("name", DRAWN)
every_empty = pytest.mark.parametrize("name", EMPTY)


def found(ax, gid: str) -> list:
    """All artists of that name in the axes."""
    return [artist for artist in ax.get_children() if artist.get_gid() == gid]


def boxes(ax, gid: str) -> list[tuple[float, ...]]:
    """The bars of that name, read from their outline: left, lower end, width, height of each."""
    result = []
    for outline in found(ax, gid):
        [path] = outline.get_paths()
        level = [(*sorted((a[0], b[0])), a[1]) for a, b in pairwise(path.vertices) if a[1] == b[1]]
        edges = np.unique(path.vertices[:, 0])
        for left, right in zip(edges[::2], edges[1::2], strict=True):
            ends = [y for low, high, y in level if low < (left + right) / 2 < high]
            result.append((left, min(ends), right - left, max(ends) - min(ends)))
    return result


def heights(ax, gid: str) -> list[float]:
    """Heights of the bars of that name."""
    return [bar[3] for bar in boxes(ax, gid)]


def words(ax) -> list[str]:
    """All texts that the figure shows."""
    ax.figure.canvas.draw()
    return [text.get_text() for text in ax.figure.findobj(Text) if text.get_visible() and text.get_text()]


def in_view(tick) -> bool:
    """Whether the tick lies within the limits of its axis, so that its label is drawn."""
    low, high = sorted(tick.axes.get_xlim() if tick.__name__ == "xtick" else tick.axes.get_ylim())
    return low <= tick.get_loc() <= high


def caption(ax) -> str:
    """The caption in one line."""
    return " ".join(text.get_text().replace("\n", " ") for text in found(ax, "caption"))


# --- every figure


@every
def test_axes_in_axes_out(name):
    """Given axes are drawn in and returned, and no figure is made; other things are refused."""
    ax = plt.figure().add_subplot()
    open_figures = plt.get_fignums()

    assert DRAWN[name](ax) is ax
    assert plt.get_fignums() == open_figures
    with pytest.raises(ParameterError, match="`ax` must be a matplotlib Axes or None, not str"):
        DRAWN[name]("axes")


@every
def test_settings_of_matplotlib_stay(name):
    """No figure changes the global settings."""
    plt.figure()
    before = dict(mpl.rcParams)

    plot.png(DRAWN[name]())

    assert dict(mpl.rcParams) == before


@every
def test_title_source_and_description(name):
    """Title and source are drawn as given, and the description opens with the title."""
    ax = DRAWN[name](title="A finding, in words", source="Source, n = 4")

    assert found(ax, "title")[0].get_text() == "A finding, in words"
    assert caption(ax).startswith("Source, n = 4.")
    assert plot.alt_text(ax).startswith("A finding, in words. ")
    assert plot.alt_text(ax).endswith(".")
    assert "nan" not in plot.alt_text(ax).lower().split()


@every
def test_axes_carry_units(name):
    """Each figure names its unit on an axis."""
    ax = DRAWN[name]() if name == "clearance" else DRAWN[name](unit="things counted")

    said = f"{ax.get_ylabel()} {ax.get_xlabel()}"
    assert ("hectares" if name == "clearance" else "things counted") in said


@every
def test_nothing_is_cut_off(name):
    """All texts lie within the figure, also long ones, and tick labels do not overlap."""
    ax = DRAWN[name](
        title="A long finding about many districts, months and operators " * 3, source="A long source " * 20
    )
    canvas = ax.figure.canvas
    canvas.draw()
    edge = ax.figure.bbox

    hidden = [tick.label1 for axis in (ax.xaxis, ax.yaxis) for tick in axis.get_major_ticks() if not in_view(tick)]
    for text in ax.figure.findobj(Text):
        if text.get_visible() and text.get_text() and text not in hidden:
            box = text.get_window_extent()
            assert box.x0 >= 0, text
            assert box.x1 <= edge.width + 1, text
            assert box.y0 >= 0, text
            assert box.y1 <= edge.height + 1, text
    for axis in (ax.xaxis, ax.yaxis):
        boxes = [t.get_window_extent() for t in axis.get_ticklabels() if t.get_text() and t.get_visible()]
        pairs = [(a, b) for i, a in enumerate(boxes) for b in boxes[i + 1 :]]
        assert not [1 for a, b in pairs if a.overlaps(b)]


@every
def test_pictures_repeat(name):
    """Two drawings of the same data give the same bytes, 792 pixels wide, without a program's name, on white."""
    first, second = plot.png(DRAWN[name](title="T")), plot.png(DRAWN[name](title="T"))

    assert first == second
    with Image.open(BytesIO(first)) as image:
        assert image.width == 792
        assert image.info.get("Software") is None
        assert image.convert("RGB").getpixel((1, 1)) == (255, 255, 255)
    assert len(first) < 30_000


def test_pictures_repeat_in_another_process():
    """Another process, time zone, order of hashing and settings of the user give the same bytes."""
    code = (
        "import sys, pandas as pd, matplotlib as mpl; mpl.rcParams.update({'font.size': 20, 'axes.facecolor': 'red'});"
        "from minestats import plot;"
        "t = pd.DataFrame({'period_start': ['2023-01-01', '2023-02-01'], 'period_end': ['2023-01-31', '2023-02-28'],"
        " 'count': [2, 3], 'by': ['a', 'b']});"
        "sys.stdout.buffer.write(plot.png(plot.incidence(t, by='by')))"
    )
    runs = [
        subprocess.run([sys.executable, "-c", code], capture_output=True, check=True, env=env).stdout
        for env in ({"PYTHONHASHSEED": "1", "TZ": "UTC"}, {"PYTHONHASHSEED": "2", "TZ": "Pacific/Auckland"})
    ]
    table = months("2023-01-01", 2, 3)
    table["by"] = ["a", "b"]

    assert runs[0] == runs[1] == plot.png(plot.incidence(table, by="by"))


@every_empty
def test_no_data_is_said_in_words(name):
    """Nothing to draw gives axes that say so, with title and source, and no error."""
    ax = EMPTY[name](title="Lachin", source="n = 0")

    assert any(text.startswith("no data: ") for text in words(ax))
    assert plot.alt_text(ax).startswith("Lachin. No data: ")
    assert "Lachin" in words(ax)
    assert plot.png(ax)[:4] == b"\x89PNG"


@every_empty
def test_missing_column(name):
    """A table without the columns is refused with their names."""
    calls = {
        "rates by name": lambda t: plot.rates(t, label="district"),
        "map": lambda t: plot.map(t, {"Aghdam": 1}),
        "sources": lambda t: plot.sources(t),
    }
    call = calls.get(name) or getattr(plot, name)

    with pytest.raises(DataError, match="column"):
        call(pd.DataFrame({"x": [1]}))
    with pytest.raises(ParameterError, match="must be a pandas DataFrame, not list"):
        call([1])


@every
def test_markup_is_plain_text(name):
    """Dollar signs and tags in titles, sources and units are drawn as they are."""
    odd = "$x^2$ <script>alert(1)</script>"
    unit = {} if name == "clearance" else {"unit": odd}
    ax = DRAWN[name](title=odd, source=odd, **unit)

    assert not [text for text in ax.figure.findobj(Text) if "$" in text.get_text() and text.get_parse_math()]
    assert odd in " ".join(words(ax)).replace("\n", " ")
    assert odd in plot.alt_text(ax)
    assert len(plot.png(ax)) > 1000


def test_names_with_markup_are_plain_text():
    """A district called like a formula is drawn as it is, on every figure that shows names."""
    odd = "$\\frac{1$ <b>"
    table = months("2023-01-01", 1, 2).assign(name=[odd, "b"])
    named = places().assign(district=[odd, "b", "c", "d"])
    figures = [
        plot.incidence(table, by="name"),
        plot.rates(ratios().assign(district=[odd, "b", "c"]), label="district"),
        plot.sources(pd.DataFrame({"published": ["2024-01-05"], "type": [odd]})),
        plot.map(named, {odd: 3}),
        plot.forecast({odd: fan(), "b": fan(2)}),
        plot.cumulative(totals().assign(scope=[odd, odd, "b", "b"])),
    ]

    for ax in figures:
        assert any(odd in text for text in words(ax))
        assert not [text for text in ax.figure.findobj(Text) if "$" in text.get_text() and text.get_parse_math()]


@pytest.mark.parametrize("name", ["incidence", "clearance", "cumulative", "rates"])
def test_typed_and_read_tables_look_alike(name):
    """A table read from text, with empty cells and float counts, gives the same picture, and neither is changed."""
    table = {
        "incidence": months("2023-01-01", 2, 0, None, unknown=[0, 0, 2]),
        "clearance": cleared(),
        "cumulative": totals(),
        "rates": intervals(),
    }[name]
    read = pd.read_csv(BytesIO(table.to_csv(index=False).encode()), dtype=object, keep_default_na=False)
    kept = read.copy(deep=True), table.copy(deep=True)
    draw = getattr(plot, name)

    assert plot.png(draw(read)) == plot.png(draw(table))
    pd.testing.assert_frame_equal(read, kept[0])
    pd.testing.assert_frame_equal(table, kept[1])


def test_colours_are_apart():
    """Bars of different methods differ in colour and in hatch, and no two colours of groups are alike in grey."""
    drawn = [method for method in METHODS if method != "missing"]

    assert len({METHODS[m][0] for m in METHODS}) == len({METHODS[m][1] for m in METHODS}) == len(METHODS)
    assert len({HATCHES[i] for i in range(6)}) == 6
    assert len(set(COLOURS)) == len(COLOURS)
    assert UNKNOWN not in COLOURS
    assert {METHODS[m][0] for m in drawn} <= set(COLOURS)
    r, g, b = to_rgb(UNKNOWN)
    assert max(r, g, b) - min(r, g, b) < 0.06


# --- notebooks


def test_show_in_a_real_notebook(tmp_path):
    """`show` gives one picture with its description and size; a figure that is not shown is described too."""
    import nbformat
    from nbclient import NotebookClient

    make = (
        "import pandas as pd\nfrom minestats import plot\n"
        "t = pd.DataFrame({'period_start': ['2023-01-01'], 'period_end': ['2023-01-31'], 'count': [2]})\n"
    )
    cells = [make + "plot.show(plot.incidence(t, unit='incidents', title='T'))", "plot.incidence(t, unit='incidents');"]
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(cell) for cell in cells])
    NotebookClient(notebook, kernel_name="python3", resources={"metadata": {"path": str(tmp_path)}}).execute()
    [shown], [left] = (cell.outputs for cell in notebook.cells)
    text = "Bar chart of incidents a month, January 2023 to January 2023; 2 in all; highest 2, in January 2023."

    assert shown.output_type == "display_data"
    assert shown.data["text/plain"] == f"T. {text}"
    narrow = shown.metadata["image/png"].pop("narrow")
    assert shown.metadata["image/png"] == {"alt": f"T. {text}", "width": 792, "height": 286}
    with Image.open(BytesIO(b64decode(narrow["png"]))) as image:
        assert image.size == (2 * narrow["width"], 2 * narrow["height"]) == (726, 2 * narrow["height"])
    assert left.data["text/plain"] == text
    assert left.metadata["image/png"]["alt"] == text


def test_bundle_of_several_axes():
    """Axes that share a figure are described together; foreign axes have no description."""
    figure, (one, two, three) = plt.subplots(1, 3)
    plot.clearance(cleared(), ax=one, title="One")
    plot.rates(intervals(), ax=two, title="Two")

    data, metadata = bundle(figure)

    assert data["text/plain"].startswith("One. ")
    assert " Two. " in data["text/plain"]
    assert metadata["image/png"] == {"alt": data["text/plain"], "width": 640, "height": 480}
    assert plot.alt_text(three) == ""


# --- what users of seaborn expect


@every
def test_narrow_variant_cuts_nothing_off(name):
    """The figure for a phone shows the same data and description, and all its texts lie within it."""
    wide = DRAWN[name](title="A long finding about many districts", source="A long source " * 9)
    figure = wide.figure.again()
    [ax] = figure.axes
    FigureCanvasAgg(figure).draw()

    assert figure.get_size_inches()[0] == 3.3
    assert plot.alt_text(ax) == plot.alt_text(wide)
    assert {artist.get_gid() for artist in ax.get_children()} >= {
        artist.get_gid() for artist in wide.get_children() if artist.get_gid() != "scale words"
    }
    hidden = [tick.label1 for axis in (ax.xaxis, ax.yaxis) for tick in axis.get_major_ticks() if not in_view(tick)]
    for text in figure.findobj(Text):
        if text.get_visible() and text.get_text() and text not in hidden:
            box = text.get_window_extent()
            assert -1 <= box.x0 <= box.x1 <= figure.bbox.width + 1, text
            assert -1 <= box.y0 <= box.y1 <= figure.bbox.height + 1, text


@every
def test_height_and_aspect(name):
    """A new figure has the height asked for, and a width that is a multiple of it; axes of one's own have theirs."""
    assert DRAWN[name](height=5, aspect=1.5).figure.get_size_inches().tolist() == [7.5, 5]
    assert DRAWN[name](height=5).figure.get_size_inches().tolist() == [7.2, 5]
    with pytest.raises(ParameterError, match="`height` must be a number above 0 and below 100, not -1"):
        DRAWN[name](height=-1)
    with pytest.raises(ParameterError, match="`aspect` is that of a new figure: give it without `ax`"):
        DRAWN[name](plt.figure().add_subplot(), aspect=2)
    with pytest.raises(ParameterError, match=r"`height` 0\.2 leaves no room beside the texts; give more than"):
        DRAWN[name](height=0.2)


@every
def test_palettes_are_those_of_seaborn(name):
    """A palette is a name or a list; what is none is refused; no colour of the default palette is left."""
    colours = {to_hex(c) for c in sns.color_palette("flare", 7)} if name != "sources" else set()

    def used(ax) -> set[str]:
        artists = [a for a in ax.get_children() if a.get_gid() not in (None, "swatch", "key")]
        found = [getattr(a, "get_color", getattr(a, "get_facecolor", list))() for a in artists]
        return {to_hex(c) for cs in found for c in (cs if np.ndim(cs) == 2 else [cs]) if np.size(c)}

    drawn = used(DRAWN[name](palette=[*colours] or "flare"))

    assert name == "sources" or drawn & colours
    assert BLUE not in drawn
    with pytest.raises(ParameterError, match="`palette`"):
        DRAWN[name](palette="no such palette")


def test_palette_by_name():
    """A mapping gives each group its colour; a group that it forgets is named."""
    table = months("2023-01-01", 1, 2).assign(name=["a", "b"])

    ax = plot.incidence(table, by="name", palette={"b": "red", "a": "lime"})

    assert [to_hex(found(ax, name)[0].get_facecolor()[0]) for name in "ab"] == ["#00ff00", "#ff0000"]
    with pytest.raises(ParameterError, match="`palette` has no colour for 'b'"):
        plot.incidence(table, by="name", palette={"a": "red"})


def test_own_axes_get_the_house_style():
    """Axes that a user brings lose their box and get the grid, and the colours of the text, as ours have."""
    ax = plot.incidence(months("2023-01-01", 2, 3), ax=plt.figure().add_subplot())
    ours = plot.incidence(months("2023-01-01", 2, 3))

    for get in (
        lambda ax: [(name, spine.get_visible(), to_hex(spine.get_edgecolor())) for name, spine in ax.spines.items()],
        lambda ax: [line.get_visible() for line in ax.get_ygridlines()],
        lambda ax: [line.get_visible() for line in ax.get_xgridlines()],
        lambda ax: [(label.get_color(), label.get_size()) for label in (*ax.get_xticklabels(), ax.yaxis.label)],
    ):
        assert get(ax) == get(ours)


def test_save(tmp_path):
    """A file has the description inside and the same bytes each time; another ending is refused."""
    for ending, inside in ((".png", b"iTXtDescription"), (".svg", b"Bar chart of"), (".pdf", b"%PDF")):
        ax = plot.incidence(months("2023-01-01", 2, 3), unit="incidents")
        for name in ("a", "b"):
            plot.save(ax, tmp_path / (name + ending))
        first = (tmp_path / ("a" + ending)).read_bytes()

        assert inside in first
        assert first == (tmp_path / ("b" + ending)).read_bytes()
    with Image.open(tmp_path / "a.png") as image:
        assert image.info["Description"] == plot.alt_text(ax)
    with pytest.raises(ParameterError, match=r"`path` must end in '\.png', '\.svg' or '\.pdf', not 'a\.gif'"):
        plot.save(ax, tmp_path / "a.gif")


def test_periods_that_overlap_are_refused():
    """Months and their year cannot be stacked side by side: the first period that overlaps is named."""
    table = pd.DataFrame({"period_start": ["2023-01-01"] * 2, "period_end": ["2023-01-31", "2023-12-31"], "count": 1})

    with pytest.raises(DataError, match="the period from 2023-01-01 overlaps the next one"):
        plot.incidence(table)


# --- incidence


def test_bars_cover_their_periods():
    """A bar is as high as its count and as wide as its days; a period that is cut is narrower; zero is no height."""
    table = months("2023-01-01", 3, 0, 2)
    table.loc[0, "period_start"] = pd.Timestamp("2023-01-22")

    ax = plot.incidence(table, unit="incidents")

    assert heights(ax, "count") == [3, 0, 2]
    bars = boxes(ax, "count")
    assert [round(bar[2] / 0.88) for bar in bars] == [10, 28, 31]
    assert bars[1][0] + bars[1][2] / 2 == pytest.approx(date2num(pd.Timestamp("2023-02-15")))
    assert ax.get_ylabel() == "incidents a month"
    assert not found(ax, "missing")


def test_unknown_counts_are_grey_and_above():
    """Incidents of unknown count stand in grey above the known count, and a period without any is never a zero bar."""
    ax = plot.incidence(months("2023-01-01", 2, None, None, unknown=[1, 2, 0]), unit="people killed")

    assert [bar[3] for bar in boxes(ax, "unknown")] == [1, 2]
    assert [bar[1] for bar in boxes(ax, "unknown")] == [2, 0]
    assert to_hex(found(ax, "unknown")[0].get_facecolor()[0]) == UNKNOWN
    assert heights(ax, "count") == [2, 0]
    [band] = found(ax, "missing")
    assert to_hex(band.get_facecolor()) == BAND
    assert band.get_x() == date2num(pd.Timestamp("2023-03-01"))
    assert "3 incidents with unknown count, in grey; 1 month not known, in grey" in plot.alt_text(ax)


def test_undated_incidents_are_told():
    """Rows without a period are told in the caption and in the description."""
    table = pd.concat([months("2023-01-01", 2), pd.DataFrame({"count": [4], "incidents": [3]})], ignore_index=True)

    ax = plot.incidence(table, unit="incidents")

    assert "3 incidents fit no single month and are not drawn." in caption(ax)
    assert "3 incidents fit no single month and are not drawn." in plot.alt_text(ax)
    assert heights(ax, "count") == [2]


def test_only_undated_incidents():
    """Where no incident has a period the figure says how many there are."""
    ax = plot.incidence(pd.DataFrame({"period_start": [None], "period_end": [None], "count": [2], "incidents": [2]}))

    assert "2 incidents fit no single period" in plot.alt_text(ax)


@LAWS
@given(
    st.lists(st.tuples(st.integers(0, 5), st.sampled_from("abcdefghij"), st.integers(0, 9)), min_size=1, max_size=40)
)
def test_stacks_add_up(rows):
    """Whatever the groups, the stacks of a period add to its counts, and no stack hides another."""
    table = pd.DataFrame(rows, columns=["at", "group", "count"])
    table["period_start"] = pd.Timestamp("2023-01-01") + pd.to_timedelta(table["at"] * 7, unit="D")
    table["period_end"] = table["period_start"] + pd.Timedelta(days=6)

    ax = plot.incidence(table, by="group")
    groups = dict.fromkeys(bars.get_gid() for bars in ax.findobj(PolyCollection))
    tops: dict[float, float] = {}
    for group in groups:
        for left, low, _, high in boxes(ax, group):
            assert low == pytest.approx(tops.get(round(left, 3), 0))
            tops[round(left, 3)] = low + high
    sums = table.groupby("period_start")["count"].sum()
    plt.close(ax.figure)

    assert list(dict(sorted(tops.items())).values()) == pytest.approx(list(sums))
    assert len(groups) <= 7


def test_groups_have_colour_and_hatch():
    """Each group has a colour, a hatch and a key; a missing group is named, the rest are one."""
    table = pd.concat(
        [months("2023-01-01", n).assign(district=d) for d, n in zip("abcdefg", range(9, 2, -1), strict=True)]
    )
    table = pd.concat([table, months("2023-01-01", 8).assign(district=None)])

    ax = plot.incidence(table, by="district", unit="incidents")

    assert [bars.get_gid() for bars in ax.findobj(PolyCollection)] == [
        "a",
        "not stated",
        "b",
        "c",
        "d",
        "e",
        "other (2)",
    ]
    assert heights(ax, "other (2)") == [4 + 3]
    assert [bars.get_hatch() or "" for bars in ax.findobj(PolyCollection)] == list(HATCHES)


def test_many_bars_are_one_object():
    """Days of several years are drawn as one object."""
    start = pd.date_range("2020-01-01", periods=MANY + 1)
    ax = plot.incidence(pd.DataFrame({"period_start": start, "period_end": start, "count": 1}))

    assert len(found(ax, "count")) == 1
    assert heights(ax, "count") == [1] * (MANY + 1)
    assert ax.get_ylabel() == "count a day"


def test_duplicate_labels_lose_no_row():
    """A table whose index repeats is drawn whole."""
    table = pd.concat([months("2023-01-01", 2), months("2023-02-01", 3), pd.DataFrame({"count": [1]})])

    assert heights(plot.incidence(table), "count") == [2, 3]


# --- clearance


def test_methods_are_seen():
    """Each method has its colour, hatch and key; a month without a figure is a grey band and no bar."""
    ax = plot.clearance(cleared())

    for method, (colour, hatch) in METHODS.items():
        if method == "missing":
            continue
        [bars] = found(ax, method)
        assert to_hex(bars.get_facecolor()[0]) == colour
        assert (bars.get_hatch() or "") == hatch
    assert heights(ax, "reported") == [100.5, 80.0, 0, 0, 0]
    assert heights(ax, "allocated") == [0, 0, 0, 0, 96.3]
    [band] = found(ax, "missing")
    assert (band.get_x(), band.get_width()) == (date2num(pd.Timestamp("2024-06-01")), 30)
    assert {"reported (2)", "weeks (1)", "difference (1)", "allocated (1)", "missing (1)"} <= set(words(ax))
    assert plot.alt_text(ax) == (
        "Bar chart of hectares cleared a month, January 2024 to June 2024; highest 210 ha in March 2024 (weeks); "
        "2 months reported, 1 added up from weeks, 1 from running totals, 1 shared out of a longer period, 1 missing, "
        "statements differ in 1 month."
    )


def test_ranges_and_conflicts():
    """Low to high is a line, cut with a triangle where it leaves the axes; differing statements have a mark."""
    ax = plot.clearance(cleared())
    [lines] = found(ax, "range")
    ends = [tuple(segment[:, 1]) for segment in lines.get_segments()]

    top = ax.get_ylim()[1]
    assert isinstance(lines, LineCollection)
    assert ends == [(100, 100.5), (80, 90), (0, pytest.approx(top))]
    assert len(found(ax, "beyond")[0].get_xdata()) == 1
    [mark] = found(ax, "conflict")
    assert len(mark.get_xdata()) == 1
    assert mark.get_markeredgecolor() == VERMILION


def test_counts_of_mines():
    """A count column is drawn with its own methods and without the ranges of the area."""
    ax = plot.clearance(cleared(), measure="anti_personnel")

    assert heights(ax, "reported") == [10, 4]
    assert not found(ax, "range")
    assert ax.get_ylabel() == "anti-personnel mines found a month"
    [band] = found(ax, "missing")
    assert band.get_width() == 31 + 30 + 31 + 30


def test_a_method_without_a_value_is_missing():
    """A month that names a method but has no figure is a grey band, not a bar."""
    ax = plot.clearance(cleared().assign(method="reported"))

    assert len(boxes(ax, "reported")) == 5
    assert len(found(ax, "missing")) == 1
    assert "5 months reported, 1 missing" in plot.alt_text(ax)


@pytest.mark.parametrize(
    ("change", "error", "message"),
    [
        ({"measure": "area"}, ParameterError, "`measure` must be one of 'area_ha'.*did you mean 'area_ha'"),
        ({"method": "guessed"}, DataError, "method 'guessed' is not one of 'reported'"),
        ({"month": "2024-01-01"}, DataError, "January 2024 appears more than once.*select one operator"),
        ({"month": None}, DataError, "6 values of 'month' are no calendar date"),
        ({"area_ha": -1}, DataError, "values of 'area_ha' cannot be a count"),
    ],
)
def test_clearance_refuses(change, error, message):
    """Unknown measures and methods, repeated or missing months and negative areas are refused with a remedy."""
    table = cleared().assign(**{k: v for k, v in change.items() if k != "measure"})

    with pytest.raises(error, match=message):
        plot.clearance(table, measure=change.get("measure", "area_ha"))


# --- cumulative


def test_staircase_and_lowered_totals():
    """Resolved totals are a staircase; a total that a later one lowered is marked at its published height."""
    ax = plot.cumulative(totals(), unit="casualties")
    [line] = found(ax, "line")
    [lowered], [unused] = found(ax, "lowered"), found(ax, "unused")

    assert line.get_drawstyle() == "steps-post"
    assert list(line.get_ydata()) == [266, 262, 262]
    assert list(lowered.get_ydata()) == [268]
    assert list(lowered.get_xdata()) == [date2num(pd.Timestamp("2022-12-13"))]
    assert list(unused.get_ydata()) == [278]
    assert unused.get_markeredgecolor() == UNKNOWN
    assert found(ax, "last")[0].get_text() == "262"


def test_published_totals_that_fall_have_no_line():
    """Totals as published get a line only where they never fall; the lower one is marked."""
    raw = pd.DataFrame({"as_of": ["2022-12-13", "2022-12-15", "2022-12-16", None], "victims": [268, 278, 276, 300]})

    ax = plot.cumulative(raw)

    assert not found(ax, "line")
    assert list(found(ax, "lowered")[0].get_ydata()) == [276]
    assert "1 total without a date not drawn." in caption(ax)
    assert found(plot.cumulative(raw.iloc[:2]), "line")


def test_series_are_apart():
    """Each scope and start has its own line and key; starts within a month are one once the totals are resolved."""
    table = pd.DataFrame(
        {
            "scope": ["national"] * 4,
            "since": ["2020-11-10", "2020-11-30", "2023-01-01", "2023-01-01"],
            "as_of": ["2022-01-01", "2022-06-01", "2023-03-01", "2023-06-01"],
            "authority": "anama",
            "victims": [200, 220, 5, 9],
        }
    )

    ax = plot.cumulative(resolve_totals(table))

    assert sorted(list(line.get_ydata()) for line in found(ax, "line")) == [[5, 9], [200, 220]]
    assert {"National since 10 November 2020: 220", "National since 1 January 2023: 9"} <= set(words(ax))


def test_more_series_than_can_be_told_apart():
    """Six series are drawn, and a note says how many are not."""
    table = pd.DataFrame({"scope": list("abcdefgh"), "as_of": "2022-01-01", "victims": range(1, 9)})

    ax = plot.cumulative(table)

    assert len(found(ax, "line")) == 6
    assert "2 more series with fewer totals not drawn." in caption(ax)


def test_running_totals_of_clearance():
    """Statements of clearance are drawn by the end of their period."""
    ax = plot.cumulative(
        pd.DataFrame({"period_end": ["2022-01-31", "2022-02-28"], "area_ha": [100.5, 120]}), value="area_ha"
    )

    assert list(found(ax, "line")[0].get_ydata()) == [100.5, 120]
    assert ax.get_ylabel() == "area ha, running total"


# --- rates


def test_segments_lie_over_their_days():
    """A rate is a segment over the days counted, with its interval as a band; an inferred end makes it thin."""
    ax = plot.rates(intervals(), unit="casualties")
    one, two = found(ax, "rate")
    bands = [band.get_paths()[0].get_extents() for band in found(ax, "band")]

    assert list(one.get_ydata()) == [14.908] * 2
    assert list(one.get_xdata()) == [date2num(pd.Timestamp(d)) for d in ("2022-10-26", "2022-12-14")]
    assert two.get_xdata()[0] == one.get_xdata()[1]
    assert (bands[0].y0, bands[0].y1) == pytest.approx((1.805, 53.853))
    assert one.get_linewidth() < two.get_linewidth()
    assert ax.get_ylabel() == "casualties a year"
    assert "1 interval with an inferred end date" in plot.alt_text(ax)


@pytest.mark.parametrize(
    ("days", "words"), [(7, "a week"), (365.25, "a year"), (365.25 / 12, "a month"), (100, "in 100 days")]
)
def test_unit_of_time_is_read_from_the_table(days, words):
    """What `per_days` was is read from count, days and rate, not assumed."""
    table = intervals()
    factor = days / 365.25
    table[["rate", "low", "high"]] = table[["rate", "low", "high"]] * factor

    assert plot.rates(table, unit="casualties").get_ylabel() == f"casualties {words}"


def test_a_limit_beyond_the_axis_is_told():
    """A short interval with a very high limit is cut with a triangle and a note, so that the others can be read."""
    table = intervals()
    table.loc[0, "high"] = 3358.5

    ax = plot.rates(table)

    assert ax.get_ylim()[1] < 300
    assert len(found(ax, "beyond")) == 1
    assert "Upper limits beyond the axis in 1 interval (triangles), at most 3,358" in caption(ax)


def test_dots_and_whiskers():
    """Rows by name keep their order, unstable ones are hollow, unknown ones say so, endless ones have an arrow."""
    ax = plot.rates(ratios(), label="district", unit="rate ratio", reference=1)
    ax.figure.canvas.draw()

    assert [tick.get_text() for tick in ax.get_yticklabels()] == ["Aghdam", "Fuzuli", "Lachin"]
    assert ax.get_ylim()[0] > ax.get_ylim()[1]
    assert [dot.get_xdata()[0] for dot in found(ax, "value")] == [0.8, 2.0]
    assert [dot.get_markerfacecolor() for dot in found(ax, "value")] == [BLUE, "white"]
    assert list(found(ax, "interval")[0].get_xdata()) == [0.4, 1.6]
    assert len(found(ax, "beyond")) == 1
    assert found(ax, "missing")[0].get_text() == "not known"
    assert found(ax, "reference")[0].get_xdata()[0] == 1
    assert "2.0 (0.5 to no limit)" in words(ax)
    assert "Lachin not known. A line marks 1." in plot.alt_text(ax)


def test_log_axis():
    """Ratios may have a logarithmic axis; a zero goes off its end with an arrow. Rates over time may not."""
    table = ratios().assign(value=[0.0, 2.0, None], low=[0.0, 0.5, None])

    ax = plot.rates(table, label="district", log=True, reference=1)

    assert ax.get_xscale() == "log"
    assert len(found(ax, "beyond")) == 2
    assert len(found(ax, "value")) == 1
    with pytest.raises(ParameterError, match="`log` needs `label`"):
        plot.rates(intervals(), log=True)


def test_rates_that_are_no_numbers():
    """Words among the rates are refused with the column and the word."""
    with pytest.raises(DataError, match="rates: column 'low' has 'n/a'"):
        plot.rates(ratios().assign(low="n/a"), label="district")


# --- trend and forecast


def test_trend_draws_what_it_is_given():
    """The fitted line goes through the middles of the periods, the change lies between two of them."""
    table = months("2023-01-01", 4, 5, 1, 0)
    fitted = pd.DataFrame({"value": [4.0, 3, 2, 1], "low": [3.0, 2, 1, 0], "high": [5.0, 4, 3, 2]}, index=table.index)

    ax = plot.trend(table, fitted=fitted, change=Estimate(2, 1, 3), unit="incidents", provisional=1)
    [line] = found(ax, "fitted")

    assert list(line.get_ydata()) == [4, 3, 2, 1]
    assert line.get_xdata()[0] == date2num(pd.Timestamp("2023-01-16 12:00"))
    assert found(ax, "change")[0].get_xdata()[0] == date2num(pd.Timestamp("2023-03-01"))
    [shade] = found(ax, "change interval")
    assert shade.get_x() == date2num(pd.Timestamp("2023-02-01"))
    assert shade.get_width() == 28 + 31
    assert heights(ax, "count") == [4, 5, 1, 0]
    assert heights(plot.trend(months("2023-01-01", 4, 5, 2), provisional=1), "provisional") == [0, 0, 2]
    assert found(ax, "band")
    assert "the rate changes after February 2023 (interval: January 2023 to March 2023)" in plot.alt_text(ax)
    assert plot.alt_text(ax).endswith("the last month is provisional.")


def test_fitted_values_follow_the_index():
    """A fitted series is matched by its index, wherever the rows stand; a wrong length is refused."""
    table = months("2023-01-01", 4, 5, 1).set_axis([7, 8, 9])
    fitted = pd.Series([1.0, 2.0, 3.0], index=[9, 7, 8])

    ax = plot.trend(table, fitted=fitted)

    assert list(found(ax, "fitted")[0].get_ydata()) == [2, 3, 1]
    with pytest.raises(ParameterError, match="`fitted` must have one value for each of the 3 rows of the table, not 2"):
        plot.trend(table, fitted=[1, 2])


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ({"change": Estimate(9, 1, 3)}, ParameterError, "`change` says 9 periods before it, but there are 3"),
        ({"provisional": -1}, ParameterError, "`provisional` must be a whole number of periods, 0 or more, not -1"),
        ({"table": pd.concat([months("2023-01-01", 1)] * 2)}, DataError, "from 2023-01-01 appears more than once"),
    ],
)
def test_trend_refuses(arguments, error, message):
    """A change outside the periods, a negative number of months and repeated periods are refused."""
    arguments = {"table": months("2023-01-01", 4, 5, 1), **arguments}

    with pytest.raises(error, match=message):
        plot.trend(arguments.pop("table"), **arguments)


def test_fan_and_its_end():
    """The band goes from p10 to p90, the line is the median, and a dot stands where half of the runs are done."""
    ax = plot.forecast(fan(2), start="2026-04-01")
    [median], [half] = found(ax, "median"), found(ax, "half done")

    assert median.get_ydata()[0] == pytest.approx(1000 * 23 / 24)
    assert median.get_xdata()[0] == date2num(pd.Timestamp("2026-05-01"))
    assert half.get_xdata()[0] == date2num(pd.Timestamp("2028-04-01"))
    assert found(ax, "band")[0].get_paths()[0].get_extents().y1 == pytest.approx(1100 * 23 / 24)
    assert "half of the runs are done by March 2028" in plot.alt_text(ax)


def test_exactly_half_is_half():
    """The first month with just half of the runs done is the median."""
    ax = plot.forecast(fan(1).assign(done=[0.0] * 5 + [0.5] * 6 + [1.0]))

    assert found(ax, "half done")[0].get_xdata()[0] == 0.5
    assert "half of the runs are done after 6 months" in plot.alt_text(ax)


def test_a_forecast_that_does_not_end():
    """Where fewer than half of the runs end, the description says so and no dot is drawn."""
    ax = plot.forecast(fan(2).assign(done=0.25, p50=5.0))

    assert not found(ax, "half done")
    assert "fewer than half of the runs are done within 24 months (25%)" in plot.alt_text(ax)
    assert ax.get_xlabel() == "years from now"


def test_too_many_scenarios():
    """More scenarios than colours are refused; a start that is no date too."""
    with pytest.raises(ParameterError, match="at most 7 scenarios can be drawn, not 8"):
        plot.forecast({str(i): fan() for i in range(8)})
    with pytest.raises(ParameterError, match="`start` must be a date"):
        plot.forecast(fan(), start="April")


# --- sources


def test_squares_by_kind_and_month():
    """Each kind has a square for each month with statements; months without any are grey; undated ones are told."""
    table = pd.DataFrame(
        {
            "published": ["2024-01-05", "2024-01-20", "2024-03-01", "2024-01-09", None],
            "type": ["week", "week", "week", None, "week"],
        }
    )

    ax = plot.sources(table)

    [squares] = found(ax, "squares")
    kinds = [tick.get_text() for tick in ax.get_yticklabels()]
    # between two squares lies a gap
    drawn = dict(zip(kinds, squares.get_array()[::2, ::2].filled(0).tolist(), strict=True))
    assert drawn == {"week": [2, 0, 1], "not stated": [1, 0, 0]}
    assert squares.get_array().sum() == 4
    [band] = found(ax, "missing")
    assert (band.get_x(), band.get_width()) == (date2num(pd.Timestamp("2024-02-01")), 29)
    assert "1 statement without a date not drawn." in caption(ax)


def test_counted_statements_give_the_same():
    """A table already counted gives the picture of the rows."""
    rows = pd.DataFrame({"month": ["2024-01-01"] * 3 + ["2024-02-01"], "type": ["week", "week", "month", "week"]})
    counted = rows.value_counts().rename("statements").reset_index()

    assert plot.png(plot.sources(rows)) == plot.png(plot.sources(counted))


def test_rare_kinds_are_one_row():
    """Beyond twelve kinds the rarest are one row, and nothing is lost."""
    table = pd.DataFrame({"published": "2024-01-05", "publisher": [f"p{i}" for i in range(20)]})

    alt = plot.alt_text(plot.sources(table))

    assert "20 in all" in alt
    assert "9 other (9)" in alt


# --- map


def test_area_of_a_circle_is_its_figure():
    """Four times the figure is twice the diameter; unknown is a grey ring, zero a cross, no entry a grey dot."""
    ax = plot.map(places().iloc[:3], pd.Series({"Aghdam": 40, "Fuzuli": 10}))
    big, small = found(ax, "value Aghdam")[0], found(ax, "value Fuzuli")[0]

    assert big.get_markersize() == pytest.approx(2 * small.get_markersize())
    assert found(ax, "no figure Lachin")
    ax = plot.map(places().iloc[:3], pd.Series({"Aghdam": 40, "Fuzuli": 0, "Lachin": pd.NA}, dtype="Int64"))
    assert found(ax, "zero Fuzuli")[0].get_marker() == "x"
    assert found(ax, "unknown Lachin")[0].get_markerfacecolor() == "white"
    assert plot.alt_text(ax) == "Map of incidents in 3 districts: Aghdam 40, Fuzuli 0, Lachin not known."


def test_figures_without_a_place_are_told():
    """Figures of no district, of an unknown one and of one without coordinates are in the note."""
    table = pd.DataFrame({"district": ["Aghdam", None, "Nowhere", "Elsewhere"], "value": [1, 2, 3, None]})

    note = caption(plot.map(places(), table))

    assert "Not on the map: 2 without a district, Elsewhere (not known), Nowhere (3)." in note


def test_labels_of_all_districts_are_apart(data):
    """With all districts of the data no two labels overlap, all lie within the figure, and names stand as given."""
    districts = data.districts
    values = pd.Series(range(1, len(districts) + 1), index=districts["district"].astype(str))

    ax = plot.map(districts, values)
    ax.figure.canvas.draw()
    labels = [text for text in ax.texts if (text.get_gid() or "").startswith("label ")]
    boxes = [label.get_window_extent() for label in labels]

    assert {label.get_gid().removeprefix("label ") for label in labels} == set(districts["district"])
    assert not [1 for i, a in enumerate(boxes) for b in boxes[i + 1 :] if a.padded(-1.5).overlaps(b.padded(-1.5))]
    assert all(box.x0 >= 0 and box.x1 <= ax.figure.bbox.width for box in boxes)


def test_scale_bar_is_true():
    """The scale bar is as long as it says at the middle latitude, and the aspect is that of the ground."""
    ax = plot.map(places(), {"Aghdam": 1})
    [bar], [label] = found(ax, "scale"), found(ax, "scale words")
    degrees = np.diff(bar.get_xdata())[0]
    middle = np.radians(np.mean(ax.get_ylim()))

    # 111.195 km: a degree of latitude on a sphere of 6371 km.
    assert float(label.get_text().split()[0]) == pytest.approx(degrees * 111.195 * np.cos(middle))
    box = ax.get_window_extent()
    per_x, per_y = box.width / np.ptp(ax.get_xlim()), box.height / np.ptp(ax.get_ylim())
    assert per_x / per_y == pytest.approx(np.cos(middle), rel=0.01)


SQUARE = [[46.0, 39.0], [47.5, 39.0], [47.5, 40.5], [46.0, 39.0]]


@pytest.mark.parametrize(
    "geometry",
    [
        {"type": "Polygon", "coordinates": [SQUARE]},
        {"type": "MultiPolygon", "coordinates": [[SQUARE]]},
        {"type": "LineString", "coordinates": SQUARE},
        {
            "type": "FeatureCollection",
            "features": [{"type": "Feature", "geometry": {"type": "Polygon", "coordinates": [SQUARE]}}],
        },
        {"type": "GeometryCollection", "geometries": [{"type": "MultiLineString", "coordinates": [SQUARE]}]},
    ],
)
def test_boundaries_only_as_supplied(geometry, tmp_path):
    """No boundary is drawn unless it is supplied; GeoJSON objects and files are drawn as they are."""
    path = tmp_path / "lines.geojson"
    path.write_text(json.dumps(geometry), encoding="utf-8")

    [lines] = found(plot.map(places(), {"Aghdam": 1}, boundaries=geometry), "boundary")

    assert lines.get_segments()[0].tolist() == SQUARE
    assert not found(plot.map(places(), {"Aghdam": 1}), "boundary")
    assert found(plot.map(places(), {"Aghdam": 1}, boundaries=path), "boundary")


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ({"boundaries": {"type": "Point", "coordinates": [1, 2]}}, DataError, "has no line and no polygon"),
        ({"boundaries": {"type": "LineString", "coordinates": [[500000, 4400000]] * 2}}, DataError, "in degrees"),
        ({"boundaries": {"type": "Polygon", "coordinates": None}}, DataError, "lists of longitude and latitude"),
        ({"boundaries": "nowhere.geojson"}, DataError, "'nowhere.geojson' is no readable GeoJSON file"),
        ({"boundaries": 5}, ParameterError, "`boundaries` must be GeoJSON .*, not int"),
        ({"values": {"Aghdam": -1}}, DataError, "values: Aghdam has -1; the area of a circle needs"),
        ({"values": [1, 2]}, ParameterError, "`values` must be a Series, a mapping or a DataFrame, not list"),
        ({"values": pd.Series([1, 2], index=["Aghdam"] * 2)}, DataError, "values: 'Aghdam' more than once"),
        ({"districts": places().assign(latitude=99)}, DataError, "districts: Aghdam has latitude 99"),
        ({"districts": places().assign(district="Aghdam")}, DataError, "districts: 'Aghdam' more than once"),
    ],
)
def test_map_refuses(arguments, error, message):
    """Broken GeoJSON, negative figures, names twice and places off the earth are refused with the value."""
    arguments = {"districts": places(), "values": {"Aghdam": 1}, **arguments}

    with pytest.raises(error, match=message):
        plot.map(arguments.pop("districts"), arguments.pop("values"), **arguments)


# --- words


@LAWS
@given(st.text(alphabet="abc WM$ı", max_size=80), st.floats(0.3, 3))
def test_wrapping_loses_no_letter(text, room):
    """Wrapped lines hold all letters in order, and no line of more than one letter is wider than the room."""
    lines = wrap(text, room, 10)

    assert "".join("".join(lines).split()) == "".join(text.split())
    assert all(width(line, 10) <= room or len(line) == 1 for line in lines)


@LAWS
@given(st.text(alphabet="abc WM", min_size=1, max_size=40), st.floats(0.3, 3))
def test_shortened_text_fits(text, room):
    """A shortened text fits, and is the text itself where that fits."""
    short = shorten(text, room, 10)

    assert width(short, 10) <= room
    assert short == text or (short.endswith("…") and text.startswith(short[:-1]))


def test_drawing_is_imported_late():
    """Drawing is imported only when it is asked for: the package itself loads no matplotlib."""
    code = "import sys, minestats; sys.exit('matplotlib' in sys.modules)"

    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_seaborn_is_imported_without_what_no_figure_of_ours_needs_and_still_draws_all_of_its_own():
    code = """
import sys
import matplotlib

matplotlib.use("agg")
import minestats as ms
from minestats import plot

plot.trend(ms.incidence(ms.load().incidents, interval="month"))
assert "seaborn" in sys.modules and not {"scipy.stats", "scipy.optimize", "ipywidgets"} & sys.modules.keys()

import numpy as np
import seaborn as sns

numbers = np.random.default_rng(0).normal(size=(12, 3))
assert len(sns.kdeplot(x=numbers[:, 0], cumulative=True).lines) == 1
assert sorted(sns.clustermap(numbers).dendrogram_row.reordered_ind) == list(range(12))
import scipy.stats

assert scipy.stats.poisson.pmf(0, 1) > 0.3
"""
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stderr
