"""The open issues that cameras see or saw: which belong to which camera."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping

from sqlalchemy import select

from issues.catalogue import Catalogue
from issues.issue import OPEN
from issues.rows import IssueRow
from issues.store import Session
from issues.store.camera_schema import CameraStatementRecord
from issues.store.issue_select import issue_rows, select_issues
from issues.store.schema import IssueRecord

MOST = 2000
"""Issues that are read at once; a wall of cameras with more has other worries."""


def open_issues(
    session: Session, catalogue: Catalogue, camera: str | None = None
) -> Mapping[str, tuple[IssueRow, ...]]:
    """Open issues by camera, last seen first; of one camera, or of all."""
    s = CameraStatementRecord
    query = (
        select(s.camera_id, s.issue_id)
        .join(IssueRecord, IssueRecord.id == s.issue_id)
        .where(IssueRecord.status.in_([status.value for status in OPEN]))
        .distinct()
        .limit(MOST)
    )
    if camera is not None:
        query = query.where(s.camera_id == camera)
    pairs = session.execute(query).all()
    wanted = {issue for _, issue in pairs}
    rows = {
        row.id: row
        for row in issue_rows(session, select_issues([IssueRecord.id.in_(wanted)]), catalogue)
    }
    found: defaultdict[str, list[IssueRow]] = defaultdict(list)
    for name, issue in pairs:
        found[name].append(rows[issue])
    return {
        name: tuple(sorted(held, key=lambda row: (row.last_seen, row.number), reverse=True))
        for name, held in found.items()
    }
