"""Return visits: the list of stops as JSON, GPX and CSV, and marks of who was there."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

from fastapi import APIRouter, Depends, Header, Query, Response
from pydantic import BaseModel, ConfigDict, Field

from api.auth import Reader, Reviewer
from api.i18n import Lang
from api.problems import Problem, responses
from api.routes import API, shapes
from api.routes.issues import IssueId, Which
from api.routes.shapes import Issue, Shape
from api.services import Services, Use
from issues.catalogue import Catalogue
from issues.risk import load_risk
from issues.round_files import as_csv, as_gpx, map_link
from issues.rounds import MOST_STOPS, Finding, Round, RoundList, Stop, mark_visited, plan_round

router = APIRouter(prefix=API, tags=["rounds"])
_REFUSALS = responses("not_signed_in", "wrong_key", "missing_scope", "invalid", "bad_query")
Speech = Annotated[Lang, Query(description="Language of names and reasons.")]


class RiskReason(Shape):
    """One part of the risk, with the number that it stands on."""

    code: str = Field(examples=["overdue"])
    points: int
    value: float | None


class StopShape(Shape):
    """One place to go to. Ways are straight lines, not streets."""

    issue: Issue
    lat: float = Field(description="WGS-84.")
    lon: float = Field(description="WGS-84.")
    points: int
    reasons: list[RiskReason]
    last_look: datetime = Field(description="When any photo of the place was taken last.")
    marked_at: datetime | None = Field(description="When somebody marked it as looked at.")
    leg_m: float = Field(description="Straight from the stop before.")
    map_url: str = Field(description="In the datum that the settings name; geo: is WGS-84.")


class RoundShape(Shape):
    """The list of return visits."""

    stops: list[StopShape]
    due: int = Field(description="How many qualify; the list may hold fewer.")
    unplaced: int = Field(description="Of these, without a place to go to.")
    length_m: float = Field(description="Along straight lines between the stops.")
    made_at: datetime


class Mark(BaseModel):
    """What somebody says who was there and took no photo."""

    model_config = ConfigDict(extra="forbid")

    finding: Finding | None = None
    note: str | None = Field(default=None, max_length=2000)


class Marked(Shape):
    """The mark as it was noted."""

    number: str
    at: datetime


def _point(text: str | None) -> tuple[float, float] | None:
    if text is None:
        return None
    try:
        lat, lon = (float(part) for part in text.split(","))
    except ValueError:
        lat = lon = 999.0
    if not (-90 <= lat <= 90 and -180 <= lon <= 180):
        raise Problem(
            "invalid",
            f"start is latitude,longitude in WGS-84 degrees, got {text[:60]!r}",
            "Give two numbers, such as start=30.2741,120.1551.",
        )
    return lat, lon


def asked_round(
    which: Which,
    unseen_days: Annotated[
        float | None, Query(ge=0, le=3650, description="Only what no photo shows for so long.")
    ] = None,
    reported_unseen: Annotated[
        bool, Query(description="Only what was reported fixed and not looked at since.")
    ] = False,
    stops: Annotated[int, Query(ge=1, le=MOST_STOPS, description="How many at most.")] = 30,
    order: Annotated[
        Literal["risk", "walk"], Query(description="`walk`: a short way, in straight lines.")
    ] = "risk",
    start: Annotated[str | None, Query(description="lat,lon: where the way begins.")] = None,
) -> Round:
    """The round that a query string means."""
    return Round(which, unseen_days, reported_unseen, stops, order == "walk", _point(start))


Asked = Annotated[Round, Depends(asked_round)]


def plan(services: Services, asked: Round) -> RoundList:
    """The list of return visits as things stand now."""
    table = load_risk(services.settings.risk)
    with services.store.reading() as session:
        return plan_round(session, services.catalogue, table, asked, now=services.now())


def link_of(services: Services, stop: Stop) -> str:
    """The stop on the map that the settings name."""
    return map_link(stop, services.settings.map_link, services.settings.map_link_datum)


def _shape(services: Services, stop: Stop, catalogue: Catalogue) -> StopShape:
    return StopShape(
        issue=shapes.issue(stop.row, catalogue),
        lat=stop.lat,
        lon=stop.lon,
        points=stop.points,
        reasons=[RiskReason.model_validate(reason) for reason in stop.reasons],
        last_look=stop.last_look,
        marked_at=stop.marked_at,
        leg_m=round(stop.leg_m, 1),
        map_url=link_of(services, stop),
    )


@router.get("/rounds", response_model=RoundShape, summary="List return visits", responses=_REFUSALS)
def get_round(services: Use, _who: Reader, asked: Asked) -> RoundShape:
    """Confirmed open issues to look at again, by risk; docs/rounds.md has the table of points."""
    found = plan(services, asked)
    return RoundShape(
        stops=[_shape(services, stop, services.catalogue) for stop in found.stops],
        due=found.due,
        unplaced=found.unplaced,
        length_m=round(found.length_m, 1),
        made_at=found.made_at,
    )


@router.get(
    "/rounds.gpx",
    response_class=Response,
    summary="Return visits as GPX",
    responses={200: {"content": {"application/gpx+xml": {}}}, **_REFUSALS},
)
def get_round_gpx(services: Use, _who: Reader, asked: Asked, lang: Speech = "zh") -> Response:
    """The same stops as GPX 1.1 waypoints and a route; WGS-84."""
    text = as_gpx(plan(services, asked), services.catalogue, lang)
    return _download(text, "application/gpx+xml", "rounds.gpx")


@router.get(
    "/rounds.csv",
    response_class=Response,
    summary="Return visits as CSV",
    responses={200: {"content": {"text/csv": {}}}, **_REFUSALS},
)
def get_round_csv(services: Use, _who: Reader, asked: Asked, lang: Speech = "zh") -> Response:
    """The same stops as CSV with a byte-order mark, for a spreadsheet."""
    found = plan(services, asked)
    text = as_csv(found, services.catalogue, lang, lambda stop: link_of(services, stop))
    return _download("\ufeff" + text, "text/csv; charset=utf-8", "rounds.csv")


def _download(text: str, kind: str, name: str) -> Response:
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return Response(text.encode(), media_type=kind, headers=headers)


@router.post(
    "/issues/{issue}/visits",
    response_model=Marked,
    summary="Mark as looked at",
    responses=responses(
        *("not_signed_in", "wrong_key", "missing_scope", "foreign_origin", "not_found"),
        *("invalid", "bad_query", "store_unavailable"),
    ),
)
def post_visit(
    issue: IssueId,
    body: Mark,
    services: Use,
    who: Reviewer,
    idempotency_key: Annotated[
        str | None, Header(max_length=200, description="Repeats with the same key do nothing.")
    ] = None,
) -> Marked:
    """Notes that somebody was there. It proves nothing: only photos and decisions change issues."""
    with services.store.transaction() as session:
        at = mark_visited(
            session,
            issue,
            who.name,
            now=services.now(),
            finding=body.finding,
            note=body.note,
            idempotency_key=idempotency_key,
        )
    return Marked(number=issue, at=at)
