"""What is counted. ``labels.yaml`` has the words (kind ``measure``), docs/bulletin.md the rules."""

from __future__ import annotations

from enum import StrEnum
from typing import Literal

Level = Literal["city", "street", "community", "grid", "unit"]
LEVELS: tuple[Level, ...] = ("city", "street", "community", "grid", "unit")


class Measure(StrEnum):
    """A count of issues. All but ``OVERDUE`` are of a period; that one is of now."""

    FOUND = "found"
    CONFIRMED = "confirmed"
    ASSIGNED = "assigned"
    FIXED = "fixed"
    FIXED_ON_TIME = "fixed_on_time"
    FIXED_LATE = "fixed_late"
    OVERDUE = "overdue"
    REWORK = "rework"
    SUPERVISED = "supervised"
    EXTENDED = "extended"
    RETURNED = "returned"
    REBOUNDED = "rebounded"
    PAPER = "paper"
    REVIEWED = "reviewed"
    REJECTED = "rejected"


SHARE_OF: dict[Measure, Measure] = {
    Measure.FIXED_ON_TIME: Measure.FIXED,
    Measure.FIXED_LATE: Measure.FIXED,
    Measure.REBOUNDED: Measure.FIXED,
    Measure.REJECTED: Measure.REVIEWED,
}
"""A measure → what it is a part of; only these may stand as a rate."""
