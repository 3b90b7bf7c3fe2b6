"""Cameras over HTTP: settings with a version check, states, coverage, pictures, workers."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import cv2
import numpy as np
import pytest
from fastapi.testclient import TestClient

from api.auth import create_key
from api.settings import Settings
from api.watching.last_pictures import picture_path
from issues.cameras.accepting import accepted_since
from issues.cameras.camera import make_camera
from issues.cameras.registry import get_camera, put_camera
from issues.store import Store
from issues.store.camera_table import add_looks, turn_state
from issues.store.lease_table import Worker, renew
from tests.api.patrol import NOW

API = "/api/v1"
BODY: dict[str, Any] = {
    "url": "rtsp://10.0.0.7/ch1",
    "name": {"zh": "北门", "en": "North gate"},
    "credentials": "north",
    "active": ["06:00-22:00"],
    "categories": ["litter.pile"],
    "zones": [
        {
            "name": "kerb",
            "kind": "pavement",
            "corners": [[0, 0.5], [1, 0.5], [1, 1], [0, 1]],
        }
    ],
    "at": {"lat": 30.2741, "lon": 120.1551, "datum": "wgs84"},
}


@pytest.fixture
def north(client: TestClient) -> dict[str, Any]:
    answer = client.put(f"{API}/cameras/north", json=BODY)
    assert answer.status_code == 201, answer.text
    made: dict[str, Any] = answer.json()
    return made


def test_a_camera_is_added_and_read(client: TestClient, north: dict[str, Any]) -> None:
    answer = client.get(f"{API}/cameras/north")
    assert answer.headers["etag"] == '"1"'
    body = answer.json()
    assert body == north
    assert body["kind"] == "rtsp"
    assert body["active"] == ["06:00-22:00"]
    assert body["zones"][0]["corners"] == [[0, 0.5], [1, 0.5], [1, 1], [0, 1]]
    assert (body["state"], body["picture_at"], body["issues"]) == (None, None, [])
    assert [c["id"] for c in client.get(f"{API}/cameras").json()] == ["north"]


def test_two_people_change_one_camera(client: TestClient, north: dict[str, Any]) -> None:
    mine = client.put(
        f"{API}/cameras/north", json=BODY | {"every_s": 10}, headers={"If-Match": '"1"'}
    )
    assert (mine.status_code, mine.headers["etag"]) == (200, '"2"')
    theirs = client.put(
        f"{API}/cameras/north", json=BODY | {"every_s": 20}, headers={"If-Match": '"1"'}
    )
    assert (theirs.status_code, theirs.json()["code"]) == (412, "version_mismatch")
    assert client.get(f"{API}/cameras/north").json()["every_s"] == 10
    again = client.put(f"{API}/cameras/north", json=BODY, headers={"If-None-Match": "*"})
    assert again.status_code == 412, "there is one already"
    assert client.put(f"{API}/cameras/north", json=BODY, headers={"If-Match": "x"}).json()[
        "code"
    ] == ("version_mismatch")


@pytest.mark.parametrize(
    "url",
    ["rtsp://guard:s3cret@10.0.0.7/ch1", "http://10.0.0.7/snapshot.jpg?user=a&pwd=s3cret"],
)
def test_no_secret_comes_in(client: TestClient, url: str) -> None:
    answer = client.put(f"{API}/cameras/x", json=BODY | {"url": url})
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid")
    assert "s3cret" not in answer.text
    assert client.get(f"{API}/cameras").json() == []


def test_no_secret_goes_out_and_saving_keeps_it(client: TestClient, store: Store) -> None:
    token = "http://10.0.0.9/snapshot.jpg?token=s3cret"
    with store.transaction() as session:
        put_camera(session, make_camera({"id": "old", "url": token}), actor="cli", now=NOW)
    body = client.get(f"{API}/cameras/old").json()
    assert "s3cret" not in str(body)
    assert body["url"].endswith("token=***")
    assert client.put(f"{API}/cameras/old", json={"url": body["url"]}).status_code == 200
    with store.reading() as session:
        assert get_camera(session, "old").camera.url == token


@pytest.mark.parametrize(
    "change",
    [
        {"zones": [{"name": "bow", "corners": [[0, 0], [1, 1], [1, 0], [0, 1]]}]},
        {"zones": [{"name": "out", "corners": [[0, 0], [1.2, 0], [1, 1]]}]},
        {"categories": ["litter.nowhere"]},
        {"url": "gopher://x/y"},
        {"active": ["25:00-26:00"]},
        {"every_s": 0},
        {"password": "x"},
        {"at": {"lat": 30, "lon": 120}},
    ],
)
def test_what_can_not_be_is_refused(client: TestClient, change: dict[str, Any]) -> None:
    answer = client.put(f"{API}/cameras/x", json=BODY | change)
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid"), answer.text
    assert answer.json()["detail"]


def test_forgetting(client: TestClient, settings: Settings, north: dict[str, Any]) -> None:
    path = picture_path(settings.data_dir, "north")
    path.parent.mkdir()
    path.write_bytes(b"x")
    wrong = client.delete(f"{API}/cameras/north", headers={"If-Match": '"7"'})
    assert wrong.status_code == 412
    assert client.delete(f"{API}/cameras/north").status_code == 204
    assert client.get(f"{API}/cameras/north").status_code == 404
    assert client.delete(f"{API}/cameras/north").status_code == 404
    assert not path.exists()


def test_events_are_followed_by_cursor(
    client: TestClient, store: Store, north: dict[str, Any]
) -> None:
    with store.transaction() as session:
        turn_state(session, "north", "live", NOW, worker="w1")
        turn_state(session, "north", "offline", NOW, worker="w1", fault_code="refused", message="x")
    first = client.get(f"{API}/cameras/events?limit=2").json()
    assert [event["kind"] for event in first["items"]] == ["added", "state"]
    rest = client.get(f"{API}/cameras/events?cursor={first['next_cursor']}").json()
    assert [(e["to_state"], e["data"]["fault"]) for e in rest["items"]] == [("offline", "refused")]
    none = client.get(f"{API}/cameras/events?cursor={rest['next_cursor']}").json()
    assert none == {"items": [], "next_cursor": rest["next_cursor"], "total": None}
    assert client.get(f"{API}/cameras/events?camera=south").json()["items"] == []
    state = client.get(f"{API}/cameras/north").json()["state"]
    assert (state["state"], state["fault_code"], state["worker"]) == ("offline", "refused", "w1")


def test_hours_without_a_look_have_no_row(
    client: TestClient, store: Store, north: dict[str, Any]
) -> None:
    with store.transaction() as session:
        counts = {"looks": 10, "usable": 8, "late": 1}
        add_looks(session, "north", NOW - timedelta(hours=3), counts, {"good": 8, "dark": 2})
    (hour,) = client.get(f"{API}/cameras/hours").json()
    assert (hour["looks"], hour["usable"], hour["by_picture"]) == (10, 8, {"good": 8, "dark": 2})
    assert client.get(f"{API}/cameras/hours?camera=south").json() == []
    assert client.get(f"{API}/cameras/hours?since=2026-01-01T00:00:00").status_code == 422
    assert client.get(f"{API}/cameras/hours?since=2020-01-01T00:00:00Z").status_code == 422


def test_the_last_picture(client: TestClient, settings: Settings, north: dict[str, Any]) -> None:
    missing = client.get(f"{API}/cameras/north/picture.jpg")
    assert (missing.status_code, missing.json()["code"]) == (404, "not_found")
    path = picture_path(settings.data_dir, "north")
    path.parent.mkdir()
    image = np.full((90, 160, 3), 90, np.uint8)
    path.write_bytes(cv2.imencode(".jpg", image)[1].tobytes())
    answer = client.get(f"{API}/cameras/north/picture.jpg")
    assert answer.headers["content-type"] == "image/jpeg"
    decoded = cv2.imdecode(np.frombuffer(answer.content, np.uint8), cv2.IMREAD_COLOR)
    assert decoded is not None
    assert decoded.shape == image.shape
    same = client.get(
        f"{API}/cameras/north/picture.jpg", headers={"If-None-Match": answer.headers["etag"]}
    )
    assert same.status_code == 304
    assert client.get(f"{API}/cameras/south/picture.jpg").status_code == 404
    assert client.get(f"{API}/cameras/north").json()["picture_at"] is not None


def test_accepting_a_view_is_left_for_the_worker(
    client: TestClient, store: Store, north: dict[str, Any]
) -> None:
    answer = client.post(f"{API}/cameras/north/view")
    assert answer.status_code == 202
    with store.reading() as session:
        assert [line.camera for line in accepted_since(session, 0)] == ["north"]
        assert not accepted_since(session, answer.json()["event"])
    assert client.post(f"{API}/cameras/south/view").status_code == 404


def test_workers_are_drained(client: TestClient, store: Store, north: dict[str, Any]) -> None:
    worker = Worker("w1", "host", 7)
    with store.transaction() as session:
        assert renew(session, worker, NOW) == {"north"}
    (told,) = client.get(f"{API}/cameras/workers").json()
    assert (told["id"], told["cameras"], told["draining"]) == ("w1", 1, False)
    assert client.post(f"{API}/cameras/workers/w1/drain").json()[0]["draining"]
    with store.transaction() as session:
        assert renew(session, worker, NOW) == frozenset()
    assert client.post(f"{API}/cameras/workers/w2/drain").status_code == 404


def test_a_reader_may_look_only(nobody: TestClient, store: Store) -> None:
    nobody.headers["Authorization"] = f"Bearer {create_key(store, 'looker', ['read'])}"
    assert nobody.get(f"{API}/cameras").status_code == 200
    for method, path in [
        ("PUT", "cameras/x"),
        ("DELETE", "cameras/x"),
        ("POST", "cameras/x/view"),
        ("POST", "cameras/workers/w/drain"),
    ]:
        answer = nobody.request(method, f"{API}/{path}", json=BODY)
        assert (answer.status_code, answer.json()["code"]) == (403, "missing_scope"), path
