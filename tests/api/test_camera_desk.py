"""One camera's looks, decoded, through the desk: what clears a pile and what doesn't."""

from __future__ import annotations

from collections.abc import Sequence
from copy import deepcopy
from dataclasses import replace
from datetime import timedelta

import pytest

pytest.importorskip("av", reason="the extra camera is not installed")

from street_scene import (
    AT,
    HEAP,
    behind_a_person,
    behind_a_truck,
    coded,
    dimmed,
    frames,
    in_headlights,
    in_rain,
)

from api.watching.bystanders import Bystanders
from api.watching.desk import Desk
from api.watching.views import KeptViews, view_path
from detect.passers import Passers
from detect.stream.decoding import decode
from detect.stream.health import CameraState, Picture
from detect.stream.look import Look
from detect.stream.view import ViewWatch, sketch
from detect.types import Detections, Observation
from issues.cameras.camera import make_camera
from issues.cameras.confirmation import Gone, Seen
from issues.catalogue import load_catalogue

EVERY = timedelta(seconds=75)
CAMERA = make_camera({"id": "kerb", "url": "rtsp://127.0.0.1/kerb", "categories": ["litter.pile"]})


class Street:
    """Shows pictures to a desk, one look each; the network is told what it finds."""

    def __init__(self, memories=None, known=None, bystanders=None):
        ground = known.ground if known else None
        self.desk = Desk(
            CAMERA, load_catalogue(), {"litter.pile"}, memories or {}, ground, bystanders
        )
        self.view = ViewWatch(list(known.references) if known else [])
        self.at, self.said, self.looks = AT, [], []

    def show(self, images: Sequence, *, finds: bool) -> list[type]:
        before = len(self.said)
        for one in coded(images, seed=len(self.looks)):
            self.at += EVERY
            decoded = decode(one, longer_side_px=512)
            drawn = sketch(decoded.image)
            moved = self.view.look(drawn, good=True)[1]
            found = Observation("litter.pile", HEAP, 0.8, "street", "1", one.sha256)
            look = Look(
                "kerb",
                self.at,
                0.0,
                Picture.MOVED if moved else Picture.GOOD,
                CameraState.MOVED if moved else CameraState.LIVE,
                (found,) if finds else (),
                (),
                replace(one, arrived_at=self.at),
                decoded.image,
                decoded.full_width_px,
                decoded.full_height_px,
                drawn,
                tuple(self.view.references),
            )
            self.looks.append(look)
            self.said += self.desk.take(look)
        return [type(one.statement) for one in self.said[before:]]


@pytest.fixture(scope="module")
def street():
    return frames()


@pytest.fixture(scope="module")
def watched_once(street):
    """A desk that saw the clean street, then the pile, and said so."""
    made = Street()
    assert made.show([street[0]] * 13, finds=False) == []
    assert made.show([street[1]] * 12, finds=True) == [Seen]
    return made


@pytest.fixture
def watched(watched_once):
    """The same, to go on from."""
    return deepcopy(watched_once)


def test_what_passes_and_parks_clears_nothing_and_its_absence_does(watched, street):
    clean, heap = street
    assert watched.show([behind_a_truck(heap)] * 14, finds=False) == []
    people = [behind_a_person(heap, sway) for sway in (0, 9, -7, 12, -9, 4, -12) * 2]
    assert watched.show(people, finds=False) == []
    assert watched.show([in_rain(heap, n) for n in range(13)], finds=False) == []
    passing = [in_headlights(heap, 0.2 + 0.04 * n) for n in range(14)]
    assert watched.show(passing, finds=False) == []
    assert watched.show([dimmed(heap)] * 13, finds=False) == [], "overlooked in another light"
    assert watched.show([heap] * 3, finds=True) == [], "it is the same issue"
    assert watched.show([behind_a_truck(clean)] * 14, finds=False) == []
    assert watched.show([clean] * 14, finds=False) == [Gone]


def test_who_stands_where_it_was_holds_the_clearing_back(watched, street, tmp_path):
    clean, heap = street
    views = KeptViews(tmp_path)
    assert views.offer(watched.looks[-1], watched.desk)
    asked, parks = [], [True]

    def parked(image):
        high, wide = image.shape[:2]
        asked.append(high)
        x1, y1, x2, y2 = HEAP
        van = [x1 * wide, 0, x2 * wide, (y1 + 0.6 * (y2 - y1)) * high]
        return Detections.of([van] * parks[0], [0.8] * parks[0], [0] * parks[0], ("vehicle",))

    other = Street(watched.desk.memories, KeptViews(tmp_path).read(CAMERA), Bystanders(parked))
    other.at = watched.at
    assert other.show([heap] * 3, finds=True) == []
    assert not asked, "nobody is asked while it is seen"
    assert other.show([clean] * 14, finds=False) == []
    assert asked
    parks[0] = False
    assert other.show([clean] * 14, finds=False) == [Gone]


def test_without_the_scene_network_edges_alone_decide(watched, street, tmp_path, caplog):
    clean, _ = street
    views = KeptViews(tmp_path)
    assert views.offer(watched.looks[-1], watched.desk)
    gone = Bystanders(Passers(str(tmp_path / "no-model")).find)
    other = Street(watched.desk.memories, KeptViews(tmp_path).read(CAMERA), gone)
    other.at = watched.at
    assert other.show([clean] * 14, finds=False) == [Gone]
    assert caplog.text.count("not told before clearing") == 1


def test_another_worker_goes_on_from_the_files(watched, street, tmp_path):
    clean, heap = street
    views = KeptViews(tmp_path)
    assert views.offer(watched.looks[-1], watched.desk)
    assert not views.offer(watched.looks[-1], watched.desk), "not at every look"
    known = KeptViews(tmp_path).read(CAMERA)
    other = Street(watched.desk.memories, known)
    other.at = watched.at
    assert other.show([behind_a_truck(heap)] * 13, finds=False) == []
    assert other.show([clean] * 14, finds=False) == [Gone]


def test_a_camera_that_was_moved_meanwhile_is_noticed_and_clears_nothing(watched, street, tmp_path):
    KeptViews(tmp_path).offer(watched.looks[-1], watched.desk)
    other = Street(watched.desk.memories, KeptViews(tmp_path).read(CAMERA))
    other.at = watched.at
    elsewhere = street[0][:, ::-1].copy()
    assert other.show([elsewhere] * 14, finds=False) == []
    assert {look.state for look in other.looks} == {CameraState.MOVED}
    other.view.accept()
    other.desk.view_accepted()
    other.show([elsewhere] * 2, finds=False)
    assert other.looks[-1].usable
    assert other.desk.ground.looks == 2, "what was known was of the other view"


def test_a_file_of_another_address_or_a_spoilt_one_is_no_view(watched, tmp_path, caplog):
    KeptViews(tmp_path).offer(watched.looks[-1], watched.desk)
    elsewhere = CAMERA.model_copy(update={"url": "rtsp://127.0.0.1/other"})
    assert KeptViews(tmp_path).read(elsewhere).references == ()
    path = view_path(tmp_path / "cameras", "kerb")
    path.write_bytes(path.read_bytes()[:200])
    assert KeptViews(tmp_path).read(CAMERA).references == ()
    assert "can't be read" in caplog.text


def test_a_full_disk_keeps_no_view_and_ends_nothing(watched, tmp_path, caplog):
    (tmp_path / "cameras").write_text("a file where the folder should be")
    assert not KeptViews(tmp_path).offer(watched.looks[-1], watched.desk)
    assert "is not kept" in caplog.text
