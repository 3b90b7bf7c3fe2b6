"""What the API says of itself: every route, error and field is documented, in the pages too."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient

from api.problems import PROBLEMS, Problem, from_error
from detect.errors import BadInput, ModelError, TidycityError, UnreadablePhoto
from issues.errors import MoveNotAllowed, NotFound, QueryError, StoreError, VersionConflict

DOCS = Path(__file__).parents[2] / "docs"
PAGES = [DOCS / "api.md", DOCS / "api.zh-CN.md"]
OPEN = {"/healthz", "/readyz"}


@pytest.fixture
def schema(nobody: TestClient) -> dict[str, Any]:
    found: dict[str, Any] = nobody.get("/openapi.json").json()
    return found


def operations(schema: dict[str, Any]) -> list[tuple[str, str, dict[str, Any]]]:
    return [
        (method.upper(), path, operation)
        for path, methods in schema["paths"].items()
        for method, operation in methods.items()
    ]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_pages_name_every_route_and_no_other(schema: dict[str, Any], page: Path) -> None:
    told = set(re.findall(r"^\| `([A-Z]+ /[^`]*)`", page.read_text("utf-8"), re.M))
    assert told == {f"{method} {path}" for method, path, _ in operations(schema)}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_pages_name_every_problem_with_its_status(page: Path) -> None:
    told = re.findall(r"^\| `([a-z_]+)` \| (\d{3}) \|", page.read_text("utf-8"), re.M)
    assert {code: int(status) for code, status in told} == {
        code: status for code, (status, _) in PROBLEMS.items()
    }


def test_every_operation_is_described(schema: dict[str, Any]) -> None:
    for method, path, operation in operations(schema):
        where = f"{method} {path}"
        assert operation.get("summary"), where
        assert operation.get("description"), where
        assert operation.get("tags"), where
        for parameter in operation.get("parameters", []):
            if parameter["in"] in {"query", "path"} and parameter["name"] not in {"limit", "photo"}:
                named = parameter.get("description") or parameter["schema"].get("description")
                assert named or parameter["name"] in {"sort", "job"}, (where, parameter["name"])


def test_every_guarded_operation_says_so(schema: dict[str, Any]) -> None:
    for method, path, operation in operations(schema):
        where = f"{method} {path}"
        if path in OPEN:
            assert "security" not in operation, where
            continue
        assert operation["security"], where
        assert {"401", "403"} <= set(operation["responses"]), where
        for status, answer in operation["responses"].items():
            if status >= "400":
                kinds = set(answer["content"])
                assert "application/problem+json" in kinds, (where, status)


def test_docs_come_from_here(nobody: TestClient) -> None:
    page = nobody.get("/docs").text
    links = re.findall(r'(?:src|href)="([^"]+)"', page)
    assert links
    for link in links:
        assert link.startswith("/"), link
        assert nobody.get(link).status_code == 200


@pytest.mark.parametrize(
    ("method", "path", "status", "code"),
    [
        ("GET", "/api/v1/nothing", 404, "not_found"),
        ("GET", "/api/", 404, "not_found"),
        ("PUT", "/api/v1/issues", 405, "method_not_allowed"),
        ("DELETE", "/api/v1/photos", 405, "method_not_allowed"),
        ("GET", "/nothing", 404, "not_found"),
    ],
)
def test_unknown_addresses(
    client: TestClient, method: str, path: str, status: int, code: str
) -> None:
    answer = client.request(method, path)
    assert (answer.status_code, answer.json()["code"]) == (status, code)


def test_a_fault_of_ours_tells_nothing_of_it(
    client: TestClient, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise RuntimeError("secret path /srv/x")

    monkeypatch.setattr("api.routes.areas.list_areas", fail)
    quiet = TestClient(client.app, raise_server_exceptions=False, headers=client.headers)
    answer = quiet.get("/api/v1/areas")
    assert (answer.status_code, answer.json()["code"]) == (500, "internal")
    assert "secret" not in answer.text
    assert "secret path" in caplog.text


@pytest.mark.parametrize(
    ("error", "code", "status"),
    [
        (NotFound("x"), "not_found", 404),
        (MoveNotAllowed("x"), "move_not_allowed", 409),
        (VersionConflict("x"), "version_conflict", 409),
        (QueryError("x"), "bad_query", 400),
        (StoreError("x", code="locked"), "store_unavailable", 503),
        (StoreError("x", code="disk_full"), "disk_full", 507),
        (UnreadablePhoto("truncated", "x"), "unreadable_picture", 422),
        (BadInput("x"), "invalid", 422),
        (BadInput("x", code="unknown_scope"), "invalid", 422),
        (ModelError("x", code="no_face_model"), "model_unavailable", 503),
        (TidycityError("x"), "internal", 500),
    ],
)
def test_errors_of_the_packages_below(error: TidycityError, code: str, status: int) -> None:
    problem = from_error(error)
    assert isinstance(problem, Problem)
    assert (problem.code, problem.status) == (code, status)


def test_catalogue_and_areas(client: TestClient) -> None:
    body = client.get("/api/v1/catalogue").json()
    codes = {category["code"] for category in body["categories"]}
    assert {"litter.pile", "bin.overflow"} <= codes
    assert body["words"]["status"]["closed"] == {"zh": "已销号", "en": "closed"}
    assert client.get("/api/v1/areas").json() == []
    areas = client.get("/api/v1/areas.geojson")
    assert areas.json()["features"] == []
    assert areas.headers["content-type"] == "application/geo+json"
