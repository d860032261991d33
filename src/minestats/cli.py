"""The `minestats` command.

Each command is one small function that imports what it needs when it is called, so that help is there at once. Exit
status: 0 all is well; 1 a report failed or the data are invalid; 2 the call is wrong; 130 or 143 stopped by a signal.
An error is said in words on standard error, never as a traceback.
"""

from __future__ import annotations

import sys
from typing import Any

import click

from minestats import __version__


class Commands(click.Group):
    """The group of commands; it turns every error into words and an exit status."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(self.commands)

    def main(self, *args: Any, **kwargs: Any) -> Any:
        for stream in (sys.stdout, sys.stderr):
            if hasattr(stream, "reconfigure"):
                stream.reconfigure(errors="backslashreplace")
        return super().main(*args, **kwargs)

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except (click.ClickException, click.exceptions.Exit, click.Abort):
            raise
        except KeyboardInterrupt as error:
            ctx.exit(int(getattr(error, "code", 130)))
        except BrokenPipeError:
            sys.stdout = None  # type: ignore[assignment]  # nobody reads any more
            ctx.exit(1)
        except Exception as error:
            ctx.exit(_said(error))


def _said(error: Exception) -> int:
    """Say an error in words; return the exit status."""
    from minestats.errors import MinestatsError, ParameterError

    if isinstance(error, MinestatsError):
        words = str(error)
    elif isinstance(error, OSError) and error.strerror:
        words = f"{error.filename}: {error.strerror}" if error.filename else error.strerror
    else:
        words = f"this is a mistake in minestats, please report it: {type(error).__name__}: {error}"
    for line in words.splitlines() or [type(error).__name__]:
        click.echo(f"minestats: {line}", err=True)
    return 2 if isinstance(error, ParameterError) else 1


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110})
@click.version_option(__version__, prog_name="minestats")
def main() -> None:
    """Statistics and reports on landmines: incidents, casualties, clearance."""


DATA = click.option(
    "--data", metavar="DIR", type=click.Path(), help="Data folder; the bundled data where there is none."
)
VALUES = click.option(
    "-p", "parameters", multiple=True, metavar="NAME=VALUE", help="Value of a parameter; can be repeated."
)


@main.command()
@click.argument("reports", nargs=-1, metavar="[REPORT]...")
@DATA
@click.option("--out", metavar="DIR", type=click.Path(), help="Output folder; 'reports' where there is none.")
@VALUES
@click.option("--by", multiple=True, metavar="PARAMETER", help="One report for each value; several multiply.")
@click.option("--plan", metavar="FILE", type=click.Path(), help="TOML file that says what to render.")
@click.option("--inputs", multiple=True, metavar="GLOB", help="Further files that the notebooks read; can be repeated.")
@click.option("--jobs", type=click.IntRange(min=1), metavar="N", help="Reports made side by side.")
@click.option("--format", type=click.Choice(["html", "pdf"]), default="html", show_default=True, help="pdf adds a PDF.")
@click.option("--brief", is_flag=True, help="Add a PDF of one or two pages: answer, tiles, figure.")
@click.option(
    "--timeout",
    type=click.FloatRange(min=0, min_open=True),
    default=600,
    show_default=True,
    metavar="SECONDS",
    help="Longest time for one report.",
)
@click.option("--retries", type=click.IntRange(min=0), metavar="N", help="Try again up to N times after any failure.")
@click.option("--force", is_flag=True, help="Render also what is up to date.")
@click.option(
    "--engine", type=click.Choice(["fork", "plain"]), default="fork", show_default=True, help="How kernels start."
)
@click.option("--memory", type=click.IntRange(min=1), metavar="MB", help="Most memory for the kernel of one report.")
@click.option(
    "--suppress", type=click.IntRange(min=2), metavar="N", help="Withhold counts below N by age, sex or settlement."
)
@click.option("--dask", metavar="ADDRESS", help="Scheduler of a Dask cluster that makes the reports.")
@click.option("--prune", is_flag=True, help="Remove reports that the plan does not name any more.")
@click.option("--quiet", is_flag=True, help="Say only what failed, on standard error.")
@click.pass_context
def render(
    ctx: click.Context, reports: tuple[str, ...], parameters: tuple[str, ...], dask: str | None, **options: Any
) -> None:
    """Render reports that are not up to date, and the index of all.

    REPORT is a name from `minestats list` or a path to a notebook; without any, all are rendered. A notebook is a
    program: render only those that you trust.

    \b
    minestats render
    minestats render trend -p district=Aghdam -p since=2022-01-01
    minestats render trend --by district --jobs 2
    """
    from minestats.render import render as make
    from minestats.render.parameters import assignments

    executor = None
    if options.pop("brief"):
        options["format"] = "brief"
    if dask:
        from minestats.render.dask import DaskExecutor

        executor = DaskExecutor(dask)
    try:
        results = make(list(reports) or None, parameters=assignments(parameters), executor=executor, **options)
    finally:
        if executor is not None:
            executor.close()
    ctx.exit(1 if any(result.state not in ("rendered", "unchanged") for result in results) else 0)


@main.command()
@click.argument("report", required=False, default="trend", metavar="[REPORT]")
@DATA
@VALUES
@click.option("--port", type=click.IntRange(0, 65535), default=0, metavar="N", help="Port on this machine; a free one.")
@click.option("--no-open", is_flag=True, help="Open no browser, only say the address.")
def preview(report: str, data: str | None, parameters: tuple[str, ...], port: int, no_open: bool) -> None:
    """Show a report in the browser, and render it again whenever its notebook or the data change.

    REPORT is a name from `minestats list` or a path to a notebook. Ctrl-C ends it.
    """
    from minestats.render.parameters import assignments
    from minestats.render.preview import preview as show

    show(report, data=data, parameters=assignments(parameters), port=port, show=not no_open, say=click.echo)


@main.command()
@click.argument("folder", required=False, default="reports", metavar="[DIR]", type=click.Path())
@click.pass_context
def status(ctx: click.Context, folder: str) -> None:
    """Say when the last run over DIR was and how it ended; exit status 1 where something needs attention.

    DIR is the output folder of `minestats render`; 'reports' where there is none.
    """
    from minestats.render.index import status as state

    lines, code = state(folder)
    for line in lines:
        click.echo(line)
    ctx.exit(code)


@main.command("list")
@click.argument("reports", nargs=-1, metavar="[REPORT]...")
@click.option("--format", "form", type=click.Choice(["text", "json"]), default="text", show_default=True)
def list_reports(reports: tuple[str, ...], form: str) -> None:
    """List reports: parameters, types, defaults, meaning."""
    from minestats.files import bundle_dir
    from minestats.render.parameters import read_notebook
    from minestats.render.plan import find_reports

    found = {name: read_notebook(path) for name, path in find_reports(reports, bundle_dir("notebooks")).items()}
    described = {
        name: {
            "title": book.title,
            "parameters": {
                p.name: {"type": p.type_text, "default": p.default, "limits": p.limits_text, "meaning": p.comment}
                for p in book.parameters.values()
            },
        }
        for name, book in found.items()
    }
    if form == "json":
        import json

        click.echo(json.dumps(described, indent=1, ensure_ascii=False))
        return
    for place, (name, book) in enumerate(found.items()):
        click.echo(("\n" if place else "") + f"{name}: {book.title}" if book.title != name else name)
        rows = [
            (p.name, p.type_text, _default(p.default), p.comment + (f" ({p.limits_text})" if p.limits_text else ""))
            for p in book.parameters.values()
        ]
        widths = [max(map(len, column)) for column in zip(*rows, strict=True)][:3] + [0]
        for row in rows:
            click.echo("  " + "  ".join(map(str.ljust, row, widths)).rstrip())
        if not rows:
            click.echo("  no parameters")


@main.command(short_help="Check data: problems and conflicts; exit status 1 if a row is invalid.")
@click.argument("folder", required=False, metavar="[DIR]", type=click.Path())
@click.option("--format", "form", type=click.Choice(["text", "csv", "json"]), default="text", show_default=True)
@click.option("--refresh", is_flag=True, help="First write sizes and hashes of changed files into datapackage.json.")
@click.pass_context
def check(ctx: click.Context, folder: str | None, form: str, refresh: bool) -> None:
    """Check data: problems and conflicts; exit status 1 where a row is invalid.

    DIR is a folder with datapackage.json; without it, the data that come with minestats.
    """
    from minestats.data.loading import load
    from minestats.data.package import refresh_package
    from minestats.registers.folder import check_expectations
    from minestats.report.checking import as_text, findings

    if refresh:
        from minestats.errors import ParameterError

        if not folder:
            raise ParameterError("--refresh needs the folder: minestats check DIR --refresh")
        refresh_package(folder)
    data = load(folder, strict=False)
    found = findings(data, check_expectations(data.path, data.tables) if data.path else ())
    if form == "csv":
        click.echo(found.to_csv(index=False), nl=False)
    elif form == "json":
        click.echo(found.to_json(orient="records", force_ascii=False, indent=1))
    else:
        click.echo(as_text(found))
    ctx.exit(1 if (found["severity"] == "error").any() else 0)


@main.command()
@click.argument("file", metavar="FILE", type=click.Path())
@click.option("--mapping", required=True, metavar="FILE", type=click.Path(), help="TOML file: which column is what.")
@click.option("--out", required=True, metavar="DIR", type=click.Path(), help="Data folder to write.")
def convert(file: str, mapping: str, out: str) -> None:
    """Convert a register (CSV, Excel, Parquet, GeoJSON, HXL) into a data folder.

    Nothing is written unless every row is valid; all problems are said at once.
    """
    from minestats.registers.folder import convert_command

    convert_command(file, mapping, out, say=click.echo)


@main.command()
@click.argument("folder", metavar="DIR", type=click.Path())
@click.option("--from", "register", metavar="FILE", type=click.Path(), help="A register: its mapping is proposed.")
def new(folder: str, register: str | None) -> None:
    """Make a folder to start from: empty tables, a commented mapping, a plan.

    With --from the mapping is proposed from the file: columns with their likely fields, words with their counts, and
    a "?" on each line that only a person can settle.
    """
    from minestats.registers.folder import new_command

    new_command(folder, register=register, say=click.echo)


@main.command()
@click.argument("files", nargs=-1, required=True, metavar="FILE...")
@click.option("--format", "form", type=click.Choice(["csv", "html"]), default="csv", show_default=True)
@click.option("--published", metavar="DATE", help="Day of publication; without it, the dateline of each article.")
@click.option("--districts", metavar="FILE", type=click.Path(), help="CSV of districts; else those of the data.")
@click.option("--data", metavar="DIR", type=click.Path(), help="Folder of the country; else the bundled one.")
@click.option("--with", "reader", metavar="COMMAND", help="Read with this program; its values are checked in the text.")
def extract(files: tuple[str, ...], form: str, published: str | None, **country: str | None) -> None:
    """Find candidate rows in news articles; a person confirms them.

    FILE is text or HTML, - is standard input. CSV on standard output, or a page on which rows are ticked and saved.
    """
    from minestats.articles.review import extract_command

    click.echo(extract_command(files, format=form, published=published, **country), nl=False)


@main.command()
@click.argument("file", metavar="FILE", type=click.Path())
@click.option("--to", required=True, metavar="DIR", type=click.Path(), help="Data folder to append to.")
@click.option("--source", default="", metavar="ID", help="Id of the page in `sources`; made where there is none.")
@click.option("--publisher", default="", metavar="NAME", help="Who published the page.")
@click.option("--published", default="", metavar="DATE", help="Day of publication.")
@click.option("--language", default="en", show_default=True, metavar="CODE", help="Language of the page.")
@click.option("--url", default="", metavar="URL", help="Address of the page.")
def add(file: str, to: str, **page: str) -> None:
    """Append confirmed candidates (the CSV of `extract`, reviewed) to a data folder.

    Exact duplicates are refused, contradictions with existing rows are said, and either all rows enter or none.
    """
    from minestats.articles.adding import add

    click.echo(str(add(file, to, **page)))


def _default(value: object) -> str:
    if value is None or value == "":
        return "(empty)"
    return str(value).lower() if isinstance(value, bool) else str(value)


if __name__ == "__main__":
    main(prog_name="minestats")
