"""A second look at each candidate: is it what the detector says, or only something alike?

The detector sees a whole photo at its input size, in which a bag is a few dozen pixels. The second
look sees one candidate at a time, cut out with its surroundings and at a size of its own, knows
what the detector said of it, and says how likely that is true. Candidates below their class's
threshold in the card (``second_look``) are dropped; nothing is added and no box is moved.

A photo that went through tiles is looked at as a whole: a candidate's surroundings end where the
photo ends. Trained by ``detect.training.second_look``.
"""

from __future__ import annotations

from collections.abc import Sequence
from queue import LifoQueue
from typing import Any

import cv2
import numpy as np
import openvino as ov
from numpy.typing import NDArray

from detect.errors import ModelError
from detect.model_folder import ModelCard, SecondLookPlan
from detect.types import Detections, Image

SIDE_PX = 96
CONTEXT = 1.6
"""The crop's side, in longer sides of the candidate."""
LEAST_PX = 32
"""A crop shows at least this much of the photo, however small the candidate."""
FACTS = 5
"""Beside the classes: the score, and the box's size and shape."""
_GREY = 114

Floats = NDArray[np.float32]


def cut(image: Image, box: Floats, side_px: int = SIDE_PX) -> Image:
    """(side, side, 3) of the picture around a box (x1, y1, x2, y2), grey where the picture ends."""
    x1, y1, x2, y2 = (float(side) for side in box)
    half = max(LEAST_PX, max(x2 - x1, y2 - y1) * CONTEXT) / 2
    left, top = round((x1 + x2) / 2 - half), round((y1 + y2) / 2 - half)
    right, bottom = left + max(1, round(2 * half)), top + max(1, round(2 * half))
    height_px, width_px = image.shape[:2]
    part = image[max(0, top) : min(height_px, bottom), max(0, left) : min(width_px, right)]
    bars = (max(0, -top), max(0, bottom - height_px), max(0, -left), max(0, right - width_px))
    if any(bars):
        part = cv2.copyMakeBorder(part, *bars, cv2.BORDER_CONSTANT, value=(_GREY,) * 3)
    how = cv2.INTER_AREA if part.shape[0] > side_px else cv2.INTER_LINEAR
    return np.asarray(cv2.resize(part, (side_px, side_px), interpolation=how), np.uint8)


def facts(found: Detections, image_shape: Sequence[int]) -> Floats:
    """(n, classes + FACTS): what the detector says of each candidate, as the network wants it."""
    height_px, width_px = image_shape[:2]
    longer = max(height_px, width_px)
    score = np.clip(found.score.astype(np.float64), 1e-3, 1 - 1e-3)
    sides = np.maximum(found.xyxy[:, 2:] - found.xyxy[:, :2], 1.0) / longer
    centre = (found.xyxy[:, 1] + found.xyxy[:, 3]) / 2 / height_px
    rows = [
        np.log(score / (1 - score)),
        np.log(sides[:, 0] * sides[:, 1]),
        np.log(sides[:, 0] / sides[:, 1]),
        centre,
        np.ones(len(found)),
    ]
    which = np.eye(len(found.names))[found.class_id]
    return np.concatenate([which, np.stack(rows, axis=1)], axis=1).astype(np.float32)


class SecondLook:
    """Runs the small network beside a model. Safe to call from many threads."""

    def __init__(self, card: ModelCard, plan: SecondLookPlan, *, streams: int = 1) -> None:
        """Raises ModelError where the network can't be read, or is not one for this model."""
        path = card.folder / plan.file
        core = ov.Core()
        try:
            network = core.read_model(path)
            wanted = [[1, SIDE_PX, SIDE_PX, 3], [1, len(card.class_names) + FACTS]]
            got = [list(port.shape) for port in network.inputs]
            if got != wanted:
                raise ModelError(
                    f"the second look {path} takes {got}, model {card.id} gives {wanted}",
                    code="bad_card",
                    mend="Train it anew: `tidycity models second-look`.",
                )
            config = {"NUM_STREAMS": streams, "INFERENCE_NUM_THREADS": streams}
            compiled = core.compile_model(network, "CPU", config)
        except RuntimeError as error:
            raise ModelError(
                f"OpenVINO can't read the second look {path}: {error}",
                code="model_unreadable",
                mend="Train it anew: `tidycity models second-look`.",
            ) from error
        self._limits = np.array(
            [plan.thresholds.get(name, 0.0) for name in card.class_names], np.float32
        )
        self._lanes: LifoQueue[Any] = LifoQueue()
        for _ in range(streams):
            self._lanes.put(compiled.create_infer_request())

    def judge(self, image: Image, found: Detections) -> Detections:
        """The candidates that stand, each with its second score; those of other classes as well."""
        asked = np.flatnonzero(self._limits[found.class_id] > 0)
        second = np.full(len(found), np.nan, np.float32)
        second[asked] = self.scores(image, found[asked])
        stands = np.isnan(second) | (second >= self._limits[found.class_id])
        kept = np.flatnonzero(stands)
        return found[kept].seen_twice(second[kept])

    def scores(self, image: Image, found: Detections) -> Floats:
        """(n,) how likely each candidate is what the detector says, 0..1."""
        told = facts(found, image.shape)
        scores = np.zeros(len(found), np.float32)
        lane = self._lanes.get()
        try:
            for i, box in enumerate(found.xyxy):
                crop = cut(image, box)[None]
                scores[i] = lane.infer([crop, told[i : i + 1]])[0].ravel()[0]
        except RuntimeError as error:
            raise ModelError(
                f"the second look failed: {error}",
                code="model_failed",
                mend="Switch it off with --no-second-look; run `tidycity doctor`.",
            ) from error
        finally:
            self._lanes.put(lane)
        return scores
