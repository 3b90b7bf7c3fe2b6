"""Verifies an issue of a store and writes the answer to its history.

Pixels are looked at before the transaction begins, so that nobody waits for them.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime
from typing import Any, Literal

from detect.photo import Photo
from detect.types import Engine, Location
from issues.catalogue import Catalogue
from issues.errors import MoveNotAllowed, NotFound
from issues.issue import Verdict
from issues.source_files import extension_of
from issues.standing import settle
from issues.store import Session, Store
from issues.store import photo_table as photos
from issues.store.ledger import VERIFICATION, add_event, find_issue
from issues.store.schema import IssueRecord
from issues.store.verification_table import (
    add_verification,
    movable_in,
    overrulings,
    shown_in,
    verification_records,
    verification_with_key,
)
from issues.verify.judge import verify
from issues.verify.keeping import keep, marks_of
from issues.verify.photographs import Before, Evidence, Picture, open_picture, try_open
from issues.verify.rules import RULES, Rules
from issues.verify.suspicion import likely_copied
from issues.verify.verification import Reason, Scores, Verification, VerificationRow

Origin = Literal["report", "patrol", "upload", "command"]
MOST_BEFORE = 4


def verify_issue(
    store: Store,
    catalogue: Catalogue,
    issue: str,
    after: bytes,
    engine: Engine,
    *,
    actor: str,
    origin: Origin,
    now: datetime,
    name: str = "after.jpg",
    at: Location | None = None,
    idempotency_key: str | None = None,
    rules: Rules = RULES,
) -> VerificationRow:
    """Verifies an issue with an after photo, keeps the photo, and writes one line of history.

    ``issue`` is an id or number; ``at`` is where the photo was taken, if it doesn't say so itself.
    Raises NotFound, UnreadablePhoto, ModelError, StoreError. With an ``idempotency_key`` that was
    used before, the answer of then is given.
    """
    picture = open_picture(after, name, now=now)
    if at is not None and picture.photo.location is None:
        picture = Picture(_placed(picture.photo, at), picture.image)
    with store.reading() as session:
        record = _found(session, issue)
        if idempotency_key:
            known = verification_with_key(session, record.id, idempotency_key)
            if known is not None:
                return verification(session, known)
        evidence = evidence_of_issue(session, store, catalogue, record, now)
        suspected = likely_copied(session, catalogue, record, picture)
    older = _opened(store, suspected, now)
    found = verify(evidence, picture, engine, older, now=now, rules=rules)
    marks = marks_of(after, now)
    extension = extension_of(picture.photo.format)
    store.evidence.put(after, extension, sha256=picture.sha256)
    with store.transaction() as session:
        photos.note_evidence(session, picture.sha256, extension, len(after), now)
        keep(session, picture.sha256, marks)
        key = _write(session, catalogue, record.id, found, actor, origin, now, idempotency_key)
        return verification(session, key)


def overrule(
    store: Store,
    catalogue: Catalogue,
    key: int,
    verdict: Verdict,
    *,
    actor: str,
    note: str,
    now: datetime,
) -> VerificationRow:
    """A person's word over the computer's: one more line of history. Raises NotFound.

    Raises MoveNotAllowed without a note: who overrules says why.
    """
    if not note.strip():
        raise MoveNotAllowed(
            "overruling a verification needs a note",
            code="note_missing",
            mend="Say why the computer is wrong.",
        )
    with store.transaction() as session:
        row = verification(session, key)
        data = {"verdict": verdict.value, "overrules": key, "found": row.verification.verdict.value}
        evidence = row.verification.after_sha256
        values: dict[str, Any] = {"actor": actor, "note": note, "evidence_sha256": evidence}
        add_event(session, row.issue_id, now, VERIFICATION, data=data, **values)
        _settle(session, catalogue, row.issue_id, now)
        return verification(session, key)


def verification(session: Session, key: int) -> VerificationRow:
    """One verification by its id. Raises NotFound."""
    found = verification_records(session, key=key)
    if not found:
        raise NotFound(f"there is no verification {key}", mend="List those of the issue.")
    return _rows(session, found)[0]


def verifications(session: Session, issue: str) -> list[VerificationRow]:
    """All verifications of an issue, newest first. Raises NotFound."""
    record = _found(session, issue)
    return _rows(session, verification_records(session, record.id))


def evidence_of_issue(
    session: Session, store: Store, catalogue: Catalogue, record: IssueRecord, now: datetime
) -> Evidence:
    """What an issue's kept photos say of the problem: the best and the newest of them."""
    shown = shown_in(session, record.id)
    newest = max(shown, key=lambda one: one.taken_at, default=None)
    chosen = shown[: MOST_BEFORE - 1]
    if newest is not None and newest not in chosen:
        chosen.append(newest)
    before = []
    for one in chosen:
        picture = _open(store, one.sha256, now)
        if picture is not None:
            before.append(Before(picture, one.boxes, movable_in(session, one.photo_id)))
    code = record.found_as or record.category
    place = None
    if record.lat is not None and record.lon is not None:
        place = Location(record.lat, record.lon, record.accuracy_m)
    return Evidence(
        category=code,
        categories=_means_the_same(catalogue, code),
        place=place,
        last_seen=record.last_seen,
        reach_m=catalogue.clear_reach(code).radius_m,
        before=tuple(before),
    )


