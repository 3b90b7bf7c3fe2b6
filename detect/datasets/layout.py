"""A set of the project's layout, as pictures with boxes under the set's own class names."""

from __future__ import annotations

from pathlib import Path

from detect.datasets.exporting import Drawn
from detect.datasets.labelled import LabelledBox
from detect.training.dataset import IMAGE_SUFFIXES, DatasetSpec
from detect.training.errors import DatasetError
from detect.training.labels import Boxes, read_yolo


def drawn_pictures(spec: DatasetSpec, folder: Path) -> list[Drawn]:
    """Every labelled picture of the set in ``folder``. Raises DatasetError."""
    files = sorted(p for p in (folder / "images").glob("*") if p.suffix.lower() in IMAGE_SUFFIXES)
    drawn = []
    for path in files:
        label = folder / "labels" / f"{path.stem}.txt"
        if label.is_file():
            boxes = read_yolo(label, len(spec.names))
            drawn.append(Drawn(path.name, path, named_boxes(boxes, spec.names)))
    if not drawn:
        raise DatasetError(
            f"{folder}: holds no labelled picture", mend="Name the folder above images/ and labels/"
        )
    return drawn


def named_boxes(boxes: Boxes, names: tuple[str, ...] | list[str]) -> tuple[LabelledBox, ...]:
    """Boxes with the names of their classes, as corners in fractions."""
    corners = boxes.xyxy_px(1, 1)
    return tuple(
        LabelledBox(names[int(c)], (float(x1), float(y1), float(x2), float(y2)))
        for c, (x1, y1, x2, y2) in zip(boxes.class_id, corners, strict=True)
    )
