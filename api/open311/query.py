"""What a request to the Open311 server asks: dates, lists of codes, who asks."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

from fastapi import Request

from api.auth import Principal
from api.open311.answers import Format, Open311Error
from api.problems import Problem
from api.services import Services

SPAN = timedelta(days=90)
MOST = 1000
_MAY_REPORT = frozenset({"inspector", "reviewer", "feed", "admin"})
_MAY_READ = frozenset({"viewer", "inspector", "reviewer", "feed", "admin"})


def format_of(name: str) -> tuple[str, Format]:
    """The name without its ending, and the format that the ending means. Raises Open311Error.

    >>> format_of("services.xml")
    ('services', 'xml')
    """
    stem, _, ending = name.rpartition(".")
    if ending == "json":
        return stem, "json"
    if ending == "xml":
        return stem, "xml"
    raise Open311Error(404, f"{name!r} ends with neither .json nor .xml")


def check_jurisdiction(services: Services, given: str | None) -> None:
    """A jurisdiction may be left out; another's is not known here. Raises Open311Error."""
    own = services.settings.open311_jurisdiction
    if given and own and given != own:
        raise Open311Error(404, "jurisdiction_id provided was not found")


def who_reads(services: Services, request: Request, api_key: str | None) -> None:
    """Lets in who may read requests: everybody where the settings say so. Raises Open311Error."""
    if services.settings.open311 != "public":
        _identified(services, request, api_key, _MAY_READ)


def who_reports(services: Services, request: Request, api_key: str | None) -> Principal:
    """Who reports. Raises Open311Error."""
    return _identified(services, request, api_key, _MAY_REPORT)


def _identified(
    services: Services, request: Request, api_key: str | None, roles: frozenset[str]
) -> Principal:
    door = services.door
    try:
        address = request.client.host if request.client else "unknown"
        by_key = api_key and not door.open_house
        who = door.check_key(api_key or "", address) if by_key else door.identify(request)
        if who is not None:
            door.slow_down(who)
    except Problem as problem:
        status = problem.status if problem.status == 429 else 403
        raise Open311Error(status, problem.detail) from problem
    if who is None:
        raise Open311Error(400, "api_key was not provided")
    if not who.roles & roles:
        raise Open311Error(403, f"the key {who.name!r} may not do this")
    return who


def moment_of(name: str, text: str | None) -> datetime | None:
    """A W3C date and time with its zone. Raises Open311Error."""
    if not text:
        return None
    try:
        moment = datetime.fromisoformat(text.replace(" ", "+"))
    except ValueError as error:
        raise Open311Error(400, f"{name} is no ISO 8601 date and time: {text[:40]}") from error
    if moment.tzinfo is None:
        raise Open311Error(400, f"{name} needs a time zone: {text[:40]}")
    return moment.astimezone(UTC)


def span_of(query: Mapping[str, str], now: datetime) -> tuple[datetime | None, datetime | None]:
    """From when until when: at most 90 days, those before now where nothing is said.

    Raises Open311Error.
    """
    since = moment_of("start_date", query.get("start_date"))
    until = moment_of("end_date", query.get("end_date"))
    if since is not None and until is not None:
        if until < since:
            raise Open311Error(400, "end_date lies before start_date")
        return since, min(until, since + SPAN)
    if since is not None:
        return since, since + SPAN
    until = until or now
    return until - SPAN, until


def listed(text: str | None) -> tuple[str, ...]:
    """The parts of a list with commas."""
    return tuple(part.strip() for part in (text or "").split(",") if part.strip())[:MOST]
