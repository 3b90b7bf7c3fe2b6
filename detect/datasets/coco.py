"""COCO: one JSON with images, annotations, categories; boxes as x, y, width, height in pixels."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from detect.datasets.labelled import LabelledBox, LabelledPicture, LabelledSet, number
from detect.datasets.text import listed, need, read_json
from detect.training.errors import DatasetError

NAME = "coco"


def recognise(source: Path) -> bool:
    """Whether the file, or the only such file in the folder, is COCO's JSON."""
    return bool(_files(source))


def read(source: Path) -> LabelledSet:
    """The sets of all COCO files in ``source``, as one. Raises DatasetError."""
    pictures: list[LabelledPicture] = []
    names: dict[str, None] = {}
    crowds = 0
    for path in _files(source):
        raw = read_json(path)
        categories = {
            need(row, "id", f"{path}: categories"): str(need(row, "name", f"{path}: categories"))
            for row in listed(need(raw, "categories", str(path)), f"{path}: categories")
        }
        names.update(dict.fromkeys(categories.values()))
        boxes, left_out = _boxes(raw, categories, path)
        crowds += left_out
        pictures += _pictures(raw, boxes, path)
    return LabelledSet(NAME, tuple(names), tuple(pictures), skipped=crowds)


def _files(source: Path) -> list[Path]:
    paths = [source] if source.is_file() else sorted(source.rglob("*.json"))
    return [p for p in paths if p.suffix.lower() == ".json" and _is_coco(p)]


def _is_coco(path: Path) -> bool:
    try:
        raw = read_json(path)
    except DatasetError:
        return False
    return isinstance(raw, Mapping) and {"images", "annotations", "categories"} <= set(raw)


def _boxes(
    raw: Any, categories: Mapping[Any, str], path: Path
) -> tuple[dict[Any, list[LabelledBox]], int]:
    """Image id → its boxes, and how many crowds (boxes around many things) were left out."""
    found: dict[Any, list[LabelledBox]] = defaultdict(list)
    crowds = 0
    for row in listed(need(raw, "annotations", str(path)), f"{path}: annotations"):
        where = f"{path}: annotation {row.get('id', '?') if isinstance(row, dict) else '?'}"
        if row.get("iscrowd"):
            crowds += 1
            continue
        category = need(row, "category_id", where)
        if category not in categories:
            raise DatasetError(f"{where}: category_id {category} is not among the categories")
        values = [number(v, where) for v in listed(need(row, "bbox", where), where)]
        if len(values) != 4:
            raise DatasetError(f"{where}: bbox must be x, y, width, height, got {values}")
        x, y, w, h = values
        _refuse_fractions(values, where)
        box = LabelledBox(categories[category], (x, y, x + w, y + h), in_px=True)
        found[need(row, "image_id", where)].append(box)
    return found, crowds


def _refuse_fractions(values: list[float], where: str) -> None:
    if 0 < max(values) <= 1:
        raise DatasetError(
            f"{where}: bbox {values} looks like fractions where COCO has pixels",
            mend="Multiply by the picture's width and height.",
        )


def _pictures(
    raw: Any, boxes: Mapping[Any, list[LabelledBox]], path: Path
) -> list[LabelledPicture]:
    pictures, known = [], set()
    for row in listed(need(raw, "images", str(path)), f"{path}: images"):
        where = f"{path}: image {row.get('id', '?') if isinstance(row, dict) else '?'}"
        image_id = need(row, "id", where)
        known.add(image_id)
        width, height = row.get("width"), row.get("height")
        size = (int(width), int(height)) if width and height else None
        name = str(need(row, "file_name", where))
        pictures.append(LabelledPicture(name, tuple(boxes.get(image_id, ())), where, size))
    if lost := sorted(str(key) for key in set(boxes) - known):
        raise DatasetError(f"{path}: annotations of images that are not listed: {lost[:5]}")
    return pictures
