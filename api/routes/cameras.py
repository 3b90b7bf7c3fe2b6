"""Cameras: what they are, how they fare, what they looked at, who watches them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Annotated

from fastapi import APIRouter, Header, Path, Query, Response
from fastapi.responses import FileResponse, JSONResponse

from api.auth import Admin, Reader, Reviewer
from api.problems import Problem, responses
from api.routes import API
from api.routes.camera_shapes import (
    Accepted,
    CameraBody,
    CameraEventShape,
    CameraHourShape,
    CameraShape,
    FilmShape,
    WorkerShape,
    camera_of,
    camera_shape,
)
from api.routes.shapes import Listing
from api.services import Services, Use
from detect.errors import BadInput
from issues.cameras.accepting import accept_view
from issues.cameras.faring import OnTheWall, on_the_wall, the_wall
from issues.cameras.lapses import is_lapse, lapses
from issues.cameras.open_issues import open_issues
from issues.cameras.registry import (
    Kept,
    get_camera,
    put_camera,
    remove_camera,
)
from issues.cameras.wall import camera_events, hours
from issues.errors import NotFound, VersionConflict
from issues.store import Session
from issues.store.lease_table import drain, workers

router = APIRouter(prefix=API, tags=["cameras"])
_REFUSALS = responses("not_signed_in", "wrong_key", "missing_scope", "invalid")
_FOUND = responses("not_signed_in", "wrong_key", "missing_scope", "not_found", "invalid")
_WRITING = responses(
    *("not_signed_in", "wrong_key", "missing_scope", "foreign_origin", "not_found"),
    *("version_mismatch", "invalid", "store_unavailable"),
)
MOST_DAYS = 92

CameraId = Annotated[
    str, Path(pattern=r"^[A-Za-z0-9][A-Za-z0-9_.-]{0,63}$", description="The camera's id.")
]
IfMatch = Annotated[
    str | None, Header(description="The ETag of the camera; `*` or none: whatever it is.")
]


def _shapes(
    services: Services, session: Session, entries: Sequence[OnTheWall]
) -> list[CameraShape]:
    one = entries[0].kept.camera.id if len(entries) == 1 else None
    found = open_issues(session, services.catalogue, one)
    made = []
    for entry in entries:
        name = entry.kept.camera.id
        taken = services.camera_pictures.taken(name)
        numbers = [row.number for row in found.get(name, ())]
        made.append(camera_shape(entry, taken.at if taken else None, numbers))
    return made


def _shape(services: Services, session: Session, kept: Kept) -> CameraShape:
    (shape,) = _shapes(services, session, [on_the_wall(session, kept, services.now())])
    return shape


@router.get(
    "/cameras", response_model=list[CameraShape], summary="List cameras", responses=_REFUSALS
)
def get_cameras(services: Use, _who: Reader) -> list[CameraShape]:
    """All cameras, those that need somebody first, with the numbers of their open issues."""
    with services.store.reading() as session:
        return _shapes(services, session, the_wall(session, services.now()))


@router.get(
    "/cameras/events",
    response_model=Listing[CameraEventShape],
    summary="What happened to cameras",
    responses=_REFUSALS,
)
def get_events(
    services: Use,
    _who: Reader,
    camera: Annotated[str | None, Query(max_length=64, description="Only this camera's.")] = None,
    cursor: Annotated[
        int, Query(ge=0, description="The `next_cursor` of the page before; 0: the oldest.")
    ] = 0,
    limit: Annotated[int, Query(ge=1, le=1000, description="Lines a page.")] = 100,
) -> Listing[CameraEventShape]:
    """Changes of state and of settings, oldest first. Keep `next_cursor` and ask again later.

    `next_cursor` is null only where there never was a line: the last one stays good to go on from.
    """
    with services.store.reading() as session:
        found = camera_events(session, camera, after=cursor, limit=limit)
    last = found[-1].id if found else cursor
    return Listing(
        items=[CameraEventShape.model_validate(event) for event in found],
        next_cursor=str(last) if last else None,
    )


@router.get(
    "/cameras/hours",
    response_model=list[CameraHourShape],
    summary="What cameras looked at",
    responses=_REFUSALS,
)
def get_hours(
    services: Use,
    _who: Reader,
    since: Annotated[datetime | None, Query(description="With a zone. None: a day ago.")] = None,
    until: Annotated[datetime | None, Query(description="Exclusive. None: now.")] = None,
    camera: Annotated[str | None, Query(max_length=64, description="Only this camera's.")] = None,
) -> list[CameraHourShape]:
    """Looks by camera and hour. An hour without a row was not looked at: that is not clean."""
    end = until or services.now()
    begin = since or end - timedelta(days=1)
    if begin.tzinfo is None or end.tzinfo is None:
        raise Problem("invalid", "a time lacks its zone", "Write it like 2026-05-01T00:00:00Z.")
    if end - begin > timedelta(days=MOST_DAYS):
        raise Problem("invalid", f"more than {MOST_DAYS} days at once", "Ask for fewer days.")
    with services.store.reading() as session:
        found = hours(session, begin, end, camera)
    return [CameraHourShape.model_validate(hour) for hour in found]


@router.get(
    "/cameras/workers",
    response_model=list[WorkerShape],
    summary="Who watches",
    responses=_REFUSALS,
)
def get_workers(services: Use, _who: Reader) -> list[WorkerShape]:
    """The workers that are there, and how many cameras each has."""
    with services.store.reading() as session:
        return _workers(services, session)


def _workers(services: Services, session: Session) -> list[WorkerShape]:
    return [
        WorkerShape(
            id=one.id,
            host=one.host,
            pid=one.pid,
            started_at=one.started_at,
            seen_at=one.seen_at,
            draining=one.draining,
            most=one.most,
            cameras=held,
        )
        for one, held in workers(session, services.now())
    ]


@router.post(
    "/cameras/workers/{worker}/drain",
    response_model=list[WorkerShape],
    summary="Drain a worker",
    responses=_WRITING,
)
def post_drain(
    worker: Annotated[str, Path(max_length=64, description="The worker's id.")],
    services: Use,
    _who: Admin,
    draining: Annotated[bool, Query(description="False: it may take cameras again.")] = True,
) -> list[WorkerShape]:
    """It hands its cameras on within a few seconds and takes no more; then it can be stopped."""
    with services.store.transaction() as session:
        if not drain(session, worker, draining=draining):
            raise Problem("not_found", f"There is no worker {worker}.", "List the workers.")
        return _workers(services, session)


@router.get(
    "/cameras/films",
    response_model=list[FilmShape],
    summary="Films of what cameras said",
    responses=_REFUSALS,
)
def get_films(
    services: Use,
    _who: Reader,
    issue: Annotated[str | None, Query(max_length=64, description="Only this issue's.")] = None,
    camera: Annotated[str | None, Query(max_length=64, description="Only this camera's.")] = None,
    limit: Annotated[int, Query(ge=1, le=1000, description="Films at most.")] = 100,
) -> list[FilmShape]:
    """Time-lapses of the looks before and after a finding was confirmed or gone, newest first."""
    with services.store.reading() as session:
        found = lapses(session, issue=issue, camera=camera, limit=limit)
    return [FilmShape.model_validate(film) for film in found]


@router.get(
    "/cameras/films/{sha256}.mp4",
    response_class=FileResponse,
    summary="A film",
    responses={
        200: {"content": {"video/mp4": {}}},
        206: {"description": "The part that was asked for.", "content": {"video/mp4": {}}},
        416: {"description": "There is no such part."},
        **_FOUND,
    },
)
def get_film(
    sha256: Annotated[str, Path(pattern="^[0-9a-f]{64}$", description="SHA-256, in hex.")],
    services: Use,
    _who: Reader,
) -> FileResponse:
    """An MP4 (H.264), faces blurred when it was made. Parts of it may be asked for."""
    with services.store.reading() as session:
        if not is_lapse(session, sha256):
            raise Problem("not_found", f"There is no film {sha256}.", "List the films.")
    headers = {"Cache-Control": "private, max-age=86400"}
    return FileResponse(services.store.evidence.path(sha256), 200, headers, "video/mp4")


@router.get("/cameras/{camera}", response_model=CameraShape, summary="One camera", responses=_FOUND)
def get_one(camera: CameraId, services: Use, _who: Reader, response: Response) -> CameraShape:
    """The camera with its state; its ETag is for changing it."""
    with services.store.reading() as session:
        shape = _shape(services, session, get_camera(session, camera))
    response.headers["ETag"] = f'"{shape.version}"'
    return shape


@router.put(
    "/cameras/{camera}",
    response_model=CameraShape,
    summary="Add or change a camera",
    responses={201: {"description": "It is new.", "model": CameraShape}, **_WRITING},
)
def put_one(
    camera: CameraId,
    body: CameraBody,
    services: Use,
    who: Admin,
    response: Response,
    if_match: IfMatch = None,
    if_none_match: Annotated[
        str | None, Header(description="`*`: only if there is none of this id.")
    ] = None,
) -> CameraShape | JSONResponse:
    """Puts the whole camera. Workers take a change up within a few seconds.

    Send the `ETag` that you read as `If-Match`: 412 when somebody else changed it meanwhile.
    """
    expected = 0 if (if_none_match or "").strip() == "*" else version_of(if_match)
    try:
        with services.store.transaction() as session:
            before = _find(session, camera)
            made = camera_of(camera, body, before.camera if before else None)
            _check_words(services, body)
            kept = put_camera(
                session, made, actor=who.name, now=services.now(), expected_version=expected
            )
            shape = _shape(services, session, kept)
    except VersionConflict as error:
        raise Problem("version_mismatch", error.message, error.mend) from error
    headers = {"ETag": f'"{shape.version}"'}
    if before is None:
        return JSONResponse(shape.model_dump(mode="json"), 201, headers=headers)
    response.headers.update(headers)
    return shape


def _check_words(services: Services, body: CameraBody) -> None:
    """Categories that the catalogue doesn't know would never be found: refused."""
    asked = {*body.categories, *(code for zone in body.zones for code in zone.categories)}
    odd = sorted(asked - services.catalogue.categories.keys())
    if odd:
        raise BadInput(f"there is no category {odd[0]}", mend="GET /api/v1/catalogue lists them.")


