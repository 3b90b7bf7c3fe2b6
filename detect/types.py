"""The few types that everything in tidycity speaks. Read this file first.

Frozen, typed and checked on construction; pure functions run between them and input and output
happen only at the two ends::

    photo -> Frame -> Engine -> Detections -> Observation + Coverage -> (issues) Issue

The one type that is not here is ``Issue``: it belongs to the package ``issues``, which detect never
imports (``issues/issue.py``; docs/decisions/0001).

Errors: every constructor raises ``ValueError`` with what was got and what is allowed.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import TYPE_CHECKING, Literal, Protocol

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from pathlib import Path

Image = NDArray[np.uint8]
"""An upright picture, (H, W, 3) uint8, BGR."""

LocationOrigin = Literal["exif", "camera", "manual", "sidecar"]
TimeOrigin = Literal["exif", "sidecar", "camera", "manual", "file"]


def _aware(moment: datetime, name: str) -> None:
    if moment.tzinfo is None or moment.utcoffset() is None:
        raise ValueError(f"{name} must carry a time zone, got {moment.isoformat()}")


@dataclass(frozen=True, slots=True)
class Location:
    """A point on earth in WGS-84 degrees, with its accuracy in metres (None: not stated)."""

    lat: float
    lon: float
    accuracy_m: float | None = None
    origin: LocationOrigin = "manual"

    def __post_init__(self) -> None:
        if not (math.isfinite(self.lat) and -90 <= self.lat <= 90):
            raise ValueError(f"latitude must be within -90..90 degrees, got {self.lat}")
        if not (math.isfinite(self.lon) and -180 <= self.lon <= 180):
            raise ValueError(f"longitude must be within -180..180 degrees, got {self.lon}")
        if self.accuracy_m is not None and not (
            math.isfinite(self.accuracy_m) and self.accuracy_m >= 0
        ):
            raise ValueError(f"accuracy must be zero or more metres, got {self.accuracy_m}")


@dataclass(frozen=True, slots=True, eq=False)
class Frame:
    """One picture to look at: pixels, where and when it was taken, and what it came from.

    ``image`` may have been decoded at a reduced scale; ``full_width_px`` and ``full_height_px``
    are the upright size of the original. ``sha256`` is of the original bytes, in hex.
    """

    image: Image
    source: str
    sha256: str
    full_width_px: int
    full_height_px: int
    taken_at: datetime | None = None
    time_origin: TimeOrigin | None = None
    location: Location | None = None
    heading_deg: float | None = None

    def __post_init__(self) -> None:
        shape = self.image.shape
        if self.image.dtype != np.uint8 or len(shape) != 3 or shape[2] != 3 or 0 in shape:
            raise ValueError(
                f"a frame is a non-empty (H, W, 3) uint8 array, got {shape} {self.image.dtype}"
            )
        if len(self.sha256) != 64:
            raise ValueError(f"sha256 must be 64 hex digits, got {self.sha256!r}")
        if self.taken_at is not None:
            _aware(self.taken_at, "taken_at")


@dataclass(frozen=True, slots=True, eq=False)
class Detections:
    """What an engine found in one picture, as parallel arrays.

    ``xyxy``: (n, 4) float32, pixels of the picture given to the engine; ``score``: (n,) float32 in
    0..1; ``class_id``: (n,) int32, an index into ``names``, the model's class names. ``second``:
    (n,) float32, what a second look thinks of each, 0..1, NaN where it was not asked; None: no
    second look was taken.

    >>> one = Detections.of([[0, 0, 10, 20]], [0.9], [1], ("garbage", "bin"))
    >>> len(one), one.names[one.class_id[0]]
    (1, 'bin')
    >>> len(one[one.score > 0.95])
    0
    """

    xyxy: NDArray[np.float32]
    score: NDArray[np.float32]
    class_id: NDArray[np.int32]
    names: tuple[str, ...]
    second: NDArray[np.float32] | None = None

    def __post_init__(self) -> None:
        n = len(self.score)
        if self.second is not None and self.second.shape != (n,):
            raise ValueError(f"second must be ({n},), got {self.second.shape}")
        if self.xyxy.shape != (n, 4) or self.class_id.shape != (n,) or self.score.ndim != 1:
            raise ValueError(
                "arrays must be (n, 4), (n,), (n,), got "
                f"{self.xyxy.shape}, {self.score.shape}, {self.class_id.shape}"
            )
        if n == 0:
            return
        if not np.isfinite(self.xyxy).all() or (self.xyxy[:, 2:] < self.xyxy[:, :2]).any():
            raise ValueError("boxes must be finite with x1 <= x2 and y1 <= y2")
        if not ((self.score >= 0) & (self.score <= 1)).all():
            raise ValueError("scores must be within 0..1")
        if self.class_id.min() < 0 or self.class_id.max() >= len(self.names):
            raise ValueError(f"class ids must be within 0..{len(self.names) - 1}")

    @classmethod
    def of(
        cls,
        xyxy: Sequence[Sequence[float]] | NDArray[np.float32],
        score: Sequence[float] | NDArray[np.float32],
        class_id: Sequence[int] | NDArray[np.int32],
        names: Sequence[str],
    ) -> Detections:
        """Detections from anything array-like, converted to the right shapes and dtypes."""
        return cls(
            np.asarray(xyxy, np.float32).reshape(-1, 4),
            np.asarray(score, np.float32).reshape(-1),
            np.asarray(class_id, np.int32).reshape(-1),
            tuple(names),
        )

    @classmethod
    def empty(cls, names: Sequence[str]) -> Detections:
        """No detections, of a model with these class names."""
        return cls.of([], [], [], names)

    def __len__(self) -> int:
        return len(self.score)

    def __getitem__(self, index: NDArray[np.bool_] | NDArray[np.intp] | slice) -> Detections:
        second = None if self.second is None else self.second[index]
        return Detections(
            self.xyxy[index], self.score[index], self.class_id[index], self.names, second
        )

    def seen_twice(self, second: NDArray[np.float32] | None) -> Detections:
        """The same with the scores of a second look, (n,); None: none was taken."""
        return Detections(self.xyxy, self.score, self.class_id, self.names, second)


@dataclass(frozen=True, slots=True)
class Observation:
    """One finding in one frame: a category of the catalogue, where in the picture, how sure.

    ``xyxy`` is normalised to 0..1 of the upright picture, so that it holds at every scale.
    ``second_score``: what the model's second look thought of it, 0..1; None: it was not asked.
    """

    category: str
    xyxy: tuple[float, float, float, float]
    score: float
    model_id: str
    model_version: str
    frame_sha256: str
    experimental: bool = False
    second_score: float | None = None

    def __post_init__(self) -> None:
        x1, y1, x2, y2 = self.xyxy
        if not (0 <= x1 <= x2 <= 1 and 0 <= y1 <= y2 <= 1):
            raise ValueError(
                f"a box must be normalised (0..1, x1 <= x2, y1 <= y2), got {self.xyxy}"
            )
        if not 0 <= self.score <= 1:
            raise ValueError(f"a score must be within 0..1, got {self.score}")
        if not self.category:
            raise ValueError("an observation needs a category")


class Unusable(StrEnum):
    """Why a readable picture can't be relied on to show that a place is clean."""

    DARK = "dark"
    OVEREXPOSED = "overexposed"
    BLURRED = "blurred"
    BLOCKED = "blocked"
    TOO_SMALL = "too_small"


