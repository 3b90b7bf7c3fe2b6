"""Two workers on one store: a delivery belongs to whoever claimed it, until the lease runs out."""

from __future__ import annotations

from datetime import timedelta

from issues.feed.deliveries import Arrived, list_deliveries, record_arrived
from issues.issue import Action
from issues.store.feed_table import claim, due_ids
from tests.api.feed.kinds import both, on_postgres

LEASE = timedelta(seconds=30)


def prepared(office) -> tuple[int, list[int]]:
    """A target, and the ids of deliveries to it that are due now."""
    target = office.add("record", "record:")[0].id
    for number in (office.patrol.new, office.patrol.stays, office.patrol.unplaced):
        office.move(number, Action.CONFIRM)
    from issues.feed.posting import fan_out

    with office.store.transaction() as session:
        fan_out(session, office.catalogue, office.feed.describer.describe, office.time())
        ids = due_ids(session, target, office.time(), 10)
    assert len(ids) == 3
    return target, ids


@both
def test_what_one_has_in_hand_no_other_gets(office) -> None:
    target, ids = prepared(office)
    now = office.time()
    with office.store.transaction() as session:
        assert len(claim(session, ids[:2], "one", now, LEASE)) == 2
    with office.store.transaction() as session:
        assert due_ids(session, target, now, 10) == ids[2:]
    office.time.pass_(seconds=31)
    with office.store.transaction() as session:
        assert sorted(due_ids(session, target, office.time(), 10)) == ids


@both
def test_a_late_result_of_who_lost_the_lease_counts_for_nothing(office) -> None:
    target, ids = prepared(office)
    with office.store.transaction() as session:
        claim(session, ids, "one", office.time(), LEASE)
    office.time.pass_(seconds=31)
    with office.store.transaction() as session:
        claim(session, ids[:1], "two", office.time(), LEASE)
    with office.store.transaction() as session:
        done = [
            Arrived((ids[0],), office.time(), 200, None),
            Arrived((ids[1],), office.time(), 201, "A7"),
        ]
        record_arrived(session, target, done, "one")
    with office.store.reading() as session:
        rows = {row.id: row for row in list_deliveries(session, office.time()).items}
    assert rows[ids[0]].state == "waiting"
    assert rows[ids[0]].in_hand
    assert (rows[ids[1]].state, rows[ids[1]].response_status, rows[ids[1]].reference) == (
        "delivered",
        201,
        "A7",
    )
    assert rows[ids[1]].delivered_at == office.time()


@on_postgres
def test_rows_that_another_has_locked_are_passed_by(office) -> None:
    """Two claim at once there; SQLite has one writer anyway."""
    target, ids = prepared(office)
    now = office.time()
    with office.store.transaction() as first:
        mine = due_ids(first, target, now, 2)
        with office.store.transaction() as second:
            assert due_ids(second, target, now, 10) == [key for key in ids if key not in mine]
