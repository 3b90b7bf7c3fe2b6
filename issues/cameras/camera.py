"""What an office says of a camera: where it is, what it looks at, when, how often.

From a YAML file or the API; checked on construction, with the place of a mistake::

    cameras:
      - id: north-gate
        name: {zh: 北门, en: North gate}
        url: rtsp://10.0.0.7/Streaming/Channels/101
        credentials: north            # a name in the secrets file; never a password here
        every_s: 5
        active: ["06:00-22:00"]
        at: {lat: 30.2741, lon: 120.1551, datum: wgs84}
        categories: [litter.pile, bin.overflow]
        zones:
          - {name: kerb, kind: pavement, corners: [[0, 0.5], [1, 0.5], [1, 1], [0, 1]]}
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any
from zoneinfo import ZoneInfo

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator

from detect.datum import Datum, to_wgs84
from detect.errors import BadInput
from detect.stream.address import FeedAddress, FeedKind
from detect.types import Location
from issues.calendar import Span
from issues.cameras.zone import Zone, whole_picture
from issues.errors import CameraError

CameraId = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9_.-]{0,63}$")]


class _Table(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class CameraName(_Table):
    """What people call it, in both languages."""

    zh: str = ""
    en: str = ""


class CameraPlace(_Table):
    """Where a camera's picture is; a datum must be said, as in China two are in use."""

    lat: Annotated[float, Field(ge=-90, le=90)]
    lon: Annotated[float, Field(ge=-180, le=180)]
    datum: Datum
    accuracy_m: Annotated[float, Field(ge=0, le=500)] = 10.0

    def location(self) -> Location:
        """As WGS-84."""
        lat, lon = to_wgs84(self.lat, self.lon, self.datum)
        return Location(lat, lon, self.accuracy_m, "camera")


class CameraZone(_Table):
    """A polygon in the picture; see ``issues.cameras.zone.Zone``."""

    name: Annotated[str, Field(min_length=1, max_length=64)]
    corners: tuple[tuple[float, float], ...]
    kind: str = ""
    categories: frozenset[str] = frozenset()

    @model_validator(mode="after")
    def _drawable(self) -> CameraZone:
        self.zone()
        return self

    def zone(self) -> Zone:
        """The zone itself. Raises CameraError."""
        return Zone(self.name, self.corners, self.kind, self.categories)


class Camera(_Table):
    """One camera. ``categories`` empty: all that the model finds; ``active`` empty: always."""

    id: CameraId
    url: str
    name: CameraName = CameraName()
    kind: FeedKind | None = None
    credentials: str | None = None
    every_s: Annotated[float, Field(gt=0, le=3600)] = 5.0
    active: tuple[Span, ...] = ()
    categories: frozenset[str] = frozenset()
    zones: tuple[CameraZone, ...] = ()
    at: CameraPlace | None = None
    heading_deg: Annotated[float, Field(ge=0, lt=360)] | None = None
    enabled: bool = True

    @field_validator("url")
    @classmethod
    def _no_secret(cls, url: str) -> str:
        address = FeedAddress.parse(url)
        if address.user is not None or address.password is not None:
            raise ValueError(
                "the address holds credentials, which would be stored and exported with it: "
                "put them into the secrets file and name them under `credentials`"
            )
        return url

    @model_validator(mode="after")
    def _zones_apart(self) -> Camera:
        names = [zone.name for zone in self.zones]
        twice = sorted({name for name in names if names.count(name) > 1})
        if twice:
            raise ValueError(f"two zones are called {twice[0]}: names tell them apart")
        return self

    def address(self, user: str | None = None, password: str | None = None) -> FeedAddress:
        """Where its pictures come from, with the credentials that its name stands for."""
        return FeedAddress.parse(self.url, kind=self.kind, user=user, password=password)

    def drawn_zones(self) -> tuple[Zone, ...]:
        """Its zones; the whole picture where none is drawn."""
        return tuple(zone.zone() for zone in self.zones) or (whole_picture(),)

    def is_active(self, moment: datetime, zone: ZoneInfo) -> bool:
        """Whether it is to be looked through at this (aware) moment, by the office's clock."""
        local = moment.astimezone(zone)
        minute = local.hour * 60 + local.minute
        return not self.active or any(s.start_minute <= minute < s.end_minute for s in self.active)

    def looks_for(self, category: str) -> bool:
        """Whether this category is looked for."""
        return not self.categories or category in self.categories


def read_cameras(path: Path) -> tuple[Camera, ...]:
    """The cameras of a YAML file. Raises CameraError, which names the camera and the field."""
    try:
        table = yaml.load(path.read_text("utf-8"), yaml.CSafeLoader)
    except OSError as error:
        raise CameraError(
            f"{path} can't be read: {error.strerror}", mend="Give the path of the camera list."
        ) from error
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise CameraError(f"{path} is no YAML: {error}", mend="Mend the line it names.") from error
    rows = table.get("cameras") if isinstance(table, dict) else None
    if not isinstance(rows, list):
        raise CameraError(
            f'{path} has no list "cameras"', mend="Begin it with `cameras:` and a line a camera."
        )
    cameras = tuple(make_camera(row, f"{path}, camera {n}") for n, row in enumerate(rows, 1))
    _refuse_twice(cameras, path)
    return cameras


def make_camera(row: Any, where: str = "the camera") -> Camera:
    """A camera from plain data. Raises CameraError."""
    try:
        return Camera.model_validate(row)
    except ValidationError as error:
        first = error.errors()[0]
        field = ".".join(str(part) for part in first["loc"]) or "as a whole"
        name = row.get("id") if isinstance(row, dict) else None
        says = first["msg"].removeprefix("Value error, ")
        raise CameraError(
            f"{where}{f' ({name})' if name else ''}, {field}: {says}",
            mend="`tidycity watch --help` and docs/cameras.md show what a camera may say.",
        ) from error
    except (BadInput, CameraError) as error:
        raise CameraError(f"{where}: {error}", code=error.code, mend=error.mend) from error


def _refuse_twice(cameras: Sequence[Camera], path: Path) -> None:
    seen: set[str] = set()
    for camera in cameras:
        if camera.id in seen:
            raise CameraError(
                f"{path} has two cameras {camera.id}", mend="Give each an id of its own."
            )
        seen.add(camera.id)
