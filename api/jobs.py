"""Uploads as jobs: accepted photos are on disk before the answer, and survive any restart.

A job is a folder ``uploads/<id>/`` in the data folder: the photos as they came, and ``job.json``,
the journal, replaced whole after each photo. One background thread works jobs off, oldest first;
what was not done when the process ended is taken up again at the next start. Recording is
idempotent, so a photo that was recorded just before a crash isn't counted twice.
"""

from __future__ import annotations

import logging
import os
import secrets
import shutil
import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Literal, Protocol

from pydantic import BaseModel, Field, ValidationError

from detect.errors import TidycityError

log = logging.getLogger("tidycity.jobs")

JOURNAL = "job.json"
KEEP_DONE = timedelta(days=7)
RETRY_S = 30.0
MOST_TRIES = 20


class JobPhoto(BaseModel):
    """One uploaded photo and what became of it."""

    name: str = Field(examples=["IMG_2041.jpg"])
    size_bytes: int
    sha256: str
    status: Literal["waiting", "ok", "unusable", "unreadable"] = "waiting"
    reason_code: str | None = Field(default=None, description="Why it is unusable or unreadable.")
    message: str | None = None
    photo_id: int | None = None
    duplicate_of: str | None = Field(default=None, description="The same photo, recorded before.")
    new_issues: list[str] = Field(default=[], examples=[["TC-2026-000017"]])
    seen_again: list[str] = []
    proposed_fixed: list[str] = []
    reopened: list[str] = []


class PlaceGiven(BaseModel):
    """Where and when, for photos that don't say so themselves. WGS-84."""

    lat: float
    lon: float
    accuracy_m: float | None = None


class Job(BaseModel):
    """An upload: accepted, then worked off in the background."""

    id: str = Field(examples=["01jd4n7x5c3f"])
    status: Literal["queued", "running", "done", "failed"] = "queued"
    created_at: datetime
    created_by: str
    created_by_key: int = Field(default=0, description="The id of the key that sent it.")
    note: str | None = Field(default=None, description="What the sender said.")
    finished_at: datetime | None = None
    error_code: str | None = Field(
        default=None, description="Why it waits or failed: a problem code."
    )
    error: str | None = None
    tries: int = 0
    place: PlaceGiven | None = None
    idempotency_key: str | None = None
    photos: list[JobPhoto]

    @property
    def waiting(self) -> list[int]:
        """Positions of the photos that are still to do."""
        return [i for i, photo in enumerate(self.photos) if photo.status == "waiting"]


class Analysis(Protocol):
    """Looks at photos and records what they show; ``api/analysis.py`` is the real one."""

    def run(
        self, photos: Sequence[tuple[Path, JobPhoto]], place: PlaceGiven | None
    ) -> Iterator[JobPhoto]:
        """Each photo with what became of it, in order, as soon as it is recorded."""


@dataclass(frozen=True)
class Spool:
    """The folder of jobs."""

    root: Path

    def open_incoming(self) -> Path:
        """A new folder to write photos into; nobody sees it before ``accept``."""
        folder = self.root / f".incoming-{secrets.token_hex(8)}"
        folder.mkdir(parents=True)
        return folder

    def accept(self, incoming: Path, job: Job) -> None:
        """Makes a written folder a job: from here on it isn't lost."""
        write_journal(incoming, job)
        incoming.rename(self.root / job.id)
        _sync_folder(self.root)

    def folder(self, job_id: str) -> Path:
        """Where a job lies."""
        return self.root / job_id

    def save(self, job: Job) -> None:
        """Replaces the journal."""
        write_journal(self.folder(job.id), job)

    def load(self, job_id: str) -> Job | None:
        """A job by its id; None: no such job, or its journal is damaged."""
        if not job_id.isalnum():
            return None
        try:
            return Job.model_validate_json((self.folder(job_id) / JOURNAL).read_bytes())
        except FileNotFoundError:
            return None
        except ValidationError as error:
            log.error("the journal of job %s is damaged: %s", job_id, error)
            return None

    def all(self) -> list[Job]:
        """All jobs, oldest first."""
        if not self.root.is_dir():
            return []
        names = [entry.name for entry in self.root.iterdir() if entry.name.isalnum()]
        jobs = [job for job in map(self.load, names) if job is not None]
        return sorted(jobs, key=lambda job: (job.created_at, job.id))

    def drop_half_written(self) -> None:
        """Removes uploads that an earlier process was still receiving when it ended."""
        for entry in self.root.glob(".incoming-*"):
            shutil.rmtree(entry, ignore_errors=True)

    def sweep(self, now: datetime) -> None:
        """Removes jobs done a week ago, with their photos.

        Photos stay that long because one may become the proof of a fix once others arrive.
        """
        for job in self.all():
            if job.status == "done" and job.finished_at and now - job.finished_at > KEEP_DONE:
                shutil.rmtree(self.folder(job.id), ignore_errors=True)


