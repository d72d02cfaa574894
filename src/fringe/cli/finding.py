"""`fringe finding`: what inspections found is recorded, followed up, listed and taken back."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated, Any

import pandas as pd
import typer

from fringe.cli.report import Note, Reporter
from fringe.cli.terminal import Lang, On, Output, StudyPath, busy, help_text, open_study, say, speak

finding = typer.Typer(help=help_text("finding"), no_args_is_help=True)

Name = Annotated[str, typer.Argument(help=help_text("finding_id"), show_default=False)]


def _option(flag: str) -> Any:
    return typer.Option(flag, help=help_text(f"finding_{flag.strip('-').replace('-', '_')}"), show_default=False)


Zone = Annotated[str | None, _option("--zone")]
Category = Annotated[str | None, _option("--category")]
FoundOn = Annotated[str | None, _option("--found-on")]
At = Annotated[str | None, _option("--at")]
Text = Annotated[str | None, _option("--text")]
Due = Annotated[str | None, _option("--due")]
Responsible = Annotated[str | None, _option("--responsible")]
RectifiedOn = Annotated[str | None, _option("--rectified-on")]
ReturnedOn = Annotated[str | None, _option("--returned-on")]
VerifiedOn = Annotated[str | None, _option("--verified-on")]
ClosedOn = Annotated[str | None, _option("--closed-on")]


@finding.command(name="add", help=help_text("finding_add"))
def add(  # noqa: PLR0913 - one for each column of a finding
    study: StudyPath,
    *,
    zone: Zone = None,
    category: Category = None,
    found_on: FoundOn = None,
    at: At = None,
    text: Text = None,
    due: Due = None,
    responsible: Responsible = None,
    reporter: Reporter = None,
    note: Note = None,
    file: Annotated[Path | None, typer.Option("--from", help=help_text("finding_from"), show_default=False)] = None,
    layer: Annotated[str | None, _option("--layer")] = None,
    lang: Lang = None,
) -> None:
    """Record one finding, or all of a file."""
    more = {"zone": zone, "at": _place(at), "text": text, "due": due, "responsible": responsible}
    more |= {"reporter": reporter, "note": note}
    single = (category, found_on, *more.values())
    if (file is None and None in (category, found_on)) or (file is not None and any(one is not None for one in single)):
        speak(lang)
        say("finding_usage")
        raise typer.Exit(2)
    opened = open_study(study, lang)
    if file is not None:
        with busy("reading"):
            after = opened.findings_from(file, layer=layer)
    else:
        after = opened.record_finding(category=str(category), found_on=found_on, **more)
    _said(opened, after)


@finding.command(name="update", help=help_text("finding_update"))
def update(  # noqa: PLR0913 - one for each day of a finding's course
    study: StudyPath,
    name: Name,
    *,
    rectified_on: RectifiedOn = None,
    returned_on: ReturnedOn = None,
    verified_on: VerifiedOn = None,
    closed_on: ClosedOn = None,
    due: Due = None,
    responsible: Responsible = None,
    reporter: Reporter = None,
    note: Note = None,
    lang: Lang = None,
) -> None:
    """Record what is new of a finding."""
    given = {"rectified_on": rectified_on, "returned_on": returned_on, "verified_on": verified_on}
    given |= {"closed_on": closed_on, "due": due, "responsible": responsible, "reporter": reporter, "note": note}
    changes = {column: item for column, item in given.items() if item is not None}
    if not changes:
        speak(lang)
        say("finding_no_change")
        raise typer.Exit(2)
    opened = open_study(study, lang)
    _said(opened, opened.update_finding(name, **changes))


@finding.command(name="list", help=help_text("finding_list"))
def list_(
    study: StudyPath,
    *,
    on: On = None,
    known_on: Annotated[
        str | None, typer.Option("--known-on", help=help_text("report_known_on"), show_default=False)
    ] = None,
    output: Output = None,
    lang: Lang = None,
) -> None:
    """Print or write what each finding is on a day."""
    from fringe.reports.tables import labelled, write_table

    opened = open_study(study, lang)
    table = pd.DataFrame(opened.findings_state(on, known_on=known_on)).drop(columns="geometry", errors="ignore")
    if output:
        write_table(table, output, lang=opened.lang)
        say("written", path=output.resolve())
    else:
        labelled(table, opened.lang).to_csv(sys.stdout)


@finding.command(name="undo", help=help_text("finding_undo"))
def undo(
    study: StudyPath,
    name: Name,
    *,
    reporter: Reporter = None,
    note: Note = None,
    lang: Lang = None,
) -> None:
    """Take an entry of a finding back by an entry of its own."""
    opened = open_study(study, lang)
    after = opened.undo(name, kind="findings", reporter=reporter, note=note)
    typer.echo(str(after.findings.index[-1]))
    say("report_undone", value=name, path=opened.store)


def _place(at: str | None) -> Any:
    """Return the figures of a place; what is none is left for the study to refuse."""
    return None if at is None else at.replace("，", ",").split(",")


def _said(before: Any, after: Any) -> None:
    new = after.findings.index[len(before.findings) :]
    for name in new:
        typer.echo(str(name))
    say("finding_added", count=len(new), path=after.store)
