"""What follows from photos and decisions: a pure fold, so that the order of arrival is nothing.

Everything that an issue's row says about standing is computed here from its looks (photos of the
place, sorted by when they were taken) and its decisions (in the order they were made). Photos may
arrive in any order: the answer is the same.

- Looks less than a gap apart are one visit. A visit in which any photo shows the problem saw it.
- A visit that saw nothing, at least ``revisit`` after the problem was last seen, proposes it as
  fixed. Only usable photos that could have found it, and don't face away, may speak for that.
- Seen again after that, or after it was closed: it came back. The count goes up, it is reopened.
- A decision stands on the photos that were known then (``as_of``): what was taken before doesn't
  overturn it, however late it comes; what was taken after may.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from issues.issue import Action, Proposal, RejectReason, Status


@dataclass(frozen=True, slots=True)
class Look:
    """One photo of the place. ``saw``: it shows the problem. ``clear``: it could, and doesn't."""

    at: datetime
    sha256: str
    saw: bool
    clear: bool
    heading_deg: float | None = None
    photo_id: int = 0


@dataclass(frozen=True, slots=True)
class Decision:
    """What a person decided. ``as_of``: up to when the photos were known that it stands on."""

    event_id: int
    action: Action
    at: datetime
    as_of: datetime
    to_status: Status | None = None
    reason: RejectReason | None = None
    duplicate_of: str | None = None
    category: str | None = None
    deadline: datetime | None = None


@dataclass(frozen=True, slots=True)
class LookRules:
    """How looks are read: from the catalogue."""

    visit_gap: timedelta
    revisit: timedelta
    look_angle_deg: float


@dataclass(frozen=True, slots=True)
class Standing:
    """Where an issue stands. ``present``: as far as is known, the problem is there."""

    first_seen: datetime
    last_seen: datetime
    last_look: datetime
    status: Status = Status.CANDIDATE
    present: bool = True
    proposal: Proposal | None = None
    cleared_at: datetime | None = None
    after: Look | None = None
    recurrences: int = 0
    returned: Look | None = None
    confirmed_at: datetime | None = None
    closed_at: datetime | None = None
    rejected_at: datetime | None = None
    reject_reason: RejectReason | None = None
    duplicate_of: str | None = None
    category: str | None = None
    deadline: datetime | None = None


SET_ASIDE = frozenset({Status.REJECTED, Status.DUPLICATE})
"""Statuses that photos don't change."""


def fold(looks: Iterable[Look], decisions: Sequence[Decision], rules: LookRules) -> Standing:
    """Where an issue stands after these looks and decisions.

    The order of ``looks`` doesn't matter; ``decisions`` are in the order they were made. Raises
    ValueError when no look saw anything.
    """
    in_time = sorted(looks, key=lambda look: (look.at, look.sha256))
    sightings = [look for look in in_time if look.saw]
    if not sightings:
        raise ValueError("an issue needs at least one look that saw it")
    headings = [look.heading_deg for look in sightings if look.heading_deg is not None]
    first = sightings[0].at
    standing = Standing(first_seen=first, last_seen=first, last_look=in_time[-1].at)
    waiting = list(_effective(decisions))[::-1]
    for look in _telling(in_time, headings, rules):
        while waiting and waiting[-1][0] < look.at:
            standing = _decided(standing, waiting.pop()[1])
        standing = _seen(standing, look) if look.saw else _found_clear(standing, look, rules)
    for _, decision in reversed(waiting):
        standing = _decided(standing, decision)
    return standing


def visits(looks: Sequence[Look], gap: timedelta) -> Iterator[list[Look]]:
    """Looks, sorted by time, in groups with no more than ``gap`` between neighbours."""
    visit: list[Look] = []
    for look in looks:
        if visit and look.at - visit[-1].at > gap:
            yield visit
            visit = []
        visit.append(look)
    if visit:
        yield visit


def standing_decisions(decisions: Sequence[Decision]) -> list[Decision]:
    """Decisions without those that were undone, and without the undoing."""
    kept: list[Decision] = []
    for decision in decisions:
        if decision.action is not Action.UNDO:
            kept.append(decision)
        elif kept:
            kept.pop()
    return kept


def _effective(decisions: Sequence[Decision]) -> Iterator[tuple[datetime, Decision]]:
    """Decisions with when they count from: none earlier than the one before it."""
    latest: datetime | None = None
    for decision in standing_decisions(decisions):
        latest = decision.as_of if latest is None else max(latest, decision.as_of)
        yield latest, decision


def _telling(looks: Sequence[Look], headings: Sequence[float], rules: LookRules) -> Iterator[Look]:
    """The looks that tell something, in time: all that saw it, the clear ones of clear visits."""
    for visit in visits(looks, rules.visit_gap):
        seen = [look for look in visit if look.saw]
        yield from seen or (
            look for look in visit if look.clear and _faces(look, headings, rules.look_angle_deg)
        )


def _faces(look: Look, headings: Sequence[float], angle_deg: float) -> bool:
    """Whether a look faces as one of the sightings did; true where either is not known."""
    heading = look.heading_deg
    if heading is None or not headings:
        return True
    return any(abs((heading - other + 180) % 360 - 180) <= angle_deg for other in headings)


def _seen(standing: Standing, look: Look) -> Standing:
    seen = replace(standing, last_seen=look.at)
    if standing.present or standing.status in SET_ASIDE:
        return seen
    return replace(
        seen,
        status=Status.REOPENED,
        present=True,
        proposal=None,
        cleared_at=None,
        after=None,
        closed_at=None,
        recurrences=standing.recurrences + 1,
        returned=look,
    )


def _found_clear(standing: Standing, look: Look, rules: LookRules) -> Standing:
    too_early = look.at < max(standing.first_seen, standing.last_seen) + rules.revisit
    if too_early or not standing.present or standing.status in SET_ASIDE:
        return standing
    return replace(standing, present=False, proposal=Proposal.FIXED, cleared_at=look.at, after=look)


def _decided(standing: Standing, decision: Decision) -> Standing:
    change = replace(
        standing,
        status=decision.to_status or standing.status,
        category=decision.category or standing.category,
    )
    match decision.action:
        case Action.CONFIRM:
            first = standing.confirmed_at or decision.at
            return replace(change, confirmed_at=first, deadline=decision.deadline)
        case Action.REJECT:
            return _present_again(
                replace(change, reject_reason=decision.reason, rejected_at=decision.at)
            )
        case Action.DUPLICATE:
            return _present_again(replace(change, duplicate_of=decision.duplicate_of))
        case Action.CLOSE:
            return replace(change, present=False, proposal=None, closed_at=decision.at)
        case Action.REOPEN:
            return _present_again(
                replace(
                    change,
                    reject_reason=None,
                    rejected_at=None,
                    duplicate_of=None,
                    closed_at=None,
                )
            )
        case Action.NOT_FIXED:
            return _present_again(change)
        case _:
            return change


def _present_again(standing: Standing) -> Standing:
    """What the photos proposed before is settled by a decision."""
    return replace(standing, present=True, proposal=None, cleared_at=None, after=None)
