"""What queries give: flat, frozen rows that need no session any more.

Everything that the API, the console and the exports show is here; names of categories, statuses
and reasons come from the catalogue and ``issues/labels.py`` by code. Times are aware, in UTC.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Generic, Literal, TypeVar

from issues.issue import CLOCK_RUNS, Action, Proposal, RejectReason, Severity, Status, Verdict

Row = TypeVar("Row")
Box = tuple[float, float, float, float]
"""Normalised xyxy, 0..1 of the upright picture."""

PhotoStatus = Literal["ok", "unusable", "unreadable"]


@dataclass(frozen=True, slots=True)
class Page(Generic[Row]):
    """One page of a listing. ``next_cursor`` is None on the last; ``total`` where asked for."""

    items: tuple[Row, ...]
    next_cursor: str | None = None
    total: int | None = None


@dataclass(frozen=True, slots=True)
class AreaRow:
    """A responsibility area: who answers for it. ``id`` is the office's own id of the area."""

    id: str
    level: str
    name_zh: str
    name_en: str
    unit_zh: str
    unit_en: str
    leader: str
    phone: str


@dataclass(frozen=True, slots=True)
class FrameRef:
    """A photo that speaks for or against an issue.

    ``stored`` says whether its original bytes are in the evidence folder. ``box`` is the finding
    in it, None for a clear look.
    """

    photo_id: int
    sha256: str
    source: str
    taken_at: datetime
    box: Box | None
    score: float | None
    stored: bool


@dataclass(frozen=True, slots=True)
class IssueRow:
    """One issue as lists show it.

    ``duplicate_of`` is the number of the other issue. ``suspected``: the category can't be decided
    on one photo. ``experimental``: found only by classes marked experimental in the model's card.
    ``best`` is the photo that shows it best, ``after`` the clear look that proposes it as fixed,
    else the photo that its unit reported the fix with. ``unit_zh``, ``unit_en``: whom it was
    assigned to, None before. ``paper_fixes``: reports that turned out untrue (纸上整改); they are
    among the ``reworks``.
    """

    id: str
    number: str
    status: Status
    proposal: Proposal | None
    category: str
    group: str
    severity: Severity
    lat: float | None
    lon: float | None
    accuracy_m: float | None
    area: AreaRow | None
    first_seen: datetime
    last_seen: datetime
    cleared_at: datetime | None
    observations: int
    photos: int
    recurrences: int
    best_score: float
    confirmed_at: datetime | None
    closed_at: datetime | None
    deadline: datetime | None
    reject_reason: RejectReason | None
    duplicate_of: str | None
    experimental: bool
    suspected: bool
    best: FrameRef | None
    after: FrameRef | None
    version: int
    created_at: datetime
    updated_at: datetime
    unit_zh: str | None = None
    unit_en: str | None = None
    assigned_at: datetime | None = None
    reported_at: datetime | None = None
    reworks: int = 0
    paper_fixes: int = 0
    extensions: int = 0
    supervised_at: datetime | None = None
    supervisor: str | None = None
    held_from: Status | None = None
    on_hold_until: datetime | None = None
    verdict: Verdict | None = None

    @property
    def supervised(self) -> bool:
        """Whether it is under named supervision (督办)."""
        return self.supervised_at is not None

    def unit(self, lang: Literal["en", "zh"]) -> str | None:
        """Who has to put it right: whom it was assigned to, else the area's unit."""
        assigned = self.unit_zh if lang == "zh" else self.unit_en
        if assigned or self.area is None:
            return assigned
        return (self.area.unit_zh if lang == "zh" else self.area.unit_en) or None

    def awake(self, now: datetime) -> IssueRow:
        """The row as it stands at a moment: a hold ends by itself when its date has passed."""
        until = self.on_hold_until
        if self.status is not Status.ON_HOLD or until is None or until > now:
            return self
        back_to = self.held_from or Status.CONFIRMED
        return replace(self, status=back_to, held_from=None, on_hold_until=None)

    def overdue(self, now: datetime) -> bool:
        """Whether its deadline has passed while the clock ran: no report, no hold, not closed."""
        late = self.deadline is not None and self.deadline < now
        return late and self.awake(now).status in CLOCK_RUNS

    def due_soon(self, now: datetime, until: datetime) -> bool:
        """Whether its deadline comes before ``until`` (``issues.deadlines.due_soon_until``)."""
        soon = self.deadline is not None and now <= self.deadline < until
        return soon and self.awake(now).status in CLOCK_RUNS


