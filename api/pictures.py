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
        with self._lock:
            if etag in self._kept:
                self._kept.move_to_end(etag)
                return Drawn(self._kept[etag], etag)
        with self._turn:
            jpeg = self._render(sha256, width_for(width_px), marks)
        self._keep(etag, jpeg)
        return Drawn(jpeg, etag)

    def original(self, sha256: str) -> bytes:
        """The bytes as they came, EXIF and faces included. Raises NotFound."""
        return self.evidence.read(sha256)

    def _keep(self, etag: str, jpeg: bytes) -> None:
        with self._lock:
            self._kept_bytes += len(jpeg) - len(self._kept.pop(etag, b""))
            self._kept[etag] = jpeg
            while self._kept_bytes > self._memory_bytes and len(self._kept) > 1:
                _, dropped = self._kept.popitem(last=False)
                self._kept_bytes -= len(dropped)

    def _render(self, sha256: str, width_px: int, marks: Sequence[Mark]) -> bytes:
        from detect.drawing import DrawnBox, draw_boxes, encode_jpeg

        image = self._decode(sha256, width_px)
        if marks:
            boxes = [DrawnBox(mark.box, mark.label, mark.group, mark.plain) for mark in marks]
            image = draw_boxes(image, boxes)
        return encode_jpeg(image, quality=85)

    def _decode(self, sha256: str, width_px: int) -> Image:
        from detect.drawing import thumbnail
        from detect.photo import decode_photo, read_photo
        from detect.privacy import blur_faces

        data = self.evidence.read(sha256)
        photo = read_photo(data, sha256, hints=None, now=self._now())
        image = decode_photo(data, photo, min_side_px=max(width_px, 1280))
        if self._blur_faces:
            image, _ = blur_faces(image)
        ratio = max(image.shape[:2]) / image.shape[1]
        return thumbnail(image, max_side_px=round(width_px * ratio))
