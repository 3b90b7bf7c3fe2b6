"""Sample points (样本点): places that an assessment looks at, and the sheets filled in there.

The system tells what is on record within the point's radius; a person gives the marks.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import Field, model_validator
from sqlalchemy import func, select

from issues.catalogue import Catalogue
from issues.errors import NotFound, QueryError
from issues.issue import OPEN
from issues.place import cells_near, distance_m, window
from issues.queries import IssueFilter, list_issues
from issues.scoring.table_file import Table, TableError, read_table
from issues.store import Session
from issues.store.assessment_schema import AssessmentRecord, SamplePointRecord
from issues.store.schema import CoverageRecord

Kind = Literal[
    "market", "back_lane", "old_estate", "toilet", "street", "fringe", "shops", "station", "site",
    "water", "school", "hospital",
]  # fmt: skip
NEAR_LIMIT = 500


class Item(Table):
    """One line of the checklist. Without ``categories`` it can only be judged on the spot."""

    code: Annotated[str, Field(pattern=r"^[a-z_]+$")]
    clause: Annotated[str, Field(min_length=1)]
    points: Annotated[float, Field(gt=0, le=1000)]
    zh: Annotated[str, Field(min_length=1)]
    en: Annotated[str, Field(min_length=1)]
    kinds: tuple[Kind, ...] = ()
    categories: tuple[str, ...] = ()


class Checklist(Table):
    """All lines; ``recent_days``: older looks don't count as seen."""

    recent_days: Annotated[int, Field(ge=1)]
    items: Annotated[tuple[Item, ...], Field(min_length=1)]

    @model_validator(mode="after")
    def _once(self) -> Checklist:
        codes = [item.code for item in self.items]
        if twice := sorted({code for code in codes if codes.count(code) > 1}):
            raise ValueError(f"listed twice: {', '.join(twice)}")
        return self

    def of(self, kind: str) -> tuple[Item, ...]:
        """The lines for one kind of point."""
        return tuple(item for item in self.items if not item.kinds or kind in item.kinds)


@lru_cache(maxsize=8)
def load_checklist(path: Path | None = None) -> Checklist:
    """The checklist in a file; None: the one that ships. Raises TableError by line."""
    return read_table(Checklist, path, "checklist.yaml")


class SamplePoint(Table):
    """A place to assess, WGS-84."""

    code: Annotated[str, Field(pattern=r"^[\w-]{1,64}$")]
    kind: Kind
    name_zh: Annotated[str, Field(max_length=200)] = ""
    name_en: Annotated[str, Field(max_length=200)] = ""
    lat: Annotated[float, Field(ge=-90, le=90)]
    lon: Annotated[float, Field(ge=-180, le=180)]
    radius_m: Annotated[float, Field(ge=5, le=2000)] = 100.0
    note: Annotated[str, Field(max_length=1000)] = ""

    @model_validator(mode="after")
    def _named(self) -> SamplePoint:
        if not (self.name_zh or self.name_en):
            raise ValueError("a sample point needs a name in one language")
        return self


@dataclass(frozen=True, slots=True)
class Known:
    """What is on record for one line: numbers of open issues there."""

    item: Item
    open: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class OnRecord:
    """What is on record around a point. ``photos``: usable ones within the recent days."""

    point: SamplePoint
    lines: tuple[Known, ...]
    last_look: datetime | None
    photos: int
    recent_days: int


@dataclass(frozen=True, slots=True)
class Assessment:
    """A sheet as it was filled in: item → mark (None: not rated) and note."""

    id: int
    point: str
    at: datetime
    actor: str
    marks: Mapping[str, Any]
    known: Mapping[str, Any]
    score: float
    out_of: float
    note: str


def put_sample_points(session: Session, points: Sequence[SamplePoint], now: datetime) -> int:
    """Puts these in force in place of all others; gives how many. What was assessed stays."""
    codes = [point.code for point in points]
    if twice := sorted({code for code in codes if codes.count(code) > 1}):
        raise TableError(
            f"sample points listed twice: {', '.join(twice)}", mend="Keep one of each."
        )
    before = {r.code: r for r in session.scalars(select(SamplePointRecord))}
    for record in before.values():
        record.in_force = False
    for point in points:
        values = point.model_dump() | {"in_force": True, "updated_at": now}
        record = before.get(point.code) or SamplePointRecord(**values)
        for name, value in values.items():
            setattr(record, name, value)
        session.add(record)
    session.flush()
    return len(points)


def list_sample_points(session: Session) -> tuple[SamplePoint, ...]:
    """The points in force, by code."""
    r = SamplePointRecord
    found = session.scalars(select(r).where(r.in_force).order_by(r.code))
    return tuple(map(_point, found))


