"""One small set, written by hand in each format that people bring."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np

WIDTH_PX, HEIGHT_PX = 200, 100
BOX_PX = (20, 10, 60, 50)
"""The one box of "a": of class "pile". "b" shows nothing."""


def picture(seed: int, width_px: int = WIDTH_PX, height_px: int = HEIGHT_PX) -> np.ndarray:
    rng = np.random.default_rng(seed)
    image = np.full((height_px, width_px, 3), rng.integers(60, 200, 3), np.uint8)
    for _ in range(40):
        x, y = int(rng.integers(0, width_px)), int(rng.integers(0, height_px))
        w, h = (int(v) for v in rng.integers(6, 30, 2))
        cv2.rectangle(image, (x, y), (x + w, y + h), [int(v) for v in rng.integers(0, 256, 3)], -1)
    return image


def _pictures(folder: Path) -> Path:
    folder.mkdir(parents=True)
    for number, name in enumerate("ab"):
        cv2.imwrite(str(folder / f"{name}.jpg"), picture(number))
    return folder


def yolo(root: Path) -> Path:
    _pictures(root / "train" / "images")
    (root / "train" / "labels").mkdir()
    (root / "train" / "labels" / "a.txt").write_text("0 0.2 0.3 0.2 0.4\n")
    (root / "train" / "labels" / "b.txt").write_text("")
    (root / "data.yaml").write_text("names: [pile, tin]\n")
    return root


def coco(root: Path) -> Path:
    _pictures(root / "images")
    x1, y1, x2, y2 = BOX_PX
    size = {"width": WIDTH_PX, "height": HEIGHT_PX}
    box = {"id": 1, "image_id": 7, "category_id": 3, "bbox": [x1, y1, x2 - x1, y2 - y1]}
    raw = {
        "images": [{"id": 7, "file_name": "a.jpg"} | size, {"id": 8, "file_name": "b.jpg"} | size],
        "annotations": [box, box | {"id": 2, "iscrowd": 1}],
        "categories": [{"id": 3, "name": "pile"}, {"id": 5, "name": "tin"}],
    }
    (root / "instances.json").write_text(json.dumps(raw))
    return root


VOC = """<annotation><folder>x</folder><filename>{name}.jpg</filename>
<size><width>200</width><height>100</height><depth>3</depth></size>{objects}</annotation>"""
VOC_BOX = """<object><name>pile</name><bndbox><xmin>21</xmin><ymin>11</ymin><xmax>60</xmax>
<ymax>50</ymax></bndbox></object>"""


def voc(root: Path) -> Path:
    _pictures(root / "JPEGImages")
    (root / "Annotations").mkdir()
    for name, objects in (("a", VOC_BOX), ("b", "")):
        text = VOC.format(name=name, objects=objects)
        (root / "Annotations" / f"{name}.xml").write_text(text)
    return root


def labelme(root: Path) -> Path:
    _pictures(root)
    corners = [[20, 10], [60, 50]]
    shapes = [
        {"label": "pile", "points": corners, "shape_type": "rectangle"},
        {"label": "pile", "points": [[1, 1]], "shape_type": "point"},
    ]
    for name, drawn in (("a", shapes), ("b", [])):
        raw = {"shapes": drawn, "imagePath": f"..\\x\\{name}.jpg", "imageData": None}
        raw |= {"imageWidth": WIDTH_PX, "imageHeight": HEIGHT_PX}
        (root / f"{name}.json").write_text(json.dumps(raw))
    return root


CVAT = """<?xml version="1.0" encoding="utf-8"?><annotations><version>1.1</version>
<meta><task><labels><label><name>pile</name></label><label><name>tin</name></label></labels></task>
</meta><image id="0" name="sub/a.jpg" width="200" height="100">
<polygon label="pile" points="20.0,10.0;60.0,10.0;40.0,50.0"/><points label="tin" points="1,1"/>
</image><image id="1" name="b.jpg" width="200" height="100"></image></annotations>"""


def cvat(root: Path) -> Path:
    _pictures(root / "images")
    (root / "annotations.xml").write_text(CVAT)
    return root


def label_studio(root: Path) -> Path:
    _pictures(root / "pictures")
    value = {"x": 10, "y": 10, "width": 20, "height": 40, "rotation": 0}
    region = {
        "type": "rectanglelabels",
        "original_width": WIDTH_PX,
        "original_height": HEIGHT_PX,
        "value": value | {"rectanglelabels": ["pile"]},
    }
    older = {"result": [], "updated_at": "2026-01-01"}
    newer = {"result": [region], "updated_at": "2026-01-02"}
    tasks = [
        {
            "id": 1,
            "data": {"image": "/data/upload/3/0a1b2c3d-a.jpg"},
            "annotations": [newer, older, newer | {"was_cancelled": True, "updated_at": "2027"}],
        },
        {
            "id": 2,
            "data": {"image": "/data/local-files/?d=pictures%2Fb.jpg"},
            "annotations": [{"result": []}],
        },
        {"id": 3, "data": {"image": "/data/upload/3/c.jpg"}, "annotations": []},
    ]
    (root / "export.json").write_text(json.dumps(tasks))
    return root


SETS: dict[str, Callable[[Path], Path]] = {
    "yolo": yolo,
    "coco": coco,
    "voc": voc,
    "labelme": labelme,
    "cvat": cvat,
    "label-studio": label_studio,
}
