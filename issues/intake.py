"""Takes in what was found in photos: records it, finds the issue that each finding belongs to.

One transaction a photo; the evidence file is on disk before it commits, so that a kill at any
moment leaves at most a file that the next run uses again. Photos may come in any order, and twice.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from detect.types import Clock, Coverage, Location, Model, Observation, TimeOrigin
from issues.absorption import can_show_clear, filed_under
from issues.areas import AreaMap, area_version, load_areas
from issues.catalogue import Catalogue
from issues.clock import SystemClock
from issues.identity import new_id, number_of
from issues.issue import Status
from issues.matching import Match, match
from issues.recurrence import link_to_past
from issues.rows import Box, PhotoStatus, Recorded
from issues.source_files import address_of, extension_of, read_again, read_from
from issues.standing import Settled, settle
from issues.store import Session, Store
from issues.store import photo_table as photos
from issues.store.ledger import add_event, lock_issues, looked_at, next_serial, take_turn
from issues.store.schema import IssueRecord
from issues.store.values import (
    coverage_values,
    head_values,
    observation_values,
    photo_values,
)
from issues.store.verification_table import Marks
from issues.verify.keeping import keep, marks_of

if TYPE_CHECKING:
    from issues.source_files import Source

TRY_AGAIN = frozenset({"vanished", "permission", "io_error", "unexpected_error"})
"""Reasons that may be gone next time: such photos are read again when a run is resumed."""


class Head(Protocol):
    """What is known of a photo: ``detect.photo.Photo`` is one."""

    @property
    def sha256(self) -> str: ...
    @property
    def size_bytes(self) -> int: ...
    @property
    def format(self) -> str: ...
    @property
    def width_px(self) -> int: ...
    @property
    def height_px(self) -> int: ...
    @property
    def taken_at(self) -> datetime: ...
    @property
    def time_origin(self) -> TimeOrigin: ...
    @property
    def location(self) -> Location | None: ...
    @property
    def heading_deg(self) -> float | None: ...
    @property
    def notes(self) -> tuple[str, ...]: ...


class Context(Protocol):
    """A box of a class that stands for no category."""

    @property
    def name(self) -> str: ...
    @property
    def xyxy(self) -> tuple[float, float, float, float]: ...
    @property
    def score(self) -> float: ...


class Result(Protocol):
    """What became of one photo: ``detect.batch.PhotoResult`` is one."""

    @property
    def source(self) -> str: ...
    @property
    def path(self) -> Path: ...
    @property
    def status(self) -> PhotoStatus: ...
    @property
    def reason_code(self) -> str | None: ...
    @property
    def message(self) -> str | None: ...
    @property
    def photo(self) -> Head | None: ...
    @property
    def observations(self) -> Sequence[Observation]: ...
    @property
    def context(self) -> Sequence[Context]: ...
    @property
    def coverage(self) -> Coverage | None: ...
    @property
    def data(self) -> bytes | None: ...


class Shelf(Protocol):
    """Makes small pictures of evidence at once: ``issues.exports.pictures.Pictures`` is one."""

    def shelve(self, sha256: str, data: bytes, boxes: Iterable[tuple[Box, str]]) -> bool: ...


@dataclass
class _Touched:
    """The issues that one photo made or changed."""

    new: list[IssueRecord] = field(default_factory=list)
    settled: list[tuple[IssueRecord, Settled]] = field(default_factory=list)
    saw: frozenset[str] = frozenset()


class Intake:
    """Records the photos that one model looked at. Threads may not share it.

    ``shelf`` gets each photo that is kept as evidence, once it is recorded.
    """

    def __init__(
        self,
        store: Store,
        catalogue: Catalogue,
        model: Model,
        *,
        clock: Clock | None = None,
        shelf: Shelf | None = None,
    ) -> None:
        self._store = store
        self._catalogue = catalogue
        self._model = model
        self._clock = clock or SystemClock()
        self._batch_id: int | None = None
        self._asked: dict[str, Source] = {}
        self._areas: tuple[int, AreaMap] | None = None
        self._marks: dict[str, Marks] = {}
        self._shelf = shelf
        self._kept: dict[str, bytes] = {}
        self._covers = frozenset(c.category for c in model.classes if c.category)
        for code in sorted(self._covers):
            catalogue.category(code)

    def already(self, source: Source) -> bool:
        """Whether this model has recorded this file, unchanged since; reads no byte of it."""
        with self._store.reading() as session:
            known = photos.was_recorded(session, read_from(source, self._model))
        if not known:
            self._asked[source.key] = source
        return known

    @contextmanager
    def batch(self, label: str) -> Iterator[int]:
        """Everything recorded inside belongs to one run, whose id it gives."""
        with self._store.transaction() as session:
            batch_id = photos.begin_batch(session, label, self._model, self._clock.now())
        self._batch_id = batch_id
        try:
            yield batch_id
        finally:
            self._batch_id = None
            with self._store.transaction() as session:
                photos.end_batch(session, batch_id, self._clock.now())

    def record(self, result: Result, source: Source | None = None) -> Recorded:
        """Records one photo and gives what it changed. Raises StoreError.

        The same bytes a second time change nothing (``duplicate_of``). ``source`` is where it came
        from; it need not be given where ``already`` was asked about it.
        """
        key = source.key if source else address_of(result.path, result.source)
        read = read_from(source or self._asked.pop(key, None) or (key, result.path), self._model)
        photo, self._kept = result.photo, {}
        if result.observations and photo and result.data:
            self._put(photo, result.data)
            self._marks = {photo.sha256: marks_of(result.data, self._clock.now())}
        with self._store.transaction() as session:
            take_turn(session)
            if photo is None:
                return self._record_unreadable(session, result, read)
            known = photos.find_photo(session, photo.sha256, read.model_id, read.model_version)
            if known is not None:
                photos.remember_source(session, read, known[0], final=True)
                return Recorded(known[0], duplicate_of=known[1])
            recorded = self._record_photo(session, result, photo, read)
        self._shelve(photo.sha256, result.observations)
        return recorded

    def _shelve(self, sha256: str, found: Sequence[Observation]) -> None:
        """Has the small pictures made of what was kept, after the photo is safely recorded."""
        if self._shelf is None:
            return
        boxes = [(o.xyxy, self._catalogue.category(o.category).group) for o in found]
        for kept, data in self._kept.items():
            self._shelf.shelve(kept, data, boxes if kept == sha256 else ())

    def _record_unreadable(
        self, session: Session, result: Result, read: photos.ReadFrom
    ) -> Recorded:
        values = photo_values(result, read, self._batch_id, self._clock.now())
        photo_id = photos.add_photo(session, values)
        again = result.reason_code in TRY_AGAIN
        photos.remember_source(session, read, photo_id, final=not again)
        return Recorded(photo_id)

    def _record_photo(
        self, session: Session, result: Result, photo: Head, read: photos.ReadFrom
    ) -> Recorded:
        now = self._clock.now()
        values = photo_values(result, read, self._batch_id, now) | head_values(photo)
        photo_id = photos.add_photo(session, values)
        photos.remember_source(session, read, photo_id, final=True)
        found = {o.category for o in result.observations}
        covered = result.coverage.categories if result.coverage else self._covers
        covers = can_show_clear(covered, found, self._catalogue)
        photos.add_coverage(session, coverage_values(photo_id, result, photo, covers))
        touched = self._touch(session, result, photo, photo_id, covers, now)
        if result.observations and result.data:
            self._note(session, photo, result.data, now)
        self._keep_after_photos(session, photo_id, photo, result.data, touched, now)
        return _recorded(photo_id, touched)

    def _touch(
        self,
        session: Session,
        result: Result,
        photo: Head,
        photo_id: int,
        covers: Collection[str],
        now: datetime,
    ) -> _Touched:
        """Gives each finding its issue, and brings all issues that the photo speaks of in line."""
        under = filed_under(result.observations, self._catalogue)
        found = sorted({code for code in under if code})
        matched = self._match(session, photo, found, covers if result.status == "ok" else ())
        touched = _Touched()
        home = {
            code: issue_id or self._new_issue(session, code, photo, touched, now)
            for code, issue_id in matched.home.items()
        }
        belongs = [home[code] if code else None for code in under]
        photos.add_observations(session, observation_values(photo_id, result.observations, belongs))
        old = {issue_id for issue_id in matched.home.values() if issue_id}
        touched.saw = frozenset(old | matched.also_seen)
        issues = [*touched.new, *lock_issues(session, touched.saw | matched.clear)]
        areas = self._area_map(session) if found else None
        for issue in issues:
            done = settle(session, issue, catalogue=self._catalogue, areas=areas, now=now)
            if issue in touched.new:
                link_to_past(session, issue, self._catalogue, now)
            touched.settled.append((issue, done))
        looked_at(session, sorted(matched.glanced), photo.taken_at)
        session.flush()
        return touched

    def _match(
        self, session: Session, photo: Head, found: Sequence[str], could_show: Collection[str]
    ) -> Match:
        if photo.location is not None:
            at = photo.location
            return match(session, self._catalogue, at, photo.taken_at, found, could_show)
        return Match({code: photos.issue_of_frame(session, photo.sha256, code) for code in found})

    def _new_issue(
        self, session: Session, code: str, photo: Head, touched: _Touched, now: datetime
    ) -> str:
        year = now.astimezone(self._catalogue.calendar.zone).year
        issue = IssueRecord(
            id=new_id(now),
            number=number_of(year, next_serial(session, f"issue-{year}")),
            category=code,
            category_group=self._catalogue.category(code).group,
            status=Status.CANDIDATE.value,
            severity="normal",
            first_seen=photo.taken_at,
            last_seen=photo.taken_at,
            last_look=photo.taken_at,
            observations=0,
            photos=0,
            best_score=0.0,
            recurrences=0,
            experimental=False,
            version=1,
            created_at=now,
            updated_at=now,
        )
        session.add(issue)
        session.flush()
        found = {"to_status": issue.status, "as_of": photo.taken_at}
        add_event(session, issue.id, now, "found", evidence_sha256=photo.sha256, **found)
        touched.new.append(issue)
        return issue.id

    def _area_map(self, session: Session) -> AreaMap:
        """The areas in force, read again only when somebody imported others."""
        version = area_version(session)
        if self._areas is None or self._areas[0] != version:
            self._areas = (version, load_areas(session))
        return self._areas[1]

    def _put(self, photo: Head, data: bytes) -> None:
        self._store.evidence.put(data, extension_of(photo.format), sha256=photo.sha256)
        self._kept[photo.sha256] = data

    def _note(self, session: Session, photo: Head, data: bytes, now: datetime) -> None:
        extension = extension_of(photo.format)
        photos.note_evidence(session, photo.sha256, extension, len(data), now)
        known = self._marks.get(photo.sha256)
        keep(session, photo.sha256, known or marks_of(data, now))

    def _keep_after_photos(
        self,
        session: Session,
        photo_id: int,
        photo: Head,
        data: bytes | None,
        touched: _Touched,
        now: datetime,
    ) -> None:
        """Keeps the photos that propose an issue as fixed: this one, or one that came before."""
        after = {done.after_photo_id for _, done in touched.settled if done.after_photo_id}
        if photo_id in after and data:
            self._put(photo, data)
            self._note(session, photo, data, now)
        for sha256, kind, address in photos.missing_evidence(session, after - {photo_id}):
            again = read_again(address, sha256)
            if again is not None:
                extension = extension_of(kind)
                self._store.evidence.put(again, extension, sha256=sha256)
                self._kept[sha256] = again
                photos.note_evidence(session, sha256, extension, len(again), now)
                keep(session, sha256, marks_of(again, now))


def _recorded(photo_id: int, touched: _Touched) -> Recorded:
    new = {issue.id for issue in touched.new}
    old = [(issue, done) for issue, done in touched.settled if issue.id not in new]
    quiet = {issue.id for issue, _ in old if issue.status == Status.REJECTED}
    saw = [issue for issue, _ in old if issue.id in touched.saw]
    return Recorded(
        photo_id,
        new_issues=tuple(issue.number for issue in touched.new),
        seen_again=tuple(issue.number for issue in saw if issue.id not in quiet),
        proposed_fixed=tuple(d.number for _, d in touched.settled if d.proposed_fixed),
        reopened=tuple(d.number for _, d in touched.settled if d.returned),
        swallowed=tuple(issue.number for issue in saw if issue.id in quiet),
    )
