"""Films of what cameras say: made, left out, served, kept and thrown away."""

from __future__ import annotations

from datetime import timedelta
from types import SimpleNamespace

import cv2
import numpy as np
import pytest

pytest.importorskip("av", reason="the extra camera is not installed")

from rtsp import wait_for

from api.metrics import WorkerFigures, exposition
from api.watching.lapses import AFTER_LOOKS, WAITING, Lapses, Limits
from detect.errors import ModelError
from issues.cameras.camera import make_camera
from issues.cameras.confirmation import Gone, Memory, Seen
from issues.cameras.intake import CameraFrame, CameraIntake, Said
from issues.cameras.lapses import KIND, LEFT_OUT, evidence_bytes, lapses
from issues.cameras.registry import put_camera
from issues.cameras.wall import camera_events
from issues.catalogue import load_catalogue
from issues.issue import Action, RejectReason
from issues.moves import move
from issues.queries import get_issue
from issues.retention import Policy, apply, plan
from issues.store import open_store
from tests.api.patrol import NOW, FakeModel

CAMERA = make_camera({"id": "north", "url": "rtsp://10.0.0.7/1"})
API = "/api/v1/cameras"
GREY = np.random.default_rng(0).integers(0, 200, (288, 512, 3), np.uint8)


@pytest.fixture
def office(tmp_path):
    opened = open_store(None, tmp_path / "films")
    with opened.transaction() as session:
        put_camera(session, CAMERA, actor="ann", now=NOW)
    yield opened
    opened.close()


def said(minute, kind=Seen):
    at = NOW + timedelta(minutes=minute)
    began = at - timedelta(minutes=10)
    box = (0.1, 0.5, 0.3, 0.7)
    statement = Seen(at, began, "f", box, 0.8, True) if kind is Seen else Gone(at, began, "f", 12)
    jpeg = cv2.imencode(".jpg", np.roll(GREY, minute, 1))[1].tobytes()
    frame = CameraFrame(jpeg, 512, 288, at)
    return Said(CAMERA, "*", "litter.pile", statement, frame, Memory())


def look(n, camera="north"):
    return SimpleNamespace(camera=camera, image=np.roll(GREY, n, 1), at=NOW + timedelta(seconds=n))


def making(office, redact=lambda image: image, **limits):
    return Lapses(office, redact, Limits(keep_free_bytes=0, **limits), lambda: NOW)


def tell(films, office, statement, looks=3, after=AFTER_LOOKS):
    """Looks, a statement that the office takes in, and the looks after it."""
    for n in range(looks):
        films.offer(look(n))
    recorded = CameraIntake(office, load_catalogue(), FakeModel()).record(statement)
    films.said(statement, recorded)
    for n in range(after):
        films.offer(look(100 + n))
    return recorded


def kept(office, **which):
    with office.reading() as session:
        return lapses(session, **which)


def test_a_finding_and_its_end_are_filmed_and_told_in_the_issues_history(office):
    films = making(office)
    films.begin()
    (number,) = tell(films, office, said(0)).new_issues
    assert wait_for(lambda: films.figures.made == 1)
    tell(films, office, said(30, Gone))
    assert wait_for(lambda: films.figures.made == 2)
    films.close()
    gone, seen = kept(office, issue=number)
    assert (seen.said, gone.said, seen.camera) == ("seen", "gone", "north")
    assert seen.pictures == 3 + AFTER_LOOKS
    assert (seen.since, seen.until) == (NOW, NOW + timedelta(seconds=107))
    mp4 = office.evidence.path(seen.sha256)
    assert (mp4.suffix, mp4.stat().st_size) == (".mp4", seen.size_bytes)
    assert kept(office, camera="north") == [gone, seen]
    assert kept(office, camera="south") == kept(office, issue="TC-1999-000001") == []
    with office.reading() as session:
        events = get_issue(session, load_catalogue(), number).events
    assert [e.kind for e in events].count(KIND) == 2


def test_what_is_only_seen_again_is_not_filmed_again(office):
    films = making(office)
    films.begin()
    tell(films, office, said(0))
    assert tell(films, office, said(400)).seen_again
    films.close()
    assert films.figures.made == 1


def test_a_worker_that_ends_or_lets_a_camera_go_makes_the_film_of_what_it_has(office):
    films = making(office)
    films.begin()
    tell(films, office, said(0), after=2)
    films.forget("north")
    assert wait_for(lambda: films.figures.made == 1)
    assert films.memory_bytes == 0
    tell(films, office, said(30, Gone), after=1)
    films.close()
    assert [film.pictures for film in kept(office)] == [4, 5]


