"""`fringe report` and `fringe export`: what is done is recorded, listed, taken back, and written out."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from fringe.cli.terminal import Lang, Output, StudyPath, busy, help_text, open_study, say, speak

reporting = typer.Typer(help=help_text("report"), no_args_is_help=True)

Task = Annotated[str | None, typer.Argument(help=help_text("report_task"), show_default=False)]
OfTask = Annotated[str | None, typer.Option("--task", help=help_text("report_of_task"), show_default=False)]
Note = Annotated[str | None, typer.Option("--note", help=help_text("report_note"), show_default=False)]
Reporter = Annotated[str | None, typer.Option("--reporter", help=help_text("report_reporter"), show_default=False)]


@reporting.command(name="add", help=help_text("report_add"))
def add(  # noqa: PLR0913 - one for each column of a report
    study: StudyPath,
    task: Task = None,
    *,
    date: Annotated[str | None, typer.Option("--date", help=help_text("report_date"), show_default=False)] = None,
    done: Annotated[str | None, typer.Option("--done", help=help_text("report_done"), show_default=False)] = None,
    reporter: Reporter = None,
    note: Note = None,
    evidence: Annotated[
        str | None, typer.Option("--evidence", help=help_text("report_evidence"), show_default=False)
    ] = None,
    corrects: Annotated[
        str | None, typer.Option("--corrects", help=help_text("report_corrects"), show_default=False)
    ] = None,
    file: Annotated[Path | None, typer.Option("--from", help=help_text("report_from"), show_default=False)] = None,
    year: Annotated[int | None, typer.Option("--year", help=help_text("report_year"), show_default=False)] = None,
    lang: Lang = None,
) -> None:
    """Record one report, or all of a file."""
    single = (task, date, done)
    others = (reporter, note, evidence, corrects)
    if (file is None and None in single) or (file is not None and any(item is not None for item in (*single, *others))):
        speak(lang)
        say("report_usage")
        raise typer.Exit(2)
    opened = open_study(study, lang)
    before = len(opened.reports)
    if file is not None:
        with busy("reading"):
            after = opened.report_from(file, year=year)
    else:
        more = {"reporter": reporter, "note": note, "evidence": evidence, "corrects": corrects}
        after = opened.report(str(task), date=date, done=done, **more)
    for name in after.reports.index[before:]:
        typer.echo(str(name))
    say("report_added", count=len(after.reports) - before, path=opened.store)


@reporting.command(name="list", help=help_text("report_list"))
def list_(
    study: StudyPath,
    *,
    task: OfTask = None,
    since: Annotated[str | None, typer.Option("--since", help=help_text("report_since"), show_default=False)] = None,
    known_on: Annotated[
        str | None, typer.Option("--known-on", help=help_text("report_known_on"), show_default=False)
    ] = None,
    output: Output = None,
    lang: Lang = None,
) -> None:
    """Print or write the log, undone and corrected reports too."""
    from fringe.reports.tables import labelled, write_table
    from fringe.works.report_list import report_list

    opened = open_study(study, lang)
    table = report_list(opened.reports, task=task, since=since, known_on=known_on)
    table["recorded_at"] = table["recorded_at"].dt.strftime("%Y-%m-%d %H:%M:%S")
    if output:
        write_table(table, output, lang=opened.lang)
        say("written", path=output.resolve())
    else:
        labelled(table, opened.lang).to_csv(sys.stdout)


@reporting.command(name="undo", help=help_text("report_undo"))
def undo(
    study: StudyPath,
    report: Annotated[str, typer.Argument(help=help_text("report_id"), show_default=False)],
    *,
    reporter: Reporter = None,
    note: Note = None,
    lang: Lang = None,
) -> None:
    """Take a report back by an entry of its own."""
    opened = open_study(study, lang)
    after = opened.undo(report, reporter=reporter, note=note)
    typer.echo(str(after.reports.index[-1]))
    say("report_undone", value=report, path=opened.store)


def export(
    study: StudyPath,
    *,
    output: Annotated[Path, typer.Option("--output", "-o", help=help_text("export_folder"), show_default=False)],
    lang: Lang = None,
) -> None:
    """Write the whole log as CSV files."""
    opened = open_study(study, lang)
    if output.exists() and not output.is_dir():
        say("not_a_folder", path=output)
        raise typer.Exit(2)
    for path in opened.export(output):
        typer.echo(str(path.resolve()))
    say("written", path=output.resolve())
