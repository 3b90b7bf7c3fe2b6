"""Which pictures were taken at one place or in one go, by what their EXIF says."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path

import numpy as np

from detect.errors import UnreadablePhoto
from detect.photo import read_photo
from detect.training.scenes import join

SAME_PLACE_M = 50.0
IN_ONE_GO_S = 30.0
_M_A_DEGREE = 111_320.0


@dataclass(frozen=True, slots=True)
class Taken:
    """Where and when a picture was taken, as far as the file itself says."""

    lat: float | None = None
    lon: float | None = None
    at: datetime | None = None


def taken(path: Path) -> Taken:
    """What the file says of itself; nothing where it can't be read."""
    try:
        photo = read_photo(path.read_bytes(), path.name, hints=None, now=datetime.now(UTC))
    except (OSError, UnreadablePhoto):
        return Taken()
    place = photo.location
    at = photo.taken_at if photo.time_origin == "exif" else None
    return Taken(place.lat if place else None, place.lon if place else None, at)


def group_series(rows: Sequence[Taken]) -> list[str | None]:
    """A group for each picture that says where or when it was taken; None for the others.

    Pictures within SAME_PLACE_M, whenever they were taken, and pictures taken within IN_ONE_GO_S
    of each other share a group.
    """
    links = _near(rows) + _in_a_row(rows)
    roots = join(len(rows), links, [None] * len(rows))
    known = [row.lat is not None or row.at is not None for row in rows]
    return [f"series-{root}" if k else None for root, k in zip(roots, known, strict=True)]


def _near(rows: Sequence[Taken]) -> list[tuple[int, int]]:
    placed = [i for i, row in enumerate(rows) if row.lat is not None and row.lon is not None]
    if len(placed) < 2:
        return []
    lat = np.array([rows[i].lat for i in placed], np.float64)
    lon = np.array([rows[i].lon for i in placed], np.float64)
    east = lon * np.cos(np.radians(lat.mean())) * _M_A_DEGREE
    north = lat * _M_A_DEGREE
    links = []
    for k in range(len(placed) - 1):
        close = np.hypot(east[k + 1 :] - east[k], north[k + 1 :] - north[k]) <= SAME_PLACE_M
        links += [(placed[k], placed[k + 1 + int(j)]) for j in np.flatnonzero(close)]
    return links


def _in_a_row(rows: Sequence[Taken]) -> list[tuple[int, int]]:
    timed = sorted((row.at, i) for i, row in enumerate(rows) if row.at is not None)
    return [
        (min(i, j), max(i, j))
        for (first, i), (second, j) in pairwise(timed)
        if (second - first).total_seconds() <= IN_ONE_GO_S
    ]
