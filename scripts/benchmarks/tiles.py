"""What tiles find and cost: recall, precision and time of off, auto and on, on labelled pictures.

With --sahi, tidycity's tiles run beside SAHI's on the same weights instead, taking turns.

The folder is in YOLO's layout (images/, labels/, data.yaml). Its pictures are small, so large
photos are made of them: --mosaic 3 lays 3 x 3 of them side by side, in which things are as small
beside the photo, and as sharp, as in a photo of three times the size.
"""

from __future__ import annotations

import argparse
import json
import random
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path

import cv2
import numpy as np
import yaml

from detect.boxes import Boxes, area, iou
from detect.engines import open_engine
from detect.letterbox import letterbox
from detect.tiling import detect_tiled, tile_plan
from detect.types import Detections, Engine, Image
from scripts.benchmarks.sahi_contest import contest

MODES = ("off", "auto", "on")
CELL_PX = (736, 552)
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
    paths = _pictures(options)
    scores = {mode: Score() for mode in MODES}
    per_photo = options.mosaic**2
    starts = range(0, len(paths) - per_photo + 1, per_photo)
    if options.sahi is not None:
        photos = [_photo(paths[s : s + per_photo], options.mosaic, theirs) for s in starts]
        contest(
            options.model,
            options.sahi,
            options.torch_python,
            photos,
            ours,
            options.chunk,
            options.slices,
        )
        return
    for start in starts:
        image, labels = _photo(paths[start : start + per_photo], options.mosaic, theirs)
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


def _pictures(options: argparse.Namespace) -> list[Path]:
    """The pictures to use in random order: those that no training saw, if that is known."""
    paths = sorted((options.data / "images").iterdir())
    if options.held_out is not None:
        names = json.loads(options.held_out.read_text("utf-8"))["test"]
        paths = [path for path in paths if f"{options.data.name}/{path.name}" in names]
    return random.Random(1).sample(paths, min(options.pictures, len(paths)))


def _photo(paths: list[Path], columns: int, class_id: int) -> tuple[Image, Boxes]:
    """The pictures side by side, each in a cell of CELL_PX, and the labels of all of them."""
    cell_w, cell_h = CELL_PX
    image = np.full((columns * cell_h, columns * cell_w, 3), 114, np.uint8)
    labels = []
    for index, path in enumerate(paths):
        left, top = index % columns * cell_w, index // columns * cell_h
        fit = letterbox(cv2.imread(str(path)), image[top : top + cell_h, left : left + cell_w])
        boxes = _labels(path, class_id, (fit.width_px, fit.height_px)) * fit.scale
        labels.append(boxes + np.tile([left + fit.left_px, top + fit.top_px], 2))
    return image, np.concatenate(labels).astype(np.float32)


def _labels(path: Path, class_id: int, size_px: tuple[int, int]) -> Boxes:
    text = (path.parents[1] / "labels" / f"{path.stem}.txt").read_text("utf-8")
    rows = np.array([line.split()[:5] for line in text.splitlines()], np.float32).reshape(-1, 5)
    rows = rows[rows[:, 0] == class_id, 1:]
    centre, half = rows[:, :2], rows[:, 2:] / 2
    boxes = np.concatenate([centre - half, centre + half], axis=1)
    return np.asarray(boxes * np.tile(size_px, 2), np.float32)


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
    parser.add_argument("--mosaic", type=int, default=2, help="pictures along a side of a photo")
    parser.add_argument("--sahi", type=Path, help="beside SAHI with this checkpoint of the model")
    parser.add_argument("--torch-python", default=sys.executable, help="a Python with sahi")
    parser.add_argument(
        "--slices",
        choices=["same", "input"],
        default="same",
        help="SAHI's: tidycity's tiles, or squares of the network's input",
    )
    parser.add_argument("--chunk", type=int, default=4, help="photos a turn, beside SAHI")
    parser.add_argument("--held-out", type=Path, help="held_out.json of the model")
    return parser.parse_args()


if __name__ == "__main__":
    main()
