"""Service requests: what citizens and other systems report, and the issues that come of them.

A report with a photo is looked at like any other photo. One without is for a person to review:
a description alone makes no issue.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import ColumnElement, and_, exists, or_, select
from sqlalchemy.orm import aliased

from issues.errors import MoveNotAllowed, NotFound
from issues.identity import new_id
from issues.issue import Status
from issues.rows import Page
from issues.store import Session
from issues.store.ledger import find_issue
from issues.store.request_schema import (
    RequestIssueRecord,
    RequestRecord,
    RequestUpdateRecord,
)
from issues.store.schema import IssueRecord

_R, _L, _I, _U = RequestRecord, RequestIssueRecord, IssueRecord, RequestUpdateRecord
_OVER = (Status.CLOSED.value, Status.REJECTED.value, Status.DUPLICATE.value)


class RequestState(StrEnum):
    """How far a request is: ``to_review`` waits for a person."""

    ANALYSING = "analysing"
    TO_REVIEW = "to_review"
    LINKED = "linked"
    REJECTED = "rejected"


@dataclass(frozen=True, slots=True)
class Report:
    """What somebody reports."""

    service_code: str
    description: str = ""
    lat: float | None = None
    lon: float | None = None
    address: str | None = None
    media_url: str | None = None
    photo_sha256: str | None = None
    job_id: str | None = None
    contact: Mapping[str, Any] = field(default_factory=dict)
    attributes: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestRow(Report):
    """A report as it is kept, with the issues that it led to: (number, status, changed at).

    The newest issue comes last.
    """

    id: str
    state: RequestState
    note: str | None
    created_by: str
    requested_at: datetime
    updated_at: datetime
    issues: tuple[tuple[str, Status, datetime], ...] = ()

    @property
    def open(self) -> bool:
        """Whether something is still to be done about it."""
        if self.state is RequestState.REJECTED:
            return False
        if self.state is RequestState.LINKED:
            return any(status.value not in _OVER for _, status, _ in self.issues)
        return True

    @property
    def changed_at(self) -> datetime:
        """When it, or an issue of it, last changed."""
        return max([self.updated_at, *(at for _, _, at in self.issues)])


def add_request(session: Session, report: Report, actor: str, now: datetime) -> RequestRow:
    """Keeps a report; with a photo it waits for the analysis, else for a person."""
    state = RequestState.ANALYSING if report.job_id else RequestState.TO_REVIEW
    said = {one.name: getattr(report, one.name) for one in fields(Report)}
    said |= {"contact": dict(report.contact), "attributes": dict(report.attributes)}
    kept = {"created_by": actor, "requested_at": now, "updated_at": now}
    record = _R(id=new_id(now), state=state.value, **said, **kept)
    session.add(record)
    session.flush()
    return get_request(session, record.id)


def get_request(session: Session, request: str) -> RequestRow:
    """One request. Raises NotFound."""
    found = _rows(session, [_found(session, request)])
    return found[0]


def list_requests(
    session: Session,
    *,
    ids: Sequence[str] = (),
    codes: Sequence[str] = (),
    states: Sequence[RequestState] = (),
    since: datetime | None = None,
    until: datetime | None = None,
    open_only: bool | None = None,
    cursor: str | None = None,
    limit: int = 1000,
) -> Page[RequestRow]:
    """Requests, newest first; ``ids`` overrides all other filters. ``cursor``: an id."""
    asked: list[ColumnElement[bool]] = []
    if ids:
        asked = [_R.id.in_(ids)]
    else:
        asked += [_R.service_code.in_(codes)] if codes else []
        asked += [_R.state.in_([state.value for state in states])] if states else []
        asked += [_R.requested_at >= since] if since is not None else []
        asked += [_R.requested_at <= until] if until is not None else []
        asked += [_is_open() if open_only else ~_is_open()] if open_only is not None else []
    if cursor is not None:
        asked.append(_R.id < cursor)
    query = select(_R).where(*asked).order_by(_R.id.desc()).limit(limit + 1)
    records = list(session.scalars(query))
    rows = _rows(session, records[:limit])
    return Page(tuple(rows), rows[-1].id if len(records) > limit else None)


def link_request(
    session: Session, request: str, issues: Sequence[str], now: datetime, note: str | None = None
) -> RequestRow:
    """Says which issues a report is about; none at all sends it to review. Raises NotFound."""
    record = _found(session, request)
    for name in issues:
        issue = find_issue(session, name)
        if issue is None:
            raise NotFound(f'no issue goes by "{name}"')
        if session.get(_L, (record.id, issue.id)) is None:
            session.add(_L(request_id=record.id, issue_id=issue.id))
    record.state = (RequestState.LINKED if issues else RequestState.TO_REVIEW).value
    record.note = note if note is not None else record.note
    record.updated_at = now
    session.flush()
    return get_request(session, record.id)


def reject_request(session: Session, request: str, note: str, now: datetime) -> RequestRow:
    """A person finds nothing to do in a report. Raises NotFound, MoveNotAllowed."""
    record = _found(session, request)
    if record.state == RequestState.LINKED:
        raise MoveNotAllowed(
            "a request that has become an issue is not rejected",
            mend="Decide on the issue itself.",
        )
    record.state, record.note, record.updated_at = RequestState.REJECTED.value, note, now
    session.flush()
    return get_request(session, record.id)


def waiting_for_analysis(session: Session, limit: int = 100) -> list[tuple[str, str]]:
    """Requests whose photo is being looked at, with their jobs."""
    query = (
        select(_R.id, _R.job_id)
        .where(_R.state == RequestState.ANALYSING.value, _R.job_id.is_not(None))
        .order_by(_R.requested_at)
        .limit(limit)
    )
    return [(str(row[0]), str(row[1])) for row in session.execute(query)]


@dataclass(frozen=True, slots=True)
class Update:
    """Something said of a request later. ``update_id`` is the sender's own."""

    id: int
    request_id: str
    status: str
    description: str
    at: datetime
    update_id: str | None = None
    media_url: str | None = None


