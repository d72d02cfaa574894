"""The command line: read, call the public function, write.

Results go to standard output or ``-o``, everything else to standard error. Exit codes: 0 fine, 1 the data have
problems, 2 wrong usage.
"""

from __future__ import annotations

import os
import sys
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from fringe.errors import FringeError, FringeWarning
from fringe.model import words

if TYPE_CHECKING:
    from fringe.study import Study


def _help(key: str) -> str:
    return words.text(f"cli.{key}")


app = typer.Typer(
    help=_help("about"),
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)
importer = typer.Typer(help=_help("import"), no_args_is_help=True)
app.add_typer(importer, name="import")

StudyPath = Annotated[Path, typer.Argument(help=_help("study"), show_default=False)]
Output = Annotated[Path | None, typer.Option("--output", "-o", help=_help("output"), show_default=False)]


def _known_lang(lang: str | None) -> str | None:
    if lang not in {None, "zh", "en"}:
        raise typer.BadParameter(words.text("cli.lang_unknown", value=lang))
    return lang


Lang = Annotated[str | None, typer.Option("--lang", help=_help("lang"), show_default=False, callback=_known_lang)]
On = Annotated[str | None, typer.Option("--on", help=_help("on"), show_default=False)]
Overwrite = Annotated[bool, typer.Option("--overwrite", help=_help("overwrite"))]


@app.command(help=_help("demo"))
def demo(
    output: Annotated[Path, typer.Option("--output", "-o", help=_help("output_folder"))] = Path("fringe-demo"),
    lang: Lang = None,
) -> None:
    """Make the sample's map and tables in a folder."""
    from fringe import sample
    from fringe.reports.tables import write_table

    _speak(lang)
    if output.exists() and not output.is_dir():
        _say("not_a_folder", path=output)
        raise typer.Exit(2)
    output.mkdir(parents=True, exist_ok=True)
    study = _open(sample(), lang)
    language = study.lang
    with _busy("measuring"):
        figures = study.figures(total=True)
        write_table(figures, output / "zones.xlsx", lang=language)
        write_table(figures, output / "zones.csv", lang=language)
    with _busy("drawing"):
        study.map().save(output / "map.html")
    _say("demo_done", map=(output / "map.html").resolve(), table=(output / "zones.xlsx").resolve())
    typer.echo(str((output / "map.html").resolve()))


@app.command(help=_help("init"))
def init(
    folder: Annotated[Path, typer.Argument(help=_help("folder"), show_default=False)],
    *,
    overwrite: Overwrite = False,
) -> None:
    """Write a study.toml for a folder of GIS files."""
    from fringe.io.files import put_whole
    from fringe.io.propose import propose

    text, problems = propose(folder)
    target = folder / "study.toml"
    if target.exists() and not overwrite:
        _say("exists", path=target)
        raise typer.Exit(2)
    with put_whole(target) as made:
        made.write_text(text, encoding="utf-8")
    for found in problems:
        typer.echo(found.render(), err=True)
    _say("init_done", path=target)
    typer.echo(str(target))


