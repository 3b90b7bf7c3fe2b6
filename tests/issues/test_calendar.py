"""Working hours."""

from __future__ import annotations

import json
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from issues.calendar import DAYS, Season, WorkCalendar
from issues.errors import CatalogueError
from issues.holidays import YearList, official, read_list

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
        ({"holidays": ["2026-01-01"], "workdays": ["2026-01-01"]}, "at once"),
        ({"holidays": ["2026-01-09..2026-01-01"]}, "ends on or after"),
        ({"holidays": ["new year..2026"]}, "a range is written as"),
        ({"seasons": [{"first": "02-30", "last": "03-01", "week": {}}]}, "no year has the day"),
        ({"seasons": [{"first": "02-01", "last": "03-01", "week": {"x": []}}]}, "is no weekday"),
    ],
)
def test_a_bad_table_is_told(given_values, said):
    with pytest.raises(ValidationError, match=said):
        WorkCalendar.model_validate(given_values)


MOMENTS = st.integers(0, 400 * 24 * 60).map(
    lambda minutes: datetime(2025, 12, 1, tzinfo=SHANGHAI) + timedelta(minutes=minutes)
)
CHINA = WorkCalendar(
    official="cn",
    week={**dict.fromkeys(DAYS[:5], ("08:30-12:00", "14:00-17:30")), "sat": ("09:00-11:00",)},
    seasons=[
        {"first": "06-01", "last": "09-30", "week": {d: ["08:00-12:00", "15:00-18:00"]}}
        for d in DAYS[:5]
    ],
)


@given(MOMENTS, st.integers(0, 3000), st.integers(0, 3000))
def test_hours_add_up(start, one, other):
    halfway = CHINA.add_hours(start, one / 60)
    assert CHINA.add_hours(halfway, other / 60) == CHINA.add_hours(start, (one + other) / 60)


@given(MOMENTS, st.integers(0, 60), st.integers(0, 60))
def test_days_add_up(start, one, other):
    halfway = CHINA.add_days(start, one / 4)
    apart = CHINA.add_days(halfway, other / 4) - CHINA.add_days(start, (one + other) / 4)
    assert abs(apart) <= timedelta(microseconds=3)  # a day of another length: rounded twice


@given(MOMENTS, st.integers(0, 20_000), st.integers(0, 3000), st.integers(0, 100))
def test_later_is_never_earlier(start, later_min, minutes, more):
    later = start + timedelta(minutes=later_min)
    for add in (CHINA.add_hours, CHINA.add_days):
        amount = minutes / 60 if add == CHINA.add_hours else minutes / 400
        assert add(start, amount) <= add(later, amount)
        assert add(start, amount) <= add(start, amount + more / 7)
        assert add(start, amount) >= start


@given(st.lists(MOMENTS, min_size=3, max_size=3))
def test_working_time_between_adds_up(moments):
    a, b, c = sorted(moments)
    for between in (CHINA.hours_between, CHINA.days_between):
        assert between(a, b) + between(b, c) == pytest.approx(between(a, c))
        assert between(c, a) == 0


@given(MOMENTS, st.integers(1, 80))
def test_days_that_were_added_lie_between(start, quarters):
    end = CHINA.add_days(start, quarters / 4)
    assert CHINA.days_between(start, end) == pytest.approx(quarters / 4, abs=1e-6)


@given(MOMENTS)
def test_a_deadline_ends_while_the_office_works(start):
    for end in (CHINA.add_hours(start, 3), CHINA.add_days(start, 1.5)):
        assert any(a <= end <= b for a, b in CHINA._day(end.astimezone(SHANGHAI).date()).spans)


@pytest.mark.parametrize(
    ("start", "days", "end"),
    [
        (at(5, 10), 1, at(6, 10)),
        (at(6, 10), 1, at(9, 10)),  # Friday to Monday
        (at(7, 10), 1, at(9, 17, 30)),  # from a Saturday: the close of Monday
        (at(9, 7), 1, at(9, 17, 30)),  # before opening
        (at(9, 20), 1, at(10, 17, 30)),  # after closing
        (at(10, 10), 1, at(12, 10)),  # over a holiday
        (at(13, 10), 1, at(14, 10)),  # into a made-up Saturday
        (at(2, 8, 30), 0.5, at(2, 12)),
        (at(2, 13), 0, at(2, 14)),
    ],
)
def test_adding_working_days(start, days, end):
    assert OFFICE.add_days(start, days) == end


def test_the_official_lists_are_those_of_another_source_of_the_same_notices():
    theirs = pytest.importorskip("chinese_calendar", reason="chinesecalendar isn't installed")
    for year, listed in official("cn").items():
        assert listed.holidays == {day for day in theirs.holidays if day.year == year}
        assert listed.workdays == {day for day in theirs.workdays if day.year == year}


