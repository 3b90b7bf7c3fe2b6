"""Periods: what a text names, where it starts and ends, what lies before it."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from issues.errors import QueryError
from issues.scoring.period import Period, parse_period, period_of

SHANGHAI = ZoneInfo("Asia/Shanghai")
BERLIN = ZoneInfo("Europe/Berlin")


@pytest.mark.parametrize(
    ("text", "first", "last", "name"),
    [
        ("2026-W45", "2026-11-02", "2026-11-08", "2026-W45"),
        ("2026w01", "2025-12-29", "2026-01-04", "2026-W01"),
        ("2026-W53", "2026-12-28", "2027-01-03", "2026-W53"),
        ("2026-2", "2026-02-01", "2026-02-28", "2026-02"),
        ("2024-02", "2024-02-01", "2024-02-29", "2024-02"),
        (" 2026-12 ", "2026-12-01", "2026-12-31", "2026-12"),
        ("2026-11-01..2026-11-15", "2026-11-01", "2026-11-15", "2026-11-01..2026-11-15"),
        ("2026-11-03", "2026-11-03", "2026-11-03", "2026-11-03..2026-11-03"),
    ],
)
def test_what_a_text_names(text, first, last, name):
    period = parse_period(text, SHANGHAI)
    assert (str(period.first), str(period.last), period.name) == (first, last, name)
    assert parse_period(period.name, SHANGHAI) == period


@pytest.mark.parametrize(
    "text",
    [
        *("", "yesterday", "2026", "2026-13", "2026-W54", "2025-W53", "2026-W00", "2026-02-30"),
        *("2026-11-15..2026-11-01", "2026-11-01..", "1000-01-01..2026-01-01", "9999-12"),
    ],
)
def test_what_is_no_period_says_how_to_write_one(text):
    with pytest.raises(QueryError) as caught:
        parse_period(text, SHANGHAI)
    assert caught.value.code == "bad_period"
    assert "2026-W45" in caught.value.mend


def test_it_starts_at_midnight_of_the_office():
    week = parse_period("2026-W45", SHANGHAI)
    assert week.start == datetime(2026, 11, 1, 16, tzinfo=UTC)
    assert week.end == datetime(2026, 11, 8, 16, tzinfo=UTC)
    assert week.holds(week.start)
    assert not week.holds(week.end)


def test_a_month_with_a_change_of_clocks_has_no_hole():
    october = parse_period("2026-10", BERLIN)
    assert october.end - october.start == timedelta(days=31, hours=1)
    assert october.before().end == october.start


@given(day=st.dates(date(2000, 1, 1), date(2100, 1, 1)), kind=st.sampled_from(["week", "month"]))
def test_the_period_before_ends_where_this_one_starts(day, kind):
    moment = datetime.combine(day, datetime.min.time(), UTC)
    period = period_of(moment, kind, SHANGHAI)
    assert period.holds(moment)
    assert period.before().end == period.start
    assert period.before().kind == period.kind
    assert parse_period(period.before().name, SHANGHAI) == period.before()


@given(first=st.dates(date(2000, 1, 1), date(2090, 1, 1)), days=st.integers(1, 400))
def test_any_days_have_as_many_before_them(first, days):
    period = Period(first, first + timedelta(days=days - 1), UTC, "dates")
    assert period.days == period.before().days == days
    assert period.before().end == period.start
