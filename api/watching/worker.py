"""A worker: leases cameras from the store, watches them, records what they say and how they fare.

Looks are kept in memory and written down every few seconds; what a camera says is written at once,
and again until the store takes it. A worker that can't renew its leases stops looking before
somebody else may take them, so that no camera is watched twice.
"""

from __future__ import annotations

import logging
import os
import secrets as random_words
import socket
import threading
import time
from collections import deque
from collections.abc import Callable, Collection, Mapping
from datetime import UTC, datetime
from pathlib import Path

from api.watching.bystanders import Bystanders
from api.watching.desk import Desk, HourCounts
from api.watching.lapses import Lapses
from api.watching.last_pictures import LastPictures
from api.watching.views import KeptViews
from detect.errors import TidycityError
from detect.stream.figures import WatchFigures
from detect.stream.health import Health, HealthRules
from detect.stream.look import Look
from detect.stream.remembered import Remembered
from detect.stream.watch import Feed, Watch
from detect.types import Engine
from issues.cameras.accepting import accepted_since, last_event
from issues.cameras.camera import Camera
from issues.cameras.intake import CameraIntake, Said
from issues.cameras.registry import list_cameras
from issues.cameras.secrets import credentials_of, read_secrets
from issues.catalogue import Catalogue
from issues.errors import CameraError
from issues.rows import Recorded
from issues.store import Session, Store
from issues.store.camera_table import Track, add_looks, keep_track, looked, memories, turn_state
from issues.store.lease_table import LEASE, Worker, leave, renew

_log = logging.getLogger(__name__)

RENEW_S = 5.0
REMEMBER_S = 30.0
PENDING = 500
"""Statements that wait for the store at most; the oldest go first to be recorded."""
UNWATCHED = "unwatched"
"""The state of a camera whose worker was stopped."""
RESTING = "resting"
"""The state of a camera outside its hours."""


def new_worker(most: int | None = None) -> Worker:
    """A worker with a name of its own on this machine."""
    host = socket.gethostname()
    return Worker(f"{host}-{os.getpid()}-{random_words.token_hex(3)}"[:64], host, os.getpid(), most)


