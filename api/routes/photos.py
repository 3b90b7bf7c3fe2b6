"""Photos: the list of what was analysed, and the upload of new ones as a job."""

from __future__ import annotations

import hashlib
import os
import secrets
import shutil
import time
from collections.abc import Sequence
from pathlib import Path, PurePosixPath
from typing import Annotated, Literal

from fastapi import APIRouter, File, Form, Header, Query, Response, UploadFile

from api.auth import Principal, Reader, Uploader
from api.jobs import Job, JobPhoto, PlaceGiven, photo_name
from api.problems import Problem, responses
from api.routes import shapes
from api.routes.shapes import Listing, Photo
from api.services import Services, Use
from detect.datum import Datum, to_wgs84
from issues.queries import get_photo, list_photos

router = APIRouter(tags=["photos"])

CHUNK_BYTES = 1024 * 1024
_SIGNATURES: tuple[tuple[int, bytes], ...] = (
    (0, b"\xff\xd8\xff"),
    (0, b"\x89PNG\r\n\x1a\n"),
    (0, b"GIF87a"),
    (0, b"GIF89a"),
    (0, b"BM"),
    (8, b"WEBP"),
    (4, b"ftyp"),
)


def looks_like_photo(head: bytes) -> bool:
    """Whether the first bytes are of a format that we read; the job reads on.

    >>> looks_like_photo(b"<svg xmlns=")
    False
    """
    return any(head[at : at + len(mark)] == mark for at, mark in _SIGNATURES)


def safe_name(given: str | None) -> str:
    """The last part of a client's file name, printable and short.

    >>> safe_name("../../etc/pass\\x00wd"), safe_name(None)
    ('passwd', 'photo')
    """
    last = PurePosixPath((given or "").replace("\\", "/")).name
    return "".join(c for c in last if c.isprintable())[-120:] or "photo"


@router.get(
    "/photos",
    response_model=Listing[Photo],
    summary="List photos",
    responses=responses("not_signed_in", "wrong_key", "missing_scope", "invalid", "bad_query"),
)
def get_photos(
    services: Use,
    _who: Reader,
    status: Annotated[
        list[Literal["ok", "unusable", "unreadable"]] | None, Query(description="Any of these.")
    ] = None,
    q: Annotated[str | None, Query(max_length=200, description="In the photo's name.")] = None,
    cursor: Annotated[str | None, Query(description="`next_cursor` of the page before.")] = None,
    limit: Annotated[int, Query(ge=1, le=500)] = 100,
) -> Listing[Photo]:
    """Photos as they were analysed, newest first; unreadable ones with the reason."""
    with services.store.reading() as session:
        page = list_photos(session, status=tuple(status or ()), q=q, cursor=cursor, limit=limit)
    return shapes.listing(page, [shapes.photo(row) for row in page.items])


@router.get(
    "/photos/{photo}",
    response_model=Photo,
    summary="One photo",
    responses=responses("not_signed_in", "wrong_key", "missing_scope", "not_found"),
)
def get_one_photo(photo: int, services: Use, _who: Reader) -> Photo:
    """One photo by its id."""
    with services.store.reading() as session:
        return shapes.photo(get_photo(session, photo))


def _place(
    lat: float | None, lon: float | None, accuracy_m: float | None, datum: Datum | None
) -> PlaceGiven | None:
    if lat is None and lon is None:
        return None
    if lat is None or lon is None or datum is None:
        raise Problem(
            "invalid",
            f"a place needs lat, lon and datum; got lat={lat}, lon={lon}, datum={datum}",
            "Say datum=wgs84 for GPS, gcj02 for Chinese maps and phone pickers, bd09 for Baidu.",
        )
    lat, lon = to_wgs84(lat, lon, datum)
    return PlaceGiven(lat=lat, lon=lon, accuracy_m=accuracy_m)


