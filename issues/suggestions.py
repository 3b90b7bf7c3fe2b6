"""Issues that a person may find to be the same as this one: offered, never decided.

The automatic match takes only what is certain (``issues/matching.py``). Here the radius is wider
(``rules.suggest_radius_m``), related categories count too (of the same group, or one a part of the
other), and issues that were closed or rejected not long ago. Nearest first, at most five.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import islice
from typing import Literal

from issues.catalogue import Catalogue
from issues.errors import NotFound
from issues.issue import OPEN, Status
from issues.place import Reach
from issues.queries import IssueFilter, list_issues
from issues.rows import IssueRow
from issues.store import Session
from issues.store.ledger import find_issue, near_issues

MOST = 5
LOOKED_AT = 60
Kinship = Literal["same", "part", "group"]
"""The same category; one a part of the other (``part_of``); another of the same group."""


@dataclass(frozen=True, slots=True)
class Suggestion:
    """An issue nearby, how far away it is, and how its category is related."""

    row: IssueRow
    away_m: float
    kinship: Kinship


def suggestions(
    session: Session, catalogue: Catalogue, issue: str, now: datetime
) -> tuple[Suggestion, ...]:
    """What an issue (id or number) may be the same as: nearest first, at most five.

    Empty for an issue without a place, and for a duplicate. Raises NotFound.
    """
    record = find_issue(session, issue)
    if record is None:
        raise NotFound(f'no issue goes by "{issue}"', mend="Give an id or a number.")
    if record.lat is None or record.lon is None or record.duplicate_of is not None:
        return ()
    rules = catalogue.rules
    reach = Reach(rules.suggest_radius_m, 0.0, 0.0)
    since = now - timedelta(days=rules.suggest_closed_days)
    found: list[tuple[float, str, Kinship]] = []
    for near in near_issues(session, record.lat, record.lon, 0.0, reach):
        related = kinship(catalogue, record.category, near.category)
        away_m = near.away_m(record.lat, record.lon)
        own = near.id == record.id
        for_itself = near.duplicate_of is None and not own
        if related is not None and for_itself and away_m <= rules.suggest_radius_m:
            found.append((away_m, near.id, related))
    found = sorted(found)[:LOOKED_AT]
    rows = _rows(session, catalogue, [key for _, key, _ in found])
    offered = (
        Suggestion(rows[key], away_m, related)
        for away_m, key, related in found
        if _lately(rows[key], since)
    )
    return tuple(islice(offered, MOST))


def kinship(catalogue: Catalogue, one: str, other: str) -> Kinship | None:
    """How two categories are related; None: not at all.

    >>> from issues.catalogue import load_catalogue
    >>> kinship(load_catalogue(), "litter.bagged", "litter.pile")
    'part'
    """
    if one == other:
        return "same"
    known = catalogue.categories
    if one not in known or other not in known:
        return None
    if other in known[one].part_of or one in known[other].part_of:
        return "part"
    return "group" if known[one].group == known[other].group else None


def _lately(row: IssueRow, since: datetime) -> bool:
    """Whether it is open, or was until not long ago."""
    ended = row.closed_at if row.status is Status.CLOSED else row.updated_at
    return row.status in OPEN or (ended is not None and ended >= since)


def _rows(session: Session, catalogue: Catalogue, keys: list[str]) -> dict[str, IssueRow]:
    if not keys:
        return {}
    page = list_issues(session, catalogue, IssueFilter(numbers=tuple(keys)), limit=LOOKED_AT)
    return {row.id: row for row in page.items}
