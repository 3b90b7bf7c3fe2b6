"""Working hours: deadlines count only while the office works.

>>> from datetime import UTC, datetime
>>> friday = datetime(2026, 3, 6, 8, 0, tzinfo=UTC)  # 16:00 in Shanghai
>>> WorkCalendar().add_hours(friday, 4).astimezone(WorkCalendar().zone).isoformat()
'2026-03-09T11:00:00+08:00'
"""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from functools import cached_property
from itertools import pairwise
from typing import Annotated
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, field_validator

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


class WorkCalendar(BaseModel):
    """When an office works: hours by weekday, holidays, and working days made up for them.

    A made-up working day (``workdays``) has Monday's hours, whatever weekday it is.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    timezone: str = "Asia/Shanghai"
    week: dict[str, tuple[Span, ...]] = Field(default_factory=lambda: dict(WEEK))
    holidays: frozenset[date] = frozenset()
    workdays: frozenset[date] = frozenset()

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
        for day, spans in week.items():
            if day not in DAYS:
                raise ValueError(f'"{day}" is no weekday; use {", ".join(DAYS)}')
            for one, following in pairwise(spans):
                if following.start_minute < one.end_minute:
                    raise ValueError(f"the hours of {day} overlap or are out of order")
        if not any(week.values()):
            raise ValueError("a week needs at least one working hour, or no deadline would end")
        return week

    @cached_property
    def zone(self) -> ZoneInfo:
        """The time zone that the hours are in."""
        return ZoneInfo(self.timezone)

    def spans(self, day: date) -> tuple[Hours, ...]:
        """The working hours of one day, in order; empty on a day off."""
        if day in self.workdays:
            return self.week.get("mon") or next(s for s in self.week.values() if s)
        return () if day in self.holidays else self.week.get(DAYS[day.weekday()], ())

    def add_hours(self, moment: datetime, hours: float) -> datetime:
        """The moment when that many working hours have passed, in UTC. ``moment`` is aware."""
        left = timedelta(hours=hours)
        day = moment.astimezone(self.zone).date()
        for _ in range(LONGEST_SEARCH_DAYS):
            for start, end in self._moments(day):
                begin = max(start, moment)
                if begin + left <= end:
                    return begin + left
                left -= max(end - begin, timedelta())
            day += timedelta(days=1)
        raise ValueError(f"the calendar has no {hours} working hours in the ten years after {day}")

    def hours_between(self, start: datetime, end: datetime) -> float:
        """Working hours from one moment to a later one; 0 when it is not later."""
        total = timedelta()
        day = start.astimezone(self.zone).date()
        while day <= end.astimezone(self.zone).date():
            for opens, closes in self._moments(day):
                total += max(min(closes, end) - max(opens, start), timedelta())
            day += timedelta(days=1)
        return total / timedelta(hours=1)

    def _moments(self, day: date) -> list[tuple[datetime, datetime]]:
        """The working hours of a day as moments in UTC, so that sums are in real hours."""
        midnight = datetime.combine(day, time(), self.zone)
        return [
            (
                (midnight + timedelta(minutes=span.start_minute)).astimezone(UTC),
                (midnight + timedelta(minutes=span.end_minute)).astimezone(UTC),
            )
            for span in self.spans(day)
        ]