@dataclass(frozen=True, slots=True)
class ObservationRow:
    """One finding in one photo, with where and when the photo was taken."""

    id: int
    issue_id: str | None
    issue_number: str | None
    photo_id: int
    category: str
    box: Box
    score: float
    experimental: bool
    model_id: str
    model_version: str
    sha256: str
    source: str
    taken_at: datetime
    lat: float | None
    lon: float | None
    stored: bool


@dataclass(frozen=True, slots=True)
class EventRow:
    """One line of an issue's history: who, when, what, why. Lines are never changed."""

    id: int
    issue_id: str
    at: datetime
    kind: str
    actor: str
    from_status: Status | None
    to_status: Status | None
    reason: str | None
    note: str | None
    evidence_sha256: str | None
    data: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class IssueDetail:
    """One issue with everything that is known of it.

    ``observations`` are newest first; ``events`` oldest first; ``looks`` are all usable photos of
    the place, oldest first, with a box where they show the problem; ``duplicates`` are numbers of
    issues that were marked as duplicates of this; ``actions`` are what a person may do now.
    """

    row: IssueRow
    observations: tuple[ObservationRow, ...]
    events: tuple[EventRow, ...]
    looks: tuple[FrameRef, ...]
    duplicates: tuple[str, ...]
    actions: tuple[Action, ...]


@dataclass(frozen=True, slots=True)
class ContextBox:
    """Something seen in a photo that is no category: a bin, say. For drawing and for reviewers."""

    name: str
    box: Box
    score: float


@dataclass(frozen=True, slots=True)
class PhotoRow:
    """One photo as it was analysed, unreadable ones too (``sha256`` None, ``reason_code`` set)."""

    id: int
    source: str
    status: PhotoStatus
    reason_code: str | None
    message: str | None
    sha256: str | None
    size_bytes: int
    format: str | None
    width_px: int | None
    height_px: int | None
    taken_at: datetime | None
    time_origin: str | None
    lat: float | None
    lon: float | None
    accuracy_m: float | None
    location_origin: str | None
    heading_deg: float | None
    notes: tuple[str, ...]
    context: tuple[ContextBox, ...]
    model_id: str
    model_version: str
    observations: int
    issue_numbers: tuple[str, ...]
    stored: bool
    recorded_at: datetime


@dataclass(frozen=True, slots=True)
class Counts:
    """How many issues there are, by what. ``by_area`` is by the office's area id ("" for none)."""

    total: int
    open: int
    to_review: int
    proposed_fixed: int
    unplaced: int
    no_area: int
    overdue: int
    by_status: Mapping[Status, int]
    by_category: Mapping[str, int]
    by_group: Mapping[str, int]
    by_area: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class WorkCounts:
    """How the work on open issues stands. A unit's counts are those of ``total`` for it alone.

    ``to_assign`` are confirmed, sent back or come back, with no unit at work; ``reported`` wait
    for their fix to be verified; ``escalate`` are overdue for so long that supervision (督办) is
    proposed.
    """

    open: int
    to_assign: int
    at_work: int
    reported: int
    on_hold: int
    due_soon: int
    overdue: int
    escalate: int
    supervised: int


@dataclass(frozen=True, slots=True)
class PhotoCounts:
    """How many photos were analysed, how they came out, and why those that failed did."""

    total: int
    by_status: Mapping[PhotoStatus, int]
    by_reason: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Recorded:
    """What recording one photo changed. The tuples hold issue numbers."""

    photo_id: int
    new_issues: tuple[str, ...] = ()
    seen_again: tuple[str, ...] = ()
    proposed_fixed: tuple[str, ...] = ()
    reopened: tuple[str, ...] = ()
    swallowed: tuple[str, ...] = ()
    duplicate_of: str | None = None
