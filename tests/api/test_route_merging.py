"""Suggestions, merging and splitting over HTTP."""

from __future__ import annotations

from typing import Any

import pytest
from fastapi.testclient import TestClient

from tests.api.patrol import Patrol

ISSUES = "/api/v1/issues"


@pytest.fixture
def issues(client: TestClient, patrol: Patrol) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = client.get(ISSUES, params={"sort": "number"}).json()["items"]
    return found


def whole(client: TestClient, number: str) -> dict[str, Any]:
    found: dict[str, Any] = client.get(f"{ISSUES}/{number}").json()
    return found


def test_merging_and_taking_it_back(client: TestClient, issues: list[dict[str, Any]]) -> None:
    one, other = issues[0], issues[1]
    versions = {other["number"]: other["version"]}
    body = {"issues": [other["number"]], "versions": versions, "note": "one heap"}
    merged = client.post(f"{ISSUES}/{one['number']}/merge", json=body)
    assert merged.status_code == 200, merged.text
    assert merged.json()["observations"] == one["observations"] + other["observations"]
    assert whole(client, other["number"])["duplicate_of"] == one["number"]
    back = client.post(f"{ISSUES}/{other['number']}/unmerge", json={})
    assert back.status_code == 200
    assert back.json()["duplicate_of"] is None
    assert whole(client, one["number"])["observations"] == one["observations"]


def test_splitting_and_taking_it_back(client: TestClient, issues: list[dict[str, Any]]) -> None:
    large = max(issues, key=lambda issue: issue["observations"])
    found = [finding["id"] for finding in whole(client, large["number"])["found"]]
    assert len(found) > 1
    url = f"{ISSUES}/{large['number']}"
    key = {"Idempotency-Key": "once"}
    answer = client.post(f"{url}/split", json={"found": found[:1]}, headers=key)
    assert answer.status_code == 200, answer.text
    made = answer.json()
    assert made["new"]["status"] == "candidate"
    assert made["issue"]["observations"] == len(found) - 1
    repeated = client.post(f"{url}/split", json={"found": found[:1]}, headers=key).json()
    assert repeated["new"]["number"] == made["new"]["number"]
    back = client.post(f"{ISSUES}/{made['new']['number']}/unsplit", json={})
    assert back.json()["number"] == large["number"]
    assert back.json()["observations"] == len(found)


def test_what_is_refused(client: TestClient, issues: list[dict[str, Any]]) -> None:
    url = f"{ISSUES}/{issues[0]['number']}"
    for path, body, status in [
        ("merge", {"issues": []}, 422),
        ("merge", {"issues": ["TC-1"]}, 404),
        ("merge", {"issues": [issues[1]["number"]], "versions": {issues[1]["number"]: 99}}, 409),
        ("unmerge", {}, 409),
        ("unsplit", {}, 409),
        ("split", {"found": [10**9]}, 409),
        ("split", {"found": [1], "expected_version": 99}, 409),
    ]:
        answer = client.post(f"{url}/{path}", json=body)
        assert answer.status_code == status, (path, answer.text)
        assert answer.json()["mend"]
    assert client.get(f"{ISSUES}/TC-1/suggestions").status_code == 404


def test_suggestions(client: TestClient, issues: list[dict[str, Any]]) -> None:
    for issue in issues:
        answer = client.get(f"{ISSUES}/{issue['number']}/suggestions")
        assert answer.status_code == 200
        away = [one["away_m"] for one in answer.json()]
        assert away == sorted(away)
        assert len(away) <= 5
        assert issue["number"] not in [one["issue"]["number"] for one in answer.json()]
