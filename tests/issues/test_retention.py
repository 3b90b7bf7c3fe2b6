"""What may go and what must stay: pictures, by the issues that they belong to."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from issues.cameras.camera import make_camera
from issues.cameras.registry import put_camera
from issues.catalogue import load_catalogue
from issues.errors import NotFound
from issues.intake import Intake
from issues.issue import Action, RejectReason
from issues.moves import move
from issues.queries import get_issue
from issues.retention import LOG, Policy, apply, hold, holds, plan, release
from issues.store import Store, open_store
from issues.store.camera_table import add_looks
from issues.store.retention_select import pictures_to_go
from tests.api.patrol import NOW, START, FakeModel, look, place

LATER = NOW + timedelta(days=200)
POLICY = Policy(closed_days=100, rejected_days=50)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    store = open_store(None, tmp_path)
    yield store
    store.close()


def find(store: Store, name: str, metres: float, shade: int, category: str = "litter.pile") -> str:
    """A new issue at a place of its own; its number."""
    intake = Intake(store, load_catalogue(), FakeModel())
    (number,) = intake.record(look(name, START, place(metres), category, shade)).new_issues
    return number


def act(
    store: Store, number: str, action: Action, at: datetime, reason: RejectReason | None = None
) -> None:
    with store.transaction() as session:
        move(session, number, action, "li", catalogue=load_catalogue(), now=at, reason=reason)


def reject(store: Store, number: str, at: datetime = NOW) -> None:
    act(store, number, Action.REJECT, at, next(iter(RejectReason)))


def hashes(store: Store, policy: Policy = POLICY, now: datetime = LATER) -> list[str]:
    with store.reading() as session:
        return [picture.sha256 for picture in pictures_to_go(session, policy.limits(now))]


def picture_of(store: Store, number: str) -> str:
    with store.reading() as session:
        best = get_issue(session, load_catalogue(), number).row.best
    assert best is not None
    return best.sha256


def test_only_what_was_over_for_long_goes(store: Store, tmp_path: Path) -> None:
    open_one = find(store, "open.jpg", 0, 1)
    rejected = find(store, "rejected.jpg", 500, 2)
    lately = find(store, "lately.jpg", 1000, 3)
    reject(store, rejected)
    reject(store, lately, LATER - timedelta(days=49))
    gone = picture_of(store, rejected)
    assert hashes(store) == [gone]
    path = store.evidence.path(gone)
    found = plan(store, POLICY, tmp_path, LATER)
    assert found.picture_bytes == path.stat().st_size
    assert path.exists(), "a plan changes nothing"
    assert [p.sha256 for p in apply(store, POLICY, tmp_path, LATER).pictures] == [gone]
    assert not store.evidence.has(gone)
    for number in (open_one, lately):
        assert store.evidence.has(picture_of(store, number))
    with store.reading() as session:
        best = get_issue(session, load_catalogue(), rejected).row.best
    assert best is not None
    assert not best.stored, "the issue stays, and says that its picture is gone"
    line = json.loads((tmp_path / LOG).read_text())
    assert (line["sha256"], line["issues"]) == (gone, [rejected])
    assert plan(store, POLICY, tmp_path, LATER).empty


def test_closed_ones_have_their_own_time(store: Store) -> None:
    number = find(store, "closed.jpg", 0, 1)
    for action in (Action.CONFIRM, Action.CLOSE):
        act(store, number, action, NOW)
    assert hashes(store, now=NOW + timedelta(days=99)) == []
    assert hashes(store, now=NOW + timedelta(days=101)) == [picture_of(store, number)]
    for_ever = Policy(closed_days=None, rejected_days=None)
    assert hashes(store, for_ever, NOW + timedelta(days=9999)) == []


def test_a_picture_of_two_issues_stays_for_the_open_one(store: Store) -> None:
    number = find(store, "both.jpg", 0, 1)
    sha256 = picture_of(store, number)
    reject(store, number)
    assert hashes(store) == [sha256]
    with store.transaction() as session:
        from issues.store.ledger import find_issue
        from issues.store.schema import IssueRecord, PhotoRecord

        other = find(store, "other.jpg", 900, 5)
        record = find_issue(session, other)
        photo = session.query(PhotoRecord).filter_by(sha256=sha256).one()
        assert isinstance(record, IssueRecord)
        record.after_photo_id = photo.id
    assert hashes(store) == []


def test_a_duplicate_is_kept_with_its_original(store: Store) -> None:
    original = find(store, "a.jpg", 0, 1)
    double = find(store, "b.jpg", 400, 2)
    with store.transaction() as session:
        move(
            session,
            double,
            Action.DUPLICATE,
            "li",
            catalogue=load_catalogue(),
            now=NOW,
            duplicate_of=original,
        )
    assert hashes(store) == []
    reject(store, original)
    assert len(hashes(store)) == 2
    with store.transaction() as session:
        hold(session, original, "li", "督查 12", NOW)
    assert hashes(store) == [], "the hold of the original holds both"


def test_holds(store: Store, tmp_path: Path) -> None:
    number = find(store, "a.jpg", 0, 1)
    reject(store, number)
    with store.transaction() as session:
        hold(session, number, "li", "督查 12", NOW)
        hold(session, number, "li", "督查 13", NOW)
        assert [(one.number, one.reason) for one in holds(session)] == [(number, "督查 13")]
        with pytest.raises(NotFound):
            hold(session, "TC-1999-1", "li", "x", NOW)
    assert apply(store, POLICY, tmp_path, LATER).empty
    with store.transaction() as session:
        release(session, number)
    assert len(hashes(store)) == 1


def test_a_photo_sent_again_after_its_picture_went_is_kept_again(
    store: Store, tmp_path: Path
) -> None:
    number = find(store, "a.jpg", 0, 1)
    sha256 = picture_of(store, number)
    store.evidence.path(sha256).unlink()
    reject(store, number)
    assert len(apply(store, POLICY, tmp_path, LATER).pictures) == 1, "a lost file is no obstacle"


def test_cameras_lines_and_last_pictures(store: Store, tmp_path: Path) -> None:
    with store.transaction() as session:
        put_camera(session, make_camera({"id": "gate", "url": "/v.mp4"}), actor="x", now=START)
        add_looks(session, "gate", START, {"looks": 5}, {})
        add_looks(session, "gate", LATER, {"looks": 5}, {})
    folder = tmp_path / "cameras"
    folder.mkdir()
    for name in ("gate", "gone"):
        (folder / f"{name}.jpg").write_bytes(b"x" * 10)
        os.utime(folder / f"{name}.jpg", (LATER.timestamp(), LATER.timestamp()))
    policy = Policy(camera_days=30)
    found = apply(store, policy, tmp_path, LATER)
    assert (found.hours, found.events) == (1, 1)
    assert [path.name for path in found.last_pictures] == ["gone.jpg"]
    assert (folder / "gate.jpg").exists()
    weeks = apply(store, policy, tmp_path, LATER + timedelta(days=8))
    assert (weeks.hours, [p.name for p in weeks.last_pictures]) == (0, ["gate.jpg"])
