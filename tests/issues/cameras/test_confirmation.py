from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from issues.cameras.confirmation import Glimpse, Gone, Memory, Outlook, Rule, Seen, step

START = datetime(2026, 11, 2, 8, tzinfo=UTC)
BOX = (0.4, 0.6, 0.5, 0.7)
RULE = Rule(looks=2, of=3, minutes=30, clear_looks=6, clear_min=10, repeat_h=6)


def saw(at, score=0.8, usable=True):
    return Glimpse(at, usable, BOX, score, f"frame-{at.isoformat()}")


def clear(at, outlook=Outlook.CLEAR, usable=True):
    return Glimpse(at, usable, None, 0.0, f"frame-{at.isoformat()}", outlook)


def run(glimpses, rule=RULE, memory=None):
    memory, said = memory or Memory(), []
    for glimpse in glimpses:
        memory, told = step(memory, glimpse, rule)
        said += told
    return memory, said


def every(seconds, count, make, start=START, **values):
    return [make(start + timedelta(seconds=seconds * i), **values) for i in range(count)]


def test_what_stays_is_said_once_and_again_after_hours():
    _, said = run(every(5, 2 * 60 * 12, saw))
    assert [type(s) for s in said] == [Seen]
    assert said[0].first
    assert said[0].since == START
    assert timedelta(minutes=10) <= said[0].at - START < timedelta(minutes=11)
    _, more = run(every(60, 13 * 60, saw))
    assert [s.first for s in more] == [True, False, False]


def test_a_flash_and_a_passer_by_say_nothing():
    looks = [*every(5, 60, clear), saw(START + timedelta(minutes=5))]
    looks += every(5, 600, clear, start=START + timedelta(minutes=5, seconds=5))
    memory, said = run(looks)
    assert said == []
    assert memory.since is None


def test_looks_minutes_apart_are_n_of_m():
    _, said = run(every(600, 3, saw))
    assert [s.at for s in said] == [START + timedelta(minutes=10)]
    one_missed = [
        saw(START),
        clear(START + timedelta(minutes=10)),
        saw(START + timedelta(minutes=20)),
    ]
    assert len(run(one_missed)[1]) == 1


def test_the_dwell_of_a_category_is_waited_for():
    rule = replace(RULE, dwell_min=25)
    _, said = run(every(60, 40, saw), rule)
    assert said[0].at == START + timedelta(minutes=25)


def present():
    memory, said = run(every(60, 15, saw))
    assert len(said) == 1
    return memory, START + timedelta(minutes=15)


def test_gone_takes_looks_in_a_row_over_a_while():
    memory, at = present()
    memory, said = run(every(5, 100, clear, start=at), memory=memory)
    assert said == []
    later, said = run(every(5, 40, clear, start=at + timedelta(seconds=500)), memory=memory)
    assert [type(s) for s in said] == [Gone]
    assert said[0].since == at
    assert said[0].looks >= RULE.clear_looks
    assert not later.present


def test_one_sighting_begins_the_clearing_anew():
    memory, at = present()
    looks = every(30, 19, clear, start=at)
    looks += [saw(at + timedelta(seconds=575))]
    looks += every(30, 19, clear, start=at + timedelta(seconds=580))
    _, said = run(looks, memory=memory)
    assert said == []


@pytest.mark.parametrize(
    "blind",
    [
        {"usable": False},
        {"outlook": Outlook.COVERED},
        {"outlook": Outlook.UNTOLD},
        {"outlook": Outlook.AS_FOUND},
    ],
)
def test_neither_an_outage_nor_a_lorry_clears_or_doubles_it(blind):
    memory, at = present()
    memory, said = run(every(5, 3000, clear, start=at, **blind), memory=memory)
    assert said == []
    assert memory.present
    again = every(60, 30, saw, start=at + timedelta(hours=5))
    assert run(again, memory=memory)[1] == []


def test_a_look_at_which_it_was_only_overlooked_begins_the_clearing_anew():
    memory, at = present()
    looks = every(30, 19, clear, start=at)
    looks += [clear(at + timedelta(seconds=575), Outlook.AS_FOUND)]
    looks += every(30, 19, clear, start=at + timedelta(seconds=580))
    assert run(looks, memory=memory)[1] == []


def test_what_was_never_confirmed_is_not_kept_by_looking_as_it_did():
    looks = [saw(START), *every(60, 90, clear, start=START + timedelta(minutes=1))]
    memory, said = run([replace(one, outlook=Outlook.AS_FOUND) for one in looks])
    assert said == []
    assert memory.since is None


def test_it_can_come_back_after_it_was_gone():
    memory, at = present()
    memory, said = run(every(60, 20, clear, start=at), memory=memory)
    assert isinstance(said[0], Gone)
    _, said = run(every(60, 20, saw, start=at + timedelta(hours=1)), memory=memory)
    assert [s.first for s in said] == [True]


def test_a_finding_in_a_dark_picture_counts_its_absence_does_not():
    _, said = run(every(60, 15, saw, usable=False))
    assert len(said) == 1


glimpses = st.lists(
    st.tuples(
        st.integers(1, 1200), st.booleans(), st.booleans(), st.sampled_from([None, *Outlook])
    ),
    max_size=120,
)


@given(glimpses)
def test_statements_alternate_and_older_looks_change_nothing(steps):
    memory, at, present_now = Memory(), START, False
    for seconds, hit, usable, outlook in steps:
        at += timedelta(seconds=seconds)
        glimpse = saw(at, usable=usable) if hit else clear(at, outlook, usable)
        before = memory
        memory, said = step(memory, glimpse, RULE)
        assert len(said) <= 1
        for one in said:
            if isinstance(one, Gone):
                assert present_now
                assert not hit
                assert usable
                assert outlook in (None, Outlook.CLEAR)
                present_now = False
            else:
                assert hit
                assert one.first is not present_now
                assert one.since <= one.at == at
                present_now = True
        assert memory.present is present_now
        assert step(memory, replace(glimpse, at=at - timedelta(days=1)), RULE) == (
            (memory, ()) if memory.last_look else step(before, glimpse, RULE)
        )
        if not hit and not usable:
            assert memory == before


@pytest.mark.parametrize(
    "wrong",
    [{"looks": 4}, {"minutes": 0}, {"clear_looks": 0}, {"dwell_min": -1}, {"repeat_h": 0}],
)
def test_rules_that_can_never_be_are_refused(wrong):
    with pytest.raises(ValueError, match=r"never|negative|clearing"):
        replace(RULE, **wrong)
