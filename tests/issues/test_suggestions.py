"""What a person is offered as the same problem."""

from __future__ import annotations

from datetime import timedelta

import pytest

from issues.errors import NotFound
from issues.issue import Action, RejectReason
from issues.moves import move
from issues.suggestions import kinship, suggestions
from tests.issues.photos import MONDAY, STREET, moved

LATER = MONDAY + timedelta(days=2)


@pytest.fixture
def offered(store, catalogue):
    """Makes the suggestions for one issue: (number, metres, kinship)."""

    def ask(number, now=LATER):
        with store.reading() as session:
            found = suggestions(session, catalogue, number, now)
        return [(s.row.number, round(s.away_m), s.kinship) for s in found]

    return ask


@pytest.fixture
def act(store, catalogue):
    def make(number, action, **more):
        with store.transaction() as session:
            asked = {"catalogue": catalogue, "now": MONDAY + timedelta(hours=1)}
            move(session, number, action, "li", **asked, **more)

    return make


def number(serial):
    return f"TC-2026-{serial:06d}"


def test_nearest_first_same_or_related_and_within_the_radius(intake, camera, offered):
    intake.record(camera.shoot("litter.pile"))
    intake.record(camera.shoot("litter.pile", at=moved(STREET, 50)))
    intake.record(camera.shoot("litter.scattered", at=moved(STREET, 20)))
    intake.record(camera.shoot("bin.overflow", at=moved(STREET, 10)))
    intake.record(camera.shoot("litter.pile", at=moved(STREET, -95)))
    intake.record(camera.shoot("litter.pile", at=None))
    assert offered(number(1)) == [(number(3), 20, "part"), (number(2), 50, "same")]
    assert offered(number(4)) == []
    assert offered(number(6)) == [], "without a place nothing is near"


def test_at_most_five(intake, camera, offered):
    intake.record(camera.shoot("litter.pile"))
    for step in range(7):
        at = moved(STREET, -70 + step, -70 + 20 * step)
        intake.record(camera.shoot("litter.scattered", at=at, accuracy_m=0))
    found = offered(number(1))
    assert len(found) <= 5
    assert found == sorted(found, key=lambda one: one[1])


def test_duplicates_stand_for_nothing_and_old_closed_ones_are_left_out(
    intake, camera, offered, act
):
    for step in range(4):
        intake.record(camera.shoot("litter.pile", at=moved(STREET, 0, 50 * step)))
    act(number(2), Action.DUPLICATE, duplicate_of=number(3))
    assert offered(number(2)) == []
    assert offered(number(1)) == [(number(3), 75, "same")]
    act(number(4), Action.CONFIRM)
    act(number(4), Action.CLOSE)
    assert {one[0] for one in offered(number(3))} == {number(1), number(4)}
    assert [one[0] for one in offered(number(3), MONDAY + timedelta(days=91))] == [number(1)]


def test_what_was_rejected_lately_is_offered(intake, camera, offered, act):
    intake.record(camera.shoot("litter.pile"))
    intake.record(camera.shoot("litter.pile", at=moved(STREET, 60)))
    act(number(2), Action.REJECT, reason=RejectReason.PERMITTED)
    assert [one[0] for one in offered(number(1))] == [number(2)]


def test_an_issue_that_is_not_there(offered):
    with pytest.raises(NotFound):
        offered("TC-1")


@pytest.mark.parametrize(
    ("one", "other", "related"),
    [
        ("litter.pile", "litter.pile", "same"),
        ("litter.pile", "litter.bagged", "part"),
        ("litter.bagged", "litter.scattered", "group"),
        ("litter.pile", "bin.overflow", None),
        ("litter.pile", "cow.standing", None),
    ],
)
def test_kinship_is_the_same_both_ways(catalogue, one, other, related):
    assert kinship(catalogue, one, other) == kinship(catalogue, other, one) == related
