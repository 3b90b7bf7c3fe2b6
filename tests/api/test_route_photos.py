"""Uploads: accepted onto the disk, analysed in the background, refused with a reason."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

from api.app import create_app
from api.auth import create_key
from api.settings import Settings
from issues.store import Store
from tests.api.patrol import FakeEngine, now, picture

PHOTOS = "/api/v1/photos"
File = tuple[str, tuple[str, bytes, str]]


def jpeg(name: str, data: bytes) -> File:
    return ("photos", (name, data, "image/jpeg"))


def finished(client: TestClient, address: str) -> dict[str, Any]:
    for _ in range(600):
        job: dict[str, Any] = client.get(address).json()
        if job["status"] in {"done", "failed"}:
            return job
        time.sleep(0.05)
    pytest.fail(f"still {job['status']} after half a minute: {job}")


def test_photos_become_issues(client: TestClient) -> None:
    answer = client.post(
        PHOTOS,
        files=[
            jpeg("heap.jpg", picture(1)),
            jpeg("clean.jpg", picture(2, pile=False)),
            jpeg("cut.jpg", picture(3)[:4000]),
        ],
        data={"lat": "30.2741", "lon": "120.1551", "datum": "wgs84"},
    )
    assert answer.status_code == 202, answer.text
    assert answer.json()["status"] in {"queued", "running"}
    job = finished(client, answer.headers["location"])
    assert job["status"] == "done", job
    heap, clean, cut = job["photos"]
    assert heap["status"] == "ok"
    assert len(heap["new_issues"]) == 1
    assert (clean["status"], clean["new_issues"]) == ("ok", [])
    assert (cut["status"], cut["reason_code"]) == ("unreadable", "truncated")
    issue = client.get(f"/api/v1/issues/{heap['new_issues'][0]}").json()
    assert issue["place"]["lat"] == pytest.approx(30.2741, abs=1e-5)
    assert issue["best"]["source"] == "heap.jpg"

    again = client.post(PHOTOS, files=[jpeg("same.jpg", picture(1))])
    job = finished(client, again.headers["location"])
    assert job["photos"][0]["duplicate_of"]
    assert job["photos"][0]["new_issues"] == []


def test_gcj02_is_converted(client: TestClient) -> None:
    place = {"lat": "40.0013048", "lon": "120.0056757", "datum": "gcj02"}
    answer = client.post(PHOTOS, files=[jpeg("a.jpg", picture(4))], data=place)
    assert answer.json()["place"]["lat"] == pytest.approx(40, abs=1e-4)
    assert answer.json()["place"]["lon"] == pytest.approx(120, abs=1e-4)


@pytest.mark.parametrize(
    ("name", "data", "kind"),
    [
        ("page.html", b"<html><script>alert(1)</script>", "image/jpeg"),
        ("drawing.svg", b"<svg xmlns='http://www.w3.org/2000/svg'/>", "image/svg+xml"),
        ("notes.jpg", b"no picture at all", "image/jpeg"),
        ("empty.jpg", b"", "image/jpeg"),
        ("archive.zip", b"PK\x03\x04....", "application/zip"),
    ],
)
def test_what_is_no_photo_is_refused_whole(
    client: TestClient, settings: Settings, name: str, data: bytes, kind: str
) -> None:
    files = [jpeg("good.jpg", picture(5)), ("photos", (name, data, kind))]
    answer = client.post(PHOTOS, files=files)
    assert (answer.status_code, answer.json()["code"]) == (415, "wrong_type"), answer.text
    assert name in answer.json()["detail"]
    assert left_over(settings) == []


def left_over(settings: Settings) -> list[Path]:
    return [path for path in (settings.data_dir / "uploads").rglob("*") if path.is_file()]


def test_too_large_is_refused_whether_stated_or_not(client: TestClient, settings: Settings) -> None:
    big = picture(6) + bytes(2_100_000)
    stated = client.post(PHOTOS, files=[jpeg("big.jpg", big)])
    assert (stated.status_code, stated.json()["code"]) == (413, "too_large")
    assert "2 MB" in stated.json()["detail"]

    def drip():
        head = b'--x\r\nContent-Disposition: form-data; name="photos"; filename="b.jpg"\r\n\r\n'
        yield head + picture(6)
        for _ in range(30):
            yield bytes(100_000)
        yield b"\r\n--x--\r\n"

    kind = {"Content-Type": "multipart/form-data; boundary=x"}
    unstated = client.post(PHOTOS, content=drip(), headers=kind)
    assert (unstated.status_code, unstated.json()["code"]) == (413, "too_large")
    assert left_over(settings) == []


@pytest.mark.parametrize(
    "data",
    [
        {"lat": "30"},
        {"lat": "30", "lon": "120"},
        {"lat": "91", "lon": "120", "datum": "wgs84"},
        {"lat": "x", "lon": "120", "datum": "wgs84"},
        {"lat": "30", "lon": "120", "datum": "mars"},
        {"lat": "nan", "lon": "120", "datum": "wgs84"},
    ],
)
def test_places_need_a_datum_and_sense(client: TestClient, data: dict[str, str]) -> None:
    answer = client.post(PHOTOS, files=[jpeg("a.jpg", picture(7))], data=data)
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid")


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        (b"", "multipart/form-data; boundary=x"),
        (b"nonsense", "multipart/form-data; boundary=x"),
        (b"{}", "application/json"),
        (b"--x", "multipart/form-data"),
    ],
)
def test_broken_forms_are_told(client: TestClient, content: bytes, kind: str) -> None:
    answer = client.post(PHOTOS, content=content, headers={"Content-Type": kind})
    assert answer.status_code in {400, 422}
    assert answer.headers["content-type"] == "application/problem+json"


def test_an_upload_can_be_repeated_safely(client: TestClient) -> None:
    once = {"Idempotency-Key": "visit-17"}
    first = client.post(PHOTOS, files=[jpeg("a.jpg", picture(8))], headers=once)
    again = client.post(PHOTOS, files=[jpeg("a.jpg", picture(8))], headers=once)
    assert (first.status_code, again.status_code) == (202, 200)
    assert first.json()["id"] == again.json()["id"]
    other = client.post(PHOTOS, files=[jpeg("b.jpg", picture(9))], headers=once)
    assert (other.status_code, other.json()["code"]) == (409, "idempotency_conflict")


def test_names_are_made_harmless(client: TestClient, settings: Settings) -> None:
    files = [jpeg("../../../evil.jpg", picture(10)), jpeg("c:\\x\\photo.jpg", picture(11))]
    job = client.post(PHOTOS, files=files).json()
    assert [photo["name"] for photo in job["photos"]] == ["evil.jpg", "photo.jpg"]
    assert not list(settings.data_dir.parent.glob("evil*"))


def test_uploaders_see_their_own_jobs_only(client: TestClient, store: Store) -> None:
    def key(name: str) -> dict[str, str]:
        return {"Authorization": f"Bearer {create_key(store, name, ['upload'])}"}

    one, other = key("one"), key("other")
    job = client.post(PHOTOS, files=[jpeg("a.jpg", picture(12))], headers=one)
    address = job.headers["location"]
    assert client.get(address, headers=one).status_code == 200
    assert client.get(address, headers=other).status_code == 404
    assert client.get(address).status_code == 200
    assert client.get("/api/v1/jobs/..%2f..").status_code == 404


def test_an_accepted_upload_survives_a_restart(
    app: FastAPI, settings: Settings, store: Store, admin_key: str
) -> None:
    class NoAnalysis:
        def run(self, photos: object, place: object) -> object:
            raise OSError("the machine is going down")

    headers = {"Authorization": f"Bearer {admin_key}"}
    dying = create_app(settings, store, console=False, now=now, analysis=NoAnalysis())  # type: ignore[arg-type]
    with TestClient(dying) as client:
        address = client.post(PHOTOS, files=[jpeg("a.jpg", picture(13))], headers=headers).headers[
            "location"
        ]
    fresh = create_app(settings, store, console=False, now=now, open_engine=FakeEngine)
    with TestClient(fresh, headers=headers) as client:
        job = finished(client, address)
    assert job["status"] == "done"
    assert job["photos"][0]["new_issues"]
