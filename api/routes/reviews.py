"""Reviews: who decided what on which issue."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import AwareDatetime, Field

from api.auth import Reader
from api.problems import responses
from api.routes import API
from api.routes.shapes import Listing, Shape
from api.services import Use
from issues.decided import ReviewFilter, list_reviews
from issues.issue import Action

router = APIRouter(prefix=API, tags=["issues"])


class Review(Shape):
    """One move that a person made."""

    id: int
    at: datetime
    actor: str = Field(examples=["reviewer Wang"])
    issue: str = Field(examples=["TC-2026-000017"])
    category: str = Field(examples=["litter.pile"])
    action: str = Field(examples=["confirm"])
    from_status: str | None
    to_status: str | None
    reason: str | None
    note: str | None


@router.get(
    "/reviews",
    response_model=Listing[Review],
    summary="Who reviewed what",
    responses=responses("not_signed_in", "wrong_key", "missing_scope", "invalid", "bad_query"),
)
def get_reviews(
    services: Use,
    _who: Reader,
    actor: Annotated[str | None, Query(max_length=200, description="Whose moves.")] = None,
    action: Annotated[list[Action] | None, Query(description="Any of these.")] = None,
    since: Annotated[AwareDatetime | None, Query(description="At or after.")] = None,
    until: Annotated[AwareDatetime | None, Query(description="Before.")] = None,
    cursor: Annotated[str | None, Query(description="`next_cursor` of the page before.")] = None,
    limit: Annotated[int, Query(ge=1, le=1000)] = 100,
) -> Listing[Review]:
    """Moves of people over all issues, newest first; `undo` is a move as well."""
    which = ReviewFilter(actor, tuple(action or ()), since, until)
    with services.store.reading() as session:
        page = list_reviews(session, which, cursor=cursor, limit=limit)
    return Listing(
        items=[Review.model_validate(row) for row in page.items], next_cursor=page.next_cursor
    )
