"""The Open311 GeoReport v2 server, with mySociety's servicerequestupdates; docs/open311.md.

It has a protocol of its own: JSON or XML by the ending, errors as a list, ``api_key`` in the form.
"""

from __future__ import annotations

from asyncio import to_thread
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from fastapi import APIRouter, Request, Response
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import FormData, UploadFile
from starlette.exceptions import HTTPException

from api.open311.answers import Format, Open311Error, answer, refusal
from api.open311.query import (
    MOST,
    check_jurisdiction,
    format_of,
    listed,
    moment_of,
    span_of,
    who_reads,
    who_reports,
)
from api.open311.reporting import category_of, file_report, settle_requests
from api.open311.words import (
    language,
    request_words,
    service_definition,
    services_list,
    update_words,
)
from api.services import Services, Use
from detect.errors import TidycityError
from issues.errors import NotFound, StoreError
from issues.service_requests import (
    RequestRow,
    Update,
    add_update,
    get_request,
    list_requests,
    list_updates,
)

router = APIRouter(prefix="/open311/v2", include_in_schema=False)
_UPDATE_STATES = frozenset({"OPEN", "CLOSED"})
_LONGEST_UPDATE = 4000


def _answered(name: str, services: Services, make: Callable[[str, Format], Response]) -> Response:
    """What ``make`` gives for a name with its ending, or the refusal in the right format."""
    form: Format = "xml" if name.endswith(".xml") else "json"
    try:
        if services.settings.open311 == "off":
            raise Open311Error(404, "this server takes no Open311 requests")
        stem, form = format_of(name)
        return make(stem, form)
    except Open311Error as error:
        return refusal(form, error)
    except NotFound as error:
        return refusal(form, Open311Error(404, error.message))
    except StoreError as error:
        return refusal(form, Open311Error(503, error.message))
    except (TidycityError, HTTPException) as error:
        status = error.status_code if isinstance(error, HTTPException) else 400
        return refusal(form, Open311Error(status, str(error)))


@router.get("/services.{ending}")
def get_services(ending: str, services: Use, request: Request) -> Response:
    """All services."""

    def make(_: str, form: Format) -> Response:
        check_jurisdiction(services, request.query_params.get("jurisdiction_id"))
        return answer(form, "services", services_list(services.catalogue, language(services)))

    return _answered(f"services.{ending}", services, make)


@router.get("/services/{name}")
def get_service(name: str, services: Use, request: Request) -> Response:
    """What may be said with a report of one service."""

    def make(code: str, form: Format) -> Response:
        check_jurisdiction(services, request.query_params.get("jurisdiction_id"))
        category_of(services.catalogue, code)
        return answer(form, "service_definition", service_definition(code, language(services)))

    return _answered(name, services, make)


@router.get("/discovery.{ending}")
def get_discovery(ending: str, services: Use, request: Request) -> Response:
    """Where the endpoint is, and what it can do."""

    def make(_: str, form: Format) -> Response:
        base = services.settings.public_url or str(request.base_url).rstrip("/")
        changed = datetime(2026, 3, 1, tzinfo=UTC).isoformat()
        found = {
            "changeset": changed,
            "contact": "",
            "key_service": "",
            "endpoints": [
                {
                    "specification": "http://wiki.open311.org/GeoReport_v2",
                    "url": f"{base}/open311/v2",
                    "changeset": changed,
                    "type": "production",
                    "formats": ["application/json", "text/xml"],
                }
            ],
        }
        return answer(form, "discovery", found)

    return _answered(f"discovery.{ending}", services, make)


@router.get("/requests.{ending}")
def get_requests(ending: str, services: Use, request: Request) -> Response:
    """Requests by id, service, status and dates: 90 days, the first thousand."""

    def make(_: str, form: Format) -> Response:
        query = request.query_params
        check_jurisdiction(services, query.get("jurisdiction_id"))
        who_reads(services, request, query.get("api_key"))
        states = set(listed(query.get("status")))
        if states - {"open", "closed"}:
            raise Open311Error(400, "status is open or closed")
        since, until = span_of(query, services.now())
        _settle(services)
        with services.store.reading() as session:
            page = list_requests(
                session,
                ids=listed(query.get("service_request_id")),
                codes=[
                    category_of(services.catalogue, code)
                    for code in listed(query.get("service_code"))
                ],
                since=since,
                until=until,
                open_only=states == {"open"} if len(states) == 1 else None,
                limit=MOST,
            )
        return answer(form, "service_requests", _told(services, page.items))

    return _answered(f"requests.{ending}", services, make)


