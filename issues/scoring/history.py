"""What happened to an issue in a period, read from its steps: a pure fold over lines of history.

The clock of a round starts when the issue is confirmed, and anew when it is assigned; it stops
when the unit reports the fix that is accepted in the end, else with the photo that showed the
place clear, else when a person closes it. A round ends with closing; who finds the problem there
again starts the next. Steps that were undone never happened.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import NamedTuple

from issues.scoring.measures import Measure
from issues.scoring.working_time import WorkClock

PAPER_VERDICTS = frozenset({"not_fixed", "wrong_place", "reused_photo"})
"""What a verification says of a fix that was reported and is none."""

PAPER_REASONS = frozenset({"not_done", "wrong_place", "reused_photo"})
"""Why a fix was sent back that was never made there."""

BY_PHOTO = frozenset({"returned", "contradicted"})
"""Kinds of steps that photos make: they count when the photo was taken."""

REPORTED = "reported_fixed"


class Step(NamedTuple):
    """One line of an issue's history. ``as_of``: the time of the photos that it stands on.

    ``reason``: why it was sent back for rework, or the verdict of a verification.
    """

    issue_id: str
    event_id: int
    at: datetime
    kind: str
    from_status: str | None = None
    as_of: datetime | None = None
    deadline: datetime | None = None
    reason: str | None = None
    undoes: int | None = None

    @property
    def when(self) -> datetime:
        """When it happened: what photos showed, when they were taken."""
        return self.as_of if self.kind in BY_PHOTO and self.as_of is not None else self.at


@dataclass(frozen=True, slots=True)
class Told:
    """What a history says of one period. ``hours``: working hours of the last fix in it."""

    measures: frozenset[Measure] = frozenset()
    hours: float | None = None


NOTHING = Told()


def standing(steps: Iterable[Step]) -> list[Step]:
    """Steps in the order they were made, without those that were undone and the undoing."""
    ordered = sorted(steps, key=lambda step: step.event_id)
    undone = {step.undoes for step in ordered if step.undoes is not None}
    kept: list[Step] = []
    for step in ordered:
        if step.kind in WITHDRAWS:
            _take_back(kept, WITHDRAWS[step.kind])
        elif step.kind != "undo" and step.event_id not in undone:
            kept.append(step)
    return kept


WITHDRAWS = {"return_withdrawn": "returned", "contradiction_withdrawn": "contradicted"}
"""Kinds of steps that take back the last step of another kind."""


def _take_back(steps: list[Step], kind: str) -> None:
    for at in range(len(steps) - 1, -1, -1):
        if steps[at].kind == kind:
            del steps[at]
            return


def told(
    steps: Sequence[Step], start: datetime, end: datetime, clock: WorkClock, within: timedelta
) -> Told:
    """What standing steps say of the time from ``start`` to before ``end``.

    ``within``: how soon after closing a return counts as a rebound of that fix.
    """
    if not steps:
        return NOTHING
    rounds = _Rounds(start, end, clock, within)
    for step in steps:
        rounds.take(step)
    return Told(frozenset(rounds.found), rounds.hours)


_PLAIN = {
    "confirm": (Measure.CONFIRMED, Measure.REVIEWED),
    "reject": (Measure.REJECTED, Measure.REVIEWED),
    "assign": (Measure.ASSIGNED,),
    "rework": (Measure.REWORK,),
    "supervise": (Measure.SUPERVISED,),
    "extend": (Measure.EXTENDED,),
    "returned": (Measure.RETURNED,),
    "reopen": (Measure.RETURNED,),
}
"""Kinds of steps that count where they stand in the period."""


@dataclass(slots=True)
class _Rounds:
    """Reads steps one by one."""

    start: datetime
    end: datetime
    clock: WorkClock
    within: timedelta
    found: set[Measure] = field(default_factory=set)
    hours: float | None = None
    _began: datetime | None = None
    _deadline: datetime | None = None
    _reported: datetime | None = None
    _closed: datetime | None = None

    def take(self, step: Step) -> None:
        """One more step, later than all before."""
        kind = step.kind
        inside = self.start <= step.when < self.end
        if inside and (kind != "reopen" or step.from_status == "closed"):
            self.found.update(_PLAIN.get(kind, ()))
        if inside and _is_paper(step):
            self.found.add(Measure.PAPER)
        if kind in ("confirm", "assign"):
            self._begin(step)
        elif kind == "extend":
            self._deadline = step.deadline or self._deadline
        elif kind == "report_fixed":
            self._reported = step.at
        elif kind in ("rework", "not_fixed", "send_back", "reject"):
            self._reported = None
        elif kind == "close":
            self._close(step, inside=inside)
        elif kind in ("returned", "reopen"):
            self._come_back(step)

    def _begin(self, step: Step) -> None:
        self._began = step.at
        self._deadline = step.deadline or self._deadline
        self._reported = None

    def _close(self, step: Step, *, inside: bool) -> None:
        began = self._began
        ended = self._reported or min(step.as_of or step.at, step.at)
        self._closed = step.at
        if not inside:
            return
        late = self._deadline is not None and ended > self._deadline
        if began is not None:
            ended = max(ended, began)
            late = late and self._deadline is not None and self._deadline >= began
            self.hours = self.clock.hours(began, ended)
        self.found.discard(Measure.FIXED_LATE if not late else Measure.FIXED_ON_TIME)
        self.found.update((Measure.FIXED, Measure.FIXED_LATE if late else Measure.FIXED_ON_TIME))

    def _come_back(self, step: Step) -> None:
        closed = self._closed
        in_period = closed is not None and self.start <= closed < self.end
        if in_period and closed is not None and step.when - closed <= self.within:
            self.found.add(Measure.REBOUNDED)
        self._began, self._reported, self._closed = step.when, None, None


def _is_paper(step: Step) -> bool:
    """Whether a step says that a fix was reported and not made (纸上整改)."""
    if step.kind == "verification":
        return step.reason in PAPER_VERDICTS
    if step.kind == "rework":
        return step.reason in PAPER_REASONS
    return step.kind == "contradicted" or (
        step.kind in ("not_fixed", "returned") and step.from_status == REPORTED
    )
