"""Working hours between many pairs of moments: as ``WorkCalendar.hours_between``, but each day
is worked out once."""

from __future__ import annotations

from bisect import bisect_right
from datetime import UTC, date, datetime, time, timedelta

from issues.calendar import WorkCalendar


class WorkClock:
    """Counts working hours. Give it no moments more than some years apart.

    >>> friday = datetime(2026, 3, 6, 8, 0, tzinfo=UTC)
    >>> WorkClock(WorkCalendar()).hours(friday, datetime(2026, 3, 9, 3, 0, tzinfo=UTC))
    4.0
    """

    def __init__(self, calendar: WorkCalendar) -> None:
        self._calendar = calendar
        self._edges: list[float] = []
        self._worked: list[float] = []
        self._first = self._last = date.min

    def hours(self, start: datetime, end: datetime) -> float:
        """Working hours from one moment to a later one; 0 when it is not later."""
        if end <= start:
            return 0.0
        zone = self._calendar.zone
        self._reach(start.astimezone(zone).date(), end.astimezone(zone).date())
        return (self._until(end.timestamp()) - self._until(start.timestamp())) / 3600

    def _until(self, moment_s: float) -> float:
        """Working seconds from the first edge to a moment (seconds since 1970)."""
        at = bisect_right(self._edges, moment_s) - 1
        if at < 0:
            return 0.0
        into = moment_s - self._edges[at] if at % 2 == 0 else 0.0
        return self._worked[at] + into

    def _reach(self, first: date, last: date) -> None:
        """Works out the days that are asked for and were not yet."""
        if self._edges and self._first <= first and last <= self._last:
            return
        margin = timedelta(days=60)
        known = bool(self._edges)
        self._first = min(first, self._first) - margin if known else first - margin
        self._last = max(last, self._last) + margin if known else last + margin
        self._edges, self._worked, total = [], [], 0.0
        day = self._first
        while day <= self._last:
            midnight = datetime.combine(day, time(), self._calendar.zone)
            for span in self._calendar.spans(day):
                opens = (midnight + timedelta(minutes=span.start_minute)).astimezone(UTC)
                closes = (midnight + timedelta(minutes=span.end_minute)).astimezone(UTC)
                self._edges += [opens.timestamp(), closes.timestamp()]
                self._worked.append(total)
                total += (closes - opens).total_seconds()
                self._worked.append(total)
            day += timedelta(days=1)
