"""What photos become: issues, seen again, proposed as fixed, come back."""

from __future__ import annotations

from issues.queries import get_issue, list_issues


def test_a_finding_becomes_a_candidate(intake, store, catalogue, camera):
    done = intake.record(camera.shoot("litter.pile"))
    assert done.new_issues == ("TC-2026-000001",)
    with store.reading() as session:
        (row,) = list_issues(session, catalogue).items
        detail = get_issue(session, catalogue, row.number)
    assert (row.status, row.category, row.group) == ("candidate", "litter.pile", "litter")
    assert row.best.stored
    assert [event.kind for event in detail.events] == ["found"]
