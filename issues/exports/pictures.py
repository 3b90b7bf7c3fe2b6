"""Evidence as pictures that may leave the machine: small, boxes drawn, faces blurred, no EXIF.

Each photo is decoded once a size: its small clean version is kept in a cache folder, for when other
boxes are asked for, and so is the finished picture.
"""

from __future__ import annotations

import hashlib
import logging
import secrets
from collections import deque
from collections.abc import Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Protocol

from detect.drawing import DrawnBox, draw_boxes, encode_jpeg, thumbnail
from detect.errors import ModelError, UnreadablePhoto
from detect.photo import decode_photo, read_photo
from detect.privacy import blur_faces
from detect.types import Image
from issues.errors import IssueError
from issues.rows import Box

log = logging.getLogger(__name__)

FACE_LOOK_PX = 640
"""Faces are looked for at this size at least, and at twice the size of the picture that is made:
one too small to find there can't be known later."""

_QUALITY, _CACHE_QUALITY = 78, 92
_CACHE_VERSION = 2
"""Raise it when pictures are drawn or blurred differently."""

LIST_PX = 220
"""Longer side of a picture in a list: twice what its cell shows, for print."""

_JPEG_START = b"\xff\xd8"
_WAITING = 4


class EvidenceReader(Protocol):
    """Gives the original bytes of a photo; raises an IssueError where they are not to be had."""

    def read(self, sha256: str) -> bytes: ...


@dataclass(frozen=True, slots=True)
class PictureRequest:
    """A photo with these boxes (normalised xyxy) drawn on it, in the colour of a group."""

    sha256: str
    boxes: tuple[Box, ...] = ()
    group: str = ""
    label: str = ""

    @property
    def drawing(self) -> str:
        """What is drawn, as a short name for a file."""
        drawn = repr((self.boxes, self.group, self.label)).encode()
        return hashlib.sha256(drawn).hexdigest()[:16]


class Pictures:
    """Makes pictures from the evidence. Safe to use from many threads.

    ``cache``: a folder that may be deleted at any time; None: nothing is kept.
    """

    def __init__(
        self,
        evidence: EvidenceReader,
        *,
        blur: bool = True,
        cache: Path | None = None,
        workers: int = 2,
    ) -> None:
        self._evidence = evidence
        self.blur = blur
        self._cache = cache
        self._workers = workers

    def jpeg(self, request: PictureRequest, max_side_px: int) -> bytes | None:
        """The picture as JPEG, its longer side at most ``max_side_px``.

        None where the photo is missing or unreadable (the reason goes to the log). Raises
        ModelError where faces can't be looked for.
        """
        finished = self.kept_at(request, max_side_px)
        if (jpeg := _kept_jpeg(finished)) is not None:
            return jpeg
        try:
            clean = self._clean(request.sha256, max_side_px)
        except (UnreadablePhoto, IssueError, OSError) as error:
            log.warning("no picture of %s: %s", request.sha256, error)
            return None
        jpeg = _drawn(clean, request)
        _keep(finished, jpeg)
        return jpeg

    def jpegs(self, requests: Iterable[PictureRequest], max_side_px: int) -> Iterator[bytes | None]:
        """The pictures in the order asked for, made by several threads, few held at a time."""
        waiting: deque[Future[bytes | None]] = deque()
        with ThreadPoolExecutor(self._workers, thread_name_prefix="picture") as pool:
            try:
                for request in requests:
                    waiting.append(pool.submit(self.jpeg, request, max_side_px))
                    if len(waiting) > self._workers * _WAITING:
                        yield waiting.popleft().result()
                while waiting:
                    yield waiting.popleft().result()
            finally:
                for future in waiting:
                    future.cancel()

    def shelve(self, sha256: str, data: bytes, boxes: Iterable[tuple[Box, str]]) -> bool:
        """Makes a list's pictures of a photo whose bytes are at hand, so that it finds them made.

        ``boxes``: each box that may be drawn, with its group; one picture is without any. False
        where the photo can't be read, faces can't be looked for, or nothing is kept: a list that
        needs the picture tries again.
        """
        if self._cache is None:
            return False
        drawn = [PictureRequest(sha256, (box,), group) for box, group in boxes]
        try:
            for request in (PictureRequest(sha256), *drawn):
                finished = self.kept_at(request, LIST_PX)
                if finished is not None and not finished.exists():
                    clean = self._clean(sha256, LIST_PX, data)
                    _keep(finished, _drawn(clean, request))
        except (UnreadablePhoto, ModelError, IssueError, OSError) as error:
            log.warning("no picture of %s: %s", sha256, error)
            return False
        return True

    def kept_at(self, request: PictureRequest, max_side_px: int) -> Path | None:
        """Where the finished picture is kept; None without a cache."""
        return self._kept(request.sha256, max_side_px, request.drawing)

    def _clean(self, sha256: str, side_px: int, data: bytes | None = None) -> Image:
        """The photo at this size with faces blurred, from the cache where it is there.

        ``data``: its bytes, where they needn't be read again.
        """
        kept = self._kept(sha256, side_px, "clean")
        if (jpeg := _kept_jpeg(kept)) is not None:
            with suppress(UnreadablePhoto):
                return _decode(jpeg, None)
        look_px = max(FACE_LOOK_PX, side_px)
        image = _decode(data or self._evidence.read(sha256), look_px)
        if self.blur:
            image, _ = blur_faces(thumbnail(image, max(FACE_LOOK_PX, 2 * side_px)))
        small = thumbnail(image, side_px)
        if kept is not None:
            _keep(kept, encode_jpeg(small, quality=_CACHE_QUALITY))
        return small

    def _kept(self, sha256: str, side_px: int, what: str) -> Path | None:
        """Where the cache keeps it. Blurred and plain pictures never meet."""
        if self._cache is None:
            return None
        kind = f"{_CACHE_VERSION}-{side_px}-{'blurred' if self.blur else 'plain'}"
        return self._cache / kind / sha256[:2] / f"{sha256}-{what}.jpg"


def _drawn(clean: Image, request: PictureRequest) -> bytes:
    boxes = [DrawnBox(box, label=request.label, group=request.group) for box in request.boxes]
    return encode_jpeg(draw_boxes(clean, boxes) if boxes else clean, quality=_QUALITY)


def _decode(data: bytes, min_side_px: int | None) -> Image:
    photo = read_photo(data, "evidence", hints=None, now=datetime.now(UTC))
    return decode_photo(data, photo, min_side_px=min_side_px)


def _kept_jpeg(path: Path | None) -> bytes | None:
    """A picture from the cache; None if it isn't there or is no JPEG."""
    if path is None:
        return None
    try:
        jpeg = path.read_bytes()
    except OSError:
        return None
    return jpeg if jpeg.startswith(_JPEG_START) else None


def _keep(path: Path | None, jpeg: bytes) -> None:
    """Puts a picture into the cache; a cache that can't be written is done without."""
    if path is None:
        return
    draft = path.with_name(f"{path.stem}.{secrets.token_hex(4)}.tmp")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        draft.write_bytes(jpeg)
        draft.replace(path)
    except OSError as error:
        log.debug("picture cache: %s", error)
        with suppress(OSError):
            draft.unlink(missing_ok=True)
