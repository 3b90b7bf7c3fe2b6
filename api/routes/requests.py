"""Service requests for the office: the list, and a person's decision on those without an issue."""

from __future__ import annotations

from dataclasses import fields
from datetime import datetime
from typing import Annotated, Any, get_type_hints

from fastapi import APIRouter, Path, Query
from pydantic import BaseModel, ConfigDict, Field, create_model

from api.auth import Reviewer
from api.open311.reporting import settle_requests
from api.problems import Problem, responses
from api.routes import API
from api.routes.shapes import Listing, Shape
from api.services import Use
from issues.issue import Status
from issues.service_requests import (
    RequestRow,
    RequestState,
    get_request,
    link_request,
    list_requests,
    list_updates,
    reject_request,
)

router = APIRouter(prefix=f"{API}/requests", tags=["requests"])
_REFUSALS = ("not_signed_in", "wrong_key", "missing_scope")
RequestId = Annotated[str, Path(description="The request's id.", max_length=64)]


class RequestIssue(Shape):
    """An issue that a request is about."""

    number: str = Field(examples=["TC-2026-000017"])
    status: Status


class RequestUpdate(Shape):
    """Something that was said of a request later."""

    status: str = Field(examples=["OPEN"])
    description: str
    at: datetime


def _members(row: type[RequestRow], *, but: str) -> type[Shape]:
    """The fields of a row as members of JSON: they are said once, where the row is."""
    hints = get_type_hints(row)
    told: dict[str, Any] = {f.name: (hints[f.name], ...) for f in fields(row) if f.name != but}
    return create_model("Members", __base__=Shape, **told)


class ServiceRequest(_members(RequestRow, but="issues")):  # type: ignore[misc]
    """A report of a citizen or another system; `contact` is personal data."""

    service_code: str = Field(examples=["litter.pile"])
    open: bool = Field(description="Whether something is still to be done about it.")
    issues: list[RequestIssue]


class ServiceRequestWhole(ServiceRequest):
    """A request with what was said of it later."""

    updates: list[RequestUpdate]


class RequestReview(BaseModel):
    """A decision: the issues that it is about, or why nothing is to be done."""

    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"examples": [{"issues": ["TC-2026-000017"]}]}
    )

    issues: list[str] = Field(default=[], max_length=20)
    reject: str | None = Field(default=None, min_length=1, max_length=500)


@router.get(
    "",
    response_model=Listing[ServiceRequest],
    summary="List requests",
    responses=responses(*_REFUSALS, "invalid"),
)
def get_requests(
    services: Use,
    _who: Reviewer,
    state: Annotated[list[RequestState] | None, Query(description="Any of these.")] = None,
    cursor: Annotated[str | None, Query(description="`next_cursor` of the page before.")] = None,
    limit: Annotated[int, Query(ge=1, le=500)] = 100,
) -> Listing[ServiceRequest]:
    """Reports that came by Open311, newest first; `to_review` wait for a person."""
    settle_requests(services.store, services.jobs.spool, services.now)
    with services.store.reading() as session:
        page = list_requests(session, states=state or (), cursor=cursor, limit=limit)
    return Listing(items=[shape(row) for row in page.items], next_cursor=page.next_cursor)


@router.get(
    "/{request}",
    response_model=ServiceRequestWhole,
    summary="One request",
    responses=responses(*_REFUSALS, "not_found"),
)
def get_one_request(request: RequestId, services: Use, _who: Reviewer) -> ServiceRequestWhole:
    """A report with what was said of it later."""
    settle_requests(services.store, services.jobs.spool, services.now)
    with services.store.reading() as session:
        row = get_request(session, request)
        updates = list_updates(session, request=request)
    said = [RequestUpdate.model_validate(one) for one in updates]
    return ServiceRequestWhole(**shape(row).model_dump(), updates=said)


@router.post(
    "/{request}/review",
    response_model=ServiceRequest,
    summary="Decide on a request",
    responses=responses(*_REFUSALS, "foreign_origin", "not_found", "invalid", "move_not_allowed"),
)
def post_review(
    request: RequestId, review: RequestReview, services: Use, _who: Reviewer
) -> ServiceRequest:
    """Says which issues a report is about, or that there is nothing to do, and why."""
    if bool(review.issues) == bool(review.reject):
        raise Problem(
            "invalid", "a review names issues, or says why it rejects", "Give one of the two."
        )
    with services.store.transaction() as session:
        if review.reject:
            return shape(reject_request(session, request, review.reject, services.now()))
        return shape(link_request(session, request, review.issues, services.now()))


def shape(row: RequestRow) -> ServiceRequest:
    """A request as JSON."""
    own = {name: getattr(row, name) for name in ServiceRequest.model_fields if name != "issues"}
    issues = [RequestIssue(number=number, status=status) for number, status, _ in row.issues]
    return ServiceRequest(**own, issues=issues)
