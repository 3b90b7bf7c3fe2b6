"""YOLO label files: one line a box, `class cx cy w h`, all four as fractions of the picture."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from detect.training.errors import DatasetError

FRACTION_SLACK = 0.02  # rounding in exporters; anything beyond is a mistake, not rounding


@dataclass(frozen=True)
class Boxes:
    """The boxes of one picture: class_id (n,) int64 and xywh (n, 4) float64 centre fractions."""

    class_id: npt.NDArray[np.int64]
    xywh: npt.NDArray[np.float64]

    def __len__(self) -> int:
        return len(self.class_id)

    def xyxy_px(self, width_px: int, height_px: int) -> npt.NDArray[np.float64]:
        """The corners in pixels, (n, 4) as x1, y1, x2, y2, clipped to the picture."""
        half = self.xywh[:, 2:] / 2
        corners = np.concatenate([self.xywh[:, :2] - half, self.xywh[:, :2] + half], axis=1)
        return np.asarray(corners.clip(0, 1) * [width_px, height_px, width_px, height_px])


def no_boxes() -> Boxes:
    """A picture without boxes."""
    return Boxes(np.zeros(0, np.int64), np.zeros((0, 4), np.float64))


def read_yolo(path: Path, classes: int) -> Boxes:
    """The boxes in a YOLO label file whose class ids lie in 0..classes-1.

    An empty file is a picture without boxes. Raises DatasetError naming file and line where the
    line isn't five numbers, the class is unknown, or the box is not given in fractions.
    """
    try:
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise DatasetError(f"{path}: can't be read as a label file ({error})") from error
    rows = [
        _parse_line(line, f"{path}:{number}", classes)
        for number, line in enumerate(text.splitlines(), start=1)
        if line.strip()
    ]
    if not rows:
        return no_boxes()
    table = np.array(rows, np.float64)
    return Boxes(table[:, 0].astype(np.int64), table[:, 1:])


def write_yolo(path: Path, boxes: Boxes) -> None:
    """Writes the boxes as a YOLO label file (an empty file for no boxes)."""
    lines = [
        f"{class_id} " + " ".join(f"{value:.6f}" for value in xywh)
        for class_id, xywh in zip(boxes.class_id, boxes.xywh, strict=True)
    ]
    path.write_text("".join(line + "\n" for line in lines), encoding="utf-8")


def _parse_line(line: str, where: str, classes: int) -> list[float]:
    parts = line.split()
    if len(parts) != 5:
        hint = " (looks like a polygon: export boxes)" if len(parts) > 6 else ""
        raise DatasetError(
            f"{where}: expected 'class cx cy w h', got {len(parts)} values{hint}: {line[:60]!r}"
        )
    try:
        row = [float(part) for part in parts]
    except ValueError:
        raise DatasetError(f"{where}: expected five numbers, got {line[:60]!r}") from None
    _check_row(row, where, classes)
    return row


def _check_row(row: list[float], where: str, classes: int) -> None:
    if not all(np.isfinite(row)):
        raise DatasetError(f"{where}: a value is not finite: {row}")
    if row[0] != int(row[0]) or not 0 <= row[0] < classes:
        raise DatasetError(
            f"{where}: class {row[0]:g} is not one of 0..{classes - 1}; "
            "add it to 'names' in the data set's YAML or mend the label"
        )
    cx, cy, w, h = row[1:]
    edges = (cx - w / 2, cy - h / 2, cx + w / 2, cy + h / 2)
    if max(edges) > 2:
        raise DatasetError(
            f"{where}: box {cx:g} {cy:g} {w:g} {h:g} looks like pixels; "
            "divide by the picture's width and height"
        )
    if w <= 0 or h <= 0:
        raise DatasetError(f"{where}: box has no area (w={w:g}, h={h:g})")
    if min(edges) < -FRACTION_SLACK or max(edges) > 1 + FRACTION_SLACK:
        raise DatasetError(f"{where}: box {cx:g} {cy:g} {w:g} {h:g} lies outside the picture")