def test_the_official_lists_are_whole():
    assert {year: (len(y.holidays), len(y.workdays)) for year, y in official("cn").items()} == {
        2025: (28, 5),
        2026: (33, 6),
    }
    for year, listed in official("cn").items():
        assert listed.odd(year) == []
        assert "国办发明电" in listed.source
        assert {day.year for day in listed.holidays | listed.workdays} == {year}


def test_spring_festival_and_its_made_up_saturday():
    friday = datetime(2026, 2, 13, 17, 0, tzinfo=SHANGHAI)
    calendar = WorkCalendar(official="cn")
    assert calendar.add_hours(friday, 1) == datetime(2026, 2, 14, 9, tzinfo=SHANGHAI)
    assert calendar.add_hours(friday, 8) == datetime(2026, 2, 24, 9, tzinfo=SHANGHAI)


def test_years_without_a_list_are_told():
    december = datetime(2026, 12, 30, tzinfo=SHANGHAI)
    assert WorkCalendar(official="cn").unlisted(december, december + timedelta(days=9)) == (2027,)
    assert WorkCalendar(official="cn").unlisted(december, december) == ()
    assert WorkCalendar().unlisted(december, december + timedelta(days=900)) == ()
    own = WorkCalendar(official="cn", years={2027: {"holidays": ["2027-01-01..2027-01-03"]}})
    assert own.unlisted(december, december + timedelta(days=9)) == ()
    assert own.add_hours(december + timedelta(days=2), 1).day == 4


def test_an_office_has_the_last_word_on_single_days():
    own = WorkCalendar(official="cn", holidays=["2026-02-14"], workdays=["2026-10-07"])
    assert own.spans(date(2026, 2, 14)) == ()
    assert own.spans(date(2026, 10, 7)) == own.week["mon"]
    replaced = WorkCalendar(official="cn", years={2026: {"holidays": ["2026-01-01"]}})
    assert replaced.spans(date(2026, 10, 1)) == replaced.week["thu"]
    assert replaced.spans(date(2025, 10, 1)) == ()


def test_summer_hours():
    summer = {"first": "06-01", "last": "09-30", "week": {"mon": ["08:00-12:00", "15:00-18:00"]}}
    calendar = WorkCalendar(seasons=[summer])
    monday = datetime(2026, 6, 1, 12, tzinfo=SHANGHAI)
    assert calendar.add_hours(monday, 1).astimezone(SHANGHAI).hour == 16
    assert calendar.add_hours(monday + timedelta(days=1), 1).astimezone(SHANGHAI).hour == 15
    winter = Season.model_validate({"first": "11-15", "last": "03-15", "week": {"mon": []}})
    days = [date(2026, 1, 1), date(2026, 3, 15), date(2026, 3, 16), date(2026, 11, 15)]
    assert [winter.holds(day) for day in days] == [True, True, False, True]


HOLIDAY_CN = {
    "year": 2027,
    "papers": ["http://www.gov.cn/"],
    "days": [
        {"name": "元旦", "date": "2027-01-01", "isOffDay": True},
        {"name": "元旦", "date": "2027-01-02", "isOffDay": False},
    ],
}


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("a.json", json.dumps(HOLIDAY_CN)),
        ("a.yaml", "2027: {holidays: [2027-01-01], workdays: [2027-01-02], source: x}\n"),
        (
            "a.json",
            '{"2027": {"holidays": ["2027-01-01..2027-01-01"], "workdays": ["2027-01-02"]}}',
        ),
    ],
)
def test_an_offices_own_list(tmp_path, name, text):
    path = tmp_path / name
    path.write_text(text, "utf-8")
    assert read_list(path)[2027].holidays == {date(2027, 1, 1)}
    assert read_list(path)[2027].workdays == {date(2027, 1, 2)}


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        ("a.json", "{", "no list of holidays"),
        ("a.json", "[]", "no list of holidays"),
        ("a.json", '{"days": [{"date": "2027-01-01"}]}', "no list of holidays"),
        ("a.yaml", "2027: {holidays: [2027-01-01..2026-12-01]}\n", "ends on or after"),
        ("a.yaml", "2027: {holidays: [2027-13-01]}\n", "holidays"),
        ("a.yaml", "2027: {holidays: [2027-01-01], workdays: [2027-01-01]}\n", "at once"),
        ("a.yaml", "2027: {}\n", "Field required"),
        ("a.yaml", "next: {holidays: []}\n", "no list of holidays"),
    ],
)
def test_a_list_of_no_use_is_told(tmp_path, name, text, said):
    path = tmp_path / name
    path.write_text(text, "utf-8")
    with pytest.raises(CatalogueError, match=said):
        read_list(path)
    with pytest.raises(CatalogueError, match="can't be read"):
        read_list(tmp_path / "none.yaml")


def test_odd_lists_are_told():
    odd = YearList.model_validate({"holidays": [], "workdays": ["2026-03-04"]}).odd(2026)
    assert len(odd) == 2
