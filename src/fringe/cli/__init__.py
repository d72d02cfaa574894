"""The command line: read, call the public function, write.

Results go to standard output or ``-o``, everything else to standard error. Exit codes: 0 fine, 1 the data have
problems, 2 wrong usage.
"""

from __future__ import annotations

import os
import sys
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any

import typer

from fringe.cli.draw import draw
from fringe.cli.finding import finding
from fringe.cli.report import export, reporting
from fringe.cli.terminal import (
    Lang,
    On,
    Output,
    Overwrite,
    StudyPath,
    busy,
    exit_by,
    help_text,
    open_study,
    say,
    speak,
)
from fringe.errors import FringeError, FringeWarning
from fringe.model import words

app = typer.Typer(
    help=help_text("about"),
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)
importer = typer.Typer(help=help_text("import"), no_args_is_help=True)
app.add_typer(importer, name="import")
app.add_typer(reporting, name="report")
app.add_typer(finding, name="finding")
app.command(help=help_text("export"))(export)
app.command(name="map", help=help_text("map"))(draw)


@app.command(help=help_text("demo"))
def demo(
    output: Annotated[Path, typer.Option("--output", "-o", help=help_text("output_folder"))] = Path("fringe-demo"),
    lang: Lang = None,
) -> None:
    """Make the sample's map and tables in a folder."""
    from fringe import sample
    from fringe.reports.tables import write_table

    speak(lang)
    if output.exists() and not output.is_dir():
        say("not_a_folder", path=output)
        raise typer.Exit(2)
    output.mkdir(parents=True, exist_ok=True)
    study = open_study(sample(), lang)
    language = study.lang
    with busy("measuring"):
        figures = study.figures(total=True)
        write_table(figures, output / "zones.xlsx", lang=language)
        write_table(figures, output / "zones.csv", lang=language)
    with busy("drawing"):
        study.map().save(output / "map.html")
    say("demo_done", map=(output / "map.html").resolve(), table=(output / "zones.xlsx").resolve())
    typer.echo(str((output / "map.html").resolve()))


@app.command(help=help_text("init"))
def init(
    folder: Annotated[Path, typer.Argument(help=help_text("folder"), show_default=False)],
    *,
    overwrite: Overwrite = False,
) -> None:
    """Write a study.toml for a folder of GIS files."""
    from fringe.io.files import put_whole
    from fringe.io.propose import propose

    text, problems = propose(folder)
    target = folder / "study.toml"
    if target.exists() and not overwrite:
        say("exists", path=target)
        raise typer.Exit(2)
    with put_whole(target) as made:
        made.write_text(text, encoding="utf-8")
    for found in problems:
        typer.echo(found.render(), err=True)
    say("init_done", path=target)
    typer.echo(str(target))


@app.command(help=help_text("check"))
def check(
    study: StudyPath,
    *,
    kind: Annotated[str | None, typer.Option("--kind", help=help_text("kind"), show_default=False)] = None,
    output: Output = None,
    lang: Lang = None,
) -> None:
    """List all problems of a study, or of one layer file."""
    from fringe.model.problem import errors_of, table
    from fringe.reports.tables import write_problems

    problems = _problems(study, kind, lang)
    if output:
        write_problems(table(problems), output)
    else:
        for found in problems:
            typer.echo(f"[{words.value('severity', found.severity)}] {found.render()}")
    severities = ("error", "warning", "repaired", "note")
    say("check_done", **{name: sum(found.severity == name for found in problems) for name in severities})
    if errors_of(problems):
        raise typer.Exit(1)


