"""A small patrol, made here: textured photos with a heap, and an engine that sees the heap."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path
from typing import Literal

import cv2
import numpy as np

from detect.photo import Photo
from detect.types import Coverage, Detections, Image, Location, Observation
from issues.catalogue import load_catalogue
from issues.intake import Intake
from issues.store import Store

START = datetime(2026, 5, 1, 1, tzinfo=UTC)
NOW = START + timedelta(days=20)
HERE = (30.2741, 120.1551)
CATEGORIES = ("litter.pile", "litter.scattered", "bin.overflow")


def now() -> datetime:
    return NOW


@dataclass(frozen=True)
class FakeClass:
    name: str
    category: str | None
    threshold: float = 0.3
    experimental: bool = False


@dataclass(frozen=True)
class FakeModel:
    id: str = "fake"
    version: str = "1"
    input_px: int = 640
    classes: Sequence[FakeClass] = tuple(FakeClass(code, code) for code in CATEGORIES)


class FakeEngine:
    """Sees a pile wherever a picture's middle is yellow."""

    model = FakeModel()

    def detect(self, images: Sequence[Image]) -> list[Detections]:
        return [self._look(image) for image in images]

    def _look(self, image: Image) -> Detections:
        height, width = image.shape[:2]
        blue, _, red = (int(v) for v in image[height // 2, width // 2])
        if red - blue < 100:
            return Detections.empty(CATEGORIES)
        box = [width * 0.4, height * 0.4, width * 0.6, height * 0.6]
        return Detections.of([box], [0.9], [0], CATEGORIES)


@dataclass(frozen=True)
class Seen:
    """What became of one photo, as the intake takes it."""

    source: str
    path: Path
    status: Literal["ok", "unusable", "unreadable"]
    reason_code: str | None = None
    message: str | None = None
    photo: Photo | None = None
    observations: tuple[Observation, ...] = ()
    context: tuple[()] = ()
    coverage: Coverage | None = None
    data: bytes | None = None


def picture(shade: int, *, pile: bool = True, size: tuple[int, int] = (640, 480)) -> bytes:
    """A JPEG of a textured ground; with a yellow heap in the middle."""
    width, height = size
    ground = np.random.default_rng(shade).integers(60, 180, (height // 8, width // 8, 3), np.uint8)
    image = cv2.resize(ground, size, interpolation=cv2.INTER_NEAREST)
    if pile:
        top, left = int(height * 0.4), int(width * 0.4)
        image[top : int(height * 0.6), left : int(width * 0.6)] = (30, 200, 230)
    done, data = cv2.imencode(".jpg", image)
    assert done
    return data.tobytes()


def place(metres_north: float) -> Location:
    return Location(HERE[0] + metres_north / 111_320, HERE[1], 5.0, "exif")


def look(
    name: str, taken_at: datetime, where: Location | None, category: str | None, shade: int
) -> Seen:
    """What batch analysis says of one photo; ``category`` None: nothing there."""
    data = picture(shade, pile=category is not None)
    digest = sha256(data).hexdigest()
    photo = Photo(
        source=name,
        sha256=digest,
        size_bytes=len(data),
        format="JPEG",
        width_px=640,
        height_px=480,
        taken_at=taken_at,
        time_origin="exif",
        location=where,
        heading_deg=None,
        notes=(),
    )
    found = (
        (Observation(category, (0.4, 0.4, 0.6, 0.6), 0.9, "fake", "1", digest),) if category else ()
    )
    coverage = Coverage(digest, name, taken_at, where, True, None, frozenset(CATEGORIES))
    return Seen(
        source=name,
        path=Path(name),
        status="ok",
        photo=photo,
        observations=found,
        coverage=coverage,
        data=data,
    )


@dataclass(frozen=True)
class Patrol:
    """The numbers of the issues that the walk made."""

    stays: str
    fixed: str
    back: str
    new: str
    unplaced: str


def walk(store: Store) -> Patrol:
    """Three visits a week apart to places 200 m apart, and one photo without GPS."""
    intake = Intake(store, load_catalogue(), FakeModel())
    numbers: dict[str, str] = {}

    def record(
        name: str, week: int, metres: float | None, category: str | None, shade: int
    ) -> None:
        at = START + timedelta(weeks=week, minutes=shade)
        where = None if metres is None else place(metres)
        result = intake.record(look(name, at, where, category, shade))
        for number in result.new_issues:
            numbers[name] = number

    with intake.batch("walk"):
        record("stays-1.jpg", 0, 0, "litter.pile", 1)
        record("fixed-1.jpg", 0, 200, "litter.scattered", 2)
        record("back-1.jpg", 0, 400, "bin.overflow", 3)
        record("back-2.jpg", 1, 400, None, 4)
        record("stays-2.jpg", 2, 1, "litter.pile", 5)
        record("fixed-2.jpg", 2, 200, None, 6)
        record("back-3.jpg", 2, 401, "bin.overflow", 7)
        record("new-1.jpg", 2, 600, "litter.pile", 8)
        record("unplaced-1.jpg", 2, None, "litter.pile", 9)
        bad = Seen("bad.jpg", Path("bad.jpg"), "unreadable", "truncated", "bad.jpg is cut")
        intake.record(bad)
    return Patrol(
        numbers["stays-1.jpg"],
        numbers["fixed-1.jpg"],
        numbers["back-1.jpg"],
        numbers["new-1.jpg"],
        numbers["unplaced-1.jpg"],
    )
