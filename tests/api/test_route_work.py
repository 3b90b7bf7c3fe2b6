"""The whole life of an issue over HTTP: units, reports, rework, holds, many at once."""

from __future__ import annotations

from typing import Any

import pytest
from fastapi.testclient import TestClient

from tests.api.patrol import Patrol

ISSUES = "/api/v1/issues"
WORKS = "/api/v1/workload"


def act(client: TestClient, number: str, action: str, **fields: Any) -> Any:
    return client.post(f"{ISSUES}/{number}/moves", json={"action": action, **fields})


def done(client: TestClient, number: str, action: str, **fields: Any) -> dict[str, Any]:
    answer = act(client, number, action, **fields)
    assert answer.status_code == 200, answer.text
    body: dict[str, Any] = answer.json()
    return body


def refused(client: TestClient, number: str, action: str, **fields: Any) -> str:
    answer = act(client, number, action, **fields)
    assert answer.status_code == 409, answer.text
    body = answer.json()
    assert body["code"] == "move_not_allowed"
    assert body["mend"]
    return str(body.get("cause", ""))


def test_a_whole_life(client: TestClient, patrol: Patrol) -> None:
    one = patrol.stays
    assert done(client, one, "confirm")["deadline"]
    assigned = done(client, one, "assign", unit="城管中队", note="first thing")
    assert assigned["status"] == "assigned"
    assert assigned["unit"] == {"zh": "城管中队", "en": "城管中队"}
    assert assigned["assigned_at"]
    photo = client.get(f"{ISSUES}/{patrol.fixed}").json()["after"]["sha256"]
    reported = done(client, one, "report_fixed", photo=photo, note="cleared at noon")
    assert (reported["status"], reported["after"]["sha256"]) == ("reported_fixed", photo)
    again = done(client, one, "rework", reason="not_done")
    assert (again["status"], again["reworks"], again["paper_fixes"]) == ("rework", 1, 1)
    assert again["reported_at"] is None
    assert done(client, one, "report_fixed")["reworks"] == 1
    assert done(client, one, "close")["status"] == "closed"
    assert done(client, one, "reopen")["deadline"] is None
    whole = client.get(f"{ISSUES}/{one}").json()
    kinds = [event["kind"] for event in whole["events"] if event["actor"] == "admin"]
    assert kinds == [
        *("confirm", "assign", "report_fixed", "rework", "report_fixed", "close", "reopen")
    ]
    told = next(event for event in whole["events"] if event["kind"] == "report_fixed")
    assert told["evidence_sha256"] == photo
    assert told["data"]["photo_sha256"] == photo


def test_an_issue_says_which_moves_it_takes(client: TestClient, patrol: Patrol) -> None:
    done(client, patrol.stays, "confirm")
    done(client, patrol.stays, "assign", unit="A")
    whole = client.get(f"{ISSUES}/{patrol.stays}").json()
    moves = {one["action"]: one for one in whole["moves"]}
    assert list(moves) == whole["actions"]
    assert moves["send_back"]["needed"] == ["reason"]
    assert {"code": "not_ours", "zh": "不属本单位职责", "en": "not this unit's job"} in moves[
        "send_back"
    ]["reasons"]
    assert "unsupervise" not in moves
    assert moves["assign"]["reasons"] == []


@pytest.mark.parametrize(
    ("action", "fields", "cause"),
    [
        ("send_back", {}, "reason_missing"),
        ("send_back", {"reason": "weather"}, "unknown_reason"),
        ("assign", {"unit": "A"}, "same_unit"),
        ("hold", {"reason": "funds"}, "until_missing"),
        ("hold", {"reason": "funds", "until": "2020-01-01T00:00:00Z"}, "bad_hold_date"),
        ("hold", {"reason": "funds", "until": "2099-01-01T00:00:00Z"}, "bad_hold_date"),
        ("extend", {"reason": "weather", "deadline": "2020-01-01T00:00:00Z"}, "deadline_not_later"),
        ("report_fixed", {"photo": "999999"}, "unknown_photo"),
        ("report_fixed", {"photo": "f" * 64}, "unknown_photo"),
        ("supervise", {"supervisor": "  "}, "supervisor_missing"),
        ("supervise", {}, "supervisor_missing"),
        ("unsupervise", {}, ""),
        ("rework", {"reason": "not_done"}, ""),
        ("resume", {}, ""),
    ],
)
def test_what_a_move_lacks(
    client: TestClient, patrol: Patrol, action: str, fields: dict[str, Any], cause: str
) -> None:
    done(client, patrol.stays, "confirm")
    before = done(client, patrol.stays, "assign", unit="A")
    assert refused(client, patrol.stays, action, **fields) == cause
    assert client.get(f"{ISSUES}/{patrol.stays}").json()["version"] == before["version"]


