"""The fold over looks and decisions: any order of arrival, any course, undone and replayed."""

from __future__ import annotations

import random
from dataclasses import replace
from datetime import timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from issues.issue import Action, ReworkReason, Status, Verdict
from issues.lifecycle import MOVES
from issues.timeline import Decision, Look, LookRules, fold
from tests.issues.photos import MONDAY

RULES = LookRules(timedelta(minutes=120), timedelta(hours=3), 75.0)
HOUR = timedelta(hours=1)

looks = st.lists(
    st.builds(
        lambda hour, saw, n: Look(MONDAY + hour * HOUR, f"{hour:04}-{n}", saw, not saw, None, n),
        st.integers(1, 400),
        st.booleans(),
        st.integers(1, 9),
    ),
    max_size=10,
    unique_by=lambda look: look.sha256,
).map(lambda more: [Look(MONDAY, "first", True, False), *more])

asked = st.lists(st.tuples(st.sampled_from([*Action, None]), st.integers(0, 60)), max_size=10)


def made(seen, wishes):
    """Decisions as moves would write them: each allowed where the issue stands then."""
    found, at = [], MONDAY + HOUR
    for action, hours in wishes:
        at += hours * HOUR
        known = [look for look in seen if look.at <= at]
        now = fold(known, found, RULES, at)
        last_look = max(look.at for look in known)
        line = Decision(len(found) + 1, action, at, last_look)
        if action is None:
            found.append(replace(line, verdict=Verdict.CANT_TELL))
        elif action is Action.UNDO:
            found.append(line)
        elif (now.status, action) in MOVES:
            to_status = MOVES[now.status, action] or now.held_from
            on_sight = action in (Action.REPORT_FIXED, Action.CLOSE)
            found.append(
                replace(
                    line,
                    to_status=to_status if to_status is not now.status else None,
                    as_of=max(at, last_look) if on_sight else last_look,
                    reason=ReworkReason.NOT_DONE if action is Action.REWORK else None,
                    unit_zh="一队",
                    unit_en="One",
                    until=at + 30 * HOUR,
                    deadline=at + 24 * HOUR,
                    supervisor="王",
                )
            )
    return found


@settings(max_examples=60, deadline=None)
@given(seen=looks, wishes=asked, seed=st.randoms(use_true_random=False))
def test_the_order_of_photos_is_nothing(seen, wishes, seed: random.Random):
    decisions = made(seen, wishes)
    mixed = list(seen)
    seed.shuffle(mixed)
    assert fold(mixed, decisions, RULES) == fold(seen, decisions, RULES)


@settings(max_examples=60, deadline=None)
@given(seen=looks, wishes=asked)
def test_undo_gives_exactly_what_stood_before(seen, wishes):
    decisions = made(seen, [wish for wish in wishes if wish[0] is not None])
    kept = []
    for decision in decisions:
        if decision.action is Action.UNDO:
            kept = kept[:-1]
        else:
            kept.append(decision)
    assert fold(seen, decisions, RULES) == fold(seen, kept, RULES)


@settings(max_examples=60, deadline=None)
@given(seen=looks, wishes=asked)
def test_what_always_holds(seen, wishes):
    decisions = made(seen, wishes)
    for count in range(len(decisions) + 1):
        found = fold(seen, decisions[:count], RULES)
        assert (found.status is Status.ON_HOLD) == (found.held_from is not None)
        assert (found.closed_at is not None) == (found.status is Status.CLOSED)
        assert (found.supervised_at is None) == (found.supervisor is None)
        assert 0 <= found.paper_fixes <= found.reworks
        assert found.present or found.proposal or found.status is Status.CLOSED
        if found.status is Status.REPORTED_FIXED:
            assert found.reported_at is not None
        if found.status is Status.REWORK:
            assert found.reworks
        far = fold(seen, decisions[:count], RULES, MONDAY + 9999 * HOUR)
        assert far.status is not Status.ON_HOLD
