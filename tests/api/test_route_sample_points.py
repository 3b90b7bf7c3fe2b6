"""Sample points over HTTP: put in force, what is on record, a sheet filled in and printed."""

from __future__ import annotations

import pytest
from fastapi.testclient import TestClient

from api.auth import create_key
from issues.store import Store
from tests.api.patrol import HERE, Patrol

POINT = {
    "code": "lane-1",
    "kind": "back_lane",
    "name_zh": "东门巷",
    "lat": HERE[0],
    "lon": HERE[1],
    "radius_m": 50,
}
PATH = "/api/v1/sample-points"


@pytest.fixture
def lane(client: TestClient, patrol: Patrol) -> Patrol:
    assert client.put(PATH, json=[POINT]).status_code == 200
    return patrol


def test_a_point_tells_what_is_on_record(client: TestClient, lane: Patrol) -> None:
    assert [point["code"] for point in client.get(PATH).json()] == ["lane-1"]
    whole = client.get(f"{PATH}/lane-1").json()
    lines = {line["code"]: line for line in whole["lines"]}
    assert lines["dead_corner"]["open"] == [lane.stays]
    assert lines["transport"]["by_eye"]
    assert (whole["photos"], whole["last"]) == (2, None)


@pytest.mark.usefixtures("lane")
def test_a_filled_in_sheet_is_kept_and_printed(client: TestClient) -> None:
    body = {"marks": {"dead_corner": {"mark": 4, "note": "一堆"}, "bins": {}}, "note": "复查"}
    done = client.post(f"{PATH}/lane-1/assessments", json=body)
    assert done.status_code == 201
    assert (done.json()["score"], done.json()["out_of"]) == (4, 10)
    assert client.get(f"{PATH}/lane-1").json()["last"] == done.json()
    sheet = client.get(f"{PATH}/lane-1/sheet")
    assert "合计 4 / 10" in sheet.text
    assert "合计" not in client.get(f"{PATH}/lane-1/sheet", params={"blank": True}).text
    book = client.get(f"{PATH}/lane-1/sheet", params={"format": "xlsx", "lang": "en"})
    assert book.content.startswith(b"PK")


@pytest.mark.usefixtures("lane")
def test_what_is_refused(client: TestClient, store: Store) -> None:
    too_much = {"marks": {"bins": {"mark": 50}}}
    answer = client.post(f"{PATH}/lane-1/assessments", json=too_much)
    assert (answer.status_code, answer.json()["code"]) == (400, "bad_query")
    assert client.get(f"{PATH}/nowhere").status_code == 404
    assert client.put(PATH, json=[POINT | {"kind": "moon"}]).status_code == 422
    client.headers["Authorization"] = f"Bearer {create_key(store, 'looker', ['read'])}"
    assert client.put(PATH, json=[POINT]).status_code == 403
