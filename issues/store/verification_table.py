"""SQL on verifications and on the fingerprints of photos."""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import delete, func, insert, or_, select
from sqlalchemy.orm import Session

from issues.store.ledger import VERIFICATION
from issues.store.schema import (
    EventRecord,
    EvidenceRecord,
    IssueRecord,
    ObservationRecord,
    PhotoRecord,
)
from issues.store.verification_schema import (
    FingerprintRecord,
    FingerprintWordRecord,
    VerificationRecord,
)

BANDS = 4
BAND_BITS = 16
NEAR_BITS = 10
LEAST_WORDS = 4
"""Fewer words in common are chance."""

_COMMON = 400
"""A word that this many photos share tells nothing: plain walls have it."""

_F, _W, _V = FingerprintRecord, FingerprintWordRecord, VerificationRecord


@dataclass(frozen=True, slots=True)
class Marks:
    """A fingerprint as the store knows it (``detect.fingerprint.Fingerprint`` is one)."""

    phash: int | None
    words: frozenset[int]


@dataclass(frozen=True, slots=True)
class Suspect:
    """A kept photo that another might be a copy of. ``votes``: how much speaks for it."""

    sha256: str
    votes: float


def keep_marks(session: Session, sha256: str, marks: Marks, made_by: int) -> None:
    """Keeps the fingerprint of a photo; an older one of it goes."""
    connection = session.connection()
    known = connection.execute(select(_F.id, _F.made_by).where(_F.sha256 == sha256)).first()
    if known is not None:
        if known.made_by == made_by:
            return
        connection.execute(delete(_W).where(_W.fingerprint_id == known.id))
        connection.execute(delete(_F).where(_F.id == known.id))
    row = {"sha256": sha256, "made_by": made_by, "phash": _signed(marks.phash)}
    row |= dict(zip(("band0", "band1", "band2", "band3"), _bands(marks.phash), strict=True))
    key = connection.execute(insert(_F).values(row).returning(_F.id)).scalar_one()
    if marks.words:
        rows = [{"word": word, "fingerprint_id": key} for word in sorted(marks.words)]
        connection.execute(insert(_W), rows)


def suspects(session: Session, asked: Iterable[Marks], most: int = 6) -> list[Suspect]:
    """The kept photos whose fingerprints are most like any of these, the likeliest first.

    ``asked``: the marks of a photo and of its mirror image. A hash that is near counts for all; of
    words, rare ones count more.
    """
    votes: dict[int, float] = defaultdict(float)
    for marks in asked:
        for key, weight in _by_hash(session, marks).items():
            votes[key] = max(votes[key], weight)
        for key, weight in _by_words(session, marks.words).items():
            votes[key] = max(votes[key], weight)
    best = sorted(votes.items(), key=lambda item: (-item[1], item[0]))[:most]
    if not best:
        return []
    ids = [key for key, _ in best]
    found = session.execute(select(_F.id, _F.sha256).where(_F.id.in_(ids)))
    names = {key: sha256 for key, sha256 in found}  # noqa: C416
    return [Suspect(names[key], weight) for key, weight in best]


def _by_hash(session: Session, marks: Marks) -> dict[int, float]:
    if marks.phash is None:
        return {}
    bands = _bands(marks.phash)
    columns = (_F.band0, _F.band1, _F.band2, _F.band3)
    near = [
        column.in_([band, *(band ^ (1 << bit) for bit in range(BAND_BITS))])
        for column, band in zip(columns, bands, strict=True)
        if band is not None
    ]
    found = session.execute(select(_F.id, _F.phash).where(or_(*near)))
    off = {key: (_unsigned(phash or 0) ^ marks.phash).bit_count() for key, phash in found}
    return {key: 100.0 - bits for key, bits in off.items() if bits <= NEAR_BITS}


