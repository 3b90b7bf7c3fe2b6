"""Before and after in one picture: the problem's region drawn in both, faces blurred."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import cv2
import numpy as np

from detect.drawing import DrawnBox, draw_boxes, encode_jpeg
from detect.privacy import blur_faces
from detect.types import Image
from issues.verify.photographs import Box
from issues.verify.verification import Point

HEIGHT_PX = 720
_GAP_PX = 8
_LINE = (63, 210, 255)
_DARK = (20, 20, 20)

Blur = Callable[[Image], Image]


def side_by_side(
    before: Image,
    after: Image,
    boxes: Sequence[Box],
    region: Sequence[Point],
    *,
    captions: tuple[str, str] = ("", ""),
    blur: bool = True,
) -> bytes:
    """A JPEG of both photos at one height: before on the left, after on the right.

    ``boxes`` are of the problem in the before photo, ``region`` the outline of the same spot in the
    after photo, empty where it isn't known. Raises ModelError where faces can't be blurred.
    """
    left, right = (_fitted(blur_faces(one)[0] if blur else one) for one in (before, after))
    drawn = [DrawnBox(box, "", "litter") for box in boxes]
    left = draw_boxes(left, drawn) if drawn else left
    if len(region) > 2:
        _outline(right, region)
    gap = np.full((HEIGHT_PX, _GAP_PX, 3), 255, np.uint8)
    both = np.hstack([_captioned(left, captions[0]), gap, _captioned(right, captions[1])])
    return encode_jpeg(both, quality=88)


def _fitted(image: Image) -> Image:
    height_px, width_px = image.shape[:2]
    size = max(1, round(width_px * HEIGHT_PX / height_px)), HEIGHT_PX
    way = cv2.INTER_AREA if height_px > HEIGHT_PX else cv2.INTER_LINEAR
    return np.array(cv2.resize(image, size, interpolation=way), np.uint8, order="C")


def _outline(image: Image, region: Sequence[Point]) -> None:
    height_px, width_px = image.shape[:2]
    points = (np.array(region) * [width_px, height_px]).round().clip(-20_000, 20_000)
    corners = points.astype(np.int32).reshape(-1, 1, 2)
    cv2.polylines(image, [corners], True, _DARK, 6, cv2.LINE_AA)
    cv2.polylines(image, [corners], True, _LINE, 3, cv2.LINE_AA)


def _captioned(image: Image, caption: str) -> Image:
    if not caption:
        return image
    return draw_boxes(image, [DrawnBox((0.0, 0.0, 1.0, 1.0), caption, "bin", caption)])
