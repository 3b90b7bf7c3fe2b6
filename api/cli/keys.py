"""``tidycity keys``: API keys of people and systems."""

from __future__ import annotations

from typing import Annotated

import typer

from api.cli.session import session_of
from api.i18n import t

app = typer.Typer(no_args_is_help=True)


@app.command(name="create", help=t("Make a key and print it once."))
def create(
    context: typer.Context,
    name: Annotated[str, typer.Argument(help=t("Whose key it is"))],
    scope: Annotated[
        list[str] | None, typer.Option(help=t("What it may do: read, upload, review or admin"))
    ] = None,
) -> None:
    """Makes a key; only its hash is kept."""
    from api.auth import create_key

    session = session_of(context)
    store = session.store(session.settings())
    try:
        key = create_key(store, name, tuple(scope or ("read",)))
    finally:
        store.close()
    typer.echo(t("Key for {name}, shown this once; keep it well:", name=name))
    typer.echo(key)


@app.command(name="list", help=t("List keys; never the keys themselves."))
def list_(context: typer.Context) -> None:
    """Lists who has a key, for what, and when it was last used."""
    from issues.keys import list_keys

    session = session_of(context)
    store = session.store(session.settings())
    try:
        with store.reading() as reading:
            for row in list_keys(reading):
                used = row.last_used_at.isoformat(timespec="minutes") if row.last_used_at else "-"
                state = t("revoked") if row.revoked_at else t("valid")
                typer.echo(f"{row.id:4}  {row.name:24} {','.join(row.scopes):20} {state}  {used}")
    finally:
        store.close()


@app.command(name="revoke", help=t("Take a key back; it stops working at once."))
def revoke(
    context: typer.Context,
    key_id: Annotated[int, typer.Argument(help=t("Its number in the list"))],
) -> None:
    """Revokes a key."""
    from datetime import UTC, datetime

    from issues.keys import revoke_key

    session = session_of(context)
    store = session.store(session.settings())
    try:
        with store.transaction() as writing:
            revoke_key(writing, key_id, datetime.now(UTC))
    finally:
        store.close()
    typer.echo(t("key {id} is revoked", id=key_id))
