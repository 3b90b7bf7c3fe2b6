"""Findings in photos: those that there are, and new ones from a detector elsewhere."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Header, Path, Query, Response
from pydantic import Field

from api.auth import Reader, Uploader
from api.outside import MOST_FINDINGS, Findings, Frame, frame_of, model_of
from api.problems import Problem, responses
from api.routes import API, fields, shapes, told
from api.routes.shapes import Listing, Observation, Shape
from api.services import Use
from issues.intake import Intake
from issues.queries import get_observation, list_observations
from issues.rows import ObservationRow, Recorded
from issues.store.photo_table import photo_of_source

router = APIRouter(prefix=API, tags=["observations"])


@router.get(
    "/observations",
    response_model=Listing[Observation] | Listing[fields.ObservationPart],  # type: ignore[valid-type]
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
    asked: fields.Asked = None,
) -> Response:
    """What was found in photos, newest recorded first."""
    names = fields.chosen(asked, Observation)
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
    return told.page(page, told.observations(page.items), names)


@router.get(
    "/observations/{observation}",
    response_model=Observation | fields.ObservationPart,
    summary="One observation",
    responses=responses("not_signed_in", "wrong_key", "missing_scope", "not_found", "invalid"),
)
def get_one_observation(
    observation: Annotated[int, Path(ge=1, le=2**63 - 1, description="Id of an observation.")],
    services: Use,
    _who: Reader,
    asked: fields.Asked = None,
) -> Observation | Response:
    """One finding by its id."""
    names = fields.chosen(asked, Observation)
    with services.store.reading() as session:
        found = shapes.observation(get_observation(session, observation))
    return found if names is None else fields.cut(found, names)


class Taken(Shape):
    """What became of sent findings. The lists hold issue numbers."""

    photo_id: int = Field(description="The frame, as `photo` of `/observations` names it.")
    repeated: bool = Field(description="This frame was recorded before; nothing changed.")
    observations: list[Observation] = Field(description="As recorded, with their issues.")
    new_issues: list[str] = Field(examples=[["TC-2026-000017"]])
    seen_again: list[str] = Field(examples=[["TC-2026-000009"]])
    proposed_fixed: list[str] = Field(examples=[["TC-2026-000004"]])
    reopened: list[str] = Field(examples=[["TC-2026-000002"]])


@router.post(
    "/observations/frames",
    response_model=Taken,
    status_code=201,
    summary="Send what a detector elsewhere found in a frame",
    responses={
        200: {"description": "Recorded before: the same frame, or the same key.", "model": Taken},
        **responses(
            "not_signed_in",
            "wrong_key",
            "missing_scope",
            "foreign_origin",
            "idempotency_conflict",
            "too_large",
            "wrong_type",
            "invalid",
            "unreadable_picture",
            "store_unavailable",
        ),
    },
)
def post_frame(
    body: Findings,
    services: Use,
    who: Uploader,
    response: Response,
    idempotency_key: Annotated[
        str | None,
        Header(max_length=200, description="Repeats do nothing; needed without a photo."),
    ] = None,
) -> Taken:
    """What a detector elsewhere found in one frame becomes observations and candidate issues.

    Everything is a candidate until a person confirms it. With the photo there is evidence, and
    what it looked for and didn't find may show a place clean; without it neither. The same photo
    from the same model, or the same idempotency key, changes nothing and answers 200.
    """
    frame = frame_of(body, services.catalogue, services.now(), str(who.key_id), idempotency_key)
    intake = Intake(services.store, services.catalogue, model_of(body), clock=_Now(services.now))
    with services.store.reading() as session:
        earlier = photo_of_source(session, frame.key)
    done = Recorded(earlier, duplicate_of=frame.key) if earlier else intake.record(frame, frame)
    with services.store.reading() as session:
        page = list_observations(session, photo_id=done.photo_id, limit=MOST_FINDINGS)
    repeated = done.duplicate_of is not None
    if repeated and idempotency_key and not _same(page.items, frame):
        raise Problem(
            "idempotency_conflict",
            f"The idempotency key {idempotency_key!r} was used for other findings.",
            "Use a new key for each frame; repeat a key only with the same findings.",
        )
    response.status_code = 200 if repeated else 201
    return Taken(
        photo_id=done.photo_id,
        repeated=repeated,
        observations=[shapes.observation(row) for row in reversed(page.items)],
        new_issues=list(done.new_issues),
        seen_again=list(done.seen_again),
        proposed_fixed=list(done.proposed_fixed),
        reopened=list(done.reopened),
    )


@dataclass(frozen=True, slots=True)
class _Now:
    """The services' time as a clock."""

    now: Callable[[], datetime]


def _same(rows: Sequence[ObservationRow], frame: Frame) -> bool:
    def listed(
        found: Iterable[tuple[str, Sequence[float], float]],
    ) -> list[tuple[str, list[float]]]:
        return sorted((code, [round(v, 5) for v in (*box, score)]) for code, box, score in found)

    recorded = listed((row.category, row.box, row.score) for row in rows)
    return recorded == listed((one.category, one.xyxy, one.score) for one in frame.observations)
