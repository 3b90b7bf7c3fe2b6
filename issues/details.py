"""What a move carries: its fields, checked, and what of them is written to history."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, TypedDict

from issues.catalogue import Catalogue
from issues.deadlines import (
    extended_deadline,
    held_deadline,
    limit_h,
    rework_deadline,
)
from issues.errors import MoveNotAllowed, NotFound
from issues.issue import Action, Status
from issues.lifecycle import REASONS
from issues.store import Session
from issues.store.ledger import find_issue, find_photo, unit_named, unit_of_area
from issues.store.schema import IssueRecord

LONGEST_TEXT = 200


class Fields(TypedDict, total=False):
    """What a move can carry besides its action; ``issues.lifecycle.NEEDS`` says which takes what.

    ``unit`` is a unit's name in either language or an area's id; ``photo`` a photo's id or sha256;
    ``until``, ``deadline`` are aware; ``hours`` are working hours.
    """

    reason: str | None
    note: str | None
    duplicate_of: str | None
    category: str | None
    unit: str | None
    photo: str | None
    until: datetime | None
    deadline: datetime | None
    hours: float | None
    supervisor: str | None


@dataclass(frozen=True, slots=True)
class Asked:
    """A move as it was asked for."""

    action: Action
    actor: str
    now: datetime
    key: str | None
    reason: str | None = None
    note: str | None = None
    duplicate_of: str | None = None
    category: str | None = None
    unit: str | None = None
    photo: str | None = None
    until: datetime | None = None
    deadline: datetime | None = None
    hours: float | None = None
    supervisor: str | None = None

    def __post_init__(self) -> None:
        for name in ("until", "deadline"):
            moment = getattr(self, name)
            if moment is not None and moment.tzinfo is None:
                raise MoveNotAllowed(
                    f"{name} needs a time zone, got {moment.isoformat()}",
                    code="naive_time",
                    mend="Write it as 2026-05-01T17:30:00+08:00.",
                )
        if self.hours is not None and not 0 < self.hours <= 10_000:
            raise MoveNotAllowed(
                f"hours are working hours, more than 0, got {self.hours}",
                code="bad_hours",
                mend="Give a number such as 8.",
            )


@dataclass(frozen=True, slots=True)
class Written:
    """What a move writes: ``data`` of its line of history, the photo that proves it."""

    data: Mapping[str, Any] = field(default_factory=dict)
    evidence_sha256: str | None = None


def details(session: Session, record: IssueRecord, asked: Asked, catalogue: Catalogue) -> Written:
    """What a move writes to history. Raises MoveNotAllowed for what it lacks or can't be."""
    _check_reason(asked)
    make = _MAKERS.get(asked.action)
    return make(session, record, asked, catalogue) if make else Written()


def _check_reason(asked: Asked) -> None:
    reasons = REASONS.get(asked.action)
    if reasons is None or asked.reason in list(reasons):
        return
    missing = not asked.reason
    said = "needs a reason" if missing else f'has no reason "{asked.reason}"'
    raise MoveNotAllowed(
        f"{asked.action.value} {said}",
        code="reason_missing" if missing else "unknown_reason",
        mend=f"Give one of: {', '.join(reasons)}.",
    )


def _confirm(_s: Session, record: IssueRecord, asked: Asked, catalogue: Catalogue) -> Written:
    hours = limit_h(catalogue, record)
    deadline = catalogue.calendar.add_hours(asked.now, hours)
    return Written({"deadline": deadline.isoformat(), "working_hours": hours})


def _assign(session: Session, record: IssueRecord, asked: Asked, catalogue: Catalogue) -> Written:
    zh, en = _unit(session, record, asked)
    data: dict[str, Any] = {"unit_zh": zh, "unit_en": en}
    same = (zh, en) == (record.unit_zh, record.unit_en)
    if same and record.status in (Status.ASSIGNED, Status.REWORK):
        raise MoveNotAllowed(
            f"{record.number} is with {zh} already",
            code="same_unit",
            mend="Name another unit, or extend the deadline.",
        )
    goes_on = same and record.status == Status.SENT_BACK
    if goes_on and record.deadline and asked.deadline is None and asked.hours is None:
        return Written(data | {"deadline": record.deadline.isoformat()})
    hours = limit_h(catalogue, record) if asked.hours is None else asked.hours
    if asked.deadline is None:
        data["working_hours"] = hours
    deadline = asked.deadline or catalogue.calendar.add_hours(asked.now, hours)
    return Written(data | _deadline(deadline, asked))


def _unit(session: Session, record: IssueRecord, asked: Asked) -> tuple[str, str]:
    name = (asked.unit or "").strip()
    if len(name) > LONGEST_TEXT:
        raise MoveNotAllowed(
            f"a unit's name has up to {LONGEST_TEXT} characters, got {len(name)}",
            code="unit_too_long",
            mend="Give its short name.",
        )
    if name:
        return unit_named(session, name) or (name, name)
    found = None if record.status == Status.SENT_BACK else unit_of_area(session, record.area_id)
    if found is None:
        said = "was sent back" if record.status == Status.SENT_BACK else "lies in no area"
        raise MoveNotAllowed(
            f"{record.number} {said}: nobody answers for it yet",
            code="unit_missing",
            mend="Name the unit that is to put it right.",
        )
    return found


