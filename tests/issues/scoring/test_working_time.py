"""The fast count of working hours agrees with the calendar's own."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from issues.calendar import WorkCalendar
from issues.scoring.working_time import WorkClock

CALENDARS = [
    WorkCalendar(),
    WorkCalendar(timezone="Europe/Berlin", week={"sat": ("22:00-24:00",), "sun": ("00:00-06:00",)}),
    WorkCalendar(holidays=frozenset({date(2026, 3, 4)}), workdays=frozenset({date(2026, 3, 7)})),
]
FROM = datetime(2026, 1, 1, tzinfo=UTC)
minutes = st.integers(0, 400 * 24 * 60)


@settings(max_examples=60, deadline=None)
@given(pairs=st.lists(st.tuples(minutes, minutes), min_size=1, max_size=3), which=st.integers(0, 2))
def test_as_the_calendar_counts(pairs, which):
    clock = WorkClock(CALENDARS[which])
    for one, other in pairs:
        start, end = FROM + timedelta(minutes=one), FROM + timedelta(minutes=other)
        assert clock.hours(start, end) == pytest.approx(
            CALENDARS[which].hours_between(start, end), abs=1e-6
        )


def test_it_can_be_asked_for_other_years_later():
    clock = WorkClock(CALENDARS[0])
    week = timedelta(days=7)
    hours = [clock.hours(FROM + n * week, FROM + (n + 1) * week) for n in (0, 300, -300, 30)]
    assert all(0 < h <= 35 for h in hours)
