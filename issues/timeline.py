"""What follows from photos and decisions: a pure fold, so that the order of arrival is nothing.

Everything that an issue's row says about standing is computed here from its looks (photos of the
place, sorted by when they were taken) and its decisions (in the order they were made). Photos may
arrive in any order: the answer is the same.

- Looks less than a gap apart are one visit. A visit in which any photo shows the problem saw it.
- A visit that saw nothing, at least ``revisit`` after the problem was last seen, proposes it as
  fixed. Only usable photos that could have found it, and don't face away, may speak for that.
  A camera that found the place clear in many looks over a while says so at once (``settled``).
- Seen again after that, or after it was closed: it came back. The count goes up, it is reopened;
  where a unit still has it to put right, it stays with the unit.
- Seen after its unit reported it fixed, and never clear in between: fixed on paper only (纸上整改).
  It goes back for rework, its deadline as it was: an untrue report never stopped the clock.
- A hold ends by itself when its date has passed.
- A decision stands on the photos that were known then (``as_of``): what was taken before doesn't
  overturn it, however late it comes; what was taken after may.
"""

from __future__ import annotations

import heapq
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from issues.issue import (
    Action,
    Proposal,
    Reason,
    RejectReason,
    ReworkReason,
    Status,
    Verdict,
)


@dataclass(frozen=True, slots=True)
class Look:
    """One photo of the place. ``saw``: it shows the problem. ``clear``: it could, and doesn't.

    ``settled``: it stands for many looks of a camera over a while, so it counts by itself.
    """

    at: datetime
    sha256: str
    saw: bool
    clear: bool
    heading_deg: float | None = None
    photo_id: int = 0
    settled: bool = False


@dataclass(frozen=True, slots=True)
class Decision:
    """What a person decided. ``as_of``: up to when the photos were known that it stands on.

    ``action`` None is no decision but what verification found: ``verdict``.
    """

    event_id: int
    action: Action | None
    at: datetime
    as_of: datetime
    to_status: Status | None = None
    reason: Reason | None = None
    duplicate_of: str | None = None
    category: str | None = None
    deadline: datetime | None = None
    unit_zh: str | None = None
    unit_en: str | None = None
    photo_id: int | None = None
    until: datetime | None = None
    supervisor: str | None = None
    verdict: Verdict | None = None


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
    unit_zh: str | None = None
    unit_en: str | None = None
    assigned_at: datetime | None = None
    reported_at: datetime | None = None
    report_photo_id: int | None = None
    reworks: int = 0
    paper_fixes: int = 0
    contradicted: Look | None = None
    extensions: int = 0
    supervised_at: datetime | None = None
    supervisor: str | None = None
    held_from: Status | None = None
    on_hold_until: datetime | None = None
    verdict: Verdict | None = None


SET_ASIDE = frozenset({Status.REJECTED, Status.DUPLICATE})
"""Statuses that photos don't change."""

STILL_WITH_UNIT = frozenset({Status.ASSIGNED, Status.REWORK, Status.SENT_BACK, Status.ON_HOLD})
"""Statuses that stay when a problem that looked gone is seen again: it was never struck off."""


