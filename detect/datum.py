"""Coordinates of Chinese maps to WGS-84 and back.

GCJ-02 (all Chinese maps and phone pickers) is off by some 500 m, BD-09 (Baidu) adds as much again.
Both are shifts by public formulas that hold inside China only; outside they are the identity.
Everything is stored in WGS-84 and converted here, at the edge.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Literal, get_args

Datum = Literal["wgs84", "gcj02", "bd09"]
DATUMS: tuple[Datum, ...] = get_args(Datum)

_AXIS_M = 6378245.0  # Krasovsky 1940, which the formula was made for
_ECCENTRICITY_2 = 0.00669342162296594323
_LAT_RANGE, _LON_RANGE = (0.8293, 55.8271), (72.004, 137.8347)
_EDGE_DEG = 0.02  # more than any shift
_SLACK_DEG = 1e-8
_BD_WAVE = math.pi * 3000 / 180
_DONE_DEG = 1e-9

_ALIASES: dict[str, Datum] = {
    "wgs84": "wgs84",
    "wgs1984": "wgs84",
    "epsg4326": "wgs84",
    "gps": "wgs84",
    "cgcs2000": "wgs84",  # China's own frame, within decimetres of WGS-84
    "gcj02": "gcj02",
    "mars": "gcj02",
    "火星": "gcj02",
    "火星坐标": "gcj02",
    "高德": "gcj02",
    "腾讯": "gcj02",
    "bd09": "bd09",
    "bd09ll": "bd09",
    "百度": "bd09",
}


def parse_datum(text: str) -> Datum | None:
    """The datum that people mean by a word such as ``GCJ-02`` or ``WGS 84``; None if unknown.

    >>> parse_datum("GCJ-02"), parse_datum("WGS 84"), parse_datum("Tokyo")
    ('gcj02', 'wgs84', None)
    """
    return _ALIASES.get("".join(c for c in text.casefold() if c.isalnum()))


def in_china(lat: float, lon: float, margin_deg: float = 0.0) -> bool:
    """Whether the point lies in the rectangle where the shifts apply, so that a datum matters."""
    (south, north), (west, east) = _LAT_RANGE, _LON_RANGE
    return (
        south - margin_deg <= lat <= north + margin_deg
        and west - margin_deg <= lon <= east + margin_deg
    )


def from_wgs84(lat: float, lon: float, datum: Datum) -> tuple[float, float]:
    """A WGS-84 point in another datum: (lat, lon) in degrees.

    >>> [round(degrees, 7) for degrees in from_wgs84(40, 120, "gcj02")]
    [40.0013048, 120.0056757]
    """
    if datum == "wgs84" or not in_china(lat, lon):
        return lat, lon
    return _SHIFTS[datum](lat, lon)


def to_wgs84(lat: float, lon: float, datum: Datum) -> tuple[float, float]:
    """A point given in ``datum`` in WGS-84: the inverse of ``from_wgs84`` to a millimetre."""
    if datum == "wgs84" or not in_china(lat, lon, _EDGE_DEG):
        return lat, lon
    shift = _SHIFTS[datum]
    guess_lat, guess_lon = lat, lon
    for _ in range(20):
        shifted_lat, shifted_lon = shift(guess_lat, guess_lon)
        step_lat, step_lon = lat - shifted_lat, lon - shifted_lon
        guess_lat, guess_lon = guess_lat + step_lat, guess_lon + step_lon
        if abs(step_lat) < _DONE_DEG and abs(step_lon) < _DONE_DEG:
            break
    return (guess_lat, guess_lon) if in_china(guess_lat, guess_lon, _SLACK_DEG) else (lat, lon)


def _gcj02(lat: float, lon: float) -> tuple[float, float]:
    x, y = lon - 105.0, lat - 35.0
    ripple = (20 * math.sin(6 * x * math.pi) + 20 * math.sin(2 * x * math.pi)) * 2 / 3
    north = -100 + 2 * x + 3 * y + 0.2 * y * y + 0.1 * x * y + 0.2 * math.sqrt(abs(x)) + ripple
    north += (20 * math.sin(y * math.pi) + 40 * math.sin(y / 3 * math.pi)) * 2 / 3
    north += (160 * math.sin(y / 12 * math.pi) + 320 * math.sin(y * math.pi / 30)) * 2 / 3
    east = 300 + x + 2 * y + 0.1 * x * x + 0.1 * x * y + 0.1 * math.sqrt(abs(x)) + ripple
    east += (20 * math.sin(x * math.pi) + 40 * math.sin(x / 3 * math.pi)) * 2 / 3
    east += (150 * math.sin(x / 12 * math.pi) + 300 * math.sin(x / 30 * math.pi)) * 2 / 3
    phi = math.radians(lat)
    flat = 1 - _ECCENTRICITY_2 * math.sin(phi) ** 2
    meridian_m = _AXIS_M * (1 - _ECCENTRICITY_2) / (flat * math.sqrt(flat))
    parallel_m = _AXIS_M / math.sqrt(flat) * math.cos(phi)
    return lat + math.degrees(north / meridian_m), lon + math.degrees(east / parallel_m)


def _bd09(lat: float, lon: float) -> tuple[float, float]:
    y, x = _gcj02(lat, lon)
    radius = math.hypot(x, y) + 0.00002 * math.sin(y * _BD_WAVE)
    angle = math.atan2(y, x) + 0.000003 * math.cos(x * _BD_WAVE)
    return radius * math.sin(angle) + 0.006, radius * math.cos(angle) + 0.0065


_SHIFTS: dict[Datum, Callable[[float, float], tuple[float, float]]] = {
    "gcj02": _gcj02,
    "bd09": _bd09,
}
