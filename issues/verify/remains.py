"""Is the problem gone? Looked for on its region in the after photo, around it, and beside it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from detect.alignment import Alignment
from detect.likeness import agreement, pattern
from detect.observe import observations
from detect.tiling import detect_tiled, tile_plan
from detect.types import Detections, Engine, Image, Observation
from issues.verify.photographs import Box
from issues.verify.rules import Rules
from issues.verify.verification import Point

_ALIKE = 0.7
_TEXTURE = 1.5
_BLOCK_PX = 16
_LEAST_BLOCKS = 4
_WHOLE: Box = (0.0, 0.0, 1.0, 1.0)


@dataclass(frozen=True, slots=True)
class Region:
    """Where the problem was, in the after photo: its outline, the box around it, what is seen.

    ``visible``: the share of the box inside the picture; ``least_px``: the shorter side of that.
    """

    outline: tuple[Point, ...]
    box: Box
    visible: float
    least_px: float


@dataclass(frozen=True, slots=True)
class Found:
    """What was found in the after photo: on the region, beside it, elsewhere."""

    on_region: float | None
    beside: float | None
    movable: tuple[Box, ...]


def region_of(boxes: Iterable[Box], alignment: Alignment, image: Image) -> Region:
    """The boxes of a before photo, carried to the after photo."""
    rows = np.array(list(boxes), np.float64)
    x1, y1 = rows[:, 0].min(), rows[:, 1].min()
    x2, y2 = rows[:, 2].max(), rows[:, 3].max()
    corners = alignment.carry(np.array([[x1, y1], [x2, y1], [x2, y2], [x1, y2]]))
    low, high = corners.min(axis=0), corners.max(axis=0)
    inside = np.clip(high, 0, 1) - np.clip(low, 0, 1)
    whole = np.maximum(high - low, 1e-6)
    height_px, width_px = image.shape[:2]
    return Region(
        outline=tuple((round(float(x), 4), round(float(y), 4)) for x, y in corners),
        box=(float(low[0]), float(low[1]), float(high[0]), float(high[1])),
        visible=float(np.prod(inside / whole)),
        least_px=float(min(inside[0] * width_px, inside[1] * height_px)),
    )


def look(image: Image, engine: Engine, sha256: str) -> tuple[tuple[Observation, ...], Detections]:
    """Everything the model finds in the whole picture."""
    height_px, width_px = image.shape[:2]
    plan = tile_plan(width_px, height_px, engine.model.input_px, "auto")
    found = engine.detect([image])[0] if plan is None else detect_tiled(image, engine.detect, plan)
    return observations(found, image.shape, engine.model, sha256), found


def look_closer(
    image: Image, engine: Engine, sha256: str, region: Region, rules: Rules
) -> tuple[Observation, ...]:
    """What the model finds around the region alone, enlarged; boxes of the whole picture."""
    height_px, width_px = image.shape[:2]
    x1, y1, x2, y2 = _clipped(_widened(region.box, rules.nearby))
    left, top = int(x1 * width_px), int(y1 * height_px)
    right, bottom = round(x2 * width_px), round(y2 * height_px)
    if min(right - left, bottom - top) < rules.region_px:
        return ()
    part = np.ascontiguousarray(image[top:bottom, left:right])
    found = engine.detect([part])[0]
    moved = Detections(
        found.xyxy + np.array([left, top, left, top], np.float32),
        found.score,
        found.class_id,
        found.names,
    )
    return observations(moved, image.shape, engine.model, sha256)


def remains(
    seen: Iterable[Observation], categories: frozenset[str], region: Region, rules: Rules
) -> tuple[float | None, float | None]:
    """The best score of a finding on the region, and of one beside it."""
    on_region: float | None = None
    beside: float | None = None
    for one in seen:
        if one.category not in categories:
            continue
        if _touches(one.xyxy, _widened(region.box, rules.around)):
            on_region = max(on_region or 0.0, one.score)
        elif _touches(one.xyxy, _widened(region.box, rules.nearby)):
            beside = max(beside or 0.0, one.score)
    return on_region, beside


def unchanged(
    before: Image, after: Image, boxes: Iterable[Box], alignment: Alignment
) -> float | None:
    """The share of the region's pieces that look as they did before; None for a plain region."""
    first, second = pattern(before, 640), pattern(after, 640)
    to_first = np.linalg.inv(_in_pixels(alignment.matrix, first.shape, second.shape))
    size = (first.shape[1], first.shape[0])
    laid = cv2.warpPerspective(second, to_first, size, flags=cv2.INTER_LINEAR)
    there = cv2.warpPerspective(np.ones(second.shape, np.float32), to_first, size)
    alike, contrast = agreement(first, np.asarray(laid, np.float32), _BLOCK_PX)
    strong = agreement(first, first, _BLOCK_PX)[1]
    rows, columns = alike.shape
    mask = np.zeros((rows, columns), np.bool_)
    for x1, y1, x2, y2 in boxes:
        mask[
            int(y1 * rows) : max(int(y1 * rows) + 1, round(y2 * rows)),
            int(x1 * columns) : max(int(x1 * columns) + 1, round(x2 * columns)),
        ] = True
    seen = cv2.resize(there, (columns, rows), interpolation=cv2.INTER_AREA) > 0.95
    telling = mask & seen & (strong > _TEXTURE)
    if telling.sum() < _LEAST_BLOCKS:
        return None
    return float(((alike > _ALIKE) & (contrast > _TEXTURE))[telling].mean())


def _in_pixels(
    matrix: NDArray[np.float64], first: tuple[int, ...], second: tuple[int, ...]
) -> NDArray[np.float64]:
    ends = np.diag([second[1], second[0], 1.0])
    return np.asarray(ends @ matrix @ np.diag([1 / first[1], 1 / first[0], 1.0]), np.float64)


def _widened(box: Box, share: float) -> Box:
    """The box with a border of ``share`` of its sides."""
    x1, y1, x2, y2 = box
    wide, high = share * (x2 - x1), share * (y2 - y1)
    return x1 - wide, y1 - high, x2 + wide, y2 + high


def _clipped(box: Box) -> Box:
    x1, y1, x2, y2 = (min(1.0, max(0.0, side)) for side in box)
    return x1, y1, x2, y2


def _touches(finding: Box, area: Box) -> bool:
    """Whether a finding's middle lies in an area, or it covers a good part of it."""
    x, y = (finding[0] + finding[2]) / 2, (finding[1] + finding[3]) / 2
    if area[0] <= x <= area[2] and area[1] <= y <= area[3]:
        return True
    wide = min(finding[2], area[2]) - max(finding[0], area[0])
    high = min(finding[3], area[3]) - max(finding[1], area[1])
    whole = max((area[2] - area[0]) * (area[3] - area[1]), 1e-9)
    return wide > 0 and high > 0 and wide * high / whole > 0.25
