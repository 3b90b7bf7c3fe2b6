"""CVAT for images 1.1: one XML with every picture, boxes and polygons in pixels."""

from __future__ import annotations

import math
import xml.etree.ElementTree as ET
from collections.abc import Sequence
from pathlib import Path
from xml.etree.ElementTree import Element, SubElement

from detect.datasets.labelled import (
    Corners,
    LabelledBox,
    LabelledPicture,
    LabelledSet,
    around,
    number,
)
from detect.datasets.text import read_xml
from detect.training.errors import DatasetError

NAME = "cvat"
NO_AREA = frozenset({"points", "polyline", "skeleton", "tag"})


def recognise(source: Path) -> bool:
    """Whether the file, or the folder's annotations.xml, is CVAT's."""
    path = _file(source)
    if path is None:
        return False
    try:
        return read_xml(path).tag == "annotations"
    except DatasetError:
        return False


def read(source: Path) -> LabelledSet:
    """The set in a CVAT file. Raises DatasetError."""
    path = _file(source)
    if path is None:
        raise DatasetError(f"{source}: holds no annotations.xml")
    root = read_xml(path)
    if root.tag != "annotations" or root.find("track") is not None:
        raise DatasetError(
            f"{path}: is no export for images (<{root.tag}>, or tracks of a video)",
            mend="Export from CVAT as 'CVAT for images 1.1'.",
        )
    declared = [name.text or "" for name in root.iterfind("meta//labels/label/name")]
    pictures, skipped = [], 0
    for image in root.iterfind("image"):
        picture, left_out = _picture(image, path)
        pictures.append(picture)
        skipped += left_out
    names = dict.fromkeys([*declared, *(b.label for p in pictures for b in p.boxes)])
    return LabelledSet(NAME, tuple(names), tuple(pictures), skipped=skipped)


def write(path: Path, pictures: Sequence[LabelledPicture], names: Sequence[str]) -> None:
    """Writes an annotations.xml that CVAT imports; boxes in fractions need a stated size."""
    root = Element("annotations")
    SubElement(root, "version").text = "1.1"
    labels = SubElement(SubElement(SubElement(root, "meta"), "task"), "labels")
    for name in names:
        SubElement(SubElement(labels, "label"), "name").text = name
    for number_, picture in enumerate(pictures):
        width, height = picture.size_px or (0, 0)
        attributes = {"id": str(number_), "name": picture.name}
        attributes |= {"width": str(width), "height": str(height)}
        image = SubElement(root, "image", attributes)
        for box in picture.boxes:
            scale = (1, 1, 1, 1) if box.in_px else (width, height, width, height)
            corners = [f"{v * s:.2f}" for v, s in zip(box.xyxy, scale, strict=True)]
            keys = ("xtl", "ytl", "xbr", "ybr")
            SubElement(
                image,
                "box",
                {"label": box.label, "source": "auto", "occluded": "0"}
                | dict(zip(keys, corners, strict=True)),
            )
    ET.indent(root)
    path.write_bytes(ET.tostring(root, encoding="utf-8", xml_declaration=True))


def _file(source: Path) -> Path | None:
    if source.is_file():
        return source if source.suffix.lower() == ".xml" else None
    return next((p for p in [source / "annotations.xml"] if p.is_file()), None)


def _picture(image: Element, path: Path) -> tuple[LabelledPicture, int]:
    name = image.get("name")
    if not name:
        raise DatasetError(f"{path}: an <image> has no name")
    where = f"{path}: {name}"
    areas = [child for child in image if child.tag not in NO_AREA]
    boxes = tuple(LabelledBox(_label(c, where), _corners(c, where), in_px=True) for c in areas)
    size = (
        int(number(image.get("width", 0), where)),
        int(number(image.get("height", 0), where)),
    )
    stated = size if min(size) > 0 else None
    return LabelledPicture(name, boxes, where, stated), len(image) - len(areas)


def _label(shape: Element, where: str) -> str:
    label = shape.get("label")
    if not label:
        raise DatasetError(f"{where}: a <{shape.tag}> has no label")
    return label


def _corners(shape: Element, where: str) -> Corners:
    if shape.tag == "polygon":
        pairs = [pair.split(",") for pair in shape.get("points", "").split(";") if pair]
        return around([(number(p[0], where), number(p[-1], where)) for p in pairs], where)
    keys = ("xtl", "ytl", "xbr", "ybr")
    if shape.tag == "mask":
        left, top, width, height = (
            number(shape.get(k), where) for k in ("left", "top", "width", "height")
        )
        return left, top, left + width, top + height
    if shape.tag != "box" or any(shape.get(key) is None for key in keys):
        raise DatasetError(f"{where}: can't make a box of <{shape.tag}>")
    x1, y1, x2, y2 = (number(shape.get(key), where) for key in keys)
    return turned((x1, y1, x2, y2), number(shape.get("rotation", 0), where))


def turned(box: Corners, degrees: float) -> Corners:
    """The upright box around a box turned about its centre.

    >>> turned((0, 0, 4, 2), 90)
    (1.0, -1.0, 3.0, 3.0)
    """
    if not degrees:
        return box
    x1, y1, x2, y2 = box
    cosine, sine = abs(math.cos(math.radians(degrees))), abs(math.sin(math.radians(degrees)))
    half_w = ((x2 - x1) * cosine + (y2 - y1) * sine) / 2
    half_h = ((x2 - x1) * sine + (y2 - y1) * cosine) / 2
    cx, cy = (x1 + x2) / 2, (y1 + y2) / 2
    return cx - half_w, cy - half_h, cx + half_w, cy + half_h
