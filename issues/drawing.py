"""What people draw on photos: a problem that the model missed, or a better box; both kept for
training (``issues/reviews.py``), and both can be taken back.

Nothing that a model found is rewritten. A box that was put right stands beside the model's, which
is filed under no issue from then on; a missed problem joins the issue of its category nearby, or
becomes a new candidate. Each is a line of history with who drew what.
"""

from __future__ import annotations

from dataclasses import dataclass

from detect.types import Location
from issues.areas import load_areas
from issues.catalogue import Catalogue
from issues.errors import MoveNotAllowed, NotFound, VersionConflict
from issues.issue import Action, RejectReason, Status
from issues.matching import match
from issues.merging import Hand, new_candidate
from issues.moves import move
from issues.queries import get_row
from issues.recurrence import link_to_past
from issues.rows import Box, IssueRow, ObservationRow
from issues.standing import settle
from issues.store import Session
from issues.store.drawn_table import (
    ADJUSTED,
    DRAWN,
    PERSON,
    TAKEN_BACK,
    add_box,
    file_box,
    finding,
    findings_left,
    latest_photo,
    person_photo,
    replaced_by,
)
from issues.store.ledger import add_event, find_issue, take_turn
from issues.store.photo_table import issue_of_frame
from issues.store.schema import IssueRecord, PhotoRecord

SMALLEST = 0.004
"""The least side of a box, as a share of the picture's side: a slip of the mouse is smaller."""


@dataclass(frozen=True, slots=True)
class Drawn:
    """A box as it stands now, its issue, and whether that issue is a new candidate."""

    observation: ObservationRow
    issue: IssueRow
    new: bool = False


def draw(session: Session, sha256: str, category: str, box: Box, hand: Hand) -> Drawn:
    """Records a problem that a person saw in a photo.

    It belongs to the issue of its category within reach, as a model's finding would; never to a
    rejected one. Raises NotFound for a photo that no model analysed, MoveNotAllowed for a box or
    category that can't be.
    """
    _checked(box)
    _known(hand.catalogue, category)
    take_turn(session)
    photo = latest_photo(session, sha256)
    if photo is None or photo.taken_at is None:
        raise NotFound(f'no photo goes by "{sha256[:64]}"', mend="Give a recorded photo's sha256.")
    home = _home(session, photo, category, hand.catalogue)
    issue = home or new_candidate(session, photo.taken_at, category, hand)
    photo_id = person_photo(session, photo, hand.now)
    observation = add_box(session, photo_id, issue.id, category, box)
    told = {"observation": observation, "category": category, "box": list(box)}
    if home is None:
        _tell(session, issue, "found", hand, photo, {"observation": observation})
    _tell(session, issue, DRAWN, hand, photo, told)
    _settle(session, issue, hand)
    if home is None:
        link_to_past(session, issue, hand.catalogue, hand.now)
    return _drawn(session, observation, issue, hand.catalogue, new=home is None)


def adjust(
    session: Session,
    observation_id: int,
    box: Box,
    hand: Hand,
    expected_version: int | None = None,
) -> Drawn:
    """Puts a finding's box right; ``expected_version`` is of its issue.

    Raises NotFound, VersionConflict, and MoveNotAllowed for a finding that is filed under no issue
    or a box that can't be.
    """
    _checked(box)
    row, issue = _filed(session, observation_id, expected_version)
    photo = latest_photo(session, row.sha256)
    if photo is None:
        raise NotFound(f"no photo of finding {observation_id}", mend="Look at the issue again.")
    photo_id = person_photo(session, photo, hand.now)
    put_right = add_box(session, photo_id, issue.id, row.category, box)
    file_box(session, row.id, None)
    told = {"observation": put_right, "replaces": row.id, "from": list(row.box), "box": list(box)}
    _tell(session, issue, ADJUSTED, hand, photo, told)
    _settle(session, issue, hand)
    return _drawn(session, put_right, issue, hand.catalogue)


