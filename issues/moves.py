"""What people do with issues. ``issues/lifecycle.py`` has the table of allowed moves.

A move is a line of history; where the issue stands follows from its photos and these lines
(``issues/timeline.py``). So undoing a move is one more line, and nothing is ever rewritten.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from issues.catalogue import Catalogue
from issues.errors import MoveNotAllowed, NotFound, VersionConflict
from issues.issue import Action, Proposal, RejectReason, Severity, Status
from issues.lifecycle import MOVES, allowed_actions
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


@dataclass(frozen=True, slots=True)
class _Asked:
    """A move as it was asked for."""

    action: Action
    actor: str
    now: datetime
    reason: RejectReason | None
    note: str | None
    duplicate_of: str | None
    category: str | None
    key: str | None


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

    ``reject`` needs a reason, ``duplicate`` the id or number of the other, ``change_category`` a
    category. Raises NotFound, MoveNotAllowed, VersionConflict. A move with an ``idempotency_key``
    that was used before for this issue changes nothing and gives the issue as it stands.
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
    asked = _Asked(action, actor, now, reason, note, duplicate_of, category, idempotency_key)
    version = record.version
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
    session: Session, record: IssueRecord, asked: _Asked, catalogue: Catalogue
) -> tuple[int, set[str]]:
    """Writes the line of history; gives its id and the ids of other issues that it changes."""
    status = Status(record.status)
    to_status = MOVES.get((status, asked.action))
    proposal = Proposal(record.proposal) if record.proposal else None
    if to_status is None or asked.action not in allowed_actions(status, proposal, undoable=False):
        raise _not_allowed(record, asked.action, proposal)
    data: dict[str, Any] = {}
    also: set[str] = set()
    match asked.action:
        case Action.CONFIRM:
            rule = catalogue.category(record.category).deadline_h
            hours = rule.hours(Severity(record.severity))
            deadline = catalogue.calendar.add_hours(asked.now, hours)
            data = {"deadline": deadline.isoformat(), "working_hours": hours}
        case Action.REJECT if asked.reason is None:
            known = ", ".join(RejectReason)
            raise MoveNotAllowed(
                "a rejection needs a reason", code="reason_missing", mend=f"Give one of: {known}."
            )
        case Action.DUPLICATE:
            target = _target(session, record, asked)
            data, also = {"duplicate_of": target.id}, {target.id}
            _bring_along(session, record, target, asked)
        case Action.CHANGE_CATEGORY:
            data = {"category": _new_category(record, asked, catalogue), "from": record.category}
        case Action.REOPEN if record.duplicate_of:
            also = {record.duplicate_of}
    changes = to_status is not status
    event_id = add_event(
        session,
        record.id,
        asked.now,
        asked.action.value,
        actor=asked.actor,
        from_status=status.value,
        to_status=to_status.value if changes else None,
        as_of=_as_of(record, asked),
        reason=asked.reason.value if asked.reason else None,
        note=asked.note,
        evidence_sha256=evidence_of(session, record.after_photo_id, record.best_observation_id),
        data=data,
        idempotency_key=asked.key,
    )
    return event_id, also


def _as_of(record: IssueRecord, asked: _Asked) -> datetime:
    """Up to when the photos are known that a decision stands on.

    Who closes an issue that no photo shows clear knows more than the photos: up to now.
    """
    if asked.action is Action.CLOSE and record.proposal is None:
        return max(asked.now, record.last_look)
    return record.last_look


def _not_allowed(record: IssueRecord, action: Action, proposal: Proposal | None) -> MoveNotAllowed:
    allowed = allowed_actions(Status(record.status), proposal, undoable=False)
    return MoveNotAllowed(
        f"{record.number} is {record.status}: {action.value} is not possible from there",
        mend=f"Possible now: {', '.join(allowed) or 'nothing'}.",
    )


def _target(session: Session, record: IssueRecord, asked: _Asked) -> IssueRecord:
    """The issue that this is a duplicate of; of a duplicate, what that is a duplicate of."""
    if not asked.duplicate_of:
        raise MoveNotAllowed(
            "a duplicate needs the number of the other issue",
            code="target_missing",
            mend="Give the number of the issue that this repeats.",
        )
    target = _found(session, asked.duplicate_of)
    if target.duplicate_of is not None:
        target = _found(session, target.duplicate_of)
    if target.id == record.id:
        raise MoveNotAllowed(
            f"{record.number} can't be a duplicate of itself",
            code="own_duplicate",
            mend="Give the number of another issue.",
        )
    return target


def _bring_along(session: Session, record: IssueRecord, target: IssueRecord, asked: _Asked) -> None:
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
            data={"duplicate_of": target.id, "because_of": record.number},
        )
        other.duplicate_of = target.id
        other.version += 1
    session.flush()


def _new_category(record: IssueRecord, asked: _Asked, catalogue: Catalogue) -> str:
    code = asked.category or ""
    if code not in catalogue.categories:
        raise MoveNotAllowed(
            f'the catalogue has no category "{code}"',
            code="unknown_category",
            mend=f"Give one of: {', '.join(catalogue.categories)}.",
        )
    if code == record.category:
        raise MoveNotAllowed(
            f"{record.number} is in {code} already", code="same_category", mend="Give another one."
        )
    return code


def _undo(session: Session, record: IssueRecord, asked: _Asked) -> tuple[int, set[str]]:
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
        data={"undoes": last.event_id, "action": last.action.value},
        idempotency_key=asked.key,
    )
    return event_id, {issue_id for issue_id in (before, last.duplicate_of) if issue_id}
