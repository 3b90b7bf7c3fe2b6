"""Mosaics of pictures that label the same classes, so that one mask holds for the whole mosaic."""

from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from ultralytics.data.augment import Compose, Mosaic
from ultralytics.data.dataset import YOLODataset


class GroupedDataset(YOLODataset):  # type: ignore[misc]
    """A YOLO data set that knows which pictures share their exhaustive classes."""

    def __init__(self, *args: Any, exhaustive: Mapping[str, Sequence[str]], **kwargs: Any) -> None:
        self._exhaustive = exhaustive
        self._latest = 0
        self._members: dict[tuple[str, ...], list[int]] = {}
        super().__init__(*args, **kwargs)

    def peers(self) -> list[int]:
        """The indices of pictures labelled like the one handed out last."""
        if not self._members:
            members: dict[tuple[str, ...], list[int]] = defaultdict(list)
            for index in range(len(self.im_files)):
                members[self._key(index)].append(index)
            self._members = dict(members)
        return self._members[self._key(self._latest)]

    def get_image_and_label(self, index: int) -> dict[str, Any]:
        """As ultralytics', noting the index for `peers`."""
        self._latest = index
        return dict(super().get_image_and_label(index))

    def build_transforms(self, hyp: Any = None) -> Any:
        """ultralytics' transforms with each mosaic replaced by one of peers."""
        return _replace_mosaics(super().build_transforms(hyp), self)

    def _key(self, index: int) -> tuple[str, ...]:
        return tuple(self._exhaustive[Path(self.im_files[index]).name])


class PeerMosaic(Mosaic):  # type: ignore[misc]
    """A mosaic whose other pictures come from `GroupedDataset.peers`."""

    def get_indexes(self) -> list[int]:
        """The indices of the n - 1 other pictures."""
        return random.choices(self.dataset.peers(), k=self.n - 1)


def _replace_mosaics(transform: Any, dataset: GroupedDataset) -> Any:
    if isinstance(transform, Compose):
        transform.transforms = [_replace_mosaics(t, dataset) for t in transform.transforms]
    elif isinstance(transform, Mosaic):
        return PeerMosaic(dataset, imgsz=transform.imgsz, p=transform.p, n=transform.n)
    return transform
