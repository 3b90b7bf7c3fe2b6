"""A coded picture → pixels, at no more than the size that is needed.

Each thread that looks keeps one decoder for all cameras whose pictures come with their parameter
sets (RTSP): a hundred cameras then hold no decoder's frame buffers (12-48 MB at 1080p), and none is
allocated anew, which takes an eighth of the time. It starts from nothing with each picture, and is
thrown away after one that was spoilt. H.264 and H.265 can't be decoded at a reduced size; the loop
filter, which smooths block borders, is left out when the picture is reduced anyway, and scaling is
done in YUV before converting.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass
from typing import Any

import av
import cv2
import numpy as np
from av.error import FFmpegError
from av.video.codeccontext import VideoCodecContext
from av.video.frame import VideoFrame
from av.video.reformatter import VideoReformatter

from detect.errors import UnreadablePhoto
from detect.stream.packet import CodedPicture
from detect.types import Image

_STILLS = frozenset({"jpeg", "png", "webp"})
_STRICT = {"err_detect": "explode"}  # half a picture is none: what is missing is not clean ground
_ROUGH = {"skip_loop_filter": "all"}
_START_CODES = (b"\0\0\1", b"\0\0\0\1")
_NEEDED = {"h264": (0, 31, {7, 8}), "hevc": (1, 63, {32, 33, 34})}
"""Where the kind of a unit stands in its first byte (shift, mask), and the kinds to have."""
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
    try:
        frames = _frames(picture, rough=longer_side_px is not None)
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


class _Mine(threading.local):
    """What one thread keeps from picture to picture: decoders by codec and care, and a scaler."""

    def __init__(self) -> None:
        self.decoders: dict[tuple[str, bool], VideoCodecContext] = {}
        self.scaler = VideoReformatter()


_mine = _Mine()


def _frames(picture: CodedPicture, *, rough: bool) -> list[Any]:
    """What comes of a picture alone. Raises FFmpegError, ValueError and UnreadablePhoto."""
    sets = picture.parameters
    if sets is None or not _complete(picture.codec, sets):
        alone = _decoder(picture.codec, rough=rough)
        if sets:
            alone.extradata = sets
        return [*alone.decode(av.Packet(picture.data)), *alone.decode(None)]
    key = picture.codec, rough
    kept = _mine.decoders.pop(key, None) or _decoder(picture.codec, rough=rough)
    frames = [*kept.decode(av.Packet(sets + picture.data)), *kept.decode(None)]
    kept.flush_buffers()
    if rough:
        _mine.decoders[key] = kept
    return frames


def _complete(codec: str, sets: bytes) -> bool:
    """Whether these are all the parameter sets of a stream, so that no other stream's are taken."""
    if codec not in _NEEDED or not sets.startswith(_START_CODES):
        return False
    shift, mask, kinds = _NEEDED[codec]
    units = [unit for unit in sets.split(b"\0\0\1") if unit]
    return kinds <= {unit[0] >> shift & mask for unit in units}


def _decoder(codec: str, *, rough: bool) -> VideoCodecContext:
    context = av.CodecContext.create(codec, "r")
    if not isinstance(context, VideoCodecContext):
        raise UnreadablePhoto("unsupported_format", f"{codec} is no codec for pictures")
    context.thread_count = 1
    context.options = _STRICT | _ROUGH if rough else _STRICT
    return context


def _scaled(frame: VideoFrame, longer_side_px: int | None) -> Decoded:
    if frame.width * frame.height > MAX_PIXELS:
        raise UnreadablePhoto(
            "too_many_pixels",
            f"the camera sends {frame.width}x{frame.height} px, more than {MAX_PIXELS:,}",
        )
    width_px, height_px = _reduced(frame.width, frame.height, longer_side_px)
    small = _mine.scaler.reformat(frame, width_px, height_px, format="bgr24", interpolation="AREA")
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
