"""``tidycity pest``: inspections from a table, and the report with its denominators."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from api.cli.session import session_of
from api.i18n import Lang, t

if TYPE_CHECKING:
    from issues.pest.counting import Measured
    from issues.pest.standards import Standards

app = typer.Typer(no_args_is_help=True)


@app.command(name="import", help=t("Enter inspections from a table (CSV)."))
def import_(
    context: typer.Context,
    path: Annotated[Path, typer.Argument(help=t("CSV, one line a finding"))],
    dry_run: Annotated[bool, typer.Option("--dry-run", help=t("Only check the table"))] = False,
    actor: Annotated[str, typer.Option(help=t("Who does it, for the history"))] = "cli",
) -> None:
    """Enters what can be taken; ends with 1 where a visit was left out."""
    from detect.errors import BadInput
    from issues.catalogue import load_catalogue
    from issues.errors import IssueError
    from issues.pest.entry_sheet import read_entry_sheet
    from issues.pest.recording import record_inspection
    from issues.pest.standards import load_standards

    session = session_of(context)
    settings = session.settings()
    standards = load_standards(settings.pest_standards)
    zone, now = load_catalogue(settings.catalogue).calendar.zone, datetime.now(UTC)
    try:
        data = path.read_bytes()
    except OSError as error:
        raise BadInput(
            t("{path} can't be read", path=path), code="no_file", mend=str(error.strerror)
        ) from error
    sheet = read_entry_sheet(data, standards, zone=zone, now=now)
    refused = len(sheet.problems)
    for problem in sheet.problems:
        typer.echo(t("line {n}: {why}", n=problem.line, why=problem.detail), err=True)
    new = 0
    if not dry_run:
        store = session.store(settings)
        try:
            for key, visit in sheet.visits:
                try:
                    with store.transaction() as writing:
                        _, is_new = record_inspection(
                            writing, standards, visit, actor, now=now, entry_key=key
                        )
                        new += is_new
                except IssueError as error:
                    refused += 1
                    typer.echo(f"{visit.site}: {error}", err=True)
        finally:
            store.close()
    typer.echo(
        t(
            "{visits} visits read, {new} entered, {refused} left out",
            visits=len(sheet.visits),
            new=new,
            refused=refused,
        )
    )
    if refused:
        raise typer.Exit(1)


@app.command(name="report", help=t("Rates and levels of a period, with their denominators."))
def report(
    context: typer.Context,
    since: Annotated[datetime | None, typer.Option(help=t("First day"))] = None,
    until: Annotated[datetime | None, typer.Option(help=t("Day after the last"))] = None,
    area: Annotated[
        list[str] | None, typer.Option(help=t("Only this area's id; may be given again"))
    ] = None,
    output: Annotated[
        Path | None, typer.Option("--output", "-o", help=t("XLSX or CSV to write as well"))
    ] = None,
) -> None:
    """Shows the report, and writes it where asked to."""
    from issues.catalogue import load_catalogue
    from issues.exports.pest_tables import write_pest_table
    from issues.exports.words import Words
    from issues.pest.recording import list_inspections
    from issues.pest.report import pest_report
    from issues.pest.standards import load_standards
    from issues.store.pest_table import PestFilter

    session = session_of(context)
    settings = session.settings()
    standards = load_standards(settings.pest_standards)
    zone = load_catalogue(settings.catalogue).calendar.zone
    which = PestFilter(
        since.replace(tzinfo=zone) if since else None,
        until.replace(tzinfo=zone) if until else None,
        tuple(area or ()),
    )
    store = session.store(settings)
    try:
        with store.reading() as reading:
            found = pest_report(reading, standards, which)
            kept = list_inspections(reading, which)
    finally:
        store.close()
    typer.echo(t("{n} inspections", n=found.inspections))
    for line in found.total:
        typer.echo(_line(line, standards, session.lang))
    if found.photo_candidates:
        n = sum(found.photo_candidates.values())
        typer.echo(t("{n} findings in photos: a numerator only, in no rate above", n=n))
    if output is not None:
        words = Words(session.lang, zone)
        write_pest_table(output, found, kept, standards, words, made_at=datetime.now(UTC))
        typer.echo(t("written to {path}", path=output))


def _line(line: Measured, standards: Standards, lang: Lang) -> str:
    from issues.exports.pest_tables import level_text, rate_text
    from issues.exports.words import Words

    words = Words(lang)
    name = standards.measures[line.code].label(lang)
    return f"{name}: {rate_text(line, words)}  {level_text(line, words)}"
