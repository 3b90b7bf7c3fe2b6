"""Periods that figures are given for: a week, a month, any two days, on the office's clock."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from typing import Literal

from issues.errors import QueryError

Kind = Literal["week", "month", "dates"]
LONGEST_DAYS = 3660

_WEEK = re.compile(r"^(\d{4})-?W(\d{1,2})$", re.IGNORECASE)
_MONTH = re.compile(r"^(\d{4})-(\d{1,2})$")
_DATES = re.compile(r"^(\d{4}-\d{2}-\d{2})(?:\.\.(\d{4}-\d{2}-\d{2}))?$")
_MEND = "Write a week (2026-W45), a month (2026-11), a day, or two days (2026-11-01..2026-11-15)."


@dataclass(frozen=True, slots=True)
class Period:
    """From the start of ``first`` to the end of ``last``, days on the clock of ``zone``."""

    first: date
    last: date
    zone: tzinfo
    kind: Kind

    def __post_init__(self) -> None:
        if self.last < self.first:
            raise QueryError(f"{self.last} is before {self.first}", code="bad_period", mend=_MEND)
        if self.days > LONGEST_DAYS:
            raise QueryError("a period has ten years at most", code="bad_period", mend=_MEND)

    @property
    def days(self) -> int:
        """How many days it has."""
        return (self.last - self.first).days + 1

    @property
    def start(self) -> datetime:
        """Its first moment, in UTC."""
        return _midnight(self.first, self.zone)

    @property
    def end(self) -> datetime:
        """The first moment after it, in UTC."""
        return _midnight(self.last + timedelta(days=1), self.zone)

    @property
    def name(self) -> str:
        """As it is written: "2026-W45", "2026-11", "2026-11-01..2026-11-15"."""
        if self.kind == "week":
            year, week, _ = self.first.isocalendar()
            return f"{year}-W{week:02d}"
        if self.kind == "month":
            return f"{self.first:%Y-%m}"
        return f"{self.first}..{self.last}"

    def holds(self, moment: datetime) -> bool:
        """Whether a moment lies in it."""
        return self.start <= moment < self.end

    def before(self) -> Period:
        """The period before: the week or month before, or as many days just before."""
        last = self.first - timedelta(days=1)
        if self.kind == "month":
            return Period(last.replace(day=1), last, self.zone, "month")
        return Period(self.first - timedelta(days=self.days), last, self.zone, self.kind)


def parse_period(text: str, zone: tzinfo) -> Period:
    """The period that a text names. Raises QueryError (bad_period).

    >>> parse_period("2026-W45", UTC).first, parse_period("2026-02", UTC).last
    (datetime.date(2026, 11, 2), datetime.date(2026, 2, 28))
    """
    given = text.strip()
    try:
        if found := _WEEK.match(given):
            first = date.fromisocalendar(int(found[1]), int(found[2]), 1)
            return Period(first, first + timedelta(days=6), zone, "week")
        if found := _MONTH.match(given):
            return _month(date(int(found[1]), int(found[2]), 1), zone)
        if found := _DATES.match(given):
            first = date.fromisoformat(found[1])
            return Period(first, date.fromisoformat(found[2] or found[1]), zone, "dates")
    except (ValueError, OverflowError) as error:
        raise QueryError(f'"{text}" is no period: {error}', code="bad_period", mend=_MEND) from None
    raise QueryError(f'"{text}" is no period', code="bad_period", mend=_MEND)


def period_of(moment: datetime, kind: Literal["week", "month"], zone: tzinfo) -> Period:
    """The week or month that a moment lies in."""
    day = moment.astimezone(zone).date()
    if kind == "month":
        return _month(day.replace(day=1), zone)
    first = day - timedelta(days=day.weekday())
    return Period(first, first + timedelta(days=6), zone, "week")


def _month(first: date, zone: tzinfo) -> Period:
    after = (first + timedelta(days=31)).replace(day=1)
    return Period(first, after - timedelta(days=1), zone, "month")


def _midnight(day: date, zone: tzinfo) -> datetime:
    return datetime.combine(day, time(), zone).astimezone(UTC)
