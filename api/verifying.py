"""Verification behind the API and the console: the engine, loaded once, and a background thread.

What a unit reports as fixed with a photo, and what an uploaded patrol photo proposes as fixed, is
verified in the background; ``wake`` says that there may be some. Nothing is lost in a restart: what
was reported and isn't verified yet is found again in the store.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from datetime import datetime
from typing import TYPE_CHECKING

from api.settings import Settings
from detect.errors import TidycityError
from issues.catalogue import Catalogue
from issues.store import Store

if TYPE_CHECKING:
    from api.i18n import Lang
    from detect.types import Engine, Location
    from issues.verify import VerificationRow
    from issues.verify.filing import Origin

log = logging.getLogger("tidycity.verify")

POLL_S = 30.0
"""Reports that came in otherwise (a list read back, another process) are found within this time."""


class Verifier:
    """Verifies issues of one store, one at a time."""

    def __init__(
        self,
        settings: Settings,
        store: Store,
        catalogue: Catalogue,
        now: Callable[[], datetime],
        open_engine: Callable[[], Engine] | None = None,
    ) -> None:
        self._settings, self._store, self._catalogue = settings, store, catalogue
        self._now = now
        self._open_engine = open_engine or self._default_engine
        self._engine: Engine | None = None
        self._turn = threading.Lock()
        self._wake = threading.Event()
        self._stop = threading.Event()
        self._thread: threading.Thread | None = None
        self._asked: set[str] = set()

    def start(self) -> None:
        """Begins with the reports that an earlier process left."""
        self._stop.clear()
        self._thread = threading.Thread(target=self._work, name="tidycity-verify", daemon=True)
        self._thread.start()

    def stop(self, timeout_s: float = 30.0) -> None:
        """Ends after the one in hand."""
        self._stop.set()
        self._wake.set()
        if self._thread is not None:
            self._thread.join(timeout_s)
            self._thread = None

    def wake(self, *proposed: str) -> None:
        """There may be reports to verify; and these issues (numbers) are proposed as fixed."""
        self._asked.update(proposed)
        self._wake.set()

    def verify(
        self,
        issue: str,
        after: bytes,
        *,
        actor: str,
        origin: Origin,
        name: str = "after.jpg",
        at: Location | None = None,
        key: str | None = None,
    ) -> VerificationRow:
        """Verifies an issue with this photo, now. Raises what ``verify_issue`` raises."""
        from issues.verify.filing import verify_issue

        with self._turn:
            engine = self._engine = self._engine or self._open_engine()
            return verify_issue(
                self._store,
                self._catalogue,
                issue,
                after,
                engine,
                actor=actor,
                origin=origin,
                now=self._now(),
                name=name,
                at=at,
                idempotency_key=key,
            )

    def verify_kept(self, issue: str, *, actor: str) -> VerificationRow | None:
        """Verifies an issue with its reported or proposing photo; None where none is kept."""
        from issues.verify.waiting import waiting_photo

        with self._store.reading() as session:
            found = waiting_photo(session, issue)
        if found is None or not self._store.evidence.has(found.sha256):
            return None
        return self.verify(
            issue,
            self._store.evidence.read(found.sha256),
            actor=actor,
            origin=found.origin,
            name=found.source,
            at=found.location,
            key=f"auto-{found.sha256[:24]}",
        )

    def picture(self, row: VerificationRow, lang: Lang) -> bytes:
        """Before and after in one JPEG. Raises NotFound, UnreadablePhoto, ModelError."""
        from issues.verify.showing import picture_of

        captions = ("整改前", "整改后") if lang == "zh" else ("before", "after")
        return picture_of(
            self._store, row, captions=captions, blur=self._settings.blur_faces, now=self._now()
        )

    def _work(self) -> None:
        while not self._stop.is_set():
            self._wake.wait(POLL_S)
            self._wake.clear()
            try:
                self._sweep()
            except (TidycityError, OSError) as error:
                log.warning("verification waits: %s", error)

    def _sweep(self) -> None:
        from issues.verify.waiting import waiting_reports

        with self._store.reading() as session:
            waiting = waiting_reports(session)
        asked = {self._asked.pop() for _ in range(len(self._asked))}
        for number in dict.fromkeys((*waiting, *sorted(asked))):
            if self._stop.is_set():
                return
            try:
                self.verify_kept(number, actor="system")
            except (TidycityError, OSError) as error:
                log.warning("%s could not be verified: %s", number, error)

    def _default_engine(self) -> Engine:
        from detect.engines import open_engine

        return open_engine(self._settings.model, engine=self._settings.engine)
