"""The same figures from pycocotools, to check ours against. Needs the extra `torch`."""

from __future__ import annotations

import contextlib
import io
from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from detect.training.errors import MissingExtraError
from detect.training.evaluation import Picture
from detect.training.precision_recall import AveragePrecision
from detect.types import Detections


def coco_average_precision(
    name: str, class_id: int, pictures: Sequence[Picture], detections: Sequence[Detections]
) -> AveragePrecision:
    """pycocotools' AP50 and AP of one class, at most 300 detections a picture."""
    try:
        from pycocotools.coco import COCO
        from pycocotools.cocoeval import COCOeval
    except ImportError as error:
        raise MissingExtraError("pycocotools", "torch") from error
    chosen = [i for i, picture in enumerate(pictures) if name in picture.exhaustive]
    results = [row for i in chosen for row in _results(i, detections[i], class_id)]
    if not results:
        return AveragePrecision(0.0, 0.0)
    with contextlib.redirect_stdout(io.StringIO()):
        truth = COCO()
        truth.dataset = _truth(chosen, pictures, class_id)
        truth.createIndex()
        judge = COCOeval(truth, truth.loadRes(results), "bbox")
        judge.params.maxDets = [1, 10, 300]
        judge.evaluate()
        judge.accumulate()
    table = judge.eval["precision"][:, :, 0, 0, 2]
    return AveragePrecision(float(table[0].mean()), float(table.mean()))


def _truth(chosen: Sequence[int], pictures: Sequence[Picture], class_id: int) -> dict[str, Any]:
    rows = [
        (i, box)
        for i in chosen
        for box in pictures[i].truth_xyxy[pictures[i].truth_class == class_id]
    ]
    annotations = [
        {"id": n, "image_id": i, "category_id": 0, "iscrowd": 0, **_box(box)}
        for n, (i, box) in enumerate(rows, start=1)
    ]
    return {
        "images": [{"id": i} for i in chosen],
        "annotations": annotations,
        "categories": [{"id": 0}],
        "info": {},
    }


def _results(image_id: int, found: Detections, class_id: int) -> list[dict[str, Any]]:
    mine = found.class_id == class_id
    return [
        {"image_id": image_id, "category_id": 0, "score": float(score), "bbox": _box(box)["bbox"]}
        for box, score in zip(found.xyxy[mine], found.score[mine], strict=True)
    ]


def _box(xyxy: npt.NDArray[np.floating]) -> dict[str, Any]:
    x1, y1, x2, y2 = (float(v) for v in xyxy)
    return {"bbox": [x1, y1, x2 - x1, y2 - y1], "area": (x2 - x1) * (y2 - y1)}
