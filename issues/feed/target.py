"""Who is told, and of what."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

from issues.errors import FeedError
from issues.feed.public_type import PublicType
from issues.issue import Severity
from issues.rows import IssueRow

_RANKS = {severity: rank for rank, severity in enumerate(Severity)}


class TargetKind(StrEnum):
    """How a target is told."""

    WEBHOOK = "webhook"
    OPEN311 = "open311"
    FILEDROP = "filedrop"
    RECORD = "record"


@dataclass(frozen=True, slots=True)
class TargetFilter:
    """Which messages a target wants: everything given must hold, within a tuple any one may.

    ``categories`` takes codes or a prefix of whole parts ("pest.rodent"); ``areas`` ids, ``units``
    names in either language. Messages on cameras know neither category nor area: only ``types``
    counts for them.
    """

    types: tuple[PublicType, ...] = ()
    categories: tuple[str, ...] = ()
    areas: tuple[str, ...] = ()
    units: tuple[str, ...] = ()
    min_severity: Severity | None = None

    def wants(self, kind: PublicType, row: IssueRow | None) -> bool:
        """Whether the target is told this."""
        if kind is PublicType.PING:
            return True
        if self.types and kind not in self.types:
            return False
        if row is None:
            return not (self.categories or self.areas or self.units)
        return (
            (not self.categories or any(_within(row.category, one) for one in self.categories))
            and (not self.areas or (row.area is not None and row.area.id in self.areas))
            and (not self.units or bool({row.unit("zh"), row.unit("en")} & set(self.units)))
            and (self.min_severity is None or _RANKS[row.severity] >= _RANKS[self.min_severity])
        )

    def plain(self) -> dict[str, Any]:
        """As plain data."""
        return {
            "types": [one.value for one in self.types],
            "categories": list(self.categories),
            "areas": list(self.areas),
            "units": list(self.units),
            "min_severity": self.min_severity.value if self.min_severity else None,
        }


def _within(category: str, asked: str) -> bool:
    return category == asked or category.startswith(asked + ".")


def filter_of(plain: Mapping[str, Any]) -> TargetFilter:
    """A filter from plain data. Raises FeedError.

    >>> filter_of({"types": ["issue.closed"]}).types[0].value
    'issue.closed'
    """
    try:
        severity = plain.get("min_severity")
        return TargetFilter(
            tuple(PublicType(one) for one in plain.get("types") or ()),
            tuple(plain.get("categories") or ()),
            tuple(plain.get("areas") or ()),
            tuple(plain.get("units") or ()),
            Severity(severity) if severity else None,
        )
    except ValueError as error:
        raise FeedError(
            f"a filter names what there is not: {error}",
            code="bad_filter",
            mend=f"Types are {', '.join(PublicType)}; severities {', '.join(Severity)}.",
        ) from error


@dataclass(frozen=True, slots=True)
class Target:
    """One receiver. ``secrets`` are those that sign now, newest first; they are never shown."""

    id: int
    name: str
    kind: TargetKind
    url: str
    filter: TargetFilter
    options: Mapping[str, Any]
    enabled: bool
    paused_reason: str | None
    failures: int
    held_until: datetime | None
    last_success_at: datetime | None
    version: int
    created_at: datetime
    updated_at: datetime
    secrets: tuple[str, ...] = field(default=(), repr=False)
