"""One pest inspection: how much of a site was looked at, for what, and what was found in it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

from issues.errors import IssueError
from issues.pest.rates import Counted, Denominator
from issues.pest.standards import Standards

LookedFor = Literal["rodent", "roach", "fly", "proofing"]
LOOKED_FOR: tuple[LookedFor, ...] = ("rodent", "roach", "fly", "proofing")

MOST_ROOMS = 100_000
MOST_METRES = 1_000_000.0
LONGEST_TEXT = 200


class InspectionError(IssueError):
    """An inspection that can't be true or lacks what a rate needs; ``code`` says which."""

    default_code = "bad_inspection"


@dataclass(frozen=True, slots=True)
class Finding:
    """What was found: its kind, in which room (a name or number), how many."""

    kind: str
    room: str = ""
    amount: int = 1
    photo_sha256: str | None = None
    issue: str | None = None


@dataclass(frozen=True, slots=True)
class Inspection:
    """One visit to one site.

    ``looked_for`` says what was looked for: only that counts, as found or as not there.
    ``rooms``, ``metres`` walked and ``facilities`` checked are the denominators; at least one.
    """

    inspected_at: datetime
    site: str
    site_kind: str
    looked_for: tuple[LookedFor, ...]
    inspector: str = ""
    area: str = ""
    rooms: int | None = None
    metres: float | None = None
    facilities: int | None = None
    findings: tuple[Finding, ...] = field(default=())
    note: str = ""

    def denominator(self, counted: Counted) -> Denominator | None:
        """How much of it was inspected; None: that was not."""
        amount = {"rooms": self.rooms, "metres": self.metres, "facilities": self.facilities}
        found = amount[counted]
        return Denominator(counted, found) if found else None

    def looked_for_kind(self, kind: str) -> bool:
        """Whether this kind would have been told."""
        return kind.split(".")[0] in self.looked_for


def check_inspection(inspection: Inspection, standards: Standards, now: datetime) -> None:
    """Raises InspectionError for what can't be true, or can't be counted."""
    _check_words(inspection, standards, now)
    _check_amounts(inspection)
    for finding in inspection.findings:
        _check_finding(inspection, finding, standards)
    _check_rooms(inspection)
    _check_facilities(inspection)


def _check_words(inspection: Inspection, standards: Standards, now: datetime) -> None:
    if inspection.inspected_at.tzinfo is None or inspection.inspected_at > now:
        raise InspectionError(
            f"it can't have been inspected at {inspection.inspected_at.isoformat()}",
            code="bad_time",
            mend="Give a time with its zone that is not in the future.",
        )
    if not inspection.site.strip() or len(inspection.site) > LONGEST_TEXT:
        raise InspectionError(
            "an inspection needs the name of the site",
            code="site_missing",
            mend=f"Give a name of up to {LONGEST_TEXT} characters.",
        )
    if inspection.site_kind not in standards.sites:
        raise InspectionError(
            f'no kind of site goes by "{inspection.site_kind}"',
            code="unknown_site_kind",
            mend=f"Give one of: {', '.join(standards.sites)}.",
        )
    if not inspection.looked_for or set(inspection.looked_for) - set(LOOKED_FOR):
        raise InspectionError(
            f"an inspection says what was looked for, got {', '.join(inspection.looked_for)}",
            code="looked_for_missing",
            mend=f"Give one or more of: {', '.join(LOOKED_FOR)}.",
        )


def _check_amounts(inspection: Inspection) -> None:
    limits = (
        ("rooms", inspection.rooms, MOST_ROOMS),
        ("metres", inspection.metres, MOST_METRES),
        ("facilities", inspection.facilities, MOST_ROOMS),
    )
    for name, amount, most in limits:
        if amount is not None and not 0 < amount <= most:
            raise InspectionError(
                f"{name} are more than 0 and at most {most:g}, got {amount}",
                code="bad_amount",
                mend="Leave out what was not inspected.",
            )
    if all(amount is None for _, amount, _ in limits):
        raise InspectionError(
            "an inspection without rooms, metres or facilities gives no rate",
            code="denominator_missing",
            mend="Say how many rooms (15 m² are one), metres walked or facilities were inspected.",
        )


def _check_finding(inspection: Inspection, finding: Finding, standards: Standards) -> None:
    if finding.kind not in standards.kinds:
        raise InspectionError(
            f'no kind of finding goes by "{finding.kind}"',
            code="unknown_kind",
            mend=f"Give one of: {', '.join(standards.kinds)}.",
        )
    if not inspection.looked_for_kind(finding.kind):
        raise InspectionError(
            f"{finding.kind} was found, but nobody looked for it",
            code="not_looked_for",
            mend=f"Add {finding.kind.split('.')[0]} to what was looked for.",
        )
    if not 0 < finding.amount <= MOST_ROOMS:
        raise InspectionError(
            f"an amount is 1 or more, got {finding.amount}", code="bad_amount", mend="Mend it."
        )


def _check_rooms(inspection: Inspection) -> None:
    """Findings in rooms name their room, so that a room with several traces counts once.

    On a visit with rooms and a walk, signs of rats without a room were found on the way.
    """
    indoors = [f for f in inspection.findings if not f.kind.startswith("proofing.")]
    walked = inspection.metres is not None
    on_the_way = [f for f in indoors if walked and f.kind.startswith("rodent.") and not f.room]
    inside = [f for f in indoors if f not in on_the_way]
    if inspection.rooms is None:
        if inside and not (walked and all(f.kind.startswith("rodent.") for f in inside)):
            raise InspectionError(
                f"{inside[0].kind} was found, but no room was inspected",
                code="denominator_missing",
                mend="Say how many rooms were inspected (15 m² are one).",
            )
        return
    unnamed = [f for f in inside if not f.room.strip()]
    if unnamed and (inspection.rooms > 1 or walked):
        raise InspectionError(
            f"{unnamed[0].kind} was found in one of {inspection.rooms} rooms, which one is missing",
            code="room_missing",
            mend="Give each finding the number or name of its room.",
        )
    named = rooms_with(inside)
    if len(named) > inspection.rooms:
        raise InspectionError(
            f"findings name {len(named)} rooms, but only {inspection.rooms} were inspected",
            code="more_than_all",
            mend="Mend the number of rooms inspected, or the names of rooms.",
        )


def _check_facilities(inspection: Inspection) -> None:
    faults = sum(f.amount for f in inspection.findings if f.kind.startswith("proofing."))
    if faults and (inspection.facilities is None or faults > inspection.facilities):
        raise InspectionError(
            f"{faults} facilities have faults of {inspection.facilities or 0} checked",
            code="more_than_all",
            mend="Say how many facilities were checked.",
        )


def rooms_with(findings: Sequence[Finding]) -> set[str]:
    """The rooms that findings name; those without a name on one room's own inspection are one."""
    return {" ".join(finding.room.split()).casefold() for finding in findings}
