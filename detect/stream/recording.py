"""A recorded video: when it began, how long it is, and its sharpest picture within a stretch."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import av
import numpy as np
from av.error import FFmpegError
from av.video.frame import VideoFrame
from av.video.stream import VideoStream

from detect.errors import UnreadablePhoto
from detect.quality import sharpness
from detect.types import Image

_CANDIDATE_S = 0.15
"""Pictures nearer than this to one another are alike: one of them is measured."""
_MEASURE_PX = 320


@dataclass(frozen=True, slots=True)
class Recording:
    """What a video's head says. ``began_at``: aware, None where the camera didn't write it."""

    path: Path
    seconds: float
    began_at: datetime | None
    width_px: int
    height_px: int


@dataclass(frozen=True, slots=True, eq=False)
class Picked:
    """One picture of a video: seconds from its beginning, and (H, W, 3) BGR, upright."""

    at_s: float
    image: Image


def read_recording(path: Path) -> Recording:
    """The head of a video. Raises UnreadablePhoto (not_an_image, truncated)."""
    try:
        with av.open(str(path)) as container:
            if not container.streams.video:
                raise UnreadablePhoto("not_an_image", f"{path.name} has no video in it")
            stream = container.streams.video[0]
            length = container.duration
            seconds = length / av.time_base if length else _stream_seconds(stream)
            began = _began(container.metadata.get("creation_time"))
            return Recording(path, seconds, began, stream.width, stream.height)
    except (FFmpegError, OSError) as error:
        raise UnreadablePhoto("truncated", f"{path.name} is no readable video: {error}") from error


def sharpest(path: Path, begin_s: float, end_s: float) -> Picked:
    """The sharpest picture between two moments of a video. Raises UnreadablePhoto."""
    best: VideoFrame | None = None
    best_at_s, best_sharp = begin_s, -1.0
    measured_s = float("-inf")
    try:
        with av.open(str(path)) as container:
            stream = container.streams.video[0]
            stream.thread_type = "NONE"  # other stretches are decoded beside this one
            first_s = float((stream.start_time or 0) * (stream.time_base or 0))
            container.seek(int((first_s + begin_s) * av.time_base), backward=True)
            for frame in container.decode(stream):
                at_s = (frame.time or 0.0) - first_s
                if at_s >= end_s:
                    break
                if at_s < begin_s or at_s - measured_s < _CANDIDATE_S:
                    continue
                measured_s = at_s
                sharp = _sharpness(frame)
                if sharp > best_sharp:
                    best, best_at_s, best_sharp = frame, at_s, sharp
    except (FFmpegError, OSError, IndexError) as error:
        if best is None:
            raise UnreadablePhoto(
                "truncated", f"{path.name} can't be decoded at {begin_s:.1f} s: {error}"
            ) from error
    if best is None:
        raise UnreadablePhoto("truncated", f"{path.name} holds no picture at {begin_s:.1f} s")
    return Picked(best_at_s, _upright(best))


def _sharpness(frame: VideoFrame) -> float:
    height_px = max(32, round(frame.height * _MEASURE_PX / frame.width / 2) * 2)
    grey = frame.reformat(width=_MEASURE_PX, height=height_px, format="gray").to_ndarray()
    return sharpness(np.asarray(grey, np.uint8))


def _upright(frame: VideoFrame) -> Image:
    image = np.asarray(frame.to_ndarray(format="bgr24"), np.uint8)
    turns = round(frame.rotation / 90) % 4
    return np.ascontiguousarray(np.rot90(image, turns))


def _stream_seconds(stream: VideoStream) -> float:
    return float((stream.duration or 0) * (stream.time_base or 0))


def _began(text: str | None) -> datetime | None:
    """Containers write UTC; 1904 and 1970 are what a camera without a clock writes."""
    try:
        found = datetime.fromisoformat(text or "")
    except ValueError:
        return None
    aware = found if found.tzinfo else found.replace(tzinfo=UTC)
    return aware if aware.year >= 2000 else None