def photo_name(position: int) -> str:
    """The name of a spooled photo: never one that a client chose."""
    return f"{position:05d}.photo"


def write_journal(folder: Path, job: Job) -> None:
    """Writes ``job.json`` whole or not at all, on disk before it returns."""
    temporary = folder / f".{JOURNAL}.tmp"
    with temporary.open("wb") as out:
        out.write(job.model_dump_json().encode())
        out.flush()
        os.fsync(out.fileno())
    temporary.replace(folder / JOURNAL)


def _sync_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _owner(job: Job) -> str:
    return f"{job.created_by_key} {job.created_by}"


class JobQueue:
    """Works jobs off in one background thread."""

    def __init__(
        self,
        spool: Spool,
        analysis: Analysis,
        now: Callable[[], datetime],
        close: Callable[[], None] = lambda: None,
    ) -> None:
        self.spool = spool
        self._analysis = analysis
        self._now = now
        self._close = close
        self._wake = threading.Event()
        self._stop = threading.Event()
        self._thread: threading.Thread | None = None
        self._lock = threading.Lock()
        self._by_key: dict[tuple[str, str], str] = {}

    def start(self) -> None:
        """Sweeps the spool and begins with what an earlier process left."""
        self.spool.drop_half_written()
        self.spool.sweep(self._now())
        for job in self.spool.all():
            if job.idempotency_key:
                self._by_key[_owner(job), job.idempotency_key] = job.id
        self._thread = threading.Thread(target=self._work, name="tidycity-jobs", daemon=True)
        self._thread.start()

    def stop(self, timeout_s: float = 30.0) -> None:
        """Ends after the photo in hand; the rest waits for the next start.

        ``close``, given at the beginning, ends what the analysis keeps open.
        """
        self._stop.set()
        self._wake.set()
        if self._thread is not None:
            self._thread.join(timeout_s)
            self._thread = None
        self._close()

    def add(self, incoming: Path, job: Job) -> Job:
        """Accepts a job, or gives the one that this key began before."""
        with self._lock:
            known = self.earlier(_owner(job), job.idempotency_key)
            if known is not None:
                shutil.rmtree(incoming, ignore_errors=True)
                return known
            self.spool.accept(incoming, job)
            if job.idempotency_key:
                self._by_key[_owner(job), job.idempotency_key] = job.id
        self._wake.set()
        return job

    def earlier(self, owner: str, idempotency_key: str | None) -> Job | None:
        """The job that the same client began with the same idempotency key."""
        known = self._by_key.get((owner, idempotency_key)) if idempotency_key else None
        return self.spool.load(known) if known else None

    def waiting(self) -> int:
        """How many jobs are still to do."""
        return sum(job.status in {"queued", "running"} for job in self.spool.all())

    def _work(self) -> None:
        while not self._stop.is_set():
            self._wake.clear()
            todo = [job for job in self.spool.all() if job.status in {"queued", "running"}]
            for job in todo:
                if self._stop.is_set():
                    return
                self._try(job)
            again = any(job.status == "queued" for job in todo)
            self._wake.wait(RETRY_S if again else None)

    def _try(self, job: Job) -> None:
        """Works one job; an error leaves it queued, to be tried again, or failed in the end."""
        try:
            self._run(job)
        except (TidycityError, OSError) as error:
            job.tries += 1
            job.status = "failed" if job.tries >= MOST_TRIES else "queued"
            job.error_code = error.code if isinstance(error, TidycityError) else "io_error"
            job.error = str(error)
            log.warning("job %s waits, try %d failed: %s", job.id, job.tries, error)
            self._save_anyway(job)
        except Exception:
            log.exception("job %s failed", job.id)
            job.status, job.error_code = "failed", "internal"
            job.error = "The server failed while it analysed the photos; its log has the cause."
            self._save_anyway(job)

    def _save_anyway(self, job: Job) -> None:
        try:
            self.spool.save(job)
        except OSError as error:
            log.error("the journal of job %s can't be written: %s", job.id, error)

    def _run(self, job: Job) -> None:
        job.status, job.error, job.error_code = "running", None, None
        self.spool.save(job)
        todo = job.waiting
        folder = self.spool.folder(job.id)
        photos = [(folder / photo_name(i), job.photos[i]) for i in todo]
        for position, outcome in zip(todo, self._analysis.run(photos, job.place), strict=False):
            job.photos[position] = outcome
            self.spool.save(job)
            if self._stop.is_set() and job.waiting:
                job.status = "queued"
                self.spool.save(job)
                return
        job.status, job.finished_at = "done", self._now()
        self.spool.save(job)
        self.spool.sweep(self._now())
