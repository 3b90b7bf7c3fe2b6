"""Findings of a detector elsewhere: with a photo and without, repeated, wrong, and by whom."""

from __future__ import annotations

import base64
import io
from datetime import timedelta
from typing import Any

import numpy as np
import pytest
from fastapi.testclient import TestClient
from PIL import Image

from api.auth import create_role_key
from issues.store import Store
from tests.api.patrol import now

LIST = "/api/v1/observations"
URL = f"{LIST}/frames"
SPOT = {"lat": 30.2741, "lon": 120.1551, "datum": "wgs84", "accuracy_m": 5.0}


def photo(seed: int = 1) -> str:
    """A picture with enough in it to be relied on, as base64."""
    noise = np.random.default_rng(seed).integers(0, 255, (48, 64, 3), np.uint8)
    out = io.BytesIO()
    Image.fromarray(noise).resize((1280, 960), Image.Resampling.NEAREST).save(out, "JPEG")
    return base64.b64encode(out.getvalue()).decode()


def said(days: float = 1, **more: Any) -> dict[str, Any]:
    taken = now() - timedelta(days=days)
    return {
        "model": {"id": "box-ai", "version": "3.2"},
        "taken_at": taken.isoformat(),
        "place": SPOT,
        "findings": [{"category": "litter.pile", "box": [0.3, 0.5, 0.5, 0.7], "score": 0.9}],
    } | more


def test_a_photo_with_findings_makes_an_issue_with_evidence(client: TestClient) -> None:
    answer = client.post(URL, json=said(photo=photo(), name="gate.jpg"))
    assert answer.status_code == 201, answer.text
    body = answer.json()
    (number,) = body["new_issues"]
    (found,) = body["observations"]
    assert found["model_id"] == "outside/box-ai"
    assert found["issue_number"] == number
    assert found["source"] == "gate.jpg"
    issue = client.get(f"/api/v1/issues/{number}").json()
    assert issue["status"] == "candidate"
    assert issue["place"]["lat"] == pytest.approx(30.2741)
    assert client.get(issue["best"]["url"]).headers["content-type"] == "image/jpeg"
    lines = client.get("/api/v1/audit").json()["items"]
    assert lines[0]["action"] == "POST /observations/frames"


def test_the_same_again_changes_nothing(client: TestClient) -> None:
    first = client.post(URL, json=said(photo=photo())).json()
    again = client.post(URL, json=said(photo=photo()))
    assert again.status_code == 200
    assert again.json()["repeated"] is True
    assert again.json()["photo_id"] == first["photo_id"]
    assert again.json()["new_issues"] == []
    assert len(client.get(LIST).json()["items"]) == 1


def test_without_a_photo_the_key_tells_repeats_apart(client: TestClient) -> None:
    bare = client.post(URL, json=said())
    assert (bare.status_code, bare.json()["code"]) == (422, "invalid")
    headers = {"Idempotency-Key": "frame-1"}
    first = client.post(URL, json=said(), headers=headers)
    assert first.status_code == 201
    (number,) = first.json()["new_issues"]
    assert client.post(URL, json=said(), headers=headers).status_code == 200
    other = said(findings=[{"category": "bin.overflow", "box": [0, 0, 0.2, 0.2], "score": 0.5}])
    conflict = client.post(URL, json=other, headers=headers)
    assert (conflict.status_code, conflict.json()["code"]) == (409, "idempotency_conflict")
    later = client.post(URL, json=said(days=0.5), headers={"Idempotency-Key": "frame-2"})
    assert later.json()["seen_again"] == [number]
    issue = client.get(f"/api/v1/issues/{number}").json()
    assert issue["observations"] == 2
    assert issue["best"]["url"] is None


def test_only_a_photo_that_can_be_relied_on_shows_a_place_clean(client: TestClient) -> None:
    (number,) = client.post(URL, json=said(days=3, photo=photo(1))).json()["new_issues"]
    clear: dict[str, Any] = {"findings": [], "looked_for": ["litter.pile"]}
    refused = client.post(URL, json=said(days=2, **clear), headers={"Idempotency-Key": "x"})
    assert refused.json()["code"] == "invalid"
    dark = io.BytesIO()
    Image.new("RGB", (1280, 960)).save(dark, "JPEG")
    black = base64.b64encode(dark.getvalue()).decode()
    assert client.post(URL, json=said(days=1.5, photo=black, **clear)).status_code == 201
    assert client.get(f"/api/v1/issues/{number}").json()["proposal"] is None
    for n in (2, 3):
        answer = client.post(URL, json=said(days=1.2 - n / 10, photo=photo(n), **clear))
        assert answer.status_code == 201
    assert client.get(f"/api/v1/issues/{number}").json()["proposal"] == "fixed"


@pytest.mark.parametrize(
    ("change", "status", "code"),
    [
        ({"photo": "?"}, 422, "invalid"),
        ({"photo": base64.b64encode(b"<svg onload=alert(1)>").decode()}, 415, "wrong_type"),
        ({"photo": base64.b64encode(b"\xff\xd8\xff\xe0" + b"x" * 99).decode()}, 422, None),
        ({"taken_at": (now() + timedelta(days=1)).isoformat()}, 422, "invalid"),
        ({"taken_at": "2026-05-01T08:00:00"}, 422, "invalid"),
        ({"model": {"id": "../street", "version": "1"}}, 422, "invalid"),
        ({"place": {"lat": 30, "lon": 120}}, 422, "invalid"),
        ({"findings": [{"category": "no.such", "box": [0, 0, 1, 1], "score": 1}]}, 422, "invalid"),
        (
            {"findings": [{"category": "litter.pile", "box": [0.5, 0, 0.4, 1], "score": 1}]},
            422,
            "invalid",
        ),
        (
            {"findings": [{"category": "litter.pile", "box": [0, 0, 640, 480], "score": 1}]},
            422,
            "invalid",
        ),
        ({"unknown": 1}, 422, "invalid"),
    ],
)
def test_wrong_ones_are_refused_whole(
    client: TestClient, change: dict[str, Any], status: int, code: str | None
) -> None:
    answer = client.post(URL, json=said(**change), headers={"Idempotency-Key": "k"})
    assert answer.status_code == status, answer.text
    assert code is None or answer.json()["code"] == code
    assert client.get(LIST).json()["items"] == []


def test_who_may_send(nobody: TestClient, store: Store) -> None:
    for role, status in (
        ("camera", 201),
        ("viewer", 403),
        ("inspector", 403),
        ("feed", 403),
        ("reviewer", 201),
    ):
        key = create_role_key(store, role, role)  # type: ignore[arg-type]
        headers = {"X-API-Key": key, "Idempotency-Key": "1"}
        assert nobody.post(URL, json=said(), headers=headers).status_code == status, role
