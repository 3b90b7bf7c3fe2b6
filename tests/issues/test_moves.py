"""What people do with issues: the table, its guards, and random walks over it."""

from __future__ import annotations

from datetime import timedelta

import pytest

from issues.errors import IssueError, MoveNotAllowed, NotFound, VersionConflict
from issues.issue import Action, Proposal, RejectReason, Status
from issues.lifecycle import MOVES, allowed_actions
from issues.moves import move
from issues.queries import get_issue, get_row
from tests.issues.photos import MONDAY, STREET, moved

ONE, TWO, THREE = (f"TC-2026-{n:06d}" for n in (1, 2, 3))
LATER = MONDAY + timedelta(hours=1)


@pytest.fixture
def act(store, catalogue):
    """Makes a move in a transaction of its own."""

    def make(action, number=ONE, *, now=LATER, actor="li", **more):
        with store.transaction() as session:
            return move(session, number, action, actor, catalogue=catalogue, now=now, **more)

    return make


@pytest.fixture
def history(store, catalogue):
    def read(number=ONE):
        with store.reading() as session:
            return get_issue(session, catalogue, number).events

    return read


@pytest.fixture
def candidate(intake, camera):
    intake.record(camera.shoot("litter.pile"))


pytestmark = pytest.mark.usefixtures("candidate")


def test_every_status_has_moves_and_every_action_is_in_the_table():
    assert {status for status, _ in MOVES} == set(Status)
    assert {action for _, action in MOVES} == set(Action) - {Action.UNDO}


def test_confirming_sets_a_deadline_in_working_hours(act, catalogue):
    row = act(Action.CONFIRM)
    hours = catalogue.category("litter.pile").deadline_h.hours(row.severity)
    assert row.status is Status.CONFIRMED
    assert row.confirmed_at == LATER
    assert row.deadline == catalogue.calendar.add_hours(LATER, hours)
    assert row.version == 2


def test_a_move_is_a_line_of_history(act, history):
    row = act(Action.REJECT, reason=RejectReason.PERMITTED, note="licensed until May")
    event = history()[-1]
    assert (event.kind, event.actor, event.at) == ("reject", "li", LATER)
    assert (event.from_status, event.to_status) == (Status.CANDIDATE, Status.REJECTED)
    assert (event.reason, event.note) == ("permitted", "licensed until May")
    assert event.evidence_sha256 == row.best.sha256
    assert row.reject_reason is RejectReason.PERMITTED


def test_closing_a_proposal_rests_on_the_clear_look(act, history, intake, camera):
    act(Action.CONFIRM)
    photo = camera.shoot(days=7)
    intake.record(photo)
    row = act(Action.CLOSE, now=MONDAY + timedelta(days=8))
    assert (row.status, row.proposal) == (Status.CLOSED, None)
    assert row.after.sha256 == history()[-1].evidence_sha256 == photo.photo.sha256
    assert [event.kind for event in history()] == ["found", "confirm", "proposed_fixed", "close"]


@pytest.mark.parametrize(
    ("action", "code"),
    [
        (Action.CLOSE, "move_not_allowed"),
        (Action.REOPEN, "move_not_allowed"),
        (Action.NOT_FIXED, "move_not_allowed"),
        (Action.REJECT, "reason_missing"),
        (Action.DUPLICATE, "target_missing"),
        (Action.CHANGE_CATEGORY, "unknown_category"),
        (Action.UNDO, "nothing_to_undo"),
    ],
)
def test_what_a_candidate_does_not_allow(act, history, action, code):
    with pytest.raises(MoveNotAllowed) as caught:
        act(action)
    assert caught.value.code == code
    assert caught.value.mend
    assert [event.kind for event in history()] == ["found"]


@pytest.mark.parametrize(
    ("more", "code"),
    [
        ({"duplicate_of": ONE}, "own_duplicate"),
        ({"duplicate_of": "TC-2026-000099"}, "not_found"),
    ],
)
def test_a_duplicate_needs_another_issue(act, more, code):
    with pytest.raises(IssueError) as caught:
        act(Action.DUPLICATE, **more)
    assert caught.value.code == code


@pytest.mark.parametrize("category", ["litter.pile", "litter.nothing", None])
def test_a_category_must_be_another_one_that_there_is(act, category):
    with pytest.raises(MoveNotAllowed):
        act(Action.CHANGE_CATEGORY, category=category)


def test_an_issue_that_is_not_there(act):
    with pytest.raises(NotFound, match="TC-2026-000077"):
        act(Action.CONFIRM, "TC-2026-000077")


def test_numbers_are_found_in_lower_case_too(act):
    assert act(Action.CONFIRM, ONE.lower()).number == ONE


def test_two_people_at_once(act, store, catalogue):
    with store.reading() as session:
        seen = get_row(session, catalogue, ONE).version
    act(Action.CONFIRM, expected_version=seen)
    with pytest.raises(VersionConflict, match="it is confirmed now"):
        act(Action.REJECT, expected_version=seen, reason=RejectReason.PERMITTED)
    act(Action.REJECT, expected_version=seen + 1, reason=RejectReason.PERMITTED)