@pytest.mark.parametrize(
    "fields",
    [
        {"until": "2099-01-01T00:00:00"},
        {"hours": 0},
        {"hours": "inf"},
        {"unit": "x" * 201},
        {"colour": "red"},
    ],
)
def test_what_no_move_takes(client: TestClient, patrol: Patrol, fields: dict[str, Any]) -> None:
    answer = act(client, patrol.stays, "confirm", **fields)
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid")


def test_nobody_answers_for_it(client: TestClient, patrol: Patrol) -> None:
    done(client, patrol.stays, "confirm")
    assert refused(client, patrol.stays, "assign") == "unit_missing"


def test_extensions_end(client: TestClient, patrol: Patrol) -> None:
    done(client, patrol.stays, "confirm")
    first = done(client, patrol.stays, "assign", unit="A", hours=4)
    second = done(client, patrol.stays, "extend", reason="weather", hours=7)
    third = done(client, patrol.stays, "extend", reason="weather")
    assert first["deadline"] < second["deadline"] < third["deadline"]
    assert third["extensions"] == 2
    assert refused(client, patrol.stays, "extend", reason="weather") == "extension_limit"
    assert done(client, patrol.stays, "undo")["deadline"] == second["deadline"]


def test_supervision_is_a_filter(client: TestClient, patrol: Patrol) -> None:
    done(client, patrol.stays, "confirm")
    row = done(client, patrol.stays, "supervise", supervisor="王主任")
    assert (row["supervised"], row["supervisor"]) == (True, "王主任")
    listed = client.get(ISSUES, params={"supervised": True}).json()["items"]
    assert [one["number"] for one in listed] == [patrol.stays]
    assert not done(client, patrol.stays, "unsupervise")["supervised"]


def test_many_at_once_each_alone(client: TestClient, patrol: Patrol) -> None:
    done(client, patrol.stays, "confirm")
    done(client, patrol.back, "confirm")
    asked = [patrol.stays, patrol.new, patrol.back, "TC-1999-000001", patrol.stays]
    body = {"action": "assign", "issues": asked, "unit": "环卫所"}
    key = {"Idempotency-Key": "monday"}
    answer = client.post(f"{ISSUES}/moves", json=body, headers=key).json()
    assert (answer["done"], answer["failed"]) == (2, 2)
    by_issue = {one["issue"]: one for one in answer["results"]}
    assert by_issue[patrol.stays]["moved"]["status"] == "assigned"
    assert by_issue[patrol.new]["problem"]["code"] == "move_not_allowed"
    assert by_issue["TC-1999-000001"]["problem"]["status"] == 404
    again = client.post(f"{ISSUES}/moves", json=body, headers=key).json()
    assert again["done"] == 2
    events = client.get(f"{ISSUES}/{patrol.stays}").json()["events"]
    assert [event["kind"] for event in events].count("assign") == 1
    stale = {"action": "send_back", "reason": "not_ours", "issues": [patrol.back]}
    answer = client.post(f"{ISSUES}/moves", json=stale | {"versions": {patrol.back: 1}}).json()
    assert answer["results"][0]["problem"]["code"] == "version_conflict"
    assert client.get(ISSUES, params={"unit": "环卫所"}).json()["items"][0]["status"] == "assigned"


@pytest.mark.parametrize("issues", [[], [f"TC-2026-{n:06}" for n in range(201)]])
def test_too_few_and_too_many(client: TestClient, patrol: Patrol, issues: list[str]) -> None:
    answer = client.post(f"{ISSUES}/moves", json={"action": "confirm", "issues": issues})
    assert answer.status_code == 422


def test_the_workload_by_unit(client: TestClient, patrol: Patrol) -> None:
    done(client, patrol.stays, "confirm")
    done(client, patrol.stays, "assign", unit="环卫所", hours=1)
    done(client, patrol.back, "confirm")
    work = client.get(WORKS).json()
    assert work["total"]["open"] == 5
    assert (work["total"]["to_assign"], work["total"]["at_work"]) == (1, 1)
    unit = next(one for one in work["units"] if one["unit_zh"] == "环卫所")
    assert (unit["open"], unit["due_soon"], unit["overdue"]) == (1, 1, 0)
    soon = client.get(ISSUES, params={"due": "soon"}).json()["items"]
    assert [(one["number"], one["due_soon"]) for one in soon] == [(patrol.stays, True)]
    assert client.get(ISSUES, params={"due": "overdue"}).json()["items"] == []
    assert client.get(ISSUES, params={"due": "escalate"}).json()["items"] == []
    assert client.get(ISSUES, params={"due": "odd"}).status_code == 422


def test_every_example_of_the_documentation_is_taken(client: TestClient, patrol: Patrol) -> None:
    schema = client.get("/openapi.json").json()["components"]["schemas"]["Move"]
    for example in schema["examples"]:
        answer = client.post(f"{ISSUES}/{patrol.new}/moves", json=example)
        assert answer.status_code in {200, 404, 409}, (example, answer.text)
