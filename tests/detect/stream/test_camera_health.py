import pytest
from hypothesis import given
from hypothesis import strategies as st

from detect.stream.health import (
    CameraState,
    Health,
    HealthRules,
    Picture,
    after_look,
    after_silence,
)

RULES = HealthRules()


def looks(health, *pictures, at=0.0, every=5.0):
    for i, picture in enumerate(pictures):
        health = after_look(health, picture, at + i * every, RULES)
    return health


def test_the_first_good_look_makes_it_live():
    assert looks(Health.new(0), Picture.GOOD).state is CameraState.LIVE


def test_one_bad_look_is_no_state_three_are():
    live = looks(Health.new(0), Picture.GOOD)
    assert looks(live, Picture.DARK, Picture.DARK).state is CameraState.LIVE
    dark = looks(live, *[Picture.DARK] * 3)
    assert dark.state is CameraState.DARK
    assert not dark.usable
    assert looks(dark, Picture.GOOD).state is CameraState.DARK
    assert looks(dark, Picture.GOOD, Picture.GOOD).state is CameraState.LIVE


def test_silence_makes_it_stale_then_offline_and_a_look_brings_it_back():
    live = looks(Health.new(0), Picture.GOOD)
    assert after_silence(live, 19, RULES) is live
    stale = after_silence(live, 20, RULES)
    assert stale.state is CameraState.STALE
    offline = after_silence(stale, 60, RULES)
    assert offline.state is CameraState.OFFLINE
    assert after_silence(offline, 9999, RULES) is offline
    assert looks(offline, Picture.GOOD, at=9999).state is CameraState.LIVE


def test_packets_without_key_frames_keep_it_going_for_a_while():
    live = looks(Health.new(0), Picture.GOOD)
    assert after_silence(live, 100, RULES, heard_s=99).state is CameraState.LIVE
    assert after_silence(live, 121, RULES, heard_s=120).state is CameraState.STALE
    assert after_silence(live, 241, RULES, heard_s=240).state is CameraState.OFFLINE


def test_a_camera_that_never_came_is_offline_without_having_been_stale():
    new = Health.new(0)
    assert after_silence(new, 30, RULES).state is CameraState.CONNECTING
    assert after_silence(new, 60, RULES).state is CameraState.OFFLINE


@given(st.lists(st.sampled_from(list(Picture)), max_size=40))
def test_only_good_looks_lead_to_live_and_since_is_when_it_began(pictures):
    health = Health.new(0)
    for i, picture in enumerate(pictures):
        before, health = health, after_look(health, picture, float(i), RULES)
        if health.state is not before.state:
            assert health.since_s == i
            assert health.usable == (picture is Picture.GOOD)
        else:
            assert health.since_s == before.since_s


@pytest.mark.parametrize(
    "wrong", [{"stale_after_s": 0}, {"offline_after_s": 5}, {"looks_to_enter": 0}]
)
def test_rules_that_can_not_be_are_refused(wrong):
    with pytest.raises(ValueError, match=r"stale|look"):
        HealthRules(**wrong)
