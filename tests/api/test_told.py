"""Pages as they are told straight from rows: what the shapes of the API say, member by member."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta

import pytest
from fastapi.testclient import TestClient

from api.routes import told
from api.routes.shapes import FeatureCollection, Issue, Listing, Observation, Photo
from issues.catalogue import load_catalogue
from issues.issue import Proposal, RejectReason, Severity, Status, Verdict
from issues.queries import list_issues, list_observations, list_photos
from issues.rows import AreaRow, FrameRef, IssueRow, Page
from issues.store import Store
from tests.api.patrol import NOW, Patrol

AREA = AreaRow("grid-01", "grid", "一号网格", "Grid 1", "环卫所", "", "李", "0571-1")
FRAME = FrameRef(3, "ab" * 32, 'a "b"\n.jpg', NOW, (0.1, 0.2, 0.30000000000000004, 1.0), 0.9, True)
EMPTY = IssueRow(
    id="01HX",
    number="TC-2026-000001",
    status=Status.CANDIDATE,
    proposal=None,
    category="litter.pile",
    group="litter",
    severity=Severity.MAJOR,
    lat=None,
    lon=None,
    accuracy_m=None,
    area=None,
    first_seen=NOW,
    last_seen=NOW,
    cleared_at=None,
    observations=1,
    photos=1,
    recurrences=0,
    best_score=0.5,
    confirmed_at=None,
    closed_at=None,
    deadline=None,
    reject_reason=None,
    duplicate_of=None,
    experimental=False,
    suspected=False,
    best=None,
    after=None,
    version=1,
    created_at=NOW,
    updated_at=NOW + timedelta(microseconds=5),
)
FULL = replace(
    EMPTY,
    status=Status.ON_HOLD,
    proposal=next(iter(Proposal)),
    category="own.unknown",
    lat=30.1,
    lon=120.25,
    accuracy_m=8.0,
    area=AREA,
    cleared_at=NOW,
    confirmed_at=NOW,
    deadline=NOW - timedelta(days=3),
    reject_reason=next(iter(RejectReason)),
    duplicate_of="TC-2026-000002",
    best=FRAME,
    after=replace(FRAME, box=None, score=None, stored=False),
    unit_en="West <Lake> 站",
    held_from=Status.ASSIGNED,
    on_hold_until=NOW + timedelta(days=1),
    verdict=next(iter(Verdict)),
    supervised_at=NOW,
)
LATE = replace(FULL, status=Status.ASSIGNED, unit_en=None, deadline=NOW - timedelta(days=400))
ROWS = {"empty": EMPTY, "full": FULL, "late": LATE}


@pytest.mark.parametrize("row", ROWS.values(), ids=ROWS)
def test_an_issue_is_told_as_its_shape_would_tell_it(row: IssueRow) -> None:
    page = Page((row,), "next", 7)
    body = bytes(told.page(page, told.issues(page.items, load_catalogue(), NOW)).body)
    assert body == Listing[Issue].model_validate_json(body).model_dump_json().encode()
    (item,) = json.loads(body)["items"]
    assert list(item) == list(Issue.model_fields)
    assert (item["status"], item["version"]) == (row.status.value, row.version)
    assert item["overdue"] is (row is LATE)
    assert (item["overdue_by_h"] > 1000) is (row is LATE)


def test_members_that_were_not_asked_for_are_left_out() -> None:
    page = Page((FULL,))
    items = told.issues(page.items, load_catalogue(), NOW)
    body = json.loads(bytes(told.page(page, items, {"number", "unit"}).body))
    unit = {"zh": "环卫所", "en": "West <Lake> 站"}
    assert body["items"] == [{"number": "TC-2026-000001", "unit": unit}]


def test_recorded_pages_are_what_the_shapes_say(store: Store, patrol: Patrol) -> None:
    with store.reading() as session:
        issues = list_issues(session, load_catalogue(), with_total=True, limit=3)
        found, photos = list_observations(session, limit=3), list_photos(session)
    assert issues.items
    assert found.items
    assert photos.items
    bodies = {
        Issue: bytes(told.page(issues, told.issues(issues.items, load_catalogue(), NOW)).body),
        Observation: bytes(told.page(found, told.observations(found.items)).body),
        Photo: bytes(told.page(photos, told.photos(photos.items)).body),
    }
    for shape, body in bodies.items():
        kept = Listing[shape].model_validate_json(body)  # type: ignore[valid-type]
        assert body == kept.model_dump_json().encode()
    points = bytes(told.answer(told.features(issues, load_catalogue(), NOW, None)).body)
    assert points == FeatureCollection.model_validate_json(points).model_dump_json().encode()


def test_lists_say_when_they_are_over(client: TestClient, patrol: Patrol) -> None:
    for path in ("issues", "observations", "photos"):
        first = client.get(f"/api/v1/{path}?limit=1").json()
        assert list(first) == ["items", "next_cursor", "total"]
        assert first["next_cursor"]
        last = client.get(f"/api/v1/{path}?limit=500")
        assert last.json()["next_cursor"] is None
        assert last.headers["content-type"] == "application/json"
