"""The Open311 server: by plain form posts, with photos, in JSON and XML, and what it refuses."""

from __future__ import annotations

import time
from xml.etree import ElementTree as ET

import pytest
from fastapi.testclient import TestClient

from api.app import create_app
from issues.service_requests import RequestState
from tests.api.patrol import HERE, FakeEngine, now, picture

V2 = "/open311/v2"


def report(client: TestClient, key: str, files=None, /, **fields):
    form = {"service_code": "litter-pile", "lat": HERE[0], "long": HERE[1], "api_key": key}
    form |= {"description": "<script>alert(1)</script> 一堆垃圾\x01", **fields}
    form = {name: value for name, value in form.items() if value is not None}
    return client.post(f"{V2}/requests.json", data=form, files=files)


def settled(client: TestClient, request: str) -> dict:
    for _ in range(200):
        (found,) = client.get(f"{V2}/requests/{request}.json").json()
        if "分析" not in found["status_notes"] and "looked at" not in found["status_notes"]:
            return found
        time.sleep(0.05)
    raise AssertionError(found)


def test_services_and_their_definitions(nobody: TestClient) -> None:
    listed = nobody.get(f"{V2}/services.json").json()
    codes = {one["service_code"] for one in listed}
    assert "litter-pile" in codes
    assert {"service_name", "description", "metadata", "type", "keywords", "group"} <= set(
        listed[0]
    )
    told = nobody.get(f"{V2}/services/litter-pile.json").json()
    assert told["attributes"][0]["code"] == "severity"
    root = ET.fromstring(nobody.get(f"{V2}/services.xml").content)
    assert (root.tag, {one.tag for one in root}) == ("services", {"service"})
    assert {one.findtext("service_code") for one in root} == codes
    found = nobody.get(f"{V2}/discovery.json").json()
    assert found["endpoints"][0]["url"].endswith(V2)


def test_a_report_without_a_photo_waits_for_a_person(
    nobody: TestClient, api_key: str, admin_key: str
) -> None:
    made = report(nobody, api_key, email="a@example.org", **{"attribute[severity]": "major"})
    assert made.status_code == 201
    key = made.json()[0]["service_request_id"]
    (told,) = nobody.get(f"{V2}/requests/{key}.json").json()
    assert (told["status"], told["service_code"]) == ("open", "litter-pile")
    assert (told["lat"], told["long"]) == HERE
    assert "example.org" not in str(told)
    assert nobody.get(f"{V2}/tokens/{key}.json").json() == [
        {"service_request_id": key, "token": key}
    ]
    office = {"Authorization": f"Bearer {admin_key}"}
    (row,) = nobody.get("/api/v1/requests?state=to_review", headers=office).json()["items"]
    assert (row["id"], row["contact"]) == (key, {"email": "a@example.org"})
    assert row["attributes"] == {"severity": "major"}
    path = f"/api/v1/requests/{key}/review"
    assert nobody.post(path, json={}, headers=office).status_code == 422
    done = nobody.post(path, json={"reject": "不在辖区"}, headers=office)
    assert done.json()["state"] == RequestState.REJECTED
    (told,) = nobody.get(f"{V2}/requests/{key}.json").json()
    assert told["status"] == "closed"


def test_a_report_with_a_photo_becomes_an_issue(nobody: TestClient, api_key, admin_key) -> None:
    photo = {"media": ("../x.jpg", picture(77), "image/jpeg")}
    key = report(nobody, api_key, photo).json()[0]["service_request_id"]
    told = settled(nobody, key)
    assert told["status"] == "open"
    number = told["service_notice"]
    assert number.startswith("TC-2026-")
    office = {"Authorization": f"Bearer {admin_key}"}
    assert nobody.get(f"/api/v1/issues/{number}", headers=office).json()["status"] == "candidate"
    link = told["media_url"].split("8321", 1)[1]
    assert nobody.get(link).headers["content-type"] == "image/jpeg"
    same = report(nobody, api_key, photo).json()[0]["service_request_id"]
    assert settled(nobody, same)["service_notice"] == number
    move = {"action": "reject", "reason": "permitted"}
    nobody.post(f"/api/v1/issues/{number}/moves", json=move, headers=office)
    assert settled(nobody, key)["status"] == "closed"
    closed = nobody.get(f"{V2}/requests.json?status=closed").json()
    assert {one["service_request_id"] for one in closed} == {key, same}
    assert nobody.get(f"{V2}/requests.json?status=open").json() == []


def test_a_photo_with_nothing_on_it_is_for_a_person(nobody: TestClient, api_key: str) -> None:
    photo = {"media": ("x.jpg", picture(78, pile=False), "image/jpeg")}
    key = report(nobody, api_key, photo).json()[0]["service_request_id"]
    told = settled(nobody, key)
    assert (told["status"], told["service_notice"]) == ("open", None)


def test_a_photo_by_its_address(nobody: TestClient, api_key: str, receiver) -> None:
    receiver.reply = lambda _: (200, {"Content-Type": "image/jpeg"}, picture(79))
    made = report(nobody, api_key, media_url=f"{receiver.url}/p.jpg")
    told = settled(nobody, made.json()[0]["service_request_id"])
    assert told["service_notice"].startswith("TC-2026-")
    receiver.reply = lambda _: (200, {}, b"<svg xmlns='http://www.w3.org/2000/svg'/>")
    refused = report(nobody, api_key, media_url=f"{receiver.url}/p.svg")
    assert refused.status_code == 400
    receiver.reply = lambda _: (302, {"Location": "http://127.0.0.1/"}, b"")
    assert report(nobody, api_key, media_url=receiver.url).status_code == 400


