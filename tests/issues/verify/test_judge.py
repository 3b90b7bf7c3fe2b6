"""Verdicts on the sample patrol: real visits, copies, other places, bad light, bad clocks."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from itertools import product

import cv2
import numpy as np
import pytest

from detect.types import Engine, Location
from issues.issue import Verdict
from issues.verify.judge import verify
from issues.verify.photographs import Evidence, Picture, open_picture
from issues.verify.place import agrees, best_view
from issues.verify.rules import RULES
from issues.verify.verification import Reason, Scores, Verification
from tests.issues.verify.conftest import FIRST, NOW, SECOND, evidence, picture

FIXED = ("p05", "p06")


def changed(original: Picture, image: np.ndarray, **head: object) -> Picture:
    """Another file with these pixels and the original's time and place, unless said otherwise."""
    data = cv2.imencode(".jpg", image, [cv2.IMWRITE_JPEG_QUALITY, 85])[1].tobytes()
    made = open_picture(data, "made.jpg", now=NOW)
    old = original.photo
    kept = {"taken_at": old.taken_at, "time_origin": old.time_origin, "location": old.location}
    return Picture(replace(made.photo, **{**kept, "notes": (), **head}), made.image)


def with_movable(problem: Evidence, engine: Engine) -> Evidence:
    """The evidence as a store gives it: with the bins that were seen beside the problem."""
    before = problem.before[0]
    found = engine.detect([before.picture.image])[0]
    height, width = before.picture.image.shape[:2]
    boxes = tuple(tuple(row) for row in found.xyxy / [width, height, width, height])
    return replace(problem, before=(replace(before, movable=boxes),))


@pytest.mark.parametrize("name", FIXED)
def test_a_real_fix_is_verified(engine, name):
    found = verify(evidence(name), picture(name, SECOND), engine, now=NOW)
    assert found.verdict is Verdict.VERIFIED, found
    assert Reason.VIEW_AGREES in found.reasons
    assert Reason.NOTHING_FOUND in found.reasons
    assert len(found.region) == 4
    assert found.scores.same_place > 0.9


@pytest.mark.parametrize("name", ["p02", "p03", "p13"])
def test_what_is_still_there_is_not_fixed(engine, name):
    found = verify(evidence(name), picture(name, SECOND), engine, now=NOW)
    assert found.verdict is Verdict.NOT_FIXED, found
    assert {Reason.STILL_THERE, Reason.UNCHANGED} & set(found.reasons)


@pytest.mark.parametrize("name", ["p02", "p03"])
def test_what_looks_as_before_is_not_fixed_though_the_model_missed_it(blind, name):
    found = verify(evidence(name), picture(name, SECOND), blind, now=NOW)
    assert found.verdict is Verdict.NOT_FIXED, found
    assert Reason.UNCHANGED in found.reasons


def test_a_photo_of_another_place_is_the_wrong_place(engine):
    found = verify(evidence("p05"), picture("p09", SECOND), engine, now=NOW)
    assert found.verdict is Verdict.WRONG_PLACE
    assert Reason.PLACE_FAR in found.reasons
    assert found.scores.distance_m > 100


def test_a_position_alone_proves_nothing(engine):
    """Another street, photographed with the right position: nobody can tell."""
    problem = evidence("p05")
    other = picture("p09", SECOND)
    there = Picture(replace(other.photo, location=problem.place), other.image)
    found = verify(problem, there, engine, now=NOW)
    assert found.verdict is Verdict.CANT_TELL
    assert {Reason.VIEW_NOT_RECOGNISED, Reason.PLACE_NEAR} <= set(found.reasons)


@pytest.mark.slow
def test_no_wrong_place_is_ever_recognised(blind):
    """All pairs of the patrol's places, by their views alone: rendered blocks look alike."""
    names = [f"p{n:02}" for n in range(1, 15)]
    problems = {name: with_movable(evidence(name), blind) for name in names}
    afters = {name: picture(name, SECOND) for name in names}
    for one, other in product(names, names):
        if one != other:
            view = best_view(problems[one], afters[other], (), RULES)
            assert not agrees(view, None, RULES), (one, other, view)


@pytest.mark.parametrize(("one", "other"), [("p02", "p06"), ("p12", "p01"), ("p07", "p01")])
def test_the_likest_wrong_places_are_never_verified(blind, one, other):
    found = verify(with_movable(evidence(one), blind), picture(other, SECOND), blind, now=NOW)
    assert found.verdict in {Verdict.WRONG_PLACE, Verdict.CANT_TELL}, found


CHANGES = {
    "the same file": None,
    "compressed": lambda image: image,
    "mirrored": lambda image: image[:, ::-1],
    "part": lambda image: image[100:850, 200:1150],
    "dark": lambda image: (image * 0.55).astype(np.uint8),
}


