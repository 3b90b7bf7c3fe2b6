"""Findings of a detector elsewhere: checked here, then taken in as those of our own models are.

Its model is recorded as ``outside/<id>``, so that no sender can speak in the name of a model of
ours. A frame is known by the sha256 of its bytes; one that comes without its photo by the key that
sent it and its idempotency key. What the sender looked for and didn't find may show that a place is
clean only where the photo came along and is fit to be relied on.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from api.problems import Problem
from api.routes.photos import looks_like_photo
from detect.datum import Datum, to_wgs84
from detect.types import Coverage, Location, Observation, TimeOrigin, Unusable
from issues.catalogue import Catalogue
from issues.rows import PhotoStatus

PREFIX = "outside/"
MOST_FINDINGS = 300
CLOCK_SLACK = timedelta(minutes=5)
"""How far in the future a frame may have been taken: clocks differ."""
MIN_SIDE_PX = 640
"""The photo is decoded at this size to tell whether it can be relied on."""
_EXAMPLE_BOX = [0.31, 0.52, 0.48, 0.71]
_PLAIN = r"^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$"


class Asked(BaseModel):
    """The base of what is sent."""

    model_config = ConfigDict(extra="forbid")


class Detector(Asked):
    """The model that found it, by the name and version that its maker gives."""

    id: str = Field(pattern=_PLAIN, examples=["box-ai"])
    version: str = Field(pattern=_PLAIN, examples=["3.2"])


class Spot(Asked):
    """Where the picture was taken, and in which datum that is said."""

    lat: float = Field(ge=-90, le=90, examples=[30.2741])
    lon: float = Field(ge=-180, le=180, examples=[120.1551])
    datum: Datum = Field(description="wgs84 for GPS, gcj02 for Chinese maps, bd09 for Baidu.")
    accuracy_m: float | None = Field(default=None, ge=0, le=10_000)


class Finding(Asked):
    """One thing found: a category of the catalogue, and x1, y1, x2, y2 in 0..1."""

    category: str = Field(max_length=64, examples=["litter.pile"])
    box: tuple[float, float, float, float] = Field(examples=[_EXAMPLE_BOX])
    score: float = Field(ge=0, le=1, examples=[0.87])


class Findings(Asked):
    """What a detector found in one frame; the photo along with it or not."""

    model: Detector
    taken_at: AwareDatetime = Field(description="When the frame was taken.")
    place: Spot | None = Field(default=None, description="Without it issues have no place.")
    findings: list[Finding] = Field(max_length=MOST_FINDINGS)
    looked_for: list[str] = Field(
        default=[],
        max_length=100,
        description="Categories that it would have found; counts only with a photo.",
        examples=[["litter.pile"]],
    )
    photo: str | None = Field(default=None, description="The whole frame, as base64.")
    name: str | None = Field(
        default=None, max_length=200, description="What the sender calls it.", examples=["a.jpg"]
    )
    experimental: bool = Field(default=False, description="The model is on trial.")


@dataclass(frozen=True, slots=True)
class OutsideClass:
    """A class of a model of which only the category is known."""

    name: str
    category: str | None
    threshold: float
    experimental: bool


@dataclass(frozen=True, slots=True)
class OutsideModel:
    """A model that isn't here."""

    id: str
    version: str
    classes: tuple[OutsideClass, ...]
    input_px: int = 0


@dataclass(frozen=True, slots=True)
class Head:
    """What is known of a frame."""

    sha256: str
    size_bytes: int
    format: str
    width_px: int
    height_px: int
    taken_at: datetime
    time_origin: TimeOrigin
    location: Location | None
    heading_deg: float | None = None
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Frame:
    """A frame and what was found in it, as ``issues.intake`` takes it; a ``Source`` too."""

    source: str
    key: str
    status: PhotoStatus
    reason_code: str | None
    photo: Head
    observations: tuple[Observation, ...]
    coverage: Coverage
    data: bytes | None
    message: str | None = None
    context: Sequence[OutsideContext] = ()

    @property
    def path(self) -> Path:
        """It lies nowhere."""
        return Path(self.source)

    @property
    def size_bytes(self) -> int:
        """Of the photo; 0 without one."""
        return self.photo.size_bytes

    @property
    def mtime(self) -> datetime:
        """When it was taken."""
        return self.photo.taken_at


class OutsideContext:
    """What stands for no category: a detector elsewhere sends none."""

    name: str
    xyxy: tuple[float, float, float, float]
    score: float