def take_back(
    session: Session, observation_id: int, hand: Hand, expected_version: int | None = None
) -> IssueRow:
    """Takes back a box that a person drew, and gives its issue as it stands.

    The box that it replaced stands again. A candidate that rested on it alone is rejected. Raises
    NotFound, VersionConflict, and MoveNotAllowed where it is a model's finding.
    """
    row, issue = _filed(session, observation_id, expected_version)
    if row.model_id != PERSON:
        raise MoveNotAllowed(
            f"finding {observation_id} was made by {row.model_id}, not drawn by a person",
            code="not_drawn",
            mend="Reject its issue, or put its box right.",
        )
    before = replaced_by(session, issue.id, row.id)
    file_box(session, row.id, None)
    if before is not None:
        file_box(session, before, issue.id)
    told = {"observation": row.id, "box": list(row.box), "restored": before}
    add_event(session, issue.id, hand.now, TAKEN_BACK, actor=hand.actor, note=hand.note, data=told)
    _settle(session, issue, hand)
    if issue.status == Status.CANDIDATE and not findings_left(session, issue.id):
        reason = RejectReason.NOT_A_PROBLEM
        move(
            session,
            issue.id,
            Action.REJECT,
            hand.actor,
            catalogue=hand.catalogue,
            now=hand.now,
            note=hand.note,
            reason=reason,
        )
    return get_row(session, hand.catalogue, issue.id)


def _home(
    session: Session, photo: PhotoRecord, category: str, catalogue: Catalogue
) -> IssueRecord | None:
    """The issue that the box belongs to already; None: it will be a new one."""
    key: str | None
    if photo.taken_at is None or photo.lat is None or photo.lon is None:
        key = issue_of_frame(session, photo.sha256 or "", category)
    else:
        at = Location(photo.lat, photo.lon, photo.accuracy_m)
        key = match(session, catalogue, at, photo.taken_at, [category], ()).home[category]
    issue = find_issue(session, key, lock=True) if key else None
    return None if issue is None or issue.status == Status.REJECTED else issue


def _filed(
    session: Session, observation_id: int, expected_version: int | None
) -> tuple[ObservationRow, IssueRecord]:
    row = finding(session, observation_id)
    if row is None:
        raise NotFound(f"there is no finding {observation_id}", mend="Give a finding's id.")
    issue = find_issue(session, row.issue_id, lock=True) if row.issue_id else None
    if issue is None:
        raise MoveNotAllowed(
            f"finding {observation_id} is filed under no issue",
            code="not_filed",
            mend="It was put right or taken back before; take the one that stands now.",
        )
    if expected_version is not None and issue.version != expected_version:
        raise VersionConflict(
            f"{issue.number} is at version {issue.version}, not {expected_version}",
            mend="Look at it again, then decide.",
        )
    return row, issue


def _checked(box: Box) -> None:
    x1, y1, x2, y2 = box
    inside = 0 <= x1 < x2 <= 1 and 0 <= y1 < y2 <= 1
    if not inside or x2 - x1 < SMALLEST or y2 - y1 < SMALLEST:
        raise MoveNotAllowed(
            f"a box is left, top, right, bottom within 0..1, got {list(box)}",
            code="bad_box",
            mend=f"Draw it inside the picture, with sides of at least {SMALLEST}.",
        )


def _known(catalogue: Catalogue, category: str) -> None:
    if category not in catalogue.enabled:
        raise MoveNotAllowed(
            f'the catalogue has no category "{category}" in use',
            code="unknown_category",
            mend=f"Give one of: {', '.join(catalogue.enabled)}.",
        )


def _tell(
    session: Session,
    issue: IssueRecord,
    kind: str,
    hand: Hand,
    photo: PhotoRecord,
    data: dict[str, object],
) -> None:
    proof = {"as_of": photo.taken_at, "evidence_sha256": photo.sha256}
    values = {**proof, "actor": hand.actor, "note": hand.note, "data": data}
    if kind == "found":
        values["to_status"] = issue.status
    add_event(session, issue.id, hand.now, kind, **values)


def _settle(session: Session, issue: IssueRecord, hand: Hand) -> None:
    areas = load_areas(session)
    settle(session, issue, catalogue=hand.catalogue, areas=areas, now=hand.now)
    issue.version += 1
    issue.updated_at = hand.now
    session.flush()


def _drawn(
    session: Session,
    observation_id: int,
    issue: IssueRecord,
    catalogue: Catalogue,
    *,
    new: bool = False,
) -> Drawn:
    row = finding(session, observation_id)
    if row is None:
        raise NotFound(f"there is no finding {observation_id}")
    return Drawn(row, get_row(session, catalogue, issue.id), new)
