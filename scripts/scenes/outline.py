"""Boxes of groups from all their vertices, and the part of a picture that anything covers."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import bpy
import numpy as np

from scripts.samples.shape import Array
from scripts.samples.stage import Stage

NEAR_M = 0.1
SMALLEST_PX = 10


def extent(stage: Stage, things: Iterable[Any]) -> Array | None:
    """x1, y1, x2, y2 of objects in 0..1 of the picture, not clipped; None behind the camera."""
    seen = np.concatenate([_projected(stage, thing) for thing in things] or [np.zeros((0, 3))])
    seen = seen[seen[:, 2] > NEAR_M]
    if not len(seen):
        return None
    low, high = seen[:, :2].min(axis=0), seen[:, :2].max(axis=0)
    return np.array([low[0], 1 - high[1], high[0], 1 - low[1]])


def write(
    stage: Stage, path: Path, width_px: int, height_px: int, shift: tuple[float, float] = (0, 0)
) -> None:
    """The boxes of all groups as JSON; `shift` is the left upper corner of a cropped picture."""
    bpy.context.view_layer.update()
    found = []
    for group, things in sorted(stage.groups.items()):
        box = extent(stage, things)
        if box is None:
            continue
        whole = box * [width_px, height_px, width_px, height_px]
        clipped = np.clip(whole, 0, [width_px, height_px, width_px, height_px])
        sides = clipped[2:] - clipped[:2]
        # What the picture's border cuts to less than a third can't be called found.
        if sides.min() < SMALLEST_PX or sides.prod() < 0.33 * (whole[2:] - whole[:2]).prod():
            continue
        moved = clipped - np.tile(shift, 2)
        found.append({"class": group.split("/")[0], "box_px": [round(float(v), 1) for v in moved]})
    path.write_text(json.dumps({"findings": found}), encoding="utf-8")


def _projected(stage: Stage, thing: Any) -> Array:
    """(n, 3) picture coordinates in 0..1, y upwards, and the depth in metres."""
    vertices = thing.data.vertices
    flat = np.empty(len(vertices) * 3)
    vertices.foreach_get("co", flat)
    camera = stage.scene.camera
    to_camera = np.array(camera.matrix_world.inverted() @ thing.matrix_world)
    local = flat.reshape(-1, 3) @ to_camera[:3, :3].T + to_camera[:3, 3]
    frame = np.array([list(v) for v in camera.data.view_frame(scene=stage.scene)])
    half = np.abs(frame[:, :2] / frame[:, 2:]).max(axis=0)
    depth = -local[:, 2]
    away = np.maximum(depth, 1e-6)
    return np.column_stack(
        [local[:, 0] / away / half[0] / 2 + 0.5, local[:, 1] / away / half[1] / 2 + 0.5, depth]
    )
