import pytest
from hypothesis import given
from hypothesis import strategies as st

from detect.stream.schedule import LookSchedule


def test_looks_keep_their_phase_and_what_fell_out_is_counted():
    schedule = LookSchedule()
    schedule.add("a", 5, now_s=100)
    assert schedule.take(99.9) is None
    assert schedule.take(100).due_s == 100
    late = schedule.take(117)
    assert (late.due_s, late.late_s, late.skipped, late.on_time) == (105, 12, 2, False)
    assert schedule.next_s() == 120


def test_a_pull_comes_once_and_the_plan_stays():
    schedule = LookSchedule()
    schedule.add("a", 10, now_s=0)
    assert schedule.take(0)
    schedule.pull("a", 4)
    schedule.pull("a", 8)
    assert schedule.take(4).due_s == 4
    assert schedule.next_s() == 14


def test_removed_cameras_are_looked_at_no_more():
    schedule = LookSchedule()
    schedule.add("a", 1, now_s=0)
    schedule.add("b", 1, now_s=0)
    schedule.remove("a")
    schedule.remove("nobody")
    assert list(schedule) == ["b"]
    assert {schedule.take(float(t)).camera for t in range(1, 9)} == {"b"}


def test_an_interval_of_nothing_is_refused():
    with pytest.raises(ValueError, match="above 0"):
        LookSchedule().add("a", 0, now_s=0)


@given(
    st.dictionaries(st.text(min_size=1, max_size=3), st.floats(1, 20), min_size=1, max_size=12),
    st.floats(0.05, 3),
)
def test_it_is_fair_however_slow_the_looks_are(intervals, look_s):
    """With one worker that needs ``look_s`` a look, nobody waits for much longer than others."""
    schedule, now = LookSchedule(), 0.0
    for camera, every in intervals.items():
        schedule.add(camera, every, now)
    last = dict.fromkeys(intervals, 0.0)
    longest = 0.0
    for _ in range(400):
        due = schedule.take(now)
        if due is None:
            now = max(now, schedule.next_s())
            continue
        longest = max(longest, now - last[due.camera])
        last[due.camera] = now
        now += look_s
    round_s = look_s * len(intervals)
    assert longest <= 2 * (max(intervals.values()) + round_s) + look_s
