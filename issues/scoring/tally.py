"""Counting: which issues make which figure, by place. Pure functions over rows."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import NamedTuple

from issues.scoring.history import Step, standing, told
from issues.scoring.measures import SHARE_OF, Measure
from issues.scoring.rates import Rate, Spread, spread
from issues.scoring.working_time import WorkClock

NO_PLACE = ""
"""The place of issues that lie in no area of the level, or have no unit."""


class Case(NamedTuple):
    """What counting needs to know of an issue. ``counts``: no duplicate, and not rejected."""

    id: str
    place: str
    severity: str
    first_seen: datetime
    counts: bool
    overdue: bool


class Fix(NamedTuple):
    """How long one fix took, in working hours."""

    issue_id: str
    hours: float


@dataclass(frozen=True, slots=True)
class Looks:
    """How often a place was looked at: usable photos, and spots of about 130 m."""

    photos: int = 0
    spots: int = 0

    def __add__(self, other: Looks) -> Looks:
        return Looks(self.photos + other.photos, self.spots + other.spots)


@dataclass(frozen=True)
class Tally:
    """The figures of one place in one period: for each measure the ids that make it, in order.

    ``severity`` says how bad each issue is that is named anywhere here.
    """

    issues: Mapping[Measure, tuple[str, ...]] = field(default_factory=dict)
    severity: Mapping[str, str] = field(default_factory=dict)
    fixes: tuple[Fix, ...] = ()
    looks: Looks = Looks()

    def __getitem__(self, measure: Measure) -> tuple[str, ...]:
        return self.issues.get(measure, ())

    def count(self, measure: Measure) -> int:
        """How many issues make a figure."""
        return len(self[measure])

    def rate(self, measure: Measure, enough: int = 1) -> Rate:
        """A measure as a part of what ``SHARE_OF`` says. Raises KeyError for one that is none."""
        return Rate(self.count(measure), self.count(SHARE_OF[measure]), enough)

    def hours(self, enough: int = 1) -> Spread:
        """Working hours from assignment to fix."""
        return spread([fix.hours for fix in self.fixes], enough)

    @property
    def cases(self) -> int:
        """Issues that a place was judged by: everything but looks."""
        return len({one for ids in self.issues.values() for one in ids})


EMPTY = Tally()


def tally(
    cases: Iterable[Case],
    steps: Mapping[str, Sequence[Step]],
    start: datetime,
    end: datetime,
    clock: WorkClock,
    *,
    within: timedelta,
    looks: Mapping[str, Looks] | None = None,
) -> dict[str, Tally]:
    """The figures of every place that has any issue or look.

    ``steps``: issue id → its lines of history in any order. ``within``: how soon after closing a
    return counts against the fix.
    """
    issues: dict[str, dict[Measure, list[str]]] = defaultdict(lambda: defaultdict(list))
    severity: dict[str, dict[str, str]] = defaultdict(dict)
    fixes: dict[str, list[Fix]] = defaultdict(list)
    for case in sorted(cases):
        history = steps.get(case.id)
        said = None
        if history and _may_tell(history, start, end):
            said = told(standing(history), start, end, clock, within)
        measures = set(said.measures) if said else set()
        if case.counts and start <= case.first_seen < end:
            measures.add(Measure.FOUND)
        if case.overdue:
            measures.add(Measure.OVERDUE)
        if not measures:
            continue
        severity[case.place][case.id] = case.severity
        for measure in measures:
            issues[case.place][measure].append(case.id)
        if said and said.hours is not None:
            fixes[case.place].append(Fix(case.id, said.hours))
    seen = looks or {}
    return {
        place: Tally(
            {measure: tuple(ids) for measure, ids in issues[place].items()},
            dict(severity[place]),
            tuple(fixes[place]),
            seen.get(place, Looks()),
        )
        for place in sorted({*issues, *seen})
    }


def _may_tell(history: Iterable[Step], start: datetime, end: datetime) -> bool:
    """Whether any step lies in the period: without one, nothing is told of it."""
    return any(
        start <= step.at < end or (step.as_of is not None and start <= step.as_of < end)
        for step in history
    )


def together(tallies: Iterable[Tally]) -> Tally:
    """The figures of several places as one."""
    issues: dict[Measure, list[str]] = defaultdict(list)
    severity: dict[str, str] = {}
    fixes: list[Fix] = []
    looks = Looks()
    for one in tallies:
        for measure, ids in one.issues.items():
            issues[measure] += ids
        severity |= one.severity
        fixes += one.fixes
        looks += one.looks
    ordered = {measure: tuple(sorted(ids)) for measure, ids in issues.items()}
    return Tally(ordered, severity, tuple(sorted(fixes)), looks)