@pytest.mark.parametrize("how", CHANGES)
def test_the_photo_from_before_sent_again_is_caught(blind, how):
    problem = evidence("p05")
    before = problem.before[0].picture
    change = CHANGES[how]
    later = {"taken_at": problem.last_seen + timedelta(days=3)}
    after = before if change is None else changed(before, change(before.image), **later)
    found = verify(problem, after, blind, now=NOW)
    assert found.verdict is Verdict.REUSED_PHOTO, found
    assert found.reused_sha256 == before.sha256
    expected = {"the same file": Reason.SAME_FILE, "mirrored": Reason.MIRRORED_COPY}
    expected["part"] = Reason.PART_OF_OLDER
    assert found.reasons == (expected.get(how, Reason.COPY),)


def test_an_older_clean_photo_of_another_visit_is_caught(blind):
    """The store held a clean photo of the place: it can't prove a later fix."""
    problem = evidence("p11", SECOND)
    clean = picture("p11", FIRST)
    sent = changed(clean, clean.image, taken_at=problem.last_seen + timedelta(hours=5))
    found = verify(problem, sent, blind, [clean], now=NOW)
    assert found.verdict is Verdict.REUSED_PHOTO
    assert found.reused_sha256 == clean.sha256


def test_a_photo_from_before_the_problem_proves_nothing(blind):
    problem = evidence("p11", SECOND)
    found = verify(problem, picture("p11", FIRST), blind, now=NOW)
    assert found.verdict is Verdict.REUSED_PHOTO
    assert Reason.TAKEN_BEFORE in found.reasons


@pytest.mark.parametrize(
    ("head", "reason"),
    [
        ({"time_origin": "file"}, Reason.TIME_UNKNOWN),
        ({"taken_at": NOW + timedelta(hours=2)}, Reason.TIME_IMPLAUSIBLE),
        ({"notes": ("future_time",)}, Reason.TIME_IMPLAUSIBLE),
    ],
)
def test_a_clock_that_can_t_be_right_leaves_it_open(blind, head, reason):
    after = picture("p05", SECOND)
    odd = Picture(replace(after.photo, **head), after.image)
    found = verify(evidence("p05"), odd, blind, now=NOW)
    assert found.verdict is Verdict.CANT_TELL
    assert reason in found.reasons


def test_a_clock_an_hour_late_is_not_called_fraud(blind):
    problem = evidence("p05")
    after = picture("p05", SECOND)
    near = Picture(
        replace(after.photo, taken_at=problem.last_seen - timedelta(minutes=20)), after.image
    )
    found = verify(problem, near, blind, now=NOW)
    assert found.verdict is Verdict.CANT_TELL
    assert Reason.TIME_IMPLAUSIBLE in found.reasons


def test_the_view_of_the_place_with_a_far_position_leaves_it_open(blind):
    after = picture("p05", SECOND)
    away = Picture(replace(after.photo, location=Location(31.3, 117.4, 5.0, "exif")), after.image)
    found = verify(evidence("p05"), away, blind, now=NOW)
    assert found.verdict is Verdict.CANT_TELL
    assert Reason.POSITION_CONTRADICTS_VIEW in found.reasons


@pytest.mark.parametrize(
    ("spoil", "reason"),
    [
        (lambda image: (image * 0.08).astype(np.uint8), Reason.DARK),
        (lambda image: cv2.GaussianBlur(image, (0, 0), 14), Reason.BLURRED),
    ],
)
def test_a_photo_that_shows_nothing_leaves_it_open(blind, spoil, reason):
    after = picture("p05", SECOND)
    found = verify(evidence("p05"), changed(after, spoil(after.image)), blind, now=NOW)
    assert found.verdict is Verdict.CANT_TELL
    assert reason in found.reasons


def test_the_spot_must_be_in_the_photo(blind):
    """The upper half of the street: the same place, but not the pavement."""
    after = picture("p06", SECOND)
    above = changed(after, after.image[: after.image.shape[0] // 2])
    found = verify(evidence("p06"), above, blind, now=NOW)
    assert found.verdict is Verdict.CANT_TELL
    assert {Reason.REGION_OUT_OF_VIEW, Reason.VIEW_NOT_RECOGNISED} & set(found.reasons)


def test_without_evidence_nobody_can_tell(blind):
    problem = replace(evidence("p05"), before=())
    found = verify(problem, picture("p05", SECOND), blind, now=NOW)
    assert found.verdict is Verdict.CANT_TELL
    assert Reason.NO_EVIDENCE in found.reasons


def test_a_kind_that_the_model_can_t_see_is_left_to_people(blind):
    problem = replace(evidence("p05"), category="pest.rodent.hole", categories=frozenset())
    found = verify(problem, picture("p05", SECOND), blind, now=NOW)
    assert found.verdict is Verdict.CANT_TELL
    assert Reason.MODEL_CANT_SEE in found.reasons


def test_a_verification_is_checked_on_construction():
    with pytest.raises(ValueError, match="no reason against it"):
        Verification(Verdict.VERIFIED, (Reason.STILL_THERE,), Scores(), "0" * 64)
    with pytest.raises(ValueError, match="at least one reason"):
        Verification(Verdict.CANT_TELL, (), Scores(), "0" * 64)


def test_evidence_is_what_it_says():
    assert isinstance(evidence("p05"), Evidence)
