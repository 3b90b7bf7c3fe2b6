"""The lifecycle of an issue: the one table of what may be done from where."""

from __future__ import annotations

from collections.abc import Mapping

from issues.issue import Action, Proposal, Status

_S, _A = Status, Action

MOVES: Mapping[tuple[Status, Action], Status] = {
    (_S.CANDIDATE, _A.CONFIRM): _S.CONFIRMED,
    (_S.CANDIDATE, _A.REJECT): _S.REJECTED,
    (_S.CANDIDATE, _A.DUPLICATE): _S.DUPLICATE,
    (_S.CANDIDATE, _A.CHANGE_CATEGORY): _S.CANDIDATE,
    (_S.CANDIDATE, _A.NOT_FIXED): _S.CANDIDATE,
    (_S.CONFIRMED, _A.REJECT): _S.REJECTED,
    (_S.CONFIRMED, _A.DUPLICATE): _S.DUPLICATE,
    (_S.CONFIRMED, _A.CHANGE_CATEGORY): _S.CONFIRMED,
    (_S.CONFIRMED, _A.NOT_FIXED): _S.CONFIRMED,
    (_S.CONFIRMED, _A.CLOSE): _S.CLOSED,
    (_S.REOPENED, _A.CONFIRM): _S.CONFIRMED,
    (_S.REOPENED, _A.REJECT): _S.REJECTED,
    (_S.REOPENED, _A.DUPLICATE): _S.DUPLICATE,
    (_S.REOPENED, _A.CHANGE_CATEGORY): _S.REOPENED,
    (_S.REOPENED, _A.NOT_FIXED): _S.REOPENED,
    (_S.REOPENED, _A.CLOSE): _S.CLOSED,
    (_S.REJECTED, _A.REOPEN): _S.CANDIDATE,
    (_S.DUPLICATE, _A.REOPEN): _S.CANDIDATE,
    (_S.CLOSED, _A.REOPEN): _S.REOPENED,
}
"""Status and action → status. ``undo`` is not here: it takes back the last move of any kind."""


def allowed_actions(
    status: Status, proposal: Proposal | None, *, undoable: bool
) -> tuple[Action, ...]:
    """What a person may do with an issue, in the order of ``Action``."""
    allowed = {action for from_status, action in MOVES if from_status is status}
    if proposal is None:
        allowed.discard(Action.NOT_FIXED)
    if undoable:
        allowed.add(Action.UNDO)
    return tuple(action for action in Action if action in allowed)
