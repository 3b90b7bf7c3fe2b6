"""Areas over HTTP: put in force with a report, dry runs, datums, queues."""

from __future__ import annotations

import copy
from typing import Any

import pytest
from fastapi.testclient import TestClient

from detect.datum import from_wgs84
from issues.geometry import polygon_of
from issues.store import Store
from tests.api.patrol import HERE, Patrol
from tests.issues.photos import moved
from tests.issues.test_areas import square

AREAS = "/api/v1/areas"


def collection(*features: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"type": "FeatureCollection", "features": list(features), **more}


WEST = square("west", moved(HERE, 0, -300), 320)
WHOLE = square("whole", HERE, 3000, level="street")


def test_areas_are_put_in_force_and_issues_move(client: TestClient, patrol: Patrol) -> None:
    given = collection(WHOLE, WEST, square("none", unit_zh=None))
    dry = client.put(AREAS, params={"datum": "wgs84", "dry_run": True}, json=given)
    assert dry.status_code == 200, dry.text
    before = client.get(AREAS)
    done = client.put(
        AREAS,
        params={"datum": "wgs84"},
        json=given,
        headers={"If-Match": before.headers["ETag"]},
    )
    assert done.status_code == 200, done.text
    told, planned = done.json(), dry.json()
    assert (told["areas"], told["dry_run"]) == (3, False)
    assert told["issues_moved"] == planned["issues_moved"] > 0
    assert told["moves"] == planned["moves"]
    assert {p["code"] for p in told["problems"]} >= {"no_unit", "hole"}
    assert all(p["text"]["zh"] for p in told["problems"])
    again = client.put(
        AREAS,
        params={"datum": "wgs84"},
        json=given,
        headers={"If-Match": before.headers["ETag"]},
    )
    assert (again.status_code, again.json()["code"]) == (412, "version_mismatch")
    (made,) = client.get(f"{AREAS}/imports").json()
    assert (made["actor"], made["report"]["moved"]) == ("admin", told["issues_moved"])


@pytest.mark.parametrize(
    ("given", "params", "status", "said"),
    [
        (collection(WEST), {}, 422, "states no datum"),
        (collection(WEST, datum="gcj02"), {"datum": "wgs84"}, 422, "wgs84 was asked for"),
        (collection(WEST, datum="moon"), {}, 422, "can't read"),
        (collection(), {"datum": "wgs84"}, 422, "no usable area"),
        ({"type": "Feature"}, {"datum": "wgs84"}, 422, "no GeoJSON FeatureCollection"),
        (collection(WEST), {"datum": "tokyo"}, 422, "datum"),
    ],
)
def test_maps_that_are_refused(
    client: TestClient, given: dict[str, Any], params: dict[str, str], status: int, said: str
) -> None:
    answer = client.put(AREAS, params=params, json=given)
    assert answer.status_code == status
    assert said in answer.text
    assert client.get(AREAS).json() == []


def test_only_admins_may(nobody: TestClient) -> None:
    assert nobody.put(AREAS, json=collection(WEST)).status_code == 401


@pytest.mark.parametrize("datum", ["gcj02", "bd09"])
def test_datum_in_and_out(client: TestClient, datum: str) -> None:
    assert client.put(AREAS, params={"datum": "wgs84"}, json=collection(WEST)).status_code == 200
    straight = client.get("/api/v1/areas.geojson").json()
    assert "datum" not in straight
    shifted = client.get("/api/v1/areas.geojson", params={"datum": datum}).json()
    assert shifted["datum"] == datum
    lon, lat = straight["features"][0]["geometry"]["coordinates"][0][0]
    there = shifted["features"][0]["geometry"]["coordinates"][0][0]
    assert there == pytest.approx(from_wgs84(lat, lon, datum)[::-1], abs=2e-7)
    back = client.put(AREAS, json=shifted)
    assert [p["code"] for p in back.json()["problems"]] == ["shifted"]
    again = client.get("/api/v1/areas.geojson").json()["features"][0]["geometry"]
    same = polygon_of(again)[0].bounds
    assert same == pytest.approx(
        polygon_of(straight["features"][0]["geometry"])[0].bounds, abs=3e-7
    )


def test_queues_say_who_should_look(client: TestClient, patrol: Patrol, store: Store) -> None:
    queues = {q["name"]: q for q in client.get(f"{AREAS}/queues").json()["queues"]}
    assert queues["no_area"]["desk"]["zh"] == "创卫办综合组"
    everything = square("all", HERE, 5000)
    twice = copy.deepcopy(everything) | {"properties": everything["properties"] | {"id": "also"}}
    client.put(AREAS, params={"datum": "wgs84"}, json=collection(everything, twice))
    told = client.get(f"{AREAS}/queues").json()
    counts = {q["name"]: q["issues"] for q in told["queues"]}
    assert counts["no_area"] == 0
    assert counts["disputed"] == len(told["disputed"]) > 0
    assert told["disputed"][0]["areas"] == ["all", "also"]


def test_issues_in_another_datum(client: TestClient, patrol: Patrol) -> None:
    straight = client.get("/api/v1/issues.geojson").json()
    shifted = client.get("/api/v1/issues.geojson", params={"datum": "bd09"}).json()
    assert (shifted["datum"], "datum" in straight) == ("bd09", False)
    for one, other in zip(straight["features"], shifted["features"], strict=True):
        if one["geometry"] is None:
            assert other["geometry"] is None
            continue
        lon, lat = one["geometry"]["coordinates"]
        there = other["geometry"]["coordinates"]
        assert there == pytest.approx(from_wgs84(lat, lon, "bd09")[::-1], abs=1e-6)
    refused = client.get("/api/v1/issues.geojson", params={"datum": "tokyo"})
    assert (refused.status_code, refused.json()["code"]) == (422, "invalid")
