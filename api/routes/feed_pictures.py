"""Pictures by signed link: for receivers of the feed, who have no key."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Response

from api.problems import Problem
from api.routes import API
from api.routes.evidence import Sha256
from api.services import Use

router = APIRouter(prefix=f"{API}/feed")


@router.get("/pictures/{sha256}.jpg", include_in_schema=False)
def get_picture(
    sha256: Sha256,
    services: Use,
    width: Annotated[int, Query(ge=16, le=4000)] = 1280,
    expires: Annotated[int, Query(ge=0, le=10**11)] = 0,
    signature: Annotated[str, Query(max_length=200)] = "",
) -> Response:
    """The picture, faces blurred as the settings say, while the link is valid."""
    now = services.now()
    if not services.feed.links.valid(sha256, width, expires, signature, now):
        raise Problem(
            "wrong_key",
            "This link to a picture is forged or has expired.",
            "Ask for the delivery to be replayed: it then carries a fresh link.",
        )
    if not services.store.evidence.has(sha256):
        raise Problem("not_found", "The picture is no longer kept.")
    drawn = services.pictures.draw(sha256, width)
    keep = max(0, min(86400, int(expires - now.timestamp())))
    headers = {"Cache-Control": f"private, max-age={keep}", "ETag": f'"{drawn.etag}"'}
    return Response(drawn.jpeg, media_type="image/jpeg", headers=headers)
