"""A coded picture → pixels, at no more than the size that is needed.

A decoder is made for one picture and thrown away: it costs under a millisecond, and a hundred
cameras then hold no decoder's frame buffers between looks (a 1080p H.264 decoder keeps 12-48 MB).
H.264 and H.265 can't be decoded at a reduced size; the loop filter, which smooths block borders,
is left out when the picture is reduced anyway, and scaling is done in YUV before converting.
"""

from __future__ import annotations

from dataclasses import dataclass

import av
import cv2
import numpy as np
from av.error import FFmpegError
from av.video.codeccontext import VideoCodecContext
from av.video.frame import VideoFrame

from detect.errors import UnreadablePhoto
from detect.stream.packet import CodedPicture
from detect.types import Image

_STILLS = frozenset({"jpeg", "png", "webp"})
_STRICT = {"err_detect": "explode"}  # half a picture is none: what is missing is not clean ground
_ROUGH = {"skip_loop_filter": "all"}
MAX_PIXELS = 64_000_000


@dataclass(frozen=True, slots=True, eq=False)
class Decoded:
    """Pixels of a picture: ``image`` (H, W, 3) BGR, and the size that the camera sent."""

    image: Image
    full_width_px: int
    full_height_px: int


def decode(picture: CodedPicture, *, longer_side_px: int | None = None) -> Decoded:
    """The picture, its longer side reduced to ``longer_side_px`` (None: full size).

    Raises UnreadablePhoto (not_an_image, truncated, too_many_pixels) for what can't be decoded.
    """
    if picture.codec in _STILLS:
        return _still(picture, longer_side_px)
    context = av.CodecContext.create(picture.codec, "r")
    if not isinstance(context, VideoCodecContext):
        raise UnreadablePhoto("unsupported_format", f"{picture.codec} is no codec for pictures")
    context.thread_count = 1
    if picture.parameters:
        context.extradata = picture.parameters
    context.options = _STRICT if longer_side_px is None else _STRICT | _ROUGH
    try:
        frames = [*context.decode(av.Packet(picture.data)), *context.decode(None)]
    except (FFmpegError, ValueError) as error:
        raise UnreadablePhoto(
            "truncated",
            f"a {picture.codec} picture of {picture.size_bytes} bytes can't be decoded: {error}",
        ) from error
    whole = [frame for frame in frames if isinstance(frame, VideoFrame) and not frame.is_corrupt]
    if not whole:
        raise UnreadablePhoto(
            "truncated",
            f"a {picture.codec} packet of {picture.size_bytes} bytes holds no whole picture",
        )
    return _scaled(whole[-1], longer_side_px)


def _scaled(frame: VideoFrame, longer_side_px: int | None) -> Decoded:
    if frame.width * frame.height > MAX_PIXELS:
        raise UnreadablePhoto(
            "too_many_pixels",
            f"the camera sends {frame.width}x{frame.height} px, more than {MAX_PIXELS:,}",
        )
    width_px, height_px = _reduced(frame.width, frame.height, longer_side_px)
    small = frame.reformat(width_px, height_px, format="bgr24", interpolation="AREA")
    return Decoded(np.ascontiguousarray(small.to_ndarray()), frame.width, frame.height)


def _still(picture: CodedPicture, longer_side_px: int | None) -> Decoded:
    flags = cv2.IMREAD_COLOR | cv2.IMREAD_IGNORE_ORIENTATION
    try:
        image = cv2.imdecode(np.frombuffer(picture.data, np.uint8), flags)
    except cv2.error as error:
        raise UnreadablePhoto("not_an_image", f"a snapshot can't be decoded: {error}") from error
    if image is None:
        raise UnreadablePhoto(
            "not_an_image", f"a snapshot of {picture.size_bytes} bytes is no picture"
        )
    height_px, width_px = image.shape[:2]
    size = _reduced(width_px, height_px, longer_side_px)
    if size != (width_px, height_px):
        image = cv2.resize(image, size, interpolation=cv2.INTER_AREA)
    return Decoded(np.asarray(image, np.uint8), width_px, height_px)


def _reduced(width_px: int, height_px: int, longer_side_px: int | None) -> tuple[int, int]:
    """The size to decode at; even numbers, as chroma is half as wide."""
    longer = max(width_px, height_px)
    if longer_side_px is None or longer <= longer_side_px:
        return width_px, height_px
    scale = longer_side_px / longer
    return max(2, round(width_px * scale / 2) * 2), max(2, round(height_px * scale / 2) * 2)
