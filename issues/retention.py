"""What may be thrown away after years: planned first, told with sizes, done when asked for.

Nothing goes by itself. Pictures of open issues, of issues that were over only lately, and of issues
that somebody holds, never go; lines of issues never go at all: what is thrown away is pictures, the
coverage and history of cameras, and last pictures that nobody renewed.

The store forgets first and the file goes after: a kill in between leaves a file, never a lie.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from sqlalchemy import delete, select

from issues.cameras.lapses import evidence_bytes
from issues.cameras.registry import list_cameras
from issues.errors import NotFound, folder_error
from issues.store import Session, Store
from issues.store.hold_schema import HoldRecord
from issues.store.ledger import find_issue
from issues.store.retention_select import (
    Kept,
    Limits,
    forget_camera_lines,
    forget_pictures,
    issues_of,
    old_camera_lines,
    pictures_to_go,
)
from issues.store.schema import IssueRecord

LOG = "retention.jsonl"
_AT_ONCE = 500


@dataclass(frozen=True, slots=True)
class Policy:
    """Days that things are kept; None: for ever."""

    closed_days: int | None = 730
    rejected_days: int | None = 180
    camera_days: int | None = 400
    picture_days: int | None = 7
    evidence_bytes: int | None = None
    """Above this the oldest evidence of issues that are over goes, however lately; None: never."""

    def limits(self, now: datetime) -> Limits:
        """The moments before which issues must have been over."""
        return Limits(_before(now, self.closed_days), _before(now, self.rejected_days))


@dataclass(frozen=True, slots=True)
class Plan:
    """What would go."""

    pictures: tuple[Kept, ...]
    hours: int
    events: int
    last_pictures: tuple[Path, ...]
    last_picture_bytes: int

    @property
    def picture_bytes(self) -> int:
        """Bytes of evidence."""
        return sum(picture.size_bytes for picture in self.pictures)

    @property
    def empty(self) -> bool:
        """Whether nothing would go."""
        return not (self.pictures or self.hours or self.events or self.last_pictures)


@dataclass(frozen=True, slots=True)
class Hold:
    """An issue whose pictures stay."""

    number: str
    at: datetime
    actor: str
    reason: str


def plan(store: Store, policy: Policy, data_dir: Path, now: datetime) -> Plan:
    """What would go now; changes nothing."""
    with store.reading() as session:
        old = pictures_to_go(session, policy.limits(now))
        pictures = (*old, *_over_budget(session, policy, old, now))
        before = _before(now, policy.camera_days)
        hours, events = old_camera_lines(session, before) if before else (0, 0)
        last = tuple(_stale(session, data_dir, _before(now, policy.picture_days)))
    return Plan(pictures, hours, events, last, sum(path.stat().st_size for path in last))


def apply(store: Store, policy: Policy, data_dir: Path, now: datetime) -> Plan:
    """Throws away what ``plan`` tells, decided anew; what went is told in ``retention.jsonl``.

    Raises StoreError.
    """
    planned = plan(store, policy, data_dir, now)
    gone: list[Kept] = []
    for some in _in_parts(planned.pictures):
        gone += _drop(store, policy, some, data_dir, now)
    before = _before(now, policy.camera_days)
    if before is not None and (planned.hours or planned.events):
        with store.transaction() as session:
            forget_camera_lines(session, before)
    for path in planned.last_pictures:
        _unlink(path)
    return Plan(
        tuple(gone),
        planned.hours,
        planned.events,
        planned.last_pictures,
        planned.last_picture_bytes,
    )


def hold(session: Session, issue: str, actor: str, reason: str, now: datetime) -> Hold:
    """Holds an issue: its pictures stay until it is released. Raises NotFound."""
    found = _issue(session, issue)
    session.merge(HoldRecord(issue_id=found.id, at=now, actor=actor, reason=reason))
    session.flush()
    return Hold(found.number, now, actor, reason)


def release(session: Session, issue: str) -> None:
    """Ends a hold; without one it does nothing. Raises NotFound for an unknown issue."""
    found = _issue(session, issue)
    session.execute(delete(HoldRecord).where(HoldRecord.issue_id == found.id))


def holds(session: Session) -> tuple[Hold, ...]:
    """All holds, oldest first."""
    query = (
        select(IssueRecord.number, HoldRecord.at, HoldRecord.actor, HoldRecord.reason)
        .join(IssueRecord, IssueRecord.id == HoldRecord.issue_id)
        .order_by(HoldRecord.at, IssueRecord.number)
    )
    return tuple(Hold(*row) for row in session.execute(query))


def _drop(
    store: Store, policy: Policy, some: Sequence[Kept], data_dir: Path, now: datetime
) -> list[Kept]:
    """Some pictures: asked again whether they may go, forgotten, told, deleted."""
    asked = {picture.sha256 for picture in some}
    with store.transaction() as session:
        limits = policy.limits(now) if policy.evidence_bytes is None else Limits(now, now)
        still = [p for p in pictures_to_go(session, limits) if p.sha256 in asked]
        hashes = [picture.sha256 for picture in still]
        numbers = issues_of(session, hashes)
        forget_pictures(session, hashes)
        _tell(data_dir / LOG, still, numbers, now)
    for picture in still:
        try:
            _unlink(store.evidence.path(picture.sha256))
        except NotFound:
            continue  # gone already
    return still


def _over_budget(
    session: Session, policy: Policy, going: Sequence[Kept], now: datetime
) -> Iterator[Kept]:
    """What else goes, oldest first, until the rest fits; open issues and holds keep theirs."""
    if policy.evidence_bytes is None:
        return
    known = {picture.sha256 for picture in going}
    over = evidence_bytes(session) - sum(p.size_bytes for p in going) - policy.evidence_bytes
    for picture in pictures_to_go(session, Limits(now, now), oldest_first=True):
        if over <= 0:
            return
        if picture.sha256 not in known:
            over -= picture.size_bytes
            yield picture


def _tell(
    path: Path, gone: Iterable[Kept], numbers: dict[str, tuple[str, ...]], now: datetime
) -> None:
    try:
        with path.open("a", encoding="utf-8") as file:
            for picture in gone:
                line = {
                    "at": now.isoformat(),
                    "sha256": picture.sha256,
                    "size_bytes": picture.size_bytes,
                    "issues": numbers.get(picture.sha256, ()),
                }
                file.write(json.dumps(line) + "\n")
    except OSError as error:
        raise folder_error(error, path) from error


def _stale(session: Session, data_dir: Path, before: datetime | None) -> Iterator[Path]:
    """Last pictures that are older than that, or of cameras that are no more."""
    known = {kept.camera.id for kept in list_cameras(session)}
    for path in sorted((data_dir / "cameras").glob("*.view")):
        if path.stem not in known:
            yield path
    for path in sorted((data_dir / "cameras").glob("*.jpg")):
        old = before is not None and path.stat().st_mtime < before.timestamp()
        if old or path.stem not in known:
            yield path


def _unlink(path: Path) -> None:
    try:
        path.unlink(missing_ok=True)
    except OSError as error:
        raise folder_error(error, path) from error


def _before(now: datetime, days: int | None) -> datetime | None:
    return None if days is None else now - timedelta(days=days)


def _in_parts(pictures: Sequence[Kept]) -> Iterator[Sequence[Kept]]:
    for start in range(0, len(pictures), _AT_ONCE):
        yield pictures[start : start + _AT_ONCE]


def _issue(session: Session, issue: str) -> IssueRecord:
    found = find_issue(session, issue)
    if found is None:
        raise NotFound(f"no issue goes by {issue}", mend="`tidycity issues list` shows them.")
    return found
