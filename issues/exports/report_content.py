"""What a report says, gathered from the store: plain data, before any word or picture is made."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from issues.catalogue import Catalogue
from issues.exports.gathering import boxes_by_frame, every_issue
from issues.exports.point_map import PointMap, draw_map
from issues.issue import OPEN, Proposal, Status
from issues.queries import EVERYTHING, IssueFilter, areas_geojson, count_photos, list_photos
from issues.rows import AreaRow, Box, FrameRef, IssueRow, PhotoCounts, PhotoRow
from issues.store import Session


@dataclass(frozen=True, slots=True)
class Limits:
    """The most of each that a report shows; what is left out is counted and said."""

    pairs: int = 24
    gallery: int = 60
    photos: int = 200
    rows: int = 1000


DEFAULT_LIMITS = Limits()


@dataclass(frozen=True, slots=True)
class Tally:
    """How a set of issues stands. ``open`` are those still to be dealt with."""

    issues: int
    open: int
    candidates: int
    confirmed: int
    proposed_fixed: int
    returned: int
    closed: int
    overdue: int
    sightings: int

    @classmethod
    def of(cls, rows: Sequence[IssueRow], now: datetime) -> Tally:
        """The tally of these issues at this moment."""
        alive = [row for row in rows if row.status in OPEN]
        status = Counter(row.status for row in rows)
        return cls(
            issues=len(rows),
            open=len(alive),
            candidates=status[Status.CANDIDATE],
            confirmed=sum(row.confirmed_at is not None for row in alive),
            proposed_fixed=sum(row.proposal is Proposal.FIXED for row in alive),
            returned=sum(row.recurrences > 0 for row in alive),
            closed=status[Status.CLOSED],
            overdue=sum(row.deadline is not None and row.deadline < now for row in alive),
            sightings=sum(row.observations for row in rows),
        )


@dataclass(frozen=True, slots=True)
class CategoryLine:
    """One category in the table."""

    category: str
    group: str
    tally: Tally


@dataclass(frozen=True, slots=True)
class AreaLine:
    """One area in the table; ``area`` is None for issues outside every area or without place."""

    area: AreaRow | None
    tally: Tally


@dataclass(frozen=True, slots=True)
class Shown:
    """An issue with its pictures: where the boxes are in ``best``."""

    row: IssueRow
    boxes: tuple[Box, ...]


@dataclass(frozen=True, slots=True)
class ReportContent:
    """All that a report says. ``*_left_out`` count what its limits keep off the page."""

    made_at: datetime
    total: Tally
    photos: PhotoCounts
    first_seen: datetime | None
    last_seen: datetime | None
    unplaced: int
    no_area: int
    categories: tuple[CategoryLine, ...]
    areas: tuple[AreaLine, ...]
    point_map: PointMap | None
    pairs: tuple[Shown, ...]
    pairs_left_out: int
    gallery: tuple[Shown, ...]
    gallery_left_out: int
    rows: tuple[IssueRow, ...]
    rows_left_out: int
    bad_photos: tuple[PhotoRow, ...]
    bad_photos_left_out: int


def gather_report(
    session: Session,
    catalogue: Catalogue,
    *,
    made_at: datetime,
    which: IssueFilter = EVERYTHING,
    batch: int | None = None,
    limits: Limits = DEFAULT_LIMITS,
) -> ReportContent:
    """What a report of these issues says; ``batch`` narrows the photos to one run.

    Rejected issues and duplicates are left out: a person has said that they are none.
    """
    kept = [row for row in every_issue(session, catalogue, which) if _counts(row)]
    order = {code: n for n, code in enumerate(catalogue.categories)}
    kept.sort(key=lambda row: (order.get(row.category, len(order)), row.number))
    fixed = [row for row in kept if row.proposal is Proposal.FIXED and row.status in OPEN]
    others = [row for row in kept if row.status in OPEN and row.proposal is None and row.best]
    others.sort(key=lambda row: (-row.recurrences, -row.best_score, row.number))
    photos = count_photos(session, batch=batch)
    bad = _bad_photos(session, batch, limits.photos)
    bad_total = photos.total - photos.by_status.get("ok", 0)
    shown = [*fixed[: limits.pairs], *others[: limits.gallery]]
    boxes = boxes_by_frame(session, shown)
    pairs, gallery = _shown(fixed[: limits.pairs], boxes), _shown(others[: limits.gallery], boxes)
    return ReportContent(
        made_at=made_at,
        total=Tally.of(kept, made_at),
        photos=photos,
        first_seen=min((row.first_seen for row in kept), default=None),
        last_seen=max((row.last_seen for row in kept), default=None),
        unplaced=sum(row.lat is None for row in kept),
        no_area=sum(row.lat is not None and row.area is None for row in kept),
        categories=_by_category(kept, made_at),
        areas=_by_area(kept, made_at),
        point_map=draw_map([row for row in kept if row.status in OPEN], areas_geojson(session)),
        pairs=pairs,
        pairs_left_out=len(fixed) - len(pairs),
        gallery=gallery,
        gallery_left_out=len(others) - len(gallery),
        rows=tuple(kept[: limits.rows]),
        rows_left_out=max(len(kept) - limits.rows, 0),
        bad_photos=bad,
        bad_photos_left_out=max(bad_total - len(bad), 0),
    )


def _counts(row: IssueRow) -> bool:
    return row.status not in {Status.REJECTED, Status.DUPLICATE}


def _bad_photos(session: Session, batch: int | None, limit: int) -> tuple[PhotoRow, ...]:
    if limit < 1:
        return ()
    return list_photos(session, status=("unreadable", "unusable"), batch=batch, limit=limit).items


def _shown(
    rows: Iterable[IssueRow], boxes: Mapping[tuple[str, str], Sequence[Box]]
) -> tuple[Shown, ...]:
    return tuple(Shown(row, tuple(_boxes_of(row, row.best, boxes))) for row in rows)


def _boxes_of(
    row: IssueRow, frame: FrameRef | None, boxes: Mapping[tuple[str, str], Sequence[Box]]
) -> Sequence[Box]:
    if frame is None:
        return ()
    return boxes.get((row.id, frame.sha256)) or ((frame.box,) if frame.box else ())


def _by_category(rows: Sequence[IssueRow], now: datetime) -> tuple[CategoryLine, ...]:
    """In the order of the catalogue, as the rows are."""
    groups = _split(rows, lambda row: (row.category, row.group))
    return tuple(
        CategoryLine(category, group, Tally.of(part, now))
        for (category, group), part in groups.items()
    )


def _by_area(rows: Sequence[IssueRow], now: datetime) -> tuple[AreaLine, ...]:
    """Most open issues first; those without an area last."""
    lines = [
        AreaLine(part[0].area, Tally.of(part, now))
        for part in _split(rows, lambda row: row.area.id if row.area else "").values()
    ]
    lines.sort(key=lambda line: (line.area is None, -line.tally.open, -line.tally.issues))
    return tuple(lines)


def _split(rows: Iterable[IssueRow], key: Callable[[IssueRow], Any]) -> dict[Any, list[IssueRow]]:
    parts: dict[Any, list[IssueRow]] = {}
    for row in rows:
        parts.setdefault(key(row), []).append(row)
    return parts
