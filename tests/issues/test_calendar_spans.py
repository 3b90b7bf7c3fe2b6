"""Working hours over many days: reckoned by whole days in between, they come out the same."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from issues.calendar import WorkCalendar

START = datetime(2026, 1, 5, 3, 17, tzinfo=UTC)


def one_by_one(calendar: WorkCalendar, start: datetime, end: datetime) -> float:
    """The hours as the sum of each day's own."""
    hours, moment = 0.0, start
    while moment < end:
        following = min(end, moment + timedelta(minutes=30))
        hours += calendar.hours_between(moment, following)
        moment = following
    return hours


@pytest.mark.parametrize("days", [0.01, 0.4, 1, 1.9, 3, 10.3, 45, 800])
@pytest.mark.parametrize("zone", ["Asia/Shanghai", "Europe/Berlin"])
def test_hours_between_add_up(days: float, zone: str) -> None:
    calendar = WorkCalendar(timezone=zone, official="cn")
    start = START + timedelta(days=60)  # Berlin's clocks change in between
    end = start + timedelta(days=days)
    assert calendar.hours_between(start, end) == pytest.approx(one_by_one(calendar, start, end))


def test_nothing_backwards() -> None:
    calendar = WorkCalendar()
    assert calendar.hours_between(START, START) == 0
    assert calendar.hours_between(START + timedelta(days=3), START) == 0
