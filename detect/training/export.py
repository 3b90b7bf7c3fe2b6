"""A checkpoint as a network that runs without torch: OpenVINO in half precision or 8 bits, ONNX.

Needs the extra `torch`; ONNX and 8 bits need the extra `export` beside it. Height and width stay
free (multiples of 32), so that the engine can leave out grey bars.
"""

from __future__ import annotations

import importlib
import random
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import openvino
import torch
from ultralytics import YOLO

from detect.letterbox import letterbox
from detect.training.build import read_manifest
from detect.training.errors import DatasetError, MissingExtraError
from detect.training.scenes import read_image
from detect.types import Image

HEADS = ("raw", "end2end")
MODEL_FILE = "model.xml"
ONNX_FILE = "model.onnx"
INT8_FILE = "model-int8.xml"
OPSET = 18
EXTRA = "export"


def export_openvino(checkpoint: Path, folder: Path, side_px: int, head: str) -> Path:
    """Writes model.xml and model.bin (fp16) into `folder`; returns the former.

    `head` "raw" is the one-to-many head, (1, 4 + C, anchors), which needs suppression of doubles;
    "end2end" the one-to-one head, (1, 300, 6).
    """
    model = _network(checkpoint, head, "openvino")
    example = torch.zeros(1, 3, side_px, side_px)
    with torch.inference_mode():
        model(example)
        network = openvino.convert_model(model, example_input=example, input=[1, 3, -1, -1])
    folder.mkdir(parents=True, exist_ok=True)
    openvino.save_model(network, str(folder / MODEL_FILE), compress_to_fp16=True)
    return folder / MODEL_FILE


def export_onnx(checkpoint: Path, folder: Path, side_px: int, head: str) -> Path:
    """Writes model.onnx (fp32, opset 18, height and width free) into `folder`; returns it.

    Raises MissingExtraError where a package that PyTorch's exporter needs is missing.
    """
    for library in ("onnx", "onnxscript"):
        _need(library)
    model = _network(checkpoint, head, "onnx")
    example = torch.zeros(1, 3, side_px, side_px)
    folder.mkdir(parents=True, exist_ok=True)
    part = folder / (ONNX_FILE + ".part")
    try:
        with torch.inference_mode():
            model(example)
            torch.onnx.export(
                model,
                (example,),
                str(part),
                opset_version=OPSET,
                input_names=["images"],
                output_names=["output"],
                dynamic_axes={"images": {2: "height", 3: "width"}, "output": {2: "anchors"}},
                dynamo=False,
            )
        part.replace(folder / ONNX_FILE)
    finally:
        part.unlink(missing_ok=True)
    return folder / ONNX_FILE


def quantise(
    model: Path, pictures: Sequence[Path], side_px: int, out: Path, name: str = MODEL_FILE
) -> Path:
    """An 8-bit copy of `model` in `out`, calibrated on the pictures; the head stays as it is."""
    if not pictures:
        raise DatasetError("8 bits want pictures to calibrate on; some 100 of training will do")
    nncf = _need("nncf")
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
    openvino.save_model(quantised, str(out / name))
    return out / name


def calibration_pictures(built: Path, most: int = 100, seed: int = 0) -> list[Path]:
    """Training pictures of a built set, drawn evenly over its data sets; never held-out ones."""
    sources: dict[str, list[Path]] = {}
    for entry in read_manifest(built):
        if entry.split == "train":
            path = built / "images" / "train" / entry.file
            sources.setdefault(entry.dataset, []).append(path)
    rng = random.Random(seed)
    share = -(-most // max(1, len(sources)))
    drawn = [p for _, v in sorted(sources.items()) for p in rng.sample(v, min(share, len(v)))]
    return drawn[:most] if len(drawn) <= most else rng.sample(drawn, most)


def _need(library: str) -> Any:
    """A library of the extra; raises MissingExtraError where it isn't installed."""
    try:
        return importlib.import_module(library)
    except ImportError as error:
        raise MissingExtraError(error.name or library, EXTRA) from error


def _network(checkpoint: Path, head: str, form: str) -> Any:
    """The checkpoint's network, ready to be traced. Raises DatasetError where it can't be one."""
    if head not in HEADS:
        raise DatasetError(f"head must be one of {', '.join(HEADS)}, got '{head}'")
    if not checkpoint.is_file():
        raise DatasetError(f"there is no checkpoint {checkpoint}")
    model = YOLO(str(checkpoint)).model.float().eval()
    if head == "end2end" and getattr(model.model[-1], "one2one_cv2", None) is None:
        raise DatasetError(
            f"{checkpoint} has no end2end head: its recipe trained only the raw one",
            mend="Export with --head raw.",
        )
    model.set_head_attr(end2end=head == "end2end", export=True, dynamic=True, format=form)
    return model.fuse(verbose=False)


def tensor_of(image: Image, side_px: int) -> npt.NDArray[np.float32]:
    """The picture in a padded square as (1, 3, side, side), RGB, 0..1."""
    canvas = np.empty((side_px, side_px, 3), np.uint8)
    letterbox(image, canvas)
    planes = canvas[..., ::-1].transpose(2, 0, 1)[None].astype(np.float32) / 255
    return np.ascontiguousarray(planes)
