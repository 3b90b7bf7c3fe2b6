"""What tiles find and cost: recall, precision and time of off, auto and on, on labelled pictures.

The folder is in YOLO's layout (images/, labels/, data.yaml). Pictures are first scaled up to
--side px, if that is given, to stand for a photo of that size: that adds no detail, so that the
gain told for real large photos is a lower bound.
"""

from __future__ import annotations

import argparse
import random
import time
from dataclasses import dataclass, field
from pathlib import Path

import cv2
import numpy as np
import yaml

from detect.boxes import Boxes, area, iou
from detect.engines import open_engine
from detect.tiling import detect_tiled, tile_plan
from detect.types import Detections, Engine, Image

MODES = ("off", "auto", "on")
SMALL = 32**2  # px² at the network's input: what COCO calls small


@dataclass
class Score:
    """Counts over pictures; ``small`` are labels below 32 x 32 px in the whole picture's input."""

    labels: int = 0
    found: int = 0
    small: int = 0
    small_found: int = 0
    boxes: int = 0
    right: int = 0
    seconds: list[float] = field(default_factory=list)


def main() -> None:
    options = _options()
    engine = open_engine(options.model)
    wanted = yaml.safe_load((options.data / "data.yaml").read_text("utf-8"))["names"]
    names = list(wanted.values()) if isinstance(wanted, dict) else list(wanted)
    class_id, theirs = engine.model.classes, names.index(options.theirs or options.name)
    ours = [row.name for row in class_id].index(options.name)
    paths = sorted((options.data / "images").iterdir())
    chosen = random.Random(1).sample(paths, min(options.pictures, len(paths)))
    scores = {mode: Score() for mode in MODES}
    for path in chosen:
        image = cv2.imread(str(path))
        if options.side:
            scale = options.side / max(image.shape[:2])
            image = cv2.resize(image, None, fx=scale, fy=scale, interpolation=cv2.INTER_CUBIC)
        labels = _labels(path, theirs, image.shape)
        for mode in MODES:
            _look(engine, image, labels, ours, mode, scores[mode])
    _tell(scores, options.name)


def _look(
    engine: Engine, image: Image, labels: Boxes, class_id: int, mode: str, score: Score
) -> None:
    height_px, width_px = image.shape[:2]
    input_px = engine.model.input_px
    plan = tile_plan(width_px, height_px, input_px, mode)  # type: ignore[arg-type]
    started = time.perf_counter()
    tiles = np.zeros((0, 4), np.int32) if plan is None else plan
    found = detect_tiled(image, engine.detect, tiles)
    score.seconds.append(time.perf_counter() - started)
    boxes = found[found.class_id == class_id]
    _count(score, boxes, labels, input_px / max(width_px, height_px))


def _count(score: Score, boxes: Detections, labels: Boxes, scale: float) -> None:
    small = area(labels) * scale**2 < SMALL
    free = np.ones(len(labels), bool)
    for overlap in iou(boxes.xyxy, labels):
        best = int(np.argmax(overlap * free)) if free.any() else -1
        if best >= 0 and overlap[best] >= 0.5:
            free[best] = False
            score.right += 1
    score.boxes += len(boxes)
    score.labels += len(labels)
    score.found += int((~free).sum())
    score.small += int(small.sum())
    score.small_found += int((~free & small).sum())


def _labels(path: Path, class_id: int, shape: tuple[int, ...]) -> Boxes:
    text = (path.parents[1] / "labels" / f"{path.stem}.txt").read_text("utf-8")
    rows = np.array([line.split()[:5] for line in text.splitlines()], np.float32).reshape(-1, 5)
    rows = rows[rows[:, 0] == class_id, 1:]
    centre, half = rows[:, :2], rows[:, 2:] / 2
    sides = np.array([shape[1], shape[0]] * 2, np.float32)
    return np.asarray(np.concatenate([centre - half, centre + half], axis=1) * sides, np.float32)


def _tell(scores: dict[str, Score], name: str) -> None:
    print(f"{name:10}{'recall':>9}{'of small':>10}{'precision':>11}{'ms':>8}")
    for mode, score in scores.items():
        print(
            f"{mode:10}{score.found / max(1, score.labels):9.3f}"
            f"{score.small_found / max(1, score.small):10.3f}"
            f"{score.right / max(1, score.boxes):11.3f}"
            f"{1000 * float(np.median(score.seconds)):8.0f}"
        )


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="scripts/bench_tiles", description=__doc__)
    parser.add_argument("--data", type=Path, required=True, help="folder in YOLO's layout")
    parser.add_argument("--class", dest="name", default="litter", help="the model's class")
    parser.add_argument("--theirs", help="its name in the data set, if another")
    parser.add_argument("--model", help="name or folder of a model (default: the default one)")
    parser.add_argument("--pictures", type=int, default=100)
    parser.add_argument("--side", type=int, help="scale pictures to this longer side first")
    return parser.parse_args()


if __name__ == "__main__":
    main()
