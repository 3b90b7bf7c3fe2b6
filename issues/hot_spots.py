"""Hot spots: where and when problems begin, by cell, category and area, and how many come back.

Counted are issues by when they were first seen; rejected ones and duplicates are not.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from sqlalchemy import ColumnElement

from issues.cells import COARSEST, coarser
from issues.errors import QueryError
from issues.place import RESOLUTION
from issues.queries import IssueFilter
from issues.store import Session
from issues.store.issue_select import conditions
from issues.store.past_select import Bucket, SpotSum, bucket_sums, returns_in, spot_sums
from issues.store.schema import IssueRecord

Step = Literal["week", "month"]
LONGEST = 160


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
    spots = _gathered(spot_sums(session, limits), resolution)
    return tuple(sorted(spots, key=lambda spot: (-spot.issues, -spot.returned, spot.cell))[:limit])


def _began(since: datetime | None, until: datetime | None) -> list[ColumnElement[bool]]:
    found = []
    if since is not None:
        found.append(IssueRecord.first_seen >= since)
    if until is not None:
        found.append(IssueRecord.first_seen < until)
    return found


def _gathered(sums: Iterable[SpotSum], resolution: int) -> list[HotSpot]:
    cells: dict[int, list[SpotSum]] = defaultdict(list)
    for one in sums:
        cells[coarser(one.cell, resolution)].append(one)
    return [_spot(cell, parts) for cell, parts in cells.items()]


def _spot(cell: int, parts: list[SpotSum]) -> HotSpot:
    by_category: dict[str, int] = defaultdict(int)
    for part in parts:
        by_category[part.category] += part.issues
    return HotSpot(
        cell=cell,
        issues=sum(part.issues for part in parts),
        returned=sum(part.returned for part in parts),
        open=sum(part.open for part in parts),
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
