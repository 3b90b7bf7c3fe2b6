"""Jobs: on disk before the answer, worked off in order, taken up again after a crash."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from api.jobs import Job, JobPhoto, JobQueue, PlaceGiven, Spool, photo_name
from detect.errors import ModelError

NOW = datetime(2026, 5, 1, 8, tzinfo=UTC)


def now() -> datetime:
    return NOW


class FakeAnalysis:
    """Says that every photo is fine; ``before`` runs before each and may raise."""

    def __init__(self, before: Callable[[str], None] = lambda name: None) -> None:
        self.before = before
        self.seen: list[str] = []

    def run(
        self, photos: Sequence[tuple[Path, JobPhoto]], place: PlaceGiven | None
    ) -> Iterator[JobPhoto]:
        for path, photo in photos:
            self.before(photo.name)
            assert path.read_bytes()
            self.seen.append(photo.name)
            yield photo.model_copy(update={"status": "ok", "photo_id": len(self.seen)})


def make_job(spool: Spool, job_id: str, names: Sequence[str], key: str | None = None) -> Job:
    incoming = spool.open_incoming()
    for position, name in enumerate(names):
        (incoming / photo_name(position)).write_bytes(name.encode())
    photos = [JobPhoto(name=name, size_bytes=len(name), sha256="0" * 64) for name in names]
    job = Job(id=job_id, created_at=NOW, created_by="x", photos=photos, idempotency_key=key)
    spool.accept(incoming, job)
    return job


def wait_for(done: Callable[[], bool]) -> None:
    for _ in range(500):
        if done():
            return
        time.sleep(0.01)
    pytest.fail("waited five seconds")


def status(spool: Spool, job_id: str) -> str:
    job = spool.load(job_id)
    return job.status if job else "gone"


def test_jobs_of_an_earlier_process_are_worked_off(tmp_path: Path) -> None:
    spool = Spool(tmp_path / "uploads")
    make_job(spool, "b1", ["c.jpg"])
    make_job(spool, "a1", ["a.jpg", "b.jpg"])
    analysis = FakeAnalysis()
    queue = JobQueue(spool, analysis, now)
    queue.start()
    wait_for(lambda: status(spool, "b1") == "done")
    queue.stop()
    assert analysis.seen == ["a.jpg", "b.jpg", "c.jpg"]
    assert [photo.photo_id for photo in spool.all()[0].photos] == [1, 2]


def test_a_stop_keeps_what_is_left_for_the_next_start(tmp_path: Path) -> None:
    spool = Spool(tmp_path)
    make_job(spool, "a1", ["a.jpg", "b.jpg", "c.jpg"])
    reached, go_on = threading.Event(), threading.Event()

    def hold(name: str) -> None:
        if name == "b.jpg":
            reached.set()
            go_on.wait(5)

    queue = JobQueue(spool, FakeAnalysis(hold), now)
    queue.start()
    assert reached.wait(5)
    stopper = threading.Thread(target=queue.stop)
    stopper.start()
    wait_for(queue._stop.is_set)
    go_on.set()
    stopper.join()
    job = spool.load("a1")
    assert job is not None
    assert job.status == "queued"
    assert [photo.status for photo in job.photos] == ["ok", "ok", "waiting"]

    second = FakeAnalysis()
    queue = JobQueue(spool, second, now)
    queue.start()
    wait_for(lambda: status(spool, "a1") == "done")
    queue.stop()
    assert second.seen == ["c.jpg"]


def test_a_missing_model_leaves_the_job_queued_with_its_reason(tmp_path: Path) -> None:
    def fail(name: str) -> None:
        raise ModelError("no model")

    spool = Spool(tmp_path)
    make_job(spool, "a1", ["a.jpg"])
    queue = JobQueue(spool, FakeAnalysis(fail), now)
    queue.start()
    wait_for(lambda: (spool.load("a1") or make_job).tries == 1)  # type: ignore[union-attr]
    queue.stop()
    job = spool.load("a1")
    assert job is not None
    assert (job.status, job.error_code, job.error) == ("queued", "model_error", "no model")


def test_an_unforeseen_error_fails_one_job_and_no_other(tmp_path: Path) -> None:
    def fail(name: str) -> None:
        if name == "a.jpg":
            raise RuntimeError("boom")

    spool = Spool(tmp_path)
    make_job(spool, "a1", ["a.jpg"])
    make_job(spool, "b1", ["b.jpg"])
    queue = JobQueue(spool, FakeAnalysis(fail), now)
    queue.start()
    wait_for(lambda: status(spool, "b1") == "done")
    queue.stop()
    assert status(spool, "a1") == "failed"


def test_half_written_uploads_and_old_jobs_are_swept(tmp_path: Path) -> None:
    spool = Spool(tmp_path)
    half = spool.open_incoming()
    (half / "00000.photo").write_bytes(b"half")
    old = make_job(spool, "a1", ["a.jpg"])
    old.status, old.finished_at = "done", NOW - timedelta(days=8)
    spool.save(old)
    young = make_job(spool, "b1", ["b.jpg"])
    young.status, young.finished_at = "done", NOW - timedelta(days=6)
    spool.save(young)
    queue = JobQueue(spool, FakeAnalysis(), now)
    queue.start()
    queue.stop()
    assert [path.name for path in tmp_path.iterdir()] == ["b1"]


def test_an_idempotency_key_gives_the_same_job_even_after_a_restart(tmp_path: Path) -> None:
    spool = Spool(tmp_path)
    make_job(spool, "a1", ["a.jpg"], key="k")
    queue = JobQueue(spool, FakeAnalysis(), now)
    queue.start()
    incoming = spool.open_incoming()
    again = Job(id="b1", created_at=NOW, created_by="x", photos=[], idempotency_key="k")
    assert queue.add(incoming, again).id == "a1"
    assert not incoming.exists()
    other = Job(id="c1", created_at=NOW, created_by="y", photos=[], idempotency_key="k")
    assert queue.add(spool.open_incoming(), other).id == "c1"
    queue.stop()


@pytest.mark.parametrize("job_id", ["..", "../a1", "", ".incoming-1", "nothere"])
def test_odd_ids_are_no_jobs(tmp_path: Path, job_id: str) -> None:
    assert Spool(tmp_path).load(job_id) is None


def test_a_damaged_journal_is_no_job_and_stops_nothing(tmp_path: Path) -> None:
    spool = Spool(tmp_path)
    make_job(spool, "a1", ["a.jpg"])
    (tmp_path / "a1" / "job.json").write_text("{")
    assert spool.all() == []
