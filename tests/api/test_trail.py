"""The audit log: each change leaves a line, each look at an unblurred picture too, none changes."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import text

from api.auth import Principal, create_role_key
from api.trail import AuditedStore
from issues.audit import AuditLine, add_audit, list_audit, prune_audit
from issues.catalogue import load_catalogue
from issues.issue import Action
from issues.moves import move
from issues.store import Store
from tests.api.patrol import NOW, Patrol, now

AUDIT = "/api/v1/audit"


def lines(client: TestClient, **query: Any) -> list[dict[str, Any]]:
    items: list[dict[str, Any]] = client.get(AUDIT, params=query).json()["items"]
    return items


def test_changes_leave_lines_and_reading_none(client: TestClient, patrol: Patrol) -> None:
    client.get("/api/v1/issues")
    refused = client.post(f"/api/v1/issues/{patrol.new}/moves", json={"action": "close"})
    assert refused.status_code == 409
    assert lines(client) == []
    client.post(
        f"/api/v1/issues/{patrol.new}/moves",
        json={"action": "confirm"},
        headers={"X-Request-ID": "abc"},
    )
    (line,) = lines(client)
    assert line["action"] == "POST /issues/{issue}/moves"
    assert (line["actor"], line["role"], line["subject"]) == ("admin", "admin", patrol.new)
    assert (line["address"], line["request_id"]) == ("testclient", "abc")
    event = {"issue": patrol.new, "kind": "confirm", "from": "candidate", "to": "confirmed"}
    assert line["detail"] == {"events": [event], "status": 200}


def test_looks_at_unblurred_pictures_leave_lines(client: TestClient, patrol: Patrol) -> None:
    sha256 = client.get(f"/api/v1/issues/{patrol.new}").json()["best"]["sha256"]
    client.get(f"/api/v1/evidence/{sha256}.jpg", params={"width": 64})
    assert lines(client) == []
    assert client.get(f"/api/v1/evidence/{sha256}.jpg?original=true").status_code == 200
    (line,) = lines(client)
    assert (line["action"], line["subject"]) == ("original picture", sha256)


def test_filters_and_pages(client: TestClient, store: Store) -> None:
    with store.transaction() as session:
        for n in range(5):
            at = NOW + timedelta(minutes=n)
            add_audit(session, AuditLine(at, f"who {n % 2}", 1, "admin", f"POST /x{n}", f"s{n}"))
    first = client.get(AUDIT, params={"limit": 2}).json()
    assert [line["subject"] for line in first["items"]] == ["s4", "s3"]
    rest = client.get(AUDIT, params={"limit": 9, "cursor": first["next_cursor"]}).json()
    assert [line["subject"] for line in rest["items"]] == ["s2", "s1", "s0"]
    assert rest["next_cursor"] is None
    assert len(lines(client, actor="who 0")) == 3
    assert len(lines(client, action="POST /x1")) == 1
    since = (NOW + timedelta(minutes=3)).isoformat()
    assert [line["subject"] for line in lines(client, since=since)] == ["s4", "s3"]
    assert client.get(AUDIT, params={"cursor": "x'"}).json()["code"] == "bad_query"


def test_what_the_console_changes_leaves_a_line(store: Store, patrol: Patrol) -> None:
    who = Principal(7, "Wang", frozenset({"reviewer"}))
    visited = AuditedStore(store, who, "/review?queue=new", "10.0.0.9", now)
    with visited.transaction() as session:
        move(session, patrol.new, Action.CONFIRM, "Wang", catalogue=load_catalogue(), now=NOW)
    with store.reading() as session:
        (line,) = list_audit(session).items
    assert (line.actor, line.key_id, line.address) == ("Wang", 7, "10.0.0.9")
    assert (line.action, line.subject) == ("console /review", patrol.new)
    with pytest.raises(ZeroDivisionError), visited.transaction():
        raise ZeroDivisionError
    with store.reading() as session:
        assert len(list_audit(session).items) == 1


def test_the_database_refuses_to_change_or_drop_lines(store: Store) -> None:
    fresh = datetime.now(UTC) - timedelta(days=1)
    old = datetime.now(UTC) - timedelta(days=400)
    with store.transaction() as session:
        for at in (fresh, old):
            add_audit(session, AuditLine(at, "x", 1, "admin", "a"))
    for statement in ("UPDATE audit SET actor = 'y'", "DELETE FROM audit"):
        with pytest.raises(Exception, match="never changed"), store.transaction() as session:
            session.execute(text(statement))
    edge = datetime.now(UTC) - timedelta(days=365)
    with store.transaction() as session:
        assert prune_audit(session, edge, dry_run=True) == 1
        assert len(list_audit(session).items) == 2
        assert prune_audit(session, edge) == 1
        assert [line.at for line in list_audit(session).items] == [fresh]


def test_only_admins_read_it(nobody: TestClient, store: Store) -> None:
    nobody.headers["X-API-Key"] = create_role_key(store, "r", "reviewer")
    assert nobody.get(AUDIT).status_code == 403
