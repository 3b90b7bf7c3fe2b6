"""Rows as the database gives them: for a page of a list the ORM's own way takes twice as long.

They are fetched at once: one by one, threads would take turns with Python's lock for each row.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Executable, Row
from sqlalchemy.orm import Session


def plainly(
    session: Session, query: Executable, values: Mapping[str, Any] | None = None
) -> Sequence[Row[*tuple[Any, ...]]]:
    """The rows of a query for columns; what the session has not written yet, it writes first."""
    session.flush()
    return session.connection().execute(query, values).all()
