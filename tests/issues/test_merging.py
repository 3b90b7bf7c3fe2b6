"""Merging and splitting by hand: what follows, what is refused, and that both can be taken back."""

from __future__ import annotations

import shutil
from dataclasses import asdict
from datetime import timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from issues.area_file import parse_areas
from issues.areas import put_areas
from issues.errors import MoveNotAllowed, NotFound, VersionConflict
from issues.intake import Intake
from issues.issue import Action, Status
from issues.merging import Hand, merge, split, unmerge, unsplit
from issues.moves import move
from issues.queries import get_issue, list_issues
from issues.store import open_store
from issues.store.split_table import filed
from tests.issues.photos import MONDAY, STREET, Camera, StreetModel, moved
from tests.issues.test_areas import square

LATER = MONDAY + timedelta(days=9)
ONE, TWO, THREE, FOUR = (f"TC-2026-{n:06d}" for n in range(1, 5))
EAST = moved(STREET, 0, 80)


@pytest.fixture
def hand(catalogue):
    return Hand("li", LATER, catalogue)


def walk(store, catalogue):
    """Three heaps 80 m apart, one of them seen clear, and bins; areas that part them."""
    features = [square("west", moved(STREET, 0, -100), 110), square("east", EAST, 70)]
    with store.transaction() as session:
        put_areas(session, parse_areas({"features": features}, "x", "wgs84"), "li", MONDAY)
    intake, camera = Intake(store, catalogue, StreetModel()), Camera()
    for day in range(3):
        intake.record(camera.shoot("litter.pile", days=day, side=0.1 + day / 10))
        intake.record(camera.shoot("litter.pile", days=day, at=EAST))
        found = ("litter.pile",) if day < 2 else ()
        intake.record(camera.shoot(*found, days=day, at=moved(STREET, 0, 160)))
        intake.record(camera.shoot("bin.overflow", "bin.overflow", days=day, at=moved(STREET, 90)))


@pytest.fixture
def walked(store, catalogue):
    walk(store, catalogue)
    return store


def snapshot(session, catalogue):
    """All rows by number, without what goes up with every change."""
    rows = list_issues(session, catalogue, sort="number").items
    return {
        row.number: {k: v for k, v in asdict(row).items() if k not in ("version", "updated_at")}
        for row in rows
    }


def ids_of(session, issue_id):
    """The ids of an issue's findings."""
    return [finding.id for finding in filed(session, issue_id)]


def test_a_merged_issue_leads_to_the_other_and_its_photos_speak_for_it(walked, hand):
    with walked.transaction() as session:
        before = get_issue(session, hand.catalogue, ONE).row
        row = merge(session, ONE, [TWO, THREE], hand)
        assert row.photos == 8
        assert row.observations == 8
        assert row.lon > before.lon
        assert (before.area.id, row.area.id) == ("west", "east")
        other = get_issue(session, hand.catalogue, TWO).row
        assert (other.status, other.duplicate_of) == (Status.DUPLICATE, ONE)
        detail = get_issue(session, hand.catalogue, ONE)
        assert detail.duplicates == (TWO, THREE)
        assert detail.events[-1].kind == "merged"
        assert detail.events[-1].data["issues"] == [TWO, THREE]


def test_a_merge_is_taken_back(walked, hand):
    with walked.transaction() as session:
        before = snapshot(session, hand.catalogue)
        merge(session, ONE, [TWO], hand)
        assert snapshot(session, hand.catalogue) != before
    with walked.transaction() as session:
        row = unmerge(session, TWO, hand)
        assert (row.status, row.duplicate_of) == (Status.CANDIDATE, None)
        assert snapshot(session, hand.catalogue) == before
        kinds = [e.kind for e in get_issue(session, hand.catalogue, ONE).events]
        assert kinds[-2:] == ["merged", "unmerged"], "history is kept"


def test_what_was_merged_before_comes_along_and_goes_back(walked, hand):
    with walked.transaction() as session:
        merge(session, TWO, [THREE], hand)
        before = snapshot(session, hand.catalogue)
        merge(session, ONE, [TWO], hand)
        assert get_issue(session, hand.catalogue, THREE).row.duplicate_of == ONE
        unmerge(session, TWO, hand)
        assert get_issue(session, hand.catalogue, THREE).row.duplicate_of == TWO
        assert snapshot(session, hand.catalogue) == before


def test_a_split_makes_a_candidate_of_some_findings(walked, hand):
    with walked.transaction() as session:
        key = get_issue(session, hand.catalogue, FOUR).row.id
        findings = ids_of(session, key)
        old, new = split(session, FOUR, findings[2:4], hand)
        assert (old.observations, new.observations) == (4, 2)
        assert (old.photos, new.photos) == (2, 1)
        assert new.first_seen == MONDAY + timedelta(days=1)
        assert (new.status, new.category) == (Status.CANDIDATE, "bin.overflow")
        born = get_issue(session, hand.catalogue, new.number)
        assert born.events[0].kind == "split_from"
        assert born.events[0].data["number"] == FOUR
        assert born.events[0].evidence_sha256 == born.observations[0].sha256
        line = get_issue(session, hand.catalogue, FOUR).events[-1]
        assert (line.kind, line.data["number"]) == ("split_off", new.number)


def test_a_split_is_taken_back(walked, hand):
    with walked.transaction() as session:
        before = snapshot(session, hand.catalogue)
        key = before[FOUR]["id"]
        _, new = split(session, FOUR, ids_of(session, key)[:2], hand)
        row = unsplit(session, new.number, hand)
        after = snapshot(session, hand.catalogue)
        assert row.number == FOUR
        assert after.pop(new.number)["duplicate_of"] == FOUR
        assert after == before


