"""Drawing and adjusting boxes over HTTP."""

from __future__ import annotations

from fastapi.testclient import TestClient

from api.auth import create_key
from issues.store import Store
from tests.api.patrol import Patrol

API = "/api/v1"
BOX = [0.125, 0.25, 0.5, 0.75]


def test_drawing_adjusting_and_taking_back(client: TestClient, patrol: Patrol) -> None:
    whole = client.get(f"{API}/issues/{patrol.new}").json()
    finding = whole["found"][0]
    photo = finding["sha256"]
    body = {"photo": photo, "category": "bin.overflow", "box": BOX, "note": "missed"}
    made = client.post(f"{API}/observations", json=body)
    assert made.status_code == 201, made.text
    assert made.json()["new"]
    assert made.json()["observation"]["model_id"] == "person"
    number = made.json()["issue"]["number"]
    kinds = [event["kind"] for event in client.get(f"{API}/issues/{number}").json()["events"]]
    assert kinds == ["found", "box_drawn"]
    better = {"box": BOX, "expected_version": whole["version"]}
    put = client.put(f"{API}/observations/{finding['id']}/box", json=better)
    assert put.status_code == 200, put.text
    stale = client.put(f"{API}/observations/{put.json()['observation']['id']}/box", json=better)
    assert (stale.status_code, stale.json()["code"]) == (409, "version_conflict")
    back = client.post(f"{API}/observations/{put.json()['observation']['id']}/take-back", json={})
    assert back.status_code == 200
    found = client.get(f"{API}/issues/{patrol.new}").json()["found"]
    assert [one["box"] for one in found] == [finding["box"]]


def test_the_change_is_audited(client: TestClient, patrol: Patrol) -> None:
    finding = client.get(f"{API}/issues/{patrol.new}").json()["found"][0]
    client.put(f"{API}/observations/{finding['id']}/box", json={"box": BOX})
    lines = client.get(f"{API}/audit").json()["items"]
    assert any(line["action"] == "PUT /observations/{observation}/box" for line in lines)


def test_what_is_refused(client: TestClient, patrol: Patrol, store: Store) -> None:
    photo = client.get(f"{API}/issues/{patrol.new}").json()["found"][0]["sha256"]
    good = {"photo": photo, "category": "litter.pile", "box": BOX}
    for change, status in [
        ({"box": [0.5, 0.2, 0.4, 0.6]}, 409),
        ({"box": [0, 0, 1.5, 1]}, 422),
        ({"category": "no.such"}, 409),
        ({"photo": "0" * 64}, 404),
        ({"photo": "../x"}, 422),
        ({"colour": "red"}, 422),
    ]:
        answer = client.post(f"{API}/observations", json=good | change)
        assert answer.status_code == status, (change, answer.text)
    reader = {"Authorization": f"Bearer {create_key(store, 'reader', ['read'])}"}
    assert client.post(f"{API}/observations", json=good, headers=reader).status_code == 403
