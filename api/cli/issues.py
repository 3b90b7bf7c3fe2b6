"""``tidycity issues``: list, show and move issues from scripts."""

from __future__ import annotations

import getpass
import json
from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Any

import typer

from api.cli.session import session_of
from api.i18n import Lang, t

if TYPE_CHECKING:
    from issues.catalogue import Catalogue
    from issues.queries import IssueFilter
    from issues.rows import IssueDetail, IssueRow

app = typer.Typer(no_args_is_help=True)

AsJson = Annotated[bool, typer.Option("--json", help=t("One JSON object a line"))]
Moment = Annotated[datetime | None, typer.Option(help=t("A moment, office time"))]


def _open(context: typer.Context) -> tuple[Any, Catalogue]:
    from issues.catalogue import load_catalogue

    session = session_of(context)
    settings = session.settings()
    return session.store(settings), load_catalogue(settings.catalogue)


def _now() -> datetime:
    from api.services import utc_now

    return utc_now()


def _line(row: IssueRow, catalogue: Catalogue, lang: Lang) -> str:
    from issues.labels import status_label

    due = row.deadline.astimezone(catalogue.calendar.zone) if row.deadline else None
    parts = [
        row.number,
        status_label(row.status, lang),
        catalogue.label(row.category, lang),
        row.unit(lang) or (row.area.name_zh if row.area else "–"),
        f"{due:%Y-%m-%d %H:%M}" if due else "–",
        "!" if row.overdue(_now()) else "",
    ]
    return "  ".join(parts).rstrip()


def _json(row: IssueRow, catalogue: Catalogue) -> str:
    from api.routes.shapes import issue

    return json.dumps(issue(row, catalogue, _now()).model_dump(mode="json"), ensure_ascii=False)


@app.command(name="list", help=t("List issues: number, status, category, unit, deadline."))
def list_(
    context: typer.Context,
    status: Annotated[list[str] | None, typer.Option(help=t("Only this status"))] = None,
    unit: Annotated[list[str] | None, typer.Option(help=t("Only this unit"))] = None,
    due: Annotated[
        str | None, typer.Option(help=t("Only soon, overdue or escalate (to be supervised)"))
    ] = None,
    limit: Annotated[int, typer.Option(min=1, max=10_000, help=t("How many at most"))] = 50,
    as_json: AsJson = False,
) -> None:
    """Lists issues by deadline; overdue ones are marked with an exclamation mark."""
    from issues.queries import list_issues

    store, catalogue = _open(context)
    try:
        which = _which(status, unit, due, catalogue)
        with store.reading() as session:
            page = list_issues(session, catalogue, which, sort="deadline", limit=limit, now=_now())
    finally:
        store.close()
    lang = session_of(context).lang
    for row in page.items:
        typer.echo(_json(row, catalogue) if as_json else _line(row, catalogue, lang))


def _which(
    status: list[str] | None, unit: list[str] | None, due: str | None, catalogue: Catalogue
) -> IssueFilter:
    from dataclasses import replace

    from issues.issue import Status
    from issues.queries import IssueFilter
    from issues.workload import due_soon, to_escalate

    unknown = set(status or ()) - set(Status)
    if unknown:
        known = ", ".join(Status)
        raise typer.BadParameter(
            t("no such status: {got}; one of {known}", got=min(unknown), known=known)
        )
    which = IssueFilter(status=tuple(map(Status, status or ())), unit=tuple(unit or ()))
    match due:
        case None:
            return which
        case "overdue":
            return replace(which, overdue_at=_now())
        case "soon":
            return due_soon(catalogue, _now(), which)
        case "escalate":
            return to_escalate(catalogue, _now(), which)
        case _:
            raise typer.BadParameter(t("--due takes soon, overdue or escalate, got {got}", got=due))