@dataclass(frozen=True, slots=True)
class Coverage:
    """A place was looked at, at this time, and the frame was usable or not.

    "Not observed" is never "clean": only a usable coverage may speak for absence.
    ``categories`` are those that the model could have found.
    """

    frame_sha256: str
    source: str
    taken_at: datetime
    location: Location | None
    usable: bool
    reason: Unusable | None
    categories: frozenset[str]

    def __post_init__(self) -> None:
        _aware(self.taken_at, "taken_at")
        if self.usable == (self.reason is not None):
            raise ValueError("a coverage is usable, or has a reason why not: exactly one of them")


class ModelClass(Protocol):
    """One class of a model: its name, the category it stands for (None: context), threshold."""

    @property
    def name(self) -> str: ...
    @property
    def category(self) -> str | None: ...
    @property
    def threshold(self) -> float: ...
    @property
    def experimental(self) -> bool: ...


class Model(Protocol):
    """What is known of a loaded model; ``classes`` is in the order of class ids."""

    @property
    def id(self) -> str: ...
    @property
    def version(self) -> str: ...
    @property
    def input_px(self) -> int: ...
    @property
    def classes(self) -> Sequence[ModelClass]: ...


class Engine(Protocol):
    """Runs a model. ``detect`` gives one Detections an image, in order, in the image's pixels.

    Detections come at or above each class's threshold in the model's card.
    """

    @property
    def model(self) -> Model: ...
    def detect(self, images: Sequence[Image]) -> list[Detections]: ...


class FrameSource(Protocol):
    """Gives what there is to look at, in order, without decoding it."""

    def __iter__(self) -> Iterator[Path]: ...


class Clock(Protocol):
    """Says what time it is, aware, in UTC."""

    def now(self) -> datetime: ...
