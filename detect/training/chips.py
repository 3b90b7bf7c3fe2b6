"""Windows cut out of a picture at its stored resolution, for things too small on the whole picture.

A 2000 px photo at the network's 640 px shows a bottle as a speck. A chip shows a part of the photo
at a zoom drawn between two bounds, most often around a labelled box, at the cost of one small
picture. What a window cuts to less than a quarter of its area is not labelled.
"""

from __future__ import annotations

import random
from collections.abc import Mapping
from dataclasses import dataclass
from math import exp, log
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from detect.training.errors import RecipeError
from detect.types import Image

Floats = npt.NDArray[np.float64]

GREY = 114
LEAST_PX = 3.0  # a thing smaller than this in the chip teaches nothing
LEAST_SEEN = 0.25


@dataclass(frozen=True)
class ChipPlan:
    """`datasets` are cut at a zoom within `zoom`, around a box in a share `focus` of the draws.

    Zoom 1 is the stored resolution. Each picture is drawn `repeat` times a pass.
    """

    datasets: tuple[str, ...]
    zoom: tuple[float, float] = (0.9, 1.7)
    repeat: int = 1
    focus: float = 0.85


def chip_plan(raw: Mapping[str, Any]) -> ChipPlan:
    """The plan in a recipe's `chips`. Raises RecipeError naming the key at fault."""
    legal = ("datasets", "zoom", "repeat", "focus")
    if unknown := [key for key in raw if key not in legal]:
        raise RecipeError(f"chips: unknown key {unknown[0]!r}; legal are {', '.join(legal)}")
    zoom = tuple(float(bound) for bound in raw.get("zoom", ChipPlan.zoom))
    if len(zoom) != 2 or not 0 < zoom[0] <= zoom[1]:
        raise RecipeError(f"chips: zoom must be two rising numbers above 0, got {list(zoom)}")
    plan = ChipPlan(
        tuple(raw.get("datasets") or ()),
        (zoom[0], zoom[1]),
        int(raw.get("repeat", 1)),
        float(raw.get("focus", ChipPlan.focus)),
    )
    if not plan.datasets or plan.repeat < 1 or not 0 <= plan.focus <= 1:
        raise RecipeError("chips: wants datasets, repeat of 1 or more, focus within 0..1")
    return plan


def cut_chip(
    image: Image, boxes_xyxy: Floats, side_px: int, plan: ChipPlan, rng: random.Random
) -> tuple[Image, Floats, npt.NDArray[np.intp]]:
    """A (side, side, 3) window, the boxes (n, 4) seen in it in its pixels, and which they were."""
    zoom = exp(rng.uniform(log(plan.zoom[0]), log(plan.zoom[1])))
    window = side_px / zoom
    height_px, width_px = image.shape[:2]
    target = None
    if len(boxes_xyxy) and rng.random() < plan.focus:
        target = boxes_xyxy[rng.randrange(len(boxes_xyxy))]
    x = _start(width_px, window, None if target is None else target[[0, 2]], rng)
    y = _start(height_px, window, None if target is None else target[[1, 3]], rng)
    turn = np.array([[zoom, 0, -x * zoom], [0, zoom, -y * zoom]])
    chip = cv2.warpAffine(
        image,
        turn,
        (side_px, side_px),
        flags=cv2.INTER_AREA if zoom < 1 else cv2.INTER_LINEAR,
        borderValue=(GREY, GREY, GREY),
    )
    moved = (boxes_xyxy.reshape(-1, 4) - np.array([x, y, x, y])) * zoom
    seen = moved.clip(0, side_px)
    sides = seen[:, 2:] - seen[:, :2]
    whole = (moved[:, 2:] - moved[:, :2]).prod(axis=1)
    fine = (sides.min(axis=1) >= LEAST_PX) & (sides.prod(axis=1) >= LEAST_SEEN * whole)
    kept = np.flatnonzero(fine)
    return np.asarray(chip, np.uint8), seen[kept], kept


def _start(length: int, window: float, target: Floats | None, rng: random.Random) -> float:
    """Where the window starts along one axis: over the target if one is given."""
    room = length - window
    if room <= 0:
        return rng.uniform(room, 0)
    if target is None:
        return rng.uniform(0, room)
    low, high = sorted((float(target[1]) - window, float(target[0])))
    return min(max(rng.uniform(low, high), 0.0), room)