def test_repeats_with_one_key_do_nothing(sqlite_walked, catalogue):
    hand = Hand("li", LATER, catalogue, key="k1")
    with sqlite_walked.transaction() as session:
        key = get_issue(session, catalogue, FOUR).row.id
        first = split(session, FOUR, ids_of(session, key)[:1], hand)
        assert split(session, FOUR, ids_of(session, key)[:1], hand) == first
        merge(session, ONE, [TWO], hand)
        lines = len(get_issue(session, catalogue, ONE).events)
        merge(session, ONE, [TWO], hand)
        assert len(get_issue(session, catalogue, ONE).events) == lines


@pytest.mark.parametrize(
    ("deed", "error", "code"),
    [
        (lambda s, h: merge(s, ONE, [], h), MoveNotAllowed, "nothing_to_merge"),
        (lambda s, h: merge(s, ONE, ["TC-1"], h), NotFound, "not_found"),
        (lambda s, h: merge(s, ONE, [ONE], h), MoveNotAllowed, "own_duplicate"),
        (lambda s, h: merge(s, ONE, [TWO], h, {TWO: 99}), VersionConflict, "version_conflict"),
        (lambda s, h: merge(s, ONE, [TWO], h, {ONE: 99}), VersionConflict, "version_conflict"),
        (lambda s, h: unmerge(s, ONE, h), MoveNotAllowed, "not_merged"),
        (lambda s, h: unmerge(s, ONE, h, 99), VersionConflict, "version_conflict"),
        (lambda s, h: split(s, ONE, [], h), MoveNotAllowed, "not_its_findings"),
        (lambda s, h: split(s, ONE, [10**9], h), MoveNotAllowed, "not_its_findings"),
        (lambda s, h: split(s, ONE, [1], h, 99), VersionConflict, "version_conflict"),
        (
            lambda s, h: split(s, ONE, ids_of(s, get_issue(s, h.catalogue, ONE).row.id), h),
            MoveNotAllowed,
            "nothing_left",
        ),
        (lambda s, h: unsplit(s, ONE, h), MoveNotAllowed, "not_split"),
        (
            lambda s, h: (merge(s, ONE, [TWO], h), split(s, TWO, [1], h)),
            MoveNotAllowed,
            "source_is_duplicate",
        ),
        (
            lambda s, h: (merge(s, ONE, [TWO], h), merge(s, TWO, [THREE], h)),
            MoveNotAllowed,
            "target_is_duplicate",
        ),
    ],
)
def test_what_is_refused(sqlite_walked, hand, deed, error, code):
    with sqlite_walked.reading() as session:
        before = snapshot(session, hand.catalogue)
    with pytest.raises(error) as caught, sqlite_walked.transaction() as session:
        deed(session, hand)
    assert caught.value.code == code
    assert caught.value.mend
    with sqlite_walked.reading() as session:
        assert snapshot(session, hand.catalogue) == before


class _Back(Exception):  # noqa: N818
    """Rolls a transaction back."""


DEEDS = st.lists(
    st.tuples(
        st.sampled_from(["merge", "merge", "split", "confirm"]),
        st.integers(0, 5),
        st.integers(0, 5),
    ),
    max_size=5,
)


@settings(
    max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(DEEDS)
def test_everything_taken_back_in_turn_is_exactly_as_it_was(sqlite_walked, hand, deeds):
    with pytest.raises(_Back):
        _there_and_back(sqlite_walked, hand, deeds)


def _there_and_back(store, hand, deeds):
    with store.transaction() as session:
        done = []
        for deed, one, other in deeds:
            before = snapshot(session, hand.catalogue)
            back = _attempt(session, hand, deed, one, other, sorted(before))
            if back is not None and snapshot(session, hand.catalogue) != before:
                done.append((before, back))
        for before, back in reversed(done):
            back()
            after = snapshot(session, hand.catalogue)
            assert {number: after[number] for number in before} == before
        raise _Back


def _attempt(session, hand, deed, one, other, numbers):
    """Does it, and gives what takes it back; None where it isn't allowed."""
    issue, target = numbers[one % len(numbers)], numbers[other % len(numbers)]
    kept = session.begin_nested()
    try:
        if deed == "merge":
            merge(session, target, [issue], hand)
            back = lambda: unmerge(session, issue, hand)  # noqa: E731
        elif deed == "split":
            key = get_issue(session, hand.catalogue, issue).row.id
            own = [f.id for f in filed(session, key) if f.issue_id == key]
            _, new = split(session, issue, own[: 1 + other], hand)
            back = lambda: unsplit(session, new.number, hand)  # noqa: E731
        else:
            asked = {"catalogue": hand.catalogue, "now": LATER}
            move(session, issue, Action(deed), "li", **asked)
            back = lambda: move(session, issue, Action.UNDO, "li", **asked)  # noqa: E731
    except MoveNotAllowed:
        kept.rollback()
        return None
    kept.commit()
    return back


@pytest.fixture(scope="module")
def walked_folder(sqlite_template, catalogue, tmp_path_factory):
    folder = tmp_path_factory.mktemp("walked") / "data"
    shutil.copytree(sqlite_template, folder)
    store = open_store(None, folder)
    walk(store, catalogue)
    store.close()
    return folder


@pytest.fixture
def sqlite_walked(walked_folder, tmp_path):
    shutil.copytree(walked_folder, tmp_path / "data")
    opened = open_store(None, tmp_path / "data")
    yield opened
    opened.close()
