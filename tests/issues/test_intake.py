"""What photos become: issues, seen again, proposed as fixed, come back."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import textwrap
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from detect.types import Unusable
from issues.catalogue import Catalogue
from issues.clock import SetClock
from issues.errors import CatalogueError, StoreError
from issues.intake import Intake
from issues.issue import Action, Proposal, RejectReason, Status
from issues.moves import move
from issues.queries import (
    count_issues,
    count_photos,
    get_issue,
    get_photo,
    list_issues,
    list_observations,
    list_photos,
)
from issues.store import open_store
from tests.issues.photos import MONDAY, STREET, Camera, Source, StreetClass, StreetModel, moved


@pytest.fixture
def rows(store, catalogue):
    """All issues as rows, in the order of their numbers."""

    def read():
        with store.reading() as session:
            return list_issues(session, catalogue, sort="number").items

    return read


def test_a_finding_becomes_a_candidate_with_its_evidence(intake, store, catalogue, camera, rows):
    photo = camera.shoot("litter.pile")
    done = intake.record(photo)
    assert done.new_issues == ("TC-2026-000001",)
    (row,) = rows()
    assert (row.status, row.category, row.group) == (Status.CANDIDATE, "litter.pile", "litter")
    assert (row.observations, row.photos, row.best_score) == (1, 1, 0.8)
    assert (row.lat, row.lon, row.accuracy_m) == (*STREET, 5)
    assert row.first_seen == row.last_seen == MONDAY
    assert row.best.stored
    assert row.best.box == (0.3, 0.4, 0.5, pytest.approx(0.6))
    assert store.evidence.read(row.best.sha256) == photo.data
    with store.reading() as session:
        detail = get_issue(session, catalogue, row.number)
    assert [(event.kind, event.actor) for event in detail.events] == [("found", "system")]
    assert [look.box for look in detail.looks] == [row.best.box]


def test_a_photo_without_findings_is_recorded_and_not_kept(intake, store, camera, rows):
    photo = camera.shoot()
    done = intake.record(photo)
    assert rows() == ()
    with store.reading() as session:
        row = get_photo(session, done.photo_id)
    assert (row.status, row.observations, row.stored) == ("ok", 0, False)
    assert not store.evidence.has(photo.photo.sha256)


def test_one_place_and_category_is_one_issue(intake, camera, rows):
    intake.record(camera.shoot("litter.pile"))
    again = intake.record(camera.shoot("litter.pile", days=7, at=moved(STREET, 12)))
    assert again.seen_again == ("TC-2026-000001",)
    assert again.new_issues == ()
    (row,) = rows()
    assert (row.observations, row.photos) == (2, 2)
    assert row.last_seen == MONDAY + timedelta(days=7)
    assert row.recurrences == 0


def test_several_boxes_of_a_category_in_a_photo_are_one_issue(intake, camera, rows):
    done = intake.record(camera.shoot("litter.pile", "litter.pile", "bin.overflow"))
    assert len(done.new_issues) == 2
    assert sorted((row.category, row.observations) for row in rows()) == [
        ("bin.overflow", 1),
        ("litter.pile", 2),
    ]


@pytest.mark.parametrize(
    ("metres", "accuracy_m", "same"),
    [(30, 2, False), (28, 2, True), (40, 8, True), (42, 8, False), (69, 90, True), (71, 90, False)],
)
def test_the_reach_is_the_radius_and_the_accuracies_up_to_the_cap(
    intake, camera, rows, metres, accuracy_m, same
):
    intake.record(camera.shoot("litter.pile", accuracy_m=accuracy_m))
    intake.record(camera.shoot("litter.pile", accuracy_m=accuracy_m, at=moved(STREET, 0, metres)))
    assert len(rows()) == (1 if same else 2)


def test_of_two_issues_in_reach_the_nearest_takes_the_finding(intake, camera, rows):
    intake.record(camera.shoot("litter.pile", accuracy_m=2))
    intake.record(camera.shoot("litter.pile", accuracy_m=2, at=moved(STREET, 35)))
    done = intake.record(camera.shoot("litter.pile", accuracy_m=2, at=moved(STREET, 20)))
    assert done.seen_again == (rows()[1].number,)


def test_the_second_visit_of_a_patrol(intake, camera, rows):
    """One problem stays, one is fixed, one is new; on a third visit one returns."""
    stays, fixed, new = STREET, moved(STREET, 300), moved(STREET, 600)
    for place, found in ((stays, ["litter.pile"]), (fixed, ["litter.pile"]), (new, [])):
        intake.record(camera.shoot(*found, at=place))
    assert len(rows()) == 2
    second = [
        intake.record(camera.shoot("litter.pile", days=7, at=stays)),
        intake.record(camera.shoot(days=7, at=fixed)),
        intake.record(camera.shoot("bin.overflow", days=7, at=new)),
    ]
    assert second[0].seen_again == ("TC-2026-000001",)
    assert second[1].proposed_fixed == ("TC-2026-000002",)
    assert second[2].new_issues == ("TC-2026-000003",)
    one, two, three = rows()
    assert (one.observations, one.proposal, one.recurrences) == (2, None, 0)
    assert (two.proposal, two.status, two.cleared_at) == (
        Proposal.FIXED,
        Status.CANDIDATE,
        MONDAY + timedelta(days=7),
    )
    assert two.after.stored
    assert two.after.box is None
    assert three.status is Status.CANDIDATE
    third = intake.record(camera.shoot("litter.pile", days=14, at=fixed))
    assert third.reopened == third.seen_again == ("TC-2026-000002",)
    back = rows()[1]
    assert (back.status, back.proposal, back.recurrences) == (Status.REOPENED, None, 1)
    assert back.after is None


def test_history_tells_what_the_photos_did(intake, store, catalogue, camera):
    for days, found in ((0, ["litter.pile"]), (7, []), (14, ["litter.pile"])):
        photo = camera.shoot(*found, days=days)
        intake.record(photo)
    with store.reading() as session:
        detail = get_issue(session, catalogue, "TC-2026-000001")
    assert [event.kind for event in detail.events] == ["found", "proposed_fixed", "returned"]
    returned = detail.events[-1]
    assert (returned.from_status, returned.to_status) == (Status.CANDIDATE, Status.REOPENED)
    assert returned.evidence_sha256 == photo.photo.sha256
    assert [look.box is None for look in detail.looks] == [False, True, False]
    assert all(look.stored for look in detail.looks)


def test_a_late_photo_takes_a_proposal_back(intake, store, catalogue, camera, rows):
    intake.record(camera.shoot("litter.pile"))
    intake.record(camera.shoot(days=7))
    assert rows()[0].proposal is Proposal.FIXED
    intake.record(camera.shoot("litter.pile", days=7, hours=0.5))
    row = rows()[0]
    assert (row.proposal, row.status, row.recurrences) == (None, Status.CANDIDATE, 0)
    with store.reading() as session:
        kinds = [event.kind for event in get_issue(session, catalogue, row.id).events]
    assert kinds == ["found", "proposed_fixed", "proposal_withdrawn"]


def test_a_clear_photo_that_came_first_speaks_once_the_problem_is_known(intake, camera, rows):
    intake.record(camera.shoot(days=7))
    done = intake.record(camera.shoot("litter.pile"))
    assert done.new_issues == done.proposed_fixed == ("TC-2026-000001",)
    (row,) = rows()
    assert row.proposal is Proposal.FIXED
    assert not row.after.stored


def test_a_clear_photo_that_came_first_is_kept_if_it_is_still_there(
    intake, store, camera, rows, tmp_path
):
    file = tmp_path / "early.jpg"
    early = replace(camera.shoot(days=7, name="early.jpg"), path=file)
    file.write_bytes(early.data)
    intake.record(early)
    intake.record(camera.shoot("litter.pile"))
    assert rows()[0].after.stored
    assert store.evidence.read(early.photo.sha256) == early.data


@pytest.mark.parametrize(
    "how",
    [
        {"at": moved(STREET, 30)},
        {"unusable": Unusable.BLURRED},
        {"hours": 2},
        {"heading_deg": 200.0},
        {"at": None},
    ],
    ids=["elsewhere", "blurred", "too soon", "facing away", "without position"],
)
def test_what_does_not_show_the_place_clear_changes_nothing(intake, camera, rows, how):
    intake.record(camera.shoot("litter.pile", heading_deg=10))
    days = 0 if "hours" in how else 7
    done = intake.record(camera.shoot(days=days, **how))
    assert done.proposed_fixed == ()
    assert rows()[0].proposal is None


def test_a_model_that_does_not_know_the_category_can_not_clear_it(
    intake, store, catalogue, clock, camera, rows
):
    intake.record(camera.shoot("stall.mobile"))
    other = StreetModel(id="bins", classes=(StreetClass("bin", "bin.overflow"),))
    Intake(store, catalogue, other, clock=clock).record(Camera(other).shoot(days=7, name="b.jpg"))
    assert rows()[0].proposal is None


def test_a_photo_that_shows_a_neighbour_of_the_same_kind_clears_nothing(intake, camera, rows):
    intake.record(camera.shoot("litter.pile", accuracy_m=2))
    intake.record(camera.shoot("litter.pile", accuracy_m=2, at=moved(STREET, 30)))
    done = intake.record(camera.shoot("litter.pile", accuracy_m=2, at=moved(STREET, 16), days=7))
    assert len(done.seen_again) == 1
    assert done.proposed_fixed == ()


def test_the_same_bytes_twice_are_one_photo(intake, store, camera, rows):
    first = camera.shoot("litter.pile", name="a.jpg")
    again = replace(first, source="copy/a.jpg", path=Path("/photos/copy/a.jpg"))
    intake.record(first)
    done = intake.record(again)
    assert done.duplicate_of == "a.jpg"
    assert (done.new_issues, done.seen_again) == ((), ())
    assert rows()[0].observations == 1
    with store.reading() as session:
        assert count_photos(session).total == 1


def test_a_newer_model_sees_the_same_photo_again(intake, store, catalogue, clock, camera, rows):
    newer = StreetModel(version="2")
    intake.record(camera.shoot("litter.pile", name="a.jpg"))
    done = Intake(store, catalogue, newer, clock=clock).record(
        Camera(newer).shoot("litter.pile", name="a.jpg")
    )
    assert done.seen_again == ("TC-2026-000001",)
    assert (rows()[0].observations, rows()[0].photos) == (2, 1)


def test_photos_without_a_position_are_an_issue_each(intake, store, catalogue, clock, camera, rows):
    intake.record(camera.shoot("litter.pile", at=None, name="a.jpg"))
    intake.record(camera.shoot("litter.pile", at=None, name="b.jpg"))
    assert [row.lat for row in rows()] == [None, None]
    newer = StreetModel(version="2")
    done = Intake(store, catalogue, newer, clock=clock).record(
        Camera(newer).shoot("litter.pile", at=None, name="a.jpg")
    )
    assert done.seen_again == ("TC-2026-000001",)
    with store.reading() as session:
        assert count_issues(session, now=MONDAY).unplaced == 2


def test_an_unreadable_photo_is_a_result_with_a_reason(intake, store, camera):
    done = intake.record(camera.fail("truncated", name="bad.jpg"))
    with store.reading() as session:
        row = get_photo(session, done.photo_id)
        counts = count_photos(session)
        assert list_photos(session, status=("unreadable",)).items == (row,)
    assert (row.status, row.reason_code, row.sha256) == ("unreadable", "truncated", None)
    assert counts.by_reason == {"truncated": 1}


def test_an_unusable_photo_still_shows_what_it_shows(intake, store, camera, rows):
    intake.record(camera.shoot("litter.pile", unusable=Unusable.DARK))
    assert len(rows()) == 1
    with store.reading() as session:
        assert count_photos(session).by_reason == {"dark": 1}


# ------------------------------------------------------------------ resuming


def test_what_was_recorded_is_not_asked_for_again(intake, camera):
    source = Source("/photos/photo-1.jpg")
    assert not intake.already(source)
    intake.record(camera.shoot("litter.pile"))
    assert intake.already(source)
    assert not intake.already(replace(source, size_bytes=7))
    assert not intake.already(replace(source, mtime=MONDAY + timedelta(seconds=1)))
    assert not intake.already(Source("/photos/other.jpg"))


def test_another_version_of_the_model_looks_again(intake, store, catalogue, camera):
    source = Source("/photos/photo-1.jpg")
    intake.record(camera.shoot(), source)
    assert intake.already(source)
    assert not Intake(store, catalogue, StreetModel(version="2")).already(source)


@pytest.mark.parametrize(
    ("reason", "asked_again"), [("truncated", False), ("vanished", True), ("permission", True)]
)
def test_a_reason_that_may_go_away_is_tried_again(intake, store, camera, reason, asked_again):
    source = Source("/photos/bad.jpg")
    intake.record(camera.fail(reason, name="bad.jpg"), source)
    assert intake.already(source) is not asked_again
    intake.record(camera.shoot("litter.pile", name="bad.jpg"), source)
    assert intake.already(source)
    with store.reading() as session:
        assert count_photos(session).by_status == {"ok": 1}


def test_members_of_archives_are_told_apart(intake, camera, tmp_path):
    archive = tmp_path / "week.zip"
    archive.write_bytes(b"PK")
    one = replace(camera.shoot(name="week.zip!a.jpg"), path=archive)
    intake.record(one, Source(f"{archive}!a.jpg"))
    assert intake.already(Source(f"{archive}!a.jpg"))
    assert not intake.already(Source(f"{archive}!b.jpg"))


def test_a_run_has_its_photos(intake, store, camera):
    with intake.batch("Monday") as batch:
        intake.record(camera.shoot("litter.pile"))
        intake.record(camera.fail())
    intake.record(camera.shoot())
    with store.reading() as session:
        assert count_photos(session, batch=batch).by_status == {"ok": 1, "unreadable": 1}
        assert len(list_photos(session, batch=batch).items) == 2


# ------------------------------------------------------------------ people's decisions


def decide(store, catalogue, number, action, now, **more):
    with store.transaction() as session:
        return move(session, number, action, "li", catalogue=catalogue, now=now, **more)


@pytest.mark.parametrize(
    ("reason", "days", "quiet"),
    [
        (RejectReason.PERMITTED, 30, True),
        (RejectReason.NOT_A_PROBLEM, 179, True),
        (RejectReason.NOT_A_PROBLEM, 182, False),
        (RejectReason.POOR_PHOTO, 2, False),
        (RejectReason.ALREADY_HANDLED, 2, False),
        (RejectReason.ALREADY_HANDLED, 0.2, True),
    ],
)
def test_a_rejected_issue_takes_in_the_same_finding_for_a_while(
    intake, store, catalogue, camera, rows, reason, days, quiet
):
    intake.record(camera.shoot("litter.pile"))
    now = MONDAY + timedelta(days=1)
    decide(store, catalogue, "TC-2026-000001", Action.REJECT, now, reason=reason)
    done = intake.record(camera.shoot("litter.pile", days=days))
    assert done.swallowed == (("TC-2026-000001",) if quiet else ())
    assert done.new_issues == (() if quiet else ("TC-2026-000002",))
    assert rows()[0].status is Status.REJECTED


def test_a_closed_issue_that_is_seen_again_is_reopened(intake, store, catalogue, camera, rows):
    intake.record(camera.shoot("litter.pile"))
    number = "TC-2026-000001"
    confirmed = decide(store, catalogue, number, Action.CONFIRM, MONDAY + timedelta(hours=1))
    intake.record(camera.shoot(days=7))
    closed = decide(store, catalogue, number, Action.CLOSE, MONDAY + timedelta(days=8))
    assert (closed.status, closed.proposal) == (Status.CLOSED, None)
    late = intake.record(camera.shoot(days=7, hours=6))
    assert late.proposed_fixed == ()
    done = intake.record(camera.shoot("litter.pile", days=20))
    assert done.reopened == (number,)
    (row,) = rows()
    assert (row.status, row.recurrences, row.closed_at) == (Status.REOPENED, 1, None)
    assert row.confirmed_at == confirmed.confirmed_at == MONDAY + timedelta(hours=1)


def test_a_duplicate_hands_its_sightings_to_the_other(intake, store, catalogue, camera, rows):
    near = moved(STREET, 45)
    intake.record(camera.shoot("litter.pile", accuracy_m=2))
    intake.record(camera.shoot("litter.pile", accuracy_m=2, at=near))
    one, two = "TC-2026-000001", "TC-2026-000002"
    decide(store, catalogue, two, Action.DUPLICATE, MONDAY, duplicate_of=one)
    assert (rows()[0].observations, rows()[1].duplicate_of) == (2, one)
    done = intake.record(camera.shoot("litter.pile", accuracy_m=2, at=near, days=7))
    assert set(done.seen_again) == {one, two}
    assert rows()[0].observations == 3
    assert rows()[0].last_seen == MONDAY + timedelta(days=7)


def test_a_changed_category_takes_in_what_the_model_goes_on_calling_it(
    intake, store, catalogue, camera, rows
):
    intake.record(camera.shoot("litter.pile"))
    number = "TC-2026-000001"
    row = decide(store, catalogue, number, Action.CHANGE_CATEGORY, MONDAY, category="clutter.goods")
    assert (row.category, row.group) == ("clutter.goods", "clutter")
    assert intake.record(camera.shoot("litter.pile", days=7)).seen_again == (number,)
    assert intake.record(camera.shoot(days=14)).proposed_fixed == (number,)
    assert [r.category for r in rows()] == ["clutter.goods"]


# ------------------------------------------------------------------ trouble


def test_a_model_with_a_category_that_the_catalogue_lacks_is_refused(store, catalogue):
    model = StreetModel(classes=(StreetClass("cow", "animal.cow"),))
    with pytest.raises(CatalogueError, match="animal"):
        Intake(store, catalogue, model)


def test_a_full_disk_leaves_nothing_half_done(intake, store, camera, rows, monkeypatch):
    def full(handle):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    photo = camera.shoot("litter.pile")
    with pytest.raises(StoreError) as caught:
        intake.record(photo)
    assert caught.value.code == "disk_full"
    assert rows() == ()
    assert [p for p in store.evidence.root.rglob("*") if p.is_file()] == []
    monkeypatch.undo()
    assert intake.record(photo).new_issues == ("TC-2026-000001",)


def test_a_failure_inside_takes_everything_back(intake, store, camera, rows, monkeypatch):
    from issues import intake as module

    def broken(*_arguments, **_more):
        raise RuntimeError("killed here")

    photo = camera.shoot("litter.pile")
    with monkeypatch.context() as patched:
        patched.setattr(module, "settle", broken)
        with pytest.raises(RuntimeError, match="killed here"):
            intake.record(photo)
    assert rows() == ()
    with store.reading() as session:
        assert count_photos(session).total == 0
        assert list_observations(session).items == ()
    assert store.evidence.has(photo.photo.sha256)
    assert intake.record(photo).new_issues == ("TC-2026-000001",)
    assert rows()[0].best.stored


KILLED = """
    import sys
    from pathlib import Path
    from issues.catalogue import load_catalogue
    from issues.intake import Intake
    from issues.store import open_store
    from tests.issues.photos import STREET, Camera, Source, StreetModel, moved

    intake = Intake(open_store(None, Path(sys.argv[1])), load_catalogue(), StreetModel())
    camera = Camera()
    print("ready", flush=True)
    for n in range(120):
        source = Source(f"/photos/photo-{n + 1}.jpg")
        place, name = moved(STREET, 60 * (n % 12)), f"photo-{n + 1}.jpg"
        photo = camera.shoot("litter.pile", at=place, hours=n, name=name)
        if not intake.already(source):
            intake.record(photo, source)
            print(n, flush=True)
