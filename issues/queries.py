"""All reading of the store: lists, one issue, counts, observations, photos, areas.

Every function takes a session (``with store.reading() as session:``) and gives rows of
``issues/rows.py``. Lists are paged by an opaque cursor, so that a page never shifts while others
write.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import Any, Literal, TypeVar

from sqlalchemy import ColumnElement, case, func, or_, select

from issues.catalogue import Catalogue
from issues.errors import NotFound, QueryError
from issues.issue import CLOCK_RUNS, OPEN, Proposal, Status
from issues.lifecycle import allowed_actions
from issues.risk import RiskTable, load_risk
from issues.rows import (
    AreaRow,
    Counts,
    IssueDetail,
    IssueRow,
    ObservationRow,
    Page,
    PhotoCounts,
    PhotoRow,
    PhotoStatus,
)
from issues.standing import looks_of
from issues.store import Session
from issues.store.area_table import areas_in_force
from issues.store.count_select import count_all, tally
from issues.store.drawn_table import PERSON
from issues.store.issue_page import (
    LONGEST_PAGE,
    cursor_after,
    decode_cursor,
    encode_cursor,
    find_ids,
)
from issues.store.issue_select import (
    conditions,
    held_until,
    issue_rows,
    issues_by_id,
    select_issues,
)
from issues.store.ledger import decisions, find_issue
from issues.store.photo_select import (
    event_rows,
    frame_refs,
    observation_rows,
    photo_rows,
    select_observations,
    select_photos,
)
from issues.store.risk_page import find_by_risk
from issues.store.schema import AreaRecord, IssueRecord, ObservationRecord, PhotoRecord
from issues.store.search import photo_named
from issues.timeline import standing_decisions

Row = TypeVar("Row", ObservationRow, PhotoRow)
Sort = Literal["recent", "oldest", "newest", "deadline", "score", "recurrences", "number", "risk"]
"""recent: last seen first; oldest, newest: by first seen; number: as numbered, first first."""

BBox = tuple[float, float, float, float]
"""West, south, east, north in WGS-84 degrees."""


@dataclass(frozen=True, slots=True)
class IssueFilter:
    """Which issues: everything given must hold; within a tuple any one may.

    ``category`` takes codes, or a prefix of whole parts ("pest.rodent"). ``area`` and ``unit`` are
    the office's area ids and a unit's name in either language (who it was assigned to, else the
    area's); ``area=("",)`` means no area. ``overdue_at``: overdue at that moment; ``due``: from
    and until, the deadline lies between and the clock runs. ``supervised``: by name (督办).
    ``since``/``until`` bound ``last_seen`` (until is exclusive). ``confirmed``: whether a person
    ever confirmed it. ``has_place`` False is the queue of unplaced ones. ``q`` is looked for in
    number, area, unit and the names of photos. ``numbers`` picks some by number or id.
    ``assigned_to``: to this unit, by its name; never merely by its area.
    """

    status: tuple[Status, ...] = ()
    proposal: Proposal | None = None
    category: tuple[str, ...] = ()
    group: tuple[str, ...] = ()
    area: tuple[str, ...] = ()
    unit: tuple[str, ...] = ()
    bbox: BBox | None = None
    since: datetime | None = None
    until: datetime | None = None
    confirmed: bool | None = None
    has_place: bool | None = None
    overdue_at: datetime | None = None
    q: str | None = None
    numbers: tuple[str, ...] = ()
    due: tuple[datetime, datetime] | None = None
    supervised: bool | None = None
    assigned_to: str | None = None


EVERYTHING = IssueFilter()


def list_issues(
    session: Session,
    catalogue: Catalogue,
    which: IssueFilter = EVERYTHING,
    *,
    sort: Sort = "recent",
    cursor: str | None = None,
    limit: int = 50,
    with_total: bool = False,
    now: datetime | None = None,
    risk: RiskTable | None = None,
) -> Page[IssueRow]:
    """One page of issues (limit 1..10,000). Raises QueryError for a bad cursor or limit.

    ``now`` takes issues off hold whose date has passed; without it they are as recorded.
    ``risk`` is the table for ``sort="risk"``, the shipped one without.
    """
    asked, following = conditions(which, now), None
    if sort == "risk":
        table, moment = risk or load_risk(), now or datetime.now(UTC)
        ids, following = find_by_risk(session, asked, which, cursor, limit, table, moment)
    else:
        ids = find_ids(session, asked, which, sort, cursor, limit)
    by_id = issues_by_id(session, ids[:limit], catalogue, now)
    rows = [by_id[key] for key in ids[:limit]]
    total = count_all(session, which, now) if with_total else None
    if len(ids) > limit:
        following = cursor_after(rows[-1], sort)
    return Page(tuple(rows), following, total)


def get_row(
    session: Session, catalogue: Catalogue, id_or_number: str, *, now: datetime | None = None
) -> IssueRow:
    """One issue as lists show it; ``now`` as in ``list_issues``. Raises NotFound."""
    named = or_(IssueRecord.id == id_or_number, IssueRecord.number == id_or_number.upper())
    found = issue_rows(session, select_issues([named]), catalogue, now)
    if not found:
        raise _not_found(id_or_number)
    return found[0]


def get_issue(
    session: Session, catalogue: Catalogue, id_or_number: str, *, now: datetime | None = None
) -> IssueDetail:
    """One issue with its history, photos and allowed actions; ``now`` as in ``list_issues``.

    Raises NotFound.
    """
    record = find_issue(session, id_or_number)
    if record is None:
        raise _not_found(id_or_number)
    row = get_row(session, catalogue, record.id, now=now)
    repeats = select(IssueRecord.id, IssueRecord.number).where(
        IssueRecord.duplicate_of == record.id
    )
    duplicates = session.execute(repeats.order_by(IssueRecord.number)).all()
    members = [record.id, *(key for key, _ in duplicates)]
    query = select_observations([ObservationRecord.issue_id.in_(members)])
    order = (PhotoRecord.taken_at.desc(), ObservationRecord.id.desc())
    observations = observation_rows(session, query.order_by(*order))
    undoable = bool(standing_decisions(decisions(session, record.id)))
    return IssueDetail(
        row=row,
        observations=tuple(observations),
        events=tuple(event_rows(session, record.id)),
        looks=tuple(frame_refs(session, looks_of(session, record, catalogue), observations)),
        duplicates=tuple(number for _, number in duplicates),
        actions=allowed_actions(
            row.status, row.proposal, undoable=undoable, supervised=row.supervised
        ),
    )


def count_issues(session: Session, which: IssueFilter = EVERYTHING, *, now: datetime) -> Counts:
    """How many issues there are, by status, category, group and area."""
    keys = session.execute(select(AreaRecord.id, AreaRecord.code))
    code_of: dict[int | None, str] = {key: code for key, code in keys}  # noqa: C416
    found = tally(session, which, now)
    sums: Counter[str] = Counter()
    by_status: Counter[Status] = Counter()
    by_area: Counter[str] = Counter()
    for area, n in found.by_area.items():
        by_area[code_of.get(area, "")] += n
    for kind in found.standing:
        standing, n = Status(kind.status), kind.n
        by_status[standing] += n
        is_open = standing in OPEN
        undecided = standing in (Status.CANDIDATE, Status.REOPENED) or kind.proposed
        sums["total"] += n
        sums["open"] += n * is_open
        sums["to_review"] += n * (is_open and undecided)
        sums["proposed_fixed"] += n * kind.proposed
        sums["no_area"] += (n - kind.unplaced) * kind.no_area
        sums["unplaced"] += kind.unplaced
    for status, n in found.late.items():
        sums["overdue"] += n * (Status(status) in CLOCK_RUNS)
    i = IssueRecord
    late = func.sum(case((i.deadline < now, 1), else_=0))
    ended = select(i.held_from, func.count(), late).where(*conditions(which, now), held_until(now))
    for held_from, n, overdue_n in session.execute(ended.group_by(i.held_from)):
        sums["overdue"] += overdue_n
        by_status[Status.ON_HOLD] -= n
        by_status[Status(held_from or Status.CONFIRMED)] += n
    return Counts(
        total=sums["total"],
        open=sums["open"],
        to_review=sums["to_review"],
        proposed_fixed=sums["proposed_fixed"],
        unplaced=sums["unplaced"],
        no_area=sums["no_area"],
        overdue=sums["overdue"],
        by_status=dict(+by_status),
        by_category=dict(+found.by_category),
        by_group=dict(+found.by_group),
        by_area=dict(+by_area),
    )


def list_observations(
    session: Session,
    *,
    issue: str | None = None,
    category: tuple[str, ...] = (),
    photo_id: int | None = None,
    sha256: str | None = None,
    since: datetime | None = None,
    until: datetime | None = None,
    cursor: str | None = None,
    limit: int = 100,
) -> Page[ObservationRow]:
    """One page of findings, newest recorded first. ``issue`` is an id or number.

    ``photo_id`` is one analysis of a photo, ``sha256`` the photo by whomever it was looked at.
    ``since`` and ``until`` (exclusive) bound when it was taken.
    """
    o, p = ObservationRecord, PhotoRecord
    asked: list[ColumnElement[bool]] = _before(o.id, cursor)
    if issue is not None:
        record = find_issue(session, issue)
        if record is None:
            raise _not_found(issue)
        asked.append(o.issue_id == record.id)
    if category:
        asked.append(o.category.in_(category))
    if photo_id is not None:
        asked.append(o.photo_id == photo_id)
    if sha256 is not None:
        asked.append(p.sha256 == sha256)
    if since is not None:
        asked.append(p.taken_at >= since)
    if until is not None:
        asked.append(p.taken_at < until)
    query = select_observations(asked).order_by(o.id.desc()).limit(_checked(limit) + 1)
    return _page(observation_rows(session, query), limit)


def get_observation(session: Session, observation_id: int) -> ObservationRow:
    """One finding by its id. Raises NotFound."""
    query = select_observations([ObservationRecord.id == observation_id])
    found = observation_rows(session, query)
    if not found:
        raise NotFound(
            f"no observation goes by {observation_id}", mend="Take an id from a list of them."
        )
    return found[0]


def list_photos(
    session: Session,
    *,
    status: tuple[PhotoStatus, ...] = (),
    batch: int | None = None,
    q: str | None = None,
    cursor: str | None = None,
    limit: int = 100,
) -> Page[PhotoRow]:
    """One page of photos, newest recorded first. ``q`` is looked for in their names."""
    p = PhotoRecord
    asked: list[ColumnElement[bool]] = [*_before(p.id, cursor), p.model_id != PERSON]
    if status:
        asked.append(p.status.in_(status))
    if batch is not None:
        asked.append(p.batch_id == batch)
    if q and q.strip():
        asked.append(photo_named(p.id.expression, q.strip()))
    query = select_photos(*asked).order_by(p.id.desc()).limit(_checked(limit) + 1)
    return _page(photo_rows(session, query), limit)


def get_photo(session: Session, id_or_sha256: int | str) -> PhotoRow:
    """One photo by its id, or the latest analysis of it by its sha256. Raises NotFound."""
    p = PhotoRecord
    named = p.id == id_or_sha256 if isinstance(id_or_sha256, int) else p.sha256 == id_or_sha256
    found = photo_rows(
        session, select_photos(named).order_by(p.model_id == PERSON, p.id.desc()).limit(1)
    )
    if not found:
        raise NotFound(
            f'no photo goes by "{id_or_sha256}"', mend="Give the id or sha256 of a recorded photo."
        )
    return found[0]


def count_photos(session: Session, *, batch: int | None = None) -> PhotoCounts:
    """How photos came out, and why those that failed did."""
    p = PhotoRecord
    query = (
        select(p.status, p.reason_code, func.count())
        .where(p.model_id != PERSON)
        .group_by(p.status, p.reason_code)
    )
    if batch is not None:
        query = query.where(p.batch_id == batch)
    by_status: Counter[PhotoStatus] = Counter()
    by_reason: Counter[str] = Counter()
    for status, reason, n in session.execute(query):
        by_status[status] += n  # type: ignore[index]
        if reason:
            by_reason[reason] += n
    return PhotoCounts(by_status.total(), dict(by_status), dict(by_reason))


def list_areas(session: Session) -> tuple[AreaRow, ...]:
    """All responsibility areas in force, coarsest level first."""
    return tuple(row for _, row, _ in areas_in_force(session))


def areas_geojson(session: Session) -> dict[str, object]:
    """All areas in force as a GeoJSON FeatureCollection with the properties of AreaRow."""
    return {
        "type": "FeatureCollection",
        "features": [
            {
                "type": "Feature",
                "id": row.id,
                "properties": asdict(row),
                "geometry": json.loads(geometry),
            }
            for _, row, geometry in areas_in_force(session)
        ],
    }


def _not_found(issue: str) -> NotFound:
    return NotFound(
        f'no issue goes by "{issue}"', mend="Give an id, or a number such as TC-2026-000123."
    )


def _checked(limit: int) -> int:
    if not 1 <= limit <= LONGEST_PAGE:
        raise QueryError(f"a page has 1 to {LONGEST_PAGE} rows, got {limit}", mend="Ask for less.")
    return limit


def _before(key: Any, cursor: str | None) -> list[ColumnElement[bool]]:
    if cursor is None:
        return []
    (last_id,) = decode_cursor(cursor, 1)
    if not isinstance(last_id, int):
        raise QueryError("the cursor belongs to another list", mend="Start again without it.")
    return [key < last_id]


def _page(rows: Sequence[Row], limit: int) -> Page[Row]:
    more = len(rows) > limit
    return Page(tuple(rows[:limit]), encode_cursor([rows[limit - 1].id]) if more else None)
