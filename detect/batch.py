"""Many photos through one engine: every core busy, memory bounded, results in input order.

Each worker takes one photo from its bytes to its observations (reading, head, decoding at the
scale that is needed, quality, network), so that one worker's decoding runs beside another's
network: all of these let go of Python's lock. At most ``AHEAD`` photos a worker wait for the
consumer, which gets them in the order of the sources, and may stop at any time.

>>> from detect.engines import open_engine                                   # doctest: +SKIP
>>> from detect.sources import find_photos                                   # doctest: +SKIP
>>> for result in analyze_photos(find_photos([folder]), open_engine()):      # doctest: +SKIP
...     print(result.source, result.status, len(result.observations))
"""

from __future__ import annotations

import logging
import time
from collections import deque
from collections.abc import Generator, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal

import cv2

from detect.cores import usable_cores
from detect.engines.several import look, min_side_px
from detect.errors import UnreadablePhoto
from detect.hints import PlaceHints
from detect.observe import ContextBox, categories, context, observations
from detect.photo import Photo, decode_photo, read_photo
from detect.quality import assess
from detect.sources import PhotoSource
from detect.tiling import TileMode
from detect.types import Coverage, Detections, Engine, Image, Observation, Unusable

PhotoStatus = Literal["ok", "unusable", "unreadable"]

AHEAD = 2
HOPELESS = frozenset({Unusable.BLOCKED, Unusable.TOO_SMALL})
"""Photos that can show nothing; dark or blurred ones prove no place clean, yet may show a pile."""
UNEXPECTED = "unexpected_error"
_PHOTO_FAULTS = (
    ArithmeticError,
    AttributeError,
    EOFError,
    LookupError,
    MemoryError,
    OSError,
    RuntimeError,
    SyntaxError,
    TypeError,
    ValueError,
    cv2.error,
)
"""What a decoder may throw at a photo that nobody has seen before."""

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, eq=False)
class PhotoResult:
    """What became of one photo.

    ``ok``: looked at; ``unusable``: readable, but no proof that a place is clean (``reason_code``
    is an ``Unusable``), though what is found in it counts; ``unreadable``: ``reason_code``
    says why (the codes of ``UnreadablePhoto``, or ``unexpected_error``) and ``photo`` is None.
    ``context`` are things that are no findings, such as bins. ``data`` are the original bytes, if
    they were asked for.
    """

    source: str
    path: Path
    status: PhotoStatus
    reason_code: str | None = None
    message: str | None = None
    photo: Photo | None = None
    observations: tuple[Observation, ...] = ()
    context: tuple[ContextBox, ...] = ()
    coverage: Coverage | None = None
    data: bytes | None = None
    seconds: float = 0.0


def analyze_photos(
    sources: Iterable[PhotoSource],
    engine: Engine,
    *,
    hints: PlaceHints | None = None,
    tiles: TileMode = "auto",
    workers: int | None = None,
    keep_bytes: bool = False,
    now: datetime | None = None,
) -> Generator[PhotoResult, None, None]:
    """One result a source, in the order of the sources, as soon as it is there.

    A photo that can't be read is a result with a reason. Only what concerns all photos is raised:
    ModelError, and whatever ``sources`` raises. Closing the generator, or leaving it, waits for
    the photos being worked on and drops them. ``workers``: threads, None for one a core;
    ``now``: times beyond it are not believed.
    """
    look = PhotoLook(engine, hints, tiles, keep_bytes, now or datetime.now(UTC))
    count = workers or usable_cores()
    with _cv2_threads(1), ThreadPoolExecutor(count, "photo") as pool:
        waiting: deque[Future[PhotoResult]] = deque()
        try:
            for source in sources:
                waiting.append(pool.submit(look, source))
                yield from _ready(waiting, AHEAD * count)
            yield from _ready(waiting, 0)
        finally:
            for future in waiting:
                future.cancel()


def _ready(waiting: deque[Future[PhotoResult]], limit: int) -> Iterator[PhotoResult]:
    """Results from the front: those that are there, and more until ``limit`` are left."""
    while waiting and (len(waiting) > limit or waiting[0].done()):
        yield waiting.popleft().result()


@dataclass(frozen=True, slots=True)
class PhotoLook:
    """Looks at one photo: from its source to its result. Safe to call from many threads."""

    engine: Engine
    hints: PlaceHints | None
    tiles: TileMode
    keep_bytes: bool
    now: datetime

    def __call__(self, source: PhotoSource) -> PhotoResult:
        """The result; raises ModelError only, which is about the model and not about the photo."""
        started = time.perf_counter()
        try:
            data, photo, image = self._open(source)
            reason = assess(image)
        except UnreadablePhoto as error:
            return _unreadable(source, error.code, f"{error}", started)
        except _PHOTO_FAULTS as error:
            _log.exception("%s could not be analysed", source.name)
            message = f"{source.name} could not be analysed ({type(error).__name__}: {error})"
            return _unreadable(source, UNEXPECTED, message, started)
        found = None if reason in HOPELESS else self._detect(image, photo)
        return self._result(source, data, photo, image, reason, found, started)

    def _open(self, source: PhotoSource) -> tuple[bytes, Photo, Image]:
        data = source.read()
        photo = read_photo(
            data, source.name, hints=self.hints, now=self.now, modified_at=source.mtime
        )
        side_px = min_side_px(self.engine, (photo.width_px, photo.height_px), self.tiles)
        return data, photo, decode_photo(data, photo, min_side_px=side_px)

    def _detect(self, image: Image, photo: Photo) -> Detections:
        return look(self.engine, image, (photo.width_px, photo.height_px), self.tiles)

    def _result(
        self,
        source: PhotoSource,
        data: bytes,
        photo: Photo,
        image: Image,
        reason: Unusable | None,
        found: Detections | None,
        started: float,
    ) -> PhotoResult:
        model = self.engine.model
        coverage = Coverage(
            frame_sha256=photo.sha256,
            source=photo.source,
            taken_at=photo.taken_at,
            location=photo.location,
            usable=reason is None,
            reason=reason,
            categories=categories(model),
        )
        return PhotoResult(
            source=source.name,
            path=source.path,
            status="ok" if reason is None else "unusable",
            reason_code=reason,
            message=None if reason is None else f"{source.name}: {_WHY[reason]}",
            photo=photo,
            observations=observations(found, image.shape, model, photo.sha256) if found else (),
            context=context(found, image.shape, model) if found else (),
            coverage=coverage,
            data=data if self.keep_bytes else None,
            seconds=time.perf_counter() - started,
        )


_WHY = {
    Unusable.DARK: "too dark to show that a place is clean",
    Unusable.OVEREXPOSED: "too bright to show that a place is clean",
    Unusable.BLURRED: "too blurred to show that a place is clean",
    Unusable.BLOCKED: "something covers the lens, or the picture is empty",
    Unusable.TOO_SMALL: "too small to see what is there",
}


def _unreadable(source: PhotoSource, code: str, message: str, started: float) -> PhotoResult:
    return PhotoResult(
        source=source.name,
        path=source.path,
        status="unreadable",
        reason_code=code,
        message=message,
        seconds=time.perf_counter() - started,
    )


@contextmanager
def _cv2_threads(count: int) -> Iterator[None]:
    """OpenCV with this many threads of its own: the cores are taken by our workers already."""
    before = cv2.getNumThreads()
    cv2.setNumThreads(count)
    try:
        yield
    finally:
        cv2.setNumThreads(before)
