"""Boxes of what is in a picture, from the scene itself."""

from __future__ import annotations

import json
from pathlib import Path

import bpy
import numpy as np

from scripts.samples.shape import Array
from scripts.samples.stage import Stage


def boxes(stage: Stage, width_px: int, height_px: int) -> list[dict[str, object]]:
    """One box a group: category and [x1, y1, x2, y2] in pixels of the upright picture."""
    bpy.context.view_layer.update()
    found = []
    for group, objects in sorted(stage.groups.items()):
        points = np.concatenate([corners(stage, thing) for thing in objects])
        points = points[points[:, 2] > 0.1]
        if not len(points):
            continue
        x, y = points[:, 0] * width_px, (1 - points[:, 1]) * height_px
        low, high = (0.4, 99.6) if len(objects) > 20 else (0, 100)
        box = [
            np.percentile(x, low),
            np.percentile(y, low),
            np.percentile(x, high),
            np.percentile(y, high),
        ]
        limit = (width_px, height_px, width_px, height_px)
        clipped = [round(float(np.clip(v, 0, m))) for v, m in zip(box, limit, strict=True)]
        if clipped[2] - clipped[0] < 8 or clipped[3] - clipped[1] < 8:
            continue
        found.append({"category": group.split("/")[0], "box_px": clipped})
    return found


def write(stage: Stage, path: Path, width_px: int, height_px: int) -> None:
    """The boxes as JSON, beside the render."""
    found = {
        "width_px": width_px,
        "height_px": height_px,
        "findings": boxes(stage, width_px, height_px),
    }
    path.write_text(json.dumps(found), encoding="utf-8")


def corners(stage: Stage, thing: bpy.types.Object) -> Array:
    """Picture coordinates (x, y in 0..1, depth in metres) of some 200 of an object's vertices."""
    vertices = thing.data.vertices
    flat = np.empty(len(vertices) * 3)
    vertices.foreach_get("co", flat)
    local = flat.reshape(-1, 3)[:: max(len(vertices) // 200, 1)]
    camera = stage.scene.camera
    to_camera = np.array(camera.matrix_world.inverted() @ thing.matrix_world)
    seen = local @ to_camera[:3, :3].T + to_camera[:3, 3]
    frame = np.array([list(v) for v in camera.data.view_frame(scene=stage.scene)])
    half = np.abs(frame[:, :2] / frame[:, 2:]).max(axis=0)
    depth = -seen[:, 2]
    with np.errstate(divide="ignore", invalid="ignore"):
        x, y = (seen[:, k] / depth / half[k] / 2 + 0.5 for k in (0, 1))
    return np.column_stack([x, y, depth])
