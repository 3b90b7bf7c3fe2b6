"""Takes in what cameras say: the frame as evidence, the finding, the issue it belongs to.

A camera's issue is told by camera, zone and category: there is at most one open at a time. Another
is begun only where the last one is closed and the new finding stands elsewhere in the picture; a
patrol's open issue of the category nearby, which no other camera claims, is taken over.

That a problem is gone is said of its own issue alone, never of others around the camera.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from detect.types import Clock, Model
from issues.areas import AreaMap, area_version, load_areas
from issues.camera_matching import same_spot
from issues.cameras.camera import Camera
from issues.cameras.confirmation import Memory, Seen, Statement
from issues.catalogue import Catalogue
from issues.clock import SystemClock
from issues.identity import new_id, number_of
from issues.issue import Status
from issues.matching import match
from issues.place import cell_of
from issues.rows import Recorded
from issues.standing import settle
from issues.store import Session, Store
from issues.store import photo_table as photos
from issues.store.camera_table import (
    Track,
    add_statement,
    claimed,
    keep_track,
    last_box,
    said_before,
    track_of,
)
from issues.store.ledger import add_event, find_issue, lock_issues, next_serial, take_turn
from issues.store.schema import IssueRecord

OVER = frozenset({Status.CLOSED.value})


@dataclass(frozen=True, slots=True)
class CameraFrame:
    """The picture that shows what is said: JPEG at full size, as it is to be kept."""

    jpeg: bytes
    width_px: int
    height_px: int
    at: datetime


@dataclass(frozen=True, slots=True)
class Said:
    """What a camera says: of which zone and category, what, and by which picture."""

    camera: Camera
    zone: str
    category: str
    statement: Statement
    frame: CameraFrame
    memory: Memory
    experimental: bool = False


class CameraIntake:
    """Records what cameras say, one transaction a statement. Threads may not share it."""

    def __init__(
        self, store: Store, catalogue: Catalogue, model: Model, *, clock: Clock | None = None
    ) -> None:
        self._store = store
        self._catalogue = catalogue
        self._model = model
        self._clock = clock or SystemClock()
        self._areas: tuple[int, AreaMap] | None = None

    def record(self, said: Said) -> Recorded:
        """Records one statement and gives what it changed; a second time changes nothing.

        Raises StoreError: then nothing is recorded, and the statement is to be made again.
        """
        sha256 = self._store.evidence.put(said.frame.jpeg, "jpg")
        with self._store.transaction() as session:
            take_turn(session)
            at = said.statement.at
            if said_before(session, said.camera.id, said.zone, said.category, at):
                return Recorded(0)
            return self._recorded(session, said, sha256)

    def _recorded(self, session: Session, said: Said, sha256: str) -> Recorded:
        now = self._clock.now()
        track = track_of(session, said.camera.id, said.zone, said.category)
        issue_id = None if track is None else track.issue_id
        new = False
        if isinstance(said.statement, Seen):
            issue_id, new = self._home(session, said, issue_id, now)
        if issue_id is None:
            keep_track(session, _track(said, None), said.memory, now)
            return Recorded(0)  # gone before it was ever said to be there
        photo_id = self._photo(session, said, sha256, now)
        if isinstance(said.statement, Seen):
            self._observe(session, said.statement, said, photo_id, issue_id)
        add_statement(session, _track(said, issue_id), said.statement, photo_id)
        keep_track(session, _track(said, issue_id), said.memory, now)
        areas = self._area_map(session) if new else None
        return self._settled(session, issue_id, photo_id, new, areas, now)

    def _settled(
        self,
        session: Session,
        issue_id: str,
        photo_id: int,
        new: bool,
        areas: AreaMap | None,
        now: datetime,
    ) -> Recorded:
        (issue,) = lock_issues(session, {issue_id})
        before = issue.status
        done = settle(session, issue, catalogue=self._catalogue, areas=areas, now=now)
        session.flush()
        one = (issue.number,)
        quiet = before == Status.REJECTED
        return Recorded(
            photo_id,
            new_issues=one if new else (),
            seen_again=() if new or done.proposed_fixed or quiet else one,
            proposed_fixed=one if done.proposed_fixed else (),
            reopened=one if done.returned else (),
            swallowed=one if quiet else (),
        )

    def _home(
        self, session: Session, said: Said, issue_id: str | None, now: datetime
    ) -> tuple[str, bool]:
        """The issue that a finding belongs to, and whether it is new."""
        tracked = None if issue_id is None else _followed(session, issue_id)
        if tracked is not None and self._goes_on(session, tracked, said):
            return tracked.id, False
        found = self._nearby(session, said)
        if found is not None:
            return found, False
        return self._new_issue(session, said, now), True

    def _goes_on(self, session: Session, issue: IssueRecord, said: Said) -> bool:
        """Whether the issue of this zone takes in a finding: an open one does, a closed one only
        what stands where it stood; a rejected one stays quiet about the same thing."""
        if issue.status not in OVER | {Status.REJECTED.value}:
            return True
        box = last_box(session, issue.id, said.camera.id)
        return box is not None and same_spot(box, _seen(said).box)

    def _nearby(self, session: Session, said: Said) -> str | None:
        """A patrol's open issue of this category, within reach, that no camera claims."""
        at = said.camera.at.location() if said.camera.at else None
        if at is None:
            return None
        found = match(
            session, self._catalogue, at, said.statement.at, {said.category}, frozenset()
        ).home[said.category]
        if found is None or claimed(session, found):
            return None
        (issue,) = lock_issues(session, {found})
        return None if issue.status in OVER | {Status.REJECTED.value} else found

    def _new_issue(self, session: Session, said: Said, now: datetime) -> str:
        seen = _seen(said)
        year = now.astimezone(self._catalogue.calendar.zone).year
        issue = IssueRecord(
            id=new_id(now),
            number=number_of(year, next_serial(session, f"issue-{year}")),
            category=said.category,
            category_group=self._catalogue.category(said.category).group,
            status=Status.CANDIDATE.value,
            severity="normal",
            first_seen=seen.at,
            last_seen=seen.at,
            last_look=seen.at,
            observations=0,
            photos=0,
            best_score=0.0,
            recurrences=0,
            experimental=said.experimental,
            version=1,
            created_at=now,
            updated_at=now,
        )
        session.add(issue)
        session.flush()
        data = {"camera": said.camera.id, "zone": said.zone, "since": seen.since.isoformat()}
        add_event(
            session,
            issue.id,
            now,
            "found",
            to_status=issue.status,
            as_of=seen.at,
            data=data,
        )
        return issue.id

    def _photo(self, session: Session, said: Said, sha256: str, now: datetime) -> int:
        """The frame as a photo of the camera's place; the same frame for two zones is one."""
        known = photos.find_photo(session, sha256, self._model.id, self._model.version)
        if known is not None:
            return known[0]
        at = said.camera.at.location() if said.camera.at else None
        place = {
            "lat": at.lat if at else None,
            "lon": at.lon if at else None,
            "accuracy_m": at.accuracy_m if at else None,
            "heading_deg": said.camera.heading_deg,
        }
        photo_id = photos.add_photo(session, place | _photo_values(said, sha256, self._model, now))
        looked = {
            "photo_id": photo_id,
            "frame_sha256": sha256,
            "source": f"camera:{said.camera.id}",
            "taken_at": said.frame.at,
            "cell": cell_of(at.lat, at.lon) if at else None,
            "usable": True,
            "reason": None,
            "categories": ",",  # it speaks for its own issue alone
        }
        photos.add_coverage(session, place | looked)
        photos.note_evidence(session, sha256, "jpg", len(said.frame.jpeg), now)
        return photo_id

    def _observe(
        self, session: Session, seen: Seen, said: Said, photo_id: int, issue_id: str
    ) -> None:
        x1, y1, x2, y2 = seen.box
        row = {
            "photo_id": photo_id,
            "issue_id": issue_id,
            "category": said.category,
            "x1": x1,
            "y1": y1,
            "x2": x2,
            "y2": y2,
            "score": seen.score,
            "experimental": said.experimental,
        }
        photos.add_observations(session, [row])

    def _area_map(self, session: Session) -> AreaMap:
        version = area_version(session)
        if self._areas is None or self._areas[0] != version:
            self._areas = (version, load_areas(session))
        return self._areas[1]


