"""Recurrence: what came back, as the same issue or as a new one, and what never stays away.

A problem that is seen again within reach of its issue is that issue come back (``recurrences``).
One that begins a little further away, or after its issue was rejected, is a new issue: it is linked
to the earlier ones of its category nearby, so that the past isn't lost.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime

from issues.catalogue import Catalogue
from issues.errors import NotFound, QueryError
from issues.issue import Status
from issues.place import Reach
from issues.queries import EVERYTHING, IssueFilter
from issues.rows import IssueRow
from issues.store import Session, Store
from issues.store.issue_page import listed
from issues.store.issue_select import conditions, issue_rows, select_issues
from issues.store.ledger import Near, find_issue, near_issues
from issues.store.past_select import (
    CHRONIC,
    PastLine,
    add_past,
    chronic,
    earlier_of,
    earlier_of_each,
    later_of,
)
from issues.store.schema import IssueRecord

CHRONIC_TIMES = 3
"""Three times or more is chronic."""

LINK_SHARE = 1.5
"""How much further than a match a link reaches: GPS noise beyond it made the issue a new one."""

OVER = {Status.CLOSED.value: "closed", Status.REJECTED.value: "rejected"}


@dataclass(frozen=True, slots=True)
class Past:
    """What an issue came back from, and as what it came back. Latest first."""

    earlier: tuple[PastLine, ...]
    later: tuple[PastLine, ...]


@dataclass(frozen=True, slots=True)
class Chronic:
    """A problem that was there again and again, ``times`` in all."""

    row: IssueRow
    times: int
    earlier: tuple[PastLine, ...]


def link_reach(reach: Reach) -> Reach:
    """How far a link reaches, from how far a match does."""
    return replace(
        reach,
        radius_m=reach.radius_m * LINK_SHARE,
        accuracy_cap_m=reach.accuracy_cap_m * LINK_SHARE,
    )


def link_to_past(session: Session, issue: IssueRecord, catalogue: Catalogue, now: datetime) -> int:
    """Links an issue to those of its category nearby that were over before it began; how many."""
    if issue.lat is None or issue.lon is None:
        return 0
    reach = link_reach(catalogue.reach(issue.found_as or issue.category))
    near = near_issues(session, issue.lat, issue.lon, issue.accuracy_m, reach)
    found = []
    for other in near:
        away_m = other.away_m(issue.lat, issue.lon)
        if _is_past(other, issue) and away_m <= reach.between_m(other.accuracy_m, issue.accuracy_m):
            found.append((other.id, OVER[other.status], round(away_m, 1)))
    return add_past(session, issue.id, found, now)


def _is_past(other: Near, issue: IssueRecord) -> bool:
    return (
        other.id != issue.id
        and other.category == issue.category
        and other.status in OVER
        and other.last_seen < issue.first_seen
    )


def link_all(store: Store, catalogue: Catalogue, now: datetime) -> int:
    """Links every issue to its past, as new ones are when they are made; how many links.

    For a store that was filled by an older version. Links that are there stay.
    """
    made, last = 0, ""
    while True:
        with store.transaction() as session:
            query = (
                IssueRecord.id > last,
                IssueRecord.lat.is_not(None),
                IssueRecord.status.not_in([Status.REJECTED.value, Status.DUPLICATE.value]),
            )
            batch = session.query(IssueRecord).where(*query).order_by(IssueRecord.id).limit(500)
            issues = list(batch)
            made += sum(link_to_past(session, issue, catalogue, now) for issue in issues)
        if not issues:
            return made
        last = issues[-1].id


def past_of(session: Session, issue: str) -> Past:
    """An issue's links. Raises NotFound."""
    record = find_issue(session, issue)
    if record is None:
        raise NotFound(
            f'no issue goes by "{issue}"', mend="Give an id, or a number such as TC-2026-000123."
        )
    return Past(tuple(earlier_of(session, record.id)), tuple(later_of(session, record.id)))


def list_chronic(
    session: Session,
    catalogue: Catalogue,
    which: IssueFilter = EVERYTHING,
    *,
    times: int = CHRONIC_TIMES,
    limit: int = 50,
) -> tuple[Chronic, ...]:
    """What was there so often or more, most often first. Raises QueryError.

    Of issues linked to each other only the latest is told, with all the times before.
    """
    if times < 2 or not 1 <= limit <= 500:
        raise QueryError(
            f"a chronic list is of 2 times or more, 1 to 500 rows; got {times} times, {limit} rows",
            mend="Ask for three times and 50 rows.",
        )
    hint = CHRONIC if listed(which) or which == EVERYTHING else None
    found = chronic(session, conditions(which), times, limit, hint=hint)
    query = select_issues([IssueRecord.id.in_([key for key, _ in found])])
    rows = {row.id: row for row in issue_rows(session, query, catalogue)}
    past = earlier_of_each(session, [key for key, _ in found])
    return tuple(Chronic(rows[key], n, tuple(past.get(key, ()))) for key, n in found)
