"""Verifications in a store: evidence, fingerprints, history, overruling, what waits."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import cv2
import pytest

from detect.batch import analyze_photos
from detect.fingerprint import VERSION
from detect.sources import find_photos
from issues.catalogue import Catalogue, load_catalogue
from issues.clock import SetClock
from issues.errors import MoveNotAllowed, NotFound
from issues.intake import Intake
from issues.issue import Verdict
from issues.queries import get_issue, get_row, list_issues
from issues.store import Store, open_store
from issues.store.verification_table import Marks, keep_marks, suspects, unmarked
from issues.verify.filing import overrule, verifications, verify_issue
from issues.verify.keeping import mark_missing
from issues.verify.showing import picture_of
from issues.verify.verification import Reason
from issues.verify.waiting import waiting_photo, waiting_proposals, waiting_reports
from tests.issues.verify.conftest import FIRST, NOW, PATROL, SECOND, bytes_of


@pytest.fixture(scope="module")
def patrolled(engine, tmp_path_factory) -> Iterator[tuple[Store, Catalogue]]:
    """A store with three places of the first visit, looked at by the real model."""
    store = open_store(None, tmp_path_factory.mktemp("patrolled"))
    catalogue = load_catalogue()
    intake = Intake(store, catalogue, engine.model, clock=SetClock(NOW))
    found = find_photos([PATROL / FIRST / f"{name}.jpg" for name in ("p02", "p05", "p06")])
    with intake.batch("first"):
        for result in analyze_photos(found, engine, keep_bytes=True, workers=1):
            intake.record(result)
    yield store, catalogue
    store.close()


def number_of(store: Store, catalogue: Catalogue, name: str, category: str = "litter.pile") -> str:
    with store.reading() as session:
        rows = list_issues(session, catalogue, limit=100).items
    return next(r.number for r in rows if name in r.best.source and r.category == category)


def test_evidence_is_marked_when_it_is_taken_in(patrolled):
    store, _ = patrolled
    with store.reading() as session:
        assert unmarked(session, VERSION) == []
        assert len(unmarked(session, VERSION + 1)) == 3


def test_marks_are_made_up_for(patrolled, tmp_path):
    store, _ = patrolled
    with store.transaction() as session:
        for sha256 in unmarked(session, VERSION + 1)[:2]:
            keep_marks(session, sha256, Marks(None, frozenset()), VERSION - 1)
    assert len(list(mark_missing(store, NOW))) == 2
    assert list(mark_missing(store, NOW)) == []


def test_a_fix_is_verified_and_stands_in_the_history(patrolled, engine):
    store, catalogue = patrolled
    number = number_of(store, catalogue, "p05")
    with store.reading() as session:
        version = get_row(session, catalogue, number).version
    row = verify_issue(
        store,
        catalogue,
        number,
        bytes_of("p05", SECOND),
        engine,
        actor="li",
        origin="upload",
        now=NOW,
        idempotency_key="k1",
    )
    assert (row.verdict, row.issue_number, row.origin) == (Verdict.VERIFIED, number, "upload")
    assert store.evidence.has(row.verification.after_sha256)
    with store.reading() as session:
        detail = get_issue(session, catalogue, number)
    assert detail.row.verdict is Verdict.VERIFIED
    assert detail.row.version == version
    event = detail.events[-1]
    assert (event.kind, event.actor, event.data["verdict"]) == ("verification", "li", "verified")
    assert event.evidence_sha256 == row.verification.after_sha256
    again = verify_issue(
        store,
        catalogue,
        number,
        bytes_of("p05", SECOND),
        engine,
        actor="li",
        origin="upload",
        now=NOW,
        idempotency_key="k1",
    )
    assert again.id == row.id


def test_a_person_overrules_with_a_reason(patrolled, engine):
    store, catalogue = patrolled
    number = number_of(store, catalogue, "p02")
    row = verify_issue(
        store,
        catalogue,
        number,
        bytes_of("p02", SECOND),
        engine,
        actor="li",
        origin="upload",
        now=NOW,
    )
    assert row.verdict is Verdict.NOT_FIXED
    with pytest.raises(MoveNotAllowed, match="needs a note"):
        overrule(store, catalogue, row.id, Verdict.VERIFIED, actor="wang", note=" ", now=NOW)
    later = NOW + timedelta(hours=1)
    over = overrule(
        store, catalogue, row.id, Verdict.VERIFIED, actor="wang", note="seen on site", now=later
    )
    assert (over.verdict, over.verification.verdict) == (Verdict.VERIFIED, Verdict.NOT_FIXED)
    assert (over.overruled_by, over.overruled_note) == ("wang", "seen on site")
    with store.reading() as session:
        detail = get_issue(session, catalogue, number)
        assert verifications(session, number)[0].verdict is Verdict.VERIFIED
    assert detail.row.verdict is Verdict.VERIFIED
    assert [e.kind for e in detail.events].count("verification") == 2
    assert detail.events[-1].note == "seen on site"


@pytest.mark.parametrize("flip", [False, True])
def test_a_copy_of_another_issue_s_photo_is_found_in_the_store(patrolled, engine, flip):
    """The photo of another place, cut and mirrored: found by its fingerprint among all."""
    store, catalogue = patrolled
    other = cv2.imread(str(PATROL / FIRST / "p06.jpg"))[80:900, 100:1200]
    data = cv2.imencode(".jpg", other[:, ::-1] if flip else other)[1].tobytes()
    row = verify_issue(
        store,
        catalogue,
        number_of(store, catalogue, "p05"),
        data,
        engine,
        actor="li",
        origin="upload",
        now=NOW,
    )
    assert row.verdict is Verdict.REUSED_PHOTO
    expected = Reason.MIRRORED_COPY if flip else Reason.PART_OF_OLDER
    assert row.verification.reasons == (expected,)
    jpeg = picture_of(store, row, captions=("before", "after"), blur=False, now=NOW)
    assert jpeg[:2] == b"\xff\xd8"


def test_the_same_after_photo_twice_is_no_fraud(patrolled, engine):
    store, catalogue = patrolled
    number = number_of(store, catalogue, "p06")
    rows = [
        verify_issue(
            store,
            catalogue,
            number,
            bytes_of("p06", SECOND),
            engine,
            actor="li",
            origin="upload",
            now=NOW,
        )
        for _ in range(2)
    ]
    assert {row.verdict for row in rows} == {Verdict.VERIFIED}
    with store.reading() as session:
        assert [row.id for row in verifications(session, number)] == [rows[1].id, rows[0].id]


def test_unknown_issues_are_not_found(patrolled, engine):
    store, catalogue = patrolled
    with pytest.raises(NotFound):
        verify_issue(
            store,
            catalogue,
            "TC-2026-999999",
            bytes_of("p05", SECOND),
            engine,
            actor="li",
            origin="upload",
            now=NOW,
        )
    with store.reading() as session, pytest.raises(NotFound):
        verifications(session, "TC-2026-999999")
    with pytest.raises(NotFound):
        overrule(store, catalogue, 999, Verdict.VERIFIED, actor="li", note="x", now=NOW)


def test_what_a_patrol_proposes_waits_until_it_is_verified(engine, tmp_path: Path):
    store, catalogue = open_store(None, tmp_path), load_catalogue()
    intake = Intake(store, catalogue, engine.model, clock=SetClock(NOW))
    for day in (FIRST, SECOND):
        found = find_photos([PATROL / day / "p06.jpg"])
        with intake.batch(day):
            for result in analyze_photos(found, engine, keep_bytes=True, workers=1):
                intake.record(result)
    with store.reading() as session:
        numbers = waiting_proposals(session)
        assert waiting_reports(session) == []
        assert numbers
        waiting = waiting_photo(session, numbers[0])
    assert waiting is not None
    assert waiting.origin == "patrol"
    row = verify_issue(
        store,
        catalogue,
        numbers[0],
        store.evidence.read(waiting.sha256),
        engine,
        actor="system",
        origin="patrol",
        now=NOW,
    )
    assert row.verdict is Verdict.VERIFIED, row
    with store.reading() as session:
        assert numbers[0] not in waiting_proposals(session)
    store.close()


def test_fingerprints_find_among_many(store):
    """By hash where few bits differ, by words where the picture was cut; on both databases."""
    with store.transaction() as session:
        for k in range(40):
            words = frozenset(range(1000 * k, 1000 * k + 40))
            keep_marks(session, f"{k:064x}", Marks((k * 0x9E3779B97F4A7C15) % 2**64, words), 1)
    with store.reading() as session:
        near = Marks((7 * 0x9E3779B97F4A7C15) % 2**64 ^ 0b1001, frozenset())
        assert suspects(session, [near])[0].sha256 == f"{7:064x}"
        part = Marks(None, frozenset(range(9010, 9020)))
        assert [s.sha256 for s in suspects(session, [part])] == [f"{9:064x}"]
        assert suspects(session, [Marks(None, frozenset({9010, 12001}))]) == []
        assert suspects(session, []) == []
    with store.transaction() as session:
        keep_marks(session, f"{9:064x}", Marks(None, frozenset({5})), 2)
        assert suspects(session, [part]) == []
