"""Whether people or vehicles stand before a place in a picture, so that its look says little.

A camera's view of a place is hidden while somebody walks or parks there. ``Passers`` asks a small
network that names what stands around; it is loaded at the first question.

>>> passers = Passers()
>>> passers.over(image, (300, 200, 420, 330)).share                       # doctest: +SKIP
0.62
"""

from __future__ import annotations

import math
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from detect.scene_rules import Box, covered
from detect.types import Detections, Engine, Image

SURE: Mapping[str, float] = MappingProxyType({"person": 0.42, "vehicle": 0.63, "two_wheeler": 0.31})
"""Who can hide a place, and from which score on: best F1 on held-out pictures of val
(models/scene/card.md). Below, what is called a vehicle is often a bin."""


@dataclass(frozen=True, slots=True)
class Cover:
    """How far a box is covered: ``share`` 0..1 by the largest of ``kinds`` (none: empty)."""

    share: float
    kinds: frozenset[str]


class Passers:
    """Asks who stands over a box. The network is opened once, by the first thread that asks."""

    def __init__(self, model: str = "scene", *, threads: int | None = None) -> None:
        self._model, self._threads = model, threads
        self._engine: Engine | None = None
        self._opening = threading.Lock()

    def over(self, image: Image, box: Box, *, sure: float | None = None) -> Cover:
        """Who covers ``box`` (x1, y1, x2, y2 in pixels of ``image``, BGR); raises ModelError.

        Each counts for the share of the box that its own box covers. ``sure`` replaces the scores
        in ``SURE``.
        """
        return cover(self.find(image), box, sure=sure)

    def find(self, image: Image) -> Detections:
        """All that the network names in a picture, to ask ``cover`` of several boxes."""
        return self._opened().detect([image])[0]

    def _opened(self) -> Engine:
        with self._opening:
            if self._engine is None:
                from detect.engines import open_engine

                self._engine = open_engine(self._model, threads=self._threads)
            return self._engine


def cover(found: Detections, box: Box, *, sure: float | None = None) -> Cover:
    """How far the people and vehicles among ``found`` cover ``box``, in the same pixels."""
    limits = SURE if sure is None else dict.fromkeys(SURE, sure)
    shares = [
        (covered(box, (b[0], b[1], b[2], b[3])), found.names[class_id])
        for b, score, class_id in zip(found.xyxy.tolist(), found.score, found.class_id, strict=True)
        if score >= limits.get(found.names[class_id], math.inf)
    ]
    over = [(share, name) for share, name in shares if share > 0]
    return Cover(max((s for s, _ in over), default=0.0), frozenset(name for _, name in over))
