"""What people do with issues. ``issues/lifecycle.py`` has the table of allowed moves.

A move is a line of history; where the issue stands follows from its photos and these lines
(``issues/timeline.py``). So undoing a move is one more line, and nothing is ever rewritten.
"""

from __future__ import annotations

from datetime import datetime
from typing import Unpack

from issues.catalogue import Catalogue
from issues.details import Asked, Fields, details
from issues.errors import MoveNotAllowed, NotFound, VersionConflict
from issues.issue import Action, Proposal, Status
from issues.lifecycle import MOVES, REASONS, allowed_actions
from issues.queries import get_row
from issues.rows import IssueRow
from issues.standing import settle
from issues.store import Session
from issues.store.ledger import (
    add_event,
    decisions,
    duplicates_of,
    end_event,
    event_with_key,
    evidence_of,
    find_issue,
    lock_issues,
)
from issues.store.schema import IssueRecord
from issues.timeline import standing_decisions

ON_PHOTOS = frozenset(
    {Action.CONFIRM, Action.REJECT, Action.DUPLICATE, Action.CLOSE, Action.REWORK}
    | {Action.NOT_FIXED, Action.REOPEN, Action.CHANGE_CATEGORY}
)
"""Moves that are decided on what the photos show; a report rests on the photo that it names."""


def move(
    session: Session,
    issue: str,
    action: Action,
    actor: str,
    *,
    catalogue: Catalogue,
    now: datetime,
    expected_version: int | None = None,
    idempotency_key: str | None = None,
    **fields: Unpack[Fields],
) -> IssueRow:
    """Makes a move and gives the issue as it stands afterwards. ``issue`` is an id or number.

    ``issues.lifecycle.NEEDS`` says which fields a move needs: ``reject`` a reason, ``hold`` a date
    and a reason… Raises NotFound, MoveNotAllowed, VersionConflict. A move with an
    ``idempotency_key`` that was used before for this issue changes nothing and gives the issue as
    it stands.
    """
    record = _found(session, issue)
    if idempotency_key and event_with_key(session, record.id, idempotency_key) is not None:
        return get_row(session, catalogue, record.id)
    if expected_version is not None and record.version != expected_version:
        raise VersionConflict(
            f"{record.number} is at version {record.version}, not {expected_version}: "
            f"it is {record.status} now",
            mend="Look at it again, then decide.",
        )
    asked = Asked(action, actor, now, idempotency_key, **fields)
    version = record.version
    if record.on_hold_until is not None and record.on_hold_until <= now:
        settle(session, record, catalogue=catalogue, areas=None, now=now)
    if action is Action.UNDO:
        event_id, also = _undo(session, record, asked)
    else:
        event_id, also = _make(session, record, asked, catalogue)
    settle(session, record, catalogue=catalogue, areas=None, now=now, by_person=True)
    end_event(session, event_id, record.status)
    record.version = version + 1
    record.updated_at = now
    session.flush()
    for other in lock_issues(session, also):
        settle(session, other, catalogue=catalogue, areas=None, now=now)
    session.flush()
    return get_row(session, catalogue, record.id)


def _found(session: Session, issue: str) -> IssueRecord:
    record = find_issue(session, issue, lock=True)
    if record is None:
        raise NotFound(
            f'no issue goes by "{issue}"', mend="Give an id, or a number such as TC-2026-000123."
        )
    return record


def _make(
    session: Session, record: IssueRecord, asked: Asked, catalogue: Catalogue
) -> tuple[int, set[str]]:
    """Writes the line of history; gives its id and the ids of other issues that it changes."""
    status = Status(record.status)
    proposal = Proposal(record.proposal) if record.proposal else None
    allowed = allowed_actions(
        status, proposal, undoable=False, supervised=record.supervised_at is not None
    )
    if asked.action not in allowed:
        raise MoveNotAllowed(
            f"{record.number} is {record.status}: {asked.action.value} is not possible from there",
            mend=f"Possible now: {', '.join(allowed) or 'nothing'}.",
        )
    written = details(session, record, asked, catalogue)
    also = {record.duplicate_of} if record.duplicate_of else set()
    if asked.action is Action.DUPLICATE:
        target = str(written.data["duplicate_of"])
        also = {target}
        _bring_along(session, record, target, asked)
    to_status = MOVES[status, asked.action]
    proof = written.evidence_sha256
    if proof is None and asked.action in ON_PHOTOS:
        proof = evidence_of(session, record.after_photo_id, record.best_observation_id)
    event_id = add_event(
        session,
        record.id,
        asked.now,
        asked.action.value,
        actor=asked.actor,
        from_status=status.value,
        to_status=to_status.value if to_status and to_status is not status else None,
        as_of=_as_of(record, asked),
        reason=str(asked.reason) if asked.action in REASONS else None,
        note=asked.note,
        evidence_sha256=proof,
        data=dict(written.data),
        idempotency_key=asked.key,
    )
    return event_id, also


def _as_of(record: IssueRecord, asked: Asked) -> datetime:
    """Up to when the photos are known that a decision stands on.

    Who reports a fix, or closes an issue that no photo shows clear, knows more than the photos:
    up to now.
    """
    on_sight = asked.action is Action.CLOSE and record.proposal is None
    if on_sight or asked.action is Action.REPORT_FIXED:
        return max(asked.now, record.last_look)
    return record.last_look


def _bring_along(session: Session, record: IssueRecord, target: str, asked: Asked) -> None:
    """Issues that were duplicates of this one become duplicates of the target."""
    for other in duplicates_of(session, record.id):
        add_event(
            session,
            other.id,
            asked.now,
            Action.DUPLICATE.value,
            actor=asked.actor,
            from_status=other.status,
            as_of=other.last_look,
            data={"duplicate_of": target, "because_of": record.number},
        )
        other.duplicate_of = target
        other.version += 1
    session.flush()


def _undo(session: Session, record: IssueRecord, asked: Asked) -> tuple[int, set[str]]:
    """Takes back the last move that stands; gives what ``_make`` does."""
    made = decisions(session, record.id)
    standing = standing_decisions(made)
    if not standing:
        raise MoveNotAllowed(
            f"nobody decided anything on {record.number} that could be undone",
            code="nothing_to_undo",
            mend="Look at its history.",
        )
    last = standing[-1]
    before = record.duplicate_of
    event_id = add_event(
        session,
        record.id,
        asked.now,
        Action.UNDO.value,
        actor=asked.actor,
        from_status=record.status,
        as_of=last.as_of,
        note=asked.note,
        data={"undoes": last.event_id, "action": last.action.value if last.action else None},
        idempotency_key=asked.key,
    )
    return event_id, {issue_id for issue_id in (before, last.duplicate_of) if issue_id}
