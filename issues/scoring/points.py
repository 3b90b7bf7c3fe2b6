"""Points: from the figures of a place and the office's table to a score that can be explained."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import lru_cache
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field, model_validator

from issues.issue import Severity
from issues.scoring.measures import SHARE_OF, Measure
from issues.scoring.table_file import Table, read_table
from issues.scoring.tally import Tally

Points = Annotated[float, Field(ge=0, le=10_000)]
Name = Annotated[str, Field(min_length=1)]


class BySeverity(Table):
    """Points for one issue."""

    minor: Points
    normal: Points
    major: Points

    def of(self, severity: str) -> float:
        """Points for a severity."""
        return float(getattr(self, Severity(severity).value))


class Deduction(Table):
    """Points that a measure costs: for each issue, or as a share of another measure."""

    measure: Measure
    each: BySeverity | None = None
    per_looks: Annotated[int, Field(ge=1)] | None = None
    points: Points | None = None
    share: Measure | None = None
    cap: Points

    @model_validator(mode="after")
    def _one_kind(self) -> Deduction:
        if (self.each is None) == (self.points is None):
            raise ValueError("give either `each` (by severity) or `points` with `share`")
        if (self.points is None) != (self.share is None):
            raise ValueError("`points` and `share` go together")
        if self.per_looks is not None and self.each is None:
            raise ValueError("`per_looks` goes with `each`")
        _refuse_no_part(self.measure, self.share)
        return self

    def of(self, tally: Tally, enough: int) -> float:
        """The points that it costs a place."""
        ids = tally[self.measure]
        if self.each is not None:
            each = self.each
            cost = sum(each.of(tally.severity[one]) for one in ids)
            if self.per_looks is not None:
                cost = cost * self.per_looks / tally.looks.photos if tally.looks.photos else 0.0
            return min(cost, self.cap)
        value = tally.rate(self.measure, enough).value
        return 0.0 if value is None else min(value * (self.points or 0.0), self.cap)


class Bonus(Table):
    """Points for a share that is large enough."""

    measure: Measure
    share: Measure
    at_least: Annotated[float, Field(gt=0, le=1)]
    points: Points

    @model_validator(mode="after")
    def _part(self) -> Bonus:
        _refuse_no_part(self.measure, self.share)
        return self

    def of(self, tally: Tally, enough: int) -> float:
        """The points that a place gets."""
        value = tally.rate(self.measure, enough).value
        return self.points if value is not None and value >= self.at_least else 0.0


def _refuse_no_part(measure: Measure, whole: Measure | None) -> None:
    if whole is not None and SHARE_OF.get(measure) is not whole:
        parts = ", ".join(f"{part} of {of}" for part, of in SHARE_OF.items())
        raise ValueError(f"{measure} is no part of {whole}; known: {parts}")


class Manual(Table):
    """What people may enter by hand. Negative points are a gain."""

    zh: Name
    en: Name
    first: Annotated[float, Field(ge=-10_000, le=10_000)]
    again: Annotated[float, Field(ge=-10_000, le=10_000)] | Literal["all"]
    again_days: Annotated[int, Field(ge=1)] = 365


class Enough(Table):
    """How much must be known of a place before anything is said of it."""

    looks: Annotated[int, Field(ge=0)]
    cases: Annotated[int, Field(ge=1)]


class CutOff(Table):
    """Who is on a list: so many ranks, and a limit of points."""

    places: Annotated[int, Field(ge=0)]
    points: float


class PointsTable(Table):
    """The whole table; ``points.yaml`` says what each part means."""

    start: Points
    lowest: Points
    highest: Points
    rebound_days: Annotated[int, Field(ge=1, le=366)]
    chronic_returns: Annotated[int, Field(ge=1)]
    enough: Enough
    deductions: tuple[Deduction, ...]
    bonuses: tuple[Bonus, ...] = ()
    manual: dict[str, Manual] = {}  # noqa: RUF012 (pydantic copies it)
    red: CutOff
    black: CutOff

    @model_validator(mode="after")
    def _ordered(self) -> PointsTable:
        if not self.lowest <= self.start <= self.highest:
            raise ValueError("`start` must lie between `lowest` and `highest`")
        if self.black.points > self.red.points:
            raise ValueError("the limit of the black list lies above that of the red one")
        return self

    @property
    def within(self) -> timedelta:
        """How soon after closing a return counts against the fix."""
        return timedelta(days=self.rebound_days)


@lru_cache(maxsize=8)
def load_points(path: Path | None = None) -> PointsTable:
    """The table in a file; None: the example that ships. Raises TableError by line.

    >>> load_points().start
    100.0
    """
    return read_table(PointsTable, path, "points.yaml")


@dataclass(frozen=True, slots=True)
class Entry:
    """A deduction that a person entered, with the reason and who did."""

    id: int
    place: str
    code: str
    day: date
    reason: str
    actor: str


@dataclass(frozen=True, slots=True)
class Line:
    """One line of how a score came about. ``points`` are added: deductions are below 0.

    ``measure`` names the figure that it comes from; ``entry`` the line that a person entered.
    """

    points: float
    measure: Measure | None = None
    entry: Entry | None = None


@dataclass(frozen=True, slots=True)
class Score:
    """The points of a place, to a hundredth, and how they came about."""

    points: float
    lines: tuple[Line, ...]


def score(
    tally: Tally,
    table: PointsTable,
    entries: Sequence[Entry] = (),
    *,
    first: date | None = None,
    last: date | None = None,
) -> Score:
    """The points of a place: never below ``lowest``, never above ``highest``.

    ``entries`` are those of the place up to ``last``; the ones from ``first`` on are counted, the
    older ones say which of them are repetitions.
    """
    enough = table.enough.cases
    lines = [
        Line(-round(cost, 2), rule.measure)
        for rule in table.deductions
        if (cost := rule.of(tally, enough)) >= 0.005
    ]
    lines += [
        Line(gain, rule.measure) for rule in table.bonuses if (gain := rule.of(tally, enough)) > 0
    ]
    lines += _entered(entries, table, first, last)
    points = table.start + sum(line.points for line in lines)
    return Score(round(min(max(points, table.lowest), table.highest), 2), tuple(lines))


def _entered(
    entries: Iterable[Entry], table: PointsTable, first: date | None, last: date | None
) -> Iterable[Line]:
    before: dict[str, date] = {}
    for entry in sorted(entries, key=lambda one: (one.day, one.id)):
        rule = table.manual.get(entry.code)
        if rule is None or (last is not None and entry.day > last):
            continue
        previous = before.get(entry.code)
        again = previous is not None and (entry.day - previous).days <= rule.again_days
        before[entry.code] = entry.day
        if first is not None and entry.day < first:
            continue
        cost = rule.again if again else rule.first
        yield Line(-(table.highest if cost == "all" else float(cost)), entry=entry)
