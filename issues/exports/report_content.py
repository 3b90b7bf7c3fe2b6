"""What a report says, gathered from the store: plain data, before any word or picture is made."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from issues.catalogue import Catalogue
from issues.exports.gathering import BoxesByFrame, boxes_by_frame, boxes_of, every_issue
from issues.exports.point_map import PointMap, draw_map
from issues.issue import OPEN, Proposal, Status
from issues.queries import EVERYTHING, IssueFilter, areas_geojson, count_photos, list_photos
from issues.rows import AreaRow, Box, IssueRow, PhotoCounts, PhotoRow
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
    """What a report of these issues says; ``batch`` narrows the photos to one run."""
    return compose_report(
        every_issue(session, catalogue, which),
        catalogue,
        made_at=made_at,
        photos=count_photos(session, batch=batch),
        bad_photos=_bad_photos(session, batch, limits.photos),
        areas=areas_geojson(session),
        find_boxes=lambda rows: boxes_by_frame(session, rows),
        limits=limits,
    )


def compose_report(
    rows: Iterable[IssueRow],
    catalogue: Catalogue,
    *,
    made_at: datetime,
    photos: PhotoCounts,
    bad_photos: Sequence[PhotoRow],
    areas: Mapping[str, Any],
    find_boxes: Callable[[Sequence[IssueRow]], BoxesByFrame],
    limits: Limits = DEFAULT_LIMITS,
) -> ReportContent:
    """What a report says of these issues and photos.

    Rejected issues and duplicates are left out: a person has said that they are none.
    ``find_boxes`` is asked once, for the issues whose pictures are shown.
    """
    order = {code: n for n, code in enumerate(catalogue.categories)}
    kept = sorted(filter(_counts, rows), key=lambda r: (order.get(r.category, 999), r.number))
    alive = [row for row in kept if row.status in OPEN]
    fixed = [row for row in alive if row.proposal is Proposal.FIXED]
    others = [row for row in alive if row.proposal is None and row.best is not None]
    others.sort(key=lambda row: (-row.recurrences, -row.best_score, row.number))
    pairs, gallery = fixed[: limits.pairs], others[: limits.gallery]
    boxes = find_boxes([*pairs, *gallery])
    bad_total = photos.total - photos.by_status.get("ok", 0)
    return ReportContent(
        made_at=made_at,
        total=Tally.of(kept, made_at),
        photos=photos,
        first_seen=min((row.first_seen for row in kept), default=None),
        last_seen=max((row.last_seen for row in kept), default=None),
        unplaced=sum(row.lat is None for row in alive),
        no_area=sum(row.lat is not None and row.area is None for row in alive),
        categories=_by_category(kept, made_at),
        areas=_by_area(kept, made_at),
        point_map=draw_map(alive, areas),
        pairs=_shown(pairs, boxes),
        pairs_left_out=len(fixed) - len(pairs),
        gallery=_shown(gallery, boxes),
        gallery_left_out=len(others) - len(gallery),
        rows=tuple(kept[: limits.rows]),
        rows_left_out=max(len(kept) - limits.rows, 0),
        bad_photos=tuple(bad_photos),
        bad_photos_left_out=max(bad_total - len(bad_photos), 0),
    )


def _counts(row: IssueRow) -> bool:
    return row.status not in {Status.REJECTED, Status.DUPLICATE}


def _bad_photos(session: Session, batch: int | None, limit: int) -> tuple[PhotoRow, ...]:
    if limit < 1:
        return ()
    return list_photos(session, status=("unreadable", "unusable"), batch=batch, limit=limit).items


def _shown(rows: Iterable[IssueRow], boxes: BoxesByFrame) -> tuple[Shown, ...]:
    return tuple(Shown(row, boxes_of(row, boxes)) for row in rows)


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
