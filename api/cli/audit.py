"""``tidycity audit``: who did what, and the end of old lines."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Annotated

import typer

from api.cli.session import session_of
from api.i18n import t

app = typer.Typer(no_args_is_help=True)


@app.command(name="list", help=t("List the newest lines."))
def list_(
    context: typer.Context,
    actor: Annotated[str | None, typer.Option(help=t("Whose deeds"))] = None,
    action: Annotated[str | None, typer.Option(help=t("How the action begins"))] = None,
    limit: Annotated[int, typer.Option(min=1, max=1000, help=t("How many at most"))] = 50,
) -> None:
    """Prints time, who, from where, what."""
    from issues.audit import AuditFilter, list_audit

    session = session_of(context)
    store = session.store(session.settings())
    try:
        with store.reading() as reading:
            page = list_audit(reading, AuditFilter(actor=actor, action=action), limit=limit)
        for line in page.items:
            at = line.at.isoformat(timespec="seconds")
            who = f"{line.actor} ({line.role})"
            typer.echo(f"{at}  {who}  {line.address}  {line.action}  {line.subject}")
    finally:
        store.close()


@app.command(name="prune", help=t("Delete lines older than the retention of the settings."))
def prune(
    context: typer.Context,
    days: Annotated[
        int | None, typer.Option(min=30, help=t("Keep so many days instead of the setting's"))
    ] = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help=t("Only say how many it would delete"))
    ] = False,
) -> None:
    """Deletes old lines; those of the last 30 days the database keeps in any case."""
    from issues.audit import prune_audit

    session = session_of(context)
    settings = session.settings()
    store = session.store(settings)
    before = datetime.now(UTC) - timedelta(days=days or settings.audit_keep_days)
    try:
        with store.transaction() as writing:
            n = prune_audit(writing, before, dry_run=dry_run)
    finally:
        store.close()
    day = before.date().isoformat()
    told = (
        t("{n} lines from before {day} would be deleted", n=n, day=day)
        if dry_run
        else t("{n} lines from before {day} are deleted", n=n, day=day)
    )
    typer.echo(told)
