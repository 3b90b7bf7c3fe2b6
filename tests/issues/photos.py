"""Made-up results of photos: what ``detect.batch`` would give, without pixels."""

from __future__ import annotations

import hashlib
import math
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

from detect.types import Coverage, Location, Observation, Unusable

MONDAY = datetime(2026, 3, 2, 1, 0, tzinfo=UTC)
"""Monday 2 March 2026, nine in the morning in Shanghai."""

STREET = (31.2304, 121.4737)
CATEGORIES = ("litter.pile", "litter.scattered", "bin.overflow", "stall.mobile")


@dataclass(frozen=True)
class StreetClass:
    name: str
    category: str | None
    threshold: float = 0.3
    experimental: bool = False


@dataclass(frozen=True)
class StreetModel:
    id: str = "street"
    version: str = "1"
    input_px: int = 640
    classes: tuple[StreetClass, ...] = (
        *(StreetClass(code, code) for code in CATEGORIES),
        StreetClass("bin", None),
    )


@dataclass(frozen=True)
class Head:
    sha256: str
    taken_at: datetime
    location: Location | None
    heading_deg: float | None = None
    size_bytes: int = 1000
    format: str = "JPEG"
    width_px: int = 4000
    height_px: int = 3000
    time_origin: str = "exif"
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class ContextBox:
    name: str
    xyxy: tuple[float, float, float, float]
    score: float


@dataclass(frozen=True)
class Result:
    source: str
    path: Path
    status: str = "ok"
    reason_code: str | None = None
    message: str | None = None
    photo: Head | None = None
    observations: tuple[Observation, ...] = ()
    context: tuple[ContextBox, ...] = ()
    coverage: Coverage | None = None
    data: bytes | None = None


@dataclass(frozen=True)
class Source:
    key: str
    size_bytes: int = 1000
    mtime: datetime = MONDAY


def moved(at: tuple[float, float], north_m: float, east_m: float = 0.0) -> tuple[float, float]:
    """A point so many metres further."""
    lat = at[0] + math.degrees(north_m / 6_371_008.8)
    return lat, at[1] + math.degrees(east_m / 6_371_008.8) / math.cos(math.radians(at[0]))


@dataclass
class Camera:
    """Takes photos; every one differs from all others unless it is given the same ``name``."""

    model: StreetModel = field(default_factory=StreetModel)
    taken: int = 0

    def shoot(
        self,
        *found: str,
        days: float = 0,
        hours: float = 0,
        at: tuple[float, float] | None = STREET,
        accuracy_m: float | None = 5,
        heading_deg: float | None = None,
        name: str | None = None,
        score: float = 0.8,
        side: float = 0.2,
        unusable: Unusable | None = None,
        experimental: bool = False,
        moment: datetime | None = None,
    ) -> Result:
        """A photo in which these categories were found."""
        self.taken += 1
        name = name or f"photo-{self.taken}.jpg"
        data = f"the bytes of {name}".encode()
        sha256 = hashlib.sha256(data).hexdigest()
        taken_at = moment or MONDAY + timedelta(days=days, hours=hours)
        location = Location(*at, accuracy_m, "exif") if at else None
        box = (0.3, 0.4, 0.3 + side, 0.4 + side)
        seen = tuple(
            Observation(code, box, score, self.model.id, self.model.version, sha256, experimental)
            for code in found
        )
        covers = frozenset(c.category for c in self.model.classes if c.category)
        return Result(
            source=name,
            path=Path("/photos") / name,
            status="unusable" if unusable else "ok",
            reason_code=unusable.value if unusable else None,
            message=f"too {unusable.value}" if unusable else None,
            photo=Head(sha256, taken_at, location, heading_deg),
            observations=seen,
            coverage=Coverage(sha256, name, taken_at, location, unusable is None, unusable, covers),
            data=data,
        )

    def fail(self, reason: str = "truncated", *, name: str | None = None) -> Result:
        """A photo that can't be read."""
        self.taken += 1
        name = name or f"broken-{self.taken}.jpg"
        path = Path("/photos") / name
        return Result(name, path, "unreadable", reason, f"{name} is {reason}")
