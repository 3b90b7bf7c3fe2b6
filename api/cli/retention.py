"""``tidycity retention``: what may be thrown away after years, and what must stay."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated

import typer

from api.cli.session import session_of
from api.i18n import t

if TYPE_CHECKING:
    from api.settings import Settings
    from issues.retention import Plan, Policy

app = typer.Typer(no_args_is_help=True)
ACTOR = "cli"


@app.command(name="plan", help=t("Tell what would be thrown away, with sizes; changes nothing."))
def plan_(
    context: typer.Context,
    as_json: Annotated[bool, typer.Option("--json", help=t("One JSON object"))] = False,
) -> None:
    """A dry run."""
    _run(context, apply_it=False, as_json=as_json)


@app.command(name="apply", help=t("Throw away what the plan tells."))
def apply_(
    context: typer.Context,
    yes: Annotated[bool, typer.Option("--yes", help=t("Don't ask"))] = False,
    as_json: Annotated[bool, typer.Option("--json", help=t("One JSON object"))] = False,
) -> None:
    """Asks first; what went is told in retention.jsonl of the data folder."""
    if not yes:
        _run(context, apply_it=False, as_json=False)
        typer.confirm(t("Throw these away for good?"), abort=True)
    _run(context, apply_it=True, as_json=as_json)


@app.command(name="hold", help=t("Keep the pictures of an issue, whatever the retention says."))
def hold_(
    context: typer.Context,
    number: Annotated[str, typer.Argument(help=t("Number of the issue"))],
    reason: Annotated[str, typer.Option(help=t("Why, such as the inquiry's number"))],
) -> None:
    """Holds one issue."""
    from issues.retention import hold

    session = session_of(context)
    store = session.store(session.settings())
    try:
        with store.transaction() as writing:
            held = hold(writing, number, ACTOR, reason, datetime.now(UTC))
    finally:
        store.close()
    typer.echo(t("{number} is held", number=held.number))


@app.command(name="release", help=t("End the hold of an issue."))
def release_(
    context: typer.Context,
    number: Annotated[str, typer.Argument(help=t("Number of the issue"))],
) -> None:
    """Releases one issue."""
    from issues.retention import release

    session = session_of(context)
    store = session.store(session.settings())
    try:
        with store.transaction() as writing:
            release(writing, number)
    finally:
        store.close()


@app.command(name="holds", help=t("List what is held, since when and why."))
def holds_(context: typer.Context) -> None:
    """One line a hold."""
    from issues.retention import holds

    session = session_of(context)
    store = session.store(session.settings())
    try:
        with store.reading() as reading:
            found = holds(reading)
    finally:
        store.close()
    for one in found:
        typer.echo(f"{one.number}\t{one.at.date().isoformat()}\t{one.actor}\t{one.reason}")


def _run(context: typer.Context, *, apply_it: bool, as_json: bool) -> None:
    from issues.retention import apply, plan

    session = session_of(context)
    settings = session.settings()
    store = session.store(settings)
    try:
        do = apply if apply_it else plan
        found = do(store, policy_of(settings), settings.data_dir, datetime.now(UTC))
    finally:
        store.close()
    _tell(found, done=apply_it, as_json=as_json)


def policy_of(settings: Settings) -> Policy:
    """The retention that the settings name; 0 days: for ever."""
    from issues.retention import Policy

    return Policy(
        settings.keep_closed_days or None,
        settings.keep_rejected_days or None,
        settings.keep_camera_days or None,
        settings.keep_picture_days or None,
        round(settings.evidence_max_gb * 1e9) or None,
    )


def _tell(found: Plan, *, done: bool, as_json: bool) -> None:
    if as_json:
        line = {
            "done": done,
            "pictures": len(found.pictures),
            "picture_bytes": found.picture_bytes,
            "sha256": [picture.sha256 for picture in found.pictures],
            "camera_hours": found.hours,
            "camera_events": found.events,
            "last_pictures": [path.name for path in found.last_pictures],
            "last_picture_bytes": found.last_picture_bytes,
        }
        typer.echo(json.dumps(line))
        return
    if found.empty:
        typer.echo(t("nothing is old enough to go"))
        return
    rows = [
        (len(found.pictures), t("pictures of issues that are over"), found.picture_bytes),
        (len(found.last_pictures), t("last pictures of cameras"), found.last_picture_bytes),
        (found.hours, t("hours of cameras' coverage"), None),
        (found.events, t("lines of cameras' history"), None),
    ]
    for count, what, size in rows:
        shown = "" if size is None else f"{size / 1e6:,.1f} MB"
        typer.echo(f"{count:>8,}  {what}  {shown}".rstrip())
    typer.echo(t("thrown away") if done else t("nothing was changed: `apply` throws these away"))
