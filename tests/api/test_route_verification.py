"""Verification over HTTP and from the command line, on the rendered patrol with the real model."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from api.app import create_app
from api.auth import create_key
from api.cli import main
from api.settings import Settings
from detect.batch import analyze_photos
from detect.engines import open_engine
from detect.sources import find_photos
from issues.catalogue import load_catalogue
from issues.intake import Intake
from issues.queries import list_issues
from issues.store import open_store

PATROL = Path(__file__).parents[2] / "samples" / "patrol"
BEFORE = PATROL / "2026-11-02" / "p05.jpg"
AFTER = PATROL / "2026-11-09" / "p05.jpg"


def at() -> datetime:
    return datetime(2026, 11, 20, tzinfo=UTC)


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[TestClient, str, Path]]:
    """A server on a store that knows one pile, and the number of its issue."""
    folder = tmp_path_factory.mktemp("verifying")
    store = open_store(None, folder)
    engine, catalogue = open_engine(None), load_catalogue()
    intake = Intake(store, catalogue, engine.model)
    with intake.batch("first"):
        for result in analyze_photos(find_photos([BEFORE]), engine, keep_bytes=True, workers=1):
            intake.record(result)
    key = create_key(store, "admin", ["admin"])
    with store.reading() as session:
        rows = list_issues(session, catalogue).items
    number = next(row.number for row in rows if row.category == "litter.pile")
    app = create_app(
        Settings(data_dir=folder, blur_faces=False),
        store,
        console=False,
        open_engine=lambda: engine,
        now=at,
    )
    with TestClient(app, headers={"Authorization": f"Bearer {key}"}) as client:
        yield client, number, folder
    store.close()


def send(client: TestClient, number: str, photo: Path, **fields: str) -> dict:
    files = {"photo": (photo.name, photo.read_bytes(), "image/jpeg")}
    answer = client.post(f"/api/v1/issues/{number}/verification", files=files, data=fields)
    assert answer.status_code == 200, answer.text
    found: dict = answer.json()
    return found


def test_a_fix_is_verified_shown_and_overruled(place: tuple[TestClient, str, Path]) -> None:
    client, number, _ = place
    found = send(client, number, AFTER)
    assert (found["verdict"], found["found"], found["origin"]) == ("verified",) * 2 + ("upload",)
    assert {"view_agrees", "nothing_found"} <= {reason["code"] for reason in found["reasons"]}
    assert all(reason["zh"] != reason["code"] for reason in found["reasons"])
    assert len(found["region"]) == 4
    picture = client.get(found["picture_url"], params={"lang": "zh"})
    assert (picture.status_code, picture.headers["content-type"]) == (200, "image/jpeg")
    listed = client.get(f"/api/v1/issues/{number}/verifications").json()
    assert listed[0]["id"] == found["id"]
    assert client.get(f"/api/v1/issues/{number}").json()["verdict"] == "verified"
    overrule = f"/api/v1/verifications/{found['id']}/overrule"
    assert client.post(overrule, json={"verdict": "not_fixed", "note": ""}).status_code == 422
    over = client.post(overrule, json={"verdict": "not_fixed", "note": "swept under the hedge"})
    assert over.status_code == 200, over.text
    assert over.json()["overruled"]["note"] == "swept under the hedge"
    assert (over.json()["verdict"], over.json()["found"]) == ("not_fixed", "verified")
    again = client.get(f"/api/v1/verifications/{found['id']}").json()
    assert again["overruled"]["by"] == "admin"


def test_the_photo_from_before_is_caught(place: tuple[TestClient, str, Path]) -> None:
    client, number, _ = place
    found = send(client, number, BEFORE)
    assert found["verdict"] == "reused_photo"
    assert found["reused_sha256"] == found["after_sha256"]


@pytest.mark.parametrize(
    ("data", "fields", "status", "code"),
    [
        (b"<svg/>", {}, 415, "wrong_type"),
        (b"\xff\xd8\xff\xe0 no more", {}, 422, "unreadable_picture"),
        (None, {"lat": "31.2"}, 422, "invalid"),
    ],
)
def test_what_is_no_photo_or_no_place_is_refused(
    place: tuple[TestClient, str, Path],
    data: bytes | None,
    fields: dict[str, str],
    status: int,
    code: str,
) -> None:
    client, number, _ = place
    files = {"photo": ("x.jpg", AFTER.read_bytes() if data is None else data, "image/jpeg")}
    answer = client.post(f"/api/v1/issues/{number}/verification", files=files, data=fields)
    assert (answer.status_code, answer.json()["code"]) == (status, code)


def test_unknown_ones_are_not_found(place: tuple[TestClient, str, Path]) -> None:
    client, _, _ = place
    for path in (
        "issues/TC-2020-000001/verifications",
        "verifications/99",
        "verifications/99/picture.jpg",
    ):
        assert client.get(f"/api/v1/{path}").status_code == 404


def test_the_command(
    place: tuple[TestClient, str, Path], capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    _, number, folder = place
    picture = tmp_path / "side.jpg"
    given = ["--data", str(folder), "--lang", "en", "verify", number, str(AFTER), "--json"]
    with pytest.raises(SystemExit) as ended:
        main([*given, "--picture", str(picture)])
    assert ended.value.code == 0
    line = json.loads(capsys.readouterr().out)
    assert (line["issue"], line["verdict"]) == (number, "verified")
    assert picture.read_bytes()[:2] == b"\xff\xd8"
    with pytest.raises(SystemExit) as ended:
        main(["--data", str(folder), "verify", number])
    assert ended.value.code == 2
