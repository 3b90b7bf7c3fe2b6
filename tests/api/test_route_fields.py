"""``fields=``: only what was asked for, and a problem for what there isn't."""

from __future__ import annotations

import pytest
from fastapi.testclient import TestClient

from tests.api.patrol import Patrol

API = "/api/v1"


def test_lists_and_details_are_cut(client: TestClient, patrol: Patrol) -> None:
    page = client.get(f"{API}/issues?fields=number,%20category&total=true&limit=2").json()
    assert page["total"] == 5
    assert page["next_cursor"]
    assert [set(item) for item in page["items"]] == [{"number", "category"}] * 2
    assert set(page["items"][0]["category"]) == {"code", "zh", "en"}
    one = client.get(f"{API}/issues/{patrol.stays}?fields=number,events")
    assert set(one.json()) == {"number", "events"}
    assert one.json()["events"][0]["kind"] == "found"
    whole = client.get(f"{API}/issues/{patrol.stays}")
    assert one.headers["etag"] == whole.headers["etag"]
    assert {"found", "moves", "looks"} <= set(whole.json())


def test_observations_and_one_of_them(client: TestClient, patrol: Patrol) -> None:
    items = client.get(f"{API}/observations?fields=id,score").json()["items"]
    assert items
    assert all(set(item) == {"id", "score"} for item in items)
    key = items[0]["id"]
    assert client.get(f"{API}/observations/{key}").json()["id"] == key
    assert set(client.get(f"{API}/observations/{key}?fields=box").json()) == {"box"}
    missing = client.get(f"{API}/observations/999999")
    assert (missing.status_code, missing.json()["code"]) == (404, "not_found")


def test_geojson_properties_are_cut(client: TestClient, patrol: Patrol) -> None:
    features = client.get(f"{API}/issues.geojson?fields=status").json()["features"]
    assert features
    assert all(set(one["properties"]) == {"status"} for one in features)
    assert all(one["id"] for one in features)


@pytest.mark.parametrize(
    ("path", "asked"),
    [
        ("/issues", "number,secret"),
        ("/issues", ""),
        ("/issues.geojson", "x"),
        ("/issues/TC-2026-000001", "category.code"),
        ("/observations", "id,,score"),
        ("/observations/1", "__class__"),
    ],
)
def test_unknown_fields_are_told(client: TestClient, patrol: Patrol, path: str, asked: str) -> None:
    answer = client.get(f"{API}{path}", params={"fields": asked})
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid"), answer.text
    assert "Use some of" in answer.json()["mend"]
