"""Brings an issue's row in line with its photos and decisions, and notes what changed."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from issues.areas import AreaMap
from issues.catalogue import Catalogue
from issues.issue import Place, Proposal, Status
from issues.place import cell_of, middle
from issues.store import Session
from issues.store.camera_table import gone_looks
from issues.store.ledger import Sighting, add_event, clear_looks, decisions, sightings
from issues.store.schema import IssueRecord
from issues.timeline import Look, LookRules, Standing, fold


@dataclass(frozen=True, slots=True)
class Settled:
    """What changed in an issue when its photos and decisions were read again.

    ``after_photo_id``: the clear look that proposes it as fixed, where that is news.
    """

    number: str
    proposed_fixed: bool
    returned: bool
    after_photo_id: int | None


@dataclass(frozen=True, slots=True)
class _Before:
    """What of an issue's row a change of which is news."""

    status: str
    proposal: str | None
    category: str
    recurrences: int
    paper_fixes: int


def look_rules(catalogue: Catalogue, category: str) -> LookRules:
    """How looks are read for a category."""
    rules = catalogue.rules
    return LookRules(
        visit_gap=timedelta(minutes=rules.visit_gap_min),
        revisit=timedelta(hours=catalogue.category(category).revisit_h),
        look_angle_deg=rules.look_angle_deg,
    )


def settle(
    session: Session,
    issue: IssueRecord,
    *,
    catalogue: Catalogue,
    areas: AreaMap | None,
    now: datetime,
    by_person: bool = False,
) -> Settled:
    """Computes an issue's row again from its observations, coverage and decisions.

    ``areas`` None leaves its area as it is. ``by_person``: the caller writes the line of history.
    The version goes up when its status, proposal or
    category changes, so that reviewers aren't disturbed by one more photo of the same.
    """
    seen = sightings(session, issue.id)
    made = decisions(session, issue.id)
    place = _place(seen, catalogue.rules.assumed_accuracy_m)
    category = issue.found_as or issue.category
    gone = gone_looks(session, issue.id)
    looks = _looks(session, seen, gone, place, category, catalogue)
    if not seen:  # all that it showed was filed under others, and went with them
        looks = [Look(issue.first_seen, "", True, False)]
    standing = fold(looks, made, look_rules(catalogue, category), now)
    before = _Before(
        issue.status, issue.proposal, issue.category, issue.recurrences, issue.paper_fixes or 0
    )
    _put_standing(issue, standing, catalogue)
    if seen:
        _put_sightings(issue, seen, catalogue)
        _put_place(issue, place, areas)
    after = _Before(
        issue.status, issue.proposal, issue.category, issue.recurrences, issue.paper_fixes
    )
    if before != after:
        issue.version += 1
    if session.is_modified(issue):
        issue.updated_at = now
    returned = standing.recurrences > before.recurrences
    fixed = standing.proposal is Proposal.FIXED and before.proposal is None
    if not by_person:
        _tell(session, issue, standing, before, now)
    return Settled(issue.number, fixed, returned, issue.after_photo_id if fixed else None)


def looks_of(session: Session, issue: IssueRecord, catalogue: Catalogue) -> list[Look]:
    """All photos that speak for or against an issue, oldest first."""
    seen = sightings(session, issue.id)
    place = _place(seen, catalogue.rules.assumed_accuracy_m)
    gone = gone_looks(session, issue.id)
    category = issue.found_as or issue.category
    looks = _looks(session, seen, gone, place, category, catalogue)
    return sorted(looks, key=lambda look: (look.at, look.sha256))


def _place(seen: list[Sighting], assumed_m: float) -> Place | None:
    """The middle of the photos that show it, each counted once."""
    points = {
        s.sha256: (s.lat, s.lon, s.accuracy_m)
        for s in sorted(seen, key=lambda s: (s.sha256, s.photo_id))
        if s.lat is not None and s.lon is not None
    }
    return middle([points[key] for key in sorted(points)], assumed_m) if points else None


def _looks(
    session: Session,
    seen: list[Sighting],
    gone: list[Look],
    place: Place | None,
    category: str,
    catalogue: Catalogue,
) -> list[Look]:
    looks = {
        s.sha256: Look(s.taken_at, s.sha256, True, False, s.heading_deg, s.photo_id)
        for s in sorted(seen, key=lambda s: -s.photo_id)
    }
    for look in gone:
        looks.setdefault(look.sha256, look)
    if place is None:
        return list(looks.values())
    for look in clear_looks(session, category, place, catalogue.clear_reach(category)):
        looks.setdefault(look.sha256, look)
    return list(looks.values())