@app.command(help=help_text("table"))
def table(
    study: StudyPath,
    *,
    per: Annotated[str | None, typer.Option("--per", help=help_text("per"), show_default=False)] = None,
    indicators: Annotated[
        str | None, typer.Option("--indicators", help=help_text("indicators"), show_default=False)
    ] = None,
    on: On = None,
    output: Output = None,
    lang: Lang = None,
) -> None:
    """Print or write the figures of the zones with a row for all, or indicators of the zones by name."""
    from fringe.reports.tables import labelled, write_table

    if per and indicators:
        raise typer.BadParameter(words.text("cli.per_or_indicators"))
    opened = open_study(study, lang)
    column = _column(opened.zones, per)
    with busy("measuring"):
        if indicators:
            names = None if indicators == "all" else [name.strip() for name in indicators.split(",")]
            figures = opened.indicators(names, on)
        else:
            figures = opened.figures(on, per=column, total=True)
        if column is None:
            figures.insert(0, "name", opened.zones["name"].reindex(figures.index))
    if output:
        write_table(figures, output, zones=opened.zones, lang=opened.lang)
        say("written", path=output.resolve())
    else:
        labelled(figures, opened.lang).to_csv(sys.stdout)
    exit_by(opened)


@importer.command(name="osm", help=help_text("import_osm"))
def import_osm(
    path: Annotated[Path, typer.Argument(help=help_text("osm_file"), show_default=False)],
    *,
    output: Annotated[Path, typer.Option("--output", "-o", help=help_text("output_study"), show_default=False)],
    admin_level: Annotated[int, typer.Option("--admin-level", help=help_text("admin_level"))] = 8,
    title: Annotated[str | None, typer.Option("--title", help=help_text("title"), show_default=False)] = None,
    overwrite: Overwrite = False,
) -> None:
    """Make a study of an OpenStreetMap extract, in one GeoPackage, with a list of what was left out."""
    from fringe import Study, read_osm

    with busy("reading"):
        found = read_osm(path, admin_level=admin_level)
        study = Study.from_layers(
            found, title=title or path.name.split(".")[0], attribution="© OpenStreetMap contributors"
        )
    with busy("writing"):
        study.save(output, overwrite=overwrite)
    left_out = output.with_suffix(".problems.csv")
    found["problems"].to_csv(left_out, index=False, encoding="utf-8-sig")
    say("osm_done", path=output.resolve(), problems=left_out.resolve(), count=len(found["problems"]))
    typer.echo(str(output.resolve()))


def _problems(path: Path, kind: str | None, lang: str | None) -> list[Any]:
    """Return the problems of a study, or of a file of layers."""
    from fringe.io.opening import file_problems
    from fringe.io.store import is_study

    speak(lang)
    if path.is_dir() or path.suffix.lower() == ".toml" or is_study(path):
        return open_study(path, lang).all_problems()
    with busy("reading"):
        return file_problems(path, kind)


def _column(zones: Any, given: str | None) -> str | None:
    """Return a column of the zones by its name or its label in either language."""
    labels = {words.label(str(name), lang): str(name) for name in zones.columns for lang in ("zh", "en")}
    return labels.get(given, given) if given else None


def _plain_warnings(show: Callable[..., None]) -> Callable[..., None]:
    """Show warnings of fringe as sentences, others as Python does."""

    def shown(message: Any, category: Any, *rest: Any, **more: Any) -> None:
        if issubclass(category, FringeWarning):
            typer.echo(str(message), err=True)
        else:
            show(message, category, *rest, **more)

    return shown


def main(arguments: list[str] | None = None) -> None:
    """Run the command line; problems of the data are said in words and end with exit code 1."""
    for stream in (sys.stdout, sys.stderr):
        # A Windows console may not know every character of a village's name.
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="replace")
    before = os.environ.get("FRINGE_LANG")
    with warnings.catch_warnings():
        # The same words may be due again in another run of the same process.
        warnings.simplefilter("always", FringeWarning)
        warnings.showwarning = _plain_warnings(warnings.showwarning)
        try:
            app(args=arguments)
        except FringeError as error:
            typer.echo(error.render(), err=True)
            sys.exit(1)
        except OSError as error:
            typer.echo(words.text("cli.os_error", reason=error), err=True)
            sys.exit(1)
        finally:
            os.environ.pop("FRINGE_LANG", None)
            if before is not None:
                os.environ["FRINGE_LANG"] = before
