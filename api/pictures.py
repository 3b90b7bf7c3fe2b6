"""Evidence pictures as they leave: upright, small enough, faces blurred, no EXIF, boxes on demand.

The store keeps the clean original; every picture is drawn when it is asked for, and the last ones
are kept in memory.
"""

from __future__ import annotations

import hashlib
from collections import OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from threading import BoundedSemaphore, Lock
from typing import TYPE_CHECKING, NamedTuple

from issues.evidence import EvidenceStore
from issues.rows import Box

if TYPE_CHECKING:
    from detect.types import Image

WIDTHS_PX = (160, 320, 640, 960, 1280, 1920, 2560)
"""Pictures are drawn at these widths only, so that few are kept; a wish is rounded up."""
MEMORY_BYTES = 64 * 1024 * 1024
BASE_PX = 1280


class Mark(NamedTuple):
    """A box to draw: where, what it says, of which group, and what it says without a font."""

    box: Box
    label: str
    group: str
    plain: str


@dataclass(frozen=True, slots=True)
class Drawn:
    """A JPEG and the tag under which browsers may keep it."""

    jpeg: bytes
    etag: str


def width_for(wish_px: int) -> int:
    """The width that is drawn for a wish.

    >>> width_for(500), width_for(9999)
    (640, 2560)
    """
    return next((width for width in WIDTHS_PX if width >= wish_px), WIDTHS_PX[-1])


class Pictures:
    """Draws evidence pictures; two at a time, so that memory stays bounded."""

    def __init__(
        self,
        evidence: EvidenceStore,
        *,
        blur_faces: bool,
        now: Callable[[], datetime],
        memory_bytes: int = MEMORY_BYTES,
    ) -> None:
        self.evidence = evidence
        self._blur_faces = blur_faces
        self._now = now
        self._memory_bytes = memory_bytes
        self._kept: OrderedDict[str, bytes] = OrderedDict()
        self._kept_bytes = 0
        self._lock = Lock()
        self._turn = BoundedSemaphore(2)

    def tag(self, sha256: str, width_px: int, marks: Sequence[Mark]) -> str:
        """What a picture is drawn from, as one short tag."""
        what = repr((sha256, width_for(width_px), tuple(marks), self._blur_faces, "1"))
        return hashlib.sha256(what.encode()).hexdigest()[:32]

    def draw(self, sha256: str, width_px: int = 1280, marks: Sequence[Mark] = ()) -> Drawn:
        """The picture as a JPEG. Raises NotFound, UnreadablePhoto."""
        etag = self.tag(sha256, width_px, marks)
        kept = self._kept_jpeg(etag)
        if kept is not None:
            return Drawn(kept, etag)
        with self._turn:
            jpeg = self._render(sha256, width_for(width_px), marks)
        self._keep(etag, jpeg)
        return Drawn(jpeg, etag)

    def original(self, sha256: str) -> bytes:
        """The bytes as they came, EXIF and faces included. Raises NotFound."""
        return self.evidence.read(sha256)

    def _kept_jpeg(self, name: str) -> bytes | None:
        with self._lock:
            if name in self._kept:
                self._kept.move_to_end(name)
            return self._kept.get(name)

    def _keep(self, name: str, jpeg: bytes) -> None:
        with self._lock:
            self._kept_bytes += len(jpeg) - len(self._kept.pop(name, b""))
            self._kept[name] = jpeg
            while self._kept_bytes > self._memory_bytes and len(self._kept) > 1:
                _, dropped = self._kept.popitem(last=False)
                self._kept_bytes -= len(dropped)

    def _render(self, sha256: str, width_px: int, marks: Sequence[Mark]) -> bytes:
        from detect.drawing import DrawnBox, draw_boxes, encode_jpeg, thumbnail

        image = self._clean(sha256, width_px)
        image = thumbnail(image, max_side_px=_longer_side_px(image, width_px))
        if marks:
            boxes = [DrawnBox(mark.box, mark.label, mark.group, mark.plain) for mark in marks]
            image = draw_boxes(image, boxes)
        return encode_jpeg(image, quality=85)

    def _clean(self, sha256: str, width_px: int) -> Image:
        """The picture without faces; kept up to BASE_PX, so that all widths share the work."""
        from detect.drawing import encode_jpeg, thumbnail

        if width_px > BASE_PX:
            return self._blurred(sha256, width_px)
        kept = self._kept_jpeg(f"base-{sha256}")
        if kept is not None:
            return _decoded(kept)
        image = self._blurred(sha256, BASE_PX)
        image = thumbnail(image, max_side_px=_longer_side_px(image, BASE_PX))
        self._keep(f"base-{sha256}", encode_jpeg(image, quality=92))
        return image

    def _blurred(self, sha256: str, width_px: int) -> Image:
        from detect.photo import decode_photo, read_photo
        from detect.privacy import blur_faces

        data = self.evidence.read(sha256)
        photo = read_photo(data, sha256, hints=None, now=self._now())
        wide = max(photo.width_px, photo.height_px) / max(photo.width_px, 1)
        image = decode_photo(data, photo, min_side_px=round(width_px * wide))
        return blur_faces(image)[0] if self._blur_faces else image


def _longer_side_px(image: Image, width_px: int) -> int:
    """The longer side that gives a picture this width."""
    height_px, own_width_px = (int(side) for side in image.shape[:2])
    return round(width_px * max(height_px, own_width_px) / own_width_px)


def _decoded(jpeg: bytes) -> Image:
    import cv2
    import numpy as np

    return np.asarray(cv2.imdecode(np.frombuffer(jpeg, np.uint8), cv2.IMREAD_COLOR), np.uint8)
