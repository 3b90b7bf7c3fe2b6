"""Who watches which camera: never two, and nobody's for long; on SQLite and PostgreSQL."""

from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from issues.cameras.camera import make_camera
from issues.cameras.registry import (
    get_camera,
    import_cameras,
    list_cameras,
    put_camera,
    remove_camera,
)
from issues.errors import NotFound, VersionConflict
from issues.store.lease_table import LEASE, Worker, drain, fair_shares, leave, renew, workers
from tests.issues.photos import MONDAY

A, B = Worker("a", "host", 1), Worker("b", "host", 2)


def make(count):
    return [make_camera({"id": f"c{n}", "url": f"rtsp://10.0.0.{n}/1"}) for n in range(count)]


def at(store, worker, seconds):
    with store.transaction() as session:
        return renew(session, worker, MONDAY + timedelta(seconds=seconds))


@pytest.fixture
def six(store):
    with store.transaction() as session:
        import_cameras(session, make(6), actor="ann", now=MONDAY)
    return store


def test_one_worker_takes_all_a_second_gets_half(six):
    assert len(at(six, A, 0)) == 6
    assert at(six, B, 1) == frozenset()
    kept = at(six, A, 2)
    got = at(six, B, 3)
    assert len(kept) == len(got) == 3
    assert not kept & got


def test_a_killed_workers_cameras_move_within_thirty_seconds(six):
    at(six, A, 0), at(six, B, 1), at(six, A, 2), at(six, B, 3)
    held = None
    for second in range(8, 33, 5):
        held = at(six, B, second)
    assert len(held) == 6
    assert at(six, A, 40) == frozenset(), "who was away must not go on as if it held them"


def test_a_drained_worker_hands_on_and_takes_none(six):
    at(six, A, 0), at(six, B, 1), at(six, A, 2), at(six, B, 3)
    with six.transaction() as session:
        assert drain(session, "a")
        assert not drain(session, "nobody")
    assert at(six, A, 4) == frozenset()
    assert len(at(six, B, 5)) == 6
    with six.transaction() as session:
        told = {record.id: (record.draining, held) for record, held in workers(session, MONDAY)}
    assert told == {"a": (True, 0), "b": (False, 6)}


def test_one_that_leaves_frees_its_cameras_at_once(six):
    at(six, A, 0)
    with six.transaction() as session:
        leave(session, "a")
    assert len(at(six, B, 1)) == 6


def test_a_camera_that_is_switched_off_is_watched_by_nobody(six):
    at(six, A, 0)
    with six.transaction() as session:
        off = get_camera(session, "c0").camera.model_copy(update={"enabled": False})
        put_camera(session, off, actor="ann", now=MONDAY)
    assert at(six, A, 1) == {f"c{n}" for n in range(1, 6)}


def test_a_worker_takes_no_more_than_it_can(six):
    small = Worker("s", "host", 3, most=2)
    assert len(at(six, small, 0)) == 2
    assert len(at(six, A, 1)) == 4


@given(
    st.integers(0, 200),
    st.dictionaries(st.text(max_size=3), st.none() | st.integers(0, 60), max_size=8),
)
def test_shares_are_fair_and_give_out_no_more_than_there_is(cameras, most):
    shares = fair_shares(cameras, most)
    assert shares.keys() == most.keys()
    room = [math_inf(limit) for limit in most.values()]
    assert sum(shares.values()) == min(cameras, sum(room)) if most else not shares
    for worker, share in shares.items():
        assert share <= math_inf(most[worker])
        for other, more in shares.items():
            assert more - share <= 1 or share == most[worker], (worker, other)


def math_inf(limit):
    return 10**9 if limit is None else limit


def test_cameras_come_back_from_the_store_as_they_were_put(store):
    row = {
        "id": "north",
        "name": {"zh": "北门", "en": "North"},
        "url": "http://10.0.0.7/now.jpg",
        "credentials": "north",
        "active": ["06:00-22:00"],
        "at": {"lat": 30.2741, "lon": 120.1551, "datum": "gcj02"},
        "categories": ["litter.pile"],
        "zones": [{"name": "kerb", "corners": [[0, 0.5], [1, 0.5], [1, 1]], "kind": "pavement"}],
    }
    camera = make_camera(row)
    with store.transaction() as session:
        assert put_camera(session, camera, actor="ann", now=MONDAY).version == 1
        assert put_camera(session, camera, actor="ann", now=MONDAY).version == 1
        again = import_cameras(session, [camera, *make(1)], actor="ann", now=MONDAY)
    assert (again.added, again.changed, again.same) == (("c0",), (), ("north",))
    with store.reading() as session:
        kept = get_camera(session, "north").camera
    assert (kept.zones, kept.active, kept.categories) == (
        camera.zones,
        camera.active,
        camera.categories,
    )
    assert kept.at.location().lat == pytest.approx(camera.at.location().lat)
    assert kept.kind == "snapshot"


def test_two_people_who_change_one_camera_are_told(store):
    (camera,) = make(1)
    with store.transaction() as session:
        put_camera(session, camera, actor="ann", now=MONDAY, expected_version=0)
        slower = camera.model_copy(update={"every_s": 9.0})
        assert put_camera(session, slower, actor="ann", now=MONDAY, expected_version=1).version == 2
        with pytest.raises(VersionConflict):
            put_camera(session, camera, actor="bob", now=MONDAY, expected_version=1)
        remove_camera(session, "c0")
        assert list(list_cameras(session)) == []
        with pytest.raises(NotFound):
            remove_camera(session, "c0")


def test_the_lease_is_shorter_than_what_is_promised():
    assert timedelta(seconds=25) >= LEASE
