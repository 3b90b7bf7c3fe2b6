"""What a check-up asks of the store itself: its size, whether it is sound, what it knows."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection, func, select, text

from issues.store.schema import EventRecord, EvidenceRecord, PhotoRecord
from issues.store.store import Store


def postgres_bytes(connection: Connection) -> int | None:
    """How large a PostgreSQL database is; None for SQLite, which is a file."""
    if connection.dialect.name != "postgresql":
        return None
    query = text("SELECT pg_database_size(current_database())")
    return int(connection.execute(query).scalar() or 0)


def known_evidence(store: Store) -> set[str]:
    """The hashes of all photos that the store says it keeps."""
    with store.reading() as session:
        return set(session.scalars(select(EvidenceRecord.sha256)))


def last_written(store: Store) -> datetime | None:
    """When the newest line of history or photo was recorded; None for an empty store."""
    with store.reading() as session:
        latest = [
            session.execute(select(func.max(EventRecord.at))).scalar(),
            session.execute(select(func.max(PhotoRecord.recorded_at))).scalar(),
        ]
    return max((moment for moment in latest if moment is not None), default=None)
