"""When an issue is due: time limits in working hours, set by moves and changed by moves.

The clock starts when it is assigned (派遣); until then the limit that confirming sets stands, so
that offices which don't assign have deadlines too. A report stops it, a hold stops it until its
date and gives the rest back afterwards; what was overdue stays overdue.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Protocol

from issues.catalogue import Catalogue
from issues.issue import Severity


class Due(Protocol):
    """What of an issue its deadlines go by: its row in the store is one."""

    category: str
    severity: str
    deadline: datetime | None
    on_hold_until: datetime | None


def limit_h(catalogue: Catalogue, issue: Due) -> float:
    """Working hours that the catalogue gives for it."""
    limits = catalogue.category(issue.category).deadline_h
    return limits.hours(Severity(issue.severity), catalogue.calendar.hours_a_day)


def rework_deadline(
    catalogue: Catalogue, issue: Due, now: datetime, hours: float | None
) -> datetime:
    """A part of the first limit again, and never less than what was left."""
    share = limit_h(catalogue, issue) * catalogue.course.rework_share
    again = catalogue.calendar.add_hours(now, share if hours is None else hours)
    return again if hours is not None or issue.deadline is None else max(again, issue.deadline)


def extended_deadline(
    catalogue: Catalogue, issue: Due, now: datetime, hours: float | None
) -> datetime:
    """So many working hours after the deadline, or after now where it has passed."""
    start = now if issue.deadline is None else max(now, issue.deadline)
    more = limit_h(catalogue, issue) if hours is None else hours
    return catalogue.calendar.add_hours(start, more)


def held_deadline(
    catalogue: Catalogue, issue: Due, now: datetime, until: datetime
) -> datetime | None:
    """The deadline after a hold: what was left of the time is left when it ends."""
    stopped = now if issue.on_hold_until is None else issue.on_hold_until
    if issue.deadline is None or issue.deadline <= stopped:
        return issue.deadline
    left_h = catalogue.calendar.hours_between(stopped, issue.deadline)
    return catalogue.calendar.add_hours(until, left_h)


def due_soon_until(catalogue: Catalogue, now: datetime) -> datetime:
    """What is due before this moment, and not overdue, is due soon."""
    return catalogue.calendar.add_hours(now, catalogue.course.due_soon_h)


def overdue_by_h(catalogue: Catalogue, deadline: datetime | None, now: datetime) -> float:
    """Working hours since the deadline; 0 before it and without one."""
    if deadline is None or deadline >= now:
        return 0.0
    return catalogue.calendar.hours_between(deadline, now)


def escalation_before(catalogue: Catalogue, now: datetime) -> datetime:
    """What was due before this moment and is still overdue is proposed for supervision (督办)."""
    calendar, late_h = catalogue.calendar, catalogue.course.escalate_after_h
    early = now
    while calendar.hours_between(early, now) < late_h:
        early -= timedelta(days=1)
    late = min(early + timedelta(days=1), now)
    while late - early > timedelta(seconds=1):
        middle = early + (late - early) / 2
        if calendar.hours_between(middle, now) >= late_h:
            early = middle
        else:
            late = middle
    return late
