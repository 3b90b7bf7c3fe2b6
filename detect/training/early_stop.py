"""Validation while training: the best checkpoint is kept, and a run that gets no better ends.

The network is judged as `tidycity evaluate` judges it, raw head and suppression of doubles, on the
val split: the mean AP50 over the classes that are labelled there. Needs the extra `torch`.
"""

from __future__ import annotations

from collections.abc import Sequence
from copy import deepcopy
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import nn

from detect.engines.output import OutputReader
from detect.letterbox import canvas_size, letterbox
from detect.model_folder import CardClass, ModelCard
from detect.training.evaluation import Picture, detect_all, evaluate_class, load_pictures
from detect.training.model_release import LOW_THRESHOLD
from detect.types import Detections, Image

NMS_IOU = 0.6
VALIDATION = "validation.csv"
"""In a run's folder: seconds, epoch and figure of each validation."""


@dataclass
class Patience:
    """Counts validations without a better figure; `left` of them end the run (None: never)."""

    most: int | None
    best: float = float("-inf")
    since_best: int = 0
    history: list[float] = field(default_factory=list)

    @classmethod
    def read(cls, path: Path, most: int | None, resume: bool) -> Patience:
        """What is left of a run's patience; a run that starts anew forgets what the file says."""
        patience = cls(most)
        if not resume:
            path.unlink(missing_ok=True)
        elif path.is_file():
            for line in path.read_text(encoding="utf-8").splitlines():
                patience.better(float(line.rsplit(",", 1)[1]))
        return patience

    def better(self, figure: float) -> bool:
        """Notes a figure; whether it is the best so far. NaN is never."""
        self.history.append(figure)
        if figure > self.best:
            self.best, self.since_best = figure, 0
            return True
        self.since_best += 1
        return False

    @property
    def over(self) -> bool:
        """Whether the run should end."""
        return self.most is not None and self.since_best >= self.most


class Validator:
    """Judges a network in training on the val split of a built set, at one picture side."""

    def __init__(self, built: Path, names: Sequence[str], side_px: int) -> None:
        """Raises DatasetError where there is no val split."""
        self.pictures: list[Picture] = load_pictures(built, "val", names)
        self.names, self.side_px = tuple(names), side_px
        self._reader = OutputReader(_card(names, built, side_px))

    def judge(self, model: nn.Module, device: torch.device | str = "cpu") -> float:
        """The mean AP50 of the classes that val labels; NaN where it labels none."""
        network = _network(model).to(device)
        with torch.inference_mode():
            found = detect_all(self.pictures, lambda image: self._look(network, image, device))
        figures = [
            evaluate_class(name, i, self.pictures, found, LOW_THRESHOLD, draws=0).precision.ap50
            for i, name in enumerate(self.names)
        ]
        known = [figure for figure in figures if not np.isnan(figure)]
        return float(np.mean(known)) if known else float("nan")

    def _look(self, network: Any, image: Image, device: torch.device | str) -> Detections:
        width_px, height_px = canvas_size(image.shape[1], image.shape[0], self.side_px)
        canvas = np.empty((height_px, width_px, 3), np.uint8)
        fit = letterbox(image, canvas)
        planes = np.ascontiguousarray(canvas[..., ::-1].transpose(2, 0, 1))
        output = network(torch.from_numpy(planes).to(device)[None].float() / 255)
        output = output[0] if isinstance(output, (tuple, list)) else output
        return self._reader.read(output.float().cpu().numpy(), fit)


def _network(model: nn.Module) -> Any:
    """A copy of the network as it would be exported: raw head, batch norm folded in."""
    network: Any = deepcopy(model).float().eval()
    for parameter in network.parameters():
        parameter.requires_grad = False
    network.set_head_attr(end2end=False, export=True, dynamic=True, format="openvino")
    return network.fuse(verbose=False)


def _card(names: Sequence[str], folder: Path, side_px: int) -> ModelCard:
    rows = (
        CardClass(index=i, name=name, category=None, threshold=LOW_THRESHOLD)
        for i, name in enumerate(names)
    )
    return ModelCard(
        id="training", version="0", input_px=side_px, file="model.xml", output="raw",
        nms_iou=NMS_IOU, classes=tuple(rows), folder=folder,
    )  # fmt: skip
