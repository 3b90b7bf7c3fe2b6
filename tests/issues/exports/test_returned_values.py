"""What units write in cells."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from issues.exports.returned_values import day_of, reason_of, status_of
from issues.issue import SendBackReason, Status
from issues.labels import label

DAYS = st.dates(date(2000, 1, 2), date(2099, 12, 30))


@given(DAYS, st.sampled_from(["{:%Y-%m-%d}", "{:%Y/%m/%d}", "{:%Y.%m.%d}", "{:%Y年%m月%d日}"]))
def test_a_day_is_read_however_it_is_written(day: date, how: str) -> None:
    assert day_of(how.format(day)) == day
    assert day_of(f" {day.year}-{day.month}-{day.day} 09:30") == day


@given(DAYS)
def test_a_serial_number_is_a_day(day: date) -> None:
    serial = (day - date(1899, 12, 30)) / timedelta(days=1)
    assert day_of(serial) == day_of(serial + 0.5) == day_of(str(int(serial))) == day
    assert day_of(day) == day


@pytest.mark.parametrize(
    "text", ["3月5日", "05/03/2026", "2026-13-01", "昨天", "0", "12", "2026", "-5", "1e9"]
)
def test_what_has_no_certain_day_is_none(text: str) -> None:
    assert day_of(text) is None


@pytest.mark.parametrize("value", [0.0, -1.0, 1e12, float("12.5")])
def test_numbers_that_are_no_days(value: float) -> None:
    assert day_of(value) is None


@pytest.mark.parametrize("lang", ["zh", "en"])
@pytest.mark.parametrize("status", Status)
def test_every_status_is_known_by_its_words(status: Status, lang) -> None:
    word = label("status", status, lang)
    assert status_of(f" {word.upper()} ") is status


@pytest.mark.parametrize("lang", ["zh", "en"])
@pytest.mark.parametrize("reason", SendBackReason)
def test_a_text_begins_with_its_reason(reason: SendBackReason, lang) -> None:
    assert reason_of(f"{label('send_back_reason', reason, lang)}：详见附件") is reason


def test_a_text_without_a_reason() -> None:
    assert reason_of("不知道") is None
    assert status_of("差不多") is None
