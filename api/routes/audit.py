"""The audit log, for admins: who changed what, and who saw an unblurred picture."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Query
from pydantic import AwareDatetime, Field

from api.auth import Admin
from api.problems import responses
from api.routes import API
from api.routes.shapes import Listing, Shape
from api.services import Use
from issues.audit import AuditFilter, list_audit

router = APIRouter(prefix=API, tags=["audit"])


class Deed(Shape):
    """One change, or one look at an unblurred picture."""

    id: int
    at: datetime
    actor: str = Field(examples=["reviewer Wang"])
    key_id: int
    role: str = Field(examples=["reviewer"])
    action: str = Field(
        description="Method and route, or `console` and the page, or `original` and its use.",
        examples=["POST /issues/{issue}/moves"],
    )
    subject: str = Field(description="What it was done to.", examples=["TC-2026-000017"])
    address: str = Field(description="From where.", examples=["10.2.0.14"])
    request_id: str
    detail: dict[str, Any] = Field(description="`events`: what became of which issue.")


@router.get(
    "/audit",
    response_model=Listing[Deed],
    summary="The audit log",
    responses=responses("not_signed_in", "wrong_key", "missing_scope", "invalid", "bad_query"),
)
def get_audit(
    services: Use,
    _who: Admin,
    actor: Annotated[str | None, Query(max_length=200, description="Whose deeds.")] = None,
    action: Annotated[
        str | None, Query(max_length=200, description="How the action begins.")
    ] = None,
    subject: Annotated[str | None, Query(max_length=200, description="Done to what.")] = None,
    address: Annotated[str | None, Query(max_length=100, description="From where.")] = None,
    since: Annotated[AwareDatetime | None, Query(description="At or after.")] = None,
    until: Annotated[AwareDatetime | None, Query(description="Before.")] = None,
    cursor: Annotated[str | None, Query(description="`next_cursor` of the page before.")] = None,
    limit: Annotated[int, Query(ge=1, le=1000)] = 100,
) -> Listing[Deed]:
    """Lines of the log, newest first. They are only ever added, and kept as the settings say."""
    which = AuditFilter(actor, action, subject, address, since, until)
    with services.store.reading() as session:
        page = list_audit(session, which, cursor=cursor, limit=limit)
    return Listing(
        items=[Deed.model_validate(line) for line in page.items], next_cursor=page.next_cursor
    )
