"""The fold: what follows from looks and decisions, whatever the order of arrival."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from issues.issue import Action, Proposal, RejectReason, Status
from issues.timeline import Decision, Look, LookRules, fold, standing_decisions, visits
from tests.issues.photos import MONDAY

RULES = LookRules(timedelta(hours=2), timedelta(hours=3), 75)


def at(hours: float) -> datetime:
    return MONDAY + timedelta(hours=hours)


def saw(hours: float, name: str = "", heading: float | None = None) -> Look:
    return Look(at(hours), name or f"saw {hours}", True, False, heading)


def clear(hours: float, name: str = "", heading: float | None = None) -> Look:
    return Look(at(hours), name or f"clear {hours}", False, True, heading)


def unclear(hours: float) -> Look:
    return Look(at(hours), f"dark {hours}", False, False)


def decided(
    action: Action, made: float, as_of: float, to: Status | None = None, **more
) -> Decision:
    return Decision(int(made * 10), action, at(made), at(as_of), to, **more)


CONFIRMED = decided(Action.CONFIRM, 1, 0, Status.CONFIRMED)


def test_one_sighting_is_a_candidate():
    standing = fold([saw(0)], [], RULES)
    assert (standing.status, standing.proposal, standing.recurrences) == ("candidate", None, 0)
    assert (standing.first_seen, standing.last_seen) == (at(0), at(0))


def test_without_a_sighting_there_is_no_issue():
    with pytest.raises(ValueError, match="at least one look that saw it"):
        fold([clear(0)], [], RULES)


def test_a_clear_look_proposes_fixed_and_leaves_the_status():
    standing = fold([saw(0), clear(24), clear(48)], [CONFIRMED], RULES)
    assert (standing.status, standing.proposal) == (Status.CONFIRMED, Proposal.FIXED)
    assert standing.cleared_at == at(24)
    assert standing.after.sha256 == "clear 24"
    assert standing.last_seen == at(0)


@pytest.mark.parametrize(
    ("looks", "why"),
    [
        ([saw(0), clear(2.9)], "too soon after it was seen"),
        ([saw(0), clear(24), saw(25.9)], "another photo of the visit saw it"),
        ([saw(0), saw(23), clear(24)], "another photo of the visit saw it before"),
        ([saw(0), unclear(24)], "the photo was unusable"),
        ([clear(-24), saw(0)], "it was clear before it was seen"),
        ([saw(0, heading=0), clear(24, heading=180)], "the photo faces away"),
        ([saw(0, heading=350), clear(24, heading=90)], "the photo faces away, over north"),
    ],
)
def test_not_observed_is_not_clean(looks, why):
    standing = fold(looks, [], RULES)
    assert standing.proposal is None, why
    assert standing.recurrences == 0


@pytest.mark.parametrize(("then", "now"), [(350, 20), (None, 180), (180, None), (10, 85), (0, 360)])
def test_a_look_that_faces_the_same_way_or_unknown_counts(then, now):
    standing = fold([saw(0, heading=then), clear(24, heading=now)], [], RULES)
    assert standing.proposal is Proposal.FIXED


def test_a_visit_is_a_chain_of_looks_with_small_gaps():
    looks = [saw(0), clear(1.5), clear(3), clear(6)]
    assert [len(visit) for visit in visits(looks, timedelta(hours=2))] == [3, 1]
    assert fold(looks, [], RULES).after.sha256 == "clear 6"


@pytest.mark.parametrize("status", [None, CONFIRMED])
def test_seen_again_after_it_was_clear_it_came_back(status):
    decisions = [status] if status else []
    standing = fold([saw(0), clear(24), saw(48)], decisions, RULES)
    assert (standing.status, standing.proposal) == (Status.REOPENED, None)
    assert standing.recurrences == 1
    assert standing.returned.sha256 == "saw 48"
    assert standing.after is None
    assert standing.confirmed_at == (at(1) if status else None)


def test_each_return_counts_once():
    looks = [saw(0), clear(24), saw(48), saw(48.5), clear(72), clear(96), saw(120)]
    assert fold(looks, [], RULES).recurrences == 2


def test_closed_and_seen_again_it_is_reopened():
    closed = decided(Action.CLOSE, 30, 24, Status.CLOSED)
    before = fold([saw(0), clear(24)], [CONFIRMED, closed], RULES)
    assert (before.status, before.proposal, before.closed_at) == (Status.CLOSED, None, at(30))
    assert before.after.sha256 == "clear 24"
    after = fold([saw(0), clear(24), saw(48)], [CONFIRMED, closed], RULES)
    assert (after.status, after.closed_at, after.recurrences) == (Status.REOPENED, None, 1)


def test_late_photos_from_before_a_closing_do_not_overturn_it():
    closed = decided(Action.CLOSE, 30, 30, Status.CLOSED)
    standing = fold([saw(0), saw(20), saw(29)], [CONFIRMED, closed], RULES)
    assert (standing.status, standing.recurrences) == (Status.CLOSED, 0)


def test_confirming_a_returned_issue_keeps_when_it_was_first_confirmed():
    again = decided(Action.CONFIRM, 50, 48, Status.CONFIRMED, deadline=at(60))
    standing = fold([saw(0), clear(24), saw(48)], [CONFIRMED, again], RULES)
    assert (standing.status, standing.confirmed_at) == (Status.CONFIRMED, at(1))
    assert (standing.deadline, standing.recurrences) == (at(60), 1)


def test_who_says_it_is_not_fixed_ends_the_proposal_until_the_next_clear_visit():
    no = decided(Action.NOT_FIXED, 25, 24)
    assert fold([saw(0), clear(24)], [no], RULES).proposal is None
    later = fold([saw(0), clear(24), clear(72)], [no], RULES)
    assert later.after.sha256 == "clear 72"
    returned = fold([saw(0), clear(24), saw(48)], [no], RULES)
    assert (returned.status, returned.recurrences) == (Status.CANDIDATE, 0)


@pytest.mark.parametrize(
    "aside",
    [
        decided(Action.REJECT, 1, 0, Status.REJECTED, reason=RejectReason.PERMITTED),
        decided(Action.DUPLICATE, 1, 0, Status.DUPLICATE, duplicate_of="other"),
    ],
)
def test_what_was_set_aside_stays_there(aside):
    standing = fold([saw(0), clear(24), saw(48)], [aside], RULES)
    assert (standing.status, standing.proposal, standing.recurrences) == (aside.to_status, None, 0)
    assert standing.last_seen == at(48)
    back = decided(Action.REOPEN, 50, 48, Status.CANDIDATE)
    reopened = fold([saw(0), clear(24), saw(48)], [aside, back], RULES)
    assert (reopened.status, reopened.reject_reason, reopened.duplicate_of) == (
        Status.CANDIDATE,
        None,
        None,
    )


def test_setting_aside_ends_a_proposal():
    rejected = decided(Action.REJECT, 26, 24, Status.REJECTED, reason=RejectReason.PERMITTED)
    standing = fold([saw(0), clear(24)], [rejected], RULES)
    assert (standing.status, standing.proposal, standing.after) == (Status.REJECTED, None, None)


def test_undo_takes_back_the_last_decision_that_stands():
    rejected = decided(Action.REJECT, 2, 0, Status.REJECTED, reason=RejectReason.PERMITTED)
    undo = decided(Action.UNDO, 3, 0)
    assert standing_decisions([CONFIRMED, rejected, undo]) == [CONFIRMED]
    assert fold([saw(0)], [CONFIRMED, rejected, undo], RULES).status is Status.CONFIRMED
    assert fold([saw(0)], [CONFIRMED, rejected, undo, undo], RULES).status is Status.CANDIDATE
    assert standing_decisions([undo]) == []


def test_decisions_keep_their_order_even_where_they_stand_on_older_photos():
    closed = decided(Action.CLOSE, 30, 24, Status.CLOSED)
    confirmed = decided(Action.CONFIRM, 29, 26, Status.CONFIRMED)
    standing = fold([saw(0), clear(24), clear(26)], [confirmed, closed], RULES)
    assert standing.status is Status.CLOSED


kinds = st.sampled_from(["saw", "clear", "unclear"])
hours = st.integers(0, 300).map(lambda n: n / 2)
headings = st.sampled_from([None, 0.0, 90.0, 180.0])
looks_taken = st.lists(st.tuples(kinds, hours, headings), min_size=1, max_size=14).map(
    lambda rows: [
        Look(at(h), f"{n:02d}", kind == "saw", kind == "clear", heading)
        for n, (kind, h, heading) in enumerate([("saw", 0.0, None), *rows])
    ]
)
decisions_made = st.lists(
    st.tuples(
        st.sampled_from([a for a in Action if a is not Action.CHANGE_CATEGORY]),
        st.integers(0, 300),
        st.sampled_from([Status.CONFIRMED, Status.CLOSED, Status.CANDIDATE]),
    ),
    max_size=5,
).map(
    lambda rows: [
        Decision(n, action, at(made), at(made), None if action is Action.UNDO else to)
        for n, (action, made, to) in enumerate(sorted(rows, key=lambda row: row[1]))
    ]
)


@given(looks=looks_taken, decisions=decisions_made, shuffled=st.randoms(use_true_random=False))
def test_the_order_of_arrival_changes_nothing(looks, decisions, shuffled):
    expected = fold(looks, decisions, RULES)
    other = list(looks)
    shuffled.shuffle(other)
    assert fold(other, decisions, RULES) == expected


@given(looks=looks_taken, decisions=decisions_made)
def test_what_is_proposed_as_fixed_was_looked_at_after_it_was_last_seen(looks, decisions):
    standing = fold(looks, decisions, RULES)
    assert standing.first_seen <= standing.last_seen <= standing.last_look
    assert standing.recurrences < len([look for look in looks if look.saw])
    if standing.proposal is Proposal.FIXED:
        assert standing.after.clear
        assert standing.cleared_at == standing.after.at >= standing.last_seen + RULES.revisit
