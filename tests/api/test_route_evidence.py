"""Evidence pictures over HTTP."""

from __future__ import annotations

from io import BytesIO

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from PIL import Image as PillowImage

from api.app import create_app
from api.auth import create_key
from api.settings import Settings
from issues.store import Store
from tests.api.patrol import Patrol, now


@pytest.fixture
def app(settings: Settings, store: Store) -> FastAPI:
    """Without blurring: the face detector is an extra download that this test can do without."""
    plain = settings.model_copy(update={"blur_faces": False})
    return create_app(plain, store, console=False, now=now)


@pytest.fixture
def url(client: TestClient, patrol: Patrol) -> str:
    found: str = client.get(f"/api/v1/issues/{patrol.stays}").json()["best"]["url"]
    return found


def test_a_picture_with_and_without_boxes(client: TestClient, patrol: Patrol, url: str) -> None:
    plain = client.get(url, params={"width": 320})
    assert plain.status_code == 200
    assert plain.headers["content-type"] == "image/jpeg"
    assert PillowImage.open(BytesIO(plain.content)).size == (320, 240)
    assert plain.headers["cache-control"].startswith("private")
    boxes = client.get(url, params={"width": 320, "boxes": True})
    own = client.get(url, params={"width": 320, "boxes": True, "issue": patrol.stays})
    other = client.get(url, params={"width": 320, "boxes": True, "issue": patrol.new})
    assert boxes.content == own.content != plain.content
    assert other.content == plain.content
    same = client.get(url, params={"width": 320}, headers={"If-None-Match": plain.headers["etag"]})
    assert (same.status_code, same.content) == (304, b"")


def test_originals_are_for_admins_and_noted(
    client: TestClient, store: Store, url: str, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level("WARNING", logger="tidycity.audit"):
        answer = client.get(url, params={"original": True})
    assert answer.status_code == 200
    assert answer.headers["cache-control"] == "no-store"
    assert answer.headers["content-disposition"].startswith("attachment")
    assert "unblurred original" in caplog.text
    reviewer = create_key(store, "Wang", ["review"])
    refused = client.get(
        url, params={"original": True}, headers={"Authorization": f"Bearer {reviewer}"}
    )
    assert (refused.status_code, refused.json()["code"]) == (403, "missing_scope")
    assert client.get(url, headers={"Authorization": f"Bearer {reviewer}"}).status_code == 200


@pytest.mark.parametrize(
    ("name", "status", "code"),
    [
        ("0" * 64, 404, "not_found"),
        ("0" * 63, 422, "invalid"),
        ("..%2f..%2fetc%2fpasswd", 404, "not_found"),
        ("A" * 64, 422, "invalid"),
    ],
)
def test_odd_names(client: TestClient, patrol: Patrol, name: str, status: int, code: str) -> None:
    answer = client.get(f"/api/v1/evidence/{name}.jpg")
    assert (answer.status_code, answer.json()["code"]) == (status, code)


@pytest.mark.parametrize("query", ["width=1", "width=99999", "width=x", "boxes=perhaps"])
def test_odd_queries(client: TestClient, url: str, query: str) -> None:
    assert client.get(f"{url}?{query}").status_code == 422
    assert client.get(f"{url}?boxes=1&issue=nothere").status_code == 404
