"""Targets in the store: adding, changing, pausing, and their secrets."""

from __future__ import annotations

import base64
import secrets
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

from sqlalchemy import select

from issues.errors import FeedError, NotFound, VersionConflict
from issues.feed.target import Target, TargetFilter, TargetKind, filter_of
from issues.store import Session
from issues.store.feed_schema import TargetRecord

OVERLAP = timedelta(hours=24)
"""For how long an old secret signs beside the new one, unless it is told otherwise."""

SECRET_PREFIX = "whsec_"
_NAME_LENGTH = 100


def new_secret() -> str:
    """A new signing secret, as the Standard Webhooks spec writes them: 32 random bytes."""
    return SECRET_PREFIX + base64.b64encode(secrets.token_bytes(32)).decode()


def add_target(
    session: Session,
    name: str,
    kind: TargetKind,
    url: str,
    now: datetime,
    *,
    wanted: TargetFilter | None = None,
    options: Mapping[str, Any] | None = None,
    secret: str | None = None,
) -> tuple[Target, str | None]:
    """Adds a target; gives it and, for a webhook, the secret that is shown this once.

    Raises FeedError.
    """
    wanted = wanted or TargetFilter()
    name = name.strip()
    if not name or len(name) > _NAME_LENGTH or not name.isprintable():
        raise FeedError("a target needs a name of 1 to 100 printable characters")
    if _named(session, name) is not None:
        raise FeedError(f"a target is called {name!r} already", mend="Choose another name.")
    url = checked_url(kind, url)
    if kind is TargetKind.WEBHOOK:
        secret = _checked_secret(secret or new_secret())
    record = TargetRecord(
        name=name,
        kind=kind.value,
        url=url,
        filter=wanted.plain(),
        options=dict(options or {}),
        secrets=[{"secret": secret, "until": None}] if secret else [],
        enabled=True,
        failures=0,
        version=1,
        created_at=now,
        updated_at=now,
    )
    session.add(record)
    session.flush()
    return target_of(record, now), secret


def checked_url(kind: TargetKind, url: str) -> str:
    """The address of a target, if it can be one. Raises FeedError."""
    url = url.strip()
    if kind is TargetKind.RECORD:
        return ""
    if kind is TargetKind.FILEDROP:
        if not url:
            raise FeedError("a file drop needs a folder or an fsspec URL")
        return url
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname or not url.isprintable():
        raise FeedError(f"{url!r} is no http or https address", code="bad_url")
    if parts.username or parts.password:
        raise FeedError("the address of a target must hold no user and password", code="bad_url")
    return url.rstrip("/") if kind is TargetKind.OPEN311 else url


def change_target(
    session: Session,
    target: int | str,
    now: datetime,
    *,
    expected_version: int | None = None,
    url: str | None = None,
    wanted: TargetFilter | None = None,
    options: Mapping[str, Any] | None = None,
    enabled: bool | None = None,
    reason: str | None = None,
) -> Target:
    """Changes what is given; switching on forgets failures and holds. Raises NotFound, …"""
    record = _found(session, target)
    if expected_version is not None and record.version != expected_version:
        raise VersionConflict(f"{record.name} is at version {record.version} by now")
    if url is not None:
        record.url = checked_url(TargetKind(record.kind), url)
    if wanted is not None:
        record.filter = wanted.plain()
    if options is not None:
        record.options = {**record.options, **options}
    if enabled is not None:
        record.enabled = enabled
        record.paused_reason = None if enabled else (reason or "paused by hand")
        record.failures, record.held_until = 0, None
    record.version += 1
    record.updated_at = now
    session.flush()
    return target_of(record, now)


def rotate_secret(
    session: Session, target: int | str, now: datetime, *, overlap: timedelta = OVERLAP
) -> str:
    """A new secret, shown this once; the one before signs beside it for the overlap.

    Raises NotFound, FeedError.
    """
    record = _found(session, target)
    if record.kind != TargetKind.WEBHOOK:
        raise FeedError(f"{record.name} is no webhook: it has no signing secret")
    secret, until = new_secret(), (now + overlap).isoformat()
    old = [
        {"secret": one["secret"], "until": one["until"] or until}
        for one in record.secrets
        if _valid(one, now)
    ]
    record.secrets = [{"secret": secret, "until": None}, *old]
    record.version += 1
    record.updated_at = now
    session.flush()
    return secret


def remove_target(session: Session, target: int | str) -> None:
    """Removes a target with its deliveries. Raises NotFound."""
    session.delete(_found(session, target))
    session.flush()


def list_targets(session: Session, now: datetime | None = None) -> tuple[Target, ...]:
    """All targets, oldest first."""
    found = session.scalars(select(TargetRecord).order_by(TargetRecord.id))
    return tuple(target_of(record, now) for record in found)


def get_target(session: Session, target: int | str, now: datetime | None = None) -> Target:
    """One target by its id or name. Raises NotFound."""
    return target_of(_found(session, target), now)


def target_of(record: TargetRecord, now: datetime | None = None) -> Target:
    """A target from its row; ``now``: leave out secrets that have run out by then."""
    kept: Sequence[dict[str, Any]] = record.secrets
    return Target(
        id=record.id,
        name=record.name,
        kind=TargetKind(record.kind),
        url=record.url,
        filter=filter_of(record.filter),
        options=dict(record.options),
        enabled=record.enabled,
        paused_reason=record.paused_reason,
        failures=record.failures,
        held_until=record.held_until,
        last_success_at=record.last_success_at,
        version=record.version,
        created_at=record.created_at,
        updated_at=record.updated_at,
        secrets=tuple(str(one["secret"]) for one in kept if now is None or _valid(one, now)),
    )


def _valid(one: Mapping[str, Any], now: datetime) -> bool:
    return one["until"] is None or datetime.fromisoformat(one["until"]) > now


def _checked_secret(secret: str) -> str:
    raw = secret.removeprefix(SECRET_PREFIX)
    try:
        if not 24 <= len(base64.b64decode(raw, validate=True)) <= 64:
            raise ValueError
    except ValueError as error:
        raise FeedError(
            "a signing secret is whsec_ and the base64 of 24 to 64 bytes", code="bad_secret"
        ) from error
    return SECRET_PREFIX + raw


def _named(session: Session, name: str) -> TargetRecord | None:
    return session.scalars(select(TargetRecord).where(TargetRecord.name == name)).one_or_none()


def _found(session: Session, target: int | str) -> TargetRecord:
    text = str(target)
    record = session.get(TargetRecord, int(text)) if text.isdecimal() and len(text) < 9 else None
    record = record or _named(session, text)
    if record is None:
        raise NotFound(f"no target goes by {text!r}", mend="See `tidycity feed targets`.")
    return record
