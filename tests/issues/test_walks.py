"""Random walks over the table of moves, with photos arriving in between."""

from __future__ import annotations

import shutil
from collections import deque
from datetime import timedelta

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from issues.errors import MoveNotAllowed
from issues.intake import Intake
from issues.issue import OPEN, Action, Proposal, Status
from issues.lifecycle import MOVES, REASONS
from issues.moves import move
from issues.queries import get_issue, list_issues
from issues.standing import settle
from issues.store import open_store
from issues.store.ledger import lock_issues
from tests.issues.photos import MONDAY, STREET, Camera, StreetModel, moved

ONE, TWO = "TC-2026-000001", "TC-2026-000002"
PLACES = (STREET, moved(STREET, 200))
GUARDS = {"own_duplicate", "same_unit", "extension_limit"}
"""What a move can be refused for although the table allows it."""

OF_PEOPLE = ("status", "unit_zh", "deadline", "reworks", "paper_fixes", "extensions", "supervisor")
OF_PEOPLE += ("on_hold_until", "held_from", "assigned_at", "reported_at", "closed_at")
OF_PEOPLE += ("reject_reason", "duplicate_of", "category", "recurrences", "proposal", "verdict")

steps = st.lists(
    st.tuples(
        st.sampled_from(["saw", "clear", *Action]),
        st.integers(0, 1),
        st.integers(1, 96),
    ),
    max_size=14,
)


def standing(row):
    return {name: getattr(row, name) for name in OF_PEOPLE}


def fields_for(action, row, which, now):
    """What an action takes, so that only the table can refuse it."""
    return {
        "reason": next(iter(REASONS[action])) if action in REASONS else None,
        "duplicate_of": (TWO, ONE)[which],
        "category": {"litter.pile": "clutter.goods"}.get(row.category, "litter.pile"),
        "unit": {"一队": "二队"}.get(row.unit_zh or "", "一队"),
        "until": now + timedelta(hours=50),
        "supervisor": "王主任",
    }


def step(store, catalogue, intake, camera, what, which, now):
    """Takes a photo or tries a move; whether it was made."""
    if not isinstance(what, Action):
        found = ["litter.pile"] if what == "saw" else []
        intake.record(camera.shoot(*found, at=PLACES[which], moment=now))
        return True
    number = (ONE, TWO)[which]
    with store.reading() as session:
        before = get_issue(session, catalogue, number, now=now)
    refused = None
    try:
        with store.transaction() as session:
            move(
                session,
                number,
                what,
                "li",
                catalogue=catalogue,
                now=now,
                expected_version=before.row.version,
                **fields_for(what, before.row, which, now),
            )
    except MoveNotAllowed as error:
        refused = error.code
    if refused not in GUARDS:
        assert (refused is None) == (what in before.actions), (what, refused)
    if refused is None and what is not Action.UNDO:
        undone_is_as_before(store, catalogue, number, before.row, now)
    return refused is None


def undone_is_as_before(store, catalogue, number, before, now):
    """Undoes a move in a transaction that is then thrown away."""

    class ThrownAwayError(Exception):
        pass

    try:
        with store.transaction() as session:
            row = move(session, number, Action.UNDO, "li", catalogue=catalogue, now=now)
            assert standing(row) == standing(before)
            raise ThrownAwayError
    except ThrownAwayError:
        pass


def check(row, events):
    assert (row.reject_reason is not None) == (row.status is Status.REJECTED)
    assert (row.duplicate_of is not None) == (row.status is Status.DUPLICATE)
    assert (row.closed_at is not None) == (row.status is Status.CLOSED)
    assert (row.on_hold_until is not None) == (row.status is Status.ON_HOLD)
    assert (row.held_from is not None) == (row.status is Status.ON_HOLD)
    assert (row.supervised_at is None) == (row.supervisor is None)
    assert row.first_seen <= row.last_seen
    assert row.paper_fixes <= row.reworks
    if row.status in {Status.ASSIGNED, Status.REPORTED_FIXED, Status.REWORK, Status.SENT_BACK}:
        assert row.unit_zh
        assert row.unit_en
        assert row.deadline
        assert row.assigned_at
    if row.status is Status.REPORTED_FIXED:
        assert row.reported_at
    if row.status is Status.REWORK:
        assert row.reworks
        assert row.reported_at is None
    if row.proposal is Proposal.FIXED:
        assert row.status in OPEN
        assert row.after is not None
    assert events[-1].to_status in {None, row.status} or events[-1].kind != "undo"


@settings(
    max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(walk=steps)
def test_walks_keep_to_the_table_and_lose_no_history(
    sqlite_template, tmp_path_factory, catalogue, clock, walk
):
    folder = tmp_path_factory.mktemp("walk") / "data"
    shutil.copytree(sqlite_template, folder)
    store = open_store(None, folder)
    camera, now = Camera(), MONDAY
    intake = Intake(store, catalogue, StreetModel(), clock=clock)
    for place in PLACES:
        intake.record(camera.shoot("litter.pile", at=place))
    history = {}
    for what, which, hours in walk:
        now += timedelta(hours=hours)
        clock.moment = now
        allowed = step(store, catalogue, intake, camera, what, which, now)
        with store.reading() as session:
            rows = list_issues(session, catalogue, sort="number", now=now).items
            events = {row.number: get_issue(session, catalogue, row.number).events for row in rows}
        for row in rows:
            told = events[row.number]
            assert told[: len(history.get(row.number, ()))] == history.get(row.number, ())
            check(row, told)
        if isinstance(what, Action) and not allowed:
            assert events == history or not history
        history = events
    replayed_is_the_same(store, catalogue, now)
    store.close()


def replayed_is_the_same(store, catalogue, now):
    """Folding everything anew gives the rows as they are."""
    with store.transaction() as session:
        before = {row.id: row for row in list_issues(session, catalogue, now=now).items}
        for record in lock_issues(session, before):
            settle(session, record, catalogue=catalogue, areas=None, now=now)
        session.flush()
        after = {row.id: row for row in list_issues(session, catalogue, now=now).items}
    assert {key: standing(row) for key, row in before.items()} == {
        key: standing(row) for key, row in after.items()
    }


def reached(start, allowed=lambda _action: True):
    """All statuses that moves lead to, and the photos' two."""
    todo, found = deque([start]), {start}
    back = {Status.CLOSED: Status.REOPENED, Status.REPORTED_FIXED: Status.REWORK}
    while todo:
        here = todo.popleft()
        steps_on = {to for (at, action), to in MOVES.items() if at is here and allowed(action)}
        if here is Status.ON_HOLD:
            steps_on.add(Status.CONFIRMED)
        if here in back:
            steps_on.add(back[here])
        for there in {one for one in steps_on if one} - found:
            found.add(there)
            todo.append(there)
    return found


def test_every_status_is_reached_and_none_is_a_dead_end():
    assert reached(Status.CANDIDATE) == set(Status)
    for status in Status:
        assert Status.CLOSED in reached(status), status
        assert Status.REJECTED in reached(status), status
