"""What the API's JSON looks like: the bodies that routes take and give."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from operator import attrgetter
from typing import Any, Generic, Literal, TypeVar

from pydantic import BaseModel, ConfigDict, Field

from api.services import utc_now
from issues.catalogue import Catalogue
from issues.deadlines import due_soon_until, overdue_by_h
from issues.issue import Action, Proposal, RejectReason, Severity, Status, Verdict
from issues.labels import label
from issues.lifecycle import NEEDS, REASONS
from issues.rows import (
    AreaRow,
    EventRow,
    FrameRef,
    IssueDetail,
    IssueRow,
    ObservationRow,
    Page,
    PhotoRow,
)

Item = TypeVar("Item")
SHA = "9f2c1d5e8b7a4f60c3d2e1f00a9b8c7d6e5f4a3b2c1d0e9f8a7b6c5d4e3f2a1b"


class Shape(BaseModel):
    """The base of all answers."""

    model_config = ConfigDict(from_attributes=True)


class Listing(Shape, Generic[Item]):
    """One page. Ask for the next with `cursor=` the `next_cursor`; null on the last page."""

    items: list[Item]
    next_cursor: str | None = None
    total: int | None = Field(default=None, description="Only with `total=true`.")


class Named(Shape):
    """A code with its names."""

    code: str = Field(examples=["litter.pile"])
    zh: str = Field(examples=["暴露垃圾"])
    en: str = Field(examples=["exposed garbage pile"])


class Point(Shape):
    """A place in WGS-84 degrees, and how well it is known."""

    lat: float = Field(examples=[30.2741])
    lon: float = Field(examples=[120.1551])
    accuracy_m: float | None = Field(default=None, examples=[8.0])


class Area(Shape):
    """A responsibility area: who answers for it."""

    id: str = Field(examples=["grid-0102"])
    level: str = Field(examples=["grid"])
    name_zh: str
    name_en: str
    unit_zh: str
    unit_en: str
    leader: str
    phone: str


class Unit(Shape):
    """Who has to put it right, in both languages."""

    zh: str = Field(examples=["西湖街道环卫所"])
    en: str = Field(examples=["West Lake cleansing station"])


class Picture(Shape):
    """A photo that speaks for or against an issue. `box` is x1, y1, x2, y2 in 0..1."""

    sha256: str = Field(examples=[SHA])
    source: str = Field(examples=["patrol/IMG_2041.jpg"])
    taken_at: datetime
    box: tuple[float, float, float, float] | None = Field(examples=[[0.31, 0.52, 0.48, 0.71]])
    score: float | None = Field(examples=[0.87])
    url: str | None = Field(description="Where the picture is; null: it wasn't kept.")


class Issue(Shape):
    """One problem at one place."""

    id: str
    number: str = Field(examples=["TC-2026-000017"])
    version: int = Field(description="Goes up with each change; also the ETag.")
    status: Status
    proposal: Proposal | None = Field(description="`fixed`: the place was seen clear.")
    category: Named
    group: Named
    severity: Severity
    place: Point | None
    area: Area | None
    first_seen: datetime
    last_seen: datetime
    cleared_at: datetime | None
    observations: int
    photos: int
    recurrences: int = Field(description="How often it came back.")
    best_score: float
    confirmed_at: datetime | None
    closed_at: datetime | None
    deadline: datetime | None
    overdue: bool = Field(description="The deadline has passed while the clock ran.")
    overdue_by_h: float = Field(description="Working hours since the deadline; 0: not overdue.")
    due_soon: bool = Field(description="Due within the catalogue's `course.due_soon_h`.")
    unit: Unit | None = Field(description="Whom it was assigned to, else the area's unit.")
    assigned_at: datetime | None = Field(description="When the clock began.")
    reported_at: datetime | None = Field(description="When its unit reported it fixed.")
    reworks: int = Field(description="How often a reported fix wasn't taken.")
    paper_fixes: int = Field(description="Reported fixes that were never made.")
    extensions: int = Field(description="How often this assignment was extended.")
    supervised: bool
    supervised_at: datetime | None
    supervisor: str | None
    on_hold_until: datetime | None
    verdict: Verdict | None = Field(description="What verification of the fix said.")
    reject_reason: RejectReason | None
    duplicate_of: str | None
    experimental: bool = Field(description="Found only by classes marked experimental.")
    suspected: bool = Field(description="One photo can't decide this category.")
    best: Picture | None = Field(description="The photo that shows it best.")
    after: Picture | None = Field(description="The clear look that proposes it as fixed.")
    created_at: datetime
    updated_at: datetime


class Observation(Shape):
    """One finding in one photo."""

    id: int
    issue_number: str | None
    photo_id: int
    category: str
    box: tuple[float, float, float, float]
    score: float
    experimental: bool
    model_id: str
    model_version: str
    sha256: str = Field(examples=[SHA])
    source: str
    taken_at: datetime
    lat: float | None
    lon: float | None


class Event(Shape):
    """One line of an issue's history."""

    id: int
    at: datetime
    kind: str
    actor: str
    from_status: Status | None
    to_status: Status | None
    reason: str | None
    note: str | None
    evidence_sha256: str | None
    photo_at: datetime | None = Field(
        default=None, description="When the photo was taken that it rests on."
    )
    data: dict[str, Any] = Field(
        default_factory=dict, description="What the move carried: unit, deadline, until…"
    )


