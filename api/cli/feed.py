"""``tidycity feed``: targets, deliveries, replay, and sending without a server."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Annotated

import typer

from api.cli.session import session_of
from api.i18n import t

if TYPE_CHECKING:
    from api.feed.service import Feed
    from issues.feed.target import Target
    from issues.store import Store

app = typer.Typer(no_args_is_help=True)

Json = Annotated[bool, typer.Option("--json", help=t("JSON for machines"))]
TargetArgument = Annotated[str, typer.Argument(help=t("The target's name or id"))]


def _feed(context: typer.Context) -> tuple[Store, Feed]:
    from api.feed.service import make_feed
    from api.pictures import Pictures
    from api.services import utc_now
    from issues.catalogue import load_catalogue

    session = session_of(context)
    settings = session.settings()
    store = session.store(settings)
    catalogue = load_catalogue(settings.catalogue)
    pictures = Pictures(store.evidence, blur_faces=settings.blur_faces, now=utc_now)
    return store, make_feed(settings, store, catalogue, pictures, utc_now)


@app.command(name="targets", help=t("List targets and how their deliveries stand."))
def targets(context: typer.Context, as_json: Json = False) -> None:
    """Lists targets; never their secrets."""
    from issues.feed.targets import list_targets
    from issues.store.feed_table import counts_by_state

    session = session_of(context)
    store = session.store(session.settings())
    try:
        with store.reading() as reading:
            counts = counts_by_state(reading)
            for target in list_targets(reading):
                typer.echo(_target_line(target, counts.get(target.id, {}), as_json=as_json))
    finally:
        store.close()


def _target_line(target: Target, counts: dict[str, int], *, as_json: bool) -> str:
    if as_json:
        return json.dumps(
            {
                "id": target.id,
                "name": target.name,
                "kind": target.kind,
                "url": target.url,
                "filter": target.filter.plain(),
                "enabled": target.enabled,
                "paused_reason": target.paused_reason,
                "deliveries": counts,
            },
            ensure_ascii=False,
        )
    state = t("on") if target.enabled else t("off: {why}", why=target.paused_reason or "")
    told = "  ".join(f"{name} {count}" for name, count in sorted(counts.items()))
    return f"{target.id:4}  {target.name:20} {target.kind:9} {state}  {target.url}  {told}"


@app.command(name="add", help=t("Add a target; a webhook's secret is printed once."))
def add(
    context: typer.Context,
    name: Annotated[str, typer.Argument(help=t("What to call it"))],
    url: Annotated[str, typer.Argument(help=t("Address, folder or fsspec URL"))] = "",
    kind: Annotated[str, typer.Option(help=t("webhook, open311, filedrop or record"))] = "webhook",
    type_: Annotated[
        list[str] | None, typer.Option("--type", help=t("Only this type; may be given again"))
    ] = None,
    category: Annotated[
        list[str] | None, typer.Option(help=t("Only this category or group of categories"))
    ] = None,
    area: Annotated[
        list[str] | None, typer.Option(help=t("Only this area's id; may be given again"))
    ] = None,
    unit: Annotated[list[str] | None, typer.Option(help=t("Only this unit"))] = None,
    min_severity: Annotated[
        str | None, typer.Option(help=t("minor, normal or major, and worse"))
    ] = None,
    secret: Annotated[
        str | None, typer.Option(help=t("Own signing secret, or the key of an Open311 server"))
    ] = None,
    option: Annotated[
        list[str] | None, typer.Option(help=t("name=value, value as JSON; see docs/feed.md"))
    ] = None,
) -> None:
    """Adds a target; it is told what happens from now on."""
    from datetime import UTC, datetime

    from issues.feed.target import TargetKind, filter_of
    from issues.feed.targets import add_target

    session = session_of(context)
    if kind not in set(TargetKind):
        raise typer.BadParameter(f"--kind: {', '.join(TargetKind)}")
    wanted = filter_of(
        {
            "types": type_,
            "categories": category,
            "areas": area,
            "units": unit,
            "min_severity": min_severity,
        }
    )
    store = session.store(session.settings())
    try:
        with store.transaction() as writing:
            target, made = add_target(
                writing,
                name,
                TargetKind(kind),
                url,
                datetime.now(UTC),
                wanted=wanted,
                options=_options(option or []),
                secret=secret,
            )
    finally:
        store.close()
    typer.echo(t("target {id} is added", id=target.id))
    if made and not secret:
        typer.echo(t("Signing secret, shown this once; keep it well:"))
        typer.echo(made)


def _options(given: list[str]) -> dict[str, object]:
    found: dict[str, object] = {}
    for entry in given:
        name, sign, value = entry.partition("=")
        if not sign:
            raise typer.BadParameter(f"--option {entry!r}: name=value")
        try:
            found[name] = json.loads(value)
        except ValueError:
            found[name] = value
    return found


@app.command(name="pause", help=t("Stop sending to a target; what happens is kept for it."))
def pause(context: typer.Context, target: TargetArgument) -> None:
    """Pauses a target."""
    _switch(context, target, enabled=False)


@app.command(name="resume", help=t("Send to a target again, at once."))
def resume(context: typer.Context, target: TargetArgument) -> None:
    """Resumes a target."""
    _switch(context, target, enabled=True)


def _switch(context: typer.Context, target: str, *, enabled: bool) -> None:
    from datetime import UTC, datetime

    from issues.feed.targets import change_target

    session = session_of(context)
    store = session.store(session.settings())
    try:
        with store.transaction() as writing:
            change_target(writing, target, datetime.now(UTC), enabled=enabled)
    finally:
        store.close()


@app.command(name="rotate", help=t("Make a new signing secret; the old one signs too for a day."))
def rotate(context: typer.Context, target: TargetArgument) -> None:
    """Rotates the secret of a webhook and prints the new one once."""
    from datetime import UTC, datetime

    from issues.feed.targets import rotate_secret

    session = session_of(context)
    store = session.store(session.settings())
    try:
        with store.transaction() as writing:
            secret = rotate_secret(writing, target, datetime.now(UTC))
    finally:
        store.close()
    typer.echo(t("Signing secret, shown this once; keep it well:"))
    typer.echo(secret)


@app.command(name="remove", help=t("Remove a target with its deliveries."))
def remove(context: typer.Context, target: TargetArgument) -> None:
    """Removes a target."""
    from issues.feed.targets import remove_target

    session = session_of(context)
    store = session.store(session.settings())
    try:
        with store.transaction() as writing:
            remove_target(writing, target)
    finally:
        store.close()


@app.command(name="deliveries", help=t("List deliveries, newest first."))
def deliveries(
    context: typer.Context,
    target: Annotated[str | None, typer.Option(help=t("Only of this target"))] = None,
    state: Annotated[
        list[str] | None, typer.Option(help=t("waiting, failed, delivered or dead"))
    ] = None,
    limit: Annotated[int, typer.Option(min=1, max=1000, help=t("At most so many"))] = 50,
    as_json: Json = False,
) -> None:
    """Lists deliveries with the error of those that failed."""
    from dataclasses import asdict
    from datetime import UTC, datetime

    from issues.feed.deliveries import list_deliveries
    from issues.feed.targets import get_target

    session = session_of(context)
    store = session.store(session.settings())
    try:
        with store.reading() as reading:
            chosen = get_target(reading, target).id if target else None
            page = list_deliveries(
                reading, datetime.now(UTC), target_id=chosen, states=state or (), limit=limit
            )
    finally:
        store.close()
    for row in page.items:
        if as_json:
            plain = {name: value for name, value in asdict(row).items() if name != "data"}
            typer.echo(json.dumps(plain, ensure_ascii=False, default=str))
            continue
        what = row.issue_number or row.message_id
        typer.echo(
            f"{row.id:7}  {row.target:16} {row.type:16} {what:16} {row.state:9} "
            f"{row.attempts:2}  {row.last_error or ''}"
        )


@app.command(name="replay", help=t("Try a delivery anew, or all dead ones of a target."))
def replay(
    context: typer.Context,
    delivery: Annotated[int | None, typer.Argument(help=t("The delivery's number"))] = None,
    dead: Annotated[
        str | None, typer.Option(help=t("All dead ones of this target instead"))
    ] = None,
) -> None:
    """Replays under the same ids; a running server, or ``feed run``, sends them."""
    from datetime import UTC, datetime

    from issues.feed.deliveries import replay as replay_one
    from issues.feed.deliveries import replay_dead
    from issues.feed.targets import get_target

    if (delivery is None) == (dead is None):
        raise typer.BadParameter(t("give a delivery, or --dead with a target"))
    session = session_of(context)
    store = session.store(session.settings())
    try:
        with store.transaction() as writing:
            now = datetime.now(UTC)
            if delivery is not None:
                replay_one(writing, delivery, now)
                count = 1
            else:
                count = replay_dead(writing, get_target(writing, dead or "").id, now)
    finally:
        store.close()
    typer.echo(t("{n} deliveries are tried anew", n=count))


@app.command(name="run", help=t("Send without a server, until stopped or until all is sent."))
def run(
    context: typer.Context,
    once: Annotated[bool, typer.Option("--once", help=t("End when nothing is due"))] = False,
) -> None:
    """Any number of these may run beside servers on one store."""
    import time

    store, feed = _feed(context)
    try:
        if once:
            while feed.dispatcher.step() or feed.dispatcher.busy:
                time.sleep(0.02)
            return
        feed.start()
        typer.echo(t("Sending; Ctrl-C stops."))
        while True:
            time.sleep(3600)
    finally:
        feed.stop()
        store.close()


@app.command(name="test", help=t("Send a test message to a target, or show what would be sent."))
def send_test(
    context: typer.Context,
    target: TargetArgument,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help=t("Show the request; send nothing"))
    ] = False,
) -> None:
    """Sends one message and says what became of it; ends with 1 where it did not arrive."""
    import time

    from api.feed.ping import ping, shown
    from issues.feed.deliveries import get_delivery

    store, feed = _feed(context)
    try:
        if dry_run:
            typer.echo(shown(feed, target))
            return
        with store.transaction() as writing:
            row = ping(writing, target, feed.describer.describe, feed.now())
        while feed.dispatcher.step() or feed.dispatcher.busy:
            time.sleep(0.02)
        with store.reading() as reading:
            row = get_delivery(reading, row.id, feed.now())
    finally:
        feed.stop()
        store.close()
    typer.echo(f"{row.state}  {row.response_status or ''}  {row.last_error or ''}".rstrip())
    if row.state != "delivered":
        raise typer.Exit(1)
