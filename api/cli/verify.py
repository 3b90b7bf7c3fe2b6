"""``tidycity verify``: is a reported fix real?"""

from __future__ import annotations

import json
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from api.cli.session import session_of
from api.i18n import t

if TYPE_CHECKING:
    from api.cli.session import Session
    from api.i18n import Lang
    from api.verifying import Verifier
    from issues.store import Store
    from issues.verify import VerificationRow


def verify(
    context: typer.Context,
    issue: Annotated[str | None, typer.Argument(help=t("Number or id of the issue"))] = None,
    after_photo: Annotated[
        Path | None, typer.Argument(help=t("The photo that is to prove the fix"))
    ] = None,
    pending: Annotated[
        bool, typer.Option("--pending", help=t("Verify all that was reported or seems fixed"))
    ] = False,
    fingerprints: Annotated[
        bool, typer.Option("--fingerprints", help=t("Mark kept photos that have no fingerprint"))
    ] = False,
    picture: Annotated[
        Path | None, typer.Option(help=t("Write before and after side by side to this file"))
    ] = None,
    at: Annotated[str | None, typer.Option(help=t("Where it was taken: LAT,LON"))] = None,
    datum: Annotated[str | None, typer.Option(help=t("Datum of --at: wgs84, gcj02, bd09"))] = None,
    as_json: Annotated[bool, typer.Option("--json", help=t("JSON lines for programs"))] = False,
) -> None:
    """Verifies one issue with an after photo, or all that wait for it."""
    from api.verifying import Verifier
    from detect.errors import BadInput
    from issues.catalogue import load_catalogue

    session = session_of(context)
    settings = session.settings()
    one = issue is not None and after_photo is not None
    if not one and (issue or not (pending or fingerprints)):
        raise BadInput(
            t("verify needs an issue and an after photo, or --pending"),
            code="bad_options",
            mend="tidycity verify TC-2026-000017 after.jpg",
        )
    store = session.store(settings)
    try:
        if fingerprints:
            _mark(store)
        verifier = Verifier(settings, store, load_catalogue(settings.catalogue), _now)
        if issue is not None and after_photo is not None:
            row = _one(verifier, issue, after_photo, at, datum)
            _tell(row, session.lang, as_json=as_json)
            if picture is not None:
                picture.write_bytes(verifier.picture(row, session.lang))
        elif pending:
            _all(verifier, store, session, as_json=as_json)
    finally:
        store.close()


def _now() -> datetime:
    return datetime.now(UTC)


def _mark(store: Store) -> None:
    from issues.verify.keeping import mark_missing

    marked = sum(1 for _ in mark_missing(store, _now()))
    sys.stderr.write(t("{n} photos marked", n=marked) + "\n")


def _one(
    verifier: Verifier, issue: str, after: Path, at: str | None, datum: str | None
) -> VerificationRow:
    from api.cli.placing import parse_point
    from detect.errors import BadInput

    try:
        data = after.read_bytes()
    except OSError as error:
        raise BadInput(
            t("cannot read {path}: {why}", path=after, why=error.strerror), code="unreadable_file"
        ) from error
    place = parse_point(at, datum) if at else None
    return verifier.verify(issue, data, actor="cli", origin="command", name=after.name, at=place)


def _all(verifier: Verifier, store: Store, session: Session, *, as_json: bool) -> None:
    from issues.verify.waiting import waiting_proposals, waiting_reports

    with store.reading() as reading:
        waiting = [*waiting_reports(reading), *waiting_proposals(reading)]
    for number in dict.fromkeys(waiting):
        row = verifier.verify_kept(number, actor="cli")
        if row is not None:
            _tell(row, session.lang, as_json=as_json)
        elif not as_json:
            sys.stdout.write(t("{number}: its photo is not kept", number=number) + "\n")


def _tell(row: VerificationRow, lang: Lang, *, as_json: bool) -> None:
    if as_json:
        line = {"id": row.id, "issue": row.issue_number, **row.verification.as_data()}
        sys.stdout.write(json.dumps(line, ensure_ascii=False) + "\n")
        return
    from issues.labels import label
    from issues.verify.words import word

    sys.stdout.write(f"{row.issue_number}: {label('verdict', row.verdict, lang)}\n")
    for reason in row.verification.reasons:
        sys.stdout.write(f"  - {word('reason', reason, lang)}\n")
    for name, value in row.verification.as_data()["scores"].items():
        sys.stdout.write(f"    {word('score', name, lang)}: {value:g}\n")
