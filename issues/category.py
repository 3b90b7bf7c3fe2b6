"""One kind of problem as a line of the catalogue: its names, its codes and its rules."""

from __future__ import annotations

import re
from datetime import datetime
from typing import Annotated, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, model_validator

from issues.calendar import Span, WorkCalendar
from issues.issue import Severity

OnePhoto = Literal["enough", "suspected", "zone", "close_up"]

Code = Annotated[str, Field(pattern=r"^[a-z]+(\.[a-z_]+)+$")]
Name = Annotated[str, Field(min_length=1)]
Positive = Annotated[float, Field(gt=0)]
Share = Annotated[float, Field(gt=0, le=1)]


class Table(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Group(Table):
    """A group of categories in both languages."""

    zh: Name
    en: Name


class Confirmation(Table):
    """A camera must see it in ``looks`` of ``of`` looks within ``minutes``."""

    looks: Annotated[int, Field(ge=1)]
    of: Annotated[int, Field(ge=1)]
    minutes: Positive

    @model_validator(mode="after")
    def _possible(self) -> Confirmation:
        if self.looks > self.of:
            raise ValueError(f"{self.looks} of {self.of} looks can never be")
        return self


class Limit(Table):
    """How long there is: working hours ("7h", or the bare number) or working days ("2d")."""

    amount: Positive
    unit: Literal["h", "d"]

    def after(self, moment: datetime, calendar: WorkCalendar) -> datetime:
        """When it has passed, in UTC."""
        if self.unit == "d":
            return calendar.add_days(moment, self.amount)
        return calendar.add_hours(moment, self.amount)

    def __str__(self) -> str:
        return f"{self.amount:g}{self.unit}"


def _limit(written: object) -> object:
    """7, "7h" and "2d" as the fields of Limit; anything else goes on as it is."""
    if isinstance(written, int | float) and not isinstance(written, bool):
        return {"amount": written, "unit": "h"}
    if not isinstance(written, str):
        return written
    found = re.fullmatch(r"\s*(\d+(?:\.\d+)?)\s*([hd])\s*", written)
    if found is None:
        raise ValueError(f'a limit is written as 4, "4h" or "2d" (working days), got "{written}"')
    return {"amount": float(found[1]), "unit": found[2]}


Time = Annotated[Limit, BeforeValidator(_limit)]


class Deadline(Table):
    """Working time to put it right, by severity."""

    minor: Time
    normal: Time
    major: Time

    @model_validator(mode="after")
    def _worse_is_sooner(self) -> Deadline:
        for worse, better in ((self.major, self.normal), (self.normal, self.minor)):
            if worse.unit == better.unit and worse.amount > better.amount:
                raise ValueError("hours must not grow from minor over normal to major")
        return self

    def limit(self, severity: Severity) -> Limit:
        """The working time for one severity."""
        found: Limit = getattr(self, severity.value)
        return found

    def hours(self, severity: Severity, hours_a_day: float = 7.0) -> float:
        """Working hours for one severity, with days of that many hours."""
        limit = self.limit(severity)
        return limit.amount * (hours_a_day if limit.unit == "d" else 1.0)


class Major(Table):
    """Any one of these makes it major."""

    box_share: Share | None = None
    score: Share | None = None
    recurrences: Annotated[int, Field(ge=1)] | None = None


class Minor(Table):
    """All of these, and never having come back, make it minor."""

    box_share: Share | None = None
    score: Share | None = None


class SeverityRule(Table):
    """What makes a problem major or minor; it is normal otherwise."""

    major: Major | None = None
    minor: Minor | None = None

    def of(self, box_share: float, score: float, recurrences: int) -> Severity:
        """The severity. ``box_share``: the largest box as a share of its picture, 0..1."""
        seen = {"box_share": box_share, "score": score, "recurrences": recurrences}
        major = self.major.model_dump(exclude_none=True) if self.major else {}
        if any(seen[key] >= limit for key, limit in major.items()):
            return Severity.MAJOR
        minor = self.minor.model_dump(exclude_none=True) if self.minor else {}
        if minor and not recurrences and all(seen[k] <= limit for k, limit in minor.items()):
            return Severity.MINOR
        return Severity.NORMAL


class Category(Table):
    """One kind of problem: what it is called and by which rules it becomes an issue."""

    code: Code
    enabled: bool
    group: str
    zh: Name
    en: Name
    clause: str | None
    event_code: Annotated[str, Field(pattern=r"^\d{4}$")] | None
    open311_code: Annotated[str, Field(pattern=r"^[a-z0-9-]+$")]
    one_photo: OnePhoto
    part_of: tuple[str, ...]
    radius_m: Annotated[float, Field(gt=0, le=250)]
    revisit_h: Annotated[float, Field(ge=0)]
    confirm: Confirmation | None
    dwell_min: Annotated[float, Field(ge=0)]
    hours: tuple[Span, ...]
    zones: tuple[str, ...]
    deadline_h: Deadline
    severity: SeverityRule

    @property
    def suspected(self) -> bool:
        """Whether one photo can't decide it, so that a reviewer must look closer."""
        return self.one_photo != "enough"
