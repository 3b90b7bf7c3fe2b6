"""Photos: the list of what was analysed, and the upload of new ones as a job."""

from __future__ import annotations

import secrets
import shutil
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import IO, Annotated, Literal

from fastapi import APIRouter, File, Form, Header, Query, Response, UploadFile

from api.auth import Principal, Reader, Uploader
from api.jobs import Job, JobPhoto, PlaceGiven, photo_name
from api.problems import Problem, responses
from api.routes import API, shapes, told
from api.routes.shapes import Listing, Photo
from api.services import Services, Use
from api.unpacking import CHUNK_BYTES, MARK, Allowance, Member, copy_out, members, refused
from detect.datum import Datum, to_wgs84
from issues.queries import get_photo, list_photos

router = APIRouter(prefix=API, tags=["photos"])

MOST_PHOTOS = 500
UNPACKED = 4
"""How many times the largest upload an upload may unpack to."""

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
) -> Response:
    """Photos as they were analysed, newest first; unreadable ones with the reason."""
    with services.store.reading() as session:
        page = list_photos(session, status=tuple(status or ()), q=q, cursor=cursor, limit=limit)
    return told.page(page, told.photos(page.items))


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


@dataclass
class Intray:
    """Files of one upload, written into a folder in the order of their arrival."""

    folder: Path
    allowance: Allowance
    photos: list[JobPhoto] = field(default_factory=list)

    def take(self, upload: UploadFile) -> None:
        """Copies one upload to disk; a zip becomes its photos. Raises Problem for what is neither.

        What a client says of the type counts for nothing: the first bytes do.
        """
        name = safe_name(upload.filename)
        head = upload.file.read(64)
        if not head:
            raise Problem("wrong_type", f"{name} has no bytes.", "Copy the photo again.")
        if head.startswith(MARK):
            self._unpack(upload, name)
        elif looks_like_photo(head):
            self._copy(name, head, upload.file)
        else:
            raise Problem(
                "wrong_type",
                f"{name} ({upload.content_type}) is no photo: its first bytes are {head[:8]!r}.",
                "Send JPEG, PNG, WebP, HEIC, GIF or BMP files, or a zip of them.",
            )

    def _copy(self, name: str, head: bytes, stream: IO[bytes]) -> None:
        self.allowance.take_file()
        copied = copy_out(head, stream, self._target(), self.allowance)
        self.photos.append(JobPhoto(name=name, size_bytes=copied.size_bytes, sha256=copied.sha256))

    def _unpack(self, upload: UploadFile, name: str) -> None:
        packed = self.folder / "packed.zip"
        upload.file.seek(0)
        with packed.open("wb") as out:
            shutil.copyfileobj(upload.file, out, CHUNK_BYTES)
        before = len(self.photos)
        with refused(name):
            for member in members(packed, name):
                self._take_member(member)
        packed.unlink()
        if len(self.photos) == before:
            raise Problem("wrong_type", f"{name} has no files.", "Send a zip of photos.")

    def _take_member(self, member: Member) -> None:
        name = safe_name(member.name)
        head = member.stream.read(64) if member.stream else b""
        if member.stream is not None and looks_like_photo(head):
            self._copy(name, head, member.stream)
            return
        self.allowance.take_file()
        self.photos.append(
            JobPhoto(
                name=name,
                size_bytes=0,
                sha256="0" * 64,
                status="unreadable",
                reason_code=member.reason_code or "not_a_photo",
                message=member.message or "Its first bytes are of no photo.",
            )
        )

    def _target(self) -> Path:
        return self.folder / photo_name(len(self.photos))


def new_job_id() -> str:
    """An id that sorts by time and can't be guessed."""
    return f"{int(time.time() * 1000):011x}{secrets.token_hex(6)}"


def accept_upload(
    services: Services,
    who: Principal,
    photos: Sequence[UploadFile],
    place: PlaceGiven | None,
    idempotency_key: str | None,
    note: str | None = None,
) -> tuple[Job, bool]:
    """The job for these photos, and whether it is new. Raises Problem; then nothing is kept."""
    spool = services.jobs.spool
    incoming = spool.open_incoming()
    try:
        most_bytes = services.settings.upload_max_mb * 1_000_000 * UNPACKED
        tray = Intray(incoming, Allowance(most_bytes, MOST_PHOTOS))
        for photo in photos:
            tray.take(photo)
        job = Job(
            id=new_job_id(),
            created_at=services.now(),
            created_by=who.name,
            created_by_key=who.key_id,
            note=note,
            place=place,
            idempotency_key=idempotency_key,
            photos=tray.photos,
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
        list[UploadFile],
        File(description="Photos, or zips of photos.", min_length=1, max_length=500),
    ],
    lat: Annotated[float | None, Form(ge=-90, le=90)] = None,
    lon: Annotated[float | None, Form(ge=-180, le=180)] = None,
    accuracy_m: Annotated[float | None, Form(ge=0, le=10_000)] = None,
    datum: Annotated[Datum | None, Form(description="Needed with lat and lon.")] = None,
    note: Annotated[str | None, Form(max_length=500, description="What the sender says.")] = None,
    idempotency_key: Annotated[
        str | None, Header(max_length=200, description="Repeats with the same key do nothing.")
    ] = None,
) -> Job:
    """Accepts photos and analyses them in the background: poll the job at `Location`, or
    follow it at `Location` + `/events`.

    `lat`, `lon` and `datum` are for photos without GPS of their own. When the answer comes, the
    photos are on disk and survive a restart. One wrong file refuses the whole upload; a file in
    a zip that is no photo is told as unreadable.
    """
    place = _place(lat, lon, accuracy_m, datum)
    job, is_new = accept_upload(services, who, photos, place, idempotency_key, note)
    response.headers["Location"] = f"/api/v1/jobs/{job.id}"
    response.status_code = 202 if is_new else 200
    return job
