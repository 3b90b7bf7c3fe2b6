"""Return visits, coverage and recurrence over HTTP."""

from __future__ import annotations

import csv
import io

import gpxpy
import pytest
from fastapi.testclient import TestClient

from api.app import create_app
from api.settings import Settings
from issues.catalogue import load_catalogue
from issues.errors import QueryError
from issues.issue import Action
from issues.moves import move
from issues.round_files import checked_template
from issues.store import Store
from tests.api.patrol import NOW, FakeEngine, Patrol, now

API = "/api/v1"


@pytest.fixture
def confirmed(client: TestClient, store: Store, patrol: Patrol) -> Patrol:
    """Four of the patrol's issues confirmed; one is without a place, one seen clear."""
    with store.transaction() as session:
        for number in (patrol.stays, patrol.back, patrol.unplaced, patrol.fixed):
            move(session, number, Action.CONFIRM, "li", catalogue=load_catalogue(), now=NOW)
    return patrol


def test_the_list_as_json(client: TestClient, confirmed: Patrol) -> None:
    body = client.get(f"{API}/rounds").json()
    assert {stop["issue"]["number"] for stop in body["stops"]} == {confirmed.stays, confirmed.back}
    assert (body["due"], body["unplaced"]) == (3, 1)
    first = body["stops"][0]
    assert first["issue"]["number"] == confirmed.back, "it came back"
    assert "recurrent" in {reason["code"] for reason in first["reasons"]}
    assert first["map_url"].startswith("geo:30.27")
    assert body["length_m"] == pytest.approx(400, abs=10)


def test_the_walk_begins_where_it_is_told(client: TestClient, confirmed: Patrol) -> None:
    asked = {"order": "walk", "start": "30.2741,120.1551"}
    stops = client.get(f"{API}/rounds", params=asked).json()["stops"]
    assert [stop["issue"]["number"] for stop in stops] == [confirmed.stays, confirmed.back]


@pytest.mark.parametrize("query", ["start=1", "start=91,0", "start=a,b", "stops=0", "stops=201"])
def test_odd_queries(client: TestClient, query: str) -> None:
    assert client.get(f"{API}/rounds?{query}").status_code == 422


def test_gpx_is_read_by_gpxpy(client: TestClient, confirmed: Patrol) -> None:
    answer = client.get(f"{API}/rounds.gpx?lang=en")
    assert answer.headers["content-type"].startswith("application/gpx+xml")
    gpx = gpxpy.parse(answer.text)
    assert [point.name.split()[1] for point in gpx.waypoints] == [confirmed.back, confirmed.stays]
    assert "came back" in gpx.waypoints[0].description
    assert len(gpx.routes[0].points) == 2


@pytest.mark.parametrize(
    ("lang", "header", "word"), [("zh", "编号", "反弹"), ("en", "number", "came")]
)
def test_csv_in_both_languages(
    client: TestClient, confirmed: Patrol, lang: str, header: str, word: str
) -> None:
    text = client.get(f"{API}/rounds.csv?lang={lang}").content.decode("utf-8-sig")
    rows = list(csv.DictReader(io.StringIO(text)))
    assert [row[header] for row in rows] == [confirmed.back, confirmed.stays]
    assert word in text


def test_links_of_a_chinese_map_are_in_its_datum(
    settings: Settings, store: Store, admin_key: str, confirmed: Patrol
) -> None:
    template = "https://uri.amap.com/marker?position={lon},{lat}&name={name}"
    own = settings.model_copy(update={"map_link": template, "map_link_datum": "gcj02"})
    app = create_app(own, store, console=False, open_engine=FakeEngine, now=now)
    with TestClient(app, headers={"Authorization": f"Bearer {admin_key}"}) as client:
        stop = client.get(f"{API}/rounds").json()["stops"][0]
    lon, lat = stop["map_url"].split("position=")[1].split("&")[0].split(",")
    assert abs(float(lon) - stop["lon"]) > 0.003
    assert abs(float(lat) - stop["lat"]) > 0.001


@pytest.mark.parametrize(
    "template", ["https://x/", "https://x/{lat}", "{0}{lat}{lon}", "x{lat}{lon}"]
)
def test_a_template_without_a_place_is_refused(template: str) -> None:
    with pytest.raises(QueryError):
        checked_template(template)


def test_marking(client: TestClient, confirmed: Patrol) -> None:
    url = f"{API}/issues/{confirmed.back}/visits"
    for _ in range(2):
        answer = client.post(
            url, json={"finding": "still_there"}, headers={"Idempotency-Key": "one"}
        )
        assert answer.status_code == 200, answer.text
    stops = client.get(f"{API}/rounds").json()["stops"]
    assert [stop["issue"]["number"] for stop in stops] == [confirmed.stays]
    events = client.get(f"{API}/issues/{confirmed.back}").json()["events"]
    assert [event["kind"] for event in events].count("visited") == 1
    assert client.post(url, json={"finding": "clean"}).status_code == 422
    assert client.post(f"{API}/issues/TC-1/visits", json={}).status_code == 404


def test_coverage(client: TestClient, patrol: Patrol) -> None:
    span = {"from": "2026-05-01T00:00:00Z", "to": "2026-05-20T00:00:00Z"}
    body = client.get(f"{API}/coverage", params=span).json()
    assert (body["looks"], body["unplaced_looks"], body["areas"]) == (9, 1, [])
    cells = client.get(f"{API}/coverage.geojson", params=span).json()["features"]
    states = {cell["properties"]["state"] for cell in cells}
    assert states <= {"problem", "nothing_found"}
    assert cells[0]["geometry"]["coordinates"][0][0] == cells[0]["geometry"]["coordinates"][0][-1]
    bad = client.get(f"{API}/coverage", params={"from": "2026-05-01T00:00:00"})
    assert bad.status_code == 422


def test_hot_spots_trend_and_chronic(client: TestClient, confirmed: Patrol) -> None:
    spots = client.get(f"{API}/recurrence/hot-spots").json()
    assert sum(spot["issues"] for spot in spots) == 4, "the fifth has no place"
    assert sum(spot["returned"] for spot in spots) == 1
    polygons = client.get(f"{API}/recurrence/hot-spots.geojson").json()["features"]
    assert len(polygons) == len(spots)
    assert client.get(f"{API}/recurrence/hot-spots?resolution=4").status_code == 400
    trend = client.get(f"{API}/recurrence/trend?step=week").json()
    assert sum(bucket["found"] for bucket in trend["buckets"]) == 5
    assert trend["returns"] >= 0
    assert client.get(f"{API}/recurrence/chronic").json() == []
    twice = client.get(f"{API}/recurrence/chronic?times=2").json()
    assert [one["issue"]["number"] for one in twice] == [confirmed.back]


def test_the_past_of_an_issue(client: TestClient, patrol: Patrol) -> None:
    assert client.get(f"{API}/issues/{patrol.back}/past").json() == {"earlier": [], "later": []}
    assert client.get(f"{API}/issues/TC-1/past").status_code == 404
