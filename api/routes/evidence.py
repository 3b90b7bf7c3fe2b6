"""Evidence pictures, drawn when asked for: faces blurred, EXIF gone, boxes on demand."""

from __future__ import annotations

import logging
from typing import Annotated

from fastapi import APIRouter, Header, Path, Query, Request, Response

from api.auth import Principal, Reader
from api.i18n import Lang
from api.pictures import Mark
from api.problems import Problem, responses
from api.routes import API
from api.services import Services, Use
from issues.catalogue import Catalogue
from issues.queries import get_issue, get_photo, list_observations
from issues.rows import ObservationRow

router = APIRouter(prefix=API, tags=["evidence"])
log = logging.getLogger("tidycity.audit")

Sha256 = Annotated[
    str, Path(pattern="^[0-9a-f]{64}$", description="SHA-256 of the original bytes, in hex.")
]
_TYPES = {
    b"\xff\xd8": "image/jpeg",
    b"\x89P": "image/png",
    b"GI": "image/gif",
    b"RI": "image/webp",
    b"BM": "image/bmp",
}


@router.get(
    "/evidence/{sha256}.jpg",
    response_class=Response,
    summary="An evidence picture",
    responses={
        200: {"content": {"image/jpeg": {}}},
        304: {"description": "Unchanged since the ETag that you sent."},
        **responses(
            "not_signed_in",
            "wrong_key",
            "missing_scope",
            "not_found",
            "unreadable_picture",
            "invalid",
        ),
    },
)
def get_evidence(
    sha256: Sha256,
    request: Request,
    services: Use,
    who: Reader,
    boxes: Annotated[bool, Query(description="Draw what was found.")] = False,
    issue: Annotated[str | None, Query(description="Only this issue's boxes.")] = None,
    width: Annotated[int, Query(ge=16, le=4000, description="Pixels, rounded up.")] = 1280,
    original: Annotated[bool, Query(description="The file as it came; admin only.")] = False,
    if_none_match: Annotated[str | None, Header()] = None,
) -> Response:
    """The picture as a JPEG. `original=true` gives the unblurred file and is logged."""
    if original:
        return _original(services, request, who, sha256)
    if not services.store.evidence.has(sha256):
        raise Problem(
            "not_found",
            f"There is no picture {sha256}.",
            "Only photos that show an issue, or speak for its end, are kept.",
        )
    marks = _marks(services, sha256, issue) if boxes else ()
    etag = f'"{services.pictures.tag(sha256, width, marks)}"'
    keep = "private, max-age=60" if boxes else "private, max-age=86400"
    headers = {"ETag": etag, "Cache-Control": keep}
    if if_none_match == etag:
        return Response(status_code=304, headers=headers)
    drawn = services.pictures.draw(sha256, width, marks)
    return Response(drawn.jpeg, media_type="image/jpeg", headers=headers)


def _marks(services: Services, sha256: str, issue: str | None) -> tuple[Mark, ...]:
    catalogue, lang = services.catalogue, services.settings.lang or "en"
    with services.store.reading() as session:
        found: tuple[ObservationRow, ...]
        if issue is not None:
            detail = get_issue(session, catalogue, issue)
            found = tuple(o for o in detail.observations if o.sha256 == sha256)
        else:
            photo = get_photo(session, sha256)
            found = list_observations(session, photo_id=photo.id, limit=500).items
    return tuple(_mark(catalogue, lang, o) for o in found)


def _mark(catalogue: Catalogue, lang: Lang, row: ObservationRow) -> Mark:
    group = catalogue.category(row.category).group
    plain = catalogue.label(row.category, "en")
    return Mark(row.box, catalogue.label(row.category, lang), group, plain)


def _original(services: Services, request: Request, who: Principal, sha256: str) -> Response:
    if not who.may("admin"):
        raise Problem(
            "missing_scope",
            f"The key {who.name!r} may not see unblurred originals.",
            "Use a key with the scope admin, or leave out original=true.",
        )
    data = services.pictures.original(sha256)
    services.trail.write(who, "original picture", sha256, request)  # no line, no picture
    log.warning("%s (key %d) took the unblurred original %s", who.name, who.key_id, sha256)
    return Response(
        data,
        media_type=_TYPES.get(data[:2], "application/octet-stream"),
        headers={
            "Cache-Control": "no-store",
            "Content-Disposition": f'attachment; filename="{sha256[:16]}"',
        },
    )
