"""Places and times from GPMF, the track of measurements in GoPro's videos.

Keys of four letters, a type, a size and a count, then the values, big-endian, filled up to four
bytes; type 0 holds such elements again. A camera's GPS is a stream with GPS5 (HERO5 to HERO10: the
time of all its samples stands beside them in GPSU) or GPS9 (HERO11 and later: each with its own
time). A payload holds about a second of it, and its first sample is taken.
Source: https://github.com/gopro/gpmf-parser
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

from detect.nmea import Fix

_HEAD = struct.Struct(">4scBH")
_EPOCH = datetime(2000, 1, 1, tzinfo=UTC)
_GPS9 = struct.Struct(">7i2H")
_LEAST_FIX = 2
"""Two dimensions: what a receiver says that sees enough satellites for a place."""
_DEEPEST = 8


def is_gpmf(payload: bytes) -> bool:
    """Whether a packet of a video's data track is GPMF: it begins with a device."""
    return payload[:4] == b"DEVC"


def payload_fix(payload: bytes) -> Fix | None:
    """When and where the payload's first sample was taken; None without one, or without a fix."""
    for stream in _streams(payload, 0):
        found = _fix(stream)
        if found is not None:
            return found
    return None


def _streams(data: bytes, depth: int) -> Iterator[dict[bytes, tuple[int, bytes]]]:
    """The elements of each innermost stream, by key: (bytes a sample, all samples)."""
    here: dict[bytes, tuple[int, bytes]] = {}
    for key, kind, size, values in _elements(data):
        if kind != b"\0":
            here[key] = size, values
        elif depth < _DEEPEST:
            yield from _streams(values, depth + 1)
    if here:
        yield here


def _elements(data: bytes) -> Iterator[tuple[bytes, bytes, int, bytes]]:
    at = 0
    while at + _HEAD.size <= len(data):
        key, kind, size, count = _HEAD.unpack_from(data, at)
        at += _HEAD.size
        if at + size * count > len(data) or not any(key):
            return
        yield key, kind, size, data[at : at + size * count]
        at += (size * count + 3) // 4 * 4


def _fix(stream: dict[bytes, tuple[int, bytes]]) -> Fix | None:
    scales = _numbers(stream.get(b"SCAL"))
    try:
        if b"GPS9" in stream:
            return _of_gps9(stream[b"GPS9"], scales)
        if b"GPS5" in stream and b"GPSU" in stream:
            fix = _numbers(stream.get(b"GPSF"))
            if fix and fix[0] < _LEAST_FIX:
                return None
            lat, lon = _numbers(stream[b"GPS5"])[:2]
            place = _on_earth(lat / scales[0], lon / scales[1])
            return _utc(stream[b"GPSU"][1]), *place
    except (ArithmeticError, IndexError, ValueError, struct.error):
        return None  # a damaged sample: the next one comes in a second
    return None


def _of_gps9(samples: tuple[int, bytes], scales: list[int]) -> Fix | None:
    lat, lon, _, _, _, days, seconds, _, fix = _GPS9.unpack_from(samples[1])
    if fix / scales[8] < _LEAST_FIX:
        return None
    at = _EPOCH + timedelta(days=days / scales[5], seconds=seconds / scales[6])
    return at, *_on_earth(lat / scales[0], lon / scales[1])


def _on_earth(lat: float, lon: float) -> tuple[float, float]:
    if not (abs(lat) <= 90 and abs(lon) <= 180):
        raise ValueError(f"{lat}, {lon}")
    return lat, lon


def _numbers(element: tuple[int, bytes] | None) -> list[int]:
    """An element's numbers: of two bytes where its samples have two, else of four."""
    if element is None:
        return []
    size, values = element
    kind, each = ("h", 2) if size == 2 else ("i", 4)
    return list(
        struct.unpack(f">{len(values) // each}{kind}", values[: len(values) // each * each])
    )


def _utc(text: bytes) -> datetime:
    """The moment that GPSU says: yymmddhhmmss.sss."""
    said = text.decode("ascii")
    return datetime.strptime(said[:12], "%y%m%d%H%M%S").replace(tzinfo=UTC) + timedelta(
        seconds=float("0" + said[12:].rstrip("\0 ") or 0)
    )
