"""What a YOLO network puts out, as Detections at or above each class's threshold."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from detect.boxes import sound, suppress
from detect.errors import ModelError
from detect.letterbox import Fit
from detect.model_folder import ModelCard
from detect.types import Detections


class OutputReader:
    """Reads the one output of a network as its card says: ``raw`` or ``end2end``."""

    def __init__(self, card: ModelCard) -> None:
        self.card = card
        self.names = card.class_names
        self.thresholds = np.array([row.threshold for row in card.classes], np.float32)

    def check(self, shape: tuple[int | None, ...]) -> None:
        """Raises ModelError where the network's output can't be what the card says."""
        rows = 4 + len(self.names)
        wanted = (1, rows, None) if self.card.output == "raw" else (1, None, 6)
        fits = len(shape) == 3 and all(
            w is None or got is None or w == got for w, got in zip(wanted, shape, strict=True)
        )
        if not fits:
            raise ModelError(
                f"the network of model {self.card.id} puts out {shape}, its card says {wanted}",
                code="bad_card",
                mend="Correct output or classes in model.yaml, or export the model again.",
            )

    def read(self, output: NDArray[np.float32], fit: Fit) -> Detections:
        """Detections in the pixels of the picture that ``fit`` put into the canvas."""
        if self.card.output == "raw":
            boxes, score, class_id = self._raw(output[0])
        else:
            boxes, score, class_id = self._end2end(output[0])
        return Detections(fit.restore(boxes), score, class_id, self.names)

    def _raw(
        self, rows: NDArray[np.float32]
    ) -> tuple[NDArray[np.float32], NDArray[np.float32], NDArray[np.int32]]:
        best = rows[4:].max(axis=0)
        likely = np.flatnonzero(best >= self.thresholds.min())
        class_id = rows[4:, likely].argmax(axis=0).astype(np.int32)
        enough = best[likely] >= self.thresholds[class_id]
        likely, class_id = likely[enough], class_id[enough]
        score = np.clip(best[likely], 0, 1)
        centre, half = rows[0:2, likely].T, rows[2:4, likely].T / 2
        boxes = np.concatenate([centre - half, centre + half], axis=1)
        fine = sound(boxes)
        boxes, score, class_id = boxes[fine], score[fine], class_id[fine]
        kept = suppress(boxes, score, class_id, self.card.nms_iou)
        return boxes[kept], score[kept], class_id[kept]

    def _end2end(
        self, rows: NDArray[np.float32]
    ) -> tuple[NDArray[np.float32], NDArray[np.float32], NDArray[np.int32]]:
        class_id = rows[:, 5].astype(np.int32)
        known = (class_id >= 0) & (class_id < len(self.names))
        enough = rows[:, 4] >= self.thresholds[np.where(known, class_id, 0)]
        fine = known & enough & sound(rows[:, :4])
        rows, class_id = rows[fine], class_id[fine]
        order = np.argsort(-rows[:, 4], kind="stable")
        return rows[order, :4], np.clip(rows[order, 4], 0, 1), class_id[order]