@router.get("/requests/{name}")
def get_one(name: str, services: Use, request: Request) -> Response:
    """One request, as a list of one."""

    def make(key: str, form: Format) -> Response:
        query = request.query_params
        check_jurisdiction(services, query.get("jurisdiction_id"))
        who_reads(services, request, query.get("api_key"))
        _settle(services)
        with services.store.reading() as session:
            row = get_request(session, key)
        return answer(form, "service_requests", _told(services, (row,)))

    return _answered(name, services, make)


@router.get("/tokens/{name}")
def get_token(name: str, services: Use, request: Request) -> Response:
    """The request behind a token: ids are given at once, so a token is the id itself."""

    def make(token: str, form: Format) -> Response:
        who_reads(services, request, request.query_params.get("api_key"))
        with services.store.reading() as session:
            row = get_request(session, token)
        return answer(form, "service_requests", [{"service_request_id": row.id, "token": token}])

    return _answered(name, services, make)


@router.post("/requests.{ending}")
async def post_request(ending: str, services: Use, request: Request) -> Response:
    """A report: form or multipart, with a photo as ``media`` or by ``media_url``."""
    try:
        form_data = await request.form(max_files=10, max_fields=100)
    except HTTPException as error:
        return _unreadable(ending, error)
    fields, photos = _parted(form_data)

    def make(_: str, form: Format) -> Response:
        given = {**dict(request.query_params), **fields}
        check_jurisdiction(services, given.get("jurisdiction_id"))
        who = who_reports(services, request, given.get("api_key"))
        row = file_report(services, who, given, photos)
        said = {"service_request_id": row.id, "service_notice": "", "account_id": None}
        return answer(form, "service_requests", [said], 201)

    try:
        # a media_url may take its time: not in the few threads that all requests share
        return await to_thread(_answered, f"requests.{ending}", services, make)
    finally:
        await form_data.close()


@router.get("/servicerequestupdates.{ending}")
def get_updates(ending: str, services: Use, request: Request) -> Response:
    """What was said of requests between two dates."""

    def make(_: str, form: Format) -> Response:
        query = request.query_params
        check_jurisdiction(services, query.get("jurisdiction_id"))
        who_reads(services, request, query.get("api_key"))
        since, until = span_of(query, services.now())
        with services.store.reading() as session:
            updates = list_updates(
                session, request=query.get("service_request_id"), since=since, until=until
            )
        return answer(form, "service_request_updates", [update_words(one) for one in updates])

    return _answered(f"servicerequestupdates.{ending}", services, make)


@router.post("/servicerequestupdates.{ending}")
async def post_update(ending: str, services: Use, request: Request) -> Response:
    """Somebody says something of a request."""
    try:
        form_data = await request.form(max_files=1, max_fields=100)
    except HTTPException as error:
        return _unreadable(ending, error)
    fields, _ = _parted(form_data)
    await form_data.close()

    def make(_: str, form: Format) -> Response:
        who = who_reports(services, request, fields.get("api_key"))
        update = _update(fields, services.now())
        with services.store.transaction() as session:
            kept = add_update(session, update, who.name)
        return answer(form, "service_request_updates", [{"update_id": str(kept.id)}], 201)

    return await run_in_threadpool(_answered, f"servicerequestupdates.{ending}", services, make)


def _unreadable(ending: str, error: HTTPException) -> Response:
    form: Format = "xml" if ending == "xml" else "json"
    return refusal(form, Open311Error(error.status_code, str(error.detail)))


def _parted(form: FormData) -> tuple[dict[str, str], list[Any]]:
    fields = {name: value for name, value in form.items() if isinstance(value, str)}
    photos = [
        value
        for name, value in form.multi_items()
        if isinstance(value, UploadFile) and name.startswith("media") and value.size
    ]
    return fields, photos


def _update(fields: dict[str, str], now: datetime) -> Update:
    status = fields.get("status", "OPEN").upper()
    if not fields.get("service_request_id"):
        raise Open311Error(400, "service_request_id was not provided")
    if status not in _UPDATE_STATES:
        raise Open311Error(400, "status is OPEN or CLOSED")
    if len(fields.get("description", "")) > _LONGEST_UPDATE:
        raise Open311Error(400, f"description is longer than {_LONGEST_UPDATE} characters")
    return Update(
        id=0,
        request_id=fields["service_request_id"],
        status=status,
        description=fields.get("description", ""),
        at=moment_of("updated_datetime", fields.get("updated_datetime")) or now,
        update_id=fields.get("update_id") or None,
        media_url=fields.get("media_url") or None,
    )


def _told(services: Services, rows: tuple[RequestRow, ...]) -> list[dict[str, Any]]:
    return [request_words(row, services, services.feed.links) for row in rows]


def _settle(services: Services) -> None:
    settle_requests(services.store, services.jobs.spool, services.now)
