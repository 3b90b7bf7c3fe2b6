from __future__ import annotations

import pytest

from detect.scene_rules import ClutterRule, Group, StallRule, Thing, covered, near, things_in
from detect.types import Detections

UMBRELLA = Thing("umbrella", 0.8, (100, 100, 200, 150))


def person(x=140, y=150, score=0.9):
    return Thing("person", score, (x, y, x + 20, y + 80))


def wares(x, y=240, score=0.6):
    return Thing("wares", score, (x, y, x + 20, y + 20))


def best(groups, name="stall"):
    return max((g for g in groups if g.name == name), key=lambda g: g.score, default=None)


def test_an_umbrella_alone_counts_for_little():
    group = best(StallRule().groups([UMBRELLA]))
    assert group.score == pytest.approx(0.8 * 0.4)
    assert group.box == UMBRELLA.box


def test_an_umbrella_with_somebody_under_it_is_a_stall():
    group = best(StallRule().groups([UMBRELLA, person()]))
    assert group.score == pytest.approx(0.8 * (0.4 + 0.6 * 0.9))
    assert group.box == (100, 100, 200, 230)


def test_who_stands_far_off_says_nothing():
    far = person(x=900)
    assert best(StallRule().groups([UMBRELLA, far])).score == pytest.approx(0.32)


def test_what_is_hardly_seen_does_not_widen_the_box():
    group = best(StallRule(joins=0.5).groups([UMBRELLA, person(score=0.3)]))
    assert group.box == UMBRELLA.box
    assert group.score > 0.32


def test_a_heap_of_wares_needs_a_seller():
    heap = [wares(100), wares(115), wares(130), wares(120, 250), wares(110, 245)]
    rule = StallRule()
    assert best(rule.groups(heap)).score == pytest.approx(0.2)
    assert best(rule.groups([*heap, person(y=200)])).score == pytest.approx(0.9)
    assert best(rule.groups([wares(130), person(y=200)])).score == pytest.approx(0.9 * 0.6 / 3)


def test_seats_together_are_tables():
    seats = [Thing("seats", 0.7, (x, 100, x + 40, 140)) for x in (100, 130, 170)]
    group = best(StallRule().groups(seats), "tables")
    assert group.score == pytest.approx(0.7)
    assert best(StallRule().groups(seats[:1]), "tables").score == 0


def test_other_things_make_no_group():
    assert StallRule().groups([person(), Thing("vehicle", 1.0, (0, 0, 90, 90))]) == []


def test_near_reaches_further_down_than_up():
    assert near(UMBRELLA, Thing("person", 1, (140, 300, 160, 360)))
    assert not near(UMBRELLA, Thing("person", 1, (140, 0, 160, 60)))


def test_clutter_in_use_counts_less():
    sofa = Thing("furniture", 0.8, (0, 0, 100, 100))
    rule = ClutterRule()
    assert rule.groups([sofa]) == [Group("furniture", 0.8, sofa.box)]
    sitting = Thing("person", 0.9, (20, 0, 60, 100))
    assert rule.groups([sofa, sitting])[0].score == pytest.approx(0.08)
    passing = Thing("person", 0.9, (90, 0, 130, 100))
    assert rule.groups([sofa, passing])[0].score == pytest.approx(0.8)


def test_clutter_counts_what_its_numbers_name():
    rule = ClutterRule(counts={"furniture": {"furniture": 1.0, "household": 0.5}})
    things = [Thing(n, 0.8, (0, 0, 9, 9)) for n in ("household", "goods", "seats")]
    assert rule.groups(things) == [Group("furniture", 0.4, (0, 0, 9, 9))]


def test_things_of_detections():
    found = Detections.of([[1, 2, 3, 4]], [0.5], [1], ("person", "umbrella"))
    assert things_in(found) == [Thing("umbrella", 0.5, (1, 2, 3, 4))]


def test_covered_shares():
    assert covered((0, 0, 10, 10), (5, 0, 20, 20)) == 0.5
    assert covered((0, 0, 10, 10), (20, 20, 30, 30)) == 0
    assert covered((0, 0, 0, 10), (0, 0, 5, 5)) == 0
