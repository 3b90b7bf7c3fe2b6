"""Places and times from an NMEA 0183 log, as receivers and dashcams write them.

Only RMC sentences are read: they alone hold date, time and place together. Sentences with a wrong
checksum, without a fix or of another kind are passed over, as logs are full of them.

>>> from datetime import UTC, datetime
>>> line = "$GNRMC,021545.20,A,3016.4460,N,12009.3060,E,5.1,84.4,010526,,,A*74"
>>> [(at.isoformat(), round(lat, 4), round(lon, 4)) for at, lat, lon in fixes([line])]
[('2026-05-01T02:15:45.200000+00:00', 30.2741, 120.1551)]
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta

_SENTENCE = re.compile(r"\$([A-Z]{2}RMC,[^*$\r\n]*)(?:\*([0-9A-Fa-f]{2}))?")
_FIRST_YEAR = 2000

Fix = tuple[datetime, float, float]
"""When (aware, UTC), latitude and longitude in WGS-84 degrees."""


def is_nmea(text: str) -> bool:
    """Whether a text is such a log: some line of its beginning is an RMC sentence."""
    return _SENTENCE.search(text[:100_000]) is not None


def fixes(lines: Iterable[str]) -> Iterator[Fix]:
    """The fixes of a log, in its order."""
    for line in lines:
        for found in _SENTENCE.finditer(line):
            body, check = found.groups()
            if check is not None and int(check, 16) != checksum(body):
                continue
            fix = _fix(body.split(","))
            if fix is not None:
                yield fix


def checksum(body: str) -> int:
    """The checksum of what stands between $ and *.

    >>> hex(checksum("GNRMC,,V,,,,,,,,,,N"))
    '0x4d'
    """
    total = 0
    for letter in body:
        total ^= ord(letter)
    return total & 0xFF


def _fix(fields: list[str]) -> Fix | None:
    if len(fields) < 10 or fields[2] != "A":
        return None
    try:
        at = _moment(fields[1], fields[9])
        lat = _degrees(fields[3], 2, fields[4], "NS", 90)
        lon = _degrees(fields[5], 3, fields[6], "EW", 180)
    except ValueError:
        return None
    return at, lat, lon


def _moment(clock: str, date: str) -> datetime:
    if len(date) != 6 or len(clock) < 6:
        raise ValueError(date)
    day, month, year = int(date[:2]), int(date[2:4]), _FIRST_YEAR + int(date[4:])
    midnight = datetime(year, month, day, tzinfo=UTC)
    seconds = float(clock[4:])
    return midnight + timedelta(hours=int(clock[:2]), minutes=int(clock[2:4]), seconds=seconds)


def _degrees(text: str, digits: int, side: str, sides: str, most: float) -> float:
    if side not in sides or not side:
        raise ValueError(side)
    degrees = int(text[:digits]) + float(text[digits:]) / 60
    if degrees > most:
        raise ValueError(text)
    return degrees if side == sides[0] else -degrees
