"""Issues over HTTP: lists, filters, GeoJSON, one issue, and the moves of people."""

from __future__ import annotations

import pytest
from fastapi.testclient import TestClient

from tests.api.patrol import Patrol

ISSUES = "/api/v1/issues"


def numbers(client: TestClient, query: str = "") -> set[str]:
    answer = client.get(f"{ISSUES}?{query}")
    assert answer.status_code == 200, answer.text
    return {item["number"] for item in answer.json()["items"]}


def test_the_patrol_is_five_issues(client: TestClient, patrol: Patrol) -> None:
    answer = client.get(ISSUES, params={"total": True}).json()
    assert answer["total"] == 5
    assert answer["next_cursor"] is None
    by_number = {item["number"]: item for item in answer["items"]}
    stays = by_number[patrol.stays]
    assert stays["observations"] == 2
    assert stays["category"]["code"] == "litter.pile"
    assert stays["category"]["zh"] == "暴露垃圾"
    assert stays["place"]["lat"] == pytest.approx(30.2741, abs=1e-4)
    assert stays["best"]["url"].startswith("/api/v1/evidence/")
    fixed = by_number[patrol.fixed]
    assert fixed["proposal"] == "fixed"
    assert fixed["after"]["source"] == "fixed-2.jpg"
    assert by_number[patrol.back]["recurrences"] == 1
    assert by_number[patrol.back]["status"] == "reopened"
    assert by_number[patrol.unplaced]["place"] is None


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("proposal=fixed", {"fixed"}),
        ("status=reopened", {"back"}),
        ("status=reopened&status=candidate", {"back", "stays", "fixed", "new", "unplaced"}),
        ("category=litter.scattered", {"fixed"}),
        ("group=bin", {"back"}),
        ("has_place=false", {"unplaced"}),
        ("bbox=120.15,30.2735,120.16,30.2745", {"stays"}),
        ("bbox=0,0,1,1", set()),
        ("q=back-3.jpg", {"back"}),
        ("since=2026-05-08T00:00:00Z", {"stays", "back", "new", "unplaced"}),
        ("until=2026-05-08T00:00:00%2B08:00", {"fixed"}),
        ("area=", {"stays", "fixed", "back", "new", "unplaced"}),
    ],
)
def test_filters(client: TestClient, patrol: Patrol, query: str, expected: set[str]) -> None:
    assert numbers(client, query) == {getattr(patrol, name) for name in expected}


@pytest.mark.parametrize(
    ("query", "code", "status"),
    [
        ("bbox=1,2,3", "invalid", 422),
        ("bbox=1,2,x,4", "invalid", 422),
        ("bbox=1,99,2,100", "invalid", 422),
        ("bbox=nan,nan,nan,nan", "invalid", 422),
        ("status=odd", "invalid", 422),
        ("sort=odd", "invalid", 422),
        ("limit=0", "invalid", 422),
        ("limit=501", "invalid", 422),
        ("since=2026-05-08T00:00:00", "invalid", 422),
        ("cursor=zzz", "bad_query", 400),
        ("cursor=%00", "bad_query", 400),
    ],
)
def test_odd_queries_say_what_is_wrong(
    client: TestClient, patrol: Patrol, query: str, code: str, status: int
) -> None:
    answer = client.get(f"{ISSUES}?{query}")
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    body = answer.json()
    assert body["code"] == code
    assert body["type"] == f"urn:tidycity:problem:{code}"
    assert body["detail"]
    assert body["request_id"] == answer.headers["x-request-id"]


def test_pages_join_to_the_whole(client: TestClient, patrol: Patrol) -> None:
    for sort in (
        "recent",
        "oldest",
        "newest",
        "deadline",
        "score",
        "recurrences",
        "number",
        "risk",
    ):
        found, cursor = [], None
        while True:
            params = {"limit": 2, "sort": sort} | ({"cursor": cursor} if cursor else {})
            page = client.get(ISSUES, params=params).json()
            found += [item["number"] for item in page["items"]]
            cursor = page["next_cursor"]
            if cursor is None:
                break
        assert len(found) == len(set(found)) == 5, sort


def test_geojson_by_address_and_by_accept(client: TestClient, patrol: Patrol) -> None:
    by_address = client.get(f"{ISSUES}.geojson")
    by_accept = client.get(ISSUES, headers={"Accept": "application/geo+json"})
    assert by_address.headers["content-type"] == "application/geo+json"
    assert by_accept.headers["content-type"] == "application/geo+json"
    body = by_address.json()
    assert body == by_accept.json()
    assert body["type"] == "FeatureCollection"
    places = {f["id"]: f["geometry"] for f in body["features"]}
    assert places[patrol.unplaced] is None
    lon, lat = places[patrol.stays]["coordinates"]
    assert (lon, lat) == (pytest.approx(120.1551, abs=1e-4), pytest.approx(30.2741, abs=1e-4))


def test_one_issue_has_everything_and_an_etag(client: TestClient, patrol: Patrol) -> None:
    answer = client.get(f"{ISSUES}/{patrol.back}")
    body = answer.json()
    assert answer.headers["etag"] == f'"{body["version"]}"'
    assert [o["source"] for o in body["found"]] == ["back-3.jpg", "back-1.jpg"]
    assert [look["box"] is None for look in body["looks"]] == [False, True, False]
    assert "confirm" in body["actions"]
    assert {event["kind"] for event in body["events"]} >= {"found", "returned"}
    by_id = client.get(f"{ISSUES}/{body['id']}").json()
    assert by_id == body
    same = client.get(f"{ISSUES}/{patrol.back}", headers={"If-None-Match": answer.headers["etag"]})
    assert (same.status_code, same.content) == (304, b"")


