"""Times as cameras, spreadsheets and people write them, always read as aware moments."""

from __future__ import annotations

import re
from datetime import datetime, timedelta, timezone, tzinfo

_WRITTEN = re.compile(
    r"\s*(\d{4})[-:/.](\d{1,2})[-:/.](\d{1,2})[T\s]+(\d{1,2}):(\d{2})(?::(\d{2})(?:[.,](\d+))?)?"
    r"\s*(Z|UTC|[+-]\d{1,2}:?\d{2})?\s*",
    re.IGNORECASE | re.ASCII,
)
_OFFSET = re.compile(r"\s*([+-])(\d{1,2}):?(\d{2})\s*", re.ASCII)


def parse_moment(text: str, zone: tzinfo | None = None) -> datetime | None:
    """An aware moment, or None if the text is no time.

    Reads ISO 8601, EXIF's ``2025:06:01 08:30:00`` and a spreadsheet's ``2025/6/1 8:30``. A time
    without an offset is in ``zone`` (None: the zone of this machine).

    >>> parse_moment("2025:06:01 08:30:00+08:00").isoformat()
    '2025-06-01T08:30:00+08:00'
    """
    match = _WRITTEN.fullmatch(text)
    if match is None:
        return None
    year, month, day, hour, minute = (int(part) for part in match.groups()[:5])
    second = int(match[6] or 0)
    microsecond = int((match[7] or "0")[:6].ljust(6, "0"))
    offset = parse_offset(match[8]) if match[8] else None
    if match[8] and offset is None:
        return None
    return aware((year, month, day, hour, minute, second, microsecond), offset or zone)


def parse_offset(text: str) -> timezone | None:
    """The zone written as ``+08:00`` or ``Z``; None if it is none.

    >>> parse_offset("+08:00").utcoffset(None).total_seconds() / 3600
    8.0
    """
    if text.strip().upper() in ("Z", "UTC"):
        return timezone(timedelta(0))
    match = _OFFSET.fullmatch(text)
    if match is None or int(match[3]) > 59 or int(match[2]) > 14:
        return None
    offset = timedelta(hours=int(match[2]), minutes=int(match[3]))
    return timezone(-offset if match[1] == "-" else offset)


def aware(parts: tuple[int, int, int, int, int, int, int], zone: tzinfo | None) -> datetime | None:
    """A moment from its parts in a zone (None: this machine's); None if there is no such time."""
    year, month, day, hour, minute, second, microsecond = parts
    try:
        if zone is not None:
            return datetime(year, month, day, hour, minute, second, microsecond, zone)
        return datetime(year, month, day, hour, minute, second, microsecond).astimezone()
    except (ValueError, OverflowError, OSError):
        return None
