"""What people do with issues: one table of allowed moves, one function that makes a move."""

from __future__ import annotations

from datetime import datetime

from issues.catalogue import Catalogue
from issues.issue import Action, RejectReason
from issues.rows import IssueRow
from issues.store import Session


def move(
    session: Session,
    issue: str,
    action: Action,
    actor: str,
    *,
    catalogue: Catalogue,
    now: datetime,
    expected_version: int | None = None,
    reason: RejectReason | None = None,
    note: str | None = None,
    duplicate_of: str | None = None,
    category: str | None = None,
    idempotency_key: str | None = None,
) -> IssueRow:
    """Makes a move and gives the issue as it stands afterwards. ``issue`` is an id or number.

    Raises NotFound, MoveNotAllowed (also for a missing reason, target or category) and
    VersionConflict. A move with an ``idempotency_key`` that was used before for this issue changes
    nothing and gives the issue as it stands.
    """
    raise NotImplementedError
