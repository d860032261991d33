"""Reports from notebooks: `render` runs them with checked parameters and writes pages that stand on their own.

papermill runs the notebooks; this package adds parameters that are checked before anything starts, kernels that start
at once, many reports side by side, the decision what is up to date, a record of what went in, and the pages. Nothing
but the standard library is imported until a report is made: a notebook can import `report_info` for nothing.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from minestats.render._progress import Interrupted
    from minestats.render.batch import Result

__all__ = ["Interrupted", "Result", "render", "report_info"]

FORMATS = ("html", "pdf", "brief")
ENGINES = ("fork", "plain")


def render(
    reports: Sequence[str | Path] | str | Path | None = None,
    *,
    data: str | Path | None = None,
    out: str | Path | None = None,
    parameters: Mapping[str, Any] | None = None,
    by: Iterable[str] | str = (),
    plan: str | Path | None = None,
    jobs: int | None = None,
    format: str = "html",
    timeout: float = 600,
    retries: int | None = None,
    force: bool = False,
    engine: str = "fork",
    quiet: bool = False,
    executor: Any = None,
    memory: int | None = None,
    suppress: int | None = None,
    inputs: Iterable[str] | str = (),
    prune: bool = False,
) -> list[Result]:
    """Render reports that are not up to date, and the index of all.

    Every name and value is checked before anything is started. A report that fails stops no other: the result says
    what went wrong, and its last good page stays.

    Parameters
    ----------
    reports : str, path or sequence of them, optional
        Names (see `minestats list`) or paths of notebooks. Without any: those of the plan, else all that come with
        the package.
    data : path, optional
        Data folder; the bundled data where there is none.
    out : path, optional
        Output folder; that of the plan, else "reports".
    parameters : mapping, optional
        Values by name, the same for every report.
    by : str or iterable of str
        Parameters to make one report for each value of; several multiply.
    plan : path, optional
        TOML file of the same; what is given here wins over it.
    jobs : int, optional
        Reports made side by side; as many as cores and memory allow where not given. With 1 all is done in this
        process.
    format : str
        "html", "pdf" for a PDF beside it, or "brief" for one that ends with the first figure.
    timeout : float
        Seconds for one report, the start of its kernel included.
    retries : int, optional
        How often any failure is tried again. Without it: once, and only where a kernel or worker was lost.
    force : bool
        Render also what is up to date.
    engine : str
        "fork", or "plain" for ordinary kernels.
    quiet : bool
        Say only what failed.
    executor : concurrent.futures.Executor, optional
        Where to make the reports instead of own workers: `submit` gets a function and its input, both of which can be
        pickled. It is not shut down. A worker elsewhere needs the package and the data folder at the same path.
    memory : int, optional
        Megabytes that the kernel of one report may take, what it imports included (some 370); beyond, its cell fails
        with a `MemoryError`. Linux only; no limit where not given.
    suppress : int, optional
        Counts of people from 1 to below this number are withheld in tables by age, sex or settlement, and others that
        would give them away; 2 or more. A report that cannot do so is refused.
    inputs : str or iterable of str
        Patterns of further files that the notebooks read: a report is made again when one of them changes. Files below
        a notebook's folder that Python opens, and imported modules, are seen without.
    prune : bool
        Remove the reports of the output folder that the plan does not name any more; only with a whole `plan`.

    Returns
    -------
    list of Result
        One for each report, in the order of the call: `report`, `slug`, `state` ("rendered", "unchanged", "failed"),
        `path`, `parameters`, `error`, `seconds`, `attempts`.

    Raises
    ------
    ParameterError
        A name, a value or an option is wrong. All errors come together, one a line, before anything is started.
    OutputError
        The output folder cannot be written, or another run held it for an hour.
    ExecutorLost
        A cluster cannot be reached any more; what it had made is kept.
    Interrupted
        A signal ended the run; a `KeyboardInterrupt` with the exit status as `code` and the `results` so far.

    Notes
    -----
    It runs whatever a notebook says: render only notebooks that you trust. Data need no trust.

    Examples
    --------
    >>> render("trend", parameters={"distrct": "Aghdam"})
    Traceback (most recent call last):
    minestats.errors.ParameterError: ...
    """
    from minestats.errors import ParameterError, check_choice
    from minestats.render.plan import read_plan
    from minestats.render.plan import tasks as plan_tasks

    check_choice("format", format, FORMATS)
    check_choice("engine", engine, ENGINES)
    if not isinstance(timeout, int | float) or isinstance(timeout, bool) or not 0 < timeout < float("inf"):
        raise ParameterError(f"`timeout` must be a number above 0, not {timeout!r}. [option]")
    for name, value, least in (
        ("jobs", jobs, 1),
        ("retries", retries, 0),
        ("memory", memory, 1),
        ("suppress", suppress, 2),
    ):
        if value is not None and not (isinstance(value, int) and not isinstance(value, bool) and value >= least):
            raise ParameterError(f"`{name}` must be a whole number, {least} or more, not {value!r}. [option]")
    if memory is not None and not sys.platform.startswith("linux"):
        raise ParameterError("`memory` limits a running process, which only Linux can: leave it out. [memory]")
    if executor is not None and not callable(getattr(executor, "submit", None)):
        raise ParameterError(
            f"`executor` must have the `submit` of concurrent.futures, not {type(executor).__name__}. [option]"
        )
    names = [reports] if isinstance(reports, str | Path) else list(reports or ())
    read = read_plan(plan) if plan is not None else None
    whole = read is not None and not names and not parameters and not by
    if prune and not whole:
        raise ParameterError(
            "`prune` removes what a plan does not name: give the whole --plan, without reports or -p. [prune]"
        )
    if data is None and read is not None:
        data = read.data
    if out is None:
        out = read.out if read is not None and read.out is not None else "reports"
    todo = plan_tasks(
        [str(name) for name in names] or None,
        by=(by,) if isinstance(by, str) else tuple(by),
        parameters=parameters,
        plan=read,
        data_dir=data,
        suppress=suppress,
        inputs=(inputs,) if isinstance(inputs, str) else tuple(inputs),
    )
    if format != "html":
        from minestats.render.pdf import pdf_tool

        pdf_tool()
    from minestats.render.batch import Batch

    return Batch(
        todo,
        data=None if data is None else Path(data).absolute(),
        out=Path(out),
        jobs=jobs,
        format=format,
        timeout=float(timeout),
        retries=retries,
        force=force,
        engine=engine,
        quiet=quiet,
        executor=executor,
        memory=memory,
        planned=[task.name for task in todo] if whole else None,
        prune=prune,
    ).run()


def report_info(*, title: str | None = None, period: object = None, as_of: object = None) -> None:
    """State title, period and as-of date of a report, by showing them in its notebook.

    They head the page and stand in its record. They come from the data, never from the clock.

    Parameters
    ----------
    title : str, optional
        Title; the first top heading where there is none.
    period : str, date or pair of them, optional
        First and last day counted.
    as_of : str or date, optional
        Day up to which the data speak.

    Notes
    -----
    Shown is an output of the type `application/vnd.minestats.report+json`, which pages leave out, with the same in
    words. Outside a notebook the words are printed.

    Examples
    --------
    >>> report_info(title="Trend", period=("2020-11-10", "2026-10-31"), as_of="2026-10-31")
    Trend, 2020-11-10 to 2026-10-31, as of 2026-10-31
    >>> report_info()
    no title, period or as-of date stated
    """
    stated: dict[str, Any] = {"title": None if title is None else str(title)}
    stated |= {"period": _texts(period), "as_of": _text(as_of)}
    period = " to ".join(stated["period"]) if isinstance(stated["period"], list) else stated["period"]
    parts = [stated["title"], period, stated["as_of"] and f"as of {stated['as_of']}"]
    words = ", ".join(filter(None, parts)) or "no title, period or as-of date stated"
    shell = sys.modules["IPython"].get_ipython() if "IPython" in sys.modules else None
    if shell is None:
        print(words)
        return
    from IPython.display import display

    from minestats.files import ABOUT

    display({ABOUT: {name: value for name, value in stated.items() if value}, "text/plain": words}, raw=True)


def _text(value: Any) -> str | None:
    """A day as ISO text; other text as it is."""
    if value is None or value != value:  # NaT and NaN differ from themselves
        return None
    if hasattr(value, "strftime"):
        return value.strftime("%Y-%m-%d")
    return str(value) or None


def _texts(value: Any) -> str | list[str] | None:
    if isinstance(value, list | tuple):
        return [text for text in map(_text, value) if text] or None
    return _text(value)


def __getattr__(name: str) -> Any:
    if name in ("Interrupted", "Result"):
        from minestats.render import batch

        return getattr(batch, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
