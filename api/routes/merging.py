"""Issues that may be the same: suggestions, merging, splitting, and taking either back."""

from __future__ import annotations

from typing import Annotated, Literal

from fastapi import APIRouter, Header
from pydantic import BaseModel, ConfigDict, Field

from api.auth import Reader, Reviewer
from api.problems import responses
from api.routes import API, shapes
from api.routes.issues import IssueId
from api.routes.shapes import Issue, Shape
from api.services import Services, Use
from issues.merging import Hand, merge, split, unmerge, unsplit
from issues.suggestions import suggestions

router = APIRouter(prefix=API, tags=["issues"])
_READ = responses("not_signed_in", "wrong_key", "missing_scope", "not_found")
_WRITE = {
    **_READ,
    **responses(
        "foreign_origin", "move_not_allowed", "version_conflict", "invalid", "store_unavailable"
    ),
}
Key = Annotated[
    str | None, Header(max_length=200, description="Repeats with the same key do nothing.")
]


class SuggestedIssue(Shape):
    """An issue nearby that may be the same problem."""

    issue: Issue
    away_m: float = Field(description="Metres between the two.", examples=[42.5])
    kinship: Literal["same", "part", "group"] = Field(
        description="The same category; one a part of the other; another of the same group."
    )


class Merge(BaseModel):
    """Which issues are the same problem as this one."""

    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"examples": [{"issues": ["TC-2026-000012"]}]}
    )

    issues: list[str] = Field(min_length=1, max_length=50, description="Numbers or ids.")
    note: str | None = Field(default=None, max_length=2000)
    versions: dict[str, int] = Field(
        default_factory=dict, description="The versions that you looked at, by number or id."
    )


class Split(BaseModel):
    """Which findings are another problem."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{"found": [7, 9]}]})

    found: list[int] = Field(min_length=1, max_length=10_000, description="Ids of findings.")
    note: str | None = Field(default=None, max_length=2000)
    expected_version: int | None = Field(default=None, description="The version you looked at.")


class TakeBack(BaseModel):
    """Taking back a merge or a split."""

    model_config = ConfigDict(extra="forbid")

    note: str | None = Field(default=None, max_length=2000)
    expected_version: int | None = Field(default=None, description="The version you looked at.")


class SplitIssues(Shape):
    """Both issues after a split."""

    issue: Issue
    new: Issue


@router.get(
    "/issues/{issue}/suggestions",
    response_model=list[SuggestedIssue],
    summary="What it may be the same as",
    responses=_READ,
)
def get_suggestions(issue: IssueId, services: Use, _who: Reader) -> list[SuggestedIssue]:
    """Issues nearby of the same or a related category, nearest first, at most five.

    Closed and rejected ones of the last weeks are among them. A person decides: nothing is merged.
    """
    with services.store.reading() as session:
        found = suggestions(session, services.catalogue, issue, services.now())
    return [
        SuggestedIssue(
            issue=shapes.issue(one.row, services.catalogue, services.now()),
            away_m=round(one.away_m, 1),
            kinship=one.kinship,
        )
        for one in found
    ]


@router.post(
    "/issues/{issue}/merge", response_model=Issue, summary="Merge issues", responses=_WRITE
)
def post_merge(
    issue: IssueId, body: Merge, services: Use, who: Reviewer, idempotency_key: Key = None
) -> Issue:
    """Makes the issues named duplicates of this one: their photos speak for it from then on."""
    hand = _hand(services, who.name, body.note, idempotency_key)
    with services.store.transaction() as session:
        row = merge(session, issue, body.issues, hand, body.versions)
    return shapes.issue(row, services.catalogue, services.now())


@router.post(
    "/issues/{issue}/unmerge",
    response_model=Issue,
    summary="Take back a merge",
    responses=_WRITE,
)
def post_unmerge(issue: IssueId, body: TakeBack, services: Use, who: Reviewer) -> Issue:
    """Takes this issue out of the one that it was merged into: both stand as they did before."""
    hand = _hand(services, who.name, body.note)
    with services.store.transaction() as session:
        row = unmerge(session, issue, hand, body.expected_version)
    return shapes.issue(row, services.catalogue, services.now())


@router.post(
    "/issues/{issue}/split", response_model=SplitIssues, summary="Split an issue", responses=_WRITE
)
def post_split(
    issue: IssueId, body: Split, services: Use, who: Reviewer, idempotency_key: Key = None
) -> SplitIssues:
    """Makes a new candidate of some findings of this issue; at least one has to stay."""
    hand = _hand(services, who.name, body.note, idempotency_key)
    with services.store.transaction() as session:
        old, new = split(session, issue, body.found, hand, body.expected_version)
    table, now = services.catalogue, services.now()
    return SplitIssues(issue=shapes.issue(old, table, now), new=shapes.issue(new, table, now))


@router.post(
    "/issues/{issue}/unsplit", response_model=Issue, summary="Take back a split", responses=_WRITE
)
def post_unsplit(issue: IssueId, body: TakeBack, services: Use, who: Reviewer) -> Issue:
    """Puts an issue that was split off back into the one that it came from, and gives that one."""
    hand = _hand(services, who.name, body.note)
    with services.store.transaction() as session:
        row = unsplit(session, issue, hand, body.expected_version)
    return shapes.issue(row, services.catalogue, services.now())


def _hand(services: Services, actor: str, note: str | None, key: str | None = None) -> Hand:
    return Hand(actor, services.now(), services.catalogue, note, key)
