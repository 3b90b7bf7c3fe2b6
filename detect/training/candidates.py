"""What a detector proposes on labelled pictures, each proposal with what a second look sees of it.

True is what covers a labelled box of its class by half (IoU 0.5). False is what no box of its class
comes near (IoU below 0.2), on pictures that label the class exhaustively: shop goods, closed bins,
leaves, road markings, and what people rejected (``tidycity datasets from-reviews``). Between the
two nothing is learnt. Needs no torch: the features come from the detector's own first layers.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import numpy.typing as npt
import openvino as ov
from openvino import opset13 as op

from detect.boxes import iou
from detect.engines import open_engine
from detect.engines.second_look import SIDE_PX, cut, facts
from detect.model_folder import load_card
from detect.training.errors import DatasetError
from detect.training.evaluation import Picture
from detect.training.model_release import low_threshold_copy
from detect.training.scenes import read_image
from detect.types import Detections, Image

LAYERS = (4, 6, 8)
LEAST_SCORE = 0.1
TRUE_IOU, FALSE_IOU = 0.5, 0.2
MOST_A_PICTURE = 30

Floats = npt.NDArray[np.float32]


@dataclass(frozen=True)
class Proposals:
    """What stands on one picture, (n) proposals: ``features`` (n, f), ``facts`` (n, k).

    ``found`` are those of the wanted classes that the picture labels, from LEAST_SCORE on.
    ``truth``: 1 true, 0 false, -1 neither.
    """

    picture: Picture
    found: Detections
    features: Floats
    facts: Floats
    truth: npt.NDArray[np.int8]


def propose(
    folder: Path,
    pictures: Sequence[Picture],
    wanted: Sequence[str],
    progress: Callable[[], None] = lambda: None,
) -> list[Proposals]:
    """The proposals of the model in ``folder`` on each picture, in order."""
    extractor = Extractor(load_card(folder).weights)
    rows = []
    with TemporaryDirectory() as scratch:
        engine = open_engine(low_threshold_copy(folder, Path(scratch)))
        for picture in pictures:
            image = read_image(picture.path)
            rows.append(_on_one(picture, image, engine.detect([image])[0], wanted, extractor))
            progress()
    return rows


class Extractor:
    """The detector's first layers on one crop, each layer's mean and maximum over the crop."""

    def __init__(self, weights: Path) -> None:
        network = feature_network(weights)
        self._request = ov.Core().compile_model(network, "CPU").create_infer_request()
        self.size = int(network.output(0).shape[1])

    def __call__(self, image: Image, boxes: Floats) -> Floats:
        """(n, size) features of the boxes' crops."""
        rows = np.zeros((len(boxes), self.size), np.float32)
        for row, box in zip(rows, boxes, strict=True):
            row[:] = self._request.infer([cut(image, box)[None]])[0][0]
        return rows


def feature_network(weights: Path) -> Any:
    """(1, 96, 96, 3) uint8 BGR to (1, f): cut out of a detector's OpenVINO IR.

    Raises DatasetError where it has no such layers: it is no YOLO26 that `tidycity` exported.
    """
    network = ov.Core().read_model(str(weights))
    outputs = []
    for layer in LAYERS:
        last = f"__module.model.{layer}.cv2.conv/aten::_convolution/Add"
        found = [o for o in network.get_ops() if o.get_friendly_name() == last]
        if not found:
            raise DatasetError(
                f"{weights} has no layer {layer} that a second look could be cut from",
                mend="Release the model again: `tidycity models release`.",
            )
        (port,) = found[0].output(0).get_target_inputs()
        seen = port.get_node().output(0)
        axes = op.constant(np.array([2, 3], np.int64))
        outputs += [op.reduce_mean(seen, axes, False), op.reduce_max(seen, axes, False)]
    pooled = op.concat([o.output(0) for o in outputs], 1)
    cut_off = ov.Model([pooled], network.get_parameters(), "features")
    cut_off.reshape([1, 3, SIDE_PX, SIDE_PX])
    steps = ov.preprocess.PrePostProcessor(cut_off)
    tensor = steps.input().tensor()
    tensor.set_element_type(ov.Type.u8).set_layout(ov.Layout("NHWC"))
    tensor.set_color_format(ov.preprocess.ColorFormat.BGR)
    change = steps.input().preprocess()
    change.convert_element_type(ov.Type.f32).convert_color(ov.preprocess.ColorFormat.RGB)
    change.scale(255.0)
    steps.input().model().set_layout(ov.Layout("NCHW"))
    return steps.build()


def labelled(rows: Sequence[Proposals]) -> Iterator[tuple[Proposals, int]]:
    """Every proposal that is surely true or false, with its number on its picture."""
    for row in rows:
        for number in np.flatnonzero(row.truth >= 0):
            yield row, int(number)


def _on_one(
    picture: Picture, image: Image, found: Detections, wanted: Sequence[str], extractor: Extractor
) -> Proposals:
    ids = [i for i, n in enumerate(found.names) if n in wanted and n in picture.exhaustive]
    found = found[(found.score >= LEAST_SCORE) & np.isin(found.class_id, ids)][:MOST_A_PICTURE]
    return Proposals(
        picture,
        found,
        extractor(image, found.xyxy),
        facts(found, image.shape),
        truth_of(picture, found),
    )


def truth_of(picture: Picture, found: Detections) -> npt.NDArray[np.int8]:
    """(n,) 1 true, 0 false, -1 neither, as the module's text says."""
    overlap = iou(found.xyxy, picture.truth_xyxy.astype(np.float32))
    overlap = np.where(found.class_id[:, None] == picture.truth_class[None], overlap, 0.0)
    best = overlap.max(axis=1, initial=0.0)
    truth = np.full(len(found), -1, np.int8)
    truth[best >= TRUE_IOU] = 1
    truth[best < FALSE_IOU] = 0
    return truth
