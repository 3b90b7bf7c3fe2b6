"""SQL on boxes that people draw: they stand under a photo as a person saw it.

A photo is kept once a model that looked at it; a person who draws on it is one more who looked
(``model_id`` ``person``). So what the models found is never rewritten. That a person looked says
nothing about what isn't there: their coverage names no category.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import insert, select, update
from sqlalchemy.orm import Session

from issues.rows import Box, ObservationRow
from issues.store.photo_select import observation_rows, select_observations
from issues.store.schema import CoverageRecord, EventRecord, ObservationRecord, PhotoRecord

PERSON = "person"
"""The ``model_id`` of boxes that people drew."""
VERSION = "1"
DRAWN, ADJUSTED, TAKEN_BACK = "box_drawn", "box_adjusted", "box_taken_back"
"""Kinds of events; ``data`` holds the ``observation``, and the one that it ``replaces``."""

_P, _C, _O = PhotoRecord, CoverageRecord, ObservationRecord
_FROM_PHOTO = tuple(
    column.name for column in _P.__table__.columns if column.name not in {"id", "batch_id"}
)
_FROM_COVERAGE = tuple(
    column.name for column in _C.__table__.columns if column.name not in {"id", "photo_id"}
)


def latest_photo(session: Session, sha256: str) -> PhotoRecord | None:
    """The latest analysis of a photo by a model; None: there is none."""
    query = select(_P).where(_P.sha256 == sha256, _P.model_id != PERSON)
    return session.scalars(query.order_by(_P.id.desc()).limit(1)).first()


def person_photo(session: Session, photo: PhotoRecord, now: datetime) -> int:
    """The id of the photo as a person saw it; made at the first box."""
    known = session.scalar(select(_P.id).where(_P.sha256 == photo.sha256, _P.model_id == PERSON))
    if known is not None:
        return known
    values: dict[str, Any] = {name: getattr(photo, name) for name in _FROM_PHOTO}
    values |= {"model_id": PERSON, "model_version": VERSION, "recorded_at": now, "context": []}
    photo_id = int(session.execute(insert(_P).values(values).returning(_P.id)).scalar_one())
    looked = session.scalars(select(_C).where(_C.photo_id == photo.id).limit(1)).one()
    seen: dict[str, Any] = {name: getattr(looked, name) for name in _FROM_COVERAGE}
    seen |= {"photo_id": photo_id, "usable": False, "reason": DRAWN, "categories": ",,"}
    session.execute(insert(_C).values(seen))
    return photo_id


def add_box(session: Session, photo_id: int, issue_id: str, category: str, box: Box) -> int:
    """Adds a box that a person drew and gives its id; a person's box is sure."""
    x1, y1, x2, y2 = box
    values = {
        "photo_id": photo_id,
        "issue_id": issue_id,
        "category": category,
        **{"x1": x1, "y1": y1, "x2": x2, "y2": y2},
        "score": 1.0,
        "experimental": False,
    }
    return int(session.execute(insert(_O).values(values).returning(_O.id)).scalar_one())


def file_box(session: Session, observation_id: int, issue_id: str | None) -> None:
    """Files a finding under an issue, or under none."""
    session.execute(update(_O).where(_O.id == observation_id).values(issue_id=issue_id))


def finding(session: Session, observation_id: int) -> ObservationRow | None:
    """One finding; None: there is none by this id."""
    found = observation_rows(session, select_observations([_O.id == observation_id]))
    return found[0] if found else None


def replaced_by(session: Session, issue_id: str, observation_id: int) -> int | None:
    """The finding in whose place an adjusted box stands; None: the box was drawn anew."""
    e = EventRecord
    query = select(e.data).where(e.issue_id == issue_id, e.kind == ADJUSTED)
    for data in session.scalars(query.order_by(e.id.desc())):
        if data.get("observation") == observation_id:
            return int(data["replaces"])
    return None


def findings_left(session: Session, issue_id: str) -> bool:
    """Whether an issue has any finding of its own."""
    return session.scalar(select(_O.id).where(_O.issue_id == issue_id).limit(1)) is not None
