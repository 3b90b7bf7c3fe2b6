"""The engine for torch (extra ``torch``): any weights that ultralytics loads, on GPU or CPU.

ultralytics' habits of downloading and installing things while it runs are switched off before it
is imported; this module is imported only when this engine is asked for.
"""

from __future__ import annotations

import hashlib
import os
import threading
from collections.abc import Iterator, Sequence
from itertools import groupby
from pathlib import Path
from typing import Any

import numpy as np

from detect.boxes import sound
from detect.errors import ModelError
from detect.model_folder import CARD_NAME, CAREFUL, CardClass, ModelCard, load_card
from detect.types import Detections, Image

_DEFAULT_THRESHOLD = 0.25
_AT_ONCE = 16


class UltralyticsEngine:
    """Runs weights with ultralytics. Safe to call from many threads, which wait for each other.

    ``name_or_path`` is a file of weights (``best.pt``, ``best.onnx``, …), whose card is
    ``model.yaml`` beside it if there is one, or a model's folder that holds a ``.pt``.
    Classes of weights without a card stand for no category.
    """

    def __init__(
        self, name_or_path: str | Path | None = None, *, threads: int | None = None
    ) -> None:
        weights, card = _find(name_or_path)
        if card is not None and card.looks:
            raise ModelError(
                f"engine ultralytics looks at a picture once, model {card.id} asks for more",
                code="no_careful_look",
                mend=f"Leave out @{CAREFUL}, or use engine openvino.",
            )
        yolo, torch = _import(threads)
        try:
            self._yolo: Any = yolo(str(weights), task="detect")
            names = [str(name) for _, name in sorted(self._yolo.names.items())]
        except (OSError, RuntimeError, ValueError, TypeError, KeyError, AttributeError) as error:
            raise ModelError(
                f"ultralytics can't load {weights}: {error}",
                code="model_unreadable",
                mend="Give weights that ultralytics made, such as best.pt.",
            ) from error
        self._card = card or _card_of(weights, names)
        if list(self._card.class_names) != names:
            raise ModelError(
                f"{weights} has the classes {names}, its card {list(self._card.class_names)}",
                code="bad_card",
                mend=f"Correct classes in {self._card.folder / CARD_NAME}.",
            )
        self._device = "cuda:0" if torch.cuda.is_available() else _device_without_cuda(torch)
        self._busy = threading.Lock()
        self._thresholds = np.array([row.threshold for row in self._card.classes], np.float32)

    @property
    def model(self) -> ModelCard:
        """The model's card."""
        return self._card

    def detect(self, images: Sequence[Image]) -> list[Detections]:
        """One Detections an image, in order, in the image's own pixels; raises ModelError."""
        found: list[Detections] = []
        with self._busy:
            # Pictures of one shape only: of several, all would get grey bars to a square.
            for _, alike in groupby(images, key=np.shape):
                for some in _batched(list(alike)):
                    found += [self._read(row) for row in self._predict(some)]
        return found

    def _predict(self, images: Sequence[Image]) -> list[Any]:
        card = self._card
        try:
            rows: list[Any] = self._yolo.predict(
                [np.ascontiguousarray(image) for image in images],
                imgsz=card.input_px,
                conf=float(self._thresholds.min()),
                iou=card.nms_iou,
                # False chooses the network's own head without suppression.
                nms=False if card.output == "end2end" else None,
                device=self._device,
                verbose=False,
                save=False,
            )
        except RuntimeError as error:
            raise ModelError(
                f"ultralytics could not run model {card.id}: {error}",
                code="model_failed",
                mend="Check the device and its memory, or use the engine openvino.",
            ) from error
        return rows

    def _read(self, row: Any) -> Detections:
        boxes = row.boxes.cpu().numpy()
        class_id = boxes.cls.astype(np.int32)
        score = np.clip(boxes.conf, 0, 1)
        fine = (score >= self._thresholds[class_id]) & sound(boxes.xyxy)
        return Detections.of(boxes.xyxy[fine], score[fine], class_id[fine], self._card.class_names)


def _batched(images: list[Image]) -> Iterator[list[Image]]:
    for start in range(0, len(images), _AT_ONCE):
        yield images[start : start + _AT_ONCE]


def _import(threads: int | None) -> tuple[Any, Any]:
    """``ultralytics.YOLO`` and ``torch``; raises ModelError where they are not installed."""
    os.environ["YOLO_OFFLINE"] = "true"
    os.environ["YOLO_AUTOINSTALL"] = "false"
    try:
        import torch
        from ultralytics import YOLO
    except ImportError as error:
        raise ModelError(
            f"the engine ultralytics needs {error.name or 'ultralytics'}, which is not installed",
            code="torch_missing",
            mend="Install the extra: pip install 'tidycity[torch]'; or use the engine openvino.",
        ) from error
    if threads is not None:
        torch.set_num_threads(threads)
    return YOLO, torch


def _device_without_cuda(torch: Any) -> str:
    mps = getattr(torch.backends, "mps", None)
    return "mps" if mps is not None and mps.is_available() else "cpu"


def _find(name_or_path: str | Path | None) -> tuple[Path, ModelCard | None]:
    """The weights, and their card if there is one."""
    if name_or_path is not None and Path(name_or_path).is_file():
        weights = Path(name_or_path)
        card = load_card(weights.parent) if (weights.parent / CARD_NAME).is_file() else None
        return weights, card
    if name_or_path is not None and Path(name_or_path).suffix in {".pt", ".onnx"}:
        raise ModelError(
            f"there are no weights {name_or_path}", code="unknown_model", mend="Check the path."
        )
    card = load_card(name_or_path)
    found = sorted(card.folder.glob("*.pt"))
    if len(found) != 1:
        raise ModelError(
            f"{card.folder} holds {len(found)} .pt files; the engine ultralytics needs one",
            code="model_unreadable",
            mend="Name the file of weights itself, or use the engine openvino.",
        )
    return found[0], card


def _card_of(weights: Path, names: Sequence[str]) -> ModelCard:
    """A card for weights that have none: every class is context, with ultralytics' threshold."""
    return ModelCard(
        id=weights.stem,
        version=hashlib.sha256(weights.read_bytes()).hexdigest()[:12],
        input_px=640,
        file=weights.name,
        output="raw",
        classes=tuple(
            CardClass(index=i, name=name, category=None, threshold=_DEFAULT_THRESHOLD)
            for i, name in enumerate(names)
        ),
        folder=weights.parent,
    )
