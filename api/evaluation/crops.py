"""A mistake as a small JPEG: the place with some of its surroundings, the box drawn, faces blurred.

The pictures belong to the user and stay in the page that was asked for.
"""

from __future__ import annotations

import base64

import cv2
import numpy as np

from detect.privacy import blur_faces
from detect.training.scenes import read_image
from detect.training.worst import Mistake

SIDE_PX = 260
AROUND = 2.2  # sides of the box
LEAST_PX = 120
QUALITY = 82
FALSE_BGR, MISSED_BGR = (40, 40, 220), (30, 160, 40)


def crop_uri(mistake: Mistake) -> str:
    """A data: URI. Raises DatasetError where the picture can't be read any more."""
    image = blur_faces(read_image(mistake.path))[0]
    height_px, width_px = image.shape[:2]
    x1, y1, x2, y2 = mistake.box
    side = min(max(AROUND * max(x2 - x1, y2 - y1), LEAST_PX), max(height_px, width_px))
    left = int(np.clip((x1 + x2 - side) / 2, 0, max(0, width_px - side)))
    top = int(np.clip((y1 + y2 - side) / 2, 0, max(0, height_px - side)))
    piece = image[top : top + int(side), left : left + int(side)]
    scale = SIDE_PX / max(piece.shape[:2])
    size = tuple(max(1, round(length * scale)) for length in piece.shape[1::-1])
    way = cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC
    small = cv2.resize(piece, size, interpolation=way)
    corners = ((mistake.box - np.array([left, top, left, top])) * scale).round().astype(int)
    colour = FALSE_BGR if mistake.kind == "false" else MISSED_BGR
    cv2.rectangle(small, tuple(corners[:2].tolist()), tuple(corners[2:].tolist()), colour, 2)
    data = cv2.imencode(".jpg", small, [cv2.IMWRITE_JPEG_QUALITY, QUALITY])[1]
    return "data:image/jpeg;base64," + base64.b64encode(data.tobytes()).decode("ascii")