def _deadline(deadline: datetime | None, asked: Asked) -> dict[str, Any]:
    if deadline is None:
        return {}
    if asked.deadline is not None and deadline <= asked.now:
        raise MoveNotAllowed(
            f"the deadline {deadline.isoformat()} has passed already",
            code="deadline_passed",
            mend="Give a moment to come.",
        )
    return {"deadline": deadline.isoformat()}


def _with_photo(session: Session, _r: IssueRecord, asked: Asked, _c: Catalogue) -> Written:
    if not asked.photo:
        return Written()
    found = find_photo(session, asked.photo)
    if found is None:
        raise MoveNotAllowed(
            f'no photo goes by "{asked.photo}"',
            code="unknown_photo",
            mend="Upload it first; then give its id or sha256.",
        )
    return Written({"photo_id": found[0], "photo_sha256": found[1]}, found[1])


def _rework(_s: Session, record: IssueRecord, asked: Asked, catalogue: Catalogue) -> Written:
    by_rule = rework_deadline(catalogue, record, asked.now, asked.hours)
    return Written(_deadline(asked.deadline or by_rule, asked))


def _extend(_s: Session, record: IssueRecord, asked: Asked, catalogue: Catalogue) -> Written:
    limit = catalogue.course.extensions
    if record.extensions >= limit:
        raise MoveNotAllowed(
            f"{record.number} was extended {record.extensions} times; the limit is {limit}",
            code="extension_limit",
            mend="Put it on hold with a reason, or change course.extensions in the catalogue.",
        )
    deadline = asked.deadline or extended_deadline(catalogue, record, asked.now, asked.hours)
    if record.deadline is not None and deadline <= record.deadline:
        raise MoveNotAllowed(
            f"{deadline.isoformat()} is no later than the deadline {record.deadline.isoformat()}",
            code="deadline_not_later",
            mend="Give a later one.",
        )
    before = record.deadline.isoformat() if record.deadline else None
    return Written(_deadline(deadline, asked) | {"from_deadline": before})


def _hold(_s: Session, record: IssueRecord, asked: Asked, catalogue: Catalogue) -> Written:
    longest = asked.now + timedelta(days=catalogue.course.longest_hold_days)
    if asked.until is None or not asked.now < asked.until <= longest:
        got = asked.until.isoformat() if asked.until else "none"
        raise MoveNotAllowed(
            f"a hold needs a date to come, no later than {longest.date()}; got {got}",
            code="bad_hold_date" if asked.until else "until_missing",
            mend="Give the moment when it goes on.",
        )
    deadline = held_deadline(catalogue, record, asked.now, asked.until)
    after = deadline.isoformat() if deadline else None
    return Written({"until": asked.until.isoformat(), "deadline": after})


def _resume(_s: Session, record: IssueRecord, asked: Asked, catalogue: Catalogue) -> Written:
    deadline = held_deadline(catalogue, record, asked.now, asked.now)
    return Written({"deadline": deadline.isoformat() if deadline else None})


def _supervise(_s: Session, _r: IssueRecord, asked: Asked, _c: Catalogue) -> Written:
    name = (asked.supervisor or "").strip()
    if not name or len(name) > LONGEST_TEXT:
        raise MoveNotAllowed(
            "supervision needs the name of who supervises",
            code="supervisor_missing",
            mend=f"Give a name of up to {LONGEST_TEXT} characters.",
        )
    return Written({"supervisor": name})


def _duplicate(session: Session, record: IssueRecord, asked: Asked, _c: Catalogue) -> Written:
    """The issue that this is a duplicate of; of a duplicate, what that is a duplicate of."""
    if not asked.duplicate_of:
        raise MoveNotAllowed(
            "a duplicate needs the number of the other issue",
            code="target_missing",
            mend="Give the number of the issue that this repeats.",
        )
    target = _known(session, asked.duplicate_of)
    if target.duplicate_of is not None:
        target = _known(session, target.duplicate_of)
    if target.id == record.id:
        raise MoveNotAllowed(
            f"{record.number} can't be a duplicate of itself",
            code="own_duplicate",
            mend="Give the number of another issue.",
        )
    return Written({"duplicate_of": target.id})


def _known(session: Session, issue: str) -> IssueRecord:
    record = find_issue(session, issue, lock=True)
    if record is None:
        raise NotFound(
            f'no issue goes by "{issue}"', mend="Give an id, or a number such as TC-2026-000123."
        )
    return record


def _change_category(
    _s: Session, record: IssueRecord, asked: Asked, catalogue: Catalogue
) -> Written:
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
    return Written({"category": code, "from": record.category})


_Maker = Callable[[Session, IssueRecord, Asked, Catalogue], Written]
_MAKERS: Mapping[Action, _Maker] = {
    Action.CONFIRM: _confirm,
    Action.ASSIGN: _assign,
    Action.REPORT_FIXED: _with_photo,
    Action.CLOSE: _with_photo,
    Action.REWORK: _rework,
    Action.EXTEND: _extend,
    Action.HOLD: _hold,
    Action.RESUME: _resume,
    Action.SUPERVISE: _supervise,
    Action.DUPLICATE: _duplicate,
    Action.CHANGE_CATEGORY: _change_category,
}
