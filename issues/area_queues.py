"""Named queues of issues that no single unit answers for, and whose desk looks at each.

``no_area``: placed, and in no area. ``unplaced``: without a position. ``disputed``: where two areas
of one level claim the place; it has an area (``AreaMap.at`` says which), and somebody should look.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from sqlalchemy import func, select

from issues.area_check import overlaps
from issues.areas import Area, AreaMap
from issues.catalogue import Catalogue, Group
from issues.geometry import Polygon, PolygonIndex
from issues.issue import OPEN
from issues.store import Session
from issues.store.schema import IssueRecord

QueueName = Literal["no_area", "unplaced", "disputed"]
LONGEST_LIST = 200


@dataclass(frozen=True, slots=True)
class Disputed:
    """An open issue that two areas claim; the first of ``areas`` has it."""

    number: str
    category: str
    lat: float
    lon: float
    areas: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class AreaQueue:
    """How many open issues wait in a queue, and whose desk it is."""

    name: QueueName
    issues: int
    desk: Group


def disputed(session: Session, areas: AreaMap) -> list[Disputed]:
    """Open issues that two areas of one level claim, by number."""
    shared = _shared_ground(areas.areas)
    if not shared:
        return []
    i = IssueRecord
    query = select(i.number, i.category, i.lat, i.lon).where(i.status.in_(OPEN), i.lat.is_not(None))
    rows = [(n, c, lat or 0.0, lon or 0.0) for n, c, lat, lon in session.execute(query)]
    near = PolygonIndex(shared).holding_each([(lat, lon) for _, _, lat, lon in rows])
    found = []
    for (number, category, lat, lon), held in zip(rows, near, strict=True):
        claims = areas.claims(lat, lon) if held else []
        if len(claims) > 1:
            codes = tuple(area.row.id for area in claims)
            found.append(Disputed(number, category, lat, lon, codes))
    return sorted(found, key=lambda one: one.number)


def _shared_ground(areas: Sequence[Area]) -> list[Polygon]:
    """The ground that two areas of one level claim."""
    by_code = {area.row.id: area.polygon for area in areas}
    pairs = ((by_code[p.areas[0]], by_code[p.areas[1]]) for p in overlaps(areas))
    return [both for one, other in pairs if (both := one.overlay(other)) is not None]


def area_queues(
    session: Session, areas: AreaMap, catalogue: Catalogue
) -> tuple[tuple[AreaQueue, ...], tuple[Disputed, ...]]:
    """The three queues, and the disputed issues (at most 200 of them)."""
    i = IssueRecord
    nowhere, nobody = i.lat.is_(None), i.lat.is_not(None) & i.area_id.is_(None)
    counts = [
        session.execute(select(func.count(i.id)).where(i.status.in_(OPEN), which)).scalar_one()
        for which in (nobody, nowhere)
    ]
    told = disputed(session, areas)
    desks = catalogue.desks
    queues = (
        AreaQueue("no_area", counts[0], desks.no_area),
        AreaQueue("unplaced", counts[1], desks.unplaced),
        AreaQueue("disputed", len(told), desks.disputed),
    )
    return queues, tuple(told[:LONGEST_LIST])