def add_update(session: Session, update: Update, actor: str) -> Update:
    """Keeps what was said of a request; the same ``update_id`` again changes nothing.

    Raises NotFound.
    """
    request = _found(session, update.request_id)
    if update.update_id is not None:
        known = session.scalars(
            select(_U).where(_U.request_id == request.id, _U.update_id == update.update_id)
        ).one_or_none()
        if known is not None:
            return _update(known)
    record = _U(
        request_id=request.id,
        update_id=update.update_id,
        status=update.status,
        description=update.description,
        media_url=update.media_url,
        created_by=actor,
        at=update.at,
    )
    session.add(record)
    request.updated_at = max(request.updated_at, update.at)
    session.flush()
    return _update(record)


def list_updates(
    session: Session,
    *,
    request: str | None = None,
    since: datetime | None = None,
    until: datetime | None = None,
    limit: int = 1000,
) -> list[Update]:
    """What was said of requests, oldest first."""
    query = select(_U).order_by(_U.at, _U.id).limit(limit)
    if request is not None:
        query = query.where(_U.request_id == request)
    if since is not None:
        query = query.where(_U.at >= since)
    if until is not None:
        query = query.where(_U.at <= until)
    return [_update(record) for record in session.scalars(query)]


def _update(record: RequestUpdateRecord) -> Update:
    return Update(
        id=record.id,
        request_id=record.request_id,
        status=record.status,
        description=record.description,
        at=record.at,
        update_id=record.update_id,
        media_url=record.media_url,
    )


def _is_open() -> ColumnElement[bool]:
    """Whether something is still to be done: as ``RequestRow.open`` says."""
    link, issue = aliased(_L), aliased(_I)
    running = exists().where(
        link.request_id == _R.id, issue.id == link.issue_id, issue.status.not_in(_OVER)
    )
    waiting = _R.state.in_([RequestState.ANALYSING.value, RequestState.TO_REVIEW.value])
    return or_(waiting, and_(_R.state == RequestState.LINKED.value, running))


def _rows(session: Session, records: Sequence[RequestRecord]) -> list[RequestRow]:
    ids = [record.id for record in records]
    query = (
        select(_L.request_id, _I.number, _I.status, _I.updated_at)
        .join(_I, _I.id == _L.issue_id)
        .where(_L.request_id.in_(ids))
        .order_by(_I.id)
    )
    issues: dict[str, list[tuple[str, Status, datetime]]] = {}
    for request, number, status, at in session.execute(query):
        issues.setdefault(request, []).append((number, Status(status), at))
    return [_row(record, tuple(issues.get(record.id, ()))) for record in records]


def _row(record: RequestRecord, issues: tuple[tuple[str, Status, datetime], ...]) -> RequestRow:
    names = {one.name for one in fields(RequestRow)} - {"issues", "state"}
    kept = {name: getattr(record, name) for name in names}
    return RequestRow(**kept, state=RequestState(record.state), issues=issues)


def _found(session: Session, request: str) -> RequestRecord:
    record = session.get(_R, request)
    if record is None:
        raise NotFound(f"there is no request {request!r}")
    return record
