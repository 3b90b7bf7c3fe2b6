"""Which issues a photo speaks of: those that it shows, and those whose place it shows clear.

A finding belongs to the nearest issue of its category within reach (``issues/place.py``), whatever
its status: a closed one comes back. A rejected one takes it in quietly for a while.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from detect.types import Location
from issues.catalogue import Catalogue
from issues.issue import RejectReason, Status
from issues.store import Session
from issues.store.ledger import Near, near_issues
from issues.timeline import SET_ASIDE


@dataclass(frozen=True, slots=True)
class Match:
    """Ids of issues. ``home``: category found → its issue, None for a new one.

    ``also_seen``: what the homes are duplicates of. ``clear``: issues that the photo may change by
    showing nothing. ``glanced``: issues that it shows too, where nothing follows from it.
    """

    home: Mapping[str, str | None]
    also_seen: frozenset[str] = frozenset()
    clear: frozenset[str] = frozenset()
    glanced: frozenset[str] = frozenset()


def match(
    session: Session,
    catalogue: Catalogue,
    at: Location,
    taken_at: datetime,
    found: Collection[str],
    could_show: Collection[str],
) -> Match:
    """The issues around a photo that it speaks of.

    ``found``: the categories seen in it; ``could_show``: those that it would have shown, empty for
    an unusable photo.
    """
    if not found and not could_show:
        return Match({})
    reaches = [catalogue.reach(code) for code in {*found, *could_show}]
    longest = max(reaches, key=lambda reach: reach.longest_m)
    near = near_issues(session, at.lat, at.lon, at.accuracy_m, longest)
    homes = {code: nearest(near, catalogue, code, at, taken_at) for code in found}
    clear: set[str] = set()
    glanced: set[str] = set()
    for issue in near:
        if issue.looked_for in found or issue.looked_for not in could_show:
            continue
        if issue.status not in SET_ASIDE and _shows_place(issue, catalogue, at):
            tells = _tells(issue, catalogue, taken_at)
            (clear if tells else glanced).add(issue.id)
    return Match(
        {code: home.id if home else None for code, home in homes.items()},
        frozenset(h.duplicate_of for h in homes.values() if h and h.duplicate_of),
        frozenset(clear),
        frozenset(glanced),
    )


def nearest(
    near: Sequence[Near], catalogue: Catalogue, code: str, at: Location, taken_at: datetime
) -> Near | None:
    """The nearest issue of a category that takes in a sighting here; None where there is none."""
    reach = catalogue.reach(code)
    within = [
        (away_m, issue.id, issue)
        for issue in near
        if code in (issue.category, issue.found_as)
        and (away_m := issue.away_m(at.lat, at.lon))
        <= reach.between_m(issue.accuracy_m, at.accuracy_m)
        and takes_in(issue, catalogue, taken_at)
    ]
    return min(within)[2] if within else None


def takes_in(issue: Near, catalogue: Catalogue, taken_at: datetime) -> bool:
    """Whether an issue takes in a sighting of this time: a rejected one does for a while."""
    if issue.status != Status.REJECTED or issue.rejected_at is None:
        return True
    if taken_at <= issue.rejected_at:
        return True
    reason = RejectReason(issue.reject_reason or RejectReason.NOT_A_PROBLEM)
    memory = timedelta(days=catalogue.rules.reject_memory_days)
    return reason.remembered and taken_at <= issue.rejected_at + memory


def _shows_place(issue: Near, catalogue: Catalogue, at: Location) -> bool:
    reach = catalogue.clear_reach(issue.looked_for)
    return issue.away_m(at.lat, at.lon) <= reach.between_m(issue.accuracy_m, at.accuracy_m)


def _tells(issue: Near, catalogue: Catalogue, taken_at: datetime) -> bool:
    """Whether a clear look may change anything; false spares reading the issue's photos again."""
    if taken_at <= issue.last_look:
        return True  # a late photo: what followed may have to be read anew
    soonest = issue.last_seen + timedelta(hours=catalogue.category(issue.looked_for).revisit_h)
    return issue.present and taken_at >= soonest
