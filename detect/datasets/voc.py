"""Pascal VOC: one XML a picture; corners in pixels, counted from 1, both ends included."""

from __future__ import annotations

from pathlib import Path
from xml.etree.ElementTree import Element

from detect.datasets.labelled import (
    LabelledBox,
    LabelledPicture,
    LabelledSet,
    number,
    seen_names,
)
from detect.datasets.text import read_xml
from detect.training.errors import DatasetError

NAME = "voc"


def recognise(source: Path) -> bool:
    """Whether the folder's first XML file is one of VOC's."""
    first = next(iter(_files(source)), None)
    if first is None:
        return False
    try:
        return read_xml(first).tag == "annotation"
    except DatasetError:
        return False


def read(source: Path) -> LabelledSet:
    """The set in a folder of XML files. Raises DatasetError."""
    pictures = [_picture(path) for path in _files(source)]
    return LabelledSet(NAME, seen_names(pictures), tuple(pictures))


def _files(source: Path) -> list[Path]:
    return sorted(source.rglob("*.xml")) if source.is_dir() else []


def _picture(path: Path) -> LabelledPicture:
    root = read_xml(path)
    if root.tag != "annotation":
        raise DatasetError(
            f"{path}: is <{root.tag}>, not <annotation>: label formats are mixed",
            mend="Keep one format a folder and import each by itself.",
        )
    name = (root.findtext("filename") or "").strip() or path.stem
    width, height = root.findtext("size/width"), root.findtext("size/height")
    size = (
        (int(number(width, str(path))), int(number(height, str(path))))
        if width and height
        else None
    )
    boxes = tuple(_box(item, str(path)) for item in root.findall("object"))
    return LabelledPicture(name, boxes, str(path), size if size and min(size) > 0 else None)


def _box(item: Element, where: str) -> LabelledBox:
    label = (item.findtext("name") or "").strip()
    corners = [item.findtext(f"bndbox/{key}") for key in ("xmin", "ymin", "xmax", "ymax")]
    if not label or None in corners:
        raise DatasetError(f"{where}: an <object> lacks its <name> or a corner of its <bndbox>")
    x1, y1, x2, y2 = (number(value, where) for value in corners)
    return LabelledBox(label, (x1 - 1, y1 - 1, x2, y2), in_px=True)