def _means_the_same(catalogue: Catalogue, code: str) -> frozenset[str]:
    """Categories whose presence on the spot means that it is not put right: of its own group."""
    group = catalogue.category(code).group
    same = {other for other in catalogue.enabled if catalogue.category(other).group == group}
    larger = {o for o in catalogue.enabled if code in catalogue.category(o).part_of}
    return frozenset(same | larger | set(catalogue.category(code).part_of) | {code})


def _found(session: Session, issue: str) -> IssueRecord:
    record = find_issue(session, issue)
    if record is None:
        raise NotFound(
            f'no issue goes by "{issue}"', mend="Give an id, or a number such as TC-2026-000123."
        )
    return record


def _placed(photo: Photo, at: Location) -> Photo:
    return replace(photo, location=at)


def _open(store: Store, sha256: str, now: datetime) -> Picture | None:
    try:
        data = store.evidence.read(sha256)
    except NotFound:
        return None
    return try_open(data, sha256, now=now)


def _opened(store: Store, hashes: list[str], now: datetime) -> Iterator[Picture]:
    for sha256 in hashes:
        picture = _open(store, sha256, now)
        if picture is not None:
            yield picture


def _write(
    session: Session,
    catalogue: Catalogue,
    issue_id: str,
    found: Verification,
    actor: str,
    origin: Origin,
    now: datetime,
    key: str | None,
) -> int:
    data = {
        "verdict": found.verdict.value,
        "reasons": [reason.value for reason in found.reasons],
        "origin": origin,
    }
    event_id = add_event(
        session,
        issue_id,
        now,
        VERIFICATION,
        actor=actor,
        evidence_sha256=found.after_sha256,
        data=data,
    )
    values = found.as_data() | {
        "issue_id": issue_id,
        "event_id": event_id,
        "at": now,
        "actor": actor,
        "origin": origin,
        "model_id": found.model_id,
        "model_version": found.model_version,
        "idempotency_key": key,
    }
    added = add_verification(session, values)
    _settle(session, catalogue, issue_id, now)
    return added


def _settle(session: Session, catalogue: Catalogue, issue_id: str, now: datetime) -> None:
    """The issue's row carries the last verdict."""
    record = find_issue(session, issue_id, lock=True)
    if record is not None:
        settle(session, record, catalogue=catalogue, areas=None, now=now)
        session.flush()


def _rows(session: Session, found: list[tuple[Any, str]]) -> list[VerificationRow]:
    over: dict[str, dict[int, Any]] = {}
    rows = []
    for record, number in found:
        if record.issue_id not in over:
            over[record.issue_id] = overrulings(session, record.issue_id)
        event = over[record.issue_id].get(record.id)
        rows.append(
            VerificationRow(
                id=record.id,
                issue_id=record.issue_id,
                issue_number=number,
                at=record.at,
                actor=record.actor,
                origin=record.origin,
                verification=Verification(
                    verdict=Verdict(record.verdict),
                    reasons=tuple(Reason(reason) for reason in record.reasons),
                    scores=Scores(**record.scores),
                    after_sha256=record.after_sha256,
                    before_sha256=record.before_sha256,
                    reused_sha256=record.reused_sha256,
                    region=tuple((float(x), float(y)) for x, y in record.region),
                    model_id=record.model_id,
                    model_version=record.model_version,
                ),
                overruled_to=Verdict(event.data["verdict"]) if event else None,
                overruled_by=event.actor if event else None,
                overruled_at=event.at if event else None,
                overruled_note=event.note if event else None,
            )
        )
    return rows
