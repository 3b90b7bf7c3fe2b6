from datetime import UTC, datetime, timedelta, timezone
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from detect.moments import parse_moment, parse_offset

CHINA = timezone(timedelta(hours=8))
MORNING = datetime(2025, 6, 1, 8, 30, tzinfo=CHINA)


@pytest.mark.parametrize(
    "text",
    [
        "2025-06-01T08:30:00+08:00",
        "2025:06:01 08:30:00+08:00",
        "2025/6/1 8:30",
        "2025-06-01 08:30:00.000",
        " 2025.06.01  8:30 ",
        "2025-06-01T00:30:00Z",
        "2025-06-01T00:30:00 utc",
        "2025-06-01T08:30+0800",
    ],
)
def test_ways_of_writing_one_moment(text):
    assert parse_moment(text, CHINA) == MORNING


def test_parts_of_a_second_are_kept():
    assert parse_moment("2025-06-01 08:30:00.25", UTC).microsecond == 250_000


def test_without_a_zone_the_machine_decides():
    moment = parse_moment("2025-06-01 08:30")
    assert (moment.hour, moment.tzinfo is not None) == (8, True)
    assert moment.utcoffset() == moment.astimezone().utcoffset()


def test_a_zone_with_summer_time_is_followed():
    berlin = ZoneInfo("Europe/Berlin")
    assert parse_moment("2025-06-01 08:30", berlin).utcoffset() == timedelta(hours=2)
    assert parse_moment("2025-01-01 08:30", berlin).utcoffset() == timedelta(hours=1)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "0000:00:00 00:00:00",
        "2025:13:01 00:00:00",
        "2025-02-30 10:00",
        "yesterday",
        "    :  :",
        "2025-06-01",
        "2025-06-01 25:00",
        "2025-06-01 08:30 +99:00",
        "2025-06-01 08:30+08:75",
    ],
)
def test_what_is_no_time_is_none(text):
    assert parse_moment(text, UTC) is None


@pytest.mark.parametrize("text", ["", "8", "+8", "+15:00", "+08:60", "east"])
def test_what_is_no_offset_is_none(text):
    assert parse_offset(text) is None


@given(st.text(max_size=40))
def test_any_text_gives_an_aware_moment_or_none(text):
    moment = parse_moment(text, UTC)
    assert moment is None or moment.tzinfo is not None


@given(st.datetimes(timezones=st.just(CHINA)).filter(lambda moment: moment.year >= 1000))
def test_what_python_writes_is_read_back(moment):
    assert parse_moment(moment.isoformat()) == moment
