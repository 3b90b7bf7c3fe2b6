"""Looking at uploaded photos: the engine, loaded when the first upload comes, and the intake."""

from __future__ import annotations

from collections.abc import Callable, Generator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from api.jobs import JobPhoto, PlaceGiven
from api.settings import Settings
from issues.catalogue import Catalogue
from issues.store import Store

if TYPE_CHECKING:
    from detect.batch import PhotoResult
    from detect.sources import PhotoSource
    from detect.types import Engine
    from issues.rows import Recorded

OpenEngine = Callable[[], "Engine"]


class PhotoAnalysis:
    """Analyses photos with the settings' model and records what they show in the store."""

    def __init__(
        self,
        settings: Settings,
        store: Store,
        catalogue: Catalogue,
        open_engine: OpenEngine | None = None,
    ) -> None:
        self._settings = settings
        self._store = store
        self._catalogue = catalogue
        self._open_engine = open_engine or self._default_engine
        self._engine: Engine | None = None

    def load(self) -> Engine:
        """The engine, loaded when it is first asked for. Raises ModelError."""
        engine = self._engine = self._engine or self._open_engine()
        return engine

    def run(
        self, photos: Sequence[tuple[Path, JobPhoto]], place: PlaceGiven | None
    ) -> Generator[JobPhoto]:
        """Each photo with what became of it, in order, as soon as it is recorded.

        Raises ModelError, StoreError.
        """
        from detect.batch import analyze_photos
        from detect.hints import PlaceHints
        from detect.types import Location
        from issues.exports.pictures import Pictures
        from issues.intake import Intake

        engine = self.load()
        fixed = Location(place.lat, place.lon, place.accuracy_m, "manual") if place else None
        shelf = Pictures(
            self._store.evidence,
            blur=self._settings.blur_faces,
            cache=self._settings.data_dir / "cache" / "pictures",
        )
        intake = Intake(self._store, self._catalogue, engine.model, shelf=shelf)
        results = analyze_photos(
            [_source(path, photo) for path, photo in photos],
            engine,
            hints=PlaceHints(fixed=fixed),
            tiles="auto",
            workers=1,
            keep_bytes=True,
            now=datetime.now(UTC),
        )
        with intake.batch(label="upload"):
            for (_, photo), result in zip(photos, results, strict=True):
                yield _outcome(photo, result, intake.record(result))

    def _default_engine(self) -> Engine:
        from detect.engines import open_engine

        given = self._settings
        return open_engine(given.model, engine=given.engine, second_look=given.second_look)


def _source(path: Path, photo: JobPhoto) -> PhotoSource:
    from detect.sources import PhotoSource

    stamp = path.stat().st_mtime if path.exists() else 0.0
    return PhotoSource(
        path=path,
        name=photo.name,
        size_bytes=photo.size_bytes,
        mtime=datetime.fromtimestamp(stamp, UTC),
    )


def _outcome(photo: JobPhoto, result: PhotoResult, recorded: Recorded) -> JobPhoto:
    return photo.model_copy(
        update={
            "status": result.status,
            "reason_code": result.reason_code,
            "message": result.message,
            "photo_id": recorded.photo_id,
            "duplicate_of": recorded.duplicate_of,
            "new_issues": list(recorded.new_issues),
            "seen_again": list(recorded.seen_again),
            "proposed_fixed": list(recorded.proposed_fixed),
            "reopened": list(recorded.reopened),
        }
    )