def fold(
    looks: Iterable[Look],
    decisions: Sequence[Decision],
    rules: LookRules,
    now: datetime | None = None,
) -> Standing:
    """Where an issue stands after these looks and decisions.

    The order of ``looks`` doesn't matter; ``decisions`` are in the order they were made. ``now``
    ends a hold whose date has passed. Raises ValueError when no look saw anything.
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
    return standing if now is None else _awake(standing, now)


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
    """Decisions of people without those that were undone, and without the undoing."""
    return [decision for decision in _standing(decisions) if decision.action is not None]


def _standing(decisions: Sequence[Decision]) -> list[Decision]:
    """As ``standing_decisions``, with what verification found: nobody can undo that."""
    kept: list[Decision] = []
    for decision in decisions:
        if decision.action is not Action.UNDO:
            kept.append(decision)
            continue
        by_people = [n for n, other in enumerate(kept) if other.action is not None]
        if by_people:
            del kept[by_people[-1]]
    return kept


def _effective(decisions: Sequence[Decision]) -> Iterator[tuple[datetime, Decision]]:
    """Decisions with when they count from: none earlier than the one before it.

    What verification found is told with the decision before it: it closes the book on no photo.
    """
    latest: datetime | None = None
    for decision in _standing(decisions):
        if decision.action is None:
            yield latest or decision.as_of, decision
            continue
        latest = decision.as_of if latest is None else max(latest, decision.as_of)
        yield latest, decision


def _telling(looks: Sequence[Look], headings: Sequence[float], rules: LookRules) -> Iterator[Look]:
    """The looks that tell something, in time: all that saw it, the clear ones of clear visits.

    What a camera settled over many looks is no part of a visit.
    """
    settled = [look for look in looks if look.settled]
    walked = [look for look in looks if not look.settled]
    telling = _told_by_visits(walked, headings, rules)
    yield from heapq.merge(telling, settled, key=lambda look: (look.at, look.sha256))


def _told_by_visits(
    looks: Sequence[Look], headings: Sequence[float], rules: LookRules
) -> Iterator[Look]:
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
    if standing.status in SET_ASIDE:
        return seen
    if not standing.present:
        return _returned(seen, look)
    if standing.status is Status.REPORTED_FIXED:
        return _contradicted(seen, look)
    return seen


def _returned(standing: Standing, look: Look) -> Standing:
    back = replace(
        _present_again(standing),
        recurrences=standing.recurrences + 1,
        returned=look,
    )
    return back if standing.status in STILL_WITH_UNIT else _begun_again(back, Status.REOPENED)


def _contradicted(standing: Standing, look: Look) -> Standing:
    back = replace(
        standing,
        status=Status.REWORK,
        reworks=standing.reworks + 1,
        paper_fixes=standing.paper_fixes + 1,
        contradicted=look,
    )
    return _unreported(back)


def _found_clear(standing: Standing, look: Look, rules: LookRules) -> Standing:
    seen_at = max(standing.first_seen, standing.last_seen)
    too_early = look.at <= seen_at if look.settled else look.at < seen_at + rules.revisit
    if too_early or not standing.present or standing.status in SET_ASIDE:
        return standing
    return replace(standing, present=False, proposal=Proposal.FIXED, cleared_at=look.at, after=look)


def _awake(standing: Standing, now: datetime) -> Standing:
    """The standing after a hold whose date has passed; its deadline was set for that already."""
    until = standing.on_hold_until
    if standing.status is not Status.ON_HOLD or until is None or until > now:
        return standing
    return _off_hold(replace(standing, status=standing.held_from or Status.CONFIRMED))


def _decided(standing: Standing, decision: Decision) -> Standing:
    before = _awake(standing, decision.at)
    change = replace(
        before,
        status=decision.to_status or before.status,
        category=decision.category or before.category,
    )
    after = _applied(before, change, decision)
    return after if after.status is Status.ON_HOLD else _off_hold(after)


def _applied(before: Standing, change: Standing, decision: Decision) -> Standing:
    match decision.action:
        case None:
            return replace(change, verdict=decision.verdict)
        case Action.CONFIRM:
            first = before.confirmed_at or decision.at
            return replace(change, confirmed_at=first, deadline=decision.deadline)
        case Action.ASSIGN:
            return _assigned(change, decision)
        case Action.REPORT_FIXED:
            return replace(
                change,
                reported_at=decision.at,
                report_photo_id=decision.photo_id,
                verdict=None,
                contradicted=None,
            )
        case Action.REWORK:
            return _sent_to_rework(before, change, decision)
        case Action.EXTEND:
            more = before.extensions + 1
            return replace(change, deadline=decision.deadline, extensions=more)
        case Action.HOLD:
            held_from = before.held_from or before.status
            return replace(
                change,
                held_from=held_from,
                on_hold_until=decision.until,
                deadline=decision.deadline,
            )
        case Action.RESUME:
            back_to = before.held_from or change.status
            return replace(change, status=back_to, deadline=decision.deadline)
        case Action.SUPERVISE:
            return replace(change, supervised_at=decision.at, supervisor=decision.supervisor)
        case Action.UNSUPERVISE:
            return replace(change, supervised_at=None, supervisor=None)
        case _:
            return _settled(change, decision)


def _settled(change: Standing, decision: Decision) -> Standing:
    """Decisions on whether there is a problem at all, or none any more."""
    match decision.action:
        case Action.REJECT:
            reason = decision.reason if isinstance(decision.reason, RejectReason) else None
            return _present_again(replace(change, reject_reason=reason, rejected_at=decision.at))
        case Action.DUPLICATE:
            return _present_again(replace(change, duplicate_of=decision.duplicate_of))
        case Action.CLOSE:
            return replace(change, present=False, proposal=None, closed_at=decision.at)
        case Action.REOPEN:
            open_again = replace(change, reject_reason=None, rejected_at=None, duplicate_of=None)
            return _begun_again(_present_again(open_again), change.status)
        case Action.NOT_FIXED:
            return _present_again(change)
        case _:
            return change


def _assigned(change: Standing, decision: Decision) -> Standing:
    return replace(
        _unreported(change),
        unit_zh=decision.unit_zh,
        unit_en=decision.unit_en,
        assigned_at=decision.at,
        deadline=decision.deadline,
        extensions=0,
        confirmed_at=change.confirmed_at or decision.at,
    )


def _sent_to_rework(before: Standing, change: Standing, decision: Decision) -> Standing:
    """Back to the unit. Photos that told the same before the person did are counted once."""
    reported = before.status is Status.REPORTED_FIXED
    reason = decision.reason
    untrue = isinstance(reason, ReworkReason) and reason.on_paper_only
    return replace(
        _unreported(_present_again(change)),
        deadline=decision.deadline,
        reworks=before.reworks + reported,
        paper_fixes=before.paper_fixes + (reported and untrue),
    )


def _present_again(standing: Standing) -> Standing:
    """What the photos proposed before is settled by a decision."""
    return replace(standing, present=True, proposal=None, cleared_at=None, after=None)


def _unreported(standing: Standing) -> Standing:
    return replace(standing, reported_at=None, report_photo_id=None)


def _begun_again(standing: Standing, status: Status) -> Standing:
    """An issue that was struck off or set aside is open again: a new clock will start."""
    again = replace(standing, status=status, closed_at=None, deadline=None, assigned_at=None)
    return _unreported(replace(again, extensions=0, verdict=None))


def _off_hold(standing: Standing) -> Standing:
    return replace(standing, held_from=None, on_hold_until=None)
