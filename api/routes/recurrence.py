"""Coverage, hot spots, trends, what came back and what never stays away."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query
from fastapi.responses import JSONResponse
from pydantic import Field

from api.auth import Reader
from api.problems import Problem, responses
from api.routes import API, shapes
from api.routes.issues import GEOJSON, IssueId, Which
from api.routes.shapes import Area, Feature, FeatureCollection, Issue, Shape
from api.services import Services, Use
from issues.cells import cell_code, middle_of, outline
from issues.coverage import CoverageReport, cover
from issues.hot_spots import HotSpot, Step, hot_spots, trend
from issues.issue import Status
from issues.recurrence import CHRONIC_TIMES, list_chronic, past_of

router = APIRouter(prefix=API, tags=["recurrence"])
_REFUSALS = responses("not_signed_in", "wrong_key", "missing_scope", "invalid", "bad_query")
From = Annotated[datetime | None, Query(alias="from", description="From this moment on.")]
To = Annotated[datetime | None, Query(alias="to", description="Until before this moment.")]


class AreaCoverageShape(Shape):
    """How much of an area's ground was looked at. Not observed is never clean."""

    area: Area
    cells: int = Field(description="Cells of about 130 m whose middle lies in it.")
    cells_seen: int = Field(description="Of these, with a usable photo in the period.")
    share: float
    looks: int
    usable: int
    last_at: datetime | None = Field(description="Last usable photo of any time; null: never.")
    open_issues: int
    unseen_issues: int = Field(description="Confirmed open issues that no photo of it shows.")


class CoverageShape(Shape):
    """What was looked at in a period."""

    since: datetime
    until: datetime
    looks: int
    unplaced_looks: int
    areas: list[AreaCoverageShape]


class HotSpotShape(Shape):
    """One cell: issues that began in it in the period."""

    cell: str = Field(examples=["8a30cc86c727fff"])
    lat: float
    lon: float
    issues: int
    returned: int
    returned_share: float
    open: int
    by_category: dict[str, int]


class BucketShape(Shape):
    """One week or month."""

    start: datetime
    end: datetime
    found: int = Field(description="Issues first seen in it.")
    returned: int = Field(description="Those of them that came back since.")


class TrendShape(Shape):
    """Counts by week or month."""

    step: Step
    buckets: list[BucketShape]
    returns: int = Field(description="All returns noted in the whole time.")


class PastShape(Shape):
    """An issue at the same place, before or after."""

    number: str
    category: str
    status: Status
    how: str = Field(description="`closed` or `rejected`: how the earlier one ended.")
    away_m: float
    first_seen: datetime
    last_seen: datetime


class PastsShape(Shape):
    """What an issue came back from, and as what it came back."""

    earlier: list[PastShape]
    later: list[PastShape]


class ChronicShape(Shape):
    """A problem that was there again and again."""

    issue: Issue
    times: int
    earlier: list[PastShape]


def period(
    services: Services, since: datetime | None, until: datetime | None, days: int
) -> tuple[datetime, datetime]:
    """From and until, in the office's zone; the last ``days`` days where not given."""
    for moment in (since, until):
        if moment is not None and moment.tzinfo is None:
            raise Problem(
                "invalid",
                f"a period needs times with a zone, got {moment.isoformat()}",
                "Write times as 2026-05-01T08:00:00+08:00 (with + as %2B) or with Z.",
            )
    zone = services.catalogue.calendar.zone
    end = (until or services.now()).astimezone(zone)
    return (since or end - timedelta(days=days)).astimezone(zone), end


def _cover(services: Services, since: datetime | None, until: datetime | None) -> CoverageReport:
    start, end = period(services, since, until, 30)
    with services.store.reading() as session:
        return cover(session, start, end)


@router.get(
    "/coverage", response_model=CoverageShape, summary="What was looked at", responses=_REFUSALS
)
def get_coverage(
    services: Use, _who: Reader, since: From = None, until: To = None
) -> CoverageShape:
    """Per area: how much of its ground photos show in a period (the last 30 days)."""
    return CoverageShape.model_validate(_cover(services, since, until))


@router.get(
    "/coverage.geojson",
    response_model=FeatureCollection,
    summary="Coverage as GeoJSON",
    responses=_REFUSALS,
)
def get_coverage_geojson(
    services: Use, _who: Reader, since: From = None, until: To = None
) -> JSONResponse:
    """All cells of all areas with their state; those that nobody looked at are told as such."""
    found = _cover(services, since, until)
    features = [
        _polygon(
            one.cell,
            {
                "state": one.state,
                "looks": one.looks,
                "usable": one.usable,
                "issues": one.issues,
                "last_at": one.last_at.isoformat() if one.last_at else None,
            },
        )
        for one in found.cells
    ]
    return _collection(features)


