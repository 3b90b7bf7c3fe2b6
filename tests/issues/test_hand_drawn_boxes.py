"""Boxes drawn by people: whose they become, what history says, what training gets, and undoing."""

from __future__ import annotations

from datetime import timedelta

import pytest

from issues.drawing import adjust, draw, take_back
from issues.errors import MoveNotAllowed, NotFound, VersionConflict
from issues.intake import Intake
from issues.issue import Action, RejectReason, Status
from issues.merging import Hand
from issues.moves import move
from issues.queries import count_photos, get_issue, get_photo, list_photos
from issues.reviews import judged_photos
from issues.store.drawn_table import PERSON
from tests.issues.photos import MONDAY, Camera, StreetModel

LATER = MONDAY + timedelta(days=9)
ONE = "TC-2026-000001"
BOX = (0.125, 0.25, 0.5, 0.75)
BETTER = (0.25, 0.25, 0.625, 0.75)


@pytest.fixture
def hand(catalogue):
    return Hand("li", LATER, catalogue, note="seen by eye")


@pytest.fixture
def photo(store, catalogue):
    """The sha256 of a photo with one heap; the issue is ONE."""
    result = Camera().shoot("litter.pile")
    Intake(store, catalogue, StreetModel()).record(result)
    return result.photo.sha256


def test_a_missed_problem_becomes_a_candidate(store, photo, hand):
    with store.transaction() as session:
        drawn = draw(session, photo, "bin.overflow", BOX, hand)
    assert drawn.new
    assert (drawn.observation.box, drawn.observation.model_id) == (BOX, PERSON)
    with store.reading() as session:
        detail = get_issue(session, hand.catalogue, drawn.issue.number)
        assert get_photo(session, photo).model_id == "street"
        assert len(list_photos(session).items) == count_photos(session).total == 1
    assert detail.row.status is Status.CANDIDATE
    assert detail.row.lat is not None
    assert [event.kind for event in detail.events] == ["found", "box_drawn"]
    assert {event.actor for event in detail.events} == {"li"}
    assert detail.events[1].data["box"] == list(BOX)


def test_one_more_of_the_same_joins_its_issue(store, photo, hand):
    with store.transaction() as session:
        drawn = draw(session, photo, "litter.pile", BOX, hand)
        assert (drawn.new, drawn.issue.number) == (False, ONE)
        assert drawn.issue.observations == 2
        assert drawn.issue.photos == 1


def test_a_rejected_issue_does_not_swallow_what_a_person_saw(store, photo, hand):
    with store.transaction() as session:
        rest = {"catalogue": hand.catalogue, "now": LATER}
        move(session, ONE, Action.REJECT, "li", reason=RejectReason.NOT_A_PROBLEM, **rest)
        drawn = draw(session, photo, "litter.pile", BOX, hand)
    assert drawn.new
    assert drawn.issue.number != ONE


def test_a_box_is_put_right_and_the_model_s_is_kept(store, photo, hand):
    with store.transaction() as session:
        before = get_issue(session, hand.catalogue, ONE)
        drawn = adjust(session, before.observations[0].id, BETTER, hand, before.row.version)
        after = get_issue(session, hand.catalogue, ONE)
    assert [row.box for row in after.observations] == [BETTER]
    assert after.row.best.box == BETTER
    assert after.row.version > before.row.version
    told = after.events[-1]
    assert told.kind == "box_adjusted"
    assert told.data["replaces"] == before.observations[0].id
    assert told.data["from"] == list(before.observations[0].box)
    with store.transaction() as session:
        take_back(session, drawn.observation.id, hand)
        again = get_issue(session, hand.catalogue, ONE)
    assert again.observations == before.observations
    assert [event.kind for event in again.events] == ["found", "box_adjusted", "box_taken_back"]


def test_a_candidate_that_rests_on_a_drawn_box_alone_goes_with_it(store, photo, hand):
    with store.transaction() as session:
        drawn = draw(session, photo, "bin.overflow", BOX, hand)
        row = take_back(session, drawn.observation.id, hand)
    assert row.status is Status.REJECTED


def test_a_drawn_box_alone_survives_its_look_being_read_again(store, photo, hand, catalogue):
    """The model's own look at that photo shows no overflow: the person's sighting counts."""
    with store.transaction() as session:
        drawn = draw(session, photo, "bin.overflow", BOX, hand)
        rest = {"catalogue": catalogue, "now": LATER}
        move(session, drawn.issue.id, Action.CONFIRM, "li", **rest)
    intake = Intake(store, catalogue, StreetModel())
    camera = Camera()
    camera.shoot("litter.pile")  # the photo that is known already
    intake.record(camera.shoot(days=30))
    with store.reading() as session:
        row = get_issue(session, catalogue, drawn.issue.number).row
    assert row.status is Status.CONFIRMED
    assert row.proposal is not None


def test_training_gets_what_people_drew(store, photo, hand):
    with store.transaction() as session:
        first = get_issue(session, hand.catalogue, ONE).observations[0]
        adjust(session, first.id, BETTER, hand)
        draw(session, photo, "litter.pile", BOX, hand)
        missed = draw(session, photo, "bin.overflow", BOX, hand)
        rest = {"catalogue": hand.catalogue, "now": LATER}
        for issue in (ONE, missed.issue.number):
            move(session, issue, Action.CONFIRM, "li", **rest)
    with store.reading() as session:
        (judged,) = judged_photos(session)
    found = {(one.category, one.box, one.present) for one in judged.boxes}
    assert found == {
        ("litter.pile", BETTER, True),
        ("litter.pile", BOX, True),
        ("bin.overflow", BOX, True),
    }


@pytest.mark.parametrize("box", [(0.5, 0.2, 0.4, 0.6), (0, 0, 1.2, 1), (0.1, 0.1, 0.101, 0.9)])
def test_boxes_that_can_not_be(store, photo, hand, box):
    with store.transaction() as session, pytest.raises(MoveNotAllowed) as caught:
        draw(session, photo, "litter.pile", box, hand)
    assert caught.value.code == "bad_box"


def test_what_is_refused(store, photo, hand):
    with store.transaction() as session:
        first = get_issue(session, hand.catalogue, ONE).observations[0].id
        with pytest.raises(NotFound):
            draw(session, "0" * 64, "litter.pile", BOX, hand)
        with pytest.raises(MoveNotAllowed, match="no category"):
            draw(session, photo, "no.such", BOX, hand)
        with pytest.raises(NotFound):
            adjust(session, 999, BOX, hand)
        with pytest.raises(VersionConflict):
            adjust(session, first, BOX, hand, 77)
        with pytest.raises(MoveNotAllowed, match="not drawn by a person"):
            take_back(session, first, hand)
        adjust(session, first, BOX, hand)
        with pytest.raises(MoveNotAllowed, match="filed under no issue"):
            adjust(session, first, BETTER, hand)
