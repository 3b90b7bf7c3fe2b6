"""Contact sheets: many pictures with their boxes on one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

from detect.datasets.labelled import LabelledBox
from detect.drawing import GROUP_COLOURS, DrawnBox, draw_boxes
from detect.training.errors import DatasetError
from detect.training.scenes import read_image
from detect.types import Image

CELL_PX = 240
CAPTION_PX = 16
COLUMNS = 5
_GROUND, _INK = 245, 40


@dataclass(frozen=True, slots=True)
class Cell:
    """One picture of a sheet: the file, its boxes in fractions, a line under it."""

    path: Path
    boxes: tuple[LabelledBox, ...]
    caption: str


def contact_sheet(
    cells: Sequence[Cell], names: Sequence[str], *, columns: int = COLUMNS, cell_px: int = CELL_PX
) -> Image:
    """The sheet, (H, W, 3) BGR. Each class of ``names`` has a colour; broken pictures are grey."""
    if not cells:
        raise DatasetError("there is no picture to show")
    columns = min(columns, len(cells))
    rows = -(-len(cells) // columns)
    height_px = cell_px + CAPTION_PX
    sheet = np.full((rows * height_px, columns * cell_px, 3), _GROUND, np.uint8)
    for number, cell in enumerate(cells):
        top, left = (number // columns) * height_px, (number % columns) * cell_px
        picture = _picture(cell, names, cell_px - 4)
        h, w = picture.shape[:2]
        y, x = top + (cell_px - h) // 2, left + (cell_px - w) // 2
        sheet[y : y + h, x : x + w] = picture
        text = cell.caption.encode("ascii", "replace").decode()[-cell_px // 7 :]
        place = (left + 3, top + cell_px + CAPTION_PX - 5)
        ink = (_INK, _INK, _INK)
        cv2.putText(sheet, text, place, cv2.FONT_HERSHEY_SIMPLEX, 0.38, ink, 1, cv2.LINE_AA)
    return sheet


def _picture(cell: Cell, names: Sequence[str], side_px: int) -> Image:
    try:
        image = read_image(cell.path)
    except DatasetError:
        return np.full((side_px, side_px, 3), 200, np.uint8)
    scale = side_px / max(image.shape[:2])
    size = max(1, round(image.shape[1] * scale)), max(1, round(image.shape[0] * scale))
    small = np.asarray(cv2.resize(image, size, interpolation=cv2.INTER_AREA), np.uint8)
    colours = list(GROUP_COLOURS)
    order = {name: colours[i % len(colours)] for i, name in enumerate(names)}
    boxes = [DrawnBox(b.xyxy, b.label, order.get(b.label, ""), b.label) for b in cell.boxes]
    return draw_boxes(small, boxes)
