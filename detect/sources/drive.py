"""Pictures along a drive: a video and the track of its way become photos with place and time.

A picture is taken every few metres of the way, not every so often: at a red light one picture in
half a minute, on the move the sharpest of each stretch. What one looks like is decided by video and
track alone, so a run that was stopped goes on where it was, and a second one finds all known.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from io import BytesIO
from pathlib import Path

from detect.errors import BadInput, UnreadablePhoto
from detect.sources.source import MAX_BYTES, PhotoSource, moment
from detect.track import Track
from detect.types import Image, Location

VIDEO_SUFFIXES = frozenset({".mp4", ".mov", ".m4v", ".mkv", ".avi", ".ts", ".mts"})
EVERY_M = 8.0
STANDING_S = 30.0
LEAST_S = 0.4
_STEP_S = 0.2
_MOVING_M = 1.5
_NEARLY_M = 0.05
_EARTH_M = 6_371_000.0
_GPS_IFD, _EXIF_IFD = 0x8825, 0x8769
_QUALITY = 92


def is_video(path: Path) -> bool:
    """Whether a file is taken for a video, by its name.

    >>> is_video(Path("drive.MP4")), is_video(Path("a.jpg"))
    (True, False)
    """
    return path.suffix.lower() in VIDEO_SUFFIXES


@dataclass(frozen=True, slots=True)
class DriveRules:
    """How a drive is cut up.

    ``every_m``: metres of way between pictures; ``offset_s`` is added to the video's clock to get
    the track's; ``began_at``: when the video began, for one that doesn't say so itself.
    """

    every_m: float = EVERY_M
    offset_s: float = 0.0
    began_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Stretch:
    """A part of a video, in seconds from its beginning, whose place is known."""

    begin_s: float
    end_s: float


@dataclass(frozen=True, slots=True)
class DrivePicture(PhotoSource):
    """The picture of one stretch; reading it decodes the video there. Any thread may."""

    began_at: datetime | None = field(default=None, compare=False)
    stretch: Stretch | None = field(default=None, compare=False)
    track: Track | None = field(default=None, compare=False, repr=False)

    def read(self, max_bytes: int = MAX_BYTES) -> bytes:
        """A JPEG with time, place and heading in its EXIF; raises UnreadablePhoto."""
        if self.problem is not None:
            raise self.problem
        from detect.stream.recording import sharpest

        if self.stretch is None or self.track is None or self.began_at is None:
            raise UnreadablePhoto("io_error", f"{self.name} belongs to no drive")
        picked = sharpest(self.path, self.stretch.begin_s, self.stretch.end_s)
        at = self.began_at + timedelta(seconds=picked.at_s)
        data = _jpeg(picked.image, at, self.track.at(at), heading_deg(self.track, at))
        if len(data) > max_bytes:
            raise UnreadablePhoto("too_large", f"{self.name} has {len(data)} bytes")
        return data


def find_drive(path: Path, track: Track, rules: DriveRules) -> Iterator[DrivePicture]:
    """The pictures of a video along a track, in order. Raises BadInput, UnreadablePhoto at once."""
    if not path.is_file():
        raise BadInput(
            f"There is no file at {path}", code="no_such_path", mend="Check the spelling."
        )
    from detect.stream.recording import read_recording

    recording = read_recording(path)
    began_at = rules.began_at or recording.began_at
    if began_at is None:
        raise BadInput(
            f"{path.name} doesn't say when it began",
            code="no_start",
            mend="Say it: --video-start 2026-05-01T08:00:00+08:00",
        )
    began_at = began_at + timedelta(seconds=rules.offset_s)
    found = stretches(track, began_at, recording.seconds, rules.every_m)
    if not found:
        first, last = track.span
        end = began_at + timedelta(seconds=recording.seconds)
        raise BadInput(
            f"{path.name} ({began_at.isoformat()} to {end.isoformat()}) and the track "
            f"({first.isoformat()} to {last.isoformat()}) have no time in common",
            code="track_elsewhen",
            mend="Shift the video's clock with --video-offset SECONDS, or give --video-start.",
        )
    return _pictures(path, track, began_at, found)


def _pictures(
    path: Path, track: Track, began_at: datetime, found: Sequence[Stretch]
) -> Iterator[DrivePicture]:
    status = path.stat()
    for stretch in found:
        at_ms = round(stretch.begin_s * 1000)
        member = f"{at_ms // 60_000:03}-{at_ms % 60_000 / 1000:06.3f}.jpg"
        yield DrivePicture(
            path,
            f"{path.name}!{member}",
            status.st_size,
            moment(status.st_mtime),
            member,
            began_at=began_at,
            stretch=stretch,
            track=track,
        )


def stretches(track: Track, began_at: datetime, seconds: float, every_m: float) -> list[Stretch]:
    """The parts of a video in which one picture each is taken; where no place is known, none."""
    found: list[Stretch] = []
    open_at: tuple[float, Location] | None = None
    for n in range(math.ceil(seconds / _STEP_S) + 1):
        at_s = min(n * _STEP_S, seconds)
        here = track.at(began_at + timedelta(seconds=at_s))
        if open_at is not None and (here is None or _is_over(open_at, at_s, here, every_m)):
            found.append(Stretch(open_at[0], at_s))
            open_at = None
        if open_at is None and here is not None:
            open_at = (at_s, here)
    if open_at is not None and seconds - open_at[0] >= LEAST_S:
        found.append(Stretch(open_at[0], seconds))
    return found


def _is_over(open_at: tuple[float, Location], at_s: float, here: Location, every_m: float) -> bool:
    lasted_s = at_s - open_at[0]
    far = _apart_m(open_at[1], here) >= every_m - _NEARLY_M
    return (far and lasted_s >= LEAST_S) or lasted_s >= STANDING_S


def heading_deg(track: Track, at: datetime) -> float | None:
    """Which way the camera went then, from north; None where it hardly moved."""
    second = timedelta(seconds=1)
    before, after = track.at(at - second), track.at(at + second)
    if before is None or after is None or _apart_m(before, after) < _MOVING_M:
        return None
    east = math.radians(after.lon - before.lon) * math.cos(math.radians(before.lat))
    return math.degrees(math.atan2(east, math.radians(after.lat - before.lat))) % 360


def _apart_m(a: Location, b: Location) -> float:
    east = math.radians(b.lon - a.lon) * math.cos(math.radians((a.lat + b.lat) / 2))
    return _EARTH_M * math.hypot(math.radians(b.lat - a.lat), east)


def _jpeg(image: Image, at: datetime, place: Location | None, heading: float | None) -> bytes:
    """The picture as a JPEG that says itself when and where it was taken."""
    from PIL import Image as Pillow

    exif = Pillow.Exif()
    utc = at.astimezone(UTC)
    exif.get_ifd(_EXIF_IFD).update({0x9003: f"{utc:%Y:%m:%d %H:%M:%S}", 0x9011: "+00:00"})
    if place is not None:
        gps: dict[int, str | float | tuple[float, float, float]] = {
            0x01: "N" if place.lat >= 0 else "S",
            0x02: _sexagesimal(place.lat),
            0x03: "E" if place.lon >= 0 else "W",
            0x04: _sexagesimal(place.lon),
            0x12: "WGS-84",
        }
        if place.accuracy_m is not None:
            gps[0x1F] = round(place.accuracy_m, 1)
        if heading is not None:
            gps |= {0x10: "T", 0x11: round(heading, 1)}
        exif.get_ifd(_GPS_IFD).update(gps)
    out = BytesIO()
    picture = Pillow.fromarray(image[:, :, ::-1])
    picture.save(out, "JPEG", quality=_QUALITY, exif=exif.tobytes())
    return out.getvalue()


def _sexagesimal(degrees: float) -> tuple[float, float, float]:
    whole = abs(degrees)
    minutes = whole % 1 * 60
    return float(int(whole)), float(int(minutes)), round(minutes % 1 * 60, 4)
