"""Small data sets drawn with numpy, for the tests beside this file."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import cv2
import numpy as np

Box = tuple[int, float, float, float, float]


def scene_picture(seed: int, side_px: int = 200) -> np.ndarray:
    """A picture with many corners, different for every seed."""
    rng = np.random.default_rng(seed)
    image = np.full((side_px, side_px, 3), rng.integers(60, 200, 3), np.uint8)
    for _ in range(60):
        x, y = (int(v) for v in rng.integers(0, side_px, 2))
        w, h = (int(v) for v in rng.integers(6, 40, 2))
        colour = [int(v) for v in rng.integers(0, 256, 3)]
        cv2.rectangle(image, (x, y), (x + w, y + h), colour, -1)
    return image


def sheared(image: np.ndarray, degrees: float = 12) -> np.ndarray:
    """The picture sheared and shrunk a little, with black corners."""
    side = image.shape[1]
    slope = np.tan(np.radians(degrees))
    matrix = np.float32([[0.8, slope * 0.8, 0], [0, 0.85, side * 0.05]])
    return cv2.warpAffine(image, matrix, (side, image.shape[0]))


def write_set(folder: Path, pictures: Mapping[str, tuple[np.ndarray, Sequence[Box]]]) -> Path:
    """Writes pictures and YOLO labels: file stem → (image, boxes as class cx cy w h)."""
    (folder / "images").mkdir(parents=True)
    (folder / "labels").mkdir()
    for stem, (image, boxes) in pictures.items():
        cv2.imwrite(str(folder / "images" / f"{stem}.png"), image)
        lines = [" ".join(str(v) for v in box) + "\n" for box in boxes]
        (folder / "labels" / f"{stem}.txt").write_text("".join(lines))
    return folder


SPEC = """
id: {id}
source: drawn by a test
licence: none
names: [pile, tin]
class_map: {{pile: garbage, tin: litter}}
exhaustive: [garbage]
{more}
"""


def write_spec(path: Path, name: str = "drawn", more: str = "") -> Path:
    """A data set's YAML with two classes, of which only garbage is boxed exhaustively."""
    path.write_text(SPEC.format(id=name, more=more))
    return path