@pytest.mark.parametrize("number", ["TC-1999-000001", "x", "'; DROP TABLE issues", "%F0%9F%98%80"])
def test_no_such_issue(client: TestClient, patrol: Patrol, number: str) -> None:
    answer = client.get(f"{ISSUES}/{number}")
    assert (answer.status_code, answer.json()["code"]) == (404, "not_found")


def move(client: TestClient, number: str, body: dict[str, object], **headers: str):
    return client.post(f"{ISSUES}/{number}/moves", json=body, headers=headers)


def test_confirm_reject_duplicate_close_undo(client: TestClient, patrol: Patrol) -> None:
    assert move(client, patrol.stays, {"action": "confirm"}).json()["status"] == "confirmed"
    rejected = move(client, patrol.new, {"action": "reject", "reason": "permitted", "note": "ok"})
    assert rejected.json()["reject_reason"] == "permitted"
    same = move(client, patrol.unplaced, {"action": "duplicate", "duplicate_of": patrol.stays})
    assert same.json()["duplicate_of"] == patrol.stays
    assert move(client, patrol.fixed, {"action": "confirm"}).status_code == 200
    assert move(client, patrol.fixed, {"action": "close"}).json()["status"] == "closed"
    assert move(client, patrol.fixed, {"action": "undo"}).json()["status"] == "confirmed"
    event = client.get(f"{ISSUES}/{patrol.new}").json()["events"][-1]
    assert (event["actor"], event["reason"], event["note"]) == ("admin", "permitted", "ok")
    assert client.get(f"{ISSUES}/{patrol.stays}").json()["duplicates"] == [patrol.unplaced]


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        ({"action": "reject"}, 409, "move_not_allowed"),
        ({"action": "duplicate"}, 409, "move_not_allowed"),
        ({"action": "reopen"}, 409, "move_not_allowed"),
        ({"action": "undo"}, 409, "move_not_allowed"),
        ({"action": "change_category", "category": "no.such"}, 409, "move_not_allowed"),
        ({"action": "explode"}, 422, "invalid"),
        ({"action": "reject", "reason": "because"}, 422, "invalid"),
        ({"action": "confirm", "note": "x" * 2001}, 422, "invalid"),
        ({"action": "confirm", "odd": 1}, 422, "invalid"),
        ({}, 422, "invalid"),
    ],
)
def test_moves_that_are_refused(
    client: TestClient, patrol: Patrol, body: dict[str, object], status: int, code: str
) -> None:
    answer = move(client, patrol.new, body)
    assert (answer.status_code, answer.json()["code"]) == (status, code), answer.text
    assert client.get(f"{ISSUES}/{patrol.new}").json()["status"] == "candidate"


def test_two_people_do_not_decide_against_each_other(client: TestClient, patrol: Patrol) -> None:
    seen = client.get(f"{ISSUES}/{patrol.new}")
    etag, version = seen.headers["etag"], seen.json()["version"]
    first = move(client, patrol.new, {"action": "confirm"}, **{"If-Match": etag})
    assert first.status_code == 200
    assert first.headers["etag"] != etag
    reject = {"action": "reject", "reason": "permitted"}
    late = move(client, patrol.new, reject, **{"If-Match": etag})
    assert (late.status_code, late.json()["code"]) == (412, "version_mismatch")
    late = move(client, patrol.new, {**reject, "expected_version": version})
    assert (late.status_code, late.json()["code"]) == (409, "version_conflict")
    odd = move(client, patrol.new, reject, **{"If-Match": "no-etag"})
    assert (odd.status_code, odd.json()["code"]) == (412, "version_mismatch")
    assert move(client, patrol.new, reject, **{"If-Match": first.headers["etag"]}).is_success


def test_an_idempotency_key_makes_a_move_once(client: TestClient, patrol: Patrol) -> None:
    once = {"Idempotency-Key": "k-1"}
    first = move(client, patrol.new, {"action": "confirm"}, **once)
    again = move(client, patrol.new, {"action": "confirm"}, **once)
    assert first.json()["version"] == again.json()["version"]
    events = client.get(f"{ISSUES}/{patrol.new}").json()["events"]
    assert [event["kind"] for event in events].count("confirm") == 1


def test_observations_and_photos(client: TestClient, patrol: Patrol) -> None:
    seen = client.get("/api/v1/observations", params={"issue": patrol.stays}).json()["items"]
    assert {o["source"] for o in seen} == {"stays-1.jpg", "stays-2.jpg"}
    first = client.get("/api/v1/observations", params={"limit": 3}).json()
    rest = client.get(
        "/api/v1/observations", params={"limit": 500, "cursor": first["next_cursor"]}
    ).json()
    assert len(first["items"]) + len(rest["items"]) == 7
    photos = client.get("/api/v1/photos").json()["items"]
    assert len(photos) == 10
    bad = client.get("/api/v1/photos", params={"status": "unreadable"}).json()["items"]
    assert [(p["source"], p["reason_code"]) for p in bad] == [("bad.jpg", "truncated")]
    one = client.get(f"/api/v1/photos/{photos[0]['id']}")
    assert one.json() == photos[0]
    assert client.get("/api/v1/photos/999999").status_code == 404
