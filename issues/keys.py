"""API keys in the store: only the SHA-256 of a key is kept, never the key."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import bindparam, select

from issues.errors import NotFound
from issues.store import Session
from issues.store.plain_rows import plainly
from issues.store.schema import KeyRecord


@dataclass(frozen=True, slots=True)
class KeyRow:
    """A key as the store keeps it: whose it is, what it may do, when it was used.

    ``scopes`` are rights of older keys besides those of ``role``. ``unit`` is whose issues a key
    of the role unit sees. ``hint`` is how the key begins, to tell keys apart.
    """

    id: int
    name: str
    scopes: tuple[str, ...]
    created_at: datetime
    last_used_at: datetime | None
    revoked_at: datetime | None
    role: str = "viewer"
    unit: str | None = None
    hint: str = ""
    expires_at: datetime | None = None

    def valid(self, now: datetime) -> bool:
        """Whether it opens anything at this moment."""
        return self.revoked_at is None and (self.expires_at is None or now < self.expires_at)


_KEYS = KeyRecord.__table__
_BY_HASH = select(*_KEYS.columns).where(_KEYS.c.key_hash == bindparam("sha256"))
"""What every request asks, made once."""


def _row(record: Any) -> KeyRow:
    return KeyRow(
        record.id,
        record.name,
        tuple(str(scope) for scope in record.scopes),
        record.created_at,
        record.last_used_at,
        record.revoked_at,
        record.role,
        record.unit,
        record.hint,
        record.expires_at,
    )


def add_key(
    session: Session,
    name: str,
    key_sha256: str,
    scopes: Sequence[str],
    now: datetime,
    *,
    role: str = "viewer",
    unit: str | None = None,
    hint: str = "",
    expires_at: datetime | None = None,
) -> KeyRow:
    """Keeps a new key by its hash."""
    record = KeyRecord(
        name=name,
        key_hash=key_sha256,
        scopes=list(scopes),
        role=role,
        unit=unit,
        hint=hint,
        expires_at=expires_at,
        created_at=now,
    )
    session.add(record)
    session.flush()
    return _row(record)


def find_key(session: Session, key_sha256: str) -> KeyRow | None:
    """The key with this hash, revoked ones too."""
    found = plainly(session, _BY_HASH, {"sha256": key_sha256})
    return _row(found[0]) if found else None


def get_key(session: Session, key_id: int) -> KeyRow | None:
    """The key with this id, revoked ones too."""
    found = session.get(KeyRecord, key_id)
    return None if found is None else _row(found)


def list_keys(session: Session) -> tuple[KeyRow, ...]:
    """All keys ever made, oldest first."""
    return tuple(map(_row, session.scalars(select(KeyRecord).order_by(KeyRecord.id))))


def revoke_key(session: Session, key_id: int, now: datetime) -> KeyRow:
    """Ends a key for good; ending it again changes nothing. Raises NotFound."""
    record = session.get(KeyRecord, key_id)
    if record is None:
        raise NotFound(
            f"There is no key {key_id}", mend="`tidycity keys list` shows the keys there are."
        )
    record.revoked_at = record.revoked_at or now
    session.flush()
    return _row(record)


def touch_key(session: Session, key_id: int, now: datetime) -> None:
    """Notes that a key was used."""
    record = session.get(KeyRecord, key_id)
    if record is not None:
        record.last_used_at = now
