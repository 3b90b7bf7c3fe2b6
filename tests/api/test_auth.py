"""Who may do what: keys, scopes, sessions, foreign sites, guessers."""

from __future__ import annotations

import time

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

from api.app import create_app
from api.auth import PREFIX, create_key, ensure_admin_key, sha256_of
from api.session import COOKIE
from api.settings import Settings
from detect.errors import BadInput
from issues.keys import list_keys
from issues.store import Store, open_store
from tests.api.patrol import Patrol, now

ISSUES = "/api/v1/issues"
MOVE = {"action": "confirm"}

READS = [
    "/api/v1/issues",
    "/api/v1/issues.geojson",
    "/api/v1/observations",
    "/api/v1/photos",
    "/api/v1/areas",
    "/api/v1/areas.geojson",
    "/api/v1/catalogue",
]


def bearer(key: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {key}"}


def test_the_first_start_makes_one_admin_key(tmp_path: object, settings: Settings) -> None:
    store = open_store(None, settings.data_dir / "new")
    try:
        key = ensure_admin_key(store)
        assert key is not None
        assert key.startswith(PREFIX)
        assert len(key) > 40
        assert ensure_admin_key(store) is None
        with store.reading() as session:
            rows = list_keys(session)
        assert [(row.name, row.scopes) for row in rows] == [("admin", ("admin",))]
    finally:
        store.close()
    kept = (settings.data_dir / "new" / "tidycity.sqlite").read_bytes()
    wal = settings.data_dir / "new" / "tidycity.sqlite-wal"
    kept += wal.read_bytes() if wal.exists() else b""
    assert key.encode() not in kept
    assert sha256_of(key).encode() in kept


@pytest.mark.parametrize("scopes", [[], ["write"], ["read", "root"]])
def test_unknown_scopes_are_refused(store: Store, scopes: list[str]) -> None:
    with pytest.raises(BadInput, match="read, upload, review, admin"):
        create_key(store, "x", scopes)


@pytest.mark.parametrize("path", [*READS, "/api/v1/keys", "/api/v1/models", "/api/v1/jobs/x"])
def test_nothing_is_told_without_a_key(nobody: TestClient, path: str) -> None:
    answer = nobody.get(path)
    assert (answer.status_code, answer.json()["code"]) == (401, "not_signed_in")
    assert answer.headers["www-authenticate"] == "Bearer"


def test_health_needs_no_key(nobody: TestClient) -> None:
    assert nobody.get("/healthz").json()["status"] == "ok"
    assert nobody.get("/readyz").json() == {"status": "ready", "jobs_waiting": 0}


@pytest.mark.parametrize(
    ("scope", "statuses"),
    [
        ("read", {"read": 200, "move": 403, "upload": 403, "keys": 403}),
        ("upload", {"read": 403, "move": 403, "upload": 422, "keys": 403}),
        ("review", {"read": 200, "move": 200, "upload": 422, "keys": 403}),
        ("admin", {"read": 200, "move": 200, "upload": 422, "keys": 200}),
    ],
)
def test_scopes(
    nobody: TestClient, store: Store, patrol: Patrol, scope: str, statuses: dict[str, int]
) -> None:
    nobody.headers["X-API-Key"] = create_key(store, "someone", [scope])
    got = {
        "read": nobody.get(ISSUES).status_code,
        "move": nobody.post(f"{ISSUES}/{patrol.new}/moves", json=MOVE).status_code,
        "upload": nobody.post("/api/v1/photos").status_code,
        "keys": nobody.get("/api/v1/keys").status_code,
    }
    assert got == statuses


def test_keys_are_made_listed_and_revoked(nobody: TestClient, admin_key: str) -> None:
    made = nobody.post(
        "/api/v1/keys", json={"name": "Wang", "role": "reviewer"}, headers=bearer(admin_key)
    )
    assert made.status_code == 201
    key, key_id = made.json()["key"], made.json()["id"]
    assert nobody.get(ISSUES, headers=bearer(key)).status_code == 200
    listed = nobody.get("/api/v1/keys", headers=bearer(admin_key)).json()
    assert [row["name"] for row in listed] == ["admin", "Wang"]
    assert key not in str(listed)
    assert listed[1]["last_used_at"] is not None
    gone = nobody.delete(f"/api/v1/keys/{key_id}", headers=bearer(admin_key))
    assert gone.json()["revoked_at"] is not None
    refused = nobody.get(ISSUES, headers=bearer(key))
    assert (refused.status_code, refused.json()["code"]) == (401, "wrong_key")
    own = nobody.delete(f"/api/v1/keys/{listed[0]['id']}", headers=bearer(admin_key))
    assert (own.status_code, own.json()["code"]) == (409, "move_not_allowed")
    assert nobody.delete("/api/v1/keys/999", headers=bearer(admin_key)).status_code == 404


@pytest.mark.parametrize("key", ["", "x", "tck_", "tck_" + "a" * 43, "é", "tck_" + "a" * 500])
def test_wrong_keys(nobody: TestClient, key: str) -> None:
    answer = nobody.get(ISSUES, headers={"X-API-Key": key.encode()})
    assert (answer.status_code, answer.json()["code"]) == (401, "wrong_key")


def test_guessers_are_slowed_and_right_keys_are_not(nobody: TestClient, admin_key: str) -> None:
    got = [nobody.get(ISSUES, headers=bearer(f"tck_{i}")).status_code for i in range(8)]
    assert got == [401] * 5 + [429] * 3
    slowed = nobody.get(ISSUES, headers=bearer("tck_9"))
    assert slowed.json()["code"] == "too_many_attempts"
    assert int(slowed.headers["retry-after"]) >= 1
    assert nobody.get(ISSUES, headers=bearer(admin_key)).status_code == 200


def test_keys_can_be_switched_off(settings: Settings, store: Store, patrol: Patrol) -> None:
    open_house = settings.model_copy(update={"auth": False})
    with TestClient(create_app(open_house, store, console=False, now=now)) as client:
        assert client.get(ISSUES).status_code == 200
        moved = client.post(f"{ISSUES}/{patrol.new}/moves", json=MOVE)
        assert moved.json()["status"] == "confirmed"


def signed_in(app: FastAPI, nobody: TestClient, key: str) -> TestClient:
    door = app.state.services.door
    who = door.keys.by_key(key)
    nobody.cookies.set(COOKIE, door.signer.sign(who.key_id, now_s=time.time()))
    return nobody


def test_a_session_reads_and_moves_from_our_own_pages(
    app: FastAPI, nobody: TestClient, admin_key: str, patrol: Patrol
) -> None:
    client = signed_in(app, nobody, admin_key)
    assert client.get(ISSUES).status_code == 200
    ours = client.post(
        f"{ISSUES}/{patrol.new}/moves", json=MOVE, headers={"Origin": "http://testserver"}
    )
    assert ours.status_code == 200


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "http://evil.example"},
        {"Origin": "null"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site", "Origin": "http://other.testserver"},
    ],
)
def test_a_foreign_page_can_not_use_a_session(
    app: FastAPI, nobody: TestClient, admin_key: str, patrol: Patrol, headers: dict[str, str]
) -> None:
    client = signed_in(app, nobody, admin_key)
    answer = client.post(f"{ISSUES}/{patrol.new}/moves", json=MOVE, headers=headers)
    assert (answer.status_code, answer.json()["code"]) == (403, "foreign_origin")


def test_revoking_a_key_ends_its_sessions(
    app: FastAPI, nobody: TestClient, store: Store, admin_key: str
) -> None:
    key = create_key(store, "Wang", ["read"])
    client = signed_in(app, nobody, key)
    assert client.get(ISSUES).status_code == 200
    rows = client.get("/api/v1/keys", headers=bearer(admin_key)).json()
    client.delete(f"/api/v1/keys/{rows[-1]['id']}", headers=bearer(admin_key))
    assert client.get(ISSUES).status_code == 401


def test_answers_carry_the_headers_that_keep_browsers_safe(client: TestClient) -> None:
    answer = client.get(ISSUES, headers={"Origin": "http://evil.example", "X-Request-ID": "abc"})
    assert answer.headers["x-request-id"] == "abc"
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["x-frame-options"] == "DENY"
    assert answer.headers["cache-control"] == "no-store"
    assert "default-src 'self'" in answer.headers["content-security-policy"]
    assert "access-control-allow-origin" not in answer.headers
    odd = client.get(ISSUES, headers={"X-Request-ID": "a b\tc<script>"})
    assert odd.headers["x-request-id"].isalnum()
