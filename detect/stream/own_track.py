"""The way of a camera as its own video tells it: GoPro's GPMF, or NMEA in a data or text track."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from statistics import median

import av
from av.error import FFmpegError

from detect.errors import UnreadablePhoto
from detect.gpmf import is_gpmf, payload_fix
from detect.nmea import Fix, fixes
from detect.track import Track

_LEAST_FIXES = 2


@dataclass(frozen=True, slots=True)
class OwnTrack:
    """A video's own track, and when the video began by its receiver's clock."""

    track: Track
    began_at: datetime


def read_own_track(path: Path) -> OwnTrack | None:
    """The track inside a video; None if there is none. Raises UnreadablePhoto."""
    timed: dict[float, tuple[float, float]] = {}
    beginnings = []
    try:
        for at_s, (moment, lat, lon) in _timed_fixes(path):
            timed[moment.timestamp()] = lat, lon
            beginnings.append(moment.timestamp() - at_s)
    except (FFmpegError, OSError) as error:
        if not timed:
            raise UnreadablePhoto("truncated", f"{path.name} can't be read: {error}") from error
    if len(timed) < _LEAST_FIXES:
        return None
    times_s = tuple(sorted(timed))
    track = Track(path, times_s, tuple(timed[time_s] for time_s in times_s))
    return OwnTrack(track, datetime.fromtimestamp(median(beginnings), UTC))


def _timed_fixes(path: Path) -> Iterator[tuple[float, Fix]]:
    """Fixes with the second of the video that they stand at."""
    with av.open(str(path)) as container:
        tracks = [one for one in container.streams if one.type in ("data", "subtitle")]
        if not tracks or not container.streams.video:
            return
        video = container.streams.video[0]
        first_s = float((video.start_time or 0) * (video.time_base or 0))
        for packet in container.demux(tracks):
            if packet.pts is None or not packet.size:
                continue
            at_s = float(packet.pts * packet.time_base) - first_s
            for fix in _fixes(bytes(packet)):
                yield at_s, fix


def _fixes(payload: bytes) -> list[Fix]:
    if is_gpmf(payload):
        found = payload_fix(payload)
        return [] if found is None else [found]
    return list(fixes(payload.decode("latin-1").splitlines()))[:1]
