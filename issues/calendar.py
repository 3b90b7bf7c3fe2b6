"""Working hours and days: deadlines count only while the office works.

Hours by weekday (and by season), holidays and working days made up for them (调休), in the office's
time zone. A year without a list of holidays counts by weekday alone, and ``unlisted`` tells so.

>>> from datetime import UTC, datetime
>>> friday = datetime(2026, 3, 6, 8, 0, tzinfo=UTC)  # 16:00 in Shanghai
>>> WorkCalendar().add_hours(friday, 4).astimezone(WorkCalendar().zone).isoformat()
'2026-03-09T11:00:00+08:00'
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from fractions import Fraction
from functools import cached_property
from itertools import accumulate, pairwise
from typing import Annotated, Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    PrivateAttr,
    field_validator,
    model_validator,
)

from issues.holidays import Days, YearList, official

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
LONGEST_SEARCH_DAYS = 3660


class Hours(BaseModel):
    """One stretch of working time within a day: "08:30-12:00"; "24:00" ends a day."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    start: time
    end_minute: int = Field(ge=1, le=1440, description="Minutes after midnight.")

    @property
    def start_minute(self) -> int:
        """Minutes after midnight."""
        return self.start.hour * 60 + self.start.minute


def _hours(value: object) -> object:
    """ "08:30-12:00" as the fields of Hours; anything else goes on as it is."""
    if not isinstance(value, str):
        return value
    try:
        start, end = (_minute(part) for part in value.split("-"))
    except ValueError as error:
        raise ValueError(f'hours are written as "08:30-12:00", got "{value}"') from error
    if start >= end:
        raise ValueError(f'hours must end after they start, got "{value}"')
    return {"start": time(start // 60, start % 60), "end_minute": end}


def _minute(text: str) -> int:
    hour, minute = (int(part) for part in text.strip().split(":"))
    if not (0 <= hour <= 24 and 0 <= minute < 60 and hour * 60 + minute <= 1440):
        raise ValueError(text)
    return hour * 60 + minute


Span = Annotated[Hours, BeforeValidator(_hours)]
WEEKDAY = (
    Hours(start=time(8, 30), end_minute=12 * 60),
    Hours(start=time(14), end_minute=17 * 60 + 30),
)

WEEK: dict[str, tuple[Hours, ...]] = dict.fromkeys(DAYS[:5], WEEKDAY)


def _sound(week: dict[str, tuple[Hours, ...]]) -> dict[str, tuple[Hours, ...]]:
    for day, spans in week.items():
        if day not in DAYS:
            raise ValueError(f'"{day}" is no weekday; use {", ".join(DAYS)}')
        for one, following in pairwise(spans):
            if following.start_minute < one.end_minute:
                raise ValueError(f"the hours of {day} overlap or are out of order")
    return week


class Season(BaseModel):
    """Other hours for part of each year: summer hours, say. It may run over New Year."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    first: str = Field(pattern=r"^\d\d-\d\d$", description="Month and day: 06-01.")
    last: str = Field(pattern=r"^\d\d-\d\d$", description="Month and day, itself included.")
    week: dict[str, tuple[Span, ...]]

    @field_validator("first", "last")
    @classmethod
    def _on_the_calendar(cls, text: str) -> str:
        try:
            date.fromisoformat(f"2024-{text}")
        except ValueError as error:
            raise ValueError(f'no year has the day "{text}"; write month-day as 06-01') from error
        return text

    @field_validator("week")
    @classmethod
    def _sound_week(cls, week: dict[str, tuple[Hours, ...]]) -> dict[str, tuple[Hours, ...]]:
        return _sound(week)

    def holds(self, day: date) -> bool:
        """Whether a day lies in it."""
        text = f"{day:%m-%d}"
        if self.first <= self.last:
            return self.first <= text <= self.last
        return text >= self.first or text <= self.last


@dataclass(frozen=True, slots=True)
class WorkingDay:
    """The working time of one day as moments in UTC, so that sums are in real hours."""

    spans: tuple[tuple[datetime, datetime], ...]
    total: timedelta

    def worked(self, moment: datetime) -> timedelta:
        """How much of it has passed by a moment."""
        return sum((max(min(end, moment) - start, _NONE) for start, end in self.spans), _NONE)

    def after(self, worked: timedelta) -> datetime:
        """The earliest moment by which that much has passed."""
        for start, end in self.spans:
            if worked <= end - start:
                return start + worked
            worked -= end - start
        return self.spans[-1][1]


_NONE = timedelta()


class WorkCalendar(BaseModel):
    """When an office works: hours by weekday, holidays, and working days made up for them.

    ``official``: the lists that ship for a country; "none": no holidays but the office's own.
    ``years`` are the office's lists, each in place of the official one of that year; ``holidays``
    and ``workdays`` add single days to whatever list there is. A made-up working day has Monday's
    hours, whatever weekday it is.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    timezone: str = "Asia/Shanghai"
    week: dict[str, tuple[Span, ...]] = Field(default_factory=lambda: dict(WEEK))
    seasons: tuple[Season, ...] = ()
    official: Literal["cn", "none"] = "none"
    years: dict[int, YearList] = Field(default_factory=dict)
    holidays: Days = frozenset()
    workdays: Days = frozenset()
    _days: dict[date, WorkingDay] = PrivateAttr(default_factory=dict)
    _sums: dict[int, tuple[timedelta, ...]] = PrivateAttr(default_factory=dict)

    @field_validator("timezone")
    @classmethod
    def _known_zone(cls, name: str) -> str:
        try:
            ZoneInfo(name)
        except (ZoneInfoNotFoundError, ValueError) as error:
            raise ValueError(f'no time zone is called "{name}"; try "Asia/Shanghai"') from error
        return name

    @field_validator("week")
    @classmethod
    def _sound_week(cls, week: dict[str, tuple[Hours, ...]]) -> dict[str, tuple[Hours, ...]]:
        if not any(_sound(week).values()):
            raise ValueError("a week needs at least one working hour, or no deadline would end")
        return week

    @model_validator(mode="after")
    def _either(self) -> WorkCalendar:
        if both := self.holidays & self.workdays:
            raise ValueError(f"{min(both)} is a holiday and a made-up working day at once")
        return self

    @cached_property
    def zone(self) -> ZoneInfo:
        """The time zone that the hours are in."""
        return ZoneInfo(self.timezone)

    @cached_property
    def lists(self) -> Mapping[int, YearList]:
        """The lists in force by year: the official ones, and the office's in their place."""
        shipped = official("cn") if self.official == "cn" else {}
        return {**shipped, **self.years}

    @cached_property
    def _off(self) -> frozenset[date]:
        listed = frozenset[date]().union(*(year.holidays for year in self.lists.values()))
        return (listed - self.workdays) | self.holidays

    @cached_property
    def _made_up(self) -> frozenset[date]:
        listed = frozenset[date]().union(*(year.workdays for year in self.lists.values()))
        return (listed - self.holidays) | self.workdays

    @cached_property
    def hours_a_day(self) -> float:
        """The working hours of a usual day: the middle one of the week's working days."""
        minutes = sorted(
            sum(span.end_minute - span.start_minute for span in spans)
            for spans in self.week.values()
            if spans
        )
        return minutes[len(minutes) // 2] / 60

    def unlisted(self, start: datetime, end: datetime) -> tuple[int, ...]:
        """The years between two moments that have no list of holidays though they need one.

        Deadlines in them count by weekday alone: whoever sets one should know.
        """
        if self.official == "none" and not self.years:
            return ()
        first, last = (m.astimezone(self.zone).year for m in (start, end))
        return tuple(year for year in range(first, last + 1) if year not in self.lists)

    def spans(self, day: date) -> tuple[Hours, ...]:
        """The working hours of one day, in order; empty on a day off."""
        if day in self._made_up:
            return self._hours(day, "mon") or next(s for s in self.week.values() if s)
        return () if day in self._off else self._hours(day, DAYS[day.weekday()])

    def _hours(self, day: date, weekday: str) -> tuple[Hours, ...]:
        season = next((s for s in self.seasons if s.holds(day) and weekday in s.week), None)
        return season.week[weekday] if season else self.week.get(weekday, ())

    def add_hours(self, moment: datetime, hours: float) -> datetime:
        """The moment when that many working hours have passed, in UTC. ``moment`` is aware."""
        left = timedelta(hours=_not_negative(hours))
        if not left:
            return self._open_from(moment)
        for day in self._working_days(moment):
            reached = day.worked(moment) + left
            if reached <= day.total:
                return day.after(reached)
            left = reached - day.total
        raise ValueError(f"the calendar has no {hours} working hours in the ten years to come")

    def _open_from(self, moment: datetime) -> datetime:
        """The moment itself while the office works, else when it opens next."""
        for day in self._working_days(moment):
            for start, end in day.spans:
                if moment <= end:
                    return max(start, moment)
        raise ValueError("the calendar has no working hour in the ten years to come")

    def add_days(self, moment: datetime, days: float) -> datetime:
        """The moment when that many working days have passed, in UTC.

        Counted by the share of a day: from 10:00 on Thursday one day goes to 10:00 on Friday, from
        a weekend or before opening to the close of the next working day.
        """
        if not days:
            return self._open_from(moment)
        left = Fraction(_not_negative(days))
        for day in self._working_days(moment):
            whole = Fraction(day.total // _TICK)
            left += Fraction(day.worked(moment) // _TICK) / whole
            if left <= 1:
                return day.after(round(left * whole) * _TICK)
            left -= 1
        raise ValueError(f"the calendar has no {days} working days in the ten years to come")

    def hours_between(self, start: datetime, end: datetime) -> float:
        """Working hours from one moment to a later one; 0 when it is not later."""
        if end <= start:
            return 0.0
        first, last = start.astimezone(self.zone).date(), end.astimezone(self.zone).date()
        if first == last:
            day = self._day(first)
            return (day.worked(end) - day.worked(start)) / timedelta(hours=1)
        opening = self._day(first)
        total = opening.total - opening.worked(start) + self._day(last).worked(end)
        return (total + self._whole_days(first + _DAY, last)) / timedelta(hours=1)

    def _whole_days(self, first: date, end: date) -> timedelta:
        """The working time of the days from one to another, which doesn't count."""
        total = _NONE
        while first < end:
            until = min(end, date(first.year + 1, 1, 1))
            sums, before = self._sums_of(first.year), date(first.year, 1, 1).toordinal()
            total += sums[until.toordinal() - before] - sums[first.toordinal() - before]
            first = until
        return total

    def _sums_of(self, year: int) -> tuple[timedelta, ...]:
        """The working time of a year before each of its days, and of all of it."""
        found = self._sums.get(year)
        if found is None:
            days = range(date(year, 1, 1).toordinal(), date(year + 1, 1, 1).toordinal())
            totals = (self._day(date.fromordinal(n)).total for n in days)
            found = self._sums[year] = tuple(accumulate(totals, initial=_NONE))
        return found

    def days_between(self, start: datetime, end: datetime) -> float:
        """Working days from one moment to a later one, shares of days included; 0 if not later."""
        days = self._between(start, end)
        return sum((d.worked(end) - d.worked(start)) / d.total for d in days if d.spans)

    def _between(self, start: datetime, end: datetime) -> Iterator[WorkingDay]:
        if end <= start:
            return
        day, last = start.astimezone(self.zone).date(), end.astimezone(self.zone).date()
        while day <= last:
            yield self._day(day)
            day += _DAY

    def _working_days(self, moment: datetime) -> Iterator[WorkingDay]:
        """The working days from a moment's own on, for ten years."""
        first = moment.astimezone(self.zone).date()
        for n in range(LONGEST_SEARCH_DAYS):
            day = self._day(first + n * _DAY)
            if day.spans:
                yield day

    def _day(self, day: date) -> WorkingDay:
        found = self._days.get(day)
        if found is None:
            midnight = datetime.combine(day, time(), self.zone)
            spans = tuple(
                (
                    (midnight + timedelta(minutes=span.start_minute)).astimezone(UTC),
                    (midnight + timedelta(minutes=span.end_minute)).astimezone(UTC),
                )
                for span in self.spans(day)
            )
            found = WorkingDay(spans, sum((end - start for start, end in spans), _NONE))
            self._days[day] = found
        return found


_TICK = timedelta(microseconds=1)
_DAY = timedelta(days=1)


def _not_negative(amount: float) -> float:
    if amount < 0:
        raise ValueError(f"working time is added forwards, got {amount}")
    return amount
