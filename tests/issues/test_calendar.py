"""Working hours."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from issues.calendar import WorkCalendar

SHANGHAI = ZoneInfo("Asia/Shanghai")
OFFICE = WorkCalendar(
    holidays=frozenset({date(2026, 3, 11)}), workdays=frozenset({date(2026, 3, 14)})
)


def at(day, hour, minute=0):
    return datetime(2026, 3, day, hour, minute, tzinfo=SHANGHAI)


@pytest.mark.parametrize(
    ("start", "hours", "end"),
    [
        (at(2, 9), 2, at(2, 11)),
        (at(2, 11), 2, at(2, 15)),  # over lunch
        (at(2, 11), 1, at(2, 12)),  # to the minute before lunch
        (at(2, 12), 1, at(2, 15)),  # in the lunch break
        (at(2, 17), 1, at(3, 9)),  # over night
        (at(2, 17), 0.5, at(2, 17, 30)),
        (at(6, 17), 1, at(9, 9)),  # over the weekend
        (at(7, 10), 1, at(9, 9, 30)),  # on a Saturday
        (at(10, 17), 1, at(12, 9)),  # over a holiday
        (at(13, 17), 1, at(14, 9)),  # into a made-up working Saturday
        (at(2, 8, 30), 7, at(2, 17, 30)),  # a whole day
        (at(2, 8, 30), 14, at(3, 17, 30)),
        (at(2, 3), 0, at(2, 8, 30)),
    ],
)
def test_adding_working_hours(start, hours, end):
    assert OFFICE.add_hours(start, hours) == end


def test_hours_between():
    assert OFFICE.hours_between(at(2, 11), at(3, 9)) == 5
    assert OFFICE.hours_between(at(3, 9), at(2, 11)) == 0


@given(st.integers(0, 60 * 24 * 60), st.integers(1, 80 * 60))
def test_what_was_added_lies_between(start_min, minutes):
    start = at(1, 0) + timedelta(minutes=start_min)
    end = OFFICE.add_hours(start, minutes / 60)
    assert OFFICE.hours_between(start, end) == pytest.approx(minutes / 60)


def test_round_the_clock():
    always = WorkCalendar(
        timezone="UTC",
        week=dict.fromkeys(("mon", "tue", "wed", "thu", "fri", "sat", "sun"), ("00:00-24:00",)),
    )
    start = at(6, 20)
    assert always.add_hours(start, 100) == start + timedelta(hours=100)


def test_summer_time_does_not_stretch_a_working_hour():
    nights = WorkCalendar(timezone="Europe/Berlin", week={"sun": ("00:00-06:00",)})
    start = datetime(2026, 3, 29, 0, tzinfo=ZoneInfo("Europe/Berlin"))
    assert nights.hours_between(start, start + timedelta(hours=24)) in (5, 6)


@pytest.mark.parametrize(
    ("given_values", "said"),
    [
        ({"timezone": "Mars/Olympus"}, "no time zone is called"),
        ({"week": {"monday": ["08:00-09:00"]}}, "is no weekday"),
        ({"week": {"mon": ["9-5"]}}, "hours are written as"),
        ({"week": {"mon": ["12:00-08:00"]}}, "end after they start"),
        ({"week": {"mon": ["08:00-25:00"]}}, "hours are written as"),
        ({"week": {"mon": ["08:00-10:00", "09:00-11:00"]}}, "overlap"),
        ({"week": {"mon": []}}, "at least one working hour"),
        ({"days": {}}, "Extra inputs"),
    ],
)
def test_a_bad_table_is_told(given_values, said):
    with pytest.raises(ValidationError, match=said):
        WorkCalendar.model_validate(given_values)
