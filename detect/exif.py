"""What a photo's EXIF says of when, where and which way up: read from the block, without pixels.

The reader takes only the tags that it needs and trusts no offset or count: any bytes give an
``Exif``, damaged ones with a note. (Pillow's reader keeps everything, warns and costs ten times
as much.) Tags: CIPA DC-008, sections 4.6.4 to 4.6.6.
"""

from __future__ import annotations

import math
import struct
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from typing import Final

from detect.datum import Datum, parse_datum, to_wgs84
from detect.moments import aware, parse_moment, parse_offset
from detect.types import Location

_ORIENTATION, _DATETIME, _EXIF_IFD, _GPS_IFD = 0x0112, 0x0132, 0x8769, 0x8825
_TAKEN, _DIGITIZED, _OFFSET, _OFFSET_TAKEN, _OFFSET_DIGITIZED = (
    0x9003,
    0x9004,
    0x9010,
    0x9011,
    0x9012,
)
_LAT_REF, _LAT, _LON_REF, _LON, _GPS_TIME, _STATUS = 0x01, 0x02, 0x03, 0x04, 0x07, 0x09
_HEADING, _MAP_DATUM, _GPS_DATE, _POSITION_ERROR = 0x11, 0x12, 0x1D, 0x1F
_WANTED: Final = {
    "main": frozenset({_ORIENTATION, _DATETIME, _EXIF_IFD, _GPS_IFD}),
    "exif": frozenset({_TAKEN, _DIGITIZED, _OFFSET, _OFFSET_TAKEN, _OFFSET_DIGITIZED}),
    "gps": frozenset(
        {_LAT_REF, _LAT, _LON_REF, _LON, _GPS_TIME, _STATUS}
        | {_HEADING, _MAP_DATUM, _GPS_DATE, _POSITION_ERROR}
    ),
}
_TYPES = {1: "B", 3: "H", 4: "I", 5: "II", 6: "b", 7: "B", 8: "h", 9: "i", 10: "ii", 12: "d"}
_ASCII, _RATIONALS = 2, (5, 10)
_MOST_ENTRIES, _MOST_BYTES = 512, 4096
_NO_FIX_DEG = 1e-6
_EARLIEST_YEAR = 2000

Value = str | tuple[float, ...]
Tags = dict[int, Value]


@dataclass(frozen=True, slots=True)
class Exif:
    """Orientation 1 to 8, when (aware), where (WGS-84), heading in degrees from north, notes."""

    orientation: int = 1
    taken_at: datetime | None = None
    location: Location | None = None
    heading_deg: float | None = None
    notes: tuple[str, ...] = ()


def read_exif(block: bytes, zone: tzinfo | None = None) -> Exif:
    """What the EXIF block (TIFF, with or without its ``Exif`` head) says; never raises.

    A time without an offset takes it from the GPS time, else it is in ``zone`` (None: this
    machine's). Notes: broken_exif, gps_zero_zero, gps_void, broken_gps, unknown_datum,
    datum_converted, implausible_time.
    """
    if not block:
        return Exif()
    tiff = _Tiff(block.removeprefix(b"Exif\0\0"))
    main = tiff.directory(tiff.first, "main")
    exif = tiff.directory(_pointer(main, _EXIF_IFD), "exif")
    gps = tiff.directory(_pointer(main, _GPS_IFD), "gps")
    notes = ["broken_exif"] if tiff.damaged else []
    taken_at = _taken_at(main, exif, gps, zone)
    if taken_at is not None and taken_at.year < _EARLIEST_YEAR:
        taken_at = None
        notes.append("implausible_time")
    location, place_notes = _location(gps)
    orientation = int(_number(main, _ORIENTATION) or 1)
    return Exif(
        orientation if 1 <= orientation <= 8 else 1,
        taken_at,
        location,
        _heading(gps),
        (*notes, *place_notes),
    )


