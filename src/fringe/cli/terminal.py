"""What all commands share: options, the language of a run, messages to standard error, opening a study."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from fringe.model import words

if TYPE_CHECKING:
    from fringe.study import Study


def help_text(key: str) -> str:
    """Return the help of a command or option."""
    return words.text(f"cli.{key}")


StudyPath = Annotated[Path, typer.Argument(help=help_text("study"), show_default=False)]
Output = Annotated[Path | None, typer.Option("--output", "-o", help=help_text("output"), show_default=False)]


def _known_lang(lang: str | None) -> str | None:
    if lang not in {None, "zh", "en"}:
        raise typer.BadParameter(words.text("cli.lang_unknown", value=lang))
    return lang


Lang = Annotated[str | None, typer.Option("--lang", help=help_text("lang"), show_default=False, callback=_known_lang)]
On = Annotated[str | None, typer.Option("--on", help=help_text("on"), show_default=False)]
Overwrite = Annotated[bool, typer.Option("--overwrite", help=help_text("overwrite"))]


def open_study(path: Path, lang: str | None) -> Study:
    """Open a study that speaks the language asked for, and let everything else speak it too."""
    from fringe import Study

    speak(lang)
    with busy("reading"):
        study = Study.open(path)
    if lang:
        study = replace(study, meta={**study.meta, "lang": lang})
    speak(study.lang)
    return study


def exit_by(study: Study) -> None:
    """End with 1 if the data have errors: a figure may be missing from what was just written."""
    from fringe.model.problem import errors_of

    if errors_of(study.all_problems()):
        say("has_errors")
        raise typer.Exit(1)


def speak(lang: str | None) -> None:
    """Put a language in force for all texts of this run; `main` puts the old one back."""
    if lang:
        os.environ["FRINGE_LANG"] = lang


def say(key: str, **params: Any) -> None:
    """Write a message to standard error."""
    typer.echo(words.text(f"cli.{key}", **params), err=True)


@contextmanager
def busy(key: str) -> Iterator[None]:
    """Show on a terminal that something is going on."""
    from rich.console import Console

    console = Console(stderr=True)
    if console.is_terminal:
        with console.status(words.text(f"cli.{key}")):
            yield
    else:
        yield
