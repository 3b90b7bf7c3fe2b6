"""Writes a set of the project's layout for other tools: YOLO, COCO, Label Studio, CVAT.

Each is one folder: ``images/`` and the labels beside it. Written whole or not at all.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from detect.datasets import cvat, label_studio
from detect.datasets.importing import renamed_at_the_end, write_yaml
from detect.datasets.labelled import LabelledBox, LabelledPicture
from detect.datasets.soundness import upright_size_px
from detect.training.errors import DatasetError

FORMATS = ("yolo", "coco", "label-studio", "cvat")


@dataclass(frozen=True, slots=True)
class Drawn:
    """A picture to export: ``name`` in the export, the file, its boxes in fractions."""

    name: str
    path: Path
    boxes: tuple[LabelledBox, ...]


def export_set(
    pictures: Sequence[Drawn],
    names: Sequence[str],
    out: Path,
    name: str,
    *,
    submitted: bool = True,
) -> None:
    """Writes ``pictures`` to the folder ``out``, which must not exist.

    ``submitted`` False: the boxes are a model's, for a person to mend (Label Studio tells these
    apart; CVAT marks boxes as automatic). Raises DatasetError.
    """
    if name not in FORMATS:
        raise DatasetError(f"can't export as '{name}'; known are {', '.join(FORMATS)}")
    if out.exists():
        raise DatasetError(f"{out} exists", mend="Remove it, or name another folder.")
    if not pictures:
        raise DatasetError("there is no picture to export")
    known = [*names, *(b.label for p in pictures for b in p.boxes)]
    classes = list(dict.fromkeys(known))
    with renamed_at_the_end(out) as part:
        (part / "images").mkdir()
        sized: list[LabelledPicture] = []
        stems: set[str] = set()
        for picture in pictures:
            target = part / "images" / picture.name
            if target.stem in stems:
                raise DatasetError(f"two pictures are called {target.stem}")
            stems.add(target.stem)
            shutil.copyfile(picture.path, target)
            size_px = upright_size_px(target)
            sized.append(
                LabelledPicture(picture.name, picture.boxes, str(picture.path), size_px, target)
            )
        _write(name, part, sized, classes, submitted)


def _write(
    name: str,
    part: Path,
    pictures: Sequence[LabelledPicture],
    classes: Sequence[str],
    submitted: bool,
) -> None:
    if name == "label-studio":
        label_studio.write(part / "tasks.json", pictures, classes, submitted=submitted)
    elif name == "cvat":
        cvat.write(part / "annotations.xml", pictures, classes)
    elif name == "coco":
        text = json.dumps(_coco(pictures, classes), ensure_ascii=False)
        (part / "annotations.json").write_text(text, encoding="utf-8")
    else:
        _yolo(part, pictures, classes)


def _yolo(part: Path, pictures: Sequence[LabelledPicture], classes: Sequence[str]) -> None:
    (part / "labels").mkdir()
    write_yaml(part / "data.yaml", {"train": "images", "val": "images", "names": list(classes)})
    for picture in pictures:
        lines = []
        for box in picture.boxes:
            x1, y1, x2, y2 = box.xyxy
            row = ((x1 + x2) / 2, (y1 + y2) / 2, x2 - x1, y2 - y1)
            lines.append(f"{classes.index(box.label)} " + " ".join(f"{v:.6f}" for v in row) + "\n")
        label = part / "labels" / f"{Path(picture.name).stem}.txt"
        label.write_text("".join(lines), encoding="utf-8")


def _coco(pictures: Sequence[LabelledPicture], classes: Sequence[str]) -> dict[str, object]:
    images: list[dict[str, object]] = []
    annotations: list[dict[str, object]] = []
    for image_id, picture in enumerate(pictures, start=1):
        width, height = picture.size_px or (0, 0)
        images.append({"id": image_id, "file_name": picture.name, "width": width, "height": height})
        for box in picture.boxes:
            x1, y1, x2, y2 = box.xyxy
            bbox = [x1 * width, y1 * height, (x2 - x1) * width, (y2 - y1) * height]
            annotations.append(
                {
                    "id": len(annotations) + 1,
                    "image_id": image_id,
                    "category_id": classes.index(box.label) + 1,
                    "bbox": [round(v, 3) for v in bbox],
                    "area": round(bbox[2] * bbox[3], 3),
                    "iscrowd": 0,
                }
            )
    categories = [{"id": n, "name": name} for n, name in enumerate(classes, start=1)]
    return {"images": images, "annotations": annotations, "categories": categories}