def model_of(said: Findings) -> OutsideModel:
    """The model as it is recorded."""
    codes = sorted({one.category for one in said.findings} | set(said.looked_for))
    classes = tuple(OutsideClass(code, code, 0.0, said.experimental) for code in codes)
    return OutsideModel(f"{PREFIX}{said.model.id}", said.model.version, classes)


def frame_of(
    said: Findings, catalogue: Catalogue, now: datetime, sender: str, key: str | None
) -> Frame:
    """The frame that is meant. Raises Problem (invalid, wrong_type), UnreadablePhoto.

    ``sender`` tells keys apart, ``key`` is the idempotency key.
    """
    _check(said, catalogue, now, key)
    data = _decoded(said.photo)
    name = said.name or (f"{said.model.id} {said.taken_at:%Y-%m-%d %H:%M:%S}")
    place = _location(said.place)
    if data is None:
        digest = hashlib.sha256(f"{sender}:{key}".encode()).hexdigest()
        head, reason = Head(digest, 0, "none", 0, 0, said.taken_at, "manual", place), None
    else:
        head, reason = _looked_at(data, name, said.taken_at, place, now)
    model = model_of(said)
    observations = tuple(
        Observation(
            one.category,
            one.box,
            one.score,
            model.id,
            model.version,
            head.sha256,
            said.experimental,
        )
        for one in said.findings
    )
    covered = {one.category for one in said.findings} | set(said.looked_for if data else ())
    coverage = Coverage(
        head.sha256, name, head.taken_at, place, reason is None, reason, frozenset(covered)
    )
    return Frame(
        source=name,
        key=f"observations:{sender}:{key or head.sha256}",
        status="ok" if reason is None else "unusable",
        reason_code=reason,
        photo=head,
        observations=observations,
        coverage=coverage,
        data=data,
    )


def _check(said: Findings, catalogue: Catalogue, now: datetime, key: str | None) -> None:
    if said.photo is None and not key:
        raise Problem(
            "invalid",
            "Findings without their photo need an Idempotency-Key: it alone tells repeats apart.",
            "Send the header Idempotency-Key, or the photo.",
        )
    if said.photo is None and said.looked_for:
        raise Problem(
            "invalid",
            "looked_for came without the photo that could show the place clean.",
            "Send the photo too, or leave looked_for out.",
        )
    if said.taken_at > now + CLOCK_SLACK:
        raise Problem(
            "invalid",
            f"taken_at lies in the future: {said.taken_at.isoformat()}.",
            "Set the detector's clock and send times with their zone.",
        )
    for one in said.findings:
        x1, y1, x2, y2 = one.box
        if not (0 <= x1 < x2 <= 1 and 0 <= y1 < y2 <= 1):
            raise Problem(
                "invalid",
                f"a box is x1, y1, x2, y2 within 0..1 with x1 < x2 and y1 < y2, got {one.box}.",
                "Divide pixels by the width and height of the upright picture.",
            )
    for code in [*(one.category for one in said.findings), *said.looked_for]:
        if code not in catalogue.enabled:
            raise Problem(
                "invalid",
                f"the catalogue has no category {code[:64]!r} in use.",
                f"Use one of: {', '.join(catalogue.enabled)}.",
            )


def _location(spot: Spot | None) -> Location | None:
    if spot is None:
        return None
    lat, lon = to_wgs84(spot.lat, spot.lon, spot.datum)
    return Location(lat, lon, spot.accuracy_m, "camera")


def _decoded(photo: str | None) -> bytes | None:
    if photo is None:
        return None
    try:
        data = base64.b64decode(photo, validate=True)
    except (binascii.Error, ValueError) as error:
        raise Problem(
            "invalid", f"photo is no base64: {error}.", "Send the file's bytes as plain base64."
        ) from error
    if not looks_like_photo(data[:64]):
        raise Problem(
            "wrong_type",
            f"photo is no picture: its first bytes are {data[:8]!r}.",
            "Send a JPEG, PNG, WebP, HEIC, GIF or BMP file.",
        )
    return data


def _looked_at(
    data: bytes, name: str, taken_at: datetime, place: Location | None, now: datetime
) -> tuple[Head, Unusable | None]:
    from detect.photo import decode_photo, read_photo
    from detect.quality import assess

    photo = read_photo(data, name, hints=None, now=now)
    reason = assess(decode_photo(data, photo, min_side_px=MIN_SIDE_PX))
    head = Head(
        photo.sha256,
        photo.size_bytes,
        photo.format,
        photo.width_px,
        photo.height_px,
        taken_at,
        "manual",
        place or photo.location,
        photo.heading_deg,
        tuple(note for note in photo.notes if note not in {"no_time", "no_gps"}),
    )
    return head, reason
