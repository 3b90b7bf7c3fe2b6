"""What people's decisions say about single findings, and which photos nobody has judged yet.

A decision speaks for the photos that it was made on (``Decision.as_of``), and only for what can be
seen in them: "permitted" or "out of area" say nothing about how a thing looks.

- Confirmed, or anything that comes after: the surest box of the issue in each photo shows its
  category, and so does each box that a person drew (``issues/drawing.py``). Other boxes of it in
  the same photo may: nobody said.
- Rejected as no problem, or as another category: none of its boxes shows that category.
- Category changed: the boxes show the new one, and not the one they were found as.

Findings of another category that were filed under the issue (litter in a pile) are not judged.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select

from issues.issue import Action, RejectReason, Status
from issues.rows import Box, ObservationRow
from issues.store import Session
from issues.store.drawn_table import PERSON
from issues.store.ledger import decisions
from issues.store.photo_select import observation_rows, select_observations
from issues.store.schema import (
    EventRecord,
    EvidenceRecord,
    IssueRecord,
    ObservationRecord,
    PhotoRecord,
)
from issues.timeline import Decision, standing_decisions

_AGREES = frozenset({Action.CONFIRM, Action.ASSIGN, Action.REWORK, Action.NOT_FIXED})


@dataclass(frozen=True, slots=True)
class Judged:
    """One box of a photo: whether it shows ``category``. ``issue`` is the number of its issue."""

    category: str
    box: Box
    present: bool
    issue: str


@dataclass(frozen=True, slots=True)
class JudgedPhoto:
    """A photo whose original is kept, with what people said about it."""

    sha256: str
    source: str
    taken_at: datetime | None
    lat: float | None
    lon: float | None
    boxes: tuple[Judged, ...]


@dataclass(frozen=True, slots=True)
class WaitingPhoto:
    """A photo whose original is kept and that nobody has judged, with what was found in it."""

    sha256: str
    source: str
    taken_at: datetime | None
    findings: tuple[ObservationRow, ...]


def judged_photos(session: Session) -> list[JudgedPhoto]:
    """All photos that people's decisions say something about, by when they were taken."""
    found: dict[str, list[Judged]] = defaultdict(list)
    about: dict[str, ObservationRow] = {}
    reviewed = select(EventRecord.issue_id).where(
        EventRecord.kind.in_([a.value for a in (*_AGREES, Action.REJECT, Action.CHANGE_CATEGORY)])
    )
    for record in session.scalars(select(IssueRecord).where(IssueRecord.id.in_(reviewed))):
        said = standing_decisions(decisions(session, record.id))
        query = select_observations([ObservationRecord.issue_id == record.id])
        rows = [row for row in observation_rows(session, query) if row.stored]
        for row, judged in _judge(record, said, rows):
            found[row.sha256].append(judged)
            about[row.sha256] = row
    photos = [
        JudgedPhoto(key, row.source, row.taken_at, row.lat, row.lon, tuple(found[key]))
        for key, row in about.items()
    ]
    return sorted(photos, key=lambda photo: (str(photo.taken_at), photo.sha256))


def waiting_photos(session: Session, judged: Iterable[str], limit: int) -> list[WaitingPhoto]:
    """At most ``limit`` readable photos, newest first, whose sha256 is not among ``judged``."""
    known = set(judged)
    p, e = PhotoRecord, EvidenceRecord
    query = (
        select(p.id, p.sha256, p.source, p.taken_at)
        .join(e, e.sha256 == p.sha256)
        .where(p.status != "unreadable", p.model_id != PERSON)
        .order_by(p.id.desc())
    )
    photos: dict[str, WaitingPhoto] = {}
    for photo_id, sha256, source, taken_at in session.execute(query):
        if sha256 is None or sha256 in known or sha256 in photos:
            continue
        found = observation_rows(
            session, select_observations([ObservationRecord.photo_id == photo_id])
        )
        photos[sha256] = WaitingPhoto(sha256, source, taken_at, tuple(found))
        if len(photos) >= limit:
            break
    return list(photos.values())


def _judge(
    record: IssueRecord, said: list[Decision], rows: list[ObservationRow]
) -> Iterator[tuple[ObservationRow, Judged]]:
    last = _decisive(record, said)
    if last is None:
        return
    found_as = record.found_as or record.category
    seen = [row for row in rows if row.taken_at <= last.as_of and row.category == found_as]
    if last.action is Action.REJECT:
        for row in seen:
            yield row, Judged(row.category, row.box, False, record.number)
        return
    for row in _surest(seen):
        yield row, Judged(record.category, row.box, True, record.number)
    for row in seen:
        if row.category != record.category:
            yield row, Judged(row.category, row.box, False, record.number)


def _decisive(record: IssueRecord, said: list[Decision]) -> Decision | None:
    """The latest decision that says whether the boxes show the issue's category."""
    if record.status == Status.DUPLICATE:
        return None
    if record.status == Status.REJECTED:
        last = next((d for d in reversed(said) if d.action is Action.REJECT), None)
        reason = last.reason if last is not None else None
        return last if isinstance(reason, RejectReason) and reason.detector_was_wrong else None
    agreed = [d for d in said if d.action in _AGREES or d.action is Action.CHANGE_CATEGORY]
    return agreed[-1] if agreed and record.confirmed_at is not None else None


def _surest(rows: list[ObservationRow]) -> list[ObservationRow]:
    """The boxes that people drew, and the one with the best score of each other photo."""
    drawn = [row for row in rows if row.model_id == PERSON]
    by_hand = {row.sha256 for row in drawn}
    best: dict[str, ObservationRow] = {}
    for row in sorted(rows, key=lambda row: row.score):
        best[row.sha256] = row
    return drawn + [row for key, row in best.items() if key not in by_hand]
