"""From what cameras say to issues, on SQLite and PostgreSQL."""

from __future__ import annotations

from datetime import timedelta

import cv2
import numpy as np
import pytest

from issues.cameras.camera import make_camera
from issues.cameras.confirmation import Gone, Memory, Seen
from issues.cameras.intake import CameraFrame, CameraIntake, Said
from issues.cameras.registry import put_camera
from issues.issue import Action, Proposal, RejectReason, Status
from issues.moves import move
from issues.queries import get_issue, get_row
from tests.issues.photos import MONDAY, StreetModel

PILE = "litter.pile"
HERE = {"lat": 30.2741, "lon": 120.1551, "datum": "wgs84"}
LEFT, RIGHT = (0.1, 0.5, 0.2, 0.6), (0.7, 0.5, 0.8, 0.6)


def picture(seed: int) -> bytes:
    image = np.random.default_rng(seed).integers(0, 255, (36, 64, 3), np.uint8)
    return cv2.imencode(".jpg", image)[1].tobytes()


def saying(statement, *, camera="north", zone="kerb", category=PILE, at=HERE):
    row = {"id": camera, "url": "rtsp://10.0.0.7/1", "at": at}
    seed = int(statement.at.timestamp()) + hash((camera, zone)) % 1000
    frame = CameraFrame(picture(seed % 2**31), 64, 36, statement.at)
    return Said(make_camera(row), zone, category, statement, frame, Memory())


def seen(minutes, box=LEFT, first=True):
    at = MONDAY + timedelta(minutes=minutes)
    return Seen(at, at - timedelta(minutes=10), "f", box, 0.8, first)


def gone(minutes):
    at = MONDAY + timedelta(minutes=minutes)
    return Gone(at, at - timedelta(minutes=10), "f", 12)


@pytest.fixture
def cameras(store, catalogue, clock):
    with store.transaction() as session:
        for name in ("north", "south"):
            row = {"id": name, "url": "rtsp://10.0.0.7/1", "at": HERE}
            put_camera(session, make_camera(row), actor="ann", now=MONDAY)
    return CameraIntake(store, catalogue, StreetModel(), clock=clock)


def row_of(store, catalogue, number):
    with store.reading() as session:
        return get_row(session, catalogue, number)


def test_seen_again_and_again_is_one_issue_and_gone_proposes_it_fixed(cameras, store, catalogue):
    (number,) = cameras.record(saying(seen(0))).new_issues
    assert cameras.record(saying(seen(400, first=False))).seen_again == (number,)
    assert cameras.record(saying(gone(420))).proposed_fixed == (number,)
    row = row_of(store, catalogue, number)
    assert (row.status, row.proposal) == (Status.CANDIDATE, Proposal.FIXED)
    assert (row.observations, row.photos) == (2, 2)
    assert row.lat == pytest.approx(30.2741)
    assert row.best.stored
    assert row.after.stored
    assert cameras.record(saying(seen(500))).reopened == (number,)
    assert row_of(store, catalogue, number).recurrences == 1


def test_the_same_statement_twice_changes_nothing(cameras, store, catalogue):
    (number,) = cameras.record(saying(seen(0))).new_issues
    again = cameras.record(saying(seen(0)))
    assert again.new_issues == again.seen_again == ()
    assert row_of(store, catalogue, number).observations == 1


def test_zones_and_cameras_and_categories_are_apart(cameras):
    told = [
        cameras.record(saying(seen(0))),
        cameras.record(saying(seen(1), zone="gate")),
        cameras.record(saying(seen(2), category="bin.overflow")),
        cameras.record(saying(seen(3), camera="south", at=HERE | {"lat": 30.28})),
    ]
    assert len({number for one in told for number in one.new_issues}) == 4


def test_gone_in_one_zone_says_nothing_of_the_other_nor_of_a_patrols_issue(
    cameras, intake, camera, store, catalogue
):
    (left,) = cameras.record(saying(seen(0))).new_issues
    (right,) = cameras.record(saying(seen(1), zone="gate")).new_issues
    cameras.record(saying(gone(60)))
    assert row_of(store, catalogue, left).proposal is Proposal.FIXED
    assert row_of(store, catalogue, right).proposal is None


def test_a_closed_issue_comes_back_where_it_stood_and_elsewhere_another_begins(
    cameras, store, catalogue, clock
):
    (number,) = cameras.record(saying(seen(0))).new_issues
    clock.moment = MONDAY + timedelta(minutes=30)
    with store.transaction() as session:
        for action in (Action.CONFIRM, Action.CLOSE):
            move(session, number, action, "ann", catalogue=catalogue, now=clock.moment)
    assert cameras.record(saying(seen(60))).reopened == (number,)
    with store.transaction() as session:
        later = MONDAY + timedelta(minutes=90)
        move(session, number, Action.CLOSE, "ann", catalogue=catalogue, now=later)
    (other,) = cameras.record(saying(seen(120, RIGHT))).new_issues
    assert other != number


def test_a_rejected_finding_stays_quiet_at_its_spot(cameras, store, catalogue):
    (number,) = cameras.record(saying(seen(0))).new_issues
    with store.transaction() as session:
        move(
            session,
            number,
            Action.REJECT,
            "ann",
            catalogue=catalogue,
            now=MONDAY + timedelta(minutes=5),
            reason=RejectReason.PERMITTED,
        )
    told = cameras.record(saying(seen(30)))
    assert told.swallowed == (number,)
    assert told.new_issues == ()
    assert cameras.record(saying(seen(40, RIGHT))).new_issues


def test_gone_before_it_was_seen_is_nothing(cameras):
    told = cameras.record(saying(gone(0)))
    assert told == type(told)(0)


def test_a_camera_without_place_still_makes_issues(cameras, store, catalogue):
    (number,) = cameras.record(saying(seen(0), at=None)).new_issues
    cameras.record(saying(gone(60), at=None))
    row = row_of(store, catalogue, number)
    assert row.lat is None
    assert row.proposal is Proposal.FIXED


def test_history_says_which_camera(cameras, store, catalogue):
    (number,) = cameras.record(saying(seen(0))).new_issues
    with store.reading() as session:
        detail = get_issue(session, catalogue, number)
    assert detail.events[0].data["camera"] == "north"
    assert detail.observations[0].source == "camera:north"
