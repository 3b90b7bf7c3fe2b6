"""Exports made in the background, and kept for a while to be fetched.

Each is a folder ``exports/<id>/`` in the data folder with its journal and, once it is whole, its
file. One thread makes them, one after the other; one that the end of the process cut off is told
as failed and can be asked for again.
"""

from __future__ import annotations

import logging
import os
import secrets
import shutil
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, Field, ValidationError

from api.exporting import SUFFIX, ExportKind, write_export
from detect.datum import Datum
from detect.errors import TidycityError
from issues.catalogue import Catalogue
from issues.exports.archive_manifest import PhotosKept
from issues.exports.words import Lang
from issues.queries import IssueFilter
from issues.store import Store

log = logging.getLogger("tidycity.exports")

JOURNAL = "export.json"
KEEP = timedelta(days=7)
WAITING_LIMIT = 20


class Export(BaseModel):
    """One export: asked for, made in the background, then there to be fetched."""

    id: str = Field(examples=["0193a7b2c4d1f00d"])
    kind: ExportKind
    status: Literal["queued", "running", "done", "failed"] = "queued"
    lang: Lang
    datum: Datum = "wgs84"
    photos: PhotosKept = "blurred"
    filter: dict[str, Any] = Field(
        default={}, description="What was asked for, in words of the API."
    )
    created_at: datetime
    created_by: str
    finished_at: datetime | None = None
    done: int = Field(default=0, description="Pictures, or issues of an archive, that are made.")
    of: int = 0
    issues: int | None = None
    unconfirmed: int | None = Field(default=None, description="Issues that nobody confirmed yet.")
    size_bytes: int | None = None
    filename: str = Field(examples=["rectification-list-20260502.xlsx"])
    error_code: str | None = None
    error: str | None = None


class _GivenUp(Exception):  # noqa: N818
    """The server is stopping."""


class ExportShelf:
    """Makes exports and keeps them for a week."""

    def __init__(
        self,
        root: Path,
        store: Store,
        catalogue: Catalogue,
        *,
        blur: bool,
        cache: Path,
        now: Callable[[], datetime],
    ) -> None:
        self.root = root
        self._store = store
        self._catalogue = catalogue
        self._blur = blur
        self._cache = cache
        self._now = now
        self._pool: ThreadPoolExecutor | None = None
        self._lock = threading.Lock()
        self._stop = threading.Event()

    def start(self) -> None:
        """Removes what is old, and tells what was cut off."""
        self._stop.clear()
        for one in self.all():
            if self._now() - one.created_at > KEEP:
                shutil.rmtree(self.root / one.id, ignore_errors=True)
            elif one.status in {"queued", "running"}:
                self._save(_failed(one, "interrupted", "The server stopped: ask for it again."))

    def stop(self) -> None:
        """Gives up what is in hand and what waits; what was done stays."""
        self._stop.set()
        if self._pool is not None:
            self._pool.shutdown(wait=True, cancel_futures=True)
            self._pool = None

    def add(self, export: Export, which: IssueFilter | None) -> Export:
        """Puts an export into the queue."""
        (self.root / export.id).mkdir(parents=True)
        self._save(export)
        with self._lock:
            if self._pool is None:
                self._pool = ThreadPoolExecutor(1, thread_name_prefix="export")
            self._pool.submit(self._make, export, which)
        return export

    def waiting(self) -> int:
        """How many are still to be made."""
        return sum(one.status in {"queued", "running"} for one in self.all())

    def get(self, export_id: str) -> Export | None:
        """One export; None: there is none, or no longer."""
        if not export_id.isalnum():
            return None
        try:
            return Export.model_validate_json((self.root / export_id / JOURNAL).read_bytes())
        except (FileNotFoundError, ValidationError):
            return None

    def all(self) -> list[Export]:
        """All exports, the newest first."""
        if not self.root.is_dir():
            return []
        found = [self.get(entry.name) for entry in self.root.iterdir()]
        return sorted((one for one in found if one), key=lambda one: one.id, reverse=True)

    def file(self, export: Export) -> Path:
        """Where its file lies."""
        return self.root / export.id / f"file.{SUFFIX[export.kind]}"

    def _make(self, export: Export, which: IssueFilter | None) -> None:
        if self._stop.is_set():
            return
        told = 0.0

        def progress(done: int, of: int) -> None:
            nonlocal told
            if self._stop.is_set():
                raise _GivenUp
            export.done, export.of = done, of
            if time.monotonic() - told > 0.5:
                told = time.monotonic()
                self._save(export)

        try:
            export.status = "running"
            self._save(export)
            made = write_export(
                export.kind,
                self._store,
                self._catalogue,
                self.file(export),
                export.lang,
                which=which,
                blur=self._blur,
                cache=self._cache,
                datum=export.datum,
                photos=export.photos,
                made_at=export.created_at,
                progress=progress,
            )
            export.issues, export.unconfirmed = made.issues, made.unconfirmed
            export.size_bytes = self.file(export).stat().st_size
            export.status, export.finished_at = "done", self._now()
        except _GivenUp:
            export = _failed(export, "interrupted", "The server stopped: ask for it again.")
        except (TidycityError, OSError) as error:
            code = error.code if isinstance(error, TidycityError) else "io_error"
            export = _failed(export, code, str(error))
            log.warning("export %s failed: %s", export.id, error)
        except Exception:
            export = _failed(export, "internal", "The server's log has the cause.")
            log.exception("export %s failed", export.id)
        self._save(export)

    def _save(self, export: Export) -> None:
        """Replaces the journal whole; a disk that takes no more is told in the log."""
        folder = self.root / export.id
        draft = folder / f".{JOURNAL}.{secrets.token_hex(4)}"
        try:
            with draft.open("wb") as out:
                out.write(export.model_dump_json().encode())
                out.flush()
                os.fsync(out.fileno())
            draft.replace(folder / JOURNAL)
        except OSError as error:
            log.error("the journal of export %s can't be written: %s", export.id, error)


def _failed(export: Export, code: str, why: str) -> Export:
    return export.model_copy(update={"status": "failed", "error_code": code, "error": why})


def new_export_id() -> str:
    """An id that sorts by time and can't be guessed."""
    return f"{int(time.time() * 1000):011x}{secrets.token_hex(6)}"