@app.command(name="show", help=t("Show one issue with its history and the moves it allows."))
def show(
    context: typer.Context,
    number: Annotated[str, typer.Argument(help=t("Number or id"))],
    as_json: AsJson = False,
) -> None:
    """Shows one issue. Raises NotFound."""
    from issues.queries import get_issue

    store, catalogue = _open(context)
    try:
        with store.reading() as session:
            detail = get_issue(session, catalogue, number, now=_now())
    finally:
        store.close()
    if as_json:
        from api.routes.shapes import issue_whole

        whole = issue_whole(detail, catalogue, _now()).model_dump(mode="json")
        typer.echo(json.dumps(whole, ensure_ascii=False))
    else:
        _tell(detail, catalogue, session_of(context).lang)


def _tell(detail: IssueDetail, catalogue: Catalogue, lang: Lang) -> None:
    from issues.labels import action_label, label, labels

    typer.echo(_line(detail.row, catalogue, lang))
    for event in detail.events:
        kind = "action" if event.kind in labels()["action"] else "event"
        why = label(f"{event.kind}_reason", event.reason, lang) if event.reason else ""
        at = event.at.astimezone(catalogue.calendar.zone)
        told = (f"{at:%Y-%m-%d %H:%M}", label(kind, event.kind, lang), why, event.note or "")
        typer.echo("  " + "  ".join(part for part in (*told, event.actor) if part))
    names = ", ".join(f"{action} ({action_label(action, lang)})" for action in detail.actions)
    typer.echo(t("Possible now: {moves}", moves=names))


@app.command(name="move", help=t("Move issues: confirm, assign, report_fixed, close, rework …"))
def move_(
    context: typer.Context,
    action: Annotated[str, typer.Argument(help=t("The move; docs/lifecycle.md lists all"))],
    numbers: Annotated[list[str], typer.Argument(help=t("Numbers or ids"))],
    reason: Annotated[str | None, typer.Option(help=t("A reason of the move's list"))] = None,
    note: Annotated[str | None, typer.Option(help=t("A note for history"))] = None,
    unit: Annotated[str | None, typer.Option(help=t("For assign: the unit"))] = None,
    photo: Annotated[str | None, typer.Option(help=t("For report_fixed: id or sha256"))] = None,
    until: Moment = None,
    deadline: Moment = None,
    hours: Annotated[float | None, typer.Option(help=t("Working hours"))] = None,
    supervisor: Annotated[str | None, typer.Option(help=t("For supervise: who"))] = None,
    duplicate_of: Annotated[str | None, typer.Option(help=t("For duplicate: the other"))] = None,
    category: Annotated[str | None, typer.Option(help=t("For change_category: the code"))] = None,
    actor: Annotated[str | None, typer.Option(help=t("Who decides [the account]"))] = None,
    as_json: AsJson = False,
) -> None:
    """Makes one move on each issue; each succeeds or fails alone. Ends with 1 where any failed."""
    from detect.errors import TidycityError
    from issues.details import Fields
    from issues.issue import Action
    from issues.moves import move

    if action not in set(Action):
        known = ", ".join(Action)
        raise typer.BadParameter(t("no such move: {got}; one of {known}", got=action, known=known))
    store, catalogue = _open(context)
    zone = catalogue.calendar.zone
    fields = Fields(
        reason=reason,
        note=note,
        unit=unit,
        photo=photo,
        until=until.replace(tzinfo=zone) if until else None,
        deadline=deadline.replace(tzinfo=zone) if deadline else None,
        hours=hours,
        supervisor=supervisor,
        duplicate_of=duplicate_of,
        category=category,
    )
    who, failed = actor or getpass.getuser(), 0
    try:
        for number in dict.fromkeys(numbers):
            try:
                with store.transaction() as session:
                    row = move(
                        session,
                        number,
                        Action(action),
                        who,
                        catalogue=catalogue,
                        now=_now(),
                        **fields,
                    )
            except TidycityError as error:
                failed += 1
                typer.echo(f"✗ {number}: {error} {error.mend}", err=True)
            else:
                typer.echo(
                    _json(row, catalogue)
                    if as_json
                    else _line(row, catalogue, session_of(context).lang)
                )
    finally:
        store.close()
    if failed:
        raise typer.Exit(1)
