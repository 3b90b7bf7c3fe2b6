"""Fitting a picture into a network's input with grey bars, and boxes back into the picture.

The bars are grey (114), the picture is centred, and rounding is as in ultralytics, so that both
engines see the same pixels.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from detect.boxes import Boxes
from detect.types import Image

_GREY = 114
_STRIDE_PX = 32
_SHORT_SIDES = (0.6, 0.75, 1.0)  # of the longer side: made for 16:9, for 4:3 and 3:2, for squares

Size = tuple[int, int]
"""Width and height in pixels."""


@dataclass(frozen=True, slots=True)
class Fit:
    """How a picture lies in a canvas: canvas = picture * scale + (left_px, top_px)."""

    scale: float
    left_px: int
    top_px: int
    width_px: int
    height_px: int

    def restore(self, boxes: NDArray[np.floating]) -> Boxes:
        """Boxes (n, 4) of the canvas as boxes of the picture, kept within it."""
        shift = np.array([self.left_px, self.top_px] * 2, np.float32)
        limits = np.array([self.width_px, self.height_px] * 2, np.float32)
        return np.asarray(np.clip((boxes - shift) / self.scale, 0, limits), np.float32)


def canvas_size(width_px: int, height_px: int, input_px: int) -> Size:
    """The smallest of five canvases that holds the picture: less grey is less to compute.

    >>> canvas_size(4000, 3000, 640), canvas_size(1080, 1920, 640), canvas_size(500, 480, 640)
    ((640, 480), (384, 640), (640, 640))
    """
    shape = min(width_px, height_px) / max(width_px, height_px)
    share = next(share for share in _SHORT_SIDES if shape <= share)
    short_px = round(input_px * share / _STRIDE_PX) * _STRIDE_PX
    return (input_px, short_px) if width_px >= height_px else (short_px, input_px)


def letterbox(image: Image, canvas: Image) -> Fit:
    """Draws the picture, scaled, into the middle of ``canvas`` (H, W, 3), which is overwritten."""
    height_px, width_px = image.shape[:2]
    canvas_h, canvas_w = canvas.shape[:2]
    scale = min(canvas_h / height_px, canvas_w / width_px)
    w, h = max(1, round(width_px * scale)), max(1, round(height_px * scale))
    left, top = round((canvas_w - w) / 2 - 0.1), round((canvas_h - h) / 2 - 0.1)
    if (w, h) != (canvas_w, canvas_h):
        canvas[...] = _GREY
    # Linear skips pixels when it shrinks by more than two: small things would flicker.
    how = cv2.INTER_AREA if scale < 0.5 else cv2.INTER_LINEAR
    fitted = image if scale == 1 else cv2.resize(image, (w, h), interpolation=how)
    canvas[top : top + h, left : left + w] = fitted
    return Fit(scale, left, top, width_px, height_px)