class Choice(Shape):
    """A reason of a fixed list."""

    code: str = Field(examples=["not_ours"])
    zh: str = Field(examples=["不属本单位职责"])
    en: str = Field(examples=["not this unit's job"])


class PossibleMove(Shape):
    """A move that is allowed now, with the fields of its body."""

    action: Action
    zh: str = Field(examples=["退回"])
    en: str = Field(examples=["send back"])
    needed: list[str] = Field(examples=[["reason"]])
    optional: list[str] = Field(examples=[["note"]])
    reasons: list[Choice] = Field(description="What `reason` may be.")


class IssueWhole(Issue):
    """One issue with its photos, its history, and what may be done with it now."""

    found: list[Observation] = Field(description="Findings, newest first.")
    events: list[Event] = Field(description="History, oldest first.")
    looks: list[Picture] = Field(description="All usable photos of the place, oldest first.")
    duplicates: list[str] = Field(description="Issues marked as duplicates of this.")
    actions: list[Action] = Field(description="Moves that are allowed now.")
    moves: list[PossibleMove] = Field(description="The same moves with the fields they take.")


class Photo(Shape):
    """One photo as it was analysed; unreadable ones too."""

    id: int
    source: str
    status: Literal["ok", "unusable", "unreadable"]
    reason_code: str | None
    message: str | None
    sha256: str | None
    size_bytes: int
    format: str | None
    width_px: int | None
    height_px: int | None
    taken_at: datetime | None
    time_origin: str | None
    lat: float | None
    lon: float | None
    accuracy_m: float | None
    location_origin: str | None
    heading_deg: float | None
    notes: list[str] = Field(examples=[["no_gps"]])
    model_id: str
    model_version: str
    observations: int
    issue_numbers: list[str]
    recorded_at: datetime


class Feature(BaseModel):
    """A GeoJSON feature; `geometry` is null for an issue without a place."""

    type: Literal["Feature"] = "Feature"
    id: str | None = None
    geometry: dict[str, Any] | None
    properties: dict[str, Any]


class FeatureCollection(BaseModel):
    """GeoJSON (RFC 7946), WGS-84."""

    type: Literal["FeatureCollection"] = "FeatureCollection"
    features: list[Feature]
    next_cursor: str | None = None


def picture(frame: FrameRef | None) -> Picture | None:
    """A photo's reference with the address of its picture."""
    return None if frame is None else Picture.model_construct(**_shown(frame))


def named(catalogue: Catalogue, code: str) -> Named:
    """A category or group with its names."""
    return Named(**_named(catalogue, code))


_NOTHING: dict[str, Any] = dict.fromkeys(Issue.model_fields)
_OWN = tuple(name for name in _NOTHING if hasattr(IssueRow, name))
"""What an issue's JSON takes from its row as it is."""
_AREA = tuple(Area.model_fields)
_own, _of_area = attrgetter(*_OWN), attrgetter(*_AREA)