@app.command(help=_help("check"))
def check(
    study: StudyPath,
    *,
    kind: Annotated[str | None, typer.Option("--kind", help=_help("kind"), show_default=False)] = None,
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
    _say("check_done", **{name: sum(found.severity == name for found in problems) for name in severities})
    if errors_of(problems):
        raise typer.Exit(1)


@app.command(help=_help("table"))
def table(
    study: StudyPath,
    *,
    per: Annotated[str | None, typer.Option("--per", help=_help("per"), show_default=False)] = None,
    on: On = None,
    output: Output = None,
    lang: Lang = None,
) -> None:
    """Print or write the figures of the zones, with a row for all."""
    from fringe.reports.tables import labelled, write_table

    opened = _open(study, lang)
    column = _column(opened.zones, per)
    with _busy("measuring"):
        figures = opened.figures(on, per=column, total=True)
        if column is None:
            figures.insert(0, "name", opened.zones["name"].reindex(figures.index))
    if output:
        write_table(figures, output, zones=opened.zones, lang=opened.lang)
        _say("written", path=output.resolve())
    else:
        labelled(figures, opened.lang).to_csv(sys.stdout)
    _exit_by(opened)


@app.command(name="map", help=_help("map"))
def draw(
    study: StudyPath,
    *,
    shade: Annotated[str, typer.Option("--shade", help=_help("shade"))] = "covered_share",
    on: On = None,
    output: Annotated[Path, typer.Option("--output", "-o", help=_help("output_map"))] = Path("map.html"),
    lang: Lang = None,
) -> None:
    """Write the meeting map of a study as one file that needs no network."""
    opened = _open(study, lang)
    with _busy("drawing"):
        opened.map(on, shade).save(output)
    _say("written", path=output.resolve())
    typer.echo(str(output.resolve()))
    _exit_by(opened)


@importer.command(name="osm", help=_help("import_osm"))
def import_osm(
    path: Annotated[Path, typer.Argument(help=_help("osm_file"), show_default=False)],
    *,
    output: Annotated[Path, typer.Option("--output", "-o", help=_help("output_study"), show_default=False)],
    admin_level: Annotated[int, typer.Option("--admin-level", help=_help("admin_level"))] = 8,
    title: Annotated[str | None, typer.Option("--title", help=_help("title"), show_default=False)] = None,
    overwrite: Overwrite = False,
) -> None:
    """Make a study of an OpenStreetMap extract, in one GeoPackage, with a list of what was left out."""
    from fringe import Study, read_osm

    with _busy("reading"):
        found = read_osm(path, admin_level=admin_level)
        study = Study.from_layers(
            found, title=title or path.name.split(".")[0], attribution="© OpenStreetMap contributors"
        )
    with _busy("writing"):
        study.save(output, overwrite=overwrite)
    left_out = output.with_suffix(".problems.csv")
    found["problems"].to_csv(left_out, index=False, encoding="utf-8-sig")
    _say("osm_done", path=output.resolve(), problems=left_out.resolve(), count=len(found["problems"]))
    typer.echo(str(output.resolve()))


def _open(path: Path, lang: str | None) -> Study:
    """Open a study that speaks the language asked for, and let everything else speak it too."""
    from fringe import Study

    _speak(lang)
    with _busy("reading"):
        study = Study.open(path)
    if lang:
        study = replace(study, meta={**study.meta, "lang": lang})
    _speak(study.lang)
    return study


def _exit_by(study: Study) -> None:
    """End with 1 if the data have errors: a figure may be missing from what was just written."""
    from fringe.model.problem import errors_of

    if errors_of(study.all_problems()):
        _say("has_errors")
        raise typer.Exit(1)


def _problems(path: Path, kind: str | None, lang: str | None) -> list[Any]:
    """Return the problems of a study, or of a file of layers."""
    from fringe.io.opening import file_problems
    from fringe.io.store import is_study

    _speak(lang)
    if path.is_dir() or path.suffix.lower() == ".toml" or is_study(path):
        return _open(path, lang).all_problems()
    with _busy("reading"):
        return file_problems(path, kind)


def _column(zones: Any, given: str | None) -> str | None:
    """Return a column of the zones by its name or its label in either language."""
    labels = {words.label(str(name), lang): str(name) for name in zones.columns for lang in ("zh", "en")}
    return labels.get(given, given) if given else None


def _speak(lang: str | None) -> None:
    """Put a language in force for all texts of this run; `main` puts the old one back."""
    if lang:
        os.environ["FRINGE_LANG"] = lang


def _say(key: str, **params: Any) -> None:
    typer.echo(words.text(f"cli.{key}", **params), err=True)


@contextmanager
def _busy(key: str) -> Iterator[None]:
    """Show on a terminal that something is going on."""
    from rich.console import Console

    console = Console(stderr=True)
    if console.is_terminal:
        with console.status(words.text(f"cli.{key}")):
            yield
    else:
        yield


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


if __name__ == "__main__":
    main()