def _find(session: Session, camera: str) -> Kept | None:
    try:
        return get_camera(session, camera)
    except NotFound:
        return None


@router.delete("/cameras/{camera}", status_code=204, summary="Forget a camera", responses=_WRITING)
def delete_one(camera: CameraId, services: Use, _who: Admin, if_match: IfMatch = None) -> Response:
    """Forgets it, its history, its hours and its last picture; issues and photos stay."""
    expected = version_of(if_match)
    with services.store.transaction() as session:
        kept = get_camera(session, camera)
        if expected is not None and expected != kept.version:
            raise Problem(
                "version_mismatch",
                f"camera {camera} is at version {kept.version}, not {expected}",
                "Look at it again, then delete it.",
            )
        remove_camera(session, camera)
    services.camera_pictures.forget(camera)
    return Response(status_code=204)


@router.get(
    "/cameras/{camera}/picture.jpg",
    response_class=Response,
    summary="Its last picture",
    responses={
        200: {"content": {"image/jpeg": {}}},
        304: {"description": "Unchanged since the ETag that you sent."},
        **_FOUND,
    },
)
def get_picture(
    camera: CameraId,
    services: Use,
    _who: Reader,
    if_none_match: Annotated[str | None, Header()] = None,
) -> Response:
    """What it showed last, some seconds old, with faces blurred. No evidence: that is elsewhere."""
    with services.store.reading() as session:
        get_camera(session, camera)
    taken = services.camera_pictures.taken(camera)
    headers = {"Cache-Control": "private, no-cache"}
    if taken is not None and if_none_match == f'"{taken.tag}"':
        return Response(status_code=304, headers=headers | {"ETag": if_none_match})
    drawn = services.camera_pictures.draw(camera)
    headers["ETag"] = f'"{drawn.etag}"'
    return Response(drawn.jpeg, media_type="image/jpeg", headers=headers)


@router.post(
    "/cameras/{camera}/view",
    response_model=Accepted,
    status_code=202,
    summary="Accept its view",
    responses=_WRITING,
)
def post_view(camera: CameraId, services: Use, who: Reviewer) -> Accepted:
    """Says that a camera that counts as moved looks where it should. Taken up within seconds."""
    now = services.now()
    with services.store.transaction() as session:
        event = accept_view(session, camera, who.name, now)
    return Accepted(camera=camera, event=event, at=now)


def version_of(if_match: str | None) -> int | None:
    """The version that an If-Match header means; None: any."""
    text = (if_match or "*").strip().removeprefix("W/").strip('"')
    if text == "*":
        return None
    if not text.isdigit():
        raise Problem(
            "version_mismatch",
            f"If-Match is the ETag of a camera, got {text[:50]!r}",
            "Read the camera and send its ETag as it came.",
        )
    return int(text)
