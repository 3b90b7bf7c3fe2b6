"""All reading of the store: lists, one issue, counts, observations, photos, areas.

Every function takes a session (``with store.reading() as session:``) and gives rows of
``issues/rows.py``. Lists are paged by an opaque cursor, so that a page never shifts while others
write.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from issues.catalogue import Catalogue
from issues.issue import Proposal, Status
from issues.rows import (
    AreaRow,
    Counts,
    IssueDetail,
    IssueRow,
    ObservationRow,
    Page,
    PhotoCounts,
    PhotoRow,
    PhotoStatus,
)
from issues.store import Session

Sort = Literal["recent", "oldest", "newest", "deadline", "score", "recurrences", "number"]
"""recent: last seen first; oldest, newest: by first seen; number: as numbered, first first."""

BBox = tuple[float, float, float, float]
"""West, south, east, north in WGS-84 degrees."""


@dataclass(frozen=True, slots=True)
class IssueFilter:
    """Which issues: everything given must hold; within a tuple any one may.

    ``category`` takes codes, or a prefix of whole parts ("pest.rodent"). ``area`` and ``unit`` are
    the office's area ids and a unit's name in either language; ``area=("",)`` means no area.
    ``since``/``until`` bound ``last_seen`` (until is exclusive). ``confirmed``: whether a person
    ever confirmed it. ``has_place`` False is the queue of unplaced ones. ``q`` is looked for in
    number, area, unit and the names of photos. ``numbers`` picks some by number or id.
    """

    status: tuple[Status, ...] = ()
    proposal: Proposal | None = None
    category: tuple[str, ...] = ()
    group: tuple[str, ...] = ()
    area: tuple[str, ...] = ()
    unit: tuple[str, ...] = ()
    bbox: BBox | None = None
    since: datetime | None = None
    until: datetime | None = None
    confirmed: bool | None = None
    has_place: bool | None = None
    overdue_at: datetime | None = None
    q: str | None = None
    numbers: tuple[str, ...] = ()


EVERYTHING = IssueFilter()


def list_issues(
    session: Session,
    catalogue: Catalogue,
    which: IssueFilter = EVERYTHING,
    *,
    sort: Sort = "recent",
    cursor: str | None = None,
    limit: int = 50,
    with_total: bool = False,
) -> Page[IssueRow]:
    """One page of issues (limit 1..10,000). Raises QueryError for a bad cursor or limit."""
    raise NotImplementedError


def get_issue(session: Session, catalogue: Catalogue, id_or_number: str) -> IssueDetail:
    """One issue with its history, photos and allowed actions. Raises NotFound."""
    raise NotImplementedError


def count_issues(session: Session, which: IssueFilter = EVERYTHING, *, now: datetime) -> Counts:
    """How many issues there are, by status, category, group and area."""
    raise NotImplementedError


def list_observations(
    session: Session,
    *,
    issue: str | None = None,
    category: tuple[str, ...] = (),
    photo_id: int | None = None,
    since: datetime | None = None,
    until: datetime | None = None,
    cursor: str | None = None,
    limit: int = 100,
) -> Page[ObservationRow]:
    """One page of findings, newest recorded first. ``issue`` is an id or number."""
    raise NotImplementedError


def list_photos(
    session: Session,
    *,
    status: tuple[PhotoStatus, ...] = (),
    batch: int | None = None,
    q: str | None = None,
    cursor: str | None = None,
    limit: int = 100,
) -> Page[PhotoRow]:
    """One page of photos, newest recorded first."""
    raise NotImplementedError


def get_photo(session: Session, id_or_sha256: int | str) -> PhotoRow:
    """One photo by its id, or the latest analysis of it by its sha256. Raises NotFound."""
    raise NotImplementedError


def count_photos(session: Session, *, batch: int | None = None) -> PhotoCounts:
    """How photos came out, and why those that failed did."""
    raise NotImplementedError


def list_areas(session: Session) -> tuple[AreaRow, ...]:
    """All responsibility areas in force, coarsest level first."""
    raise NotImplementedError


def areas_geojson(session: Session) -> dict[str, object]:
    """All areas in force as a GeoJSON FeatureCollection with the properties of AreaRow."""
    raise NotImplementedError
