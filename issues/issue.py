"""The issue itself: one problem at one place, and the words for where it stands.

What a person decided (``Status``) and what the photos say (``Proposal``) are kept apart: a place
that was looked at again and found clear is *proposed* as fixed; only a person closes it.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class Status(StrEnum):
    """Where an issue stands. ``issues/moves.py`` says which moves lead where."""

    CANDIDATE = "candidate"
    CONFIRMED = "confirmed"
    ASSIGNED = "assigned"
    REPORTED_FIXED = "reported_fixed"
    REWORK = "rework"
    SENT_BACK = "sent_back"
    ON_HOLD = "on_hold"
    CLOSED = "closed"
    REOPENED = "reopened"
    REJECTED = "rejected"
    DUPLICATE = "duplicate"


OPEN = frozenset(Status) - {Status.CLOSED, Status.REJECTED, Status.DUPLICATE}
"""Statuses of issues that somebody still has to do something about."""

WITH_UNIT = frozenset({Status.ASSIGNED, Status.REPORTED_FIXED, Status.REWORK})
"""Statuses in which a unit has it: to put right, or reported and waiting to be verified."""

CLOCK_RUNS = OPEN - {Status.CANDIDATE, Status.REPORTED_FIXED, Status.ON_HOLD}
"""Statuses in which a deadline can be missed: a report stops the clock, and so does a hold."""


class Proposal(StrEnum):
    """What the photos propose and a person has yet to decide."""

    FIXED = "fixed"


class Action(StrEnum):
    """What a person can do with an issue."""

    CONFIRM = "confirm"
    ASSIGN = "assign"
    REPORT_FIXED = "report_fixed"
    CLOSE = "close"
    REWORK = "rework"
    NOT_FIXED = "not_fixed"
    SEND_BACK = "send_back"
    EXTEND = "extend"
    HOLD = "hold"
    RESUME = "resume"
    SUPERVISE = "supervise"
    UNSUPERVISE = "unsupervise"
    REJECT = "reject"
    DUPLICATE = "duplicate"
    REOPEN = "reopen"
    CHANGE_CATEGORY = "change_category"
    UNDO = "undo"


class RejectReason(StrEnum):
    """Why a candidate is no issue: a fixed list, so that reasons can be counted and trained on."""

    NOT_A_PROBLEM = "not_a_problem"
    WRONG_CATEGORY = "wrong_category"
    PERMITTED = "permitted"
    PRIVATE_PROPERTY = "private_property"
    OUT_OF_AREA = "out_of_area"
    ALREADY_HANDLED = "already_handled"
    POOR_PHOTO = "poor_photo"

    @property
    def remembered(self) -> bool:
        """Whether the same finding at the same place is kept quiet for a while afterwards."""
        return self not in {RejectReason.ALREADY_HANDLED, RejectReason.POOR_PHOTO}

    @property
    def detector_was_wrong(self) -> bool:
        """Whether the rejected crop is a hard negative for the next training."""
        return self in {RejectReason.NOT_A_PROBLEM, RejectReason.WRONG_CATEGORY}


class SendBackReason(StrEnum):
    """Why a unit gives an issue back."""

    NOT_OURS = "not_ours"
    NOT_FOUND = "not_found"
    PLACE_UNCLEAR = "place_unclear"
    BEYOND_MEANS = "beyond_means"
    DONE_ALREADY = "done_already"


class ReworkReason(StrEnum):
    """Why a reported fix isn't taken."""

    NOT_DONE = "not_done"
    PARTLY_DONE = "partly_done"
    WRONG_PLACE = "wrong_place"
    REUSED_PHOTO = "reused_photo"
    NO_PROOF = "no_proof"

    @property
    def on_paper_only(self) -> bool:
        """Whether the fix was reported and never made (纸上整改)."""
        return self in {ReworkReason.NOT_DONE, ReworkReason.REUSED_PHOTO}


class ExtendReason(StrEnum):
    """Why there is more time."""

    WEATHER = "weather"
    LARGE_JOB = "large_job"
    EQUIPMENT = "equipment"
    OTHER_PARTIES = "other_parties"
    AGREEMENT = "agreement"


class HoldReason(StrEnum):
    """Why it can't be put right for now."""

    UNDER_CONSTRUCTION = "under_construction"
    DISPUTED = "disputed"
    FUNDS = "funds"
    PLANNED_WORKS = "planned_works"
    HIGHER_DECISION = "higher_decision"


Reason = RejectReason | SendBackReason | ReworkReason | ExtendReason | HoldReason


class Verdict(StrEnum):
    """What verification says of a reported fix (``issues/verify``)."""

    VERIFIED = "verified"
    NOT_FIXED = "not_fixed"
    WRONG_PLACE = "wrong_place"
    REUSED_PHOTO = "reused_photo"
    CANT_TELL = "cant_tell"


class Severity(StrEnum):
    """How bad it is; the catalogue says what makes it so and how long there is to fix it."""

    MINOR = "minor"
    NORMAL = "normal"
    MAJOR = "major"


@dataclass(frozen=True, slots=True)
class Place:
    """Where an issue is: the middle of its observations, WGS-84, and how well it is known."""

    lat: float
    lon: float
    accuracy_m: float


@dataclass(frozen=True, slots=True)
class Issue:
    """One problem at one place: a category there, what the photos say, what people decided.

    ``place`` is None for photos without location. Times are aware, in UTC; ``first_seen``,
    ``last_seen``, ``cleared_at`` are times of photos, the others are times of decisions.
    ``recurrences`` counts how often it came back after a clear look or after it was closed.
    """

    id: str
    number: str
    category: str
    place: Place | None
    status: Status
    proposal: Proposal | None
    severity: Severity
    first_seen: datetime
    last_seen: datetime
    cleared_at: datetime | None
    recurrences: int
    confirmed_at: datetime | None
    closed_at: datetime | None
    deadline: datetime | None
    reject_reason: RejectReason | None
    duplicate_of: str | None
    version: int

    def __post_init__(self) -> None:
        if self.last_seen < self.first_seen:
            raise ValueError(
                f"{self.number} was last seen {self.last_seen}, before first {self.first_seen}"
            )
        if (self.status is Status.REJECTED) != (self.reject_reason is not None):
            raise ValueError(
                f"{self.number}: a rejected issue, and no other, carries a reason; "
                f"got {self.status} with {self.reject_reason}"
            )

    @property
    def is_open(self) -> bool:
        """Whether somebody still has to do something about it."""
        return self.status in OPEN
