"""Issues: lists as JSON and GeoJSON, one with its history, and the moves of people."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import Annotated, Literal

from fastapi import APIRouter, Depends, Header, Path, Query, Request, Response

from api.auth import Reader, Reviewer, check_move
from api.geojson import in_datum
from api.problems import Problem, responses
from api.routes import API, fields, shapes, told
from api.routes.move_shapes import Move
from api.routes.shapes import FeatureCollection, Issue, IssueWhole, Listing
from api.services import Services, Use
from detect.datum import Datum
from issues.catalogue import Catalogue
from issues.errors import VersionConflict
from issues.issue import Proposal, Status
from issues.moves import move
from issues.queries import BBox, IssueFilter, Sort, get_issue, list_issues
from issues.risk import load_risk
from issues.rows import IssueRow, Page
from issues.workload import due_soon, to_escalate

router = APIRouter(prefix=API, tags=["issues"])
GEOJSON = "application/geo+json"
Due = Literal["soon", "overdue", "escalate"]
"""escalate: overdue for so long that supervision (督办) is proposed."""

IssueId = Annotated[
    str,
    Path(
        description="The issue's number or id.",
        max_length=64,
        openapi_examples={"number": {"value": "TC-2026-000017"}},
    ),
]
Cursor = Annotated[str | None, Query(description="`next_cursor` of the page before.")]


def parse_bbox(text: str | None) -> BBox | None:
    """West, south, east, north from ``w,s,e,n``. Raises Problem."""
    if text is None:
        return None
    try:
        west, south, east, north = (float(part) for part in text.split(","))
    except ValueError:
        raise _bad_bbox(text) from None
    inside = -180 <= west <= 180 and -180 <= east <= 180 and -90 <= south <= north <= 90
    if not inside:
        raise _bad_bbox(text)
    return west, south, east, north


def _bad_bbox(text: str) -> Problem:
    return Problem(
        "invalid",
        f"bbox is west,south,east,north in WGS-84 degrees, got {text[:100]!r}",
        "Give four numbers, such as bbox=120.1,30.2,120.3,30.4.",
    )


async def issue_filter(
    services: Use,
    who: Reader,
    status: Annotated[list[Status] | None, Query(description="Any of these.")] = None,
    proposal: Annotated[Proposal | None, Query(description="`fixed`: seen clear.")] = None,
    category: Annotated[
        list[str] | None, Query(description="Codes, or prefixes such as `pest.rodent`.")
    ] = None,
    group: Annotated[list[str] | None, Query(description="litter, stall, clutter, pest…")] = None,
    area: Annotated[list[str] | None, Query(description="Ids of areas; empty: none.")] = None,
    unit: Annotated[list[str] | None, Query(description="Names of units.")] = None,
    bbox: Annotated[
        str | None,
        Query(description="west,south,east,north", examples=["120.1,30.2,120.3,30.4"]),
    ] = None,
    since: Annotated[datetime | None, Query(description="Last seen at or after.")] = None,
    until: Annotated[datetime | None, Query(description="Last seen before.")] = None,
    confirmed: Annotated[bool | None, Query(description="Ever confirmed by a person.")] = None,
    has_place: Annotated[bool | None, Query(description="Whether its place is known.")] = None,
    q: Annotated[str | None, Query(max_length=200, description="In number, area, unit.")] = None,
    supervised: Annotated[bool | None, Query(description="Under named supervision.")] = None,
    due: Annotated[Due | None, Query(description="How its deadline stands now.")] = None,
) -> IssueFilter:
    """The filter that a query string means."""
    for name, moment in (("since", since), ("until", until)):
        if moment is not None and moment.tzinfo is None:
            raise Problem(
                "invalid",
                f"{name} needs a time zone, got {moment.isoformat()}",
                "Write times as 2026-05-01T08:00:00+08:00 (with + as %2B) or with Z.",
            )
    which = IssueFilter(
        status=tuple(status or ()),
        proposal=proposal,
        category=tuple(category or ()),
        group=tuple(group or ()),
        area=tuple(area or ()),
        unit=tuple(unit or ()),
        bbox=parse_bbox(bbox),
        since=since,
        until=until,
        confirmed=confirmed,
        has_place=has_place,
        q=q,
        supervised=supervised,
        assigned_to=who.unit,
    )
    return which if due is None else with_due(which, due, services.catalogue, services.now())


def with_due(which: IssueFilter, due: Due, catalogue: Catalogue, now: datetime) -> IssueFilter:
    """The filter narrowed to issues whose deadline stands so at a moment."""
    if due == "overdue":
        return replace(which, overdue_at=now)
    return due_soon(catalogue, now, which) if due == "soon" else to_escalate(catalogue, now, which)


Which = Annotated[IssueFilter, Depends(issue_filter)]
SortBy = Annotated[
    Sort,
    Query(description="`recent`: last seen first; `risk`: the most pressing of the open first."),
]
Limit = Annotated[int, Query(ge=1, le=500, description="How many at most.")]


def _rows(
    services: Services,
    which: IssueFilter,
    sort: Sort,
    cursor: str | None,
    limit: int,
    total: bool = False,
) -> Page[IssueRow]:
    with services.store.reading() as session:
        return list_issues(
            session,
            services.catalogue,
            which,
            sort=sort,
            cursor=cursor,
            limit=limit,
            with_total=total,
            now=services.now(),
            risk=load_risk(services.settings.risk) if sort == "risk" else None,
        )


def _collection(
    page: Page[IssueRow], services: Services, asked: fields.Asked, datum: Datum = "wgs84"
) -> Response:
    names = fields.chosen(asked, Issue)
    collection = told.features(page, services.catalogue, services.now(), names)
    return told.answer(in_datum(collection, datum), GEOJSON)


@router.get(
    "/issues",
    response_model=Listing[Issue] | Listing[fields.IssuePart],  # type: ignore[valid-type]
    summary="List issues",
    responses={
        200: {"content": {GEOJSON: {"schema": {"type": "object"}}}},
        **responses("not_signed_in", "wrong_key", "missing_scope", "invalid", "bad_query"),
    },
)
def get_issues(
    request: Request,
    services: Use,
    _who: Reader,
    which: Which,
    sort: SortBy = "recent",
    cursor: Cursor = None,
    limit: Limit = 50,
    total: Annotated[bool, Query(description="Count all that match.")] = False,
    asked: fields.Asked = None,
) -> Response:
    """Issues, newest sighting first unless `sort` says otherwise.

    With `Accept: application/geo+json` the page comes as a GeoJSON FeatureCollection.
    """
    names = fields.chosen(asked, Issue)
    page = _rows(services, which, sort, cursor, limit, total)
    if GEOJSON in request.headers.get("accept", ""):
        return _collection(page, services, asked)
    return told.page(page, told.issues(page.items, services.catalogue, services.now()), names)


@router.get(
    "/issues.geojson",
    summary="Issues as GeoJSON",
    response_model=FeatureCollection,
    responses=responses("not_signed_in", "wrong_key", "missing_scope", "invalid", "bad_query"),
)
def get_issues_geojson(
    services: Use,
    _who: Reader,
    which: Which,
    sort: SortBy = "recent",
    cursor: Cursor = None,
    limit: Annotated[int, Query(ge=1, le=5000)] = 1000,
    datum: Annotated[
        Datum, Query(description="Of the points in the answer; `bbox` is WGS-84 always.")
    ] = "wgs84",
    asked: fields.Asked = None,
) -> Response:
    """The same issues as a GeoJSON FeatureCollection of points.

    In another datum than WGS-84 the collection says so in a member `datum`. `fields` says which
    properties a feature has.
    """
    fields.chosen(asked, Issue)
    return _collection(_rows(services, which, sort, cursor, limit), services, asked, datum)


@router.get(
    "/issues/{issue}",
    response_model=IssueWhole | fields.IssueWholePart,
    summary="One issue",
    responses={
        304: {"description": "Unchanged since the ETag that you sent."},
        **responses("not_signed_in", "wrong_key", "missing_scope", "not_found", "invalid"),
    },
)
def get_one_issue(
    issue: IssueId,
    services: Use,
    _who: Reader,
    response: Response,
    if_none_match: Annotated[str | None, Header()] = None,
    asked: fields.Asked = None,
) -> IssueWhole | Response:
    """One issue with its photos, its history, and the moves that are allowed now."""
    names = fields.chosen(asked, IssueWhole)
    with services.store.reading() as session:
        detail = get_issue(session, services.catalogue, issue, now=services.now())
    etag = etag_of(detail.row)
    if if_none_match == etag:
        return Response(status_code=304, headers={"ETag": etag})
    response.headers["ETag"] = etag
    whole = shapes.issue_whole(detail, services.catalogue, services.now())
    return whole if names is None else fields.cut(whole, names, etag)


def etag_of(row: IssueRow) -> str:
    """The ETag of an issue: its version."""
    return f'"{row.version}"'


def _version_of(if_match: str | None) -> int | None:
    if if_match is None or if_match.strip() == "*":
        return None
    text = if_match.strip().removeprefix("W/").strip('"')
    if not text.isdigit():
        raise Problem(
            "version_mismatch",
            f"If-Match is the ETag of an issue, got {if_match[:50]!r}",
            "Read the issue and send its ETag as it came.",
        )
    return int(text)


@router.post(
    "/issues/{issue}/moves",
    response_model=Issue,
    summary="Move an issue",
    responses=responses(
        "not_signed_in",
        "wrong_key",
        "missing_scope",
        "foreign_origin",
        "not_found",
        "move_not_allowed",
        "version_conflict",
        "version_mismatch",
        "invalid",
        "store_unavailable",
    ),
)
def post_move(
    issue: IssueId,
    body: Move,
    services: Use,
    who: Reviewer,
    response: Response,
    if_match: Annotated[str | None, Header(description="The ETag of the issue.")] = None,
    idempotency_key: Annotated[
        str | None, Header(max_length=200, description="Repeats with the same key do nothing.")
    ] = None,
) -> Issue:
    """Confirm, assign, report fixed, close, send for rework, extend, hold, supervise, undo…

    Which moves an issue allows now, and which fields each takes, is in `moves` of the issue. A
    move that lacks something, or can't be made from here, is a 409 `move_not_allowed` with the
    `cause`: `reason_missing`, `unknown_reason`, `unit_missing`, `same_unit`, `until_missing`,
    `bad_hold_date`, `extension_limit`, `deadline_not_later`, `deadline_passed`, `unknown_photo`,
    `supervisor_missing`, `target_missing`, `own_duplicate`, `nothing_to_undo`…

    Send the version that you looked at (`If-Match`, answered with 412 when it is outdated, or
    `expected_version`, answered with 409), so that two people don't decide against each other.
    """
    matched = _version_of(if_match)
    try:
        with services.store.transaction() as session:
            check_move(session, who, body.action, body.photo)
            row = move(
                session,
                issue,
                body.action,
                who.name,
                catalogue=services.catalogue,
                now=services.now(),
                expected_version=body.expected_version if matched is None else matched,
                idempotency_key=idempotency_key,
                **body.fields(),
            )
    except VersionConflict as error:
        code: Literal["version_mismatch", "version_conflict"] = (
            "version_conflict" if matched is None else "version_mismatch"
        )
        raise Problem(code, error.message, error.mend) from error
    services.verifier.wake()
    response.headers["ETag"] = etag_of(row)
    return shapes.issue(row, services.catalogue, services.now())
