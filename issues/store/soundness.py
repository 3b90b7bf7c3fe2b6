"""What a check-up asks of the store itself: its size, whether it is sound, what it knows."""

from __future__ import annotations

from datetime import datetime
from typing import cast

from sqlalchemy import Connection, Table, func, inspect, select, text

from issues.store.schema import EventRecord, EvidenceRecord, PhotoRecord
from issues.store.store import Store
from issues.store.tables import Base


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


def lacking(connection: Connection) -> dict[str, list[str]]:
    """Tables, and columns of tables, that the program knows and the database lacks.

    By the part of the schema that they belong to ("feed", "camera"…); nothing where all is there.
    """
    found, told = inspect(connection), dict[str, list[str]]()
    there = set(found.get_table_names())
    for mapper in Base.registry.mappers:
        table = cast(Table, mapper.local_table)
        part = mapper.class_.__module__.rpartition(".")[2].removesuffix("schema").rstrip("_")
        if table.name not in there:
            told.setdefault(part or "issues", []).append(table.name)
            continue
        columns = {column["name"] for column in found.get_columns(table.name)}
        missing = [f"{table.name}.{c.name}" for c in table.columns if c.name not in columns]
        if missing:
            told.setdefault(part or "issues", []).extend(missing)
    return {part: sorted(names) for part, names in sorted(told.items())}
