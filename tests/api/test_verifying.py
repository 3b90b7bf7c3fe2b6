"""The background thread: what is reported with a photo is verified, once, and nothing is lost."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence

import pytest

from api.settings import Settings
from api.verifying import Verifier
from detect.errors import ModelError
from detect.types import Detections, Image
from issues.catalogue import load_catalogue
from issues.issue import Action
from issues.moves import move
from issues.queries import get_issue
from issues.store import Store
from issues.verify import VerificationRow
from issues.verify.filing import verifications
from issues.verify.waiting import waiting_reports
from tests.api.patrol import NOW, FakeEngine, Patrol, now

CATALOGUE = load_catalogue()


@pytest.fixture
def verifier(settings: Settings, store: Store) -> Iterator[Verifier]:
    made = Verifier(settings, store, CATALOGUE, now, FakeEngine)
    yield made
    made.stop()


def report(store: Store, number: str) -> str:
    """The unit reports it as fixed with the photo that was taken there; the photo's hash."""
    with store.reading() as session:
        after = get_issue(session, CATALOGUE, number).row.after
    assert after is not None
    with store.transaction() as session:
        for action, fields in (
            (Action.CONFIRM, {}),
            (Action.ASSIGN, {"unit": "环卫一所"}),
            (Action.REPORT_FIXED, {"photo": after.sha256}),
        ):
            move(session, number, action, "li", catalogue=CATALOGUE, now=NOW, **fields)
    return after.sha256


def found(store: Store, number: str) -> list[VerificationRow]:
    with store.reading() as session:
        return verifications(session, number)


def until(told: Callable[[], object]) -> None:
    """Waits for the thread; what never comes fails the test instead of hanging it."""
    for _ in range(1200):
        if told():
            return
        time.sleep(0.05)
    raise AssertionError("the thread didn't get to it within a minute")


def test_a_report_with_a_photo_is_verified_when_it_comes(
    verifier: Verifier, store: Store, patrol: Patrol
) -> None:
    verifier.start()
    assert found(store, patrol.fixed) == []
    sha256 = report(store, patrol.fixed)
    verifier.wake()
    until(lambda: found(store, patrol.fixed))
    row = found(store, patrol.fixed)[0]
    assert (row.origin, row.actor) == ("report", "system")
    assert row.verification.after_sha256 == sha256
    with store.reading() as session:
        assert waiting_reports(session) == []
        assert get_issue(session, CATALOGUE, patrol.fixed).row.verdict is row.verdict


def test_what_an_earlier_process_left_is_found_without_being_woken(
    verifier: Verifier, store: Store, patrol: Patrol, monkeypatch: pytest.MonkeyPatch
) -> None:
    report(store, patrol.fixed)
    monkeypatch.setattr("api.verifying.POLL_S", 0.05)
    verifier.start()
    until(lambda: found(store, patrol.fixed))


def test_it_is_verified_once_however_often_it_is_woken(
    verifier: Verifier, store: Store, patrol: Patrol
) -> None:
    report(store, patrol.fixed)
    verifier.start()
    for _ in range(3):
        verifier.wake(patrol.fixed)
        until(lambda: found(store, patrol.fixed))
    verifier.stop()
    again = verifier.verify_kept(patrol.fixed, actor="li")
    assert again is not None
    assert [row.id for row in found(store, patrol.fixed)] == [again.id]


def test_what_a_patrol_proposes_is_verified_when_it_is_named(
    verifier: Verifier, store: Store, patrol: Patrol
) -> None:
    verifier.start()
    verifier.wake(patrol.fixed)
    until(lambda: found(store, patrol.fixed))
    assert found(store, patrol.fixed)[0].origin == "patrol"


class Faltering(FakeEngine):
    """Fails as often as it is told to, then sees as the other does."""

    def __init__(self, failures: int) -> None:
        self.left = failures

    def detect(self, images: Sequence[Image]) -> list[Detections]:
        if self.left:
            self.left -= 1
            raise ModelError("out of memory", code="model_failed", mend="Try again.")
        return super().detect(images)


def test_a_failure_is_tried_again_and_stops_nobody(
    settings: Settings,
    store: Store,
    patrol: Patrol,
    caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    report(store, patrol.fixed)
    monkeypatch.setattr("api.verifying.POLL_S", 0.05)
    engine = Faltering(2)
    verifier = Verifier(settings, store, CATALOGUE, now, lambda: engine)
    verifier.start()
    until(lambda: found(store, patrol.fixed))
    verifier.stop()
    assert engine.left == 0
    assert f"{patrol.fixed} could not be verified: out of memory" in caplog.text


def test_an_issue_without_a_photo_to_prove_it_is_left_alone(
    verifier: Verifier, store: Store, patrol: Patrol
) -> None:
    assert verifier.verify_kept(patrol.new, actor="li") is None
    assert verifier.verify_kept("TC-2020-000001", actor="li") is None
    assert found(store, patrol.new) == []
