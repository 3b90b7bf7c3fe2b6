"""Text that is meant to do something: SQL, markup, paths. It stays text, or is refused."""

from __future__ import annotations

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import text

from issues.store import Store
from tests.api.patrol import Patrol, picture

API = "/api/v1"
SQL = ["'", "';DROP TABLE issues;--", '" OR 1=1 --', "%", "_", "\\", "%' OR '1'='1", "a\x00b"]
PATHS = ["..", "..%2f..%2fetc%2fpasswd", "%2e%2e%2fsession.secret", "%00", "a" * 3000]
MARKUP = '"><img src=x onerror=alert(1)><script>alert(2)</script>'

FIELDS = [
    ("/issues", "q"),
    ("/issues", "unit"),
    ("/issues", "area"),
    ("/issues", "category"),
    ("/issues", "cursor"),
    ("/photos", "q"),
    ("/audit", "actor"),
    ("/audit", "action"),
    ("/audit", "cursor"),
    ("/reviews", "actor"),
    ("/observations", "cursor"),
]


def test_sql_in_a_query_is_text(client: TestClient, store: Store, patrol: Patrol) -> None:
    for path, field in FIELDS:
        for value in SQL:
            answer = client.get(API + path, params={field: value})
            assert answer.status_code in {200, 400, 422}, (path, field, value, answer.text)
            if answer.status_code == 200 and field in {"unit", "actor", "action"}:
                assert answer.json()["items"] == [], (path, field, value)
    with store.reading() as session:
        assert session.execute(text("SELECT count(*) FROM issues")).scalar_one() >= 5


def test_paths_in_ids_lead_nowhere(client: TestClient) -> None:
    routes = ("/jobs/{}", "/jobs/{}/events", "/exports/{}/file", "/evidence/{}.jpg", "/issues/{}")
    for route in routes:
        for path in PATHS:
            answer = client.get(API + route.format(path))
            assert answer.status_code in {400, 404, 405, 422}, (route, path, answer.text)
            assert "secret" not in answer.text.replace("session.secret", "")


def test_markup_comes_back_as_data(client: TestClient, patrol: Patrol) -> None:
    move = {"action": "confirm", "note": MARKUP}
    answer = client.post(f"{API}/issues/{patrol.new}/moves", json=move)
    assert answer.status_code == 200
    whole = client.get(f"{API}/issues/{patrol.new}")
    assert whole.headers["content-type"] == "application/json"
    assert whole.headers["x-content-type-options"] == "nosniff"
    assert whole.json()["events"][-1]["note"] == MARKUP
    refused = client.get(f"{API}/issues/{MARKUP.replace('/', '')}")
    assert refused.headers["content-type"] == "application/problem+json"


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"Content-Length": "99999999", "Content-Type": "multipart/form-data; boundary=x"}, 413),
        ({"Content-Type": "multipart/form-data; boundary=x"}, 422),
        ({"Content-Type": "text/html"}, 422),
    ],
)
def test_bodies_that_lie(client: TestClient, headers: dict[str, str], status: int) -> None:
    answer = client.post(f"{API}/photos", content=b"--x\r\n", headers=headers)
    assert answer.status_code in {status, 400}, answer.text


def test_a_cut_photo_is_a_result(client: TestClient) -> None:
    files = [("photos", ("../../x\r\nSet-Cookie: a=b.jpg", picture(5)[:900], "text/html"))]
    job = client.post(f"{API}/photos", files=files)
    assert job.status_code == 202
    assert "set-cookie" not in job.headers
    assert "/" not in job.json()["photos"][0]["name"]