class _Tiff:
    """A TIFF block: directories by offset; ``damaged`` once something doesn't fit the block."""

    def __init__(self, block: bytes) -> None:
        self._block = block
        self.damaged = False
        self.first = 0
        order = {b"II*\0": "<", b"MM\0*": ">"}.get(block[:4])
        self._order = order or "<"
        if order is None or len(block) < 8:
            self.damaged = True
        else:
            (self.first,) = struct.unpack_from(f"{order}I", block, 4)

    def directory(self, offset: int, kind: str) -> Tags:
        """The wanted tags of the directory there; none for offset 0."""
        tags: Tags = {}
        if offset == 0:
            return tags
        block, order = self._block, self._order
        if offset + 2 > len(block):
            self.damaged = True
            return tags
        (count,) = struct.unpack_from(f"{order}H", block, offset)
        if count > _MOST_ENTRIES or offset + 2 + 12 * count > len(block):
            self.damaged = True
            count = min(count, _MOST_ENTRIES, (len(block) - offset - 2) // 12)
        wanted = _WANTED[kind]
        for position in range(offset + 2, offset + 2 + 12 * count, 12):
            tag, form, length = struct.unpack_from(f"{order}HHI", block, position)
            if tag in wanted:
                value = self._value(form, length, position + 8)
                if value is None:
                    self.damaged = True
                else:
                    tags[tag] = value
        return tags

    def _value(self, form: int, length: int, position: int) -> Value | None:
        block, order = self._block, self._order
        code = "s" if form == _ASCII else _TYPES.get(form)
        if code is None:
            return None
        size = length * struct.calcsize(f"={code}")
        if size > _MOST_BYTES:
            return None
        if size > 4:
            (position,) = struct.unpack_from(f"{order}I", block, position)
        if position + size > len(block):
            return None
        if form == _ASCII:
            return block[position : position + size].split(b"\0")[0].decode("latin-1").strip()
        numbers = struct.unpack_from(f"{order}{code * length}", block, position)
        if form in _RATIONALS:
            pairs = zip(numbers[::2], numbers[1::2], strict=True)
            return tuple(top / below if below else math.nan for top, below in pairs)
        return tuple(float(number) for number in numbers)


def _number(tags: Tags, tag: int) -> float | None:
    value = tags.get(tag)
    return value[0] if isinstance(value, tuple) and value and math.isfinite(value[0]) else None


def _text(tags: Tags, tag: int) -> str:
    """Text of an ASCII tag, also where a writer declared bytes instead."""
    value = tags.get(tag, "")
    if isinstance(value, str):
        return value
    return "".join(chr(int(c)) for c in value if 0 < c < 256).strip()


def _pointer(tags: Tags, tag: int) -> int:
    return int(_number(tags, tag) or 0)


def _taken_at(main: Tags, exif: Tags, gps: Tags, zone: tzinfo | None) -> datetime | None:
    for tags, tag, offset_tag in (
        (exif, _TAKEN, _OFFSET_TAKEN),
        (exif, _DIGITIZED, _OFFSET_DIGITIZED),
        (main, _DATETIME, _OFFSET),
    ):
        text = _text(tags, tag)
        offset = parse_offset(_text(exif, offset_tag)) or parse_offset(_text(exif, _OFFSET))
        taken_at = parse_moment(text, offset or _gps_offset(text, gps) or zone)
        if taken_at is not None:
            return taken_at
    return _gps_time(gps)


def _gps_time(gps: Tags) -> datetime | None:
    date = _text(gps, _GPS_DATE).replace("-", ":").split(":")
    clock = gps.get(_GPS_TIME)
    if len(date) != 3 or not all(part.isdecimal() for part in date):
        return None
    if not isinstance(clock, tuple) or len(clock) != 3 or not all(map(math.isfinite, clock)):
        return None
    year, month, day = (int(part) for part in date)
    if min(clock) < 0 or max(clock) > 86400:
        return None
    start = aware((year, month, day, 0, 0, 0, 0), UTC)
    passed = timedelta(hours=clock[0], minutes=clock[1], seconds=clock[2])
    return None if start is None or passed >= timedelta(days=1) else start + passed


def _gps_offset(text: str, gps: Tags) -> timezone | None:
    """The offset that makes the camera's local time agree with GPS time, within five minutes."""
    local, utc = parse_moment(text, UTC), _gps_time(gps)
    if local is None or utc is None:
        return None
    ahead_s = (local - utc).total_seconds()
    quarters = round(ahead_s / 900)
    if abs(ahead_s - quarters * 900) > 300 or not -48 <= quarters <= 56:
        return None
    return timezone(timedelta(seconds=quarters * 900))


def _heading(gps: Tags) -> float | None:
    heading_deg = _number(gps, _HEADING)
    return heading_deg if heading_deg is not None and 0 <= heading_deg <= 360 else None


def _location(gps: Tags) -> tuple[Location | None, tuple[str, ...]]:
    """The place in WGS-84 and what is to be said of it."""
    if _LAT not in gps and _LON not in gps:
        return None, ()
    if _text(gps, _STATUS).upper() == "V":
        return None, ("gps_void",)
    lat = _degrees(gps, _LAT, _text(gps, _LAT_REF), "NS")
    lon = _degrees(gps, _LON, _text(gps, _LON_REF), "EW")
    if lat is None or lon is None or abs(lat) > 90 or abs(lon) > 180:
        return None, ("broken_gps",)
    if abs(lat) < _NO_FIX_DEG and abs(lon) < _NO_FIX_DEG:
        return None, ("gps_zero_zero",)
    datum = _datum(_text(gps, _MAP_DATUM))
    if datum is None:
        return None, ("unknown_datum",)
    accuracy_m = _number(gps, _POSITION_ERROR)
    if accuracy_m is not None and accuracy_m < 0:
        accuracy_m = None
    place = Location(*to_wgs84(lat, lon, datum), accuracy_m, "exif")
    return place, () if datum == "wgs84" else ("datum_converted",)


def _datum(text: str) -> Datum | None:
    """EXIF without a datum is WGS-84, which is what GPS receivers give."""
    if not text or text.casefold() in ("unknown", "undefined", "-"):
        return "wgs84"
    return parse_datum(text)


def _degrees(gps: Tags, tag: int, ref: str, refs: str) -> float | None:
    parts = gps.get(tag)
    sign = ref[:1].upper()
    if not isinstance(parts, tuple) or not 1 <= len(parts) <= 3 or not sign or sign not in refs:
        return None
    if not all(map(math.isfinite, parts)) or min(parts) < 0:
        return None
    degrees = math.fsum(part / 60.0**power for power, part in enumerate(parts))
    return -degrees if sign == refs[1] else degrees
