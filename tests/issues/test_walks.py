"""Random walks over the table of moves, with photos arriving in between."""

from __future__ import annotations

import shutil
from datetime import timedelta

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from issues.errors import MoveNotAllowed
from issues.intake import Intake
from issues.issue import OPEN, Action, Proposal, RejectReason, Status
from issues.moves import move
from issues.queries import get_issue, list_issues
from issues.store import open_store
from tests.issues.photos import MONDAY, STREET, Camera, StreetModel, moved

ONE, TWO = "TC-2026-000001", "TC-2026-000002"

steps = st.lists(
    st.tuples(
        st.sampled_from(["saw", "clear", *Action]),
        st.integers(0, 1),
        st.integers(1, 96),
    ),
    max_size=12,
)


def step(store, catalogue, intake, camera, what, which, now):
    """Takes a photo or tries a move; whether the table allowed it."""
    if not isinstance(what, Action):
        found = ["litter.pile"] if what == "saw" else []
        intake.record(camera.shoot(*found, at=PLACES[which], moment=now))
        return True
    number = (ONE, TWO)[which]
    with store.reading() as session:
        before = get_issue(session, catalogue, number)
    other = {"litter.pile": "clutter.goods"}.get(before.row.category, "litter.pile")
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
                reason=RejectReason.PERMITTED,
                duplicate_of=(TWO, ONE)[which],
                category=other,
            )
    except MoveNotAllowed as error:
        refused = error.code
    if refused != "own_duplicate":
        assert (refused is None) == (what in before.actions)
    return refused is None


PLACES = (STREET, moved(STREET, 200))


@settings(
    max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
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
        allowed = step(store, catalogue, intake, camera, what, which, now)
        with store.reading() as session:
            rows = list_issues(session, catalogue, sort="number").items
            events = {row.number: get_issue(session, catalogue, row.number).events for row in rows}
        for row in rows:
            told = events[row.number]
            assert told[: len(history.get(row.number, ()))] == history.get(row.number, ())
            assert (row.reject_reason is not None) == (row.status is Status.REJECTED)
            assert (row.duplicate_of is not None) == (row.status is Status.DUPLICATE)
            assert (row.closed_at is not None) == (row.status is Status.CLOSED)
            assert row.first_seen <= row.last_seen
            if row.proposal is Proposal.FIXED:
                assert row.status in OPEN
                assert row.after is not None
        if isinstance(what, Action) and not allowed:
            assert events == history or not history
        history = events
    store.close()
