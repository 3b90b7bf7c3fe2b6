"""Opening the store, and the transactions on it."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event, text
from sqlalchemy.dialects.sqlite.base import SQLiteCompiler
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError, DBAPIError, NoSuchModuleError
from sqlalchemy.orm import Session

from issues.errors import StoreError, folder_error
from issues.evidence import EvidenceStore
from issues.store.failures import store_error
from issues.store.migration import migrate

SQLITE_FILE = "tidycity.sqlite"
BUSY_TIMEOUT_S = 20.0


class Store:
    """An open store: ``transaction()`` to write, ``reading()`` to read, ``evidence`` for photos.

    Threads may share it: each block has a session and a connection of its own.
    """

    def __init__(self, engine: Engine, evidence: EvidenceStore) -> None:
        self.engine = engine
        self.evidence = evidence
        self._writer = engine.execution_options(tidycity_writes=True)

    @property
    def where(self) -> str:
        """The database as people know it: a path, or a URL without its password."""
        return _where(self.engine)

    @contextmanager
    def transaction(self) -> Iterator[Session]:
        """A session that commits at the end, or rolls back when the block raises.

        SQLite has one writer at a time: others wait for up to 20 seconds.
        Raises StoreError (locked, read_only, disk_full, …).
        """
        with (
            _translated(self.where),
            Session(self._writer, expire_on_commit=False) as session,
            session.begin(),
        ):
            yield session

    @contextmanager
    def reading(self) -> Iterator[Session]:
        """A session that sees one state throughout and never writes. Raises StoreError."""
        with _translated(self.where), Session(self.engine, expire_on_commit=False) as session:
            yield session

    def check(self) -> None:
        """Asks the database something. Raises StoreError."""
        with self.reading() as session:
            session.execute(text("SELECT count(*) FROM counters")).one()

    def close(self) -> None:
        """Closes all connections; a second call does nothing."""
        self.engine.dispose()


def open_store(url: str | None, data_dir: Path) -> Store:
    """Opens (or makes) the store, brings its schema up to date, and gives it.

    ``url`` is a SQLAlchemy URL; None is SQLite in ``data_dir``. Evidence lies in
    ``data_dir/evidence``. Raises StoreError.
    """
    try:
        data_dir.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise folder_error(error, data_dir) from error
    engine = _engine(url or f"sqlite:///{data_dir / SQLITE_FILE}")
    try:
        with _translated(_where(engine)):
            migrate(engine)
    except BaseException:
        engine.dispose()
        raise
    return Store(engine, EvidenceStore(data_dir / "evidence"))


def _engine(url: str) -> Engine:
    try:
        parsed = make_url(url)
        if parsed.drivername in ("postgresql", "postgres"):
            parsed = parsed.set(drivername="postgresql+psycopg")
        if parsed.get_backend_name() == "sqlite":
            warm = {"pool_use_lifo": True} if parsed.database else {}  # the last one has its pages
            engine = create_engine(parsed, connect_args={"timeout": BUSY_TIMEOUT_S}, **warm)
            engine.dialect.statement_compiler = _SqliteCompiler
            event.listen(engine, "connect", _prepare_sqlite)
            event.listen(engine, "begin", _begin_sqlite)
            return engine
        return create_engine(parsed, pool_pre_ping=True)
    except (ArgumentError, NoSuchModuleError) as error:
        raise StoreError(
            f"the database URL can't be used: {error}",
            code="bad_url",
            mend="Use postgresql://user:password@host/name, or leave it out for SQLite.",
        ) from error
    except ModuleNotFoundError as error:
        raise StoreError(
            f"the database URL needs a driver that is not installed: {error.name}",
            code="no_driver",
            mend="Install it with: pip install 'tidycity[postgres]'.",
        ) from error


class _SqliteCompiler(SQLiteCompiler):
    """Writes what ``with_hint`` says ("INDEXED BY …"), which SQLAlchemy's own leaves out."""

    def get_from_hint_text(self, table: Any, text: str | None) -> str | None:  # noqa: ARG002
        return text


def _prepare_sqlite(connection: sqlite3.Connection, _record: Any) -> None:
    connection.isolation_level = None  # BEGIN is ours, see _begin_sqlite
    connection.execute("PRAGMA foreign_keys = ON")
    connection.execute(f"PRAGMA busy_timeout = {int(BUSY_TIMEOUT_S * 1000)}")
    try:
        connection.execute("PRAGMA journal_mode = WAL")
    except sqlite3.OperationalError as error:
        if "readonly" not in str(error):
            raise
    connection.execute("PRAGMA synchronous = NORMAL")
    connection.execute("PRAGMA cache_size = -32768")


def _begin_sqlite(connection: Connection) -> None:
    """A writer takes the lock at once: two that read first and write later would deadlock."""
    writes = connection.get_execution_options().get("tidycity_writes", False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")


@contextmanager
def _translated(where: str) -> Iterator[None]:
    try:
        yield
    except DBAPIError as error:
        mended = store_error(error, where)
        if mended is None:
            raise
        raise mended from error


def _where(engine: Engine) -> str:
    if engine.url.get_backend_name() == "sqlite":
        return engine.url.database or ":memory:"
    return engine.url.render_as_string(hide_password=True)
