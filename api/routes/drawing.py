"""Boxes that people draw: a problem that the model missed, and a better box for what it found."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter
from fastapi import Path as PathParameter
from pydantic import BaseModel, ConfigDict, Field

from api.auth import Reviewer
from api.problems import responses
from api.routes import API, shapes
from api.routes.shapes import SHA, Issue, Observation, Shape
from api.services import Services, Use
from issues.drawing import Drawn, adjust, draw, take_back
from issues.merging import Hand

router = APIRouter(prefix=API, tags=["observations"])
_ERRORS = responses(
    *("not_signed_in", "wrong_key", "missing_scope", "not_found", "foreign_origin"),
    *("move_not_allowed", "invalid", "store_unavailable"),
)
_VERSIONED = {**_ERRORS, **responses("move_not_allowed", "version_conflict")}
Side = Annotated[float, Field(ge=0, le=1)]
Box = Annotated[
    tuple[Side, Side, Side, Side],
    Field(
        description="Left, top, right, bottom: 0 to 1 of the upright picture.",
        examples=[[0.31, 0.4, 0.58, 0.77]],
    ),
]
FindingId = Annotated[int, PathParameter(ge=1, le=2**63 - 1, description="Id of a finding.")]
Note = Annotated[str | None, Field(max_length=2000)]
Version = Annotated[int | None, Field(description="The version of the issue you looked at.")]


class NewBox(BaseModel):
    """A problem that a person saw in a photo."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [{"photo": SHA, "category": "litter.pile", "box": [0.31, 0.4, 0.58, 0.77]}]
        },
    )

    photo: str = Field(pattern="^[0-9a-f]{64}$", description="The photo's sha256.")
    category: str = Field(max_length=200, description="A code of the catalogue.")
    box: Box
    note: Note = None


class BetterBox(BaseModel):
    """Where the finding really is."""

    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"examples": [{"box": [0.31, 0.4, 0.58, 0.77]}]}
    )

    box: Box
    note: Note = None
    expected_version: Version = None


class TakeBoxBack(BaseModel):
    """Taking back what a person drew."""

    model_config = ConfigDict(extra="forbid")

    note: Note = None
    expected_version: Version = None


class DrawnBox(Shape):
    """The box as it stands, its issue, and whether that is a new candidate."""

    observation: Observation
    issue: Issue
    new: bool


@router.post(
    "/observations",
    response_model=DrawnBox,
    status_code=201,
    summary="Draw what the model missed",
    responses=_ERRORS,
)
def post_observation(body: NewBox, services: Use, who: Reviewer) -> DrawnBox:
    """Records a problem that a person saw. `model_id` of the finding is `person`.

    It joins the issue of its category within reach, as a model's finding would, or becomes a new
    candidate. Confirmed, it is among the labels that `tidycity datasets from-reviews` makes.
    """
    with services.store.transaction() as session:
        drawn = draw(session, body.photo, body.category, body.box, _hand(services, who.name, body))
    return _told(services, drawn)


@router.put(
    "/observations/{observation}/box",
    response_model=DrawnBox,
    summary="Put a finding's box right",
    responses=_VERSIONED,
)
def put_box(observation: FindingId, body: BetterBox, services: Use, who: Reviewer) -> DrawnBox:
    """Makes a finding with the better box in place of this one, which is kept under no issue."""
    hand = _hand(services, who.name, body)
    with services.store.transaction() as session:
        drawn = adjust(session, observation, body.box, hand, body.expected_version)
    return _told(services, drawn)


@router.post(
    "/observations/{observation}/take-back",
    response_model=Issue,
    summary="Take back a box that a person drew",
    responses=_VERSIONED,
)
def post_take_back(
    observation: FindingId, body: TakeBoxBack, services: Use, who: Reviewer
) -> Issue:
    """The box that it replaced stands again; a candidate that rested on it alone is rejected."""
    hand = _hand(services, who.name, body)
    with services.store.transaction() as session:
        row = take_back(session, observation, hand, body.expected_version)
    return shapes.issue(row, services.catalogue, services.now())


def _hand(services: Services, actor: str, body: NewBox | BetterBox | TakeBoxBack) -> Hand:
    return Hand(actor, services.now(), services.catalogue, body.note)


def _told(services: Services, drawn: Drawn) -> DrawnBox:
    return DrawnBox(
        observation=shapes.observation(drawn.observation),
        issue=shapes.issue(drawn.issue, services.catalogue, services.now()),
        new=drawn.new,
    )