@pytest.mark.parametrize(
    "url", ["http://169.254.169.254/", "http://[::1]/", "http://10.0.0.1/x", "file:///etc/passwd"]
)
def test_no_inner_address_as_a_photo(nobody: TestClient, api_key: str, url: str) -> None:
    answer = report(nobody, api_key, media_url=url)
    assert answer.status_code == 400
    assert "media_url" in answer.json()[0]["description"]
    assert nobody.get(f"{V2}/requests.json").json() == []


@pytest.mark.parametrize(
    ("fields", "status", "said"),
    [
        ({"service_code": None}, 400, "service_code"),
        ({"service_code": "dragons"}, 404, "dragons"),
        ({"lat": None}, 400, "together"),
        ({"lat": None, "long": None}, 400, "address_string"),
        ({"lat": "north"}, 400, "lat"),
        ({"lat": "nan"}, 400, "lat"),
        ({"long": 999}, 400, "long"),
        ({"description": "x" * 4001}, 400, "description"),
        ({"api_key": None}, 400, "api_key"),
        ({"api_key": "tck_wrong"}, 403, "unknown"),
    ],
)
def test_what_is_refused_and_how(nobody: TestClient, api_key: str, fields, status, said) -> None:
    answer = report(nobody, api_key, **fields)
    assert answer.status_code == status, answer.text
    (error,) = answer.json()
    assert error["code"] == status
    assert said in error["description"]
    assert nobody.get(f"{V2}/requests.json").json() == []


def test_a_key_that_may_not_report(nobody: TestClient, store) -> None:
    from api.auth import create_role_key

    assert report(nobody, create_role_key(store, "v", "viewer")).status_code == 403


def test_dates_and_endings(nobody: TestClient, api_key: str) -> None:
    key = report(nobody, api_key).json()[0]["service_request_id"]

    def ids(query: str) -> list[str]:
        return [r["service_request_id"] for r in nobody.get(f"{V2}/requests.json?{query}").json()]

    assert ids("") == [key]
    assert ids("start_date=2026-05-01T00:00:00Z") == [key]
    assert ids("start_date=2026-01-01T00:00:00Z&end_date=2026-12-01T00:00:00Z") == []
    assert ids("end_date=2026-01-01T00:00:00%2B08:00") == []
    assert ids("service_code=litter-pile,bin-overflow") == [key]
    assert ids("service_code=bin-overflow") == []
    assert ids(f"service_request_id={key},nothing&status=closed") == [key]
    for query in ("start_date=yesterday", "start_date=2026-05-01T00:00:00", "status=eaten"):
        answer = nobody.get(f"{V2}/requests.json?{query}")
        assert (answer.status_code, answer.json()[0]["code"]) == (400, 400)
    xml = ET.fromstring(nobody.get(f"{V2}/requests.xml").content)
    assert xml.tag == "service_requests"
    assert xml[0].findtext("description") == "<script>alert(1)</script> 一堆垃圾"
    wrong = nobody.get(f"{V2}/requests/nothing.xml")
    assert (wrong.status_code, ET.fromstring(wrong.content).tag) == (404, "errors")
    assert nobody.get(f"{V2}/requests.pdf").status_code == 404


def test_jurisdiction(open_settings, store, api_key) -> None:
    settings = open_settings.model_copy(update={"open311_jurisdiction": "example.gov"})
    app = create_app(settings, store, console=False, open_engine=FakeEngine, now=now)
    with TestClient(app) as client:
        assert client.get(f"{V2}/services.json").status_code == 200
        assert client.get(f"{V2}/services.json?jurisdiction_id=example.gov").status_code == 200
        wrong = client.get(f"{V2}/services.json?jurisdiction_id=other.gov")
        assert (wrong.status_code, wrong.json()[0]["code"]) == (404, 404)


def test_keyed_and_off(open_settings, store, api_key) -> None:
    for mode, status in (("keyed", 400), ("off", 404)):
        settings = open_settings.model_copy(update={"open311": mode})
        app = create_app(settings, store, console=False, open_engine=FakeEngine, now=now)
        with TestClient(app) as client:
            assert client.get(f"{V2}/requests.json").status_code == status
            own = client.get(f"{V2}/requests.json?api_key={api_key}").status_code
            assert own == (200 if mode == "keyed" else 404)


def test_updates_both_ways(nobody: TestClient, api_key: str) -> None:
    key = report(nobody, api_key).json()[0]["service_request_id"]
    form = {"service_request_id": key, "api_key": api_key, "update_id": "7", "status": "CLOSED"}
    form |= {"description": "清了", "updated_datetime": "2026-05-21T01:00:00+08:00"}
    path = f"{V2}/servicerequestupdates.json"
    first = nobody.post(path, data=form)
    assert first.status_code == 201
    assert nobody.post(path, data=form).json() == first.json()
    (told,) = nobody.get(path).json()
    assert (told["update_id"], told["service_request_id"], told["status"]) == ("7", key, "CLOSED")
    assert nobody.post(path, data=form | {"status": "EATEN"}).status_code == 400
    assert nobody.post(path, data=form | {"service_request_id": "x"}).status_code == 404
    assert nobody.get(f"{V2}/requests/{key}.json").json()[0]["status"] == "open"