def _photo_values(said: Said, sha256: str, model: Model, now: datetime) -> dict[str, object]:
    return {
        "batch_id": None,
        "source": f"camera:{said.camera.id}",
        "status": "ok",
        "reason_code": None,
        "message": None,
        "sha256": sha256,
        "size_bytes": len(said.frame.jpeg),
        "format": "JPEG",
        "width_px": said.frame.width_px,
        "height_px": said.frame.height_px,
        "taken_at": said.frame.at,
        "time_origin": "camera",
        "location_origin": "camera" if said.camera.at else None,
        "notes": [],
        "context": [],
        "model_id": model.id,
        "model_version": model.version,
        "recorded_at": now,
    }


def _followed(session: Session, issue_id: str) -> IssueRecord | None:
    """The issue, or the one that it was marked as a duplicate of."""
    issue = find_issue(session, issue_id, lock=True)
    if issue is not None and issue.duplicate_of is not None:
        return find_issue(session, issue.duplicate_of, lock=True)
    return issue


def _seen(said: Said) -> Seen:
    if not isinstance(said.statement, Seen):
        raise TypeError(f"{said.camera.id} says that it is gone, not where it is")
    return said.statement


def _track(said: Said, issue_id: str | None) -> Track:
    return Track(said.camera.id, said.zone, said.category, issue_id)