def _by_words(session: Session, words: Collection[int]) -> dict[int, float]:
    if not words:
        return {}
    total = int(session.execute(select(func.count(_F.id))).scalar_one())
    found = session.execute(select(_W.word, _W.fingerprint_id).where(_W.word.in_(sorted(words))))
    photos: dict[int, list[int]] = defaultdict(list)
    for word, key in found:
        photos[word].append(key)
    votes: dict[int, float] = defaultdict(float)
    shared: Counter[int] = Counter()
    limit = max(20, min(_COMMON, total // 20))
    for keys in photos.values():
        if len(keys) <= limit:
            rare = math.log((total + 1) / len(keys)) + 0.1
            for key in keys:
                votes[key] += rare
                shared[key] += 1
    return {key: weight for key, weight in votes.items() if shared[key] >= LEAST_WORDS}


def unmarked(session: Session, made_by: int) -> list[str]:
    """Hashes of kept photos without a fingerprint, or with an outdated one."""
    marked = select(_F.sha256).where(_F.made_by == made_by)
    query = select(EvidenceRecord.sha256).where(EvidenceRecord.sha256.not_in(marked))
    return list(session.scalars(query.order_by(EvidenceRecord.sha256)))


def add_verification(session: Session, values: dict[str, Any]) -> int:
    """Adds a verification and gives its id."""
    return int(session.connection().execute(insert(_V).returning(_V.id), values).scalar_one())


def verification_records(
    session: Session, issue_id: str | None = None, key: int | None = None
) -> list[tuple[VerificationRecord, str]]:
    """Verifications with the numbers of their issues, newest first."""
    query = select(_V, IssueRecord.number).join(IssueRecord, IssueRecord.id == _V.issue_id)
    if issue_id is not None:
        query = query.where(_V.issue_id == issue_id)
    if key is not None:
        query = query.where(_V.id == key)
    return [(row[0], row[1]) for row in session.execute(query.order_by(_V.id.desc()))]


def verification_with_key(session: Session, issue_id: str, key: str) -> int | None:
    """The id of the verification that this idempotency key made."""
    query = select(_V.id).where(_V.issue_id == issue_id, _V.idempotency_key == key)
    return session.execute(query).scalar()


def overrulings(session: Session, issue_id: str) -> dict[int, EventRecord]:
    """Id of a verification → the last event by which a person overruled it."""
    query = select(EventRecord).where(
        EventRecord.issue_id == issue_id, EventRecord.kind == VERIFICATION
    )
    found: dict[int, EventRecord] = {}
    for event in session.scalars(query.order_by(EventRecord.id)):
        overruled = event.data.get("overrules")
        if overruled is not None:
            found[int(overruled)] = event
    return found


@dataclass(frozen=True, slots=True)
class Shown:
    """A photo that shows an issue: its hash, when it was taken, the issue's boxes in it."""

    sha256: str
    photo_id: int
    taken_at: datetime
    score: float
    boxes: tuple[tuple[float, float, float, float], ...]


def shown_in(session: Session, issue_id: str) -> list[Shown]:
    """The kept photos that show an issue, the best first."""
    o, p = ObservationRecord, PhotoRecord
    query = (
        select(p.sha256, p.id, p.taken_at, o.score, o.x1, o.y1, o.x2, o.y2)
        .join(p, p.id == o.photo_id)
        .join(EvidenceRecord, EvidenceRecord.sha256 == p.sha256)
        .where(o.issue_id == issue_id)
        .order_by(o.score.desc())
    )
    found: dict[str, Shown] = {}
    for sha256, photo_id, taken_at, score, *box in session.execute(query):
        if sha256 is None or taken_at is None:
            continue
        x1, y1, x2, y2 = (float(side) for side in box)
        before = found.get(sha256)
        boxes = (*before.boxes, (x1, y1, x2, y2)) if before else ((x1, y1, x2, y2),)
        best = max(score, before.score) if before else score
        found[sha256] = Shown(sha256, photo_id, taken_at, best, boxes)
    return sorted(found.values(), key=lambda shown: -shown.score)


def movable_in(session: Session, photo_id: int) -> tuple[tuple[float, float, float, float], ...]:
    """Boxes of everything that was found in a photo: findings and things such as bins."""
    o = ObservationRecord
    query = select(o.x1, o.y1, o.x2, o.y2).where(o.photo_id == photo_id)
    boxes = [(float(a), float(b), float(c), float(d)) for a, b, c, d in session.execute(query)]
    context = session.execute(select(PhotoRecord.context).where(PhotoRecord.id == photo_id))
    for one in context.scalar() or ():
        x1, y1, x2, y2 = one["box"]
        boxes.append((float(x1), float(y1), float(x2), float(y2)))
    return tuple(boxes)


def shows_issue(session: Session, sha256: str, issue_id: str) -> bool:
    """Whether an issue was found in the photo with these bytes."""
    o, p = ObservationRecord, PhotoRecord
    query = select(o.id).join(p, p.id == o.photo_id).where(p.sha256 == sha256)
    return session.execute(query.where(o.issue_id == issue_id).limit(1)).first() is not None


def used_for(session: Session, sha256: str | None, issue_id: str | None) -> list[tuple[str, str]]:
    """After photos and the ids of the issues that they were given for."""
    query = select(_V.after_sha256, _V.issue_id).distinct()
    if sha256 is not None:
        query = query.where(_V.after_sha256 == sha256)
    if issue_id is not None:
        query = query.where(_V.issue_id == issue_id)
    return [(sha, issue) for sha, issue in session.execute(query)]


def _signed(value: int | None) -> int | None:
    return None if value is None else value - (1 << 64) if value >= 1 << 63 else value


def _unsigned(value: int) -> int:
    return value & 0xFFFF_FFFF_FFFF_FFFF


def _bands(phash: int | None) -> tuple[int | None, ...]:
    if phash is None:
        return (None,) * BANDS
    return tuple((phash >> (BAND_BITS * k)) & 0xFFFF for k in range(BANDS))
