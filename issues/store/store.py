"""Opening the store, and the transactions on it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy.orm import Session

from issues.evidence import EvidenceStore


class Store:
    """An open store: ``transaction()`` to write, ``reading()`` to read, ``evidence`` for photos."""

    evidence: EvidenceStore

    @contextmanager
    def transaction(self) -> Iterator[Session]:
        """A session that commits at the end, or rolls back when the block raises.

        Raises StoreError (locked, read_only, disk_full, …).
        """
        raise NotImplementedError
        yield

    @contextmanager
    def reading(self) -> Iterator[Session]:
        """A session that sees one state throughout and never writes."""
        raise NotImplementedError
        yield

    def check(self) -> None:
        """Asks the database something. Raises StoreError."""
        raise NotImplementedError

    def close(self) -> None:
        """Closes all connections; a second call does nothing."""
        raise NotImplementedError


def open_store(url: str | None, data_dir: Path) -> Store:
    """Opens (or makes) the store, brings its schema up to date, and gives it.

    ``url`` is a SQLAlchemy URL; None is SQLite in ``data_dir``. Evidence lies in
    ``data_dir/evidence``. Raises StoreError.
    """
    raise NotImplementedError
