"""Exports over HTTP: started, fetched, kept; lists read back."""

from __future__ import annotations

import json
import time
import zipfile
from io import BytesIO

import pytest
from openpyxl import load_workbook

from api.auth import create_key
from issues.issue import Action
from issues.moves import move
from tests.api.patrol import NOW

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


def finished(client, path: str):
    for _ in range(600):
        body = client.get(path).json()
        if body["status"] in {"done", "failed"}:
            return body
        time.sleep(0.05)
    raise AssertionError(body)


@pytest.fixture
def fetch(client, patrol):
    def fetch(query: str):
        started = client.post(f"/api/v1/exports?{query}")
        assert started.status_code == 202, started.text
        body = finished(client, started.headers["Location"])
        assert body["status"] == "done", body
        return body, client.get(f"{started.headers['Location']}/file")

    return fetch


def test_the_list(fetch) -> None:
    body, answer = fetch("kind=xlsx&lang=zh&datum=gcj02")
    assert answer.headers["content-type"] == XLSX
    assert body["filename"] in answer.headers["content-disposition"]
    assert load_workbook(BytesIO(answer.content)).sheetnames[0] == "汇总"
    assert (body["issues"], body["unconfirmed"]) == (5, 5)


@pytest.mark.parametrize("kind", ["csv", "geojson", "jsonl", "html"])
def test_other_kinds(fetch, kind: str, patrol) -> None:
    body, answer = fetch(f"kind={kind}&category=litter.pile")
    assert body["filter"] == {"category": ["litter.pile"]}
    assert patrol.stays in answer.text
    assert patrol.back not in answer.text


def test_geojson_says_its_datum(fetch) -> None:
    _, plain = fetch("kind=geojson")
    _, shifted = fetch("kind=geojson&datum=bd09")
    assert json.loads(plain.text)["datum"] == "wgs84"
    assert json.loads(shifted.text)["datum"] == "bd09"
    assert plain.json()["features"][0]["geometry"] != shifted.json()["features"][0]["geometry"]


def test_an_archive(fetch) -> None:
    body, answer = fetch("kind=archive&lang=en")
    with zipfile.ZipFile(BytesIO(answer.content)) as archive:
        manifest = json.loads(archive.read("manifest.json"))
    assert manifest["faces_blurred"]
    assert (body["done"], body["of"]) == (5, 5)


def test_originals_are_for_admins(client, store, patrol) -> None:
    reader = {"Authorization": f"Bearer {create_key(store, 'reader', ['read'])}"}
    refused = client.post("/api/v1/exports?kind=archive&photos=originals", headers=reader)
    assert (refused.status_code, refused.json()["code"]) == (403, "missing_scope")
    made = client.post("/api/v1/exports?kind=archive&photos=originals").json()
    finished(client, f"/api/v1/exports/{made['id']}")
    assert client.get("/api/v1/exports", headers=reader).json() == []
    assert client.get(f"/api/v1/exports/{made['id']}/file", headers=reader).status_code == 404
    assert client.get(f"/api/v1/exports/{made['id']}/file").status_code == 200


def test_unknown_ones(client) -> None:
    for path in ("nothing", "..%2f..", "nothing/file"):
        assert client.get(f"/api/v1/exports/{path}").status_code == 404


def test_what_was_cut_off_is_told(app, client, settings, patrol) -> None:
    shelf = app.state.services.exports
    made = client.post("/api/v1/exports?kind=csv").json()
    finished(client, f"/api/v1/exports/{made['id']}")
    one = shelf.get(made["id"]).model_copy(update={"status": "running"})
    shelf._save(one)
    shelf.start()
    assert shelf.get(made["id"]).error_code == "interrupted"


@pytest.fixture
def sent_back(fetch, store, app, patrol):
    """The list with one issue of the patrol reported fixed by its unit."""
    table = app.state.services.catalogue
    with store.transaction() as session:
        for action, fields in ((Action.CONFIRM, {}), (Action.ASSIGN, {"unit": "环卫一所"})):
            move(session, patrol.stays, action, "x", catalogue=table, now=NOW, **fields)
    _, answer = fetch("kind=xlsx&lang=zh")
    book = load_workbook(BytesIO(answer.content))
    for sheet in book.worksheets[1:]:
        keys = {cell.value: cell.column for cell in sheet[3]}
        for line in range(4, sheet.max_row + 1):
            if sheet.cell(line, 2).value == patrol.stays:
                sheet.cell(line, keys["状态"]).value = "已整改"
                sheet.cell(line, keys["整改情况"]).value = "已清运"
    out = BytesIO()
    book.save(out)
    return out.getvalue()


def test_a_list_comes_back(client, sent_back, patrol) -> None:
    def send(apply: bool):
        files = {"file": ("list.xlsx", sent_back, XLSX)}
        return client.post(f"/api/v1/lists?apply={str(apply).lower()}&lang=zh", files=files).json()

    dry = send(False)
    assert dry["counts"] == {"ready": 1, "unchanged": 4}
    assert client.get(f"/api/v1/issues/{patrol.stays}").json()["status"] == "assigned"
    assert send(True)["counts"] == {"applied": 1, "unchanged": 4}
    assert client.get(f"/api/v1/issues/{patrol.stays}").json()["status"] == "reported_fixed"
    assert send(True)["counts"] == {"repeated": 1, "unchanged": 4}


def test_what_is_no_list(client, store) -> None:
    files = {"file": ("list.xlsx", b"no list", XLSX)}
    answer = client.post("/api/v1/lists", files=files)
    assert (answer.status_code, answer.json()["cause"]) == (422, "unreadable_list")
    reader = {"Authorization": f"Bearer {create_key(store, 'reader', ['read'])}"}
    assert client.post("/api/v1/lists", files=files, headers=reader).status_code == 403
