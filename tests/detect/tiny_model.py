"""A network of a few operations that finds red and blue cells of 32 px, made in a moment."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any, Literal

import numpy as np
import openvino as ov
import yaml
from openvino import opset13 as op

CELL_PX = 32
NAMES = ("red", "blue")


def build_network(
    output: Literal["raw", "end2end"], *, square_px: int | None = None, factor: float = 1.0
) -> Any:
    """RGB 0..1 (times ``factor``) in; a cell's score is its mean of red, or of blue."""
    side = -1 if square_px is None else square_px
    image = op.parameter([1, 3, side, side], np.float32, name="images")
    scaled = op.multiply(image, np.float32(factor))
    size = [CELL_PX, CELL_PX]
    cells = op.avg_pool(scaled, size, [0, 0], [0, 0], size, exclude_pad=True)
    colours = op.gather(cells, np.array([0, 2], np.int32), np.int32(1))
    score = op.reshape(colours, np.array([1, 2, -1], np.int64), special_zero=False)
    boxes = _boxes(cells)
    if output == "raw":
        return ov.Model([op.concat([boxes, score], 1)], [image], "tiny")
    rows = op.transpose(op.concat([_corners(boxes), *_best(score)], 1), [0, 2, 1])
    return ov.Model([rows], [image], "tiny")


def _boxes(cells: Any) -> Any:
    """(1, 4, n) centre and size of every cell."""
    shape = op.shape_of(cells, "i32")
    grid = op.gather(shape, np.array([2, 3], np.int32), np.int32(0))
    lines = []
    for axis in (3, 2):
        count = op.squeeze(op.gather(shape, np.array([axis], np.int32), np.int32(0)), [0])
        steps = op.convert(op.range(np.int32(0), count, np.int32(1), "i32"), "f32")
        centres = op.add(op.multiply(steps, np.float32(CELL_PX)), np.float32(CELL_PX / 2))
        column = centres if axis == 3 else op.unsqueeze(centres, [1])
        lines.append(op.reshape(op.broadcast(column, grid), [1, 1, -1], special_zero=False))
    side = op.add(op.multiply(lines[0], np.float32(0)), np.float32(CELL_PX))
    return op.concat([*lines, side, side], 1)


def _corners(boxes: Any) -> Any:
    centre = op.gather(boxes, np.array([0, 1], np.int32), np.int32(1))
    half = op.multiply(op.gather(boxes, np.array([2, 3], np.int32), np.int32(1)), np.float32(0.5))
    return op.concat([op.subtract(centre, half), op.add(centre, half)], 1)


def _best(score: Any) -> list[Any]:
    """(1, 1, n) best score, and its class as a number."""
    best = op.topk(score, np.int32(1), 1, "max", "none")
    return [best.output(0), op.convert(best.output(1), "f32")]


def save_model(
    folder: Path,
    output: Literal["raw", "end2end"] = "raw",
    *,
    square_px: int | None = None,
    normalised_in_graph: bool = False,
    input_px: int = 640,
    **card: Any,
) -> Path:
    """A complete model's folder; ``card`` overrides what ``model.yaml`` says."""
    folder.mkdir(parents=True, exist_ok=True)
    factor = 1 / 255 if normalised_in_graph else 1.0
    network = build_network(output, square_px=square_px, factor=factor)
    ov.save_model(network, folder / "model.xml", compress_to_fp16=False)
    files = ("model.xml", "model.bin")
    data: dict[str, Any] = {
        "id": "tiny",
        "version": "1",
        "task": "detect",
        "status": "stable",
        "input_px": input_px,
        "file": "model.xml",
        "output": output,
        "normalised_in_graph": normalised_in_graph,
        "classes": [
            {"index": 0, "name": "red", "category": "litter.pile", "threshold": 0.6,
             "names": {"zh": "红", "en": "red"}, "status": "experimental"},
            {"index": 1, "name": "blue", "category": None, "threshold": 0.8,
             "names": {"zh": "蓝", "en": "blue"}},
        ],
        "sha256": {f: hashlib.sha256((folder / f).read_bytes()).hexdigest() for f in files},
    }  # fmt: skip
    (folder / "model.yaml").write_text(yaml.safe_dump(data | card, allow_unicode=True), "utf-8")
    return folder
