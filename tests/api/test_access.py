"""Who may do what: every route for every role, and a unit that guesses what isn't its own."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

from api.access import PAGES, ROLES, ROUTES, first_page, roles_for_page, roles_for_route
from api.auth import KeyBook, create_role_key
from detect.errors import BadInput
from issues.store import Store
from tests.api.patrol import Patrol

API = "/api/v1"
MINE, OTHERS = "城管局", "市场监管局"
VALUES = {
    "issue": "TC-2026-999999",
    "photo": "999999",
    "job": "nothing",
    "sha256": "0" * 64,
    "key": "999999",
    "export": "nothing",
    "inspection": "999999",
    "entry": "999999",
    "code": "nothing",
    "verification_id": "999999",
}


def bearer(key: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {key}"}


def role_keys(store: Store) -> dict[str, str]:
    return {
        role: create_role_key(store, f"a {role}", role, MINE if role == "unit" else None)
        for role in ROLES
    }


def operations(app: FastAPI) -> Iterator[tuple[str, str, bool]]:
    for path, methods in app.openapi()["paths"].items():
        for method, operation in methods.items():
            yield method.upper(), path, "security" in operation


def filled(path: str) -> str:
    return re.sub(r"\{(\w+)\}", lambda found: VALUES.get(found[1], "nothing"), path)


def test_every_route_for_every_role(app: FastAPI, nobody: TestClient, store: Store) -> None:
    """401 without a key, 403 for a role that the table leaves out, never 401 or 403 for others."""
    keys = role_keys(store)
    wrong: list[tuple[str, str, str, int]] = []
    walked = 0
    for method, path, guarded in operations(app):
        if not guarded:
            continue
        allowed = roles_for_route(method, path)
        if allowed is None:
            continue
        address = filled(path)
        if nobody.request(method, address).status_code != 401:
            wrong.append(("nobody", method, path, 0))
        for role, key in keys.items():
            status = nobody.request(method, address, headers=bearer(key)).status_code
            walked += 1
            if (status == 403) != (role not in allowed) or status in {401, 500}:
                wrong.append((role, method, path, status))
    assert not wrong
    assert walked > 300


def test_the_table_names_every_guarded_route(app: FastAPI) -> None:
    missing = [
        f"{method} {path}"
        for method, path, guarded in operations(app)
        if guarded and roles_for_route(method, path) is None
    ]
    assert not missing, "api/access.py doesn't say who may use these"


def test_the_table_names_no_route_that_there_is_not(app: FastAPI) -> None:
    there = {f"{method} {path.removeprefix(API)}" for method, path, _ in operations(app)}
    assert set(ROUTES) <= there
    named = {role for roles in (*ROUTES.values(), *PAGES.values()) for role in roles.split()}
    assert named <= set(ROLES)


def assign(client: TestClient, number: str, unit: str) -> str:
    for move in ({"action": "confirm"}, {"action": "assign", "unit": unit}):
        answer = client.post(f"{API}/issues/{number}/moves", json=move)
        assert answer.status_code == 200, answer.text
    body: str = client.get(f"{API}/issues/{number}").json()["number"]
    return body


@pytest.fixture
def units(client: TestClient, store: Store, patrol: Patrol) -> tuple[TestClient, str, str]:
    """A client with a unit's key, an issue of its own, and one of another unit."""
    mine, other = assign(client, patrol.new, MINE), assign(client, patrol.stays, OTHERS)
    client.headers["Authorization"] = f"Bearer {create_role_key(store, 'unit', 'unit', MINE)}"
    return client, mine, other


def test_a_unit_sees_its_own_issues_only(units: tuple[TestClient, str, str]) -> None:
    unit, mine, other = units
    listed = unit.get(f"{API}/issues", params={"total": True}).json()
    assert ([row["number"] for row in listed["items"]], listed["total"]) == ([mine], 1)
    asked = unit.get(f"{API}/issues", params={"unit": OTHERS}).json()
    assert asked["items"] == []
    places = unit.get(f"{API}/issues.geojson").json()
    assert len(places["features"]) == 1
    assert unit.get(f"{API}/issues/{mine}").status_code == 200
    for path in ("", "/verifications"):
        guess = unit.get(f"{API}/issues/{other}{path}")
        assert (guess.status_code, guess.json()["code"]) == (404, "not_found")
    by_id = unit.get(f"{API}/issues/{mine}").json()["id"]
    assert unit.get(f"{API}/issues/{by_id}").status_code == 200


