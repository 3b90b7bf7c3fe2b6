"""Merging issues that are one problem, and splitting one that is two; both can be taken back.

Nothing is rewritten by either. A merged issue becomes a duplicate of the other: its photos speak
for that one from then on, and its number leads there. A split files some findings under a new
issue, which says where it comes from. Taking back a split merges the new issue again: the old one
is computed from the same photos and decisions as before, so it stands exactly as it did.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from issues.areas import load_areas
from issues.catalogue import Catalogue
from issues.errors import MoveNotAllowed, NotFound, VersionConflict
from issues.identity import new_id, number_of
from issues.issue import Action, Status
from issues.moves import move
from issues.queries import get_row
from issues.rows import IssueRow
from issues.standing import settle
from issues.store import Session
from issues.store.ledger import (
    add_event,
    decisions,
    duplicates_of,
    find_issue,
    next_serial,
)
from issues.store.schema import IssueRecord
from issues.store.split_table import (
    Filed,
    brought_along,
    data_of_key,
    file_under,
    filed,
    source_of_split,
)
from issues.timeline import standing_decisions


@dataclass(frozen=True, slots=True)
class Hand:
    """Whose hand it is, when, and by which table; ``key`` makes a repeat do nothing."""

    actor: str
    now: datetime
    catalogue: Catalogue
    note: str | None = None
    key: str | None = None


def merge(
    session: Session,
    into: str,
    others: Sequence[str],
    hand: Hand,
    versions: Mapping[str, int] | None = None,
) -> IssueRow:
    """Makes ``others`` duplicates of ``into`` (ids or numbers); gives that one as it stands.

    ``versions``: by what was given, the versions that the person looked at. Raises NotFound,
    MoveNotAllowed, VersionConflict; then nothing is merged if the caller's transaction ends so.
    """
    target = _found(session, into)
    if target.duplicate_of is not None:
        raise MoveNotAllowed(
            f"{target.number} is a duplicate itself",
            code="target_is_duplicate",
            mend="Merge into the issue that it is a duplicate of.",
        )
    if not others:
        raise MoveNotAllowed(
            "merging needs at least two issues",
            code="nothing_to_merge",
            mend="Name the issues that are the same problem.",
        )
    known = versions or {}
    _looked_at(target, known.get(into))
    merged: list[str] = []
    for other in dict.fromkeys(others):
        record = _found(session, other)
        if record.duplicate_of == target.id:
            continue
        row = move(
            session,
            record.id,
            Action.DUPLICATE,
            hand.actor,
            catalogue=hand.catalogue,
            now=hand.now,
            note=hand.note,
            duplicate_of=target.id,
            expected_version=known.get(other),
            idempotency_key=hand.key,
        )
        merged.append(row.number)
    if merged:
        _tell(session, target, "merged", hand, {"issues": merged})
        _settle(session, [target], hand)
    return get_row(session, hand.catalogue, target.id)


def unmerge(
    session: Session, issue: str, hand: Hand, expected_version: int | None = None
) -> IssueRow:
    """Takes back that an issue was merged into another; gives it as it stands again.

    Raises MoveNotAllowed where it is no duplicate, or something was decided on it since.
    """
    record = _found(session, issue)
    _looked_at(record, expected_version)
    target_id = record.duplicate_of
    standing = standing_decisions(decisions(session, record.id))
    if target_id is None or not standing or standing[-1].action is not Action.DUPLICATE:
        raise MoveNotAllowed(
            f"{record.number} was not merged into another issue, or was moved since",
            code="not_merged",
            mend="Look at its history; a duplicate can be reopened.",
        )
    target = _found(session, target_id)
    for other in duplicates_of(session, target_id):
        last = standing_decisions(decisions(session, other.id))[-1:]
        came_with = brought_along(session, last[0].event_id) if last else None
        if came_with == record.number:
            _undo(session, other.id, hand)
    _undo(session, record.id, hand)
    _tell(session, target, "unmerged", hand, {"issues": [record.number]})
    _settle(session, [target, record, *duplicates_of(session, record.id)], hand)
    return get_row(session, hand.catalogue, record.id)


def split(
    session: Session,
    issue: str,
    observation_ids: Collection[int],
    hand: Hand,
    expected_version: int | None = None,
) -> tuple[IssueRow, IssueRow]:
    """Makes a new candidate of some findings of an issue; gives both, the old one first.

    Raises NotFound, VersionConflict, and MoveNotAllowed where no finding would be left, or one of
    them belongs to another issue.
    """
    source = _found(session, issue)
    if hand.key and (made := data_of_key(session, source.id, hand.key)) is not None:
        return _both(session, source.id, str(made["issue"]), hand)
    _looked_at(source, expected_version)
    chosen = _chosen(session, source, frozenset(observation_ids))
    new = _new_issue(session, source, chosen, hand)
    ids = [finding.id for finding in chosen]
    file_under(session, ids, new.id)
    said = {"source": source.id, "number": source.number, "observations": ids}
    first = min(chosen, key=lambda finding: (finding.taken_at, finding.id))
    add_event(
        session,
        new.id,
        hand.now,
        "split_from",
        actor=hand.actor,
        to_status=new.status,
        as_of=first.taken_at,
        note=hand.note,
        evidence_sha256=first.sha256,
        data=said,
    )
    away = {"issue": new.id, "number": new.number, "observations": ids}
    add_event(
        session,
        source.id,
        hand.now,
        "split_off",
        actor=hand.actor,
        note=hand.note,
        data=away,
        idempotency_key=hand.key,
    )
    _settle(session, [source, new], hand)
    source.version += 1
    session.flush()
    return _both(session, source.id, new.id, hand)


def unsplit(
    session: Session, issue: str, hand: Hand, expected_version: int | None = None
) -> IssueRow:
    """Takes back a split: the issue that it made goes back into the one that it came from.

    Gives that one. Raises MoveNotAllowed where the issue was not split from another.
    """
    record = _found(session, issue)
    source = source_of_split(session, record.id)
    if source is None:
        raise MoveNotAllowed(
            f"{record.number} was not split from another issue",
            code="not_split",
            mend="Merge it with the other issue instead.",
        )
    versions = {} if expected_version is None else {record.id: expected_version}
    return merge(session, source, [record.id], hand, versions)


def _chosen(session: Session, source: IssueRecord, ids: frozenset[int]) -> list[Filed]:
    if source.duplicate_of is not None:
        raise MoveNotAllowed(
            f"{source.number} is a duplicate: its photos speak for another issue",
            code="source_is_duplicate",
            mend="Take the merge back first, then split it.",
        )
    found = filed(session, source.id)
    chosen = [finding for finding in found if finding.id in ids and finding.issue_id == source.id]
    if len(chosen) != len(ids) or not chosen:
        foreign = sorted(ids - {finding.id for finding in chosen})
        raise MoveNotAllowed(
            f"these findings are not filed under {source.number}: {foreign or 'none were given'}",
            code="not_its_findings",
            mend="Give ids of its own findings; those of a merged issue go with that issue.",
        )
    if len(chosen) == len(found):
        raise MoveNotAllowed(
            f"{source.number} would have no finding left",
            code="nothing_left",
            mend="Leave at least one finding, or change its category instead.",
        )
    return chosen


def new_candidate(session: Session, at: datetime, category: str, hand: Hand) -> IssueRecord:
    """A candidate that a person made, first seen at `at`, still without findings."""
    year = hand.now.astimezone(hand.catalogue.calendar.zone).year
    issue = IssueRecord(
        id=new_id(hand.now),
        number=number_of(year, next_serial(session, f"issue-{year}")),
        category=category,
        category_group=hand.catalogue.category(category).group,
        status=Status.CANDIDATE.value,
        severity="normal",
        **dict.fromkeys(("first_seen", "last_seen", "last_look"), at),
        **dict.fromkeys(("observations", "photos", "recurrences"), 0),
        best_score=0.0,
        experimental=False,
        version=1,
        created_at=hand.now,
        updated_at=hand.now,
    )
    session.add(issue)
    session.flush()
    return issue


def _new_issue(
    session: Session, source: IssueRecord, chosen: Sequence[Filed], hand: Hand
) -> IssueRecord:
    codes = {finding.category for finding in chosen}
    category = codes.pop() if len(codes) == 1 else source.found_as or source.category
    return new_candidate(session, min(finding.taken_at for finding in chosen), category, hand)


def _settle(session: Session, issues: Sequence[IssueRecord], hand: Hand) -> None:
    """Brings issues in line with their photos, the area too: their places may have moved."""
    areas = load_areas(session)
    for issue in issues:
        settle(session, issue, catalogue=hand.catalogue, areas=areas, now=hand.now)
    session.flush()


def _undo(session: Session, issue_id: str, hand: Hand) -> None:
    move(
        session,
        issue_id,
        Action.UNDO,
        hand.actor,
        catalogue=hand.catalogue,
        now=hand.now,
        note=hand.note,
    )


def _tell(
    session: Session, issue: IssueRecord, kind: str, hand: Hand, data: dict[str, object]
) -> None:
    add_event(session, issue.id, hand.now, kind, actor=hand.actor, note=hand.note, data=data)


def _both(session: Session, source: str, new: str, hand: Hand) -> tuple[IssueRow, IssueRow]:
    return get_row(session, hand.catalogue, source), get_row(session, hand.catalogue, new)


def _found(session: Session, issue: str) -> IssueRecord:
    record = find_issue(session, issue, lock=True)
    if record is None:
        raise NotFound(
            f'no issue goes by "{issue}"', mend="Give an id, or a number such as TC-2026-000123."
        )
    return record


def _looked_at(record: IssueRecord, expected_version: int | None) -> None:
    if expected_version is not None and record.version != expected_version:
        raise VersionConflict(
            f"{record.number} is at version {record.version}, not {expected_version}",
            mend="Look at it again, then decide.",
        )
