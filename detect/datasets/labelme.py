"""LabelMe: one JSON a picture with shapes of points in pixels."""

from __future__ import annotations

import math
from collections.abc import Mapping
from pathlib import Path, PureWindowsPath
from typing import Any

from detect.datasets.labelled import (
    Corners,
    LabelledBox,
    LabelledPicture,
    LabelledSet,
    around,
    number,
    seen_names,
)
from detect.datasets.text import listed, need, read_json
from detect.training.errors import DatasetError

NAME = "labelme"
NO_AREA = frozenset({"point", "line", "linestrip", "points"})


def recognise(source: Path) -> bool:
    """Whether the folder holds a JSON with shapes of an image."""
    return any(_is_labelme(path) for path in _files(source))


def read(source: Path) -> LabelledSet:
    """The set in a folder of JSON files. Raises DatasetError."""
    pictures, skipped = [], 0
    for path in _files(source):
        raw = read_json(path)
        if not isinstance(raw, Mapping) or "shapes" not in raw:
            raise DatasetError(
                f"{path}: is no LabelMe file (no 'shapes'): label formats are mixed",
                mend="Keep one format a folder and import each by itself.",
            )
        picture, left_out = _picture(raw, path)
        pictures.append(picture)
        skipped += left_out
    return LabelledSet(NAME, seen_names(pictures), tuple(pictures), skipped=skipped)


def _files(source: Path) -> list[Path]:
    return sorted(source.rglob("*.json")) if source.is_dir() else []


def _is_labelme(path: Path) -> bool:
    try:
        raw = read_json(path)
    except DatasetError:
        return False
    return isinstance(raw, Mapping) and {"shapes", "imagePath"} <= set(raw)


def _picture(raw: Mapping[str, Any], path: Path) -> tuple[LabelledPicture, int]:
    shapes = listed(need(raw, "shapes", str(path)), f"{path}: shapes")
    areas = [s for s in shapes if need(s, "label", str(path)) and not _is_point(s)]
    boxes = tuple(
        LabelledBox(str(shape["label"]), _corners(shape, str(path)), in_px=True) for shape in areas
    )
    width, height = raw.get("imageWidth"), raw.get("imageHeight")
    size = (int(width), int(height)) if width and height else None
    name = PureWindowsPath(str(need(raw, "imagePath", str(path)))).name
    return LabelledPicture(name, boxes, str(path), size), len(shapes) - len(areas)


def _is_point(shape: Mapping[str, Any]) -> bool:
    return shape.get("shape_type") in NO_AREA


def _corners(shape: Mapping[str, Any], where: str) -> Corners:
    points = [
        (number(p[0], where), number(p[1], where))
        for p in listed(need(shape, "points", where), where)
        if len(p) == 2
    ]
    if shape.get("shape_type") == "circle" and len(points) == 2:
        (x, y), edge = points
        radius = math.dist((x, y), edge)
        return x - radius, y - radius, x + radius, y + radius
    return around(points, where)