def test_one_more_photo_of_the_same_disturbs_no_reviewer(act, intake, camera):
    intake.record(camera.shoot("litter.pile", hours=1))
    act(Action.CONFIRM, expected_version=1)


def test_news_from_photos_does(act, intake, camera):
    intake.record(camera.shoot(days=7))
    with pytest.raises(VersionConflict):
        act(Action.CONFIRM, expected_version=1)


def test_a_move_sent_twice_is_made_once(act, history):
    first = act(Action.CONFIRM, idempotency_key="k1")
    again = act(Action.CONFIRM, idempotency_key="k1", expected_version=1)
    assert again == first
    assert [event.kind for event in history()] == ["found", "confirm"]


def test_one_key_serves_for_several_issues(act, intake, camera):
    intake.record(camera.shoot("bin.overflow"))
    act(Action.CONFIRM, ONE, idempotency_key="k")
    assert act(Action.CONFIRM, TWO, idempotency_key="k").status is Status.CONFIRMED


def test_undo_brings_back_what_was(act, history):
    before = act(Action.CONFIRM)
    act(Action.REJECT, reason=RejectReason.POOR_PHOTO)
    back = act(Action.UNDO)
    assert (back.status, back.reject_reason) == (Status.CONFIRMED, None)
    assert (back.deadline, back.confirmed_at) == (before.deadline, before.confirmed_at)
    event = history()[-1]
    assert (event.from_status, event.to_status) == (Status.REJECTED, Status.CONFIRMED)
    assert event.data["action"] == "reject"
    assert act(Action.UNDO).status is Status.CANDIDATE
    with pytest.raises(MoveNotAllowed):
        act(Action.UNDO)


def test_undo_of_a_category_and_of_a_duplicate(act, intake, camera, store, catalogue):
    act(Action.CHANGE_CATEGORY, category="clutter.goods")
    assert act(Action.UNDO).category == "litter.pile"
    intake.record(camera.shoot("litter.pile", at=moved(STREET, 60)))
    act(Action.DUPLICATE, TWO, duplicate_of=ONE)
    with store.reading() as session:
        assert get_row(session, catalogue, ONE).observations == 2
        assert get_issue(session, catalogue, ONE).duplicates == (TWO,)
    assert act(Action.UNDO, TWO).duplicate_of is None
    with store.reading() as session:
        assert get_row(session, catalogue, ONE).observations == 1


def test_duplicates_of_duplicates_belong_to_the_last(act, intake, camera, store, catalogue):
    for metres in (60, 120):
        intake.record(camera.shoot("litter.pile", at=moved(STREET, metres)))
    assert act(Action.DUPLICATE, TWO, duplicate_of=ONE).duplicate_of == ONE
    assert act(Action.DUPLICATE, ONE, duplicate_of=THREE).duplicate_of == THREE
    with store.reading() as session:
        detail = get_issue(session, catalogue, THREE)
        assert get_row(session, catalogue, TWO).duplicate_of == THREE
    assert detail.duplicates == (ONE, TWO)
    assert (detail.row.observations, len(detail.observations)) == (3, 3)
    with pytest.raises(MoveNotAllowed, match="duplicate of itself"):
        act(Action.DUPLICATE, THREE, duplicate_of=TWO)
    assert act(Action.REOPEN, TWO).status is Status.CANDIDATE
    with store.reading() as session:
        assert get_row(session, catalogue, THREE).observations == 2


def test_marking_a_duplicate_of_a_duplicate_goes_to_the_root(act, intake, camera):
    for metres in (60, 120):
        intake.record(camera.shoot("litter.pile", at=moved(STREET, metres)))
    act(Action.DUPLICATE, TWO, duplicate_of=ONE)
    assert act(Action.DUPLICATE, THREE, duplicate_of=TWO).duplicate_of == ONE


def test_who_says_not_fixed_ends_the_proposal(act, intake, camera):
    intake.record(camera.shoot(days=7))
    row = act(Action.NOT_FIXED, now=MONDAY + timedelta(days=8))
    assert (row.status, row.proposal, row.after) == (Status.CANDIDATE, None, None)
    done = intake.record(camera.shoot(days=14))
    assert done.proposed_fixed == (ONE,)


def test_an_issue_reopened_by_hand_counts_as_no_return(act):
    act(Action.CONFIRM)
    act(Action.CLOSE)
    row = act(Action.REOPEN)
    assert (row.status, row.recurrences, row.closed_at) == (Status.REOPENED, 0, None)


def test_the_detail_tells_what_may_be_done(act, store, catalogue):
    def actions():
        with store.reading() as session:
            return set(get_issue(session, catalogue, ONE).actions)

    assert actions() == {
        Action.CONFIRM,
        Action.REJECT,
        Action.DUPLICATE,
        Action.CHANGE_CATEGORY,
    }
    act(Action.CONFIRM)
    assert Action.CLOSE in actions()
    assert Action.UNDO in actions()


def test_allowed_actions_follow_the_table():
    for status in Status:
        table = {action for at, action in MOVES if at is status}
        for supervised in (False, True):
            actions = allowed_actions(status, Proposal.FIXED, undoable=False, supervised=supervised)
            other = Action.SUPERVISE if supervised else Action.UNSUPERVISE
            assert set(actions) == table - {other}
