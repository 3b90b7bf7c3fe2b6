"""A report by GeoReport v2: checked, its photo taken in like any other upload, kept."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from io import BytesIO
from typing import Any

from fastapi import UploadFile

from api.auth import Principal
from api.feed.errors import DeliveryError
from api.jobs import PlaceGiven, Spool
from api.open311.answers import Open311Error
from api.problems import Problem
from api.routes.photos import accept_upload
from api.services import Services
from issues.catalogue import Catalogue
from issues.errors import NotFound
from issues.queries import get_photo
from issues.service_requests import (
    Report,
    RequestRow,
    add_request,
    link_request,
    waiting_for_analysis,
)
from issues.store import Session, Store

MOST_PHOTOS = 5
MOST_PHOTO_BYTES = 25 * 1024 * 1024
MEDIA_TIMEOUT_S = 20.0
_LONGEST = {"description": 4000, "address_string": 500, "media_url": 2000}
_CONTACT = ("email", "device_id", "account_id", "first_name", "last_name", "phone")


def category_of(catalogue: Catalogue, service_code: str) -> str:
    """The category that a service code means: our own code, or its Open311 code.

    Raises Open311Error.
    """
    for category in catalogue.categories.values():
        if category.enabled and service_code in (category.code, category.open311_code):
            return category.code
    raise Open311Error(404, f"service_code {service_code[:80]!r} was not found")


def file_report(
    services: Services, who: Principal, form: Mapping[str, str], photos: Sequence[UploadFile]
) -> RequestRow:
    """Takes a report in. Raises Open311Error; then nothing is kept."""
    report = _report(services.catalogue, form)
    if not photos and report.media_url:
        photos = [fetched_photo(services, report.media_url)]
    if photos:
        report = _with_photos(services, who, report, photos)
    with services.store.transaction() as session:
        return add_request(session, report, who.name, services.now())


def _report(catalogue: Catalogue, form: Mapping[str, str]) -> Report:
    if not form.get("service_code"):
        raise Open311Error(400, "service_code was not provided")
    for name, longest in _LONGEST.items():
        if len(form.get(name, "")) > longest:
            raise Open311Error(400, f"{name} is longer than {longest} characters")
    lat, lon = _degrees(form, "lat", 90), _degrees(form, "long", 180)
    address = form.get("address_string") or form.get("address_id")
    if (lat is None) != (lon is None):
        raise Open311Error(400, "lat and long must come together")
    if lat is None and not address:
        raise Open311Error(400, "lat and long, address_string or address_id must be provided")
    return Report(
        service_code=category_of(catalogue, form["service_code"]),
        description=form.get("description", ""),
        lat=lat,
        lon=lon,
        address=address,
        media_url=form.get("media_url") or None,
        contact={name: form[name][:200] for name in _CONTACT if form.get(name)},
        attributes=_attributes(form),
    )


def _degrees(form: Mapping[str, str], name: str, most: float) -> float | None:
    text = form.get(name, "").strip()
    if not text:
        return None
    try:
        value = float(text)
    except ValueError as error:
        raise Open311Error(400, f"{name} is no number: {text[:40]}") from error
    if not -most <= value <= most:
        raise Open311Error(400, f"{name} is no WGS-84 coordinate: {text[:40]}")
    return value


def _attributes(form: Mapping[str, str]) -> dict[str, Any]:
    found = {
        name[len("attribute[") :].split("]")[0][:80]: value[:500]
        for name, value in form.items()
        if name.startswith("attribute[")
    }
    return dict(list(found.items())[:20])


def fetched_photo(services: Services, url: str) -> UploadFile:
    """The photo at a ``media_url``, through the same guard as webhooks. Raises Open311Error."""
    try:
        answer = services.feed.fetcher.fetch(
            "GET", url, timeout_s=MEDIA_TIMEOUT_S, most_bytes=MOST_PHOTO_BYTES
        )
    except DeliveryError as error:
        raise Open311Error(400, f"media_url can't be used: {error.message}") from error
    if not answer.ok:
        raise Open311Error(400, f"media_url answered HTTP {answer.status}")
    return UploadFile(BytesIO(answer.body), filename="media_url")


def _with_photos(
    services: Services, who: Principal, report: Report, photos: Sequence[UploadFile]
) -> Report:
    if len(photos) > MOST_PHOTOS:
        raise Open311Error(400, f"{len(photos)} photos; at most {MOST_PHOTOS} are taken")
    place = None
    if report.lat is not None and report.lon is not None:
        place = PlaceGiven(lat=report.lat, lon=report.lon)
    try:
        job, _ = accept_upload(services, who, photos, place, None)
    except Problem as problem:
        raise Open311Error(400, problem.detail) from problem
    return replace(report, job_id=job.id, photo_sha256=job.photos[0].sha256)


def settle_requests(store: Store, spool: Spool, now: Any) -> int:
    """Links requests to the issues that their photos led to; gives how many were settled."""
    with store.reading() as session:
        waiting = waiting_for_analysis(session)
    settled = 0
    for request, job_id in waiting:
        job = spool.load(job_id)
        if job is not None and job.status in ("queued", "running"):
            continue
        with store.transaction() as session:
            photos = [photo.photo_id for photo in job.photos] if job else []
            numbers = _numbers(session, [key for key in photos if key is not None])
            note = None if job and job.status == "done" else "the photo could not be analysed"
            link_request(session, request, numbers, now(), note)
        settled += 1
    return settled


def _numbers(session: Session, photos: Sequence[int]) -> list[str]:
    found: dict[str, None] = {}
    for key in photos:
        try:
            found |= dict.fromkeys(get_photo(session, key).issue_numbers)
        except NotFound:
            continue
    return list(found)