def test_what_a_unit_is_told_of_others_is_what_it_is_told_of_nothing(
    units: tuple[TestClient, str, str],
) -> None:
    unit, _, other = units
    bodies = [
        unit.get(f"{API}/issues/{number}").json() | {"request_id": ""}
        for number in (other, "TC-2026-999999")
    ]
    assert bodies[0] == bodies[1]


def test_a_unit_answers_its_own_issues_only(units: tuple[TestClient, str, str]) -> None:
    unit, mine, other = units
    report = {"action": "report_fixed", "note": "cleared"}
    assert unit.post(f"{API}/issues/{other}/moves", json=report).status_code == 404
    refused = unit.post(f"{API}/issues/{mine}/moves", json={"action": "close"})
    assert (refused.status_code, refused.json()["code"]) == (403, "missing_scope")
    many = unit.post(f"{API}/issues/moves", json={"action": "report_fixed", "issues": [mine]})
    assert many.status_code == 403
    done = unit.post(f"{API}/issues/{mine}/moves", json=report)
    assert (done.status_code, done.json()["status"]) == (200, "reported_fixed")


def test_a_unit_sees_pictures_of_its_own_issues_only(units: tuple[TestClient, str, str]) -> None:
    unit, mine, other = units
    seen = unit.get(f"{API}/issues/{mine}").json()
    own = seen["best"]["sha256"]
    assert unit.get(f"{API}/evidence/{own}.jpg", params={"width": 64}).status_code == 200
    drawn: dict[str, str | int] = {"boxes": True, "issue": other, "width": 64}
    assert unit.get(f"{API}/evidence/{own}.jpg", params=drawn).status_code == 404
    assert unit.get(f"{API}/evidence/{own}.jpg", params={"original": True}).status_code == 403


def test_a_unit_can_not_take_a_foreign_photo_as_its_proof(
    units: tuple[TestClient, str, str],
) -> None:
    unit, mine, _ = units
    for photo in ("1", "2", "0" * 64):
        move = {"action": "report_fixed", "photo": photo}
        answer = unit.post(f"{API}/issues/{mine}/moves", json=move)
        assert (answer.status_code, answer.json()["code"]) == (404, "not_found")


def test_pages_for_roles() -> None:
    assert roles_for_page("/keys") == {"admin"}
    assert "unit" not in roles_for_page("/issues/{number}")
    assert roles_for_page("/a page of tomorrow") == {"viewer", "reviewer", "admin"}
    starts = {role: first_page(frozenset({role})) for role in ROLES}
    assert starts["unit"] == "/tasks"
    assert starts["inspector"] == "/snap"
    assert starts["camera"] == "/sign-in"
    for role, page in starts.items():
        assert page == "/sign-in" or role in roles_for_page(page)


def test_keys_end(store: Store, nobody: TestClient) -> None:
    start = datetime(2026, 5, 1, tzinfo=UTC)
    times = [start]
    book = KeyBook(store, lambda: times[0])
    key, row = book.create("Wang", "viewer", expires_at=start + timedelta(days=90))
    assert row.hint == key[:10]
    assert book.by_key(key) is not None
    assert book.by_id(row.id) is not None
    times[0] = start + timedelta(days=90)
    assert book.by_key(key) is None
    assert book.by_id(row.id) is None


@pytest.mark.parametrize(
    ("role", "unit", "code"),
    [
        ("unit", None, "unit_missing"),
        ("unit", "  ", "unit_missing"),
        ("viewer", "x", "unit_not_asked"),
    ],
)
def test_units_have_units(store: Store, role: str, unit: str | None, code: str) -> None:
    with pytest.raises(BadInput) as caught:
        create_role_key(store, "x", role, unit)  # type: ignore[arg-type]
    assert caught.value.code == code


def test_keys_of_roles_through_the_api(client: TestClient) -> None:
    wish = {"name": "管理局", "role": "unit", "unit": MINE, "expires_days": 90}
    made = client.post(f"{API}/keys", json=wish)
    assert made.status_code == 201
    body = made.json()
    assert (body["role"], body["unit"]) == ("unit", MINE)
    assert body["key"].startswith(body["hint"])
    assert body["expires_at"] > body["created_at"]
    me = client.get(f"{API}/whoami", headers=bearer(body["key"])).json()
    assert me == {"name": "管理局", "role": "unit", "unit": MINE}
    for bad in ({"role": "unit"}, {"role": "root"}, {"role": "viewer", "unit": MINE}):
        assert client.post(f"{API}/keys", json={"name": "x", **bad}).status_code == 422
