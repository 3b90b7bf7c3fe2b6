"""The pictures that a trainer draws: whole, in mosaics of like-labelled ones, or as chips.

Mosaics are of pictures that label the same classes, so that one mask holds for the whole mosaic.
"""

from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import Mapping, Sequence
from copy import deepcopy
from pathlib import Path
from typing import Any

import numpy as np
from ultralytics.data.augment import Compose, Mosaic
from ultralytics.data.dataset import YOLODataset

from detect.training.build import Entry
from detect.training.chips import ChipPlan, Floats, cut_chip
from detect.training.scenes import read_image


class GroupedDataset(YOLODataset):  # type: ignore[misc]
    """A YOLO data set that knows which pictures share their exhaustive classes, and cuts chips."""

    def __init__(
        self, *args: Any, entries: Sequence[Entry], chips: ChipPlan | None = None, **kwargs: Any
    ) -> None:
        self._exhaustive: Mapping[str, tuple[str, ...]] = {e.file: e.exhaustive for e in entries}
        self._chips = chips
        self._cut = {e.file for e in entries if chips is not None and e.dataset in chips.datasets}
        self._latest = 0
        self._members: dict[tuple[str, ...], list[int]] = {}
        super().__init__(*args, **kwargs)

    def get_labels(self) -> list[dict[str, Any]]:
        """ultralytics' labels, those of pictures to cut as often as the plan says."""
        labels: list[dict[str, Any]] = super().get_labels()
        if self._chips is not None:
            again = [label for label in labels if Path(label["im_file"]).name in self._cut]
            labels = labels + again * (self._chips.repeat - 1)
        self.im_files = [label["im_file"] for label in labels]
        return labels

    def peers(self) -> list[int]:
        """The indices of pictures labelled like the one handed out last."""
        if not self._members:
            members: dict[tuple[str, ...], list[int]] = defaultdict(list)
            for index in range(len(self.im_files)):
                members[self._key(index)].append(index)
            self._members = dict(members)
        return self._members[self._key(self._latest)]

    def get_image_and_label(self, index: int) -> dict[str, Any]:
        """As ultralytics', or a chip; notes the index for `peers`."""
        self._latest = index
        if self._chips is None or Path(self.im_files[index]).name not in self._cut:
            return dict(super().get_image_and_label(index))
        return self._chip(index, self._chips)

    def build_transforms(self, hyp: Any = None) -> Any:
        """ultralytics' transforms with each mosaic replaced by one of peers."""
        return _replace_mosaics(super().build_transforms(hyp), self)

    def _chip(self, index: int, plan: ChipPlan) -> dict[str, Any]:
        label = deepcopy(self.labels[index])
        label.pop("shape", None)
        image = read_image(Path(self.im_files[index]))
        height_px, width_px = image.shape[:2]
        scale = np.array([width_px, height_px, width_px, height_px], np.float64)
        rng = random.Random(random.getrandbits(64))
        chip, seen, kept = cut_chip(
            image, _corners(label["bboxes"].astype(np.float64)) * scale, self.imgsz, plan, rng
        )
        label["cls"] = label["cls"][kept]
        label["bboxes"] = (_centres(seen) / self.imgsz).astype(np.float32)
        label["segments"] = []
        label["img"], label["ratio_pad"] = chip, (1.0, 1.0)
        label["ori_shape"] = label["resized_shape"] = chip.shape[:2]
        return dict(self.update_labels_info(label))

    def _key(self, index: int) -> tuple[str, ...]:
        return tuple(self._exhaustive[Path(self.im_files[index]).name])


class PeerMosaic(Mosaic):  # type: ignore[misc]
    """A mosaic whose other pictures come from `GroupedDataset.peers`."""

    def get_indexes(self) -> list[int]:
        """The indices of the n - 1 other pictures."""
        return random.choices(self.dataset.peers(), k=self.n - 1)


def _corners(xywh: Floats) -> Floats:
    half = xywh[:, 2:] / 2
    return np.concatenate([xywh[:, :2] - half, xywh[:, :2] + half], axis=1)


def _centres(xyxy: Floats) -> Floats:
    return np.concatenate([(xyxy[:, :2] + xyxy[:, 2:]) / 2, xyxy[:, 2:] - xyxy[:, :2]], axis=1)


def _replace_mosaics(transform: Any, dataset: GroupedDataset) -> Any:
    if isinstance(transform, Compose):
        transform.transforms = [_replace_mosaics(t, dataset) for t in transform.transforms]
    elif isinstance(transform, Mosaic):
        return PeerMosaic(dataset, imgsz=transform.imgsz, p=transform.p, n=transform.n)
    return transform
