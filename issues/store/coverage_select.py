"""SQL on what was looked at, by cell."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, case, func, select
from sqlalchemy.orm import Session

from issues.issue import Status
from issues.store.round_select import AMONG_OPEN, is_open, to_visit
from issues.store.schema import CoverageRecord, IssueRecord

C, I = CoverageRecord, IssueRecord  # noqa: E741
NO_PROBLEM = (Status.REJECTED.value, Status.DUPLICATE.value)


@dataclass(frozen=True, slots=True)
class CellSum:
    """What was looked at in a cell within a period. ``usable``: photos that could show it clear."""

    cell: int
    looks: int
    usable: int


def cell_sums(session: Session, since: datetime, until: datetime) -> list[CellSum]:
    """The cells that were looked at in a period."""
    query = (
        select(C.cell, func.count(), _usable())
        .where(C.taken_at >= since, C.taken_at < until, C.cell.is_not(None))
        .group_by(C.cell)
    )
    return [CellSum(*row) for row in session.execute(query)]


def unplaced_looks(session: Session, since: datetime, until: datetime) -> int:
    """How many photos of a period have no place, and so cover nothing."""
    query = select(func.count()).where(C.taken_at >= since, C.taken_at < until, C.cell.is_(None))
    return int(session.execute(query).scalar_one())


def seen_in_cells(session: Session, since: datetime, until: datetime) -> dict[int, int]:
    """Cell → how many issues were seen in it within a period."""
    query = (
        select(I.cell, func.count())
        .where(
            I.last_seen >= since,
            I.first_seen < until,
            I.cell.is_not(None),
            I.status.not_in(NO_PROBLEM),
        )
        .group_by(I.cell)
        .with_hint(I, "INDEXED BY ix_issues_seen", "sqlite")
    )
    return {int(cell): n for cell, n in session.execute(query) if cell is not None}


def unseen_by_area(
    session: Session, since: datetime, now: datetime
) -> dict[int | None, tuple[int, int]]:
    """Area key → confirmed open issues, and how many of them no photo shows since."""
    unseen = func.sum(case((I.last_look < since, 1), else_=0))
    query = (
        select(I.area_id, func.count(), unseen)
        .where(is_open(), *to_visit(now))
        .group_by(I.area_id)
        .with_hint(I, AMONG_OPEN, "sqlite")
    )
    return {key: (int(n), int(m or 0)) for key, n, m in session.execute(query)}


def _usable() -> ColumnElement[Any]:
    return func.sum(case((C.usable, 1), else_=0))
