"""The photos that a verification looks at: decoded once, with their features."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property

import numpy as np

from detect.engines.learned_view import shipped_matcher
from detect.errors import UnreadablePhoto
from detect.local_features import LocalFeatures, local_features
from detect.photo import Photo, decode_photo, read_photo
from detect.types import Image, Location

LOOK_PX = 1280
Box = tuple[float, float, float, float]


@dataclass(frozen=True, eq=False)
class Picture:
    """One photo with its pixels. Features are computed when they are first asked for."""

    photo: Photo
    image: Image

    @cached_property
    def features(self) -> LocalFeatures:
        """Its keypoints."""
        return local_features(self.image)

    @cached_property
    def mirrored(self) -> LocalFeatures:
        """The keypoints of its mirror image."""
        return local_features(np.ascontiguousarray(self.image[:, ::-1]))

    @cached_property
    def learned(self) -> LocalFeatures:
        """The keypoints that a learned network finds in it. Raises ModelError."""
        return shipped_matcher().points(self.image)

    @property
    def sha256(self) -> str:
        """Of the original bytes."""
        return self.photo.sha256


@dataclass(frozen=True, eq=False)
class Before:
    """A photo that shows the problem: the issue's boxes in it, and boxes of movable things."""

    picture: Picture
    boxes: tuple[Box, ...]
    movable: tuple[Box, ...] = ()


@dataclass(frozen=True, eq=False)
class Evidence:
    """What is known of the problem: where, when last seen, its photos (best first).

    ``categories``: the codes whose presence means that it is still there; ``category``: its own.
    """

    category: str
    categories: frozenset[str]
    place: Location | None
    last_seen: datetime
    reach_m: float
    before: tuple[Before, ...] = field(default=())


def open_picture(data: bytes, name: str, *, now: datetime, look_px: int = LOOK_PX) -> Picture:
    """The photo with its pixels at about ``look_px``. Raises UnreadablePhoto."""
    photo = read_photo(data, name, hints=None, now=now)
    return Picture(photo, decode_photo(data, photo, min_side_px=look_px))


def try_open(data: bytes, name: str, *, now: datetime) -> Picture | None:
    """As ``open_picture``; None for what can't be read."""
    try:
        return open_picture(data, name, now=now)
    except UnreadablePhoto:
        return None
