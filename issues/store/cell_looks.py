"""When each cell was last looked at: kept by SQLite in step with ``coverage``.

A trigger changes one row within the transaction that records a look; where a look goes, the last
one that stays is found by index. PostgreSQL asks the index for each cell instead: its writers would
wait for each other at the rows of busy cells.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import BigInteger, Connection, String, column, func, select, table
from sqlalchemy.orm import Session, aliased

from issues.store.schema import CoverageRecord

LOOKS = "cell_looks"
_K = table(LOOKS, column("cell", BigInteger), column("last_at", String))

_SEE = (
    f"INSERT INTO {LOOKS} VALUES (new.cell, new.taken_at) "  # noqa: S608 (constants)
    "ON CONFLICT (cell) DO UPDATE SET last_at = max(last_at, excluded.last_at);"
)
_FORGET = (
    f"DELETE FROM {LOOKS} WHERE cell = old.cell; "  # noqa: S608 (constants)
    f"INSERT INTO {LOOKS} SELECT cell, max(taken_at) FROM coverage "
    "WHERE cell = old.cell AND usable = 1 GROUP BY cell;"
)
_OLD, _NEW = (f"{row}.cell IS NOT NULL AND {row}.usable = 1" for row in ("old", "new"))
_CHANGED = "AFTER UPDATE OF cell, usable, taken_at ON coverage"
_TRIGGERS = {
    "cell_looks_new": f"AFTER INSERT ON coverage WHEN {_NEW} BEGIN {_SEE} END",
    "cell_looks_gone": f"AFTER DELETE ON coverage WHEN {_OLD} BEGIN {_FORGET} END",
    "cell_looks_left": f"{_CHANGED} WHEN {_OLD} BEGIN {_FORGET} END",
    "cell_looks_moved": f"{_CHANGED} WHEN {_NEW} BEGIN {_SEE} END",
}


def make(connection: Connection) -> None:
    """Makes the table and fills it from the looks that are stored (SQLite alone)."""
    if connection.dialect.name != "sqlite":
        return
    connection.exec_driver_sql(
        f"CREATE TABLE {LOOKS} (cell INTEGER PRIMARY KEY, last_at TEXT NOT NULL)"
    )
    rebuild(connection)
    for name, what in _TRIGGERS.items():
        connection.exec_driver_sql(f"CREATE TRIGGER {name} {what}")


def rebuild(connection: Connection) -> None:
    """Fills the table anew: after looks were put in without triggers."""
    if connection.dialect.name != "sqlite":
        return
    connection.exec_driver_sql(f"DELETE FROM {LOOKS}")  # noqa: S608 (a constant)
    connection.exec_driver_sql(
        f"INSERT INTO {LOOKS} SELECT cell, max(taken_at) FROM coverage "  # noqa: S608
        "WHERE cell IS NOT NULL AND usable = 1 GROUP BY cell"
    )


def drop(connection: Connection) -> None:
    """Takes the table and its triggers away."""
    if connection.dialect.name != "sqlite":
        return
    for name in _TRIGGERS:
        connection.exec_driver_sql(f"DROP TRIGGER {name}")
    connection.exec_driver_sql(f"DROP TABLE {LOOKS}")


def last_looks(session: Session) -> dict[int, datetime]:
    """Cell → when it was looked at last, whenever that was; only photos that were usable."""
    if session.get_bind().dialect.name == "sqlite":
        moment = datetime.fromisoformat
        kept = session.execute(select(_K.c.cell, _K.c.last_at + "+00:00"))
        return {cell: moment(at) for cell, at in kept}
    return last_looks_by_index(session)


def last_looks_by_index(session: Session) -> dict[int, datetime]:
    """The same asked of ``coverage`` itself: from one cell to the next along the index."""
    c, other, there = CoverageRecord, aliased(CoverageRecord), aliased(CoverageRecord)
    first = select(func.min(c.cell).label("cell")).where(c.cell.is_not(None))
    each = first.cte("each_cell", recursive=True)
    following = select(func.min(other.cell)).where(other.cell > each.c.cell).scalar_subquery()
    each = each.union_all(select(following).where(each.c.cell.is_not(None)))
    last = (
        select(func.max(there.taken_at))
        .where(there.cell == each.c.cell, there.usable)
        .correlate(each)
        .scalar_subquery()
    )
    found = session.execute(select(each.c.cell, last).where(each.c.cell.is_not(None)))
    return {int(cell): at for cell, at in found if at is not None}
