"""What the API says of cameras: the bodies that its routes take and give. No secret is in any."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from api.routes.shapes import Shape
from detect.datum import Datum
from detect.stream.address import FeedAddress, FeedKind
from issues.calendar import Hours
from issues.cameras.camera import Camera, make_camera
from issues.cameras.faring import Faring, OnTheWall
from issues.errors import CameraError


class Name(Shape):
    """What people call it."""

    zh: str = Field(default="", max_length=120, examples=["北门"])
    en: str = Field(default="", max_length=120, examples=["North gate"])


class PlaceGiven(Shape):
    """Where its picture is. The datum must be said; what is given back is WGS-84."""

    lat: float = Field(ge=-90, le=90, examples=[30.2741])
    lon: float = Field(ge=-180, le=180, examples=[120.1551])
    datum: Datum = Field(examples=["wgs84"])
    accuracy_m: float = Field(default=10.0, ge=0, le=500)


class ZoneShape(Shape):
    """A polygon in the picture: corners are x, y in 0..1 from the upper left, in order."""

    name: str = Field(min_length=1, max_length=64, examples=["kerb"])
    kind: str = Field(default="", max_length=32, examples=["pavement"])
    categories: list[str] = Field(default=[], description="Empty: all that the model finds.")
    corners: list[tuple[float, float]] = Field(
        min_length=3,
        max_length=64,
        examples=[[[0.0, 0.5], [1.0, 0.5], [1.0, 1.0], [0.0, 1.0]]],
    )


class CameraBody(BaseModel):
    """A camera as it is to be. Its password never comes here: name it in `credentials`."""

    model_config = ConfigDict(extra="forbid")

    url: str = Field(max_length=2000, examples=["rtsp://10.0.0.7/Streaming/Channels/101"])
    name: Name = Name()
    kind: FeedKind | None = None
    credentials: str | None = Field(
        default=None, max_length=120, description="A name in the office's secrets file."
    )
    every_s: float = Field(default=5.0, gt=0, le=3600)
    active: list[str] = Field(default=[], max_length=12, examples=[["06:00-22:00"]])
    categories: list[str] = []
    zones: Annotated[list[ZoneShape], Field(max_length=40)] = []
    at: PlaceGiven | None = None
    heading_deg: float | None = Field(default=None, ge=0, lt=360)
    enabled: bool = True


class State(Shape):
    """How it fares now."""

    state: str = Field(examples=["live"])
    since: datetime
    worker: str | None
    last_look: datetime | None
    last_usable: datetime | None
    fault_code: str | None = Field(description="What is wrong with its connection, if anything.")
    message: str | None
    figures: dict[str, Any] = Field(examples=[{"looks": 512, "decode_ms": 41.2, "age_s": 0.6}])
    updated_at: datetime


class CameraShape(Shape):
    """A camera, how it fares, and the open issues that it sees or saw."""

    id: str = Field(examples=["north-gate"])
    version: int = Field(description="Goes up with each change; also the ETag.")
    updated_at: datetime
    name: Name
    url: str = Field(description="Passwords and tokens in it are shown as ***.")
    kind: FeedKind
    credentials: str | None = Field(description="The name of its credentials, never they.")
    every_s: float
    active: list[str]
    categories: list[str]
    zones: list[ZoneShape]
    at: PlaceGiven | None
    heading_deg: float | None
    enabled: bool
    faring: Faring = Field(
        description="How it fares now; `unwatched`: no worker holds it, whatever `state` says."
    )
    state: State | None = Field(description="As last written down; null: nobody ever watched it.")
    picture_at: datetime | None = Field(description="When its last picture was kept.")
    issues: list[str] = Field(description="Numbers of open issues.", examples=[["TC-2026-000017"]])


class CameraEventShape(Shape):
    """One line of a camera's history."""

    id: int
    camera: str
    at: datetime
    kind: str = Field(examples=["state"])
    from_state: str | None
    to_state: str | None
    actor: str
    data: dict[str, Any]


class CameraHourShape(Shape):
    """What a camera looked at in one hour. An hour that is not in the list: nobody looked."""

    camera: str
    hour: datetime
    looks: int
    usable: int = Field(description="Looks that may speak for a clean place.")
    late: int
    skipped: int
    by_picture: dict[str, int] = Field(examples=[{"good": 700, "dark": 20}])


class WorkerShape(Shape):
    """A process that watches cameras."""

    id: str
    host: str
    pid: int
    started_at: datetime
    seen_at: datetime
    draining: bool
    most: int | None = Field(description="How many cameras it takes; null: any number.")
    cameras: int = Field(description="How many it has now.")


class FilmShape(Shape):
    """A time-lapse of what a camera said, kept as evidence of the issue."""

    sha256: str = Field(description="Read it at `/cameras/films/{sha256}.mp4`.")
    number: str = Field(description="The issue.", examples=["TC-2026-000017"])
    camera: str
    said: Literal["seen", "gone"]
    said_at: datetime = Field(description="The look after which it was said.")
    since: datetime = Field(description="Its first picture.")
    until: datetime = Field(description="Its last picture.")
    pictures: int
    size_bytes: int


class Accepted(Shape):
    """The view as it was accepted: the line of the camera's history."""

    camera: str
    event: int
    at: datetime


def shown_url(camera: Camera) -> str:
    """The address without secrets."""
    return str(camera.address())


def camera_shape(
    entry: OnTheWall,
    picture_at: datetime | None,
    issues: list[str],
) -> CameraShape:
    """A camera for a reader."""
    kept, state = entry.kept, entry.status
    camera = kept.camera
    at = camera.at
    return CameraShape(
        id=camera.id,
        version=kept.version,
        updated_at=kept.updated_at,
        name=Name.model_validate(camera.name),
        url=shown_url(camera),
        kind=camera.address().kind,
        credentials=camera.credentials,
        every_s=camera.every_s,
        active=[span_text(hours) for hours in camera.active],
        categories=sorted(camera.categories),
        zones=[
            ZoneShape(
                name=zone.name,
                kind=zone.kind,
                categories=sorted(zone.categories),
                corners=list(zone.corners),
            )
            for zone in camera.zones
        ],
        at=PlaceGiven.model_validate(at) if at is not None else None,
        heading_deg=camera.heading_deg,
        enabled=camera.enabled,
        faring=entry.faring,
        state=State.model_validate(state) if state is not None else None,
        picture_at=picture_at,
        issues=issues,
    )


def span_text(hours: Hours) -> str:
    """Hours as they are written: 06:00-22:00."""
    minutes = (hours.start_minute, hours.end_minute)
    return "-".join(f"{minute // 60:02}:{minute % 60:02}" for minute in minutes)


def camera_of(camera_id: str, body: CameraBody, before: Camera | None) -> Camera:
    """The camera that a body means. Raises CameraError.

    An address as it was shown (with ``***``) is the one that is kept; one with a secret is refused.
    """
    values = body.model_dump(mode="json") | {"id": camera_id}
    if before is not None and body.url == shown_url(before):
        values["url"] = before.url
    elif str(FeedAddress.parse(body.url)) != body.url.strip():
        raise CameraError(
            "the address holds a password or token, which would be stored and shown with it",
            code="secret_in_address",
            mend="Put it into the secrets file and give its name as `credentials`.",
        )
    return make_camera(values, f"camera {camera_id}")
