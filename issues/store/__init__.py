"""The store: SQLite by default, PostgreSQL by URL, one transaction a photo or request."""

from sqlalchemy.orm import Session

from issues.store.store import Store, open_store

__all__ = ["Session", "Store", "open_store"]
