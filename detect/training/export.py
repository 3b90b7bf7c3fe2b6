"""A checkpoint as an OpenVINO network: weights in half precision or, by NNCF, in 8 bits.

Needs the extra `torch`; 8 bits need nncf. Height and width stay free (multiples of 32), so that the
engine can leave out grey bars.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt
import openvino
import torch
from ultralytics import YOLO

from detect.letterbox import letterbox
from detect.training.errors import DatasetError, MissingExtraError
from detect.training.scenes import read_image
from detect.types import Image

HEADS = ("raw", "end2end")
MODEL_FILE = "model.xml"


def export_openvino(checkpoint: Path, folder: Path, side_px: int, head: str) -> Path:
    """Writes model.xml and model.bin (fp16) into `folder`; returns the former.

    `head` "raw" is the one-to-many head, (1, 4 + C, anchors), which needs suppression of doubles;
    "end2end" the one-to-one head, (1, 300, 6).
    """
    if head not in HEADS:
        raise DatasetError(f"head must be one of {', '.join(HEADS)}, got '{head}'")
    if not checkpoint.is_file():
        raise DatasetError(f"there is no checkpoint {checkpoint}")
    model = YOLO(str(checkpoint)).model.float().eval()
    model.set_head_attr(end2end=head == "end2end", export=True, dynamic=True, format="openvino")
    model = model.fuse(verbose=False)
    example = torch.zeros(1, 3, side_px, side_px)
    with torch.inference_mode():
        model(example)
        network = openvino.convert_model(model, example_input=example, input=[1, 3, -1, -1])
    folder.mkdir(parents=True, exist_ok=True)
    openvino.save_model(network, str(folder / MODEL_FILE), compress_to_fp16=True)
    return folder / MODEL_FILE


def quantise(model: Path, pictures: Sequence[Path], side_px: int, out: Path) -> Path:
    """An 8-bit copy of `model` in `out`, calibrated on the pictures; the head stays as it is."""
    try:
        import nncf
    except ImportError as error:
        raise MissingExtraError("nncf", "torch") from error
    network = openvino.Core().read_model(str(model))
    layers = [op.get_friendly_name() for op in network.get_ops()]
    head = [name for name in layers if ".model.23" in name or "model.23/" in name]
    quantised = nncf.quantize(
        network,
        nncf.Dataset(list(pictures), lambda path: tensor_of(read_image(path), side_px)),
        preset=nncf.QuantizationPreset.MIXED,
        subset_size=len(pictures),
        ignored_scope=nncf.IgnoredScope(names=head, validate=False),
    )
    out.mkdir(parents=True, exist_ok=True)
    openvino.save_model(quantised, str(out / MODEL_FILE))
    return out / MODEL_FILE


def tensor_of(image: Image, side_px: int) -> npt.NDArray[np.float32]:
    """The picture in a padded square as (1, 3, side, side), RGB, 0..1."""
    canvas = np.empty((side_px, side_px, 3), np.uint8)
    letterbox(image, canvas)
    planes = canvas[..., ::-1].transpose(2, 0, 1)[None].astype(np.float32) / 255
    return np.ascontiguousarray(planes)
