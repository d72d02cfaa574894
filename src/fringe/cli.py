"""The command line: read, call the public function, write.

Results go to standard output or ``-o``, everything else to standard error. Exit codes: 0 fine, 1 the data have
problems, 2 wrong usage.
"""

from __future__ import annotations

import sys
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any

import typer

from fringe.errors import FringeError, FringeWarning
from fringe.model import words


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
Lang = Annotated[str | None, typer.Option("--lang", help=_help("lang"), show_default=False)]
On = Annotated[str | None, typer.Option("--on", help=_help("on"), show_default=False)]
Overwrite = Annotated[bool, typer.Option("--overwrite", help=_help("overwrite"))]


@app.command(help=_help("demo"))
def demo(
    output: Annotated[Path, typer.Option("--output", "-o", help=_help("output_folder"))] = Path("fringe-demo"),
    lang: Lang = None,
) -> None:
    """Make the sample's map and tables in a folder."""
    from fringe import Study, sample
    from fringe.reports.tables import write_table

    output.mkdir(parents=True, exist_ok=True)
    with _busy("reading"):
        study = Study.open(sample())
    language = lang or study.lang
    with _busy("measuring"):
        figures = study.figures(total=True)
        write_table(figures, output / "zones.xlsx", lang=language)
        write_table(figures, output / "zones.csv", lang=language)
    with _busy("drawing"):
        study.map(lang=language).save(output / "map.html")
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

    with _busy("reading"):
        problems = _problems(study, kind)
    if output:
        table(problems, lang).to_csv(output, index=False, encoding="utf-8-sig")
    for found in problems:
        head = words.value("severity", found.severity, lang)
        typer.echo(f"[{head}] {found.render(lang)}")
    counts = {
        name: sum(found.severity == name for found in problems) for name in ("error", "warning", "repaired", "note")
    }
    _say("check_done", lang, **counts)
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
    from fringe import Study
    from fringe.reports.tables import labelled, write_table

    with _busy("reading"):
        opened = Study.open(study)
    language = lang or opened.lang
    with _busy("measuring"):
        figures = opened.figures(on, per=per, total=True)
        if per is None:
            names = opened.zones["name"].reindex(figures.index)
            figures.insert(0, "name", names)
    if output:
        write_table(figures, output, zones=opened.zones, lang=language)
        _say("written", language, path=output.resolve())
    else:
        labelled(figures, language).to_csv(sys.stdout)


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
    from fringe import Study

    with _busy("reading"):
        opened = Study.open(study)
    with _busy("drawing"):
        opened.map(on, shade, lang=lang).save(output)
    _say("written", lang or opened.lang, path=output.resolve())
    typer.echo(str(output.resolve()))


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


def _problems(path: Path, kind: str | None) -> list[Any]:
    """Return the problems of a study, or of a file of layers."""
    from fringe import Study
    from fringe.io.opening import file_problems
    from fringe.io.store import is_study

    if path.is_dir() or path.suffix.lower() == ".toml" or is_study(path):
        return Study.open(path).all_problems()
    return file_problems(path, kind)


def _say(key: str, lang: str | None = None, **params: Any) -> None:
    typer.echo(words.text(f"cli.{key}", lang, **params), err=True)


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
    with warnings.catch_warnings():
        warnings.showwarning = _plain_warnings(warnings.showwarning)
        try:
            app(args=arguments)
        except FringeError as error:
            typer.echo(error.render(), err=True)
            sys.exit(1)
        except OSError as error:
            typer.echo(words.text("cli.os_error", reason=error), err=True)
            sys.exit(1)


if __name__ == "__main__":
    main()
