"""Films of what cameras say: the looks before a finding is confirmed or gone, and some after it.

The last looks of each camera are kept small in memory. When the store has taken in that something
is there, back or gone, a few more looks are waited for, and one thread makes the film: faces
blurred, H.264, evidence of the issue. A film is an extra: where memory, disk or the evidence's
budget has no room, or faces can't be blurred, it is left out, which is told once and counted.
"""

from __future__ import annotations

import logging
import shutil
import threading
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from detect.errors import TidycityError
from detect.stream.lapse import LastLooks, Small, small, time_lapse
from detect.stream.look import Look
from detect.types import Image
from issues.cameras.confirmation import Gone
from issues.cameras.intake import Said
from issues.cameras.lapses import Filmed, evidence_bytes, keep_lapse, note_left_out
from issues.rows import Recorded
from issues.store import Store

_log = logging.getLogger(__name__)

AFTER_LOOKS = 8
WAITING = 50
"""Films that wait to be made at most; further ones are left out."""


@dataclass(slots=True)
class _Film:
    """A film to be made: its pictures so far, and how many more are to come."""

    issue: str
    said: Said
    pictures: list[Small]
    to_come: int = AFTER_LOOKS


@dataclass(slots=True)
class LapseFigures:
    """Films since the start: made, and left out for want of room or otherwise."""

    made: int = 0
    left_out: int = 0


@dataclass(slots=True)
class Limits:
    """What films may take: memory for last looks; no film with less free disk, or more evidence."""

    memory_bytes: int = 96_000_000
    keep_free_bytes: int = 500_000_000
    evidence_bytes: int | None = None


@dataclass(eq=False)
class Lapses:
    """Makes films. Looks may come from many threads, those of one camera one at a time."""

    store: Store
    redact: Callable[[Image], Image]
    limits: Limits = field(default_factory=Limits)
    now: Callable[[], datetime] = lambda: datetime.now(UTC)
    free_bytes: Callable[[Path], int] = lambda folder: shutil.disk_usage(folder).free

    def __post_init__(self) -> None:
        self.figures = LapseFigures()
        self._looks: dict[str, LastLooks] = {}
        self._open: list[_Film] = []
        self._ready: deque[_Film] = deque()
        self._changed = threading.Condition()
        self._closing = False
        self._told: str | None = None
        self._thread: threading.Thread | None = None

    @property
    def memory_bytes(self) -> int:
        """What the last looks of all cameras take."""
        return sum(looks.size_bytes for looks in list(self._looks.values()))

    @property
    def room(self) -> bool:
        """Whether the last film found room."""
        return self._told is None

    def begin(self) -> None:
        """Starts the thread that makes the films."""
        self._thread = threading.Thread(target=self._work, name="lapses", daemon=True)
        self._thread.start()

    def close(self, timeout_s: float = 20.0) -> None:
        """Makes the films that wait of what they have, and ends."""
        with self._changed:
            self._ready.extend(self._open)
            self._open.clear()
            self._closing = True
            self._changed.notify_all()
        if self._thread is not None:
            self._thread.join(timeout_s)

    def offer(self, look: Look) -> None:
        """Keeps a look for films to come and those that wait for it."""
        if look.image is None:
            return
        one = small(look.image, look.at)
        with self._changed:
            looks = self._looks.setdefault(look.camera, LastLooks())
            looks.add(one)
            for film in [film for film in self._open if film.said.camera.id == look.camera]:
                film.pictures.append(one)
                film.to_come -= 1
                if film.to_come <= 0:
                    self._open.remove(film)
                    self._ready.append(film)
                    self._changed.notify()
            if self.memory_bytes > self.limits.memory_bytes:
                looks.thin()

    def said(self, said: Said, recorded: Recorded) -> None:
        """The store took in a statement: a film for each issue that it began, ended or revived."""
        issues = (*recorded.new_issues, *recorded.proposed_fixed, *recorded.reopened)
        with self._changed:
            looks = self._looks.get(said.camera.id)
            for issue in dict.fromkeys(issues):
                if looks is None or len(self._open) + len(self._ready) >= WAITING:
                    self.figures.left_out += 1
                    continue
                self._open.append(_Film(issue, said, list(looks.pictures())))

    def forget(self, camera: str) -> None:
        """A camera that is watched no more: its looks go, its films are made of what they have."""
        with self._changed:
            self._looks.pop(camera, None)
            for film in [film for film in self._open if film.said.camera.id == camera]:
                self._open.remove(film)
                self._ready.append(film)
            self._changed.notify()

    def _work(self) -> None:
        while (film := self._next()) is not None:
            try:
                self._make(film)
            except (TidycityError, ValueError, OSError) as error:
                self._leave_out(film, str(error))
            except Exception:  # noqa: BLE001 - one film's fault must not end the others
                _log.exception("a film of %s failed", film.issue)
                self.figures.left_out += 1

    def _next(self) -> _Film | None:
        with self._changed:
            while not self._ready:
                if self._closing:
                    return None
                self._changed.wait(1.0)
            return self._ready.popleft()

    def _make(self, film: _Film) -> None:
        why = self._no_room()
        if why is not None:
            self._leave_out(film, why)
            return
        mp4 = time_lapse(film.pictures, self.redact)
        statement = film.said.statement
        filmed = Filmed(
            film.issue,
            film.said.camera.id,
            film.said.zone,
            "gone" if isinstance(statement, Gone) else "seen",
            statement.at,
            film.pictures[0].at,
            film.pictures[-1].at,
            len(film.pictures),
        )
        if keep_lapse(self.store, mp4, filmed, self.now()) is not None:
            self.figures.made += 1
            self._told = None

    def _no_room(self) -> str | None:
        """Why there is no room for a film; None: there is."""
        folder = self.store.evidence.root
        while not folder.exists():
            folder = folder.parent
        free = self.free_bytes(folder)
        if free < self.limits.keep_free_bytes:
            return f"only {free / 1e6:.0f} MB of disk are free"
        most = self.limits.evidence_bytes
        if most is None:
            return None
        with self.store.reading() as session:
            kept = evidence_bytes(session)
        if kept < most:
            return None
        return f"{kept / 1e6:.0f} MB of evidence are kept, and {most / 1e6:.0f} MB may be"

    def _leave_out(self, film: _Film, why: str) -> None:
        """Counts it; the first of a row is told in the log and the camera's history."""
        self.figures.left_out += 1
        first, self._told = self._told is None, why
        if not first:
            return
        _log.warning("no film of %s is kept: %s", film.issue, why)
        try:
            with self.store.transaction() as session:
                note_left_out(session, film.said.camera.id, why, self.now())
        except TidycityError as error:
            _log.warning("nor is that noted: %s", error)