def _point(r: SamplePointRecord) -> SamplePoint:
    return SamplePoint(
        code=r.code,
        kind=r.kind,  # type: ignore[arg-type]
        name_zh=r.name_zh,
        name_en=r.name_en,
        lat=r.lat,
        lon=r.lon,
        radius_m=r.radius_m,
        note=r.note,
    )


def _record(session: Session, code: str) -> SamplePointRecord:
    query = select(SamplePointRecord).where(SamplePointRecord.code == code)
    found = session.scalars(query).one_or_none()
    if found is None:
        raise NotFound(f'there is no sample point "{code}"', mend="Take its code from the list.")
    return found


def on_record(
    session: Session, catalogue: Catalogue, checklist: Checklist, code: str, now: datetime
) -> OnRecord:
    """What the store knows around a point, line by line. Raises NotFound."""
    point = _point(_record(session, code))
    lines = tuple(
        Known(item, tuple(_open_near(session, catalogue, item, point)))
        for item in checklist.of(point.kind)
    )
    last, photos = _looks(session, point, now - timedelta(days=checklist.recent_days), now)
    return OnRecord(point, lines, last, photos, checklist.recent_days)


def _open_near(
    session: Session, catalogue: Catalogue, item: Item, point: SamplePoint
) -> Iterable[str]:
    if not item.categories:
        return
    box = window(point.lat, point.lon, point.radius_m)
    which = IssueFilter(
        status=tuple(sorted(OPEN)),
        category=item.categories,
        bbox=(max(box.west, -180), max(box.south, -90), min(box.east, 180), min(box.north, 90)),
    )
    for row in list_issues(session, catalogue, which, sort="number", limit=NEAR_LIMIT).items:
        if row.lat is None or row.lon is None:
            continue
        if distance_m(point.lat, point.lon, row.lat, row.lon) <= point.radius_m:
            yield row.number


def _looks(
    session: Session, point: SamplePoint, since: datetime, until: datetime
) -> tuple[datetime | None, int]:
    """When a usable photo was last taken there, and how many since."""
    c = CoverageRecord
    box = window(point.lat, point.lon, point.radius_m)
    query = select(c.lat, c.lon, c.taken_at).where(
        c.cell.in_(cells_near(point.lat, point.lon, point.radius_m)),
        c.lat.between(box.south, box.north),
        c.usable,
        c.taken_at <= until,
    )
    times = [
        at
        for lat, lon, at in session.execute(query)
        if lat is not None
        and lon is not None
        and distance_m(point.lat, point.lon, lat, lon) <= point.radius_m
    ]
    return max(times, default=None), sum(at >= since for at in times)


def assess(
    session: Session,
    catalogue: Catalogue,
    checklist: Checklist,
    code: str,
    marks: Mapping[str, tuple[float | None, str]],
    *,
    actor: str,
    now: datetime,
    note: str = "",
) -> Assessment:
    """Keeps a sheet: item → mark and note; a mark of None, or none at all, is not rated.

    Raises NotFound, and QueryError for a mark that the checklist doesn't allow.
    """
    known = on_record(session, catalogue, checklist, code, now)
    full = {line.item.code: line.item.points for line in known.lines}
    for item, (mark, _) in marks.items():
        if item not in full:
            allowed = ", ".join(full)
            raise QueryError(f'"{item}" is no line of this sheet', mend=f"Known: {allowed}.")
        if mark is not None and not 0 <= mark <= full[item]:
            raise QueryError(
                f"{item} is marked 0 to {full[item]:g}, got {mark:g}", mend="Correct the mark."
            )
    rated = {item: mark for item, (mark, _) in marks.items() if mark is not None}
    record = AssessmentRecord(
        point_id=_record(session, code).id,
        at=now,
        actor=actor,
        marks={item: {"mark": mark, "note": said} for item, (mark, said) in marks.items()},
        known=_plain(known),
        score=sum(rated.values()),
        out_of=sum(full[item] for item in rated),
        note=note,
    )
    session.add(record)
    session.flush()
    return _assessment(record, code)


def _plain(known: OnRecord) -> dict[str, Any]:
    return {
        "open": {line.item.code: list(line.open) for line in known.lines},
        "last_look": known.last_look.isoformat() if known.last_look else None,
        "photos": known.photos,
    }


def _assessment(r: AssessmentRecord, code: str) -> Assessment:
    return Assessment(r.id, code, r.at, r.actor, r.marks, r.known, r.score, r.out_of, r.note)


def latest_assessment(session: Session, code: str) -> Assessment | None:
    """The last sheet of a point; None before the first. Raises NotFound."""
    r = AssessmentRecord
    point = _record(session, code)
    newest = select(func.max(r.id)).where(r.point_id == point.id).scalar_subquery()
    found = session.scalars(select(r).where(r.id == newest)).one_or_none()
    return None if found is None else _assessment(found, code)