"""


@pytest.mark.parametrize("recorded_before", [3, 17])
def test_killed_and_resumed_it_has_everything_once(
    sqlite_store, catalogue, tmp_path, recorded_before
):
    script = textwrap.dedent(KILLED)
    command = [sys.executable, "-c", script, str(tmp_path / "data")]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        for line in process.stdout:
            if line.strip() == str(recorded_before):
                process.send_signal(signal.SIGKILL)
                break
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True)
    assert "119" in done.stdout.split()
    with sqlite_store.reading() as session:
        assert count_photos(session).total == 120
        seen = list_observations(session, limit=1000).items
        rows = list_issues(session, catalogue, limit=100).items
    assert len(seen) == len({row.sha256 for row in seen}) == 120
    assert len(rows) == 12
    assert all(row.observations == row.photos == 10 for row in rows)


def test_two_processes_at_once_lose_nothing(sqlite_store, catalogue, tmp_path):
    script = textwrap.dedent(KILLED).replace("range(120)", "range(int(sys.argv[2]), 40, 2)")
    commands = [
        [sys.executable, "-c", f"{script}", str(tmp_path / "data"), str(start)] for start in (0, 1)
    ]
    running = [subprocess.Popen(command, stdout=subprocess.DEVNULL) for command in commands]
    assert [process.wait(timeout=120) for process in running] == [0, 0]
    with sqlite_store.reading() as session:
        assert count_photos(session).total == 40
        numbers = [row.number for row in list_issues(session, catalogue, limit=100).items]
    assert len(numbers) == len(set(numbers))


def test_areas_give_an_issue_its_unit(store, catalogue: Catalogue, clock: SetClock, camera):
    from tests.issues.test_areas import square, write_areas

    intake = Intake(store, catalogue, StreetModel(), clock=clock)
    intake.record(camera.shoot("litter.pile"))
    path = write_areas(store.evidence.root.parent / "areas.json", square("east", STREET))
    from issues.areas import import_areas

    assert import_areas(store, path, now=MONDAY).issues_moved == 1
    intake.record(camera.shoot("bin.overflow", name="b.jpg"))
    with store.reading() as session:
        rows = list_issues(session, catalogue).items
    assert [row.area.id for row in rows] == ["east", "east"]


def test_a_store_opened_twice_is_one_store(url, store, catalogue, clock, camera, tmp_path):
    other = open_store(url, tmp_path / "data")
    Intake(other, catalogue, StreetModel(), clock=clock).record(camera.shoot("litter.pile"))
    other.close()
    with store.reading() as session:
        assert len(list_issues(session, catalogue).items) == 1


class Shelf:
    """Notes what it is given, and how many photos the store held by then."""

    def __init__(self, store):
        self.store, self.given = store, []

    def shelve(self, sha256, data, boxes):
        with self.store.reading() as session:
            known = count_photos(session).total
        self.given.append((sha256, data, list(boxes), known))
        return True


def test_what_is_kept_as_evidence_goes_on_the_shelf_once_it_is_recorded(
    store, catalogue, camera, clock
):
    shelf = Shelf(store)
    intake = Intake(store, catalogue, StreetModel(), clock=clock, shelf=shelf)
    shows, clear = camera.shoot("litter.pile"), camera.shoot(days=1)
    elsewhere = camera.shoot(days=1, at=moved(STREET, 5000))
    for photo in (shows, shows, elsewhere, clear):
        intake.record(photo)
    box = shows.observations[0].xyxy
    assert shelf.given == [
        (shows.photo.sha256, shows.data, [(box, "litter")], 1),
        (clear.photo.sha256, clear.data, [], 3),
    ], "the one that shows it and the one that shows it clear; no other, and none twice"
