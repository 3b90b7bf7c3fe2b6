"""Zips as uploads, progress as events, and who sees which job."""

from __future__ import annotations

import io
import json
import struct
import zipfile
from typing import Any

import pytest
from fastapi.testclient import TestClient

from api.auth import create_role_key
from issues.store import Store
from tests.api.patrol import picture
from tests.api.test_route_photos import finished

PHOTOS, JOBS = "/api/v1/photos", "/api/v1/jobs"


def zipped(files: dict[str, bytes], method: int = zipfile.ZIP_STORED) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", method) as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    return out.getvalue()


def send(client: TestClient, data: bytes, name: str = "photos.zip", **form: str) -> Any:
    files = [("photos", (name, data, "image/jpeg"))]
    return client.post(PHOTOS, files=files, data=form)


def test_a_zip_becomes_its_photos(client: TestClient) -> None:
    data = zipped(
        {
            "../../evil.jpg": picture(1),
            "street/a.jpg": picture(2, pile=False),
            "__MACOSX/._a.jpg": b"x",
            "Thumbs.db": b"x",
            "readme.txt": b"hello",
            "page.jpg": b"<html><script>alert(1)</script>",
            "more.zip": zipped({"b.jpg": picture(3)}),
        }
    )
    job = finished(client, send(client, data).headers["location"])
    told = [(photo["name"], photo["status"], photo["reason_code"]) for photo in job["photos"]]
    assert told == [
        ("evil.jpg", "ok", None),
        ("a.jpg", "ok", None),
        ("readme.txt", "unreadable", "not_a_photo"),
        ("page.jpg", "unreadable", "not_a_photo"),
        ("more.zip", "unreadable", "not_a_photo"),
    ]


def bomb() -> bytes:
    return zipped({"zeros.jpg": b"\xff\xd8\xff" + bytes(40_000_000)}, zipfile.ZIP_DEFLATED)


def lying_bomb() -> bytes:
    """Says that it unpacks to a thousand bytes."""
    data = bytearray(bomb())
    for mark, at in ((b"PK\x03\x04", 22), (b"PK\x01\x02", 24)):
        struct.pack_into("<I", data, data.index(mark) + at, 1000)
    return bytes(data)


def overlapping() -> bytes:
    """Two names in the directory for the same bytes."""
    data = zipped({"a.jpg": picture(1), "b.jpg": picture(1)})
    start = data.index(b"PK\x01\x02")
    second = data.index(b"PK\x01\x02", start + 4)
    entry = bytearray(data[second:])
    struct.pack_into("<I", entry, 42, 0)
    return data[:second] + bytes(entry)


def encrypted() -> bytes:
    data = bytearray(zipped({"a.jpg": picture(1)}))
    for mark, at in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        data[data.index(mark) + at] |= 1
    return bytes(data)


@pytest.mark.parametrize(
    ("data", "status", "code"),
    [
        (bomb(), 415, "wrong_type"),
        (lying_bomb(), 415, "wrong_type"),
        (overlapping(), 415, "wrong_type"),
        (zipped({"a.jpg": picture(1)})[:-30], 415, "wrong_type"),
        (zipped({}), 415, "wrong_type"),
        (b"PK\x03\x04" + bytes(200), 415, "wrong_type"),
        (zipped({f"{i}.txt": b"" for i in range(2001)}), 413, "too_large"),
        (zipped({f"{i}.txt": b"x" for i in range(501)}), 413, "too_large"),
    ],
    ids=["bomb", "lying", "overlap", "cut", "empty", "noise", "entries", "files"],
)
def test_bad_zips_are_refused_whole(
    client: TestClient, data: bytes, status: int, code: str
) -> None:
    answer = send(client, data)
    assert (answer.status_code, answer.json()["code"]) == (status, code), answer.text
    spool = client.app.state.services.jobs.spool.root  # type: ignore[attr-defined]
    assert not list(spool.glob(".incoming-*"))
    assert client.get(JOBS).json() == []


def test_an_encrypted_member_is_told(client: TestClient) -> None:
    job = send(client, encrypted()).json()
    assert [photo["reason_code"] for photo in job["photos"]] == ["encrypted"]


@pytest.mark.parametrize(
    "data",
    [
        b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>',
        b"<!doctype html><script>alert(1)</script>",
        b"%PDF-1.7",
        b"\x7fELF" + bytes(100),
    ],
)
def test_what_lies_about_its_type_is_refused(client: TestClient, data: bytes) -> None:
    answer = send(client, data, "photo.jpg")
    assert (answer.status_code, answer.json()["code"]) == (415, "wrong_type")


def events(text: str) -> list[tuple[str, dict[str, Any]]]:
    found = []
    for block in text.strip().split("\n\n"):
        fields = dict(line.split(": ", 1) for line in block.splitlines())
        found.append((fields["event"], json.loads(fields["data"])))
    return found


def test_progress_comes_as_events(client: TestClient) -> None:
    job = send(client, zipped({f"{i}.jpg": picture(i) for i in range(3)})).json()
    answer = client.get(f"{JOBS}/{job['id']}/events")
    assert answer.headers["content-type"].startswith("text/event-stream")
    told = events(answer.text)
    assert told[-1][0] == "done"
    assert {kind for kind, _ in told[:-1]} <= {"progress"}
    assert [photo["status"] for photo in told[-1][1]["photos"]] == ["ok"] * 3
    assert client.get(f"{JOBS}/nothing/events").status_code == 404


def test_inspectors_see_their_own_jobs_and_their_note(client: TestClient, store: Store) -> None:
    admin = client.headers["Authorization"]
    first, second = (create_role_key(store, "same name", "inspector") for _ in range(2))
    client.headers["Authorization"] = f"Bearer {first}"
    job = send(client, picture(1), "a.jpg", note="<b>by the gate</b>").json()
    assert job["note"] == "<b>by the gate</b>"
    assert [row["id"] for row in client.get(JOBS).json()] == [job["id"]]
    client.headers["Authorization"] = f"Bearer {second}"
    assert client.get(JOBS).json() == []
    for path in (f"{JOBS}/{job['id']}", f"{JOBS}/{job['id']}/events"):
        assert client.get(path).status_code == 404
    client.headers["Authorization"] = admin
    assert finished(client, f"{JOBS}/{job['id']}")["status"] == "done"
