"""Every fixed code has a word in both languages."""

from __future__ import annotations

import pytest

from detect.errors import UNREADABLE_CODES
from detect.types import Unusable
from issues.areas import LEVELS
from issues.feed.deliveries import STATES
from issues.feed.public_type import PublicType
from issues.feed.target import TargetKind
from issues.issue import Action, Proposal, RejectReason, Severity, Status, Verdict
from issues.labels import (
    action_label,
    label,
    labels,
    proposal_label,
    reason_label,
    severity_label,
    status_label,
)
from issues.lifecycle import REASONS

CODES = {
    "status": list(Status),
    "proposal": list(Proposal),
    "action": list(Action),
    **{f"{action}_reason": list(reasons) for action, reasons in REASONS.items()},
    "verdict": list(Verdict),
    "severity": list(Severity),
    "unusable": list(Unusable),
    "unreadable": [*UNREADABLE_CODES, "unexpected_error"],
    "level": list(LEVELS),
    "feed_kind": list(TargetKind),
    "feed_state": list(STATES),
    "feed_type": list(PublicType),
    "request_state": ["analysing", "to_review", "linked", "rejected"],
    "photo_status": ["ok", "unusable", "unreadable"],
    "one_photo": ["enough", "suspected", "zone", "close_up"],
}


@pytest.mark.parametrize("kind", CODES)
def test_every_code_has_its_words(kind):
    assert set(labels()[kind]) == set(CODES[kind])
    for words in labels()[kind].values():
        assert set(words) == {"zh", "en"}
        assert words["en"].isascii()
        assert not words["zh"].isascii()


def test_the_words():
    assert status_label(Status.CLOSED, "zh") == "已销号"
    assert proposal_label(Proposal.FIXED, "en") == "proposed as fixed"
    assert reason_label(RejectReason.PERMITTED, "en") == "permitted"
    assert action_label(Action.CONFIRM, "zh") == "立案"
    assert severity_label(Severity.MAJOR, "en") == "major"
    assert label("queue", "no_area", "en") == "no area"
    assert label("queue", "other", "en") == "other"
