"""Whether somebody stands before a place that looks clear: asked before a finding is cleared.

Edges alone (``detect.stream.place``) can't tell a bare kerb from the bare side of a van that has
parked for long. The scene network names people and vehicles; it can only hold a clearing back, so
its mistakes leave a problem open for longer and close nothing.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence

from detect.errors import ModelError
from detect.passers import Passers, cover
from detect.types import Detections, Image

_log = logging.getLogger(__name__)

Box = tuple[float, float, float, float]
"""x1, y1, x2, y2 as shares of the picture's sides, 0..1."""
HIDDEN_SHARE = 0.3
"""A person or vehicle that covers so much of where the finding was hides it."""


class Bystanders:
    """Asks the scene network; where that can't be opened, nobody is said to stand anywhere."""

    def __init__(self, find: Callable[[Image], Detections] | None = None) -> None:
        self._find = find or Passers(threads=1).find
        self._gone = False

    def hide(self, image: Image, boxes: Sequence[Box]) -> bool:
        """Whether somebody covers a box by HIDDEN_SHARE or more; image: (H, W, 3) BGR."""
        if self._gone or not boxes:
            return False
        try:
            found = self._find(image)
        except ModelError as error:
            self._gone = True
            _log.warning("people and vehicles are not told before clearing: %s", error)
            return False
        high, wide = image.shape[:2]
        shares = [
            cover(found, (x1 * wide, y1 * high, x2 * wide, y2 * high)).share
            for x1, y1, x2, y2 in boxes
        ]
        return max(shares) >= HIDDEN_SHARE
