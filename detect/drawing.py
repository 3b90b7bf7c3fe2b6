"""Pictures for people: boxes with labels, thumbnails, crops, JPEG bytes without any EXIF.

Every function gives a new picture; the clean one stays as it is.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

import cv2
import numpy as np

from detect.types import Image

if TYPE_CHECKING:
    from PIL import ImageFont

Colour = tuple[int, int, int]

GROUP_COLOURS: dict[str, Colour] = {
    "litter": (0, 94, 213),
    "stall": (178, 114, 0),
    "clutter": (0, 159, 230),
    "pest": (167, 121, 204),
    "bin": (115, 158, 0),
    "ad": (66, 228, 240),
    "parking": (233, 180, 86),
    "water": (200, 90, 30),
}
"""BGR, told apart by colour-blind people too (Okabe and Ito); other groups are grey."""

_OTHER: Colour = (200, 200, 200)
_DARK: Colour = (20, 20, 20)
_LIGHT: Colour = (255, 255, 255)
_CJK_FONTS = (
    "/usr/share/fonts/opentype/noto/NotoSansCJK-Regular.ttc",
    "/usr/share/fonts/noto-cjk/NotoSansCJK-Regular.ttc",
    "/usr/share/fonts/google-noto-cjk/NotoSansCJK-Regular.ttc",
    "/usr/share/fonts/truetype/wqy/wqy-microhei.ttc",
    "/usr/share/fonts/truetype/wqy/wqy-zenhei.ttc",
    "/usr/share/fonts/truetype/droid/DroidSansFallbackFull.ttf",
    "/usr/share/fonts/truetype/arphic/uming.ttc",
    "/System/Library/Fonts/PingFang.ttc",
    "/System/Library/Fonts/STHeiti Light.ttc",
    "C:/Windows/Fonts/msyh.ttc",
    "C:/Windows/Fonts/simhei.ttf",
)


@dataclass(frozen=True, slots=True)
class DrawnBox:
    """One box to draw: normalised xyxy, a label in any language, the group for its colour.

    ``plain`` is an ASCII label, used where the machine has no font for ``label``.
    """

    xyxy: tuple[float, float, float, float]
    label: str = ""
    group: str = ""
    plain: str = ""


def draw_boxes(image: Image, boxes: Sequence[DrawnBox]) -> Image:
    """The picture with the boxes and their labels, readable on dark and on light ground."""
    drawn = np.array(image, np.uint8, order="C")
    height_px, width_px = drawn.shape[:2]
    line_px = max(1, round(max(height_px, width_px) / 450))
    text_px = max(11, round(max(height_px, width_px) / 45))
    placed = [(box, _pixels(box.xyxy, width_px, height_px)) for box in boxes]
    for box, (x1, y1, x2, y2) in placed:
        cv2.rectangle(drawn, (x1, y1), (x2, y2), _DARK, line_px + 2, cv2.LINE_AA)
        cv2.rectangle(drawn, (x1, y1), (x2, y2), _colour(box.group), line_px, cv2.LINE_AA)
    for box, (x1, y1, _, _) in placed:
        text = drawable(box.label, box.plain)
        if text:
            _paste(drawn, _label(text, text_px, _colour(box.group)), x1, y1)
    return drawn


def drawable(label: str, plain: str = "", *, has_font: bool | None = None) -> str:
    """The label if there is a font for it, else the plain one, else what ASCII is left.

    ``has_font`` says whether Chinese can be written; None asks this machine.
    """
    if label.isascii() or (_cjk_font() is not None if has_font is None else has_font):
        return label
    return plain or label.encode("ascii", "ignore").decode().strip()


def encode_jpeg(image: Image, quality: int = 85) -> bytes:
    """JPEG bytes of the picture: pixels only, no EXIF. Raises ValueError for what is no picture."""
    if image.ndim != 3 or image.shape[2] != 3 or 0 in image.shape or image.dtype != np.uint8:
        raise ValueError(f"a picture is (H, W, 3) uint8, got {image.shape} {image.dtype}")
    done, data = cv2.imencode(".jpg", image, [cv2.IMWRITE_JPEG_QUALITY, quality])
    if not done:
        raise ValueError(f"a picture of {image.shape} could not be written as JPEG")
    return bytes(data)


def thumbnail(image: Image, max_side_px: int) -> Image:
    """The picture with no side longer than ``max_side_px``; never larger than it was."""
    height_px, width_px = image.shape[:2]
    scale = max_side_px / max(height_px, width_px)
    if scale >= 1:
        return image.copy()
    size = max(1, round(width_px * scale)), max(1, round(height_px * scale))
    return np.asarray(cv2.resize(image, size, interpolation=cv2.INTER_AREA), np.uint8)


def crop_around(
    image: Image, xyxy_norm: tuple[float, float, float, float], margin: float = 0.25
) -> Image:
    """The part of the picture around a normalised box, wider by ``margin`` of its longer side.

    At least one pixel, and never beyond the picture.
    """
    height_px, width_px = image.shape[:2]
    x1, y1, x2, y2 = xyxy_norm
    border_px = margin * max((x2 - x1) * width_px, (y2 - y1) * height_px)
    left = min(max(0, int(x1 * width_px - border_px)), width_px - 1)
    top = min(max(0, int(y1 * height_px - border_px)), height_px - 1)
    right = max(left + 1, min(width_px, round(x2 * width_px + border_px)))
    bottom = max(top + 1, min(height_px, round(y2 * height_px + border_px)))
    return image[top:bottom, left:right].copy()


def _colour(group: str) -> Colour:
    return GROUP_COLOURS.get(group, _OTHER)


def _pixels(
    xyxy: tuple[float, float, float, float], width_px: int, height_px: int
) -> tuple[int, int, int, int]:
    x1, y1, x2, y2 = xyxy
    right, bottom = width_px - 1, height_px - 1
    return (
        min(max(0, round(x1 * width_px)), right),
        min(max(0, round(y1 * height_px)), bottom),
        min(max(0, round(x2 * width_px)), right),
        min(max(0, round(y2 * height_px)), bottom),
    )


def _label(text: str, text_px: int, ground: Colour) -> Image:
    """The label as a small picture of its own."""
    from PIL import Image as PillowImage
    from PIL import ImageDraw

    font = _font(text_px, text.isascii())
    left, top, right, bottom = font.getbbox(text)
    pad_px = max(2, text_px // 5)
    size = (round(right - left) + 2 * pad_px, round(bottom - top) + 2 * pad_px)
    blue, green, red = ground
    ink = _DARK if 0.114 * blue + 0.587 * green + 0.299 * red > 120 else _LIGHT
    patch = PillowImage.new("RGB", size, (red, green, blue))
    ImageDraw.Draw(patch).text((pad_px - left, pad_px - top), text, font=font, fill=ink)
    return np.ascontiguousarray(np.asarray(patch)[:, :, ::-1])


def _paste(image: Image, patch: Image, x: int, y: int) -> None:
    """The patch onto the picture above (x, y), or below it at the upper edge; cut if too large."""
    height_px, width_px = image.shape[:2]
    patch = patch[:height_px, :width_px]
    top = y - patch.shape[0] if y >= patch.shape[0] else min(y, height_px - patch.shape[0])
    left = min(x, width_px - patch.shape[1])
    image[top : top + patch.shape[0], left : left + patch.shape[1]] = patch


@lru_cache(maxsize=32)
def _font(text_px: int, ascii_only: bool) -> ImageFont.FreeTypeFont | ImageFont.ImageFont:
    from PIL import ImageFont

    path = None if ascii_only else _cjk_font()
    return ImageFont.load_default(text_px) if path is None else ImageFont.truetype(path, text_px)


@lru_cache(maxsize=1)
def _cjk_font() -> str | None:
    """A font on this machine that has Chinese; None if there is none."""
    return next((path for path in _CJK_FONTS if Path(path).is_file()), None)