def _put_standing(issue: IssueRecord, standing: Standing, catalogue: Catalogue) -> None:
    issue.status = standing.status.value
    issue.proposal = standing.proposal.value if standing.proposal else None
    issue.first_seen = standing.first_seen
    issue.last_seen = standing.last_seen
    issue.last_look = standing.last_look
    issue.cleared_at = standing.cleared_at
    issue.after_photo_id = standing.after.photo_id if standing.after else standing.report_photo_id
    issue.recurrences = standing.recurrences
    issue.confirmed_at = standing.confirmed_at
    issue.closed_at = standing.closed_at
    issue.rejected_at = standing.rejected_at
    issue.reject_reason = standing.reject_reason.value if standing.reject_reason else None
    issue.duplicate_of = standing.duplicate_of
    issue.deadline = standing.deadline
    _put_work(issue, standing)
    original = issue.found_as or issue.category
    issue.category = standing.category or original
    issue.found_as = original if issue.category != original else None
    issue.category_group = catalogue.category(issue.category).group


def _put_work(issue: IssueRecord, standing: Standing) -> None:
    """Who has it to put right, and how that goes."""
    issue.unit_zh, issue.unit_en = standing.unit_zh, standing.unit_en
    issue.assigned_at = standing.assigned_at
    issue.reported_at = standing.reported_at
    issue.report_photo_id = standing.report_photo_id
    issue.reworks = standing.reworks
    issue.paper_fixes = standing.paper_fixes
    issue.extensions = standing.extensions
    issue.supervised_at, issue.supervisor = standing.supervised_at, standing.supervisor
    issue.held_from = standing.held_from.value if standing.held_from else None
    issue.on_hold_until = standing.on_hold_until
    issue.verdict = standing.verdict.value if standing.verdict else None


def _put_sightings(issue: IssueRecord, seen: list[Sighting], catalogue: Catalogue) -> None:
    best = max(seen, key=lambda s: (s.score, s.share, s.sha256))
    issue.observations = len(seen)
    issue.photos = len({s.sha256 for s in seen})
    issue.best_score = best.score
    issue.best_observation_id = best.id
    issue.experimental = all(s.experimental for s in seen)
    share = max(s.share for s in seen)
    rule = catalogue.category(issue.category).severity
    issue.severity = rule.of(share, best.score, issue.recurrences).value


def _put_place(issue: IssueRecord, place: Place | None, areas: AreaMap | None) -> None:
    if place is None:
        return
    issue.lat, issue.lon, issue.accuracy_m = place.lat, place.lon, place.accuracy_m
    issue.cell = cell_of(place.lat, place.lon)
    if areas is not None:
        area = areas.at(place.lat, place.lon)
        issue.area_id = area.key if area else None


def _tell(
    session: Session,
    issue: IssueRecord,
    standing: Standing,
    before: _Before,
    now: datetime,
) -> None:
    """Writes what the photos, or the passing of time, changed to history."""
    change: dict[str, Any] = {"from_status": before.status, "to_status": issue.status}
    returned = standing.recurrences > before.recurrences
    fixed = standing.proposal is Proposal.FIXED and before.proposal is None

    def tell(kind: str, look: Look | None = None, **values: Any) -> None:
        if look is not None:
            values |= {"as_of": look.at, "evidence_sha256": look.sha256}
        add_event(session, issue.id, now, kind, **values)

    if before.status == Status.ON_HOLD and issue.status != Status.ON_HOLD:
        tell("resumed", **change)
    counted = {"recurrences": standing.recurrences}
    if returned and standing.returned:
        tell("returned", standing.returned, data=counted, **change)
    elif standing.recurrences < before.recurrences:
        tell("return_withdrawn", data=counted, **change)
    counted = {"paper_fixes": standing.paper_fixes, "reworks": standing.reworks}
    if standing.paper_fixes > before.paper_fixes:
        tell("contradicted", standing.contradicted, data=counted, **change)
    elif standing.paper_fixes < before.paper_fixes:
        tell("contradiction_withdrawn", data=counted, **change)
    if fixed and standing.after:
        tell("proposed_fixed", standing.after)
    elif before.proposal and not standing.proposal and not returned:
        tell("proposal_withdrawn")
