"""Verification of reported fixes: ask for one, read them, see them side by side, overrule."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, File, Form, Header, Path, Query, Response, UploadFile
from pydantic import BaseModel, Field

from api.auth import Reader, Reviewer
from api.problems import Problem, responses
from api.routes import API
from api.routes.issues import IssueId
from api.routes.photos import looks_like_photo, safe_name
from api.services import Use
from detect.datum import Datum, to_wgs84
from detect.types import Location
from issues.issue import Verdict
from issues.labels import label
from issues.verify.filing import overrule, verification, verifications
from issues.verify.verification import Reason, VerificationRow
from issues.verify.words import word

router = APIRouter(prefix=API, tags=["verification"])

VerificationId = Annotated[int, Path(description="The verification's id.", ge=1)]


class Words(BaseModel):
    """A code with its words."""

    code: str
    en: str
    zh: str


class Overruled(BaseModel):
    """A person's word over the computer's."""

    verdict: Verdict
    by: str
    at: datetime
    note: str


class VerificationBody(BaseModel):
    """What was found of one after photo.

    `verdict` is what holds now; `found` what the computer said, where a person overruled it.
    """

    id: int
    issue: str = Field(examples=["TC-2026-000017"])
    at: datetime
    actor: str
    origin: str = Field(description="report, patrol, upload or command")
    verdict: Verdict
    verdict_words: Words
    found: Verdict
    reasons: list[Words]
    scores: dict[str, float | int] = Field(description="What they mean: docs/verification.md")
    region: list[tuple[float, float]] = Field(
        description="Corners of the spot in the after photo, 0..1; empty: not recognised."
    )
    before_sha256: str | None
    after_sha256: str
    reused_sha256: str | None
    model_id: str
    model_version: str
    overruled: Overruled | None = None
    picture_url: str | None = Field(description="Before and after in one picture.")


class Overrule(BaseModel):
    """What a person decides, and why."""

    verdict: Verdict
    note: str = Field(min_length=1, max_length=2000)


def body_of(row: VerificationRow) -> VerificationBody:
    """The verification as it goes out."""
    found = row.verification
    over = None
    if row.overruled_to is not None and row.overruled_at is not None:
        over = Overruled(
            verdict=row.overruled_to,
            by=row.overruled_by or "",
            at=row.overruled_at,
            note=row.overruled_note or "",
        )
    data = found.as_data()
    comparable = found.before_sha256 or found.reused_sha256
    return VerificationBody(
        id=row.id,
        issue=row.issue_number,
        at=row.at,
        actor=row.actor,
        origin=row.origin,
        verdict=row.verdict,
        verdict_words=Words(
            code=row.verdict,
            en=label("verdict", row.verdict, "en"),
            zh=label("verdict", row.verdict, "zh"),
        ),
        found=found.verdict,
        reasons=[_reason(reason) for reason in found.reasons],
        scores=data["scores"],
        region=list(found.region),
        before_sha256=found.before_sha256,
        after_sha256=found.after_sha256,
        reused_sha256=found.reused_sha256,
        model_id=found.model_id,
        model_version=found.model_version,
        overruled=over,
        picture_url=f"/api/v1/verifications/{row.id}/picture.jpg" if comparable else None,
    )


def _reason(reason: Reason) -> Words:
    return Words(code=reason, en=word("reason", reason, "en"), zh=word("reason", reason, "zh"))


def _location(
    lat: float | None, lon: float | None, accuracy_m: float | None, datum: Datum | None
) -> Location | None:
    if lat is None and lon is None:
        return None
    if lat is None or lon is None or datum is None:
        raise Problem(
            "invalid",
            f"a place needs lat, lon and datum; got lat={lat}, lon={lon}, datum={datum}",
            "Say datum=wgs84 for GPS, gcj02 for Chinese maps and phone pickers, bd09 for Baidu.",
        )
    return Location(*to_wgs84(lat, lon, datum), accuracy_m, "manual")


@router.post(
    "/issues/{issue}/verification",
    response_model=VerificationBody,
    summary="Verify a fix with an after photo",
    responses=responses(
        "not_signed_in",
        "wrong_key",
        "missing_scope",
        "foreign_origin",
        "not_found",
        "too_large",
        "wrong_type",
        "unreadable_picture",
        "invalid",
        "model_unavailable",
        "store_unavailable",
        "disk_full",
    ),
)
def post_verification(
    issue: IssueId,
    services: Use,
    who: Reviewer,
    photo: Annotated[UploadFile, File(description="The after photo, as it came from the camera.")],
    lat: Annotated[float | None, Form(ge=-90, le=90)] = None,
    lon: Annotated[float | None, Form(ge=-180, le=180)] = None,
    accuracy_m: Annotated[float | None, Form(ge=0, le=10_000)] = None,
    datum: Annotated[Datum | None, Form(description="Needed with lat and lon.")] = None,
    idempotency_key: Annotated[
        str | None, Header(max_length=200, description="Repeats with the same key do nothing.")
    ] = None,
) -> VerificationBody:
    """Is it the same place, is the problem gone there, is the photo genuine?

    Takes a second or two. The photo is kept as evidence, and the answer stands in the issue's
    history; it moves no issue: a person closes it, or sends it back.
    """
    at = _location(lat, lon, accuracy_m, datum)
    name = safe_name(photo.filename)
    data = photo.file.read()
    if not looks_like_photo(data[:64]):
        raise Problem(
            "wrong_type",
            f"{name} ({photo.content_type}) is no photo: its first bytes are {data[:8]!r}.",
            "Send a JPEG, PNG, WebP, HEIC, GIF or BMP file.",
        )
    row = services.verifier.verify(
        issue, data, actor=who.name, origin="upload", name=name, at=at, key=idempotency_key
    )
    return body_of(row)


@router.get(
    "/issues/{issue}/verifications",
    response_model=list[VerificationBody],
    summary="Verifications of an issue",
    responses=responses("not_signed_in", "wrong_key", "missing_scope", "not_found"),
)
def get_verifications(issue: IssueId, services: Use, _who: Reader) -> list[VerificationBody]:
    """All of them, newest first."""
    with services.store.reading() as session:
        return [body_of(row) for row in verifications(session, issue)]


@router.get(
    "/verifications/{verification_id}",
    response_model=VerificationBody,
    summary="One verification",
    responses=responses("not_signed_in", "wrong_key", "missing_scope", "not_found"),
)
def get_verification(
    verification_id: VerificationId, services: Use, _who: Reader
) -> VerificationBody:
    """One verification by its id."""
    with services.store.reading() as session:
        return body_of(verification(session, verification_id))


@router.get(
    "/verifications/{verification_id}/picture.jpg",
    response_class=Response,
    summary="Before and after side by side",
    responses={
        200: {"content": {"image/jpeg": {}}},
        **responses(
            "not_signed_in",
            "wrong_key",
            "missing_scope",
            "not_found",
            "unreadable_picture",
            "model_unavailable",
        ),
    },
)
def get_picture(
    verification_id: VerificationId,
    services: Use,
    _who: Reader,
    lang: Annotated[str, Query(pattern="^(en|zh)$", description="Of the captions.")] = "en",
) -> Response:
    """The photo from before and the after photo, the spot drawn in both, faces blurred."""
    with services.store.reading() as session:
        row = verification(session, verification_id)
    jpeg = services.verifier.picture(row, "zh" if lang == "zh" else "en")
    headers = {"Cache-Control": "private, max-age=86400"}
    return Response(jpeg, media_type="image/jpeg", headers=headers)


@router.post(
    "/verifications/{verification_id}/overrule",
    response_model=VerificationBody,
    summary="Overrule a verification",
    responses=responses(
        "not_signed_in",
        "wrong_key",
        "missing_scope",
        "foreign_origin",
        "not_found",
        "invalid",
        "store_unavailable",
    ),
)
def post_overrule(
    verification_id: VerificationId, body: Overrule, services: Use, who: Reviewer
) -> VerificationBody:
    """A person's word over the computer's: who, what and why become a line of history."""
    row = overrule(
        services.store,
        services.catalogue,
        verification_id,
        body.verdict,
        actor=who.name,
        note=body.note,
        now=services.now(),
    )
    return body_of(row)
