"""Return visits (回头看): the confirmed issues to look at again, the most pressing first.

Candidates wait for a person at the desk, and so do issues whose place was seen clear: nobody has to
go there. A stop that somebody marked as looked at rests for some days; the mark is a line of
history and changes nothing else: only photos and decisions say whether a problem is gone.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum

from issues.catalogue import Catalogue
from issues.errors import NotFound, QueryError
from issues.issue import OPEN
from issues.queries import EVERYTHING, IssueFilter
from issues.risk import Reason, RiskTable, reasons
from issues.route import Point, length_m, ordered
from issues.rows import IssueRow
from issues.store import Session
from issues.store.issue_select import conditions, issue_rows, select_issues
from issues.store.ledger import add_event, event_with_key, find_issue
from issues.store.round_select import (
    VISITED,
    Due,
    count_due,
    due,
    is_reported_unseen,
    not_resting,
    to_visit,
    visits_of,
)
from issues.store.schema import IssueRecord

MOST_STOPS = 200


class Finding(StrEnum):
    """What somebody says who was there and took no photo."""

    STILL_THERE = "still_there"
    SEEMS_GONE = "seems_gone"
    NO_ACCESS = "no_access"


@dataclass(frozen=True, slots=True)
class Round:
    """What to put on the list. ``which`` narrows it down (area, unit, category, rectangle).

    ``unseen_days``: only what no photo has shown for so long; ``reported_unseen``: only what was
    reported as fixed and not looked at since. ``walk``: in the order of a short way, from
    ``start`` (lat, lon, WGS-84) where it is given, instead of by risk.
    """

    which: IssueFilter = EVERYTHING
    unseen_days: float | None = None
    reported_unseen: bool = False
    stops: int = 30
    walk: bool = False
    start: Point | None = None


@dataclass(frozen=True, slots=True)
class Stop:
    """One place to go to, and why. ``marked_at``: when somebody last marked it as looked at."""

    row: IssueRow
    lat: float
    lon: float
    points: int
    reasons: tuple[Reason, ...]
    last_look: datetime
    marked_at: datetime | None
    leg_m: float


@dataclass(frozen=True, slots=True)
class RoundList:
    """The stops, in order; ``due`` is how many qualify, with or without a place.

    ``length_m`` is measured along straight lines between the stops, not along streets.
    """

    stops: tuple[Stop, ...]
    due: int
    unplaced: int
    length_m: float
    made_at: datetime


def plan_round(
    session: Session, catalogue: Catalogue, table: RiskTable, asked: Round, *, now: datetime
) -> RoundList:
    """The list of return visits. Raises QueryError."""
    if not 1 <= asked.stops <= MOST_STOPS:
        raise QueryError(
            f"a round has 1 to {MOST_STOPS} stops, got {asked.stops}", mend="Ask for less."
        )
    limits = [*to_visit(now), not_resting(table, now), *conditions(asked.which)]
    if asked.unseen_days is not None:
        limits.append(IssueRecord.last_look < now - timedelta(days=asked.unseen_days))
    if asked.reported_unseen:
        limits.append(is_reported_unseen())
    found = due(session, limits, table, now, asked.stops)
    stops = _stops(session, catalogue, table, found, now)
    if asked.walk:
        stops = [stops[n] for n in ordered([(s.lat, s.lon) for s in stops], asked.start)]
    whole, unplaced = count_due(session, limits)
    length = length_m([(s.lat, s.lon) for s in stops], asked.start)
    return RoundList(tuple(_with_legs(stops, asked.start)), whole, unplaced, length, now)


def _stops(
    session: Session,
    catalogue: Catalogue,
    table: RiskTable,
    found: Sequence[Due],
    now: datetime,
) -> list[Stop]:
    ids = [one.id for one in found]
    query = select_issues([IssueRecord.id.in_(ids)])
    rows = {row.id: row for row in issue_rows(session, query, catalogue)}
    marks = visits_of(session, ids)
    stops = []
    for one in found:
        row = rows[one.id]
        if row.lat is not None and row.lon is not None:
            why = reasons(row, one.last_look, table, now)
            place = (row.lat, row.lon, one.points)
            stops.append(Stop(row, *place, why, one.last_look, marks.get(one.id), 0.0))
    return stops


def _with_legs(stops: Sequence[Stop], start: Point | None) -> list[Stop]:
    """The stops with the straight way to each from the one before."""
    before, told = start, []
    for stop in stops:
        here = (stop.lat, stop.lon)
        leg_m = length_m([here], before) if before is not None else 0.0
        told.append(replace(stop, leg_m=leg_m))
        before = here
    return told


def mark_visited(
    session: Session,
    issue: str,
    actor: str,
    *,
    now: datetime,
    finding: Finding | None = None,
    note: str | None = None,
    idempotency_key: str | None = None,
) -> datetime:
    """Notes in an issue's history that somebody looked at its place; gives when.

    It stays off the list for the days of rest and changes nothing else. A second mark with the
    same key changes nothing. Raises NotFound; QueryError for an issue that isn't open any more.
    """
    record = find_issue(session, issue, lock=True)
    if record is None:
        raise NotFound(
            f'no issue goes by "{issue}"', mend="Give an id, or a number such as TC-2026-000123."
        )
    if idempotency_key and event_with_key(session, record.id, idempotency_key) is not None:
        return visits_of(session, [record.id]).get(record.id, now)
    if record.status not in OPEN:
        raise QueryError(
            f"{record.number} is {record.status}: there is nothing to look at again",
            mend="Reload the list.",
        )
    add_event(
        session,
        record.id,
        now,
        VISITED,
        actor=actor,
        as_of=now,
        reason=finding.value if finding else None,
        note=note,
        idempotency_key=idempotency_key,
    )
    return now
