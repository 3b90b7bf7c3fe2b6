"""Where somebody walked or drove, from GPX or NMEA: gives photos a place by their time."""

from __future__ import annotations

import math
from bisect import bisect_left
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from detect.datum import Datum, to_wgs84
from detect.errors import BadInput
from detect.nmea import fixes, is_nmea
from detect.types import Location

MAX_BYTES = 100 * 1024 * 1024
GAP_S = 120.0
END_S = 10.0
_RECEIVER_M = 10.0
_EARTH_M = 6_371_000.0


@dataclass(frozen=True, slots=True)
class Track:
    """Points in order of time: UTC seconds, and latitude and longitude in WGS-84."""

    path: Path
    times_s: tuple[float, ...]
    points: tuple[tuple[float, float], ...]

    @property
    def span(self) -> tuple[datetime, datetime]:
        """The first and the last moment."""
        first, last = self.times_s[0], self.times_s[-1]
        return datetime.fromtimestamp(first, UTC), datetime.fromtimestamp(last, UTC)

    def at(self, moment: datetime, *, gap_s: float = GAP_S) -> Location | None:
        """The place at that moment, on the straight line between the points around it.

        None where the points are more than ``gap_s`` apart, or the moment lies more than ten
        seconds outside the track. The accuracy is the receiver's 10 m plus a quarter of the way
        between the points, for what the straight line leaves out.
        """
        at_s = moment.timestamp()
        after = bisect_left(self.times_s, at_s)
        nearest = [i for i in (after - 1, after) if 0 <= i < len(self.times_s)]
        if len(nearest) == 2 and self.times_s[after] - self.times_s[after - 1] <= gap_s:
            return self._between(after - 1, after, at_s)
        best = min(nearest, key=lambda i: abs(self.times_s[i] - at_s))
        if abs(self.times_s[best] - at_s) > END_S:
            return None
        return Location(*self.points[best], _RECEIVER_M, "sidecar")

    def _between(self, before: int, after: int, at_s: float) -> Location:
        (lat_a, lon_a), (lat_b, lon_b) = self.points[before], self.points[after]
        length_s = self.times_s[after] - self.times_s[before]
        share = (at_s - self.times_s[before]) / length_s if length_s else 0.0
        east_deg = (lon_b - lon_a + 180) % 360 - 180
        lon = (lon_a + share * east_deg + 180) % 360 - 180
        lat = lat_a + share * (lat_b - lat_a)
        way_m = (
            math.radians(1)
            * _EARTH_M
            * math.hypot(lat_b - lat_a, east_deg * math.cos(math.radians(lat)))
        )
        return Location(lat, lon, round(_RECEIVER_M + way_m / 4, 1), "sidecar")


def read_track(path: Path, *, datum: Datum = "wgs84") -> Track:
    """The timed points of a GPX file, or of an NMEA log; raises BadInput if there are none.

    All tracks of a GPX file count. A time without a zone is UTC, as GPX says. ``datum`` is for the
    apps that write their map's.
    """
    import gpxpy
    import gpxpy.gpx

    text = _text(path)
    if is_nmea(text):
        return _of_nmea(path, text, datum)
    try:
        gpx = gpxpy.parse(text)
    except (gpxpy.gpx.GPXException, ValueError) as error:
        raise _bad(path, f"is no readable GPX file: {error}") from error
    timed: dict[float, tuple[float, float]] = {}
    for found in gpx.walk(only_points=True):
        if found.time is not None:
            moment = found.time if found.time.tzinfo else found.time.replace(tzinfo=UTC)
            timed[moment.timestamp()] = _checked(path, found.latitude, found.longitude, datum)
    return _track(path, timed)


def _of_nmea(path: Path, text: str, datum: Datum) -> Track:
    timed = {
        at.timestamp(): _checked(path, lat, lon, datum) for at, lat, lon in fixes(text.splitlines())
    }
    return _track(path, timed)


def _track(path: Path, timed: dict[float, tuple[float, float]]) -> Track:
    if not timed:
        raise _bad(path, "has no track points with a time")
    times_s = tuple(sorted(timed))
    return Track(path, times_s, tuple(timed[time_s] for time_s in times_s))


def _bad(path: Path, what: str) -> BadInput:
    return BadInput(
        f"{path} {what}",
        code="bad_track",
        mend="Export the track again as GPX 1.1 with the time of each point.",
    )


def _checked(path: Path, lat: float, lon: float, datum: Datum) -> tuple[float, float]:
    try:
        Location(lat, lon)
    except ValueError as error:
        raise _bad(path, f"has a point off the earth: {error}") from error
    return to_wgs84(lat, lon, datum)


def _text(path: Path) -> str:
    try:
        if path.stat().st_size > MAX_BYTES:
            raise _bad(path, f"has more than {MAX_BYTES} bytes")
        text = path.read_bytes().decode("utf-8-sig")
    except OSError as error:
        raise _bad(path, f"could not be read: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise _bad(path, "is not UTF-8 text") from error
    if "<!DOCTYPE" in text or "<!ENTITY" in text:
        raise _bad(path, "declares entities, which GPX has no use for and attacks do")
    return text