def _polygon(cell: int, properties: dict[str, Any]) -> Feature:
    geometry = {"type": "Polygon", "coordinates": [outline(cell)]}
    return Feature(id=cell_code(cell), geometry=geometry, properties=properties)


def _collection(features: list[Feature]) -> JSONResponse:
    body = FeatureCollection(features=features, next_cursor=None)
    return JSONResponse(body.model_dump(mode="json"), media_type=GEOJSON)


def _spots(
    services: Services,
    which: Which,
    since: datetime | None,
    until: datetime | None,
    resolution: int,
    limit: int,
) -> tuple[HotSpot, ...]:
    start, end = period(services, since, until, 90)
    with services.store.reading() as session:
        return hot_spots(session, which, since=start, until=end, resolution=resolution, limit=limit)


Resolution = Annotated[int, Query(description="H3: 10 is 130 m across, 9 350 m, 8 900 m.")]


@router.get(
    "/recurrence/hot-spots",
    response_model=list[HotSpotShape],
    summary="Hot spots",
    responses=_REFUSALS,
)
def get_hot_spots(
    services: Use,
    _who: Reader,
    which: Which,
    since: From = None,
    until: To = None,
    resolution: Resolution = 10,
    limit: Annotated[int, Query(ge=1, le=2000)] = 100,
) -> list[HotSpotShape]:
    """The cells where most issues began in a period (the last 90 days), most first."""
    return [_spot(one) for one in _spots(services, which, since, until, resolution, limit)]


def _spot(one: HotSpot) -> HotSpotShape:
    lat, lon = middle_of(one.cell)
    return HotSpotShape(
        cell=cell_code(one.cell),
        lat=lat,
        lon=lon,
        issues=one.issues,
        returned=one.returned,
        returned_share=round(one.returned_share, 3),
        open=one.open,
        by_category=dict(one.by_category),
    )


@router.get(
    "/recurrence/hot-spots.geojson",
    response_model=FeatureCollection,
    summary="Hot spots as GeoJSON",
    responses=_REFUSALS,
)
def get_hot_spots_geojson(
    services: Use,
    _who: Reader,
    which: Which,
    since: From = None,
    until: To = None,
    resolution: Resolution = 10,
    limit: Annotated[int, Query(ge=1, le=5000)] = 1000,
) -> JSONResponse:
    """The same cells as polygons."""
    spots = _spots(services, which, since, until, resolution, limit)
    keys = {"cell", "lat", "lon"}
    return _collection([_polygon(one.cell, _spot(one).model_dump(exclude=keys)) for one in spots])


@router.get(
    "/recurrence/trend", response_model=TrendShape, summary="Counts by time", responses=_REFUSALS
)
def get_trend(
    services: Use,
    _who: Reader,
    which: Which,
    since: From = None,
    until: To = None,
    step: Annotated[Literal["week", "month"], Query(description="Of one bucket.")] = "month",
) -> TrendShape:
    """Issues by the week or month in which they were first seen, and how many came back."""
    start, end = period(services, since, until, 365)
    with services.store.reading() as session:
        return TrendShape.model_validate(trend(session, which, start, end, step))


@router.get(
    "/recurrence/chronic",
    response_model=list[ChronicShape],
    summary="Chronic problems",
    responses=_REFUSALS,
)
def get_chronic(
    services: Use,
    _who: Reader,
    which: Which,
    times: Annotated[int, Query(ge=2, le=100, description="So often or more.")] = CHRONIC_TIMES,
    limit: Annotated[int, Query(ge=1, le=500)] = 50,
) -> list[ChronicShape]:
    """Problems that were there three times or more, most often first."""
    with services.store.reading() as session:
        found = list_chronic(session, services.catalogue, which, times=times, limit=limit)
    return [
        ChronicShape(
            issue=shapes.issue(one.row, services.catalogue),
            times=one.times,
            earlier=[PastShape.model_validate(line) for line in one.earlier],
        )
        for one in found
    ]


@router.get(
    "/issues/{issue}/past",
    response_model=PastsShape,
    summary="What an issue came back from",
    responses=responses("not_signed_in", "wrong_key", "missing_scope", "not_found"),
)
def get_past(issue: IssueId, services: Use, _who: Reader) -> PastsShape:
    """Earlier issues of its category at its place, and later ones."""
    with services.store.reading() as session:
        return PastsShape.model_validate(past_of(session, issue))
