"""The last looks of a camera as small pictures, and a time-lapse made of some of them.

Of the last looks every one is kept, of those before one in eight, and of the oldest one in 64:
with a look every 5 s that is 40 s, 5 minutes and 40 minutes, in 24 pictures of some 20 kB.
"""

from __future__ import annotations

import io
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from fractions import Fraction

import av
import cv2
import numpy as np
from av.error import FFmpegError

from detect.types import Image

EACH, TIERS, EVERY = 8, 3, 8
"""Pictures a tier, tiers, and one in how many goes on to the next."""
LONGER_PX = 480
QUALITY = 72
RATE = 4
"""Pictures a second when it is played."""


@dataclass(frozen=True, slots=True)
class Small:
    """One look, small: JPEG, and when it arrived (aware)."""

    at: datetime
    jpeg: bytes = field(repr=False)


def small(image: Image, at: datetime) -> Small:
    """A look's picture, its longer side at most 480 px. Raises ValueError if it can't be coded."""
    height_px, width_px = image.shape[:2]
    scale = min(1.0, LONGER_PX / max(height_px, width_px))
    size = max(2, round(width_px * scale / 2) * 2), max(2, round(height_px * scale / 2) * 2)
    less = cv2.resize(image, size, interpolation=cv2.INTER_AREA)
    done, data = cv2.imencode(".jpg", less, [cv2.IMWRITE_JPEG_QUALITY, QUALITY])
    if not done:
        raise ValueError(f"a picture of {image.shape} could not be coded as JPEG")
    return Small(at, np.asarray(data, np.uint8).tobytes())


class LastLooks:
    """One camera's last looks, thinned the older they are. Not for several threads at once."""

    def __init__(self) -> None:
        self._tiers: list[deque[Small]] = [deque() for _ in range(TIERS)]
        self._passed = [0] * TIERS
        self.size_bytes = 0

    def __len__(self) -> int:
        return sum(len(tier) for tier in self._tiers)

    def add(self, one: Small) -> None:
        """Takes in the newest look."""
        self.size_bytes += len(one.jpeg)
        for n, tier in enumerate(self._tiers):
            tier.append(one)
            if len(tier) <= EACH:
                return
            one = tier.popleft()
            self._passed[n] += 1
            if n == TIERS - 1 or self._passed[n] % EVERY:
                self.size_bytes -= len(one.jpeg)
                return

    def pictures(self) -> tuple[Small, ...]:
        """All that are kept, oldest first."""
        return tuple(one for tier in reversed(self._tiers) for one in tier)

    def thin(self) -> None:
        """Gives up the older half, for want of memory."""
        for tier in reversed(self._tiers):
            if tier:
                self.size_bytes -= sum(len(one.jpeg) for one in tier)
                tier.clear()
                return


def time_lapse(
    pictures: Sequence[Small], redact: Callable[[Image], Image], *, rate: int = RATE
) -> bytes:
    """The pictures as an MP4 (H.264) of ``rate`` pictures a second, each redacted first.

    Pictures that can't be read are left out. Raises ValueError where none is left, and whatever
    ``redact`` raises.
    """
    images = [image for one in pictures if (image := _read(one)) is not None]
    if not images:
        raise ValueError("there is no picture to make a time-lapse of")
    height_px, width_px = images[-1].shape[:2]
    file = io.BytesIO()
    try:
        with av.open(file, "w", format="mp4") as made:
            stream = made.add_stream("libx264", rate=rate, options={"crf": "26"})
            stream.width, stream.height, stream.pix_fmt = width_px, height_px, "yuv420p"
            stream.codec_context.thread_count = 1
            for n, image in enumerate(images):
                shown = redact(image)
                if shown.shape[:2] != (height_px, width_px):
                    shown = np.asarray(cv2.resize(shown, (width_px, height_px)), np.uint8)
                frame = av.VideoFrame.from_ndarray(shown, format="bgr24")
                frame.pts, frame.time_base = n, Fraction(1, rate)
                made.mux(stream.encode(frame))
            made.mux(stream.encode(None))
    except FFmpegError as error:
        raise ValueError(f"the time-lapse can't be coded: {error}") from error
    return file.getvalue()


def _read(one: Small) -> Image | None:
    image = cv2.imdecode(np.frombuffer(one.jpeg, np.uint8), cv2.IMREAD_COLOR)
    return None if image is None else np.asarray(image, np.uint8)
