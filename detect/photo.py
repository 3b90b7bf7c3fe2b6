"""One photo: what its head says (fast, no pixels), and its pixels at the scale that is needed.

>>> import cv2, numpy as np
>>> from datetime import UTC, datetime
>>> jpeg = cv2.imencode(".jpg", np.zeros((60, 80, 3), np.uint8))[1].tobytes()
>>> photo = read_photo(jpeg, "a.jpg", hints=None, now=datetime.now(UTC))
>>> photo.width_px, photo.height_px, photo.notes
(80, 60, ('no_time', 'no_gps'))
>>> decode_photo(jpeg, photo, min_side_px=None).shape
(60, 80, 3)
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from io import BytesIO

import cv2
import numpy as np

from detect.errors import UnreadablePhoto
from detect.exif import Exif, read_exif
from detect.header import MAX_PIXELS, read_header
from detect.hints import PlaceHints
from detect.types import Image, Location, TimeOrigin

_FUTURE = timedelta(days=1)
_REDUCED = {
    8: cv2.IMREAD_REDUCED_COLOR_8,
    4: cv2.IMREAD_REDUCED_COLOR_4,
    2: cv2.IMREAD_REDUCED_COLOR_2,
    1: cv2.IMREAD_COLOR,
}
_TURNS: dict[int, Callable[[Image], Image]] = {
    2: lambda image: cv2.flip(image, 1),
    3: lambda image: cv2.rotate(image, cv2.ROTATE_180),
    4: lambda image: cv2.flip(image, 0),
    5: lambda image: cv2.transpose(image),
    6: lambda image: cv2.rotate(image, cv2.ROTATE_90_CLOCKWISE),
    7: lambda image: cv2.flip(cv2.transpose(image), -1),
    8: lambda image: cv2.rotate(image, cv2.ROTATE_90_COUNTERCLOCKWISE),
}


@dataclass(frozen=True, slots=True)
class Photo:
    """What is known of a photo before its pixels are decoded.

    ``width_px`` and ``height_px`` are upright; ``taken_at`` is aware; ``heading_deg`` from north.
    ``notes`` are codes for what a person should know: no_gps, no_time, gps_zero_zero, gps_void,
    broken_gps, unknown_datum, datum_converted, broken_exif, implausible_time, future_time,
    animated_first_frame.
    """

    source: str
    sha256: str
    size_bytes: int
    format: str
    width_px: int
    height_px: int
    taken_at: datetime
    time_origin: TimeOrigin
    location: Location | None
    heading_deg: float | None
    notes: tuple[str, ...]
    orientation: int = 1
    animated: bool = False


def read_photo(
    data: bytes,
    source: str,
    *,
    hints: PlaceHints | None,
    now: datetime,
    modified_at: datetime | None = None,
    max_pixels: int = MAX_PIXELS,
) -> Photo:
    """The photo's head, without decoding; raises UnreadablePhoto.

    ``modified_at`` (the file's time) serves where nobody knows a better one, and ``now`` where
    that is missing or in the future too.
    """
    hints = hints or PlaceHints()
    header = read_header(data, source, max_pixels)
    exif = read_exif(header.exif, hints.zone)
    notes = list(exif.notes)
    taken_at, origin = hints.time(source, exif.taken_at)
    if taken_at is not None and taken_at > now + _FUTURE:
        taken_at = None
        notes.append("future_time")
    elif taken_at is None:
        notes.append("no_time")
    location = hints.place(source, exif.location, taken_at)
    if location is None and not _explained(exif):
        notes.append("no_gps")
    if header.animated:
        notes.append("animated_first_frame")
    orientation = 1 if header.format == "heic" else exif.orientation
    width_px, height_px = header.width_px, header.height_px
    if orientation >= 5:
        width_px, height_px = height_px, width_px
    return Photo(
        source,
        hashlib.sha256(data).hexdigest(),
        len(data),
        header.format,
        width_px,
        height_px,
        taken_at or min(modified_at or now, now),
        origin if taken_at is not None and origin is not None else "file",
        location,
        exif.heading_deg,
        tuple(notes),
        orientation,
        header.animated,
    )


def _explained(exif: Exif) -> bool:
    """Whether another note already says why the photo's own place can't be used."""
    return bool(
        {"gps_zero_zero", "gps_void", "broken_gps", "unknown_datum"}.intersection(exif.notes)
    )


def decode_photo(data: bytes, photo: Photo, *, min_side_px: int | None) -> Image:
    """The upright picture, (H, W, 3) BGR, at 1/8, 1/4, 1/2 or full scale; raises UnreadablePhoto.

    The scale is the smallest whose longer side has at least ``min_side_px`` (None: full). A JPEG
    is decoded at that scale; the others are decoded whole and shrunk. See-through is white.
    """
    divisor = _divisor(max(photo.width_px, photo.height_px), min_side_px)
    try:
        image = _pixels(data, photo, divisor)
    except (cv2.error, OSError, ValueError, EOFError, SyntaxError, RuntimeError) as error:
        raise _damaged(photo) from error
    except MemoryError as error:
        raise UnreadablePhoto("too_many_pixels", f"{photo.source} does not fit memory") from error
    turn = _TURNS.get(photo.orientation)
    return np.ascontiguousarray(image if turn is None else turn(image))


def _damaged(photo: Photo) -> UnreadablePhoto:
    return UnreadablePhoto("truncated", f"{photo.source} is a damaged {photo.format} picture")


def _divisor(longer_px: int, min_side_px: int | None) -> int:
    if min_side_px is None:
        return 1
    return next((divisor for divisor in (8, 4, 2) if longer_px >= divisor * min_side_px), 1)


def _pixels(data: bytes, photo: Photo, divisor: int) -> Image:
    buffer = np.frombuffer(data, np.uint8)
    if photo.format == "jpeg":
        flags = _REDUCED[divisor] | cv2.IMREAD_IGNORE_ORIENTATION
        image = cv2.imdecode(buffer, flags)
        if image is None:
            raise _damaged(photo)
        return np.asarray(image, np.uint8)
    if photo.format == "heic":
        image = _heic_pixels(data)
    elif photo.format == "gif" or photo.animated:
        image = _pillow_pixels(data, photo.source)
    else:
        image = cv2.imdecode(buffer, cv2.IMREAD_UNCHANGED)
    if image is None:
        raise _damaged(photo)
    opaque = _opaque(image)
    if divisor == 1:
        return opaque
    size = (-(-opaque.shape[1] // divisor), -(-opaque.shape[0] // divisor))
    return np.asarray(cv2.resize(opaque, size, interpolation=cv2.INTER_AREA), np.uint8)


def _opaque(image: Image) -> Image:
    """(H, W, 3) uint8 from what a decoder gives: grey, 16 bits, or see-through (onto white)."""
    if image.dtype != np.uint8:
        image = (image >> 8).astype(np.uint8)
    if image.ndim == 2 or image.shape[2] == 1:
        return np.asarray(cv2.cvtColor(image, cv2.COLOR_GRAY2BGR), np.uint8)
    if image.shape[2] == 3:
        return image
    alpha = image[:, :, 3:]
    if alpha.min() == 255:
        return np.ascontiguousarray(image[:, :, :3])
    share = alpha.astype(np.float32) / 255
    return np.asarray(image[:, :, :3] * share + 255 * (1 - share) + 0.5, np.float32).astype(
        np.uint8
    )


def _heic_pixels(data: bytes) -> Image:
    import pillow_heif

    heif = pillow_heif.open_heif(BytesIO(data), convert_hdr_to_8bit=True)
    return _swapped(np.asarray(heif))


def _pillow_pixels(data: bytes, name: str) -> Image:
    """The first frame, of formats where cv2's older versions give none."""
    from PIL import Image as PillowImage

    try:
        with PillowImage.open(BytesIO(data)) as picture:
            return _swapped(np.asarray(picture.convert("RGBA")))
    except (PillowImage.DecompressionBombError, PillowImage.DecompressionBombWarning) as error:
        raise UnreadablePhoto("too_many_pixels", f"{name} has a frame beyond its size") from error


def _swapped(image: Image) -> Image:
    """RGB as BGR, RGBA as BGRA, grey as it is."""
    if image.ndim == 2:
        return image
    code = cv2.COLOR_RGBA2BGRA if image.shape[2] == 4 else cv2.COLOR_RGB2BGR
    return np.asarray(cv2.cvtColor(image, code), np.uint8)
