"""``tidycity import``: what offices send back."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from api.cli.session import session_of
from api.i18n import Lang, t

if TYPE_CHECKING:
    from issues.exports.returned_list import ListReport

app = typer.Typer(no_args_is_help=True)


@app.callback()
def imports() -> None:
    """Keeps ``list`` a verb of its own."""


@app.command(name="list", help=t("Read a filled-in rectification list back."))
def list_(
    context: typer.Context,
    path: Annotated[Path, typer.Argument(help=t("The list: XLSX, XLS or ODS"))],
    apply: Annotated[
        bool, typer.Option("--apply/--dry-run", help=t("Make the moves, or only tell them"))
    ] = False,
    actor: Annotated[str, typer.Option(help=t("Who does it, for the history"))] = "cli",
    as_json: Annotated[bool, typer.Option("--json", help=t("The whole report as JSON"))] = False,
) -> None:
    """Matches rows by number; a dry run unless --apply. Ends with 1 where a row was refused."""
    from datetime import UTC, datetime

    from detect.errors import BadInput
    from issues.catalogue import load_catalogue
    from issues.exports.returned_list import apply as apply_list
    from issues.exports.returned_list import plan
    from issues.exports.returned_reading import read_list

    session = session_of(context)
    settings = session.settings()
    try:
        returned = read_list(path.read_bytes())
    except OSError as error:
        raise BadInput(
            t("{path} can't be read", path=path), code="no_file", mend=str(error.strerror)
        ) from error
    table = load_catalogue(settings.catalogue)
    store = session.store(settings)
    now = datetime.now(UTC)
    try:
        report = (
            apply_list(store, table, returned, actor, now=now, lang=session.lang)
            if apply
            else plan(store, table, returned, now=now, lang=session.lang)
        )
    finally:
        store.close()
    if as_json:
        typer.echo(json.dumps(asdict(report), ensure_ascii=False, default=str))
    else:
        _tell(report, session.lang, applied=apply)
    if report.counts.get("refused"):
        raise typer.Exit(1)


def _tell(report: ListReport, lang: Lang, *, applied: bool) -> None:
    from issues.labels import label

    for note in report.columns:
        meant = f" → {note.column}" if note.column else ""
        word = label("list_column", note.code, lang)
        typer.echo(f"{note.sheet}: {word} {note.heading}{meant}", err=True)
    for row in report.rows:
        if row.outcome in {"unchanged", "repeated"}:
            continue
        outcome = label("list_outcome", row.outcome, lang)
        why = f" {label('list_refusal', row.code, lang)} {row.detail}" if row.code else ""
        typer.echo(f"{row.sheet}:{row.line}  {row.number}  {outcome}{why}")
    counts = Counter(report.counts)
    typer.echo(
        t(
            "{ready} to apply, {applied} applied, {repeated} applied before, "
            "{unchanged} unchanged, {refused} refused",
            ready=counts["ready"],
            applied=counts["applied"],
            repeated=counts["repeated"],
            unchanged=counts["unchanged"],
            refused=counts["refused"],
        )
    )
    if not applied and counts["ready"]:
        typer.echo(t("Nothing was changed: run it again with --apply."))
