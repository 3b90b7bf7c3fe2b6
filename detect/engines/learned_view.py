"""Keypoints and their pairs by two small learned networks, for views that differ too much for SIFT.

XFeat finds and describes keypoints, LighterGlue pairs those of two pictures, looking at where all
of them lie (``models/view/card.md``: origin, licence, export). By night and by day, on small and
much compressed pictures, they find pairs where gradients no longer agree. They don't know turned or
mirrored pictures; ``detect/local_features.py`` does.
"""

from __future__ import annotations

import threading
from functools import lru_cache
from pathlib import Path

import cv2
import numpy as np
import openvino as ov
from numpy.typing import NDArray

from detect.errors import ModelError
from detect.local_features import LocalFeatures
from detect.model_folder import models_dir
from detect.types import Image

FOLDER = "view"
SIDE_PX = 640
"""The longer side that pictures are looked at with; smaller ones are enlarged to it."""
KEYPOINTS = 512
SURE = 0.1
"""How likely a pair is right, at the least."""
_GRID_PX, _NET_PX = 8, 32
_PEAK, _PEAK_PX = 0.05, 5

Floats = NDArray[np.float32]
Indices = NDArray[np.intp]


class LearnedMatcher:
    """Both networks, loaded. Safe to call from many threads, one at a time."""

    def __init__(self, folder: Path | None = None) -> None:
        """Raises ModelError where a network can't be read."""
        place = folder or models_dir() / FOLDER
        core, config = ov.Core(), {"INFERENCE_NUM_THREADS": 1, "NUM_STREAMS": 1}
        _ = ov.Tensor(ov.Type.u8, ov.Shape([1])).data  # see detect/engines/openvino.py
        try:
            self._points = core.compile_model(str(place / "points.xml"), "CPU", config)
            self._pairs = core.compile_model(str(place / "pairs.xml"), "CPU", config)
        except RuntimeError as error:
            raise ModelError(
                f"OpenVINO can't read points.xml and pairs.xml in {place}",
                code="model_unreadable",
                mend="Get the folder models/view again; it belongs to tidycity.",
            ) from error
        self._turn = threading.Lock()

    def points(self, image: Image) -> LocalFeatures:
        """The strongest keypoints of an upright (H, W, 3) BGR picture; scale and turn unknown."""
        seen = _fitted(image)
        height_px, width_px = seen.shape[:2]
        planes = np.ascontiguousarray(seen.transpose(2, 0, 1)[None], np.float32)
        with self._turn:
            field, heat, trust = (np.array(one[0]) for one in self._points(planes).values())
        xy, score = _peaks(heat[0], trust[0])
        best = np.argsort(-score, kind="stable")[:KEYPOINTS]
        xy = xy[best]
        return LocalFeatures(
            xy=xy,
            size_px=np.ones(len(xy), np.float32),
            angle_rad=np.zeros(len(xy), np.float32),
            descriptor=_sampled(field, xy),
            width_px=width_px,
            height_px=height_px,
        )

    def pairs(self, first: LocalFeatures, second: LocalFeatures) -> tuple[Indices, Indices]:
        """Keypoints of two pictures that show the same thing, as indices into both."""
        if min(len(first), len(second)) < 2:
            none = np.zeros(0, np.intp)
            return none, none
        given = [_placed(first), first.descriptor[None], _placed(second), second.descriptor[None]]
        with self._turn:
            found = np.array(next(iter(self._pairs(given).values()))[0, :-1, :-1])
        to, back = found.argmax(axis=1), found.argmax(axis=0)
        rows = np.arange(len(first))
        good = np.flatnonzero((back[to] == rows) & (found[rows, to] > np.log(SURE)))
        return good, to[good]


@lru_cache(maxsize=1)
def shipped_matcher() -> LearnedMatcher:
    """The matcher of ``models/view``, loaded when it is first asked for. Raises ModelError."""
    return LearnedMatcher()


def _fitted(image: Image) -> Image:
    """The picture with its longer side ``SIDE_PX`` and both sides whole numbers of 32 px."""
    height_px, width_px = image.shape[:2]
    scale = SIDE_PX / max(height_px, width_px)
    sides = (
        max(_NET_PX, round(side * scale / _NET_PX) * _NET_PX) for side in (width_px, height_px)
    )
    way = cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC
    return np.asarray(cv2.resize(image, tuple(sides), interpolation=way), np.uint8)


def _peaks(heat: Floats, trust: Floats) -> tuple[Floats, Floats]:
    """Where the heat map has its peaks: (n, 2) pixels, and (n,) how much each is worth."""
    highest = cv2.dilate(heat, np.ones((_PEAK_PX, _PEAK_PX), np.uint8))
    y, x = np.nonzero((heat == highest) & (heat > _PEAK))
    xy = np.stack([x, y], axis=1).astype(np.float32)
    return xy, heat[y, x] * _sampled(trust[None], xy, normed=False)[:, 0]


def _sampled(field: Floats, xy: Floats, *, normed: bool = True) -> Floats:
    """(n, channels) of a (channels, H/8, W/8) field at points of the picture."""
    _, rows, columns = field.shape
    x = np.clip(xy[:, 0] / _GRID_PX - 0.5, 0, columns - 1)
    y = np.clip(xy[:, 1] / _GRID_PX - 0.5, 0, rows - 1)
    left, top = np.floor(x).astype(int), np.floor(y).astype(int)
    right, below = np.minimum(left + 1, columns - 1), np.minimum(top + 1, rows - 1)
    a, b = x - left, y - top
    upper = field[:, top, left] * (1 - a) + field[:, top, right] * a
    lower = field[:, below, left] * (1 - a) + field[:, below, right] * a
    found = (upper * (1 - b) + lower * b).T
    if normed:
        found = found / (np.linalg.norm(found, axis=1, keepdims=True) + 1e-9)
    return np.ascontiguousarray(found, np.float32)


def _placed(features: LocalFeatures) -> Floats:
    """(1, n, 2) keypoints around the middle, by half the longer side."""
    size = np.array([features.width_px, features.height_px], np.float32)
    return np.asarray(((features.xy - size / 2) / (size.max() / 2))[None], np.float32)