@pytest.mark.parametrize(
    ("limits", "free", "why"),
    [
        ({"keep_free_bytes": 500_000_000}, 400_000_000, "400 MB of disk are free"),
        ({"keep_free_bytes": 0, "evidence_bytes": 1000}, 10**12, "of evidence are kept"),
    ],
)
def test_without_room_films_are_left_out_told_once_and_counted(office, caplog, limits, free, why):
    films = Lapses(
        office, lambda image: image, Limits(**limits), lambda: NOW, free_bytes=lambda _: free
    )
    films.begin()
    tell(films, office, said(0))
    tell(films, office, said(30, Gone))
    films.close()
    assert (films.figures.made, films.figures.left_out, films.room) == (0, 2, False)
    assert kept(office) == []
    with office.reading() as session:
        (event,) = [e for e in camera_events(session) if e.kind == LEFT_OUT]
    assert why in event.data["message"]
    assert why in caplog.text
    worker = SimpleNamespace(figures=dict, cameras=(), waiting=0)
    text = exposition(WorkerFigures(worker, None, films)).decode()
    assert "tidycity_worker_films_room 0.0" in text
    assert "tidycity_worker_films_left_out_total 2.0" in text


def test_without_a_way_to_blur_faces_there_is_no_film(office):
    def blind(_image):
        raise ModelError("no face detector", mend="Install it.")

    films = making(office, blind)
    films.begin()
    tell(films, office, said(0))
    films.close()
    assert (films.figures.made, films.figures.left_out) == (0, 1)


def test_last_looks_take_no_more_memory_than_they_may(office):
    films = making(office, memory_bytes=400_000)
    for n in range(200):
        films.offer(look(n, f"c{n % 5}"))
    assert 0 < films.memory_bytes <= 400_000


def test_no_more_films_wait_than_can_be_made(office):
    films = making(office)
    films.offer(look(0))
    recorded = SimpleNamespace(new_issues=("TC-1",), proposed_fixed=(), reopened=())
    for n in range(WAITING + 3):
        films.said(said(n), recorded)
    assert films.figures.left_out == 3


def reject(office, number):
    with office.transaction() as session:
        reason = next(iter(RejectReason))
        catalogue = load_catalogue()
        move(session, number, Action.REJECT, "li", catalogue=catalogue, now=NOW, reason=reason)


def test_films_go_with_the_issues_other_pictures(office, tmp_path):
    films = making(office)
    films.begin()
    (number,) = tell(films, office, said(0)).new_issues
    films.close()
    later, policy = NOW + timedelta(days=365), Policy(rejected_days=50)
    assert plan(office, policy, tmp_path, later).empty, "the issue is open"
    reject(office, number)
    (film,) = kept(office)
    gone = apply(office, policy, tmp_path, later).pictures
    assert {one.extension for one in gone} == {"jpg", "mp4"}
    assert not office.evidence.has(film.sha256)
    assert kept(office) == []


def test_over_the_budget_the_oldest_of_what_is_over_goes_open_issues_keep_theirs(office, tmp_path):
    (number,) = tell(making(office), office, said(0)).new_issues
    with office.reading() as session:
        size = evidence_bytes(session)
    tight = Policy(evidence_bytes=size - 1)
    assert plan(office, tight, tmp_path, NOW).empty, "open issues keep their pictures"
    reject(office, number)
    assert plan(office, Policy(evidence_bytes=size), tmp_path, NOW + timedelta(days=1)).empty
    planned = plan(office, tight, tmp_path, NOW + timedelta(days=1))
    assert len(planned.pictures) == 1
    done = apply(office, tight, tmp_path, NOW + timedelta(days=1))
    assert done.pictures == planned.pictures
    with office.reading() as session:
        assert evidence_bytes(session) == 0


def test_films_are_listed_and_served_in_parts(client, store):
    with store.transaction() as session:
        put_camera(session, CAMERA, actor="ann", now=NOW)
    films = making(store)
    films.begin()
    (number,) = tell(films, store, said(0)).new_issues
    films.close()
    answer = client.get(f"{API}/films", params={"issue": number})
    assert answer.status_code == 200, answer.text
    (film,) = answer.json()
    assert (film["number"], film["said"], film["camera"]) == (number, "seen", "north")
    path = f"{API}/films/{film['sha256']}.mp4"
    whole = client.get(path)
    assert whole.headers["content-type"] == "video/mp4"
    assert len(whole.content) == film["size_bytes"]
    part = client.get(path, headers={"Range": "bytes=4-7"})
    assert (part.status_code, part.content) == (206, b"ftyp")
    assert client.get(f"{API}/films/{'0' * 64}.mp4").status_code == 404
    (picture,) = [p["sha256"] for p in client.get(f"/api/v1/issues/{number}").json()["looks"]]
    assert client.get(f"{API}/films/{picture}.mp4").status_code == 404, "a picture is no film"