def issue_told(
    row: IssueRow, catalogue: Catalogue, now: datetime, soon: datetime
) -> dict[str, Any]:
    """The members of ``Issue`` at a moment; ``soon``: what is due before it is due soon."""
    told = _NOTHING | dict(zip(_OWN, _own(row), strict=True))
    told["category"] = _named(catalogue, row.category)
    told["group"] = _named(catalogue, row.group)
    if row.lat is not None and row.lon is not None:
        told["place"] = {"lat": row.lat, "lon": row.lon, "accuracy_m": row.accuracy_m}
    told["area"] = dict(zip(_AREA, _of_area(row.area), strict=True)) if row.area else None
    zh, en = row.unit("zh"), row.unit("en")
    told["unit"] = {"zh": zh or en, "en": en or zh} if zh or en else None
    late = told["overdue"] = row.overdue(now)
    told["overdue_by_h"] = round(overdue_by_h(catalogue, row.deadline, now), 2) if late else 0.0
    told["due_soon"] = row.due_soon(now, soon)
    told["best"] = row.best and _shown(row.best)
    told["after"] = row.after and _shown(row.after)
    return told


def _named(catalogue: Catalogue, code: str) -> dict[str, str]:
    return {"code": code, "zh": catalogue.label(code, "zh"), "en": catalogue.label(code, "en")}


def _shown(frame: FrameRef) -> dict[str, Any]:
    return {
        "sha256": frame.sha256,
        "source": frame.source,
        "taken_at": frame.taken_at,
        "box": frame.box,
        "score": frame.score,
        "url": f"/api/v1/evidence/{frame.sha256}.jpg" if frame.stored else None,
    }


def area(row: AreaRow) -> Area:
    """An area as JSON."""
    return Area.model_validate(row)


def issue(row: IssueRow, catalogue: Catalogue, now: datetime | None = None) -> Issue:
    """An issue as lists show it at a moment: at this one, where none is given."""
    at = now or utc_now()
    return Issue(**issue_told(row, catalogue, at, due_soon_until(catalogue, at)))


def issue_whole(detail: IssueDetail, catalogue: Catalogue, now: datetime) -> IssueWhole:
    """An issue with everything."""
    taken = {look.sha256: look.taken_at for look in detail.looks}
    return IssueWhole(
        **issue_told(detail.row, catalogue, now, due_soon_until(catalogue, now)),
        found=[observation(row) for row in detail.observations],
        events=[event(row, taken) for row in detail.events],
        looks=[look for look in map(picture, detail.looks) if look],
        duplicates=list(detail.duplicates),
        actions=list(detail.actions),
        moves=[possible(action) for action in detail.actions],
    )


def possible(action: Action) -> PossibleMove:
    """A move with its words and the fields that it takes."""
    needs, kind = NEEDS[action], f"{action}_reason"
    return PossibleMove(
        action=action,
        zh=label("action", action, "zh"),
        en=label("action", action, "en"),
        needed=list(needs.needed),
        optional=list(needs.optional),
        reasons=[
            Choice(code=code, zh=label(kind, code, "zh"), en=label(kind, code, "en"))
            for code in REASONS.get(action, ())
        ],
    )


def observation(row: ObservationRow) -> Observation:
    """A finding as JSON."""
    return Observation.model_validate(row)


def event(row: EventRow, taken: Mapping[str, datetime]) -> Event:
    """A line of history as JSON. ``taken``: when photos were taken, by sha256."""
    told = Event.model_validate(row)
    told.photo_at = taken.get(row.evidence_sha256 or "")
    return told


def photo(row: PhotoRow) -> Photo:
    """A photo as JSON."""
    return Photo.model_validate(row)


def feature(row: IssueRow, catalogue: Catalogue, now: datetime) -> Feature:
    """An issue as a GeoJSON point."""
    told = issue(row, catalogue, now).model_dump(mode="json", exclude={"place"})
    return Feature(id=row.number, geometry=point(row.lat, row.lon), properties=told)


def point(lat: float | None, lon: float | None) -> dict[str, Any] | None:
    """A GeoJSON point; None for what has no place."""
    return None if lat is None else {"type": "Point", "coordinates": [lon, lat]}


def listing(page: Page[Any], items: list[Item]) -> Listing[Item]:
    """A page of rows, already turned into JSON, with its cursor."""
    return Listing(items=items, next_cursor=page.next_cursor, total=page.total)
