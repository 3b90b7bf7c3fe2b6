"""Findings in photos."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Query

from api.auth import Reader
from api.problems import responses
from api.routes import shapes
from api.routes.shapes import Listing, Observation
from api.services import Use
from issues.queries import list_observations

router = APIRouter(tags=["observations"])


@router.get(
    "/observations",
    response_model=Listing[Observation],
    summary="List observations",
    responses=responses(
        "not_signed_in", "wrong_key", "missing_scope", "not_found", "invalid", "bad_query"
    ),
)
def get_observations(
    services: Use,
    _who: Reader,
    issue: Annotated[str | None, Query(description="Number or id of an issue.")] = None,
    category: Annotated[list[str] | None, Query(description="Any of these codes.")] = None,
    photo: Annotated[int | None, Query(description="Id of a photo.")] = None,
    since: Annotated[datetime | None, Query(description="Taken at or after.")] = None,
    until: Annotated[datetime | None, Query(description="Taken before.")] = None,
    cursor: Annotated[str | None, Query(description="`next_cursor` of the page before.")] = None,
    limit: Annotated[int, Query(ge=1, le=500)] = 100,
) -> Listing[Observation]:
    """What was found in photos, newest recorded first."""
    with services.store.reading() as session:
        page = list_observations(
            session,
            issue=issue,
            category=tuple(category or ()),
            photo_id=photo,
            since=since,
            until=until,
            cursor=cursor,
            limit=limit,
        )
    return shapes.listing(page, [shapes.observation(row) for row in page.items])
