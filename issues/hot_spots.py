"""Hot spots: where and when problems begin, by cell, category and area, and how many come back.

Counted are issues by when they were first seen; rejected ones and duplicates are not.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Literal

from sqlalchemy import ColumnElement

from issues.cells import COARSEST, coarser
from issues.errors import QueryError
from issues.place import RESOLUTION
from issues.queries import EVERYTHING, IssueFilter
from issues.store import Session
from issues.store.issue_select import conditions
from issues.store.past_select import (
    SPOTS,
    Bucket,
    SpotSum,
    bucket_sums,
    returns_in,
    spot_sums,
    spot_totals,
)
from issues.store.schema import IssueRecord

Step = Literal["week", "month"]
LONGEST = 160
LONG = timedelta(days=120)
"""A period longer than this holds so many issues that all are passed over, cell by cell."""


@dataclass(frozen=True, slots=True)
class HotSpot:
    """One cell: how many issues began in it, came back, and are open; by category too."""

    cell: int
    issues: int
    returned: int
    open: int
    by_category: Mapping[str, int]

    @property
    def returned_share(self) -> float:
        """The part that came back at least once, 0..1."""
        return self.returned / self.issues if self.issues else 0.0


@dataclass(frozen=True, slots=True)
class Trend:
    """Counts by week or month, in order; ``returns`` are all returns noted in the whole time."""

    step: Step
    buckets: tuple[Bucket, ...]
    returns: int


def hot_spots(
    session: Session,
    which: IssueFilter,
    *,
    since: datetime | None = None,
    until: datetime | None = None,
    resolution: int = RESOLUTION,
    limit: int = 500,
) -> tuple[HotSpot, ...]:
    """The cells where most issues began in a period, most first. Raises QueryError.

    ``resolution``: of H3, 10 (130 m across), 9 (350 m), 8 (900 m) or 7 (2.4 km).
    """
    if not COARSEST <= resolution <= RESOLUTION or not 1 <= limit <= 20_000:
        raise QueryError(
            f"cells have resolution {COARSEST} to {RESOLUTION}, lists 1 to 20000 rows; "
            f"got {resolution} and {limit}",
            mend=f"Ask for resolution {RESOLUTION}.",
        )
    limits = [*conditions(which), *_began(since, until)]
    hint = SPOTS if _many(which, since, until) else None
    exact = resolution >= RESOLUTION
    sums = spot_totals(session, limits, hint=hint, limit=limit if exact else None)
    worst = _worst(sums, resolution, limit)
    cells = {cell for spot in worst.values() for cell in spot.cells}
    parts: dict[int, list[SpotSum]] = defaultdict(list)
    for part in spot_sums(session, limits, cells):
        parts[coarser(part.cell, resolution)].append(part)
    return tuple(_spot(cell, total, parts[cell]) for cell, total in worst.items())


def _many(which: IssueFilter, since: datetime | None, until: datetime | None) -> bool:
    """Whether most issues may have to be counted: in the order of the cells, along their index."""
    plain = replace(which, status=(), category=(), group=()) == EVERYTHING
    return plain and (since is None or (until or datetime.now(UTC)) - since > LONG)


@dataclass(slots=True)
class _Total:
    """What one spot sums up."""

    cells: list[int]
    issues: int = 0
    returned: int = 0


def _worst(
    sums: Iterable[tuple[int, int, int]], resolution: int, limit: int
) -> Mapping[int, _Total]:
    """The cells of a resolution in which most began, most first."""
    totals: dict[int, _Total] = {}
    for cell, issues, returned in sums:
        total = totals.setdefault(coarser(cell, resolution), _Total([]))
        total.cells.append(cell)
        total.issues += issues
        total.returned += returned
    order = sorted(totals.items(), key=lambda one: (-one[1].issues, -one[1].returned, one[0]))
    return dict(order[:limit])


def _began(since: datetime | None, until: datetime | None) -> list[ColumnElement[bool]]:
    found = []
    if since is not None:
        found.append(IssueRecord.first_seen >= since)
    if until is not None:
        found.append(IssueRecord.first_seen < until)
    return found


def _spot(cell: int, total: _Total, parts: Iterable[SpotSum]) -> HotSpot:
    by_category: dict[str, int] = defaultdict(int)
    still_open = 0
    for part in parts:
        by_category[part.category] += part.issues
        still_open += part.open
    return HotSpot(
        cell=cell,
        issues=total.issues,
        returned=total.returned,
        open=still_open,
        by_category=dict(sorted(by_category.items(), key=lambda item: (-item[1], item[0]))),
    )


def trend(
    session: Session, which: IssueFilter, since: datetime, until: datetime, step: Step = "month"
) -> Trend:
    """Counts by week (from Monday) or month in the zone of ``since``. Raises QueryError."""
    bounds = periods(since, until, step)
    buckets = bucket_sums(session, conditions(which), bounds)
    return Trend(step, tuple(buckets), returns_in(session, bounds[0][0], bounds[-1][1]))


def periods(since: datetime, until: datetime, step: Step) -> list[tuple[datetime, datetime]]:
    """The weeks or months that hold a period, whole, each with its start and end.

    >>> from zoneinfo import ZoneInfo
    >>> zone = ZoneInfo("Asia/Shanghai")
    >>> first, last = (datetime(2026, month, 20, tzinfo=zone) for month in (1, 2))
    >>> [f"{start:%m-%d}" for start, _ in periods(first, last, "month")]
    ['01-01', '02-01']
    """
    if since >= until:
        raise QueryError("the period ends before it begins", mend="Give since before until.")
    start = since.replace(hour=0, minute=0, second=0, microsecond=0)
    start = start.replace(day=1) if step == "month" else start - timedelta(days=start.weekday())
    found = []
    while start < until:
        end = _next(start, step)
        found.append((start, end))
        start = end
    if len(found) > LONGEST:
        raise QueryError(
            f"the period has {len(found)} {step}s; {LONGEST} is the most", mend="Ask for less."
        )
    return found


def _next(start: datetime, step: Step) -> datetime:
    if step == "week":
        return start + timedelta(days=7)
    return start.replace(year=start.year + start.month // 12, month=start.month % 12 + 1)