class CameraWorker:
    """Watches cameras until ``stop`` is called; ``run`` blocks."""

    def __init__(
        self,
        store: Store,
        catalogue: Catalogue,
        engine: Engine,
        *,
        secrets_file: Path | None = None,
        worker: Worker | None = None,
        rules: HealthRules | None = None,
        on_said: Callable[[Said, Recorded], None] | None = None,
        pictures: LastPictures | None = None,
        views: KeptViews | None = None,
        lapses: Lapses | None = None,
        bystanders: Bystanders | None = None,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self.me = worker or new_worker()
        self._store = store
        self._catalogue = catalogue
        self._engine = engine
        self._secrets_file = secrets_file
        self._on_said = on_said
        self._pictures = pictures
        self._views = views
        self._lapses = lapses
        self._bystanders = bystanders
        self._read_event: int | None = None
        self._now = now
        self._monotonic = monotonic
        self._finds = frozenset(c.category for c in engine.model.classes if c.category)
        self._intake = CameraIntake(store, catalogue, engine.model)
        self._watch = Watch(engine, self._on_look, on_state=self._on_state, rules=rules)
        self._desks: dict[str, Desk] = {}
        self._cameras: dict[str, tuple[Camera, int]] = {}
        self._pending: deque[Said] = deque(maxlen=PENDING)
        self._states: deque[tuple[str, str, datetime]] = deque()
        self._lock = threading.Lock()
        self._recording = threading.Lock()
        self._stop = threading.Event()
        self._renewed_s = self._monotonic()
        self._remembered_s = self._monotonic()
        self._skipped: dict[str, tuple[int, int]] = {}
        self._let_gone: list[WatchFigures] = []

    def stop(self) -> None:
        """Ends ``run`` soon; safe in a signal handler."""
        self._stop.set()

    @property
    def cameras(self) -> tuple[str, ...]:
        """Ids of the cameras that this worker watches now."""
        return self._watch.cameras

    @property
    def waiting(self) -> int:
        """How many statements the store hasn't taken yet."""
        return len(self._pending)

    def figures(self) -> Mapping[str, WatchFigures]:
        """What watching costs, by camera."""
        return self._watch.figures()

    @property
    def total(self) -> WatchFigures:
        """The figures of all cameras together, of those it let go too."""
        total = WatchFigures()
        for figures in (*self._let_gone, *self._watch.figures().values()):
            total.add(figures)
        return total

    def run(self) -> None:
        """Watches until stopped; then hands its cameras on and writes down what it knows."""
        if self._lapses is not None:
            self._lapses.begin()
        with self._watch:
            while not self._stop.is_set():
                self._round()
                self._stop.wait(RENEW_S)
        self._states.extend((c, UNWATCHED, self._now()) for c in self._watch.cameras)
        self._record_pending()
        self._write(remember=True)
        if self._lapses is not None:
            self._lapses.close()
        self._safely("handing on its cameras", self._leave)

    def _round(self) -> None:
        """Every few seconds: leases, what has to be written, who has gone to rest."""
        if self._safely("renewing its leases", self._renew):
            self._renewed_s = self._monotonic()
        elif self._monotonic() - self._renewed_s > 0.75 * LEASE.total_seconds():
            self._let_go(self._watch.cameras)
        self._record_pending()
        remember = self._monotonic() - self._remembered_s >= REMEMBER_S
        if self._safely("writing down looks", lambda: self._write(remember=remember)) and remember:
            self._remembered_s = self._monotonic()

    def _renew(self) -> None:
        now = self._now()
        with self._store.transaction() as session:
            mine = renew(session, self.me, now)
            kept = {k.camera.id: (k.camera, k.version) for k in list_cameras(session)}
            accepted = self._accepted(session)
        zone = self._catalogue.calendar.zone
        wanted = {
            camera: kept[camera]
            for camera in mine
            if camera in kept and kept[camera][0].is_active(now, zone)
        }
        resting = [camera for camera in mine if camera in kept and camera not in wanted]
        gone = [c for c in self._watch.cameras if self._cameras.get(c) != wanted.get(c)]
        self._let_go(gone)
        for camera, (what, version) in wanted.items():
            if camera not in self._watch.cameras:
                self._begin(what, version)
        for camera in resting:
            self._states.append((camera, RESTING, now))
        for camera in accepted & set(self._watch.cameras):
            self._accept_view(camera)

    def _accept_view(self, camera: str) -> None:
        self._watch.accept_view(camera)
        self._desks[camera].view_accepted()
        if self._views is not None:
            self._views.let_go(camera)

    def _accepted(self, session: Session) -> set[str]:
        """Cameras of which somebody said since the last round that their view is right."""
        if self._read_event is None:
            self._read_event = last_event(session)
        lines = accepted_since(session, self._read_event)
        if lines:
            self._read_event = lines[-1].event
        return {line.camera for line in lines}

    def _begin(self, camera: Camera, version: int) -> None:
        try:
            found = credentials_of(camera.credentials, read_secrets(self._secrets_file))
        except CameraError as error:
            _log.warning("camera %s: %s %s", camera.id, error, error.mend)
            self._states.append((camera.id, "offline", self._now()))
            return
        user, password = (found.user, found.password) if found else (None, None)
        with self._store.reading() as session:
            remembered = memories(session, camera.id)
        known = Remembered() if self._views is None else self._views.read(camera)
        with self._lock:
            self._desks[camera.id] = Desk(
                camera, self._catalogue, self._finds, remembered, known.ground, self._bystanders
            )
        self._cameras[camera.id] = (camera, version)
        zones = tuple(zone.corners for zone in camera.zones)
        feed = Feed(camera.id, camera.address(user, password), camera.every_s, zones=zones)
        self._watch.add(feed, known.references)
        self._states.append((camera.id, "connecting", self._now()))

    def _let_go(self, cameras: Collection[str]) -> None:
        figures = self._watch.figures()
        for camera in cameras:
            self._let_gone += [figures[camera]] if camera in figures else []
            self._watch.remove(camera)
            self._cameras.pop(camera, None)
            if self._lapses is not None:
                self._lapses.forget(camera)
            with self._lock:
                self._desks.pop(camera, None)

    def _on_look(self, look: Look) -> None:
        desk = self._desks.get(look.camera)
        if desk is None:
            return
        if self._pictures is not None:
            self._pictures.offer(look)
        if self._lapses is not None:
            self._lapses.offer(look)
        for said in desk.take(look):
            self._pending.append(said)
        if self._views is not None:
            self._views.offer(look, desk)
        if self._pending:
            self._record_pending()

    def _on_state(self, camera: str, _before: Health, after: Health) -> None:
        self._states.append((camera, after.state.value, self._now()))

    def _record_pending(self) -> None:
        """Records what waits, oldest first; what the store refuses waits on."""
        with self._recording:
            while self._pending:
                said = self._pending[0]
                try:
                    recorded = self._intake.record(said)
                except TidycityError as error:
                    where = f"{said.camera.id}: {said.category}"
                    _log.warning("camera %s is not recorded yet: %s", where, error)
                    return
                self._pending.popleft()
                if self._lapses is not None:
                    self._lapses.said(said, recorded)
                if self._on_said is not None:
                    self._on_said(said, recorded)

    def _write(self, *, remember: bool) -> None:
        """States, coverage by the hour and, now and then, what is remembered of each place."""
        now = self._now()
        states = [self._states.popleft() for _ in range(len(self._states))]
        with self._lock:
            desks = dict(self._desks)
        figures = self._watch.figures()
        with self._store.transaction() as session:
            for camera, state, at in states:
                self._write_state(session, camera, state, at)
            for camera in () if self._stop.is_set() else self._watch.cameras:
                self._write_fault(session, camera, now)
            for camera, desk in desks.items():
                counts = desk.counted()
                if camera in figures:
                    self._write_looks(session, camera, counts, figures[camera], now)
                if remember:
                    self._write_memories(session, desk, now)

    def _write_fault(self, session: Session, camera: str, now: datetime) -> None:
        """Why a camera that isn't live gives no picture, as it is now."""
        try:
            health, fault = self._watch.health(camera), self._watch.reader(camera).facts.fault
        except KeyError:
            return  # let go meanwhile
        if fault is not None and not health.usable:
            self._write_state(session, camera, health.state.value, now)

    def _write_state(self, session: Session, camera: str, state: str, at: datetime) -> None:
        fault = None
        if camera in self._watch.cameras:
            fault = self._watch.reader(camera).facts.fault
        code, text = (fault.code, str(fault)) if fault else (None, None)
        turn_state(session, camera, state, at, worker=self.me.id, fault_code=code, message=text)

    def _write_looks(
        self,
        session: Session,
        camera: str,
        counts: HourCounts,
        figures: WatchFigures,
        now: datetime,
    ) -> None:
        late, skipped = self._skipped.get(camera, (0, 0))
        if counts.looks == 0 and figures.skipped == skipped:
            return
        self._skipped[camera] = (figures.late, figures.skipped)
        told = {
            "looks": counts.looks,
            "usable": counts.usable,
            "late": max(0, figures.late - late),
            "skipped": max(0, figures.skipped - skipped),
        }
        add_looks(session, camera, now, told, counts.by_picture)
        if counts.looks:
            each = 1000 / max(1, figures.looks)
            looked(
                session,
                camera,
                now,
                counts.last_usable,
                looks=figures.looks,
                late=figures.late,
                skipped=figures.skipped,
                decode_ms=round(figures.decode_s * each, 1),
                network_ms=round(figures.network_s * each, 1),
                age_s=round(figures.age_s / max(1, figures.looks), 2),
            )

    def _write_memories(self, session: Session, desk: Desk, now: datetime) -> None:
        waiting = {(said.camera.id, said.zone, said.category) for said in self._pending}
        for zone, category in sorted(desk.changed):
            if (desk.camera.id, zone, category) in waiting:
                continue  # what waits to be said must be said again after a crash
            track = Track(desk.camera.id, zone, category, None)
            keep_track(session, track, desk.memories[zone, category], now)
        desk.changed.clear()

    def _leave(self) -> None:
        with self._store.transaction() as session:
            leave(session, self.me.id)

    def _safely(self, what: str, do: Callable[[], None]) -> bool:
        try:
            do()
        except TidycityError as error:
            _log.warning("worker %s failed at %s: %s", self.me.id, what, error)
            return False
        return True
