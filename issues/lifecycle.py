"""The lifecycle of an issue: the one table of what may be done from where, and what it takes.

``docs/lifecycle.md`` has a drawing that is made from this table.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from issues.issue import (
    Action,
    ExtendReason,
    HoldReason,
    Proposal,
    RejectReason,
    ReworkReason,
    SendBackReason,
    Status,
)

_S, _A = Status, Action

_TO_OFFICE = (_S.CONFIRMED, _S.SENT_BACK, _S.REOPENED)
_AT_WORK = (_S.ASSIGNED, _S.REWORK)
_RUNNING = (*_TO_OFFICE, *_AT_WORK, _S.ON_HOLD)
_ALIVE = (_S.CANDIDATE, *_RUNNING, _S.REPORTED_FIXED)


def _from(sources: tuple[Status, ...], action: Action, target: Status | None) -> _Table:
    return {(status, action): target or status for status in sources}


_Table = dict[tuple[Status, Action], Status | None]

MOVES: Mapping[tuple[Status, Action], Status | None] = {
    **_from((_S.CANDIDATE, _S.REOPENED), _A.CONFIRM, _S.CONFIRMED),
    **_from((*_TO_OFFICE, *_AT_WORK), _A.ASSIGN, _S.ASSIGNED),
    **_from(_AT_WORK, _A.REPORT_FIXED, _S.REPORTED_FIXED),
    **_from((*_RUNNING, _S.REPORTED_FIXED), _A.CLOSE, _S.CLOSED),
    **_from((_S.REPORTED_FIXED,), _A.REWORK, _S.REWORK),
    **_from(_ALIVE, _A.NOT_FIXED, None),
    **_from(_AT_WORK, _A.SEND_BACK, _S.SENT_BACK),
    **_from(_AT_WORK, _A.EXTEND, None),
    **_from(_RUNNING, _A.HOLD, _S.ON_HOLD),
    (_S.ON_HOLD, _A.RESUME): None,
    **_from((*_RUNNING, _S.REPORTED_FIXED), _A.SUPERVISE, None),
    **_from((*_RUNNING, _S.REPORTED_FIXED), _A.UNSUPERVISE, None),
    **_from((_S.CANDIDATE, *_RUNNING), _A.REJECT, _S.REJECTED),
    **_from((_S.CANDIDATE, *_RUNNING), _A.DUPLICATE, _S.DUPLICATE),
    (_S.REJECTED, _A.REOPEN): _S.CANDIDATE,
    (_S.DUPLICATE, _A.REOPEN): _S.CANDIDATE,
    (_S.CLOSED, _A.REOPEN): _S.REOPENED,
    **_from(_ALIVE, _A.CHANGE_CATEGORY, None),
}
"""Status and action → status; None: back to where it was put on hold from.

``undo`` is not here: it takes back the last move of any kind.
"""

REASONS: Mapping[Action, type[StrEnum]] = {
    _A.REJECT: RejectReason,
    _A.SEND_BACK: SendBackReason,
    _A.REWORK: ReworkReason,
    _A.EXTEND: ExtendReason,
    _A.HOLD: HoldReason,
}
"""Actions that need a reason, and the fixed lists that it is from."""


@dataclass(frozen=True, slots=True)
class Needs:
    """What a move takes: names of the fields of ``issues.moves.Details``."""

    needed: tuple[str, ...] = ()
    optional: tuple[str, ...] = ("note",)


NEEDS: Mapping[Action, Needs] = {
    _A.CONFIRM: Needs(),
    _A.ASSIGN: Needs(optional=("unit", "deadline", "hours", "note")),
    _A.REPORT_FIXED: Needs(optional=("photo", "note")),
    _A.CLOSE: Needs(optional=("photo", "note")),
    _A.REWORK: Needs(("reason",), ("deadline", "hours", "note")),
    _A.NOT_FIXED: Needs(),
    _A.SEND_BACK: Needs(("reason",)),
    _A.EXTEND: Needs(("reason",), ("deadline", "hours", "note")),
    _A.HOLD: Needs(("reason", "until")),
    _A.RESUME: Needs(),
    _A.SUPERVISE: Needs(("supervisor",)),
    _A.UNSUPERVISE: Needs(),
    _A.REJECT: Needs(("reason",)),
    _A.DUPLICATE: Needs(("duplicate_of",)),
    _A.REOPEN: Needs(),
    _A.CHANGE_CATEGORY: Needs(("category",)),
    _A.UNDO: Needs(),
}
"""Which fields a move needs, and which it can have besides."""


def allowed_actions(
    status: Status,
    proposal: Proposal | None,
    *,
    undoable: bool,
    supervised: bool = False,
) -> tuple[Action, ...]:
    """What a person may do with an issue, in the order of ``Action``."""
    allowed = {action for from_status, action in MOVES if from_status is status}
    if proposal is None:
        allowed.discard(Action.NOT_FIXED)
    allowed.discard(Action.SUPERVISE if supervised else Action.UNSUPERVISE)
    if undoable:
        allowed.add(Action.UNDO)
    return tuple(action for action in Action if action in allowed)
