"""Who reviewed what."""

from __future__ import annotations

from fastapi.testclient import TestClient

from tests.api.patrol import Patrol

REVIEWS = "/api/v1/reviews"


def test_moves_of_people_newest_first(client: TestClient, patrol: Patrol) -> None:
    assert client.get(REVIEWS).json()["items"] == []
    address = f"/api/v1/issues/{patrol.new}/moves"
    client.post(address, json={"action": "confirm", "note": "seen"})
    client.post(address, json={"action": "undo"})
    page = client.get(REVIEWS, params={"limit": 1}).json()
    (newest,) = page["items"]
    assert (newest["actor"], newest["issue"], newest["action"]) == ("admin", patrol.new, "undo")
    rest = client.get(REVIEWS, params={"cursor": page["next_cursor"]}).json()
    (oldest,) = rest["items"]
    assert (oldest["action"], oldest["to_status"], oldest["note"]) == (
        "confirm",
        "confirmed",
        "seen",
    )
    assert rest["next_cursor"] is None
    only = client.get(REVIEWS, params={"action": "confirm", "actor": "admin"}).json()["items"]
    assert [row["action"] for row in only] == ["confirm"]
    assert client.get(REVIEWS, params={"actor": "nobody"}).json()["items"] == []
    assert client.get(REVIEWS, params={"cursor": "x"}).status_code == 400