def _spool(upload: UploadFile, target: Path) -> JobPhoto:
    """Copies one upload to disk. Raises Problem for what is no photo."""
    name = safe_name(upload.filename)
    head = upload.file.read(64)
    if not head:
        raise Problem("wrong_type", f"{name} has no bytes.", "Copy the photo again.")
    if not looks_like_photo(head):
        raise Problem(
            "wrong_type",
            f"{name} ({upload.content_type}) is no photo: its first bytes are {head[:8]!r}.",
            "Send JPEG, PNG, WebP, HEIC, GIF or BMP files.",
        )
    digest, size_bytes, chunk = hashlib.sha256(), 0, head
    with target.open("xb") as out:
        while chunk:
            digest.update(chunk)
            size_bytes += len(chunk)
            out.write(chunk)
            chunk = upload.file.read(CHUNK_BYTES)
        out.flush()
        os.fsync(out.fileno())
    return JobPhoto(name=name, size_bytes=size_bytes, sha256=digest.hexdigest())


def new_job_id() -> str:
    """An id that sorts by time and can't be guessed."""
    return f"{int(time.time() * 1000):011x}{secrets.token_hex(6)}"


def accept_upload(
    services: Services,
    who: Principal,
    photos: Sequence[UploadFile],
    place: PlaceGiven | None,
    idempotency_key: str | None,
) -> tuple[Job, bool]:
    """The job for these photos, and whether it is new. Raises Problem; then nothing is kept."""
    spool = services.jobs.spool
    incoming = spool.open_incoming()
    try:
        taken = [_spool(photo, incoming / photo_name(i)) for i, photo in enumerate(photos)]
        job = Job(
            id=new_job_id(),
            created_at=services.now(),
            created_by=who.name,
            place=place,
            idempotency_key=idempotency_key,
            photos=taken,
        )
        accepted = services.jobs.add(incoming, job)
    except BaseException:
        shutil.rmtree(incoming, ignore_errors=True)
        raise
    if accepted.id != job.id and _contents(accepted) != _contents(job):
        raise Problem(
            "idempotency_conflict",
            f"The idempotency key {idempotency_key!r} was used for job {accepted.id}, "
            "with other photos.",
            "Use a new key for each upload; repeat a key only with the same photos.",
        )
    return accepted, accepted.id == job.id


def _contents(job: Job) -> list[str]:
    return [photo.sha256 for photo in job.photos]


@router.post(
    "/photos",
    response_model=Job,
    status_code=202,
    summary="Upload photos",
    responses={
        200: {"description": "The same upload as before (idempotency key).", "model": Job},
        **responses(
            "not_signed_in",
            "wrong_key",
            "missing_scope",
            "foreign_origin",
            "idempotency_conflict",
            "too_large",
            "wrong_type",
            "invalid",
            "disk_full",
        ),
    },
)
def post_photos(
    services: Use,
    who: Uploader,
    response: Response,
    photos: Annotated[
        list[UploadFile], File(description="One or more photos.", min_length=1, max_length=500)
    ],
    lat: Annotated[float | None, Form(ge=-90, le=90)] = None,
    lon: Annotated[float | None, Form(ge=-180, le=180)] = None,
    accuracy_m: Annotated[float | None, Form(ge=0, le=10_000)] = None,
    datum: Annotated[Datum | None, Form(description="Needed with lat and lon.")] = None,
    idempotency_key: Annotated[
        str | None, Header(max_length=200, description="Repeats with the same key do nothing.")
    ] = None,
) -> Job:
    """Accepts photos and analyses them in the background: poll the job at `Location`.

    `lat`, `lon` and `datum` are for photos without GPS of their own. When the answer comes, the
    photos are on disk and survive a restart. One wrong file refuses the whole upload.
    """
    place = _place(lat, lon, accuracy_m, datum)
    job, is_new = accept_upload(services, who, photos, place, idempotency_key)
    response.headers["Location"] = f"/api/v1/jobs/{job.id}"
    response.status_code = 202 if is_new else 200
    return job
