"""Ids that sort by when they were made, and the numbers that people use."""

from __future__ import annotations

import secrets
from datetime import datetime

ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
NUMBER_PREFIX = "TC"


def new_id(now: datetime) -> str:
    """A ULID: 26 letters and digits, 48 bits of milliseconds and 80 random ones."""
    value = int(now.timestamp() * 1000) << 80 | secrets.randbits(80)
    return "".join(ALPHABET[value >> shift & 31] for shift in range(125, -1, -5))


def number_of(year: int, serial: int) -> str:
    """The number of an issue.

    >>> number_of(2026, 123)
    'TC-2026-000123'
    """
    return f"{NUMBER_PREFIX}-{year}-{serial:06d}"
