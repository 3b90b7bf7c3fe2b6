"""``tidycity keys``: API keys of people and systems."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Annotated

import typer

from api.access import ROLES, Role
from api.cli.session import session_of
from api.i18n import t
from detect.errors import BadInput

if TYPE_CHECKING:
    from issues.keys import KeyRow
    from issues.store import Session

app = typer.Typer(no_args_is_help=True)

Name = Annotated[str | None, typer.Argument(help=t("Whose key it is"))]
RoleOption = Annotated[
    str | None, typer.Option(help=t("Its role: {roles}", roles=", ".join(ROLES)))
]


def parse_expiry(text: str, now: datetime) -> datetime:
    """The moment that "90d", "12h" or a date (its end, UTC) means. Raises BadInput.

    >>> parse_expiry("2d", datetime(2026, 5, 1, tzinfo=UTC)).isoformat()
    '2026-05-03T00:00:00+00:00'
    """
    if found := re.fullmatch(r"(\d{1,5})([dh])", text.strip()):
        number = int(found[1])
        return now + (timedelta(days=number) if found[2] == "d" else timedelta(hours=number))
    try:
        day = datetime.strptime(text.strip(), "%Y-%m-%d").replace(tzinfo=UTC)
    except ValueError:
        raise BadInput(
            f"a key expires after days or hours, or on a date; got {text[:40]!r}",
            code="bad_expiry",
            mend="Write 90d, 12h or 2027-01-31.",
        ) from None
    return day + timedelta(days=1)


def _role(text: str) -> Role:
    for role in ROLES:
        if text == role:
            return role
    raise BadInput(
        f"a key's role is one of {', '.join(ROLES)}; got {text[:40]!r}",
        code="unknown_role",
        mend="Give one of them.",
    )


def noted_new(session: Session, row: KeyRow) -> None:
    """The audit log's line of a key made at the command line."""
    from api.trail import noted_by_hand

    told = {"role": row.role, "unit": row.unit, "hint": row.hint}
    noted_by_hand(session, datetime.now(UTC), "keys add", str(row.id), name=row.name, **told)


@app.command(name="add", help=t("Make a key and print it once."))
def add(
    context: typer.Context,
    name: Name = None,
    role: RoleOption = "viewer",
    unit: Annotated[
        str | None, typer.Option(help=t("For the role unit: its name, as issues are assigned"))
    ] = None,
    expires: Annotated[
        str | None, typer.Option(help=t("When it ends: 90d, 12h or 2027-01-31 [never]"))
    ] = None,
) -> None:
    """Makes a key of a role; only its hash is kept."""
    from api.auth import KeyBook

    wanted = _role(role or "viewer")
    now = datetime.now(UTC)
    until = parse_expiry(expires, now) if expires else None
    session = session_of(context)
    store = session.store(session.settings())
    try:
        book = KeyBook(store, lambda: now)
        whose = name or unit or wanted
        key, row = book.create(whose, wanted, unit=unit, expires_at=until, note=noted_new)
    finally:
        store.close()
    typer.echo(t("Key for {name}, shown this once; keep it well:", name=row.name))
    typer.echo(key)
    if wanted == "inspector":
        typer.echo(t("On a phone, open this on the server: /snap#k={key}", key=key))


@app.command(name="create", help=t("Make a key by scopes, as before roles; `add` is better."))
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
        key = create_key(store, name, tuple(scope or ("read",)), noted_new)
    finally:
        store.close()
    typer.echo(t("Key for {name}, shown this once; keep it well:", name=name))
    typer.echo(key)


def _told(row: KeyRow, now: datetime) -> str:
    def day(moment: datetime | None) -> str:
        return moment.isoformat(timespec="minutes") if moment else "-"

    state = t("revoked") if row.revoked_at else t("valid") if row.valid(now) else t("expired")
    role = f"{row.role}({row.unit})" if row.unit else row.role
    return (
        f"{row.id:4}  {row.hint:10}  {row.name:24} {role:20} {state}  "
        f"{day(row.last_used_at)}  {day(row.expires_at)}"
    )


@app.command(name="list", help=t("List keys; never the keys themselves."))
def list_(context: typer.Context) -> None:
    """Lists who has a key, for what, when it was last used and when it ends."""
    from issues.keys import list_keys

    session = session_of(context)
    store = session.store(session.settings())
    now = datetime.now(UTC)
    try:
        with store.reading() as reading:
            for row in list_keys(reading):
                typer.echo(_told(row, now))
    finally:
        store.close()


@app.command(name="revoke", help=t("Take a key back; it stops working at once."))
def revoke(
    context: typer.Context,
    key_id: Annotated[int, typer.Argument(help=t("Its number in the list"))],
) -> None:
    """Revokes a key."""
    from api.trail import noted_by_hand
    from issues.keys import revoke_key

    session = session_of(context)
    store = session.store(session.settings())
    now = datetime.now(UTC)
    try:
        with store.transaction() as writing:
            row = revoke_key(writing, key_id, now)
            noted_by_hand(writing, now, "keys revoke", str(key_id), name=row.name)
    finally:
        store.close()
    typer.echo(t("key {id} is revoked", id=key_id))
