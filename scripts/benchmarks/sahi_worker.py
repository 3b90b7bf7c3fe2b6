"""The contestant SAHI: WEIGHTS PHOTOS OUT INPUT_PX LEAST NMS_IOU SLICES. Needs sahi, ultralytics.

Slices are the same tiles as tidycity's (``same``: a 2 x 2 grid that shares a fifth), or, as SAHI's
own examples have it, squares of the network's input at full size (``input``); the whole picture is
looked at as well. The network and its head are the same, so is the suppression in each slice.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

import cv2
from sahi import AutoDetectionModel
from sahi.predict import get_sliced_prediction

from scripts.benchmarks.contest import serve

OVERLAP = 0.2


def main() -> None:
    weights, photos, out = (Path(text) for text in sys.argv[1:4])
    input_px, least, nms_iou = int(sys.argv[4]), float(sys.argv[5]), float(sys.argv[6])
    side_px = input_px if sys.argv[7] == "input" else None
    model = AutoDetectionModel.from_pretrained(
        model_type="ultralytics",
        model_path=str(weights),
        confidence_threshold=least,
        device="cpu",
        image_size=input_px,
    )
    model.model.overrides["iou"] = nms_iou
    if weights.suffix == ".pt":
        model.model.model.set_head_attr(end2end=False)
    paths = sorted(photos.glob("*.png"))

    def work(first: int, count: int) -> int:
        with out.open("a", encoding="utf-8") as lines:
            for path in paths[first : first + count]:
                rows = _look(model, path, side_px)
                lines.write(json.dumps({"photo": path.name, "rows": rows}) + "\n")
        return count

    serve(work)


def _look(model: object, path: Path, side_px: int | None) -> list[list[float]]:
    """Boxes as x1, y1, x2, y2, score, class."""
    image = cv2.cvtColor(cv2.imread(str(path)), cv2.COLOR_BGR2RGB)
    height_px, width_px = image.shape[:2]
    found = get_sliced_prediction(
        image,
        model,
        slice_height=side_px or -(-height_px * 10 // 18),
        slice_width=side_px or -(-width_px * 10 // 18),
        overlap_height_ratio=OVERLAP,
        overlap_width_ratio=OVERLAP,
        verbose=0,
    )
    return [
        [*map(float, one.bbox.to_xyxy()), float(one.score.value), float(one.category.id)]
        for one in found.object_prediction_list
    ]


if __name__ == "__main__":
    main()
